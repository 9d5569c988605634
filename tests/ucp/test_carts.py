"""Carts: kept, replaced, patched line by line, given up; nobody else's are there."""

from __future__ import annotations

import pytest

from tests.services.buying import together
from tests.ucp.conftest import BUYER, World, amounts, codes, lines, new_key


@pytest.mark.parametrize("way", ["rest", "mcp"])
@pytest.mark.parametrize("who", ["agent", "anybody"])
def test_a_cart_is_kept_changed_and_given_up(world: World, way: str, who: str) -> None:
    act = getattr(getattr(world, who), way)
    made = act("create_cart", body={"line_items": lines(world.mug, 2)})
    assert (amounts(made), made["currency"]) == ({"subtotal": 4800, "total": 4800}, "EUR")
    assert act("get_cart", made["id"]) == made
    both = [*lines(world.mug), *lines(world.lamp)]
    assert amounts(act("update_cart", made["id"], {"line_items": both}))["total"] == 11300
    assert act("cancel_cart", made["id"], key=new_key())["id"] == made["id"]
    assert codes(act("get_cart", made["id"])) == ["not_found"]


def test_a_patch_changes_adds_and_removes_lines_and_keeps_the_rest(world: World) -> None:
    both = {"line_items": [*lines(world.mug), *lines(world.lamp)], "buyer": BUYER}
    made = world.agent.rest("create_cart", body=both)
    patches = [{"id": f"li_{world.mug}", "quantity": 3}, {"id": world.oat, "quantity": 1}]
    patched = world.agent.rest("update_cart", made["id"], {"line_patches": patches})
    assert [(one["item"]["id"], one["quantity"]) for one in patched["line_items"]] == [
        (world.mug, 3),
        (world.lamp, 1),
        (world.oat, 1),
    ]
    assert patched["buyer"] == BUYER
    assert codes(patched)[0] == "out_of_stock"
    fewer = world.agent.rest("update_cart", made["id"], {"line_patches": [{"id": world.lamp, "quantity": 0}]})
    assert [one["item"]["id"] for one in fewer["line_items"]] == [world.mug, world.oat]
    none = {"line_patches": [{"id": one["id"], "quantity": 0} for one in fewer["line_items"]]}
    assert codes(world.agent.rest("update_cart", made["id"], none)) == ["empty"]
    assert world.agent.rest("get_cart", made["id"]) == fewer


def test_other_lines_from_whoever_is_not_shown_the_buyer_keep_them(world: World) -> None:
    made = world.anybody.rest("create_cart", body={"line_items": lines(world.mug), "buyer": BUYER})["id"]
    world.anybody.rest("update_cart", made, {"line_items": lines(world.lamp)})
    opened = world.anybody.rest("create_checkout", body={"cart_id": made})["id"]
    assert world.merchant().rest("get_checkout", opened)["buyer"] == BUYER


def test_patches_at_once_lose_no_line(world: World) -> None:
    made = world.agent.rest("create_cart", body={"line_items": lines(world.mug)})["id"]
    patches = [{"line_patches": [{"id": item, "quantity": 2}]} for item in (world.mug, world.lamp, world.oat)]
    answers = together([lambda body=one: world.agent.rest("update_cart", made, body) for one in patches])  # type: ignore[misc]
    assert [one for one in answers if isinstance(one, Exception)] == []
    kept = world.agent.rest("get_cart", made)["line_items"]
    assert {one["item"]["id"]: one["quantity"] for one in kept} == {world.mug: 2, world.lamp: 2, world.oat: 2}


def test_an_update_says_all_lines_or_patches_of_some(world: World) -> None:
    made = world.agent.rest("create_cart", body={"line_items": lines(world.mug)})["id"]
    for body in ({}, {"line_items": lines(world.mug), "line_patches": [{"id": world.mug, "quantity": 1}]}):
        assert world.agent.send("PUT", f"/carts/{made}", body).status_code == 400
        assert "line_patches" in world.agent.refusal("update_cart", {"id": made, "cart": body})


def test_an_unknown_or_too_large_line_is_named(world: World) -> None:
    unknown = {"line_items": [*lines(world.mug), *lines("var_nothing")]}
    refused = world.agent.rest("create_cart", body=unknown)
    assert [(one["code"], one["path"]) for one in refused["messages"]] == [("not_found", "$.line_items[1].item.id")]
    many = {"line_items": [*lines(world.mug, 60), *lines(world.mug, 60)]}
    assert codes(world.agent.rest("create_cart", body=many)) == ["quantity_exceeded"]
