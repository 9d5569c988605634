"""The JSON API of how a shop sells: its taxes, ways to ship, and discount codes."""

from __future__ import annotations

from adengine.core.selling import Discount, Selling
from adengine.services import selling
from adengine.services.selling import CodeCard
from adengine.web.api_call import Call
from adengine.web.openapi import Route


def _selling(call: Call) -> Selling:
    with call.unit() as unit:
        # Its shares and holdback are the merchant's own business: a shopper's agent gets prices, not these.
        unit.require("orders:read")
        return selling.selling_of(unit)


def _set(call: Call) -> Selling:
    with call.unit() as unit:
        selling.set_selling(unit, call.body)
        return selling.selling_of(unit)


def _codes(call: Call) -> list[CodeCard]:
    with call.unit() as unit:
        return selling.list_codes(unit)


def _add(call: Call) -> CodeCard:
    with call.unit() as unit:
        return selling.add_code(unit, call.body)


def _withdraw(call: Call) -> list[CodeCard]:
    with call.unit() as unit:
        selling.withdraw_code(unit, call.path["code"])
        return selling.list_codes(unit)


ROUTES = (
    Route("GET", "/selling", "Show taxes, ways to ship and links of the shop", _selling, Selling),
    Route("PUT", "/selling", "Set all of them; what is left out is no longer set", _set, Selling, body=Selling),
    Route("GET", "/codes", "List discount codes", _codes, list[CodeCard]),
    Route("POST", "/codes", "Make a discount code", _add, CodeCard, body=Discount, status=201),
    Route("POST", "/codes/{code}/withdraw", "Withdraw a discount code", _withdraw, list[CodeCard]),
)
