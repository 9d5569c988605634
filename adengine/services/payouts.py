"""Money leaves: runs that send everybody what they are owed of each order, and what refunds bring back.

Claim, call, keep: a Transfer or Reversal row is committed before the provider is called with its id as key, and posted
to the ledger after. A crash in between is finished by the sweep, with the same key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from adengine.core.errors import Conflict, Forbidden, Invalid, NotFound, PaymentDeclined, StillRunning, Unavailable
from adengine.core.ledger import post_reversal, post_transfer
from adengine.core.money import Money
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Order, Payee, Payment, Reversal, Transfer, new_id
from adengine.services import ledger
from adengine.services.dues import Due, Position, dues, mature_before, positions_of

LONGEST_RUN = 60


@dataclass(frozen=True)
class TransferCard:
    """Money sent to an account for one order; `back` is what was taken back of it since."""

    id: str
    run: str
    order_id: str
    account: str
    amount: Money
    back: Money
    status: str
    problem: str
    at: datetime


@dataclass(frozen=True)
class PayoutReport:
    """What a run has sent so far, and what every account is still owed, with the reason where nothing was sent."""

    run: str
    transfers: tuple[TransferCard, ...]
    dues: tuple[Due, ...]


def pay_out(engine: AdEngine, actor: Actor, *, run: str) -> PayoutReport:
    """Send everybody who is ready to be paid what they are owed of every order that is old enough.

    The same run again sends nothing twice: it finishes what it left, and pays what became due since for an account and
    order it has not paid. What the provider refuses is marked failed, and a run of another name tries it again.
    """
    if not 1 <= len(run.strip()) <= LONGEST_RUN:
        raise Invalid(f"name the run in 1 to {LONGEST_RUN} characters, such as 2026-11")
    with engine.unit(actor) as unit:
        unit.require("orders:write")
        payee_ids = list(unit.db.scalars(select(Payee.id).where(Payee.status == "ready").order_by(Payee.id)))
    for payee_id in payee_ids:
        with engine.unit(actor) as unit:
            _claim(unit, payee_id, run.strip())
    with engine.unit(actor) as unit:
        claimed = unit.db.scalars(select(Transfer.id).where(Transfer.run == run.strip(), Transfer.status == "claimed"))
        ids = sorted(claimed)
    for transfer_id in ids:
        try:
            finish(engine, actor, transfer_id)
        except Unavailable:  # whether it was sent is unknown: it stays claimed, and the sweep asks again
            continue
    with engine.unit(actor) as unit:
        return PayoutReport(run.strip(), tuple(list_transfers(unit, run=run.strip())), tuple(dues(unit)))


def claw_back(unit: Unit, order_id: str, cause: str) -> None:
    """Claim back what transfers of an order sent beyond what their accounts are owed since a refund or dispute.

    What of the order is still here is taken first. Called in the unit that posted the refund, its order's row locked;
    a second time for the same state it does nothing.
    """
    sent = unit.db.scalars(
        select(Transfer)
        .where(Transfer.order_id == order_id, Transfer.status == "paid")
        .order_by(Transfer.number.desc(), Transfer.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for account in sorted({transfer.account for transfer in sent}):
        short = sum(one.short.minor for one in positions_of(unit, account=account, order_id=order_id))
        _claim_reversals(unit, [one for one in sent if one.account == account], short, cause)


def owed(unit: Unit) -> list[tuple[str, str]]:
    """(merchant id, transfer or reversal id) of what is claimed and not finished.

    A transfer younger than a lease is left to the run that claimed it.
    """
    since = unit.now() - timedelta(seconds=int(unit.settings.lease_s))
    transfers = select(Transfer.merchant_id, Transfer.id).where(
        Transfer.status == "claimed", Transfer.created_at <= since
    )
    reversals = select(Reversal.merchant_id, Reversal.id).where(Reversal.status == "claimed")
    return [(merchant_id, row_id) for query in (transfers, reversals) for merchant_id, row_id in unit.db.execute(query)]


def finish(engine: AdEngine, actor: Actor, row_id: str) -> None:
    """Send a claimed transfer, or bring a claimed reversal back; done twice it happens once.

    Raises Unavailable when the provider does not answer: the row stays claimed.
    """
    if row_id.startswith("trf_"):
        _send(engine, actor, row_id)
    else:
        _bring_back(engine, actor, row_id)


def list_transfers(unit: Unit, *, run: str | None = None) -> list[TransferCard]:
    """Transfers, the newest first."""
    unit.require("orders:read")
    query = select(Transfer).order_by(Transfer.created_at.desc(), Transfer.id)
    return [_card(row) for row in unit.db.scalars(query if run is None else query.where(Transfer.run == run))]


def _claim(unit: Unit, payee_id: str, run: str) -> None:
    """Claim a transfer for each order that the payee is owed for, less what it owes back; one run at a time a payee."""
    payee = unit.get(Payee, payee_id, lock=True)
    if payee.status != "ready" or payee.provider != unit.ports.payments.name:
        return
    done = set(unit.db.scalars(select(Transfer.order_id).where(Transfer.run == run, Transfer.account == payee.account)))
    cutoff = mature_before(unit)
    positions = positions_of(unit, account=payee.account)
    debts = {one.balance.currency: 0 for one in positions}
    for one in positions:
        debts[one.balance.currency] += one.short.minor
    for one in positions:
        if one.order_id in done or one.placed_at > cutoff or one.provider != payee.provider:
            continue
        held = min(debts[one.balance.currency], one.available.minor)
        debts[one.balance.currency] -= held
        if one.available.minor > held:
            _claim_transfer(unit, payee, one, one.available.minor - held, run)


def _claim_transfer(unit: Unit, payee: Payee, position: Position, minor: int, run: str) -> None:
    last = unit.db.scalar(
        select(func.max(Transfer.number)).where(
            Transfer.order_id == position.order_id, Transfer.account == position.account
        )
    )
    unit.own(
        Transfer,
        id=new_id("trf"),
        run=run,
        order_id=position.order_id,
        payee_id=payee.id,
        account=position.account,
        number=(last or 0) + 1,
        currency=position.balance.currency,
        minor=minor,
        reversed_minor=0,
        status="claimed",
        external_id=None,
        problem="",
        created_at=unit.now(),
    )


def _send(engine: AdEngine, actor: Actor, transfer_id: str) -> None:
    with engine.unit(actor) as unit:
        row = unit.get(Transfer, transfer_id)
        if row.status != "claimed":
            return
        order_id, amount = row.order_id, row.amount
        payee = unit.get(Payee, row.payee_id).external_id or ""
        charge_id = _payment_here(unit, order_id).charge_id
    try:
        external_id = engine.ports.payments.transfer(
            payee, amount, order_id=order_id, charge_id=charge_id, key=transfer_id
        )
    except StillRunning as busy:
        raise Unavailable(busy.message) from None
    except (Invalid, Forbidden, Conflict, NotFound, PaymentDeclined) as refusal:
        with engine.unit(actor) as unit:
            row = unit.get(Transfer, transfer_id, lock=True)
            if row.status == "claimed":
                row.status, row.problem = "failed", refusal.message[:300]
        return
    with engine.unit(actor) as unit:
        _keep_transfer(unit, transfer_id, external_id)


def _keep_transfer(unit: Unit, transfer_id: str, external_id: str) -> None:
    order = unit.get(Order, unit.get(Transfer, transfer_id).order_id, lock=True)
    row = unit.get(Transfer, transfer_id, lock=True)
    if row.status == "paid":
        return
    row.status, row.external_id, row.problem = "paid", external_id, ""
    ledger.post(unit, order.id, post_transfer(row.id, row.account, row.amount, unit.ports.payments.name))
    # A refund may have come while the money was on its way.
    claw_back(unit, order.id, row.id)


def _claim_reversals(unit: Unit, sent: list[Transfer], short: int, cause: str) -> None:
    known = {
        row.transfer_id
        for row in unit.db.scalars(
            select(Reversal).where(Reversal.cause == cause, Reversal.transfer_id.in_([one.id for one in sent]))
        )
    }
    for transfer in (one for one in sent if one.id not in known):
        part = min(short, transfer.minor - transfer.reversed_minor)
        if part <= 0:
            continue
        short -= part
        transfer.reversed_minor += part
        unit.own(
            Reversal,
            id=new_id("rev"),
            transfer_id=transfer.id,
            cause=cause,
            currency=transfer.currency,
            minor=part,
            status="claimed",
            problem="",
            created_at=unit.now(),
        )
    unit.db.flush()


def _bring_back(engine: AdEngine, actor: Actor, reversal_id: str) -> None:
    with engine.unit(actor) as unit:
        row = unit.get(Reversal, reversal_id)
        if row.status != "claimed":
            return
        transfer = unit.get(Transfer, row.transfer_id)
        amount, external_id = row.amount, transfer.external_id or ""
        _payment_here(unit, transfer.order_id)
    try:
        engine.ports.payments.reverse(external_id, amount, key=reversal_id)
    except StillRunning as busy:
        raise Unavailable(busy.message) from None
    except (Invalid, Forbidden, Conflict, NotFound, PaymentDeclined) as refusal:
        with engine.unit(actor) as unit:
            _keep_reversal(unit, reversal_id, refusal.message[:300])
        return
    with engine.unit(actor) as unit:
        _keep_reversal(unit, reversal_id, "")


def _keep_reversal(unit: Unit, reversal_id: str, problem: str) -> None:
    transfer = unit.get(Transfer, unit.get(Reversal, reversal_id).transfer_id)
    unit.get(Order, transfer.order_id, lock=True)
    transfer = unit.get(Transfer, transfer.id, lock=True)
    row = unit.get(Reversal, reversal_id, lock=True)
    if row.status != "claimed":
        return
    row.problem = problem
    if problem:
        row.status = "failed"
        transfer.reversed_minor -= row.minor
        return
    row.status = "paid"
    posting = post_reversal(row.id, transfer.account, row.amount, unit.ports.payments.name)
    ledger.post(unit, transfer.order_id, posting)


def _payment_here(unit: Unit, order_id: str) -> Payment:
    payment = unit.get(Payment, unit.get(Order, order_id).payment_id)
    if payment.provider != unit.ports.payments.name:
        raise Unavailable(f"this order was paid through {payment.provider}; set ADENGINE_PAYMENTS back to finish it")
    return payment


def _card(row: Transfer) -> TransferCard:
    return TransferCard(
        id=row.id,
        run=row.run,
        order_id=row.order_id,
        account=row.account,
        amount=row.amount,
        back=Money(row.reversed_minor, row.currency),
        status=row.status,
        problem=row.problem,
        at=row.created_at,
    )
