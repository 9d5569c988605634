"""Large answers go past the SDK: what arrives is what it would have sent."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest
from mcp.shared.inbound import find_invalid_x_mcp_header, x_mcp_header_map

from adengine.agents import create_server, http_app
from adengine.agents.mirrored import Mirrored, mirrored
from adengine.agents.written import DATA, TEXT, Page
from adengine.engine import AdEngine
from tests.agents.agents import Shop
from tests.agents.wire import Wire, headers_of, request

MISMATCH = -32020
IDS = ["mug", "lamp"] * 8


def asked_both_ways(engine: AdEngine, tool: str, arguments: dict[str, Any]) -> tuple[httpx.Response, dict[str, Any]]:
    """The response as agents get it, and what the SDK writes itself for who waits for progress."""
    plain = request("tools/call", name=tool, arguments=arguments)
    streamed = json.loads(plain)
    streamed["params"]["_meta"] = streamed["params"]["_meta"] | {"progressToken": "p"}
    body = json.dumps(streamed).encode()
    one, other = Wire(engine).sent([(plain, headers_of(plain)), (body, headers_of(body))])
    return one, other.json()


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search_catalog", {"catalog": {"query": "stoneware mug"}}),
        ("search_catalog", {"catalog": {"query": "mug", "response_format": "detailed"}}),
        ("search_catalog", {"catalog": {"query": "submarine"}}),
        ("lookup_catalog", {"catalog": {"ids": ["mug", "no such thing"]}}),
        ("get_product", {"catalog": {"id": "mug"}}),
        ("search_ads", {"query": "mug"}),
        ("get_ad", {"ad_id": "FILM"}),
        ("get_ad", {"ad_id": "FILM", "response_format": "detailed"}),
    ],
)
def test_a_large_answer_arrives_as_the_sdk_would_have_written_it(
    shop: Shop, tool: str, arguments: dict[str, Any]
) -> None:
    film = shop.film("mug")
    given = {name: film if value == "FILM" else value for name, value in arguments.items()}
    response, whole = asked_both_ways(shop.engine, tool, given)
    assert response.json() == whole
    assert int(response.headers["content-length"]) == len(response.content)
    result = response.json()["result"]
    assert json.loads(result["content"][0]["text"]) == result["structuredContent"]


def test_a_refusal_of_a_tool_that_writes_its_answers_arrives_too(shop: Shop) -> None:
    response, whole = asked_both_ways(shop.engine, "get_ad", {"ad_id": "ad_none"})
    assert response.json() == whole
    assert whole["result"]["isError"] is True


def test_answers_of_calls_at_the_same_time_stay_apart(shop: Shop) -> None:
    async def session() -> list[dict[str, Any]]:
        app = http_app(shop.engine, create_server(shop.engine))
        transport = httpx.ASGITransport(app)
        bodies = [request("tools/call", name="get_product", arguments={"catalog": {"id": one}}) for one in IDS]
        async with app.run(), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8400") as web:
            sent = [web.post("/mcp", content=body, headers=headers_of(body)) for body in bodies]
            return [one.json() for one in await asyncio.gather(*sent)]

    found = [one["result"]["structuredContent"]["product"]["handle"] for one in asyncio.run(session())]
    assert found == IDS


def test_words_outside_ascii_and_quotes_survive() -> None:
    page = Page()
    page.carry('{"title":"Größe \\"L\\" 🦊"}'.encode(), ())
    body = json.dumps({"content": [{"text": TEXT}], "structuredContent": {DATA: 0}}, separators=(",", ":")).encode()
    filled = json.loads(page.filled(body))
    assert filled["structuredContent"] == {"title": 'Größe "L" 🦊'}
    assert json.loads(filled["content"][0]["text"]) == filled["structuredContent"]


def test_a_response_without_the_marks_is_an_error_and_not_a_wrong_answer() -> None:
    page = Page()
    page.carry(b"{}", ())
    with pytest.raises(RuntimeError, match="marks"):
        page.filled(b'{"structuredContent": {"other": 0}}')


def test_of_every_tools_schema_the_header_part_names_the_same_headers(engine: AdEngine) -> None:
    server = create_server(engine)
    found = Mirrored(server)
    tools = server._tool_manager.list_tools()
    assert {tool.name: x_mcp_header_map(found(tool.name)) for tool in tools} == {
        tool.name: x_mcp_header_map(tool.parameters) for tool in tools
    }
    assert x_mcp_header_map(found("search_catalog")) == {("store",): "Store"}
    assert found("no_such_tool") is None


def test_a_name_of_a_header_is_found_however_deep() -> None:
    deep = {"type": "integer", "x-mcp-header": "Number", "description": "words", "minimum": 1}
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": deep, "c": {}}}, "d": {}}}
    part = mirrored(schema)
    assert part == {"properties": {"a": {"properties": {"b": {"type": "integer", "x-mcp-header": "Number"}}}}}
    assert find_invalid_x_mcp_header(part) is None


def test_a_shop_in_a_header_that_the_call_does_not_name_is_refused(shop: Shop) -> None:
    body = request("tools/call", name="search_catalog", arguments={"catalog": {"query": "mug"}})
    response = Wire(shop.engine).post(body, headers_of(body) | {"Mcp-Param-Store": "another"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, MISMATCH)
