"""Evidence about a model's answers: what a confusion matrix, scores, sums over units and pairs of answers say.

Each kind holds the sufficient statistics that its number and its range follow from.
"""

from __future__ import annotations

import math
from typing import ClassVar, Literal

from pydantic import Field

from sextant.criteria import Text
from sextant.evidence import Measurement
from sextant.stats.intervals import Bounds


class Classification(Measurement):
    """A metric of a confusion matrix: F1, balanced accuracy, an average over classes.

    `counts` has a row for each of `labels`, what was right, and a column for each, what was answered; one column more
    counts missing answers. `positive` is the class that precision, recall and F1 are about. Where one unit has several
    rows, `clusters` units give `products`, the sums of products of two cells over units.
    """

    kind: Literal["classification"] = "classification"
    statistic: Literal[
        "precision", "recall", "specificity", "false_positive_rate", "f1", "accuracy", "balanced_accuracy",
        "precision_macro", "precision_micro", "precision_weighted", "recall_macro", "recall_micro", "recall_weighted",
        "f1_macro", "f1_micro", "f1_weighted",
    ]  # fmt: skip
    labels: tuple[Text, ...] = Field(min_length=1)
    counts: tuple[tuple[int, ...], ...]
    positive: str | None = None
    clusters: int | None = Field(default=None, ge=0)
    products: tuple[tuple[int, ...], ...] | None = None

    @property
    def counted(self) -> int:
        return sum(map(sum, self.counts))

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import confusion

        return confusion.confusion_metric(
            self.statistic,
            self.counts,
            positive=None if self.positive is None else self.labels.index(self.positive),
            clusters=self.clusters,
            products=self.products,
            level=level,
            sides=sides,
        )


class Area(Measurement):
    """The area under the ROC curve with DeLong's interval: the spread of the positives' places among the negatives, and
    of the negatives' among the positives; where `units` have several rows, the sum of squares of what each adds."""

    kind: Literal["area"] = "area"
    positives: int = Field(ge=0)
    negatives: int = Field(ge=0)
    area: float
    m2_over: float
    m2_under: float
    units: int | None = Field(default=None, ge=0)
    squares: float = 0.0

    @property
    def counted(self) -> int:
        return self.positives + self.negatives

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import scores

        if self.units is not None:
            return scores.auc_units_interval(self.units, self.area, self.squares, level=level, sides=sides)
        return scores.auc_interval(
            self.positives, self.negatives, self.area, self.m2_over, self.m2_under, level=level, sides=sides
        )


class AveragePrecision(Measurement):
    """The area under the precision-recall curve; its interval rests on the number of positives."""

    kind: Literal["average_precision"] = "average_precision"
    positives: int = Field(ge=0)
    rows: int = Field(ge=0)
    area: float

    @property
    def counted(self) -> int:
        return self.rows

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import scores

        return scores.average_precision_interval(self.positives, self.area, level=level, sides=sides)


class Calibration(Measurement):
    """How far scores lie from what comes true, from the steps of a reliability curve."""

    kind: Literal["calibration"] = "calibration"
    rows: tuple[int, ...]
    mean_scores: tuple[float, ...]
    positives: tuple[int, ...]
    m2: tuple[float, ...]

    @property
    def counted(self) -> int:
        return sum(self.rows)

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import scores

        return scores.calibration_interval(
            self.rows, self.mean_scores, self.positives, self.m2, level=level, sides=sides
        )


class Ratio(Measurement):
    """A ratio of two sums over units that were drawn independently, from the means, squares and products of the two:
    clicks by views over users, squared errors by squared deviations over rows. `shown` is what is made of it: the ratio,
    1 minus it (R²), its square root (root mean squared error), or e to its power (perplexity)."""

    kind: Literal["ratio"] = "ratio"
    shown: Literal["ratio", "one_minus", "root", "exp"] = "ratio"
    n: int = Field(ge=0)
    mean_num: float
    mean_den: float
    m2_num: float
    m2_den: float
    m11: float

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats.intervals import ratio

        found = ratio(
            self.n, self.mean_num, self.mean_den, self.m2_num, self.m2_den, self.m11, level=level, sides=sides
        )
        if found.undefined:
            return found
        if self.shown == "one_minus":
            return Bounds.around(1 - found.value, 1 - found.upper, min(1 - found.lower, 1.0), found.method)
        if self.shown == "ratio":
            return found
        change = math.exp if self.shown == "exp" else lambda v: math.sqrt(max(v, 0.0))
        return Bounds.around(change(found.value), change(found.lower), change(found.upper), found.method)


class PairedDifference(Measurement):
    """A metric of two models on the same cases, candidate minus the other: how many cases had which right class and
    which two answers. `cases` are (right, candidate's, other's, how many), each by its place in `labels`; -1 is no
    answer."""

    kind: Literal["paired_difference"] = "paired_difference"
    statistic: Literal[
        "precision", "recall", "specificity", "false_positive_rate", "f1", "accuracy", "balanced_accuracy",
        "precision_macro", "precision_micro", "precision_weighted", "recall_macro", "recall_micro", "recall_weighted",
        "f1_macro", "f1_micro", "f1_weighted",
    ]  # fmt: skip
    labels: tuple[Text, ...] = Field(min_length=1)
    cases: tuple[tuple[int, int, int, int], ...]
    positive: str | None = None

    contrast: ClassVar[bool] = True

    @property
    def counted(self) -> int:
        return sum(case[3] for case in self.cases)

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import paired

        return paired.difference_confusion(
            self.statistic,
            self.cases,
            positive=None if self.positive is None else self.labels.index(self.positive),
            level=level,
            sides=sides,
        )


class Gap(Measurement):
    """The largest gap between groups in a share of rows (or the smallest ratio): successes and trials of each group."""

    kind: Literal["gap"] = "gap"
    statistic: Literal["difference", "ratio"] = "difference"
    metric: Text
    groups: tuple[Text, ...]
    successes: tuple[int, ...]
    trials: tuple[int, ...]

    @property
    def counted(self) -> int:
        return sum(self.trials)

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import gaps

        measure = gaps.largest_gap if self.statistic == "difference" else gaps.smallest_ratio
        return measure(self.successes, self.trials, level=level, sides=sides)
