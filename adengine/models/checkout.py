"""From a filled basket to a paid order and its refunds."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adengine.core.buyer import Address, Buyer, Consent, Touch, Trace
from adengine.core.money import Money
from adengine.core.quote import Quote
from adengine.models.base import Base, Owned, Value, new_id


class Checkout(Owned, Base):
    """`ad_id`, `second`, `experiment_id` and `viewer` say which moment of which film led here.

    `asked` is the basket that `request_key` stands for. `agent_id` is the agent that opened it: nobody else's agent may
    see it. `option_id` and `codes` are what the buyer chose; what came of them stands in the quote. `first_touch` and
    `last_touch` are written and never shown.
    `interventions` and `extensions` are what that agent and we both can do.
    """

    __tablename__ = "checkout"
    __table_args__ = (UniqueConstraint("merchant_id", "request_key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("chk"))
    request_key: Mapped[str | None]
    asked: Mapped[tuple[tuple[str, int], ...]] = mapped_column(Value(tuple[tuple[str, int], ...]), default=())
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
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
    buyer: Mapped[Buyer | None] = mapped_column(Value(Buyer))
    address: Mapped[Address | None] = mapped_column(Value(Address))
    option_id: Mapped[str] = mapped_column(default="")
    codes: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), default=())
    notes: Mapped[str] = mapped_column(default="")
    locale: Mapped[str] = mapped_column(default="")
    trouble: Mapped[str] = mapped_column(default="")
    first_touch: Mapped[Touch | None] = mapped_column(Value(Touch))
    last_touch: Mapped[Touch | None] = mapped_column(Value(Touch))
    consents: Mapped[tuple[Consent, ...]] = mapped_column(Value(tuple[Consent, ...]), default=())
    trace: Mapped[Trace | None] = mapped_column(Value(Trace))
    interventions: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), default=())
    extensions: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), default=())

    @property
    def order_id(self) -> str:
        """The order that it is to become, known before: the provider groups its money by it.

        Checkouts that were paid before ids were known ahead became others; `services.checkout` looks them up.
        """
        return f"ord_{self.id.removeprefix('chk_')}"


class Cart(Owned, Base):
    """A basket that an agent keeps for its buyer before there is a checkout; priced anew whenever it is read."""

    __tablename__ = "cart"
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("cart"))
    agent_id: Mapped[str | None] = mapped_column(ForeignKey("agent.id"))
    lines: Mapped[tuple[tuple[str, int], ...]] = mapped_column(Value(tuple[tuple[str, int], ...]))
    buyer: Mapped[Buyer | None] = mapped_column(Value(Buyer))
    codes: Mapped[tuple[str, ...]] = mapped_column(Value(tuple[str, ...]), default=())
    status: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Payment(Owned, Base):
    """One attempt to collect a checkout's total, for the `quote` the buyer saw. Its id is the provider's key.

    opened -> paid | declined | needs_authentication | closed; `to_refund` is money that bought nothing, until the
    sweep has paid it back (refunded). `method` is how it is collected (page, intent or token); `token_digest` knows its
    token again. `charge_id` is the provider's name of the money itself, which transfers are drawn from.
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
    method: Mapped[str] = mapped_column(default="page")
    token_digest: Mapped[str] = mapped_column(default="")
    charge_id: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


class Order(Owned, Base):
    """A paid checkout; `checkout_id` is unique, so that no event can make a second order of it.

    The row is the job of writing the order into the shop's own system, too: `placed_status` owed -> trying -> placed |
    refused; what is being tried is owed again at `placed_due`, and a placed one when a refund is to be told.
    """

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
    agent_id: Mapped[str | None]
    buyer: Mapped[Buyer | None] = mapped_column(Value(Buyer))
    address: Mapped[Address | None] = mapped_column(Value(Address))
    notes: Mapped[str] = mapped_column(default="")
    first_touch: Mapped[Touch | None] = mapped_column(Value(Touch))
    last_touch: Mapped[Touch | None] = mapped_column(Value(Touch))
    consents: Mapped[tuple[Consent, ...]] = mapped_column(Value(tuple[Consent, ...]), default=())
    placed_status: Mapped[str] = mapped_column(default="owed", index=True)
    placed_ref: Mapped[str] = mapped_column(default="")
    placed_tries: Mapped[int] = mapped_column(default=0)
    placed_due: Mapped[datetime | None]
    placed_problem: Mapped[str] = mapped_column(default="")
    refunds: Mapped[list[Refund]] = relationship(order_by="Refund.created_at", lazy="selectin")
    disputes: Mapped[list[Dispute]] = relationship(order_by="Dispute.created_at", lazy="selectin")

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def refunded(self) -> Money:
        return Money(self.refunded_minor, self.currency)


class Refund(Owned, Base):
    """Money on its way back; `claimed` before the provider is called, `paid` after, `failed` when it did not arrive.

    The provider refused it at once, or the buyer's bank weeks later: then its posting and the one that undoes it stay.

    Its id is the key towards the provider. `is_told`: the shop's own system knows of it.
    """

    __tablename__ = "refund"
    __table_args__ = (UniqueConstraint("order_id", "request_key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("ref"))
    order_id: Mapped[str] = mapped_column(ForeignKey("shop_order.id"), index=True)
    request_key: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[tuple[tuple[str, int], ...]] = mapped_column(Value(tuple[tuple[str, int], ...]), default=())
    created_at: Mapped[datetime]
    is_told: Mapped[bool] = mapped_column(default=False, index=True)

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


class Dispute(Owned, Base):
    """A buyer's bank took money back: open -> won | lost. While it is open the money is gone from every account."""

    __tablename__ = "dispute"
    __table_args__ = (UniqueConstraint("provider", "external_id"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("dis"))
    order_id: Mapped[str] = mapped_column(ForeignKey("shop_order.id"), index=True)
    provider: Mapped[str]
    external_id: Mapped[str]
    status: Mapped[str]
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)
