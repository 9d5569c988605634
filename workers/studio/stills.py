"""Composed frames as Pillow pictures, and pictures as files."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from workers.studio.pixels.planes import Frame, Plate, shrunk, to_bgra

if TYPE_CHECKING:
    from PIL.Image import Image

THUMB_WIDTH = 240


def picture(plate: Plate) -> Image:
    """Return the picture as a Pillow image."""
    from PIL import Image  # a film whose parts are all cached needs no picture library

    return Image.frombuffer("RGB", (plate.w, plate.h), to_bgra(plate), "raw", "BGRX", 0, 1)


def saved(image: Image, kind: str, **options: Any) -> bytes:
    """Return a Pillow image as a file of this kind."""
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def thumb(frame: Frame) -> bytes:
    """Return a small picture of the frame as a JPEG."""
    width = min(THUMB_WIDTH, frame.w)
    height = round(frame.h * width / frame.w / 2) * 2
    return saved(picture(shrunk(frame, width, height)), "JPEG", quality=90)
