"""What each kind of check computes: the kind of evidence, its statistics, and what is special about it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sextant.canonical import digest
from sextant.config import checks
from sextant.config.model import Dataset
from sextant.criteria import Criterion, Setting
from sextant.data.labels import ratings
from sextant.data.quality import quality
from sextant.errors import InvalidInput
from sextant.evaluation import experiment as ab
from sextant.evaluation.metrics import (
    Measured,
    Scored,
    column_mean,
    column_quantile,
    column_total,
    measure,
    opposed,
    row_count,
    score,
)
from sextant.evaluation.slices import slices
from sextant.evidence import (
    Agreement,
    Estimate,
    Evidence,
    Interval,
    MeanDifference,
    Measurement,
    ProportionDifference,
    Soundness,
    Version,
)
from sextant.lifecycle.measures.datasets import drift, profile_number, synthetic
from sextant.lifecycle.measures.drafts import Context, Draft
from sextant.lifecycle.measures.inputs import Answers, agreement_of
from sextant.lifecycle.measures.judging import judged
from sextant.lifecycle.measures.models import fairness_gap, whole_model
from sextant.lifecycle.measures.soundness import compare, features, not_opposed, unseen, whole_test_set
from sextant.maintenance.freshness import newest, span
from sextant.phrases import number
from sextant.reports import Experiment, Freshness, LeakageReport, QualityReport, Slices
from sextant.tables import Condition, Table
from sextant.verdicts import Verdict


def evaluation(spec: checks.Evaluation, at: Context) -> list[Draft]:
    if spec.cluster or spec.metric in (*checks.OF_COUNTS, *checks.OF_SCORES, *checks.OF_NUMBERS):
        return whole_model(spec, at)
    criterion = at.criterion(spec.criterion)
    found, scored = _scored(spec, spec.predictions, criterion.slice, at)
    given = at.inputs.config.predictions[spec.predictions]
    sound = [*whole_test_set(found), *unseen(at.inputs, given.dataset, given.train), *at.labels(spec)]
    measured = measure(scored)
    what = _METRICS[spec.metric].format(of=_of(spec.positive), column=spec.column)
    estimand = f"{what}, model {given.model.name} {given.model.version} on {_name(at, spec.predictions)}"
    if spec.against:
        other = at.inputs.config.predictions[spec.against]
        theirs, control = _scored(spec, spec.against, criterion.slice, at)
        sound += whole_test_set(theirs)
        if scored.is_share and given.key and other.key == given.key and spec.metric == "accuracy":
            sound.append(not_opposed(opposed(scored, control, given.key)))
        measured = _difference(measured, measure(control))
        estimand = f"{estimand}, minus that of model {other.model.name} {other.model.version}"
    return [
        _measurement(
            measured,
            estimand,
            criterion,
            spec.setting,
            at.inputs.version(spec.predictions),
            model=given.model,
            depends=tuple(dict.fromkeys((*spec.depends, *given.depends, *_labeled_by(spec, at)))),
            soundness=tuple(sound),
            period=_period(at, spec.predictions, scored.table),
        )
    ]


def _labeled_by(spec: checks.Evaluation, at: Context) -> list[Version]:
    """The guideline by which the labels were made, if the check of their agreement names it: the number rests on it."""
    asked = agreement_of(at.inputs.config, spec)
    return [asked.guideline] if asked and asked.guideline else []


def mean(spec: checks.Mean, at: Context) -> list[Draft]:
    return _of_column(spec, at, f"mean of {spec.column}", lambda t, c: column_mean(t, spec.column))


def quantile(spec: checks.Quantile, at: Context) -> list[Draft]:
    def measured(table: Table, criterion: Criterion) -> Measured:
        return column_quantile(table, spec.column, spec.q, level=criterion.level, sides=criterion.sides)

    return _of_column(spec, at, f"{number(spec.q * 100)}th percentile of {spec.column}", measured)


def rows(spec: checks.Rows, at: Context) -> list[Draft]:
    return _of_column(spec, at, "number of rows", lambda t, c: row_count(t))


def total(spec: checks.Total, at: Context) -> list[Draft]:
    return _of_column(spec, at, f"sum of {spec.column}", lambda t, c: column_total(t, spec.column))


def quality_report(spec: checks.Quality, at: Context) -> list[Draft]:
    dataset, table = _dataset(at, spec.dataset), at.inputs.table(spec.dataset)
    found = quality(
        table, key=dataset.key, target=dataset.target, groups=dataset.groups, rules=dataset.rules, now=at.now
    )
    counts = {
        "rows": table.count(),
        "columns": len(table.columns),
        "findings": found,
        "scheduled": spec.scheduled,
    }
    fields = counts | {"n": counts["rows"]}
    return [_report(QualityReport, f"what is wrong with {spec.dataset}", spec, at, spec.dataset, fields)]


def freshness(spec: checks.Freshness, at: Context) -> list[Draft]:
    dataset = _dataset(at, spec.dataset)
    if dataset.time is None or dataset.cadence_days is None:
        raise InvalidInput(
            "nobody says when its rows came, or how often they should",
            where=f"dataset {spec.dataset}",
            rule="freshness is read from `time` and judged by `cadence_days`",
            todo="give both",
        )
    table = at.inputs.table(spec.dataset)
    fields = {"last_refreshed_at": newest(table, dataset.time), "cadence_days": dataset.cadence_days}
    return [_report(Freshness, f"newest row of {spec.dataset}", spec, at, spec.dataset, fields)]


def leakage(spec: checks.Leakage, at: Context) -> list[Draft]:
    shared = compare(at.inputs, spec.dataset, spec.train, features(at.inputs, spec.dataset, spec.train))
    fields = {
        "train": at.inputs.version(spec.train),
        "test_rows": shared.test_rows,
        "shared_rows": shared.shared_rows,
        "n": shared.test_rows,
    }
    draft = _report(
        LeakageReport, f"rows of {spec.dataset} that {spec.train} holds too", spec, at, spec.dataset, fields
    )
    return [replace(draft, notes=(f"Compared by {number(len(shared.columns))} columns.",))]


def slices_report(spec: checks.Slices, at: Context) -> list[Draft]:
    given = at.inputs.config.predictions[spec.predictions]
    dataset = at.inputs.config.datasets[given.dataset] if given.dataset else None
    by = spec.by or given.groups or (dataset.groups if dataset else ())
    if not by:
        raise InvalidInput(
            "nobody says which groups to look at",
            where=f"check {spec.id}",
            todo="name columns in `by`, or `groups` of the dataset",
        )
    found, scored = _scored(spec, spec.predictions, {}, at)
    counted = slices(scored, by)
    what = _METRICS[spec.metric].format(of=_of(spec.positive), column="")
    draft = _report(
        Slices,
        f"{what} by {', '.join(by)}",
        spec,
        at,
        spec.predictions,
        {"metric": spec.metric, "rows": counted, "n": scored.table.count()},
    )
    sound = (*whole_test_set(found), *unseen(at.inputs, given.dataset, given.train))
    return [
        replace(
            draft,
            model=given.model,
            depends=(*draft.depends, *given.depends),
            soundness=sound,
            setting=spec.setting,
            left_out=scored.left_out,
        )
    ]


def agreement(spec: checks.Agreement, at: Context) -> list[Draft]:
    counted = ratings(at.inputs.table(spec.dataset), item=spec.item, labeler=spec.labeler, label=spec.label)
    depends = (*spec.depends, *((spec.guideline,) if spec.guideline else ()))
    fields = {"statistic": spec.statistic, "patterns": counted.patterns, "multiplicity": counted.multiplicity}
    criterion = at.criterion(spec.criterion) if spec.criterion else None
    who, items = number(counted.labelers), number(counted.items)
    estimand = f"agreement of {who} labelers on {items} items of {spec.dataset}, beyond chance"
    return [
        Draft(
            Agreement,
            estimand,
            spec.setting,
            at.inputs.version(spec.dataset),
            fields,
            criterion,
            depends=depends,
            unit=None if criterion else "alpha" if spec.statistic == "krippendorff_alpha" else "kappa",
        )
    ]


def rows_needed(spec: checks.LearningCurve, at: Context) -> list[Draft]:
    """How many rows the target on the score needs; without a number where the runs do not tell."""
    from sextant.data.learning_curve import bounds_of, learning_curve

    criterion, reaches = at.criterion(spec.criterion), at.criterion(spec.reaches)
    table = at.inputs.table(spec.dataset)
    kept = table.keep(table.present(spec.rows) & table.present(spec.score))
    pairs = kept.fetch(kept.expr.select(rows=kept.numbers(spec.rows), score=kept.numbers(spec.score)))
    curve = learning_curve(
        [(r["rows"], r["score"]) for r in pairs],
        better="higher" if reaches.direction == "at_least" else "lower",
        bounds=bounds_of(reaches.unit, reaches.direction),
        level=1 - 2 * (1 - criterion.level) / criterion.sides,
    )
    needed = curve.needed(reaches.threshold)
    value, lower, upper = needed.numbers
    interval = Interval(
        lower=lower, upper=upper, level=criterion.level, sides=criterion.sides, method="power_law_profile"
    )
    fields = {
        "value": value, "interval": interval, "n": len(pairs), "undefined": needed.why if math.isnan(value) else None,
    }  # fmt: skip
    return [
        Draft(
            Estimate,
            f"rows needed for {reaches.key} {reaches.direction.replace('_', ' ')} {number(reaches.threshold)}",
            spec.setting,
            at.inputs.version(spec.dataset),
            fields,
            criterion,
            depends=spec.depends,
            left_out=table.count() - len(pairs),
            notes=(needed.why,),
        )
    ]


def experiment(spec: checks.Experiment, at: Context) -> list[Draft]:
    """The effects; the report on the test as a whole is made from their verdicts, in `conclusion`."""
    dataset, table = _dataset(at, spec.dataset), at.inputs.table(spec.dataset)
    counted = _arms(spec, at)
    _, sound, detail = ab.ratio_check(counted.units, _shares(spec))
    conditions = (Soundness(rule="sample_ratio", holds=sound, detail=detail),)
    drafts = []
    for outcome in spec.outcomes:
        criterion = at.criterion(outcome.criterion)
        if criterion.slice:
            part = _arms(spec, at, where=dict(criterion.slice)).outcomes[outcome.column]
        else:
            part = counted.outcomes[outcome.column]
        own = outcome.measure == "candidate"
        what = f"{outcome.column} in {spec.candidate}" + ("" if own else f" minus {spec.control}")
        drafts.append(
            _measurement(
                ab.level_of(part) if own else ab.effect(part),
                f"{what}, experiment {experiment_name(spec)}",
                criterion,
                Setting.EXPERIMENT,
                at.inputs.version(spec.dataset),
                model=spec.model,
                depends=spec.depends,
                soundness=conditions,
                period=_times(spec, dataset, table),
            )
        )
    return drafts


def conclusion(
    spec: checks.Experiment, at: Context, effects: Mapping[str, Measurement], verdicts: Mapping[str, Verdict]
) -> Draft:
    """The test as a whole: its arms, whether they are sound, whether it may conclude, and what the rule
    says."""
    dataset, table = _dataset(at, spec.dataset), at.inputs.table(spec.dataset)
    counted = _arms(spec, at)
    chance, sound, detail = ab.ratio_check(counted.units, _shares(spec))
    started, ended = _times(spec, dataset, table)
    days, fewest = (ended - started) / timedelta(days=1), min(counted.units.values())
    lacks = []
    if fewest < spec.planned_per_arm:
        lacks.append(f"the smaller arm has {number(fewest)} of {number(spec.planned_per_arm)} planned")
    if days < spec.planned_days:
        lacks.append(f"it has run {number(days)} of {number(spec.planned_days)} planned days")
    primary = at.criterion(spec.primary)
    shown = effects[spec.primary].interval
    no_better = (
        next(o for o in spec.outcomes if o.criterion == spec.primary).measure == "effect"
        and shown is not None
        and (shown.upper <= 0 if primary.direction == "at_least" else shown.lower >= 0)
    )
    says, why = ab.recommend(
        primary=verdicts[spec.primary],
        guardrails=[
            v for k, v in verdicts.items() if at.criterion(k).role == "guardrail" and k != spec.primary
        ],
        sound=sound,
        unfinished=f"The plan is not fulfilled: {' and '.join(lacks)}." if lacks else "",
        no_better=no_better,
    )
    plan = spec.model_dump(
        mode="json", exclude={"name", "depends", "started", "ended", "design", "model", "check"}
    )
    fields = {
        "name": experiment_name(spec),
        "design_digest": spec.design or digest(plan),
        "arms": counted.units,
        "shares": _shares(spec),
        "sample_ratio_p": chance,
        "started_at": started,
        "ended_at": ended,
        "concluded": not lacks,
        "rule_says": says,
        "why": why,
        "n": sum(counted.units.values()),
    }
    return Draft(
        Experiment,
        f"experiment {experiment_name(spec)}",
        Setting.EXPERIMENT,
        at.inputs.version(spec.dataset),
        fields,
        model=spec.model,
        depends=spec.depends,
        soundness=(Soundness(rule="sample_ratio", holds=sound, detail=detail),),
        period=(started, ended),
    )


def experiment_name(spec: checks.Experiment) -> str:
    return spec.name or spec.dataset


#: What each kind of check computes, by its name.
KINDS: dict[str, Callable[[Any, Context], list[Draft]]] = {
    "evaluation": evaluation,
    "fairness": fairness_gap,
    "mean": mean,
    "quantile": quantile,
    "rows": rows,
    "total": total,
    "quality": quality_report,
    "freshness": freshness,
    "leakage": leakage,
    "slices": slices_report,
    "drift": drift,
    "agreement": agreement,
    "learning_curve": rows_needed,
    "profile": profile_number,
    "synthetic": synthetic,
    "experiment": experiment,
    "judge": judged,
}
_METRICS = {
    "accuracy": "share of rows answered right",
    "precision": "share of rows called {of} that are",
    "recall": "share of rows that are {of} and were called so",
    "false_positive_rate": "share of rows that are not {of} and were called so",
    "share_true": "share of rows with {column}",
    "mae": "mean absolute error",
    "mse": "mean squared error",
    "brier": "mean squared error of the score for {of}",
}


# --- pieces


def _scored(
    spec: checks.Evaluation | checks.Slices, name: str, where: Mapping[str, str], at: Context
) -> tuple[Answers, Scored]:
    given, found = at.inputs.config.predictions[name], at.inputs.answers(name)
    kept = _kept(found.table, spec.where, where)
    return found, score(
        kept,
        spec.metric,
        target=found.target,
        prediction=given.prediction,
        positive=spec.positive,
        score=given.score or "",
        column=getattr(spec, "column", None) or "",
    )


def _kept(table: Table, where: Mapping[str, Condition], part: Mapping[str, str]) -> Table:
    """The rows that a check is about: its own conditions, and the slice of its criterion."""
    return table.where(where).where(part)


def _of_column(
    spec: Any, at: Context, what: str, measured: Callable[[Table, Criterion], Measured]
) -> list[Draft]:
    """A number of any table."""
    criterion, declared = at.criterion(spec.criterion), at.inputs.declared(spec.table)
    answers = not isinstance(declared, Dataset)
    table = at.inputs.answers(spec.table).table if answers else at.inputs.table(spec.table)
    kept = _kept(table, spec.where, criterion.slice)
    return [
        _measurement(
            measured(kept, criterion),
            f"{what} in {_name(at, spec.table)}",
            criterion,
            spec.setting,
            at.inputs.version(spec.table),
            model=getattr(declared, "model", None),
            depends=(*spec.depends, *getattr(declared, "depends", ())),
            period=_period(at, spec.table, kept),
            unit=getattr(spec, "unit", None),
        )
    ]


def _measurement(
    measured: Measured,
    estimand: str,
    criterion: Criterion,
    setting: Setting,
    data: Version,
    *,
    unit: str | None = None,
    **more: Any,
) -> Draft:
    share = measured.kind.model_fields["kind"].default in ("proportion", "proportion_difference")
    return Draft(
        measured.kind,
        estimand,
        setting,
        data,
        measured.statistics,
        criterion,
        left_out=measured.left_out,
        unit="share" if share else unit,
        **more,
    )


def _report(
    kind: type[Evidence], estimand: str, spec: Any, at: Context, name: str, fields: dict[str, Any]
) -> Draft:
    return Draft(kind, estimand, Setting.OFFLINE, at.inputs.version(name), fields, depends=spec.depends)


def _difference(one: Measured, other: Measured) -> Measured:
    kind = ProportionDifference if "trials" in one.statistics else MeanDifference
    theirs = {f"control_{k}": v for k, v in other.statistics.items()}
    return Measured(kind, {**one.statistics, **theirs}, one.left_out + other.left_out)


def _dataset(at: Context, name: str) -> Dataset:
    return at.inputs.config.datasets[name]


def _name(at: Context, name: str) -> str:
    """What a table is called in a sentence: the dataset, also for the answers about it."""
    declared = at.inputs.declared(name)
    return getattr(declared, "dataset", None) or name


def _period(at: Context, name: str, table: Table) -> tuple[datetime, datetime] | None:
    """When the rows came to be, where that is known."""
    dataset = at.inputs.config.datasets.get(_name(at, name))
    if dataset is None or dataset.time is None or dataset.time not in table.columns:
        return None
    kept = table.keep(table.present(dataset.time))
    return span(kept, dataset.time) if kept.count() else None


def _of(positive: Any) -> str:
    return str(positive).lower() if isinstance(positive, bool) else str(positive)


def _shares(spec: checks.Experiment) -> dict[str, float]:
    return {spec.candidate: spec.candidate_share, spec.control: 1 - spec.candidate_share}


def _arms(spec: checks.Experiment, at: Context, where: dict[str, str] | None = None) -> ab.Arms:
    table = at.inputs.table(spec.dataset)
    columns = list(dict.fromkeys(o.column for o in spec.outcomes))
    return ab.arms(
        _kept(table, {}, where or {}),
        spec.arm,
        candidate=spec.candidate,
        control=spec.control,
        columns=columns,
        unit=_dataset(at, spec.dataset).key,
    )


def _times(spec: checks.Experiment, dataset: Dataset, table: Table) -> tuple[datetime, datetime]:
    if spec.started and spec.ended:
        return spec.started, spec.ended
    if dataset.time is None:
        raise InvalidInput(
            "nobody says when it began and ended",
            where=f"check {spec.id}",
            todo="give `started` and `ended`, or the `time` column of the dataset",
        )
    first, last = span(table, dataset.time)
    return spec.started or first, spec.ended or last
