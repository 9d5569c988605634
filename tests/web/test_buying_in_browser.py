"""Buying in a real browser: by keyboard alone with an address, and without scripts."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from adengine.core.selling import Discount, Selling
from adengine.services import selling
from tests.services.buying import GERMAN
from tests.web.conftest import Site
from tests.web.test_in_browser import UNNAMED


@pytest.fixture
def till(site: Site) -> Iterator[Site]:
    """The shop ships within Germany and Austria, taxes, and has a code; the site is another test's again afterwards."""
    merchant = site.world.merchant
    with site.world.engine.unit(merchant) as unit:
        selling.set_selling(unit, GERMAN)
        selling.add_code(unit, Discount("WELCOME10", "Welcome", bps=1000))
    yield site
    with site.world.engine.unit(merchant) as unit:
        selling.set_selling(unit, Selling())
        selling.withdraw_code(unit, "WELCOME10")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the field or button of that name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "(document.activeElement.labels?.[0] || document.activeElement).textContent.trim().replace(/\\s+/g, ' ')"
        )
        if focused.startswith(name):
            return
    raise AssertionError(f"Tab never reaches '{name}'")


@pytest.mark.slow
def test_a_purchase_by_keyboard_alone(page: Page, till: Site) -> None:
    page.goto(f"{till.shop}/products/mug")
    tab_to(page, "Buy now")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/*")
    assert page.evaluate(UNNAMED) == []
    for label, words in (("E-mail", "lumi@example.com"), ("First name", "Lumi"), ("Last name", "Nix")):
        tab_to(page, label)
        page.keyboard.type(words)
    tab_to(page, "Country")
    page.keyboard.type("Germany")
    for label, words in (("Street and number", "Lichtweg 1"), ("Postcode", "10115"), ("Town", "Berlin")):
        tab_to(page, label)
        page.keyboard.type(words)
    page.keyboard.press("Tab")
    ways = page.get_by_role("group", name="How is it sent?")
    expect(ways.get_by_role("radio")).to_have_count(2)
    page.get_by_role("radio", name=re.compile("Post")).focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Pay €33.90")).to_be_visible()
    tab_to(page, "Discount code")
    page.keyboard.press("Enter")
    tab_to(page, "Discount code")
    page.keyboard.type("welcome10")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The total has changed")).to_be_visible()
    expect(page.get_by_label("Town")).to_have_value("Berlin")
    tab_to(page, "Pay €31.50")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sandbox/pay/*")
    tab_to(page, "Approve the payment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you, Lumi")).to_be_visible()
    expect(page.get_by_text("€31.50")).to_be_visible()


@pytest.mark.slow
def test_a_mistake_is_put_right_in_place_and_fits_a_phone(phone: Page, till: Site) -> None:
    phone.goto(f"{till.shop}/products/mug")
    phone.get_by_role("button", name="Buy now").first.click()
    phone.get_by_label("E-mail").fill("lumi")
    phone.get_by_label("Town").fill("Berlin")
    expect(phone.get_by_text("This is no e-mail address").first).to_be_visible()
    phone.get_by_label("E-mail").fill("lumi@example.com")
    phone.get_by_label("First name").fill("Lumi")
    expect(phone.get_by_text("This is no e-mail address")).to_have_count(0)
    expect(phone.get_by_label("Town")).to_have_value("Berlin")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
    assert phone.evaluate(UNNAMED) == []


@pytest.mark.slow
def test_nobody_is_corrected_in_the_middle_of_a_word(page: Page, till: Site) -> None:
    page.goto(f"{till.shop}/products/mug")
    page.get_by_role("button", name="Buy now").first.click()
    page.get_by_label("Country").select_option("DE")
    for label, words in {"First name": "Lumi", "Last name": "Nix", "Street and number": "Lichtweg 1"}.items():
        page.get_by_label(label).fill(words)
    page.get_by_label("Postcode").fill("10115")
    page.get_by_label("Town").fill("Berlin")
    with page.expect_response(lambda answer: answer.request.method == "POST" and "E-mail" in answer.text()):
        page.get_by_label("E-mail").press_sequentially("lumi@example")  # good enough for a browser, and a pause
    expect(page.get_by_role("group", name="How is it sent?").get_by_role("radio")).to_have_count(2)
    expect(page.get_by_text("This is no e-mail address")).to_have_count(0)
    page.get_by_label("Town").focus()
    expect(page.get_by_text("This is no e-mail address").first).to_be_visible()


@pytest.mark.slow
def test_a_purchase_with_an_address_needs_no_scripts(browser: Browser, till: Site) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{till.shop}/products/mug")
    page.get_by_role("button", name="Buy now").first.click()
    for label, words in {
        "E-mail": "lumi@example.com",
        "First name": "Lumi",
        "Last name": "Nix",
        "Street and number": "Lichtweg 1",
        "Postcode": "10115",
        "Town": "Berlin",
    }.items():
        page.get_by_label(label).fill(words)
    page.get_by_label("Country").select_option("DE")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("radio", name=re.compile("Post")).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Pay €28.90").click()
    page.get_by_role("button", name="Approve the payment").click()
    expect(page.get_by_role("heading", name="Thank you, Lumi")).to_be_visible()
    context.close()


@pytest.mark.slow
def test_back_from_the_payment_page_shows_where_one_stands(page: Page, site: Site) -> None:
    page.goto(f"{site.shop}/products/mug")
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("button", name="Pay €24.00").click()
    expect(page.get_by_text("No money moves")).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Go on to pay €24.00").click()
    page.get_by_role("button", name="Approve the payment").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
