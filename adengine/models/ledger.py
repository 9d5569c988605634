"""The ledger: postings that sum to zero, appended and never changed; the database itself sees to both."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from adengine.core import ledger
from adengine.core.money import Money
from adengine.models.base import Base, Owned, Value, new_id


class Posting(Owned, Base):
    """`key` is unique: the same sale or refund posts once, however often its event arrives.

    `seal` is its own id: no posting is committed without its Seal. `split` is what a sale was shared by.
    """

    __tablename__ = "posting"
    __table_args__ = (UniqueConstraint("merchant_id", "key"),)
    id: Mapped[str] = mapped_column(primary_key=True, default=lambda: new_id("post"))
    key: Mapped[str]
    kind: Mapped[str]
    order_id: Mapped[str] = mapped_column(ForeignKey("shop_order.id"), index=True)
    at: Mapped[datetime]
    seal: Mapped[str | None] = mapped_column(ForeignKey("seal.posting_id", deferrable=True, initially="DEFERRED"))
    split: Mapped[ledger.Split | None] = mapped_column(Value(ledger.Split))
    entries: Mapped[list[Entry]] = relationship(order_by="Entry.id", lazy="selectin")

    def value(self) -> ledger.Posting:
        return ledger.Posting(
            key=self.key,
            kind=self.kind,  # type: ignore[arg-type]
            entries=tuple(ledger.Entry(e.account, Money(e.minor, e.currency)) for e in self.entries),
            split=self.split,
        )


class Entry(Owned, Base):
    """One side of a posting: credit positive, debit negative."""

    __tablename__ = "entry"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    posting_id: Mapped[str] = mapped_column(ForeignKey("posting.id"), index=True)
    account: Mapped[str] = mapped_column(index=True)
    currency: Mapped[str]
    minor: Mapped[int] = mapped_column(BigInteger)


class Seal(Owned, Base):
    """Closes a posting: it is taken only when the entries sum to zero, and after it the posting takes no more.

    SQLite has no constraint that looks at several rows when a transaction ends, but a deferred foreign key does: a
    posting refers to its seal, and a trigger gives a seal to balanced postings only. PostgreSQL does the same.
    """

    __tablename__ = "seal"
    posting_id: Mapped[str] = mapped_column(primary_key=True)
