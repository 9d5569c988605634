"""Puts a product photograph into a frame of another shape without cutting or stretching the product."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter, ImageOps, UnidentifiedImageError

from adengine.core.errors import PictureUnusable

# Spread of the border pixels (0 to 255) under which a packshot's plain ground is simply continued.
PLAIN_BORDER = 12.0


def framed(path: Path, width: int, height: int) -> Image.Image:
    """The whole photo, RGB, centred; the rest is its own ground. Raises PictureUnusable."""
    photo = _opened(path)
    inside = ImageOps.contain(photo, (width, height), Image.Resampling.LANCZOS)
    ground = _ground(photo, width, height)
    ground.paste(inside, ((width - inside.width) // 2, (height - inside.height) // 2))
    return ground


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as file:
            photo = ImageOps.exif_transpose(file)
            if photo.has_transparency_data:
                cutout = photo.convert("RGBA")
                photo = Image.alpha_composite(Image.new("RGBA", cutout.size, "white"), cutout)
            return photo.convert("RGB")
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise PictureUnusable(
            f"The picture '{path.name}' cannot be read as a photograph; send a JPEG, PNG or WebP."
        ) from error


def _ground(photo: Image.Image, width: int, height: int) -> Image.Image:
    pixels = np.asarray(photo)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if float(border.std(axis=0).max()) <= PLAIN_BORDER:
        red, green, blue = (int(channel) for channel in np.median(border, axis=0))
        return Image.new("RGB", (width, height), (red, green, blue))
    cover = ImageOps.fit(photo, (width, height), Image.Resampling.LANCZOS)
    return cover.filter(ImageFilter.GaussianBlur(max(width, height) / 24))
