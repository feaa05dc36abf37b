"""Histograms of two tables on the bins of the first."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.data.drift import MOST_CATEGORIES, histograms
from sextant.errors import InvalidInput
from sextant.stats.distances import distance_interval
from sextant.tables import Table, engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def of(on: Any, values: Any, kind: Any = None) -> Table:
    return table(pa.table({"x": pa.array(values, kind)}), name="rows", on=on)


def test_numbers_by_hand(on: Any) -> None:
    found = histograms(of(on, [*range(1, 101), None]), of(on, [0, 25, 26, 500, None, None]), "x", bins=4)
    # The quarters of 1..100 are 25.75, 50.5 and 75.25; a bin holds its own upper edge.
    assert found.edges == (25.75, 50.5, 75.25)
    assert found.reference == (25, 25, 25, 25, 1)
    assert found.current == (2, 1, 0, 1, 2)


def test_categories_by_hand(on: Any) -> None:
    found = histograms(of(on, ["b", "a", "b", None]), of(on, ["a", "new", "b", "newer", None]), "x")
    # In the order of the reference's counts, then all others, then the missing.
    assert found.edges == ()
    assert found.reference == (2, 1, 0, 1)
    assert found.current == (1, 1, 2, 1)


def test_a_value_that_takes_several_quantiles_makes_one_edge(on: Any) -> None:
    found = histograms(of(on, [0] * 90 + list(range(1, 11))), of(on, [0, 5]), "x", bins=10)
    assert len(found.edges) == len(set(found.edges)) < 9
    assert sum(found.reference) == 100 and sum(found.current) == 2


def test_many_categories_are_cut_and_none_is_lost(on: Any) -> None:
    names = [f"c{i}" for i in range(60) for _ in range(3 if i < MOST_CATEGORIES else 2)]
    found = histograms(of(on, names), of(on, names), "x")
    assert len(found.reference) == MOST_CATEGORIES + 2
    assert found.reference[:-2] == (3,) * MOST_CATEGORIES
    assert sum(found.reference) == len(names)
    assert found.reference == found.current


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ([1, 2], ["a", "b"], "numbers in rows and text in rows"),
        ([date(2026, 1, 1)], [date(2026, 1, 2)], "dates and times always move on"),
        ([f"id{i}" for i in range(99)], ["a"], "99 of its 99 values are different"),
        ([[1], [2]], [[1]], "nested"),
    ],
)
def test_what_drift_is_not_looked_for_in(on: Any, old: Any, new: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        histograms(of(on, old), of(on, new), "x")


VALUES = st.lists(st.none() | st.floats(-1e6, 1e6), min_size=1, max_size=60)


@given(old=VALUES, new=VALUES, bins=st.integers(2, 12))
def test_against_numpy(on: Any, old: list[float | None], new: list[float | None], bins: int) -> None:
    found = histograms(of(on, old, pa.float64()), of(on, new, pa.float64()), "x", bins=bins)
    for values, counts in ((old, found.reference), (new, found.current)):
        there = [v for v in values if v is not None]
        wanted = np.bincount(np.searchsorted(found.edges, there, side="left"), minlength=len(found.edges) + 1)
        assert counts == (*wanted, len(values) - len(there))


def test_a_shift_is_seen_and_no_shift_is_not(on: Any) -> None:
    rng = np.random.default_rng(0)
    old, same, moved = rng.normal(size=5000), rng.normal(size=5000), rng.normal(1, size=5000)
    counts = [histograms(of(on, old), of(on, new), "x") for new in (same, moved)]
    quiet, loud = (distance_interval(c.reference, c.current) for c in counts)
    assert quiet.lower == 0
    # Two normal distributions one standard deviation apart differ in 38.3 % of their mass; bins hide a
    # little of it.
    assert 0.3 < loud.lower < 0.383


def test_more_bins_see_more(on: Any) -> None:
    values = list(range(100))
    lengths = {len(histograms(of(on, values), of(on, values), "x", bins=b).reference) for b in (2, 5, 20)}
    assert lengths == {3, 6, 21}
