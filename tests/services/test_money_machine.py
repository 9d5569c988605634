"""Random histories over the real use cases on SQLite: orders, refunds, disputes, runs, failures, crashes and sweeps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select

from adengine import database
from adengine.core.errors import Unavailable
from adengine.core.ledger import fit_split
from adengine.core.money import Money
from adengine.engine import AdEngine
from adengine.models import Dispute, Entry, Order, Payee, Posting, Refund, Reversal, Transfer, new_id
from adengine.services import dues, ledger, orders, payouts
from adengine.settings import Settings
from tests.conftest import Desk, open_desk
from tests.fakes import Clock, Outbox, build_test_engine
from tests.sales import GERMAN, PLAIN, Bank, payee, price, refund, sell, use_bank

pytestmark = pytest.mark.slow
SEQUENCES, STEPS = 100, 16
ACCOUNTS = ("cameo:a", "cameo:b", "creator:c")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AdEngine, Clock]]:
    folder: Path = tmp_path_factory.mktemp("machine")
    clock = Clock()
    engine = build_test_engine(
        Settings(home=str(folder), database_url=f"sqlite:///{folder / 'money.db'}"), clock=clock, outbox=Outbox()
    )
    database.upgrade(engine.sql)
    yield engine, clock
    engine.close()


class Shop(RuleBasedStateMachine):
    """A shop of its own for every history, with two orders old enough to be paid out.

    A licence ends by being left out of later splits.
    """

    engine: AdEngine
    clock: Clock
    sequences = 0
    steps = 0

    @initialize(creator=st.booleans())
    def opens(self, creator: bool) -> None:
        type(self).sequences += 1
        self.bank: Bank = use_bank(self.engine)
        self.desk: Desk = open_desk(self.engine, f"shop-{type(self).sequences}")
        self.licences = {"a": 1500, "b": 333}
        self.orders: list[str] = []
        self.runs = 0
        with self.engine.unit(self.desk.merchant) as unit:
            for account in (f"merchant:{self.desk.shop.id}", *ACCOUNTS[: 2 + creator]):
                payee(unit, account)
        for minor in (1999, 500):
            self.sell(minor, 0, taxed=minor > 500)
        self.wait(14)

    @rule(minor=st.integers(1, 9_999), off=st.sampled_from([0, 1000, 10_000]), taxed=st.booleans())
    def sell(self, minor: int, off: int, taxed: bool) -> None:
        priced = price(minor, selling=GERMAN if taxed else PLAIN, off=off)
        split = fit_split(
            self.desk.shop.id, platform_bps=200, cameos=tuple(self.licences.items()), creators=(("c", 250),)
        )
        with self.engine.unit(self.desk.merchant) as unit:
            self.orders.append(sell(unit, priced, split))

    @precondition(lambda self: self.licences)
    @rule()
    def revoke(self) -> None:
        self.licences.popitem()

    @rule(pick=st.integers(0, 9), part=st.integers(1, 100))
    def refund(self, pick: int, part: int) -> None:
        order_id = self.orders[pick % len(self.orders)]
        with self.engine.unit(self.desk.merchant) as unit:
            left = self.left(unit, order_id)
            if left:
                refund(unit, order_id, -(-left * part // 100))

    @rule(pick=st.integers(0, 9))
    def refund_fails(self, pick: int) -> None:
        with self.engine.unit(self.desk.merchant) as unit:
            paid = unit.db.scalars(
                select(Refund).where(Refund.status == "paid").order_by(Refund.created_at, Refund.minor)
            ).all()
            if paid:
                row = paid[pick % len(paid)]
                payment_id = unit.get(Order, row.order_id).payment_id
                orders.refund_failed(unit, payment_id, refund_id=row.id, reason="account_closed")

    @rule(pick=st.integers(0, 9), part=st.integers(1, 100))
    def dispute(self, pick: int, part: int) -> None:
        order_id = self.orders[pick % len(self.orders)]
        with self.engine.unit(self.desk.merchant) as unit:
            left = self.left(unit, order_id)
            if not left:
                return
            amount, name = Money(-(-left * part // 100), "EUR"), new_id("dis")
            unit.get(Order, order_id, lock=True)
            unit.own(
                Dispute, id=name, order_id=order_id, provider="sandbox", external_id=name, status="open",
                currency="EUR", minor=amount.minor, created_at=unit.now(),
            )  # fmt: skip
            ledger.record_dispute(unit, order_id, name, amount)
            payouts.claw_back(unit, order_id, name)

    @rule(won=st.booleans())
    def settle(self, won: bool) -> None:
        with self.engine.unit(self.desk.merchant) as unit:
            row = unit.db.scalar(select(Dispute).where(Dispute.status == "open").limit(1))
            if row is None:
                return
            row.status = "won" if won else "lost"
            if won:
                ledger.record_dispute_won(unit, row.order_id, row.id)

    @rule(days=st.sampled_from([7, 14]))
    def wait(self, days: int) -> None:
        self.clock.forward(days=days)

    @rule(mood=st.sampled_from(["ok", "ok", "down", "lost", "refuses"]), again=st.booleans())
    def pay_out(self, mood: str, again: bool) -> None:
        self.bank.mood = mood
        self.runs += not again
        payouts.pay_out(self.engine, self.desk.merchant, run=f"run {self.runs}")

    @rule(mood=st.sampled_from(["ok", "down", "lost", "refuses"]))
    def sweep(self, mood: str) -> None:
        self.bank.mood = mood
        self.finish()

    @rule(ready=st.booleans())
    def provider_changes_its_mind(self, ready: bool) -> None:
        with self.engine.unit(self.desk.merchant) as unit:
            row = unit.db.scalar(select(Payee).where(Payee.account == ACCOUNTS[0]))
            assert row is not None
            row.status = "ready" if ready else "blocked"

    @invariant()
    def the_books_are_right(self) -> None:
        type(self).steps += 1
        if not hasattr(self, "orders"):
            return
        with self.engine.reading(self.desk.merchant) as unit:
            assert unit.db.scalar(select(func.sum(Entry.minor))) in (None, 0)
            paid = unit.db.scalar(select(func.sum(Transfer.minor)).where(Transfer.status == "paid")) or 0
            back = unit.db.scalar(select(func.sum(Reversal.minor)).where(Reversal.status == "paid")) or 0
            moved = unit.db.scalar(
                select(func.sum(Entry.minor))
                .join(Posting, Posting.id == Entry.posting_id)
                .where(Posting.kind.in_(("transfer", "reversal")), Entry.account == "clearing:sandbox")
            )
            assert (moved or 0) == paid - back
            for one in dues.positions_of(unit):
                assert one.short.minor == 0 or self.reasons(unit, one.order_id, one.account)
                assert one.placed_at <= dues.mature_before(unit) or not self.sent(unit, one.order_id)
            for one in ledger.balances(unit):
                if one.account.split(":")[0] in {"platform", "tax"}:
                    assert one.amount.minor >= 0

    def teardown(self) -> None:
        """The provider is well again: all is finished, the rest refunded, and the books agree with the bank."""
        if not hasattr(self, "orders"):
            return
        self.bank.mood = "ok"
        self.finish()
        with self.engine.unit(self.desk.merchant) as unit:
            for order_id in self.orders:
                if left := self.left(unit, order_id):
                    refund(unit, order_id, left)
        self.finish()
        with self.engine.reading(self.desk.merchant) as unit:
            owing = 0
            for one in ledger.balances(unit):
                kind = one.account.split(":")[0]
                assert kind == "clearing" or one.amount.minor <= 0
                owing -= one.amount.minor if kind in dues.PAYABLE else 0
            assert owing == self.bank.gone, "what is missing is what the bank sent and could not bring back"
            assert payouts.owed(unit) == []

    def finish(self) -> None:
        self.clock.forward(minutes=1)
        for _ in range(2):  # finishing a transfer may claim a reversal
            with self.engine.reading(self.desk.merchant) as unit:
                owed = payouts.owed(unit)
            for _, row_id in owed:
                with suppress(Unavailable):
                    payouts.finish(self.engine, self.desk.merchant, row_id)

    @staticmethod
    def left(unit, order_id: str) -> int:  # type: ignore[no-untyped-def]
        return unit.get(Order, order_id).total_minor - ledger.taken_back(unit, order_id).minor

    @staticmethod
    def reasons(unit, order_id: str, account: str) -> list[str]:  # type: ignore[no-untyped-def]
        """Why money that should have come back has not."""
        failed = select(Reversal.problem).join(Transfer, Transfer.id == Reversal.transfer_id)
        return list(
            unit.db.scalars(
                failed.where(Transfer.order_id == order_id, Transfer.account == account, Reversal.status == "failed")
            )
        )

    @staticmethod
    def sent(unit, order_id: str) -> bool:  # type: ignore[no-untyped-def]
        return unit.db.scalar(select(Transfer.id).where(Transfer.order_id == order_id).limit(1)) is not None


def test_a_hundred_histories_over_the_use_cases_leave_the_books_right(
    room: tuple[AdEngine, Clock], capsys: pytest.CaptureFixture[str]
) -> None:
    Shop.engine, Shop.clock = room
    run_state_machine_as_test(
        Shop,
        settings=settings(
            max_examples=SEQUENCES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
    with capsys.disabled():
        print(f"\nuse cases: {Shop.sequences} histories, {Shop.steps} steps, every one right")  # noqa: T201
    assert Shop.sequences >= SEQUENCES
