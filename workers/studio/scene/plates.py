"""Photographs as plates: filling a frame or a box, a little larger than they are shown so that they can move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from workers.studio.pixels.planes import Plate, plate_from_bgra
from workers.studio.scene.pictures import ROOM_TO_ZOOM, Pixels
from workers.studio.scene.sprites import opencv, scaled, yuv_rows

# A photograph fills at least this part of a frame's height; above it its ground goes on.
LEAST_SHOWN = 0.60
SOFT_SEAM = 0.20
EDGE_SAMPLES = 24
TILE, STRIP = 256, 64
# A photograph that is larger by no more than this is sampled as it is, each frame, and not scaled beforehand.
NEAR_ENOUGH = 1.3


def covering(picture: Image.Image, width: int, height: int) -> Plate:
    """Return the picture, centre-cropped to the shape of `width` x `height` and larger by the room to zoom."""
    return _fitted(picture, _even(width * ROOM_TO_ZOOM), _even(height * ROOM_TO_ZOOM), (0.5, 0.5))


def filling(picture: Image.Image, width: int, height: int) -> Plate:
    """Return the picture at the foot of a frame with room to zoom; above a wide one its upper edge goes on, softly."""
    w, h = _even(width * ROOM_TO_ZOOM), _even(height * ROOM_TO_ZOOM)
    shown = min(h, max(_even(h * LEAST_SHOWN), _even(w * picture.height / picture.width)))
    if shown >= h:
        return _fitted(picture, w, h, (0.5, 0.6))
    photo = _fitted(picture, w, shown, (0.5, 0.6), exactly=True)
    row = _upper_edge(picture, w, shown)
    noise = np.random.default_rng(7).triangular(-1, 0, 1, (TILE, TILE)).astype(np.float32)
    planes = zip((photo.y, photo.u, photo.v), yuv_rows(row), (h, h // 2, h // 2), strict=True)
    return Plate(*(_continued(plane, ground, tall, noise) for plane, ground, tall in planes))


def _fitted(
    picture: Image.Image, width: int, height: int, centering: tuple[float, float], *, exactly: bool = False
) -> Plate:
    """Return the largest part of the picture that has this shape, at this size or, unless `exactly`, a little above."""
    by = min(picture.width / width, picture.height / height)
    stays = 1 <= by <= NEAR_ENOUGH and not exactly
    w, h = (max(1, (_even if stays else round)(side * by)) for side in (width, height))
    w, h = min(w, picture.width), min(h, picture.height)
    left, top = round((picture.width - w) * centering[0]), round((picture.height - h) * centering[1])
    plain = picture if picture.mode == "RGB" else picture.convert("RGB")
    if stays:
        return _in_strips(plain, left, top, (w, h))
    return _plate(scaled(np.asarray(plain)[top : top + h, left : left + w], (width, height)))


def _in_strips(picture: Image.Image, left: int, top: int, size: tuple[int, int]) -> Plate:
    """Return a part of the picture, brought over strip by strip.

    Copies of a whole photograph are new memory each, and a system that has to clear it takes longer than the copying.
    """
    w, h = size
    even = h + h % 2, w + w % 2  # an odd picture grows by a pixel
    half = even[0] // 2, even[1] // 2
    y, u, v = (np.empty(shape, np.uint8) for shape in (even, half, half))
    for start in range(0, h, STRIP):
        end = min(h, start + STRIP)
        made = _plate(np.asarray(picture.crop((left, top + start, left + w, top + end))))
        rows = slice(start // 2, start // 2 + made.h // 2)
        y[start : start + made.h], u[rows], v[rows] = made.y, made.u, made.v
    return Plate(y, u, v)


def _plate(rgb: Pixels) -> Plate:
    cv2 = opencv()
    return plate_from_bgra(np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGRA), np.uint8))


def _upper_edge(picture: Image.Image, width: int, shown: int) -> NDArray[np.float32]:
    """Return the colours along the fitted picture's upper edge, smoothed: (width, 3) RGB, 0..255."""
    small = ImageOps.fit(picture.convert("RGB"), (max(2, width // 8), max(2, shown // 8)), centering=(0.5, 0.6))
    edge = small.crop((0, 0, small.width, max(1, small.height // 24))).resize((EDGE_SAMPLES, 1), Image.Resampling.BOX)
    row: NDArray[np.float32] = np.asarray(edge.resize((width, 1), Image.Resampling.BICUBIC), np.float32)[0]
    return row


def _continued(plane: Pixels, ground: NDArray[np.float32], tall: int, noise: NDArray[np.float32]) -> Pixels:
    """Put a plane at the foot of a taller one, its ground above it, and let one run into the other."""
    shown, wide = plane.shape
    ground = ground if len(ground) == wide else ground.reshape(wide, -1).mean(1)
    above, blend = tall - shown, min(shown, round(tall * SOFT_SEAM))
    made = np.empty((tall, wide), np.uint8)
    made[above + blend :] = plane[blend:]
    along = np.linspace(0, 1, blend, dtype=np.float32)[:, None]
    part = along * along * (3 - 2 * along)
    seam = ground * (1 - part) + plane[:blend] * part
    wall = np.broadcast_to(ground, (above, wide))
    for start, rows in ((0, wall), (above, seam)):
        tiled = np.tile(noise, (len(rows) // TILE + 1, wide // TILE + 1))[: len(rows), :wide]
        made[start : start + len(rows)] = np.clip(rows + tiled + np.float32(0.5), 0, 255)
    return made


def _even(side: float) -> int:
    return 2 * round(side / 2)
