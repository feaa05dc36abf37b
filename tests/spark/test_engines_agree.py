"""The same numbers from DuckDB and from a real Spark cluster: to 1e-9 of the column's scale, counts to the row."""

from __future__ import annotations

import math
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.data.drift import drift, histograms
from sextant.data.profiling import profile
from sextant.evaluation.experiment import arms
from sextant.evaluation.metrics import column_mean, column_quantile, measure, row_count, score
from sextant.maintenance.freshness import span
from sextant.tables import Range, Table, engine, table

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]

ROWS = 8_000
#: A long id: as a 64-bit float it and its neighbour are one number.
LONG = 2**53


def made(seed: int, shift: float = 0.0) -> pa.Table:
    rng = np.random.default_rng(seed)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    amount = rng.lognormal(3, 1, ROWS) + shift
    amount[:3] = math.nan
    missing = rng.random(ROWS) < 0.1
    return pa.table(
        {
            "id": pa.array(LONG + np.arange(ROWS), pa.int64()),
            "arm": pa.array(np.where(np.arange(ROWS) % 2, "new", "old")),
            "amount": pa.array(amount, pa.float64()),
            # Seconds since 1970: large beside their spread, where raw sums of squares lose everything.
            "seconds": pa.array(1.7e9 + rng.random(ROWS) * 10, pa.float64()),
            "visits": pa.array([None if m else int(v) for m, v in zip(missing, rng.poisson(4, ROWS), strict=True)]),
            "city": pa.array(np.where(missing, None, rng.choice(["Ulm", "Bonn", "n/a"], ROWS).astype(object)), pa.string()),
            "bought": pa.array(rng.random(ROWS) < 0.1 + shift / 100),
            "said": pa.array(rng.random(ROWS) < 0.12),
            "day": pa.array([date(2026, 1, 1) + timedelta(days=int(d)) for d in rng.integers(0, 60, ROWS)]),
            "at": pa.array(
                [start + timedelta(seconds=int(s)) for s in rng.integers(0, 10**7, ROWS)], pa.timestamp("us", tz="UTC")
            ),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("rows")
    for name, seed, shift in (("old", 1, 0.0), ("new", 2, 2.0)):
        rows = made(seed, shift)
        (folder / name).mkdir()
        for i in range(4):
            pq.write_table(rows.slice(i * ROWS // 4, ROWS // 4), folder / name / f"part-{i}.parquet")
    return folder / "old", folder / "new"


@pytest.fixture(scope="module")
def pair(files: tuple[Path, Path], cluster: Any) -> tuple[tuple[Table, Table], tuple[Table, Table]]:
    """Both tables on DuckDB, and both on Spark."""
    duck = engine("duckdb")
    return tuple(tuple(table(f, name=f.name, on=on) for f in files) for on in (duck, cluster))  # type: ignore[return-value]


def near(one: Any, other: Any, scale: float = 1.0) -> None:
    """The same, numbers to 1e-9 of the larger of themselves and their column's scale."""
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for key in one:
            near(one[key], other[key], scale)
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            near(a, b, scale)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-9 * scale, nan_ok=True)
    else:
        assert one == other


def test_the_cluster_is_one_of_two_workers(cluster: Any) -> None:
    context = cluster._session.sparkContext
    assert context.master.startswith("spark://127.0.0.1:")
    seen = context.parallelize(range(8), 8).map(lambda _: __import__("os").getppid()).collect()
    assert len(set(seen)) == 2


def test_rows_conditions_and_long_ids(pair: Any) -> None:
    for _, found in zip("ab", (p[0] for p in pair), strict=True):
        assert found.count() == ROWS
        assert found.where({"id": LONG + 1}).count() == 1
        assert found.one(low=found.expr.id.min(), high=found.expr.id.max()) == {
            "low": LONG,
            "high": LONG + ROWS - 1,
        }
    duck, spark = (p[0] for p in pair)
    for condition in (
        {"city": ("Ulm", "Bonn")}, {"amount": Range(missing=True)}, {"visits": Range(at_least=3, below=7)},
        {"bought": True}, {"at": Range(above=datetime(2026, 2, 1, tzinfo=UTC))}, {"day": Range(at_most=date(2026, 1, 9))},
    ):  # fmt: skip
        assert duck.where(condition).count() == spark.where(condition).count() > 0
    near(span(duck, "at"), span(spark, "at"))
    near(duck.exact_sum("amount"), spark.exact_sum("amount"))


def test_moments_and_quantiles(pair: Any) -> None:
    duck, spark = (p[0] for p in pair)
    assert row_count(duck) == row_count(spark)
    for column in ("amount", "visits", "seconds", "bought"):
        near(column_mean(duck, column).statistics, column_mean(spark, column).statistics)
    # The variance of ten seconds' spread around 1.7e9 is 100/12, on both.
    found = column_mean(spark, "seconds").statistics
    assert found["m2"] / found["n"] == pytest.approx(100 / 12, rel=0.05)
    near(column_quantile(duck, "amount", 0.9).statistics, column_quantile(spark, "amount", 0.9).statistics)


def test_experiment_moments(pair: Any) -> None:
    asked = {"candidate": "new", "control": "old", "columns": ["amount", "bought", "visits"], "unit": "id"}
    one, other = (arms(p[0], "arm", **asked) for p in pair)
    assert one.units == other.units
    for column, outcome in one.outcomes.items():
        near(dict(outcome.candidate), dict(other.outcomes[column].candidate))
        near(dict(outcome.control), dict(other.outcomes[column].control))


@pytest.mark.parametrize("metric", ["accuracy", "precision", "recall"])
def test_confusion_counts(pair: Any, metric: str) -> None:
    one, other = (
        measure(score(p[0], metric, target="bought", prediction="said", positive=True)).statistics
        for p in pair
    )
    assert one == other and one["successes"] > 0


def test_drift(pair: Any) -> None:
    for column in ("amount", "visits", "city"):
        near(*(asdict(histograms(old, new, column)) for old, new in pair))


@pytest.fixture(scope="module")
def profiles(pair: Any) -> Any:
    """Of the old and the new table, each profiled by DuckDB and by Spark."""
    columns = ["id", "amount", "seconds", "visits", "city", "bought", "day", "at"]
    return [[profile(side, columns=columns) for side in engine_pair] for engine_pair in pair]


def test_profiles(profiles: Any) -> None:
    duck, spark = (p[0] for p in profiles)
    assert duck.rows == spark.rows == ROWS
    for one, other in zip(duck.columns, spark.columns, strict=True):
        assert (one.name, one.kind, one.rows, one.nulls, one.missing) == (
            other.name, other.kind, other.rows, other.nulls, other.missing,
        )  # fmt: skip
        # Every value with its count, and the counts on bins, to the row.
        assert (one.values, one.top, one.slack) == (other.values, other.top, other.slack)
        for part in ("numbers", "times"):
            a, b = getattr(one, part), getattr(other, part)
            assert (a is None) == (b is None)
            if a is not None:
                assert a.bins == b.bins
        if one.numbers and other.numbers:
            a, b = one.numbers, other.numbers
            # A long id keeps every digit, on both.
            assert (a.n, a.nan, a.minimum, a.maximum) == (b.n, b.nan, b.minimum, b.maximum)
            near(a.mean, b.mean, a.deviation)
            near(a.m2, b.m2)
        if one.times and other.times:
            assert (one.times.earliest, one.times.latest) == (other.times.earliest, other.times.latest)
        # Hashes differ from engine to engine, so only bounds can be held against each other.
        assert one.distinct.lower <= other.distinct.upper and other.distinct.lower <= one.distinct.upper
    assert duck["id"].numbers.minimum == LONG and duck["id"].numbers.maximum == LONG + ROWS - 1
    assert duck["id"].distinct.lower <= ROWS <= duck["id"].distinct.upper
    assert spark["id"].distinct.lower <= ROWS <= spark["id"].distinct.upper


def test_drift_between_profiles_of_either_engine(profiles: Any) -> None:
    found = [drift(old, new) for old, new in profiles]
    # And across: yesterday's profile of the one, today's of the other.
    found.append(drift(profiles[0][0], profiles[1][1]))
    for other in found[1:]:
        for a, b in zip(found[0].columns, other.columns, strict=True):
            assert (a.name, a.verdict, a.reference, a.current) == (b.name, b.verdict, b.reference, b.current)
            near([a.value, a.lower, a.upper], [b.value, b.lower, b.upper])
            near(a.distances, b.distances)


def test_text_and_frames_reach_the_cluster_as_they_are(cluster: Any, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,day,name\n9007199254740993,2026-01-02,#x\n,,\n")
    frame = cluster._session.createDataFrame([(1, "a")], "n long, t string")
    on_spark = table(path, on=cluster)
    assert on_spark.arrow().to_pylist() == table(path, on=engine("duckdb")).arrow().to_pylist()
    given = table(frame)
    assert given.engine.name == "pyspark" and given.count() == 1
    assert table(frame, on=engine("duckdb")).arrow().to_pylist() == [{"n": 1, "t": "a"}]
