"""Voice, music and effects in one track: the voice on top, the rest out of its way, as loud as platforms ask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from adengine.core.score import Score
from workers.studio.sound import RATE, Sound
from workers.studio.sound.effects import effects
from workers.studio.sound.loudness import (
    HOP,
    Powers,
    eased,
    integrated,
    levelled,
    powers,
    stretched,
)
from workers.studio.sound.music import bed
from workers.studio.sound.voices import Speech

FRAME = RATE // 100
Flags = NDArray[np.bool_]
# The bed lies this far under the voice while it speaks, and this far where it is silent.
UNDER_SPEECH_DB, BESIDE_SPEECH_DB = 13.0, 3.0
DUCK_DB_A_S, RETURN_DB_A_S = 60.0, 22.0
SPEECH_GATE_DB = -32.0
PAUSE_S = 0.35
COMPRESSION = 0.55


def soundtrack(score: Score, speech: Speech | None, *, music: bool = True) -> Sound:
    """Return the film's stereo track, (2, frames * 48000 // fps) samples: -14 LUFS, true peak under -2.2 dBTP.

    Without `music` there is only the voice, and without both there is silence.
    """
    under, voice = stems(score, speech, music=music)
    under += voice
    return np.ascontiguousarray(levelled(under, powers(under)), dtype=np.float32)


def stems(score: Score, speech: Speech | None, *, music: bool = True) -> tuple[Sound, Sound]:
    """Return music with effects, already out of the voice's way, and the voice (mono), as they are added up."""
    under = bed(score) if music else silence(score)
    if music:
        under += effects(score)
    if speech is None or not speech.samples.any():
        return under, np.zeros(under.shape[1], np.float32)
    voice = _voice(speech.samples, under.shape[1])
    # The voice stands in the middle: both channels carry it.
    return _ducked(under, voice, integrated(2 * powers(voice))), voice


def silence(score: Score) -> Sound:
    """Return a track of the film's length without a sound."""
    return np.zeros((2, score.frames * RATE // score.fps), np.float32)


def is_spoken(voice: Sound) -> Flags:
    """Return for every 10 ms whether somebody speaks: louder than 32 dB under the loudest speech."""
    level = _levels(voice)
    return np.asarray(level > _loudest(level) * 10 ** (SPEECH_GATE_DB / 20))


def _loudest(level: Powers) -> float:
    """Return the 99th percentile: `np.percentile`, without numpy.ma, which it loads: 10 ms."""
    return float(np.interp(0.99 * (len(level) - 1), np.arange(len(level)), np.sort(level)))


def _voice(samples: Sound, length: int) -> Sound:
    """Return the voice evened out and as long as the film."""
    voice = np.zeros(length, np.float32)
    kept = samples[:length]
    level = np.maximum(_levels(kept), 1e-6)
    speaking = is_spoken(kept)
    usual = float(np.sqrt(np.mean(level[speaking] ** 2)))
    loud = 20 * np.log10(np.maximum(level, usual * 0.3) / usual)
    gain = 10 ** (eased(-COMPRESSION * loud, 1.0, 2.0) / 20)
    voice[: len(kept)] = kept * stretched(gain, FRAME, len(kept)) * np.float32(0.1 / usual)
    return voice


def _ducked(under: Sound, voice: Sound, voice_lufs: float) -> Sound:
    """Return the bed a little under the voice, and where it speaks as far under it as the bed is loud there."""
    power = powers(under)
    start = 10 ** ((voice_lufs - BESIDE_SPEECH_DB - integrated(power)) / 20)
    around = np.convolve(power, np.full(3, 1 / 3), "same") * start**2
    around = np.maximum(around, np.maximum(np.append(around[1:], 0), np.append(0, around[:-1])))
    over = np.maximum(0, 10 * np.log10(np.maximum(around, 1e-12)) - 0.691 - (voice_lufs - UNDER_SPEECH_DB))
    speaking = _held(is_spoken(voice))
    blocks = np.repeat(np.append(over, over[-1:]), HOP // FRAME)[: len(speaking)]
    target = np.where(speaking, -blocks, 0.0)
    curve = start * 10 ** (eased(target, RETURN_DB_A_S * FRAME / RATE, DUCK_DB_A_S * FRAME / RATE) / 20)
    under *= stretched(curve, FRAME, under.shape[1])
    return under


def _held(speaking: Flags) -> Flags:
    """Bridge the pauses between words, so that the bed does not breathe with every one of them."""
    near = np.convolve(speaking, np.ones(int(PAUSE_S * RATE / FRAME)), "same") > 0.5
    return np.asarray(near)


def _levels(sound: Sound) -> Powers:
    padded = np.pad(sound, (0, -len(sound) % FRAME)).reshape(-1, FRAME)
    return np.asarray(np.sqrt(np.mean(np.square(padded), axis=1, dtype=np.float64)))
