"""Loudness and peaks as broadcasters measure them (ITU-R BS.1770-4), and the limiter that keeps to them."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from workers.studio.sound import RATE, Sound

TARGET_LUFS = -14.0
# The delivered film has to stay under -1 dBTP; AAC adds up to about a decibel of its own.
CEILING = float(10 ** (-2.2 / 20))
HOP = RATE // 10
BLOCK = RATE // 1000
BLOCK_HOPS, AROUND = 9, RATE // 20
WINDOW = BLOCK_HOPS * HOP + 2 * AROUND
_ODD_SIZES = (1, 3, 5, 9, 15, 25, 27, 45, 75, 81, 125, 135, 225, 375, 405, 675, 1125)
ATTACK_DB_A_S, RELEASE_DB_A_S = 2500.0, 70.0
Powers = NDArray[np.float64]


def loudness(sound: Sound) -> float:
    """Return integrated loudness in LUFS, -70 for silence."""
    return integrated(powers(sound))


def powers(sound: Sound) -> Powers:
    """Return the K-weighted power, summed over channels, of every whole 100 ms."""
    channels, hops = np.atleast_2d(sound), sound.shape[-1] // HOP
    blocks = [_block_powers(channels, first * HOP) for first in range(0, hops, BLOCK_HOPS)]
    return np.concatenate([*blocks, np.zeros(0)])[:hops]


def _block_powers(channels: Sound, start: int) -> Powers:
    """Return the powers of a block that a core's cache holds, with what sounds into it on both sides."""
    window = np.zeros((len(channels), WINDOW), np.float32)
    heard = channels[:, max(0, start - AROUND) : start + WINDOW - AROUND]
    begin = max(0, AROUND - start)
    window[:, begin : begin + heard.shape[1]] = heard
    weighted = np.fft.irfft(np.fft.rfft(window) * _k_weight(WINDOW), WINDOW)[:, AROUND:-AROUND]
    return np.asarray(np.square(weighted).reshape(-1, BLOCK_HOPS, HOP).mean(axis=2, dtype=np.float64).sum(axis=0))


def integrated(power: Powers) -> float:
    """Return the loudness of 100 ms powers: blocks of 400 ms, gated at -70 LUFS and 10 LU under their mean."""
    if len(power) < 4:
        return -70.0
    blocks = np.convolve(power, np.full(4, 0.25), "valid")
    blocks = blocks[blocks > 10 ** ((-70 + 0.691) / 10)]
    if not len(blocks):
        return -70.0
    blocks = blocks[blocks > blocks.mean() / 10]
    return float(-0.691 + 10 * np.log10(blocks.mean()))


def true_peak(sound: Sound) -> float:
    """Return the highest level, between samples too (four-fold oversampling beside the loudest); full scale is 1."""
    return float(_peaks(sound, 0.4 * float(np.abs(sound).max(initial=0.0))).max(initial=0.0))


def levelled(sound: Sound, power: Powers) -> Sound:
    """Return the sound at -14 LUFS under a ceiling of -2.2 dBTP; silence stays silence.

    `power` are the sound's 100 ms powers. The gain is found on powers and block peaks; samples are touched once.
    """
    loud = integrated(power)
    if loud <= -70:
        return sound
    gain = 10 ** ((TARGET_LUFS - loud) / 20)
    peaks = _peaks(sound, 0.4 * CEILING / (gain * 1.6))
    for _ in range(8):
        curve = _curve(peaks * gain)
        held = np.square(curve[: len(power) * HOP // BLOCK]).reshape(len(power), -1).mean(axis=1)
        gain *= 10 ** ((TARGET_LUFS - integrated(power * held * gain**2)) / 20)
    return np.asarray(sound * (stretched(_curve(peaks * gain), BLOCK, sound.shape[1]) * np.float32(gain)))


def eased(decibels: Powers, rise: float, fall: float) -> Powers:
    """Return a gain curve never above the one given: it goes down `fall` dB a step ahead of time, up `rise` dB."""
    step = np.arange(len(decibels))
    after = np.minimum.accumulate(decibels - rise * step) + rise * step
    before = np.minimum.accumulate((after + fall * step)[::-1])[::-1] - fall * step
    return np.asarray(before)


def stretched(curve: Powers, block: int, samples: int) -> Sound:
    """Return a gain for every sample, never above its block's: lines between the lower of two neighbours."""
    knots = np.minimum(np.append(curve, curve[-1]), np.insert(curve, 0, curve[0])).astype(np.float32)
    part = np.arange(block, dtype=np.float32) / block
    lines = knots[:-1, None] + (knots[1:] - knots[:-1])[:, None] * part
    return np.asarray(lines.reshape(-1)[:samples])


def smooth_size(samples: int) -> int:
    """Return the next size that an FFT takes quickly (no prime factor above five)."""
    return min(part << max(0, (-(-samples // part) - 1).bit_length()) for part in _ODD_SIZES)


def _curve(peaks: Powers) -> Powers:
    wanted = np.minimum(0, 20 * np.log10(CEILING / np.maximum(peaks, 1e-9)))
    eased_db = eased(wanted, RELEASE_DB_A_S * BLOCK / RATE, ATTACK_DB_A_S * BLOCK / RATE)
    return np.asarray(10 ** (eased_db / 20))


def _peaks(sound: Sound, floor: float) -> Powers:
    """Return each millisecond's true peak; between samples it is looked for only beside samples above `floor`."""
    peak = np.pad(np.abs(sound).max(0), (0, -sound.shape[1] % BLOCK))
    blocks = peak.reshape(-1, BLOCK).max(1).astype(np.float64)
    for channel in sound:
        near = np.flatnonzero(np.abs(channel) >= floor)
        if len(near):
            block = near // BLOCK
            first = np.flatnonzero(np.diff(block, prepend=-1))  # not np.unique, which loads numpy.ma: 20 ms
            block = block[first]
            blocks[block] = np.maximum(blocks[block], np.maximum.reduceat(_between(channel, near), first))
    return np.asarray(blocks)


def _between(channel: Sound, near: NDArray[np.intp]) -> Sound:
    """Return the highest level on the way from each named sample to the next, looked at in three places."""
    padded = np.pad(channel, TAPS // 2)
    between = np.zeros((3, len(near)), np.float32)
    # Tap by tap and not as a matrix product: BLAS may round otherwise with another number of threads.
    for tap, weights in enumerate(_KERNEL):
        between += weights[:, None] * padded.take(near + tap)
    return np.asarray(np.abs(between).max(0))


TAPS = 16


def _kernel() -> NDArray[np.float32]:
    """Return windowed sincs for a quarter, a half and three quarters of a sample after the middle one."""
    place = np.arange(TAPS)[:, None] - TAPS // 2 - np.array([0.25, 0.5, 0.75])
    window = np.cos(np.pi * place / (TAPS + 1)) ** 2
    kernel = np.sinc(place) * window
    return np.asarray((kernel / kernel.sum(0)).astype(np.float32))


_KERNEL = _kernel()


@functools.cache
def _k_weight(samples: int) -> NDArray[np.float32]:
    """Return how much BS.1770's two filters (48 kHz coefficients) pass at the bins of a real FFT."""
    turn = np.cos(2 * np.pi * np.fft.rfftfreq(samples))
    shelf = _square(turn, 1.53512485958697, -2.69169618940638, 1.19839281085285)
    shelf /= _square(turn, 1, -1.69065929318241, 0.73248077421585)
    high = _square(turn, 1, -2, 1) / _square(turn, 1, -1.99004745483398, 0.99007225036621)
    return np.asarray(np.sqrt(np.maximum(0, shelf * high)).astype(np.float32))


def _square(turn: Powers, first: float, second: float, third: float) -> Powers:
    """Return |first + second z + third z^2|^2 on the unit circle, `turn` being z's real part."""
    middle = 2 * second * (first + third)
    return np.asarray((first - third) ** 2 + second**2 + turn * (middle + 4 * first * third * turn))
