"""The studio's orders: what was sold, by which film, how the money was shared, and refunds."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adengine.core.errors import Conflict, Invalid
from adengine.core.money import Money, parse, total
from adengine.services import cameos, checkout, ledger
from adengine.services.checkout import OrderCard
from adengine.web import forms, visitors
from adengine.web.checkout import film_of
from adengine.web.visitors import Desk, Visit, engine

pages = Blueprint("orders", __name__, url_prefix="/studio/orders")


@pages.get("")
def listing() -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        orders = checkout.list_orders(unit)
        balances = ledger.balances(unit)
        names = account_names(desk, cameos.list_appearances(unit))
    return render_template("studio_orders.html", desk=desk, orders=orders, balances=balances, names=names)


@pages.get("/<order_id>")
def page(order_id: str) -> ResponseReturnValue:
    return _show(visitors.desk(), order_id, "")


@pages.post("/<order_id>/refund")
def refund(order_id: str) -> ResponseReturnValue:
    """Pay back what the form says, or all that is left where it says nothing."""
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        card = checkout.get_order(unit, order_id)
    try:
        checkout.refund(engine(), desk.actor, order_id, amount=_amount(card), request_key=forms.text("key", limit=64))
    except (Invalid, Conflict) as refusal:
        return _show(desk, order_id, refusal.message), refusal.status
    return redirect(url_for("orders.page", order_id=order_id), 303)


def account_names(desk: Desk, appearances: list[cameos.Appearance]) -> dict[str, str]:
    """The ledger's accounts in words."""
    named = {f"cameo:{one.id}": f"{one.title} (licensed appearance)" for one in appearances}
    named |= {
        f"merchant:{desk.shop.id}": desk.shop.title,
        f"tax:{desk.shop.id}": "Tax",
        "platform": "Platform fee",
    }
    provider = engine().ports.payments.name
    return named | {f"clearing:{provider}": f"Held by the payment provider ({provider})"}


def _show(desk: Desk, order_id: str, said: str) -> str:
    with engine().reading(desk.actor) as unit:
        card = checkout.get_order(unit, order_id)
        postings = ledger.postings_of(unit, order_id)
        names = account_names(desk, cameos.list_appearances(unit))
    sums = [total((entry.amount for entry in one.entries), card.total.currency) for one in postings]
    return render_template(
        "studio_order.html",
        desk=desk,
        order=card,
        left=card.total - card.refunded,
        postings=list(zip(postings, sums, strict=True)),
        names=names,
        film=film_of(Visit(desk.shop, desk.actor), card.ad_id),
        said=said,
    )


def _amount(card: OrderCard) -> Money | None:
    given = forms.text("amount", limit=40)
    return parse(given, card.total.currency) if given else None
