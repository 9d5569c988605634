"""Light, camera and render settings."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adengine.demo.scenes.blender import bpy, link, mathutils, object_utils
from adengine.demo.scenes.nodes import rgb
from adengine.demo.scenes.shapes import Point3, plane


@dataclass(frozen=True)
class Quality:
    """How much work goes into a picture."""

    samples: int = 32
    scale: float = 1.0


def engine(quality: Quality, look: str = "AgX - Medium High Contrast", exposure: float = 0.0) -> Any:
    """Set Cycles up and return the scene."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    cycles = scene.cycles
    cycles.device = "CPU"
    cycles.samples = quality.samples
    cycles.use_adaptive_sampling, cycles.adaptive_threshold = True, 0.04
    cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 6, 3, 3
    cycles.transmission_bounces, cycles.transparent_max_bounces = 6, 8
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.sample_clamp_indirect = 4.0
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = look
    scene.view_settings.exposure = exposure
    scene.render.image_settings.file_format = "PNG"
    return scene


def world(colour: str, strength: float) -> None:
    """An even surrounding light."""
    surround = bpy.data.worlds.new("surround")
    surround.use_nodes = True
    node = surround.node_tree.nodes.get("Background")
    node.inputs[0].default_value, node.inputs[1].default_value = rgb(colour), strength
    bpy.context.scene.world = surround


def aim(obj: Any, target: Sequence[float]) -> None:
    """Turn an object's -z axis to a target."""
    direction = mathutils.Vector(target) - obj.location
    obj.rotation_euler = direction.to_track_quat("-Z", "Y").to_euler()


def softbox(place: Point3, target: Point3, size: tuple[float, float], power: float, colour: str = "#FFFFFF") -> Any:
    """A rectangular area light."""
    light = bpy.data.lights.new("softbox", "AREA")
    light.shape, light.size, light.size_y = "RECTANGLE", size[0], size[1]
    light.energy, light.color = power, rgb(colour)[:3]
    obj = link(bpy.data.objects.new("softbox", light))
    obj.location = place
    aim(obj, target)
    return obj


def lamp(place: Point3, power: float, radius: float, colour: str) -> Any:
    """A small round light."""
    light = bpy.data.lights.new("lamp", "POINT")
    light.energy, light.shadow_soft_size, light.color = power, radius, rgb(colour)[:3]
    obj = link(bpy.data.objects.new("lamp", light))
    obj.location = place
    return obj


def three_point(height: float, gain: float = 1.0) -> None:
    """Key, fill, rim and a top panel, scaled to the product's height."""
    s, e = height, height * height * gain * 0.56
    middle = (0.0, 0.0, 0.5 * s)
    softbox((-2.2 * s, -1.7 * s, 2.0 * s), middle, (1.5 * s, 1.9 * s), 330 * e, "#FFF1E0")
    softbox((2.6 * s, -1.8 * s, 1.2 * s), middle, (1.6 * s, 2.2 * s), 60 * e, "#EAF1FF")
    softbox((1.7 * s, 2.2 * s, 1.7 * s), middle, (0.7 * s, 1.8 * s), 260 * e, "#FFF6EA")
    softbox((-1.9 * s, 1.9 * s, 1.2 * s), middle, (0.4 * s, 1.6 * s), 120 * e, "#FFF6EA")
    softbox((0.0, 0.2 * s, 3.0 * s), middle, (1.6 * s, 1.6 * s), 90 * e)
    world("#F3EEE6", 0.16)


def camera(place: Point3, target: Point3, lens: float = 85.0, blur: float = 0.0) -> Any:
    """A camera; ``blur`` is the radius of its aperture in scene units."""
    data = bpy.data.cameras.new("camera")
    data.lens, data.sensor_fit, data.clip_end = lens, "VERTICAL", 500.0
    obj = link(bpy.data.objects.new("camera", data))
    obj.location = place
    aim(obj, target)
    if blur > 0:
        data.dof.use_dof = True
        data.dof.focus_distance = math.dist(place, target)
        data.dof.aperture_fstop = (lens / 1000.0) / (2 * blur)
    bpy.context.scene.camera = obj
    return obj


def orbit(target: Point3, distance: float, azimuth: float, elevation: float) -> Point3:
    """A place round a target, angles in degrees; azimuth 0 is the front."""
    a, e = math.radians(azimuth), math.radians(elevation)
    flat = distance * math.cos(e)
    return target[0] + flat * math.sin(a), target[1] - flat * math.cos(a), target[2] + distance * math.sin(e)


def catcher(size: float) -> None:
    """A floor that shows nothing but shadow."""
    floor = plane("floor", size)
    material = bpy.data.materials.new("floor")
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.6, 0.57, 0.53, 1.0)
    floor.data.materials.append(material)
    floor.is_shadow_catcher = True


def _extent(scene: Any, cam: Any) -> tuple[float, float, float, float]:
    graph = bpy.context.evaluated_depsgraph_get()
    xs, ys = [], []
    for obj in scene.objects:
        if obj.type != "MESH" or obj.is_shadow_catcher or obj.hide_render:
            continue
        real = obj.evaluated_get(graph)
        for vertex in list(real.data.vertices)[:: max(1, len(real.data.vertices) // 4000)]:
            seen = object_utils.world_to_camera_view(scene, cam, real.matrix_world @ vertex.co)
            xs.append(seen.x)
            ys.append(seen.y)
    return min(xs), max(xs), min(ys), max(ys)


def frame_cutout(scene: Any, cam: Any, pixels: int, margin: float = 0.14) -> None:
    """Crop the picture to the product plus a margin for its shadow."""
    scene.render.resolution_x = scene.render.resolution_y = 1000
    bpy.context.view_layer.update()
    left, right, low, high = _extent(scene, cam)
    tall = max(high - low, 0.7 * (right - left))
    side = round(pixels / tall)
    scene.render.resolution_x = scene.render.resolution_y = side
    scene.render.use_border = scene.render.use_crop_to_border = True
    gap = margin * tall
    scene.render.border_min_x, scene.render.border_max_x = max(0.0, left - gap), min(1.0, right + gap)
    scene.render.border_min_y, scene.render.border_max_y = max(0.0, low - gap * 0.8), min(1.0, high + 0.015)
    scene.render.film_transparent = True


def shoot(path: Path) -> Path:
    """Render the current scene to a PNG file."""
    bpy.context.scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)
    return path
