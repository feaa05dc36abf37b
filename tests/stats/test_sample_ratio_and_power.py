"""Sample ratio and sample size, by hand and against SciPy and statsmodels."""

from __future__ import annotations

import math

import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.proportion import samplesize_proportions_2indep_onetail

from sextant.errors import InvalidInput
from sextant.stats import sample_ratio_p, sample_size_proportions


def test_sample_ratio_by_hand() -> None:
    # 60 and 40 against 50 and 50: chi-squared 2 + 2 = 4 with one degree of freedom, a normal |z| of 2.
    assert sample_ratio_p([60, 40], [1, 1]) == pytest.approx(math.erfc(2 / math.sqrt(2)))
    # Three arms, two degrees of freedom: exp(-chi2 / 2), with 100/50 + 100/50 + 0 = 4.
    assert sample_ratio_p([60, 40, 50], [1, 1, 1]) == pytest.approx(math.exp(-4 / 2))
    assert sample_ratio_p([50, 50], [1, 1]) == 1.0


@pytest.mark.parametrize("shares", [[0.1, 0.9], [5, 1], [0.3, 0.3, 0.4]])
def test_sample_ratio_as_in_scipy(shares: list[float]) -> None:
    counts = [813, 799, 1002][: len(shares)]
    expected = [sum(counts) * s / sum(shares) for s in shares]
    assert sample_ratio_p(counts, shares) == pytest.approx(scipy_stats.chisquare(counts, expected).pvalue)


def test_nobody_assigned_tells_nothing() -> None:
    assert math.isnan(sample_ratio_p([0, 0], [1, 1]))


def test_sample_size_by_hand() -> None:
    # Fleiss, Levin and Paik's form with p0 0.1, p1 0.2: pooled 0.15.
    z = 1.959963984540054 * math.sqrt(2 * 0.15 * 0.85) + 0.8416212335729143 * math.sqrt(0.09 + 0.16)
    assert sample_size_proportions(0.1, 0.2) == math.ceil((z / 0.1) ** 2) == 199
    assert sample_size_proportions(0.2, 0.1) == 199


@pytest.mark.parametrize("sides", [1, 2])
@pytest.mark.parametrize("power", [0.5, 0.8, 0.95])
@pytest.mark.parametrize(("p0", "p1"), [(0.1, 0.12), (0.5, 0.45), (0.001, 0.002), (0.9, 0.99)])
def test_sample_size_as_in_statsmodels(p0: float, p1: float, power: float, sides: int) -> None:
    # Theirs takes a one-sided test to lie in the direction of a positive difference.
    low, high = sorted((p0, p1))
    kind = {1: "larger", 2: "two-sided"}[sides]
    expected = samplesize_proportions_2indep_onetail(high - low, low, power, alpha=0.05, alternative=kind)
    # They round z to fewer digits than matter, but a whole number may be a hair away.
    assert abs(sample_size_proportions(p0, p1, power=power, sides=sides) - math.ceil(expected)) <= 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sample_ratio_p([1, 2, 3], [1, 1]), "3 counts and 2 shares"),
        (lambda: sample_ratio_p([1], [1]), "1 counts and 1 shares"),
        (lambda: sample_ratio_p([1, 2], [1, 0]), "a planned share is 0.0"),
        (lambda: sample_ratio_p([1, -2], [1, 1]), r"counts\[1\] is -2"),
        (lambda: sample_ratio_p([1, 2], [1, math.nan]), r"shares\[1\] is nan"),
        (lambda: sample_size_proportions(0.1, 0.1), "p0 and p1 are both 0.1"),
        (lambda: sample_size_proportions(0.0, 0.1), "p0 is 0.0"),
        (lambda: sample_size_proportions(0.1, 1.0), "p1 is 1.0"),
        (lambda: sample_size_proportions(0.1, 0.2, power=1.0), "power is 1.0"),
        (lambda: sample_size_proportions(0.1, 0.2, power=0.01), "power is 0.01"),
        (lambda: sample_size_proportions(0.1, 0.2, level=0.0), "level is 0.0"),
        (lambda: sample_size_proportions(0.1, 0.2, sides=4), "sides is 4"),
    ],
)
def test_bad_arguments_are_refused(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]
