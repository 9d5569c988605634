from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.commerce import Quote, QuoteLine
from adengine.core.errors import Conflict, Invalid
from adengine.core.ledger import Entry, Posting, Split, balances, post_payout, post_refund, post_sale
from adengine.core.money import Money

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def eur(minor):
    return Money(minor, "EUR")


def priced(goods, tax=0, shipping=0):
    line = QuoteLine("var_1", "prd_1", "Linen bag", eur(goods), 1, eur(goods))
    parts = (eur(goods), eur(tax), eur(shipping), eur(goods + tax + shipping))
    return Quote((line,), *parts, currency="EUR", at=NOW, expires_at=NOW)


def amounts(posting):
    return {entry.account: entry.amount.minor for entry in posting.entries}


@st.composite
def sales(draw):
    shares = draw(st.lists(st.integers(0, 2000), max_size=4))
    split = Split("m1", tuple((f"c{i}", s) for i, s in enumerate(shares)), draw(st.integers(0, 2000)))
    goods, tax, shipping = (draw(st.integers(low, 200_000)) for low in (1, 0, 0))
    return post_sale("ord_1", priced(goods, tax, shipping), split, provider="stripe")


@st.composite
def sales_refunded_in_parts(draw):
    sale = draw(sales())
    paid = -amounts(sale)["clearing:stripe"]
    cuts = sorted(draw(st.sets(st.integers(1, max(paid - 1, 1)), max_size=6)) - {paid})
    edges = [0, *cuts, paid]
    return sale, [new - old for old, new in pairwise(edges)]


def refunds(sale, parts):
    posted, before = [], 0
    for i, part in enumerate(parts):
        posted.append(post_refund("ord_1", f"r{i}", sale=sale, amount=eur(part), refunded_before=eur(before)))
        before += part
    return posted


def test_a_sale_pays_everyone_their_share_of_the_goods():
    split = Split("m1", (("nix", 1000), ("lumi", 500)), platform_bps=290)
    posting = post_sale("ord_1", priced(10_000, tax=1900, shipping=490), split, provider="stripe")
    assert posting.key == "sale:ord_1"
    assert amounts(posting) == {
        "clearing:stripe": -12_390,
        "merchant:m1": 8210 + 490,
        "platform": 290,
        "cameo:nix": 1000,
        "cameo:lumi": 500,
        "tax:m1": 1900,
    }


def test_accounts_that_get_nothing_are_left_out():
    posting = post_sale("ord_1", priced(999), Split("m1"), provider="sandbox")
    assert amounts(posting) == {"clearing:sandbox": -999, "merchant:m1": 999}


@given(sales())
def test_no_cent_of_a_sale_is_lost_and_no_share_is_negative(sale):
    assert sum(amounts(sale).values()) == 0
    assert [account for account, minor in amounts(sale).items() if minor < 0] == ["clearing:stripe"]


@given(sales_refunded_in_parts())
def test_refunds_that_add_up_to_the_sale_bring_every_account_to_zero(case):
    sale, parts = case
    assert all(not amount for amount in balances([sale, *refunds(sale, parts)], "EUR").values())


@given(sales_refunded_in_parts())
def test_a_refund_only_ever_takes_back(case):
    sale, parts = case
    sold = amounts(sale)
    for refund, part in zip(refunds(sale, parts), parts, strict=True):
        back = amounts(refund)
        assert back["clearing:stripe"] == part
        assert all(minor < 0 for account, minor in back.items() if account != "clearing:stripe")
        assert set(back) <= set(sold)


@given(sales_refunded_in_parts())
def test_nobody_pays_back_more_than_they_got(case):
    sale, parts = case
    posted = [sale]
    for refund in refunds(sale, parts):
        posted.append(refund)
        held = balances(posted, "EUR")
        assert all(a.minor >= 0 for name, a in held.items() if name != "clearing:stripe")


@given(sales(), st.data())
def test_a_partial_refund_is_pro_rata_within_a_few_cents(sale, data):
    paid = -amounts(sale)["clearing:stripe"]
    part = data.draw(st.integers(1, paid))
    back = amounts(refunds(sale, [part])[0])
    for account, minor in amounts(sale).items():
        assert abs(-back.get(account, 0) - minor * part / paid) < len(sale.entries)


def test_refunding_cent_by_cent_reverses_each_account_exactly():
    split = Split("m1", (("a", 1111), ("b", 1)), platform_bps=333)
    sale = post_sale("ord_1", priced(97, tax=3, shipping=1), split, provider="stripe")
    assert not any(balances([sale, *refunds(sale, [1] * 101)], "EUR").values())


def test_a_refund_credits_nobody_where_largest_remainder_would():
    # Three, three and one cent: at three cents back largest remainder takes the one, at four it returns it.
    sale = post_sale("ord_1", priced(7), Split("m1", (("a", 4286), ("b", 1428))), provider="stripe")
    assert amounts(sale) == {"clearing:stripe": -7, "merchant:m1": 3, "cameo:a": 3, "cameo:b": 1}
    for refund in refunds(sale, [1] * 7):
        assert [entry.amount.minor for entry in refund.entries] == [1, -1]


def test_a_refund_of_more_than_is_left_is_refused_naming_what_is_left():
    sale = post_sale("ord_1", priced(1000), Split("m1"), provider="stripe")
    with pytest.raises(Conflict, match=r"only €3\.00 of this order is left"):
        post_refund("ord_1", "r2", sale=sale, amount=eur(301), refunded_before=eur(700))


@pytest.mark.parametrize(("amount", "before"), [(0, 0), (-5, 0), (5, -5)])
def test_a_refund_of_nothing_is_refused(amount, before):
    sale = post_sale("ord_1", priced(1000), Split("m1"), provider="stripe")
    with pytest.raises(Invalid, match="more than nothing"):
        post_refund("ord_1", "r1", sale=sale, amount=eur(amount), refunded_before=eur(before))


def test_a_refund_in_another_currency_is_refused():
    sale = post_sale("ord_1", priced(1000), Split("m1"), provider="stripe")
    with pytest.raises(Invalid, match="EUR"):
        post_refund("ord_1", "r1", sale=sale, amount=Money(5, "USD"), refunded_before=Money(0, "USD"))


def test_shares_above_the_whole_are_refused():
    assert Split("m1", (("a", 9000),), platform_bps=1000).merchant_bps == 0
    with pytest.raises(Invalid, match=r"100\.01 %"):
        Split("m1", (("a", 9001),), platform_bps=1000)
    with pytest.raises(Invalid, match="negative"):
        Split("m1", (("a", -1),))
    with pytest.raises(Invalid, match="twice"):
        Split("m1", (("a", 1), ("a", 2)))


def test_a_posting_that_does_not_sum_to_zero_in_each_currency_cannot_exist():
    with pytest.raises(Invalid, match="must sum to zero"):
        Posting("x", "sale", (Entry("a", eur(5)), Entry("b", eur(-4))))
    with pytest.raises(Invalid, match="must sum to zero"):
        Posting("x", "sale", (Entry("a", eur(5)), Entry("b", Money(-5, "USD"))))


def test_a_payout_settles_what_was_owed():
    sale = post_sale("ord_1", priced(1000), Split("m1", (("nix", 1000),)), provider="stripe")
    paid = post_payout("pay_1", "cameo:nix", eur(100), provider="stripe")
    held = balances([sale, paid], "EUR")
    assert (held["cameo:nix"], held["clearing:stripe"]) == (eur(0), eur(-900))
    with pytest.raises(Invalid, match="more than nothing"):
        post_payout("pay_2", "cameo:nix", eur(0), provider="stripe")


def test_balances_keep_currencies_apart():
    dollars = Posting("x", "sale", (Entry("platform", Money(7, "USD")), Entry("c", Money(-7, "USD"))))
    euros = Posting("y", "sale", (Entry("platform", eur(5)), Entry("c", eur(-5))))
    assert balances([dollars, euros], "USD") == {"platform": Money(7, "USD"), "c": Money(-7, "USD")}
