"""Money in integer minor units: it never rounds behind your back and never mixes currencies."""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal, format_percent

from adengine.core.errors import Invalid

NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
# ISO 4217 minor-unit exponents that differ from 2.
EXPONENTS = dict.fromkeys(NO_DECIMALS.split(), 0) | dict.fromkeys(THREE_DECIMALS.split(), 3)
# CLDR's narrow symbols that no other currency shares, for locales that would write the bare code.
NARROW = {
    "CZK": "Kč",
    "GEL": "₾",
    "HUF": "Ft",
    "ILS": "₪",
    "INR": "₹",
    "KHR": "៛",
    "KRW": "₩",
    "KZT": "₸",
    "LAK": "₭",
} | {"MNT": "₮", "NGN": "₦", "PHP": "₱", "PLN": "zł", "PYG": "₲", "THB": "฿", "TRY": "₺", "UAH": "₴", "VND": "₫"}
# The zeros of the numbering systems that locales write by default beside Latin ones; Babel leaves digits Latin.
ZEROS = {"arab": 0x0660, "arabext": 0x06F0, "beng": 0x09E6, "deva": 0x0966, "mymr": 0x1040, "tibt": 0x0F20}
LARGEST_MINOR = 10**15
# Codes met so far; there are at most 26 ** 3.
CODES: set[str] = set()
# Shares are counted in basis points: 10,000 make a whole.
WHOLE_BPS = 10_000


@dataclass(frozen=True)
class Money:
    """`minor` units (cents for EUR, whole yen for JPY) of an upper-case ISO 4217 `currency`."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CODES:
            _learn(self.currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other).minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other).minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.minor * times, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other).minor

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other).minor

    def __bool__(self) -> bool:
        return self.minor != 0

    def split(self, weights: Sequence[int]) -> tuple[Money, ...]:
        """Divide by integer weights without losing a unit (largest remainder, ties to the earlier part)."""
        whole = sum(weights)
        if whole <= 0 or min(weights) < 0:
            raise Invalid("split needs weights >= 0 with a positive sum")
        sign, amount = (-1, -self.minor) if self.minor < 0 else (1, self.minor)
        parts = [amount * weight // whole for weight in weights]
        by_remainder = sorted(range(len(weights)), key=lambda i: (-(amount * weights[i] % whole), i))
        for i in by_remainder[: amount - sum(parts)]:
            parts[i] += 1
        return tuple(Money(sign * part, self.currency) for part in parts)

    @property
    def exponent(self) -> int:
        return EXPONENTS.get(self.currency, 2)

    def plain(self) -> str:
        """The amount alone, with the currency's decimals: `24.00`, `1200`, `0.500`."""
        return f"{Decimal(self.minor).scaleb(-self.exponent):.{self.exponent}f}"

    def display(self, locale: str = "en") -> str:
        """The amount as shoppers of `locale` read it (CLDR): `€24.00`, `24,00\xa0€`, `¥1,200`, `CHF\xa09.90`."""
        return _displayed(self, locale)

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise _unlike(self.currency, other.currency)
        return other


@functools.lru_cache(maxsize=4096)
def _displayed(price: Money, locale: str) -> str:
    known = _locale(locale)
    amount = Decimal(price.minor).scaleb(-price.exponent)
    # CLDR rounds some currencies to what is handed over in cash; a price keeps its ISO 4217 decimals.
    pattern = _pattern(known, price.exponent)
    shown = format_currency(
        amount, price.currency, pattern, known, currency_digits=False, numbering_system=_system(known)
    ).replace(price.currency, NARROW.get(price.currency, price.currency))
    # CLDR's currencySpacing, which Babel leaves out: a symbol of letters does not touch the digits.
    return _written(re.sub(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", "\xa0", shown), known)


def _learn(currency: str) -> None:
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Invalid(f"'{currency}' is no ISO 4217 currency code; write it like EUR")
    CODES.add(currency)


def _unlike(one: str, other: str) -> Invalid:
    return Invalid(f"{one} and {other} cannot be added or compared")


def zero(currency: str) -> Money:
    return Money(0, currency)


def total(amounts: Iterable[Money], currency: str) -> Money:
    """Sum of the amounts, all of them in `currency`; zero when there are none."""
    minor = 0
    for one in amounts:
        if one.currency != currency:
            raise _unlike(currency, one.currency)
        minor += one.minor
    return Money(minor, currency)


def parse(text: str, currency: str) -> Money:
    """Read a shop's price text (`24.00`, `24,90`, `1,234.50`, `1.234,50`, `1'234.50`).

    Raises Invalid for more decimals than the currency has, and for `24.900` where the currency has not three
    decimals: it may mean 24.90 or 24,900.
    """
    exponent = Money(0, currency).exponent
    amount = Decimal(_with_point(re.sub(r"[\s'’]", "", text), exponent))
    if abs(amount) > LARGEST_MINOR:
        raise Invalid(f"'{text[:40]}' is too large to be a price")
    minor = amount.scaleb(exponent)
    if minor != minor.to_integral_value():
        raise Invalid(f"'{text[:40]}' has more decimals than {currency} knows")
    return Money(int(minor), currency)


def percent(value: Decimal | float, locale: str = "en") -> str:
    """Write a part of a whole, to a tenth of a percent: 0.2 is `20%`, in German `20\xa0%`."""
    known = _locale(locale)
    pattern = _with_decimals(known.percent_formats[None], (0, 1))
    return _written(format_percent(value, pattern, known, numbering_system=_system(known)), known)


def number(value: Decimal | float, locale: str = "en") -> str:
    """Write a number with the locale's digits and grouping, to three decimals."""
    known = _locale(locale)
    return _written(format_decimal(value, locale=known, numbering_system=_system(known)), known)


def _system(locale: Locale) -> str:
    return locale.default_numbering_system if locale.default_numbering_system in ZEROS else "latn"


def _written(shown: str, locale: Locale) -> str:
    """Put in the locale's own digits and signs of minus and percent."""
    return shown.translate(_characters(locale))


@functools.cache
def _characters(locale: Locale) -> dict[int, str]:
    system = _system(locale)
    symbols = locale.number_symbols[system]
    digits = {ord("0") + digit: chr(ZEROS[system] + digit) for digit in range(10)} if system in ZEROS else {}
    return digits | {ord("-"): symbols.get("minusSign", "-"), ord("%"): symbols.get("percentSign", "%")}


@functools.cache
def _locale(name: str) -> Locale:
    """Return the locale, else its language's, else English."""
    whole = name.replace("-", "_")
    for known in (whole, whole.split("_", maxsplit=1)[0]):
        try:
            return Locale.parse(known)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


@functools.cache
def _pattern(locale: Locale, decimals: int) -> Any:
    return _with_decimals(locale.currency_formats["standard"], (decimals, decimals))


def _with_decimals(pattern: Any, least_and_most: tuple[int, int]) -> Any:
    changed = copy.copy(pattern)
    changed.frac_prec = least_and_most
    return changed


def _with_point(number: str, exponent: int) -> str:
    """The number as Decimal reads it: no grouping, and a point before its decimals."""
    if len(number) > 40:
        raise Invalid(f"'{number[:40]}...' is too long to be a price")
    if exponent != 3 and re.fullmatch(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", number):
        if "." in number:
            raise Invalid(f"'{number}' may mean two prices; write it like 24.90")
        return number.replace(",", "")
    if re.fullmatch(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)", number):
        return number.replace(",", ".")
    for thousands, point in ((",", "."), (".", ",")):
        # Groups of two are Indian: 1,23,456.00
        groups = rf"[0-9]{{1,3}}(\{thousands}[0-9]{{2,3}})*\{thousands}[0-9]{{3}}"
        if re.fullmatch(rf"[+-]?{groups}(\{point}[0-9]*)?", number):
            return number.replace(thousands, "").replace(point, ".")
    raise Invalid(f"'{number}' is no price; write it like 24.90")
