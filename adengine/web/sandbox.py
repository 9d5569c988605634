"""The sandbox's payment page: approve or decline, and no money moves."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adengine.engine import SYSTEM
from adengine.services import checkout, placements
from adengine.web import forms, visitors
from adengine.web.visitors import engine
from integrations.sandbox import SandboxPayments

pages = Blueprint("sandbox", __name__)


@pages.get("/sandbox/pay/<external_id>")
def page(external_id: str) -> ResponseReturnValue:
    payment = _payments().read(external_id)
    shop = visitors.visit(_shop(payment.reference)).shop
    return render_template("sandbox_pay.html", shop=shop, payment=payment, external_id=external_id)


@pages.post("/sandbox/pay/<external_id>")
def decide(external_id: str) -> ResponseReturnValue:
    """Send the signed message that a real provider would send, and go where it would send the buyer."""
    checkout_id = _payments().read(external_id).reference
    shop = _shop(checkout_id)
    body, signature = _payments().decide(external_id, forms.text("outcome", limit=20))
    order_id = checkout.take_event(engine(), body, signature)
    if order_id:
        return redirect(url_for("checkout.order", shop=shop, order_id=order_id), 303)
    return redirect(url_for("checkout.page", shop=shop, checkout_id=checkout_id, outcome="declined"), 303)


def _payments() -> SandboxPayments:
    return cast("SandboxPayments", engine().ports.payments)


def _shop(checkout_id: str) -> str:
    with engine().reading(SYSTEM) as unit:
        return placements.shop_name(unit, checkout_id)
