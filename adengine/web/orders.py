"""The studio's orders: what was sold to whom, by which film, how the money was shared, and what went back."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from adengine.core.errors import Conflict, Invalid
from adengine.core.money import Money, parse, total
from adengine.engine import Unit
from adengine.services import agents, ledger, orders, placing, statements
from adengine.services.orders import OrderCard
from adengine.services.selling import Lines
from adengine.web import forms, visitors
from adengine.web.checkout import arrival_of, film_of, products_of
from adengine.web.visitors import Desk, Visit, engine

pages = Blueprint("orders", __name__, url_prefix="/studio/orders")

PIECES = "pieces:"


@pages.get("")
def listing() -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        return render_template(
            "studio_orders.html",
            desk=desk,
            orders=orders.list_orders(unit),
            balances=ledger.balances(unit),
            names=statements.titles(unit),
        )


@pages.get("/<order_id>")
def page(order_id: str) -> ResponseReturnValue:
    return _show(visitors.desk(), order_id)


@pages.post("/<order_id>/refund")
def refund(order_id: str) -> ResponseReturnValue:
    """Pay back the pieces or the amount that the form says, or all that is left where it says nothing."""
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        card = orders.get_order(unit, order_id)
    try:
        amount, lines = _amount(card), _pieces(card)
        if amount is not None and lines:
            raise Invalid("choose pieces or write an amount, not both")
        key = forms.text("key", limit=64)
        orders.refund(engine(), desk.actor, order_id, amount=amount, lines=lines, request_key=key)
    except (Invalid, Conflict) as refusal:
        return _show(desk, order_id, refusal.message), refusal.status
    return redirect(url_for("orders.page", order_id=order_id), 303)


@pages.post("/<order_id>/place")
def place(order_id: str) -> ResponseReturnValue:
    """Write the order into the shop's own system again, now."""
    desk = visitors.desk()
    with engine().unit(desk.actor) as unit:
        placing.place_again(unit, order_id)
    return redirect(url_for("orders.page", order_id=order_id), 303)


def _show(desk: Desk, order_id: str, problem: str = "") -> str:
    with engine().reading(desk.actor) as unit:
        card = orders.get_order(unit, order_id)
        postings = ledger.postings_of(unit, order_id)
        names, agent = statements.titles(unit), _agent(unit, card)
    sums = [total((entry.amount for entry in one.entries), card.total.currency) for one in postings]
    visit = Visit(desk.shop, desk.actor)
    return render_template(
        "studio_order.html",
        desk=desk,
        order=card,
        postings=list(zip(postings, sums, strict=True)),
        names=names,
        agent=agent,
        film=film_of(visit, card.ad_id),
        products=products_of(visit, card.quote),
        arrival=arrival_of(card.quote),
        returned=orders.returned(card),
        pieces=PIECES,
        problem=problem,
        typed=request.form,
    )


def _agent(unit: Unit, card: OrderCard) -> str:
    """The name of the agent that bought it, if one did."""
    return next((one.name for one in agents.list_agents(unit) if one.id == card.agent_id), "")


def _amount(card: OrderCard) -> Money | None:
    given = forms.text("amount", limit=40)
    return parse(given, card.total.currency) if given else None


def _pieces(card: OrderCard) -> Lines:
    asked = [(line.variant_id, forms.whole(PIECES + line.variant_id, default=0)) for line in card.quote.lines]
    return tuple((variant_id, quantity) for variant_id, quantity in asked if quantity)
