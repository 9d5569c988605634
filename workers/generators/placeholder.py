"""A clip without a model: a slow push-in and a sweep of light over the photo, or over a soft gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adengine.core.clip import Clip, ClipAsk
from adengine.core.errors import ClipCancelled, ClipUnsupported
from adengine.ports import Cancelled, Progress
from workers.generators.asks import checked, up_to
from workers.generators.mp4 import Frame, write_mp4
from workers.generators.photo import framed

MAX_SIDE = 3840
MAX_SECONDS = 60
PUSH_IN = 0.08


class Placeholder:
    """Named in the clip's provenance, so that nothing drawn here passes for a generated shot."""

    name = "placeholder"

    def plan(self, ask: ClipAsk) -> ClipAsk:
        """Even sizes up to 3840 pixels, at most a minute; fps and frame count stay as asked."""
        checked(ask)
        if max(ask.width, ask.height) > MAX_SIDE:
            raise ClipUnsupported(f"{ask.width}x{ask.height} is too large; a side has at most {MAX_SIDE} pixels.")
        if ask.frames > MAX_SECONDS * ask.fps:
            raise ClipUnsupported(f"{ask.frames / ask.fps:.1f} s is too long; ask for at most {MAX_SECONDS} s.")
        return replace(ask, width=up_to(ask.width, 2), height=up_to(ask.height, 2))

    def generate(self, ask: ClipAsk, *, out: Path, progress: Progress, cancelled: Cancelled) -> Clip:
        planned = self.plan(ask)
        if planned != ask:
            raise ClipUnsupported(f"Ask for {planned.width}x{planned.height}, as planned.")
        write_mp4(_reported(_frames(ask), ask, progress, cancelled), ask, out=out)
        progress(1.0, "clip written")
        return Clip(out, ask.width, ask.height, ask.frames, ask.fps, self._provenance(ask))

    def _provenance(self, ask: ClipAsk) -> tuple[tuple[str, str], ...]:
        source = "photo" if ask.image else "gradient"
        return (("generator", self.name), ("model", "none"), ("source", source), ("seed", str(ask.seed)))


def _reported(frames: Iterator[Frame], ask: ClipAsk, progress: Progress, cancelled: Cancelled) -> Iterator[Frame]:
    for number, frame in enumerate(frames):
        if cancelled():
            raise ClipCancelled("The placeholder clip was cancelled.")
        if number % ask.fps == 0:
            progress(number / ask.frames, f"frame {number + 1} of {ask.frames}")
        yield frame


@dataclass(frozen=True)
class _Move:
    """What the seed decides: where the push-in aims, from which side the light comes."""

    aim_x: float
    aim_y: float
    tilt: float
    from_left: bool

    @classmethod
    def seeded(cls, seed: int) -> _Move:
        draw = np.random.default_rng(seed).uniform(size=4)
        return cls(0.4 + 0.2 * draw[0], 0.4 + 0.2 * draw[1], 0.2 + 0.4 * draw[2], bool(draw[3] < 0.5))


def _frames(ask: ClipAsk) -> Iterator[Frame]:
    ground = framed(ask.image, ask.width, ask.height) if ask.image else _gradient(ask)
    move = _Move.seeded(ask.seed)
    across = _across(ask, move)
    for number in range(ask.frames):
        at = number / max(1, ask.frames - 1)
        yield _lit(_pushed_in(ground, at, move), across, at)


def _pushed_in(ground: Image.Image, at: float, move: _Move) -> Image.Image:
    eased = at * at * (3 - 2 * at)
    keep = 1 - PUSH_IN * eased
    left, top = ground.width * (1 - keep) * move.aim_x, ground.height * (1 - keep) * move.aim_y
    box = (left, top, left + ground.width * keep, top + ground.height * keep)
    return ground.transform(ground.size, Image.Transform.EXTENT, box, Image.Resampling.BICUBIC)


def _across(ask: ClipAsk, move: _Move) -> NDArray[np.float32]:
    """How far along the light's way each pixel lies, 0 to 1 over the frame."""
    y, x = np.mgrid[0 : ask.height, 0 : ask.width].astype(np.float32)
    along = x / ask.width if move.from_left else 1 - x / ask.width
    return np.asarray((along + move.tilt * y / ask.height) / (1 + move.tilt), dtype=np.float32)


def _lit(picture: Image.Image, across: NDArray[np.float32], at: float) -> Frame:
    band = np.exp(-(((across - (1.4 * at - 0.2)) / 0.12) ** 2))[..., None]
    pixels = np.asarray(picture, dtype=np.float32)
    # A share of the way to white never clips, so a white packshot keeps its edges.
    return np.asarray(np.rint(pixels + 0.18 * band * (255 - pixels)), dtype=np.uint8)


def _gradient(ask: ClipAsk) -> Image.Image:
    """One quiet colour of the seed's choosing, lighter here and darker there."""
    draw = np.random.default_rng(ask.seed)
    tone = draw.uniform(110, 190, size=3)
    light = draw.uniform(-40, 40, size=(3, 3, 1))
    tint = draw.uniform(-12, 12, size=(3, 3, 3))
    small = Image.fromarray(np.asarray(tone + light + tint, dtype=np.uint8))
    return small.resize((ask.width, ask.height), Image.Resampling.BICUBIC)
