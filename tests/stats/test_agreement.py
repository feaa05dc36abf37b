"""Agreement: by hand, published, and against statsmodels and the krippendorff package."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import krippendorff
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_fleiss

from sextant.errors import InvalidInput
from sextant.stats import agreement_interval, clopper_pearson, fleiss_kappa, krippendorff_alpha_nominal

#: Rows of 0 to 4 ratings over three labels.
tables = st.lists(st.lists(st.integers(0, 2), min_size=3, max_size=3), min_size=1, max_size=12)


def peers_alpha(patterns: list[list[int]]) -> float:
    with warnings.catch_warnings():
        # It warns where it divides by zero, which is where ours is nan.
        warnings.simplefilter("ignore")
        return float(krippendorff.alpha(value_counts=np.array(patterns), level_of_measurement="nominal"))


def test_fleiss_by_hand() -> None:
    # Two raters; they agree on 2 of 3 items, P = 2/3. Each label is half of all, so chance agrees by 1/2.
    # kappa = (2/3 - 1/2) / (1 - 1/2) = 1/3.
    assert fleiss_kappa([[2, 0], [1, 1], [0, 2]]) == pytest.approx(float(Fraction(1, 3)))
    # Full disagreement of two: P = 0, chance 1/2, kappa -1.
    assert fleiss_kappa([[1, 1], [1, 1]]) == pytest.approx(-1.0)


def test_krippendorff_by_hand() -> None:
    # Coincidences of the three paired items: aa 2, bb 2, ab 1, ba 1; six values, three of each label.
    # Observed disagreement 2 / 6, expected (3 * 3 * 2) / (6 * 5) = 18 / 30, alpha = 1 - (1/3) / (3/5) = 4/9.
    # The item with a single rating takes no part.
    found = krippendorff_alpha_nominal([[2, 0], [1, 1], [0, 2], [1, 0]])
    assert found == pytest.approx(float(Fraction(4, 9)))
    # One item, two labels: observed 1, expected (1 * 1 * 2) / (2 * 1) = 1, alpha 0.
    assert krippendorff_alpha_nominal([[1, 1]]) == 0.0


def test_fleiss_as_published() -> None:
    """Ten items, 14 raters, five labels: kappa 0.210 (the worked example of Wikipedia, "Fleiss' kappa")."""
    rows = "00 00 00 00 14|00 02 06 04 02|00 00 03 05 06|00 03 09 02 00|02 02 08 01 01"
    rows += "|07 07 00 00 00|03 02 06 03 00|02 05 03 02 02|06 05 02 01 00|00 02 02 03 07"
    assert fleiss_kappa([[int(c) for c in row.split()] for row in rows.split("|")]) == pytest.approx(
        0.210, abs=5e-4
    )


@given(tables)
def test_krippendorff_as_in_the_package(patterns: list[list[int]]) -> None:
    found = krippendorff_alpha_nominal(patterns)
    paired = [row for row in patterns if sum(row) > 1]
    labels = {label for row in paired for label, count in enumerate(row) if count}
    if len(labels) < 2:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(peers_alpha(patterns), abs=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_fleiss_as_in_statsmodels(seed: int) -> None:
    patterns = np.random.default_rng(seed).multinomial(5, [0.5, 0.3, 0.2], size=30)
    assert fleiss_kappa(patterns.tolist()) == pytest.approx(statsmodels_fleiss(patterns), abs=1e-12)


@given(tables, st.integers(1, 5))
def test_multiplicity_is_repetition(patterns: list[list[int]], times: int) -> None:
    repeated = krippendorff_alpha_nominal(patterns * times)
    assert krippendorff_alpha_nominal(patterns, [times] * len(patterns)) == pytest.approx(
        repeated, nan_ok=True
    )


def test_the_interval_does_not_care_how_items_are_grouped() -> None:
    grouped = agreement_interval([[2, 0], [1, 1], [0, 2]], [20, 5, 15], seed=3)
    assert agreement_interval([[2, 0]] * 20 + [[1, 1]] * 5 + [[0, 2]] * 15, seed=3) == grouped
    # An item that none of the draws can pick, or that has one rating, changes nothing.
    more = agreement_interval([[2, 0], [1, 1], [0, 2], [9, 9], [1, 0]], [20, 5, 15, 0, 7], seed=3)
    assert more == grouped


@pytest.mark.parametrize("statistic", ["krippendorff_alpha", "fleiss_kappa"])
def test_the_interval_is_the_bootstrap_of_the_plain_function(statistic: str) -> None:
    plain = {"krippendorff_alpha": krippendorff_alpha_nominal, "fleiss_kappa": fleiss_kappa}[statistic]
    patterns, times = [[3, 0], [2, 1], [1, 2], [0, 3]], [60, 25, 20, 45]
    found = agreement_interval(patterns, times, statistic=statistic, resamples=2000)
    assert found.value == plain(patterns, times)
    rng = np.random.default_rng(11)
    drawn = [plain(patterns, rng.multinomial(150, np.array(times) / 150).tolist()) for _ in range(2000)]
    # Two runs of 2,000 draws: each quantile is off by about a tenth of the half width.
    assert (found.lower, found.upper) == pytest.approx(tuple(np.quantile(drawn, [0.025, 0.975])), abs=0.02)


def test_perfect_agreement_of_few_proves_little() -> None:
    # All of ten agree, on two labels used alike: at most 1 - 0.025^(1/10) = 0.308 of the items may still be
    # disputed. Chance disagrees in (20^2 - 10^2 - 10^2) / (20 * 19) = 10/19: lower bound 1 - 0.308 / (10/19).
    found = agreement_interval([[2, 0], [0, 2]], [5, 5])
    assert found.value == found.upper == 1.0
    assert found.lower == pytest.approx(1 - (1 - 0.025**0.1) * 19 / 10)
    # Three raters can dispute an item by 2/3 of its pairs at most.
    three = agreement_interval([[3, 0], [0, 3]], [5, 5])
    expected = (30**2 - 2 * 15**2) / (30 * 29)
    assert three.lower == pytest.approx(1 - (1 - 0.025**0.1) * (2 / 3) / expected)
    assert agreement_interval([[2, 0], [0, 2]], [5000, 5000]).lower > 0.998


def test_equal_disagreement_on_few_items_proves_little_either() -> None:
    # All of five are disputed alike, so that no draw differs; by Clopper and Pearson 0.025^(1/5) may be.
    found = agreement_interval([[2, 1]], [5])
    assert found.lower == found.value
    assert found.upper == pytest.approx(1 - (1 - found.value) * 0.025**0.2)


def test_the_bounds_follow_the_share_of_disputed_items() -> None:
    # One of 40: the bootstrap alone draws it at most thrice or so and would say 0.85.
    found = agreement_interval([[2, 0], [1, 1], [0, 2]], [20, 1, 19])
    most = clopper_pearson(1, 40).upper
    assert found.lower == pytest.approx(1 - (1 - found.value) * most * 40)
    assert agreement_interval([[2, 0], [1, 1], [0, 2]], [20, 0, 20]).lower > found.lower


def test_draws_with_one_label_count_against_either_end() -> None:
    # A single item in five has the other label: a third of the draws miss it.
    found = agreement_interval([[2, 0], [0, 2]], [4, 1])
    assert (found.lower, found.upper) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("patterns", "why"),
    [
        ([[3, 0], [2, 0]], "only one label was used: agreement cannot be told from chance"),
        ([[3], [2]], "only one label was used"),
        ([[2, 1]], "two items with two ratings are needed, there is one"),
        ([[1, 0], [0, 1]], "two items with two ratings are needed, there are none"),
        ([], "two items with two ratings are needed, there are none"),
    ],
)
def test_undefined_is_nan_with_a_reason(patterns: list[list[int]], why: str) -> None:
    found = agreement_interval(patterns)
    assert found.undefined is not None
    assert found.undefined.startswith(why)
    assert all(math.isnan(x) for x in (found.value, found.lower, found.upper))


def test_plain_functions_are_nan_where_nothing_can_be_told() -> None:
    for nothing in ([], [[3, 0], [3, 0]]):
        assert math.isnan(krippendorff_alpha_nominal(nothing))
        assert math.isnan(fleiss_kappa(nothing))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fleiss_kappa([[2, 0], [1, 2]]), r"patterns\[1\] has 3 ratings, the first has 2"),
        (lambda: fleiss_kappa([[1, 0], [0, 1]]), r"patterns\[0\] has 1 ratings"),
        (lambda: krippendorff_alpha_nominal([[2, 0], [1, 1, 1]]), r"patterns\[1\] has 3 labels"),
        (lambda: krippendorff_alpha_nominal([[2, -1]]), r"patterns\[0\]\[1\] is -1"),
        (lambda: krippendorff_alpha_nominal([[]]), r"patterns\[0\] is empty"),
        (lambda: krippendorff_alpha_nominal([[2, 0]], [1, 2]), "1 patterns and 2 multiplicities"),
        (lambda: krippendorff_alpha_nominal([[2, 0]], [-1]), "multiplicity is -1"),
        (lambda: agreement_interval([[2, 0]], statistic="cohen"), "statistic is 'cohen'"),
        (lambda: agreement_interval([[2, 0]], resamples=0), "resamples is 0"),
        (lambda: agreement_interval([[2, 0], [0, 2]], seed=-1), "seed is -1"),
    ],
)
def test_bad_arguments_are_refused(call: object, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()  # type: ignore[operator]
