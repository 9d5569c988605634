"""Who is owed what: double entry in minor units, where every posting sums to zero and no cent is lost.

Credits are positive, debits negative. Accounts: `clearing:<provider>` (money the provider holds, a debit),
`merchant:<id>`, `cameo:<id>`, `creator:<name>`, `platform` and `tax:<merchant id>` (what each is owed, credits).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from adengine.core.apportion import apportioned
from adengine.core.errors import Conflict, Invalid
from adengine.core.money import WHOLE_BPS, Money, total, zero
from adengine.core.quote import Quote

PLATFORM = "platform"

Shares = tuple[tuple[str, int], ...]
Kind = Literal["sale", "refund", "refund_failed", "dispute", "dispute_won", "transfer", "reversal"]
# These change what buyer and shop owe each other; the others only move what somebody is owed to them.
OF_THE_SALE = ("sale", "refund", "refund_failed", "dispute", "dispute_won")
GIVEN_BACK = ("refund_failed", "dispute_won")


@dataclass(frozen=True)
class Split:
    """Shares of a sale in basis points: each cameo's (id, share), each creator's (name, share), the platform's.

    The merchant has the rest.
    """

    merchant_id: str
    cameos: Shares = ()
    platform_bps: int = 0
    creators: Shares = ()

    def __post_init__(self) -> None:
        shares = [self.platform_bps, *(share for _, share in (*self.cameos, *self.creators))]
        if min(shares) < 0:
            raise Invalid("a share cannot be negative")
        if sum(shares) > WHOLE_BPS:
            raise Invalid(f"the shares add up to {sum(shares) / 100:g} %; lower them to 100 % or less")
        for what, named in (("an appearance", self.cameos), ("a creator", self.creators)):
            if len(dict(named)) < len(named):
                raise Invalid(f"{what} is named twice in one split; add up the shares")

    @property
    def merchant_bps(self) -> int:
        return WHOLE_BPS - self.platform_bps - sum(share for _, share in (*self.cameos, *self.creators))

    @property
    def shares(self) -> Shares:
        """Each account with its share, the merchant's first; together they are the whole."""
        return (
            (f"merchant:{self.merchant_id}", self.merchant_bps),
            (PLATFORM, self.platform_bps),
            *((f"cameo:{cameo}", share) for cameo, share in self.cameos),
            *((f"creator:{creator}", share) for creator, share in self.creators),
        )


@dataclass(frozen=True)
class Entry:
    """One account's change: credit positive, debit negative."""

    account: str
    amount: Money


@dataclass(frozen=True)
class Posting:
    """Entries that belong together and sum to zero in each currency; `key` is posted once.

    `split` is what a sale was shared by.
    """

    key: str
    kind: Kind
    entries: tuple[Entry, ...]
    split: Split | None = None

    def __post_init__(self) -> None:
        for currency in {entry.amount.currency for entry in self.entries}:
            left = sum(entry.amount.minor for entry in self.entries if entry.amount.currency == currency)
            if left:
                off = Money(left, currency).display()
                raise Invalid(f"posting {self.key} is off by {off}; its entries must sum to zero")


@dataclass(frozen=True)
class Standing:
    """What of an order can be taken back: counted on `base`, of which `taken` went back so far.

    `base` is the sale, or what every account held of it when a dispute was last won or a refund last failed: what comes
    back then is not always what was taken last, and counting on from there keeps refunds exact.
    """

    base: Posting
    taken: Money

    @property
    def left(self) -> Money:
        return _paid(self.base, self.taken.currency) - self.taken


def fit_split(merchant_id: str, *, platform_bps: int, cameos: Shares, creators: Shares) -> Split:
    """The split of these shares, the same name's added up, where together they exceed the whole cut to fit.

    Platform and cameos come first: more than the whole is cut in proportion. Creators share what they leave in
    proportion to their shares. The merchant's part is the rest, nothing at worst.
    """
    shares, makers = _added_up(cameos), _added_up(creators)
    firsts = _cut([platform_bps, *(share for _, share in shares)], room=WHOLE_BPS)
    seconds = _cut([share for _, share in makers], room=WHOLE_BPS - sum(firsts))
    return Split(
        merchant_id,
        tuple((name, share) for (name, _), share in zip(shares, firsts[1:], strict=True)),
        firsts[0],
        tuple((name, share) for (name, _), share in zip(makers, seconds, strict=True)),
    )


def net_goods(quote: Quote) -> Money:
    """What shares are counted on: the goods after discounts, without the tax that lies inside their prices."""
    return quote.subtotal - quote.discount - _tax_in_goods(quote)


def net_shipping(quote: Quote) -> Money:
    """What the merchant has for shipping: its price without the tax that lies inside."""
    return quote.shipping - (_tax_inside(quote) - _tax_in_goods(quote))


def post_sale(order_id: str, quote: Quote, split: Split, *, provider: str) -> Posting:
    """Share out a paid order: shares count on the net goods; net shipping is the merchant's, all tax stands apart.

    Raises Invalid for a quote whose tax does not lie inside its lines and shipping.
    """
    if net_goods(quote).minor < 0 or net_shipping(quote).minor < 0 or _tax_in_goods(quote) > _tax_inside(quote):
        raise Invalid("the tax inside a quote must lie inside its lines and its shipping")
    merchant, *others = net_goods(quote).split([share for _, share in split.shares])
    (own, _), *accounts = split.shares
    owed = [
        Entry(own, merchant + net_shipping(quote)),
        *(Entry(account, share) for (account, _), share in zip(accounts, others, strict=True)),
        Entry(f"tax:{split.merchant_id}", quote.tax + _tax_inside(quote)),
    ]
    entries = [Entry(f"clearing:{provider}", -quote.total), *owed]
    return _posting(f"sale:{order_id}", "sale", entries, split)


def post_refund(order_id: str, refund_id: str, *, sale: Posting, amount: Money, refunded_before: Money) -> Posting:
    """Reverse `amount` of a sale pro rata, so that refunds adding up to the sale leave every account at zero.

    `sale` and `refunded_before` are an order's Standing. Raises Conflict naming what is left.
    """
    return _taken(f"refund:{order_id}:{refund_id}", "refund", sale, amount, refunded_before)


def post_refund_failed(order_id: str, refund_id: str, *, taken: Posting) -> Posting:
    """Give everybody back exactly what the refund's posting took from them."""
    return _given_back(f"refund_failed:{order_id}:{refund_id}", "refund_failed", taken)


def post_dispute(order_id: str, dispute_id: str, *, sale: Posting, amount: Money, taken_before: Money) -> Posting:
    """Take back what a buyer's bank took, exactly like a refund and under the same ceiling."""
    return _taken(f"dispute:{order_id}:{dispute_id}", "dispute", sale, amount, taken_before)


def post_dispute_won(order_id: str, dispute_id: str, *, taken: Posting) -> Posting:
    """Give everybody back exactly what the dispute's posting took from them."""
    return _given_back(f"dispute_won:{order_id}:{dispute_id}", "dispute_won", taken)


def post_transfer(transfer_id: str, account: str, amount: Money, provider: str) -> Posting:
    """Pay `amount` of what `account` is owed out of the money `provider` holds."""
    if amount.minor <= 0:
        raise Invalid("a transfer must be more than nothing")
    entries = [Entry(account, -amount), Entry(f"clearing:{provider}", amount)]
    return _posting(f"transfer:{transfer_id}", "transfer", entries)


def post_reversal(reversal_id: str, account: str, amount: Money, provider: str) -> Posting:
    """Bring `amount` of a transfer back from whom `account` belongs to."""
    if amount.minor <= 0:
        raise Invalid("a reversal must be more than nothing")
    entries = [Entry(account, amount), Entry(f"clearing:{provider}", -amount)]
    return _posting(f"reversal:{reversal_id}", "reversal", entries)


def standing(postings: Sequence[Posting], currency: str) -> Standing:
    """Where an order stands, from its postings in the order they were made; transfers change nothing of it."""
    base, taken, so_far = Posting("", "sale", ()), zero(currency), list[Posting]()
    for posting in (one for one in postings if one.kind in OF_THE_SALE):
        so_far.append(posting)
        if posting.kind == "sale" or posting.kind in GIVEN_BACK:
            held = balances(so_far, currency)
            base, taken = _posting("base", "sale", [Entry(*one) for one in held.items()]), zero(currency)
        else:
            taken += _paid(posting, currency)
    return Standing(base, taken)


def balances(postings: Iterable[Posting], currency: str) -> dict[str, Money]:
    """Each account's balance in `currency` (credit positive); accounts that never held it are absent."""
    sums: dict[str, int] = {}
    for entry in (entry for posting in postings for entry in posting.entries):
        if entry.amount.currency == currency:
            sums[entry.account] = sums.get(entry.account, 0) + entry.amount.minor
    return {account: Money(minor, currency) for account, minor in sums.items()}


def _given_back(key: str, kind: Kind, taken: Posting) -> Posting:
    return _posting(key, kind, [Entry(entry.account, -entry.amount) for entry in taken.entries])


def _posting(key: str, kind: Kind, entries: Sequence[Entry], split: Split | None = None) -> Posting:
    return Posting(key, kind, tuple(entry for entry in entries if entry.amount), split)


def _paid(posting: Posting, currency: str) -> Money:
    return total((entry.amount for entry in posting.entries if entry.amount.minor > 0), currency)


def _tax_inside(quote: Quote) -> Money:
    return quote.tax_inside or zero(quote.currency)


def _tax_in_goods(quote: Quote) -> Money:
    if not quote.tax_inside:
        return zero(quote.currency)
    return total((line.tax for line in quote.lines if line.tax is not None), quote.currency)


def _added_up(shares: Shares) -> Shares:
    sums: dict[str, int] = {}
    for name, share in shares:
        sums[name] = sums.get(name, 0) + share
    return tuple(sums.items())


def _cut(shares: Sequence[int], *, room: int) -> list[int]:
    return list(shares) if sum(shares) <= room else apportioned(room, shares)


def _taken(key: str, kind: Kind, sale: Posting, amount: Money, before: Money) -> Posting:
    left = _paid(sale, amount.currency) - before
    if amount.minor <= 0 or before.minor < 0:
        raise Invalid(f"a {kind} must be more than nothing")
    if left < amount:
        raise Conflict(f"only {left.display()} of this order is left to refund; ask for that or less")
    signs = [1 if entry.amount.minor > 0 else -1 for entry in sale.entries]
    first, then = _reversed(sale, signs, before.minor), _reversed(sale, signs, (before + amount).minor)
    entries = [
        Entry(entry.account, Money(sign * (old - new), amount.currency))
        for entry, sign, old, new in zip(sale.entries, signs, first, then, strict=True)
    ]
    return _posting(key, kind, entries)


def _reversed(sale: Posting, signs: Sequence[int], taken: int) -> list[int]:
    """Minor units reversed on each entry once `taken` was paid back: the same sum on either side."""
    parts = [0] * len(signs)
    for side in (1, -1):
        at = [i for i, sign in enumerate(signs) if sign == side]
        amounts = [abs(sale.entries[i].amount.minor) for i in at]
        for i, part in zip(at, apportioned(taken, amounts), strict=True):
            parts[i] = part
    return parts
