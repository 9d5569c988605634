"""The planar compositor: one maths in every kernel, pictures that stay together, and blends that are exact."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adengine import doctor
from adengine.core.errors import Invalid
from adengine.core.layers import Box
from adengine.settings import Settings
from workers.studio.pixels import planes
from workers.studio.pixels.native import LIBRARY, TITLES, U8, built
from workers.studio.pixels.opencv import LEVELS
from workers.studio.pixels.planes import KERNELS, Frame, Mask, Plate, Sprite

FASTER = [name for name in KERNELS if name in ("avx2", "neon")]
NATIVE = [name for name in KERNELS if name != "opencv"]
GREY = (126, 128, 128)
T = TypeVar("T")


@contextmanager
def painting(name: str) -> Iterator[None]:
    before = planes.kernel().name
    planes.use(name)
    try:
        yield
    finally:
        planes.use(before)


@pytest.fixture(params=list(KERNELS))
def each_kernel(request: pytest.FixtureRequest) -> Iterator[str]:
    with painting(request.param):
        yield request.param


def levels(picture: Plate | Frame) -> U8:
    return np.concatenate([picture.y.ravel(), picture.u.ravel(), picture.v.ravel()])


def furthest(one: Plate | Frame | U8, other: Plate | Frame | U8) -> int:
    one, other = (levels(side) if isinstance(side, Plate | Frame) else side for side in (one, other))
    return int(np.abs(one.astype(int) - other.astype(int)).max())


def noise(rng: np.random.Generator, h: int, w: int, parts: int) -> U8:
    """Half of all pictures are noise, half are hard edges: black, white and clear."""
    if rng.random() < 0.5:
        return rng.integers(0, 256, (h, w, parts), dtype=np.uint8)
    return rng.choice(np.array([0, 255], np.uint8), (h, w, parts))


def premultiplied(rng: np.random.Generator, h: int, w: int) -> U8:
    pixels = noise(rng, h, w, 4).astype(np.uint16)
    pixels[..., :3] = (pixels[..., :3] * pixels[..., 3:] + 127) // 255
    return pixels.astype(np.uint8)


class World:
    """What one painting works with, the same for every kernel: planes are converted by plain maths, not by a kernel."""

    def __init__(self, seed: int, frame: tuple[int, int], picture: tuple[int, int]) -> None:
        rng = np.random.default_rng(seed)
        (w, h), (pw, ph) = ((2 * a, 2 * b) for a, b in (frame, picture))
        self.ground, self.other, self.plate = _plate(rng, h, w), _plate(rng, h, w), _plate(rng, ph, pw)
        self.sprite = _sprite(rng, ph, pw)
        self.mask = Mask.of(noise(rng, ph, pw, 1)[..., 0])

    def frame(self) -> Frame:
        return Frame(self.ground.y.copy(), self.ground.u.copy(), self.ground.v.copy())


def _plate(rng: np.random.Generator, h: int, w: int) -> Plate:
    return Plate(
        *(noise(rng, rows, columns, 1)[..., 0] for rows, columns in ((h, w), (h // 2, w // 2), (h // 2, w // 2)))
    )


def _sprite(rng: np.random.Generator, h: int, w: int) -> Sprite:
    with painting(list(KERNELS)[-1]):
        return planes.sprite_from_bgra(premultiplied(rng, h, w))


Paint = Callable[[World, Frame, dict[str, Any]], None]

PAINTS: dict[str, Paint] = {
    "cover": lambda w, f, a: planes.cover(f, w.plate, a["x"], a["y"], a["scale"], a["clip"]),
    "cover dimmed": lambda w, f, a: planes.cover(f, w.plate, a["x"], a["y"], a["scale"], a["clip"], dim=a["part"]),
    "crossfade": lambda w, f, a: planes.cover(f, w.plate, a["x"], a["y"], a["scale"], a["clip"], opacity=a["part"]),
    "lay still": lambda w, f, a: planes.lay(f, w.sprite, 2 * (a["x"] // 4), 2 * (a["y"] // 4), clip=a["clip"]),
    "lay scaled": lambda w, f, a: planes.lay(f, w.sprite, a["x"], a["y"], a["scale"], clip=a["clip"]),
    "lay turned": lambda w, f, a: planes.lay(f, w.sprite, a["x"], a["y"], a["scale"], a["turn"], clip=a["clip"]),
    "lay faded": lambda w, f, a: planes.lay(f, w.sprite, a["x"], a["y"], a["scale"], 0.0, a["part"], a["clip"]),
    "lay plate": lambda w, f, a: planes.lay_plate(
        f, w.plate, w.mask, 2 * int(a["x"] // 4), 2 * int(a["y"] // 4), a["x"], a["y"], a["scale"], a["part"]
    ),
    "mix": lambda w, f, a: planes.mix(f, w.other, a["part"]),
    "paste": lambda w, f, a: planes.paste(f, w.other, 2 * int(a["x"] // 4), 2 * int(a["y"] // 4), a["clip"]),
    "fill": lambda w, f, a: planes.fill(f, GREY, a["clip"]),
    "dim": lambda w, f, a: planes.dim(f, a["part"], a["clip"]),
}

POSITIONS = st.one_of(st.floats(-60, 120), st.integers(-20, 40).map(float), st.sampled_from([-1e12, 1e12, 0.0, 0.5]))
ASKED = st.fixed_dictionaries(
    {
        "x": POSITIONS,
        "y": POSITIONS,
        "scale": st.one_of(st.floats(0.05, 4), st.sampled_from([1.0, 0.5, 2.0, 40.0])),
        "turn": st.floats(-180, 180),
        "part": st.one_of(st.floats(0, 1), st.sampled_from([0.0, 1.0, 1.2, -0.1])),
        "clip": st.none()
        | st.builds(Box, st.integers(-9, 60), st.integers(-9, 30), st.integers(-3, 90), st.integers(-3, 40)),
    }
)
WORLDS = st.builds(
    World,
    st.integers(0, 2**32 - 1),
    st.tuples(st.integers(1, 70), st.integers(1, 16)),
    st.tuples(st.integers(1, 60), st.integers(1, 16)),
)


def painted(name: str, paint: str, world: World, asked: dict[str, Any]) -> Frame:
    frame = world.frame()
    with painting(name):
        PAINTS[paint](world, frame, asked)
    return frame


@pytest.mark.parametrize("paint", PAINTS)
@pytest.mark.parametrize("name", FASTER)
@given(world=WORLDS, asked=ASKED)
@settings(deadline=None, max_examples=60)
def test_every_instruction_set_paints_the_same_bytes(
    name: str, paint: str, world: World, asked: dict[str, Any]
) -> None:
    assert (
        levels(painted(name, paint, world, asked)).tobytes() == levels(painted("plain", paint, world, asked)).tobytes()
    )


@pytest.mark.skipif(not NATIVE, reason="the C kernel is not built")
@pytest.mark.parametrize("paint", PAINTS)
@given(world=WORLDS, asked=ASKED)
@settings(deadline=None, max_examples=60)
def test_opencv_paints_within_its_stated_levels(paint: str, world: World, asked: dict[str, Any]) -> None:
    assert furthest(painted("opencv", paint, world, asked), painted("plain", paint, world, asked)) <= LEVELS


@pytest.mark.parametrize("parts", [3, 4])
@given(seed=st.integers(0, 2**32 - 1), w=st.integers(1, 70), h=st.integers(1, 12))
@settings(deadline=None, max_examples=60)
def test_conversions_agree_between_kernels(parts: int, seed: int, w: int, h: int) -> None:
    rng = np.random.default_rng(seed)
    opaque, clear = noise(rng, h, w, parts), premultiplied(rng, h, w)
    exact, found = [], []
    for name in KERNELS:
        with painting(name):
            plate, sprite = planes.plate_from_bgra(opaque), planes.sprite_from_bgra(clear)
        exact.append(name in NATIVE)
        made = (plate.y, plate.u, plate.v, sprite.y, sprite.u, sprite.v, sprite.a, sprite.ca)
        found.append(np.concatenate([plane.ravel() for plane in made]))
    for is_exact, planes_found in zip(exact, found, strict=True):
        assert furthest(found[0], planes_found) <= (0 if is_exact else 2)


@pytest.mark.parametrize("name", NATIVE)
@given(seed=st.integers(0, 2**32 - 1), w=st.integers(1, 70), h=st.integers(1, 12), parts=st.integers(1, 6))
@settings(deadline=None, max_examples=60)
def test_thumbnails_and_stills_agree_between_kernels(name: str, seed: int, w: int, h: int, parts: int) -> None:
    plate = _plate(np.random.default_rng(seed), 2 * h, 2 * w)
    small = [_by(one, lambda: planes.shrunk(plate, 2 * -(-w // parts), 2 * -(-h // parts))) for one in (name, "opencv")]
    stills = [_by(one, lambda: planes.to_bgra(plate)) for one in (name, "opencv")]
    assert furthest(*small) == 0
    assert furthest(*stills) <= 2


def _by(name: str, make: Callable[[], T]) -> T:
    with painting(name):
        return make()


def _flat(w: int, h: int, bgr: tuple[int, int, int]) -> U8:
    return np.full((h, w, 3), bgr, np.uint8)


COLOURS = {
    "black": (0, 0, 0),
    "dark": (60, 60, 60),
    "grey": (128, 128, 128),
    "light": (200, 200, 200),
    "white": (255, 255, 255),
    "red": (0, 0, 255),
    "green": (0, 255, 0),
    "blue": (255, 0, 0),
    "brass": (77, 140, 199),
}


@pytest.mark.parametrize("bgr", COLOURS.values(), ids=COLOURS)
def test_colours_come_back_from_swscale_as_bt709(each_kernel: str, bgr: tuple[int, int, int]) -> None:
    video = av.VideoFrame(16, 16, "yuv420p")
    planes.paste(Frame.over(video), planes.plate_from_bgra(_flat(16, 16, bgr)), 0, 0)
    back = video.reformat(
        format="bgr24", src_colorspace="ITU709", dst_colorspace="ITU709", src_color_range="MPEG", dst_color_range="JPEG"
    ).to_ndarray()
    ours = planes.to_bgra(planes.plate_from_bgra(_flat(16, 16, bgr)))
    assert np.abs(back.astype(int) - bgr).max() <= 2
    assert np.abs(ours[..., :3].astype(int) - bgr).max() <= 2
    assert (ours[..., 3] == 255).all()


def test_black_grey_and_white_have_the_levels_of_the_standard(each_kernel: str) -> None:
    plates = [planes.plate_from_bgra(_flat(2, 2, (level,) * 3)) for level in (0, 128, 255)]
    assert [(p.y[0, 0], p.u[0, 0], p.v[0, 0]) for p in plates] == [(16, 128, 128), (126, 128, 128), (235, 128, 128)]


RED = np.array([40, 40, 230])


def _blob(x: float, size: float) -> np.ndarray[Any, Any]:
    """A soft spot (64, 64, 1) of 0..1 around (x, 32): its middle can be found whatever the sampling."""
    rows, columns = np.indices((64, 64))
    return np.exp(-((columns + 0.5 - x) ** 2 + (rows + 0.5 - 32) ** 2) / (2 * size**2))[..., None]


@pytest.mark.parametrize("shift", [0.0, 0.5, 1.0, 1.5, 7.25])
@pytest.mark.parametrize("scale", [1.0, 1.5, 0.75])
def test_colour_stays_on_its_shape_at_every_position(each_kernel: str, shift: float, scale: float) -> None:
    frame = Frame.blank(140, 140)
    planes.fill(frame, GREY)
    blob = _blob(32, 7)
    plate = planes.plate_from_bgra(np.rint(128 + (RED - 128) * blob).astype(np.uint8))
    planes.cover(frame, plate, 20 + shift, 10 + shift / 2, scale)
    for plane, level in ((frame.y, 126), (frame.v, 128)):
        step = 140 // plane.shape[0]
        x, y = _middle(np.abs(plane.astype(int) - level))
        assert x * step == pytest.approx(20 + shift + 32 * scale, abs=0.08)
        assert y * step == pytest.approx(10 + shift / 2 + 32 * scale, abs=0.08)


@pytest.mark.parametrize(("scale", "turn"), [(1.0, 0.0), (1.5, 0.0), (1.0, 90.0), (0.8, 30.0)])
def test_a_sprites_colour_and_cover_stay_together(each_kernel: str, scale: float, turn: float) -> None:
    bgra = np.rint(np.array([*RED, 255]) * _blob(44, 5)).astype(np.uint8)
    frame = Frame.blank(140, 140)
    planes.lay(frame, planes.sprite_from_bgra(bgra), 30.5, 20.25, scale, turn)
    luma, chroma = _middle(frame.y.astype(int) - 16), _middle(frame.v.astype(int) - 128)
    # The spot lies 12 to the right of the sprite's middle; a clockwise quarter turn puts it 12 below.
    angle = np.radians(turn)
    assert luma == pytest.approx(
        (30.5 + 32 * scale + 12 * scale * np.cos(angle), 20.25 + 32 * scale + 12 * scale * np.sin(angle)), abs=0.08
    )
    assert (2 * chroma[0], 2 * chroma[1]) == pytest.approx(luma, abs=0.08)


def _middle(weight: np.ndarray[Any, Any]) -> tuple[float, float]:
    rows, columns = np.indices(weight.shape)
    return float((weight * (columns + 0.5)).sum() / weight.sum()), float((weight * (rows + 0.5)).sum() / weight.sum())


@given(x=st.floats(-40, 0), y=st.floats(-40, 0), scale=st.floats(1.0, 1.3))
@settings(deadline=None, max_examples=60)
@example(x=0.0, y=-0.001, scale=1.0)
def test_a_plate_that_covers_the_frame_leaves_no_dark_edge(x: float, y: float, scale: float) -> None:
    white = planes.plate_from_bgra(_flat(120, 100, (255, 255, 255)))
    for name in KERNELS:
        frame = Frame.blank(80, 60)
        with painting(name):
            planes.cover(frame, white, x, y, scale)
        assert (int(frame.y.min()), set(frame.u.ravel()), set(frame.v.ravel())) == (235, {128}, {128})


def test_a_plate_is_written_on_its_own_blocks_only(each_kernel: str) -> None:
    white = planes.plate_from_bgra(_flat(20, 20, (255, 255, 255)))
    frame = Frame.blank(60, 60)
    planes.cover(frame, white, 10.7, 11.2, 1.0)
    inside = frame.y == 235
    assert (set(np.flatnonzero(inside.any(0))), set(np.flatnonzero(inside.any(1)))) == (
        set(range(10, 30)),
        set(range(12, 32)),
    )


def test_a_clip_keeps_everything_else(each_kernel: str) -> None:
    world = World(3, (40, 30), (40, 30))
    frame, clip = world.frame(), Box(11, 7, 20, 14)
    planes.cover(frame, world.plate, 3.3, -1.2, 1.4, clip)
    planes.lay(frame, world.sprite, 3.3, -1.2, 1.4, 20, clip=clip)
    planes.lay(frame, world.sprite, 2, 2, clip=clip)
    planes.fill(frame, (235, 128, 128), clip)
    planes.dim(frame, 0.5, clip)
    changed = frame.y != world.ground.y
    changed[6:20, 10:30] = False
    assert not changed.any()
    assert (frame.y[6:20, 10:30] != world.ground.y[6:20, 10:30]).any()


def test_clips_side_by_side_leave_no_gap(each_kernel: str) -> None:
    frame = Frame.blank(50, 10)
    planes.fill(frame, (200, 90, 90), Box(0, 0, 23, 10))
    planes.fill(frame, (200, 90, 90), Box(23, 0, 27, 10))
    assert (set(frame.y.ravel()), set(frame.u.ravel())) == ({200}, {90})


def test_a_clear_sprite_changes_nothing_and_an_opaque_one_is_itself(each_kernel: str) -> None:
    rng = np.random.default_rng(5)
    world = World(5, (40, 20), (40, 20))
    clear = planes.sprite_from_bgra(np.zeros((40, 80, 4), np.uint8))
    solid = noise(rng, 40, 80, 4)
    solid[..., 3] = 255
    opaque = planes.sprite_from_bgra(solid)
    frame = world.frame()
    for scale, turn in ((1.0, 0.0), (1.3, 0.0), (1.3, 12.0)):
        planes.lay(frame, clear, 1.5, 2.5, scale, turn)
    assert furthest(frame, world.ground) == 0
    planes.lay(frame, opaque, 0, 0)
    assert furthest(frame, Plate(opaque.y, opaque.u, opaque.v)) == 0


def test_opacity_nothing_and_whole_are_exact(each_kernel: str) -> None:
    world = World(6, (40, 20), (40, 20))
    frame = world.frame()
    planes.lay(frame, world.sprite, 0, 0, opacity=0.0)
    planes.cover(frame, world.plate, 0, 0, 1.0, opacity=0.0)
    planes.lay_plate(frame, world.plate, world.mask, 0, 0, 0, 0, 1.0, opacity=0.0)
    planes.mix(frame, world.other, 0.0)
    planes.dim(frame, 0.0)
    assert furthest(frame, world.ground) == 0
    planes.mix(frame, world.other, 1.0)
    assert furthest(frame, world.other) == 0
    planes.cover(frame, world.plate, 0, 0, 1.0)
    assert furthest(frame, world.plate) == 0
    planes.dim(frame, 1.0)
    assert (set(frame.y.ravel()), set(frame.u.ravel()), set(frame.v.ravel())) == ({16}, {128}, {128})


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize(("scale", "turn"), [(1 / 1.06, 0.0), (1.0, -8.0), (0.7, 33.0), (1.0, 0.0)])
def test_what_is_drawn_once_and_laid_still_is_what_is_laid_anew(name: str, scale: float, turn: float) -> None:
    world = World(5, (60, 50), (21, 17))
    with painting(name):
        anew, still = world.frame(), world.frame()
        planes.lay(anew, world.sprite, 31.3, 20.7, scale, turn)
        drawn, x, y = planes.drawn(world.sprite, 31.3, 20.7, scale, turn)
        planes.lay(still, drawn, x, y)
    assert furthest(anew, world.ground) > 0
    assert furthest(anew, still) == 0


@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("opacity", [1.0, 0.4])
def test_a_plate_that_lies_unscaled_is_faded_as_one_that_is_sampled(name: str, opacity: float) -> None:
    world = World(6, (30, 20), (34, 24))
    inner = Plate(world.plate.y[2:, 2:], world.plate.u[1:, 1:], world.plate.v[1:, 1:])
    with painting(name):
        sampled, plain = world.frame(), world.frame()
        planes.cover(sampled, world.plate, -2, -2, 1.0, opacity=opacity)
        planes.cover(plain, inner, 0, 0, 1.0, opacity=opacity)
    assert furthest(plain, sampled) == 0


def test_a_half_mix_is_the_mean(each_kernel: str) -> None:
    world = World(7, (40, 20), (40, 20))
    frame = world.frame()
    planes.mix(frame, world.other, 0.5)
    mean = (levels(world.ground).astype(float) + levels(world.other)) / 2
    assert np.abs(levels(frame) - mean).max() <= 0.5


def test_half_a_pixel_between_black_and_white_is_their_mean(each_kernel: str) -> None:
    bgr = _flat(40, 8, (0, 0, 0))
    bgr[:, 20:] = 255
    frame = Frame.blank(40, 8)
    planes.cover(frame, planes.plate_from_bgra(bgr), 0.5, 0.0, 1.0)
    assert frame.y[4, 18:23].tolist() == pytest.approx([16, 16, 125.5, 235, 235], abs=0.5)


def test_an_edge_of_a_sprite_fades_instead_of_smearing(each_kernel: str) -> None:
    sprite = planes.sprite_from_bgra(np.full((20, 20, 4), 255, np.uint8))
    frame = Frame.blank(60, 60)
    planes.lay(frame, sprite, 10.5, 10.0, 1.0)
    assert frame.y[20, 9:13].tolist() == pytest.approx([16, 125.5, 235, 235], abs=1)
    assert frame.y[20, 29:32].tolist() == pytest.approx([235, 125.5, 16], abs=1)


def test_a_plate_shows_through_its_mask_only(each_kernel: str) -> None:
    alpha = np.zeros((20, 20), np.uint8)
    alpha[4:16, 4:16] = 255
    white = planes.plate_from_bgra(_flat(20, 20, (255, 255, 255)))
    frame = Frame.blank(60, 60)
    planes.lay_plate(frame, white, Mask.of(alpha), 10, 20, 9.3, 19.7, 1.1)
    expected = np.full((60, 60), 16)
    expected[24:36, 14:26] = 235
    assert (frame.y == expected).all()


def test_a_slide_moves_whole_pixels(each_kernel: str) -> None:
    world = World(8, (40, 20), (40, 20))
    frame = world.frame()
    planes.paste(frame, world.other, 30, -6, Box(0, 0, 60, 40))
    assert (frame.y[:34, 30:60] == world.other.y[6:, :30]).all()
    assert (frame.u[:17, 15:30] == world.other.u[3:, :15]).all()
    assert (frame.y[:, 60:] == world.ground.y[:, 60:]).all()
    assert (frame.y[34:] == world.ground.y[34:]).all()


def test_a_thumbnail_is_made_of_means(each_kernel: str) -> None:
    world = World(9, (48, 24), (2, 2))
    small = planes.shrunk(world.frame(), 24, 12)
    means = world.ground.y.reshape(12, 4, 24, 4).mean(axis=(1, 3))
    assert np.abs(small.y - means).max() <= 0.5
    assert (small.u.shape, small.w, small.h) == ((6, 12), 24, 12)


def test_odd_pictures_grow_by_a_pixel(each_kernel: str) -> None:
    sprite = planes.sprite_from_bgra(np.full((3, 5, 4), 255, np.uint8))
    plate = planes.plate_from_bgra(_flat(5, 3, (255, 255, 255)))
    assert (sprite.w, sprite.h, sprite.a[3].tolist(), sprite.ca[1].tolist()) == (6, 4, [0] * 6, [128, 128, 64])
    assert (plate.w, plate.h, set(plate.y.ravel())) == (6, 4, {235})


def test_painting_over_a_video_frame_is_painting_in_it(each_kernel: str) -> None:
    video = av.VideoFrame(70, 30, "yuv420p")  # rows lie further apart than they are long
    planes.fill(Frame.over(video), (200, 90, 60))
    decoded = Plate.over(video)
    assert video.to_ndarray(format="yuv420p").ravel().tolist() == levels(decoded).tolist()
    assert (set(decoded.y.ravel()), set(decoded.u.ravel()), set(decoded.v.ravel())) == ({200}, {90}, {60})


def test_threads_paint_different_frames_at_once(each_kernel: str) -> None:
    world = World(10, (60, 60), (50, 50))

    def paint(turn: int) -> bytes:
        frame = world.frame()
        planes.cover(frame, world.plate, -3.2 - turn, -1.1, 1.7)
        planes.lay(frame, world.sprite, 3.5, turn, 1.1, turn)
        return levels(frame).tobytes()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(paint, range(40))) == [paint(turn) for turn in range(40)]


@pytest.mark.parametrize(
    ("paint", "says"),
    [
        (lambda w: planes.cover(w.frame(), w.plate, float("nan"), 0, 1), "finite"),
        (lambda w: planes.cover(w.frame(), w.plate, 0, 0, 0), "scale of 0"),
        (lambda w: planes.lay(w.frame(), w.sprite, 0, 0, float("inf")), "finite"),
        (lambda w: planes.paste(w.frame(), w.plate, 1, 0), "even"),
        (lambda w: planes.lay_plate(w.frame(), w.plate, w.mask, 0, 3, 0, 0, 1), "even"),
        (lambda w: planes.mix(w.frame(), w.plate, 0.5), "cannot be mixed"),
        (lambda w: planes.shrunk(w.frame(), 5, 4), "even sides"),
        (lambda w: Frame.blank(9000, 2), "even sides"),
        (lambda w: planes.sprite_from_bgra(np.zeros((2, 2, 3), np.uint8)), "BGRA"),
        (lambda w: Plate(w.plate.y, w.plate.u, w.plate.y), "plane 2"),
        (lambda w: Plate(w.plate.y[:, ::-1], w.plate.u, w.plate.v), "row by row"),
        (lambda w: Plate.over(av.VideoFrame(4, 4, "yuv444p")), "yuv420p"),
        (lambda w: planes.use("abacus"), "no kernel 'abacus'"),
    ],
)
def test_what_cannot_be_painted_is_refused(paint: Callable[[World], object], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        paint(World(11, (10, 10), (6, 6)))


def test_a_frame_that_cannot_be_written_is_refused() -> None:
    plate = World(12, (4, 4), (4, 4)).plate
    plate.y.flags.writeable = False
    with pytest.raises(Invalid, match="writable"):
        Frame(plate.y, plate.u, plate.v)


def test_a_sprite_too_small_to_see_draws_nothing(each_kernel: str) -> None:
    world = World(13, (10, 10), (6, 6))
    frame = world.frame()
    planes.lay(frame, world.sprite, 2, 2, 0.0)
    planes.lay(frame, world.sprite, 2, 2, -0.1, 30)
    assert furthest(frame, world.ground) == 0


def test_each_kernel_has_an_id_of_its_own() -> None:
    ids = []
    for name in KERNELS:
        with painting(name):
            ids.append(planes.kernel_id())
    assert len(set(ids)) == len(KERNELS)
    assert [one.split("-")[0] for one in ids] == list(KERNELS)


def test_a_library_that_is_missing_or_of_another_make_is_left_alone(tmp_path: Path) -> None:
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"not a library")
    assert (built(tmp_path / "none.so"), built(broken)) == ([], [])


def test_without_the_library_opencv_paints_and_doctor_says_what_to_do(tmp_path: Path) -> None:
    script = """
import ctypes
found = ctypes.CDLL
ctypes.CDLL = lambda name, *a, **k: found('/none') if '_kernel' in str(name) else found(name, *a, **k)
import numpy as np
from adengine import doctor
from adengine.settings import Settings
from workers.studio.pixels import planes
frame = planes.Frame.blank(4, 4)
planes.cover(frame, planes.plate_from_bgra(np.full((4, 4, 3), 255, 'uint8')), 0, 0, 1)
finding = doctor.PARTS['compositor'](Settings())
print(list(planes.KERNELS), int(frame.y.min()), finding.state, finding.words)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.startswith("['opencv'] 235 off the C kernel was not built")
    assert "install a C compiler" in done.stdout


@pytest.mark.skipif(not LIBRARY.exists(), reason="the C kernel is not built")
def test_doctor_names_the_kernel_in_use() -> None:
    finding = doctor.PARTS["compositor"](Settings())
    assert (finding.state, finding.words) == ("ok", TITLES[planes.kernel().name])
