"""Requests that must act once: replayed, refused, told to wait, taken over; from threads, processes and the dead."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from threading import Barrier as ThreadBarrier
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from adengine.core.errors import Invalid, KeyReused, StillRunning
from adengine.engine import SYSTEM, Actor, AdEngine, Unit
from adengine.models import Inbox, Request
from adengine.services import requests
from adengine.services.requests import Answer, Ask, begin, digest, drop, forget, keep
from adengine.settings import Settings
from tests.conftest import Desk, open_desk
from tests.fakes import Clock

ASK = Ask("agt_one", "/acp/checkout_sessions", "key-1", digest(b'{"a": 1}'))
LEASE = timedelta(seconds=int(Settings().lease_s))
MADE = Answer(201, '{"id": "chk_1", "total": 24.00}')


def test_a_request_asked_again_gets_the_stored_status_and_body(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, ASK) is None
        keep(unit, ASK, MADE)
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, replace(ASK, digest=digest(b' {"a":1.0}'))) == MADE


def test_the_same_key_with_another_body_is_refused_for_good(engine: AdEngine, desk: Desk) -> None:
    other = replace(ASK, digest=digest(b'{"a": 2}'))
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    with pytest.raises(KeyReused), engine.unit(desk.merchant) as unit:
        begin(unit, other)
    with engine.unit(desk.merchant) as unit:
        keep(unit, ASK, MADE)
    with pytest.raises(KeyReused), engine.unit(desk.merchant) as unit:
        begin(unit, other)


def test_whoever_asks_while_it_runs_is_told_to_wait_a_moment(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    with pytest.raises(StillRunning) as refused, engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    assert 1 <= refused.value.retry_after_s <= 2


def test_other_callers_paths_and_keys_do_not_meet(engine: AdEngine, desk: Desk) -> None:
    elsewhere = open_desk(engine, "other")
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
        keep(unit, ASK, MADE)
        assert begin(unit, replace(ASK, path="/acp/carts")) is None
        assert begin(unit, replace(ASK, key="key-2")) is None
        assert begin(unit, replace(ASK, caller="agt_two")) is None
    with engine.unit(elsewhere.merchant) as unit:
        assert begin(unit, replace(ASK, caller="agt_of_another_shop")) is None


def test_a_lost_request_is_taken_over_once_its_lease_is_over(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    clock.forward(seconds=int(engine.settings.lease_s) - 1)
    with pytest.raises(StillRunning), engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    clock.forward(seconds=1)
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, ASK) is None
    with pytest.raises(StillRunning), engine.unit(desk.merchant) as unit:
        begin(unit, ASK)


def test_a_request_that_failed_for_our_reasons_is_done_again_at_once(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    with engine.unit(desk.merchant) as unit:
        drop(unit, ASK)
    with pytest.raises(KeyReused), engine.unit(desk.merchant) as unit:
        begin(unit, replace(ASK, digest=digest(b"[]")))
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, ASK) is None


def test_what_was_answered_is_not_dropped_and_the_first_answer_stands(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
        keep(unit, ASK, MADE)
        keep(unit, ASK, Answer(200, "another"))
        drop(unit, ASK)
        drop(unit, replace(ASK, key="never begun"))
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, ASK) == MADE


def test_a_unit_that_fails_keeps_neither_the_request_nor_its_work(engine: AdEngine, desk: Desk) -> None:
    def work_and_fail() -> None:
        with engine.unit(desk.merchant) as unit:
            begin(unit, ASK)
            unit.db.add(Inbox(provider="work", external_id="1", at=unit.now()))
            keep(unit, ASK, MADE)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work_and_fail()
    with engine.unit(SYSTEM) as unit:
        assert unit.db.scalar(select(func.count()).select_from(Request)) == 0
        assert unit.db.scalar(select(func.count()).select_from(Inbox)) == 0


def test_a_refusal_is_kept_though_its_unit_was_undone(engine: AdEngine, desk: Desk) -> None:
    def refuse() -> None:
        with engine.unit(desk.merchant) as unit:
            begin(unit, ASK)
            raise Invalid("no such item")

    with pytest.raises(Invalid):
        refuse()
    with engine.unit(desk.merchant) as unit:
        keep(unit, ASK, Answer(400, "no such item"))
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, ASK) == Answer(400, "no such item")


def test_requests_are_forgotten_after_a_day_and_not_before(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
        keep(unit, ASK, MADE)
    clock.forward(hours=24)
    with engine.unit(SYSTEM) as unit:
        assert forget(unit) == 0
        clock.forward(seconds=1)
        assert forget(unit) == 1
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, replace(ASK, digest=digest(b"[]"))) is None


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_key_has_1_to_255_characters(key: str) -> None:
    with pytest.raises(Invalid):
        replace(ASK, key=key)


class Remembered:
    """What should be known of one key: the body it came with first, until when it is worked on, and its answer."""

    def __init__(self, ask: Ask, now: datetime) -> None:
        self.digest, self.since, self.busy_until, self.answer = ask.digest, now, now + LEASE, ""

    def begin(self, ask: Ask, now: datetime) -> str:
        if self.digest != ask.digest:
            return "KeyReused"
        if self.answer:
            return self.answer
        if now < self.busy_until:
            return "StillRunning"
        self.busy_until = now + LEASE
        return "do it"


class Model:
    """The whole store as a dictionary, to be compared with the real one."""

    def __init__(self) -> None:
        self.known: dict[str, Remembered] = {}

    def begin(self, ask: Ask, now: datetime) -> str:
        if ask.key in self.known:
            return self.known[ask.key].begin(ask, now)
        self.known[ask.key] = Remembered(ask, now)
        return "do it"

    def keep(self, ask: Ask, answer: str, now: datetime) -> None:
        one = self.known.setdefault(ask.key, Remembered(ask, now))
        one.answer = one.answer or answer

    def drop(self, ask: Ask, now: datetime) -> None:
        if ask.key in self.known:
            self.known[ask.key].busy_until = now

    def forget(self, now: datetime) -> None:
        self.known = {key: one for key, one in self.known.items() if now - one.since <= requests.KEPT_FOR}


ACTS = st.lists(
    st.tuples(st.sampled_from(["begin", "begin", "keep", "drop", "wait", "forget"]), st.integers(0, 1), st.booleans()),
    max_size=30,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=ACTS)
def test_whatever_happens_a_key_has_one_body_and_one_answer(
    engine: AdEngine, desk: Desk, clock: Clock, acts: list[tuple[str, int, bool]]
) -> None:
    model = Model()
    clock.forward(hours=25)
    with engine.unit(SYSTEM) as unit:
        forget(unit)
    for number, (act, key, flag) in enumerate(acts):
        ask = Ask("agt", "/path", f"key-{key}", digest(b"1" if flag else b"2"))
        with engine.unit(desk.merchant) as unit:
            match act:
                case "begin":
                    assert _begun(unit, ask) == model.begin(ask, clock.now)
                case "keep":
                    keep(unit, ask, Answer(200, f"answer {number}"))
                    model.keep(ask, f"answer {number}", clock.now)
                case "drop":
                    drop(unit, ask)
                    model.drop(ask, clock.now)
                case "forget":
                    forget(unit)
                    model.forget(clock.now)
                case "wait":
                    clock.forward(seconds=9 if flag else 9 * 3600)


def _begun(unit: Unit, ask: Ask) -> str:
    try:
        answer = begin(unit, ask)
    except (KeyReused, StillRunning) as refusal:
        return type(refusal).__name__
    return answer.body if answer else "do it"


def _ask_once(engine: AdEngine, actor: Actor, name: str) -> str:
    """What an HTTP server does with a request that calls a provider: claim, call, keep."""
    try:
        with engine.unit(actor) as unit:
            answer = begin(unit, ASK)
        if answer is not None:
            return answer.body
    except StillRunning:
        return "wait"
    with engine.unit(actor) as unit:
        unit.db.add(Inbox(provider="work", external_id=name, at=unit.now()))
        keep(unit, ASK, Answer(201, f"made by {name}"))
    return f"made by {name}"


def _need_one_deed(engine: AdEngine, actor: Actor, outcomes: list[str]) -> None:
    with engine.unit(SYSTEM) as unit:
        makers = unit.db.scalars(select(Inbox.external_id)).all()
    assert len(makers) == 1
    assert set(outcomes) <= {f"made by {makers[0]}", "wait"}
    assert f"made by {makers[0]}" in outcomes
    with engine.unit(actor) as unit:
        assert begin(unit, ASK) == Answer(201, f"made by {makers[0]}")


def test_of_16_threads_sending_one_request_one_does_it(engine: AdEngine, desk: Desk) -> None:
    together = ThreadBarrier(16)

    def ask(number: int) -> str:
        together.wait(30)
        return _ask_once(engine, desk.merchant, f"thread {number}")

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(ask, range(16)))
    _need_one_deed(engine, desk.merchant, outcomes)


def test_a_lost_request_is_taken_over_by_one_of_two_that_meet(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    clock.forward(seconds=60)
    outcomes: list[str] = []
    second = Thread(target=lambda: outcomes.append(_ask_once(engine, desk.merchant, "second")))
    with engine.unit(desk.merchant) as unit:
        assert begin(unit, ASK) is None
        second.start()
        second.join(0.3)  # by now it waits for this unit to end, whatever it has read
    second.join(30)
    assert outcomes == ["wait"]


def test_of_16_threads_finding_a_lost_request_one_takes_it_over(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    with engine.unit(desk.merchant) as unit:
        begin(unit, ASK)
    clock.forward(seconds=60)
    together = ThreadBarrier(16)

    def ask(number: int) -> str:
        together.wait(30)
        return _ask_once(engine, desk.merchant, f"thread {number}")

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(ask, range(16)))
    _need_one_deed(engine, desk.merchant, outcomes)


def test_of_16_processes_sending_one_request_one_does_it(engine: AdEngine, desk: Desk) -> None:
    fork = multiprocessing.get_context("fork")
    together = fork.Barrier(16)
    engine.close()  # a forked process must not speak over its parent's connections
    started = []
    for number in range(16):
        mouth, ear = fork.Pipe()
        child = fork.Process(target=_ask_in_a_process, args=(engine, desk.merchant, number, together, ear))
        child.start()
        ear.close()
        started.append((child, mouth))
    outcomes = [mouth.recv() for _, mouth in started]
    for child, _ in started:
        child.join(30)
    _need_one_deed(engine, desk.merchant, outcomes)


def _ask_in_a_process(engine: AdEngine, actor: Actor, number: int, together: Barrier, ear: Connection) -> None:
    own = AdEngine(engine.settings, engine.ports)
    together.wait(30)
    ear.send(_ask_once(own, actor, f"process {number}"))
    own.close()


def test_a_killed_process_holds_its_request_for_a_lease_only(engine: AdEngine, desk: Desk, clock: Clock) -> None:
    fork = multiprocessing.get_context("fork")
    engine.close()
    child = fork.Process(target=_begin_and_die, args=(engine, desk.merchant))
    child.start()
    child.join(30)
    assert child.exitcode == 9
    assert _ask_once(engine, desk.merchant, "too early") == "wait"
    clock.forward(seconds=int(engine.settings.lease_s))
    assert _ask_once(engine, desk.merchant, "the next") == "made by the next"
    _need_one_deed(engine, desk.merchant, ["made by the next"])


def _begin_and_die(engine: AdEngine, actor: Actor) -> None:
    with AdEngine(engine.settings, engine.ports).unit(actor) as unit:
        begin(unit, ASK)
    os._exit(9)
