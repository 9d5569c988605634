"""Carts that agents keep for their buyers before there is a checkout: no promise, priced anew at each look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from adengine.core.buyer import Buyer
from adengine.core.errors import NotFound
from adengine.core.quote import Quote
from adengine.engine import Unit
from adengine.models import Cart, new_id
from adengine.services import selling
from adengine.services.selling import Lines

LIFETIME = timedelta(days=7)


@dataclass(frozen=True)
class CartCard:
    """A cart at today's prices; without an address they hold neither shipping nor tax on top."""

    id: str
    quote: Quote
    buyer: Buyer | None
    expires_at: datetime


def open_cart(unit: Unit, lines: Lines, *, buyer: Buyer | None = None) -> CartCard:
    """Keep (variant id, quantity) pairs for the unit's agent. Raises NotFound for an unknown variant."""
    unit.require("checkout:write")
    quote = selling.price(unit, lines)
    row = unit.own(
        Cart,
        id=new_id("cart"),
        agent_id=unit.actor.agent_id,
        lines=lines,
        buyer=buyer,
        status="open",
        created_at=unit.now(),
        updated_at=unit.now(),
    )
    return _card(row, quote)


def get_cart(unit: Unit, cart_id: str) -> CartCard:
    """The cart; raises NotFound once it was cancelled, has expired, or for another agent."""
    unit.require("checkout:write")
    row = _row(unit, cart_id)
    return _card(row, selling.price(unit, row.lines))


def replace_cart(unit: Unit, cart_id: str, lines: Lines, *, buyer: Buyer | None = None) -> CartCard:
    """Put other lines and another buyer in the place of all that the cart held."""
    unit.require("checkout:write")
    row = _row(unit, cart_id, lock=True)
    quote = selling.price(unit, lines)
    row.lines, row.buyer, row.updated_at = lines, buyer, unit.now()
    return _card(row, quote)


def cancel_cart(unit: Unit, cart_id: str) -> CartCard:
    """Give the cart up; answers it as it was."""
    unit.require("checkout:write")
    row = _row(unit, cart_id, lock=True)
    row.status = "cancelled"
    return _card(row, selling.price(unit, row.lines))


def _row(unit: Unit, cart_id: str, *, lock: bool = False) -> Cart:
    row = unit.get(Cart, cart_id, lock=lock)
    is_gone = row.status != "open" or row.updated_at + LIFETIME <= unit.now()
    if is_gone or row.agent_id != unit.actor.agent_id:
        raise NotFound(f"there is no cart '{cart_id[:60]}' here")
    return row


def _card(row: Cart, quote: Quote) -> CartCard:
    return CartCard(row.id, quote, row.buyer, row.updated_at + LIFETIME)
