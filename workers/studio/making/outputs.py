"""What a film brings along, made from what its parts kept: posters, a moving preview, a sheet of small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING

from workers.studio.coding import Coding, Part, change
from workers.studio.making.cache import bundle
from workers.studio.making.captions import clock
from workers.studio.making.parts import PREVIEW_S, Easel

if TYPE_CHECKING:
    from PIL.Image import Image

COLUMNS = 10
TILE_WIDTH = 120


@dataclass
class Extract:
    """What outputs want of all parts, without their packets: small pictures by the film's frame, luma, stir, fields."""

    thumbs: list[tuple[int, bytes]] = field(default_factory=list)
    luma: list[int] = field(default_factory=list)
    stir: list[int] = field(default_factory=list)
    fields: bytearray = field(default_factory=bytearray)
    notes: dict[str, None] = field(default_factory=dict)
    _last: bytes = b""

    def add(self, part: Part) -> None:
        """Put a part behind the others; the change over their joint is measured here."""
        self.thumbs += [(len(self.luma) + frame, jpeg) for frame, jpeg in part.thumbs]
        self.stir += [change(self._last, part.first) if self._last else 0, *part.stir[1:]]
        self.luma += part.luma
        self.fields += part.fields
        self.notes |= dict.fromkeys(part.notes)
        self._last = part.last


def posters(easel: Easel, number: int, coding: Coding) -> bytes:
    """Return the frame as a bundle of a WebP and a JPEG."""
    from workers.studio.pixels.planes import Frame
    from workers.studio.stills import picture, saved

    frame = Frame.blank(coding.width, coding.height)
    easel.paint(number, frame)
    shown = picture(frame.plate())
    return bundle(None, [saved(shown, "WEBP", quality=86, method=1), saved(shown, "JPEG", quality=88)])


def opening(thumbs: Sequence[tuple[int, bytes]], fps: int) -> list[tuple[int, bytes]]:
    """Return the small pictures of the film's first seconds."""
    return [(frame, jpeg) for frame, jpeg in thumbs if frame < PREVIEW_S * fps]


def preview(shown: Sequence[tuple[int, bytes]], fps: int) -> bytes:
    """Return these pictures as a moving WebP that goes round."""
    from PIL import Image

    from workers.studio.stills import saved

    until = [*(frame for frame, _ in shown[1:]), PREVIEW_S * fps]
    durations = [round((after - frame) * 1000 / fps) for (frame, _), after in zip(shown, until, strict=True)]
    first, *rest = (Image.open(BytesIO(jpeg)) for _, jpeg in shown)
    # No key pictures in between: nobody winds a preview, and each would be tried out twice.
    how = {"loop": 0, "quality": 70, "method": 0, "kmin": 0, "kmax": 0}
    return saved(first, "WEBP", save_all=True, append_images=rest, duration=durations, **how)


def seconds(thumbs: Sequence[tuple[int, bytes]], frames: int, fps: int) -> list[tuple[int, bytes]]:
    """Return the small picture nearest to the beginning of each second."""
    return [min(thumbs, key=lambda one: abs(one[0] - start)) for start in range(0, frames, fps)]


def sheet(shown: Sequence[tuple[int, bytes]]) -> bytes:
    """Return a bundle of a tile's width and height, and the pictures as tiles of one JPEG, in rows of ten."""
    from PIL import Image

    from workers.studio.stills import saved

    tiles = [_tile(jpeg) for _, jpeg in shown]
    width, height = tiles[0].size
    columns = min(COLUMNS, len(tiles))
    whole = Image.new("RGB", (columns * width, -(-len(tiles) // columns) * height))
    for place, tile in enumerate(tiles):
        whole.paste(tile, (place % columns * width, place // columns * height))
    return bundle([width, height], [saved(whole, "JPEG", quality=80)])


def sprites_vtt(name: str, tile: tuple[int, int], frames: int, fps: int) -> str:
    """Return the WebVTT that says which part of the sheet shows which second (media fragments, `#xywh=`)."""
    width, height = tile
    columns = min(COLUMNS, -(-frames // fps))
    cues = ["WEBVTT\n"]
    for place, start in enumerate(range(0, frames, fps)):
        times = f"{clock(start, fps)} --> {clock(min(frames, start + fps), fps)}"
        corner = f"{place % columns * width},{place // columns * height}"
        cues.append(f"{times}\n{name}#xywh={corner},{width},{height}\n")
    return "\n".join(cues)


def _tile(jpeg: bytes) -> Image:
    from PIL import Image

    opened = Image.open(BytesIO(jpeg))
    width = min(TILE_WIDTH, opened.width)
    return opened.resize((width, round(opened.height * width / opened.width)), Image.Resampling.BOX)
