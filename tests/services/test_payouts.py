"""Runs that pay everybody what they are owed, once; what refunds and disputes bring back; crashes in between."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from adengine.core.errors import Conflict, Invalid, NotFound, SignInNeeded, Unavailable
from adengine.core.ledger import Split
from adengine.core.money import Money
from adengine.engine import SYSTEM, AdEngine, worker
from adengine.models import Order, Reversal
from adengine.services import dues, ledger, payees, payouts
from adengine.services.dues import Due
from adengine.services.payouts import PayoutReport
from tests.conftest import Desk, open_desk
from tests.fakes import Clock
from tests.sales import Bank, payee, price, refund, sell, set_selling, use_bank


@pytest.fixture
def bank(engine: AdEngine) -> Bank:
    return use_bank(engine)


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def sold(engine: AdEngine, desk: Desk, minor: int = 1000, bps: int = 1000) -> str:
    with engine.unit(desk.merchant) as unit:
        return sell(unit, price(minor), Split(desk.shop.id, (("nix", bps),), 200))


def enrolled(engine: AdEngine, desk: Desk, *accounts: str) -> None:
    with engine.unit(desk.merchant) as unit:
        for account in accounts:
            payee(unit, account)


def run(engine: AdEngine, desk: Desk, name: str = "2026-11") -> PayoutReport:
    return payouts.pay_out(engine, desk.merchant, run=name)


def due(engine: AdEngine, desk: Desk, account: str) -> Due:
    with engine.reading(desk.merchant) as unit:
        return next(one for one in dues.dues(unit) if one.account == account)


def refunded(engine: AdEngine, desk: Desk, order_id: str, minor: int) -> None:
    with engine.unit(desk.merchant) as unit:
        refund(unit, order_id, minor)


def swept(engine: AdEngine) -> None:
    with engine.unit(SYSTEM) as unit:
        owed = payouts.owed(unit)
    for merchant_id, row_id in owed:
        payouts.finish(engine, worker(merchant_id), row_id)


def balances(engine: AdEngine, desk: Desk) -> dict[str, int]:
    with engine.reading(desk.merchant) as unit:
        return {one.account.split(":")[0]: one.amount.minor for one in ledger.balances(unit) if one.amount.minor}


def test_a_run_pays_everybody_who_is_ready_and_says_what_waits(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    order_id = sold(engine, desk)
    enrolled(engine, desk, f"merchant:{desk.shop.id}")
    clock.forward(days=14)
    report = run(engine, desk)
    assert [(one.order_id, one.amount, one.status) for one in report.transfers] == [(order_id, eur(880), "paid")]
    assert balances(engine, desk) == {"clearing": -120, "platform": 20, "cameo": 100}
    assert bank.gone == 880
    waits = due(engine, desk, "cameo:nix")
    assert (waits.ready, waits.payable, waits.payee) == (eur(100), eur(0), None)


def test_money_waits_for_the_holdback_to_end(engine: AdEngine, desk: Desk, bank: Bank, clock: Clock) -> None:
    sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=13, hours=23)
    assert run(engine, desk).transfers == ()
    assert due(engine, desk, "cameo:nix").waiting == eur(100)
    set_selling(engine, desk, holdback_days=13)
    assert [one.amount for one in run(engine, desk).transfers] == [eur(100)]


def test_the_same_run_again_pays_nothing_twice_and_what_became_due_since(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    first = run(engine, desk)
    assert run(engine, desk) == first
    later = sold(engine, desk, 500)
    clock.forward(days=14)
    assert {one.order_id: one.amount for one in run(engine, desk).transfers}[later] == eur(50)
    assert bank.gone == 150


def test_two_runs_at_once_pay_once(engine: AdEngine, desk: Desk, bank: Bank, clock: Clock) -> None:
    for _ in range(3):
        sold(engine, desk)
    enrolled(engine, desk, "cameo:nix", f"merchant:{desk.shop.id}")
    clock.forward(days=14)
    threads = [threading.Thread(target=run, args=(engine, desk, f"run {number % 2}")) for number in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    swept(engine)
    assert bank.gone == 3 * 980
    assert balances(engine, desk) == {"clearing": -60, "platform": 60}


@pytest.mark.parametrize("mood", ["down", "lost"])
def test_a_run_killed_between_claim_and_keep_is_finished_by_the_sweep(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock, mood: str
) -> None:
    sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    bank.mood = mood
    (transfer,) = run(engine, desk).transfers
    assert transfer.status == "claimed"
    assert run(engine, desk, "another").transfers == ()
    assert (due(engine, desk, "cameo:nix").sent, due(engine, desk, "cameo:nix").payable) == (eur(100), eur(0))
    bank.mood = "ok"
    swept(engine)  # too young: the run may still be at it
    assert run(engine, desk, "another").transfers == ()
    clock.forward(minutes=1)
    swept(engine)
    swept(engine)
    assert bank.gone == 100
    assert balances(engine, desk) == {"clearing": -900, "merchant": 880, "platform": 20}


def test_the_sweep_leaves_what_the_provider_does_not_answer_for_the_next_time(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    bank.mood = "down"
    (transfer,) = run(engine, desk).transfers
    with pytest.raises(Unavailable):
        payouts.finish(engine, desk.merchant, transfer.id)
    assert bank.gone == 0


def test_a_refused_transfer_is_marked_and_tried_again_by_the_next_run_only(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    bank.mood = "refuses"
    (failed,) = run(engine, desk).transfers
    assert (failed.status, failed.problem) == ("failed", "the account has no longer that much")
    bank.mood = "ok"
    assert run(engine, desk).transfers == (failed,)
    assert [one.status for one in run(engine, desk, "next").transfers] == ["paid"]
    assert bank.gone == 100


def test_a_refund_brings_transfers_back_to_the_cent(engine: AdEngine, desk: Desk, bank: Bank, clock: Clock) -> None:
    order_id = sold(engine, desk, 997, bps=333)
    enrolled(engine, desk, "cameo:nix", f"merchant:{desk.shop.id}")
    clock.forward(days=14)
    run(engine, desk)
    for part in (1, 333, 663):
        refunded(engine, desk, order_id, part)
        swept(engine)
        with engine.reading(desk.merchant) as unit:
            held = {one.account.split(":")[0]: one.amount.minor for one in ledger.balances(unit)}
        assert (held["cameo"], held["merchant"]) == (0, 0)
        assert -held["clearing"] == held["platform"]
    assert bank.gone == 0
    assert balances(engine, desk) == {}


def test_what_is_still_here_is_taken_before_what_was_sent(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    order_id = sold(engine, desk)
    enrolled(engine, desk, f"merchant:{desk.shop.id}")
    clock.forward(days=14)
    run(engine, desk)
    refunded(engine, desk, order_id, 500)
    with engine.reading(desk.merchant) as unit:
        assert [(row.minor, row.status) for row in unit.db.scalars(select(Reversal))] == [(440, "claimed")]
        assert due(engine, desk, "cameo:nix").owed == eur(50)


def test_clawing_back_twice_for_one_cause_takes_once(engine: AdEngine, desk: Desk, bank: Bank, clock: Clock) -> None:
    order_id = sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    run(engine, desk)
    refunded(engine, desk, order_id, 1000)
    for cause in ("another", "another"):
        with engine.unit(desk.merchant) as unit:
            unit.get(Order, order_id, lock=True)
            payouts.claw_back(unit, order_id, cause)
    swept(engine)
    assert (bank.gone, balances(engine, desk)) == (0, {})


def test_a_refund_while_the_money_is_on_its_way_brings_it_back_once_it_arrived(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    order_id = sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    bank.mood = "lost"
    run(engine, desk)
    refunded(engine, desk, order_id, 1000)
    bank.mood = "ok"
    clock.forward(minutes=1)
    swept(engine)
    assert bank.gone == 100
    swept(engine)
    assert (bank.gone, balances(engine, desk)) == (0, {})


def test_what_cannot_be_brought_back_has_its_reason_and_is_set_against_the_next_transfers(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    order_id = sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    run(engine, desk)
    bank.mood = "refuses"
    refunded(engine, desk, order_id, 1000)
    swept(engine)
    bank.mood = "ok"
    owing = due(engine, desk, "cameo:nix")
    assert (owing.owed, owing.debt) == (eur(-100), eur(100))
    assert owing.problems == ("the account has no longer that much",)
    sold(engine, desk, 600)
    clock.forward(hours=1)
    last = sold(engine, desk, 700)
    clock.forward(days=14)
    assert due(engine, desk, "cameo:nix").payable == eur(30)
    assert [(one.order_id, one.amount) for one in run(engine, desk, "next").transfers] == [(last, eur(30))]
    assert due(engine, desk, "cameo:nix").owed == eur(0)
    assert run(engine, desk, "third").transfers == ()
    assert bank.gone == 130


def test_a_dispute_takes_back_and_a_won_one_is_paid_out_again(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    order_id = sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    run(engine, desk)
    with engine.unit(desk.merchant) as unit:
        ledger.record_dispute(unit, order_id, "d1", eur(1000))
        payouts.claw_back(unit, order_id, "d1")
    swept(engine)
    assert (bank.gone, balances(engine, desk)) == (0, {})
    with engine.unit(desk.merchant) as unit:
        ledger.record_dispute_won(unit, order_id, "d1")
    assert run(engine, desk).transfers[0].back == eur(100)  # its run paid this order once
    assert [one.amount for one in run(engine, desk, "next").transfers] == [eur(100)]


def test_a_payee_who_is_not_ready_is_not_paid(engine: AdEngine, desk: Desk, bank: Bank, clock: Clock) -> None:
    sold(engine, desk)
    with engine.unit(desk.merchant) as unit:
        payee(unit, "cameo:nix", ready=False)
    clock.forward(days=14)
    assert run(engine, desk).transfers == ()


def test_a_payee_is_invited_onboarded_and_made_ready_by_the_provider(engine: AdEngine, desk: Desk, bank: Bank) -> None:
    account = f"merchant:{desk.shop.id}"
    with engine.unit(desk.merchant) as unit:
        card = payees.invite(unit, account, email="lumi@example.com", country="DE")
        again = payees.invite(unit, account, email="lumi@example.org", country="AT")
    assert (card.id, card.status, again.id, again.country) == (card.id, "invited", card.id, "AT")
    urls = {payees.onboard(engine, desk.merchant, card.id, return_url="http://here.invalid/") for _ in range(2)}
    assert len(urls) == 1
    with pytest.raises(Conflict, match="knows this payee already"), engine.unit(desk.merchant) as unit:
        payees.invite(unit, account, email="nix@example.com", country="AT")
    assert payees.check(engine, desk.merchant, card.id).status == "ready"


def test_nobody_is_invited_for_an_account_that_is_not_theirs(engine: AdEngine, desk: Desk, bank: Bank) -> None:
    for account, error in (
        ("platform", Invalid),
        ("merchant:mer_other", Invalid),
        (f"tax:{desk.shop.id}", Invalid),
        ("cameo:cam_nobody", NotFound),
        ("creator:nobody", NotFound),
    ):
        with pytest.raises(error), engine.unit(desk.merchant) as unit:
            payees.invite(unit, account, email="lumi@example.com", country="DE")
    for email, country in (("lumi", "DE"), ("lumi@example.com", "Germany")):
        with pytest.raises(Invalid), engine.unit(desk.merchant) as unit:
            payees.invite(unit, f"merchant:{desk.shop.id}", email=email, country=country)


def test_another_shop_neither_sees_nor_sends_this_ones_money(
    engine: AdEngine, desk: Desk, bank: Bank, clock: Clock
) -> None:
    sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    bank.mood = "down"
    (transfer,) = run(engine, desk).transfers
    other = open_desk(engine, "other")
    bank.mood = "ok"
    with pytest.raises(NotFound):
        payouts.finish(engine, other.merchant, transfer.id)
    with engine.reading(other.merchant) as unit:
        assert (dues.dues(unit), payouts.list_transfers(unit)) == ([], [])
    assert run(engine, other).transfers == ()
    with pytest.raises(SignInNeeded):
        payouts.pay_out(engine, desk.visitor, run="cheeky")
    assert bank.gone == 0


def test_a_run_needs_a_name(engine: AdEngine, desk: Desk, bank: Bank) -> None:
    for name in (" ", "x" * 61):
        with pytest.raises(Invalid, match="name the run"):
            run(engine, desk, name)


def test_an_order_of_another_provider_is_left_alone(engine: AdEngine, desk: Desk, bank: Bank, clock: Clock) -> None:
    sold(engine, desk)
    enrolled(engine, desk, "cameo:nix")
    clock.forward(days=14)
    bank.name = "elsewhere"
    assert run(engine, desk).transfers == ()
    bank.name, bank.mood = "sandbox", "down"
    (transfer,) = run(engine, desk).transfers
    bank.name, bank.mood = "elsewhere", "ok"
    with pytest.raises(Unavailable, match="paid through sandbox"):
        payouts.finish(engine, desk.merchant, transfer.id)
    assert bank.gone == 0
