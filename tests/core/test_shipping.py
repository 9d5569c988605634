from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.buyer import Address
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.selling import ShippingRate
from adengine.core.shipping import ship_by_table, ships_to

STANDARD = ShippingRate(
    "standard", "Standard", Money(490, "EUR"), ("EU",), free_over=Money(6000, "EUR"), most_grams=10_000
)
EXPRESS = ShippingRate("express", "Express", Money(990, "EUR"), ("DE",), per_kg=Money(100, "EUR"), days=(1, 1))


def to(country):
    return Address("Nix", "Sand Road 2", "Town", "1010", country)


def eur(minor):
    return Money(minor, "EUR")


def ways(goods, grams, country="DE"):
    return [(one.id, one.price.minor) for one in ship_by_table((EXPRESS, STANDARD), eur(goods), grams, to(country))]


def test_the_ways_that_go_there_come_cheapest_first():
    assert ways(2000, 0) == [("standard", 490), ("express", 990)]
    assert ways(2000, 0, "AT") == [("standard", 490)]
    assert ways(2000, 0, "US") == []


def test_shipping_is_free_from_the_threshold_on():
    assert ways(5999, 0, "AT") == [("standard", 490)]
    assert ways(6000, 0, "AT") == [("standard", 0)]


@pytest.mark.parametrize(("grams", "price"), [(0, 990), (1, 1090), (1000, 1090), (1001, 1190), (2500, 1290)])
def test_every_begun_kilogram_counts(grams, price):
    assert ("express", price) in ways(2000, grams)


def test_a_parcel_that_is_too_heavy_goes_another_way():
    assert ways(2000, 10_000, "AT") == [("standard", 490)]
    assert ways(2000, 10_001, "AT") == []
    assert [name for name, _ in ways(2000, 10_001)] == ["express"]


def test_a_way_everywhere_goes_everywhere():
    anywhere = replace(STANDARD, countries=("*",))
    assert len(ship_by_table((anywhere,), eur(1), 1, to("NZ"))) == 1


def test_a_shop_names_the_countries_it_sends_to():
    assert ships_to((EXPRESS,)) == ("DE",)
    assert len(ships_to((EXPRESS, STANDARD))) == 27
    assert ships_to((EXPRESS, replace(STANDARD, countries=("US", "*")))) == ("*",)
    assert ships_to(()) == ("*",)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": "Over Night"}, "lower-case"),
        ({"title": " "}, "name of a way to ship"),
        ({"countries": ()}, "goes nowhere"),
        ({"countries": ("Austria",)}, "no country"),
        ({"price": Money(-1, "EUR")}, "not below nothing"),
        ({"per_kg": Money(1, "USD")}, "one currency"),
        ({"most_grams": 0}, "at least a gram"),
        ({"days": (3, 2)}, "fewest to the most"),
        ({"days": (1, 400)}, "365"),
    ],
)
def test_a_way_that_makes_no_sense_is_refused(change, words):
    with pytest.raises(Invalid, match=words):
        replace(STANDARD, **change)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_heavier_parcel_never_costs_less_and_dearer_goods_never_more(goods, grams):
    def price(goods, grams):
        rate = replace(EXPRESS, free_over=eur(5000))
        return ship_by_table((rate,), eur(goods), grams, to("DE"))[0].price

    assert price(goods, grams) <= price(goods, grams + 700)
    assert price(goods + 100, grams) <= price(goods, grams)
