"""The MCP tools through a real client, in memory: what they answer and how they refuse."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from mcp import Client

from adengine.agents import create_server
from adengine.core.errors import AdEngineError, LicenceRefused, StillRunning
from adengine.engine import AdEngine
from adengine.services import ads, catalog
from adengine.services.planning import AdWish
from tests.conftest import Desk, open_desk
from tests.fakes import Outbox
from tests.shops import write_shop

TOOLS = [
    *("search_catalog", "get_product", "search_ads", "get_ad", "check_ad", "create_checkout", "get_order"),
    *("create_checkout_session", "get_checkout_session", "update_checkout_session"),
    *("complete_checkout_session", "cancel_checkout_session"),
]
Answer = Any


@pytest.fixture
def ad_id(engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path) -> str:
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    with engine.unit(desk.merchant) as unit:
        card = ads.create_ad(unit, AdWish("mug", seconds=6, publish=True))
    outbox.run(engine)
    return card.id


def talk(engine: AdEngine, act: Callable[[Client], Coroutine[Any, Any, Answer]]) -> Answer:
    async def session() -> Answer:
        async with Client(create_server(engine)) as client:
            return await act(client)

    return asyncio.run(session())


def call(engine: AdEngine, tool: str, **arguments: Any) -> dict[str, Any]:
    result = talk(engine, lambda client: client.call_tool(tool, arguments))
    assert not result.is_error, result.content[0].text
    return result.structured_content  # type: ignore[no-any-return]


def refusal(engine: AdEngine, tool: str, **arguments: Any) -> str:
    result = talk(engine, lambda client: client.call_tool(tool, arguments))
    assert result.is_error
    return str(result.content[0].text)


def test_every_tool_is_described_bounded_and_has_an_output_schema(engine: AdEngine) -> None:
    listed = talk(engine, lambda client: client.list_tools()).tools
    assert [one.name for one in listed] == TOOLS
    for one in listed:
        assert one.title
        assert one.description
        assert one.output_schema
        assert one.annotations is not None
        for name, schema in one.input_schema["properties"].items():
            assert schema.get("description"), f"{one.name}.{name} says nothing"


def test_the_docs_name_every_tool() -> None:
    text = (Path(__file__).parents[2] / "docs" / "agents.md").read_text()
    assert [one for one in TOOLS if f"`{one}`" not in text] == []


def test_an_agent_finds_watches_and_opens_a_checkout(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    (hit,) = call(engine, "search_catalog", query="stoneware mug under 30 EUR")["hits"]
    assert (hit["handle"], hit["price"], hit["currency"], hit["ads"]) == ("mug", 2400, "EUR", [ad_id])
    film = call(engine, "get_ad", ad_id=ad_id)
    spot = film["hotspots"][0]
    assert (spot["variant_id"], spot["price"], spot["available"]) == (hit["variant_id"], 2400, True)
    assert film["ad"]["film_url"].endswith(f"/shops/demo/ads/{ad_id}/film.mp4")
    ask = {"variant_id": hit["variant_id"], "ad_id": ad_id, "second": 2.0, "idempotency_key": "a-random-key-of-mine"}
    opened = call(engine, "create_checkout", **ask)
    assert (opened["total"], opened["status"]) == (2400, "open")
    assert call(engine, "create_checkout", **ask)["id"] == opened["id"]
    assert "not paid yet" in refusal(engine, "get_order", order_id=opened["id"])


def test_nothing_suitable_is_said_plainly(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    answer = call(engine, "search_catalog", query="surfboard")
    assert answer["hits"] == []
    assert "Nothing here fits" in answer["advice"]


def test_a_price_limit_is_exact(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    assert call(engine, "search_catalog", query="mug", max_price=2399)["hits"] == []
    assert len(call(engine, "search_catalog", query="mug", max_price=2400)["hits"]) == 1


def test_what_a_product_costs_the_merchant_never_reaches_an_agent(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    answers = [call(engine, "get_product", product="mug"), call(engine, "search_catalog", query="mug")]
    assert "777" not in str(answers)
    assert {one["cost"] for one in answers[0]["variants"]} == {None}


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("get_product", {"product": "nothing"}, "look in the catalogue"),
        ("get_ad", {"ad_id": "ad_nothing"}, "there is no ad"),
        ("search_catalog", {"query": "mug", "store": "nowhere"}, "no shop 'nowhere'"),
        ("create_checkout", {"variant_id": "var_x", "idempotency_key": "1234567812345678"}, "there is no variant"),
        ("create_checkout", {"variant_id": "var_x", "idempotency_key": "1234567812345678", "quantity": 0}, "quantity"),
        ("get_order", {"order_id": "ord_nothing"}, "there is no order"),
        ("search_catalog", {"query": 7, "limit": 9999}, "limit"),
    ],
)
def test_a_refusal_says_what_to_do_and_shows_no_trace(
    engine: AdEngine, desk: Desk, ad_id: str, tool: str, arguments: dict[str, Any], words: str
) -> None:
    said = refusal(engine, tool, **arguments)
    assert words in said
    assert "Traceback" not in said


def test_another_shops_things_are_not_there(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    open_desk(engine, "other")
    assert "there is no ad" in refusal(engine, "get_ad", ad_id=ad_id, store="other")
    assert call(engine, "search_catalog", query="mug", store="other")["hits"] == []


def test_a_retired_film_is_refused(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    with engine.unit(desk.merchant) as unit:
        ads.retire(unit, ad_id)
    assert "[gone]" in refusal(engine, "get_ad", ad_id=ad_id)
    assert call(engine, "search_ads")["ads"] == []


def test_a_film_is_checked_for_its_merchant_and_nobody_else(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    assert "[sign_in_needed]" in refusal(engine, "check_ad", ad_id=ad_id)
    assert call(engine, "get_ad", ad_id=ad_id)["ad"]["score"] is None


def every_error() -> list[type[AdEngineError]]:
    found, waiting = [], [AdEngineError]
    while waiting:
        kind = waiting.pop()
        found.append(kind)
        waiting += kind.__subclasses__()
    return [one for one in found if one.__module__ == "adengine.core.errors"]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.code)
def test_every_error_reaches_an_agent_with_its_words_and_code(kind: type[AdEngineError]) -> None:
    from mcp.server.mcpserver.exceptions import ToolError

    from adengine.agents.desk import spoken

    more: dict[type[AdEngineError], dict[str, Any]] = {
        LicenceRefused: {"clause": "ends"},
        StillRunning: {"retry_after_s": 2},
    }

    def tool() -> None:
        raise kind("no", **more.get(kind, {}))

    with pytest.raises(ToolError, match=rf"^no \[{kind.code}\]$"):
        spoken(tool)()


def test_an_argument_that_no_database_can_hold_is_refused_in_words(engine: AdEngine, desk: Desk, ad_id: str) -> None:
    for tool, arguments in (("get_product", {"product": "mug\0"}), ("get_ad", {"ad_id": "ad\0"})):
        assert refusal(engine, tool, **arguments).endswith(("[not_found]", "[invalid]"))
