"""What an agent asked for in our values: lines, buyer, address, the way it is sent, what led here, how it is paid."""

from __future__ import annotations

import math
from collections.abc import Sequence

from adengine.core.buyer import Address, Buyer
from adengine.core.errors import Invalid
from adengine.core.quote import MOST_OF_ONE
from adengine.services.checkout import Change
from adengine.services.ucp.asks import (
    AttributionAsk,
    BuyerAsk,
    CheckoutAsk,
    CheckoutUpdateAsk,
    CompleteAsk,
    DestinationAsk,
    FulfillmentAsk,
    LineAsk,
    MethodAsk,
    PatchAsk,
)
from adengine.services.ucp.refusals import Refused

Lines = tuple[tuple[str, int], ...]

# A checkout has one destination and one parcel; these are their names.
DESTINATION = "destination"
LONGEST_FILM_S = 3600
METHOD = "$.fulfillment.methods[0]"


def lines_of(asks: Sequence[LineAsk]) -> Lines:
    """(variant id, quantity) pairs; an item said twice is bought twice. Raises Refused for more than 99 of one."""
    counted: dict[str, int] = {}
    for number, one in enumerate(asks):
        item = one["item"]["id"]
        counted[item] = counted.get(item, 0) + one["quantity"]
        if counted[item] > MOST_OF_ONE:
            path = f"$.line_items[{number}].quantity"
            raise Refused("quantity_exceeded", f"at most {MOST_OF_ONE} of one item can be bought at once", path=path)
    return tuple(counted.items())


def patched(lines: Lines, patches: Sequence[PatchAsk]) -> Lines:
    """The lines with some quantities changed; 0 takes a line out, and an item that was in none comes last."""
    changed = dict(lines)
    for one in patches:
        changed[one["id"].removeprefix("li_")] = one["quantity"]
    return tuple((item, quantity) for item, quantity in changed.items() if quantity)


def buyer_of(ask: BuyerAsk | None) -> Buyer | None:
    """The buyer; raises Refused for one who could not be written to."""
    if not ask:
        return None
    if "email" not in ask:
        raise Refused("missing", "a buyer needs an e-mail address, where the order is confirmed", path="$.buyer.email")
    try:
        return Buyer(
            email=ask["email"],
            first_name=ask.get("first_name", ""),
            last_name=ask.get("last_name", ""),
            phone=ask.get("phone_number", ""),
        )
    except Invalid as fault:
        raise Refused("invalid", fault.message, path="$.buyer") from None


def address_of(ask: FulfillmentAsk | None) -> Address | None:
    """Where it goes; None where nothing but the id of a destination is said, or nothing at all."""
    method = _method(ask)
    place = _destination(method) if method else None
    if place is None or not any(value for name, value in place.items() if name != "id"):
        return None
    try:
        return Address(
            name=f"{place.get('first_name', '')} {place.get('last_name', '')}".strip(),
            line1=place.get("street_address", ""),
            line2=place.get("extended_address", ""),
            city=place.get("address_locality", ""),
            region=place.get("address_region", ""),
            postal_code=place.get("postal_code", ""),
            country=place.get("address_country", ""),
        )
    except Invalid as fault:
        words = f"{fault.message}; send street_address, address_locality, postal_code and address_country"
        raise Refused("invalid", words, path=f"{METHOD}.destinations") from None


def option_of(ask: FulfillmentAsk | None) -> str:
    """The way everything is sent, "" where none is chosen."""
    method = _method(ask)
    groups = method.get("groups", []) if method else []
    return next((one.get("selected_option_id") or "" for one in groups), "")


def keeps_address(ask: FulfillmentAsk | None, *, says_nothing: bool = False) -> bool:
    """Whether an update names the destination that the checkout has, without writing it again.

    `says_nothing`: it is enough that it says nothing of destinations.
    """
    method = _method(ask)
    if says_nothing and "destinations" not in (method or {}):
        return True
    if not method or address_of(ask) is not None:
        return False
    named = {one.get("id") for one in method.get("destinations", [])} | {method.get("selected_destination_id")}
    return DESTINATION in named


def codes_of(ask: CheckoutAsk | CheckoutUpdateAsk) -> tuple[str, ...]:
    return tuple(ask.get("discounts", {}).get("codes", ()))


def change_of(ask: CheckoutUpdateAsk, *, keeps_unseen: bool = False) -> Change:
    """The whole checkout as it shall be: what an update leaves out is cleared.

    With `keeps_unseen` the buyer and the destination stay unless others are sent, or an empty list of destinations.
    """
    fulfillment = ask.get("fulfillment")
    buyer, address, option_id = buyer_of(ask.get("buyer")), address_of(fulfillment), option_of(fulfillment)
    gone = {
        "buyer": buyer is None and not keeps_unseen,
        "address": address is None and not keeps_address(fulfillment, says_nothing=keeps_unseen),
        "option_id": not option_id,
    }
    return Change(
        lines=lines_of(ask["line_items"]),
        buyer=buyer,
        address=address,
        option_id=option_id or None,
        codes=codes_of(ask),
        clear=frozenset(name for name, is_gone in gone.items() if is_gone),
    )


def second_of(ask: AttributionAsk) -> float | None:
    """The second of the film, None where what was sent is none."""
    try:
        second = float(ask.get("second", ""))
    except ValueError:
        return None
    return round(second, 3) if math.isfinite(second) and 0 <= second <= LONGEST_FILM_S else None


def token_of(ask: CompleteAsk, handler_id: str) -> str:
    """The token to pay with, "" where none was sent; raises Refused for another handler's."""
    instruments = ask.get("payment", {}).get("instruments", [])
    chosen = next((one for one in instruments if one.get("selected")), instruments[0] if instruments else None)
    if chosen is None or "credential" not in chosen:
        return ""
    if chosen["handler_id"] != handler_id:
        words = f"this checkout is paid through the handler {handler_id}; see ucp.payment_handlers"
        raise Refused("payment_handler_unknown", words, path="$.payment.instruments[0].handler_id")
    return chosen["credential"]["token"]


def _method(ask: FulfillmentAsk | None) -> MethodAsk | None:
    methods = ask.get("methods", []) if ask else []
    if any(one.get("type") == "pickup" for one in methods):
        raise Refused("unsupported", "this shop ships its goods; choose the method shipping", path=f"{METHOD}.type")
    if len(methods) > 1:
        raise Refused("unsupported", "everything is sent together; send one method", path="$.fulfillment.methods")
    return methods[0] if methods else None


def _destination(method: MethodAsk) -> DestinationAsk | None:
    """The destination that is selected, else the first."""
    places, wanted = method.get("destinations", []), method.get("selected_destination_id")
    return next((one for one in places if wanted and one.get("id") == wanted), places[0] if places else None)
