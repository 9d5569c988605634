"""The file of how a shop sells: every word of it is read, and what is written reads as the same."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.selling import TOPICS, Policy, Selling, ShippingRate, TaxRate, TaxTable, bps_of, percent_of
from integrations.selling import LARGEST_FILE, read_selling, write_selling

DOCS = Path(__file__).parents[2] / "docs" / "selling.md"
DEMO = Path(__file__).parents[2] / "adengine" / "demo" / "shop" / "shop.json"


def test_the_example_of_the_documentation_is_read_as_it_says() -> None:
    example = DOCS.read_text().split("```yaml\n")[1].split("```")[0]
    assert read_selling(example, currency="EUR") == Selling(
        taxes=TaxTable((TaxRate("DE", 1900, "MwSt."), TaxRate("DE", 700, "MwSt.", kinds=("Book",)))),
        shipping=(
            ShippingRate("standard", "Standard", Money(490, "EUR"), ("EU",), free_over=Money(6000, "EUR"), days=(2, 4)),
            ShippingRate(
                "express",
                "Express",
                Money(990, "EUR"),
                ("DE", "AT"),
                per_kg=Money(50, "EUR"),
                most_grams=20_000,
                days=(1, 1),
            ),
        ),
        terms_url="https://shop.example/terms",
        privacy_url="https://shop.example/privacy",
        returns_url="https://shop.example/returns",
        support_email="help@shop.example",
        creator_bps=500,
        holdback_days=14,
        policies=(
            Policy(
                "returns",
                "Sending things back",
                "You may send anything back within 30 days.\n\nOpened candles only if they are faulty.",
                date(2026, 5, 1),
                "https://shop.example/returns",
            ),
        ),
    )


def test_the_demo_shop_sells_by_a_file_that_is_read() -> None:
    about = json.loads(DEMO.read_text())
    selling = read_selling(json.dumps(about["selling"]), currency=about["currency"])
    assert [(one.id, one.price.minor, one.countries) for one in selling.shipping] == [
        ("standard", 490, ("EU",)),
        ("express", 990, ("EU",)),
    ]
    assert (selling.shipping[0].free_over, selling.taxes.included) == (Money(6000, "EUR"), True)
    assert [one.bps for one in selling.taxes.rates] == [1900]


@pytest.mark.parametrize("text", ["", "{}", "# nothing\n", "shipping: []"])
def test_a_file_that_says_nothing_sets_nothing(text: str) -> None:
    assert read_selling(text, currency="EUR") == Selling()


def test_norway_is_a_country_and_amounts_have_the_currencys_decimals() -> None:
    text = "shipping: [{id: post, title: Post, price: 1.500, countries: [NO, no]}]"
    assert read_selling(text, currency="KWD").shipping == (ShippingRate("post", "Post", Money(1500, "KWD"), ("NO",)),)
    assert read_selling(text.replace("1.500", "500"), currency="JPY").shipping[0].price == Money(500, "JPY")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("shipping: [{id: post, title: Post}]", "shipping.0.price"),
        ("shiping: []", "shiping"),
        ("taxes: {rates: [{country: DE, percent: much}]}", "'much' is no percentage"),
        ("taxes: {rates: [{country: DE, percent: 8.875}]}", "two decimals"),
        ("taxes: {rates: [{country: Deutschland, percent: 19}]}", "no country"),
        ("taxes: {included: maybe}", "taxes.included"),
        ("shipping: [{id: p, title: P, price: free}]", "'free' is no price"),
        ("shipping: [{id: p, title: P, price: 4.905}]", "decimals|two prices"),
        ("shipping: [{id: p, title: P, price: 4, days: [1]}]", "shipping.0.days"),
        ("links: {terms: 'javascript:alert(1)'}", "web address"),
        ("links: {support: nobody}", "e-mail"),
        ("policies: [{topic: jokes, title: J, text: J, effective: 2026-05-01}]", "no topic"),
        ("policies: [{topic: returns, title: R, text: R, effective: soon}]", "policies.0.effective"),
        ("policies: [{topic: returns, title: R, text: ' ', effective: 2026-05-01}]", "1 to 8,000 characters"),
        ("holdback_days: soon", "holdback_days"),
        ("- a\n- b", "the file"),
        ("just words", "the file"),
        ("a: b: c", "no YAML"),
        ("a: \0", "no YAML"),
        ("!!python/object/apply:os.system ['true']", "the file"),
        ("#" * (LARGEST_FILE + 1), "longer than"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(text: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        read_selling(text, currency="EUR")


NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
AMOUNTS = st.builds(Money, st.integers(0, 10**6), st.just("EUR"))
PLACES = st.sampled_from(["DE", "NO", "EU", "*", "US"])
WAYS = st.lists(
    st.builds(
        ShippingRate,
        id=st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True),
        title=NAMES,
        price=AMOUNTS,
        countries=st.lists(PLACES, min_size=1, max_size=3).map(tuple),
        per_kg=st.none() | AMOUNTS,
        free_over=st.none() | AMOUNTS,
        most_grams=st.none() | st.integers(1, 10**6),
        days=st.tuples(st.integers(0, 5), st.integers(5, 9)),
    ),
    max_size=4,
    unique_by=lambda one: one.id,
)
RATES = st.lists(
    st.builds(
        TaxRate, country=PLACES, bps=st.integers(0, 10_000), name=NAMES, kinds=st.lists(NAMES, max_size=2).map(tuple)
    ),
    max_size=4,
    unique_by=lambda one: one.country,
)
TABLES = st.builds(
    TaxTable,
    RATES.map(lambda rates: tuple(one for one in rates if len({k.casefold() for k in one.kinds}) == len(one.kinds))),
    st.booleans(),
    st.booleans(),
)

POLICIES = st.lists(
    st.builds(
        Policy,
        topic=st.sampled_from(TOPICS),
        title=NAMES,
        text=st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).map(lambda text: f"a{text}"),
        effective=st.dates(date(2000, 1, 1), date(2999, 12, 31)),
        url=st.sampled_from(["", "https://shop.example/a?b=c#d"]),
    ),
    max_size=2,
).map(tuple)


@given(
    st.builds(
        Selling,
        TABLES,
        WAYS.map(tuple),
        terms_url=st.sampled_from(["", "https://shop.example/a?b=c#d"]),
        support_email=st.sampled_from(["", "help@shop.example"]),
        creator_bps=st.integers(0, 10_000),
        holdback_days=st.integers(0, 365),
        policies=POLICIES,
    )
)
def test_what_is_written_reads_as_the_same(selling: Selling) -> None:
    assert read_selling(write_selling(selling), currency="EUR") == selling


@given(st.integers(0, 10_000))
def test_a_percentage_reads_as_it_is_written(bps: int) -> None:
    assert bps_of(percent_of(bps)) == bps


@pytest.mark.parametrize(("text", "bps"), [("19", 1900), ("7,5 %", 750), (" 7.25%", 725), ("0", 0), ("100", 10_000)])
def test_percentages_are_read_as_people_write_them(text: str, bps: int) -> None:
    assert bps_of(text) == bps


@pytest.mark.parametrize("text", ["", "%", "-1", "1e2", "٧", "7.", ".5", "7.255", "1000", "100.01"])
def test_what_is_no_percentage_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="percentage"):
        bps_of(text)
