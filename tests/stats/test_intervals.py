"""Intervals: smallest cases by hand, published examples, and trusted libraries."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint
from statsmodels.stats.rates import confint_poisson

from sextant.errors import InvalidInput
from sextant.stats import (
    Bounds,
    Moments,
    clopper_pearson,
    difference_means,
    difference_proportions,
    mean_t,
    poisson_rate,
    quantile_ranks,
    ratio,
    wilson,
)

#: The level at which the two-sided normal quantile is 1, so that hand-worked cases have exact fractions.
ONE_SIGMA = math.erf(1 / math.sqrt(2))

CASES = [(0, 1), (1, 1), (0, 10), (1, 10), (5, 10), (9, 10), (10, 10), (37, 100), (999, 1000), (3, 10**6)]


def pair(b: Bounds) -> tuple[float, float]:
    assert b.undefined is None
    return b.lower, b.upper


# --- by hand -----------------------------------------------------------------------------------------------


def test_wilson_by_hand() -> None:
    # z = 1, 4 of 8: centre (4 + 1/2) / 9 = 1/2; half 1/9 sqrt(8/4 + 1/4) = 1/9 * 3/2 = 1/6.
    b = wilson(4, 8, level=ONE_SIGMA)
    assert b == Bounds(0.5, pytest.approx(1 / 3), pytest.approx(2 / 3), "wilson")
    # 0 of 3: centre (1/2) / 4 = 1/8, half 1/4 * 1/2 = 1/8, so exactly [0, 1/4].
    assert pair(wilson(0, 3, level=ONE_SIGMA)) == (0.0, pytest.approx(1 / 4))


def test_clopper_pearson_by_hand() -> None:
    # No success in n: (1 - upper)^n = a. All n: lower^n = a.
    assert pair(clopper_pearson(0, 5, level=0.9)) == (0.0, pytest.approx(1 - 0.05**0.2))
    assert pair(clopper_pearson(5, 5, level=0.9)) == (pytest.approx(0.05**0.2), 1.0)
    # 1 of 2: 1 - (1 - lower)^2 = a, and the upper bound is its mirror.
    edge = 1 - math.sqrt(1 - 0.05)
    assert pair(clopper_pearson(1, 2, level=0.9)) == (pytest.approx(edge), pytest.approx(1 - edge))


def test_mean_t_by_hand() -> None:
    # 0 and 2: mean 1, m2 2, standard error sqrt(2 / 1 / 2) = 1. With one degree of freedom t is a Cauchy
    # variable, whose 75 % quantile is tan(pi / 4) = 1, so that at level 1/2 the interval is [0, 2].
    assert pair(mean_t(2, 1.0, 2.0, level=0.5)) == (pytest.approx(0.0), pytest.approx(2.0))


def test_quantile_ranks_by_hand() -> None:
    # B of Bin(5, 1/2): P(B <= 0) = 1/32 = 0.03125, P(B <= 1) = 6/32 = 0.1875.
    assert quantile_ranks(5, 0.5, level=0.90) == (3, 1, 5)  # 0.03125 <= 0.05 < 0.1875
    assert quantile_ranks(5, 0.5, level=0.80, sides=1) == (3, 2, 4)  # 0.1875 <= 0.2
    assert quantile_ranks(5, 0.5, level=0.95) == (3, 0, 6)  # 0.025 < 0.03125: no bound either way
    assert quantile_ranks(0, 0.5) == (0, 0, 1)
    # A tail equal to a in floats: P(B <= 0) = 1/2 of Bin(1, 1/2).
    assert quantile_ranks(1, 0.5, level=0.5 + 1e-12, sides=1) == (1, 0, 2)


def test_the_point_of_a_quantile_counts_in_decimals() -> None:
    # 0.07 * 100 is 7.000000000000001 in floats; the seventh value is the 7th percentile all the same.
    assert quantile_ranks(100, 0.07)[0] == 7
    assert quantile_ranks(10, 0.71)[0] == 8


def test_poisson_by_hand() -> None:
    # No event: exp(-upper) = a. One event: 1 - exp(-lower) = a.
    assert pair(poisson_rate(0, 2.0, level=0.9)) == (0.0, pytest.approx(-math.log(0.05) / 2))
    assert poisson_rate(1, 2.0, level=0.9).lower == pytest.approx(-math.log(0.95) / 2)


def test_welch_by_hand() -> None:
    # 0, 2 against 10, 12: both variances 2, standard error sqrt(2/2 + 2/2) = sqrt(2), 2 degrees of freedom.
    # Their t quantile is the x with (1 + x / sqrt(2 + x^2)) / 2 = p: for p = 0.9, x = 1.6 / sqrt(0.72).
    half = 1.6 / math.sqrt(0.72) * math.sqrt(2)
    found = difference_means(2, 11.0, 2.0, 2, 1.0, 2.0, level=0.8)
    assert found == Bounds(10.0, pytest.approx(10 - half), pytest.approx(10 + half), "welch_t")


def test_ratio_by_hand() -> None:
    # Numerators 1, 1, 2, 2 over 1, 2, 3, 4: r = 1.5 / 2.5, sums of squares 1 and 5, products 2. The residual
    # 1 - 2 (0.6) 2 + 0.36 * 5 = 0.4 over 3 and 4 is 1/30, whose root over the mean 2.5 is 0.4 / sqrt(30).
    t = scipy_stats.t.ppf(0.975, 3)
    found = ratio(4, 1.5, 2.5, 1.0, 5.0, 2.0)
    assert found.value == pytest.approx(0.6)
    assert found.upper - found.value == pytest.approx(t * 0.4 / math.sqrt(30))


# --- published ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "lower", "upper"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombe_reproduces_his_table(counts: tuple[int, int, int, int], lower: float, upper: float) -> None:
    """Newcombe 1998, "Interval estimation for the difference", table II, method 10, examples (a) to (h)."""
    assert pair(difference_proportions(*counts)) == (
        pytest.approx(lower, abs=5.1e-5),
        pytest.approx(upper, abs=5.1e-5),
    )


def test_the_rule_of_three() -> None:
    """No event in n: the one-sided 95 % bound is about 3 / n (Hanley and Lippman-Hand 1983)."""
    assert clopper_pearson(0, 1000, sides=1).upper == pytest.approx(3 / 1000, rel=0.01)
    assert poisson_rate(0, 1000.0, sides=1).upper == pytest.approx(3 / 1000, rel=0.01)


# --- trusted libraries -------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize(("s", "n"), CASES)
def test_shares_as_in_statsmodels(s: int, n: int, level: float) -> None:
    for ours, theirs in ((wilson, "wilson"), (clopper_pearson, "beta")):
        expected = proportion_confint(s, n, alpha=1 - level, method=theirs)
        assert pair(ours(s, n, level=level)) == pytest.approx(expected, rel=1e-9, abs=1e-14)


@pytest.mark.parametrize(("s", "n"), CASES)
def test_differences_of_shares_as_in_statsmodels(s: int, n: int) -> None:
    expected = confint_proportions_2indep(s, n, 4, 12, method="newcomb", alpha=0.1)
    assert pair(difference_proportions(s, n, 4, 12, level=0.9)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("k", "span"), [(0, 1.0), (1, 0.5), (7, 100.0), (10_000, 3.0)])
def test_rates_as_in_statsmodels(k: int, span: float) -> None:
    expected = confint_poisson(k, span, method="exact-c", alpha=0.05)
    # Theirs is nan at 0 events, where the lower bound is 0.
    assert pair(poisson_rate(k, span)) == pytest.approx(np.nan_to_num(expected), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_means_and_their_difference_as_in_scipy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.lognormal(size=rng.integers(2, 60)), rng.normal(1, 3, size=rng.integers(2, 60))
    a, b = Moments.of(x), Moments.of(y)
    one = scipy_stats.ttest_1samp(x, 0).confidence_interval(0.9)
    assert pair(mean_t(a.n, a.mean, a.m2, level=0.9)) == pytest.approx(tuple(one), rel=1e-9)
    two = scipy_stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.9)
    found = difference_means(a.n, a.mean, a.m2, b.n, b.mean, b.m2, level=0.9)
    assert pair(found) == pytest.approx(tuple(two), rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 10, 59, 1000])
@pytest.mark.parametrize("q", [0.01, 0.5, 0.95, 0.99])
def test_quantile_ranks_as_in_scipy(n: int, q: float) -> None:
    values = np.arange(1.0, n + 1)
    interval = scipy_stats.quantile_test(values, q=0, p=q).confidence_interval(0.95)
    _, lower, upper = quantile_ranks(n, q)
    # Theirs is nan where there is no bound.
    assert (lower or math.nan, upper if upper <= n else math.nan) == pytest.approx(
        tuple(interval), nan_ok=True
    )
    assert quantile_ranks(n, q)[0] == np.quantile(values, q, method="inverted_cdf")


@pytest.mark.parametrize("seed", range(5))
def test_a_ratio_is_the_mean_of_its_linearised_values(seed: int) -> None:
    # The delta method says: the ratio's error is the mean of (x - r y) / mean(y).
    rng = np.random.default_rng(seed)
    y = rng.poisson(5, size=80) + 1.0
    x = 0.3 * y + rng.normal(size=80)
    m = Moments.of((x - x.sum() / y.sum() * y) / y.mean())
    expected = mean_t(m.n, m.mean, m.m2)
    dx, dy = x - x.mean(), y - y.mean()
    found = ratio(80, x.mean(), y.mean(), dx @ dx, dy @ dy, dx @ dy)
    assert found.value == pytest.approx(x.sum() / y.sum())
    assert pair(found) == pytest.approx((found.value + expected.lower, found.value + expected.upper))


def test_a_ratio_over_a_constant_is_a_mean() -> None:
    over = ratio(4, 2.5, 2.0, 5.0, 0.0, 0.0)
    assert pair(over) == pytest.approx(tuple(end / 2 for end in pair(mean_t(4, 2.5, 5.0))))


# --- coverage, exactly -------------------------------------------------------------------------------------


@pytest.mark.parametrize("sides", [1, 2])
def test_clopper_pearson_never_covers_too_little(sides: int) -> None:
    n, grid = 15, np.linspace(0.001, 0.999, 400)
    bounds = [clopper_pearson(s, n, level=0.9, sides=sides) for s in range(n + 1)]
    chance = scipy_stats.binom.pmf(np.arange(n + 1)[:, None], n, grid)
    below = sum(c * (b.lower > grid) for b, c in zip(bounds, chance, strict=True))
    above = sum(c * (b.upper < grid) for b, c in zip(bounds, chance, strict=True))
    assert below.max() <= 0.1 / sides + 1e-12
    assert above.max() <= 0.1 / sides + 1e-12


def test_wilson_covers_its_level_on_the_average() -> None:
    n, grid = 30, np.linspace(0.0005, 0.9995, 2000)
    chance = scipy_stats.binom.pmf(np.arange(n + 1)[:, None], n, grid)
    bounds = [wilson(s, n) for s in range(n + 1)]
    covered = sum(c * ((b.lower <= grid) & (grid <= b.upper)) for b, c in zip(bounds, chance, strict=True))
    assert covered.mean() == pytest.approx(0.95, abs=0.005)


@given(n=st.integers(1, 300), q=st.floats(0.01, 0.99), level=st.floats(0.5, 0.999))
def test_quantile_ranks_cover_and_cannot_be_narrower(n: int, q: float, level: float) -> None:
    point, lower, upper = quantile_ranks(n, q, level=level)
    a = (1 - level) / 2
    count = scipy_stats.binom(n, q)
    assert 0 <= lower <= point <= upper <= n + 1
    assert lower == 0 or count.cdf(lower - 1) <= a * (1 + 1e-9)
    assert upper == n + 1 or count.sf(upper - 1) <= a * (1 + 1e-9)
    # One rank further in would miss the level, unless the point itself stands in the way.
    assert lower == point or count.cdf(lower) > a * (1 - 1e-9)
    assert upper == point or count.sf(upper - 2) > a * (1 - 1e-9)


# --- what is undefined, and what is refused ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (wilson(0, 0), "there were no trials"),
        (clopper_pearson(0, 0), "there were no trials"),
        (difference_proportions(0, 0, 1, 2), "there were no trials of the candidate"),
        (difference_proportions(1, 2, 0, 0), "there were no trials of the control"),
        (mean_t(0, math.nan, 0.0), "a mean's spread needs two values, there are none"),
        (mean_t(1, 3.0, 0.0), "a mean's spread needs two values, there is one"),
        (mean_t(9, 3.0, 0.0), "all values are equal: no spread was seen to judge by"),
        (difference_means(1, 3.0, 0.0, 5, 1.0, 2.0), "a mean's spread needs two values, the candidate has 1"),
        (
            difference_means(5, 3.0, 1.0, 0, math.nan, 0.0),
            "a mean's spread needs two values, the control has 0",
        ),
        (difference_means(5, 3.0, 0.0, 5, 1.0, 0.0), "all values are equal on both sides"),
        (poisson_rate(0, 0.0), "there was no exposure"),
        (ratio(1, 1.0, 1.0, 0.0, 0.0, 0.0), "a ratio's spread needs two units, there is one"),
        (ratio(9, 1.0, 0.0, 1.0, 0.0, 0.0), "the denominator cannot be told from zero"),
        (ratio(2, 1.0, 2.0, 2.0, 2.0, 1.0), "the denominator cannot be told from zero"),
        (ratio(9, 1.0, 2.0, 1.0, 4.0, 2.0), "all units have the same ratio"),
    ],
)
def test_undefined_is_nan_with_a_reason(found: Bounds, why: str) -> None:
    assert found.undefined is not None
    assert found.undefined.startswith(why)
    assert all(math.isnan(x) for x in (found.value, found.lower, found.upper))


def test_one_arm_without_spread_still_compares() -> None:
    # A control that everyone leaves at 0 has no variance; the candidate's decides.
    alone, against = mean_t(5, 3.0, 4.0), difference_means(5, 3.0, 4.0, 7, 0.0, 0.0)
    assert pair(against) == pytest.approx(pair(alone))


BAD: list[tuple[object, str]] = [
    (lambda: wilson(3, 2), "successes is 3 and trials is 2"),
    (lambda: wilson(-1, 2), "successes is -1"),
    (lambda: wilson(1.5, 2), "successes is 1.5"),  # type: ignore[arg-type]
    (lambda: wilson(1, math.nan), "trials is nan"),  # type: ignore[arg-type]
    (lambda: wilson(1, math.inf), "trials is inf"),  # type: ignore[arg-type]
    (lambda: wilson("many", 2), "successes is 'many'"),  # type: ignore[arg-type]
    (lambda: wilson(1, 2, level=0.0), "level is 0.0"),
    (lambda: wilson(1, 2, level=1), "level is 1.0"),
    (lambda: wilson(1, 2, level=95), "level is 95.0"),
    (lambda: wilson(1, 2, level=math.nan), "level is nan"),
    (lambda: wilson(1, 2, level=0.5, sides=1), "level is 0.5"),
    (lambda: wilson(1, 2, sides=3), "sides is 3"),
    (lambda: clopper_pearson(3, 2), "successes is 3"),
    (lambda: mean_t(-1, 0.0, 1.0), "n is -1"),
    (lambda: mean_t(2, math.nan, 1.0), "mean is nan"),
    (lambda: mean_t(2, math.inf, 1.0), "mean is inf"),
    (lambda: mean_t(2, 0.0, -1.0), "m2 is -1.0"),
    (lambda: quantile_ranks(5, 0.0), "q is 0.0"),
    (lambda: quantile_ranks(5, 1.0), "q is 1.0"),
    (lambda: quantile_ranks(-5, 0.5), "n is -5"),
    (lambda: difference_proportions(1, 2, 3, 2), "s0 is 3 and n0 is 2"),
    (lambda: difference_means(2, 0.0, 1.0, 2, 0.0, math.nan), "m2_0 is nan"),
    (lambda: ratio(5, 1.0, 1.0, 1.0, 1.0, 1.1), "m11 is 1.1"),
    (lambda: poisson_rate(1, 0.0), "events is 1 with exposure 0"),
    (lambda: poisson_rate(1, -1.0), "exposure is -1.0"),
]


@pytest.mark.parametrize(("call", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_arguments_are_refused_by_name_value_and_rule(call: object, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        call()  # type: ignore[operator]
    assert message in str(caught.value)
    assert caught.value.rule


def test_counts_may_come_as_a_database_returns_them() -> None:
    assert wilson(np.int64(3), 5.0) == wilson(3, 5)  # type: ignore[arg-type]
