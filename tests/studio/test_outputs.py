"""What a film brings along: captions, posters, preview, small pictures, and the same film as a stream."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from adengine.core.film import FILES, Film
from adengine.core.layers import Box
from adengine.core.speech import Word
from adengine.core.timeline import Caption
from tests.studio.small_film import SIZE, Boxes, film, produce
from workers.studio.making import captions
from workers.studio.making.cache import Cache
from workers.studio.pixels import planes
from workers.studio.pixels.planes import Frame
from workers.studio.stills import picture


@dataclass(frozen=True)
class Made:
    film: Film
    folder: Path

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def file(self, name: str) -> Path:
        return self.folder / name


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("film")
    return Made(produce(film(), folder / "out", Cache(folder / "cache", 10**8)), folder / "out")


@dataclass(frozen=True)
class Playlist:
    """A media playlist as a player reads it: the head's bytes, then each piece's seconds and bytes."""

    file: str
    head: tuple[int, int]
    pieces: tuple[tuple[float, int, int], ...]
    target: int

    @classmethod
    def of(cls, text: str) -> Playlist:
        lines = text.splitlines()
        assert lines[0] == "#EXTM3U"
        assert lines[-1] == "#EXT-X-ENDLIST"
        file, size, start = re.search(r'MAP:URI="(.+?)",BYTERANGE="(\d+)@(\d+)"', text).groups()  # type: ignore[union-attr]
        found = re.findall(rf"#EXTINF:([\d.]+),\n#EXT-X-BYTERANGE:(\d+)@(\d+)\n{re.escape(file)}", text)
        pieces = tuple((float(seconds), int(length), int(at)) for seconds, length, at in found)
        target = int(re.search(r"TARGETDURATION:(\d+)", text)[1])  # type: ignore[index]
        return cls(file, (int(start), int(size)), pieces, target)

    def decoded(self, folder: Path, piece: int) -> list[av.VideoFrame | av.AudioFrame]:
        """Decode one piece alone, after the head, as a player does that has jumped to it."""
        content = (folder / self.file).read_bytes()
        _, size, start = self.pieces[piece]
        alone = content[self.head[0] : self.head[0] + self.head[1]] + content[start : start + size]
        with av.open(BytesIO(alone), format="mp4") as opened:
            return list(opened.decode(opened.streams[0]))


def painted(number: int) -> np.ndarray:
    frame = Frame.blank(*SIZE)
    Boxes(film()).paint(number, frame)
    return np.asarray(picture(frame.plate()), np.int16)


def cues(text: str) -> Iterator[tuple[str, str]]:
    yield from re.findall(r"([\d:.,]+) --> ([\d:.,]+)", text)


def test_every_file_the_film_names_is_there_and_nothing_else(made: Made) -> None:
    named = {getattr(made.film, field) for field in FILES} | set(made.film.hls_files)
    assert named == {path.name for path in made.folder.iterdir()}
    assert all(path.stat().st_size for path in made.folder.iterdir())


def test_the_master_playlist_names_codecs_size_sound_and_captions(made: Made) -> None:
    master = made.text(made.film.hls)
    assert 'CODECS="avc1.64000b,mp4a.40.2",RESOLUTION=108x192,FRAME-RATE=30.000' in master
    assert {*re.findall(r'URI="(.+?)"', master), master.splitlines()[-1]} <= set(made.film.hls_files)
    peak, mean = (int(re.search(rf"[:,]{name}=(\d+)", master)[1]) for name in ("BANDWIDTH", "AVERAGE-BANDWIDTH"))  # type: ignore[index]
    whole = sum(made.file(name).stat().st_size for name in ("hls-video.m4s", "hls-audio.m4s"))
    assert peak >= mean
    assert mean == pytest.approx(whole * 8 / 6, rel=0.05)


@pytest.mark.parametrize("track", ["hls-video.m3u8", "hls-audio.m3u8"])
def test_pieces_lie_end_to_end_and_last_as_long_as_the_film(made: Made, track: str) -> None:
    playlist = Playlist.of(made.text(track))
    ends = [start + size for _, size, start in playlist.pieces]
    assert [sum(playlist.head), *ends[:-1]] == [start for _, _, start in playlist.pieces]
    assert ends[-1] == made.file(playlist.file).stat().st_size
    assert sum(seconds for seconds, _, _ in playlist.pieces) == pytest.approx(6, abs=1e-4)
    assert max(seconds for seconds, _, _ in playlist.pieces) <= playlist.target
    assert min(seconds for seconds, _, _ in playlist.pieces) >= 1


def test_every_piece_of_the_stream_plays_alone_and_shows_the_film(made: Made) -> None:
    playlist = Playlist.of(made.text("hls-video.m3u8"))
    shown = [playlist.decoded(made.folder, place) for place in range(len(playlist.pieces))]
    assert [len(frames) for frames in shown] == [round(seconds * 30) for seconds, _, _ in playlist.pieces]
    with av.open(str(made.file(made.film.film))) as opened:
        whole = [frame.to_ndarray() for frame in opened.decode(video=0)]
    streamed = [frame.to_ndarray() for frames in shown for frame in frames]
    assert len(streamed) == len(whole) == 180
    assert all(np.array_equal(one, other) for one, other in zip(streamed, whole, strict=True))


def boxes(content: bytes) -> Iterator[tuple[str, bytes]]:
    """Give kind and content of boxes that lie end to end (ISO/IEC 14496-12, 4.2)."""
    while content:
        size = int.from_bytes(content[:4], "big")
        assert 8 <= size <= len(content)
        yield content[4:8].decode(), content[8:size]
        content = content[size:]


def test_the_film_is_boxes_end_to_end_with_the_index_in_front(made: Made) -> None:
    found = list(boxes(made.file(made.film.film).read_bytes()))
    assert [kind for kind, _ in found] == ["ftyp", "moov", "free", "mdat"]
    assert [kind for kind, _ in boxes(found[1][1])] == ["mvhd", "trak", "trak"]


@pytest.mark.parametrize("name", ["film.mp4", "hls-video.m4s", "hls-audio.m4s"])
def test_a_strict_decoder_finds_nothing_to_complain_of(made: Made, name: str) -> None:
    with av.open(str(made.file(name)), options={"err_detect": "explode+careful"}) as opened:
        for stream in opened.streams:
            stream.codec_context.options = {"err_detect": "explode"}
        counted = {stream.type: 0 for stream in opened.streams}
        for frame in opened.decode(*opened.streams):
            counted["video" if isinstance(frame, av.VideoFrame) else "audio"] += 1
    assert counted.get("video", 180) == 180
    assert counted.get("audio", 282) >= 281


def test_pictures_and_sound_lie_side_by_side(made: Made) -> None:
    with av.open(str(made.file(made.film.film))) as opened:
        places = {
            kind: [packet.pos for packet in opened.demux(stream) if packet.size]
            for kind, stream in (("video", opened.streams.video[0]),)
        }
    with av.open(str(made.file(made.film.film))) as opened:
        places["audio"] = [packet.pos for packet in opened.demux(opened.streams.audio[0]) if packet.size]
    assert places["video"] == sorted(places["video"])
    assert places["audio"] == sorted(places["audio"])
    assert places["video"][0] < places["audio"][0] < places["video"][60]


def test_the_streams_sound_is_as_long_as_the_film(made: Made) -> None:
    playlist = Playlist.of(made.text("hls-audio.m3u8"))
    samples = sum(frame.samples for n in range(len(playlist.pieces)) for frame in playlist.decoded(made.folder, n))
    assert samples == pytest.approx(6 * 48_000, abs=1024)


def test_posters_show_the_poster_frame(made: Made) -> None:
    for name, kind in ((made.film.poster, "WEBP"), (made.film.poster_jpeg, "JPEG")):
        with Image.open(made.file(name)) as opened:
            assert (opened.format, opened.size) == (kind, SIZE)
            shown = np.asarray(opened.convert("RGB"), np.int16)
        assert np.abs(shown - painted(film().poster_frame)).mean() < 6


def test_the_preview_moves_through_the_first_three_seconds_and_goes_round(made: Made) -> None:
    with Image.open(made.file(made.film.preview)) as opened:
        assert opened.format == "WEBP"
        assert opened.size == SIZE
        assert opened.info["loop"] == 0
        durations, pictures = [], []
        for place in range(opened.n_frames):
            opened.seek(place)
            pictures.append(np.asarray(opened.convert("RGB"), np.int16))
            durations.append(opened.info["duration"])
    assert sum(durations) == 3000
    assert len(pictures) >= 30
    assert np.abs(pictures[0] - painted(0)).mean() < 8
    assert np.abs(pictures[-1] - painted(88)).mean() < 8


def test_the_sheet_has_a_picture_a_second_where_its_captions_say(made: Made) -> None:
    text = made.text(made.film.sprites_vtt)
    corners = re.findall(r"sprites\.jpg#xywh=(\d+),(\d+),(\d+),(\d+)", text)
    assert text.startswith("WEBVTT\n\n")
    assert len(corners) == 6
    assert list(cues(text))[-1] == ("00:00:05.000", "00:00:06.000")
    with Image.open(made.file(made.film.sprites)) as opened:
        for second, corner in enumerate(corners):
            x, y, w, h = map(int, corner)
            assert x + w <= opened.width
            assert y + h <= opened.height
            tile = np.asarray(opened.crop((x, y, x + w, y + h)).resize(SIZE), np.int16)
            assert np.abs(tile - painted(second * 30)).mean() < 14


def test_webvtt_escapes_and_counts_in_thousandths(made: Made) -> None:
    text = made.text(made.film.captions)
    assert text.startswith("WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\nColumn Vase &amp; more\n\n2\n")
    assert "&lt;Shop now&gt;" in text
    assert list(cues(text))[-1] == ("00:00:02.000", "00:00:06.000")


def test_subrip_counts_from_one_with_commas(made: Made) -> None:
    text = made.text(made.film.subtitles)
    assert text.startswith("1\n00:00:00,000 --> 00:00:02,000\nColumn Vase & more\n\n2\n00:00:02,000 --> 00:00:06,000\n")
    assert "<" not in text


def test_captions_follow_the_voice_where_there_is_one() -> None:
    said = replace(film(), spoken=(Word("Hello", 30, 45), Word("there.", 45, 60)))
    text = captions.webvtt(said)
    assert next(cues(text))[0] == "00:00:01.000"
    assert "Hello there." in text
    assert "Column Vase" not in text


def test_clocks_carry_minutes_and_hours() -> None:
    late = replace(film(), captions=(Caption(107_999, 108_030, "late"),))
    assert next(cues(captions.subrip(late))) == ("00:59:59,967", "01:00:01,000")


def test_every_frame_is_measured(made: Made) -> None:
    luma, stir = made.film.luma, made.film.stir
    assert len(luma) == len(stir) == 180
    assert luma[100] == pytest.approx(painted_luma(100), abs=1)
    assert stir[0] == 0
    assert stir[60] > 10 * stir[50]
    assert stir[120] > 10 * stir[118]


class Lamp(Boxes):
    """Boxes, and from one second to the next a lamp in a corner that goes on and off five times."""

    on, off = (200, 128, 128), (40, 128, 128)

    def paint(self, number: int, frame: Frame) -> None:
        super().paint(number, frame)
        planes.fill(frame, self.on if 70 <= number < 100 and number % 6 < 3 else self.off, Box(72, 144, 36, 48))


class RedLamp(Lamp):
    """One as dark as what is around it."""

    on = 40, 113, 180


@pytest.mark.parametrize("lamp", [Lamp, RedLamp])
def test_a_lamp_that_flashes_in_a_corner_is_measured_over_the_joints_of_parts(
    made: Made, tmp_path: Path, lamp: type[Lamp]
) -> None:
    cache = Cache(tmp_path / "cache", 10**8)
    flashes = produce(film(), tmp_path / "out", cache, paint=lamp).flashes
    assert flashes == produce(film(), tmp_path / "again", cache, paint=lamp).flashes == (5, pytest.approx(70, abs=2))
    assert made.film.flashes is not None
    assert made.film.flashes[0] <= 1


def test_sound_is_measured(made: Made) -> None:
    assert made.film.audio
    assert made.film.loudness_lufs == pytest.approx(-14, abs=1)
    assert made.film.peak_dbtp is not None
    assert made.film.peak_dbtp < -1


def test_a_film_hands_all_its_files_on_and_the_film_last(made: Made) -> None:
    handed: list[str] = []

    def keep(name: str) -> str:
        handed.append(name)
        return f"ad/1/{name}"

    kept = made.film.kept_by(keep)
    assert sorted(handed) == sorted(path.name for path in made.folder.iterdir())
    assert handed[-1] == "film.mp4"
    assert kept.film == "ad/1/film.mp4"
    assert kept.hls_files == tuple(f"ad/1/{name}" for name in made.film.hls_files)
    assert kept.sha256 == made.film.sha256


def painted_luma(number: int) -> float:
    frame = Frame.blank(*SIZE)
    Boxes(film()).paint(number, frame)
    return float(frame.y.mean())
