"""Moving pictures read frame by frame: generated clips, and cameos with their transparency."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from adengine.core.errors import PictureUnusable
from workers.studio.pictures import Pixels, from_bgra

KEY_GREEN = (0x00, 0xB1, 0x40)
MOST_PIXELS = 4096 * 2304


class Reel:
    """One clip, read forwards; asking for an earlier moment starts it again. It stays open until `close`."""

    def __init__(self, path: Path, *, loops: bool, cut_out: bool, size: tuple[int, int] | None = None) -> None:
        self._path, self._loops, self._cut_out, self._size = path, loops, cut_out, size
        self._container: Any = None
        self._shown: Any = None
        self._rate, self._length, self._place = 30.0, 0, -1
        self._frame: VideoFrame
        self._frames: Iterator[VideoFrame]
        self._start()

    def image(self, film_frame: int, fps: int) -> Any:
        """Return the skia image for `film_frame` of a film of `fps`; past its end the clip loops or holds."""
        wanted = int(film_frame * self._rate / fps + 1e-6)
        if self._length and self._loops:
            wanted %= self._length
        if wanted < self._place:
            self._start()
        while self._place < wanted and self._advance():
            pass
        if self._place < wanted and self._loops:
            return self.image(film_frame, fps)
        if self._shown is None:
            self._shown = self._made(self._frame)
        return self._shown

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
            self._container = None

    def _start(self) -> None:
        self.close()
        self._place, self._shown = -1, None
        try:
            self._container = av.open(str(self._path))
            stream = self._container.streams.video[0]
            if stream.width * stream.height > MOST_PIXELS:
                raise PictureUnusable(f"The clip {self._path.name} is larger than 4096 x 2304; make it smaller")
            self._rate = float(stream.average_rate or 30)
            self._frames = _decoded(self._container, stream)
        except (av.FFmpegError, IndexError, OSError) as error:
            raise self._unusable(error) from error
        if not self._advance():
            raise self._unusable("it holds no frame")

    def _advance(self) -> bool:
        try:
            frame = next(self._frames, None)
        except av.FFmpegError as error:
            raise self._unusable(error) from error
        if frame is None:
            self._length = self._place + 1
            return False
        self._frame, self._place, self._shown = frame, self._place + 1, None
        return True

    def _made(self, frame: VideoFrame) -> Any:
        if not self._cut_out:
            width, height = self._covering(frame)
            scaled = frame.reformat(width, height, "bgra", interpolation="BICUBIC")
            return from_bgra(np.asarray(scaled.to_ndarray(), np.uint8), opaque=True)
        pixels: Pixels = np.asarray(frame.reformat(format="bgra").to_ndarray(), np.uint8)
        alpha = pixels[:, :, 3] if "a" in frame.format.name else _keyed(pixels)
        return from_bgra(_premultiplied(pixels, alpha), opaque=False)

    def _covering(self, frame: VideoFrame) -> tuple[int, int]:
        if self._size is None:
            return frame.width, frame.height
        scale = max(self._size[0] / frame.width, self._size[1] / frame.height)
        return round(frame.width * scale), round(frame.height * scale)

    def _unusable(self, reason: object) -> PictureUnusable:
        return PictureUnusable(f"The clip {self._path.name} cannot be played ({reason}); upload it again")


def _decoded(container: Any, stream: Any) -> Iterator[VideoFrame]:
    """Decode VP9 with libvpx, which keeps its transparency; everything else with FFmpeg's own decoders."""
    if stream.codec_context.name not in ("vp9", "libvpx-vp9"):
        yield from container.decode(stream)
        return
    codec = av.CodecContext.create("libvpx-vp9", "r")
    for packet in container.demux(stream):
        yield from codec.decode(packet) if packet.size else codec.decode(None)


def _keyed(bgra: Pixels) -> Pixels:
    """Turn the key colour transparent and take its spill off the edge; a clip without it stays opaque."""
    red, green, blue = (bgra[:, :, channel].astype(np.int16) for channel in (2, 1, 0))
    distance = np.abs(red - KEY_GREEN[0]) + np.abs(green - KEY_GREEN[1]) + np.abs(blue - KEY_GREEN[2])
    if (distance[:8] < 90).mean() < 0.5:
        return np.full(bgra.shape[:2], 255, np.uint8)
    bgra[:, :, 1] = np.minimum(green, np.maximum(red, blue) + 12).astype(np.uint8)
    return np.asarray(np.clip((distance - 70) * 255 // 110, 0, 255), np.uint8)


def _premultiplied(bgra: Pixels, alpha: NDArray[np.uint8]) -> Pixels:
    out = np.empty_like(bgra)
    out[:, :, :3] = ((bgra[:, :, :3] * alpha[:, :, None].astype(np.uint16) + 127) // 255).astype(np.uint8)
    out[:, :, 3] = alpha
    return out
