"""Money as Stripe counts it: ISO 4217 minor units, but for the currencies that its pages list as special.

Source: docs.stripe.com/currencies, sections on zero-decimal, three-decimal and special-case currencies.
"""

from __future__ import annotations

from adengine.core.errors import Invalid
from adengine.core.money import Money

# Whole units by ISO 4217, which Stripe still writes with two decimals.
WRITTEN_WITH_CENTS = frozenset({"ISK", "UGX"})
# Two decimals by ISO 4217, none at Stripe.
WRITTEN_WITHOUT_CENTS = frozenset({"MGA"})
# The last of their three decimals must be 0.
ROUNDED_TO_TEN = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


def to_stripe(money: Money) -> int:
    """The amount as Stripe's API takes it; raises Invalid for one that Stripe cannot move to the last decimal."""
    if money.currency in WRITTEN_WITH_CENTS:
        return money.minor * 100
    if money.currency in WRITTEN_WITHOUT_CENTS:
        return _whole(money, 100)
    if money.currency in ROUNDED_TO_TEN:
        return _whole(money, 10) * 10
    return money.minor


def from_stripe(amount: int, currency: str) -> Money:
    """The amount as the rest of the house counts it; `currency` may be in lower case, as Stripe writes it."""
    money = Money(amount, currency.upper())
    if money.currency in WRITTEN_WITH_CENTS:
        return Money(amount // 100, money.currency)
    if money.currency in WRITTEN_WITHOUT_CENTS:
        return money * 100
    return money


def _whole(money: Money, step: int) -> int:
    if money.minor % step:
        raise Invalid(
            f"Stripe does not move {money.display()} to the last decimal; price in steps of {step} minor units"
        )
    return money.minor // step
