"""Flashes counted from the light and colour of frames and their parts, after WCAG 2.2, success criterion 2.3.1."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import ceil, hypot

MOST_A_SECOND = 3
# A change counts from a tenth of full relative luminance on, when the darker side is below 0.8.
LEAST_CHANGE, BRIGHT = 0.1, 0.8
# A frame's parts in each direction, and of them what ten degrees of sight hold: a third of a screen's side (WCAG: 341 x
# 256 pixels of 1024 x 768). A quarter of these has to flash.
CELLS, FIELD, LEAST_PART = 12, 4, 0.25
LEAST_CELLS = ceil(FIELD * FIELD * LEAST_PART)
BLACK, WHITE = 16, 235
# A red flash: from or to a colour of which so much light is red, the other as far away in u' and v' (CIE 1976).
RED_PART, LEAST_SHIFT = 0.8, 0.2
# Ours: what is darker has no colour, and nothing with less of Cr is such a red.
DIM, LEAST_CR = 0.005, 136
NEUTRAL = (0.1978, 0.4683)


def worst_second(luma: Sequence[float], fps: int) -> tuple[int, int]:
    """Return the most flashes in any one second and that second's first frame; `luma` is 0..1 a frame.

    A flash is two opposing changes. Whole frames are judged: for a lamp that blinks in a corner see worst_field.
    """
    turns = list(_turns([relative(value) for value in luma]))
    return max(((_flashes(turns, start, fps), start) for start in turns), key=_worse, default=(0, 0))


def worst_field(fields: bytes, fps: int) -> tuple[int, int]:
    """Return the most flashes, general or red, in one second of any ten degrees of sight, and its first frame.

    `fields` is frame after frame the mean luma of CELLS x CELLS equal parts, row by row, then as much of Cb and of Cr,
    all as levels of limited range (16 black, 235 white; 128 no colour; BT.709). Every part is counted by itself, so
    that what only moves is no flash; parts that flash within the same second are taken to do so at once.
    """
    light = [relative(min(1.0, max(0.0, (level - BLACK) / (WHITE - BLACK)))) for level in range(256)]
    size = CELLS * CELLS
    cells = [[fields[plane * size + cell :: 3 * size] for plane in range(3)] for cell in range(size)]
    general = _worst([list(_turns([light[level] for level in luma])) for luma, _, _ in cells], fps)
    red = _worst([list(_red_turns(*cell)) for cell in cells], fps)
    return max(general, red, key=_worse)


def _worst(turns: Sequence[Sequence[int]], fps: int) -> tuple[int, int]:
    """Return the most flashes in one second of any field, from the turns of every part."""
    worst = 0, 0
    for start in sorted({frame for cell in turns for frame in cell}):
        counts = [_flashes(cell, start, fps) for cell in turns]
        # Fewer parts than a field needs: no need to look where they lie.
        if sorted(counts)[-LEAST_CELLS] > worst[0] and (found := _field_flashes(counts)) > worst[0]:
            worst = found, start
    return worst


def relative(luma: float) -> float:
    """Return relative luminance of a gamma-encoded luma (the sRGB curve of WCAG)."""
    return luma / 12.92 if luma <= 0.04045 else float(((luma + 0.055) / 1.055) ** 2.4)


def _worse(pair: tuple[int, int]) -> tuple[int, int]:
    """Order by count; of equal counts the earlier second is the worse."""
    return pair[0], -pair[1]


def _flashes(turns: Sequence[int], start: int, fps: int) -> int:
    return (bisect_left(turns, start + fps) - bisect_left(turns, start)) // 2


def _turns(light: Sequence[float]) -> Iterator[int]:
    """Yield the frames on which it has become brighter or darker by enough, in alternation."""
    if not light or max(light) - min(light) < LEAST_CHANGE:
        return
    low = high = light[0]
    rising: bool | None = None
    for frame, value in enumerate(light):
        # Compared, not asked of `min` and `max`: a film has a hundred thousand of these, at its very end.
        if value < low:
            low = value
        elif value > high:
            high = value
        if rising is not True and value - low >= LEAST_CHANGE and low < BRIGHT:
            yield frame
            rising, high = True, value
        elif rising is not False and high - value >= LEAST_CHANGE and value < BRIGHT:
            yield frame
            rising, low = False, value


def _red_turns(luma: bytes, cb: bytes, cr: bytes) -> Iterator[int]:
    """Yield the frames on which a part's colour has turned to or from saturated red, and back, in alternation."""
    if max(cr, default=0) < LEAST_CR:
        return
    u, v, was_red = _colour(luma[0], cb[0], cr[0])
    way = 0.0, 0.0
    for frame, levels in enumerate(zip(luma, cb, cr, strict=True)):
        new_u, new_v, is_red = _colour(*levels)
        shift = new_u - u, new_v - v
        along = shift[0] * way[0] + shift[1] * way[1]
        has_turned = along <= 0 and hypot(*shift) > LEAST_SHIFT
        if has_turned and (was_red or is_red):
            yield frame
        if has_turned:
            way = shift
        if has_turned or along > 0:
            u, v, was_red = new_u, new_v, is_red


@lru_cache(maxsize=4096)
def _colour(luma: int, cb: int, cr: int) -> tuple[float, float, bool]:
    """Return u' and v' of BT.709 levels, and whether it is saturated red."""
    y, b, r = (luma - BLACK) / (WHITE - BLACK), (cb - 128) / 224, (cr - 128) / 224
    coded = y + 1.5748 * r, y - 0.1873 * b - 0.4681 * r, y + 1.8556 * b
    red, green, blue = (relative(min(1.0, max(0.0, one))) for one in coded)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    if light < DIM:
        return *NEUTRAL, False
    x, z = 0.4124 * red + 0.3576 * green + 0.1805 * blue, 0.0193 * red + 0.1192 * green + 0.9505 * blue
    whole = x + 15 * light + 3 * z
    return 4 * x / whole, 9 * light / whole, red >= RED_PART * (red + green + blue)


def _field_flashes(counts: Sequence[int]) -> int:
    """Return how often a quarter of the worst field flashes, from the flashes of every cell."""
    places = range(CELLS - FIELD + 1)
    return max(_quarter(counts, top, left) for top in places for left in places)


def _quarter(counts: Sequence[int], top: int, left: int) -> int:
    rows = (counts[row * CELLS + left : row * CELLS + left + FIELD] for row in range(top, top + FIELD))
    return sorted(count for row in rows for count in row)[-LEAST_CELLS]
