"""Statements and rows past the session's machinery: they keep to one shop, and cost no look that is not needed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from sqlalchemy import bindparam, func, select, update

from adengine.core.errors import Forbidden, Invalid, NotFound
from adengine.engine import SYSTEM, AdEngine, Unit
from adengine.models import Cart, Image, Product, new_id
from adengine.rows import OF_SHOP, of_shop
from tests.conftest import Desk, counting, open_desk

IDS = of_shop(select(Cart.id).order_by(Cart.id))
EMPTIED = of_shop(update(Cart).where(Cart.id == bindparam("cart_id")).values(status="emptied"))


@dataclass(frozen=True)
class Two:
    """Two shops with a cart each, `mine` and `theirs`."""

    desk: Desk
    other: Desk
    mine: str
    theirs: str


def cart_of(unit: Unit) -> dict[str, object]:
    return {"id": new_id("cart"), "lines": (), "status": "open", "created_at": unit.now(), "updated_at": unit.now()}


def add_cart(engine: AdEngine, desk: Desk) -> str:
    with engine.unit(desk.merchant) as unit:
        return unit.made(Cart, **cart_of(unit)).id


@pytest.fixture
def two(engine: AdEngine, desk: Desk) -> Two:
    other = open_desk(engine, "other")
    return Two(desk, other, add_cart(engine, desk), add_cart(engine, other))


def statuses(engine: AdEngine) -> dict[str, str]:
    with engine.reading(SYSTEM) as unit:
        return {row.id: row.status for row in unit.db.scalars(select(Cart))}


def test_a_statement_of_one_shop_sees_and_changes_nothing_of_another(engine: AdEngine, two: Two) -> None:
    with engine.unit(two.desk.merchant) as unit:
        assert [row.id for row in unit.ask(IDS)] == [two.mine]
        unit.change(EMPTIED, {"cart_id": two.mine}, {"cart_id": two.theirs, OF_SHOP: two.other.shop.id})
    assert statuses(engine) == {two.mine: "emptied", two.theirs: "open"}


def test_system_says_with_each_row_whose_it_is(engine: AdEngine, two: Two) -> None:
    with engine.unit(SYSTEM) as unit:
        unit.change(EMPTIED, {"cart_id": two.theirs, OF_SHOP: two.other.shop.id}, {"cart_id": two.mine, OF_SHOP: "no"})
    assert statuses(engine) == {two.mine: "open", two.theirs: "emptied"}


def test_a_statement_that_may_see_every_shop_is_not_run(engine: AdEngine, two: Two) -> None:
    with engine.unit(two.desk.merchant) as unit, pytest.raises(Forbidden, match="of_shop"):
        unit.ask(select(Cart.id))
    with engine.unit(two.desk.merchant) as unit, pytest.raises(Forbidden, match="of_shop"):
        unit.change(update(Cart).values(status="emptied"), {})
    with engine.unit(SYSTEM) as unit, pytest.raises(Forbidden, match="name it"):
        unit.ask(IDS)
    assert statuses(engine) == {two.mine: "open", two.theirs: "open"}


def test_a_select_inside_a_statement_of_one_shop_is_of_one_shop_itself(engine: AdEngine, two: Two) -> None:
    carts = select(func.count(Cart.id))
    with pytest.raises(Invalid, match="of_shop"):
        of_shop(select(carts.scalar_subquery()))
    with engine.unit(two.desk.merchant) as unit:
        assert unit.ask(of_shop(select(of_shop(carts).scalar_subquery())))[0][0] == 1


def test_rows_added_and_made_are_the_actors_own(engine: AdEngine, two: Two) -> None:
    with engine.unit(two.desk.merchant) as unit:
        unit.add(Cart, {**cart_of(unit), "merchant_id": two.other.shop.id}, cart_of(unit))
        assert unit.made(Cart, **cart_of(unit)).merchant_id == two.desk.shop.id
        assert len(unit.ask(IDS)) == 4


def test_a_row_made_here_is_not_read_again_and_is_as_the_database_has_it(engine: AdEngine, two: Two) -> None:
    with counting(engine) as sent, engine.unit(two.desk.merchant) as unit:
        made = unit.made(Cart, **cart_of(unit))
        assert unit.get(Cart, made.id, lock=True) is made
        assert (made.buyer, made.codes) == (None, ())
        made.status = "cancelled"
    assert [text.split()[0] for text in sent if "cart" in text] == ["INSERT", "UPDATE"]
    with engine.reading(two.desk.merchant) as unit:
        kept = unit.get(Cart, made.id)
        assert (kept.status, kept.buyer, kept.codes, kept.lines) == ("cancelled", None, (), ())


def test_a_row_is_locked_once_a_unit(engine: AdEngine, two: Two) -> None:
    with engine.unit(two.desk.merchant) as unit, counting(engine) as sent:
        first = unit.get(Cart, two.mine)
        assert unit.get(Cart, two.mine, lock=True) is first
        assert unit.get(Cart, two.mine, lock=True) is first
    assert len([text for text in sent if text.startswith("SELECT")]) == 2


def test_rows_locked_together_are_read_once_and_never_another_shops(engine: AdEngine, two: Two) -> None:
    second = add_cart(engine, two.desk)
    with engine.unit(two.desk.merchant) as unit, counting(engine) as sent:
        seen = unit.get(Cart, second)
        unit.lock((Cart, two.mine), (Cart, second))
        unit.lock((Cart, second), (Cart, two.mine))
        assert unit.get(Cart, second, lock=True) is seen
        assert unit.get(Cart, two.mine, lock=True).id == two.mine
        assert len([text for text in sent if text.startswith("SELECT")]) == 3
        with pytest.raises(NotFound):
            unit.lock((Cart, two.mine), (Cart, two.theirs))


def test_what_was_locked_in_a_step_that_was_undone_is_locked_again(engine: AdEngine, two: Two) -> None:
    def make() -> Cart:
        unit.get(Cart, two.mine, lock=True)
        return unit.made(Cart, **{**cart_of(unit), "id": two.mine})

    with engine.unit(two.desk.merchant) as unit:
        looks = iter([None, unit.get(Cart, two.mine)])
        assert unit.once(lambda: next(looks), make)[1] is False
        with counting(engine) as sent:
            unit.get(Cart, two.mine, lock=True)
        assert len(sent) == 1


def test_put_writes_what_it_is_given_and_keeps_the_row_as_it_was_written(engine: AdEngine, two: Two) -> None:
    with counting(engine) as sent, engine.unit(two.desk.merchant) as unit:
        row = unit.get(Cart, two.mine, lock=True)
        unit.put(row, status="cancelled", codes=("A1",))
        assert (row.status, row.codes) == ("cancelled", ("A1",))
    assert len([text for text in sent if text.startswith("UPDATE")]) == 1
    with engine.reading(two.desk.merchant) as unit:
        assert (unit.get(Cart, two.mine).status, unit.get(Cart, two.mine).codes) == ("cancelled", ("A1",))
        with pytest.raises(NotFound):
            unit.get(Cart, two.theirs)


def test_what_hangs_on_a_row_of_ours_is_ours_too(engine: AdEngine, two: Two) -> None:
    with engine.unit(two.desk.merchant) as unit:
        product = unit.own(
            Product, id=new_id("prod"), handle="mug", title="Mug", description="", vendor="", kind="", tags=(),
            status="active", metafields=(), updated_at=unit.now(),
        )  # fmt: skip
        unit.db.flush()
        unit.own(Image, product_id=product.id, source="mine.png", alt="", position=1)
    with engine.unit(two.other.merchant) as unit:
        unit.own(Image, product_id=product.id, source="theirs.png", alt="", position=2)
    with engine.reading(two.desk.merchant) as unit:
        assert [one.source for one in unit.get(Product, product.id).images] == ["mine.png"]
    with engine.reading(two.desk.merchant) as unit:
        listed = unit.db.scalars(select(Product)).one()
        assert [one.source for one in listed.images] == ["mine.png"]
