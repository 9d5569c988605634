"""What is painted once and laid many times: planar pictures kept by key, up to a number of bytes."""

from __future__ import annotations

import functools
import json
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adengine.core.palette import channels
from workers.studio.pixels.planes import Plate, Sprite, sprite_from_bgra
from workers.studio.scene.pictures import Pixels

Made = TypeVar("Made")
# Painting is not safe from two threads at once: shaped text shares its fonts.
PAINTING = threading.RLock()


@dataclass(frozen=True)
class Art:
    """What was painted: premultiplied BGRA, its corner in device pixels, and its pixels to a device pixel."""

    pixels: Pixels
    x: float
    y: float
    detail: float = 1.0


@dataclass(frozen=True)
class Placed:
    """A sprite with its corner at rest in device pixels, and its pixels to a device pixel."""

    sprite: Sprite
    x: float
    y: float
    detail: float = 1.0

    @property
    def middle(self) -> tuple[float, float]:
        return self.x + self.sprite.w / self.detail / 2, self.y + self.sprite.h / self.detail / 2


@functools.cache
def opencv() -> Any:
    """Return OpenCV, loaded at first use and kept to the thread that calls it.

    Its own threads wait by spinning, which takes the cores from the encoders: films are parted among threads already.
    """
    import cv2

    cv2.setNumThreads(1)
    return cv2


class Store:
    """Things by key, each made once however many threads ask; the longest unused go when they exceed the limit."""

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes, self.bytes, self.most_bytes = limit_bytes, 0, 0
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._turns: dict[Hashable, threading.RLock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what is kept under `key`, or what `make` returns, which is then kept."""
        with self._lock:
            if key in self._kept:
                return self._used(key)  # type: ignore[no-any-return]
            turn = self._turns.setdefault(key, threading.RLock())
        with turn:
            with self._lock:
                if key in self._kept:
                    return self._used(key)  # type: ignore[no-any-return]
            made = make()
            with self._lock:
                self._keep(key, made)
                self._turns.pop(key, None)
            return made

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self.bytes = 0

    def _used(self, key: Hashable) -> Any:
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: Hashable, made: object) -> None:
        self._kept[key] = made
        self.bytes += size_of(made)
        while self.bytes > self.limit_bytes and len(self._kept) > 1:
            _, gone = self._kept.popitem(last=False)
            self.bytes -= size_of(gone)
        self.most_bytes = max(self.most_bytes, self.bytes)


def placed(art: Art) -> Placed:
    """Turn what was painted into planes, without its clear margins."""
    left, top, right, bottom = _seen(art.pixels)
    cut = art.pixels[top:bottom, left:right]
    sprite = sprite_from_bgra(np.ascontiguousarray(cut))
    return Placed(sprite, art.x + left / art.detail, art.y + top / art.detail, art.detail)


def tinted(alpha: Pixels, colour: str) -> Sprite:
    """Return a sprite of one `#RRGGBB` colour that is as dense as `alpha` (h, w; even sides) says."""
    cv2 = opencv()
    whole = np.arange(256, dtype=np.float32)
    half = cv2.resize(alpha, (alpha.shape[1] // 2, alpha.shape[0] // 2), interpolation=cv2.INTER_AREA)
    tables = [np.rint(whole * part / 255).astype(np.uint8) for part in yuv(colour)]
    y, u, v = (cv2.LUT(plane, table) for plane, table in zip((alpha, half, half), tables, strict=True))
    return Sprite(*(np.asarray(plane, np.uint8) for plane in (y, u, v, alpha, half)))


def scaled(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return (h, w, channels) bytes scaled to (width, height): smooth when enlarged, averaged when reduced."""
    cv2 = opencv()
    smaller = size[0] < pixels.shape[1]
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC), np.uint8)


def yuv(colour: str) -> tuple[float, float, float]:
    """Return a colour's BT.709 limited-range Y, U and V."""
    y, u, v = yuv_rows(np.array([channels(colour)], np.float64) * 255)
    return float(y[0]), float(u[0]), float(v[0])


def yuv_rows(rgb: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return BT.709 limited-range Y, U and V, not rounded, of (n, 3) colours of 0..255."""
    red, green, blue = (rgb[:, channel] / 255 for channel in range(3))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748


def size_of(made: object) -> int:
    """Return how many bytes of pixels something holds: arrays, and whatever holds arrays."""
    if isinstance(made, np.ndarray):
        return made.nbytes
    if isinstance(made, tuple | list):
        return sum(size_of(one) for one in made)
    if isinstance(made, Image.Image):
        return made.width * made.height * len(made.getbands())
    if is_dataclass(made):
        return sum(size_of(getattr(made, field.name)) for field in fields(made))
    return 0


def packed(made: object) -> bytes:
    """Return a plate or a placed sprite as bytes that `unpacked` reads."""
    match made:
        case Plate():
            arrays, place = [made.y, made.u, made.v], []
        case Placed():
            sprite = made.sprite
            arrays, place = [sprite.y, sprite.u, sprite.v, sprite.a, sprite.ca], [made.x, made.y, made.detail]
        case _:
            raise TypeError(f"{type(made).__name__} is not kept as bytes")
    head = json.dumps({"shapes": [array.shape for array in arrays], "place": place}).encode()
    return b"".join((len(head).to_bytes(4, "big"), head, *(array.tobytes() for array in arrays)))


def unpacked(content: bytes) -> Plate | Placed:
    """Return what was packed; it reads the bytes where they lie."""
    start = 4 + int.from_bytes(content[:4], "big")
    head = json.loads(content[4:start])
    arrays = []
    for shape in head["shapes"]:
        count = math.prod(shape)
        arrays.append(np.frombuffer(content, np.uint8, count, start).reshape(shape))
        start += count
    if not head["place"]:
        return Plate(*arrays)
    return Placed(Sprite(*arrays), *head["place"])


def _seen(pixels: Pixels) -> tuple[int, int, int, int]:
    """Return the even box around everything that is not clear; at least one chroma pixel."""
    alpha = np.ascontiguousarray(pixels[:, :, 3])
    rows, columns = (np.flatnonzero(alpha.any(axis)) for axis in (1, 0))
    if not len(rows):
        return 0, 0, min(2, pixels.shape[1]), min(2, pixels.shape[0])
    edges = columns[0] // 2 * 2, rows[0] // 2 * 2, -(-(columns[-1] + 1) // 2) * 2, -(-(rows[-1] + 1) // 2) * 2
    return int(edges[0]), int(edges[1]), int(edges[2]), int(edges[3])
