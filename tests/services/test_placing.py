"""Orders on their way into the shop's own system: once, again until it takes them, refused in words."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adengine.core.catalog import Variant
from adengine.core.errors import AdEngineError, Forbidden, Invalid, NotFound, Unavailable
from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.models import Agent, Order
from adengine.ports import PlacedOrder
from adengine.services import notices, orders, placing
from integrations.sandbox_shop import SandboxShop
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox
from tests.services.buying import GERMAN, HOME, LUMI, agent_of, bought, euros, sell_by, stock_shop
from workers.tasks import sweep


class Stubborn(SandboxShop):
    """The sandbox shop that first gives the answers it was told to, then works; counts how often it was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.answers: list[AdEngineError | Exception] = []
        self.asked = 0
        self.after: Callable[[], None] = lambda: None

    def place(self, order: PlacedOrder) -> str:
        self._answer()
        ref = super().place(order)
        self.after()
        return ref

    def refunded(self, ref: str, amount: Money, *, key: str) -> None:
        self._answer()
        super().refunded(ref, amount, key=key)
        self.after()

    def refund_failed(self, ref: str, amount: Money, *, key: str) -> None:
        self._answer()
        super().refund_failed(ref, amount, key=key)

    def _answer(self) -> None:
        self.asked += 1
        if self.answers:
            raise self.answers.pop(0)

    def files(self) -> list[Any]:
        return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.folder.glob("*.json"))]


@pytest.fixture
def shop(engine: AdEngine, tmp_path: Path) -> Stubborn:
    made = Stubborn(tmp_path / "own-system")
    engine.ports = replace(engine.ports, orders=made)
    return made


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path) -> Variant:
    mug = stock_shop(engine, desk, tmp_path / "shop")
    outbox.jobs.clear()
    return mug


def place_all(engine: AdEngine, outbox: Outbox) -> None:
    """What the workers would do for orders now; other jobs stay."""
    while owed := [job for job in outbox.jobs if job[0] == "place"]:
        outbox.jobs.remove(owed[0])
        placing.place(engine, owed[0][1])


def wait_and_sweep(engine: AdEngine, outbox: Outbox, clock: Clock, **by: float) -> None:
    clock.forward(**by)
    sweep(engine)
    place_all(engine, outbox)


def seen(engine: AdEngine, desk: Desk, order_id: str) -> Order:
    with engine.unit(desk.merchant) as unit:
        return unit.get(Order, order_id)


def test_a_paid_order_is_written_into_the_shops_own_system(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox
) -> None:
    sell_by(engine, desk, GERMAN)
    order_id = bought(engine, desk, sage, 2, buyer=LUMI, address=HOME, option_id="courier", notes="Ring twice")
    place_all(engine, outbox)
    (written,) = shop.files()
    assert written["id"] == order_id
    assert written["lines"] == [
        {
            "sku": "MUG-SAGE",
            "variant_key": "MUG-SAGE",
            "title": "Stoneware Mug, Sage",
            "quantity": 2,
            "unit": {"minor": 2400, "currency": "EUR"},
        }
    ]
    assert [written[what]["minor"] for what in ("total", "shipping", "discount", "tax")] == [5790, 990, 0, 0]
    assert (written["buyer"]["email"], written["address"]["line1"], written["note"]) == (
        "lumi@example.com",
        "Lichtweg 1",
        "Ring twice",
    )
    row = seen(engine, desk, order_id)
    assert (row.placed_status, row.placed_problem) == ("placed", "")
    assert row.placed_ref.startswith("S-")


def test_an_agent_hears_that_the_shop_took_the_order(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox
) -> None:
    agent = agent_of(engine, desk)
    with engine.unit(desk.merchant) as unit:
        row = unit.get(Agent, agent.agent_id or "")
        row.webhook_url, row.webhook_secret = "https://agent.example/", "whs_test"
    bought(engine, desk, sage, actor=agent)
    place_all(engine, outbox)
    with engine.unit(desk.merchant) as unit:
        told = sorted((one.number, one.kind) for one in notices.list_notices(unit))
    assert told == [(1, "order_create"), (2, "order_update")]


def test_a_shop_that_cannot_be_reached_is_asked_again_ever_less_often_and_for_ever(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    shop.answers = [Unavailable("the shop is down")] * 40
    order_id = bought(engine, desk, sage)
    place_all(engine, outbox)
    pauses = []
    while seen(engine, desk, order_id).placed_status != "placed":
        row = seen(engine, desk, order_id)
        assert (row.placed_status, row.placed_problem) == ("trying", "the shop is down")
        assert row.placed_due is not None
        pauses.append(row.placed_due - clock.now)
        wait_and_sweep(engine, outbox, clock, seconds=pauses[-1].total_seconds() + 0.001)
    assert shop.asked == 41
    assert pauses[0] == timedelta(seconds=60)
    assert timedelta(hours=1) <= pauses[-1] <= timedelta(hours=1.25)
    assert len(shop.files()) == 1
    assert seen(engine, desk, order_id).placed_problem == ""


def test_an_order_the_shop_refuses_is_left_with_its_words_until_somebody_asks_again(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    shop.answers = [Invalid("there is no SKU MUG-SAGE")]
    order_id = bought(engine, desk, sage)
    place_all(engine, outbox)
    wait_and_sweep(engine, outbox, clock, days=2)
    row = seen(engine, desk, order_id)
    assert (row.placed_status, row.placed_problem, shop.asked) == ("refused", "there is no SKU MUG-SAGE", 1)
    with engine.unit(desk.merchant) as unit:
        placing.place_again(unit, order_id)
    place_all(engine, outbox)
    assert seen(engine, desk, order_id).placed_status == "placed"
    assert len(shop.files()) == 1


class Crash(Exception):
    """The process dies here."""


def test_a_crash_after_the_shop_wrote_it_leaves_one_order(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    def die() -> None:
        raise Crash

    shop.after = die
    order_id = bought(engine, desk, sage)
    with pytest.raises(Crash):
        place_all(engine, outbox)
    shop.after = lambda: None
    wait_and_sweep(engine, outbox, clock, minutes=2)
    assert seen(engine, desk, order_id).placed_status == "placed"
    assert (shop.asked, len(shop.files())) == (2, 1)


def test_a_refund_is_told_once_however_often_the_sweep_looks(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    order_id = bought(engine, desk, sage)
    place_all(engine, outbox)
    orders.refund(engine, desk.merchant, order_id, amount=euros(500), request_key="r1")
    orders.refund(engine, desk.merchant, order_id, amount=euros(700), request_key="r2")
    for _ in range(3):
        wait_and_sweep(engine, outbox, clock, minutes=2)
    told = [one["refunded"]["minor"] for one in shop.files() if "refunded" in one]
    assert sorted(told) == [500, 700]
    assert shop.asked == 3
    assert seen(engine, desk, order_id).placed_status == "placed"


def fail(engine: AdEngine, desk: Desk, order_id: str, refund_id: str) -> None:
    with engine.unit(desk.merchant) as unit:
        payment_id = unit.get(Order, order_id).payment_id
        orders.refund_failed(unit, payment_id, refund_id=refund_id, reason="account_closed")


def test_a_shop_that_heard_of_a_refund_hears_once_that_it_failed(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    order_id = bought(engine, desk, sage)
    place_all(engine, outbox)
    (refund,) = orders.refund(engine, desk.merchant, order_id, amount=euros(500), request_key="r1").refunds
    wait_and_sweep(engine, outbox, clock, minutes=2)
    fail(engine, desk, order_id, refund.id)
    shop.answers = [Unavailable("down")]
    for _ in range(4):
        wait_and_sweep(engine, outbox, clock, minutes=2)
    assert [one["refund_failed"]["minor"] for one in shop.files() if "refund_failed" in one] == [500]
    assert shop.asked == 4  # the order, the refund, in vain, that it failed
    orders.refund(engine, desk.merchant, order_id, amount=euros(500), request_key="r2")
    wait_and_sweep(engine, outbox, clock, minutes=2)
    assert [one["refunded"]["minor"] for one in shop.files() if "refunded" in one] == [500]


def test_a_shop_that_never_heard_of_a_refund_hears_nothing_of_its_failing(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    order_id = bought(engine, desk, sage)
    place_all(engine, outbox)
    (refund,) = orders.refund(engine, desk.merchant, order_id, amount=euros(500), request_key="r1").refunds
    fail(engine, desk, order_id, refund.id)
    wait_and_sweep(engine, outbox, clock, minutes=2)
    assert (shop.asked, len(shop.files())) == (1, 1)


def test_a_refund_waits_for_its_order_and_for_a_shop_that_is_down(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    shop.answers = [Unavailable("down"), Unavailable("down")]
    order_id = bought(engine, desk, sage)
    orders.refund(engine, desk.merchant, order_id, request_key="r1")
    place_all(engine, outbox)
    assert shop.files() == []
    wait_and_sweep(engine, outbox, clock, minutes=10)
    wait_and_sweep(engine, outbox, clock, minutes=10)
    assert sorted("refunded" in one for one in shop.files()) == [False, True]
    assert seen(engine, desk, order_id).placed_status == "placed"


def test_a_refund_the_shop_refuses_is_said_in_words_and_the_next_one_is_told(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    order_id = bought(engine, desk, sage)
    place_all(engine, outbox)
    for key, minor in (("r1", 500), ("r2", 700)):
        orders.refund(engine, desk.merchant, order_id, amount=euros(minor), request_key=key)
        clock.forward(seconds=1)
    shop.answers = [Invalid("the year is closed")]
    wait_and_sweep(engine, outbox, clock, minutes=2)
    wait_and_sweep(engine, outbox, clock, minutes=2)
    row = seen(engine, desk, order_id)
    assert row.placed_status == "placed"
    assert row.placed_problem.endswith("the year is closed")
    assert [one["refunded"]["minor"] for one in shop.files() if "refunded" in one] == [700]
    assert shop.asked == 3


def test_of_8_workers_with_the_same_order_one_asks_the_shop(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn
) -> None:
    order_id = bought(engine, desk, sage)
    together = threading.Barrier(8)

    def place() -> None:
        together.wait(30)
        placing.place(engine, order_id)

    workers = [threading.Thread(target=place) for _ in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert shop.asked == 1


def test_a_lost_job_message_is_found_by_the_sweep_once(
    engine: AdEngine, desk: Desk, sage: Variant, shop: Stubborn, outbox: Outbox, clock: Clock
) -> None:
    order_id = bought(engine, desk, sage)
    outbox.jobs.clear()
    clock.forward(minutes=2)
    assert ("place", order_id) in sweep(engine)
    assert ("place", order_id) not in sweep(engine)  # a long queue is not flooded with the same nudge


def test_only_the_shop_itself_asks_again(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    with pytest.raises(Forbidden), engine.unit(agent_of(engine, desk)) as unit:
        placing.place_again(unit, order_id)
    with pytest.raises(NotFound), engine.unit(open_desk(engine, "other").merchant) as unit:
        placing.place_again(unit, order_id)
