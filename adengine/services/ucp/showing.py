"""Carts and checkouts as documents: what they cost, what they lack, where the buyer goes on, and who may see whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adengine.core import buyer as people
from adengine.core.quote import Quote
from adengine.core.selling import Selling
from adengine.core.untrusted import plain
from adengine.engine import Actor, Unit
from adengine.services import merchants, selling
from adengine.services.acp.replies import Caller
from adengine.services.acp.sessions import is_payable
from adengine.services.acp.showing import goods_of, language_for
from adengine.services.acp.totals import line_id, moment
from adengine.services.acp.ways import WAYS
from adengine.services.acp.words import say
from adengine.services.carts import CartCard
from adengine.services.checkout import CheckoutCard
from adengine.services.ucp import envelope
from adengine.services.ucp.access import knows_buyer
from adengine.services.ucp.messages import UNTRUSTED, checkout_messages, error, quote_messages
from adengine.services.ucp.shapes import (
    AppliedDiscount,
    Buyer,
    Cart,
    Checkout,
    Discounts,
    Fulfillment,
    Item,
    Line,
    Link,
    Message,
    PostalAddress,
    ShippingOption,
    Status,
)
from adengine.services.ucp.totals import line_totals, quote_totals, total
from adengine.services.ucp.wishes import DESTINATION
from adengine.services.views import Links

UNFINISHED = frozenset({"incomplete", "requires_escalation", "ready_for_complete"})
LONGEST_TITLE = 150


@dataclass(frozen=True)
class Reader:
    """Who reads a document: in which language, and whether they may see who buys and where it goes."""

    actor: Actor
    language: str
    knows_buyer: bool
    links: Links


def reader_of(unit: Unit, caller: Caller, agent_id: str | None, locale: str = "") -> Reader:
    """How a caller reads what the agent of that id opened; None: what nobody known opened."""
    links = Links(unit.settings.public_url, merchants.my_shop(unit).name)
    # Not the unit's actor: what a payment brings is shown in a unit of the shop's own.
    return Reader(caller.actor, language_for(caller, locale), knows_buyer(caller.actor, agent_id), links)


def shown_checkout(
    unit: Unit, caller: Caller, card: CheckoutCard, *, more: Sequence[Message] = (), hands_over: bool = False
) -> Checkout:
    """The whole checkout; `more` are messages about this one request. `hands_over`: the buyer has to finish it."""
    unit.db.flush()
    reader, terms = reader_of(unit, caller, card.agent_id, card.locale), selling.selling_of(unit)
    quote, status = card.quote, status_of(card, caller.actor, now=unit.now())
    if hands_over and status in UNFINISHED:
        status = "requires_escalation"
    document: Checkout = {
        "ucp": envelope.paid_by(
            WAYS[unit.ports.payments.name], unit.settings.acp_merchant_id or merchants.my_shop(unit).name
        ),
        "id": card.id,
        "status": status,
        "line_items": lines_shown(unit, quote, reader),
        "currency": quote.currency,
        "totals": quote_totals(quote, reader.language),
        "messages": [*more, *_messages(card, status, reader), UNTRUSTED],
        "links": links_shown(terms),
        "expires_at": moment(card.expires_at),
    }
    if status in UNFINISHED:
        document["continue_url"] = reader.links(f"checkout/{card.id}")
    if terms.shipping or card.address:
        document["fulfillment"] = _fulfillment(card, reader)
    if card.codes:
        document["discounts"] = _discounts(quote, card.codes)
    if card.buyer and reader.knows_buyer:
        document["buyer"] = buyer_shown(card.buyer)
    if card.ad_id:
        document["attribution"] = attribution_shown(card.ad_id, card.second)
    if card.order_id:
        document["order"] = {"id": card.order_id, "permalink_url": reader.links(f"orders/{card.order_id}")}
    return document


def shown_cart(unit: Unit, caller: Caller, card: CartCard) -> Cart:
    """The cart's document: what a checkout would still have to ask for is not missed here."""
    reader = reader_of(unit, caller, caller.actor.agent_id)
    document: Cart = {
        "ucp": envelope.ucp("cart"),
        "id": card.id,
        "line_items": lines_shown(unit, card.quote, reader),
        "currency": card.quote.currency,
        "totals": quote_totals(card.quote, reader.language),
        "messages": [*quote_messages(card.quote, reader.language), UNTRUSTED],
        "links": links_shown(selling.selling_of(unit)),
        "expires_at": moment(card.expires_at),
    }
    if card.buyer and reader.knows_buyer:
        document["buyer"] = buyer_shown(card.buyer)
    return document


def status_of(card: CheckoutCard, actor: Actor, *, now: datetime) -> Status:
    """The protocol's word for where a checkout is: only an agent can complete it, everybody else's buyer pays."""
    final: dict[str, Status] = {"paid": "completed", "cancelled": "canceled", "paying": "complete_in_progress"}
    if card.status in final:
        return final[card.status]
    if card.trouble == "needs_authentication":
        return "requires_escalation"
    if has_expired(card, now) or not is_payable(card.quote):
        return "incomplete"
    if actor.agent_id is None:
        return "requires_escalation"
    return "ready_for_complete" if card.buyer else "incomplete"


def has_expired(card: CheckoutCard, now: datetime) -> bool:
    return card.status == "expired" or (card.status == "open" and now >= card.expires_at)


def lines_shown(unit: Unit, quote: Quote, reader: Reader) -> list[Line]:
    goods = goods_of(unit, quote)
    lines: list[Line] = []
    for one in quote.lines:
        item: Item = {"id": one.variant_id, "title": plain(one.title, LONGEST_TITLE), "price": one.unit.minor}
        if one.variant_id in goods and goods[one.variant_id].picture:
            item["image_url"] = reader.links.picture(goods[one.variant_id].picture)
        totals = line_totals(one, quote, reader.language)
        lines.append({"id": line_id(one), "item": item, "quantity": one.quantity, "totals": totals})
    return lines


def buyer_shown(buyer: people.Buyer) -> Buyer:
    document: Buyer = {"email": buyer.email}
    if buyer.first_name:
        document["first_name"] = buyer.first_name
    if buyer.last_name:
        document["last_name"] = buyer.last_name
    if buyer.phone:
        document["phone_number"] = buyer.phone
    return document


def address_shown(address: people.Address) -> PostalAddress:
    first, _, last = address.name.rpartition(" ")
    document: PostalAddress = {
        "first_name": first,
        "last_name": last,
        "street_address": address.line1,
        "extended_address": address.line2,
        "postal_code": address.postal_code,
        "address_locality": address.city,
        "address_region": address.region,
        "address_country": address.country,
    }
    return {name: value for name, value in document.items() if value}  # type: ignore[return-value]


def attribution_shown(ad_id: str, second: float | None) -> dict[str, str]:
    return {"ad_id": ad_id} if second is None else {"ad_id": ad_id, "second": f"{second:g}"}


def links_shown(terms: Selling) -> list[Link]:
    named = {
        "terms_of_service": terms.terms_url,
        "privacy_policy": terms.privacy_url,
        "refund_policy": terms.returns_url,
        "contact": f"mailto:{terms.support_email}" if terms.support_email else "",
    }
    return [{"type": kind, "url": url} for kind, url in named.items() if url]


def _messages(card: CheckoutCard, status: Status, reader: Reader) -> list[Message]:
    found = list(checkout_messages(card.quote, card.trouble, status, reader.language))
    if status == "incomplete" and is_payable(card.quote) and card.buyer:
        found.insert(0, error("expired", say("expired", reader.language)))
    if status in UNFINISHED and card.buyer is None and reader.actor.agent_id is not None:
        found.insert(0, error("missing", say("needs_buyer", reader.language), path="$.buyer.email"))
    if status in UNFINISHED and reader.actor.agent_id is None:
        words = say("pays_there", reader.language)
        found.insert(0, error("buyer_pays_there", words, severity="requires_buyer_review", path="$.continue_url"))
    return found


def _fulfillment(card: CheckoutCard, reader: Reader) -> Fulfillment:
    """One method, one destination, one parcel."""
    quote, place = card.quote, PostalAddress(id=DESTINATION)
    if card.address and reader.knows_buyer:
        place |= address_shown(card.address)
    lines = [line_id(line) for line in quote.lines]
    options: list[ShippingOption] = [
        {
            "id": one.id,
            "title": plain(one.title, LONGEST_TITLE),
            "earliest_fulfillment_time": moment(quote.at + timedelta(days=one.days[0])),
            "latest_fulfillment_time": moment(quote.at + timedelta(days=one.days[1])),
            "totals": [total("total", one.price.minor, reader.language)],
        }
        for one in quote.options
    ]
    return {
        "methods": [
            {
                "id": "shipping",
                "type": "shipping",
                "line_item_ids": lines,
                "destinations": [place] if card.address else [],
                "selected_destination_id": DESTINATION if card.address else None,
                "groups": [
                    {
                        "id": "parcel",
                        "line_item_ids": lines,
                        "options": options,
                        "selected_option_id": quote.option_id or None,
                    }
                ],
            }
        ]
    }


def _discounts(quote: Quote, codes: tuple[str, ...]) -> Discounts:
    """The codes as they were sent, and what each took off which line: here amounts are positive."""
    places = {line.variant_id: number for number, line in enumerate(quote.lines)}
    applied: list[AppliedDiscount] = [
        {
            "code": one.code,
            "title": plain(one.title, LONGEST_TITLE) or one.code,
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
        for number, one in enumerate(quote.discounts, 1)
    ]
    return {"codes": [plain(one, LONGEST_TITLE) for one in codes], "applied": applied}
