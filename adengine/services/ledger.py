"""The ledger's rows: append a posting once, take an order's money back, read balances."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from adengine.core import ledger as values
from adengine.core.errors import NotFound
from adengine.core.ledger import post_dispute, post_dispute_won, post_refund, post_refund_failed
from adengine.core.money import Money
from adengine.engine import Unit
from adengine.models import Entry, Order, Posting, Seal, new_id


@dataclass(frozen=True)
class Balance:
    """What an account holds: credit positive."""

    account: str
    amount: Money


def post(unit: Unit, order_id: str, posting: values.Posting) -> None:
    """Append a posting; its unique key makes a second one fail the whole unit."""
    row_id = new_id("post")
    unit.add(
        Posting,
        {
            "id": row_id,
            "key": posting.key,
            "kind": posting.kind,
            "order_id": order_id,
            "at": unit.now(),
            "seal": row_id,
            "split": posting.split,
        },
    )
    unit.add(Entry, *(_entry(row_id, entry) for entry in posting.entries))
    unit.add(Seal, {"posting_id": row_id})


def record_refund(unit: Unit, order_id: str, refund_id: str, amount: Money) -> None:
    """Post a refund of an order whose row the unit has locked; raises Conflict naming what is left."""
    stands = _standing(unit, order_id)
    post(
        unit,
        order_id,
        post_refund(order_id, refund_id, sale=stands.base, amount=amount, refunded_before=stands.taken),
    )


def record_refund_failed(unit: Unit, order_id: str, refund_id: str) -> None:
    """Give back exactly what the refund took; raises NotFound where it took nothing."""
    taken = refund_posted(unit, order_id, refund_id)
    if taken is None:
        raise NotFound("this refund took nothing here, so there is nothing to give back")
    post(unit, order_id, post_refund_failed(order_id, refund_id, taken=taken.value()))


def refund_posted(unit: Unit, order_id: str, refund_id: str) -> Posting | None:
    """What a refund took, once it has; None before."""
    return unit.db.scalar(select(Posting).where(Posting.key == f"refund:{order_id}:{refund_id}"))


def record_dispute(unit: Unit, order_id: str, dispute_id: str, amount: Money) -> None:
    """Post what a buyer's bank took of an order whose row the unit has locked; raises Conflict as a refund does."""
    stands = _standing(unit, order_id)
    post(
        unit,
        order_id,
        post_dispute(order_id, dispute_id, sale=stands.base, amount=amount, taken_before=stands.taken),
    )


def record_dispute_won(unit: Unit, order_id: str, dispute_id: str) -> None:
    """Give back exactly what the dispute took; raises NotFound where it took nothing."""
    taken = unit.db.scalar(select(Posting).where(Posting.key == f"dispute:{order_id}:{dispute_id}"))
    if taken is None:
        raise NotFound("this dispute took nothing here, so there is nothing to give back")
    post(unit, order_id, post_dispute_won(order_id, dispute_id, taken=taken.value()))


def taken_back(unit: Unit, order_id: str) -> Money:
    """What refunds and open or lost disputes took of an order so far."""
    order = unit.get(Order, order_id)
    return order.total - _standing(unit, order_id).left


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
    return [row.value() for row in rows_of(unit, order_id)]


def rows_of(unit: Unit, order_id: str) -> list[Posting]:
    """An order's postings in the order they were made, as rows."""
    rows = unit.db.scalars(select(Posting).where(Posting.order_id == order_id)).all()
    # Several may bear the same instant; entries are numbered as they come.
    return sorted(rows, key=lambda row: row.entries[0].id if row.entries else 0)


def _standing(unit: Unit, order_id: str) -> values.Standing:
    postings = [row.value() for row in rows_of(unit, order_id)]
    if not any(one.kind == "sale" for one in postings):
        raise NotFound("this order has no sale in the ledger")
    return values.standing(postings, unit.get(Order, order_id).currency)


def _entry(posting_id: str, entry: values.Entry) -> dict[str, str | int]:
    return {
        "posting_id": posting_id,
        "account": entry.account,
        "currency": entry.amount.currency,
        "minor": entry.amount.minor,
    }
