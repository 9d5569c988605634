"""Statements run by the driver itself: in order, seen by whoever looks next, silent about rows when refused."""

from __future__ import annotations

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from adengine.engine import AdEngine, Unit
from adengine.models import Cart, new_id
from adengine.rows import of_shop
from tests.conftest import Desk, counting

SECRET = "Lichtweg 1"
NAMED = of_shop(select(Cart.id, Cart.status).where(Cart.id.in_(bindparam("ids", expanding=True))).order_by(Cart.id))


def cart(unit: Unit, cart_id: str = "", **more: object) -> dict[str, object]:
    made = {"id": cart_id or new_id("cart"), "lines": (), "status": "open"}
    return {**made, "created_at": unit.now(), "updated_at": unit.now(), **more}


def kept(engine: AdEngine, desk: Desk) -> list[tuple[str, str]]:
    with engine.reading(desk.merchant) as unit:
        return [(row.id, row.status) for row in unit.db.scalars(select(Cart).order_by(Cart.id))]


def test_what_waits_is_written_before_anybody_looks_and_when_the_unit_ends(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit, counting(engine) as sent:
        unit.add(Cart, cart(unit, "a"))
        unit.add(Cart, cart(unit, "b"), cart(unit, "c"))
        assert sent == []
        assert [row.id for row in unit.ask(NAMED, ids=["a", "b", "c"])] == ["a", "b", "c"]
        unit.add(Cart, cart(unit, "d"))
        assert unit.db.get(Cart, "d") is not None  # the session looks, too
        unit.put(unit.get(Cart, "a"), status="cancelled")
    assert kept(engine, desk) == [("a", "cancelled"), ("b", "open"), ("c", "open"), ("d", "open")]


def test_lists_may_have_any_length(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        unit.add(Cart, cart(unit, "a"), cart(unit, "b"))
        for ids in ([], ["a"], ["a", "b"], ["b", "a", "c"]):
            assert [row.id for row in unit.ask(NAMED, ids=ids)] == sorted({"a", "b"} & set(ids))


def test_a_change_of_nothing_is_no_statement(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        unit.add(Cart, cart(unit, "a"))
    with counting(engine) as sent, engine.unit(desk.merchant) as unit:
        unit.put(unit.get(Cart, "a", lock=True), status="open", lines=())
    assert not [text for text in sent if text.startswith("UPDATE")]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_of_several_that_is_refused_undoes_all_and_tells_nothing_of_the_row(
    engine: AdEngine, desk: Desk, caplog: pytest.LogCaptureFixture, place: int
) -> None:
    with engine.unit(desk.merchant) as unit:
        unit.add(Cart, cart(unit, "taken"))
    writes = ["new", "newer"]
    writes.insert(place, "taken")
    with pytest.raises(IntegrityError) as refused, engine.unit(desk.merchant) as unit:  # noqa: PT012  the end refuses
        for one in writes:
            unit.add(Cart, cart(unit, one, status=SECRET))
    assert SECRET not in f"{refused.value!r} {refused.value} {caplog.text}"
    assert "DETAIL" not in str(refused.value)
    assert kept(engine, desk) == [("taken", "open")]


def test_what_the_driver_refuses_after_the_server_did_makes_nobody_log_the_row(
    engine: AdEngine, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL keeps no NUL, which its driver sees by itself, while the server has not said yet what it refuses."""
    with engine.unit(desk.merchant) as unit:
        unit.add(Cart, cart(unit, "taken"))
    with pytest.raises(DBAPIError) as refused, engine.unit(desk.merchant) as unit:  # noqa: PT012  the end refuses
        unit.add(Cart, cart(unit, "taken", status=SECRET))
        unit.add(Cart, cart(unit, "new", status=f"{SECRET}\0"))
    assert SECRET not in f"{refused.value!r} {refused.value} {caplog.text}"
    assert kept(engine, desk) == [("taken", "open")]


def test_who_makes_what_another_has_made_finds_it_and_goes_on(engine: AdEngine, desk: Desk) -> None:
    with engine.unit(desk.merchant) as unit:
        unit.add(Cart, cart(unit, "taken"))
    with engine.unit(desk.merchant) as unit:
        looks = iter([None, unit.get(Cart, "taken")])
        found, is_new = unit.once(lambda: next(looks), lambda: unit.made(Cart, **cart(unit, "taken")))
        assert (found.id, is_new) == ("taken", False)
        unit.add(Cart, cart(unit, "next"))
    assert [cart_id for cart_id, _ in kept(engine, desk)] == ["next", "taken"]
