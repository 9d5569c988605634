"""What a film can be made of, by name: the lists that the form, the API and the command show."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.creative import LONGEST_S, NO_CAPTIONS, SHORTEST_S
from adengine.core.score import BEATS
from adengine.core.storyboard import FORMATS
from adengine.core.style import CAPTIONS
from adengine.engine import Unit
from adengine.services import planning


@dataclass(frozen=True)
class Choice:
    """A name and what it means; `fits` are the formats a placement takes, `style` a template's own style."""

    name: str
    title: str
    about: str = ""
    fits: tuple[str, ...] = ()
    style: str = ""


@dataclass(frozen=True)
class Choices:
    """Every name that an ad's fields take; `languages` are those templates speak themselves."""

    templates: list[Choice]
    styles: list[Choice]
    formats: list[str]
    moods: list[str]
    voices: list[Choice]
    captions: list[str]
    placements: list[Choice]
    languages: list[str]
    shortest_s: int = SHORTEST_S
    longest_s: int = LONGEST_S


def choices(unit: Unit) -> Choices:
    """All there is to choose from."""
    ports = unit.ports
    templates = sorted(ports.templates.values(), key=lambda one: (one.name != planning.DEFAULT_TEMPLATE, one.title))
    languages = {language for template in templates for language in template.words} | {"en"}
    return Choices(
        templates=[Choice(one.name, one.title, one.about, style=one.style) for one in templates],
        styles=[Choice(one.name, one.title, one.about) for one in ports.styles.values()],
        formats=list(FORMATS),
        moods=list(BEATS),
        voices=[Choice(name, title) for name, title in planning.VOICES.items()],
        captions=[NO_CAPTIONS, *CAPTIONS],
        placements=[Choice(one.name, one.title, fits=one.formats) for one in ports.placements.values()],
        languages=sorted(languages),
    )
