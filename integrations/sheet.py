"""A product CSV as rows: cells by our field names, and the line each row starts on, whatever wrote the file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

import nh3
import pandas as pd

from adengine.core.catalog import RowProblem
from adengine.core.errors import FeedUnreadable, TooLarge

SIZE_LIMIT = 15_000_000  # Shopify's own limit for an import file
ROW_LIMIT = 100_000
VALUE_SHOWN = 80

# Column names of the product export first, then of the import template of 2025.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "handle": ("handle", "url handle"),
    "title": ("title",),
    "description": ("body (html)", "description"),
    "vendor": ("vendor",),
    "kind": ("type",),
    "tags": ("tags",),
    "published": ("published", "published on online store"),
    "status": ("status",),
    "gift_card": ("gift card",),
    "option1_name": ("option1 name",),
    "option1_value": ("option1 value",),
    "option2_name": ("option2 name",),
    "option2_value": ("option2 value",),
    "option3_name": ("option3 name",),
    "option3_value": ("option3 value",),
    "sku": ("variant sku", "sku"),
    "barcode": ("variant barcode", "barcode"),
    "price": ("variant price", "price"),
    "compare_at": ("variant compare at price", "compare-at price", "compare at price"),
    "cost": ("cost per item",),
    "tracker": ("variant inventory tracker", "inventory tracker"),
    "quantity": ("variant inventory qty", "inventory quantity", "inventory qty"),
    "policy": ("variant inventory policy", "continue selling when out of stock", "inventory policy"),
    "grams": ("variant grams", "weight value (grams)"),
    "image": ("image src", "product image url"),
    "image_position": ("image position",),
    "image_alt": ("image alt text",),
    "variant_image": ("variant image", "variant image url"),
}
NEEDED = ("handle", "title", "price")
METAFIELD = re.compile(r"\(product\.metafields\.([^.()]+)\.([^()]+)\)$", re.IGNORECASE)
OPTION_NUMBERS = (1, 2, 3)


def read_sheet(source: Path | bytes, called: str) -> Sheet:
    """Cut a CSV into rows by column name; raises FeedUnreadable or TooLarge, with `called` for its name."""
    text = _text(_bytes(source, called), called)
    # pandas.read_csv tells neither the line a record starts on nor which rows were ragged:
    # csv cuts the records, pandas makes them a table.
    report = Report()
    for line, reason in text.problems:
        report.note(line, "", "", reason)
    records = _records(text.content, _delimiter(text.content), report, called)
    try:
        header_line, header = next(records)
    except StopIteration:
        raise FeedUnreadable(f"{called} has no header row; export the products again") from None
    columns = _columns(header, called)
    report.names = {field: one_line(header[at]) for field, at in columns.items()}
    lines, kept, count = _shaped(records, len(header), report, called)
    table = pd.DataFrame(kept, index=lines, columns=range(len(header)), dtype=object)
    frame = table[list(columns.values())].set_axis(list(columns), axis=1)
    metafields = tuple(field for field in columns if "." in field)
    return Sheet(frame, metafields, header_line, count, report)


@dataclass(frozen=True)
class Row:
    """One line of the feed by our field names; `metafields` are (`ns.key`, raw value) pairs."""

    line: int
    cells: Mapping[str, str]
    metafields: tuple[tuple[str, str], ...]

    def raw(self, field: str) -> str:
        """The cell on one line without invisible characters; nothing is decoded."""
        return " ".join(_visible(self.cells.get(field, "")).split())

    def text(self, field: str) -> str:
        """The cell as people read it: no markup, on one line."""
        return one_line(self.cells.get(field, ""))

    @property
    def option_values(self) -> tuple[str, ...]:
        return tuple(self.text(f"option{n}_value") for n in OPTION_NUMBERS)

    @property
    def is_variant(self) -> bool:
        return bool(self.raw("price") or any(self.option_values))


@dataclass(frozen=True)
class Sheet:
    """The records as a table: columns are our field names, the index is each record's first line."""

    frame: pd.DataFrame
    metafields: tuple[str, ...]
    header_line: int
    count: int
    report: Report

    def rows(self) -> list[Row]:
        """Every row with anything in our columns."""
        fields = list(self.frame.columns)
        return [
            Row(line, cells, tuple((key, cells[key]) for key in self.metafields if cells[key].strip()))
            for line, *values in self.frame.itertuples(name=None)
            if any((cells := dict(zip(fields, values, strict=True))).values())
        ]


class Report:
    """Collects what was not taken, naming columns as the file names them."""

    def __init__(self) -> None:
        self.problems: list[RowProblem] = []
        self.names: Mapping[str, str] = {}

    def refuse(self, line: int, field: str, value: str, reason: str) -> None:
        self._add(line, field, value, reason, refused=True)

    def note(self, line: int, field: str, value: str, reason: str) -> None:
        self._add(line, field, value, reason, refused=False)

    def _add(self, line: int, field: str, value: str, reason: str, *, refused: bool) -> None:
        flat = " ".join(_visible(value).split())
        shown = flat if len(flat) <= VALUE_SHOWN else flat[: VALUE_SHOWN - 1] + "…"
        self.problems.append(RowProblem(line, self.names.get(field, ""), shown, reason, refused))


@dataclass(frozen=True)
class _Text:
    content: str
    problems: tuple[tuple[int, str], ...]


def _bytes(source: Path | bytes, called: str) -> bytes:
    too_large = TooLarge(f"{called} is larger than {SIZE_LIMIT // 1_000_000} MB; export fewer products at a time")
    if isinstance(source, bytes):
        if len(source) > SIZE_LIMIT:
            raise too_large
        return source
    try:
        with source.open("rb") as file:
            data = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise FeedUnreadable(f"{called} cannot be opened: {error.strerror or 'not a file'}") from error
    if len(data) > SIZE_LIMIT:
        raise too_large
    return data


def _text(data: bytes, called: str) -> _Text:
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise FeedUnreadable(f"{called} is a spreadsheet or archive; save it as CSV (UTF-8) and import that")
    content, problems = _decoded(data, called)
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in content:
        line = content.count("\n", 0, content.index("\0")) + 1
        problems.append((line, "NUL characters were removed; the file may be damaged"))
        content = content.replace("\0", "")
    if not content.strip("\ufeff \t\n"):
        raise FeedUnreadable(f"{called} is empty; export the products again")
    return _Text(content.removeprefix("\ufeff"), tuple(problems))


def _decoded(data: bytes, called: str) -> tuple[str, list[tuple[int, str]]]:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    try:
        return data.decode(encoding), []
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise FeedUnreadable(f"{called} starts like UTF-16 but is damaged; save it as UTF-8") from error
        line = data.count(b"\n", 0, error.start) + 1
    if data.startswith(b"\xef\xbb\xbf"):
        return data.decode("utf-8", errors="replace"), [(line, "not UTF-8 here; damaged characters show as �")]
    reason = "not UTF-8 here: the whole file was read as Windows-1252; check its accents"
    return data.decode("cp1252", errors="replace"), [(line, reason)]


def _delimiter(content: str) -> str:
    """The separator that makes the most known column names of the first line with words on it."""
    first = next((line for line in content.split("\n") if line.strip("\ufeff \t,;")), "")
    known = {name for names in COLUMNS.values() for name in names}

    def score(delimiter: str) -> tuple[int, int]:
        names = [_column_name(name) for name in first.replace('"', "").split(delimiter)]
        return sum(name in known for name in names), len(names)

    return max(",;\t", key=score)


def _records(content: str, delimiter: str, report: Report, called: str) -> Iterator[tuple[int, list[str]]]:
    """Every non-blank record with the line it starts on."""
    # A quote left open would swallow this last line, which is how it is noticed.
    sentinel = "\0"
    reader = csv.reader(io.StringIO(f"{content}\n{sentinel}\n"), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            record = next(reader)
        except csv.Error as error:
            if reader.line_num > line:
                raise FeedUnreadable(
                    f"{called}: a quoted cell that starts on line {line} runs on for more than "
                    f"{csv.field_size_limit():,} characters; a closing quote is probably missing"
                ) from error
            report.refuse(line, "", "", f"a cell is longer than {csv.field_size_limit():,} characters")
            continue
        if record == [sentinel]:
            return
        if any(sentinel in cell for cell in record):
            raise FeedUnreadable(
                f"{called}: a quote that opens on line {line} is never closed; close it and import again"
            )
        if any(cell.strip() for cell in record):
            yield line, record


def _columns(header: Sequence[str], called: str) -> dict[str, int]:
    """Our field names (and `ns.key` of each metafield) with their places in the file."""
    places: dict[str, int] = {}
    for at, name in enumerate(header):
        places.setdefault(_column_name(name), at)
    found = {
        field: next(places[name] for name in names if name in places)
        for field, names in COLUMNS.items()
        if not places.keys().isdisjoint(names)
    }
    if missing := [field for field in NEEDED if field not in found]:
        raise FeedUnreadable(_foreign(missing, header, called))
    for at, name in enumerate(header):
        if match := METAFIELD.search(name.strip()):
            found.setdefault(f"{match[1].strip()}.{match[2].strip()}", at)
    return found


def _column_name(name: str) -> str:
    return " ".join(_visible(name).split()).casefold()


def _foreign(missing: Sequence[str], header: Sequence[str], called: str) -> str:
    wanted = {"handle": "Handle (or URL handle)", "title": "Title", "price": "Variant Price (or Price)"}
    seen = ", ".join(one_line(name)[:30] for name in header[:6])
    return (
        f"{called} has no column {' and no column '.join(wanted[field] for field in missing)}; "
        f"its columns start with: {seen}. It looks like another system's file: "
        "export products from Shopify as CSV, or rename the columns to Handle, Title and Price"
    )


def _shaped(
    records: Iterator[tuple[int, list[str]]], width: int, report: Report, called: str
) -> tuple[list[int], list[list[str]], int]:
    """The records that fit the header, with their lines, and how many there were in all."""
    lines: list[int] = []
    kept: list[list[str]] = []
    count = 0
    for line, record in records:
        count += 1
        if count > ROW_LIMIT:
            raise TooLarge(f"{called} has more than {ROW_LIMIT:,} rows; export fewer products at a time")
        if len(record) < width or any(cell.strip() for cell in record[width:]):
            shape = f"the row has {len(record)} cells where the header has {width}"
            report.refuse(line, "", record[0], f"{shape}; a quote or separator is missing or too many")
            continue
        lines.append(line)
        kept.append(record[:width])
    return lines, kept, count


# Controls, soft hyphen, zero-width and bidi controls, fillers, tag characters: they hide or reorder text.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffc\ufffe\uffff\ud800-\udfff\U000e0000-\U000e01ef]"
    # Joiners stay where scripts and emoji need them: between two characters beyond ASCII.
    "|(?<![^\x00-\x7f\u2000-\u200f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f\u2000-\u200f])"
)
_BLOCK = re.compile(
    r"</?(?:address|article|aside|blockquote|br|center|dd|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure"
    r"|footer|form|h[1-6]|header|hgroup|hr|li|listing|main|menu|nav|ol|p|plaintext|pre|search|section|summary|table"
    r"|tbody|td|tfoot|th|thead|tr|ul|xmp)\b[^<>]{0,500}>",
    re.IGNORECASE,
)
_UNSEEN_CONTENT = {
    *("script", "style", "template", "noscript", "iframe", "object", "svg", "math", "title", "textarea"),
}
_STRAY_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def plain(html: str) -> str:
    """Text as a reader sees it: markup and scripts gone, paragraphs and list items one line each."""
    text = _visible(html)
    for _ in range(3):  # markup may be hidden behind entities, and entities behind entities
        if "<" not in text and "&" not in text:
            break
        cleaned = nh3.clean(_BLOCK.sub("\n", text), tags=set(), clean_content_tags=_UNSEEN_CONTENT)
        text = _visible(unescape(cleaned))
    lines = (" ".join(line.split()) for line in _STRAY_TAG.sub("", text).splitlines())
    return "\n".join(line for line in lines if line)


def one_line(html: str) -> str:
    """Like `plain`, for titles and other short texts."""
    return " ".join(plain(html).split())


def _visible(text: str) -> str:
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub("", text)
