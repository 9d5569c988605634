"""A track as AAC, encoded once: packets that go into any number of films without being encoded again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workers.studio import boxes
from workers.studio.sound import RATE

if TYPE_CHECKING:
    from workers.studio.sound import Sound

BITS_A_SECOND = 128_000
FRAME = 1024
GLOBAL_HEADER = 0x400000


@dataclass(frozen=True)
class Packets:
    """An encoded track: AAC packets of 1024 samples, and the decoder's AudioSpecificConfig (ISO/IEC 14496-3).

    The first packet is the encoder's run-up: the sound begins with the second.
    """

    config: bytes
    frames: tuple[bytes, ...]


def packets(sound: Sound) -> Packets:
    """Return a stereo track, (2, samples) at 48 kHz, as AAC-LC with 128 kbit/s; the same track gives the same bytes."""
    import av
    import numpy as np

    encoder: Any = av.CodecContext.create("aac", "w")
    encoder.rate, encoder.layout, encoder.format = RATE, "stereo", "fltp"
    encoder.bit_rate, encoder.options = BITS_A_SECOND, {"aac_coder": "fast"}
    # Bitexact: the packets name no library version.
    encoder.flags |= av.codec.context.Flags.bitexact | GLOBAL_HEADER
    coded = []
    for start in range(0, sound.shape[1], FRAME):
        part = np.ascontiguousarray(sound[:, start : start + FRAME], np.float32)
        frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
        frame.sample_rate, frame.pts = RATE, start
        coded += encoder.encode(frame)
    coded += encoder.encode(None)
    return Packets(bytes(encoder.extradata), tuple(bytes(packet) for packet in coded))


def kind(track: Packets) -> boxes.Kind:
    """Return how an MP4 describes the track."""
    return boxes.sound(RATE, BITS_A_SECOND, track.config)
