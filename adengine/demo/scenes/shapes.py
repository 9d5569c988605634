"""Meshes from outlines: turned, swept and boxed forms. One unit is ten centimetres."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from adengine.demo.scenes.blender import apply, bmesh, bpy, link, mathutils, modify, only

Point2 = tuple[float, float]
Point3 = tuple[float, float, float]
Corner = tuple[float, float, float]
Ripple = Callable[[float, float, float], float]


def rounded(corners: Sequence[Corner], arc: int = 8, longest: float = 0.06) -> list[Point2]:
    """An outline through corners (r, z, radius), each rounded by its radius."""
    line: list[Point2] = []
    for index, (r, z, radius) in enumerate(corners):
        if radius <= 0 or index in (0, len(corners) - 1):
            line.append((r, z))
            continue
        line.extend(_corner(corners[index - 1], corners[index], corners[index + 1], arc))
    return _dense(line, longest)


def _corner(before: Corner, here: Corner, after: Corner, arc: int) -> list[Point2]:
    start, end = _towards(here, before), _towards(here, after)
    points = []
    for step in range(arc + 1):
        t = step / arc
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t * t
        points.append((a * start[0] + b * here[0] + c * end[0], a * start[1] + b * here[1] + c * end[1]))
    return points


def _towards(here: Corner, other: Corner) -> Point2:
    length = math.dist(here[:2], other[:2])
    share = min(here[2] / length, 0.49) if length else 0.0
    return here[0] + (other[0] - here[0]) * share, here[1] + (other[1] - here[1]) * share


def _dense(line: Sequence[Point2], longest: float) -> list[Point2]:
    out = [line[0]]
    for start, end in pairwise(line):
        parts = max(1, math.ceil(math.dist(start, end) / longest))
        for step in range(1, parts + 1):
            t = step / parts
            out.append((start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t))
    return out


def flowing(points: Sequence[Sequence[float]], steps: int = 12) -> list[tuple[float, ...]]:
    """A Catmull-Rom curve through points of any dimension."""
    padded = [points[0], *points, points[-1]]
    out: list[tuple[float, ...]] = []
    for index in range(1, len(padded) - 2):
        quad = padded[index - 1 : index + 3]
        out.extend(_catmull(quad, step / steps) for step in range(steps))
    out.append(tuple(points[-1]))
    return out


def _catmull(quad: Sequence[Sequence[float]], t: float) -> tuple[float, ...]:
    def at(p: float, q: float, r: float, s: float) -> float:
        cubic = (3 * q - p - 3 * r + s) * t**3
        return 0.5 * (2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + cubic)

    return tuple(at(*values) for values in zip(*quad, strict=True))


def lathe(name: str, outline: Sequence[Sequence[float]], steps: int = 128, ripple: Ripple | None = None) -> Any:
    """Turn an outline of (r, z) round the z axis; the u of its UV is the turn, the v the outline's length."""
    verts: list[Point3] = []
    for step in range(steps):
        angle = 2 * math.pi * step / steps
        for r, z in outline:
            radius = max(r + (ripple(angle, r, z) if ripple else 0.0), 1e-4)
            verts.append((radius * math.cos(angle), radius * math.sin(angle), z))
    return _sheet(name, verts, steps, list(outline), closed=True)


def _sheet(name: str, verts: list[Point3], rows: int, line: list[Sequence[float]], closed: bool) -> Any:
    count = len(line)
    lengths = [0.0]
    for start, end in pairwise(line):
        lengths.append(lengths[-1] + math.dist(start, end))
    faces, uvs = [], []
    for row in range(rows if closed else rows - 1):
        following = (row + 1) % rows
        u0, u1 = row / rows, (row + 1) / rows
        for column in range(count - 1):
            faces.append(
                (
                    row * count + column,
                    following * count + column,
                    following * count + column + 1,
                    row * count + column + 1,
                )
            )
            v0, v1 = lengths[column], lengths[column + 1]
            uvs.extend([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
    return mesh_object(name, verts, faces, uvs)


def mesh_object(
    name: str,
    verts: Sequence[Point3],
    faces: Sequence[Sequence[int]],
    uvs: Sequence[Point2] | None = None,
    smooth: bool = True,
) -> Any:
    """A smooth-shaded object from vertices, faces and (per corner) texture coordinates."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(list(verts), [], list(faces))
    if uvs:
        layer = mesh.uv_layers.new(name="UVMap")
        layer.data.foreach_set("uv", [value for uv in uvs for value in uv])
    mesh.polygons.foreach_set("use_smooth", [smooth] * len(mesh.polygons))
    work = bmesh.new()
    work.from_mesh(mesh)
    bmesh.ops.recalc_face_normals(work, faces=work.faces)
    work.to_mesh(mesh)
    work.free()
    return link(bpy.data.objects.new(name, mesh))


def circle(radius: float, steps: int = 16, squash: float = 1.0) -> list[Point2]:
    """A closed section for :func:`sweep`."""
    turns = [2 * math.pi * step / steps for step in range(steps)]
    return [(radius * math.cos(a), radius * squash * math.sin(a)) for a in turns]


def strap(width: float, thick: float, edge: int = 4) -> list[Point2]:
    """A flat section with round edges."""
    half, r = width / 2 - thick / 2, thick / 2
    right = [(half + r * math.cos(a), r * math.sin(a)) for a in _arc(-90, 90, edge)]
    left = [(-half + r * math.cos(a), r * math.sin(a)) for a in _arc(90, 270, edge)]
    return [*right, *left]


def _arc(start: float, end: float, steps: int) -> list[float]:
    return [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]


def sweep(
    name: str,
    path: Sequence[Sequence[float]],
    section: Sequence[Point2],
    *,
    side: Point3 = (0, 1, 0),
    swell: Callable[[float], float] | None = None,
    caps: bool = True,
) -> Any:
    """Move a closed section along a path; ``side`` is the direction its x axis keeps."""
    points = [mathutils.Vector(point) for point in path]
    wanted = mathutils.Vector(side)
    verts: list[Point3] = []
    last = len(points) - 1
    for index, point in enumerate(points):
        tangent = (points[min(index + 1, last)] - points[max(index - 1, 0)]).normalized()
        across = (wanted - tangent * wanted.dot(tangent)).normalized()
        up = tangent.cross(across)
        grow = swell(index / last) if swell else 1.0
        verts.extend(tuple(point + across * (x * grow) + up * (y * grow)) for x, y in section)
    return _tube(name, verts, len(points), len(section), caps)


def _tube(name: str, verts: list[Point3], rows: int, around: int, caps: bool) -> Any:
    faces: list[Sequence[int]] = []
    uvs: list[Point2] = []
    for row in range(rows - 1):
        for k in range(around):
            n = (k + 1) % around
            low, high = row * around, (row + 1) * around
            faces.append((low + k, low + n, high + n, high + k))
            v0, v1 = row / rows, (row + 1) / rows
            u0, u1 = k / around, (k + 1) / around
            uvs.extend([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
    if caps:
        faces.extend([tuple(range(around)), tuple(range((rows - 1) * around, rows * around))])
        uvs.extend([(0.0, 0.0)] * (2 * around))
    return mesh_object(name, verts, faces, uvs)


def box(name: str, size: Point3, place: Point3 = (0, 0, 0), bevel: float = 0.02) -> Any:
    """A bevelled box standing on ``place``."""
    x, y, z = size[0] / 2, size[1] / 2, size[2]
    verts = [(sx * x, sy * y, h) for h in (0, z) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    faces = [(0, 3, 2, 1), (4, 5, 6, 7), (0, 1, 5, 4), (1, 2, 6, 5), (2, 3, 7, 6), (3, 0, 4, 7)]
    obj = mesh_object(name, verts, faces, smooth=False)
    if bevel:
        modify(obj, "BEVEL", width=bevel, segments=3)
    obj.location = place
    return obj


def plane(name: str, size: float, place: Point3 = (0, 0, 0), turn: Point3 = (0, 0, 0)) -> Any:
    """A flat square."""
    h = size / 2
    obj = mesh_object(name, [(-h, -h, 0), (h, -h, 0), (h, h, 0), (-h, h, 0)], [(0, 1, 2, 3)])
    obj.location, obj.rotation_euler = place, turn
    return obj


def ball(name: str, radius: float, place: Point3 = (0, 0, 0), squash: Point3 = (1, 1, 1)) -> Any:
    """A sphere, squashed along its axes."""
    mesh = bpy.data.meshes.new(name)
    work = bmesh.new()
    bmesh.ops.create_uvsphere(work, u_segments=64, v_segments=40, radius=radius)
    work.to_mesh(mesh)
    work.free()
    mesh.polygons.foreach_set("use_smooth", [True] * len(mesh.polygons))
    obj = link(bpy.data.objects.new(name, mesh))
    obj.location, obj.scale = place, squash
    return obj


def fuse(parts: Sequence[Any], voxel: float, rounds: int = 8) -> Any:
    """Melt closed parts into one skin, as clay parts are joined."""
    only(parts[0])
    for part in parts:
        part.select_set(True)
    bpy.ops.object.join()
    obj = bpy.context.view_layer.objects.active
    modify(obj, "REMESH", mode="VOXEL", voxel_size=voxel, use_smooth_shade=True)
    modify(obj, "SMOOTH", factor=0.5, iterations=rounds)
    apply(obj)
    return obj


def paint(obj: Any, material: Any) -> Any:
    """Give an object its only material."""
    obj.data.materials.clear()
    obj.data.materials.append(material)
    return obj
