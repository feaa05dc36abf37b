"""Candidate minus control, from sums: means, ratios, adjusted by what was known before, over periods.

contrast          the difference, with its interval, for one look or for continuous looking
sample_ratio_e    how strongly a split speaks against the plan, however often one looks
holm              p-values of several questions, none of them to be answered wrongly
e_discoveries     which of several questions are answered, however often one looked

What is compared is `Measure`: the mean of a value, or the ratio of two sums, and what was known of the units
before the experiment (CUPED).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sextant.errors import InvalidInput
from sextant.stats._checks import number, row_of_counts, tail
from sextant.stats.comoments import Comoments
from sextant.stats.intervals import Bounds, normal_quantile
from sextant.stats.sequential import MINIMUM_N, mixture_variance, reach


@dataclass(frozen=True, slots=True)
class Measure:
    """Where in `Comoments` the values of a metric stand: its numerator; its denominator, None for a plain mean;
    and the same of the covariate, None where nothing was known before.

    >>> Measure(0)
    Measure(numerator=0, denominator=None, covariate=None, covariate_denominator=None)
    """

    numerator: int = 0
    denominator: int | None = None
    covariate: int | None = None
    covariate_denominator: int | None = None


@dataclass(frozen=True, slots=True)
class Contrast:
    """How candidate and control differ.

    candidate, control   the metric in either arm, adjusted if there is a covariate
    difference           candidate minus control, in the metric's unit
    relative             candidate over control, minus 1; undefined where the control may be zero
    p                    the chance of so large a difference either way, were there none; with continuous looking
                         it is right whenever one stops. nan where the difference is undefined
    e                    with continuous looking, how many times likelier the data are if there is a difference;
                         else nan
    error                the standard error of the difference
    slope                by how much the metric moves with the covariate
    saved                the share of the variance that the adjustment took away; 0 without a covariate
    strata, left_out     over how many periods it was taken, and how many units lie in periods with one arm alone
    """

    candidate: float
    control: float
    difference: Bounds
    relative: Bounds
    p: float
    e: float
    error: float
    slope: float
    saved: float
    strata: int
    left_out: int


@dataclass(frozen=True, slots=True)
class _Side:
    """One arm in one period: its value, the variance of one unit, and how many units."""

    value: float
    variance: float
    n: int


def contrast(
    measure: Measure,
    strata: Sequence[tuple[Comoments, Comoments]],
    *,
    level: float = 0.95,
    sides: int = 2,
    continuous: bool = False,
    n_tuned: int = 500,
) -> Contrast:
    """The difference of two arms, candidate (first) minus control (second).

    measure     which of the values, as a mean or as a ratio, adjusted or not
    strata      the arms' sums, one pair for each period in which the split was constant. A unit's chance to be in
                the candidate must be the same throughout a period. Each period weighs as its share of the units;
                one in which an arm has fewer than two units cannot be compared, and is left out
    continuous  valid at all looks together; `n_tuned` is the number of units of both arms at which it is tightest

    A ratio's variance is that of its linear part (delta method). The covariate's slope is that of all units
    together, so that it is the same in both arms, and its mean over the period stands for what an arm should
    have had. For one look the quantile is Student's, with Satterthwaite's degrees of freedom. The relative
    difference is taken on the logarithm of the ratio.

    Undefined when nothing can be compared, when all values are equal, and (continuous) below 50 units in an arm.

    Source: Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data" (WSDM 2013), section 3; Deng, Knoblich and Lu, "Applying the delta method in metric
    analytics" (KDD 2018), section 3; Miratrix, Sekhon and Yu, "Adjusting treatment effect estimates by
    post-stratification in randomized experiments" (2013); continuous: Waudby-Smith et al. (arXiv 2103.06476),
    theorem 2.2, as in `confidence_sequence_difference`, whose answer it gives for a plain mean.

    >>> new, old = Comoments.of([(1,), (2,), (3,), (4,)]), Comoments.of([(0,), (1,), (2,), (3,)])
    >>> d = contrast(Measure(), [(new, old)]).difference
    >>> print(f"{d.value:.3f} [{d.lower:.3f}, {d.upper:.3f}]")
    1.000 [-1.234, 3.234]
    """
    a = tail(level, sides)
    fit = [(one, other) for one, other in strata if min(one.n, other.n) >= 2]
    left_out = sum(one.n + other.n for one, other in strata) - sum(one.n + other.n for one, other in fit)
    method = "asymptotic_confidence_sequence" if continuous else "welch_t"

    def unknown(why: str) -> Contrast:
        none = Bounds.unknown(method, why)
        nan = math.nan
        return Contrast(nan, nan, none, none, nan, nan, nan, nan, 0.0, len(fit), left_out)

    if not fit:
        return unknown(
            "no period has two units in each arm" if len(strata) > 1 else "an arm has fewer than two units"
        )
    for name, used in (("the metric", _used(measure)[:2]), ("the covariate", _used(measure)[2:])):
        for i in filter(None, used[1:]):
            if any(arm.means[i] == 0 for pair in fit for arm in pair):
                return unknown(f"the denominator of {name} is zero on average in an arm")
    units = sum(one.n + other.n for one, other in fit)
    slope = _slope(measure, fit)
    plain = _combined(measure, fit, 0.0, units)
    adjusted = sides_of = _combined(measure, fit, slope, units)
    smaller = min(sum(one.n for one, _ in fit), sum(other.n for _, other in fit))
    if continuous and smaller < MINIMUM_N:
        return unknown(f"the sequence begins at {MINIMUM_N} units in each arm, the smaller has {smaller}")
    if all(side.variance == 0 for _, pair in sides_of for side in pair):
        return unknown("all values are equal in each arm: no spread was seen to judge by")
    if continuous:
        sides_of = _steadied(measure, fit, sides_of, slope)
    candidate, control = (math.fsum(w * pair[i].value for w, pair in sides_of) for i in (0, 1))
    d = math.fsum(w * (pair[0].value - pair[1].value) for w, pair in sides_of)
    variance, freedom = _error(sides_of, (1.0, 1.0))
    error = math.sqrt(variance)
    width = _width(a, freedom, units, continuous=continuous, level=level, sides=sides, n_tuned=n_tuned)
    e = _e(d / error, units, 1 - level, sides, n_tuned) if continuous else math.nan
    p = min(1.0, 1 / e) if continuous else _chance(d / error, freedom)
    half = width * error
    before, _ = _error(plain, (1.0, 1.0))
    now, _ = _error(adjusted, (1.0, 1.0))
    return Contrast(
        candidate,
        control,
        Bounds.around(d, d - half, d + half, method),
        _relative(sides_of, candidate, control, method, a, units, continuous, level, sides, n_tuned),
        p,
        e,
        error,
        slope,
        1 - now / before if before and measure.covariate is not None else 0.0,
        len(fit),
        left_out,
    )


def _used(measure: Measure) -> tuple[int, int | None, int | None, int | None]:
    return measure.numerator, measure.denominator, measure.covariate, measure.covariate_denominator


def _part(numerator: int, denominator: int | None, of: Comoments) -> tuple[float, list[float]]:
    """A mean, or a ratio of two, and by how much it moves with each value of a unit."""
    weights = [0.0] * len(of.means)
    if denominator is None:
        weights[numerator] = 1.0
        return of.means[numerator], weights
    ratio = of.means[numerator] / of.means[denominator]
    weights[numerator] += 1 / of.means[denominator]
    weights[denominator] -= ratio / of.means[denominator]
    return ratio, weights


def _slope(measure: Measure, strata: Sequence[tuple[Comoments, Comoments]]) -> float:
    if measure.covariate is None:
        return 0.0
    together = spread = 0.0
    for one, other in strata:
        both = one + other
        _, metric = _part(measure.numerator, measure.denominator, both)
        _, known = _part(measure.covariate, measure.covariate_denominator, both)
        together += both.square(metric, known)
        spread += both.square(known)
    return together / spread if spread else 0.0


def _adjusted(measure: Measure, arm: Comoments, slope: float) -> list[float]:
    """By how much the adjusted metric moves with each value of a unit of this arm."""
    _, weights = _part(measure.numerator, measure.denominator, arm)
    if measure.covariate is not None and slope:
        _, known = _part(measure.covariate, measure.covariate_denominator, arm)
        weights = [w - slope * k for w, k in zip(weights, known, strict=True)]
    return weights


def _combined(
    measure: Measure, strata: Sequence[tuple[Comoments, Comoments]], slope: float, units: int
) -> list[tuple[float, tuple[_Side, _Side]]]:
    """Each period's weight and arms."""
    found = []
    for pair in strata:
        both = pair[0] + pair[1]
        arms = []
        for arm in pair:
            value, _ = _part(measure.numerator, measure.denominator, arm)
            if measure.covariate is not None and slope:
                mine, _ = _part(measure.covariate, measure.covariate_denominator, arm)
                all_, _ = _part(measure.covariate, measure.covariate_denominator, both)
                value -= slope * (mine - all_)
            arms.append(_Side(value, arm.square(_adjusted(measure, arm, slope)) / (arm.n - 1), arm.n))
        found.append((both.n / units, (arms[0], arms[1])))
    return found


def _steadied(
    measure: Measure,
    strata: Sequence[tuple[Comoments, Comoments]],
    found: list[tuple[float, tuple[_Side, _Side]]],
    slope: float,
) -> list[tuple[float, tuple[_Side, _Side]]]:
    """The arms with their variances mixed with that of the period, as in `confidence_sequence_difference`."""
    steady = []
    for pair, (weight, arms) in zip(strata, found, strict=True):
        both = pair[0] + pair[1]
        spread = both.square(_adjusted(measure, both, slope)) / (both.n - 1)
        one, other = (
            _Side(s.value, (s.variance * (s.n - 1) + MINIMUM_N * spread) / (s.n - 1 + MINIMUM_N), s.n)
            for s in arms
        )
        steady.append((weight, (one, other)))
    return steady


def _error(found: list[tuple[float, tuple[_Side, _Side]]], scale: tuple[float, float]) -> tuple[float, float]:
    """The variance of the difference with either arm scaled, and Satterthwaite's degrees of freedom."""
    parts = [
        (weight * weight * by * by * side.variance / side.n, side.n)
        for weight, pair in found
        for by, side in zip(scale, pair, strict=True)
    ]
    total = math.fsum(v for v, _ in parts)
    if total == 0:
        return 0.0, math.inf
    return total, 1 / math.fsum((v / total) ** 2 / (n - 1) for v, n in parts)


def _width(
    a: float, freedom: float, units: int, *, continuous: bool, level: float, sides: int, n_tuned: int
) -> float:
    """How many standard errors the interval reaches to either side."""
    if continuous:
        return reach(units, 1 - level, sides, n_tuned)
    from scipy.special import stdtrit

    return -float(stdtrit(freedom, a)) if math.isfinite(freedom) else -normal_quantile(a)


def _chance(t: float, freedom: float) -> float:
    from scipy.special import stdtr

    return 2 * float(stdtr(freedom, -abs(t)))


def _e(z: float, units: int, alpha: float, sides: int, n_tuned: int) -> float:
    """The mixture's likelihood ratio, whose crossing of 1 / alpha is the sequence's leaving zero out (for two
    sides)."""
    u = units * mixture_variance(alpha * (3 - sides), n_tuned) + 1
    return math.exp(min(z * z / 2 * (u - 1) / u - math.log(u) / 2, 700.0))


def _relative(
    found: list[tuple[float, tuple[_Side, _Side]]],
    candidate: float,
    control: float,
    method: str,
    a: float,
    units: int,
    continuous: bool,
    level: float,
    sides: int,
    n_tuned: int,
) -> Bounds:
    if control == 0 or candidate / control <= 0:
        return Bounds.unknown(method, "there is no ratio: the control is zero, or the arms differ in sign")
    variance, freedom = _error(found, (1 / candidate, 1 / control))
    width = _width(a, freedom, units, continuous=continuous, level=level, sides=sides, n_tuned=n_tuned)
    half = width * math.sqrt(variance)
    ratio = candidate / control
    # Means that can hardly be told from zero have a ratio of any size.
    most = math.exp(half) if half < 700 else math.inf
    return Bounds.around(ratio - 1, ratio / most - 1, ratio * most - 1, method)


def sample_ratio_e(counts: Sequence[int], shares: Sequence[float]) -> float:
    """How many times likelier the split is under some other shares than under the planned ones; above 1,000 it is
    no accident, however often one looked.

    counts, shares   as for `sample_ratio_p`. 1 when nobody was assigned

    The other shares are weighed alike (a uniform Dirichlet prior). The chance that it ever passes b under the
    planned shares is at most 1 / b.

    Source: Lindon and Malek, "Anytime-valid inference for multinomial count data" (NeurIPS 2022), section 3.

    >>> round(sample_ratio_e([44700, 45489], [50, 50]), 3)
    0.132
    """
    seen = row_of_counts("counts", counts)
    planned = [number(f"shares[{i}]", s) for i, s in enumerate(shares)]
    if len(planned) != len(seen) or len(seen) < 2 or min(planned) <= 0:
        raise InvalidInput(
            f"there are {len(seen)} counts and the shares {planned}",
            rule="one share above zero for each of two or more arms",
        )
    arms, n, whole = len(seen), sum(seen), sum(planned)
    log_e = math.lgamma(arms) - math.lgamma(arms + n) + math.fsum(math.lgamma(1 + k) for k in seen)
    log_e -= math.fsum(k * math.log(share / whole) for k, share in zip(seen, planned, strict=True))
    return math.exp(min(log_e, 700.0))


def holm(chances: Sequence[float]) -> list[float]:
    """p-values adjusted so that the chance of even one false finding stays below a bar they are held against,
    whatever their dependence.

    Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).

    >>> [round(p, 4) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    values = [number(f"chances[{i}]", p) for i, p in enumerate(chances)]
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted, most = [0.0] * len(values), 0.0
    for rank, i in enumerate(order):
        most = max(most, min(1.0, values[i] * (len(values) - rank)))
        adjusted[i] = most
    return adjusted


def e_discoveries(evidence: Sequence[float], *, rate: float = 0.05) -> list[bool]:
    """Which of several e-values are findings, when of all findings at most this share may be false on average,
    whatever their dependence and whenever one stopped.

    Source: Wang and Ramdas, "False discovery rate control with e-values" (2022), section 4.1 (e-BH).

    >>> e_discoveries([100.0, 50.0, 1.0])
    [True, True, False]
    """
    values = [number(f"evidence[{i}]", e) for i, e in enumerate(evidence)]
    order = sorted(values, reverse=True)
    last = max((k for k, e in enumerate(order, 1) if e >= len(values) / (rate * k)), default=0)
    bar = order[last - 1] if last else math.inf
    return [e >= bar for e in values]
