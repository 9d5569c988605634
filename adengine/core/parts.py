"""Where a film is cut into parts that are rendered and kept on their own, and what decides the pixels of one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise

from adengine.core.timeline import Timeline

SHORTEST_S, LONGEST_S = 0.5, 3.0
PULLING = ("price", "cta")
# What a draw or a layer calls the files it shows; a stage over a photograph is `veil:<file>`.
FILE_FIELDS = ("file", "clip", "still", "before", "after")
# Words that reach the picture only as draws, or not at all.
UNPAINTED = ("name", "style", "tone", "end_line")


def cuts(timeline: Timeline) -> tuple[int, ...]:
    """Return the frames at which parts begin, then the end: 0.5 to 3 s each, wherever the picture can change apart.

    Shots and the ends of their transitions come first, then badges, overlays, prices and buttons. Captions are not
    asked, so that other words cut the film no differently.
    """
    shortest, longest = round(SHORTEST_S * timeline.fps), round(LONGEST_S * timeline.fps)
    kept = [0, timeline.frames]
    for mark in (*_shots(timeline, shortest), *sorted(set(_overlays(timeline)))):
        if all(abs(mark - other) >= shortest for other in kept):
            kept.append(mark)
    kept.sort()
    return tuple(_divided(kept, longest))


def content(timeline: Timeline, start: int, end: int) -> str:
    """Return canonical JSON of all that decides the pixels of these frames, but for the bytes of files and fonts.

    The same frames elsewhere in a film, or in another film, give the same text.
    """
    brand = {name: value for name, value in asdict(timeline.brand).items() if name not in UNPAINTED}
    whole = {
        "size": [timeline.width, timeline.height, timeline.fps],
        "format": timeline.format,
        "locale": timeline.locale,
        "seed": timeline.seed,
        "style": timeline.style,
        "brand": brand,
        "key_picture": timeline.key_picture,
        "frames": [timeline.draw_list(frame) for frame in range(start, end)],
    }
    return json.dumps(whole, default=vars, separators=(",", ":"), ensure_ascii=False)


def files(timeline: Timeline) -> tuple[str, ...]:
    """Return the keys of all files that the film shows, each once."""
    named = (getattr(placed.layer, field, "") for placed in timeline.layers for field in FILE_FIELDS)
    return tuple(dict.fromkeys(key for key in (timeline.key_picture, *named) if key))


def _shots(timeline: Timeline, shortest: int) -> Iterator[int]:
    """Give the starts of shots, then the ends of transitions: a change in a shot leaves the rest of the next alone."""
    yield from (segment.start for segment in timeline.segments)
    yield from (s.start + max(s.overlap, shortest) for s in timeline.segments if s.start and s.overlap)


def _overlays(timeline: Timeline) -> Iterator[int]:
    for placed in timeline.layers:
        layer = placed.layer
        roles = [text.role for text in layer.texts] if layer.kind == "block" else []
        if placed.segment is None or layer.kind == "badge" or any(role in PULLING for role in roles):
            yield from (frame for frame in (layer.start, layer.end) if 0 < frame < timeline.frames)


def _divided(marks: Sequence[int], longest: int) -> Iterable[int]:
    """Split what is longer than `longest` evenly; every mark stays."""
    for start, end in pairwise(marks):
        pieces = -(-(end - start) // longest)
        yield from (start + (end - start) * piece // pieces for piece in range(pieces))
    yield marks[-1]
