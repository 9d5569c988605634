"""Texts that merchants wrote, made inert for those who read them: what is seen is all there is, and it is short."""

from __future__ import annotations

import html
import re
import unicodedata

# Controls, format characters (zero-width, bidi overrides, tags), private use, halves of characters, and unassigned.
UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
# Of other categories, and just as invisible: fillers, the blank braille cell, joiners, and variation selectors.
BLANKS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
TAG = re.compile(r"<(?:!--.*?-->|[/!?]?[a-zA-Z][^<>]*>)", re.S)
UNREAD = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.S | re.I)
MOST_LAYERS = 3
# How much longer a text may be before its tags and blanks are out: beyond that nobody looks.
SLACK = 4


def plain(text: str, limit: int = 2000) -> str:
    """One line of visible text: no hidden characters, no HTML, at most `limit` characters, cut at a word with `…`.

    Right-to-left and combining letters stay; joiners between letters do not, since text can be hidden in them.
    """
    seen = _seen(text[: limit * SLACK + 400])
    if "<" in seen or "&" in seen:
        seen = _without_tags(seen)
    line = " ".join(seen.split())
    return line if len(line) <= limit else _cut(line, limit)


def _seen(text: str) -> str:
    if text.isprintable() and not BLANKS.search(text):
        return text
    kept = (" " if one.isspace() else one for one in text)
    return BLANKS.sub("", "".join(one for one in kept if unicodedata.category(one) not in UNSEEN))


def _without_tags(text: str) -> str:
    """The text between tags; entities may hide more of them, and hidden characters, a few layers deep."""
    for _ in range(MOST_LAYERS):
        bare = _seen(html.unescape(TAG.sub(" ", UNREAD.sub(" ", text))))
        if bare == text:
            break
        text = bare
    # What is left of a tag that was cut off, or put together of others, opens nothing any more.
    return TAG.sub(" ", text).replace("<", "‹") if TAG.search(text) or _opens(text) else text


def _opens(text: str) -> bool:
    return re.search(r"<[/!?]?[a-zA-Z]|<!--", text) is not None


def _cut(line: str, limit: int) -> str:
    head = line[: max(0, limit - 1)]
    space = head.rfind(" ")
    if space > limit // 2:
        head = head[:space]
    return head.rstrip(" ,;:.-") + "…" if limit > 0 else ""
