"""The eight products. Every builder returns one object that moves the whole product."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adengine.demo.scenes import materials as m
from adengine.demo.scenes.blender import apply, bpy, group, link, modify, only
from adengine.demo.scenes.shapes import (
    ball,
    box,
    circle,
    flowing,
    fuse,
    lathe,
    mesh_object,
    paint,
    rounded,
    strap,
    sweep,
)

Colours = tuple[str, ...]


@dataclass(frozen=True)
class Product:
    """What the shots need to know of a product."""

    build: Callable[[Colours], Any]
    height: float
    variants: dict[str, Colours]
    azimuth: float = 0.0
    elevation: float = 12.0
    gain: float = 1.0


def lettering(text: str, size: float, radius: float, z: float, *, colour: str, spread: float = 1.25) -> Any:
    """Small type wrapped round a cylinder, facing the front."""
    curve = bpy.data.curves.new("type", "FONT")
    curve.body, curve.size, curve.align_x, curve.space_character = text, size, "CENTER", spread
    obj = link(bpy.data.objects.new("type", curve))
    only(obj)
    bpy.ops.object.convert(target="MESH")
    for vertex in obj.data.vertices:
        turn = vertex.co.x / radius
        high = vertex.co.y
        vertex.co = (radius * math.sin(turn), -radius * math.cos(turn), z + high)
    return paint(obj, m.plain(colour, 0.55))


def mug(colours: Colours) -> Any:
    """A round-bellied stoneware mug."""
    outline = rounded(
        [
            (0, 0.025, 0),
            (0.25, 0.025, 0.01),
            (0.27, 0, 0.012),
            (0.31, 0, 0.015),
            (0.345, 0.07, 0.03),
            (0.475, 0.2, 0.16),
            (0.49, 0.52, 0.25),
            (0.425, 0.96, 0.022),
            (0.382, 0.96, 0.022),
            (0.44, 0.52, 0.25),
            (0.425, 0.22, 0.14),
            (0.3, 0.075, 0.06),
            (0, 0.07, 0),
        ]
    )
    body = lathe("mug", outline)
    path = flowing(
        [
            (0.42, 0, 0.77),
            (0.56, 0, 0.8),
            (0.74, 0, 0.74),
            (0.8, 0, 0.55),
            (0.72, 0, 0.36),
            (0.58, 0, 0.25),
            (0.44, 0, 0.22),
        ]
    )
    handle = sweep("handle", path, circle(0.078, 20, 0.62), swell=lambda t: 1 + 0.5 * (2 * t - 1) ** 6)
    skin = fuse([body, handle], 0.0105, 6)
    return group("mug", [paint(skin, m.glaze(colours[0], colours[1], 0.95))])


def bottle(colours: Colours) -> Any:
    """A slim insulated bottle with a loop on its cap."""
    coat = m.powder(colours[0])
    body = lathe(
        "bottle",
        rounded(
            [
                (0, 0.07, 0),
                (0.355, 0.07, 0.02),
                (0.36, 0.14, 0.02),
                (0.36, 1.72, 0.3),
                (0.235, 2.0, 0.16),
                (0.235, 2.1, 0),
            ],
            arc=14,
        ),
    )
    foot = lathe("foot", rounded([(0, 0, 0), (0.34, 0, 0.03), (0.352, 0.072, 0.004), (0, 0.072, 0)]))
    neck = lathe("neck", rounded([(0.1, 2.06, 0), (0.245, 2.06, 0.01), (0.245, 2.125, 0.01), (0.1, 2.125, 0)]))
    cap = lathe(
        "cap",
        rounded(
            [
                (0, 2.13, 0),
                (0.25, 2.13, 0.015),
                (0.258, 2.4, 0.045),
                (0.2, 2.415, 0.02),
                (0, 2.41, 0),
            ]
        ),
        256,
        lambda a, r, z: 0.004 * math.cos(44 * a) if r > 0.24 and 2.15 < z < 2.36 else 0.0,
    )
    arch = flowing(
        [
            (-0.2, 0, 2.36),
            (-0.205, 0, 2.5),
            (-0.14, 0, 2.6),
            (0, 0, 2.635),
            (0.14, 0, 2.6),
            (0.205, 0, 2.5),
            (0.2, 0, 2.36),
        ]
    )
    loop = sweep("loop", arch, strap(0.13, 0.05))
    lid = m.powder(colours[1])
    sign = lettering("LUMEN & LOAM", 0.075, 0.3615, 0.62, colour=colours[2], spread=1.35)
    sign.rotation_euler.z = math.radians(16)
    for part, material in ((body, coat), (foot, m.steel()), (neck, m.steel()), (cap, lid), (loop, lid)):
        paint(part, material)
    return group("bottle", [body, foot, neck, cap, loop, sign])


def lamp(colours: Colours) -> Any:
    """A round ceramic base under a linen shade."""
    base = paint(
        lathe(
            "base",
            rounded(
                [
                    (0, 0, 0),
                    (0.5, 0, 0.04),
                    (0.62, 0.1, 0.1),
                    (0.98, 0.55, 0.45),
                    (0.92, 1.25, 0.5),
                    (0.45, 1.68, 0.25),
                    (0.2, 1.9, 0.12),
                    (0.19, 2.02, 0.02),
                    (0, 2.02, 0),
                ],
                arc=16,
            ),
            192,
        ),
        m.matt(colours[0], colours[1], 0.5),
    )
    brass = m.plain("#B08D57", 0.28, Metallic=1.0)
    stem = paint(
        lathe(
            "stem",
            rounded(
                [
                    (0, 2.02, 0),
                    (0.13, 2.02, 0.02),
                    (0.13, 2.1, 0.02),
                    (0.055, 2.12, 0.01),
                    (0.055, 2.75, 0),
                    (0, 2.75, 0),
                ]
            ),
        ),
        brass,
    )
    shade = lathe("shade", [(1.5, 2.12), (1.48, 2.25), (1.16, 4.05), (1.14, 4.18)], 192)
    paint(shade, m.shade_cloth(colours[2]))
    hem = m.shade_cloth(colours[2])
    rings = [
        paint(
            lathe(
                "hem",
                rounded(
                    [
                        (r - 0.012, z, 0),
                        (r + 0.014, z, 0.005),
                        (r + 0.01, z + 0.06, 0.005),
                        (r - 0.012, z + 0.06, 0),
                    ]
                ),
            ),
            hem,
        )
        for r, z in ((1.497, 2.1), (1.14, 4.13))
    ]
    bulb = paint(ball("bulb", 0.26, (0, 0, 3.0)), m.glow("#FFD9A0", 12.0))
    light = bpy.data.lights.new("bulb", "POINT")
    light.energy, light.shadow_soft_size, light.color = 300, 0.3, (1.0, 0.66, 0.36)
    shine = link(bpy.data.objects.new("shine", light))
    shine.location = (0, 0, 3.0)
    bulb.visible_shadow = False
    return group("lamp", [base, stem, shade, *rings, bulb, shine])


def candle_glass(colours: Colours) -> list[Any]:
    """The ribbed tumbler with its wax, wick and label."""

    def ribs(angle: float, r: float, z: float) -> float:
        return 0.011 * abs(math.cos(18 * angle)) if r > 0.392 and 0.1 < z < 0.9 else 0.0

    tumbler = lathe(
        "tumbler",
        rounded(
            [
                (0, 0, 0),
                (0.37, 0, 0.03),
                (0.4, 0.07, 0.02),
                (0.4, 0.95, 0.012),
                (0.374, 0.95, 0.012),
                (0.366, 0.11, 0.04),
                (0, 0.1, 0),
            ],
            longest=0.03,
        ),
        432,
        ribs,
    )
    paint(tumbler, m.glass(colours[0]))
    fill = lathe(
        "wax",
        rounded([(0, 0.104, 0), (0.36, 0.112, 0.03), (0.3655, 0.7, 0.03), (0.34, 0.69, 0.02), (0, 0.675, 0)]),
    )
    paint(fill, m.wax(colours[1]))
    wick = sweep("wick", [(0, 0, 0.66), (0.002, 0, 0.72), (0.012, 0, 0.79)], circle(0.009, 8))
    paint(wick, m.plain("#2A211B", 0.9))
    tag = _label(0.4185, 0.3, 0.72, 0.92)
    paint(tag, m.plain("#F1E8D8", 0.75))
    name = lettering(colours[2], 0.1, 0.4195, 0.51, colour="#2B2620", spread=1.5)
    brand = lettering("LUMEN & LOAM", 0.038, 0.4195, 0.4, colour="#2B2620", spread=1.5)
    return [tumbler, fill, wick, tag, name, brand]


def _label(radius: float, low: float, high: float, half: float) -> Any:
    steps = 32
    verts, faces = [], []
    for step in range(steps + 1):
        a = -half + 2 * half * step / steps
        verts += [(radius * math.sin(a), -radius * math.cos(a), z) for z in (low, high)]
        if step:
            k = 2 * step
            faces.append((k - 2, k, k + 1, k - 1))
    return mesh_object("label", verts, faces)


def candle_lid() -> Any:
    """The turned beech lid, lying at the origin."""
    lid = lathe(
        "lid",
        rounded(
            [
                (0, 0, 0),
                (0.36, 0, 0.01),
                (0.36, 0.03, 0.004),
                (0.425, 0.03, 0.015),
                (0.43, 0.14, 0.035),
                (0.3, 0.15, 0.05),
                (0, 0.135, 0),
            ]
        ),
    )
    return paint(lid, m.wood(m.BEECH, "X", 1.6))


def candle(colours: Colours) -> Any:
    """A closed scented candle."""
    lid = candle_lid()
    lid.location.z = 0.92
    return group("candle", [*candle_glass(colours), lid])


def candle_lit(colours: Colours) -> Any:
    """The same candle, burning, without its lid."""
    parts = candle_glass(colours)
    paint(parts[1], m.wax(colours[1], 0.18))
    flame = lathe(
        "flame",
        flowing([(0, 0.755), (0.03, 0.79), (0.037, 0.84), (0.022, 0.92), (0.006, 1.0), (0, 1.02)], 8),
        32,
    )
    paint(flame, m.glow("#FFB55A", 14.0))
    flame.visible_shadow = False
    light = bpy.data.lights.new("flame", "POINT")
    light.energy, light.shadow_soft_size, light.color = 5.0, 0.05, (1.0, 0.55, 0.22)
    shine = link(bpy.data.objects.new("shine", light))
    shine.location = (0, 0, 0.9)
    return group("candle", [*parts, flame, shine])


def speaker(colours: Colours) -> Any:
    """A round speaker in woven cloth."""
    body = lathe(
        "body",
        rounded(
            [
                (0.3, 0.03, 0),
                (0.45, 0.03, 0.04),
                (0.5, 0.1, 0.08),
                (0.5, 1.2, 0.08),
                (0.45, 1.27, 0.04),
                (0.42, 1.275, 0.01),
                (0.4, 1.25, 0),
            ],
            longest=0.03,
        ),
        192,
    )
    paint(body, m.cloth(colours[0], colours[1], (144.0, 46.0), depth=0.025, slub=0.8))
    base = paint(
        lathe("base", rounded([(0, 0, 0), (0.43, 0, 0.02), (0.44, 0.05, 0.01), (0, 0.05, 0)])),
        m.plain("#2A2724", 0.7),
    )
    top = paint(
        lathe("top", rounded([(0, 1.2, 0), (0.415, 1.2, 0), (0.415, 1.272, 0.012), (0, 1.272, 0)])),
        m.wood(m.OAK, "X", 1.3),
    )
    dial = paint(
        lathe(
            "dial",
            rounded([(0.0, 1.27, 0), (0.15, 1.27, 0), (0.15, 1.33, 0.012), (0.12, 1.335, 0.01), (0, 1.328, 0)]),
            256,
            lambda a, r, z: 0.0022 * math.cos(72 * a) if r > 0.145 and z < 1.315 else 0.0,
        ),
        m.steel(0.3, "#B9A789"),
    )
    path = flowing(
        [
            (-0.522, 0, 0.82),
            (-0.528, 0, 1.0),
            (-0.53, 0, 1.2),
            (-0.5, 0, 1.42),
            (-0.36, 0, 1.62),
            (0, 0, 1.7),
            (0.36, 0, 1.62),
            (0.5, 0, 1.42),
            (0.53, 0, 1.2),
            (0.528, 0, 1.0),
            (0.522, 0, 0.82),
        ]
    )
    band = paint(sweep("strap", path, strap(0.19, 0.034)), m.leather(colours[2], colours[3]))
    rivets = [_rivet(side) for side in (-1, 1)]
    return group("speaker", [body, base, top, dial, band, *rivets])


def _rivet(side: int) -> Any:
    stud = ball("rivet", 0.042, (side * 0.545, 0, 0.9), (0.5, 1, 1))
    return paint(stud, m.plain("#B08D57", 0.25, Metallic=1.0))


def cushion(colours: Colours, size: float = 4.5) -> Any:
    """A piped cushion, blown up by a cloth simulation so that it creases as linen does."""
    shell = _envelope(size, 54)
    cloth = modify(shell, "CLOTH").settings
    cloth.quality, cloth.mass, cloth.use_pressure, cloth.uniform_pressure_force = 6, 0.3, True, 6.5
    cloth.tension_stiffness = cloth.compression_stiffness = 18
    cloth.shear_stiffness, cloth.bending_stiffness = 8, 0.25
    cloth.effector_weights.gravity = 0.0
    scene = bpy.context.scene
    for number in range(1, 32):
        scene.frame_set(number)
    apply(shell)
    ring = _even([tuple(shell.data.vertices[index].co) for index in _hem(54)], 10)
    modify(shell, "SUBSURF", levels=1, render_levels=1)
    paint(shell, m.cloth(colours[0], colours[1], (150.0, 150.0), depth=0.02, slub=0.9, creases=0.35))
    pipe = sweep("piping", [*ring, ring[0], ring[1]], circle(0.055, 10), side=(0, 0, 1), caps=False)
    paint(pipe, m.plain(colours[1], 0.85, Sheen_Weight=0.3))
    modify(pipe, "SMOOTH", factor=0.5, iterations=3)
    for part in (shell, pipe):
        part.rotation_euler.x = math.radians(90)
    return group("cushion", [shell, pipe])


def _even(ring: list[tuple[float, ...]], rounds: int) -> list[tuple[float, ...]]:
    """Smooth a closed line."""
    for _ in range(rounds):
        near = zip(ring[-1:] + ring[:-1], ring, ring[1:] + ring[:1], strict=True)
        ring = [tuple((a + 2 * b + c) / 4 for a, b, c in zip(*three, strict=True)) for three in near]
    return ring


def _envelope(size: float, cells: int) -> Any:
    """Two square sheets sewn at their border, a little apart."""
    side = cells + 1
    index: dict[tuple[int, int, int], int] = {}
    verts: list[tuple[float, float, float]] = []
    for layer in (0, 1):
        for row in range(side):
            for column in range(side):
                rim = row in (0, cells) or column in (0, cells)
                if rim and layer:
                    index[(layer, row, column)] = index[(0, row, column)]
                    continue
                index[(layer, row, column)] = len(verts)
                wobble = 0.012 * math.sin(row * 1.7 + column * 0.9 + layer) * math.cos(column * 1.3 - row * 0.4)
                high = 0.0 if rim else (0.06 + wobble) * (1 if layer else -1)
                verts.append(((column / cells - 0.5) * size, (row / cells - 0.5) * size, high))
    faces, uvs = [], []
    for layer in (0, 1):
        for row in range(cells):
            for column in range(cells):
                cell = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)]
                faces.append([index[(layer, r, c)] for r, c in cell])
                uvs.extend([(c / cells, r / cells) for r, c in cell])
    return mesh_object("cushion", verts, faces, uvs)


def _hem(cells: int) -> list[int]:
    side = cells + 1
    bottom = list(range(side))
    right = [row * side + cells for row in range(1, side)]
    top = [cells * side + column for column in range(cells - 1, -1, -1)]
    left = [row * side for row in range(cells - 1, 0, -1)]
    return bottom + right + top + left


def stool(colours: Colours) -> Any:
    """A three-legged stool with through-tenons in a dished seat."""
    tones = (colours[0], colours[1], colours[2])
    seat = lathe(
        "seat",
        rounded(
            [
                (0, 4.2, 0),
                (1.45, 4.2, 0.12),
                (1.7, 4.36, 0.1),
                (1.68, 4.5, 0.06),
                (1.45, 4.49, 0.2),
                (0.7, 4.42, 0.4),
                (0, 4.41, 0),
            ],
            arc=12,
        ),
        192,
    )
    parts = [paint(seat, m.wood(tones, "X", 0.8))]
    for number in range(3):
        parts.extend(_leg(math.radians(90 + 120 * number), tones))
    return group("stool", parts)


def _leg(turn: float, tones: tuple[str, str, str]) -> list[Any]:
    length = 4.46
    leg = lathe(
        "leg",
        rounded(
            [
                (0, 0, 0),
                (0.105, 0, 0.02),
                (0.115, 0.1, 0.02),
                (0.185, 2.6, 0.8),
                (0.165, length, 0.01),
                (0, length, 0),
            ],
            longest=0.2,
        ),
        64,
    )
    paint(leg, m.wood(tones, "Z", 1.1))
    wedge = box("wedge", (0.27, 0.028, 0.02), (0, 0, length - 0.012), 0)
    paint(wedge, m.wood(m.SMOKED, "X", 2.0))
    wedge.parent = leg
    lean = math.atan2(0.62, 4.4)
    leg.rotation_euler = (0.0, -lean, turn)
    reach = 1.62
    leg.location = (reach * math.cos(turn), reach * math.sin(turn), 0.012)
    return [leg]


def vase(colours: Colours) -> Any:
    """A tall vase with turned grooves."""

    def grooves(angle: float, r: float, z: float) -> float:
        fade = min(1.0, max(0.0, (z - 0.12) / 0.12), max(0.0, (2.42 - z) / 0.15))
        return fade * -0.02 * (0.5 + 0.5 * math.cos(z * 2 * math.pi / 0.105)) ** 2 if r > 0.5 and fade > 0 else 0.0

    outline = rounded(
        [
            (0, 0.02, 0),
            (0.5, 0.02, 0.01),
            (0.52, 0, 0.01),
            (0.58, 0, 0.02),
            (0.62, 0.1, 0.06),
            (0.78, 1.5, 0.7),
            (0.74, 2.4, 0.4),
            (0.34, 2.72, 0.26),
            (0.35, 3.1, 0.1),
            (0.46, 3.38, 0.02),
            (0.43, 3.4, 0.015),
            (0.31, 3.1, 0.1),
            (0.3, 2.72, 0.2),
            (0.62, 2.3, 0.3),
            (0.5, 0.1, 0.1),
            (0, 0.1, 0),
        ],
        longest=0.012,
        arc=20,
    )
    return group("vase", [paint(lathe("vase", outline, 160, grooves), m.matt(colours[0], colours[1]))])


PRODUCTS: dict[str, Product] = {
    "loam-mug": Product(
        mug,
        0.96,
        {
            "sage": ("#8FA08A", "#5F7263"),
            "oat": ("#E4D6BE", "#C7B08C"),
            "terracotta": ("#9A4629", "#6F2F1B"),
        },
        28.0,
        17.0,
        1.0,
    ),
    "trail-bottle": Product(
        bottle,
        2.64,
        {
            "forest": ("#2F4A3C", "#22342B", "#D9D2C2"),
            "sand": ("#D8C3A0", "#B99F78", "#5B4A36"),
            "clay": ("#994A2F", "#74341F", "#F0DCCB"),
        },
        18.0,
        8.0,
        0.7,
    ),
    "dusk-lamp": Product(
        lamp,
        4.2,
        {
            "chalk": ("#E6DFD2", "#D2C8B6", "#EADFC9"),
            "rust": ("#8A3D20", "#6E2E17", "#E8D9BE"),
        },
        0.0,
        5.0,
        0.66,
    ),
    "ember-candle": Product(
        candle,
        1.08,
        {
            "amber": ("#DB9440", "#F6EBD3", "AMBER"),
            "smoke": ("#8E8986", "#EFE6D6", "SMOKE"),
        },
        5.0,
        13.0,
        1.0,
    ),
    "murmur-speaker": Product(
        speaker,
        1.72,
        {
            "oat": ("#E2D6C2", "#BBA98C", "#9A5B2E", "#6E3C1B"),
            "graphite": ("#55565A", "#2C2D30", "#8A4E27", "#5C3116"),
            "moss": ("#7C8459", "#4F573A", "#9A5B2E", "#6E3C1B"),
        },
        26.0,
        20.0,
        0.8,
    ),
    "meadow-cushion": Product(
        cushion,
        4.5,
        {
            "flax": ("#DCCDB2", "#B8A482"),
            "ochre": ("#CE9440", "#A5702A"),
            "moss": ("#838B62", "#5C6544"),
        },
        16.0,
        8.0,
        0.75,
    ),
    "orchard-stool": Product(stool, 4.5, {"natural": m.OAK, "smoked": m.SMOKED}, 22.0, 16.0, 0.75),
    "column-vase": Product(
        vase,
        3.4,
        {
            "chalk": ("#E9E2D5", "#D3C7B3"),
            "ink": ("#2F3E55", "#223048"),
            "ochre": ("#B0762A", "#8E5C1F"),
        },
        0.0,
        9.0,
        0.85,
    ),
}
