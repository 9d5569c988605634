"""Voices: one contract, and the table of names a merchant may choose from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adengine.core.errors import VoiceMissing
from adengine.core.speech import Line, Spoken
from workers.studio.sound import Sound


@dataclass(frozen=True, eq=False)
class Speech:
    """A spoken script: mono samples at 48 kHz from the film's first frame on, when each word falls, and notes.

    `notes` name what is not as asked: a line that needs more time than its shot has, a language without a voice.
    """

    samples: Sound
    spoken: Spoken
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recording:
    """A merchant's own voice-over: its sound file, and a WebVTT file of its words where there is one."""

    sound: Path
    words: Path | None = None


class Voice(Protocol):
    """Speaks a script. The same arguments give the same samples."""

    name: str

    def speak(self, lines: Sequence[Line], *, fps: int, locale: str, seed: int) -> Speech:
        """Return the lines spoken, each from its start on and, where it fits, before its end.

        Raises VoiceMissing when this machine lacks the voice's parts, Invalid when a recording cannot be used.
        """


def voice_named(name: str, recording: Recording | None = None) -> Voice:
    """Make the voice a merchant named. Raises VoiceMissing, which lists the known names."""
    if name not in VOICES:
        raise VoiceMissing(f"There is no voice '{name}'; choose one of: {', '.join(sorted(VOICES))}.")
    return VOICES[name](recording)


# Imported on use: a film without a voice loads neither library.
def _espeak(recording: Recording | None) -> Voice:
    from workers.studio.sound.espeak import Espeak

    return Espeak()


def _recording(recording: Recording | None) -> Voice:
    from workers.studio.sound.recording import Recorded

    if recording is None:
        raise VoiceMissing("The voice 'recording' needs a sound file; upload a voice-over or choose another voice.")
    return Recorded(recording)


VOICES: dict[str, Callable[[Recording | None], Voice]] = {
    "espeak": _espeak,
    "recording": _recording,
}
