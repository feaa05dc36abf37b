"""How good are a model's answers: every metric that fits them, each with its range and what it means, overall and by
group.

`evaluate` takes any table with right answers and a model's; `Evaluation` holds what came out and prints it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sextant.errors import InvalidInput
from sextant.evaluation.counting import Confusion, Counted, Scores, confusions, label, scores
from sextant.evaluation.meanings import sentence
from sextant.evidence import Mean, Measurement, Proportion
from sextant.model_evidence import Area, AveragePrecision, Calibration, Classification
from sextant.phrases import interval_text, number, number_text
from sextant.stats.homogeneity import benjamini_hochberg
from sextant.stats.intervals import Bounds, wilson
from sextant.stats.scores import Step, Threshold, best_threshold, reliability, roc_area
from sextant.stats.scores import average_precision as area_under_precision
from sextant.tables import Scalar, Table
from sextant.tables import table as open_table

TASKS = ("classification", "regression")
#: Which way is better.
LOWER_IS_BETTER = frozenset(
    {
        "false_positive_rate",
        "log_loss",
        "brier",
        "calibration_error",
        "mae",
        "rmse",
        "mse",
        "median_absolute_error",
        "cost",
    }
)
_SAME_CLASSES = ("1", "true", "yes", "y", "t", "positive", "pos")
#: Metrics of a slice: of rows of one class, or of all.
_OF_ONE = ("precision", "recall", "false_positive_rate", "f1")
_OF_ALL = ("accuracy", "balanced_accuracy", "f1_macro", "f1_weighted")


@dataclass(frozen=True, slots=True)
class Answer:
    """One metric. `kind.of(**statistics, ...)` is the evidence; `lower` and `upper` are nan and `undefined` says why
    where it has no number. `says` is what it means, in one sentence."""

    metric: str
    value: float
    lower: float
    upper: float
    method: str
    n: int
    unit: str
    says: str
    kind: type[Measurement]
    statistics: dict[str, Any]
    undefined: str | None = None

    @property
    def text(self) -> str:
        """Value and range as they are read."""
        if self.undefined:
            return f"none: {self.undefined}"
        return f"{number_text(self.value, self.unit)} ({interval_text(self.lower, self.upper, self.unit)})"


@dataclass(frozen=True, slots=True)
class Segment:
    """The metrics of one slice of the rows, and the chance that its share of right answers differs so far from the
    rest's by luck (adjusted for looking at all slices); None where that cannot be told."""

    slice: dict[str, str]
    rows: int
    answers: tuple[Answer, ...]
    adjusted_p: float | None = None

    def answer(self, metric: str) -> Answer | None:
        return next((a for a in self.answers if a.metric == metric), None)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came out. `answers` are all metrics over all rows; `segments` the groups, the worst first; `curve` the
    reliability curve and `threshold` the cheapest cut of a score, where there is one; `notes` what to know of the
    rows."""

    table: str
    task: str
    rows: int
    level: float
    answers: tuple[Answer, ...]
    positive: str | None = None
    left_out: int = 0
    confusion: Confusion | None = None
    curve: tuple[Step, ...] = ()
    threshold: Threshold | None = None
    segments: tuple[Segment, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def __getitem__(self, metric: str) -> Answer:
        found = next((a for a in self.answers if a.metric == metric), None)
        if found is None:
            raise InvalidInput(
                f"there is no metric {metric!r}",
                rule=f"metrics are {', '.join(a.metric for a in self.answers)}",
            )
        return found

    def __str__(self) -> str:
        from sextant.evaluation.evaluate_text import text

        return text(self)


def evaluate(
    source: Any,
    *,
    target: str,
    prediction: str | None = None,
    score: str | None = None,
    positive: Scalar | None = None,
    groups: Sequence[str] = (),
    cluster: str | None = None,
    classes: Sequence[str] = (),
    costs: tuple[float, float] | None = None,
    key: str | None = None,
    task: str | None = None,
    level: float = 0.95,
) -> Evaluation:
    """Every metric that fits a table of right answers and a model's, overall and by group.

    source      any table: a path, a frame, an address, or a `Table`
    target      the column with the right answer
    prediction  the column with the model's answer; it may be missing where a `score` is given
    score       how sure the model was that a row is `positive`
    positive    the class that precision, recall, F1 and the score are about; of yes/no and 1/0 it is yes and 1
    groups      columns whose values are segments; each is looked at alone
    cluster     the unit (user, document) that has several rows: ranges are then as wide as they must be
    classes     all classes, where they are known: any other answer is an error
    costs       what a false alarm and what a miss cost: the threshold is chosen by them
    key         the column that names a case: one that stands twice is then an error
    task        classification or regression; left out, numbers with many values are regression

    Raises `InvalidInput` with column, rule and what to do.

    >>> import pyarrow as pa
    >>> rows = {"is": ["spam", "spam", "ham", "ham"] * 25, "said": ["spam", "ham", "ham", "ham"] * 25}
    >>> found = evaluate(pa.table(rows), target="is", prediction="said", positive="spam")
    >>> found["recall"].text, found["f1"].text
    ('50 % (36.6–63.4 %)', '66.7 % (53.6–77.6 %)')
    """
    table = source if isinstance(source, Table) else open_table(source)
    if prediction is None and score is None:
        raise InvalidInput(
            "there is nothing to judge", rule="name the column with the model's answer, its score, or both"
        )
    if key is not None:
        _once(table, key)
    task = _task(table, target, prediction, task)
    if task == "regression":
        if prediction is None or score is not None:
            raise InvalidInput(
                "numbers have no score", rule="regression compares a prediction with its target"
            )
        from sextant.evaluation.regression import evaluate_numbers

        return evaluate_numbers(table, target, prediction, groups, cluster, level)
    return _classes(table, target, prediction, score, positive, groups, cluster, classes, costs, level)


def _task(table: Table, target: str, prediction: str | None, task: str | None) -> str:
    if task is not None:
        if task not in TASKS:
            raise InvalidInput(f"there is no task {task!r}", rule=f"tasks are {', '.join(TASKS)}")
        return task
    column = table.column(target)
    if prediction is None or not column.type().is_numeric():
        return "classification"
    floats = column.type().is_floating() or table.column(prediction).type().is_floating()
    few = table.fetch(table.expr.aggregate(n=column.nunique()))[0]["n"]
    return "regression" if few > 50 or (floats and few > 10) else "classification"


def _once(table: Table, key: str) -> None:
    column = table.column(key)
    row = table.fetch(
        table.expr.aggregate(rows=table.expr.count(), keys=column.nunique(), there=column.count())
    )[0]
    if row["keys"] < row["rows"]:
        twice = table.expr.group_by(key=column).aggregate(n=table.expr.count())
        example = table.fetch(twice.filter(twice.n > 1).order_by("key").limit(1))
        said = f", such as {example[0]['key']}" if example else ""
        raise InvalidInput(
            f"{number(row['rows'])} rows have {number(row['keys'])} different values of {key}{said}",
            where=table.name,
            rule="a case is judged once: one that stands twice counts twice",
            todo="keep one row of each, or name the unit as --cluster if several rows of one are meant",
        )


def _classes(
    table: Table, target: str, prediction: str | None, score: str | None, positive: Scalar | None, groups: Sequence[str],
    cluster: str | None, classes: Sequence[str], costs: tuple[float, float] | None, level: float,
) -> Evaluation:  # fmt: skip
    notes: list[str] = []
    if prediction is None:
        table, prediction = _called(table, target, str(score), positive)
        notes.append(f"There is no answer but a score: from {number(0.5)} on it was taken for a yes.")
    counted = confusions(table, target, prediction, groups=groups, cluster=cluster, classes=classes)
    labels = counted.all.labels
    about = _positive(labels, positive)
    answers = of_confusion(counted.all, about, level=level)
    if counted.strangers:
        listed = ", ".join(counted.strangers[:5]) + (", ..." if len(counted.strangers) > 5 else "")
        notes.append(f"Answered, but never right: {listed}. Name the classes to have such answers refused.")
    occurring = [name for name, row in zip(labels, counted.all.counts, strict=True) if sum(row)]
    if len(occurring) == 1:
        notes.append(
            f"Every row is {occurring[0]}: how well classes are told apart cannot be seen from one class."
        )
    if counted.left_out:
        notes.append(f"{number(counted.left_out)} rows without a right answer are left out.")
    curve: tuple[Step, ...] = ()
    threshold = None
    if score is not None:
        if about is None:
            raise InvalidInput(
                f"the classes are {', '.join(labels[:5])}, and nobody says which of them the score is about",
                where=f"{table.name}, column {score}",
                rule="a score says how sure the model was of one class",
                todo="name it as positive",
            )
        found = scores(table, target, score, _given(positive, about))
        more, curve = of_scores(found, level=level)
        answers += more
        if cluster is not None:
            answers = _by_unit(table, target, score, _given(positive, about), cluster, answers, level)
        notes += _about_scores(found)
        if costs is not None and found.counts.positives + found.counts.negatives:
            threshold = best_threshold(found.counts, false_positive=costs[0], false_negative=costs[1])
    elif costs is not None:
        raise InvalidInput(
            "a threshold is chosen on a score", rule="costs go with a score", todo="name the score"
        )
    return Evaluation(
        table=table.name,
        task="classification",
        rows=counted.all.rows,
        level=level,
        answers=tuple(answers),
        positive=about,
        left_out=counted.left_out,
        confusion=counted.all,
        curve=curve,
        threshold=threshold,
        segments=segments(counted, about, level=level),
        notes=tuple(notes),
    )


def _called(table: Table, target: str, score: str, positive: Scalar | None) -> tuple[Table, str]:
    """The table with an answer made of its score: positive from 0.5 on."""
    import ibis

    from sextant.tables import equals

    column = table.column(target)
    kinds = table.fetch(table.expr.select(v=column).distinct().filter(ibis._.v.notnull()).limit(3))
    names = tuple(sorted(label(k["v"]) for k in kinds))
    about = _positive(names, positive)
    if len(names) > 2 or about is None:
        raise InvalidInput(
            "a score alone decides between two classes",
            where=f"{table.name}, column {target}",
            rule="name the class that it is about as positive, or the column with the answer as prediction",
        )
    sure = table.numbers(score)
    is_positive = equals(column, _given(positive, about), where=f"{table.name}, column {target}")
    expr = table.expr.mutate(
        sextant_is=is_positive.cast("string"), sextant_called=(sure >= 0.5).cast("string")
    )
    others = [n for n in names if n != about]
    other = others[0] if others else f"not {about}"

    def name(which: Any) -> Any:
        return ibis.ifelse(which == "true", about, ibis.ifelse(which == "false", other, ibis.null(str)))

    made = expr.mutate(
        **{
            target: name(expr.sextant_is).cast("string"),
            "sextant_called": name(expr.sextant_called).cast("string"),
        }
    )
    return replace(table, expr=made), "sextant_called"


def _positive(labels: tuple[str, ...], positive: Scalar | None) -> str | None:
    if positive is not None:
        wanted = label(positive)
        if wanted not in labels:
            raise InvalidInput(
                f"no row is {wanted}",
                rule=f"the classes are {', '.join(labels[:20])}",
                todo="write the class as the column does",
            )
        return wanted
    if len(labels) > 2:
        return None
    return next((name for name in labels if name.lower() in _SAME_CLASSES), None)


def _given(positive: Scalar | None, about: str) -> Scalar:
    return about if positive is None else positive


def made(
    metric: str, kind: type[Measurement], statistics: dict[str, Any], *, level: float, unit: str = "share", about: str = ""
) -> Answer:  # fmt: skip
    """A metric from its sufficient statistics."""
    ev = kind.of(
        level=level, unit=unit, estimand=metric, setting="offline", at="2000-01-01T00:00:00Z",
        producer={"name": "sextant"}, **statistics,
    )  # fmt: skip
    low, high = (ev.interval.lower, ev.interval.upper) if ev.interval else (float("nan"), float("nan"))
    n = ev.size or 0
    says = (
        ""
        if ev.undefined or not ev.interval
        else sentence(metric, ev.value, low, high, n=n, about=about, unit=unit)
    )
    method = ev.interval.method if ev.interval else ""
    return Answer(metric, ev.value, low, high, method, n, unit, says, kind, statistics, ev.undefined)


def of_confusion(found: Confusion, about: str | None, *, level: float = 0.95) -> list[Answer]:
    """Every metric of a confusion matrix."""
    answers = [confusion_answer("accuracy", found, about, level=level)]
    if about is not None:
        answers += [
            confusion_answer(m, found, about, level=level)
            for m in ("precision", "recall", "f1", "specificity", "false_positive_rate")
        ]
    both = ("balanced_accuracy",) if about is not None and len(found.labels) <= 2 else ()
    all_ = both or (
        "balanced_accuracy", "precision_macro", "recall_macro", "f1_macro", "precision_weighted", "recall_weighted",
        "f1_weighted", "precision_micro", "recall_micro", "f1_micro",
    )  # fmt: skip
    answers += [confusion_answer(m, found, None, level=level) for m in all_]
    if both:
        answers += [
            confusion_answer(m, found, None, level=level) for m in ("f1_macro", "f1_weighted", "f1_micro")
        ]
    return answers


def confusion_answer(metric: str, found: Confusion, about: str | None, *, level: float) -> Answer:
    """One metric of a confusion matrix: a share where it is one, else from the matrix itself."""
    from sextant.stats.confusion import confusion_metric

    one = metric in ("precision", "recall", "specificity", "false_positive_rate", "f1")
    k = found.labels.index(about) if about is not None and about in found.labels else -1
    if found.clusters is None:
        share = _share(metric, found, k)
        if share is not None:
            parts = {"successes": share[0], "trials": share[1]}
            return _answer(metric, Proportion, parts, wilson(*share, level=level), share[1], about or "")
    statistics: dict[str, Any] = {
        "statistic": metric,
        "labels": found.labels,
        "counts": found.counts,
        "positive": about if one else None,
    }
    if found.clusters is not None:
        statistics |= {"clusters": found.clusters, "products": found.products}
    bounds = confusion_metric(
        metric, found.counts, positive=k if one else None, clusters=found.clusters, products=found.products, level=level
    )  # fmt: skip
    return _answer(metric, Classification, statistics, bounds, found.rows, about or "")


def _answer(
    metric: str, kind: type[Measurement], statistics: dict[str, Any], b: Bounds, n: int, about: str
) -> Answer:
    """A metric whose bounds are computed already, in the way that its kind of evidence does."""
    says = "" if b.undefined else sentence(metric, b.value, b.lower, b.upper, n=n, about=about, unit="share")
    return Answer(
        metric, b.value, b.lower, b.upper, b.method, n, "share", says, kind, statistics, b.undefined
    )


def _share(metric: str, found: Confusion, k: int) -> tuple[int, int] | None:
    if metric == "accuracy":
        return found.right, found.rows
    if k < 0:
        return None
    hits = found.counts[k][k]
    called, are, n = sum(row[k] for row in found.counts), sum(found.counts[k]), found.rows
    return {
        "precision": (hits, called),
        "recall": (hits, are),
        "specificity": (n - called - are + hits, n - are),
        "false_positive_rate": (called - hits, n - are),
    }.get(metric)


def of_scores(found: Scores, *, level: float = 0.95) -> tuple[list[Answer], tuple[Step, ...]]:
    """Every metric of a score, and its reliability curve."""
    counts = found.counts
    area = roc_area(counts)
    statistics: dict[str, Any] = {
        "positives": area.positives, "negatives": area.negatives, "area": area.area, "m2_over": area.m2_over,
        "m2_under": area.m2_under,
    }  # fmt: skip
    precision = {
        "positives": counts.positives,
        "rows": counts.positives + counts.negatives,
        "area": area_under_precision(counts),
    }
    answers = [
        made("roc_auc", Area, statistics, level=level),
        made("pr_auc", AveragePrecision, precision, level=level),
    ]
    if found.log_loss is None or found.brier is None:
        return answers, ()
    answers += [
        made("log_loss", Mean, found.log_loss, level=level, unit="nats"),
        made("brier", Mean, found.brier, level=level, unit="1"),
    ]
    curve = reliability(counts)
    steps = {
        "rows": tuple(s.rows for s in curve),
        "mean_scores": tuple(s.mean_score for s in curve),
        "positives": tuple(s.positives for s in curve),
        "m2": tuple(s.m2 for s in curve),
    }
    answers.append(made("calibration_error", Calibration, steps, level=level))
    return answers, curve


def _about_scores(found: Scores) -> list[str]:
    notes = []
    if found.outside:
        notes.append(
            f"{number(found.outside)} scores lie outside 0 to 1: they are no probabilities, so log loss, Brier score and "
            "calibration are left out. Areas need an order only."
        )
    if found.left_out:
        notes.append(
            f"{number(found.left_out)} rows without a right answer or a score are left out of its metrics."
        )
    if found.on_steps:
        notes.append(
            f"Scores are counted on steps, as there are so many: that moves the ROC area by {number(found.moved, 2)} at most."
        )
    return notes


def _by_unit(
    table: Table, target: str, score: str, positive: Scalar, cluster: str, answers: list[Answer], level: float
) -> list[Answer]:
    """The answers with the metrics of a score widened for units with several rows."""
    from sextant.evaluation.units import clustered_scores

    found = clustered_scores(table, target, score, positive, cluster, level=level)
    kept = [found.get(a.metric, a) for a in answers]
    lost = ("pr_auc", "calibration_error")
    why = "its range knows of no units with several rows; take the cluster bootstrap"
    return [replace(a, undefined=why, says="") if a.metric in lost else a for a in kept]


def segments(counted: Counted, about: str | None, *, level: float = 0.95) -> tuple[Segment, ...]:
    """The metrics of every group of every column, the worst first.

    Whether a group's share of right answers differs from the rest of its column is asked by Fisher's exact test; the
    p-values of all groups together are adjusted (Benjamini and Hochberg 1995).
    """
    rows: list[Segment] = []
    chances: list[float | None] = []
    for column, groups in counted.groups.items():
        right, all_ = sum(g.right for g in groups.values()), sum(g.rows for g in groups.values())
        for value, found in groups.items():
            if not found.rows:
                continue
            metrics = [confusion_answer("accuracy", found, about, level=level)]
            names = (*(_OF_ONE if about is not None else ()), *_OF_ALL[1:])
            metrics += [
                confusion_answer(m, found, about if m in _OF_ONE else None, level=level) for m in names
            ]
            rows.append(Segment({column: value}, found.rows, tuple(metrics)))
            chances.append(fisher(found.right, found.rows, right - found.right, all_ - found.rows))
    adjusted = iter(benjamini_hochberg([min(p, 1.0) for p in chances if p is not None]))
    rows = [
        row if chance is None else replace(row, adjusted_p=next(adjusted))
        for row, chance in zip(rows, chances, strict=True)
    ]
    return tuple(sorted(rows, key=lambda r: (r.answers[0].upper, sorted(r.slice.items()))))


def fisher(successes: int, trials: int, others_right: int, others: int) -> float | None:
    """The chance of so different a share by luck: Fisher's exact test, or with many rows its chi-squared limit; None
    where there is nothing to compare with."""
    if others == 0 or trials == 0:
        return None
    cells = [[successes, trials - successes], [others_right, others - others_right]]
    if trials + others > 100_000 and min(map(min, cells)) >= 20:
        from sextant.stats.homogeneity import chi_squared_p

        return chi_squared_p(*cells)
    from scipy.stats import fisher_exact

    return float(fisher_exact(cells).pvalue)
