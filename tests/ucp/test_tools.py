"""The tools of this protocol as agents see them: few words, every parameter described, refusals that help."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ucp.conftest import PATHS, World

MOST_TOKENS = 6500
UI = {"search_catalog": "carousel", **dict.fromkeys([one for one in PATHS if one.endswith("_checkout")], "checkout")}
del UI["cancel_checkout"]


@pytest.fixture
def tools(world: World) -> dict[str, Any]:
    return {one.name: one for one in world.talk("", lambda client: client.list_tools()).tools}


def test_there_are_the_thirteen_acts_described_and_bounded(tools: dict[str, Any]) -> None:
    assert sorted(tools) == sorted(PATHS)
    for name, tool in tools.items():
        assert tool.title
        assert tool.description
        assert tool.output_schema["type"] == "object"
        assert tool.annotations.read_only_hint == name.startswith(("get_", "search_", "lookup_"))
        for parameter, schema in tool.input_schema["properties"].items():
            assert schema.get("description"), f"{name}.{parameter} says nothing"
        assert "store" in tool.input_schema["properties"]
        shown = (tool.meta or {}).get("ui", {}).get("resourceUri", "")
        assert shown == (f"ui://adengine/{UI[name]}.html" if name in UI else "")


def test_their_definitions_are_few_tokens(tools: dict[str, Any]) -> None:
    sizes = {name: len(one.model_dump_json(by_alias=True, exclude_none=True)) / 4 for name, one in tools.items()}
    assert sum(sizes.values()) <= MOST_TOKENS, sizes


def test_what_must_not_happen_twice_requires_its_key(tools: dict[str, Any]) -> None:
    needing = {name for name, one in tools.items() if "meta" in one.input_schema["required"]}
    assert needing == {"complete_checkout", "cancel_checkout", "cancel_cart"}
    assert tools["complete_checkout"].annotations.destructive_hint


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("search_catalog", {}, "catalog"),
    ("search_catalog", {"catalog": "mug"}, "catalog"),
    ("search_catalog", {"catalog": {"query": 7}}, "catalog.query"),
    ("search_catalog", {"catalog": {"query": "m" * 501}}, "500"),
    ("search_catalog", {"catalog": {"query": "mug", "filters": {"price": {"max": -1}}}}, "greater than or equal"),
    ("search_catalog", {"catalog": {"query": "mug"}, "store": "nowhere"}, "no shop 'nowhere'"),
    ("lookup_catalog", {"catalog": {"ids": []}}, "at least 1"),
    ("lookup_catalog", {"catalog": {"ids": ["x"] * 11}}, "at most 10"),
    ("create_cart", {"cart": {"line_items": [{"item": {"id": "x"}, "quantity": 0}]}}, "quantity"),
    ("create_checkout", {"checkout": {}}, "line_items"),
    ("get_checkout", {"id": "x" * 61}, "60"),
    ("get_order", {"id": ["ord"]}, "string"),
    ("cancel_cart", {"id": "cart_x", "meta": {}}, "idempotency-key"),
]


def test_wrong_arguments_are_refused_in_words(world: World) -> None:
    for act, arguments, words in WRONG:
        assert words in world.anybody.refusal(act, arguments), act


def test_deep_and_odd_arguments_do_no_harm(world: World) -> None:
    deep: Any = "mug"
    for _ in range(200):
        deep = {"query": deep}
    assert "catalog.query" in world.anybody.refusal("search_catalog", {"catalog": deep})
    odd = world.anybody.call("get_product", {"catalog": {"id": "a\0b"}})
    assert "Traceback" not in odd.content[0].text
    extra = world.anybody.mcp("search_catalog", body={"query": "mug", "signals": {"dev.ucp.user_agent": "x"}})
    assert extra["products"]
