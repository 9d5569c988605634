from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from adengine.core.film import Film
from adengine.core.layers import Block, Box, Text
from adengine.core.timeline import Placed, Timeline
from workers.studio.inspect import (
    Bared,
    contrast_in,
    light_of,
    measure,
    ratio,
    relative_light,
    set_texts,
    standing,
    thumb,
)

Make = Callable[..., Timeline]


def painted(ink: float, ground: float, letters: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture of even ground with `letters` of its rows in ink, and the ground alone."""
    bare = np.full((100, 200), ground, np.float32)
    seen = bare.copy()
    seen[: round(100 * letters)] = ink
    return seen, bare


@pytest.mark.parametrize(("ink", "ground", "contrast"), [(0.0, 1.0, 21.0), (1.0, 0.0, 21.0), (0.0, 0.175, 4.5)])
def test_contrast_of_letters_and_even_ground_is_exact(ink: float, ground: float, contrast: float) -> None:
    seen, bare = painted(ink, ground)
    assert contrast_in(seen, bare) == pytest.approx(contrast, abs=0.01)
    assert contrast_in(seen, None) == pytest.approx(contrast, abs=0.01)


def test_the_part_of_the_ground_nearest_to_the_ink_decides() -> None:
    seen, bare = painted(1.0, 0.0)
    bare[:20, :30] = 0.5
    assert contrast_in(seen, bare) == pytest.approx(ratio(1.0, 0.5), abs=0.05)
    bare[:20, :30], bare[20:], seen[20:] = 0.0, 0.5, 0.5
    assert contrast_in(seen, bare) == pytest.approx(21, abs=0.05)


def test_no_letters_have_no_contrast() -> None:
    seen, bare = painted(0.5, 0.5)
    assert contrast_in(seen, bare) == 0
    assert contrast_in(seen[:0], None) == 0


def test_relative_light_is_that_of_wcag() -> None:
    pixels = np.array([[[0, 0, 0, 255], [255, 255, 255, 255], [0, 0, 255, 255], [119, 119, 119, 255]]], np.uint8)
    assert relative_light(pixels)[0] == pytest.approx([0, 1, 0.2126, 0.1845], abs=1e-4)


def test_thumb_is_nine_by_sixteen_greys() -> None:
    half = np.zeros((160, 90), np.float32)
    half[80:] = 1
    assert thumb(half) == (0.0,) * 72 + (1.0,) * 72


def test_light_and_motion_are_counted_on_decoded_luma() -> None:
    frames = [np.full((4, 4), level, np.uint8) for level in (16, 16, 235)]
    luma, change = light_of(frames)
    assert luma == pytest.approx((0, 0, 1))
    assert change == pytest.approx((0, 0, 1))


def test_texts_lie_inside_their_boxes_and_say_what_the_film_says(make: Make) -> None:
    timeline = make("hero", title="A rather long title for a plain vase of blue glass")
    made = set_texts(timeline)
    blocks = [one.layer for one in standing(timeline)]
    assert [text.text for text in made] == [text.text for block in blocks for text in block.texts]
    for text in made:
        box = next(block.box for block in blocks if any(one.text == text.text for one in block.texts))
        assert box.x - 1 <= text.box.x
        assert text.box.right <= box.right + 1
        assert text.box.bottom <= box.bottom + 1
        assert timeline.segments[text.shot].start <= text.frame < timeline.segments[text.shot].end
        assert text.size_px > 15


def test_text_that_had_to_be_cut_says_so(make: Make) -> None:
    timeline = make("hero")
    words = "Seventy words would not fit into so small a place as this one is " * 4
    narrow = Block((Text("hook", words),), Box(72, 300, 300, 120), "top", "light", 0, 60, 0)
    assert [made.cut for made in set_texts(replace(timeline, layers=(Placed(0, narrow),)))] == [True]
    wide = Block((Text("hook", "Seventy"),), Box(72, 300, 800, 400), "top", "light", 0, 60, 0)
    assert [made.cut for made in set_texts(replace(timeline, layers=(Placed(0, wide),)))] == [False]


def test_frames_after_the_last_are_the_same_ones_without_words(make: Make) -> None:
    timeline = make("hero")
    twice = Bared(**{name: getattr(timeline, name) for name in timeline.__dataclass_fields__})
    frame = timeline.segments[0].end - 1
    whole, bare = twice.draw_list(frame), twice.draw_list(frame + timeline.frames)
    assert whole == timeline.draw_list(frame)
    assert [draw.kind for draw in whole] == [draw.kind for draw in bare]
    assert [draw for draw in whole if draw.kind != "block"] == [draw for draw in bare if draw.kind != "block"]
    assert {item.scale for draw in bare if draw.kind == "block" for item in draw.items} == {0.0}


def test_words_of_a_film_are_readable_on_its_own_pixels(make: Make, shop: Path) -> None:
    timeline = make("hero")
    good = measure(timeline, resolve=lambda key: shop / key)
    assert len(good.texts) == len(set_texts(timeline))
    assert min(text.contrast for text in good.texts) >= 4.5
    assert max(text.contrast for text in good.texts) <= 21
    assert len(good.thumbs) == len(timeline.segments)
    assert good.audio is None


def test_light_words_on_a_light_ground_are_found_on_the_pixels(make: Make, shop: Path) -> None:
    timeline = make("hero")
    place, faint = next((n, one) for n, one in enumerate(timeline.layers) if isinstance(one.layer, Block))
    assert isinstance(faint.layer, Block)
    other = {"light": "deep", "tint": "deep"}.get(faint.layer.stage, "light")
    layers = list(timeline.layers)
    layers[place] = replace(faint, layer=replace(faint.layer, stage=other))
    made = measure(replace(timeline, layers=tuple(layers)), resolve=lambda key: shop / key)
    texts = {one.text for one in faint.layer.texts}
    assert max(text.contrast for text in made.texts if text.text in texts and text.shot == faint.segment) < 3


def test_figures_of_the_render_are_taken_over(make: Make, shop: Path) -> None:
    timeline = make("hero")
    film = Film(
        *("film.mp4", "p.webp", "p.jpg", "c.vtt"),
        frames=timeline.frames,
        width=1080,
        height=1920,
        duration_s=6.0,
        bytes=1234,
        sha256="",
        audio=True,
        notes=("No font for it",),
        loudness_lufs=-14.0,
    )
    made = measure(timeline, resolve=lambda key: shop / key, film=film, scale=0.25)
    assert (made.bytes, made.audio, made.loudness_lufs) == (1234, True, -14.0)
    assert made.notes[0] == "No font for it"
