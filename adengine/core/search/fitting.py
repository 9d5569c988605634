"""Which variants of a product fit the colours and sizes that are asked for, and what hits can be narrowed by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

from adengine.core.search.document import Document, VariantTraits, base_colour, sizes_in
from adengine.core.search.lexis import COLOUR_NAMES
from adengine.core.search.stems import every_stem
from adengine.core.search.words import tokens

MOST_VALUES = 8
MOST_BANDS = 4
# Prices people think in: 1, 2, 5 and their tens.
ROUND = (1, 2, 5)


@lru_cache(maxsize=8192)
def has_colour(text: str, wanted: str) -> bool:
    """Whether a colour's name is the wanted one or a shade of it: `Sage green`, `Navy`, `dunkelblau` for blue."""
    stems = {one for token in tokens(text) for one in every_stem(token.word)}
    asked = [token.word for token in tokens(wanted)]
    if asked and all(set(every_stem(one)) & stems for one in asked):
        return True
    base = base_colour(asked[-1]) if asked and asked[-1] in COLOUR_NAMES else ""
    return bool(base) and any(base_colour(token.word) == base for token in tokens(text))


@lru_cache(maxsize=8192)
def has_size(text: str, wanted: str) -> bool:
    """Whether an option's value names the wanted size, however it is written: `EU 42`, `1,5 l` for 1500 ml."""
    asked = sizes_in(wanted)
    return bool(asked) and asked <= sizes_in(text)


def may_fit(
    document: Document, colours: Collection[str], sizes: Collection[str], denied: Collection[str] = ()
) -> frozenset[str] | None:
    """Ids of the variants of one of these colours and one of these sizes, and of none denied; None where all are.

    Where the variants do not say their colour or size, the product's own words do.
    """
    if not colours and not sizes and not denied:
        return None
    return frozenset(
        one.variant_id
        for one in document.variants
        if (not colours or _of_colour(document, one, colours))
        and (not sizes or _of_size(document, one, sizes))
        and not any(has_colour(one.colour, word) or has_size(one.size, word) for word in denied)
    )


def _of_colour(document: Document, variant: VariantTraits, colours: Collection[str]) -> bool:
    texts = (variant.colour,) if variant.colour else document.colours
    return any(has_colour(text, wanted) for text in texts for wanted in colours)


def _of_size(document: Document, variant: VariantTraits, sizes: Collection[str]) -> bool:
    if variant.size:
        return any(has_size(variant.size, wanted) for wanted in sizes)
    return any(sizes_in(wanted) and all(one in document.terms for one in sizes_in(wanted)) for wanted in sizes)


def counted(values: Iterable[str], most: int = MOST_VALUES) -> tuple[tuple[str, int], ...]:
    """The values with how often they stand there, the most frequent first; differences of case do not count."""
    times: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for value in values:
        key = value.casefold()
        if key:
            times[key] += 1
            shown.setdefault(key, value)
    found = sorted(times.items(), key=lambda one: (-one[1], one[0]))[:most]
    return tuple((shown[key], count) for key, count in found)


def bands(minors: Sequence[int], unit: int) -> tuple[tuple[int, int | None, int], ...]:
    """Prices in a few round bands: (from, below, how many), in minor units of `unit` to the whole; the last is open."""
    if len(minors) < 2:
        return ()
    ordered = sorted(minors)
    cuts = sorted({_rounded(ordered[len(ordered) * part // MOST_BANDS], unit) for part in range(1, MOST_BANDS)})
    edges: list[int | None] = [0, *cuts, None]
    made = []
    for low, high in pairwise(edges):
        held = sum(1 for one in ordered if one >= (low or 0) and (high is None or one < high))
        if held:
            made.append((low or 0, high, held))
    return tuple(made) if len(made) > 1 else ()


def _rounded(minor: int, unit: int) -> int:
    whole = max(1, round(minor / unit))
    digits: int = 10 ** (len(str(whole)) - 1)
    near = min((*(one * digits for one in ROUND), 10 * digits), key=lambda one: abs(one - whole))
    return near * unit
