"""Flashes counted from how bright frames and their parts are, after WCAG 2.2, success criterion 2.3.1.

General flashes only: red ones are not told apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from math import ceil

MOST_A_SECOND = 3
# A change counts from a tenth of full relative luminance on, when the darker side is below 0.8.
LEAST_CHANGE, BRIGHT = 0.1, 0.8
# A frame's parts in each direction, and of them what ten degrees of sight hold: a third of a screen's side (WCAG: 341 x
# 256 pixels of 1024 x 768). A quarter of these has to flash.
CELLS, FIELD, LEAST_PART = 12, 4, 0.25
LEAST_CELLS = ceil(FIELD * FIELD * LEAST_PART)
BLACK, WHITE = 16, 235


def worst_second(luma: Sequence[float], fps: int) -> tuple[int, int]:
    """Return the most flashes in any one second and that second's first frame; `luma` is 0..1 a frame.

    A flash is two opposing changes. Whole frames are judged: for a lamp that blinks in a corner see worst_field.
    """
    turns = list(_turns([relative(value) for value in luma]))
    return max(((_flashes(turns, start, fps), start) for start in turns), key=_worse, default=(0, 0))


def worst_field(fields: bytes, fps: int) -> tuple[int, int]:
    """Return the most flashes in one second of any ten degrees of sight, and that second's first frame.

    `fields` is frame after frame the mean luma of CELLS x CELLS equal parts, row by row, in levels of limited range
    (16 black, 235 white). Every part is counted by itself, so that what only moves is no flash; parts that flash
    within the same second are taken to do so at once.
    """
    light = [relative(min(1.0, max(0.0, (level - BLACK) / (WHITE - BLACK)))) for level in range(256)]
    cells = (fields[cell :: CELLS * CELLS] for cell in range(CELLS * CELLS))
    turns = [list(_turns([light[level] for level in cell])) for cell in cells]
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


def _field_flashes(counts: Sequence[int]) -> int:
    """Return how often a quarter of the worst field flashes, from the flashes of every cell."""
    places = range(CELLS - FIELD + 1)
    return max(_quarter(counts, top, left) for top in places for left in places)


def _quarter(counts: Sequence[int], top: int, left: int) -> int:
    rows = (counts[row * CELLS + left : row * CELLS + left + FIELD] for row in range(top, top + FIELD))
    return sorted(count for row in rows for count in row)[-LEAST_CELLS]
