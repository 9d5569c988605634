"""The compositing kernel where no C compiler was: OpenCV does the same maths, several times slower.

Against the C kernels a pixel differs by at most LEVELS: they place pixels in 1/128, OpenCV in floats.
"""

from __future__ import annotations

import hashlib
import math
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from workers.studio.pixels.native import U8, WHOLE, Rect

if TYPE_CHECKING:
    from workers.studio.pixels.planes import Frame, Mask, Plate, Sprite

LEVELS = 3
BLACK = (16, 128, 128)
# BT.709 limited range on B, G, R, A of 0..255; alpha carries the offsets, so they are premultiplied too.
TO_Y = (0.0722 * 219 / 255, 0.7152 * 219 / 255, 0.2126 * 219 / 255, 16 / 255)
TO_U = (0.5 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, -0.2126 / 1.8556 * 224 / 255, 128 / 255)
TO_V = (-0.0722 / 1.5748 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, 0.5 * 224 / 255, 128 / 255)


class OpenCV:
    """Every plane goes through the same few calls; cv2 is imported when the first pixel is painted."""

    name = "opencv"
    title = "OpenCV"

    @property
    def version(self) -> str:
        ours = hashlib.blake2b(Path(__file__).read_bytes(), digest_size=8).hexdigest()
        return f"{version('opencv-python-headless')}-{ours}"

    def cover(
        self, frame: Frame, plate: Plate, rect: Rect, x: float, y: float, scale: float, keep: int, fade: int
    ) -> None:
        for plane, (there, from_) in enumerate(_pairs(frame, plate)):
            part = _halved(rect, plane)
            seen = _warp(from_, part, _scaling(part, plane, x, y, scale), "replicate")
            _fade(_cut(there, part), _kept(seen, plane, keep), fade)

    def lay_still(self, frame: Frame, sprite: Sprite, rect: Rect, x: int, y: int, opacity: int) -> None:
        inside = _moved(rect, x, y)
        for plane, (there, from_) in enumerate(_pairs(frame, sprite)):
            part = _halved(inside, plane)
            _blend(_cut(there, _halved(rect, plane)), _cut(from_, part), _cut(_alpha(sprite, plane), part), opacity)

    def lay_scaled(
        self, frame: Frame, sprite: Sprite, rect: Rect, x: float, y: float, scale: float, opacity: int
    ) -> None:
        for plane, (there, from_) in enumerate(_pairs(frame, sprite)):
            part = _halved(rect, plane)
            matrix = _scaling(part, plane, x, y, scale)
            alpha = _warp(_alpha(sprite, plane), part, matrix, "nothing")
            _blend(_cut(there, part), _warp(from_, part, matrix, "nothing"), alpha, opacity)

    def lay_turned(
        self, frame: Frame, sprite: Sprite, rect: Rect, x: float, y: float, scale: float, rotation: float, opacity: int
    ) -> None:
        for plane, (there, from_) in enumerate(_pairs(frame, sprite)):
            part = _halved(rect, plane)
            matrix = _turning(part, plane, from_, x, y, scale, rotation)
            alpha = _warp(_alpha(sprite, plane), part, matrix, "nothing")
            _blend(_cut(there, part), _warp(from_, part, matrix, "nothing"), alpha, opacity)

    def lay_plate(
        self,
        frame: Frame,
        plate: Plate,
        mask: Mask,
        rect: Rect,
        at: tuple[int, int],
        x: float,
        y: float,
        scale: float,
        opacity: int,
    ) -> None:
        inside = _moved(rect, *at)
        for plane, (there, from_) in enumerate(_pairs(frame, plate)):
            part = _halved(rect, plane)
            seen = _warp(from_, part, _scaling(part, plane, x, y, scale), "replicate")
            _through(_cut(there, part), seen, _cut(_alpha(mask, plane), _halved(inside, plane)), opacity)

    def tint(self, frame: Frame, other: Frame | Plate, rect: Rect, keep: int, fade: int) -> None:
        for plane, (there, from_) in enumerate(_pairs(frame, other)):
            part = _halved(rect, plane)
            _fade(_cut(there, part), _kept(_cut(from_, part), plane, keep), fade)

    def split(self, pixels: U8, out: Plate | Sprite) -> None:
        import cv2

        half = cv2.resize(pixels, (pixels.shape[1] // 2, pixels.shape[0] // 2), interpolation=cv2.INTER_AREA)
        alphas = (getattr(out, "a", None), getattr(out, "ca", None))
        for plane, source, weights in ((out.y, pixels, TO_Y), (out.u, half, TO_U), (out.v, half, TO_V)):
            whole = 0.0 if alphas[0] is not None else weights[3] * 255
            row = [*weights[:3], *([] if source.shape[2] == 3 else [0.0 if whole else weights[3]]), whole]
            plane[:] = cv2.transform(source, np.array([row]))
        for alpha, source in zip(alphas, (pixels, half), strict=True):
            if alpha is not None:
                alpha[:] = source[..., 3]

    def join(self, plate: Plate, out: U8) -> None:
        import cv2

        size = (plate.y.shape[1], plate.y.shape[0])
        chroma = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (plate.u, plate.v)]
        bgra = np.array(
            [
                [255 / 219, 2.112402, 0, 0],
                [255 / 219, -0.213249, -0.532909, 0],
                [255 / 219, 0, 1.792741, 0],
                [0, 0, 0, 255],
            ]
        )
        bgra[:3, 3] = -(bgra[:3, :3] @ np.array(BLACK))
        out[:] = cv2.transform(cv2.merge([plate.y, *chroma]), bgra)

    def shrink(self, plate: Plate, out: Plate) -> None:
        for to, from_ in _pairs(out, plate):
            to[:] = _means(from_, to.shape[0], to.shape[1])


def _pairs(one: Frame | Plate, other: Frame | Plate | Sprite) -> zip[tuple[U8, U8]]:
    return zip((one.y, one.u, one.v), (other.y, other.u, other.v), strict=True)


def _alpha(of: Sprite | Mask, plane: int) -> U8:
    return of.ca if plane else of.a


def _halved(rect: Rect, plane: int) -> Rect:
    return Rect(*(edge // 2 for edge in rect)) if plane else rect


def _moved(rect: Rect, x: int, y: int) -> Rect:
    return Rect(rect.x0 - x, rect.y0 - y, rect.x1 - x, rect.y1 - y)


def _cut(plane: U8, rect: Rect) -> U8:
    return plane[rect.y0 : rect.y1, rect.x0 : rect.x1]


def _scaling(part: Rect, plane: int, x: float, y: float, scale: float) -> npt.NDArray[np.float64]:
    """Return the matrix from pixels of the rectangle to pixels of the picture at (x, y)."""
    half = 2 if plane else 1
    along, down = ((edge + 0.5 - at / half) / scale - 0.5 for edge, at in ((part.x0, x), (part.y0, y)))
    return np.array([[1 / scale, 0, along], [0, 1 / scale, down]])


def _turning(
    part: Rect, plane: int, picture: U8, x: float, y: float, scale: float, rotation: float
) -> npt.NDArray[np.float64]:
    half, turn = 2 if plane else 1, math.radians(rotation)
    cosine, sine = math.cos(turn) / scale, math.sin(turn) / scale
    right, down = part.x0 + 0.5 - x / half, part.y0 + 0.5 - y / half
    h, w = picture.shape
    return np.array(
        [
            [cosine, sine, cosine * right + sine * down + w / 2 - 0.5],
            [-sine, cosine, cosine * down - sine * right + h / 2 - 0.5],
        ]
    )


def _warp(picture: U8, part: Rect, matrix: npt.NDArray[np.float64], beyond: Literal["replicate", "nothing"]) -> U8:
    import cv2

    size = (part.x1 - part.x0, part.y1 - part.y0)
    border = cv2.BORDER_REPLICATE if beyond == "replicate" else cv2.BORDER_CONSTANT
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(picture, matrix, size, flags=flags, borderMode=border), np.uint8)


def _kept(picture: U8, plane: int, keep: int) -> U8:
    if keep == WHOLE:
        return picture
    table = BLACK[plane] + (np.arange(256) - BLACK[plane]) * (keep / WHOLE)
    return _looked_up(picture, np.rint(table).astype(np.uint8))


def _fade(there: U8, picture: U8, fade: int) -> None:
    import cv2

    part = fade / WHOLE
    there[:] = picture if fade == WHOLE else cv2.addWeighted(there, 1 - part, picture, part, 0)


def _faded(alpha: U8, opacity: int) -> U8:
    if opacity == 255:
        return alpha
    return _looked_up(alpha, ((np.arange(256) * opacity + 127) // 255).astype(np.uint8))


def _looked_up(picture: U8, table: U8) -> U8:
    import cv2

    return np.asarray(cv2.LUT(picture, table), np.uint8)


def _blend(there: U8, ink: U8, alpha: U8, opacity: int) -> None:
    import cv2

    bare = cv2.bitwise_not(_faded(alpha, opacity))
    there[:] = cv2.add(_faded(ink, opacity), cv2.multiply(there, bare, scale=1 / 255))


def _through(there: U8, ink: U8, alpha: U8, opacity: int) -> None:
    import cv2

    cover = _faded(alpha, opacity)
    bare = cv2.bitwise_not(cover)
    sum_ = cv2.add(cv2.multiply(ink, cover, dtype=cv2.CV_16U), cv2.multiply(there, bare, dtype=cv2.CV_16U))
    there[:] = cv2.convertScaleAbs(sum_, alpha=1 / 255)


def _means(plane: U8, h: int, w: int) -> U8:
    import cv2

    # 64-bit floats hold these sums exactly; 32-bit integers would not for pictures over 8 million pixels.
    sums = cv2.integral(plane, sdepth=cv2.CV_64F)
    (top, low), (left, right) = (_edges(side, to) for side, to in zip(plane.shape, (h, w), strict=True))
    box = sums[low][:, right] - sums[top][:, right] - sums[low][:, left] + sums[top][:, left]
    area = np.outer(low - top, right - left)
    return np.asarray((box.astype(np.int64) + area // 2) // area, np.uint8)


def _edges(side: int, to: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    steps = np.arange(to, dtype=np.int64)
    return steps * side // to, ((steps + 1) * side + to - 1) // to
