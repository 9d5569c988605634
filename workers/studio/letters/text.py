"""Set a block of texts into its box: sizes that fit, balanced lines, nothing wider than its place."""

from __future__ import annotations

import functools
import math
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from adengine.core.layers import BlockDraw, Item
from adengine.core.speech import pieces
from adengine.core.style import Style, TypeRole
from workers.studio.letters import scripts
from workers.studio.letters.fonts import Face, shelf

# A text shrinks by steps to this part of its size, and never below this size in pixels of a 1080-pixel frame.
MANY = 1_000
SMALLEST, SMALLEST_PX = 0.42, 26.0
STEPS = tuple(step / 100 for step in range(100, int(SMALLEST * 100) - 1, -3))
TINY = (0.36, 0.3, 0.25, 0.2, 0.15)
# How much smaller a text may become to spare its last line a lonely word, or its struck price a line of its own.
FOR_LOOKS = 0.82
# A word that would make its text smaller than this, in pixels, is broken between letters instead.
TORN_BELOW_PX = 46.0
# Room inside a form beside and above its text, in ems.
PADDING = {"pill": (0.58, 0.30), "button": (1.0, 0.58), "highlight": (0.24, 0.06), "box": (0.46, 0.24)}
UNDERLINE = 0.14
ASIDE, GAP = 0.52, 0.28
STARS, STAR, STAR_GAP = 5, 0.96, 0.14
ICON, ICON_GAP = 1.16, 0.46
ARROW = 0.92
MARK = 0.70
ORPHAN = 0.36


@dataclass(frozen=True)
class Word:
    """A piece that is never broken; `place` is the word of the text it belongs to, `ems` its width.

    `soft` asks for a hyphen at the line's end; `cost` (0..1) is how unwelcome a line end before it is.
    """

    text: str
    place: int
    spaced: bool
    ems: float
    soft: bool = False
    cost: float = 0.0


@dataclass(frozen=True)
class Sized:
    """A text broken into lines at one size, in pixels; `w`, `h` include padding, icons and what stands aside.

    `lead` is the room before the text for stars or an icon, `trail` the room after it, `over` above, `under` below.
    """

    item: Item
    role: TypeRole
    face: Face
    size: float
    leading: float
    lines: tuple[tuple[Word, ...], ...]
    rtl: bool
    w: float
    h: float
    lead: float = 0.0
    trail: float = 0.0
    over: float = 0.0
    under: float = 0.0
    fits: bool = True
    is_lonely: bool = False

    @property
    def padding(self) -> tuple[float, float]:
        x, y = PADDING.get(self.role.form, (0.0, 0.0))
        return x * self.size, y * self.size

    @property
    def inner(self) -> float:
        """Width of the widest line."""
        return max(line_ems(line, self.face, self.role.tracking) for line in self.lines) * self.size


def fitted(block: BlockDraw, style: Style, locale: str = "") -> list[Sized]:
    """Size the texts as large as fit the box; what cannot fit is cut with an ellipsis."""
    whole = " ".join(item.text for item in block.items)
    setting = _Setting(style, float(block.box.w), locale, scripts.han(whole, locale), scripts.leans_rtl(whole, locale))
    most = min((setting.alike(items, block.box.h) for items in (block.items, *block.peers) if block.peers), default=1.0)
    sized = setting.whole(block.items, block.box.h, most)
    if sized:
        return sized
    # A box lower than one line of each text at its smallest makes large type smaller still.
    for step in (SMALLEST, *TINY):
        small = [setting.sized(item, step, torn=True, cut=True) for item in block.items]
        small = _cut_to(block.box.h, small, block.box.w)
        if height(small) <= block.box.h:
            break
    return small


def height(sized: Sequence[Sized]) -> float:
    return sum(one.h + above(one, place) for place, one in enumerate(sized))


def above(one: Sized, place: int) -> float:
    """Return the space over a text, which shrinks with it; the first has none."""
    return one.role.above * max(0.6, one.size / one.role.size) if place else 0.0


def face_of(role: TypeRole, style: Style, han: str) -> Face:
    family, weight = {"display": style.display, "strong": style.strong, "text": style.text}[role.face]
    return Face(family, weight, han)


def words_of(
    text: str, face: Face, tracking: float, *, count: int = 0, upper: bool = False, locale: str = ""
) -> tuple[Word, ...]:
    """Return a text's unbreakable pieces; `count` is how many words come in one after the other, if that is known."""
    starts = _starts(text, count)
    return tuple(
        Word(
            shown, bisect_right(starts, atom.at) - 1, atom.spaced, advance(shown, face, tracking), atom.soft, atom.cost
        )
        for atom in _atoms(text, face)
        for shown in [scripts.upper(atom.text, locale) if upper else atom.text]
    )


def broken(
    words: Sequence[Word], face: Face, tracking: float, room: float, *, most: int = MANY
) -> tuple[tuple[Word, ...], ...]:
    """Break into as few lines as `room` ems allow, of about the same width and with no lonely last word.

    Where that takes more than `most` lines nobody will look at them, and they are not balanced.
    """
    if not words:
        return ((),)
    widths = _Widths(words, face, tracking)
    if widths(0, len(words)) <= room:
        return (tuple(words),)
    ends = _ends(widths, len(words), room)
    edges = [0, *(_edges(words, widths, len(ends), room) if len(ends) <= most else ends)]
    return tuple(_hyphened(words[low:high], face, tracking) for low, high in pairwise(edges))


def line_ems(line: Sequence[Word], face: Face, tracking: float) -> float:
    space = advance(" ", face, tracking)
    return sum(word.ems + (space if word.spaced and place else 0.0) for place, word in enumerate(line))


@functools.lru_cache(maxsize=20_000)
def advance(text: str, face: Face, tracking: float) -> float:
    """Return the width of `text` in ems."""
    if text == " ":
        return advance("n n", face, tracking) - advance("nn", face, tracking)
    return float(shelf().paragraph(text, face, 100, "#000000", tracking).MaxIntrinsicWidth) / 100


@dataclass(frozen=True)
class _Setting:
    """What the texts of one block share while sizes are tried."""

    style: Style
    width: float
    locale: str
    han: str
    rtl: bool

    @functools.lru_cache(maxsize=64)  # noqa: B019 (bounded, and settings are small values)
    def alike(self, items: tuple[Item, ...], room: float) -> float:
        """Return the part of its size that the smallest of these texts takes in a box as high as `room`."""
        rest = tuple(item._replace(words=(1.0,) * len(item.words), scale=1.0) for item in items)
        made = self.whole(rest, room, 1.0)
        return min((one.size / one.role.size for one in made), default=SMALLEST)

    def whole(self, items: tuple[Item, ...], room: float, most: float) -> list[Sized]:
        """Size texts as large as fit, at most to `most` of their size, with nothing left out; empty if they cannot."""
        widest = [self.widest(item) for item in items]
        for step in (step for step in STEPS if step <= most + 0.005):
            sized = [
                self.sized(item, min(step, own), torn=torn, cut=cut)
                for item, (own, torn, cut) in zip(items, widest, strict=True)
            ]
            if all(one.fits for one in sized) and height(sized) <= room:
                return sized
        return []

    def widest(self, item: Item) -> tuple[float, bool, bool]:
        """Return the largest part of its size at which a text fits its width and lines; whether torn; whether cut."""
        whole = next((step for step in STEPS if self.sized(item, step).fits), 0.0)
        torn = 0.0
        if whole * self.style.role(item.role).size < TORN_BELOW_PX:
            torn = next((step for step in STEPS if self.sized(item, step, torn=True).fits), 0.0)
        if torn > whole * 1.25:
            return torn, True, False
        if not whole:
            return SMALLEST, True, True
        near = (step for step in STEPS if whole >= step >= whole * FOR_LOOKS)
        tried = ((step, self.sized(item, step)) for step in near)
        return next((step for step, one in tried if one.fits and not one.is_lonely), whole), False, False

    @functools.lru_cache(maxsize=256)  # noqa: B019 (bounded, and settings are small values)
    def sized(self, item: Item, factor: float, *, torn: bool = False, cut: bool = False) -> Sized:
        role = self.style.role(item.role)
        face = shelf().covering(item.text, face_of(role, self.style, self.han))
        size = role.size * max(factor, min(1.0, SMALLEST_PX / role.size))
        pad_x, pad_y = PADDING.get(role.form, (0.0, 0.0))
        lead, over = _lead(item), MARK if item.role == "quote" else 0.0
        beside, under = self._aside(item, face)
        room = self.width / size - 2 * pad_x - lead
        words = self._words(item, face, role)
        stays = item.role == "cta" or factor > FOR_LOOKS
        if not stays and beside and line_ems(words, face, role.tracking) + beside > room:
            beside, under = 0.0, ASIDE * 1.3
        if torn:
            words = tuple(_torn(words, face, role.tracking, room - beside))
        most = _most_lines(role, size)
        lines = broken(words, face, role.tracking, room - beside, most=MANY if cut else most)
        widest = max(line_ems(line, face, role.tracking) for line in lines)
        leading = scripts.leading(item.text, role.leading)
        below = under + (UNDERLINE if role.form == "underline" else 0.0)
        one = Sized(
            item,
            role,
            face,
            size,
            leading,
            lines,
            self.rtl,
            w=(max(widest + beside, self._aside_ems(item) if under else 0.0) + lead + 2 * pad_x) * size,
            h=(len(lines) * leading + over + below + 2 * pad_y) * size,
            lead=lead * size,
            trail=beside * size,
            over=over * size,
            under=under * size,
        )
        fits = len(lines) <= most and one.w <= self.width + 0.5
        one = replace(one, fits=fits, is_lonely=_is_lonely(lines, face, role.tracking))
        return _cut(one, most, self.width) if cut and len(lines) > most else one

    @functools.lru_cache(maxsize=64)  # noqa: B019
    def _words(self, item: Item, face: Face, role: TypeRole) -> tuple[Word, ...]:
        return words_of(
            scripts.clean(item.text),
            face,
            role.tracking,
            count=len(item.words),
            upper=role.case == "upper",
            locale=self.locale,
        )

    def _aside(self, item: Item, face: Face) -> tuple[float, float]:
        """Return the ems that what stands aside takes beside the text and below it."""
        if item.role == "cta":
            return GAP + ARROW, 0.0
        if item.role == "point" or not item.aside:
            return 0.0, 0.0
        if item.role == "quote":
            return 0.0, ASIDE * 1.6
        return GAP + self._aside_ems(item), 0.0

    def _aside_ems(self, item: Item) -> float:
        family, weight = self.style.text
        return advance(scripts.clean(item.aside), Face(family, weight, self.han), 0.0) * ASIDE


def _most_lines(role: TypeRole, size: float) -> int:
    """A text that had to become small may take as many lines as fit where its few large ones would have stood."""
    part = size / role.size
    return role.lines if role.lines == 1 or part > 0.7 else max(role.lines, int(role.lines * 0.8 / part))


def _lead(item: Item) -> float:
    if item.role == "stars":
        return STARS * STAR + (STARS - 1) * STAR_GAP + (GAP if item.text else 0.0)
    return ICON + ICON_GAP if item.role == "point" and item.aside else 0.0


def _starts(text: str, count: int) -> list[int]:
    """Return where the text's words begin: those that speech counts, or those that spaces make, as `count` says."""
    spoken = [piece.at for piece in pieces(text)]
    if len(spoken) == count:
        return [0, *spoken[1:]]
    return [0, *(found.end() for found in re.finditer(" ", text))]


def _atoms(text: str, face: Face) -> Iterator[scripts.Atom]:
    """Yield the pieces of a text, runs of Thai and its like parted at their words."""
    for atom in scripts.atoms(text):
        parts = scripts.clusters(atom.text)
        if not re.search(f"[{scripts.BARE}]", atom.text) or len(parts) < 2:
            yield atom
            continue
        at, current, first = atom.at, parts[0], True
        for part, may_end in zip(parts[1:], shelf().words(parts, face), strict=True):
            if may_end:
                yield scripts.Atom(current, at, atom.spaced and first, cost=atom.cost if first else 0.0)
                at, current, first = at + len(current), "", False
            current += part
        yield scripts.Atom(current, at, atom.spaced and first, atom.soft, atom.cost if first else 0.0)


class _Widths:
    """Widths of the lines that words `low` up to `high` would make, in ems."""

    def __init__(self, words: Sequence[Word], face: Face, tracking: float) -> None:
        self._space, self._hyphen = advance(" ", face, tracking), advance("-", face, tracking)
        self._words = words
        steps = (word.ems + (self._space if word.spaced else 0.0) for word in words)
        self._sums = [0.0, *accumulate(steps)]

    def __call__(self, low: int, high: int) -> float:
        hang = self._hyphen if self._words[high - 1].soft and high < len(self._words) else 0.0
        return self._sums[high] - self._sums[low] - (self._space if self._words[low].spaced else 0.0) + hang


def _ends(widths: _Widths, total: int, room: float) -> list[int]:
    """Return where lines end that are filled one after the other: there can be no fewer."""
    ends, start = [], 0
    for end in range(1, total + 1):
        if end > start + 1 and widths(start, end) > room:
            start = end - 1
            ends.append(start)
    return [*ends, total]


def _edges(words: Sequence[Word], widths: _Widths, count: int, room: float) -> list[int]:
    """Return where each of `count` lines ends, at the least sum of squared slack and unwelcome breaks."""
    total = len(words)
    best: list[dict[int, tuple[float, tuple[int, ...]]]] = [{0: (0.0, ())}]
    for line in range(1, count + 1):
        reached: dict[int, tuple[float, tuple[int, ...]]] = {}
        for start, (cost, edges) in best[-1].items():
            for end in range(start + 1, total - (count - line) + 1):
                width = widths(start, end)
                if width > room and end > start + 1:
                    break
                if line == count and end < total:
                    continue
                spent = cost + _slack(words, start, end, width, room)
                if end not in reached or spent < reached[end][0]:
                    reached[end] = (spent, (*edges, end))
        best.append(reached)
    return list(best[-1][total][1])


def _slack(words: Sequence[Word], start: int, end: int, width: float, room: float) -> float:
    unwelcome = words[end].cost if end < len(words) else 0.0
    alone = end == len(words) and end - start == 1 and start > 0 and width < ORPHAN * room
    return (max(0.0, room - width) / room) ** 2 + unwelcome + (0.6 if alone else 0.0)


def _hyphened(line: Sequence[Word], face: Face, tracking: float) -> tuple[Word, ...]:
    """Show the hyphen of a line that ends inside a word."""
    if not line[-1].soft:
        return tuple(line)
    text = line[-1].text + "-"
    return (*line[:-1], replace(line[-1], text=text, ems=advance(text, face, tracking)))


def _is_lonely(lines: Sequence[Sequence[Word]], face: Face, tracking: float) -> bool:
    widest = max(line_ems(line, face, tracking) for line in lines)
    return len(lines) > 1 and len(lines[-1]) == 1 and lines[-1][0].ems < ORPHAN * widest


def _cut_to(room: float, sized: list[Sized], width: float) -> list[Sized]:
    """Take lines from the longest texts until the block is no taller than `room`."""
    while height(sized) > room and max(len(one.lines) for one in sized) > 1:
        longest = max(range(len(sized)), key=lambda place: len(sized[place].lines))
        sized[longest] = _cut(sized[longest], len(sized[longest].lines) - 1, width)
    return sized


def _cut(one: Sized, count: int, width: float) -> Sized:
    """Keep `count` lines and close the last with an ellipsis that fits."""
    room = (width - 2 * one.padding[0] - one.lead - one.trail) / one.size
    gone = len(one.lines) - max(1, count)
    last = _closed(one.lines[max(1, count) - 1], one.face, one.role.tracking, room)
    kept = (*one.lines[: max(1, count) - 1], last)
    cut = replace(one, lines=kept, h=one.h - gone * one.leading * one.size, fits=True)
    return replace(cut, w=one.w - one.inner + cut.inner) if not one.under else cut


def _closed(line: tuple[Word, ...], face: Face, tracking: float, room: float) -> tuple[Word, ...]:
    """Shorten a line by words, then by characters, until it fits with an ellipsis."""
    *before, end = line
    text = end.text.rstrip(" ,.;:-–…、。，") + "…"
    closed = (*before, replace(end, text=text, ems=advance(text, face, tracking)))
    characters = scripts.clusters(end.text)
    if line_ems(closed, face, tracking) <= room or (not before and len(characters) < 2):
        return closed
    shorter = tuple(before) or (replace(end, text="".join(characters[:-1])),)
    return _closed(shorter, face, tracking, room)


def _torn(words: Sequence[Word], face: Face, tracking: float, room: float) -> Iterator[Word]:
    """Yield the words, one that is wider than a line in equal parts with hyphens where its script has them."""
    hyphen = advance("-", face, tracking)
    for word in words:
        if word.ems <= room:
            yield word
            continue
        parts = _parted(word, face, tracking, room - hyphen)
        takes_hyphen = word.text[:1].isalpha() and word.text[0] < "\u0590"
        for number, part in enumerate(parts):
            ends = number == len(parts) - 1
            yield Word(
                part,
                word.place,
                word.spaced and number == 0,
                advance(part, face, tracking),
                word.soft if ends else takes_hyphen,
                0.35 if number else word.cost,
            )


def _parted(word: Word, face: Face, tracking: float, room: float) -> list[str]:
    share = word.ems / math.ceil(word.ems / max(0.5, room * 0.96))
    parts, part = [], ""
    for cluster in scripts.clusters(word.text):
        if part and advance(part + cluster, face, tracking) > share + 0.3:
            parts.append(part)
            part = ""
        part += cluster
    return [*parts, part]
