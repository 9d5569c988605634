"""Orders on their way into the shop's own system, which packs and ships, and refunds that it has to hear of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, or_, select

from adengine.core.delivery import pause
from adengine.core.errors import AdEngineError, Unavailable
from adengine.core.money import Money
from adengine.engine import SYSTEM, Actor, AdEngine, Unit, worker
from adengine.models import Order, Refund, Variant
from adengine.ports import PlacedLine, PlacedOrder
from adengine.services import notices

# An order that is not written into the shop is not packed: it is tried for ever, and at least once an hour.
LONGEST_PAUSE_S = 3600
NUDGE_EVERY = 3
# Refunds the shop has to hear of, and those it heard of that did not reach their buyers.
UNTOLD = or_(
    (Refund.status == "paid") & Refund.is_told.is_(False), (Refund.status == "failed") & Refund.is_told.is_(True)
)


@dataclass(frozen=True)
class Told:
    """A refund that the shop has to hear of, or that it `failed` after all; `id` is the key towards it."""

    id: str
    amount: Money
    failed: bool


@dataclass(frozen=True)
class Errand:
    """What an order still lacks in the shop's own system: itself where `ref` is empty, then its refunds."""

    order: PlacedOrder
    ref: str
    refunds: tuple[Told, ...]


def place(engine: AdEngine, order_id: str) -> None:
    """Write an owed order into the shop's own system and tell it of refunds; what fails is tried again later.

    An order that the shop refuses for good is marked so, with its words. Claim, call, keep: done twice, the shop has
    it once, since our ids are its keys.
    """
    with engine.unit(SYSTEM) as unit:
        actor = worker(unit.get(Order, order_id).merchant_id)
    with engine.unit(actor) as unit:
        errand = _claim(unit, order_id)
    if errand is None:
        return
    try:
        ref = errand.ref or _write(engine, actor, errand.order)
        problems = [_tell(engine, actor, ref, refund) for refund in errand.refunds]
    except AdEngineError as refusal:
        with engine.unit(actor) as unit:
            _keep_refusal(unit, order_id, refusal)
        return
    with engine.unit(actor) as unit:
        row = unit.get(Order, order_id, lock=True)
        row.placed_status, row.placed_tries = "placed", 0
        row.placed_problem = next(filter(None, problems), "")


def owed(unit: Unit) -> list[tuple[str, str]]:
    """Jobs to nudge again: orders whose pause is over or whose worker was lost, and those with a refund to tell."""
    is_late = or_(Order.placed_due.is_(None), Order.placed_due < unit.now())
    late = Order.placed_status.in_(["owed", "trying"]) & is_late
    to_tell = (Order.placed_status == "placed") & Order.id.in_(select(Refund.order_id).where(UNTOLD))
    rows = [*_found(unit, late), *_found(unit, to_tell)]
    for row in rows:
        row.placed_status = "owed"
        row.placed_due = unit.now() + NUDGE_EVERY * _lease(unit)
    return [("place", row.id) for row in rows]


def place_again(unit: Unit, order_id: str) -> None:
    """Try an order now that the shop refused or did not take yet; nothing where it has it."""
    unit.require("orders:write")
    row = unit.get(Order, order_id, lock=True)
    if row.placed_status != "placed":
        row.placed_status, row.placed_tries = "owed", 0
        row.placed_due = unit.now() + NUDGE_EVERY * _lease(unit)
        unit.later("place", row.id)


def _found(unit: Unit, which: ColumnElement[bool]) -> Sequence[Order]:
    due = select(Order).where(which).order_by(Order.created_at)
    return unit.db.scalars(due.with_for_update(skip_locked=True, key_share=True)).all()


def _claim(unit: Unit, order_id: str) -> Errand | None:
    row = unit.get(Order, order_id, lock=True)
    if row.placed_status != "owed":
        return None
    row.placed_tries += 1
    row.placed_status = "trying"
    row.placed_due = unit.now() + max(
        pause(row.placed_tries, seed=row.id, longest_s=LONGEST_PAUSE_S), NUDGE_EVERY * _lease(unit)
    )
    to_tell = select(Refund).where(Refund.order_id == row.id, UNTOLD).order_by(Refund.created_at, Refund.id)
    refunds = tuple(Told(one.id, one.amount, one.status == "failed") for one in unit.db.scalars(to_tell))
    return Errand(_placed_order(unit, row), row.placed_ref, refunds)


def _placed_order(unit: Unit, row: Order) -> PlacedOrder:
    quote = row.quote
    return PlacedOrder(
        id=row.id,
        lines=tuple(_placed_line(unit, line.variant_id, line.title, line.quantity, line.unit) for line in quote.lines),
        total=quote.total,
        tax=quote.tax,
        shipping=quote.shipping,
        discount=quote.discount,
        buyer=row.buyer,
        address=row.address,
        note=row.notes,
    )


def _placed_line(unit: Unit, variant_id: str, title: str, quantity: int, each: Money) -> PlacedLine:
    variant = unit.get(Variant, variant_id)
    return PlacedLine(variant.sku, variant.key, title, quantity, each)


def _write(engine: AdEngine, actor: Actor, order: PlacedOrder) -> str:
    ref = engine.ports.orders.place(order)
    with engine.unit(actor) as unit:
        _keep_ref(unit, order.id, ref)
    return ref


def _tell(engine: AdEngine, actor: Actor, ref: str, refund: Told) -> str:
    """Why the shop does not take the refund; "" where it did. Raises Unavailable."""
    problem, shop = "", engine.ports.orders
    tell, what = (shop.refund_failed, "failed refund") if refund.failed else (shop.refunded, "refund")
    try:
        tell(ref, refund.amount, key=refund.id)
    except Unavailable:
        raise
    except AdEngineError as refusal:
        problem = f"the shop does not take the {what} of {refund.amount.display()}: {refusal.message}"
    with engine.unit(actor) as unit:
        unit.get(Refund, refund.id, lock=True).is_told = not refund.failed
    return problem


def _keep_ref(unit: Unit, order_id: str, ref: str) -> None:
    row = unit.get(Order, order_id, lock=True)
    if not row.placed_ref:
        row.placed_ref = ref
        notices.owe(unit, order_id, "order_update")


def _keep_refusal(unit: Unit, order_id: str, refusal: AdEngineError) -> None:
    row = unit.get(Order, order_id, lock=True)
    row.placed_problem = refusal.message
    if not isinstance(refusal, Unavailable):
        row.placed_status = "refused"


def _lease(unit: Unit) -> timedelta:
    return timedelta(seconds=int(unit.settings.lease_s))
