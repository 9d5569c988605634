"""The products of a page as values, read in one statement; what is expensive to read is read once per text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from pydantic import TypeAdapter
from sqlalchemy import text

from adengine.core import catalog as values
from adengine.core.money import Money
from adengine.engine import Unit
from adengine.indexes.straight import Straight
from adengine.models import Ad
from adengine.services import ads

# Written so that no database begins with all rows of the shop: the ids are few.
ARRAYS = (
    "SELECT id, title, CAST(options AS TEXT) AS options, price_minor, currency, compare_at_minor, cost_minor, sku, "
    "barcode, stock, reserved, oversell, image, grams FROM variant "
    "WHERE product_id = product.id AND merchant_id || '' = :merchant AND NOT is_retired ORDER BY position",
    "SELECT source, alt, position, file, width, height, has_alpha, cutout, cutout_confidence FROM image "
    "WHERE product_id = product.id AND merchant_id || '' = :merchant AND file <> '' ORDER BY position",
    "SELECT id, licence_id, parent_id FROM ad "
    "WHERE product_id = product.id AND merchant_id || '' = :merchant AND status = 'published' "
    "ORDER BY created_at DESC, id",
)
PRODUCTS = (
    "SELECT id, handle, title, description, vendor, kind, CAST(tags AS TEXT), status, CAST(metafields AS TEXT), "
    "{arrays} FROM product WHERE merchant_id || '' = :merchant AND status = 'active' AND id {among}"
)
EVERY_FILM = text(
    "SELECT product_id, id, licence_id, parent_id FROM ad WHERE merchant_id = :merchant AND status = 'published'"
)
TEXTS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])
PAIRS: TypeAdapter[tuple[tuple[str, str], ...]] = TypeAdapter(tuple[tuple[str, str], ...])
OPTIONS: TypeAdapter[tuple[values.Option, ...]] = TypeAdapter(tuple[values.Option, ...])


class Stocked(NamedTuple):
    """A product's row as it is now, with its variants, pictures and films on show as JSON: equal while none changed."""

    id: str
    handle: str
    title: str
    description: str
    vendor: str
    kind: str
    tags: str
    status: str
    metafields: str
    variants: str
    images: str
    films: str


def rows_of(unit: Unit, product_ids: Sequence[str]) -> tuple[Stocked, ...]:
    """The rows of those products that are active."""
    if not product_ids:
        return ()
    condition, ids = unit.ports.search.among(product_ids)
    arrays = ", ".join(map(unit.ports.search.as_json, ARRAYS))
    found = _products(condition, arrays).rows(unit.connection, merchant=unit.merchant_id, ids=ids)
    return tuple(map(Stocked._make, found))


def product_of(unit: Unit, row: Stocked) -> values.Product:
    """The product; what it costs the merchant only for the merchant."""
    return _product(row, unit.actor.sees_costs)


def products_of(unit: Unit, product_ids: Sequence[str]) -> dict[str, values.Product]:
    """Active products by id as their rows are now."""
    return {row.id: product_of(unit, row) for row in rows_of(unit, product_ids)}


def films_of(unit: Unit, rows: Sequence[Stocked], placement: str) -> dict[str, tuple[str, ...]]:
    """Ids of the films on show of each product, the newest first, as far as their licences allow them here."""
    filmed = ((row.id, *film) for row in rows if row.films != "[]" for film in json.loads(row.films))
    return _shown(unit, list(filmed), placement)


def filmed(unit: Unit, placement: str) -> frozenset[str]:
    """Ids of the products that have a film on show here."""
    rows = unit.connection.execute(EVERY_FILM, {"merchant": unit.merchant_id}).all()
    return frozenset(_shown(unit, rows, placement))


def _shown(unit: Unit, rows: Sequence[tuple[object, ...]], placement: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for product_id, ad_id, licence_id, parent_id in rows:
        is_free = licence_id is None and parent_id is None
        if is_free or ads.may_serve(unit, unit.get(Ad, str(ad_id)), placement):
            found[str(product_id)] = (*found.get(str(product_id), ()), str(ad_id))
    return found


@lru_cache(maxsize=16)
def _products(among: str, arrays: str) -> Straight:
    return Straight(PRODUCTS.format(among=among, arrays=arrays))


# The rows are read each time; a row that reads as it did is not made into a value again.
@lru_cache(maxsize=2048)
def _product(row: Stocked, sees_costs: bool) -> values.Product:
    return values.Product(
        id=row.id,
        handle=row.handle,
        title=row.title,
        description=row.description,
        vendor=row.vendor,
        kind=row.kind,
        tags=TEXTS.validate_json(row.tags),
        status=row.status,
        metafields=PAIRS.validate_json(row.metafields),
        variants=tuple(_variant(tuple(one), sees_costs) for one in json.loads(row.variants)),
        images=tuple(_image(tuple(one)) for one in json.loads(row.images)),
    )


def _variant(row: tuple[object, ...], sees_costs: bool) -> values.Variant:
    variant_id, title, options, price, currency, compare_at, cost, *rest = row
    sku, barcode, stock, reserved, oversell, image, grams = rest
    return values.Variant(
        id=str(variant_id),
        title=str(title),
        options=_options(str(options)),
        price=Money(price, str(currency)),  # type: ignore[arg-type]
        compare_at=None if compare_at is None else Money(compare_at, str(currency)),  # type: ignore[arg-type]
        cost=None if cost is None or not sees_costs else Money(cost, str(currency)),  # type: ignore[arg-type]
        sku=str(sku),
        barcode=str(barcode),
        stock=None if stock is None else max(0, stock - reserved),  # type: ignore[operator]
        oversell=bool(oversell),
        image=image,  # type: ignore[arg-type]
        grams=grams,  # type: ignore[arg-type]
    )


@lru_cache(maxsize=8192)
def _options(written: str) -> tuple[values.Option, ...]:
    return OPTIONS.validate_json(written)


def _image(row: tuple[object, ...]) -> values.Image:
    source, alt, position, file, width, height, has_alpha, cutout, confidence = row
    return values.Image(
        source=str(source),
        alt=str(alt),
        position=position,  # type: ignore[arg-type]
        file=str(file),
        width=width,  # type: ignore[arg-type]
        height=height,  # type: ignore[arg-type]
        has_alpha=bool(has_alpha),
        cutout=str(cutout),
        cutout_confidence=confidence,  # type: ignore[arg-type]
    )
