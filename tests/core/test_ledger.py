from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.errors import Conflict, Invalid
from adengine.core.ledger import (
    Entry,
    Posting,
    Split,
    balances,
    fit_split,
    net_goods,
    net_shipping,
    post_dispute,
    post_dispute_won,
    post_refund,
    post_refund_failed,
    post_reversal,
    post_sale,
    post_transfer,
    standing,
)
from adengine.core.money import Money
from adengine.core.quote import Quote, QuoteLine
from adengine.core.selling import Applied

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


def test_a_transfer_settles_what_was_owed_and_a_reversal_undoes_it():
    sale = post_sale("ord_1", priced(1000), Split("m1", (("nix", 1000),)), provider="stripe")
    sent = post_transfer("trf_1", "cameo:nix", eur(100), "stripe")
    held = balances([sale, sent], "EUR")
    assert (held["cameo:nix"], held["clearing:stripe"]) == (eur(0), eur(-900))
    back = post_reversal("rev_1", "cameo:nix", eur(100), "stripe")
    assert balances([sale, sent, back], "EUR") == balances([sale], "EUR")
    for post in (post_transfer, post_reversal):
        with pytest.raises(Invalid, match="more than nothing"):
            post("x", "cameo:nix", eur(0), "stripe")


def discounted(goods=10_000, off=1_000, shipping=490):
    """Goods with a code and 19 % tax inside them and inside the shipping."""
    inside = [(one * 19 + 59) // 119 for one in (goods - off, shipping)]
    line = QuoteLine("var_1", "prd_1", "Linen bag", eur(goods), 1, eur(goods), eur(off), eur(inside[0]), 1900)
    return Quote(
        (line,), eur(goods), eur(0), eur(shipping), eur(goods - off + shipping), "EUR", NOW, NOW,
        discounts=(Applied("TEN", "Ten", eur(off), (("var_1", eur(off)),)),), tax_inside=eur(sum(inside)),
    )  # fmt: skip


def test_shares_count_on_goods_after_discounts_without_the_tax_inside_them():
    split = Split("m1", (("nix", 1000),), platform_bps=200, creators=(("studio nord", 500),))
    quote = discounted()
    assert (net_goods(quote), net_shipping(quote)) == (eur(9000 - 1437), eur(490 - 78))
    assert amounts(post_sale("ord_1", quote, split, provider="stripe")) == {
        "clearing:stripe": -9490,
        "merchant:m1": 6277 + 412,
        "platform": 151,
        "cameo:nix": 757,
        "creator:studio nord": 378,
        "tax:m1": 1437 + 78,
    }


def test_a_quote_whose_tax_lies_nowhere_is_refused():
    quote = discounted()
    for inside in (eur(1), quote.total):
        with pytest.raises(Invalid, match="must lie inside"):
            post_sale("ord_1", replace(quote, tax_inside=inside), Split("m1"), provider="stripe")


def test_a_free_order_posts_nothing_and_has_nothing_to_take_back():
    free = discounted(1_000, 1_000, 0)
    sale = post_sale("ord_1", replace(free, lines=(replace(free.lines[0], tax=eur(0)),), tax_inside=None), Split("m1"),
                     provider="stripe")  # fmt: skip
    assert sale.entries == ()
    assert standing([sale], "EUR").left == eur(0)


def test_shares_above_the_whole_are_cut_and_platform_and_appearances_come_first():
    fits = fit_split("m1", platform_bps=200, cameos=(("a", 500),), creators=(("x", 300), ("x", 100)))
    assert fits == Split("m1", (("a", 500),), 200, (("x", 400),))
    tight = fit_split("m1", platform_bps=2000, cameos=(("a", 5000),), creators=(("x", 2000), ("y", 4000)))
    assert tight == Split("m1", (("a", 5000),), 2000, (("x", 1000), ("y", 2000)))
    assert tight.merchant_bps == 0
    over = fit_split("m1", platform_bps=5000, cameos=(("a", 9000), ("b", 6000)), creators=(("x", 10),))
    assert over == Split("m1", (("a", 4500), ("b", 3000)), 2500, (("x", 0),))


@given(
    st.integers(0, 10_000),
    *[st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10_000)), max_size=5) for _ in range(2)],
)
def test_any_shares_fit_and_none_grows_by_fitting(platform_bps, cameos, creators):
    split = fit_split("m1", platform_bps=platform_bps, cameos=tuple(cameos), creators=tuple(creators))
    assert split.merchant_bps >= 0
    assert split.platform_bps <= platform_bps
    for given_shares, fitted in ((cameos, split.cameos), (creators, split.creators)):
        assert all(share <= sum(s for n, s in given_shares if n == name) for name, share in fitted)
    asked = platform_bps + sum(share for _, share in (*cameos, *creators))
    assert split.merchant_bps == max(0, 10_000 - asked)


def dispute(postings, number, minor):
    stands = standing(postings, "EUR")
    return post_dispute("ord_1", f"d{number}", sale=stands.base, amount=eur(minor), taken_before=stands.taken)


def refund(postings, number, minor):
    stands = standing(postings, "EUR")
    return post_refund("ord_1", f"r{number}", sale=stands.base, amount=eur(minor), refunded_before=stands.taken)


def test_a_dispute_takes_back_like_a_refund_and_shares_its_ceiling():
    sale = post_sale("ord_1", priced(1000), Split("m1", (("a", 333),)), provider="stripe")
    taken = [sale, refund([sale], 1, 400)]
    taken.append(dispute(taken, 1, 500))
    assert amounts(dispute([sale], 1, 500)) == amounts(refund([sale], 1, 500))
    assert standing(taken, "EUR").left == eur(100)
    with pytest.raises(Conflict, match=r"only €1\.00"):
        refund(taken, 2, 101)
    taken.append(refund(taken, 2, 100))
    assert not any(balances(taken, "EUR").values())


def test_a_won_dispute_gives_back_exactly_what_was_taken():
    sale = post_sale("ord_1", priced(1000), Split("m1", (("a", 333),)), provider="stripe")
    lost = dispute([sale], 1, 501)
    won = post_dispute_won("ord_1", "d1", taken=lost)
    assert amounts(won) == {account: -minor for account, minor in amounts(lost).items()}
    assert balances([sale, lost, won], "EUR") == balances([sale], "EUR")
    assert standing([sale, lost, won], "EUR").left == eur(1000)


def test_a_failed_refund_gives_back_exactly_what_it_took_whatever_came_after():
    sale = post_sale("ord_1", priced(1000), Split("m1", (("a", 333),), creators=(("c", 250),)), provider="stripe")
    first = refund([sale], 1, 501)
    second = refund([sale, first], 2, 250)
    failed = post_refund_failed("ord_1", "r1", taken=first)
    assert failed.key == "refund_failed:ord_1:r1"
    assert amounts(failed) == {account: -minor for account, minor in amounts(first).items()}
    history = [sale, first, second, failed]
    assert standing(history, "EUR").left == eur(750)
    with pytest.raises(Conflict, match=r"only €7\.50"):
        refund(history, 3, 751)
    assert not any(balances([*history, refund(history, 3, 750)], "EUR").values())


@given(sales(), st.data())
def test_disputes_won_in_any_order_leave_refunds_exact(sale, data):
    postings, opened = [sale], {}
    for number in range(data.draw(st.integers(1, 8))):
        left = standing(postings, "EUR").left.minor
        acts = ["refund", "dispute"] * bool(left) + ["win"] * bool(opened)
        if not acts:
            break
        act = data.draw(st.sampled_from(acts))
        if act == "win":
            taken = opened.pop(data.draw(st.sampled_from(sorted(opened))))
            postings.append(post_dispute_won("ord_1", f"w{number}", taken=taken))
            continue
        part = (refund if act == "refund" else dispute)(postings, number, data.draw(st.integers(1, left)))
        assert all(minor < 0 for account, minor in amounts(part).items() if account != "clearing:stripe")
        postings.append(part)
        if act == "dispute":
            opened[number] = part
        assert all(a.minor >= 0 for name, a in balances(postings, "EUR").items() if name != "clearing:stripe")
    if left := standing(postings, "EUR").left.minor:
        postings.append(refund(postings, 99, left))
    assert not any(balances(postings, "EUR").values())


def test_balances_keep_currencies_apart():
    dollars = Posting("x", "sale", (Entry("platform", Money(7, "USD")), Entry("c", Money(-7, "USD"))))
    euros = Posting("y", "sale", (Entry("platform", eur(5)), Entry("c", eur(-5))))
    assert balances([dollars, euros], "USD") == {"platform": Money(7, "USD"), "c": Money(-7, "USD")}
