"""Slips of the pen that show without a dictionary; wrongly spelled words are not found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

# Quotation marks are left out: „Deutsch“ closes with the sign that “English” opens with.
_PAIRS = {"(": ")", "[": "]", "{": "}", "「": "」", "『": "』", "（": "）", "【": "】"}
_CLOSERS = {closer: opener for opener, closer in _PAIRS.items()}
_DOUBLE = re.compile(r"\b([^\W\d_]{2,})\s+\1\b", re.IGNORECASE)
_SAID_TWICE = frozenset(["bora", "bye", "cous", "had", "ha", "pom", "so", "tap", "that", "very", "wagga", "yo"])
# A smile and the `1)` of a list close a bracket that nobody opened.
_LONE = re.compile(r"[:;]-?[()]|(?:^|\s)\w\)")
_MINGLED = frozenset(("LATIN", "CYRILLIC", "GREEK"))


def slips(text: str) -> Iterator[str]:
    """Yield each slip in words: doubled word, stray space, open bracket, letters of two scripts in one word."""
    if (doubled := _DOUBLE.search(text)) and doubled[1].casefold() not in _SAID_TWICE:
        yield f"the word '{doubled[1]}' stands twice"
    if "  " in text:
        yield "there are two spaces in a row"
    if re.search(r"[^\W\d_] [,.](?:\s|$)", text):
        yield "a space stands before a full stop or comma"
    if bracket := _unbalanced(text):
        yield f"the bracket {bracket} has no partner"
    if mixed := next((word for word in re.findall(r"[^\W\d_]+", text) if len(_scripts(word)) > 1), ""):
        yield f"'{mixed}' mixes letters of two scripts that look alike"


def _unbalanced(text: str) -> str:
    waiting: list[str] = []
    for sign in _LONE.sub(" ", text):
        if sign in _PAIRS:
            waiting.append(sign)
        elif sign in _CLOSERS and (not waiting or waiting.pop() != _CLOSERS[sign]):
            return sign
    return waiting[0] if waiting else ""


def _scripts(word: str) -> set[str]:
    return {name for letter in word if (name := unicodedata.name(letter, "").split(" ")[0]) in _MINGLED}
