"""Spoken words as frames: the script, when each word is said, and the captions that follow it."""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

# 140 to 160 words a minute: the usual pace of a commercial's voice-over. From 3 on, listeners lose words.
WORDS_A_SECOND = (2.3, 2.7)
TOO_FAST_WORDS_A_SECOND = 3.0
# A voice starts a little after its shot, so that a cut and a word do not fall on the same moment.
LEAD_S = 0.1
# Subtitle practice of broadcasters: two lines of 42 Latin or 16 wide characters, 17 to 20 characters a second.
COLUMNS, WIDE_COLUMNS, CHARACTERS_A_SECOND = 42, 32, 20
HOLD_S = 0.5
WIDE_LANGUAGES = ("zh", "ja", "ko", "yue")

# Scripts written without spaces: Han, kana, Thai, Lao, Burmese, Khmer.
_HAN, _KANA = "\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff", "\u3040-\u30ff\u31f0-\u31ff"
_INDIC = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_BARE = _HAN + _KANA + _INDIC
# About how many characters of each make a word's worth of speech.
_A_WORD = {_HAN: 2.0, _KANA: 2.5, _INDIC: 5.0}
_OPENS = "「『（〔【〈《“‘([{เแโใไ"
_CLOSES = "、。，．：；！？」』）〕】〉》…‥・ー々ゝゞぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ％”’),.!?:;%]}ะาำๅๆฯ"
_MARKS = (
    "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd"
    "\u102b-\u103e\u17b4-\u17d3\u200c\u200d\u3099\u309a\ufe0f"
)
_ATOM = (
    rf"[{re.escape(_OPENS)}]*(?:(?=[{_BARE}])[^{re.escape(_CLOSES + _OPENS)}]|[^{_BARE}、-】！-～…‥“”]+)"
    rf"[{re.escape(_CLOSES)}{_MARKS}]*|."
)
_PIECE_CHARACTERS = 4
_CLAUSE_ENDS = tuple(",;:、，；：،؛—–")
_SENTENCE_ENDS = tuple(".!?…。！？؟।")
_QUOTES = "\"'”’»)]」』）"


@dataclass(frozen=True)
class Line:
    """What is spoken in one shot, and the frames it may take."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Word:
    """A spoken word with its punctuation, in frames of the film.

    `before` is what the script has in front of it: a space, nothing (scripts without spaces come in short pieces),
    or a new line, where another shot's line begins.
    """

    text: str
    start: int
    end: int
    before: str = " "


@dataclass(frozen=True)
class Spoken:
    """The words in the order they are said; starts never go back."""

    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Cue:
    """A caption: one or two lines of text, shown from `start` up to but not including `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Piece:
    """A word of a text with its punctuation: `at` characters from the text's beginning, after `before`."""

    text: str
    at: int
    before: str


def pieces(text: str) -> tuple[Piece, ...]:
    """Return the words of a text; text without spaces comes in pieces of a few characters that may end a line."""
    found = [
        Piece(part, token.start() + at, "" if at else " ")
        for token in re.finditer(r"\S+", text)
        for at, part in _parts(token.group())
    ]
    return tuple(replace(piece, before="\n") if number == 0 else piece for number, piece in enumerate(found))


def estimate(lines: Sequence[Line], fps: int) -> Spoken:
    """Return when words would be said at a comfortable pace, spread by their length and inside their lines."""
    words: list[Word] = []
    for line in lines:
        room = line.end - line.start
        lead = min(round(LEAD_S * fps), room // 4)
        wanted = math.ceil(word_count(line.text) / WORDS_A_SECOND[1] * fps)
        start = line.start + lead
        words += spread(line.text, [(start, start + min(room - lead, wanted))])
    return Spoken(tuple(words))


def spread(text: str, spans: Sequence[tuple[int, int]]) -> list[Word]:
    """Lay a text's words over the spans (start, end) in which it is said, each as long as its letters ask."""
    parts = pieces(text)
    shares = [0.0, *accumulate(_effort(part.text) for part in parts)]
    length = sum(end - start for start, end in spans)
    words = []
    for part, (low, high) in zip(parts, pairwise(shares), strict=True):
        start = _at(spans, length * low / shares[-1], later=True)
        words.append(Word(part.text, start, max(start, _at(spans, length * high / shares[-1])), part.before))
    return words


def cues(spoken: Spoken, locale: str, *, fps: int) -> tuple[Cue, ...]:
    """Return captions of at most two lines that follow the voice and never overlap.

    A line has 42 columns, or 32 (16 wide characters) in Chinese, Japanese and Korean. A cue stays for at most half
    a second after its last word and never beyond the next cue's start.
    """
    columns = WIDE_COLUMNS if re.split("[-_]", locale)[0].lower() in WIDE_LANGUAGES else COLUMNS
    words = [part for word in spoken.words for part in _narrowed(word, columns)]
    groups = [group for block in _blocks(words, fps) for group in _grouped(block, columns, fps)]
    following = [*(group[0].start for group in groups[1:]), None]
    shown = []
    for group, after in zip(groups, following, strict=False):
        end = group[-1].end + round(HOLD_S * fps)
        end = end if after is None else min(end, after)
        # A line with less than a frame a caption shows what fits: players refuse cues without length.
        if end > group[0].start:
            shown.append(Cue(group[0].start, end, _two_lines(group, columns) or ""))
    return tuple(shown)


def words_a_second(lines: Sequence[Line], fps: int) -> tuple[float, ...]:
    """Return how fast each line has to be spoken to fit its frames."""
    return tuple(word_count(line.text) * fps / max(1, line.end - line.start) for line in lines)


def word_count(text: str) -> float:
    """Return the number of words; scripts without spaces count a few characters as one."""
    if text.isascii():
        return float(len(text.split()))
    bare = sum(len(re.findall(f"[{kind}]", text)) / size for kind, size in _A_WORD.items())
    return bare + len(re.sub(f"[{_BARE}]", " ", text).split())


def _parts(token: str) -> Iterator[tuple[int, str]]:
    # Asked first, for plain words need no search through all those scripts, which takes long to compile.
    if token.isascii() or not re.search(f"[{_BARE}]", token):
        yield 0, token
        return
    run: list[re.Match[str]] = []
    for atom in re.finditer(_ATOM, token, re.DOTALL):
        if run and _parted(run[-1].group(), atom.group()):
            yield from _even(run)
            run = []
        run.append(atom)
    yield from _even(run)


def _parted(left: str, right: str) -> bool:
    """Say whether a word surely ends here: after punctuation, at Latin letters, and where hiragana gives way."""
    if right.strip(_CLOSES) == "" or left.strip(_OPENS) == "":
        return False
    clause = left.endswith(_CLAUSE_ENDS + _SENTENCE_ENDS)
    bare = bool(re.search(f"[{_BARE}]", left)), bool(re.search(f"[{_BARE}]", right))
    particles = "\u3040" <= left[-1] <= "\u309f" and not "\u3040" <= right[0] <= "\u309f"
    return clause or bare != (True, True) or particles


def _even(run: Sequence[re.Match[str]]) -> Iterator[tuple[int, str]]:
    count = math.ceil(len(run) / _PIECE_CHARACTERS)
    edges = [round(len(run) * number / count) for number in range(count + 1)]
    for low, high in pairwise(edges):
        yield run[low].start(), "".join(atom.group() for atom in run[low:high])


def _effort(text: str) -> float:
    """How long a word takes beside others: digits are read as words, punctuation is a breath."""
    said = sum(3 if char.isdigit() else _width(char) if char.isalpha() else 0 for char in text)
    bare = text.rstrip(_QUOTES)
    return 1 + said + (4 if bare.endswith(_SENTENCE_ENDS) else 2 if bare.endswith(_CLAUSE_ENDS) else 0)


def _at(spans: Sequence[tuple[int, int]], offset: float, *, later: bool = False) -> int:
    """Return the frame that lies `offset` frames into the spans laid end to end; `later` takes the next span's."""
    for start, end in spans:
        if offset < end - start - 1e-6 or (not later and offset <= end - start + 1e-6):
            return min(end, round(start + offset))
        offset -= end - start
    return spans[-1][1]


def _blocks(words: Sequence[Word], fps: int) -> Iterator[list[Word]]:
    """Part the words where a caption must end: at another shot's line and at a long silence."""
    block: list[Word] = []
    for word in words:
        if block and (word.before == "\n" or word.start - block[-1].end > 2 * HOLD_S * fps):
            yield block
            block = []
        block.append(word)
    if block:
        yield block


def _grouped(block: list[Word], columns: int, fps: int) -> list[list[Word]]:
    """Cut a block into captions at the least cost: few, slow enough, and ending where sentences and clauses end."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(block) + 1):
        costs = []
        for start in range(end - 1, -1, -1):
            if _two_lines(block[start:end], columns) is None:
                break
            costs.append((best[start][0] + _cost(block[start:end], end == len(block), fps), start))
        best.append(min(costs))
    groups, end = [], len(block)
    while end:
        start = best[end][1]
        groups.append(block[start:end])
        end = start
    return groups[::-1]


def _cost(group: Sequence[Word], last: bool, fps: int) -> float:
    seconds = max(1, group[-1].end - group[0].start) / fps
    speed = sum(len(word.before) + len(word.text) for word in group) / seconds
    ends = [word.text.rstrip(_QUOTES) for word in group]
    torn = 0 if last or ends[-1].endswith(_SENTENCE_ENDS) else 3 if ends[-1].endswith(_CLAUSE_ENDS) else 5
    swallowed = 3 * sum(end.endswith(_SENTENCE_ENDS) for end in ends[:-1])
    return 8 + torn + swallowed + max(0.0, speed - CHARACTERS_A_SECOND) + 5 * max(0.0, 1 - seconds)


def _two_lines(group: Sequence[Word], columns: int) -> str | None:
    """Return the words on one line or two of about the same length, or None where they do not fit."""
    whole = _joined(group)
    if _width(whole) <= columns:
        return whole
    if _width(whole) > 2 * columns + 1:
        return None
    halves: list[tuple[str, str]] = [(_joined(group[:at]), _joined(group[at:])) for at in range(1, len(group))]
    fitting = [pair for pair in halves if max(map(_width, pair)) <= columns]
    return "\n".join(min(fitting, key=lambda pair: _unevenness(*pair))) if fitting else None


def _unevenness(top: str, bottom: str) -> int:
    return abs(_width(top) - _width(bottom)) - (8 if top.endswith(_CLAUSE_ENDS + _SENTENCE_ENDS) else 0)


def _joined(group: Sequence[Word]) -> str:
    return group[0].text + "".join(word.before + word.text for word in group[1:])


@functools.lru_cache(maxsize=1024)
def _width(text: str) -> int:
    """Columns of a text: wide characters take two, marks and joiners none."""
    return sum(
        0
        if unicodedata.category(char) in ("Mn", "Me", "Cf")
        else 2
        if unicodedata.east_asian_width(char) in "WF"
        else 1
        for char in text
    )


def _narrowed(word: Word, columns: int) -> Iterator[Word]:
    """Yield the word, or the parts of one that is longer than a whole line."""
    parts: list[str] = [""]
    for char in word.text:
        if _width(parts[-1] + char) > columns:
            parts.append("")
        parts[-1] += char
    length = word.end - word.start
    edges = [word.start + length * number // len(parts) for number in range(len(parts) + 1)]
    for number, (part, (start, end)) in enumerate(zip(parts, pairwise(edges), strict=True)):
        yield Word(part, start, end, "" if number else word.before)
