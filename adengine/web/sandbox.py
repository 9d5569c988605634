"""The sandbox's own pages: a payment, the bank's question before it, and a payee's onboarding. No money moves."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adengine.core.errors import Invalid
from adengine.engine import SYSTEM
from adengine.services import paying, placements
from adengine.web import forms, refusals, visitors
from adengine.web.visitors import engine
from integrations.sandbox import SandboxPayments

pages = Blueprint("sandbox", __name__)

PAGE_OUTCOMES = frozenset({"paid", "declined"})


@pages.get("/sandbox/pay/<external_id>")
def page(external_id: str) -> ResponseReturnValue:
    return _show("sandbox_pay.html", external_id)


@pages.get("/sandbox/bank/<external_id>")
def bank(external_id: str) -> ResponseReturnValue:
    """What a bank asks its customer before it pays (3-D Secure)."""
    return _show("sandbox_bank.html", external_id)


@pages.post("/sandbox/pay/<external_id>")
def decide(external_id: str) -> ResponseReturnValue:
    """Send the signed message that a real provider would send, and go where it would send the buyer.

    A script that asks for JSON, the player's, is told where that is.
    """
    outcome = forms.text("outcome", limit=20)
    if outcome == "challenge":
        return redirect(url_for("sandbox.bank", external_id=external_id), 303)
    if outcome not in PAGE_OUTCOMES:
        raise Invalid("approve or decline the payment")
    target = _decided(external_id, outcome)
    return {"status": outcome, "location": target} if refusals.wants_json() else redirect(target, 303)


@pages.get("/sandbox/payees/<visit>")
def payee(visit: str) -> ResponseReturnValue:
    _payments().onboard(visit)
    return render_template("sandbox_payee.html")


@pages.post("/sandbox/payees/<visit>")
def onboard(visit: str) -> ResponseReturnValue:
    body, signature, return_url = _payments().onboard(visit)
    paying.take_event(engine(), body, signature)
    return redirect(return_url, 303)


def _show(template: str, external_id: str) -> str:
    payment = _payments().read(external_id)
    shop = visitors.visit(_shop(payment.reference)).shop
    return render_template(template, shop=shop, payment=payment, external_id=external_id)


def _decided(external_id: str, outcome: str) -> str:
    """Tell the checkout; answers the page that comes next."""
    checkout_id = _payments().read(external_id).reference
    shop = _shop(checkout_id)
    order_id = paying.take_event(engine(), *_payments().decide(external_id, outcome))
    if order_id:
        return url_for("checkout.order", shop=shop, order_id=order_id)
    return url_for("checkout.page", shop=shop, checkout_id=checkout_id, outcome="declined")


def _payments() -> SandboxPayments:
    return cast("SandboxPayments", engine().ports.payments)


def _shop(checkout_id: str) -> str:
    with engine().reading(SYSTEM) as unit:
        return placements.shop_name(unit, checkout_id)
