"""The studio: a timeline and its pictures in, a finished film with all that goes with it out."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from workers.studio import memory

if TYPE_CHECKING:
    from PIL.Image import Image

    from adengine.core.film import Film
    from adengine.core.timeline import Timeline
    from workers.studio.making.cache import Cache
    from workers.studio.making.parts import Painter

ANIMATIC_SCALE = 1 / 3


def render(
    timeline: Timeline,
    *,
    resolve: Callable[[str], Path],
    out: Path,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool] = lambda: False,
    scale: float = 1.0,
    cache: Cache | None = None,
    quality: str = "standard",
    workers: int | None = None,
) -> Film:
    """Write the film and all that goes with it into `out`; on any failure none of it appears.

    `resolve` maps a file key to a local path. Parts that `cache` has are not made again, and what is made stays there,
    also when the render fails later; without a cache nothing is kept. `quality` is a name of QUALITIES, `workers` the
    number of threads (one a core). The bytes depend on neither cache nor workers; `progress` hears of every frame once.
    Raises PictureUnusable, VoiceMissing, StorageFull or RenderFailed.
    """
    # Loaded here: a preview frame does without.
    from workers.studio.coding import QUALITIES, Coding
    from workers.studio.making import delivery
    from workers.studio.making.parts import Crew
    from workers.studio.making.production import Production

    out.mkdir(parents=True, exist_ok=True)
    memory.settle()  # before there are threads
    crew = Crew(workers or os.cpu_count() or 1, cancelled)
    with delivery.words_for_failures(), delivery.drafted(out) as drafts, delivery.at_hand(cache, out) as kept:
        paint = functools.partial(_composer, resolve=resolve, scale=scale, cache=kept)
        coding = Coding(*_size(timeline, scale), timeline.fps, QUALITIES[quality])
        with closing(Production(timeline, resolve, coding, scale, kept, paint)) as production:
            film = production.film(drafts, crew, progress)
        delivery.put_in_place(drafts, out)
        return film


def still(timeline: Timeline, frame: int, *, resolve: Callable[[str], Path], scale: float = 1.0) -> Image:
    """Return one frame of the film as a picture, for previews."""
    memory.settle()
    from workers.studio.pixels.planes import Frame
    from workers.studio.stills import picture

    width, height = _size(timeline, scale)
    painted = Frame.blank(width, height)
    with closing(_composer(timeline, resolve=resolve, scale=scale, cache=None)) as painter:
        painter.paint(frame, painted)
    shown: Image = picture(painted.plate())
    return shown


def animatic(
    timeline: Timeline,
    *,
    resolve: Callable[[str], Path],
    out: Path,
    progress: Callable[[int, int], None] = lambda done, of: None,
    cancelled: Callable[[], bool] = lambda: False,
    cache: Cache | None = None,
) -> Film:
    """Render the film small and coarse, to be looked at while it is being made up; otherwise as `render`."""
    return render(
        timeline,
        resolve=resolve,
        out=out,
        progress=progress,
        cancelled=cancelled,
        scale=ANIMATIC_SCALE,
        cache=cache,
        quality="draft",
    )


def _size(timeline: Timeline, scale: float) -> tuple[int, int]:
    """Return the film's size in pixels; H.264's 4:2:0 wants even sides."""
    return round(timeline.width * scale / 2) * 2, round(timeline.height * scale / 2) * 2


def _composer(timeline: Timeline, *, resolve: Callable[[str], Path], scale: float, cache: Cache | None) -> Painter:
    from workers.studio.scene.compose import Composer  # loads skia, which a film of cached parts does without

    return Composer(timeline, resolve, scale=scale, keep=cache)
