"""Typefaces: the families we ship, a brand's own, the machine's fonts for other scripts, and what none can show."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import skia

from adengine.core.errors import RenderFailed
from adengine.core.style import Style
from workers.studio.letters.scripts import clean, clusters, is_picture, may_be_spaced

# Family: its package, the first part of its files' names, and the weights those files have.
FILES = {
    "serif": (
        "font_source_serif_pro",
        "SourceSerifPro-{}.ttf",
        {300: "Light", 400: "Regular", 600: "Semibold", 700: "Bold", 900: "Black"},
    ),
    "grotesk": (
        "font_hanken_grotesk",
        "HankenGrotesk-{}.otf",
        {300: "Light", 400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold"},
    ),
    "geometric": (
        "font_manrope",
        "Manrope-{}.ttf",
        {300: "Light", 400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold", 800: "ExtraBold"},
    ),
    "rounded": ("font_fredoka_one", "FredokaOne-{}.ttf", {400: "Regular"}),
    "poster": (
        "font_roboto",
        "Roboto-{}.ttf",
        {300: "Light", 400: "Regular", 500: "Medium", 700: "Bold", 900: "Black"},
    ),
    "heritage": ("font_caladea", "Caladea-{}.ttf", {400: "Regular", 700: "Bold"}),
    "plain": (
        "font_source_sans_pro",
        "SourceSansPro-{}.ttf",
        {300: "Light", 400: "Regular", 600: "Semibold", 700: "Bold", 900: "Black"},
    ),
}
# What stands in for a family whose file lacks letters of a Latin, Greek or Cyrillic text: whole texts, never letters.
STAND_INS = {"grotesk": ("geometric", 0), "rounded": ("geometric", 800), "heritage": ("serif", 0)}
WITH_SERIFS = ("serif", "heritage")
# Tried before the machine's own choice, which for Arabic is DejaVu: readable, not beautiful.
PREFERRED = (
    (0x0590, 0x05FF, "Noto Sans Hebrew", "Noto Serif Hebrew"),
    (0x0600, 0x08FF, "Noto Sans Arabic", "Noto Naskh Arabic"),
    (0xFB50, 0xFEFC, "Noto Sans Arabic", "Noto Naskh Arabic"),
    (0x0900, 0x097F, "Noto Sans Devanagari", "Noto Serif Devanagari"),
    (0x0E00, 0x0E7F, "Noto Sans Thai", "Noto Serif Thai"),
    (0x2E80, 0x303F, "Noto Sans CJK {han}", "Noto Serif CJK {han}"),
    (0x3040, 0x30FF, "Noto Sans CJK JP", "Noto Serif CJK JP"),
    (0x3100, 0x9FFF, "Noto Sans CJK {han}", "Noto Serif CJK {han}"),
    (0xAC00, 0xD7AF, "Noto Sans CJK KR", "Noto Serif CJK KR"),
    (0xF900, 0xFAFF, "Noto Sans CJK {han}", "Noto Serif CJK {han}"),
    (0xFF00, 0xFFEF, "Noto Sans CJK {han}", "Noto Serif CJK {han}"),
    (0x20000, 0x3FFFF, "Noto Sans CJK {han}", "Noto Serif CJK {han}"),
)
EMOJI_FONT = "Noto Color Emoji"
# Signs that are letters unless a variation selector makes them pictures: hearts, ticks, suns.
SYMBOL_FONTS = ("Noto Sans Symbols2", "Noto Sans Symbols", EMOJI_FONT)
# How far apart two lengths in pixels at size 100 must be to differ.
SAME = 2.0
SCRIPTS = {
    "Latin": "Aß",
    "Greek": "Ω",
    "Cyrillic": "Я",
    "Hebrew": "א",
    "Arabic": "ع",
    "Devanagari": "अ",
    "Bengali": "অ",
    "Tamil": "அ",
    "Thai": "ก",
    "Georgian": "ა",
    "Armenian": "Ա",
    "Chinese": "中",
    "Japanese": "あ",
    "Korean": "한",
    "emoji": "😀",
}


@functools.cache
def shelf() -> Shelf:
    """Return this process's fonts; opened once."""
    return Shelf()


@dataclass(frozen=True)
class Face:
    """A family at a weight; `han` says whose forms Han characters take where the family has none."""

    family: str
    weight: int
    han: str = "SC"


PLAIN = Face("plain", 600)


class Shelf:
    """The fonts of a process and the paragraphs they set."""

    def __init__(self) -> None:
        self._provider = skia.textlayout.TypefaceFontProvider()
        self._typefaces: dict[str, Any] = {}
        self._aliases: dict[Face, str] = {}
        self._found: dict[tuple[tuple[int, ...], bool, Face], str | None] = {}
        self._collection = skia.textlayout.FontCollection()
        self._collection.setDefaultFontManager(self._provider)
        self._unicode = skia.Unicodes.ICU.Make()

    def has(self, family: str) -> bool:
        """Say whether a family is one we ship or is installed on this machine."""
        return family in FILES or self._installed(family, 400) is not None

    def missing(self, text: str, face: Face = PLAIN) -> str:
        """Return the characters of `text` that no font here can show, each once."""
        absent = (
            cluster for cluster in clusters(text) if not _is_silent(cluster[0]) and not self._shows(cluster, face)
        )
        return "".join(dict.fromkeys(absent))

    def paragraph(self, text: str, face: Face, size: float, colour: str, tracking: float = 0.0) -> Any:
        """Return `text` shaped on one line; characters no font can show are left out (ask `missing`)."""
        paint = skia.Paint(AntiAlias=True, Color=0xFF000000 | int(colour.lstrip("#"), 16))
        return self.painted([(text, paint)], face, size, tracking)

    def painted(self, parts: Sequence[tuple[str, Any]], face: Face, size: float, tracking: float = 0.0) -> Any:
        """Return the parts shaped as one line, each in its own paint."""
        builder = skia.textlayout.ParagraphBuilder.make(
            skia.textlayout.ParagraphStyle(), self._collection, self._unicode
        )
        for text, paint in parts:
            for families, run in self._runs(text, face):
                # Spaced, the marks of direction would take room of their own.
                for part in re.split("([\u2066-\u2069]+)", run):
                    builder.pushStyle(_style(families, size, paint, tracking if may_be_spaced(part) else 0.0))
                    builder.addText(part)
                    builder.pop()
        built = builder.Build()
        built.layout(1_000_000)
        return built

    def words(self, parts: Sequence[str], face: Face) -> list[bool]:
        """Say for each part of a Thai, Lao, Burmese or Khmer run but the first whether a line may end before it.

        ICU's dictionary knows, but skia-python has no break iterator. The widest piece that may not be broken tells:
        two neighbours at full size, all else tiny, are as wide as both only where no line may end between them.
        """
        wide = [self.paragraph(part, face, 100, "#000000").MaxIntrinsicWidth for part in parts]
        return [
            self._narrowest(parts, place, face) < wide[place - 1] + wide[place] - SAME for place in range(1, len(parts))
        ]

    def _narrowest(self, parts: Sequence[str], place: int, face: Face) -> float:
        builder = skia.textlayout.ParagraphBuilder.make(
            skia.textlayout.ParagraphStyle(), self._collection, self._unicode
        )
        for number, part in enumerate(parts):
            size = 100.0 if number in (place - 1, place) else 0.01
            for families, run in self._runs(part, face):
                builder.pushStyle(_style(families, size, skia.Paint(), 0.0))
                builder.addText(run)
                builder.pop()
        built = builder.Build()
        built.layout(1_000_000)
        return float(built.MinIntrinsicWidth)

    def _runs(self, text: str, face: Face) -> Iterator[tuple[list[str], str]]:
        """Split into runs of the same fonts, so that an emoji never takes a letter font's outline."""
        own, run, current = self._alias(face), "", ""
        for cluster in clusters(text):
            alias = current if run and unicodedata.category(cluster[0]) == "Cf" else self._alias_of(cluster, face)
            if alias is None:
                continue
            if alias != current and run:
                yield [current, own], run
                run = ""
            current, run = alias, run + cluster
        if run:
            yield [current, own], run

    def covering(self, text: str, face: Face) -> Face:
        """Return the face, or where it lacks letters of a Latin, Greek or Cyrillic text the one that stands in."""
        family, weight = STAND_INS.get(face.family, ("plain", 0))
        own = self._alias(face)
        if face.family in ("plain", "geometric", "serif", "poster") or self._has(own, _european(text)):
            return face
        return replace(face, family=family, weight=weight or face.weight)

    def _shows(self, cluster: str, face: Face) -> bool:
        return self._alias_of(cluster, face) is not None

    def _alias_of(self, cluster: str, face: Face) -> str | None:
        """Return the font of a cluster: the emoji font for pictures, the face's own, else one for its script."""
        points = tuple(ord(c) for c in cluster if unicodedata.category(c) != "Cf" and not _is_selector(c))
        # Spaces are always the face's own: other fonts' are wider or narrower, an emoji font's twice as wide.
        if not points or cluster[0].isspace():
            return self._alias(face)
        key = points, is_picture(cluster), face
        if key not in self._found:
            emoji = self._installed(EMOJI_FONT, face.weight) if is_picture(cluster) else None
            has_emoji = emoji is not None and self._has(emoji, points[:1])
            self._found[key] = emoji if has_emoji else self._find(points, face)
        return self._found[key]

    def _find(self, points: tuple[int, ...], face: Face) -> str | None:
        """Return the first font that has all of a cluster's characters; a mark never comes from another font."""
        own, first = self._alias(face), points[0]
        if self._has(own, points):
            return own
        wanted = [
            (serif if face.family in WITH_SERIFS else sans).format(han=face.han)
            for low, high, sans, serif in PREFERRED
            if low <= first <= high
        ]
        for name in (*wanted, *(SYMBOL_FONTS if first >= 0x1F000 or 0x2190 <= first <= 0x27BF else ())):
            alias = self._installed(name, face.weight)
            if alias and self._has(alias, points):
                return alias
        for point in points:
            found = _machine().matchFamilyStyleCharacter("", _font_style(face.weight), ["en"], point)
            if found is not None and all(found.unicharToGlyph(wanted) for wanted in points):
                return self._keep(f"{found.getFamilyName()} {face.weight}", found)
        return None

    def _has(self, alias: str, points: tuple[int, ...]) -> bool:
        return all(self._typefaces[alias].unicharToGlyph(point) for point in points)

    def _alias(self, face: Face) -> str:
        if face not in self._aliases:
            self._aliases[face] = self._opened(face)
        return self._aliases[face]

    def _opened(self, face: Face) -> str:
        if face.family in FILES:
            package, file, weights = FILES[face.family]
            nearest = min(weights, key=lambda weight: (abs(weight - face.weight), -weight))
            alias = f"{face.family} {nearest}"
            return (
                alias
                if alias in self._typefaces
                else self._keep(alias, _shipped(package, file.format(weights[nearest])))
            )
        alias = self._installed(face.family, face.weight) or ""
        if not alias:
            raise RenderFailed(f"The font '{face.family}' is not installed here; install it or choose another")
        return alias

    def _installed(self, name: str, weight: int) -> str | None:
        alias = f"{name} {weight}"
        if alias in self._typefaces:
            return alias
        found = _machine().matchFamilyStyle(name, _font_style(weight))
        is_same = found is not None and found.getFamilyName().casefold() == name.casefold()
        return self._keep(alias, found) if is_same else None

    def _keep(self, alias: str, typeface: Any) -> str:
        if alias not in self._typefaces:
            self._typefaces[alias] = typeface
            self._provider.registerTypeface(typeface, alias)
        return alias


def branded(style: Style, display_font: str, text_font: str) -> tuple[Style, tuple[str, ...]]:
    """Return the style in the brand's own fonts, and a note for each that is not installed here."""
    asked = dict.fromkeys(name for name in (display_font, text_font) if name)
    absent = [name for name in asked if not shelf().has(name)]
    if display_font and display_font not in absent:
        style = replace(style, display=(display_font, style.display[1]))
    if text_font and text_font not in absent:
        style = replace(style, strong=(text_font, style.strong[1]), text=(text_font, style.text[1]))
    note = "The brand's font '{}' is not installed here; the style's own is used. Install it, or name another."
    return style, tuple(note.format(name) for name in absent)


def notes(texts: Iterable[str], style: Style) -> tuple[str, ...]:
    """Name what no font here shows, and the families that give way to another for some of the texts."""
    known = [clean(text) for text in texts]
    absent = shelf().missing("".join(known))
    lines = (
        [f"No font on this machine shows {named(absent)}; left out. Install one (Noto covers most)."] if absent else []
    )
    for family, weight in dict.fromkeys((style.display, style.strong, style.text)):
        others = dict.fromkeys(shelf().covering(text, Face(family, weight)).family for text in known)
        lines += [
            f"The font '{family}' lacks letters of some texts; they are set in '{o}'." for o in others if o != family
        ]
    return tuple(lines)


def missing_scripts() -> list[str]:
    """Name the scripts that no font of this machine can show."""
    return [script for script, sample in SCRIPTS.items() if shelf().missing(sample)]


def named(characters: str) -> str:
    """Write characters with their Unicode names, for a note that a person can act on."""
    shown = [f"{c} ({unicodedata.name(c, f'U+{ord(c):04X}')})" for c in characters[:5]]
    more = f" and {len(characters) - 5} more" if len(characters) > 5 else ""
    return ", ".join(shown) + more


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep standard error closed: skia's fontconfig is older than Debian's rules and complains of one of them."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@functools.cache
def _machine() -> Any:
    """The machine's fonts, opened when the first text asks for more than we ship: it takes 50 ms."""
    with _quiet():
        return skia.FontMgr()


def _is_silent(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) == "Cf"


def _european(text: str) -> tuple[int, ...]:
    return tuple({ord(c) for c in text if c.isalpha() and (c < "\u0530" or "\u1e00" <= c <= "\u1fff")})


def _is_selector(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _shipped(package: str, file: str) -> Any:
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0]) / "files" / file if folders else None
    # Not skia.Typeface.MakeFromFile: that opens the machine's fonts first.
    opener = skia.textlayout.TypefaceFontProvider.New_Custom_Empty()
    face = opener.makeFromFile(str(path)) if path and path.is_file() else None
    if face is None:
        raise RenderFailed(f"The font {file} is missing; install the package {package.replace('_', '-')}")
    return face


def _font_style(weight: int) -> Any:
    return skia.FontStyle(weight, skia.FontStyle.kNormal_Width, skia.FontStyle.kUpright_Slant)


def _style(families: list[str], size: float, paint: Any, tracking: float) -> Any:
    style = skia.textlayout.TextStyle()
    style.setFontFamilies(families)
    style.setFontSize(size)
    style.setForegroundPaint(paint)
    style.setLetterSpacing(tracking * size)
    return style
