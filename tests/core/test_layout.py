from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.layers import Box
from adengine.core.layout import COLUMNS, LISTED, SHARES, Wanted, Zones, caption_band, shape_of, zones
from adengine.core.placement import safe_box
from adengine.core.storyboard import FORMATS

LAYOUTS = sorted({*SHARES, *COLUMNS, *LISTED, "grid"})
WITH_CELLS = ("grid", "versus", "steps")
WITH_BADGE = ("headline", "reason", "price", "offer", "end", "quotes", "close", "photo", "panel")
UNIT = 8


@st.composite
def asked(draw: st.DrawFn) -> tuple[Wanted, Box, Box]:
    """A scene, a frame, and a safe box as tight as the strictest apps leave it."""
    width, height = FORMATS[draw(st.sampled_from(sorted(FORMATS)))]
    left, right = (
        draw(st.integers(round(0.03 * width), round(0.08 * width))),
        draw(st.integers(40, round(0.14 * width))),
    )
    top, bottom = draw(st.integers(40, round(0.14 * height))), draw(st.integers(40, round(0.16 * height)))
    if height > 1.5 * width:
        bottom += draw(st.integers(0, round(0.19 * height)))
    safe = Box(left, top, width - left - right, height - top - bottom)
    layout = draw(st.sampled_from(LAYOUTS))
    cells = {"grid": st.integers(1, 4), "versus": st.integers(2, 5), "steps": st.integers(2, 3)}
    wanted = Wanted(
        layout=layout,
        cells=draw(cells[layout]) if layout in WITH_CELLS else 0,
        cameo=layout not in ("host", "grid", "compare", "end", "offer") and draw(st.booleans()),
        captions=draw(st.booleans()),
        badge=draw(st.sampled_from(["", "round", "burst", "tag", "bar"])) if layout in WITH_BADGE else "",
        logo=draw(st.sampled_from([0, 9, 13])),
        turned=draw(st.booleans()),
        rtl=draw(st.booleans()),
    )
    return wanted, Box(0, 0, width, height), safe


def standing(made: Zones) -> dict[str, Box]:
    """Everything that is read, and the appearance: none of these may touch another."""
    named = {name: getattr(made, name) for name in ("text", "cameo", "tag", "badge", "logo")}
    cells = {f"words {place}": pair[1] for place, pair in enumerate(made.cells)}
    return {name: box for name, box in {**named, **cells}.items() if box}


@given(asked())
def test_what_is_read_stays_inside_the_safe_area_and_has_room(case: tuple[Wanted, Box, Box]) -> None:
    wanted, frame, safe = case
    for name, box in standing(zones(wanted, frame, safe, UNIT)).items():
        if name != "cameo":
            assert safe.x <= box.x < box.right <= safe.right, name
            assert safe.y <= box.y < box.bottom <= safe.bottom, name
            assert box.w >= 88, name
            assert box.h >= 56, name


@given(asked())
def test_nothing_that_is_read_overlaps_anything_else_that_is_read(case: tuple[Wanted, Box, Box]) -> None:
    wanted, frame, safe = case
    boxes = standing(zones(wanted, frame, safe, UNIT))
    if wanted.captions:
        boxes["captions"] = caption_band(frame, safe, UNIT)
    if wanted.layout in ("versus", "steps"):
        made = zones(wanted, frame, safe, UNIT)
        boxes |= {f"first {place}": pair[0] for place, pair in enumerate(made.cells)}
    for (one, first), (other, second) in combinations(boxes.items(), 2):
        assert not overlap(first, second), (one, other, first, second)


@given(asked())
def test_a_standing_product_is_clear_of_text_and_captions_and_large_enough_to_recognise(
    case: tuple[Wanted, Box, Box],
) -> None:
    wanted, frame, safe = case
    made = zones(wanted, frame, safe, UNIT)
    assert made.visual.w >= 0.13 * frame.w
    assert made.visual.h >= 0.11 * frame.h
    if wanted.layout in ("headline", "reason", "price", "offer", "end", "quotes", "host", "versus", "steps"):
        assert not overlap(made.visual, made.text)
        assert not (wanted.captions and overlap(made.visual, caption_band(frame, safe, UNIT)))
        assert all(not overlap(made.visual, box) for pair in made.cells for box in pair)
        assert made.visual.y >= 0
        assert made.visual.bottom <= frame.bottom


@given(asked())
def test_text_zones_stand_on_the_spacing_grid(case: tuple[Wanted, Box, Box]) -> None:
    wanted, frame, safe = case
    made = zones(wanted, frame, safe, UNIT)
    if not wanted.turned and not wanted.rtl:
        assert made.text.x % UNIT == 0
        assert made.text.y % UNIT == 0


@given(asked())
def test_points_that_are_compared_stand_at_one_height_in_equal_columns(case: tuple[Wanted, Box, Box]) -> None:
    wanted, frame, safe = case
    made = zones(replace(wanted, layout="versus", cells=4), frame, safe, UNIT)
    assert all((ours.y, ours.w, ours.h) == (theirs.y, theirs.w, theirs.h) for ours, theirs in made.cells)
    assert len({ours.h for ours, _ in made.cells[1:]}) == 1


@pytest.mark.parametrize("film_format", sorted(FORMATS))
def test_words_stand_under_their_product_unless_the_frame_goes_on_below_what_is_free(film_format: str) -> None:
    frame = Box(0, 0, *FORMATS[film_format])
    for picture, words in zones(Wanted("grid", cells=4), frame, safe_box((), film_format), UNIT).cells:
        assert words.bottom == picture.y if film_format == "9x16" else words.y == picture.bottom
        assert picture.x + picture.w / 2 == words.x + words.w / 2


@pytest.mark.parametrize("film_format", sorted(FORMATS))
def test_right_to_left_mirrors_a_column_and_keeps_a_stack(film_format: str) -> None:
    width, height = FORMATS[film_format]
    frame, safe = Box(0, 0, width, height), safe_box((), film_format)
    plain, mirrored = (zones(Wanted("reason", rtl=rtl), frame, safe, UNIT).text for rtl in (False, True))
    if shape_of(frame) == "tall":
        assert mirrored == plain
    else:
        assert mirrored.x > plain.x


def overlap(one: Box, other: Box) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom
