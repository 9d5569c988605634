"""Painting for type: pictures at even device pixels, and lines of text painted word by word."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import skia

from workers.studio.letters import scripts
from workers.studio.letters.fonts import Face, shelf
from workers.studio.letters.text import advance

Pixels = npt.NDArray[np.uint8]
# Glyphs reach past their advance and above and below their line by no more than this, in ems.
OVERHANG, ASCENT, DESCENT = 0.4, 1.35, 0.75
SMOOTH = skia.SamplingOptions(skia.FilterMode.kLinear)


@dataclass(frozen=True)
class Sprite:
    """A picture, premultiplied, and where it lies in pixels of the full-size frame."""

    image: Any
    x: float
    y: float
    w: float
    h: float

    @property
    def pixels(self) -> Pixels:
        """The picture as (h, w, 4) BGRA bytes whose colours are times alpha."""
        pixels = np.empty((self.image.height(), self.image.width(), 4), np.uint8)
        self.image.readPixels(_info(*pixels.shape[1::-1]), pixels, pixels.shape[1] * 4)
        return pixels

    def corner(self, scale: float) -> tuple[int, int]:
        """Return the place of the upper left corner in device pixels; both are even."""
        return round(self.x * scale), round(self.y * scale)


class Sheet:
    """A transparent picture at even device pixels; its canvas is drawn on in device pixels of the whole frame."""

    def __init__(self, left: float, top: float, right: float, bottom: float) -> None:
        self.left, self.top = 2 * math.floor(left / 2), 2 * math.floor(top / 2)
        w, h = (max(2, 2 * math.ceil((end - start) / 2)) for start, end in ((self.left, right), (self.top, bottom)))
        self.pixels: Pixels = np.zeros((h, w, 4), np.uint8)
        self._surface = skia.Surface.MakeRasterDirect(_info(w, h), self.pixels)
        self.canvas = self._surface.getCanvas()
        self.canvas.translate(-self.left, -self.top)

    def sprite(self, scale: float) -> Sprite:
        """Return what was painted, without the empty edges."""
        return self.cut(0, self.pixels.shape[1], scale) or _sprite(self.pixels[:2, :2], self.left, self.top, scale)

    def cut(self, start: int, end: int, scale: float) -> Sprite | None:
        """Return what was painted in the columns from `start` up to `end`; None where nothing was."""
        painted = self.pixels.view(np.uint32)[:, start:end, 0] != 0
        rows, columns = np.flatnonzero(painted.any(1)), np.flatnonzero(painted.any(0))
        if not len(rows):
            return None
        top, left = int(rows[0]) // 2 * 2, int(columns[0]) // 2 * 2 + start
        bottom, right = -(-(int(rows[-1]) + 1) // 2) * 2, -(-(int(columns[-1]) + 1) // 2) * 2 + start
        return _sprite(self.pixels[top:bottom, left:right], self.left + left, self.top + top, scale)


@dataclass(frozen=True)
class Pen:
    """How words are painted: `scale` is device pixels a frame pixel, `stroke` the width of an outline in ems."""

    face: Face
    size: float
    tracking: float
    colour: str
    scale: float
    stroke: float = 0.0

    def words(
        self, parts: Sequence[tuple[str, int]], x: float, baseline: float, *, rtl: bool
    ) -> list[tuple[int, Sprite]]:
        """Paint a line of (text, place) parts, spaces included: one sprite for each place that shows anything."""
        line = "".join(text for text, _ in parts)
        if not line.strip():
            return []
        if rtl or scripts.has_rtl(line):
            return list(self._by_paint(_embedded(parts, rtl=rtl), x, baseline))
        return list(self._by_cut(parts, x, baseline))

    def line(self, text: str, x: float, baseline: float, *, rtl: bool = False) -> Sprite:
        """Paint a line as one sprite."""
        made = self.words([(text, 0)], x, baseline, rtl=rtl)
        return made[0][1] if made else Sheet(x * self.scale, baseline * self.scale, 0, 0).sprite(self.scale)

    def width(self, text: str) -> float:
        return advance(text, self.face, self.tracking) * self.size

    def _by_cut(self, parts: Sequence[tuple[str, int]], x: float, baseline: float) -> Iterator[tuple[int, Sprite]]:
        """Shape and paint the line whole, then cut it in the middle of the spaces."""
        groups = [(place, "".join(text for text, _ in run)) for place, run in itertools.groupby(parts, lambda p: p[1])]
        paragraph = self._paragraph([("".join(text for text, _ in parts), self._paint())])
        sheet = self._sheet(paragraph, x, baseline)
        ends = list(itertools.accumulate(advance(text, self.face, self.tracking) for _, text in groups))
        fit = paragraph.MaxIntrinsicWidth / max(0.01, ends[-1])
        half = advance(" ", self.face, self.tracking) / 2
        spaces = [half if text.startswith((" ", "\u00a0")) else 0.0 for _, text in groups[1:]]
        cuts = [
            2 * round((x * self.scale + (end + space) * fit - sheet.left) / 2)
            for end, space in zip(ends, spaces, strict=False)
        ]
        edges = [0, *cuts, sheet.pixels.shape[1]]
        for (place, _), (start, end) in zip(groups, itertools.pairwise(edges), strict=True):
            made = sheet.cut(start, max(start, end), self.scale)
            if made:
                yield place, made

    def _by_paint(self, parts: Sequence[tuple[str, int]], x: float, baseline: float) -> Iterator[tuple[int, Sprite]]:
        """Paint the line once for each place, all else transparent: its order on the line is for shaping to say."""
        clear = skia.Paint(Color=0)
        for place in dict.fromkeys(place for _, place in parts):
            paragraph = self._paragraph([(text, self._paint() if own == place else clear) for text, own in parts])
            sheet = self._sheet(paragraph, x, baseline)
            made = sheet.cut(0, sheet.pixels.shape[1], self.scale)
            if made:
                yield place, made

    def _paragraph(self, parts: Sequence[tuple[str, Any]]) -> Any:
        return shelf().painted(parts, self.face, self.size * self.scale, self.tracking)

    def _sheet(self, paragraph: Any, x: float, baseline: float) -> Sheet:
        em, left = self.size * self.scale, x * self.scale
        # A baseline on a whole pixel keeps the feet of letters crisp.
        foot = round(baseline * self.scale)
        reach = (OVERHANG + self.stroke) * em
        right = left + paragraph.MaxIntrinsicWidth + reach
        sheet = Sheet(left - reach, foot - ASCENT * em, right, foot + DESCENT * em)
        paragraph.paint(sheet.canvas, left, foot - paragraph.AlphabeticBaseline)
        return sheet

    def _paint(self) -> Any:
        paint = skia.Paint(AntiAlias=True, Color=argb(self.colour))
        if self.stroke:
            paint.setStyle(skia.Paint.kStroke_Style)
            paint.setStrokeWidth(self.stroke * self.size * self.scale)
            paint.setStrokeJoin(skia.Paint.kRound_Join)
        return paint


def argb(colour: str, opacity: float = 1.0) -> int:
    """Return skia's integer for a `#RRGGBB` colour."""
    return round(opacity * 255) << 24 | int(colour.lstrip("#"), 16)


def merged(sprites: Sequence[Sprite], scale: float) -> Sprite:
    """Return the sprites laid over each other as one."""
    left, top = min(s.x for s in sprites), min(s.y for s in sprites)
    right, bottom = max(s.x + s.w for s in sprites), max(s.y + s.h for s in sprites)
    sheet = Sheet(round(left * scale), round(top * scale), round(right * scale), round(bottom * scale))
    for sprite in sprites:
        sheet.canvas.drawImage(sprite.image, *sprite.corner(scale))
    return sheet.sprite(scale)


def recoloured(sprite: Sprite, colour: str, scale: float) -> Sprite:
    """Return the same form in another colour."""
    sheet = _covering(sprite, 0.0, scale)
    paint = skia.Paint(ColorFilter=skia.ColorFilters.Blend(argb(colour), skia.BlendMode.kSrcIn))
    sheet.canvas.drawImage(sprite.image, *sprite.corner(scale), skia.SamplingOptions(), paint)
    return sheet.sprite(scale)


def shadowed(sprite: Sprite, colour: str, strength: float, blur: float, scale: float) -> Sprite:
    """Return the sprite over a soft shadow of itself; `blur` is in frame pixels."""
    sigma = blur * scale
    sheet = _covering(sprite, 3 * sigma, scale)
    # Blurred small and drawn large: so soft a thing does not show it, and it takes a tenth of the time.
    part = min(1.0, 1.5 / max(0.1, sigma))
    x, y = sprite.corner(scale)
    h, w = sheet.pixels.shape[:2]
    small = skia.Surface(math.ceil(w * part), math.ceil(h * part))
    tint = skia.ColorFilters.Blend(argb(colour, strength), skia.BlendMode.kSrcIn)
    soft = skia.Paint(ImageFilter=skia.ImageFilters.Blur(sigma, sigma, input=skia.ImageFilters.ColorFilter(tint)))
    small.getCanvas().scale(part, part)
    small.getCanvas().drawImage(sprite.image, x - sheet.left, y - sheet.top + 0.3 * sigma, SMOOTH, soft)
    place = skia.Rect.MakeXYWH(sheet.left, sheet.top, small.width() / part, small.height() / part)
    sheet.canvas.drawImageRect(small.makeImageSnapshot(), place, SMOOTH)
    sheet.canvas.drawImage(sprite.image, x, y)
    return sheet.sprite(scale)


def moved(sprite: Sprite, x: float, y: float, scale: float) -> Sprite:
    """Return the sprite with its corner at the even device pixel next to a place."""
    return replace(sprite, x=2 * round(x * scale / 2) / scale, y=2 * round(y * scale / 2) / scale)


def _covering(sprite: Sprite, margin: float, scale: float) -> Sheet:
    x, y = sprite.corner(scale)
    right, bottom = x + sprite.image.width(), y + sprite.image.height()
    return Sheet(x - margin, y - margin, right + margin, bottom + margin)


def _embedded(parts: Sequence[tuple[str, int]], *, rtl: bool) -> list[tuple[str, int]]:
    """Put the line's direction and the isolates of Latin names and prices around its characters."""
    line = "".join(text for text, _ in parts)
    places = [place for text, place in parts for _ in text]
    starts, ends = ({edge for edge, _ in scripts.isolates(line)}, {edge for _, edge in scripts.isolates(line)})
    marked = [
        (("\u2066" if at in starts else "") + character + ("\u2069" if at + 1 in ends else ""), place)
        for at, (character, place) in enumerate(zip(line, places, strict=True))
    ]
    runs = [("".join(c for c, _ in run), place) for place, run in itertools.groupby(marked, lambda mark: mark[1])]
    if rtl and runs:
        runs[0] = "\u2067" + runs[0][0], runs[0][1]
        runs[-1] = runs[-1][0] + "\u2069", runs[-1][1]
    return runs


def _sprite(pixels: Pixels, left: int, top: int, scale: float) -> Sprite:
    kept = np.ascontiguousarray(pixels)
    image = skia.Image.fromarray(kept, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
    return Sprite(image, left / scale, top / scale, image.width() / scale, image.height() / scale)


def _info(width: int, height: int) -> Any:
    return skia.ImageInfo.Make(width, height, skia.kBGRA_8888_ColorType, skia.kPremul_AlphaType)
