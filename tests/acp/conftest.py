"""A shop that ships and taxes, agents let in by it, and a client that holds every answer to the protocol's schema."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from adengine.core.selling import Discount
from adengine.engine import AdEngine
from adengine.models import Base
from adengine.services import agents, selling
from adengine.web import create_app
from tests.acp import schemas
from tests.conftest import Desk, open_desk
from tests.services.buying import GERMAN, euros, sell_by, stock_shop, stocked

VERSION = "2026-04-17"
LINKS = {
    "terms_url": "https://shop.example/terms",
    "privacy_url": "https://shop.example/privacy",
    "returns_url": "https://shop.example/returns",
    "support_email": "help@shop.example",
}
BUYER = {"email": "lumi@example.com", "first_name": "Lumi", "last_name": "Nix", "phone_number": "+4915112345678"}
HOME = {
    "name": "Lumi Nix",
    "line_one": "Lichtweg 1",
    "city": "Berlin",
    "state": "BE",
    "country": "DE",
    "postal_code": "10115",
}


@dataclass
class AgentClient:
    """An agent over HTTP; `kind_of` each answer is checked strictly, refusals too."""

    app: Flask
    token: str
    base: str = "/acp"
    headers: dict[str, str] = field(default_factory=dict)

    def send(
        self, method: str, path: str, body: Any = None, /, key: str | None = "new", **headers: str
    ) -> TestResponse:
        """One request; `headers` are added, an empty one left out. A body of bytes is sent as it is."""
        sent = {"API-Version": VERSION, "Authorization": f"Bearer {self.token}"} | self.headers
        if method == "POST" and key is not None:
            sent["Idempotency-Key"] = uuid.uuid4().hex if key == "new" else key
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer = self.app.test_client().open(
            self.base + path,
            method=method,
            data=data,
            headers={name: value for name, value in sent.items() if value},
        )
        _check(path, answer)
        return answer

    def post(self, path: str, body: Any = None, /, key: str | None = "new", **headers: str) -> TestResponse:
        return self.send("POST", path, body, key=key, **headers)

    def get(self, path: str, /, **headers: str) -> TestResponse:
        return self.send("GET", path, **headers)

    def create(self, variant_id: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
        """A session of one item, sent home, bought by Lumi, unless `more` says otherwise."""
        answer = self.post("/checkout_sessions", basket(variant_id, quantity, **more))
        assert answer.status_code == 201, answer.text
        return answer.get_json()  # type: ignore[no-any-return]

    def ready(self, variant_id: str, quantity: int = 1, **more: Any) -> str:
        """The id of a session that only has to be paid."""
        made = self.create(variant_id, quantity, **more)
        answer = self.post(f"/checkout_sessions/{made['id']}", choose())
        assert answer.get_json()["status"] == "ready_for_payment", answer.text
        return str(made["id"])

    def session(self, session_id: str) -> dict[str, Any]:
        return self.get(f"/checkout_sessions/{session_id}").get_json()  # type: ignore[no-any-return]

    def complete(self, session_id: str, kind: str = "ok", **more: Any) -> TestResponse:
        return self.post(f"/checkout_sessions/{session_id}/complete", payment(kind) | more)


def basket(variant_id: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    body = {
        "line_items": [{"id": variant_id, "quantity": quantity}],
        "currency": "eur",
        "capabilities": {"interventions": {"supported": ["3ds", "biometric"]}, "extensions": ["discount"]},
        "buyer": BUYER,
        "fulfillment_details": {"address": HOME},
    } | more
    return {name: value for name, value in body.items() if value is not None}


def payment(kind: str = "ok") -> dict[str, Any]:
    instrument = {"type": "card", "credential": {"type": "spt", "token": f"spt_sandbox_{kind}"}}
    return {"payment_data": {"handler_id": "sandbox", "instrument": instrument}}


def _check(path: str, answer: TestResponse) -> None:
    assert answer.mimetype == "application/json", answer.text
    document = answer.get_json()
    if not schemas.FOLDER.is_dir():
        return
    if answer.status_code >= 400:
        schemas.check(document, "Error")
    elif path.startswith("/carts"):
        schemas.check(document, "Cart", schemas.CART)
    elif path.startswith("/checkout_sessions"):
        schemas.check(document, "CheckoutSessionWithOrder" if document["status"] == "completed" else "CheckoutSession")
        check_sums(document)


def check_sums(document: dict[str, Any]) -> None:
    """Every list of totals adds up in integers, and there is exactly one total."""
    lists = [document["totals"], *(line["totals"] for line in document["line_items"])]
    for rows in lists:
        of = {one["type"]: one["amount"] for one in rows}
        assert len(of) == len(rows), "a type is listed twice"
        assert all(amount >= 0 for amount in of.values())
        assert of["subtotal"] == of["items_base_amount"] - of.get("items_discount", 0)
        assert of["total"] == of["subtotal"] + of.get("fulfillment", 0) + of.get("tax", 0)
    for name in ("items_base_amount", "items_discount", "subtotal"):
        parts = [one["amount"] for rows in lists[1:] for one in rows if one["type"] == name]
        assert sum(parts) == next((one["amount"] for one in lists[0] if one["type"] == name), 0)


@dataclass(frozen=True)
class Market:
    """A shop with five mugs at 24.00 and three lamps at 89.00, and a first agent at its desk."""

    engine: AdEngine
    desk: Desk
    app: Flask
    agent: AgentClient
    mug: str
    lamp: str

    def another_agent(self, name: str = "other", webhook_url: str = "") -> tuple[AgentClient, str]:
        """A further agent of the same shop, and what it signs with."""
        with self.engine.unit(self.desk.merchant) as unit:
            _, token, secret = agents.add_agent(unit, name, webhook_url=webhook_url)
        return AgentClient(self.app, token), secret

    def rows(self, *left_out: str) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in the database but what remembers requests: equal before and after what changes nothing."""
        with self.engine.sql.connect() as connection:
            return {
                table.name: [tuple(map(repr, row)) for row in connection.execute(table.select())]
                for table in Base.metadata.sorted_tables
                if table.name not in {"request", *left_out}
            }


@pytest.fixture
def market(engine: AdEngine, desk: Desk, tmp_path: Path) -> Market:
    mug = stock_shop(engine, desk, tmp_path / "shop")
    sell_by(engine, desk, replace(GERMAN, **LINKS))  # type: ignore[arg-type]
    with engine.unit(desk.merchant) as unit:
        selling.add_code(unit, Discount("WELCOME10", "Welcome", bps=1000))
        selling.add_code(unit, Discount("FIVER", "Five euros off", amount=euros(500), minimum=euros(5000)))
    app = create_app(engine)
    with engine.unit(desk.merchant) as unit:
        _, token, _ = agents.add_agent(unit, "first")
    return Market(engine, desk, app, AgentClient(app, token), mug.id, stocked(engine, desk, "lamp").id)


@pytest.fixture
def agent(market: Market) -> AgentClient:
    return market.agent


@pytest.fixture
def other_shop(market: Market, tmp_path: Path) -> Market:
    """A second shop in the same house, with an agent of its own."""
    desk = open_desk(market.engine, "other")
    mug = stock_shop(market.engine, desk, tmp_path / "other")
    with market.engine.unit(desk.merchant) as unit:
        _, token, _ = agents.add_agent(unit, "first")
    lamp = stocked(market.engine, desk, "lamp").id
    return Market(market.engine, desk, market.app, AgentClient(market.app, token), mug.id, lamp)


def codes(document: dict[str, Any]) -> list[str]:
    """The codes of a session's messages, infos as `info`."""
    return [one.get("code", one["type"]) for one in document["messages"]]


def amounts(document: dict[str, Any]) -> dict[str, int]:
    return {one["type"]: one["amount"] for one in document["totals"]}


def choose(option_id: str = "post", *items: str) -> dict[str, Any]:
    return {"selected_fulfillment_options": [{"type": "shipping", "option_id": option_id, "item_ids": list(items)}]}
