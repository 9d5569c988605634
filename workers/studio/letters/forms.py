"""Small forms that stand by and under text: stars, ticks, arrows, plates, markers, strokes."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import skia

from adengine.core.errors import RenderFailed
from adengine.core.palette import Stage, mix, readable
from workers.studio.letters.fonts import Face
from workers.studio.letters.ink import Pen, Sheet, Sprite, argb, merged
from workers.studio.letters.text import STAR, STAR_GAP, STARS


def stars(value: str, x: float, y: float, size: float, stage: Stage, scale: float, *, rtl: bool) -> Sprite:
    """Paint five stars, as much of them in the accent as `value` (0 to 5, like 4.7 or 4,7) says."""
    filled = rating(value)
    side, step = STAR * size * scale, (STAR + STAR_GAP) * size * scale
    left, top = x * scale, y * scale
    sheet = Sheet(left, top, left + 4 * step + side, top + side)
    empty = skia.Paint(AntiAlias=True, Color=argb(mix(stage.top, stage.ink, 0.22)))
    full = skia.Paint(AntiAlias=True, Color=argb(stage.accent))
    for number in range(STARS):
        place = STARS - 1 - number if rtl else number
        path = _star(left + place * step + side / 2, top + side * 0.52, side / 2)
        part = min(1.0, max(0.0, filled - number))
        sheet.canvas.drawPath(path, empty)
        sheet.canvas.save()
        start = left + place * step + (side * (1 - part) if rtl else 0.0)
        sheet.canvas.clipRect(skia.Rect.MakeXYWH(start, top - 2, side * part, side + 4), doAntiAlias=True)
        sheet.canvas.drawPath(path, full)
        sheet.canvas.restore()
    return sheet.sprite(scale)


def rating(value: str) -> float:
    """Read how many of five stars a text says."""
    found = re.search(r"\d+(?:[.,٫]\d+)?", value)
    stars_shown = float(found.group().replace(",", ".").replace("٫", ".")) if found else -1.0
    if not 0 <= stars_shown <= STARS:
        raise RenderFailed(f"'{value}' is no rating; write a number of stars from 0 to 5, like 4.7")
    return stars_shown


def icon(kind: str, x: float, y: float, side: float, stage: Stage, face: Face, scale: float) -> Sprite:
    """Paint a disc with a tick, a cross, or a number in it."""
    fill = stage.quiet if kind == "cross" else stage.accent
    sheet = Sheet(x * scale, y * scale, (x + side) * scale, (y + side) * scale)
    sheet.canvas.scale(scale, scale)
    middle = x + side / 2, y + side / 2
    sheet.canvas.drawCircle(*middle, side / 2, skia.Paint(AntiAlias=True, Color=argb(fill)))
    colour = readable(stage.top, (fill,))
    if kind in ("tick", "cross"):
        sheet.canvas.drawPath(
            _tick(*middle, side) if kind == "tick" else _cross(*middle, side), _line(colour, side * 0.11)
        )
        return sheet.sprite(scale)
    pen = Pen(face, side * (0.56 if len(kind) < 2 else 0.46), 0.0, colour, scale)
    number = pen.line(kind, middle[0] - pen.width(kind) / 2, middle[1] + pen.size * 0.355)
    return merged([sheet.sprite(scale), number], scale)


def arrow(x: float, middle: float, width: float, colour: str, scale: float, *, rtl: bool) -> Sprite:
    """Paint an arrow in reading direction."""
    thick, head = width * 0.125, width * 0.30
    sheet = Sheet((x - thick) * scale, (middle - width) * scale, (x + width + thick) * scale, (middle + width) * scale)
    sheet.canvas.scale(scale, scale)
    tip, tail, back = (x, x + width, x + head) if rtl else (x + width, x, x + width - head)
    path = skia.Path()
    path.moveTo(tail, middle)
    path.lineTo(tip, middle)
    path.moveTo(back, middle - head)
    path.lineTo(tip, middle)
    path.lineTo(back, middle + head)
    sheet.canvas.drawPath(path, _line(colour, thick))
    return sheet.sprite(scale)


def struck(sprite: Sprite, x: float, middle: float, width: float, pen: Pen) -> Sprite:
    """Draw a stroke through a text from end to end."""
    scale, thick = pen.scale, max(1.0, pen.size * 0.07 * pen.scale)
    left, right, y = (x - pen.size * 0.06) * scale, (x + width + pen.size * 0.06) * scale, middle * scale
    sheet = Sheet(left - thick, y - thick, right + thick, y + thick)
    sheet.canvas.drawLine(left, y, right, y, skia.Paint(AntiAlias=True, Color=argb(pen.colour), StrokeWidth=thick))
    return merged([sprite, sheet.sprite(scale)], scale)


def plate(
    box: tuple[float, float, float, float],
    radius: float,
    fill: str,
    scale: float,
    *,
    shade: str = "",
    opacity: float = 1.0,
) -> Sprite:
    """Paint a rounded rectangle; `shade` is the colour of its soft shadow."""
    x, y, w, h = (side * scale for side in box)
    margin = 44.0 * scale if shade else 0.0
    sheet = Sheet(x - margin, y - margin, x + w + margin, y + h + margin)
    rect, corner = skia.Rect.MakeXYWH(x, y, w, h), radius * scale
    if shade:
        shadow = skia.Paint(AntiAlias=True, Color=argb(shade, 0.30))
        shadow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, 13 * scale))
        sheet.canvas.drawRoundRect(rect.makeOffset(0, 10 * scale), corner, corner, shadow)
    sheet.canvas.drawRoundRect(rect, corner, corner, skia.Paint(AntiAlias=True, Color=argb(fill, opacity)))
    return sheet.sprite(scale)


def markers(lines: Sequence[tuple[float, float, float]], size: float, step: float, colour: str, scale: float) -> Sprite:
    """Paint a marker's block behind each line (left end, width, upper edge)."""
    reach, tall = 0.2 * size, max(step, 1.14 * size)
    blocks = [
        plate((x - reach, top + (step - tall) / 2, width + 2 * reach, tall), size * 0.06, colour, scale)
        for x, width, top in lines
    ]
    return merged(blocks, scale)


def underlines(
    lines: Sequence[tuple[float, float, float]], size: float, step: float, colour: str, scale: float
) -> Sprite:
    """Paint a stroke below each line (left end, width, upper edge)."""
    thick = 0.075 * size
    strokes = [
        plate((x, top + step / 2 + 0.34 * size + 0.12 * size, width, thick), thick / 2, colour, scale)
        for x, width, top in lines
    ]
    return merged(strokes, scale)


def _line(colour: str, thick: float) -> Any:
    paint = skia.Paint(AntiAlias=True, Color=argb(colour), StrokeWidth=thick, Style=skia.Paint.kStroke_Style)
    paint.setStrokeCap(skia.Paint.kRound_Cap)
    paint.setStrokeJoin(skia.Paint.kRound_Join)
    return paint


def _star(x: float, y: float, radius: float) -> Any:
    path = skia.Path()
    for corner in range(10):
        reach = radius * (1.0 if corner % 2 == 0 else 0.46)
        angle = math.pi * corner / 5
        point = x + reach * math.sin(angle), y - reach * math.cos(angle)
        path.lineTo(*point) if corner else path.moveTo(*point)
    path.close()
    return path


def _tick(x: float, y: float, side: float) -> Any:
    path = skia.Path()
    path.moveTo(x - 0.21 * side, y + 0.01 * side)
    path.lineTo(x - 0.055 * side, y + 0.165 * side)
    path.lineTo(x + 0.22 * side, y - 0.145 * side)
    return path


def _cross(x: float, y: float, side: float) -> Any:
    path, reach = skia.Path(), 0.165 * side
    path.moveTo(x - reach, y - reach)
    path.lineTo(x + reach, y + reach)
    path.moveTo(x + reach, y - reach)
    path.lineTo(x - reach, y + reach)
    return path
