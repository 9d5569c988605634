"""What is asked of a video generator and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ClipAsk:
    """One shot: `image` (RGB photograph of the product) makes it image-to-video. Size in pixels."""

    prompt: str
    width: int
    height: int
    frames: int
    fps: int
    seed: int
    image: Path | None = None


@dataclass(frozen=True)
class Clip:
    """A finished clip file (H.264 MP4). `provenance` pairs say model, revision, seed, versions, licence."""

    path: Path
    width: int
    height: int
    frames: int
    fps: int
    provenance: tuple[tuple[str, str], ...] = ()
