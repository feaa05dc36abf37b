"""Is a million rows checked while one waits, and is more found? The report is looked at again after each change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.harness import Bar, Benchmark, Side, peer_programs
from benchmarks.made_table import FOLDER, path
from benchmarks.planted import FAULTS, planted

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
    prepare=lambda: prepare(),
    runs=2,
)


def prepare() -> None:
    path(ROWS, 1)
    find_more()


def find_more() -> None:
    """Say how many faults of a small table each names. Raises AssertionError unless Sextant names each, and more than
    any peer."""
    programs = {
        "sextant": Path(sys.executable).parent,
        **{name: peer_programs(name) for name in BENCHMARK.peers},
    }
    named = {}
    for tool, folder in programs.items():
        command = [str(folder / "python"), "-m", "benchmarks.planted", tool, str(planted())]
        # What a peer warns of is its own affair.
        quiet = {**os.environ, "PYTHONWARNINGS": "ignore"}
        said = subprocess.run(
            command, cwd=FOLDER.parent, env=quiet, capture_output=True, text=True, check=True
        )
        named[tool] = json.loads(said.stdout.splitlines()[-1])
        print(f"Of {len(FAULTS)} planted faults {tool} names {len(named[tool])}: {', '.join(named[tool])}.")
    ours = named.pop("sextant")
    if len(ours) < len(FAULTS) or any(len(peer) >= len(ours) for peer in named.values()):
        raise AssertionError("Sextant does not name each planted fault, and more than its peers")


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
