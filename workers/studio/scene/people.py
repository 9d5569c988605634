"""Clips and cameos: pictures that move, read by each thread for itself, and where on a frame a person shows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from adengine.core.layers import Box
from workers.studio.pixels import planes
from workers.studio.pixels.planes import Frame, Mask, Plate, Sprite
from workers.studio.scene.laying import even
from workers.studio.scene.sources import Sources
from workers.studio.scene.sprites import opencv

if TYPE_CHECKING:
    from workers.studio.scene.reels import Reel

# A cameo's clip is read at the least of these heights that shows all of it.
HEIGHTS = (240, 352, 480, 720)
Shown: TypeAlias = Plate | Sprite  # a picture of a clip: a sprite where it is cut out


class Reels:
    """The clips of one film; each thread reads with reels of its own, since a reel only runs forwards."""

    def __init__(self, sources: Sources, fps: int, scale: float) -> None:
        self._sources, self._fps, self._scale = sources, fps, scale
        self._own, self._lock = threading.local(), threading.Lock()
        self._open: list[Reel] = []

    def clip(self, file: str, frame: int, box: Box) -> Shown:
        """Return a clip's picture, `frame` frames of the film after it began; past its end it holds."""
        return self._reel(file, round(box.h * self._scale), loops=False).shown(frame, self._fps)

    def person(self, file: str, frame: int, box: Box) -> Shown:
        """Return a cameo's picture, `frame` frames of the film after it began; it loops."""
        return self._reel(file, self._height(box), loops=True).shown(frame, self._fps)

    def take_in(self, file: str, box: Box) -> None:
        """Bring a cameo's clip into the form that `person` reads; raises PictureUnusable."""
        self._sources.mezzanine(file, self._height(box), cut_out=True)

    def _height(self, box: Box) -> int:
        shown = box.h * self._scale
        return next((height for height in HEIGHTS if height >= 0.9 * shown), HEIGHTS[-1])

    def close(self) -> None:
        with self._lock:
            for reel in self._open:
                reel.close()
            self._open.clear()

    def _reel(self, file: str, height: int, *, loops: bool) -> Reel:
        from workers.studio.scene.reels import Reel

        own: dict[tuple[str, int, bool], Reel] = self._own.__dict__.setdefault("reels", {})
        key = file, height, loops
        if key not in own:
            own[key] = Reel(self._sources.mezzanine(file, height, cut_out=loops), loops=loops)
            self._sources.notes.update(dict.fromkeys(own[key].about.notes))
            with self._lock:
                self._open.append(own[key])
        return own[key]


def placed_in(shown: Shown, rect: Box) -> tuple[float, float, float]:
    """Return corner and scale of a picture that fills a square; of a tall one the upper part shows, with the face."""
    by = max(rect.w / shown.w, rect.h / shown.h)
    return rect.x + (rect.w - shown.w * by) / 2, rect.y + (rect.h - shown.h * by) / 3, by


def show(frame: Frame, shown: Shown, held: Mask, rect: Box) -> None:
    """Show a picture in a square of the frame, as far as `held` holds it; what it is clear of stays."""
    if isinstance(shown, Plate):
        planes.lay_plate(frame, shown, held, rect.x, rect.y, *placed_in(shown, rect))
        return
    aside = Frame.blank(rect.w, rect.h)
    planes.paste(aside, frame.plate(), -rect.x, -rect.y)
    planes.lay(aside, shown, *placed_in(shown, Box(0, 0, rect.w, rect.h)))
    planes.lay_plate(frame, aside.plate(), held, rect.x, rect.y, rect.x, rect.y, 1.0)


def sized(held: Mask, side: int) -> Mask:
    """Return what holds a person at another size."""
    cv2 = opencv()
    cover = cv2.resize(held.a, (side, side), interpolation=cv2.INTER_LINEAR)
    half = cv2.resize(cover, (side // 2, side // 2), interpolation=cv2.INTER_AREA)
    return Mask(np.asarray(cover, np.uint8), np.asarray(half, np.uint8))


def grown(box: Box, middle: tuple[float, float], scale: float, grows: float) -> tuple[int, int, int]:
    """Return corner and side of a square box, in device pixels, that grows about a point of the device."""
    corner = ((edge * scale - about) * grows + about for edge, about in zip((box.x, box.y), middle, strict=True))
    x, y = (even(edge) for edge in corner)
    return x, y, max(2, even(box.w * scale * grows))
