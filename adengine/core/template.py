"""What a film template is, and how one is read from its mapping: scenes, lines and the facts it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from adengine.core.errors import TemplateInvalid

ROLES = ("brand", "number", "eyebrow", "hook", "title", "reason", "price", "caption", "badge", "label", "cta")
LAYOUTS = ("headline", "reason", "close", "photo", "panel", "price", "end", "host", "duo")
SHOWS = ("product", "photo", "detail")
STAGES = ("light", "tint", "deep", "accent")
BACKDROPS = ("plain", "disc", "arch", "plinth")
MOTIONS = ("push_in", "pull_out", "drift_left", "drift_right", "rise", "float", "hold")
TRANSITIONS = ("cut", "fade", "slide", "rise", "wipe")
MOODS = ("warm", "bright", "bold")
FACES = ("serif", "grotesk")
FIELDS = [
    "product.title",
    "product.vendor",
    "product.kind",
    "product.summary",
    "product.material",
    "variant.title",
    "price",
    "was",
    "discount",
    "reason_1",
    "reason_2",
    "reason_3",
    "reason_count",
    "brand.name",
    "brief.headline",
    "brief.call_to_action",
    "cameo.name",
    "cameo.disclosure",
]
# `{reason_1|"made to last"}`: the first alternative that has a value fills the blank.
BLANK = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Line:
    """A text of a scene: patterns by locale in `say`; `aside` is the struck price beside a price."""

    role: str
    say: tuple[tuple[str, str], ...]
    aside: str = ""


@dataclass(frozen=True)
class Scene:
    """One scene of a template; `share` divides the time that the `min_s` of all scenes leave over."""

    name: str
    layout: str
    shows: str
    share: float
    min_s: float
    texts: tuple[Line, ...]
    stage: str = "light"
    backdrop: str = "plain"
    motion: str = "push_in"
    transition: str = "fade"
    picture: int = 1
    needs: tuple[str, ...] = ()
    optional: bool = False
    fill: bool = False


@dataclass(frozen=True)
class Template:
    """A film as data: scenes in order, the mood of its music, its display face, and the facts it needs."""

    name: str
    title: str
    about: str
    mood: str
    face: str
    scenes: tuple[Scene, ...]
    needs: tuple[str, ...] = ()

    @property
    def needs_cameo(self) -> bool:
        return any(scene.layout in ("host", "duo") for scene in self.scenes)


def template_from(mapping: Mapping[str, object], name: str) -> Template:
    """Read a template's mapping; an unknown or missing field raises TemplateInvalid with its path."""
    reader = _Reader(mapping, name, "")
    template = Template(
        name=name,
        title=reader.text("title"),
        about=reader.text("about", ""),
        mood=reader.choice("mood", MOODS),
        face=reader.choice("face", FACES, "grotesk"),
        scenes=tuple(_scene_from(scene) for scene in reader.parts("scenes")),
        needs=reader.fields("needs"),
    )
    reader.finish("version")
    if not template.scenes or template.scenes[-1].layout != "end":
        raise TemplateInvalid(f"{name}: scenes: the last scene must have the layout 'end'")
    return template


def choices(pattern: str) -> Iterator[str]:
    """The alternatives of every blank of a pattern, in order: fields and quoted words."""
    for inside in BLANK.findall(pattern):
        yield from inside.split("|")


def literal(choice: str) -> str:
    """The words of a quoted alternative; empty for a field."""
    return choice[1:-1] if len(choice) > 2 and choice[0] == choice[-1] and choice[0] in "\"'" else ""


class _Reader:
    """One mapping of a template file, read field by field; what was not asked for is an error."""

    def __init__(self, mapping: object, name: str, path: str) -> None:
        self._name, self._path = name, path
        if not _is_mapping(mapping):
            raise TemplateInvalid(f"{name}: {path or 'file'}: must be a mapping of fields")
        self._left = dict(mapping)

    def fail(self, field: str, reason: str) -> TemplateInvalid:
        return TemplateInvalid(f"{self._name}: {self._path}{field}: {reason}")

    def take(self, field: str, default: object = None) -> object:
        value = self._left.pop(field, default)
        if value is None:
            raise self.fail(field, "is missing")
        return value

    def text(self, field: str, default: str | None = None) -> str:
        value = self.take(field, default)
        if not isinstance(value, str):
            raise self.fail(field, "must be text")
        return value

    def choice(self, field: str, among: Sequence[str], default: str | None = None) -> str:
        value = self.text(field, default)
        if value not in among:
            raise self.fail(field, f"'{value}' is unknown; choose one of {', '.join(among)}")
        return value

    def number(self, field: str, default: float) -> float:
        value = self.take(field, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
            raise self.fail(field, "must be a number above 0")
        return float(value)

    def flag(self, field: str) -> bool:
        value = self.take(field, False)
        if not isinstance(value, bool):
            raise self.fail(field, "must be true or false")
        return value

    def parts(self, field: str, default: object = None) -> Iterator[_Reader]:
        value = self.take(field, default)
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.fail(field, "must be a list")
        for place, part in enumerate(value):
            yield _Reader(part, self._name, f"{self._path}{field}[{place}].")

    def fields(self, field: str) -> tuple[str, ...]:
        value = self.take(field, ())
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.fail(field, "must be a list of field names")
        for name in value:
            if name not in FIELDS:
                raise self.fail(field, f"unknown field '{name}'; known are {', '.join(FIELDS)}")
        return tuple(value)

    def pattern(self, field: str, default: str | None = None) -> tuple[tuple[str, str], ...]:
        """Read a text pattern, or one by locale; `en` is always there and is the one to fall back to."""
        value = self.take(field, default)
        by_locale = {"en": value} if isinstance(value, str) else value
        if not _is_mapping(by_locale) or not isinstance(by_locale.get("en"), str):
            raise self.fail(field, "must be text, or texts by locale with at least 'en'")
        for locale, pattern in by_locale.items():
            self._check_pattern(f"{field}.{locale}", pattern)
        return tuple((locale, str(pattern)) for locale, pattern in by_locale.items())

    def _check_pattern(self, field: str, pattern: object) -> None:
        if not isinstance(pattern, str):
            raise self.fail(field, "must be text")
        for choice in choices(pattern):
            if choice not in FIELDS and not literal(choice):
                raise self.fail(field, f"unknown field {{{choice}}}; known are {', '.join(FIELDS)}")

    def finish(self, *ignored: str) -> None:
        unknown = sorted(str(field) for field in set(self._left) - set(ignored))
        if unknown:
            raise self.fail(unknown[0], "is not a field of a template")


def _scene_from(reader: _Reader) -> Scene:
    scene = Scene(
        name=reader.text("name"),
        layout=reader.choice("layout", LAYOUTS),
        shows=reader.choice("shows", SHOWS, "product"),
        share=reader.number("share", 1),
        min_s=reader.number("min_s", 1.5),
        stage=reader.choice("stage", STAGES, "light"),
        backdrop=reader.choice("backdrop", BACKDROPS, "plain"),
        motion=reader.choice("motion", MOTIONS, "push_in"),
        transition=reader.choice("transition", TRANSITIONS, "fade"),
        picture=int(reader.number("picture", 1)),
        needs=reader.fields("needs"),
        optional=reader.flag("optional"),
        fill=reader.flag("fill"),
        texts=tuple(_line_from(text) for text in reader.parts("texts", ())),
    )
    reader.finish()
    return scene


def _line_from(reader: _Reader) -> Line:
    line = Line(
        role=reader.choice("role", ROLES),
        say=reader.pattern("say"),
        aside=reader.pattern("aside", "")[0][1],
    )
    reader.finish()
    return line


def _is_mapping(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, Mapping)
