"""Text taken apart into words, numbers, measures and model names, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from adengine.core.search.letters import fold, has_no_spaces
from adengine.core.search.measures import MEASURE, PACK_OF, in_other_units, number_token, told, unit_of

LONGEST_WORD = 40
WORD = re.compile(r"[^\W_]+(?:(?<=\d)[.,](?=\d)[^\W_]+)*(?:[-'&][^\W_]+)*\+?")
SIDES = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)\s?x\s?(\d+(?:[.,]\d+)?)(?:\s?x\s?(\d+(?:[.,]\d+)?))?\s?(?:cm|mm|m|inch|in)?(?![\w])"
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
ELISION = re.compile(r"^(?:l|d|j|n|s|c|m|t|qu)'(?=[^\W_]{2})")


@dataclass(frozen=True, slots=True)
class Token:
    """One word. `also` are other ways to write it (`wh1000xm5` beside the parts); `place` counts words."""

    word: str
    place: int
    also: tuple[str, ...] = ()
    is_measure: bool = False


def tokens(text: str) -> list[Token]:
    """The words of a text in order; a compound with hyphens gives its parts, the first with the joined form beside."""
    folded = PACK_OF.sub(lambda found: f" {found[1] or found[2]} pack ", fold(text))
    folded = SIDES.sub(lambda found: " " + "x".join(number_token(one) for one in found.groups() if one) + " ", folded)
    made: list[Token] = []
    at = 0
    for measure in MEASURE.finditer(folded):
        _words(folded[at : measure.start()], made)
        _measure(measure, made)
        at = measure.end()
    _words(folded[at:], made)
    return made


def _measure(found: re.Match[str], made: list[Token]) -> None:
    unit = found["unit"] or found["attached"] or '"'
    word = told(found["number"], unit)
    # People say "macbook 13" for what is 13 inches wide.
    also = (number_token(found["number"]),) if unit_of(word) == "inch" else ()
    made.append(Token(word, _next(made), (*also, *in_other_units(word)), is_measure=True))


def _words(text: str, made: list[Token]) -> None:
    for found in WORD.finditer(text):
        _word(found[0], made)


def _word(text: str, made: list[Token]) -> None:
    if text.endswith("+"):
        text = text[:-1] + "plus" if len(text) > 2 else text[:-1]
    text = ELISION.sub("", text)
    if text.endswith("'s"):
        text = text[:-2]
    if has_no_spaces(text):
        _pairs(text, made)
        return
    parts = [one for part in re.split(r"[-'&]", text) if (one := _plain(part))]
    if not parts:
        return
    joined = "".join(parts)
    also = (joined,) if len(parts) > 1 and len(joined) <= LONGEST_WORD else ()
    place = _next(made)
    for number, part in enumerate(parts):
        made.append(Token(part, place + number, also if number == 0 else ()))


def _plain(part: str) -> str:
    if NUMBER.fullmatch(part) and part.isascii():
        return number_token(part) if part.count(".") + part.count(",") < 2 else re.sub(r"[.,]", "p", part)
    word = re.sub(r"[.,]", "p" if part[:1].isdigit() else "", part)[:LONGEST_WORD]
    return word if word.isalnum() else "".join(one for one in word if one.isalnum())


def _pairs(text: str, made: list[Token]) -> None:
    pairs = [text] if len(text) < 3 else [text[i : i + 2] for i in range(min(len(text), LONGEST_WORD) - 1)]
    for pair in pairs:
        made.append(Token(pair, _next(made)))


def _next(made: list[Token]) -> int:
    return made[-1].place + 1 if made else 0
