"""Who is owed what: double entry in minor units, where every posting sums to zero and no cent is lost.

Credits are positive, debits negative. Accounts: `clearing:<provider>` (money the provider holds, a debit),
`merchant:<id>`, `cameo:<id>`, `platform` and `tax:<merchant id>` (what each is owed, credits).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from adengine.core.commerce import Quote
from adengine.core.errors import Conflict, Invalid
from adengine.core.money import WHOLE_BPS, Money, total, zero

PLATFORM = "platform"


@dataclass(frozen=True)
class Split:
    """Shares of a sale in basis points: each cameo's (its id, share), the platform's, the merchant's rest."""

    merchant_id: str
    cameos: tuple[tuple[str, int], ...] = ()
    platform_bps: int = 0

    def __post_init__(self) -> None:
        shares = [self.platform_bps, *(share for _, share in self.cameos)]
        if min(shares) < 0:
            raise Invalid("a share cannot be negative")
        if sum(shares) > WHOLE_BPS:
            raise Invalid(f"the shares add up to {sum(shares) / 100:g} %; lower them to 100 % or less")
        if len({cameo for cameo, _ in self.cameos}) < len(self.cameos):
            raise Invalid("an appearance is named twice in one split; add up its shares")

    @property
    def merchant_bps(self) -> int:
        return WHOLE_BPS - self.platform_bps - sum(share for _, share in self.cameos)


@dataclass(frozen=True)
class Entry:
    """One account's change: credit positive, debit negative."""

    account: str
    amount: Money


@dataclass(frozen=True)
class Posting:
    """Entries that belong together and sum to zero in each currency; `key` is posted once."""

    key: str
    kind: Literal["sale", "refund", "payout"]
    entries: tuple[Entry, ...]

    def __post_init__(self) -> None:
        for currency in {entry.amount.currency for entry in self.entries}:
            left = sum(entry.amount.minor for entry in self.entries if entry.amount.currency == currency)
            if left:
                off = Money(left, currency).display()
                raise Invalid(f"posting {self.key} is off by {off}; its entries must sum to zero")


def post_sale(order_id: str, quote: Quote, split: Split, *, provider: str) -> Posting:
    """Share out a paid order: shares count on the goods; shipping is the merchant's, tax stands apart."""
    weights = [split.merchant_bps, split.platform_bps, *(share for _, share in split.cameos)]
    merchant, platform, *cameos = quote.subtotal.split(weights)
    owed = [
        Entry(f"merchant:{split.merchant_id}", merchant + quote.shipping),
        Entry(PLATFORM, platform),
        *(Entry(f"cameo:{cameo}", share) for (cameo, _), share in zip(split.cameos, cameos, strict=True)),
        Entry(f"tax:{split.merchant_id}", quote.tax),
    ]
    return _posting(f"sale:{order_id}", "sale", [Entry(f"clearing:{provider}", -quote.total), *owed])


def post_refund(order_id: str, refund_id: str, *, sale: Posting, amount: Money, refunded_before: Money) -> Posting:
    """Reverse `amount` of a sale pro rata, so that refunds adding up to the sale leave every account at zero.

    `refunded_before` is the sum of the order's earlier refunds. Raises Conflict naming what is left.
    """
    paid = total((entry.amount for entry in sale.entries if entry.amount.minor > 0), amount.currency)
    left = paid - refunded_before
    if amount.minor <= 0 or refunded_before.minor < 0:
        raise Invalid("a refund must be more than nothing")
    if left < amount:
        raise Conflict(f"only {left.display()} of this order is left to refund; ask for that or less")
    signs = [1 if entry.amount.minor > 0 else -1 for entry in sale.entries]
    before = _reversed(sale, signs, refunded_before.minor)
    after = _reversed(sale, signs, (refunded_before + amount).minor)
    entries = [
        Entry(entry.account, Money(sign * (old - new), amount.currency))
        for entry, sign, old, new in zip(sale.entries, signs, before, after, strict=True)
    ]
    return _posting(f"refund:{order_id}:{refund_id}", "refund", entries)


def post_payout(payout_id: str, account: str, amount: Money, *, provider: str) -> Posting:
    """Pay `amount` of what `account` is owed out of the money `provider` holds."""
    if amount.minor <= 0:
        raise Invalid("a payout must be more than nothing")
    entries = [Entry(account, -amount), Entry(f"clearing:{provider}", amount)]
    return _posting(f"payout:{payout_id}", "payout", entries)


def balances(postings: Iterable[Posting], currency: str) -> dict[str, Money]:
    """Each account's balance in `currency` (credit positive); accounts that never held it are absent."""
    sums: dict[str, Money] = {}
    for entry in (entry for posting in postings for entry in posting.entries):
        if entry.amount.currency == currency:
            sums[entry.account] = sums.get(entry.account, zero(currency)) + entry.amount
    return sums


def _posting(key: str, kind: Literal["sale", "refund", "payout"], entries: Sequence[Entry]) -> Posting:
    return Posting(key, kind, tuple(entry for entry in entries if entry.amount))


def _reversed(sale: Posting, signs: Sequence[int], refunded: int) -> list[int]:
    """Minor units reversed on each entry once `refunded` was paid back: the same sum on either side."""
    parts = [0] * len(signs)
    for side in (1, -1):
        at = [i for i, sign in enumerate(signs) if sign == side]
        amounts = [abs(sale.entries[i].amount.minor) for i in at]
        for i, part in zip(at, _apportioned(refunded, amounts), strict=True):
            parts[i] = part
    return parts


def _apportioned(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide `amount` (0 to the sum of the positive `weights`) as Webster apportions seats.

    Largest remainder would not do: as the amount grows one of its parts may shrink (the Alabama paradox), and
    a refund would credit somebody. Webster's parts only grow, and equal the weights once the amount is their
    sum.
    """
    whole = sum(weights)
    parts = [(2 * amount * weight + whole) // (2 * whole) for weight in weights]
    everyone = range(len(weights))
    while sum(parts) < amount:
        parts[max(everyone, key=lambda i: (Fraction(weights[i], 2 * parts[i] + 1), -i))] += 1
    while sum(parts) > amount:
        held = [i for i in everyone if parts[i]]
        parts[min(held, key=lambda i: (Fraction(weights[i], 2 * parts[i] - 1), -i))] -= 1
    return parts
