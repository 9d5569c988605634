"""Products as documents: short ones for a list of hits, whole ones with every variant, both with the films to play."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from pydantic_core import to_json
from sqlalchemy import select

from adengine.core import catalog
from adengine.core.money import Money
from adengine.core.untrusted import plain
from adengine.engine import Unit
from adengine.models import Ad
from adengine.services.ucp.product_shapes import (
    AdSummary,
    Availability,
    Media,
    OptionValue,
    Price,
    PriceRange,
    Product,
    ProductOption,
    Variant,
)
from adengine.services.views import Links

PLACEMENT = "mcp"  # where these documents show films
LONGEST_TITLE = 150
SHORT_TITLE = 60
SHORT_NAME = 40
LABEL = 80
SHORT_TEXT = 120
SHORT_REASON = 50
MOST_REASONS = 2
MOST_VARIANTS = 50
MOST_PICTURES = 10
MOST_FILMS = 3
MOST_DETAILS = 20
# What short products may take as JSON: ten of them, their envelope and its messages stay under 1,500 tokens.
SHORT_PRODUCT, ROOMY_PRODUCT = 552, 1_000
SHORT_PAGE = 10 * SHORT_PRODUCT

# What whole products of one answer may take: with envelope and messages they stay under 10,000 tokens.
WHOLE_PAGE, MOST_WHOLE = 34_000, 10


def room_for(hits: int) -> int:
    """Characters for each short product of a page: few hits may say more of themselves."""
    return max(SHORT_PRODUCT, min(ROOMY_PRODUCT, SHORT_PAGE // max(1, hits)))


@dataclass(frozen=True)
class Clip:
    """A film on show, as long as a product document needs to know it."""

    ad_id: str
    seconds: float
    width: int
    height: int


def clips_of(unit: Unit, ad_ids: Iterable[str]) -> dict[str, Clip]:
    """The films of those ids, which somebody has seen to be on show."""
    wanted = list(ad_ids)
    if not wanted:
        return {}
    rows = unit.db.execute(select(Ad.id, Ad.film).where(Ad.id.in_(wanted)))
    return {ad_id: Clip(ad_id, film.duration_s, film.width, film.height) for ad_id, film in rows if film is not None}


def short_product(
    product: catalog.Product,
    variants: Sequence[catalog.Variant],
    links: Links,
    *,
    clips: Sequence[Clip] = (),
    reasons: Sequence[str] = (),
    room: int = SHORT_PRODUCT,
) -> Product:
    """A hit: the fitting variant that comes first, and of all else what there is room for, the most useful first."""
    document: Product = {
        "id": product.id,
        "title": plain(product.title, SHORT_TITLE),
        "description": {"plain": ""},
        "price_range": price_range(product.variants),
        "variants": [_short_variant(variants[0])],
    }
    room -= _size(document)
    why = [plain(one, SHORT_REASON) for one in reasons[:MOST_REASONS]]
    picture = _picture(product, clips, links)
    parts: list[Mapping[str, object]] = []
    if clips:
        parts.append({"ads": [{"ad_id": clips[0].ad_id, "duration_s": clips[0].seconds}]})
    if why:
        parts.append({"reasons": why})
    if picture:
        parts.append({"media": [{"type": "image", "url": picture}]})
    parts.append({"url": links(f"products/{product.handle}")})
    for part in parts:
        if _size(part) < room:
            document |= cast("Product", part)
            room -= _size(part)
    document["description"]["plain"] = plain(product.description, max(0, min(SHORT_TEXT, room)))
    return document


def whole_product(
    product: catalog.Product,
    variants: Sequence[catalog.Variant],
    links: Links,
    *,
    clips: Sequence[Clip] = (),
    was: Mapping[str, Money] | None = None,
) -> Product:
    """A product with these of its variants, the featured one first; `was` are lawful earlier prices by variant id."""
    document: Product = {
        "id": product.id,
        "handle": product.handle,
        "title": plain(product.title, LONGEST_TITLE),
        "description": {"plain": plain(product.description)},
        "url": links(f"products/{product.handle}"),
        "price_range": price_range(product.variants),
        "media": [*_films(clips, links), *_pictures(product, links)],
        "options": [
            {"name": plain(name, LABEL), "values": _labels(values)} for name, values in options_of(product).items()
        ],
        "variants": [_whole_variant(product, one, (was or {}).get(one.id)) for one in variants[:MOST_VARIANTS]],
        "ads": _ads(clips, links),
    }
    if product.kind:
        document["categories"] = [{"value": plain(product.kind, LONGEST_TITLE), "taxonomy": "merchant"}]
    if product.tags:
        document["tags"] = [plain(one, LABEL) for one in product.tags[:MOST_DETAILS]]
    details = {"brand": product.vendor} | dict(product.metafields[:MOST_DETAILS])
    document["metadata"] = {plain(key, LABEL): plain(value, 300) for key, value in details.items() if value}
    return document


def fitted(document: Product, room: int) -> Product:
    """The product within so many characters, if need be shortened: what says least about it gives way first."""
    for give_way in GIVING_WAY:
        if _size(document) <= room:
            break
        give_way(document)
        document["shortened"] = True
    return document


def _fewer_variants(most: int) -> Callable[[Product], None]:
    def give_way(document: Product) -> None:
        document["variants"] = document["variants"][:most]

    return give_way


def _fewer_pictures(document: Product) -> None:
    document["media"] = document["media"][:3]


def _no_details(document: Product) -> None:
    document.pop("metadata", None)
    document.pop("tags", None)


def _short_words(document: Product) -> None:
    document["description"]["plain"] = plain(document["description"]["plain"], 300)


def _no_options(document: Product) -> None:
    document.pop("options", None)


GIVING_WAY = (
    _fewer_variants(20),
    _fewer_pictures,
    _no_details,
    _fewer_variants(5),
    _short_words,
    _no_options,
    _fewer_variants(1),
)


def _size(part: Mapping[str, object]) -> int:
    """How much a part adds to a document's JSON, give or take its braces."""
    return len(to_json(part).decode())


def _picture(product: catalog.Product, clips: Sequence[Clip], links: Links) -> str:
    """The poster of its film, else its first picture."""
    if clips:
        return links.film(clips[0].ad_id, "poster.webp", PLACEMENT)
    return links.picture(product.images[0].file) if product.images else ""


def price_range(variants: Sequence[catalog.Variant]) -> PriceRange:
    prices = sorted((one.price for one in variants), key=lambda one: one.minor)
    return {"min": price(prices[0]), "max": price(prices[-1])}


def price(amount: Money) -> Price:
    return {"amount": amount.minor, "currency": amount.currency}


def options_of(product: catalog.Product) -> dict[str, tuple[str, ...]]:
    """Every option of the product with its values, in the order the variants name them."""
    found: dict[str, dict[str, None]] = {}
    for one in product.variants:
        for option in one.options:
            found.setdefault(option.name, {})[option.value] = None
    return {name: tuple(values) for name, values in found.items()}


def chosen_options(product: catalog.Product, chosen: Mapping[str, str]) -> list[ProductOption]:
    """The options with what is left to choose beside `chosen`: whether such a variant exists, and can be bought."""
    return [
        {
            "name": plain(name, LABEL),
            "values": [_signalled(product, {**chosen, name: value}, value) for value in values],
        }
        for name, values in options_of(product).items()
    ]


def matching(product: catalog.Product, chosen: Mapping[str, str]) -> list[catalog.Variant]:
    """The variants that have all of the chosen values."""
    return [one for one in product.variants if chosen.items() <= {o.name: o.value for o in one.options}.items()]


def _signalled(product: catalog.Product, chosen: Mapping[str, str], value: str) -> OptionValue:
    left = matching(product, chosen)
    is_there = any(one.is_available for one in left)
    return {"label": plain(value, LABEL), "available": is_there, "exists": bool(left)}


def _short_variant(variant: catalog.Variant) -> Variant:
    document: Variant = {
        "id": variant.id,
        "title": plain(variant.title, SHORT_NAME),
        "description": {"plain": ""},
        "price": price(variant.price),
    }
    if not variant.is_available:
        document["availability"] = _availability(variant)
    return document


def _whole_variant(product: catalog.Product, variant: catalog.Variant, was: Money | None) -> Variant:
    document: Variant = {
        "id": variant.id,
        "title": plain(variant.title, LONGEST_TITLE),
        "description": {"plain": plain(catalog.title_of(product, variant), LONGEST_TITLE)},
        "price": price(variant.price),
        "availability": _availability(variant),
        "options": [{"name": plain(one.name, LABEL), "label": plain(one.value, LABEL)} for one in variant.options],
    }
    if variant.sku:
        document["sku"] = plain(variant.sku, LABEL)
    if was is not None:
        document["list_price"] = price(was)
    return document


def _availability(variant: catalog.Variant) -> Availability:
    if not variant.is_available:
        return {"available": False, "status": "out_of_stock"}
    return {"available": True, "status": "backorder" if variant.stock == 0 else "in_stock"}


def _labels(values: Sequence[str]) -> list[OptionValue]:
    return [{"label": plain(one, LABEL)} for one in values]


def _films(clips: Sequence[Clip], links: Links) -> list[Media]:
    return [
        {"type": "video", "url": links.film(one.ad_id, "film.mp4", PLACEMENT), "width": one.width, "height": one.height}
        for one in clips[:MOST_FILMS]
    ]


def _pictures(product: catalog.Product, links: Links) -> Iterable[Media]:
    for one in product.images[:MOST_PICTURES]:
        media: Media = {"type": "image", "url": links.picture(one.file)}
        if one.alt:
            media["alt_text"] = plain(one.alt, SHORT_TEXT)
        if one.width:
            media["width"], media["height"] = one.width, one.height
        yield media


def _ads(clips: Sequence[Clip], links: Links) -> list[AdSummary]:
    return [
        {
            "ad_id": one.ad_id,
            "duration_s": one.seconds,
            "poster_url": links.film(one.ad_id, "poster.webp", PLACEMENT),
        }
        for one in clips[:MOST_FILMS]
    ]
