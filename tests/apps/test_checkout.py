"""The checkout in a chat: what it costs, how it is sent, and where its buyer confirms and pays."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from adengine.core.money import Money
from adengine.core.selling import Discount
from adengine.services import selling
from tests.apps.conftest import PHONE, Show, Stand
from tests.services.buying import GERMAN

pytestmark = pytest.mark.slow

HOME = {
    "first_name": "Lumi",
    "last_name": "Nix",
    "street_address": "Lichtweg 1",
    "address_locality": "Berlin",
    "postal_code": "10115",
    "address_country": "DE",
}


def basket(stand: Stand) -> dict[str, Any]:
    """Two sage mugs to Berlin, in a shop that ships by post or courier and takes a code."""
    with stand.world.engine.unit(stand.world.merchant) as unit:
        selling.set_selling(unit, GERMAN)
        selling.add_code(unit, Discount("WELCOME", "Welcome", bps=1000))
    method = {"type": "shipping", "destinations": [HOME]}
    return {
        "line_items": [{"item": {"id": stand.world.variant("Sage")}, "quantity": 2}],
        "fulfillment": {"methods": [method | {"groups": [{"id": "parcel", "selected_option_id": "post"}]}]},
        "attribution": {"ad_id": stand.ad_id, "second": "3.5"},
    }


def test_buyer_chooses_how_it_is_sent_tries_a_code_and_goes_to_pay(stand: Stand, show: Show) -> None:
    app = show("create_checkout", {"checkout": basket(stand)}, size=PHONE)
    expect(app.frame.get_by_role("link", name="Confirm and pay €52.90")).to_be_visible()
    courier = app.frame.get_by_role("radio", name="Courier")
    courier.check()
    expect(app.frame.get_by_text("The total changed from €52.90 to €57.90.")).to_be_visible()
    expect(courier).to_be_checked()
    app.frame.get_by_label("Discount code").fill("WELCOME")
    app.frame.get_by_label("Discount code").press("Enter")
    expect(app.frame.get_by_role("definition").filter(has_text="-€4.80")).to_be_visible()
    app.frame.get_by_label("Discount code").fill("NOSUCH")
    app.frame.get_by_role("button", name="Apply").click()
    expect(app.frame.get_by_role("status").filter(has_text="NOSUCH")).to_be_visible()
    app.frame.get_by_role("button", name="Remove NOSUCH").click()
    expect(app.frame.get_by_role("button", name="Remove NOSUCH")).to_have_count(0)
    app.frame.get_by_role("link", name="Confirm and pay €53.10").click()
    app.page.wait_for_function("() => host.opened.length === 1")
    (checkout,) = stand.checkouts()
    assert app.opened() == [f"{stand.server.url}/shops/lumen/checkout/{checkout.id}"]
    assert (checkout.option_id, checkout.codes, checkout.quote.total) == ("courier", ("WELCOME",), Money(5310, "EUR"))
    assert (checkout.ad_id, checkout.second) == (stand.ad_id, 3.5)
    assert checkout.address is not None


def test_what_is_missing_is_said(stand: Stand, show: Show) -> None:
    app = show("create_checkout", {"checkout": {**basket(stand), "fulfillment": {}}})
    todo = app.frame.get_by_text("Still to do")
    expect(todo).to_be_visible()
    expect(app.frame.get_by_role("listitem").filter(has_text="The shipping address is missing.")).to_be_visible()
    expect(app.frame.get_by_text("continue_url")).to_have_count(0)  # that message is the agent's


def test_paying_elsewhere_is_seen_when_the_buyer_comes_back(stand: Stand, show: Show) -> None:
    app = show("create_checkout", {"checkout": basket(stand)})
    app.frame.get_by_role("link", name="Confirm and pay").click()
    paid = stand.server.call("get_checkout", id=stand.checkouts()[0].id)["structuredContent"]
    order = {"id": "ord_1", "permalink_url": f"{stand.server.url}/shops/lumen/orders/ord_1"}
    app.answer("get_checkout", {"structuredContent": paid | {"status": "completed", "order": order}, "content": []})
    app.run("dispatchEvent(new Event('focus'))")
    expect(app.frame.get_by_text("Thank you, it is yours")).to_be_visible()
    app.frame.get_by_role("link", name="See your order").click()
    app.page.wait_for_function("() => host.opened.length === 2")
    assert app.opened()[1] == order["permalink_url"]


def test_canceled_checkout_offers_nothing_to_pay(stand: Stand, show: Show) -> None:
    made = stand.server.call("create_checkout", checkout=basket(stand))["structuredContent"]
    gone = stand.server.call("cancel_checkout", id=made["id"], meta={"idempotency-key": "0123456789abcdef"})
    app = show("get_checkout", result=gone)
    expect(app.frame.get_by_text("This checkout was canceled")).to_be_visible()
    expect(app.frame.get_by_role("link", name="Confirm and pay")).to_have_count(0)


def test_refused_change_is_said_and_nothing_is_lost(stand: Stand, show: Show) -> None:
    app = show("create_checkout", {"checkout": basket(stand)})
    app.answer("update_checkout", {"isError": True, "content": [{"type": "text", "text": "try again [unavailable]"}]})
    app.frame.get_by_role("radio", name="Courier").click()
    expect(app.frame.get_by_role("alert")).to_have_text("try again")
    expect(app.frame.get_by_role("link", name="Confirm and pay €52.90")).to_be_visible()
    expect(app.frame.get_by_role("radio", name="Post")).to_be_checked()


def test_nothing_can_be_typed_that_pays(stand: Stand, show: Show) -> None:
    app = show("create_checkout", {"checkout": basket(stand)})
    expect(app.frame.get_by_role("link", name="Confirm and pay")).to_be_visible()
    fields = app.run("[...document.querySelectorAll('input, select, textarea')].map(one => one.type + ' ' + one.name)")
    assert fields == ["radio parcel", "radio parcel", "text code"]
