"""What holds for each app: it fits, reads well by day and night, names what it shows, and loads nothing foreign."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from werkzeug.serving import make_server

from adengine.agents import apps
from tests.apps.conftest import PHONE, SMALL, WIDE, Show, Shown, Stand
from tests.apps.test_checkout import basket
from tests.apps.test_experiment import run
from tests.web.test_in_browser import UNNAMED

PAGES = ("player.html", "carousel.html", "checkout.html", "experiment.html")
# Bytes as they are served; the carousel holds the player and the till.
LARGEST = {"player.html": 32_000, "carousel.html": 36_500, "checkout.html": 20_000, "experiment.html": 18_500}
SCENES = ("film", "films", "buying", "licence", "gone", "cards", "nothing", "checkout", "experiment")
METHODS = {
    "ui/initialize",
    "ui/notifications/initialized",
    "ui/notifications/size-changed",
    "ui/open-link",
    "ui/update-model-context",
    "tools/call",
    "resources/read",
}
# Every text with its contrast to what lies behind it (WCAG 1.4.3), where that is less than it should be.
FAINT = """() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((one) => one / 255)
    .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
    .reduce((sum, one, at) => sum + one * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (el) => {
    for (let at = el; at; at = at.parentElement) {
      const [r, g, b, alpha = 1] = parts(getComputedStyle(at).backgroundColor);
      if (alpha > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const el of document.querySelectorAll('main *')) {
    const words = [...el.childNodes].filter((one) => one.nodeType === 3 && one.textContent.trim());
    if (!words.length || !el.checkVisibility() || el.closest('.sr, :disabled, .card__frame, .pick__frame')) continue;
    const style = getComputedStyle(el);
    const [a, b] = [light(parts(style.color)), light(behind(el))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 600);
    if (ratio < (large ? 3 : 4.5)) bad.push(`${ratio.toFixed(2)} ${el.className} ${el.textContent.slice(0, 40)}`);
  }
  return bad;
}"""


def scene(stand: Stand, show: Show, name: str, **how: Any) -> Shown:
    """An app in one of its states."""
    if name in {"film", "buying", "licence", "gone"}:
        stand.world.licence()
        ad_id = stand.world.ad(cameo="nix")
        app = show("get_ad", {"ad_id": "ad_none" if name == "gone" else ad_id}, **how)
        if name == "gone":
            expect(app.frame.get_by_role("alert")).to_be_visible()
        else:
            expect(app.frame.locator("summary")).to_be_visible()
        if name == "licence":
            app.frame.get_by_role("button", name="See the licence").click()
            expect(app.frame.locator(".facts")).to_be_visible()
        if name == "buying":
            app.frame.get_by_role("button", name="Buy Stoneware Mug, Sage").click()
            app.frame.get_by_role("button", name="Buy for €24.00").click()
            expect(app.frame.get_by_role("link", name="Confirm and pay")).to_be_visible()
        return app
    tool, given, sign = {
        "films": ("search_ads", {}, ".pick"),
        "cards": ("search_catalog", {"catalog": {"filters": {"available": False}}}, ".card"),
        "nothing": ("search_catalog", {"catalog": {"query": "submarine periscope"}}, ".empty"),
        "checkout": ("create_checkout", {"checkout": basket(stand)}, ".sums"),
        "experiment": ("get_experiment", {}, ".arm"),
    }[name]
    if name == "experiment":
        how["result"] = stand.merchant.call("get_experiment", experiment=run(stand))
    app = show(tool, given, **how)
    expect(app.frame.locator(sign).first).to_be_visible()
    return app


@pytest.mark.slow
@pytest.mark.parametrize("name", SCENES)
def test_app_fits_names_what_it_shows_and_reads_well(stand: Stand, show: Show, name: str) -> None:
    app = scene(stand, show, name, size=SMALL)
    for size in (SMALL, PHONE, WIDE):
        app.page.set_viewport_size({"width": size[0], "height": size[1]})
        assert app.run("document.documentElement.scrollWidth") <= size[0], size
    assert app.run(f"({UNNAMED})()") == []
    once = "document.getAnimations().filter((one) => one.effect.getTiming().iterations === 1)"
    app.run(f"{once}.map((one) => one.finish())")  # what fades in is measured once it has
    for theme in ("light", "dark"):
        app.tell("ui/notifications/host-context-changed", {"theme": theme})
        app.page.frames[-1].wait_for_function("theme => document.documentElement.dataset.theme === theme", arg=theme)
        assert app.run(f"({FAINT})()") == [], theme
    assert {method for method, _ in app.page.evaluate("host.asked")} <= METHODS
    app.page.wait_for_function(
        "height => host.frame.clientHeight === height",
        arg=app.run("Math.ceil(document.documentElement.getBoundingClientRect().height)"),
    )


@pytest.mark.slow
def test_app_follows_the_hosts_theme_and_else_the_systems(stand: Stand, show: Show) -> None:
    app = show("get_ad", {"ad_id": stand.ad_id}, context={"theme": None}, media={"color_scheme": "dark"})
    expect(app.frame.locator("summary")).to_be_visible()
    assert app.run("document.documentElement.dataset.theme") == "dark"
    assert app.run("getComputedStyle(document.body).backgroundColor") == "rgb(25, 22, 19)"


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, list[str]]]:
    """Somebody else's server, and what it was asked for."""
    asked: list[str] = []

    def answer(environ: Any, start: Any) -> list[bytes]:
        asked.append(environ["PATH_INFO"])
        start("200 OK", [("Content-Type", "image/svg+xml")])
        return [b'<svg xmlns="http://www.w3.org/2000/svg"/>']

    server = make_server("127.0.0.1", 0, answer, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.slow
def test_nothing_is_loaded_from_anywhere_but_the_shop(
    stand: Stand, show: Show, elsewhere: tuple[str, list[str]]
) -> None:
    url, asked = elsewhere
    result = stand.server.call("search_catalog", catalog={"query": "mug"})
    result["structuredContent"]["products"][0]["media"][0]["url"] = f"{url}/planted.svg"
    app = show("search_catalog", result=result, is_clean=False)
    expect(app.frame.locator("span.card__picture")).to_be_attached()  # the tile that stands for a missing picture
    answer = app.run(f"fetch('{url}/called').then(() => 'came through', () => 'blocked')")
    assert (answer, asked) == ("blocked", [])


@pytest.mark.slow
def test_links_that_are_not_of_the_web_are_left_out(stand: Stand, show: Show) -> None:
    made = stand.server.call("create_checkout", checkout=basket(stand))
    made["structuredContent"]["continue_url"] = "javascript:alert(1)"
    app = show("create_checkout", result=made)
    expect(app.frame.get_by_text("Tell the assistant to place the order")).to_be_visible()
    assert app.run("[...document.querySelectorAll('a')].filter((one) => one.protocol === 'javascript:').length") == 0


@pytest.mark.slow
def test_server_declares_each_app_with_our_address_alone(stand: Stand) -> None:
    listed = stand.server.send("resources/list", {})["result"]["resources"]
    shown = {one["uri"]: one for one in listed if one["uri"].startswith("ui://")}
    assert set(shown) == {app.uri for app in apps.APPS.values()}
    for one in shown.values():
        csp = one["_meta"]["ui"]["csp"]
        assert csp == {"resourceDomains": [stand.server.url], "connectDomains": [stand.server.url]}
        assert one["mimeType"] == "text/html;profile=mcp-app"


@pytest.mark.slow
def test_every_tool_with_an_app_names_one_that_is_there(stand: Stand) -> None:
    tools = stand.merchant.send("tools/list", {})["result"]["tools"]
    named = {one["name"]: uri for one in tools if (uri := one.get("_meta", {}).get("ui", {}).get("resourceUri"))}
    assert named == {tool: app.uri for tool, app in apps.APPS.items()}


@pytest.mark.parametrize("file", PAGES)
def test_page_needs_nothing_else_and_parses_nothing_as_code(file: str) -> None:
    page = apps.page(file)
    assert "{{" not in page
    assert not re.search(
        r"<link|<script[^>]+src|@import|url\(|innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|new Function",
        page,
    )
    assert '<html lang="en">' in page
    assert len(page.encode()) <= LARGEST[file]


def test_squeezing_leaves_strings_templates_and_expressions_as_they_are() -> None:
    script = 'const a = "x  // y";  // gone\nif (a)  {\n  b = `p  ${a}  q`;\n  c = a.replace(/ \\/\\/ "  /g,  "");\n}\n'
    assert apps.squeeze_js(script) == 'const a="x  // y";\nif(a){b=`p  ${a}  q`;c=a.replace(/ \\/\\/ "  /g,"");}'
    assert apps.squeeze_css("a > b {\n  c: calc(1px + 2px); /* d */\n}") == "a > b{c:calc(1px + 2px)}"
