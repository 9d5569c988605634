"""Buying: from the player's or a product's form to the quote, the payment page and the order."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adengine.core.catalog import Product
from adengine.core.errors import AdEngineError, Conflict, NotFound
from adengine.services import ads, catalog, checkout
from adengine.services.ads import AdCard
from adengine.services.checkout import CheckoutCard, CheckoutWish
from adengine.web import forms, visitors
from adengine.web.visitors import Visit, engine

pages = Blueprint("checkout", __name__)

CHANNELS = frozenset({"page", "embed"})


@pages.post("/shops/<shop>/checkout")
def open_checkout(shop: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    with engine().unit(visit.actor) as unit:
        card = checkout.open_checkout(unit, _wish())
    return redirect(url_for("checkout.page", shop=shop, checkout_id=card.id), 303)


@pages.get("/shops/<shop>/checkout/<checkout_id>")
def page(shop: str, checkout_id: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        card = checkout.get_checkout(unit, checkout_id)
    if card.order_id:
        return redirect(url_for("checkout.order", shop=shop, order_id=card.order_id), 303)
    declined = request.args.get("outcome") == "declined"
    said = "The payment was declined, and no money was taken. You can try again." if declined else ""
    return _show(visit, card, said)


@pages.post("/shops/<shop>/checkout/<checkout_id>/pay")
def pay(shop: str, checkout_id: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        card = checkout.get_checkout(unit, checkout_id)
    if card.order_id:
        return redirect(url_for("checkout.order", shop=shop, order_id=card.order_id), 303)
    try:
        return redirect(checkout.pay(engine(), visit.actor, checkout_id), 303)
    except Conflict as refusal:
        return _show(visit, card, refusal.message, changed=True), refusal.status


@pages.post("/shops/<shop>/checkout/<checkout_id>/requote")
def requote(shop: str, checkout_id: str) -> ResponseReturnValue:
    """Price the basket anew, after its price or stock changed or its time ran out."""
    visit = visitors.visit(shop)
    with engine().unit(visit.actor) as unit:
        checkout.requote(unit, checkout_id)
    return redirect(url_for("checkout.page", shop=shop, checkout_id=checkout_id), 303)


@pages.get("/shops/<shop>/orders/<order_id>")
def order(shop: str, order_id: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        card = checkout.get_order(unit, order_id)
    film = film_of(visit, card.ad_id)
    product = _product(visit, card.quote.lines[0].product_id)
    return render_template("order.html", shop=visit.shop, order=card, film=film, product=product)


@pages.post("/payments/<provider>/events")
def payment_event(provider: str) -> ResponseReturnValue:
    """What the payment provider says, signed over the raw body; a message sent again changes nothing."""
    if provider != engine().ports.payments.name:
        raise NotFound(f"no payments are taken through '{provider[:40]}' here")
    order_id = checkout.take_event(engine(), request.get_data(), request.headers.get("X-Signature", ""))
    return {"order": order_id}


def film_of(visit: Visit, ad_id: str | None) -> AdCard | None:
    """The film that led to a purchase, while it may still be shown."""
    if ad_id is None:
        return None
    try:
        with engine().reading(visit.actor) as unit:
            return ads.get_ad(unit, ad_id)
    except AdEngineError:
        return None


def _show(visit: Visit, card: CheckoutCard, said: str, *, changed: bool = False) -> str:
    expired = card.status in {"open", "expired"} and card.quote.has_expired(engine().ports.clock())
    return render_template(
        "checkout.html",
        shop=visit.shop,
        checkout=card,
        product=_product(visit, card.quote.lines[0].product_id),
        film=film_of(visit, card.ad_id),
        said="This price was held for a while and has run out. Ask for today's price." if expired else said,
        is_payable=card.status in {"open", "paying"} and not (expired or changed),
        is_stale=card.status in {"open", "expired"} and (expired or changed),
        payments=engine().settings.payments,
    )


def _product(visit: Visit, product_id: str) -> Product | None:
    try:
        with engine().reading(visit.actor) as unit:
            return catalog.get_product(unit, product_id)
    except NotFound:
        return None  # taken out of the catalogue since


def _wish() -> CheckoutWish:
    """What the form asks; its key counts for one choice, so that another choice is another checkout."""
    variant, quantity = forms.text("variant", limit=40), forms.whole("quantity", default=1)
    key = forms.text("key", limit=64)
    channel = forms.text("channel", limit=20)
    ad_id = forms.text("ad_id", limit=40) or None
    return CheckoutWish(
        lines=((variant, quantity),),
        channel=channel if channel in CHANNELS else "page",
        ad_id=ad_id,
        second=forms.second_of_film() if ad_id else None,
        experiment_id=forms.text("experiment", limit=40) or None,
        viewer=visitors.viewer_or(forms.text("viewer", limit=80)),
        request_key=f"{key}:{variant}:{quantity}" if key else None,
    )
