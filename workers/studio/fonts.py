"""Typefaces: the two families we ship, the machine's fonts for other scripts, and what no font can show."""

from __future__ import annotations

import functools
import importlib.util
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import skia

from adengine.core.errors import RenderFailed

FILES = {
    "serif": ("font_source_serif_pro", "SourceSerifPro-Semibold.ttf"),
    "grotesk": ("font_hanken_grotesk", "HankenGrotesk-Bold.otf"),
    "text": ("font_hanken_grotesk", "HankenGrotesk-Medium.otf"),
    "strong": ("font_hanken_grotesk", "HankenGrotesk-SemiBold.otf"),
}
WEIGHTS = {"serif": 600, "grotesk": 700, "text": 500, "strong": 600}
# Tried before the machine's own choice, which for Arabic is DejaVu: readable, not beautiful.
PREFERRED = (
    (0x0590, 0x05FF, "Noto Sans Hebrew"),
    (0x0600, 0x08FF, "Noto Sans Arabic"),
    (0xFB50, 0xFEFC, "Noto Sans Arabic"),
    (0x0900, 0x097F, "Noto Sans Devanagari"),
    (0x0E00, 0x0E7F, "Noto Sans Thai"),
    (0x3040, 0x30FF, "Noto Sans CJK JP"),
    (0x3400, 0x9FFF, "Noto Sans CJK SC"),
    (0xAC00, 0xD7AF, "Noto Sans CJK KR"),
)
EMOJI_FONT = "Noto Color Emoji"
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
    with _quiet():
        return Shelf()


class Shelf:
    """The fonts of a process and the paragraphs they set."""

    def __init__(self) -> None:
        self._provider = skia.textlayout.TypefaceFontProvider()
        self._faces = {name: _shipped(*place) for name, place in FILES.items()}
        for name, face in self._faces.items():
            self._provider.registerTypeface(face, name)
        self._machine = skia.FontMgr()
        self._fallbacks: dict[tuple[int, int], str | None] = {}
        self._collection = skia.textlayout.FontCollection()
        self._collection.setDefaultFontManager(self._provider)
        self._unicode = skia.Unicodes.ICU.Make()

    def missing(self, text: str) -> str:
        """Return the characters of `text` that no font here can show, each once."""
        absent = (c for c in text if not _is_silent(c) and self._family(c, "text") is None)
        return "".join(dict.fromkeys(absent))

    def paragraph(self, text: str, face: str, size: float, colour: str, tracking: float = 0.0) -> Any:
        """Return `text` shaped on one line; characters no font can show are left out (ask `missing`)."""
        builder = skia.textlayout.ParagraphBuilder.make(
            skia.textlayout.ParagraphStyle(), self._collection, self._unicode
        )
        for families, run in self._runs(text, face):
            builder.pushStyle(_style(families, size, colour, tracking))
            builder.addText(run)
            builder.pop()
        built = builder.Build()
        built.layout(1_000_000)
        return built

    def _runs(self, text: str, face: str) -> Iterator[tuple[list[str], str]]:
        """Split into runs of the same fonts, so that an emoji never takes a letter font's outline."""
        run, current = "", ""
        for place, character in enumerate(text):
            family = current if _is_silent(character) and run else self._family_at(text, place, face)
            if family is None:
                continue
            if family != current and run:
                yield [current, face], run
                run = ""
            current, run = family, run + character
        if run:
            yield [current, face], run

    def _family_at(self, text: str, place: int, face: str) -> str | None:
        if text[place + 1 : place + 2] == "\ufe0f":
            return self._machine_font(EMOJI_FONT, WEIGHTS[face]) or self._family(text[place], face)
        return self._family(text[place], face)

    def _family(self, character: str, face: str) -> str | None:
        if _is_silent(character) or self._faces[face].unicharToGlyph(ord(character)):
            return face
        key = (ord(character), WEIGHTS[face])
        if key not in self._fallbacks:
            self._fallbacks[key] = self._find(*key)
        return self._fallbacks[key]

    def _find(self, point: int, weight: int) -> str | None:
        wanted = [name for low, high, name in PREFERRED if low <= point <= high]
        wanted += [EMOJI_FONT] if point >= 0x1F000 or 0x2600 <= point <= 0x27BF else []
        for name in wanted:
            alias = self._machine_font(name, weight)
            if alias and self._faces[alias].unicharToGlyph(point):
                return alias
        found = self._machine.matchFamilyStyleCharacter("", _font_style(weight), ["en"], point)
        if found is None or not found.unicharToGlyph(point):
            return None
        return self._keep(f"{found.getFamilyName()} {weight}", found)

    def _machine_font(self, name: str, weight: int) -> str | None:
        alias = f"{name} {weight}"
        if alias in self._faces:
            return alias
        found = self._machine.matchFamilyStyle(name, _font_style(weight))
        return self._keep(alias, found) if found and found.getFamilyName() == name else None

    def _keep(self, alias: str, typeface: Any) -> str:
        if alias not in self._faces:
            self._faces[alias] = typeface
            self._provider.registerTypeface(typeface, alias)
        return alias


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


def _is_silent(character: str) -> bool:
    return character.isspace() or unicodedata.category(character) in (
        "Cf",
        "Cc",
        "Mn",
        "Me",
        "Cs",
        "Co",
        "Cn",
    )


def _shipped(package: str, file: str) -> Any:
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0]) / "files" / file if folders else None
    face = skia.Typeface.MakeFromFile(str(path)) if path and path.is_file() else None
    if face is None:
        raise RenderFailed(f"The font {file} is missing; install the package {package.replace('_', '-')}")
    return face


def _font_style(weight: int) -> Any:
    return skia.FontStyle(weight, skia.FontStyle.kNormal_Width, skia.FontStyle.kUpright_Slant)


def _style(families: list[str], size: float, colour: str, tracking: float) -> Any:
    style = skia.textlayout.TextStyle()
    style.setFontFamilies(families)
    style.setFontSize(size)
    style.setColor(0xFF000000 | int(colour.lstrip("#"), 16))
    style.setLetterSpacing(tracking * size)
    return style
