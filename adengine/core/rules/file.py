"""Does the film fit its places as a file: length, shape, bytes, sound?"""

from __future__ import annotations

from collections.abc import Iterator

from adengine.core.creative import LONGEST_S, SHORTEST_S
from adengine.core.preflight import Case, Flaw, Level, ramp

# EBU R 128 measures; -14 LUFS is what the large platforms play at, and lossy coding adds up to 1 dB of peak.
LOUDNESS_LUFS, TOLERANCE_LU, FAR_LU = -14.0, 1.0, 4.0
PEAK_DBTP, CLIPS_DBTP = -1.0, 0.0


def length(case: Case) -> Iterator[Flaw]:
    seconds = case.timeline.seconds
    if not SHORTEST_S <= seconds <= LONGEST_S:
        yield Flaw("error", 0, f"The film lasts {seconds:g} s; make it {SHORTEST_S} to {LONGEST_S} s long")
    for place in case.placements:
        least, most = place.allowed_s
        if not least <= seconds <= most:
            words = f"{place.title} takes {_span(place.allowed_s)}, this film lasts {seconds:g} s; change its length"
            yield Flaw("error", 0, words)
        elif not place.advised_s[0] <= seconds <= place.advised_s[1]:
            words = f"{place.title} works best with {_span(place.advised_s)}, this film lasts {seconds:g} s"
            yield Flaw("warning", 0.6, f"{words}; think of another length")


def ratio(case: Case) -> Iterator[Flaw]:
    film = case.timeline
    for place in case.placements:
        if film.format not in place.formats:
            wanted = " or ".join(place.formats)
            yield Flaw("error", 0, f"{place.title} does not take {film.format}; make the film in {wanted}")


def pixels(case: Case) -> Iterator[Flaw]:
    film = case.timeline
    for place in case.placements:
        width, height = dict(place.least_pixels).get(film.format, (0, 0))
        if film.width < width or film.height < height:
            words = f"{place.title} asks for {width}x{height} pixels or more, this film has {film.width}x{film.height}"
            yield Flaw("error", ramp(film.width / width, 0, 1), f"{words}; render it larger")


def file_size(case: Case) -> Iterator[Flaw]:
    size = case.measured.bytes
    for place in case.placements:
        if 0 < place.most_bytes < size:
            words = f"{place.title} takes files up to {_mb(place.most_bytes)}, this one has {_mb(size)}"
            yield Flaw("error", ramp(place.most_bytes / size, 0, 1), f"{words}; make the film shorter")


def bitrate(case: Case) -> Iterator[Flaw]:
    kbps = case.measured.bytes * 8 / case.timeline.seconds / 1000
    for place in case.placements:
        if kbps < place.least_kbps:
            words = f"{place.title} asks for {place.least_kbps} kbit/s, this film has {kbps:.0f}"
            yield Flaw("error", ramp(kbps / place.least_kbps, 0, 1), f"{words}; render it in higher quality")


def audio(case: Case) -> Iterator[Flaw]:
    if case.measured.audio:
        return
    for place in case.placements:
        if place.audio == "needed":
            yield Flaw("error", 0, f"{place.title} refuses films without sound; render it with music")
        elif place.audio == "wanted":
            yield Flaw("warning", 0.5, f"Many people hear {place.title}; render the film with music")
    if not case.placements:
        yield Flaw("warning", 0.5, "The film is silent; render it with music, or choose places that play without sound")


def loudness(case: Case) -> Iterator[Flaw]:
    value = case.measured.loudness_lufs
    off = abs((LOUDNESS_LUFS if value is None else value) - LOUDNESS_LUFS)
    if off > TOLERANCE_LU:
        level: Level = "error" if off > FAR_LU else "warning"
        words = (
            f"The sound is at {value:.1f} LUFS instead of {LOUDNESS_LUFS:.0f}; render again, or use another recording"
        )
        yield Flaw(level, ramp(off, FAR_LU * 2, TOLERANCE_LU), words)


def true_peak(case: Case) -> Iterator[Flaw]:
    peak = case.measured.peak_dbtp
    if peak is not None and peak > PEAK_DBTP:
        level: Level = "error" if peak > CLIPS_DBTP else "warning"
        words = f"The sound peaks at {peak:.1f} dBTP and may crackle on phones; it should stay under {PEAK_DBTP:.0f}"
        yield Flaw(level, ramp(peak, 2, PEAK_DBTP), f"{words}: render again")


def as_asked(case: Case) -> Iterator[Flaw]:
    for note in case.measured.notes:
        yield Flaw("note", 0.8, note)


def _span(span: tuple[float, float]) -> str:
    least, most = span
    return f"{least:g} s" if least == most else f"{least:g} to {most:g} s"


def _mb(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
