from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from adengine.core.catalog import Image, Product, Variant
from adengine.core.creative import FORMATS, Brand, Brief, CameoPart, Storyboard, plan
from adengine.core.layers import Badge, Block, Group
from adengine.core.money import Money
from adengine.core.palette import READABLE, Swatch, contrast, palette_for
from adengine.core.timeline import BEATS, SAFE, Timeline, lay_out
from integrations.storyboards import load

TEMPLATES = load(Path(__file__).parents[2] / "templates" / "ads")
LUMI = CameoPart("cam_1", "Lumi", "lumi", "lumi_still", "Paid partnership")
LAMP = Product(
    handle="lamp",
    title="Dusk Table Lamp",
    description="Woven linen shade. Standard E27 socket. Switch on the cable.",
    variants=(Variant("v1", "Chalk", (), Money(8900, "EUR")),),
    images=(
        Image("a", file="a", width=1400, height=1600, has_alpha=True),
        Image("b", file="b", width=1200, height=1800),
        Image("c", file="c", width=1600, height=900),
    ),
)
films = st.builds(
    Brief,
    template=st.sampled_from(sorted(TEMPLATES)),
    format=st.sampled_from(sorted(FORMATS)),
    seconds=st.integers(6, 60),
    seed=st.integers(0, 9),
    cameo=st.just(LUMI),
    was_lowest=st.sampled_from([None, Money(10900, "EUR")]),
    clip=st.sampled_from([None, "clip"]),
)
colours = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def laid_out(brief: Brief, product: Product = LAMP) -> Timeline:
    return lay_out(storyboard(brief, product))


def storyboard(brief: Brief, product: Product = LAMP) -> Storyboard:
    brand = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
    return plan(brief, product, TEMPLATES[brief.template], brand=brand)


@given(films)
def test_scenes_follow_each_other_without_a_gap_to_the_exact_last_frame(brief: Brief) -> None:
    timeline = laid_out(brief)
    assert timeline.frames == brief.seconds * 30
    assert (timeline.width, timeline.height) == FORMATS[brief.format]
    starts = [segment.start for segment in timeline.segments]
    ends = [segment.end for segment in timeline.segments]
    assert starts == [0, *ends[:-1]]
    assert ends[-1] == timeline.frames
    assert all(0 < s.overlap < s.end - s.start or not s.overlap for s in timeline.segments)


@given(films)
def test_cuts_fall_on_the_beat(brief: Brief) -> None:
    timeline = laid_out(brief)
    assert {segment.start % BEATS[timeline.mood] for segment in timeline.segments} == {0}


@given(films)
def test_text_stays_inside_the_safe_zone(brief: Brief) -> None:
    safe = SAFE[brief.format]
    for placed in laid_out(brief).layers:
        if isinstance(placed.layer, Block | Badge):
            box = placed.layer.box
            assert safe.x <= box.x < box.right <= safe.right
            assert safe.y <= box.y < box.bottom <= safe.bottom


@settings(max_examples=25, deadline=None)
@given(films, st.data())
def test_every_frame_has_draws_that_are_hashable_and_the_same_twice(brief: Brief, data: st.DataObject) -> None:
    timeline = laid_out(brief)
    frame = data.draw(st.integers(0, timeline.frames - 1))
    draws = timeline.draw_list(frame)
    assert draws
    assert hash(draws) == hash(laid_out(brief).draw_list(frame))
    assert draws == timeline.draw_list(frame)


@given(films)
def test_timeline_round_trips_and_keeps_its_digest(brief: Brief) -> None:
    timeline = laid_out(brief)
    adapter = TypeAdapter(Timeline)
    back = adapter.validate_json(adapter.dump_json(timeline))
    assert back == timeline
    assert back.digest() == timeline.digest()


def test_digest_changes_with_any_word_and_any_time() -> None:
    brief = Brief("hero")
    digests = {
        laid_out(brief).digest(),
        laid_out(replace(brief, seconds=16)).digest(),
        laid_out(replace(brief, headline="Warm light")).digest(),
        laid_out(replace(brief, format="1x1")).digest(),
    }
    assert len(digests) == 4


def test_product_is_in_the_first_frame_at_full_strength() -> None:
    for template in sorted(TEMPLATES):
        draws = laid_out(Brief(template, cameo=LUMI)).draw_list(0)
        product = next(draw for draw in draws if draw.kind == "picture")
        assert product.opacity == 1


def test_transition_draws_both_scenes_and_ends() -> None:
    timeline = laid_out(Brief("hero"))
    second = timeline.segments[1]
    inside = timeline.draw_list(second.start)
    assert [type(draw) for draw in inside] == [Group, Group]
    assert not any(isinstance(d, Group) for d in timeline.draw_list(second.start + second.overlap))


def test_hotspots_cover_the_film_and_lie_in_the_frame() -> None:
    timeline = laid_out(Brief("hero"))
    assert {(h.start_frame, h.end_frame) for h in timeline.hotspots} == {(s.start, s.end) for s in timeline.segments}
    for spot in timeline.hotspots:
        assert (spot.product_id, spot.variant_id) == ("lamp", "v1")
        assert 0 <= spot.x < spot.x + spot.w <= 1
        assert 0 <= spot.y < spot.y + spot.h <= 1


def test_disclosure_is_on_every_scene_that_shows_the_cameo() -> None:
    timeline = laid_out(Brief("cameo_endorsement", cameo=LUMI))
    shown = {p.segment: p.layer for p in timeline.layers if p.layer.kind == "cameo"}
    assert 0 in shown
    for segment, cameo in shown.items():
        tag = next(
            p.layer
            for p in timeline.layers
            if p.segment == segment
            and isinstance(p.layer, Block)
            and any(t.text == "Paid partnership" for t in p.layer.texts)
        )
        assert (tag.start, tag.end) == (cameo.start, cameo.end)


def test_last_caption_states_the_price() -> None:
    last = laid_out(Brief("hero")).captions[-1]
    assert "€89.00" in last.text.splitlines()
    assert last.end_frame == 450


@settings(max_examples=30, deadline=None)
@pytest.mark.parametrize("stage", ["light", "tint", "deep", "accent"])
@given(
    swatches=st.lists(st.builds(Swatch, colours, st.floats(0.05, 1)), max_size=5),
    ink=colours,
    paper=colours,
    accent=colours,
)
def test_texts_reach_contrast_on_any_product_and_brand(
    stage: str, swatches: list[Swatch], ink: str, paper: str, accent: str
) -> None:
    made = palette_for(swatches, Brand("B", ink, paper, accent)).stage(stage)
    for text in (made.ink, made.quiet, made.accent):
        assert min(contrast(text, ground) for ground in made.grounds) >= READABLE
    assert contrast(made.on_button, made.button) >= READABLE
