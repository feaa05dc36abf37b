"""Is drift between two tables found nearly as fast as both can be counted? It is looked for every day.

The peers take so long that one run of each is enough to tell which is faster.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from benchmarks.harness import Bar, Benchmark, Side
from benchmarks.made_table import FOLDER, path

ROWS = 1_000_000
OLD, NEW = (str(FOLDER / f"{ROWS}-{seed}.parquet") for seed in (1, 2))
HERE = "benchmarks.bench_drift"

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
        Side("Evidently's preset", "peer", ["{evidently}/python", "-m", HERE, "evidently", OLD, NEW], runs=1),
        Side("NannyML, univariate", "peer", ["{nannyml}/python", "-m", HERE, "nannyml", OLD, NEW], runs=1),
    ],
    bar=[
        Bar(3.0, of=["DuckDB counts both"]),
        Bar(1 / 50, of=["Evidently's preset"]),
        Bar(1 / 8, of=["NannyML, univariate"]),
    ],
    peers=["evidently", "nannyml"],
    prepare=lambda: [path(ROWS, seed) for seed in (1, 2)],
    runs=5,
)


def main(side: str, old: Path, new: Path) -> None:
    """What a peer makes of both tables, each column by itself."""
    # Neither is to tell its makers of this run.
    os.environ |= {"ITERATIVE_DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1"}
    import pandas as pd  # type: ignore[import-untyped]  # noqa: TID251  (what the peers take)

    before, now = (pd.read_parquet(table) for table in (old, new))
    if side == "evidently":
        from evidently import Report  # type: ignore[import-not-found]
        from evidently.presets import DataDriftPreset  # type: ignore[import-not-found]

        found = Report([DataDriftPreset()]).run(now, before).dict()
        print(json.dumps({"metrics": len(found["metrics"])}))
    else:
        import nannyml  # type: ignore[import-not-found]

        columns = [c for c in before.columns if c != "moment"]
        calculator = nannyml.UnivariateDriftCalculator(column_names=columns, chunk_number=1)
        found = calculator.fit(before).calculate(now)
        print(json.dumps({"rows": len(found.to_df())}))


if __name__ == "__main__":
    main(sys.argv[1], *(Path(table) for table in sys.argv[2:]))
