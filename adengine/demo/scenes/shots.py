"""Cut-out shots."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adengine.demo.scenes.blender import bpy, reset
from adengine.demo.scenes.products import PRODUCTS
from adengine.demo.scenes.studio import (
    Quality,
    camera,
    catcher,
    engine,
    frame_cutout,
    orbit,
    shoot,
    three_point,
)


def cutout(handle: str, colour: str, path: Path, quality: Quality) -> Path:
    """A product in one colour, free-standing, with only its shadow under it."""
    product = PRODUCTS[handle]
    reset()
    scene = engine(quality)
    holder = product.build(product.variants[colour])
    if handle == "meadow-cushion":
        stand(holder)
    high = product.height
    catcher(high * 14)
    three_point(high, product.gain)
    target = (0.0, 0.0, high * 0.5)
    place = orbit(target, high * 6.5, product.azimuth, product.elevation)
    cam = camera(place, target, 85.0, 0.012 * high)
    frame_cutout(scene, cam, round(920 * quality.scale))
    return shoot(path)


def stand(holder: Any, lean: float = -0.14) -> None:
    """Set the cushion on its lower corners, leaning back a little."""
    holder.rotation_euler = (lean, 0.0, 0.0)
    bpy.context.view_layer.update()
    graph = bpy.context.evaluated_depsgraph_get()
    real = holder.children[0].evaluated_get(graph)
    holder.location.z -= min((real.matrix_world @ vertex.co).z for vertex in real.data.vertices) - 0.01
