"""Experiments: sticky arms, events counted once, results that may be looked at any time; on both databases."""

from __future__ import annotations

import random
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from adengine.core.errors import Conflict, Invalid, NotFound
from adengine.core.money import Money
from adengine.core.stats import share_arm
from adengine.engine import AdEngine
from adengine.models import Ad, Order
from adengine.services import ads, catalog, checkout, experiments, orders, paying
from adengine.services.checkout import CheckoutWish
from adengine.services.experiments import Deed, Taken
from adengine.services.planning import AdWish
from integrations.sandbox import SandboxPayments
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.shops import write_shop


@pytest.fixture
def arms(engine: AdEngine, desk: Desk, tmp_path: Path) -> list[str]:
    """Two published ads of one product; their films are never looked at here, so none are rendered."""
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop")))
    made = []
    for hook in ("Slow mornings", "Coffee, properly"):
        with engine.unit(desk.merchant) as unit:
            card = ads.create_ad(unit, AdWish("mug", seconds=6, headline=hook))
            unit.get(Ad, card.id).status = "published"
        made.append(card.id)
    return made


@pytest.fixture
def experiment(engine: AdEngine, desk: Desk, arms: list[str]) -> str:
    with engine.unit(desk.merchant) as unit:
        return experiments.start(unit, "Which hook?", arms, planned_viewers=4000)


def seen(engine: AdEngine, desk: Desk, experiment: str, viewer: str) -> str:
    with engine.unit(desk.visitor) as unit:
        return experiments.ad_for(unit, experiment, viewer)


def send(engine: AdEngine, desk: Desk, deeds: list[Deed]) -> Taken:
    with engine.unit(desk.visitor) as unit:
        return experiments.record(unit, deeds)


def look(engine: AdEngine, desk: Desk, experiment: str) -> experiments.Results:
    with engine.unit(desk.merchant) as unit:
        return experiments.results(unit, experiment)


def test_a_viewer_sees_the_same_ad_at_every_visit_and_both_ads_are_seen(
    engine: AdEngine, desk: Desk, experiment: str, arms: list[str]
) -> None:
    first = [seen(engine, desk, experiment, f"v{i}") for i in range(200)]
    assert first == [seen(engine, desk, experiment, f"v{i}") for i in range(200)]
    assert 70 <= first.count(arms[0]) <= 130


def test_a_viewer_of_a_retired_arm_sees_what_still_stands(
    engine: AdEngine, desk: Desk, experiment: str, arms: list[str]
) -> None:
    with engine.unit(desk.merchant) as unit:
        ads.retire(unit, arms[0])
    assert {seen(engine, desk, experiment, f"v{i}") for i in range(30)} == {arms[1]}


def test_a_beacon_sent_three_times_shuffled_and_split_counts_once(
    engine: AdEngine, desk: Desk, experiment: str
) -> None:
    ad_id = seen(engine, desk, experiment, "v-1")
    deeds = [
        Deed(f"id-{i}", kind, ad_id, "v-1", experiment)
        for i, kind in enumerate(("impression", "start", "view_3s", "hotspot_open", "hotspot_open"))
    ]
    first = send(engine, desk, deeds)
    assert (len(first.counted), first.refused) == (5, ())
    random.Random(1).shuffle(deeds)
    again = [send(engine, desk, part) for part in (deeds, deeds[:2], deeds[2:])]
    assert sum(len(one.counted) for one in again) == 0
    results = look(engine, desk, experiment)
    assert results.viewers == 1
    click = next(one for one in results.metrics if one.key == "click_rate")
    assert dict(click.values)[ad_id] == 1.0


def test_the_same_event_from_many_threads_counts_once(engine: AdEngine, desk: Desk, experiment: str) -> None:
    ad_id = seen(engine, desk, experiment, "v-1")
    taken: list[Taken] = []
    deed = Deed("one-id", "impression", ad_id, "v-1", experiment)
    threads = [threading.Thread(target=lambda: taken.append(send(engine, desk, [deed]))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(len(one.counted) for one in taken) == [0] * 7 + [1]
    assert look(engine, desk, experiment).viewers == 1


def test_a_wrong_event_is_refused_by_itself(
    engine: AdEngine, desk: Desk, experiment: str, arms: list[str], clock: Clock
) -> None:
    good = Deed("good", "impression", arms[0], "v-1")
    taken = send(
        engine,
        desk,
        [
            good,
            replace(good, id="type", type="teleport"),
            replace(good, id="money", type="purchase", minor=99999),
            replace(good, id="ad", ad_id="ad_nowhere"),
            replace(good, id="early", at=clock.now.replace(year=2030)),
            replace(good, id="é"),
        ],
    )
    assert taken.counted == ("good",)
    assert [one for one, _ in taken.refused] == ["type", "money", "ad", "early", "é"]


def test_an_event_for_an_arm_the_viewer_was_not_given_stays_out_of_the_results(
    engine: AdEngine, desk: Desk, experiment: str, arms: list[str]
) -> None:
    other = next(one for one in arms if one != seen(engine, desk, experiment, "v-1"))
    assert send(engine, desk, [Deed("x", "impression", other, "v-1", experiment)]).counted == ("x",)
    assert look(engine, desk, experiment).viewers == 0


def test_a_purchase_is_credited_from_the_payment_and_a_refund_takes_it_back(
    engine: AdEngine, desk: Desk, experiment: str
) -> None:
    ad_id = seen(engine, desk, experiment, "v-1")
    send(engine, desk, [Deed("i", "impression", ad_id, "v-1", experiment)])
    with engine.unit(desk.visitor) as unit:
        sage = catalog.get_product(unit, "mug").variants[0]
        wish = CheckoutWish(((sage.id, 1),), ad_id=ad_id, second=2.5, experiment_id=experiment, viewer="v-1")
        opened = checkout.open_checkout(unit, wish)
    sandbox = engine.ports.payments
    assert isinstance(sandbox, SandboxPayments)
    url = paying.pay(engine, desk.visitor, opened.id)
    order_id = paying.take_event(engine, *sandbox.decide(url.rsplit("/", 1)[-1], "paid"))
    assert order_id is not None
    arm = next(one for one in look(engine, desk, experiment).arms if one.ad_id == ad_id)
    assert (arm.viewers, arm.revenue) == (1, Money(2400, "EUR"))
    orders.refund(engine, desk.merchant, order_id, amount=Money(900, "EUR"), request_key="part")
    results = look(engine, desk, experiment)
    assert next(one for one in results.arms if one.ad_id == ad_id).revenue == Money(1500, "EUR")
    money = next(one for one in results.metrics if one.key == "revenue_per_viewer")
    assert dict(money.values)[ad_id] == 1500.0
    with engine.unit(desk.merchant) as unit:
        card = orders.get_order(unit, order_id)
        payment_id = unit.get(Order, order_id).payment_id
        orders.refund_failed(unit, payment_id, refund_id=card.refunds[0].id, reason="account_closed")
    assert next(one for one in look(engine, desk, experiment).arms if one.ad_id == ad_id).revenue == Money(2400, "EUR")
    with engine.unit(desk.visitor) as unit:
        order = orders.get_order(unit, order_id)
    assert (order.ad_id, order.second, order.experiment_id) == (ad_id, 2.5, experiment)


def test_results_equal_what_the_statistics_say_of_the_same_counts(
    engine: AdEngine, desk: Desk, experiment: str, arms: list[str]
) -> None:
    hits, viewers = dict.fromkeys(arms, 0), dict.fromkeys(arms, 0)
    for i in range(120):
        viewer = f"v{i}"
        ad_id = seen(engine, desk, experiment, viewer)
        viewers[ad_id] += 1
        kinds = ["impression"] + (["view_3s"] if i % (3 if ad_id == arms[0] else 2) == 0 else [])
        hits[ad_id] += len(kinds) - 1
        send(engine, desk, [Deed(f"{viewer}-{kind}", kind, ad_id, viewer, experiment) for kind in kinds])
    hook = next(one for one in look(engine, desk, experiment).metrics if one.key == "hook_rate")
    assert dict(hook.values) == {one: share_arm("", viewers[one], hits[one]).rate for one in arms}


def test_a_split_that_went_wrong_is_said_before_any_winner(
    engine: AdEngine, desk: Desk, experiment: str, arms: list[str]
) -> None:
    for i in range(400):
        viewer = f"v{i}"
        if seen(engine, desk, experiment, viewer) == arms[0] or i % 16 == 0:
            ad_id = seen(engine, desk, experiment, viewer)
            send(engine, desk, [Deed(viewer, "impression", ad_id, viewer, experiment)])
    results = look(engine, desk, experiment)
    assert results.traffic_is_broken
    assert all("not split as planned" in one.sentence for one in results.metrics)


def test_an_experiment_needs_published_ads_of_one_product_and_runs_alone(
    engine: AdEngine, desk: Desk, experiment: str, arms: list[str]
) -> None:
    with engine.unit(desk.merchant) as unit:
        lamp = ads.create_ad(unit, AdWish("lamp", seconds=6)).id
    for ids, error in (([arms[0]], Invalid), (arms[:1] * 2, Invalid), ([arms[0], lamp], Invalid), (arms, Conflict)):
        with engine.unit(desk.merchant) as unit, pytest.raises(error):
            experiments.start(unit, "no", ids)


def test_another_shop_sees_and_feeds_nothing(engine: AdEngine, desk: Desk, experiment: str, arms: list[str]) -> None:
    other = open_desk(engine, "other")
    assert send(engine, other, [Deed("x", "impression", arms[0], "v-1", experiment)]).refused
    with engine.unit(other.merchant) as unit:
        assert experiments.list_experiments(unit) == []
        with pytest.raises(NotFound):
            experiments.results(unit, experiment)
    assert look(engine, desk, experiment).viewers == 0
