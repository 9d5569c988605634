"""A storyboard laid out in frames and pixels: pure data from which every frame can be drawn again."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Literal

from adengine.core.layers import (
    Badge,
    Block,
    Box,
    Cameo,
    CaptionDraw,
    Clip,
    Compare,
    Draw,
    Ground,
    Group,
    How,
    Layer,
    Logo,
    Picture,
    Piece,
    Text,
    Veil,
    arrivals,
    drawn,
    ease_in_out,
)
from adengine.core.layout import Wanted, Zones, caption_band, shape_of, zones
from adengine.core.pacing import FPS, cuts
from adengine.core.palette import to_oklch
from adengine.core.score import BEATS, Score
from adengine.core.speech import Cue, Line, Spoken, Word, cues, estimate
from adengine.core.storyboard import FORMATS, Brand, Row, Shot, Storyboard, Visual
from adengine.core.style import Style

TRANSITION_FRAMES = {"cut": 0, "fade": 10, "slide": 16, "rise": 16, "wipe": 16, "push": 12, "zoom": 12}
# An end card rests early: price and button hold for two seconds.
LAST_TRANSITION_FRAMES = 12
PHOTO_HOW: dict[str, How] = {"photo": "cover", "panel": "panel"}
# What stands behind a product where its scene has one: not behind a close look, a list or a second product.
WITH_PIECE = ("headline", "reason", "price", "offer", "end", "quotes")
BLEEDING = ("price", "offer", "end", "quotes")
WRITTEN = ("grid", "versus", "steps")
WITH_BADGE = (*WITH_PIECE, "close", "photo", "panel", "compare")
LOGO_UNITS = {"eyebrow": 9, "brand": 13}
TURNING = ("headline", "reason", "close", "panel", "quotes")
DARK_BELOW = 0.66
SLIM = 1.5
# Wide frames are seen smaller, on phones held upright, and have the room.
TYPE_BY = {"tall": 1.0, "square": 1.0, "wide": 1.2}
RTL = ("ar", "fa", "he", "ur", "ps", "yi")


@dataclass(frozen=True)
class Segment:
    """One shot's time on the film; the next one's transition reaches `overlap` frames into it.

    Of a list all that is said may be written in the shot (`is_written`): then no caption says it again.
    """

    name: str
    start: int
    end: int
    transition: str
    overlap: int
    is_written: bool = False


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
    """A layer and the segment it belongs to; without one it lies over everything and takes no part in transitions."""

    segment: int | None
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
    style: Style
    safe: Box
    seed: int
    brand: Brand
    key_picture: str
    poster_frame: int
    segments: tuple[Segment, ...]
    layers: tuple[Placed, ...]
    captions: tuple[Caption, ...]
    hotspots: tuple[Hotspot, ...]
    speech: tuple[Line, ...]
    voice: str
    recording: str
    spoken: tuple[Word, ...]
    caption_look: str
    caption_box: Box
    version: int = 1

    def with_spoken(self, spoken: Spoken) -> Timeline:
        """Return the timeline with the words as they are really said; captions follow them."""
        return replace(self, spoken=spoken.words)

    def draw_list(self, frame: int) -> tuple[Draw, ...]:
        """Return what is drawn on `frame`, back to front: a scene or a transition's two groups, overlays, captions.

        It is made once: a part is named by it, and painted from it.
        """
        if frame not in self._draw_lists:
            self._draw_lists[frame] = self._scene(frame) + tuple(self._drawn(None, frame)) + self._caption(frame)
        return self._draw_lists[frame]

    def score(self) -> Score:
        """Return what music has to know of the film."""
        return Score(
            self.mood,
            self.beat_frames,
            self.fps,
            self.frames,
            cuts=tuple(segment.start for segment in self.segments),
            pops=tuple(sorted({frame for placed in self.layers for frame in _pops(placed.layer)})),
            drop=self.segments[-1].start,
            seed=self.seed,
        )

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

    def _scene(self, frame: int) -> tuple[Draw, ...]:
        place = self.segment_at(frame)
        segment = self.segments[place]
        own = tuple(self._drawn(place, frame))
        age = frame - segment.start
        if place == 0 or age >= segment.overlap:
            return own
        part = ease_in_out((age + 1) / (segment.overlap + 1))
        return _crossed(segment.transition, tuple(self._drawn(place - 1, frame)), own, part, self)

    def _drawn(self, place: int | None, frame: int) -> Iterator[Draw]:
        for placed in self.layers:
            if placed.segment == place and placed.layer.start <= frame < placed.layer.end:
                yield drawn(placed.layer, frame)

    def _caption(self, frame: int) -> tuple[CaptionDraw, ...]:
        if not self.caption_look or self.segments[self.segment_at(frame)].is_written:
            return ()
        return tuple(
            CaptionDraw(lines, active, self.caption_look, self.caption_box)
            for cue, lines, starts in self._cues
            if cue.start <= frame < cue.end
            for active in [sum(start <= frame for start in starts) - 1]
        )

    @cached_property
    def _draw_lists(self) -> dict[int, tuple[Draw, ...]]:
        return {}

    @cached_property
    def _cues(self) -> tuple[tuple[Cue, tuple[tuple[str, ...], ...], tuple[int, ...]], ...]:
        """Captions with their words by line and the frame on which each word begins."""
        shown = cues(Spoken(self.spoken), self.locale, fps=self.fps)
        return tuple((cue, *_worded(cue, self.spoken)) for cue in shown)


def lay_out(storyboard: Storyboard) -> Timeline:
    """Give every shot its frames and every picture and text its place; texts stay inside the safe zone."""
    width, height = FORMATS[storyboard.format]
    segments = _segments(storyboard)
    layers = tuple(
        Placed(place, layer)
        for place, shot in enumerate(storyboard.shots)
        for layer in _layers(storyboard, shot, segments, place)
    )
    script = _script(storyboard, segments)
    return Timeline(
        template=storyboard.template,
        format=storyboard.format,
        width=width,
        height=height,
        fps=FPS,
        frames=storyboard.seconds * FPS,
        locale=storyboard.locale,
        mood=storyboard.mood,
        style=storyboard.style.enlarged(TYPE_BY[shape_of(Box(0, 0, width, height))]),
        safe=storyboard.safe,
        seed=storyboard.seed,
        brand=storyboard.brand,
        key_picture=storyboard.key_picture,
        poster_frame=segments[0].end - 2,
        segments=segments,
        layers=layers,
        captions=_captions(storyboard, segments),
        hotspots=tuple(_hotspots(storyboard, segments, layers)),
        speech=script,
        voice=storyboard.voice,
        recording=storyboard.recording,
        spoken=estimate(script, FPS).words,
        caption_look=storyboard.caption_look,
        caption_box=caption_band(Box(0, 0, width, height), storyboard.safe, storyboard.style.unit),
    )


def _script(board: Storyboard, segments: tuple[Segment, ...]) -> tuple[Line, ...]:
    """Return what is said, where somebody says it or captions show it."""
    if not (board.voice or board.caption_look):
        return ()
    pairs = zip(board.shots, segments, strict=True)
    return tuple(Line(shot.speech, segment.start, segment.end) for shot, segment in pairs if shot.speech)


def _segments(storyboard: Storyboard) -> tuple[Segment, ...]:
    shots = storyboard.shots
    beat = BEATS[storyboard.mood]
    edges = cuts([shot.min_s for shot in shots], [shot.share for shot in shots], storyboard.seconds, beat)
    spans = list(pairwise(edges))
    return tuple(
        Segment(
            shot.name,
            start,
            end,
            shot.transition,
            _overlap(shot, end - start, place, len(shots)),
            shot.layout in WRITTEN and _is_written(shot),
        )
        for place, (shot, (start, end)) in enumerate(zip(shots, spans, strict=True))
    )


def _is_written(shot: Shot) -> bool:
    texts = (*shot.texts, *(text for row in shot.rows for text in row.texts))
    return set(re.findall(r"\w+", shot.speech)) <= set(re.findall(r"\w+", " ".join(text.text for text in texts)))


def _overlap(shot: Shot, frames: int, place: int, count: int) -> int:
    if place == 0:
        return 0
    asked = TRANSITION_FRAMES[shot.transition]
    return min(asked, frames * 2 // 3, LAST_TRANSITION_FRAMES if place == count - 1 else asked)


@dataclass(frozen=True)
class _Set:
    """One shot on its way onto the timeline: its frames, its layout on this frame, its zones."""

    board: Storyboard
    shot: Shot
    segment: Segment
    end: int
    opens: bool
    layout: str
    zones: Zones

    @property
    def start(self) -> int:
        return self.segment.start

    @property
    def begin(self) -> int:
        """The frame on which words begin: with a film's first picture, else once a transition shows their ground."""
        if not self.start:
            return 0
        return self.start + (self.segment.overlap // 3 + 1 if self.is_end else self.segment.overlap // 2 + 2)

    @property
    def is_end(self) -> bool:
        return self.shot.layout == "end"

    @property
    def stage(self) -> str:
        """What texts stand on: a photograph's veil or the stage."""
        return f"veil:{self.shot.visual.file}" if self.layout == "photo" else self.shot.stage

    @property
    def logo(self) -> str:
        """The shop's mark for this ground; empty where its name is written instead."""
        brand, style = self.board.brand, self.board.style
        if not self.marked or self.layout == "photo":
            return ""
        return brand.logo_on_dark if _is_dark(self.shot.stage, brand, style) else brand.logo

    @property
    def marked(self) -> str:
        """The role whose text the shop's mark takes the place of."""
        return next((text.role for text in self.shot.texts if text.role in LOGO_UNITS), "")


def _layers(board: Storyboard, shot: Shot, segments: tuple[Segment, ...], place: int) -> Iterator[Layer]:
    end = segments[place].end + (segments[place + 1].overlap if place + 1 < len(segments) else 0)
    layout = _layout(board.format, shot)
    empty = _Set(board, shot, segments[place], end, place == 0, layout, Zones(board.safe, board.safe))
    made = replace(empty, zones=_zones(empty, place))
    if layout != "photo":
        yield Ground(shot.stage, made.start, end, board.seed + place, board.style.ground)
    yield from _pictures(made, segments)
    yield from _words(made)


def _zones(made: _Set, place: int) -> Zones:
    board, shot = made.board, made.shot
    has_badge = made.layout in WITH_BADGE and any(text.role == "badge" for text in shot.texts)
    turned = made.layout in TURNING and place % 2 == 1 and (board.seed + place) % 4 < 2
    wanted = Wanted(
        layout=made.layout,
        cells=len(shot.rows),
        cameo=shot.cameo and made.layout != "host",
        captions=bool(board.caption_look) and not made.segment.is_written,
        badge=board.style.badge if has_badge else "",
        logo=LOGO_UNITS[made.marked] if made.logo else 0,
        turned=turned,
        rtl=board.locale.split("-", maxsplit=1)[0] in RTL,
        bleeds=_bleeds(shot.visual, made.layout),
        slim=shot.visual.how == "cutout" and shot.visual.height > SLIM * shot.visual.width,
    )
    return zones(wanted, Box(0, 0, *FORMATS[board.format]), board.safe, board.style.unit)


def _pictures(made: _Set, segments: tuple[Segment, ...]) -> Iterator[Layer]:
    shot, zone = made.shot, made.zones
    if made.layout == "host":
        yield from _cameo(made, segments, "risen")
    if made.layout == "grid":
        for (box, _), row in zip(zone.cells, shot.rows, strict=True):
            if row.visual:
                yield _picture(made, row.visual, "card" if row.visual.how == "photo" else "shelf", box)
    elif shot.before and made.layout == "compare":
        yield Compare(shot.before.file, shot.visual.file, zone.visual, shot.stage, made.start, made.end)
    else:
        yield from _product(made)
    if shot.cameo and made.layout != "host":
        yield from _cameo(made, segments, "round")


def _product(made: _Set) -> Iterator[Layer]:
    shot, visual, box = made.shot, made.shot.visual, made.zones.visual
    if visual.how == "clip":
        yield Clip(visual.file, box, made.start, made.end)
    else:
        if shot.backdrop != "plain" and visual.how == "cutout" and made.layout in WITH_PIECE:
            yield Piece(visual.file, shot.stage, shot.backdrop, box, made.start, made.end, made.opens)
        yield _picture(made, visual, _how(visual, made.layout), box)
    if made.layout == "photo" and made.shot.texts:
        yield Veil(visual.file, made.zones.text, made.zones.edge, made.start, made.end)


def _picture(made: _Set, visual: Visual, how: How, box: Box) -> Picture:
    shot, style = made.shot, made.board.style
    spans = box.x <= 0 and box.right >= FORMATS[made.board.format][0]
    side = {"drift_left": 1, "drift_right": -1}.get(shot.motion, 0) if how == "close" and spans else 0
    return Picture(
        visual.file,
        how,
        box,
        shot.stage,
        "lean_in" if how == "panel" and shot.layout == "close" else shot.motion,
        made.start,
        made.end,
        made.opens,
        side,
        style.energy,
        BEATS[made.board.mood] if style.energy >= 1 else 0,
        style.entrance,
    )


def _cameo(made: _Set, segments: tuple[Segment, ...], shape: Literal["risen", "round"]) -> Iterator[Cameo]:
    """Show the appearance; its clip runs on through the film from the first shot that shows it."""
    part, box = made.board.cameo, made.zones.cameo
    if part and box:
        since = next(s.start for s, shot in zip(segments, made.board.shots, strict=True) if shot.cameo)
        yield Cameo(part.clip, part.still, box, made.shot.stage, since, made.start, made.end, shape)


def _words(made: _Set) -> Iterator[Layer]:
    board, shot, zone = made.board, made.shot, made.zones
    said = tuple(t for t in shot.texts if t.role != "badge" and not (zone.logo and t.role == made.marked))
    if zone.logo:
        yield Logo(made.logo, zone.logo, "center" if board.style.align == "center" else "start", made.start, made.end)
    if said:
        yield _block(made, said, zone.text, zone.valign, pulse=BEATS[board.mood] * 2)
    for text in shot.texts:
        if text.role == "badge" and zone.badge:
            yield Badge(text.text, zone.badge, shot.stage, made.begin + 16, made.end)
    for place, boxes in enumerate(zone.cells):
        yield from _row(made, place, boxes)
    if shot.cameo and zone.tag and board.cameo:
        tag = (Text("label", board.cameo.name), Text("disclosure", board.cameo.disclosure))
        # Beside its picture a label begins next to it, whatever the style does with texts.
        align: Literal["", "start"] = "" if made.layout == "host" else "start"
        yield Block(tag, zone.tag, "middle", shot.stage, made.start, made.end, 0, align=align)


def _row(made: _Set, place: int, boxes: tuple[Box, Box]) -> Iterator[Block]:
    """Set a row's words: both texts of a list in their columns, all of a grid's by its picture."""
    rows = made.shot.rows
    texts = rows[place].texts
    if not texts:
        return
    if rows[place].visual:
        block = _block(made, texts, boxes[1], "top", pulse=0)
        yield _after(replace(block, peers=_peers(rows, place), align="center"), 4 * place, made)
        return
    valign: Literal["top", "middle"] = "top" if made.layout == "versus" else "middle"
    for text, box in zip(texts, boxes, strict=False):
        block = _block(made, (text,), box, valign, pulse=0)
        yield _after(replace(block, peers=_alone(rows, text), align="start"), 4 * place, made)


def _peers(rows: tuple[Row, ...], place: int) -> tuple[tuple[Text, ...], ...]:
    """Return the texts of the other cells of a grid."""
    return tuple(row.texts for other, row in enumerate(rows) if row.texts and other != place)


def _alone(rows: tuple[Row, ...], one: Text) -> tuple[tuple[Text, ...], ...]:
    """Return the other texts of a list that are of the same kind, each on its own."""
    texts = (text for row in rows for text in row.texts)
    return tuple((t,) for t in texts if t != one and (t.role, bool(t.aside)) == (one.role, bool(one.aside)))


def _after(block: Block, wait: int, made: _Set) -> Block:
    return replace(block, start=min(block.start + wait, made.end - 1))


def _block(made: _Set, texts: tuple[Text, ...], box: Box, valign: Literal["top", "middle"], *, pulse: int) -> Block:
    # A film opens with most of its hook there: the first frame decides who stays.
    lead = 0 if made.start else 10
    energy = made.board.style.energy
    return Block(texts, box, valign, made.stage, made.begin, made.end, pulse, lead, energy, made.is_end)


def _layout(film_format: str, shot: Shot) -> str:
    """Return the layout that suits the picture.

    A photograph too small to fill the frame becomes a panel, and so does one beside a licensed appearance, whose
    label needs a calm ground; a cut-out meant to fill the frame becomes a close look.
    """
    layout, visual = shot.layout, shot.visual
    if visual.how == "clip":
        layout = layout if layout == "host" else "photo"
        return "panel" if layout == "photo" and shot.cameo else layout
    if visual.how == "cutout":
        return "close" if layout in ("photo", "panel") else layout
    layout = {"headline": "photo", "reason": "panel", "close": "panel"}.get(layout, layout)
    return "panel" if layout == "photo" and (shot.cameo or not _fills(visual, film_format)) else layout


def _fills(visual: Visual, film_format: str) -> bool:
    """Say whether the picture has the pixels for a whole frame and room for text beside the product."""
    width, height = FORMATS[film_format]
    if height < width * 1.2 and visual.width < visual.height * 1.1:
        return False
    return width / (visual.width or width) <= 2.2 and height / (visual.height or height) <= 2.4


def _how(visual: Visual, layout: str) -> How:
    if visual.how == "cutout":
        return "close" if layout == "close" else "cutout"
    return "panel" if _bleeds(visual, layout) else PHOTO_HOW.get(layout, "card")


def _bleeds(visual: Visual, layout: str) -> bool:
    """Say whether a photograph reaches the edges of the frame in a layout that was made for a standing product."""
    return visual.how == "photo" and layout in BLEEDING


def _is_dark(stage: str, brand: Brand, style: Style) -> bool:
    lightness = to_oklch(brand.accent)[0] if stage == "accent" else style.tone(stage).top
    return lightness < DARK_BELOW


def _pops(layer: Layer) -> Iterator[int]:
    """Yield the frames on which a badge, a price or a button pops in."""
    if isinstance(layer, Badge):
        yield layer.start
    if isinstance(layer, Block):
        pairs = zip(layer.texts, arrivals(layer), strict=True)
        yield from (max(0, round(frame)) for text, frame in pairs if text.role in ("price", "cta"))


def _worded(cue: Cue, spoken: tuple[Word, ...]) -> tuple[tuple[tuple[str, ...], ...], tuple[int, ...]]:
    """Return a caption's words by line and the frame on which each begins."""
    lines: list[list[str]] = [[] for _ in cue.text.split("\n")]
    starts, at = [], 0
    for word in spoken:
        found = cue.text.find(word.text, at) if word.start >= cue.start else -1
        if found < 0 or cue.text[at:found].strip():
            continue
        lines[cue.text.count("\n", 0, found)].append(word.text)
        starts.append(word.start)
        at = found + len(word.text)
    if cue.text[at:].strip():
        # A word longer than a line is shown in parts that no single spoken word stands for.
        return tuple((line,) for line in cue.text.split("\n")), (cue.start,)
    return tuple(tuple(line) for line in lines), tuple(starts)


def _crossed(
    transition: str, before: tuple[Draw, ...], after: tuple[Draw, ...], part: float, timeline: Timeline
) -> tuple[Draw, ...]:
    left = 1 - part
    match transition:
        case "push":
            return (
                Group(before, dx=round(-timeline.width * part, 3)),
                Group(after, dx=round(timeline.width * left, 3)),
            )
        case "zoom":
            return (
                Group(before, scale=round(1 + 0.22 * part, 4)),
                Group(after, opacity=round(part, 4), scale=round(1 + 0.14 * left, 4)),
            )
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
        texts = (*shot.texts, *(text for row in shot.rows for text in row.texts))
        lines = [text.text for text in texts if text.role != "number"]
        if lines:
            captions.append(Caption(segment.start, segment.end, "\n".join(dict.fromkeys(lines))))
    return tuple(captions)


def _hotspots(board: Storyboard, segments: tuple[Segment, ...], layers: tuple[Placed, ...]) -> Iterator[Hotspot]:
    width, height = FORMATS[board.format]
    sold = {
        (place, row.visual.file): (row.product_id, row.variant_id)
        for place, shot in enumerate(board.shots)
        for row in shot.rows
        if row.visual
    }
    for placed in layers:
        layer = placed.layer
        if placed.segment is None or not isinstance(layer, Picture | Clip | Compare):
            continue
        segment, box = segments[placed.segment], layer.box
        x, y = max(0, box.x) / width, max(0, box.y) / height
        right, bottom = min(width, box.right) / width, min(height, box.bottom) / height
        file = layer.after if isinstance(layer, Compare) else layer.file
        shot = board.shots[placed.segment]
        usual = shot.product_id or board.product_id, shot.variant_id or board.variant_id
        product, variant = sold.get((placed.segment, file), usual)
        edges = [round(edge, 4) for edge in (x, y, right - x, bottom - y)]
        yield Hotspot(product, variant, segment.start, segment.end, *edges)
