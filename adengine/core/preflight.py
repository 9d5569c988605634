"""What a pre-flight check knows of a film: its timeline, what was measured, what is true today, and its siblings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, TypeAlias, TypeVar

from adengine.core.cameo import Decision
from adengine.core.catalog import Product
from adengine.core.film import Film
from adengine.core.layers import Badge, Block, Box
from adengine.core.money import Money
from adengine.core.placement import Placement
from adengine.core.storyboard import Storyboard
from adengine.core.timeline import RTL, Segment, Timeline

Level: TypeAlias = Literal["error", "warning", "note"]
Kind = TypeVar("Kind")
NEARLY = 0.95
# BT.709 limited range.
BLACK, WHITE = 16, 235


@dataclass(frozen=True)
class Flaw:
    """What one rule found: how bad (`score` 0 worst, 1 fine), why and what to do, and the frame it is about."""

    level: Level
    score: float
    words: str
    frame: int | None = None


@dataclass(frozen=True)
class SetText:
    """A text as it is really set on `frame`: ink box and smallest size in pixels of the frame, contrast 1..21.

    `contrast` is 0 where it was not measured; `cut` says that an ellipsis replaced its end.
    """

    shot: int
    role: str
    text: str
    frame: int
    box: Box
    size_px: float
    contrast: float = 0.0
    cut: bool = False


@dataclass(frozen=True)
class Measured:
    """What was measured on a film; what was not is None, empty or 0, and its rules are reported as unchecked.

    `luma` is the mean luma of each frame and `change` the mean absolute difference of each frame's luma from the
    one before (the first is 0), both 0..1 with 0 black and 1 white. `thumbs` are small grey pictures, 0..1 a value.
    `flashes` is what core.flashes.worst_field says of the frames' parts.
    """

    texts: tuple[SetText, ...] = ()
    audio: bool | None = None
    loudness_lufs: float | None = None
    peak_dbtp: float | None = None
    luma: tuple[float, ...] = ()
    change: tuple[float, ...] = ()
    thumbs: tuple[tuple[float, ...], ...] = ()
    flashes: tuple[int, int] | None = None
    bytes: int = 0
    notes: tuple[str, ...] = ()


def measured_film(film: Film, texts: tuple[SetText, ...] = ()) -> Measured:
    """Return what the render measured on the way, with the texts as set where they were looked at."""
    return Measured(
        texts=texts,
        audio=film.audio,
        loudness_lufs=film.loudness_lufs,
        peak_dbtp=film.peak_dbtp,
        luma=tuple(max(0.0, (level - BLACK) / (WHITE - BLACK)) for level in film.luma),
        change=tuple(hundredths / 100 / (WHITE - BLACK) for hundredths in film.stir),
        flashes=film.flashes,
        bytes=film.bytes,
        notes=film.notes,
    )


@dataclass(frozen=True)
class Facts:
    """What the shop says on the day of the check: prices by source field, known source fields, the lawful 'was'.

    `said` is what the product's fields say in words.
    """

    prices: tuple[tuple[str, Money], ...] = ()
    known: frozenset[str] = frozenset()
    said: tuple[tuple[str, str], ...] = ()
    was_lowest: Money | None = None
    offer_ends: date | None = None
    today: date | None = None


@dataclass(frozen=True)
class Sibling:
    """Another film of the campaign: what it says, what it looks like, and its thumbs where they were measured."""

    name: str
    words: frozenset[str]
    look: frozenset[str]
    thumbs: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class Shown:
    """A text and its time on the film; `end` is where its shot ends, not where its last transition does."""

    role: str
    text: str
    aside: str
    sources: tuple[str, ...]
    shot: int
    start: int
    end: int
    box: Box

    @property
    def frames(self) -> int:
        return self.end - self.start


@dataclass(frozen=True)
class Case:
    """One film on the bench, with everything the rules may ask about."""

    timeline: Timeline
    storyboard: Storyboard
    measured: Measured
    placements: tuple[Placement, ...]
    facts: Facts
    licence: Decision | None
    siblings: tuple[Sibling, ...]

    @cached_property
    def shown(self) -> tuple[Shown, ...]:
        return tuple(self._shown())

    @property
    def rtl(self) -> bool:
        return self.timeline.locale.split("-")[0] in RTL

    @property
    def last(self) -> Segment:
        return self.timeline.segments[-1]

    def at(self, frame: int) -> str:
        """Return a frame's time in words."""
        return f"{frame / self.timeline.fps:.1f} s"

    def layers(self, kind: type[Kind]) -> Iterator[Kind]:
        return (placed.layer for placed in self.timeline.layers if isinstance(placed.layer, kind))

    def _shown(self) -> Iterator[Shown]:
        sources = {(text.role, text.text): text.sources for shot in self.storyboard.shots for text in shot.texts}
        for placed in self.timeline.layers:
            layer, shot = placed.layer, placed.segment
            if not isinstance(layer, Block | Badge):
                continue
            end = layer.end if shot is None else min(layer.end, self.timeline.segments[shot].end)
            place = self.timeline.segment_at(min(layer.start, self.timeline.frames - 1)) if shot is None else shot
            if isinstance(layer, Badge):
                found = sources.get(("badge", layer.text), ())
                yield Shown("badge", layer.text, "", found, place, layer.start, end, layer.box)
                continue
            for text in layer.texts:
                yield Shown(text.role, text.text, text.aside, text.sources, place, layer.start, end, layer.box)


def facts_of(
    product: Product,
    *,
    was_lowest: Money | None = None,
    offer_ends: date | None = None,
    today: date | None = None,
    companions: tuple[Product, ...] = (),
) -> Facts:
    """Return what a product and its companions say now, under the names that storyboards give as sources."""
    variants = [variant for one in (product, *companions) for variant in one.variants]
    prices = tuple((f"variant:{variant.id}.price", variant.price) for variant in variants)
    said = [
        ("product.title", product.title),
        ("product.description", product.description),
        ("product.vendor", product.vendor),
        ("product.kind", product.kind),
        *((f"product.metafields.{key}", value) for key, value in product.metafields),
    ]
    said = [(field, text) for field, text in said if text.strip()]
    known = {field for field, _ in said} | {source for source, _ in prices}
    known |= {f"variant:{variant.id}.title" for variant in variants}
    known |= {"product.variants"} if product.variants else set()
    return Facts(prices, frozenset(known), tuple(said), was_lowest, offer_ends, today)


def ramp(value: float, worst: float, fine: float) -> float:
    """Return 0 at `worst` and the part of the way to `fine`, but never quite 1: it is a flaw."""
    return round(min(NEARLY, max(0.0, (value - worst) / (fine - worst))), 3)
