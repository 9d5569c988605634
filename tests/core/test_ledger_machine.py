"""Ten thousand random histories of orders in the pure ledger: always balanced, nobody below what the rules allow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

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

from adengine.core.ledger import (
    Posting,
    Split,
    balances,
    fit_split,
    net_goods,
    post_dispute,
    post_dispute_won,
    post_refund,
    post_refund_failed,
    post_reversal,
    post_sale,
    post_transfer,
    standing,
)
from adengine.core.money import WHOLE_BPS, Money
from adengine.core.quote import Quote, QuoteLine
from adengine.core.selling import Applied

pytestmark = pytest.mark.slow
NOW = datetime(2026, 11, 21, tzinfo=UTC)
SEQUENCES, STEPS = 10_000, 6
CLEARING = "clearing:bank"


@dataclass
class Sold:
    """An order of the machine with everything that happened to it."""

    currency: str
    total: int
    postings: list[Posting]
    open: dict[str, Posting] = field(default_factory=dict)
    paid_back: dict[str, Posting] = field(default_factory=dict)
    gone: int = 0
    sent: dict[str, int] = field(default_factory=dict)

    def post(self, posting: Posting) -> None:
        self.postings.append(posting)

    def held(self) -> dict[str, int]:
        return {account: amount.minor for account, amount in balances(self.postings, self.currency).items()}


def priced(goods: int, off: int, shipping: int, bps: int, *, inside: bool, currency: str) -> Quote:
    """A quote of one line with a discount and tax at `bps`, inside the prices or on top."""

    def taxed(amount: int) -> int:
        return amount * bps // (WHOLE_BPS + bps if inside else WHOLE_BPS)

    def money(minor: int) -> Money:
        return Money(minor, currency)

    off = min(off, goods)
    tax = taxed(goods - off), taxed(shipping)
    line = QuoteLine("v", "p", "Bag", money(goods), 1, money(goods), money(off), money(tax[0]), bps)
    codes = (Applied("OFF", "Off", money(off), (("v", money(off)),)),) if off else ()
    on_top = 0 if inside else sum(tax)
    paid = goods - off + shipping + on_top
    return Quote(
        (line,), money(goods), money(on_top), money(shipping), money(paid), currency, NOW, NOW, discounts=codes,
        tax_inside=money(sum(tax)) if inside else None,
    )  # fmt: skip


shares = st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(0, 7000)), max_size=3)
quotes = st.builds(
    priced,
    goods=st.integers(1, 30_000),
    off=st.integers(0, 30_000),
    shipping=st.integers(0, 2_000),
    bps=st.sampled_from([0, 700, 1900, 2500]),
    inside=st.booleans(),
    currency=st.sampled_from(["EUR", "JPY"]),
)
splits = st.builds(
    lambda platform, cameos, creators: fit_split(
        "m", platform_bps=platform, cameos=tuple(cameos), creators=tuple(creators)
    ),
    st.integers(0, 3000),
    shares,
    shares,
)


class Ledger(RuleBasedStateMachine):
    """Orders are sold, refunded (in vain, too), disputed and paid out in any order; what is refused is never tried."""

    sequences = 0
    steps = 0

    @initialize(quote=quotes, split=splits)
    def first_sale(self, quote: Quote, split: Split) -> None:
        type(self).sequences += 1
        self.orders: list[Sold] = []
        self.number = 0
        self.sell(quote, split)

    @rule(quote=quotes, split=splits)
    def sell_another(self, quote: Quote, split: Split) -> None:
        # Revoking a licence changes the splits of later sales only: each sale here has a split of its own.
        self.sell(quote, split)

    @rule(pick=st.integers(0, 9), part=st.integers(1, 100))
    def refund(self, pick: int, part: int) -> None:
        self.take("refund", pick, part)

    @rule(pick=st.integers(0, 9), part=st.integers(1, 100))
    def dispute(self, pick: int, part: int) -> None:
        self.take("dispute", pick, part)

    @precondition(lambda self: any(order.open for order in self.orders))
    @rule(pick=st.integers(0, 9), won=st.booleans())
    def settle(self, pick: int, won: bool) -> None:
        disputes = [(order, name) for order in self.orders for name in order.open]
        order, name = disputes[pick % len(disputes)]
        taken = order.open.pop(name)
        if won:
            order.post(post_dispute_won("o", name, taken=taken))
            order.gone -= sum(entry.amount.minor for entry in taken.entries if entry.amount.minor > 0)

    @precondition(lambda self: any(order.paid_back for order in self.orders))
    @rule(pick=st.integers(0, 9))
    def refund_fails(self, pick: int) -> None:
        refunds = [(order, name) for order in self.orders for name in order.paid_back]
        order, name = refunds[pick % len(refunds)]
        before, taken = order.held(), order.paid_back.pop(name)
        order.post(post_refund_failed("o", name, taken=taken))
        order.gone -= sum(entry.amount.minor for entry in taken.entries if entry.amount.minor > 0)
        gains = {entry.account: -entry.amount.minor for entry in taken.entries}
        assert order.held() == {account: minor + gains.get(account, 0) for account, minor in before.items()}

    @rule(pick=st.integers(0, 9), part=st.integers(1, 100))
    def transfer(self, pick: int, part: int) -> None:
        order = self.orders[pick % len(self.orders)]
        for account, minor in order.held().items():
            if minor > 0 and account.split(":")[0] in {"merchant", "cameo", "creator"}:
                amount = -(-minor * part // 100)
                order.post(post_transfer(self.name(), account, Money(amount, order.currency), "bank"))
                order.sent[account] = order.sent.get(account, 0) + amount

    @rule()
    def bring_back(self) -> None:
        for order in self.orders:
            for account, minor in order.held().items():
                if minor < 0 and account != CLEARING:
                    order.post(post_reversal(self.name(), account, Money(-minor, order.currency), "bank"))
                    order.sent[account] += minor

    @invariant()
    def everything_adds_up(self) -> None:
        type(self).steps += 1
        for order in getattr(self, "orders", []):
            held = order.held()
            assert sum(held.values()) == 0
            assert standing(order.postings, order.currency).left.minor == order.total - order.gone
            assert 0 <= order.gone <= order.total
            assert held.get(CLEARING, 0) == order.gone - order.total + sum(order.sent.values())
            for account, minor in held.items():
                if account != CLEARING:
                    assert minor >= -order.sent.get(account, 0), "only what was sent can be missing"
            assert all(sent >= 0 for sent in order.sent.values())

    def teardown(self) -> None:
        """Whatever happened: taking the rest back and bringing home what was sent leaves nobody a cent."""
        for order in getattr(self, "orders", []):
            left = standing(order.postings, order.currency)
            if left.left:
                order.post(post_refund("o", "last", sale=left.base, amount=left.left, refunded_before=left.taken))
            self.orders = [order]
            self.bring_back()
            assert not any(order.held().values())

    def sell(self, quote: Quote, split: Split) -> None:
        sale = post_sale("o", quote, split, provider="bank")
        sold = {entry.account: entry.amount.minor for entry in sale.entries}
        for account, bps in split.shares[1:]:
            assert abs(sold.get(account, 0) - net_goods(quote).minor * bps / WHOLE_BPS) < 1
        assert sold.get("tax:m", 0) == quote.tax.minor + (quote.tax_inside.minor if quote.tax_inside else 0)
        self.orders.append(Sold(quote.currency, quote.total.minor, [sale]))

    def take(self, kind: str, pick: int, part: int) -> None:
        order = self.orders[pick % len(self.orders)]
        stands = standing(order.postings, order.currency)
        if not stands.left:
            return
        amount = Money(-(-stands.left.minor * part // 100), order.currency)
        before, name = order.held(), self.name()
        if kind == "refund":
            made = post_refund("o", name, sale=stands.base, amount=amount, refunded_before=stands.taken)
            order.paid_back[name] = made
            order.post(made)
        else:
            order.open[name] = post_dispute("o", name, sale=stands.base, amount=amount, taken_before=stands.taken)
            order.post(order.open[name])
        order.gone += amount.minor
        after = order.held()
        assert all(after[account] <= minor for account, minor in before.items() if account != CLEARING)

    def name(self) -> str:
        self.number += 1
        return f"x{self.number}"


def test_ten_thousand_histories_keep_the_ledger_balanced(capsys: pytest.CaptureFixture[str]) -> None:
    run_state_machine_as_test(
        Ledger,
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
        print(f"\nledger: {Ledger.sequences} histories, {Ledger.steps} steps, every one balanced")  # noqa: T201
    assert Ledger.sequences >= SEQUENCES
