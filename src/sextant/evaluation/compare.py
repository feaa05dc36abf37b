"""Two models on the same cases: is the difference real, how large is it, and is it large enough to matter?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sextant.errors import InvalidInput
from sextant.evaluation.counting import MOST_CLASSES, label
from sextant.evaluation.evaluate import LOWER_IS_BETTER
from sextant.evaluation.metrics import moments, sums
from sextant.phrases import interval_text, number, number_text
from sextant.stats.intervals import Bounds, mean_t
from sextant.stats.paired import (
    Case,
    bootstrap_difference,
    conclude,
    difference_confusion,
    mcnemar_p,
    permutation_p,
)
from sextant.tables import Scalar, Table, present, same_values

_SAYS = {
    "better": "the candidate is better: the whole range lies on its side",
    "worse": "the candidate is worse: the whole range lies against it",
    "equivalent": "the two are equivalent: the whole range lies within the margin",
    "not_worse": "the candidate is not worse by more than the margin",
    "cannot_tell": "it cannot be told yet: the range allows both",
}
_BOTH = ("accuracy", "balanced_accuracy", "f1_macro")
_ONE = ("f1", "precision", "recall", "false_positive_rate")


@dataclass(frozen=True, slots=True)
class Cases:
    """Cases that both models answered, counted by right class and the two answers, classes by their place in `labels`."""

    labels: tuple[str, ...]
    cases: tuple[Case, ...]

    @property
    def rows(self) -> int:
        return sum(c[3] for c in self.cases)

    @property
    def split(self) -> tuple[int, int, int, int]:
        """How many both got right, only the first, only the second, neither."""
        found = [0, 0, 0, 0]
        for t, a, b, n in self.cases:
            found[0 if a == t == b else 1 if a == t else 2 if b == t else 3] += n
        return found[0], found[1], found[2], found[3]


@dataclass(frozen=True, slots=True)
class Difference:
    """A metric of the candidate less that of the other. `p` is the chance of so large a difference were the two alike,
    by swapping their answers at random; `conclusion` what the range says against the margin."""

    metric: str
    candidate: float
    other: float
    bounds: Bounds
    bootstrap: Bounds | None
    p: float
    conclusion: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came out: each metric's difference, and for classes how the two split the cases."""

    table: str
    candidate: str
    other: str
    rows: int
    level: float
    margin: float
    differences: tuple[Difference, ...]
    split: tuple[int, int, int, int] | None = None
    mcnemar: float | None = None

    def __getitem__(self, metric: str) -> Difference:
        return next(d for d in self.differences if d.metric == metric)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def paired_cases(table: Table, target: str, prediction: str, other: str) -> Cases:
    """Count cases by right class and two answers in one pass. Cases without a right answer are left out."""
    where = f"{table.name}, {target}, {prediction} and {other}"
    one, right = same_values(table.column(prediction), table.column(target), where=where)
    two, _ = same_values(table.column(other), table.column(target), where=where)
    kept = table.expr.select(
        t=right, a=one, b=two, known=table.present(target), ia=present(one), ib=present(two)
    )
    kept = kept.filter(kept.known)
    found = table.fetch(kept.group_by(["t", "a", "b", "ia", "ib"]).aggregate(n=kept.count()))
    if not found:
        raise InvalidInput("no row has a right answer", where=f"{table.name}, column {target}")
    values = {
        v for r in found for v, there in ((r["t"], True), (r["a"], r["ia"]), (r["b"], r["ib"])) if there
    }
    if len(values) > MOST_CLASSES:
        raise InvalidInput(
            f"there are {number(len(values))} different answers",
            where=where,
            rule=f"at most {MOST_CLASSES} classes",
        )
    names = [label(v) for v in sorted(values, key=lambda v: (isinstance(v, str), v))]
    place = {name: i for i, name in enumerate(names)}
    counted: dict[tuple[int, int, int], int] = {}
    for r in found:
        key = (
            place[label(r["t"])], place[label(r["a"])] if r["ia"] else -1, place[label(r["b"])] if r["ib"] else -1
        )  # fmt: skip
        counted[key] = counted.get(key, 0) + r["n"]
    return Cases(tuple(names), tuple((*k, n) for k, n in sorted(counted.items())))


def compare(
    table: Table,
    *,
    target: str,
    prediction: str,
    other: str,
    positive: Scalar | None = None,
    margin: float = 0.0,
    task: str = "classification",
    resamples: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> Comparison:
    """Compare two columns of answers to the same cases: the candidate's `prediction` and the `other` model's.

    margin     how much worse still does not matter, in the metric's unit: asks for equivalence and non-inferiority
    resamples  how often answers are swapped and cases drawn again

    Raises `InvalidInput` for columns that cannot be compared.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"is": [1] * 100, "new": [1] * 90 + [0] * 10, "old": [1] * 75 + [0] * 25}
    >>> found = compare(table(pa.table(rows), name="rows"), target="is", prediction="new", other="old")
    >>> d = found["accuracy"]
    >>> print(f"{d.bounds.value:.2f} [{d.bounds.lower:.3f}, {d.bounds.upper:.3f}] {d.conclusion}")
    0.15 [0.078, 0.229] better
    """
    if task == "regression":
        return _numbers(table, target, prediction, other, margin, resamples, seed, level)
    found = paired_cases(table, target, prediction, other)
    about = None
    if positive is not None:
        if label(positive) not in found.labels:
            raise InvalidInput(
                f"no row is {label(positive)}", rule=f"classes are {', '.join(found.labels[:20])}"
            )
        about = found.labels.index(label(positive))
    metrics: Sequence[str] = (*_BOTH, *(_ONE if about is not None else ()))
    differences = tuple(_difference(found, m, about, margin, resamples, seed, level) for m in metrics)
    _, first, second, _ = found.split
    return Comparison(
        table.name,
        prediction,
        other,
        found.rows,
        level,
        margin,
        differences,
        found.split,
        mcnemar_p(first, second),
    )


def _difference(
    found: Cases, metric: str, about: int | None, margin: float, resamples: int, seed: int, level: float
) -> Difference:
    at = about if metric in _ONE else None
    bounds = difference_confusion(metric, found.cases, positive=at, level=level)
    drawn = bootstrap_difference(
        metric, found.cases, positive=at, resamples=resamples, seed=seed, level=level
    )
    p = permutation_p(metric, found.cases, positive=at, resamples=resamples, seed=seed)
    values = []
    for k in (1, 2):
        alone: list[Case] = [(c[0], c[k], -1, c[3]) for c in found.cases]
        values.append(_alone(metric, alone, at, len(found.labels)))
    said = (
        "cannot_tell"
        if bounds.undefined
        else conclude(bounds.lower, bounds.upper, margin, higher_is_better=metric not in LOWER_IS_BETTER)
    )
    return Difference(metric, values[0], values[1], bounds, drawn, p, said)


def _alone(metric: str, cases: Sequence[Case], about: int | None, classes: int) -> float:
    from sextant.stats.confusion import confusion_metric

    counts = [[0] * (classes + 1) for _ in range(classes)]
    for t, a, _, n in cases:
        counts[t][a] += n
    return confusion_metric(metric, counts, positive=about).value


def _numbers(
    table: Table,
    target: str,
    prediction: str,
    other: str,
    margin: float,
    resamples: int,
    seed: int,
    level: float,
) -> Comparison:
    """The difference of absolute errors, case by case."""
    import numpy as np

    truth, one, two = (table.numbers(c) for c in (target, prediction, other))
    kept = table.expr.filter(table.present(target))
    kept = kept.mutate(a=(one - truth).abs(), b=(two - truth).abs())
    silent = table.count(kept.filter(kept.a.isnull() | kept.b.isnull()))
    if silent:
        raise InvalidInput(
            f"{number(silent)} rows lack an answer of one of the two",
            where=table.name,
            rule="two models are compared on cases that both answered",
        )
    away = kept.select(d=kept.a - kept.b, a=kept.a, b=kept.b)
    shift = table.fetch(away.aggregate(d=away.d.mean(), a=away.a.mean(), b=away.b.mean()), ordered=True)[0]
    row = table.fetch(away.aggregate(**sums(away.d, shift["d"])), ordered=True)[0]
    part = moments(row, shift["d"], where=table.name)
    bounds = mean_t(part["n"], part["mean"], part["m2"], level=level)
    d = np.sort(table.arrow(away.select("d"))["d"].to_numpy())
    rng, seen, beyond = np.random.default_rng(seed), abs(float(d.sum())), 0
    for _ in range(resamples):
        beyond += abs(float(d @ (rng.integers(0, 2, len(d)) * 2 - 1))) >= seen - 1e-12
    p = (1 + beyond) / (resamples + 1)
    said = (
        "cannot_tell"
        if bounds.undefined
        else conclude(bounds.lower, bounds.upper, margin, higher_is_better=False)
    )
    return Comparison(
        table.name, prediction, other, part["n"], level, margin,
        (Difference("mae", shift["a"], shift["b"], bounds, None, p, said),),
    )  # fmt: skip


def _lines(found: Comparison) -> Iterator[str]:
    from sextant.evaluation.evaluate_text import chance, columns, name_of

    margin = f"; margin {number(found.margin)}" if found.margin else ""
    yield (
        f"{found.candidate} less {found.other} on {number(found.rows)} cases of {found.table}; ranges at "
        f"{number(found.level * 100)} %{margin}"
    )
    yield ""
    rows = []
    for d in found.differences:
        unit = "1" if d.metric == "mae" else "share"
        none = d.bounds.undefined is not None
        rows.append(
            (
                name_of(d.metric), number_text(d.candidate, unit), number_text(d.other, unit),
                "–" if none else number_text(d.bounds.value, unit, difference=True),
                "–" if none else interval_text(d.bounds.lower, d.bounds.upper, unit, difference=True),
                "–" if math.isnan(d.p) else chance(d.p),
                f"No number: {d.bounds.undefined}." if none else f"{_SAYS[d.conclusion].capitalize()}.",
            )
        )  # fmt: skip
    yield from columns(
        ("METRIC", "CANDIDATE", "OTHER", "DIFFERENCE", "RANGE", "BY CHANCE", "WHAT IT MEANS"), rows
    )
    if found.split is not None and found.mcnemar is not None:
        both, first, second, neither = (number(n) for n in found.split)
        yield ""
        yield (
            f"Both are right on {both} cases, only the candidate on {first}, only the other on {second}, neither on "
            f"{neither}. So uneven a split of the cases on which one is right would come by chance with "
            f"{chance(found.mcnemar)} (McNemar)."
        )
