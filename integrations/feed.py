"""Product feeds as files: both Shopify CSV dialects become products and a report of every row not taken."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import unescape
from pathlib import Path
from typing import TypeAlias

import nh3
import pandas as pd

from adengine.core.catalog import Feed, Image, Option, Product, RowProblem, Variant
from adengine.core.errors import FeedUnreadable, Invalid, TooLarge
from adengine.core.money import Money, parse, zero

SIZE_LIMIT = 15_000_000  # Shopify's own limit for an import file
ROW_LIMIT = 100_000
TITLE_LIMIT = 1_000
HANDLE_LIMIT = 255
SOURCE_LIMIT = 2_048
VALUE_SHOWN = 80
STATUSES = frozenset({"active", "draft", "archived", "unlisted"})

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
    "image": ("image src", "product image url"),
    "image_position": ("image position",),
    "image_alt": ("image alt text",),
    "variant_image": ("variant image", "variant image url"),
}
NEEDED = ("handle", "title", "price")
METAFIELD = re.compile(r"\(product\.metafields\.([^.()]+)\.([^()]+)\)$", re.IGNORECASE)
OPTION_NUMBERS = (1, 2, 3)

_Choice: TypeAlias = "tuple[_Row, tuple[Option, ...]]"


def read_feed(source: Path | bytes, *, currency: str, name: str = "") -> Feed:
    """Read a Shopify product CSV, pricing it in `currency` (ISO 4217); bad rows are reported, not raised.

    `name` is what messages call the file (default: its file name). Raises FeedUnreadable when the whole
    file cannot be read, TooLarge over 15 MB or 100,000 rows, Invalid on an unknown currency.
    """
    zero(currency)
    called = name or (source.name if isinstance(source, Path) else "the feed")
    sheet = _Sheet.of(_text(_bytes(source, called), called), called)
    if "tracker" in sheet.frame and "quantity" not in sheet.frame:
        sheet.report.note(sheet.header_line, "tracker", "", "no column of quantities: stock counts as not limited")
    products = tuple(
        product
        for handle, rows in _by_handle(_rows(sheet), sheet.report).items()
        if (product := _product(handle, rows, currency, sheet.report)) is not None
    )
    problems = tuple(sorted(sheet.report.problems, key=lambda problem: problem.line))
    return Feed(products=products, problems=problems, rows=sheet.count)


class _Report:
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
class _Row:
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


@dataclass(frozen=True)
class _Sheet:
    """The records as a table: columns are our field names, the index is each record's first line."""

    frame: pd.DataFrame
    metafields: tuple[str, ...]
    header_line: int
    count: int
    report: _Report

    @classmethod
    def of(cls, text: _Text, called: str) -> _Sheet:
        # pandas.read_csv tells neither the line a record starts on nor which rows were ragged:
        # csv cuts the records, pandas makes them a table.
        report = _Report()
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
        return cls(frame, metafields, header_line, count, report)


def _delimiter(content: str) -> str:
    """The separator that makes the most known column names of the first line with words on it."""
    first = next((line for line in content.split("\n") if line.strip("\ufeff \t,;")), "")
    known = {name for names in COLUMNS.values() for name in names}

    def score(delimiter: str) -> tuple[int, int]:
        names = [_column_name(name) for name in first.replace('"', "").split(delimiter)]
        return sum(name in known for name in names), len(names)

    return max(",;\t", key=score)


def _records(content: str, delimiter: str, report: _Report, called: str) -> Iterator[tuple[int, list[str]]]:
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
    records: Iterator[tuple[int, list[str]]], width: int, report: _Report, called: str
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


def _rows(sheet: _Sheet) -> list[_Row]:
    fields = list(sheet.frame.columns)
    return [
        _Row(line, cells, tuple((key, cells[key]) for key in sheet.metafields if cells[key].strip()))
        for line, *values in sheet.frame.itertuples(name=None)
        if any((cells := dict(zip(fields, values, strict=True))).values())
    ]


def _by_handle(rows: Sequence[_Row], report: _Report) -> dict[str, list[_Row]]:
    groups: dict[str, list[_Row]] = {}
    for row in rows:
        given = row.raw("handle")
        handle = slug(given or row.text("title"))
        if not handle or len(handle) > HANDLE_LIMIT:
            reason = f"the row names no product: a handle has 1 to {HANDLE_LIMIT} letters or digits"
            report.refuse(row.line, "handle", given, reason)
            continue
        if handle != given.casefold() and handle not in groups:
            report.note(row.line, "handle", given, f"the product's handle became '{handle}'")
        groups.setdefault(handle, []).append(row)
    return groups


def _product(handle: str, rows: Sequence[_Row], currency: str, report: _Report) -> Product | None:
    head = next((row for row in rows if row.text("title")), None)
    if head is None:
        first = rows[0]
        report.refuse(first.line, "title", handle, f"no row of '{handle}' has a title; the product is left out")
        return None
    if head.raw("gift_card").casefold() in {"true", "yes", "1"}:
        report.refuse(head.line, "gift_card", handle, "gift cards are not advertised or sold here")
        return None
    _note_other_titles(head, rows, report)
    variants = _variants(head, rows, currency, report)
    if not variants:
        report.refuse(head.line, "title", head.text("title"), "no variant could be taken; the product is left out")
        return None
    images = _images(rows, variants, report)
    if not images:
        report.note(head.line, "image", handle, "no picture: ads need one")
    return Product(
        handle=handle,
        title=_title(head, report),
        description=plain(head.cells.get("description", "")),
        vendor=head.text("vendor"),
        kind=head.text("kind"),
        tags=tuple(dict.fromkeys(tag for part in head.text("tags").split(",") if (tag := part.strip()))),
        status=_status(head, report),
        variants=variants,
        images=images,
        metafields=tuple((key, text) for key, value in head.metafields if (text := plain(value))),
    )


def _note_other_titles(head: _Row, rows: Sequence[_Row], report: _Report) -> None:
    title = head.text("title")
    for row in rows:
        if row.text("title") not in ("", title):
            report.note(row.line, "title", row.text("title"), f"the title of line {head.line} was kept: same handle")


def _title(head: _Row, report: _Report) -> str:
    title = head.text("title")
    if len(title) <= TITLE_LIMIT:
        return title
    report.note(head.line, "title", title, f"the title was cut to {TITLE_LIMIT:,} of its {len(title):,} characters")
    return title[:TITLE_LIMIT].rstrip()


def _status(head: _Row, report: _Report) -> str:
    # Shopify reads an empty Status as active and an empty Published as published.
    status = head.raw("status").casefold() or "active"
    if status not in STATUSES:
        report.note(head.line, "status", status, "unknown status; the product counts as a draft")
        return "draft"
    is_published = head.raw("published").casefold() in {"", "true", "yes", "1"}
    return "draft" if status == "active" and not is_published else status


def _variants(head: _Row, rows: Sequence[_Row], currency: str, report: _Report) -> tuple[Variant, ...]:
    offered = [row for row in rows if row.is_variant] or [head]
    _refuse_idle(offered, rows, report)
    choices = _choices(offered, _option_names(head, rows), report)
    return tuple(
        _variant(row, id_, options, price, report)
        for (row, options), id_ in zip(choices, _ids(choices), strict=True)
        if (price := _price(row, currency, report)) is not None
    )


def _choices(offered: Sequence[_Row], names: Sequence[str], report: _Report) -> list[_Choice]:
    """Each row with its options, without the rows that repeat an earlier row's options."""
    first: dict[tuple[str, ...], int] = {}
    choices: list[_Choice] = []
    for row in offered:
        options = _options(row, names)
        line = first.setdefault(_values(options), row.line)
        if line == row.line:
            choices.append((row, options))
        else:
            shown = " / ".join(option.value for option in options) or "Default Title"
            report.refuse(row.line, "option1_value", shown, f"the same variant stands on line {line}")
    return choices


def _ids(choices: Sequence[_Choice]) -> list[str]:
    """A key for each variant that stays the same when rows change places or prices."""
    skus = Counter(_key(row.raw("sku")) for row, _ in choices)
    wanted = [
        key if (key := _key(row.raw("sku"))) and skus[key] == 1 else _choice_slug(options) for row, options in choices
    ]
    counts = Counter(wanted)
    return [
        name if counts[name] == 1 else f"{name}-{sha256(repr(_values(options)).encode()).hexdigest()[:8]}"
        for name, (_, options) in zip(wanted, choices, strict=True)
    ]


def _values(options: Sequence[Option]) -> tuple[str, ...]:
    return tuple(f"{option.name}={option.value}".casefold() for option in options)


def _refuse_idle(offered: Sequence[_Row], rows: Sequence[_Row], report: _Report) -> None:
    counted = {row.line for row in offered}
    for row in rows:
        if row.line not in counted and not row.raw("image") and not row.text("title"):
            report.refuse(row.line, "handle", row.raw("handle"), "the row has no price, option value or picture")


def _variant(row: _Row, id_: str, options: tuple[Option, ...], price: Money, report: _Report) -> Variant:
    return Variant(
        id=id_,
        title=" / ".join(option.value for option in options),
        options=options,
        price=price,
        compare_at=_extra_price(row, "compare_at", price.currency, report),
        cost=_extra_price(row, "cost", price.currency, report),
        sku=row.raw("sku").removeprefix("'"),
        barcode=row.raw("barcode").removeprefix("'"),
        stock=_stock(row, report),
        oversell=_oversell(row, report),
        image=_source(row, "variant_image", report) or None,
    )


def _option_names(head: _Row, rows: Sequence[_Row]) -> tuple[str, ...]:
    """Names stand on the product's first row only; `Option 2` where the file gives none."""
    return tuple(
        next((name for row in (head, *rows) if (name := row.text(f"option{n}_name"))), f"Option {n}")
        for n in OPTION_NUMBERS
    )


def _options(row: _Row, names: Sequence[str]) -> tuple[Option, ...]:
    pairs = [Option(name, value) for name, value in zip(names, row.option_values, strict=True) if value]
    is_default = len(pairs) == 1 and pairs[0].value.casefold() == "default title"
    return () if is_default else tuple(pairs)


def _key(sku: str) -> str:
    """A SKU as an id: `AB/12 red` becomes `AB-12-red`. Shopify writes all-digit codes with a leading `'`."""
    return re.sub(r"[^\w.+]+", "-", sku.removeprefix("'")).strip("-.")[:100]


def _choice_slug(options: Sequence[Option]) -> str:
    return slug("-".join(option.value for option in options))[:100] or "default"


def _price(row: _Row, currency: str, report: _Report) -> Money | None:
    text = row.raw("price")
    if not text:
        report.refuse(row.line, "price", "", "no price: the variant is left out")
        return None
    try:
        price = parse(text, currency)
    except Invalid as error:
        report.refuse(row.line, "price", text, str(error))
        return None
    if price.minor < 0:
        report.refuse(row.line, "price", text, "a price cannot be negative")
        return None
    if not price:
        report.note(row.line, "price", text, "a price of 0: the variant is kept but not for sale")
    return price


def _extra_price(row: _Row, field: str, currency: str, report: _Report) -> Money | None:
    """The compare-at price or the cost; None where it is empty, 0 or unreadable."""
    text = row.raw(field)
    if not text:
        return None
    try:
        amount = parse(text, currency)
    except Invalid:
        amount = Money(-1, currency)
    if amount.minor < 0:
        # What goods cost is the merchant's secret: a report may be shown to others.
        report.note(row.line, field, "" if field == "cost" else text, f"no amount in {currency}; ignored")
        return None
    return amount or None


def _stock(row: _Row, report: _Report) -> int | None:
    text = row.raw("quantity")
    if "tracker" in row.cells and not row.raw("tracker"):
        return None
    if not text:
        if row.raw("tracker") and "quantity" in row.cells:
            report.note(row.line, "quantity", "", "tracked without a quantity: stock counts as not limited")
        return None
    if not re.fullmatch(r"-?\d{1,9}(\.0*)?", text, re.ASCII):
        report.note(row.line, "quantity", text, "no whole number: stock counts as 0")
        return 0
    return int(text.split(".")[0])


def _oversell(row: _Row, report: _Report) -> bool:
    policy = row.raw("policy").casefold()
    if policy not in {"", "deny", "continue", "true", "false"}:
        report.note(row.line, "policy", policy, "neither deny nor continue; counts as deny")
    return policy in {"continue", "true"}


def _images(rows: Sequence[_Row], variants: Sequence[Variant], report: _Report) -> tuple[Image, ...]:
    """Each picture once, by position; a variant's picture that no image row names comes last."""
    placed: dict[str, tuple[int, str]] = {}
    for order, row in enumerate(rows, start=1):
        if source := _source(row, "image", report):
            placed.setdefault(source, (_position(row, order), row.text("image_alt")))
    listed = sorted(placed, key=lambda source: placed[source][0])
    extra = [variant.image for variant in variants if variant.image]
    return tuple(
        Image(source, alt=placed.get(source, (0, ""))[1], position=position)
        for position, source in enumerate(dict.fromkeys([*listed, *extra]), start=1)
    )


def _source(row: _Row, field: str, report: _Report) -> str:
    source = row.raw(field)
    if len(source) > SOURCE_LIMIT:
        report.note(row.line, field, source, f"a picture address of more than {SOURCE_LIMIT:,} characters; ignored")
        return ""
    if re.match(r"(?!https?://)[a-z][a-z0-9+.-]*:", source, re.IGNORECASE):
        report.note(row.line, field, source, "neither a web address (http, https) nor a relative path; ignored")
        return ""
    return source


def _position(row: _Row, order: int) -> int:
    text = row.raw("image_position")
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else order


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


def slug(text: str) -> str:
    """Lower-case words joined by `-`, letters of any script kept: `Kaffee-Mühle XL` is `kaffee-mühle-xl`."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-")


def _visible(text: str) -> str:
    return text if text.isascii() and text.isprintable() else _HIDDEN.sub("", text)
