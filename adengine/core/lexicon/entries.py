"""The shape of a language's list of claiming words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class WordList:
    """A language's entries by kind of claim, as somebody who speaks it went through them on the day of `checked`.

    Entries are small letters without punctuation, since texts are compared that way: `world s first`. A word that
    ends in `*` has any ending, `{n}` is any number. What is `harmless` claims nothing although it holds an entry.
    """

    checked: date
    claims: Mapping[str, tuple[str, ...]]
    harmless: tuple[str, ...]
