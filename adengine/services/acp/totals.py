"""A quote's amounts as the protocol lists them; they add up in integers, and discounts are positive."""

from __future__ import annotations

from datetime import UTC, datetime

from adengine.core.money import WHOLE_BPS
from adengine.core.quote import Quote, QuoteLine
from adengine.services.acp.shapes import TaxBreakdownItem, Total, TotalType
from adengine.services.acp.words import say


def session_totals(quote: Quote, language: str) -> list[Total]:
    """base - discount = subtotal; subtotal + fulfillment + tax = total. Tax inside the prices is not listed."""
    rows = [*_items(quote.subtotal.minor, quote.discount.minor, language)]
    if quote.option_id or quote.shipping.minor:
        rows.append(_total("fulfillment", quote.shipping.minor, language))
    if quote.tax.minor:
        rows.append(_total("tax", quote.tax.minor, language) | {"breakdown": _breakdown(quote)})
    return [*rows, _total("total", quote.total.minor, language)]


def line_totals(line: QuoteLine, quote: Quote, language: str) -> list[Total]:
    """The same for one line; its tax is its share of what is added on top."""
    discount = line.discount.minor if line.discount else 0
    added = line.tax.minor if line.tax and quote.tax.minor else 0
    rows = _items(line.line.minor, discount, language)
    if added:
        rows.append(_total("tax", added, language))
    return [*rows, _total("total", line.line.minor - discount + added, language)]


def refunded_total(minor: int, language: str) -> Total:
    return _total("amount_refunded", minor, language)


def shipping_totals(minor: int, language: str) -> list[Total]:
    return [_total("fulfillment", minor, language), _total("total", minor, language)]


def line_id(line: QuoteLine) -> str:
    """The name of a line, the same through every change and in the order: a variant is in one line only."""
    return f"li_{line.variant_id}"


def moment(at: datetime | str) -> str:
    """RFC 3339 in UTC, to the second; `at` may be written in ISO 8601."""
    known = datetime.fromisoformat(at) if isinstance(at, str) else at
    return known.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _items(base: int, discount: int, language: str) -> list[Total]:
    rows = [_total("items_base_amount", base, language)]
    if discount:
        rows.append(_total("items_discount", discount, language))
    return [*rows, _total("subtotal", base - discount, language)]


def _total(kind: TotalType, minor: int, language: str) -> Total:
    return {"type": kind, "display_text": say(kind, language), "amount": minor}


def _breakdown(quote: Quote) -> list[TaxBreakdownItem]:
    return [
        {"jurisdiction": f"{one.name} {one.jurisdiction}", "rate": one.bps / WHOLE_BPS, "amount": one.amount.minor}
        for one in quote.taxes
    ]
