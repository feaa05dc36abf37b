"""Are ten million predictions evaluated while one waits? The evaluation runs anew with every candidate."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from benchmarks.harness import Bar, Benchmark, Side
from benchmarks.made_table import FOLDER

ROWS = 10_000_000
GROUPS = (2, 3, 4, 5, 6, 8, 10, 12, 20, 50)
TABLE = FOLDER / f"predictions-{ROWS}.parquet"
HERE = "benchmarks.bench_evaluate"

BENCHMARK = Benchmark(
    question=(
        "How long do all classification metrics with ranges take on 10,000,000 predictions with a score and 10 columns of "
        "groups in Parquet, overall and for every group?"
    ),
    sides=[
        Side("sextant evaluate", "ours", ["{ours}/python", "-m", HERE, "ours"], reports=True),
        Side("DuckDB reads and sums", "roofline", ["{ours}/python", "-m", HERE, "sum"], reports=True),
    ],
    bar=Bar(4, of=["DuckDB reads and sums"]),
    prepare=lambda: path(),
    runs=3,
)


def path() -> Path:
    """Where the predictions lie, made once."""
    if not TABLE.exists():
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        FOLDER.mkdir(exist_ok=True)
        rng = np.random.default_rng(0)
        target = rng.random(ROWS) < 0.3
        score = 1 / (1 + np.exp(-rng.normal(np.where(target, 1, -1.0))))
        columns = {"target": target.astype("int8"), "said": (score > 0.5).astype("int8"), "score": score}
        for i, many in enumerate(GROUPS):
            codes = pa.array(rng.integers(0, many, ROWS).astype("int32"))
            columns[f"g{i}"] = pa.DictionaryArray.from_arrays(codes, [f"group {j}" for j in range(many)])
        part = TABLE.with_suffix(".part")
        pq.write_table(pa.table(columns), part)
        part.rename(TABLE)
    return TABLE


def main(side: str) -> dict[str, float]:
    """Seconds of the work alone, and the most memory that the process took."""
    import resource

    groups = [f"g{i}" for i in range(len(GROUPS))]
    if side == "sum":
        import duckdb

        with duckdb.connect() as on:
            begun = time.perf_counter()
            sums = ", ".join(
                ["sum(target)", "sum(said)", "sum(score)", *(f"sum(strlen({g}))" for g in groups)]
            )
            on.execute(f"SELECT {sums} FROM '{TABLE}'").fetchall()  # noqa: S608  (our own names)
            seconds = time.perf_counter() - begun
        return {"seconds": seconds}
    from sextant.evaluation.evaluate import evaluate
    from sextant.tables import table

    opened = table(TABLE)
    opened.fetch(opened.expr.aggregate(n=opened.expr.count()))
    begun = time.perf_counter()
    found = evaluate(opened, target="target", prediction="said", score="score", groups=groups)
    seconds = time.perf_counter() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": seconds, "MB at most": round(memory), "groups": len(found.segments)}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
