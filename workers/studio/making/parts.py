"""A film's parts: each named by all that decides its bytes, made by threads where the cache lacks it."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from adengine.core import parts
from adengine.core.errors import RenderFailed, StorageFull
from adengine.core.timeline import Timeline
from workers.studio.coding import Coding, Part
from workers.studio.making.cache import Cache
from workers.studio.pixels.kernels import kernel_id

if TYPE_CHECKING:
    from workers.studio.pixels.planes import Frame

PAINTING_TOOLS = ("av", "numpy", "opencv_python_headless", "pillow", "skia_python")
FONT_PACKAGES = "font_"
STUDIO = Path(__file__).parents[1]
CORE = STUDIO.parents[1] / "adengine" / "core"
MACHINE_FONTS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path("/etc/fonts"),
    Path("~/.fonts").expanduser(),
    Path("~/.local/share/fonts").expanduser(),
)
PREVIEW_S, PREVIEW_FPS = 3, 10
LOOK_EVERY_S = 0.1
FRAME, JOB = "frame", "job"


class Painter(Protocol):
    """Composes a film's frames; several threads paint different frames at once."""

    timeline: Timeline
    notes: dict[str, None]

    def prepare(self) -> None:
        """Make ready what takes long, and does not depend on the spoken words."""

    def paint(self, number: int, frame: Frame) -> None: ...

    def close(self) -> None: ...


class Stopped(Exception):
    """The film is no longer wanted: leave what is begun."""


@dataclass(frozen=True)
class Wanted:
    """A part of a film: its frames, the key of its bytes, which of its frames are kept small, its files.

    `effort` is how long it takes, in frames that show one scene.
    """

    start: int
    end: int
    key: str
    thumbs: tuple[int, ...]
    shown: tuple[str, ...] = ()
    effort: int = 0

    @property
    def frames(self) -> int:
        return self.end - self.start


class Easel:
    """A painter that is made at first use: a film whose parts are all cached needs none, nor the libraries it loads.

    `timeline` is the film that it paints; it may be given its spoken words until the first frame is painted.
    """

    def __init__(self, make: Callable[[Timeline], Painter], timeline: Timeline) -> None:
        self.timeline = timeline
        self._make, self._lock = make, threading.Lock()
        self._painter: Painter | None = None
        self._preparing: threading.Thread | None = None

    def prepare(self) -> None:
        """Have the painter made and made ready in a thread of its own, of a film that is sure to be painted."""
        self._preparing = threading.Thread(target=self._prepared, name="studio-easel")
        self._preparing.start()

    def paint(self, number: int, frame: Frame) -> None:
        painter = self._made()
        painter.timeline = self.timeline
        painter.paint(number, frame)

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(self._painter.notes) if self._painter else ()

    def close(self) -> None:
        if self._preparing:
            self._preparing.join()
        if self._painter:
            self._painter.close()

    def _prepared(self) -> None:
        with suppress(Exception):  # whoever paints meets it again, and says so
            self._made().prepare()

    def _made(self) -> Painter:
        with self._lock:
            if self._painter is None:
                self._painter = self._make(self.timeline)
            return self._painter


class Parts:
    """The parts of one film: `missing` are to be made, after which each can be read in turn."""

    def __init__(self, wanted: Sequence[Wanted], easel: Easel, coding: Coding, cache: Cache) -> None:
        self.wanted, self._easel, self._coding, self._cache = tuple(wanted), easel, coding, cache
        self._held: dict[str, bytes] = {}
        self._awaited: dict[str, threading.Event] = {}
        self.notes: dict[str, None] = {}

    def missing(self) -> list[Wanted]:
        """Return the parts that the cache lacks, each once, the hardest first, so that threads end together."""
        absent = {one.key: one for one in reversed(self.wanted) if not self._cache.has("part", one.key)}
        self._awaited = {key: threading.Event() for key in absent}
        return sorted(absent.values(), key=lambda one: (-one.effort, one.start))

    def make(self, one: Wanted, done: Callable[[], None] = lambda: None) -> bytes:
        """Compose and encode a part and keep it; `done` is called after each frame and may raise to end it."""
        from workers.studio.making.encode import encode  # loads FFmpeg and numpy, as all painting does

        numbers = range(one.start, one.end)
        part = encode(self._easel.paint, numbers, self._coding, thumbs=one.thumbs, done=done)
        content = replace(part, notes=self._notes_of(one)).to_bytes()
        try:
            self._cache.put("part", one.key, content)
        except StorageFull:
            self._held[one.key] = content
            self.notes["The cache has no room: this film's parts were not kept for the next one"] = None
        if one.key in self._awaited:
            self._awaited[one.key].set()
        return content

    def wait_for(self, some: Sequence[Wanted], check: Callable[[], None]) -> None:
        """Wait until other threads have made these parts; `check` is called meanwhile and may raise to end it."""
        for one in some:
            if one.key in self._awaited:
                wait_for(self._awaited[one.key], check)

    def read(self, one: Wanted) -> Part:
        """Return a part; one that was lost or broken since it was made is made again."""
        content = self._held.get(one.key) or self._cache.get("part", one.key) or self.make(one)
        return Part.from_bytes(content)

    def _notes_of(self, one: Wanted) -> tuple[str, ...]:
        """Return the painter's notes about files that this part shows: they hold wherever the part is used."""
        return tuple(note for note in self._easel.notes if any(name in note for name in one.shown))


class Crew:
    """Threads that do jobs in order, while the caller's own thread hears of every frame and may end it all."""

    def __init__(self, workers: int, cancelled: Callable[[], bool]) -> None:
        self._workers, self._cancelled = workers, cancelled
        self._stop = threading.Event()
        self._heard: SimpleQueue[str | BaseException] = SimpleQueue()

    def run(self, jobs: Sequence[Callable[[], object]], on_frame: Callable[[], None] = lambda: None) -> None:
        """Do all jobs; what a job or `on_frame` raises ends the others, and then comes out here."""
        pool = ThreadPoolExecutor(self._workers, thread_name_prefix="studio")
        try:
            for job in jobs:
                pool.submit(self._do, job)
            left = len(jobs)
            while left:
                heard = self._next()
                if isinstance(heard, BaseException):
                    raise heard
                left -= heard == JOB
                if heard == FRAME:
                    on_frame()
        except BaseException:
            self._stop.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)

    def count(self, frames: int, on_frame: Callable[[], None]) -> None:
        """Let the caller hear of frames that need no work."""
        for _ in range(frames):
            self._check()
            on_frame()

    def frame_done(self) -> None:
        """Tell that a frame is finished; raises Stopped when nobody wants the rest."""
        self.check_wanted()
        self._heard.put(FRAME)

    def check_wanted(self) -> None:
        """Raise Stopped, in a job, when nobody wants the rest."""
        if self._stop.is_set():
            raise Stopped

    def _next(self) -> str | BaseException:
        while True:
            self._check()
            with suppress(Empty):
                return self._heard.get(timeout=LOOK_EVERY_S)

    def _check(self) -> None:
        if self._cancelled():
            raise RenderFailed("The render was cancelled; start it again to have the film")

    def _do(self, job: Callable[[], object]) -> None:
        try:
            job()
        except BaseException as error:  # the caller's thread raises it
            self._heard.put(error)
        else:
            self._heard.put(JOB)


class Names:
    """Names what is painted of a film by all that decides it: pictures, fonts, code, tools and settings too."""

    def __init__(self, timeline: Timeline, resolve: Callable[[str], Path], coding: Coding, scale: float) -> None:
        self._timeline = timeline
        paths = {key: resolve(key) for key in parts.files(timeline)}
        self._files = {key: (path.name, file_digest(path)) for key, path in paths.items()}
        self._common = [tools(), kernel_id(), asdict(coding), coding.options(), scale]

    def wanted(self, start: int, end: int, thumbs: tuple[int, ...]) -> Wanted:
        """Return these frames under a name that is the same wherever they are in a film."""
        content = parts.content(self._timeline, start, end)
        shown = {key: file for key, file in self._files.items() if key in content}
        key = key_of(self._common, content, shown, thumbs)
        named = (*shown, *(name for name, _ in shown.values()))
        return Wanted(start, end, key, thumbs, named, effort(self._timeline, start, end))


def wanted_parts(timeline: Timeline, names: Names) -> tuple[Wanted, ...]:
    """Cut the film into its parts."""
    return tuple(
        names.wanted(start, end, _thumbs(start, end, timeline.fps)) for start, end in pairwise(parts.cuts(timeline))
    )


def wait_for(event: threading.Event, check: Callable[[], None]) -> None:
    """Wait until another thread has set the event; `check` is called meanwhile and may raise to end it."""
    while not event.wait(LOOK_EVERY_S):
        check()


def effort(timeline: Timeline, start: int, end: int) -> int:
    """Return how long these frames take: one of a transition shows two scenes, and is twice the work to encode too."""
    spans = ((segment.start, segment.start + segment.overlap) for segment in timeline.segments)
    return end - start + sum(max(0, min(end, last) - max(start, first)) for first, last in spans)


def _thumbs(start: int, end: int, fps: int) -> tuple[int, ...]:
    """Return the frames of a part to be kept small: ten a second for the preview, then one."""
    preview = min(end - start, max(0, PREVIEW_S * fps - start))
    return (*range(0, preview, fps // PREVIEW_FPS), *range(-(-preview // fps) * fps, end - start, fps))


def key_of(*ingredients: object) -> str:
    """Return a name for what these decide."""
    canonical = json.dumps(ingredients, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(canonical.encode(), digest_size=20).hexdigest()


def file_digest(path: Path) -> str:
    """Return what names a file's bytes; one that cannot be read is 'absent', and whoever opens it says so."""
    try:
        stat = path.stat()
        return _digest_of_bytes(path, stat.st_size, stat.st_mtime_ns, stat.st_ino)
    except OSError:
        return "absent"


@functools.lru_cache(maxsize=4096)
def _digest_of_bytes(path: Path, *_seen: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20)).hexdigest()


@functools.cache
def tools() -> str:
    """Return what names the code, libraries and fonts of this machine that can change a pixel."""
    code = source_digest([*STUDIO.rglob("*.py"), *CORE.glob("*.py")])
    return key_of(installed(*PAINTING_TOOLS, FONT_PACKAGES), code, _machine_fonts())


def source_digest(files: Iterable[Path]) -> str:
    """Return what names this code: a changed painter never meets what the old one painted."""
    digest = hashlib.blake2b(digest_size=20)
    for path in sorted(files):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def installed(*packages: str) -> list[str]:
    """Return names and versions of these packages, off the folders that say what is installed.

    `font_` stands for all packages of fonts. The folders are much quicker to read than the packages' metadata.
    """
    begins = tuple(name if name.endswith("_") else f"{name}-" for name in packages)
    found = {name for folder in sys.path for name in _listed(folder or ".") if name.endswith(".dist-info")}
    return sorted(name for name in found if name.lower().startswith(begins))


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # sys.path names archives and folders that are not there
        return []


def _machine_fonts() -> list[tuple[str, int]]:
    """Give the folders of the machine's fonts with the time of their last change."""
    folders = {folder for root in MACHINE_FONTS for folder, _, _ in os.walk(root)}
    return sorted((folder, os.stat(folder).st_mtime_ns) for folder in folders)
