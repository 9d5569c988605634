"""Set a block of texts into its box: sizes that fit, balanced lines, one sprite a word so that words can move."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import skia

from adengine.core.layers import BlockDraw, Item
from adengine.core.palette import Stage
from workers.studio.fonts import shelf

SMALLEST = 0.42
ARROW = "→"


@dataclass(frozen=True)
class Role:
    """How a kind of text is set: sizes in pixels of a 1080-pixel frame, spacing in ems, space above in pixels."""

    face: str
    size: float
    lines: int
    leading: float
    tracking: float
    above: float
    form: str = "plain"
    colour: str = "ink"


ROLES = {
    "brand": Role("strong", 44, 1, 1.2, 0.10, 0, colour="quiet"),
    "eyebrow": Role("strong", 44, 1, 1.2, 0.10, 0, colour="quiet"),
    "number": Role("display", 188, 1, 0.92, -0.03, 0, colour="accent"),
    "hook": Role("display", 164, 5, 1.02, -0.022, 26),
    "title": Role("display", 108, 4, 1.06, -0.018, 26),
    "reason": Role("display", 122, 5, 1.07, -0.020, 22),
    "price": Role("grotesk", 128, 1, 1.08, -0.025, 30, "price"),
    "caption": Role("text", 40, 3, 1.28, 0.0, 32, "pill"),
    "cta": Role("strong", 58, 1, 1.2, 0.0, 40, "button"),
    "label": Role("strong", 46, 1, 1.2, -0.005, 0),
    "disclosure": Role("text", 32, 2, 1.25, 0.0, 12, "pill"),
}
PADDING = {"pill": (28.0, 14.0), "button": (58.0, 34.0)}


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
    """One text as set: its words as sprites (with the word each belongs to), its backing, and its place."""

    words: tuple[tuple[int, Sprite], ...]
    backing: Sprite | None
    whole: Sprite
    size: float


@dataclass(frozen=True)
class Word:
    """A piece that is never broken; `place` is the word of the text it belongs to."""

    text: str
    place: int
    spaced: bool


@dataclass(frozen=True)
class Sized:
    """A text broken into lines at one size; `w`, `h` include the padding of a pill or button."""

    item: Item
    role: Role
    face: str
    size: float
    lines: tuple[tuple[Word, ...], ...]
    w: float
    h: float
    fits: bool


def typeset(block: BlockDraw, stage: Stage, display: str, scale: float) -> tuple[SetItem, ...]:
    """Set the block's texts at the largest sizes that fit its box; what cannot fit is cut with an ellipsis."""
    sized = _fitted(block, display)
    height = _height(sized)
    top = block.box.y + (max(0.0, (block.box.h - height) / 2) if block.valign == "middle" else 0.0)
    placed: list[SetItem] = []
    for place, one in enumerate(sized):
        top += _above(one, place)
        placed.append(_painted(one, block, stage, top, scale))
        top += one.h
    return tuple(placed)


def is_rtl(text: str) -> bool:
    """Say whether the first strong character is written right to left."""
    strong = (unicodedata.bidirectional(c) for c in text)
    return next((kind in ("R", "AL") for kind in strong if kind in ("L", "R", "AL")), False)


def has_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _fitted(block: BlockDraw, display: str) -> list[Sized]:
    for step in range(100, int(SMALLEST * 100), -4):
        sized = [_sized(item, step / 100, block.box.w, display) for item in block.items]
        if all(one.fits for one in sized) and _height(sized) <= block.box.h:
            return sized
    sized = [_sized(item, SMALLEST, block.box.w, display, cut=True) for item in block.items]
    while _height(sized) > block.box.h and max(len(one.lines) for one in sized) > 1:
        longest = max(range(len(sized)), key=lambda place: len(sized[place].lines))
        sized[longest] = _cut(sized[longest], len(sized[longest].lines) - 1, block.box.w)
    return sized


def _height(sized: Sequence[Sized]) -> float:
    return sum(one.h + _above(one, place) for place, one in enumerate(sized))


def _above(one: Sized, place: int) -> float:
    return one.role.above * max(0.6, one.size / one.role.size) if place else 0.0


def _sized(item: Item, factor: float, width: float, display: str, *, cut: bool = False) -> Sized:
    role = ROLES[item.role]
    face = display if role.face == "display" else role.face
    # Small print keeps its size longer than headlines do: it is small already.
    size = role.size * max(factor, 0.86 if role.size < 60 else SMALLEST)
    pad_x, pad_y = PADDING.get(role.form, (0.0, 0.0))
    room = (width - 2 * pad_x) / size
    words = tuple(_words(item.text, face, role.tracking, room, cut=cut))
    lines = _balanced(words, face, role.tracking, room)
    fits = len(lines) <= role.lines and all(_line_width(line, face, role.tracking) <= room for line in lines)
    widest = max(_line_width(line, face, role.tracking) for line in lines) * size
    aside = _aside_width(item, size)
    one = Sized(
        item,
        role,
        face,
        size,
        lines,
        widest + 2 * pad_x + aside,
        len(lines) * role.leading * size + 2 * pad_y,
        fits and widest + 2 * pad_x + aside <= width + 1,
    )
    return _cut(one, role.lines, width) if cut and len(lines) > role.lines else one


def _aside_width(item: Item, size: float) -> float:
    if item.role == "cta":
        return size * 1.25
    return size * 0.28 + _advance(item.aside, "text", 0.0) * size * 0.52 if item.aside else 0.0


def _cut(one: Sized, count: int, width: float) -> Sized:
    """Keep `count` lines and close the last with an ellipsis that fits."""
    room = (width - 2 * PADDING.get(one.role.form, (0.0, 0.0))[0]) / one.size
    kept, last = list(one.lines[: max(1, count)]), list(one.lines[max(1, count) - 1])
    while len(last) > 1 and _line_width((*last, _ellipsis(last)), one.face, one.role.tracking) > room:
        last.pop()
    kept[-1] = (*last[:-1], replace(last[-1], text=last[-1].text.rstrip(" ,.;:-–") + "…"))
    pad_y = PADDING.get(one.role.form, (0.0, 0.0))[1]
    return replace(one, lines=tuple(kept), h=len(kept) * one.role.leading * one.size + 2 * pad_y, fits=True)


def _ellipsis(line: Sequence[Word]) -> Word:
    return Word("…", line[-1].place, False)


def _words(text: str, face: str, tracking: float, room: float, *, cut: bool) -> Iterator[Word]:
    """Yield pieces between which a line may break; with `cut` a word wider than the line breaks between letters."""
    for place, word in enumerate(text.split(" ")):
        pieces = _pieces(word)
        if cut and any(_advance(piece, face, tracking) > room for piece in pieces):
            pieces = _broken(word, face, tracking, room)
        for number, piece in enumerate(pieces):
            yield Word(piece, place, number == 0 and place > 0)


def _pieces(word: str) -> list[str]:
    """Split after hyphens, and Chinese and Japanese between characters, closing punctuation kept with its word."""
    if "-" in word.strip("-"):
        return re.findall(r"-*[^-]+-*", word)
    parts = re.findall(
        r"[\u3040-\u30ff\u3400-\u9fff][、。，．！？」』）〕】ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ]*|[^\u3040-\u30ff\u3400-\u9fff]+",
        word,
    )
    return parts or [word]


def _broken(word: str, face: str, tracking: float, room: float) -> list[str]:
    pieces, current = [], ""
    for character in word:
        joins = unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Mc", "Cf")
        if current and not joins and _advance(current + character, face, tracking) > room:
            pieces.append(current)
            current = ""
        current += character
    return [*pieces, current]


def _balanced(words: Sequence[Word], face: str, tracking: float, room: float) -> tuple[tuple[Word, ...], ...]:
    """Break greedily, then narrow the measure while the number of lines stays: no orphan on the last line."""
    best = _greedy(words, face, tracking, room)
    if len(best) == 1 or len(best) > 8:
        return best
    narrow, wide = room / 2, room
    for _ in range(7):
        middle = (narrow + wide) / 2
        tried = _greedy(words, face, tracking, middle)
        widest = max(_line_width(line, face, tracking) for line in tried)
        if len(tried) == len(best) and widest <= room:
            best, wide = tried, middle
        else:
            narrow = middle
    return best


def _greedy(words: Sequence[Word], face: str, tracking: float, room: float) -> tuple[tuple[Word, ...], ...]:
    lines: list[list[Word]] = [[]]
    for word in words:
        if lines[-1] and _line_width((*lines[-1], word), face, tracking) > room:
            lines.append([])
        lines[-1].append(word)
    return tuple(tuple(line) for line in lines)


def _line_width(line: Sequence[Word], face: str, tracking: float) -> float:
    space = _advance(" ", face, tracking)
    return sum(
        _advance(w.text, face, tracking) + (space if w.spaced and i else 0.0) for i, w in enumerate(line)
    )


@functools.lru_cache(maxsize=20_000)
def _advance(text: str, face: str, tracking: float) -> float:
    """Return the width of `text` in ems."""
    if text == " ":
        return _advance("n n", face, tracking) - _advance("nn", face, tracking)
    return float(shelf().paragraph(text, face, 100, "#000000", tracking).MaxIntrinsicWidth) / 100


def _painted(one: Sized, block: BlockDraw, stage: Stage, top: float, scale: float) -> SetItem:
    rtl = is_rtl(one.item.text)
    free = block.box.w - one.w
    left = block.box.x + (free / 2 if block.align == "center" else free if rtl else 0.0)
    pad_x, pad_y = PADDING.get(one.role.form, (0.0, 0.0))
    colour = _colour(one, stage)
    words = tuple(_word_sprites(one, left + pad_x, top + pad_y, colour, scale, block.align))
    backing = _backing(one, stage, left, top, scale) if one.role.form in PADDING else None
    extra = tuple((len(one.item.words) - 1, sprite) for sprite in _asides(one, stage, left, top, scale))
    parts = words + extra
    return SetItem(
        parts, backing, _merged([*([backing] if backing else []), *(s for _, s in parts)], scale), one.size
    )


def _colour(one: Sized, stage: Stage) -> str:
    if one.role.form == "button":
        return stage.on_button
    if one.role.form == "pill":
        return stage.top
    return str(getattr(stage, one.role.colour))


def _word_sprites(
    one: Sized, left: float, top: float, colour: str, scale: float, align: str
) -> Iterator[tuple[int, Sprite]]:
    space = _advance(" ", one.face, one.role.tracking) * one.size
    inner = max(_line_width(line, one.face, one.role.tracking) for line in one.lines) * one.size
    for number, line in enumerate(one.lines):
        free = inner - _line_width(line, one.face, one.role.tracking) * one.size
        rtl = is_rtl(one.item.text)
        x = left + (free / 2 if align == "center" else free if rtl else 0.0)
        y = top + number * one.role.leading * one.size
        if has_rtl(one.item.text):
            yield line[0].place, _sprite(_isolated(line, rtl=rtl), one, x, y, colour, scale)
            continue
        for place, word in enumerate(line):
            x += space if word.spaced and place else 0.0
            yield word.place, _sprite(word.text, one, x, y, colour, scale)
            x += _advance(word.text, one.face, one.role.tracking) * one.size


def _isolated(line: Sequence[Word], *, rtl: bool) -> str:
    """Join a line of right-to-left text; prices and Latin names keep their own order inside isolates."""
    text = "".join((" " if w.spaced and i else "") + w.text for i, w in enumerate(line))
    held = re.sub(
        r"[€$£¥₹]?[A-Za-z0-9][!-~\u00a0-\u024f€]*(?: [A-Za-z0-9][!-~\u00a0-\u024f]*)*",
        "\u2066\\g<0>\u2069",
        text,
    )
    return f"\u2067{held}\u2069" if rtl else held


def _sprite(text: str, one: Sized, x: float, y: float, colour: str, scale: float) -> Sprite:
    return _text_sprite(text, one.face, one.size, one.role.tracking, x, y, one.role.leading, colour, scale)


def _text_sprite(
    text: str,
    face: str,
    size: float,
    tracking: float,
    x: float,
    y: float,
    leading: float,
    colour: str,
    scale: float,
) -> Sprite:
    """Draw a word into its own picture: the baseline is the first family's, so words of all scripts sit on one line."""
    paragraph = shelf().paragraph(text, face, size * scale, colour, tracking)
    pad = size * 0.35
    baseline = y + leading * size * 0.5 + size * 0.34
    w, h = paragraph.MaxIntrinsicWidth / scale + 2 * pad, size * 1.9
    # Whole device pixels: a resting word is copied, not resampled, and stays crisp.
    left, top = round((x - pad) * scale), round((baseline - size * 1.25) * scale)
    surface = skia.Surface(max(1, round(w * scale)), max(1, round(h * scale)))
    canvas = surface.getCanvas()
    paragraph.paint(canvas, x * scale - left, baseline * scale - top - paragraph.AlphabeticBaseline)
    image = surface.makeImageSnapshot()
    return Sprite(image, left / scale, top / scale, image.width() / scale, image.height() / scale)


def _backing(one: Sized, stage: Stage, left: float, top: float, scale: float) -> Sprite:
    radius = one.h / 2 if len(one.lines) == 1 else one.role.size * 0.8
    colour = stage.button if one.role.form == "button" else stage.ink
    margin = 44.0 if one.role.form == "button" else 2.0
    x, y = round((left - margin) * scale), round((top - margin) * scale)
    surface = skia.Surface(round((one.w + 2 * margin) * scale), round((one.h + 2 * margin) * scale))
    canvas = surface.getCanvas()
    rect = skia.Rect.MakeXYWH(left * scale - x, top * scale - y, one.w * scale, one.h * scale)
    if one.role.form == "button":
        shadow = skia.Paint(AntiAlias=True, Color=_argb(stage.shadow, 0.30))
        shadow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 13 * scale))
        canvas.drawRoundRect(rect.makeOffset(0, 10 * scale), radius * scale, radius * scale, shadow)
    canvas.drawRoundRect(
        rect, radius * scale, radius * scale, skia.Paint(AntiAlias=True, Color=_argb(colour, 1.0))
    )
    image = surface.makeImageSnapshot()
    return Sprite(image, x / scale, y / scale, image.width() / scale, image.height() / scale)


def _asides(one: Sized, stage: Stage, left: float, top: float, scale: float) -> Iterator[Sprite]:
    inner = max(_line_width(line, one.face, one.role.tracking) for line in one.lines) * one.size
    if one.item.role == "cta":
        pad_x, pad_y = PADDING["button"]
        x = left + pad_x + inner + one.size * 0.28
        yield _text_sprite(
            ARROW, one.face, one.size, 0.0, x, top + pad_y, one.role.leading, stage.on_button, scale
        )
    elif one.item.aside:
        size = one.size * 0.52
        x, y = left + inner + one.size * 0.28, top + one.size * 0.44
        yield _struck(
            _text_sprite(one.item.aside, "text", size, 0.0, x, y, 1.0, stage.quiet, scale), size, stage, scale
        )


def _struck(sprite: Sprite, size: float, stage: Stage, scale: float) -> Sprite:
    surface = skia.Surface(sprite.image.width(), sprite.image.height())
    canvas = surface.getCanvas()
    canvas.drawImage(sprite.image, 0, 0)
    paint = skia.Paint(
        AntiAlias=True, Color=_argb(stage.quiet, 1.0), StrokeWidth=max(1.0, size * 0.07 * scale)
    )
    middle, inset = size * 1.0 * scale, size * 0.28 * scale
    canvas.drawLine(inset, middle, sprite.image.width() - inset, middle, paint)
    return replace(sprite, image=surface.makeImageSnapshot())


def _merged(sprites: Sequence[Sprite], scale: float) -> Sprite:
    left, top = min(s.x for s in sprites), min(s.y for s in sprites)
    right, bottom = max(s.x + s.w for s in sprites), max(s.y + s.h for s in sprites)
    surface = skia.Surface(round((right - left) * scale), round((bottom - top) * scale))
    canvas = surface.getCanvas()
    for sprite in sprites:
        canvas.drawImage(sprite.image, round((sprite.x - left) * scale), round((sprite.y - top) * scale))
    return Sprite(surface.makeImageSnapshot(), left, top, right - left, bottom - top)


def _argb(colour: str, opacity: float) -> int:
    return round(opacity * 255) << 24 | int(colour.lstrip("#"), 16)
