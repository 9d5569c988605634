"""Paint set texts: one sprite for each word that moves, and one for the whole that rests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adengine.core.layers import BlockDraw
from adengine.core.palette import Stage, contrast, readable
from adengine.core.style import Style
from workers.studio.letters import forms, scripts
from workers.studio.letters.burned import SetCaption, spoken
from workers.studio.letters.fonts import Face
from workers.studio.letters.ink import Pen, Sheet, Sprite, argb, merged, moved, shadowed
from workers.studio.letters.stickers import badge
from workers.studio.letters.text import (
    ARROW,
    ASIDE,
    ICON,
    STAR,
    STAR_GAP,
    Sized,
    Word,
    above,
    fitted,
    height,
    line_ems,
)

__all__ = ["SetCaption", "SetItem", "Sprite", "argb", "badge", "spoken", "typeset"]
# Opening marks by language; all others use the high double comma.
QUOTES = {
    "de": "„",
    "cs": "„",
    "pl": "„",
    "fr": "«",
    "it": "«",
    "es": "«",
    "ru": "«",
    "ja": "「",
    "ar": "”",
    "fa": "”",
    "he": "”",
}
HANGING = tuple("「『（〔【〈《｛［")
BASELINE = 0.34


@dataclass(frozen=True)
class SetItem:
    """One text as painted: its words, each with its place in the text, its backing, and the whole."""

    words: tuple[tuple[int, Sprite], ...]
    backing: Sprite | None
    whole: Sprite
    size: float


def typeset(block: BlockDraw, stage: Stage, style: Style, scale: float, locale: str = "") -> tuple[SetItem, ...]:
    """Fit and paint the block's texts, one below the other in its box.

    All sprites lie at even device pixels and have even sides. Words over a photograph carry a soft shadow.
    """
    sized = fitted(block, style, locale)
    top = block.box.y + (max(0.0, (block.box.h - height(sized)) / 2) if block.valign == "middle" else 0.0)
    placed: list[SetItem] = []
    for place, one in enumerate(sized):
        top += above(one, place)
        placed.append(_Setting(one, block, stage, style, top, scale, locale).painted())
        top += one.h
    return tuple(placed)


@dataclass(frozen=True)
class _Setting:
    """One text with its place: what is painted where."""

    one: Sized
    block: BlockDraw
    stage: Stage
    style: Style
    top: float
    scale: float
    locale: str

    def painted(self) -> SetItem:
        last = max(0, len(self.one.item.words) - 1)
        parts = [(0, sprite) for sprite in self._lead()]
        parts += self._words()
        parts += [(last, sprite) for sprite in self._trail()]
        if self.block.stage.startswith("veil:") and self.style.shadow and self.one.role.form == "plain":
            shade, blur = self.stage.shadow, self.one.size * 0.09
            parts = [(place, shadowed(s, shade, self.style.shadow, blur, self.scale)) for place, s in parts]
        backing = self._backing()
        everything = [*([backing] if backing else []), *(sprite for _, sprite in parts)]
        if not everything:
            everything = [Sheet(self.left * self.scale, self.top * self.scale, 0, 0).sprite(self.scale)]
        return SetItem(tuple(parts), backing, merged(everything, self.scale), self.one.size)

    @property
    def align(self) -> str:
        return self.block.align or self.style.align

    @property
    def left(self) -> float:
        return self.block.box.x + self._shift(self.block.box.w - self.one.w)

    @property
    def pen(self) -> Pen:
        return Pen(self.one.face, self.one.size, self.one.role.tracking, self.colour, self.scale)

    @property
    def colour(self) -> str:
        stage, role = self.stage, self.one.role
        if role.form == "highlight":
            best = max((stage.top, stage.ink), key=lambda colour: contrast(colour, stage.accent))
            return readable(best, (stage.accent,))
        by_form = {"button": stage.on_button, "pill": stage.top, "box": stage.top}
        inks = {"ink": stage.ink, "quiet": stage.quiet, "accent": stage.accent}
        # The stars are the accent; the figure beside them is to be read.
        return by_form.get(role.form) or (stage.ink if self.one.item.role == "stars" else inks[role.colour])

    def _shift(self, free: float) -> float:
        if self.align == "center":
            return free / 2
        return free if self.one.rtl else 0.0

    def _lines(self) -> Iterator[tuple[tuple[Word, ...], float, float, float]]:
        """Yield each line with its left end, its width and its upper edge."""
        one, (pad_x, pad_y) = self.one, self.one.padding
        start = self.left + pad_x + (one.trail if one.rtl else one.lead)
        room = one.w - 2 * pad_x - one.lead - one.trail
        for number, line in enumerate(one.lines):
            width = line_ems(line, one.face, one.role.tracking) * one.size
            # An opening bracket of full width has its blank half hung into the margin.
            hung = 0.45 * one.size if line[0].text[:1] in HANGING and not one.rtl and self.align == "start" else 0.0
            yield (
                line,
                start + self._shift(room - width) - hung,
                width,
                self.top + pad_y + one.over + number * self._step,
            )

    @property
    def _step(self) -> float:
        return self.one.leading * self.one.size

    @property
    def _is_rtl(self) -> bool:
        text = self.one.item.text
        return scripts.is_rtl(text) or (self.one.rtl and scripts.has_rtl(text))

    def _baseline(self, top: float) -> float:
        return top + self._step / 2 + BASELINE * self.one.size

    def _words(self) -> list[tuple[int, Sprite]]:
        return [
            made
            for line, x, _, top in self._lines()
            for made in self.pen.words(_parts(line), x, self._baseline(top), rtl=self._is_rtl)
        ]

    def _beside(self, width: float, *, after: bool) -> float:
        """Return the left end of something `width` wide that stands before or after the text."""
        pad_x = self.one.padding[0]
        at_right = after != self.one.rtl
        return self.left + self.one.w - pad_x - width if at_right else self.left + pad_x

    def _middle(self) -> float:
        """The height of the middle of the first line's letters."""
        return self._baseline(self.top + self.one.padding[1] + self.one.over) - 0.30 * self.one.size

    def _lead(self) -> Iterator[Sprite]:
        """Paint what stands before the text: stars, a point's icon, or a quote's mark above it."""
        one, item = self.one, self.one.item
        if item.role == "stars":
            width = (5 * STAR + 4 * STAR_GAP) * one.size
            x, y = self._beside(width, after=False), self._middle() - STAR * one.size / 2
            yield forms.stars(item.text, x, y, one.size, self.stage, self.scale, rtl=one.rtl)
        elif item.role == "point" and item.aside:
            side = ICON * one.size
            x, y = self._beside(side, after=False), self._middle() - side / 2
            yield forms.icon(item.aside, x, y, side, self.stage, Face(*self.style.strong), self.scale)
        elif item.role == "quote":
            yield self._mark()

    def _mark(self) -> Sprite:
        one = self.one
        glyph = QUOTES.get(scripts.language(self.locale), "“")
        pen = Pen(one.face, one.size * 1.9, 0.0, self.stage.accent, self.scale)
        ink = pen.line(glyph, 0, 0)
        pad_x, pad_y = one.padding
        x = self.left + pad_x + self._shift(one.w - 2 * pad_x - ink.w)
        return moved(ink, x, self.top + pad_y, self.scale)

    def _trail(self) -> Iterator[Sprite]:
        """Paint what stands after the text: a button's arrow, the struck price, a count, who is quoted."""
        one, item = self.one, self.one.item
        if item.role == "cta":
            width = ARROW * one.size
            x = self._beside(width, after=True)
            yield forms.arrow(x, self._middle() + 0.02 * one.size, width, self.colour, self.scale, rtl=one.rtl)
        elif item.aside and item.role != "point":
            yield self._aside()

    def _aside(self) -> Sprite:
        one = self.one
        colour = self.stage.quiet if one.role.form in ("plain", "underline") else self.colour
        pen = Pen(Face(*self.style.text, one.face.han), one.size * ASIDE, 0.0, colour, self.scale)
        text = scripts.clean(one.item.aside)
        width = pen.width(text)
        *_, (_, _, _, top) = self._lines()
        if one.under:
            room = one.w - 2 * one.padding[0]
            x, baseline = self.left + one.padding[0] + self._shift(room - width), top + self._step + one.under * 0.72
        else:
            x, baseline = self._beside(width, after=True), self._baseline(top)
        sprite = pen.line(text, x, baseline, rtl=scripts.is_rtl(text))
        if one.item.role != "price":
            return sprite
        return forms.struck(sprite, x, baseline - pen.size * 0.31, width, pen)

    def _backing(self) -> Sprite | None:
        """Paint the pill, button, box, markers or lines that the text stands on."""
        one, stage = self.one, self.stage
        if one.role.form in ("highlight", "underline"):
            lines = [(x, width, top) for _, x, width, top in self._lines()]
            paint = forms.markers if one.role.form == "highlight" else forms.underlines
            return paint(lines, one.size, self._step, stage.accent, self.scale)
        if one.role.form == "plain":
            return None
        radius = {"box": one.size * 0.06}.get(one.role.form, one.h / 2 if len(one.lines) == 1 else one.size * 0.8)
        fill = stage.button if one.role.form == "button" else stage.ink
        shade = stage.shadow if one.role.form == "button" else ""
        return forms.plate((self.left, self.top, one.w, one.h), radius, fill, self.scale, shade=shade)


def _parts(line: Sequence[Word]) -> list[tuple[str, int]]:
    """Return a line's texts, spaces included, with the places of its words."""
    return [((" " if word.spaced and number else "") + word.text, word.place) for number, word in enumerate(line)]
