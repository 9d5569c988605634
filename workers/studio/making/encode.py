"""One part of a film as H.264 packets: composed inside the encoder's frame, closed, and free of its place."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange

from adengine.core.flashes import CELLS
from workers.studio import memory
from workers.studio.coding import Coding, Packet, Part
from workers.studio.pixels.planes import Frame
from workers.studio.stills import thumb

BT709 = 1
GLOBAL_HEADER = 0x400000
SAMPLED_ROWS = 120


def encode(
    paint: Callable[[int, Frame], None],
    numbers: range,
    coding: Coding,
    *,
    thumbs: Collection[int],
    done: Callable[[], None],
    is_held: bool = False,
) -> Part:
    """Paint and encode these frames of a film; `done` is called after each, and may raise to end it.

    To hold an encoder to a number of bits takes a seventh of its time. Most parts keep to it by themselves; one that
    does not is painted and encoded anew, held to it.
    """
    context = _opened(coding, coding.options() if is_held else coding.options(_level(coding)))
    # x264 copies a picture before `encode` returns, so one frame serves them all.
    video = av.VideoFrame(coding.width, coding.height, "yuv420p")
    frame, watch = Frame.over(video), Watch(thumbs)
    packets: list[Packet] = []
    for place, number in enumerate(numbers):
        paint(number, frame)
        watch.see(place, frame)
        video.pts, video.time_base = place, Fraction(1, coding.fps)
        packets.extend(map(_packet, context.encode(video)))
        done()
    packets.extend(map(_packet, context.encode(None)))
    if not is_held and not coding.plays(len(packet.data) for packet in packets):
        return encode(paint, numbers, coding, thumbs=thumbs, done=lambda: None, is_held=True)
    return Part(
        len(numbers),
        bytes(context.extradata),
        tuple(packets),
        tuple(watch.thumbs),
        tuple(watch.luma),
        tuple(watch.stir),
        bytes(watch.fields),
        watch.first,
        watch.last,
    )


@dataclass
class Watch:
    """Looks at composed frames on their way into the encoder: small pictures, light, colours of parts, motion."""

    wanted: Collection[int]
    thumbs: list[tuple[int, bytes]] = field(default_factory=list)
    luma: list[int] = field(default_factory=list)
    stir: list[int] = field(default_factory=list)
    fields: bytearray = field(default_factory=bytearray)
    first: bytes = b""
    _before: Any = None

    @property
    def last(self) -> bytes:
        return bytes(self._before.astype(np.uint8))

    def see(self, place: int, frame: Frame) -> None:
        step = max(2, frame.h // SAMPLED_ROWS)
        seen = frame.y[step // 2 :: step, step // 2 :: step].astype(np.int16)
        # Not `mean`, which takes longer than the sum itself.
        self.luma.append(round(int(seen.sum()) / seen.size))
        self.stir.append(round(100 * int(np.abs(seen - self._before).sum()) / seen.size) if place else 0)
        self.fields += _fields(seen)
        for plane in (frame.u, frame.v):
            self.fields += _fields(plane[step // 4 :: step // 2, step // 4 :: step // 2])
        if not place:
            self.first = seen.astype(np.uint8).tobytes()
        self._before = seen
        if place in self.wanted:
            self.thumbs.append((place, thumb(frame)))


def _fields(seen: Any) -> bytes:
    """Return the mean of CELLS x CELLS equal parts of a sampled plane (h, w), row by row."""
    rows, columns, samples = _cells(*seen.shape)
    sums = np.add.reduceat(np.add.reduceat(seen, rows, axis=0, dtype=np.int32), columns, axis=1)
    means: bytes = (sums // samples).astype(np.uint8).tobytes()
    return means


@functools.lru_cache(maxsize=8)
def _cells(*sides: int) -> tuple[Any, Any, Any]:
    """Return where the parts of so many rows and columns begin, and how many samples each part has."""
    rows, columns = (np.arange(CELLS) * side // CELLS for side in sides)
    # Where a frame is sampled on fewer than CELLS rows, a part is the one sample nearest to it.
    high, wide = (np.maximum(1, np.diff(at, append=side)) for at, side in zip((rows, columns), sides, strict=True))
    return rows, columns, np.outer(high, wide)


@functools.lru_cache(maxsize=32)
def _level(coding: Coding) -> int:
    """Return the level of an encoder that is held to the most bits a second, in an avcC's fourth byte."""
    return int(bytes(_opened(coding, coding.options()).extradata)[3])


def _opened(coding: Coding, options: dict[str, str]) -> Any:
    memory.settle()
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt = coding.width, coding.height, "yuv420p"
    context.framerate, context.time_base = Fraction(coding.fps), Fraction(1, coding.fps)
    context.color_range, context.colorspace = ColorRange.MPEG.value, BT709
    context.color_primaries, context.color_trc = BT709, BT709
    context.thread_count, context.options = 1, options
    context.flags |= GLOBAL_HEADER
    context.open()
    return context


def _packet(packet: Any) -> Packet:
    return Packet(bytes(packet), packet.pts, packet.is_keyframe)
