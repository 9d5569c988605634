"""Jobs in this process: leases kept while nothing is reported, and a sweep that one failure does not stop."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from adengine.core.clip import Clip, ClipAsk
from adengine.core.errors import ClipCancelled, RenderFailed, Unavailable
from adengine.core.film import Film
from adengine.core.money import Money
from adengine.core.timeline import Timeline
from adengine.engine import SYSTEM, Actor, AdEngine, Unit
from adengine.models import Ad, Shot
from adengine.ports import Cancelled, Progress
from adengine.services import ads, catalog, checkout, orders, paying, placing, renders
from adengine.services.checkout import CheckoutWish
from adengine.services.planning import AdWish
from adengine.settings import Settings
from integrations.sandbox import SandboxPayments
from tests.conftest import Desk
from tests.fakes import Clock, Outbox, build_test_engine
from tests.shops import MUG, OAT, write_shop
from workers import tasks
from workers.tasks import JOBS, sweep

pytestmark = pytest.mark.slow
SILENT_S = 3.0
PATIENCE_S = 20.0


@pytest.fixture
def engine(database_url: str, tmp_path: Path, outbox: Outbox) -> Iterator[AdEngine]:
    """The built product with a lease of one second of the real clock."""
    settings = Settings(home=str(tmp_path / "home"), database_url=database_url, lease_s="1")
    made = build_test_engine(settings, clock=Clock(), outbox=outbox)
    made.ports = replace(made.ports, clock=lambda: datetime.now(UTC))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _catalogue(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    # The mug alone: its pictures came cut out, so the sweep owes nothing for them.
    catalog.import_feed(engine, desk.merchant, str(write_shop(tmp_path / "shop", [MUG, OAT])))


def make_film(out: Path) -> Film:
    for name in ("film.mp4", "poster.webp", "poster.jpg", "captions.vtt"):
        (out / name).write_bytes(b"made")
    return Film(
        film="film.mp4",
        poster="poster.webp",
        poster_jpeg="poster.jpg",
        captions="captions.vtt",
        frames=180,
        width=270,
        height=480,
        duration_s=6.0,
        bytes=4,
        sha256="0" * 64,
        audio=False,
    )


def silent_studio(
    timeline: Timeline, *, resolve: Callable[[str], Path], out: Path, progress: Callable[[int, int], None]
) -> Film:
    """A studio that works for three leases and reports nothing."""
    time.sleep(SILENT_S)
    return make_film(out)


def endless_studio(
    timeline: Timeline, *, resolve: Callable[[str], Path], out: Path, progress: Callable[[int, int], None]
) -> Film:
    """A studio that reports for as long as it is let."""
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        time.sleep(0.05)
        progress(7, timeline.frames)
    return make_film(out)


@dataclass(frozen=True)
class SilentGenerator:
    """Makes no picture for some seconds, and stops when told, if it listens."""

    for_s: float
    listens: bool
    name: str = "placeholder"

    def plan(self, ask: ClipAsk) -> ClipAsk:
        return ask

    def generate(self, ask: ClipAsk, *, out: Path, progress: Progress, cancelled: Cancelled) -> Clip:
        end = time.monotonic() + self.for_s
        while time.monotonic() < end:
            time.sleep(0.05)
            if self.listens and cancelled():
                raise ClipCancelled("The clip was cancelled.")
        out.write_bytes(b"made")
        return Clip(out, ask.width, ask.height, ask.fps, ask.frames, (("generator", self.name),))


def order_film(engine: AdEngine, desk: Desk) -> str:
    with engine.unit(desk.merchant) as unit:
        return ads.create_ad(unit, AdWish("mug", seconds=6)).id


def order_shot(engine: AdEngine, desk: Desk) -> tuple[str, str]:
    """An ad that waits for a clip; answers its id and the shot's."""
    with engine.unit(desk.merchant) as unit:
        ad_id = ads.create_ad(unit, AdWish("mug", seconds=6, generator="placeholder")).id
    with engine.unit(desk.merchant) as unit:
        return ad_id, ads.shots_of(unit, ad_id)[0]


@contextmanager
def working(engine: AdEngine, job: str, row_id: str) -> Iterator[threading.Thread]:
    """The job in a thread of its own, begun and at the end over."""
    thread = threading.Thread(target=JOBS[job], args=(engine, row_id))
    thread.start()
    kind = Ad if job == "render" else Shot
    until(engine, lambda unit: unit.get(kind, row_id).attempt == 1)
    yield thread
    thread.join(PATIENCE_S)
    assert not thread.is_alive()


def until(engine: AdEngine, fits: Callable[[Unit], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with engine.reading(SYSTEM) as unit:
            if fits(unit):
                return
        time.sleep(0.05)
    raise AssertionError("it did not come to that")


def owed_while(engine: AdEngine, thread: threading.Thread) -> list[tuple[str, str]]:
    """Whatever sweeps of other workers find until the job ends."""
    found = []
    while thread.is_alive():
        with engine.unit(SYSTEM) as unit:
            found += renders.owed(unit)
        time.sleep(0.1)
    return found


def test_a_studio_that_reports_nothing_keeps_its_job(engine: AdEngine, desk: Desk) -> None:
    engine.ports = replace(engine.ports, studio=silent_studio)
    ad_id = order_film(engine, desk)
    with working(engine, "render", ad_id) as thread:
        assert owed_while(engine, thread) == []
    with engine.unit(SYSTEM) as unit:
        ad = unit.get(Ad, ad_id)
        assert (ad.status, ad.attempt, ad.losses) == ("ready", 1, 0)


def test_a_generator_that_reports_nothing_keeps_its_job(engine: AdEngine, desk: Desk) -> None:
    engine.ports = replace(engine.ports, generator=lambda name: SilentGenerator(SILENT_S, listens=False))
    _, shot_id = order_shot(engine, desk)
    with working(engine, "generate", shot_id) as thread:
        found = owed_while(engine, thread)
    assert ("generate", shot_id) not in found
    with engine.unit(SYSTEM) as unit:
        shot = unit.get(Shot, shot_id)
        assert (shot.status, shot.attempt, shot.losses) == ("ready", 1, 0)


def test_progress_is_noted_while_a_film_is_made_and_a_retired_ad_ends_it(engine: AdEngine, desk: Desk) -> None:
    engine.ports = replace(engine.ports, studio=endless_studio)
    ad_id = order_film(engine, desk)
    with working(engine, "render", ad_id) as thread:
        until(engine, lambda unit: unit.get(Ad, ad_id).frames_done == 7)
        with engine.unit(desk.merchant) as unit:
            ads.retire(unit, ad_id)
        thread.join(4)
        assert not thread.is_alive()
    with engine.unit(SYSTEM) as unit:
        assert (unit.get(Ad, ad_id).status, unit.get(Ad, ad_id).film) == ("retired", None)
    assert not list((engine.settings.home_path / "files" / "ads").rglob("*"))


def test_a_film_finished_after_its_ad_was_retired_uploads_nothing(engine: AdEngine, desk: Desk) -> None:
    engine.ports = replace(engine.ports, studio=silent_studio)
    ad_id = order_film(engine, desk)
    with working(engine, "render", ad_id), engine.unit(desk.merchant) as unit:
        ads.retire(unit, ad_id)
    assert not list((engine.settings.home_path / "files" / "ads").rglob("*"))


def test_a_retired_ad_ends_its_shot(engine: AdEngine, desk: Desk) -> None:
    engine.ports = replace(engine.ports, generator=lambda name: SilentGenerator(PATIENCE_S, listens=True))
    ad_id, shot_id = order_shot(engine, desk)
    with working(engine, "generate", shot_id) as thread:
        with engine.unit(desk.merchant) as unit:
            ads.retire(unit, ad_id)
        thread.join(4)
        assert not thread.is_alive()
    with engine.unit(SYSTEM) as unit:
        assert unit.get(Shot, shot_id).clip == ""


def test_a_database_that_fails_once_costs_one_heartbeat_only(
    engine: AdEngine, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    engine.ports = replace(engine.ports, studio=silent_studio)
    ad_id = order_film(engine, desk)
    failures = [OperationalError("SELECT 1", {}, Exception("the server went away"))]
    whole = engine.unit

    @contextmanager
    def failing_once(actor: Actor) -> Iterator[Unit]:
        if threading.current_thread().name == "heartbeat" and failures:
            raise failures.pop()
        with whole(actor) as unit:
            yield unit

    engine.unit = failing_once  # type: ignore[method-assign]
    with working(engine, "render", ad_id) as thread:
        assert owed_while(engine, thread) == []
    assert failures == []
    assert "a heartbeat failed" in caplog.text
    with engine.unit(SYSTEM) as unit:
        assert unit.get(Ad, ad_id).status == "ready"


def test_a_job_that_fails_says_so_and_leaves_no_heartbeat_behind(engine: AdEngine, desk: Desk) -> None:
    def broken_studio(*_: object, **__: object) -> Film:
        time.sleep(0.6)
        raise RenderFailed("the picture is broken; import it again")

    def bursting_studio(*_: object, **__: object) -> Film:
        raise ZeroDivisionError

    first, second = order_film(engine, desk), order_film(engine, desk)
    engine.ports = replace(engine.ports, studio=broken_studio)
    JOBS["render"](engine, first)
    engine.ports = replace(engine.ports, studio=bursting_studio)
    with pytest.raises(ZeroDivisionError):
        JOBS["render"](engine, second)
    assert "heartbeat" not in {one.name for one in threading.enumerate()}
    with engine.unit(SYSTEM) as unit:
        failed = [unit.get(Ad, one) for one in (first, second)]
        assert [one.status for one in failed] == ["failed", "failed"]
        assert failed[0].reason == "the picture is broken; import it again"
        assert "ZeroDivisionError" in failed[1].reason


# ---- the sweep ----


class BrokenFor(SandboxPayments):
    """The sandbox, which cannot pay back what one payment took."""

    def __init__(self, settings: Settings, broken: str) -> None:
        super().__init__(secret=settings.secret(), public_url=settings.public_url)
        self.broken = broken

    def refund(self, external_id: str, amount: Money, *, key: str) -> None:
        if external_id == self.broken:
            raise Unavailable("the provider does not answer")
        super().refund(external_id, amount, key=key)


def bought(engine: AdEngine, desk: Desk) -> tuple[str, str]:
    """A paid order of one mug; answers its id and the provider's name for the payment."""
    with engine.unit(desk.visitor) as unit:
        variant = catalog.get_product(unit, "mug").variants[0]
        opened = checkout.open_checkout(unit, CheckoutWish(((variant.id, 1),)))
    url = paying.pay(engine, desk.visitor, opened.id)
    sandbox = engine.ports.payments
    assert isinstance(sandbox, SandboxPayments)
    external_id = url.rsplit("/", 1)[-1]
    order_id = paying.take_event(engine, *sandbox.decide(external_id, "paid"))
    assert order_id is not None
    placing.place(engine, order_id)
    return order_id, external_id


def break_off_refund(engine: AdEngine, desk: Desk, order_id: str) -> None:
    with engine.unit(desk.merchant) as unit:
        orders._claim_refund(unit, order_id, Money(500, "EUR"), (), "broken off")


def refunded(engine: AdEngine, desk: Desk, order_id: str) -> Money:
    with engine.unit(desk.visitor) as unit:
        return orders.get_order(unit, order_id).refunded


@pytest.mark.parametrize("broken", [0, 1])
def test_a_refund_that_cannot_be_paid_stops_neither_the_others_nor_the_nudges(
    engine: AdEngine, desk: Desk, outbox: Outbox, caplog: pytest.LogCaptureFixture, broken: int
) -> None:
    orders = [bought(engine, desk) for _ in range(2)]
    for order_id, _ in orders:
        break_off_refund(engine, desk, order_id)
    ad_id = order_film(engine, desk)
    outbox.jobs.clear()
    later = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)
    engine.ports = replace(engine.ports, payments=BrokenFor(engine.settings, orders[broken][1]), clock=lambda: later)
    assert sweep(engine) == [("render", ad_id)]
    assert outbox.jobs == [("render", ad_id)]
    nothing, paid = Money(0, "EUR"), Money(500, "EUR")
    assert [refunded(engine, desk, one) for one, _ in orders] == ([nothing, paid] if broken == 0 else [paid, nothing])
    assert f"could not refund {orders[broken][0]}" in caplog.text


def test_of_several_jobs_in_a_message_one_that_fails_stops_no_other(
    engine: AdEngine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done = list[str]()

    def place(engine: AdEngine, row_id: str) -> None:
        if row_id == "ord_2":
            raise RuntimeError("a defect")
        done.append(row_id)

    monkeypatch.setitem(JOBS, "place", place)
    app = tasks.make_app(engine)
    app.tasks["several"].apply(args=[[["place", "ord_1"], ["place", "ord_2"], ["place", "ord_3"]]])
    assert done == ["ord_1", "ord_3"]
    assert "could not do place ord_2; the next sweep will try again" in caplog.text


def test_jobs_are_sent_before_refunds_are_paid(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    order_id, _ = bought(engine, desk)
    break_off_refund(engine, desk, order_id)
    ad_id = order_film(engine, desk)
    outbox.jobs.clear()
    sent_before: list[tuple[str, str]] = []

    class Watching(SandboxPayments):
        def refund(self, external_id: str, amount: Money, *, key: str) -> None:
            sent_before.extend(outbox.jobs)

    watching = Watching(secret=engine.settings.secret(), public_url=engine.settings.public_url)
    later = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)
    engine.ports = replace(engine.ports, payments=watching, clock=lambda: later)
    sweep(engine)
    assert sent_before == [("render", ad_id)]


@pytest.mark.parametrize("failing", ["expire", "owed"])
def test_one_part_of_the_sweep_that_fails_loses_no_other(
    engine: AdEngine, desk: Desk, outbox: Outbox, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """The failure has no honest cause to build here: a defect in either part is what the sweep must survive."""
    with engine.unit(desk.visitor) as unit:
        variant = catalog.get_product(unit, "mug").variants[0]
        opened = checkout.open_checkout(unit, CheckoutWish(((variant.id, 1),)))
    paying.pay(engine, desk.visitor, opened.id)
    ad_id = order_film(engine, desk)
    outbox.jobs.clear()
    later = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)
    engine.ports = replace(engine.ports, clock=lambda: later)

    def defect(unit: Unit) -> list[tuple[str, str]]:
        raise RuntimeError("a defect")

    if failing == "expire":
        monkeypatch.setattr(paying, "expire", defect)
    else:
        monkeypatch.setattr(tasks, "OWED", (defect, *(one for one in tasks.OWED if one is not renders.owed)))
    jobs = sweep(engine)
    with engine.unit(desk.visitor) as unit:
        status = checkout.get_checkout(unit, opened.id).status
    assert (jobs, status) == (([("render", ad_id)], "paying") if failing == "expire" else ([], "expired"))
    assert outbox.jobs == jobs


def test_what_a_dead_worker_left_is_cleared_away_once_nobody_can_use_it(engine: AdEngine) -> None:
    old, new = (engine.settings.home_path / "tmp" / name for name in ("old", "new"))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "film.mp4").write_bytes(b"half")
    os.utime(old, (0, 0))
    sweep(engine)
    assert (old.exists(), new.exists()) == (False, True)
