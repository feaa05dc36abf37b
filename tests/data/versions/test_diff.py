"""What differs between two tables."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.data.versions import compare
from sextant.errors import InvalidInput
from sextant.tables import engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine("duckdb")
    yield found
    found.disconnect()


def made(values: dict[str, Any], on: Any, name: str = "t") -> Any:
    return table(pa.table(values), name=name, on=on)


def test_by_key(on: Any) -> None:
    old = made({"id": [1, 2, 3, 4], "x": [1.0, None, 3.0, 4.0], "t": ["a", "b", "c", None]}, on)
    new = made({"id": [2, 3, 4, 5], "x": [None, 3.5, 4.0, 5.0], "t": ["b", "C", None, "e"]}, on)
    found = compare(old, new, key="id")
    assert (found.added, found.removed, found.changed, found.same) == (1, 1, 1, 2)
    assert found.cells == {"x": 1, "t": 1}
    assert found.examples == {"added": ("5",), "removed": ("1",), "changed": ("3",)}
    assert not found.alike and compare(old, old, key="id").alike


def test_as_a_whole_rows_are_counted_as_often_as_they_appear(on: Any) -> None:
    old, new = made({"x": [1, 1, 2, None]}, on), made({"x": [1, 2, 2, None, None]}, on)
    found = compare(old, new)
    assert (found.added, found.removed, found.same) == (2, 1, 3)


def test_columns(on: Any) -> None:
    old, new = made({"a": [1], "b": ["x"], "c": [1]}, on), made({"a": [1], "c": ["1"], "d": [0]}, on)
    found = compare(old, new)
    assert (found.columns_added, found.columns_removed) == (("d",), ("b",))
    assert found.retyped == (("c", "int64", "string"),)
    assert (found.added, found.removed, found.same) == (0, 0, 1)
    nothing = compare(made({"a": [1]}, on), made({"b": [1, 2]}, on))
    assert (nothing.added, nothing.removed) == (2, 1)


def test_a_key_names_one_row(on: Any) -> None:
    with pytest.raises(InvalidInput, match="2 rows have 1 different values of id"):
        compare(made({"id": [1, 1]}, on, "old"), made({"id": [1]}, on), key="id")


def test_distributions_the_farthest_first(on: Any) -> None:
    old = made(
        {"id": list(range(100)), "x": [0.0] * 50 + [1.0] * 50, "c": ["a", "b"] * 50, "same": [1, 2] * 50}, on
    )
    new = made(
        {"id": list(range(100)), "x": [1.0] * 100, "c": ["a"] * 60 + ["b"] * 40, "same": [2, 1] * 50}, on
    )
    found = compare(old, new, key="id").distributions
    assert [(c.column, round(c.distance, 6)) for c in found] == [("x", 0.5), ("c", 0.1)]


@given(st.lists(st.integers(0, 3), max_size=8), st.lists(st.integers(0, 3), max_size=8))
@settings(max_examples=25)
def test_it_is_the_difference_of_two_bags(one: list[int], other: list[int]) -> None:
    backend = engine("duckdb")
    try:
        found = compare(
            made({"x": pa.array(one, pa.int64())}, backend), made({"x": pa.array(other, pa.int64())}, backend),
            distributions=False,
        )  # fmt: skip
    finally:
        backend.disconnect()
    a, b = Counter(one), Counter(other)
    assert (found.added, found.removed, found.same) == ((b - a).total(), (a - b).total(), (a & b).total())
