"""Are a million ratings one label an item at once? The estimate is looked at again with every batch of labels.

`bench_labels_file`, `bench_labels_majority` and `bench_labels_alpha` are about the same ratings and run the sides that
stand here.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.harness import Bar, Benchmark, Side

ITEMS, PEOPLE, LABELS, EACH, ITERATIONS = 200_000, 500, 5, 5, 10


def side(name: str, role: str, what: str, programs: str = "ours") -> Side:
    """One of the functions below as a process of its own."""
    return Side(name, role, [f"{{{programs}}}/python", "-m", "benchmarks.bench_labels", what], reports=True)


BENCHMARK = Benchmark(
    question=(
        "How long do ten iterations of Dawid and Skene's method take on a million ratings in memory (200,000 items, 500 "
        "labelers, 5 labels)?"
    ),
    sides=[
        side("crowd-kit", "peer", "crowdkit", "crowdkit"),
        side("sextant", "ours", "ours"),
        side("one count", "roofline", "count"),
    ],
    bar=Bar(1 / 8, of=["crowd-kit"]),
    peers=["crowdkit"],
    runs=3,
)


def ratings() -> tuple[Any, Any, Any, Any]:
    """The truth of each item, and of each rating its item, labeler and label: labelers of different skill."""
    import numpy as np

    rng = np.random.default_rng(7)
    truth = rng.integers(0, LABELS, ITEMS)
    item = np.repeat(np.arange(ITEMS), EACH)
    labeler = rng.integers(0, PEOPLE, ITEMS * EACH)
    right = rng.random(len(item)) < rng.uniform(0.5, 0.95, PEOPLE)[labeler]
    return truth, item, labeler, np.where(right, truth[item], rng.integers(0, LABELS, len(item)))


def ratings_file() -> Path:
    """The same ratings as a Parquet file, labels as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(tempfile.gettempdir(), "sextant-bench-ratings.parquet")
    if not path.exists():
        _, item, labeler, label = ratings()
        columns = {"item": item, "labeler": labeler, "label": pa.array(label).cast(pa.string())}
        pq.write_table(pa.table(columns), path)
    return path


def _frame() -> Any:
    import pandas as pd  # type: ignore[import-untyped]  # noqa: TID251  (what the peer takes)

    _, item, labeler, label = ratings()
    return pd.DataFrame({"task": item, "worker": labeler, "label": label})


def _given() -> Any:
    import numpy as np

    from sextant.data.annotations import Annotations

    _, item, labeler, label = ratings()
    return Annotations(
        tuple(range(ITEMS)), tuple(range(PEOPLE)), tuple(map(str, range(LABELS))), item, labeler, label,
        np.full(ITEMS, -1),
    )  # fmt: skip


def _judged(share: Any) -> dict[str, float]:
    """How good posterior probabilities are: the share of right labels, and how likely the ratings are under the rates and
    frequencies that follow from them."""
    import numpy as np

    truth, item, labeler, label = ratings()
    cell = labeler * LABELS + label
    rates = np.array([np.bincount(cell, row[item], PEOPLE * LABELS) for row in share.T]).reshape(
        LABELS, PEOPLE, -1
    )
    rates /= rates.sum(axis=2, keepdims=True)
    logs = np.log(np.maximum(rates, 1e-10)).reshape(LABELS, -1)
    likely = (
        np.array([np.bincount(item, log[cell], ITEMS) for log in logs]) + np.log(share.mean(axis=0))[:, None]
    )
    return {
        "% right": float(100 * (share.argmax(axis=1) == truth).mean()),
        "log-likelihood": float(np.logaddexp.reduce(likely, axis=0).sum()),
    }


def _kept() -> Path:
    return Path(tempfile.gettempdir(), "sextant-bench-labels.npy")


def crowdkit() -> dict[str, float]:
    import numpy as np
    from crowdkit.aggregation import DawidSkene  # type: ignore[import-not-found]

    frame = _frame()
    begun = time.perf_counter()
    found = DawidSkene(n_iter=ITERATIONS, tol=0).fit_predict_proba(frame)
    seconds = time.perf_counter() - begun
    share = found.sort_index().sort_index(axis=1).to_numpy()
    np.save(_kept(), share.argmax(axis=1))
    return {"seconds": seconds, **_judged(share)}


def ours() -> dict[str, float]:
    import numpy as np
    import scipy.sparse  # noqa: F401  (the peer has imported its own)

    from sextant.data.consensus import dawid_skene

    given = _given()
    begun = time.perf_counter()
    found = dawid_skene(given, iterations=ITERATIONS, tolerance=0)
    seconds = time.perf_counter() - begun
    same = (
        {"% as crowd-kit": float(100 * (found.label == np.load(_kept())).mean())} if _kept().exists() else {}
    )
    return {"seconds": seconds, **_judged(found.share), **same}


def count() -> dict[str, float]:
    import numpy as np

    _, item, _, label = ratings()
    begun = time.perf_counter()
    np.bincount(item * LABELS + label, minlength=ITEMS * LABELS)
    return {"seconds": time.perf_counter() - begun}


def crowdkit_file() -> dict[str, float]:
    """All that a user's script does, but for starting Python: the harness takes the time of the whole process."""
    import pandas as pd  # noqa: TID251  (what the peer takes)
    from crowdkit.aggregation import DawidSkene

    frame = pd.read_parquet(ratings_file()).rename(columns={"item": "task", "labeler": "worker"})
    found = DawidSkene(n_iter=ITERATIONS, tol=0).fit_predict(frame)
    found.to_frame().to_parquet(Path(tempfile.gettempdir(), "sextant-bench-crowdkit.parquet"))
    return {}


def crowdkit_majority() -> dict[str, float]:
    from crowdkit.aggregation import MajorityVote

    frame = _frame()
    begun = time.perf_counter()
    MajorityVote().fit_predict(frame)
    return {"seconds": time.perf_counter() - begun}


def majority() -> dict[str, float]:
    from sextant.data import consensus

    given = _given()
    begun = time.perf_counter()
    found = consensus.majority(given)
    return {"seconds": time.perf_counter() - begun, "% tied": float(100 * found.tied.mean())}


def mode() -> dict[str, float]:
    import duckdb
    import pyarrow as pa

    _, item, _, label = ratings()
    rows = pa.table({"item": item, "label": label})
    on = duckdb.connect()
    on.execute("CREATE TABLE r AS SELECT * FROM rows")
    begun = time.perf_counter()
    on.execute("SELECT item, mode(label) FROM r GROUP BY item").to_arrow_table()
    del rows
    return {"seconds": time.perf_counter() - begun}


def krippendorff() -> dict[str, float]:
    import krippendorff as peer

    votes = _given().votes
    begun = time.perf_counter()
    alpha = peer.alpha(value_counts=votes, level_of_measurement="nominal")
    return {"seconds": time.perf_counter() - begun, "alpha": float(alpha)}


def alpha() -> dict[str, float]:
    from sextant.stats.agreement import agreement_interval

    given = _given()
    _ = given.votes
    agreement_interval([[2, 0], [1, 1]])  # SciPy is imported, as the peer's NumPy is
    begun = time.perf_counter()
    found = agreement_interval(*given.patterns(), resamples=1000)
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "alpha": found.value, "lower": found.lower, "upper": found.upper}


SIDES: dict[str, Callable[[], dict[str, float]]] = {
    f.__name__: f
    for f in (crowdkit, ours, count, crowdkit_file, crowdkit_majority, majority, mode, krippendorff, alpha)
}

if __name__ == "__main__":
    print(json.dumps(SIDES[sys.argv[1]]()))
