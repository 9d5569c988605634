"""The ledger: postings that sum to zero, appended and never changed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adengine.core import ledger
from adengine.core.money import Money
from adengine.models.base import Base, Owned, new_id


class Posting(Owned, Base):
    """`key` is unique: the same sale or refund posts once, however often its event arrives."""

    __tablename__ = "posting"
    __table_args__ = (UniqueConstraint("merchant_id", "key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("post"))
    key: Mapped[str]
    kind: Mapped[str]
    order_id: Mapped[str] = mapped_column(ForeignKey("shop_order.id"), index=True)
    at: Mapped[datetime]
    entries: Mapped[list[Entry]] = relationship(order_by="Entry.id", lazy="selectin")

    def value(self) -> ledger.Posting:
        return ledger.Posting(
            key=self.key,
            kind=self.kind,  # type: ignore[arg-type]
            entries=tuple(ledger.Entry(e.account, Money(e.minor, e.currency)) for e in self.entries),
        )


class Entry(Owned, Base):
    """One side of a posting: credit positive, debit negative."""

    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    posting_id: Mapped[str] = mapped_column(ForeignKey("posting.id"), index=True)
    account: Mapped[str] = mapped_column(index=True)
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)
