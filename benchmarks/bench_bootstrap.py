"""May one ask for bootstrap ranges without leaving for a coffee?"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.harness import Bar, Benchmark, Side

ROWS, RESAMPLES = 100_000, 1_000
HERE = "benchmarks.bench_bootstrap"

BENCHMARK = Benchmark(
    question=(
        "How long do bootstrap ranges of accuracy, F1 and the ROC area take, 1,000 resamples of 100,000 rows in memory?"
    ),
    sides=[
        Side("sextant", "ours", ["{ours}/python", "-m", HERE, "ours"], reports=True),
        Side("a loop over scikit-learn", "peer", ["{ours}/python", "-m", HERE, "loop"], reports=True),
    ],
    bar=Bar(1 / 60, of=["a loop over scikit-learn"]),
    runs=1,
)


def _rows() -> tuple[Any, Any]:
    import numpy as np

    rng = np.random.default_rng(0)
    y = rng.random(ROWS) < 0.3
    return y.astype(int), rng.normal(size=ROWS) + y


def main(side: str) -> dict[str, float]:
    """Seconds of the work alone, and the ends of the range of the area."""
    import numpy as np

    y, score = _rows()
    said = (score > 0.5).astype(int)
    if side == "loop":
        from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

        rng = np.random.default_rng(1)
        begun = time.perf_counter()
        drawn = []
        for _ in range(RESAMPLES):
            at = rng.integers(0, ROWS, ROWS)
            drawn.append(
                (
                    accuracy_score(y[at], said[at]),
                    f1_score(y[at], said[at]),
                    roc_auc_score(y[at], score[at]),
                )
            )
        low, high = np.quantile(np.array(drawn)[:, 2], [0.025, 0.975])
        return {
            "seconds": time.perf_counter() - begun,
            "% low": 100 * float(low),
            "% high": 100 * float(high),
        }
    from sextant.stats.resampling import bootstrap_confusion, bootstrap_scores
    from sextant.stats.scores import ScoreCounts

    begun = time.perf_counter()
    cells = np.bincount(2 * y + said, minlength=4).reshape(2, 2).tolist()
    bootstrap_confusion("accuracy", cells, resamples=RESAMPLES)
    bootstrap_confusion("f1", cells, positive_class=1, resamples=RESAMPLES)
    area = bootstrap_scores("roc_auc", ScoreCounts.of(score, y), resamples=RESAMPLES)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "% low": 100 * area.lower, "% high": 100 * area.upper}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
