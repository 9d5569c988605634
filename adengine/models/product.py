"""Products, their variants and pictures, and every price a variant ever had."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adengine.core import catalog
from adengine.core.money import Money
from adengine.models.base import Base, Owned, Value, new_id

Pairs = tuple[tuple[str, str], ...]
OFFER = ("product_id", "merchant_id", "is_retired", "id", "currency", "price_minor", "stock", "reserved", "oversell")


class Product(Owned, Base):
    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("merchant_id", "handle"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("prod"))
    handle: Mapped[str]
    title: Mapped[str]
    description: Mapped[str]
    vendor: Mapped[str]
    kind: Mapped[str]
    tags: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]))
    status: Mapped[str]
    metafields: Mapped[Pairs] = mapped_column(Value(Pairs))
    updated_at: Mapped[datetime]
    variants: Mapped[list[Variant]] = relationship(
        order_by="Variant.position", cascade="all, delete-orphan", lazy="selectin"
    )
    images: Mapped[list[Image]] = relationship(order_by="Image.position", cascade="all, delete-orphan", lazy="selectin")

    def value(self) -> catalog.Product:
        """The product as the core knows it; a variant's id is its row id. Retired variants are left out."""
        return catalog.Product(
            id=self.id,
            handle=self.handle,
            title=self.title,
            description=self.description,
            vendor=self.vendor,
            kind=self.kind,
            tags=self.tags,
            status=self.status,
            metafields=self.metafields,
            variants=tuple(v.value() for v in self.variants if not v.is_retired),
            images=tuple(i.value() for i in self.images if i.file),
        )


class Variant(Owned, Base):
    """One buyable thing. `reserved` pieces of `stock` belong to checkouts that are being paid."""

    __tablename__ = "variant"
    __table_args__ = (
        UniqueConstraint("product_id", "key"),
        CheckConstraint("reserved >= 0", name="reserved_not_negative"),
        # SQLite answers a search's question for price and stock from the index alone. On PostgreSQL a sale would then
        # write every index of the variant anew (no heap-only tuples).
        Index("variant_offer", *OFFER).ddl_if(dialect="sqlite"),
        Index("ix_variant_product_id", "product_id").ddl_if(dialect="postgresql"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("var"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"))
    key: Mapped[str]
    position: Mapped[int]
    title: Mapped[str]
    options: Mapped[tuple[catalog.Option, ...]] = mapped_column(Value(tuple[catalog.Option, ...]))
    sku: Mapped[str]
    barcode: Mapped[str]
    currency: Mapped[str]
    price_minor: Mapped[int] = mapped_column(BigInteger)
    compare_at_minor: Mapped[int | None] = mapped_column(BigInteger)
    cost_minor: Mapped[int | None] = mapped_column(BigInteger)
    stock: Mapped[int | None]
    reserved: Mapped[int] = mapped_column(default=0)
    oversell: Mapped[bool]
    grams: Mapped[int] = mapped_column(default=0)
    image: Mapped[str | None]
    is_retired: Mapped[bool] = mapped_column(default=False)

    @property
    def price(self) -> Money:
        return Money(self.price_minor, self.currency)

    def value(self) -> catalog.Variant:
        """The variant as the core knows it, with the stock that is free to sell."""
        return catalog.Variant(
            id=self.id,
            title=self.title,
            options=self.options,
            price=self.price,
            compare_at=_money(self.compare_at_minor, self.currency),
            cost=_money(self.cost_minor, self.currency),
            sku=self.sku,
            barcode=self.barcode,
            stock=free_stock(self.stock, self.reserved),
            oversell=self.oversell,
            grams=self.grams,
            image=self.image,
        )


class Image(Owned, Base):
    """A picture. `file` is empty and `problem` says why when it could not be taken in.

    The row is the job of cutting it out: `cutout_of` says what was tried last, and by which method.
    """

    __tablename__ = "image"
    __table_args__ = (UniqueConstraint("product_id", "source"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("img"))
    product_id: Mapped[str] = mapped_column(ForeignKey("product.id"), index=True)
    source: Mapped[str]
    alt: Mapped[str]
    position: Mapped[int]
    file: Mapped[str] = mapped_column(default="")
    width: Mapped[int] = mapped_column(default=0)
    height: Mapped[int] = mapped_column(default=0)
    has_alpha: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[str] = mapped_column(default="")
    cutout: Mapped[str] = mapped_column(default="")
    cutout_confidence: Mapped[float] = mapped_column(default=0.0)
    cutout_of: Mapped[str] = mapped_column(default="")
    cutout_tries: Mapped[int] = mapped_column(default=0)
    cutout_due: Mapped[datetime | None]

    def value(self) -> catalog.Image:
        return catalog.Image(
            source=self.source,
            alt=self.alt,
            position=self.position,
            file=self.file,
            width=self.width,
            height=self.height,
            has_alpha=self.has_alpha,
            cutout=self.cutout,
            cutout_confidence=self.cutout_confidence,
        )


class Price(Owned, Base):
    """A price from `at` on, until the next one: what '-x %' is computed from. Never changed or deleted."""

    __tablename__ = "price"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("variant.id"), index=True)
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


def free_stock(stock: int | None, reserved: int) -> int | None:
    """How many pieces are free to sell; None where the shop does not count them."""
    return None if stock is None else max(0, stock - reserved)


def _money(minor: int | None, currency: str) -> Money | None:
    return None if minor is None else Money(minor, currency)
