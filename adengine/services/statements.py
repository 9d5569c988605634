"""Statements: what an account earned, gave back and was paid in a month, as a page shows it and as CSV."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Select, func, select

from adengine.core.errors import Invalid, NotFound
from adengine.core.ledger import GIVEN_BACK, PLATFORM, net_goods, net_shipping
from adengine.core.ledger import Posting as PostingValue
from adengine.core.money import Money, total
from adengine.engine import Unit
from adengine.models import Ad, Cameo, Entry, Merchant, Order, Posting, Transfer

WORDS = {
    "sale": "Sale",
    "refund": "Refund to the buyer",
    "refund_failed": "Refund that failed at the buyer's bank, given back",
    "dispute": "Taken back by the buyer's bank",
    "dispute_won": "Given back by the buyer's bank",
    "transfer": "Paid out",
    "reversal": "Payout returned",
}
MOVED = ("transfer", "reversal")
COLUMNS = (
    "date", "order", "film", "second", "what", "gross_minor", "share_percent", "amount_minor", "balance_minor",
    "currency", "gross", "amount", "balance",
)  # fmt: skip


@dataclass(frozen=True)
class StatementLine:
    """One change of an account: `share_bps` of `gross` for a sale; `gross` of a refund is what the buyer got back.

    Whoever holds `order_id` may open the order; `reference` is a name of it that opens nothing.
    """

    at: datetime
    order_id: str
    reference: str
    film: str
    second: float | None
    kind: str
    what: str
    gross: Money | None
    share_bps: int | None
    amount: Money
    balance: Money


@dataclass(frozen=True)
class Statement:
    """An account's month (UTC) in one currency: `opening` plus all lines is `closing`."""

    account: str
    title: str
    month: str
    opening: Money
    lines: tuple[StatementLine, ...]
    closing: Money

    def sum_of(self, *kinds: str) -> Money:
        return total((line.amount for line in self.lines if line.kind in kinds), self.opening.currency)


def statement(unit: Unit, account: str, *, month: str = "", currency: str = "") -> Statement:
    """An account's statement of a month like 2026-11, this one unless named; raises Invalid, NotFound."""
    unit.require("orders:read")
    names = titles(unit)
    if account not in names:
        raise NotFound("there is no such account; the page of statements lists them")
    starts, ends = _span(month or f"{unit.now():%Y-%m}")
    shop = unit.db.get_one(Merchant, unit.merchant_id)
    currency = currency or shop.currency
    query = _changes(account, currency)
    before = unit.db.scalar(query.with_only_columns(func.sum(Entry.minor)).where(Posting.at < starts))
    opening = Money(int(before or 0), currency)
    rows = unit.db.execute(query.where(Posting.at >= starts, Posting.at < ends).order_by(Posting.at, Entry.id)).all()
    about = _about(unit, [posting for posting, _, _ in rows])
    lines, balance = [], opening
    for posting, minor, order in rows:
        balance += Money(minor, currency)
        lines.append(_line(posting, order, account, Money(minor, currency), balance, about))
    return Statement(account, names[account], f"{starts:%Y-%m}", opening, tuple(lines), balance)


def titles(unit: Unit) -> dict[str, str]:
    """Every account of the shop's ledger in words, the shop's own first."""
    unit.require("orders:read")
    shop = unit.db.get_one(Merchant, unit.merchant_id)
    used = unit.db.scalars(select(Entry.account).distinct().order_by(Entry.account)).all()
    cameos = {f"cameo:{row.id}": row.title for row in unit.db.scalars(select(Cameo).order_by(Cameo.title))}
    own = {f"merchant:{shop.id}": shop.title}
    return own | {account: _title(account, cameos) for account in [*used, *cameos] if account not in own}


def months(unit: Unit, account: str) -> list[str]:
    """The months in which something happened to an account, and this one; the newest first."""
    unit.require("orders:read")
    days = unit.db.execute(
        select(func.min(Posting.at), func.max(Posting.at))
        .join(Entry, Entry.posting_id == Posting.id)
        .where(Entry.account == account)
    ).one()
    first, last = days[0] or unit.now(), max(days[1] or unit.now(), unit.now())
    count = (last.year - first.year) * 12 + last.month - first.month
    at = [first.year * 12 + first.month - 1 + number for number in range(count + 1)]
    return [f"{one // 12:04d}-{one % 12 + 1:02d}" for one in reversed(at)]


def as_csv(made: Statement) -> str:
    """The statement as CSV (RFC 4180): amounts as whole minor units and as text, safe to open in a spreadsheet.

    The shop's own names its orders; an appearance's or a creator's goes to other people, and names what opens nothing.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    currency, is_theirs = made.opening.currency, made.account.startswith(("cameo:", "creator:"))
    writer.writerow(_cells(made.month + "-01", "", "", "", "Opening balance", None, None, None, made.opening, currency))
    for line in made.lines:
        at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        second = "" if line.second is None else f"{line.second:g}"
        share = None if line.share_bps is None else line.share_bps / 100
        order = line.reference if is_theirs else line.order_id
        writer.writerow(
            _cells(at, order, line.film, second, line.what, line.gross, share, line.amount, line.balance, currency)
        )
    return out.getvalue()


def shown(amount: Money) -> str:
    """An amount with a real minus sign, which no spreadsheet takes for the beginning of a formula."""
    return f"\N{MINUS SIGN}{(-amount).display()}" if amount.minor < 0 else amount.display()


def _cells(
    at: str, order: str, film: str, second: str, what: str, gross: Money | None, share: float | None,
    amount: Money | None, balance: Money, currency: str,
) -> list[str]:  # fmt: skip
    sums = (gross, amount, balance)
    minor = ["" if one is None else str(one.minor) for one in sums]
    words = ["" if one is None else shown(one) for one in sums]
    ratio = "" if share is None else f"{share:g}"
    texts = [_safe(one) for one in (at, order, film, second, what)]
    return [*texts, minor[0], ratio, *minor[1:], currency, *words]


def _safe(text: str) -> str:
    """Text that a spreadsheet takes for text: owasp.org/www-community/attacks/CSV_Injection."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else text


def _span(month: str) -> tuple[datetime, datetime]:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) or not 1 <= int(month[:4]) <= 9998:
        raise Invalid("write a month like 2026-11")
    year, number = int(month[:4]), int(month[5:])
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    return datetime(year, number, 1, tzinfo=UTC), datetime(*after, 1, tzinfo=UTC)


def _changes(account: str, currency: str) -> Select[Posting, int, Order]:
    return (
        select(Posting, Entry.minor, Order)
        .join(Entry, Entry.posting_id == Posting.id)
        .join(Order, Order.id == Posting.order_id)
        .where(Entry.account == account, Entry.currency == currency)
    )


@dataclass(frozen=True)
class _About:
    """What lines say beside their amounts: titles of films, and the runs of transfers by the keys of their postings."""

    films: dict[str, str]
    runs: dict[str, str]


def _about(unit: Unit, postings: Sequence[Posting]) -> _About:
    orders = unit.db.scalars(select(Order).where(Order.id.in_({one.order_id for one in postings}))).all()
    ids = [one.key.removeprefix("transfer:") for one in postings if one.kind == "transfer"]
    runs = unit.db.scalars(select(Transfer).where(Transfer.id.in_(ids))).all() if ids else []
    return _About(films_of(unit, orders), {f"transfer:{row.id}": row.run for row in runs})


def films_of(unit: Unit, orders: Sequence[Order]) -> dict[str, str]:
    ids = {order.ad_id for order in orders if order.ad_id}
    return {row.id: row.title for row in unit.db.scalars(select(Ad).where(Ad.id.in_(ids)))} if ids else {}


def _line(posting: Posting, order: Order, account: str, amount: Money, balance: Money, about: _About) -> StatementLine:
    value = posting.value()
    return StatementLine(
        at=posting.at,
        order_id=order.id,
        reference=hashlib.sha256(order.id.encode()).hexdigest()[:10],
        film=about.films.get(order.ad_id or "", ""),
        second=order.second,
        kind=posting.kind,
        what=_what(posting, order, account, about),
        gross=_gross(value, order),
        share_bps=dict(value.split.shares).get(account) if value.split else None,
        amount=amount,
        balance=balance,
    )


def _what(posting: Posting, order: Order, account: str, about: _About) -> str:
    words = WORDS.get(posting.kind, posting.kind)
    if posting.key in about.runs:
        return f"{words}, run {about.runs[posting.key]}"
    shipping = net_shipping(order.quote)
    if posting.kind == "sale" and account.startswith("merchant:") and shipping:
        return f"{words}, with {shipping.display()} of shipping"
    return words


def _gross(posting: PostingValue, order: Order) -> Money | None:
    """What the shares of a sale are counted on; of what came back or was won back, the whole, as the buyer saw it."""
    if posting.kind == "sale":
        return net_goods(order.quote)
    if posting.kind in MOVED:
        return None
    moved = total((one.amount for one in posting.entries if one.amount.minor > 0), order.currency)
    return moved if posting.kind in GIVEN_BACK else -moved


def _title(account: str, cameos: dict[str, str]) -> str:
    kind, _, name = account.partition(":")
    if kind == "cameo":
        return f"{cameos.get(account, name)} (licensed appearance)"
    if kind == "clearing":
        return f"Held by the payment provider ({name})"
    return {"creator": f"{name} (creator)", "tax": "Tax", PLATFORM: "Platform fee"}.get(kind, account)
