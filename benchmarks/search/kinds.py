"""What the generated shop sells: product kinds with what shops and shoppers call them, and which facts each has."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

ELECTRONICS = "audio computing storage network phones tv photo wearables smarthome gaming power"

# key|group|weight|EUR from-to|what shops call it|what shoppers say too|German|French|facts|near|fits
# A fact is name=value/value*weight; one with + differs between the variants. `near` kinds serve a shopper half-way.
TABLE = Path(__file__).with_name("kinds.txt")


@dataclass(frozen=True)
class Trait:
    """A fact that products of a kind have: its values, as often as they are common; `varies` between variants."""

    name: str
    values: tuple[str, ...]
    varies: bool


@dataclass(frozen=True)
class Kind:
    """A row of the table; `words` are what shops call it, `asked` what shoppers say besides."""

    key: str
    group: str
    weight: float
    cheapest_minor: int
    dearest_minor: int
    words: tuple[str, ...]
    asked: tuple[str, ...]
    german: tuple[str, ...]
    french: tuple[str, ...]
    traits: tuple[Trait, ...]
    near: tuple[str, ...]
    fits: str

    @property
    def is_electronic(self) -> bool:
        return self.group in ELECTRONICS.split()

    def named(self, language: str) -> tuple[str, ...]:
        return {"en": self.words, "de": self.german, "fr": self.french}[language]


COLOURS = {
    "tech": "black*4/white*3/blue/grey*2/red",
    "metal": "silver*3/black*2/grey*2/gold",
    "soft": "black*2/white*2/blue*2/red/green/pink/grey/beige/yellow/purple/orange",
    "wood": "brown*3/black*2/white/beige",
    "cable": "black*3/white*3/blue/red",
    "denim": "blue*4/black*2/grey/white",
}
SHORT = {"cloth": "XS/S/M/L/XL/XXL", "shoe": "/".join(str(one) for one in range(36, 48))}


@cache
def kinds() -> dict[str, Kind]:
    """All kinds by key."""
    return {one.key: one for one in (_kind(line) for line in TABLE.read_text(encoding="utf-8").splitlines())}


def _kind(line: str) -> Kind:
    key, group, weight, prices, *named, traits, near, fits = line.split("|")
    low, high = (int(one) * 100 for one in prices.split("-"))
    words, asked, german, french = (tuple(one.split(";")) for one in named)
    facts = tuple(_trait(one) for one in _traits(traits))
    return Kind(key, group, float(weight), low, high, words, asked, german, french, facts, tuple(near.split()), fits)


def _traits(text: str) -> list[str]:
    """Cut at blanks, but not at those inside a value ('belt drive')."""
    parts: list[str] = []
    for word in text.split(" "):
        if "=" in word or word.removeprefix("+") in SHORT:
            parts.append(word)
        else:
            parts[-1] += " " + word
    return parts


def _trait(text: str) -> Trait:
    name, _, values = text.removeprefix("+").partition("=")
    values = SHORT.get(name) or (COLOURS[values] if name == "colour" else values)
    return Trait(name, _weighted(values), text.startswith("+"))


def _weighted(values: str) -> tuple[str, ...]:
    # 'f/1.8' holds the separator itself.
    pieces = values.replace("f/", "f\0").split("/")
    found: list[str] = []
    for piece in pieces:
        value, _, times = piece.replace("f\0", "f/").partition("*")
        found += [value] * int(times or 1)
    return tuple(found)
