"""An order as a document: what was bought, what came of it since, and which moment of which film earned it."""

from __future__ import annotations

from adengine.core.quote import QuoteLine
from adengine.core.untrusted import plain
from adengine.engine import Unit
from adengine.services.acp.orders import ADJUSTMENTS, pieces_returned
from adengine.services.acp.replies import Caller
from adengine.services.acp.totals import line_id, moment
from adengine.services.orders import DisputeCard, OrderCard, RefundCard
from adengine.services.ucp import envelope
from adengine.services.ucp.messages import UNTRUSTED
from adengine.services.ucp.shapes import Adjustment, Expectation, Order, OrderLine, PostalAddress
from adengine.services.ucp.showing import (
    LONGEST_TITLE,
    Reader,
    address_shown,
    attribution_shown,
    reader_of,
)
from adengine.services.ucp.totals import line_totals, quote_totals, total


def shown_order(unit: Unit, caller: Caller, card: OrderCard) -> Order:
    """The whole order; its totals keep what was charged at first, and adjustments say what went back."""
    reader = reader_of(unit, caller, card.agent_id)
    document: Order = {
        "ucp": envelope.ucp("order"),
        "id": card.id,
        "checkout_id": card.checkout_id,
        "permalink_url": reader.links(f"orders/{card.id}"),
        "line_items": [_line(card, line, reader.language) for line in card.quote.lines],
        "fulfillment": {"expectations": _expectations(card, reader), "events": []},
        "adjustments": _adjustments(card, reader.language),
        "currency": card.quote.currency,
        "totals": quote_totals(card.quote, reader.language),
        "messages": [UNTRUSTED],
    }
    if card.ad_id:
        document["attribution"] = attribution_shown(card.ad_id, card.second)
    return document


def _line(card: OrderCard, line: QuoteLine, language: str) -> OrderLine:
    left = 0 if card.status == "refunded" else line.quantity - pieces_returned(card, line)
    return {
        "id": line_id(line),
        "item": {"id": line.variant_id, "title": plain(line.title, LONGEST_TITLE), "price": line.unit.minor},
        "quantity": {"original": line.quantity, "total": left, "fulfilled": 0},
        "totals": line_totals(line, card.quote, language),
        "status": "processing" if left else "removed",
    }


def _expectations(card: OrderCard, reader: Reader) -> list[Expectation]:
    """One parcel with everything in it, where the shop ships at all."""
    if not card.quote.option_id:
        return []
    place: PostalAddress = address_shown(card.address) if card.address and reader.knows_buyer else {}
    parcel: Expectation = {
        "id": f"ful_{card.id}",
        "line_items": [{"id": line_id(one), "quantity": one.quantity} for one in card.quote.lines],
        "method_type": "shipping",
        "destination": place,
    }
    chosen = next((one for one in card.quote.options if one.id == card.quote.option_id), None)
    if chosen is not None:
        parcel["description"] = plain(chosen.title, LONGEST_TITLE)
    return [parcel]


def _adjustments(card: OrderCard, language: str) -> list[Adjustment]:
    """Refunds and disputes in the order they happened; money that went back is negative."""
    refunds = [_adjustment("refund", one, language) for one in card.refunds]
    for document, one in zip(refunds, card.refunds, strict=True):
        if one.lines:
            document["line_items"] = [{"id": f"li_{item}", "quantity": -quantity} for item, quantity in one.lines]
    disputes = [_adjustment("dispute", one, language) for one in card.disputes]
    return sorted([*refunds, *disputes], key=lambda one: (one["occurred_at"], one["id"]))


def _adjustment(kind: str, one: RefundCard | DisputeCard, language: str) -> Adjustment:
    return {
        "id": one.id,
        "type": "refund" if kind == "refund" else "dispute",
        "occurred_at": moment(one.at),
        "status": ADJUSTMENTS[one.status],
        "totals": [total("total", -one.amount.minor, language)],
    }
