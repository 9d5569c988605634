"""The built-in voice: eSpeak NG through its shared library, an optional part (GPL-3) outside the core."""

from __future__ import annotations

import _ctypes
import ctypes
import ctypes.util
import importlib.util
import math
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from adengine.core.errors import VoiceMissing
from adengine.core.speech import LEAD_S, Line, Piece, Spoken, Word, pieces
from workers.studio.sound import RATE, Sound
from workers.studio.sound.voices import Speech

WORDS_A_MINUTE, MOST_WORDS_A_MINUTE = 170, 240
PITCHES = (46, 40, 54)
SPOKEN_RATE = 22_050
# Where eSpeak's own name of a language is not the locale's.
NAMES = {"en": "en-us", "fr": "fr-fr", "zh": "cmn", "no": "nb", "es-mx": "es-419", "iw": "he", "in": "id"}
FALLBACK = "en-us"
# Languages whose dictionary lacks a script that shops write in.
UNREAD = {"ja": "\u3400-\u9fff"}
# It would read out the names of these: emoji, flags and their joiners.
_PICTURES = re.compile("[\u2190-\u21ff\u2300-\u2bff\ufe0f\u200d\U0001f000-\U0001faff]")
MISSING = (
    "The voice 'espeak' needs the eSpeak NG library: pip install 'adengine[voice]', or on Debian "
    "apt install libespeak-ng1; or choose another voice."
)

_SYNCHRONOUS, _DONT_EXIT, _UTF8, _CHARACTERS, _RATE, _PITCH = 2, 0x8000, 1, 1, 1, 3
_END_OF_LIST, _WORD, _CLAUSE_END = 0, 1, 5
_LOCK = threading.Lock()


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_char * 8),
    )


_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


@dataclass(frozen=True, eq=False)
class _Take:
    """A line as spoken at 48 kHz; `marks` are (character, sample) where words begin, `rests` where clauses end."""

    samples: Sound
    marks: tuple[tuple[int, int], ...]
    rests: tuple[int, ...]


class Espeak:
    """A plain synthetic voice for about a hundred languages; clear, and audibly a machine."""

    name = "espeak"

    def speak(self, lines: Sequence[Line], *, fps: int, locale: str, seed: int) -> Speech:
        """Return the lines spoken; one that does not fit is spoken up to 1.4 times as fast, and noted beyond that.

        A line that is too long pushes the next one back. Raises VoiceMissing without the library.
        """
        samples = np.zeros(max((line.end for line in lines), default=0) * RATE // fps, np.float32)
        words: list[Word] = []
        free = 0
        with _library() as library:
            notes = _choose(library, locale) + _unreadable(lines, locale)
            library.espeak_SetParameter(_PITCH, PITCHES[seed % len(PITCHES)], 0)
            for line in lines:
                start = max(free, line.start * RATE // fps + int(LEAD_S * RATE))
                room = line.end * RATE // fps - start
                take = _fitting(library, line.text, room)
                free = start + len(take.samples)
                notes += _overrun(line, take, room, cut=free > len(samples))
                kept = take.samples[: max(0, len(samples) - start)]
                samples[start : start + len(kept)] += kept
                words += _words(line, take, start, fps=fps, last=len(samples) * fps // RATE)
        return Speech(_faded(samples), Spoken(tuple(words)), tuple(notes))


@contextmanager
def _library() -> Iterator[Any]:
    """Lend a fresh copy of the library, one user at a time.

    It keeps one voice, rate and callback for the whole process, and a flutter and a noise that go on from call to
    call, through Terminate and Initialize: only loading it anew makes the same words sound the same.
    """
    with _LOCK:
        library = _opened()
        try:
            rate = library.espeak_Initialize(_SYNCHRONOUS, 0, _data(), _DONT_EXIT)
            if rate != SPOKEN_RATE:
                raise VoiceMissing(f"The eSpeak NG library does not start here (it answered {rate}). {MISSING}")
            yield library
            library.espeak_Terminate()
        finally:
            _ctypes.dlclose(library._handle)


def _opened() -> Any:
    for name in (*map(str, _wheel("*espeak-ng*.*")), ctypes.util.find_library("espeak-ng"), "libespeak-ng.so.1"):
        try:
            if name:
                return ctypes.CDLL(name)
        except OSError:
            continue
    raise VoiceMissing(MISSING)


def _data() -> bytes | None:
    """The wheel brings its own data; a library of the system knows where its own is."""
    return next((str(path.parent).encode() for path in _wheel("espeak-ng-data")), None)


def _wheel(pattern: str) -> list[Path]:
    spec = importlib.util.find_spec("espeakng_loader")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob(pattern))


def _choose(library: Any, locale: str) -> list[str]:
    """Set the voice of a locale or its language; where there is none, English speaks and a note says so."""
    asked = locale.replace("_", "-").lower()
    language = asked.split("-")[0]
    for name in (NAMES.get(asked, asked), NAMES.get(language, language)):
        if library.espeak_SetVoiceByName(name.encode()) == 0:
            return []
    library.espeak_SetVoiceByName(FALLBACK.encode())
    return [f"The voice 'espeak' does not speak {locale}; it reads the words as English ({FALLBACK})."]


def _unreadable(lines: Sequence[Line], locale: str) -> list[str]:
    letters = UNREAD.get(locale.replace("_", "-").split("-")[0].lower())
    if letters is None or not any(re.search(f"[{letters}]", line.text) for line in lines):
        return []
    return [f"The voice 'espeak' cannot read every sign of {locale}; give it kana, or choose another voice."]


def _fitting(library: Any, text: str, room: int) -> _Take:
    """Speak at the usual pace, or as much faster as the room asks, up to the limit."""
    take = _spoken(library, text, WORDS_A_MINUTE)
    pace = WORDS_A_MINUTE
    while len(take.samples) > room and pace < MOST_WORDS_A_MINUTE:
        faster = math.ceil(pace * len(take.samples) / max(1, room)) + 2
        pace = min(MOST_WORDS_A_MINUTE, faster)
        take = _spoken(library, text, pace)
    return take


def _overrun(line: Line, take: _Take, room: int, *, cut: bool) -> list[str]:
    if len(take.samples) <= room:
        return []
    ends = "its end is cut off" if cut else "it runs into the next shot"
    return [
        f'"{line.text}" takes {len(take.samples) / RATE:.1f} s at the fastest pace and has '
        f"{max(0, room) / RATE:.1f} s; {ends}. Shorten the words or give the shot more time."
    ]


def _spoken(library: Any, text: str, pace: int) -> _Take:
    chunks: list[bytes] = []
    marks: list[tuple[int, int]] = []
    rests: list[int] = []

    def heard(wave: Any, count: int, events: Any) -> int:
        if wave and count:
            chunks.append(ctypes.string_at(wave, count * 2))
        for event in _listed(events):
            if event.type == _WORD and event.length > 0:
                # Positions count characters from one.
                marks.append((event.text_position - 1, event.sample))
            elif event.type == _CLAUSE_END:
                rests.append(event.sample)
        return 0

    callback = _Heard(heard)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetParameter(_RATE, pace, 0)
    said = _PICTURES.sub(" ", text).encode()
    library.espeak_Synth(said, len(said) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
    library.espeak_SetSynthCallback(_SILENT)
    wave = np.asarray(np.frombuffer(b"".join(chunks), np.int16) / 32768, np.float32)
    scale = RATE / SPOKEN_RATE
    return _Take(
        _resampled(_trimmed(wave)),
        tuple((at, round(sample * scale)) for at, sample in marks),
        tuple(round(sample * scale) for sample in rests),
    )


_SILENT = _Heard(lambda wave, count, events: 0)


def _listed(events: Any) -> list[Any]:
    found: list[Any] = []
    while events and events[len(found)].type != _END_OF_LIST:
        found.append(events[len(found)])
    return found


def _trimmed(wave: Sound) -> Sound:
    """Leave off the silence after the last sound."""
    loud = np.flatnonzero(np.abs(wave) > 0.004)
    return wave[: loud[-1] + SPOKEN_RATE // 50] if len(loud) else wave[:0]


def _faded(samples: Sound) -> Sound:
    """Let the last 20 ms go, so that a voice the film cuts off does not click."""
    fade = min(len(samples), RATE // 50)
    samples[len(samples) - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return samples


def _resampled(wave: Sound) -> Sound:
    """Return 22.05 kHz samples at 48 kHz, by their spectrum, without delay."""
    groups = -(-len(wave) // 147)
    if not groups:
        return wave
    spectrum = np.fft.rfft(np.pad(wave, (0, groups * 147 - len(wave))))
    return np.asarray(np.fft.irfft(spectrum, groups * 320) * (320 / 147), np.float32)


def _words(line: Line, take: _Take, start: int, *, fps: int, last: int) -> list[Word]:
    """Return the line's words in film frames, up to the film's last one."""
    parts = pieces(line.text)
    starts = _starts(parts, take)
    edges = [*starts, len(take.samples)]
    words = []
    for part, (low, high) in zip(parts, pairwise(edges), strict=True):
        rest = next((sample for sample in take.rests if low < sample <= high), high)
        begin, end = (min(last, round((start + at) * fps / RATE)) for at in (low, rest))
        words.append(Word(part.text, begin, end, part.before))
    return words


def _starts(parts: Sequence[Piece], take: _Take) -> list[int]:
    """Return where each word begins; one that was not announced shares the time of the words around it."""
    known: dict[int, int] = {0: 0, len(parts): len(take.samples)}
    for number, part in enumerate(parts):
        inside = [sample for at, sample in take.marks if part.at <= at < part.at + len(part.text)]
        if inside:
            known[number] = min(inside)
        elif number and not any(char.isalnum() for char in part.text):
            known[number] = -1
    places = [number for number in sorted(known) if known[number] >= 0]
    starts = np.interp(range(len(parts)), places, [known[place] for place in places])
    # A dash is not spoken: it takes no time before the word that follows.
    for number in sorted(known, reverse=True):
        if known[number] < 0:
            starts[number] = starts[number + 1] if number + 1 < len(parts) else len(take.samples)
    return [int(start) for start in np.maximum.accumulate(starts)]
