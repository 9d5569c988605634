"""Where a payment provider sends the buyer back to: it knows the checkout, and not whose shop it is."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from adengine.engine import SYSTEM
from adengine.services import placements
from adengine.web.visitors import engine

pages = Blueprint("after_payment", __name__)


@pages.get("/checkouts/<checkout_id>")
def back(checkout_id: str) -> ResponseReturnValue:
    """On to the checkout's page, or its order's; `outcome=paid` is the buyer's word and proves nothing."""
    with engine().reading(SYSTEM) as unit:
        shop = placements.shop_name(unit, checkout_id)
    outcome = "paid" if request.args.get("outcome") == "paid" else None
    return redirect(url_for("checkout.page", shop=shop, checkout_id=checkout_id, outcome=outcome), 303)
