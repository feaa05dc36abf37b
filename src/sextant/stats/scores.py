"""What scores tell of a yes/no question: areas under curves, calibration, the best threshold, from sorted counts.

Everything here reads one `ScoreCounts`: for each different score, how many rows were positive and how many negative.
Two of them add up. A million rows make one in a fifth of a second; scores on steps (of 0.001, say) make a small one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from sextant.errors import InvalidInput
from sextant.stats._checks import at_least_zero, number, tail, whole
from sextant.stats.intervals import Bounds, normal_quantile

#: A reliability curve has so many steps of equal width.
BINS = 15


@dataclass(frozen=True, slots=True)
class ScoreCounts:
    """Rows by their score, ascending.

    score      the different scores
    positive   how many rows of each are of the positive class
    negative   how many are not

    >>> (ScoreCounts.of([0.2], [1]) + ScoreCounts.of([0.2, 0.9], [0, 0])).negative.tolist()
    [1, 1]
    """

    score: Any
    positive: Any
    negative: Any

    @classmethod
    def of(cls, score: Any, positive: Any) -> Self:
        """Count rows by score. `positive` says of each row whether it is of the class (0 and 1, or no and yes).

        >>> c = ScoreCounts.of([0.2, 0.9, 0.2, 0.4], [0, 1, 1, 0])
        >>> c.score.tolist(), c.positive.tolist(), c.negative.tolist()
        ([0.2, 0.4, 0.9], [1, 0, 1], [1, 1, 0])
        """
        import numpy as np

        s, y = np.asarray(score, dtype=np.float64), np.asarray(positive).astype(bool)
        if s.shape != y.shape or s.ndim != 1:
            raise InvalidInput(
                f"there are {s.size} scores and {y.size} right answers", rule="one of each for every row"
            )
        if not np.isfinite(s).all():
            raise InvalidInput("a score is not finite", rule="scores are finite numbers")
        ones, noughts = np.sort(s[y]), np.sort(s[~y])
        return cls._joined(*_runs(ones), *_runs(noughts))

    @classmethod
    def _joined(cls, one: Any, ones: Any, other: Any, others: Any) -> Self:
        import numpy as np

        scores = np.union1d(one, other)
        p, n = np.zeros(len(scores), np.int64), np.zeros(len(scores), np.int64)
        p[np.searchsorted(scores, one)] = ones
        n[np.searchsorted(scores, other)] = others
        return cls(scores, p, n)

    def __add__(self, other: ScoreCounts) -> ScoreCounts:
        import numpy as np

        scores = np.union1d(self.score, other.score)
        p, n = np.zeros(len(scores), np.int64), np.zeros(len(scores), np.int64)
        for part in (self, other):
            at = np.searchsorted(scores, part.score)
            p[at] += part.positive
            n[at] += part.negative
        return ScoreCounts(scores, p, n)

    @property
    def positives(self) -> int:
        return int(self.positive.sum())

    @property
    def negatives(self) -> int:
        return int(self.negative.sum())

    @property
    def tied(self) -> float:
        """The share of pairs of a positive and a negative row that have one score."""
        pairs = self.positives * self.negatives
        return float((self.positive.astype(float) * self.negative).sum() / pairs) if pairs else math.nan


def _runs(ordered: Any) -> tuple[Any, Any]:
    """The different values of a sorted array, and how often each comes."""
    import numpy as np

    if not len(ordered):
        return ordered, np.zeros(0, np.int64)
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


@dataclass(frozen=True, slots=True)
class Area:
    """The area under the ROC curve with what its interval needs.

    positives, negatives   how many rows of either kind
    area                   the chance that a positive row has the higher score, ties counting half
    m2_over, m2_under      sum of squared deviations, over the positives, of the share of negatives that each lies above;
                           over the negatives, of the share of positives that lie above each

    >>> roc_area(ScoreCounts.of([1, 2, 3], [0, 1, 1]))
    Area(positives=2, negatives=1, area=1.0, m2_over=0.0, m2_under=0.0)
    """

    positives: int
    negatives: int
    area: float
    m2_over: float
    m2_under: float


def roc_area(counts: ScoreCounts) -> Area:
    """The area under the ROC curve, exactly, in the form that `auc_interval` reads.

    >>> roc_area(ScoreCounts.of([1, 2, 3, 4, 3, 4, 5, 6], [0] * 4 + [1] * 4)).area
    0.875
    """
    import numpy as np

    p, n = counts.positive, counts.negative
    many_p, many_n = counts.positives, counts.negatives
    if not many_p or not many_n:
        return Area(many_p, many_n, math.nan, 0.0, 0.0)
    over = (np.cumsum(n) - n / 2) / many_n
    under = 1 - (np.cumsum(p) - p / 2) / many_p
    area = float((over * p).sum() / many_p)
    return Area(
        many_p,
        many_n,
        area,
        float((p * (over - area) ** 2).sum()),
        float((n * (under - area) ** 2).sum()),
    )


def auc_interval(
    positives: int, negatives: int, area: float, m2_over: float, m2_under: float,
    *, level: float = 0.95, sides: int = 2,
) -> Bounds:  # fmt: skip
    """DeLong's interval for an area under the ROC curve from what `Area` holds, on the logit scale.

    0.5 means that the score tells nothing. At an area of exactly 0 or 1, or where all rows of a class have one rank, it
    spans what so few rows allow (the rule of three). Undefined with fewer than two rows of either class. Of raw scores,
    also of several models' folds, `auc` gives the same; where units have several rows, `auc_units_interval`.

    Source: DeLong, DeLong and Clarke-Pearson (1988), by the ranks of Sun and Xu (2014); the logit: Pepe, "The
    statistical evaluation of medical tests" (2003), section 5.2.

    >>> a = roc_area(ScoreCounts.of([1, 2, 3, 4, 3, 4, 5, 6], [0] * 4 + [1] * 4))
    >>> b = auc_interval(a.positives, a.negatives, a.area, a.m2_over, a.m2_under)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.875 [0.427, 0.985]
    """
    a = tail(level, sides)
    m, n = whole("positives", positives), whole("negatives", negatives)
    if min(m, n) < 2:
        lacks = "positive" if m < 2 else "negative"
        have = {0: "no", 1: "only one"}[min(m, n)]
        return Bounds.unknown("delong_logit", f"there is {have} {lacks} row: two of either class are needed")
    variance = (
        at_least_zero("m2_over", m2_over) / (m - 1) / m + at_least_zero("m2_under", m2_under) / (n - 1) / n
    )
    return _area(_share("area", area), variance, -normal_quantile(a), min(m, n), a, "delong_logit")


def auc_units_interval(
    units: int, area: float, squares: float, *, level: float = 0.95, sides: int = 2
) -> Bounds:
    """The interval for an area under the ROC curve whose rows come from units (users, documents) with several rows each.

    `squares` is the sum over units of the square of what the unit's rows add to the area beside its mean: a positive
    row the share of negatives it lies above less the area, over the number of positives; a negative row likewise. The
    quantile is Student's on units - 1 degrees of freedom.

    Undefined with fewer than two units.

    Source: Obuchowski, "Nonparametric analysis of clustered ROC curve data" (1997).

    >>> b = auc_units_interval(40, 0.8, 0.0016)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.800 [0.706, 0.870]
    """
    a = tail(level, sides)
    many = whole("units", units)
    if many < 2:
        return Bounds.unknown("obuchowski_logit", "a spread between units needs two of them")
    from scipy.special import stdtrit

    variance = at_least_zero("squares", squares) * many / (many - 1)
    t = -float(stdtrit(many - 1, a))
    return _area(_share("area", area), variance, t, many, a, "obuchowski_logit")


def _share(name: str, value: float) -> float:
    found = number(name, value)
    if not 0 <= found <= 1:
        raise InvalidInput(f"{name} is {found}", rule="an area lies between 0 and 1")
    return found


def _area(value: float, variance: float, quantile: float, fewest: int, a: float, method: str) -> Bounds:
    if value in (0.0, 1.0) or variance == 0:
        room = min(-math.log(a) / fewest, 0.5)
        return Bounds.around(value, max(value - room, 0.0), min(value + room, 1.0), method)
    return _on_logits(value, math.sqrt(variance), quantile, method)


def average_precision(counts: ScoreCounts) -> float:
    """The area under the precision-recall curve as a sum over its steps, without lines between; nan without
    positives.

    >>> round(average_precision(ScoreCounts.of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])), 4)   # (1 + 2/3) / 2
    0.8333
    """
    import numpy as np

    if not counts.positives:
        return math.nan
    p, n = counts.positive[::-1], counts.negative[::-1]
    hits, called = np.cumsum(p), np.cumsum(p + n)
    return float((p * (hits / called)).sum() / counts.positives)


def average_precision_interval(
    positives: int, value: float, *, level: float = 0.95, sides: int = 2
) -> Bounds:
    """An interval for the area under the precision-recall curve (average precision): on the logit scale, with as many
    trials as there are positives.

    Approximate: it knows nothing of the negatives. Good from some dozen positives on; where they are few beside many
    negatives a bootstrap is no better. Undefined without positives, or at exactly 0 or 1 with none to tell by.

    Source: Boyd, Eng and Page, "Area under the precision-recall curve: point estimates and confidence intervals"
    (2013), the logit interval.

    >>> b = average_precision_interval(100, 0.8)
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.800 [0.710, 0.867]
    """
    a = tail(level, sides)
    m = whole("positives", positives)
    if m == 0:
        return Bounds.unknown("logit_positives", "there is no positive row")
    at = _share("value", value)
    if at in (0.0, 1.0):
        room = min(-math.log(a) / m, 1.0)
        return Bounds.around(at, max(at - room, 0.0), min(at + room, 1.0), "logit_positives")
    return _on_logits(at, math.sqrt(at * (1 - at) / m), -normal_quantile(a), "logit_positives")


def _on_logits(value: float, error: float, z: float, method: str) -> Bounds:
    middle, away = math.log(value / (1 - value)), z * error / (value * (1 - value))
    lower, upper = (1 / (1 + math.exp(-min(max(at, -700.0), 700.0))) for at in (middle - away, middle + away))
    return Bounds.around(value, lower, upper, method)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a reliability curve: scores from `low` to `high`, `rows` of them, their mean score, and of these rows
    `positives` were positive. `m2` is the sum of squared deviations of (positive - score).

    >>> reliability(ScoreCounts.of([0.25, 0.25], [0, 1]), bins=2)
    (Step(low=0.0, high=0.5, rows=2, mean_score=0.25, positives=1, m2=0.5),)
    """

    low: float
    high: float
    rows: int
    mean_score: float
    positives: int
    m2: float


def reliability(counts: ScoreCounts, *, bins: int = BINS) -> tuple[Step, ...]:
    """The reliability curve: what share was positive of the rows with a score of so much, on steps of equal width; steps
    without rows are left out. Raises `InvalidInput` for a score outside 0 to 1.

    >>> [(s.rows, s.mean_score, s.positives) for s in reliability(ScoreCounts.of([0.1, 0.9, 0.95], [0, 1, 1]), bins=2)]
    [(1, 0.1, 0), (2, 0.925, 2)]
    """
    import numpy as np

    if not whole("bins", bins):
        raise InvalidInput("bins is 0", rule="at least one is needed")
    s, p, n = counts.score, counts.positive, counts.negative
    if len(s) and not (s[0] >= 0 and s[-1] <= 1):
        raise InvalidInput(
            f"scores run from {s[0]:g} to {s[-1]:g}", rule="a probability lies between 0 and 1"
        )
    where = np.clip(np.ceil(s * bins).astype(np.int64) - 1, 0, bins - 1)
    rows = np.bincount(where, weights=p + n, minlength=bins)
    ones = np.bincount(where, weights=p, minlength=bins)
    scored = np.bincount(where, weights=(p + n) * s, minlength=bins)
    there = np.flatnonzero(rows)
    off = np.zeros(bins)
    off[there] = (ones[there] - scored[there]) / rows[there]
    squares = np.bincount(
        where, weights=p * (1 - s - off[where]) ** 2 + n * (s + off[where]) ** 2, minlength=bins
    )
    return tuple(
        Step(
            b / bins,
            (b + 1) / bins,
            int(rows[b]),
            float(scored[b] / rows[b]),
            int(ones[b]),
            float(squares[b]),
        )
        for b in there.tolist()
    )


def calibration_interval(
    rows: Sequence[int], mean_scores: Sequence[float], positives: Sequence[int], m2: Sequence[float],
    *, level: float = 0.95, sides: int = 2,
) -> Bounds:  # fmt: skip
    """The expected calibration error: how far, on the average over rows, the score lies from the share that was
    positive among rows with such a score; from the steps of a reliability curve.

    The value is the plain sum over steps, which chance alone keeps above 0: with few rows a perfect score shows an
    error too. The interval knows that. Write T for the row-weighted gaps of the steps, which are measured with
    independent errors of standard deviation s. The upper end rests on sign(T) T̂ <= |T̂|, so that |T̂| + z sqrt(sum
    s²) is rarely below |T|; the lower end on the triangle inequality, |T̂| less what errors of such size add up to. So
    it holds the truth at least as often as it says, and more often near 0.

    Undefined without rows. The steps themselves are part of what is measured: other steps, other number.

    Source: Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning" (2015), for
    the error; the interval is derived above.

    >>> b = calibration_interval([500, 500], [0.2, 0.8], [150, 400], [105.0, 80.0])
    >>> print(f"{b.value:.3f} [{b.lower:.3f}, {b.upper:.3f}]")
    0.050 [0.019, 0.077]
    """
    a = tail(level, sides)
    sizes = [whole("rows", r) for r in rows]
    total = sum(sizes)
    if total == 0:
        return Bounds.unknown("calibration_steps", "there were no rows")
    gaps, variances = [], []
    for r, s, p, squares in zip(sizes, mean_scores, positives, m2, strict=True):
        if r == 0:
            continue
        gaps.append(r / total * (whole("positives", p) / r - number("mean_score", s)))
        # One row, or rows that all came out alike, still leave room: half a row is added, as Agresti and Coull add.
        spread = (at_least_zero("m2", squares) + 0.25) / max(r - 1, 1)
        variances.append((r / total) ** 2 * spread / r)
    value = math.fsum(map(abs, gaps))
    z = -normal_quantile(a)
    noise = math.sqrt(2 / math.pi) * math.fsum(map(math.sqrt, variances))
    noise += z * math.sqrt((1 - 2 / math.pi) * math.fsum(variances))
    upper = value + z * math.sqrt(math.fsum(variances))
    return Bounds.around(value, max(value - noise, 0.0), min(upper, 1.0), "calibration_steps")


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where to cut a score: rows at or above `threshold` are called positive. What that cost per row, and how the rows
    came out. The threshold was chosen on these rows: on others it costs somewhat more.

    >>> best_threshold(ScoreCounts.of([0.2, 0.6], [0, 1]), false_positive=1, false_negative=1).threshold
    0.6
    """

    threshold: float
    cost: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int


def best_threshold(counts: ScoreCounts, *, false_positive: float, false_negative: float) -> Threshold:
    """The threshold at which wrong calls cost least: a positive call that is wrong costs `false_positive`, a positive
    row that was not called costs `false_negative`. Of several that cost the same the highest; inf calls no row.

    For a score that is well calibrated it lies near false_positive / (false_positive + false_negative).

    Source: Elkan, "The foundations of cost-sensitive learning" (2001).

    >>> best_threshold(ScoreCounts.of([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]), false_positive=1, false_negative=5)
    Threshold(threshold=0.35, cost=0.25, true_positives=2, false_positives=1, false_negatives=0, true_negatives=1)
    """
    import numpy as np

    for name, cost in (("false_positive", false_positive), ("false_negative", false_negative)):
        at_least_zero(name, cost)
    if false_positive + false_negative == 0:
        raise InvalidInput("both costs are 0", rule="a mistake of one kind at least costs something")
    p, n = counts.positives, counts.negatives
    if p + n == 0:
        raise InvalidInput("there are no rows", rule="a threshold is chosen on rows")
    # From the highest cut, above every score, to the lowest.
    hits = np.concatenate([[0], np.cumsum(counts.positive[::-1])])
    alarms = np.concatenate([[0], np.cumsum(counts.negative[::-1])])
    costs = false_positive * alarms + false_negative * (p - hits)
    at = int(np.argmin(costs))
    cut = math.inf if at == 0 else float(counts.score[len(counts.score) - at])
    tp, fp = int(hits[at]), int(alarms[at])
    return Threshold(cut, float(costs[at]) / (p + n), tp, fp, p - tp, n - fp)
