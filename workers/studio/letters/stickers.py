"""Badges: a short text on a round, burst, tag or bar form that fits its box."""

from __future__ import annotations

import math
from typing import Any

import skia

from adengine.core.layers import Box
from adengine.core.palette import Stage
from adengine.core.style import Style
from workers.studio.letters import scripts
from workers.studio.letters.ink import Pen, Sheet, Sprite, argb, merged
from workers.studio.letters.text import broken, face_of, line_ems, words_of

# The part of the box's width and height that text may fill, and where its middle lies across the box.
INSIDE = {"round": (0.76, 0.56, 0.5), "burst": (0.66, 0.46, 0.5), "tag": (0.66, 0.40, 0.56), "bar": (0.80, 0.30, 0.5)}
LINES = 2
LARGEST = 1.35
BASELINE = 0.355


def badge(text: str, box: Box, stage: Stage, style: Style, scale: float, locale: str = "") -> Sprite:
    """Paint a badge in the style's shape, inside its box but for a soft shadow, with its text as large as fits."""
    fill, colour = (stage.ink, stage.top) if style.badge in ("round", "bar") else (stage.button, stage.on_button)
    ground = _ground(style.badge, box, fill, stage.shadow, scale)
    return merged([ground, *_text(text, box, style, colour, scale, locale)], scale)


def _ground(shape: str, box: Box, fill: str, shade: str, scale: float) -> Sprite:
    margin = 0.17 * box.w * scale
    x, y = box.x * scale, box.y * scale
    sheet = Sheet(x - margin, y - margin, x + box.w * scale + margin, y + box.h * scale + margin)
    path = {"round": _round, "burst": _burst, "tag": _tag, "bar": _bar}[shape](x, y, box.w * scale, box.h * scale)
    shadow = skia.Paint(AntiAlias=True, Color=argb(shade, 0.32))
    shadow.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, margin * 0.32))
    sheet.canvas.save()
    sheet.canvas.translate(0, margin * 0.22)
    sheet.canvas.drawPath(path, shadow)
    sheet.canvas.restore()
    sheet.canvas.drawPath(path, skia.Paint(AntiAlias=True, Color=argb(fill)))
    return sheet.sprite(scale)


def _text(text: str, box: Box, style: Style, colour: str, scale: float, locale: str) -> list[Sprite]:
    role, wide = style.role("badge"), scripts.clean(text)
    face = face_of(role, style, scripts.han(wide, locale))
    words = words_of(wide, face, role.tracking, upper=role.case == "upper", locale=locale)
    across, down, middle = INSIDE[style.badge]
    leading = scripts.leading(wide, 1.04)
    best: tuple[float, Any] = 0.0, ()
    for count in range(1, LINES + 1):
        lines = _in_lines(words, face, role.tracking, count)
        widest = max(line_ems(line, face, role.tracking) for line in lines)
        # A round form is narrower where its first and last line stand.
        narrow = 1.0 if len(lines) == 1 or style.badge in ("tag", "bar") else 0.9
        size = min(box.w * across * narrow / max(widest, 0.1), box.h * down / (len(lines) * leading - 0.3))
        best = max(best, (min(size, role.size * LARGEST), lines), key=lambda pair: pair[0])
    size, lines = best
    pen = Pen(face, size, role.tracking, colour, scale)
    top = box.y + box.h / 2 - len(lines) * leading * size / 2
    made = []
    for number, line in enumerate(lines):
        x = box.x + box.w * middle - line_ems(line, face, role.tracking) * size / 2
        baseline = top + (number + 0.5) * leading * size + BASELINE * size
        parts = [((" " if word.spaced and place else "") + word.text, 0) for place, word in enumerate(line)]
        made += [sprite for _, sprite in pen.words(parts, x, baseline, rtl=scripts.is_rtl(wide))]
    return made


def _in_lines(words: Any, face: Any, tracking: float, count: int) -> Any:
    """Break into at most `count` lines of about the same width."""
    whole = line_ems(words, face, tracking)
    steps = (whole * part / 20 for part in range(20 // count, 21))
    tries = (broken(words, face, tracking, room) for room in steps)
    return next(lines for lines in tries if len(lines) <= count)


def _round(x: float, y: float, w: float, h: float) -> Any:
    path = skia.Path()
    path.addOval(skia.Rect.MakeXYWH(x, y, w, h))
    return path


def _burst(x: float, y: float, w: float, h: float) -> Any:
    """A sun of rounded points, as on a label that was cut with pinking shears."""
    path, points = skia.Path(), 18
    for step in range(points * 12):
        angle = math.tau * step / (points * 12)
        reach = 0.5 * (0.94 + 0.06 * math.cos(points * angle))
        point = x + w / 2 + w * reach * math.sin(angle), y + h / 2 - h * reach * math.cos(angle)
        path.lineTo(*point) if step else path.moveTo(*point)
    path.close()
    return path


def _tag(x: float, y: float, w: float, h: float) -> Any:
    """A price tag: its point with the hole at the left."""
    tall, corner = min(h, 0.66 * w), 0.07 * w
    top, bottom, middle, neck = y + (h - tall) / 2, y + (h + tall) / 2, y + h / 2, x + 0.24 * w
    body = skia.Path()
    body.moveTo(x + 0.02 * w, middle - 0.10 * tall)
    body.arcTo(skia.Point(neck, top), skia.Point(x + w, top), corner)
    body.arcTo(skia.Point(x + w, top), skia.Point(x + w, bottom), corner)
    body.arcTo(skia.Point(x + w, bottom), skia.Point(neck, bottom), corner)
    body.arcTo(skia.Point(neck, bottom), skia.Point(x + 0.02 * w, middle + 0.10 * tall), corner)
    body.arcTo(skia.Point(x + 0.02 * w, middle + 0.10 * tall), skia.Point(x, middle), corner * 0.5)
    body.arcTo(skia.Point(x - 0.01 * w, middle), skia.Point(x + 0.02 * w, middle - 0.10 * tall), corner * 0.5)
    body.close()
    hole = skia.Path()
    hole.addCircle(x + 0.135 * w, middle, 0.035 * w)
    return skia.Op(body, hole, skia.PathOp.kDifference_PathOp)


def _bar(x: float, y: float, w: float, h: float) -> Any:
    """A ribbon with notched ends."""
    tall = min(h, 0.42 * w)
    top, bottom, notch = y + (h - tall) / 2, y + (h + tall) / 2, 0.05 * w
    path = skia.Path()
    corners = ((x, top), (x + w, top), (x + w - notch, y + h / 2), (x + w, bottom), (x, bottom), (x + notch, y + h / 2))
    path.addPoly([skia.Point(*corner) for corner in corners], True)
    return path
