"""Effects in the music's key: air through cuts, a pop for what pops in, a chime where the end card opens."""

from __future__ import annotations

import numpy as np

from adengine.core.score import Score
from workers.studio.sound import RATE, Sound
from workers.studio.sound.drums import drum
from workers.studio.sound.moods import MOODS
from workers.studio.sound.music import tonic_hz
from workers.studio.sound.tones import Instrument, Spectrum, add, glide, noise, note, shaped

_CHIME = Instrument(
    Spectrum(6, 9000, extra=((3, 0.2),)), Spectrum(4, 12000, extra=((5, 0.6),)), 1.0, 2.4, 9, 0.002, 0.2
)
WHOOSH_S, POP_S, CHIME_S = 0.5, 0.12, 1.6


def effects(score: Score) -> Sound:
    """Return the film's effects as a stereo track beside the music, as loud as the mood wants them."""
    out = np.zeros((2, score.frames * RATE // score.fps), np.float32)
    level, key = MOODS[score.mood].effects, tonic_hz(score)
    whoosh, pop = _whoosh(), _pop(key * 4)
    for number, frame in enumerate(cut for cut in score.cuts if 0 < cut != score.drop):
        at = frame * RATE // score.fps - int(len(whoosh) * 0.6)
        add(out, at, whoosh, 0.12 * level, 0.45 * (-1) ** number)
    for number, frame in enumerate(score.pops):
        add(out, frame * RATE // score.fps, pop, 0.20 * level, 0.2 * (-1) ** number)
    _arrive(out, score.drop * RATE // score.fps, key, level)
    return out


def _whoosh() -> Sound:
    """Air that brightens towards the cut and darkens after it."""
    samples = int(WHOOSH_S * RATE)
    time = np.linspace(0, 1, samples, dtype=np.float32)
    swell = np.where(time < 0.6, (time / 0.6) ** 2.2, ((1 - time) / 0.4) ** 1.6)
    dark, light = noise(samples, 180, 900, 51), noise(samples, 900, 5200, 52)
    return shaped(np.asarray((dark * (1 - 0.6 * swell) + light * 0.7 * swell) * swell), 0.005, 0.02)


def _pop(pitch_hz: float) -> Sound:
    """A drop of water: a short tone that jumps up a fifth."""
    samples = int(POP_S * RATE)
    fall = np.exp(-np.linspace(0, 7, samples, dtype=np.float32))
    return shaped(glide(pitch_hz, pitch_hz * 1.5, samples) * fall, 0.002, 0.01)


def _arrive(out: Sound, at: int, key: float, level: float) -> None:
    samples = int(CHIME_S * RATE)
    for number, ratio in enumerate((8, 12, 16)):
        chime = note(_CHIME, key * ratio * (2 if key < 90 else 1) / 2, samples)
        add(out, at + number * RATE // 30, chime, 0.045 * level, 0.35 * (number - 1))
    add(out, at, drum("timpani"), 0.14 * level)
