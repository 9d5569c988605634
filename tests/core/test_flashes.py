"""Flashes of a whole frame and of a part of it, on both sides of what WCAG 2.2, 2.3.1 allows."""

import pytest

from adengine.core.flashes import CELLS, worst_field, worst_second

DARK, LIGHT = 60, 200
PARTS = CELLS * CELLS
GREY = bytes([128]) * 2 * PARTS
# Cb and Cr of colours as dark as DARK (BT.709): saturated red, a red that is none, green, blue.
RED, ROSE, GREEN, BLUE = (109, 192), (118, 150), (104, 104), (192, 118)


def cells(height: int, width: int, *, lit: bool, top: int = 0, left: int = 0) -> bytes:
    """A frame's parts, dark but for a lamp."""
    inside = [
        lit and top <= row < top + height and left <= column < left + width
        for row in range(CELLS)
        for column in range(CELLS)
    ]
    return bytes(LIGHT if one else DARK for one in inside) + GREY


def blinking(times: int, height: int, width: int, *, top: int = 0, left: int = 0) -> bytes:
    """Dark for a second, then a lamp that goes on and off `times` times within the next one."""
    on, off = (cells(height, width, lit=lit, top=top, left=left) for lit in (True, False))
    return b"".join([off] * 30 + [on, on, on, off, off, off] * times + [off] * 30)


@pytest.mark.parametrize("times", [3, 4])
def test_lamp_of_a_quarter_of_ten_degrees_is_counted_wherever_it_stands(times: int) -> None:
    for top, left, height, width in ((0, 0, 2, 2), (10, 10, 2, 2), (5, 7, 1, 4), (4, 11, 4, 1)):
        assert worst_field(blinking(times, height, width, top=top, left=left), 30) == (times, 30)


def test_lamp_smaller_than_a_quarter_of_ten_degrees_is_no_flash() -> None:
    assert worst_field(blinking(5, 1, 3), 30)[0] == 0


def test_small_lamp_is_lost_in_the_mean_of_the_whole_frame() -> None:
    fields = blinking(4, 2, 2)
    frames = [fields[start : start + PARTS] for start in range(0, len(fields), 3 * PARTS)]
    assert worst_second([sum(frame) / PARTS / 255 for frame in frames], 30) == (0, 0)


def test_whole_frame_flashes_as_its_parts_do() -> None:
    fields = blinking(4, CELLS, CELLS)
    assert (
        worst_field(fields, 30) == worst_second([(level - 16) / 219 for level in fields[:: 3 * PARTS]], 30) == (4, 30)
    )


def test_two_small_lamps_that_flicker_do_not_add_up_over_time() -> None:
    on, off = cells(1, 2, lit=True), cells(1, 2, lit=False)
    assert worst_field((on + off) * 30, 30)[0] == 0


def test_bar_that_passes_by_is_one_flash_however_many_edges_it_has() -> None:
    passing = [cells(CELLS, 2, lit=True, left=frame // 2) for frame in range(2 * CELLS)]
    assert worst_field(cells(1, 1, lit=False) * 30 + b"".join(passing), 30)[0] == 1


def test_bright_edge_that_moves_across_the_frame_is_no_flash() -> None:
    wipe = [cells(CELLS, 1 + frame // 4, lit=True) for frame in range(44)]
    assert worst_field(b"".join(wipe), 30)[0] == 0


def painted(colour: tuple[int, int], height: int = CELLS, width: int = CELLS, luma: int = DARK) -> bytes:
    """A frame of one brightness, with a part in this colour."""
    inside = [row < height and column < width for row in range(CELLS) for column in range(CELLS)]
    return bytes([luma]) * PARTS + b"".join(bytes(level if one else 128 for one in inside) for level in colour)


@pytest.mark.parametrize("times", [3, 4])
def test_red_that_comes_and_goes_is_counted_though_nothing_becomes_brighter(times: int) -> None:
    off, on = painted((128, 128)), painted(RED, 2, 2)
    assert worst_field(off * 30 + (on * 3 + off * 3) * times + off * 30, 30) == (times, 30)


def test_red_and_another_colour_by_turns_are_a_red_flash_too() -> None:
    assert worst_field((painted(RED) * 3 + painted(BLUE) * 3) * 5, 30)[0] == 4


@pytest.mark.parametrize("colour", [ROSE, GREEN, BLUE])
def test_other_colours_that_come_and_go_are_no_red_flash(colour: tuple[int, int]) -> None:
    assert worst_field((painted((128, 128)) * 3 + painted(colour) * 3) * 5, 30)[0] == 0


def test_red_smaller_than_a_quarter_of_ten_degrees_or_too_dark_to_be_seen_is_no_flash() -> None:
    for on in (painted(RED, 1, 3), painted((126, 142), luma=18)):
        assert worst_field((painted((128, 128), luma=on[0]) * 3 + on * 3) * 5, 30)[0] == 0


def test_red_that_fades_in_and_out_flashes_once() -> None:
    steps = [*range(30), *reversed(range(30))]
    fade = [painted((128 - 19 * step // 29, 128 + 64 * step // 29)) for step in steps]
    assert worst_field(b"".join(fade), 60)[0] == 1


def test_film_without_frames_has_no_flash() -> None:
    assert worst_field(b"", 30) == (0, 0)
