"""Real worker processes on the embedded queue, Redis and RabbitMQ: started, killed, started again."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adengine import database
from adengine.app import build
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Ad
from adengine.services import ads, catalog
from adengine.services.planning import AdWish
from adengine.serving import command, environment
from adengine.settings import Settings
from tests.conftest import Desk, empty_database, open_desk
from tests.servers import await_server, free_port
from tests.shops import write_shop

pytestmark = pytest.mark.slow
PATIENCE_S = 90


@pytest.fixture(params=["embedded", "redis and postgres", "rabbitmq"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """The embedded defaults, or a broker with or without a database server."""
    made = Settings(home=str(tmp_path / "home"), lease_s="3", sweep_s="1")
    if request.param == "embedded":
        return made
    if request.param == "rabbitmq":
        return replace(made, broker_url=request.getfixturevalue("rabbitmq_url"))
    database_url = empty_database(request.getfixturevalue("postgres_url"))
    return replace(made, broker_url=request.getfixturevalue("redis_url"), database_url=database_url)


@pytest.fixture
def engine(settings: Settings) -> Iterator[AdEngine]:
    made = build(settings)
    database.upgrade(made.sql)
    yield made
    made.close()


@pytest.fixture
def start(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a worker process; every one still running is stopped at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def one() -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(command("worker"), env=environment(settings), stdout=sys.stderr))
        return started[-1]

    yield one
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(timeout=20)


def ordered(engine: AdEngine, desk: Desk, folder: Path) -> str:
    catalog.import_feed(engine, desk.merchant, str(write_shop(folder)))
    with engine.unit(desk.merchant) as unit:
        return ads.create_ad(unit, AdWish("mug", seconds=6, publish=True)).id


def until(engine: AdEngine, ad_id: str, fits: Callable[[Ad], bool]) -> Ad:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        with engine.unit(SYSTEM) as unit:
            ad = unit.get(Ad, ad_id)
            if fits(ad):
                return ad
        time.sleep(0.1)
    raise AssertionError(f"after {PATIENCE_S} s the ad is {ad.status} ({ad.reason}), {ad.frames_done} frames")


def test_a_worker_killed_in_the_middle_of_a_film_is_replaced_and_the_film_is_made_once(
    engine: AdEngine, start: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    ad_id = ordered(engine, open_desk(engine), tmp_path / "shop")
    first = start()
    until(engine, ad_id, lambda ad: ad.status == "rendering" and ad.frames_done > 0)
    first.send_signal(signal.SIGKILL)
    first.wait()
    start()
    done = until(engine, ad_id, lambda ad: ad.status in ("published", "failed"))
    assert (done.status, done.attempt) == ("published", 2)
    assert done.film is not None
    films = [str(one) for one in (engine.settings.home_path / "files").rglob("film.mp4")]
    assert films == [str(engine.ports.files.local(done.film.film))]


def test_two_workers_share_the_work_and_make_no_film_twice(
    engine: AdEngine, start: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    desk = open_desk(engine)
    first = ordered(engine, desk, tmp_path / "shop")
    with engine.unit(desk.merchant) as unit:
        second = ads.create_ad(unit, AdWish("lamp", seconds=6, publish=True)).id
    for ad_id in (first, second):
        for _ in range(3):
            engine.ports.enqueue([("render", ad_id)])
    start()
    start()
    done = [until(engine, one, lambda ad: ad.status in ("published", "failed")) for one in (first, second)]
    assert [(ad.status, ad.attempt) for ad in done] == [("published", 1), ("published", 1)]


def test_stopping_the_server_stops_the_worker_beside_it(engine: AdEngine, settings: Settings) -> None:
    port = str(free_port())
    server = subprocess.Popen(command("serve", "--port", port, "--with-worker"), env=environment(settings))
    await_server(f"http://127.0.0.1:{port}", server)
    (worker,) = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    server.terminate()
    server.wait(timeout=30)
    assert not Path(f"/proc/{worker}").exists()
