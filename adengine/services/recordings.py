"""Recordings: a merchant's own voice-over, kept as it was sent; a worker hears whether somebody speaks in it."""

from __future__ import annotations

import hashlib

from adengine.core.creative import RECORDING
from adengine.core.errors import Invalid, TooLarge
from adengine.engine import Actor, AdEngine, Unit

LARGEST_BYTES = 15_000_000
# The first bytes of each kind of sound file (where they begin, what they are) and the name it is kept under.
KINDS = (
    (0, b"RIFF", "wav"),
    (0, b"ID3", "mp3"),
    (0, b"\xff\xfb", "mp3"),
    (0, b"\xff\xf3", "mp3"),
    (0, b"OggS", "ogg"),
    (0, b"fLaC", "flac"),
    (4, b"ftyp", "m4a"),
    (0, b"\x1aE\xdf\xa3", "webm"),
)


def keep_recording(engine: AdEngine, actor: Actor, data: bytes) -> str:
    """Keep a sound file and answer the name that a wish's `recording` takes; the same bytes have the same name."""
    with engine.reading(actor) as unit:
        unit.require("ads:write")
        folder = _folder(unit)
    if len(data) > LARGEST_BYTES:
        raise TooLarge(f"a recording has at most {LARGEST_BYTES // 1_000_000} MB; send it as MP3 or shorten it")
    kind = next((kind for at, first, kind in KINDS if data[at:].startswith(first)), None)
    if kind is None:
        raise Invalid("this is no sound file that can be read; send WAV, MP3, M4A, Ogg, FLAC or WebM")
    key = f"{folder}{hashlib.sha256(data).hexdigest()}.{kind}"
    if not engine.ports.files.has(key):
        engine.ports.files.put(key, data)
    return key


def checked(unit: Unit, recording: str, *, voice: str) -> str:
    """The file key of one of the merchant's own recordings; raises Invalid for any other name."""
    if voice != RECORDING:
        raise Invalid("a recording is only heard with the voice 'recording'; choose it or leave the recording out")
    if not recording.startswith(_folder(unit)) or not unit.ports.files.has(recording):
        raise Invalid("this recording is not known here; upload it again")
    return recording


def _folder(unit: Unit) -> str:
    return f"recordings/{unit.merchant_id}/"
