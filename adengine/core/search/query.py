"""An ask turned into groups of stems, any of which will do, weighed by how much each word says in this shop."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import NamedTuple

from adengine.core.search.asking import Asked, Word
from adengine.core.search.lexis import ACCESSORIES, COLOURS, MODELS
from adengine.core.search.measures import is_measure
from adengine.core.search.stems import every_stem, stem
from adengine.core.search.synonyms import LONGEST, NARROWER, SAME, Stems, others

JOINED, SPLIT, OWN = 0.97, 0.9, 1.0
# A word names goods where it is the head of so large a share of the documents it is in, or of so many.
HEAD_SHARE, MANY_HEADS = 0.2, 8.0
# How much of a word's weight counts where it describes, says a purpose, or names a colour.
SOFT, BEHIND_FOR, COLOUR = 0.35, 0.8, 0.8
LEAST_WEIGHT = 0.5
LEAST_COVERED = 0.5
LEAST_UNNAMED = 0.65
# Where all words are the shop's own and the thing itself is there, what it lacks may be a wish.
LEAST_OF_KNOWN = 0.2
HEAD_COUNTS = 1.4
Meant = Mapping[str, Sequence[Stems]]
Clause = tuple[tuple[str, ...], ...]  # any of these; of each all stems


class Count(NamedTuple):
    """In how many of a shop's documents a stem stands, and how many of those are such a thing."""

    documents: int
    heads: int


@dataclass(frozen=True)
class Group:
    """One word that was asked for. `singles` are stems that serve it, each with how well; `word` is as people wrote it.

    `name` is the group of the name that a number belongs to ("iphone" for the 13), -1 where there is none.
    """

    word: str
    singles: tuple[tuple[str, float], ...]
    weight: float
    is_known: bool
    is_head: bool = False
    is_colour: bool = False
    name: int = -1


@dataclass(frozen=True)
class Span:
    """Groups `first` to `last` (inclusive) are served together by `stems`, all of which must be there."""

    first: int
    last: int
    stems: Stems
    factor: float


@dataclass(frozen=True)
class Query:
    """What ranking needs to know of an ask. `pairs` are neighbouring stems, `tiers` what a database looks for.

    `named` is the group of the word that names the thing by its place in the sentence, -1 where none does.
    """

    groups: tuple[Group, ...]
    spans: tuple[Span, ...]
    denied: frozenset[str]
    phrases: tuple[Stems, ...]
    codes: frozenset[str]
    pairs: tuple[str, ...]
    asks_accessory: bool
    named: int
    tiers: tuple[tuple[Clause, ...], ...]

    @cached_property
    def least(self) -> float:
        """The share of the ask that a suitable document covers at least."""
        is_known = all(one.is_known for one in self.groups)
        if self.head is None:
            return LEAST_COVERED if is_known else LEAST_UNNAMED
        return LEAST_OF_KNOWN if is_known else LEAST_COVERED

    @cached_property
    def weights(self) -> tuple[float, ...]:
        return tuple(one.weight for one in self.groups)

    @cached_property
    def whole(self) -> float:
        """What all of the ask weighs."""
        return sum(self.weights)

    @cached_property
    def head_number(self) -> int:
        """The place of the head among the groups, -1 where there is none."""
        return next((number for number, one in enumerate(self.groups) if one.is_head), -1)

    @cached_property
    def numbers(self) -> tuple[int, ...]:
        """The places of the groups that are a number of some name."""
        return tuple(number for number, one in enumerate(self.groups) if one.name >= 0)

    @cached_property
    def names(self) -> tuple[tuple[tuple[Stems, float], ...], ...]:
        """For each group what serves it: stems that must all be there, each with how well."""
        return tuple(
            (
                *(((term,), factor) for term, factor in group.singles),
                *((one.stems, one.factor) for one in self.spans if one.first <= number <= one.last),
            )
            for number, group in enumerate(self.groups)
        )

    @cached_property
    def models(self) -> tuple[str, ...]:
        """What would make another model of what is asked for."""
        return tuple(sorted(MODELS - {one.word for one in self.groups}))

    @property
    def head(self) -> Group | None:
        return next((one for one in self.groups if one.is_head), None)

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(one.word for one in self.groups if not one.is_known)


def stems_to_count(asked: Asked) -> set[str]:
    """Every stem that `plan` wants to know the count of."""
    found = {one for word in asked.words for one in _own(word)}
    for _, _, stems, _ in _served(asked.words):
        found.update(stems)
    return found


def plan(asked: Asked, known: Mapping[str, Count], documents: int, meant: Meant | None = None) -> Query:
    """Group and weigh the words of an ask; `meant` says which known stems serve a word that itself is not known."""
    words = asked.words
    served = [one for one in _served(words) if all(part in known for part in one[2])]
    for number, word in enumerate(words):
        served += [(number, number, stems, SPLIT) for stems in (meant or {}).get(word.word, ())]
    groups = [_group(number, word, words, known, documents, served) for number, word in enumerate(words)]
    head = _head(words, groups, known)
    groups = [replace(one, weight=one.weight * _unsaid(number, words, head, one)) for number, one in enumerate(groups)]
    bound = None if head is None else _bound(words, head)
    if head is not None and bound is not None:
        # A washing machine is no machine of another sort: the name counts whole or not at all.
        served.append((bound, head, tuple(stem(one.word) for one in words[bound : head + 1]), OWN))
        groups[head] = replace(groups[head], singles=())
    if head is not None:
        chosen = groups[head]
        groups[head] = replace(chosen, is_head=True, weight=chosen.weight * HEAD_COUNTS)
    spans = tuple(Span(*one) for one in served if len(one[2]) > 1 or one[0] != one[1])
    english = [stem(one.word) for one in words]
    return Query(
        groups=tuple(groups),
        spans=spans,
        denied=frozenset(found for word in asked.denied for found in _denied(word)),
        phrases=tuple(tuple(stem(one) for one in phrase) for phrase in asked.phrases),
        codes=_codes(words),
        pairs=tuple(f" {a} {b} " for a, b in pairwise(english)),
        asks_accessory=any(one.word in ACCESSORIES for one in words),
        named=_last_noun(words),
        tiers=_tiers(groups, spans),
    )


def _own(word: Word) -> tuple[str, ...]:
    if word.is_measure:
        return (word.word, *(one for one in word.also if is_measure(one)))
    return tuple(dict.fromkeys([*every_stem(word.word), word.word]))


@lru_cache(maxsize=2048)
def _served(words: tuple[Word, ...]) -> tuple[tuple[int, int, Stems, float], ...]:
    """(First word, last word, stems, how well) of all that serves some neighbouring words together."""
    english = [stem(one.word) for one in words]
    found: list[tuple[int, int, Stems, float]] = []
    for first in range(len(words)):
        for last in range(first, min(first + LONGEST, len(words))):
            name = tuple(english[first : last + 1])
            found += [(first, last, stems, factor) for stems, factor in others(name).items()]
            joined = "".join(one.word for one in words[first : last + 1])
            if last > first and joined.isalnum():
                found += [(first, last, (one,), JOINED) for one in every_stem(joined)]
        joined = next(iter(words[first].also), "")
        for last in range(first + 1, len(words)):
            if joined and "".join(one.word for one in words[first : last + 1]) == joined:
                found.append((first, last, (joined,), OWN))
        if words[first].is_colour:
            found += [(first, first, (stem(one),), factor) for one, factor in _shades(words[first].word).items()]
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=256)
def _shades(colour: str) -> dict[str, float]:
    """The other names of a plain colour, its shades among them; a shade (`navy`) has none."""
    base = COLOURS[colour]
    plain = [one for one, of in COLOURS.items() if of == base][:10]
    if colour not in plain:
        return {base: 0.4}
    return {one: SAME if one in plain else NARROWER for one, of in COLOURS.items() if of == base and one != colour}


def _group(
    number: int,
    word: Word,
    words: tuple[Word, ...],
    known: Mapping[str, Count],
    documents: int,
    served: Iterable[tuple[int, int, Stems, float]],
) -> Group:
    own = [one for one in _own(word) if one in known]
    singles = dict.fromkeys(own, OWN)
    together = [one for one in served if one[0] <= number <= one[1]]
    for first, last, stems, factor in together:
        if first == last and len(stems) == 1:
            singles.setdefault(stems[0], factor)
    found = own or [stems[-1] for _, _, stems, _ in together]
    weight = _weight(max((known[one].documents for one in found if one in known), default=0), documents)
    return Group(
        word=word.word,
        singles=tuple(singles.items()),
        weight=max(LEAST_WEIGHT, weight) * _share(word, bool(found)),
        is_known=bool(found),
        is_colour=word.is_colour,
        name=_name_of(number, words),
    )


def _weight(found: int, documents: int) -> float:
    """What a word says, in nats; of a word that stands nowhere, rather much."""
    if not found:
        return 0.6 * math.log(documents + 2)
    return math.log(1 + (documents - found + 0.5) / (found + 0.5))


def _share(word: Word, is_known: bool) -> float:
    if word.is_colour:
        return COLOUR
    return BEHIND_FOR if word.for_what and is_known else 1.0


def _unsaid(number: int, words: tuple[Word, ...], head: int | None, group: Group) -> float:
    """How much of an unknown word's weight counts.

    Little where it only describes, tells what for, or is one of many; wholly beside the thing itself ("dishwasher
    tablets"), and where it says what an accessory is to fit.
    """
    word = words[number]
    if group.is_known or head is None:
        return SOFT if not group.is_known and word.is_adjective else 1.0
    if word.is_adjective:
        return SOFT
    if word.for_what:
        return 1.0 if words[head].word in ACCESSORIES else SOFT
    return 1.0 if abs(head - number) == 1 or len(words) < 4 else SOFT


def _name_of(number: int, words: tuple[Word, ...]) -> int:
    word = words[number]
    if not word.word[0].isdigit() or word.is_measure or not number:
        return -1
    before = words[number - 1]
    if before.word[0].isdigit() or before.is_measure or before.place + 1 != word.place or len(before.word) < 2:
        return -1
    return number - 1


def _head(words: tuple[Word, ...], groups: list[Group], known: Mapping[str, Count]) -> int | None:
    """The word that names what is asked for: the last one before "for" or "with" that names goods of this shop."""
    able = [number for number, one in enumerate(groups) if _names_goods(words[number], one, known)]
    # "otter" of "Otter 4 Lite" is a model's name.
    plain = [number for number in able if all(one.name != number for one in groups)]
    first = [number for number in plain if not words[number].for_what]
    return next((chosen[-1] for chosen in (first, plain) if chosen), None)


def _last_noun(words: tuple[Word, ...]) -> int:
    able = [number for number, one in enumerate(words) if _is_noun(one) and not one.for_what]
    return able[-1] if able else -1


def _bound(words: tuple[Word, ...], head: int) -> int | None:
    """Where a name of several words that ends with the head begins, if the table of synonyms has such a name."""
    for first in range(max(0, head - LONGEST + 1), head):
        if others(tuple(stem(one.word) for one in words[first : head + 1])):
            return first
    return None


def _names_goods(word: Word, group: Group, known: Mapping[str, Count]) -> bool:
    if not _is_noun(word):
        return False
    counts = [known[term] for term, factor in group.singles if term in known and factor >= SAME]
    return any(one.heads >= min(MANY_HEADS, max(1.0, HEAD_SHARE * one.documents)) for one in counts)


def _is_noun(word: Word) -> bool:
    is_plain = word.word.isalpha() and len(word.word) > 1 and word.word not in MODELS
    return is_plain and not word.is_measure and not word.is_colour and not word.is_adjective


def _denied(word: str) -> set[str]:
    found = {*every_stem(word), word}
    for one in tuple(found):
        found.update(stems[0] for stems, factor in others((one,)).items() if len(stems) == 1 and factor >= SAME)
    return found


def _codes(words: tuple[Word, ...]) -> frozenset[str]:
    """What may be a code: each word with a digit, and all words together."""
    whole = "".join(one.word for one in words)
    own = {form for one in words for form in (one.word, *one.also) if len(form) > 3 and any(c.isdigit() for c in form)}
    return frozenset(own | ({whole} if len(whole) > 3 else set()))


def _tiers(groups: list[Group], spans: tuple[Span, ...]) -> tuple[tuple[Clause, ...], ...]:
    """What a database looks for, strictest first: all known words; then the thing itself with any other."""
    clauses = {number: _clause(number, one, spans) for number, one in enumerate(groups) if one.is_known}
    if not clauses:
        return ()
    strict = tuple(clauses.values())
    head = next((number for number, one in enumerate(groups) if one.is_head and number in clauses), None)
    rest = tuple(dict.fromkeys(stems for number, one in clauses.items() if number != head for stems in one))
    if len(clauses) == 1:
        return (strict,)
    if head is None:
        return strict, (rest,)
    return strict, (clauses[head], rest), (clauses[head],)


def _clause(number: int, group: Group, spans: tuple[Span, ...]) -> Clause:
    own = [(term,) for term, _ in group.singles]
    return tuple(dict.fromkeys([*own, *(one.stems for one in spans if one.first <= number <= one.last)]))
