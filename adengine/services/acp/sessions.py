"""A checkout as the protocol's session: what it costs, what it lacks, how it can be paid, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from adengine.core import buyer as people
from adengine.core.money import WHOLE_BPS
from adengine.core.quote import MOST_OF_ONE, Quote
from adengine.core.selling import Applied, Selling
from adengine.services.acp import ways
from adengine.services.acp.messages import session_messages
from adengine.services.acp.shapes import (
    Address,
    AppliedDiscount,
    AuthenticationMetadata,
    Buyer,
    Capabilities,
    CheckoutSession,
    ConsentOption,
    Discounts,
    FulfillmentDetails,
    FulfillmentOption,
    LineItem,
    Link,
    Message,
    Order,
    Status,
)
from adengine.services.acp.totals import line_id, line_totals, moment, session_totals, shipping_totals
from adengine.services.acp.ways import Way
from adengine.services.acp.words import say

if TYPE_CHECKING:
    from adengine.services.checkout import CheckoutCard
    from adengine.services.views import Links

UNFINISHED = frozenset({"not_ready_for_payment", "ready_for_payment", "authentication_required", "requires_escalation"})


@dataclass(frozen=True)
class Goods:
    """What a line shows of its variant beside the quote: its number in the shop and the file of its picture."""

    sku: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Seller:
    """The shop of a session, and the way it is paid. `merchant_id` is the seller at the payment provider."""

    title: str
    merchant_id: str
    country: str
    selling: Selling
    way: Way
    links: Links


@dataclass(frozen=True)
class Agreed:
    """What an agent and the shop both can do, and the language of what is said."""

    language: str = "en"
    interventions: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Extras:
    """What a session document takes in beside its checkout: goods by variant id, its order, more messages."""

    goods: Mapping[str, Goods] = field(default_factory=dict)
    order: Order | None = None
    messages: tuple[Message, ...] = ()


def session_document(
    card: CheckoutCard, seller: Seller, agreed: Agreed, *, now: datetime, extras: Extras = Extras()
) -> CheckoutSession:
    """The whole session: always its full state, whatever was asked."""
    quote, language = card.quote, agreed.language
    status = status_of(card, agreed, now=now)
    document: CheckoutSession = {
        "id": card.id,
        "protocol": {"version": ways.VERSION},
        "capabilities": capabilities_document(seller, agreed),
        "status": status,
        "currency": quote.currency.lower(),
        "line_items": line_items(quote, seller.links, extras.goods, language),
        "fulfillment_options": _options(quote, language),
        "totals": session_totals(quote, language),
        "messages": [*extras.messages, *session_messages(quote, card.trouble, status, language)],
        "links": _links(seller.selling),
        "created_at": moment(card.created_at),
        "updated_at": moment(quote.at),
        "expires_at": moment(card.expires_at),
    }
    _add_choices(document, card, agreed)
    _add_offers(document, card, seller, agreed)
    if extras.order is not None:
        document["order"] = extras.order
    return document


def status_of(card: CheckoutCard, agreed: Agreed, *, now: datetime) -> Status:
    """The protocol's word for where a checkout is."""
    final: dict[str, Status] = {
        "paid": "completed",
        "cancelled": "canceled",
        "paying": "complete_in_progress",
        "expired": "expired",
    }
    if card.status in final:
        return final[card.status]
    if card.trouble == "needs_authentication":
        return "authentication_required" if "3ds" in agreed.interventions else "requires_escalation"
    if now >= card.expires_at:
        return "expired"
    return "ready_for_payment" if is_payable(card.quote) else "not_ready_for_payment"


def is_payable(quote: Quote) -> bool:
    """Whether nothing is missing and everything can be had."""
    return not quote.needs and all(line.left is None for line in quote.lines)


def capabilities_document(seller: Seller, agreed: Agreed) -> Capabilities:
    """Payment handlers, and what both sides can do."""
    document: Capabilities = {
        "payment": {"handlers": [ways.handler_document(seller.way, seller.merchant_id)]},
        "interventions": {"supported": list(agreed.interventions), "required": [], "enforcement": "conditional"},
    }
    # The schema takes an empty list for a list of names and of declarations at once, and refuses it for that.
    if agreed.extensions:
        document["extensions"] = [{"name": one, "extends": list(ways.DISCOUNT_FIELDS)} for one in agreed.extensions]
    return document


def line_items(quote: Quote, links: Links, goods: Mapping[str, Goods], language: str) -> list[LineItem]:
    """The lines of a quote with all that is known of them."""
    return [_line(quote, number, links, goods, language) for number in range(len(quote.lines))]


def buyer_document(buyer: people.Buyer) -> Buyer:
    document: Buyer = {"email": buyer.email}
    if buyer.last_name:
        document |= {"first_name": buyer.first_name, "last_name": buyer.last_name}
    if buyer.name:
        document["full_name"] = buyer.name
    if buyer.phone:
        document["phone_number"] = buyer.phone
    return document


def _line(quote: Quote, number: int, links: Links, goods: Mapping[str, Goods], language: str) -> LineItem:
    line = quote.lines[number]
    known = goods.get(line.variant_id, Goods())
    item: LineItem = {
        "id": line_id(line),
        "item": {"id": line.variant_id, "name": line.title, "unit_amount": line.unit.minor},
        "quantity": line.quantity,
        "name": line.title,
        "unit_amount": line.unit.minor,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "availability_status": "out_of_stock" if line.left == 0 else "in_stock",
        "max_quantity_per_order": MOST_OF_ONE,
        "totals": line_totals(line, quote, language),
    }
    if line.left is not None:
        item["available_quantity"] = line.left
    if known.sku:
        item["sku"] = known.sku
    if known.picture:
        item["images"] = [links.picture(known.picture)]
    if line.grams:
        item["weight"] = {"value": line.grams, "unit": "g"}
    if line.discount:
        item["discount_details"] = [
            {
                "code": one.code,
                "type": "fixed" if one.bps is None else "percentage",
                "amount": amount.minor,
                "description": one.title,
                "source": "coupon",
            }
            for one in quote.discounts
            for variant_id, amount in one.shares
            if variant_id == line.variant_id and amount
        ]
    return item


def _options(quote: Quote, language: str) -> list[FulfillmentOption]:
    return [
        {
            "type": "shipping",
            "id": one.id,
            "title": one.title,
            "earliest_delivery_time": moment(quote.at + timedelta(days=one.days[0])),
            "latest_delivery_time": moment(quote.at + timedelta(days=one.days[1])),
            "totals": shipping_totals(one.price.minor, language),
        }
        for one in quote.options
    ]


def _links(selling: Selling) -> list[Link]:
    found: list[Link] = []
    if selling.terms_url:
        found.append({"type": "terms_of_use", "url": selling.terms_url})
    if selling.privacy_url:
        found.append({"type": "privacy_policy", "url": selling.privacy_url})
    if selling.returns_url:
        found.append({"type": "return_policy", "url": selling.returns_url})
    if selling.support_email:
        found.append({"type": "contact_us", "url": f"mailto:{selling.support_email}"})
    return found


def _add_choices(document: CheckoutSession, card: CheckoutCard, agreed: Agreed) -> None:
    """What the buyer said and chose so far."""
    if card.locale:
        document["locale"] = card.locale
    if card.buyer:
        document["buyer"] = buyer_document(card.buyer)
    if card.address:
        document["fulfillment_details"] = _details(card.address, card.buyer)
    if card.quote.option_id:
        chosen = [line_id(line) for line in card.quote.lines]
        document["selected_fulfillment_options"] = [
            {"type": "shipping", "option_id": card.quote.option_id, "item_ids": chosen}
        ]
    if ways.DISCOUNT in agreed.extensions or card.codes:
        document["discounts"] = discounts_document(card.quote, card.codes)


def _add_offers(document: CheckoutSession, card: CheckoutCard, seller: Seller, agreed: Agreed) -> None:
    """What is still open to the buyer while the session is."""
    status = document["status"]
    if status in UNFINISHED or status == "expired":
        document["continue_url"] = seller.links(f"checkout/{card.id}")
    if status in UNFINISHED and seller.selling.privacy_url:
        document["marketing_consent_options"] = [_consent(seller, agreed.language)]
    if status == "authentication_required":
        document["authentication_metadata"] = _authentication(seller)


def discounts_document(quote: Quote, codes: tuple[str, ...]) -> Discounts:
    """The codes as they were sent, what each took off which line, and why others did nothing."""
    places = {line.variant_id: number for number, line in enumerate(quote.lines)}
    return {
        "codes": list(codes),
        "applied": [_applied(one, number, places) for number, one in enumerate(quote.discounts, 1)],
        "rejected": [
            {"code": one.code, "reason": f"discount_code_{one.reason}", "message": one.message}
            for one in quote.rejected
        ],
    }


def _applied(one: Applied, number: int, places: Mapping[str, int]) -> AppliedDiscount:
    document: AppliedDiscount = {
        "id": f"disc_{one.code}",
        "code": one.code,
        "coupon": {"id": one.code, "name": one.title or one.code},
        "amount": one.amount.minor,
        "automatic": False,
        "method": "across",
        "priority": number,
        "allocations": [
            {"path": f"$.line_items[{places[variant_id]}]", "amount": amount.minor}
            for variant_id, amount in one.shares
            if amount
        ],
    }
    if one.bps is not None:
        document["coupon"]["percent_off"] = one.bps * 100 / WHOLE_BPS
    else:
        document["coupon"] |= {"amount_off": one.amount.minor, "currency": one.amount.currency.lower()}
    return document


def _details(address: people.Address, buyer: people.Buyer | None) -> FulfillmentDetails:
    document: FulfillmentDetails = {"address": _address(address)}
    if address.name:
        document["name"] = address.name
    if buyer:
        document["email"] = buyer.email
    if buyer and buyer.phone:
        document["phone_number"] = buyer.phone
    return document


def _address(address: people.Address) -> Address:
    document: Address = {
        "name": address.name,
        "line_one": address.line1,
        "city": address.city,
        "state": address.region,
        "country": address.country,
        "postal_code": address.postal_code,
    }
    if address.line2:
        document["line_two"] = address.line2
    if address.company:
        document["company"] = address.company
    return document


def _consent(seller: Seller, language: str) -> ConsentOption:
    return {
        "channel": "email",
        "display_text": say("consent_email", language, shop=seller.title),
        "privacy_policy_url": seller.selling.privacy_url,
        "is_subscribed": False,
    }


def _authentication(seller: Seller) -> AuthenticationMetadata:
    """Who asks for the 3D Secure challenge; only the sandbox's is passed through an agent."""
    return {
        "acquirer_details": {
            "acquirer_bin": "000000",
            "acquirer_country": seller.country,
            "acquirer_merchant_id": seller.merchant_id[:35],
            "merchant_name": seller.title[:40],
        },
        "directory_server": "visa",
        "flow_preference": {"type": "challenge"},
    }
