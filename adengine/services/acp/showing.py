"""Sessions and carts as documents, with what the database knows beside them: shop, goods, order, what was agreed."""

from __future__ import annotations

from collections.abc import Sequence

from adengine.core.quote import Quote
from adengine.engine import Unit
from adengine.models import Checkout, Order
from adengine.services import merchants, orders, selling
from adengine.services.acp.messages import quote_messages
from adengine.services.acp.orders import order_document
from adengine.services.acp.replies import Caller
from adengine.services.acp.sessions import (
    Agreed,
    Extras,
    Goods,
    Seller,
    buyer_document,
    line_items,
    session_document,
)
from adengine.services.acp.shapes import Cart, CheckoutSession, Message
from adengine.services.acp.totals import moment, session_totals
from adengine.services.acp.ways import WAYS
from adengine.services.acp.words import LANGUAGES, language_of
from adengine.services.carts import CartCard
from adengine.services.checkout import CheckoutCard
from adengine.services.views import Links


def shown_session(unit: Unit, caller: Caller, card: CheckoutCard, *, more: Sequence[Message] = ()) -> CheckoutSession:
    """The session's whole document; `more` are messages about this one request."""
    seller = _seller(unit)
    agreed = agreed_with(caller, unit.get(Checkout, card.id))
    order = orders.order_card(unit.get(Order, card.order_id)) if card.order_id else None
    extras = Extras(
        goods=goods_of(unit, card.quote),
        order=order_document(order, seller.links, agreed.language) if order else None,
        messages=tuple(more),
    )
    return session_document(card, seller, agreed, now=unit.now(), extras=extras)


def shown_cart(unit: Unit, caller: Caller, card: CartCard) -> Cart:
    """The cart's document: what a checkout would still have to ask for is not missed here."""
    language = language_for(caller, "")
    links = _seller(unit).links
    document: Cart = {
        "id": card.id,
        "line_items": line_items(card.quote, links, goods_of(unit, card.quote), language),
        "currency": card.quote.currency.lower(),
        "totals": session_totals(card.quote, language),
        "messages": [one for one in quote_messages(card.quote, language) if one.get("code") != "missing"],
        "expires_at": moment(card.expires_at),
    }
    if card.buyer:
        document["buyer"] = buyer_document(card.buyer)
    return document


def agreed_with(caller: Caller, row: Checkout) -> Agreed:
    """What this checkout's agent and we can do, in the language of the request."""
    return Agreed(language_for(caller, row.locale), row.interventions, row.extensions)


def language_for(caller: Caller, locale: str) -> str:
    """The first language the request asks for that we speak, else the checkout's own."""
    known = [one for one in (language.split("-")[0].lower() for language in caller.languages) if one in LANGUAGES]
    return known[0] if known else language_of(locale)


def goods_of(unit: Unit, quote: Quote) -> dict[str, Goods]:
    """The number and the first picture of everything in the basket."""
    rows = selling.basket_of(unit, [line.variant_id for line in quote.lines])
    return {row.id: Goods(row.sku, row.picture or "") for row in rows}


def _seller(unit: Unit) -> Seller:
    shop = merchants.my_shop(unit)
    return Seller(
        title=shop.title,
        merchant_id=unit.settings.acp_merchant_id or shop.name,
        country=unit.settings.territory,
        selling=selling.selling_of(unit),
        way=WAYS[unit.ports.payments.name],
        links=Links(unit.settings.public_url, shop.name),
    )
