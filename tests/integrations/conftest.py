"""The stand-in for Stripe."""

from tests.stripe_desk import desk_at_stripe, stripe_process

__all__ = ["desk_at_stripe", "stripe_process"]
