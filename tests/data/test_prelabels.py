"""How far pre-labels sway people: by hand, against SciPy, and where nothing can be told."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from sextant.data.prelabels import Prelabeled, influence


def test_an_item_counts_once_however_many_label_it() -> None:
    # Shown: items a (labels same, same, other: 2/3) and b (same: 1); hidden: c (0) and d (1/2). Means 5/6 and 1/4.
    said = {"a": [1, 1, 0], "b": [1], "c": [0, 0], "d": [1, 0]}
    rows = [Prelabeled(item, item in "ab", bool(same)) for item, all_ in said.items() for same in all_]
    found = influence(rows).same
    assert (found.shown.value, found.hidden.value) == (pytest.approx(5 / 6), pytest.approx(1 / 4))
    assert (found.items_shown, found.items_hidden) == (2, 2)
    oracle = stats.ttest_ind([2 / 3, 1], [0, 0.5], equal_var=False).confidence_interval()
    assert (found.difference.lower, found.difference.upper) == (
        pytest.approx(oracle.low),
        pytest.approx(oracle.high),
    )


def test_what_is_not_known_is_left_out_and_said() -> None:
    rows = [Prelabeled(str(n), n % 2 == 0, n % 3 == 0, seconds=float(n)) for n in range(20)]
    found = influence(rows)
    assert found.right.difference.undefined and found.followed.difference.undefined
    assert math.isnan(found.right.shown.value)
    assert not found.seconds.difference.undefined
    assert influence([]).sentence().startswith("Nobody can tell yet")


def test_all_alike_in_one_half_is_no_certainty() -> None:
    rows = [Prelabeled(str(n), n < 10, True) for n in range(10)]
    rows += [Prelabeled(str(n), False, n % 2 == 0) for n in range(10, 20)]
    found = influence(rows).same
    assert found.shown.value == 1.0
    assert found.shown.lower < 0.75
    assert 0 < found.difference.lower < 0.5 < found.difference.upper


@pytest.mark.parametrize(
    ("shown", "hidden", "says"),
    [(0.95, 0.55, "it sways them"), (0.5, 0.95, "it puts them off"), (0.8, 0.8, "No sway was seen")],
)
def test_the_sentence_says_which_way_it_goes(shown: float, hidden: float, says: str) -> None:
    # Item after item of each half, so that its share is just that.
    rows = [
        Prelabeled(str(n), n % 2 == 0, n // 2 % 20 / 20 < (hidden if n % 2 else shown)) for n in range(400)
    ]
    assert says in influence(rows).sentence()
