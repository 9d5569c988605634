"""Moving pictures: clips and cameos brought into a form that is quick to read, and read from it frame by frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from fractions import Fraction
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeAlias

import av
import numpy as np
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

from adengine.core.errors import PictureUnusable
from workers.studio.pixels.planes import Frame, Plate, Sprite, cover, plate_from_bgra, sprite_from_bgra
from workers.studio.scene.pictures import Pixels

MOST_PIXELS = 4096 * 2304
MOST_HEIGHT = 720  # of a person, who never fills a frame
MOST_SECONDS = 60  # no film is longer
FPS = 30
KEYFRAME_EVERY = 15
# As near to the clip as `superfast` at 21 is (42.6 dB of a grainy one), in two thirds of the time, and read in half.
CRF, PRESET = 19, "ultrafast"
# Decoding is what costs in a film: no CABAC, no loop filter, one reference, no frames out of order. The macroblock
# tree of this x264 (core 165) gives other bytes now and then for the same pictures, at least for small ones.
X264 = (
    f"keyint={KEYFRAME_EVERY}:min-keyint={KEYFRAME_EVERY}:scenecut=0:bframes=0:ref=1"
    ":cabac=0:no-deblock=1:weightp=0:no-mbtree=1"
)
# These decoders keep the transparency that FFmpeg's own drop.
KEEPS_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
# What a stream may say of its colours (ISO/IEC 23091-2), and what swscale calls it.
COLOURS = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
BT709, LIMITED = 1, 1
EXACT = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
# WebM counts milliseconds: a frame may seem to come this much late.
LATE_S = Fraction(1, 500)
# A clip that ends so much before it said it would was cut off.
MISSING_S = Fraction(1, 2)
# Two shapes that differ by so little are one; pixels that are not square make more of a difference.
ALIKE = 0.04
Planes: TypeAlias = tuple[Pixels, ...]


@dataclass(frozen=True)
class Mezzanine:
    """A clip as films read it: 30 frames a second, `width` x `height` pixels, cut out where `has_alpha`.

    Its pictures are BT.709 limited-range yuv420p. A cut-out one has, below the picture, a second one of the same
    size: in its luma the alpha, in its U plane the alpha's means; the colours above are times alpha, as `Sprite` has
    them. `notes` says what is odd about the clip.
    """

    width: int
    height: int
    frames: int
    has_alpha: bool
    notes: tuple[str, ...] = ()


def mezzanine(source: Path, out: Path, *, height: int, cut_out: bool) -> Mezzanine:
    """Write the clip at `source` into `out` as MP4, upright, silent, `height` pixels tall at most (a person 720).

    Each thirtieth of a second shows what the clip shows then, whatever its frame rate, for at most 60 seconds. With
    `cut_out` transparency is kept and a green key is made transparent. The same clip gives the same bytes. Raises
    PictureUnusable for a clip that cannot be played or is larger than 4096 x 2304; one that is damaged in the middle
    ends there, with a note.
    """
    notes: list[str] = []
    with closing(_opened(source)) as container:
        frames = islice(_each_thirtieth(_timed(container, source, notes)), MOST_SECONDS * FPS)
        first = next(frames, None)
        if first is None:
            raise _unusable(source, "it holds no frame")
        shape = _shape(_pictures_of(container, source), first, height, cut_out=cut_out)
        if cut_out and not shape.has_alpha:
            notes.append(f"The clip {source.name} is neither transparent nor before a green key; it is shown whole")
        return _written(shape, first, frames, out, notes)


class Reel:
    """A mezzanine read frame by frame. A reel belongs to one thread; any number of them may read the same file.

    Past its end a clip that `loops` begins again, any other holds its last picture. It stays open until `close`.
    """

    def __init__(self, path: Path, *, loops: bool) -> None:
        self._path, self._loops = path, loops
        self._container = _opened(path)
        self._stream = _pictures_of(self._container, path)
        # One reel, one thread: the other cores are at work on other parts of the film.
        self._stream.thread_type, self._stream.codec_context.thread_count = "NONE", 1
        self.about = _about(self._container, path)
        self._frames: Iterator[VideoFrame] = iter(())
        self._place = -1
        self._planes: Planes = ()

    def planes(self, film_frame: int, fps: int) -> Planes:
        """Return the clip's planes at `film_frame` of a film of `fps` frames a second.

        They are y, u, v, as `Plate` takes them; of a clip with alpha y, u, v, alpha and the alpha's means, as `Sprite`
        does. They lie in a decoded frame, not to be written to, and stay whole as long as somebody holds them.
        """
        wanted = film_frame * FPS // fps
        wanted = wanted % self.about.frames if self._loops else min(wanted, self.about.frames - 1)
        if wanted != self._place:
            self._go_to(wanted)
        return self._planes

    def shown(self, film_frame: int, fps: int) -> Plate | Sprite:
        """Return the same as a plate, or as a sprite where the clip is cut out."""
        planes = self.planes(film_frame, fps)
        return Sprite(*planes) if self.about.has_alpha else Plate(*planes)

    def close(self) -> None:
        self._container.close()

    def _go_to(self, wanted: int) -> None:
        keyframe = wanted - wanted % KEYFRAME_EVERY
        try:
            if wanted < self._place or keyframe > self._place + 1:
                self._container.seek(round(Fraction(keyframe, FPS) / self._stream.time_base), stream=self._stream)
                self._frames = self._container.decode(self._stream)
            elif self._place < 0:
                self._frames = self._container.decode(self._stream)
            for frame in self._frames:
                self._place = round(_seconds(frame, frame.pts) * FPS)
                if self._place >= wanted:
                    self._planes = _split(frame, has_alpha=self.about.has_alpha)
                    return
        except av.FFmpegError as error:
            raise _unusable(self._path, error) from error
        raise _unusable(self._path, f"its frame {wanted} is missing")


@dataclass(frozen=True)
class _Shape:
    """How a clip is written: the size of its picture, upright; its turn (degrees, anticlockwise); its key (BGR)."""

    width: int
    height: int
    turn: int
    has_alpha: bool
    key: tuple[int, int, int] | None


def _shape(stream: Any, first: VideoFrame, height: int, *, cut_out: bool) -> _Shape:
    turn = round(first.rotation / 90) * 90 % 360
    across, down = first.width * float(stream.sample_aspect_ratio or 1), float(first.height)
    if turn in (90, 270):
        across, down = down, across
    # The picture ends where a block of the encoder ends, so that the alpha below does not leak into it.
    rows = max(16, round(min(height, MOST_HEIGHT if cut_out else height, down) / 16) * 16)
    columns = max(16, round(across * rows / down / 16) * 16)
    is_clear = cut_out and _is_clear(first)
    key = _key_of(first) if cut_out and not is_clear else None
    return _Shape(columns, rows, turn, is_clear or key is not None, key)


def _written(shape: _Shape, first: VideoFrame, rest: Iterator[VideoFrame], out: Path, notes: list[str]) -> Mezzanine:
    with av.open(str(out), "w", format="mp4", container_options={"fflags": "+bitexact"}) as target:
        stream = _stream_in(target, shape)
        packets, count, shown, made = [], 0, None, _made(first, shape)
        for frame in chain([first], rest):
            if frame is not shown:
                shown, made = frame, _made(frame, shape)
            made.pts, made.time_base = count, Fraction(1, FPS)
            packets += stream.encode(made)
            count += 1
        packets += stream.encode(None)
        about = Mezzanine(shape.width, shape.height, count, shape.has_alpha, tuple(notes))
        # Written with the first packet: only now it is known whether the clip was whole.
        target.metadata["comment"] = json.dumps(asdict(about))
        for packet in packets:
            target.mux(packet)
    return about


def _stream_in(target: Any, shape: _Shape) -> Any:
    stream = target.add_stream("libx264", rate=FPS)
    stream.width, stream.height = shape.width, shape.height * (2 if shape.has_alpha else 1)
    stream.pix_fmt = "yuv420p"
    context = stream.codec_context
    context.options = {"preset": PRESET, "tune": "fastdecode", "crf": str(CRF), "x264-params": X264}
    context.thread_count = 1
    context.colorspace = context.color_primaries = context.color_trc = BT709
    context.color_range = LIMITED
    return stream


def _made(frame: VideoFrame, shape: _Shape) -> VideoFrame:
    """Make the picture that is encoded: upright, at its size, its alpha below it."""
    turned = shape.turn in (90, 270)
    size = (shape.height, shape.width) if turned else (shape.width, shape.height)
    if not shape.has_alpha and not shape.turn:
        return _smaller(frame, *size) if _is_near(frame, *size) else _reformatted(frame, *size, "yuv420p")
    if not shape.has_alpha:
        upright = np.rot90(_bgra(frame, *size), shape.turn // 90)
        plate = plate_from_bgra(np.ascontiguousarray(upright))
        return _yuv(plate.y, plate.u, plate.v)
    # Colours are times alpha before they are scaled, so that no fringe comes in.
    pixels = _bgra(frame, frame.width, frame.height)
    clear = _lifted_off(pixels, shape.key) if shape.key else _premultiplied(pixels, pixels[:, :, 3])
    scaled = VideoFrame.from_ndarray(clear, "bgra").reformat(*size, interpolation=EXACT, threads=1)
    upright = np.rot90(np.asarray(scaled.to_ndarray(), np.uint8), shape.turn // 90)
    sprite = sprite_from_bgra(np.ascontiguousarray(upright))
    still = np.full_like(sprite.v, 128)
    return _yuv(np.vstack([sprite.y, sprite.a]), np.vstack([sprite.u, sprite.ca]), np.vstack([sprite.v, still]))


def _is_near(frame: VideoFrame, width: int, height: int) -> bool:
    """Say whether the frame has films' colours already, and is larger by so little that it may be sampled."""
    told = frame.format.name, int(frame.colorspace), frame.color_range
    larger = width < frame.width <= 2 * width and height < frame.height <= 2 * height
    is_alike = abs(frame.width * height - frame.height * width) <= ALIKE * frame.height * width
    is_even = not (frame.width % 2 or frame.height % 2)
    return larger and is_alike and is_even and told == ("yuv420p", BT709, ColorRange.MPEG)


def _smaller(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    """Return the frame at this size as films sample pictures, which takes a tenth of what swscale does."""
    made = VideoFrame(width, height, "yuv420p")
    by = max(width / frame.width, height / frame.height)
    x, y = (width - frame.width * by) / 2, (height - frame.height * by) / 2
    cover(Frame.over(made), Plate.over(frame), x, y, by)
    return made


def _yuv(y: Pixels, u: Pixels, v: Pixels) -> VideoFrame:
    frame = VideoFrame(y.shape[1], y.shape[0], "yuv420p")
    for plane, pixels in zip(frame.planes, (y, u, v), strict=True):
        rows = np.zeros((plane.height, plane.line_size), np.uint8)
        rows[:, : plane.width] = pixels
        plane.update(rows.tobytes())
    return frame


def _split(frame: VideoFrame, *, has_alpha: bool) -> Planes:
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    )
    if not has_alpha:
        return y, u, v
    h = len(y) // 2
    return y[:h], u[: h // 2], v[: h // 2], y[h:], u[h // 2 :]


def _each_thirtieth(timed: Iterator[tuple[Fraction, VideoFrame]]) -> Iterator[VideoFrame]:
    """Repeat or leave out frames, so that one comes for each thirtieth of a second; the last stays its own time."""
    count, shown, end = 0, None, Fraction(0)
    for time, frame in timed:
        while shown is not None and Fraction(count, FPS) + LATE_S < time:
            yield shown
            count += 1
        shown = frame
        end = time + (_seconds(frame, frame.duration) or Fraction(1, FPS))
    while shown is not None and (Fraction(count, FPS) + LATE_S < end or count == 0):
        yield shown
        count += 1


def _timed(container: Any, source: Path, notes: list[str]) -> Iterator[tuple[Fraction, VideoFrame]]:
    """Yield the clip's frames with their time in seconds, from 0; where it is damaged it ends, with a note."""
    stream = _pictures_of(container, source)
    usual = Fraction(1, stream.average_rate or FPS)
    start, time = None, -usual
    try:
        for frame in _decoded(container, stream):
            if frame.is_corrupt:
                raise _unusable(source, "a frame is damaged")
            stamp = time + usual if frame.pts is None else _seconds(frame, frame.pts)
            start = stamp if start is None else start
            time = max(time, stamp - start)
            yield time, frame
        if _promised(container, stream) > time + MISSING_S:
            notes.append(f"The clip {source.name} is cut short: it ends after {float(time):.1f} seconds")
    except (av.FFmpegError, PictureUnusable) as error:
        if start is None:
            raise _unusable(source, error) from error
        notes.append(f"The clip {source.name} is damaged after {float(time):.1f} seconds; it ends there")


def _promised(container: Any, stream: Any) -> Fraction:
    """Return how long the clip says it is, in seconds; 0 where it does not say."""
    if stream.duration:
        return Fraction(stream.duration) * (stream.time_base or 0)
    # A sound may be longer than its pictures.
    return Fraction(0) if container.streams.audio else Fraction(container.duration or 0, av.time_base)


def _seconds(frame: VideoFrame, ticks: int | None) -> Fraction:
    return Fraction(ticks or 0) * (frame.time_base or 0)


def _opened(path: Path) -> Any:
    try:
        return av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise _unusable(path, error) from error


def _pictures_of(container: Any, path: Path) -> Any:
    """Return the stream that moves: a cover picture is none."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            if stream.width * stream.height > MOST_PIXELS:
                raise PictureUnusable(f"The clip {path.name} is larger than 4096 x 2304; make it smaller")
            return stream
    raise _unusable(path, "it holds no moving picture")


def _about(container: Any, path: Path) -> Mezzanine:
    try:
        known = json.loads(container.metadata["comment"])
        return Mezzanine(**{**known, "notes": tuple(known["notes"])})
    except (KeyError, TypeError, ValueError) as error:
        raise _unusable(path, "it was not prepared for films") from error


def _bgra(frame: VideoFrame, width: int, height: int) -> Pixels:
    return np.array(_reformatted(frame, width, height, "bgra").to_ndarray(), np.uint8)


def _reformatted(frame: VideoFrame, width: int, height: int, layout: str) -> VideoFrame:
    """Return the frame at this size, BT.709; a clip that does not name its colours has BT.601's below 720 lines."""
    named = COLOURS.get(int(frame.colorspace))
    is_full = frame.format.name.startswith("yuvj") or frame.color_range == ColorRange.JPEG
    return frame.reformat(
        width,
        height,
        layout,
        src_colorspace=named or (Colorspace.ITU601 if frame.height < 720 else Colorspace.ITU709),
        dst_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.JPEG if is_full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG if layout == "bgra" else ColorRange.MPEG,
        interpolation=EXACT,
        threads=1,
    )


def _is_clear(frame: VideoFrame) -> bool:
    """Say whether the frame lets anything through."""
    if not any(component.is_alpha for component in frame.format.components):
        return False
    return bool((_bgra(frame, frame.width, frame.height)[:, :, 3] < 250).any())


def _key_of(frame: VideoFrame) -> tuple[int, int, int] | None:
    """Return the colour (BGR) of a green screen, None where the upper rim of the picture is not one."""
    pixels = _bgra(frame, frame.width, frame.height)
    half = frame.height // 2
    rim = np.concatenate(
        [pixels[:8].reshape(-1, 4), pixels[:half, :8].reshape(-1, 4), pixels[:half, -8:].reshape(-1, 4)]
    )
    blue, green, red = (int(level) for level in np.median(rim[:, :3], axis=0))
    alike = np.abs(rim[:, :3].astype(np.int16) - (blue, green, red)).sum(1) < 90
    if green - max(blue, red) < 50 or alike.mean() < 0.5:
        return None
    return blue, green, red


def _lifted_off(bgra: Pixels, key: tuple[int, int, int]) -> Pixels:
    """Take a green screen away: as much of it as the green exceeds red and blue, out of the colours as well."""
    colours = bgra[:, :, :3].astype(np.float32)
    others = np.maximum(colours[:, :, 0], colours[:, :, 2])
    excess = (colours[:, :, 1] - others) / (key[1] - max(key[0], key[2]))
    alpha = 1 - np.clip((excess - 0.12) / 0.68, 0, 1)
    times = colours - (1 - alpha)[:, :, None] * np.array(key, np.float32)
    out = np.empty_like(bgra)
    out[:, :, :3] = np.rint(np.clip(times, 0, alpha[:, :, None] * 255))
    spill = np.maximum(out[:, :, 0], out[:, :, 2]) + np.rint(alpha * 12)
    out[:, :, 1] = np.minimum(out[:, :, 1], spill)
    out[:, :, 3] = np.rint(alpha * 255)
    return out


def _unusable(path: Path, reason: object) -> PictureUnusable:
    return PictureUnusable(f"The clip {path.name} cannot be played ({reason}); upload it again")


def _decoded(container: Any, stream: Any) -> Iterator[VideoFrame]:
    """Decode VP8 and VP9 with libvpx, which keeps their transparency; everything else with FFmpeg's own decoders."""
    keeper = KEEPS_ALPHA.get(stream.codec_context.name.removeprefix("libvpx-"))
    if keeper is None:
        yield from container.decode(stream)
        return
    codec: Any = av.CodecContext.create(keeper, "r")
    for packet in container.demux(stream):
        for frame in codec.decode(packet) if packet.size else codec.decode(None):
            frame.time_base = stream.time_base
            yield frame


def _premultiplied(bgra: Pixels, alpha: NDArray[np.uint8]) -> Pixels:
    out = np.empty_like(bgra)
    out[:, :, :3] = ((bgra[:, :, :3] * alpha[:, :, None].astype(np.uint16) + 127) // 255).astype(np.uint8)
    out[:, :, 3] = alpha
    return out
