"""A thin builder for shader node trees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from adengine.demo.scenes.blender import bpy

Colour = tuple[float, float, float, float]


def rgb(code: str) -> Colour:
    """A hex colour as linear light."""

    def linear(part: str) -> float:
        value = int(part, 16) / 255
        return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)

    code = code.lstrip("#")
    return linear(code[0:2]), linear(code[2:4]), linear(code[4:6]), 1.0


class Shader:
    """A material under construction."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.tree.nodes.clear()
        self.out = self.add("ShaderNodeOutputMaterial")
        self.bsdf = self.add("ShaderNodeBsdfPrincipled")
        self.surface(self.bsdf.outputs[0])

    def add(self, kind: str, **settings: Any) -> Any:
        """A new node with its properties set."""
        node = self.tree.nodes.new(kind)
        for key, value in settings.items():
            setattr(node, key, value)
        return node

    def put(self, node: Any, socket: str | int, value: Any) -> None:
        """Set a node's input to a value, or link it to a socket."""
        if hasattr(value, "is_linked"):
            self.tree.links.new(value, node.inputs[socket])
        else:
            node.inputs[socket].default_value = value

    def base(self, **inputs: Any) -> Any:
        """Set inputs of the principled shader (underscores stand for spaces) and return the material."""
        for key, value in inputs.items():
            self.put(self.bsdf, key.replace("_", " "), value)
        return self.material

    def surface(self, socket: Any) -> None:
        """Use a shader socket as the surface."""
        self.tree.links.new(socket, self.out.inputs["Surface"])

    def where(self, kind: str = "Object") -> Any:
        """Texture coordinates."""
        return self.add("ShaderNodeTexCoord").outputs[kind]

    def stretch(self, vector: Any, scale: Sequence[float], shift: Any = (0.0, 0.0, 0.0)) -> Any:
        """Scaled coordinates."""
        node = self.add("ShaderNodeMapping")
        self.put(node, "Vector", vector)
        self.put(node, "Location", shift)
        self.put(node, "Scale", tuple(scale))
        return node.outputs[0]

    def axis(self, vector: Any, which: str) -> Any:
        """One component of coordinates."""
        node = self.add("ShaderNodeSeparateXYZ")
        self.put(node, 0, vector)
        return node.outputs[which]

    def noise(self, vector: Any, scale: float, detail: float = 4, rough: float = 0.55, warp: float = 0) -> Any:
        """Smooth noise, 0 to 1."""
        node = self.add("ShaderNodeTexNoise")
        for key, value in (("Vector", vector), ("Scale", scale), ("Detail", detail), ("Roughness", rough)):
            self.put(node, key, value)
        self.put(node, "Distortion", warp)
        return node.outputs[0]

    def cells(self, vector: Any, scale: float, feature: str = "F1") -> Any:
        """Distance to Voronoi points."""
        node = self.add("ShaderNodeTexVoronoi", feature=feature)
        self.put(node, "Vector", vector)
        self.put(node, "Scale", scale)
        return node.outputs["Distance"]

    def math(self, how: str, a: Any, b: Any = 0.0) -> Any:
        """Arithmetic on two values."""
        node = self.add("ShaderNodeMath", operation=how)
        self.put(node, 0, a)
        self.put(node, 1, b)
        return node.outputs[0]

    def span(self, value: Any, low: float, high: float, to: tuple[float, float] = (0.0, 1.0)) -> Any:
        """Map a range smoothly and clamped."""
        node = self.add("ShaderNodeMapRange", interpolation_type="SMOOTHSTEP")
        for key, number in (("From Min", low), ("From Max", high), ("To Min", to[0]), ("To Max", to[1])):
            self.put(node, key, number)
        self.put(node, "Value", value)
        return node.outputs[0]

    def mix(self, share: Any, a: Any, b: Any, how: str = "MIX") -> Any:
        """Blend two colours."""
        node = self.add("ShaderNodeMix", data_type="RGBA", blend_type=how)
        self.put(node, 0, share)
        self.put(node, 6, a)
        self.put(node, 7, b)
        return node.outputs[2]

    def bump(self, height: Any, strength: float, depth: float, under: Any = None) -> Any:
        """A normal from a height, optionally on top of another normal."""
        node = self.add("ShaderNodeBump")
        self.put(node, "Strength", strength)
        self.put(node, "Distance", depth)
        self.put(node, "Height", height)
        if under is not None:
            self.put(node, "Normal", under)
        return node.outputs[0]
