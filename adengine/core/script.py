"""Patterns become words: blanks filled with facts and phrases, with the source of every fact used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adengine.core.facts import Fact, shorten
from adengine.core.layers import Text
from adengine.core.template import BLANK, SAID, Line, Words, literal, localised, phrase

ROLE_LIMITS = {
    "hook": 72,
    "title": 64,
    "reason": 88,
    "point": 88,
    "quote": 220,
    "caption": 110,
    "cta": 28,
    "brand": 40,
    "badge": 24,
    "label": 60,
}


@dataclass(frozen=True)
class Filled:
    """A filled pattern and the sources of its facts."""

    text: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Script:
    """Fills patterns with facts and phrases in the film's language and the shop's tone."""

    facts: Mapping[str, Fact]
    words: Words
    locale: str
    tone: str

    def text(self, line: Line) -> Text | None:
        """Fill a line; None where one of its fields has no value, so that no half sentence is shown."""
        filled = self.fill(localised(dict(line.say), self.locale))
        if filled is None or not filled.text:
            return None
        aside = self.fill(line.aside) or Filled("", ())
        limit = ROLE_LIMITS.get(line.role, 200)
        sources = tuple(dict.fromkeys(filled.sources + aside.sources))
        return Text(line.role, shorten(filled.text, limit), aside.text, sources)

    def fill(self, pattern: str) -> Filled | None:
        """Fill a pattern; None where one of its blanks has no value."""
        text, end = "", 0
        sources: list[str] = []
        for blank in BLANK.finditer(pattern):
            value = self._value(blank[1])
            if value is None:
                return None
            text += pattern[end : blank.start()] + value.text
            sources += value.sources
            end = blank.end()
        return Filled(text + pattern[end:], tuple(sources))

    def _value(self, inside: str) -> Filled | None:
        for choice in inside.split("|"):
            if choice in self.facts:
                fact = self.facts[choice]
                return Filled(fact.text, (fact.source,) if fact.source else ())
            if choice.startswith(SAID):
                said = self.fill(phrase(self.words, choice.removeprefix(SAID), self.locale, self.tone))
                if said is not None:
                    return said
            elif literal(choice):
                return Filled(literal(choice), ())
        return None
