"""Pictures as BT.709 limited-range Y, U and V planes (4:2:0), and laying them together inside the encoder's frame.

Chroma is the mean of its 2 x 2 pixels and sits in their middle; positions are in luma pixels of the frame, and
(x, y) is a picture's top-left corner. Clips and painted edges are whole chroma pixels, so Y, U and V stay together.
Threads may paint on different frames at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np

from adengine.core.errors import Invalid
from adengine.core.layers import Box
from workers.studio.pixels.kernels import KERNELS, Kernel, kernel, kernel_id, use
from workers.studio.pixels.native import U8, WHOLE, Planes, Rect, describe

if TYPE_CHECKING:
    from av import VideoFrame
    from av.video.plane import VideoPlane

__all__ = [
    "KERNELS",
    "Frame",
    "Kernel",
    "Mask",
    "Plate",
    "Sprite",
    "cover",
    "dim",
    "drawn",
    "fill",
    "kernel",
    "kernel_id",
    "lay",
    "lay_plate",
    "mix",
    "paste",
    "plate_from_bgra",
    "shrunk",
    "sprite_from_bgra",
    "to_bgra",
    "use",
]

BLACK = (16, 128, 128)
# A sprite smaller than this part of itself is not seen.
SMALLEST_SCALE = 1 / 64


@dataclass(frozen=True, eq=False)
class Described:
    """Planes with the view of them that C reads, made once."""

    planes: Planes = field(init=False, repr=False)

    @property
    def w(self) -> int:
        return int(self.planes.w)

    @property
    def h(self) -> int:
        return int(self.planes.h)


@dataclass(frozen=True, eq=False)
class Plate(Described):
    """An opaque picture: y (h, w), u and v (h / 2, w / 2), bytes; even sides."""

    y: U8
    u: U8
    v: U8

    def __post_init__(self) -> None:
        object.__setattr__(self, "planes", describe(self.y, self.u, self.v))

    @classmethod
    def over(cls, video: VideoFrame) -> Plate:
        """Return the picture in a decoded yuv420p frame without copying; it must not be changed meanwhile."""
        return cls(*_planes_of(video))


@dataclass(frozen=True, eq=False)
class Sprite(Described):
    """A picture to lay over others: y, u, v times alpha, offsets of 16 and 128 included, so that
    `y + below * (255 - a) / 255` is the blend; a (h, w) and its means ca (h / 2, w / 2)."""

    y: U8
    u: U8
    v: U8
    a: U8
    ca: U8

    def __post_init__(self) -> None:
        object.__setattr__(self, "planes", describe(self.y, self.u, self.v, self.a, self.ca))


@dataclass(frozen=True, eq=False)
class Mask(Described):
    """Where another picture shows (255) and where not (0): a (h, w) and its means ca (h / 2, w / 2)."""

    a: U8
    ca: U8

    def __post_init__(self) -> None:
        object.__setattr__(self, "planes", describe(None, None, None, self.a, self.ca))

    @classmethod
    def of(cls, alpha: U8) -> Mask:
        """Return the mask of an (h, w) alpha; odd sides grow by a transparent pixel."""
        even = _even(alpha, "constant")
        fours = even.reshape(even.shape[0] // 2, 2, even.shape[1] // 2, 2).sum(axis=(1, 3), dtype=np.uint16)
        return cls(even, ((fours + 2) // 4).astype(np.uint8))


@dataclass(frozen=True, eq=False)
class Frame(Described):
    """A picture that is painted on; the rows of its planes may lie apart."""

    y: U8
    u: U8
    v: U8

    def __post_init__(self) -> None:
        if not (self.y.flags.writeable and self.u.flags.writeable and self.v.flags.writeable):
            raise Invalid("a frame that is painted on must be writable; paint on a copy")
        object.__setattr__(self, "planes", describe(self.y, self.u, self.v))

    @classmethod
    def blank(cls, w: int, h: int) -> Frame:
        """Return a black frame in memory of its own."""
        return cls(*(np.full(shape, level, np.uint8) for shape, level in zip(_shapes(w, h), BLACK, strict=True)))

    @classmethod
    def over(cls, video: VideoFrame) -> Frame:
        """Return the inside of a yuv420p video frame, which is kept alive; an encoder may still read an earlier one."""
        return cls(*_planes_of(video))

    def plate(self) -> Plate:
        """Return the same memory to be read."""
        return Plate(self.y, self.u, self.v)


def plate_from_bgra(pixels: U8) -> Plate:
    """Convert (h, w, 3 or 4) BGR(A) bytes; alpha is not looked at, and odd sides grow by repeating the edge."""
    even = _even(pixels, "edge")
    plate = Plate(*_empty(even))
    kernel().split(even, plate)
    return plate


def sprite_from_bgra(premultiplied: U8) -> Sprite:
    """Convert (h, w, 4) BGRA bytes whose colours are times alpha; odd sides grow by a transparent pixel."""
    if premultiplied.ndim != 3 or premultiplied.shape[2] != 4:
        raise Invalid(f"a sprite is made of (h, w, 4) BGRA pixels, not {premultiplied.shape}")
    even = _even(premultiplied, "constant")
    y, u, v = _empty(even)
    sprite = Sprite(y, u, v, np.empty_like(y), np.empty_like(u))
    kernel().split(even, sprite)
    return sprite


def to_bgra(plate: Plate) -> U8:
    """Return the picture as (h, w, 4) BGRA bytes, alpha 255, chroma drawn smoothly between its pixels."""
    pixels = np.empty((plate.h, plate.w, 4), np.uint8)
    kernel().join(plate, pixels)
    return pixels


def cover(
    frame: Frame,
    plate: Plate,
    x: float,
    y: float,
    scale: float,
    clip: Box | None = None,
    *,
    dim: float = 0.0,
    opacity: float = 1.0,
) -> None:
    """Paint the plate, `dim` 0..1 nearer to black, over the frame; opacity below 1 makes a crossfade.

    Sampling is bilinear and repeats the plate's edge, so no dark line comes in at any position. What is written are
    the 2 x 2 blocks whose middle lies on the plate. Below a scale of 0.5 it skips pixels: prepare smaller plates.
    """
    _place(x, y, scale)
    if scale < SMALLEST_SCALE:
        raise Invalid(f"a plate cannot be painted at a scale of {scale}; shrink it first")
    painted = _nearest_even(x, y, x + plate.w * scale, y + plate.h * scale)
    rect = _within(frame, painted, clip)
    keep, fade = _parts(1 - dim, WHOLE), _parts(opacity, WHOLE)
    if rect and fade and scale == 1 and x == y == 0:
        kernel().tint(frame, plate, rect, keep, fade)
    elif rect and fade:
        kernel().cover(frame, plate, rect, x, y, scale, keep, fade)


def lay(
    frame: Frame,
    sprite: Sprite,
    x: float,
    y: float,
    scale: float = 1.0,
    rotation: float = 0.0,
    opacity: float = 1.0,
    clip: Box | None = None,
) -> None:
    """Blend the sprite over the frame, turned clockwise about its middle by `rotation` degrees.

    Its edges fade to nothing. At even x and y, unscaled and unturned, no pixel is sampled: what was drawn is laid.
    """
    _place(x, y, scale, rotation)
    part = _parts(opacity, 255)
    if scale < SMALLEST_SCALE or not part:
        return
    if rotation:
        _lay_turned(frame, sprite, x, y, scale, rotation, part, clip)
    elif scale == 1 and x % 2 == 0 and y % 2 == 0:
        left, top = int(x), int(y)
        rect = _within(frame, (left, top, left + sprite.w, top + sprite.h), clip)
        if rect:
            kernel().lay_still(frame, sprite, rect, left, top, part)
    else:
        # Bilinear sampling reaches half a pixel of the sprite's chroma past its edges.
        seen = (x - scale, y - scale, x + (sprite.w + 1) * scale, y + (sprite.h + 1) * scale)
        rect = _within(frame, _outer_even(*seen), clip)
        if rect:
            kernel().lay_scaled(frame, sprite, rect, x, y, scale, part)


def drawn(sprite: Sprite, x: float, y: float, scale: float = 1.0, rotation: float = 0.0) -> tuple[Sprite, int, int]:
    """Return the sprite as `lay` samples it there, with its even corner: laid still, it gives the same pixels."""
    _place(x, y, scale, rotation)
    middle = x + sprite.w * scale / 2, y + sprite.h * scale / 2
    left, top, right, bottom = _outer_even(*_reached(sprite, middle, scale, rotation))
    colours, alphas = (_clear(right - left, bottom - top) for _ in range(2))
    # Over nothing, what is laid comes out as it was sampled; alpha laid as if it were a colour comes out as alpha.
    lay(colours, sprite, x - left, y - top, scale, rotation)
    lay(alphas, Sprite(sprite.a, sprite.ca, sprite.ca, sprite.a, sprite.ca), x - left, y - top, scale, rotation)
    return Sprite(colours.y, colours.u, colours.v, alphas.y, alphas.u), left, top


def _lay_turned(
    frame: Frame, sprite: Sprite, x: float, y: float, scale: float, rotation: float, part: int, clip: Box | None
) -> None:
    middle = x + sprite.w * scale / 2, y + sprite.h * scale / 2
    rect = _within(frame, _outer_even(*_reached(sprite, middle, scale, rotation)), clip)
    if rect:
        kernel().lay_turned(frame, sprite, rect, *middle, scale, rotation, part)


def _reached(
    sprite: Sprite, middle: tuple[float, float], scale: float, rotation: float
) -> tuple[float, float, float, float]:
    """Return the edges of what a turned sprite can touch: sampling reaches a pixel of its own past its edges."""
    turn = math.radians(rotation)
    cosine, sine = abs(math.cos(turn)), abs(math.sin(turn))
    half_w, half_h = (sprite.w / 2 + 1) * scale, (sprite.h / 2 + 1) * scale
    reach_x, reach_y = cosine * half_w + sine * half_h, sine * half_w + cosine * half_h
    return middle[0] - reach_x, middle[1] - reach_y, middle[0] + reach_x, middle[1] + reach_y


def lay_plate(
    frame: Frame,
    plate: Plate,
    mask: Mask,
    x: int,
    y: int,
    plate_x: float,
    plate_y: float,
    plate_scale: float,
    opacity: float = 1.0,
) -> None:
    """Show the plate, placed on the frame like one that covers it, through the mask whose corner is at even (x, y)."""
    _place(plate_x, plate_y, plate_scale)
    _check_even(x, y)
    if plate_scale < SMALLEST_SCALE:
        raise Invalid(f"a plate cannot be shown at a scale of {plate_scale}; shrink it first")
    part = _parts(opacity, 255)
    rect = _within(frame, (x, y, x + mask.w, y + mask.h), None)
    if rect and part:
        kernel().lay_plate(frame, plate, mask, rect, (x, y), plate_x, plate_y, plate_scale, part)


def mix(frame: Frame, other: Plate, part: float) -> None:
    """Lay `part` 0..1 of a picture of the same size over the whole frame."""
    _check_same_size(frame, other)
    fade = _parts(part, WHOLE)
    if fade == WHOLE:
        paste(frame, other, 0, 0)
    elif fade:
        kernel().tint(frame, other, Rect(0, 0, frame.w, frame.h), WHOLE, fade)


def dim(frame: Frame, part: float, clip: Box | None = None) -> None:
    """Bring the frame, inside the clip, `part` 0..1 nearer to black."""
    keep = _parts(1 - part, WHOLE)
    rect = _within(frame, (0, 0, frame.w, frame.h), clip)
    if rect and keep < WHOLE:
        kernel().tint(frame, frame, rect, keep, WHOLE)


def paste(frame: Frame, other: Plate, dx: int, dy: int, clip: Box | None = None) -> None:
    """Copy the picture with its corner at even (dx, dy); what lies beyond it or the clip stays."""
    _check_even(dx, dy)
    rect = _within(frame, (dx, dy, dx + other.w, dy + other.h), clip)
    if not rect:
        return
    for to, from_, half in ((frame.y, other.y, 1), (frame.u, other.u, 2), (frame.v, other.v, 2)):
        x0, y0, x1, y1 = (edge // half for edge in rect)
        left, top = dx // half, dy // half
        to[y0:y1, x0:x1] = from_[y0 - top : y1 - top, x0 - left : x1 - left]


def fill(frame: Frame, colour: tuple[int, int, int], clip: Box | None = None) -> None:
    """Paint the frame, inside the clip, in one (y, u, v)."""
    rect = _within(frame, (0, 0, frame.w, frame.h), clip)
    if not rect:
        return
    for plane, level, half in zip((frame.y, frame.u, frame.v), colour, (1, 2, 2), strict=True):
        x0, y0, x1, y1 = (edge // half for edge in rect)
        plane[y0:y1, x0:x1] = level


def shrunk(frame: Frame | Plate, width: int, height: int) -> Plate:
    """Return the picture at even sizes, each pixel the mean of those it touches."""
    plate = Plate(*(np.empty(shape, np.uint8) for shape in _shapes(width, height)))
    kernel().shrink(frame if isinstance(frame, Plate) else frame.plate(), plate)
    return plate


def _planes_of(video: VideoFrame) -> tuple[U8, U8, U8]:
    if video.format.name != "yuv420p":
        raise Invalid(f"frames here are yuv420p, not {video.format.name}; reformat it first")
    y, u, v = map(_rows_of, video.planes)
    return y, u, v


def _rows_of(plane: VideoPlane) -> U8:
    return np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _shapes(w: int, h: int) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    return (h, w), (h // 2, w // 2), (h // 2, w // 2)


def _empty(pixels: U8) -> list[U8]:
    return [np.empty(shape, np.uint8) for shape in _shapes(pixels.shape[1], pixels.shape[0])]


def _clear(w: int, h: int) -> Frame:
    return Frame(*(np.zeros(shape, np.uint8) for shape in _shapes(w, h)))


def _even(pixels: U8, mode: Literal["edge", "constant"]) -> U8:
    odd = pixels.shape[0] % 2, pixels.shape[1] % 2
    if not any(odd):
        return pixels
    return np.pad(pixels, ((0, odd[0]), (0, odd[1]), *[(0, 0)] * (pixels.ndim - 2)), mode=mode)


def _place(*numbers: float) -> None:
    if not all(map(math.isfinite, numbers)):
        raise Invalid(f"a picture cannot be placed at {numbers}; positions and scales are finite numbers")


def _check_even(x: int, y: int) -> None:
    if x % 2 or y % 2:
        raise Invalid(f"({x}, {y}) lies inside a chroma pixel; use even positions")


def _check_same_size(frame: Frame, other: Plate) -> None:
    if (frame.w, frame.h) != (other.w, other.h):
        raise Invalid(f"a {other.w} x {other.h} picture cannot be mixed into a {frame.w} x {frame.h} frame; cover it")


def _parts(part: float, whole: int) -> int:
    """Return 0..1 in whole numbers; motion curves shoot past both ends, so it clamps."""
    return int(min(1.0, max(0.0, part)) * whole + 0.5)


def _nearest_even(*edges: float) -> tuple[int, ...]:
    return tuple(2 * math.floor(edge / 2 + 0.5) for edge in edges)


def _outer_even(x0: float, y0: float, x1: float, y1: float) -> tuple[int, ...]:
    return 2 * math.floor(x0 / 2), 2 * math.floor(y0 / 2), 2 * math.ceil(x1 / 2), 2 * math.ceil(y1 / 2)


def _within(frame: Frame, edges: tuple[int, ...], clip: Box | None) -> Rect | None:
    """Return what of the even edges lies inside the frame and the clip; its edges go down to even ones, so that
    clips side by side leave no gap."""
    x0, y0, x1, y1 = edges
    if clip is not None:
        x0, y0 = max(x0, clip.x // 2 * 2), max(y0, clip.y // 2 * 2)
        x1, y1 = min(x1, clip.right // 2 * 2), min(y1, clip.bottom // 2 * 2)
    rect = Rect(max(x0, 0), max(y0, 0), min(x1, frame.w), min(y1, frame.h))
    return rect if rect.x0 < rect.x1 and rect.y0 < rect.y1 else None
