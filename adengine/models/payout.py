"""Paying out what the ledger owes: who is paid where, and every transfer with what was taken back of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from adengine.core.money import Money
from adengine.models.base import Base, Owned, new_id


class Payee(Owned, Base):
    """Where the money of one ledger account goes: `external_id` is its account at the provider.

    invited -> ready | blocked; only a ready payee is paid. `problem` is what the provider still lacks.
    """

    __tablename__ = "payee"
    __table_args__ = (UniqueConstraint("merchant_id", "account"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("pye"))
    account: Mapped[str]
    provider: Mapped[str]
    external_id: Mapped[str | None]
    status: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
    country: Mapped[str] = mapped_column(default="")
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Transfer(Owned, Base):
    """One account's part of one order on its way to its payee; claimed -> paid | failed. Its id is the provider's key.

    `reversed_minor` is what later refunds took back of it.
    """

    __tablename__ = "transfer"
    __table_args__ = (
        UniqueConstraint("order_id", "account", "number"),
        CheckConstraint("reversed_minor <= minor", name="reversed_at_most_all"),
    )
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("trf"))
    run: Mapped[str] = mapped_column(index=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("shop_order.id"), index=True)
    payee_id: Mapped[str] = mapped_column(ForeignKey("payee.id"))
    account: Mapped[str]
    number: Mapped[int]
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)
    reversed_minor: Mapped[int] = mapped_column(BigInteger, default=0)
    status: Mapped[str]
    external_id: Mapped[str | None]
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)


class Reversal(Owned, Base):
    """Part of a transfer that a refund or a dispute takes back; claimed -> paid | failed. Its id is the key."""

    __tablename__ = "reversal"
    __table_args__ = (UniqueConstraint("transfer_id", "cause"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("rev"))
    transfer_id: Mapped[str] = mapped_column(ForeignKey("transfer.id"), index=True)
    cause: Mapped[str]
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str]
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]

    @property
    def amount(self) -> Money:
        return Money(self.minor, self.currency)
