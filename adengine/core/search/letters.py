"""Letters as search compares them: no case, no accents, no typographic variants."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# What Unicode does not take apart, or would read as letters of the word before it.
SPECIAL = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ı": "i", "ð": "d", "þ": "th"}
    | {"™": " ", "®": " ", "©": " ", "’": "'", "‘": "'", "´": "'", "`": "'"}
    | {"”": '"', "“": '"', "„": '"', "″": '"', "«": '"', "»": '"', "–": "-", "—": "-", "‑": "-", "×": "x", "·": " "}
)
IDEOGRAPHS = (("\u0e00", "\u0eff"), ("\u3040", "\u30ff"), ("\u3400", "\u9fff"))


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """The text without case, accents and compatibility forms: `Größe` is `grosse`, `Café` is `cafe`."""
    plain = unicodedata.normalize("NFKC", text.translate(SPECIAL)).casefold().translate(SPECIAL)
    if plain.isascii():
        return plain
    return "".join(one for one in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(one))


def has_no_spaces(word: str) -> bool:
    """Whether a word is of a script that writes words without spaces between them (Chinese, Japanese, Thai, Lao)."""
    return not word.isascii() and any(low <= one <= high for one in word for low, high in IDEOGRAPHS)
