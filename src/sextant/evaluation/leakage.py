"""Test rows that the training data holds too: on them the model is not tested, it remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sextant.errors import InvalidInput
from sextant.tables import Table, same_values


@dataclass(frozen=True, slots=True)
class Shared:
    """Of `test_rows` rows, `shared_rows` stand in the training data as well, equal in all `columns`."""

    test_rows: int
    shared_rows: int
    columns: tuple[str, ...]


def feature_columns(test: Table, train: Table, *, but: Sequence[str | None] = ()) -> tuple[str, ...]:
    """The columns that both tables have, without those that say who or what the row is, and not what it is
    like."""
    return tuple(c for c in test.columns if c in train.columns and c not in but)


def shared_rows(test: Table, train: Table, columns: Sequence[str]) -> Shared:
    """How many test rows equal a training row in all `columns`. A missing value equals a missing value.

    The values themselves are compared, by one hash join over both tables. The tables must be on one engine.
    Rows that differ in a digit are not found. Raises `InvalidInput` without columns, or when a column holds
    text in one table and numbers in the other.

    >>> import pyarrow as pa
    >>> from sextant.tables import engine, table
    >>> on = engine()
    >>> test = table(pa.table({"x": [1, 2], "y": ["a", None]}), name="test", on=on)
    >>> train = table(pa.table({"x": [2, 3], "y": [None, "a"]}), name="train", on=on)
    >>> shared_rows(test, train, ["x", "y"])
    Shared(test_rows=2, shared_rows=1, columns=('x', 'y'))
    """
    if not columns:
        raise InvalidInput(
            f"{test.name} and {train.name} have no feature columns in common",
            rule="rows are compared by what a model learns from",
            todo="name `features` of the dataset",
        )
    pairs = [
        same_values(test.column(c), train.column(c), where=f"column {c} of test and training data")
        for c in columns
    ]
    left = test.expr.select(**{f"c{i}": one for i, (one, _) in enumerate(pairs)})
    right = train.expr.select(**{f"c{i}": other for i, (_, other) in enumerate(pairs)})
    found = left.semi_join(right, [left[name].identical_to(right[name]) for name in left.columns])
    return Shared(test.count(), test.count(found), tuple(columns))
