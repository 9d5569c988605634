"""Paint set texts: one sprite for each word that moves, and one for the whole that rests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import skia

from adengine.core.layers import BlockDraw
from adengine.core.palette import Stage
from workers.studio.fonts import shelf
from workers.studio.text import (
    PADDING,
    Sized,
    Word,
    above,
    advance,
    fitted,
    has_rtl,
    height,
    is_rtl,
    line_width,
)

ARROW = "→"
ASIDE = 0.52
GAP = 0.28


@dataclass(frozen=True)
class Sprite:
    """A picture and where it lies, in pixels of the full-size frame."""

    image: Any
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class SetItem:
    """One text as painted: its words, each with its place in the text, its backing, and the whole."""

    words: tuple[tuple[int, Sprite], ...]
    backing: Sprite | None
    whole: Sprite
    size: float


@dataclass(frozen=True)
class Pen:
    """How words are painted; `scale` is device pixels a frame pixel."""

    face: str
    size: float
    tracking: float
    leading: float
    colour: str
    scale: float

    def sprite(self, text: str, x: float, y: float) -> Sprite:
        """Paint a word of a line that starts at `y`; all scripts of a line share its baseline."""
        scale = self.scale
        paragraph = shelf().paragraph(text, self.face, self.size * scale, self.colour, self.tracking)
        pad = self.size * 0.35
        baseline = y + self.leading * self.size * 0.5 + self.size * 0.34
        w, h = paragraph.MaxIntrinsicWidth / scale + 2 * pad, self.size * 1.9
        # Whole device pixels: a resting word is copied, not resampled, and stays crisp.
        left, top = round((x - pad) * scale), round((baseline - self.size * 1.25) * scale)
        surface = skia.Surface(max(1, round(w * scale)), max(1, round(h * scale)))
        down = baseline * scale - top - paragraph.AlphabeticBaseline
        paragraph.paint(surface.getCanvas(), x * scale - left, down)
        return _placed(surface, left, top, scale)


def typeset(block: BlockDraw, stage: Stage, display: str, scale: float) -> tuple[SetItem, ...]:
    """Fit and paint the block's texts, one below the other in its box."""
    sized = fitted(block, display)
    top = block.box.y + (max(0.0, (block.box.h - height(sized)) / 2) if block.valign == "middle" else 0.0)
    placed: list[SetItem] = []
    for place, one in enumerate(sized):
        top += above(one, place)
        placed.append(_painted(one, block, stage, top, scale))
        top += one.h
    return tuple(placed)


def argb(colour: str, opacity: float = 1.0) -> int:
    """Return skia's integer for a `#RRGGBB` colour."""
    return round(opacity * 255) << 24 | int(colour.lstrip("#"), 16)


def _painted(one: Sized, block: BlockDraw, stage: Stage, top: float, scale: float) -> SetItem:
    left = block.box.x + _free(one, block.box.w - one.w)
    pad_x, pad_y = PADDING.get(one.role.form, (0.0, 0.0))
    pen = Pen(one.face, one.size, one.role.tracking, one.role.leading, _colour(one, stage), scale)
    words = tuple(_words(one, pen, left + pad_x, top + pad_y))
    aside = _aside(one, pen, stage, left, top)
    parts = (*words, *([(len(one.item.words) - 1, aside)] if aside else ()))
    backing = _backing(one, stage, left, top, scale) if one.role.form in PADDING else None
    return SetItem(parts, backing, _merged(backing, [sprite for _, sprite in parts], scale), one.size)


def _free(one: Sized, free: float) -> float:
    return free if is_rtl(one.item.text) else 0.0


def _colour(one: Sized, stage: Stage) -> str:
    by_form = {"button": stage.on_button, "pill": stage.top}
    return by_form.get(one.role.form) or str(getattr(stage, one.role.colour))


def _inner(one: Sized) -> float:
    return max(line_width(line, one.face, one.role.tracking) for line in one.lines) * one.size


def _words(one: Sized, pen: Pen, left: float, top: float) -> Iterator[tuple[int, Sprite]]:
    space = advance(" ", one.face, one.role.tracking) * one.size
    for number, line in enumerate(one.lines):
        free = _inner(one) - line_width(line, one.face, one.role.tracking) * one.size
        x, y = left + _free(one, free), top + number * one.role.leading * one.size
        if has_rtl(one.item.text):
            yield line[0].place, pen.sprite(_isolated(line, rtl=is_rtl(one.item.text)), x, y)
            continue
        for place, word in enumerate(line):
            x += space if word.spaced and place else 0.0
            yield word.place, pen.sprite(word.text, x, y)
            x += advance(word.text, one.face, one.role.tracking) * one.size


def _isolated(line: Sequence[Word], *, rtl: bool) -> str:
    """Join a line of right-to-left text; prices and Latin names keep their own order inside isolates."""
    text = "".join((" " if word.spaced and place else "") + word.text for place, word in enumerate(line))
    latin = r"[€$£¥₹]?[A-Za-z0-9][!-~\u00a0-\u024f€]*(?: [A-Za-z0-9][!-~\u00a0-\u024f]*)*"
    held = re.sub(latin, "\u2066\\g<0>\u2069", text)
    return f"\u2067{held}\u2069" if rtl else held


def _backing(one: Sized, stage: Stage, left: float, top: float, scale: float) -> Sprite:
    """Paint the pill or button a text stands on."""
    is_button = one.role.form == "button"
    radius = (one.h / 2 if len(one.lines) == 1 else one.role.size * 0.8) * scale
    margin = 44.0 if is_button else 2.0
    x, y = round((left - margin) * scale), round((top - margin) * scale)
    surface = skia.Surface(round((one.w + 2 * margin) * scale), round((one.h + 2 * margin) * scale))
    canvas = surface.getCanvas()
    rect = skia.Rect.MakeXYWH(left * scale - x, top * scale - y, one.w * scale, one.h * scale)
    if is_button:
        shadow = skia.Paint(AntiAlias=True, Color=argb(stage.shadow, 0.30))
        shadow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 13 * scale))
        canvas.drawRoundRect(rect.makeOffset(0, 10 * scale), radius, radius, shadow)
    fill = skia.Paint(AntiAlias=True, Color=argb(stage.button if is_button else stage.ink))
    canvas.drawRoundRect(rect, radius, radius, fill)
    return _placed(surface, x, y, scale)


def _aside(one: Sized, pen: Pen, stage: Stage, left: float, top: float) -> Sprite | None:
    """Paint a button's arrow or a price's struck price, to the right of the text."""
    if one.item.role == "cta":
        pad_x, pad_y = PADDING["button"]
        return replace(pen, tracking=0.0).sprite(ARROW, left + pad_x + _inner(one) + one.size * GAP, top + pad_y)
    if not one.item.aside:
        return None
    small = Pen("text", one.size * ASIDE, 0.0, 1.0, stage.quiet, pen.scale)
    return _struck(small.sprite(one.item.aside, left + _inner(one) + one.size * GAP, top + one.size * 0.44), small)


def _struck(sprite: Sprite, pen: Pen) -> Sprite:
    surface = skia.Surface(sprite.image.width(), sprite.image.height())
    canvas = surface.getCanvas()
    canvas.drawImage(sprite.image, 0, 0)
    thick = max(1.0, pen.size * 0.07 * pen.scale)
    middle, inset = pen.size * pen.scale, pen.size * 0.28 * pen.scale
    paint = skia.Paint(AntiAlias=True, Color=argb(pen.colour), StrokeWidth=thick)
    canvas.drawLine(inset, middle, sprite.image.width() - inset, middle, paint)
    return replace(sprite, image=surface.makeImageSnapshot())


def _merged(backing: Sprite | None, words: Sequence[Sprite], scale: float) -> Sprite:
    sprites = [*([backing] if backing else []), *words]
    left, top = min(s.x for s in sprites), min(s.y for s in sprites)
    right, bottom = max(s.x + s.w for s in sprites), max(s.y + s.h for s in sprites)
    surface = skia.Surface(round((right - left) * scale), round((bottom - top) * scale))
    canvas = surface.getCanvas()
    for sprite in sprites:
        canvas.drawImage(sprite.image, round((sprite.x - left) * scale), round((sprite.y - top) * scale))
    return _placed(surface, round(left * scale), round(top * scale), scale)


def _placed(surface: Any, left: int, top: int, scale: float) -> Sprite:
    image = surface.makeImageSnapshot()
    return Sprite(image, left / scale, top / scale, image.width() / scale, image.height() / scale)
