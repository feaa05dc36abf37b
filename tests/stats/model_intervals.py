"""The intervals about a model's answers, for the registry of test_invariants: arguments, growth, and effects."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from sextant.stats import ScoreCounts

some = st.integers(1, 60)
matrices = st.lists(some, min_size=9, max_size=9).map(lambda v: [v[:3], v[3:6], v[6:]])
ALL = ("accuracy", "balanced_accuracy", "precision_macro", "precision_weighted", "f1_macro", "f1_weighted")
CELLS = [(t, x, y) for t in (0, 1) for x in (0, 1) for y in (0, 1)]
cases = st.lists(st.integers(2, 60), min_size=8, max_size=8).map(
    lambda v: [(*c, n) for c, n in zip(CELLS, v, strict=True)]
)
groups = st.lists(st.tuples(st.integers(1, 40), st.integers(41, 200)), min_size=2, max_size=5).map(
    lambda pairs: ([s for s, _ in pairs], [n for _, n in pairs])
)
areas = st.tuples(st.integers(20, 500), st.integers(20, 500), st.floats(0.1, 0.9)).map(
    lambda a: (*a, a[0] * a[2] * (1 - a[2]) / 3, a[1] * a[2] * (1 - a[2]) / 3)
)
steps = st.lists(
    st.tuples(st.integers(20, 300), st.floats(0.1, 0.9), st.floats(0.1, 0.9)), min_size=2, max_size=6
).map(
    lambda rows: (
        [n for n, _, _ in rows],
        [s for _, s, _ in rows],
        [round(n * p) for n, _, p in rows],
        [n * p * (1 - p) for n, _, p in rows],
    )
)
counted = st.tuples(*[st.lists(st.integers(0, 9), min_size=30, max_size=60) for _ in range(2)]).map(
    lambda two: ScoreCounts.of(
        [0, 9, *two[0], 0, 9, *two[1]], [0] * (len(two[0]) + 2) + [1] * (len(two[1]) + 2)
    )
)
units = st.lists(st.tuples(st.integers(0, 9), st.integers(5, 9)), min_size=30, max_size=40).filter(
    lambda rows: len({a / b for a, b in rows}) > 3
)


def _times(table: Any, k: int) -> Any:
    return [[v * k for v in row] for row in table]


def _mean(totals: Any) -> Any:
    return totals[:, 0] / totals[:, 1]


def _share(totals: Any) -> Any:
    return totals[:, 0] / totals.sum(1)


COMMON = {"level": 0.9, "sides": 1}
TWO = [[50, 10], [5, 35]]
PRODUCTS = [[300, 20, 10, 90], [20, 40, 5, 10], [10, 5, 20, 15], [90, 10, 15, 200]]
PAIRS = [(1, 1, 1, 50), (1, 1, 0, 12), (1, 0, 1, 3), (0, 0, 0, 60), (0, 1, 0, 5), (0, 1, 1, 9)]
STEPS = {"rows": [50, 60], "mean_scores": [0.2, 0.8], "positives": [15, 40], "m2": [10.0, 12.0]}
SCORES = ScoreCounts.of([1, 2, 3, 4, 3, 4, 5, 6, 2, 5] * 3, ([0] * 4 + [1] * 6) * 3)

#: name: (args, grow, base, changed, exact), as an Entry of test_invariants has them.
ENTRIES: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any], bool]] = {
    "confusion_metric": (
        st.tuples(st.sampled_from(ALL), matrices),
        lambda a, k: (a[0], _times(a[1], k)),
        {"metric": "f1", "counts": TWO, "positive": 1, "clusters": 30, "products": PRODUCTS},
        {
            "metric": "recall",
            "counts": [[50, 9], [5, 35]],
            "positive": 0,
            "clusters": 40,
            "products": _times(PRODUCTS, 2),
            **COMMON,
        },
        True,
    ),
    "auc_interval": (
        areas,
        lambda a, k: (a[0] * k, a[1] * k, a[2], a[3] * k, a[4] * k),
        {"positives": 40, "negatives": 50, "area": 0.8, "m2_over": 2.0, "m2_under": 3.0},
        {"positives": 41, "negatives": 51, "area": 0.7, "m2_over": 2.5, "m2_under": 2.5, **COMMON},
        True,
    ),
    "auc_units_interval": (
        st.tuples(st.integers(20, 500), st.floats(0.1, 0.9)).map(
            lambda a: (*a, a[1] * (1 - a[1]) / a[0] / 2)
        ),
        lambda a, k: (a[0] * k, a[1], a[2] / k),
        {"units": 40, "area": 0.8, "squares": 0.0016},
        {"units": 50, "area": 0.7, "squares": 0.002, **COMMON},
        True,
    ),
    "average_precision_interval": (
        st.tuples(st.integers(10, 900), st.floats(0.05, 0.95)),
        lambda a, k: (a[0] * k, a[1]),
        {"positives": 40, "value": 0.7},
        {"positives": 50, "value": 0.6, **COMMON},
        True,
    ),
    "calibration_interval": (
        steps,
        lambda a, k: ([v * k for v in a[0]], a[1], [v * k for v in a[2]], [v * k for v in a[3]]),
        STEPS,
        {"rows": [50, 70], "mean_scores": [0.1, 0.8], "positives": [15, 30], "m2": [9.0, 12.0], **COMMON},
        True,
    ),
    "largest_gap": (
        groups,
        lambda a, k: ([v * k for v in a[0]], [v * k for v in a[1]]),
        {"successes": [30, 40, 20], "trials": [60, 60, 60]},
        {"successes": [30, 50, 20], "trials": [60, 60, 70], **COMMON},
        True,
    ),
    "smallest_ratio": (
        groups,
        lambda a, k: ([v * k for v in a[0]], [v * k for v in a[1]]),
        {"successes": [30, 40, 20], "trials": [60, 60, 60]},
        {"successes": [30, 50, 20], "trials": [60, 60, 70], **COMMON},
        True,
    ),
    "difference_paired": (
        st.tuples(some, some, some, some),
        lambda a, k: tuple(v * k for v in a),
        {"both": 30, "first": 9, "second": 4, "neither": 5},
        {"both": 31, "first": 8, "second": 5, "neither": 6, **COMMON},
        True,
    ),
    "difference_confusion": (
        st.tuples(st.sampled_from(ALL), cases),
        lambda a, k: (a[0], [(*c[:3], c[3] * k) for c in a[1]]),
        {"metric": "f1", "cases": PAIRS, "positive": 1},
        {
            "metric": "recall",
            "cases": [*PAIRS, (0, 0, 1, 9)],
            "positive": 0,
            **COMMON,
        },
        True,
    ),
    "bootstrap_difference": (
        st.tuples(st.sampled_from(ALL), cases),
        lambda a, k: (a[0], [(*c[:3], c[3] * k) for c in a[1]]),
        {"metric": "f1", "cases": PAIRS, "positive": 1},
        {
            "metric": "recall",
            "cases": [*PAIRS, (0, 0, 1, 9)],
            "positive": 0,
            "resamples": 300,
            "seed": 1,
            **COMMON,
        },
        False,
    ),
    "bootstrap_confusion": (
        st.tuples(st.sampled_from(ALL), matrices),
        lambda a, k: (a[0], _times(a[1], k)),
        {"metric": "f1", "counts": TWO, "positive_class": 1},
        {
            "metric": "recall",
            "counts": [[50, 9], [5, 35]],
            "positive_class": 0,
            "resamples": 300,
            "seed": 1,
            **COMMON,
        },
        False,
    ),
    "bootstrap_scores": (
        st.tuples(st.sampled_from(["roc_auc", "pr_auc"]), counted),
        lambda a, k: (a[0], ScoreCounts(a[1].score, a[1].positive * k, a[1].negative * k)),
        {"statistic": "roc_auc", "counts": SCORES},
        {"statistic": "pr_auc", "counts": SCORES + SCORES, "resamples": 300, "seed": 1, **COMMON},
        False,
    ),
    "bootstrap_units": (
        st.tuples(units, st.just(_mean)),
        lambda a, k: (list(a[0]) * k, a[1]),
        {"sums": [[1, 10], [0, 5], [3, 10], [2, 20]] * 9, "statistic": _mean},
        {
            "sums": [[1, 10], [0, 5], [3, 10], [9, 20]] * 9,
            "statistic": _share,
            "resamples": 300,
            "seed": 1,
            **COMMON,
        },
        False,
    ),
}
