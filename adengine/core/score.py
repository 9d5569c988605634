"""What music has to know of a film: its mood, its beat, and the frames where something happens."""

from __future__ import annotations

from dataclasses import dataclass

# Whole frames a beat at 30 fps, so that cuts can fall on the beat: 90, 100, 120, 75, 112.5, 82 and 129 beats a minute.
BEATS = {"warm": 20, "bright": 18, "bold": 15, "calm": 24, "playful": 16, "elegant": 22, "pulse": 14}


@dataclass(frozen=True)
class Score:
    """`cuts` are the first frames of the shots, `pops` the frames where a badge, price or button pops in.

    `drop` is the frame where the end card starts. The same score always sounds the same; another `seed` of the
    same mood has another key, other phrases and other small timings.
    """

    mood: str
    beat_frames: int
    fps: int
    frames: int
    cuts: tuple[int, ...]
    pops: tuple[int, ...]
    drop: int
    seed: int
