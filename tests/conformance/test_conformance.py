"""The public MCP conformance suite against our own servers, and how its checks are counted.

Skipped where Node or npm's registry is out of reach; with MUST_RUN_CONFORMANCE set, as .ci/run does, it fails there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conformance.listing import Listed
from tests.conformance.node import install
from tests.conformance.runner import (
    EMPTY,
    MORE,
    MOST_TOKENS,
    NEEDS_FIXTURES,
    PRODUCT,
    Outcome,
    check_list,
    judge,
    run_suite,
    scored,
    servers,
)

SCORED = {"2025-11-25": 30, "2026-07-28": 37}


@dataclass(frozen=True)
class Run:
    """What one run of everything said."""

    outcomes: list[Outcome]
    scored: dict[str, tuple[str, ...]]
    tokens: dict[str, int]

    def of(self, server: str, revision: str) -> dict[str, Outcome]:
        return {one.scenario: one for one in self.outcomes if (one.server, one.revision) == (server, revision)}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    tools = install()
    if isinstance(tools, str):
        if os.environ.get("MUST_RUN_CONFORMANCE"):
            pytest.fail(tools)
        pytest.skip(tools)
    with servers("product", "fixtures") as served:
        listed = Listed(tools, served["product"].url, served["product"].token)
        outcomes = [*run_suite(tools, served, tmp_path_factory.mktemp("suite")), *check_list(listed)]
        yield Run(outcomes, {revision: scored(tools, revision) for revision in SCORED}, listed.tokens())


def problems(found: dict[str, Outcome]) -> dict[str, tuple[str, ...]]:
    return {name: one.problems for name, one in found.items() if not one.is_clean}


@pytest.mark.slow
@pytest.mark.parametrize("revision", list(SCORED))
def test_our_stack_passes_every_scored_scenario_and_those_of_tasks_and_headers(run: Run, revision: str) -> None:
    found = run.of("fixtures", revision)
    assert problems(found) == {}
    assert len(run.scored[revision]) == SCORED[revision]
    assert found.keys() == {*run.scored[revision], *MORE[revision]}
    assert {name for name, one in found.items() if not one.passed} <= {EMPTY}


@pytest.mark.slow
@pytest.mark.parametrize("revision", list(SCORED))
def test_the_product_as_shipped_passes_what_means_something_for_it(run: Run, revision: str) -> None:
    found = run.of("product", revision)
    assert problems(found) == {}
    assert found.keys() == set(PRODUCT[revision])


@pytest.mark.slow
def test_checkers_of_tool_lists_find_nothing(run: Run) -> None:
    assert problems(run.of("product", "list")) == {}


@pytest.mark.slow
def test_all_definitions_together_keep_to_their_budget(run: Run) -> None:
    assert sum(run.tokens.values()) <= MOST_TOKENS, run.tokens


def said(folder: Path, *checks: tuple[str, str]) -> Path:
    """Results of one scenario as the suite writes them."""
    out = folder / "server-ping-2026-11-21T12-00-00-000Z" / "checks.json"
    out.parent.mkdir(parents=True)
    out.write_text(json.dumps([{"id": name, "status": status} for name, status in checks]))
    return folder


def test_a_scenario_counts_with_one_check_of_its_own_that_succeeded(tmp_path: Path) -> None:
    out = said(tmp_path, ("ping", "SUCCESS"), ("wire-schema-valid", "SUCCESS"), ("note", "INFO"))
    assert judge("product", "2025-11-25", "ping", out) == Outcome("product", "2025-11-25", "ping", 2, ())


@pytest.mark.parametrize(
    "checks",
    [
        (),
        (("ping", "SKIPPED"),),
        (("wire-schema-valid", "SUCCESS"),),
        (("ping", "SUCCESS"), ("more", "FAILURE")),
        (("ping", "SUCCESS"), ("more", "WARNING")),
    ],
)
def test_a_scenario_that_failed_warned_or_checked_nothing_does_not_count(
    tmp_path: Path, checks: tuple[tuple[str, str], ...]
) -> None:
    assert not judge("fixtures", "2025-11-25", "ping", said(tmp_path, *checks)).is_clean


def test_a_scenario_that_did_not_run_does_not_count(tmp_path: Path) -> None:
    assert judge("product", "2025-11-25", "ping", tmp_path).problems == ("it did not run",)


def test_only_the_product_may_lack_the_suites_own_tools(tmp_path: Path) -> None:
    out = said(tmp_path, ("ping", "SUCCESS"), *((name, "FAILURE") for name in sorted(NEEDS_FIXTURES)))
    assert judge("product", "2026-07-28", "ping", out).is_clean
    assert len(judge("fixtures", "2026-07-28", "ping", out).problems) == len(NEEDS_FIXTURES)
