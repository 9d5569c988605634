"""A product as search keeps it: its stems with their weights, what it is, its codes, colours and sizes.

A document holds nothing of price, stock or what anybody earns: price and stock are asked of today's rows.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from adengine.core.catalog import Product, Variant
from adengine.core.search.letters import fold
from adengine.core.search.lexis import (
    ACCESSORIES,
    ADJECTIVES,
    COLOUR_OPTIONS,
    COLOURS,
    EMPTY,
    MODELS,
    SIZE_NAMES,
    SIZE_OPTIONS,
    THING_FIRST,
    TURNS,
    WITHOUT,
)
from adengine.core.search.measures import is_measure
from adengine.core.search.stems import stem
from adengine.core.search.words import Token, tokens

MOST_WORDS = 600
FIELDS = ("title", "kind", "brand", "options", "tags", "details", "code", "description")
TITLE, KIND, BRAND, OPTIONS, TAGS, DETAILS, CODE, DESCRIPTION = range(8)
# BM25F (Robertson, Zaragoza: The Probabilistic Relevance Framework, 3.2): what a word in a field weighs, how long
# the field usually is, and how much its length counts. Usual lengths are constants, so that no document's weights
# depend on others.
WEIGHTS = (5.0, 4.0, 3.0, 2.5, 2.5, 1.6, 5.0, 1.0)
USUAL_WORDS = (9, 2, 1, 8, 6, 20, 3, 60)
LENGTH_COUNTS = (0.45, 0.2, 0.0, 0.2, 0.3, 0.5, 0.0, 0.7)
# What customers and comparisons say is no fact of the product.
NO_FACTS = re.compile(r"review|rating|versus|compar|competitor|related|seo")
STORIES = re.compile(r"story|founder|problem|about")
PARTS_OF_TITLE = re.compile(r"\s[-–—|]\s|[,;:|()\[\]/]|\s[-–—](?=\s)|\.\s")
PARTS_OF_KIND = re.compile(r"[&,/]|\band\b|\bund\b|\bet\b")
LANGUAGE_SIGNS = {
    "de": frozenset(
        ["der", "die", "das", "und", "mit", "fur", "aus", "ein", "eine", "ist", "von", "zum", "nicht", "auch"]
    ),
    "fr": frozenset(["le", "la", "les", "des", "et", "avec", "pour", "une", "est", "dans", "sur", "du", "en"]),
    "en": frozenset(["the", "and", "with", "for", "of", "a", "is", "to", "in", "your", "it", "from"]),
}
NO_NAMES = (
    EMPTY | MODELS | ADJECTIVES | frozenset(COLOURS) | frozenset({"idea", "hot", "deal", "top", "original", "price"})
)
# A phone may well stand among "Mobile Accessories".
DEPARTMENTS = frozenset(map(stem, ("accessories", "accessoires", "zubehor", "electronics", "goods", "other", "misc")))


@dataclass(frozen=True)
class VariantTraits:
    """What tells a variant from its siblings; texts as the shop writes them."""

    variant_id: str
    colour: str = ""
    size: str = ""


@dataclass(frozen=True)
class Document:
    """`terms` maps a stem to its weight in hundredths times 8, plus the number of the field it stands best in.

    `heads` are stems of what the product is (its kind's name, the end of its title's first part), `later_heads` those
    of the title's other parts; `goes_with` are stems that the title names only as what the product is for or part of
    ("laptop" of a laptop sleeve). `title` are the title's stems in order; `follows` numbers with their names.
    """

    product_id: str
    name: str
    kind: str
    brand: str
    title: tuple[str, ...]
    heads: tuple[str, ...]
    later_heads: tuple[str, ...]
    terms: dict[str, int]
    follows: frozenset[str]
    goes_with: frozenset[str]
    codes: tuple[str, ...]
    colours: tuple[str, ...]
    variants: tuple[VariantTraits, ...]

    @cached_property
    def title_text(self) -> str:
        """The title's stems between spaces, to look for one beside another."""
        return f" {' '.join(self.title)} "

    @cached_property
    def traits(self) -> dict[str, VariantTraits]:
        return {one.variant_id: one for one in self.variants}

    def written(self) -> str:
        """The document as text, for a row."""
        fields = [self.product_id, self.name, self.kind, self.brand, " ".join(self.title), " ".join(self.heads)]
        rest = [" ".join(self.later_heads), self.terms, " ".join(sorted(self.follows))]
        rest += [" ".join(sorted(self.goes_with)), " ".join(self.codes)]
        traits = [(one.variant_id, one.colour, one.size) for one in self.variants]
        return json.dumps([*fields, *rest, list(self.colours), traits], ensure_ascii=False, separators=(",", ":"))


def read_document(text: str) -> Document:
    """The document that `written` wrote."""
    made = json.loads(text)
    return Document(
        product_id=made[0],
        name=made[1],
        kind=made[2],
        brand=made[3],
        title=tuple(made[4].split()),
        heads=tuple(made[5].split()),
        later_heads=tuple(made[6].split()),
        terms=made[7],
        follows=frozenset(made[8].split()),
        goes_with=frozenset(made[9].split()),
        codes=tuple(made[10].split()),
        colours=tuple(made[11]),
        variants=tuple(VariantTraits(*one) for one in made[12]),
    )


@dataclass(frozen=True)
class Shown:
    """A stem with a whole word that it came from, and whether it names what the product is."""

    stem: str
    word: str
    is_head: bool


def document_of(product: Product) -> tuple[Document, tuple[Shown, ...]]:
    """Read a product into its document, and into the words that a shop's vocabulary counts."""
    texts = _texts(product)
    read = [tokens(text) for text in texts]
    language = language_of(read[TITLE] + read[DESCRIPTION])
    weights: dict[str, float] = {}
    best: dict[str, int] = {}
    words: dict[str, str] = {}
    follows: set[str] = set()
    for field, given in enumerate(read):
        kept = _without_denied(given[:MOST_WORDS])
        _weigh(field, _stems(kept, language, words), weights, best)
        if field != DESCRIPTION:
            follows |= _numbered(kept, language)
    heads, later = _heads(product, language)
    known = frozenset(heads)
    document = Document(
        product_id=product.id,
        name=product.title,
        kind=product.kind.strip(),
        brand=product.vendor.strip(),
        title=tuple(stem(one.word, language) for one in read[TITLE]),
        heads=heads,
        later_heads=later,
        terms={term: round(weight * 100) * 8 + best[term] for term, weight in weights.items()},
        follows=frozenset(follows),
        goes_with=_goes_with(read[TITLE], language, _kind_names(product, language)),
        codes=_codes(product),
        colours=_colours(product, read[TITLE] + read[TAGS]),
        variants=tuple(_traits(one) for one in product.variants),
    )
    return document, tuple(Shown(term, words.get(term, term), term in known) for term in weights)


def language_of(given: Sequence[Token]) -> str:
    """The language whose little words are the most; English where there are none."""
    words = {one.word for one in given}
    return max(("en", "de", "fr"), key=lambda one: len(words & LANGUAGE_SIGNS[one]))


def base_colour(word: str) -> str:
    """The plain colour that a word names (`navy` is blue); empty where it names none."""
    return COLOURS.get(fold(word), "")


def sizes_in(text: str) -> frozenset[str]:
    """The sizes that an option's value names, as one token each."""
    words = [one.word for one in tokens(text)]
    return frozenset(SIZE_NAMES.get(word, word) for word in words if word not in EMPTY)


def _texts(product: Product) -> tuple[str, ...]:
    facts = [(key, value) for key, value in product.metafields if not NO_FACTS.search(key.casefold())]
    stories = [value for key, value in facts if STORIES.search(key.casefold())]
    details = [value for key, value in facts if not STORIES.search(key.casefold())]
    options = dict.fromkeys(
        f"{option.name} {option.value}" if fold(option.name) not in SIZE_OPTIONS | COLOUR_OPTIONS else option.value
        for variant in product.variants
        for option in variant.options
        if option.value != "Default Title"
    )
    skus = " ".join(f"{one.sku} {one.barcode}" for one in product.variants[:20])
    return (
        product.title,
        product.kind,
        product.vendor,
        " ; ".join(options),
        " ; ".join(product.tags),
        " ; ".join(details),
        skus,
        " ".join([product.description, *stories]),
    )


def _without_denied(given: Sequence[Token]) -> list[Token]:
    """The words without those that the text says are not there: in "without cable", the cable."""
    return [
        one
        for before, one in zip((None, *given), given, strict=False)
        if before is None or before.word not in WITHOUT or before.also or before.word == "not"
    ]


def _stems(given: Sequence[Token], language: str, words: dict[str, str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for token in given:
        for word in (token.word, *token.also):
            if word in EMPTY and len(given) > 2:
                continue
            term = stem(word, language)
            counted[term] += 1
            words.setdefault(term, word)
    return counted


def _weigh(field: int, counted: Counter[str], weights: dict[str, float], best: dict[str, int]) -> None:
    share = LENGTH_COUNTS[field]
    norm = WEIGHTS[field] / (1 - share + share * counted.total() / USUAL_WORDS[field])
    for term, count in counted.items():
        # The second time says less than the first: in title and tags most of all, where shops repeat themselves.
        weights[term] = weights.get(term, 0.0) + norm * min(count, 3) ** 0.5
        if term not in best:
            best[term] = field


def _numbered(given: Sequence[Token], language: str) -> set[str]:
    """Every number with the word it belongs to (`iphone:13`); in "iphone 13/14/15" all three belong to the phone."""
    found, name, gap = set(), "", 0
    for token in given:
        if token.word[0].isdigit() and not token.is_measure:
            if name and gap < 6:
                found.add(f"{name}:{token.word}")
        elif len(token.word) > 1 and token.word not in EMPTY:
            name, gap = stem(token.word, language), -1
        gap += 1
    return found


def _heads(product: Product, language: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    kinds = _kind_names(product, language)
    # "TV & Home Cinema" is a department: it holds more than TVs.
    first, later = (kinds, []) if len(kinds) == 1 and kinds[0] not in DEPARTMENTS else ([], kinds)
    is_first = True
    for part in PARTS_OF_TITLE.split(product.title):
        name = _last_name(_before_turn(tokens(part)), language)
        if name:
            (first if is_first else later).extend(name)
            is_first = False
    return tuple(dict.fromkeys(first)), tuple(one for one in dict.fromkeys(later) if one not in first)


def _kind_names(product: Product, language: str) -> list[str]:
    """What each part of the product's kind is called, of "Home > Cases & Covers" both."""
    parts = PARTS_OF_KIND.split(re.split(r">|»", product.kind)[-1])
    return [name for part in parts for name in _last_name(_before_turn(tokens(part)), language)]


def _before_turn(given: Sequence[Token]) -> list[Token]:
    for number, token in enumerate(given):
        if token.word in TURNS or token.word in WITHOUT or (token.word in {"in", "by", "of"} and number):
            return list(given[:number])
    return list(given)


def _goes_with(given: Sequence[Token], language: str, kinds: Sequence[str]) -> frozenset[str]:
    """The stems that the title names only before an accessory or before what the product is, or behind "for"."""
    own: set[str] = set()
    other: set[str] = set()
    turned = False
    words = [one.word for one in given]
    for number, word in enumerate(words):
        turned = turned or word in TURNS
        after = words[number + 1] if number + 1 < len(words) else ""
        before = words[number - 1] if number else ""
        is_part = after != word and (after in ACCESSORIES or stem(after, language) in kinds)
        (other if turned or is_part or before in THING_FIRST else own).add(stem(word, language))
    return frozenset(other - own)


def _last_name(given: Sequence[Token], language: str) -> list[str]:
    """The last word that names a thing: no measure, number, colour or empty word."""
    for token in reversed(given):
        word = token.word
        if len(word) > 1 and word.isalpha() and word not in NO_NAMES and not is_measure(word):
            return [stem(word, language)]
    return []


def _codes(product: Product) -> tuple[str, ...]:
    given = [code for one in product.variants for code in (one.sku, one.barcode)]
    return tuple(dict.fromkeys(made for code in given if (made := code_of(code))))


def code_of(text: str) -> str:
    """A code as it is compared: letters and digits alone."""
    return "".join(one for one in fold(text) if one.isalnum())


def _traits(variant: Variant) -> VariantTraits:
    return VariantTraits(variant.id, _option(variant, COLOUR_OPTIONS), _option(variant, SIZE_OPTIONS))


def _option(variant: Variant, names: Iterable[str]) -> str:
    return next((one.value for one in variant.options if fold(one.name).split(" ")[-1] in names), "")


def _colours(product: Product, given: Iterable[Token]) -> tuple[str, ...]:
    """The product's own colours, where its variants do not say theirs."""
    facts = [value for key, value in product.metafields if fold(key).split(".")[-1] in COLOUR_OPTIONS]
    named = [one.word for one in given if one.word in COLOURS]
    return tuple(dict.fromkeys([*facts, *named]))
