"""Product feeds: every product of the schema's shape, flat rows that say the same, streamed and whole."""

from __future__ import annotations

import csv
import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from adengine.core.errors import Invalid
from adengine.core.selling import Selling
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Price, Product, Variant, new_id
from adengine.services import feeds
from tests.acp import schemas
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.services.buying import sell_by, stock_shop

TERMS = Selling(terms_url="https://shop.example/terms", privacy_url="https://shop.example/privacy")


def acp(engine: AdEngine, desk: Desk, folder: Path) -> list[dict[str, Any]]:
    feeds.export_feed(engine, desk.visitor, folder, shape="acp")
    return [json.loads(line) for line in (folder / "products.jsonl").read_text("utf-8").splitlines()]


def flat(engine: AdEngine, desk: Desk, folder: Path, format_: Any = "jsonl") -> list[dict[str, str]]:
    report = feeds.export_feed(engine, desk.visitor, folder, shape="flat", format_=format_)
    rows: list[dict[str, str]] = []
    for name in report.files:
        with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as file:
            rows += list(csv.DictReader(file)) if format_ == "csv" else [json.loads(line) for line in file]
    return rows


@schemas.needs_schemas
def test_every_product_and_the_metadata_fit_the_feeds_schema(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    stock_shop(engine, desk, tmp_path / "shop")
    sell_by(engine, desk, TERMS)
    products = acp(engine, desk, tmp_path / "feed")
    assert sorted(one["title"] for one in products) == ["Stoneware Mug", "Table Lamp"]
    for one in products:
        schemas.check(one, "Product", schemas.FEED)
    about = json.loads((tmp_path / "feed" / "metadata.json").read_text())
    schemas.check(about, "FeedMetadata", schemas.FEED)
    assert about == {"id": "feed_demo", "target_country": "DE", "updated_at": "2026-11-21T12:00:00Z"}


def test_a_variant_says_what_a_checkout_takes(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    variant = stock_shop(engine, desk, tmp_path / "shop")
    sell_by(engine, desk, TERMS)
    mug = next(one for one in acp(engine, desk, tmp_path / "feed") if one["title"] == "Stoneware Mug")
    sage, oat = mug["variants"]
    assert sage["id"] == variant.id
    assert sage["title"] == "Stoneware Mug, Sage"
    assert sage["price"] == {"amount": 2400, "currency": "EUR"}
    assert (sage["availability"]["status"], oat["availability"]["status"]) == ("in_stock", "out_of_stock")
    assert sage["variant_options"] == [{"name": "Colour", "value": "Sage"}]
    assert [one["type"] for one in sage["seller"]["links"]] == ["terms_of_service", "privacy_policy"]
    assert mug["description"] == {"plain": "Thrown by hand, glazed inside."}
    assert mug["media"][0]["url"].startswith("http://127.0.0.1:8400/shops/demo/pictures/")
    assert "777" not in json.dumps(mug)


def test_flat_rows_say_the_same_in_either_format(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    variant = stock_shop(engine, desk, tmp_path / "shop")
    sell_by(engine, desk, TERMS)
    rows = flat(engine, desk, tmp_path / "jsonl")
    assert rows == flat(engine, desk, tmp_path / "csv", "csv")
    assert len(rows) == 3
    row = next(one for one in rows if one["item_id"] == variant.id)
    assert (row["price"], row["sale_price"], row["availability"]) == ("24.00 EUR", "", "in_stock")
    assert json.loads(row["variant_dict"]) == {"Colour": "Sage"}
    assert (row["listing_has_variations"], row["is_eligible_checkout"], row["mpn"]) == ("true", "true", "MUG-SAGE")
    sell_by(engine, desk, Selling())
    assert {one["is_eligible_checkout"] for one in flat(engine, desk, tmp_path / "bare")} == {"false"}


def test_only_a_lawful_price_before_is_a_list_price(engine: AdEngine, desk: Desk, tmp_path: Path, clock: Clock) -> None:
    variant = stock_shop(engine, desk, tmp_path / "shop")

    def cheaper() -> None:
        with engine.unit(SYSTEM) as unit:
            row = unit.get(Variant, variant.id)
            row.price_minor, merchant = 1900, row.merchant_id
            unit.db.add(Price(variant_id=row.id, currency="EUR", minor=1900, at=unit.now(), merchant_id=merchant))

    def sage(folder: str) -> dict[str, Any]:
        found = acp(engine, desk, tmp_path / folder)
        return next(v for one in found for v in one["variants"] if v["id"] == variant.id)

    clock.forward(days=31)
    cheaper()
    clock.forward(hours=1)
    assert sage("lowered")["list_price"] == {"amount": 2400, "currency": "EUR"}
    row = next(one for one in flat(engine, desk, tmp_path / "flat") if one["item_id"] == variant.id)
    assert (row["price"], row["sale_price"]) == ("24.00 EUR", "19.00 EUR")


def test_what_is_not_on_sale_is_left_out(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    stock_shop(engine, desk, tmp_path / "shop")
    with engine.unit(SYSTEM) as unit:
        for row in unit.db.query(Product):
            row.status = "draft" if row.handle == "mug" else "active"
    assert [one["title"] for one in acp(engine, desk, tmp_path / "feed")] == ["Table Lamp"]
    with engine.unit(SYSTEM) as unit:
        for row in unit.db.query(Product):
            row.status = "draft"
    assert acp(engine, desk, tmp_path / "feed") == []
    with pytest.raises(Invalid, match="nothing on sale"):
        flat(engine, desk, tmp_path / "flat")


def test_another_shops_products_are_not_in_a_feed(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    stock_shop(engine, desk, tmp_path / "shop")
    assert acp(engine, open_desk(engine, "other"), tmp_path / "feed") == []


def test_the_same_catalogue_is_the_same_bytes(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    stock_shop(engine, desk, tmp_path / "shop")
    for format_ in ("jsonl", "csv"):
        flat(engine, desk, tmp_path / "one", format_)
        flat(engine, desk, tmp_path / "two", format_)
        name = f"products-0001.{format_}.gz"
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_rows_beyond_a_shard_go_into_the_next(
    engine: AdEngine, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock_shop(engine, desk, tmp_path / "shop")
    monkeypatch.setattr(feeds, "MOST_ROWS", 2)
    report = feeds.export_feed(engine, desk.visitor, tmp_path / "feed", shape="flat")
    assert report.files == ("products-0001.jsonl.gz", "products-0002.jsonl.gz")
    assert (report.products, report.variants) == (2, 3)
    assert len(flat(engine, desk, tmp_path / "feed")) == 3


def test_a_feed_that_breaks_off_leaves_the_one_before(
    engine: AdEngine, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock_shop(engine, desk, tmp_path / "shop")
    before = acp(engine, desk, tmp_path / "feed")
    monkeypatch.setattr(feeds, "product_document", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        feeds.export_feed(engine, desk.visitor, tmp_path / "feed", shape="acp")
    assert [json.loads(line) for line in (tmp_path / "feed" / "products.jsonl").read_text().splitlines()] == before
    assert sorted(one.name for one in (tmp_path / "feed").iterdir()) == ["metadata.json", "products.jsonl"]


def many_products(engine: AdEngine, desk: Desk, count: int, *, first: int = 0) -> None:
    with engine.unit(desk.merchant) as unit:
        for number in range(first, first + count):
            product = unit.own(
                Product, id=new_id("prod"), handle=f"mug-{number}", title=f"Mug {number}", description="Round. " * 20,
                vendor="Testware", kind="Mug", tags=(), status="active", metafields=(), updated_at=unit.now(),
            )  # fmt: skip
            product.variants = [
                unit.own(
                    Variant, key=f"{at}", position=at, title=f"Size {at}", options=(), sku="", barcode="",
                    currency="EUR", price_minor=2400, stock=5, oversell=False,
                )
                for at in range(2)
            ]  # fmt: skip


def test_a_feed_four_times_as_long_takes_no_more_memory(
    engine: AdEngine, desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "PAGE", 50)

    def peak() -> int:
        tracemalloc.start()
        feeds.export_feed(engine, desk.visitor, tmp_path / "feed", shape="flat")
        highest = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return highest

    many_products(engine, desk, 200)
    peak()
    short = peak()
    many_products(engine, desk, 600, first=200)
    assert peak() < short * 1.3
