"""Frames and samples into one MP4: H.264 High, BT.709 limited, AAC, its index in front."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter

from workers.studio.music import RATE, Sound
from workers.studio.pictures import Pixels

BT709 = 1
VIDEO = {"preset": "superfast", "crf": "20", "profile": "high"}
AUDIO_BITS = 128_000
THREADS = 2


class Encoder:
    """An MP4 being written: one `add` a frame, in order, then `close`."""

    def __init__(self, path: Path, width: int, height: int, fps: int, sound: Sound) -> None:
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._video = _video_stream(self._container, width, height, fps)
        self._audio: Any = self._container.add_stream("aac", rate=RATE, layout="stereo")
        self._audio.codec_context.bit_rate = AUDIO_BITS
        self._reformatter = VideoReformatter()
        self._sound = sound.astype(np.float32)
        self._samples_a_frame = RATE // fps
        self._count = 0

    def add(self, pixels: Pixels, *, key: bool) -> None:
        """Encode one frame of BGRA pixels and the sound that belongs to it."""
        raw = av.VideoFrame.from_numpy_buffer(pixels, "bgra")
        frame = self._reformatter.reformat(
            raw,
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_color_range=ColorRange.MPEG,
            dst_colorspace=Colorspace.ITU709,
        )
        frame.pts = self._count
        frame.pict_type = PictureType.I if key else PictureType.NONE
        self._container.mux(self._video.encode(frame))
        start = self._count * self._samples_a_frame
        self._add_sound(self._sound[:, start : start + self._samples_a_frame], start)
        self._count += 1

    def close(self) -> None:
        """Flush both streams and write the index."""
        self._container.mux(self._video.encode(None))
        self._container.mux(self._audio.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Let go of the file; what was written is of no use."""
        with suppress(OSError, av.FFmpegError):
            self._container.close()

    def _add_sound(self, samples: Any, start: int) -> None:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), "fltp", "stereo")
        frame.sample_rate, frame.pts = RATE, start
        self._container.mux(self._audio.encode(frame))


def _video_stream(container: Any, width: int, height: int, fps: int) -> Any:
    stream = container.add_stream("libx264", rate=fps, options=VIDEO)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.thread_count = THREADS
    context.color_range, context.colorspace = ColorRange.MPEG.value, BT709
    context.color_primaries, context.color_trc = BT709, BT709
    context.gop_size = fps * 2
    return stream
