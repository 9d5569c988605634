"""What Stripe's objects say, as values of ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast

import stripe

from adengine.ports import Charge, PayeeState, TokenLimits
from integrations.stripe.amounts import from_stripe
from integrations.stripe.refusals import decline_code

Outcome = Literal["paid", "declined", "needs_authentication", "pending"]
OUTCOMES: Mapping[str, Outcome] = {
    "succeeded": "paid",
    "requires_action": "needs_authentication",
    "canceled": "declined",
}


def charge_of(intent: stripe.PaymentIntent, *, page: str = "") -> Charge:
    """What became of a payment; `page` is the hosted page it is paid on, whose name it then goes by."""
    outcome = OUTCOMES.get(intent.status, "pending")
    # On a page the buyer takes another card; elsewhere nobody is there to do so.
    if intent.status == "requires_payment_method" and intent.last_payment_error is not None and not page:
        outcome = "declined"
    return Charge(
        external_id=page or intent.id,
        outcome=outcome,
        reason=why_it_failed(intent) if outcome == "declined" else "",
        charge_id=name_of(intent.latest_charge) if outcome == "paid" else "",
    )


def declined_by(error: stripe.CardError) -> Charge:
    return Charge(name_of(getattr(error.error, "payment_intent", None)), "declined", decline_code(error))


def why_it_failed(intent: stripe.PaymentIntent) -> str:
    error = intent.last_payment_error
    if error is None:
        return intent.cancellation_reason or "cancelled"
    return getattr(error, "decline_code", None) or getattr(error, "code", None) or "card_declined"


def limits_of(token: Mapping[str, Any]) -> TokenLimits:
    """What a granted token allows, from the JSON of an API version that the library has no types for."""
    usage, is_over = token["usage_limits"], token.get("deactivated_at") is not None
    expires_at = usage.get("expires_at")
    return TokenLimits(
        most=from_stripe(usage["max_amount"], usage["currency"]),
        expires_at=datetime.fromtimestamp(expires_at, UTC) if expires_at else None,
        is_usable=not is_over,
        reason=str(token.get("deactivated_reason") or "deactivated") if is_over else "",
    )


def payee_of(account: stripe.Account) -> PayeeState:
    if getattr(account.capabilities, "transfers", "") == "active":
        return PayeeState(account.id, is_ready=True)
    lacking = ", ".join(getattr(account.requirements, "currently_due", None) or ())
    stopped = getattr(account.requirements, "disabled_reason", None)
    return PayeeState(account.id, is_ready=False, reason=lacking or stopped or "Stripe is still checking")


def name_of(said: str | stripe.StripeObject | None) -> str:
    """The id of what is named or spelled out in full; empty for nothing."""
    return said if isinstance(said, str) else cast("str", getattr(said, "id", ""))
