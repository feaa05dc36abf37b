"""Confidence sequences, against the mixtures they come from and by exact enumeration of all paths."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from scipy import stats as scipy_stats
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

from sextant.errors import InvalidInput
from sextant.stats import (
    Bounds,
    clopper_pearson,
    confidence_sequence_difference,
    confidence_sequence_mean,
    confidence_sequence_proportion,
    mean_t,
)


def half(b: Bounds) -> float:
    assert b.undefined is None
    return (b.upper - b.lower) / 2


def mixture(total: float, t: int, rho2: float, sides: int) -> float:
    """The average of exp(x S - x^2 t / 2) over x normal with variance rho2, or over its positive half."""

    def f(x: float) -> float:
        weight = math.exp(-x * x / (2 * rho2)) / math.sqrt(2 * math.pi * rho2)
        return (3 - sides) * weight * math.exp(x * total - x * x * t / 2)

    # All of the mass lies within ten standard deviations of the peak of the integrand.
    peak, spread = total / (t + 1 / rho2), 10 / math.sqrt(t + 1 / rho2)
    low = peak - spread if sides == 2 else max(0.0, peak - spread)
    return float(quad(f, low, peak + spread, epsabs=0, epsrel=1e-11, limit=200)[0])


def best_rho2(alpha: float, t: int) -> float:
    """The mixture's variance with the nearest boundary at t, found by search."""

    def boundary(log_rho2: float) -> float:
        u = t * math.exp(log_rho2) + 1
        return u / (u - 1) * math.log(u / alpha**2)

    found = minimize_scalar(boundary, bounds=(-20, 5), method="bounded", options={"xatol": 1e-10})
    return math.exp(found.x)


@pytest.mark.parametrize("n", [60, 500, 5000])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_the_two_sided_bound_is_where_the_mixture_reaches_one_over_alpha(n: int, level: float) -> None:
    """Ville: a mixture of martingales that starts at 1 ever reaches 1 / alpha with probability alpha."""
    reach = half(confidence_sequence_mean(n, 0.0, n - 1.0, level=level, n_tuned=300))
    rho2 = best_rho2(1 - level, 300)
    assert mixture(reach * n, n, rho2, sides=2) == pytest.approx(1 / (1 - level), rel=1e-5)


@pytest.mark.parametrize("n", [60, 500, 5000])
def test_the_one_sided_bound_lies_just_outside_its_mixture(n: int) -> None:
    reach = half(confidence_sequence_mean(n, 0.0, n - 1.0, sides=1, n_tuned=300))
    rho2 = best_rho2(2 * 0.05, 300)
    assert 20 <= mixture(reach * n, n, rho2, sides=1) <= 22


def test_it_is_tightest_where_it_was_tuned() -> None:
    by_tuning = {
        t: half(confidence_sequence_mean(1000, 0.0, 999.0, n_tuned=t)) for t in range(100, 5000, 100)
    }
    assert min(by_tuning, key=by_tuning.__getitem__) == 1000


def test_it_is_wider_than_one_look_and_one_sided_bounds_are_tighter() -> None:
    once, always = mean_t(500, 0.0, 499.0), confidence_sequence_mean(500, 0.0, 499.0)
    assert 1.3 < half(always) / half(once) < 1.7
    assert half(confidence_sequence_mean(500, 0.0, 499.0, sides=1)) < half(always)
    assert half(confidence_sequence_difference(250, 0, 249, 250, 0, 249, sides=1)) < half(
        confidence_sequence_difference(250, 0, 249, 250, 0, 249)
    )


def test_a_difference_reaches_as_many_standard_errors_as_a_mean_of_all_units() -> None:
    n1, n0 = 300, 700
    found = confidence_sequence_difference(n1, 2.0, 600.0, n0, 2.0, 1400.0)
    # Equal means, so the variance of all together is 2000 / 999, and counts as 50 values of each arm.
    pooled = 2000 / 999
    error = math.sqrt((600 + 50 * pooled) / 349 / n1 + (1400 + 50 * pooled) / 749 / n0)
    reach = half(confidence_sequence_mean(1000, 0.0, 999.0)) * math.sqrt(1000)
    assert half(found) == pytest.approx(reach * error)
    assert found.value == 0.0


def test_an_arm_that_saw_no_rare_event_yet_is_not_certain() -> None:
    # 2 % of 10,000 in the control, none in the first 60 of the candidate: chance is 0.98^60 = 30 %.
    found = confidence_sequence_difference(60, 0.0, 0.0, 10_000, 0.02, 196.0)
    assert found.lower < -0.05
    assert found.upper > 0.0


def test_the_share_s_bound_is_the_mixture_s() -> None:
    """Robbins' set: all p with (n + 1) P(B = s) above alpha."""
    for s, n in ((3, 10), (50, 100), (1, 1000)):
        found = confidence_sequence_proportion(s, n, level=0.9)
        for p in (found.lower, found.upper):
            assert (n + 1) * scipy_stats.binom.pmf(s, n, p) == pytest.approx(0.1, rel=1e-6)
        one = confidence_sequence_proportion(s, n, level=0.9, sides=1)
        for p, low, high in ((one.lower, one.lower, 1.0), (one.upper, 0.0, one.upper)):
            # Split at the peak, which the rule might otherwise miss.
            over, _ = quad(
                lambda x, s=s, n=n: scipy_stats.binom.pmf(s, n, x), low, high, points=[s / n], epsabs=1e-13
            )
            assert over / (high - low) / scipy_stats.binom.pmf(s, n, p) == pytest.approx(10, rel=1e-6)


@cache
def share_bounds(horizon: int, sides: int) -> list[list[Bounds]]:
    return [
        [confidence_sequence_proportion(s, n, level=0.9, sides=sides) for s in range(n + 1)]
        for n in range(1, horizon + 1)
    ]


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("p", [0.01, 0.1, 0.3, 0.5, 0.8, 0.97])
def test_a_share_is_missed_at_any_look_with_at_most_alpha_exactly(p: float, sides: int) -> None:
    """Every path of 70 trials, looked at after each: the probability that ever a bound passes the truth."""
    missed = {"lower": 0.0, "upper": 0.0, "either": 0.0}
    for kind in missed:
        alive = np.array([1.0])
        for row in share_bounds(70, sides):
            step = np.zeros(len(alive) + 1)
            step[:-1] += alive * (1 - p)
            step[1:] += alive * p
            out = np.array(
                [(kind != "upper" and b.lower > p) or (kind != "lower" and b.upper < p) for b in row]
            )
            missed[kind] += step[out].sum()
            alive = np.where(out, 0.0, step)
    judged = ["either"] if sides == 2 else ["lower", "upper"]
    assert all(missed[kind] <= 0.1 for kind in judged)
    assert missed["either"] > 0


def test_a_share_s_sequence_is_wider_than_the_exact_interval() -> None:
    for s, n in ((0, 5), (2, 9), (37, 100), (9_999, 10_000)):
        once, always = clopper_pearson(s, n), confidence_sequence_proportion(s, n)
        assert always.lower <= once.lower
        assert once.upper <= always.upper
        assert always.lower <= s / n <= always.upper


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (confidence_sequence_proportion(0, 0), "there were no trials"),
        (confidence_sequence_mean(49, 1.0, 3.0), "the sequence begins at 50 values, there are 49"),
        (confidence_sequence_mean(0, math.nan, 0.0), "the sequence begins at 50 values, there are 0"),
        (confidence_sequence_mean(80, 1.0, 0.0), "all values are equal"),
        (
            confidence_sequence_difference(49, 1.0, 3.0, 90, 1.0, 3.0),
            "the sequence begins at 50 values in each arm, the candidate has 49",
        ),
        (
            confidence_sequence_difference(90, 1.0, 3.0, 0, math.nan, 0.0),
            "the sequence begins at 50 values in each arm, the control has 0",
        ),
        (confidence_sequence_difference(90, 1.0, 0.0, 90, 1.0, 0.0), "all values are equal"),
    ],
)
def test_undefined_is_nan_with_a_reason(found: Bounds, why: str) -> None:
    assert found.undefined is not None
    assert found.undefined.startswith(why)
    assert all(math.isnan(x) for x in (found.value, found.lower, found.upper))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: confidence_sequence_proportion(3, 2), "successes is 3"),
        (lambda: confidence_sequence_mean(90, 1.0, 3.0, n_tuned=0), "n_tuned is 0"),
        (lambda: confidence_sequence_mean(90, 1.0, 3.0, n_tuned=1.5), "n_tuned is 1.5"),
        (lambda: confidence_sequence_mean(90, math.nan, 3.0), "mean is nan"),
        (lambda: confidence_sequence_mean(90, 1.0, -3.0), "m2 is -3.0"),
        (lambda: confidence_sequence_mean(9, 1.0, 3.0, level=2.0), "level is 2.0"),
        (lambda: confidence_sequence_difference(90, 1.0, 3.0, 90, 1.0, 3.0, sides=0), "sides is 0"),
        (lambda: confidence_sequence_difference(90, 1.0, 3.0, -1, 1.0, 3.0), "n0 is -1"),
    ],
)
def test_bad_arguments_are_refused(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]
