import hashlib
import re
import resource
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from adengine.core.errors import PictureUnusable, RenderFailed, StorageFull
from adengine.core.film import Film
from adengine.core.storyboard import CameoPart
from adengine.core.timeline import Timeline
from workers.studio import animatic, render, still
from workers.studio.making.cache import Cache
from workers.studio.making.production import NAMES

Make = Callable[..., Timeline]
LUMI = CameoPart("cam_1", "Lumi", "lumi.webm", "still.webp", "Paid partnership")


def rendered(timeline: Timeline, shop: Path, out: Path) -> Film:
    return render(timeline, resolve=shop.joinpath, out=out, progress=lambda done, whole: None, scale=0.2)


@pytest.fixture(scope="module", params=["transparent", "keyed"])
def lumi(request: pytest.FixtureRequest, shop: Path) -> str:
    """A cameo, a red figure standing in nothing: VP9 with transparency, or H.264 before the key colour."""
    keyed = request.param == "keyed"
    name = "keyed.mp4" if keyed else "lumi.webm"
    with av.open(str(shop / name), "w") as out:
        stream = out.add_stream("libx264" if keyed else "libvpx-vp9", rate=30)
        stream.width = stream.height = 120
        stream.pix_fmt = "yuv420p" if keyed else "yuva420p"
        for place in range(12):
            pixels = np.full((120, 120, 4), (0, 0xB1, 0x40, 255) if keyed else (0, 0, 0, 0), np.uint8)
            pixels[20:, 30:90] = (230, 20, 20, 255)
            frame = av.VideoFrame.from_ndarray(pixels, "rgba").reformat(format=stream.pix_fmt)
            frame.pts = place
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return name


def test_film_has_the_frames_the_sound_and_the_tags_it_promises(make: Make, shop: Path, tmp_path: Path) -> None:
    film = rendered(make(), shop, tmp_path)
    with av.open(str(tmp_path / film.film)) as opened:
        video, audio = opened.streams.video[0], opened.streams.audio[0]
        frames = list(opened.decode(video))
        assert (video.codec_context.name, video.codec_context.profile, video.pix_fmt) == (
            "h264",
            "High",
            "yuv420p",
        )
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)
        assert (frames[0].colorspace, frames[0].color_range) == (1, 1)
        assert abs(float(opened.duration or 0) / 1e6 - 6) < 0.05
    assert len(frames) == film.frames == 180
    assert (film.width, film.height) == (216, 384) == (frames[0].width, frames[0].height)
    assert [f.pts for f in frames] == sorted({f.pts for f in frames})
    assert film.audio
    assert film.notes == ()
    assert {path.name for path in tmp_path.iterdir()} == set(NAMES)


def test_index_lies_before_the_pictures(make: Make, shop: Path, tmp_path: Path) -> None:
    content = (tmp_path / rendered(make(), shop, tmp_path).film).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_same_timeline_and_pictures_give_the_same_bytes(make: Make, shop: Path, tmp_path: Path) -> None:
    one, two = (rendered(make("offer"), shop, tmp_path / name) for name in ("one", "two"))
    assert one == two
    assert one.sha256 == hashlib.sha256((tmp_path / "two" / "film.mp4").read_bytes()).hexdigest()
    assert (tmp_path / "one" / "poster.webp").read_bytes() == (tmp_path / "two" / "poster.webp").read_bytes()


def test_captions_are_cues_in_order_with_the_price(make: Make, shop: Path, tmp_path: Path) -> None:
    text = (tmp_path / rendered(make(), shop, tmp_path).captions).read_text()
    assert text.startswith("WEBVTT\n\n")
    times = re.findall(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})", text)
    assert times[0][0] == "00:00:00.000"
    assert times[-1][1] == "00:00:06.000"
    assert [end for _, end in times[:-1]] == [start for start, _ in times[1:]]
    assert "Lumen &amp; Loam" in text
    assert "€54.00" in text


def test_posters_show_the_product(make: Make, shop: Path, tmp_path: Path) -> None:
    film = rendered(make(), shop, tmp_path)
    for name in (film.poster, film.poster_jpeg):
        with Image.open(tmp_path / name) as picture:
            assert picture.size == (216, 384)
            red, green, blue = picture.convert("RGB").getpixel((108, 280))  # type: ignore[misc]
            assert green > red + 30
            assert green > blue


def test_first_frame_of_the_film_is_what_was_composed(make: Make, shop: Path, tmp_path: Path) -> None:
    timeline = make()
    film = rendered(timeline, shop, tmp_path)
    composed = np.asarray(still(timeline, 0, resolve=shop.joinpath, scale=0.2), np.float64)
    with av.open(str(tmp_path / film.film)) as opened:
        decoded = next(opened.decode(video=0)).to_ndarray(format="rgb24").astype(np.float64)
    assert np.abs(decoded - composed).mean() < 3


def test_a_timeline_that_others_share_grows_by_nothing(make: Make, shop: Path, tmp_path: Path) -> None:
    timeline = make()
    before = len(vars(timeline))
    rendered(timeline, shop, tmp_path)
    assert len(vars(timeline)) == before


def test_progress_counts_every_frame(make: Make, shop: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    render(
        make(),
        resolve=shop.joinpath,
        out=tmp_path,
        progress=lambda done, whole: seen.append((done, whole)),
        scale=0.1,
    )
    assert seen == [(frame, 180) for frame in range(1, 181)]


@pytest.mark.parametrize(
    "title",
    [
        "Vase " * 2000,
        "W" * 10_000,
        "مزهرية زجاجية Lumen بسعر €54.00",
        "手作りの花瓶 👩🏽‍🌾❤️",
        "แจกันดอกไม้ทำมือ",
        "הכד הכחול",
    ],
    ids=["10000 words", "10000 letters", "arabic", "japanese and emoji", "thai", "hebrew"],
)
def test_any_title_is_drawn_inside_its_box(make: Make, shop: Path, title: str) -> None:
    timeline = make(title=title)
    bare = replace(timeline, layers=tuple(p for p in timeline.layers if p.layer.kind != "block"))
    frame = timeline.segments[0].end - 2
    words = np.asarray(still(timeline, frame, resolve=shop.joinpath, scale=0.2), np.int16)
    empty = np.asarray(still(bare, frame, resolve=shop.joinpath, scale=0.2), np.int16)
    rows, columns = np.nonzero(np.abs(words - empty).sum(2) > 60)
    assert len(rows) > 200
    assert rows.min() >= 270 * 0.2
    assert rows.max() <= 1250 * 0.2
    assert columns.min() >= 60 * 0.2
    assert columns.max() <= 940 * 0.2 + 1


def test_characters_no_font_shows_are_named_in_the_notes(make: Make, shop: Path, tmp_path: Path) -> None:
    film = rendered(make(title="Vase \U00013000\u0378 \U000e0fff"), shop, tmp_path)
    hieroglyph = [note for note in film.notes if "EGYPTIAN HIEROGLYPH" in note]
    drawn = still(make(title="\U00013000"), 60, resolve=shop.joinpath, scale=0.2)
    assert hieroglyph or drawn.getbbox()


def test_cameo_stands_free_of_its_background(make: Make, shop: Path, lumi: str) -> None:
    timeline = make("cameo_endorsement", cameo=replace(LUMI, clip=lumi))
    pixels = np.asarray(still(timeline, 30, resolve=shop.joinpath, scale=0.25), np.int16)
    red = (pixels[:, :, 0] > 180) & (pixels[:, :, 1] < 70) & (pixels[:, :, 2] < 70)
    columns = np.nonzero(red)[1]
    assert red.sum() > 2000
    # The figure is half as wide as its clip: an opaque clip would have filled its disc.
    box = next(placed.layer.box for placed in timeline.layers if placed.layer.kind == "cameo")
    assert columns.max() - columns.min() < 0.8 * box.w * 0.25


def test_unreadable_cameo_clip_falls_back_to_its_still_and_says_so(make: Make, shop: Path, tmp_path: Path) -> None:
    (shop / "broken.webm").write_bytes(b"\x1aE\xdf\xa3 nothing follows")
    timeline = make("cameo_endorsement", cameo=replace(LUMI, clip="broken.webm"))
    film = rendered(timeline, shop, tmp_path)
    assert any("broken.webm" in note and "still" in note for note in film.notes)


def test_generated_clip_plays_under_the_hook(make: Make, shop: Path) -> None:
    with av.open(str(shop / "clip.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=30, options={"crf": "10"})
        stream.width, stream.height, stream.pix_fmt = 128, 128, "yuv420p"
        for place in range(90):
            pixels = np.full((128, 128, 3), (0, 0, 40 + 2 * place), np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, "rgb24")))
        out.mux(stream.encode(None))
    timeline = make(clip="clip.mp4")
    blues = [
        np.asarray(still(timeline, frame, resolve=shop.joinpath, scale=0.1))[170:, :, 2].mean() for frame in (0, 20, 39)
    ]
    assert [round(float(blue)) for blue in blues] == pytest.approx([40, 80, 118], abs=6)


@pytest.mark.parametrize("content", [b"", b"RIFF\x00\x00\x00\x00WEBPVP8 ", b"<svg/>"])
def test_corrupt_picture_raises_and_leaves_nothing(make: Make, shop: Path, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.webp").write_bytes(content)
    out = tmp_path / "out"
    with pytest.raises(PictureUnusable, match=r"bad\.webp"):
        render(make(), resolve=lambda key: tmp_path / "bad.webp", out=out, progress=lambda a, b: None, scale=0.1)
    assert list(out.iterdir()) == []


def test_truncated_photograph_raises(make: Make, shop: Path, tmp_path: Path) -> None:
    whole = (shop / "room.jpg").read_bytes()
    (tmp_path / "half.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(PictureUnusable, match=r"half\.jpg"):
        still(make(), 0, resolve=lambda key: tmp_path / "half.jpg", scale=0.1)


def test_gigantic_picture_is_refused_before_it_is_decoded(make: Make, tmp_path: Path) -> None:
    Image.new("1", (9000, 9000)).save(tmp_path / "huge.png")
    with pytest.raises(PictureUnusable, match="50 million"):
        still(make(), 0, resolve=lambda key: tmp_path / "huge.png", scale=0.1)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """No file may grow past 40 kB: the kernel's own refusal, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("small_disk")
def test_full_disk_raises_and_leaves_nothing(make: Make, shop: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageFull, match="free some space"):
        rendered(make(), shop, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_cancelled_render_stops_and_keeps_the_film_that_was_there(make: Make, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"the last good film")
    done: list[int] = []
    with pytest.raises(RenderFailed, match="cancelled"):
        render(
            make(),
            resolve=shop.joinpath,
            out=tmp_path,
            progress=lambda frame, whole: done.append(frame),
            cancelled=lambda: len(done) >= 5,
            scale=0.1,
        )
    assert len(done) == 5
    assert (tmp_path / "film.mp4").read_bytes() == b"the last good film"
    assert [path.name for path in tmp_path.iterdir()] == ["film.mp4"]


def test_a_changed_price_renders_only_the_parts_that_show_it(make: Make, shop: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 100_000_000)
    parts = cache.folder / "part"

    def count(timeline: Timeline, name: str) -> int:
        before = set(parts.rglob("*")) if parts.exists() else set()
        render(
            timeline,
            resolve=shop.joinpath,
            out=tmp_path / name,
            progress=lambda done, whole: None,
            scale=0.1,
            cache=cache,
        )
        return sum(path.is_file() for path in set(parts.rglob("*")) - before)

    whole = count(make(), "one")
    assert count(make(), "again") == 0
    assert 0 < count(make(call_to_action="Take it home"), "other") < whole / 2


def test_animatic_is_the_same_film_small(make: Make, shop: Path, tmp_path: Path) -> None:
    film = animatic(make(), resolve=shop.joinpath, out=tmp_path)
    assert (film.width, film.height, film.frames) == (360, 640, 180)
    with av.open(str(tmp_path / film.film)) as opened:
        assert sum(1 for _ in opened.decode(video=0)) == 180


@pytest.mark.usefixtures("small_disk")
def test_a_full_disk_leaves_no_half_entry_in_the_cache(make: Make, shop: Path, tmp_path: Path) -> None:
    cache = Cache(tmp_path / "cache", 100_000_000)
    with pytest.raises(StorageFull, match="free some space"):
        render(
            make(),
            resolve=shop.joinpath,
            out=tmp_path / "out",
            progress=lambda done, whole: None,
            scale=0.2,
            cache=cache,
        )
    assert list((tmp_path / "out").iterdir()) == []
    assert list((cache.folder / "drafts").iterdir()) == []
