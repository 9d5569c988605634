"""The C library that paints: how it is found, what it is told about planes in memory, and its calls."""

from __future__ import annotations

import ctypes
import hashlib
import math
import sysconfig
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from adengine.core.errors import Invalid

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from workers.studio.pixels.planes import Frame, Mask, Plate, Sprite

U8: TypeAlias = "npt.NDArray[np.uint8]"

LIBRARY = Path(__file__).with_name(f"_kernel{sysconfig.get_config_var('EXT_SUFFIX')}")
INTERFACE = 1
KINDS = {1: "avx2", 2: "neon", 0: "plain"}
TITLES = {"avx2": "C with AVX2", "neon": "C with NEON", "plain": "plain C, without AVX2 or NEON"}
# Pictures are placed in 1/65536 pixel in 32 bits when they are turned.
LONGEST_SIDE = 8192
# Parts of one: `keep` and `fade` are in 1/32768, `opacity` in 1/255.
WHOLE = 32768


class Planes(ctypes.Structure):
    """Where Y, U, V, alpha and chroma alpha lie in memory; mirrors the struct in kernel.c."""

    _fields_ = [
        ("at", ctypes.c_void_p * 5),
        ("stride", ctypes.c_int32 * 5),
        ("w", ctypes.c_int32),
        ("h", ctypes.c_int32),
    ]


class Rect(NamedTuple):
    """Even edges in luma pixels, inside the frame."""

    x0: int
    y0: int
    x1: int
    y1: int


def describe(*planes: U8 | None) -> Planes:
    """Return the C view of Y, U, V, alpha and chroma alpha (None: not there); raise Invalid where C could not go."""
    h, w = next(plane.shape for plane in planes if plane is not None)
    if w < 2 or h < 2 or w % 2 or h % 2 or max(w, h) > LONGEST_SIDE:
        raise Invalid(f"planes of {w} x {h} pixels cannot be; use even sides from 2 to {LONGEST_SIDE}")
    view = Planes(w=w, h=h)
    for index, plane in enumerate(planes):
        if plane is None:
            continue
        half = index in {1, 2, 4}
        shape = (h // 2, w // 2) if half else (h, w)
        if plane.dtype.char != "B" or plane.shape != shape or plane.strides[1] != 1:
            raise Invalid(f"plane {index} must be {shape} bytes, row by row; it is {plane.shape} {plane.dtype}")
        view.at[index] = plane.ctypes.data
        view.stride[index] = plane.strides[0]
    return view


_INT, _DOUBLE, _PLANES = ctypes.c_int, ctypes.c_double, ctypes.POINTER(Planes)
_RECT = [_INT] * 4
_PLACE = [_DOUBLE] * 3
_SIGNATURES = {
    "cover": [_INT, _PLANES, _PLANES, *_RECT, *_PLACE, _INT, _INT],
    "lay_still": [_INT, _PLANES, _PLANES, *_RECT, _INT, _INT, _INT],
    "lay_scaled": [_INT, _PLANES, _PLANES, *_RECT, *_PLACE, _INT],
    "lay_turned": [_INT, _PLANES, _PLANES, *_RECT, *[_DOUBLE] * 4, _INT],
    "lay_plate": [_INT, _PLANES, _PLANES, _PLANES, *_RECT, _INT, _INT, *_PLACE, _INT],
    "tint": [_INT, _PLANES, _PLANES, *_RECT, _INT, _INT],
    "split": [_INT, ctypes.c_void_p, ctypes.c_int64, _INT, _PLANES],
    "join": [_PLANES, ctypes.c_void_p, ctypes.c_int64],
    "shrink": [_INT, _PLANES, _PLANES],
}


class Native:
    """The C library with one set of instructions; calls let other Python threads run."""

    def __init__(self, library: ctypes.CDLL, kind: int) -> None:
        self.name = KINDS[kind]
        self._library, self._kind = library, kind
        for name, arguments in _SIGNATURES.items():
            getattr(library, f"planes_{name}").argtypes = arguments
        self._calls: dict[str, Callable[..., int]] = {name: getattr(library, f"planes_{name}") for name in _SIGNATURES}

    @property
    def title(self) -> str:
        return TITLES[self.name]

    @cached_property
    def version(self) -> str:
        return hashlib.blake2b(LIBRARY.read_bytes(), digest_size=8).hexdigest()

    def _call(self, name: str, *arguments: object) -> None:
        if not self._calls[name](*arguments):
            raise MemoryError("no memory for a row of pixels; render fewer films at a time")

    def cover(
        self, frame: Frame, plate: Plate, rect: Rect, x: float, y: float, scale: float, keep: int, fade: int
    ) -> None:
        self._call("cover", self._kind, frame.planes, plate.planes, *rect, x, y, scale, keep, fade)

    def lay_still(self, frame: Frame, sprite: Sprite, rect: Rect, x: int, y: int, opacity: int) -> None:
        self._call("lay_still", self._kind, frame.planes, sprite.planes, *rect, x, y, opacity)

    def lay_scaled(
        self, frame: Frame, sprite: Sprite, rect: Rect, x: float, y: float, scale: float, opacity: int
    ) -> None:
        self._call("lay_scaled", self._kind, frame.planes, sprite.planes, *rect, x, y, scale, opacity)

    def lay_turned(
        self, frame: Frame, sprite: Sprite, rect: Rect, x: float, y: float, scale: float, rotation: float, opacity: int
    ) -> None:
        turn = math.radians(rotation)
        cosine, sine = math.cos(turn) / scale, math.sin(turn) / scale
        self._call("lay_turned", self._kind, frame.planes, sprite.planes, *rect, x, y, cosine, sine, opacity)

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
        self._call("lay_plate", self._kind, frame.planes, plate.planes, mask.planes, *rect, *at, x, y, scale, opacity)

    def tint(self, frame: Frame, other: Frame | Plate, rect: Rect, keep: int, fade: int) -> None:
        self._call("tint", self._kind, frame.planes, other.planes, *rect, keep, fade)

    def split(self, pixels: U8, out: Plate | Sprite) -> None:
        if pixels.strides[1:] != (pixels.shape[2], 1):
            pixels = pixels.copy()
        self._call("split", self._kind, pixels.ctypes.data, pixels.strides[0], pixels.shape[2], out.planes)

    def join(self, plate: Plate, out: U8) -> None:
        self._call("join", plate.planes, out.ctypes.data, out.strides[0])

    def shrink(self, plate: Plate, out: Plate) -> None:
        self._call("shrink", self._kind, plate.planes, out.planes)


def built(path: Path = LIBRARY) -> list[Native]:
    """Return the kernels in the built library, the quickest first; none if it is not there or of another version."""
    try:
        library = ctypes.CDLL(str(path))
        if library.planes_interface() != INTERFACE:
            return []
    except (OSError, AttributeError):
        return []
    best = library.planes_kind()
    return [Native(library, kind) for kind in KINDS if kind in {best, 0}]
