"""One metric of a model's answers as evidence: what a check of `sextant.yaml` computes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sextant.errors import InvalidInput
from sextant.evaluation.compare import paired_cases
from sextant.evaluation.counting import confusions, label, scores
from sextant.evaluation.metrics import Measured
from sextant.evaluation.regression import predicted, unit_sums
from sextant.evaluation.units import clustered_scores
from sextant.evidence import Mean
from sextant.model_evidence import (
    Area,
    AveragePrecision,
    Calibration,
    Classification,
    PairedDifference,
    Ratio,
)
from sextant.phrases import number
from sextant.stats.confusion import METRICS as OF_COUNTS
from sextant.stats.confusion import ONE_CLASS
from sextant.stats.scores import average_precision, reliability, roc_area
from sextant.tables import Scalar, Table, same_values

OF_SCORES = ("roc_auc", "pr_auc", "log_loss", "calibration_error")
OF_NUMBERS = ("rmse", "r2")


def measured(
    table: Table,
    metric: str,
    *,
    target: str,
    prediction: str,
    score: str = "",
    positive: Scalar | None = None,
    cluster: str | None = None,
) -> Measured:
    """A metric as the kind of evidence and its sufficient statistics.

    With `cluster` the range is as wide as units with several rows make it. Raises `InvalidInput` where there is no such
    metric, or none with units.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = table(pa.table({"is": ["a", "a", "b"], "said": ["a", "b", "b"]}), name="rows")
    >>> measured(rows, "f1_macro", target="is", prediction="said").statistics["counts"]
    ((1, 1), (0, 1))
    """
    if metric in OF_COUNTS:
        found = confusions(table, target, prediction, cluster=cluster)
        about = _about(found.all.labels, positive) if metric in ONE_CLASS else None
        statistics: dict[str, Any] = {
            "statistic": metric, "labels": found.all.labels, "counts": found.all.counts, "positive": about,
        }  # fmt: skip
        if cluster is not None:
            statistics |= {"clusters": found.all.clusters, "products": found.all.products}
        return Measured(Classification, statistics, found.left_out)
    if metric in OF_SCORES or metric == "brier":
        if positive is None:
            raise InvalidInput(f"{metric} is about one class", where=table.name, todo="say which is positive")
        return _of_scores(table, metric, target, score, positive, cluster)
    if metric in (*OF_NUMBERS, "mae", "mse"):
        return _of_numbers(table, metric, target, prediction, cluster)
    raise InvalidInput(
        f"there is no metric {metric!r}",
        rule=f"metrics are {', '.join((*OF_COUNTS, *OF_SCORES, *OF_NUMBERS))}",
    )


def _about(labels: tuple[str, ...], positive: Scalar | None) -> str:
    if positive is None or label(positive) not in labels:
        raise InvalidInput(
            "nobody says which class it is about" if positive is None else f"no row is {label(positive)}",
            rule=f"the classes are {', '.join(labels[:20])}",
            todo="name it as positive",
        )
    return label(positive)


def _of_scores(
    table: Table, metric: str, target: str, score: str, positive: Scalar, cluster: str | None
) -> Measured:
    if cluster is not None:
        answers = clustered_scores(table, target, score, positive, cluster)
        if metric not in answers:
            raise InvalidInput(
                f"{metric} has no range for units with several rows, or its scores are no probabilities",
                where=table.name,
                rule=f"with a cluster: {', '.join(answers)}",
            )
        return Measured(answers[metric].kind, answers[metric].statistics)
    found = scores(table, target, score, positive)
    counts = found.counts
    if metric == "roc_auc":
        area = roc_area(counts)
        statistics = {
            "positives": area.positives, "negatives": area.negatives, "area": area.area, "m2_over": area.m2_over,
            "m2_under": area.m2_under,
        }  # fmt: skip
        return Measured(Area, statistics, found.left_out)
    if metric == "pr_auc":
        statistics = {
            "positives": counts.positives,
            "rows": counts.positives + counts.negatives,
            "area": average_precision(counts),
        }
        return Measured(AveragePrecision, statistics, found.left_out)
    sums = found.brier if metric == "brier" else found.log_loss
    if sums is None:
        raise InvalidInput(
            f"{number(found.outside)} scores lie outside 0 to 1",
            where=f"{table.name}, column {score}",
            rule=f"{metric} needs probabilities",
        )
    if metric in ("brier", "log_loss"):
        return Measured(Mean, sums, found.left_out)
    curve = reliability(counts)
    steps = {
        "rows": tuple(s.rows for s in curve),
        "mean_scores": tuple(s.mean_score for s in curve),
        "positives": tuple(s.positives for s in curve),
        "m2": tuple(s.m2 for s in curve),
    }
    return Measured(Calibration, steps, found.left_out)


def _of_numbers(table: Table, metric: str, target: str, prediction: str, cluster: str | None) -> Measured:
    known, left_out = predicted(table, target, prediction)
    e = known.expr
    off = e.sextant_said - e.sextant_truth
    centre = known.one(m=e.sextant_truth.mean())["m"] or 0.0
    away = e.sextant_truth - centre
    scored = replace(
        known,
        expr=e.mutate(
            sextant_top=off.abs() if metric == "mae" else off * off,
            sextant_bottom=away * away if metric == "r2" else e.sextant_truth * 0 + 1.0,
        ),
    )
    shown = {"r2": "one_minus", "rmse": "root"}.get(metric, "ratio")
    return Measured(
        Ratio, {**unit_sums(scored, "sextant_top", "sextant_bottom", cluster), "shown": shown}, left_out
    )


def measured_difference(
    one: Table, other: Table, metric: str, *, key: str, target: str, prediction: str, against: str, positive: Scalar | None = None
) -> Measured:  # fmt: skip
    """A metric of two models on the same cases, the first less the other, as evidence.

    The two tables are joined by `key`; every case of the first has an answer of the other, or it is an error.
    """
    mine, theirs = same_values(one.column(key), other.column(key), where=f"column {key}")
    left = one.expr.select(k=mine, t=one.column(target), a=one.column(prediction))
    right = other.expr.select(k2=theirs, b=other.column(against))
    both = left.join(right, left.k == right.k2, how="left")
    lost = one.count(both.filter(both.k2.isnull()))
    if lost:
        raise InvalidInput(
            f"{number(lost)} cases of {one.name} are not in {other.name}",
            rule="two models are compared on the same cases",
            todo="let both answer the same test set",
        )
    found = paired_cases(replace(one, expr=both.select("t", "a", "b")), "t", "a", "b")
    about = _about(found.labels, positive) if metric in ONE_CLASS else None
    return Measured(
        PairedDifference,
        {"statistic": metric, "labels": found.labels, "cases": found.cases, "positive": about},
    )
