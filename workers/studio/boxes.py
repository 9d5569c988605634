"""MP4 boxes as bytes: how a film's tracks are described (ISO/IEC 14496-12, -14 and -15), whole and in fragments."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

ONE = 0x10000
MATRIX = struct.pack(">9I", ONE, 0, 0, 0, ONE, 0, 0, 0, 0x40000000)
BT709 = 1
# Decodable alone, or leaning on others (14496-12, 8.8.3.1).
KEY_FLAGS, LEANING_FLAGS = 0x02000000, 0x01010000
AAC_STREAM = b"\x40\x15"
# An AAC packet sounds right after the one before it was decoded.
ROLL = -1


@dataclass(frozen=True)
class Samples:
    """One track's samples in decoding order: all last `delta` ticks; `chunks` are (place in the file, samples).

    `offsets` is how much later than decoded each is shown, in ticks, and `keys` the numbers, from 1, of those that
    can be begun with; both are empty where every sample is shown when decoded and can be begun with. `begin` is the
    time of the first that is presented.
    """

    delta: int
    sizes: Sequence[int]
    chunks: Sequence[tuple[int, int]]
    offsets: Sequence[int] = ()
    keys: Sequence[int] = ()
    begin: int = 0


@dataclass(frozen=True)
class Kind:
    """What a track is: its ticks a second, its sample entry, and whether one looks at it (`size`) or hears it."""

    scale: int
    entry: bytes
    size: tuple[int, int] | None = None


NOTHING = Samples(0, (), ())


def box(kind: bytes, *contents: bytes) -> bytes:
    """Return a box of this kind."""
    return b"".join(((8 + sum(map(len, contents))).to_bytes(4, "big"), kind, *contents))


def pictures(size: tuple[int, int], fps_scale: int, config: bytes) -> Kind:
    """Return the kind of an H.264 track in BT.709, limited range; `config` is its decoder configuration (avcC)."""
    entry = struct.pack(">6xH16xHHIIIH32xHh", 1, *size, 72 * ONE, 72 * ONE, 0, 1, 24, -1)
    colour = box(b"colr", b"nclx", struct.pack(">HHHB", BT709, BT709, BT709, 0))
    shape = box(b"pasp", struct.pack(">II", 1, 1))
    return Kind(fps_scale, box(b"avc1", entry, box(b"avcC", config), colour, shape), size)


def sound(rate: int, bits_a_second: int, config: bytes) -> Kind:
    """Return the kind of a stereo AAC track; `config` is its AudioSpecificConfig."""
    entry = struct.pack(">6xH8xHH4xI", 1, 2, 16, rate * ONE)
    decoder = AAC_STREAM + struct.pack(">3xII", bits_a_second, bits_a_second) + _descriptor(5, config)
    stream = struct.pack(">HB", 0, 0) + _descriptor(4, decoder) + _descriptor(6, b"\x02")
    return Kind(rate, box(b"mp4a", entry, _full(b"esds", _descriptor(3, stream))))


def head(scale: int, length: int, tracks: Sequence[tuple[Kind, Samples]]) -> bytes:
    """Return the index (moov) of a whole film that plays for `length` ticks of `scale` a second."""
    found = [_track(place, kind, samples, scale, length) for place, (kind, samples) in enumerate(tracks, 1)]
    return box(b"moov", _movie(scale, length, len(tracks)), *found)


def fragmented_head(kind: Kind) -> bytes:
    """Return the head (ftyp and moov) of a file of fragments with one track; it shows from time 0 on (CMAF)."""
    extends = box(b"mvex", _full(b"trex", struct.pack(">5I", 1, 1, 0, 0, 0)))
    track = _track(1, kind, NOTHING, kind.scale, 0)
    return file_type(b"iso6", b"cmfc", b"cmf2") + box(b"moov", _movie(kind.scale, 0, 1), track, extends)


def file_type(*brands: bytes) -> bytes:
    return box(b"ftyp", brands[0], bytes(4), *brands)


def fragment(number: int, begin: int, samples: Samples) -> bytes:
    """Return the head (moof) of a fragment whose samples follow it in an mdat box; decoding begins at `begin`."""
    flags, lines = 0x201, [struct.pack(">I", size) for size in samples.sizes]
    first = b""
    if samples.offsets:
        flags, first = 0xA05, struct.pack(">I", KEY_FLAGS)
        lines = [struct.pack(">Ii", *line) for line in zip(samples.sizes, samples.offsets, strict=True)]
    usual = LEANING_FLAGS if samples.offsets else KEY_FLAGS
    about = _full(b"tfhd", struct.pack(">III", 1, samples.delta, usual), flags=0x020028)
    time = _full(b"tfdt", struct.pack(">Q", begin), version=1)

    def moof(data_at: int) -> bytes:
        run = struct.pack(">Ii", len(lines), data_at) + first + b"".join(lines)
        track = box(b"traf", about, time, _full(b"trun", run, version=1, flags=flags))
        return box(b"moof", _full(b"mfhd", struct.pack(">I", number)), track)

    return moof(len(moof(0)) + 8)


def _full(kind: bytes, *contents: bytes, version: int = 0, flags: int = 0) -> bytes:
    return box(kind, bytes([version]), flags.to_bytes(3, "big"), *contents)


def _descriptor(tag: int, content: bytes) -> bytes:
    return bytes([tag, len(content)]) + content


def _movie(scale: int, length: int, tracks: int) -> bytes:
    return _full(
        b"mvhd", struct.pack(">IIIIIH10x", 0, 0, scale, length, ONE, 0x100), MATRIX, bytes(24), _u32(tracks + 1)
    )


def _track(number: int, kind: Kind, samples: Samples, movie_scale: int, length: int) -> bytes:
    width, height = kind.size or (0, 0)
    volume = 0 if kind.size else 0x100
    about = struct.pack(">IIIII8xHHHH", 0, 0, number, 0, length, 0, 0, volume, 0)
    shape = struct.pack(">II", width * ONE, height * ONE)
    header = _full(b"tkhd", about, MATRIX, shape, flags=3)
    shown = struct.pack(">IIiI", 1, length, samples.begin, ONE)
    edits = box(b"edts", _full(b"elst", shown)) if samples.sizes else b""
    return box(b"trak", header, edits, _media(kind, samples))


def _media(kind: Kind, samples: Samples) -> bytes:
    time = _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, kind.scale, len(samples.sizes) * samples.delta, 0x55C4, 0))
    name = (b"vide", b"VideoHandler") if kind.size else (b"soun", b"SoundHandler")
    handler = _full(b"hdlr", bytes(4), name[0], bytes(12), name[1] + b"\0")
    media = _full(b"vmhd", bytes(8), flags=1) if kind.size else _full(b"smhd", bytes(4))
    here = box(b"dinf", _full(b"dref", _u32(1), _full(b"url ", flags=1)))
    return box(b"mdia", time, handler, box(b"minf", media, here, _table(kind, samples)))


def _table(kind: Kind, samples: Samples) -> bytes:
    count = len(samples.sizes)
    times = struct.pack(">III", 1, count, samples.delta) if count else _u32(0)
    tables = [_full(b"stsd", _u32(1), kind.entry), _full(b"stts", times)]
    if samples.offsets:
        tables.append(_full(b"ctts", _listed(">II", _runs(samples.offsets))))
    if samples.keys:
        tables.append(_full(b"stss", _listed(">I", [(key,) for key in samples.keys])))
    tables += [
        _full(b"stsc", _listed(">III", _chunk_runs([count for _, count in samples.chunks]))),
        _full(b"stsz", _u32(0), _listed(">I", [(size,) for size in samples.sizes])),
        _full(b"stco", _listed(">I", [(place,) for place, _ in samples.chunks])),
    ]
    if count and not kind.size:
        tables.append(_full(b"sgpd", b"roll", struct.pack(">IIh", 2, 1, ROLL), version=1))
        tables.append(_full(b"sbgp", b"roll", struct.pack(">III", 1, count, 1)))
    return box(b"stbl", *tables)


def _listed(form: str, lines: Sequence[tuple[int, ...]]) -> bytes:
    return _u32(len(lines)) + b"".join(struct.pack(form, *line) for line in lines)


def _runs(values: Iterable[int]) -> list[tuple[int, int]]:
    """Return (how many, value) for equal neighbours."""
    return [(sum(1 for _ in same), value) for value, same in groupby(values)]


def _chunk_runs(counts: Sequence[int]) -> list[tuple[int, int, int]]:
    """Return (number of the first chunk, samples in each, 1) for neighbours with equally many samples."""
    runs, number = [], 1
    for chunks, count in _runs(counts):
        runs.append((number, count, 1))
        number += chunks
    return runs


def _u32(value: int) -> bytes:
    return value.to_bytes(4, "big")
