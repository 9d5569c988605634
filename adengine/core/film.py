"""A finished film: its files and what a player, a feed and a merchant need to know of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Film:
    """`film` (MP4), posters and `captions` are names inside the render's folder, and file keys once kept.

    `bytes` and `sha256` are the MP4's; `notes` name what is not as asked.
    """

    film: str
    poster: str
    poster_jpeg: str
    captions: str
    frames: int
    width: int
    height: int
    duration_s: float
    bytes: int
    sha256: str
    audio: bool
    notes: tuple[str, ...] = ()
