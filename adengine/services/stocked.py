"""The products of a page as values, read in four statements; what is expensive to read is read once per text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import TextClause, text

from adengine.core import catalog as values
from adengine.core.money import Money
from adengine.engine import Unit
from adengine.models import Ad
from adengine.services import ads

# The shop is written so that no database begins with all of its rows: the ids are few.
PRODUCT = (
    "SELECT id, handle, title, description, vendor, kind, CAST(tags AS TEXT), status, CAST(metafields AS TEXT) "
    "FROM product WHERE merchant_id || '' = :merchant AND status = 'active' AND id {among}"
)
VARIANT = (
    "SELECT product_id, id, title, CAST(options AS TEXT), price_minor, currency, compare_at_minor, cost_minor, sku, "
    "barcode, stock, reserved, oversell, image, grams FROM variant "
    "WHERE merchant_id || '' = :merchant AND NOT is_retired AND product_id {among} ORDER BY product_id, position"
)
IMAGE = (
    "SELECT product_id, source, alt, position, file, width, height, has_alpha, cutout, cutout_confidence FROM image "
    "WHERE merchant_id || '' = :merchant AND file <> '' AND product_id {among} ORDER BY product_id, position"
)
FILM = (
    "SELECT product_id, id, licence_id, parent_id FROM ad "
    "WHERE merchant_id || '' = :merchant AND status = 'published' AND product_id {among} ORDER BY created_at DESC, id"
)
EVERY_FILM = text(
    "SELECT product_id, id, licence_id, parent_id FROM ad WHERE merchant_id = :merchant AND status = 'published'"
)
TEXTS: TypeAdapter[tuple[str, ...]] = TypeAdapter(tuple[str, ...])
PAIRS: TypeAdapter[tuple[tuple[str, str], ...]] = TypeAdapter(tuple[tuple[str, str], ...])
OPTIONS: TypeAdapter[tuple[values.Option, ...]] = TypeAdapter(tuple[values.Option, ...])


def products_of(unit: Unit, product_ids: Sequence[str]) -> dict[str, values.Product]:
    """Active products by id as their rows are now; what they cost the merchant only for the merchant."""
    if not product_ids:
        return {}
    variants: dict[str, list[values.Variant]] = defaultdict(list)
    for product_id, *row in _rows(unit, VARIANT, product_ids):
        variants[product_id].append(_variant(tuple(row), unit.actor.sees_costs))
    images: dict[str, list[values.Image]] = defaultdict(list)
    for product_id, *row in _rows(unit, IMAGE, product_ids):
        images[product_id].append(_image(tuple(row)))
    return {
        row[0]: _product(tuple(row), tuple(variants[row[0]]), tuple(images[row[0]]))
        for row in _rows(unit, PRODUCT, product_ids)
    }


def films_of(unit: Unit, product_ids: Sequence[str], placement: str) -> dict[str, tuple[str, ...]]:
    """Ids of the films on show of each product, the newest first, as far as their licences allow them here."""
    return _shown(unit, _rows(unit, FILM, product_ids), placement) if product_ids else {}


def filmed(unit: Unit, placement: str) -> frozenset[str]:
    """Ids of the products that have a film on show here."""
    rows = unit.db.connection().execute(EVERY_FILM, {"merchant": unit.merchant_id}).all()
    return frozenset(_shown(unit, rows, placement))


def _shown(unit: Unit, rows: Sequence[tuple[object, ...]], placement: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for product_id, ad_id, licence_id, parent_id in rows:
        is_free = licence_id is None and parent_id is None
        if is_free or ads.may_serve(unit, unit.get(Ad, str(ad_id)), placement):
            found[str(product_id)] = (*found.get(str(product_id), ()), str(ad_id))
    return found


def _rows(unit: Unit, statement: str, product_ids: Sequence[str]) -> Sequence[tuple[str, ...]]:
    condition, ids = unit.ports.search.among(product_ids)
    asked = _text(statement.format(among=condition))
    return unit.db.connection().execute(asked, {"merchant": unit.merchant_id, "ids": ids}).all()


@lru_cache(maxsize=16)
def _text(statement: str) -> TextClause:
    return text(statement)


# The rows are read each time; a row that reads as it did is not made into a value again.
@lru_cache(maxsize=2048)
def _product(
    row: tuple[str, ...], variants: tuple[values.Variant, ...], images: tuple[values.Image, ...]
) -> values.Product:
    product_id, handle, title, description, vendor, kind, tags, status, metafields = row
    return values.Product(
        id=product_id,
        handle=handle,
        title=title,
        description=description,
        vendor=vendor,
        kind=kind,
        tags=TEXTS.validate_json(tags),
        status=status,
        metafields=PAIRS.validate_json(metafields),
        variants=variants,
        images=images,
    )


@lru_cache(maxsize=8192)
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


@lru_cache(maxsize=8192)
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
