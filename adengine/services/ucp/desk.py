"""What an agent may ask of a shop, the same over REST and MCP: its catalogue, carts, checkouts and orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from adengine.core.errors import Invalid, NotFound
from adengine.core.untrusted import plain
from adengine.engine import Unit
from adengine.models import Cart as CartRow
from adengine.models import Variant
from adengine.services import carts, checkout
from adengine.services.acp.replies import Caller
from adengine.services.checkout import CheckoutWish
from adengine.services.ucp import asks, wishes
from adengine.services.ucp.access import knows_buyer, own_checkout, own_order
from adengine.services.ucp.catalogue import get_product, lookup_catalog, search_catalog
from adengine.services.ucp.completing import complete_checkout, decline_checkout, hand_over, to_confirm
from adengine.services.ucp.orders import shown_order
from adengine.services.ucp.refusals import Refused
from adengine.services.ucp.replies import looked, need_key, once
from adengine.services.ucp.shapes import Cart, Checkout, ErrorDocument, Order
from adengine.services.ucp.showing import shown_cart, shown_checkout

__all__ = [
    "Caller",
    "cancel_cart",
    "cancel_checkout",
    "complete_checkout",
    "create_cart",
    "create_checkout",
    "decline_checkout",
    "get_cart",
    "get_checkout",
    "get_order",
    "get_product",
    "hand_over",
    "lookup_catalog",
    "search_catalog",
    "to_confirm",
    "update_cart",
    "update_checkout",
]

CHANNEL = "ucp"


def create_cart(caller: Caller, ask: asks.CartAsk) -> Cart | ErrorDocument:
    """Keep a basket."""

    def act(unit: Unit) -> Cart:
        lines, buyer = wishes.lines_of(ask["line_items"]), wishes.buyer_of(ask.get("buyer"))
        with _naming_items(unit, lines):
            return shown_cart(unit, caller, carts.open_cart(unit, lines, buyer=buyer))

    return once(caller, "/carts", ask, act)


def get_cart(caller: Caller, cart_id: str) -> Cart | ErrorDocument:
    opened = caller.engine.reading(caller.actor)
    return looked(opened, lambda unit: shown_cart(unit, caller, carts.get_cart(unit, cart_id)))


def update_cart(caller: Caller, cart_id: str, ask: asks.CartUpdateAsk) -> Cart | ErrorDocument:
    """Put other lines and another buyer in the place of all that the cart held, or patch single lines of it.

    A buyer stays where lines are patched, and where the caller is not shown who buys.
    """
    if ("line_items" in ask) == ("line_patches" in ask):
        raise Invalid("send cart.line_items (all lines) or cart.line_patches (some), not both and not neither")

    def act(unit: Unit) -> Cart:
        unit.require("checkout:write")
        unit.get(CartRow, cart_id, lock=True)  # two patches at once must not lose each other's lines
        before = carts.get_cart(unit, cart_id)
        buyer = wishes.buyer_of(ask.get("buyer"))
        if "line_items" in ask:
            lines = wishes.lines_of(ask["line_items"])
        else:
            lines = wishes.patched(checkout.lines_of(before.quote), ask["line_patches"])
        if "line_patches" in ask or not knows_buyer(unit.actor, unit.actor.agent_id):
            buyer = buyer or before.buyer
        if not lines:
            raise Refused("empty", "a cart holds at least one line; use cancel_cart to give it up", path="$.line_items")
        with _naming_items(unit, lines):
            return shown_cart(unit, caller, carts.replace_cart(unit, cart_id, lines, buyer=buyer))

    return once(caller, f"/carts/{cart_id}", ask, act)


def cancel_cart(caller: Caller, cart_id: str) -> Cart | ErrorDocument:
    """Give a cart up: it is answered as it was, and not there from then on."""
    need_key(caller)
    return once(
        caller, f"/carts/{cart_id}/cancel", {}, lambda unit: shown_cart(unit, caller, carts.cancel_cart(unit, cart_id))
    )


def create_checkout(caller: Caller, ask: asks.CheckoutAsk) -> Checkout | ErrorDocument:
    """Open a checkout for the agent's buyer, from a cart or from lines."""
    if "cart_id" not in ask and "line_items" not in ask:
        raise Invalid("send checkout.cart_id or checkout.line_items [{item: {id}, quantity}]")

    def act(unit: Unit) -> Checkout:
        wish = _wish(unit, ask)
        with _naming_items(unit, wish.lines):
            return shown_checkout(unit, caller, checkout.open_checkout(unit, wish))

    return once(caller, "/checkout-sessions", ask, act)


def get_checkout(caller: Caller, checkout_id: str) -> Checkout | ErrorDocument:
    opened = caller.engine.reading(caller.actor)
    return looked(opened, lambda unit: shown_checkout(unit, caller, own_checkout(unit, checkout_id)))


def update_checkout(caller: Caller, checkout_id: str, ask: asks.CheckoutUpdateAsk) -> Checkout | ErrorDocument:
    """Make the checkout what was sent, and price it anew; what was left out is cleared.

    Whoever is not shown who buys cannot send it back: the buyer and the destination they leave out stay.
    """

    def act(unit: Unit) -> Checkout:
        before = own_checkout(unit, checkout_id)
        change = wishes.change_of(ask, keeps_unseen=not knows_buyer(unit.actor, before.agent_id))
        with _naming_items(unit, change.lines or ()):
            card = checkout.change_checkout(unit, checkout_id, change)
        if change.option_id and card.address and card.quote.option_id != change.option_id:
            path = "$.fulfillment.methods[0].groups[0].selected_option_id"
            raise Refused("invalid", "this is none of the options of the checkout; choose one of them", path=path)
        return shown_checkout(unit, caller, card)

    return once(caller, f"/checkout-sessions/{checkout_id}", ask, act)


def cancel_checkout(caller: Caller, checkout_id: str) -> Checkout | ErrorDocument:
    """Give the checkout up, and what was reserved back."""
    need_key(caller)

    def act(unit: Unit) -> Checkout:
        own_checkout(unit, checkout_id)
        return shown_checkout(unit, caller, checkout.cancel_checkout(unit, checkout_id))

    return once(caller, f"/checkout-sessions/{checkout_id}/cancel", {}, act)


def get_order(caller: Caller, order_id: str) -> Order | ErrorDocument:
    """An order, with what went back of it; who bought it only for the shop and the agent that did it."""

    def look(unit: Unit) -> Order:
        return shown_order(unit, caller, own_order(unit, order_id))

    return looked(caller.engine.reading(caller.actor), look)


def _wish(unit: Unit, ask: asks.CheckoutAsk) -> CheckoutWish:
    """What is asked for; of a cart, its lines and its buyer count, whatever else is said about them."""
    cart = carts.get_cart(unit, ask["cart_id"]) if "cart_id" in ask else None
    led = ask.get("attribution", {})
    fulfillment = ask.get("fulfillment")
    return CheckoutWish(
        lines=checkout.lines_of(cart.quote) if cart else wishes.lines_of(ask["line_items"]),
        channel=CHANNEL,
        ad_id=led.get("ad_id"),
        second=wishes.second_of(led),
        experiment_id=led.get("arm"),
        buyer=(cart.buyer if cart else None) or wishes.buyer_of(ask.get("buyer")),
        address=wishes.address_of(fulfillment),
        option_id=wishes.option_of(fulfillment),
        codes=wishes.codes_of(ask),
        locale=ask.get("context", {}).get("language", ""),
    )


@contextmanager
def _naming_items(unit: Unit, lines: wishes.Lines) -> Iterator[None]:
    """Say which item it is that cannot be priced."""
    try:
        yield
    except NotFound:
        found = set(unit.db.scalars(select(Variant.id).where(Variant.id.in_([item for item, _ in lines]))))
        number = next((at for at, (item, _) in enumerate(lines) if item not in found), 0)
        item = plain(lines[number][0], 60) if lines else ""
        words = f"there is no variant '{item}' here; use the id of a variant (var_...) from get_product"
        raise Refused("not_found", words, path=f"$.line_items[{number}].item.id") from None
