from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.discounts import Goods, lower
from adengine.core.errors import Invalid
from adengine.core.money import Money, total
from adengine.core.selling import Discount

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def eur(minor):
    return Money(minor, "EUR")


TEN = Discount("TEN", "Ten per cent", bps=1000)
FIVER = Discount("FIVER", "Five euros off", amount=eur(500))
CUP, LAMP = Goods("var_cup", "prd_cup", eur(2400)), Goods("var_lamp", "prd_lamp", eur(8900))


def lowered(goods, *codes, known=(TEN, FIVER), uses=0, now=NOW):
    return lower(goods, codes, {one.code: (one, uses) for one in known}, now=now)


def reasons(*args, **kw):
    return [(one.code, one.reason) for one in lowered(*args, **kw).rejected]


def test_a_percentage_is_shared_by_the_lines_it_covers():
    (applied,) = lowered([CUP, LAMP], "ten").applied
    assert (applied.code, applied.amount, applied.bps) == ("TEN", eur(1130), 1000)
    assert applied.shares == (("var_cup", eur(240)), ("var_lamp", eur(890)))


def test_a_code_is_read_in_any_case_and_with_space_around_it():
    assert [one.code for one in lowered([CUP], " fiver\n").applied] == ["FIVER"]


def test_a_fixed_amount_never_takes_off_more_than_the_goods_it_covers():
    only_cups = replace(FIVER, amount=eur(5000), product_ids=("prd_cup",))
    (applied,) = lowered([LAMP, CUP], "FIVER", known=(only_cups,)).applied
    assert (applied.amount, applied.shares) == (eur(2400), (("var_cup", eur(2400)),))


def test_an_odd_cent_goes_to_one_line():
    cents = [Goods(name, "p", eur(100)) for name in ("a", "b", "c")]
    (applied,) = lowered(cents, "X1", known=(Discount("X1", "One", amount=eur(100)),)).applied
    assert [amount.minor for _, amount in applied.shares] == [34, 33, 33]


def test_the_second_of_two_codes_counts_from_what_the_first_left():
    both = (replace(TEN, combines=True), replace(FIVER, combines=True))
    after = lowered([CUP], "FIVER", "TEN", known=both)
    assert [(one.code, one.amount) for one in after.applied] == [("FIVER", eur(500)), ("TEN", eur(190))]
    assert after.off("var_cup") == [eur(500), eur(190)]
    assert after.off("var_lamp") == []


@pytest.mark.parametrize("combining", [("TEN",), ("FIVER",), ()])
def test_codes_stand_together_only_where_both_allow_it(combining):
    known = [replace(one, combines=one.code in combining) for one in (TEN, FIVER)]
    after = lowered([CUP], "TEN", "FIVER", known=known)
    assert [one.code for one in after.applied] == ["TEN"]
    assert [(one.code, one.reason) for one in after.rejected] == [("FIVER", "combination_disallowed")]
    assert "TEN" in after.rejected[0].message


def test_a_code_given_twice_counts_once():
    after = lowered([CUP], "TEN", "ten")
    assert (len(after.applied), [one.reason for one in after.rejected]) == (1, ["already_applied"])


def test_codes_nobody_knows_are_invalid():
    assert reasons([CUP], "NOPE") == [("NOPE", "invalid")]
    assert reasons([CUP], "") == [("", "invalid")]


def test_a_code_holds_from_its_start_until_just_before_its_end():
    spring = replace(TEN, starts=NOW, ends=NOW + timedelta(days=1))
    assert reasons([CUP], "TEN", known=(spring,)) == []
    assert reasons([CUP], "TEN", known=(spring,), now=NOW - timedelta(seconds=1)) == [("TEN", "invalid")]
    assert reasons([CUP], "TEN", known=(spring,), now=NOW + timedelta(days=1)) == [("TEN", "expired")]


def test_a_code_counts_until_it_was_used_as_often_as_it_may_be():
    few = replace(TEN, most_uses=2)
    assert reasons([CUP], "TEN", known=(few,), uses=1) == []
    assert reasons([CUP], "TEN", known=(few,), uses=2) == [("TEN", "usage_limit_reached")]


def test_the_minimum_counts_the_goods_a_code_covers_before_other_codes():
    cups = replace(TEN, product_ids=("prd_cup",), minimum=eur(2400), combines=True)
    fiver = replace(FIVER, combines=True)
    assert reasons([CUP, LAMP], "FIVER", "TEN", known=(cups, fiver)) == []
    dearer = replace(cups, minimum=eur(2401))
    assert reasons([CUP, LAMP], "TEN", known=(dearer,)) == [("TEN", "minimum_not_met")]


def test_a_code_for_other_products_or_for_nothing_is_told():
    assert reasons([CUP], "TEN", known=(replace(TEN, product_ids=("prd_lamp",)),)) == [("TEN", "invalid")]
    free = Discount("ALL", "All of it", bps=10_000, combines=True)
    after = lowered([CUP], "ALL", "FIVER", known=(free, replace(FIVER, combines=True)))
    assert after.applied[0].amount == eur(2400)
    assert [(one.code, one.reason) for one in after.rejected] == [("FIVER", "minimum_not_met")]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"code": "A"}, "cannot be a code"),
        ({"code": "HALF PRICE"}, "cannot be a code"),
        ({"code": "<B>"}, "cannot be a code"),
        ({"title": ""}, "name of the code TEN"),
        ({"bps": None}, "either a share or an amount"),
        ({"amount": eur(1)}, "either a share or an amount"),
        ({"bps": 0}, "more than nothing"),
        ({"bps": 10_001}, "at most everything"),
        ({"bps": None, "amount": eur(0)}, "more than nothing"),
        ({"minimum": eur(-1)}, "less than nothing"),
        ({"most_uses": 0}, "at least once"),
        ({"starts": NOW, "ends": NOW}, "ends before it starts"),
        ({"ends": NOW.replace(tzinfo=None)}, "time zone"),
    ],
)
def test_a_code_that_makes_no_sense_is_refused(change, words):
    with pytest.raises(Invalid, match=words):
        replace(TEN, **change)


DISCOUNTS = st.builds(
    lambda bps, minor, products, least: Discount(
        "X1",
        "X",
        bps=bps,
        amount=None if bps else eur(minor),
        product_ids=products,
        minimum=eur(least),
        combines=True,
    ),
    st.none() | st.integers(1, 10_000),
    st.integers(1, 10**7),
    st.sampled_from([(), ("p0",), ("p0", "p1")]),
    st.integers(0, 10_000),
)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=6), st.lists(DISCOUNTS, max_size=4))
def test_shares_add_up_and_no_line_falls_below_nothing(amounts, discounts):
    goods = [Goods(f"v{n}", f"p{n % 3}", eur(minor)) for n, minor in enumerate(amounts)]
    known = [replace(one, code=f"X{n}") for n, one in enumerate(discounts)]
    after = lowered(goods, *(one.code for one in known), known=known)
    assert len(after.applied) + len(after.rejected) == len(known)
    for one in after.applied:
        assert one.amount.minor > 0
        assert total((amount for _, amount in one.shares), "EUR") == one.amount
    for line in goods:
        assert total(after.off(line.variant_id), "EUR") <= line.amount
