from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.commerce import (
    AD_MOVES,
    CHECKOUT_MOVES,
    MOVES,
    ORDER_MOVES,
    PricePoint,
    discount_percent,
    lowest_in_30_days,
    move,
)
from adengine.core.errors import Conflict, Invalid
from adengine.core.money import Money

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def eur(minor):
    return Money(minor, "EUR")


def days_ago(days):
    return NOW - timedelta(days=days)


def prices(*points):
    return [PricePoint(eur(minor), days_ago(days)) for days, minor in points]


def test_times_without_a_zone_are_refused():
    with pytest.raises(Invalid, match="time zone"):
        PricePoint(eur(1), NOW.replace(tzinfo=None))


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
    assert ORDER_MOVES["refunded"] == {"paid", "partly_refunded"}
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
