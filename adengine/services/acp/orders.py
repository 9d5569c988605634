"""An order as agents are told of it: always the whole of it, what was charged, and what changed since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic_core import to_json

from adengine.core.quote import QuoteLine
from adengine.services.acp.shapes import Adjustment, EstimatedDelivery, Fulfillment, Order, OrderEvent, OrderLine
from adengine.services.acp.totals import line_id, line_totals, moment, refunded_total, session_totals
from adengine.services.acp.words import language_of

if TYPE_CHECKING:  # orders owe notices, and notices are made here
    from adengine.services.orders import DisputeCard, OrderCard, RefundCard
    from adengine.services.views import Links

Kind = Literal["order_create", "order_update"]

# Our words for how far a refund or a dispute is, in the protocol's. Money of a lost dispute is gone for good.
ADJUSTMENTS: dict[str, Literal["pending", "completed", "failed"]] = {
    "claimed": "pending",
    "paid": "completed",
    "failed": "failed",
    "open": "pending",
    "lost": "completed",
    "won": "failed",
}


def order_event(kind: Kind, order: OrderCard, links: Links) -> str:
    """The body of an order webhook: JSON text with the whole order, the same bytes for the same order."""
    event: OrderEvent = {"type": kind, "data": order_document(order, links)}
    return to_json(event).decode()


def order_document(order: OrderCard, links: Links, locale: str = "en") -> Order:
    """The order with its lines, way, refunds and disputes; totals keep what was charged at first."""
    language = language_of(locale)
    is_gone = order.status == "refunded"
    totals, arrival = session_totals(order.quote, language), _arrival(order)
    if order.refunded.minor:
        totals.append(refunded_total(order.refunded.minor, language))
    document: Order = {
        "type": "order",
        "id": order.id,
        "checkout_session_id": order.checkout_id,
        "order_number": order.placed_ref or order.id,
        "permalink_url": links(f"orders/{order.id}"),
        "status": "canceled" if is_gone else "confirmed" if order.placed_ref else "created",
        "confirmation": {"confirmation_number": order.id, "receipt_url": links(f"orders/{order.id}")},
        "line_items": _lines(order, language, is_gone=is_gone),
        "fulfillments": _fulfillments(order, arrival, is_gone=is_gone),
        "adjustments": _adjustments(order),
        "totals": totals,
    }
    if order.notes:
        document["confirmation"]["order_notes"] = order.notes
    if arrival is not None:
        document["estimated_delivery"] = arrival
    return document


def _lines(order: OrderCard, language: str, *, is_gone: bool) -> list[OrderLine]:
    return [
        _line(order, line, language, 0 if is_gone else line.quantity - pieces_returned(order, line))
        for line in order.quote.lines
    ]


def _line(order: OrderCard, line: QuoteLine, language: str, current: int) -> OrderLine:
    return {
        "id": line_id(line),
        "title": line.title,
        "product_id": line.product_id,
        "quantity": {"ordered": line.quantity, "current": current, "fulfilled": 0},
        "unit_price": line.unit.minor,
        "subtotal": line.line.minor,
        "totals": line_totals(line, order.quote, language),
        "status": "processing" if current else "removed",
    }


def pieces_returned(order: OrderCard, line: QuoteLine) -> int:
    """How many of a line were paid back piece by piece; an amount paid back takes no piece away."""
    paid = [one for one in order.refunds if one.status == "paid"]
    return sum(quantity for one in paid for variant_id, quantity in one.lines if variant_id == line.variant_id)


def _fulfillments(order: OrderCard, arrival: EstimatedDelivery | None, *, is_gone: bool) -> list[Fulfillment]:
    """One parcel with everything in it, where the shop ships at all. Its address stays with the shop."""
    if not order.quote.option_id:
        return []
    parcel: Fulfillment = {
        "id": f"ful_{order.id}",
        "type": "shipping",
        "status": "canceled" if is_gone else "pending",
        "line_items": [{"id": line_id(one), "quantity": one.quantity} for one in order.quote.lines],
    }
    if arrival is not None:
        parcel["estimated_delivery"] = arrival
    return [parcel]


def _arrival(order: OrderCard) -> EstimatedDelivery | None:
    chosen = next((one for one in order.quote.options if one.id == order.quote.option_id), None)
    if chosen is None:
        return None
    placed = datetime.fromisoformat(order.placed_at)
    earliest, latest = (moment(placed + timedelta(days=days)) for days in chosen.days)
    return {"earliest": earliest, "latest": latest}


def _adjustments(order: OrderCard) -> list[Adjustment]:
    """Refunds and disputes in the order they happened."""
    refunds = [_adjustment("refund", one) for one in order.refunds]
    for document, one in zip(refunds, order.refunds, strict=True):
        if one.lines:
            document["line_items"] = [{"id": f"li_{item}", "quantity": quantity} for item, quantity in one.lines]
    disputes = [_adjustment("dispute", one) for one in order.disputes]
    return sorted([*refunds, *disputes], key=lambda one: (one["occurred_at"], one["id"]))


def _adjustment(kind: Literal["refund", "dispute"], one: RefundCard | DisputeCard) -> Adjustment:
    return {
        "id": one.id,
        "type": kind,
        "occurred_at": moment(one.at),
        "status": ADJUSTMENTS[one.status],
        "amount": one.amount.minor,
        "currency": one.amount.currency.lower(),
    }
