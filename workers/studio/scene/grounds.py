"""The stages that scenes stand on: seven patterns in a palette stage's colours, painted straight into planes."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import skia
from numpy.typing import NDArray

from adengine.core.palette import DARK_BELOW, LIT, Stage, channels, mix, to_oklch
from workers.studio.scene.pictures import Pixels
from workers.studio.scene.sprites import opencv

Floats = NDArray[np.float32]
# Soft things are computed on every eighth pixel and enlarged; light, which has edges, on every fourth.
COARSE, LIGHT_COARSE = 8, 4
TILE = 256
# BT.709 in limited range: what a colour of 0..1 weighs in Y, U and V, and where they begin.
WEIGHTS = np.array(
    [
        [219 * 0.2126, 219 * 0.7152, 219 * 0.0722],
        [-224 * 0.2126 / 1.8556, -224 * 0.7152 / 1.8556, 224 * 0.9278 / 1.8556],
        [224 * 0.7874 / 1.5748, -224 * 0.7152 / 1.5748, -224 * 0.0722 / 1.5748],
    ],
    np.float32,
)
BLACK = (16.0, 128.0, 128.0)
# Patterns with a light that falls anew in every scene.
LIT_PATTERNS = ("sweep", "spot")


@dataclass(frozen=True)
class Field:
    """Where a ground's soft colours are computed: a coarse grid, `x` and `y` 0..1, `tall` its height by its width."""

    x: Floats
    y: Floats
    tall: float
    is_dark: bool
    colours: dict[str, Floats]


@dataclass(frozen=True)
class Detail:
    """A sharp part of a ground: where it is (0..255, full size) and the colour it has there."""

    cover: Pixels
    colour: str


@dataclass(frozen=True)
class Ground:
    """What is asked for: a pattern in colours for a frame of this size; `unit` is the spacing grid in its pixels."""

    pattern: str
    stage: Stage
    width: int
    height: int
    seed: int
    grain: float
    unit: float


def painted(ground: Ground) -> tuple[Pixels, Pixels, Pixels]:
    """Return the Y, U and V planes (U, V at half size) of a ground, dithered against banding.

    Every colour lies between the stage's two ends and its lit tone, so that text is readable on all of it.
    """
    soft, sharp = SOFT[ground.pattern](ground, _field(ground)), SHARP.get(ground.pattern, _nothing)(ground)
    planes = np.einsum("hwc,pc->phw", soft, WEIGHTS, optimize=True)
    details = [(detail.cover, WEIGHTS @ _rgb(detail.colour)) for detail in sharp]
    return tuple(  # type: ignore[return-value]
        _plane(planes[number], number, details, ground) for number in range(3)
    )


def light(pattern: str, width: int, height: int) -> Pixels:
    """Return how dense the light is that moves over a ground: window bars, or a wide soft pool."""
    w, h = (width * 1.5, height * 0.95) if pattern == "sweep" else (width * 1.1, width * 1.1)
    w, h = 2 * round(w / 2), 2 * round(h / 2)
    high, wide = max(2, h // LIGHT_COARSE), max(2, w // LIGHT_COARSE)
    x, y = np.arange(wide, dtype=np.float32)[None, :], np.arange(high, dtype=np.float32)[:, None]
    across, down = (x + 0.5) / wide, (y + 0.5) / high
    if pattern == "sweep":
        fade = np.sin(np.pi * down) ** 1.5 * np.sin(np.pi * across) ** 0.8
        level = _bars((x + 0.42 * y) * LIGHT_COARSE / width) * fade
        strength = 0.28
    else:
        level, strength = np.cos(np.clip(np.hypot(across - 0.5, down - 0.5) * 2, 0, 1) * np.pi / 2) ** 2, 0.16
    dense = _enlarged(level * strength * 255, w, h)
    noise = np.tile(_noise(5) * np.float32(0.5) + np.float32(0.5), (1, w // TILE + 1))[:, :w]
    for top in range(0, h, TILE):
        block = dense[top : top + TILE]
        block += noise[: len(block)]
    return np.clip(dense, 0, 255, out=dense).astype(np.uint8)


def _bars(slant: NDArray[Any]) -> NDArray[Any]:
    """Light through a window: three slanted bars with soft edges."""
    along = np.linspace(0, 2.4, 600)
    bars = np.zeros_like(along)
    for left, right in ((0.52, 0.80), (0.86, 1.14), (1.20, 1.34)):
        bars += 1 / (1 + np.exp((left - along) / 0.0175)) - 1 / (1 + np.exp((right - along) / 0.0175))
    return np.asarray(np.interp(slant, along, bars))


def _field(ground: Ground) -> Field:
    w, h = max(2, ground.width // COARSE), max(2, ground.height // COARSE)
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    stage = ground.stage
    tones = {"top": stage.top, "bottom": stage.bottom, "lit": mix(stage.top, stage.light, LIT), "light": stage.light}
    is_dark = to_oklch(stage.top)[0] < DARK_BELOW
    return Field((x + 0.5) / w, (y + 0.5) / h, h / w, is_dark, {name: _rgb(colour) for name, colour in tones.items()})


def _sweep(ground: Ground, field: Field) -> Floats:
    """A studio sweep: wall above, floor below, a pool of light where the product stands."""
    # Light text would lose its contrast where a dark ground is lit more than the palette reckons with.
    strength = np.float32(0.30 if field.is_dark else 0.55)
    pool = np.exp(-(((field.x - 0.5) / 0.52) ** 2 + ((field.y - 0.56) * field.tall / 0.62) ** 2)) * strength
    colour = _between(field.colours["top"], field.colours["bottom"], _smooth(field.y))
    lit = _between(colour, field.colours["light"], pool)
    edge = np.clip(np.hypot((field.x - 0.5) * 1.15, field.y - 0.5) - 0.42, 0, 1).astype(np.float32)
    corner = field.colours["bottom"] * np.float32(0.7 if field.is_dark else 1.0)
    return _between(lit, corner, edge * np.float32(1.5))


def _flat(ground: Ground, field: Field) -> Floats:
    return _between(field.colours["top"], field.colours["bottom"], np.zeros_like(field.x))


def _spot(ground: Ground, field: Field) -> Floats:
    """A dark room with one lamp from above: a cone of haze and the pool where it meets the floor."""
    away = np.hypot((field.x - 0.5) / 0.62, (field.y - 0.60) * field.tall / 0.80)
    pool = np.exp(-(away**2) * 1.5)
    half = 0.06 + 0.46 * np.clip(field.y, 0, 1)
    cone = np.exp(-(((field.x - 0.5) / half) ** 4)) * (1 - _smooth(np.clip((field.y - 0.15) / 0.75, 0, 1)))
    dim = _between(field.colours["bottom"], field.colours["top"], np.clip(0.10 + 0.75 * pool + 0.35 * cone, 0, 1))
    return _between(dim, field.colours["lit"], pool**2 * np.float32(0.6))


def _paper(ground: Ground, field: Field) -> Floats:
    """Uncoated paper: mottled, a little darker towards its foot."""
    h, w = field.x.shape
    cloud = _clouds(ground.seed, w, h, (9, 23, 67))
    return _between(field.colours["top"], field.colours["bottom"], np.clip(0.10 + 0.40 * field.y + 0.06 * cloud, 0, 1))


def _grid(ground: Ground, field: Field) -> Floats:
    return _between(field.colours["top"], field.colours["bottom"], _smooth(field.y) * 0.45)


def _rays(ground: Ground, field: Field) -> Floats:
    away = np.hypot(field.x - 0.5, (field.y - RAY_HEIGHT) * field.tall)
    return _between(field.colours["lit"], field.colours["top"], _smooth(np.clip(away / 0.55, 0, 1)))


def _blobs(ground: Ground, field: Field) -> Floats:
    return _between(field.colours["top"], field.colours["lit"], _smooth(1 - field.y))


RAY_HEIGHT = 0.60
RAYS = 14


def _nothing(ground: Ground) -> list[Detail]:
    return []


def _fibres(ground: Ground) -> list[Detail]:
    """Short fibres, some lighter and some darker than the paper."""
    rng, scale = np.random.default_rng(ground.seed), ground.unit / 8
    details = []
    for colour, count in ((ground.stage.bottom, 260), (ground.stage.light, 200)):
        canvas, surface = _cover(ground)
        paint = skia.Paint(AntiAlias=True, Style=skia.Paint.kStroke_Style, StrokeWidth=1.4 * scale)
        paint.setAlphaf(0.42 * min(1.0, ground.grain))
        for across, down, part, bend in rng.random((count, 4)):
            reach = (14 + 26 * bend) * scale
            x, y, turn = across * ground.width, down * ground.height, part * math.pi
            path = skia.Path()
            path.moveTo(x, y)
            path.quadTo(
                x + reach * np.cos(turn),
                y + reach * np.sin(turn),
                x + 1.6 * reach * np.cos(turn + bend - 0.5),
                y + 1.6 * reach * np.sin(turn + bend - 0.5),
            )
            canvas.drawPath(path, paint)
        details.append(Detail(surface, colour))
    return details


def _lines(ground: Ground) -> list[Detail]:
    """A drawing board: thin lines and a cross at every fourth crossing, fading towards the text and the edges."""
    canvas, surface = _cover(ground)
    step, thick = ground.unit * 9, max(1.0, ground.unit / 5)
    thin = skia.Paint(AntiAlias=True, StrokeWidth=thick)
    thin.setAlphaf(0.5)
    across = np.arange((ground.width / 2) % step, ground.width, step)
    down = np.arange((ground.height / 2) % step, ground.height, step)
    for x in across:
        canvas.drawLine(x, 0, x, ground.height, thin)
    for y in down:
        canvas.drawLine(0, y, ground.width, y, thin)
    cross = skia.Paint(AntiAlias=True, StrokeWidth=thick * 1.6)
    reach = ground.unit * 1.4
    for x in across[1::4]:
        for y in down[1::4]:
            canvas.drawLine(x - reach, y, x + reach, y, cross)
            canvas.drawLine(x, y - reach, x, y + reach, cross)
    # On a ground of one tone the end of the sweep would not show.
    return [Detail(surface, mix(ground.stage.bottom, ground.stage.piece, 0.6))]


def _sunburst(ground: Ground) -> list[Detail]:
    """Rays from behind the product to every edge."""
    canvas, surface = _cover(ground)
    x, y, reach = ground.width / 2, ground.height * RAY_HEIGHT, ground.width + ground.height
    turn = (ground.seed % 7) * np.pi / 7 / RAYS
    path = skia.Path()
    for ray in range(RAYS):
        one, other = (turn + np.pi * 2 * (ray + part) / RAYS for part in (0.0, 0.5))
        path.moveTo(x, y)
        path.lineTo(x + reach * np.cos(one), y + reach * np.sin(one))
        path.lineTo(x + reach * np.cos(other), y + reach * np.sin(other))
        path.close()
    paint = skia.Paint(AntiAlias=True)
    radius = reach * 0.6
    # The rays grow out of nothing, so that no sharp star shows behind the product.
    paint.setShader(
        skia.GradientShader.MakeRadial((x, y), radius, [0x00000000, 0x2E000000, 0xD0000000], [0.0, 0.16, 1.0])
    )
    canvas.drawPath(path, paint)
    return [Detail(surface, ground.stage.bottom)]


def _forms(ground: Ground) -> list[Detail]:
    """Large rounded forms that reach in from the corners, tone on tone."""
    rng, short = np.random.default_rng(ground.seed), min(ground.width, ground.height)
    stage, details = ground.stage, []
    corners = [(0.02, 0.72), (1.02, 0.34), (0.86, 1.02), (0.10, 0.04)]
    colours = [stage.bottom, mix(stage.top, stage.bottom, 0.55), mix(stage.top, stage.bottom, 0.8), stage.bottom]
    sizes, depths = (0.46, 0.40, 0.36, 0.30), (0.50, 0.62, 0.46, 0.34)
    for (x, y), colour, size, depth in zip(corners, colours, sizes, depths, strict=True):
        canvas, surface = _cover(ground)
        paint = skia.Paint(AntiAlias=True)
        paint.setAlphaf(depth)
        shift = rng.uniform(-0.06, 0.06, 2)
        middle = ((x + shift[0]) * ground.width, (y + shift[1]) * ground.height)
        canvas.drawPath(_pebble(middle, size * short, rng.uniform(0, math.tau, 2)), paint)
        details.append(Detail(surface, colour))
    return details


def _pebble(middle: tuple[float, float], radius: float, phases: NDArray[np.float64]) -> skia.Path:
    turns = np.linspace(0, math.tau, 97)[:-1]
    reach = radius * (1 + 0.16 * np.sin(2 * turns + phases[0]) + 0.07 * np.sin(3 * turns + phases[1]))
    path = skia.Path()
    points = [
        skia.Point(middle[0] + r * np.cos(t), middle[1] + r * np.sin(t)) for r, t in zip(reach, turns, strict=True)
    ]
    path.addPoly(points, True)
    return path


SOFT: dict[str, Callable[[Ground, Field], Floats]] = {
    "sweep": _sweep,
    "flat": _flat,
    "spot": _spot,
    "paper": _paper,
    "grid": _grid,
    "rays": _rays,
    "blobs": _blobs,
}
SHARP: dict[str, Callable[[Ground], list[Detail]]] = {
    "paper": _fibres,
    "grid": _lines,
    "rays": _sunburst,
    "blobs": _forms,
}


def _cover(ground: Ground) -> tuple[skia.Canvas, Pixels]:
    """Return a canvas and the coverage that is drawn on it."""
    cover = np.zeros((ground.height, ground.width), np.uint8)
    info = skia.ImageInfo.MakeA8(ground.width, ground.height)
    return skia.Surface.MakeRasterDirect(info, cover).getCanvas(), cover


def _plane(soft: Floats, number: int, details: list[tuple[Pixels, Floats]], ground: Ground) -> Pixels:
    part = 2 if number else 1
    w, h = ground.width // part, ground.height // part
    plane = _enlarged(soft, w, h)
    for cover, colour in details:
        sized = cover if part == 1 else opencv().resize(cover, (w, h), interpolation=opencv().INTER_AREA)
        plane += (float(colour[number]) - plane) * (sized * np.float32(1 / 255))
    strength = (0.6 + 0.6 * ground.grain) if number == 0 else 0.6
    tile = _noise(ground.seed + number) * np.float32(strength) + np.float32(BLACK[number] + 0.5)
    noise = np.tile(tile, (1, w // TILE + 1))
    for top in range(0, h, TILE):
        block = plane[top : top + TILE]
        block += noise[: len(block), :w]
    return plane.astype(np.uint8)


def _enlarged(coarse: NDArray[Any], width: int, height: int) -> Floats:
    return np.asarray(opencv().resize(np.ascontiguousarray(coarse, np.float32), (width, height)), np.float32)


@functools.lru_cache(maxsize=16)
def _noise(seed: int) -> Floats:
    """Return a tile of triangular noise of one level either way."""
    return np.random.default_rng(seed).triangular(-1, 0, 1, (TILE, TILE)).astype(np.float32)


def _clouds(seed: int, width: int, height: int, cells: tuple[int, ...]) -> Floats:
    """Return soft noise, about -1..1, with features as large as the frame divided by each of `cells`."""
    rng, made = np.random.default_rng(seed), np.zeros((height, width), np.float32)
    for place, count in enumerate(cells):
        grid = rng.uniform(-1, 1, (count * 2, count)).astype(np.float32)
        made += opencv().resize(grid, (width, height), interpolation=opencv().INTER_CUBIC) / (place + 1)
    return made


def _rgb(colour: str) -> Floats:
    return np.array(channels(colour), np.float32)


def _between(one: Floats, other: Floats, part: Floats) -> Floats:
    return np.asarray(one + (other - one) * part[..., None], np.float32)


def _smooth(part: Floats) -> Floats:
    return np.asarray(part * part * (3 - 2 * part), np.float32)
