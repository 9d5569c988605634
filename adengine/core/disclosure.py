"""The words that must be seen when a generated performer appears, and the law or rule that asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["character", "person"]

CHECKED_ON = date(2026, 11, 21)
EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"


@dataclass(frozen=True)
class Label:
    """`text` to show from the first frame on (empty: none asked for), why, by which source, checked when."""

    text: str
    why: str
    source: str
    checked_on: date = CHECKED_ON


@dataclass(frozen=True)
class Rule:
    """What one place asks to be shown for a generated character and for a generated real person."""

    character: str
    person: str
    why: str
    source: str


# A performer seen in the United States may be seen in New York; so may one whose viewer's place is unknown.
NEW_YORK = Rule(
    character="AI-generated performer",
    person="AI-generated performance, used with permission",
    why="New York asks for a conspicuous notice when an advert shows a synthetic performer; "
    "a replica of a real person needs that person's consent",
    source="New York General Business Law 396-b (S.8420-A), in force since 2026-06-09",
)
EUROPE = Rule(
    character="AI-generated",
    person="AI-generated, used with permission",
    why="the EU asks that generated pictures of people, places and things that look real are disclosed at first sight",
    source="Regulation (EU) 2024/1689 (AI Act) Art. 50(2) and (4), applied since 2026-08-02",
)
CHINA = Rule(
    character="人工智能生成",
    person="人工智能生成，已获授权",
    why="China asks for a visible label on generated video, beside the mark in the file",
    source="Measures for Labelling AI-generated Synthetic Content, in force since 2025-09-01",
)
PLATFORMS = Rule(
    character="AI-generated",
    person="AI-generated, used with permission",
    why="no law is listed for this place; the large platforms ask for a label on realistic generated video",
    source="platform rules of TikTok, YouTube and Meta",
)
RULES = {
    "": NEW_YORK,
    "*": NEW_YORK,
    "US": NEW_YORK,
    "CN": CHINA,
    "EU": EUROPE,
    **dict.fromkeys(EU.split(), EUROPE),
}


def label_for(kind: Kind, synthetic: bool, territory: str) -> Label:
    """The label an appearance needs in a territory (ISO 3166, `US-NY` too; `*` or empty: anywhere)."""
    if not synthetic:
        return Label("", "nothing that is seen of this performer was generated", "not asked for by any listed rule")
    rule = RULES.get(territory.upper().split("-")[0], PLATFORMS)
    return Label(rule.character if kind == "character" else rule.person, rule.why, rule.source)
