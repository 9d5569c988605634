"""Grades of all products for a need, quickly: only products of kinds that could serve it are looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from benchmarks.search.truth import Need, Truth, grade


class Judge:
    """Knows what every product truly is."""

    def __init__(self, truths: Sequence[Truth]) -> None:
        self.truths = truths
        self._by_kind: dict[str, list[Truth]] = defaultdict(list)
        self._bundles: dict[str, list[Truth]] = defaultdict(list)
        for one in truths:
            self._by_kind[one.kind].append(one)
            for included in one.includes:
                self._bundles[included].append(one)

    def of_kind(self, kind: str) -> list[Truth]:
        return self._by_kind[kind]

    def grades(self, need: Need) -> dict[str, int]:
        """What is worth more than nothing: grade by handle."""
        graded = ((one.handle, grade(need, one)) for one in self._looked_at(need))
        return {handle: value for handle, value in graded if value}

    def _looked_at(self, need: Need) -> Iterable[Truth]:
        if not need.kinds:
            return self.truths
        found = {one.handle: one for kind in need.kinds | need.near for one in self._by_kind.get(kind, [])}
        found |= {one.handle: one for kind in need.kinds for one in self._bundles.get(kind, [])}
        return found.values()
