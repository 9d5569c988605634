"""Refunds and disputes: never more than was paid, never twice, and everybody gives back their part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adengine.core.catalog import Variant
from adengine.core.errors import Conflict, Forbidden, Invalid, NotFound, SignInNeeded
from adengine.core.money import Money
from adengine.engine import SYSTEM, AdEngine
from adengine.models import Order
from adengine.services import orders, paying
from integrations.sandbox import SandboxPayments
from tests.conftest import Desk, open_desk
from tests.services.buying import (
    GERMAN,
    HOME,
    accounts,
    agent_of,
    bought,
    euros,
    nothing_leaks,
    opened,
    sandbox,
    sell_by,
    stock_shop,
)


@pytest.fixture
def sage(engine: AdEngine, desk: Desk, tmp_path: Path) -> Variant:
    return stock_shop(engine, desk, tmp_path / "shop")


@pytest.fixture(autouse=True)
def _books(engine: AdEngine) -> Iterator[None]:
    with nothing_leaks(engine):
        yield


def card_of(engine: AdEngine, desk: Desk, order_id: str) -> orders.OrderCard:
    with engine.unit(desk.visitor) as unit:
        return orders.get_order(unit, order_id)


def bank_says(engine: AdEngine, order_id: str, outcome: str, amount: Money | None = None) -> str | None:
    """Take in a message of the buyer's bank about the order's payment."""
    with engine.unit(SYSTEM) as unit:
        payment_id = unit.get(Order, order_id).payment_id
        external_id = unit.get(paying.Payment, payment_id).external_id or ""
    return paying.take_event(engine, *sandbox(engine).decide(external_id, outcome, amount=amount))


def test_refunds_claw_back_to_the_cent_and_never_more(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    for number, part in enumerate((1, 777, 1622)):
        orders.refund(engine, desk.merchant, order_id, amount=euros(part), request_key=f"r{number}")
    assert set(accounts(engine, desk).values()) == {0}
    assert card_of(engine, desk, order_id).status == "refunded"
    with pytest.raises(Conflict):
        orders.refund(engine, desk.merchant, order_id, amount=euros(1), request_key="more")


def test_a_refund_asked_twice_is_paid_once(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    for _ in range(3):
        card = orders.refund(engine, desk.merchant, order_id, amount=euros(1000), request_key="same")
    assert (card.refunded, card.status, len(card.refunds)) == (euros(1000), "partly_refunded", 1)
    assert accounts(engine, desk)["clearing"] == -1400


def test_a_line_is_refunded_at_what_it_cost_and_each_piece_once(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    sell_by(engine, desk, GERMAN)
    order_id = bought(engine, desk, sage, 2, address=HOME, option_id="courier")
    card = orders.refund(engine, desk.merchant, order_id, lines=((sage.id, 1),), request_key="one")
    assert (card.refunded, card.refunds[0].lines, card.left) == (euros(2400), ((sage.id, 1),), euros(3390))
    with pytest.raises(Conflict, match=r"1 of Stoneware Mug, Sage can still be refunded"):
        orders.refund(engine, desk.merchant, order_id, lines=((sage.id, 2),), request_key="two")
    card = orders.refund(engine, desk.merchant, order_id, lines=((sage.id, 1),), request_key="other")
    assert card.refunded == euros(4800)
    for wrong in (((sage.id, 3),), (("var_other", 1),), ((sage.id, 0),)):
        with pytest.raises(Invalid):
            orders.refund(engine, desk.merchant, order_id, lines=wrong, request_key="wrong")


def test_a_refund_broken_off_before_the_provider_is_finished_later(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    with engine.unit(desk.merchant) as unit:
        orders._claim_refund(unit, order_id, euros(500), (), "broken")  # the process died right after this
    with engine.unit(SYSTEM) as unit:
        owed = orders.owed_refunds(unit)
    assert owed == [(desk.shop.id, order_id, "broken")]
    for _ in range(2):
        orders.refund(engine, desk.merchant, order_id, request_key="broken")
    assert card_of(engine, desk, order_id).refunded == euros(500)
    assert accounts(engine, desk)["clearing"] == -1900


def test_a_refund_the_provider_refuses_is_marked_and_blocks_no_other(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    order_id = bought(engine, desk, sage)
    ours = engine.ports
    stranger = SandboxPayments(secret=b"another key", public_url="http://127.0.0.1")
    engine.ports = replace(ours, payments=stranger)
    with pytest.raises(Forbidden):
        orders.refund(engine, desk.merchant, order_id, request_key="refused")
    engine.ports = ours
    with engine.unit(SYSTEM) as unit:
        assert orders.owed_refunds(unit) == []
    assert accounts(engine, desk)["clearing"] == -2400
    orders.refund(engine, desk.merchant, order_id, amount=euros(400), request_key="part")
    assert accounts(engine, desk)["clearing"] == -2000


def refund_fails(engine: AdEngine, order_id: str, refund_id: str) -> str | None:
    """Take in that the buyer's bank sent a refund back."""
    with engine.unit(SYSTEM) as unit:
        external_id = unit.get(paying.Payment, unit.get(Order, order_id).payment_id).external_id or ""
    return paying.take_event(engine, *sandbox(engine).decide(external_id, "refund_failed", refund=refund_id))


def test_a_refund_that_fails_later_gives_everybody_back_what_it_took(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    order_id = bought(engine, desk, sage, 2)
    before = accounts(engine, desk)
    card = orders.refund(engine, desk.merchant, order_id, lines=((sage.id, 1),), request_key="one")
    part = accounts(engine, desk)
    whole = orders.refund(engine, desk.merchant, order_id, request_key="rest")
    assert (whole.status, orders.returned(whole)) == ("refunded", {sage.id: 1})
    for _ in range(3):
        assert refund_fails(engine, order_id, whole.refunds[1].id) == order_id
    assert accounts(engine, desk) == part
    card = card_of(engine, desk, order_id)
    assert (card.status, card.refunded, card.left) == ("partly_refunded", euros(2400), euros(2400))
    refund_fails(engine, order_id, card.refunds[0].id)
    assert accounts(engine, desk) == before
    card = card_of(engine, desk, order_id)
    assert (card.status, card.refunded, card.left) == ("paid", euros(0), euros(4800))
    assert [one.status for one in card.refunds] == ["failed", "failed"]
    assert orders.returned(card) == {}


def test_what_failed_later_is_refunded_anew_under_another_key(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    first = orders.refund(engine, desk.merchant, order_id, request_key="first")
    refund_fails(engine, order_id, first.refunds[0].id)
    with pytest.raises(Conflict, match="new request key"):
        orders.refund(engine, desk.merchant, order_id, request_key="first")
    assert accounts(engine, desk)["clearing"] == -2400
    with engine.unit(SYSTEM) as unit:
        assert orders.owed_refunds(unit) == []
    again = orders.refund(engine, desk.merchant, order_id, request_key="second")
    assert (again.status, [one.status for one in again.refunds]) == ("refunded", ["failed", "paid"])
    assert set(accounts(engine, desk).values()) == {0}
    refund_fails(engine, order_id, first.refunds[0].id)
    assert set(accounts(engine, desk).values()) == {0}


def test_a_refund_that_fails_before_it_is_kept_is_told_again(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    with engine.unit(desk.merchant) as unit:
        refund, _ = orders._claim_refund(unit, order_id, euros(500), (), "slow")
        refund_id = refund.id
    with pytest.raises(NotFound, match="still being made"):
        refund_fails(engine, order_id, refund_id)
    orders.refund(engine, desk.merchant, order_id, request_key="slow")
    assert refund_fails(engine, order_id, refund_id) == order_id
    assert accounts(engine, desk)["clearing"] == -2400


def test_a_failed_refund_that_is_none_of_the_order_changes_nothing(
    engine: AdEngine, desk: Desk, sage: Variant, caplog: pytest.LogCaptureFixture
) -> None:
    order_id, other = bought(engine, desk, sage), bought(engine, desk, sage)
    back = orders.refund(engine, desk.merchant, other, request_key="other")
    for refund_id in ("ref_nobody", back.refunds[0].id):
        assert refund_fails(engine, order_id, refund_id) == order_id
        assert refund_id in caplog.text
    assert card_of(engine, desk, other).status == "refunded"
    assert accounts(engine, desk)["clearing"] == -2400


def test_a_refund_refused_at_once_that_is_told_of_again_changes_nothing(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    order_id = bought(engine, desk, sage)
    with engine.unit(desk.merchant) as unit:
        refund, _ = orders._claim_refund(unit, order_id, euros(500), (), "refused")
        refund.status, refund_id = "failed", refund.id
    assert refund_fails(engine, order_id, refund_id) == order_id
    assert accounts(engine, desk)["clearing"] == -2400


def test_a_shopper_cannot_refund(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    with pytest.raises(SignInNeeded):
        orders.refund(engine, desk.visitor, order_id, request_key="cheeky")
    assert accounts(engine, desk)["clearing"] == -2400


def test_another_shop_and_another_agent_see_no_order(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    mine = agent_of(engine, desk, "mine")
    card = opened(engine, desk, sage, actor=mine)
    order_id = paying.complete(engine, mine, card.id, paying.Completion("spt_sandbox_ok")).order_id or ""
    other = open_desk(engine, "other")
    with pytest.raises(NotFound):
        orders.refund(engine, other.merchant, order_id, request_key="theirs")
    with engine.unit(other.merchant) as unit:
        assert orders.list_orders(unit) == []
    for stranger in (other.visitor, agent_of(engine, desk, "stranger")):
        with engine.unit(stranger) as unit, pytest.raises(NotFound):
            orders.get_order(unit, order_id)
    with engine.unit(mine) as unit:
        assert orders.get_order(unit, order_id).agent_id == mine.agent_id


def test_a_dispute_takes_the_money_from_everybody_and_a_won_one_gives_it_back(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    order_id = bought(engine, desk, sage)
    before = accounts(engine, desk)
    for _ in range(2):
        assert bank_says(engine, order_id, "disputed") == order_id
    assert set(accounts(engine, desk).values()) == {0}
    assert [(one.status, one.amount) for one in card_of(engine, desk, order_id).disputes] == [("open", euros(2400))]
    with pytest.raises(Invalid, match="nothing is left"):
        orders.refund(engine, desk.merchant, order_id, request_key="too late")
    bank_says(engine, order_id, "dispute_won")
    assert accounts(engine, desk) == before
    assert card_of(engine, desk, order_id).disputes[0].status == "won"
    orders.refund(engine, desk.merchant, order_id, request_key="now")
    assert set(accounts(engine, desk).values()) == {0}


def test_a_lost_dispute_leaves_only_what_it_did_not_take(engine: AdEngine, desk: Desk, sage: Variant) -> None:
    order_id = bought(engine, desk, sage)
    bank_says(engine, order_id, "disputed", euros(1000))
    bank_says(engine, order_id, "dispute_lost")
    card = card_of(engine, desk, order_id)
    assert (card.disputes[0].status, card.left) == ("lost", euros(1400))
    orders.refund(engine, desk.merchant, order_id, request_key="the rest")
    assert set(accounts(engine, desk).values()) == {0}


def test_a_dispute_of_everything_after_a_refund_takes_only_the_rest(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    order_id = bought(engine, desk, sage)
    orders.refund(engine, desk.merchant, order_id, amount=euros(1500), request_key="part")
    bank_says(engine, order_id, "disputed")
    assert set(accounts(engine, desk).values()) == {0}


def test_a_dispute_that_comes_while_a_refund_is_on_its_way_leaves_room_for_it(
    engine: AdEngine, desk: Desk, sage: Variant
) -> None:
    order_id = bought(engine, desk, sage)
    with engine.unit(desk.merchant) as unit:
        orders._claim_refund(unit, order_id, euros(2000), (), "on its way")
    bank_says(engine, order_id, "disputed")
    orders.refund(engine, desk.merchant, order_id, request_key="on its way")
    assert set(accounts(engine, desk).values()) == {0}
    assert card_of(engine, desk, order_id).refunded == euros(2000)
