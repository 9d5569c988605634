"""What is drawn, not photographed: forms behind the product, shadows, cards, veils, discs and dividers."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray
from PIL import Image

from adengine.core.layers import Box
from adengine.core.palette import Stage, mix
from workers.studio.scene.pictures import Cutout, Pixels
from workers.studio.scene.sprites import Art, scaled

FLOOR = 0.045
# Things that grow are painted this much larger than they lie, so that they do not go soft.
GROWS, ENLARGED = 1.08, 0.8
# The strength of `style.shadow` that the shadows here were drawn for.
USUAL_SHADOW = 0.33
TILE = 256
HANDLE = 104.0


class Sheet:
    """A clear sheet of device pixels: frame pixel (x, y) of the full-size film lies at its corner."""

    def __init__(self, box: tuple[float, float, float, float], scale: float, *, detail: float = 1.0) -> None:
        x, y, w, h = box
        self.detail = detail
        # At even corners what is not enlarged is laid without being sampled.
        self.left, self.top = (2 * int(edge * scale // 2) for edge in (x, y))
        wide, high = (x + w) * scale - self.left, (y + h) * scale - self.top
        self.pixels: Pixels = np.zeros((max(2, round(high * detail)), max(2, round(wide * detail)), 4), np.uint8)
        info = skia.ImageInfo.Make(
            self.pixels.shape[1],
            self.pixels.shape[0],
            skia.ColorType.kBGRA_8888_ColorType,
            skia.AlphaType.kPremul_AlphaType,
        )
        self._surface = skia.Surface.MakeRasterDirect(info, self.pixels)
        self.canvas = self._surface.getCanvas()
        self.canvas.scale(detail, detail)
        self.canvas.translate(-self.left, -self.top)
        self.canvas.scale(scale, scale)

    def art(self) -> Art:
        return Art(self.pixels, self.left, self.top, self.detail)


def argb(colour: str, opacity: float = 1.0) -> int:
    """Return skia's integer for a `#RRGGBB` colour."""
    return round(min(1.0, max(0.0, opacity)) * 255) << 24 | int(colour.lstrip("#"), 16)


def piece(form: str, box: Box, stage: Stage, floor: float, scale: float) -> Art:
    """Draw the form a product stands before or on."""
    pad = 120
    deep = 1400 if form == "plinth" else box.h + 2 * pad
    sheet = Sheet((box.x - pad, box.y - pad, box.w + 2 * pad, deep), scale, detail=1.06)
    canvas, middle = sheet.canvas, box.x + box.w / 2
    match form:
        case "disc":
            radius = min(box.w, box.h) * 0.46
            centre = floor - radius * 0.92
            canvas.drawCircle(middle, centre, radius, _sweep(stage, centre - radius, centre + radius, 0.72))
        case "arch":
            half = min(box.w, box.h) * 0.40
            rect = skia.Rect.MakeLTRB(middle - half, box.y + box.h * 0.06, middle + half, floor + box.h * 0.035)
            shape = skia.RRect()
            shape.setRectRadii(rect, [(half, half), (half, half), (18, 18), (18, 18)])
            canvas.drawRRect(shape, _sweep(stage, rect.top(), rect.bottom(), 0.0))
        case "plinth":
            _plinth(canvas, floor, box, stage)
    return sheet.art()


def _plinth(canvas: Any, floor: float, box: Box, stage: Stage) -> None:
    middle, half, depth = box.x + box.w / 2, min(box.w, box.h) * 0.66, min(box.w, box.h) * 0.10
    shade = skia.Paint(AntiAlias=True, Dither=True)
    ends = [(middle - half, 0), (middle + half, 0)]
    shade.setShader(
        skia.GradientShader.MakeLinear(
            ends, [argb(stage.piece), argb(stage.bottom), argb(stage.piece)], [0.0, 0.42, 1.0]
        )
    )
    canvas.drawRect(skia.Rect.MakeLTRB(middle - half, floor, middle + half, 4000), shade)
    top = skia.Paint(AntiAlias=True, Dither=True)
    top.setShader(skia.GradientShader.MakeLinear(ends, [argb(stage.light), argb(stage.top)]))
    canvas.drawOval(skia.Rect.MakeLTRB(middle - half, floor - depth, middle + half, floor + depth), top)


def _sweep(stage: Stage, top: float, bottom: float, foot: float) -> Any:
    paint = skia.Paint(AntiAlias=True, Dither=True)
    colours = [argb(stage.piece), argb(stage.piece, foot)]
    paint.setShader(skia.GradientShader.MakeLinear([(0, top), (0, bottom)], colours))
    return paint


def floor_of(solid: tuple[int, int, int, int] | None, box: Box, how: str = "cutout") -> float:
    """Return the height a product stands at: a flat one that stands alone is lifted towards the middle of its box."""
    lowest = box.bottom - box.h * FLOOR
    if solid is None or how == "shelf":
        return lowest
    height = (solid[3] - solid[1]) * _fit(solid, box)
    return lowest - max(0.0, box.h * 0.74 - height) * 0.5


def standing(cut: Cutout, box: Box, scale: float, *, how: str, frame_width: float) -> Art:
    """Scale a cut-out into its box, standing on the floor; a close look overfills the box."""
    left, top, right, bottom = cut.solid
    fit = _fit(cut.solid, box)
    close = how == "close"
    if close:
        fit = min(max(box.w / (right - left), box.h / (bottom - top)), fit * 1.75)
    # A small picture gains nothing from being painted larger than it is laid.
    detail = ENLARGED if fit * scale > 1.25 else GROWS
    by = fit * scale * detail
    pixels = sized(cut.image, round(cut.image.width * by), round(cut.image.height * by))
    x = box.x + box.w / 2 - (left + right) / 2 * fit
    if close and box.x > 0:
        # Text stands on the left of this box: what does not fit leaves the frame on the right.
        x = max(x, box.x - left * fit)
    elif close and box.right < frame_width:
        x = min(x, box.right - right * fit)
    y = box.y - top * fit if close else floor_of(cut.solid, box, how) - bottom * fit
    return Art(pixels, x * scale, y * scale, detail)


def cropped(art: Art, width: int, height: int) -> Art:
    """Leave out what stays outside a frame of this size, even when it is moved or shrunk by a fifth of it."""
    h, w = art.pixels.shape[:2]
    left, right = (_inside((edge - art.x) * art.detail, w) for edge in (-0.2 * width, 1.2 * width))
    top, bottom = (_inside((edge - art.y) * art.detail, h) for edge in (-0.2 * height, 1.2 * height))
    if right - left < 2 or bottom - top < 2:
        return art
    return Art(art.pixels[top:bottom, left:right], art.x + left / art.detail, art.y + top / art.detail, art.detail)


def _inside(edge: float, side: int) -> int:
    return min(side, max(0, round(edge)))


def contact(cut: Cutout, box: Box, how: str, stage: Stage, scale: float, strength: float) -> Art:
    """Two ovals under the foot: a tight dark one where it touches, a wide soft one around."""
    left, _, right, bottom = cut.solid
    fit = _fit(cut.solid, box)
    floor = floor_of(cut.solid, box, how)
    start = box.x + box.w / 2 - (left + right) / 2 * fit
    middle, half = start + sum(cut.foot) / 2 * fit, (cut.foot[1] - cut.foot[0]) / 2 * fit
    wide = max(half, (right - left) / 2 * fit * 0.8) * 1.02
    sheet = Sheet((middle - wide - 80, floor - 110, 2 * wide + 160, 210), scale)
    # A tall product throws a longer shadow than a flat one.
    tall = min(1.5, max(0.75, (bottom - cut.solid[1]) * fit / 640))
    for reach, depth, blur, opacity in ((wide, 26 * tall, 22, 0.34), (half * 0.99, 9, 7, 0.55)):
        paint = skia.Paint(AntiAlias=True, Color=argb(stage.shadow, opacity * strength / USUAL_SHADOW))
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        sheet.canvas.drawOval(
            skia.Rect.MakeLTRB(middle - reach, floor - depth * 1.15, middle + reach, floor + depth * 0.75), paint
        )
    return sheet.art()


def _fit(solid: tuple[int, int, int, int], box: Box) -> float:
    left, top, right, bottom = solid
    return min(box.w * 0.90 / (right - left), box.h * (0.92 - FLOOR) / (bottom - top))


def card(
    picture: Image.Image, box: Box, stage: Stage, scale: float, *, aspect: float, corner: float, shadow: float
) -> Art:
    """Frame a photograph as a card with a soft shadow, standing in its box."""
    w, h = card_size(box, aspect)
    x, y, pad = box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, 100
    sheet = Sheet((x - pad, y - pad, w + 2 * pad, h + 2 * pad), scale, detail=GROWS)
    rect = skia.Rect.MakeXYWH(x, y, w, h)
    _drop(sheet.canvas, rect, corner, stage, shadow)
    sheet.canvas.clipRRect(skia.RRect.MakeRectXY(rect, corner, corner), doAntiAlias=True)
    sheet.canvas.drawImageRect(_image(picture), rect, skia.SamplingOptions(skia.FilterMode.kLinear))
    return sheet.art()


def drop(box: Box, stage: Stage, scale: float, corner: float, shadow: float) -> Art:
    """Paint the soft shadow of a card that is as large as its box."""
    pad = 100
    sheet = Sheet((box.x - pad, box.y - pad, box.w + 2 * pad, box.h + 2 * pad), scale)
    _drop(sheet.canvas, skia.Rect.MakeXYWH(box.x, box.y, box.w, box.h), corner, stage, shadow)
    return sheet.art()


def _drop(canvas: Any, rect: Any, corner: float, stage: Stage, strength: float) -> None:
    """A wide shadow for the height of the card, a tight one for its edge."""
    for down, blur, part in ((26, 30, 0.85), (5, 7, 0.35)):
        paint = skia.Paint(AntiAlias=True, Color=argb(stage.shadow, strength * part))
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
        canvas.drawRoundRect(rect.makeOffset(0, down), corner, corner, paint)


def card_size(box: Box, aspect: float) -> tuple[int, int]:
    """Return the sides of a card of about this shape (width by height) that fits its box."""
    aspect = min(1.5, max(0.72, aspect))
    w = min(box.w * 0.92, box.h * 0.94 * aspect)
    return round(w), round(w / aspect)


def fitted(picture: Image.Image, box: Box, align: str, scale: float) -> Art:
    """Scale a mark into its box, whole and in its own shape."""
    by = min(box.w / picture.width, box.h / picture.height)
    w, h = picture.width * by, picture.height * by
    x = box.x + ((box.w - w) / 2 if align == "center" else 0.0)
    y = box.y + (box.h - h) / 2
    pixels = sized(picture, max(1, round(w * scale)), max(1, round(h * scale)))
    return Art(pixels, 2 * round(x * scale / 2), 2 * round(y * scale / 2))


def veil(opacity: float, edge: str, reach: float, size: tuple[int, int]) -> Pixels:
    """Return how dense the darkening under text is: full up to `reach` (0..1 of the frame), then easing out."""
    width, height = size
    length = height if edge == "top" else width
    shown = min(length, round((reach + 0.30) * length / 2 + 1) * 2)
    along = np.arange(shown, dtype=np.float32) / length
    level = opacity * 255 * (1 - _smooth(np.clip((along - reach) / 0.30, 0, 1)))
    rows, columns = (level[:, None], width) if edge == "top" else (level[None, :], shown)
    noise = np.tile(np.random.default_rng(3).random((TILE, TILE), np.float32), (1, columns // TILE + 1))[:, :columns]
    dense = np.empty((shown if edge == "top" else height, columns), np.uint8)
    for top in range(0, len(dense), TILE):
        part = rows[top : top + TILE] if edge == "top" else rows
        dense[top : top + TILE] = np.minimum(part + noise[: len(dense) - top], 255)
    return dense


def panel(colour: str, opacity: float, box: Box, corner: float, scale: float) -> Art:
    """Paint the plain panel that text over a photograph may stand on."""
    sheet = Sheet((box.x, box.y, box.w, box.h), scale)
    rect = skia.Rect.MakeXYWH(box.x, box.y, box.w, box.h)
    sheet.canvas.drawRoundRect(rect, corner, corner, skia.Paint(AntiAlias=True, Color=argb(colour, opacity)))
    return sheet.art()


def disc(circle: tuple[float, float, float], stage: Stage, scale: float, shadow: float) -> Art:
    """Paint the disc (x, y, radius) a person stands before, with a soft shadow under it."""
    (x, y, radius), pad = circle, 70
    sheet = Sheet((x - radius - pad, y - radius - pad, 2 * (radius + pad), 2 * (radius + pad)), scale, detail=1.06)
    soft = skia.Paint(AntiAlias=True, Color=argb(stage.shadow, shadow * 0.7))
    soft.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 22))
    sheet.canvas.drawCircle(x, y + 16, radius * 0.99, soft)
    paint = skia.Paint(AntiAlias=True, Dither=True)
    colours = [argb(mix(stage.piece, stage.light, 0.4)), argb(stage.piece)]
    paint.setShader(skia.GradientShader.MakeRadial((x, y - radius * 0.4), radius * 1.4, colours))
    sheet.canvas.drawCircle(x, y, radius, paint)
    return sheet.art()


def ring(circle: tuple[float, float, float], colour: str, scale: float) -> Art:
    """Paint the rim of a round picture (x, y, radius)."""
    x, y, radius = circle
    thick = max(6.0, radius * 0.035)
    reach = radius + thick
    sheet = Sheet((x - reach, y - reach, 2 * reach, 2 * reach), scale, detail=1.06)
    paint = skia.Paint(AntiAlias=True, Style=skia.Paint.kStroke_Style, StrokeWidth=thick, Color=argb(colour))
    sheet.canvas.drawCircle(x, y, radius - thick * 0.3, paint)
    return sheet.art()


def divider(height: float, light: str, dark: str, scale: float) -> Art:
    """Paint a comparison's divider about (0, 0): a line as high as the box and a round handle with two arrows."""
    pad = handle = HANDLE
    sheet = Sheet((-pad, -height / 2, 2 * pad, height), scale)
    canvas, paper = sheet.canvas, skia.Paint(AntiAlias=True, Color=argb(light))
    soft = skia.Paint(AntiAlias=True, Color=argb(dark, 0.45))
    soft.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 9))
    canvas.drawRect(skia.Rect.MakeLTRB(-3, -height / 2, 3, height / 2), soft)
    canvas.drawCircle(0, 5, handle / 2, soft)
    canvas.drawRect(skia.Rect.MakeLTRB(-3, -height / 2, 3, height / 2), paper)
    canvas.drawCircle(0, 0, handle / 2, paper)
    arrow = skia.Paint(AntiAlias=True, Style=skia.Paint.kStroke_Style, StrokeWidth=handle * 0.065, Color=argb(dark))
    arrow.setStrokeCap(skia.Paint.kRound_Cap)
    arrow.setStrokeJoin(skia.Paint.kRound_Join)
    for side in (-1, 1):
        tip, back, up = side * handle * 0.30, side * handle * 0.14, handle * 0.15
        path = skia.Path()
        path.moveTo(back, -up)
        path.lineTo(tip, 0)
        path.lineTo(back, up)
        canvas.drawPath(path, arrow)
    return sheet.art()


def rounded(width: int, height: int, corner: float) -> Pixels:
    """Return the coverage (0..255) of a rectangle with round corners, in device pixels."""
    cover = np.zeros((height, width), np.uint8)
    canvas = skia.Surface.MakeRasterDirect(skia.ImageInfo.MakeA8(width, height), cover).getCanvas()
    canvas.drawRoundRect(skia.Rect.MakeWH(width, height), corner, corner, skia.Paint(AntiAlias=True))
    return cover


def held(width: int, height: int, x: float, y: float, radius: float, *, open_above: bool) -> Pixels:
    """Return the coverage of a disc at (x, y); with `open_above` everything above its middle shows as well."""
    cover = np.zeros((height, width), np.uint8)
    canvas = skia.Surface.MakeRasterDirect(skia.ImageInfo.MakeA8(width, height), cover).getCanvas()
    canvas.drawCircle(x, y, radius, skia.Paint(AntiAlias=True))
    if open_above:
        canvas.drawRect(skia.Rect.MakeLTRB(0, 0, width, y), skia.Paint(AntiAlias=True))
    return cover


def pixels_of(image: Any) -> Pixels:
    """Return a skia image's premultiplied BGRA pixels."""
    pixels: Pixels = np.empty((image.height(), image.width(), 4), np.uint8)
    info = skia.ImageInfo.Make(
        image.width(), image.height(), skia.ColorType.kBGRA_8888_ColorType, skia.AlphaType.kPremul_AlphaType
    )
    image.readPixels(info, pixels, pixels.strides[0])
    return pixels


def sized(picture: Image.Image, width: int, height: int) -> Pixels:
    """Scale to premultiplied BGRA; premultiplied while it is scaled, so that edges take no fringe."""
    size = (max(1, width), max(1, height))
    mode = "RGBa" if picture.mode == "RGBA" else "RGB"
    pixels = np.asarray(picture.convert(mode))
    made = scaled(pixels, size)
    out = np.full((size[1], size[0], 4), 255, np.uint8)
    out[..., :3] = made[..., 2::-1]
    if mode == "RGBa":
        out[..., 3] = made[..., 3]
        np.minimum(out[..., :3], out[..., 3:], out=out[..., :3])
    return out


def _image(picture: Image.Image) -> Any:
    pixels = np.full((picture.height, picture.width, 4), 255, np.uint8)
    pixels[..., :3] = np.asarray(picture.convert("RGB"))[..., ::-1]
    return skia.Image.fromarray(pixels, skia.ColorType.kBGRA_8888_ColorType, skia.AlphaType.kOpaque_AlphaType)


def _smooth(part: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(part * part * (3 - 2 * part), np.float32)
