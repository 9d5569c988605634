"""From a moment of the film to the cents of the statement, in a real browser: by pointer and by keyboard alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from adengine.models import Variant
from tests.web.conftest import Site
from tests.web.test_buying_in_browser import tab_to, till
from tests.web.test_in_browser import UNNAMED

__all__ = ["till"]

ADDRESS = {
    "E-mail": "lumi@example.com",
    "First name": "Lumi",
    "Last name": "Nix",
    "Country": "Germany",
    "Street and number": "Lichtweg 1",
    "Postcode": "10115",
    "Town": "Berlin",
}


@pytest.fixture
def moment(till: Site) -> Site:
    """The film's till, with one mug more, so that as many are left for other tests as before."""
    with till.world.engine.unit(till.world.merchant) as unit:
        oat = unit.db.scalars(select(Variant).where(Variant.title == "Oat")).one()
        oat.stock = (oat.stock or 0) + 1
    return till


def need_fit(page: Page, width: int) -> None:
    """Nothing hangs over the edge, and everything that can be used has a name."""
    assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert page.evaluate(UNNAMED) == [], page.url


def to_the_moment(page: Page, site: Site) -> None:
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    expect(page.locator(".player__spot:not([hidden])")).to_be_visible()
    page.locator(".player__screen").focus()
    page.keyboard.press("k")
    page.evaluate("document.querySelector('video').currentTime = 2.25")
    expect(page.locator("video")).to_have_js_property("seeking", False)


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_bought_from_the_film_by_pointer_and_explained_to_the_cent(browser: Browser, moment: Site, width: int) -> None:
    page = browser.new_context(viewport={"width": width, "height": 844}).new_page()
    to_the_moment(page, moment)
    need_fit(page, width)
    page.locator(".player__spot:not([hidden])").click()
    sheet = page.get_by_role("dialog", name="Buy Stoneware Mug")
    sheet.get_by_role("radio", name=re.compile("Oat")).check()
    need_fit(page, width)
    sheet.get_by_role("button", name="Buy now").click()
    page.wait_for_url("**/checkout/*")
    for label, words in ADDRESS.items():
        field = page.get_by_label(label)
        field.select_option(label=words) if label == "Country" else field.fill(words)
    page.get_by_role("heading", name="Checkout").click()  # as a finger leaves a field
    page.get_by_role("radio", name=re.compile("Courier")).check()
    need_fit(page, width)
    page.get_by_role("button", name="Pay €35.90").click()
    page.wait_for_url("**/sandbox/pay/*")
    need_fit(page, width)
    page.get_by_role("button", name="Approve the payment").click()
    expect(page.get_by_role("heading", name="Thank you, Lumi")).to_be_visible()
    need_fit(page, width)
    see_it_explained(page, moment, page.url.rsplit("/", 1)[-1].split("?")[0], width)
    page.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_bought_from_the_film_by_keyboard_alone(browser: Browser, moment: Site, width: int) -> None:
    page = browser.new_context(viewport={"width": width, "height": 844}).new_page()
    to_the_moment(page, moment)
    page.keyboard.press("Tab")
    expect(page.locator(".player__spot:not([hidden])")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog").get_by_role("radio", name=re.compile("Sage"))).to_be_focused()
    page.keyboard.press("ArrowDown")
    tab_to(page, "Buy now")
    page.keyboard.press("Enter")
    page.wait_for_url("**/checkout/*")
    for label, words in ADDRESS.items():
        tab_to(page, label)
        page.keyboard.type(words)
    ways = page.get_by_role("group", name="How is it sent?").get_by_role("radio")
    expect(ways).to_have_count(2)  # there while the last field has the focus, so that Tab leads on to them
    page.keyboard.press("Tab")
    expect(ways.first).to_be_focused()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pay €30.90")).to_be_visible()
    tab_to(page, "Pay €30.90")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sandbox/pay/*")
    tab_to(page, "Approve the payment")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you, Lumi")).to_be_visible()
    page.context.close()


def see_it_explained(page: Page, site: Site, order_id: str, width: int) -> None:
    """The shop's own pages: the month's statement lists the order, and its cents are all accounted for."""
    page.goto(f"{site.url}/sign-in?token={site.world.token}&next=/studio/statements")
    need_fit(page, width)
    page.locator(f"a[href$='/studio/statements/orders/{order_id}']").first.click()
    expect(page.get_by_text("€35.90").first).to_be_visible()
    need_fit(page, width)
