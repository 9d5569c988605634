"""The compositing kernels of this machine and the one that paints: the C library, or OpenCV in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from adengine.core.errors import Invalid
from workers.studio.pixels.native import U8, Rect, built

if TYPE_CHECKING:
    from workers.studio.pixels.planes import Frame, Mask, Plate, Sprite


class Kernel(Protocol):
    """What planes.py asks for, with rectangles clipped and parts of one as whole numbers."""

    name: str

    @property
    def title(self) -> str:
        """What it is called in front of people."""

    @property
    def version(self) -> str:
        """Changes with anything that can change a pixel."""

    def cover(
        self, frame: Frame, plate: Plate, rect: Rect, x: float, y: float, scale: float, keep: int, fade: int
    ) -> None:
        """Paint the plate over the rectangle, its last pixels going on beyond its edges."""

    def lay_still(self, frame: Frame, sprite: Sprite, rect: Rect, x: int, y: int, opacity: int) -> None:
        """Blend a sprite at even (x, y); the rectangle lies inside it."""

    def lay_scaled(
        self, frame: Frame, sprite: Sprite, rect: Rect, x: float, y: float, scale: float, opacity: int
    ) -> None:
        """Blend a scaled sprite whose corner is at (x, y); nothing lies beyond its edges."""

    def lay_turned(
        self, frame: Frame, sprite: Sprite, rect: Rect, x: float, y: float, scale: float, rotation: float, opacity: int
    ) -> None:
        """Blend a sprite whose middle is at (x, y), turned clockwise by `rotation` degrees."""

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
        """Blend a plate through a mask at even `at`; the rectangle lies inside the mask."""

    def tint(self, frame: Frame, other: Frame | Plate, rect: Rect, keep: int, fade: int) -> None:
        """Keep a part of the other picture's distance from black, and lay a part of that over the frame."""

    def split(self, pixels: U8, out: Plate | Sprite) -> None:
        """Turn (h, w, 3 or 4) BGR(A) pixels of even sides into planes."""

    def join(self, plate: Plate, out: U8) -> None:
        """Turn planes into (h, w, 4) BGRA pixels."""

    def shrink(self, plate: Plate, out: Plate) -> None:
        """Make each pixel of `out` the mean of the pixels it touches."""


OPENCV = "opencv"
_BUILT = {one.name: one for one in built()}
# Their names, the quickest first.
KERNELS = (*_BUILT, OPENCV)


def _named(name: str) -> Kernel:
    if name != OPENCV:
        return _BUILT[name]
    from workers.studio.pixels.opencv import OpenCV  # loads numpy, which a film of cached parts does without

    return OpenCV()


_current = _named(KERNELS[0])


def kernel() -> Kernel:
    """Return the kernel that paints."""
    return _current


def use(name: str) -> Kernel:
    """Paint with the named kernel from now on, in every thread; raise Invalid if this machine lacks it."""
    global _current  # noqa: PLW0603 -- one process paints with one kernel
    if name not in KERNELS:
        raise Invalid(f"no kernel '{name}' here; choose one of {', '.join(KERNELS)}")
    _current = _named(name)
    return _current


def kernel_id() -> str:
    """Name the kernel that paints and its version; two films with one id have the same pixels."""
    return f"{_current.name}-{_current.version}"
