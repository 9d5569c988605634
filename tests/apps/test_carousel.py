"""Products in a chat: found, walked through, watched in place and bought."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.apps.conftest import PHONE, Show, Stand

pytestmark = pytest.mark.slow

EVERYTHING = {"catalog": {"filters": {"available": True}}}


def test_hits_show_price_reasons_and_a_film_that_plays_in_place(stand: Stand, show: Show) -> None:
    app = show("search_catalog", {"catalog": {"query": "mug"}}, size=PHONE)
    card = app.frame.get_by_role("article", name="Stoneware Mug")
    expect(card.get_by_text("€24.00")).to_be_visible()
    expect(card.get_by_role("list", name="Why it was found").get_by_role("listitem").first).to_be_visible()
    expect(card.get_by_role("img")).to_have_js_property("complete", True)
    assert card.get_by_role("img").evaluate("image => image.naturalWidth") > 0
    card.get_by_role("button", name="Watch the film of Stoneware Mug").click()
    expect(app.frame.locator("video")).to_have_js_property("paused", False)
    app.frame.get_by_role("button", name="All products").click()
    expect(card).to_be_focused()


def test_chosen_variant_is_bought(stand: Stand, show: Show) -> None:
    catalog = {"query": "mug", "filters": {"available": False}, "response_format": "detailed"}
    app = show("search_catalog", {"catalog": catalog})
    card = app.frame.get_by_role("article", name="Stoneware Mug")
    card.get_by_role("radio", name="Rust").check()
    expect(card.get_by_role("button", name="Buy Stoneware Mug")).to_be_disabled()
    card.get_by_role("radio", name="Oat").check()
    expect(card.get_by_text("€26.00")).to_be_visible()
    card.get_by_role("button", name="Buy Stoneware Mug").click()
    expect(app.frame.get_by_role("link", name="Confirm and pay €26.00")).to_be_visible()
    (checkout,) = stand.checkouts()
    assert [line.variant_id for line in checkout.quote.lines] == [stand.world.variant("Oat")]


def test_arrows_walk_from_card_to_card(stand: Stand, show: Show) -> None:
    app = show("search_catalog", EVERYTHING)
    cards = app.frame.get_by_role("article")
    expect(cards).to_have_count(2)
    app.frame.get_by_role("list", name="Products").focus()
    for key, place in (("ArrowRight", 0), ("ArrowRight", 1), ("ArrowRight", 1), ("ArrowLeft", 0)):
        app.page.keyboard.press(key)
        expect(cards.nth(place)).to_be_focused()


def test_nothing_suitable_is_said_with_advice(stand: Stand, show: Show) -> None:
    given = {"catalog": {"query": "submarine periscope"}}
    app = show("search_catalog", given)
    expect(app.frame.get_by_text("Nothing here fits")).to_be_visible()
    advice = stand.server.call("search_catalog", **given)["structuredContent"]["messages"][0]["content"]
    expect(app.frame.get_by_text(advice)).to_be_visible()


def test_host_that_lets_no_tool_be_called_is_offered_links(stand: Stand, show: Show) -> None:
    asked = {"query": "mug", "response_format": "detailed"}
    app = show("search_catalog", {"catalog": asked}, grants={"openLinks": {}})
    app.frame.get_by_role("link", name="See and buy").first.click()
    app.page.wait_for_function("() => host.opened.length === 1")
    assert app.opened() == [f"{stand.server.url}/shops/lumen/products/mug"]


def test_text_alone_is_enough_for_hosts_that_pass_no_structure(stand: Stand, show: Show) -> None:
    result = stand.server.call("search_catalog", catalog={"query": "mug"})
    app = show("search_catalog", result={"content": result["content"]})
    expect(app.frame.get_by_role("article", name="Stoneware Mug")).to_be_visible()
