"""The same act over REST and MCP is the same answer: it comes from the same function."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.ucp.conftest import BUYER, World, basket, lines, new_key, paid_with

IDS = re.compile(r"\b(chk|cart|ord|ful_ord)_[a-z0-9]{20}")


def nameless(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the ids that each act makes anew."""
    return json.loads(IDS.sub(r"\1_x", json.dumps(document)))  # type: ignore[no-any-return]


LOOKS: list[tuple[str, dict[str, Any]]] = [
    ("search_catalog", {"query": "mug"}),
    ("search_catalog", {"query": "lamp", "response_format": "detailed"}),
    ("search_catalog", {"query": "surfboard"}),
    ("lookup_catalog", {"ids": ["mug", "LAMP", "nothing"]}),
    ("get_product", {"id": "mug", "selected": [{"name": "Colour", "label": "Oat"}]}),
    ("get_product", {"id": "nothing"}),
]


def test_looking(world: World) -> None:
    for reader in (world.agent, world.anybody):
        for act, body in LOOKS:
            assert reader.rest(act, body=body) == reader.mcp(act, body=body), act


@pytest.mark.parametrize("who", ["agent", "anybody"])
def test_buying(world: World, who: str) -> None:
    buyer = getattr(world, who)
    told: list[list[dict[str, Any]]] = []
    for way in ("rest", "mcp"):
        act, how = getattr(buyer, way), {"says": "yes"} if way == "mcp" else {}
        cart = act("create_cart", body={"line_items": lines(world.mug, 2), "buyer": BUYER})
        said = [cart, act("get_cart", cart["id"])]
        said.append(act("update_cart", cart["id"], {"line_patches": [{"id": world.mug, "quantity": 1}]}))
        made = act("create_checkout", body={"cart_id": cart["id"], "discounts": {"codes": ["WELCOME10", "NO"]}})
        said += [made, act("get_checkout", made["id"]), act("update_checkout", made["id"], basket(world.mug))]
        said.append(act("update_checkout", made["id"], basket("var_nothing")))
        done = act("complete_checkout", made["id"], paid_with(), key=new_key(), **how)
        said += [done, act("cancel_checkout", made["id"], key=new_key())]
        said += [act("get_order", done.get("order", {}).get("id", "ord_nothing"))]
        said.append(act("cancel_cart", cart["id"], key=new_key()))
        told.append([nameless(one) for one in said])
    assert told[0] == told[1]
