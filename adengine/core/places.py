"""Places that taxes and ways to ship name: a country, all of the EU, or everywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence

from adengine.core.errors import Invalid

EVERYWHERE = "*"
# The member states as ISO 3166 names them; Greece is GR there.
EU = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
GROUPS = {"EU": tuple(EU.split())}


def place_of(text: str) -> str:
    """A place as tables keep it: `DE`, `EU` or `*`; raises Invalid for anything else."""
    place = text.strip().upper()
    if place != EVERYWHERE and not re.fullmatch(r"[A-Z]{2}", place):
        raise Invalid(
            f"'{text[:20]}' is no country; write two letters of ISO 3166 such as DE, or EU, or * for everywhere"
        )
    return place


def closeness(place: str, country: str) -> int:
    """How closely a place names a country: 3 the country itself, 2 its group, 1 everywhere, 0 not at all."""
    if place == country:
        return 3
    if country in GROUPS.get(place, ()):
        return 2
    return int(place == EVERYWHERE)


def countries_of(places: Sequence[str]) -> tuple[str, ...]:
    """The countries that some places name, in order of their codes; `*` alone where one of them is everywhere."""
    if EVERYWHERE in places:
        return (EVERYWHERE,)
    return tuple(sorted({country for place in places for country in GROUPS.get(place, (place,))}))
