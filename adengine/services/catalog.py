"""The catalogue: taking a feed in, keeping every price, reading it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import select

from adengine.core import catalog as values
from adengine.core.errors import AdEngineError, NotFound
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Image, Merchant, Price, Product, Variant
from adengine.services import ads, cutouts, search


@dataclass(frozen=True)
class ImportReport:
    """What an import did, row by row where something was refused."""

    source: str
    rows: int
    created: int
    updated: int
    unchanged: int
    variants: int
    pictures: int
    ads_refreshed: int
    problems: tuple[values.RowProblem, ...]

    @property
    def refused(self) -> tuple[values.RowProblem, ...]:
        return tuple(one for one in self.problems if one.refused)


@dataclass(frozen=True)
class Kept:
    """What keeping one product did: 'created', 'updated' or 'unchanged', and the ads it made stale."""

    outcome: str
    stale_ads: int


def import_feed(
    engine: AdEngine, actor: Actor, source: str, *, progress: Callable[[int, int], None] = lambda done, of: None
) -> ImportReport:
    """Read a feed and keep its products, each in a unit of its own; a bad row never stops the rest.

    `source` is a path or an http(s) address. Pictures are fetched before a product's unit opens.
    """
    with engine.unit(actor) as unit:
        unit.require("catalog:write")
        currency = unit.db.get_one(Merchant, unit.merchant_id).currency
        known = _known_pictures(unit)
    shelf = engine.ports.shelf
    opened = shelf.open(source)
    feed = shelf.read(opened.data, currency)
    problems, counts, pictures, stale = list(feed.problems), {"created": 0, "updated": 0, "unchanged": 0}, 0, 0
    for number, product in enumerate(feed.products, 1):
        taken = [_take(engine, one, opened.base, known) for one in product.images]
        problems += [picture_problem(product, image, why) for image, why in taken if why]
        complete = replace(product, images=tuple(image for image, _ in taken))
        with engine.unit(actor) as unit:
            kept = keep_product(unit, complete, {image.source: why for image, why in taken if why})
        counts[kept.outcome] += 1
        stale += kept.stale_ads
        pictures += sum(1 for image, why in taken if not why)
        progress(number, len(feed.products))
    return ImportReport(
        source=opened.name,
        rows=feed.rows,
        variants=sum(len(one.variants) for one in feed.products),
        pictures=pictures,
        ads_refreshed=stale,
        problems=tuple(sorted(problems, key=lambda one: one.line)),
        **counts,
    )


def keep_product(unit: Unit, given: values.Product, picture_problems: dict[str, str]) -> Kept:
    """Insert or update one product; what no longer stands in the feed's product is retired, never deleted."""
    unit.require("catalog:write")
    row = unit.db.scalar(select(Product).where(Product.handle == given.handle).with_for_update())
    before = None if row is None else _comparable(row)
    if row is None:
        row = unit.own(Product, handle=given.handle, variants=[], images=[])
    row.title, row.description, row.vendor = given.title, given.description, given.vendor
    row.kind, row.tags, row.status, row.metafields = given.kind, given.tags, given.status, given.metafields
    row.updated_at = unit.now()
    unit.db.flush()
    _keep_variants(unit, row, given.variants)
    _keep_images(unit, row, given.images, picture_problems)
    unit.db.flush()
    search.index_product(unit, row.value())
    if before is None:
        return Kept("created", 0)
    if before == _comparable(row):
        return Kept("unchanged", 0)
    unit.tell(f"product://{row.id}")
    return Kept("updated", ads.refresh_stale(unit, row.value()))


def get_product(unit: Unit, handle_or_id: str) -> values.Product:
    """One product with its variants; what it cost the merchant only for the merchant."""
    unit.require("catalog:read")
    row = unit.db.scalar(
        select(Product).where((Product.handle == handle_or_id) | (Product.id == handle_or_id)).limit(1)
    )
    if row is None or (row.status != "active" and not unit.actor.sees_costs):
        raise NotFound(f"there is no product '{handle_or_id[:60]}' in this shop; look in the catalogue")
    return _for(unit.actor, row.value())


def list_products(unit: Unit) -> list[values.Product]:
    """All products by title; shoppers and agents see active ones."""
    unit.require("catalog:read")
    query = select(Product).order_by(Product.title, Product.id)
    if not unit.actor.sees_costs:
        query = query.where(Product.status == "active")
    return [_for(unit.actor, row.value()) for row in unit.db.scalars(query)]


def picture_of(unit: Unit, name: str) -> str:
    """The file key of a product picture of this shop, by the name its address ends with; raises NotFound."""
    unit.require("catalog:read")
    key = unit.db.scalar(select(Image.file).where(Image.file == f"pictures/{name}").limit(1))
    if key is None:
        raise NotFound("there is no such picture in this shop")
    return key


def picture_problem(product: values.Product, image: values.Image, why: str) -> values.RowProblem:
    return values.RowProblem(0, "Image Src", f"{product.handle}: {image.source}"[:80], why)


def _take(
    engine: AdEngine, image: values.Image, base: object, known: dict[str, values.Image]
) -> tuple[values.Image, str]:
    """Fetch, inspect and keep one picture; the same source is fetched again, since its content may differ."""
    shelf, files = engine.ports.shelf, engine.ports.files
    try:
        data = shelf.fetch(image.source, base)  # type: ignore[arg-type]
        facts = shelf.inspect(data)
        key = f"pictures/{facts.sha256}.{facts.extension}"
        if not files.has(key):
            files.put(key, data)
    except AdEngineError as error:
        if image.source in known:
            return known[image.source], f"{error} (the picture taken in before stays)"
        return image, str(error)
    return replace(image, file=key, width=facts.width, height=facts.height, has_alpha=facts.has_alpha), ""


def _known_pictures(unit: Unit) -> dict[str, values.Image]:
    return {row.source: row.value() for row in unit.db.scalars(select(Image).where(Image.file != ""))}


def _keep_variants(unit: Unit, row: Product, given: Iterable[values.Variant]) -> None:
    existing = {one.key: one for one in row.variants}
    seen = set()
    for position, one in enumerate(given):
        variant = existing.get(one.id)
        if variant is None:
            variant = unit.own(Variant, key=one.id, reserved=0)
            row.variants.append(variant)
        old_price = None if variant.price_minor is None else variant.price
        _write_variant(variant, one, position)
        unit.db.flush()
        if old_price != one.price:
            unit.own(Price, variant_id=variant.id, currency=one.price.currency, minor=one.price.minor, at=unit.now())
        seen.add(one.id)
    for key, variant in existing.items():
        if key not in seen:
            variant.is_retired = True


def _write_variant(row: Variant, given: values.Variant, position: int) -> None:
    row.position, row.title, row.options = position, given.title, given.options
    row.sku, row.barcode, row.currency = given.sku, given.barcode, given.price.currency
    row.price_minor = given.price.minor
    row.compare_at_minor = None if given.compare_at is None else given.compare_at.minor
    row.cost_minor = None if given.cost is None else given.cost.minor
    row.stock, row.oversell, row.grams = given.stock, given.oversell, given.grams
    row.image, row.is_retired = given.image, False


def _keep_images(unit: Unit, row: Product, given: tuple[values.Image, ...], problems: dict[str, str]) -> None:
    existing = {one.source: one for one in row.images}
    for one in given:
        image = existing.pop(one.source, None)
        if image is None:
            image = unit.own(Image, source=one.source, file="", width=0, height=0, has_alpha=False)
            row.images.append(image)
        image.alt, image.position, image.problem = one.alt, one.position, problems.get(one.source, "")
        if one.file and one.file != image.file:
            cutouts.forget(image)
        if one.file:
            image.file, image.width, image.height = one.file, one.width, one.height
            image.has_alpha = one.has_alpha
    for gone in existing.values():
        row.images.remove(gone)


def _comparable(row: Product) -> values.Product:
    return replace(row.value(), variants=tuple(replace(v.value(), stock=v.stock) for v in row.variants))


def _for(actor: Actor, product: values.Product) -> values.Product:
    if actor.sees_costs:
        return product
    return replace(product, variants=tuple(replace(one, cost=None) for one in product.variants))
