"""Checkouts and orders as they cross the edge."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.buyer import Address, Buyer
from adengine.core.quote import Quote
from adengine.services.checkout import CheckoutCard
from adengine.services.orders import OrderCard
from adengine.services.views.links import Links


@dataclass(frozen=True)
class LineView:
    """`discount` is what codes take off this line; `left` is how many can be had where that is fewer than asked."""

    variant_id: str
    title: str
    quantity: int
    unit_price: int
    amount: int
    discount: int
    tax: int
    left: int | None


@dataclass(frozen=True)
class CodeView:
    """A discount code and what it takes off, or `reason` and `message` why it takes off nothing."""

    code: str
    amount: int
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class ShippingView:
    """A way to ship; the chosen one is in the total. It arrives in `days[0]` to `days[1]` days."""

    id: str
    title: str
    price: int
    days: list[int]
    is_chosen: bool


@dataclass(frozen=True)
class TaxView:
    """Tax of one rate; `is_included`: it lies inside the prices, and nothing is added."""

    name: str
    jurisdiction: str
    bps: int
    amount: int
    is_included: bool


@dataclass(frozen=True)
class CheckoutView:
    """A checkout and the link where the buyer confirms and pays. Amounts are minor units of `currency`.

    total = subtotal - discount + shipping + tax. `needs` names what is missing before it can be paid: address, option
    (choose a way to ship) or delivery (none goes there). `trouble` is what became of the last try to pay.
    """

    id: str
    status: str
    lines: list[LineView]
    subtotal: int
    discount: int
    shipping: int
    tax: int
    total: int
    currency: str
    total_text: str
    expires_at: str
    url: str
    order_id: str | None
    trouble: str
    needs: list[str]
    codes: list[CodeView]
    options: list[ShippingView]
    taxes: list[TaxView]
    buyer: Buyer | None
    address: Address | None
    notes: str


@dataclass(frozen=True)
class RefundView:
    id: str
    amount: int
    status: str


@dataclass(frozen=True)
class OrderView:
    """A paid order; `ad_id` and `second` say which moment of which film earned it.

    `placed_status` says whether the shop's own system has it (owed, placed, refused), `placed_ref` under which name.
    """

    id: str
    checkout_id: str
    status: str
    lines: list[LineView]
    subtotal: int
    discount: int
    shipping: int
    tax: int
    total: int
    refunded: int
    currency: str
    total_text: str
    placed_at: str
    url: str
    ad_id: str | None
    second: float | None
    agent_id: str | None
    refunds: list[RefundView]
    disputes: list[RefundView]
    codes: list[CodeView]
    taxes: list[TaxView]
    buyer: Buyer | None
    address: Address | None
    notes: str
    placed_status: str
    placed_ref: str


def checkout_view(card: CheckoutCard, links: Links) -> CheckoutView:
    quote = card.quote
    return CheckoutView(
        id=card.id,
        status=card.status,
        lines=_lines(quote),
        subtotal=quote.subtotal.minor,
        discount=quote.discount.minor,
        shipping=quote.shipping.minor,
        tax=quote.tax.minor,
        total=quote.total.minor,
        currency=quote.currency,
        total_text=quote.total.display(),
        expires_at=quote.expires_at.isoformat(timespec="seconds"),
        url=links(f"checkout/{card.id}"),
        order_id=card.order_id,
        trouble=card.trouble,
        needs=list(quote.needs),
        codes=_codes(quote),
        options=[
            ShippingView(one.id, one.title, one.price.minor, list(one.days), one.id == quote.option_id)
            for one in quote.options
        ],
        taxes=_taxes(quote),
        buyer=card.buyer,
        address=card.address,
        notes=card.notes,
    )


def order_view(card: OrderCard, links: Links) -> OrderView:
    quote = card.quote
    return OrderView(
        id=card.id,
        checkout_id=card.checkout_id,
        status=card.status,
        lines=_lines(quote),
        subtotal=quote.subtotal.minor,
        discount=quote.discount.minor,
        shipping=quote.shipping.minor,
        tax=quote.tax.minor,
        total=card.total.minor,
        refunded=card.refunded.minor,
        currency=card.total.currency,
        total_text=card.total.display(),
        placed_at=card.placed_at,
        url=links(f"orders/{card.id}"),
        ad_id=card.ad_id,
        second=card.second,
        agent_id=card.agent_id,
        refunds=[RefundView(one.id, one.amount.minor, one.status) for one in card.refunds],
        disputes=[RefundView(one.id, one.amount.minor, one.status) for one in card.disputes],
        codes=_codes(quote),
        taxes=_taxes(quote),
        buyer=card.buyer,
        address=card.address,
        notes=card.notes,
        placed_status=card.placed_status,
        placed_ref=card.placed_ref,
    )


def _lines(quote: Quote) -> list[LineView]:
    return [
        LineView(
            variant_id=one.variant_id,
            title=one.title,
            quantity=one.quantity,
            unit_price=one.unit.minor,
            amount=one.line.minor,
            discount=one.discount.minor if one.discount else 0,
            tax=one.tax.minor if one.tax else 0,
            left=one.left,
        )
        for one in quote.lines
    ]


def _codes(quote: Quote) -> list[CodeView]:
    applied = [CodeView(one.code, one.amount.minor) for one in quote.discounts]
    return applied + [CodeView(one.code, 0, one.reason, one.message) for one in quote.rejected]


def _taxes(quote: Quote) -> list[TaxView]:
    is_included = quote.tax_inside is not None
    return [TaxView(one.name, one.jurisdiction, one.bps, one.amount.minor, is_included) for one in quote.taxes]
