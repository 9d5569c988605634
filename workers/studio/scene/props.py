"""The things that a film's draws are made of, each painted once: stages, products, words, badges, veils, discs."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from adengine.core.errors import PictureUnusable
from adengine.core.layers import (
    BadgeDraw,
    BlockDraw,
    Box,
    CameoDraw,
    CaptionDraw,
    CompareDraw,
    GroundDraw,
    LogoDraw,
    PictureDraw,
    PieceDraw,
    VeilDraw,
)
from adengine.core.palette import READABLE, Palette, Stage, contrast, mix, palette_for, readable
from adengine.core.timeline import Timeline
from workers.studio.pixels import planes
from workers.studio.pixels.planes import Frame, Mask, Plate, Sprite
from workers.studio.scene.laying import View, device_box, even, lay
from workers.studio.scene.sources import Sources
from workers.studio.scene.sprites import PAINTING, Art, Placed, Store, placed, tinted

if TYPE_CHECKING:
    from adengine.core.style import Style
    from workers.studio.letters.lettering import SetCaption, SetItem
    from workers.studio.letters.lettering import Sprite as Lettered

# Text over a photograph is measured on about this many pixels of a row.
MEASURED = 135
PANEL_OPACITY = 0.86
# A picture is read a little larger than it is shown, for the room it has to move.
ROOM = 1.2


@dataclass(frozen=True)
class Shade:
    """What is laid over a photograph under text: its colour, the text's colour, and how dense it must be."""

    colour: str
    ink: str
    opacity: float


@dataclass(frozen=True)
class Words:
    """One text as planes: its words with their places in the text, its backing, and the whole.

    `middle` is in device pixels; `size` and `bounds` (left, top, right, bottom) are in frame pixels.
    """

    parts: tuple[tuple[int, Placed], ...]
    backing: Placed | None
    whole: Placed
    middle: tuple[float, float]
    size: float
    bounds: tuple[float, float, float, float]


class Props:
    """Paints a film's things when they are first asked for; `width`, `height` are device pixels, `scale` a frame's."""

    def __init__(self, timeline: Timeline, sources: Sources, store: Store, size: tuple[int, int], scale: float) -> None:
        self._timeline, self._style, self._sources, self._store = timeline, timeline.style, sources, store
        (self._width, self._height), self._scale = size, scale

    @property
    def palette(self) -> Palette:
        """The film's colours, from its key picture, the brand and the style."""

        def make() -> Palette:
            return palette_for(self._sources.swatches(self._timeline.key_picture), self._timeline.brand, self._style)

        return self._store.get("palette", make)

    def ground(self, draw: GroundDraw) -> Plate:
        from workers.studio.scene import grounds

        unit = self._style.unit * self._scale
        stage, grain = self.palette.stage(draw.stage), self._style.grain
        seed = draw.seed if draw.pattern in grounds.SHARP else 0
        asked = grounds.Ground(draw.pattern, stage, self._width, self._height, seed, grain, unit)

        def make() -> Plate:
            return Plate(*grounds.painted(asked))

        return self._store.get(asked, lambda: self._sources.kept("ground", asked, make))

    def lit(self, draw: GroundDraw) -> Plate:
        """Return the ground with its light at rest, as one."""
        beam = self.light(draw)
        if beam is None:
            return self.ground(draw)

        def make() -> Plate:
            frame = Frame.blank(self._width, self._height)
            planes.paste(frame, self.ground(draw), 0, 0)
            lay(View(frame), beam)
            return frame.plate()

        return self._store.get(("lit", draw), make)

    def light(self, draw: GroundDraw) -> Placed | None:
        """Return the light over the ground where it lies now; None over one that has none."""
        from workers.studio.scene import grounds

        if draw.pattern not in grounds.LIT_PATTERNS:
            return None

        def make() -> Placed:
            size = self._width, self._height
            dense = self._store.get(("dense", draw.pattern), lambda: grounds.light(draw.pattern, *size))
            return Placed(tinted(dense, self.palette.stage(draw.stage).light), 0, 0)

        beam = self._store.get(("light", draw.pattern, draw.stage), make)
        if draw.pattern == "sweep":
            x, y = (draw.light_x - 1.15) * self._width * 0.6, (draw.light_y - 0.36) * self._height
        else:
            x = self._width * (0.5 + 0.5 * (draw.light_x - 0.5)) - beam.sprite.w / 2
            y = self._height * (0.6 + 0.5 * (draw.light_y - 0.36)) - beam.sprite.h / 2
        # Whole chroma pixels: so soft a thing shows no steps, and laying is much cheaper than sampling.
        return replace(beam, x=even(x), y=even(y))

    def piece(self, draw: PieceDraw) -> Placed:
        def make() -> Placed:
            from workers.studio.scene import scenery

            floor = scenery.floor_of(self._sources.solid(draw.file), draw.box)
            return _painted(scenery.piece, draw.form, draw.box, self.palette.stage(draw.stage), floor, self._scale)

        return self._store.get(("piece", draw.file, draw.form, draw.box, draw.stage), make)

    def figure(self, draw: PictureDraw) -> Placed:
        """Return a cut-out in its box; there must be one."""
        parts = self._sources.digest(draw.file), draw.box, self._scale, draw.how, self._width, self._height

        def make() -> Placed:
            from workers.studio.scene import scenery

            cut = self._sources.cutout(draw.file)
            if cut is None:
                raise PictureUnusable(f"The picture {draw.file} is not cut out; upload it again or show it framed")
            wide = self._timeline.width
            art = scenery.standing(cut, draw.box, self._scale, how=draw.how, frame_width=wide)
            return placed(scenery.cropped(art, self._width, self._height))

        key = "figure", draw.file, draw.box, draw.how
        return self._store.get(key, lambda: self._sources.kept("figure", parts, make))

    def contact(self, draw: PictureDraw) -> Placed | None:
        """Return the shadow under a cut-out; None for one that brought its own."""

        def make() -> Placed | None:
            from workers.studio.scene import scenery

            cut = self._sources.cutout(draw.file)
            if cut is None or cut.casts_own_shadow:
                return None
            stage = self.palette.stage(draw.stage)
            return _painted(scenery.contact, cut, draw.box, draw.how, stage, self._scale, self._style.shadow)

        return self._store.get(("contact", draw.file, draw.box, draw.how, draw.stage), make)

    def card(self, draw: PictureDraw) -> Placed:
        stage, style = self.palette.stage(draw.stage), self._style
        parts = self._sources.digest(draw.file), draw.box, self._scale, stage, style.corner, style.shadow

        def make() -> Placed:
            from workers.studio.scene import pictures, scenery

            picture = self._sources.read(draw.file, ROOM * draw.box.w, ROOM * draw.box.h)
            aspect = picture.width / picture.height
            w, h = (round(side * self._scale) for side in scenery.card_size(draw.box, aspect))
            flat = pictures.covering(picture, w, h)
            with PAINTING:
                art = scenery.card(
                    flat, draw.box, stage, self._scale, aspect=aspect, corner=style.corner, shadow=style.shadow
                )
            return placed(art)

        key = "card", draw.file, draw.box, draw.stage
        return self._store.get(key, lambda: self._sources.kept("card", parts, make))

    def photograph(self, file: str, box: Box, *, fills: bool) -> Plate:
        """Return a photograph a little larger than its box; one that fills the frame may be continued upwards."""
        rect = device_box(box, self._scale)

        def make() -> Plate:
            from workers.studio.scene import plates

            picture = self._sources.read(file, ROOM * box.w, ROOM * box.h)
            return (plates.filling if fills else plates.covering)(picture, rect.w, rect.h)

        def kept() -> Plate:
            from workers.studio.scene.plates import LEAST_SHOWN

            self._sources.note_enlarged(file, box.w, box.h * (LEAST_SHOWN if fills else 1))
            return self._sources.kept("plate", (self._sources.digest(file), rect.w, rect.h, fills), make)

        return self._store.get(("plate", file, rect.w, rect.h, fills), kept)

    def words(self, draw: BlockDraw) -> tuple[Words, ...]:
        def make() -> tuple[Words, ...]:
            from workers.studio.letters import lettering

            stage, style, locale = self._stage_of(draw), self._lettering, self._timeline.locale
            with PAINTING:
                made = lettering.typeset(draw, stage, style, self._scale, locale)
                return tuple(self._set(item) for item in made)

        return self._store.get(("block", _content(draw)), make)

    def badge(self, draw: BadgeDraw) -> Placed:
        def make() -> Placed:
            from workers.studio.letters import lettering

            stage, style, locale = self.palette.stage(draw.stage), self._lettering, self._timeline.locale
            with PAINTING:
                return _lettered(lettering.badge(draw.text, draw.box, stage, style, self._scale, locale), self._scale)

        return self._store.get(("badge", draw.text, draw.box, draw.stage), make)

    def caption(self, draw: CaptionDraw) -> tuple[Placed, ...]:
        """Return a burned-in caption, back to front."""
        said = draw.lines, draw.look, draw.box

        def caption() -> SetCaption:
            from workers.studio.letters import lettering

            stage, style = self.palette.deep, self._lettering
            with PAINTING:
                return lettering.spoken(draw, stage, style, self._scale, self._timeline.locale)

        def make() -> tuple[Placed, ...]:
            made = self._store.get(("caption", *said), caption)
            whole, *lit = made.at(draw.active)
            first = next(group.first for group in made.groups if group.whole is whole)
            rest = self._store.get(("said", first, *said), lambda: _lettered(whole, self._scale))
            return rest, *(_lettered(word, self._scale) for word in lit)

        return self._store.get(("spoken", draw), make)

    def veil(self, draw: VeilDraw, block: BlockDraw) -> Placed:
        """Return what makes the block's words readable over a photograph."""
        return self._store.get(("veil", draw, _content(block)), lambda: self._veil(draw, block))

    def logo(self, draw: LogoDraw) -> Placed | None:
        """Return the shop's mark; None, with a note, where it cannot be read."""

        def make() -> Placed | None:
            from workers.studio.scene import scenery

            try:
                picture = self._sources.read(draw.file, ROOM * draw.box.w, ROOM * draw.box.h)
            except PictureUnusable as error:
                self._sources.notes[f"{error}. The film is made without the logo."] = None
                return None
            return placed(scenery.fitted(picture, draw.box, draw.align, self._scale))

        return self._store.get(("logo", draw.file, draw.box, draw.align), make)

    def corner(self, rect: Box) -> float:
        """Return the radius of a picture's corners; one that reaches an edge of the frame has none."""
        inside = rect.x > 0 and rect.y > 0 and rect.right < self._width and rect.bottom < self._height
        return self._style.corner * self._scale if inside else 0.0

    def rounded(self, rect: Box) -> Mask | None:
        """Return where a picture with round corners shows; None where they are square."""
        corner = self.corner(rect)
        if not corner:
            return None

        def make() -> Mask:
            from workers.studio.scene import scenery

            return Mask.of(scenery.rounded(rect.w, rect.h, corner))

        return self._store.get(("rounded", rect.w, rect.h, corner), make)

    def drop(self, draw: CompareDraw) -> Placed | None:
        """Return the shadow of a picture that stands free of the frame's edges."""
        if not self.corner(device_box(draw.box, self._scale)) or not self._style.shadow:
            return None

        def make() -> Placed:
            from workers.studio.scene import scenery

            stage, style = self.palette.stage(draw.stage), self._style
            return _painted(scenery.drop, draw.box, stage, self._scale, style.corner, style.shadow)

        return self._store.get(("drop", draw.box, draw.stage), make)

    def divider(self, height: int) -> Placed:
        """Return a comparison's divider about (0, 0)."""

        def make() -> Placed:
            from workers.studio.scene import scenery

            return _painted(scenery.divider, height, self.palette.haze, self.palette.veil, self._scale)

        return self._store.get(("divider", height), make)

    def disc(self, draw: CameoDraw, circle: tuple[float, float, float]) -> Placed:
        """Return the disc a person stands before; `circle` is x, y, radius in frame pixels."""

        def make() -> Placed:
            from workers.studio.scene import scenery

            stage = self.palette.stage(draw.stage)
            return _painted(scenery.disc, circle, stage, self._scale, self._style.shadow)

        return self._store.get(("disc", circle, draw.stage), make)

    def rim(self, draw: CameoDraw, circle: tuple[float, float, float]) -> Placed:
        def make() -> Placed:
            from workers.studio.scene import scenery

            return _painted(scenery.ring, circle, self.palette.stage(draw.stage).button, self._scale)

        return self._store.get(("rim", circle, draw.stage), make)

    def held(self, side: int, radius: float, *, is_open: bool) -> Mask:
        """Return the disc at the foot of a square that holds a person; an open one shows all above its middle."""

        def make() -> Mask:
            from workers.studio.scene import scenery

            return Mask.of(scenery.held(side, side, side / 2, side - radius, radius, open_above=is_open))

        return self._store.get(("held", side, radius, is_open), make)

    def still(self, draw: CameoDraw) -> Plate | Sprite:
        """Return a person's still picture, as a sprite where it is cut out."""

        def make() -> Plate | Sprite:
            from workers.studio.scene import scenery

            picture = self._sources.read(draw.still, draw.box.h, draw.box.h)
            pixels = scenery.sized(picture, picture.width, picture.height)
            return planes.sprite_from_bgra(pixels) if picture.mode == "RGBA" else planes.plate_from_bgra(pixels)

        return self._store.get(("still", draw.still, draw.box.h), make)

    def note_missing(self, texts: str) -> None:
        """Note the characters that no font here shows."""
        if texts.isascii():
            return
        from workers.studio.letters.fonts import named, shelf

        with PAINTING:
            absent = shelf().missing(texts)
        if absent:
            note = f"No font on this machine shows {named(absent)}; left out. Install one (Noto covers most)."
            self._sources.notes[note] = None

    @property
    def _lettering(self) -> Style:
        """The style, in the brand's own fonts where they are installed."""

        def make() -> Style:
            from workers.studio.letters.fonts import branded

            brand = self._timeline.brand
            with PAINTING:
                style, notes = branded(self._style, brand.display_font, brand.text_font)
            self._sources.notes.update(dict.fromkeys(notes))
            return style

        return self._store.get("lettering", make)

    def _set(self, item: SetItem) -> Words:
        whole, scale = item.whole, self._scale
        return Words(
            tuple((place, _lettered(word, scale)) for place, word in item.words),
            _lettered(item.backing, scale) if item.backing else None,
            _lettered(whole, scale),
            ((whole.x + whole.w / 2) * scale, (whole.y + whole.h / 2) * scale),
            item.size,
            (whole.x, whole.y, whole.x + whole.w, whole.y + whole.h),
        )

    def _stage_of(self, block: BlockDraw) -> Stage:
        if not block.stage.startswith("veil:"):
            return self.palette.stage(block.stage)
        shade = self._shade(block.stage.removeprefix("veil:"), block.box)
        ink, ground = shade.ink, shade.colour
        return Stage(ground, ground, ground, ground, ground, ink, ink, ink, ink, ground)

    def _veil(self, draw: VeilDraw, block: BlockDraw) -> Placed:
        from workers.studio.scene import scenery

        style, shade = self._style, self._shade(draw.file, draw.box)
        lefts, tops, rights, bottoms = zip(*(words.bounds for words in self.words(block)), strict=True)
        if style.veil == "panel":
            pad = style.unit * 3
            left, top = round(min(lefts)) - pad, round(min(tops)) - pad
            box = Box(left, top, round(max(rights)) + pad - left, round(max(bottoms)) + pad - top)
            dense = max(PANEL_OPACITY, shade.opacity)
            return _painted(scenery.panel, shade.colour, dense, box, style.corner * 0.6, self._scale)
        film = self._timeline
        reach = max(bottoms) / film.height if draw.edge == "top" else max(rights) / film.width
        size = self._width, self._height
        return Placed(tinted(scenery.veil(shade.opacity, draw.edge, reach, size), shade.colour), 0, 0)

    def _shade(self, file: str, box: Box) -> Shade:
        """Choose a dark veil with light text or a light one with dark text: whichever hides less."""

        def make() -> Shade:
            palette = self.palette
            ink = readable(self._timeline.brand.ink, (palette.haze,), 9.0)
            dark, bright = self._tones(file, box)
            options = (
                Shade(palette.veil, "#ffffff", _needed("#ffffff", bright, palette.veil)),
                Shade(palette.haze, ink, _needed(ink, dark, palette.haze)),
            )
            return min(options, key=lambda shade: shade.opacity)

        return self._store.get(("shade", file, box), make)

    def _tones(self, file: str, box: Box) -> tuple[str, str]:
        """Return the dark and the bright end of what a photograph shows there; of a moving clip, black and white."""
        if any(p.layer.kind == "clip" and p.layer.file == file for p in self._timeline.layers):
            return "#000000", "#ffffff"
        whole = Box(0, 0, self._timeline.width, self._timeline.height)

        def make() -> list[int]:
            return _levels(self.photograph(file, whole, fills=True), box, whole)

        levels = self._sources.known("tones", (self._sources.digest(file), box, whole, self._scale), make)
        dark, bright = (f"#{level:02x}{level:02x}{level:02x}" for level in levels)
        return dark, bright


def _painted(paint: Callable[..., Art], *how: object) -> Placed:
    """Paint with skia, one thread at a time, and turn what was painted into planes."""
    with PAINTING:
        art = paint(*how)
    return placed(art)


def _lettered(made: Lettered, scale: float) -> Placed:
    return Placed(planes.sprite_from_bgra(made.pixels), *made.corner(scale))


def _levels(plate: Plate, box: Box, whole: Box) -> list[int]:
    """Return the 5th and 95th percentile of the greys (0..255) in a part of a plate that fills the frame."""
    import numpy as np

    left, right = (max(0, round(edge * plate.w / whole.w)) for edge in (box.x, box.right))
    top, bottom = (max(0, round(edge * plate.h / whole.h)) for edge in (box.y, box.bottom))
    step = max(1, plate.w // MEASURED)
    luma = np.percentile(plate.y[top:bottom:step, left:right:step], (5, 95))
    return [min(255, max(0, round((float(level) - 16) * 255 / 219))) for level in luma]


def _needed(ink: str, below: str, veil: str) -> float:
    """Return the least density of `veil` over `below` at which `ink` is readable, with a little to spare."""
    steps = (step / 100 for step in range(0, 100, 2))
    return next((s for s in steps if contrast(ink, mix(below, veil, s)) >= READABLE + 0.3), 0.98)


def _content(block: BlockDraw) -> tuple[Hashable, ...]:
    said = tuple((i.role, i.text, i.aside) for i in block.items)
    return said, block.box, block.valign, block.stage, block.peers, block.align
