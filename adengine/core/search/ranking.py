"""Documents put in order for a query: BM25F over the fields, what is asked for before what goes with it.

Score = what the matched words say (BM25F with the weights in `document`), times how much of the ask is covered, times
how surely the product is the thing itself. Below a share of the ask a product is not suitable and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adengine.core.search.document import BRAND, DESCRIPTION, DETAILS, FIELDS, KIND, OPTIONS, TAGS, TITLE, Document
from adengine.core.search.lexis import ACCESSORIES
from adengine.core.search.query import Query
from adengine.core.search.stems import stem

SATURATION = 400  # hundredths: a word in the title alone counts a bit more than half
IN_DESCRIPTION = 0.45
LOOSE_NUMBER = 0.25
OTHER_MODEL = 0.8
IS_CODE = 1000.0
THING, NAMED_LATER, IN_KIND, IN_DETAILS, GOES_WITH = 1.0, 0.92, 0.85, 0.5, 0.25
ONLY_PART = 0.65
# A description may say "looks like leather".
PERHAPS_DENIED = 0.6
# An unwanted word among the options takes away those variants alone (core.search.fitting).
DENYING = frozenset({TITLE, KIND, BRAND, TAGS, DETAILS})
SETTLED = frozenset({THING, GOES_WITH})
# What only goes with the thing is left out where the thing itself is there.
LEAST_SURE = 0.3
NOT_AT_ALL = (0.0, 0.0)
ACCESSORY_STEMS = frozenset(stem(one) for one in ACCESSORIES)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A suitable document with its score; `covered` is the share (0..1) of what the ask says that it holds, `surely`
    how surely (0..1) it is what is asked for."""

    document: Document
    score: float
    covered: float
    surely: float = 1.0


def rank(query: Query, documents: Iterable[Document]) -> list[Ranked]:
    """The suitable documents, best first; equals by name, then by id."""
    found = [ranked for one in documents if (ranked := _ranked(query, one)) is not None]
    surest = max((one.surely for one in found), default=0.0)
    found = [one for one in found if one.surely >= LEAST_SURE * surest or one.score >= IS_CODE]
    return sorted(found, key=lambda one: (-one.score, one.document.name, one.document.product_id))


def _ranked(query: Query, document: Document) -> Ranked | None:
    terms = document.terms
    if query.denied and is_denied(query, document):
        return None
    if query.phrases and any(one not in terms for phrase in query.phrases for one in phrase):
        return None
    is_code = not query.codes.isdisjoint(document.codes)
    surely = _surely(query, document)
    if not is_code and not surely:
        return None
    told, held = 0.0, 0.0
    for weight, (strength, quality) in zip(query.weights, _matches(query, document), strict=True):
        told += weight * strength
        held += weight * quality
    whole = query.whole
    if not whole:
        return None
    covered = held / whole
    if covered < query.least and not is_code:
        return None
    score = told / whole * (0.3 + 0.7 * covered * covered) * surely * _beside(query, document)
    if query.denied and any(one in terms for one in query.denied):
        score *= PERHAPS_DENIED
    return Ranked(document, round(score + (IS_CODE if is_code else 0.0), 6), covered, surely)


def is_denied(query: Query, document: Document) -> bool:
    """Whether the document has a word that is not wanted."""
    return any((value := document.terms.get(one)) and value & 7 in DENYING for one in query.denied)


def _matches(query: Query, document: Document) -> list[tuple[float, float]]:
    """For every group how strongly (0..1, saturating) and how well (0..1) the document serves it."""
    terms = document.terms
    found = [_best(group.singles, terms) for group in query.groups]
    for span in query.spans:
        if span.stems[0] not in terms or not all(one in terms for one in span.stems):
            continue
        values = [terms[one] for one in span.stems]
        low = min(values, key=lambda value: value >> 3)
        weakest = max(value & 7 for value in values)
        served = _served(low >> 3, DESCRIPTION if weakest == DESCRIPTION else TITLE, span.factor)
        for number in range(span.first, span.last + 1):
            found[number] = max(found[number], served)
    for number in query.numbers:
        if found[number][0] and not _belongs(query, number, document):
            strength, quality = found[number]
            found[number] = (strength * LOOSE_NUMBER, quality * LOOSE_NUMBER)
    return found


def _best(singles: Iterable[tuple[str, float]], terms: dict[str, int]) -> tuple[float, float]:
    served = [_served(terms[term] >> 3, terms[term] & 7, factor) for term, factor in singles if term in terms]
    return max(served) if served else NOT_AT_ALL


def _served(hundredths: int, field: int, factor: float) -> tuple[float, float]:
    quality = factor * IN_DESCRIPTION if field == DESCRIPTION else factor
    return factor * hundredths / (hundredths + SATURATION), quality


def _belongs(query: Query, number: int, document: Document) -> bool:
    """Whether the number stands with its name: 13 is the iPhone's, not the inches'."""
    name, own = query.groups[query.groups[number].name], query.groups[number].word
    if any(f"{term}:{own}" in document.follows for term, _ in name.singles):
        return True
    # A size stands alone: "shoes 43".
    return f"{name.word}{own}" in document.terms or document.terms.get(own, 0) & 7 == OPTIONS


def _surely(query: Query, document: Document) -> float:
    """How surely (0..1) the product is what is asked for; 0 where its name never says so."""
    if query.head_number < 0:
        return _without_head(query, document)
    named, place = _named(query, query.head_number, document)
    if place in SETTLED or not _is_accessory(query, document):
        return named
    # A cushion with the tag "sofa" is no sofa, nor for one.
    return named * GOES_WITH if place >= NAMED_LATER else 0.0


def _without_head(query: Query, document: Document) -> float:
    """Where nothing in the shop is called so, what only goes with something named so still comes last."""
    is_part = query.named >= 0 and any(term in document.goes_with for term, _ in query.groups[query.named].singles)
    return ONLY_PART if is_part or _is_accessory(query, document) else 1.0


def _named(query: Query, number: int, document: Document) -> tuple[float, float]:
    """How surely a document is called what the group says, and by which of its places."""
    best, terms = NOT_AT_ALL, document.terms
    for stems, factor in query.names[number]:
        if stems[-1] in terms and (len(stems) == 1 or all(one in terms for one in stems)):
            place = _place(stems[-1], terms[stems[-1]], document)
            best = max(best, (factor * place, place))
    return best


def _place(term: str, value: int, document: Document) -> float:
    if term in document.heads:
        return THING
    if term in document.goes_with:
        return GOES_WITH
    field = value & 7
    if field == TITLE or term in document.later_heads:
        return NAMED_LATER
    if field == DESCRIPTION:
        return 0.0
    return IN_KIND if field in {KIND, TAGS} else IN_DETAILS


def _is_accessory(query: Query, document: Document) -> bool:
    return not query.asks_accessory and not ACCESSORY_STEMS.isdisjoint(document.heads)


def _beside(query: Query, document: Document) -> float:
    """A bonus for words that stand beside one another in the title as they do in the ask."""
    if not query.pairs:
        return 1.0
    text = document.title_text
    found = [one for one in query.pairs if one in text]
    bonus = 1.0 + 0.2 * len(found) / len(query.pairs)
    # "Dune 9 Lite" is not the "Dune 9".
    is_other = any(f"{one}{model} " in text for one in found if one[-2].isdigit() for model in query.models)
    return bonus * OTHER_MODEL if is_other else bonus


def reasons_of(query: Query, document: Document) -> tuple[str, ...]:
    """Why the document was found: each word with the field it stands best in, and the words it lacks."""
    found: list[str] = []
    lacking: list[str] = []
    if any(one in query.codes for one in document.codes):
        found.append("exact code")
    for number, group in enumerate(query.groups):
        reason = _reason(query, number, document)
        (found if reason else lacking).append(reason or f"'{group.word}'")
    if lacking:
        found.append("no match for " + ", ".join(dict.fromkeys(lacking)))
    return tuple(dict.fromkeys(found))


def _reason(query: Query, number: int, document: Document) -> str:
    group = query.groups[number]
    best, words = 0.0, ""
    for stems, factor in query.names[number]:
        values = [document.terms.get(one, 0) for one in stems]
        if all(values):
            strength = _served(min(value >> 3 for value in values), max(value & 7 for value in values), factor)[0]
            if strength > best:
                field = FIELDS[max(value & 7 for value in values)]
                same = factor >= 0.95
                best, words = strength, f"'{group.word}' in {field}" + ("" if same else f" (as '{' '.join(stems)}')")
    return words
