"""What everybody is owed: of each order what can be sent, and what has to come back, read from the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select

from adengine.core.money import Money, total, zero
from adengine.engine import Unit
from adengine.models import Entry, Merchant, Order, Payee, Payment, Posting, Reversal, Transfer
from adengine.services.payees import PayeeCard, payee_card

PAYABLE = ("merchant", "cameo", "creator")


@dataclass(frozen=True)
class Due:
    """What one account is owed: `owed` in all, of it `ready` to be sent, `waiting` for the holdback to end.

    `sent` is on its way. `debt` is what came to be owed back and could not be brought back, for the reasons in
    `problems`; it is set against what becomes ready. `payable` is what a run started now would send.
    """

    account: str
    owed: Money
    ready: Money
    waiting: Money
    sent: Money
    debt: Money
    problems: tuple[str, ...]
    payable: Money
    payee: PayeeCard | None


@dataclass(frozen=True)
class Position:
    """What one account is owed of one order: its balance in the ledger, and what is claimed but not yet posted."""

    account: str
    order_id: str
    placed_at: datetime
    provider: str
    balance: Money
    sending: Money
    returning: Money

    @property
    def available(self) -> Money:
        """What can still be sent."""
        return max(self.balance - self.sending, zero(self.balance.currency))

    @property
    def short(self) -> Money:
        """What has to come back and is not on its way."""
        return max(-(self.balance + self.returning), zero(self.balance.currency))


def dues(unit: Unit) -> list[Due]:
    """What every account that is paid is owed, with what keeps it from being sent."""
    unit.require("orders:read")
    payees = {row.account: payee_card(row) for row in unit.db.scalars(select(Payee))}
    cutoff = mature_before(unit)
    found: dict[tuple[str, str], list[Position]] = {}
    for position in positions_of(unit):
        found.setdefault((position.account, position.balance.currency), []).append(position)
    return [
        _due(unit, account, currency, positions, cutoff, payees.get(account))
        for (account, currency), positions in sorted(found.items())
    ]


def mature_before(unit: Unit) -> datetime:
    """The instant before which an order must have been placed for its money to leave now."""
    return unit.now() - timedelta(days=unit.db.get_one(Merchant, unit.merchant_id).selling.holdback_days)


def positions_of(unit: Unit, *, account: str | None = None, order_id: str | None = None) -> list[Position]:
    """Where payable accounts stand in each order that has something open, the oldest order first."""
    sending, returning = _under_way(unit)
    balance = func.sum(Entry.minor)
    query = (
        select(Entry.account, Order.id, Order.created_at, Payment.provider, Entry.currency, balance)
        .join(Posting, Posting.id == Entry.posting_id)
        .join(Order, Order.id == Posting.order_id)
        .join(Payment, Payment.id == Order.payment_id)
        .where(or_(*(Entry.account.startswith(f"{kind}:", autoescape=True) for kind in PAYABLE)))
        .group_by(Entry.account, Order.id, Order.created_at, Payment.provider, Entry.currency)
        .order_by(Order.created_at, Order.id)
    )
    if account is not None:
        query = query.where(Entry.account == account)
    if order_id is not None:
        query = query.where(Order.id == order_id)
    rows = [
        Position(held, order, at, provider, Money(int(minor), currency), zero(currency), zero(currency))
        for held, order, at, provider, currency, minor in unit.db.execute(query)
    ]
    known = [
        replace(
            one,
            sending=Money(sending.get((one.account, one.order_id), 0), one.balance.currency),
            returning=Money(returning.get((one.account, one.order_id), 0), one.balance.currency),
        )
        for one in rows
    ]
    return [one for one in known if one.balance or one.sending or one.returning]


def _under_way(unit: Unit) -> tuple[dict[tuple[str, str], int], dict[tuple[str, str], int]]:
    """Minor units claimed and not posted, by account and order: those being sent and those being brought back."""
    sending = (
        select(Transfer.account, Transfer.order_id, func.sum(Transfer.minor))
        .where(Transfer.status == "claimed")
        .group_by(Transfer.account, Transfer.order_id)
    )
    returning = (
        select(Transfer.account, Transfer.order_id, func.sum(Reversal.minor))
        .join(Reversal, Reversal.transfer_id == Transfer.id)
        .where(Reversal.status == "claimed")
        .group_by(Transfer.account, Transfer.order_id)
    )
    return _sums(unit.db.execute(sending)), _sums(unit.db.execute(returning))


def _sums(rows: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], int]:
    return {(account, order_id): int(minor) for account, order_id, minor in rows}


def _due(
    unit: Unit, account: str, currency: str, positions: list[Position], cutoff: datetime, payee: PayeeCard | None
) -> Due:
    ready = total((one.available for one in positions if one.placed_at <= cutoff), currency)
    debt = total((one.short for one in positions), currency)
    return Due(
        account=account,
        owed=total((one.balance for one in positions), currency),
        ready=ready,
        waiting=total((one.available for one in positions if one.placed_at > cutoff), currency),
        sent=total((one.sending for one in positions), currency),
        debt=debt,
        problems=_why(unit, account, [one.order_id for one in positions if one.short]),
        payable=max(ready - debt, zero(currency)) if payee and payee.status == "ready" else zero(currency),
        payee=payee,
    )


def _why(unit: Unit, account: str, order_ids: list[str]) -> tuple[str, ...]:
    if not order_ids:
        return ()
    rows = unit.db.scalars(
        select(Reversal.problem)
        .join(Transfer, Transfer.id == Reversal.transfer_id)
        .where(Transfer.account == account, Transfer.order_id.in_(order_ids), Reversal.status == "failed")
        .order_by(Reversal.created_at, Reversal.id)
    )
    return tuple(dict.fromkeys(rows))
