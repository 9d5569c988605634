"""What an agent asked for in our values: lines, buyer, address, attribution, consents, what to change."""

from __future__ import annotations

import re

from adengine.core.buyer import Address, Buyer, Consent, Touch, Trace
from adengine.core.errors import Invalid
from adengine.core.quote import MOST_OF_ONE
from adengine.services.acp.asks import (
    AddressAsk,
    AttributionAsk,
    BuyerAsk,
    CapabilitiesAsk,
    ConsentAsk,
    CreateAsk,
    FulfillmentDetailsAsk,
    ItemAsk,
    PaymentDataAsk,
    SelectedOptionAsk,
    TraceAsk,
    UpdateAsk,
    path_of,
)
from adengine.services.acp.refusals import Refused
from adengine.services.checkout import Change

REASONS = frozenset(
    {
        "price_sensitivity",
        "shipping_cost",
        "shipping_speed",
        "product_fit",
        "trust_security",
        "returns_policy",
        "payment_options",
        "comparison",
        "timing_deferred",
        "other",
    }
)
CONSENT_CHANNELS = ("email",)
EMAIL_LIKE = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
PHONE_LIKE = re.compile(r"\+\d[\d\s().-]{6,}\d|\(?\d{3}\)?[\s.-]\d{3}[\s.-]\d{3,4}")
ATTRIBUTION_TEXTS = ("provider", "publisher_id", "campaign_id", "creative_id", "sub_id")
DELIVERED = "shipping"

Lines = tuple[tuple[str, int], ...]


def lines_of(items: list[ItemAsk]) -> Lines:
    """(variant id, quantity) pairs; an item said twice is bought twice. Raises Refused for more than 99 of one."""
    counted: dict[str, int] = {}
    for number, item in enumerate(items):
        counted[item["id"]] = counted.get(item["id"], 0) + item.get("quantity", 1)
        if counted[item["id"]] > MOST_OF_ONE:
            where = path_of(("line_items", number, "quantity"))
            raise Refused("quantity_exceeded", f"at most {MOST_OF_ONE} of one item in one checkout", param=where)
    return tuple(counted.items())


def buyer_of(ask: BuyerAsk | None, contact: FulfillmentDetailsAsk | None = None) -> Buyer | None:
    """The buyer, or whom the goods are for where the agent names nobody else and gives an e-mail address."""
    if ask:
        first, last = ask.get("first_name") or "", ask.get("last_name") or ""
        named = bool(first or last)
        return Buyer(
            email=ask["email"],
            first_name=first if named else ask.get("full_name") or "",
            last_name=last,
            phone=ask.get("phone_number") or "",
        )
    if contact and (email := contact.get("email")):
        return Buyer(email=email, first_name=contact.get("name") or "", phone=contact.get("phone_number") or "")
    return None


def address_of(ask: FulfillmentDetailsAsk | None) -> Address | None:
    given = ask.get("address") if ask else None
    return _address(given) if given else None


def _address(ask: AddressAsk) -> Address:
    try:
        return Address(
            name=ask["name"],
            line1=ask["line_one"],
            line2=ask.get("line_two") or "",
            city=ask["city"],
            region=ask["state"],
            postal_code=ask["postal_code"],
            country=ask["country"],
            company=ask.get("company") or "",
        )
    except Invalid as fault:  # what is only blanks
        raise Refused("invalid", fault.message, param="$.fulfillment_details.address") from None


def codes_of(ask: CreateAsk | UpdateAsk) -> tuple[str, ...]:
    """The discount codes; `coupons` is their older name."""
    given = (ask.get("discounts") or {}).get("codes")
    return tuple(ask.get("coupons") or ()) if given is None else tuple(given)


def touch_of(ask: AttributionAsk | None) -> Touch | None:
    """Who sent the buyer, refused where it says who the buyer is. Its words repeat nothing of it."""
    if not ask:
        return None
    _need_no_person(ask)
    if not ask.get("token") and not ask.get("publisher_id"):
        where = "$.affiliate_attribution.publisher_id"
        raise Refused("missing", "an attribution needs a token or a publisher_id", param=where)
    source = ask.get("source")
    return Touch(
        provider=ask["provider"],
        token=ask.get("token") or "",
        publisher_id=ask.get("publisher_id") or "",
        campaign_id=ask.get("campaign_id") or "",
        creative_id=ask.get("creative_id") or "",
        sub_id=ask.get("sub_id") or "",
        source=(source.get("url") or source["type"]) if source else "",
        issued_at=ask.get("issued_at"),
        expires_at=ask.get("expires_at"),
        metadata=tuple((ask.get("metadata") or {}).items()),
    )


def _need_no_person(ask: AttributionAsk) -> None:
    texts = [((name,), str(ask.get(name) or "")) for name in ATTRIBUTION_TEXTS]
    metadata = [(("metadata", name), f"{name} {value}") for name, value in (ask.get("metadata") or {}).items()]
    for where, text in [*texts, *metadata]:
        if EMAIL_LIKE.search(text) or PHONE_LIKE.search(text):
            raise Refused(
                "pii_not_allowed",
                "an attribution says who sent a buyer, never who the buyer is; leave e-mail and phone out",
                param=path_of(("affiliate_attribution", *where)),
            )


def trace_of(ask: TraceAsk | None) -> Trace | None:
    if not ask:
        return None
    reason = ask["reason_code"] if ask["reason_code"] in REASONS else "other"
    return Trace(reason, ask.get("trace_summary") or "", tuple((ask.get("metadata") or {}).items()))


def consents_of(asks: list[ConsentAsk] | None, offered: bool) -> tuple[Consent, ...]:
    """The buyer's decisions on channels that were offered; the last one said for a channel counts."""
    decided = {one["channel"]: one["opted_in"] for one in asks or () if offered and one["channel"] in CONSENT_CHANNELS}
    return tuple(Consent("email", opted_in) for opted_in in decided.values())


def token_of(ask: PaymentDataAsk, handler_id: str) -> str:
    """The payment token for our handler; raises Refused for any other way to pay."""
    if "instrument" not in ask or "handler_id" not in ask:
        if ask.get("purchase_order_number"):
            where = "$.payment_data.purchase_order_number"
            raise Refused("unsupported", "purchase orders are not taken here; pay with a token", param=where)
        missing = "instrument" if "handler_id" in ask else "handler_id"
        raise Refused("missing", f"{missing} is required", param=f"$.payment_data.{missing}")
    if ask["handler_id"] != handler_id:
        words = f"there is no such payment handler in this checkout; its handler is {handler_id}"
        raise Refused("invalid", words, param="$.payment_data.handler_id")
    credential = ask["instrument"]["credential"]
    if credential["type"] != "spt":
        where = "$.payment_data.instrument.credential.type"
        raise Refused("unsupported", "this handler takes shared payment tokens, type spt", param=where)
    return credential["token"]


def extensions_of(ask: CapabilitiesAsk) -> tuple[str, ...]:
    """The names of extensions the agent understands, without the version it may add to one."""
    return tuple(dict.fromkeys(one.split("@")[0] for one in ask.get("extensions") or ()))


def interventions_of(ask: CapabilitiesAsk) -> tuple[str, ...]:
    return tuple(dict.fromkeys((ask.get("interventions") or {}).get("supported") or ()))


def option_of(asks: list[SelectedOptionAsk], known: frozenset[str]) -> str:
    """The one way everything is sent; `known` are the ids that the session's lines go by. "" for none."""
    for number, one in enumerate(asks):
        if one["type"] != DELIVERED:
            where = path_of(("selected_fulfillment_options", number, "type"))
            raise Refused("unsupported", "this shop ships its goods; choose an option of type shipping", param=where)
        for place, item in enumerate(one["item_ids"]):
            if item not in known:
                where = path_of(("selected_fulfillment_options", number, "item_ids", place))
                raise Refused("invalid", "this is no line of the checkout", param=where)
        if one["option_id"] != asks[0]["option_id"]:
            where = path_of(("selected_fulfillment_options", number, "option_id"))
            raise Refused("unsupported", "a basket is sent in one way; choose one option for all of it", param=where)
    return asks[0]["option_id"] if asks else ""


def change_of(ask: UpdateAsk, known: frozenset[str], *, has_buyer: bool) -> Change:
    """What an update changes: what is absent stays, what is null or empty is cleared."""
    details = ask.get("fulfillment_details")
    buyer, address = buyer_of(ask.get("buyer"), None if has_buyer else details), address_of(details)
    options = ask.get("selected_fulfillment_options")
    empties = {
        "buyer": "buyer" in ask and buyer is None,
        "address": "fulfillment_details" in ask and (details is None or ("address" in details and address is None)),
        "option_id": "selected_fulfillment_options" in ask and not options,
        "notes": "order_notes" in ask and not ask["order_notes"],
    }
    return Change(
        lines=lines_of(ask["line_items"]) if "line_items" in ask else None,
        buyer=buyer,
        address=address,
        option_id=option_of(options, known) if options else None,
        codes=codes_of(ask) if "discounts" in ask or "coupons" in ask else None,
        notes=ask.get("order_notes") or None,
        clear=frozenset(name for name, is_empty in empties.items() if is_empty),
    )
