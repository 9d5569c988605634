"""Colours for a film from the product's own and the brand: every text reaches WCAG 4.5:1 on its ground."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from adengine.core.storyboard import Brand
from adengine.core.style import Style, Tone

READABLE = 4.5
# Grounds darker than this take light text.
DARK_BELOW = 0.66
# How much of a stage's light may fall where text stands.
LIT = 0.5
Oklch: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True)
class Swatch:
    """One dominant colour of a picture and the part of the picture it covers, 0..1."""

    colour: str
    weight: float


@dataclass(frozen=True)
class Stage:
    """The colours of one scene: two ends of the ground, the piece behind the product, texts and button."""

    top: str
    bottom: str
    piece: str
    light: str
    shadow: str
    ink: str
    quiet: str
    accent: str
    button: str
    on_button: str

    @property
    def grounds(self) -> tuple[str, ...]:
        """What text may lie on: both ends, and where light falls."""
        return self.top, self.bottom, mix(self.top, self.light, LIT)


@dataclass(frozen=True)
class Palette:
    """A stage for each name a template may use; dark veil and light haze go on photographs under text."""

    light: Stage
    tint: Stage
    deep: Stage
    accent: Stage
    veil: str
    haze: str

    def stage(self, name: str) -> Stage:
        return {"light": self.light, "tint": self.tint, "deep": self.deep, "accent": self.accent}[name]


def palette_for(swatches: Sequence[Swatch], brand: Brand, style: Style) -> Palette:
    """Derive the stages: lightness from the style, hue from the product's most colourful dominant, else the brand."""
    hue, chroma = _character(swatches, brand)
    # Orange and red turn pink when they are made pale; a little yellow keeps them warm.
    pale = hue + 20 if 15 <= hue <= 60 else hue
    lightness = _mean_lightness(swatches)
    accent_l, accent_c, accent_h = to_oklch(brand.accent)
    return Palette(
        light=_toned(style.tone("light"), hue, pale, chroma, lightness, brand),
        tint=_toned(style.tone("tint"), hue, pale, chroma, lightness, brand),
        deep=_toned(style.tone("deep"), hue, pale, chroma, lightness, brand),
        accent=_stage((accent_l, accent_c, accent_h), (accent_l - 0.09, accent_c * 0.95, accent_h), brand),
        veil=from_oklch(0.17, 0.012 + chroma * 0.10, hue),
        haze=from_oklch(0.965, 0.006 + chroma * 0.05, hue),
    )


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast ratio of two colours, 1..21."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable(colour: str, grounds: Sequence[str], ratio: float = READABLE) -> str:
    """Return `colour`, moved as little as needed in lightness so that it reaches `ratio` on every ground."""
    start, chroma, hue = to_oklch(colour)

    def at(step: int) -> str:
        return from_oklch(min(1.0, max(0.0, start + step / 100)), chroma, hue)

    def fits(step: int) -> bool:
        return all(contrast(at(step), ground) >= ratio for ground in grounds)

    if fits(0):
        return at(0)
    # Near its grounds a colour is unreadable; from there it stays readable once it is, either way.
    lighter = bisect_left(range(100), 1, key=fits)
    darker = -bisect_left(range(100), 1, key=lambda step: fits(-step))
    found = min((step for step in (lighter, darker) if fits(step)), key=abs, default=None)
    extremes = ("#000000", "#ffffff")
    return max(extremes, key=lambda end: min(contrast(end, g) for g in grounds)) if found is None else at(found)


def mix(one: str, other: str, part: float) -> str:
    """Return `one` with `part` (0..1) of `other` in it, channel by channel."""
    pairs = zip(channels(one), channels(other), strict=True)
    return _hex(tuple(a + (b - a) * part for a, b in pairs))


def channels(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue as 0..1."""
    value = int(colour.lstrip("#"), 16)
    return ((value >> 16) / 255, (value >> 8 & 255) / 255, (value & 255) / 255)


def to_oklch(colour: str) -> tuple[float, float, float]:
    """Return lightness 0..1, chroma 0..~0.4 and hue in degrees (Björn Ottosson's OKLab)."""
    r, g, b = (_linear(c) for c in channels(colour))
    long = math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
    medium = math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
    short = math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
    lightness = 0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short
    a = 1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short
    b_axis = 0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short
    return lightness, math.hypot(a, b_axis), math.degrees(math.atan2(b_axis, a)) % 360


def from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return the nearest `#RRGGBB`; chroma gives way where the screen cannot show it."""
    kept = bisect_left(range(20), 1, key=lambda part: _is_shown(lightness, chroma * (1 - part / 20), hue))
    return _hex(_oklch_rgb(lightness, chroma * (1 - kept / 20), hue))


def _toned(tone: Tone, hue: float, pale: float, chroma: float, lightness: float, brand: Brand) -> Stage:
    """Colour a stage of the style; a product as pale or as dark as its ground is given a ground to be seen on."""
    faint, strong = tone.chroma * (0.03 + 0.45 * chroma), tone.chroma * (0.06 + 0.80 * chroma)
    if tone.top < DARK_BELOW:
        step = 0.07 if lightness < 0.35 and tone.top < 0.45 else 0.0
        return _stage((tone.top + step, strong, hue), (tone.bottom + step, faint * 1.2, hue), brand)
    step = 0.055 if lightness > 0.82 else 0.0
    return _stage((tone.top - step, faint, pale), (tone.bottom - step, strong, pale), brand)


def _stage(top: Oklch, bottom: Oklch, brand: Brand) -> Stage:
    """Colour a stage; a ground of middling lightness, on which no text can be read, gives way."""
    is_dark = top[0] < DARK_BELOW
    away = -0.02 if is_dark else 0.02
    for step in range(26):
        lower = (bottom[0] + away * step, *bottom[1:])
        made = _coloured((top[0] + away * step, *top[1:]), lower, brand, is_dark=is_dark)
        grounds = made.grounds
        if all(contrast(text, ground) >= READABLE for text in (made.ink, made.quiet) for ground in grounds):
            break
    return made


def _coloured(top: Oklch, bottom: Oklch, brand: Brand, *, is_dark: bool) -> Stage:
    light = from_oklch(min(0.985, top[0] + (0.18 if is_dark else 0.06)), top[1], top[2])
    upper, lower = from_oklch(*top), from_oklch(*bottom)
    grounds = (upper, lower, mix(upper, light, LIT))
    ink = readable(brand.paper if is_dark else brand.ink, grounds)
    button = brand.accent if contrast(brand.accent, upper) >= 3.0 else ink
    on_button = max((brand.paper, brand.ink, "#ffffff"), key=lambda colour: contrast(colour, button))
    piece_l = top[0] + 0.055 if is_dark else bottom[0] - 0.055
    return Stage(
        top=upper,
        bottom=lower,
        piece=from_oklch(piece_l, bottom[1] * 1.15 + 0.008, bottom[2]),
        light=light,
        shadow=from_oklch(max(0.05, bottom[0] * 0.28), bottom[1] * 0.8, bottom[2]),
        ink=ink,
        quiet=readable(mix(ink, upper, 0.22), grounds),
        accent=readable(brand.accent, grounds),
        button=button,
        on_button=readable(on_button, (button,)),
    )


def _character(swatches: Sequence[Swatch], brand: Brand) -> tuple[float, float]:
    best = max(swatches, key=lambda s: s.weight**0.5 * to_oklch(s.colour)[1], default=None)
    _, chroma, hue = to_oklch(best.colour if best else brand.accent)
    if chroma < 0.018:
        return to_oklch(brand.paper)[2], 0.02
    return hue, min(chroma, 0.105)


def _mean_lightness(swatches: Sequence[Swatch]) -> float:
    whole = sum(s.weight for s in swatches)
    return sum(to_oklch(s.colour)[0] * s.weight for s in swatches) / whole if whole else 0.6


def _is_shown(lightness: float, chroma: float, hue: float) -> bool:
    return all(-0.0005 <= channel <= 1.0005 for channel in _oklch_rgb(lightness, chroma, hue))


def _oklch_rgb(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        _gamma(4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short),
        _gamma(-1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short),
        _gamma(-0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short),
    )


def _luminance(colour: str) -> float:
    r, g, b = (_linear(c) for c in channels(colour))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _gamma(value: float) -> float:
    return value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055


def _hex(rgb: Sequence[float]) -> str:
    r, g, b = (round(min(1.0, max(0.0, c)) * 255) for c in rgb)
    return f"#{r:02x}{g:02x}{b:02x}"
