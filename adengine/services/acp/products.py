"""A product as agents' feeds have it: the protocol's product with its variants, or flat rows, one a variant."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NotRequired

from typing_extensions import TypedDict

from adengine.core import catalog
from adengine.core.money import Money
from adengine.core.selling import Selling
from adengine.services.views import Links

LONGEST_TITLE = 150
LONGEST_TEXT = 5000


class FeedText(TypedDict):
    plain: str


class FeedPrice(TypedDict):
    amount: int
    currency: str


class FeedAvailability(TypedDict):
    available: bool
    status: Literal["in_stock", "out_of_stock", "backorder"]


class FeedBarcode(TypedDict):
    type: Literal["GTIN"]
    value: str


class FeedMedia(TypedDict):
    type: Literal["image", "video"]
    url: str
    alt_text: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]


class FeedOption(TypedDict):
    name: str
    value: str


class FeedCategory(TypedDict):
    value: str
    taxonomy: Literal["merchant"]


class FeedLink(TypedDict):
    type: str
    url: str


class FeedSeller(TypedDict):
    name: str
    links: list[FeedLink]


class FeedVariant(TypedDict):
    id: str
    title: str
    url: str
    barcodes: NotRequired[list[FeedBarcode]]
    price: FeedPrice
    list_price: NotRequired[FeedPrice]
    availability: FeedAvailability
    categories: NotRequired[list[FeedCategory]]
    variant_options: NotRequired[list[FeedOption]]
    seller: FeedSeller


class FeedProduct(TypedDict):
    id: str
    title: str
    description: NotRequired[FeedText]
    url: str
    media: list[FeedMedia]
    variants: list[FeedVariant]


@dataclass(frozen=True)
class Store:
    """The shop whose feed it is. `country` is where it sells to."""

    title: str
    country: str
    selling: Selling
    links: Links


@dataclass(frozen=True)
class Listed:
    """A product on sale, the films of it that anybody may show, and the lawful 'was' price of its variants by id."""

    product: catalog.Product
    films: tuple[str, ...]
    was: dict[str, Money]


def product_document(listed: Listed, store: Store) -> FeedProduct:
    """A product as the protocol's feed schema has it."""
    product = listed.product
    document: FeedProduct = {
        "id": product.id,
        "title": product.title,
        "url": store.links(f"products/{product.handle}"),
        "media": [*_pictures(product, store.links), *_films(listed.films, store.links)],
        "variants": [_variant(product, one, listed.was.get(one.id), store) for one in product.variants],
    }
    if product.description:
        document["description"] = {"plain": product.description}
    return document


def flat_rows(listed: Listed, store: Store) -> Iterator[dict[str, str]]:
    """A product as flat rows, one a variant, every value a text."""
    for variant in listed.product.variants:
        yield _row(listed, variant, store)


def _variant(product: catalog.Product, variant: catalog.Variant, was: Money | None, store: Store) -> FeedVariant:
    document: FeedVariant = {
        "id": variant.id,
        "title": catalog.title_of(product, variant),
        "url": store.links(f"products/{product.handle}"),
        "price": {"amount": variant.price.minor, "currency": variant.price.currency},
        "availability": {"available": variant.is_available, "status": _availability(variant)},
        "seller": {"name": store.title, "links": _links(store.selling)},
    }
    if _is_gtin(variant.barcode):
        document["barcodes"] = [{"type": "GTIN", "value": variant.barcode}]
    if was is not None:
        document["list_price"] = {"amount": was.minor, "currency": was.currency}
    if product.kind:
        document["categories"] = [{"value": product.kind, "taxonomy": "merchant"}]
    if variant.options:
        document["variant_options"] = [{"name": one.name, "value": one.value} for one in variant.options]
    return document


def _row(listed: Listed, variant: catalog.Variant, store: Store) -> dict[str, str]:
    product, was = listed.product, listed.was.get(variant.id)
    pictures = [store.links.picture(one.file) for one in product.images]
    sells = bool(store.selling.terms_url and store.selling.privacy_url)
    asked, price = (was, variant.price) if was else (variant.price, None)
    return {
        "item_id": variant.id,
        "title": catalog.title_of(product, variant)[:LONGEST_TITLE],
        "description": (product.description or product.title)[:LONGEST_TEXT],
        "url": store.links(f"products/{product.handle}"),
        "brand": product.vendor or store.title,
        "price": _price(asked),
        "sale_price": _price(price) if price else "",
        "availability": _availability(variant),
        "image_url": pictures[0] if pictures else "",
        "additional_image_urls": ",".join(pictures[1:]),
        "video_url": _films(listed.films, store.links)[0]["url"] if listed.films else "",
        "group_id": product.id,
        "listing_has_variations": _flag(len(product.variants) > 1),
        "variant_dict": json.dumps({one.name: one.value for one in variant.options}, ensure_ascii=False),
        "gtin": variant.barcode if _is_gtin(variant.barcode) else "",
        "mpn": variant.sku,
        "product_category": product.kind,
        "weight": f"{variant.grams} g" if variant.grams else "",
        "seller_name": store.title,
        "seller_url": store.links(),
        "seller_privacy_policy": store.selling.privacy_url,
        "seller_tos": store.selling.terms_url,
        "return_policy": store.selling.returns_url,
        "target_countries": store.country,
        "store_country": store.country,
        "is_eligible_search": _flag(bool(pictures) and variant.price.minor > 0),
        "is_eligible_checkout": _flag(sells and variant.price.minor > 0),
    }


def _pictures(product: catalog.Product, links: Links) -> Iterator[FeedMedia]:
    for one in product.images:
        media: FeedMedia = {"type": "image", "url": links.picture(one.file)}
        if one.alt:
            media["alt_text"] = one.alt
        if one.width:
            media["width"], media["height"] = one.width, one.height
        yield media


def _films(ad_ids: Sequence[str], links: Links) -> list[FeedMedia]:
    return [{"type": "video", "url": links(f"ads/{ad_id}/film.mp4")} for ad_id in ad_ids]


def _links(terms: Selling) -> list[FeedLink]:
    named = {
        "terms_of_service": terms.terms_url,
        "privacy_policy": terms.privacy_url,
        "refund_policy": terms.returns_url,
    }
    return [{"type": kind, "url": url} for kind, url in named.items() if url]


def _availability(variant: catalog.Variant) -> Literal["in_stock", "out_of_stock", "backorder"]:
    if not variant.is_available:
        return "out_of_stock"
    return "backorder" if variant.stock == 0 else "in_stock"


def _is_gtin(barcode: str) -> bool:
    """Whether a barcode is a GTIN of 8, 12, 13 or 14 digits whose check digit is right (GS1)."""
    if not re.fullmatch(r"\d{8}|\d{12,14}", barcode, re.ASCII):
        return False
    weighed = [int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(barcode))]
    return sum(weighed) % 10 == 0


def _price(amount: Money) -> str:
    return f"{amount.plain()} {amount.currency}"


def _flag(value: bool) -> str:
    return "true" if value else "false"
