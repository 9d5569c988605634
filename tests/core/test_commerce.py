from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.catalog import Product, Variant
from adengine.core.commerce import (
    AD_MOVES,
    CHECKOUT_MOVES,
    MOVES,
    ORDER_MOVES,
    PricePoint,
    discount_percent,
    lowest_in_30_days,
    move,
    quote,
    reverify,
)
from adengine.core.errors import Conflict, Invalid, OutOfStock, PriceChanged
from adengine.core.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
BAG = Product("linen-bag", "Linen bag", id="prd_bag")
SAND = Variant("var_sand", "Sand", (), Money(2400, "EUR"), stock=3)
CLAY = Variant("var_clay", "Clay", (), Money(2650, "EUR"))


def eur(minor):
    return Money(minor, "EUR")


def days_ago(days):
    return NOW - timedelta(days=days)


def prices(*points):
    return [PricePoint(eur(minor), days_ago(days)) for days, minor in points]


def test_a_quote_adds_lines_tax_and_shipping():
    asks = [(BAG, SAND, 2), (BAG, CLAY, 1)]
    priced = quote(asks, now=NOW, tax=eur(500), shipping=eur(490), lifetime=timedelta(minutes=10))
    assert [(line.title, line.quantity, line.line) for line in priced.lines] == [
        ("Linen bag, Sand", 2, eur(4800)),
        ("Linen bag, Clay", 1, eur(2650)),
    ]
    assert (priced.subtotal, priced.total) == (eur(7450), eur(8440))
    assert not priced.has_expired(NOW + timedelta(minutes=9))
    assert priced.has_expired(NOW + timedelta(minutes=10))


def test_a_variant_asked_for_twice_is_one_line():
    assert [line.quantity for line in quote([(BAG, SAND, 1), (BAG, SAND, 2)], now=NOW).lines] == [3]


def test_the_only_variant_of_a_product_carries_the_products_name():
    only = replace(SAND, title="Default Title")
    assert quote([(BAG, only, 1)], now=NOW).lines[0].title == "Linen bag"


def test_a_product_without_an_id_is_known_by_its_handle():
    assert quote([(replace(BAG, id=""), SAND, 1)], now=NOW).lines[0].product_id == "linen-bag"


@pytest.mark.parametrize("asks", [[(BAG, SAND, 4)], [(BAG, SAND, 2), (BAG, SAND, 2)]])
def test_more_than_the_stock_is_refused_with_what_remains(asks):
    with pytest.raises(OutOfStock, match="only 3 of Linen bag, Sand left"):
        quote(asks, now=NOW)


def test_sold_out_and_inactive_products_are_refused():
    with pytest.raises(OutOfStock, match="0 left"):
        quote([(BAG, replace(SAND, stock=0), 1)], now=NOW)
    with pytest.raises(OutOfStock, match="not on sale"):
        quote([(replace(BAG, status="draft"), CLAY, 1)], now=NOW)


def test_a_variant_that_may_be_oversold_is_quoted():
    assert quote([(BAG, replace(SAND, stock=0, oversell=True), 5)], now=NOW).subtotal == eur(12000)


@pytest.mark.parametrize("quantity", [-1, 0, 100])
def test_a_quantity_outside_1_to_99_is_refused(quantity):
    with pytest.raises(Invalid, match="1 to 99"):
        quote([(BAG, CLAY, quantity)], now=NOW)


def test_a_basket_that_is_empty_free_or_of_two_currencies_is_refused():
    with pytest.raises(Invalid, match="empty"):
        quote([], now=NOW)
    with pytest.raises(Invalid, match="no price"):
        quote([(BAG, replace(CLAY, price=eur(0)), 1)], now=NOW)
    with pytest.raises(Invalid, match="one currency"):
        quote([(BAG, SAND, 1), (BAG, replace(CLAY, price=Money(2650, "USD")), 1)], now=NOW)


def test_a_quote_whose_numbers_do_not_add_up_cannot_exist():
    priced = quote([(BAG, SAND, 2)], now=NOW)
    with pytest.raises(Invalid, match="total"):
        replace(priced, total=eur(1))
    with pytest.raises(Invalid, match="subtotal"):
        replace(priced, subtotal=eur(1), total=eur(1))
    with pytest.raises(Invalid, match="negative"):
        replace(priced, tax=eur(-1), total=priced.total - eur(1))


def test_times_without_a_zone_are_refused():
    with pytest.raises(Invalid, match="time zone"):
        quote([(BAG, SAND, 1)], now=NOW.replace(tzinfo=None))
    with pytest.raises(Invalid, match="time zone"):
        PricePoint(eur(1), NOW.replace(tzinfo=None))


def test_an_unchanged_price_verifies():
    old = quote([(BAG, SAND, 2)], now=NOW)
    reverify(old, quote([(BAG, SAND, 2)], now=NOW + timedelta(minutes=5)))


def test_a_changed_total_is_told_with_both_totals():
    old = quote([(BAG, SAND, 2)], now=NOW)
    fresh = quote([(BAG, replace(SAND, price=eur(2600)), 2)], now=NOW)
    with pytest.raises(PriceChanged, match=r"from €48\.00 to €52\.00"):
        reverify(old, fresh)


def test_changes_that_cancel_out_are_told_too():
    old = quote([(BAG, SAND, 1), (BAG, CLAY, 1)], now=NOW)
    cheaper, dearer = replace(SAND, price=eur(2300)), replace(CLAY, price=eur(2750))
    with pytest.raises(PriceChanged, match="Linen bag, Sand changed"):
        reverify(old, quote([(BAG, cheaper, 1), (BAG, dearer, 1)], now=NOW))


def test_another_basket_is_no_price_change():
    with pytest.raises(Conflict, match="basket changed") as caught:
        reverify(quote([(BAG, SAND, 1)], now=NOW), quote([(BAG, SAND, 2)], now=NOW))
    assert not isinstance(caught.value, PriceChanged)


@pytest.mark.parametrize("moves", MOVES.values())
def test_every_move_leads_to_a_state_that_has_moves_of_its_own(moves):
    assert {new for legal in moves.values() for new in legal} <= set(moves)


@pytest.mark.parametrize("kind", MOVES)
def test_a_move_is_allowed_exactly_where_the_table_says_so(kind):
    for old, legal in MOVES[kind].items():
        for new in MOVES[kind]:
            if new in legal:
                assert move(kind, old, new) == new
            else:
                with pytest.raises(Conflict, match=f"this {kind} is {old} and cannot become {new}"):
                    move(kind, old, new)


def test_states_nobody_knows_are_refused():
    with pytest.raises(Invalid, match="no state 'gone'"):
        move("ad", "gone", "ready")
    with pytest.raises(Invalid, match="no state 'live'"):
        move("ad", "ready", "live")


def test_the_moves_a_business_relies_on():
    assert {"open", "paid", "expired", "cancelled"} == CHECKOUT_MOVES["paying"]
    assert not CHECKOUT_MOVES["paid"]
    assert "paid" in CHECKOUT_MOVES["expired"]
    assert not ORDER_MOVES["refunded"]
    assert "queued" in AD_MOVES["failed"]
    assert "paused" in AD_MOVES["published"]
    assert "published" in AD_MOVES["paused"]
    assert not AD_MOVES["retired"]
    assert all("retired" in legal for state, legal in AD_MOVES.items() if state != "retired")
    assert [state for state, legal in AD_MOVES.items() if "published" in legal] == ["ready", "paused"]


def test_the_was_price_is_the_lowest_of_the_30_days_before_the_reduction():
    history = prices((90, 3000), (20, 2800), (12, 2900), (2, 2400))
    assert lowest_in_30_days(history, now=NOW, current=eur(2400)) == eur(2800)


def test_the_price_in_force_when_the_30_days_began_counts():
    assert lowest_in_30_days(prices((90, 2700), (20, 3000)), now=NOW, current=eur(2400)) == eur(2700)


def test_a_price_that_ended_before_the_30_days_does_not_count():
    history = prices((90, 2500), (40, 3000), (2, 2400))
    assert lowest_in_30_days(history, now=NOW, current=eur(2400)) == eur(3000)


def test_raising_a_price_for_a_week_makes_no_discount():
    history = prices((90, 2400), (9, 3000), (2, 2400))
    assert lowest_in_30_days(history, now=NOW, current=eur(2400)) is None


def test_the_30_days_end_when_the_reduction_began_not_today():
    history = prices((200, 3000), (60, 2400), (25, 2400))
    assert lowest_in_30_days(history, now=NOW, current=eur(2400)) == eur(3000)


def test_a_price_asked_before_the_reduction_counts_however_long_the_reduction_lasts():
    history = prices((200, 3000), (80, 2700), (70, 3000), (60, 2400))
    assert lowest_in_30_days(history, now=NOW, current=eur(2400)) == eur(2700)


def test_a_history_that_does_not_reach_back_30_days_proves_nothing():
    assert lowest_in_30_days(prices((29, 3000), (2, 2400)), now=NOW, current=eur(2400)) is None
    assert lowest_in_30_days(prices((30, 3000)), now=NOW, current=eur(2400)) == eur(3000)
    assert lowest_in_30_days(prices((40, 2400)), now=NOW, current=eur(2400)) is None
    assert lowest_in_30_days([], now=NOW, current=eur(2400)) is None


def test_prices_of_the_future_are_not_looked_at():
    history = prices((90, 3000), (-1, 100))
    assert lowest_in_30_days(history, now=NOW, current=eur(2400)) == eur(3000)


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(1, 4)), min_size=1), st.integers(1, 4))
def test_the_was_price_equals_a_day_by_day_look_at_what_was_asked(points, current):
    history = prices(*dict(points).items())
    asked = {day: _price_on(history, day) for day in range(121)}
    since = next((max(day - 1, 0) for day in range(121) if asked[day] != eur(current)), 120)
    before = [asked[day] for day in range(since + 1, since + 31)]
    known = _price_on(history, since + 30) is not None
    expected = min((p for p in before if p), key=lambda p: p.minor, default=None) if known else None
    if expected is not None and expected.minor <= current:
        expected = None
    assert lowest_in_30_days(history, now=NOW, current=eur(current)) == expected


def _price_on(history, day):
    past = [point for point in history if point.at <= days_ago(day)]
    return max(past, key=lambda point: point.at).price if past else None


def test_a_discount_is_rounded_down():
    assert discount_percent(eur(3000), eur(2005)) == 33
    assert discount_percent(eur(3000), eur(3000)) == 0
    with pytest.raises(Invalid, match="no discount"):
        discount_percent(eur(2000), eur(2400))


@given(st.integers(1, 10**9), st.integers(0, 10**9))
def test_a_discount_never_promises_too_much(was, now):
    now = min(was, now)
    percent = discount_percent(eur(was), eur(now))
    assert 0 <= percent <= 100
    assert was * (100 - percent) >= now * 100
    assert was * (100 - percent - 1) < now * 100
