"""Experiments: who sees which ad, what they did, and what that shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.dialects import postgresql, sqlite

from adengine.core.errors import AdEngineError, Conflict, Invalid, NotFound
from adengine.core.experiment import METRICS, SERVER_TYPES, Metric, assign, valid_event
from adengine.core.money import Money
from adengine.core.stats import (
    BROKEN_TRAFFIC,
    Comparison,
    compare,
    mean_arm,
    planned_size,
    probability_best,
    sample_ratio,
    sample_ratio_any_time,
    share_arm,
    verdict,
)
from adengine.core.stats import Arm as Sums
from adengine.engine import Unit
from adengine.models import Ad, Arm, Event, Experiment, Merchant, Tally, new_id

MAX_BATCH = 50
DEFAULT_BASE_RATE = 0.05
DEFAULT_LIFT = 0.2


@dataclass(frozen=True)
class Deed:
    """What a viewer did, once. `id` is made where it happened; `minor` is the value of a purchase or refund."""

    id: str
    type: str
    ad_id: str
    viewer: str
    experiment_id: str | None = None
    second: float | None = None
    at: datetime | None = None
    minor: int = 0


@dataclass(frozen=True)
class Taken:
    """What became of a batch: ids counted now, ids that were known, and (id, why) of refused ones."""

    counted: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ArmCard:
    ad_id: str
    title: str
    template: str
    weight: int
    viewers: int
    revenue: Money


@dataclass(frozen=True)
class MetricResult:
    """One metric over all arms: (ad id, value) each, and every challenger compared with the first arm.

    `counts` are (ad id, viewers, sum of what they did or brought), `best` is (ad id, how likely it is the best arm).
    """

    key: str
    metric: Metric
    values: tuple[tuple[str, float], ...]
    comparisons: tuple[Comparison, ...]
    sentence: str
    counts: tuple[tuple[str, int, int], ...] = ()
    best: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Results:
    """Everything a results page shows, computed from tallies; `traffic_p` may be looked at any time."""

    id: str
    name: str
    status: str
    product_id: str
    planned_viewers: int
    viewers: int
    arms: tuple[ArmCard, ...]
    traffic_p: float
    traffic_p_fixed: float
    metrics: tuple[MetricResult, ...] = field(default=())

    @property
    def traffic_is_broken(self) -> bool:
        return self.traffic_p < BROKEN_TRAFFIC


def start(unit: Unit, name: str, ad_ids: Sequence[str], *, planned_viewers: int | None = None) -> str:
    """Start an equal split between published ads of one product; answers the experiment id."""
    unit.require("experiments:write")
    if not 2 <= len(set(ad_ids)) == len(ad_ids) <= 10:
        raise Invalid("an experiment compares 2 to 10 different ads")
    ads = [unit.get(Ad, ad_id) for ad_id in ad_ids]
    if len({ad.product_id for ad in ads}) > 1:
        raise Invalid("all ads of an experiment are of one product")
    if any(ad.status != "published" for ad in ads):
        raise Conflict("publish all its ads before the experiment starts")
    if running_for(unit, ads[0].product_id) is not None:
        raise Conflict("this product has a running experiment; stop it first")
    row = unit.own(
        Experiment,
        id=new_id("exp"),
        product_id=ads[0].product_id,
        name=name[:120],
        seed=new_id("seed"),
        status="running",
        planned_viewers=planned_viewers or planned_size(DEFAULT_BASE_RATE, DEFAULT_LIFT),
        created_at=unit.now(),
        arms=[],
    )
    unit.db.flush()
    for position, ad in enumerate(ads):
        row.arms.append(unit.own(Arm, experiment_id=row.id, ad_id=ad.id, position=position, weight=1))
    unit.db.flush()
    return row.id


def stop(unit: Unit, experiment_id: str) -> None:
    unit.require("experiments:write")
    unit.get(Experiment, experiment_id, lock=True).status = "stopped"


def running_for(unit: Unit, product_id: str) -> str | None:
    """The product's running experiment."""
    return unit.db.scalar(
        select(Experiment.id).where(Experiment.product_id == product_id, Experiment.status == "running").limit(1)
    )


def running_with(unit: Unit, experiment_id: str | None, ad_id: str | None) -> str | None:
    """The experiment's id if it exists and the ad is one of its arms; else None, so that nothing is miscounted."""
    if experiment_id is None or ad_id is None:
        return None
    found = select(Arm.experiment_id).where(Arm.experiment_id == experiment_id, Arm.ad_id == ad_id)
    return unit.db.scalar(found.limit(1))


def of_ad(unit: Unit, ad_id: str) -> str:
    """The newest experiment that shows the ad; raises NotFound."""
    unit.require("experiments:read")
    found = unit.db.scalar(
        select(Arm.experiment_id)
        .join(Experiment, Experiment.id == Arm.experiment_id)
        .where(Arm.ad_id == ad_id)
        .order_by(Experiment.created_at.desc(), Experiment.id)
        .limit(1)
    )
    if found is None:
        raise NotFound(f"no experiment shows the ad '{ad_id[:60]}'; start one with two or more films of one product")
    return found


def ad_for(unit: Unit, experiment_id: str, viewer: str) -> str:
    """The ad this viewer sees, now and at every visit; when it was taken down, the first that still stands."""
    unit.require("catalog:read")
    row = unit.get(Experiment, experiment_id)
    place = assign(row.seed, [arm.weight for arm in row.arms], viewer)
    ad_ids = [arm.ad_id for arm in row.arms]
    ordered = ad_ids if place is None else [ad_ids[place], *ad_ids]
    live = set(unit.db.scalars(select(Ad.id).where(Ad.id.in_(ad_ids), Ad.status == "published")))
    for ad_id in ordered:
        if ad_id in live:
            return ad_id
    raise NotFound("no ad of this experiment is on show any more")


def record(unit: Unit, deeds: Sequence[Deed]) -> Taken:
    """Count what a browser reports: each id once, each wrong one refused by itself."""
    unit.require("events:write")
    if len(deeds) > MAX_BATCH:
        raise Invalid(f"send at most {MAX_BATCH} events at once")
    counted: list[str] = []
    known: list[str] = []
    refused: list[tuple[str, str]] = []
    for deed in deeds:
        try:
            _check(unit, deed)
            (counted if note(unit, deed) else known).append(deed.id)
        except AdEngineError as error:
            refused.append((deed.id[:64], error.message))
    return Taken(tuple(counted), tuple(known), tuple(refused))


def note(unit: Unit, deed: Deed) -> bool:
    """Append the event and add it to the viewer's tally; False when its id was there already."""
    experiment_id = _arm_seen(unit, deed)
    row = {
        "merchant_id": unit.merchant_id,
        "id": deed.id,
        "type": deed.type,
        "ad_id": deed.ad_id,
        "experiment_id": experiment_id,
        "viewer": deed.viewer,
        "second": deed.second,
        "minor": deed.minor,
        "at": deed.at or unit.now(),
    }
    if not _insert_new(unit, Event, row):
        return False
    if experiment_id is not None:
        key = {"experiment_id": experiment_id, "ad_id": deed.ad_id, "viewer": deed.viewer, "type": deed.type}
        _insert_new(unit, Tally, {**key, "merchant_id": unit.merchant_id, "times": 0, "minor": 0})
        tally = unit.db.get_one(Tally, tuple(key.values()), with_for_update=True, populate_existing=True)
        tally.times += 1
        tally.minor += deed.minor
        unit.db.flush()
    return True


def results(unit: Unit, experiment_id: str, *, alpha: float = 0.05) -> Results:
    """What the experiment shows so far, for every metric of METRICS; right however often it is looked at."""
    unit.require("experiments:read")
    row = unit.get(Experiment, experiment_id)
    currency = unit.db.get_one(Merchant, row.merchant_id).currency
    ads = {arm.ad_id: unit.get(Ad, arm.ad_id) for arm in row.arms}
    viewers = {ad_id: _viewers(unit, row.id, ad_id) for ad_id in ads}
    weights = [arm.weight for arm in row.arms]
    counts = [viewers[arm.ad_id] for arm in row.arms]
    traffic_p = sample_ratio_any_time(counts, weights)
    measured = tuple(
        _measure(unit, row, key, metric, ads, alpha=alpha, traffic_p=traffic_p) for key, metric in METRICS.items()
    )
    return Results(
        id=row.id,
        name=row.name,
        status=row.status,
        product_id=row.product_id,
        planned_viewers=row.planned_viewers,
        viewers=sum(counts),
        arms=tuple(
            ArmCard(
                ad_id=arm.ad_id,
                title=_letter(arm.position, ads[arm.ad_id]),
                template=ads[arm.ad_id].brief.template,
                weight=arm.weight,
                viewers=viewers[arm.ad_id],
                revenue=Money(_revenue(unit, row.id, arm.ad_id), currency),
            )
            for arm in row.arms
        ),
        traffic_p=traffic_p,
        traffic_p_fixed=sample_ratio(counts, weights),
        metrics=measured,
    )


def evidence(unit: Unit, experiment_or_ad: str) -> Results:
    """The results of an experiment by its id, or of the newest one that shows an ad."""
    is_ad = experiment_or_ad.startswith("ad_")
    return results(unit, of_ad(unit, experiment_or_ad) if is_ad else experiment_or_ad)


def list_experiments(unit: Unit) -> list[tuple[str, str, str]]:
    """(id, name, status) of every experiment, newest first."""
    unit.require("experiments:read")
    rows = unit.db.scalars(select(Experiment).order_by(Experiment.created_at.desc(), Experiment.id))
    return [(row.id, row.name, row.status) for row in rows]


def _check(unit: Unit, deed: Deed) -> None:
    now = unit.now()
    if deed.type in SERVER_TYPES:
        raise Invalid(f"a {deed.type} is counted from the payment; do not send it")
    valid_event(deed.type, event_id=deed.id, viewer=deed.viewer, at=deed.at or now, now=now, source="browser")
    if "\0" in deed.ad_id or unit.db.scalar(select(Ad.id).where(Ad.id == deed.ad_id)) is None:
        raise NotFound("there is no such ad in this shop")


def _arm_seen(unit: Unit, deed: Deed) -> str | None:
    """The experiment this deed counts for: only where the viewer was assigned the very ad it is about."""
    experiment_id = running_with(unit, deed.experiment_id, deed.ad_id)
    if experiment_id is None:
        return None
    row = unit.get(Experiment, experiment_id)
    place = assign(row.seed, [arm.weight for arm in row.arms], deed.viewer)
    return experiment_id if place is not None and row.arms[place].ad_id == deed.ad_id else None


def _insert_new(unit: Unit, kind: type[Event] | type[Tally], row: Mapping[str, object]) -> bool:
    make = postgresql.insert if unit.dialect == "postgresql" else sqlite.insert
    done = unit.db.execute(make(kind).values(**row).on_conflict_do_nothing().returning(kind.ad_id))
    return done.first() is not None


def _viewers(unit: Unit, experiment_id: str, ad_id: str) -> int:
    return (
        unit.db.scalar(
            select(func.count(distinct(Tally.viewer))).where(
                Tally.experiment_id == experiment_id, Tally.ad_id == ad_id, Tally.type == "impression"
            )
        )
        or 0
    )


def _revenue(unit: Unit, experiment_id: str, ad_id: str) -> int:
    return int(
        unit.db.scalar(select(func.sum(Tally.minor)).where(Tally.experiment_id == experiment_id, Tally.ad_id == ad_id))
        or 0
    )


def _measure(
    unit: Unit,
    row: Experiment,
    key: str,
    metric: Metric,
    ads: dict[str, Ad],
    *,
    alpha: float,
    traffic_p: float,
) -> MetricResult:
    sums = [_sums(unit, row, arm, metric, _letter(arm.position, ads[arm.ad_id])) for arm in row.arms]
    found = compare(sums[0], sums[1:], alpha=alpha, planned=row.planned_viewers)
    best = max(found, key=lambda one: (one.direction, -one.p))
    return MetricResult(
        key=key,
        metric=metric,
        values=tuple((arm.ad_id, one.rate) for arm, one in zip(row.arms, sums, strict=True)),
        comparisons=found,
        sentence=verdict(best, metric=metric.label, planned=row.planned_viewers, traffic_p=traffic_p),
        counts=tuple((arm.ad_id, one.n, int(one.s)) for arm, one in zip(row.arms, sums, strict=True)),
        best=tuple((arm.ad_id, p) for arm, p in zip(row.arms, probability_best(sums), strict=True)),
    )


def _sums(unit: Unit, row: Experiment, arm: Arm, metric: Metric, name: str) -> Sums:
    """The arm's sufficient statistics: viewers of the denominator, and what each of them brought."""
    base = select(Tally.viewer).where(
        Tally.experiment_id == row.id, Tally.ad_id == arm.ad_id, Tally.type == metric.denominator
    )
    n = unit.db.scalar(select(func.count()).select_from(base.subquery())) or 0
    did = select(Tally.viewer, func.sum(Tally.minor).label("minor")).where(
        Tally.experiment_id == row.id, Tally.ad_id == arm.ad_id, Tally.viewer.in_(base)
    )
    if metric.unit == "share":
        hits = did.where(Tally.type == metric.numerator).group_by(Tally.viewer).subquery()
        return share_arm(name, n, unit.db.scalar(select(func.count()).select_from(hits)) or 0, weight=arm.weight)
    money = did.where(Tally.type.in_(SERVER_TYPES)).group_by(Tally.viewer).subquery()
    s, ss = unit.db.execute(select(func.sum(money.c.minor), func.sum(money.c.minor * money.c.minor))).one()
    return mean_arm(name, n, float(s or 0), float(ss or 0), weight=arm.weight)


def _letter(position: int, ad: Ad) -> str:
    return f"{chr(ord('A') + position)} ({ad.brief.headline or ad.title})"
