"""Draw lists become frames: still things are painted once into planes, each frame only lays them."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path

from adengine.core.errors import PictureUnusable
from adengine.core.layers import (
    Badge,
    BadgeDraw,
    Block,
    BlockDraw,
    Box,
    Cameo,
    CameoDraw,
    CaptionDraw,
    ClipDraw,
    CompareDraw,
    Draw,
    GroundDraw,
    Group,
    Item,
    LogoDraw,
    Picture,
    PictureDraw,
    PieceDraw,
    VeilDraw,
)
from adengine.core.palette import Palette
from adengine.core.timeline import Timeline
from workers.studio.pixels import planes
from workers.studio.pixels.planes import Frame, Plate
from workers.studio.scene import laying, people
from workers.studio.scene.laying import Move, View, covering, device_box, even, lay
from workers.studio.scene.props import Props, Words
from workers.studio.scene.sources import Keep, Sources
from workers.studio.scene.sprites import Placed, Store

KEPT_BYTES = 64_000_000
# Nobody sees smaller turns (degrees) or steps of size, but an encoder does.
LEAST_TURN, TURN_STEPS, SIZE_STEPS = 0.03, 20, 500
CUT_OUT, FILLING = ("cutout", "shelf", "close"), ("cover", "panel")
# So many photographs are read ahead, for as long as libraries are loaded: more would only take memory earlier.
MOST_AHEAD = 2
# What a picture turns and grows about, as a part of its box's height from above.
PIVOTS = {"cutout": 1.0, "shelf": 1.0, "close": 0.0}
RIGHT_TO_LEFT = ("ar", "fa", "he", "ur")


class Composer:
    """Composes one film's frames; several threads may paint different frames at once.

    `resolve` maps a file key to a local path; `keep` holds what other films can use again. `notes` says what a
    merchant should know of the film.
    """

    def __init__(
        self, timeline: Timeline, resolve: Callable[[str], Path], *, scale: float = 1.0, keep: Keep | None = None
    ) -> None:
        self.timeline, self._scale, self._style = timeline, scale, timeline.style
        # H.264's 4:2:0 wants even sides.
        self.width, self.height = even(timeline.width * scale), even(timeline.height * scale)
        self.notes: dict[str, None] = {}
        self.store = Store(KEPT_BYTES)
        self._sources = Sources(resolve, self.store, scale=scale, keep=keep, notes=self.notes)
        self._props = Props(timeline, self._sources, self.store, (self.width, self.height), scale)
        self._reels = people.Reels(self._sources, timeline.fps, scale)
        self._own = threading.local()

    @property
    def palette(self) -> Palette:
        return self._props.palette

    def prepare(self) -> None:
        """Take in the clips of people and read photographs; one that is unusable is met when it is painted.

        Clips come first: that takes longest, and needs Python least, which is busy with loading libraries meanwhile.
        """
        layers = [placed.layer for placed in self.timeline.layers]
        for layer in layers:
            if isinstance(layer, Cameo) and layer.clip:
                with suppress(PictureUnusable):
                    self._reels.take_in(layer.clip, layer.box)
        filling = (layer for layer in layers if isinstance(layer, Picture) and layer.how in FILLING)
        for photo in islice(filling, MOST_AHEAD):
            with suppress(PictureUnusable):
                self._props.photograph(photo.file, photo.box, fills=photo.how == "cover")

    def paint(self, number: int, frame: Frame) -> None:
        """Compose frame `number` into `frame`, which is as large as the film; every pixel of it is written.

        Raises PictureUnusable where a picture that the frame cannot do without is unreadable.
        """
        self.compose(self.timeline.draw_list(number), frame)

    def compose(self, draws: tuple[Draw, ...], frame: Frame) -> None:
        """Lay draws into `frame`, back to front; the first ones are to cover it."""
        self.store.get("read", lambda: self._props.note_missing(_read_by_all(self.timeline)))
        self._lay_all(View(frame), draws)

    def close(self) -> None:
        """Close clips and forget pictures; nothing may be painted afterwards."""
        self._reels.close()
        self._sources.close()
        self.store.clear()

    def _lay_all(self, view: View, draws: tuple[Draw, ...]) -> None:  # noqa: PLR0912
        for place, draw in enumerate(draws):
            match draw:
                case Group():
                    self._group(view, draw, draws[place + 1 : place + 2])
                case GroundDraw():
                    self._ground(view, draw)
                case PieceDraw():
                    self._piece(view, draw)
                case PictureDraw():
                    self._picture(view, draw)
                case ClipDraw():
                    self._clip(view, draw)
                case VeilDraw():
                    self._veil(view, draw, draws[place + 1 :])
                case BlockDraw():
                    self._block(view, draw)
                case BadgeDraw():
                    self._badge(view, draw)
                case CompareDraw():
                    self._compare(view, draw)
                case LogoDraw():
                    if mark := self._props.logo(draw):
                        lay(view, mark, Move(opacity=draw.opacity))
                case CameoDraw():
                    self._cameo(view, draw)
                case CaptionDraw():
                    for said in self._props.caption(draw):
                        lay(view, said)

    def _group(self, view: View, group: Group, above: tuple[Draw, ...]) -> None:
        """Paint what shows of the group where it has moved to; a faded or zoomed one is composed aside."""
        (left, top), rect = self._seen(group)
        for over in above:
            if isinstance(over, Group) and over.opacity == 1 and over.scale == 1:
                rect = laying.uncovered(rect, self._seen(over)[1])
        if group.opacity <= 0 or rect.w <= 0 or rect.h <= 0:
            return
        target, dx, dy = laying.part(view.frame, rect), left - rect.x, top - rect.y
        if group.scale == 1 and group.opacity == 1:
            self._lay_all(View(target, dx, dy), group.draws)
            return
        if alone := _faded_alone(group):
            self._picture(View(target, dx, dy), alone)
            return
        aside = self._scratch()
        self._lay_all(View(aside), group.draws)
        x, y = ((1 - group.scale) * side / 2 for side in (self.width, self.height))
        planes.cover(target, aside.plate(), x + dx, y + dy, group.scale, opacity=group.opacity)

    def _seen(self, group: Group) -> tuple[tuple[int, int], Box]:
        """Return where a group's corner has moved to and what of the frame it lies on."""
        # Whole chroma pixels: a frame that flies by needs no sampling.
        dx, dy = even(group.dx * self._scale), even(group.dy * self._scale)
        left, top = max(0, dx), max(0, dy)
        right = min(self.width, dx + even(self.width * group.shown))
        return (dx, dy), Box(left, top, right - left, min(self.height, dy + self.height) - top)

    def _ground(self, view: View, draw: GroundDraw) -> None:
        if draw.settled:
            planes.paste(view.frame, self._props.lit(draw), view.dx, view.dy)
            return
        planes.paste(view.frame, self._props.ground(draw), view.dx, view.dy)
        if beam := self._props.light(draw):
            lay(view, beam)

    def _piece(self, view: View, draw: PieceDraw) -> None:
        foot = self._point(draw.box.x + draw.box.w / 2, draw.box.bottom)
        grown = draw.scale if draw.form != "plinth" else 1.0
        lay(view, self._props.piece(draw), Move(foot, grown))

    def _picture(self, view: View, draw: PictureDraw) -> None:
        how = self._how(draw)
        pivot = self._point(draw.box.x + draw.box.w / 2, draw.box.y + draw.box.h * PIVOTS.get(how, 0.5))
        # Turning costs ten times what scaling does: a close look, which fills the frame, goes without.
        turn = draw.rotation if abs(draw.rotation) >= LEAST_TURN and how != "close" else 0.0
        move = Move(pivot, draw.scale, draw.dx * self._scale, draw.dy * self._scale, turn, draw.opacity)
        match how:
            case "cover" | "panel":
                plate = self._props.photograph(draw.file, draw.box, fills=how == "cover")
                self._cover(view, plate, draw.box, move)
            case "card":
                lay(view, self._props.card(draw), move)
            case _:
                if how != "close":
                    self._contact(view, draw, move)
                lay(view, self._props.figure(draw), move)

    def _how(self, draw: PictureDraw) -> str:
        if draw.how not in CUT_OUT or self._sources.solid(draw.file):
            return draw.how
        self.notes[f"The picture {draw.file} is marked as cut out but is opaque; it is shown framed"] = None
        return "card"

    def _contact(self, view: View, draw: PictureDraw, move: Move) -> None:
        """Lay the shadow where the product stands: it stays on the floor, and grows faint as the product rises."""
        shadow = self._props.contact(draw)
        if shadow:
            risen = max(0.0, -draw.dy) / max(1, draw.box.h)
            opacity = move.opacity * max(0.0, 1 - 9 * risen)
            lay(view, shadow, replace(move, dy=max(0.0, move.dy), rotation=0.0, opacity=opacity))

    def _cover(self, view: View, plate: Plate, box: Box, move: Move) -> None:
        """Fill the box with the plate, at any zoom and shift without a bare edge."""
        rect = device_box(box, self._scale)
        x, y, by = covering(plate, rect, move.scale, move.dx, move.dy)
        planes.cover(view.frame, plate, x + view.dx, y + view.dy, by, view.box(rect), opacity=move.opacity)

    def _clip(self, view: View, draw: ClipDraw) -> None:
        plate = self._reels.clip(draw.file, draw.frame, draw.box)
        if isinstance(plate, Plate):
            self._cover(view, plate, draw.box, Move(scale=draw.scale))

    def _veil(self, view: View, draw: VeilDraw, above: tuple[Draw, ...]) -> None:
        """Lay the veil for the words over it; it comes in as they do."""
        block = next((d for d in above if isinstance(d, BlockDraw)), None)
        if block and block.items:
            come = max(item.words[0] for item in block.items)
            lay(view, self._props.veil(draw, block), Move(opacity=draw.opacity * min(1.0, come * 1.6)))

    def _block(self, view: View, draw: BlockDraw) -> None:
        for item, words in zip(draw.items, self._props.words(draw), strict=True):
            if min(item.words) >= 1:
                lay(view, words.whole, Move(words.middle, item.scale))
            else:
                self._enter(view, item, words)

    def _enter(self, view: View, item: Item, words: Words) -> None:
        if words.backing:
            lay(view, words.backing, Move(words.middle, item.scale, opacity=min(1.0, item.words[0] * 1.6)))
        for place, word in words.parts:
            come = item.words[min(place, len(item.words) - 1)]
            if come > 0:
                self._enter_word(view, item, words, word, come)

    def _enter_word(self, view: View, item: Item, words: Words, word: Placed, come: float) -> None:
        """Lay a word on its way in, as the style has words come in."""
        away, size = 1 - come, words.size * self._scale
        move = Move(words.middle, item.scale, opacity=min(1.0, come * 1.25))
        match self._style.entrance if item.scale == 1 else "rise":
            case "slide":
                side = -1 if self.timeline.locale[:2] in RIGHT_TO_LEFT else 1
                lay(view, word, replace(move, dx=side * away * size * 0.9))
            case "pop":
                lay(view, word, Move(word.middle, 1 - 0.45 * away + 0.9 * come * away, opacity=min(1.0, come * 2)))
            case "fade":
                lay(view, word, move)
            case "mask":
                high = word.sprite.h / word.detail
                rest = Box(math.floor(word.x), math.floor(word.y), word.sprite.w + 2, math.ceil(high))
                lay(view, word, replace(move, dy=away * high, opacity=min(1.0, come * 3)), rest)
            case _:
                lay(view, word, replace(move, dy=away * size * 0.55))

    def _badge(self, view: View, draw: BadgeDraw) -> None:
        if draw.scale <= 0:
            return
        middle = self._point(draw.box.x + draw.box.w / 2, draw.box.y + draw.box.h / 2)
        turn, grown = round(draw.rotation * TURN_STEPS) / TURN_STEPS, round(draw.scale * SIZE_STEPS) / SIZE_STEPS
        self._lay_grown(view, self._props.badge(draw), Move(middle, grown, rotation=turn))

    def _compare(self, view: View, draw: CompareDraw) -> None:
        """Show one picture left of the divider and the other right of it."""
        rect = device_box(draw.box, self._scale)
        at = rect.x + even(rect.w * draw.part)
        if shadow := self._props.drop(draw):
            lay(view, shadow)
        for file, left, right in ((draw.before, rect.x, at), (draw.after, at, rect.right)):
            seen = laying.inside(view.box(Box(left, rect.y, right - left, rect.h)), view.frame)
            if seen.w > 0 and seen.h > 0:
                self._compare_side(view, draw, file, seen)
        lay(view, self._props.divider(draw.box.h), Move(dx=at, dy=even(rect.y + rect.h / 2)))

    def _compare_side(self, view: View, draw: CompareDraw, file: str, seen: Box) -> None:
        rect, plate = device_box(draw.box, self._scale), self._props.photograph(file, draw.box, fills=False)
        x, y, by = covering(plate, rect, 1.0, 0.0, 0.0)
        rounded = self._props.rounded(rect)
        if rounded is None:
            planes.cover(view.frame, plate, x + view.dx, y + view.dy, by, seen)
            return
        dx, dy = view.dx - seen.x, view.dy - seen.y
        planes.lay_plate(laying.part(view.frame, seen), plate, rounded, rect.x + dx, rect.y + dy, x + dx, y + dy, by)

    def _cameo(self, view: View, draw: CameoDraw) -> None:
        """Lay a person before a disc: risen out of it, or cut to it and rimmed."""
        if draw.scale <= 0:
            return
        box, is_round = draw.box, draw.shape == "round"
        radius = min(box.w, box.h) / 2 if is_round else box.w / 2
        circle = box.x + box.w / 2, box.y + box.h / 2 if is_round else box.bottom - radius, radius
        side = 2 * radius if is_round else float(box.h)
        square = Box(round(circle[0] - side / 2), round(circle[1] + radius - side), round(side), round(side))
        move = Move(self._point(*circle[:2]), draw.scale)
        self._lay_grown(view, self._props.disc(draw, circle), move)
        self._person(view, draw, square, move)
        if is_round:
            self._lay_grown(view, self._props.rim(draw, circle), move)

    def _lay_grown(self, view: View, thing: Placed, move: Move) -> None:
        """Lay a thing that comes in growing and then rests: from then on it is not sampled anew for every frame."""
        if move.scale != 1:
            lay(view, thing, move)
            return
        lay(view, self.store.get(("rest", thing, move), lambda: laying.at_rest(thing, move)))

    def _person(self, view: View, draw: CameoDraw, square: Box, move: Move) -> None:
        """Show the clip's picture in its square, as far as the disc holds it."""
        is_open = draw.shape != "round"
        x, y, side = people.grown(square, move.pivot, self._scale, move.scale)
        rest = people.grown(square, move.pivot, self._scale, 1.0)[2]
        radius = draw.box.w * self._scale / 2 if is_open else rest / 2
        held = self._props.held(rest, radius, is_open=is_open)
        mask = held if side == rest else people.sized(held, side)
        people.show(view.frame, self._cameo_picture(draw), mask, view.box(Box(x, y, side, side)))

    def _cameo_picture(self, draw: CameoDraw) -> people.Shown:
        """Return the cameo's picture; a clip that cannot be played gives way to the still, with a note."""
        if draw.clip:
            try:
                return self._reels.person(draw.clip, draw.frame, draw.box)
            except PictureUnusable as error:
                self.notes[f"{error} The still picture of the cameo is shown instead."] = None
        return self._props.still(draw)

    def _point(self, x: float, y: float) -> tuple[float, float]:
        return x * self._scale, y * self._scale

    def _scratch(self) -> Frame:
        """Return this thread's frame to compose aside on."""
        if not hasattr(self._own, "scratch"):
            self._own.scratch = Frame.blank(self.width, self.height)
        scratch: Frame = self._own.scratch
        return scratch


def _faded_alone(group: Group) -> PictureDraw | None:
    """Return a photograph that fills a fading group by itself: it is faded while it is sampled, not composed aside."""
    match group.draws:
        case (PictureDraw(how="cover") as draw,) if group.scale == 1:
            return draw._replace(opacity=draw.opacity * group.opacity)
    return None


def _read_by_all(timeline: Timeline) -> str:
    """Return every character that the film paints."""
    texts = [t.text + t.aside for p in timeline.layers if isinstance(p.layer, Block) for t in p.layer.texts]
    texts += [p.layer.text for p in timeline.layers if isinstance(p.layer, Badge)]
    texts += [word.text for word in timeline.spoken] if timeline.caption_look else []
    return "".join(texts)
