"""An experiment in a chat: which film does better, how sure that is, and when not to believe it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from adengine.services import experiments
from adengine.services.experiments import Deed
from tests.apps.conftest import PHONE, Show, Stand

pytestmark = pytest.mark.slow

VIEWERS = 300


def run(stand: Stand) -> str:
    """Two films seen by three hundred; of the second one's viewers nearly all look at the product."""
    ads = [stand.ad_id, stand.world.ad()]
    experiment = stand.world.experiment(*ads)
    with stand.world.engine.unit(stand.world.merchant) as unit:
        for number in range(VIEWERS):
            viewer = f"viewer-{number}"
            ad_id = experiments.ad_for(unit, experiment, viewer)
            looks = number % 10 < (9 if ad_id == ads[1] else 3)
            for kind in ("impression", *(("hotspot_open",) if looks else ())):
                experiments.note(unit, Deed(f"{kind}-{number}", kind, ad_id, viewer, experiment))
    return experiment


def test_lift_and_its_interval_are_drawn_and_said(stand: Stand, show: Show) -> None:
    experiment = run(stand)
    result = stand.merchant.call("get_experiment", experiment=experiment)
    evidence = result["structuredContent"]
    app = show("get_experiment", result=result, size=PHONE)
    expect(app.frame.get_by_role("heading", name="Two openings")).to_be_visible()
    expect(app.frame.get_by_text(evidence["advice"])).to_be_visible()
    expect(app.frame.get_by_role("radio", name="click rate")).to_be_checked()
    (lift,) = next(one for one in evidence["metrics"] if one["key"] == "click_rate")["against_a"]
    said = f"Lift +{lift['lift']:.1%}, interval from +{lift['lift_low']:.1%} to +{lift['lift_high']:.1%}"
    strip = app.frame.get_by_role("img", name=said)
    expect(strip).to_be_visible()
    band, zero = strip.locator("rect"), strip.locator("line")
    assert float(band.get_attribute("x") or 0) > float(zero.get_attribute("x1") or 0)
    expect(app.frame.get_by_text("Best of all: 100% likely")).to_be_visible()


def test_another_metric_is_chosen_by_keyboard(stand: Stand, show: Show) -> None:
    app = show("get_experiment", result=stand.merchant.call("get_experiment", experiment=run(stand)))
    app.frame.get_by_role("radio", name="click rate").focus()
    app.page.keyboard.press("ArrowRight")
    expect(app.frame.get_by_role("radio", name="variant pick rate")).to_be_checked()
    expect(app.frame.get_by_role("list", name="variant pick rate")).to_be_visible()
    expect(app.frame.get_by_text("Too early to compare with A.")).to_be_visible()


def test_broken_split_is_warned_of_first(stand: Stand, show: Show) -> None:
    result = stand.merchant.call("get_experiment", experiment=run(stand))
    result["structuredContent"]["traffic"] = {"p": 0.00002, "is_broken": True, "words": "Not split as planned."}
    app = show("get_experiment", result=result)
    warning = app.frame.get_by_role("alert")
    expect(warning).to_contain_text("Do not decide on these numbers.")
    assert warning.bounding_box()["y"] < app.frame.get_by_role("radiogroup").bounding_box()["y"]  # type: ignore[index]


def test_whoever_may_not_read_it_is_told_so(stand: Stand, show: Show) -> None:
    app = show("get_experiment", {"experiment": run(stand)})
    expect(app.frame.get_by_role("alert")).to_be_visible()
    expect(app.frame.get_by_role("radio")).to_have_count(0)
