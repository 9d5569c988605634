"""Draw lists become frames: still things are painted once and kept, each frame only lays them together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import skia
from PIL import Image

from adengine.core.errors import PictureUnusable
from adengine.core.layers import (
    Badge,
    BadgeDraw,
    Block,
    BlockDraw,
    Box,
    CameoDraw,
    ClipDraw,
    Draw,
    GroundDraw,
    Group,
    Item,
    PictureDraw,
    PieceDraw,
    VeilDraw,
)
from adengine.core.palette import READABLE, Stage, contrast, mix, palette_for, readable
from adengine.core.timeline import Timeline
from workers.studio import pictures, scenery
from workers.studio.fonts import named, shelf
from workers.studio.lettering import SetItem, Sprite, argb, typeset
from workers.studio.pictures import Pixels
from workers.studio.reels import Reel

LINEAR = skia.SamplingOptions(skia.FilterMode.kLinear)
KEPT_MADE = 48
Made = TypeVar("Made")


@dataclass(frozen=True)
class Shade:
    """What is laid over a photograph under text: its colour, the text's colour, and how dense it must be."""

    colour: str
    ink: str
    opacity: float


class Composer:
    """Composes one film's frames into one buffer of BGRA pixels that every call reuses."""

    def __init__(self, timeline: Timeline, resolve: Callable[[str], Path], scale: float) -> None:
        self.timeline, self._resolve, self._scale = timeline, resolve, scale
        # H.264's 4:2:0 wants even sides.
        self.width, self.height = (round(side * scale / 2) * 2 for side in (timeline.width, timeline.height))
        self.pixels: Pixels = np.zeros((self.height, self.width, 4), np.uint8)
        info = skia.ImageInfo.Make(
            self.width, self.height, skia.ColorType.kBGRA_8888_ColorType, skia.AlphaType.kPremul_AlphaType
        )
        self._surface = skia.Surface.MakeRasterDirect(info, self.pixels)
        self.notes: dict[str, None] = {}
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._photos: dict[str, Image.Image] = {}
        self._reels: dict[str, Reel] = {}
        self._palette = palette_for(pictures.swatches(self._photo(timeline.key_picture)), timeline.brand)
        self._note_missing()

    def frame(self, number: int) -> Pixels:
        """Compose frame `number` and return the buffer; it is overwritten by the next call."""
        canvas = self._surface.getCanvas()
        canvas.save()
        canvas.scale(self._scale, self._scale)
        self._draw_all(canvas, self.timeline.draw_list(number))
        canvas.restore()
        return self.pixels

    def close(self) -> None:
        for reel in self._reels.values():
            reel.close()

    def _draw_all(self, canvas: Any, draws: tuple[Draw, ...]) -> None:
        for place, draw in enumerate(draws):
            match draw:
                case Group():
                    self._group(canvas, draw)
                case GroundDraw():
                    self._ground(canvas, draw)
                case PieceDraw():
                    self._piece(canvas, draw)
                case PictureDraw():
                    self._picture(canvas, draw)
                case ClipDraw():
                    self._clip(canvas, draw)
                case VeilDraw():
                    self._veil(canvas, draw, draws[place + 1 :])
                case BlockDraw():
                    self._block(canvas, draw)
                case BadgeDraw():
                    self._badge(canvas, draw)
                case CameoDraw():
                    self._cameo(canvas, draw)

    def _group(self, canvas: Any, group: Group) -> None:
        whole = skia.Rect.MakeWH(self.timeline.width, self.timeline.height)
        canvas.save()
        canvas.translate(group.dx, group.dy)
        if group.shown < 1:
            canvas.clipRect(skia.Rect.MakeWH(whole.width() * group.shown, whole.height()), doAntiAlias=True)
        if group.scale != 1:
            _scale_about(canvas, whole.centerX(), whole.centerY(), group.scale)
        if group.opacity < 1:
            canvas.saveLayerAlpha(whole, round(group.opacity * 255))
        self._draw_all(canvas, group.draws)
        if group.opacity < 1:
            canvas.restore()
        canvas.restore()

    def _ground(self, canvas: Any, draw: GroundDraw) -> None:
        stage = self._stage(draw.stage)
        width, height = self.timeline.width, self.timeline.height
        made = self._kept(
            ("ground", draw.stage), lambda: scenery.ground(stage, self.width, self.height, self.timeline.seed)
        )
        canvas.drawImageRect(made, skia.Rect.MakeWH(width, height), LINEAR)
        beam = self._kept(("light", draw.stage), lambda: scenery.light(stage, self.width, self.height))
        # Whole pixels: so soft a thing shows no steps, and copying is ten times cheaper than resampling.
        x = round((draw.light_x - 1.15) * self.width * 0.6) / self._scale
        y = round((draw.light_y - 0.36) * self.height) / self._scale
        canvas.drawImageRect(
            beam, skia.Rect.MakeXYWH(x, y, beam.width() / self._scale, beam.height() / self._scale), LINEAR
        )

    def _piece(self, canvas: Any, draw: PieceDraw) -> None:
        sprite = self._kept(("piece", draw.file, draw.form, draw.box, draw.stage), lambda: self._piece_sprite(draw))
        canvas.save()
        if draw.form != "plinth":
            canvas.translate(0, draw.dy)
            _scale_about(canvas, draw.box.x + draw.box.w / 2, draw.box.bottom, draw.scale)
        _draw_sprite(canvas, sprite, skia.Paint())
        canvas.restore()

    def _piece_sprite(self, draw: PieceDraw) -> Sprite:
        floor = scenery.floor_of(self._cutout(draw.file), draw.box)
        return scenery.piece(draw.form, draw.box, self._stage(draw.stage), floor, self._scale)

    def _picture(self, canvas: Any, draw: PictureDraw) -> None:
        sprite = self._kept(("picture", draw.file, draw.how, draw.box, draw.stage), lambda: self._picture_sprite(draw))
        paint = skia.Paint()
        paint.setAlphaf(draw.opacity)
        canvas.save()
        if draw.how in ("cover", "panel"):
            canvas.clipRect(_rect(draw.box))
        canvas.translate(draw.dx, draw.dy)
        about = draw.box.y + draw.box.h * {"cutout": 1.0, "close": 0.0}.get(draw.how, 0.5)
        _scale_about(canvas, draw.box.x + draw.box.w / 2, about, draw.scale)
        if draw.rotation:
            canvas.rotate(draw.rotation, draw.box.x + draw.box.w / 2, about)
        _draw_sprite(canvas, sprite, paint)
        canvas.restore()

    def _picture_sprite(self, draw: PictureDraw) -> Sprite:
        picture, box, stage = self._photo(draw.file), draw.box, self._stage(draw.stage)
        if draw.how in ("cutout", "close"):
            cut = self._cutout(draw.file)
            if cut:
                return scenery.standing(cut, box, stage, self._scale, close=draw.how == "close")
            self.notes[f"The picture {draw.file} is marked as cut out but is opaque; it is shown framed"] = None
        if draw.how == "cover":
            return Sprite(pictures.to_skia(self._filled(draw.file, self._scale)), box.x, box.y, box.w, box.h)
        if draw.how == "panel":
            made = pictures.to_skia(pictures.covering(picture, round(box.w * self._scale), round(box.h * self._scale)))
            return Sprite(made, box.x, box.y, box.w, box.h)
        aspect = picture.width / picture.height
        size = scenery.card_size(box, aspect)
        flat = pictures.to_skia(pictures.covering(picture, *(round(side * self._scale) for side in size)))
        return scenery.card(flat, box, stage, self._scale, aspect)

    def _clip(self, canvas: Any, draw: ClipDraw) -> None:
        image = self._reel(draw.file, loops=False).image(draw.frame, self.timeline.fps)
        scale = max(draw.box.w / image.width(), draw.box.h / image.height())
        w, h = image.width() * scale, image.height() * scale
        rect = skia.Rect.MakeXYWH(draw.box.x + (draw.box.w - w) / 2, draw.box.y + (draw.box.h - h) / 2, w, h)
        canvas.save()
        canvas.clipRect(_rect(draw.box))
        _scale_about(canvas, rect.centerX(), rect.centerY(), draw.scale)
        canvas.drawImageRect(image, rect, LINEAR)
        canvas.restore()

    def _veil(self, canvas: Any, draw: VeilDraw, above: tuple[Draw, ...]) -> None:
        block = next((d for d in above if isinstance(d, BlockDraw)), None)
        if block is None:
            return
        made = self._kept(("veil", draw, _content(block)), lambda: self._veil_image(draw, block))
        canvas.drawImageRect(made, skia.Rect.MakeWH(self.timeline.width, self.timeline.height), LINEAR)

    def _veil_image(self, draw: VeilDraw, block: BlockDraw) -> Any:
        bounds = [item.whole for item in self._typeset(block)]
        width, height = self.timeline.width, self.timeline.height
        if draw.edge == "top":
            reach = max(s.y + s.h for s in bounds) / height
        else:
            reach = max(s.x + s.w for s in bounds) / width
        veil = self._veil_for(draw.file, draw.box)
        return scenery.veil(veil.colour, veil.opacity, draw.edge, reach=reach, width=self.width, height=self.height)

    def _veil_for(self, file: str, box: Box) -> Shade:
        """Choose a dark veil with light text or a light one with dark text: whichever hides less."""
        return self._kept(("shade", file, box), lambda: self._measured(file, box))

    def _measured(self, file: str, box: Box) -> Shade:
        palette, ink = self._palette, readable(self.timeline.brand.ink, (self._palette.haze,), 9.0)
        dark, bright = "#000000", "#ffffff"
        if file in self._photos:
            width, height = self.timeline.width, self.timeline.height
            part = (box.x / width, box.y / height, box.w / width, box.h / height)
            dark, bright = pictures.tones(self._filled(file, 0.125), part)
        options = (
            Shade(palette.veil, "#ffffff", _needed("#ffffff", bright, palette.veil)),
            Shade(palette.haze, ink, _needed(ink, dark, palette.haze)),
        )
        return min(options, key=lambda shade: shade.opacity)

    def _filled(self, file: str, scale: float) -> Image.Image:
        width, height = (round(side * scale) for side in (self.timeline.width, self.timeline.height))
        return pictures.filling(self._photo(file), width, height)

    def _block(self, canvas: Any, draw: BlockDraw) -> None:
        for item, made in zip(draw.items, self._typeset(draw), strict=True):
            canvas.save()
            if item.scale != 1:
                whole = made.whole
                _scale_about(canvas, whole.x + whole.w / 2, whole.y + whole.h / 2, item.scale)
            if min(item.words) >= 1:
                _draw_sprite(canvas, made.whole, skia.Paint())
            else:
                _draw_words(canvas, item, made)
            canvas.restore()

    def _typeset(self, draw: BlockDraw) -> tuple[SetItem, ...]:
        return self._kept(
            ("block", _content(draw)),
            lambda: typeset(draw, self._stage_of(draw), self.timeline.face, self._scale),
        )

    def _badge(self, canvas: Any, draw: BadgeDraw) -> None:
        if draw.scale <= 0:
            return
        sprite = self._kept(("badge", draw.text, draw.box, draw.stage), lambda: self._badge_sprite(draw))
        middle = draw.box.x + draw.box.w / 2, draw.box.y + draw.box.h / 2
        canvas.save()
        canvas.rotate(draw.rotation, *middle)
        _scale_about(canvas, *middle, draw.scale)
        _draw_sprite(canvas, sprite, skia.Paint())
        canvas.restore()

    def _badge_sprite(self, draw: BadgeDraw) -> Sprite:
        stage, box, pad = self._stage(draw.stage), draw.box, 40
        detail = self._scale * 1.08
        surface = skia.Surface(round((box.w + 2 * pad) * detail), round((box.h + 2 * pad) * detail))
        canvas = surface.getCanvas()
        canvas.scale(detail, detail)
        shadow = skia.Paint(AntiAlias=True, Color=argb(stage.shadow, 0.35))
        shadow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 16))
        middle, radius = pad + box.w / 2, box.w / 2
        canvas.drawCircle(middle, middle + 12, radius, shadow)
        canvas.drawCircle(middle, middle, radius, skia.Paint(AntiAlias=True, Color=argb(stage.ink)))
        one = shelf().paragraph(draw.text, "grotesk", 100, stage.top, -0.02)
        size = min(78.0, 100 * box.w * 0.78 / one.MaxIntrinsicWidth)
        text = shelf().paragraph(draw.text, "grotesk", size, stage.top, -0.02)
        text.paint(canvas, middle - text.MaxIntrinsicWidth / 2, middle + size * 0.34 - text.AlphabeticBaseline)
        image = surface.makeImageSnapshot()
        return Sprite(image, box.x - pad, box.y - pad, box.w + 2 * pad, box.h + 2 * pad)

    def _cameo(self, canvas: Any, draw: CameoDraw) -> None:
        image = self._cameo_image(draw)
        stage, box = self._stage(draw.stage), draw.box
        radius = box.w / 2
        middle, centre = box.x + radius, box.bottom - radius
        canvas.save()
        _scale_about(canvas, middle, centre, draw.scale)
        canvas.drawCircle(middle, centre, radius, skia.Paint(AntiAlias=True, Color=argb(stage.piece)))
        # The figure rises above its disc and is held by the disc's lower half.
        held = skia.Path()
        held.addCircle(middle, centre, radius)
        held.addRect(skia.Rect.MakeLTRB(box.x - radius, box.y - radius, box.right + radius, centre))
        canvas.save()
        canvas.clipPath(held, doAntiAlias=True)
        side = box.h * 1.0
        canvas.drawImageRect(image, skia.Rect.MakeXYWH(middle - side / 2, box.y, side, side), LINEAR)
        canvas.restore()
        canvas.restore()

    def _cameo_image(self, draw: CameoDraw) -> Any:
        """Return the cameo's picture; a clip that cannot be played gives way to the still, with a note."""
        if draw.clip:
            try:
                return self._reel(draw.clip, loops=True).image(draw.frame, self.timeline.fps)
            except PictureUnusable as error:
                self.notes[f"{error} The still picture of the cameo is shown instead."] = None
        return self._kept(("still", draw.still), lambda: pictures.to_skia(self._photo(draw.still)))

    def _reel(self, key: str, *, loops: bool) -> Reel:
        if key not in self._reels:
            size = None if loops else (self.width, self.height)
            self._reels[key] = Reel(self._resolve(key), loops=loops, cut_out=loops, size=size)
        return self._reels[key]

    def _stage(self, name: str) -> Stage:
        return self._palette.stage(name)

    def _stage_of(self, block: BlockDraw) -> Stage:
        if not block.stage.startswith("veil:"):
            return self._palette.stage(block.stage)
        shade = self._veil_for(block.stage.removeprefix("veil:"), block.box)
        ink, ground = shade.ink, shade.colour
        return Stage(ground, ground, ground, ground, ground, ink, ink, ink, ink, ground)

    def _photo(self, key: str) -> Image.Image:
        if key not in self._photos:
            self._photos[key] = pictures.read(self._resolve(key))
        return self._photos[key]

    def _cutout(self, key: str) -> pictures.Cutout | None:
        return self._kept(("cutout", key), lambda: pictures.cutout(self._photo(key)))

    def _kept(self, key: Hashable, make: Callable[[], Made]) -> Made:
        if key in self._made:
            self._made.move_to_end(key)
            kept: Made = self._made[key]
            return kept
        made = make()
        self._made[key] = made
        if len(self._made) > KEPT_MADE:
            self._made.popitem(last=False)
        return made

    def _note_missing(self) -> None:
        texts = [t.text for p in self.timeline.layers if isinstance(p.layer, Block) for t in p.layer.texts]
        texts += [p.layer.text for p in self.timeline.layers if isinstance(p.layer, Badge)]
        absent = shelf().missing("".join(texts))
        if absent:
            self.notes[f"No font on this machine shows {named(absent)}; left out. Install one (Noto covers most)."] = (
                None
            )


def _needed(ink: str, below: str, veil: str) -> float:
    """Return the least density of `veil` over `below` at which `ink` is readable, with a little to spare."""
    steps = (step / 100 for step in range(0, 100, 2))
    return next((s for s in steps if contrast(ink, mix(below, veil, s)) >= READABLE + 0.3), 0.98)


def _content(block: BlockDraw) -> tuple[object, ...]:
    return (
        tuple((i.role, i.text, i.aside) for i in block.items),
        block.box,
        block.valign,
        block.stage,
    )


def _draw_words(canvas: Any, item: Item, made: SetItem) -> None:
    if made.backing:
        paint = skia.Paint()
        paint.setAlphaf(min(1.0, item.words[0] * 1.6))
        _draw_sprite(canvas, made.backing, paint)
    for place, sprite in made.words:
        come = item.words[min(place, len(item.words) - 1)]
        if come > 0:
            paint = skia.Paint()
            paint.setAlphaf(min(1.0, come * 1.25))
            canvas.save()
            canvas.translate(0, (1 - come) * made.size * 0.55)
            _draw_sprite(canvas, sprite, paint)
            canvas.restore()


def _draw_sprite(canvas: Any, sprite: Sprite, paint: Any) -> None:
    canvas.drawImageRect(sprite.image, skia.Rect.MakeXYWH(sprite.x, sprite.y, sprite.w, sprite.h), LINEAR, paint)


def _scale_about(canvas: Any, x: float, y: float, scale: float) -> None:
    canvas.translate(x, y)
    canvas.scale(scale, scale)
    canvas.translate(-x, -y)


def _rect(box: Box) -> Any:
    return skia.Rect.MakeXYWH(box.x, box.y, box.w, box.h)
