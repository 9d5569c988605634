"""What becomes of a payment, heard of from wherever and however late: an order, another try, or the money back."""

from __future__ import annotations

from dataclasses import replace

from adengine.core.cameo import Decision
from adengine.core.commerce import move
from adengine.core.errors import Conflict, Invalid, NotFound
from adengine.core.ledger import post_sale
from adengine.core.money import Money
from adengine.core.quote import reverify
from adengine.engine import Unit
from adengine.models import Ad, Checkout, Grant, Order, Payment
from adengine.ports import Charge
from adengine.services import ads, cameos, checkout, earnings, experiments, ledger, notices, planning, selling, stock
from adengine.services.checkout import CheckoutCard
from adengine.services.experiments import Deed

Names = dict[str, str | None]


def charged(unit: Unit, checkout_id: str, payment_id: str, charge: Charge) -> CheckoutCard:
    """Record what the provider answered; what an event told meanwhile stands."""
    unit.lock((Checkout, checkout_id), (Payment, payment_id))
    row, payment = unit.get(Checkout, checkout_id), unit.get(Payment, payment_id)
    names = names_of(payment, charge.external_id, charge.charge_id)
    order_id = None
    match charge.outcome:
        case "paid":
            order_id = paid(unit, row, payment, payment.amount, names)
        case "declined":
            declined(unit, row, payment, charge.reason, names)
        case "needs_authentication":
            _challenged(unit, row, payment, names)
        case "pending":
            unit.put(payment, **names)
            if _is_current(row, payment):
                unit.put(row, trouble="payment_pending")
    return checkout.card_of(unit, row, order_id=order_id)


def names_of(payment: Payment, external_id: str, charge_id: str) -> Names:
    """What the provider calls a payment and its money: as it was told first."""
    return {
        "external_id": payment.external_id or external_id or None,
        "charge_id": payment.charge_id or charge_id,
    }


def _is_current(row: Checkout, payment: Payment) -> bool:
    return row.status == "paying" and row.payment_id == payment.id


def paid(unit: Unit, row: Checkout, payment: Payment, taken: Money, names: Names) -> str | None:
    """The one place where money becomes an order, from wherever and however late it is heard of."""
    order_id = checkout.order_id_of(unit, row)
    if payment.status in {"paid", "to_refund", "refunded"}:
        unit.put(payment, **names)
        return order_id
    problem = "this checkout was paid before" if order_id else _why_not(unit, row, payment, taken)
    if problem:
        _owe_back(unit, row, payment, taken, problem, names)
        return order_id
    order = _sold(unit, row, payment, names)
    ledger.post(
        unit, order.id, post_sale(order.id, row.quote, earnings.split_of(unit, order.ad_id), provider=payment.provider)
    )
    if order.ad_id and row.viewer:
        deed = Deed(f"{order.id}:paid", "purchase", order.ad_id, row.viewer, row.experiment_id, minor=order.total_minor)
        experiments.note(unit, deed)
    notices.owe(unit, order.id, "order_create")
    unit.later("place", order.id)
    return order.id


def _why_not(unit: Unit, row: Checkout, payment: Payment, taken: Money) -> str:
    """Why this money buys nothing; empty when the buyer still gets what was promised for it."""
    if row.status == "cancelled":
        return "this checkout was cancelled"
    if taken != payment.amount:
        return f"{taken.display()} was taken where {payment.amount.display()} was asked for"
    try:
        reverify(payment.quote, row.quote)
        codes = selling.held_codes(unit, row.quote)
        if row.status != "paying":
            # Nothing is kept for it any more: a payment that comes late, or after another try was declined.
            checkout.verified_now(unit, row)
        selling.spend_codes(unit, codes)
    except (Conflict, Invalid, NotFound) as refusal:
        return refusal.message
    return ""


def _owe_back(unit: Unit, row: Checkout, payment: Payment, taken: Money, problem: str, names: Names) -> None:
    owed = {"minor": taken.minor, "currency": taken.currency}
    unit.put(payment, status="to_refund", reason=problem, **owed, **names)
    if _is_current(row, payment):
        _open_again(unit, row, "payment_declined")


def _sold(unit: Unit, row: Checkout, payment: Payment, names: Names) -> Order:
    if row.status == "paying":
        stock.sell_kept(unit, row)
    else:
        stock.sell(unit, row)
    unit.put(row, status=move("checkout", row.status, "paid"), trouble="")
    unit.put(payment, status="paid", **names)
    return _ordered(unit, row, payment)


def _ordered(unit: Unit, row: Checkout, payment: Payment) -> Order:
    ad_id = _credited(unit, row)
    return unit.made(
        Order,
        id=row.order_id,
        checkout_id=row.id,
        payment_id=payment.id,
        status="paid",
        currency=row.quote.currency,
        total_minor=row.quote.total.minor,
        refunded_minor=0,
        quote=row.quote,
        ad_id=ad_id,
        second=row.second if ad_id else None,
        experiment_id=row.experiment_id if ad_id else None,
        created_at=unit.now(),
        agent_id=row.agent_id,
        buyer=row.buyer,
        address=row.address,
        notes=row.notes,
        first_touch=row.first_touch,
        last_touch=row.last_touch,
        consents=row.consents,
        placed_due=unit.now(),
        refunds=[],
        disputes=[],
    )


def _credited(unit: Unit, row: Checkout) -> str | None:
    """The film that earns: one that shows what was bought, and whose licences still permit showing it.

    Where one was revoked meanwhile the sale goes on, and its refusal is kept as a grant.
    """
    ad = unit.get(Ad, row.ad_id) if row.ad_id else None
    if ad is None or not checkout.earns(unit, ad, row.quote):
        return None
    placement = "embed" if row.channel == "embed" else "page"
    use = ads.use_of(unit, ad, planning.product_of(unit, ad.product_id))
    for licence_id, is_remix in ads.licences_of(unit, ad).items():
        decision, _ = cameos.decide(unit, licence_id, "serve", replace(use, is_remix=is_remix), placement=placement)
        if not decision.allowed:
            _keep_refusal(unit, row, ad.id, licence_id, placement, decision)
            return None
    return ad.id


def _keep_refusal(unit: Unit, row: Checkout, ad_id: str, licence_id: str, placement: str, decision: Decision) -> None:
    unit.own(
        Grant,
        licence_id=licence_id,
        ad_id=ad_id,
        moment="serve",
        placement=placement,
        allowed=False,
        clause=decision.clause,
        reason=f"no credit for checkout {row.id}: {decision.reason}",
        at=unit.now(),
    )


def declined(unit: Unit, row: Checkout, payment: Payment, reason: str, names: Names) -> None:
    if payment.status not in {"opened", "needs_authentication"}:
        unit.put(payment, **names)
        return
    unit.put(payment, status="declined", reason=reason, **names)
    if _is_current(row, payment):
        _open_again(unit, row, "payment_declined")
    elif row.status == "open" and row.payment_id == payment.id:
        unit.put(row, payment_id=None, trouble="payment_declined")


def _challenged(unit: Unit, row: Checkout, payment: Payment, names: Names) -> None:
    if payment.status != "opened":
        unit.put(payment, **names)
        return
    unit.put(payment, status="needs_authentication", **names)
    if _is_current(row, payment):
        # Authenticated, the same payment goes on.
        _open_again(unit, row, "needs_authentication", payment_id=payment.id)


def _open_again(unit: Unit, row: Checkout, trouble: str, *, payment_id: str | None = None) -> None:
    stock.give_back(unit, [row])
    unit.put(row, status=move("checkout", row.status, "open"), payment_id=payment_id, trouble=trouble)
