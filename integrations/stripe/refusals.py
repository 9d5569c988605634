"""What Stripe says when it refuses, in our words. Its own messages name tokens and keys, so none of them goes on."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import stripe

from adengine.core.errors import AdEngineError, Conflict, Forbidden, Invalid, PaymentDeclined, Unavailable

# Refused today, perhaps not tomorrow: docs.stripe.com/error-codes
FOR_NOW = frozenset(
    {
        "balance_insufficient",
        "insufficient_funds",
        "insufficient_capabilities_for_transfer",
        "instant_payouts_unsupported",
        "transfers_not_allowed",
    }
)
# A call with the same key is under way, or another holds the object: what came of it is not known yet.
UNDER_WAY = frozenset({"idempotency_key_in_use", "lock_timeout"})

WORDS: Mapping[type[stripe.StripeError], tuple[type[AdEngineError], str]] = {
    stripe.IdempotencyError: (Conflict, "this was asked for with other values before, and is repeated only as it was"),
    stripe.RateLimitError: (Unavailable, "Stripe asks us to send less at once; the same is sent again later"),
    stripe.AuthenticationError: (Unavailable, "Stripe does not accept this key; check ADENGINE_STRIPE_KEY"),
    stripe.PermissionError: (Forbidden, "Stripe does not allow this with this key; docs/stripe.md says what it needs"),
}


@contextmanager
def in_our_words(act: str) -> Iterator[None]:
    """Turn every error of Stripe's that ends the block into ours; `act` says what was tried (`refunding`)."""
    try:
        yield
    except stripe.StripeError as error:
        # Without the cause: its text holds what Stripe was sent.
        raise _ours(error, act) from None


def decline_code(error: stripe.CardError) -> str:
    """Why a card was refused, as Stripe's codes put it: `insufficient_funds`, `card_declined`."""
    said = getattr(error.error, "decline_code", None) or error.code
    return _code(said) or "card_declined"


def _ours(error: stripe.StripeError, act: str) -> AdEngineError:
    if error.code in UNDER_WAY:
        return Unavailable(f"Stripe is still at it; the same is asked again later ({act})")
    if isinstance(error, stripe.InvalidRequestError):
        return _refused(error, act)
    if isinstance(error, stripe.CardError):
        return PaymentDeclined(f"the payment was declined ({decline_code(error)})")
    for kind, (ours, words) in WORDS.items():
        if isinstance(error, kind):
            return ours(f"{words} ({act})")
    return Unavailable(f"Stripe did not answer; the same is sent again later ({act})")


def _refused(error: stripe.InvalidRequestError, act: str) -> AdEngineError:
    why = ", ".join(one for one in (_code(error.code), _code(error.param)) if one) or "invalid request"
    if error.code in FOR_NOW:
        return Conflict(f"Stripe cannot do this now: {act} ({why})")
    return Invalid(f"Stripe refused {act} ({why})")


def _code(said: str | None) -> str:
    """A code or a parameter's name; anything else may hold what nobody should read in a log."""
    return said if said and re.fullmatch(r"[a-z][a-z0-9_]{0,59}(\[[a-z0-9_]{1,40}\])*", said) else ""
