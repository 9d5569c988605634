"""How good a list of hits is: nDCG and recall at ten, and what a shop without an answer answered."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import mean, quantiles

DEPTH = 10


def ndcg(found: Sequence[int], judged: Iterable[int], depth: int = DEPTH) -> float:
    """Gain of the grades in their order over the best possible of all judged, 0..1 (Burges et al. 2005: 2^g - 1)."""
    ideal = _gain(sorted(judged, reverse=True)[:depth])
    return _gain(found[:depth]) / ideal if ideal else 0.0


def recall(found: Sequence[int], judged: Iterable[int], depth: int = DEPTH) -> float:
    """Part of what would serve wholly (grade 3) that is among the first `depth`, of as many as fit there."""
    perfect = sum(one == 3 for one in judged)
    return sum(one == 3 for one in found[:depth]) / min(depth, perfect) if perfect else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum((2.0**one - 1) / math.log2(place + 2) for place, one in enumerate(grades))


@dataclass(frozen=True)
class Shown:
    """A hit with its grade."""

    handle: str
    title: str
    grade: int


@dataclass(frozen=True)
class Outcome:
    """What one query brought, and what it cost."""

    text: str
    intent: str
    is_held_out: bool
    hits: tuple[Shown, ...]
    judged: tuple[int, ...]
    wall_s: float
    cpu_s: float

    @property
    def has_answer(self) -> bool:
        """Whether anything in the shop is suitable."""
        return bool(self.judged)

    @property
    def ndcg(self) -> float:
        return ndcg([one.grade for one in self.hits], self.judged)

    @property
    def recall(self) -> float:
        return recall([one.grade for one in self.hits], self.judged)


@dataclass(frozen=True)
class Line:
    """One row of the table: queries with an answer are scored by rank, those without by having none."""

    name: str
    queries: int
    ndcg: float | None
    recall: float | None
    left_empty: int


def line(name: str, outcomes: Sequence[Outcome]) -> Line:
    """`left_empty`: queries with an answer that got no hits."""
    answered = [one for one in outcomes if one.has_answer]
    return Line(
        name,
        len(outcomes),
        mean(one.ndcg for one in answered) if answered else None,
        mean(one.recall for one in answered) if answered else None,
        sum(not one.hits for one in answered),
    )


@dataclass(frozen=True)
class Honesty:
    """'Nothing suitable': precision of saying so, and recall of saying it where it is due; None where never."""

    said: int
    due: int
    both: int

    @property
    def precision(self) -> float | None:
        return self.both / self.said if self.said else None

    @property
    def recall(self) -> float | None:
        return self.both / self.due if self.due else None


def honesty(outcomes: Sequence[Outcome]) -> Honesty:
    said = [one for one in outcomes if not one.hits]
    due = sum(not one.has_answer for one in outcomes)
    return Honesty(len(said), due, sum(not one.has_answer for one in said))


def spread(seconds: Sequence[float]) -> str:
    """Median, 95th and 99th percentile in milliseconds."""
    if len(seconds) < 2:
        return "too few"
    cuts = quantiles(seconds, n=100, method="inclusive")
    return " / ".join(f"{1000 * cuts[at]:.1f}" for at in (49, 94, 98)) + " ms"
