"""From a file of a million ratings to a file of labels: what a person waits for who types the command."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.bench_labels import ITERATIONS, ratings_file
from benchmarks.harness import Bar, Benchmark, Side

_FILES = Path(tempfile.gettempdir())

BENCHMARK = Benchmark(
    question=(
        "How long does it take from a Parquet file of a million ratings to one of 200,000 labels, by ten iterations of Dawid "
        "and Skene's method, with the start of the program?"
    ),
    sides=[
        Side(
            "sextant labels aggregate", "ours",
            ["{ours}/sextant", "labels", "aggregate", str(_FILES / "sextant-bench-ratings.parquet"), "--repeats", "keep",
             "--iterations", str(ITERATIONS), "-o", str(_FILES / "sextant-bench-labels.parquet")],
        ),
        Side("read and count by DuckDB", "roofline", ["{ours}/python", "-c",
             "import duckdb, sys; duckdb.sql(\"SELECT item, label, count(*) FROM read_parquet('\" + sys.argv[1] + \"') "
             "GROUP BY ALL\").to_arrow_table()", str(_FILES / "sextant-bench-ratings.parquet")]),
        Side("crowd-kit", "peer", ["{crowdkit}/python", "-m", "benchmarks.bench_labels", "crowdkit_file"]),
    ],
    bar=Bar(1 / 10, of=["crowd-kit"]),
    peers=["crowdkit"],
    runs=3,
    prepare=ratings_file,
)  # fmt: skip
