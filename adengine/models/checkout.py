"""From a filled basket to a paid order and its refunds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adengine.core.commerce import Quote
from adengine.core.money import Money
from adengine.models.base import Base, Owned, Value, new_id


class Checkout(Owned, Base):
    """`ad_id`, `second`, `experiment_id` and `viewer` say which moment of which film led here."""

    __tablename__ = "checkout"
    __table_args__ = (UniqueConstraint("merchant_id", "request_key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("chk"))
    request_key: Mapped[str | None]
    status: Mapped[str]
    quote: Mapped[Quote] = mapped_column(Value(Quote))
    channel: Mapped[str]
    ad_id: Mapped[str | None] = mapped_column(ForeignKey("ad.id"))
    second: Mapped[float | None]
    experiment_id: Mapped[str | None] = mapped_column(ForeignKey("experiment.id"))
    viewer: Mapped[str | None]
    payment_id: Mapped[str | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Payment(Owned, Base):
    """One attempt to collect a checkout's total, for the `quote` the buyer saw. Its id is the provider's key.

    opened -> paid | declined; `to_refund` is money that bought nothing, until the sweep has paid it back.
    """

    __tablename__ = "payment"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pay"))
    checkout_id: Mapped[str] = mapped_column(ForeignKey("checkout.id"), index=True)
    provider: Mapped[str]
    external_id: Mapped[str | None]
    url: Mapped[str | None]
    status: Mapped[str]
    quote: Mapped[Quote] = mapped_column(Value(Quote))
    minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    created_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


class Order(Owned, Base):
    """A paid checkout; `checkout_id` is unique, so that no event can make a second order of it."""

    __tablename__ = "shop_order"
    __table_args__ = (CheckConstraint("refunded_minor <= total_minor", name="refunded_at_most_total"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ord"))
    checkout_id: Mapped[str] = mapped_column(ForeignKey("checkout.id"), unique=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("payment.id"))
    status: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int] = mapped_column(BigInteger)
    refunded_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    quote: Mapped[Quote] = mapped_column(Value(Quote))
    ad_id: Mapped[str | None]
    second: Mapped[float | None]
    experiment_id: Mapped[str | None]
    created_at: Mapped[datetime]
    refunds: Mapped[list[Refund]] = relationship(order_by="Refund.created_at", lazy="selectin")

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)


class Refund(Owned, Base):
    """Money on its way back; `claimed` before the provider is called, `paid` after, `failed` when it refused.

    Its id is the key towards the provider.
    """

    __tablename__ = "refund"
    __table_args__ = (UniqueConstraint("order_id", "request_key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ref"))
    order_id: Mapped[str] = mapped_column(ForeignKey("shop_order.id"), index=True)
    request_key: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)
