"""Distances between histograms: by hand, against SciPy, and that no drift does not look like drift."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from sextant.errors import InvalidInput
from sextant.stats import (
    clopper_pearson,
    cramers_v,
    distance_interval,
    exceeds,
    hellinger,
    jensen_shannon,
    kolmogorov_smirnov,
    psi,
    total_variation,
    wasserstein,
)
from sextant.stats.distances import STATISTICS

PLAIN = {
    "total_variation": total_variation, "jensen_shannon": jensen_shannon, "psi": psi, "hellinger": hellinger,
    "cramers_v": cramers_v, "kolmogorov_smirnov": kolmogorov_smirnov,
}  # fmt: skip
histograms = st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any)


def test_by_hand() -> None:
    # Shares 1/2, 1/2, 0 and 1/4, 1/4, 1/2: half of 1/4 + 1/4 + 1/2.
    assert total_variation([1, 1, 0], [1, 1, 2]) == 0.5
    # Nothing in common: one bit, whose root is 1.
    assert jensen_shannon([3, 0], [0, 8]) == 1.0
    # Shares 3/4, 1/4 and 1/4, 3/4: twice 1/2 ln 3.
    assert psi([3, 1], [1, 3]) == pytest.approx(math.log(3))
    # An empty bin counts as half a value: shares 1 and 1/2, and 0.5 / 10 and 1/2.
    assert psi([10, 0], [5, 5]) == pytest.approx(0.5 * math.log(2) + 0.45 * math.log(10))


@given(histograms, histograms)
def test_as_in_scipy(r: list[int], c: list[int]) -> None:
    p, q = np.array(r) / sum(r), np.array(c) / sum(c)
    assert total_variation(r, c) == pytest.approx(np.abs(p - q).sum() / 2, abs=1e-12)
    # Where the two are nearly equal SciPy takes the root of rounding noise.
    assert jensen_shannon(r, c) == pytest.approx(jensenshannon(p, q, base=2), abs=1e-7)


@given(histograms, histograms)
def test_a_distance_is_symmetric_and_zero_only_for_equal_shares(r: list[int], c: list[int]) -> None:
    for name, distance in PLAIN.items():
        assert distance(r, c) == pytest.approx(distance(c, r), abs=1e-7), name
        # The root of rounding noise is about 1e-8.
        assert distance(r, [7 * x for x in r]) == pytest.approx(0.0, abs=1e-7) or (name == "psi" and 0 in r)
        if any(abs(x / sum(r) - y / sum(c)) > 1e-6 for x, y in zip(r, c, strict=True)):
            assert distance(r, c) > 0


@pytest.mark.parametrize("statistic", PLAIN)
def test_with_much_data_the_interval_closes_on_the_plain_distance(statistic: str) -> None:
    r, c = [40_000_000, 35_000_000, 25_000_000], [30_000_000, 30_000_000, 40_000_000]
    found, plain = distance_interval(r, c, statistic=statistic), PLAIN[statistic](r, c)
    assert found.value == pytest.approx(plain, rel=1e-3)
    assert found.lower < plain < found.upper
    assert found.upper - found.lower < 0.01 * plain


@pytest.mark.parametrize("statistic", PLAIN)
@pytest.mark.parametrize("n", [50, 5000])
def test_two_samples_of_one_distribution_show_no_drift(statistic: str, n: int) -> None:
    # The plain distance of small samples is large: that is the part which the interval takes away.
    rng = np.random.default_rng(n)
    shares = np.full(20, 1 / 20)
    runs = [(rng.multinomial(n, shares).tolist(), rng.multinomial(n, shares).tolist()) for _ in range(20)]
    found = [distance_interval(r, c, statistic=statistic, resamples=200) for r, c in runs]
    plain = [PLAIN[statistic](r, c) for r, c in runs]
    assert np.mean([b.value for b in found]) < 0.5 * np.mean(plain)
    assert sum(b.lower > 0 for b in found) <= 2
    assert all(b.lower <= b.value <= p <= b.upper for b, p in zip(found, plain, strict=True))


@pytest.mark.parametrize("statistic", PLAIN)
def test_a_real_drift_is_found_and_held(statistic: str) -> None:
    r, c = [500, 300, 200], [300, 300, 400]
    found = distance_interval(r, c, statistic=statistic)
    assert 0 < found.lower < PLAIN[statistic](r, c) < found.upper


def test_nothing_in_common_is_all_the_way_apart() -> None:
    for statistic in ("total_variation", "jensen_shannon"):
        found = distance_interval([1000, 0], [0, 1000], statistic=statistic)
        assert found.upper == 1.0
        assert found.lower > 0.95
    # With five values in ten bins of their own it may well be chance.
    apart = distance_interval([1] * 5 + [0] * 5, [0] * 5 + [1] * 5)
    assert (apart.lower, apart.upper) == (0.0, 1.0)


def test_one_bin_leaves_what_may_hide_elsewhere() -> None:
    # None of 100 and none of 50 elsewhere; both bounds hold together, so each at half the tail.
    most = clopper_pearson(0, 50, level=0.975).upper
    assert most == pytest.approx(1 - 0.0125 ** (1 / 50))
    found = distance_interval([0, 100, 0], [0, 50, 0])
    assert (found.value, found.lower, found.upper) == (0.0, 0.0, most)
    rooted = distance_interval([0, 100, 0], [0, 50, 0], statistic="jensen_shannon")
    assert rooted.upper == pytest.approx(math.sqrt(most))
    assert distance_interval([0, 100, 0], [0, 50, 0], statistic="psi").upper == math.inf


def test_bins_that_both_leave_empty_change_nothing() -> None:
    with_empty = distance_interval([50, 0, 30, 20], [30, 0, 30, 40])
    assert with_empty == distance_interval([50, 30, 20], [30, 30, 40])


def test_an_empty_histogram_has_no_distance() -> None:
    for statistic, distance in PLAIN.items():
        assert math.isnan(distance([0, 0], [1, 2]))
        found = distance_interval([1, 2], [0, 0], statistic=statistic)
        assert found.undefined == "the current is empty"
        assert all(math.isnan(x) for x in (found.value, found.lower, found.upper))
    assert distance_interval([0], [1]).undefined == "the reference is empty"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: total_variation([1, 2], [1, 2, 3]), "the reference has 2 bins, the current 3"),
        (lambda: psi([1, -2], [1, 2]), r"reference\[1\] is -2"),
        (lambda: jensen_shannon([1, 2], [1, 0.5]), r"current\[1\] is 0.5"),
        (lambda: total_variation([], []), "reference is empty"),
        (lambda: total_variation([1, math.nan], [1, 1]), r"reference\[1\] is nan"),
        (lambda: distance_interval([1, 2], [1, 2], statistic="euclid"), "statistic is 'euclid'"),
        (lambda: distance_interval([1, 2], [1, 2], resamples=0), "resamples is 0"),
        (lambda: distance_interval([1, 2], [1, 2], statistic="wasserstein"), "0 positions for 2 bins"),
        (lambda: wasserstein([1, 2], [1, 2], [3, 1]), "each bin has a position, in order"),
        (lambda: exceeds([1, 2], [1, 2], -1), "threshold is -1"),
    ],
)
def test_bad_arguments_are_refused(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]


@given(histograms, histograms)
def test_the_others_as_in_scipy(r: list[int], c: list[int]) -> None:
    x, y = (np.repeat(np.arange(4.0), h) for h in (r, c))
    assert kolmogorov_smirnov(r, c) == pytest.approx(
        stats.ks_2samp(x, y, method="asymp").statistic, abs=1e-12
    )
    table = np.array([h for h in zip(r, c, strict=True) if sum(h)]).T
    if table.shape[1] > 1:
        assert cramers_v(r, c) == pytest.approx(stats.contingency.association(table), abs=1e-9)
    if x.std() > 0:
        moved = stats.wasserstein_distance(x, y) / x.std(ddof=1)
        assert wasserstein(r, c, [0, 1, 2, 3]) == pytest.approx(moved, abs=1e-9)
    else:
        assert math.isnan(wasserstein(r, c, [0, 1, 2, 3]))


def test_every_distance_is_tested() -> None:
    assert {*PLAIN, "wasserstein"} == set(STATISTICS)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_a_p_value_and_the_lower_bound_never_disagree(statistic: str) -> None:
    rng = np.random.default_rng(4)
    at = list(range(6)) if statistic == "wasserstein" else []
    for _ in range(20):
        r, c = (rng.multinomial(300, rng.dirichlet(np.full(6, 20))).tolist() for _ in range(2))
        found = distance_interval(r, c, statistic=statistic, sides=1, resamples=1000, positions=at)
        p = exceeds(r, c, 0.05, statistic=statistic, resamples=1000, positions=at)
        if abs(p - 0.05) > 0.01:
            assert (p < 0.05) == (found.lower > 0.05)


def test_more_of_a_threshold_is_exceeded_less() -> None:
    chances = [exceeds([500, 300, 200], [300, 300, 400], t) for t in (0.0, 0.1, 0.19, 0.5)]
    assert chances == sorted(chances) and chances[0] < 0.01 and chances[-1] == 1.0
    assert exceeds([5], [7], 0.0) == 1.0 and math.isnan(exceeds([0, 0], [1, 1], 0.1))
    assert exceeds([50, 50], [60, 40], 0.0, resamples=20) != exceeds([50, 50], [60, 40], 0.0, seed=1)
