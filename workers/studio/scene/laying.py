"""Laying what was painted once: where it lies on a frame, how large, how turned, and what of it shows."""

from __future__ import annotations

import math
from dataclasses import dataclass

from adengine.core.layers import Box
from workers.studio.pixels import planes
from workers.studio.pixels.planes import Frame, Plate
from workers.studio.scene.sprites import Placed


@dataclass(frozen=True)
class View:
    """A part of a frame and where on it the film's device pixels begin, in whole chroma pixels."""

    frame: Frame
    dx: int = 0
    dy: int = 0

    def box(self, box: Box) -> Box:
        return Box(box.x + self.dx, box.y + self.dy, box.w, box.h)


@dataclass(frozen=True)
class Move:
    """How a thing lies on one frame, against how it was painted: about a pivot, in device pixels and degrees."""

    pivot: tuple[float, float] = (0.0, 0.0)
    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    rotation: float = 0.0
    opacity: float = 1.0


STILL = Move()


def lay(view: View, thing: Placed, move: Move = STILL, clip: Box | None = None) -> None:
    """Lay a thing that was painted once as it lies now; one that rests is not sampled."""
    x, y, by = _corner(thing, move)
    within = view.box(clip) if clip else None
    planes.lay(view.frame, thing.sprite, x + view.dx, y + view.dy, by, move.rotation, move.opacity, within)


def at_rest(thing: Placed, move: Move) -> Placed:
    """Return the thing as it looks where it lies: sampled once, and then laid as it is, frame by frame."""
    return Placed(*planes.drawn(thing.sprite, *_corner(thing, move), move.rotation))


def even(value: float) -> int:
    """Return the nearest edge between chroma pixels."""
    return 2 * round(value / 2)


def device_box(box: Box, scale: float) -> Box:
    """Return a box in device pixels, its edges on whole chroma pixels."""
    left, top, right, bottom = (even(edge * scale) for edge in (box.x, box.y, box.right, box.bottom))
    return Box(left, top, max(2, right - left), max(2, bottom - top))


def covering(plate: Plate, rect: Box, scale: float, dx: float, dy: float) -> tuple[float, float, float]:
    """Return corner and scale of a plate that fills the rectangle whatever the zoom and the shift."""
    by = max(rect.w / plate.w, rect.h / plate.h) * max(1.0, scale)
    w, h = plate.w * by, plate.h * by
    x, y = rect.x + (rect.w - w) / 2 + dx, rect.y + (rect.h - h) / 2 + dy
    return min(rect.x, max(rect.right - w, x)), min(rect.y, max(rect.bottom - h, y)), by


def uncovered(rect: Box, over: Box) -> Box:
    """Return what is left of a rectangle beside one that lies over a whole side of it."""
    if over.y <= rect.y and over.bottom >= rect.bottom:
        if over.right >= rect.right:
            return Box(rect.x, rect.y, min(rect.w, over.x - rect.x), rect.h)
        if over.x <= rect.x:
            left = max(rect.x, over.right)
            return Box(left, rect.y, rect.right - left, rect.h)
    if over.x <= rect.x and over.right >= rect.right and over.bottom >= rect.bottom:
        return Box(rect.x, rect.y, rect.w, min(rect.h, over.y - rect.y))
    return rect


def inside(rect: Box, frame: Frame) -> Box:
    """Return the part of a rectangle that lies on the frame; it may be empty, or less."""
    left, top = max(0, rect.x), max(0, rect.y)
    return Box(left, top, min(frame.w, rect.right) - left, min(frame.h, rect.bottom) - top)


def part(frame: Frame, rect: Box) -> Frame:
    """Return the part of a frame inside a rectangle with even edges, to be painted on in place."""
    if (rect.x, rect.y, rect.w, rect.h) == (0, 0, frame.w, frame.h):
        return frame
    half = slice(rect.y // 2, rect.bottom // 2), slice(rect.x // 2, rect.right // 2)
    return Frame(frame.y[rect.y : rect.bottom, rect.x : rect.right], frame.u[half], frame.v[half])


def _corner(thing: Placed, move: Move) -> tuple[float, float, float]:
    """Return where the thing's unturned corner lies, and its scale."""
    by = move.scale / thing.detail
    if move.scale == 1 and not move.rotation:
        return thing.x + move.dx, thing.y + move.dy, by
    x, y = _turned(thing, move)
    return x - thing.sprite.w * by / 2, y - thing.sprite.h * by / 2, by


def _turned(thing: Placed, move: Move) -> tuple[float, float]:
    """Return where a thing's middle lies once it is scaled and turned about the pivot, and moved."""
    x, y = ((at - about) * move.scale for at, about in zip(thing.middle, move.pivot, strict=True))
    cosine, sine = math.cos(math.radians(move.rotation)), math.sin(math.radians(move.rotation))
    return (
        move.pivot[0] + x * cosine - y * sine + move.dx,
        move.pivot[1] + x * sine + y * cosine + move.dy,
    )
