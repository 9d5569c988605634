"""The whole way of money through the real use cases: bought, paid out, refunded, disputed, won, paid out again."""

from __future__ import annotations

from pathlib import Path

from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.models import Order, Payment
from adengine.services import dues, explaining, ledger, orders, payees, paying, payouts, statements
from tests.conftest import Desk
from tests.fakes import Clock
from tests.lineage import Films, explained_order
from tests.services.buying import GERMAN, HOME, LUMI, bought, sandbox, sell_by, stock_shop
from workers.tasks import sweep


def test_money_goes_the_whole_way_and_back(engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path) -> None:
    mug = stock_shop(engine, desk, tmp_path / "shop")
    sell_by(engine, desk, GERMAN)
    account = f"merchant:{desk.shop.id}"
    with engine.unit(desk.merchant) as unit:
        card = payees.invite(unit, account, email="shop@example.com", country="DE")
    onboarding = payees.onboard(engine, desk.merchant, card.id, return_url="http://127.0.0.1/back")
    body, signature, _ = sandbox(engine).onboard(onboarding.rsplit("/", 1)[-1])
    paying.take_event(engine, body, signature)
    order_id = bought(engine, desk, mug, 2, buyer=LUMI, address=HOME, option_id="post")
    clock.forward(days=14)
    (sent,) = payouts.pay_out(engine, desk.merchant, run="first").transfers
    assert (sent.status, sent.amount) == ("paid", Money(4364, "EUR"))  # 98 % of 40.34 net, and 4.12 of shipping

    orders.refund(engine, desk.merchant, order_id, amount=Money(2400, "EUR"), request_key="one mug")
    sweep(engine)
    with engine.reading(desk.merchant) as unit:
        paid_for = unit.get(Order, order_id).payment_id
        name = unit.get(Payment, paid_for).external_id or ""
    dispute = sandbox(engine).decide(name, "disputed", amount=Money(2890, "EUR"))
    paying.take_event(engine, *dispute)
    sweep(engine)
    assert books(engine, desk) == {}

    paying.take_event(engine, *sandbox(engine).decide(name, "dispute_won", amount=Money(2890, "EUR")))
    (again,) = payouts.pay_out(engine, desk.merchant, run="second").transfers
    assert again.amount == Money(4364 - statement(engine, desk, "refund"), "EUR")
    assert books(engine, desk) == {"clearing": -506, "platform": 44, "tax": 462}
    with engine.reading(desk.merchant) as unit:
        assert dues.dues(unit) == []


def test_what_a_failed_refund_brought_back_is_paid_out_again_to_the_cent(
    engine: AdEngine, desk: Desk, clock: Clock, tmp_path: Path
) -> None:
    stock_shop(engine, desk, tmp_path / "shop")
    order_id = explained_order(Films(engine, desk.merchant, desk.shop.id), clock)
    sold = {"clearing": -7690, "merchant": 5313, "platform": 121, "cameo": 847, "creator": 181, "tax": 1228}
    with engine.unit(desk.merchant) as unit:
        (refund_id,) = (one.id for one in orders.get_order(unit, order_id).refunds)
        payment_id = unit.get(Order, order_id).payment_id
        orders.refund_failed(unit, payment_id, refund_id=refund_id, reason="account_closed")
    with engine.reading(desk.merchant) as unit:
        made = explaining.explain(unit, order_id)
    got: dict[str, int] = {}
    for part in made.parts:
        kind = part.account.split(":")[0]
        got[kind] = got.get(kind, 0) + part.sold.minor + part.taken.minor
        assert not part.taken
    assert got == sold
    assert made.movements[-1].what == "Refund that failed at the buyer's bank, given back"
    assert made.movements[-1].amount == Money(3600, "EUR")
    paid = {one.account: one.amount.minor for one in payouts.pay_out(engine, desk.merchant, run="anew").transfers}
    assert paid == {f"merchant:{desk.shop.id}": 2487, "cameo:cam_lumi": 283, "cameo:cam_nix": 113}
    with engine.reading(desk.merchant) as unit:
        line = statements.statement(unit, "cameo:cam_nix", month="2026-12").lines[-2]
    assert (line.kind, line.gross, line.amount) == ("refund_failed", Money(3600, "EUR"), Money(113, "EUR"))


def books(engine: AdEngine, desk: Desk) -> dict[str, int]:
    with engine.reading(desk.merchant) as unit:
        return {one.account.split(":")[0]: one.amount.minor for one in ledger.balances(unit) if one.amount}


def statement(engine: AdEngine, desk: Desk, kind: str) -> int:
    with engine.reading(desk.merchant) as unit:
        made = statements.statement(unit, f"merchant:{desk.shop.id}", month="2026-12")
    return -made.sum_of(kind).minor
