"""A storyboard laid out in frames and pixels: pure data from which every frame can be drawn again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from adengine.core.creative import FORMATS, Brand, Shot, Storyboard, Text, Visual
from adengine.core.layers import (
    Badge,
    Block,
    Box,
    Cameo,
    Clip,
    Draw,
    Ground,
    Group,
    How,
    Layer,
    Picture,
    Piece,
    Veil,
    drawn,
    ease_in_out,
)

FPS = 30
# Whole frames a beat at 30 fps, so that cuts can fall on the beat: 90, 100 and 120 beats a minute.
BEATS = {"warm": 20, "bright": 18, "bold": 15}
TRANSITION_FRAMES = {"cut": 0, "fade": 10, "slide": 16, "rise": 16, "wipe": 16}
# Where the apps' own buttons and captions leave room for text (9x16), and title-safe margins elsewhere.
SAFE = {"9x16": Box(60, 270, 880, 980), "1x1": Box(54, 54, 972, 972), "16x9": Box(96, 54, 1728, 972)}
PHOTO_HOW: dict[str, How] = {"photo": "cover", "panel": "panel"}
FULL = {name: Box(0, 0, width, height) for name, (width, height) in FORMATS.items()}


@dataclass(frozen=True)
class Zones:
    """Where a layout puts its text and its product; cameo, its label and a badge where it has them."""

    text: Box
    visual: Box
    valign: Literal["top", "middle"] = "top"
    cameo: Box | None = None
    tag: Box | None = None


BADGES = {"9x16": Box(704, 790, 228, 228), "1x1": Box(790, 340, 210, 210), "16x9": Box(1590, 130, 220, 220)}
ZONES = {
    "9x16": {
        "headline": Zones(Box(72, 288, 868, 520), Box(70, 800, 940, 920)),
        "reason": Zones(Box(72, 288, 868, 500), Box(70, 790, 940, 930)),
        "close": Zones(Box(72, 288, 868, 460), Box(-150, 790, 1380, 1250)),
        "photo": Zones(Box(72, 288, 868, 460), FULL["9x16"]),
        "panel": Zones(Box(72, 288, 868, 400), Box(0, 720, 1080, 1200)),
        "price": Zones(Box(72, 288, 868, 520), Box(80, 810, 920, 910)),
        "end": Zones(Box(72, 288, 868, 650), Box(110, 960, 860, 760)),
        "host": Zones(
            Box(72, 288, 868, 310),
            Box(540, 1020, 510, 660),
            "top",
            Box(40, 900, 660, 760),
            Box(72, 640, 868, 190),
        ),
        "duo": Zones(
            Box(72, 510, 868, 330),
            Box(80, 840, 920, 870),
            "top",
            Box(72, 270, 190, 200),
            Box(290, 270, 650, 210),
        ),
    },
    "1x1": {
        "headline": Zones(Box(64, 64, 952, 300), Box(140, 360, 800, 660)),
        "reason": Zones(Box(60, 120, 470, 840), Box(556, 140, 500, 820), "middle"),
        "close": Zones(Box(64, 64, 952, 270), Box(20, 360, 1040, 1000)),
        "photo": Zones(Box(64, 64, 860, 380), FULL["1x1"]),
        "panel": Zones(Box(64, 80, 440, 920), Box(540, 0, 540, 1080), "middle"),
        "price": Zones(Box(60, 120, 470, 840), Box(556, 140, 500, 820), "middle"),
        "end": Zones(Box(60, 90, 470, 900), Box(556, 150, 500, 800), "middle"),
        "host": Zones(
            Box(64, 64, 952, 220),
            Box(590, 470, 440, 550),
            "top",
            Box(50, 470, 520, 570),
            Box(64, 296, 952, 150),
        ),
        "duo": Zones(
            Box(64, 260, 460, 740),
            Box(520, 240, 530, 780),
            "top",
            Box(64, 54, 170, 180),
            Box(256, 54, 760, 190),
        ),
    },
    "16x9": {
        "headline": Zones(Box(110, 130, 860, 820), Box(960, 90, 880, 900), "middle"),
        "reason": Zones(Box(110, 130, 820, 820), Box(960, 90, 880, 900), "middle"),
        "close": Zones(Box(110, 130, 720, 820), Box(900, -20, 1100, 1240), "middle"),
        "photo": Zones(Box(110, 130, 800, 820), FULL["16x9"], "middle"),
        "panel": Zones(Box(110, 130, 740, 820), Box(940, 0, 980, 1080), "middle"),
        "price": Zones(Box(110, 130, 820, 820), Box(960, 110, 880, 870), "middle"),
        "end": Zones(Box(110, 110, 820, 860), Box(980, 120, 840, 840), "middle"),
        "host": Zones(
            Box(110, 120, 760, 400),
            Box(1430, 480, 400, 500),
            "top",
            Box(880, 220, 660, 780),
            Box(110, 560, 760, 200),
        ),
        "duo": Zones(
            Box(110, 360, 820, 600),
            Box(960, 110, 880, 880),
            "top",
            Box(110, 100, 210, 220),
            Box(350, 100, 640, 220),
        ),
    },
}


@dataclass(frozen=True)
class Segment:
    """One shot's time on the film; the next one's transition reaches `overlap` frames into it."""

    name: str
    start: int
    end: int
    transition: str
    overlap: int


@dataclass(frozen=True)
class Caption:
    """What is said between two frames, in words, one text a line."""

    start_frame: int
    end_frame: int
    text: str


@dataclass(frozen=True)
class Hotspot:
    """Where a product can be tapped, in 0..1 of the frame."""

    product_id: str
    variant_id: str
    start_frame: int
    end_frame: int
    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Placed:
    """A layer and the segment it belongs to."""

    segment: int
    layer: Layer


@dataclass(frozen=True)
class Timeline:
    """Everything a renderer needs except the bytes of the pictures, named by file key."""

    template: str
    format: str
    width: int
    height: int
    fps: int
    frames: int
    locale: str
    mood: str
    face: str
    seed: int
    brand: Brand
    key_picture: str
    poster_frame: int
    segments: tuple[Segment, ...]
    layers: tuple[Placed, ...]
    captions: tuple[Caption, ...]
    hotspots: tuple[Hotspot, ...]
    version: int = 1

    def draw_list(self, frame: int) -> tuple[Draw, ...]:
        """Return what is drawn on `frame`, back to front; during a transition, two groups."""
        place = self.segment_at(frame)
        segment = self.segments[place]
        own = tuple(self._drawn(place, frame))
        age = frame - segment.start
        if place == 0 or age >= segment.overlap:
            return own
        part = ease_in_out((age + 1) / (segment.overlap + 1))
        return _crossed(segment.transition, tuple(self._drawn(place - 1, frame)), own, part, self)

    def segment_at(self, frame: int) -> int:
        """Return the place of the segment that `frame` belongs to."""
        return next(place for place, segment in enumerate(self.segments) if segment.start <= frame < segment.end)

    def digest(self) -> str:
        """Return a hash of everything that decides the film except the bytes of its pictures."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(canonical.encode(), digest_size=16).hexdigest()

    @property
    def beat_frames(self) -> int:
        return BEATS[self.mood]

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    def _drawn(self, place: int, frame: int) -> Iterator[Draw]:
        for placed in self.layers:
            if placed.segment == place and placed.layer.start <= frame < placed.layer.end:
                yield drawn(placed.layer, frame)


def lay_out(storyboard: Storyboard) -> Timeline:
    """Give every shot its frames and every picture and text its place; texts stay inside the safe zone."""
    width, height = FORMATS[storyboard.format]
    segments = _segments(storyboard)
    layers = tuple(
        Placed(place, layer)
        for place, shot in enumerate(storyboard.shots)
        for layer in _layers(storyboard, shot, segments, place)
    )
    return Timeline(
        template=storyboard.template,
        format=storyboard.format,
        width=width,
        height=height,
        fps=FPS,
        frames=storyboard.seconds * FPS,
        locale=storyboard.locale,
        mood=storyboard.mood,
        face=storyboard.face,
        seed=storyboard.seed,
        brand=storyboard.brand,
        key_picture=storyboard.key_picture,
        poster_frame=segments[0].end - 2,
        segments=segments,
        layers=layers,
        captions=_captions(storyboard, segments),
        hotspots=tuple(_hotspots(storyboard, segments, layers)),
    )


def _segments(storyboard: Storyboard) -> tuple[Segment, ...]:
    """Divide the time by share above each shot's least, and move the cuts to the beat."""
    shots, frames, beat = storyboard.shots, storyboard.seconds * FPS, BEATS[storyboard.mood]
    spare = storyboard.seconds - sum(shot.min_s for shot in shots)
    whole = sum(shot.share for shot in shots)
    cuts, clock = [0], 0.0
    for place, shot in enumerate(shots[:-1]):
        clock += shot.min_s + spare * shot.share / whole
        latest = frames - beat * (len(shots) - 1 - place)
        cuts.append(max(cuts[-1] + beat, min(latest, round(clock * FPS / beat) * beat)))
    cuts.append(frames)
    overlaps = [0, *(TRANSITION_FRAMES[shot.transition] for shot in shots[1:])]
    return tuple(
        Segment(shot.name, cuts[place], cuts[place + 1], shot.transition, overlaps[place])
        for place, shot in enumerate(shots)
    )


def _layers(board: Storyboard, shot: Shot, segments: tuple[Segment, ...], place: int) -> Iterator[Layer]:
    start = segments[place].start
    end = segments[place].end + (segments[place + 1].overlap if place + 1 < len(segments) else 0)
    layout = _layout(board.format, shot)
    zones = _mirrored(ZONES[board.format][layout], board, place, layout)
    fills = layout == "photo"
    if not fills:
        yield Ground(shot.stage, start, end, board.seed + place)
    if shot.backdrop != "plain" and shot.visual.how == "cutout" and layout not in ("close", "host"):
        yield Piece(shot.visual.file, shot.stage, shot.backdrop, zones.visual, start, end, place == 0)
    if layout == "host" and board.cameo and zones.cameo:
        yield Cameo(board.cameo.clip, board.cameo.still, zones.cameo, shot.stage, 0, start, end)
    yield _visual(shot.visual, layout, zones.visual, shot, start=start, end=end, opens=place == 0)
    if fills:
        yield Veil(shot.visual.file, zones.text, "left" if zones.valign == "middle" else "top", start, end)
    if layout == "duo" and board.cameo and zones.cameo:
        yield Cameo(board.cameo.clip, board.cameo.still, zones.cameo, shot.stage, 0, start, end)
    yield from _words(board, shot, zones, segments[place], end)


def _words(board: Storyboard, shot: Shot, zones: Zones, segment: Segment, end: int) -> Iterator[Layer]:
    stage = f"veil:{shot.visual.file}" if _layout(board.format, shot) == "photo" else shot.stage
    begin = segment.start + (segment.overlap // 2 + 2 if segment.start else 0)
    badges = [text for text in shot.texts if text.role == "badge"]
    said = tuple(text for text in shot.texts if text.role != "badge")
    if said:
        pulse = BEATS[board.mood] * 2
        yield Block(said, zones.text, zones.valign, stage, begin, end, pulse, 0 if segment.start else 4)
    if badges:
        yield Badge(badges[0].text, BADGES[board.format], shot.stage, begin + 16, end)
    if zones.tag and board.cameo:
        tag = (Text("label", board.cameo.name), Text("disclosure", board.cameo.disclosure))
        yield Block(tag, zones.tag, "middle", shot.stage, segment.start, end, 0)


def _layout(film_format: str, shot: Shot) -> str:
    """A photograph too small to fill the frame becomes a panel, a cut-out meant to fill it a close look."""
    if shot.visual.how == "clip":
        return shot.layout if shot.layout in ("host", "duo") else "photo"
    if shot.visual.how == "cutout":
        return "close" if shot.layout in ("photo", "panel") else shot.layout
    layout = {"headline": "photo", "reason": "panel", "close": "panel"}.get(shot.layout, shot.layout)
    return "panel" if layout == "photo" and not _fills(shot.visual, film_format) else layout


def _fills(visual: Visual, film_format: str) -> bool:
    """Say whether the picture has the pixels for a whole frame and room for text beside the product."""
    frame = FULL[film_format]
    if film_format != "9x16" and visual.width < visual.height * 1.1:
        return False
    width, height = visual.width or frame.w, visual.height or frame.h
    return frame.w / width <= 2.2 and frame.h / height <= 2.4


def _mirrored(zones: Zones, board: Storyboard, place: int, layout: str) -> Zones:
    """On wide frames every other scene of an odd seed puts the product on the other side."""
    wide = board.format == "16x9" and layout in ("reason", "panel")
    if not wide or (board.seed + place) % 2 == 0:
        return zones
    width = FORMATS[board.format][0]
    flip = [Box(width - box.right, box.y, box.w, box.h) for box in (zones.text, zones.visual)]
    return Zones(flip[0], flip[1], zones.valign)


def _visual(visual: Visual, layout: str, box: Box, shot: Shot, *, start: int, end: int, opens: bool) -> Picture | Clip:
    if visual.how == "clip":
        return Clip(visual.file, box, start, end)
    how = _how(visual, layout)
    motion = "lean_in" if how == "panel" and shot.layout == "close" else shot.motion
    side = {"drift_left": 1, "drift_right": -1}.get(shot.motion, 0) if how == "close" and box.x <= 0 else 0
    return Picture(visual.file, how, box, shot.stage, motion, start, end, opens, side)


def _how(visual: Visual, layout: str) -> How:
    if visual.how == "cutout":
        return "close" if layout == "close" else "cutout"
    return PHOTO_HOW.get(layout, "card")


def _crossed(
    transition: str, before: tuple[Draw, ...], after: tuple[Draw, ...], part: float, timeline: Timeline
) -> tuple[Draw, ...]:
    left = 1 - part
    match transition:
        case "slide":
            return (
                Group(before, dx=round(-timeline.width * 0.3 * part, 3)),
                Group(after, dx=round(timeline.width * left, 3)),
            )
        case "rise":
            return (
                Group(before, dy=round(-timeline.height * 0.3 * part, 3)),
                Group(after, dy=round(timeline.height * left, 3)),
            )
        case "wipe":
            return Group(before, scale=round(1 + 0.04 * part, 4)), Group(after, shown=round(part, 4))
        case _:
            return (
                Group(before, scale=round(1 + 0.03 * part, 4)),
                Group(after, opacity=round(part, 4)),
            )


def _captions(board: Storyboard, segments: tuple[Segment, ...]) -> tuple[Caption, ...]:
    captions = []
    for shot, segment in zip(board.shots, segments, strict=True):
        lines = [text.text for text in shot.texts if text.role != "number"]
        if lines:
            captions.append(Caption(segment.start, segment.end, "\n".join(dict.fromkeys(lines))))
    return tuple(captions)


def _hotspots(board: Storyboard, segments: tuple[Segment, ...], layers: tuple[Placed, ...]) -> Iterator[Hotspot]:
    width, height = FORMATS[board.format]
    for placed in layers:
        if isinstance(placed.layer, Picture | Clip):
            segment, box = segments[placed.segment], placed.layer.box
            x, y = max(0, box.x) / width, max(0, box.y) / height
            right, bottom = min(width, box.right) / width, min(height, box.bottom) / height
            yield Hotspot(
                board.product_id,
                board.variant_id,
                segment.start,
                segment.end,
                round(x, 4),
                round(y, 4),
                round(right - x, 4),
                round(bottom - y, 4),
            )
