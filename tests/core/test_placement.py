from pathlib import Path
from typing import Any

import pytest

from adengine.core.errors import Invalid, TemplateInvalid
from adengine.core.layers import Box
from adengine.core.placement import placement_from, safe_box
from adengine.core.storyboard import FORMATS
from integrations.placements import load

FILE = Path(__file__).parents[2] / "templates" / "placements.yaml"
PLACES = load(FILE)
LEAST: dict[str, Any] = {
    "title": "Here",
    "formats": ["9x16"],
    "allowed_s": [5, 60],
    "containers": ["mp4"],
    "audio": "wanted",
    "source": "vendor help page",
    "checked": "2026-11-21",
}


def place(**more: Any) -> dict[str, Any]:
    return {**LEAST, **more}


def test_film_without_places_keeps_clear_of_every_vertical_app() -> None:
    assert safe_box((), "9x16") == Box(60, 270, 880, 980)
    assert safe_box((), "9x16", rtl=True) == Box(140, 270, 880, 980)


def test_intersection_of_all_places_lies_inside_each_of_them() -> None:
    for rtl in (False, True):
        whole = safe_box(PLACES.values(), "9x16", rtl=rtl)
        for placement in PLACES.values():
            own = safe_box([placement], "9x16", rtl=rtl)
            assert own.x <= whole.x
            assert own.y <= whole.y
            assert whole.right <= own.right
            assert whole.bottom <= own.bottom
        assert whole.w > 600
        assert whole.h > 900


def test_places_that_state_their_margins_give_exactly_these() -> None:
    assert safe_box([PLACES["tiktok_feed"]], "9x16") == Box(60, 130, 880, 1310)
    assert safe_box([PLACES["tiktok_feed"]], "9x16", rtl=True) == Box(140, 130, 880, 1310)
    # 14 % and 35 % of 1920 are 268.8 and 672, 6 % of 1080 are 64.8.
    assert safe_box([PLACES["meta_reels"]], "9x16") == Box(65, 269, 950, 979)
    both = safe_box([PLACES["tiktok_feed"], PLACES["meta_reels"]], "9x16")
    assert both == Box(65, 269, 875, 979)


@pytest.mark.parametrize("film_format", sorted(FORMATS))
def test_every_format_has_a_zone_inside_its_frame(film_format: str) -> None:
    width, height = FORMATS[film_format]
    for places in ((), tuple(PLACES.values())):
        box = safe_box(places, film_format)
        assert 0 < box.x < box.right < width
        assert 0 < box.y < box.bottom < height


def test_unstated_margins_are_title_safe() -> None:
    assert safe_box([PLACES["amazon_sponsored_brands"]], "16x9") == Box(96, 54, 1728, 972)
    assert safe_box((), "1x1") == Box(54, 54, 972, 972)


def test_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid, match="9x16"):
        safe_box((), "3x4")


def test_every_place_of_the_file_takes_a_film_we_can_make() -> None:
    for placement in PLACES.values():
        assert set(placement.formats) <= set(FORMATS)
        assert placement.allowed_s[0] <= 60
        assert placement.allowed_s[1] >= 6
        assert placement.allowed_s[0] <= placement.advised_s[0] <= placement.advised_s[1] <= placement.allowed_s[1]
        assert "mp4" in placement.containers


def test_advice_is_the_limit_where_none_is_given_and_megabytes_become_bytes() -> None:
    made = placement_from(place(most_mb=1.5, least_pixels={"9x16": [540, 960]}, words={"headline": 40}), "here")
    assert made.advised_s == made.allowed_s == (5.0, 60.0)
    assert made.most_bytes == 1_500_000
    assert made.least_pixels == (("9x16", (540, 960)),)
    assert made.words == (("headline", 40),)
    assert made.checked.isoformat() == "2026-11-21"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"allowed_s": [60, 5]}, "here: allowed_s: must be the shortest"),
        ({"allowed_s": [5]}, "two numbers"),
        ({"audio": "loud"}, "'loud' is unknown"),
        ({"checked": "last week"}, "checked: must be a day"),
        ({"colour": "red"}, "colour: is not a field"),
        ({"keep_clear": {"9x16": {"top": -3}}}, "keep_clear.9x16.top"),
        ({"keep_clear": {"9x16": {"rtl": {"top": 9}}}}, "keep_clear.9x16.rtl.top: is not a field"),
        ({"keep_clear": [1]}, "keep_clear: must be a mapping"),
        ({"least_pixels": {"9x16": [540]}}, "least_pixels.9x16"),
        ({"from_memory": ["hunch"]}, "'hunch' is unknown"),
    ],
)
def test_wrong_field_is_named_with_its_path(more: dict[str, Any], words: str) -> None:
    with pytest.raises(TemplateInvalid, match=words.replace("[", r"\[")):
        placement_from(place(**more), "here")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("placements: [", "YAML"),
        ("version: 1\nplacements: {}\n", "placements"),
        ("version: 1\nplacements: {here: {title: Here}}\n", "placements.here"),
    ],
)
def test_wrong_file_is_named(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "mine.schema.json").write_text(FILE.with_suffix(".schema.json").read_text())
    (tmp_path / "mine.yaml").write_text(content)
    with pytest.raises(TemplateInvalid, match=words):
        load(tmp_path / "mine.yaml")
