"""The studio: a timeline and its pictures in, a finished film with all that goes with it out."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from adengine.core.errors import RenderFailed, StorageFull
from adengine.core.film import Film
from adengine.core.timeline import Timeline
from workers.studio import memory
from workers.studio.coding import QUALITIES, Coding
from workers.studio.making.cache import NO_ROOM, Cache
from workers.studio.making.parts import Crew, Painter
from workers.studio.making.production import NAMES, Production

if TYPE_CHECKING:
    from PIL.Image import Image

PRIVATE_CACHE_BYTES = 2_000_000_000
ANIMATIC_SCALE = 1 / 3
# Files that are made durable together wait for the disk once, not each.
SYNCED_AT_ONCE = 4


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
    out.mkdir(parents=True, exist_ok=True)
    memory.settle()  # before there are threads
    crew = Crew(workers or os.cpu_count() or 1, cancelled)
    with _words_for_failures(), _drafts(out) as drafts, _at_hand(cache, out) as kept:
        paint = functools.partial(_composer, resolve=resolve, scale=scale, cache=kept)
        coding = Coding(*_size(timeline, scale), timeline.fps, QUALITIES[quality])
        with closing(Production(timeline, resolve, coding, scale, kept, paint)) as production:
            film = production.film(drafts, crew, progress)
        _put_in_place(drafts, out)
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


@contextmanager
def _at_hand(cache: Cache | None, out: Path) -> Iterator[Cache]:
    """Give the cache, or one of this film's own: finished parts wait on the disk, not in memory."""
    if cache is not None:
        yield cache
        return
    with tempfile.TemporaryDirectory(dir=out, prefix=".parts.") as folder:
        yield Cache(Path(folder), PRIVATE_CACHE_BYTES)


@contextmanager
def _drafts(out: Path) -> Iterator[dict[str, Path]]:
    """Give every file a temporary name in `out`; what is left of them at the end is removed."""
    drafts = {name: out / f".{name}.{os.getpid()}.part" for name in NAMES}
    try:
        yield drafts
    finally:
        for path in drafts.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)


def _put_in_place(drafts: dict[str, Path], out: Path) -> None:
    """Make the files durable, then visible: the film last, so that whoever sees it finds the others."""
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
        list(pool.map(_synced, drafts.values()))
    for name, path in drafts.items():
        path.replace(out / name)
    _synced(out)


def _synced(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _failures() -> tuple[type[Exception], ...]:
    """Return what reading and writing raises; where FFmpeg was not loaded, nothing of it can have failed."""
    return (OSError, sys.modules["av"].FFmpegError) if "av" in sys.modules else (OSError,)


@contextmanager
def _words_for_failures() -> Iterator[None]:
    try:
        yield
    except _failures() as error:
        if getattr(error, "errno", None) in NO_ROOM:
            raise StorageFull("There is no room left to write the film; free some space and render again") from error
        raise RenderFailed(f"The film could not be written ({error}); try again") from error
    except MemoryError as error:
        raise RenderFailed("There is not enough memory to render; render fewer films at once") from error
