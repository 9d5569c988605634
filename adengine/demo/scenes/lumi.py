"""Lumi, the shop's mascot: a little clay lantern sprite, modelled and posed frame by frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adengine.demo.scenes import materials as m
from adengine.demo.scenes.blender import bpy, group, link, modify, reset
from adengine.demo.scenes.nodes import Shader, rgb
from adengine.demo.scenes.shapes import Point3, ball, circle, flowing, lathe, paint, rounded, sweep
from adengine.demo.scenes.studio import Quality, camera, engine, lamp, shoot, softbox, world

FRAMES = 60
RATE = 15
# How far the mouth is open in every frame of the loop: 0 closed, 4 wide, 5 a round "oh".
MOUTH = (
    "0 2 3 1 2 4 2 0 1 3 2 1 4 3 1 0 0 0 2 3 5 2 1 2 3 1 0 2 4 3 "
    "1 2 2 0 1 4 5 3 1 0 0 2 3 1 3 4 2 1 0 2 3 2 4 1 2 1 0 0 0 0"
)
# Half width, half height and upward curve of each mouth.
SHAPES = (
    (0.150, 0.011, 0.065),
    (0.115, 0.034, 0.045),
    (0.140, 0.058, 0.050),
    (0.155, 0.084, 0.050),
    (0.175, 0.108, 0.045),
    (0.088, 0.098, 0.0),
)
BLINKS = {11: 0.5, 12: 0.13, 13: 0.35, 38: 0.5, 39: 0.13, 40: 0.13, 41: 0.5}


@dataclass(frozen=True)
class Puppet:
    """The parts that move."""

    head: Any
    body: Any
    cutter: Any
    sphere: Sequence[Point3]
    eyes: Sequence[Any]
    brows: Sequence[Any]
    flame: Any
    arms: Sequence[Any]
    dents: Sequence[Any]


def _clay(colour: str, shade: str, dents: list[Any], depth: float = 0.018) -> Any:
    """Modelling clay with dents and the ridges of a fingertip."""
    s = Shader("clay")
    place = s.add("ShaderNodeMapping")
    s.put(place, "Vector", s.where())
    dents.append(place.inputs["Location"])
    here = place.outputs[0]
    patches = s.noise(here, 3.2, 3, 0.5, 0.4)
    rings = s.math("SINE", s.math("MULTIPLY", s.noise(here, 2.3, 1, 0.4, 0.6), 150.0))
    prints = s.math("MULTIPLY", rings, s.span(s.noise(here, 4.1, 1), 0.56, 0.7))
    normal = s.bump(s.math("MULTIPLY", prints, 0.5), 0.16, 0.012, s.bump(patches, 0.4, depth * 3))
    tone = s.mix(s.span(patches, 0.35, 0.7), rgb(colour), rgb(shade))
    return s.base(
        Base_Color=tone,
        Roughness=0.52,
        Normal=normal,
        Sheen_Weight=0.12,
    )


def _head(dents: list[Any]) -> tuple[Any, Any, Sequence[Point3]]:
    skull = ball("skull", 0.62)
    for vertex in skull.data.vertices:
        x, y, z = vertex.co
        wide = 1.1 - 0.1 * z
        vertex.co = (x * wide, y * 0.98, z * 0.96)
    paint(skull, _clay("#F2D9AE", "#E8C68F", dents))
    cutter = ball("mouth", 1.0)
    paint(cutter, m.plain("#7A241C", 0.5))
    cutter.hide_render = True
    cutter.display_type = "WIRE"
    cut = modify(skull, "BOOLEAN", operation="DIFFERENCE", solver="EXACT", object=cutter)
    cut.material_mode = "TRANSFER"
    sphere = [tuple(vertex.co) for vertex in cutter.data.vertices]
    return skull, cutter, sphere


def _face(dents: list[Any]) -> tuple[list[Any], list[Any], list[Any]]:
    ink = m.plain("#17110D", 0.08, Coat_Weight=1.0)
    spark = m.glow("#FFFFFF", 1.6)
    eyes, brows, rest = [], [], []
    for side in (-1, 1):
        eye = paint(ball("eye", 0.098, (side * 0.235, -0.555, 0.1), (0.92, 0.5, 1.12)), ink)
        glint = paint(ball("glint", 0.026, (side * 0.0 - 0.028, -0.098, 0.042)), spark)
        glint.parent = eye
        eyes.append(eye)
        arch = flowing([(side * 0.15, 0, 0.012), (side * 0.235, -0.012, 0.03), (side * 0.325, 0.01, -0.02)])
        brow = paint(sweep("brow", arch, circle(0.021, 10)), m.plain("#7A4526", 0.6))
        brow.location = (0, -0.575, 0.285)
        brows.append(brow)
        cheek = paint(
            ball("cheek", 0.1, (side * 0.405, -0.46, -0.085), (1.0, 0.42, 0.7)),
            _clay("#E79A7C", "#DF8A6A", dents),
        )
        cheek.rotation_euler.z = side * 0.6
        rest.append(cheek)
    rest.append(paint(ball("nose", 0.042, (0, -0.615, 0.0), (1.15, 0.8, 0.85)), _clay("#D98A5B", "#C9703F", dents)))
    tongue = paint(ball("tongue", 0.12, (0, -0.42, -0.285), (0.95, 0.8, 0.5)), m.plain("#D9705F", 0.4))
    return eyes, brows, [*rest, tongue]


def _flame() -> Any:
    """The glowing tuft on the head."""
    s = Shader("flame")
    high = s.axis(s.where(), "Z")
    warm = s.mix(s.span(high, 0.0, 0.42), rgb("#EA7A14"), rgb("#FFBE28"))
    material = s.base(
        Base_Color=warm, Roughness=0.45, Emission_Color=warm, Emission_Strength=0.5, Subsurface_Weight=0.2
    )
    tuft = lathe(
        "tuft",
        rounded([(0, -0.08, 0), (0.13, -0.06, 0.05), (0.2, 0.1, 0.12), (0.1, 0.3, 0.1), (0.0, 0.5, 0)], arc=10),
        48,
    )
    for vertex in tuft.data.vertices:
        x, y, z = vertex.co
        rise = max(0.0, z)
        vertex.co = (x + 0.42 * rise * rise - 0.06 * math.sin(9 * rise), y * 0.85, z)
    return paint(tuft, material)


def _arm(side: int, dents: list[Any]) -> Any:
    """An arm hanging from the shoulder at its origin."""
    path = flowing([(0, 0, 0), (side * 0.13, -0.04, -0.1), (side * 0.2, -0.1, -0.26), (side * 0.2, -0.2, -0.4)])
    sleeve = paint(
        sweep("arm", path, circle(0.088, 20), swell=lambda t: 1.0 - 0.15 * t),
        _clay("#BE623A", "#AC5430", dents),
    )
    skin = _clay("#F2D9AE", "#E8C68F", dents)
    hand = paint(ball("hand", 0.118, (side * 0.2, -0.23, -0.45), (0.95, 0.8, 1.05)), skin)
    thumb = paint(ball("thumb", 0.05, (side * 0.11, -0.27, -0.42), (1.3, 0.9, 0.9)), skin)
    holder = group("arm", [sleeve, hand, thumb])
    holder.location = (side * 0.4, -0.06, -0.74)
    return holder


def _trunk(dents: list[Any]) -> Any:
    coat = paint(
        lathe(
            "coat",
            rounded(
                [
                    (0, -2.4, 0),
                    (0.7, -2.4, 0.1),
                    (0.66, -1.5, 0.5),
                    (0.48, -0.78, 0.25),
                    (0.25, -0.56, 0.12),
                    (0, -0.54, 0),
                ],
                arc=14,
            ),
            96,
        ),
        _clay("#BE623A", "#AC5430", dents),
    )
    ring = [
        (0.33 * math.cos(a), 0.3 * math.sin(a), -0.6 + 0.03 * math.sin(3 * a))
        for a in (k * math.tau / 64 for k in range(66))
    ]
    moss = _clay("#7F8A5A", "#6B764A", dents, 0.03)
    scarf = paint(sweep("scarf", ring, circle(0.105, 20, 0.9), side=(0, 0, 1), caps=False), moss)
    tail = paint(
        sweep(
            "tail",
            flowing([(0.16, -0.36, -0.62), (0.2, -0.5, -0.75), (0.22, -0.56, -0.95)]),
            circle(0.1, 20, 0.45),
            side=(1, 0, 0),
            swell=lambda t: 0.75 + 0.35 * t,
        ),
        moss,
    )
    pane = paint(ball("pane", 0.17, (-0.03, -0.5, -1.12), (1, 0.45, 1)), m.glow("#FFA63A", 0.75))
    rim = [
        (0.175 * math.cos(a) - 0.03, -0.545, 0.175 * math.sin(a) - 1.12) for a in (k * math.tau / 48 for k in range(50))
    ]
    edge = paint(sweep("edge", rim, circle(0.034, 12), side=(0, 1, 0), caps=False), _clay("#8C4527", "#7A3A20", dents))
    return group("trunk", [coat, scarf, tail, pane, edge])


def build() -> Puppet:
    """Model the mascot."""
    dents: list[Any] = []
    skull, cutter, sphere = _head(dents)
    eyes, brows, rest = _face(dents)
    flame = _flame()
    flame.location = (0.0, 0.0, 0.57)
    head = link(bpy.data.objects.new("head", None))
    for part in (skull, cutter, flame, *eyes, *brows, *rest):
        part.parent = head
    body = _trunk(dents)
    arms = [_arm(side, dents) for side in (-1, 1)]
    for arm in arms:
        arm.parent = body
    return Puppet(head, body, cutter, sphere, eyes, brows, flame, arms, dents)


def _say(puppet: Puppet, wide: float, high: float, curve: float) -> None:
    """Reshape the mouth."""
    for vertex, (x, y, z) in zip(puppet.cutter.data.vertices, puppet.sphere, strict=True):
        vertex.co = (x * wide, y * 0.22, z * high + curve * x * x)
    puppet.cutter.data.update()
    puppet.cutter.location = (0, -0.55, -0.245)


def _bell(frame: float, start: float, end: float, ease: float = 5.0) -> float:
    """0 outside, 1 inside a span of frames, eased at both ends."""
    t = min((frame - start) / ease, (end - frame) / ease, 1.0)
    return t * t * (3 - 2 * t) if t > 0 else 0.0


def pose(puppet: Puppet, frame: int) -> None:
    """Put every part where it belongs in a frame of the loop."""
    turn = math.tau * frame / FRAMES
    level = int(MOUTH.split()[frame])
    _say(puppet, *SHAPES[level])
    stress = _bell(frame, 17, 31) + _bell(frame, 34, 47)
    head = puppet.head
    head.rotation_euler = (
        0.05 * math.sin(2 * turn + 0.4) - 0.03 * stress,
        0.085 * math.sin(turn) + 0.04 * math.sin(3 * turn),
        0.2 * math.sin(turn - 0.9),
    )
    head.location = (0.02 * math.sin(turn), 0, 0.018 * math.sin(4 * turn) + 0.008 * level / 4)
    puppet.body.rotation_euler = (0, 0.025 * math.sin(turn + 0.3), 0.06 * math.sin(turn - 0.6))
    puppet.body.scale = (1, 1, 1 + 0.008 * math.sin(4 * turn + 0.5))
    for eye in puppet.eyes:
        eye.scale = (0.92, 0.5, 1.12 * BLINKS.get(frame, 1.0))
        eye.children[0].hide_render = frame in BLINKS
    for side, brow in zip((-1, 1), puppet.brows, strict=True):
        brow.location.z = 0.285 + 0.04 * stress + 0.012 * math.sin(3 * turn + side)
    puppet.flame.rotation_euler = (
        0,
        0.16 * math.sin(3 * turn) - 0.9 * head.rotation_euler[1],
        0.3 * math.sin(2 * turn),
    )
    puppet.flame.scale = (1, 1, 1 + 0.08 * math.sin(5 * turn))
    left, right = puppet.arms
    wave = _bell(frame, 15, 34, 6)
    left.rotation_euler = (-0.25 - 0.2 * math.sin(2 * turn), 0.12 + 0.1 * math.sin(turn), 0)
    right.rotation_euler = (
        -0.2 - 1.05 * wave - 0.1 * math.sin(4 * turn),
        -0.12 - 0.75 * wave - 0.12 * wave * math.sin(8 * turn),
        0.4 * wave,
    )
    for number, dent in enumerate(puppet.dents):
        dent.default_value = (0.015 * ((frame // 2) % 3), 0.011 * ((frame // 2) % 2), number * 3.7)


def stage(quality: Quality, pixels: int) -> Any:
    """Lights and camera for the mascot."""
    scene = engine(quality, exposure=0.2)
    scene.render.film_transparent = True
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.use_persistent_data = True
    scene.render.resolution_x = scene.render.resolution_y = pixels
    scene.cycles.max_bounces, scene.cycles.diffuse_bounces = 3, 2
    softbox((-2.6, -3.0, 2.4), (0, 0, 0), (2.0, 2.2), 235, "#FFF0DC")
    softbox((3.0, -2.6, 0.8), (0, 0, 0), (2.2, 2.4), 55, "#E8F0FF")
    softbox((2.0, 2.4, 1.8), (0, 0, 0.2), (1.2, 2.2), 230, "#FFE9C8")
    softbox((-2.4, 2.0, 1.4), (0, 0, 0.2), (0.8, 2.0), 120, "#FFF2DF")
    lamp((0.05, -0.25, 0.95), 2.2, 0.12, "#FFB453")
    world("#F3EEE6", 0.22)
    camera((0.0, -8.6, 0.35), (0.0, 0.0, -0.06), 85.0)
    return scene


def frames(folder: Path, quality: Quality, pixels: int, wanted: Sequence[int]) -> list[Path]:
    """Render frames of the loop."""
    reset()
    puppet = build()
    stage(quality, pixels)
    paths = []
    for frame in wanted:
        pose(puppet, frame)
        bpy.context.view_layer.update()
        paths.append(shoot(folder / f"lumi-{frame:03d}.png"))
    return paths
