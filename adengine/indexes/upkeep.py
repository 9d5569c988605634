"""Indexes every shop anew where its documents were read by other rules than today's, or never."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Connection, select, text

from adengine.core import catalog
from adengine.core.money import Money
from adengine.core.search.document import document_of
from adengine.indexes.postgres import PostgresIndex
from adengine.indexes.rows import OPEN, VERSION, RowIndex
from adengine.indexes.sqlite import SqliteIndex
from adengine.models import Product, Variant

STALE = text(
    "SELECT EXISTS (SELECT 1 FROM search_shop WHERE version <> :version) OR EXISTS (SELECT 1 FROM product "
    "WHERE status = 'active' AND merchant_id NOT IN (SELECT merchant_id FROM search_shop))"
)
SHOPS = text("SELECT DISTINCT merchant_id FROM product WHERE status = 'active' ORDER BY merchant_id")
KEPT = text("UPDATE search_shop SET documents = :documents, generation = generation + 1 WHERE merchant_id = :merchant")
NUMBER = text("SELECT number FROM search_shop WHERE merchant_id = :merchant")


def bring_up_to_date(db: Connection) -> int:
    """Index all shops anew if any needs it; answers how many products were read."""
    if not db.execute(STALE, {"version": VERSION}).scalar_one():
        return 0
    index = SqliteIndex() if db.dialect.name == "sqlite" else PostgresIndex()
    index.empty(db)
    return sum(_index_shop(db, index, merchant_id) for merchant_id in db.execute(SHOPS).scalars().all())


def _index_shop(db: Connection, index: RowIndex, merchant_id: str) -> int:
    db.execute(OPEN, {"merchant": merchant_id, "version": VERSION})
    number = int(db.execute(NUMBER, {"merchant": merchant_id}).scalar_one())
    counted: dict[str, tuple[str, int, int]] = {}
    documents = 0
    for product in _products(db, merchant_id):
        document, words = document_of(product)
        index.write(db, merchant_id, number, document)
        for one in words:
            word, times, heads = counted.get(one.stem, (one.word, 0, 0))
            counted[one.stem] = (word, times + 1, heads + int(one.is_head))
        documents += 1
    index.count_words(db, merchant_id, counted)
    db.execute(KEPT, {"merchant": merchant_id, "documents": documents})
    return documents


def _products(db: Connection, merchant_id: str) -> Iterator[catalog.Product]:
    product, variant = Product.__table__, Variant.__table__
    variants = db.execute(
        select(variant.c.product_id, variant.c.id, variant.c.title, variant.c.options, variant.c.sku, variant.c.barcode)
        .where(variant.c.merchant_id == merchant_id, variant.c.is_retired.is_(False))
        .order_by(variant.c.product_id, variant.c.position)
    ).all()
    nothing = Money(0, "EUR")  # a document holds no prices
    own = {
        product_id: tuple(
            catalog.Variant(one.id, one.title, one.options, nothing, sku=one.sku, barcode=one.barcode) for one in rows
        )
        for product_id, rows in groupby(variants, key=lambda one: one.product_id)
    }
    products = select(product).where(product.c.merchant_id == merchant_id, product.c.status == "active")
    for row in db.execute(products.order_by(product.c.id)).all():
        yield catalog.Product(
            id=row.id,
            handle=row.handle,
            title=row.title,
            description=row.description,
            vendor=row.vendor,
            kind=row.kind,
            tags=row.tags,
            metafields=row.metafields,
            variants=own.get(row.id, ()),
        )
