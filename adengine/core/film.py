"""A finished film: its files and what a player, a feed and a merchant need to know of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Film:
    """Paths of MP4, posters and captions; `bytes` and `sha256` are the MP4's; `notes` name what is not as asked."""

    film: Path
    poster: Path
    poster_jpeg: Path
    captions: Path
    frames: int
    width: int
    height: int
    duration_s: float
    bytes: int
    sha256: str
    audio: bool
    notes: tuple[str, ...] = ()
