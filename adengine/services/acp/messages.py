"""What an agent is told beside the numbers: what is missing, what cannot be had, which code did nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from adengine.core.quote import Quote
from adengine.services.acp.shapes import Message, Status
from adengine.services.acp.words import say

Resolution = Literal["recoverable", "requires_buyer_input", "requires_buyer_review"]

# What a quote lacks: the protocol's code, where in the session it belongs, and who can help.
NEEDS: dict[str, tuple[str, str, Resolution]] = {
    "address": ("missing", "$.fulfillment_details.address", "requires_buyer_input"),
    "option": ("missing", "$.selected_fulfillment_options", "requires_buyer_input"),
    "delivery": ("region_restricted", "$.fulfillment_details.address.country", "requires_buyer_input"),
}
TROUBLES: dict[str, tuple[str, str, Resolution]] = {
    "payment_declined": ("payment_declined", "$.payment_data", "requires_buyer_input"),
    "needs_authentication": ("requires_3ds", "$.authentication_result", "requires_buyer_review"),
    "authentication_failed": ("payment_declined", "$.authentication_result", "requires_buyer_input"),
}


def session_messages(quote: Quote, trouble: str, status: Status, language: str) -> list[Message]:
    """Everything about a session that its buyer should know, worst first. Only open sessions are complained of."""
    if status == "completed":
        return [*_taxes(quote, language)]
    if status == "canceled":
        return [info(status, language)]
    if status == "expired":
        return [_error("expired", "$", "recoverable", say("expired", language))]
    if status == "complete_in_progress":
        return [info(status, language)]
    return [*troubles(trouble, language), *quote_messages(quote, language)]


def quote_messages(quote: Quote, language: str) -> list[Message]:
    """What a basket lacks, cannot be had, or holds already."""
    return [
        *_needs(quote, language),
        *_shortages(quote, language),
        *_rejected(quote, language),
        *_taxes(quote, language),
    ]


def info(key: str, language: str, **parts: object) -> Message:
    return {"type": "info", "content_type": "plain", "content": say(key, language, **parts)}


def price_changed(words: str) -> Message:
    """The total is another one than the buyer agreed to; nothing was charged."""
    return {
        "type": "warning",
        "code": "price_change",
        "resolution": "requires_buyer_review",
        "content_type": "plain",
        "content": words,
    }


def troubles(trouble: str, language: str) -> Iterator[Message]:
    """What became of the last try to pay."""
    if trouble in TROUBLES:
        code, where, resolution = TROUBLES[trouble]
        yield _error(code, where, resolution, say(trouble, language))


def _needs(quote: Quote, language: str) -> Iterator[Message]:
    for need in quote.needs:
        code, where, resolution = NEEDS[need]
        yield _error(code, where, resolution, say(f"needs_{need}", language))


def _shortages(quote: Quote, language: str) -> Iterator[Message]:
    for number, line in enumerate(quote.lines):
        if line.left is not None:
            words = say("left" if line.left else "sold_out", language, title=line.title, left=line.left)
            yield _error("out_of_stock", f"$.line_items[{number}].item.id", "recoverable", words)


def _rejected(quote: Quote, language: str) -> Iterator[Message]:
    for one in quote.rejected:
        yield {
            "type": "warning",
            "code": f"discount_code_{one.reason}",
            "param": "$.discounts.codes",
            "resolution": "recoverable",
            "content_type": "plain",
            "content": say(f"code_{one.reason}", language, code=one.code),
        }


def _taxes(quote: Quote, language: str) -> Iterator[Message]:
    """Tax inside the prices is told, never added."""
    if quote.tax_inside:
        rates = ", ".join(f"{one.name} {one.bps / 100:g} %: {one.amount.display(language)}" for one in quote.taxes)
        yield info("tax_inside", language, rates=rates)


def _error(code: str, where: str, resolution: Resolution, words: str) -> Message:
    return {
        "type": "error",
        "code": code,
        "param": where,
        "resolution": resolution,
        "content_type": "plain",
        "content": words,
    }
