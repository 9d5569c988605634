from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from adengine.core.errors import Invalid
from adengine.core.experiment import EVENT_TYPES, METRICS, SERVER_TYPES, assign, bucket, valid_event

NOW = datetime(2026, 11, 21, tzinfo=UTC)
VIEWERS = [f"v_{i}" for i in range(20_000)]
WEIGHTS = st.lists(st.floats(0, 100), min_size=1, max_size=6).filter(lambda weights: sum(weights) > 0.001)


# Vectors of GrowthBook's SDKs, then some computed with JavaScript's charCodeAt and Math.imul.
@pytest.mark.parametrize(
    ("seed", "viewer", "place"),
    [
        ("seed", "a", 0.0505),
        ("seed", "b", 0.2696),
        ("foo", "ab", 0.2575),
        ("foo", "def", 0.2019),
        ("89123klj", "8952klfjas09ujkasdf", 0.124),
        ("90850943850283058242805", "123", 0.7516),
        ("s", "日本😀", 0.5895),
        ("exp_7", "vü-ø", 0.4159),
        ("exp_7", "v_01", 0.6064),
        ("", "", 0.2305),
    ],
)
def test_buckets_are_those_javascript_computes(seed, viewer, place):
    assert bucket(seed, viewer) == place


@given(st.text(st.characters(exclude_categories=[])), st.text(st.characters(exclude_categories=[])))
def test_any_id_has_a_stable_place(seed, viewer):
    place = bucket(seed, viewer)
    assert 0 <= place < 1
    assert place == bucket(seed, viewer)


@pytest.mark.parametrize("seed", ["exp_1", "exp_2", "größe-測試"])
def test_places_are_uniform(seed):
    counts = Counter(int(bucket(seed, viewer) * 100) for viewer in VIEWERS)
    assert stats.chisquare([counts[i] for i in range(100)]).pvalue > 0.001


@pytest.mark.parametrize("other", ["exp_2", "exp_11", "xexp_1"])
def test_two_experiments_assign_independently(other):
    pairs = Counter((assign("exp_1", [1, 1, 1], v), assign(other, [1, 1, 1], v)) for v in VIEWERS)
    table = [[pairs[a, b] for b in range(3)] for a in range(3)]
    assert stats.chi2_contingency(table).pvalue > 0.001


def test_arms_get_viewers_by_their_weights():
    counts = Counter(assign("exp_1", [5, 3, 2, 0], viewer) for viewer in VIEWERS)
    assert set(counts) == {0, 1, 2}
    assert stats.chisquare([counts[0], counts[1], counts[2]], [10_000, 6_000, 4_000]).pvalue > 0.001


@given(WEIGHTS, st.text(max_size=8))
def test_at_full_coverage_everyone_has_an_arm_of_some_weight(weights, viewer):
    arm = assign("exp", weights, viewer)
    assert arm is not None
    assert weights[arm] > 0


@given(WEIGHTS, st.floats(0, 1), st.floats(0, 1), st.text(max_size=8))
def test_raising_the_coverage_moves_nobody(weights, one, two, viewer):
    low, high = sorted([one, two])
    before = assign("exp", weights, viewer, coverage=low)
    assert before in (None, assign("exp", weights, viewer, coverage=high))


def test_coverage_is_the_part_of_the_viewers_that_is_in():
    inside = sum(assign("exp_1", [1, 1], viewer, coverage=0.2) is not None for viewer in VIEWERS)
    assert stats.binomtest(inside, len(VIEWERS), 0.2).pvalue > 0.001
    assert all(assign("exp_1", [1, 1], viewer, coverage=0) is None for viewer in VIEWERS[:200])


def test_weights_count_by_their_ratio():
    for viewer in VIEWERS[:500]:
        assert assign("e", [1, 2, 1], viewer) == assign("e", [0.25, 0.5, 0.25], viewer)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [float("nan"), 1], [float("inf"), 1]])
def test_weights_that_make_no_sense_are_refused(weights):
    with pytest.raises(Invalid, match="weights"):
        assign("exp", weights, "v")


def test_coverage_outside_0_to_1_is_refused():
    with pytest.raises(Invalid, match="coverage"):
        assign("exp", [1], "v", coverage=1.1)


@pytest.mark.parametrize("metric", METRICS.values())
def test_metrics_are_made_of_events_there_are(metric):
    assert {metric.numerator, metric.denominator} <= set(EVENT_TYPES)
    assert (metric.unit == "money") == (metric.label.startswith("revenue"))


def check(kind="impression", **changes):
    event = {
        "event_id": "e1",
        "viewer": "v1",
        "at": NOW,
        "now": NOW,
        "source": "browser",
        "value_minor": None,
    }
    valid_event(kind, **(event | changes))


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_event_type_is_taken_from_its_source(kind):
    money = kind in SERVER_TYPES
    check(kind, source="server" if money else "browser", value_minor=2400 if money else None)


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("explode", {}, "no event type"),
        ("purchase", {"value_minor": 5}, "counted from the payment"),
        ("refund", {"value_minor": 5}, "counted from the payment"),
        ("start", {"event_id": ""}, "event_id"),
        ("start", {"event_id": "x" * 65}, "event_id"),
        ("start", {"viewer": "a b"}, "viewer"),
        ("start", {"at": NOW - timedelta(hours=72, seconds=1)}, "72 hours"),
        ("start", {"at": NOW + timedelta(minutes=6)}, "future"),
        ("start", {"at": NOW.replace(tzinfo=None)}, "time zone"),
        ("start", {"value_minor": 5}, "no other event"),
        ("purchase", {"source": "server"}, "has a value"),
        ("purchase", {"source": "server", "value_minor": -1}, "minor units"),
        ("purchase", {"source": "server", "value_minor": 10**16}, "minor units"),
    ],
)
def test_events_that_cannot_be_counted_are_refused_with_the_reason(kind, changes, words):
    with pytest.raises(Invalid, match=words):
        check(kind, **changes)


def test_a_late_event_is_still_taken():
    check(at=NOW - timedelta(hours=72))
