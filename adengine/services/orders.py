"""Orders: what was sold to whom and what went back of it, by the shop's refund or the buyer's bank."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import select

from adengine.core.buyer import Address, Buyer
from adengine.core.commerce import move
from adengine.core.errors import Conflict, Forbidden, Invalid, NotFound
from adengine.core.money import Money, total
from adengine.core.quote import Quote
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Checkout, Dispute, Order, Payment, Refund, new_id
from adengine.services import experiments, ledger, payouts
from adengine.services.experiments import Deed
from adengine.services.selling import Lines

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RefundCard:
    """Money on its way back or there; `lines` are the (variant id, quantity) it was for, where it was for some."""

    id: str
    amount: Money
    status: str
    lines: Lines = ()
    at: str = ""


@dataclass(frozen=True)
class DisputeCard:
    """What a buyer's bank took back: open, won (it came back) or lost."""

    id: str
    amount: Money
    status: str
    at: str


@dataclass(frozen=True)
class OrderCard:
    """A paid order with the moment that earned it, what was paid back, and how the shop's own system knows it.

    `placed_status` is owed, placed or refused. `agent_id` is the agent that bought it for somebody.
    """

    id: str
    checkout_id: str
    status: str
    quote: Quote
    total: Money
    refunded: Money
    ad_id: str | None
    second: float | None
    experiment_id: str | None
    refunds: tuple[RefundCard, ...]
    placed_at: str
    buyer: Buyer | None
    address: Address | None
    notes: str
    agent_id: str | None
    disputes: tuple[DisputeCard, ...]
    placed_status: str
    placed_ref: str
    placed_problem: str = ""

    @property
    def left(self) -> Money:
        """What can still be paid back."""
        gone = [one.amount for one in self.refunds if one.status != "failed"]
        taken = [one.amount for one in self.disputes if one.status != "won"]
        return self.total - total([*gone, *taken], self.total.currency)


def get_order(unit: Unit, order_id: str) -> OrderCard:
    """An order by its unguessable id: whoever holds the id may read it, but for other agents."""
    unit.require("checkout:write")
    return order_card(_row(unit, order_id))


def list_orders(unit: Unit) -> list[OrderCard]:
    """Every order, the newest first."""
    unit.require("orders:read")
    return [order_card(row) for row in unit.db.scalars(select(Order).order_by(Order.created_at.desc(), Order.id))]


def order_card(row: Order) -> OrderCard:
    return OrderCard(
        id=row.id,
        checkout_id=row.checkout_id,
        status=row.status,
        quote=row.quote,
        total=row.total,
        refunded=row.refunded,
        ad_id=row.ad_id,
        second=row.second,
        experiment_id=row.experiment_id,
        refunds=tuple(RefundCard(one.id, one.amount, one.status, one.lines, _at(one)) for one in row.refunds),
        placed_at=_at(row),
        buyer=row.buyer,
        address=row.address,
        notes=row.notes,
        agent_id=row.agent_id,
        disputes=tuple(DisputeCard(one.id, one.amount, one.status, _at(one)) for one in row.disputes),
        placed_status=row.placed_status,
        placed_ref=row.placed_ref,
        placed_problem=row.placed_problem,
    )


def worth(quote: Quote, lines: Lines) -> Money:
    """What `lines` of an order cost their buyer: discounts taken off, tax on top added, shipping left out.

    Raises Invalid for what was not bought, or more of it than was.
    """
    bought = {one.variant_id: one for one in quote.lines}
    amounts = []
    for variant_id, quantity in lines:
        line = bought.get(variant_id)
        if line is None or not 0 < quantity <= line.quantity:
            raise Invalid("that is more than this order holds; choose among its lines")
        paid = line.reduced + line.tax if line.tax and quote.tax_inside is None else line.reduced
        amounts.append(paid.split([quantity, line.quantity - quantity])[0] if quantity < line.quantity else paid)
    return total(amounts, quote.currency)


def returned(order: OrderCard | Order) -> dict[str, int]:
    """How many pieces of each variant were refunded by the piece, or are on their way."""
    counted: dict[str, int] = {}
    for variant_id, quantity in (line for one in order.refunds if one.status != "failed" for line in one.lines):
        counted[variant_id] = counted.get(variant_id, 0) + quantity
    return counted


def refund(
    engine: AdEngine,
    actor: Actor,
    order_id: str,
    *,
    amount: Money | None = None,
    lines: Lines = (),
    request_key: str,
) -> OrderCard:
    """Pay an order back, once per key: `lines` of it, an `amount`, or all that is left.

    Credits are clawed back pro rata. Raises Conflict when less than that is left.
    """
    with engine.unit(actor) as unit:
        unit.require("orders:write")
        claimed, external_id = _claim_refund(unit, order_id, amount, lines, request_key)
        done, back, refund_id = claimed.status == "paid", claimed.amount, claimed.id
    if not done:
        try:
            engine.ports.payments.refund(external_id, back, key=refund_id)
        except (Invalid, Forbidden):
            with engine.unit(actor) as unit:
                unit.get(Refund, refund_id, lock=True).status = "failed"
            raise
        with engine.unit(actor) as unit:
            _keep_refund(unit, refund_id)
    with engine.unit(actor) as unit:
        return order_card(unit.get(Order, order_id))


def owed_refunds(unit: Unit) -> list[tuple[str, str, str]]:
    """Refunds claimed but not paid, as (merchant id, order id, request key): a crash left them half-way."""
    rows = unit.db.scalars(select(Refund).where(Refund.status == "claimed"))
    return [(row.merchant_id, row.order_id, row.request_key) for row in rows]


def refund_failed(unit: Unit, payment_id: str, *, refund_id: str, reason: str) -> None:
    """Take in that a refund did not reach its buyer: every account has again what it took, and it can be made anew.

    One that is none of the payment's, or was refused at once, changes nothing. Raises NotFound while it is being made.
    """
    known = select(Order.id).join(Refund).where(Refund.id == refund_id, Order.payment_id == payment_id)
    order_id = unit.db.scalar(known)
    if order_id is None:
        log.warning("money that went back as %s did not arrive (%s); no refund here goes by it", refund_id, reason)
        return
    order = unit.get(Order, order_id, lock=True)
    row = unit.get(Refund, refund_id, lock=True)
    if row.status == "claimed":
        raise NotFound("this refund is still being made here; send the message again later")
    if row.status != "paid":
        return
    ledger.record_refund_failed(unit, order.id, row.id)
    row.status = "failed"
    _count_refunded(unit, order, -row.amount, f"{row.id}:refund_failed")
    unit.db.flush()
    _tell(unit, order.id)


def dispute(unit: Unit, payment_id: str, *, provider: str, external_id: str, amount: Money) -> None:
    """Take in that a buyer's bank took money back; a second message about the same changes nothing.

    Raises NotFound while the payment has bought nothing yet.
    """
    order = _order_of(unit, payment_id)
    row, is_new = unit.once(
        lambda: _disputed(unit, provider, external_id),
        lambda: unit.own(
            Dispute,
            id=new_id("dis"),
            order_id=order.id,
            provider=provider,
            external_id=external_id,
            status="open",
            currency=amount.currency,
            minor=amount.minor,
            created_at=unit.now(),
        ),
    )
    if not is_new:
        return
    # A bank may take the whole charge where a part of it went back before: that part stands in no account any more.
    taken = min(amount, _left(unit, order), key=lambda one: one.minor)
    if taken.minor > 0:
        ledger.record_dispute(unit, order.id, row.id, taken)
    _went_back(unit, order, row.id)


def settle_dispute(unit: Unit, payment_id: str, *, provider: str, external_id: str, is_won: bool) -> None:
    """Record how a dispute ended; money that was won back stands in every account again."""
    order = _order_of(unit, payment_id)
    row = _disputed(unit, provider, external_id)
    if row is None:
        raise NotFound("this dispute is not known here (yet); send the message again later")
    if row.status != "open":
        return
    row.status = "won" if is_won else "lost"
    if is_won:
        with suppress(NotFound):  # it took nothing where everything had been paid back before
            ledger.record_dispute_won(unit, order.id, row.id)
    _tell(unit, order.id)


def _row(unit: Unit, order_id: str) -> Order:
    row = unit.get(Order, order_id)
    if unit.actor.kind == "agent" and row.agent_id != unit.actor.agent_id:
        raise NotFound(f"there is no order '{order_id[:60]}' here")
    return row


def _order_of(unit: Unit, payment_id: str) -> Order:
    order_id = unit.db.scalar(select(Order.id).where(Order.payment_id == payment_id))
    if order_id is None:
        raise NotFound("this payment has bought nothing here (yet); send the message again later")
    return unit.get(Order, order_id, lock=True)


def _disputed(unit: Unit, provider: str, external_id: str) -> Dispute | None:
    return unit.db.scalar(select(Dispute).where(Dispute.provider == provider, Dispute.external_id == external_id))


def _claim_refund(
    unit: Unit, order_id: str, amount: Money | None, lines: Lines, request_key: str
) -> tuple[Refund, str]:
    order = unit.get(Order, order_id, lock=True)
    if lines:
        amount = worth(order.quote, lines)
    external_id = unit.get(Payment, order.payment_id).external_id or ""
    before = unit.db.scalar(select(Refund).where(Refund.order_id == order.id, Refund.request_key == request_key))
    if before is not None and amount is not None and before.amount != amount:
        raise Conflict("this request key was used for another amount; use a new one")
    if before is not None and before.status != "failed":
        return before, external_id
    if before is not None and ledger.refund_posted(unit, order.id, before.id):
        raise Conflict("this refund was made and failed at the buyer's bank; use a new request key to try it again")
    _need_unreturned(order, lines)
    asked = _refundable(unit, order, amount)
    if before is not None:
        before.status = "claimed"
        return before, external_id
    row = unit.own(
        Refund,
        id=new_id("ref"),
        order_id=order.id,
        request_key=request_key,
        status="claimed",
        currency=asked.currency,
        minor=asked.minor,
        lines=lines,
        created_at=unit.now(),
    )
    unit.db.flush()
    return row, external_id


def _refundable(unit: Unit, order: Order, amount: Money | None) -> Money:
    left = _left(unit, order)
    asked = left if amount is None else amount
    if asked.minor <= 0:
        raise Invalid("nothing is left to refund" if amount is None else "a refund must be more than nothing")
    if left < asked:
        raise Conflict(f"only {left.display()} of this order is left to refund; ask for that or less")
    return asked


def _left(unit: Unit, order: Order) -> Money:
    """What neither went back nor is on its way back."""
    claimed = total((one.amount for one in order.refunds if one.status == "claimed"), order.currency)
    return order.total - ledger.taken_back(unit, order.id) - claimed


def _need_unreturned(order: Order, lines: Lines) -> None:
    """Refuse to pay a piece back twice."""
    gone = returned(order)
    bought = {one.variant_id: one for one in order.quote.lines}
    for variant_id, quantity in lines:
        left = bought[variant_id].quantity - gone.get(variant_id, 0)
        if quantity > left:
            raise Conflict(f"{left} of {bought[variant_id].title} can still be refunded; choose that or fewer")


def _keep_refund(unit: Unit, refund_id: str) -> None:
    order_id = unit.get(Refund, refund_id).order_id
    order = unit.get(Order, order_id, lock=True)
    row = unit.get(Refund, refund_id, lock=True)
    if ledger.refund_posted(unit, order.id, row.id):
        return
    ledger.record_refund(unit, order.id, row.id, row.amount)
    row.status = "paid"
    _count_refunded(unit, order, row.amount, f"{row.id}:refund")
    _went_back(unit, order, row.id)


def _count_refunded(unit: Unit, order: Order, amount: Money, deed_id: str) -> None:
    """Have the order and the film that earned it say what went back, by so much more; less where it is negative."""
    order.refunded_minor += amount.minor
    now = "paid" if not order.refunded else "refunded" if order.refunded == order.total else "partly_refunded"
    order.status = move("order", order.status, now)
    checkout = unit.get(Checkout, order.checkout_id)
    if order.ad_id and checkout.viewer:
        deed = Deed(deed_id, "refund", order.ad_id, checkout.viewer, order.experiment_id, minor=-amount.minor)
        experiments.note(unit, deed)


def _went_back(unit: Unit, order: Order, cause: str) -> None:
    unit.db.flush()
    payouts.claw_back(unit, order.id, cause)
    _tell(unit, order.id)


def _tell(unit: Unit, order_id: str) -> None:
    # Notices write down a whole order and need its card from here.
    from adengine.services import notices

    # One of them may have been made since the order was read.
    unit.db.expire(unit.get(Order, order_id), ["refunds", "disputes"])
    notices.owe(unit, order_id, "order_update")
    unit.tell(f"order://{order_id}")


def _at(row: Order | Refund | Dispute) -> str:
    return row.created_at.isoformat(timespec="seconds")
