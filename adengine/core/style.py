"""Art direction as data: the type, colours, grounds, motion and captions that one style gives every film."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from adengine.core.reading import Reader
from adengine.core.score import BEATS

# Families that come with the packages this project depends on; see workers/studio/letters/fonts.py for their files.
FAMILIES = ("serif", "grotesk", "geometric", "rounded", "poster", "heritage", "plain")
ROLES = (
    "brand",
    "eyebrow",
    "number",
    "hook",
    "title",
    "reason",
    "point",
    "quote",
    "stars",
    "price",
    "caption",
    "badge",
    "label",
    "disclosure",
    "cta",
)
FORMS = ("plain", "pill", "button", "highlight", "underline", "box")
INKS = ("ink", "quiet", "accent")
GROUNDS = ("sweep", "flat", "spot", "paper", "grid", "rays", "blobs")
STAGES = ("light", "tint", "deep", "accent")
TONES = STAGES[:3]
BACKDROPS = ("disc", "arch", "plinth")
BADGES = ("round", "burst", "tag", "bar")
ENTRANCES = ("rise", "slide", "pop", "fade", "mask")
TRANSITIONS = ("cut", "fade", "slide", "rise", "wipe", "push", "zoom")
CAPTIONS = ("subtitle", "karaoke", "pop", "box")
CASES = ("as written", "upper")
ALIGNS = ("start", "center")
VEILS = ("gradient", "panel")


@dataclass(frozen=True)
class TypeRole:
    """How one kind of text is set: `size` and `above` in pixels of a 1080-pixel-wide frame, tracking in ems."""

    face: str
    size: float
    lines: int
    leading: float = 1.2
    tracking: float = 0.0
    above: float = 0.0
    form: str = "plain"
    colour: str = "ink"
    case: str = "as written"


@dataclass(frozen=True)
class Tone:
    """A ground's two ends as OKLCH lightness and a factor on the product's own chroma."""

    top: float
    bottom: float
    chroma: float


@dataclass(frozen=True)
class Style:
    """One art direction. `display`, `strong`, `text` are families of FAMILIES with a weight.

    `roles` is the type scale, `tones` the lightness of the stages light, tint and deep; `unit` is the spacing
    grid and `corner` the radius of cards in pixels of a 1080-pixel-wide frame; `energy` scales every motion;
    `transitions` says what each transition word of a template becomes; `shadow` is the strength of soft shadows
    under text and products, `grain` the strength of the film grain on grounds, both 0..1.
    """

    name: str
    title: str
    about: str
    display: tuple[str, int]
    strong: tuple[str, int]
    text: tuple[str, int]
    roles: tuple[tuple[str, TypeRole], ...]
    tones: tuple[tuple[str, Tone], ...]
    unit: int = 8
    corner: int = 34
    align: str = "start"
    ground: str = "sweep"
    backdrops: tuple[str, ...] = ("disc", "arch", "plinth")
    badge: str = "round"
    entrance: str = "rise"
    energy: float = 1.0
    transitions: tuple[tuple[str, str], ...] = ()
    captions: str = "subtitle"
    veil: str = "gradient"
    shadow: float = 0.33
    grain: float = 1.0
    mood: str = ""

    def role(self, name: str) -> TypeRole:
        return next(role for known, role in self.roles if known == name)

    def enlarged(self, by: float) -> Style:
        """Return the style with its type this much larger."""
        sized = ((name, replace(one, size=one.size * by, above=one.above * by)) for name, one in self.roles)
        return replace(self, roles=tuple(sized))

    def tone(self, stage: str) -> Tone:
        return next(tone for known, tone in self.tones if known == stage)

    def transition(self, asked: str) -> str:
        """Return what this style makes of a template's transition."""
        return dict(self.transitions).get(asked, asked)


def style_from(mapping: Mapping[str, object], name: str) -> Style:
    """Read a style's mapping; an unknown or missing field raises TemplateInvalid with its path."""
    reader = Reader(mapping, name)
    style = Style(
        name=name,
        title=reader.text("title"),
        about=reader.text("about"),
        display=_face(reader.part("display")),
        strong=_face(reader.part("strong")),
        text=_face(reader.part("text")),
        roles=_roles(reader),
        tones=_tones(reader),
        unit=int(reader.number("unit", 8)),
        corner=int(reader.number("corner", 34, least=0)),
        align=reader.choice("align", ALIGNS, "start"),
        ground=reader.choice("ground", GROUNDS, "sweep"),
        backdrops=reader.texts("backdrops", BACKDROPS),
        badge=reader.choice("badge", BADGES, "round"),
        entrance=reader.choice("entrance", ENTRANCES, "rise"),
        energy=reader.number("energy", 1.0),
        transitions=_transitions(reader.part("transitions")),
        captions=reader.choice("captions", CAPTIONS, "subtitle"),
        veil=reader.choice("veil", VEILS, "gradient"),
        shadow=reader.number("shadow", 0.33, least=0),
        grain=reader.number("grain", 1.0, least=0),
        mood=reader.choice("mood", ("", *BEATS), ""),
    )
    reader.finish("version")
    return style


def _face(reader: Reader) -> tuple[str, int]:
    face = reader.choice("family", FAMILIES), int(reader.number("weight", 400))
    reader.finish()
    return face


def _roles(reader: Reader) -> tuple[tuple[str, TypeRole], ...]:
    roles = {name: _role(part) for name, part in reader.named("roles")}
    if missing := [name for name in ROLES if name not in roles]:
        raise reader.fail("roles", f"leave out {', '.join(missing)}; every role needs its type")
    return tuple((name, roles[name]) for name in ROLES)


def _role(reader: Reader) -> TypeRole:
    role = TypeRole(
        face=reader.choice("face", ("display", "strong", "text")),
        size=reader.number("size"),
        lines=int(reader.number("lines", 1)),
        leading=reader.number("leading", 1.2),
        tracking=reader.number("tracking", 0.0, least=-0.2),
        above=reader.number("above", 0.0, least=0),
        form=reader.choice("form", FORMS, "plain"),
        colour=reader.choice("colour", INKS, "ink"),
        case=reader.choice("case", CASES, "as written"),
    )
    reader.finish()
    return role


def _tones(reader: Reader) -> tuple[tuple[str, Tone], ...]:
    tones = {name: _tone(part) for name, part in reader.named("tones")}
    if tuple(tones) != TONES:
        raise reader.fail("tones", f"must be {', '.join(TONES)}, in this order")
    return tuple(tones.items())


def _tone(reader: Reader) -> Tone:
    tone = Tone(reader.number("top", least=0), reader.number("bottom", least=0), reader.number("chroma", least=0))
    reader.finish()
    return tone


def _transitions(reader: Reader) -> tuple[tuple[str, str], ...]:
    asked = tuple((word, reader.choice(word, TRANSITIONS, word)) for word in TRANSITIONS)
    reader.finish()
    return tuple((word, made) for word, made in asked if word != made)
