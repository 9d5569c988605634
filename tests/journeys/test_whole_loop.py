"""The promise of the README, end to end, through real HTTP and MCP: a CSV becomes a film, an order and a result."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import httpx
import pytest
from mcp import Client

from adengine import database
from adengine.app import build
from adengine.core.cameo import Terms
from adengine.core.timeline import Timeline
from adengine.engine import SYSTEM, AdEngine, merchant_actor
from adengine.models import Ad
from adengine.services import merchants
from adengine.serving import command, environment
from adengine.settings import Settings
from tests.conftest import Desk, empty_database
from tests.servers import await_server, free_port
from tests.services.test_ads import license_lumi
from tests.shops import write_shop

pytestmark = pytest.mark.slow
PATIENCE_S = 150


@dataclass(frozen=True)
class World:
    """A running product: its address, a merchant's token, and the engine to look behind the pages."""

    url: str
    token: str
    engine: AdEngine
    desk: Desk
    licence: str

    def api(self, method: str, path: str, **given: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid.uuid4().hex}
        answer = httpx.request(method, f"{self.url}/api/v1{path}", headers=headers, timeout=30, **given)
        assert answer.status_code < 400, answer.text
        return answer.json()

    def agent(self, tool: str, **arguments: Any) -> Any:
        async def call() -> Any:
            async with Client(f"{self.url}/mcp") as client:
                return await client.call_tool(tool, arguments)

        return asyncio.run(call())


@pytest.fixture(scope="module", params=["sqlite and a folder", "postgres and redis"])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The server and a worker as processes of their own, a shop imported from its CSV by the command line."""
    folder, port = tmp_path_factory.mktemp("world"), free_port()
    url = f"http://127.0.0.1:{port}"
    settings = Settings(home=str(folder / "home"), public_url=url, sweep_s="1")
    if request.param == "postgres and redis":
        settings = replace(
            settings,
            database_url=empty_database(request.getfixturevalue("postgres_url")),
            broker_url=request.getfixturevalue("redis_url"),
        )
    spawn = {"env": environment(settings)}
    csv = write_shop(folder / "shop")
    subprocess.run(command("import", str(csv), "--shop", "demo"), check=True, capture_output=True, **spawn)
    token = subprocess.run(
        command("token", "create", "--merchant", "demo", "--kind", "merchant", "--json"),
        check=True,
        capture_output=True,
        **spawn,
    ).stdout
    engine = build(settings)
    database.upgrade(engine.sql)
    with engine.unit(SYSTEM) as unit:
        shop = merchants.find_shop(unit, "demo")
    desk = Desk(shop, merchant_actor(shop.id), merchants_visitor(engine))
    with engine.unit(SYSTEM) as unit:
        starts = unit.now()
    terms = Terms(
        subject="Lumi",
        purposes=("advertising",),
        placements=("page", "mcp", "api", "embed"),
        territories=("*",),
        starts=starts,
        merchant_ids=(shop.id,),
        endorsement=True,
        needs_approval=False,
        share_bps=500,
    )
    licence = license_lumi(engine, desk, terms, folder)
    server = subprocess.Popen(command("serve", "--port", str(port), "--with-worker"), stdout=sys.stderr, **spawn)
    try:
        await_server(url, server)
        yield World(url, json.loads(token)["token"], engine, desk, licence)
    finally:
        server.terminate()
        server.wait(timeout=30)
        engine.close()


def merchants_visitor(engine: AdEngine) -> Any:
    with engine.unit(SYSTEM) as unit:
        return merchants.visitor(unit, "demo")


@pytest.fixture(scope="module")
def films(world: World) -> list[dict[str, Any]]:
    """Two films of one product and one with the licensed appearance, made by the worker and published."""
    asks = [
        {"product": "mug", "template": "hero", "seconds": 8},
        {"product": "mug", "template": "hero", "seconds": 8, "headline": "Coffee, properly"},
        {"product": "mug", "template": "cameo_endorsement", "seconds": 8, "cameo": "lumi"},
    ]
    ids = [world.api("POST", "/ads", json={**ask, "publish": True})["id"] for ask in asks]
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        made = [world.api("GET", f"/ads/{one}") for one in ids]
        if all(one["status"] == "published" for one in made):
            return made
        assert not [one for one in made if one["status"] in ("failed", "refused")], made
        time.sleep(0.5)
    raise AssertionError(made)


def test_the_films_are_real(world: World, films: list[dict[str, Any]]) -> None:
    for film in films:
        data = httpx.get(film["film_url"], timeout=30).content
        assert len(data) == film["bytes"]
        assert data.index(b"moov") < data.index(b"mdat")
        with av.open(BytesIO(data)) as opened:
            video, audio = opened.streams.video[0], opened.streams.audio[0]
            assert (video.codec_context.width, video.codec_context.height) == (1080, 1920)
            assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
            assert sum(1 for _ in opened.decode(video)) == 240
        with av.open(BytesIO(data)) as opened:
            loudest = max(float(abs(part.to_ndarray()).max()) for part in opened.decode(opened.streams.audio[0]))
            assert loudest > 0.05
            assert abs(float(opened.duration or 0) / 1e6 - 8.0) < 0.1
        captions = httpx.get(film["captions_url"], timeout=30).text
        assert captions.startswith("WEBVTT")
        assert "-->" in captions


@pytest.mark.skipif(not shutil.which("tesseract"), reason="tesseract is not installed (apt-get install tesseract-ocr)")
def test_the_price_is_painted_when_the_plan_says_and_not_before(
    world: World, films: list[dict[str, Any]], tmp_path: Path
) -> None:
    with world.engine.unit(SYSTEM) as unit:
        timeline: Timeline = unit.get(Ad, films[0]["id"]).timeline
    start, end = shown(timeline, "24.00")
    data = httpx.get(films[0]["film_url"], timeout=30).content
    assert "24.00" in read(data, (start + end) // 2 + 10, tmp_path)
    assert start > 30
    assert "24.00" not in read(data, start - 20, tmp_path)


def shown(timeline: Timeline, words: str) -> tuple[int, int]:
    """First and last frame of the layer that carries the words."""
    for layer in (one.layer for one in timeline.layers):
        texts = getattr(layer, "texts", ())
        if any(words in one.text for one in texts) or words in getattr(layer, "text", ""):
            return layer.start, layer.end
    raise AssertionError(f"no layer says {words}")


def read(data: bytes, frame: int, folder: Path) -> str:
    """What an independent reader sees on one frame."""
    with av.open(BytesIO(data)) as opened:
        for number, picture in enumerate(opened.decode(opened.streams.video[0])):
            if number == frame:
                picture.to_image().save(folder / f"{frame}.png")
    command_line = ["tesseract", str(folder / f"{frame}.png"), "-", "--psm", "11"]
    return subprocess.run(command_line, capture_output=True, text=True, check=True).stdout


def test_an_agent_finds_the_film_and_a_person_buys_what_it_shows(world: World, films: list[dict[str, Any]]) -> None:
    answer = world.agent("search_catalog", catalog={"query": "stoneware mug under 30 EUR"}).structured_content
    (hit,) = answer["products"]
    assert {one["ad_id"] for one in hit["ads"]} <= {one["id"] for one in films}
    cameo = films[2]["id"]
    showing = world.agent("get_ad", ad_id=cameo, response_format="detailed").structured_content
    assert (showing["disclosure"], showing["appearance"]) == ("AI-generated", "Lumi")
    told_by_rest = json.dumps(world.api("GET", f"/films/{cameo}"))  # the same, but for the place it is shown in
    assert showing == json.loads(told_by_rest.replace("?in=api", "?in=mcp").replace("/stream/api/", "/stream/mcp/"))
    spot = showing["hotspots"][0]
    basket = {
        "line_items": [{"item": {"id": spot["variant_id"]}, "quantity": 1}],
        "attribution": {"ad_id": cameo, "second": str(spot["start_s"])},
    }
    opened = world.agent("create_checkout", checkout=basket).structured_content
    order = pay(opened["continue_url"])
    assert "24.00" in order
    paid = world.agent("get_checkout", id=opened["id"]).structured_content
    assert paid["status"] == "completed"
    told = world.agent("get_order", id=paid["order"]["id"]).structured_content
    assert told["attribution"]["ad_id"] == cameo
    bought = world.api("GET", f"/orders/{paid['order']['id']}")
    assert (bought["status"], bought["ad_id"], bought["second"]) == ("paid", cameo, spot["start_s"])

    accounts = {one["account"].split(":")[0]: one["amount"]["minor"] for one in world.api("GET", "/ledger")}
    assert accounts == {"clearing": -2400, "merchant": 2232, "cameo": 120, "platform": 48}
    back = world.api("POST", f"/orders/{bought['id']}/refunds", json={"amount": 1000})
    assert (back["refunded"], back["status"]) == (1000, "partly_refunded")
    world.api("POST", f"/orders/{bought['id']}/refunds", json={})
    assert {one["amount"]["minor"] for one in world.api("GET", "/ledger")} == {0}


def pay(url: str) -> str:
    """Walk from the checkout to the order page as a browser would, sending each form twice."""
    with httpx.Client(follow_redirects=True, timeout=30) as browser:
        page = browser.get(url)
        twice(browser, page, "/pay")
        payment = submit(browser, page, "/pay")
        assert "/sandbox/pay/" in str(payment.url), payment.text
        twice(browser, payment, "/sandbox/pay/", outcome="paid")
        order = submit(browser, payment, "/sandbox/pay/", outcome="paid")
        assert "/orders/" in str(order.url), order.text
        return order.text


def twice(browser: httpx.Client, page: httpx.Response, action: str, **fields: str) -> None:
    submit(browser, page, action, **fields)


def submit(browser: httpx.Client, page: httpx.Response, action: str, **fields: str) -> httpx.Response:
    """Send the page's form whose address holds `action`, with its hidden fields and ours."""
    for opening, inside in re.findall(r"<form([^>]*)>(.*?)</form>", page.text, re.DOTALL):
        address = re.search(r'action="([^"]+)"', opening)
        target = page.url.join(unescape(address.group(1))) if address else page.url
        if action in str(target):
            hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', inside))
            return browser.post(target, data={**{k: unescape(v) for k, v in hidden.items()}, **fields})
    raise AssertionError(f"no form for {action} on {page.url}: {page.text[:2000]}")


def test_viewers_are_split_and_counted_once(world: World, films: list[dict[str, Any]]) -> None:
    arms = [films[0]["id"], films[1]["id"]]
    started = world.api("POST", "/experiments", json={"name": "Which hook?", "ad_ids": arms})
    counted = 0
    for _ in range(12):
        with httpx.Client(timeout=30) as browser:
            page = browser.get(f"{world.url}/shops/demo/products/mug")
            (ad_id,) = set(re.findall(r'ad="(ad_\w+)"', page.text)) or set(re.findall(r"ads/(ad_\w+)/", page.text))
            assert ad_id in arms
            assert ad_id in browser.get(f"{world.url}/shops/demo/products/mug").text
            viewer = browser.cookies["adengine_viewer"]
            events = [
                {
                    "id": str(uuid.uuid4()),
                    "type": kind,
                    "ad": ad_id,
                    "experiment": started["id"],
                    "at": time.time() * 1000,
                }
                for kind in ("impression", "start", "view_3s")
            ]
            for _ in range(3):
                answer = browser.post(
                    f"{world.url}/shops/demo/events",
                    json={"viewer": viewer, "sent_at": time.time() * 1000, "events": events},
                )
                assert answer.status_code < 300, answer.text
            counted += 1
    results = world.api("GET", f"/experiments/{started['id']}")
    assert results["viewers"] == counted
    hook = next(one for one in results["metrics"] if one["key"] == "hook_rate")
    assert {value for _, value in hook["values"]} <= {0.0, 1.0}
    assert results["traffic_p"] > 0.001


def test_revoking_the_licence_takes_the_film_off_page_api_and_agents_at_once(
    world: World, films: list[dict[str, Any]]
) -> None:
    cameo = films[2]
    assert httpx.get(cameo["url"]).status_code == 200
    gone = world.api("POST", f"/licences/{world.licence}/revoke")
    assert gone == {"ads": [cameo["id"]]}
    for url in (cameo["url"], cameo["film_url"], cameo["poster_url"], cameo["captions_url"]):
        assert httpx.get(url).status_code == 410
    told = world.agent("get_ad", ad_id=cameo["id"])
    assert told.is_error
    assert "[gone]" in told.content[0].text
    found = world.agent("search_ads").structured_content["films"]
    assert cameo["id"] not in [one["id"] for one in found]
    answer = httpx.get(f"{world.url}/api/v1/films/{cameo['id']}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")
    refused = httpx.post(
        f"{world.url}/api/v1/ads",
        json={"product": "mug", "template": "cameo_endorsement", "cameo": "lumi"},
        headers={"Authorization": f"Bearer {world.token}", "Idempotency-Key": "after-revoke"},
    )
    assert (refused.status_code, refused.json()["error"]["clause"]) == (403, "revoked")
