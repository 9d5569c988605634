"""Product feeds: the rows of both Shopify CSV dialects become products and a report of every row not taken."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

from adengine.core.catalog import Feed, Image, Option, Product, Variant
from adengine.core.errors import Invalid
from adengine.core.money import Money, parse, zero
from integrations.sheet import OPTION_NUMBERS, Report, Row, plain, read_sheet

TITLE_LIMIT = 1_000
HANDLE_LIMIT = 255
SOURCE_LIMIT = 2_048
STATUSES = frozenset({"active", "draft", "archived", "unlisted"})

_Choice: TypeAlias = tuple[Row, tuple[Option, ...]]


def read_feed(source: Path | bytes, *, currency: str, name: str = "") -> Feed:
    """Read a Shopify product CSV, pricing it in `currency` (ISO 4217); bad rows are reported, not raised.

    `name` is what messages call the file (default: its file name). Raises FeedUnreadable when the whole
    file cannot be read, TooLarge over 15 MB or 100,000 rows, Invalid on an unknown currency.
    """
    zero(currency)
    called = name or (source.name if isinstance(source, Path) else "the feed")
    sheet = read_sheet(source, called)
    if "tracker" in sheet.frame and "quantity" not in sheet.frame:
        sheet.report.note(sheet.header_line, "tracker", "", "no column of quantities: stock counts as not limited")
    products = tuple(
        product
        for handle, rows in _by_handle(sheet.rows(), sheet.report).items()
        if (product := _product(handle, rows, currency, sheet.report)) is not None
    )
    problems = tuple(sorted(sheet.report.problems, key=lambda problem: problem.line))
    return Feed(products=products, problems=problems, rows=sheet.count)


def _by_handle(rows: Sequence[Row], report: Report) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
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


def _product(handle: str, rows: Sequence[Row], currency: str, report: Report) -> Product | None:
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


def _note_other_titles(head: Row, rows: Sequence[Row], report: Report) -> None:
    title = head.text("title")
    for row in rows:
        if row.text("title") not in ("", title):
            report.note(row.line, "title", row.text("title"), f"the title of line {head.line} was kept: same handle")


def _title(head: Row, report: Report) -> str:
    title = head.text("title")
    if len(title) <= TITLE_LIMIT:
        return title
    report.note(head.line, "title", title, f"the title was cut to {TITLE_LIMIT:,} of its {len(title):,} characters")
    return title[:TITLE_LIMIT].rstrip()


def _status(head: Row, report: Report) -> str:
    # Shopify reads an empty Status as active and an empty Published as published.
    status = head.raw("status").casefold() or "active"
    if status not in STATUSES:
        report.note(head.line, "status", status, "unknown status; the product counts as a draft")
        return "draft"
    is_published = head.raw("published").casefold() in {"", "true", "yes", "1"}
    return "draft" if status == "active" and not is_published else status


def _variants(head: Row, rows: Sequence[Row], currency: str, report: Report) -> tuple[Variant, ...]:
    offered = [row for row in rows if row.is_variant] or [head]
    _refuse_idle(offered, rows, report)
    choices = _choices(offered, _option_names(head, rows), report)
    return tuple(
        _variant(row, id_, options, price, report)
        for (row, options), id_ in zip(choices, _ids(choices), strict=True)
        if (price := _price(row, currency, report)) is not None
    )


def _choices(offered: Sequence[Row], names: Sequence[str], report: Report) -> list[_Choice]:
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


def _refuse_idle(offered: Sequence[Row], rows: Sequence[Row], report: Report) -> None:
    counted = {row.line for row in offered}
    for row in rows:
        if row.line not in counted and not row.raw("image") and not row.text("title"):
            report.refuse(row.line, "handle", row.raw("handle"), "the row has no price, option value or picture")


def _variant(row: Row, id_: str, options: tuple[Option, ...], price: Money, report: Report) -> Variant:
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
        grams=_grams(row, report),
        image=_source(row, "variant_image", report) or None,
    )


def _option_names(head: Row, rows: Sequence[Row]) -> tuple[str, ...]:
    """Names stand on the product's first row only; `Option 2` where the file gives none."""
    return tuple(
        next((name for row in (head, *rows) if (name := row.text(f"option{n}_name"))), f"Option {n}")
        for n in OPTION_NUMBERS
    )


def _options(row: Row, names: Sequence[str]) -> tuple[Option, ...]:
    pairs = [Option(name, value) for name, value in zip(names, row.option_values, strict=True) if value]
    is_default = len(pairs) == 1 and pairs[0].value.casefold() == "default title"
    return () if is_default else tuple(pairs)


def _key(sku: str) -> str:
    """A SKU as an id: `AB/12 red` becomes `AB-12-red`. Shopify writes all-digit codes with a leading `'`."""
    return re.sub(r"[^\w.+]+", "-", sku.removeprefix("'")).strip("-.")[:100]


def _choice_slug(options: Sequence[Option]) -> str:
    return slug("-".join(option.value for option in options))[:100] or "default"


def _price(row: Row, currency: str, report: Report) -> Money | None:
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


def _extra_price(row: Row, field: str, currency: str, report: Report) -> Money | None:
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


def _stock(row: Row, report: Report) -> int | None:
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


def _oversell(row: Row, report: Report) -> bool:
    policy = row.raw("policy").casefold()
    if policy not in {"", "deny", "continue", "true", "false"}:
        report.note(row.line, "policy", policy, "neither deny nor continue; counts as deny")
    return policy in {"continue", "true"}


def _grams(row: Row, report: Report) -> int:
    """The weight, rounded up to whole grams: shipping never charges for less than what is sent."""
    text = row.raw("grams")
    if not re.fullmatch(r"\d{0,7}([.,]\d{1,6})?", text, re.ASCII):
        report.note(row.line, "grams", text, "no weight in grams; counts as not weighed")
        return 0
    return math.ceil(Decimal(text.replace(",", "."))) if text else 0


def _images(rows: Sequence[Row], variants: Sequence[Variant], report: Report) -> tuple[Image, ...]:
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


def _source(row: Row, field: str, report: Report) -> str:
    source = row.raw(field)
    if len(source) > SOURCE_LIMIT:
        report.note(row.line, field, source, f"a picture address of more than {SOURCE_LIMIT:,} characters; ignored")
        return ""
    if re.match(r"(?!https?://)[a-z][a-z0-9+.-]*:", source, re.IGNORECASE):
        report.note(row.line, field, source, "neither a web address (http, https) nor a relative path; ignored")
        return ""
    return source


def _position(row: Row, order: int) -> int:
    text = row.raw("image_position")
    return int(text) if re.fullmatch(r"\d{1,6}", text, re.ASCII) else order


def slug(text: str) -> str:
    """Lower-case words joined by `-`, letters of any script kept: `Kaffee-Mühle XL` is `kaffee-mühle-xl`."""
    return re.sub(r"[^\w]+", "-", text.casefold()).strip("-")
