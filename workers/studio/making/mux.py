"""Packets into files, nothing encoded again: one MP4 with its index in front, and the same film as HLS."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from adengine.core.errors import RenderFailed
from workers.studio import boxes
from workers.studio.boxes import Samples
from workers.studio.coding import Coding, Part
from workers.studio.sound import RATE, aac

TICKS_A_FRAME = 1000
SEGMENT_S, SHORTEST_SEGMENT_S = 2.0, 0.5
AAC_CODEC = "mp4a.40.2"
# What an index takes at most: besides its fixed boxes, bytes for each picture, part and packet of sound.
INDEX_BYTES, PICTURE_BYTES, PART_BYTES, SOUND_BYTES = 2048, 16, 32, 4


@dataclass(frozen=True)
class Stretch:
    """A piece of a fragmented file: bytes `start` to `start + size`, and how long it plays."""

    start: int
    size: int
    seconds: float


@dataclass(frozen=True)
class Track:
    """A fragmented file as HLS plays it: how long its head is, and its pieces."""

    head_bytes: int
    stretches: tuple[Stretch, ...]

    @property
    def peak_bits(self) -> int:
        """Bits a second of the densest piece."""
        return round(max(8 * one.size / one.seconds for one in self.stretches))

    @property
    def mean_bits(self) -> int:
        return round(8 * sum(one.size for one in self.stretches) / sum(one.seconds for one in self.stretches))


@dataclass(frozen=True)
class Look:
    """What a player has to know of the pictures before it opens them."""

    size: tuple[int, int]
    fps: int
    codec: str
    language: str


class Joined:
    """Parts in their order; all must come from encoders of one setting."""

    def __init__(self, path: Path, coding: Coding) -> None:
        self.path, self.frames = path, 0
        self._coding, self._scale = coding, coding.fps * TICKS_A_FRAME
        self._config = b""
        self._out = path.open("wb")

    def _begin(self, part: Part) -> bool:
        """Say whether this is the first part; raises RenderFailed where an encoder of other settings made it."""
        is_first, self._config = not self._config, self._config or part.config
        if part.config != self._config:
            raise RenderFailed("Parts of different encoders do not join; empty the cache folder and render again")
        return is_first

    def _kind(self) -> boxes.Kind:
        return boxes.pictures((self._coding.width, self._coding.height), self._scale, self._config)


class Film(Joined):
    """An MP4 being written from parts; on leaving the `with` its index is written, in the room left in front."""

    def __init__(self, path: Path, coding: Coding, sound: aac.Packets, *, frames: int, parts: int) -> None:
        super().__init__(path, coding)
        self._sound, self._heard = sound, 0
        self._shown: list[int] = []
        self._sizes: list[int] = []
        self._keys: list[int] = []
        self._chunks: list[tuple[int, int]] = []
        self._sound_chunks: list[tuple[int, int]] = []
        packets = len(sound.frames)
        room = INDEX_BYTES + frames * PICTURE_BYTES + parts * PART_BYTES + packets * SOUND_BYTES
        self._type = boxes.file_type(b"isom", b"iso6", b"avc1", b"mp41")
        self._data_at = len(self._type) + room
        self._out.seek(self._data_at + 8)

    def __enter__(self) -> Film:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._out:
            if kind is None:
                self._add_sound(math.inf)
                self._write_index()

    def add(self, part: Part) -> None:
        """Put a part behind the others, and the sound that goes with it behind its pictures."""
        self._begin(part)
        self._chunks.append((self._out.tell(), part.frames))
        self._keys += [self.frames + place for place, one in enumerate(part.packets, 1) if one.is_key]
        self._shown += [self.frames + one.pts for one in part.packets]
        self._sizes += [len(one.data) for one in part.packets]
        self._out.write(b"".join(one.data for one in part.packets))
        self.frames += part.frames
        self._add_sound(self.frames / self._coding.fps)

    def _add_sound(self, seconds: float) -> None:
        until = min(len(self._sound.frames), seconds * RATE / aac.FRAME + 1)
        some = self._sound.frames[self._heard : math.ceil(until)]
        if some:
            self._sound_chunks.append((self._out.tell(), len(some)))
            self._out.write(b"".join(some))
            self._heard += len(some)

    def _write_index(self) -> None:
        """Write what lies before the pictures: type, index, the room that is left, and the head of the data."""
        size = self._out.tell() - self._data_at
        # A picture is decoded some pictures before it is shown; the edit list takes that off again.
        late = max(place - shown for place, shown in enumerate(self._shown))
        offsets = [(shown + late - place) * TICKS_A_FRAME for place, shown in enumerate(self._shown)]
        pictures = Samples(TICKS_A_FRAME, self._sizes, self._chunks, offsets, self._keys, late * TICKS_A_FRAME)
        heard = [len(frame) for frame in self._sound.frames]
        sound = Samples(aac.FRAME, heard, self._sound_chunks, begin=aac.FRAME)
        tracks = [(self._kind(), pictures), (aac.kind(self._sound), sound)]
        index = boxes.head(self._scale, self.frames * TICKS_A_FRAME, tracks)
        left = self._data_at - len(self._type) - len(index) - 8
        self._out.seek(0)
        self._out.write(self._type + index + boxes.box(b"free", bytes(left)) + size.to_bytes(4, "big") + b"mdat")


class Stream(Joined):
    """A CMAF file of the pictures alone being written, a fragment a part; `track` says where its pieces are."""

    def __init__(self, path: Path, coding: Coding) -> None:
        super().__init__(path, coding)
        self._head_bytes = 0
        self._fragments: list[Stretch] = []

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def add(self, part: Part) -> None:
        """Put a part behind the others."""
        if self._begin(part):
            self._head_bytes = self._out.write(boxes.fragmented_head(self._kind()))
        offsets = [(one.pts - place) * TICKS_A_FRAME for place, one in enumerate(part.packets)]
        samples = Samples(TICKS_A_FRAME, [len(one.data) for one in part.packets], (), offsets)
        begin, start = self.frames * TICKS_A_FRAME, self._out.tell()
        self._out.write(boxes.fragment(len(self._fragments) + 1, begin, samples))
        self._out.write(boxes.box(b"mdat", *(one.data for one in part.packets)))
        self._fragments.append(Stretch(start, self._out.tell() - start, part.frames / self._coding.fps))
        self.frames += part.frames

    def track(self) -> Track:
        return Track(self._head_bytes, tuple(_grouped(self._fragments)))


def audio_track(path: Path, sound: aac.Packets, seconds: float) -> Track:
    """Write the sound as CMAF; the encoder's run-up before the first sample is left out."""
    frames, each = sound.frames[1:], round(SEGMENT_S * RATE / aac.FRAME)
    pieces = [frames[start : start + each] for start in range(0, len(frames), each)]
    begins = [min(seconds, place * each * aac.FRAME / RATE) for place in range(len(pieces) + 1)]
    with path.open("wb") as out:
        head_bytes = out.write(boxes.fragmented_head(aac.kind(sound)))
        stretches = []
        for place, (piece, begin, end) in enumerate(zip(pieces, begins, [*begins[1:-1], seconds], strict=False)):
            start, samples = out.tell(), Samples(aac.FRAME, [len(frame) for frame in piece], ())
            out.write(boxes.fragment(place + 1, place * each * aac.FRAME, samples) + boxes.box(b"mdat", *piece))
            stretches.append(Stretch(start, out.tell() - start, end - begin))
    return Track(head_bytes, tuple(_grouped(stretches)))


def master_playlist(video: str, audio: str, captions: str, *, tracks: tuple[Track, Track], look: Look) -> str:
    """Return the playlist a player opens: where pictures, sound and captions are, and what they take to play."""
    pictures, sound = tracks
    peak, mean = pictures.peak_bits + sound.peak_bits, pictures.mean_bits + sound.mean_bits
    width, height = look.size
    return _lines(
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="{audio}"',
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="captions",NAME="Captions",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,'
        f'LANGUAGE="{look.language}",URI="{captions}"',
        f'#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={mean},CODECS="{look.codec},{AAC_CODEC}",'
        f'RESOLUTION={width}x{height},FRAME-RATE={look.fps:.3f},AUDIO="sound",SUBTITLES="captions"',
        video,
    )


def look_of(part: Part, coding: Coding, language: str) -> Look:
    """Read the codec's name (RFC 6381) off the decoder configuration: profile, constraints and level."""
    return Look((coding.width, coding.height), coding.fps, f"avc1.{part.config[1:4].hex()}", language)


def playlist(track: Track, name: str) -> str:
    """Return a track's playlist: byte ranges of the file of this name."""
    longest = math.ceil(max(one.seconds for one in track.stretches))
    lines = []
    for one in track.stretches:
        lines += [f"#EXTINF:{one.seconds:.5f},", f"#EXT-X-BYTERANGE:{one.size}@{one.start}", name]
    return _lines(
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{longest}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        f'#EXT-X-MAP:URI="{name}",BYTERANGE="{track.head_bytes}@0"',
        *lines,
        "#EXT-X-ENDLIST",
    )


def captions_playlist(name: str, seconds: float) -> str:
    """Return the playlist of one WebVTT file."""
    return _lines(
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{math.ceil(seconds)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        f"#EXTINF:{seconds:.5f},",
        name,
        "#EXT-X-ENDLIST",
    )


def _grouped(fragments: list[Stretch]) -> list[Stretch]:
    pieces: list[Stretch] = []
    for one in fragments:
        if pieces and (pieces[-1].seconds < SEGMENT_S - SHORTEST_SEGMENT_S or one.seconds < SHORTEST_SEGMENT_S):
            last = pieces.pop()
            pieces.append(Stretch(last.start, last.size + one.size, last.seconds + one.seconds))
        else:
            pieces.append(one)
    return pieces


def _lines(*lines: str) -> str:
    return "\n".join(lines) + "\n"
