"""What is drawn, not photographed: grounds with soft light, forms behind the product, shadows, veils."""

from __future__ import annotations

from typing import Any

import numpy as np
import skia
from PIL import Image

from adengine.core.layers import Box
from adengine.core.palette import Stage, channels
from workers.studio.lettering import Sprite, argb
from workers.studio.pictures import Cutout, from_bgra, resized, to_skia

FLOOR = 0.045
# Soft things are computed on every fourth pixel and enlarged.
COARSE = 4


def ground(stage: Stage, width: int, height: int, seed: int) -> Any:
    """Paint a backdrop: a soft sweep between two tones with a pool of light, dithered against banding."""
    w, h = width // COARSE, height // COARSE
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    y, x = (y + 0.5) / h, (x + 0.5) / w
    sweep = _smooth(y)[..., None]
    top, bottom, light = (np.array(channels(c), np.float32) for c in (stage.top, stage.bottom, stage.light))
    pool = np.exp(-(((x - 0.5) / 0.52) ** 2 + ((y - 0.56) * h / w / 0.62) ** 2))[..., None] * 0.55
    colour = (top * (1 - sweep) + bottom * sweep) * (1 - pool) + light * pool
    edge = np.clip(np.hypot((x - 0.5) * 1.15, y - 0.5) - 0.42, 0, 1)[..., None]
    coarse = colour * (1 - 0.22 * edge) * 255
    noise = _grain(width, height, seed)
    pixels = np.full((height, width, 4), 255, np.uint8)
    for channel in range(3):
        pixels[..., 2 - channel] = np.clip(_enlarged(coarse[..., channel], width, height) + noise + 0.5, 0, 255)
    return from_bgra(pixels, opaque=True)


def light(stage: Stage, width: int, height: int) -> Any:
    """Paint light as it falls through a window: slanted bars, very soft, to be moved over the ground."""
    w, h = round(width * 1.5), round(height * 0.95)
    y, x = np.mgrid[0 : h // COARSE, 0 : w // COARSE].astype(np.float32)
    across, down = x * COARSE / w, y * COARSE / h
    slant = (x + 0.42 * y) * COARSE / width
    bars = sum(
        1 / (1 + np.exp((left - slant) / 0.0175)) - 1 / (1 + np.exp((right - slant) / 0.0175))
        for left, right in ((0.52, 0.80), (0.86, 1.14), (1.20, 1.34))
    )
    fade = np.sin(np.pi * down) ** 1.5 * np.sin(np.pi * across) ** 0.8
    level = np.clip(_enlarged(bars * fade * 0.34 * 255, w, h) + _grain(w, h, 5) * 0.5, 0, 255)
    pixels = np.empty((h, w, 4), np.uint8)
    for channel, value in enumerate(reversed(channels(stage.light))):
        pixels[..., channel] = level * value
    pixels[..., 3] = level
    return from_bgra(pixels, opaque=False)


def _enlarged(values: Any, width: int, height: int) -> Any:
    coarse = Image.fromarray(np.ascontiguousarray(values, np.float32))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def _grain(width: int, height: int, seed: int) -> Any:
    """Return noise of a level or so: one tile, laid over the frame."""
    tile = np.random.default_rng(seed).triangular(-1.1, 0, 1.1, (256, 256)).astype(np.float32)
    return np.tile(tile, (height // 256 + 1, width // 256 + 1))[:height, :width]


def piece(form: str, box: Box, stage: Stage, floor: float, scale: float) -> Sprite:
    """Draw a form once, a little larger than it is shown, so that it can grow without going soft."""
    detail, pad = scale * 1.06, 120
    deep = 1400 if form == "plinth" else box.h + 2 * pad
    surface = skia.Surface(round((box.w + 2 * pad) * detail), round(deep * detail))
    canvas = surface.getCanvas()
    canvas.scale(detail, detail)
    canvas.translate(pad - box.x, pad - box.y)
    draw_piece(canvas, form, box, stage, floor)
    image = surface.makeImageSnapshot()
    return Sprite(image, box.x - pad, box.y - pad, image.width() / detail, image.height() / detail)


def draw_piece(canvas: Any, form: str, box: Box, stage: Stage, floor: float) -> None:
    """Draw the form a product stands before or on, in frame pixels."""
    middle = box.x + box.w / 2
    match form:
        case "disc":
            radius = min(box.w, box.h) * 0.46
            centre = floor - radius * 0.92
            paint = _sweep(stage, centre - radius, centre + radius, 0.72)
            canvas.drawCircle(middle, centre, radius, paint)
        case "arch":
            half = min(box.w, box.h) * 0.40
            rect = skia.Rect.MakeLTRB(middle - half, box.y + box.h * 0.06, middle + half, floor + box.h * 0.035)
            shape = skia.RRect()
            shape.setRectRadii(rect, [(half, half), (half, half), (18, 18), (18, 18)])
            canvas.drawRRect(shape, _sweep(stage, rect.top(), rect.bottom(), 0.0))
        case "plinth":
            _plinth(canvas, floor, box, stage)


def _plinth(canvas: Any, floor: float, box: Box, stage: Stage) -> None:
    middle, half, depth = box.x + box.w / 2, min(box.w, box.h) * 0.66, min(box.w, box.h) * 0.10
    body = skia.Path()
    body.addRect(skia.Rect.MakeLTRB(middle - half, floor, middle + half, 4000))
    shade = skia.Paint(AntiAlias=True, Dither=True)
    shade.setShader(
        skia.GradientShader.MakeLinear(
            [(middle - half, 0), (middle + half, 0)],
            [argb(stage.piece), argb(stage.bottom), argb(stage.piece)],
            [0.0, 0.42, 1.0],
        )
    )
    canvas.drawPath(body, shade)
    oval = skia.Rect.MakeLTRB(middle - half, floor - depth, middle + half, floor + depth)
    top = skia.Paint(AntiAlias=True)
    top.setShader(
        skia.GradientShader.MakeLinear([(middle - half, 0), (middle + half, 0)], [argb(stage.light), argb(stage.top)])
    )
    canvas.drawOval(oval, top)


def _sweep(stage: Stage, top: float, bottom: float, foot: float) -> Any:
    paint = skia.Paint(AntiAlias=True, Dither=True)
    colours = [argb(stage.piece), argb(stage.piece, foot)]
    paint.setShader(skia.GradientShader.MakeLinear([(0, top), (0, bottom)], colours))
    return paint


def floor_of(cut: Cutout | None, box: Box) -> float:
    """Return the height a product stands at: a flat one is lifted towards the middle of its box."""
    lowest = box.bottom - box.h * FLOOR
    if cut is None:
        return lowest
    height = (cut.solid[3] - cut.solid[1]) * _fit(cut, box)
    return lowest - max(0.0, box.h * 0.74 - height) * 0.5


def standing(cut: Cutout, box: Box, stage: Stage, scale: float, *, close: bool) -> Sprite:
    """Scale a cut-out into its box, standing on the floor with its shadow; a close look overfills the box."""
    left, top, right, bottom = cut.solid
    fit = _fit(cut, box)
    if close:
        fit = min(max(box.w / (right - left), box.h / (bottom - top)), fit * 1.75)
    detail = scale * 1.08
    picture = resized(cut.image, round(cut.image.width * fit * detail), round(cut.image.height * fit * detail))
    pad = 0 if close else 200
    w, h = picture.width / detail, picture.height / detail
    surface = skia.Surface(round((w + 2 * pad) * detail), round((h + 2 * pad) * detail))
    canvas = surface.getCanvas()
    if not close and not cut.casts_own_shadow:
        _contact(canvas, cut, stage, fit=fit, pad=pad, detail=detail)
    canvas.drawImage(to_skia(picture), round(pad * detail), round(pad * detail))
    x = box.x + box.w / 2 - (left + right) / 2 * fit
    if close and box.x > 0:
        # Text stands on the left of this box: what does not fit leaves the frame on the right.
        x = max(x, box.x - left * fit)
    y = box.y - top * fit if close else floor_of(cut, box) - bottom * fit
    image = surface.makeImageSnapshot()
    return Sprite(image, x - pad, y - pad, image.width() / detail, image.height() / detail)


def _fit(cut: Cutout, box: Box) -> float:
    left, top, right, bottom = cut.solid
    return min(box.w * 0.90 / (right - left), box.h * (0.92 - FLOOR) / (bottom - top))


def _contact(canvas: Any, cut: Cutout, stage: Stage, *, fit: float, pad: float, detail: float) -> None:
    """Two ovals under the foot: a tight dark one where it touches, a wide soft one around."""
    start, end = cut.foot
    floor, middle, half = cut.solid[3] * fit + pad, (start + end) / 2 * fit + pad, (end - start) / 2 * fit
    body = (cut.solid[2] - cut.solid[0]) / 2 * fit
    for reach, depth, blur, opacity in (
        (max(half, body * 0.8) * 1.02, 26, 22, 0.34),
        (half * 0.99, 9, 7, 0.55),
    ):
        paint = skia.Paint(AntiAlias=True, Color=argb(stage.shadow, opacity))
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur * detail))
        oval = skia.Rect.MakeLTRB(middle - reach, floor - depth * 1.15, middle + reach, floor + depth * 0.75)
        canvas.drawOval(
            skia.Rect.MakeLTRB(*(edge * detail for edge in (oval.left(), oval.top(), oval.right(), oval.bottom()))),
            paint,
        )


def card(picture: Any, box: Box, stage: Stage, scale: float, aspect: float) -> Sprite:
    """Frame a photograph as a rounded card with a soft shadow, standing in its box."""
    aspect = min(1.5, max(0.72, aspect))
    w = min(box.w * 0.92, box.h * 0.94 * aspect)
    h, pad = w / aspect, 90
    detail = scale * 1.08
    surface = skia.Surface(round((w + 2 * pad) * detail), round((h + 2 * pad) * detail))
    canvas = surface.getCanvas()
    canvas.scale(detail, detail)
    rect = skia.Rect.MakeXYWH(pad, pad, w, h)
    shadow = skia.Paint(AntiAlias=True, Color=argb(stage.shadow, 0.33))
    shadow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 30))
    canvas.drawRoundRect(rect.makeOffset(0, 26), 34, 34, shadow)
    shape = skia.RRect.MakeRectXY(rect, 34, 34)
    canvas.clipRRect(shape, doAntiAlias=True)
    canvas.drawImageRect(picture, rect, skia.SamplingOptions(skia.FilterMode.kLinear))
    image = surface.makeImageSnapshot()
    return Sprite(image, box.x + (box.w - w) / 2 - pad, box.y + (box.h - h) / 2 - pad, w + 2 * pad, h + 2 * pad)


def card_size(box: Box, aspect: float) -> tuple[int, int]:
    aspect = min(1.5, max(0.72, aspect))
    w = min(box.w * 0.92, box.h * 0.94 * aspect)
    return round(w), round(w / aspect)


def veil(colour: str, opacity: float, edge: str, *, reach: float, width: int, height: int) -> Any:
    """Paint the darkening under text: full up to `reach` (0..1 of the frame), then easing out."""
    length = height if edge == "top" else width
    along = np.arange(length, dtype=np.float32) / length
    level = opacity * (1 - _smooth(np.clip((along - reach) / 0.30, 0, 1)))
    alpha = level[:, None] if edge == "top" else level[None, :]
    noise = np.random.default_rng(3).random((height, width), np.float32)
    value = np.clip(np.broadcast_to(alpha, (height, width)) * 255 + noise - 0.5, 0, 255)
    pixels = np.empty((height, width, 4), np.uint8)
    for channel, part in enumerate(reversed(channels(colour))):
        pixels[..., channel] = value * part
    pixels[..., 3] = value
    return from_bgra(pixels, opaque=False)


def _smooth(part: Any) -> Any:
    return part * part * (3 - 2 * part)
