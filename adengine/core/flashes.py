"""Flashes counted from how bright whole frames are, after WCAG 2.2, success criterion 2.3.1 (general flashes)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

MOST_A_SECOND = 3
# A change counts from a tenth of full relative luminance on, when the darker side is below 0.8.
LEAST_CHANGE, BRIGHT = 0.1, 0.8


def worst_second(luma: Sequence[float], fps: int) -> tuple[int, int]:
    """Return the most flashes in any one second and that second's first frame; `luma` is 0..1 a frame.

    A flash is two opposing changes. Whole frames are judged: a small lamp that blinks in a corner is not seen.
    """
    turns = list(_turns([relative(value) for value in luma]))
    counts = ((sum(turn <= other < turn + fps for other in turns) // 2, turn) for turn in turns)
    return max(counts, key=lambda pair: (pair[0], -pair[1]), default=(0, 0))


def relative(luma: float) -> float:
    """Return relative luminance of a gamma-encoded luma (the sRGB curve of WCAG)."""
    return luma / 12.92 if luma <= 0.04045 else float(((luma + 0.055) / 1.055) ** 2.4)


def _turns(light: Sequence[float]) -> Iterator[int]:
    """Yield the frames on which the film has become brighter or darker by enough, in alternation."""
    if not light:
        return
    low = high = light[0]
    rising: bool | None = None
    for frame, value in enumerate(light):
        low, high = min(low, value), max(high, value)
        if rising is not True and value - low >= LEAST_CHANGE and low < BRIGHT:
            yield frame
            rising, high = True, value
        elif rising is not False and high - value >= LEAST_CHANGE and value < BRIGHT:
            yield frame
            rising, low = False, value
