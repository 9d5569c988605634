"""Buying: from the player's or a product's form to the basket, the payment page and the order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adengine.core.catalog import Product
from adengine.core.countries import WITH_REGIONS, names_in
from adengine.core.errors import AdEngineError, Conflict, NotFound
from adengine.core.places import EVERYWHERE
from adengine.core.quote import Quote
from adengine.core.selling import Selling
from adengine.services import ads, catalog, checkout, orders, paying, selling
from adengine.services.ads import AdCard
from adengine.services.checkout import Change, CheckoutCard, CheckoutWish
from adengine.services.paying import Completion
from adengine.web import basket, forms, refusals, visitors
from adengine.web.basket import Sent
from adengine.web.visitors import Visit, engine

pages = Blueprint("checkout", __name__)

CHANNELS = frozenset({"page", "embed"})
SAID = {
    "declined": "The payment was declined, and no money was taken. You can try again.",
    "total": "The total has changed with what you chose. Check it, then pay.",
    "option": "Choose how it is sent.",
}


@dataclass(frozen=True)
class Page:
    """What the checkout's page says beside the checkout: words on top, and the form as it was typed."""

    said: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


@pages.post("/shops/<shop>/checkout")
def open_checkout(shop: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    with engine().unit(visit.actor) as unit:
        card = checkout.open_checkout(unit, _wish())
    return _in_place(visit, card) if refusals.wants_json() else _to_page(visit, card.id)


@pages.get("/shops/<shop>/checkout/<checkout_id>")
def page(shop: str, checkout_id: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    card = _card(visit, checkout_id)
    if card.order_id:
        return _to_order(visit, card.order_id)
    said = SAID.get(request.args.get("outcome", ""), "")
    if card.status == "open" and card.trouble == "payment_declined":
        said = SAID["declined"]
    return _show(visit, card, Page(said))


@pages.post("/shops/<shop>/checkout/<checkout_id>/change")
def change(shop: str, checkout_id: str) -> ResponseReturnValue:
    """Take what the form says and price the basket anew; what is not filled in yet is no mistake here."""
    visit = visitors.visit(shop)
    card = _card(visit, checkout_id)
    if card.order_id:
        return _to_order(visit, card.order_id)
    sent = basket.read(card)
    card = _apply(visit, card, sent)
    problems = _telling(sent, card)
    if problems or _has_unkept(sent):
        return _show(visit, card, Page("", sent.typed, problems))
    return _to_page(visit, checkout_id)


@pages.post("/shops/<shop>/checkout/<checkout_id>/pay")
def pay(shop: str, checkout_id: str) -> ResponseReturnValue:
    """Take what the form says, then on to the payment page; a total that the buyer has not seen is shown first."""
    visit = visitors.visit(shop)
    card = _card(visit, checkout_id)
    if card.order_id:
        return _to_order(visit, card.order_id)
    sent = basket.read(card)
    card = _apply(visit, card, sent)
    problems = dict(sent.problems) | _telling(sent, card)
    if problems:
        return _show(visit, card, Page("", sent.typed, problems)), 422
    if "option" in card.quote.needs:
        return _to_page(visit, checkout_id, outcome="option")
    if request.form.get("total") != seen_total(card.quote) and not _is_unpayable(card):
        return _to_page(visit, checkout_id, outcome="total")
    try:
        return redirect(_begin(visit, card), 303)
    except Conflict as refusal:
        return _show(visit, _priced_anew(visit, card), Page(refusal.message)), refusal.status


@pages.post("/shops/<shop>/checkout/<checkout_id>/reopen")
def reopen(shop: str, checkout_id: str) -> ResponseReturnValue:
    """Back from the payment page to change something."""
    visit = visitors.visit(shop)
    with engine().unit(visit.actor) as unit:
        checkout.reopen_checkout(unit, checkout_id)
    return _to_page(visit, checkout_id)


@pages.get("/shops/<shop>/orders/<order_id>")
def order(shop: str, order_id: str) -> ResponseReturnValue:
    visit = visitors.visit(shop)
    with engine().reading(visit.actor) as unit:
        card = orders.get_order(unit, order_id)
    return render_template(
        "order.html",
        shop=visit.shop,
        order=card,
        film=film_of(visit, card.ad_id),
        products=products_of(visit, card.quote),
        arrival=arrival_of(card.quote),
    )


@pages.post("/payments/<provider>/events")
def payment_event(provider: str) -> ResponseReturnValue:
    """What the payment provider says, signed over the raw body; a message sent again changes nothing."""
    payments = engine().ports.payments
    if provider != payments.name:
        raise NotFound(f"no payments are taken through '{provider[:40]}' here")
    signature = request.headers.get(payments.signature_header, "")
    return {"order": paying.take_event(engine(), request.get_data(), signature)}


def pays_in_place() -> bool:
    """Whether the player can take the payment itself. Stripe's form needs scripts of its own: it has its page."""
    return engine().settings.payments == "sandbox"


def film_of(visit: Visit, ad_id: str | None) -> AdCard | None:
    """The film that led to a purchase, while it may still be shown."""
    if ad_id is None:
        return None
    try:
        with engine().reading(visit.actor) as unit:
            return ads.get_ad(unit, ad_id)
    except AdEngineError:
        return None


def products_of(visit: Visit, quote: Quote) -> dict[str, Product]:
    """The products of a basket by id, but for those taken out of the catalogue since."""
    found = {}
    with engine().reading(visit.actor) as unit:
        for product_id in dict.fromkeys(line.product_id for line in quote.lines):
            try:
                found[product_id] = catalog.get_product(unit, product_id)
            except NotFound:
                continue
    return found


def arrival_of(quote: Quote) -> dict[str, str]:
    """When each way of sending arrives, counted from the day the basket was priced."""
    said = {}
    for one in quote.options:
        first, last = (quote.at + timedelta(days=days) for days in one.days)
        said[one.id] = f"{first:%a} {first.day} {first:%b}"
        if one.days[0] != one.days[1]:
            said[one.id] += f" to {last:%a} {last.day} {last:%b}"
    return said


def seen_total(quote: Quote) -> str:
    """What the form carries along, so that nobody pays a total they have not seen."""
    return f"{quote.total.minor}{quote.currency}"


def _card(visit: Visit, checkout_id: str) -> CheckoutCard:
    with engine().reading(visit.actor) as unit:
        return checkout.get_checkout(unit, checkout_id)


def _in_place(visit: Visit, card: CheckoutCard) -> ResponseReturnValue:
    """What the player needs to take the payment; the checkout's page alone where more has to be asked first."""
    opened = {"page": url_for("checkout.page", shop=visit.shop.name, checkout_id=card.id)}
    quote = card.quote
    if not pays_in_place() or quote.needs or not quote.total or any(line.left is not None for line in quote.lines):
        return opened
    intent = paying.intent(engine(), visit.actor, card.id)
    return opened | {
        "title": quote.lines[0].title,
        "total": quote.total.display(),
        "note": "Test payment: no money moves.",
        "pay": url_for("sandbox.decide", external_id=intent.client_secret),
        "choices": [["paid", f"Pay {quote.total.display()}"], ["declined", "Decline"]],
    }


def _to_page(visit: Visit, checkout_id: str, outcome: str | None = None) -> ResponseReturnValue:
    return redirect(url_for("checkout.page", shop=visit.shop.name, checkout_id=checkout_id, outcome=outcome), 303)


def _to_order(visit: Visit, order_id: str) -> ResponseReturnValue:
    return redirect(url_for("checkout.order", shop=visit.shop.name, order_id=order_id), 303)


def _apply(visit: Visit, card: CheckoutCard, sent: Sent) -> CheckoutCard:
    """The checkout with what the form changes; a code that does not count is not kept.

    A buyer who came back from the payment page and changed something leaves that page behind.
    """
    if sent.changes_nothing and not _is_stale(card):
        return card
    with engine().unit(visit.actor) as unit:
        if card.status == "paying":
            checkout.reopen_checkout(unit, card.id)
        changed = checkout.change_checkout(unit, card.id, sent.change)
        counted = {one.code for one in changed.quote.discounts}
        if sent.code and sent.code.upper() not in counted:
            kept = tuple(one for one in changed.codes if one != sent.code)
            without = checkout.change_checkout(unit, card.id, Change(codes=kept))
            return _told_of(changed, without)
        return changed


def _told_of(tried: CheckoutCard, card: CheckoutCard) -> CheckoutCard:
    """The checkout without the code that was tried, and with what was said about it."""
    return replace(card, quote=replace(card.quote, rejected=tried.quote.rejected))


def _telling(sent: Sent, card: CheckoutCard) -> dict[str, str]:
    """What is wrong with what was typed, but for fields that are still empty."""
    problems = {name: words for name, words in sent.problems.items() if sent.typed.get(name) or ":" in name}
    if sent.code and card.quote.rejected:
        problems["code"] = card.quote.rejected[-1].message
    return problems | _undelivered(card)


def _undelivered(card: CheckoutCard) -> dict[str, str]:
    if "delivery" not in card.quote.needs:
        return {}
    return {"country": "None of this can be sent there; choose another country, or less of it"}


def _has_unkept(sent: Sent) -> bool:
    """Whether something was typed that the checkout could not keep yet: half an address, say."""
    fields = [name for name in sent.problems if name in basket.REQUIRED]
    return bool(fields) and any(sent.typed.get(name) for name in (*basket.NAMES, *basket.ADDRESS) if name != "country")


def _begin(visit: Visit, card: CheckoutCard) -> str:
    """Where the buyer pays; a basket that costs nothing is ordered at once."""
    if card.quote.total or card.quote.needs:
        return paying.pay(engine(), visit.actor, card.id)
    done = paying.complete(engine(), visit.actor, card.id, Completion(""))
    return url_for("checkout.order", shop=visit.shop.name, order_id=done.order_id)


def _priced_anew(visit: Visit, card: CheckoutCard) -> CheckoutCard:
    with engine().unit(visit.actor) as unit:
        if checkout.get_checkout(unit, card.id).status in checkout.CHANGEABLE:
            return checkout.change_checkout(unit, card.id, Change())
        return checkout.get_checkout(unit, card.id)


def _is_stale(card: CheckoutCard) -> bool:
    """Whether the price was promised for a while that is over."""
    return card.status in checkout.CHANGEABLE and card.quote.has_expired(engine().ports.clock())


def _is_unpayable(card: CheckoutCard) -> bool:
    return any(line.left is not None for line in card.quote.lines) or card.status not in {"open", "paying"}


def _show(visit: Visit, card: CheckoutCard, about: Page) -> str:
    with engine().reading(visit.actor) as unit:
        rules, takes_codes = selling.selling_of(unit), checkout.takes_codes(unit)
    is_stale = _is_stale(card)
    countries = names_in(_sent_to(rules)) if _needs_address(rules) else {}
    typed = {"country": _own_country(countries)} | basket.shown(card) | dict(about.typed)
    return render_template(
        "checkout.html",
        shop=visit.shop,
        checkout=card,
        film=film_of(visit, card.ad_id),
        products=products_of(visit, card.quote),
        said="This price was held for a while and has run out. Ask for today's price." if is_stale else about.said,
        is_open=card.status == "open" and not is_stale,
        is_stale=is_stale,
        is_confirmed=request.args.get("outcome") == "paid",
        payments=engine().settings.payments,
        selling=rules,
        takes_codes=takes_codes or bool(card.codes),
        countries=countries,
        has_regions=_has_regions(rules, countries),
        arrival=arrival_of(card.quote),
        typed=typed,
        problems=about.problems or _undelivered(card),
        seen_total=seen_total(card.quote),
        quantity=basket.QUANTITY,
    )


def _needs_address(rules: Selling) -> bool:
    return bool(rules.shipping or rules.taxes.rates)


def _sent_to(rules: Selling) -> list[str]:
    """The places goods go to: everywhere, where nothing says otherwise."""
    return [place for rate in rules.shipping for place in rate.countries] or [EVERYWHERE]


def _has_regions(rules: Selling, countries: Iterable[str]) -> bool:
    taxed = {rate.country for rate in rules.taxes.rates if rate.region}
    return not (WITH_REGIONS | taxed).isdisjoint(countries)


def _own_country(countries: Mapping[str, str]) -> str:
    """The buyer's likely country: the only one, or the one their browser's language is spoken in."""
    if len(countries) == 1:
        return next(iter(countries))
    spoken = (language.replace("_", "-").partition("-")[2].upper() for language in request.accept_languages.values())
    return next((code for code in spoken if code in countries), "")


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
