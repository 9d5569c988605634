"""Surfaces: glaze, powder coat, wood, cloth, leather, glass, wax, plaster and stone."""

from __future__ import annotations

from typing import Any

from adengine.demo.scenes.nodes import Colour, Shader, rgb

CLAY = "#A9794F"


def glaze(colour: str, edge: str, top: float, foot: float = 0.1) -> Any:
    """A glossy reactive glaze that thins at the rim and leaves the foot bare."""
    s = Shader("glaze")
    here = s.where()
    height = s.axis(here, "Z")
    drift = s.math("MULTIPLY", s.noise(here, 5, 3), 0.16)
    rim = s.span(s.math("ADD", height, drift), top - 0.02, top + 0.09)
    clouds = s.span(s.noise(here, 2.2, 6, 0.6, 0.6), 0.35, 0.7)
    body = s.mix(s.math("MULTIPLY", clouds, 0.45), rgb(colour), rgb(edge))
    specks = s.span(s.cells(here, 26), 0.07, 0.13, (1.0, 0.0))
    few = s.span(s.noise(here, 16, 2), 0.52, 0.6)
    body = s.mix(s.math("MULTIPLY", s.math("MULTIPLY", specks, few), 0.75), body, rgb("#4A3526"))
    body = s.mix(s.math("MULTIPLY", rim, 0.8), body, rgb("#8A5A38"))
    wave = s.math("MULTIPLY", s.noise(here, 7, 2), 0.035)
    bare = s.span(s.math("ADD", height, wave), foot, foot + 0.014, (1.0, 0.0))
    grain = s.noise(here, 90, 3, 0.7)
    clay = s.mix(grain, rgb("#8F6440"), rgb("#C49468"))
    rough = s.math("ADD", s.math("MULTIPLY", bare, 0.6), s.span(clouds, 0, 1, (0.16, 0.3)))
    normal = s.bump(s.noise(here, 9, 3), 0.12, 0.05)
    normal = s.bump(s.math("MULTIPLY", grain, bare), 0.25, 0.02, normal)
    gloss = s.math("SUBTRACT", 0.5, s.math("MULTIPLY", bare, 0.5))
    return s.base(
        Base_Color=s.mix(bare, body, clay),
        Roughness=rough,
        Normal=normal,
        Coat_Weight=gloss,
        Coat_Roughness=0.06,
    )


def matt(colour: str, shade: str, rough: float = 0.62) -> Any:
    """Matt ceramic with a dry, faintly speckled skin."""
    s = Shader("matt ceramic")
    here = s.where()
    clouds = s.noise(here, 1.6, 5)
    tone = s.mix(s.span(clouds, 0.3, 0.75, (0.0, 0.6)), rgb(colour), rgb(shade))
    specks = s.span(s.cells(here, 34), 0.05, 0.1, (0.5, 0.0))
    tone = s.mix(s.math("MULTIPLY", specks, s.span(s.noise(here, 12, 2), 0.5, 0.62)), tone, rgb("#5B4634"))
    normal = s.bump(s.noise(here, 60, 4, 0.7), 0.14, 0.02)
    return s.base(Base_Color=tone, Roughness=rough, Normal=normal, Sheen_Weight=0.08)


def powder(colour: str) -> Any:
    """Powder-coated steel."""
    s = Shader("powder coat")
    here = s.where()
    normal = s.bump(s.noise(here, 130, 2, 0.6), 0.22, 0.01)
    tone = s.mix(s.noise(here, 60, 2), rgb(colour), rgb(colour))
    return s.base(Base_Color=tone, Roughness=0.46, Normal=normal, Coat_Weight=0.12, Coat_Roughness=0.3)


def steel(rough: float = 0.26, colour: str = "#C9C6C0") -> Any:
    """Brushed steel, turned round its axis."""
    s = Shader("steel")
    lines = s.noise(s.stretch(s.where(), (2, 2, 160)), 3, 3)
    return s.base(
        Base_Color=rgb(colour),
        Metallic=1.0,
        Roughness=s.span(lines, 0.3, 0.7, (rough * 0.8, rough * 1.3)),
        Normal=s.bump(lines, 0.04, 0.01),
    )


OAK = ("#C6925A", "#925D2D", "#5E3A1C")
SMOKED = ("#5A4230", "#3A281B", "#1F150E")
WALNUT = ("#8A5F3C", "#5E3B22", "#3A2415")
BEECH = ("#D6A878", "#B07F4E", "#8A5F38")


def wood(tones: tuple[str, str, str], along: str = "X", size: float = 1.0, rough: float = 0.45) -> Any:
    """Oiled wood with the grain along one axis; every object gets its own piece of the tree."""
    s = Shader("wood")
    info = s.add("ShaderNodeObjectInfo").outputs["Random"]
    offset = s.add("ShaderNodeCombineXYZ")
    for axis in ("X", "Y", "Z"):
        s.put(offset, axis, s.math("MULTIPLY", info, 37.0))
    squeeze = {"X": (0.09, 1, 1), "Y": (1, 0.09, 1), "Z": (1, 1, 0.09)}[along]
    here = s.stretch(s.where(), [size * value for value in squeeze], offset.outputs[0])
    rings = s.noise(here, 1.3, 2, 0.5, 0.5)
    bands = s.math("FRACT", s.math("MULTIPLY", rings, 9.0))
    late = s.span(bands, 0.1, 0.95)
    fibre = s.noise(s.stretch(here, (1, 1, 1)), 24, 6, 0.65)
    pores = s.span(s.noise(here, 70, 3, 0.6), 0.58, 0.7)
    tone = s.mix(s.math("MULTIPLY", late, 0.55), rgb(tones[0]), rgb(tones[1]))
    tone = s.mix(s.span(fibre, 0.35, 0.75, (0.0, 0.5)), tone, rgb(tones[1]))
    tone = s.mix(s.math("MULTIPLY", pores, 0.5), tone, rgb(tones[2]))
    relief = s.math("SUBTRACT", fibre, s.math("MULTIPLY", pores, 0.8))
    return s.base(
        Base_Color=tone,
        Roughness=s.span(fibre, 0.3, 0.7, (rough, rough + 0.15)),
        Normal=s.bump(relief, 0.12, 0.02),
        Coat_Weight=0.06,
        Coat_Roughness=0.35,
    )


def _weave(s: Shader, u: Any, v: Any) -> tuple[Any, Any]:
    """Height of a plain weave and which thread lies on top, for coordinates counted in threads."""
    even = s.math("MODULO", s.math("ADD", s.math("FLOOR", u), s.math("FLOOR", v)), 2.0)
    top = s.math("GREATER_THAN", s.math("ABSOLUTE", even), 0.5)
    across = s.math("ABSOLUTE", s.math("SINE", s.math("MULTIPLY", u, 3.14159)))
    down = s.math("ABSOLUTE", s.math("SINE", s.math("MULTIPLY", v, 3.14159)))
    warp = s.math("MULTIPLY", s.math("POWER", across, 0.8), s.math("ADD", 0.5, s.math("MULTIPLY", down, 0.5)))
    weft = s.math("MULTIPLY", s.math("POWER", down, 0.8), s.math("ADD", 0.5, s.math("MULTIPLY", across, 0.5)))
    over = s.math("MULTIPLY", top, warp)
    crown = s.math("ADD", over, s.math("MULTIPLY", s.math("SUBTRACT", 1.0, top), weft))
    return crown, top


def cloth(
    colour: str,
    second: str,
    threads: tuple[float, float],
    *,
    depth: float = 0.03,
    slub: float = 0.5,
    creases: float = 0.0,
) -> Any:
    """Woven cloth; ``threads`` counts them per unit of the texture coordinates."""
    s = Shader("cloth")
    here = s.where("UV")
    wobble = s.math("MULTIPLY", s.noise(s.where(), 9, 2), 0.5)
    u = s.math("ADD", s.math("MULTIPLY", s.axis(here, "X"), threads[0]), wobble)
    v = s.math("ADD", s.math("MULTIPLY", s.axis(here, "Y"), threads[1]), wobble)
    height, top = _weave(s, u, v)
    ids = s.add("ShaderNodeCombineXYZ")
    s.put(ids, "X", s.math("FLOOR", u))
    s.put(ids, "Y", s.math("MULTIPLY", v, 0.06))
    warp = s.noise(ids.outputs[0], 1.7, 2)
    other = s.add("ShaderNodeCombineXYZ")
    s.put(other, "X", s.math("MULTIPLY", u, 0.06))
    s.put(other, "Y", s.math("FLOOR", v))
    weft = s.noise(other.outputs[0], 1.7, 2)
    pick = s.math("ADD", s.math("MULTIPLY", top, warp), s.math("MULTIPLY", s.math("SUBTRACT", 1.0, top), weft))
    tone = s.mix(s.span(pick, 0.5 - slub * 0.3, 0.5 + slub * 0.3), rgb(colour), rgb(second))
    tone = s.mix(s.span(height, 0.0, 0.5, (0.55, 0.0)), tone, _darker(second))
    fuzz = s.noise(s.where(), 120, 2)
    raised = s.math("ADD", height, s.math("MULTIPLY", s.math("ADD", pick, fuzz), 0.35))
    soft = s.bump(s.noise(s.where(), 0.7, 2, 0.4, 0.5), 0.0 if creases <= 0 else 0.6, creases)
    normal = s.bump(raised, 0.7, depth, soft)
    return s.base(Base_Color=tone, Roughness=0.88, Normal=normal, Sheen_Weight=0.25, Sheen_Roughness=0.5)


def _darker(code: str, by: float = 0.45) -> Colour:
    r, g, b, a = rgb(code)
    return r * by, g * by, b * by, a


def shade_cloth(colour: str) -> Any:
    """Linen of a lamp shade, which lets light through."""
    s = Shader("shade")
    here = s.where("UV")
    u = s.math("MULTIPLY", s.axis(here, "X"), 420.0)
    v = s.math("MULTIPLY", s.axis(here, "Y"), 55.0)
    lines = s.add("ShaderNodeCombineXYZ")
    s.put(lines, "X", s.math("MULTIPLY", u, 0.02))
    s.put(lines, "Y", v)
    weft = s.noise(lines.outputs[0], 1.1, 3)
    rows = s.add("ShaderNodeCombineXYZ")
    s.put(rows, "X", u)
    s.put(rows, "Y", s.math("MULTIPLY", v, 0.04))
    warp = s.noise(rows.outputs[0], 1.1, 3)
    threads = s.math("ADD", weft, warp)
    tone = s.mix(s.span(threads, 0.75, 1.3), _darker(colour, 0.72), rgb(colour))
    normal = s.bump(threads, 0.35, 0.02)
    diffuse = s.add("ShaderNodeBsdfDiffuse")
    through = s.add("ShaderNodeBsdfTranslucent")
    for node in (diffuse, through):
        s.put(node, "Color", tone)
        s.put(node, "Normal", normal)
    both = s.add("ShaderNodeMixShader")
    s.put(both, 0, 0.5)
    s.put(both, 1, diffuse.outputs[0])
    s.put(both, 2, through.outputs[0])
    s.surface(both.outputs[0])
    return s.material


def leather(colour: str, deep: str) -> Any:
    """Vegetable-tanned leather."""
    s = Shader("leather")
    here = s.where()
    grain = s.cells(here, 55)
    tone = s.mix(s.span(s.noise(here, 6, 5), 0.35, 0.7), rgb(colour), rgb(deep))
    normal = s.bump(grain, 0.25, 0.012)
    return s.base(Base_Color=tone, Roughness=s.span(grain, 0, 0.6, (0.36, 0.52)), Normal=normal, Coat_Weight=0.08)


def glass(colour: str, rough: float = 0.0) -> Any:
    """Tinted glass that lets light pass without caustics."""
    s = Shader("glass")
    s.base(Base_Color=rgb(colour), Roughness=rough, IOR=1.46, Transmission_Weight=1.0)
    clear = s.add("ShaderNodeBsdfTransparent")
    s.put(clear, "Color", rgb(colour))
    ray = s.add("ShaderNodeLightPath").outputs["Is Shadow Ray"]
    both = s.add("ShaderNodeMixShader")
    s.put(both, 0, ray)
    s.put(both, 1, s.bsdf.outputs[0])
    s.put(both, 2, clear.outputs[0])
    s.surface(both.outputs[0])
    return s.material


def wax(colour: str, glow: float = 0.0) -> Any:
    """Soft wax, lit from inside while the candle burns."""
    s = Shader("wax")
    here = s.where()
    normal = s.bump(s.noise(here, 6, 3), 0.1, 0.03)
    material = s.base(
        Base_Color=rgb(colour),
        Roughness=0.4,
        Normal=normal,
        Subsurface_Weight=0.6,
        Subsurface_Scale=0.12,
        Subsurface_Radius=(1.0, 0.6, 0.3),
        Emission_Color=rgb("#FFB45E"),
        Emission_Strength=glow,
    )
    return material


def glow(colour: str, strength: float) -> Any:
    """A light-giving surface."""
    s = Shader("glow")
    return s.base(Base_Color=rgb(colour), Emission_Color=rgb(colour), Emission_Strength=strength)


def plain(colour: str, rough: float = 0.6, **more: Any) -> Any:
    """One colour, one roughness."""
    return Shader("plain").base(Base_Color=rgb(colour), Roughness=rough, **more)


def plaster(colour: str, shade: str) -> Any:
    """A trowelled lime plaster wall."""
    s = Shader("plaster")
    here = s.where()
    sweep = s.noise(here, 0.35, 6, 0.6, 0.8)
    fine = s.noise(here, 6, 8, 0.7)
    tone = s.mix(s.span(sweep, 0.3, 0.7), rgb(colour), rgb(shade))
    normal = s.bump(sweep, 0.35, 0.3, s.bump(fine, 0.2, 0.04))
    return s.base(Base_Color=tone, Roughness=0.92, Normal=normal)


def stone(colour: str, shade: str) -> Any:
    """Honed limestone or travertine."""
    s = Shader("stone")
    here = s.where()
    layers = s.noise(s.stretch(here, (1, 1, 3)), 0.8, 8, 0.62, 0.7)
    pits = s.span(s.cells(here, 9), 0.05, 0.16, (1.0, 0.0))
    some = s.math("MULTIPLY", pits, s.span(s.noise(here, 3, 4), 0.52, 0.6))
    tone = s.mix(s.span(layers, 0.3, 0.7), rgb(colour), rgb(shade))
    tone = s.mix(s.math("MULTIPLY", some, 0.7), tone, _darker(shade))
    relief = s.math("SUBTRACT", s.noise(here, 18, 6), s.math("MULTIPLY", some, 2.0))
    return s.base(Base_Color=tone, Roughness=0.6, Normal=s.bump(relief, 0.2, 0.03))
