"""Which ad does better, with statistics that stay right however often somebody looks.

Intervals are confidence sequences and p-values come from e-values: both hold at all looks together, so that a
test may be watched and stopped at any time. All is computed from sums per arm; no event is read again.

Sources: Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences" (eq. 9);
Lindon and Malek, "Anytime-valid inference for multinomial count data"; Fieller's theorem for the lift.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

from adengine.core.errors import Invalid

# Below this many conversions (or non-conversions) in an arm the normal form is not to be trusted.
ENOUGH = 25
# How tightly the mixtures sit on "no difference", counted in imagined conversions and viewers.
EXACT_WEIGHT = 8.0
TRAFFIC_WEIGHT = 1000.0
BROKEN_TRAFFIC = 0.001
GRID_STEPS, GRID_REACH = 4_000, 6.0  # points, and how many standard deviations they reach


@dataclass(frozen=True)
class Arm:
    """One arm's sums over its `n` viewers: values `s`, squares `ss`, denominators `d`, `dd`, products `sd`.

    For a share of viewers or a mean for each viewer the denominator is 1: see `share_arm` and `mean_arm`.
    `weight` is the arm's planned part of the traffic, in any unit.
    """

    name: str
    n: int
    s: float
    ss: float
    d: float
    dd: float
    sd: float
    weight: float = 1.0

    @property
    def rate(self) -> float:
        """Value for each denominator; 0 when there is none."""
        return self.s / self.d if self.d else 0.0

    @property
    def variance(self) -> float:
        """Variance of `rate` by the delta method; 0 when there are fewer than two viewers."""
        if self.n < 2 or not self.d:
            return 0.0
        mean_s, mean_d, correction = self.s / self.n, self.d / self.n, self.n / (self.n - 1)
        var_s = (self.ss / self.n - mean_s**2) * correction
        var_d = (self.dd / self.n - mean_d**2) * correction
        cov = (self.sd / self.n - mean_s * mean_d) * correction
        spread = var_s - 2 * self.rate * cov + self.rate**2 * var_d
        return max(spread, 0.0) / (mean_d**2 * self.n)

    @property
    def conversions(self) -> float:
        """How many viewers carry the rate: those who converted, or fewer where a few large values do."""
        return self.s**2 / self.ss if self.ss else 0.0

    @property
    def evidence(self) -> float:
        """The smaller of conversions and, for a share, non-conversions."""
        is_share = self.ss == self.s and self.dd == self.d
        return min(self.conversions, self.d - self.s) if is_share else self.conversions


@dataclass(frozen=True)
class Comparison:
    """Arm `name` against `control`: its difference and lift (0.06 is 6 % more), each with an interval.

    `p` is always valid. A bound is None where nothing is known: `exact` (few conversions) bounds the lift
    alone, `too_early` bounds nothing, and a lift has no bounds while the control may be at zero.
    """

    name: str
    control: str
    n: int
    difference: float
    low: float | None
    high: float | None
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    p: float
    form: Literal["normal", "exact", "too_early"]

    @property
    def direction(self) -> int:
        """1 when the arm is better than control at all looks together, -1 when it is worse, 0 undecided."""
        low, high = (self.low, self.high) if self.form == "normal" else (self.lift_low, self.lift_high)
        if low is not None and low > 0:
            return 1
        return -1 if high is not None and high < 0 else 0


def share_arm(name: str, n: int, hits: int, *, weight: float = 1.0) -> Arm:
    """An arm in which `hits` of `n` viewers converted, each counted once."""
    return Arm(name, n, s=hits, ss=hits, d=n, dd=n, sd=hits, weight=weight)


def mean_arm(name: str, n: int, s: float, ss: float, *, weight: float = 1.0) -> Arm:
    """An arm whose `n` viewers brought values of sum `s` and sum of squares `ss`, such as revenue."""
    return Arm(name, n, s=s, ss=ss, d=n, dd=n, sd=s, weight=weight)


def confidence_sequence(control: Arm, arm: Arm, *, alpha: float = 0.05, planned: float) -> Comparison:
    """Compare two arms at any time; all intervals ever shown hold together at 1 - `alpha`.

    `planned` (viewers of both arms, see `planned_size`) is where the interval is tightest; it is fixed before
    the start. With little evidence a share of viewers is compared exactly and other metrics are `too_early`.
    The exact form needs viewers assigned at random by the arms' weights throughout.
    """
    if min(control.evidence, arm.evidence) >= ENOUGH:
        return _normal(control, arm, alpha, planned)
    if all(a.ss == a.s and a.d == a.dd == a.n and a.weight > 0 for a in (control, arm)) and control.s + arm.s > 0:
        return _exact(control, arm, alpha)
    return _comparison(control, arm)


def compare(control: Arm, arms: Sequence[Arm], *, alpha: float = 0.05, planned: float) -> tuple[Comparison, ...]:
    """Compare challengers with a control: intervals at `alpha` over their number (Bonferroni), p by Holm."""
    results = [confidence_sequence(control, arm, alpha=alpha / len(arms), planned=planned) for arm in arms]
    adjusted, worst = list(results), 0.0
    for rank, i in enumerate(sorted(range(len(results)), key=lambda i: results[i].p)):
        worst = max(worst, min(1.0, results[i].p * (len(results) - rank)))
        adjusted[i] = replace(results[i], p=worst)
    return tuple(adjusted)


def probability_best(arms: Sequence[Arm]) -> tuple[float, ...]:
    """How likely each arm has the highest rate, judged from these sums alone; equal shares while nothing is known.

    Flat priors, each rate taken as normal around its mean (Gelman et al., "Bayesian Data Analysis", 4.1), summed over
    a grid. It is for reading, not for stopping: unlike the intervals it does not allow for many looks.
    """
    beliefs = [_belief(arm) for arm in arms]
    if any(one is None for one in beliefs):
        return (1 / len(arms),) * len(arms)
    known = [one for one in beliefs if one is not None]
    low = min(one.mean - GRID_REACH * one.stdev for one in known)
    high = max(one.mean + GRID_REACH * one.stdev for one in known)
    points = [low + (high - low) * (step + 0.5) / GRID_STEPS for step in range(GRID_STEPS)]
    below = [[one.cdf(x) for x in points] for one in known]
    masses = [
        math.fsum(
            one.pdf(x) * math.prod(other[at] for j, other in enumerate(below) if j != i) for at, x in enumerate(points)
        )
        for i, one in enumerate(known)
    ]
    whole = math.fsum(masses)
    return tuple(mass / whole for mass in masses)


def _belief(arm: Arm) -> NormalDist | None:
    """What is believed of an arm's rate; None while it is not to be judged."""
    if arm.ss == arm.s and arm.d == arm.dd == arm.n and arm.n:
        hits, all_seen = arm.s + 1, arm.n + 2  # the mean and variance of a beta distribution
        mean = hits / all_seen
        return NormalDist(mean, math.sqrt(mean * (1 - mean) / (all_seen + 1)))
    return NormalDist(arm.rate, math.sqrt(arm.variance)) if arm.variance > 0 else None


def sample_ratio(counts: Sequence[int], weights: Sequence[float]) -> float:
    """P-value of a traffic split as uneven as this, for one look fixed in advance (Pearson's chi-square).

    Arms of weight zero are left out, and out of the degrees of freedom.
    """
    kept, expected = _traffic(counts, weights)
    whole = sum(kept)
    if len(kept) < 2 or not whole:
        return 1.0
    chi = sum((n - whole * share) ** 2 / (whole * share) for n, share in zip(kept, expected, strict=True))
    return _chi_square_survival(chi, len(kept) - 1)


def sample_ratio_any_time(counts: Sequence[int], weights: Sequence[float]) -> float:
    """P-value of the traffic split, right even if checked at every refresh (Lindon and Malek)."""
    kept, expected = _traffic(counts, weights)
    log_e = math.lgamma(TRAFFIC_WEIGHT) - math.lgamma(TRAFFIC_WEIGHT + sum(kept))
    for n, share in zip(kept, expected, strict=True):
        prior = TRAFFIC_WEIGHT * share
        log_e += math.lgamma(prior + n) - math.lgamma(prior) - n * math.log(share)
    return min(1.0, math.exp(-max(log_e, 0.0)))


def planned_size(base_rate: float, lift: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Viewers of both arms together that show a relative `lift` of a share in a test with one fixed look."""
    better = base_rate * (1 + lift)
    if not (0 < base_rate < 1 and 0 < better < 1 and lift):
        raise Invalid("the rate and the lifted rate lie between 0 and 1, and the lift is not 0")
    normal = NormalDist()
    reach = normal.inv_cdf(1 - alpha / 2) + normal.inv_cdf(power)
    noise = base_rate * (1 - base_rate) + better * (1 - better)
    return 2 * math.ceil(reach**2 * noise / (better - base_rate) ** 2)


def verdict(result: Comparison, *, metric: str, planned: int, traffic_p: float = 1.0) -> str:
    """Say in one sentence what a comparison shows and what to do; `metric` is a label like `click rate`."""
    name, control, left = result.name, result.control, planned - result.n
    if traffic_p < BROKEN_TRAFFIC:
        return "Viewers were not split as planned, so no result can be trusted: find out why before reading on."
    if result.form == "too_early":
        return f"Too early to compare {name} with {control}: fewer than {ENOUGH} conversions each; keep on."
    if result.direction:
        advice = "safe to ship" if result.direction > 0 else f"stop it and keep {control}"
        return f"{name} has a {metric} {_range(result)} than {control}: {advice}."
    if left > 0:
        more = f"about {left:,} more viewers were planned"
        return f"No winner yet: the {metric} of {name} is {_range(result)} than that of {control}; {more}."
    return (
        f"No winner at the planned size: the {metric} of {name} is {_range(result)} than that of {control}; "
        "choose on other grounds or test a bolder change."
    )


def _normal(control: Arm, arm: Arm, alpha: float, planned: float) -> Comparison:
    n = control.n + arm.n
    rho2 = (-2 * math.log(alpha) + math.log(1 - 2 * math.log(alpha))) / planned
    q = n * rho2 + 1
    reach = math.sqrt(2 * q / (n * rho2) * math.log(math.sqrt(q) / alpha))
    variance = control.variance + arm.variance
    if not variance:
        return _comparison(control, arm)
    difference, width = arm.rate - control.rate, reach * math.sqrt(variance)
    exponent = n * rho2 / (2 * q) * difference**2 / variance
    lift_low, lift_high = _lift_interval(control, arm, reach)
    return replace(
        _comparison(control, arm),
        low=difference - width,
        high=difference + width,
        lift_low=lift_low,
        lift_high=lift_high,
        p=min(1.0, math.sqrt(q) * math.exp(-exponent)),
        form="normal",
    )


def _lift_interval(control: Arm, arm: Arm, reach: float) -> tuple[float | None, float | None]:
    """All lifts t - 1 for which the mean of arm - t control is not told from zero (Fieller)."""
    square = control.rate**2 - reach**2 * control.variance
    if square <= 0 or control.rate <= 0:
        return None, None
    middle = arm.rate * control.rate
    root = math.sqrt(max(middle**2 - square * (arm.rate**2 - reach**2 * arm.variance), 0.0))
    return (middle - root) / square - 1, (middle + root) / square - 1


def _exact(control: Arm, arm: Arm, alpha: float) -> Comparison:
    """Judge by whose viewer each conversion is.

    Whatever the common rate, and even if it drifts, a conversion belongs to `arm` with probability
    w t / (w t + 1 - w), where w is its part of the traffic and t the ratio of the rates. A beta mixture over
    that probability against one value is a martingale; inverting it gives a time-uniform interval for t.
    """
    part = arm.weight / (control.weight + arm.weight)
    ours, theirs = arm.s, control.s
    prior_a, prior_b = EXACT_WEIGHT * part, EXACT_WEIGHT * (1 - part)
    mixture = _log_beta(prior_a + ours, prior_b + theirs) - _log_beta(prior_a, prior_b)

    def log_e(chance: float) -> float:
        return mixture - ours * math.log(chance) - theirs * math.log1p(-chance)

    def lift(chance: float) -> float:
        return chance / (1 - chance) * (1 - part) / part - 1

    limit, best = -math.log(alpha), ours / (ours + theirs)
    low = _crossing(log_e, limit, outside=0.0, inside=best) if ours else 0.0
    high = _crossing(log_e, limit, outside=1.0, inside=best) if theirs else 1.0
    return replace(
        _comparison(control, arm),
        lift_low=lift(low),
        lift_high=lift(high) if high < 1 else None,
        p=min(1.0, math.exp(-max(log_e(part), 0.0))),
        form="exact",
    )


def _crossing(log_e: Callable[[float], float], limit: float, *, outside: float, inside: float) -> float:
    """Where `log_e` reaches `limit` between a point ruled out and one that is not, by bisection."""
    for _ in range(60):
        middle = (outside + inside) / 2
        if log_e(middle) >= limit:
            outside = middle
        else:
            inside = middle
    return outside


def _comparison(control: Arm, arm: Arm) -> Comparison:
    """The observed difference and lift, with nothing claimed about them yet."""
    lift = arm.rate / control.rate - 1 if control.rate > 0 else None
    return Comparison(
        name=arm.name,
        control=control.name,
        n=control.n + arm.n,
        difference=arm.rate - control.rate,
        low=None,
        high=None,
        lift=lift,
        lift_low=None,
        lift_high=None,
        p=1.0,
        form="too_early",
    )


def _traffic(counts: Sequence[int], weights: Sequence[float]) -> tuple[list[int], list[float]]:
    pairs = [(n, weight) for n, weight in zip(counts, weights, strict=True) if weight > 0]
    whole = sum(weight for _, weight in pairs)
    return [n for n, _ in pairs], [weight / whole for _, weight in pairs]


def _chi_square_survival(chi: float, freedom: int) -> float:
    """P(chi-square with `freedom` degrees > chi), by the finite sums for whole and half-whole shapes."""
    half = chi / 2
    if freedom % 2:
        tail, term, shape = math.erfc(math.sqrt(half)), math.sqrt(half / math.pi) * 2, 1.5
    else:
        tail, term, shape = 0.0, 1.0, 1.0
    for _ in range(freedom // 2):
        tail += term * math.exp(-half)
        term *= half / shape
        shape += 1
    return min(tail, 1.0)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _range(result: Comparison) -> str:
    low, high = result.lift_low, result.lift_high
    if low is None:
        return "higher" if result.direction > 0 else "lower" if result.direction < 0 else "higher or lower"
    if high is None:
        return f"at least {_percent(low)} higher" if low > 0 else f"at most {_percent(low)} lower"
    if low > 0:
        return f"{_percent(low)} to {_percent(high)} higher"
    if high < 0:
        return f"{_percent(high)} to {_percent(low)} lower"
    return f"between {_percent(low)} lower and {_percent(high)} higher"


def _percent(share: float) -> str:
    size = abs(share) * 100
    return f"{size:.0f} %" if size >= 10 else f"{size:.1f} %"
