"""Notes from wavetables: one table look-up a sample, however many harmonics a voice has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workers.studio.sound import RATE, Sound

TABLE_BITS = 13
NYQUIST_HZ = 19_000.0
VIBRATO_HZ = 5.3


@dataclass(frozen=True)
class Spectrum:
    """Harmonics falling as n ** -slope, darker above `top_hz`; `extra` are louder ones as (number, level)."""

    slope: float
    top_hz: float
    odd: bool = False
    extra: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True)
class Instrument:
    """How a note sounds: a body that falls slowly and a brightness that falls first (both per second).

    Two detuned strings play it where `detune_cents` is not zero; `vibrato_cents` sways its pitch.
    """

    body: Spectrum
    shine: Spectrum
    level: float
    fall: float
    shine_fall: float
    attack_s: float
    release_s: float
    shine_level: float = 0.6
    detune_cents: float = 0.0
    vibrato_cents: float = 0.0


def note(instrument: Instrument, pitch_hz: float, samples: int, *, shine: float = 1.0, strand: int = 0) -> Sound:
    """Return one note of at least 2 samples; `strand` picks other detunings, for the other ear."""
    tables = [_table(part, round(pitch_hz, 2)) for part in (instrument.body, instrument.shine)]
    # Brightness is inaudible once it has fallen by 60 dB.
    lit = min(samples, int(7 / instrument.shine_fall * RATE))
    wave, bright = np.zeros(samples, np.float32), np.zeros(lit, np.float32)
    for phase in _phases(instrument, pitch_hz, samples, strand):
        wave += tables[0].take(phase)
        bright += tables[1].take(phase[:lit])
    time = np.arange(samples, dtype=np.float32) * np.float32(1 / RATE)
    bright *= np.exp(time[:lit] * np.float32(-instrument.shine_fall)) * np.float32(instrument.shine_level * shine)
    wave[:lit] += bright
    wave *= np.exp(time * np.float32(-instrument.fall)) * np.float32(instrument.level)
    return shaped(wave, instrument.attack_s, instrument.release_s)


def shaped(wave: Sound, attack_s: float, release_s: float) -> Sound:
    """Fade a wave in and out in place, each at most half of it long, and return it."""
    rise, fall = (max(1, min(len(wave) // 2, int(part * RATE))) for part in (attack_s, release_s))
    wave[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    wave[-fall:] *= np.linspace(1, 0, fall, dtype=np.float32)
    return wave


def glide(start_hz: float, end_hz: float, samples: int) -> Sound:
    """Return a sine whose pitch moves evenly, in octaves, from one to the other."""
    pitch = start_hz * (end_hz / start_hz) ** np.linspace(0, 1, samples)
    return np.asarray(np.sin(np.cumsum(2 * np.pi / RATE * pitch)), np.float32)


@lru_cache(maxsize=64)
def noise(samples: int, low_hz: float, high_hz: float, seed: int) -> Sound:
    """Return read-only noise between two corners, with a level of about one."""
    white = np.random.default_rng(seed).standard_normal(samples, dtype=np.float32)
    pitch = np.fft.rfftfreq(samples, 1 / RATE)
    band = 1 / np.sqrt((1 + (pitch / high_hz) ** 6) * (1 + (low_hz / np.maximum(pitch, 1)) ** 6))
    wave = np.fft.irfft(np.fft.rfft(white) * band.astype(np.float32), samples)
    level = max(1e-9, float(np.sqrt(np.mean(wave**2))))
    scaled: Sound = (wave / level).astype(np.float32)
    scaled.flags.writeable = False
    return scaled


def add(out: Sound, at: int, wave: Sound, gain: float, pan: float = 0.0) -> None:
    """Add a mono wave to a stereo track in place, `pan` from -1 (left) to 1; what lies outside is left off."""
    wave, at = wave[max(0, -at) :], max(0, at)
    wave = wave[: max(0, out.shape[1] - at)]
    angle = (pan + 1) * np.pi / 4
    out[0, at : at + len(wave)] += wave * np.float32(gain * np.cos(angle) * 2**0.5)
    out[1, at : at + len(wave)] += wave * np.float32(gain * np.sin(angle) * 2**0.5)


def _phases(instrument: Instrument, pitch_hz: float, samples: int, strand: int) -> Iterator[NDArray[np.int64]]:
    """Yield the place in the wavetable at every sample, for each string."""
    bends = ((-1.0, 0.6), (-0.6, 1.0))[strand] if instrument.detune_cents else (0.0,)
    sway = _sway(instrument.vibrato_cents, pitch_hz, samples, strand)
    for number, bend in enumerate(bends):
        step = int(pitch_hz * 2 ** (bend * instrument.detune_cents / 1200) / RATE * 2**32)
        phase = np.arange(samples, dtype=np.int64)
        phase *= step
        phase += (number * 3 + strand) * 0x2545F491 + sway
        phase >>= 32 - TABLE_BITS
        phase &= (1 << TABLE_BITS) - 1
        yield phase


def _sway(cents: float, pitch_hz: float, samples: int, strand: int) -> Any:
    if not cents:
        return 0
    time = np.arange(samples, dtype=np.float32) * np.float32(1 / RATE)
    cycles = cents / 1200 * np.log(2) * pitch_hz / (2 * np.pi * VIBRATO_HZ)
    bend = np.sin(time * np.float32(2 * np.pi * VIBRATO_HZ) + np.float32(strand))
    bend *= np.minimum(1, time / np.float32(0.35)) * np.float32(cycles * 2**32)
    return bend.astype(np.int64)


@lru_cache(maxsize=512)
def _table(spectrum: Spectrum, pitch_hz: float) -> Sound:
    count = max(1, min(200, int(NYQUIST_HZ / pitch_hz)))
    number = np.arange(1.0, count + 1)
    level = number**-spectrum.slope / np.sqrt(1 + (number * pitch_hz / spectrum.top_hz) ** 4)
    if spectrum.odd:
        level[1::2] = 0
    for place, extra in spectrum.extra:
        if place <= count:
            level[place - 1] += extra
    bins = np.zeros(2 ** (TABLE_BITS - 1) + 1, np.complex64)
    # Scattered phases keep the wave's peaks low.
    bins[1 : count + 1] = level * np.exp(1j * number * number * 0.7)
    wave = np.fft.irfft(bins, 2**TABLE_BITS)
    return np.asarray(wave / np.sqrt(np.mean(wave**2)), np.float32)
