"""The catalogue use cases on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from adengine.core.errors import NotFound
from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.models import Price
from adengine.services import catalog, prices, search
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.shops import LAMP, MUG, OAT, write_shop


def take(engine: AdEngine, desk: Desk, folder: Path, rows: list[dict[str, str]] | None = None) -> catalog.ImportReport:
    return catalog.import_feed(engine, desk.merchant, str(write_shop(folder, rows)))


def test_an_import_keeps_products_variants_and_pictures(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    report = take(engine, desk, tmp_path / "shop")
    assert (report.created, report.variants, report.pictures, report.problems) == (2, 3, 2, ())
    with engine.unit(desk.merchant) as unit:
        mug = catalog.get_product(unit, "mug")
    assert [(v.title, v.price, v.stock) for v in mug.variants] == [
        ("Sage", Money(2400, "EUR"), 5),
        ("Oat", Money(2600, "EUR"), 0),
    ]
    assert (mug.images[0].width, mug.images[0].height, mug.images[0].has_alpha) == (600, 700, True)
    assert engine.ports.files.has(mug.images[0].file)


def test_a_second_import_updates_and_duplicates_nothing(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path / "shop")
    again = take(engine, desk, tmp_path / "shop")
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    changed = take(engine, desk, tmp_path / "shop", [{**MUG, "Title": "New name"}, OAT, LAMP])
    assert (changed.created, changed.updated, changed.unchanged) == (0, 1, 1)
    with engine.unit(desk.merchant) as unit:
        assert [one.title for one in catalog.list_products(unit)] == ["New name", "Table Lamp"]


def test_a_bad_row_is_reported_and_stops_nothing(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    rows = [MUG, {**OAT, "Variant Price": "cheap"}, {**LAMP, "Image Src": "../../etc/passwd"}]
    report = take(engine, desk, tmp_path / "shop", rows)
    assert [(p.line, p.column, p.value) for p in report.refused if p.line] == [(3, "Variant Price", "cheap")]
    assert "etc/passwd" in next(p for p in report.refused if not p.line).value
    assert (report.created, report.variants) == (2, 2)


def test_every_price_is_kept_from_the_first_import_on(
    engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    take(engine, desk, tmp_path / "shop")
    first = clock.now
    clock.forward(days=40)
    take(engine, desk, tmp_path / "shop", [{**MUG, "Variant Price": "19.00"}, OAT, LAMP])
    with engine.unit(desk.merchant) as unit:
        sage = catalog.get_product(unit, "mug").variants[0]
        rows = unit.db.scalars(select(Price).where(Price.variant_id == sage.id).order_by(Price.at))
        assert [(row.at, row.minor, row.currency) for row in rows] == [(first, 2400, "EUR"), (clock.now, 1900, "EUR")]
        assert prices.was_lowest(unit, sage.id, sage.price) == Money(2400, "EUR")


def test_what_it_cost_is_for_the_merchant_alone(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path / "shop")
    with engine.unit(desk.merchant) as unit:
        assert catalog.get_product(unit, "mug").variants[0].cost == Money(777, "EUR")
    with engine.unit(desk.visitor) as unit:
        shown = [catalog.get_product(unit, "mug"), *catalog.list_products(unit)]
        shown += [hit.product for hit in search.find(unit, search.SearchAsk("mug")).hits]
    assert {v.cost for product in shown for v in product.variants} == {None}


def test_a_draft_is_hidden_from_shoppers(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path / "shop", [{**MUG, "Status": "draft"}, LAMP])
    with engine.unit(desk.visitor) as unit:
        assert [one.handle for one in catalog.list_products(unit)] == ["lamp"]
        with pytest.raises(NotFound):
            catalog.get_product(unit, "mug")


def test_a_variant_that_left_the_feed_is_no_longer_sold(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path / "shop")
    take(engine, desk, tmp_path / "shop", [MUG, LAMP])
    with engine.unit(desk.visitor) as unit:
        assert [v.title for v in catalog.get_product(unit, "mug").variants] == ["Sage"]


def test_a_picture_that_cannot_be_read_again_stays_as_it_was(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path / "shop")
    path = write_shop(tmp_path / "shop")
    (tmp_path / "shop" / "mug.png").write_bytes(b"not a picture")
    report = catalog.import_feed(engine, desk.merchant, str(path))
    assert [("mug.png" in p.value, "stays" in p.reason) for p in report.refused] == [(True, True)]
    with engine.unit(desk.visitor) as unit:
        assert len(catalog.get_product(unit, "mug").images) == 1


def test_another_shop_sees_nothing_of_it(engine: AdEngine, desk: Desk, tmp_path: Path) -> None:
    take(engine, desk, tmp_path / "shop")
    other = open_desk(engine, "other")
    with engine.unit(desk.merchant) as unit:
        mug = catalog.get_product(unit, "mug")
    with engine.unit(other.merchant) as unit:
        assert catalog.list_products(unit) == []
        for key in ("mug", mug.id):
            with pytest.raises(NotFound):
                catalog.get_product(unit, key)
    take(engine, other, tmp_path / "shop")
    with engine.unit(desk.merchant) as unit:
        assert catalog.get_product(unit, "mug") == mug
