from dataclasses import replace
from itertools import combinations, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from adengine.core.catalog import Image, Product
from adengine.core.creative import Brief, Companion
from adengine.core.layers import (
    Badge,
    Block,
    Box,
    Cameo,
    CaptionDraw,
    Compare,
    GroundDraw,
    Group,
    Layer,
    Logo,
    Picture,
    PieceDraw,
    drawn,
)
from adengine.core.pacing import FPS
from adengine.core.score import BEATS
from adengine.core.speech import Line, Spoken, Word, word_count
from adengine.core.storyboard import FORMATS, Brand
from adengine.core.timeline import Timeline
from tests.core.worlds import BRAND, LAMP, LUMI, PAIR, STYLES, TEMPLATES, brands, companions, films, laid_out, products

some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@some
@given(films, products(), brands)
def test_scenes_follow_each_other_without_a_gap_to_the_exact_last_frame(
    brief: Brief, product: Product, brand: Brand
) -> None:
    timeline = laid_out(brief, product, brand)
    assert timeline.frames == brief.seconds * 30
    assert (timeline.width, timeline.height) == FORMATS[brief.format]
    starts = [segment.start for segment in timeline.segments]
    ends = [segment.end for segment in timeline.segments]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == timeline.frames
    assert all(0 < s.overlap < s.end - s.start or not s.overlap for s in timeline.segments)


@some
@given(films, products())
def test_cuts_fall_on_the_beat(brief: Brief, product: Product) -> None:
    timeline = laid_out(brief, product)
    assert {segment.start % BEATS[timeline.mood] for segment in timeline.segments} == {0}


@some
@given(films, products())
def test_shots_last_one_beat_to_four_seconds(brief: Brief, product: Product) -> None:
    timeline = laid_out(brief, product)
    lengths = [segment.end - segment.start for segment in timeline.segments]
    assert min(lengths) >= min(BEATS[timeline.mood], FPS)
    assert max(lengths) <= 4 * FPS
    if 10 <= brief.seconds <= 15 and not brief.voice and brief.captions in ("", "none"):
        # Cuts fall on the beat: what should last two and a half seconds may last up to a beat longer.
        assert sorted(lengths)[len(lengths) // 2] < 2.5 * FPS + BEATS[timeline.mood]


@some
@given(films, products(), brands)
def test_text_stays_inside_the_safe_zone(brief: Brief, product: Product, brand: Brand) -> None:
    timeline = laid_out(brief, product, brand)
    for placed in timeline.layers:
        if isinstance(placed.layer, Block | Badge | Logo):
            assert inside(placed.layer.box, timeline.safe), placed.layer
    assert inside(timeline.caption_box, timeline.safe)


@some
@given(films, products(), brands)
def test_nothing_read_or_met_overlaps_on_any_frame(brief: Brief, product: Product, brand: Brand) -> None:
    timeline = laid_out(brief, product, brand)
    for place in range(len(timeline.segments)):
        boxes = [one.layer for one in timeline.layers if one.segment == place]
        read = [layer.box for layer in boxes if isinstance(layer, Block | Badge | Logo | Cameo)]
        if timeline.caption_look and not timeline.segments[place].is_written:
            read.append(timeline.caption_box)
        for one, other in combinations(read, 2):
            assert not overlap(one, other), (timeline.segments[place], one, other)


@settings(max_examples=25, deadline=None)
@given(films, products(), st.data())
def test_every_frame_has_draws_that_are_hashable_and_the_same_twice(
    brief: Brief, product: Product, data: st.DataObject
) -> None:
    timeline = laid_out(brief, product)
    frame = data.draw(st.integers(0, timeline.frames - 1))
    draws = timeline.draw_list(frame)
    assert draws
    assert hash(draws) == hash(laid_out(brief, product).draw_list(frame))
    assert draws == timeline.draw_list(frame)


@settings(max_examples=25, deadline=None)
@given(films, products(), brands)
def test_timeline_round_trips_and_keeps_its_digest(brief: Brief, product: Product, brand: Brand) -> None:
    timeline = laid_out(brief, product, brand)
    adapter = TypeAdapter(Timeline)
    back = adapter.validate_json(adapter.dump_json(timeline))
    assert back == timeline
    assert back.digest() == timeline.digest()


def test_digest_changes_with_any_word_time_format_style_and_mood() -> None:
    brief = Brief("hero")
    changes: tuple[dict[str, object], ...] = (
        {},
        {"seconds": 16},
        {"headline": "Warm light"},
        {"format": "1x1"},
        {"style": "swiss"},
        {"mood": "bold"},
        {"voice": "espeak"},
        {"captions": "pop"},
    )
    assert len({laid_out(replace(brief, **change)).digest() for change in changes}) == len(changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("film_format", sorted(FORMATS))
@pytest.mark.parametrize("name", sorted(TEMPLATES))
@pytest.mark.parametrize("product", [LAMP, replace(LAMP, images=LAMP.images[1:2]), replace(LAMP, images=PAIR)])
def test_product_is_in_the_first_frame_at_full_strength_and_size(name: str, film_format: str, product: Product) -> None:
    timeline = laid_out(Brief(name, film_format), product)
    draws = [draw for draw in timeline.draw_list(0) if draw.kind in ("picture", "compare")]
    shown = draws[0]
    assert getattr(shown, "opacity", 1) == 1
    assert shown.box.w * shown.box.h >= 0.05 * timeline.width * timeline.height


def test_transition_draws_both_scenes_and_ends() -> None:
    timeline = laid_out(Brief("hero"))
    second = timeline.segments[1]
    inside_it = timeline.draw_list(second.start)
    assert [type(draw) for draw in inside_it] == [Group, Group]
    assert not any(isinstance(d, Group) for d in timeline.draw_list(second.start + second.overlap))


@pytest.mark.parametrize("transition", ["fade", "slide", "rise", "wipe", "push", "zoom"])
def test_every_transition_ends_where_the_next_scene_stands_and_leaves_no_bare_edge(transition: str) -> None:
    timeline = laid_out(Brief("hero"))
    second = replace(timeline.segments[1], transition=transition, overlap=12)
    timeline = replace(timeline, segments=(timeline.segments[0], second, *timeline.segments[2:]))
    *_, last = (timeline.draw_list(frame) for frame in range(second.start, second.start + 12))
    for frame in range(second.start, second.start + 12):
        before, after = timeline.draw_list(frame)
        assert isinstance(before, Group)
        assert isinstance(after, Group)
        assert min(before.scale, after.scale) >= 1
        if transition == "push":
            assert after.dx - before.dx == pytest.approx(timeline.width)
    assert isinstance(last[1], Group)
    assert abs(last[1].dx) < 0.03 * timeline.width
    assert last[1].opacity > 0.95


def test_hotspots_cover_the_film_and_lie_in_the_frame() -> None:
    timeline = laid_out(Brief("hero"))
    assert {(h.start_frame, h.end_frame) for h in timeline.hotspots} == {(s.start, s.end) for s in timeline.segments}
    for spot in timeline.hotspots:
        assert (spot.product_id, spot.variant_id) == ("lamp", "v1")
        assert 0 <= spot.x < spot.x + spot.w <= 1
        assert 0 <= spot.y < spot.y + spot.h <= 1


def test_companions_of_a_collection_can_be_tapped_themselves() -> None:
    spots = laid_out(Brief("collection", companions=companions(3))).hotspots
    first = {(spot.product_id, spot.variant_id) for spot in spots if spot.start_frame == 0}
    assert first == {("lamp", "v1"), ("p0", "w0"), ("p1", "w1"), ("p2", "w2")}


@pytest.mark.parametrize("film_format", sorted(FORMATS))
@pytest.mark.parametrize("seconds", [6, 15, 60])
@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_every_template_shows_a_cameo_early_and_with_its_name_and_disclosure(
    name: str, seconds: int, film_format: str
) -> None:
    timeline = laid_out(Brief(name, film_format, seconds, cameo=LUMI))
    shown = [(placed.segment, placed.layer) for placed in timeline.layers if isinstance(placed.layer, Cameo)]
    assert min(cameo.start for _, cameo in shown) < 3 * FPS
    for segment, cameo in shown:
        tags = [tag for tag in blocks(timeline, segment) if {t.text for t in tag.texts} == {"Lumi", "Paid partnership"}]
        assert [(tag.start, tag.end) for tag in tags] == [(cameo.start, cameo.end)]
        assert cameo.since == min(other.start for _, other in shown)


def test_film_without_a_cameo_shows_none() -> None:
    assert not [p for p in laid_out(Brief("cameo_endorsement")).layers if isinstance(p.layer, Cameo)]


@some
@given(films, products())
def test_price_and_button_rest_for_two_seconds_at_the_end(brief: Brief, product: Product) -> None:
    timeline = laid_out(brief, product)
    settled = timeline.frames - 2 * FPS
    block = next(d for d in timeline.draw_list(settled) if d.kind == "block" and any(i.role == "cta" for i in d.items))
    items = {item.role: item for item in block.items}
    assert min(items["cta"].words) == 1
    assert min(items["price"].words) == 1


def test_film_of_twenty_seconds_calls_softly_in_its_middle() -> None:
    timeline = laid_out(Brief("hero", seconds=20))
    calls = [p.layer.start for p in timeline.layers if isinstance(p.layer, Block) and has(p.layer, "cta")]
    assert len(calls) == 2
    assert 0.3 * timeline.frames < calls[0] < 0.7 * timeline.frames


def test_last_caption_states_the_price() -> None:
    last = laid_out(Brief("hero")).captions[-1]
    assert "€89.00" in last.text.splitlines()
    assert last.end_frame == 450


def test_pair_of_pictures_becomes_a_comparison_and_the_earlier_one_shows_nowhere_else() -> None:
    timeline = laid_out(Brief("before_after"), replace(LAMP, images=(*LAMP.images, *PAIR)))
    compare = next(placed.layer for placed in timeline.layers if isinstance(placed.layer, Compare))
    assert (compare.before, compare.after) == ("before", "after")
    assert "before" not in {p.layer.file for p in timeline.layers if isinstance(p.layer, Picture)}


def test_without_a_pair_nothing_is_compared() -> None:
    assert not [p for p in laid_out(Brief("before_after")).layers if isinstance(p.layer, Compare)]


def test_logo_takes_the_place_of_the_name_where_there_is_one_for_the_ground() -> None:
    brand = replace(BRAND, logo="logo.svg")
    timeline = laid_out(Brief("hero"), brand=brand)
    last = len(timeline.segments) - 1
    marks = {p.segment: p.layer for p in timeline.layers if isinstance(p.layer, Logo)}
    assert {0, last} <= marks.keys()
    assert marks[last].file == "logo.svg"
    assert not any(has(block, "brand") for block in blocks(timeline, last))
    dark = laid_out(Brief("how_to"), brand=brand)
    assert not [p for p in dark.layers if isinstance(p.layer, Logo)], "a dark mark does not show on a dark ground"


@some
@given(films, products())
def test_captions_stay_in_two_lines_and_one_word_at_most_is_marked(brief: Brief, product: Product) -> None:
    timeline = laid_out(replace(brief, voice="espeak", captions="karaoke"), product)
    for frame in range(0, timeline.frames, 11):
        for draw in timeline.draw_list(frame):
            if draw.kind == "spoken":
                assert 1 <= len(draw.lines) <= 2
                assert all(line for line in draw.lines)
                assert -1 <= draw.active < sum(map(len, draw.lines))


def test_spoken_words_replace_the_estimate_and_move_the_marked_word() -> None:
    timeline = laid_out(Brief("hero", voice="espeak"))
    assert timeline.speech
    said = timeline.with_spoken(Spoken((Word("Warm", 10, 20, "\n"), Word("light.", 20, 40))))
    draw = said.draw_list(25)[-1]
    assert draw.kind == "spoken"
    assert draw.lines == (("Warm", "light."),)
    assert draw.active == 1
    assert said.draw_list(9)[-1].kind != "spoken"
    assert said.digest() != timeline.digest()


def test_silent_film_without_captions_says_nothing() -> None:
    timeline = laid_out(Brief("hero"))
    assert (timeline.speech, timeline.spoken, timeline.caption_look) == ((), (), "")


@some
@given(films, products())
def test_voice_has_time_for_its_words(brief: Brief, product: Product) -> None:
    timeline = laid_out(replace(brief, voice="espeak"), product)
    for line in timeline.speech:
        assert words_a_second(line) <= 3.4, line


def test_music_knows_where_the_film_cuts_pops_and_ends() -> None:
    timeline = laid_out(Brief("offer"))
    score = timeline.score()
    assert score.cuts == tuple(segment.start for segment in timeline.segments)
    assert score.drop == timeline.segments[-1].start
    assert score.beat_frames == BEATS["bold"]
    badge = next(p.layer for p in timeline.layers if isinstance(p.layer, Badge))
    assert badge.start in score.pops
    assert any(frame >= score.drop for frame in score.pops)


def test_button_beats_with_the_music() -> None:
    timeline = laid_out(Brief("offer"))
    scales = [cta_scale(timeline, frame) for frame in range(timeline.frames - 45, timeline.frames)]
    peaks = [timeline.frames - 45 + n for n in range(1, 44) if scales[n - 1] < scales[n] > scales[n + 1]]
    assert peaks
    assert {frame % timeline.beat_frames for frame in peaks} == {0}


def test_words_of_another_hook_move_no_cut() -> None:
    edges = {
        tuple(segment.start for segment in laid_out(Brief("hero", headline=words)).segments)
        for words in ("Light", "A lamp for long evenings and short nights")
    }
    assert len(edges) == 1


@pytest.mark.parametrize("style", sorted(STYLES))
def test_style_decides_ground_forms_and_motion(style: str) -> None:
    timeline = laid_out(Brief("hero", style=style))
    grounds = {p.layer.pattern for p in timeline.layers if p.layer.kind == "ground"}
    assert grounds == {STYLES[style].ground}
    forms = {p.layer.form for p in timeline.layers if p.layer.kind == "piece"}
    assert forms <= set(STYLES[style].backdrops)
    pictures = [p.layer for p in timeline.layers if isinstance(p.layer, Picture)]
    assert {(one.energy, one.entrance) for one in pictures} == {(STYLES[style].energy, STYLES[style].entrance)}


@pytest.mark.parametrize("style", ["editorial", "studio"])
def test_light_and_forms_hold_still_after_the_first_second_of_a_scene(style: str) -> None:
    timeline = laid_out(Brief("hero", style=style))
    for segment, following in pairwise(timeline.segments):
        still = range(segment.start + FPS, following.start)
        grounds = {d for frame in still for d in timeline.draw_list(frame) if isinstance(d, GroundDraw | PieceDraw)}
        assert len(grounds) <= 2
        assert all(ground.settled for ground in grounds if isinstance(ground, GroundDraw))


def test_badge_comes_to_rest_exactly() -> None:
    badge = Badge("-20 %", Box(0, 0, 200, 200), "light", 10, 200)
    assert drawn(badge, 30) != drawn(badge, 31)
    assert len({drawn(badge, frame) for frame in range(58, 200)}) == 1


def test_no_caption_repeats_what_a_list_says_in_writing() -> None:
    timeline = laid_out(Brief("collection", captions="box", companions=companions(3)))
    grid, following = timeline.segments[:2]
    spoken = [any(isinstance(d, CaptionDraw) for d in timeline.draw_list(f)) for f in range(following.end)]
    assert grid.is_written
    assert not any(spoken[: grid.end])
    assert any(spoken[grid.end :])


def test_type_is_larger_on_wide_frames() -> None:
    sizes = {name: laid_out(Brief("hero", name)).style.role("reason").size for name in FORMATS}
    assert sizes["16x9"] == 1.2 * sizes["9x16"]
    assert sizes["4x5"] == sizes["1x1"] == sizes["9x16"]


def test_price_text_of_a_companion_is_shown_as_given() -> None:
    one = Companion("p", "w", "Side Table", "12.345.678 ₫", companions(1)[0].picture)
    timeline = laid_out(Brief("collection", companions=(one,)))
    assert any(text.text == "12.345.678 ₫" for block in blocks(timeline, 0) for text in block.texts)


def blocks(timeline: Timeline, segment: int | None) -> list[Block]:
    return [p.layer for p in timeline.layers if p.segment == segment and isinstance(p.layer, Block)]


def has(layer: Layer, role: str) -> bool:
    return isinstance(layer, Block) and any(text.role == role for text in layer.texts)


def cta_scale(timeline: Timeline, frame: int) -> float:
    items = [i for d in timeline.draw_list(frame) if d.kind == "block" for i in d.items if i.role == "cta"]
    return items[0].scale


def words_a_second(line: Line) -> float:
    return word_count(line.text) * FPS / (line.end - line.start)


def inside(box: Box, safe: Box) -> bool:
    return safe.x <= box.x < box.right <= safe.right and safe.y <= box.y < box.bottom <= safe.bottom


def overlap(one: Box, other: Box) -> bool:
    return one.x < other.right and other.x < one.right and one.y < other.bottom and other.y < one.bottom


def test_a_tap_on_another_product_of_a_collection_buys_that_product() -> None:
    vase = Image("v", file="v", width=900, height=1200, has_alpha=True)
    companion = Companion("vase", "v9", "Column Vase", "€49.00", vase)
    timeline = laid_out(Brief("collection", companions=(companion,)))
    shown = {
        (placed.segment, placed.layer.file): placed.layer
        for placed in timeline.layers
        if isinstance(placed.layer, Picture) and placed.layer.file == "v"
    }
    spots = [(spot.product_id, spot.variant_id) for spot in timeline.hotspots]
    assert len(shown) >= 2
    assert spots.count(("vase", "v9")) == len(shown)
