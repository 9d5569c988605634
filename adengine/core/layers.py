"""What lies on a film's frames: layers with a place and a time, and the draws they become on one frame."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from adengine.core.creative import Text

LABELS = ("label", "disclosure")
# Small print is there before the large words come; these and the rest of WHOLE are not split into words.
AT_ONCE = ("eyebrow", "brand", *LABELS)
WHOLE = ("price", "cta", *AT_ONCE)


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
    """The stage a scene stands on, in the colours of the palette's `stage`."""

    stage: str
    start: int
    end: int
    seed: int
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


How: TypeAlias = Literal["cutout", "close", "card", "panel", "cover"]


@dataclass(frozen=True)
class Picture:
    """The product: a cutout on the stage, a close look at it, a framed card, a panel, or the whole frame.

    `side` (-1, 0, 1) is the part of the product that a close look leans to.
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

    `lead` is how many frames of coming in lie before its start, `pulse` a button's beat in frames.
    """

    texts: tuple[Text, ...]
    box: Box
    valign: Literal["top", "middle"]
    stage: str
    start: int
    end: int
    pulse: int
    lead: int = 0
    kind: Literal["block"] = "block"


@dataclass(frozen=True)
class Badge:
    """A round sticker that pops in; its text stays inside the box."""

    text: str
    box: Box
    stage: str
    start: int
    end: int
    kind: Literal["badge"] = "badge"


@dataclass(frozen=True)
class Cameo:
    """A person from a licensed clip, in a disc; `since` is the film's frame on which the clip began."""

    clip: str
    still: str
    box: Box
    stage: str
    since: int
    start: int
    end: int
    kind: Literal["cameo"] = "cameo"


Layer: TypeAlias = Ground | Piece | Picture | Clip | Veil | Block | Badge | Cameo


@dataclass(frozen=True)
class GroundDraw:
    stage: str
    seed: int
    light_x: float
    light_y: float
    kind: Literal["ground"] = "ground"


@dataclass(frozen=True)
class PieceDraw:
    file: str
    stage: str
    form: str
    box: Box
    scale: float
    dy: float
    opacity: float
    kind: Literal["piece"] = "piece"


@dataclass(frozen=True)
class PictureDraw:
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


@dataclass(frozen=True)
class ClipDraw:
    file: str
    box: Box
    frame: int
    scale: float
    kind: Literal["clip"] = "clip"


@dataclass(frozen=True)
class VeilDraw:
    file: str
    box: Box
    edge: str
    opacity: float
    kind: Literal["veil"] = "veil"


@dataclass(frozen=True)
class Item:
    """One text of a block: how far each of its words has come in (0..1), and the scale of the whole."""

    role: str
    text: str
    aside: str
    words: tuple[float, ...]
    scale: float = 1.0


@dataclass(frozen=True)
class BlockDraw:
    items: tuple[Item, ...]
    box: Box
    valign: str
    stage: str
    kind: Literal["block"] = "block"


@dataclass(frozen=True)
class BadgeDraw:
    text: str
    box: Box
    stage: str
    scale: float
    rotation: float
    kind: Literal["badge"] = "badge"


@dataclass(frozen=True)
class CameoDraw:
    clip: str
    still: str
    box: Box
    stage: str
    frame: int
    scale: float
    kind: Literal["cameo"] = "cameo"


@dataclass(frozen=True)
class Group:
    """Draws composed on their own and then laid on the frame: moved, faded, or cut to `0..1` of the width."""

    draws: tuple[Draw, ...]
    opacity: float = 1.0
    dx: float = 0.0
    dy: float = 0.0
    scale: float = 1.0
    shown: float = 1.0
    kind: Literal["group"] = "group"


Draw: TypeAlias = GroundDraw | PieceDraw | PictureDraw | ClipDraw | VeilDraw | BlockDraw | BadgeDraw | CameoDraw | Group


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
            return BlockDraw(_items(layer, frame), layer.box, layer.valign, layer.stage)
        case Badge():
            return _badge(layer, frame)
        case Cameo():
            grown = ease_back((frame - layer.start + 4) / 18)
            return CameoDraw(layer.clip, layer.still, layer.box, layer.stage, frame - layer.since, _round(grown))


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
    turn = (frame + layer.seed * 37) / 30
    return GroundDraw(
        layer.stage,
        layer.seed,
        _round(0.5 + 0.34 * math.sin(turn * 0.55)),
        _round(0.36 + 0.12 * math.cos(turn * 0.4)),
    )


def _piece(layer: Piece, frame: int) -> PieceDraw:
    age = frame - layer.start
    grown = 1.0 if layer.opens else ease_back((age + 2) / 22)
    part = age / max(1, layer.end - layer.start)
    return PieceDraw(
        layer.file,
        layer.stage,
        layer.form,
        layer.box,
        _round(grown * (1 + 0.02 * part)),
        _round(-10 * part),
        1.0,
    )


def _picture(layer: Picture, frame: int) -> PictureDraw:
    age = frame - layer.start
    part = age / max(1, layer.end - layer.start)
    scale, dx, dy = _moved(layer.motion, part, layer.box)
    rotation = 0.0
    dx += layer.side * layer.box.w * 0.15
    if layer.how in ("cutout", "close", "card"):
        come = ease_out((age + (8 if layer.opens else 1)) / 24)
        scale *= (1.10 - 0.10 * come) if layer.opens else (0.86 + 0.14 * come)
        dy += (1 - come) * layer.box.h * (0.0 if layer.opens else 0.10)
        rotation = (1 - come) * (0.0 if layer.opens else 3.0)
    opacity = 1.0 if layer.opens or layer.how == "cover" else min(1.0, (age + 1) / 6)
    return PictureDraw(
        layer.file,
        layer.how,
        layer.box,
        layer.stage,
        _round(scale),
        _round(dx),
        _round(dy),
        _round(rotation),
        _round(opacity),
    )


def _moved(motion: str, part: float, box: Box) -> tuple[float, float, float]:
    """Return scale and shift in pixels of a motion at `part` 0..1 of its time."""
    along = 0.4 * part + 0.6 * ease_in_out(part)
    return {
        "lean_in": (1.30 + 0.07 * along, 0.0, 0.0),
        "push_in": (1 + 0.085 * along, 0.0, 0.0),
        "pull_out": (1.085 - 0.085 * along, 0.0, 0.0),
        "drift_left": (1.05, box.w * (0.024 - 0.048 * along), 0.0),
        "drift_right": (1.05, box.w * (0.048 * along - 0.024), 0.0),
        "rise": (1.04, 0.0, box.h * (0.02 - 0.04 * along)),
        "float": (1.02, 0.0, box.h * 0.010 * math.sin(part * math.tau)),
        "hold": (1.0, 0.0, 0.0),
    }[motion]


def _badge(layer: Badge, frame: int) -> BadgeDraw:
    age = frame - layer.start
    grown = ease_back(age / 16)
    wobble = 7 * math.exp(-age / 14) * math.cos(age / 3.2)
    return BadgeDraw(layer.text, layer.box, layer.stage, _round(grown), _round(-8 + wobble))


def _items(layer: Block, frame: int) -> tuple[Item, ...]:
    """Words come in one after the other; a whole block is in after two fifths of its time at the latest."""
    counts = [1 if text.role in WHOLE else text.text.count(" ") + 1 for text in layer.texts]
    waits = [0 if text.role in AT_ONCE else count + 1 for text, count in zip(layer.texts, counts, strict=True)]
    room = max(8, (layer.end - layer.start) * 2 // 5)
    step = min(3.0, room / max(1, sum(waits)))
    items, clock = [], -float(layer.lead)
    for text, count, wait in zip(layer.texts, counts, waits, strict=True):
        ages = [frame - layer.start - clock - step * word for word in range(count)]
        items.append(_item(text, ages, layer.pulse))
        clock += step * wait
    return tuple(items)


def _item(text: Text, ages: list[float], pulse: int) -> Item:
    if text.role in LABELS:
        return Item(text.role, text.text, text.aside, (1.0,))
    if text.role == "cta":
        beat = math.sin(math.pi * max(0.0, ages[0] - 16) / pulse) ** 2 if pulse else 0.0
        scale = ease_back(ages[0] / 16) + 0.03 * beat
        return Item(text.role, text.text, text.aside, (_round(min(1.0, max(0.0, ages[0] / 5))),), _round(scale))
    if text.role == "price":
        shown = min(1.0, max(0.0, ages[0] / 6))
        return Item(text.role, text.text, text.aside, (_round(shown),), _round(0.8 + 0.2 * ease_back(ages[0] / 16)))
    return Item(text.role, text.text, text.aside, tuple(_round(ease_out(age / 20)) for age in ages))
