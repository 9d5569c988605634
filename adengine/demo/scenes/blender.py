"""Late access to Blender's Python modules, so that this package imports without them."""

from __future__ import annotations

import importlib
from typing import Any


class _Late:
    """A module imported on its first use."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


bpy: Any = _Late("bpy")
bmesh: Any = _Late("bmesh")
mathutils: Any = _Late("mathutils")
object_utils: Any = _Late("bpy_extras.object_utils")


def reset() -> None:
    """Throw away the current scene."""
    bpy.ops.wm.read_factory_settings(use_empty=True)


def link(obj: Any) -> Any:
    """Put an object into the scene and return it."""
    bpy.context.scene.collection.objects.link(obj)
    return obj


def only(obj: Any) -> None:
    """Make an object the only selected and the active one."""
    for other in bpy.context.scene.objects:
        other.select_set(False)
    obj.select_set(True)
    bpy.context.view_layer.objects.active = obj


def modify(obj: Any, kind: str, **settings: Any) -> Any:
    """Add a modifier with the given settings."""
    modifier = obj.modifiers.new(kind.title(), kind)
    for key, value in settings.items():
        setattr(modifier, key, value)
    return modifier


def apply(obj: Any) -> None:
    """Turn an object's modifiers into geometry."""
    graph = bpy.context.evaluated_depsgraph_get()
    mesh = bpy.data.meshes.new_from_object(obj.evaluated_get(graph))
    obj.modifiers.clear()
    obj.data = mesh


def group(name: str, parts: list[Any]) -> Any:
    """Parent parts to a new empty, which then moves them all."""
    holder = link(bpy.data.objects.new(name, None))
    for part in parts:
        if part.parent is None:
            part.parent = holder
    return holder
