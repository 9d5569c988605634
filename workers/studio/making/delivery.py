"""Where a render works and how its files appear: under temporary names first, then all of them, durable."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

from adengine.core.errors import RenderFailed, StorageFull
from workers.studio.making.cache import NO_ROOM, Cache
from workers.studio.making.production import NAMES

PRIVATE_CACHE_BYTES = 2_000_000_000
# Files that are made durable together wait for the disk once, not each.
SYNCED_AT_ONCE = 4


@contextmanager
def at_hand(cache: Cache | None, out: Path) -> Iterator[Cache]:
    """Give the cache, or one of this film's own: finished parts wait on the disk, not in memory."""
    if cache is not None:
        yield cache
        return
    with tempfile.TemporaryDirectory(dir=out, prefix=".parts.") as folder:
        yield Cache(Path(folder), PRIVATE_CACHE_BYTES)


@contextmanager
def drafted(out: Path) -> Iterator[dict[str, Path]]:
    """Give every file a temporary name in `out`; what is left of them at the end is removed."""
    drafts = {name: out / f".{name}.{os.getpid()}.part" for name in NAMES}
    try:
        yield drafts
    finally:
        for path in drafts.values():
            with suppress(OSError):
                path.unlink(missing_ok=True)


def put_in_place(drafts: dict[str, Path], out: Path) -> None:
    """Make the files durable, then visible: the film last, so that whoever sees it finds the others."""
    with ThreadPoolExecutor(SYNCED_AT_ONCE) as pool:
        list(pool.map(_synced, drafts.values()))
    for name, path in drafts.items():
        path.replace(out / name)
    _synced(out)


@contextmanager
def words_for_failures() -> Iterator[None]:
    """Say in words what reading, writing or a lack of memory did to the render."""
    try:
        yield
    except _failures() as error:
        if getattr(error, "errno", None) in NO_ROOM:
            raise StorageFull("There is no room left to write the film; free some space and render again") from error
        raise RenderFailed(f"The film could not be written ({error}); try again") from error
    except MemoryError as error:
        raise RenderFailed("There is not enough memory to render; render fewer films at once") from error


def _synced(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _failures() -> tuple[type[Exception], ...]:
    """Return what reading and writing raises; where FFmpeg was not loaded, nothing of it can have failed."""
    return (OSError, sys.modules["av"].FFmpegError) if "av" in sys.modules else (OSError,)
