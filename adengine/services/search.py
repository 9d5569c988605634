"""Finding products by a sentence with exact limits."""

from __future__ import annotations

import hashlib
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import text

from adengine.core import catalog as values
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.places import closeness, place_of
from adengine.core.search import fitting, ranking
from adengine.core.search.asking import Word
from adengine.core.search.document import Document, document_of
from adengine.core.shipping import ships_to
from adengine.engine import Unit
from adengine.ports import Offer, ShopIndex
from adengine.services import stocked
from adengine.services.reading import CHANGED, Filters, Reading, derived, memory_of, read

MOST_HITS = 50
FACETS = ("kind", "brand", "colour", "size", "price")
KINDS_HERE = text(
    "SELECT kind, COUNT(*) FROM product WHERE merchant_id = :merchant AND status = 'active' AND kind <> '' "
    "GROUP BY kind ORDER BY COUNT(*) DESC, kind LIMIT 5"
)
HEAVY = text("SELECT id FROM variant WHERE merchant_id = :merchant AND grams > :most")


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
    None: with or without. `cursor` is a `Found.next_cursor`. `facets`: whether they are wanted.
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
    facets: bool = True


@dataclass(frozen=True)
class Facet:
    """What the hits could be narrowed by: `name` is kind, brand, colour, size or price; values with their counts."""

    name: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Found:
    """One page of hits, best first. No hits: nothing here is suitable, and `advice` says what to change.

    `total` counts the best 100 at most, 400 where there are limits or filters. `read_as` are misspelt words, each with
    what it was read as. `made` keeps what others made of the hits: the same hits come with the same `made`.
    """

    hits: tuple[Hit, ...]
    total: int
    next_cursor: str = ""
    facets: tuple[Facet, ...] = ()
    advice: str = ""
    read_as: tuple[tuple[str, str], ...] = ()
    made: dict[object, object] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True)
class Limits:
    """What every variant shown must keep: prices in minor units of `currency`, stock, and weight (by id)."""

    currency: str
    at_least: int | None
    at_most: int | None
    in_stock: bool
    too_heavy: frozenset[str] = frozenset()


class Fit(NamedTuple):
    """A product that keeps all limits: its place in the reading, its variants that do, and the lowest price of them."""

    place: int
    product_id: str
    variant_ids: tuple[str, ...]
    lowest: int


Page = tuple[tuple[Hit, ...], dict[object, object]]


def shop_of(unit: Unit) -> ShopIndex:
    """The shop as search knows it now."""
    return unit.ports.search.shop(unit.connection, unit.merchant_id)


def find(unit: Unit, ask: SearchAsk, *, placement: str = "mcp", shop: ShopIndex | None = None) -> Found:
    """Active products that fit, best first; nothing that a merchant pays us is known here.

    `shop` is what `shop_of` answered, where this unit asked already. Raises Invalid for a cursor of another search
    and for a country that is none.
    """
    unit.require("catalog:read")
    shop = shop or shop_of(unit)
    reading = read(unit, shop, ask.text, _filters(ask))
    refusal = _foreign(ask, reading, shop) or _unreachable(unit, ask)
    if refusal:
        return Found((), 0, advice=refusal)
    limits = _limits(unit, ask, reading, shop)
    fits = _fits(unit, reading, limits)
    if ask.has_film is not None:
        films = stocked.filmed(unit, placement)
        fits = tuple(one for one in fits if (one.product_id in films) is ask.has_film)
    page, cursor = _page(fits, ask)
    hits, made = _hits(unit, reading, page, placement)
    advice = "" if fits else _advice(unit, ask, reading, shop)
    facets = _facets(reading, fits, limits.currency) if ask.facets else ()
    return Found(hits, len(fits), cursor, facets, advice, reading.read_as, made)


def index_product(unit: Unit, product: values.Product) -> None:
    """Let search know a product as it is now; one that is not active is forgotten."""
    unit.require("catalog:write")
    unit.seen[CHANGED] = True
    db, search = unit.connection, unit.ports.search
    if product.status != "active":
        search.drop(db, unit.merchant_id, product.id)
        return
    document, words = document_of(product)
    search.keep(db, unit.merchant_id, document, words)


def _filters(ask: SearchAsk) -> Filters:
    has_limits = any(one is not None for one in (ask.at_least, ask.at_most, ask.has_film)) or bool(ask.ships_to)
    return Filters(ask.kinds, ask.brands, ask.colours, ask.sizes, has_limits)


def _limits(unit: Unit, ask: SearchAsk, reading: Reading, shop: ShopIndex) -> Limits:
    asked = reading.asked
    floors = [one.minor for one in (ask.at_least, asked.at_least) if one is not None]
    ceilings = [one.minor for one in (ask.at_most, asked.at_most) if one is not None]
    return Limits(
        shop.currency,
        max(floors, default=None),
        min(ceilings, default=None),
        ask.in_stock,
        _too_heavy(unit, ask.ships_to) if ask.ships_to else frozenset(),
    )


def _fits(unit: Unit, reading: Reading, limits: Limits) -> tuple[Fit, ...]:
    offers = unit.ports.search.offers(unit.connection, unit.merchant_id, reading.product_ids)
    return derived(reading, limits, offers, lambda: _derive(reading, limits, offers))


def _offers(written: str, limits: Limits) -> dict[str, list[Offer]]:
    """Today's offers that keep the limits, by product id."""
    least = 1 if limits.at_least is None else max(1, limits.at_least)
    most = math.inf if limits.at_most is None else limits.at_most
    own: dict[str, list[Offer]] = defaultdict(list)
    for offer in json.loads(written):
        product_id, variant_id, minor, currency, is_available = offer
        is_wanted = is_available or not limits.in_stock
        if is_wanted and least <= minor <= most and currency == limits.currency and variant_id not in limits.too_heavy:
            own[product_id].append(offer)
    return own


def _derive(reading: Reading, limits: Limits, offers: str) -> tuple[Fit, ...]:
    own = _offers(offers, limits)
    words = [one for one in reading.asked.words if one.is_colour or one.is_measure or one.is_size]
    fits: list[Fit] = []
    for place, (one, allowed) in enumerate(zip(reading.ranked, reading.fitting, strict=True)):
        product_id = one.document.product_id
        good = own.get(product_id, [])
        if allowed is not None:
            good = [offer for offer in good if offer[1] in allowed]
        if good and words:
            good = _preferred(words, one.document, good)
        if good:
            fits.append(Fit(place, product_id, tuple(offer[1] for offer in good), min(offer[2] for offer in good)))
    return tuple(fits)


def _preferred(words: Sequence[Word], document: Document, good: list[Offer]) -> list[Offer]:
    """Of the variants that fit those of the colours, sizes and measures that the words name.

    None where the product has such variants, but none of them fits: the red one is sold out. All where it has none.
    """
    traits = document.traits
    for word in words:
        has = fitting.has_colour if word.is_colour else fitting.has_size
        such = {one.variant_id for one in traits.values() if has(one.colour if word.is_colour else one.size, word.word)}
        good = [one for one in good if one[1] in such] if such else good
    return good


def _facets(reading: Reading, fits: Sequence[Fit], currency: str) -> tuple[Facet, ...]:
    documents = [reading.ranked[one.place].document for one in fits]
    colours: list[str] = []
    sizes: list[str] = []
    for fit, document in zip(fits, documents, strict=True):
        traits = [document.traits[one] for one in fit.variant_ids if one in document.traits]
        colours += dict.fromkeys(one.colour for one in traits if one.colour)
        sizes += dict.fromkeys(one.size for one in traits if one.size)
    named = {
        "kind": fitting.counted(one.kind for one in documents),
        "brand": fitting.counted(one.brand for one in documents),
        "colour": fitting.counted(colours),
        "size": fitting.counted(sizes),
        "price": _price_bands([one.lowest for one in fits], currency),
    }
    return tuple(Facet(name, named[name]) for name in FACETS if named[name])


def _price_bands(minors: list[int], currency: str) -> tuple[tuple[str, int], ...]:
    unit = 10 ** Money(0, currency).exponent
    made = []
    for low, high, count in fitting.bands(minors, unit):
        ends = Money(low, currency).display(), "" if high is None else Money(high, currency).display()
        made.append((f"from {ends[0]}" if high is None else f"{ends[0]} to under {ends[1]}", count))
    return tuple(made)


def _page(fits: tuple[Fit, ...], ask: SearchAsk) -> tuple[tuple[Fit, ...], str]:
    """One page, and the cursor of the next: where a page ended in the reading, which stock and prices do not move."""
    start = 0
    if ask.cursor:
        place, product_id = _opened(ask)
        own = next((one.place for one in fits if one.product_id == product_id), place)
        start = next((number for number, one in enumerate(fits) if one.place > own), len(fits))
    page = fits[start : start + max(1, min(ask.limit, MOST_HITS))]
    has_more = bool(page) and page[-1] is not fits[-1]
    return page, _closed(ask, page[-1]) if has_more else ""


def _closed(ask: SearchAsk, last: Fit) -> str:
    return urlsafe_b64encode(f"{last.place} {last.product_id} {_digest(ask)}".encode()).decode().rstrip("=")


def _opened(ask: SearchAsk) -> tuple[int, str]:
    try:
        written = urlsafe_b64decode(ask.cursor[:400].encode() + b"==").decode()
        place, product_id, digest = written.split(" ")
        number = int(place)
    except ValueError:
        raise Invalid("this cursor is none of ours; search again without it") from None
    if digest != _digest(ask):
        raise Invalid("this cursor belongs to another search; send the same words and filters, or no cursor")
    return number, product_id


@lru_cache(maxsize=1024)
def _digest(ask: SearchAsk) -> str:
    return hashlib.sha256(repr(replace(ask, cursor="", limit=0, facets=True)).encode()).hexdigest()[:12]


def _hits(unit: Unit, reading: Reading, page: tuple[Fit, ...], placement: str) -> Page:
    """The page's hits, made again only where a row of theirs changed or their films did."""
    rows = stocked.rows_of(unit, [one.product_id for one in page])
    films = stocked.films_of(unit, rows, placement)

    def make() -> Page:
        products = {row.id: stocked.product_of(unit, row) for row in rows}
        return tuple(_hit(reading, fit, products, films) for fit in page if fit.product_id in products), {}

    return derived(reading, ("page", page, unit.actor.sees_costs), (rows, films), make)


def _hit(
    reading: Reading, fit: Fit, products: Mapping[str, values.Product], films: Mapping[str, tuple[str, ...]]
) -> Hit:
    product = products[fit.product_id]
    fitting = tuple(one for one in product.variants if one.id in fit.variant_ids)
    score = reading.ranked[fit.place].score
    return Hit(product, score, _reasons(reading, fit), fitting, films.get(fit.product_id, ()))


def _reasons(reading: Reading, fit: Fit) -> tuple[str, ...]:
    key = ("reasons", fit.place, fit.lowest)
    found: tuple[str, ...] | None = reading.reasons.get(key)
    if found is None:
        found = reading.reasons[key] = tuple(_reason(reading, fit))
    return found


def _reason(reading: Reading, fit: Fit) -> list[str]:
    asked = reading.asked
    found = [f"read '{wrong}' as '{right}'" for wrong, right in reading.read_as]
    if reading.query is not None:
        found += ranking.reasons_of(reading.query, reading.ranked[fit.place].document)
    if not reading.ranked[fit.place].covered and asked.words:
        found.append("similar in meaning")
    found += [f"size {one}" for one in asked.sizes]
    if asked.at_most is not None or asked.at_least is not None:
        limit = asked.at_most or asked.at_least
        found.append(f"from {Money(fit.lowest, limit.currency).display()}" if limit else "")
    return found


def _foreign(ask: SearchAsk, reading: Reading, shop: ShopIndex) -> str:
    """Why a limit of price cannot be kept here."""
    named = [one.currency for one in (ask.at_least, ask.at_most) if one is not None and one.currency != shop.currency]
    foreign = reading.asked.foreign or next(iter(named), "")
    if not foreign:
        return ""
    return f"Prices here are in {shop.currency}, so a limit in {foreign} cannot be kept; give it in {shop.currency}."


def _unreachable(unit: Unit, ask: SearchAsk) -> str:
    if not ask.ships_to:
        return ""
    country = place_of(ask.ships_to)
    countries = ships_to(unit.merchant().selling.shipping)
    if any(closeness(one, country) for one in countries):
        return ""
    return f"This shop does not ship to {country}; it ships to {', '.join(countries[:40])}."


def _too_heavy(unit: Unit, country: str) -> frozenset[str]:
    """Ids of the variants that no way to that country carries."""
    place = place_of(country)
    ways = [one for one in unit.merchant().selling.shipping if any(closeness(to, place) for to in one.countries)]
    most = [one.most_grams for one in ways]
    if not most or None in most:
        return frozenset()
    heaviest = max(one for one in most if one is not None)
    found = unit.connection.execute(HEAVY, {"merchant": unit.merchant_id, "most": heaviest})
    return frozenset(found.scalars())


def _advice(unit: Unit, ask: SearchAsk, reading: Reading, shop: ShopIndex) -> str:
    """What there is instead of what was asked for, and what to change."""
    if not shop.documents:
        return "This shop has no products yet."
    if reading.ranked:
        return _nearly(unit, ask, reading, shop)
    if reading.unfiltered:
        return f"{reading.unfiltered} products fit the words, none the filters; drop kinds, brands, colours or sizes."
    return _nothing(unit, reading, shop)


def _nearly(unit: Unit, ask: SearchAsk, reading: Reading, shop: ShopIndex) -> str:
    """Why products that fit the words are not shown."""
    limits = _limits(unit, ask, reading, shop)
    free = replace(limits, at_least=None, at_most=None)
    priced = _fits(unit, reading, free)
    if priced and (limits.at_least is not None or limits.at_most is not None):
        low, high = min(one.lowest for one in priced), max(one.lowest for one in priced)
        span = f"{Money(low, shop.currency).display()} to {Money(high, shop.currency).display()}"
        return f"{len(priced)} products fit the words, none at that price: they cost {span}. Change the price."
    if ask.in_stock and _fits(unit, reading, replace(limits, in_stock=False)):
        return "What fits is sold out. Search with in_stock=false to see it, or with other words."
    if priced and ask.has_film is not None:
        return f"{len(priced)} products fit; drop has_film to see them."
    return "What fits the words does not keep all limits. Drop filters one by one."


def _nothing(unit: Unit, reading: Reading, shop: ShopIndex) -> str:
    query = reading.query
    parts = ["Nothing here is suitable."]
    if query is not None and query.unknown:
        words = ", ".join(f"'{one[:30]}'" for one in query.unknown[:4])
        parts.append(f"No product has {words}.")
    if query is not None and query.head is not None and query.head.is_known:
        parts.append(f"There are products for '{query.head.word[:30]}': search for that with fewer words.")
    kinds = _kinds(unit, shop)
    return " ".join([*parts, kinds] if kinds else parts)


def _kinds(unit: Unit, shop: ShopIndex) -> str:
    """The kinds of which the shop has most; counted once for each state of its index."""
    memory, key = memory_of(unit), (shop.number, shop.generation)
    found = memory.kinds.get(key)
    if found is not None:
        return found
    kinds = unit.connection.execute(KINDS_HERE, {"merchant": unit.merchant_id}).all()
    named = ", ".join(f"{kind[:40]} ({count})" for kind, count in kinds)
    return memory.kinds.put(key, f"This shop has: {named}." if named else "")
