"""Stems: the part of a word that its inflections share, in English, German and French.

Only inflection goes (plural, -ed, -ing); an "organizer" is no "organ". English follows steps 0, 1 and 5 of Porter2
(snowballstem.org/algorithms/english), German and French the light stemmers of J. Savoy (UniNE).
"""

from __future__ import annotations

import re
from functools import lru_cache

LANGUAGES = ("en", "de", "fr")
VOWELS = "aeiouy"
ODD = {"tvs": "tv", "pcs": "pc", "feet": "foot", "mice": "mouse", "knives": "knife", "shelves": "shelf", "men": "man"}
ODD |= {"women": "woman", "children": "child", "scarves": "scarf", "leaves": "leaf", "glasses": "glass", "kids": "kid"}
ODD |= {"news": "news", "lens": "lens", "lenses": "lens", "series": "series", "ties": "tie", "tie": "tie"}
ODD |= {"dies": "die", "shoes": "shoe", "shoe": "shoe", "movies": "movie", "selfies": "selfie", "hoodies": "hoodie"}
ODD |= {"cookies": "cookie", "headset": "headset", "earring": "earring", "earrings": "earring", "ring": "ring"}
ODD |= {
    "string": "string",
    "spring": "spring",
    "king": "king",
    "wing": "wing",
    "ceiling": "ceiling",
    "evening": "evening",
}
DOUBLES = ("bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt")


@lru_cache(maxsize=65536)
def stem(word: str, language: str = "en") -> str:
    """The stem of a folded word; words with digits, and very short ones, are their own."""
    if len(word) < 3 or not word.isascii() or not word.isalpha():
        return word
    return STEMMERS[language](word)


@lru_cache(maxsize=65536)
def every_stem(word: str) -> tuple[str, ...]:
    """The word's stem in each language, English first, each once."""
    return tuple(dict.fromkeys(stem(word, language) for language in LANGUAGES))


def _english(word: str) -> str:
    if word in ODD:
        return ODD[word]
    if len(word) == 3:
        return word
    word = _singular(word)
    word = _without_ending(word)
    if word[-1] == "y" and len(word) > 2 and word[-2] not in VOWELS:
        word = word[:-1] + "i"
    return _without_e(word)


def _singular(word: str) -> str:
    if word.endswith("sses"):
        return word[:-2]
    if word.endswith(("ied", "ies")):
        return word[:-2] if len(word) > 4 else word[:-1]
    if word.endswith(("us", "ss")) or word[-1] != "s":
        return word
    if word.endswith(("ches", "shes", "xes", "zzes")):
        return word[:-2]
    return word[:-1] if any(one in VOWELS for one in word[:-2]) else word


def _without_ending(word: str) -> str:
    for ending in ("ingly", "edly", "ing", "ed"):
        if word.endswith(ending):
            rest = word[: -len(ending)]
            return _mended(rest) if len(rest) > 1 and any(one in VOWELS for one in rest) else word
    return word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if word.endswith(DOUBLES) and word not in {"add", "egg", "off"}:
        return word[:-1]
    return word + "e" if _region(word) >= len(word) and _ends_short(word) else word


def _without_e(word: str) -> str:
    if word[-1] == "e" and len(word) > 3:
        at = _region(word)
        second = at + _region(word[at:]) if at < len(word) else len(word)
        if second < len(word) or (at < len(word) and not _ends_short(word[:-1])):
            return word[:-1]
    # "cancelling" and "canceling" are one word.
    return word[:-1] if word.endswith("ll") and len(word) > 5 else word


def _region(word: str) -> int:
    """Where Porter2's R1 begins: behind the first non-vowel that follows a vowel."""
    found = re.search(r"[aeiouy][^aeiouy]", word)
    return len(word) if found is None else found.end()


def _ends_short(word: str) -> bool:
    if len(word) == 2:
        return word[0] in VOWELS and word[1] not in VOWELS
    return len(word) > 2 and word[-1] not in VOWELS + "wx" and word[-2] in VOWELS and word[-3] not in VOWELS


def _german(word: str) -> str:
    for ending, least in (("ern", 6), ("em", 5), ("en", 5), ("er", 5), ("es", 5), ("e", 4), ("n", 5), ("s", 5)):
        if word.endswith(ending) and len(word) >= least:
            return word[: -len(ending)]
    return word


def _french(word: str) -> str:
    if len(word) < 5:
        return word
    if word.endswith("aux"):
        return word[:-3] + "al"
    for ending in ("x", "s", "r", "e", "e"):
        if word.endswith(ending):
            word = word[:-1]
    return word[:-1] if len(word) > 2 and word[-1] == word[-2] else word


STEMMERS = {"en": _english, "de": _german, "fr": _french}
