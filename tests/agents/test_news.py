"""News of changes: told once an act is committed, heard in every process, and only of what may be read."""

from __future__ import annotations

import asyncio
import queue
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.shared.subscriptions import ResourceUpdated
from mcp.types import ResourceUpdatedNotification

from adengine import database
from adengine.agents import create_server
from adengine.agents.subscriptions import MOST_STREAMS, MOST_URIS
from adengine.app import build
from adengine.core.errors import Conflict
from adengine.engine import AdEngine
from adengine.services import cameos, catalog, orders
from adengine.serving import command, environment
from adengine.settings import Settings
from integrations import news
from integrations.news import FolderNews, open_news
from tests.agents.agents import Shop, open_shop
from tests.conftest import Desk, open_desk
from tests.servers import await_server, free_port
from tests.services.buying import bought
from tests.shops import LAMP, MUG, OAT, write_shop

ROOT = Path(__file__).parents[2]
PATIENCE_S = 30
BROKERS = ["folder", "redis", "rabbitmq"]


@pytest.fixture
def broker_url(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "folder" else str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def told(engine: AdEngine) -> list[str]:
    """Everything that committed units tell."""
    found: list[str] = []
    engine.ports = replace(engine.ports, publish=found.extend)
    return found


def product_id(shop: Shop, handle: str = "mug") -> str:
    with shop.engine.reading(shop.desk.merchant) as unit:
        return catalog.get_product(unit, handle).id


def imported(engine: AdEngine, desk: Desk, folder: Path, rows: list[dict[str, str]]) -> None:
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder, rows)))


@contextmanager
def heard(told_by: news.News) -> Iterator[queue.Queue[str]]:
    found: queue.Queue[str] = queue.Queue()
    hush = told_by.listen(found.put)
    yield found
    hush()


@pytest.mark.parametrize("broker_url", BROKERS, indirect=True)
def test_what_one_process_tells_all_listeners_hear_in_order(broker_url: str, tmp_path: Path) -> None:
    here = open_news(broker_url, tmp_path)
    told = (
        "from pathlib import Path; from integrations.news import open_news\n"
        f"open_news({broker_url!r}, Path({str(tmp_path)!r})).publish(['ad://1', 'ad://2'])"
    )
    with heard(here) as first, heard(open_news(broker_url, tmp_path)) as second:
        subprocess.run([sys.executable, "-c", told], check=True, cwd=ROOT)
        here.publish(["product://3"])
        for one in (first, second):
            assert [one.get(timeout=PATIENCE_S) for _ in range(3)] == ["ad://1", "ad://2", "product://3"]


@pytest.mark.parametrize("broker_url", BROKERS, indirect=True)
def test_who_comes_later_hears_only_what_is_told_later(broker_url: str, tmp_path: Path) -> None:
    here = open_news(broker_url, tmp_path)
    here.publish(["ad://before"])
    with heard(here) as found:
        here.publish(["ad://after"])
        assert found.get(timeout=PATIENCE_S) == "ad://after"


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_a_broker_that_is_away_breaks_no_act(url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    silent = open_news(url, tmp_path)
    for _ in range(20):
        silent.publish(["ad://1"])
    assert [record.getMessage()[:17] for record in caplog.records] == ["news was not told"]


def test_a_folder_that_cannot_be_written_breaks_no_act(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    FolderNews(tmp_path / "file" / "news").publish(["ad://1"])
    assert "news was not told" in caplog.text


def test_a_full_log_is_put_aside_and_listeners_follow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "LARGEST_LOG", 30)
    here = FolderNews(tmp_path)
    with heard(here) as found:
        for number in range(12):
            here.publish([f"ad://{number:020}"])
            assert found.get(timeout=PATIENCE_S) == f"ad://{number:020}"
    assert (tmp_path / "log").stat().st_size < 100
    assert (tmp_path / "log.old").exists()


def test_a_changed_price_is_told_and_the_same_feed_again_is_not(shop: Shop, told: list[str], tmp_path: Path) -> None:
    imported(shop.engine, shop.desk, tmp_path / "shop", [MUG, OAT, LAMP])
    assert told == []
    imported(shop.engine, shop.desk, tmp_path / "shop", [{**MUG, "Variant Price": "25.00"}, OAT, LAMP])
    assert told == [f"product://{product_id(shop)}"]


def test_goods_that_are_bought_are_told(shop: Shop, told: list[str]) -> None:
    with shop.engine.reading(shop.desk.merchant) as unit:
        variant = catalog.get_product(unit, "mug").variants[0]
    order_id = bought(shop.engine, shop.desk, variant)
    # Kept for the checkout, and then taken.
    assert told.count(f"product://{product_id(shop)}") >= 1
    told.clear()
    orders.refund(shop.engine, shop.desk.merchant, order_id, request_key="once")
    assert f"order://{order_id}" in told


def test_a_revoked_licence_and_the_films_it_takes_down_are_told(shop: Shop, told: list[str]) -> None:
    licence = shop.licence("nix")
    assert told == [f"licence://{licence}"]
    film = shop.film(cameo="nix")
    assert f"ad://{film}" in told
    told.clear()
    shop.revoke(licence)
    assert told == [f"licence://{licence}", f"ad://{film}"]


def test_an_act_that_fails_tells_nothing(shop: Shop, told: list[str]) -> None:
    licence = shop.licence("nix")
    shop.revoke(licence)
    told.clear()
    with pytest.raises(Conflict), shop.engine.unit(shop.desk.merchant) as unit:
        cameos.withdraw(unit, licence)
    assert told == []


def honored(engine: AdEngine, *uris: str) -> list[str]:
    async def session() -> list[str]:
        async with Client(create_server(engine)) as client, client.listen(resource_subscriptions=uris) as stream:
            return list(stream.honored.resource_subscriptions or [])

    return asyncio.run(session())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_listener_hears_of_no_order_that_it_may_not_read(engine: AdEngine, shop: Shop, tmp_path: Path) -> None:
    with engine.reading(shop.desk.merchant) as unit:
        variant = catalog.get_product(unit, "mug").variants[0]
    order_id = bought(engine, shop.desk, variant)
    asked = ("product://prod_any", f"order://{order_id}", "order://ord_made_up")
    assert honored(engine, *asked) == ["product://prod_any", f"order://{order_id}"]
    open_desk(engine, "other")
    engine.settings = replace(engine.settings, shop="other")
    assert honored(engine, *asked) == ["product://prod_any"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_stream_carries_so_many_resources_and_no_more(engine: AdEngine, desk: Desk) -> None:
    assert len(honored(engine, *(f"product://{number}" for number in range(MOST_URIS)))) == MOST_URIS
    with pytest.raises(ExceptionGroup) as refused:
        honored(engine, *(f"product://{number}" for number in range(MOST_URIS + 1)))
    assert refused.group_contains(MCPError, match="at most 100 resources")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_nobody_holds_too_many_streams(engine: AdEngine, desk: Desk) -> None:
    async def session() -> None:
        async with Client(create_server(engine)) as client:
            open_now = [client.listen(resource_subscriptions=["ad://1"]) for _ in range(MOST_STREAMS)]
            for one in open_now:
                await one.__aenter__()
            with pytest.raises(MCPError, match="20 streams are open"):
                await client.listen(resource_subscriptions=["ad://1"]).__aenter__()
            for one in reversed(open_now):
                await one.__aexit__(None, None, None)
            async with client.listen(resource_subscriptions=["ad://1"]):
                pass

    asyncio.run(session())


@pytest.fixture
def house(broker_url: str, tmp_path: Path) -> Iterator[Shop]:
    """A shop with a licensed film, built in this process over a home that a server shares."""
    settings = Settings(home=str(tmp_path / "home"), broker_url=broker_url, anonymous_requests_per_minute="0")
    engine = build(settings)
    database.upgrade(engine.sql)
    desk = open_desk(engine)
    yield open_shop(engine, desk, tmp_path)
    engine.close()


@pytest.fixture
def server(house: Shop) -> Iterator[str]:
    url = f"http://127.0.0.1:{free_port()}"
    process = subprocess.Popen(
        command("mcp", "--port", url.rsplit(":", 1)[-1]), env=environment(house.engine.settings), cwd=ROOT
    )
    await_server(url, process)
    yield url
    process.terminate()
    process.wait(timeout=20)


def change(house: Shop, licence: str, folder: Path) -> None:
    imported(house.engine, house.desk, folder / "shop", [{**MUG, "Variant Price": "25.00"}, OAT, LAMP])
    house.revoke(licence)


@pytest.mark.slow
@pytest.mark.parametrize("broker_url", BROKERS, indirect=True)
def test_a_listener_hears_of_a_price_and_a_revocation_in_another_process(
    house: Shop, server: str, tmp_path: Path
) -> None:
    licence = house.licence("nix")
    uris = (f"product://{product_id(house)}", f"licence://{licence}")

    async def session() -> list[str]:
        found: list[str] = []
        async with Client(f"{server}/mcp") as client, client.listen(resource_subscriptions=uris) as stream:
            await asyncio.to_thread(change, house, licence, tmp_path)
            async with asyncio.timeout(PATIENCE_S):
                while len(found) < 2:
                    event = await anext(stream)
                    assert isinstance(event, ResourceUpdated)
                    found.append(event.uri)
        return found

    assert asyncio.run(session()) == list(uris)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::mcp.shared.exceptions.MCPDeprecationWarning")
@pytest.mark.parametrize("broker_url", ["folder"], indirect=True)
def test_a_session_before_2026_subscribes_to_resources(house: Shop, server: str, tmp_path: Path) -> None:
    licence = house.licence("nix")
    uris = (f"product://{product_id(house)}", f"licence://{licence}")

    async def session() -> list[str]:
        found: asyncio.Queue[str] = asyncio.Queue()

        async def take(message: Any) -> None:
            if isinstance(message, ResourceUpdatedNotification):
                await found.put(str(message.params.uri))

        async with Client(f"{server}/mcp", mode="legacy", message_handler=take) as client:
            assert client.server_capabilities.resources.subscribe
            for uri in (*uris, "product://gone"):
                await client.subscribe_resource(uri)
            await client.unsubscribe_resource("product://gone")
            with pytest.raises(MCPError, match="no such resource"):
                await client.subscribe_resource("order://ord_made_up")
            await asyncio.to_thread(change, house, licence, tmp_path)
            async with asyncio.timeout(PATIENCE_S):
                return [await found.get() for _ in uris]

    assert asyncio.run(session()) == list(uris)
