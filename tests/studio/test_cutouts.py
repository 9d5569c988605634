"""Cut-outs: what stands before a plain ground comes off it cleanly; what cannot be told apart stays whole."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from workers.studio.scene.cutouts import LARGEST_SIDE, MIN_CONFIDENCE, CutOut, cut_out

SIZE = (600, 600)
GROUNDS = {
    "white": ((255, 255, 255), (255, 255, 255)),
    "grey": ((236, 237, 240), (196, 198, 204)),
    "cream": ((245, 236, 222), (226, 214, 196)),
    "teal": ((96, 156, 156), (58, 118, 124)),
    "dark": ((66, 64, 70), (34, 34, 40)),
}
Bools = NDArray[np.bool_]


def ground(name: str, size: tuple[int, int] = SIZE) -> Image.Image:
    """A backdrop that darkens downwards, with a little noise unless it is pure white."""
    above, below = (np.array(colour, np.float64) for colour in GROUNDS[name])
    part = np.linspace(0, 1, size[1])[:, None, None]
    pixels = np.broadcast_to(above * (1 - part) + below * part, (size[1], size[0], 3)).copy()
    if name != "white":
        pixels += np.random.default_rng(4).normal(0, 1.5, (size[1], size[0], 1))
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def vase() -> Image.Image:
    """A product drawn four times too large: a rust body with a neck, a dark band and a highlight."""
    large = Image.new("RGBA", (2400, 2400), (150, 70, 40, 0))
    draw = ImageDraw.Draw(large)
    draw.ellipse((700, 900, 1700, 2100), fill=(170, 78, 44, 255))
    draw.rounded_rectangle((1030, 500, 1370, 1100), 60, fill=(150, 66, 38, 255))
    draw.rectangle((800, 1450, 1600, 1540), fill=(60, 40, 40, 255))
    draw.ellipse((900, 1100, 1050, 1400), fill=(210, 140, 110, 255))
    return large.resize(SIZE, Image.Resampling.LANCZOS)


def mug() -> Image.Image:
    """A blue mug with a handle that one can look through, and a white label."""
    large = Image.new("RGBA", (2400, 2400), (40, 70, 130, 0))
    draw = ImageDraw.Draw(large)
    draw.ellipse((1300, 900, 2000, 1700), outline=(44, 76, 140, 255), width=130)
    draw.rounded_rectangle((600, 700, 1500, 1900), 90, fill=(40, 70, 130, 255))
    draw.rectangle((820, 1100, 1280, 1500), fill=(255, 255, 255, 255))
    return large.resize(SIZE, Image.Resampling.LANCZOS)


def before(product: Image.Image, behind: Image.Image, *, shadow: float = 0.0) -> Image.Image:
    """Stand a product before a ground, with a soft shadow at its foot."""
    scene = behind.convert("RGBA")
    if shadow:
        cast = Image.new("L", scene.size, 0)
        ImageDraw.Draw(cast).ellipse((150, 480, 470, 540), fill=round(255 * shadow))
        dark = Image.new("RGBA", scene.size, (0, 0, 0, 0))
        dark.putalpha(cast.filter(ImageFilter.GaussianBlur(14)))
        scene.alpha_composite(dark)
    scene.alpha_composite(product)
    return scene.convert("RGB")


def solid(picture: Image.Image) -> Bools:
    return np.asarray(picture.getchannel("A")) > 128


def likeness(found: CutOut | None, product: Image.Image) -> float:
    """Intersection over union of what was cut out and what should have been."""
    assert found is not None
    one, two = solid(found.image), solid(product)
    return float((one & two).sum() / (one | two).sum())


@pytest.mark.parametrize("name", list(GROUNDS))
def test_a_product_comes_off_a_plain_backdrop(name: str) -> None:
    found = cut_out(before(vase(), ground(name)))
    assert found is not None
    assert (found.method, found.image.mode, found.image.size) == ("backdrop", "RGBA", SIZE)
    assert found.confidence >= 0.9
    assert likeness(found, vase()) > 0.985


@pytest.mark.parametrize("name", ["white", "grey", "cream", "teal"])
def test_its_soft_shadow_stays_behind(name: str) -> None:
    assert likeness(cut_out(before(vase(), ground(name), shadow=0.5)), vase()) > 0.97


def test_the_backdrop_shows_through_a_handle_and_a_label_stays() -> None:
    found = cut_out(before(mug(), ground("white")))
    assert likeness(found, mug()) > 0.98
    assert found is not None
    alpha = np.asarray(found.image.getchannel("A"))
    assert alpha[325, 410] == 0, "the handle's hole is part of the product"
    assert alpha[325, 262] == 255, "the label is taken for a hole"


@pytest.mark.parametrize("name", ["white", "teal", "dark"])
def test_no_fringe_of_the_old_ground_shows_on_a_new_one(name: str) -> None:
    found = cut_out(before(vase(), ground(name)))
    assert found is not None
    new = Image.new("RGBA", SIZE, (255, 32, 128, 255))
    ideal, made = new.copy(), new.copy()
    ideal.alpha_composite(vase())
    made.alpha_composite(found.image)
    edge = cv2.morphologyEx(solid(vase()).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((5, 5), np.uint8)) > 0
    off = np.abs(np.asarray(ideal).astype(int) - np.asarray(made))[:, :, :3].max(2)
    assert off[edge].mean() < 16
    assert np.percentile(off[edge], 90) < 50


def test_the_edge_is_soft_and_everything_else_is_not() -> None:
    found = cut_out(before(vase(), ground("grey")))
    assert found is not None
    alpha = np.asarray(found.image.getchannel("A"))
    between = (alpha > 8) & (alpha < 247)
    outline = cv2.morphologyEx(solid(vase()).astype(np.uint8), cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)).sum() / 2
    assert 0.3 * outline < between.sum() < 4 * outline


def test_a_picture_that_brings_its_transparency_is_taken_as_it_is() -> None:
    product = vase()
    assert cut_out(product) == CutOut(product, 1.0, "own alpha")


def textured(seed: int, contrast: float) -> Image.Image:
    """A rough ground, as of concrete: the backdrop model cannot explain it."""
    rng = np.random.default_rng(seed)
    rough = sum(
        cv2.resize(rng.normal(0, contrast, (side, side)).astype(np.float32), SIZE, interpolation=cv2.INTER_CUBIC)
        for side in (6, 12, 40, 200)
    )
    return Image.fromarray(np.clip(np.asarray(rough)[:, :, None] + (70, 74, 80), 0, 255).astype(np.uint8))


def test_on_a_rough_ground_a_product_of_its_own_colour_is_found_by_grabcut() -> None:
    found = cut_out(before(vase(), textured(2, 12)))
    assert found is not None
    assert found.method == "grabcut"
    assert likeness(found, vase()) > 0.96


@pytest.mark.parametrize("seed", range(2))
def test_where_nothing_stands_out_there_is_no_cut_out(seed: int) -> None:
    assert cut_out(textured(seed, 40)) is None


def shelves() -> Image.Image:
    """A cluttered scene: boxes of many colours up to every edge."""
    rng = np.random.default_rng(9)
    scene = Image.new("RGB", SIZE, (120, 100, 80))
    draw = ImageDraw.Draw(scene)
    for _ in range(120):
        x, y = rng.integers(-60, 600, 2)
        w, h = rng.integers(30, 140, 2)
        draw.rectangle((x, y, x + w, y + h), fill=tuple(int(level) for level in rng.integers(0, 255, 3)))
    return scene


def test_a_cluttered_scene_has_no_cut_out() -> None:
    assert cut_out(shelves()) is None


@pytest.mark.parametrize("name", ["white", "grey", "teal"])
def test_an_empty_backdrop_has_no_cut_out(name: str) -> None:
    assert cut_out(ground(name)) is None


def test_a_product_that_runs_out_of_the_frame_has_no_cut_out() -> None:
    close = vase().crop((170, 100, 430, 360)).resize(SIZE)
    assert cut_out(before(close, ground("grey"))) is None


def test_nothing_below_the_least_confidence_is_given() -> None:
    pictures = [before(vase(), ground("cream"), shadow=0.7), before(mug(), ground("dark")), textured(1, 20)]
    assert {found.confidence >= MIN_CONFIDENCE for found in map(cut_out, pictures) if found} == {True}


@pytest.mark.parametrize("size", [(64, 64), (64, 900), (2400, 1600)])
def test_any_size_is_answered_and_a_large_one_is_made_smaller(size: tuple[int, int]) -> None:
    behind = ground("grey", size)
    ImageDraw.Draw(behind).ellipse((size[0] * 0.3, size[1] * 0.3, size[0] * 0.7, size[1] * 0.7), fill=(180, 30, 30))
    found = cut_out(behind)
    if found is not None:
        assert max(found.image.size) == min(LARGEST_SIDE, max(size))
    assert found is not None or min(size) == 64


def test_the_same_picture_gives_the_same_cut_out_with_any_number_of_threads() -> None:
    made: list[tuple[Any, ...]] = []
    usual = cv2.getNumThreads()
    try:
        for threads in (1, 3):
            cv2.setNumThreads(threads)
            for picture in (before(vase(), ground("cream"), shadow=0.6), before(vase(), textured(2, 12))):
                found = cut_out(picture)
                assert found is not None
                made.append((found.method, found.confidence, found.image.tobytes()))
    finally:
        cv2.setNumThreads(usual)
    assert len(set(made)) == 2
