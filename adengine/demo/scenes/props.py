"""Things that stand around: boards, walls, a window, leaves, grasses, books, stones and cloths."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from adengine.demo.scenes import materials as m
from adengine.demo.scenes.blender import bpy, group, link, mathutils, modify
from adengine.demo.scenes.nodes import rgb
from adengine.demo.scenes.shapes import (
    Point3,
    ball,
    box,
    circle,
    flowing,
    lathe,
    mesh_object,
    paint,
    plane,
    rounded,
    sweep,
)
from adengine.demo.scenes.studio import aim, softbox, world


def boards(
    tones: tuple[str, str, str],
    front: float,
    back: float,
    width: float,
    *,
    top: float = 0.0,
    rough: float = 0.5,
) -> None:
    """Planks along x between two depths."""
    count = max(1, round((back - front) / width))
    step = (back - front) / count
    material = m.wood(tones, "X", 0.55, rough)
    for number in range(count):
        depth = front + step * (number + 0.5)
        plank = box("plank", (40.0, step - 0.012, 0.4), (0.0, depth, top - 0.4), 0.025)
        paint(plank, material)


def wall(depth: float, colour: str, shade: str) -> None:
    """A plaster wall behind everything."""
    paint(plane("wall", 90.0, (0.0, depth, 0.0), (math.pi / 2, 0.0, 0.0)), m.plaster(colour, shade))


def slab(size: Point3, place: Point3, colour: str, shade: str, bevel: float = 0.04) -> Any:
    """A block of stone whose top lies at the height of ``place``."""
    block = box("slab", size, (place[0], place[1], place[2] - size[2]), bevel)
    return paint(block, m.stone(colour, shade))


def window(
    target: Point3,
    size: float,
    *,
    origin: Point3 = (-6.0, -3.0, 5.0),
    power: float = 7.0,
    seed: int | None = 3,
    warmth: str = "#FFE3BF",
    sky: float = 1.0,
) -> None:
    """Sunlight through a window with bars and (given a seed) the leaves of a plant before it."""
    way = mathutils.Vector(origin).normalized()
    light = bpy.data.lights.new("sun", "SUN")
    light.energy, light.angle, light.color = power, math.radians(2.4), rgb(warmth)[:3]
    sun = link(bpy.data.objects.new("sun", light))
    sun.location = mathutils.Vector(target) + way * 20 * size
    aim(sun, target)
    _bars(target, way, 6.5 * size, size)
    if seed is not None:
        _shade_leaves(target, way, 4.2 * size, size, seed)
    left = (target[0] - 4.5 * size, target[1] - 1.5 * size, target[2] + 2.2 * size)
    softbox(left, target, (3 * size, 3 * size), 260 * size * size * sky, "#F6F1E8")
    world("#F3EDE3", 0.26 * sky)


def _hidden(obj: Any) -> Any:
    """Let an object throw shadows and be otherwise unseen."""
    obj.visible_camera = obj.visible_diffuse = obj.visible_glossy = obj.visible_transmission = False
    return paint(obj, m.plain("#000000", 1.0))


def _bars(target: Point3, way: Any, distance: float, size: float) -> None:
    pane, rise, bar, far = 0.78 * size, 0.8 * size, 0.09 * size, 14.0 * size
    wide, high = pane + bar / 2, 1.5 * rise + bar
    sheets = [
        (-far, -far, -wide, far),
        (wide, -far, far, far),
        (-wide, high, wide, far),
        (-wide, -far, wide, -high),
    ]
    sheets += [(-bar / 2, -high, bar / 2, high)]
    sheets += [(-wide, z - bar / 2, wide, z + bar / 2) for z in (-rise / 2, rise / 2)]
    verts: list[Point3] = []
    faces = []
    for x0, y0, x1, y1 in sheets:
        start = len(verts)
        verts += [(x0, y0, 0.0), (x1, y0, 0.0), (x1, y1, 0.0), (x0, y1, 0.0)]
        faces.append((start, start + 1, start + 2, start + 3))
    frame = _hidden(mesh_object("window", verts, faces))
    frame.location = mathutils.Vector(target) + way * distance
    aim(frame, target)


def _shade_leaves(target: Point3, way: Any, distance: float, size: float, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - scattering leaves, not keys
    verts: list[Point3] = []
    faces: list[Sequence[int]] = []
    for stem in range(4):
        start = (-1.6 * size + stem * 0.1 * size, (1.6 - 0.6 * stem) * size)
        for step in range(8):
            t = step / 8
            x, y = start[0] + 1.25 * size * t, start[1] - 0.55 * size * t * t
            _leaf(
                verts,
                faces,
                (x, y, dice.uniform(-0.8, 0.8) * size),
                dice.uniform(-2.2, 0.9),
                length=dice.uniform(0.28, 0.5) * size,
                dice=dice,
            )
    leaves = _hidden(mesh_object("leaves", verts, faces))
    leaves.location = mathutils.Vector(target) + way * distance
    aim(leaves, target)


def _leaf(
    verts: list[Point3],
    faces: list[Sequence[int]],
    place: Point3,
    turn: float,
    *,
    length: float,
    dice: random.Random,
) -> None:
    start, wide = len(verts), length * dice.uniform(0.13, 0.2)
    for side, along in (
        (0, 0.0),
        (1, 0.25),
        (1, 0.55),
        (0.5, 0.85),
        (0, 1.0),
        (-0.5, 0.85),
        (-1, 0.55),
        (-1, 0.25),
    ):
        x, y = along * length, side * wide
        verts.append(
            (
                place[0] + x * math.cos(turn) - y * math.sin(turn),
                place[1] + x * math.sin(turn) + y * math.cos(turn),
                place[2],
            )
        )
    faces.append(tuple(range(start, start + 8)))


def twig(seed: int, length: float = 2.2, leaves: int = 15, colour: str = "#7C8C72", deep: str = "#56664F") -> Any:
    """A eucalyptus twig growing along z."""
    dice = random.Random(seed)  # noqa: S311 - scattering leaves, not keys
    bend = dice.uniform(-0.35, 0.35)
    line = flowing([(bend * (t * t) * length, 0.12 * math.sin(3 * t), t * length) for t in (0, 0.25, 0.5, 0.75, 1.0)])
    stem = sweep("stem", line, circle(0.022, 8), swell=lambda t: 1.1 - 0.7 * t)
    paint(stem, m.plain("#7A5A44", 0.7))
    verts: list[Point3] = []
    faces: list[Sequence[int]] = []
    for number in range(leaves):
        t = 0.15 + 0.85 * number / leaves
        root = line[min(len(line) - 1, int(t * len(line)))]
        reach = length * (0.2 - 0.1 * t) * dice.uniform(0.8, 1.2)
        _blade(
            verts,
            faces,
            (root[0], root[1], root[2]),
            number * 2.4 + dice.uniform(-0.4, 0.4),
            rise=dice.uniform(0.2, 0.8),
            length=reach,
            wide=0.32,
        )
    foliage = mesh_object("foliage", verts, faces)
    modify(foliage, "SUBSURF", levels=1, render_levels=2)
    modify(foliage, "SOLIDIFY", thickness=0.006)
    skin = m.matt(colour, deep, 0.55)
    return group("twig", [stem, paint(foliage, skin)])


def _blade(
    verts: list[Point3],
    faces: list[Sequence[int]],
    root: Point3,
    turn: float,
    *,
    rise: float,
    length: float,
    wide: float,
) -> None:
    """One folded, drooping leaf."""
    start = len(verts)
    out, side = (math.cos(turn), math.sin(turn)), (-math.sin(turn), math.cos(turn))
    for row, share in enumerate((0.1, 0.8, 1.0, 0.75, 0.06)):
        t = row / 4
        far, high = t * length * math.cos(rise), length * (t * math.sin(rise) - 0.35 * t * t)
        for across in (-1, 0, 1):
            half = across * share * wide * length
            lift = 0.06 * length * abs(across) * share
            verts.append(
                (
                    root[0] + out[0] * far + side[0] * half,
                    root[1] + out[1] * far + side[1] * half,
                    root[2] + high + lift,
                )
            )
        if row:
            k = start + 3 * row
            faces += [(k - 3, k - 2, k + 1, k), (k - 2, k - 1, k + 2, k + 1)]


def grasses(seed: int, stems: int, length: float, foot: float, colour: str = "#D9BF94") -> Any:
    """Dried plumes that fan out of a vase; the stems start at the origin."""
    dice = random.Random(seed)  # noqa: S311 - scattering leaves, not keys
    curve = bpy.data.curves.new("grasses", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", 0.0085, 0
    for number in range(stems):
        turn = 2 * math.pi * number / stems + dice.uniform(-0.4, 0.4)
        lean, tall = dice.uniform(0.08, 0.34), length * dice.uniform(0.78, 1.08)
        line = [
            (
                foot * t * math.cos(turn) + lean * tall * t**2.2 * math.cos(turn),
                foot * t * math.sin(turn) + lean * tall * t**2.2 * math.sin(turn),
                tall * t,
            )
            for t in (k / 24 for k in range(25))
        ]
        _strand(curve, line, 1.7)
        _plume(curve, line[14:], dice, length)
    obj = link(bpy.data.objects.new("grasses", curve))
    curve.materials.append(m.plain(colour, 0.8, Sheen_Weight=0.4, Subsurface_Weight=0.15))
    return obj


def _plume(curve: Any, line: Sequence[Point3], dice: random.Random, length: float) -> None:
    """Fine hairs all along the upper part of a stem, longest below its middle."""
    last = len(line) - 1
    for _ in range(760):
        t = dice.random()
        index = min(int(t * last), last - 1)
        part = t * last - index
        low, high = line[index], line[index + 1]
        root = [a + (b - a) * part for a, b in zip(low, high, strict=True)]
        reach = length * (0.03 + 0.12 * math.sin(math.pi * (0.3 + 0.7 * t))) * dice.uniform(0.45, 1.0)
        turn, rise = dice.uniform(0, math.tau), dice.uniform(0.7, 1.3)
        hair = []
        for s in (0.0, 0.25, 0.5, 0.75, 1.0):
            flat, up = reach * s * math.cos(rise), reach * (s * math.sin(rise) - 0.3 * s * s)
            hair.append((root[0] + flat * math.cos(turn), root[1] + flat * math.sin(turn), root[2] + up))
        _strand(curve, hair, 0.36)


def _strand(curve: Any, line: Sequence[Point3], thick: float) -> None:
    spline = curve.splines.new("POLY")
    spline.points.add(len(line) - 1)
    for index, (node, place) in enumerate(zip(spline.points, line, strict=True)):
        node.co = (*place, 1.0)
        node.radius = thick * (1.0 - 0.6 * index / len(line))


def book(size: Point3, cover: str, place: Point3, turn: float = 0.0) -> Any:
    """A clothbound book lying flat."""
    x, y, z = size
    board, pages = m.cloth(cover, cover, (1.0, 1.0), depth=0.0, slub=0.1), m.plain("#E9DFCB", 0.9)
    parts = [paint(box("cover", (x, y, 0.035), (0, 0, h), 0.012), board) for h in (0.0, z - 0.035)]
    parts.append(paint(box("spine", (x, 0.04, z), (0, -y / 2 + 0.02, 0), 0.014), board))
    parts.append(paint(box("pages", (x - 0.08, y - 0.07, z - 0.07), (0, 0.01, 0.035), 0.0), pages))
    holder = group("book", parts)
    holder.location, holder.rotation_euler = place, (0, 0, turn)
    return holder


def pebble(radius: float, place: Point3, colour: str, squash: Point3 = (1.2, 0.9, 0.55)) -> Any:
    """A rounded stone."""
    stone = ball("pebble", radius, (place[0], place[1], place[2] + radius * squash[2]), squash)
    texture = bpy.data.textures.new("lumps", "CLOUDS")
    texture.noise_scale = 1.2 * radius
    modify(stone, "DISPLACE", texture=texture, strength=0.18 * radius)
    return paint(stone, m.stone(colour, colour))


def napkin(size: float, place: Point3, *, turn: float, colour: str, second: str, cells: int = 70) -> Any:
    """A linen cloth lying in soft folds."""
    verts, faces, uvs = [], [], []
    for row in range(cells + 1):
        for column in range(cells + 1):
            x, y = (column / cells - 0.5) * size, (row / cells - 0.5) * size * 0.8
            fold = 0.05 * math.sin(2.6 * x + 1.1 * y + 0.6) ** 4 + 0.03 * math.sin(3.7 * y - 1.4 * x + 2.0) ** 6
            verts.append((x + 0.02 * math.sin(5 * y), y + 0.02 * math.sin(4 * x), 0.012 + fold * size * 0.5))
    side = cells + 1
    for row in range(cells):
        for column in range(cells):
            k = row * side + column
            faces.append((k, k + 1, k + 1 + side, k + side))
            uvs += [
                (c / cells, r / cells)
                for r, c in ((row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column))
            ]
    cloth = mesh_object("napkin", verts, faces, uvs)
    modify(cloth, "SOLIDIFY", thickness=0.018, offset=1.0)
    modify(cloth, "SUBSURF", levels=1, render_levels=1)
    cloth.location, cloth.rotation_euler = place, (0, 0, turn)
    return paint(cloth, m.cloth(colour, second, (75.0 * size / 2, 60.0 * size / 2), depth=0.012, slub=0.9))


def bowl(radius: float, place: Point3, colour: str, shade: str) -> Any:
    """A shallow ceramic bowl."""
    r = radius
    outline = rounded(
        [
            (0, 0.02 * r, 0),
            (0.4 * r, 0.02 * r, 0.02),
            (0.44 * r, 0, 0.02),
            (0.5 * r, 0.05 * r, 0.03),
            (r, 0.55 * r, 0.2 * r),
            (1.02 * r, 0.7 * r, 0.02),
            (0.97 * r, 0.7 * r, 0.02),
            (0.93 * r, 0.55 * r, 0.2 * r),
            (0.4 * r, 0.1 * r, 0.2 * r),
            (0, 0.08 * r, 0),
        ]
    )
    obj = paint(lathe("bowl", outline), m.matt(colour, shade))
    obj.location = place
    return obj
