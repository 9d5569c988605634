"""The countries of the world by their names, as readers of a language know them (CLDR)."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

from babel import Locale

from adengine.core.places import EVERYWHERE, countries_of

# CLDR names more than ISO 3166-1 has: groups, islands with a reservation only, and codes for tests.
NOT_COUNTRIES = frozenset(["AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"])
# Where a parcel or a tax needs to know the state, province or prefecture.
WITH_REGIONS = frozenset(["AU", "BR", "CA", "CN", "IN", "JP", "MX", "US"])


@functools.cache
def country_names(locale: str = "en") -> Mapping[str, str]:
    """The name of every country by its code of ISO 3166-1, in the order of a dictionary."""
    known = Locale.parse(locale, sep="-").territories
    named = {code: name for code, name in known.items() if len(code) == 2 and code not in NOT_COUNTRIES}
    return dict(sorted(named.items(), key=lambda one: one[1].casefold()))


def names_in(places: Sequence[str], locale: str = "en") -> Mapping[str, str]:
    """The countries that some places name (`DE`, `EU`, `*`), in the order of a dictionary."""
    wanted = frozenset(countries_of(places))
    return {code: name for code, name in country_names(locale).items() if EVERYWHERE in wanted or code in wanted}
