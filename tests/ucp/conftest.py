"""A shop that agents reach by REST and by MCP; every answer of both is held to the protocol's schemas."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from mcp import Client
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.types import ElicitResult
from werkzeug.test import TestResponse

from adengine.agents.desk import Desk as ToolDesk
from adengine.agents.oauth import Recogniser
from adengine.agents.tools import carts, catalogue, checkouts, orders
from adengine.core.selling import Discount
from adengine.engine import Actor, AdEngine
from adengine.models import Base
from adengine.services import agents, merchants, selling
from adengine.web import create_app
from tests.conftest import Desk, open_desk
from tests.services.buying import GERMAN, sell_by, stock_shop, stocked
from tests.ucp import schemas

LINKS = {
    "terms_url": "https://shop.example/terms",
    "privacy_url": "https://shop.example/privacy",
    "returns_url": "https://shop.example/returns",
    "support_email": "help@shop.example",
}
BUYER = {"email": "lumi@example.com", "first_name": "Lumi", "last_name": "Nix", "phone_number": "+4915112345678"}
HOME = {
    "id": "home",
    "first_name": "Lumi",
    "last_name": "Nix",
    "street_address": "Lichtweg 1",
    "address_locality": "Berlin",
    "address_region": "BE",
    "postal_code": "10115",
    "address_country": "DE",
}
PERSONAL = ("lumi@", "Lumi", "Nix", "Lichtweg", "Berlin", "10115", "4915112345678")
KINDS = {
    "search_catalog": "search",
    "lookup_catalog": "lookup",
    "get_product": "product",
    "get_order": "order",
    **dict.fromkeys(["create_cart", "get_cart", "update_cart", "cancel_cart"], "cart"),
    **dict.fromkeys(
        ["create_checkout", "get_checkout", "update_checkout", "complete_checkout", "cancel_checkout"], "checkout"
    ),
}
PAYLOADS = {"search": "catalog", "lookup": "catalog", "product": "catalog", "cart": "cart", "checkout": "checkout"}
PATHS = {
    "search_catalog": ("POST", "/catalog/search"),
    "lookup_catalog": ("POST", "/catalog/lookup"),
    "get_product": ("POST", "/catalog/product"),
    "create_cart": ("POST", "/carts"),
    "get_cart": ("GET", "/carts/{id}"),
    "update_cart": ("PUT", "/carts/{id}"),
    "cancel_cart": ("POST", "/carts/{id}/cancel"),
    "create_checkout": ("POST", "/checkout-sessions"),
    "get_checkout": ("GET", "/checkout-sessions/{id}"),
    "update_checkout": ("PUT", "/checkout-sessions/{id}"),
    "complete_checkout": ("POST", "/checkout-sessions/{id}/complete"),
    "cancel_checkout": ("POST", "/checkout-sessions/{id}/cancel"),
    "get_order": ("GET", "/orders/{id}"),
}
Document = dict[str, Any]


def new_key() -> str:
    return str(uuid.uuid4())


def lines(variant_id: str, quantity: int = 1) -> list[Document]:
    return [{"item": {"id": variant_id}, "quantity": quantity}]


def sent_home(option_id: str = "post") -> Document:
    method = {"type": "shipping", "line_item_ids": [], "destinations": [HOME], "selected_destination_id": "home"}
    return {"methods": [method | {"groups": [{"id": "parcel", "selected_option_id": option_id}]}]}


def basket(variant_id: str, quantity: int = 1, **more: Any) -> Document:
    """A checkout that only has to be paid, unless `more` says otherwise."""
    body = {"line_items": lines(variant_id, quantity), "buyer": BUYER, "fulfillment": sent_home()} | more
    return {name: value for name, value in body.items() if value is not None}


def paid_with(kind: str = "ok") -> Document:
    credential = {"type": "token", "token": f"spt_sandbox_{kind}"}
    return {
        "payment": {"instruments": [{"id": "one", "handler_id": "sandbox", "type": "card", "credential": credential}]}
    }


def checked(act: str, document: Document) -> Document:
    """The document, once it is what the protocol allows and its sums are right."""
    is_error = document["ucp"].get("status") == "error"
    schemas.check(document, "error" if is_error else KINDS[act])
    if not is_error and "totals" in document:
        check_sums(document)
    return document


def check_sums(document: Document) -> None:
    """Every list of totals adds up: all rows but the total make the total."""
    for rows in (document["totals"], *(line["totals"] for line in document["line_items"])):
        parts = [one["amount"] for one in rows if one["type"] != "total"]
        assert sum(parts) == next(one["amount"] for one in rows if one["type"] == "total")
    for kind in ("subtotal", "items_discount"):
        of_lines = sum(
            one["amount"] for line in document["line_items"] for one in line["totals"] if one["type"] == kind
        )
        assert of_lines == sum(one["amount"] for one in document["totals"] if one["type"] == kind)


class Seated(ToolDesk):
    """A desk at which everybody speaks for one token: in memory there are no headers to hold it."""

    def __init__(self, engine: AdEngine, token: str) -> None:
        super().__init__(engine)
        self.token, self.recognise = token, Recogniser(engine)

    def actor(self, ctx: Context, store: str) -> Actor:
        return self.actor_of(self.recognise(self.token) if self.token else None, store)


@dataclass
class Agent:
    """Whoever holds `token`, over REST (`rest`, `send`) and MCP (`mcp`, `refusal`); an empty token: nobody known."""

    world: World
    token: str = ""

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        base = f"/shops/{self.world.desk.shop.name}/ucp/v1"
        return self.world.app.test_client().open(base + path, method=method, data=data, headers=sent)

    def rest(self, act: str, row_id: str = "", body: Any = None, *, key: str = "") -> Document:
        """One act over REST, which must be answered: 201 where it made something, else 200."""
        method, path = PATHS[act]
        _check_request(act, body)
        headers = {"Idempotency_Key": key} if key else {}
        answer = self.send(method, path.replace("{id}", row_id), body, **headers)
        document: Document = answer.get_json()
        is_made = act in {"create_cart", "create_checkout"} and "status" not in document["ucp"]
        assert answer.status_code == (201 if is_made else 200), answer.text
        return checked(act, document)

    def call(self, act: str, arguments: Document, **how: Any) -> Any:
        """The raw result of a tool."""
        return self.world.talk(self.token, lambda client: client.call_tool(act, arguments), **how)

    def mcp(self, act: str, row_id: str = "", body: Any = None, *, key: str = "", **how: Any) -> Document:
        """The same act over MCP, whose text must say what its structure says."""
        _check_request(act, body)
        arguments: Document = {"store": self.world.desk.shop.name} if not self.token else {}
        if row_id:
            arguments["id"] = row_id
        if body is not None:
            arguments[PAYLOADS[KINDS[act]]] = body
        if key:
            arguments["meta"] = {"idempotency-key": key}
        result = self.call(act, arguments, **how)
        assert not result.is_error, result.content[0].text
        assert json.loads(result.content[0].text) == result.structured_content
        return checked(act, result.structured_content)

    def refusal(self, act: str, arguments: Document) -> str:
        """What a tool error says; never a trace, never long."""
        result = self.call(act, arguments)
        assert result.is_error, result.structured_content
        words = str(result.content[0].text)
        assert "Traceback" not in words
        assert 'File "' not in words
        return words

    def ready(self, variant_id: str, quantity: int = 1, **more: Any) -> str:
        """The id of a checkout that only has to be paid."""
        made = self.rest("create_checkout", body=basket(variant_id, quantity, **more))
        assert made["status"] == "ready_for_complete", made["messages"]
        return str(made["id"])


def _check_request(act: str, body: Any) -> None:
    kind = KINDS[act]
    if body is not None and kind in schemas.REQUESTS and "line_patches" not in body and "cart_id" not in body:
        word = act.split("_", maxsplit=1)[0]
        schemas.check_request(body | ({"id": "x"} if act == "update_cart" else {}), kind, word)


@dataclass
class World:
    """A shop with five sage mugs at 24.00 and three lamps at 89.00, an agent it let in, and anybody."""

    engine: AdEngine
    desk: Desk
    app: Flask
    mug: str
    lamp: str
    oat: str
    agent: Agent = field(init=False)
    anybody: Agent = field(init=False)
    asked: list[str] = field(default_factory=list)
    servers: dict[str, MCPServer[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.agent, self.anybody = self.another_agent("first"), Agent(self)

    def another_agent(self, name: str) -> Agent:
        with self.engine.unit(self.desk.merchant) as unit:
            _, token, _ = agents.add_agent(unit, name)
        return Agent(self, token)

    def merchant(self) -> Agent:
        """The shop itself, with a token of its own."""
        with self.engine.unit(self.desk.merchant) as unit:
            return Agent(self, merchants.make_token(unit, merchants.my_shop(unit), kind="merchant"))

    def talk(self, token: str, act: Callable[[Client], Any], *, says: str = "", mode: str = "auto") -> Any:
        """Let a client act; `says` is how its person answers questions: yes, no, cancel; "" cannot be asked."""

        async def answer(_: Any, question: Any) -> Any:
            self.asked.append(question.message)
            if says == "cancel":
                return ElicitResult(action="cancel")
            if says == "no":
                return ElicitResult(action="decline")
            return ElicitResult(action="accept", content={"pay": says == "yes"})

        async def session() -> Any:
            async with Client(
                self.server_for(token), mode=mode, elicitation_callback=answer if says else None
            ) as client:
                return await act(client)

        return asyncio.run(session())

    def server_for(self, token: str) -> MCPServer[Any]:
        if token not in self.servers:
            server: MCPServer[Any] = MCPServer("adengine", log_level="WARNING")
            for module in (catalogue, carts, checkouts, orders):
                module.register(server, Seated(self.engine, token))
            self.servers[token] = server
        return self.servers[token]

    def rows(self, *left_out: str) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database but what remembers requests: equal before and after what changes nothing."""
        with self.engine.sql.connect() as connection:
            return {
                table.name: [tuple(map(repr, row)) for row in connection.execute(table.select())]
                for table in Base.metadata.sorted_tables
                if table.name not in {"request", *left_out}
            }


@pytest.fixture
def world(engine: AdEngine, desk: Desk, tmp_path: Path) -> World:
    mug = stock_shop(engine, desk, tmp_path / "shop")
    sell_by(engine, desk, replace(GERMAN, **LINKS))  # type: ignore[arg-type]
    with engine.unit(desk.merchant) as unit:
        selling.add_code(unit, Discount("WELCOME10", "Welcome", bps=1000))
    return World(engine, desk, create_app(engine), mug.id, stocked(engine, desk, "lamp").id, _oat(engine, desk))


@pytest.fixture
def other_shop(world: World, tmp_path: Path) -> World:
    """A second shop in the same house, with an agent of its own."""
    desk = open_desk(world.engine, "other")
    mug = stock_shop(world.engine, desk, tmp_path / "other")
    lamp = stocked(world.engine, desk, "lamp").id
    return World(world.engine, desk, world.app, mug.id, lamp, _oat(world.engine, desk))


def _oat(engine: AdEngine, desk: Desk) -> str:
    from adengine.services import catalog

    with engine.unit(desk.merchant) as unit:
        return next(one.id for one in catalog.get_product(unit, "mug").variants if one.title == "Oat")


def codes(document: Document) -> list[str]:
    return [one["code"] for one in document["messages"]]


def amounts(document: Document) -> dict[str, int]:
    return {one["type"]: one["amount"] for one in document["totals"]}
