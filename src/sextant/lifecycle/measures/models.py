"""What checks of a model as a whole compute: metrics of a confusion matrix, of scores, and gaps between groups."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sextant.config import checks
from sextant.errors import InvalidInput
from sextant.evaluation.fairness import group_shares
from sextant.evaluation.measured import measured, measured_difference
from sextant.lifecycle.measures.drafts import Context, Draft
from sextant.lifecycle.measures.soundness import unseen, whole_test_set
from sextant.maintenance.freshness import span
from sextant.model_evidence import Gap
from sextant.phrases import number
from sextant.tables import Table

_METRICS = {
    "specificity": "share of rows that are not {of} and were left alone",
    "f1": "F1 of {of}",
    "balanced_accuracy": "share answered right, on average over the classes",
    "precision_macro": "precision, on average over the classes",
    "recall_macro": "recall, on average over the classes",
    "f1_macro": "F1, on average over the classes",
    "precision_weighted": "precision, classes weighed by how often they occur",
    "f1_weighted": "F1, classes weighed by how often they occur",
    "roc_auc": "area under the ROC curve for {of}",
    "pr_auc": "area under the precision-recall curve for {of}",
    "log_loss": "mean log loss of the score for {of}",
    "calibration_error": "how far the score for {of} lies from what comes true, on average",
    "rmse": "root mean squared error",
    "r2": "share of the target's variance that is explained",
    "accuracy": "share of rows answered right",
    "precision": "share of rows called {of} that are",
    "recall": "share of rows that are {of} and were called so",
    "false_positive_rate": "share of rows that are not {of} and were called so",
    "brier": "mean squared error of the score for {of}",
    "mae": "mean absolute error",
    "mse": "mean squared error",
}
#: What is a share and no other unit.
_SHARES = ("classification", "area", "average_precision", "calibration", "paired_difference")


def whole_model(spec: checks.Evaluation, at: Context) -> list[Draft]:
    """A metric of all answers together, or with `against` its difference to another model's, case by case."""
    criterion = at.criterion(spec.criterion)
    given = at.inputs.config.predictions[spec.predictions]
    found = at.inputs.answers(spec.predictions)
    kept = found.table.where(spec.where).where(criterion.slice)
    sound = [*whole_test_set(found), *unseen(at.inputs, given.dataset, given.train), *at.labels(spec)]
    what = _METRICS[spec.metric].format(of=_of(spec.positive))
    estimand = (
        f"{what}, model {given.model.name} {given.model.version} on {given.dataset or spec.predictions}"
    )
    if spec.cluster:
        estimand = f"{estimand}, by {spec.cluster}"
    if spec.against:
        other = at.inputs.config.predictions[spec.against]
        theirs = at.inputs.answers(spec.against)
        if given.key is None or other.key != given.key:
            raise InvalidInput(
                f"{spec.predictions} and {spec.against} have no key in common",
                where=f"check {spec.id}",
                rule="two models are compared case by case",
                todo="add the same `key` to both",
            )
        sound += whole_test_set(theirs)
        counted = measured_difference(
            kept, theirs.table.where(spec.where).where(criterion.slice), spec.metric, key=given.key, target=found.target,
            prediction=given.prediction, against=other.prediction, positive=spec.positive,
        )  # fmt: skip
        estimand = f"{estimand}, minus that of model {other.model.name} {other.model.version}, case by case"
    else:
        counted = measured(
            kept, spec.metric, target=found.target, prediction=given.prediction, score=given.score or "",
            positive=spec.positive, cluster=spec.cluster,
        )  # fmt: skip
    kind = counted.kind.model_fields["kind"].default
    share = kind in _SHARES or (kind == "ratio" and spec.metric in checks.SHARES)
    return [
        Draft(
            counted.kind, estimand, spec.setting, at.inputs.version(spec.predictions), counted.statistics, criterion,
            model=given.model, depends=(*spec.depends, *given.depends), soundness=tuple(sound),
            left_out=counted.left_out, period=_period(at, given.dataset, kept), unit="share" if share else None,
        )
    ]  # fmt: skip


def fairness_gap(spec: checks.Fairness, at: Context) -> list[Draft]:
    """How far groups lie apart."""
    criterion = at.criterion(spec.criterion)
    given = at.inputs.config.predictions[spec.predictions]
    found = at.inputs.answers(spec.predictions)
    kept = found.table.where(spec.where).where(criterion.slice)
    counted = group_shares(
        kept, spec.metric, target=found.target, prediction=given.prediction, positive=spec.positive, by=spec.by,
        fewest=spec.fewest,
    )  # fmt: skip
    what = "largest gap" if spec.statistic == "difference" else "smallest ratio"
    name = spec.metric.replace("_", " ")
    estimand = (
        f"{what} of {name} for {_of(spec.positive)} between groups by {', '.join(spec.by)}, model {given.model.name} "
        f"{given.model.version} on {given.dataset or spec.predictions}"
    )
    fields = {
        "statistic": spec.statistic, "metric": spec.metric, "groups": counted.groups, "successes": counted.successes,
        "trials": counted.trials,
    }  # fmt: skip
    notes = (
        (
            f"{number(len(counted.small))} groups have fewer than {number(spec.fewest)} cases and do not count.",
        )
        if counted.small
        else ()
    )
    return [
        Draft(
            Gap, estimand, spec.setting, at.inputs.version(spec.predictions), fields, criterion, model=given.model,
            depends=(*spec.depends, *given.depends),
            soundness=(*whole_test_set(found), *unseen(at.inputs, given.dataset, given.train)), notes=notes,
            period=_period(at, given.dataset, kept), unit="share",
        )
    ]  # fmt: skip


def _of(positive: Any) -> str:
    return str(positive).lower() if isinstance(positive, bool) else str(positive)


def _period(at: Context, name: str | None, table: Table) -> tuple[datetime, datetime] | None:
    """When the rows came to be, where that is known."""
    dataset = at.inputs.config.datasets.get(name) if name else None
    if dataset is None or dataset.time is None or dataset.time not in table.columns:
        return None
    kept = replace(table, expr=table.expr.filter(table.present(dataset.time)))
    return span(kept, dataset.time) if kept.count() else None
