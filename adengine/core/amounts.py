"""The amounts of money a shopper reads in a text, in whatever way its language writes numbers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from adengine.core.money import EXPONENTS, NARROW, Money

_INVISIBLE = re.compile("[\u061c\u200e\u200f\u2066-\u2069]")
_SEPARATORS = ".,'’٫٬\u00a0\u202f "
_NUMBER = re.compile(rf"\d(?:[\d{re.escape(_SEPARATORS)}]*\d)?")
_CODE = re.compile(r"(?<![A-Z])[A-Z]{3}(?![A-Z])")
_DOLLARS_AND_MORE = ("AUD", "BRL", "CAD", "CHF", "CNY", "DKK", "EUR", "GBP", "MXN", "NOK", "SEK", "SGD", "USD", "ZAR")
_CODES = frozenset((*EXPONENTS, *NARROW, *_DOLLARS_AND_MORE))
# Signs that stand for one currency only; `$`, `¥` and `kr` are shared.
_SIGNS = {"€": "EUR", "£": "GBP"} | {sign: code for code, sign in NARROW.items()}
_DOLLARS = frozenset(
    re.findall(
        "[A-Z]{3}",
        "ARS AUD BBD BMD BND BRL BSD BZD CAD CLP COP CUP DOP FJD GYD HKD JMD KYD LRD MXN NAD NIO NZD SBD SGD SRD TTD"
        " TWD USD UYU XCD",
    )
)
_LETTERS = frozenset(sign for sign in _SIGNS if sign.isalpha())


def amounts(text: str, currency: str) -> tuple[Money, ...]:
    """Return the numbers of `text` that stand beside a currency's sign or code, or all where none does.

    They are read as amounts of `currency`; decimals that are missing count as zero.
    """
    flat = _INVISIBLE.sub("", text)
    numbers = list(_NUMBER.finditer(flat))
    marked = [number for number in numbers if _is_marked(flat, number)]
    return tuple(Money(_minor(number.group(), currency), currency) for number in marked or numbers)


def foreign(text: str, currency: str) -> str:
    """Return a currency sign or code in `text` that is not `currency`'s, or nothing."""
    signs = [sign for sign, own in _SIGNS.items() if own != currency and sign in text and not sign.isalpha()]
    codes = [code for code in _CODE.findall(text) if code in _CODES and code != currency]
    dollar = ["$"] if "$" in text and currency not in _DOLLARS else []
    return next(iter(signs + codes + dollar), "")


def names_money(text: str) -> bool:
    """Say whether a number in the text stands beside a currency's sign or code."""
    flat = _INVISIBLE.sub("", text)
    return any(_is_marked(flat, number) for number in _NUMBER.finditer(flat))


def percents(text: str) -> Iterator[int]:
    """Yield the whole percentages of a text: `-20 %`, `20% off`, `%20`, `٪٢٠`."""
    for match in re.finditer(r"(\d+)[\u00a0\u202f ]?[%٪]|[%٪](\d+)", _INVISIBLE.sub("", text)):
        yield int(match[1] or match[2])


def _is_marked(text: str, number: re.Match[str]) -> bool:
    before, after = text[: number.start()].rstrip(_SEPARATORS), text[number.end() :].lstrip(_SEPARATORS)
    return any(_is_mark(side) for side in (before[-1:], before[-3:], before[-2:], after[:1], after[:3], after[:2]))


def _is_mark(side: str) -> bool:
    return side in _CODES or side in _LETTERS or (len(side) == 1 and unicodedata.category(side) == "Sc")


def _minor(number: str, currency: str) -> int:
    """Read a number; its last separator is the decimal one where as many digits follow as the currency has."""
    exponent = EXPONENTS.get(currency, 2)
    last = max(number.rfind(sign) for sign in _SEPARATORS)
    decimals = number[last + 1 :] if last >= 0 and number.count(number[last]) == 1 else ""
    digits = int("".join(str(unicodedata.digit(sign)) for sign in number if sign.isdigit()))
    return digits if exponent > 0 and len(decimals) == exponent else digits * 10**exponent
