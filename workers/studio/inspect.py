"""What a film measures before it is rendered: where its texts really stand, how large, and how they stand out."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, fields, replace
from math import ceil, floor
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from adengine.core.film import Film
from adengine.core.layers import Block, BlockDraw, Box, Draw, Group, drawn
from adengine.core.preflight import BLACK, WHITE, Measured, SetText, measured_film
from adengine.core.timeline import Timeline
from workers.studio.letters import text
from workers.studio.pixels.planes import Frame, to_bgra
from workers.studio.scene.compose import Composer

Pixels: TypeAlias = npt.NDArray[np.uint8]
Light: TypeAlias = npt.NDArray[np.float32]

# Small enough to be quick, large enough for the strokes of the smallest print to reach their full colour.
SCALE = 0.5
THUMB = (9, 16)
# The part of a text's pixels that is surely ink, and the part of what lies under it that may be nearer to its colour.
INK_PART, GROUND_PART = 0.02, 0.10
# Letters change a pixel by at least this much relative luminance; less is the encoder's frame rounding.
LETTER = 0.02
ELLIPSIS = "…"


@dataclass(frozen=True)
class Bared(Timeline):
    """A film that goes on after its last frame: the same frames once more, without their words."""

    def draw_list(self, frame: int) -> tuple[Draw, ...]:
        if frame < self.frames:
            return super().draw_list(frame)
        return tuple(map(_wordless, super().draw_list(frame - self.frames)))


@dataclass(frozen=True)
class Standing:
    """A block on the frame on which all its texts are there and still."""

    shot: int
    layer: Block
    frame: int


def measure(
    timeline: Timeline,
    *,
    resolve: Callable[[str], Path],
    film: Film | None = None,
    scale: float = SCALE,
) -> Measured:
    """Return texts as set with their contrast on pixels, a thumb of each shot, and what the render of `film` measured.

    Without `film` sound, light and motion stay unmeasured; one still a block is composed, nothing is encoded.
    Raises PictureUnusable where a picture that a still cannot do without is unreadable.
    """
    texts: list[SetText] = []
    twice = Bared(**{field.name: getattr(timeline, field.name) for field in fields(timeline)})
    with closing(Composer(twice, resolve, scale=scale)) as composer:
        still = functools.cache(functools.partial(_still, composer, Frame.blank(composer.width, composer.height)))
        for one in standing(timeline):
            seen, bare = still(one.frame), still(one.frame + timeline.frames)
            for made in set_in(one, timeline):
                backed = timeline.style.role(made.role).form in text.PADDING
                cut = _cut_out(made.box, scale, seen.shape)
                texts.append(replace(made, contrast=contrast_in(seen[cut], None if backed else bare[cut])))
        ends = [still(segment.end - 1) for segment in timeline.segments]
        notes = tuple(composer.notes)
    rest = measured_film(film) if film else Measured()
    notes = tuple(dict.fromkeys((*rest.notes, *notes)))
    return replace(rest, texts=tuple(texts), thumbs=tuple(map(thumb, ends)), notes=notes)


def set_texts(timeline: Timeline) -> tuple[SetText, ...]:
    """Return every text of the film as it is set, without a pixel painted: its contrast stays 0."""
    return tuple(made for one in standing(timeline) for made in set_in(one, timeline))


def standing(timeline: Timeline) -> Iterator[Standing]:
    """Yield the film's blocks, each on the last frame before its shot gives way."""
    for placed in timeline.layers:
        if isinstance(placed.layer, Block):
            end = placed.layer.end if placed.segment is None else timeline.segments[placed.segment].end
            frame = min(end, placed.layer.end, timeline.frames) - 1
            shot = timeline.segment_at(frame) if placed.segment is None else placed.segment
            yield Standing(shot, placed.layer, frame)


def set_in(one: Standing, timeline: Timeline) -> Iterator[SetText]:
    """Yield the texts of a block in pixels of the full frame, forms and what stands aside included."""
    draw = drawn(one.layer, one.frame)
    if not isinstance(draw, BlockDraw):
        return
    sized = text.fitted(draw, timeline.style, timeline.locale)
    top = float(draw.box.y)
    if draw.valign == "middle":
        top += max(0.0, (draw.box.h - text.height(sized)) / 2)
    for place, made in enumerate(sized):
        top += text.above(made, place)
        x = draw.box.x + _left(made, draw.box.w, timeline.style.align)
        box = Box(floor(x), floor(top), ceil(made.w), ceil(made.h))
        cut = made.lines[-1][-1].text.endswith(ELLIPSIS) and not made.item.text.endswith(ELLIPSIS)
        yield SetText(one.shot, made.item.role, made.item.text, one.frame, box, _smallest(made), cut=cut)
        top += made.h


def contrast_in(seen: Light, bare: Light | None) -> float:
    """Return the WCAG contrast of a text and its ground from relative luminance, with its letters and bare of them.

    Without a bare picture the letters stand on a form of one colour. 0 where there are no letters.
    """
    under = np.abs(seen - bare) > LETTER if bare is not None else np.ones(seen.shape, bool)
    letters = seen[under]
    if not letters.size:
        return 0.0
    ground = bare[under] if bare is not None else np.median(seen, keepdims=True)
    middle = float(np.median(ground))
    ends = (float(np.quantile(letters, part)) for part in (INK_PART, 1 - INK_PART))
    ink = max(ends, key=lambda end: ratio(end, middle))
    return ratio(ink, float(np.quantile(ground, GROUND_PART if ink < middle else 1 - GROUND_PART)))


def ratio(one: float, other: float) -> float:
    """Return the WCAG 2 contrast of two relative luminances."""
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def relative_light(bgra: Pixels) -> Light:
    """Return relative luminance (h, w), 0..1, of sRGB pixels (h, w, 4)."""
    values = bgra[:, :, 2::-1].astype(np.float32) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ np.array((0.2126, 0.7152, 0.0722), np.float32), np.float32)


def thumb(light: Light) -> tuple[float, ...]:
    """Return a small grey picture, row by row, each value 0..1."""
    rows = np.array_split(light, THUMB[1], axis=0)
    cells = (part.mean() for row in rows for part in np.array_split(row, THUMB[0], axis=1))
    return tuple(round(float(value) ** (1 / 2.2), 3) for value in cells)


def light_of(frames: Iterable[Pixels]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return mean luma and mean change of decoded luma planes (limited range), 0..1, as Measured has them."""
    luma: list[float] = []
    change: list[float] = []
    before: Light | None = None
    for frame in frames:
        now = np.asarray((frame.astype(np.float32) - BLACK) / (WHITE - BLACK), np.float32)
        luma.append(float(now.mean()))
        change.append(0.0 if before is None else float(np.abs(now - before).mean()))
        before = now
    return tuple(luma), tuple(change)


def _cut_out(box: Box, scale: float, shape: tuple[int, ...]) -> tuple[slice, slice]:
    rows = slice(max(0, floor(box.y * scale)), min(shape[0], ceil(box.bottom * scale)))
    return rows, slice(max(0, floor(box.x * scale)), min(shape[1], ceil(box.right * scale)))


def _wordless(draw: Draw) -> Draw:
    match draw:
        case BlockDraw():
            # Words that have not come in yet would take the veil under them away, too.
            return draw._replace(items=tuple(item._replace(scale=0.0) for item in draw.items))
        case Group():
            return draw._replace(draws=tuple(map(_wordless, draw.draws)))
        case _:
            return draw


def _still(composer: Composer, stage: Frame, frame: int) -> Light:
    composer.paint(frame, stage)
    return relative_light(to_bgra(stage.plate()))


def _left(made: text.Sized, width: int, align: str) -> float:
    free = width - made.w
    return free / 2 if align == "center" else free if made.rtl else 0.0


def _smallest(made: text.Sized) -> float:
    return made.size * text.ASIDE if made.item.aside and made.item.role == "price" else made.size
