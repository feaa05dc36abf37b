"""Histograms of two tables on the bins of the first."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.data.drift import MOST_CATEGORIES, drift, histograms
from sextant.data.profiling import profile
from sextant.errors import InvalidInput
from sextant.stats.distances import STATISTICS, distance_interval
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


# --- the verdict


def bikes(folder: Path) -> tuple[pa.Table, pa.Table]:
    rows = csv.read_csv(folder / "drift" / "bike_hour.csv")
    days = [str(day) for day in rows["dteday"].to_pylist()]
    return (
        rows.filter(pa.array(["2011-01-01" <= day <= "2011-01-28" for day in days])),
        rows.filter(pa.array(["2011-01-29" <= day <= "2011-02-28" for day in days])),
    )


def test_real_bikes_give_the_published_figures(shared_data: Path) -> None:
    found = drift(*bikes(shared_data), columns=["temp", "hr"])
    temp = found["temp"]
    assert (found.reference_rows, found.current_rows) == (618, 719)
    # With SciPy: two-sample Kolmogorov-Smirnov, exact; Wasserstein over the reference's standard deviation.
    assert temp.tests["kolmogorov_smirnov"] == pytest.approx(6.0e-32, rel=0.01)
    assert temp.distances["wasserstein"] == pytest.approx(0.967, abs=0.001)
    assert found.drifted == ("temp",) and found["hr"].verdict != "drifted"


@pytest.mark.parametrize("n", [100, 1000, 100_000])
def test_the_verdict_does_not_turn_with_the_size(n: int) -> None:
    rng = np.random.default_rng(n)
    old = {f"x{i}": rng.normal(size=n) for i in range(3)} | {"c": rng.integers(0, 12, n).astype(str)}
    same = {f"x{i}": rng.normal(size=n) for i in range(3)} | {"c": rng.integers(0, 12, n).astype(str)}
    # Barely moved: with many rows the classical test is sure of it, and it is still no drift.
    same["x2"] = same["x2"] + 0.05
    moved = {name: values + 1 if name != "c" else values for name, values in same.items()}
    quiet, loud = (drift(pa.table(old), pa.table(now)) for now in (same, moved))
    assert quiet.drifted == () and loud.drifted == ("x0", "x1", "x2")
    if n == 100_000:
        assert quiet["x2"].tests["chi_squared"] < 1e-6 and quiet["x2"].verdict == "steady"


def test_stored_profiles_say_what_the_tables_say(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    old, new = (
        pa.table(
            {
                "x": rng.normal(s, 1, 4000), "few": rng.integers(0, 9, 4000), "c": rng.choice(["a", "b", None], 4000),
                "yes": rng.random(4000) < 0.2 + s, "many": [f"k{int(i)}" for i in rng.zipf(1.4, 4000) % 700],
            }
        )
        for s in (0.0, 0.5)
    )  # fmt: skip
    profile(old).save(tmp_path / "old.json")
    profile(new).save(tmp_path / "new.json")
    tables, stored = drift(old, new), drift(tmp_path / "old.json", str(tmp_path / "new.json"))
    assert tables.drifted == stored.drifted == ("x", "yes")
    for one, other in zip(tables.columns, stored.columns, strict=True):
        assert one.verdict == other.verdict
        if one.name != "many":
            assert (one.reference, one.current, one.value) == (other.reference, other.current, other.value)


def test_what_is_told_beside_the_verdict() -> None:
    old = pa.table({"x": [float(i) for i in range(1000)], "c": ["a", "b"] * 500, "gone": [1] * 1000})
    new = pa.table({"x": [float(i) for i in range(100, 1100)], "c": ["b", "z"] * 500, "new": [1] * 1000})
    found = drift(old, new)
    assert (found.only_before, found.only_now) == (("gone",), ("new",))
    assert (found["c"].new, found["c"].gone) == (("z",), ("a",))
    assert found["x"].outside == pytest.approx(0.1, abs=0.01)
    text, html = str(found), found._repr_html_()
    assert "✕ drifted" in text and "new: z; gone: a" in text and "Only before: gone." in text
    assert "<table>" in html and "z" in html


def test_a_column_that_goes_silent_has_drifted() -> None:
    old, new = pa.table({"x": list(range(500))}), pa.table({"x": [None if i % 2 else i for i in range(500)]})
    found = drift(old, new)["x"]
    assert found.verdict == "drifted" and found.missing == (0.0, 0.5) and 0.4 < found.value < 0.6


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ([1, 2, 3], ["a", "b", "c"], "numbers in the reference and text in the current"),
        ([date(2026, 1, 1)], [date(2026, 1, 1)], "always move on"),
        ([f"id{i}" for i in range(300)], ["a"], "as in an id or free text"),
        ([1.0, 2.0], [], "no rows in the current"),
    ],
)
def test_what_cannot_be_compared_says_why(old: Any, new: Any, why: str) -> None:
    found = drift(pa.table({"x": old}), pa.table({"x": new}))["x"]
    assert found.verdict == "not_compared" and why in found.why


def test_empty_infinite_and_missing_columns_crash_nothing() -> None:
    odd = [
        [math.inf] * 5 + [1.0],
        [math.nan] * 6,
        [None] * 6,
        [-math.inf, math.inf, 0.0, 1.0, 2.0, None],
        [1.0] * 6,
    ]
    profiles = [profile(pa.table({"x": pa.array(values, pa.float64())})) for values in odd]
    for old in profiles:
        for new in profiles:
            for statistic in STATISTICS:
                found = drift(old, new, statistic=statistic)
                assert found["x"].verdict in ("drifted", "steady", "open", "not_compared")
    with pytest.raises(InvalidInput, match="no column in common"):
        drift(pa.table({"x": [1]}), pa.table({"y": [1]}))


@pytest.mark.parametrize("statistic", STATISTICS)
def test_each_distance_finds_a_real_drift(statistic: str) -> None:
    rng = np.random.default_rng(8)
    old, same, moved = (pa.table({"x": rng.normal(s, 1, 5000)}) for s in (0, 0, 1))
    assert drift(old, same, statistic=statistic).drifted == ()
    assert drift(old, moved, statistic=statistic).drifted == ("x",)


def test_every_parameter_has_its_effect() -> None:
    rng = np.random.default_rng(2)
    old, new = (pa.table({"x": rng.normal(s, 1, 800), "y": rng.normal(size=800)}) for s in (0, 0.3))
    base = drift(old, new)
    changed = {
        "columns": ["x"], "statistic": "psi", "threshold": 0.05, "bins": 4, "level": 0.8, "seed": 3,
    }  # fmt: skip
    for name, value in changed.items():
        assert drift(old, new, **{name: value}) != base, name
    for bins in (4, 25):
        assert len(drift(old, new, bins=bins)["x"].reference) == bins + 1
