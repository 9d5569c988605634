"""Payments through Stripe: hosted pages, payment intents, delegated tokens, refunds, and transfers to payees."""

from integrations.stripe.payments import StripePayments

__all__ = ["StripePayments"]
