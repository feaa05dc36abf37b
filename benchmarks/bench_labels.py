"""Are a million ratings one label an item at once? The estimate is looked at again with every batch of labels."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from benchmarks.harness import Bar, Benchmark, Side

ITEMS, PEOPLE, LABELS, EACH, ITERATIONS = 200_000, 500, 5, 5, 10

BENCHMARK = Benchmark(
    question=(
        "How long do ten iterations of Dawid and Skene's method take on a million ratings in memory (200,000 items, 500 "
        "labelers, 5 labels)?"
    ),
    sides=[
        Side("sextant", "ours", ["{ours}/python", "-m", "benchmarks.bench_labels", "ours"], reports=True),
        Side(
            "one count", "roofline", ["{ours}/python", "-m", "benchmarks.bench_labels", "count"], reports=True
        ),
        Side(
            "crowd-kit",
            "peer",
            ["{crowdkit}/python", "-m", "benchmarks.bench_labels", "crowdkit"],
            reports=True,
        ),
    ],
    bar=Bar(1 / 8, of=["crowd-kit"]),
    peers=["crowdkit"],
    runs=3,
)


def _ratings() -> tuple[Any, Any, Any, Any]:
    """The truth of each item, and of each rating its item, labeler and label: labelers of different skill."""
    import numpy as np

    rng = np.random.default_rng(7)
    truth = rng.integers(0, LABELS, ITEMS)
    item = np.repeat(np.arange(ITEMS), EACH)
    labeler = rng.integers(0, PEOPLE, ITEMS * EACH)
    right = rng.random(len(item)) < rng.uniform(0.5, 0.95, PEOPLE)[labeler]
    return truth, item, labeler, np.where(right, truth[item], rng.integers(0, LABELS, len(item)))


def main(side: str) -> dict[str, float]:
    """Seconds of the work alone, and the share of items that get their right label."""
    import numpy as np

    truth, item, labeler, label = _ratings()
    if side == "crowdkit":
        import pandas as pd  # type: ignore[import-untyped]  # noqa: TID251  (what the peer takes)
        from crowdkit.aggregation import DawidSkene  # type: ignore[import-not-found]

        frame = pd.DataFrame({"task": item, "worker": labeler, "label": label})
        begun = time.perf_counter()
        found = DawidSkene(n_iter=ITERATIONS, tol=0).fit_predict(frame).sort_index().to_numpy()
        return {"seconds": time.perf_counter() - begun, "% right": float(100 * (found == truth).mean())}
    if side == "count":
        begun = time.perf_counter()
        np.bincount(item * LABELS + label, minlength=ITEMS * LABELS)
        return {"seconds": time.perf_counter() - begun}
    from sextant.data.annotations import Annotations
    from sextant.data.consensus import dawid_skene

    given = Annotations(
        tuple(range(ITEMS)), tuple(range(PEOPLE)), tuple(map(str, range(LABELS))), item, labeler, label,
        np.full(ITEMS, -1),
    )  # fmt: skip
    import scipy.sparse  # noqa: F401  (the peer has imported its own)

    begun = time.perf_counter()
    result = dawid_skene(given, iterations=ITERATIONS, tolerance=0)
    return {"seconds": time.perf_counter() - begun, "% right": float(100 * (result.label == truth).mean())}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
