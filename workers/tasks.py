"""The Celery app and its jobs: each takes a row id, may run twice, and finds out itself what is owed."""

from __future__ import annotations

import logging
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from celery import Celery
from celery.signals import worker_ready

from adengine.core.clip import ClipAsk
from adengine.core.errors import AdEngineError, NotFound
from adengine.engine import SYSTEM, Actor, AdEngine, Unit, worker
from adengine.models import Ad, Image, Preview, Shot
from adengine.services import ads, cutouts, notices, orders, paying, payouts, placing, previews, renders, requests
from integrations.queue import LONGEST_JOB_S, SEVERAL, Job, celery_app

log = logging.getLogger(__name__)

SHORTEST_BEAT_S, LONGEST_BEAT_S = 0.25, 1.0
FrameProgress = Callable[[int, int], None]
PartProgress = Callable[[float, str], None]
Errand = Callable[..., Any]  # (engine, actor, row id, ...), as what finds it answers


class Superseded(Exception):
    """Another worker, a take-down or a new plan took this job over: stop, and leave no trace."""


def render(engine: AdEngine, ad_id: str, progress: FrameProgress = lambda done, of: None) -> None:
    """Render an ad's film and keep it; a worker that was overtaken keeps nothing."""
    actor = _merchant_of(engine, Ad, ad_id)
    with engine.unit(actor) as unit:
        order = renders.claim_render(unit, ad_id)
    if order is None:
        return
    attempt, sent = order.attempt, list[str]()

    def report(done: int, of: int) -> None:
        progress(done, of)
        claim.done = done
        claim.need()

    def upload(name: str) -> str:
        sent.append(f"{order.prefix}/{name}")
        return _put(engine, order.prefix, folder, name)

    with _folder(engine) as folder:
        try:
            with Claim(engine, actor, lambda unit, done: renders.beat(unit, ad_id, attempt, int(done))) as claim:
                film = engine.ports.studio(
                    order.timeline, resolve=engine.ports.files.local, out=Path(folder), progress=report
                )
                claim.need()
                measured = engine.ports.measure(order.timeline, resolve=engine.ports.files.local, film=film)
                claim.need()
                kept = film.kept_by(upload)
                with engine.unit(actor) as unit:
                    if not renders.keep_film(unit, ad_id, attempt, kept, measured):
                        raise Superseded
        except Superseded:
            for key in sent:
                engine.ports.files.delete(key)
            log.warning("%s attempt %s was cancelled or overtaken", ad_id, attempt)
        except Exception as error:
            with engine.unit(actor) as unit:
                renders.fail_render(unit, ad_id, attempt, _words(error))
            if not isinstance(error, AdEngineError):
                raise


def generate(engine: AdEngine, shot_id: str, progress: PartProgress = lambda part, words: None) -> None:
    """Make one shot with its generator and keep the clip; the last shot of an ad queues its film."""
    actor = _merchant_of(engine, Shot, shot_id)
    with engine.unit(actor) as unit:
        order = renders.claim_shot(unit, shot_id)
    if order is None:
        return
    attempt = order.attempt

    def report(part: float, words: str) -> None:
        progress(part, words)
        claim.done = part

    with _folder(engine) as folder:
        try:
            with Claim(engine, actor, lambda unit, part: renders.beat_shot(unit, shot_id, attempt, part)) as claim:
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
                    generator.plan(asked),
                    out=Path(folder) / "clip.mp4",
                    progress=report,
                    cancelled=lambda: not claim.wanted,
                )
                engine.ports.files.put(order.key, clip.path)
                with engine.unit(actor) as unit:
                    renders.keep_clip(unit, shot_id, attempt, order.key, clip)
        except Exception as error:
            with engine.unit(actor) as unit:
                renders.fail_shot(unit, shot_id, attempt, _words(error))
            if not isinstance(error, AdEngineError):
                raise


def sketch(engine: AdEngine, preview_id: str) -> None:
    """Draw a preview: its stills one by one, so that the first is soon seen, then the film small and moving."""
    actor = _merchant_of(engine, Preview, preview_id)
    with engine.unit(actor) as unit:
        order = previews.claim(unit, preview_id)
    if order is None:
        return
    attempt, local = order.attempt, engine.ports.files.local

    def show(still: Path) -> None:
        key = _put(engine, order.prefix, str(still.parent), still.name)
        with engine.unit(actor) as unit:
            previews.keep_still(unit, preview_id, attempt, key)

    with _folder(engine) as folder:
        try:
            with Claim(engine, actor, lambda unit, _: previews.beat(unit, preview_id, attempt)) as claim:
                film = engine.ports.sketch(
                    order.timeline,
                    frames=order.frames,
                    resolve=local,
                    out=Path(folder),
                    shown=show,
                    cancelled=lambda: not claim.wanted,
                )
                key = _put(engine, order.prefix, folder, film.film)
                measured = engine.ports.measure(order.timeline, resolve=local)
                with engine.unit(actor) as unit:
                    previews.keep_sketch(unit, preview_id, attempt, key, measured)
        except Exception as error:
            with engine.unit(actor) as unit:
                previews.fail(unit, preview_id, attempt, _words(error))
            if not isinstance(error, AdEngineError):
                raise


def cutout(engine: AdEngine, image_id: str) -> None:
    """Take a picture's product off its ground, where that can be done well, and keep it with the picture."""
    try:
        actor = _merchant_of(engine, Image, image_id)
    except NotFound:  # the picture left the catalogue meanwhile
        return
    with engine.unit(actor) as unit:
        file = cutouts.claim(unit, image_id)
    if file is None:
        return
    from workers.studio.scene.cutouts import cut_out_file

    made, key = cut_out_file(engine.ports.files.local(file)), ""
    if made is not None:
        key = f"cutouts/{made.sha256}.webp"
        if not engine.ports.files.has(key):
            engine.ports.files.put(key, made.content)
    with engine.unit(actor) as unit:
        cutouts.keep(unit, image_id, file, key, made.confidence if made else 0.0)


def sweep(engine: AdEngine) -> list[tuple[str, str]]:
    """Send the jobs that nobody works on again, run the errands that are left, and tidy up; answers the jobs sent.

    Each part stands for itself: what fails is logged and left to the next sweep.
    """
    jobs: list[tuple[str, str]] = []
    for owed in OWED:
        with _left_to_the_next(f"look for jobs of {owed.__module__}"), engine.unit(SYSTEM) as unit:
            found = owed(unit)
            for job, row_id in found:
                unit.later(job, row_id)
            jobs += found
    for verb, (look, run) in ERRANDS.items():
        with _left_to_the_next(f"look for what to {verb}"):
            _run_each(engine, verb, look, run)
    for words, tidy in TIDYING.items():
        with _left_to_the_next(words):
            tidy(engine)
    return jobs


def _run_each(engine: AdEngine, verb: str, look: Callable[[Unit], Sequence[tuple[str, ...]]], run: Errand) -> None:
    with engine.reading(SYSTEM) as unit:
        found = look(unit)
    for merchant_id, row_id, *more in found:
        with _left_to_the_next(f"{verb} {row_id}"):
            run(engine, worker(merchant_id), row_id, *more)


def _end_offer(engine: AdEngine, actor: Actor, ad_id: str) -> None:
    with engine.unit(actor) as unit:
        ads.end_offer(unit, ad_id)


def _refund(engine: AdEngine, actor: Actor, order_id: str, request_key: str) -> None:
    orders.refund(engine, actor, order_id, request_key=request_key)


def _expire(engine: AdEngine) -> None:
    with engine.unit(SYSTEM) as unit:
        paying.expire(unit)


def _forget_requests(engine: AdEngine) -> None:
    with engine.unit(SYSTEM) as unit:
        requests.forget(unit)


def _throw_away(engine: AdEngine) -> None:
    with engine.unit(SYSTEM) as unit:
        keys = previews.thrown_away(unit)
    for key in keys:
        engine.ports.files.delete(key)


def _clear_leftovers(engine: AdEngine) -> None:
    """Remove working folders that no job can still be using."""
    for folder in (engine.settings.home_path / "tmp").glob("*"):
        if folder.stat().st_mtime < time.time() - LONGEST_JOB_S:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _left_to_the_next(act: str) -> Iterator[None]:
    try:
        yield
    except Exception:
        log.exception("could not %s; the next sweep will try again", act)


# Every message a worker takes: its name, and what is done with the row it names.
JOBS: dict[str, Callable[..., Any]] = {
    "render": render,
    "generate": generate,
    "sketch": sketch,
    "cutout": cutout,
    "place": placing.place,
    "notice": notices.send,
}
# Who knows of rows whose message was lost, whose worker died, or whose pause is over.
OWED = (renders.owed, previews.owed, cutouts.owed, placing.owed, notices.owed)
# What a crash left half-way, or what fell due: the verb, who finds it as (merchant id, row id, ...), who finishes it.
ERRANDS: dict[str, tuple[Callable[[Unit], Sequence[tuple[str, ...]]], Errand]] = {
    "hold back": (ads.offers_ended, _end_offer),
    "settle": (paying.pending, paying.settle),
    "close": (paying.owed_closings, paying.close),
    "pay back": (paying.owed_paybacks, paying.pay_back),
    "refund": (orders.owed_refunds, _refund),
    "pay out": (payouts.owed, payouts.finish),
}
TIDYING: dict[str, Callable[[AdEngine], None]] = {
    "expire checkouts": _expire,
    "forget old requests": _forget_requests,
    "throw old previews away": _throw_away,
    "clear away what dead workers left": _clear_leftovers,
}


class Claim:
    """A claimed job's lease, kept from a thread of its own: loading a model or an upload calls nobody back.

    `keep` takes the progress so far and answers whether this attempt still counts; `wanted` is its last answer.
    """

    def __init__(self, engine: AdEngine, actor: Actor, keep: Callable[[Unit, float], bool]) -> None:
        self.engine, self.actor, self.keep = engine, actor, keep
        self.done, self.wanted = 0.0, True
        self.every_s = min(max(int(engine.settings.lease_s) / 4, SHORTEST_BEAT_S), LONGEST_BEAT_S)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Claim:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()

    def need(self) -> None:
        """Raise Superseded when this attempt no longer counts."""
        if not self.wanted:
            raise Superseded

    def _beat(self) -> None:
        while self.wanted and not self.over.wait(self.every_s):
            try:
                with self.engine.unit(self.actor) as unit:
                    self.wanted = self.keep(unit, self.done)
            except Exception:
                log.exception("a heartbeat failed; it will be tried again")


def make_app(engine: AdEngine) -> Celery:
    """The Celery app of a worker process: every job as a task of its name, and a sweep while it lives."""
    app = celery_app(engine.settings.broker_url, engine.settings.home_path)
    for name, job in JOBS.items():
        app.task(_bound(engine, job), name=name, shared=False)  # of this app alone: it is bound to one engine
    app.task(_several(engine), name=SEVERAL, shared=False)
    worker_ready.connect(lambda **_: _start_sweeping(engine), weak=False)
    return app


def _bound(engine: AdEngine, job: Callable[..., Any]) -> Callable[[str], None]:
    def run(row_id: str) -> None:
        job(engine, row_id)

    return run


def _several(engine: AdEngine) -> Callable[[Sequence[Job]], None]:
    def run(jobs: Sequence[Job]) -> None:
        for name, row_id in jobs:
            with _left_to_the_next(f"do {name} {row_id}"):
                JOBS[name](engine, row_id)

    return run


def _start_sweeping(engine: AdEngine) -> None:
    def forever() -> None:
        while True:
            sweep(engine)
            time.sleep(int(engine.settings.sweep_s))

    threading.Thread(target=forever, name="sweep", daemon=True).start()


def _merchant_of(engine: AdEngine, kind: type[Ad] | type[Image] | type[Preview] | type[Shot], row_id: str) -> Actor:
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
