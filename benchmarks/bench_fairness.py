"""Is a gap between groups looked up or waited for?"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.harness import Bar, Benchmark, Side

ROWS, RESAMPLES = 1_000_000, 2
HERE = "benchmarks.bench_fairness"

BENCHMARK = Benchmark(
    question=(
        "How long do gaps with ranges take, of who is called, found and called wrongly by three attributes together (30 "
        f"groups), 1,000,000 rows in memory? (Fairlearn with {RESAMPLES} resamples, which are too few for a range.)"
    ),
    sides=[
        Side("sextant", "ours", ["{ours}/python", "-m", HERE, "ours"], reports=True),
        Side(
            "Fairlearn's MetricFrame", "peer", ["{fairlearn}/python", "-m", HERE, "fairlearn"], reports=True
        ),
    ],
    bar=Bar(1 / 20, of=["Fairlearn's MetricFrame"]),
    peers=["fairlearn"],
    runs=2,
)


def _rows() -> dict[str, Any]:
    import numpy as np

    rng = np.random.default_rng(0)
    y = rng.random(ROWS) < 0.3
    return {
        "is": y.astype(int), "said": (rng.random(ROWS) < np.where(y, 0.8, 0.1)).astype(int),
        "sex": rng.integers(0, 2, ROWS), "race": rng.integers(0, 5, ROWS), "age": rng.integers(0, 3, ROWS),
    }  # fmt: skip


def main(side: str) -> dict[str, float]:
    """Seconds of the work alone, and the largest gap in recall."""
    rows = _rows()
    if side == "fairlearn":
        import pandas as pd  # type: ignore[import-untyped]  # noqa: TID251  (what the peer takes)
        from fairlearn.metrics import (  # type: ignore[import-not-found]
            MetricFrame,
            false_positive_rate,
            selection_rate,
            true_positive_rate,
        )

        groups = pd.DataFrame({k: rows[k] for k in ("sex", "race", "age")})
        metrics = {"selected": selection_rate, "recall": true_positive_rate, "wrongly": false_positive_rate}
        begun = time.perf_counter()
        found = MetricFrame(
            metrics=metrics, y_true=rows["is"], y_pred=rows["said"], sensitive_features=groups, n_boot=RESAMPLES,
            ci_quantiles=[0.025, 0.975], random_state=0,
        )  # fmt: skip
        found.difference_ci()
        seconds = time.perf_counter() - begun
        return {"seconds": seconds, "% gap": 100 * float(found.difference()["recall"])}
    import pyarrow as pa

    from sextant.evaluation.fairness import fairness
    from sextant.tables import table

    opened = table(pa.table(rows), name="rows")
    begun = time.perf_counter()
    found = fairness(opened, target="is", prediction="said", positive=1, by=["sex", "race", "age"])
    gaps = {s.metric: s.gap() for s in found.shares}
    return {"seconds": time.perf_counter() - begun, "% gap": 100 * gaps["recall"].value}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
