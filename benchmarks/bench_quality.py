"""Is a million rows checked while one waits? The report is looked at again after each change."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from benchmarks.harness import Bar, Benchmark, Side
from benchmarks.made_table import FOLDER, path

ROWS = 1_000_000
TABLE = str(FOLDER / f"{ROWS}-1.parquet")
HERE = "benchmarks.bench_quality"

BENCHMARK = Benchmark(
    question="How long does the quality report of 1,000,000 rows and 20 columns in Parquet take, as a whole process?",
    sides=[
        Side(
            "sextant quality", "ours", ["{ours}/sextant", "quality", TABLE, "--key", "id", "--format", "json"]
        ),
        Side(
            "DuckDB reads and sums",
            "roofline",
            ["{ours}/python", "-m", "benchmarks.made_table", "sum", TABLE],
        ),
        Side("ydata-profiling, minimal", "peer", ["{ydata}/python", "-m", HERE, "ydata", TABLE]),
        Side("whylogs", "peer", ["{whylogs}/python", "-m", HERE, "whylogs", TABLE]),
    ],
    bar=[Bar(1 / 12, of=["ydata-profiling, minimal"]), Bar(1 / 10, of=["whylogs"])],
    peers=["ydata", "whylogs"],
    prepare=lambda: path(ROWS, 1),
    runs=2,
)


def main(side: str, table: Path) -> None:
    """What a peer makes of the table: its report, or its profile."""
    import pandas as pd  # type: ignore[import-untyped]  # noqa: TID251  (what the peers take)

    frame = pd.read_parquet(table)
    if side == "ydata":
        from ydata_profiling import ProfileReport  # type: ignore[import-not-found]

        found = ProfileReport(frame, minimal=True, progress_bar=False).get_description()
        print(json.dumps({"alerts": len(found.alerts)}))
    else:
        import whylogs  # type: ignore[import-not-found]

        print(json.dumps({"columns": len(whylogs.log(frame).view().to_pandas())}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
