"""What a film template is, and how one is read from its mapping: scenes, lines and the facts it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from adengine.core.errors import TemplateInvalid
from adengine.core.reading import Reader, is_mapping
from adengine.core.score import BEATS
from adengine.core.style import BACKDROPS, ROLES, STAGES, TRANSITIONS

LAYOUTS = (
    "headline",
    "reason",
    "close",
    "photo",
    "panel",
    "price",
    "offer",
    "end",
    "host",
    "quotes",
    "versus",
    "steps",
    "grid",
    "compare",
)
SHOWS = ("product", "photo", "detail", "packed", "item", "pair")
MOTIONS = ("push_in", "pull_out", "drift_left", "drift_right", "rise", "float", "hold")
MOODS = tuple(BEATS)
TONES = ("plain", "warm", "bold")
ITEMS = 8
FIELDS = (
    "product.title",
    "product.short",
    "product.vendor",
    "product.kind",
    "product.summary",
    "product.material",
    "product.options",
    "variant.title",
    "price",
    "was",
    "discount",
    *(f"reason_{n}" for n in (1, 2, 3)),
    "reason_count",
    *(f"more_{n}" for n in range(1, 9)),
    "problem",
    "before",
    "after",
    "in_the_box",
    "story",
    "founder",
    "rating",
    "rating.count",
    *(f"review_{n}" for n in (1, 2, 3)),
    *(f"versus_{n}" for n in (1, 2, 3, 4)),
    *(f"step_{n}" for n in (1, 2, 3)),
    "step_count",
    *(f"item_{n}{part}" for n in range(1, ITEMS + 1) for part in ("", ".title", ".price")),
    "companions",
    "pair",
    "packed",
    "offer.ends",
    "offer.code",
    "brand.name",
    "brand.end_line",
    "brief.headline",
    "brief.call_to_action",
    "cameo.name",
    "cameo.disclosure",
)
# `{reason_1|words.details|"made to last"}`: the first alternative that has a value fills the blank.
BLANK = re.compile(r"\{([^{}]*)\}")
SAID = "words."
# Language, phrase, tone: how the shop's films put things that are no claims.
Words: TypeAlias = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True)
class Line:
    """A text of a scene: patterns by locale in `say`; `aside` is the struck price beside a price."""

    role: str
    say: tuple[tuple[str, str], ...]
    aside: str = ""


@dataclass(frozen=True)
class Scene:
    """One scene of a template; `share` divides the time that the `min_s` of all scenes leave over.

    It is left out where a fact of `needs` has no value or one of `lacks` has one, and in films shorter than
    `from_s` seconds. `rows` are the fields that a list shows, `speech` what is spoken instead of its texts.
    """

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
    lacks: tuple[str, ...] = ()
    optional: bool = False
    from_s: int = 0
    rows: tuple[str, ...] = ()
    speech: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Template:
    """A film as data: scenes in order, `more` for longer films, its music's mood, its style, the facts it needs."""

    name: str
    title: str
    about: str
    mood: str
    style: str
    scenes: tuple[Scene, ...]
    more: tuple[Scene, ...] = ()
    needs: tuple[str, ...] = ()
    words: Words = field(default_factory=dict, repr=False)

    @property
    def is_for_cameo(self) -> bool:
        """Whether the film was made for a licensed appearance; every other film can show one, too."""
        return any(scene.layout == "host" for scene in self.scenes)


def template_from(
    mapping: Mapping[str, object],
    name: str,
    *,
    words: Words | None = None,
    shared: Mapping[str, Scene] | None = None,
) -> Template:
    """Read a template's mapping; an unknown or missing field raises TemplateInvalid with its path.

    `more` names scenes of `shared`, in the order in which longer films take them.
    """
    reader, known = Reader(mapping, name), shared or {}
    template = Template(
        name=name,
        title=reader.text("title"),
        about=reader.text("about", ""),
        mood=reader.choice("mood", MOODS),
        style=reader.text("style", "editorial"),
        scenes=tuple(scene_from(scene, words or {}) for scene in reader.parts("scenes")),
        more=tuple(known[one] for one in reader.texts("more", tuple(known))),
        needs=reader.texts("needs", FIELDS),
        words=words or {},
    )
    reader.finish("version")
    if not template.scenes or template.scenes[-1].layout != "end":
        raise TemplateInvalid(f"{name}: scenes: the last scene must have the layout 'end'")
    return template


def words_from(mapping: Mapping[str, object], language: str) -> dict[str, dict[str, str]]:
    """Read a language's phrases: each a text, or texts by tone with at least 'plain'."""
    return {name: _toned(language, name, value) for name, value in mapping.items()}


def scene_from(reader: Reader, words: Words) -> Scene:
    """Read one scene."""
    scene = Scene(
        name=reader.text("name"),
        layout=reader.choice("layout", LAYOUTS),
        shows=reader.choice("shows", SHOWS, "product"),
        share=reader.number("share", 1),
        min_s=reader.number("min_s", 1.2),
        stage=reader.choice("stage", STAGES, "light"),
        backdrop=reader.choice("backdrop", ("plain", *BACKDROPS), "plain"),
        motion=reader.choice("motion", MOTIONS, "push_in"),
        transition=reader.choice("transition", TRANSITIONS, "fade"),
        picture=int(reader.number("picture", 1)),
        needs=reader.texts("needs", FIELDS),
        lacks=reader.texts("lacks", FIELDS),
        optional=reader.flag("optional"),
        from_s=int(reader.number("from_s", 0, least=0)),
        rows=reader.texts("rows", FIELDS),
        texts=tuple(_line_from(text, words) for text in reader.parts("texts", ())),
        speech=tuple(pair for pair in _pattern(reader, "speech", words, "") if pair[1]),
    )
    reader.finish()
    return scene


def choices(pattern: str) -> Iterator[str]:
    """The alternatives of every blank of a pattern, in order: fields, phrases and quoted words."""
    for inside in BLANK.findall(pattern):
        yield from inside.split("|")


def literal(choice: str) -> str:
    """The words of a quoted alternative; empty for a field."""
    return choice[1:-1] if len(choice) > 2 and choice[0] == choice[-1] and choice[0] in "\"'" else ""


def localised(patterns: Mapping[str, str], locale: str) -> str:
    """Return the pattern of a locale, else of its language, else the English one."""
    return patterns.get(locale) or patterns.get(locale.split("-", maxsplit=1)[0]) or patterns["en"]


def phrase(words: Words, name: str, locale: str, tone: str) -> str:
    """Return how a phrase is put in a language and tone, English and plain being what to fall back to."""
    by_language = {language: known[name] for language, known in words.items() if name in known}
    tones = by_language.get(locale) or by_language.get(locale.split("-", maxsplit=1)[0]) or by_language["en"]
    return tones.get(tone) or tones["plain"]


def _line_from(reader: Reader, words: Words) -> Line:
    line = Line(
        role=reader.choice("role", ROLES),
        say=_pattern(reader, "say", words),
        aside=_pattern(reader, "aside", words, "")[0][1],
    )
    reader.finish()
    return line


def _pattern(reader: Reader, field: str, words: Words, default: str | None = None) -> tuple[tuple[str, str], ...]:
    """Read a text pattern, or one by locale; `en` is always there and is the one to fall back to."""
    value = reader.take(field, default)
    by_locale = {"en": value} if isinstance(value, str) else value
    if not is_mapping(by_locale) or not isinstance(by_locale.get("en"), str):
        raise reader.fail(field, "must be text, or texts by locale with at least 'en'")
    return tuple((str(name), _checked(reader, f"{field}.{name}", one, words)) for name, one in by_locale.items())


def _checked(reader: Reader, field: str, pattern: object, words: Words) -> str:
    if not isinstance(pattern, str):
        raise reader.fail(field, "must be text")
    for choice in choices(pattern):
        if choice.startswith(SAID) and choice.removeprefix(SAID) in words.get("en", {}):
            continue
        if choice not in FIELDS and not literal(choice):
            raise reader.fail(field, f"unknown field {{{choice}}}; known are {', '.join(FIELDS)}")
    return pattern


def _toned(language: str, name: str, value: object) -> dict[str, str]:
    tones = {"plain": value} if isinstance(value, str) else value
    if not is_mapping(tones) or "plain" not in tones or not set(tones) <= set(TONES):
        raise TemplateInvalid(f"words/{language}: {name}: must be text, or texts by tone ({', '.join(TONES)})")
    for pattern in tones.values():
        if unknown := [one for one in choices(str(pattern)) if one not in FIELDS]:
            raise TemplateInvalid(f"words/{language}: {name}: unknown field {{{unknown[0]}}}")
    return {str(tone): str(pattern) for tone, pattern in tones.items()}
