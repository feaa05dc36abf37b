"""The digest of rows: the same for the same rows, another for others."""

# ruff: noqa: DTZ001  (a time without a zone is one of the cases)

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from hashlib import blake2b
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sextant.data.versions import Rowsum, rowsum
from sextant.errors import InvalidInput
from sextant.tables import engine, table

KINDS = {
    "whole": (st.none() | st.integers(-(2**63), 2**63 - 1), pa.int64()),
    "float": (st.none() | st.floats(), pa.float64()),
    "text": (st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5), pa.string()),
    "yes": (st.none() | st.booleans(), pa.bool_()),
    "at": (st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)), pa.timestamp("us")),
    "nested": (st.none() | st.lists(st.integers(0, 9), max_size=3), pa.list_(pa.int64())),
}
ROWS = st.lists(st.fixed_dictionaries({k: s for k, (s, _) in KINDS.items()}), max_size=12)
SCHEMA = pa.schema([(k, t) for k, (_, t) in KINDS.items()])


def summed(rows: list[dict[str, Any]], schema: pa.Schema = SCHEMA, size: int = 100) -> Rowsum:
    batches = pa.Table.from_pylist(rows, schema).to_batches(max_chunksize=size)
    return rowsum(batches, schema.names)


def test_one_row_by_hand() -> None:
    # One column `x` with the whole number 5: the sort's byte 2, eight bytes of 5, eight bytes of nothing.
    written = bytes([2, 5, *[0] * 7, *[0] * 8])
    by_hand = int.from_bytes(blake2b(written, digest_size=16).digest(), "little")
    found = rowsum([pa.record_batch({"x": pa.array([5], pa.int64())})], ["x"])
    assert (found.rows, found.total) == (1, by_hand)
    twice = rowsum([pa.record_batch({"x": pa.array([5, 5], pa.int64())})], ["x"])
    assert twice.total == by_hand * 2 % 2**128


@given(ROWS, st.randoms(), st.integers(1, 5))
@settings(max_examples=60)
def test_neither_order_nor_parts_matter(rows: list[dict[str, Any]], random: Any, size: int) -> None:
    shuffled = random.sample(rows, len(rows))
    whole = summed(rows)
    assert summed(shuffled, size=size) == whole
    assert summed(rows, pa.schema(reversed(list(SCHEMA)))) == whole
    cut = len(rows) // 2
    assert summed(rows[:cut]) + summed(rows[cut:]) == whole
    assert whole - summed(rows[cut:]) == summed(rows[:cut])


@given(ROWS.filter(bool), st.data())
@settings(max_examples=60)
def test_a_row_more_or_less_or_changed_is_another_digest(rows: list[dict[str, Any]], data: Any) -> None:
    digest = summed(rows).digest
    assert summed(rows[1:]).digest != digest
    assert summed([*rows, rows[0]]).digest != digest
    changed = {**rows[0], "whole": 7 if rows[0]["whole"] != 7 else 8}
    assert summed([changed, *rows[1:]]).digest != digest


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (pa.array([1, None], pa.int8()), pa.array([1, None], pa.int64()), True),
        (pa.array([1], pa.uint64()), pa.array([1], pa.int16()), True),
        (pa.array([2**64 - 1], pa.uint64()), pa.array([Decimal(2**64 - 1)], pa.decimal128(38, 0)), True),
        (pa.array([Decimal("1.50")]), pa.array([Decimal("1.5000")]), True),
        (pa.array([Decimal("2.00")]), pa.array([2]), True),
        (pa.array([0.5], pa.float32()), pa.array([0.5]), True),
        (pa.array([0.0]), pa.array([-0.0]), True),
        (pa.array([math.nan]), pa.array([-math.nan]), True),
        (pa.array([math.nan]), pa.array([None], pa.float64()), False),
        (pa.array(["a", "b"]), pa.array(["a", "b"]).dictionary_encode(), True),
        (pa.array(["a"]), pa.array(["a"], pa.large_string()), True),
        (pa.array(["a"]), pa.array([b"a"]), False),
        (pa.array([None], pa.null()), pa.array([None], pa.string()), True),
        (pa.array([1]), pa.array([1.0]), False),
        (pa.array([1]), pa.array(["1"]), False),
        (pa.array([1]), pa.array([True]), False),
        (pa.array([date(2026, 1, 1)]), pa.array([date(2026, 1, 1)]).cast(pa.date64()), True),
        (pa.array([date(2026, 1, 1)]), pa.array([datetime(2026, 1, 1)]), False),
        (pa.array([datetime(2026, 1, 1)]), pa.array([datetime(2026, 1, 1)]).cast(pa.timestamp("s")), True),
        (pa.array([datetime(2026, 1, 1)]), pa.array([datetime(2026, 1, 1)]).cast(pa.timestamp("ns")), True),
        (pa.array([datetime(2026, 1, 1)]), pa.array([datetime(2026, 1, 1, tzinfo=UTC)]), True),
        (
            pa.array([datetime(2026, 1, 1, tzinfo=UTC)]),
            pa.array([datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))]),
            True,
        ),
        (pa.array([[1, 2]]), pa.array([[2, 1]]), False),
        (pa.array([{"a": 1, "b": None}]), pa.array([{"b": None, "a": 1}]), True),
    ],
)  # fmt: skip
def test_what_is_one_value(one: pa.Array, other: pa.Array, same: bool) -> None:
    sums = [rowsum([pa.record_batch({"x": a})], ["x"]) for a in (one, other)]
    assert (sums[0] == sums[1]) is same


def test_names_are_part_of_it_and_columns_must_agree() -> None:
    one, other = (rowsum([pa.record_batch({n: [1]})], [n]) for n in "ab")
    assert one.digest != other.digest
    with pytest.raises(InvalidInput, match="no common sum"):
        one + other


def test_whoever_read_the_rows_gets_the_same_digest(tmp_path: Any) -> None:
    polars = pytest.importorskip("polars")
    rows = pa.table({"i": pa.array([2**53 + 1, None, 3]), "f": [0.1, None, math.inf], "t": ["ä", "", None],
                     "d": [date(2026, 1, 1), None, None]})  # fmt: skip
    pq.write_table(rows, tmp_path / "a.parquet", row_group_size=1)
    (tmp_path / "a.jsonl").write_text(
        '{"i": 3, "f": "Infinity", "t": null, "d": null}\n'
        '{"i": 9007199254740993, "f": 0.1, "t": "ä", "d": "2026-01-01"}\n{"i": null, "f": null, "t": "", "d": null}\n'
    )
    on = engine("duckdb")
    sources = [rows, polars.from_arrow(rows), tmp_path / "a.parquet"]
    assert len({rowsum(table(s, on=on)).digest for s in sources}) == 1
    on.disconnect()
