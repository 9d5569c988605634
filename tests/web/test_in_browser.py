"""The pages in a real browser: the player is watched, used by keyboard and bought through; pages fit a phone."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from adengine.core.lint import Finding, Report
from adengine.models import Ad, Event
from adengine.services import ads
from adengine.services.planning import AdWish
from tests.fakes import Outbox
from tests.shops import MUG, write_shop
from tests.web.conftest import Site

PUBLIC = ("/", "/products/mug", "/products/lamp", "/ads/{ad}", "/ads/{ad}/embed")
STUDIO = (
    "/",
    "/import",
    "/products/mug",
    "/products/mug/new",
    "/ads/{ad}",
    "/orders",
    "/results",
    "/appearances",
    "/brand",
)
# What axe would call serious: controls and pictures without a name, fields without a label, no language or title.
UNNAMED = """() => {
  const bad = [];
  const name = (el) => (el.getAttribute('aria-label') || el.textContent || el.title || '').trim();
  for (const el of document.querySelectorAll('button, a[href], summary'))
    if (el.getAttribute('aria-hidden') !== 'true' && !name(el) && !el.querySelector('img[alt]:not([alt=""])'))
      bad.push(el.outerHTML.slice(0, 120));
  for (const el of document.querySelectorAll('input:not([type=hidden]), select, textarea'))
    if (!el.labels?.length && !el.getAttribute('aria-label')) bad.push(el.outerHTML.slice(0, 120));
  for (const el of document.querySelectorAll('img:not([alt]), iframe:not([title])'))
    bad.push(el.outerHTML.slice(0, 120));
  const ids = [...document.querySelectorAll('[id]')].map((el) => el.id);
  bad.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => 'twice: ' + id));
  if (!document.documentElement.lang || !document.title) bad.push('no language or title');
  if (document.querySelectorAll('main').length !== 1) bad.push('not one main');
  return bad;
}"""


def addresses(site: Site) -> list[str]:
    shop = [site.shop + path.format(ad=site.ad_id) for path in PUBLIC]
    return shop + [f"{site.url}/studio{path.format(ad=site.ad_id)}" for path in STUDIO]


@pytest.mark.slow
def test_import_report_fits_a_phone(phone: Page, site: Site, tmp_path: Path) -> None:
    path = write_shop(tmp_path / "feed", [{**MUG, "Handle": "vase", "Variant Price": "cheap", "Image Src": ""}])
    phone.goto(f"{site.url}/sign-in?token={site.world.token}&next=/studio/import")
    phone.get_by_label("Product CSV").set_input_files(path)
    phone.get_by_role("button", name="Import").click()
    expect(phone.get_by_role("cell", name="cheap", exact=True)).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


def events_of(site: Site) -> set[str]:
    with site.world.engine.unit(site.world.merchant) as unit:
        return set(unit.db.scalars(select(Event.type).where(Event.ad_id == site.ad_id)))


@pytest.mark.slow
def test_every_page_fits_a_phone_and_names_what_it_shows(phone: Page, site: Site) -> None:
    phone.goto(f"{site.url}/sign-in?token={site.world.token}")
    for address in addresses(site):
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address
        assert phone.evaluate(UNNAMED) == [], address


@pytest.mark.slow
def test_hotspot_is_there_at_its_time_and_gone_after_it(page: Page, site: Site) -> None:
    page.route("**/ads/*", lambda route: route.fulfill(body=one_spot(route.fetch().text()), content_type="text/html"))
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    spot = page.locator(".player__spot")
    page.evaluate("document.querySelector('video').pause()")
    for second, is_there in ((0.5, False), (2.0, True), (3.9, True), (4.5, False), (2.5, True)):
        page.evaluate("second => { document.querySelector('video').currentTime = second }", second)
        expect(spot).to_have_count(1) if is_there else None
        expect(spot).to_be_visible() if is_there else expect(spot).to_be_hidden()
    expect(spot).to_have_text("€24.00")
    frame, box = page.locator(".player__frame").bounding_box(), spot.bounding_box()
    assert frame is not None
    assert box is not None
    assert (box["x"] - frame["x"]) / frame["width"] == pytest.approx(0.2, abs=0.01)
    assert (box["y"] - frame["y"]) / frame["height"] == pytest.approx(0.4, abs=0.01)


def one_spot(html: str) -> str:
    """The page with a single hotspot from second 1 to 4, so that its times are known."""
    spot = re.search(r'\{"box":.*?\}', html)
    assert spot is not None
    known = re.sub(r'"box": ?\[[^\]]*\]', '"box": [0.2, 0.4, 0.5, 0.3]', spot[0])
    known = re.sub(r'"from": ?[\d.]+', '"from": 1.0', re.sub(r'"to": ?[\d.]+', '"to": 4.0', known))
    return re.sub(r'"spots": ?\[.*?\}\]', lambda _: f'"spots": [{known}]', html, count=1)


@pytest.mark.slow
def test_product_in_the_film_is_chosen_by_keyboard_and_bought(page: Page, site: Site) -> None:
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    expect(page.locator(".player__spot:not([hidden])")).to_be_visible()
    page.locator(".player__screen").focus()
    page.keyboard.press("k")
    assert page.evaluate("document.querySelector('video').paused")
    page.evaluate("document.querySelector('video').currentTime = 2.25")
    expect(page.locator("video")).to_have_js_property("seeking", False)
    page.keyboard.press("Tab")
    expect(page.locator(".player__spot:not([hidden])")).to_be_focused()
    page.keyboard.press("Enter")
    sheet = page.get_by_role("dialog", name="Buy Stoneware Mug")
    expect(sheet).to_be_visible()
    expect(sheet.get_by_role("radio", name=re.compile("Sage"))).to_be_focused()
    expect(sheet.get_by_role("radio", name=re.compile("Rust"))).to_be_disabled()
    page.keyboard.press("ArrowDown")
    expect(sheet.get_by_role("radio", name=re.compile("Oat"))).to_be_checked()
    expect(sheet.locator("[data-price] strong")).to_have_text("€26.00")
    sheet.get_by_role("button", name="Buy now").press("Enter")
    expect(sheet.get_by_text("Stoneware Mug, Oat, €26.00. Test payment: no money moves.")).to_be_visible()
    expect(sheet.get_by_role("button", name="Pay €26.00")).to_be_focused()
    page.keyboard.press("Enter")
    expect(sheet.get_by_text("Thank you, it is yours.")).to_be_visible()
    sheet.get_by_role("link", name="See your order").press("Enter")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(page.get_by_text("Stoneware Mug, Oat")).to_be_visible()
    # Browsers may land on the frame before the asked second.
    expect(page.get_by_text(re.compile(r"at second 2\.[123]"))).to_be_visible()
    assert {"impression", "start", "hotspot_open", "variant_pick", "checkout_start", "purchase"} <= events_of(site)


@pytest.mark.slow
def test_escape_closes_the_sheet_and_returns_the_focus(page: Page, site: Site) -> None:
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    spot = page.locator(".player__spot:not([hidden])")
    page.evaluate("document.querySelector('video').pause()")
    spot.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".player__sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".player__sheet")).to_be_hidden()
    expect(spot).to_be_focused()


@pytest.mark.slow
def test_sound_and_captions_are_one_key_away(page: Page, site: Site) -> None:
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    page.locator(".player__screen").focus()
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="Captions")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("document.querySelector('video').textTracks[0].mode") == "showing"
    assert page.evaluate("document.querySelector('video').muted")
    page.keyboard.press("m")
    assert not page.evaluate("document.querySelector('video').muted")


@pytest.mark.slow
def test_film_stands_still_for_whoever_asked_for_less_motion(page: Page, site: Site) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    expect(page.locator("adengine-player")).to_have_js_property("visible", True)
    expect(page.locator("video")).to_have_js_property("paused", True)
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("adengine-player")).to_have_class(re.compile("is-playing"))


@pytest.mark.slow
def test_player_shifts_nothing_while_it_loads(page: Page, site: Site) -> None:
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) => shift += one.value))"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    for path in (f"/ads/{site.ad_id}", "/products/mug", "/"):
        page.goto(site.shop + path)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("shift") < 0.01, path


@pytest.mark.slow
def test_player_in_a_frame_of_another_page_sells_too(page: Page, site: Site) -> None:
    blog = site.url.replace("127.0.0.1", "localhost")  # another site, by name, on the same machine
    page.goto(f"{blog}/blog?{site.shop}/ads/{site.ad_id}/embed")
    player = page.frame_locator("iframe")
    player.locator(".player__spot:not([hidden])").click()
    player.get_by_role("button", name="Buy now").click()
    player.get_by_role("button", name="Decline").click()
    expect(player.get_by_text("no money was taken")).to_be_visible()
    player.get_by_role("button", name="Buy now").click()
    player.get_by_role("link", name="Address, codes and more").click()
    page.wait_for_url("**/checkout/*")
    page.get_by_role("button", name="Change the order").click()
    expect(page.get_by_role("button", name="Pay €24.00")).to_be_visible()


@pytest.mark.slow
def test_events_that_could_not_be_sent_arrive_with_the_next_page_once(browser: Browser, site: Site) -> None:
    context = browser.new_context()
    page = context.new_page()
    lost: list[str] = []
    page.route("**/events", lambda route: (lost.append(route.request.post_data or ""), route.abort()))
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/events")):
        page.goto(f"{site.shop}/ads/{site.ad_id}")
    page.unroute("**/events")
    with page.expect_response("**/events") as sent:
        page.goto(f"{site.shop}/ads/{site.ad_id}")
    answer = sent.value.json()
    again = {one["id"]: one["type"] for batch in lost for one in json.loads(batch)["events"]}
    assert "impression" in again.values()
    assert set(again) <= set(answer["counted"]) | set(answer["known"])
    with site.world.engine.unit(site.world.merchant) as unit:
        assert set(again) <= set(unit.db.scalars(select(Event.id)))
    assert answer["refused"] == []
    context.close()


@pytest.mark.slow
def test_film_and_form_work_without_scripts(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    expect(page.locator("video[controls]")).to_be_visible()
    page.get_by_role("button", name="Buy now").click()
    page.get_by_role("button", name="Pay €24.00").click()
    page.get_by_role("button", name="Approve the payment").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    context.close()


@pytest.mark.slow
def test_page_that_watches_a_job_sees_it_finish(page: Page, site: Site) -> None:
    world = site.world
    with world.engine.unit(world.merchant) as unit:
        ad_id = ads.create_ad(unit, AdWish(product="lamp", seconds=6)).id
    page.goto(f"{site.url}/sign-in?token={world.token}&next=/studio/ads/{ad_id}")
    expect(page.locator("[data-job] [data-words]")).to_have_text("Waiting to render")
    with world.engine.unit(world.merchant) as unit:
        ads.retire(unit, ad_id)
    expect(page.locator(".head .chip")).to_have_text("Taken down")


def drawn(site: Site) -> None:
    """Do what a worker does with the previews that were asked for."""
    outbox = site.world.engine.ports.enqueue
    assert isinstance(outbox, Outbox)
    outbox.jobs = [job for job in outbox.jobs if job[0] == "sketch"]
    outbox.run(site.world.engine)


@pytest.mark.slow
def test_a_film_is_chosen_by_keyboard_and_seen_before_it_is_made(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sign-in?token={site.world.token}&next=/studio/products/mug/new")
    page.get_by_role("radio", name=re.compile("^Hero")).focus()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[name=template]:checked")
    expect(chosen).not_to_have_value("hero")
    page.get_by_label("Length in seconds").fill("6")
    page.get_by_role("radio", name="Swiss").check()
    page.get_by_role("button", name="Preview").press("Enter")
    stage = page.locator("[data-stage]")
    expect(stage.get_by_role("list", name="Shots").get_by_role("listitem").first).to_be_visible()
    drawn(site)
    expect(stage.locator("video")).to_be_visible()
    with page.expect_request("**/preview") as again:  # a change asks anew, without a press
        page.get_by_role("radio", name="Bold").check()
    assert again.value.method == "POST"
    drawn(site)
    expect(stage.locator("video")).to_be_visible()
    page.get_by_role("button", name="Make the film").press("Enter")
    page.wait_for_url("**/studio/ads/*")
    expect(page.locator(".head .chip")).to_have_text("Waiting to render")


@pytest.mark.slow
def test_fields_follow_what_was_chosen(phone: Page, site: Site) -> None:
    phone.goto(f"{site.url}/sign-in?token={site.world.token}&next=/studio/products/mug/new")
    beside, recording = phone.get_by_text("Products beside this one"), phone.get_by_label("Your recording")
    expect(beside).to_be_hidden()
    expect(recording).to_be_hidden()
    phone.get_by_role("radio", name=re.compile("^Collection")).check()
    phone.locator("[name=voice]").select_option("recording")
    expect(beside).to_be_visible()
    expect(recording).to_be_visible()
    phone.get_by_text("Where it will be shown").click()
    phone.get_by_label("YouTube Shorts").check()
    phone.get_by_role("radio", name="Square 1:1").check()
    expect(phone.get_by_label("YouTube Shorts")).to_be_disabled()
    expect(phone.get_by_label("YouTube Shorts")).not_to_be_checked()
    phone.get_by_label("Length in seconds").fill("99")
    phone.get_by_role("button", name="Preview").click()
    assert phone.evaluate("!document.querySelector('[name=seconds]').validity.valid")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.slow
def test_a_finding_leads_to_its_moment_of_the_film(page: Page, site: Site) -> None:
    found = Finding("contrast", "warning", 0.5, "Make it darker", 90)
    with site.world.engine.unit(site.world.merchant) as unit:
        unit.get(Ad, site.ad_id).lint = Report(90, (found,))
    page.goto(f"{site.url}/sign-in?token={site.world.token}&next=/studio/ads/{site.ad_id}")
    page.get_by_role("button", name="Look at 0:03").click()
    expect(page.locator("[data-film]")).to_have_js_property("currentTime", 3)


@pytest.mark.slow
def test_looking_ahead_shows_small_pictures(page: Page, site: Site) -> None:
    page.goto(f"{site.shop}/ads/{site.ad_id}")
    track = page.locator(".player__seek").bounding_box()
    assert track is not None
    peek = page.locator(".player__peek")
    expect(peek).to_be_hidden()
    page.mouse.move(track["x"] + 0.6 * track["width"], track["y"] + track["height"] / 2)
    expect(peek).to_be_visible()
    expect(peek).to_have_css("background-position", "-360px 0px")  # the fourth of six
    page.mouse.move(5, 5)
    expect(peek).to_be_hidden()


@pytest.mark.slow
def test_contrast_follows_the_colours_as_they_are_chosen(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/sign-in?token={site.world.token}&next=/studio/brand")
    page.locator("[name=accent]").fill("#ffee00")
    line = page.locator("[data-ground=accent]")
    expect(line.locator("[data-ratio]")).to_have_text("1.2")
    expect(line.locator("[data-verdict]")).to_be_visible()
    page.locator("[name=accent]").fill("#222222")
    expect(line.locator("[data-verdict]")).to_be_hidden()
