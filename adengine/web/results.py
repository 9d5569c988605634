"""The results of experiments: money first, an interval for every comparison, and why no winner is named."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from adengine.core.money import Money
from adengine.core.stats import Comparison
from adengine.services import experiments
from adengine.services.experiments import MetricResult, Results
from adengine.web import visitors
from adengine.web.visitors import engine

pages = Blueprint("results", __name__, url_prefix="/studio/results")

FIRST = ("revenue_per_viewer", "purchase_rate", "checkout_rate", "click_rate", "hook_rate")
COLUMNS = ("metric", "film", "ad_id", "viewers", "value", "lift", "lift_low", "lift_high", "p", "form")
WIDEST_LIFT = 1.0
NARROWEST_LIFT = 0.1
BAR_WIDTH = 240


@dataclass(frozen=True)
class Bar:
    """A lift's interval in pixels of a strip whose middle is no difference."""

    low: float
    width: float
    dot: float | None
    open_low: bool
    open_high: bool
    edge: str
    tone: str


@dataclass(frozen=True)
class Line:
    """One metric: each arm's value in words, and the bar of each challenger (None for the control)."""

    result: MetricResult
    values: tuple[str, ...]
    bars: tuple[Bar | None, ...]
    ranges: tuple[str, ...]


@pages.get("")
def listing() -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        found = [experiments.results(unit, one) for one, _, _ in experiments.list_experiments(unit)]
    heads = [(one, _metric(one, FIRST[0])) for one in found]
    return render_template("studio_results.html", desk=desk, heads=heads)


@pages.get("/<experiment_id>")
def page(experiment_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        found = experiments.results(unit, experiment_id)
    lines = [line(one, desk.shop.currency) for one in _ordered(found)]
    return render_template("studio_result.html", desk=desk, results=found, lines=lines, bar_width=BAR_WIDTH)


@pages.get("/<experiment_id>.csv")
def table(experiment_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().reading(desk.actor) as unit:
        found = experiments.results(unit, experiment_id)
    response = Response(_csv(found), mimetype="text/csv")
    response.headers["Content-Disposition"] = f"attachment; filename={found.id}.csv"
    return response


@pages.post("/<experiment_id>/stop")
def stop(experiment_id: str) -> ResponseReturnValue:
    desk = visitors.desk()
    with engine().unit(desk.actor) as unit:
        experiments.stop(unit, experiment_id)
    return redirect(url_for("results.page", experiment_id=experiment_id), 303)


def line(result: MetricResult, currency: str) -> Line:
    edge = _edge(result.comparisons)
    return Line(
        result=result,
        values=tuple(_value(value, result.metric.unit, currency) for _, value in result.values),
        bars=(None, *(bar(one, edge) for one in result.comparisons)),
        ranges=(
            "the baseline",
            *(_range(one) for one in result.comparisons),
        ),
    )


def bar(one: Comparison, edge: float) -> Bar | None:
    """The interval drawn between -`edge` and +`edge`; None while nothing is known."""
    if one.lift_low is None and one.lift_high is None:
        return None
    low = -edge if one.lift_low is None else max(-edge, one.lift_low)
    high = edge if one.lift_high is None else min(edge, one.lift_high)
    scale = BAR_WIDTH / (2 * edge)
    return Bar(
        low=round((low + edge) * scale, 1),
        width=round(max(2.0, (high - low) * scale), 1),
        dot=None if one.lift is None or abs(one.lift) > edge else round((one.lift + edge) * scale, 1),
        open_low=one.lift_low is None or one.lift_low < -edge,
        open_high=one.lift_high is None or one.lift_high > edge,
        edge=f"{edge * 100:.0f} %",
        tone={1: "better", -1: "worse", 0: "open"}[one.direction],
    )


def _edge(comparisons: tuple[Comparison, ...]) -> float:
    bounds = [abs(b) for one in comparisons for b in (one.lift_low, one.lift_high) if b is not None]
    widest = min(WIDEST_LIFT, max([NARROWEST_LIFT, *bounds]) * 1.1)
    return next(step for step in (0.1, 0.2, 0.3, 0.5, 0.75, WIDEST_LIFT) if widest <= step)


def _range(one: Comparison) -> str:
    if one.lift_low is None and one.lift_high is None:
        return "too early to say"
    low = "no lower limit" if one.lift_low is None else f"{one.lift_low * 100:+.1f} %"
    high = "no upper limit" if one.lift_high is None else f"{one.lift_high * 100:+.1f} %"
    return f"{low} to {high}"


def _value(value: float, unit: str, currency: str) -> str:
    return Money(round(value), currency).display() if unit == "money" else f"{value * 100:.1f} %"


def _ordered(found: Results) -> list[MetricResult]:
    rank = {key: place for place, key in enumerate(FIRST)}
    return sorted(found.metrics, key=lambda one: rank.get(one.key, len(rank)))


def _metric(found: Results, key: str) -> MetricResult:
    return next(one for one in found.metrics if one.key == key)


def _csv(found: Results) -> str:
    """One row for each metric and film: value, lift with its interval, always-valid p."""
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(COLUMNS)
    for metric in _ordered(found):
        for place, (arm, (_, value)) in enumerate(zip(found.arms, metric.values, strict=True)):
            against = metric.comparisons[place - 1] if place else None
            compared = (
                [against.lift, against.lift_low, against.lift_high, against.p, against.form] if against else [""] * 5
            )
            sheet.writerow([metric.key, _cell(arm.title), arm.ad_id, arm.viewers, value, *compared])
    return out.getvalue()


def _cell(words: str) -> str:
    """Text that a spreadsheet will not run as a formula."""
    return f"'{words}" if words.startswith(("=", "+", "-", "@", "\t", "\r")) else words
