"""What a signed message of Stripe's means to us. The same news told by two messages has one `event_id`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, cast

import stripe
from stripe.checkout import Session

from adengine.ports import PaymentEvent
from integrations.stripe.amounts import from_stripe
from integrations.stripe.answers import name_of, why_it_failed

PROVIDER = "stripe"
# Written into each payment: our id of it, and how it is collected. Into each refund: our id of that.
PAYMENT, METHOD = "payment", "method"
REFUND = "refund"

Find = Callable[[str], stripe.PaymentIntent]
Read = Callable[[stripe.Event, Find], PaymentEvent]
Disputed = Literal["disputed", "dispute_won", "dispute_lost"]


def read(said: stripe.Event, find: Find) -> PaymentEvent:
    """Our words for a message whose signature was checked; `find` asks Stripe for a payment intent.

    Payments of a connected account are nobody's here: it could write any payment's id into one of its own.
    """
    reader = READERS.get(said.type, _other)
    is_of_another_account = getattr(said, "account", None) is not None
    if is_of_another_account and reader is not _payee:
        return _other(said, find)
    return reader(said, find)


def _page_done(said: stripe.Event, find: Find) -> PaymentEvent:
    session = cast("Session", said.data.object)
    if session.payment_status != "paid" or PAYMENT not in _metadata(session):
        return _other(said, find)  # a bank transfer, say, that is still on its way: another message tells of it
    return _paid(said, find(name_of(session.payment_intent)), external_id=session.id)


def _page_closed(said: stripe.Event, find: Find) -> PaymentEvent:
    session = cast("Session", said.data.object)
    ours = _metadata(session)
    return _declined(said, session.id, ours, "expired") if PAYMENT in ours else _other(said, find)


def _intent_paid(said: stripe.Event, find: Find) -> PaymentEvent:
    intent = cast("stripe.PaymentIntent", said.data.object)
    return _paid(said, intent, external_id=intent.id) if PAYMENT in _metadata(intent) else _other(said, find)


def _intent_failed(said: stripe.Event, find: Find) -> PaymentEvent:
    intent = cast("stripe.PaymentIntent", said.data.object)
    ours = _metadata(intent)
    # On Stripe's own page the buyer takes another card: one that failed ends nothing.
    if PAYMENT not in ours or ours.get(METHOD) == "page":
        return _other(said, find)
    return _declined(said, intent.id, ours, why_it_failed(intent))


def _disputed(said: stripe.Event, find: Find) -> PaymentEvent:
    dispute = cast("stripe.Dispute", said.data.object)
    # An inquiry takes no money yet; if it grows into a dispute, funds_withdrawn says so.
    return _other(said, find) if dispute.status.startswith("warning_") else _dispute(said, find, "disputed")


def _dispute_closed(said: stripe.Event, find: Find) -> PaymentEvent:
    status = cast("stripe.Dispute", said.data.object).status
    if status == "won":
        return _dispute(said, find, "dispute_won")
    return _dispute(said, find, "dispute_lost") if status == "lost" else _other(said, find)


def _refund_changed(said: stripe.Event, find: Find) -> PaymentEvent:
    refund = cast("stripe.Refund", said.data.object)
    did_not_arrive = refund.status in {"failed", "canceled"}
    return _refund_failed(said, find) if did_not_arrive else _other(said, find)


def _refund_failed(said: stripe.Event, find: Find) -> PaymentEvent:
    refund = cast("stripe.Refund", said.data.object)
    intent_id, ours = name_of(refund.payment_intent), _metadata(refund)
    if REFUND not in ours or not intent_id:
        return _other(said, find)  # made in the dashboard: the ledger never heard of it
    return PaymentEvent(
        provider=PROVIDER,
        # Three kinds of message tell it.
        event_id=f"{refund.id}:failed",
        external_id=intent_id,
        outcome="refund_failed",
        amount=from_stripe(refund.amount, refund.currency),
        payment_id=_metadata(find(intent_id)).get(PAYMENT, ""),
        charge_id=name_of(refund.charge),
        subject=ours[REFUND],
        reason=getattr(refund, "failure_reason", None) or str(refund.status),
    )


def _payee(said: stripe.Event, _: Find) -> PaymentEvent:
    account = cast("stripe.Account", said.data.object)
    return PaymentEvent(PROVIDER, said.id, "", "payee", subject=account.id)


def _other(said: stripe.Event, _: Find) -> PaymentEvent:
    return PaymentEvent(PROVIDER, said.id, "", "other")


READERS: Mapping[str, Read] = {
    "checkout.session.completed": _page_done,
    "checkout.session.async_payment_succeeded": _page_done,
    "checkout.session.async_payment_failed": _page_closed,
    "checkout.session.expired": _page_closed,
    "payment_intent.succeeded": _intent_paid,
    "payment_intent.payment_failed": _intent_failed,
    "payment_intent.canceled": _intent_failed,
    "charge.dispute.created": _disputed,
    "charge.dispute.funds_withdrawn": _disputed,
    "charge.dispute.closed": _dispute_closed,
    "refund.failed": _refund_changed,
    "refund.updated": _refund_changed,
    "charge.refund.updated": _refund_changed,
    "account.updated": _payee,
}


def _paid(said: stripe.Event, intent: stripe.PaymentIntent, *, external_id: str) -> PaymentEvent:
    return PaymentEvent(
        provider=PROVIDER,
        # The page and the payment behind it both report; it is one piece of news.
        event_id=f"{intent.id}:paid",
        external_id=external_id,
        outcome="paid",
        amount=from_stripe(intent.amount_received, intent.currency),
        payment_id=_metadata(intent).get(PAYMENT, ""),
        charge_id=name_of(intent.latest_charge),
    )


def _declined(said: stripe.Event, external_id: str, ours: Mapping[str, str], reason: str) -> PaymentEvent:
    return PaymentEvent(PROVIDER, said.id, external_id, "declined", payment_id=ours[PAYMENT], reason=reason)


def _dispute(said: stripe.Event, find: Find, outcome: Disputed) -> PaymentEvent:
    dispute = cast("stripe.Dispute", said.data.object)
    intent_id = name_of(dispute.payment_intent)
    ours = _metadata(find(intent_id)) if intent_id else {}
    if PAYMENT not in ours:
        return _other(said, find)
    return PaymentEvent(
        provider=PROVIDER,
        event_id=f"{dispute.id}:{outcome}",
        external_id=intent_id,
        outcome=outcome,
        amount=from_stripe(dispute.amount, dispute.currency),
        payment_id=ours[PAYMENT],
        charge_id=name_of(dispute.charge),
        subject=dispute.id,
        reason=dispute.reason,
    )


def _metadata(of: Session | stripe.PaymentIntent | stripe.Refund) -> dict[str, str]:
    return {} if of.metadata is None else of.metadata.to_dict()
