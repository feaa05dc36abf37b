"""Is a table profiled nearly as fast as it can be read? Whoever profiles daily pays it daily."""

from __future__ import annotations

from benchmarks.harness import Bar, Benchmark, Side
from benchmarks.made_table import FOLDER, path

ROWS = 10_000_000
TABLE = str(FOLDER / f"{ROWS}-1.parquet")

BENCHMARK = Benchmark(
    question="How long does the profile of 10,000,000 rows and 20 columns in Parquet take, as a whole process?",
    sides=[
        Side("sextant profile", "ours", ["{ours}/sextant", "profile", TABLE, "--format", "json"]),
        Side(
            "DuckDB reads and sums",
            "roofline",
            ["{ours}/python", "-m", "benchmarks.made_table", "sum", TABLE],
        ),
    ],
    bar=Bar(4.0, of=["DuckDB reads and sums"]),
    prepare=lambda: path(ROWS, 1),
    runs=3,
)
