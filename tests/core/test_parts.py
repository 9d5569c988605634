"""Parts: where films are cut, and what decides the pixels of a part."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from adengine.core.layers import Badge, Box, Layer, Logo
from adengine.core.parts import content, cuts, files
from adengine.core.speech import Word
from adengine.core.timeline import Placed, Segment, Timeline
from tests.studio.small_film import BRAND, film

BADGE = Badge("50 %", Box(0, 0, 100, 100), "light", 0, 1)


def contents(timeline: Timeline) -> list[str]:
    return [content(timeline, start, end) for start, end in pairwise(cuts(timeline))]


def changed(one: Timeline, other: Timeline) -> list[tuple[int, int]]:
    """Return the parts of `one` that `other` does not have."""
    known = set(contents(other))
    spans = pairwise(cuts(one))
    return [span for span, text in zip(spans, contents(one), strict=True) if text not in known]


def with_layers(timeline: Timeline, *layers: Layer) -> Timeline:
    return replace(timeline, layers=(*timeline.layers, *(Placed(None, layer) for layer in layers)))


def test_parts_begin_with_shots_transitions_badges_and_buttons() -> None:
    assert cuts(film()) == (0, 60, 76, 95, 120, 140, 180)


def test_overlays_are_cut_where_they_come_and_go() -> None:
    assert cuts(with_layers(film(), replace(BADGE, start=20, end=42))) == (0, 20, 42, 60, 76, 95, 120, 140, 180)


def test_a_mark_too_near_to_a_stronger_one_gives_way() -> None:
    logo = Logo("logo.png", Box(0, 0, 9, 9), "start", 50, 67)
    assert cuts(with_layers(film(), logo)) == cuts(film())


def test_long_shots_are_divided_evenly_into_three_seconds_at_most() -> None:
    one = replace(film(), frames=200, segments=(Segment("only", 0, 200, "cut", 0),), layers=())
    assert cuts(one) == (0, 66, 133, 200)


def test_spoken_words_cut_the_film_no_differently() -> None:
    said = replace(film(), caption_look="box", spoken=(Word("Hello", 13, 29), Word("there.", 29, 44)))
    assert cuts(said) == cuts(film())


@given(
    ends=st.lists(st.integers(5, 130), min_size=1, max_size=9),
    overlap=st.integers(0, 16),
    overlays=st.lists(st.tuples(st.integers(-20, 900), st.integers(1, 300)), max_size=6),
)
def test_parts_cover_the_film_and_are_never_too_short_or_long(
    ends: list[int], overlap: int, overlays: list[tuple[int, int]]
) -> None:
    starts = [sum(ends[:place]) for place in range(len(ends))]
    segments = tuple(
        Segment(str(start), start, start + length, "slide", overlap if start else 0)
        for start, length in zip(starts, ends, strict=True)
    )
    frames = max(30, sum(ends))
    layers = [replace(BADGE, start=start, end=start + length) for start, length in overlays]
    marks = cuts(with_layers(replace(film(), frames=frames, segments=segments), *layers))
    assert (marks[0], marks[-1]) == (0, frames)
    assert all(15 <= end - start <= 90 for start, end in pairwise(marks))


def test_another_button_changes_only_the_parts_that_show_it() -> None:
    assert changed(film(cta="Buy yours"), film()) == [(140, 180)]


def test_another_price_changes_badge_and_end_card_only() -> None:
    assert changed(film(price="€49.00"), film()) == [(95, 120), (120, 140), (140, 180)]


def test_another_title_changes_its_shot_and_the_transition_out_of_it() -> None:
    assert changed(film(title="Tall Vase"), film()) == [(0, 60), (60, 76)]


def test_other_words_change_only_the_parts_in_which_they_are_burned_in() -> None:
    words = tuple(Word(text, start, start + 20) for text, start in (("One.", 5), ("Two.", 80), ("Three.", 150)))
    said = replace(film(), caption_look="box", spoken=words)
    other = replace(said, spoken=(*words[:2], Word("Four.", 150, 170)))
    assert changed(other, said) == [(140, 180)]
    assert changed(replace(other, caption_look=""), replace(said, caption_look="")) == []


def test_where_a_part_lies_in_the_film_does_not_matter() -> None:
    timeline = film()
    layers = tuple(
        replace(placed, layer=replace(placed.layer, start=placed.layer.start + 21, end=placed.layer.end + 21))
        for placed in timeline.layers
        if placed.layer.kind != "ground"
    )
    segments = tuple(replace(one, start=one.start + 21, end=one.end + 21) for one in timeline.segments)
    bare = tuple(placed for placed in timeline.layers if placed.layer.kind != "ground")
    here = replace(timeline, layers=bare)
    there = replace(timeline, layers=layers, frames=201, segments=segments)
    assert content(here, 95, 120) == content(there, 116, 141)


def test_everything_that_is_painted_decides_and_nothing_else() -> None:
    timeline = film()
    same: Callable[..., bool] = lambda **new: content(replace(timeline, **new), 0, 60) == content(timeline, 0, 60)  # noqa: E731
    assert same(captions=(), hotspots=(), mood="bold", template="offer", poster_frame=3, speech=())
    assert same(brand=replace(BRAND, name="Nix", end_line="Bye", tone="warm", style="calm"))
    assert not same(brand=replace(BRAND, accent="#ff0000"))
    assert not same(brand=replace(BRAND, text_font="Inter"))
    assert not same(style=replace(timeline.style, grain=0.5))
    assert not same(key_picture="room.jpg")
    assert not same(seed=8)
    assert not same(fps=25)
    assert not same(width=1078)
    assert not same(locale="ar")


def test_content_is_json_of_the_draws_of_every_frame() -> None:
    said = json.loads(content(film(), 60, 62))
    assert [draw[-1] for draw in said["frames"][0]] == ["group", "group"]
    assert len(said["frames"]) == 2


def test_files_are_those_of_all_layers_each_once() -> None:
    logo = Logo("logo.png", Box(0, 0, 9, 9), "start", 0, 60)
    assert files(with_layers(film(), logo, logo)) == ("vase.webp", "logo.png")
