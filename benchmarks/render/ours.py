"""The reference film as a timeline of ours, and the processes the benchmark times."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from adengine.core.layers import Badge, Block, Box, Cameo, Ground, Layer, Picture, Text
from adengine.core.speech import Line, estimate
from adengine.core.storyboard import Brand
from adengine.core.style import style_from
from adengine.core.timeline import Placed, Segment, Timeline
from benchmarks.render import reference as film
from benchmarks.render.reference import Words

WHOLE = Box(0, 0, film.WIDTH, film.HEIGHT)
BEAT = 18


def timeline(folder: Path, words: Words = Words(), *, voice: str = "espeak") -> Timeline:  # noqa: B008  frozen
    """Return the reference film; its files lie in `folder`, which `reference.assets` filled."""
    segments = _segments()
    speech = tuple(Line(text, *span) for text, span in zip(film.SCRIPT, _spans(segments), strict=True))
    return Timeline(
        template="reference",
        format="9x16",
        width=film.WIDTH,
        height=film.HEIGHT,
        fps=film.FPS,
        frames=film.FRAMES,
        locale="en",
        mood="bright",
        style=style_from(json.loads((folder / film.STYLE).read_bytes()), "editorial"),
        safe=Box(60, 270, 880, 980),
        seed=1,
        brand=Brand("Lumen & Loam", "#2B2620", "#F6F0E6", "#B4532A"),
        key_picture=_photo(0),
        poster_frame=segments[0].end - 2,
        segments=segments,
        layers=tuple(_layers(segments, words)),
        captions=(),
        hotspots=(),
        speech=speech,
        voice=voice,
        recording="",
        spoken=estimate(speech, film.FPS).words,
        caption_look="karaoke",
        caption_box=Box(72, 1110, 868, 130),
    )


def _segments() -> tuple[Segment, ...]:
    bounds = [*film.PHOTO_STARTS, film.END_CARD, film.FRAMES]
    return tuple(
        Segment(f"shot {place}", start, end, "fade", film.FADE if place else 0)
        for place, (start, end) in enumerate(pairwise(bounds))
    )


def _spans(segments: tuple[Segment, ...]) -> list[tuple[int, int]]:
    return [(segment.start, segment.end) for segment in segments]


def _photo(place: int) -> str:
    return f"{film.SCENES[place]}.jpg"


def _layers(segments: tuple[Segment, ...], words: Words) -> Iterator[Placed]:
    for place in range(len(film.SCENES)):
        end = segments[place].end + film.FADE
        motion = ("push_in", "drift_left", "pull_out", "drift_right", "push_in")[place]
        yield Placed(
            place, Picture(_photo(place), "cover", WHOLE, "deep", motion, segments[place].start, end, place == 0)
        )
    last = len(segments) - 1
    yield Placed(last, Ground("deep", film.END_CARD, film.FRAMES, 1))
    yield Placed(last, _end_card(words))
    yield from (Placed(None, layer) for layer in _overlays(words))


def _overlays(words: Words) -> Iterator[Layer]:
    title = (Text("hook", words.title),)
    yield Block(title, Box(72, 288, 868, 420), "top", "deep", film.TITLE_FROM, film.TITLE_TO, 0)
    yield Badge(words.price, Box(690, 760, 240, 240), "deep", film.BADGE_FROM, film.BADGE_TO)
    yield Cameo("clip.mp4", "", Box(70, 750, 330, 330), "deep", film.CLIP_FROM, film.CLIP_FROM, film.CLIP_TO, "round")


def _end_card(words: Words) -> Block:
    texts = (Text("title", "Lumen & Loam"), Text("price", words.price), Text("cta", words.call))
    return Block(texts, Box(72, 400, 868, 640), "top", "deep", film.END_CARD + 8, film.FRAMES, BEAT * 2)


def four_times(folder: Path) -> Timeline:
    """Return a film of 60 s: the reference film's scenes four times over, without a voice."""
    once = timeline(folder, voice="")
    count = len(once.segments)
    segments, layers = [], []
    for turn in range(4):
        shift = turn * film.FRAMES
        for place, segment in enumerate(once.segments):
            overlap = film.FADE if turn or place else 0
            segments.append(replace(segment, start=segment.start + shift, end=segment.end + shift, overlap=overlap))
        for placed in once.layers:
            own = None if placed.segment is None else placed.segment + turn * count
            moved = replace(placed.layer, start=placed.layer.start + shift, end=placed.layer.end + shift)
            layers.append(Placed(own, moved))
    return replace(
        once,
        frames=4 * film.FRAMES,
        segments=tuple(segments),
        layers=tuple(layers),
        speech=(),
        spoken=(),
        caption_look="",
    )
