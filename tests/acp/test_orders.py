"""Orders as agents are told of them: the whole order each time, what was charged at first, and what changed since."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.models import Notice
from adengine.services import orders
from adengine.services.acp import order_document, order_event
from adengine.services.orders import DisputeCard, OrderCard
from adengine.services.views import Links
from tests.acp import schemas
from tests.acp.conftest import AgentClient, Market, amounts
from tests.conftest import Desk

LINKS = Links("http://127.0.0.1:8400", "demo")


def order_of(engine: AdEngine, desk: Desk, order_id: str) -> OrderCard:
    with engine.unit(desk.merchant) as unit:
        return orders.get_order(unit, order_id)


def bought(agent: AgentClient, market: Market, quantity: int = 2, **more: Any) -> OrderCard:
    done = agent.complete(agent.ready(market.mug, quantity, **more)).get_json()
    return order_of(market.engine, market.desk, done["order"]["id"])


def event(kind: Any, order: OrderCard) -> dict[str, Any]:
    said = json.loads(order_event(kind, order, LINKS))
    if schemas.FOLDER.is_dir():
        schemas.check(said["data"], "Order")
    assert {"type", "checkout_session_id", "permalink_url", "status"} <= set(said["data"])
    return said  # type: ignore[no-any-return]


def test_a_new_order_is_told_whole_and_says_nothing_of_its_buyer(agent: AgentClient, market: Market) -> None:
    order = bought(agent, market, discounts={"codes": ["WELCOME10"]})
    said = event("order_create", order)
    assert (said["type"], said["data"]["type"], said["data"]["status"]) == ("order_create", "order", "created")
    (line,) = said["data"]["line_items"]
    assert line["quantity"] == {"ordered": 2, "current": 2, "fulfilled": 0}
    assert (line["unit_price"], line["subtotal"], line["status"]) == (2400, 4800, "processing")
    assert amounts(said["data"]) == {
        "items_base_amount": 4800, "items_discount": 480, "subtotal": 4320, "fulfillment": 490, "total": 4810,
    }  # fmt: skip
    assert said["data"]["fulfillments"][0]["line_items"] == [{"id": line["id"], "quantity": 2}]
    assert said["data"]["estimated_delivery"] == {"earliest": "2026-11-23T12:00:00Z", "latest": "2026-11-26T12:00:00Z"}
    assert "lumi@example.com" not in json.dumps(said)
    assert "Lichtweg" not in json.dumps(said)
    assert order_event("order_create", order, LINKS) == order_event("order_create", order, LINKS)


def test_money_paid_back_stands_beside_what_was_charged(agent: AgentClient, market: Market) -> None:
    order = bought(agent, market)
    engine, desk = market.engine, market.desk
    part = orders.refund(engine, desk.merchant, order.id, amount=Money(100, "EUR"), request_key="refund-1")
    said = event("order_update", part)["data"]
    assert (amounts(said)["total"], amounts(said)["amount_refunded"]) == (5290, 100)
    (refund,) = said["adjustments"]
    assert (refund["type"], refund["status"], refund["amount"], refund["currency"]) == (
        "refund",
        "completed",
        100,
        "eur",
    )
    assert said["line_items"][0]["quantity"]["current"] == 2
    whole = orders.refund(engine, desk.merchant, order.id, request_key="refund-2")
    gone = event("order_update", whole)["data"]
    assert (gone["status"], amounts(gone)["amount_refunded"]) == ("canceled", 5290)
    assert (gone["line_items"][0]["status"], gone["line_items"][0]["quantity"]["current"]) == ("removed", 0)
    assert len(gone["adjustments"]) == 2
    assert agent.session(order.checkout_id)["order"] == gone


def test_a_piece_that_came_back_is_taken_off_its_line(agent: AgentClient, market: Market) -> None:
    order = bought(agent, market)
    lines = ((market.mug, 1),)
    back = orders.refund(market.engine, market.desk.merchant, order.id, lines=lines, request_key="refund-1")
    said = event("order_update", back)["data"]
    assert said["line_items"][0]["quantity"] == {"ordered": 2, "current": 1, "fulfilled": 0}
    assert said["adjustments"][0]["line_items"] == [{"id": said["line_items"][0]["id"], "quantity": 1}]
    assert said["adjustments"][0]["amount"] == 2400


def test_disputes_and_the_shops_own_number_are_told(agent: AgentClient, market: Market) -> None:
    order = bought(agent, market)
    at = "2026-11-22T12:00:00+00:00"
    for status, told in (("open", "pending"), ("lost", "completed"), ("won", "failed")):
        dispute = DisputeCard("dis_1", Money(5290, "EUR"), status, at)
        said = event("order_update", replace(order, disputes=(dispute,), placed_ref="#1001"))["data"]
        assert (said["order_number"], said["status"]) == ("#1001", "confirmed")
        assert [(one["type"], one["status"]) for one in said["adjustments"]] == [("dispute", told)]


def test_an_order_speaks_its_agents_language(agent: AgentClient, market: Market) -> None:
    order = bought(agent, market)
    texts = {one["type"]: one["display_text"] for one in order_document(order, LINKS, "de-CH")["totals"]}
    assert texts == {
        "items_base_amount": "Artikel", "subtotal": "Zwischensumme", "fulfillment": "Versand", "total": "Gesamt",
    }  # fmt: skip


def test_an_agent_that_listens_is_owed_its_orders_events(market: Market) -> None:
    listening, _ = market.another_agent("listening", "https://agent.example/hooks")
    done = listening.complete(listening.ready(market.mug)).get_json()
    orders.refund(market.engine, market.desk.merchant, done["order"]["id"], request_key="refund-1")
    with market.engine.unit(market.desk.merchant) as unit:
        rows = unit.db.query(Notice).order_by(Notice.number).all()
        said = [json.loads(row.body) for row in rows]
    assert [one["type"] for one in said] == ["order_create", "order_update"]
    assert said[0]["data"] == done["order"]
    assert amounts(said[1]["data"])["amount_refunded"] == 2890
