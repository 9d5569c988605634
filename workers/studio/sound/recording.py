"""A merchant's own voice-over as a voice: any sound file, its words timed by a WebVTT file or by where it is loud."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import numpy as np

from adengine.core.errors import Invalid
from adengine.core.speech import Line, Spoken, Word, spread
from workers.studio.sound import RATE, Sound
from workers.studio.sound.voices import Recording, Speech

FRAME = RATE // 100
QUIET_DB, FLOOR = -30.0, 0.001
PAUSE_S, SYLLABLE_S = 0.18, 0.06
_CUE = re.compile(r"((?:\d+:)?\d\d:\d\d\.\d{3})\s+-->\s+((?:\d+:)?\d\d:\d\d\.\d{3})[^\n]*\n((?:[^\n]+\n?)+)")


class Recorded:
    """Speaks by playing a recording from the film's first frame on."""

    name = "recording"

    def __init__(self, recording: Recording) -> None:
        self.recording = recording

    def speak(self, lines: Sequence[Line], *, fps: int, locale: str, seed: int) -> Speech:
        """Return the recording, trimmed to the last line's end, with its words.

        Raises Invalid when the files cannot be read or nobody speaks in them.
        """
        length = max((line.end for line in lines), default=0) * RATE // fps
        samples, notes = _trimmed(_decoded(self.recording.sound, length + RATE), length)
        spans = speech_spans(samples)
        if not spans:
            raise Invalid(f"Nobody speaks in {self.recording.sound.name}; upload a recording with a voice in it.")
        if self.recording.words:
            return Speech(samples, _timed(self.recording.words, fps, length), notes)
        text = [line.text for line in lines]
        return Speech(samples, _aligned(text, [(a * fps / RATE, b * fps / RATE) for a, b in spans]), notes)


def speech_spans(samples: Sound) -> list[tuple[int, int]]:
    """Return where somebody speaks, as (first, end) samples: 30 dB under the loudest, short pauses bridged."""
    whole = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    level = np.sqrt(np.mean(np.square(whole), axis=1, dtype=np.float64))
    threshold = max(FLOOR, float(level.max(initial=0)) * 10 ** (QUIET_DB / 20), 3 * _hum(level))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], level > threshold, [0]])))
    spans: list[tuple[int, int]] = []
    for start, end in zip(edges[::2] * FRAME, edges[1::2] * FRAME, strict=True):
        if spans and start - spans[-1][1] < PAUSE_S * RATE:
            spans[-1] = (spans[-1][0], int(end))
        else:
            spans.append((int(start), int(end)))
    return [(start, end) for start, end in spans if end - start >= SYLLABLE_S * RATE]


def _hum(level: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the level of the room, where the recording has pauses that let it be heard."""
    if not len(level):
        return 0.0
    low, high = (float(part) for part in np.percentile(level, (5, 90)))
    return low if low < high / 10 else 0.0


def _decoded(path: Path, most: int) -> Sound:
    """Return a file's sound as mono at 48 kHz, at most so many samples."""
    chunks: list[Sound] = []
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise Invalid(f"There is no sound in {path.name}; upload a WAV, MP3, M4A, OGG or FLAC file.")
            resampler = av.AudioResampler("fltp", "mono", RATE)
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None
                chunks += [part.to_ndarray()[0] for part in resampler.resample(frame)]
                if sum(map(len, chunks)) >= most:
                    break
            chunks += [part.to_ndarray()[0] for part in resampler.resample(None)]
    except (av.FFmpegError, OSError) as error:
        raise Invalid(
            f"{path.name} cannot be read as sound ({error.strerror}); export it again as WAV or MP3."
        ) from error
    return np.concatenate([np.zeros(0, np.float32), *chunks]).astype(np.float32)[:most]


def _trimmed(samples: Sound, length: int) -> tuple[Sound, tuple[str, ...]]:
    """Return the recording as long as the film, faded where speech had to be cut, and a note if it was."""
    kept = samples[:length].copy()
    if len(samples) <= length or not speech_spans(samples[length:]):
        return kept, ()
    fade = min(len(kept), RATE // 20)
    kept[len(kept) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return kept, ("The recording is longer than the film; its end is cut off. Shorten it or lengthen the film.",)


def _aligned(text: Sequence[str], spans: Sequence[tuple[float, float]]) -> Spoken:
    """Spread the script over the spans in which somebody speaks, by the length of its words."""
    frames = [(round(start), max(round(start) + 1, round(end))) for start, end in spans]
    words = iter(spread(" ".join(text), frames))
    found: list[Word] = []
    for line in text:
        for number, word in enumerate(spread(line, [(0, 1)])):
            timed = next(words)
            found.append(Word(timed.text, timed.start, timed.end, "\n" if number == 0 else word.before))
    return Spoken(tuple(found))


def _timed(path: Path, fps: int, length: int) -> Spoken:
    """Return the words of a WebVTT file, each cue's spread over its time."""
    try:
        content = path.read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path.name} cannot be read as WebVTT; save it as UTF-8 text.") from error
    words = [word for cue in _cues(content) for word in _cue_words(cue, fps, length * fps // RATE)]
    if not content.startswith("WEBVTT") or not words:
        raise Invalid(f"{path.name} holds no WebVTT captions; it starts with WEBVTT and has lines like 00:01.000 --> .")
    return Spoken(tuple(words))


def _cues(content: str) -> Iterator[tuple[float, float, str]]:
    found = sorted((_seconds(start), _seconds(end), text) for start, end, text in _CUE.findall(content))
    floor = 0.0
    for start, end, text in found:
        yield max(start, floor), max(end, floor), " ".join(re.sub(r"<[^>]*>", "", text).split())
        floor = max(end, floor)


def _cue_words(cue: tuple[float, float, str], fps: int, last: int) -> list[Word]:
    start, end = (min(last, round(seconds * fps)) for seconds in cue[:2])
    return spread(cue[2], [(start, end)]) if start < end else []


def _seconds(clock: str) -> float:
    *hours, minutes, seconds = clock.split(":")
    return int(hours[0] if hours else 0) * 3600 + int(minutes) * 60 + float(seconds)
