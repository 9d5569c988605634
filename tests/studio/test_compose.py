import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from adengine.core.errors import PictureUnusable
from adengine.core.layers import (
    Badge,
    Block,
    BlockDraw,
    Box,
    Cameo,
    CaptionDraw,
    Clip,
    Compare,
    CompareDraw,
    Draw,
    Ground,
    Group,
    Layer,
    Logo,
    Picture,
    Piece,
    Text,
    Veil,
)
from adengine.core.palette import READABLE, contrast, palette_for
from adengine.core.storyboard import Brand
from adengine.core.style import BADGES, ENTRANCES, GROUNDS, STAGES, Style
from adengine.core.timeline import Placed, Segment, Timeline
from integrations.storyboards import load_styles
from workers.studio.making.cache import Cache
from workers.studio.pixels import planes
from workers.studio.pixels.planes import Frame
from workers.studio.scene import grounds, sprites
from workers.studio.scene.compose import KEPT_BYTES, Composer

STYLE = load_styles(Path(__file__).parents[2] / "templates" / "styles")["editorial"]
BRAND = Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A")
WHOLE, TEXT_BOX, PRODUCT = Box(0, 0, 1080, 1920), Box(72, 288, 868, 480), Box(70, 790, 940, 930)
Bytes = NDArray[np.uint8]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures drawn here: flat and busy photographs, a cut-out, a mark, a person and a clip of it."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, colour in (("grey", (200, 200, 200)), ("red", (200, 40, 40)), ("blue", (40, 60, 200))):
        Image.new("RGB", (800, 1200), colour).save(folder / f"{name}.png")
    busy = np.random.default_rng(4).integers(0, 256, (120, 80, 3), dtype=np.uint8)
    Image.fromarray(busy).resize((960, 1440), Image.Resampling.NEAREST).save(folder / "busy.png")
    vase = Image.new("RGBA", (400, 600), (0, 0, 0, 0))
    ImageDraw.Draw(vase).rounded_rectangle((80, 40, 320, 580), 90, fill=(40, 110, 90, 255))
    vase.save(folder / "vase.webp", lossless=True)
    mark = Image.new("RGBA", (600, 200), (220, 30, 30, 255))
    mark.save(folder / "mark.png")
    (folder / "broken.png").write_bytes(b"no picture at all")
    person = Image.new("RGBA", (300, 300), (0, 0, 0, 0))
    ImageDraw.Draw(person).rectangle((60, 30, 240, 300), fill=(230, 20, 20, 255))
    person.save(folder / "person.webp", lossless=True)
    _clip(folder / "person.webm", np.asarray(person))
    return folder


@pytest.fixture
def composer(pictures: Path) -> Iterator[Callable[..., Composer]]:
    with ExitStack() as stack:

        def made(*layers: Layer, style: Style = STYLE, scale: float = 0.25, **fields: object) -> Composer:
            timeline = film(*layers, style=style, **fields)
            return stack.enter_context(closing(Composer(timeline, pictures.joinpath, scale=scale)))

        yield made


def film(*layers: Layer, style: Style = STYLE, **fields: object) -> Timeline:
    """Return a film of 60 frames that shows these layers."""
    told: dict[str, object] = {
        "template": "hero",
        "format": "9x16",
        "width": 1080,
        "height": 1920,
        "fps": 30,
        "frames": 60,
        "locale": "en",
        "mood": "warm",
        "style": style,
        "safe": Box(60, 270, 880, 980),
        "seed": 1,
        "brand": BRAND,
        "key_picture": "vase.webp",
        "poster_frame": 30,
        "segments": (Segment("one", 0, 60, "cut", 0),),
        "layers": tuple(Placed(0, layer) for layer in layers),
        "captions": (),
        "hotspots": (),
        "speech": (),
        "voice": "",
        "recording": "",
        "spoken": (),
        "caption_look": "",
        "caption_box": Box(60, 1000, 880, 200),
    }
    return Timeline(**{**told, **fields})  # type: ignore[arg-type]


def painted(composer: Composer, number: int, level: int = 0) -> Frame:
    """Paint a frame of the film over a frame that held `level` everywhere."""
    frame = Frame.blank(composer.width, composer.height)
    for plane in (frame.y, frame.u, frame.v):
        plane[:] = level
    composer.paint(number, frame)
    return frame


def drawn(composer: Composer, *draws: Draw) -> Frame:
    """Paint draws of our own."""
    frame = Frame.blank(composer.width, composer.height)
    composer.compose(draws, frame)
    return frame


def bgr(frame: Frame) -> NDArray[np.int16]:
    return planes.to_bgra(frame.plate())[..., :3].astype(np.int16)


def same(one: Frame, other: Frame) -> bool:
    return all(np.array_equal(*pair) for pair in ((one.y, other.y), (one.u, other.u), (one.v, other.v)))


def text(*roles: tuple[str, str], stage: str = "light", start: int = 0) -> Block:
    said = tuple(Text(role, words) for role, words in roles)
    return Block(said, TEXT_BOX, "top", stage, start, 60, 0)


def everything() -> tuple[Layer, ...]:
    return (
        Ground("light", 0, 60, 1),
        Piece("vase.webp", "light", "arch", PRODUCT, 0, 60, False),
        Picture("vase.webp", "cutout", PRODUCT, "light", "push_in", 0, 60, False),
        text(("eyebrow", "Lumen & Loam"), ("title", "Column Vase"), ("price", "€54.00")),
        Badge("-20%", Box(704, 790, 228, 228), "light", 10, 60),
        Cameo("", "person.webp", Box(40, 1300, 400, 500), "light", 0, 0, 60),
    )


def test_every_pixel_of_a_frame_is_written(composer: Callable[..., Composer]) -> None:
    segments = (
        Segment("one", 0, 20, "cut", 0),
        Segment("two", 20, 40, "slide", 12),
        Segment("three", 40, 60, "fade", 10),
    )
    shots: tuple[Layer, ...] = (
        Picture("grey.png", "cover", WHOLE, "light", "drift_left", 0, 32, True),
        Ground("deep", 20, 50, 2),
        Ground("tint", 40, 60, 3, "paper"),
    )
    layers = tuple(Placed(place, layer) for place, layer in enumerate(shots))
    made = composer(segments=segments, layers=layers, scale=0.1)
    for number in (0, 19, 20, 26, 31, 32, 40, 44, 49, 59):
        assert same(painted(made, number), painted(made, number, 255)), number


def test_frames_are_the_same_from_any_thread_and_in_any_order(composer: Callable[..., Composer]) -> None:
    numbers = [3, 50, 7, 22, 59, 0, 41, 8]
    alone = composer(*everything())
    expected = {number: painted(alone, number) for number in sorted(numbers)}
    shared, gate = composer(*everything()), threading.Barrier(2)

    def half(part: list[int]) -> list[tuple[int, Frame]]:
        gate.wait()
        return [(number, painted(shared, number)) for number in part]

    with ThreadPoolExecutor(2) as pool:
        found = [pair for part in pool.map(half, (numbers[::2], numbers[1::2])) for pair in part]
    assert all(same(frame, expected[number]) for number, frame in found)
    assert len(found) == len(numbers)


@pytest.mark.parametrize("motion", ["push_in", "pull_out", "drift_left", "drift_right", "rise"])
@pytest.mark.parametrize("scale", [0.25, 0.333])
def test_photographs_reach_every_edge_however_they_move(
    composer: Callable[..., Composer], motion: str, scale: float
) -> None:
    made = composer(Picture("grey.png", "cover", WHOLE, "light", motion, 0, 60, False), scale=scale)
    for number in (0, 17, 59):
        frame = painted(made, number)
        assert int(frame.y.min()) >= round(sprites.yuv("#c8c8c8")[0]) - 2
        assert int(frame.y.max()) <= round(sprites.yuv("#c8c8c8")[0]) + 2


def test_a_photograph_moves_by_parts_of_a_pixel(composer: Callable[..., Composer]) -> None:
    made = composer(Picture("busy.png", "cover", WHOLE, "light", "push_in", 0, 60, False))
    frames = [painted(made, number).y.astype(np.int16) for number in range(20, 26)]
    steps = [float(np.abs(b - a).mean()) for a, b in pairwise(frames)]
    assert min(steps) > 0.3 * max(steps) > 0


def test_half_a_fade_is_the_mean_of_both_pictures(composer: Callable[..., Composer]) -> None:
    made = composer(*(Picture(f"{name}.png", "cover", WHOLE, "light", "hold", 0, 60, True) for name in ("red", "blue")))
    red, blue = made.timeline.draw_list(0)
    one, other, half = drawn(made, red), drawn(made, blue), drawn(made, red, Group((blue,), opacity=0.5))
    for got, first, second in zip(
        (half.y, half.u, half.v), (one.y, one.u, one.v), (other.y, other.u, other.v), strict=True
    ):
        mean = (first.astype(np.float64) + second) / 2
        assert np.abs(got - mean).max() <= 1


def test_a_group_that_slides_shows_the_other_beside_it(composer: Callable[..., Composer]) -> None:
    made = composer(*(Picture(f"{name}.png", "cover", WHOLE, "light", "hold", 0, 60, True) for name in ("red", "blue")))
    red, blue = made.timeline.draw_list(0)
    slid = drawn(made, Group((red,), dx=-100), Group((blue,), dx=540.0))
    wiped = drawn(made, Group((red,), scale=1.04), Group((blue,), shown=0.5))
    for frame, left, right in ((slid, red, blue), (wiped, blue, red)):
        for side, whose in ((slice(0, 130), left), (slice(140, 270), right)):
            apart = frame.y[:, side].astype(np.int16) - drawn(made, whose).y[:, side]
            assert np.abs(apart).max() <= 2


def test_a_zoom_out_of_a_group_leaves_no_bare_edge(composer: Callable[..., Composer]) -> None:
    made = composer(Picture("grey.png", "cover", WHOLE, "light", "hold", 0, 60, True))
    zoomed = drawn(made, Group(made.timeline.draw_list(0), scale=1.03))
    assert int(zoomed.y.min()) >= int(drawn(made, *made.timeline.draw_list(0)).y.min()) - 1


@pytest.mark.parametrize("file", ["grey.png", "red.png", "busy.png"])
@pytest.mark.parametrize("veil", ["gradient", "panel"])
def test_words_over_a_photograph_are_readable_on_its_pixels(
    composer: Callable[..., Composer], file: str, veil: str
) -> None:
    photo = Picture(file, "cover", WHOLE, "light", "hold", 0, 60, True)
    words = text(("title", "Column Vase"), stage=f"veil:{file}")
    made = composer(photo, Veil(file, TEXT_BOX, "top", 0, 60), words, style=replace(STYLE, veil=veil, shadow=0.0))
    *below, block = made.timeline.draw_list(59)
    assert isinstance(block, BlockDraw)
    first = block._replace(items=tuple(item._replace(words=(1.0, 0.0)) for item in block.items))
    # Where the second word will stand, the veil is there already.
    bare, lettered = bgr(drawn(made, *below, first)), bgr(drawn(made, *below, block))
    inked = np.abs(lettered - bare).sum(2)
    rows, columns = np.nonzero(inked > 150)
    assert len(rows) > 300
    around = bare[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1].reshape(-1, 3)
    ink = np.median(lettered[inked > 0.9 * inked.max()].reshape(-1, 3), 0)
    ends = [around[np.argsort(around.sum(1))[round(part * (len(around) - 1))]] for part in (0.05, 0.95)]
    assert min(contrast(_hex(ink), _hex(end)) for end in ends) >= READABLE


@pytest.mark.parametrize("pattern", GROUNDS)
@pytest.mark.parametrize("stage", STAGES)
def test_every_ground_keeps_its_texts_readable(composer: Callable[..., Composer], pattern: str, stage: str) -> None:
    made = composer(Ground(stage, 0, 60, 3, pattern), scale=0.2)
    colours = made.palette.stage(stage)
    pixels = bgr(painted(made, 20)).reshape(-1, 3)
    # Hairlines are no ground; what covers a hundredth of the frame is.
    order = np.argsort(pixels.sum(1))
    brightest, darkest = (pixels[order[round(part * (len(pixels) - 1))]] for part in (0.99, 0.01))
    for ink in (colours.ink, colours.quiet):
        # A level of grain and a level of rounding are no matter of contrast.
        assert min(contrast(ink, _hex(brightest)), contrast(ink, _hex(darkest))) >= READABLE - 0.25


def test_grounds_do_not_look_alike(composer: Callable[..., Composer]) -> None:
    looks = [bgr(painted(composer(Ground("tint", 0, 60, 3, pattern), scale=0.1), 20)) for pattern in GROUNDS]
    for place, one in enumerate(looks):
        for other in looks[:place]:
            assert np.abs(one - other).mean() > 1.0


def test_a_soft_ground_is_dithered_against_banding() -> None:
    stage = palette_for([], BRAND, STYLE).deep
    plane = grounds.painted(grounds.Ground("sweep", stage, 540, 960, 1, 0.0, 8.0))[0]
    column = plane[200:700, 270].astype(np.int16)
    assert np.abs(np.diff(column)).mean() > 0.2
    assert np.abs(np.diff(column)).max() <= 4


def test_a_cut_out_stands_on_its_ground_with_a_shadow(composer: Callable[..., Composer]) -> None:
    layers = Ground("light", 0, 60, 1, "flat"), Picture("vase.webp", "cutout", PRODUCT, "light", "hold", 0, 60, True)
    shaded = bgr(painted(composer(*layers), 59))
    plain = bgr(painted(composer(*layers, style=replace(STYLE, shadow=0.0)), 59))
    rows, _ = np.nonzero(np.abs(shaded - plain).sum(2) > 12)
    middle = shaded[round(1200 * 0.25), 135]
    assert middle[1] > middle[2] + 30  # the green vase
    assert len(rows) > 100
    assert rows.min() > (PRODUCT.y + PRODUCT.h * 0.8) * 0.25  # the shadow lies at its foot


def test_an_edge_takes_no_dark_fringe_from_the_clear_part(composer: Callable[..., Composer]) -> None:
    layers = Ground("light", 0, 60, 1, "flat"), Picture("vase.webp", "cutout", PRODUCT, "light", "hold", 0, 60, True)
    frame = painted(composer(*layers, style=replace(STYLE, shadow=0.0)), 59)
    row = frame.y[300].astype(np.int16)
    assert int(row.min()) >= int(row[135]) - 3
    assert int(row.max()) <= int(row[4]) + 3


def test_a_picture_without_transparency_is_framed_and_noted(composer: Callable[..., Composer]) -> None:
    made = composer(Ground("light", 0, 60, 1), Picture("red.png", "cutout", PRODUCT, "light", "hold", 0, 60, True))
    painted(made, 59)
    assert [note for note in made.notes if "red.png" in note and "opaque" in note]


def test_a_comparison_shows_before_left_of_its_divider_and_after_right_of_it(composer: Callable[..., Composer]) -> None:
    box = Box(90, 700, 900, 1000)
    made = composer(Ground("light", 0, 60, 1), Compare("red.png", "blue.png", box, "light", 0, 60))
    ground, half = made.timeline.draw_list(30)
    assert isinstance(half, CompareDraw)
    part = half.part
    shown = bgr(drawn(made, ground, half))
    divider = round((box.x + box.w * part) * 0.25)
    top = round((box.y + 100) * 0.25)
    assert shown[top, divider - 12, 2] > shown[top, divider - 12, 0] + 80
    assert shown[top, divider + 12, 0] > shown[top, divider + 12, 2] + 80
    assert shown[top, divider].min() > 160
    corner = shown[round(box.y * 0.25) + 1, round(box.x * 0.25) + 1]
    assert abs(int(corner[2]) - int(corner[0])) < 60  # rounded off: the ground shows


def test_a_mark_keeps_its_shape_inside_its_box(composer: Callable[..., Composer]) -> None:
    made = composer(Ground("light", 0, 60, 1, "flat"), Logo("mark.png", Box(100, 100, 400, 400), "center", 0, 60))
    pixels = bgr(painted(made, 59))
    rows, columns = np.nonzero(pixels[..., 2] - pixels[..., 1] > 120)
    assert abs((columns.max() - columns.min() + 1) - 100) <= 2
    assert abs((rows.max() - rows.min() + 1) - 100 / 3) <= 2
    assert abs((columns.min() + columns.max()) / 2 - 75) <= 2


def test_a_broken_mark_is_noted_and_the_film_made_without_it(composer: Callable[..., Composer]) -> None:
    ground = Ground("light", 0, 60, 1, "flat")
    made = composer(ground, Logo("broken.png", Box(100, 100, 400, 400), "center", 0, 60))
    assert same(painted(made, 59), painted(composer(ground), 59))
    assert [note for note in made.notes if "broken.png" in note and "without the logo" in note]


def test_what_cannot_be_made_ready_is_met_when_it_is_painted(composer: Callable[..., Composer]) -> None:
    cameo = Cameo("broken.png", "person.webp", Box(300, 800, 480, 480), "light", 0, 0, 60)
    made = composer(Picture("broken.png", "cover", WHOLE, "deep", "push_in", 0, 60, True), cameo)
    made.prepare()
    with pytest.raises(PictureUnusable, match="broken"):
        painted(made, 0)


@pytest.mark.parametrize("clip", ["", "person.webm"])
def test_a_round_cameo_shows_its_person_inside_the_disc_only(composer: Callable[..., Composer], clip: str) -> None:
    box, ground = Box(300, 800, 480, 480), Ground("light", 0, 60, 1, "flat")
    made = composer(ground, Cameo(clip, "person.webp", box, "light", 0, 0, 60, "round"))
    shown, bare = bgr(painted(made, 59)), bgr(painted(composer(ground), 59))
    middle = shown[round(1040 * 0.25), 135]
    assert middle[2] > middle[1] + 100
    for x, y in ((304, 804), (776, 804), (304, 1276), (776, 1276)):
        at = round(y * 0.25), round(x * 0.25)
        red = shown[at][2] - shown[at][1]
        assert abs(red - (bare[at][2] - bare[at][1])) < 25
    assert made.notes == {}


def test_a_risen_cameo_reaches_above_its_disc(composer: Callable[..., Composer]) -> None:
    box, ground = Box(240, 800, 600, 800), Ground("light", 0, 60, 1, "flat")
    shown = bgr(painted(composer(ground, Cameo("", "person.webp", box, "light", 0, 0, 60)), 59))
    red = shown[..., 2] - shown[..., 1] > 100
    assert red[round(900 * 0.25), 135]
    assert not red[round(1590 * 0.25), round(400 * 0.25)]


def test_a_clip_that_cannot_be_played_gives_way_to_the_still_and_is_noted(composer: Callable[..., Composer]) -> None:
    box, ground = Box(240, 800, 600, 800), Ground("light", 0, 60, 1, "flat")
    made = composer(ground, Cameo("broken.png", "person.webp", box, "light", 0, 0, 60))
    still = composer(ground, Cameo("", "person.webp", box, "light", 0, 0, 60))
    assert same(painted(made, 59), painted(still, 59))
    assert [note for note in made.notes if "broken.png" in note and "still picture" in note]


def test_two_threads_at_different_frames_of_a_clip_show_what_one_thread_shows(
    composer: Callable[..., Composer],
) -> None:
    layers = Ground("light", 0, 60, 1), Cameo("person.webm", "person.webp", Box(300, 800, 480, 480), "light", 0, 0, 60)
    one, two = composer(*layers), composer(*layers)
    expected = {number: painted(one, number) for number in range(20, 60)}
    with ThreadPoolExecutor(2) as pool:
        later = pool.submit(lambda: [painted(two, number) for number in range(40, 60)])
        sooner = [painted(two, number) for number in range(20, 40)]
    found = [*sooner, *later.result()]
    assert all(same(frame, expected[number]) for number, frame in enumerate(found, 20))


def test_a_clip_fills_its_box(composer: Callable[..., Composer]) -> None:
    shown = bgr(painted(composer(Clip("person.webm", WHOLE, 0, 60)), 30))
    assert shown[240, 135, 2] > shown[240, 135, 1] + 100


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_words_come_in_and_rest_where_they_are_merged(composer: Callable[..., Composer], entrance: str) -> None:
    layers = Ground("light", 0, 60, 1, "flat"), text(("title", "Column Vase"))
    made = composer(*layers, style=replace(STYLE, entrance=entrance))
    bare = bgr(painted(composer(layers[0]), 59))
    amounts = [int((np.abs(bgr(painted(made, number)) - bare).sum(2) > 120).sum()) for number in (0, 3, 59)]
    assert amounts[0] < amounts[1] < amounts[2]
    ground, block = made.timeline.draw_list(59)
    assert isinstance(block, BlockDraw)
    nearly = tuple(item._replace(words=(*item.words[:-1], 0.9999)) for item in block.items)
    arriving = drawn(made, ground, block._replace(items=nearly))
    assert np.abs(bgr(arriving) - bgr(drawn(made, ground, block))).mean() < 0.15


@pytest.mark.parametrize("badge", BADGES)
def test_a_badge_pops_out_of_nothing_and_settles(composer: Callable[..., Composer], badge: str) -> None:
    ground = Ground("light", 0, 60, 1, "flat")
    made = composer(ground, Badge("-20%", Box(600, 800, 228, 228), "light", 10, 60), style=replace(STYLE, badge=badge))
    bare = painted(composer(ground), 59)
    assert same(painted(made, 10), bare)
    changed = np.abs(painted(made, 59).y.astype(np.int16) - bare.y) > 20
    rows, columns = np.nonzero(changed)
    assert changed.sum() > 500
    assert 560 * 0.25 < columns.min() < columns.max() < 870 * 0.25
    assert 760 * 0.25 < rows.min() < rows.max() < 1070 * 0.25


def test_a_spoken_word_changes_only_the_caption(composer: Callable[..., Composer]) -> None:
    made = composer(Ground("light", 0, 60, 1, "flat"))
    ground = made.timeline.draw_list(0)[0]
    box = Box(60, 1000, 880, 220)
    said = [CaptionDraw((("Thrown", "by", "hand"),), active, "karaoke", box) for active in (0, 1)]
    one, other = (drawn(made, ground, draw) for draw in said)
    rows, _ = np.nonzero(one.y != other.y)
    assert len(rows)
    assert box.y * 0.25 - 8 <= rows.min()
    assert rows.max() <= box.bottom * 0.25 + 8


def test_characters_no_font_shows_are_named_in_the_notes(composer: Callable[..., Composer]) -> None:
    made = composer(Ground("light", 0, 60, 1), text(("title", "Vase \u0378")))
    painted(made, 0)
    assert [note for note in made.notes if "U+0378" in note]


def test_what_a_film_keeps_in_memory_is_bounded(composer: Callable[..., Composer]) -> None:
    made = composer(*everything(), scale=0.5)
    made.store.limit_bytes = 3_000_000
    frames = [painted(made, number) for number in (0, 30, 59)]
    assert made.store.most_bytes <= 3_000_000
    assert same(frames[1], painted(composer(*everything(), scale=0.5), 30))
    assert KEPT_BYTES <= 100_000_000


def test_a_second_film_takes_pictures_from_what_the_first_kept(pictures: Path, tmp_path: Path) -> None:
    keep = Counted(Cache(tmp_path, 200_000_000))
    timeline = film(*everything(), Picture("busy.png", "panel", Box(0, 960, 1080, 960), "light", "hold", 0, 60, True))
    first = painted(Composer(timeline, pictures.joinpath, scale=0.25, keep=keep), 40)
    kept = len(keep.put_in)
    second = painted(Composer(timeline, pictures.joinpath, scale=0.25, keep=keep), 40)
    assert same(first, second)
    assert kept >= 4
    assert len(keep.put_in) == kept


def test_a_clip_is_made_ready_once_for_all_films(pictures: Path, tmp_path: Path) -> None:
    keep = Counted(Cache(tmp_path, 200_000_000))
    cameo = Cameo("person.webm", "person.webp", Box(300, 800, 480, 480), "light", 0, 0, 60, "round")
    timeline, frames = film(Ground("light", 0, 60, 1, "flat"), cameo), []
    for _ in range(2):
        with closing(Composer(timeline, pictures.joinpath, scale=0.25, keep=keep)) as made:
            frames.append(painted(made, 40))
    assert same(*frames)
    assert keep.written == 1


def test_other_bytes_under_the_same_name_are_not_taken_for_the_old_picture(pictures: Path, tmp_path: Path) -> None:
    keep = Cache(tmp_path / "kept", 200_000_000)
    timeline = film(Picture("photo.png", "cover", WHOLE, "light", "hold", 0, 60, True), key_picture="photo.png")
    for name in ("red", "blue"):
        (tmp_path / "photo.png").write_bytes((pictures / f"{name}.png").read_bytes())
        shown = bgr(painted(Composer(timeline, tmp_path.joinpath, scale=0.25, keep=keep), 0))
        assert shown[240, 135].argmax() == {"red": 2, "blue": 0}[name]


def test_a_store_makes_each_thing_once_whoever_asks() -> None:
    store, gate = sprites.Store(1_000), threading.Barrier(4)
    made: list[Bytes] = []

    def make() -> Bytes:
        made.append(np.zeros(8, np.uint8))
        return made[-1]

    def ask() -> Bytes:
        gate.wait()
        return store.get("thing", make)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(), range(4)))
    assert len(made) == 1
    assert all(answer is made[0] for answer in answers)


def test_a_store_lets_the_longest_unused_go_first() -> None:
    store = sprites.Store(250)
    first, second = (store.get(key, lambda: np.zeros(100, np.uint8)) for key in "ab")
    store.get("a", lambda: np.ones(100, np.uint8))
    store.get("c", lambda: np.zeros(100, np.uint8))
    assert store.get("a", lambda: np.ones(1, np.uint8)) is first
    assert store.get("b", lambda: np.ones(1, np.uint8)) is not second
    assert store.most_bytes <= 250


def test_planes_come_back_as_they_were_packed() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (12, 20, 4), dtype=np.uint8)
    plate = planes.plate_from_bgra(pixels)
    pixels[..., :3] = np.minimum(pixels[..., :3], pixels[..., 3:])
    placed = sprites.placed(sprites.Art(pixels, 4, 6, 1.25))
    again, other = sprites.unpacked(sprites.packed(placed)), sprites.unpacked(sprites.packed(plate))
    assert isinstance(again, sprites.Placed)
    assert (again.x, again.y, again.detail) == (placed.x, placed.y, 1.25)
    for name in ("y", "u", "v", "a", "ca"):
        assert np.array_equal(getattr(again.sprite, name), getattr(placed.sprite, name))
    assert isinstance(other, planes.Plate)
    assert np.array_equal(other.v, plate.v)


@pytest.mark.parametrize("colour", ["#ffffff", "#b4532a", "#101820"])
def test_a_tinted_sprite_is_what_that_colour_in_pixels_would_be(colour: str) -> None:
    alpha = np.repeat(np.arange(0, 256, 4, dtype=np.uint8).reshape(1, -1), 8, 0)
    rgb = [int(colour[place : place + 2], 16) for place in (5, 3, 1)]
    pixels = np.dstack([*(np.rint(alpha * (part / 255)) for part in rgb), alpha]).astype(np.uint8)
    made, expected = sprites.tinted(alpha, colour), planes.sprite_from_bgra(pixels)
    for name in ("y", "u", "v", "a", "ca"):
        difference = getattr(made, name).astype(np.int16) - getattr(expected, name)
        assert np.abs(difference).max() <= 1, name


def test_margins_that_are_clear_are_not_kept() -> None:
    pixels = np.zeros((100, 100, 4), np.uint8)
    pixels[31:51, 45:60] = 255
    made = sprites.placed(sprites.Art(pixels, 10, 20))
    assert (made.x, made.y) == (54, 50)
    assert (made.sprite.w, made.sprite.h) == (16, 22)


class Counted:
    """A cache that remembers what was put in."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self.put_in: list[tuple[str, str]] = []
        self.written = 0

    def get(self, kind: str, key: str) -> bytes | None:
        return self._cache.get(kind, key)

    def put(self, kind: str, key: str, content: bytes) -> None:
        self.put_in.append((kind, key))
        self._cache.put(kind, key, content)

    def path(self, kind: str, key: str, make: Callable[[Path], None]) -> Path:
        def counted(path: Path) -> None:
            self.written += 1
            make(path)

        return self._cache.path(kind, key, counted)


def _clip(path: Path, pixels: Bytes) -> None:
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libvpx-vp9", rate=30)
        stream.width = stream.height = 300
        stream.pix_fmt = "yuva420p"
        for place in range(24):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(np.roll(pixels, place, 1)), "rgba")
            moved = frame.reformat(format="yuva420p")
            moved.pts = place
            out.mux(stream.encode(moved))
        out.mux(stream.encode(None))


def _hex(colour: NDArray[np.generic]) -> str:
    blue, green, red = (round(float(part)) for part in np.clip(colour, 0, 255))
    return f"#{red:02x}{green:02x}{blue:02x}"


def test_a_picture_too_small_for_its_place_is_noted(composer: Callable[..., Composer]) -> None:
    def shown(file: str, box: Box) -> Composer:
        made = composer(Picture(file, "panel", box, "light", "hold", 0, 60, True))
        painted(made, 30)
        return made

    box = Box(0, 0, 1080, 1920)
    assert shown("red.png", box).notes == {}
    (note,) = shown("person.webp", box).notes
    assert "person.webp is shown 6.4 times its size" in note
