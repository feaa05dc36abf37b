"""Test rows that the training data holds too."""

from __future__ import annotations

import math
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import InvalidInput
from sextant.evaluation.leakage import feature_columns, shared_rows
from sextant.tables import Table, engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def of(on: Any, **columns: Any) -> Table:
    return table(pa.table(columns), name="rows", on=on)


def test_by_hand(on: Any) -> None:
    test = of(on, id=[1, 2, 3, 4], x=[1.0, 2.0, None, 4.0], y=["a", "b", None, "d"])
    train = of(on, id=[7, 8, 9, 9], x=[2.0, None, 4.0, 2.0], y=["b", None, "x", "b"])
    # Rows 2 and 3 stand in both; row 4 differs in y. A training row that comes twice counts a test row once.
    columns = feature_columns(test, train, but=["id", None])
    assert columns == ("x", "y")
    found = shared_rows(test, train, columns)
    assert (found.test_rows, found.shared_rows) == (4, 2)
    assert shared_rows(test, train, ["x"]).shared_rows == 3
    assert shared_rows(test, train, ["id"]).shared_rows == 0


def test_numbers_are_equal_whatever_they_are_written_as(on: Any) -> None:
    test, train = of(on, x=[1, 2, 3]), of(on, x=[1.0, math.nan, 3.5])
    assert shared_rows(test, train, ["x"]).shared_rows == 1


def test_what_cannot_be_compared(on: Any) -> None:
    with pytest.raises(InvalidInput, match="one holds numbers and the other text"):
        shared_rows(of(on, x=[1]), of(on, x=["1"]), ["x"])
    with pytest.raises(InvalidInput, match="no feature columns in common"):
        shared_rows(of(on, x=[1]), of(on, y=[1]), ())


ROWS = st.lists(
    st.tuples(st.none() | st.integers(0, 3), st.none() | st.sampled_from("ab")), min_size=1, max_size=12
)


@given(test=ROWS, train=ROWS)
def test_against_sets(
    on: Any, test: list[tuple[int | None, str | None]], train: list[tuple[int | None, str | None]]
) -> None:
    tables = [
        of(on, x=pa.array([r[0] for r in rows], pa.int64()), y=pa.array([r[1] for r in rows], pa.string()))
        for rows in (test, train)
    ]
    found = shared_rows(*tables, ["x", "y"])
    assert (found.test_rows, found.shared_rows) == (len(test), sum(r in set(train) for r in test))
