"""What an id alone shows: never who buys, and nothing at all of another agent's or another shop's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.services.buying import orders_made
from tests.ucp.conftest import PERSONAL, World, basket, codes, new_key, paid_with

READS = ("get_cart", "get_checkout", "get_order")
BOTH = pytest.mark.parametrize("way", ["rest", "mcp"])


def bought_by_agent(world: World) -> dict[str, str]:
    """The ids of a cart, a checkout and an order of the first agent."""
    cart = world.agent.rest("create_cart", body={name: basket(world.mug)[name] for name in ("line_items", "buyer")})
    made = world.agent.ready(world.mug)
    done = world.agent.rest("complete_checkout", made, paid_with(), key=new_key())
    return dict(zip(READS, (cart["id"], made, done["order"]["id"]), strict=True))


@BOTH
def test_what_an_agent_opened_is_nobody_elses(world: World, other_shop: World, way: str) -> None:
    ids = bought_by_agent(world)
    opened = world.agent.ready(world.mug)
    for stranger in (world.another_agent("second"), world.anybody, other_shop.agent, other_shop.merchant()):
        act = getattr(stranger, way)
        for name, row_id in ids.items():
            assert codes(act(name, row_id)) == ["not_found"], name
        before = world.rows()
        assert codes(act("update_checkout", opened, basket(world.mug, 5))) == ["not_found"]
        assert codes(act("cancel_checkout", opened, key=new_key())) == ["not_found"]
        assert codes(act("complete_checkout", opened, paid_with(), key=new_key())) == ["not_found"]
        assert codes(act("update_cart", ids["get_cart"], {"line_items": basket(world.mug, 5)["line_items"]})) == [
            "not_found"
        ]
        assert codes(act("cancel_cart", ids["get_cart"], key=new_key())) == ["not_found"]
        assert world.rows() == before
    assert orders_made(world.engine) == 1


@BOTH
def test_the_agent_and_the_shop_see_who_bought(world: World, way: str) -> None:
    ids = bought_by_agent(world)
    for reader in (world.agent, world.merchant()):
        assert getattr(reader, way)("get_checkout", ids["get_checkout"])["buyer"]["email"] == "lumi@example.com"
        order = getattr(reader, way)("get_order", ids["get_order"])
        assert order["fulfillment"]["expectations"][0]["destination"]["last_name"] == "Nix"


@BOTH
def test_nobody_without_a_token_sees_who_buys(world: World, way: str) -> None:
    act = getattr(world.anybody, way)
    key = new_key()
    made = act("create_checkout", body=basket(world.mug), key=key)
    cart = act("create_cart", body={name: basket(world.mug)[name] for name in ("line_items", "buyer")})
    order_id = _pay_on_page(world, made["id"])
    documents: list[Any] = [made, cart, act("get_checkout", made["id"]), act("get_cart", cart["id"])]
    documents += [act("get_order", order_id), act("create_checkout", body=basket(world.mug), key=key)]
    for document in documents:
        text = json.dumps(document)
        assert [one for one in PERSONAL if one in text] == []
    assert documents[2]["order"]["id"] == order_id
    assert world.merchant().rest("get_checkout", made["id"])["buyer"]["email"] == "lumi@example.com"


def test_nobody_without_a_token_pays_through_an_agents_act(world: World) -> None:
    made = world.anybody.rest("create_checkout", body=basket(world.mug))
    assert (made["status"], codes(made)[0]) == ("requires_escalation", "buyer_pays_there")
    before = world.rows()
    handed = world.anybody.rest("complete_checkout", made["id"], paid_with(), key=new_key())
    assert (handed["status"], handed["continue_url"]) == ("requires_escalation", made["continue_url"])
    merchant = world.merchant().rest("complete_checkout", made["id"], paid_with(), key=new_key())
    assert merchant["status"] == "requires_escalation"
    assert world.rows("token") == {name: rows for name, rows in before.items() if name != "token"}


def test_keys_of_nobody_in_particular_are_long(world: World) -> None:
    body = {"line_items": basket(world.mug)["line_items"]}
    assert world.anybody.send("POST", "/carts", body, Idempotency_Key="short").status_code == 400
    arguments = {"cart": body, "meta": {"idempotency-key": "short"}}
    assert "16" in world.anybody.refusal("create_cart", arguments)
    assert world.agent.rest("create_cart", body=body, key="short")["line_items"]


def _pay_on_page(world: World, checkout_id: str) -> str:
    from adengine.services import paying
    from tests.services.buying import message

    url = paying.pay(world.engine, world.desk.visitor, checkout_id)
    order_id = paying.take_event(world.engine, *message(world.engine, url))
    assert order_id is not None
    return order_id
