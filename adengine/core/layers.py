"""What lies on a film's frames: layers with a place and a time, and the draws they become on one frame."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from adengine.core.speech import pieces

LABELS = ("label", "disclosure")
# Small print is there before the large words come; these and the rest of WHOLE are not split into words.
AT_ONCE = ("eyebrow", "brand", *LABELS)
WHOLE = ("price", "cta", *AT_ONCE)
# After so many frames the light of a stage and a badge hold still.
LIGHT_FRAMES, WOBBLE_FRAMES = 22, 48


@dataclass(frozen=True)
class Text:
    """A text as it will be painted, and the source fields it was made from."""

    role: str
    text: str
    aside: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Box:
    """A rectangle in whole pixels of the frame; it may reach past the frame."""

    x: int
    y: int
    w: int
    h: int

    @property
    def right(self) -> int:
        return self.x + self.w

    @property
    def bottom(self) -> int:
        return self.y + self.h


@dataclass(frozen=True)
class Ground:
    """The stage a scene stands on, in the colours of the palette's `stage`, painted as the style's `pattern`."""

    stage: str
    start: int
    end: int
    seed: int
    pattern: str = "sweep"
    kind: Literal["ground"] = "ground"


@dataclass(frozen=True)
class Piece:
    """A plain form behind the product in `file`: disc, arch or plinth; it shares the product's floor."""

    file: str
    stage: str
    form: str
    box: Box
    start: int
    end: int
    opens: bool
    kind: Literal["piece"] = "piece"


How: TypeAlias = Literal["cutout", "shelf", "close", "card", "panel", "cover"]


@dataclass(frozen=True)
class Picture:
    """The product: a cutout on the stage, one of several on a shelf, a close look, a framed card, a panel, or the
    whole frame.

    `side` (-1, 0, 1) is the part of the product that a close look leans to; `energy` scales its motion, and
    `beat`, in frames, lets it nod with the music (0: it does not); `entrance` is how it comes in.
    """

    file: str
    how: How
    box: Box
    stage: str
    motion: str
    start: int
    end: int
    opens: bool
    side: int = 0
    energy: float = 1.0
    beat: int = 0
    entrance: str = "rise"
    kind: Literal["picture"] = "picture"


@dataclass(frozen=True)
class Clip:
    """A generated clip that fills its box; it plays once and then holds its last frame."""

    file: str
    box: Box
    start: int
    end: int
    kind: Literal["clip"] = "clip"


@dataclass(frozen=True)
class Veil:
    """Darkening over a photograph or clip where text stands; `box` is the place of the text."""

    file: str
    box: Box
    edge: Literal["top", "left"]
    start: int
    end: int
    kind: Literal["veil"] = "veil"


@dataclass(frozen=True)
class Block:
    """Texts set as one column in a box. `stage` is a palette stage, or `veil:<file>` over a photograph.

    `lead` is how many frames of coming in lie before its start, `pulse` a button's beat in frames; `energy` is how
    fast words follow each other, and `at_once` lets all texts come together, so that an end card rests early.
    `peers` are the texts of blocks as large as this one that are set in the same size, as the rows of a list are;
    `align` is where lines stand in the box instead of where the style has them.
    """

    texts: tuple[Text, ...]
    box: Box
    valign: Literal["top", "middle"]
    stage: str
    start: int
    end: int
    pulse: int
    lead: int = 0
    energy: float = 1.0
    at_once: bool = False
    peers: tuple[tuple[Text, ...], ...] = ()
    align: Literal["", "start", "center"] = ""
    kind: Literal["block"] = "block"


@dataclass(frozen=True)
class Badge:
    """A sticker that pops in; its text stays inside the box."""

    text: str
    box: Box
    stage: str
    start: int
    end: int
    kind: Literal["badge"] = "badge"


@dataclass(frozen=True)
class Compare:
    """Two pictures of the same thing in one box, a divider moving between them: `before` left, `after` right of it."""

    before: str
    after: str
    box: Box
    stage: str
    start: int
    end: int
    kind: Literal["compare"] = "compare"


@dataclass(frozen=True)
class Logo:
    """The shop's mark inside its box, clear space included; `align` is where in the box it stands."""

    file: str
    box: Box
    align: Literal["start", "center"]
    start: int
    end: int
    kind: Literal["logo"] = "logo"


@dataclass(frozen=True)
class Cameo:
    """A person from a licensed clip; `since` is the film's frame on which the clip began.

    `risen` stands above a disc that holds the lower half; `round` is cut to the disc.
    """

    clip: str
    still: str
    box: Box
    stage: str
    since: int
    start: int
    end: int
    shape: Literal["risen", "round"] = "risen"
    kind: Literal["cameo"] = "cameo"


Layer: TypeAlias = Ground | Piece | Picture | Clip | Veil | Block | Badge | Compare | Logo | Cameo


# Draws are tuples: a film makes thousands, and a process that makes one frame defines them all first.
class GroundDraw(NamedTuple):
    """`light_x`, `light_y` are where the light falls, in 0..1 of the frame; it is `settled` once it holds still."""

    stage: str
    seed: int
    light_x: float
    light_y: float
    pattern: str = "sweep"
    settled: bool = True
    kind: Literal["ground"] = "ground"


class PieceDraw(NamedTuple):
    file: str
    stage: str
    form: str
    box: Box
    scale: float
    kind: Literal["piece"] = "piece"


class PictureDraw(NamedTuple):
    """`dx`, `dy` are pixels; `scale` is about the box's foot for a cutout and about its middle otherwise."""

    file: str
    how: str
    box: Box
    stage: str
    scale: float
    dx: float
    dy: float
    rotation: float
    opacity: float
    kind: Literal["picture"] = "picture"


class ClipDraw(NamedTuple):
    file: str
    box: Box
    frame: int
    scale: float
    kind: Literal["clip"] = "clip"


class VeilDraw(NamedTuple):
    file: str
    box: Box
    edge: str
    opacity: float
    kind: Literal["veil"] = "veil"


class Item(NamedTuple):
    """One text of a block: how far each of its words has come in (0..1), and the scale of the whole."""

    role: str
    text: str
    aside: str
    words: tuple[float, ...]
    scale: float = 1.0


class BlockDraw(NamedTuple):
    """`peers` are the items of other blocks that are set as large; an empty `align` is the style's."""

    items: tuple[Item, ...]
    box: Box
    valign: str
    stage: str
    peers: tuple[tuple[Item, ...], ...] = ()
    align: str = ""
    kind: Literal["block"] = "block"


class BadgeDraw(NamedTuple):
    text: str
    box: Box
    stage: str
    scale: float
    rotation: float
    kind: Literal["badge"] = "badge"


class CompareDraw(NamedTuple):
    """`part` (0..1) of the box's width, from its left, shows `before`."""

    before: str
    after: str
    box: Box
    stage: str
    part: float
    kind: Literal["compare"] = "compare"


class LogoDraw(NamedTuple):
    file: str
    box: Box
    align: str
    opacity: float
    kind: Literal["logo"] = "logo"


class CameoDraw(NamedTuple):
    clip: str
    still: str
    box: Box
    stage: str
    frame: int
    scale: float
    shape: str = "risen"
    kind: Literal["cameo"] = "cameo"


class CaptionDraw(NamedTuple):
    """What is being said: words by line, and the place among them of the word being spoken (-1: none)."""

    lines: tuple[tuple[str, ...], ...]
    active: int
    look: str
    box: Box
    kind: Literal["spoken"] = "spoken"


class Group(NamedTuple):
    """Draws composed on their own and then laid on the frame: moved, faded, or cut to `0..1` of the width."""

    draws: tuple[Draw, ...]
    opacity: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    shown: float = 1.0
    kind: Literal["group"] = "group"


Draw: TypeAlias = (
    GroundDraw
    | PieceDraw
    | PictureDraw
    | ClipDraw
    | VeilDraw
    | BlockDraw
    | BadgeDraw
    | CompareDraw
    | LogoDraw
    | CameoDraw
    | CaptionDraw
    | Group
)


def drawn(layer: Layer, frame: int) -> Draw:  # noqa: PLR0911
    """Return what `layer` looks like on `frame` of the film; always the same for the same two."""
    match layer:
        case Ground():
            return _ground(layer, frame)
        case Piece():
            return _piece(layer, frame)
        case Picture():
            return _picture(layer, frame)
        case Clip():
            part = (frame - layer.start) / max(1, layer.end - layer.start)
            return ClipDraw(layer.file, layer.box, frame - layer.start, _round(1 + 0.03 * part))
        case Veil():
            return VeilDraw(layer.file, layer.box, layer.edge, 1.0)
        case Block():
            return BlockDraw(
                _items(layer, frame), layer.box, layer.valign, layer.stage, _at_rest(layer.peers), layer.align
            )
        case Badge():
            return _badge(layer, frame)
        case Cameo():
            grown = ease_back((frame - layer.start + 4) / 18)
            clip_frame = frame - layer.since
            return CameoDraw(layer.clip, layer.still, layer.box, layer.stage, clip_frame, _round(grown), layer.shape)
        case Compare():
            return _compare(layer, frame)
        case Logo():
            opacity = ease_out((frame - layer.start + 1) / 12)
            return LogoDraw(layer.file, layer.box, layer.align, _round(opacity))


def ease_out(part: float) -> float:
    """Quick at first, then settling (quintic); clamps to 0..1."""
    return 1 - (1 - min(1.0, max(0.0, part))) ** 5


def ease_in_out(part: float) -> float:
    """Slow, quick, slow (cosine); clamps to 0..1."""
    return 0.5 - 0.5 * math.cos(math.pi * min(1.0, max(0.0, part)))


def ease_back(part: float) -> float:
    """Shoots a tenth past 1 and comes back; clamps to 0..1 in time."""
    left = min(1.0, max(0.0, part)) - 1
    return 1 + 2.70158 * left**3 + 1.70158 * left**2


def _round(value: float) -> float:
    return round(value, 4)


def _ground(layer: Ground, frame: int) -> GroundDraw:
    """Let light glide to its place as the scene begins and rest there: frames that are equal cost no encoding."""
    turn, age = layer.seed * 37 / 30, frame - layer.start
    left = max(0.0, 1 - age / LIGHT_FRAMES) ** 2
    return GroundDraw(
        layer.stage,
        layer.seed,
        _round(0.5 + 0.34 * math.sin(turn * 0.55) - 0.13 * left),
        _round(0.36 + 0.12 * math.cos(turn * 0.4) - 0.03 * left),
        layer.pattern,
        settled=age >= LIGHT_FRAMES,
    )


def _compare(layer: Compare, frame: int) -> CompareDraw:
    """Show all of `before` for a quarter of the time, wipe to `after`, and come to rest showing a little of both."""
    part = (frame - layer.start) / max(1, layer.end - layer.start)
    shown = 1.0 - 0.88 * ease_in_out((part - 0.25) / 0.45)
    return CompareDraw(layer.before, layer.after, layer.box, layer.stage, _round(shown))


def _piece(layer: Piece, frame: int) -> PieceDraw:
    age = frame - layer.start
    grown = 1.0 if layer.opens else ease_back((age + 2) / 22)
    return PieceDraw(layer.file, layer.stage, layer.form, layer.box, _round(grown))


def _picture(layer: Picture, frame: int) -> PictureDraw:
    part = (frame - layer.start) / max(1, layer.end - layer.start)
    scale, dx, dy = _moved(layer.motion, part, layer.box, layer.energy)
    dx += layer.side * layer.box.w * 0.15
    come = _Come()
    if layer.how in ("cutout", "shelf", "close", "card"):
        come = _coming(layer, frame - layer.start)
        scale *= come.scale * (1 + _nod(frame, layer.beat) * layer.energy)
    opacity = 1.0 if layer.opens or layer.how == "cover" else min(1.0, (frame - layer.start + 1) / 6)
    return PictureDraw(
        layer.file,
        layer.how,
        layer.box,
        layer.stage,
        _round(scale),
        _round(dx + come.dx),
        _round(dy + come.dy),
        _round(come.rotation),
        _round(opacity),
    )


class _Come(NamedTuple):
    """How far a picture still is from its place."""

    scale: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    rotation: float = 0.0


def _coming(layer: Picture, age: int) -> _Come:
    """A film's first picture is there at once and only settles; others come in as the style has it."""
    left = 1 - ease_out((age + (8 if layer.opens else 1)) / (24 / layer.energy))
    if layer.opens:
        return _Come(1 + 0.10 * left)
    match layer.entrance:
        case "slide":
            return _Come(dx=layer.box.w * 0.30 * left)
        case "pop":
            return _Come(0.55 + 0.45 * ease_back((age + 2) / (18 / layer.energy)))
        case "fade":
            return _Come(1 - 0.03 * left)
        case "mask":
            return _Come(dy=layer.box.h * 0.08 * left)
        case _:
            return _Come(1 - 0.14 * left, dy=layer.box.h * 0.10 * left, rotation=3.0 * left)


def _nod(frame: int, beat: int) -> float:
    """Return a small swelling just after every fourth beat, the downbeat of a bar."""
    if not beat:
        return 0.0
    age = frame % (4 * beat) / (0.22 * beat)
    return 0.011 * age * math.exp(1 - age)


def _moved(motion: str, part: float, box: Box, energy: float) -> tuple[float, float, float]:
    """Return scale and shift in pixels of a motion at `part` 0..1 of its time."""
    along = 0.4 * part + 0.6 * ease_in_out(part)
    far = min(1.6, energy)
    return {
        "lean_in": (1.30 + 0.07 * far * along, 0.0, 0.0),
        "push_in": (1 + 0.085 * far * along, 0.0, 0.0),
        "pull_out": (1 + 0.085 * far * (1 - along), 0.0, 0.0),
        "drift_left": (1.05, far * box.w * (0.024 - 0.048 * along), 0.0),
        "drift_right": (1.05, far * box.w * (0.048 * along - 0.024), 0.0),
        "rise": (1.04, 0.0, far * box.h * (0.02 - 0.04 * along)),
        "float": (1.02, 0.0, far * box.h * 0.010 * math.sin(part * math.tau)),
        "hold": (1.0, 0.0, 0.0),
    }[motion]


def _badge(layer: Badge, frame: int) -> BadgeDraw:
    age = frame - layer.start
    grown = ease_back(age / 16)
    wobble = 7 * math.exp(-age / 14) * math.cos(age / 3.2) * max(0.0, 1 - age / WOBBLE_FRAMES)
    return BadgeDraw(layer.text, layer.box, layer.stage, _round(grown), _round(-8 + wobble))


def arrivals(layer: Block) -> tuple[float, ...]:
    """Return the frames of the film on which the texts of a block begin to come in."""
    return tuple(layer.start - layer.lead + wait for wait, _ in _clock(layer))


def _clock(layer: Block) -> list[tuple[float, float]]:
    """Return when each text begins, in frames of the block, and the frames between its words.

    Words come in one after the other; a whole block is in after two fifths of its time at the latest.
    """
    waits = [0 if text.role in AT_ONCE else _words(text) + 1 for text in layer.texts]
    room = max(8, (layer.end - layer.start) * 2 // 5)
    step = min(3.0 / layer.energy, room / max(1, sum(waits)))
    if layer.at_once:
        return [(0.0, min(1.0, 8 / max(1, wait))) for wait in waits]
    starts = [step * sum(waits[:place]) for place in range(len(waits))]
    return [(start, step) for start in starts]


def _words(text: Text) -> int:
    return 1 if text.role in WHOLE else _word_count(text.text)


@functools.lru_cache(maxsize=2_000)
def _word_count(text: str) -> int:
    return max(1, len(pieces(text)))


def _at_rest(peers: tuple[tuple[Text, ...], ...]) -> tuple[tuple[Item, ...], ...]:
    return tuple(tuple(Item(t.role, t.text, t.aside, (1.0,) * _words(t)) for t in texts) for texts in peers)


def _items(layer: Block, frame: int) -> tuple[Item, ...]:
    age = frame - layer.start + layer.lead
    return tuple(
        _item(text, [age - start - step * word for word in range(_words(text))], frame, layer.pulse)
        for text, (start, step) in zip(layer.texts, _clock(layer), strict=True)
    )


def _item(text: Text, ages: list[float], frame: int, pulse: int) -> Item:
    if text.role in LABELS:
        return Item(text.role, text.text, text.aside, (1.0,))
    if text.role == "cta":
        scale = ease_back((ages[0] + 4) / 16) + 0.035 * _beat(frame, pulse) * min(1.0, max(0.0, (ages[0] - 12) / 8))
        return Item(text.role, text.text, text.aside, (_round(min(1.0, max(0.0, ages[0] / 5))),), _round(scale))
    if text.role == "price":
        shown = min(1.0, max(0.0, ages[0] / 6))
        return Item(text.role, text.text, text.aside, (_round(shown),), _round(0.8 + 0.2 * ease_back(ages[0] / 16)))
    return Item(text.role, text.text, text.aside, tuple(_round(ease_out(age / 20)) for age in ages))


def _beat(frame: int, pulse: int) -> float:
    """Return 1 on every beat of `pulse` frames and 0 half-way between two."""
    return (0.5 + 0.5 * math.cos(math.tau * frame / pulse)) ** 3 if pulse else 0.0
