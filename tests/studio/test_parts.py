"""Parts of films: joined without a loss, the same bytes however they come about, made again only where they change."""

from __future__ import annotations

import hashlib
import pickle
import random
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from adengine.core.errors import PictureUnusable, RenderFailed, VoiceMissing
from adengine.core.timeline import Timeline
from tests.studio.small_film import FILES, FPS, SIZE, Boxes, film, pictures, produce
from workers.studio import render
from workers.studio.coding import QUALITIES, Coding, Part, change
from workers.studio.making import mux
from workers.studio.making.cache import Cache
from workers.studio.making.encode import encode
from workers.studio.making.parts import Easel, Names, Parts, wanted_parts
from workers.studio.pixels.planes import Frame

ROOT = Path(__file__).parents[2]
PLENTY = 100_000_000
CODING = Coding(*SIZE, FPS, QUALITIES["standard"])


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache", PLENTY)


class Watched:
    """Makes painters and keeps them, so that a test can ask which frames were painted."""

    def __init__(self) -> None:
        self.made: list[Boxes] = []

    def __call__(self, timeline: Timeline) -> Boxes:
        self.made.append(Boxes(timeline))
        return self.made[-1]

    @property
    def painted(self) -> list[int]:
        return sorted(number for painter in self.made for number in painter.painted)


def encoded(start: int, end: int, *, coding: Coding = CODING) -> Part:
    return encode(Boxes(film()).paint, range(start, end), coding, thumbs=(), done=lambda: None)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def painted(timeline: Timeline, number: int) -> np.ndarray:
    frame = Frame.blank(*SIZE)
    Boxes(timeline).paint(number, frame)
    return frame.y.astype(np.int16)


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.square(one - other).mean())))


def test_the_joined_film_has_every_frame_as_it_was_painted(cache: Cache, tmp_path: Path) -> None:
    made = produce(film(), tmp_path / "out", cache)
    with av.open(str(tmp_path / "out" / made.film)) as opened:
        frames = list(opened.decode(video=0))
        assert [frame.pts * frame.time_base * FPS for frame in frames] == list(range(180))
    shown = [frame.to_ndarray()[: SIZE[1]].astype(np.int16) for frame in frames]
    assert min(psnr(one, painted(film(), number)) for number, one in enumerate(shown)) > 38


def test_decode_times_rise_over_every_joint(cache: Cache, tmp_path: Path) -> None:
    made = produce(film(), tmp_path / "out", cache)
    with av.open(str(tmp_path / "out" / made.film)) as opened:
        packets = [packet for packet in opened.demux(video=0) if packet.size]
    times = [packet.dts for packet in packets]
    assert times == sorted(set(times))
    assert len({packet.pts for packet in packets}) == 180
    assert [round(packet.pts * packet.time_base * FPS) for packet in packets if packet.is_keyframe] == [
        0,
        60,
        76,
        95,
        120,
        140,
    ]


def test_the_hardest_part_is_made_first_and_a_transition_is_twice_the_work(cache: Cache, tmp_path: Path) -> None:
    names = Names(film(), pictures(tmp_path).joinpath, CODING, 0.1)
    missing = Parts(wanted_parts(film(), names), Easel(Boxes, film()), CODING, cache).missing()
    assert [(one.start, one.end, one.effort) for one in missing] == [
        (0, 60, 60),
        (140, 180, 40),
        (60, 76, 32),
        (95, 120, 25),
        (120, 140, 20),
        (76, 95, 19),
    ]


def test_a_painter_that_cannot_make_ready_says_so_when_it_paints(cache: Cache) -> None:
    class Unready(Boxes):
        def prepare(self) -> None:
            raise MemoryError

    easel = Easel(Unready, film())
    easel.prepare()
    easel.timeline = film(title="As it is spoken")
    frame = Frame.blank(*SIZE)
    easel.paint(50, frame)
    easel.close()
    expected = Frame.blank(*SIZE)
    Boxes(film(title="As it is spoken")).paint(50, expected)
    assert np.array_equal(frame.y, expected.y)


def test_a_film_whose_voice_is_missing_closes_the_painter_that_made_ready(cache: Cache, tmp_path: Path) -> None:
    watched = Watched()
    with pytest.raises(VoiceMissing, match="nobody"):
        produce(replace(film(), voice="nobody"), tmp_path / "out", cache, paint=watched)
    assert [painter.is_closed for painter in watched.made] == [True]


def test_a_part_refers_to_nothing_outside_it() -> None:
    part = encoded(60, 95)
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = part.config
    frames = [frame for one in part.packets for frame in decoder.decode(av.Packet(one.data))] + decoder.decode(None)
    assert len(frames) == 35
    assert [one.is_key for one in part.packets] == [True] + [False] * 34


@pytest.mark.parametrize("quality", list(QUALITIES))
def test_parts_of_any_length_share_one_stream_header(quality: str) -> None:
    coding = replace(CODING, quality=QUALITIES[quality])
    assert len({encoded(0, end, coding=coding).config for end in (1, 2, 15, 90)}) == 1


@pytest.mark.parametrize("size", [SIZE, (360, 640), (1080, 1920)])
@pytest.mark.parametrize("quality", list(QUALITIES))
def test_a_part_denser_than_players_take_is_held_to_it_and_joins_the_others(
    quality: str, size: tuple[int, int]
) -> None:
    coding, counted = Coding(*size, FPS, QUALITIES[quality]), []
    noise = np.random.default_rng(1).integers(16, 235, (size[1] // 4, size[0]), np.uint8)

    def calm(number: int, frame: Frame) -> None:
        frame.y[:], frame.u[:], frame.v[:] = 128, 128, 128

    def dense(number: int, frame: Frame) -> None:
        calm(number, frame)
        frame.y[: len(noise)] = np.roll(noise, 37 * number, axis=1)

    part = encode(dense, range(40), coding, thumbs=(), done=lambda: counted.append(1))
    assert coding.plays(len(packet.data) for packet in part.packets)
    assert part.config == encode(calm, range(2), coding, thumbs=(), done=lambda: None).config
    assert len(counted) == 40


@pytest.mark.parametrize(("bits_a_frame", "is_played"), [(100_000, True), (140_000, False)])
def test_a_buffer_runs_dry_where_more_comes_than_it_is_filled_with(bits_a_frame: int, *, is_played: bool) -> None:
    # 3 Mbit a second fill it, which is 100,000 a frame, and it begins with 3.375 Mbit: 84 frames' surplus of 40,000.
    coding = Coding(480, 624, 30, QUALITIES["standard"])
    assert coding.plays([bits_a_frame // 8] * 90) is is_played


@pytest.mark.parametrize("quality", list(QUALITIES))
def test_what_lay_in_memory_decides_no_byte_of_a_part(quality: str) -> None:
    coding = Coding(360, 640, FPS, QUALITIES[quality])
    blocks = np.random.default_rng(1).integers(16, 235, (80, 70), np.uint8).repeat(8, 0).repeat(8, 1)
    chance = random.Random(1)

    def slide(number: int, frame: Frame) -> None:
        frame.y[:], frame.u[:], frame.v[:] = blocks[:, number * 3 : number * 3 + 360], 128, 128

    made = set()
    for _ in range(30):
        left = [np.full(chance.randrange(100, 200_000), chance.randrange(256), np.uint8) for _ in range(60)]
        del left[::2]
        made.add(encode(slide, range(14), coding, thumbs=(), done=lambda: None).to_bytes())
    assert len(made) == 1


def test_the_change_over_a_joint_is_measured_as_within_a_part() -> None:
    whole, first, second = encoded(50, 70), encoded(50, 60), encoded(60, 70)
    assert change(first.last, second.first) == whole.stir[10]


def test_parts_of_other_settings_are_refused(tmp_path: Path) -> None:
    other = encoded(15, 30, coding=replace(CODING, quality=QUALITIES["draft"]))
    with mux.Stream(tmp_path / "film.m4s", CODING) as joined:
        joined.add(encoded(0, 15))
        with pytest.raises(RenderFailed, match="empty the cache"):
            joined.add(other)


def test_a_part_is_the_same_after_it_was_kept() -> None:
    part = replace(encoded(0, 20), notes=("a note", "ein Fußnötchen"), thumbs=((0, b"jpeg"), (10, b"")))
    assert Part.from_bytes(part.to_bytes()) == part


def test_any_number_of_workers_and_any_cache_give_the_same_bytes(tmp_path: Path) -> None:
    films = {}
    for workers in (1, 2, 3):
        cache = Cache(tmp_path / f"cache{workers}", PLENTY)
        for warmth in ("cold", "warm"):
            out = tmp_path / f"{workers}{warmth}"
            films[workers, warmth] = produce(film(), out, cache, workers=workers)
    assert len(set(films.values())) == 1
    for name in (
        "film.mp4",
        "hls-video.m4s",
        "hls-audio.m4s",
        "hls.m3u8",
        "preview.webp",
        "sprites.jpg",
        "poster.webp",
    ):
        assert len({digest(tmp_path / f"{w}{warmth}" / name) for w, warmth in films}) == 1


def test_an_unchanged_film_is_not_painted_again(cache: Cache, tmp_path: Path) -> None:
    first, second = Watched(), Watched()
    produce(film(), tmp_path / "out", cache, paint=first)
    produce(film(), tmp_path / "out", cache, paint=second)
    assert first.painted == sorted([*range(180), film().poster_frame])
    assert second.made == []


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (film(cta="Buy yours"), range(140, 180)),
        (film(price="€49.00"), range(95, 180)),
        (film(title="Tall Vase"), [*range(76), 58]),
        (replace(film(), captions=(), mood="bold"), []),
    ],
    ids=["button", "price", "title", "mood"],
)
def test_only_what_changes_is_painted_again(cache: Cache, tmp_path: Path, other: Timeline, expected: list[int]) -> None:
    again = Watched()
    produce(film(), tmp_path / "one", cache)
    produce(other, tmp_path / "two", cache, paint=again)
    assert again.painted == sorted(expected)


def test_a_film_of_cached_and_new_parts_is_the_film_made_at_once(cache: Cache, tmp_path: Path) -> None:
    produce(film(), tmp_path / "one", cache)
    mixed = produce(film(cta="Buy yours"), tmp_path / "mixed", cache)
    fresh = produce(film(cta="Buy yours"), tmp_path / "fresh", Cache(tmp_path / "other", PLENTY))
    assert mixed == fresh
    assert digest(tmp_path / "mixed" / "film.mp4") == digest(tmp_path / "fresh" / "film.mp4")


def test_a_picture_with_other_bytes_makes_other_parts(tmp_path: Path) -> None:
    names = Names(film(), pictures(tmp_path).joinpath, CODING, 0.1)
    before = {one.key for one in wanted_parts(film(), names)}
    (tmp_path / FILES[0]).write_bytes(b"another vase")
    after = {one.key for one in wanted_parts(film(), Names(film(), tmp_path.joinpath, CODING, 0.1))}
    assert before.isdisjoint(after)


def test_size_and_quality_name_other_parts(tmp_path: Path) -> None:
    def keys(coding: Coding, scale: float) -> set[str]:
        return {one.key for one in wanted_parts(film(), Names(film(), pictures(tmp_path).joinpath, coding, scale))}

    usual = keys(CODING, 0.1)
    assert usual == keys(CODING, 0.1)
    assert usual.isdisjoint(keys(replace(CODING, quality=QUALITIES["final"]), 0.1))
    assert usual.isdisjoint(keys(replace(CODING, width=110), 0.1))
    assert usual.isdisjoint(keys(CODING, 0.2))


def test_progress_counts_every_frame_once_however_many_are_cached(cache: Cache, tmp_path: Path) -> None:
    for timeline in (film(), film(cta="Buy yours"), film()):
        seen: list[tuple[int, int]] = []
        produce(timeline, tmp_path / "out", cache, progress=lambda done, of: seen.append((done, of)))  # noqa: B023
        assert seen == [(frame, 180) for frame in range(1, 181)]


def test_progress_is_told_on_the_callers_own_thread(cache: Cache, tmp_path: Path) -> None:
    threads = set()
    produce(film(), tmp_path / "out", cache, progress=lambda done, of: threads.add(threading.get_ident()))
    assert threads == {threading.get_ident()}


def test_what_the_caller_raises_ends_the_work_and_comes_out(cache: Cache, tmp_path: Path) -> None:
    class Overtaken(Exception):
        pass

    def progress(done: int, of: int) -> None:
        if done == 30:
            raise Overtaken

    watched = Watched()
    with pytest.raises(Overtaken):
        produce(film(), tmp_path / "out", cache, paint=watched, progress=progress)
    assert len(watched.painted) < 180
    assert watched.made[0].is_closed


def test_a_cancelled_render_leaves_its_finished_parts_to_the_next(cache: Cache, tmp_path: Path) -> None:
    done: list[int] = []
    first, second = Watched(), Watched()
    with pytest.raises(RenderFailed, match="cancelled"):
        produce(
            film(),
            tmp_path / "out",
            cache,
            paint=first,
            progress=lambda frame, of: done.append(frame),
            cancelled=lambda: len(done) >= 100,
            workers=1,
        )
    assert len(done) == 100
    produce(film(), tmp_path / "out", cache, paint=second)
    assert 0 < len(second.painted) <= 181 - 60


def test_a_painter_that_fails_ends_the_film_with_its_own_words(cache: Cache, tmp_path: Path) -> None:
    class Failing(Boxes):
        def paint(self, number: int, frame: Frame) -> None:
            if number == 100:
                raise PictureUnusable("The picture vase.webp cannot be read")
            super().paint(number, frame)

    with pytest.raises(PictureUnusable, match="vase"):
        produce(film(), tmp_path / "out", cache, paint=Failing)
    assert not (tmp_path / "out" / "film.mp4").exists()


def test_a_killed_render_is_taken_up_where_it_ended(cache: Cache, tmp_path: Path) -> None:
    script = """
        import os
        from pathlib import Path
        from tests.studio.small_film import Boxes, film, produce
        from workers.studio.making.cache import Cache

        class Deadly(Boxes):
            def paint(self, number, frame):
                if len(self.painted) == 150:
                    os._exit(9)
                super().paint(number, frame)

        produce(film(), Path("out"), Cache(Path("cache"), 10**8), paint=Deadly, workers=1)
    """
    assert run(script, tmp_path).returncode == 9
    assert not (tmp_path / "out" / "film.mp4").exists()
    resumed = Watched()
    made = produce(film(), tmp_path / "out", cache, paint=resumed)
    assert 0 < len(resumed.painted) <= 181 - 100
    assert made == produce(film(), tmp_path / "fresh", Cache(tmp_path / "other", PLENTY))


@pytest.mark.parametrize("kind", ["part", "sound", "poster", "preview", "sprites"])
def test_a_broken_entry_is_made_anew_and_poisons_nothing(cache: Cache, tmp_path: Path, kind: str) -> None:
    first = produce(film(), tmp_path / "one", cache)
    for path in (cache.folder / kind).rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-100])
    assert produce(film(), tmp_path / "two", cache) == first
    assert digest(tmp_path / "two" / "film.mp4") == digest(tmp_path / "one" / "film.mp4")
    assert produce(film(), tmp_path / "three", cache) == first


def test_a_cache_without_room_is_named_and_the_film_is_made_all_the_same(tmp_path: Path) -> None:
    class Full(Cache):
        def put(self, kind: str, key: str, content: bytes) -> None:
            from adengine.core.errors import StorageFull

            raise StorageFull("There is no room")

    full = produce(film(), tmp_path / "one", Full(tmp_path / "full", PLENTY))
    usual = produce(film(), tmp_path / "two", Cache(tmp_path / "usual", PLENTY))
    assert any("no room" in note for note in full.notes)
    assert replace(full, notes=()) == replace(usual, notes=())


def test_a_cache_smaller_than_the_film_still_gives_the_film(tmp_path: Path) -> None:
    small = produce(film(), tmp_path / "one", Cache(tmp_path / "small", 9_000))
    assert small == produce(film(), tmp_path / "two", Cache(tmp_path / "usual", PLENTY))


def test_notes_about_a_file_stay_with_the_parts_that_show_it(cache: Cache, tmp_path: Path) -> None:
    class Noting(Boxes):
        def paint(self, number: int, frame: Frame) -> None:
            super().paint(number, frame)
            self.notes["The picture vase.webp is framed"] = None
            self.notes["Something else"] = None

    assert produce(film(), tmp_path / "one", cache, paint=Noting).notes == (
        "Something else",
        "The picture vase.webp is framed",
    )
    assert produce(film(), tmp_path / "two", cache).notes == ("The picture vase.webp is framed",)


def test_a_fully_cached_film_loads_no_library_that_paints_or_encodes(cache: Cache, tmp_path: Path) -> None:
    made = produce(film(), tmp_path / "one", cache)
    (tmp_path / "film").write_bytes(pickle.dumps(film()))
    script = """
        import pickle
        import sys
        from pathlib import Path
        from workers.studio import render
        from workers.studio.making.cache import Cache

        cache = Cache(Path("cache"), 10**8)
        film = pickle.loads(Path("film").read_bytes())
        made = render(film, resolve=Path(".").joinpath, out=Path("two"), progress=lambda a, b: None, scale=0.1,
                      cache=cache)
        print(made.sha256, sorted({"skia", "cv2", "PIL", "av", "numpy"} & set(sys.modules)))
    """
    done = run(script, tmp_path)
    assert done.stdout.split("\n")[0] == f"{made.sha256} []", done.stderr


def test_a_render_without_a_cache_leaves_nothing_but_the_film(
    make: Callable[..., Timeline], shop: Path, tmp_path: Path
) -> None:
    render(make(), resolve=shop.joinpath, out=tmp_path / "out", progress=lambda a, b: None, scale=0.1)
    assert not [path for path in (tmp_path / "out").iterdir() if path.name.startswith(".")]


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in a process of its own, the product's modules at hand."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n" + textwrap.dedent(script)
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
