"""Clips coming in: any rate, turn, damage or transparency, and read back frame by frame from any thread."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from adengine.core.errors import PictureUnusable
from workers.studio.pixels.planes import Frame, Plate, Sprite, cover, lay, plate_from_bgra, shrunk
from workers.studio.scene import reels
from workers.studio.scene.reels import Mezzanine, Reel, mezzanine

GREEN = (0, 0xB1, 0x40)
STEP = 6  # how much brighter each frame of a numbered clip is


def write_clip(
    path: Path,
    pictures: Sequence[np.ndarray[Any, Any]],
    *,
    rate: Fraction | int = 30,
    times_ms: Sequence[int] | None = None,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    turn: int = 0,
) -> Path:
    """Write RGB(A) pictures as a clip, at a constant rate or each at its own millisecond."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream(codec, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.codec_context.options = {"crf": "10"}
        if times_ms:
            stream.codec_context.time_base = Fraction(1, 1000)
        if turn:
            stream.set_display_rotation(turn)
        for place, pixels in enumerate(pictures):
            frame = VideoFrame.from_ndarray(pixels, "rgba" if pixels.shape[2] == 4 else "rgb24")
            frame = frame.reformat(format=pix_fmt, dst_colorspace="itu601" if pix_fmt != "rgba" else None)
            frame.pts = times_ms[place] if times_ms else place
            frame.time_base = Fraction(1, 1000) if times_ms else 1 / Fraction(rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def flat(level: int, size: tuple[int, int] = (96, 64)) -> np.ndarray[Any, Any]:
    return np.full((size[1], size[0], 3), level, np.uint8)


def numbered(count: int, size: tuple[int, int] = (96, 64)) -> list[np.ndarray[Any, Any]]:
    return [flat(20 + STEP * place, size) for place in range(count)]


def number(luma: np.ndarray[Any, Any]) -> int:
    """Read the number of a numbered clip's frame off its limited-range luma."""
    return round(((float(luma.mean()) - 16) * 255 / 219 - 20) / STEP)


def read_numbers(path: Path, fps: int = 30, *, loops: bool = False, frames: int | None = None) -> list[int]:
    reel = Reel(path, loops=loops)
    shown = [number(reel.planes(frame, fps)[0]) for frame in range(frames or reel.about.frames)]
    reel.close()
    return shown


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A mezzanine of 36 numbered frames."""
    mezzanine(write_clip(tmp_path / "in.mp4", numbered(36)), tmp_path / "m.mp4", height=64, cut_out=False)
    return tmp_path / "m.mp4"


# ---- time ----


def test_a_clip_of_thirty_frames_a_second_is_taken_frame_by_frame(made: Path) -> None:
    assert read_numbers(made) == list(range(36))


@pytest.mark.parametrize(
    ("rate", "frames", "seconds"),
    [(Fraction(24000, 1001), 24, 1.001), (25, 25, 1), (15, 15, 1), (Fraction(60), 36, 0.6), (10, 5, 0.5)],
)
def test_any_frame_rate_shows_each_moment_at_its_time(
    tmp_path: Path, rate: Fraction | int, frames: int, seconds: float
) -> None:
    source = write_clip(tmp_path / "in.mp4", numbered(frames), rate=rate)
    about = mezzanine(source, tmp_path / "m.mp4", height=64, cut_out=False)
    assert about.frames == pytest.approx(seconds * 30, abs=0.51)
    due = [min(frames - 1, int(place * float(rate) / 30 + 0.07)) for place in range(about.frames)]
    assert read_numbers(tmp_path / "m.mp4") == due


def test_a_variable_frame_rate_is_followed_by_time_and_not_by_count(tmp_path: Path) -> None:
    times = [0, 33, 67, 500, 533, 900]
    source = write_clip(tmp_path / "in.mkv", numbered(6), times_ms=times)
    mezzanine(source, tmp_path / "m.mp4", height=64, cut_out=False)
    shown = read_numbers(tmp_path / "m.mp4")
    assert [shown.index(place) for place in range(6)] == [0, 1, 2, 15, 16, 27]


def test_a_clip_that_begins_late_begins_at_its_first_frame(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mkv", numbered(3), times_ms=[5000, 5100, 5200])
    mezzanine(source, tmp_path / "m.mp4", height=64, cut_out=False)
    assert read_numbers(tmp_path / "m.mp4")[:4] == [0, 0, 0, 1]


def test_an_endless_pause_gives_a_minute_and_not_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reels, "MOST_SECONDS", 2)
    source = write_clip(tmp_path / "in.mkv", numbered(2), times_ms=[0, 30_000_000])
    assert mezzanine(source, tmp_path / "m.mp4", height=64, cut_out=False).frames == 60


def test_a_film_of_another_rate_shows_the_same_moments(made: Path) -> None:
    assert read_numbers(made, fps=60, frames=8) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert read_numbers(made, fps=15, frames=4) == [0, 2, 4, 6]


def test_past_its_end_a_clip_holds_or_begins_again(made: Path) -> None:
    reel, loop = Reel(made, loops=False), Reel(made, loops=True)
    assert [number(reel.planes(frame, 30)[0]) for frame in (34, 35, 36, 500)] == [34, 35, 35, 35]
    assert [number(loop.planes(frame, 30)[0]) for frame in (34, 35, 36, 37, 72)] == [34, 35, 0, 1, 0]


def test_a_reel_goes_to_any_frame_in_any_order(made: Path) -> None:
    order = [20, 3, 35, 14, 15, 16, 0, 31, 30, 29]
    reel = Reel(made, loops=False)
    assert [number(reel.planes(frame, 30)[0]) for frame in order] == order


def test_reels_in_different_threads_read_one_file_at_different_places(made: Path) -> None:
    def read_from(start: int) -> list[int]:
        reel = Reel(made, loops=True)
        return [number(reel.planes(start + step, 30)[0]) for step in range(36)]

    with ThreadPoolExecutor(6) as pool:
        shown = list(pool.map(read_from, range(0, 36, 6)))
    assert shown == [[(start + step) % 36 for step in range(36)] for start in range(0, 36, 6)]


def test_planes_stay_whole_while_the_reel_goes_on(made: Path) -> None:
    reel = Reel(made, loops=False)
    kept = [reel.planes(frame, 30) for frame in range(30)]
    assert [number(planes[0]) for planes in kept] == list(range(30))


# ---- form ----


def test_the_same_clip_gives_the_same_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    source = write_clip(tmp_path / "in.mp4", [rng.integers(0, 255, (64, 96, 3), np.uint8) for _ in range(20)])
    one, two = (mezzanine(source, tmp_path / name, height=64, cut_out=False) for name in ("a.mp4", "b.mp4"))
    assert one == two
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_what_is_written_is_cheap_to_read(made: Path) -> None:
    with av.open(str(made)) as opened:
        video = opened.streams.video[0]
        packets = [packet for packet in opened.demux(video) if packet.size]
        assert [place for place, packet in enumerate(packets) if packet.is_keyframe] == [0, 15, 30]
        assert [packet.pts for packet in packets] == [packet.dts for packet in packets]
        assert (video.pix_fmt, str(video.average_rate), len(opened.streams.audio)) == ("yuv420p", "30", 0)
        assert (video.codec_context.colorspace, video.codec_context.color_range) == (1, 1)


@pytest.mark.parametrize(
    ("size", "height", "cut_out", "expected"),
    [
        ((200, 112), 64, False, (112, 64)),
        ((96, 64), 480, False, (96, 64)),
        ((90, 160), 144, False, (80, 144)),
        ((64, 800), 9999, False, (64, 800)),
        ((64, 800), 9999, True, (64, 720)),
    ],
)
def test_a_clip_is_made_smaller_never_larger_and_keeps_its_shape(
    tmp_path: Path, size: tuple[int, int], height: int, cut_out: bool, expected: tuple[int, int]
) -> None:
    source = write_clip(tmp_path / "in.mp4", [flat(90, size)])
    about = mezzanine(source, tmp_path / "m.mp4", height=height, cut_out=cut_out)
    y, u, v = Reel(tmp_path / "m.mp4", loops=False).planes(0, 30)
    assert (about.width, about.height) == expected
    assert [plane.shape[::-1] for plane in (y, u, v)] == [expected, *[(expected[0] // 2, expected[1] // 2)] * 2]


def test_a_clip_in_the_colours_of_films_keeps_its_picture_when_it_is_made_smaller(tmp_path: Path) -> None:
    across, down = np.meshgrid(np.arange(144), np.arange(96))
    plate = plate_from_bgra(np.stack([across, down, across + down, across], 2).astype(np.uint8))
    with av.open(str(tmp_path / "in.mp4"), "w") as out:
        stream: Any = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 144, 96, "yuv420p"
        context = stream.codec_context
        context.options = {"crf": "4"}
        context.colorspace = context.color_primaries = context.color_trc = context.color_range = 1
        shown = VideoFrame(144, 96, "yuv420p")
        cover(Frame.over(shown), plate, 0, 0, 1)
        out.mux([*stream.encode(shown), *stream.encode(None)])
    mezzanine(tmp_path / "in.mp4", tmp_path / "out.mp4", height=64, cut_out=False)
    made = Reel(tmp_path / "out.mp4", loops=False).planes(0, 30)
    expected = shrunk(plate, 96, 64)
    for got, wanted in zip(made, (expected.y, expected.u, expected.v), strict=True):
        assert np.abs(got.astype(int) - wanted).mean() < 1.5


@pytest.mark.parametrize(("turn", "bright"), [(90, "left"), (-90, "right"), (180, "bottom"), (0, "top")])
def test_a_turned_clip_stands_upright(tmp_path: Path, turn: int, bright: str) -> None:
    pixels = flat(20)
    pixels[:32] = 220
    source = write_clip(tmp_path / "in.mp4", [pixels] * 3, turn=turn)
    about = mezzanine(source, tmp_path / "m.mp4", height=96, cut_out=False)
    y = Reel(tmp_path / "m.mp4", loops=False).planes(0, 30)[0]
    h, w = y.shape
    parts = {"top": y[: h // 3], "bottom": y[-h // 3 :], "left": y[:, : w // 3], "right": y[:, -w // 3 :]}
    assert (about.width, about.height) == ((64, 96) if turn in (90, -90) else (96, 64))
    assert max(parts, key=lambda side: parts[side].mean()) == bright


def test_colours_come_out_in_bt709(tmp_path: Path) -> None:
    pixels = np.full((64, 96, 3), (200, 40, 90), np.uint8)
    mezzanine(write_clip(tmp_path / "in.mp4", [pixels]), tmp_path / "m.mp4", height=64, cut_out=False)
    levels = [float(plane.mean()) for plane in Reel(tmp_path / "m.mp4", loops=False).planes(0, 30)]
    assert levels == pytest.approx([82.7, 133.9, 196.3], abs=2.0)


# ---- transparency ----


def figure(ground: tuple[int, ...], *, size: int = 96) -> np.ndarray[Any, Any]:
    """A red figure before a ground; both RGB, or both with alpha."""
    pixels = np.full((size, size, len(ground)), ground, np.uint8)
    pixels[size // 4 :, size // 4 : -size // 4] = (230, 20, 20, 255)[: len(ground)]
    return pixels


def test_a_transparent_vp9_clip_is_cut_out(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.webm", [figure((0, 0, 0, 0))] * 4, codec="libvpx-vp9", pix_fmt="yuva420p")
    about = mezzanine(source, tmp_path / "m.mp4", height=96, cut_out=True)
    y, u, v, alpha, means = Reel(tmp_path / "m.mp4", loops=False).planes(0, 30)
    assert about == Mezzanine(96, 96, 4, True)
    assert (y[:16].max(), u[:8].max(), v[:8].max(), alpha[:16].max(), means[:8].max()) == (0, 0, 0, 0, 0)
    assert alpha[60:90, 40:60].min() >= 253
    assert means[30:45, 20:30].min() >= 250


def test_a_green_screen_is_keyed_without_a_green_rim(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", [figure(GREEN)] * 4)
    about = mezzanine(source, tmp_path / "m.mp4", height=96, cut_out=True)
    reel = Reel(tmp_path / "m.mp4", loops=False)
    alpha = reel.planes(0, 30)[3]
    assert about.has_alpha
    assert alpha[:16].max() <= 2
    assert alpha[60:90, 40:60].min() >= 250
    sprite = reel.shown(0, 30)
    assert isinstance(sprite, Sprite)
    frame = Frame.blank(96, 96)
    lay(frame, sprite, 0, 0)
    # Nowhere on black is there green: V and U both well below the middle.
    assert not ((frame.u < 112) & (frame.v < 112)).any()


def test_any_studio_green_is_a_key_and_a_grey_wall_is_not(tmp_path: Path) -> None:
    other = write_clip(tmp_path / "a.mp4", [figure((60, 190, 80))] * 2)
    wall = write_clip(tmp_path / "b.mp4", [figure((150, 155, 150))] * 2)
    assert mezzanine(other, tmp_path / "am.mp4", height=96, cut_out=True).has_alpha
    about = mezzanine(wall, tmp_path / "bm.mp4", height=96, cut_out=True)
    assert not about.has_alpha
    assert "neither transparent nor before a green key" in about.notes[0]
    reel = Reel(tmp_path / "bm.mp4", loops=True)
    assert reel.about == about
    assert isinstance(reel.shown(0, 30), Plate)


def test_a_clip_that_is_not_cut_out_stays_whole(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", [figure(GREEN)] * 2)
    assert mezzanine(source, tmp_path / "m.mp4", height=96, cut_out=False) == Mezzanine(96, 96, 2, False)


# ---- damage ----


@pytest.mark.parametrize(
    ("name", "lost", "words"),
    [
        ("in.mp4", "overwritten", "is damaged after"),
        ("in.ts", "cut off", "is damaged after"),
        ("in.mkv", "cut off", "cut short"),
    ],
)
def test_a_clip_with_a_broken_tail_ends_there_and_says_so(tmp_path: Path, name: str, lost: str, words: str) -> None:
    rng = np.random.default_rng(5)
    source = write_clip(tmp_path / name, [rng.integers(0, 255, (64, 96, 3), np.uint8) for _ in range(60)])
    content = source.read_bytes()
    half = len(content) // 2
    if lost == "overwritten":
        index = content.index(b"moov") - 4
        content = content[:half] + rng.integers(0, 255, index - half, np.uint8).tobytes() + content[index:]
    source.write_bytes(content if lost == "overwritten" else content[:half])
    about = mezzanine(source, tmp_path / "m.mp4", height=64, cut_out=False)
    assert 15 < about.frames < 45
    assert words in about.notes[0]
    assert Reel(tmp_path / "m.mp4", loops=False).about == about


@pytest.mark.parametrize("content", [b"", b"no clip at all", b"\0\0\0\x18ftypisom" + b"\0" * 400])
def test_what_is_no_clip_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.mp4").write_bytes(content)
    with pytest.raises(PictureUnusable, match=r"in\.mp4 cannot be played.*upload it again"):
        mezzanine(tmp_path / "in.mp4", tmp_path / "m.mp4", height=64, cut_out=False)


def test_an_mp4_that_lost_its_index_is_refused(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", numbered(30))
    source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    with pytest.raises(PictureUnusable, match="cannot be played"):
        mezzanine(source, tmp_path / "m.mp4", height=64, cut_out=False)


def test_a_sound_without_pictures_is_refused(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "in.mp4"), "w") as out:
        stream: Any = out.add_stream("aac", rate=48_000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), "fltp", "mono")
        frame.rate = 48_000
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    with pytest.raises(PictureUnusable, match="no moving picture"):
        mezzanine(tmp_path / "in.mp4", tmp_path / "m.mp4", height=64, cut_out=False)


def test_a_huge_clip_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", [flat(50, (4112, 2304))])
    with pytest.raises(PictureUnusable, match="4096 x 2304"):
        mezzanine(source, tmp_path / "m.mp4", height=64, cut_out=False)


def test_a_clip_that_was_not_prepared_is_not_read_as_if_it_were(tmp_path: Path) -> None:
    with pytest.raises(PictureUnusable, match="not prepared"):
        Reel(write_clip(tmp_path / "in.mp4", numbered(3)), loops=True)
