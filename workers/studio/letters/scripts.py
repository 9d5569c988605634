"""What the writing systems ask of typesetting: direction, units that stay whole, where lines may end, capitals."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

RTL_LANGUAGES = ("ar", "arc", "ckb", "dv", "fa", "he", "iw", "ks", "ps", "sd", "ug", "ur", "yi")
# Written without spaces; where a word ends is for a dictionary to say.
BARE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
IDEOGRAPHIC = "\u2e80-\u2fdf\u3003-\u3007\u3021-\u312f\u31a0-\u31bf\u31f0-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d"
# JIS X 4051 (kinsoku): what may not end a line, and what may not begin one.
OPENS = "「『（〔【〈《｛［“‘([{«‹¿¡￥¥＄$€£₩#№"
CLOSES = (
    "、。，．：；！？」』）〕】〉》｝］…‥・ー〜～々〻ゝゞヽヾぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ％"
    "”’),.!?:;%]}°′″»›"
)
_JOINERS = "\u200c\u200d\u20e3\uff9e\uff9f"
_LEADING_VOWELS = "เแโใไເແໂໃໄ"
_TRAILING_VOWELS = "ะาำๅະາຳ"
# How tall a line must be for marks above and below not to touch the next one, and whether letters may be spaced.
_TALL = (
    ("[\u0600-\u08ff\ufb50-\ufefc]", 1.34),
    (f"[{BARE}]", 1.34),
    ("[\u0900-\u0dff]", 1.26),
    ("[\u1ea0-\u1ef9]", 1.14),
    (f"[{IDEOGRAPHIC}\uac00-\ud7af]", 1.16),
    ("[\u0590-\u05ff]", 1.12),
)
_UNSPACED = f"[\u2066-\u2069\u0590-\u08ff\u0900-\u0dff{BARE}\u200d\U0001f000-\U0001faff]"
# Emoji that are pictures without a variation selector (emoji-data.txt, Emoji_Presentation, below U+1F000).
_PICTURES = (
    "[\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd"
    "\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e"
    "\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\U0001f004\U0001f0cf\U0001f18e"
    "\U0001f191-\U0001f19a\U0001f1e6-\U0001f1ff\U0001f201\U0001f21a\U0001f22f\U0001f232-\U0001f236\U0001f238-\U0001f23a"
    "\U0001f250\U0001f251\U0001f300-\U0001f64f\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7f0\U0001f90c-\U0001f9ff"
    "\U0001fa70-\U0001faff]"
)
_UNITS = (
    "mm|cm|dm|m|km|µm|in|ft|yd|mi|g|kg|mg|t|lb|lbs|oz|ml|cl|dl|l|L|gal|W|kW|V|A|mAh|Ah|Wh|kWh|h|min|s|ms|GB|TB|MB|"
    "Hz|kHz|MHz|GHz|dB|px|dpi|K|C|F|x|kr|zł|Kč|Ft|lei|лв|kcal|kJ|pcs|Std|Stk|St|ans|mois|Uhr"
)
_SIGNS = "$€£¥￥₩₹₺₫₪₴₽฿₦₱₸₾₮₭៛"
_GLUE = (
    # Number and unit, currency and number, groups of three digits: "30 cm", "CHF 9.90", "12 000 kr".
    rf"(?<=\d) (?=(?:{_UNITS}|[A-Z]{{3}}|[а-я]{{1,3}}|\d{{3}})(?![^\W_])|[{_SIGNS}%‰°℃×])",
    rf"(?<=\b[A-Z]{{3}}) (?=\d)|(?<=[{_SIGNS}№]) (?=\d)|(?<=\b[Nn][ro]\.) (?=\d)|(?<=[Nn]°) (?=\d)",
    # French punctuation, and a dash or an ampersand beside its words.
    r" (?=[!?:;»›–—](?:\s|$))|(?<=[«‹]) |(?<=(?<=\s)&) (?=\S)",
)
# Counters that belong to their number.
_COUNTERS = "円元万千億兆年月日時分秒人名枚本個件台回歳点倍割折位階号週度"


@dataclass(frozen=True)
class Atom:
    """A piece that no line end may split, `at` characters into the text; `spaced` when a space stands before it.

    `soft` asks for a hyphen where the line ends after it; `cost` (0..1) is how unwelcome a line end before it is.
    """

    text: str
    at: int
    spaced: bool
    soft: bool = False
    cost: float = 0.0


def clean(text: str) -> str:
    """Return composed text (NFC) without control characters, which no font shows.

    Two signs that CLDR puts into prices give way to their twins: the fullwidth yen opens a hole in large type, and
    the narrow no-break space is missing from many fonts.
    """
    kept = (c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", "".join(kept)).translate({0xFFE5: "¥", 0x202F: "\u00a0"})


def is_rtl(text: str) -> bool:
    """Say whether the first strong character is written right to left."""
    strong = (unicodedata.bidirectional(c) for c in text)
    return next((kind in ("R", "AL") for kind in strong if kind in ("L", "R", "AL")), False)


def has_rtl(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in ("R", "AL", "AN") for c in text)


def leans_rtl(text: str, locale: str = "") -> bool:
    """Say whether a block of this text belongs to the right: by its language, else by most of its letters."""
    kinds = [unicodedata.bidirectional(c) for c in text if c.isalpha()]
    right = sum(kind in ("R", "AL") for kind in kinds)
    return right > 0 and (language(locale) in RTL_LANGUAGES or right * 2 > len(kinds))


def language(locale: str) -> str:
    return re.split("[-_]", locale, maxsplit=1)[0].lower()


def han(text: str, locale: str = "") -> str:
    """Return whose forms of the Han characters to draw: JP, KR, TC, HK or SC."""
    by_language = {"ja": "JP", "ko": "KR", "yue": "HK"}.get(language(locale))
    if by_language:
        return by_language
    if language(locale) == "zh":
        return "HK" if re.search("(?i)[-_]HK", locale) else "TC" if re.search("(?i)[-_](hant|tw|mo)", locale) else "SC"
    return "JP" if re.search("[\u3041-\u30ff]", text) else "KR" if re.search("[\uac00-\ud7af]", text) else "SC"


def found(letters: str, text: str) -> bool:
    """Say whether the text holds any of these letters, none of them ASCII.

    Plain ASCII is not asked: to compile tables of scripts takes longer than to set a film's words.
    """
    return not text.isascii() and bool(re.search(letters, text))


def leading(text: str, asked: float) -> float:
    """Return the line height in ems that the text's scripts need, at least the one asked for."""
    return max([asked, *(least for script, least in _TALL if found(script, text))])


def may_be_spaced(text: str) -> bool:
    """Say whether letters may be set apart: in cursive scripts and in marks on marks they may not."""
    return not found(_UNSPACED, text)


def is_picture(cluster: str) -> bool:
    """Say whether a cluster is to be drawn as a colour emoji."""
    if "\ufe0e" in cluster:
        return False
    return "\ufe0f" in cluster or "\u20e3" in cluster or found(_PICTURES, cluster[:1])


def upper(text: str, locale: str = "") -> str:
    """Return capitals as the language writes them: Turkish dotted İ, German SS, Greek without accents.

    Georgian stays: its capitals are no longer part of ordinary writing and few fonts have them.
    """
    if language(locale) in ("tr", "az") or re.search("[ğı]", text):
        text = text.replace("i", "İ").replace("ı", "I")
    return "".join(_capital(c) for c in text)


def isolates(text: str) -> list[tuple[int, int]]:
    """Return the spans of Latin names, numbers and prices that keep their own order inside right-to-left text.

    The Unicode bidirectional algorithm would otherwise tear a sign or a currency off its number (UAX #9, 2.7).
    """
    text = glued(text)
    kinds = "".join(_kind(text, place) for place in range(len(text)))
    spans = [found.span() for found in re.finditer(r"s?t*L(?:[^R]*[Lt])?", kinds)]
    return [part for start, end in spans for part in _amounts_apart(text, start, _closing(text, start, end))]


def clusters(text: str) -> list[str]:
    """Return what a reader takes for one character each (UAX #29, with Indic conjuncts and Thai vowels whole)."""
    made: list[str] = []
    for character in text:
        if made and _joins(made[-1], character):
            made[-1] += character
        else:
            made.append(character)
    return made


def glued(text: str) -> str:
    """Turn the spaces that no line may end at into no-break spaces; the text keeps its length."""
    for pattern in _GLUE:
        text = re.sub(pattern, "\u00a0", text)
    return text


def atoms(text: str) -> Iterator[Atom]:
    """Yield the pieces between which a line may end, by UAX #14 and kinsoku.

    A run of Thai, Lao, Burmese or Khmer comes whole: ask `fonts.Shelf.words` where its words end.
    """
    for word in re.finditer(r"[^ \t\n\u200b]+", glued(text)):
        spaced = word.start() > 0 and text[word.start() - 1] != "\u200b"
        at, run, before = word.start(), "", ""
        cost = _cost_after(text[: word.start()])
        for cluster in clusters(word.group()):
            if before and _may_part(before, cluster, run):
                yield Atom(run.replace("\u00ad", ""), at, spaced, before == "\u00ad", cost)
                at, run, spaced, cost = at + len(run), "", False, _cost(before, cluster)
            run, before = run + cluster, cluster
        if run.replace("\u00ad", ""):
            yield Atom(run.replace("\u00ad", ""), at, spaced, False, cost)


def _kind(text: str, place: int) -> str:
    """Sort a character for `isolates`: L letter or number, R right to left, t with numbers, s a sign, n the rest."""
    character = text[place]
    match unicodedata.bidirectional(character):
        case "L" | "EN":
            return "L"
        case "R" | "AL" | "AN":
            return "R"
        case "ET":
            return "t"
    if character in "+-−" and (place == 0 or text[place - 1].isspace()):
        return "s"
    return "t" if character in "™®©+" else "n"


def _closing(text: str, start: int, end: int) -> int:
    """Take a closing bracket along with the opening one inside the span."""
    pairs = {"(": ")", "[": "]", "{": "}"}
    for opening, closing in pairs.items():
        inside = text[start:end]
        if inside.count(opening) > inside.count(closing) and text[end : end + 1] == closing:
            return end + 1
    return end


def _amounts_apart(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Part a span at its prices and percentages: each is a word of the right-to-left sentence."""
    tokens = [(start + m.start(), start + m.end()) for m in re.finditer("[^ ]+", text[start:end])]
    run: list[tuple[int, int]] = []
    for token in tokens:
        is_amount = bool(re.search(rf"[{_SIGNS}%]|^[A-Z]{{3}}\u00a0\d|\d\u00a0[A-Z]{{3}}$", text[slice(*token)]))
        if is_amount and run:
            yield run[0][0], run[-1][1]
            run = []
        if is_amount:
            yield token
        else:
            run.append(token)
    if run:
        yield run[0][0], run[-1][1]


def _capital(character: str) -> str:
    if "\u10d0" <= character <= "\u10ff":
        return character
    if "\u0370" <= character <= "\u03ff":
        plain = unicodedata.normalize("NFD", character).replace("\u0301", "")
        return unicodedata.normalize("NFC", plain).upper()
    return character.upper()


def _joins(cluster: str, character: str) -> bool:
    last = cluster[-1]
    if unicodedata.category(character) in ("Mn", "Me", "Mc") or character in _JOINERS + _TRAILING_VOWELS:
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff" or "\U000e0020" <= character <= "\U000e007f":
        return True
    if last == "\u200d" or last in _LEADING_VOWELS:
        return True
    if unicodedata.combining(last) == 9 and unicodedata.category(character) == "Lo":
        return True
    flags = "\U0001f1e6" <= character <= "\U0001f1ff"
    return flags and len(cluster) == 1 and "\U0001f1e6" <= last <= "\U0001f1ff"


def _may_part(before: str, after: str, run: str) -> bool:
    if before == "\u00ad":
        return True
    if before[-1] in OPENS or after[0] in CLOSES or "\u00a0" in (before, after) or "\u2060" in (before, after):
        return False
    if before in "-‐–—/":
        return len(run) > 1 and run[-2].isalpha() and after[0].isalpha()
    if _is_wide(before) or _is_wide(after):
        return not (before[0].isdigit() and after[0] in _COUNTERS) and not (before == after and before in "…‥―—")
    return False


def _is_wide(cluster: str) -> bool:
    return found(f"[{IDEOGRAPHIC}、-】！-～]", cluster[:1]) or is_picture(cluster)


def _cost_after(text: str) -> float:
    """A number wants its noun beside it, and a short word the one it belongs to."""
    last = text.rstrip().rpartition(" ")[2]
    return 0.3 if re.fullmatch(r"\d[\d.,]*", last) else 0.08 if re.fullmatch("[a-zà-žа-я]{1,2}", last) else 0.0


def _cost(before: str, after: str) -> float:
    """Japanese reads best when lines end after particles and punctuation, not inside a word."""
    if before[0] in CLOSES and not "ぁ" <= before[0] <= "ー":
        return 0.0
    if before in "-‐–—/\u00ad":
        return 0.35
    particle = "\u3041" <= before[0] <= "\u309f" and not "\u3041" <= after[0] <= "\u309f"
    return 0.0 if particle else 0.2
