"""Arguments that cannot be used, and names that name nothing: told in words, with what to do next."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict

from adengine.agents.wording import faults
from adengine.engine import AdEngine
from tests.agents.wire import Wire, words
from tests.conftest import Desk

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Basket(TypedDict):
    lines: list[int]
    note: str


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "catalog: is missing. Put that right and call again [invalid]"),
        (
            {"catalog": {"query": ["a"]}},
            "catalog.query: input should be a valid string. Put that right and call again [invalid]",
        ),
        (
            {"catalog": {"query": "x" * 5000}},
            "catalog.query: string should have at most 500 characters. Put that right and call again [invalid]",
        ),
    ],
)
def test_what_is_wrong_with_arguments_is_said_by_their_names(
    engine: AdEngine, desk: Desk, arguments: dict[str, Any], said: str
) -> None:
    answer = Wire(engine).call("search_catalog", **arguments)
    assert answer.json()["result"]["isError"] is True
    assert words(answer) == said


def test_a_refusal_is_told_without_the_librarys_prefix(engine: AdEngine, desk: Desk) -> None:
    said = words(Wire(engine).call("get_ad", ad_id="ad_none"))
    assert said.startswith("there is no ad 'ad_none'")
    assert said.endswith("[not_found]")


def test_a_tool_or_prompt_that_is_not_there_is_said_to_be_none(engine: AdEngine, desk: Desk) -> None:
    wire = Wire(engine)
    assert (
        words(wire.call("no_such")) == "there is no tool 'no_such' here; ask tools/list for those there are [not_found]"
    )
    assert words(wire.ask("prompts/get", name="none")) == "there is no prompt 'none' here; ask prompts/list"
    answer = wire.ask("prompts/get", name="shop_by_video", arguments={})
    assert (answer.status_code, words(answer)) == (400, "this prompt needs need as well")


def test_many_faults_are_said_in_few_words_that_hold_nothing_of_what_was_sent(database_url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(Basket).validate_python({"lines": ["SECRET"] * 50})
    said = faults(caught.value)
    assert said.startswith("lines.0: input should be a valid integer, unable to parse string as an integer; lines.1: ")
    assert "and 47 more" in said
    assert "SECRET" not in said
    assert len(said.split()) <= 80
