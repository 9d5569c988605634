"""Which tools are listed to whom, and what may be kept of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from adengine.agents import create_server
from adengine.agents.listing import ORDER, TOOL_SCOPES
from adengine.agents.server import INSTRUCTIONS, state_key
from adengine.core.errors import Invalid
from adengine.engine import SCOPES, SYSTEM, AdEngine
from adengine.services import merchants
from adengine.settings import Settings
from tests.agents.wire import Wire, words
from tests.conftest import Desk

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class OwnTools(ModuleType):
    """A module of one's own, with tools by the names of merchants' tools and one that nobody knows."""

    def register(self, server: Any, engine: AdEngine) -> None:
        for name in (*TOOL_SCOPES, "zebra", "search_catalog", "aardvark"):
            if server._tool_manager.get_tool(name) is None:
                server.add_tool(self.answer, name=name, description="Answers.")

    def answer(self) -> str:
        return "answered"


@pytest.fixture
def own(engine: AdEngine) -> Iterator[Wire]:
    sys.modules["tools_of_ones_own"] = OwnTools("tools_of_ones_own")
    engine.settings = replace(engine.settings, agent_tools="tools_of_ones_own")
    yield Wire(engine)
    del sys.modules["tools_of_ones_own"]


def listed(wire: Wire, token: str = "") -> list[str]:
    return [one["name"] for one in wire.ask("tools/list", token).json()["result"]["tools"]]


def make_token(engine: AdEngine, desk: Desk, kind: str, *scopes: str) -> str:
    with engine.unit(SYSTEM) as unit:
        return merchants.make_token(unit, desk.shop, kind=kind, scopes=scopes)


def test_twenty_four_names_of_which_six_are_merchants(database_url: str) -> None:
    assert len(ORDER) == len(set(ORDER)) == 24
    assert ORDER[-6:] == tuple(TOOL_SCOPES)
    assert set(TOOL_SCOPES.values()) <= set(SCOPES)


def test_the_shops_own_tools_are_these_and_no_others(engine: AdEngine, desk: Desk) -> None:
    wire = Wire(engine)
    assert listed(wire) == list(ORDER[:18])
    assert listed(wire, make_token(engine, desk, "merchant")) == list(ORDER)


def test_a_merchants_tool_asks_for_the_scope_it_is_listed_under(engine: AdEngine, desk: Desk) -> None:
    wire = Wire(engine)
    arguments: dict[str, dict[str, Any]] = {
        "list_cameos": {},
        "check_licence": {"cameo": "nix", "product_ids": ["mug"]},
        "get_render": {"ad_id": "ad_none"},
        "get_experiment": {"experiment": "exp_none"},
        "create_ad": {"product_ids": ["mug"], "idempotency_key": "k" * 16},
        "remix_ad": {"ad_id": "ad_none", "changes": {"headline": "Other"}, "idempotency_key": "k" * 16},
    }
    for tool, scope in TOOL_SCOPES.items():
        others = tuple(one for one in SCOPES if one != scope)
        said = words(wire.call(tool, make_token(engine, desk, "merchant", *others), **arguments[tool]))
        assert scope in said, f"{tool}: {said}"
        assert "[forbidden]" in said


def test_merchants_tools_are_listed_to_whoever_has_the_scope(own: Wire, desk: Desk) -> None:
    everybody = listed(own)
    assert not set(everybody) & set(TOOL_SCOPES)
    assert everybody == listed(own, make_token(own.engine, desk, "agent"))
    merchant = listed(own, make_token(own.engine, desk, "merchant"))
    assert set(merchant) - set(everybody) == set(TOOL_SCOPES)
    assert set(listed(own, make_token(own.engine, desk, "merchant", "cameos:read"))) - set(everybody) == {
        "list_cameos",
        "check_licence",
    }


def test_tools_stand_in_one_order_on_one_page_those_of_ones_own_last(own: Wire, desk: Desk) -> None:
    answer = own.ask("tools/list", make_token(own.engine, desk, "merchant")).json()["result"]
    assert "nextCursor" not in answer
    names = [one["name"] for one in answer["tools"]]
    known = [name for name in names if name in ORDER]
    assert known == [name for name in ORDER if name in names]
    assert names[-2:] == ["zebra", "aardvark"]
    assert names[0] == "search_catalog"


def test_everybodys_list_may_be_shared_and_a_merchants_may_not(own: Wire, desk: Desk) -> None:
    result = own.ask("tools/list").json()["result"]
    assert (result["cacheScope"], result["ttlMs"] > 0) == ("public", True)
    result = own.ask("tools/list", make_token(own.engine, desk, "merchant")).json()["result"]
    assert (result["cacheScope"], result["ttlMs"] > 0) == ("private", True)


def test_a_list_does_not_depend_on_who_connects_how(own: Wire) -> None:
    first, second = own.ask("tools/list").json()["result"], own.ask("tools/list").json()["result"]
    assert first == second


def test_a_hidden_tool_is_there_for_whoever_calls_it_and_asks_for_its_scope_itself(own: Wire) -> None:
    assert words(own.call("aardvark")) == "answered"


def test_a_module_that_is_not_there_is_named(engine: AdEngine, desk: Desk) -> None:
    engine.settings = replace(engine.settings, agent_tools="no_such.module")
    with pytest.raises(Invalid, match=r"ADENGINE_AGENT_TOOLS is 'no_such\.module', but there is no module no_such"):
        create_server(engine)
    engine.settings = replace(engine.settings, agent_tools="json")
    with pytest.raises(Invalid, match="no function register"):
        create_server(engine)


def test_the_instructions_are_short(database_url: str) -> None:
    assert len(INSTRUCTIONS.split()) < 200


def test_processes_of_one_shop_seal_with_one_key_that_is_not_the_secret(database_url: str) -> None:
    one, same, other = (Settings(secret_key=key) for key in ("a" * 40, "a" * 40, "b" * 40))
    assert state_key(one) == state_key(same) != state_key(other)
    assert len(state_key(one)) == 32
    assert state_key(one) != one.secret()
