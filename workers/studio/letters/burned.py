"""Burned-in captions: what is being said, readable on any ground, its spoken word picked out."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adengine.core.layers import Box, CaptionDraw
from adengine.core.palette import Stage, contrast, mix, readable
from adengine.core.style import Style
from workers.studio.letters import forms, scripts
from workers.studio.letters.fonts import Face
from workers.studio.letters.ink import Pen, Sheet, Sprite, merged, recoloured, shadowed
from workers.studio.letters.text import advance

# Rather over than at WCAG's 4.5:1: moving pictures leave little time.
READABLE = 6.0
LEADING = {"subtitle": 1.26, "karaoke": 1.34, "box": 1.36, "pop": 1.06}
LARGEST = {"subtitle": 1.2, "karaoke": 1.25, "box": 1.2, "pop": 2.6}
# Beside and above the text inside its plate, in ems.
PAD = {"subtitle": (0.55, 0.26), "karaoke": (0.55, 0.26), "box": (0.36, 0.0), "pop": (0.16, 0.12)}
OUTLINE = 0.16
POP_WORDS, POP_LETTERS = 3, 15
# Below this part of its size a caption is broken anew instead of shrunk.
LEAST = 0.72
BASELINE = 0.34


@dataclass(frozen=True)
class Shown:
    """Some words of a caption: all of them at rest, and each as it looks while it is spoken."""

    first: int
    whole: Sprite
    lit: tuple[Sprite | None, ...]


@dataclass(frozen=True)
class SetCaption:
    """A caption as painted; only `at` depends on the word being spoken."""

    groups: tuple[Shown, ...]

    def at(self, active: int) -> tuple[Sprite, ...]:
        """Return what to lay, in this order, while word `active` is spoken (-1: none)."""
        group = next((g for g in reversed(self.groups) if g.first <= active), self.groups[0])
        place = active - group.first
        lit = group.lit[place] if 0 <= place < len(group.lit) else None
        return (group.whole, lit) if lit else (group.whole,)


def spoken(draw: CaptionDraw, stage: Stage, style: Style, scale: float, locale: str = "") -> SetCaption:
    """Paint a caption in its look, inside its box; `draw.active` does not matter, ask the result `at`."""
    numbered = _numbered(draw.lines)
    groups = _popping(numbered) if draw.look == "pop" else [numbered]
    setter = _Setter(draw.look, draw.box, stage, style, scale, locale)
    return SetCaption(tuple(setter.shown(lines) for lines in groups))


@dataclass(frozen=True)
class _Setter:
    look: str
    box: Box
    stage: Stage
    style: Style
    scale: float
    locale: str

    def shown(self, lines: Sequence[Sequence[tuple[str, int]]]) -> Shown:
        text = " ".join(word for line in lines for word, _ in line)
        family, weight = self.style.display if self.look == "pop" else self.style.strong
        face = Face(family, weight, scripts.han(text, self.locale))
        leading = scripts.leading(text, LEADING[self.look])
        lines, size = self._sized(lines, face, leading)
        dark, light, accent = _colours(self.look, self.stage)
        pen = Pen(face, size, 0.0, light, self.scale)
        tops = self._tops(len(lines), size * leading, size)
        words, boxes = [], []
        for line, top in zip(lines, tops, strict=True):
            parts = list(_spaced(line))
            width = advance("".join(t for t, _ in parts), face, 0.0) * size
            x = self.box.x + (self.box.w - width) / 2
            boxes.append((x, top, width, size * leading))
            baseline = top + size * leading / 2 + BASELINE * size
            words += _painted(pen, parts, x, baseline, dark if self.look == "pop" else "", rtl=scripts.is_rtl(text))
        first, last = lines[0][0][1], lines[-1][-1][1]
        plates = list(self._plates(boxes, size, dark))
        sprites = [*plates, *(outline for _, _, outline in words if outline), *(fill for _, fill, _ in words)]
        if not sprites:
            sprites = [Sheet(self.box.x * self.scale, self.box.y * self.scale, 0, 0).sprite(self.scale)]
        lit: dict[int, Sprite] = {}
        for place, fill, outline in words:
            lit[place] = self._lit(fill, outline, dark, accent, size, leading, tops)
        shown = tuple(lit.get(place) if self.look in ("karaoke", "pop") else None for place in range(first, last + 1))
        return Shown(first, merged(sprites, self.scale), shown)

    def _sized(
        self, lines: Sequence[Sequence[tuple[str, int]]], face: Face, leading: float
    ) -> tuple[list[list[tuple[str, int]]], float]:
        """Return the lines and their size; lines that would become too small are broken anew."""
        asked = self.style.role("caption").size * LARGEST[self.look]
        given = [list(line) for line in lines]
        size = self._fit(given, face, leading, asked)
        if size >= LEAST * asked:
            return given, size
        flat = [word for line in lines for word in line]
        tries = [given, *(_split(flat, face, count) for count in range(1, min(len(flat), 5) + 1))]
        best = max(tries, key=lambda tried: round(self._fit(tried, face, leading, asked), 3))
        return best, self._fit(best, face, leading, asked)

    def _fit(self, lines: Sequence[Sequence[tuple[str, int]]], face: Face, leading: float, asked: float) -> float:
        pad_x, pad_y = PAD[self.look]
        widest = max(advance("".join(t for t, _ in _spaced(line)), face, 0.0) for line in lines)
        return min(asked, self.box.w / (widest + 2 * pad_x), self.box.h / (len(lines) * leading + 2 * pad_y))

    def _tops(self, count: int, step: float, size: float) -> list[float]:
        """Captions grow upwards from their box's foot, so that the last line stays; big words stand in its middle."""
        height = count * step
        foot = self.box.bottom - PAD[self.look][1] * size
        top = self.box.y + (self.box.h - height) / 2 if self.look == "pop" else foot - height
        return [top + number * step for number in range(count)]

    def _plates(self, boxes: Sequence[tuple[float, float, float, float]], size: float, dark: str) -> Iterator[Sprite]:
        pad_x, pad_y = (pad * size for pad in PAD[self.look])
        if self.look == "box":
            for x, y, w, h in boxes:
                yield forms.plate((x - pad_x, y, w + 2 * pad_x, h), size * 0.08, dark, self.scale)
        elif self.look != "pop":
            left, top = min(b[0] for b in boxes), boxes[0][1]
            right, bottom = max(b[0] + b[2] for b in boxes), boxes[-1][1] + boxes[-1][3]
            box = left - pad_x, top - pad_y, right - left + 2 * pad_x, bottom - top + 2 * pad_y
            light = _colours(self.look, self.stage)[1]
            # Dense enough that the text is readable were the picture below it white.
            steps = (step / 100 for step in range(60, 101, 4))
            dense = next((s for s in steps if contrast(light, mix("#ffffff", dark, s)) >= READABLE), 1.0)
            yield forms.plate(box, size * 0.34, dark, self.scale, opacity=dense)

    def _lit(
        self,
        fill: Sprite,
        outline: Sprite | None,
        dark: str,
        accent: str,
        size: float,
        leading: float,
        tops: Sequence[float],
    ) -> Sprite:
        if outline:
            return merged([outline, recoloured(fill, accent, self.scale)], self.scale)
        middle = fill.y + fill.h / 2
        top = min(tops, key=lambda t: abs(t + size * leading / 2 - middle))
        reach, tall = 0.11 * size, 1.18 * size
        box = fill.x - reach, top + size * leading / 2 - tall / 2 + 0.02 * size, fill.w + 2 * reach, tall
        return merged(
            [forms.plate(box, size * 0.2, accent, self.scale), recoloured(fill, dark, self.scale)], self.scale
        )


@functools.lru_cache(maxsize=32)
def _colours(look: str, stage: Stage) -> tuple[str, str, str]:
    """Return a dark and a light that are far apart, and an accent that is readable on the dark."""
    if look == "box":
        return stage.ink, readable(stage.top, (stage.ink,)), stage.accent
    tones = sorted((stage.ink, stage.top, stage.shadow), key=lambda colour: contrast(colour, "#000000"))
    dark = mix(tones[0], "#000000", 0.45)
    light = "#ffffff" if contrast(tones[-1], dark) < 12 else tones[-1]
    return dark, light, readable(stage.accent, (dark,), READABLE)


def _painted(
    pen: Pen, parts: Sequence[tuple[str, int]], x: float, baseline: float, dark: str, *, rtl: bool
) -> list[tuple[int, Sprite, Sprite | None]]:
    """Paint a line's words, with an outline below each where `dark` names its colour."""
    fills = pen.words(parts, x, baseline, rtl=rtl)
    if not dark:
        return [(place, fill, None) for place, fill in fills]
    thick = Pen(pen.face, pen.size, pen.tracking, dark, pen.scale, OUTLINE)
    shadow = pen.size * 0.07
    outlines = {
        place: shadowed(sprite, dark, 0.5, shadow, pen.scale)
        for place, sprite in thick.words(parts, x, baseline, rtl=rtl)
    }
    return [(place, fill, outlines.get(place)) for place, fill in fills]


def _numbered(lines: Sequence[Sequence[str]]) -> list[list[tuple[str, int]]]:
    count = itertools.count()
    return [[(scripts.clean(word), next(count)) for word in line] for line in lines if line]


def _spaced(line: Sequence[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Yield the words with the spaces between them; scripts without spaces get none."""
    bare = f"[{scripts.BARE}{scripts.IDEOGRAPHIC}、-】！-～]"
    before = ""
    for word, place in line:
        joined = not before or (scripts.found(bare, before[-1]) and scripts.found(bare, word[:1]))
        yield ("" if joined else " ") + word, place
        before = word


def _popping(lines: Sequence[Sequence[tuple[str, int]]]) -> list[list[list[tuple[str, int]]]]:
    """Part the words into groups of one to three that are shown one after the other, each on one line or two."""
    groups: list[list[tuple[str, int]]] = []
    for word in (word for line in lines for word in line):
        fits = groups and len(groups[-1]) < POP_WORDS
        if fits and sum(len(w) for w, _ in groups[-1]) + len(word[0]) <= POP_LETTERS and not _ends(groups[-1][-1][0]):
            groups[-1].append(word)
        else:
            groups.append([word])
    return [[group] for group in groups]


def _ends(word: str) -> bool:
    return word.endswith((".", "!", "?", "…", "。", "！", "？", "؟", "।"))


def _split(words: Sequence[tuple[str, int]], face: Face, count: int) -> list[list[tuple[str, int]]]:
    """Part the words into `count` lines of about the same width."""
    ends = list(itertools.accumulate(advance(word, face, 0.0) + 0.25 for word, _ in words))
    rows: list[list[tuple[str, int]]] = [[] for _ in range(count)]
    for word, end in zip(words, ends, strict=True):
        middle = end - advance(word[0], face, 0.0) / 2
        rows[min(count - 1, int(middle * count / ends[-1]))].append(word)
    return [row for row in rows if row]
