"""Drums: short waves with a peak of about one, made once and struck many times."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from workers.studio.sound import RATE, Sound
from workers.studio.sound.tones import noise, shaped


@lru_cache(maxsize=32)
def drum(name: str) -> Sound:
    """Return a drum's wave, read-only; DRUMS holds the names."""
    wave = shaped(DRUMS[name](), 0.0005, 0.01)
    wave /= np.abs(wave).max()
    wave.flags.writeable = False
    return wave


def _time(seconds: float) -> Sound:
    return np.arange(int(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def _thump(seconds: float, low_hz: float, sweep_hz: float, speed: float, fall: float) -> Sound:
    """A skin: a sine that drops to its pitch and dies away."""
    time = _time(seconds)
    cycles = low_hz * time + sweep_hz / speed * (1 - np.exp(-time * speed))
    return np.asarray(np.sin(2 * np.pi * cycles) * np.exp(-time * fall))


def _hiss(seconds: float, low_hz: float, high_hz: float, fall: float, seed: int) -> Sound:
    time = _time(seconds)
    return np.asarray(noise(len(time), low_hz, high_hz, seed) * np.exp(-time * fall))


def _round_kick() -> Sound:
    return _thump(0.34, 50, 90, 30, 9)


def _hard_kick() -> Sound:
    body = np.tanh(2.2 * _thump(0.36, 46, 170, 34, 8))
    click = _hiss(0.36, 1500, 6000, 300, 1)
    return np.asarray(body + 0.10 * click)


def _soft_kick() -> Sound:
    return _thump(0.30, 58, 40, 22, 11)


def _snare() -> Sound:
    return np.asarray(0.6 * _thump(0.22, 185, 120, 50, 22) + 0.35 * _hiss(0.22, 1200, 9000, 20, 2))


def _big_snare() -> Sound:
    return np.asarray(0.7 * _thump(0.4, 165, 140, 45, 16) + 0.4 * np.tanh(_hiss(0.4, 700, 8000, 11, 3)))


def _clap() -> Sound:
    time = _time(0.24)
    bursts = sum(np.exp(-np.maximum(0, time - late) * 110) * (time >= late) for late in (0.0, 0.012, 0.024))
    tail = np.exp(-np.maximum(0, time - 0.03) * 24) * (time >= 0.03)
    return np.asarray(noise(len(time), 900, 5200, 4) * (bursts + 0.7 * tail))


def _snap() -> Sound:
    return np.asarray(_hiss(0.12, 1800, 3600, 55, 5) + 0.3 * _thump(0.12, 1500, 700, 200, 120))


def _rim() -> Sound:
    return np.asarray(_thump(0.09, 880, 500, 160, 70) + 0.3 * _hiss(0.09, 2500, 9000, 120, 6))


def _hat() -> Sound:
    return _hiss(0.07, 7500, 15000, 70, 7)


def _open_hat() -> Sound:
    return _hiss(0.26, 6500, 15000, 14, 8)


def _shaker() -> Sound:
    time = _time(0.11)
    return np.asarray(_hiss(0.11, 4200, 9500, 32, 9) * np.minimum(1, time / 0.022))


def _brush() -> Sound:
    time = _time(0.22)
    return np.asarray(_hiss(0.22, 1600, 7000, 15, 10) * np.minimum(1, time / 0.045))


def _tom() -> Sound:
    return _thump(0.4, 92, 70, 20, 8)


def _timpani() -> Sound:
    low = _thump(1.3, 73, 12, 14, 2.6) + 0.45 * _thump(1.3, 110, 8, 14, 3.6)
    return np.asarray(low + 0.15 * _hiss(1.3, 100, 900, 30, 11))


def _triangle() -> Sound:
    time = _time(0.9)
    partials = ((3520, 1.0), (5830, 0.7), (8460, 0.5), (11270, 0.3))
    return np.asarray(sum(level * np.sin(2 * np.pi * pitch * time) for pitch, level in partials) * np.exp(-time * 5))


def _block() -> Sound:
    return np.asarray(_thump(0.1, 1046, 200, 120, 55) + 0.5 * _thump(0.1, 1568, 200, 120, 75))


def _crash() -> Sound:
    return np.asarray(_hiss(2.0, 3500, 14000, 2.4, 12) + 0.5 * _hiss(2.0, 600, 5000, 5, 13))


DRUMS: dict[str, Callable[[], Sound]] = {
    "round kick": _round_kick,
    "hard kick": _hard_kick,
    "soft kick": _soft_kick,
    "snare": _snare,
    "big snare": _big_snare,
    "clap": _clap,
    "snap": _snap,
    "rim": _rim,
    "hat": _hat,
    "open hat": _open_hat,
    "shaker": _shaker,
    "brush": _brush,
    "tom": _tom,
    "timpani": _timpani,
    "triangle": _triangle,
    "block": _block,
    "crash": _crash,
}
