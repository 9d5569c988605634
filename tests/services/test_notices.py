"""Order events on their way to agents: signed, whole, in order, until they arrive or are given up."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from adengine.core.catalog import Variant
from adengine.core.errors import Conflict, NotFound
from adengine.engine import Actor, AdEngine
from adengine.models import Notice, Order
from adengine.services import agents, notices, orders
from adengine.services.notices import NoticeCard
from integrations.post import WebPost
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox
from tests.receivers import Receiver, receiving
from tests.services.buying import bought, euros, stock_shop
from workers.tasks import sweep


@pytest.fixture
def engine(engine: AdEngine) -> AdEngine:
    """The product that may send to loopback, where the tests' receivers are."""
    engine.settings = replace(engine.settings, private_webhooks="1")
    engine.ports = replace(engine.ports, post=WebPost(allow_private=True, patience_s=2))
    return engine


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, outbox: Outbox, tmp_path: Path) -> Variant:
    mug = stock_shop(engine, desk, tmp_path / "shop")
    outbox.jobs.clear()
    return mug


@pytest.fixture
def receiver(clock: Clock) -> Iterator[Receiver]:
    with receiving() as made:
        made.now = clock.now.timestamp()
        yield made


@pytest.fixture
def agent(engine: AdEngine, desk: Desk, receiver: Receiver) -> Actor:
    """An agent that listens at the receiver."""
    with engine.unit(desk.merchant) as unit:
        card, _, receiver.secret = agents.add_agent(unit, "Concierge", webhook_url=f"{receiver.url}/order_events")
    return Actor("agent", desk.shop.id, frozenset({"catalog:read", "checkout:write"}), card.id)


def listed(engine: AdEngine, desk: Desk) -> list[NoticeCard]:
    """The shop's notices, the oldest first."""
    with engine.unit(desk.merchant) as unit:
        return sorted(notices.list_notices(unit), key=lambda one: (one.order_id, one.number))


def send_all(engine: AdEngine, outbox: Outbox) -> None:
    """What the workers would do for notices now; other jobs stay."""
    while owed := [job for job in outbox.jobs if job[0] == "notice"]:
        outbox.jobs.remove(owed[0])
        notices.send(engine, owed[0][1])


def wait_and_sweep(engine: AdEngine, outbox: Outbox, clock: Clock, receiver: Receiver, **by: float) -> None:
    clock.forward(**by)
    receiver.now = clock.now.timestamp()
    sweep(engine)
    send_all(engine, outbox)


def test_a_new_order_is_told_whole_and_signed(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox, clock: Clock
) -> None:
    order_id = bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    (taken,) = receiver.taken
    (notice,) = listed(engine, desk)
    assert taken.is_genuine
    assert taken.path == "/order_events"
    assert (taken.event["type"], taken.event["data"]["id"]) == ("order_create", order_id)
    assert [line["title"] for line in taken.event["data"]["line_items"]] == ["Stoneware Mug, Sage"]
    assert taken.headers["Content-Type"] == "application/json"
    assert taken.headers["Request-Id"] == notice.id
    assert taken.headers["Timestamp"] == "2026-11-21T12:00:00Z"
    assert (notice.number, notice.kind, notice.status, notice.tries) == (1, "order_create", "sent", 1)
    assert (notice.problem, notice.due) == ("", None)


def test_nobody_is_told_of_an_order_no_agent_made_or_no_agent_listens_for(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    bought(engine, desk, sage)
    with engine.unit(desk.merchant) as unit:
        agents.change_webhook(unit, agent.agent_id or "", "")
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    assert (listed(engine, desk), receiver.taken) == ([], [])


def test_a_message_that_failed_comes_again_the_same_but_signed_anew(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox, clock: Clock
) -> None:
    receiver.statuses = [500, 429]
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    (notice,) = listed(engine, desk)
    assert (notice.status, notice.problem) == ("trying", "the agent's server answered 500")
    wait_and_sweep(engine, outbox, clock, receiver, seconds=1)
    assert len(receiver.taken) == 1  # its pause is not over
    wait_and_sweep(engine, outbox, clock, receiver, seconds=30)
    wait_and_sweep(engine, outbox, clock, receiver, seconds=60)
    first, second, third = receiver.taken
    assert first.body == second.body == third.body
    assert first.headers["Request-Id"] == third.headers["Request-Id"]
    assert first.headers["Merchant-Signature"] != third.headers["Merchant-Signature"]
    assert third.is_genuine
    (notice,) = listed(engine, desk)
    assert (notice.status, notice.tries, notice.problem) == ("sent", 3, "")


@pytest.mark.parametrize(
    ("status", "words"),
    [(500, "answered 500"), (401, "answered 401"), (404, "answered 404"), (302, "answered 302; messages are not red")],
)
def test_anything_but_a_2xx_is_a_failure_in_words(
    engine: AdEngine,
    desk: Desk,
    sage: Variant,
    agent: Actor,
    receiver: Receiver,
    outbox: Outbox,
    status: int,
    words: str,
) -> None:
    receiver.statuses = [status]
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    (notice,) = listed(engine, desk)
    assert notice.status == "trying"
    assert words in notice.problem
    assert len(receiver.taken) == 1


def test_a_receiver_that_hangs_holds_nobody_up_for_long(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    engine.ports = replace(engine.ports, post=WebPost(allow_private=True, patience_s=0.3))
    receiver.hold = True
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    (notice,) = listed(engine, desk)
    assert (notice.status, notice.problem) == ("trying", "the receiver did not answer within 0.3 seconds")


def test_a_later_message_waits_for_an_earlier_one_and_follows_at_once(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox, clock: Clock
) -> None:
    receiver.statuses = [503, 503]
    order_id = bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    orders.refund(engine, desk.merchant, order_id, amount=euros(500), request_key="r1")
    send_all(engine, outbox)
    wait_and_sweep(engine, outbox, clock, receiver, seconds=30)
    assert [one.event["type"] for one in receiver.taken] == ["order_create", "order_create"]
    clock.forward(minutes=5)
    assert [row_id for job, row_id in sweep(engine) if job == "notice"] == [listed(engine, desk)[0].id]
    wait_and_sweep(engine, outbox, clock, receiver, seconds=1)
    assert [one.event["type"] for one in receiver.taken][2:] == ["order_create", "order_update"]
    assert [one["amount"] for one in receiver.taken[-1].event["data"]["adjustments"]] == [500]
    assert [(one.number, one.status) for one in listed(engine, desk)] == [(1, "sent"), (2, "sent")]


def test_messages_of_other_orders_do_not_wait(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    receiver.statuses = [503]
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    second = bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    assert [one.event["data"]["id"] for one in receiver.taken][1:] == [second]


def test_after_three_days_a_message_is_given_up_and_the_next_one_goes_on(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox, clock: Clock
) -> None:
    receiver.statuses = [500] * notices.MOST_TRIES
    order_id, begun = bought(engine, desk, sage, actor=agent), clock.now
    send_all(engine, outbox)
    orders.refund(engine, desk.merchant, order_id, request_key="r1")
    while listed(engine, desk)[0].status != "given_up":
        due = listed(engine, desk)[0].due
        assert due is not None
        wait_and_sweep(engine, outbox, clock, receiver, seconds=(due - clock.now).total_seconds() + 0.001)
    assert 2.9 < (clock.now - begun).total_seconds() / 86400 < 3.8
    assert [(one.status, one.tries) for one in listed(engine, desk)] == [("given_up", notices.MOST_TRIES), ("sent", 1)]
    assert listed(engine, desk)[0].problem == "the agent's server answered 500"


class Crash(Exception):
    """The process dies here."""


def test_a_crash_after_posting_sends_the_same_message_again(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox, clock: Clock
) -> None:
    honest = engine.ports.post

    def post_and_die(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        honest(url, body, headers)
        raise Crash

    engine.ports = replace(engine.ports, post=post_and_die)
    bought(engine, desk, sage, actor=agent)
    with pytest.raises(Crash):
        send_all(engine, outbox)
    engine.ports = replace(engine.ports, post=honest)
    wait_and_sweep(engine, outbox, clock, receiver, minutes=2)
    first, second = receiver.taken
    assert (first.body, first.headers["Request-Id"]) == (second.body, second.headers["Request-Id"])
    assert [one.status for one in listed(engine, desk)] == ["sent"]


def test_a_lost_job_message_is_found_by_the_sweep_once(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox, clock: Clock
) -> None:
    bought(engine, desk, sage, actor=agent)
    (notice,) = listed(engine, desk)
    outbox.jobs.clear()
    assert ("notice", notice.id) not in sweep(engine)  # its message may still be on the way
    clock.forward(minutes=2)
    assert ("notice", notice.id) in sweep(engine)
    assert ("notice", notice.id) not in sweep(engine)  # a long queue is not flooded with the same nudge
    receiver.now = clock.now.timestamp()
    send_all(engine, outbox)
    assert len(receiver.taken) == 1


def test_of_8_workers_with_the_same_notice_one_posts_it(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver
) -> None:
    bought(engine, desk, sage, actor=agent)
    (notice,) = listed(engine, desk)
    together = threading.Barrier(8)

    def send() -> None:
        together.wait(30)
        notices.send(engine, notice.id)

    workers = [threading.Thread(target=send) for _ in range(8)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert len(receiver.taken) == 1
    assert [one.status for one in listed(engine, desk)] == ["sent"]


def test_a_withdrawn_agent_is_told_nothing_more(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    order_id = bought(engine, desk, sage, actor=agent)
    with engine.unit(desk.merchant) as unit:
        agents.withdraw_agent(unit, agent.agent_id or "")
    orders.refund(engine, desk.merchant, order_id, request_key="r1")
    send_all(engine, outbox)
    assert receiver.taken == []
    assert [(one.status, one.problem) for one in listed(engine, desk)] == [("given_up", "the agent was withdrawn")]


def test_an_agent_withdrawn_while_its_message_is_posted_stays_withdrawn(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    honest = engine.ports.post

    def withdraw_meanwhile(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        with engine.unit(desk.merchant) as unit:
            agents.withdraw_agent(unit, agent.agent_id or "")
        return honest(url, body, headers)

    engine.ports = replace(engine.ports, post=withdraw_meanwhile)
    receiver.statuses = [500]
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    assert [(one.status, one.problem) for one in listed(engine, desk)] == [("given_up", "the agent was withdrawn")]


def test_a_moved_webhook_takes_what_is_still_owed_under_its_new_secret(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox, clock: Clock
) -> None:
    receiver.statuses = [500]
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    with engine.unit(desk.merchant) as unit:
        _, receiver.secret = agents.change_webhook(unit, agent.agent_id or "", f"{receiver.url}/moved")
    wait_and_sweep(engine, outbox, clock, receiver, minutes=1)
    assert (receiver.taken[-1].path, receiver.taken[-1].is_genuine) == ("/moved", True)


def test_an_agent_hears_that_a_refund_did_not_reach_its_buyer(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    order_id = bought(engine, desk, sage, 2, actor=agent)
    card = orders.refund(engine, desk.merchant, order_id, lines=((sage.id, 1),), request_key="one")
    with engine.unit(desk.merchant) as unit:
        payment_id = unit.get(Order, order_id).payment_id
        orders.refund_failed(unit, payment_id, refund_id=card.refunds[0].id, reason="account_closed")
    send_all(engine, outbox)
    paid, failed = (one.event for one in receiver.taken[1:])
    told = [
        (one["type"], one["data"]["adjustments"][0]["status"], one["data"]["line_items"][0]["quantity"]["current"])
        for one in (paid, failed)
    ]
    assert told == [("order_update", "completed", 1), ("order_update", "failed", 2)]
    assert "amount_refunded" in str(paid["data"]["totals"])
    assert "amount_refunded" not in str(failed["data"]["totals"])


def test_sent_again_is_the_order_as_it_stands_now(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    order_id = bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    with engine.unit(desk.merchant) as unit:
        notices.send_again(unit, order_id)
    send_all(engine, outbox)
    assert [one.event["type"] for one in receiver.taken] == ["order_create", "order_update"]


def test_sent_again_after_it_was_given_up_is_a_new_order_to_the_agent(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    order_id = bought(engine, desk, sage, actor=agent)
    with engine.unit(desk.merchant) as unit:
        unit.get(Notice, listed(engine, desk)[0].id).status = "given_up"
    with engine.unit(desk.merchant) as unit:
        notices.send_again(unit, order_id)
    send_all(engine, outbox)
    assert [one.event["type"] for one in receiver.taken] == ["order_create"]


def test_sent_again_while_it_is_owed_is_the_same_message_at_once(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    receiver.statuses = [500]
    order_id = bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    with engine.unit(desk.merchant) as unit:
        notices.send_again(unit, order_id)
    send_all(engine, outbox)
    assert [(one.number, one.status, one.tries) for one in listed(engine, desk)] == [(1, "sent", 2)]
    assert receiver.taken[0].body == receiver.taken[1].body


def test_another_shop_neither_sees_nor_sends_them(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver
) -> None:
    order_id = bought(engine, desk, sage, actor=agent)
    other = open_desk(engine, "other")
    assert listed(engine, other) == []
    with pytest.raises(NotFound), engine.unit(other.merchant) as unit:
        notices.send_again(unit, order_id)


def test_without_a_listening_agent_there_is_nothing_to_send_again(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    with pytest.raises(Conflict), engine.unit(desk.merchant) as unit:
        notices.send_again(unit, order_id)


def test_private_addresses_get_no_message_unless_a_setting_says_so(
    engine: AdEngine, desk: Desk, sage: Variant, agent: Actor, receiver: Receiver, outbox: Outbox
) -> None:
    engine.ports = replace(engine.ports, post=WebPost())
    bought(engine, desk, sage, actor=agent)
    send_all(engine, outbox)
    assert receiver.taken == []
    assert [(one.status, one.problem) for one in listed(engine, desk)] == [
        ("trying", "the address of the receiver must begin with https://")
    ]
