"""A sentence read into what it asks: words, limits of price, sizes, and what is not wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from adengine.core.errors import Invalid
from adengine.core.money import Money, parse
from adengine.core.search.letters import fold
from adengine.core.search.lexis import (
    ADJECTIVE_ENDINGS,
    ADJECTIVES,
    AMBIGUOUS,
    COLOURS,
    EMPTY,
    SIZE_NAMES,
    SIZE_WORDS,
    TURNS,
    WITHOUT,
)
from adengine.core.search.words import Token, tokens

LONGEST_TEXT = 500
MOST_WORDS = 24
SIGNS = {"€": "EUR", "£": "GBP", "$": "", "¥": "JPY", "₹": "INR", "zł": "PLN", "kr": "", "fr": "CHF", "chf": "CHF"}
NAMES = {"eur": "EUR", "euro": "EUR", "euros": "EUR", "usd": "USD", "dollar": "", "dollars": "", "bucks": ""}
NAMES |= {"gbp": "GBP", "pounds": "GBP", "quid": "GBP", "chf": "CHF", "franken": "CHF", "francs": "CHF", "jpy": "JPY"}
NAMES |= {
    "yen": "JPY",
    "pln": "PLN",
    "cad": "CAD",
    "aud": "AUD",
    "sek": "SEK",
    "nok": "NOK",
    "dkk": "DKK",
    "inr": "INR",
}
DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"})
CROWNS = frozenset({"SEK", "NOK", "DKK", "ISK"})
_SIGN = "|".join(re.escape(one) for one in sorted(SIGNS, key=len, reverse=True))
_NAME = "|".join(sorted(NAMES, key=len, reverse=True))
_AMOUNT = r"\d{1,3}(?:[,.' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_ONE = (
    rf"(?:(?P<sign1>{_SIGN})\s*)?(?P<amount1>{_AMOUNT})(?:(?P<thousand1>k)\b)?"
    rf"(?:\s*(?P<after1>{_SIGN}|(?:{_NAME})\b))?"
)
_TWO = _ONE.replace("1>", "2>")
# What follows a limit that is no price: "under 2 kg", "over 65 inch".
_UNITS = (
    "ml cl dl l liters? litres? g kg grams? mg mm cm m km meters? metres? inch(?:es)? zoll in ft feet oz lbs? gb tb mb "
    "w wh kw watts? mah v volts? hz khz mhz ghz mp fps hours? hrs? h stunden years? months? days? minutes? people "
    "persons? pieces? packs? pcs ports? keys? cups? k"
).replace(" ", "|")
_NO_UNIT = rf"(?![\w.,]*\d)(?!\s*-?(?:%|\"|(?:{_UNITS})\b))"
BETWEEN = re.compile(
    rf"\b(?:between|from|zwischen|von|entre|de)\s+{_ONE}\s*(?:and|to|und|bis|et|a|-)\s*{_TWO}{_NO_UNIT}"
)
SPAN = re.compile(rf"(?<![\w-]){_ONE}\s*(?:-|to|bis)\s*{_TWO}{_NO_UNIT}(?![\w-])")
_MOST = (
    r"(?:for\s+)?(?:under|below|less than|cheaper than|at most|up to|no more than|not more than|not over|not exceeding|"
    r"max(?:imum)?(?: of)?|within|maximum price|max price|price under|priced under|costing less than|"
    r"budget(?: of| is)?|unter|hochstens|bis zu|bis|maximal|weniger als|moins de|sous|jusqu'?a|jusqu' a|au plus|<=?)"
)
_LEAST = (
    r"(?:over|above|more than|at least|from|min(?:imum)?(?: of)?|starting at|not under|no less than|uber|mindestens|ab|"
    r"mehr als|plus de|au moins|a partir de|>=?|priced over|costing more than)"
)
# "Pro Max 256" and "1 Max" are models.
AT_MOST = re.compile(rf"(?<![\w])(?<!pro )(?<!plus )(?<!\d ){_MOST}\s*:?\s*{_ONE}{_NO_UNIT}")
AT_LEAST = re.compile(rf"(?<!\w){_LEAST}\s*:?\s*{_ONE}{_NO_UNIT}")
OR_LESS = re.compile(
    rf"(?<![\w]){_ONE}\s*(?:or less|or under|or cheaper|at most|and under|oder weniger|ou moins)(?!\w)"
)
OR_MORE = re.compile(rf"(?<![\w]){_ONE}\s*(?:or more|and up|and over|oder mehr|ou plus)(?!\w)")
BARE = re.compile(rf"(?<![\w]){_ONE}{_NO_UNIT}(?![\w])")
PHRASE = re.compile(r'(?<![\d\w])"([^"]{2,80})"')
SIZE = re.compile(
    r"\b(?:size|sizes|grosse|gr\.|taille|pointure)\s*:?\s*(?:eu|us|uk|no\.?|nr\.?)?\s*"
    r"(\d{1,3}(?:[.,]5)?[a-z]?|x{0,4}[sml]|\dxl|small|medium|large|klein|mittel|petit|moyen)\b"
)
MINUS = re.compile(r"(?<=\s)-(?=[^\W\d_]{2})")


@dataclass(frozen=True)
class Word:
    """One word that is asked for. `for_what`: it stands behind "for" or "with"; `place` counts the sentence's words."""

    word: str
    also: tuple[str, ...] = ()
    place: int = 0
    is_measure: bool = False
    for_what: bool = False

    @property
    def is_colour(self) -> bool:
        return self.word in COLOURS and self.word not in AMBIGUOUS

    @property
    def is_size(self) -> bool:
        """Whether it may be a size that is worn."""
        return self.word in SIZE_WORDS or (self.word.isdigit() and len(self.word) == 2)

    @property
    def is_adjective(self) -> bool:
        """Whether it describes rather than names: what a shop may leave unsaid."""
        return self.word in ADJECTIVES or (len(self.word) > 5 and self.word.endswith(ADJECTIVE_ENDINGS))


@dataclass(frozen=True)
class Asked:
    """What a sentence asks. `denied` are words the product must not have; `sizes` are exact; `phrases` stand together.

    `foreign` is a currency the sentence names that is not the shop's: its limit cannot be kept.
    """

    words: tuple[Word, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    denied: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    at_least: Money | None = None
    at_most: Money | None = None
    foreign: str = ""


def read(text: str, currency: str) -> Asked:
    """Read a sentence such as `linen cushion, €20-40, not red`; prices are of `currency` where none is named.

    Never raises for any text; beyond 500 characters nothing is read.
    """
    rest = fold(" ".join(text[:LONGEST_TEXT].split()))
    limits = _Limits(currency)
    rest = limits.take(f" {rest} ")
    sizes = tuple(SIZE_NAMES.get(one, one.replace(",", "p").replace(".", "p")) for one in SIZE.findall(rest))
    rest = SIZE.sub(lambda found: f" {found[1]} " if found[1].isdigit() else " ", rest)
    phrases = tuple(tuple(one.word for one in tokens(found)) for found in PHRASE.findall(rest))
    words, denied = _split(tokens(MINUS.sub("without ", rest))[:MOST_WORDS])
    return Asked(
        words=tuple(one for one in words if one.word not in sizes),
        phrases=tuple(one for one in phrases if len(one) > 1),
        denied=denied,
        sizes=sizes,
        at_least=limits.at_least,
        at_most=limits.at_most,
        foreign=limits.foreign,
    )


def corrected(asked: Asked, right: Mapping[str, str]) -> Asked:
    """The ask with some of its words read as others; one may be read as two (`airfryer`, `air fryer`)."""
    words: list[Word] = []
    for one in asked.words:
        parts = right.get(one.word, one.word).split()
        words += [replace(one, word=part, also=one.also if part == one.word else ()) for part in parts]
    return replace(asked, words=tuple(replace(one, place=number) for number, one in enumerate(words)))


class _Limits:
    """The limits of price found in a sentence, taken out of it one by one."""

    def __init__(self, currency: str) -> None:
        self.currency = currency
        self.at_least: Money | None = None
        self.at_most: Money | None = None
        self.foreign = ""

    def take(self, text: str) -> str:
        if not any(one.isdigit() for one in text):  # no pattern fits without an amount
            return text
        for pattern, act in (
            (BETWEEN, self._both),
            (AT_MOST, self._most),
            (AT_LEAST, self._least),
            (OR_LESS, self._most),
            (OR_MORE, self._least),
            (SPAN, self._span),
            (BARE, self._bare),
        ):
            text = pattern.sub(act, text)
        return text

    def _span(self, found: re.Match[str]) -> str:
        # "20-40" alone may be a size, a range of hours, a model: a sign or a name of money makes it a price.
        has_sign = any(found[name] for name in ("sign1", "after1", "sign2", "after2"))
        return self._both(found) if has_sign else found[0]

    def _bare(self, found: re.Match[str]) -> str:
        # "mug 25 EUR": what one is ready to spend. A number without money is a size or a model.
        return self._most(found) if found["sign1"] or found["after1"] else found[0]

    def _both(self, found: re.Match[str]) -> str:
        low, high = self._money(found, 1), self._money(found, 2)
        if low is None or high is None:
            return found[0]
        self.at_least, self.at_most = min(low, high), max(low, high)
        return " "

    def _most(self, found: re.Match[str]) -> str:
        amount = self._money(found, 1)
        if amount is None:
            return found[0]
        self.at_most = amount
        return " "

    def _least(self, found: re.Match[str]) -> str:
        named = found["sign1"] or found["after1"]
        if (
            not named
            and found[0].strip().startswith(("from", "ab", "plus", "over", "above"))
            and len(found["amount1"]) < 2
        ):
            return found[0]
        amount = self._money(found, 1)
        if amount is None:
            return found[0]
        self.at_least = amount
        return " "

    def _money(self, found: re.Match[str], number: int) -> Money | None:
        other = 3 - number if f"amount{3 - number}" in found.re.groupindex else number
        names = [found[f"{part}{n}"] for n in (number, other) for part in ("sign", "after")]
        if found.string[found.end() : found.end() + 1] in '%"':
            return None
        named = next((one for one in names if one), "")
        if not self._is_own(named):
            self.foreign = SIGNS.get(named) or NAMES.get(named) or named
        try:
            amount = _parsed(found[f"amount{number}"], self.currency)
        except Invalid:
            return None
        return amount * 1000 if found[f"thousand{number}"] else amount

    def _is_own(self, named: str) -> bool:
        if not named:
            return True
        if named in {"$", "dollar", "dollars", "bucks"}:
            return self.currency in DOLLARS
        if named == "kr":
            return self.currency in CROWNS
        return (SIGNS.get(named) or NAMES.get(named)) == self.currency


def _parsed(text: str, currency: str) -> Money:
    try:
        return parse(text, currency)
    except Invalid:
        if not re.fullmatch(r"\d+[.,]\d{3}", text):
            raise
        # A search may read 1.500 as people mean it; a feed may not.
        return parse(str(Decimal(re.sub(r"[.,]", "", text))), currency)


def _split(given: list[Token]) -> tuple[list[Word], tuple[str, ...]]:
    """The words that are asked for, and those that are not wanted."""
    words: list[Word] = []
    denied: list[str] = []
    turned, denying, last = False, False, len(given) - 1
    for number, token in enumerate(given):
        # A code or compound may begin so: "NO-V4A", "non-stick".
        if token.word in WITHOUT and not token.also:
            denying = True
        elif denying and token.word not in EMPTY:
            denied.append(token.word)
            denying = False
        elif denied and number == last and given[number - 1].word == denied[-1]:
            # "without nonstick coating": the coating is not wanted either, nor is it asked for.
            continue
        elif token.word in TURNS:
            turned = turned or bool(words)
        elif token.word not in EMPTY or token.is_measure:
            words.append(Word(token.word, token.also, token.place, token.is_measure, turned))
    return words, tuple(denied)
