"""The products on natural ground: whole scenes and closer details."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adengine.demo.scenes import materials as m
from adengine.demo.scenes import props
from adengine.demo.scenes.blender import bpy, reset
from adengine.demo.scenes.nodes import Shader, rgb
from adengine.demo.scenes.products import PRODUCTS, candle_lid, candle_lit
from adengine.demo.scenes.shapes import Point3, lathe, paint
from adengine.demo.scenes.shots import stand
from adengine.demo.scenes.studio import Quality, camera, engine, orbit, shoot, softbox, world

Take = Callable[[Path, Quality], Path]


@dataclass(frozen=True)
class View:
    """Where the camera stands and what it sees."""

    target: Point3
    span: float
    azimuth: float = 0.0
    elevation: float = 12.0
    lens: float = 70.0
    blur: float = 0.03
    exposure: float = 0.35
    size: tuple[int, int] = (1000, 1250)


def _take(stage: Callable[[], None], view: View) -> Take:
    def take(path: Path, quality: Quality) -> Path:
        reset()
        scene = engine(quality, exposure=view.exposure)
        scene.render.film_transparent = False
        scene.render.image_settings.color_mode = "RGB"
        stage()
        distance = view.span * view.lens / 24.0
        place = orbit(view.target, distance, view.azimuth, view.elevation)
        camera(place, view.target, view.lens, view.blur)
        scene.render.resolution_x, scene.render.resolution_y = (round(side * quality.scale) for side in view.size)
        return shoot(path)

    return take


def _product(handle: str, colour: str, place: Point3 = (0, 0, 0), turn: float = 0.0) -> Any:
    product = PRODUCTS[handle]
    holder = product.build(product.variants[colour])
    holder.location, holder.rotation_euler = place, (0, 0, math.radians(turn))
    return holder


def _lay(holder: Any, place: Point3, turn: float, tilt: float = 84.0) -> None:
    """Lay a twig down."""
    holder.location = place
    holder.rotation_euler = (math.radians(tilt), 0, math.radians(turn))


def _coffee(place: Point3) -> None:
    s = Shader("coffee")
    here = s.where()
    foam = s.span(s.noise(here, 5, 5, 0.6, 0.8), 0.4, 0.68)
    tone = s.mix(foam, rgb("#2B160B"), rgb("#6E431F"))
    disc = lathe("coffee", [(0, 0.0), (0.2, 0.0), (0.427, 0.0)])
    disc.location = place
    paint(disc, s.base(Base_Color=tone, Roughness=0.12, Coat_Weight=0.4))


def mug_stage() -> None:
    """Morning coffee on an oak table."""
    props.boards(m.OAK, -6.0, 3.4, 1.35)
    props.wall(3.4, "#E7DCCB", "#D8C9B3")
    _product("loam-mug", "sage", turn=-12.0)
    _coffee((0, 0, 0.81))
    props.napkin(2.0, (-0.95, 0.75, 0.0), turn=0.5, colour="#D9CDB8", second="#BFAF93")
    props.book((1.9, 1.35, 0.2), "#8A4A32", (1.35, 1.5, 0.0), 0.25)
    props.book((1.6, 1.15, 0.16), "#C8B48F", (1.28, 1.5, 0.2), 0.05)
    _lay(props.twig(4, 2.0, 17), (-1.5, 0.85, 0.17), 62.0)
    props.window((0.1, 0.2, 0.5), 1.15)


def bottle_stage() -> None:
    """A bottle on a stone ledge."""
    props.slab((12.0, 5.0, 1.2), (0, 0.9, 0.0), "#CDBFA8", "#B7A588")
    props.wall(3.2, "#DCCFBB", "#CDBDA4")
    _product("trail-bottle", "forest", turn=-10.0)
    props.slab((1.6, 1.3, 0.5), (-1.15, 0.75, 0.5), "#B9A88D", "#A08C6E")
    props.pebble(0.3, (-1.2, 0.6, 0.5), "#8E8676")
    props.pebble(0.2, (0.72, -0.1, 0.0), "#A59A86")
    props.pebble(0.13, (0.98, -0.42, 0.0), "#7D766A")
    _lay(props.twig(9, 2.6, 19, "#6E7F5E", "#4B5B40"), (2.75, 1.0, 0.12), -78.0, 80.0)
    props.window((0.1, 0.3, 1.3), 2.3, origin=(-6.0, -3.4, 4.6), power=7.0, seed=8)


def lamp_stage() -> None:
    """A lit lamp on a sideboard in the evening."""
    props.boards(m.WALNUT, -7.0, 3.0, 2.5, rough=0.36)
    props.wall(3.0, "#CBB8A0", "#B8A388")
    _product("dusk-lamp", "chalk")
    props.book((2.3, 1.6, 0.24), "#3F4A45", (2.05, 0.2, 0.0), -0.2)
    props.book((2.0, 1.4, 0.2), "#B4532A", (2.0, 0.2, 0.24), 0.12)
    props.bowl(0.52, (2.0, 0.2, 0.44), "#E4DACA", "#CFC2AD")
    props.window((-1.6, 1.5, 1.9), 2.6, origin=(-7.0, -3.5, 3.2), power=0.8, seed=5, warmth="#FFC48A", sky=0.22)


def dusk_stage(*, lit: bool) -> None:
    """The lamp's room at nightfall, the lamp on or off; all else is the same."""
    props.boards(m.WALNUT, -7.0, 3.0, 2.5, rough=0.36)
    props.wall(3.0, "#CBB8A0", "#B8A388")
    _product("dusk-lamp", "chalk")
    for shining in ("bulb", "shine") if not lit else ():
        bpy.data.objects.remove(bpy.data.objects[shining])
    props.book((2.3, 1.6, 0.24), "#3F4A45", (2.05, 0.2, 0.0), -0.2)
    props.book((2.0, 1.4, 0.2), "#B4532A", (2.0, 0.2, 0.24), 0.12)
    props.bowl(0.52, (2.0, 0.2, 0.44), "#E4DACA", "#CFC2AD")
    softbox((-9.0, -3.5, 5.5), (0.0, 0.5, 1.8), (5.0, 6.0), 900, "#A6B8DA")
    world("#8A9DC2", 0.16)


def candle_stage() -> None:
    """A burning candle on a stone tray."""
    props.boards(m.WALNUT, -5.0, 3.6, 1.5, rough=0.42)
    props.wall(3.6, "#A8937A", "#8F7A61")
    props.slab((2.3, 1.9, 0.14), (0.1, 0.15, 0.14), "#CBBDA6", "#B3A185", 0.05)
    holder = candle_lit(PRODUCTS["ember-candle"].variants["amber"])
    holder.location = (-0.12, 0.1, 0.14)
    holder.rotation_euler.z = math.radians(4)
    lid = candle_lid()
    lid.location, lid.rotation_euler = (0.66, -0.32, 0.148), (0.0, 0.0, 0.5)
    _lay(props.twig(12, 1.9, 17), (-1.75, 0.25, 0.14), 66.0)
    props.pebble(0.14, (0.86, 0.42, 0.14), "#8C8271")
    props.window((0.2, 0.4, 0.6), 1.3, origin=(-6.0, -1.0, 3.6), power=4.0, seed=11, warmth="#FFD2A0", sky=0.8)


def speaker_stage() -> None:
    """A speaker on an oak shelf."""
    props.boards(m.OAK, -4.0, 2.4, 3.2, rough=0.42)
    props.wall(2.4, "#D9CBB6", "#C9B89F")
    _product("murmur-speaker", "oat", turn=-22.0)
    for number, (tone, wide, tall) in enumerate(
        (("#4A5648", 0.22, 1.45), ("#D8C8A8", 0.2, 1.6), ("#7B3F2A", 0.26, 1.5))
    ):
        standing = props.book((tall, 1.1, wide), tone, (-0.86 - 0.245 * number, 1.0, tall / 2))
        standing.rotation_euler = (0.0, -math.pi / 2, 0.0)
    props.bowl(0.45, (1.3, 0.55, 0.0), "#E6DCCB", "#D0C2AB")
    props.window((0.1, 0.3, 0.8), 1.7, origin=(-6.0, -3.4, 4.2), power=7.0, seed=21)


def cushion_stage() -> None:
    """Two cushions on a bench."""
    props.boards(m.OAK, -7.4, 2.2, 2.4, rough=0.45)
    props.wall(2.2, "#E3D8C6", "#D3C4AC")
    back = _product("meadow-cushion", "flax")
    stand(back, -0.2)
    back.location.x, back.location.y, back.rotation_euler.z = -1.7, 1.1, 0.12
    front = _product("meadow-cushion", "ochre")
    stand(front, -0.3)
    front.location.x, front.location.y, front.rotation_euler.z = 0.4, 0.3, -0.1
    props.window((0.0, 0.4, 2.0), 3.0, origin=(-6.0, -4.2, 4.6), power=6.6, seed=14)


def stool_stage() -> None:
    """A stool by a wall, used as a side table."""
    props.slab((60.0, 40.0, 0.5), (0, 0, 0.0), "#CFC4B2", "#BEB09A", 0.0)
    props.wall(3.2, "#DDD0BC", "#CDBDA4")
    _product("orchard-stool", "natural", turn=18.0)
    props.book((1.7, 1.25, 0.2), "#4A5648", (-0.35, -0.1, 4.46), 0.5)
    _product("loam-mug", "terracotta", (0.62, 0.3, 4.43), -25.0)
    _product("column-vase", "chalk", (2.7, 1.7, 0.0))
    plumes = props.grasses(6, 7, 4.4, 0.2)
    plumes.location = (2.7, 1.7, 1.6)
    props.window((0.2, 1.0, 2.6), 4.2, origin=(-6.0, -3.6, 4.4), power=7.0, seed=31)


def vase_stage() -> None:
    """Dried grasses in a tall vase."""
    props.boards(m.OAK, -5.0, 2.6, 1.9, rough=0.45)
    props.wall(2.6, "#D6C3A9", "#C5AF92")
    _product("column-vase", "chalk")
    plumes = props.grasses(17, 9, 4.0, 0.2)
    plumes.location = (0, 0, 1.7)
    props.bowl(0.62, (1.5, 0.2, 0.0), "#B9603C", "#9A4B2D")
    props.napkin(2.6, (-1.5, 0.1, 0.0), turn=-0.4, colour="#E0D5C1", second="#C8B99D")
    props.window((0.0, 0.4, 2.4), 3.4, origin=(-6.0, -3.4, 4.2), power=7.0, seed=2)


SCENES: dict[str, Take] = {
    "loam-mug": _take(mug_stage, View((0.08, 0.1, 0.54), 2.35, 8, 21, 70, 0.05)),
    "trail-bottle": _take(bottle_stage, View((0.0, 0.2, 1.35), 4.1, 4, 7, 80, 0.07)),
    "dusk-lamp": _take(lamp_stage, View((0.35, 0.2, 2.15), 6.4, 2, 6, 70, 0.05)),
    "ember-candle": _take(candle_stage, View((0.1, 0.1, 0.62), 2.35, 3, 15, 75, 0.06)),
    "murmur-speaker": _take(speaker_stage, View((0.05, 0.2, 0.85), 3.1, 4, 11, 75, 0.06)),
    "meadow-cushion": _take(cushion_stage, View((0.0, 0.4, 2.1), 6.9, 4, 8, 70, 0.05)),
    "orchard-stool": _take(stool_stage, View((0.35, 0.2, 2.75), 7.6, 2, 9, 70, 0.05)),
    "column-vase": _take(vase_stage, View((0.0, 0.2, 2.8), 7.4, 2, 6, 75, 0.08)),
}

_DUSK = View((0.35, 0.2, 2.15), 6.4, 2, 6, 70, 0.05)
PAIRS: dict[str, tuple[Take, Take]] = {
    "dusk-lamp": (_take(lambda: dusk_stage(lit=False), _DUSK), _take(lambda: dusk_stage(lit=True), _DUSK)),
}

DETAILS: dict[str, Take] = {
    "loam-mug": _take(mug_stage, View((0.22, -0.1, 0.72), 1.05, 22, 26, 90, 0.055, size=(880, 1100))),
    "ember-candle": _take(candle_stage, View((-0.1, 0.0, 0.86), 1.15, -8, 10, 90, 0.05, size=(880, 1100))),
    "murmur-speaker": _take(speaker_stage, View((0.16, -0.2, 1.18), 1.25, 16, 24, 90, 0.05, size=(880, 1100))),
    "meadow-cushion": _take(cushion_stage, View((1.6, 0.0, 2.9), 2.6, 14, 12, 90, 0.07, size=(880, 1100))),
    "orchard-stool": _take(stool_stage, View((0.1, 0.0, 4.4), 3.0, 10, 22, 90, 0.1, size=(880, 1100))),
}
