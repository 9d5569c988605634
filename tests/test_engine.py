"""Units, tenancy and ids."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DatabaseError

from adengine.core.errors import Forbidden, NotFound, SignInNeeded
from adengine.engine import SCOPES, Actor, AdEngine
from adengine.models import Merchant, Product, new_id
from tests.conftest import Desk, open_desk
from tests.fakes import Outbox


def add_product(engine: AdEngine, desk: Desk, handle: str) -> str:
    with engine.unit(desk.merchant) as unit:
        row = unit.own(
            Product,
            handle=handle,
            title=handle,
            description="",
            vendor="",
            kind="",
            tags=(),
            status="active",
            metafields=(),
            updated_at=unit.now(),
        )
        unit.db.flush()
        return row.id


@pytest.fixture
def two(engine: AdEngine, desk: Desk) -> tuple[Desk, Desk, str]:
    """Two shops with a product each; the id is the other shop's product."""
    other = open_desk(engine, "other")
    add_product(engine, desk, "mine")
    return desk, other, add_product(engine, other, "theirs")


def test_every_kind_of_query_sees_own_rows_only(engine: AdEngine, two: tuple[Desk, Desk, str]) -> None:
    mine, _, theirs = two
    with engine.unit(mine.merchant) as unit:
        assert unit.db.scalars(select(Product.handle)).all() == ["mine"]
        assert unit.db.scalar(select(func.count()).select_from(Product)) == 1
        assert unit.db.scalar(select(Product).where(Product.id == theirs)) is None
        assert unit.db.get(Product, theirs) is None
        with pytest.raises(NotFound):
            unit.get(Product, theirs)


def test_a_bulk_update_leaves_other_shops_alone(engine: AdEngine, two: tuple[Desk, Desk, str]) -> None:
    mine, other, _ = two
    with engine.unit(mine.merchant) as unit:
        unit.db.execute(update(Product).values(title="changed"))
    with engine.unit(other.merchant) as unit:
        assert unit.db.scalars(select(Product.title)).all() == ["theirs"]


def test_an_actor_without_a_shop_reads_nothing(engine: AdEngine, two: tuple[Desk, Desk, str]) -> None:
    nobody = Actor("merchant", None, frozenset(SCOPES))
    with engine.unit(nobody) as unit, pytest.raises(Forbidden):
        unit.db.scalars(select(Product)).all()
    with engine.sessions() as session, pytest.raises(Forbidden):
        session.scalars(select(Product)).all()


def test_a_unit_that_fails_keeps_nothing_and_sends_nothing(engine: AdEngine, desk: Desk, outbox: Outbox) -> None:
    with pytest.raises(RuntimeError), engine.unit(desk.merchant) as unit:  # noqa: PT012  the unit is what fails
        unit.db.add(Merchant(id=new_id("mer"), name="half", title="", currency="EUR", brand=desk.shop.brand,
                             created_at=unit.now()))  # fmt: skip
        unit.db.flush()
        unit.later("render", "ad_x")
        raise RuntimeError
    with engine.unit(desk.merchant) as unit:
        assert unit.db.scalar(select(Merchant).where(Merchant.name == "half")) is None
    assert outbox.jobs == []


def test_a_missing_scope_is_named(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.visitor) as unit, pytest.raises(SignInNeeded, match="orders:write"):
        unit.require("orders:write")
    agent = Actor("agent", desk.shop.id, frozenset({"catalog:read"}))
    with engine.unit(agent) as unit, pytest.raises(Forbidden, match="orders:write"):
        unit.require("orders:write")


def test_instants_come_back_aware_and_in_utc(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        created = unit.db.get_one(Merchant, desk.shop.id).created_at
        assert (created, created.utcoffset()) == (unit.now(), unit.now().utcoffset())


def test_a_reading_unit_writes_nothing_and_waits_for_nobody(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as writing:
        writing.db.execute(update(Merchant).values(title="being changed"))
        with engine.reading(desk.merchant) as unit:
            assert unit.db.get_one(Merchant, desk.shop.id).title == desk.shop.title
    with pytest.raises(DatabaseError), engine.reading(desk.merchant) as unit:
        unit.db.execute(update(Merchant).values(title="never"))
    with engine.unit(desk.merchant) as unit:
        unit.db.execute(update(Merchant).values(title="after"))
    with engine.reading(desk.merchant) as unit:
        assert unit.db.get_one(Merchant, desk.shop.id).title == "after"
