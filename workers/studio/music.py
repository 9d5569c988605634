"""A bed of music made from numbers: chords, bass and drums on the film's beat, opening on the end card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from adengine.core.timeline import Timeline

RATE = 48_000
LOUDNESS_LUFS = -14.0
CEILING = 10 ** (-1.6 / 20)
Sound = NDArray[np.float64]


@dataclass(frozen=True)
class Mood:
    """Chords as semitones from A2 (a bar each), how the chords are played, and how hard the drums are."""

    chords: tuple[tuple[int, ...], ...]
    voice: str
    kick: float
    hat: float
    snap: float
    steps: tuple[int, ...]
    bright: float


MOODS = {
    "warm": Mood(
        ((8, 12, 15, 19), (3, 10, 15, 19), (5, 12, 15, 20), (10, 14, 17, 20)),
        "keys",
        0.55,
        0.10,
        0.16,
        (0, 3, 6),
        5200,
    ),
    "bright": Mood(
        ((3, 10, 14, 19), (7, 10, 15, 19), (0, 10, 12, 19), (8, 12, 15, 22)),
        "pluck",
        0.75,
        0.16,
        0.24,
        (0, 2, 3, 5, 6),
        7500,
    ),
    "bold": Mood(
        ((0, 7, 12, 15), (0, 7, 12, 17), (-4, 8, 12, 15), (-2, 10, 14, 17)),
        "stab",
        1.0,
        0.20,
        0.32,
        (0, 3, 6, 7),
        6500,
    ),
}


def bed(timeline: Timeline) -> Sound:
    """Return stereo samples, shape (2, n) at 48 kHz, as long as the film; always the same for a timeline."""
    mood, beat = MOODS[timeline.mood], timeline.beat_frames * RATE // timeline.fps
    length = timeline.frames * RATE // timeline.fps
    entry, drop = (
        timeline.segments[place].start * RATE // timeline.fps for place in (min(1, len(timeline.segments) - 1), -1)
    )
    chords = _chords(mood, beat, length, drop)
    low = _bass(mood, beat, length, entry)
    kicks = [at for at in range(entry, length, beat) if at >= drop or at < drop - beat]
    drums = _drums(mood, beat, length, kicks=kicks, entry=entry, drop=drop)
    duck = _ducked(length, kicks)
    cuts = [segment.start * RATE // timeline.fps for segment in timeline.segments[1:]]
    mixed = (chords + _sweeps(length, cuts) + _rise(length, drop, beat)) * duck + low * duck + drums
    return _levelled(_faded(_roomy(mixed, timeline.seed)))


def loudness(sound: Sound) -> float:
    """Return integrated loudness in LUFS (ITU-R BS.1770-4: K weighting, 400 ms blocks, both gates)."""
    weighted = np.fft.irfft(np.fft.rfft(sound) * _k_weight(sound.shape[1]), sound.shape[1])
    hop, size = RATE // 10, RATE * 2 // 5
    blocks = [
        np.mean(weighted[:, at : at + size] ** 2, axis=1).sum() for at in range(0, sound.shape[1] - size + 1, hop)
    ]
    power = np.array(blocks)
    power = power[power > 10 ** ((-70 + 0.691) / 10)]
    if not len(power):
        return -70.0
    power = power[power > power.mean() / 10]
    return float(-0.691 + 10 * np.log10(power.mean()))


def _chords(mood: Mood, beat: int, length: int, drop: int) -> Sound:
    out = np.zeros((2, length))
    bar = beat * 4
    for number, at in enumerate(range(0, length, bar)):
        chord = mood.chords[number % len(mood.chords)]
        for place, note in enumerate(chord):
            pan = 0.5 + 0.22 * (place / (len(chord) - 1) - 0.5) * 2
            _add(out, at, _pad(_pitch(note), bar + beat) * 0.062, pan)
        for step in mood.steps:
            note_at, lift = at + step * beat // 2, 12 if at >= drop else 0
            tone = chord[(step + number) % len(chord)] + 12 + lift
            louder = 0.30 if note_at >= drop else 0.20
            _add(out, note_at, _voice(mood.voice, _pitch(tone), beat * 2) * louder, 0.3 + 0.4 * (step % 2))
            if step == 0:
                for note in chord[1:]:
                    _add(out, note_at, _voice(mood.voice, _pitch(note + 12), beat * 3) * louder * 0.6, 0.5)
    out = _low_pass(out, mood.bright)
    return out


def _bass(mood: Mood, beat: int, length: int, entry: int) -> Sound:
    out = np.zeros((2, length))
    for number, at in enumerate(range(0, length, beat * 4)):
        root = _pitch(mood.chords[number % len(mood.chords)][0] - 12)
        for step, long in ((0, 1.6), (3, 0.5), (5, 1.2)):
            if at + step * beat // 2 >= entry:
                _add(out, at + step * beat // 2, _low(root, int(beat * long)) * 0.17, 0.5)
    return out


def _drums(mood: Mood, beat: int, length: int, *, kicks: Sequence[int], entry: int, drop: int) -> Sound:
    out = np.zeros((2, length))
    noise = np.random.default_rng(11)
    for at in kicks:
        _add(out, at, _kick() * mood.kick * (0.50 if at >= drop else 0.34), 0.5)
    for number, at in enumerate(range(entry, length, beat // 2)):
        grown = 0.5 + 0.5 * min(1.0, (at - entry) / max(1, drop - entry))
        _add(out, at, _hat(noise) * mood.hat * grown * (1.0 if number % 2 else 0.5), 0.62)
    for number, at in enumerate(range(entry, length, beat)):
        if number % 2 and (at >= drop or at < drop - beat):
            _add(out, at, _snap(noise) * mood.snap * (1.0 if at >= drop else 0.6), 0.46)
    _add(out, drop, _crash(noise) * 0.16, 0.5)
    return out


def _pitch(semitones: float) -> float:
    return float(110.0 * 2 ** (semitones / 12))


def _time(samples: int) -> Sound:
    return np.arange(samples) / RATE


def _pad(pitch: float, samples: int) -> Sound:
    t = _time(samples)
    wave = sum(
        np.sin(2 * np.pi * pitch * detune * n * t + n) / n**1.6 for detune in (0.997, 1.0, 1.004) for n in range(1, 7)
    )
    rise = np.minimum(1, t / 0.35) * np.minimum(1, (t[-1] - t) / 0.4)
    return np.asarray(wave * rise)


def _voice(kind: str, pitch: float, samples: int) -> Sound:
    t = _time(samples)
    attack = np.minimum(1, t / 0.004) * np.minimum(1, (t[-1] - t) / 0.03)
    if kind == "keys":
        bell = 1.1 * np.exp(-t * 7) * np.sin(2 * np.pi * pitch * 4 * t)
        return np.asarray(np.sin(2 * np.pi * pitch * t + bell) * np.exp(-t * 2.1) * attack)
    falls = (3.2, 4.5) if kind == "pluck" else (5.5, 2.5)
    wave = sum(np.sin(2 * np.pi * pitch * n * t) / n * np.exp(-t * falls[0] * (1 + n / falls[1])) for n in range(1, 10))
    return np.asarray(wave * attack)


def _low(pitch: float, samples: int) -> Sound:
    t = _time(samples)
    wave = np.sin(2 * np.pi * pitch * t) + 0.28 * np.sin(4 * np.pi * pitch * t) + 0.08 * np.sin(6 * np.pi * pitch * t)
    return np.asarray(wave * np.minimum(1, t / 0.012) * np.minimum(1, (t[-1] - t) / 0.05) * np.exp(-t * 0.8))


def _kick() -> Sound:
    t = _time(int(0.34 * RATE))
    sweep = 46 * t + 95 / 26 * (1 - np.exp(-t * 26))
    return np.asarray(
        np.sin(2 * np.pi * sweep) * np.exp(-t * 9) + 0.12 * np.sin(2 * np.pi * 1400 * t) * np.exp(-t * 260)
    )


def _hat(noise: np.random.Generator) -> Sound:
    t = _time(int(0.07 * RATE))
    return np.asarray(np.diff(noise.standard_normal(len(t) + 2), 2) * np.exp(-t * 75) * 0.5)


def _snap(noise: np.random.Generator) -> Sound:
    t = _time(int(0.18 * RATE))
    bursts = sum(np.exp(-np.maximum(0, t - late) * 60) * (t >= late) for late in (0.0, 0.011, 0.023))
    return np.asarray(np.diff(noise.standard_normal(len(t) + 1)) * bursts * 0.35)


def _crash(noise: np.random.Generator) -> Sound:
    t = _time(2 * RATE)
    return np.asarray(np.diff(noise.standard_normal(len(t) + 1)) * np.exp(-t * 2.6))


def _sweeps(length: int, cuts: Sequence[int]) -> Sound:
    """A breath of air into each cut."""
    out = np.zeros((2, length))
    noise = np.random.default_rng(23)
    t = _time(int(0.5 * RATE))
    for number, at in enumerate(cuts):
        air = np.cumsum(noise.standard_normal(len(t)))
        air = np.diff(air - air.mean(), prepend=0) * np.sin(np.pi * t / t[-1]) ** 3
        _add(out, max(0, at - len(t) // 2), air * 0.055, 0.25 + 0.5 * (number % 2))
    return out


def _rise(length: int, drop: int, beat: int) -> Sound:
    out = np.zeros((2, length))
    samples = min(drop, beat * 3)
    if samples > RATE // 10:
        t = _time(samples) / (samples / RATE)
        noise = np.diff(np.random.default_rng(31).standard_normal(samples + 1)) * t**3 * 0.10
        tone = np.sin(2 * np.pi * np.cumsum(220 * 2 ** (t * 2)) / RATE) * t**3 * 0.035
        _add(out, drop - samples, noise + tone, 0.5)
    return out


def _ducked(length: int, kicks: Sequence[int]) -> Sound:
    gain = np.ones(length)
    dip = 1 - 0.38 * np.exp(-_time(int(0.4 * RATE)) / 0.11)
    for at in kicks:
        end = min(length, at + len(dip))
        gain[at:end] = np.minimum(gain[at:end], dip[: end - at])
    return gain


def _add(out: Sound, at: int, sound: Sound, pan: float) -> None:
    end = min(out.shape[1], at + len(sound))
    if end > at:
        out[0, at:end] += sound[: end - at] * np.cos(pan * np.pi / 2)
        out[1, at:end] += sound[: end - at] * np.sin(pan * np.pi / 2)


def _low_pass(sound: Sound, corner: float) -> Sound:
    pitch = np.fft.rfftfreq(sound.shape[1], 1 / RATE)
    return np.asarray(np.fft.irfft(np.fft.rfft(sound) / (1 + (pitch / corner) ** 4) ** 0.5, sound.shape[1]))


def _roomy(sound: Sound, seed: int) -> Sound:
    """Add a room: decaying noise convolved in, a little different left and right."""
    t = _time(int(1.5 * RATE))
    tail = np.random.default_rng(41 + seed % 7).standard_normal((2, len(t))) * np.exp(-t * 4.2)
    tail = _low_pass(tail, 5200)
    size = sound.shape[1] + len(t)
    wet = np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(tail, size), size)[:, : sound.shape[1]]
    return np.asarray(sound + wet * (0.16 * np.abs(sound).max() / max(1e-9, np.abs(wet).max())))


def _faded(sound: Sound) -> Sound:
    fade_in, fade_out = int(0.02 * RATE), int(min(1.4, sound.shape[1] / RATE / 5) * RATE)
    sound[:, :fade_in] *= np.linspace(0, 1, fade_in)
    sound[:, -fade_out:] *= np.cos(np.linspace(0, np.pi / 2, fade_out)) ** 1.5
    return sound


def _levelled(sound: Sound) -> Sound:
    """Bring to -14 LUFS under a -1.6 dBFS ceiling; the limiter looks 4 ms ahead."""
    for _ in range(3):
        sound = _limited(sound * 10 ** ((LOUDNESS_LUFS - loudness(sound)) / 20))
    return sound


def _limited(sound: Sound) -> Sound:
    step = RATE // 250
    peak = np.abs(sound).max(0)
    blocks = np.pad(peak, (0, -len(peak) % step)).reshape(-1, step).max(1)
    around = np.maximum(blocks, np.maximum(np.append(blocks[1:], 0), np.append(0, blocks[:-1])))
    gain = np.minimum(1.0, CEILING / np.maximum(around, 1e-9))
    smooth = np.interp(np.arange(len(peak)), (np.arange(len(gain)) + 0.5) * step, gain)
    return np.asarray(np.clip(sound * smooth, -CEILING, CEILING))


def _k_weight(samples: int) -> NDArray[np.complex128]:
    """Return the response of BS.1770's two filters (48 kHz coefficients) at the bins of a real FFT."""
    z = np.exp(-2j * np.pi * np.fft.rfftfreq(samples))
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    return np.asarray(shelf * high)
