"""The catalogue as product feeds for agents: the protocol's products and variants, or flat rows, one a variant.

Both are streamed: a feed of half a million variants takes no more memory than one of a thousand.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal

from sqlalchemy import select

from adengine.core import catalog
from adengine.core.commerce import PricePoint, lowest_in_30_days
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Ad, Price, Product
from adengine.services import merchants, selling
from adengine.services.acp.products import Listed, Store, flat_rows, product_document
from adengine.services.prices import HISTORY
from adengine.services.views import Links

PAGE = 500
MOST_ROWS = 500_000

Shape = Literal["acp", "flat"]
Format = Literal["jsonl", "csv"]


@dataclass(frozen=True)
class FeedReport:
    """What was written: how many products and variants, into which files."""

    products: int
    variants: int
    files: tuple[str, ...]


def export_feed(
    engine: AdEngine,
    actor: Actor,
    folder: Path,
    *,
    shape: Shape,
    format_: Format = "jsonl",
    progress: Callable[[int], None] = lambda products: None,
) -> FeedReport:
    """Write the whole catalogue into a folder: a full replacement of what an agent had before.

    `acp`: metadata.json and products.jsonl. `flat`: shards of at most 500,000 rows, gzipped, as `format_` says. Each
    file appears whole or not at all.
    """
    with engine.reading(actor) as unit:
        unit.require("catalog:read")
        store = _store(unit)
        counted = _Counted(progress)
        listed = counted.passing(_listed(unit))
        folder.mkdir(parents=True, exist_ok=True)
        files = (
            _write_acp(folder, unit, store, listed) if shape == "acp" else _write_flat(folder, store, listed, format_)
        )
    return FeedReport(counted.products, counted.variants, tuple(files))


@dataclass
class _Counted:
    """Counts what passes."""

    progress: Callable[[int], None]
    products: int = 0
    variants: int = 0

    def passing(self, listed: Iterable[Listed]) -> Iterator[Listed]:
        for one in listed:
            self.products += 1
            self.variants += len(one.product.variants)
            yield one
            if self.products % PAGE == 0:
                self.progress(self.products)


def _store(unit: Unit) -> Store:
    shop = merchants.my_shop(unit)
    links = Links(unit.settings.public_url, shop.name)
    return Store(shop.title, unit.settings.territory, selling.selling_of(unit), links)


def _listed(unit: Unit) -> Iterator[Listed]:
    """Every product on sale in the order of its id, a page at a time."""
    last = ""
    while True:
        page = select(Product).where(Product.status == "active", Product.id > last).order_by(Product.id).limit(PAGE)
        rows = unit.db.scalars(page).all()
        if not rows:
            return
        last = rows[-1].id
        found = [one for one in (row.value() for row in rows) if one.variants]
        films, was = _films_of(unit, [one.id for one in found]), _was(unit, found)
        unit.db.expunge_all()
        for product in found:
            yield Listed(product, films[product.id], was)


def _films_of(unit: Unit, product_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Films on show that no licence binds to certain places, newest first; a remix lives by its parents' licences."""
    found: dict[str, tuple[str, ...]] = defaultdict(tuple)
    shown = select(Ad.product_id, Ad.id).where(
        Ad.product_id.in_(product_ids), Ad.status == "published", Ad.licence_id.is_(None), Ad.parent_id.is_(None)
    )
    for product_id, ad_id in unit.db.execute(shown.order_by(Ad.published_at.desc(), Ad.id)):
        found[product_id] += (ad_id,)
    return found


def _was(unit: Unit, products: Sequence[catalog.Product]) -> dict[str, Money]:
    """The lawful 'was' prices of a page of products: see core.commerce.lowest_in_30_days."""
    prices = {one.id: one.price for product in products for one in product.variants}
    history: dict[str, list[PricePoint]] = defaultdict(list)
    known = select(Price.variant_id, Price.minor, Price.currency, Price.at).where(
        Price.variant_id.in_(list(prices)), Price.at >= unit.now() - HISTORY
    )
    for variant_id, minor, currency, at in unit.db.execute(known.order_by(Price.at, Price.id)):
        history[variant_id].append(PricePoint(Money(minor, currency), at))
    lowest = {
        variant_id: lowest_in_30_days(points, now=unit.now(), current=prices[variant_id])
        for variant_id, points in history.items()
        if len(points) > 1
    }
    return {variant_id: price for variant_id, price in lowest.items() if price is not None}


def _write_acp(folder: Path, unit: Unit, store: Store, listed: Iterable[Listed]) -> list[str]:
    with _whole(folder / "products.jsonl") as file, io.TextIOWrapper(file, "utf-8", newline="\n") as out:
        for one in listed:
            out.write(_line(product_document(one, store)))
    about = {
        "id": f"feed_{store.links.shop}",
        "target_country": store.country,
        "updated_at": unit.now().isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    with _whole(folder / "metadata.json") as file:
        file.write(_line(about).encode())
    return ["metadata.json", "products.jsonl"]


def _write_flat(folder: Path, store: Store, listed: Iterable[Listed], format_: Format) -> list[str]:
    rows = (row for one in listed for row in flat_rows(one, store))
    names: list[str] = []
    while True:
        first = next(rows, None)
        if first is None:
            break
        names.append(f"products-{len(names) + 1:04}.{format_}.gz")
        # No name and no time inside: the same catalogue is the same bytes.
        with (
            _whole(folder / names[-1]) as file,
            gzip.GzipFile("", "wb", mtime=0, fileobj=file) as zipped,
            io.TextIOWrapper(zipped, "utf-8", newline="") as out,
        ):
            FORMATS[format_](out, first, islice(rows, MOST_ROWS - 1))
    if not names:
        raise Invalid("this shop has nothing on sale; import a catalogue first")
    return names


def _write_jsonl(out: IO[str], first: dict[str, str], others: Iterable[dict[str, str]]) -> None:
    out.write(_line(first))
    for row in others:
        out.write(_line(row))


def _write_csv(out: IO[str], first: dict[str, str], others: Iterable[dict[str, str]]) -> None:
    writer = csv.DictWriter(out, list(first), lineterminator="\n")
    writer.writeheader()
    writer.writerow(first)
    writer.writerows(others)


FORMATS: dict[Format, Callable[[IO[str], dict[str, str], Iterable[dict[str, str]]], None]] = {
    "jsonl": _write_jsonl,
    "csv": _write_csv,
}


def _line(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


@contextmanager
def _whole(path: Path) -> Iterator[IO[bytes]]:
    """A file that is there once it is whole."""
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.chmod(made, 0o644)
        os.replace(made, path)
    except BaseException:
        os.unlink(made)
        raise
