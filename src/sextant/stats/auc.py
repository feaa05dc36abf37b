"""How well does a score tell two groups apart? The area under the ROC curve with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from sextant.errors import InvalidInput
from sextant.stats._checks import tail
from sextant.stats.intervals import Bounds


@dataclass(frozen=True, slots=True)
class Auc:
    """An area under the ROC curve, with what its interval follows from at any level.

    value, error   the area, and DeLong's standard error of it; nan where it is undefined
    first, second  how many members the groups had

    >>> found = Auc(0.8, 0.05, 40, 40).bounds()
    >>> round(found.lower, 2), round(found.upper, 2)
    (0.68, 0.88)
    """

    value: float
    error: float
    first: int
    second: int

    def bounds(self, level: float = 0.95, sides: int = 2) -> Bounds:
        """DeLong's interval, on the logit scale so that it stays between 0 and 1; at an area of exactly 0 or 1, and
        where the error is 0, it spans what so few members allow (the rule of three)."""
        if math.isnan(self.value):
            return Bounds.unknown("delong_logit", "a group has fewer than two members")
        area, a = self.value, tail(level, sides)
        if area in (0.0, 1.0) or self.error == 0:
            room = min(-math.log(a) / min(self.first, self.second), 0.5)
            return Bounds.around(area, max(area - room, 0.0), min(area + room, 1.0), "delong_logit")
        z = NormalDist().inv_cdf(1 - a)
        middle, away = math.log(area / (1 - area)), z * self.error / (area * (1 - area))
        lower, upper = (1 / (1 + math.exp(-at)) for at in (middle - away, middle + away))
        return Bounds.around(area, lower, upper, "delong_logit")


def auc(folds: Sequence[tuple[Any, Any]], *, level: float = 0.95, sides: int = 2) -> Bounds:
    """The chance that a random member of the second group has the higher score, ties counting half.

    folds  pairs of scores, those of the first and of the second group. One pair for scores of one model; with
           cross-fitting, a pair for each fold, as scores of different models are not on one scale. The areas
           are then averaged, weighted by the folds' pairs of members

    0.5 means that the score tells nothing. The interval is that of `Auc.bounds`. Undefined when a group has fewer than
    two members in a fold.

    Source: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated ROC curves"
    (1988), by the ranks of Sun and Xu (2014); the logit: Pepe, "The statistical evaluation of medical tests"
    (2003), section 5.2.

    >>> print(auc([([1, 2, 3, 4], [3, 4, 5, 6])]).value)   # 13 of 16 pairs, two of them ties: 12 + 2 / 2
    0.875
    """
    return area_of(folds).bounds(level, sides)


def area_of(folds: Sequence[tuple[Any, Any]]) -> Auc:
    """The same without an interval, but with all that one needs.

    >>> area_of([([1, 2, 3, 4], [3, 4, 5, 6])]).value
    0.875
    """
    import numpy as np
    from scipy.stats import rankdata

    if not folds:
        raise InvalidInput("there are no scores", rule="at least one pair of groups")
    areas, variances, weights = [], [], []
    for first, second in folds:
        x, y = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
        if not (np.isfinite(x).all() and np.isfinite(y).all()):
            raise InvalidInput("a score is not finite", rule="scores are finite numbers")
        n, m = len(x), len(y)
        if min(n, m) < 2:
            return Auc(math.nan, math.nan, n, m)
        ranks = rankdata(np.concatenate([x, y]))
        # For each member, the share of the other group that lies on the right side of it.
        over = (ranks[n:] - rankdata(y)) / n
        under = 1 - (ranks[:n] - rankdata(x)) / m
        areas.append(float(over.mean()))
        variances.append(float(over.var(ddof=1) / m + under.var(ddof=1) / n))
        weights.append(n * m)
    total = sum(weights)
    area = sum(w * a for w, a in zip(weights, areas, strict=True)) / total
    error = math.sqrt(sum((w / total) ** 2 * v for w, v in zip(weights, variances, strict=True)))
    first, second = sum(len(x) for x, _ in folds), sum(len(y) for _, y in folds)
    return Auc(area, error, first, second)
