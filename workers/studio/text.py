"""Set a block of texts into its box: sizes that fit, balanced lines, nothing wider than its place."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from adengine.core.layers import BlockDraw, Item
from workers.studio.fonts import shelf

SMALLEST = 0.42


@dataclass(frozen=True)
class Role:
    """How a kind of text is set: size and space above in pixels of a 1080-pixel frame, tracking in ems."""

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
    "caption": Role("strong", 48, 3, 1.28, 0.0, 32, "pill"),
    "cta": Role("strong", 58, 1, 1.2, 0.0, 40, "button"),
    "label": Role("strong", 46, 1, 1.2, -0.005, 0),
    "disclosure": Role("text", 32, 2, 1.25, 0.0, 12, "pill"),
}
PADDING = {"pill": (28.0, 14.0), "button": (58.0, 34.0)}


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


def fitted(block: BlockDraw, display: str) -> list[Sized]:
    """Size the texts as large as fit the box; what cannot fit is cut with an ellipsis."""
    for step in range(100, int(SMALLEST * 100), -4):
        sized = [_sized(item, step / 100, block.box.w, display) for item in block.items]
        if all(one.fits for one in sized) and height(sized) <= block.box.h:
            return sized
    sized = [_sized(item, SMALLEST, block.box.w, display, cut=True) for item in block.items]
    while height(sized) > block.box.h and max(len(one.lines) for one in sized) > 1:
        longest = max(range(len(sized)), key=lambda place: len(sized[place].lines))
        sized[longest] = _cut(sized[longest], len(sized[longest].lines) - 1, block.box.w)
    return sized


def height(sized: Sequence[Sized]) -> float:
    return sum(one.h + above(one, place) for place, one in enumerate(sized))


def above(one: Sized, place: int) -> float:
    """Return the space over a text, which shrinks with it; the first has none."""
    return one.role.above * max(0.6, one.size / one.role.size) if place else 0.0


def is_rtl(text: str) -> bool:
    """Say whether the first strong character is written right to left."""
    strong = (unicodedata.bidirectional(c) for c in text)
    return next((kind in ("R", "AL") for kind in strong if kind in ("L", "R", "AL")), False)


def has_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL") for c in text)


def _sized(item: Item, factor: float, width: float, display: str, *, cut: bool = False) -> Sized:
    role = ROLES[item.role]
    face = display if role.face == "display" else role.face
    # Small print keeps its size longer than headlines do: it is small already.
    size = role.size * max(factor, 0.86 if role.size < 60 else SMALLEST)
    pad_x, pad_y = PADDING.get(role.form, (0.0, 0.0))
    room = (width - 2 * pad_x) / size
    words = tuple(_words(item.text, face, role.tracking, room, cut=cut))
    lines = _balanced(words, face, role.tracking, room)
    fits = len(lines) <= role.lines and all(line_width(line, face, role.tracking) <= room for line in lines)
    widest = max(line_width(line, face, role.tracking) for line in lines) * size
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
    return size * 0.28 + advance(item.aside, "text", 0.0) * size * 0.52 if item.aside else 0.0


def _cut(one: Sized, count: int, width: float) -> Sized:
    """Keep `count` lines and close the last with an ellipsis that fits."""
    pad_x, pad_y = PADDING.get(one.role.form, (0.0, 0.0))
    room = (width - 2 * pad_x) / one.size
    kept = one.lines[: max(1, count)]
    last = _closed(kept[-1], one.face, one.role.tracking, room)
    h = len(kept) * one.role.leading * one.size + 2 * pad_y
    return replace(one, lines=(*kept[:-1], last), h=h, fits=True)


def _closed(line: tuple[Word, ...], face: str, tracking: float, room: float) -> tuple[Word, ...]:
    """Shorten a line by words, then by letters, until it fits with an ellipsis."""
    *before, end = line
    text = end.text.rstrip(" ,.;:-–…")
    closed = (*before, replace(end, text=text + "…"))
    if line_width(closed, face, tracking) <= room or (not before and len(text) < 2):
        return closed
    return _closed(tuple(before) or (replace(end, text=text[:-1]),), face, tracking, room)


def _words(text: str, face: str, tracking: float, room: float, *, cut: bool) -> Iterator[Word]:
    """Yield pieces between which a line may break; with `cut` too wide a word breaks between letters."""
    for place, word in enumerate(text.split(" ")):
        pieces = _pieces(word)
        if cut and any(advance(piece, face, tracking) > room for piece in pieces):
            pieces = _broken(word, face, tracking, room)
        for number, piece in enumerate(pieces):
            yield Word(piece, place, number == 0 and place > 0)


def _pieces(word: str) -> list[str]:
    """Split after hyphens, and Chinese and Japanese between characters but before no closing mark."""
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
        if current and not joins and advance(current + character, face, tracking) > room:
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
        widest = max(line_width(line, face, tracking) for line in tried)
        if len(tried) == len(best) and widest <= room:
            best, wide = tried, middle
        else:
            narrow = middle
    return best


def _greedy(words: Sequence[Word], face: str, tracking: float, room: float) -> tuple[tuple[Word, ...], ...]:
    lines: list[list[Word]] = [[]]
    for word in words:
        if lines[-1] and line_width((*lines[-1], word), face, tracking) > room:
            lines.append([])
        lines[-1].append(word)
    return tuple(tuple(line) for line in lines)


def line_width(line: Sequence[Word], face: str, tracking: float) -> float:
    space = advance(" ", face, tracking)
    return sum(advance(w.text, face, tracking) + (space if w.spaced and i else 0.0) for i, w in enumerate(line))


@functools.lru_cache(maxsize=20_000)
def advance(text: str, face: str, tracking: float) -> float:
    """Return the width of `text` in ems."""
    if text == " ":
        return advance("n n", face, tracking) - advance("nn", face, tracking)
    return float(shelf().paragraph(text, face, 100, "#000000", tracking).MaxIntrinsicWidth) / 100
