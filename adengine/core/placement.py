"""Where a film will be shown: the lengths, files and margins each place asks for, as dated data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Literal, TypeAlias, cast

from adengine.core.errors import Invalid
from adengine.core.layers import Box
from adengine.core.reading import Reader, is_mapping
from adengine.core.storyboard import FORMATS

# Broadcasters' title-safe margin, where a place states none.
TITLE_SAFE = 0.05
AUDIO = ("needed", "wanted", "optional", "muted")

Sound: TypeAlias = Literal["needed", "wanted", "optional", "muted"]
Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True)
class Margins:
    """What the app lays over a film's edges: below 1 a part of the frame's side, from 1 on its pixels."""

    top: float = TITLE_SAFE
    bottom: float = TITLE_SAFE
    left: float = TITLE_SAFE
    right: float = TITLE_SAFE

    def inside(self, width: int, height: int) -> Box:
        """Return what is left of a frame, rounded inwards to whole pixels."""
        left, right = _pixels(self.left, width), _pixels(self.right, width)
        top, bottom = _pixels(self.top, height), _pixels(self.bottom, height)
        return Box(left, top, width - left - right, height - top - bottom)


@dataclass(frozen=True)
class Placement:
    """One place a film can be shown in.

    `allowed_s` is what the place takes, `advised_s` what works there (equal where nothing is said); `most_bytes`
    and `least_kbps` are 0 where no limit is stated. `keep_clear` is (format, left-to-right, right-to-left margins);
    `words` (field, characters) limits the text around the film. `from_memory` names the fields that nobody looked
    up on the day of `checked`.
    """

    name: str
    title: str
    formats: tuple[str, ...]
    allowed_s: Span
    advised_s: Span
    containers: tuple[str, ...]
    audio: Sound
    source: str
    checked: date
    most_bytes: int = 0
    least_kbps: int = 0
    least_pixels: tuple[tuple[str, tuple[int, int]], ...] = ()
    keep_clear: tuple[tuple[str, Margins, Margins], ...] = ()
    words: tuple[tuple[str, int], ...] = ()
    from_memory: tuple[str, ...] = ()

    def margins(self, film_format: str, *, rtl: bool = False) -> Margins:
        """Return the margins of a format; title-safe ones where the place states none."""
        found = next((pair for name, *pair in self.keep_clear if name == film_format), [Margins(), Margins()])
        return found[rtl]


# What every vertical app leaves free (facts of November 2026): for a film whose places are not chosen yet.
ANYWHERE = Margins(top=270, bottom=670, left=60, right=140)


def safe_box(placements: Iterable[Placement], film_format: str, *, rtl: bool = False) -> Box:
    """Return where text may stand, in pixels of the format's frame: what the apps of all these places leave free.

    Without placements a vertical film keeps clear of every app's usual margins and any other of title-safe ones.
    `rtl` is for interfaces written right to left, whose buttons stand on the other side.
    """
    if film_format not in FORMATS:
        raise Invalid(f"Format '{film_format}' is unknown; choose one of {', '.join(FORMATS)}")
    chosen = [placement.margins(film_format, rtl=rtl) for placement in placements]
    boxes = [margins.inside(*FORMATS[film_format]) for margins in chosen or [_anywhere(film_format, rtl=rtl)]]
    x, y = max(box.x for box in boxes), max(box.y for box in boxes)
    return Box(x, y, min(box.right for box in boxes) - x, min(box.bottom for box in boxes) - y)


def placement_from(mapping: Mapping[str, object], name: str) -> Placement:
    """Read a placement's mapping; an unknown or missing field raises TemplateInvalid with its path."""
    reader = Reader(mapping, name)
    allowed = _span(reader, "allowed_s")
    placement = Placement(
        name=name,
        title=reader.text("title"),
        formats=reader.texts("formats"),
        allowed_s=allowed,
        advised_s=_span(reader, "advised_s", allowed),
        containers=reader.texts("containers"),
        audio=cast(Sound, reader.choice("audio", AUDIO)),
        source=reader.text("source"),
        checked=_day(reader, "checked"),
        most_bytes=int(reader.number("most_mb", 0, least=0) * 1_000_000),
        least_kbps=int(reader.number("least_kbps", 0, least=0)),
        least_pixels=_sizes(reader),
        keep_clear=_margins(reader),
        words=_limits(reader),
        from_memory=reader.texts("from_memory", ("most_mb", *(field.name for field in fields(Placement)))),
    )
    reader.finish()
    return placement


def _anywhere(film_format: str, *, rtl: bool) -> Margins:
    if film_format != "9x16":
        return Margins()
    return Margins(ANYWHERE.top, ANYWHERE.bottom, ANYWHERE.right, ANYWHERE.left) if rtl else ANYWHERE


def _pixels(margin: float, side: int) -> int:
    # 0.06 of 1080 is 64.8: half a pixel more is kept clear, never less.
    return -int(-(margin * side if margin < 1 else margin) // 1)


def _span(reader: Reader, field: str, default: Span | None = None) -> Span:
    pair = reader.items(field, default)
    if len(pair) != 2 or not all(isinstance(end, int | float) and end > 0 for end in pair):
        raise reader.fail(field, "must be two numbers of seconds above 0")
    least, most = cast(Span, tuple(pair))
    if least > most:
        raise reader.fail(field, "must be the shortest and then the longest")
    return float(least), float(most)


def _day(reader: Reader, field: str) -> date:
    try:
        return date.fromisoformat(reader.text(field))
    except ValueError:
        raise reader.fail(field, "must be a day, written like 2026-11-21 in quotes") from None


def _entries(reader: Reader, field: str) -> Mapping[str, object]:
    value = reader.take(field, {})
    if not is_mapping(value):
        raise reader.fail(field, "must be a mapping")
    return value


def _sizes(reader: Reader) -> tuple[tuple[str, tuple[int, int]], ...]:
    return tuple((name, _whole_pair(reader, name, pair)) for name, pair in _entries(reader, "least_pixels").items())


def _whole_pair(reader: Reader, name: str, pair: object) -> tuple[int, int]:
    match pair:
        case [int(width), int(height)]:
            return width, height
    raise reader.fail(f"least_pixels.{name}", "must be a width and a height in pixels")


def _limits(reader: Reader) -> tuple[tuple[str, int], ...]:
    limits = _entries(reader, "words")
    part = Reader(limits, reader.name, f"{reader.path}words.")
    return tuple((field, int(part.number(field))) for field in limits)


def _margins(reader: Reader) -> tuple[tuple[str, Margins, Margins], ...]:
    return tuple(
        (name, *_both(Reader(sides, reader.name, f"{reader.path}keep_clear.{name}.")))
        for name, sides in _entries(reader, "keep_clear").items()
    )


def _both(reader: Reader) -> tuple[Margins, Margins]:
    """Read the margins of both writing directions; `rtl` says what is different right to left."""
    top, bottom, left, right = (reader.number(side, TITLE_SAFE) for side in ("top", "bottom", "left", "right"))
    other = Reader(reader.take("rtl", {}), reader.name, f"{reader.path}rtl.")
    mirrored = Margins(top, bottom, other.number("left", left), other.number("right", right))
    other.finish()
    reader.finish()
    return Margins(top, bottom, left, right), mirrored
