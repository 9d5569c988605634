"""A film's sound: the voice with its words, and the finished track as AAC packets, each made once."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from math import log10
from pathlib import Path

from adengine.core.score import Score
from adengine.core.speech import Spoken, Word
from adengine.core.timeline import Timeline
from workers.studio.making.cache import Cache, bundle, kept, unbundle
from workers.studio.making.parts import CORE, STUDIO, file_digest, installed, key_of, source_digest
from workers.studio.sound import aac
from workers.studio.sound.voices import Recording, Speech, voice_named

SOUND_TOOLS = ("av", "numpy", "espeakng_loader")
# What `loudness` answers for silence.
SILENT_LUFS = -70.0


@dataclass(frozen=True)
class Track:
    """The finished sound, and how loud it is: None where it is silent."""

    packets: aac.Packets
    loudness_lufs: float | None
    peak_dbtp: float | None


class Voice:
    """What a timeline's voice says; its words are kept apart, for a finished track needs no samples."""

    def __init__(self, timeline: Timeline, resolve: Callable[[str], Path], cache: Cache) -> None:
        self._timeline, self._resolve, self._cache = timeline, resolve, cache
        self.key = _voice_key(timeline, resolve)

    @property
    def is_known(self) -> bool:
        """Say whether the words are known without speaking them."""
        return self._cache.has("words", self.key)

    @cached_property
    def words(self) -> tuple[Spoken, tuple[str, ...]]:
        """The words with their times, and notes; raises VoiceMissing, and Invalid for a recording."""

        def spoken() -> bytes:
            words = [(word.text, word.start, word.end, word.before) for word in self.speech.spoken.words]
            return json.dumps([words, self.speech.notes]).encode()

        words, notes = json.loads(kept(self._cache, "words", self.key, spoken))
        return Spoken(tuple(Word(*word) for word in words)), tuple(notes)

    @cached_property
    def speech(self) -> Speech:
        """The samples too."""
        timeline = self._timeline
        recording = Recording(self._resolve(timeline.recording)) if timeline.recording else None
        voice = voice_named(timeline.voice, recording)
        return voice.speak(timeline.speech, fps=timeline.fps, locale=timeline.locale, seed=timeline.seed)


def voice_of(timeline: Timeline, resolve: Callable[[str], Path], cache: Cache) -> Voice | None:
    """Return the timeline's voice, or None without one."""
    return Voice(timeline, resolve, cache) if timeline.voice else None


def track_of(score: Score, voice: Voice | None, cache: Cache) -> Track:
    """Return the film's track: music and effects to the score, and the voice over them."""

    def made() -> bytes:
        track = _track(score, voice.speech if voice else None)
        return bundle([track.loudness_lufs, track.peak_dbtp], [track.packets.config, *track.packets.frames])

    key = key_of(tools(), asdict(score), voice.key if voice else "")
    (lufs, dbtp), (config, *frames) = unbundle(kept(cache, "sound", key, made))
    return Track(aac.Packets(config, tuple(frames)), lufs, dbtp)


@functools.cache
def tools() -> str:
    """Return what names the code and the libraries that can change a sample."""
    code = source_digest([*(STUDIO / "sound").glob("*.py"), CORE / "score.py", CORE / "speech.py"])
    return key_of(installed(*SOUND_TOOLS), code)


def _voice_key(timeline: Timeline, resolve: Callable[[str], Path]) -> str:
    """Return what names everything that decides how the timeline's script sounds."""
    lines = [asdict(line) for line in timeline.speech]
    recording = file_digest(resolve(timeline.recording)) if timeline.recording else ""
    return key_of(tools(), timeline.voice, lines, timeline.fps, timeline.locale, timeline.seed, recording)


def _track(score: Score, speech: Speech | None) -> Track:
    from workers.studio.sound.loudness import loudness, true_peak
    from workers.studio.sound.mix import soundtrack

    sound = soundtrack(score, speech)
    lufs, peak = loudness(sound), true_peak(sound)
    packets = aac.packets(sound)
    if lufs <= SILENT_LUFS or not peak:
        return Track(packets, None, None)
    return Track(packets, round(lufs, 2), round(20 * log10(peak), 2))
