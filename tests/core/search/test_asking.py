"""Sentences are read into words, limits, sizes and what is not wanted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.money import Money
from adengine.core.search.asking import read


def words(text: str, currency: str = "EUR") -> list[str]:
    return [one.word for one in read(text, currency).words]


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("cushion under 40 EUR", None, 4000),
        ("cushion, 40 € or less", None, 4000),
        ("€20-40 cushion", 2000, 4000),
        ("cushion between 20 and 40", 2000, 4000),
        ("cushion from 20 to 40 euros", 2000, 4000),
        ("cushion at least 15.50", 1550, None),
        ("cushion bis 50 €", None, 5000),
        ("cushion moins de 30 €", None, 3000),
        ("cushion below 1.5k", None, 150000),
        ("cushion under 1,500", None, 150000),
        ("cushion < 30", None, 3000),
        ("cushion 25 EUR", None, 2500),
        ("cushion above 10 euros and under 20 euros", 1000, 2000),
    ],
)
def test_a_limit_of_price_is_read_and_leaves_the_words(text: str, least: int | None, most: int | None) -> None:
    asked = read(text, "EUR")
    assert (asked.at_least, asked.at_most) == (
        None if least is None else Money(least, "EUR"),
        None if most is None else Money(most, "EUR"),
    )
    assert [one.word for one in asked.words] == ["cushion"]


@pytest.mark.parametrize(
    "text", ["laptop under 2 kg", "tv over 65 inch", "phone 15 pro max 256 gb", "Fjord 1 Max", "cable up to 10 m"]
)
def test_a_number_of_something_else_is_no_price(text: str) -> None:
    asked = read(text, "EUR")
    assert (asked.at_least, asked.at_most) == (None, None)


def test_a_limit_in_another_currency_is_named() -> None:
    assert read("mug under $40", "EUR").foreign == "$"
    assert read("mug under 40 GBP", "EUR").foreign == "GBP"
    assert read("mug under $40", "CAD").foreign == ""


@pytest.mark.parametrize("text", ["1.5 l", "1,5 Liter", "1500 ml", "1500ml", "1.5-litre", "150 cl"])
def test_one_measure_is_one_word_however_it_is_written(text: str) -> None:
    assert words(f"bottle {text}") == ["bottle", "1500ml"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('65" tv', "65inch"),
        ("15.6-inch tv", "15p6inch"),
        ("2 m tv", "2000mm"),
        ("1TB tv", "1000gb"),
        ("1024 GB tv", "1000gb"),
        ("10,000 mAh tv", "10000mah"),
        ("10.000 mah tv", "10000mah"),
        ("pack of 4 tv", "4pack"),
        ("4er-Pack tv", "4pack"),
        ("50 x 100 cm tv", "50x100"),
    ],
)
def test_units_are_told_in_one_of_their_kind(text: str, word: str) -> None:
    assert words(text) == [word, "tv"]


def test_a_size_is_exact_and_no_word() -> None:
    assert read("shoes size 42", "EUR").sizes == ("42",)
    assert read("shirt size medium", "EUR").sizes == ("m",)
    assert words("shoes size 42") == ["shoes"]


def test_what_is_not_wanted_is_no_word() -> None:
    asked = read("headphones without microphone, not red -sony", "EUR")
    assert ([one.word for one in asked.words], asked.denied) == (["headphones"], ("microphone", "red", "sony"))


def test_a_code_that_begins_with_no_denies_nothing() -> None:
    asked = read("NO-V4A7646-2", "EUR")
    assert ([one.word for one in asked.words], asked.denied) == (["no", "v4a7646", "2"], ())


def test_what_stands_behind_for_is_what_it_is_for() -> None:
    assert [(one.word, one.for_what) for one in read("case for phone 15", "EUR").words] == [
        ("case", False),
        ("phone", True),
        ("15", True),
    ]


def test_quoted_words_belong_together() -> None:
    assert read('"noise cancelling" headphones', "EUR").phrases == (("noise", "cancelling"),)


def test_compounds_keep_their_parts_and_their_whole() -> None:
    first, second = read("WH-1000XM5", "EUR").words
    assert (first.word, first.also, second.word) == ("wh", ("wh1000xm5",), "1000xm5")


def test_letters_lose_case_accents_and_ligatures() -> None:
    assert words("STRAẞE Café ŒUVRE Ærø") == ["strasse", "cafe", "oeuvre", "aero"]


@given(st.text(max_size=600), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_any_text_is_read(text: str, currency: str) -> None:
    asked = read(text, currency)
    assert len(asked.words) <= 24
    assert all(word.word.isalnum() for word in asked.words)
