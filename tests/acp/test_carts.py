"""Carts: kept for one agent, priced anew at each look, replaced as a whole, gone once cancelled."""

from __future__ import annotations

from tests.acp.conftest import BUYER, AgentClient, Market
from tests.acp.test_sessions import set_row


def test_a_cart_is_kept_priced_anew_replaced_and_given_up(agent: AgentClient, market: Market) -> None:
    made = agent.post("/carts", {"line_items": [{"id": market.mug, "quantity": 2}], "buyer": BUYER, "locale": "de"})
    assert made.status_code == 201
    cart = made.get_json()
    assert (cart["currency"], cart["totals"][-1]["amount"], cart["messages"]) == ("eur", 4800, [])
    path = f"/carts/{cart['id']}"
    set_row(market, market.mug, price_minor=2500)
    assert agent.get(path).get_json()["totals"][-1]["amount"] == 5000
    replaced = agent.send("PUT", path, {"line_items": [{"id": market.lamp}]})
    assert replaced.status_code == 200
    assert "buyer" not in replaced.get_json()
    assert [one["item"]["id"] for one in replaced.get_json()["line_items"]] == [market.lamp]
    gone = agent.post(f"{path}/cancel")
    assert (gone.status_code, gone.get_json()) == (200, replaced.get_json())
    for answer in (agent.get(path), agent.send("PUT", path, {"line_items": [{"id": market.mug}]})):
        assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")
    assert agent.post(f"{path}/cancel", {}).status_code == 404


def test_a_cart_says_what_cannot_be_had(agent: AgentClient, market: Market) -> None:
    cart = agent.post("/carts", {"line_items": [{"id": market.mug, "quantity": 7}]}).get_json()
    assert [one["code"] for one in cart["messages"]] == ["out_of_stock"]


def test_a_cart_of_another_agent_or_shop_is_not_there(agent: AgentClient, market: Market, other_shop: Market) -> None:
    path = f"/carts/{agent.post('/carts', {'line_items': [{'id': market.mug}]}).get_json()['id']}"
    before = market.rows()
    other, _ = market.another_agent()
    before = market.rows()
    for one in (other, other_shop.agent):
        assert one.get(path).status_code == 404
        assert one.send("PUT", path, {"line_items": [{"id": market.mug}]}).status_code == 404
        assert one.post(f"{path}/cancel", {}).status_code == 404
    assert market.rows() == before


def test_a_cart_is_forgotten_after_a_week(agent: AgentClient, market: Market) -> None:
    path = f"/carts/{agent.post('/carts', {'line_items': [{'id': market.mug}]}).get_json()['id']}"
    market.engine.ports.clock.forward(days=6, hours=23)  # type: ignore[attr-defined]
    assert agent.get(path).status_code == 200
    market.engine.ports.clock.forward(hours=1)  # type: ignore[attr-defined]
    assert agent.get(path).status_code == 404


def test_faults_of_a_cart_are_named(agent: AgentClient, market: Market) -> None:
    for body, param in (
        ({}, "$.line_items"),
        ({"line_items": []}, "$.line_items"),
        ({"line_items": [{"id": "var_nothing"}]}, "$.line_items[0].id"),
        ({"line_items": [{"id": market.mug, "quantity": 0}]}, "$.line_items[0].quantity"),
        ({"line_items": [{"id": market.mug}], "buyer": {"email": "x"}}, "$.buyer.email"),
        ({"line_items": [{"id": market.mug}], "currency": "eur"}, "$.currency"),
    ):
        answer = agent.post("/carts", body)
        assert (answer.status_code, answer.get_json()["param"]) == (400, param)


def test_a_put_with_a_key_is_answered_once(agent: AgentClient, market: Market) -> None:
    path = f"/carts/{agent.post('/carts', {'line_items': [{'id': market.mug}]}).get_json()['id']}"
    body = {"line_items": [{"id": market.lamp}]}
    first = agent.send("PUT", path, body, Idempotency_Key="once")
    again = agent.send("PUT", path, body, Idempotency_Key="once")
    assert (again.data, again.headers["Idempotent-Replayed"]) == (first.data, "true")
