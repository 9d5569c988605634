"""Ways to ship a basket to a place, from a table of rates: flat, by weight, free from an amount on."""

from __future__ import annotations

from collections.abc import Sequence

from adengine.core.buyer import Address, deliverable
from adengine.core.money import Money, zero
from adengine.core.places import EVERYWHERE, countries_of
from adengine.core.selling import ShippingOption, ShippingRate

GRAMS = 1000


def ship_by_table(rates: Sequence[ShippingRate], goods: Money, grams: int, to: Address) -> tuple[ShippingOption, ...]:
    """The ways that go there and carry that weight, cheapest first; `goods` is their price after discounts."""
    fits = [one for one in rates if deliverable(to, one.countries) and _carries(one, grams)]
    options = [ShippingOption(one.id, one.title, _price(one, goods, grams), one.days) for one in fits]
    return tuple(sorted(options, key=lambda one: (one.price.minor, one.days, one.id)))


def ships_to(rates: Sequence[ShippingRate]) -> tuple[str, ...]:
    """The countries that a shop sends to, by code; `*` alone for all, which a shop without rates sends to."""
    return countries_of([place for one in rates for place in one.countries] or [EVERYWHERE])


def _carries(rate: ShippingRate, grams: int) -> bool:
    return rate.most_grams is None or grams <= rate.most_grams


def _price(rate: ShippingRate, goods: Money, grams: int) -> Money:
    if rate.free_over is not None and goods >= rate.free_over:
        return zero(rate.price.currency)
    weight = rate.per_kg * -(-grams // GRAMS) if rate.per_kg else zero(rate.price.currency)
    return rate.price + weight
