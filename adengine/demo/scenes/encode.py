"""From rendered PNG files to the shop's WebP files."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

LIMIT = 150_000
HAZE = 26


def _ramp(size: tuple[int, int], reach: float) -> Image.Image:
    """White inside, falling softly to black at the left, right and lower border."""
    width, height = size
    side = max(1, round(reach * height))
    line = [min(1.0, x / side, (width - 1 - x) / side) for x in range(width)]
    column = [min(1.0, (height - 1 - y) / side) for y in range(height)]
    across = Image.new("L", (width, 1))
    across.putdata([round(255 * v * v * (3 - 2 * v)) for v in line])
    down = Image.new("L", (1, height))
    down.putdata([round(255 * v * v * (3 - 2 * v)) for v in column])
    return ImageChops.multiply(across.resize(size), down.resize(size))


def clean_cutout(picture: Image.Image) -> Image.Image:
    """Keep product and shadow, take away the faint haze of the studio floor and trim."""
    alpha = picture.getchannel("A")
    solid = alpha.point(lambda a: 255 if a > 247 else 0).filter(ImageFilter.MaxFilter(5))
    shadow = alpha.point(lambda a: max(0, round((a - HAZE) * 255 / (255 - HAZE) * 0.9)))
    soft = ImageChops.multiply(shadow, _ramp(picture.size, 0.11))
    picture.putalpha(Image.composite(alpha, soft, solid))
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
