"""The protocol's tools over MCP: the same documents, refusals and idempotency as over HTTP."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError

from adengine.agents import create_server, http_app
from tests.acp import schemas
from tests.acp.conftest import VERSION, Market, basket, payment

pytestmark = schemas.needs_schemas


def talk(market: Market, tool: str, arguments: dict[str, Any], *, token: str | None = "") -> dict[str, Any]:
    """Call a tool as an agent would over HTTP, in this process."""
    headers = {} if token is None else {"Authorization": f"Bearer {token or market.agent.token}"}

    @asynccontextmanager
    async def connected() -> AsyncIterator[Client]:
        app = http_app(market.engine, create_server(market.engine))
        transport = httpx.ASGITransport(app)
        async with (
            app.run(),
            httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8400", headers=headers) as web,
            Client(streamable_http_client("http://127.0.0.1:8400/acp/mcp", http_client=web)) as client,
        ):
            yield client

    async def session() -> Any:
        async with connected() as client:
            return await client.call_tool(tool, arguments)

    result = asyncio.run(session())
    assert not result.is_error, result.content[0].text
    return result.structured_content  # type: ignore[no-any-return]


def refusal(market: Market, tool: str, arguments: dict[str, Any], **how: Any) -> dict[str, Any]:
    with pytest.raises(BaseException) as caught:  # noqa: PT011  anyio wraps it in groups
        talk(market, tool, arguments, **how)
    error: BaseException = caught.value
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, MCPError)
    assert error.error.code == -32000
    schemas.check(error.error.data, "Error")
    return error.error.data  # type: ignore[no-any-return]


def meta(key: str = "new") -> dict[str, str]:
    return {"api_version": VERSION, "idempotency_key": uuid.uuid4().hex if key == "new" else key}


def test_an_agent_buys_over_mcp(market: Market) -> None:
    made = talk(market, "create_checkout_session", {"meta": meta(), "payload": basket(market.mug)})
    schemas.check(made, "CheckoutSession")
    chosen = {"selected_fulfillment_options": [{"type": "shipping", "option_id": "post", "item_ids": []}]}
    ready = talk(market, "update_checkout_session", {"meta": meta(), "id": made["id"], "payload": chosen})
    assert ready["status"] == "ready_for_payment"
    asked = {"meta": meta("once"), "id": made["id"], "payload": payment()}
    done = talk(market, "complete_checkout_session", asked)
    schemas.check(done, "CheckoutSessionWithOrder")
    assert talk(market, "complete_checkout_session", asked) == done
    seen = talk(market, "get_checkout_session", {"meta": {"api_version": VERSION}, "id": made["id"]})
    assert seen["order"] == done["order"]
    fault = refusal(market, "cancel_checkout_session", {"meta": meta(), "id": made["id"]})
    assert fault["code"] == "not_cancelable"


def test_the_same_key_over_http_and_mcp_is_the_same_request(market: Market) -> None:
    first = market.agent.post("/checkout_sessions", basket(market.mug), key="both").get_json()
    again = talk(market, "create_checkout_session", {"meta": meta("both"), "payload": basket(market.mug)})
    assert again == first
    fault = refusal(market, "create_checkout_session", {"meta": meta("both"), "payload": basket(market.lamp)})
    assert fault["code"] == "idempotency_conflict"


def test_refusals_over_mcp_are_the_protocols_own(market: Market) -> None:
    def code(meta: dict[str, Any], payload: Any, **how: Any) -> tuple[str, str]:
        fault = refusal(market, "create_checkout_session", {"meta": meta, "payload": payload}, **how)
        return fault["code"], fault.get("param", "")

    whole = basket(market.mug)
    before = market.rows()
    assert code({"idempotency_key": "k"}, whole) == ("missing_api_version", "")
    assert code(meta() | {"api_version": "2025-09-29"}, whole) == ("unsupported_api_version", "")
    assert code({"api_version": VERSION}, whole) == ("idempotency_key_required", "")
    assert code(meta() | {"idempotency_key": 7}, whole) == ("invalid", "$.meta.idempotency_key")
    assert code(meta(), {}) == ("missing", "$.line_items")
    assert code(meta(), basket("var_nothing")) == ("invalid_item_id", "$.line_items[0].id")
    assert code(meta(), whole, token=None) == ("unauthorized", "")
    assert code(meta(), whole, token="adt_nothing") == ("unauthorized", "")
    assert market.rows() == before


def test_another_agents_session_is_not_there_over_mcp(market: Market) -> None:
    made = market.agent.create(market.mug)
    other, _ = market.another_agent()
    asked = {"meta": {"api_version": VERSION}, "id": made["id"]}
    assert refusal(market, "get_checkout_session", asked, token=other.token)["code"] == "not_found"


def test_messages_over_mcp_speak_the_language_asked_for(market: Market) -> None:
    asked = {"meta": meta() | {"accept_language": "de-DE, en;q=0.5"}, "payload": basket(market.mug)}
    made = talk(market, "create_checkout_session", asked)
    assert made["messages"][0]["content"] == "Bitte eine Versandart wählen."
