"""Contrasts of two arms, against SciPy, least squares and the sequences that they generalize."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from sextant.errors import InvalidInput
from sextant.stats import (
    Comoments,
    Measure,
    confidence_sequence_difference,
    contrast,
    e_discoveries,
    holm,
    ratio,
    sample_ratio_e,
)

RNG = np.random.default_rng(7)
NEW = np.column_stack([RNG.normal(5.3, 2, 400), RNG.normal(5, 2, 400), RNG.uniform(1, 3, 400)])
OLD = np.column_stack([RNG.normal(5.0, 2, 300), RNG.normal(5, 2, 300), RNG.uniform(1, 3, 300)])
NEW[:, 0] += 0.7 * NEW[:, 1]
OLD[:, 0] += 0.7 * OLD[:, 1]
PAIR = [(Comoments.of(NEW), Comoments.of(OLD))]


@given(
    st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=30),
    st.integers(0, 30),
)
def test_comoments_add_up(rows: list[tuple[float, float]], cut: int) -> None:
    whole = Comoments.of(rows)
    parts = [Comoments.of(p) if p else Comoments.none(2) for p in (rows[:cut], rows[cut:])]
    for added in (parts[0] + parts[1], parts[1] + parts[0]):
        assert added.n == whole.n
        assert added.means == pytest.approx(whole.means, rel=1e-9, abs=1e-9)
        assert np.ravel(added.products) == pytest.approx(np.ravel(whole.products), rel=1e-9, abs=1e-6)


def test_a_plain_mean_is_welchs_test() -> None:
    found = contrast(Measure(), PAIR)
    test = scipy_stats.ttest_ind(NEW[:, 0], OLD[:, 0], equal_var=False)
    bounds = test.confidence_interval()
    assert found.p == pytest.approx(test.pvalue, rel=1e-10)
    assert (found.difference.lower, found.difference.upper) == pytest.approx(tuple(bounds), rel=1e-10)
    one_sided = contrast(Measure(), PAIR, sides=1)
    above = scipy_stats.ttest_ind(NEW[:, 0], OLD[:, 0], equal_var=False, alternative="greater")
    assert one_sided.difference.lower == pytest.approx(above.confidence_interval().low, rel=1e-10)


def test_a_ratios_spread_is_that_of_the_delta_method() -> None:
    found = contrast(Measure(0, 2), PAIR)
    halves = []
    for rows in (NEW, OLD):
        c = Comoments.of(rows)
        b = ratio(c.n, c.means[0], c.means[2], c.products[0][0], c.products[2][2], c.products[0][2])
        halves.append((b.upper - b.value) / scipy_stats.t.ppf(0.975, c.n - 1))
    assert found.error == pytest.approx(math.hypot(*halves), rel=1e-10)


def test_a_covariate_takes_away_what_it_explains() -> None:
    plain, adjusted = contrast(Measure(), PAIR), contrast(Measure(covariate=1), PAIR)
    both = np.vstack([NEW, OLD])
    slope = np.cov(both[:, 0], both[:, 1])[0, 1] / np.var(both[:, 1], ddof=1)
    assert adjusted.slope == pytest.approx(slope, rel=1e-10)
    residuals = [rows[:, 0] - slope * (rows[:, 1] - both[:, 1].mean()) for rows in (NEW, OLD)]
    test = scipy_stats.ttest_ind(*residuals, equal_var=False)
    assert adjusted.p == pytest.approx(test.pvalue, rel=1e-9)
    assert adjusted.saved == pytest.approx(1 - (adjusted.error / plain.error) ** 2)
    assert 0.2 < adjusted.saved < 0.5 and plain.saved == 0


def test_continuous_looking_is_the_sequence_of_a_difference() -> None:
    found = contrast(Measure(), PAIR, continuous=True, n_tuned=900)
    (one, other) = PAIR[0]
    said = confidence_sequence_difference(
        one.n, one.means[0], one.products[0][0], other.n, other.means[0], other.products[0][0], n_tuned=900
    )
    assert (found.difference.lower, found.difference.upper) == pytest.approx(
        (said.lower, said.upper), rel=1e-12
    )


@pytest.mark.parametrize("shift", np.linspace(0, 0.7, 29))
def test_the_e_value_crosses_where_the_sequence_leaves_zero_out(shift: float) -> None:
    (one, other) = PAIR[0]
    moved = Comoments(one.n, (one.means[0] + shift, *one.means[1:]), one.products)
    found = contrast(Measure(), [(moved, other)], continuous=True)
    outside = found.difference.lower > 0 or found.difference.upper < 0
    assert outside == (found.e > 20) == (found.p < 0.05)


def test_periods_are_weighed_by_their_units_and_compared_within() -> None:
    # The rate doubles while the candidate's share goes from 10 to 90 per cent: no effect within either period.
    def arm(n: int, share: float) -> Comoments:
        return Comoments.of([(1.0,)] * round(n * share) + [(0.0,)] * round(n * (1 - share)))

    periods = [(arm(100, 0.1), arm(900, 0.1)), (arm(900, 0.2), arm(100, 0.2))]
    within = contrast(Measure(), periods)
    mixed = contrast(Measure(), [(periods[0][0] + periods[1][0], periods[0][1] + periods[1][1])])
    assert within.difference.value == pytest.approx(0, abs=1e-12)
    assert mixed.difference.lower > 0.03
    alone = contrast(Measure(), [*periods, (arm(50, 0.1), Comoments.none(1))])
    assert alone.left_out == 50 and alone.strata == 2


def test_what_cannot_be_told_says_why() -> None:
    flat = Comoments.of([(1.0,)] * 5)
    assert "all values are equal" in str(contrast(Measure(), [(flat, flat)]).difference.undefined)
    one = Comoments.of([(1.0,)])
    assert "fewer than two" in str(contrast(Measure(), [(one, flat)]).difference.undefined)
    few = Comoments.of([(float(i),) for i in range(20)])
    assert "begins at 50" in str(contrast(Measure(), [(few, few)], continuous=True).difference.undefined)
    zero = Comoments.of([(1.0, 0.0), (2.0, 0.0)])
    assert "denominator" in str(contrast(Measure(0, 1), [(zero, zero)]).difference.undefined)
    below = Comoments.of([(-1.0,), (-2.0,), (-3.0,)])
    crossing = contrast(Measure(), [(few, below)])
    assert crossing.relative.undefined and not crossing.difference.undefined
    tiny = Comoments.of([(1e-9 + i % 2 - 0.5,) for i in range(100)])
    assert contrast(Measure(), [(tiny, tiny)]).relative.upper == math.inf


def test_several_questions() -> None:
    from statsmodels.stats.multitest import multipletests

    chances = [0.001, 0.3, 0.02, 0.02, 0.9]
    assert holm(chances) == pytest.approx(multipletests(chances, method="holm")[1], rel=1e-12)
    # Of four, the second largest is held against 4 / (0.05 * 2) = 40.
    assert e_discoveries([90.0, 40.0, 19.0, 1.0]) == [True, True, False, False]
    assert e_discoveries([70.0, 30.0, 20.0, 1.0]) == [False] * 4
    assert e_discoveries([]) == []


def test_a_split_looked_at_again_and_again() -> None:
    # One unit under even shares: 1 / 2 either way, under a uniform prior too.
    assert sample_ratio_e([1, 0], [1, 1]) == pytest.approx(1.0)
    assert sample_ratio_e([2, 0], [1, 1]) == pytest.approx((1 / 3) / (1 / 4))
    assert sample_ratio_e([6000, 5000], [1, 1]) > 1e6
    assert sample_ratio_e([0, 0, 0], [1, 1, 1]) == 1.0
    with pytest.raises(InvalidInput):
        sample_ratio_e([1, 2], [1, 0])
