"""Collecting a checkout's total, by page, intent or token: verified again, reserved, asked for once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from adengine.core.buyer import Buyer, Consent, Touch
from adengine.core.commerce import move
from adengine.core.errors import Conflict, Forbidden, Invalid, NotFound, PaymentDeclined, StillRunning
from adengine.core.money import Money
from adengine.core.quote import Quote
from adengine.engine import SYSTEM, Actor, AdEngine, Unit, worker
from adengine.models import Checkout, Inbox, Order, Payment, new_id
from adengine.ports import Charge, PaymentEvent, PaymentIntent, Purchase, TokenLimits
from adengine.services import checkout, orders, payees, settling, stock
from adengine.services.checkout import CheckoutCard

Method = Literal["page", "intent", "token"]

# What a provider refuses for good: nothing was taken, and asking again the same way changes nothing.
REFUSALS = (Invalid, Forbidden, PaymentDeclined)
LOOK_AGAIN_S = 1


@dataclass(frozen=True)
class Completion:
    """How a buyer pays without a page: a delegated `token`, and what is said along with it.

    `authenticated`: the buyer passed the challenge that `needs_authentication` asked for.
    """

    token: str
    buyer: Buyer | None = None
    authenticated: bool = False
    last_touch: Touch | None = None
    consents: tuple[Consent, ...] = ()
    notes: str = ""


@dataclass(frozen=True)
class Claimed:
    """A payment to be made now, or made again; `is_new`: nobody can have asked the provider for it yet."""

    id: str
    amount: Money
    what: Purchase
    url: str | None
    pending: str
    is_new: bool


def pay(engine: AdEngine, actor: Actor, checkout_id: str) -> str:
    """Verify price and stock again, reserve the goods, and answer the address where the buyer pays.

    Claim, call, keep: called twice it answers the same address, since the payment's id is the provider's key.
    """
    with engine.unit(actor) as unit:
        claimed = _to_be_paid(_claim(unit, _locked(unit, checkout_id), "page"))
        if claimed.url:
            return claimed.url
    with _declining(engine, actor, checkout_id, claimed):
        page = engine.ports.payments.open(claimed.amount, claimed.what, key=claimed.id)
    with engine.unit(actor) as unit:
        row = unit.get(Payment, claimed.id, lock=True)
        row.external_id, row.url = page.external_id, page.url
    return page.url


def intent(engine: AdEngine, actor: Actor, checkout_id: str) -> PaymentIntent:
    """Like `pay`, for a buyer who stays in the player: what its form confirms the payment with."""
    with engine.unit(actor) as unit:
        claimed = _to_be_paid(_claim(unit, _locked(unit, checkout_id), "intent"))
    with _declining(engine, actor, checkout_id, claimed):
        made = engine.ports.payments.intent(claimed.amount, claimed.what, key=claimed.id)
    with engine.unit(actor) as unit:
        unit.get(Payment, claimed.id, lock=True).external_id = made.external_id
    return made


def _nothing(*_: object) -> None:
    return None


def complete(
    engine: AdEngine,
    actor: Actor,
    checkout_id: str,
    how: Completion | Callable[[Unit], Completion],
    *,
    begin: Callable[[Unit], None] = _nothing,
    keep: Callable[[Unit, CheckoutCard], None] = _nothing,
) -> CheckoutCard:
    """Charge a delegated token: the card says paid, or open again with what the trouble is.

    `begin` runs first in the transaction that claims the payment (what it raises stops everything), then `how` where it
    has to ask something, and `keep` last in the one that records the outcome. Raises Unavailable when the provider does
    not answer: the checkout stays `paying`, and the same call again repeats the same payment. A paid checkout is
    answered as it is.
    """
    with engine.unit(actor) as claiming:
        begin(claiming)
        row = _locked(claiming, checkout_id)
        if row.status == "paid":
            card = checkout.card_of(claiming, row)
            keep(claiming, card)
            return card
        said = how if isinstance(how, Completion) else how(claiming)
        claimed, merchant = _claim(claiming, row, "token", said), worker(claiming.merchant_id)
    charge = _charge(engine, claimed, said) if claimed.amount else Charge("", "paid", "nothing to pay")
    with engine.unit(merchant) as unit:
        unit.knows(claiming)
        card = settling.charged(unit, checkout_id, claimed.id, charge)
        keep(unit, card)
        return card


def take_event(engine: AdEngine, body: bytes, signature: str) -> str | None:
    """Take in what the payment provider says: an order, its postings and its credit, all or nothing, once.

    Answers the order it is about, or None. A repeated message changes nothing. Raises Forbidden for one that is not
    signed, and NotFound for one about what is not known here yet, so that the provider sends it again.
    """
    said = engine.ports.payments.event(body, signature)
    if said.outcome == "other":
        return None
    if said.outcome == "payee":
        payees.changed(engine, said.subject)
        return None
    with engine.unit(SYSTEM) as unit:
        payment = _payment_of(unit, said)
        merchant_id, checkout_id, payment_id = payment.merchant_id, payment.checkout_id, payment.id
    try:
        with engine.unit(worker(merchant_id)) as unit:
            unit.db.add(Inbox(provider=said.provider, external_id=said.event_id, at=unit.now()))
            unit.db.flush()
            unit.lock((Checkout, checkout_id), (Payment, payment_id))
            return _heard(unit, unit.get(Checkout, checkout_id), unit.get(Payment, payment_id), said)
    except IntegrityError:
        with engine.unit(SYSTEM) as unit:
            if unit.db.get(Inbox, (said.provider, said.event_id)) is None:
                raise
            return unit.db.scalar(select(Order.id).where(Order.checkout_id == checkout_id))


def expire(unit: Unit) -> int:
    """Give back the goods reserved for checkouts whose time to pay ran out; answers how many."""
    rows = unit.db.scalars(
        select(Checkout)
        .where(Checkout.status == "paying", Checkout.expires_at < unit.now())
        .with_for_update(skip_locked=True, key_share=True)
    ).all()
    stock.give_back(unit, rows)
    for row in rows:
        row.status = move("checkout", row.status, "expired")
    return len(rows)


def pending(unit: Unit) -> list[tuple[str, str]]:
    """(merchant id, payment id) of token payments that the provider has not decided yet."""
    rows = unit.db.scalars(
        select(Payment).where(Payment.method == "token", Payment.status == "opened", Payment.external_id.is_not(None))
    )
    return [(row.merchant_id, row.id) for row in rows]


def settle(engine: AdEngine, actor: Actor, payment_id: str) -> None:
    """Ask the provider what became of such a payment, and record it."""
    with engine.unit(actor) as unit:
        payment = unit.get(Payment, payment_id)
        external_id, checkout_id = payment.external_id or "", payment.checkout_id
    charge = engine.ports.payments.find(external_id)
    with engine.unit(actor) as unit:
        settling.charged(unit, checkout_id, payment_id, charge)


def owed_closings(unit: Unit) -> list[tuple[str, str]]:
    """(merchant id, payment id) of pages and intents that nobody should pay any more."""
    rows = unit.db.scalars(
        select(Payment)
        .join(Checkout, Checkout.id == Payment.checkout_id)
        .where(
            Payment.status == "opened",
            Payment.method != "token",
            Payment.external_id.is_not(None),
            (Checkout.status != "paying") | (Checkout.payment_id != Payment.id),
        )
    )
    return [(row.merchant_id, row.id) for row in rows]


def close(engine: AdEngine, actor: Actor, payment_id: str) -> None:
    """Close such a payment at the provider; should it be paid all the same, the message of that is taken in."""
    with engine.unit(actor) as unit:
        external_id = unit.get(Payment, payment_id).external_id or ""
    engine.ports.payments.close(external_id)
    with engine.unit(actor) as unit:
        row = unit.get(Payment, payment_id, lock=True)
        if row.status == "opened":
            row.status = "closed"


def owed_paybacks(unit: Unit) -> list[tuple[str, str]]:
    """(merchant id, payment id) of money that was taken and bought nothing."""
    rows = unit.db.scalars(select(Payment).where(Payment.status == "to_refund"))
    return [(row.merchant_id, row.id) for row in rows]


def pay_back(engine: AdEngine, actor: Actor, payment_id: str) -> None:
    """Send such a payment back; its id is the key, so that doing it twice pays once."""
    with engine.unit(actor) as unit:
        payment = unit.get(Payment, payment_id)
        external_id, amount = payment.external_id or "", payment.amount
    engine.ports.payments.refund(external_id, amount, key=payment_id)
    with engine.unit(actor) as unit:
        unit.get(Payment, payment_id, lock=True).status = "refunded"


def _locked(unit: Unit, checkout_id: str) -> Checkout:
    unit.require("checkout:write")
    return checkout.row_of(unit, checkout_id, lock=True)


def _claim(unit: Unit, row: Checkout, method: Method, how: Completion | None = None) -> Claimed:
    """Commit to a payment: the goods are reserved, and its row says under which key the provider is asked."""
    before = unit.get(Payment, row.payment_id, lock=True) if row.payment_id else None
    token = how.token if how else ""
    if row.status == "paying" and before is not None:
        if _is_the_same(before, method, token):
            return _claimed(row, before)
        if before.method == "token":
            words = "another payment of this checkout is being made; ask again in a moment"
            raise StillRunning(words, retry_after_s=LOOK_AGAIN_S)
    else:
        move("checkout", "open" if row.status == "expired" else row.status, "paying")
    if row.quote.has_expired(unit.now()):
        raise Conflict("this offer's time ran out; ask for a new price and confirm it")
    changed: dict[str, Any] = {"trouble": ""}
    if row.status != "paying":
        changed |= {"quote": _reserved(unit, row), "status": move("checkout", row.status, "paying")}
        changed |= _noted(unit, row, how)
    if before is not None and before.status == "needs_authentication" and _is_the_same(before, method, token):
        unit.put(row, **changed)
        unit.put(before, status="opened")
        return _claimed(row, before)
    unit.put(row, payment_id=new_id("pay"), **changed)
    return _new_payment(unit, row, method, token)


def _claimed(row: Checkout, payment: Payment) -> Claimed:
    """A payment that may have been asked for before."""
    pending = (payment.external_id or "") if row.trouble == "payment_pending" else ""
    return Claimed(payment.id, payment.amount, _bought(row), payment.url, pending, is_new=False)


def _bought(row: Checkout) -> Purchase:
    return Purchase(row.id, row.order_id, row.quote.lines[0].title)


def _to_be_paid(claimed: Claimed) -> Claimed:
    if not claimed.amount:
        raise Invalid("there is nothing to pay; complete this checkout without a token")
    return claimed


def _is_the_same(payment: Payment, method: Method, token: str) -> bool:
    return payment.method == method and payment.token_digest == _digest(payment.id, token)


def _digest(payment_id: str, token: str) -> str:
    """How a token is remembered: enough to know it again, of no use to anybody else."""
    return hashlib.sha256(f"{payment_id}:{token}".encode()).hexdigest() if token else ""


def _reserved(unit: Unit, row: Checkout) -> Quote:
    """Keep the goods for this checkout, if its price and everything it needs still stand: its quote, verified now."""
    fresh = checkout.verified_now(unit, row)
    stock.keep(unit, row)
    return replace(fresh, at=row.quote.at, expires_at=row.quote.expires_at)


def _noted(unit: Unit, row: Checkout, how: Completion | None) -> dict[str, Any]:
    """What is to be kept of what the buyer said when paying."""
    if how is None:
        return {}
    said = {"buyer": how.buyer, "notes": how.notes, "last_touch": how.last_touch, "consents": how.consents}
    kept = {name: value for name, value in said.items() if value}
    return {**kept, "ad_id": checkout.credited_to(unit, row, how.last_touch)}


def _new_payment(unit: Unit, row: Checkout, method: Method, token: str) -> Claimed:
    total, payment_id = row.quote.total, row.payment_id or ""
    payment = {
        "id": payment_id,
        "checkout_id": row.id,
        "provider": unit.ports.payments.name,
        "external_id": None,
        "url": None,
        "status": "opened",
        "quote": row.quote,
        "minor": total.minor,
        "currency": total.currency,
        "created_at": unit.now(),
        "method": method,
        "token_digest": _digest(payment_id, token),
    }
    unit.add(Payment, payment)
    return Claimed(payment_id, total, _bought(row), url=None, pending="", is_new=True)


@contextmanager
def _declining(engine: AdEngine, actor: Actor, checkout_id: str, claimed: Claimed) -> Iterator[None]:
    """Give the goods back when the provider refuses for good to open a payment."""
    try:
        yield
    except REFUSALS as refusal:
        with engine.unit(actor) as unit:
            row = unit.get(Checkout, checkout_id, lock=True)
            payment = unit.get(Payment, claimed.id, lock=True)
            settling.declined(unit, row, payment, refusal.message, settling.names_of(payment, "", ""))
        raise


def _charge(engine: AdEngine, claimed: Claimed, how: Completion) -> Charge:
    payments = engine.ports.payments
    try:
        if claimed.pending:
            return payments.find(claimed.pending)
        # Only before the first try: later the token may be used up by this very payment.
        if claimed.is_new:
            problem = _beyond(payments.limits(how.token), claimed.amount, engine.ports.clock())
            if problem:
                return Charge("", "declined", problem)
        return payments.charge(how.token, claimed.amount, claimed.what, key=claimed.id, authenticated=how.authenticated)
    except REFUSALS as refusal:
        return Charge("", "declined", refusal.message)


def _beyond(limits: TokenLimits, amount: Money, now: datetime) -> str:
    """Why a token does not allow this payment; empty when it does."""
    if limits.most is not None and limits.most.currency != amount.currency:
        return f"the token pays in {limits.most.currency}, this checkout costs {amount.currency}"
    if limits.most is not None and limits.most < amount:
        return f"the token allows at most {limits.most.display()}, this checkout costs {amount.display()}"
    if limits.expires_at is not None and limits.expires_at <= now:
        return "the token has expired"
    return "" if limits.is_usable else limits.reason or "the token cannot be used any more"


def _heard(unit: Unit, row: Checkout, payment: Payment, said: PaymentEvent) -> str | None:
    names = settling.names_of(payment, said.external_id, said.charge_id)
    match said.outcome:
        case "paid":
            return settling.paid(unit, row, payment, _amount(said), names)
        case "declined":
            settling.declined(unit, row, payment, said.reason, names)
            return None
    unit.put(payment, **names)
    match said.outcome:
        case "refund_failed":
            orders.refund_failed(unit, payment.id, refund_id=said.subject, reason=said.reason)
        case _ if payment.status in {"to_refund", "refunded"}:
            return None  # it bought nothing that a dispute could take back
        case "disputed":
            amount = _amount(said)
            orders.dispute(unit, payment.id, provider=said.provider, external_id=said.subject, amount=amount)
        case _:
            is_won = said.outcome == "dispute_won"
            orders.settle_dispute(unit, payment.id, provider=said.provider, external_id=said.subject, is_won=is_won)
    return unit.db.scalar(select(Order.id).where(Order.checkout_id == row.id))


def _amount(said: PaymentEvent) -> Money:
    if said.amount is None:
        raise Invalid(f"a message about '{said.outcome}' must say how much money it is about")
    return said.amount


def _payment_of(unit: Unit, said: PaymentEvent) -> Payment:
    # Our own id first: the provider may know of a payment before we have kept the provider's name of it.
    payment = unit.db.get(Payment, said.payment_id) if said.payment_id else None
    if payment is None and said.external_id:
        payment = unit.db.scalar(select(Payment).where(Payment.external_id == said.external_id))
    if payment is None and said.charge_id:
        payment = unit.db.scalar(select(Payment).where(Payment.charge_id == said.charge_id))
    if payment is None:
        raise NotFound("this payment is not known here (yet); send the message again later")
    return payment
