"""Misspelt words read as words of the shop: by the pairs of letters they share, then by edits.

Only a word that the shop does not know is corrected, never one with digits (a model is not another model) and never
one that names common goods: who asks for tyres in a shop of wires wants tyres.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from adengine.core.search.lexis import COLOURS, EMPTY, GOODS
from adengine.core.search.query import Count
from adengine.core.search.stems import stem
from adengine.core.search.synonyms import Stems

SHORTEST = 4
BY_SOUND = 0.4
MOST_TRIED = 40
MOST_MODELS = 8
LEAST_OF_PART = 2
SOUNDS = (("ph", "f"), ("ck", "k"), ("qu", "kw"), ("c", "k"), ("z", "s"), ("y", "i"), ("gh", "g"), ("wh", "w"))


class Known(NamedTuple):
    """A word of a shop's vocabulary; there are tens of thousands, so they are tuples."""

    stem: str
    word: str
    times: Count


class Vocabulary:
    """A shop's words by their pairs of letters."""

    def __init__(self, words: Iterable[Known]) -> None:
        self.all = list(words)
        self.words = [one for one in self.all if len(one.word) >= SHORTEST - 1 and one.word.isalpha()]
        self._pairs: dict[str, array[int]] = {}
        for number, one in enumerate(self.words):
            for pair in _pairs(one.word):
                self._pairs.setdefault(pair, array("I")).append(number)

        self.counts = {one.stem: one.times for one in self.all}

    def pair(self, word: str) -> Stems:
        """The two known words that a word is made of (`iphone15`); empty where it is not."""
        for pair in splits_of(word):
            found = [self.counts.get(stem(one)) for one in pair]
            if all(one is not None and one.documents >= LEAST_OF_PART for one in found):
                return pair
        return ()

    def models(self, word: str) -> list[Stems]:
        """The models that a word ends or begins (`xm5`)."""
        if len(word) < 3 or word.isalpha() or word.isdigit():
            return []
        models = [
            one.stem for one in self.all if one.word != word and one.word.startswith(word) | one.word.endswith(word)
        ]
        return [(one,) for one in models[:MOST_MODELS]]

    def nearest(self, word: str) -> Known | None:
        """The known word that was most likely meant; None where none is near enough."""
        if len(word) < SHORTEST or not word.isalpha() or stem(word) in KEPT or word in KEPT:
            return None
        shared: Counter[int] = Counter()
        for pair in sorted(_pairs(word), reverse=True):  # a set has no order that stays
            shared.update(self._pairs.get(pair, ()))
        tried = [self.words[number] for number, _ in shared.most_common(MOST_TRIED)]
        near = [
            (cost, -one.times.documents, one.word, one) for one in tried if (cost := _cost_of(word, one)) is not None
        ]
        return min(near)[3] if near else None


def _pairs(word: str) -> set[str]:
    marked = f"^{word}$"
    return {marked[i : i + 2] for i in range(len(marked) - 1)}


def _cost_of(word: str, known: Known) -> float | None:
    """How far a word is from a known one, or its stem from that one's."""
    costs = [_cost(word, known.word), _cost(stem(word), known.stem)]
    return min((one for one in costs if one is not None), default=None)


def _cost(word: str, other: str) -> float | None:
    """How far apart two words are, by letters or by sound; None where too far."""
    most = 1 if len(word) < 8 else 2
    if abs(len(word) - len(other)) > 2 or _sound(word)[0] != _sound(other)[0]:
        return None
    near = min(edits(word, other, most), edits(_sound(word), _sound(other), most) + BY_SOUND)
    return near if near <= most + BY_SOUND else None


def _sound(word: str) -> str:
    for letters, sound in SOUNDS:
        word = word.replace(letters, sound)
    return "".join(one for before, one in zip(" " + word, word, strict=False) if one != before) or word


def edits(one: str, other: str, most: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours between two words (optimal string alignment).

    More than `most` is answered as `most + 1`.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        last, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


def splits_of(word: str) -> list[tuple[str, str]]:
    """The ways to read one word as two, the most even first."""
    if len(word) < 5:
        return []
    cuts = sorted(range(3, len(word) - 2), key=lambda at: abs(2 * at - len(word)))
    by_kind = [at for at in range(1, len(word)) if word[at - 1].isdigit() != word[at].isdigit()]
    return [(word[:at], word[at:]) for at in by_kind or (cuts if word.isalpha() else [])]


KEPT = GOODS | frozenset(stem(one) for one in GOODS) | frozenset(COLOURS) | EMPTY
