"""Judged shares and means: by hand, and against SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as reference

from sextant.errors import InvalidInput
from sextant.stats import judged_mean, judged_share, mean_t, pearson, spearman


def test_rogan_and_gladen_by_hand() -> None:
    # (0.54 + 0.7 - 1) / (0.9 + 0.7 - 1) = 0.24 / 0.6
    assert judged_share(540, 1000, [[70, 30], [10, 90]]).value == pytest.approx(0.4)
    # A perfect judge corrects nothing, yet nobody knows that it is perfect.
    found = judged_share(540, 1000, [[100, 0], [0, 100]])
    assert found.value == pytest.approx(0.54) and found.lower < 0.509 and found.upper > 0.571


def test_prediction_powered_by_hand() -> None:
    # A judge that has nothing to do with people has no weight: what is left is people's own share.
    found = judged_share(900, 1000, [[25, 25], [25, 25]], correction="prediction_powered")
    assert found.value == pytest.approx(0.5)
    # One that says what people say, on many outputs: its share counts nearly alone. weight = 1 / (1 + 100 / 10,000)
    found = judged_share(4000, 10_000, [[50, 0], [0, 50]], correction="prediction_powered")
    assert found.value == pytest.approx(0.5 - 0.1 / 1.01)


def test_a_judge_narrows_what_people_say_of_scores() -> None:
    rng = np.random.default_rng(5)
    y = rng.normal(3, 1, 100)
    f = y + rng.normal(0.3, 0.3, 100)
    alone = rng.normal(3, 1, 5000) + rng.normal(0.3, 0.3, 5000)
    sums = (100, y.mean(), ((y - y.mean()) ** 2).sum(), f.mean(), ((f - f.mean()) ** 2).sum())
    found = judged_mean(
        5000,
        alone.mean(),
        ((alone - alone.mean()) ** 2).sum(),
        *sums,
        ((y - y.mean()) * (f - f.mean())).sum(),
    )
    people = mean_t(*sums[:3])
    assert found.lower < 3 < found.upper
    assert found.upper - found.lower < 0.5 * (people.upper - people.lower)


@pytest.mark.parametrize(
    ("both", "correction", "why"),
    [
        ([[0, 0], [10, 90]], "rogan_gladen", "people found only good outputs"),
        ([[50, 50], [50, 50]], "rogan_gladen", "cannot be told from a coin"),
        ([[0, 0], [0, 0]], "prediction_powered", "two outputs in common"),
    ],
)
def test_what_cannot_be_told(both: list[list[int]], correction: str, why: str) -> None:
    assert why in (judged_share(5, 10, both, correction=correction).undefined or "")


def test_no_outputs_and_bad_input() -> None:
    assert judged_share(0, 0, [[1, 1], [1, 1]]).undefined == "the judge saw no outputs"
    with pytest.raises(InvalidInput, match="two rows of two counts"):
        judged_share(1, 2, [[1, 2, 3]])
    with pytest.raises(InvalidInput, match="m11 squared"):
        judged_mean(9, 0, 1, 9, 0, 1, 0, 1, 2)
    with pytest.raises(InvalidInput, match="there are 1 and 2 numbers"):
        pearson([1], [1, 2])
    assert "four pairs" in (pearson([1, 2, 3], [1, 3, 2]).undefined or "")
    assert "does not vary" in (pearson([1, 1, 1, 1], [1, 3, 2, 4]).undefined or "")


def test_correlations_are_scipys() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=40)
    y = x + rng.normal(size=40)
    told = reference.pearsonr(x, y)
    ours, theirs = pearson(x, y), told.confidence_interval()
    assert (ours.value, ours.lower, ours.upper) == pytest.approx((told.statistic, theirs.low, theirs.high))
    tied = np.round(y)
    assert spearman(x, tied).value == pytest.approx(reference.spearmanr(x, tied).statistic)
