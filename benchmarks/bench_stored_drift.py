"""Is drift between two stored profiles found at once, whatever the number of rows behind them?"""

from __future__ import annotations

import json
import sys
import time

from benchmarks.harness import Benchmark, Side
from benchmarks.made_table import FOLDER, path

ROWS = 1_000_000
STORED = [FOLDER / f"{ROWS}-{seed}.profile.json" for seed in (1, 2)]
HERE = "benchmarks.bench_stored_drift"
TIMES = 9

BENCHMARK = Benchmark(
    question="How long does drift between two stored profiles of 20 columns take, in process, with reading them?",
    sides=[
        Side("sextant.data.drift", "ours", ["{ours}/python", "-m", HERE, "ours"], reports=True),
        Side("both files parsed", "roofline", ["{ours}/python", "-m", HERE, "parse"], reports=True),
    ],
    prepare=lambda: _stored(),
    runs=3,
    most=0.05,
)


def _stored() -> None:
    from sextant.data.profiling import profile

    for seed, stored in zip((1, 2), STORED, strict=True):
        if not stored.exists():
            profile(path(ROWS, seed)).save(stored)


def main(side: str) -> dict[str, float]:
    """The median of some times."""
    import statistics

    from sextant.data.drift import drift

    taken = []
    for _ in range(TIMES + 1):
        begun = time.perf_counter()
        if side == "ours":
            drift(*STORED)
        else:
            _ = [json.loads(stored.read_text()) for stored in STORED]
        taken.append(time.perf_counter() - begun)
    return {"seconds": statistics.median(taken[1:])}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
