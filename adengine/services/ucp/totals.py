"""A quote's amounts as this protocol lists them: what lowers a price is negative, and all rows add up to the total."""

from __future__ import annotations

from adengine.core.quote import Quote, QuoteLine
from adengine.services.acp.words import say
from adengine.services.ucp.shapes import Total


def quote_totals(quote: Quote, language: str) -> list[Total]:
    """subtotal + items_discount + fulfillment + tax = total. Tax inside the prices is not listed."""
    rows = _goods(quote.subtotal.minor, quote.discount.minor, language)
    if quote.option_id or quote.shipping.minor:
        rows.append(total("fulfillment", quote.shipping.minor, language))
    if quote.tax.minor:
        rows.append(total("tax", quote.tax.minor, language))
    return [*rows, total("total", quote.total.minor, language)]


def line_totals(line: QuoteLine, quote: Quote, language: str) -> list[Total]:
    """The same for one line; its tax is its share of what is added on top."""
    discount = line.discount.minor if line.discount else 0
    added = line.tax.minor if line.tax and quote.tax.minor else 0
    rows = _goods(line.line.minor, discount, language)
    if added:
        rows.append(total("tax", added, language))
    return [*rows, total("total", line.line.minor - discount + added, language)]


def total(kind: str, minor: int, language: str) -> Total:
    return {"type": kind, "display_text": say(kind, language), "amount": minor}


def _goods(base: int, discount: int, language: str) -> list[Total]:
    rows = [total("subtotal", base, language)]
    if discount:
        rows.append(total("items_discount", -discount, language))
    return rows
