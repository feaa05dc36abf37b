"""Two models on the same cases: is the difference real, and how large?

Cases that both answer alike say nothing of the difference; pairing takes them out, so that it needs far fewer cases than
two samples would. Everything is computed from counts: how many cases had which right class and which two answers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from sextant.errors import InvalidInput
from sextant.stats._checks import at_least_zero, number, one_of, positive, tail, whole
from sextant.stats.confusion import METRICS, ONE_CLASS, _linear
from sextant.stats.intervals import Bounds, normal_quantile, wilson

#: What an interval says against a margin.
CONCLUSIONS = ("better", "worse", "equivalent", "not_worse", "cannot_tell")


def difference_paired(
    both: int, first: int, second: int, neither: int, *, level: float = 0.95, sides: int = 2
) -> Bounds:
    """Interval for the difference of two shares on the same cases, first minus second, from how many cases both got
    right, only the first, only the second, neither.

    Undefined without cases.

    Source: Newcombe, "Improved confidence intervals for the difference between binomial proportions based on paired
    data" (1998), method 10: Wilson's limits of the two shares, with the correlation of the two taken in.

    >>> b = difference_paired(36, 12, 2, 0)
    >>> print(f"{b.value:.4f} [{b.lower:.4f}, {b.upper:.4f}]")
    0.2000 [0.0569, 0.3404]
    """
    a = tail(level, sides)
    e, f, g, h = (
        whole(n, v) for n, v in (("both", both), ("first", first), ("second", second), ("neither", neither))
    )
    n = e + f + g + h
    if n == 0:
        return Bounds.unknown("newcombe_paired", "there were no cases")
    one, other = (wilson(s, n, level=1 - 2 * a) for s in (e + f, e + g))
    d = (f - g) / n
    margins = math.sqrt((e + f) * (g + h)) * math.sqrt((e + g) * (f + h))
    product = e * h - f * g
    # A positive correlation narrows the interval, so it is taken a little smaller.
    phi = 0.0 if margins == 0 else (max(product - n / 2, 0.0) if product > 0 else product) / margins
    down, up = one.value - one.lower, other.upper - other.value
    lower = d - math.sqrt(max(down * down - 2 * phi * down * up + up * up, 0.0))
    down, up = one.upper - one.value, other.value - other.lower
    upper = d + math.sqrt(max(down * down - 2 * phi * down * up + up * up, 0.0))
    return Bounds.around(d, max(lower, -1.0), min(upper, 1.0), "newcombe_paired")


def mcnemar_p(first: int, second: int) -> float:
    """The chance of so uneven a split of the cases that only one of two models got right, if the two were equally
    good: `first` cases the one, `second` the other. The mid-p version, which is neither too cautious nor too bold; 1
    where there is no such case.

    Source: McNemar (1947); Fagerland, Lydersen and Laake, "The McNemar test for binary matched-pairs data: mid-p and
    asymptotic are better than exact conditional" (2013).

    >>> round(mcnemar_p(1, 8), 5)   # 2 * (10 / 512) less the middle 9 / 512
    0.02148
    """
    b, c = whole("first", first), whole("second", second)
    if b + c == 0:
        return 1.0
    from scipy.stats import binom

    low = min(b, c)
    p = 2 * binom.cdf(low, b + c, 0.5) - binom.pmf(low, b + c, 0.5)
    return float(min(p, 1.0))


#: The right class (by its place, from 0 on), the answer of the first model, that of the second, and how many cases were
#: so. An answer of -1 is no answer.
Case = tuple[int, int, int, int]


def difference_confusion(
    metric: str,
    cases: Sequence[Case],
    *,
    positive: int | None = None,
    level: float = 0.95,
    sides: int = 2,
) -> Bounds:
    """Interval for the difference of a metric of `sextant.stats.confusion` between two models on the same cases, first
    minus second.

    cases      (right class, first answer, second answer, how many), classes by their place from 0 on; -1 is no answer

    By the delta method over the multinomial counts: the spread is that of the difference itself, case by case. For
    accuracy `difference_paired` is better near 0 and 1 and is taken. Undefined where a metric is, and where no two
    answers differ.

    Source: Agresti, "Categorical data analysis" (2013), section 16.1, for the delta method on counts.

    >>> b = difference_confusion("f1", [(1, 1, 1, 50), (1, 1, 0, 12), (1, 0, 1, 3), (0, 0, 0, 60), (0, 1, 0, 5)], positive=1)
    >>> print(f"{b.value:.4f} [{b.lower:.4f}, {b.upper:.4f}]")
    0.0411 [-0.0321, 0.1143]
    """
    import numpy as np

    a = tail(level, sides)
    one_of("metric", metric, METRICS)
    if (metric in ONE_CLASS) != (positive is not None):
        raise InvalidInput(f"{metric} and positive do not go together", rule="`positive` names the one class")
    one, other, cells, many = _tables(cases)
    if metric in ("accuracy", "recall_micro", "recall_weighted"):
        right = np.array([[t == x, t == y] for t, x, y in cells]).reshape(-1, 2)
        e, f, g = ((right @ [2, 1] == k) @ many for k in (3, 2, 1))
        return difference_paired(
            int(e), int(f), int(g), int(many.sum() - e - f - g), level=level, sides=sides
        )
    (va, ga), (vb, gb) = (_linear(metric, m, positive) for m in (one, other))
    if math.isnan(va) or math.isnan(vb):
        return Bounds.unknown("delta_paired", "one of the two has no row that it is about")
    d = va - vb
    slopes = np.array([ga[t, x] - gb[t, y] for t, x, y in cells])
    variance = float((many * slopes**2).sum())
    if variance <= 1e-18:
        return Bounds.unknown("delta_paired", "no two answers differ: no spread was seen to judge by")
    half = -normal_quantile(a) * math.sqrt(variance)
    return Bounds.around(d, max(d - half, -1.0), min(d + half, 1.0), "delta_paired")


def permutation_p(
    metric: str, cases: Sequence[Case], *, positive: int | None = None, resamples: int = 10_000, seed: int = 0
) -> float:  # fmt: skip
    """The chance of a difference at least as large, in either direction, if it did not matter which of the two models
    gave which answer: the two answers of each case are swapped at random.

    Swapping is drawn on the counts, so a million cases take as long as a hundred. The smallest possible answer is
    1 / (resamples + 1).

    Source: Good, "Permutation, parametric and bootstrap tests of hypotheses" (2005), section 3.7; the one added above
    and below: Phipson and Smyth, "Permutation p-values should never be zero" (2010).

    >>> permutation_p("accuracy", [(1, 1, 0, 8), (1, 0, 1, 1), (0, 0, 0, 90)], resamples=1000) < 0.06
    True
    """
    import numpy as np

    rounds = _resamples(resamples)
    counted: dict[tuple[int, int, int], int] = {}
    for t, x, y, many in cases:
        counted[(t, x, y)] = counted.get((t, x, y), 0) + whole("cases", many)
    rng = np.random.default_rng(seed)
    pairs = sorted({(t, min(x, y), max(x, y)) for t, x, y in counted if x != y})
    fixed = [(t, x, y, n) for (t, x, y), n in counted.items() if x == y]
    one, other, _, _ = _tables([(*k, n) for k, n in counted.items()])
    seen = abs(_value(metric, one, positive) - _value(metric, other, positive))
    if math.isnan(seen):
        return math.nan
    classes = len(one)
    base = np.zeros((classes, classes + 1))
    for t, x, _, n in fixed:
        base[t, x] += n
    totals = [counted.get((t, x, y), 0) + counted.get((t, y, x), 0) for t, x, y in pairs]
    kept = (
        np.stack([rng.binomial(n, 0.5, rounds) for n in totals], axis=1)
        if pairs
        else np.zeros((rounds, 0), int)
    )
    first, second = np.repeat(base[None], rounds, 0), np.repeat(base[None], rounds, 0)
    for i, (t, x, y) in enumerate(pairs):
        stay = kept[:, i]
        first[:, t, x] += stay
        first[:, t, y] += totals[i] - stay
        second[:, t, y] += stay
        second[:, t, x] += totals[i] - stay
    drawn = np.abs(_values(metric, first, positive) - _values(metric, second, positive))
    return float((1 + int((drawn >= seen - 1e-12).sum())) / (rounds + 1))


def bootstrap_difference(
    metric: str, cases: Sequence[Case], *, positive: int | None = None, resamples: int = 2000, seed: int = 0,
    level: float = 0.95, sides: int = 2,
) -> Bounds:  # fmt: skip
    """Interval for the difference of a metric between two models, first minus second, by drawing the cases again with
    their two answers together (percentiles). Drawn on the counts, which is the same and takes no longer for more cases.

    `difference_confusion` needs no drawing; this is the second opinion, for few cases or rare classes.

    Source: Efron and Tibshirani, "An introduction to the bootstrap" (1993), section 13.3.

    >>> b = bootstrap_difference("f1", [(1, 1, 1, 50), (1, 1, 0, 12), (1, 0, 1, 3), (0, 0, 0, 60), (0, 1, 0, 5)], positive=1)
    >>> b.lower < 0.05 < b.upper
    True
    """
    import numpy as np

    a, rounds = tail(level, sides), _resamples(resamples)
    one, other, cells, many = _tables(cases)
    d = _value(metric, one, positive) - _value(metric, other, positive)
    if math.isnan(d):
        return Bounds.unknown("bootstrap_paired", "one of the two has no row that it is about")
    rng = np.random.default_rng(seed)
    n = int(many.sum())
    drawn = rng.multinomial(n, many / n, rounds)
    classes = len(one)
    first, second = np.zeros((rounds, classes, classes + 1)), np.zeros((rounds, classes, classes + 1))
    for i, (t, x, y) in enumerate(cells):
        first[:, t, x] += drawn[:, i]
        second[:, t, y] += drawn[:, i]
    differences = _values(metric, first, positive) - _values(metric, second, positive)
    low, high = np.nanquantile(differences, [a, 1 - a])
    return Bounds.around(d, low, high, "bootstrap_paired")


def conclude(lower: float, upper: float, margin: float, *, higher_is_better: bool = True) -> str:
    """What an interval for a difference (candidate minus other) says against a margin, one of `CONCLUSIONS`.

    better       all of it on the better side of 0
    worse        all of it on the worse side of 0
    equivalent   all of it within the margin, whichever side (two one-sided tests)
    not_worse    all of it better than a loss of the margin
    cannot_tell  none of these: more cases are needed

    The interval must be the one at the level that is wanted: two-sided at 90 % tests equivalence at 5 %. Better comes
    before equivalent: a difference that is real and small is both, and is named by its side only if it exceeds the
    margin at its far end.

    Source: Schuirmann, "A comparison of the two one-sided tests procedure and the power approach" (1987).

    >>> conclude(-0.004, 0.003, 0.01), conclude(0.01, 0.05, 0.02), conclude(-0.01, 0.08, 0.02), conclude(-0.1, 0.1, 0.02)
    ('equivalent', 'better', 'not_worse', 'cannot_tell')
    """
    room = at_least_zero("margin", margin)
    low, high = (number("lower", lower), number("upper", upper))
    if not higher_is_better:
        low, high = -high, -low
    if room > 0 and -room < low and high < room:
        return "equivalent"
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "not_worse" if room > 0 and low > -room else "cannot_tell"


def _resamples(resamples: int) -> int:
    return positive("resamples", resamples)


def _tables(cases: Sequence[Case]) -> tuple[Any, Any, list[tuple[int, int, int]], Any]:
    import numpy as np

    if not cases:
        raise InvalidInput("there are no cases", rule="two models are compared on cases that both answered")
    k = 1 + max(max(case[:3]) for case in cases)
    one, other = np.zeros((k, k + 1)), np.zeros((k, k + 1))
    cells, many = [], []
    for t, x, y, n in cases:
        if t < 0 or min(x, y) < -1:
            raise InvalidInput(
                f"a case has the classes {t}, {x}, {y}", rule="classes count from 0; -1 is no answer"
            )
        one[t, x] += whole("cases", n)
        other[t, y] += n
        cells.append((t, x, y))
        many.append(n)
    if not sum(many):
        raise InvalidInput("there are no cases", rule="two models are compared on cases that both answered")
    return one, other, cells, np.array(many, dtype=np.float64)


def _value(metric: str, table: Any, positive: int | None) -> float:
    return float(_values(metric, table[None], positive)[0])


def _values(metric: str, tables: Any, positive: int | None) -> Any:
    """A metric of many confusion matrices at once (matrices × classes × answers); nan where it is undefined."""
    import numpy as np

    k = tables.shape[1]
    square = tables[:, :, :k]
    are, called, n = tables.sum(2), square.sum(1), tables.sum((1, 2))
    hits = np.diagonal(square, axis1=1, axis2=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        if metric in ONE_CLASS:
            assert positive is not None  # noqa: S101 - callers look
            h, c, r = hits[:, positive], called[:, positive], are[:, positive]
            if metric in ("specificity", "false_positive_rate"):
                rate = (c - h) / (n - r)
                return 1 - rate if metric == "specificity" else rate
            return {"precision": h / c, "recall": h / r, "f1": 2 * h / (c + r)}[metric]
        if metric in ("accuracy", "recall_micro", "recall_weighted"):
            return hits.sum(1) / n
        if metric == "precision_micro":
            return hits.sum(1) / called.sum(1)
        if metric == "f1_micro":
            return 2 * hits.sum(1) / (called.sum(1) + n)
        which, _, how = ("recall", "", "macro") if metric == "balanced_accuracy" else metric.partition("_")
        below = {"precision": called, "recall": are, "f1": (are + called) / 2}[which]
        values = np.where(below > 0, hits / np.where(below > 0, below, 1), 0)
        if how == "weighted":
            return (are * values).sum(1) / n
        there = are > 0 if which == "recall" else are + called > 0
        return (values * there).sum(1) / there.sum(1)
