"""Stand-ins that are real implementations, made quick or steerable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adengine.app import build
from adengine.core.film import Film
from adengine.core.preflight import Measured
from adengine.core.timeline import Timeline
from adengine.engine import AdEngine
from adengine.settings import Settings


@dataclass
class Clock:
    """Time that moves when told."""

    now: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Outbox:
    """Enqueue as a list: tests look at it, or run what is owed."""

    jobs: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, jobs: Sequence[tuple[str, str]]) -> None:
        self.jobs += jobs

    def run(self, engine: AdEngine) -> None:
        """Do every job sent so far, and those they send."""
        from workers.tasks import JOBS

        while self.jobs:
            job, row_id = self.jobs.pop(0)
            JOBS[job](engine, row_id)


def small_studio(
    timeline: Timeline,
    *,
    resolve: Callable[[str], Path],
    out: Path,
    progress: Callable[[int, int], None],
) -> Film:
    """The real studio at an eighth of the size: the same layout, frames and sound, in a second."""
    from workers.studio import render

    return render(timeline, resolve=resolve, out=out, progress=progress, scale=0.125)


def small_measure(
    timeline: Timeline, *, resolve: Callable[[str], Path], film: Film | None = None, scale: float = 0.125
) -> Measured:
    """What the real studio measures, on small pictures."""
    from workers.studio import inspect

    return inspect.measure(timeline, resolve=resolve, film=film, scale=scale)


def build_test_engine(settings: Settings, *, clock: Clock, outbox: Outbox, full_size: bool = False) -> AdEngine:
    """The product as `app.build` makes it, with time, queue and film size in the test's hands."""
    engine = build(settings)
    studio = engine.ports.studio if full_size else small_studio
    measure = engine.ports.measure if full_size else small_measure
    engine.ports = replace(engine.ports, clock=clock, enqueue=outbox, studio=studio, measure=measure)
    return engine
