"""A finished film: its files and what a player, a feed, a lint and a merchant need to know of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

FILES = (
    "film",
    "poster",
    "poster_jpeg",
    "captions",
    "subtitles",
    "preview",
    "sprites",
    "sprites_vtt",
    "hls",
)


@dataclass(frozen=True)
class Film:
    """Everything of FILES is a name inside the render's folder, and a file key once kept; empty where none was made.

    `film` is the MP4, `poster` WebP, `captions` WebVTT and `subtitles` SRT; `preview` is a moving WebP of the first
    seconds, `sprites` a sheet of small pictures that `sprites_vtt` tells apart; `hls` is the master playlist and
    `hls_files` what it leads to, to be kept beside it under their own names.

    `bytes` and `sha256` are the MP4's; `notes` name what is not as asked. `luma` is the mean luma of every frame
    (16 black, 235 white) and `stir` its mean change from the frame before in hundredths of a level, both measured on
    a sixteenth of the rows and columns; `flashes` is what core.flashes.worst_field says of the same; `loudness_lufs`
    and `peak_dbtp` are None where there is no sound.
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
    subtitles: str = ""
    preview: str = ""
    sprites: str = ""
    sprites_vtt: str = ""
    hls: str = ""
    hls_files: tuple[str, ...] = ()
    loudness_lufs: float | None = None
    peak_dbtp: float | None = None
    luma: tuple[int, ...] = ()
    stir: tuple[int, ...] = ()
    flashes: tuple[int, int] | None = None

    def kept_by(self, keep: Callable[[str], str]) -> Film:
        """Hand the name of every file to `keep`, the film itself last, and return the film with its answers."""
        later = tuple(keep(name) for name in self.hls_files)
        kept: dict[str, Any] = {field: keep(name) for field in reversed(FILES) if (name := getattr(self, field))}
        return replace(self, hls_files=later, **kept)
