import unicodedata
from decimal import Decimal

import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.errors import Invalid
from adengine.core.money import EXPONENTS, LARGEST_MINOR, Money, number, parse, percent, total, zero

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD"])
AMOUNTS = st.builds(Money, st.integers(-(10**12), 10**12), CURRENCIES)
WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=8).filter(sum)


@given(AMOUNTS, WEIGHTS)
def test_a_split_loses_nothing(amount, weights):
    assert total(amount.split(weights), amount.currency) == amount


@given(AMOUNTS, WEIGHTS)
def test_each_part_of_a_split_is_its_share_to_less_than_one_unit(amount, weights):
    for part, weight in zip(amount.split(weights), weights, strict=True):
        assert abs(part.minor * sum(weights) - amount.minor * weight) < sum(weights)


@given(AMOUNTS, WEIGHTS)
def test_a_debit_splits_as_the_credit_does(amount, weights):
    assert (-amount).split(weights) == tuple(-part for part in amount.split(weights))


def test_the_earlier_part_gets_the_odd_cent():
    assert Money(100, "EUR").split([1, 1, 1]) == (Money(34, "EUR"), Money(33, "EUR"), Money(33, "EUR"))


@pytest.mark.parametrize("weights", [[], [0, 0], [2, -1]])
def test_a_split_without_positive_weights_is_refused(weights):
    with pytest.raises(Invalid, match="weights"):
        Money(100, "EUR").split(weights)


def test_two_currencies_are_never_added_or_compared():
    euro, yen = Money(1, "EUR"), Money(1, "JPY")
    for mix in (lambda: euro + yen, lambda: euro - yen, lambda: euro < yen, lambda: euro <= yen):
        with pytest.raises(Invalid, match="EUR and JPY"):
            mix()


@pytest.mark.parametrize("code", ["eur", "EURO", "", "€"])
def test_what_is_no_currency_code_is_refused(code):
    with pytest.raises(Invalid, match="ISO 4217"):
        zero(code)


@given(AMOUNTS)
def test_reading_a_plain_amount_gives_it_back(amount):
    assert parse(amount.plain(), amount.currency) == amount


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "KWD"]))
def test_grouped_prices_read_the_same_in_english_german_french_and_swiss(minor, currency):
    amount = Money(minor, currency)
    english = f"{Decimal(amount.plain()):,}"
    german = english.translate(str.maketrans(",.", ".,"))
    french = english.replace(",", "\u202f").replace(".", ",")
    swiss = english.replace(",", "’")
    assert {parse(text, currency) for text in (english, german, french, swiss)} == {amount}


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("24.00", "EUR", 2400),
        ("24,90", "EUR", 2490),
        (" 24 ", "EUR", 2400),
        ("1,234.50", "USD", 123450),
        ("1.234,50", "EUR", 123450),
        ("1'234.50", "CHF", 123450),
        ("1\u00a0234,50", "EUR", 123450),
        ("1,23,456.00", "INR", 12345600),
        ("1,234", "USD", 123400),
        ("1,234,567", "JPY", 1234567),
        ("1.234.567", "EUR", 123456700),
        ("0,500", "EUR", 50),
        ("1.500", "KWD", 1500),
        ("1,500", "KWD", 1500),
        (".5", "EUR", 50),
        ("-3", "EUR", -300),
        ("24.0000", "EUR", 2400),
    ],
)
def test_shop_prices_are_read(text, currency, minor):
    assert parse(text, currency) == Money(minor, currency)


@pytest.mark.parametrize("text", ["", "free", "NaN", "Infinity", "1e3", "1_0", "1,2.5", "1.2,3,4", ",", "€5", "--1"])
def test_what_is_no_price_is_refused(text):
    with pytest.raises(Invalid, match="is no price"):
        parse(text, "EUR")


def test_a_price_that_may_mean_two_is_refused():
    with pytest.raises(Invalid, match="two prices"):
        parse("24.900", "EUR")
    with pytest.raises(Invalid, match="two prices"):
        parse("1.000", "JPY")


@pytest.mark.parametrize(("text", "currency"), [("1.5", "JPY"), ("24.905", "EUR"), ("0.5005", "KWD")])
def test_more_decimals_than_the_currency_has_are_never_rounded_away(text, currency):
    with pytest.raises(Invalid, match=r"decimals|two prices"):
        parse(text, currency)


def test_an_absurdly_large_price_is_refused():
    with pytest.raises(Invalid, match="too large"):
        parse(str(LARGEST_MINOR + 1), "EUR")
    with pytest.raises(Invalid, match="too long"):
        parse("1" * 5000, "EUR")


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (Money(2400, "EUR"), "€24.00"),
        (Money(-2450, "EUR"), "-€24.50"),
        (Money(1200, "JPY"), "¥1,200"),
        (Money(990, "CHF"), "CHF\xa09.90"),
        (Money(12000, "VND"), "₫12,000"),
        (Money(500, "KWD"), "KWD\xa00.500"),
        (Money(123456789, "USD"), "$1,234,567.89"),
        (Money(1200, "PLN"), "zł\xa012.00"),
        (Money(500, "AUD"), "A$5.00"),
    ],
)
def test_prices_are_shown_as_shoppers_read_them(amount, shown):
    assert amount.display() == shown


@pytest.mark.parametrize(
    ("amount", "locale", "shown"),
    [
        (Money(500, "KWD"), "ar", "\u200f0.500\xa0د.ك.\u200f"),
        (Money(500, "KWD"), "ar-EG", "\u200f٠٫٥٠٠\xa0د.ك.\u200f"),
        (Money(5400, "EUR"), "ar-EG", "\u200f٥٤٫٠٠\xa0€"),
        (Money(12_345_678, "VND"), "vi", "12.345.678\xa0₫"),
        (Money(12_345_678, "VND"), "vi-VN", "12.345.678\xa0₫"),
        (Money(123450, "CHF"), "de-CH", "CHF\xa01’234.50"),
        (Money(-123450, "CHF"), "de-CH", "CHF-1’234.50"),
        (Money(1234567890, "INR"), "en-IN", "₹1,23,45,678.90"),
        (Money(1234567890, "INR"), "hi", "₹1,23,45,678.90"),
        (Money(5490, "ILS"), "he", "\u200f54.90\xa0\u200f₪"),
        (Money(1200, "JPY"), "ja", "￥1,200"),
        (Money(5400, "BRL"), "pt-BR", "R$\xa054,00"),
        (Money(123450, "EUR"), "fr", "1\u202f234,50\xa0€"),
        (Money(-2450, "EUR"), "de", "-24,50\xa0€"),
        (Money(-2450, "EUR"), "sv", "\u221224,50\xa0€"),
    ],
)
def test_prices_follow_the_locale(amount, locale, shown):
    assert amount.display(locale) == shown


@pytest.mark.parametrize(
    ("locale", "shown"),
    [("de-XX", "24,00\xa0€"), ("de_AT", "€\xa024,00"), ("xx", "€24.00"), ("", "€24.00"), ("not a locale", "€24.00")],
)
def test_an_unknown_locale_gives_way_to_its_language_and_then_to_english(locale, shown):
    assert Money(2400, "EUR").display(locale) == shown


@given(st.integers(0, 10**12), st.sampled_from(["EUR", "CLP", "IQD", "LAK", "COP", "TWD", *EXPONENTS]))
def test_a_shown_price_has_every_digit_of_the_amount(minor, currency):
    amount = Money(minor, currency)
    digits = "".join(c for c in amount.display() if c.isdigit())
    assert digits == amount.plain().replace(".", "")


def test_parts_and_numbers_follow_the_locale():
    assert [percent(0.2, locale) for locale in ("en", "de", "ar-EG")] == ["20%", "20\xa0%", "٢٠٪\u061c"]
    assert percent(Decimal("-0.125"), "fr") == "-12,5\xa0%"
    assert [number(1234.5, locale) for locale in ("en", "de", "hi", "fa")] == [
        "1,234.5",
        "1.234,5",
        "1,234.5",
        "۱٬۲۳۴٫۵",
    ]


@given(st.integers(-(10**12), 10**12), st.sampled_from(localedata.locale_identifiers()))
def test_every_locale_of_the_data_shows_the_same_amount(minor, locale):
    amount = Money(minor, "EUR")
    shown = amount.display(locale)
    digits = "".join(str(unicodedata.digit(c)) for c in shown if c.isdigit())
    assert int(digits) == abs(minor)
    assert any(sign in shown for sign in "-−") == (minor < 0)
