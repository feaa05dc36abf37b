"""Is drift between two tables found nearly as fast as both can be counted?"""

from __future__ import annotations

from benchmarks.harness import Bar, Benchmark, Side
from benchmarks.made_table import FOLDER, path

ROWS = 1_000_000
OLD, NEW = (str(FOLDER / f"{ROWS}-{seed}.parquet") for seed in (1, 2))

BENCHMARK = Benchmark(
    question="How long does drift between two tables of 1,000,000 rows and 20 columns take, as a whole process?",
    sides=[
        # The exit code is 0 where nothing has drifted, as here.
        Side("sextant drift", "ours", ["{ours}/sextant", "drift", OLD, NEW]),
        Side(
            "DuckDB counts both",
            "roofline",
            ["{ours}/python", "-m", "benchmarks.made_table", "count", OLD, NEW],
        ),
    ],
    bar=Bar(3.0, of=["DuckDB counts both"]),
    prepare=lambda: [path(ROWS, seed) for seed in (1, 2)],
    runs=3,
)
