"""One order explained: where every cent came from, who got it, what went back and what was paid out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adengine.core.ledger import PLATFORM, Posting, net_goods, net_shipping
from adengine.core.money import WHOLE_BPS, Money, percent, total
from adengine.engine import Unit
from adengine.models import Order
from adengine.models import Posting as PostingRow
from adengine.services import earnings, ledger
from adengine.services.statements import MOVED, WORDS, films_of, titles

TAKEN = ("refund", "refund_failed", "dispute", "dispute_won")


@dataclass(frozen=True)
class Step:
    """An amount and what it is."""

    words: str
    amount: Money


@dataclass(frozen=True)
class Part:
    """What one account has of an order: `sold`, what was `taken` of it since, what was `sent`, and their sum.

    `why` says what it is for; `bps` is the share of the net goods, where it is one.
    """

    account: str
    title: str
    why: str
    bps: int | None
    sold: Money
    taken: Money
    sent: Money
    left: Money


@dataclass(frozen=True)
class Movement:
    """One posting of an order: who got or gave what; `amount` is what it moved in all."""

    at: datetime
    what: str
    amount: Money
    entries: tuple[tuple[str, Money], ...]


@dataclass(frozen=True)
class Explained:
    """Where every cent of an order came from and went.

    `price` adds up to `total`, and so does `divided`; each column of `parts` sums to zero.
    """

    order_id: str
    at: datetime
    film: str
    second: float | None
    price: tuple[Step, ...]
    total: Money
    divided: tuple[Step, ...]
    parts: tuple[Part, ...]
    movements: tuple[Movement, ...]


def explain(unit: Unit, order_id: str) -> Explained:
    """Where every cent of an order came from and went."""
    unit.require("orders:read")
    order = unit.get(Order, order_id)
    rows = ledger.rows_of(unit, order_id)
    postings = [row.value() for row in rows]
    names = titles(unit)
    return Explained(
        order_id=order.id,
        at=order.created_at,
        film=films_of(unit, [order]).get(order.ad_id or "", ""),
        second=order.second,
        price=tuple(_price(order)),
        total=order.total,
        divided=tuple(_divided(order)),
        parts=tuple(_parts(unit, order, postings, names)),
        movements=tuple(
            _movement(row, value, names, order.currency) for row, value in zip(rows, postings, strict=True)
        ),
    )


def _price(order: Order) -> list[Step]:
    quote = order.quote
    steps = [Step(f"{line.quantity} × {line.title} at {line.unit.display()}", line.line) for line in quote.lines]
    steps += [Step(f"Code {one.code}: {one.title}", -one.amount) for one in quote.discounts]
    return _some(*steps, Step(f"Shipping{_option(order)}", quote.shipping), Step("Tax on top", quote.tax))


def _divided(order: Order) -> list[Step]:
    quote, goods, shipping = order.quote, net_goods(order.quote), net_shipping(order.quote)
    return _some(
        Step("Net goods, which shares are counted on", goods),
        Step("Tax inside the goods", quote.subtotal - quote.discount - goods),
        Step("Shipping without its tax", shipping),
        Step("Tax inside the shipping", quote.shipping - shipping),
        Step("Tax on top", quote.tax),
    )


def _some(*steps: Step) -> list[Step]:
    return [one for one in steps if one.amount]


def _option(order: Order) -> str:
    chosen = next((one.title for one in order.quote.options if one.id == order.quote.option_id), "")
    return f" ({chosen})" if chosen else ""


def _parts(unit: Unit, order: Order, postings: list[Posting], names: dict[str, str]) -> list[Part]:
    split = next((one.split for one in postings if one.split), None)
    shares = dict(split.shares) if split else {}
    reasons = _reasons(unit, order)
    accounts = dict.fromkeys(entry.account for one in postings for entry in one.entries)
    return [
        Part(
            account=account,
            title=names.get(account, account),
            why=reasons.get(account) or reasons.get(account.partition(":")[0], ""),
            bps=shares.get(account),
            sold=_sum(postings, account, order.currency, "sale"),
            taken=_sum(postings, account, order.currency, *TAKEN),
            sent=_sum(postings, account, order.currency, *MOVED),
            left=_sum(postings, account, order.currency, *WORDS),
        )
        for account in accounts
    ]


def _reasons(unit: Unit, order: Order) -> dict[str, str]:
    """Why each account has its part: by account where a film says so, else by kind of account."""
    shipping = net_shipping(order.quote)
    found = {
        "clearing": "what the buyer paid",
        "merchant": "the rest" + (f", and {shipping.display()} of shipping" if shipping else ""),
        PLATFORM: "the fee",
        "tax": "for the tax office",
    }
    for claim in earnings.claims_of(unit, order.ad_id):
        deed = "appears in" if claim.account.startswith("cameo:") else "made"
        of = ", which it was remixed from" if claim.generation else ""
        words = f"{deed} '{claim.film}'{of} ({percent(claim.bps / WHOLE_BPS)})"
        found[claim.account] = f"{found[claim.account]}; {words}" if claim.account in found else words
    return found


def _sum(postings: list[Posting], account: str, currency: str, *kinds: str) -> Money:
    entries = [entry for one in postings if one.kind in kinds for entry in one.entries]
    return total((entry.amount for entry in entries if entry.account == account), currency)


def _movement(row: PostingRow, value: Posting, names: dict[str, str], currency: str) -> Movement:
    return Movement(
        at=row.at,
        what=WORDS.get(row.kind, row.kind),
        amount=total((one.amount for one in value.entries if one.amount.minor > 0), currency),
        entries=tuple((names.get(one.account, one.account), one.amount) for one in value.entries),
    )
