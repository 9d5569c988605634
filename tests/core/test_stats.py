import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize
from scipy import stats as scipy_stats

from adengine.core.errors import Invalid
from adengine.core.stats import (
    Arm,
    compare,
    confidence_sequence,
    mean_arm,
    planned_size,
    probability_best,
    sample_ratio,
    sample_ratio_any_time,
    share_arm,
    verdict,
)

RUNS, LOOKS, PER_LOOK = 400, 150, 50


def arm_of(name, values, denominators):
    s, d = np.asarray(values, float), np.asarray(denominators, float)
    return Arm(name, len(s), s.sum(), (s * s).sum(), d.sum(), (d * d).sum(), (s * d).sum())


def watched(rates, *, runs=RUNS, looks=LOOKS, per_look=PER_LOOK, planned=10_000, seed=7):
    """Each run's comparisons at every look, with the counts seen."""
    rng = np.random.default_rng(seed)
    for _ in range(runs):
        hits = [rng.binomial(per_look, rate, looks).cumsum().tolist() for rate in rates]
        yield [
            (
                n := per_look * (look + 1),
                a,
                b,
                confidence_sequence(share_arm("A", n, a), share_arm("B", n, b), planned=planned),
            )
            for look, (a, b) in enumerate(zip(*hits, strict=True))
        ]


def peeked_z(n, a, b):
    pooled = (a + b) / (2 * n)
    spread = math.sqrt(2 * pooled * (1 - pooled) / n)
    return bool(spread) and abs(a - b) / n / spread > 1.96


def test_watching_all_the_time_names_a_false_winner_in_at_most_5_percent_where_a_z_test_fails():
    false = naive = 0
    for run in watched([0.05, 0.05]):
        false += any(result.direction for *_, result in run)
        naive += any(peeked_z(n, a, b) for n, a, b, _ in run)
    assert false / RUNS <= 0.05
    assert naive / RUNS >= 0.30


def test_looking_after_every_few_viewers_of_a_rare_metric_names_no_false_winner_either():
    runs = list(watched([0.01, 0.01], runs=200, looks=300, per_look=10))
    assert {result.form for run in runs for *_, result in run} == {"too_early", "exact", "normal"}
    assert sum(any(result.direction for *_, result in run) for run in runs) / 200 <= 0.05


def test_the_intervals_of_a_run_hold_the_true_lift_together():
    missed = 0
    for run in watched([0.04, 0.06], planned=5_000):
        bounds = [(r.lift_low, r.lift_high) for *_, r in run if r.lift_low is not None]
        missed += any(low > 0.5 or (high is not None and high < 0.5) for low, high in bounds)
    assert missed / RUNS <= 0.05


def test_a_real_difference_is_found_by_twice_the_fixed_size():
    planned = planned_size(0.05, 0.2)
    looks = 40
    per_look = planned // looks  # each arm: twice the planned size at the last look
    found = sum(
        any(result.direction == 1 for *_, result in run)
        for run in watched([0.05, 0.06], runs=200, looks=looks, per_look=per_look, planned=planned)
    )
    assert found / 200 >= 0.80


def test_heavy_tailed_revenue_names_no_false_winner():
    rng, false = np.random.default_rng(3), 0
    for _ in range(200):
        sums = []
        for _ in range(2):
            spend = rng.lognormal(3, 1, (60, 100)) * (rng.random((60, 100)) < 0.05)
            sums.append((spend.sum(1).cumsum(), (spend**2).sum(1).cumsum()))
        false += any(
            confidence_sequence(
                *(mean_arm(name, 100 * (i + 1), s[i], ss[i]) for name, (s, ss) in zip("AB", sums, strict=True)),
                planned=10_000,
            ).direction
            for i in range(60)
        )
    assert false / 200 <= 0.05


def test_the_spread_of_a_ratio_metric_is_that_of_repeated_samples():
    rng = np.random.default_rng(5)

    def sample():
        views = rng.poisson(3, 2000) + 1
        return arm_of("A", rng.binomial(views, 0.3), views)

    arms = [sample() for _ in range(400)]
    spread = np.std([arm.rate for arm in arms])
    assert math.sqrt(arms[0].variance) == pytest.approx(spread, rel=0.1)


def test_the_variance_of_a_mean_is_that_of_scipy():
    values = np.random.default_rng(2).gamma(2, 5, 300)
    arm = mean_arm("A", 300, values.sum(), (values**2).sum())
    assert arm.rate == pytest.approx(values.mean())
    assert math.sqrt(arm.variance) == pytest.approx(scipy_stats.sem(values))


def test_the_normal_form_is_the_published_formula():
    control, arm, planned = share_arm("A", 10_000, 500), share_arm("B", 10_000, 600), 20_000
    result = confidence_sequence(control, arm, alpha=0.05, planned=planned)
    rho2 = (2 * math.log(20) + math.log(1 + 2 * math.log(20))) / planned
    spread = math.sqrt(0.05 * 0.95 / 9_999 + 0.06 * 0.94 / 9_999)
    q = 20_000 * rho2 + 1
    half = spread * math.sqrt(2 * q / (20_000 * rho2) * math.log(math.sqrt(q) / 0.05))
    assert result.form == "normal"
    assert (result.low, result.high) == pytest.approx((0.01 - half, 0.01 + half))
    # The e-value as the normal mixture it is: the likelihood ratio averaged over effects.
    z = 0.01 / spread
    effects = np.linspace(-12, 12, 20_001)
    prior = scipy_stats.norm.pdf(effects, scale=math.sqrt(20_000 * rho2))
    e_value = np.trapezoid(prior * np.exp(effects * z - effects**2 / 2), effects)
    assert result.p == pytest.approx(1 / e_value, rel=1e-4)


@given(st.integers(1_000, 10**6), st.floats(0.03, 0.9), st.floats(0.03, 0.9))
def test_interval_lift_and_p_agree_on_what_is_decided(n, one, two):
    result = confidence_sequence(share_arm("A", n, int(n * one)), share_arm("B", n, int(n * two)), planned=20_000)
    if result.form == "normal" and result.lift_low is not None:
        decided = result.direction != 0
        assert decided == (result.lift_low > 0 or result.lift_high < 0)
        assert decided == (result.p < 0.05)
        assert result.lift_low <= result.lift <= result.lift_high


def test_the_lift_interval_is_every_lift_that_is_not_ruled_out():
    control, arm = share_arm("A", 5_000, 150), share_arm("B", 5_000, 200)
    result = confidence_sequence(control, arm, planned=10_000)
    reach = (result.high - result.low) / 2 / math.sqrt(control.variance + arm.variance)

    def ruled_out(lift):
        ratio = 1 + lift
        gap = arm.rate - ratio * control.rate
        return abs(gap) - reach * math.sqrt(arm.variance + ratio**2 * control.variance)

    assert result.lift_low == pytest.approx(optimize.brentq(ruled_out, -1, result.lift))
    assert result.lift_high == pytest.approx(optimize.brentq(ruled_out, result.lift, 10))


def test_a_lift_over_a_control_that_may_be_zero_has_no_bounds():
    result = confidence_sequence(share_arm("A", 1_000, 30), share_arm("B", 1_000, 40), planned=10**7)
    assert result.form == "normal"
    assert result.low < -0.03
    assert (result.lift_low, result.lift_high) == (None, None)
    assert result.lift == pytest.approx(1 / 3)


def test_more_refunds_than_sales_have_no_lift_but_a_difference():
    losing = mean_arm("A", 2_000, -4_000.0, 100_000.0)
    result = confidence_sequence(losing, mean_arm("B", 2_000, 6_000.0, 100_000.0), planned=4_000)
    assert (result.lift, result.lift_low) == (None, None)
    assert result.direction == 1


def test_few_conversions_are_judged_exactly():
    control, arm = share_arm("A", 900, 4, weight=1), share_arm("B", 1_800, 20, weight=2)
    result = confidence_sequence(control, arm, planned=10_000)
    prior = (8 * 2 / 3, 8 / 3)

    def e_value(chance):
        return scipy_stats.betabinom.pmf(20, 24, *prior) / scipy_stats.binom.pmf(20, 24, chance)

    def chance(lift):
        return 2 * (1 + lift) / (2 * (1 + lift) + 1)

    assert result.form == "exact"
    assert result.p == pytest.approx(min(1, 1 / e_value(2 / 3)))
    assert e_value(chance(result.lift_low)) == pytest.approx(20)
    assert e_value(chance(result.lift_high)) == pytest.approx(20)
    assert result.lift_low < result.lift < result.lift_high
    assert (result.low, result.high) == (None, None)


def test_no_conversion_in_one_arm_leaves_its_side_open():
    none_in_control = confidence_sequence(share_arm("A", 500, 0), share_arm("B", 500, 15), planned=1_000)
    assert none_in_control.lift is None
    assert none_in_control.lift_low > 0
    assert none_in_control.lift_high is None
    none_in_arm = confidence_sequence(share_arm("A", 500, 15), share_arm("B", 500, 0), planned=1_000)
    assert none_in_arm.lift_low == -1
    assert none_in_arm.direction == -1


def test_an_almost_certain_metric_is_not_judged_by_the_normal_form():
    result = confidence_sequence(share_arm("A", 1000, 990), share_arm("B", 1000, 995), planned=1_000)
    assert result.form == "exact"


@pytest.mark.parametrize(
    ("control", "arm"),
    [
        (share_arm("A", 100, 0), share_arm("B", 100, 0)),
        (share_arm("A", 0, 0), share_arm("B", 0, 0)),
        (mean_arm("A", 1000, 240.0, 2400.0), mean_arm("B", 1000, 500.0, 3000.0)),
        (Arm("A", 100, 5, 5, 20, 20, 5), Arm("B", 100, 9, 9, 20, 20, 9)),
        (share_arm("A", 100, 5, weight=0), share_arm("B", 100, 9)),
    ],
)
def test_too_little_evidence_claims_nothing(control, arm):
    result = confidence_sequence(control, arm, planned=1_000)
    assert (result.form, result.p, result.direction) == ("too_early", 1.0, 0)
    assert (result.low, result.high, result.lift_low, result.lift_high) == (None,) * 4


def test_one_big_spender_is_not_25_conversions():
    arm = mean_arm("A", 1000, 100 + 10_000, 100 + 10_000**2)
    assert arm.conversions < 2


def test_more_challengers_make_wider_intervals_and_larger_p():
    control = share_arm("A", 10_000, 500)
    better, same = share_arm("B", 10_000, 600), share_arm("C", 10_000, 505)
    alone = confidence_sequence(control, better, alpha=0.025, planned=20_000)
    first, second = compare(control, [better, same], alpha=0.05, planned=20_000)
    assert (first.low, first.high) == (alone.low, alone.high)
    assert first.p == pytest.approx(min(1, 2 * alone.p))
    assert second.p == 1.0
    assert compare(control, [], planned=20_000) == ()


def test_p_values_of_several_challengers_are_adjusted_as_holm_does():
    control = share_arm("A", 10_000, 500)
    arms = [share_arm(name, 10_000, hits) for name, hits in [("B", 640), ("C", 655), ("D", 650)]]
    alone = [confidence_sequence(control, arm, alpha=0.05 / 3, planned=20_000).p for arm in arms]
    b, c, d = (result.p for result in compare(control, arms, planned=20_000))
    assert alone[1] < alone[2] < alone[0] < 0.3
    assert (c, d, b) == pytest.approx((3 * alone[1], 2 * alone[2], max(alone[0], 2 * alone[2])))


@given(st.lists(st.tuples(st.integers(50, 5_000), st.integers(1, 9)), min_size=2, max_size=7))
def test_the_fixed_traffic_check_is_pearsons_chi_square(arms):
    counts, weights = [n for n, _ in arms], [w for _, w in arms]
    expected = np.array(weights) / sum(weights) * sum(counts)
    assert sample_ratio(counts, weights) == pytest.approx(
        scipy_stats.chisquare(counts, expected).pvalue, rel=1e-8, abs=1e-300
    )


def test_an_arm_without_weight_takes_no_degree_of_freedom():
    assert sample_ratio([10_000, 10_150, 0], [1, 1, 0]) == sample_ratio([10_000, 10_150], [1, 1])
    assert sample_ratio([10_000, 10_150, 0], [1, 1, 0]) == pytest.approx(0.29, abs=0.005)
    assert sample_ratio_any_time([5, 5, 9], [1, 1, 0]) == sample_ratio_any_time([5, 5], [1, 1])


def test_no_traffic_proves_nothing():
    assert sample_ratio([0, 0], [1, 1]) == 1.0
    assert sample_ratio([7], [1]) == 1.0
    assert sample_ratio_any_time([0, 0], [1, 1]) == 1.0


def test_the_any_time_traffic_check_is_a_bayes_factor():
    counts, shares = [560, 620, 300], [0.4, 0.4, 0.2]
    mixture = scipy_stats.dirichlet_multinomial.logpmf(counts, [400, 400, 200], sum(counts))
    planned = scipy_stats.multinomial.logpmf(counts, sum(counts), shares)
    assert sample_ratio_any_time(counts, [2, 2, 1]) == pytest.approx(min(1, math.exp(planned - mixture)))


def test_the_any_time_traffic_check_may_be_watched_where_the_fixed_one_may_not():
    rng, false, naive = np.random.default_rng(11), 0, 0
    for _ in range(300):
        ours = rng.binomial(100, 0.5, 100).cumsum().tolist()
        looks = [(n, 100 * (i + 1) - n) for i, n in enumerate(ours)]
        false += any(sample_ratio_any_time(look, [1, 1]) < 0.05 for look in looks)
        naive += any(sample_ratio(look, [1, 1]) < 0.05 for look in looks)
    assert false / 300 <= 0.05
    assert naive / 300 >= 0.2


def test_a_49_to_51_split_is_found_in_fifty_thousand_viewers():
    assert sample_ratio_any_time([24_500, 25_500], [1, 1]) < 0.001
    assert sample_ratio_any_time([10_000, 10_000], [1, 1]) == 1.0


def test_the_planned_size_has_the_planned_power():
    n = planned_size(0.05, 0.1) // 2
    rng = np.random.default_rng(13)
    one, two = rng.binomial(n, 0.05, 20_000) / n, rng.binomial(n, 0.055, 20_000) / n
    z = (two - one) / np.sqrt(one * (1 - one) / n + two * (1 - two) / n)
    assert (z > 1.96).mean() == pytest.approx(0.8, abs=0.01)


def test_smaller_lifts_need_more_viewers():
    assert planned_size(0.05, 0.05) > planned_size(0.05, 0.1) > planned_size(0.05, 0.1, power=0.5)
    assert planned_size(0.05, -0.1) > 0
    for rate, lift in [(0, 0.1), (1, 0.1), (0.6, 0.9), (0.05, 0)]:
        with pytest.raises(Invalid, match="between 0 and 1"):
            planned_size(rate, lift)


def said(control, arm, **changes):
    result = confidence_sequence(control, arm, planned=20_000)
    return verdict(result, metric="click rate", planned=20_000, **changes)


def test_the_verdict_names_a_winner_with_its_interval():
    assert said(share_arm("A", 10_000, 500), share_arm("B", 10_000, 700)) == (
        "B has a click rate 18 % to 67 % higher than A: safe to ship."
    )
    assert said(share_arm("A", 10_000, 700), share_arm("B", 10_000, 500)) == (
        "B has a click rate 15 % to 40 % lower than A: stop it and keep A."
    )


def test_the_verdict_says_why_no_winner_is_named():
    small = said(share_arm("A", 1_000, 50), share_arm("B", 1_000, 55))
    assert small.startswith("No winner yet: the click rate of B is between")
    assert small.endswith("about 18,000 more viewers were planned.")
    large = said(share_arm("A", 10_000, 500), share_arm("B", 10_000, 510))
    assert large.startswith("No winner at the planned size")
    assert said(share_arm("A", 10, 0), share_arm("B", 10, 0)).startswith("Too early to compare B with A")


def test_the_verdict_trusts_no_result_of_a_broken_split():
    words = said(share_arm("A", 10_000, 500), share_arm("B", 10_000, 700), traffic_p=0.0005)
    assert words.startswith("Viewers were not split as planned")


def test_arms_that_know_nothing_are_equally_likely_the_best():
    assert probability_best([share_arm("A", 0, 0), share_arm("B", 900, 400)]) == (0.5, 0.5)
    assert probability_best([mean_arm("A", 5, 0.0, 0.0)] * 4) == (0.25,) * 4


def test_the_probability_of_being_best_follows_the_normal_difference():
    # For two arms it is the chance that a normal difference is positive.
    a, b = share_arm("A", 1000, 100), share_arm("B", 1000, 120)
    mean_a, mean_b = 101 / 1002, 121 / 1002
    spread = math.sqrt(mean_a * (1 - mean_a) / 1003 + mean_b * (1 - mean_b) / 1003)
    expected = NormalDist(mean_b - mean_a, spread).cdf(0.0)
    assert probability_best([a, b])[0] == pytest.approx(expected, abs=1e-4)


def test_the_probabilities_of_being_best_add_up_and_keep_the_order_of_rates():
    arms = [share_arm(str(n), 500, n) for n in (20, 25, 30, 35)]
    found = probability_best(arms)
    assert sum(found) == pytest.approx(1.0)
    assert list(found) == sorted(found)
    assert probability_best(arms[::-1]) == pytest.approx(found[::-1])


def test_a_clear_difference_in_money_is_seen_too():
    poor, rich = mean_arm("A", 400, 4000.0, 80_000.0), mean_arm("B", 400, 8000.0, 300_000.0)
    assert probability_best([poor, rich])[1] > 0.999
