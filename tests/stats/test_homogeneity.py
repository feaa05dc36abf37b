"""Tests of any difference, many at once, and how well a score tells two groups apart: against SciPy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from sextant.errors import InvalidInput
from sextant.stats import auc, benjamini_hochberg, chi_squared_p, kolmogorov_smirnov_p

histograms = st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any)


@given(histograms, histograms)
def test_chi_squared_as_in_scipy(r: list[int], c: list[int]) -> None:
    table = np.array([h for h in zip(r, c, strict=True) if sum(h)]).T
    wanted = stats.chi2_contingency(table, correction=False).pvalue if table.shape[1] > 1 else 1.0
    assert chi_squared_p(r, c) == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize(("n", "m"), [(3, 3), (5, 7), (40, 60), (100, 100), (301, 400)])
def test_kolmogorov_smirnov_as_in_scipy(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    for shift in (0.0, 0.5, 3.0):
        found = stats.ks_2samp(rng.normal(size=n), rng.normal(shift, size=m), method="exact")
        assert kolmogorov_smirnov_p(float(found.statistic), n, m) == pytest.approx(found.pvalue, rel=1e-9)


def test_kolmogorov_smirnov_of_many() -> None:
    # Beyond the exact count by the limit, which lies near it.
    n = 3162
    exact, limit = kolmogorov_smirnov_p(0.05, n, n), kolmogorov_smirnov_p(0.05, n + 1, n + 1)
    assert limit == pytest.approx(exact, rel=0.05)
    assert kolmogorov_smirnov_p(0.0, 5, 5) == 1.0 and math.isnan(kolmogorov_smirnov_p(0.5, 0, 5))


@pytest.mark.parametrize("degrees", [1, 2, 3, 9, 30, 101])
def test_chi_squared_far_out_as_in_scipy(degrees: int) -> None:
    counts = np.full(degrees + 1, 1000)
    for moved in (3, 30, 300):
        other = counts.copy()
        other[0], other[-1] = 1000 + moved, 1000 - moved
        chi2 = stats.chi2_contingency([counts, other], correction=False)
        assert chi_squared_p(counts.tolist(), other.tolist()) == pytest.approx(chi2.pvalue, rel=1e-9)


@pytest.mark.parametrize("n", [4_000, 100_000, 10_000_000])
def test_the_limit_as_in_scipy(n: int) -> None:
    for at in (0.3, 0.5, 0.8, 0.99, 1.01, 1.36, 2.0, 4.0):
        gap = at / math.sqrt(n / 2)
        wanted = stats.kstwo.sf(gap, n // 2)
        assert kolmogorov_smirnov_p(gap, n, n) == pytest.approx(wanted, rel=3e-3, abs=1e-12)


@given(st.lists(st.floats(0, 1), max_size=30))
def test_many_at_once_as_in_scipy(chances: list[float]) -> None:
    wanted = stats.false_discovery_control(chances, method="bh") if chances else []
    assert benjamini_hochberg(chances) == pytest.approx(list(wanted), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("n", [20, 400])
def test_auc_as_in_scikit_learn(n: int) -> None:
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n).round(1), rng.normal(0.7, size=2 * n).round(1)
    found = auc([(x, y)])
    assert found.value == pytest.approx(roc_auc_score([0] * n + [1] * 2 * n, [*x, *y]), rel=1e-12)
    # The variance is near that of resampled values.
    drawn = [auc([(rng.choice(x, n), rng.choice(y, 2 * n))]).value for _ in range(400)]
    assert (found.upper - found.lower) / 3.92 == pytest.approx(np.std(drawn), rel=0.25)


def test_auc_of_folds_is_their_mean_and_closer() -> None:
    rng = np.random.default_rng(0)
    folds = [(rng.normal(size=50), rng.normal(0.5, size=50)) for _ in range(5)]
    found = auc(folds)
    assert found.value == pytest.approx(np.mean([auc([f]).value for f in folds]))
    assert found.upper - found.lower < min(auc([f]).upper - auc([f]).lower for f in folds)


def test_auc_at_its_ends() -> None:
    apart = auc([([1, 2, 3], [7, 8, 9])])
    assert apart.value == 1.0 and apart.lower < 0.6 and apart.upper == 1.0
    assert auc([([1.0], [2.0, 3.0])]).undefined == "a group has fewer than two members"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: auc([]), "no scores"), (lambda: auc([([1, math.nan], [1, 2])]), "not finite"),
        (lambda: chi_squared_p([1], [1, 2]), "1 bins"), (lambda: benjamini_hochberg([2.0]), "chance is 2.0"),
    ],
)  # fmt: skip
def test_bad_arguments(call: object, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        call()  # type: ignore[operator]
