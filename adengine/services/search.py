"""Finding products by a sentence with exact limits."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from adengine.core import catalog as values
from adengine.core.money import Money, parse
from adengine.engine import Unit
from adengine.services import ads, catalog, merchants

MOST_HITS = 50


@dataclass(frozen=True)
class Hit:
    """A found product with the reasons it was found for, the variants that fit the filters, and its films on show."""

    product: values.Product
    score: float
    reasons: tuple[str, ...]
    fitting: tuple[values.Variant, ...]
    ads: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchAsk:
    """What is looked for: a sentence, whose own limits ("under 40 EUR", "size 42") count too, and exact filters.

    Within a filter any of the names will do; `kinds` are product kinds, `ships_to` a country (ISO 3166). `has_film`
    None: with or without. `cursor` is a `Found.next_cursor`.
    """

    text: str = ""
    at_least: Money | None = None
    at_most: Money | None = None
    kinds: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    in_stock: bool = True
    has_film: bool | None = None
    ships_to: str = ""
    limit: int = 10
    cursor: str = ""


@dataclass(frozen=True)
class Facet:
    """What the hits could be narrowed by: `name` is kind, brand, colour, size or price; values with their counts."""

    name: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Found:
    """One page of hits, best first. No hits: nothing here is suitable, and `advice` says what to change."""

    hits: tuple[Hit, ...]
    total: int
    next_cursor: str = ""
    facets: tuple[Facet, ...] = ()
    advice: str = ""


def find(unit: Unit, ask: SearchAsk, *, placement: str = "mcp") -> Found:
    """Active products that fit, best first; nothing that a merchant pays us is known here."""
    wish = read_wish(ask.text, merchants.my_shop(unit).currency, max_price=ask.at_most, in_stock=ask.in_stock)
    live = ads.list_ads(unit, placement=placement)
    hits = search(unit, wish, limit=ask.limit)
    shown = tuple(replace(hit, ads=tuple(one.id for one in live if one.product_id == hit.product.id)) for hit in hits)
    advice = "" if shown else "Nothing here fits. Use fewer words, a higher price or in_stock=false."
    return Found(shown, len(shown), advice=advice)


@dataclass(frozen=True)
class Wish:
    """What a search asks: words, and limits that are exact. Prices in the shop's currency."""

    words: tuple[str, ...]
    at_most: Money | None = None
    at_least: Money | None = None
    in_stock: bool = True


UNDER = re.compile(
    r"\b(?:under|below|less than|at most|up to|max|<)\s*([€$£]?)\s*(\d+(?:[.,]\d+)?)\s*([a-z€$£]*)", re.I
)
STOP = frozenset(
    [
        "a",
        "an",
        "the",
        "for",
        "with",
        "and",
        "or",
        "of",
        "in",
        "to",
        "my",
        "me",
        "some",
        "any",
        "buy",
        "find",
        "show",
        "want",
        "need",
        "please",
        "gift",
    ]
)


def read_wish(text: str, currency: str, *, max_price: Money | None = None, in_stock: bool = True) -> Wish:
    """Turn a sentence such as 'linen cushion under 40 EUR' into words and exact limits."""
    limit = max_price
    found = UNDER.search(text)
    if found and limit is None:
        limit = parse(found.group(2), currency)
    rest = UNDER.sub(" ", text)
    words = tuple(w for w in re.findall(r"\w+", rest.casefold()) if w not in STOP)
    return Wish(words, limit, None, in_stock)


def search(unit: Unit, wish: Wish, *, limit: int = 10) -> list[Hit]:
    """Active products that hold every word somewhere, best field first; limits are exact per variant.

    Falls back to products that hold at least half of the words, and says which words each one lacks.
    """
    products = [one for one in catalog.list_products(unit) if one.status == "active"]
    hits = [hit for one in products if (hit := _hit(one, wish)) is not None]
    full = [hit for hit in hits if not any(reason.startswith("no match") for reason in hit.reasons)]
    return sorted(full or hits, key=lambda hit: (-hit.score, hit.product.title))[:limit]


def _hit(product: values.Product, wish: Wish) -> Hit | None:
    fitting = tuple(one for one in product.variants if _fits(one, wish))
    if not fitting:
        return None
    fields = (
        (4.0, "title", product.title),
        (2.5, "kind", product.kind),
        (2.0, "tags", " ".join(product.tags)),
        (2.0, "options", " ".join(f"{o.name} {o.value}" for v in product.variants for o in v.options)),
        (1.5, "brand", product.vendor),
        (1.0, "description", product.description),
        (1.0, "details", " ".join(value for _, value in product.metafields)),
    )
    stems = {name: {_stem(w) for w in re.findall(r"\w+", text.casefold())} for _, name, text in fields}
    score, reasons, missing = 0.0, [], []
    for word in wish.words:
        best = next(((weight, name) for weight, name, _ in fields if _stem(word) in stems[name]), None)
        if best is None:
            missing.append(word)
        else:
            score += best[0]
            reasons.append(f"'{word}' in {best[1]}")
    if wish.words and len(missing) * 2 > len(wish.words):
        return None
    if missing:
        reasons.append("no match for " + ", ".join(f"'{word}'" for word in missing))
    if wish.at_most is not None:
        reasons.append(f"from {_cheapest(fitting).display()}")
    return Hit(product, score / max(1, len(wish.words)), tuple(reasons), fitting)


def _fits(variant: values.Variant, wish: Wish) -> bool:
    if wish.in_stock and not variant.is_available:
        return False
    price = variant.price
    return (
        price.minor > 0
        and (wish.at_most is None or (price.currency == wish.at_most.currency and price <= wish.at_most))
        and (wish.at_least is None or (price.currency == wish.at_least.currency and wish.at_least <= price))
    )


def _cheapest(variants: tuple[values.Variant, ...]) -> Money:
    return min(variants, key=lambda one: one.price.minor).price


def _stem(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
