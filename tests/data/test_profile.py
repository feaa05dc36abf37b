"""Profiles: against NumPy and counting by hand, and that parts add up however they were parted."""

from __future__ import annotations

import json
import math
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sextant
from sextant.data import asking, profiling
from sextant.data.profile import MOST_TOP, MOST_VALUES, Column, Profile
from sextant.data.profiling import profile, shape_of
from sextant.errors import InvalidInput
from sextant.stats.bins import MOST_BINS, Histogram, coarsened, keys_of
from sextant.stats.distinct import ERROR, Sketch
from sextant.tables import Table, engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def of(on: Any, values: Any, kind: Any = None) -> Column:
    rows = table(pa.table({"x": pa.array(values, kind)}), name="rows", on=on)
    return profile(rows)["x"]


@pytest.fixture(params=["by value", "by bin"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Either way of counting: the one that is chosen for few values, and the other."""
    if request.param == "by bin":
        monkeypatch.setattr(profiling.One, "few", property(lambda self: False))
    return str(request.param)


# --- by hand


def test_numbers_by_hand(on: Any, way: str) -> None:
    found = of(on, [1.0, 2.0, 2.0, 7.0, None, math.nan, math.inf, math.inf, -math.inf])
    numbers = found.numbers
    assert (found.rows, found.nulls, found.missing, found.present) == (9, 1, 2, 7)
    assert numbers is not None and (numbers.n, numbers.nan, numbers.above, numbers.below) == (4, 1, 2, 1)
    # Mean 12/4 = 3; squared deviations 4 + 1 + 1 + 16 = 22.
    assert (numbers.mean, numbers.minimum, numbers.maximum) == (3.0, 1.0, 7.0)
    assert numbers.m2 == pytest.approx(22, rel=1e-12)
    assert numbers.histogram.counts == (1, 2, 1)
    assert round(found.distinct.value) == 3
    assert found.distinct.exact == (way == "by value")


def test_texts_by_hand(on: Any) -> None:
    found = of(on, ["Oslo", "Oslo", "", None, "AB-12"])
    assert found.values is not None and found.texts is not None
    assert [(c.value, c.n) for c in found.values] == [("", 1), ("AB-12", 1), ("Oslo", 2)]
    assert (found.texts.lengths.minimum, found.texts.lengths.maximum, found.texts.lengths.mean) == (
        0,
        5,
        3.25,
    )
    assert {s.shape: s.n for s in found.texts.shapes or ()} == {"": 1, "A+-9+": 1, "Aa+": 2}


def test_times_by_hand(on: Any) -> None:
    at = [
        datetime(2026, 1, 1, 10, 59, 59, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 30, tzinfo=UTC),
        None,
    ]
    found = of(on, at, pa.timestamp("us", "UTC"))
    assert found.kind == "time" and found.zone == "UTC" and found.nulls == 1 and found.times is not None
    assert found.times.earliest == "1969-12-31T23:30:00"
    assert found.times.latest == "2026-01-01T10:59:59.999999"
    # The hour before 1970 is -1.
    assert found.times.histogram.keys == (-1, 490_906)
    days = of(on, [date(2026, 1, 2), date(2026, 1, 1), date(2026, 1, 2)])
    assert [(c.value, c.n) for c in days.values or ()] == [("2026-01-01", 1), ("2026-01-02", 2)]


def test_yes_no_and_what_is_not_looked_into(on: Any) -> None:
    found = of(on, [True, False, True, None])
    assert [(c.value, c.n) for c in found.values or ()] == [(False, 1), (True, 2)] and found.nulls == 1
    nested = of(on, [[1], None, [2, 3]])
    assert (nested.kind, nested.nulls, nested.present) == ("nested", 1, 2) and "not looked into" in (
        nested.note or ""
    )


def test_large_whole_numbers_keep_every_digit(on: Any, way: str) -> None:
    base = 2**60
    found = of(on, [base + i for i in range(1000)], pa.int64()).numbers
    assert found is not None and (found.minimum, found.maximum) == (base, base + 999)
    # The mean of 0..999 is 499.5, its m2 1000 * (1000**2 - 1) / 12.
    assert found.m2 == pytest.approx(1000 * (1000**2 - 1) / 12, rel=1e-12)
    assert found.mean == pytest.approx(base + 499.5, rel=1e-15)


def test_many_nan_are_one_value(on: Any) -> None:
    found = of(on, [math.nan] * 900 + [1.0, None])
    assert found.values is not None and [(c.value, c.n) for c in found.values] == [(1.0, 1)]
    assert found.missing == 901 and found.nulls == 1


def test_opposite_ends_of_whole_numbers(on: Any, way: str) -> None:
    ends = [-(2**63), 2**63 - 1, 0]
    found = of(on, ends, pa.int64()).numbers
    assert found is not None and (found.minimum, found.maximum, found.n) == (ends[0], ends[1], 3)
    unsigned = of(on, [0, 2**64 - 1], pa.uint64()).numbers
    assert unsigned is not None and unsigned.maximum == 2**64 - 1


def test_decimals_are_exact_text(on: Any, way: str) -> None:
    found = of(on, [Decimal("1.10"), Decimal("-3.25"), Decimal("12345678901234567.89")], pa.decimal128(20, 2))
    assert found.numbers is not None
    assert (found.numbers.minimum, found.numbers.maximum) == ("-3.25", "12345678901234567.89")


def test_a_spread_far_smaller_than_the_mean(on: Any, way: str) -> None:
    rng = np.random.default_rng(1)
    x = 1.7e9 + rng.normal(0, 3, 3000).round(3)
    found = of(on, x).numbers
    assert found is not None and found.m2 == pytest.approx(((x - x.mean()) ** 2).sum(), rel=1e-6)


def test_squares_beyond_a_float(on: Any, way: str) -> None:
    found = of(on, [1e200, -1e200, 5.0]).numbers
    assert found is not None and found.m2 == math.inf and found.deviation == math.inf
    assert (found + found).m2 == math.inf


# --- against NumPy


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.none() | st.floats(width=32), min_size=1, max_size=80), by_bin=st.booleans())
def test_against_numpy(on: Any, values: list[float | None], by_bin: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if by_bin:
            patch.setattr(profiling.One, "few", property(lambda self: False))
        column = of(on, values, pa.float64())
    there = np.array([v for v in values if v is not None], dtype=np.float64)
    finite = there[np.isfinite(there)]
    numbers = column.numbers
    assert numbers is not None
    assert column.nulls == len(values) - len(there) and numbers.nan == int(np.isnan(there).sum())
    assert (numbers.n, numbers.above, numbers.below) == (
        len(finite), int((there == np.inf).sum()), int((there == -np.inf).sum()),
    )  # fmt: skip
    assert numbers.histogram == Histogram.of(finite)
    if len(finite):
        assert (numbers.minimum, numbers.maximum) == (finite.min(), finite.max())
        scale = float(np.abs(finite).max()) or 1.0
        assert abs(numbers.mean - finite.mean()) <= 1e-9 * scale
        assert abs(numbers.deviation - finite.std(ddof=1)) <= 1e-9 * scale if len(finite) > 1 else True


@pytest.mark.parametrize("draw", ["normal", "lognormal", "cauchy", "integers"])
def test_quantiles_lie_in_the_bin_that_is_stated(on: Any, draw: str) -> None:
    rng = np.random.default_rng(7)
    x = {
        "normal": rng.normal(290, 4, 20_000), "lognormal": rng.lognormal(0, 2, 20_000),
        "cauchy": rng.standard_cauchy(20_000), "integers": rng.integers(-900, 90_000, 20_000).astype(float),
    }[draw]  # fmt: skip
    found = of(on, x)
    assert found.numbers is not None and len(found.numbers.histogram.counts) <= MOST_BINS
    width = found.numbers.histogram.width
    for q in (0.0, 0.01, 0.25, 0.5, 0.9, 0.999, 1.0):
        truth = float(np.quantile(x, q, method="inverted_cdf"))
        at = found.quantile(q)
        assert at.lower <= truth <= at.upper
        assert at.upper - at.lower <= width * abs(truth) * (1 + width) + 1e-12


def test_few_values_have_exact_quantiles(on: Any) -> None:
    found = of(on, [3, 1, 1, 2, 9])
    assert [found.quantile(q).value for q in (0, 0.4, 0.5, 0.8, 1)] == [1, 1, 2, 3, 9]


# --- parts add up


COLUMNS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "float": (pa.float64(), st.floats(width=32, allow_nan=True)),
    "whole": (pa.int64(), st.integers(-(2**62), 2**62) | st.integers(0, 20)),
    "price": (pa.decimal128(12, 2), st.decimals(-9999, 9999, places=2)),
    "flag": (pa.bool_(), st.booleans()),
    "text": (pa.string(), st.text("abAB1- é", max_size=40)),
    "day": (pa.date32(), st.dates(date(1950, 1, 1), date(2060, 1, 1))),
    "at": (pa.timestamp("us", "UTC"), st.datetimes(timezones=st.just(UTC))),
}  # fmt: skip
ROWS = st.lists(st.tuples(*(st.none() | draw for _, draw in COLUMNS.values())), min_size=1, max_size=40)


def rows_of(on: Any, rows: list[tuple[Any, ...]]) -> Table:
    schema = pa.schema([(name, kind) for name, (kind, _) in COLUMNS.items()])
    listed = {name: [row[i] for row in rows] for i, name in enumerate(COLUMNS)}
    return table(pa.table(listed, schema=schema), name="rows", on=on)


def alike(one: Profile, other: Profile) -> None:
    """Equal in everything; floats that were added in another order to twelve digits of their scale."""
    for a, b in zip(one.columns, other.columns, strict=True):
        for x, y in ((a.numbers, b.numbers), (a.texts and a.texts.lengths, b.texts and b.texts.lengths)):
            if x is None or y is None or not x.n:
                continue
            scale = max(abs(float(x.minimum or 0)), abs(float(x.maximum or 0)), 1e-300)
            assert abs(x.mean - y.mean) <= 1e-12 * scale
            assert x.deviation == pytest.approx(y.deviation, rel=1e-9, abs=1e-9 * scale, nan_ok=True)
        assert without_floats(a) == without_floats(b)
        assert a.distinct == b.distinct


def without_floats(column: Column) -> Any:
    def cut(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: cut(v) for k, v in value.items() if k not in ("mean", "m2", "top", "slack")}
        return [cut(v) for v in value] if isinstance(value, list | tuple) else value

    return cut(column.plain())


@settings(max_examples=12, deadline=None)
@given(rows=ROWS, data=st.data())
def test_any_parts_in_any_order_add_up_to_the_whole(
    on: Any, rows: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    whole = profile(rows_of(on, rows))
    homes = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    parts = [[r for r, home in zip(rows, homes, strict=True) if home == i] for i in range(3)]
    profiles = [profile(rows_of(on, part)) for part in parts]
    order = data.draw(st.permutations(profiles))
    alike(reduce(add, order), whole)
    alike(order[0] + (order[1] + order[2]), whole)


@pytest.mark.parametrize("seed", range(3))
def test_parts_of_a_table_with_many_values_add_up(on: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = 6000
    columns = pa.table(
        {
            "x": rng.standard_cauchy(n), "near": 1.7e9 + rng.normal(0, 5, n), "id": np.arange(n) * 7919,
            "word": [f"w{int(i)}" for i in rng.zipf(1.3, n) % 900], "few": rng.integers(0, 300, n),
            "at": [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=int(i)) for i in rng.integers(0, 10**6, n)],
        }
    )  # fmt: skip
    whole = profile(columns)
    cuts = sorted(random.Random(seed).sample(range(n), 3))
    parts = [columns.slice(a, b - a) for a, b in zip([0, *cuts], [*cuts, n], strict=True)]
    added = reduce(add, random.Random(seed).sample([profile(p) for p in parts], 4))
    alike(added, whole)
    # Which words are most frequent is known between bounds that hold.
    counts = Counter(columns["word"].to_pylist())
    word = added["word"]
    assert word.top is not None and len(word.top) <= MOST_TOP
    listed = {str(c.value): c.n for c in word.top}
    assert all(n <= counts[w] <= n + word.slack for w, n in listed.items())
    assert max(n for w, n in counts.items() if w not in listed) <= word.slack


def test_a_part_that_holds_nothing_fits_any_kind(on: Any) -> None:
    nothing, numbers = (profile(pa.table({"x": x})) for x in ([None, None], [1.5, None]))
    for added in (nothing + numbers, numbers + nothing):
        assert (added["x"].kind, added["x"].rows, added["x"].nulls) == ("number", 4, 3)
        assert added["x"].numbers == numbers["x"].numbers


def test_what_does_not_add_up_says_why(on: Any) -> None:
    one = profile(pa.table({"x": [1, 2]}), name="one")
    with pytest.raises(InvalidInput, match="numbers in one part and text in the other"):
        _ = one + profile(pa.table({"x": ["a"]}), name="two")
    with pytest.raises(InvalidInput, match="different columns: y"):
        _ = one + profile(pa.table({"x": [1], "y": [1]}), name="two")
    naive, zoned = (pa.table({"x": pa.array([0], pa.timestamp("us", z))}) for z in (None, "UTC"))
    with pytest.raises(InvalidInput, match="no zone"):
        _ = profile(naive) + profile(zoned)


def test_sketches_of_two_families_give_bounds(on: Any) -> None:
    x = profile(pa.table({"x": np.arange(5000) * 1.5}))
    text = x.text().replace("duckdb-", "spark-")
    added = (x + Profile.read(text))["x"].distinct
    assert not added.exact and added.sketch is None
    assert added.lower <= 5000 <= added.upper <= 2 * 5000 * (1 + 4 * ERROR)


# --- sketches and bins


@pytest.mark.parametrize("n", [300, 5_000, 60_000])
def test_distinct_lies_within_its_bounds(on: Any, n: int) -> None:
    found = of(on, np.arange(n) / 7).distinct
    assert found.lower <= n <= found.upper and abs(found.value / n - 1) < 4 * ERROR
    assert found.sketch is not None and Sketch.read(found.sketch.family, found.sketch.text()) == found.sketch


def test_the_way_is_only_quicker(on: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    x = [float(i % 1000) / 8 for i in range(30_000)]
    plain = of(on, x)
    monkeypatch.setattr(profiling.One, "few", property(lambda self: True))
    assert without_floats(of(on, x)) == without_floats(plain)
    monkeypatch.setattr(profiling, "_LOOKED_AT", 3)
    assert without_floats(of(on, x)) == without_floats(plain)


def every_kind(rows: int = 400) -> pa.Table:
    """A column of every plain type, with few different values and with many, and names that SQL would stumble over."""
    rng = np.random.default_rng(5)
    many, few = rng.normal(3, 40, rows), rng.integers(0, 5, rows)
    gaps = rng.random(rows) < 0.1
    odd = np.where(few == 0, np.nan, np.where(few == 1, -np.inf, np.where(few == 2, -0.0, many)))
    made = {
        "double": pa.array(odd, mask=gaps), 'in "quotes", 5 %': pa.array(many.astype(np.float32), mask=gaps),
        "few floats": pa.array(few / 2, mask=gaps),
        "date": pa.array(many.astype(np.int32), mask=gaps).cast(pa.date32()),
        "yes": pa.array(few < 2, mask=gaps), "decimal": pa.array([Decimal(int(v)) / 8 for v in many]),
        "word": pa.array([f"w{v}" for v in few], mask=gaps), "id": pa.array([f"ab-{i:06}" for i in range(rows)]),
        "long": pa.array(["x" * (40 + i % 300) for i in range(rows)], mask=gaps),
        "select": pa.array([f"c{i % 300}" for i in range(rows)]), "nothing": pa.array([None] * rows, pa.int32()),
        "list": pa.array([[1.0, 2.0]] * rows), "huge": pa.array([2**64 - 1 - i % 3 for i in range(rows)], pa.uint64()),
    }  # fmt: skip
    for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()):
        made[f"{kind}"] = pa.array(few, kind, mask=gaps)
        made[f"many {kind}"] = pa.array(np.abs(many).astype(int) % 100, kind, mask=gaps)
    for unit in ("s", "ms", "us", "ns"):
        made[f"time {unit}"] = pa.array((many * 1e6).astype(np.int64), pa.int64(), mask=gaps).cast(
            pa.timestamp(unit)
        )
    made["zoned"] = made["time us"].cast(pa.timestamp("us", "Europe/Oslo"))
    return pa.table(made)


@pytest.mark.parametrize("sketches", [True, False])
def test_asking_in_sql_and_by_expressions_is_the_same(
    on: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sketches: bool
) -> None:
    monkeypatch.setattr(profiling, "_LOOKED_AT", 50)
    rows = every_kind()
    pq.write_table(rows, tmp_path / "rows.parquet")
    ways = [
        profile(table(source, name="rows", on=on), sketches=sketches)
        for source in (rows, tmp_path / "rows.parquet")
    ]
    plain = asking.is_plain
    # Numbers and times go by in any case; but they are looked at, and counted by value, through expressions.
    monkeypatch.setattr(
        asking, "is_plain", lambda kind: plain(kind) and (kind.is_timestamp() or kind.is_numeric())
    )
    ways.append(profile(table(tmp_path / "rows.parquet", name="rows", on=on), sketches=sketches))
    assert ways[1].columns == ways[2].columns
    # Parquet keeps no whole seconds, and DuckDB reads thousandths of them as millionths.
    coarse = ("time s", "time ms")
    one, other = ([c for c in way.columns if c.name not in coarse] for way in ways[:2])
    assert one == other
    monkeypatch.setattr(asking, "is_plain", lambda kind: False)
    grouped = profile(table(tmp_path / "rows.parquet", name="rows", on=on), sketches=sketches)
    for by, apart in zip(ways[1].columns, grouped.columns, strict=True):
        assert by.model_dump(exclude={"numbers"}) == apart.model_dump(exclude={"numbers"})
        if by.numbers and apart.numbers:
            sums = {"mean", "m2"}
            assert by.numbers.model_dump(exclude=sums) == apart.numbers.model_dump(exclude=sums)
            assert apart.numbers.mean == pytest.approx(by.numbers.mean, rel=1e-12, nan_ok=True)
            assert apart.numbers.m2 == pytest.approx(by.numbers.m2, rel=1e-9)


def test_plain_types_are_written_as_ibis_writes_them(on: Any, tmp_path: Path) -> None:
    pq.write_table(every_kind(), tmp_path / "rows.parquet")
    rows = table(tmp_path / "rows.parquet", on=on)
    asked = [
        "is_boolean",
        "is_string",
        "is_integer",
        "is_unsigned_integer",
        "is_floating",
        "is_numeric",
        "is_temporal",
    ]
    asked += ["is_timestamp", "is_date", "is_decimal", "is_null", "is_uuid", "is_array"]
    assert rows.view is not None
    known = [name for name, kind in rows.view.kinds.items() if kind]
    assert len(known) > 15
    for name in known:
        one, other = rows.kind(name), rows.column(name).type()
        assert str(one) == str(other)
        assert [getattr(one, a)() for a in asked] == [getattr(other, a)() for a in asked]
        assert not one.is_numeric() or one.nbytes == other.nbytes
        assert not one.is_timestamp() or one.to_pyarrow() == other.to_pyarrow()


def test_files_in_parquet_are_profiled_without_what_is_slow_to_import(tmp_path: Path) -> None:
    rows = every_kind()
    pq.write_table(
        rows.select(["double", "few floats", "yes", "word", "many int64", "time us"]), tmp_path / "a.parquet"
    )
    said = (
        "import sys; from sextant.data.drift import drift; drift(sys.argv[1], sys.argv[1]); "
        "print(sorted({'ibis', 'pandas', 'sklearn', 'scipy', 'sqlglot'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", said, str(tmp_path / "a.parquet")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_edge_of_a_bin_lies_near_a_number_that_people_write() -> None:
    # Engines differ in the last digit of a logarithm, some 1e-10 of a bin: here is room for a thousand times that.
    from sextant.stats.bins import OFFSET, PER_LOG, TINY

    written = np.concatenate(
        [np.arange(1, 200_000) / d for d in (1, 10, 100, 1000)]
        + [2.0 ** np.arange(-200, 200), 10.0 ** np.arange(-99, 99)]
    )
    at = np.log(written + TINY) * PER_LOG + OFFSET
    assert np.abs(at - np.round(at)).min() > 1e-7


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=50), st.integers(0, 13)
)
def test_every_value_lies_in_its_bin(values: list[float], level: int) -> None:
    for value in values:
        found = Histogram.of([value]).at(level)
        low, high = found.edges(found.keys[0])
        assert low - 1e-300 <= value <= high + 1e-300 or (
            low <= value * (1 + 1e-12) and value * (1 - 1e-12) <= high
        )


def test_coarsened_gives_as_many_bins_as_asked() -> None:
    x = Histogram.of(np.random.default_rng(0).normal(size=50_000))
    for bins in (2, 5, 10, 40):
        found = coarsened(x, x, bins)
        assert len(found.reference) == bins and found.reference == found.current
        assert max(found.reference) / min(found.reference) < (1.5 if bins <= 10 else 2.0)
    assert len(coarsened(Histogram.of([1, 1, 2]), Histogram.of([3]), 10).reference) == 2


def test_keys_are_those_of_the_engine(on: Any) -> None:
    x = np.concatenate(
        [[0.0, -0.0, 5e-324, -1e-310, 1.7e308, -1.7e308], np.random.default_rng(3).normal(size=400)]
    )
    found = of(on, x).numbers
    assert found is not None
    assert found.histogram == Histogram.counted(keys_of(x), np.ones(len(x)))


# --- kept as JSON


def test_round_trip(on: Any, tmp_path: Path) -> None:
    whole = profile(rows_of(on, [(math.inf, 2**61, Decimal("1.5"), True, "é", date(2026, 1, 1), None)] * 2))
    whole.save(tmp_path / "p.json")
    again = Profile.load(tmp_path / "p.json")
    assert again.text() == whole.text() and again.digest() == whole.digest()
    assert sextant.Profile is Profile and sextant.profile is profile


def test_some_kilobytes_a_column(on: Any) -> None:
    x = np.random.default_rng(0).standard_cauchy(100_000)
    assert len(profile(pa.table({"x": x})).text()) < 10_000


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda p: {**p, "format": 2}, "profile of format 2"),
        (lambda p: {"rows": 3}, "no profile"),
        (lambda p: {**p, "rows": -1}, "rows"),
        (lambda p: {**p, "columns": [{**p["columns"][0], "nulls": 99}]}, "99 nulls in 2 rows"),
        (lambda p: {**p, "columns": [{**p["columns"][0], "sketch": {"family": "x", "registers": "(9999)"}}]}, "no sketch"),
        (lambda p: {**p, "columns": [{**p["columns"][0], "extra": 1}]}, "extra"),
    ],
)  # fmt: skip
def test_a_spoilt_profile_is_refused(spoil: Callable[[Any], Any], said: str) -> None:
    plain = json.loads(profile(pa.table({"x": [1, 2]})).text())
    with pytest.raises(InvalidInput, match=said):
        Profile.read(json.dumps(spoil(plain)))


# --- what people give


def test_bad_input(tmp_path: Path) -> None:
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "latin.csv").write_bytes("a\nM\u00fcller\n".encode("latin-1"))
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n")
    pq.write_table(pa.table({"a": [1, 2]}), tmp_path / "whole.parquet")
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-20])
    (tmp_path / "parts").mkdir()
    pq.write_table(pa.table({"a": [1]}), tmp_path / "parts/1.parquet")
    pq.write_table(pa.table({"b": [1]}), tmp_path / "parts/2.parquet")
    for name, said in (
        ("ragged.csv", "line 3 has 1 values"), ("latin.csv", "line 2 is not UTF-8"), ("twice.csv", "two columns called"),
        ("cut.parquet", "not a whole Parquet file"), ("parts", "different columns"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=said):
            profile(tmp_path / name)
    with pytest.raises(InvalidInput, match="no column 'z'"):
        profile(tmp_path / "whole.parquet", columns=["z"])


def test_odd_tables_are_profiled(on: Any, tmp_path: Path) -> None:
    (tmp_path / "mixed.csv").write_text("a\n1\ntwo\n3.5\n")
    mixed = profile(tmp_path / "mixed.csv")["a"]
    assert mixed.kind == "text" and mixed.distinct.value == 3
    empty = profile(pa.table({"x": pa.array([], pa.float64()), "t": pa.array([], pa.string())}))
    assert empty.rows == 0 and "0 rows" in str(empty) and empty + empty == empty
    nulls = of(on, [None, None], pa.float64())
    assert nulls.nulls == 2 and nulls.numbers is not None and math.isnan(nulls.numbers.mean)
    infinite = of(on, [math.inf, math.inf])
    assert infinite.numbers is not None and infinite.numbers.above == 2 and infinite.numbers.n == 0
    long = of(on, ["x" * 1_000_000, "y"])
    assert long.values is None and long.texts is not None and long.texts.lengths.maximum == 1_000_000
    assert len(str(long.plain())) < 5_000


def test_a_hundred_thousand_categories(on: Any) -> None:
    found = of(on, [f"category-{i}" for i in range(100_000)])
    assert found.values is None and abs(found.distinct.value / 100_000 - 1) < 4 * ERROR
    few = of(on, [f"category-{i % 300}" for i in range(3000)] + ["often"] * 50)
    assert few.top is not None and (few.top[0].value, few.top[0].n, few.slack) == ("often", 50, 10)
    assert few.distinct.lower <= 301 <= few.distinct.upper
    assert [s.shape for s in (few.texts and few.texts.shapes) or ()] == ["a+-9+", "a+-9", "a+"]


def test_as_many_values_as_are_counted_and_one_more(on: Any) -> None:
    assert len(of(on, list(range(MOST_VALUES))).values or ()) == MOST_VALUES
    assert of(on, list(range(MOST_VALUES + 1))).values is None


def test_only_the_columns_asked_for_and_each_told(on: Any) -> None:
    told: list[tuple[int, int]] = []
    rows = pa.table({"a": [1], "b": [2], "c": [3]})
    found = profile(rows, columns=["c", "a"], tick=lambda done, total: told.append((done, total)))
    assert [c.name for c in found.columns] == ["c", "a"] and told == [(1, 2), (2, 2)]
    assert found.only(["a"]).columns == (found["a"],)


def test_as_text_and_in_a_notebook(on: Any) -> None:
    rows = pa.table({"<x>": [1.0, 2.0, None], "when": [date(2026, 1, 1)] * 3, "n": [[1]] * 3, "e": [""] * 3})
    found = profile(rows, name="<b>")
    text, html = str(found), found._repr_html_()
    assert (
        text.startswith("<b>: 3 rows, 4 columns")
        and "33.3 %" in text
        and "2026-01-01" in text
        and "empty" in text
    )
    assert "&lt;x&gt;" in html and "<x>" not in html and "<svg" in html


def test_shapes() -> None:
    assert [shape_of(t) for t in ("", "a", "ab1", "Ä9", "--", "x" * 33)] == [
        "",
        "a",
        "a+9",
        "A9",
        "--",
        "...",
    ]
