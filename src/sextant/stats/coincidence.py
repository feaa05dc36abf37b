"""Agreement where some labels differ more than others, and between two labelers.

krippendorff_alpha      any number of labelers, with missing ratings; nominal, ordinal or interval labels
krippendorff_interval   the same with an interval
cohen_kappa             two labelers, from their table of counts; plain, or weighted by how far labels lie apart
cohen_interval          the same with an interval
percent_agreement       the share of pairs of ratings that agree, not corrected for chance

`agreement` has the nominal alpha and Fleiss' kappa, which are faster on large tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sextant.errors import InvalidInput
from sextant.stats._checks import number, one_of, positive, row_of_counts, tail, whole
from sextant.stats.intervals import Bounds, clopper_pearson

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

METRICS = ("nominal", "ordinal", "interval")
WEIGHTS = ("none", "linear", "quadratic")


def krippendorff_alpha(
    patterns: Sequence[Sequence[int]],
    multiplicity: Sequence[int] | None = None,
    *,
    metric: str = "nominal",
    values: Sequence[float] | None = None,
) -> float:
    """Krippendorff's alpha; items with fewer than two ratings are left out.

    patterns      rows of label counts, the labels in their order
    multiplicity  how many items show each row; one each when not given
    metric        "nominal" (labels are the same or not), "ordinal" (they have an order) or "interval" (their
                  distance counts)
    values        the number that each label stands for, for its place in the order ("ordinal") or its distance
                  ("interval"); 1, 2, 3 ... when not given

    nan when no item has two ratings, or only one label was used.

    Source: Krippendorff, "Computing Krippendorff's alpha-reliability" (2011), section E; checked against the
    `krippendorff` package.

    >>> two = [[2, 0, 0], [1, 1, 0], [0, 0, 2]]
    >>> round(krippendorff_alpha(two), 4), round(krippendorff_alpha(two, metric="interval"), 4)
    (0.5455, 0.8276)
    """
    rows, times, numbers = _rated(patterns, multiplicity, metric, values)
    return float(_alpha(rows, times[None, :], metric, numbers)[0])


def krippendorff_interval(
    patterns: Sequence[Sequence[int]],
    multiplicity: Sequence[int] | None = None,
    *,
    metric: str = "nominal",
    values: Sequence[float] | None = None,
    level: float = 0.95,
    sides: int = 2,
    resamples: int = 1000,
    seed: int = 0,
) -> Bounds:
    """Krippendorff's alpha with an interval, by drawing the items anew (percentile bootstrap).

    patterns, multiplicity, metric, values   as for `krippendorff_alpha`
    resamples, seed                          how many times; the same seed gives the same bounds

    Undefined for fewer than two items with two ratings, and where alpha is. For nominal labels `agreement_interval`
    gives the same and is faster. What is said there of draws with one label, and of what the bootstrap cannot see,
    holds here too.

    Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), chapter 13; over items as in Zapf
    et al., "Measuring inter-rater reliability for nominal data" (2016).

    >>> b = krippendorff_interval([[3, 0, 0], [1, 2, 0], [0, 1, 2], [0, 0, 3]], [30, 9, 6, 20], metric="ordinal")
    >>> print(f"{b.value:.3f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.906 [0.84, 0.95]
    """
    import numpy as np

    a = tail(level, sides)
    rows, times, numbers = _rated(patterns, multiplicity, metric, values)
    draws, n = positive("resamples", resamples), int(times.sum())
    rng = np.random.default_rng(whole("seed", seed))
    if n < 2:
        return Bounds.unknown("item_bootstrap", "two items with two ratings are needed")
    value = float(_alpha(rows, times[None, :], metric, numbers)[0])
    if math.isnan(value):
        return Bounds.unknown(
            "item_bootstrap", "only one label was used: agreement cannot be told from chance"
        )
    found = _alpha(rows, rng.multinomial(n, times / n, size=draws).astype(np.float64), metric, numbers)
    lower = float(np.quantile(np.nan_to_num(found, nan=-1.0), a))
    upper = float(np.quantile(np.nan_to_num(found, nan=1.0), 1 - a))
    split = (rows > 0).sum(axis=1) > 1
    share = clopper_pearson(int(times[split].sum()), n, level=1 - 2 * a)
    if share.value:
        low, high = (1 - (1 - value) * end / share.value for end in (share.upper, share.lower))
    else:
        # The next item might have its ratings spread evenly, and each two as far apart as any two labels.
        used = times @ rows
        apart = _apart(metric, used[None, :], numbers)[0]
        ratings = rows.sum(axis=1)
        each, more = np.divmod(ratings, rows.shape[1])
        evenly = more * (each + 1) ** 2 + (rows.shape[1] - more) * each**2
        worst = float(((ratings**2 - evenly) / (ratings - 1)).max()) * float(apart.max())
        low = 1 - share.upper * n * worst * float(used.sum() - 1) / float(used @ apart @ used)
        high = 1.0
    return Bounds.around(value, max(min(lower, low), -1.0), max(upper, high), "item_bootstrap")


def _rated(
    patterns: Sequence[Sequence[int]],
    multiplicity: Sequence[int] | None,
    metric: str,
    values: Sequence[float] | None,
) -> tuple[NDArray[float64], NDArray[float64], NDArray[float64]]:
    """The rows with two ratings or more, how many items show each, and the number of each label."""
    import numpy as np

    rows, times = _counted(patterns, multiplicity)
    labels = rows.shape[1]
    one_of("metric", metric, METRICS)
    if values is not None and metric == "nominal":
        raise InvalidInput(
            "values are given",
            rule="only the ordinal and the interval metric read them",
            todo="leave them out",
        )
    numbers = [number(f"values[{i}]", v) for i, v in enumerate(values or range(1, labels + 1))]
    if len(numbers) != labels:
        raise InvalidInput(f"there are {len(numbers)} values and {labels} labels", rule="one for each label")
    kept = (rows.sum(axis=1) >= 2) & (times > 0)
    return rows[kept], times[kept], np.array(numbers)


def _alpha(
    rows: NDArray[float64], times: NDArray[float64], metric: str, numbers: NDArray[float64]
) -> NDArray[float64]:
    """Alpha for each row of item counts; nan where chance would agree on everything."""
    import numpy as np

    k = rows.shape[1]
    # How often two ratings of one item were c and k, each item weighing as much as it has ratings.
    pairs = (rows[:, :, None] * rows[:, None, :] - rows[:, :, None] * np.eye(k)) / np.maximum(
        rows.sum(axis=1) - 1, 1
    )[:, None, None]
    seen = (times @ pairs.reshape(len(rows), k * k)).reshape(-1, k, k)
    used = seen.sum(axis=1)
    apart = _apart(metric, used, numbers)
    expected = np.einsum("ti,tij,tj->t", used, apart, used)
    disagreed = np.einsum("tij,tij->t", seen, apart)
    with np.errstate(divide="ignore", invalid="ignore"):
        result: NDArray[float64] = np.where(
            expected > 0, 1 - (used.sum(axis=1) - 1) * disagreed / expected, np.nan
        )
    return result


def _apart(metric: str, used: NDArray[float64], numbers: NDArray[float64]) -> NDArray[float64]:
    """The squared distance of each two labels, for each row of how often the labels were used."""
    import numpy as np

    if metric == "nominal":
        return np.broadcast_to(1.0 - np.eye(len(numbers)), (len(used), len(numbers), len(numbers)))
    at = np.broadcast_to(numbers, used.shape)
    if metric == "ordinal":
        # Each label lies in the middle of its ratings when all are put in a row.
        order = np.argsort(numbers, kind="stable")
        at = np.empty_like(used)
        at[:, order] = np.cumsum(used[:, order], axis=1) - used[:, order] / 2
    squared: NDArray[float64] = (at[:, :, None] - at[:, None, :]) ** 2
    return squared


def percent_agreement(patterns: Sequence[Sequence[int]], multiplicity: Sequence[int] | None = None) -> float:
    """The share of pairs of ratings of one item that agree. Chance alone can make it high: read it beside alpha.

    patterns      rows of label counts
    multiplicity  how many items show each row; one each when not given

    nan when no item has two ratings.

    >>> percent_agreement([[2, 0], [1, 1], [3, 0]])   # 1 + 0 + 3 of 1 + 1 + 3 pairs
    0.8
    """
    rows, times = _counted(patterns, multiplicity)
    ratings = rows.sum(axis=1)
    same = float(times @ (rows * (rows - 1)).sum(axis=1))
    pairs = float(times @ (ratings * (ratings - 1)))
    return same / pairs if pairs else math.nan


def cohen_kappa(confusion: Sequence[Sequence[int]], *, weights: str = "none") -> float:
    """Cohen's kappa of two labelers.

    confusion  one row for each label of the first labeler, one column for each of the second: how many items
    weights    "none" counts every disagreement alike, "linear" by how many labels lie between, "quadratic" by
               the square of that (labels in their order)

    nan without items, or where both used one and the same label throughout.

    Source: Cohen, "A coefficient of agreement for nominal scales" (1960); "Weighted kappa" (1968). Checked
    against scikit-learn.

    >>> round(cohen_kappa([[20, 5], [10, 15]]), 3)   # (0.7 - 0.5) / (1 - 0.5)
    0.4
    """
    return float(_kappa(_square(confusion)[None, :, :], one_of("weights", weights, WEIGHTS))[0])


def cohen_interval(
    confusion: Sequence[Sequence[int]],
    *,
    weights: str = "none",
    level: float = 0.95,
    sides: int = 2,
    resamples: int = 2000,
    seed: int = 0,
) -> Bounds:
    """Cohen's kappa with an interval, by drawing the items anew (percentile bootstrap).

    confusion, weights   as for `cohen_kappa`
    resamples            how many times
    seed                 the same seed gives the same bounds

    Undefined for fewer than two items, and where kappa is. A draw in which only one label turns up counts as the
    lowest agreement at the lower end and as perfect at the upper. As in `agreement_interval`, neither bound is nearer
    to the value than the one that follows from the share of items on which the two differ, by Clopper and Pearson,
    at the observed use of labels: the bootstrap cannot see what did not happen.

    Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), chapter 13.

    >>> b = cohen_interval([[40, 5], [5, 50]])
    >>> print(f"{b.value:.3f} [{b.lower:.2f}, {b.upper:.2f}]")
    0.798 [0.64, 0.90]
    """
    import numpy as np

    a = tail(level, sides)
    table, how = _square(confusion), one_of("weights", weights, WEIGHTS)
    draws, n = positive("resamples", resamples), int(table.sum())
    rng = np.random.default_rng(whole("seed", seed))
    if n < 2:
        return Bounds.unknown("item_bootstrap", "two items that both rated are needed")
    value = float(_kappa(table[None, :, :], how)[0])
    if math.isnan(value):
        return Bounds.unknown(
            "item_bootstrap", "both used one and the same label: agreement cannot be told from chance"
        )
    drawn = rng.multinomial(n, table.ravel() / n, size=draws).reshape(draws, *table.shape)
    found = _kappa(drawn.astype(np.float64), how)
    lower = float(np.quantile(np.nan_to_num(found, nan=-1.0), a))
    upper = float(np.quantile(np.nan_to_num(found, nan=1.0), 1 - a))
    differing = n - int(np.trace(table))
    share = clopper_pearson(differing, n, level=1 - 2 * a)
    if differing:
        low, high = (1 - (1 - value) * end / share.value for end in (share.upper, share.lower))
    else:
        # The next item might lie as far apart as any two labels.
        chance = (
            float(np.einsum("i,j,ij->", table.sum(axis=1), table.sum(axis=0), _far(len(table), how))) / n**2
        )
        low, high = 1 - share.upper * float(_far(len(table), how).max()) / chance, 1.0
    return Bounds.around(value, max(min(lower, low), -1.0), max(upper, high), "item_bootstrap")


def _far(labels: int, weights: str) -> NDArray[float64]:
    """How much a disagreement on each two labels counts."""
    import numpy as np

    apart = np.abs(np.arange(labels)[:, None] - np.arange(labels)[None, :]).astype(np.float64)
    far: NDArray[float64] = {"none": np.minimum(apart, 1.0), "linear": apart, "quadratic": apart**2}[weights]
    return far


def _kappa(tables: NDArray[float64], weights: str) -> NDArray[float64]:
    """Kappa of each of several tables; nan where chance would agree on everything."""
    import numpy as np

    apart = _far(tables.shape[1], weights)
    total = tables.sum(axis=(1, 2))
    chance = np.einsum("ti,tj,ij->t", tables.sum(axis=2), tables.sum(axis=1), apart)
    seen = np.einsum("tij,ij->t", tables, apart) * total
    with np.errstate(divide="ignore", invalid="ignore"):
        result: NDArray[float64] = np.where(chance > 0, 1 - seen / chance, np.nan)
    return result


def _counted(
    patterns: Sequence[Sequence[int]], multiplicity: Sequence[int] | None
) -> tuple[NDArray[float64], NDArray[float64]]:
    import numpy as np

    rows = [row_of_counts(f"patterns[{i}]", p) for i, p in enumerate(patterns)]
    times = [1] * len(rows) if multiplicity is None else [whole("multiplicity", m) for m in multiplicity]
    if len(times) != len(rows):
        raise InvalidInput(
            f"there are {len(rows)} patterns and {len(times)} multiplicities", rule="one for each pattern"
        )
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise InvalidInput(
                f"patterns[{i}] has {len(row)} labels, the first has {len(rows[0])}",
                rule="every row counts the same labels",
                todo="write 0 for a label that an item did not get",
            )
    width = len(rows[0]) if rows else 1
    return np.array(rows, dtype=np.float64).reshape(len(rows), width), np.array(times, dtype=np.float64)


def _square(confusion: Sequence[Sequence[int]]) -> NDArray[float64]:
    import numpy as np

    rows = [row_of_counts(f"confusion[{i}]", row) for i, row in enumerate(confusion)]
    if not rows or any(len(row) != len(rows) for row in rows):
        raise InvalidInput(
            f"confusion has {len(rows)} rows, of {sorted({len(r) for r in rows})} columns",
            rule="one row and one column for each label",
        )
    return np.array(rows, dtype=np.float64)
