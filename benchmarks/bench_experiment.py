"""Is an A/B test analysed nearly as fast as its moments can be counted?"""
# ruff: noqa: S608 - the table is our own, its columns are named above

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from benchmarks.harness import Bar, Benchmark, Side
from benchmarks.made_table import FOLDER

ROWS = 5_000_000
METRICS = ("m0", "m1", "m2", "m3")
TABLE = str(FOLDER / f"ab-{ROWS}.parquet")
OPTIONS = [part for m in METRICS for part in ("--metric", f"{m}~{m}_before")]


def prepare() -> None:
    """The users, if they are not there yet: outcomes that go with what was known before."""
    if Path(TABLE).exists():
        return
    import duckdb

    FOLDER.mkdir(exist_ok=True)
    known = ", ".join(f"round(-ln(1 - random()) * 2, 3) AS {m}_before" for m in METRICS)
    columns = ", ".join(f"round(2 * {m}_before + 3 * random(), 3) AS {m}, {m}_before" for m in METRICS)
    arm = "CASE WHEN random() < 0.5 THEN 'control' ELSE 'new' END AS arm"
    duckdb.sql("SELECT setseed(0.26)")
    duckdb.sql(
        f"COPY (SELECT id, arm, {columns} FROM (SELECT range AS id, {arm}, {known} FROM range({ROWS}))) "
        f"TO '{TABLE}' (FORMAT parquet)"
    )


def main(side: str) -> Any:
    if side == "moments":
        import duckdb

        parts = ", ".join(
            f"count({m}), sum({m}), sum({m} * {m}), sum({m}_before), sum({m}_before * {m}_before), sum({m} * {m}_before)"
            for m in METRICS
        )
        return duckdb.execute(f"SELECT arm, {parts} FROM '{TABLE}' GROUP BY arm").fetchall()
    import ibis
    import tea_tasting  # type: ignore[import-not-found]

    rows = ibis.duckdb.connect().read_parquet(TABLE)
    metrics = {m: tea_tasting.Mean(m, f"{m}_before") for m in METRICS}
    return tea_tasting.Experiment(metrics, variant="arm").analyze(rows, control="control")


BENCHMARK = Benchmark(
    question="How long does the analysis of an A/B test take: 5,000,000 users, 4 metrics with CUPED, as a whole process?",
    sides=[
        Side(
            "sextant experiment analyze",
            "ours",
            ["{ours}/sextant", "experiment", "analyze", TABLE, "--variant", "arm", *OPTIONS],
        ),
        Side(
            "DuckDB groups the moments",
            "roofline",
            ["{ours}/python", "-m", "benchmarks.bench_experiment", "moments"],
        ),
        Side(
            "tea-tasting over DuckDB",
            "peer",
            ["{teatasting}/python", "-m", "benchmarks.bench_experiment", "tea-tasting"],
        ),
    ],
    bar=[Bar(3.0, of=["DuckDB groups the moments"]), Bar(1 / 4, of=["tea-tasting over DuckDB"])],
    peers=["teatasting"],
    prepare=prepare,
    runs=3,
)

if __name__ == "__main__":
    print(main(sys.argv[1]))
