"""The Celery app and its jobs: each takes a row id, may run twice, and finds out itself what is owed."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_ready

from adengine.core.clip import ClipAsk
from adengine.core.errors import AdEngineError
from adengine.engine import SYSTEM, Actor, AdEngine, worker
from adengine.models import Ad, Shot
from adengine.services import checkout, renders
from integrations.queue import celery_app

log = logging.getLogger(__name__)

BEAT_EVERY_S = 1.0
FrameProgress = Callable[[int, int], None]
PartProgress = Callable[[float, str], None]


class Superseded(Exception):
    """Another worker, a take-down or a new plan took this job over: stop, and leave no trace."""


def render(engine: AdEngine, ad_id: str, progress: FrameProgress = lambda done, of: None) -> None:
    """Render an ad's film and keep it; a worker that was overtaken keeps nothing."""
    actor = _merchant_of(engine, Ad, ad_id)
    with engine.unit(actor) as unit:
        order = renders.claim_render(unit, ad_id)
    if order is None:
        return
    beat = Heartbeat(engine, actor, order.ad_id, order.attempt, progress)
    with _folder(engine) as folder:
        try:
            film = engine.ports.studio(
                order.timeline, resolve=engine.ports.files.local, out=Path(folder), progress=beat
            )
            kept = replace(
                film,
                film=_put(engine, order.prefix, folder, film.film),
                poster=_put(engine, order.prefix, folder, film.poster),
                poster_jpeg=_put(engine, order.prefix, folder, film.poster_jpeg),
                captions=_put(engine, order.prefix, folder, film.captions),
            )
            with engine.unit(actor) as unit:
                renders.keep_film(unit, ad_id, order.attempt, kept)
        except Superseded:
            log.warning("%s attempt %s was overtaken", ad_id, order.attempt)
        except Exception as error:
            with engine.unit(actor) as unit:
                renders.fail_render(unit, ad_id, order.attempt, _words(error))
            if not isinstance(error, AdEngineError):
                raise


def generate(engine: AdEngine, shot_id: str, progress: PartProgress = lambda part, words: None) -> None:
    """Make one shot with its generator and keep the clip; the last shot of an ad queues its film."""
    actor = _merchant_of(engine, Shot, shot_id)
    with engine.unit(actor) as unit:
        order = renders.claim_shot(unit, shot_id)
    if order is None:
        return
    state = ShotState(engine, actor, order.shot_id, order.attempt, progress)
    with _folder(engine) as folder:
        try:
            generator = engine.ports.generator(order.generator)
            asked = ClipAsk(
                prompt=order.prompt,
                width=order.width,
                height=order.height,
                frames=order.frames,
                fps=renders.SHOT_FPS,
                seed=order.seed,
                image=engine.ports.files.local(order.image),
            )
            clip = generator.generate(
                generator.plan(asked), out=Path(folder) / "clip.mp4", progress=state, cancelled=state.is_over
            )
            engine.ports.files.put(order.key, clip.path)
            with engine.unit(actor) as unit:
                renders.keep_clip(unit, shot_id, order.attempt, order.key, clip)
        except Exception as error:
            with engine.unit(actor) as unit:
                renders.fail_shot(unit, shot_id, order.attempt, _words(error))
            if not isinstance(error, AdEngineError):
                raise


def sweep(engine: AdEngine, _row_id: str = "") -> list[tuple[str, str]]:
    """Find what nobody works on, expire unpaid checkouts, finish refunds; answers the jobs to send again."""
    with engine.unit(SYSTEM) as unit:
        checkout.expire(unit)
        refunds = checkout.owed_refunds(unit)
        jobs = renders.owed(unit)
    for merchant_id, order_id, key in refunds:
        checkout.refund(engine, worker(merchant_id), order_id, request_key=key)
    return jobs


JOBS: dict[str, Callable[..., Any]] = {"render": render, "generate": generate, "sweep": sweep}


class Heartbeat:
    """Progress of a render: notes it about once a second, and ends the render when it no longer counts."""

    def __init__(self, engine: AdEngine, actor: Actor, ad_id: str, attempt: int, tell: FrameProgress) -> None:
        self.engine, self.actor, self.ad_id, self.attempt, self.tell = engine, actor, ad_id, attempt, tell
        self.last = 0.0

    def __call__(self, done: int, of: int) -> None:
        self.tell(done, of)
        if time.monotonic() - self.last < BEAT_EVERY_S:
            return
        self.last = time.monotonic()
        with self.engine.unit(self.actor) as unit:
            if not renders.beat(unit, self.ad_id, self.attempt, done):
                raise Superseded


class ShotState:
    """Progress of a shot, and whether anybody still wants it."""

    def __init__(self, engine: AdEngine, actor: Actor, shot_id: str, attempt: int, tell: PartProgress) -> None:
        self.engine, self.actor, self.shot_id, self.attempt, self.tell = engine, actor, shot_id, attempt, tell
        self.wanted, self.part, self.last = True, 0.0, 0.0

    def __call__(self, part: float, words: str) -> None:
        self.part = part
        self.tell(part, words)

    def is_over(self) -> bool:
        if self.wanted and time.monotonic() - self.last >= BEAT_EVERY_S:
            self.last = time.monotonic()
            with self.engine.unit(self.actor) as unit:
                self.wanted = renders.beat_shot(unit, self.shot_id, self.attempt, self.part)
        return not self.wanted


def make_app(engine: AdEngine) -> Celery:
    """The Celery app of a worker process: every job as a task of its name, and a sweep while it lives."""
    app = celery_app(engine.settings.broker_url, engine.settings.home_path)
    for name, job in JOBS.items():
        app.task(_bound(engine, job), name=name)
    worker_ready.connect(lambda **_: _start_sweeping(engine), weak=False)
    return app


def _bound(engine: AdEngine, job: Callable[..., Any]) -> Callable[[str], None]:
    def run(row_id: str) -> None:
        job(engine, row_id)

    return run


def _start_sweeping(engine: AdEngine) -> None:
    def forever() -> None:
        while True:
            try:
                for job, row_id in sweep(engine):
                    engine.ports.enqueue(job, row_id)
            except Exception:
                log.exception("the sweep failed; it will be tried again")
            time.sleep(int(engine.settings.sweep_s))

    threading.Thread(target=forever, name="sweep", daemon=True).start()


def _merchant_of(engine: AdEngine, kind: type[Ad] | type[Shot], row_id: str) -> Actor:
    with engine.unit(SYSTEM) as unit:
        return worker(unit.get(kind, row_id).merchant_id)


def _folder(engine: AdEngine) -> tempfile.TemporaryDirectory[str]:
    root = engine.settings.home_path / "tmp"
    root.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(dir=root)


def _put(engine: AdEngine, prefix: str, folder: str, name: str) -> str:
    key = f"{prefix}/{name}"
    engine.ports.files.put(key, Path(folder) / name)
    return key


def _words(error: Exception) -> str:
    if isinstance(error, AdEngineError):
        return error.message
    return f"rendering stopped unexpectedly ({type(error).__name__}); try again, the log has more"
