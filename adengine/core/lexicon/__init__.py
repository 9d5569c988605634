"""What words of adverts claim that has to be proved: dated word lists by language, and what proves each kind."""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adengine.core.lexicon import de, en, fr
from adengine.core.lexicon.entries import WordList
from adengine.core.lexicon.kinds import KINDS, Kind

__all__ = ["KINDS", "LISTS", "Claim", "Kind", "WordList", "claims_in", "listed"]

NUMBER = "{n}"
LISTS: dict[str, WordList] = {"de": de.WORDS, "en": en.WORDS, "fr": fr.WORDS}


@dataclass(frozen=True)
class Claim:
    """A claim found in a text: its kind, the words that make it, and the entry of a list they were found by."""

    kind: Kind
    words: str
    entry: str


def claims_in(text: str) -> tuple[Claim, ...]:
    """Return the claims of a text in the order they are made.

    The words of all languages are looked for: a German film of an English catalogue holds both.
    """
    words, found, at = plain(text), list[Claim](), 0
    while at < len(words):
        entry = next((one for one in _starting().get(_key(words[at]), ()) if _stands(one.words, words, at)), None)
        end = at + (len(entry.words) if entry else 1)
        if entry and entry.kind:
            found.append(Claim(KINDS[entry.kind], " ".join(words[at:end]), " ".join(entry.words)))
        at = end
    return tuple(found)


def listed(locale: str) -> bool:
    """Say whether there is a word list of the locale's language."""
    return locale.split("-", maxsplit=1)[0] in LISTS


def plain(text: str) -> list[str]:
    """Return the words and numbers of a text in small letters, and its signs % and #; all else is left out."""
    return re.findall(r"\d+(?:[.,]\d+)*(?!\w)|\w+|[%#]", unicodedata.normalize("NFKC", text).casefold())


@dataclass(frozen=True)
class _Entry:
    """An entry of a list by its words; what is harmless has no kind."""

    words: tuple[str, ...]
    kind: str


@functools.cache
def _starting() -> dict[str, list[_Entry]]:
    """All entries by what they start with, the longest first: 'best friend' is harmless, 'best' is not."""
    entries = {_Entry(tuple(text.casefold().split()), kind) for words in LISTS.values() for kind, text in _pairs(words)}
    found: dict[str, list[_Entry]] = {}
    for entry in sorted(entries, key=lambda one: (-len(one.words), -len(" ".join(one.words)), one.words, one.kind)):
        found.setdefault(_key(entry.words[0]), []).append(entry)
    return found


def _pairs(words: WordList) -> Iterator[tuple[str, str]]:
    yield from (("", entry) for entry in words.harmless)
    yield from ((kind, entry) for kind, entries in words.claims.items() for entry in entries)


def _key(word: str) -> str:
    return NUMBER if word == NUMBER or word[0].isdecimal() else word[0]


def _stands(entry: Sequence[str], words: Sequence[str], at: int) -> bool:
    return len(entry) <= len(words) - at and all(map(_fits, entry, words[at:]))


def _fits(pattern: str, word: str) -> bool:
    if pattern == NUMBER:
        return word[0].isdecimal()
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern
