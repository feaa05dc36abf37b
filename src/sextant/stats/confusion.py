"""What a confusion matrix says of a classifier: every share and average of it, with an interval, from the counts.

Rows are the right classes, columns the answers, in the same order; one more column at the end counts the rows without
an answer, which are wrong whatever the class. The counts of two parts add up to those of the whole.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sextant.errors import InvalidInput
from sextant.stats._checks import one_of, tail, whole
from sextant.stats.intervals import Bounds, normal_quantile, wilson

#: About one class, which is named by its place.
ONE_CLASS = ("precision", "recall", "specificity", "false_positive_rate", "f1")
#: About all classes.
ALL_CLASSES = (
    "accuracy", "balanced_accuracy", "precision_macro", "precision_micro", "precision_weighted", "recall_macro",
    "recall_micro", "recall_weighted", "f1_macro", "f1_micro", "f1_weighted",
)  # fmt: skip
METRICS = (*ONE_CLASS, *ALL_CLASSES)

Counts = Sequence[Sequence[int]]


def confusion_metric(
    metric: str,
    counts: Counts,
    *,
    positive: int | None = None,
    clusters: int | None = None,
    products: Counts | None = None,
    level: float = 0.95,
    sides: int = 2,
) -> Bounds:
    """One of `METRICS` with its interval, from the counts of a confusion matrix.

    counts     a row for each right class, a column for each answer; one column more counts missing answers
    positive   the place of the class that precision, recall, specificity, false_positive_rate and f1 are about
    clusters   how many units (users, documents) the rows come from, where one unit has several rows
    products   with `clusters`: for two cells of the matrix (row by row), the sum over units of the product of the
               unit's two counts

    macro averages the classes, weighted weighs them by how often they are right, micro counts all rows together; where
    every row has one right class and an answer, the micro averages all are the accuracy. recall_macro is
    balanced_accuracy: the mean over the classes that occur. Of a class that was never answered the precision counts as
    0 in an average, as scikit-learn has it by default; alone it is undefined.

    Which interval, by what is known of it:

    - a share of rows (accuracy, recall, precision, specificity): Wilson's
    - f1 of one class: Wilson's for TP / (TP + FP + FN), of which f1 is the growing function 2q / (1 + q)
    - balanced accuracy: Wilson's of each class, put together as for independent shares (method "mover_wilson")
    - other averages: the delta method over the multinomial counts, on the logit scale ("delta_logit")
    - with `clusters`: the same linear approximation, summed within units ("cluster_logit"); Student's t quantile on
      units - 1 degrees of freedom

    Undefined where nothing was counted, or with fewer than two clusters. Raises `InvalidInput` for counts that are no
    matrix.

    Source: Wilson (1927); Zou and Donner, "Construction of confidence limits about effect measures" (2008), for
    independent shares; Takahashi, Yamamoto, Kuchiba and Koyama, "Confidence interval for micro-averaged F1 and
    macro-averaged F1 scores" (2022), for the delta method; Liang and Zeger, "Longitudinal data analysis using
    generalized linear models" (1986), for sums within units.

    >>> b = confusion_metric("f1", [[50, 10], [5, 35]], positive=1)   # q = 35 / 50
    >>> print(f"{b.value:.4f} [{b.lower:.4f}, {b.upper:.4f}] {b.method}")
    0.8235 [0.7200, 0.8944] wilson
    """
    import numpy as np

    one_of("metric", metric, METRICS)
    a = tail(level, sides)
    found = _matrix(counts)
    if (metric in ONE_CLASS) != (positive is not None):
        raise InvalidInput(
            f"{metric} is about {'one class' if metric in ONE_CLASS else 'all classes'}",
            rule="`positive` names the class for those that are about one, and goes with no other",
        )
    if positive is not None and not 0 <= positive < len(found):
        raise InvalidInput(f"positive is {positive}", rule=f"it is the place of one of {len(found)} classes")
    if clusters is not None:
        if products is None:
            raise InvalidInput("clusters come without products", rule="both say which rows belong together")
        return _clustered(
            metric, found, positive, whole("clusters", clusters), np.asarray(products, float), a
        )
    if metric in ONE_CLASS:
        assert positive is not None  # noqa: S101 - looked at above
        return _one_class(metric, found, positive, level, sides)
    share = _as_share(metric, found)
    if share is not None:
        return wilson(*share, level=level, sides=sides)
    if metric in ("balanced_accuracy", "recall_macro"):
        return _balanced(found, level, sides)
    value, gradient = _linear(metric, found, positive)
    if math.isnan(value):
        return Bounds.unknown("delta_logit", "there were no rows")
    variance = float((found * gradient**2).sum())
    if variance <= 1e-18 or not 0 < value < 1:
        # All right or all wrong: the counts show no spread, and Wilson's limits of the classes speak for it.
        return _by_classes(metric, found, level, sides)
    return _on_logits(value, math.sqrt(variance), -normal_quantile(a), "delta_logit")


def _matrix(counts: Counts) -> Any:
    import numpy as np

    rows = [list(row) for row in counts]
    widths = {len(row) for row in rows}
    if not rows or len(widths) != 1 or widths.pop() not in (len(rows), len(rows) + 1):
        raise InvalidInput(
            "the counts are no confusion matrix",
            rule="a row for each class, a column for each class, and one more for missing answers if there are any",
        )
    return np.array([[whole("count", v) for v in row] for row in rows], dtype=np.float64)


def _parts(found: Any, k: int) -> tuple[int, int, int, int]:
    """True and false positives, false and true negatives of one class."""
    hits = int(found[k, k])
    called, are, all_ = int(found[:, k].sum()), int(found[k].sum()), int(found.sum())
    return hits, called - hits, are - hits, all_ - called - are + hits


def _one_class(metric: str, found: Any, k: int, level: float, sides: int) -> Bounds:
    tp, fp, fn, tn = _parts(found, k)
    if metric == "f1":
        under = wilson(tp, tp + fp + fn, level=level, sides=sides)
        if under.undefined:
            return Bounds.unknown("wilson", "the class neither occurs nor was answered")
        return Bounds.around(_doubled(under.value), _doubled(under.lower), _doubled(under.upper), "wilson")
    successes, trials, why = {
        "precision": (tp, tp + fp, "the class was never answered"),
        "recall": (tp, tp + fn, "the class never occurs"),
        "specificity": (tn, tn + fp, "every row is of the class"),
        "false_positive_rate": (fp, tn + fp, "every row is of the class"),
    }[metric]
    return wilson(successes, trials, level=level, sides=sides) if trials else Bounds.unknown("wilson", why)


def _doubled(q: float) -> float:
    return 2 * q / (1 + q)


def _as_share(metric: str, found: Any) -> tuple[int, int] | None:
    hits, n = int(found.trace()), int(found.sum())
    answered = int(found[:, : len(found)].sum())
    if metric in ("accuracy", "recall_micro", "recall_weighted"):
        return hits, n
    if metric == "precision_micro":
        return hits, answered
    # F1 over all rows together: 2 hits of (rows + answers), the same as the accuracy where all are answered.
    return (hits, n) if metric == "f1_micro" and answered == n else None


def _balanced(found: Any, level: float, sides: int) -> Bounds:
    there = [k for k in range(len(found)) if found[k].sum()]
    if not there:
        return Bounds.unknown("mover_wilson", "there were no rows")
    parts = [wilson(int(found[k, k]), int(found[k].sum()), level=level, sides=sides) for k in there]
    return _mover(parts, [1 / len(parts)] * len(parts))


def _mover(parts: Sequence[Bounds], weights: Sequence[float]) -> Bounds:
    """A weighted sum of independent estimates out of the limits of each."""
    value = math.fsum(w * p.value for w, p in zip(weights, parts, strict=True))
    down = math.sqrt(math.fsum((w * (p.value - p.lower)) ** 2 for w, p in zip(weights, parts, strict=True)))
    up = math.sqrt(math.fsum((w * (p.upper - p.value)) ** 2 for w, p in zip(weights, parts, strict=True)))
    return Bounds.around(value, max(value - down, 0.0), min(value + up, 1.0), "mover_wilson")


def _by_classes(metric: str, found: Any, level: float, sides: int) -> Bounds:
    """An average of the classes at 0 or 1 from Wilson's limits of each."""
    which = metric.partition("_")[0]
    there = [k for k in range(len(found)) if found[k].sum() + found[:, k].sum()]
    parts = [_one_class("f1" if which == "f1" else which, found, k, level, sides) for k in there]
    nought = Bounds(0.0, 0.0, 1.0, "wilson")
    parts = [nought if p.undefined else p for p in parts]
    weights = [found[k].sum() / found.sum() if metric.endswith("weighted") else 1 / len(there) for k in there]
    return _mover(parts, weights)


def _linear(metric: str, found: Any, positive: int | None) -> tuple[float, Any]:
    """The value, and its derivative by each count."""
    import numpy as np

    k = len(found)
    square = found[:, :k]
    are, called, hits, n = found.sum(1), square.sum(0), np.diag(square).copy(), float(found.sum())
    gradient = np.zeros_like(found)
    if n == 0:
        return math.nan, gradient
    diagonal = np.arange(k)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision, recall = np.where(called > 0, hits / called, 0), np.where(are > 0, hits / are, 0)
        f1 = np.where(are + called > 0, 2 * hits / (are + called), 0)
        per_called, per_are = np.where(called > 0, 1 / called, 0), np.where(are > 0, 1 / are, 0)
        per_both = np.where(are + called > 0, 1 / (are + called), 0)

    def spread(which: str, weights: Any) -> None:
        if which == "precision":
            gradient[:, :k] -= weights * precision * per_called
            gradient[diagonal, diagonal] += weights * per_called
        elif which == "recall":
            gradient[...] -= (weights * recall * per_are)[:, None]
            gradient[diagonal, diagonal] += weights * per_are
        else:
            gradient[...] -= (weights * f1 * per_both)[:, None]
            gradient[:, :k] -= weights * f1 * per_both
            gradient[diagonal, diagonal] += 2 * weights * per_both

    by_class = {"precision": precision, "recall": recall, "f1": f1}
    if metric in by_class:
        one = np.zeros(k)
        one[positive] = 1.0
        spread(metric, one)
        denominators = {"precision": called, "recall": are, "f1": are + called}[metric]
        return (float(by_class[metric][positive]) if denominators[positive] else math.nan), gradient
    if metric in ("specificity", "false_positive_rate"):
        others = n - are[positive]
        if others == 0:
            return math.nan, gradient
        rate = float((called[positive] - hits[positive]) / others)
        gradient[...] = -rate / others
        gradient[:, positive] += 1 / others
        gradient[positive] = 0.0
        return (1 - rate, -gradient) if metric == "specificity" else (rate, gradient)
    if metric in ("accuracy", "recall_micro", "recall_weighted"):
        gradient[...] = -hits.sum() / n / n
        gradient[diagonal, diagonal] += 1 / n
        return float(hits.sum() / n), gradient
    if metric in ("precision_micro", "f1_micro"):
        answered = square.sum() if metric == "precision_micro" else (square.sum() + n) / 2
        if answered == 0:
            return math.nan, gradient
        value = float(hits.sum() / answered)
        gradient[:, :k] -= value / answered
        if metric == "f1_micro":
            gradient[:, k:] -= value / answered / 2
        gradient[diagonal, diagonal] += 1 / answered
        return value, gradient
    which, _, how = ("recall", "", "macro") if metric == "balanced_accuracy" else metric.partition("_")
    values = by_class[which]
    if how == "weighted":
        spread(which, are / n)
        value = float((are / n * values).sum())
        gradient += ((values - value) / n)[:, None]
        return value, gradient
    there = are > 0 if which == "recall" else are + called > 0
    weights = there / there.sum()
    spread(which, weights)
    return float((weights * values).sum()), gradient


def _clustered(metric: str, found: Any, positive: int | None, units: int, products: Any, a: float) -> Bounds:
    from scipy.special import stdtrit

    cells = found.size
    if products.shape != (cells, cells):
        raise InvalidInput(
            f"products are {' by '.join(map(str, products.shape))}",
            rule=f"one for every two of the {cells} cells of the matrix",
        )
    if units < 2:
        return Bounds.unknown("cluster_logit", "a spread between units needs two of them")
    value, gradient = _linear(metric, found, positive)
    if math.isnan(value):
        return Bounds.unknown("cluster_logit", "no row is one that it is about")
    flat = gradient.ravel()
    variance = max(float(flat @ products @ flat), 0.0) * units / (units - 1)
    t = -float(stdtrit(units - 1, a))
    if variance <= 1e-18 or not 0 < value < 1:
        # No unit differs from another: what so many units can tell at most, as if each were one row.
        whole_units = wilson(round(value * units), units, level=1 - 2 * a)
        return Bounds.around(value, whole_units.lower, whole_units.upper, "cluster_logit")
    return _on_logits(value, math.sqrt(variance), t, "cluster_logit")


def _on_logits(value: float, error: float, quantile: float, method: str) -> Bounds:
    middle, away = math.log(value / (1 - value)), quantile * error / (value * (1 - value))
    lower, upper = (_expit(at) for at in (middle - away, middle + away))
    return Bounds.around(value, lower, upper, method)


def _expit(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))
