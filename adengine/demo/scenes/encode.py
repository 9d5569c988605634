"""From rendered PNG files to the shop's WebP files."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

LIMIT = 150_000
# Alpha up to HAZE is the studio floor's, above SOLID the product's.
HAZE, SOLID = 26, 247
Pixels = NDArray[np.uint8]


def _ending(alpha: Pixels) -> NDArray[np.float32]:
    """Return how much of a shadow stays: all of it under the product, fading to nothing towards the picture's edges."""
    h, w = alpha.shape
    rows, columns = (np.flatnonzero((alpha > SOLID).any(axis)) for axis in (1, 0))
    x, y = np.arange(w, dtype=np.float32)[None, :], np.arange(h, dtype=np.float32)[:, None]
    left, right, foot = columns[0], columns[-1], rows[-1]
    beside = np.maximum((left - x) / max(1, left - 4), (x - right) / max(1, w - 4 - right)).clip(0, 1)
    above = np.abs(y - foot + 0.03 * h) / (0.17 * h) * np.minimum(1, 3 * beside)
    inside = (1 - np.hypot(beside, above)).clip(0, 1)
    below = ((y - foot) / max(1, h - 4 - foot)).clip(0, 1)
    return np.asarray(np.where(beside > 0, inside**2 * (3 - 2 * inside), 1) * (1 - below**2), np.float32)


def clean_cutout(picture: Image.Image) -> Image.Image:
    """Keep product and shadow, take away the faint haze of the studio floor and trim."""
    whole = picture.getchannel("A")
    solid = whole.point(lambda a: 255 if a > SOLID else 0).filter(ImageFilter.MaxFilter(5))
    alpha = np.asarray(whole)
    shadow = (alpha.astype(np.float32) - HAZE) * (255 / (255 - HAZE) * 0.9) * _ending(alpha)
    soft = Image.fromarray(shadow.clip(0, 255).round().astype(np.uint8))
    picture.putalpha(Image.composite(whole, soft, solid))
    box = picture.getchannel("A").point(lambda a: 255 if a > 3 else 0).getbbox()
    return picture.crop(box) if box else picture


def save_webp(picture: Image.Image, path: Path, limit: int = LIMIT) -> int:
    """Write a WebP file no larger than the limit and return its size."""
    for quality in (88, 85, 80, 74, 68, 60, 50, 40):
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=6, alpha_quality=90)
        if buffer.tell() <= limit:
            break
    path.write_bytes(buffer.getvalue())
    return buffer.tell()


def publish(source: Path, target: Path) -> int:
    """Turn a rendered PNG into the shop's file."""
    picture = Image.open(source)
    if picture.mode == "RGBA":
        return save_webp(clean_cutout(picture), target)
    return save_webp(picture.convert("RGB"), target)
