"""The ledger's rows: append a posting once, read balances."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from adengine.core import ledger as values
from adengine.core.errors import NotFound
from adengine.core.money import Money
from adengine.engine import Unit
from adengine.models import Entry, Posting, new_id


@dataclass(frozen=True)
class Balance:
    """What an account holds: credit positive."""

    account: str
    amount: Money


def post(unit: Unit, order_id: str, posting: values.Posting) -> None:
    """Append a posting; its unique key makes a second one fail the whole unit."""
    row = unit.own(
        Posting, id=new_id("post"), key=posting.key, kind=posting.kind, order_id=order_id, at=unit.now(), entries=[]
    )
    for entry in posting.entries:
        row.entries.append(
            unit.own(
                Entry,
                posting_id=row.id,
                account=entry.account,
                currency=entry.amount.currency,
                minor=entry.amount.minor,
            )
        )
    unit.db.flush()


def sale_of(unit: Unit, order_id: str) -> values.Posting:
    row = unit.db.scalar(select(Posting).where(Posting.order_id == order_id, Posting.kind == "sale"))
    if row is None:
        raise NotFound("this order has no sale in the ledger")
    return row.value()


def balances(unit: Unit) -> list[Balance]:
    """Every account of the merchant with its balance; all of them together are zero per currency."""
    unit.require("orders:read")
    rows = unit.db.execute(
        select(Entry.account, Entry.currency, func.sum(Entry.minor))
        .group_by(Entry.account, Entry.currency)
        .order_by(Entry.account, Entry.currency)
    )
    return [Balance(account, Money(int(minor), currency)) for account, currency, minor in rows]


def postings_of(unit: Unit, order_id: str) -> list[values.Posting]:
    """An order's postings in the order they were made."""
    unit.require("orders:read")
    rows = unit.db.scalars(select(Posting).where(Posting.order_id == order_id).order_by(Posting.at, Posting.id))
    return [row.value() for row in rows]
