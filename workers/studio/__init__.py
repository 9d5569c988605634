"""The studio: a timeline and its pictures in, a finished film with posters and captions out."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

import av
from PIL import Image

from adengine.core.errors import RenderFailed, StorageFull
from adengine.core.film import Film
from adengine.core.timeline import Timeline
from workers.studio import captions, music
from workers.studio.compose import Composer
from workers.studio.encode import Encoder
from workers.studio.pictures import Pixels

NAMES = ("poster.webp", "poster.jpg", "captions.vtt", "film.mp4")
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def render(
    timeline: Timeline,
    *,
    resolve: Callable[[str], Path],
    out: Path,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool] = lambda: False,
    scale: float = 1.0,
) -> Film:
    """Write film.mp4, posters and captions into `out`; on any failure none of them appears.

    `resolve` maps a file key to a local path. Raises PictureUnusable, StorageFull or RenderFailed.
    """
    out.mkdir(parents=True, exist_ok=True)
    with (
        _words_for_failures(),
        _drafts(out) as drafts,
        closing(Composer(timeline, resolve, scale)) as composer,
    ):
        _film(timeline, composer, drafts["film.mp4"], progress, cancelled)
        _posters(composer.frame(timeline.poster_frame), drafts)
        drafts["captions.vtt"].write_text(captions.webvtt(timeline), encoding="utf-8")
        content = drafts["film.mp4"].read_bytes()
        _put_in_place(drafts, out)
        return Film(
            film="film.mp4",
            poster="poster.webp",
            poster_jpeg="poster.jpg",
            captions="captions.vtt",
            frames=timeline.frames,
            width=composer.width,
            height=composer.height,
            duration_s=timeline.seconds,
            bytes=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
            audio=True,
            notes=tuple(composer.notes),
        )


def still(timeline: Timeline, frame: int, *, resolve: Callable[[str], Path], scale: float = 1.0) -> Image.Image:
    """Return one frame of the film as a picture, for previews."""
    with closing(Composer(timeline, resolve, scale)) as composer:
        return _picture(composer.frame(frame))


def _film(
    timeline: Timeline,
    composer: Composer,
    path: Path,
    progress: Callable[[int, int], None],
    cancelled: Callable[[], bool],
) -> None:
    # The first frame is composed before a file is opened: an unusable picture fails in milliseconds.
    composer.frame(0)
    encoder = Encoder(path, composer.width, composer.height, timeline.fps, music.bed(timeline))
    with ExitStack() as stack:
        stack.callback(encoder.abandon)
        cuts = {segment.start for segment in timeline.segments}
        for frame in range(timeline.frames):
            if cancelled():
                raise RenderFailed("The render was cancelled; start it again to have the film")
            encoder.add(composer.frame(frame), key=frame in cuts)
            progress(frame + 1, timeline.frames)
        encoder.close()
        stack.pop_all()


def _posters(pixels: Pixels, drafts: dict[str, Path]) -> None:
    picture = _picture(pixels)
    picture.save(drafts["poster.webp"], "WEBP", quality=86, method=4)
    picture.save(drafts["poster.jpg"], "JPEG", quality=88, optimize=True)


def _picture(pixels: Pixels) -> Image.Image:
    return Image.fromarray(pixels[:, :, 2::-1].copy())


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
    for path in drafts.values():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    for name, path in drafts.items():
        path.replace(out / name)
    folder = os.open(out, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _words_for_failures() -> Iterator[None]:
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        if error.errno in NO_ROOM:
            raise StorageFull("There is no room left to write the film; free some space and render again") from error
        raise RenderFailed(f"The film could not be written ({error}); try again") from error
    except MemoryError as error:
        raise RenderFailed("There is not enough memory to render; render fewer films at once") from error
