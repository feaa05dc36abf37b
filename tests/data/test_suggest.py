"""What to label next: unsure items first, and with features those that differ."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from sextant.data.suggest import UNCERTAINTIES, suggest, uncertainty
from sextant.errors import InvalidInput


def test_entropy_is_scipys() -> None:
    p = np.random.default_rng(0).dirichlet([1, 1, 1], 50)
    assert uncertainty(p) == pytest.approx(entropy(p, axis=1) / np.log(3))


@pytest.mark.parametrize("by", UNCERTAINTIES)
def test_from_sure_to_a_guess(by: str) -> None:
    p = np.array([[1, 0, 0], [0.6, 0.3, 0.1], [1 / 3] * 3])
    found = uncertainty(p, by=by)
    assert found[0] == 0 and found[2] == pytest.approx(1) and found[0] < found[1] < found[2]


def test_the_least_sure_first_and_ties_in_order() -> None:
    assert suggest(np.array([0.1, 0.9, 0.9, 0.5]), 3).tolist() == [1, 2, 3]
    assert suggest(np.array([0.1, 0.9]), 10).tolist() == [1, 0]


def test_items_that_differ_cover_more_than_the_least_sure_do() -> None:
    rng = np.random.default_rng(4)
    centres = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])
    group = np.repeat(np.arange(4), 50)
    x = centres[group] + rng.normal(0, 0.3, (200, 2))
    unsure = np.where(group == 0, 0.9, 0.8) + rng.random(200) * 0.05
    assert set(group[suggest(unsure, 4)]) == {0}
    assert set(group[suggest(unsure, 4, features=x, pool=50)]) == {0, 1, 2, 3}
    # What is labeled already need not be labeled again.
    assert set(group[suggest(unsure, 2, features=x, labeled=centres[:2], pool=100)]) == {2, 3}
    chosen = suggest(unsure, 200, features=x)
    assert sorted(chosen) == list(range(200)), "each once"


def test_bad_use() -> None:
    for run in (
        lambda: uncertainty(np.array([[0.5, 0.5]]), by="guess"),
        lambda: uncertainty(np.array([[1.0]])),
        lambda: suggest(np.array([0.5]), 0),
        lambda: suggest(np.array([0.5]), 1, features=np.array([[np.nan]])),
    ):
        with pytest.raises(InvalidInput):
            run()
