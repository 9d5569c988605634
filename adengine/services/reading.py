"""What a sentence means in a shop: its words against the shop's own, and the suitable documents, best first.

Nothing here depends on price or stock, so an answer stands until the shop's index changes, and is kept until then.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import Connection

from adengine.core.search import asking, ranking
from adengine.core.search.asking import Asked
from adengine.core.search.document import Document
from adengine.core.search.fitting import may_fit
from adengine.core.search.fusing import fuse
from adengine.core.search.letters import fold
from adengine.core.search.query import Count, Meant, Query, plan, stems_to_count
from adengine.core.search.ranking import Ranked
from adengine.core.search.synonyms import Stems
from adengine.core.search.typos import Vocabulary
from adengine.engine import Unit
from adengine.ports import Meaning, Search, ShopIndex

# Where prices or sizes take many away, more are looked at.
MOST_CANDIDATES, MOST_WITH_LIMITS = 200, 400
MOST_RANKED = 100
ENOUGH = 50
# How near (cosine) a meaning has to be, beside hits by words and without any.
MOST_NEAR, NEAR, ALONE = 50, 0.35, 0.5
CHANGED = "search_changed"  # in a session's info: it wrote to the index, and may yet take that back
Key = TypeVar("Key")
Held = TypeVar("Held")


class Newest(Generic[Key, Held]):
    """The values asked for last, at most so many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: OrderedDict[Key, Held] = OrderedDict()

    def get(self, key: Key) -> Held | None:
        found = self._held.pop(key, None)
        if found is not None:
            self._held[key] = found
        return found

    def those(self, keys: Iterable[Key]) -> dict[Key, Held]:
        """The values that are held of many, which does not make them the last asked for: that would cost most of it."""
        look = self._held.get
        return {key: value for key in keys if (value := look(key)) is not None}

    def put(self, key: Key, value: Held) -> Held:
        self._held[key] = value
        while len(self._held) > self._most:
            self._held.popitem(last=False)
        return value


@dataclass(frozen=True)
class Filters:
    """What narrows a reading down beside its words: names of kinds, brands, colours, sizes; any of each will do.

    `has_limits`: prices, films or weight will take hits away later.
    """

    kinds: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    has_limits: bool = False

    def narrow(self, asked: Asked) -> bool:
        """Whether much of what fits the words may be taken away again."""
        exact = (asked.at_least, asked.at_most, *asked.sizes)
        return self.has_limits or any((self.kinds, self.brands, self.colours, self.sizes)) or any(exact)


@dataclass
class Reading:
    """A sentence as it was understood: `ranked` are suitable documents, and `fitting` their variants that may do (None:
    all). `read_as` are misspelt words with what they were read as; `derived` and `reasons` are kept beside it
    once they were worked out."""

    asked: Asked
    query: Query | None
    ranked: tuple[Ranked, ...]
    fitting: tuple[frozenset[str] | None, ...]
    read_as: tuple[tuple[str, str], ...] = ()
    unfiltered: int = 0
    derived: dict[object, Any] = field(default_factory=dict)
    reasons: dict[object, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def product_ids(self) -> list[str]:
        return [one.document.product_id for one in self.ranked]


class Memory:
    """What a process remembers of committed indexes."""

    def __init__(self) -> None:
        self.documents: Newest[int, Document] = Newest(16_384)
        self.readings: Newest[object, Reading] = Newest(512)
        self.vectors: Newest[object, tuple[list[int], list[bytes]]] = Newest(4)
        self.vocabularies: Newest[object, Vocabulary] = Newest(8)
        self.kinds: Newest[object, str] = Newest(64)


MEMORIES: WeakKeyDictionary[Search[Any], Memory] = WeakKeyDictionary()


def memory_of(unit: Unit) -> Memory:
    """The memory of the unit's database; a unit that changed the index has none, since it may yet be undone."""
    if unit.seen.get(CHANGED):
        return Memory()
    return MEMORIES.setdefault(unit.ports.search, Memory())


def read(unit: Unit, shop: ShopIndex, text: str, filters: Filters) -> Reading:
    """The sentence as this shop's index understands it."""
    memory = memory_of(unit)
    key = (shop.number, shop.generation, " ".join(text.split()), filters)
    found = memory.readings.get(key)
    return found if found is not None else memory.readings.put(key, _Reader(unit, shop, memory).read(text, filters))


class _Reader:
    """One reading under way."""

    def __init__(self, unit: Unit, shop: ShopIndex, memory: Memory) -> None:
        self.search, self.merchant_id = unit.ports.search, unit.merchant_id
        self.db: Connection = unit.connection
        self.shop, self.memory, self.meaning = shop, memory, unit.ports.meaning

    def read(self, text: str, filters: Filters) -> Reading:
        asked = asking.read(text, self.shop.currency)
        if not self.shop.documents:
            return Reading(asked, None, (), ())
        if not asked.words and not asked.phrases:
            return self._narrowed(Reading(asked, None, tuple(self._listed(asked, filters)), ()), filters)
        counts = self._counts(stems_to_count(asked))
        query = plan(asked, counts, self.shop.documents)
        read_as: tuple[tuple[str, str], ...] = ()
        if query.unknown:
            asked, read_as, meant = self._corrected(asked, query)
            query = plan(asked, self._counts(stems_to_count(asked)), self.shop.documents, meant)
        most, kept = (MOST_WITH_LIMITS,) * 2 if filters.narrow(asked) else (MOST_CANDIDATES, MOST_RANKED)
        ranked = self._with_meaning(asked, query, ranking.rank(query, self._candidates(query, most)))[:kept]
        return self._narrowed(Reading(asked, query, tuple(ranked), (), read_as), filters)

    def _counts(self, stems: set[str]) -> dict[str, Count]:
        return self.search.counts(self.db, self.merchant_id, sorted(stems))

    def _corrected(self, asked: Asked, query: Query) -> tuple[Asked, tuple[tuple[str, str], ...], Meant]:
        """The ask with misspelt words as the shop writes them, and what other unknown words are made of."""
        vocabulary = self._vocabulary()
        meant: dict[str, Sequence[Stems]] = {}
        right: dict[str, str] = {}
        for word in query.unknown:
            near = vocabulary.nearest(word)
            pair = vocabulary.pair(word) if near is None else ()
            if near is not None:
                right[word] = near.word
            elif pair:
                right[word] = " ".join(pair)
            else:
                meant[word] = vocabulary.models(word)
        return asking.corrected(asked, right), tuple(right.items()), meant

    def _vocabulary(self) -> Vocabulary:
        key = (self.shop.number, self.shop.generation)
        found = self.memory.vocabularies.get(key)
        if found is not None:
            return found
        return self.memory.vocabularies.put(key, Vocabulary(self.search.vocabulary(self.db, self.merchant_id)))

    def _candidates(self, query: Query, most: int) -> list[Document]:
        ids: dict[int, None] = {}
        for tier in query.tiers:
            ids.update(dict.fromkeys(self.search.candidates(self.db, self.shop, tier, most)))
            if len(ids) >= ENOUGH:
                break
        return self._documents(list(ids)[:most])

    def _with_meaning(self, asked: Asked, query: Query, ranked: list[Ranked]) -> list[Ranked]:
        """The ranked documents fused with those that mean nearly what is asked, where a model is set."""
        meaning = self.meaning()
        if meaning is None:
            return ranked
        ids, vectors = self._vectors(meaning)
        text = " ".join(one.word for one in asked.words)
        near = {ids[place]: cosine for place, cosine in meaning.nearest(text, vectors, MOST_NEAR)}
        likely = [number for number, cosine in near.items() if cosine >= (NEAR if ranked else ALONE)]
        return fuse(query, ranked, self._documents(likely))

    def _vectors(self, meaning: Meaning) -> tuple[list[int], list[bytes]]:
        """What each document of the shop means, by its title, kind and brand; an id's document never changes."""
        key = (self.shop.number, self.shop.generation)
        found = self.memory.vectors.get(key)
        if found is not None:
            return found
        rows = self.search.listed(self.db, self.merchant_id)
        return self.memory.vectors.put(
            key, ([row[0] for row in rows], meaning.vectors([". ".join(filter(None, row[2:5])) for row in rows]))
        )

    def _documents(self, ids: list[int]) -> list[Document]:
        found = self.memory.documents.those(ids)
        if len(found) == len(ids):
            return list(found.values())
        lacking = [number for number in ids if number not in found]
        for number, document in self.search.documents(self.db, self.merchant_id, lacking).items():
            found[number] = self.memory.documents.put(number, document)
        return [found[number] for number in ids if number in found]

    def _listed(self, asked: Asked, filters: Filters) -> list[Ranked]:
        """Every document by title, where no words are asked for; read whole only if its variants matter."""
        rows = [row for row in self.search.listed(self.db, self.merchant_id) if _passes(row[3], row[4], filters)]
        if filters.colours or filters.sizes or asked.sizes or asked.denied:
            documents = self._documents([row[0] for row in rows])
        else:
            documents = [_plain(product_id, name, kind, brand) for _, product_id, name, kind, brand in rows]
        return [Ranked(one, 0.0, 1.0) for one in documents]

    def _narrowed(self, reading: Reading, filters: Filters) -> Reading:
        """The reading with what its filters let through, and the variants that may do."""
        sizes = filters.sizes or reading.asked.sizes
        kept = [one for one in reading.ranked if _passes(one.document.kind, one.document.brand, filters)]
        fitting = [may_fit(one.document, filters.colours, sizes, reading.asked.denied) for one in kept]
        chosen = [(one, ids) for one, ids in zip(kept, fitting, strict=True) if ids is None or ids]
        return replace(
            reading,
            ranked=tuple(one for one, _ in chosen),
            fitting=tuple(ids for _, ids in chosen),
            unfiltered=len(reading.ranked),
        )


def _passes(kind: str, brand: str, filters: Filters) -> bool:
    return _is_one_of(kind, filters.kinds) and _is_one_of(brand, filters.brands)


def _is_one_of(name: str, wanted: tuple[str, ...]) -> bool:
    return not wanted or fold(name.strip()) in {fold(one.strip()) for one in wanted}


def _plain(product_id: str, name: str, kind: str, brand: str) -> Document:
    return Document(product_id, name, kind.strip(), brand.strip(), (), (), (), {}, frozenset(), frozenset(), (), (), ())


Derive = Callable[[], Held]


def derived(reading: Reading, key: object, inputs: object, derive: Derive[Held]) -> Held:
    """What follows from a reading and today's `inputs`: worked out again only when those changed."""
    before = reading.derived.get(key)
    if before is not None and before[0] == inputs:
        held: Held = before[1]
        return held
    made = derive()
    if len(reading.derived) > 8:
        reading.derived.clear()
    reading.derived[key] = (inputs, made)
    return made
