"""What a generated product truly is: kept beside it for judging, and never part of what search reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Offer:
    """One buyable thing: the product's facts with its own, in EUR cents; `is_available` is on sale and in stock."""

    facts: dict[str, str]
    price_minor: int
    is_available: bool
    sku: str


@dataclass(frozen=True)
class Truth:
    """One product; `fits` are the devices (brand, model) it is made for, `includes` other kinds in the same box."""

    handle: str
    kind: str
    brand: str
    model: str
    offers: tuple[Offer, ...]
    fits: tuple[tuple[str, str], ...] = ()
    includes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.brand} {self.model}"


Test = Callable[[Truth, Offer], bool]


@dataclass(frozen=True)
class Need:
    """What a shopper wants: of `kinds` (any where empty), `hard` without which it is useless, and `wants`.

    `near` kinds would do at a pinch.
    """

    kinds: frozenset[str] = frozenset()
    near: frozenset[str] = frozenset()
    hard: tuple[Test, ...] = ()
    wants: tuple[Test, ...] = ()


NOTHING = Need(frozenset({"what this shop does not sell"}))


def grade(need: Need, product: Truth) -> int:
    """How well a product serves a need, 0..3: its best variant that can be bought (rules: package docstring)."""
    return max((_grade(need, product, one) for one in product.offers if one.is_available), default=0)


def _grade(need: Need, product: Truth, offer: Offer) -> int:
    if not all(test(product, offer) for test in need.hard):
        return 0
    met = sum(test(product, offer) for test in need.wants)
    is_half = met * 2 >= len(need.wants)
    if not need.kinds or product.kind in need.kinds:
        return 3 if met == len(need.wants) else 2 if is_half else 1
    is_close = product.kind in need.near or need.kinds & set(product.includes)
    return 1 if is_close and is_half else 0


def has(name: str, *values: str) -> Test:
    """It is one of these values."""
    return lambda _product, offer: offer.facts.get(name) in values


def lacks(name: str, *values: str) -> Test:
    """It is known, and none of these."""
    return lambda _product, offer: name in offer.facts and offer.facts[name] not in values


def measures(name: str, least: float = 0, most: float = 1e9) -> Test:
    """Its number lies within the bounds, which count."""

    def test(_product: Truth, offer: Offer) -> bool:
        return name in offer.facts and least <= float(offer.facts[name]) <= most

    return test


def costs(least: float = 0, most: float = 1e9) -> Test:
    """Its price in EUR lies within the bounds, which count."""
    return lambda _product, offer: least * 100 <= offer.price_minor <= most * 100


def made_by(brand: str) -> Test:
    return lambda product, _offer: product.brand == brand


def called(brand: str, model: str) -> Test:
    return lambda product, _offer: (product.brand, product.model) == (brand, model)


def fits(brand: str, model: str) -> Test:
    return lambda product, _offer: (brand, model) in product.fits


def fits_any_of(brand: str) -> Test:
    return lambda product, _offer: any(one == brand for one, _ in product.fits)


def carries(sku: str) -> Test:
    """It has a variant with this number; that variant may be any of the product's."""
    return lambda product, _offer: any(one.sku == sku for one in product.offers)


@dataclass(frozen=True)
class Asked:
    """A query, the kind of asking it is an example of, and what would serve it."""

    text: str
    intent: str
    need: Need
