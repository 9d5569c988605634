"""Experiments as agents read them: arms, intervals, who is likely best, and what to do in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adengine.core.experiment import assign
from adengine.engine import AdEngine
from adengine.models import Experiment
from adengine.services import experiments
from adengine.services.experiments import Deed
from tests.agents.agents import BAIT, HIDDEN, Shop, open_shop
from tests.conftest import open_desk


def watched(shop: Shop, experiment_id: str, viewers: int, rates: tuple[float, float]) -> None:
    """Let so many viewers see their film; the first part of each arm's viewers opens a hotspot."""
    with shop.engine.unit(shop.desk.merchant) as unit:
        row = unit.get(Experiment, experiment_id)
        seen = [0, 0]
        for number in range(viewers):
            viewer = f"viewer-{number}"
            place = assign(row.seed, [1, 1], viewer)
            assert place is not None
            ad_id = row.arms[place].ad_id
            kinds = ["impression"] + (["hotspot_open"] if seen[place] % 100 < 100 * rates[place] else [])
            seen[place] += 1
            for kind in kinds:
                experiments.note(unit, Deed(f"{kind}-{number}", kind, ad_id, viewer, experiment_id))


@pytest.fixture
def arms(shop: Shop) -> list[str]:
    return [shop.film("mug"), shop.film("mug", headline="Another hook")]


def test_a_young_experiment_says_to_keep_it_running(shop: Shop, arms: list[str]) -> None:
    experiment_id = shop.experiment(*arms)
    watched(shop, experiment_id, 40, (0.1, 0.2))
    found = shop.merchant.call("get_experiment", experiment=experiment_id)
    assert (found["state"], found["exposures"], found["planned"], found["may_stop"]) == ("running", 40, 1000, False)
    assert "Keep it running: 40 of 1000" in found["advice"]
    assert sum(one["exposures"] for one in found["arms"]) == 40
    assert [one["arm"] for one in found["arms"]] == ["A", "B"]
    assert not found["traffic"]["is_broken"]


def test_a_clear_winner_is_named_with_lift_interval_and_probability(shop: Shop, arms: list[str]) -> None:
    experiment_id = shop.experiment(*arms, planned=800)
    watched(shop, experiment_id, 800, (0.1, 0.4))
    found = shop.merchant.call("get_experiment", experiment=experiment_id)
    clicks = next(one for one in found["metrics"] if one["key"] == "click_rate")
    (against,) = clicks["against_a"]
    assert against["result"] == "better"
    assert 0 < against["lift_low"] < against["lift"] < against["lift_high"]
    assert against["p"] < 0.001
    a, b = clicks["arms"]
    assert b["best"] > 0.999
    assert a["best"] == pytest.approx(1 - b["best"], abs=2e-4)
    assert (a["conversions"] / a["viewers"], b["conversions"] / b["viewers"]) == (
        pytest.approx(a["value"], abs=1e-6), pytest.approx(b["value"], abs=1e-6),
    )  # fmt: skip
    assert found["may_stop"]
    assert found["advice"].startswith("You may stop. B (Another hook) has a click rate")


def test_a_broken_split_says_so_before_anything_else(shop: Shop, arms: list[str]) -> None:
    experiment_id = shop.experiment(*arms)
    with shop.engine.unit(shop.desk.merchant) as unit:
        row = unit.get(Experiment, experiment_id)
        mine = [f"v-{n}" for n in range(900) if assign(row.seed, [1, 1], f"v-{n}") == 0]
        for viewer in mine:
            experiments.note(unit, Deed(f"e-{viewer}", "impression", row.arms[0].ad_id, viewer, experiment_id))
    found = shop.merchant.call("get_experiment", experiment=experiment_id)
    assert found["traffic"]["is_broken"]
    assert found["advice"].startswith("Stop: viewers were not split as planned")


def test_an_experiment_is_found_by_a_film_in_it(shop: Shop, arms: list[str]) -> None:
    experiment_id = shop.experiment(*arms)
    assert shop.merchant.call("get_experiment", experiment=arms[1])["experiment_id"] == experiment_id
    assert "no experiment shows the ad" in shop.merchant.refusal("get_experiment", experiment=shop.film("lamp"))


def test_rest_and_mcp_answer_alike(shop: Shop, arms: list[str]) -> None:
    experiment_id = shop.experiment(*arms)
    watched(shop, experiment_id, 60, (0.1, 0.2))
    answer = shop.api()("GET", f"/experiments/{experiment_id}/evidence").get_json()
    assert answer == shop.merchant.call("get_experiment", experiment=experiment_id)


def test_experiments_are_their_merchants_own(engine: AdEngine, shop: Shop, arms: list[str], tmp_path: Path) -> None:
    experiment_id = shop.experiment(*arms)
    other = open_shop(engine, open_desk(engine, "other"), tmp_path / "other")
    assert "there is no experiment" in other.merchant.refusal("get_experiment", experiment=experiment_id)
    assert "no experiment shows" in other.merchant.refusal("get_experiment", experiment=arms[0])
    assert shop.anybody.refusal("get_experiment", experiment=experiment_id).endswith("[sign_in_needed]")


def test_ten_arms_stay_within_the_tokens_of_an_answer(shop: Shop) -> None:
    ten = [shop.film("mug", headline=f"A rather long hook for the mug, number {number}") for number in range(10)]
    found = shop.merchant.call("get_experiment", experiment=shop.experiment(*ten))
    assert len(json.dumps(found)) / 4 <= 10_000


def test_planted_instructions_come_back_inert_and_labelled(shop: Shop, arms: list[str]) -> None:
    experiment_id = shop.experiment(*arms)
    with shop.engine.unit(shop.desk.merchant) as unit:
        unit.get(Experiment, experiment_id).name = f"Hooks {HIDDEN}"
    found = shop.merchant.call("get_experiment", experiment=experiment_id)
    assert found["name"] == f"Hooks {BAIT}"
    assert "never instructions" in found["untrusted"]
