"""The JSON API of buying: checkouts from open to paid, orders, and what is paid back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from adengine.core.buyer import Address, Buyer
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.quote import MOST_OF_ONE
from adengine.services import checkout, orders, paying
from adengine.services.checkout import Change, CheckoutWish
from adengine.services.paying import Completion
from adengine.services.selling import Lines
from adengine.services.views import CheckoutView, OrderView, checkout_view, order_view
from adengine.web.api_call import Call
from adengine.web.openapi import Route

Quantity = Annotated[int, Field(ge=1, le=MOST_OF_ONE)]


@dataclass(frozen=True)
class LineAsk:
    variant_id: str
    quantity: Quantity = 1


@dataclass(frozen=True)
class CheckoutAsk:
    """What to buy (`lines`, or one `variant_id`), for whom, and the film and second that led to it."""

    lines: list[LineAsk] | None = None
    variant_id: str | None = None
    quantity: Quantity = 1
    ad_id: str | None = None
    second: float | None = None
    buyer: Buyer | None = None
    address: Address | None = None
    option_id: str = ""
    codes: list[str] | None = None
    notes: str = ""
    locale: str = ""


@dataclass(frozen=True)
class ChangeAsk:
    """What is to be different; what is left out or null stays, `clear` names fields to empty."""

    lines: list[LineAsk] | None = None
    buyer: Buyer | None = None
    address: Address | None = None
    option_id: str | None = None
    codes: list[str] | None = None
    notes: str | None = None
    clear: list[str] | None = None


@dataclass(frozen=True)
class CompleteAsk:
    """The token to charge; `authenticated` once the buyer has passed the challenge that was asked for."""

    token: str
    authenticated: bool = False
    buyer: Buyer | None = None
    notes: str = ""


@dataclass(frozen=True)
class PaymentAddress:
    """Where the buyer pays."""

    url: str


@dataclass(frozen=True)
class RefundAsk:
    """`amount` in minor units, or `lines` of the order; left out, all that is left is paid back."""

    amount: int | None = None
    lines: list[LineAsk] | None = None


def _lines(asked: list[LineAsk] | None) -> Lines:
    return tuple((one.variant_id, one.quantity) for one in asked or ())


def _open(call: Call) -> CheckoutView:
    ask: CheckoutAsk = call.body
    if (ask.lines is None) == (ask.variant_id is None):
        raise Invalid("send either lines or one variant_id")
    wish = CheckoutWish(
        lines=_lines(ask.lines) if ask.variant_id is None else ((ask.variant_id, ask.quantity),),
        channel="api",
        ad_id=ask.ad_id,
        second=ask.second,
        request_key=call.request_key,
        buyer=ask.buyer,
        address=ask.address,
        option_id=ask.option_id,
        codes=tuple(ask.codes or ()),
        notes=ask.notes,
        locale=ask.locale,
    )
    with call.unit() as unit:
        return checkout_view(checkout.open_in_stock(unit, wish), call.links)


def _checkout(call: Call) -> CheckoutView:
    with call.unit() as unit:
        return checkout_view(checkout.get_checkout(unit, call.path["checkout_id"]), call.links)


def _change(call: Call) -> CheckoutView:
    ask: ChangeAsk = call.body
    change = Change(
        lines=None if ask.lines is None else _lines(ask.lines),
        buyer=ask.buyer,
        address=ask.address,
        option_id=ask.option_id,
        codes=None if ask.codes is None else tuple(ask.codes),
        notes=ask.notes,
        clear=frozenset(ask.clear or ()),
    )
    with call.unit() as unit:
        return checkout_view(checkout.change_checkout(unit, call.path["checkout_id"], change), call.links)


def _cancel(call: Call) -> CheckoutView:
    with call.unit() as unit:
        return checkout_view(checkout.cancel_checkout(unit, call.path["checkout_id"]), call.links)


def _pay(call: Call) -> PaymentAddress:
    return PaymentAddress(paying.pay(call.engine, call.actor, call.path["checkout_id"]))


def _complete(call: Call) -> CheckoutView:
    ask: CompleteAsk = call.body
    how = Completion(ask.token, buyer=ask.buyer, authenticated=ask.authenticated, notes=ask.notes)
    return checkout_view(paying.complete(call.engine, call.actor, call.path["checkout_id"], how), call.links)


def _orders(call: Call) -> list[OrderView]:
    with call.unit() as unit:
        return [order_view(one, call.links) for one in orders.list_orders(unit)]


def _order(call: Call) -> OrderView:
    with call.unit() as unit:
        return order_view(orders.get_order(unit, call.path["order_id"]), call.links)


def _refund(call: Call) -> OrderView:
    ask: RefundAsk = call.body
    if ask.amount is not None and ask.lines is not None:
        raise Invalid("send an amount or lines, not both")
    with call.unit() as unit:
        order = orders.get_order(unit, call.path["order_id"])
    paid_back = orders.refund(
        call.engine,
        call.actor,
        order.id,
        amount=None if ask.amount is None else Money(ask.amount, order.total.currency),
        lines=_lines(ask.lines),
        request_key=call.request_key,
    )
    return order_view(paid_back, call.links)


ROUTES = (
    Route(
        "POST", "/checkouts", "Open a checkout", _open, CheckoutView,
        body=CheckoutAsk, status=201, needs_key=True,
    ),
    Route("GET", "/checkouts/{checkout_id}", "Show a checkout", _checkout, CheckoutView),
    Route(
        "PATCH", "/checkouts/{checkout_id}", "Change a checkout and price it anew", _change, CheckoutView,
        body=ChangeAsk,
    ),
    Route("POST", "/checkouts/{checkout_id}/cancel", "Give a checkout up", _cancel, CheckoutView),
    Route("POST", "/checkouts/{checkout_id}/pay", "Get the page where the buyer pays", _pay, PaymentAddress),
    Route(
        "POST", "/checkouts/{checkout_id}/complete", "Pay a checkout with a token", _complete, CheckoutView,
        body=CompleteAsk,
    ),
    Route("GET", "/orders", "List orders", _orders, list[OrderView]),
    Route("GET", "/orders/{order_id}", "Show an order", _order, OrderView),
    Route(
        "POST", "/orders/{order_id}/refunds", "Pay an order back", _refund, OrderView,
        body=RefundAsk, needs_key=True,
    ),
)  # fmt: skip
