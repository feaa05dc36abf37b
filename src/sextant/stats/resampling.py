"""Bootstrap intervals that do not go over the rows again and again: on counts where counts say all, on weights where
the order of scores matters, on units where units have several rows.

A resample of rows is a draw of how often each row counts. Of a confusion matrix only how often each cell counts
matters, so the matrix itself is drawn (multinomial), whatever the number of rows; a curve over scores is computed from
weights in an order that was sorted once; sums over units are weighed by how often the unit was drawn. All are
percentile intervals.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from sextant.errors import InvalidInput
from sextant.stats._checks import one_of, positive, tail
from sextant.stats.confusion import METRICS, ONE_CLASS, Counts, _matrix
from sextant.stats.intervals import Bounds
from sextant.stats.paired import _values
from sextant.stats.scores import ScoreCounts, average_precision, roc_area

#: Numbers drawn at a time: what fits well into memory.
_BLOCK = 4_000_000


def bootstrap_confusion(
    metric: str, counts: Counts, *, positive_class: int | None = None, resamples: int = 1000, seed: int = 0,
    level: float = 0.95, sides: int = 2,
) -> Bounds:  # fmt: skip
    """A metric of a confusion matrix with its bootstrap interval; the second opinion to `confusion_metric`.

    Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), section 13.3.

    >>> b = bootstrap_confusion("f1", [[50, 10], [5, 35]], positive_class=1)
    >>> round(b.value, 3), 0.7 < b.lower < 0.76, 0.87 < b.upper < 0.91
    (0.824, True, True)
    """
    import numpy as np

    one_of("metric", metric, METRICS)
    if (metric in ONE_CLASS) != (positive_class is not None):
        raise InvalidInput(
            f"{metric} and positive_class do not go together", rule="it names the class of those about one"
        )
    a, rounds = tail(level, sides), positive("resamples", resamples)
    found = _matrix(counts)
    n = int(found.sum())
    value = float(_values(metric, found[None], positive_class)[0]) if n else math.nan
    if math.isnan(value):
        return Bounds.unknown("bootstrap", "no row is one that it is about")
    drawn = np.random.default_rng(seed).multinomial(n, found.ravel() / n, rounds).reshape(-1, *found.shape)
    low, high = np.nanquantile(_values(metric, drawn.astype(float), positive_class), [a, 1 - a])
    return Bounds.around(value, low, high, "bootstrap")


def bootstrap_scores(
    statistic: str, counts: ScoreCounts, *, resamples: int = 1000, seed: int = 0, level: float = 0.95, sides: int = 2
) -> Bounds:  # fmt: skip
    """The area under the ROC curve ("roc_auc") or under the precision-recall curve ("pr_auc") with its bootstrap
    interval: rows are drawn again, the order of the scores is not sorted again.

    `auc_interval` needs no drawing and is to be preferred for the former. Undefined without rows of both classes.

    >>> c = ScoreCounts.of([1, 2, 3, 4, 3, 4, 5, 6] * 20, ([0] * 4 + [1] * 4) * 20)
    >>> b = bootstrap_scores("roc_auc", c)
    >>> b.value, 0.8 < b.lower < 0.85, 0.9 < b.upper < 0.95
    (0.875, True, True)
    """
    import numpy as np

    one_of("statistic", statistic, ("roc_auc", "pr_auc"))
    a, rounds = tail(level, sides), positive("resamples", resamples)
    if not counts.positives or not counts.negatives:
        return Bounds.unknown("bootstrap", "there are no rows of both classes")
    value = roc_area(counts).area if statistic == "roc_auc" else average_precision(counts)
    ascending = statistic == "roc_auc"
    p, n = (counts.positive, counts.negative) if ascending else (counts.positive[::-1], counts.negative[::-1])
    # One cell for each score and class that has rows; a row is drawn, and its cell counts once more.
    size, rows = len(p), int(p.sum() + n.sum())
    plain = bool(((p + n) == 1).all())
    rng, drawn = np.random.default_rng(seed), np.empty(rounds)
    if plain:
        ones = p.astype(np.int64)
    else:
        cell = np.repeat(np.arange(2 * size), np.stack([p, n], 1).ravel())
    for i in range(rounds):
        at = rng.integers(0, rows, rows, dtype=np.uint32)
        if plain:
            weights = np.bincount(at, minlength=rows)
            up = weights * ones
            down = weights - up
        else:
            both = np.bincount(cell[at], minlength=2 * size).reshape(size, 2)
            up, down = both[:, 0], both[:, 1]
        drawn[i] = _roc(up, down) if ascending else _precision(up, down)
    low, high = np.nanquantile(drawn, [a, 1 - a])
    return Bounds.around(value, low, high, "bootstrap")


def _roc(up: Any, down: Any) -> float:
    import numpy as np

    before = np.cumsum(down)
    many = int(up.sum())
    if not many or not before[-1]:
        return math.nan
    # Whole numbers, and no call of BLAS, whose threads take longer to wake than this takes.
    return float(int((up * (2 * before - down)).sum()) / 2 / many / int(before[-1]))


def _precision(up: Any, down: Any) -> float:
    import numpy as np

    hits = np.cumsum(up)
    called = np.cumsum(up + down)
    with np.errstate(invalid="ignore"):
        return float(np.nansum(up * hits / called) / hits[-1]) if hits[-1] else math.nan


def bootstrap_units(
    sums: Any, statistic: Callable[[Any], Any], *, resamples: int = 2000, seed: int = 0, level: float = 0.95, sides: int = 2
) -> Bounds:  # fmt: skip
    """Any statistic of sums with its bootstrap interval, drawing whole units: users, documents, queries, sentences.

    sums        a row for each unit, with what it adds to each sum
    statistic   takes an array of totals, a row for each resample, and returns a number for each

    With one row a unit this is the ordinary bootstrap; with several it is the cluster bootstrap, right where rows of one
    unit hang together. Good from some dozens of units on.

    Source: Davison and Hinkley, "Bootstrap methods and their application" (1997), section 3.8, for units.

    >>> clicks_and_views = [[1, 10], [0, 5], [3, 10], [2, 20]] * 20
    >>> b = bootstrap_units(clicks_and_views, lambda totals: totals[:, 0] / totals[:, 1])
    >>> round(b.value, 4), b.lower < b.value < b.upper
    (0.1333, True)
    """
    import numpy as np

    a, rounds = tail(level, sides), positive("resamples", resamples)
    rows = np.asarray(sums, dtype=np.float64)
    if rows.ndim != 2 or not len(rows):
        return Bounds.unknown("bootstrap_units", "there are no units")
    value = float(np.asarray(statistic(rows.sum(0, keepdims=True)))[0])
    if math.isnan(value):
        return Bounds.unknown("bootstrap_units", "no unit is one that it is about")
    units, rng, found = len(rows), np.random.default_rng(seed), []
    block = max(1, min(rounds, _BLOCK // units))
    for start in range(0, rounds, block):
        many = min(block, rounds - start)
        at = rng.integers(0, units, (many, units), dtype=np.uint32)
        at += (np.arange(many, dtype=np.uint32) * units)[:, None].astype(np.uint32)
        weights = np.bincount(at.ravel(), minlength=many * units).reshape(many, units).astype(np.float64)
        found.append(np.asarray(statistic(weights @ rows)))
    low, high = np.nanquantile(np.concatenate(found), [a, 1 - a])
    return Bounds.around(value, low, high, "bootstrap_units")
