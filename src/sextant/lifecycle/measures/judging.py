"""What a check of a judge computes: the corrected share or mean, and the judge's calibration beside it."""

from __future__ import annotations

import math
from typing import Any

from sextant.config import checks
from sextant.errors import InvalidInput
from sextant.evaluation.judge import Both, Calibration, Columns, Pairs, calibrate, moments, read, shares
from sextant.evidence import Soundness
from sextant.judgements import JudgedMean, JudgedShare
from sextant.lifecycle.measures.drafts import Context, Draft
from sextant.lifecycle.measures.soundness import unseen
from sextant.phrases import number
from sextant.reports import JudgeBias, JudgeCalibration, JudgeChange
from sextant.stats.intervals import Bounds
from sextant.tables import Table, same_values


def judged(spec: checks.Judge, at: Context) -> list[Draft]:
    """What people would say of the outputs, and how far the judge may be trusted to tell.

    Without a calibration, or with one of another version, the number is taken all the same and does not count.
    """
    criterion = at.criterion(spec.criterion)
    level = 1 - 2 * (1 - criterion.level) / criterion.sides
    version = at.inputs.version(spec.dataset)
    outputs = at.inputs.table(spec.dataset).where(spec.where).where(criterion.slice)
    both = calibration = None
    if spec.calibration:
        rated = at.inputs.table(spec.calibration)
        if spec.correction == "prediction_powered":
            rated, outputs = _drawn(at.inputs.table(spec.dataset), outputs, rated, spec)
        both = read(rated, columns(spec), scores=spec.positive is None)
        pairs = Pairs(spec.first, spec.second) if spec.first and spec.second else None
        calibration = calibrate(
            both, statistic=spec.statistic, pairs=pairs, positive=spec.positive, own=spec.own, level=level
        )
    holds, why = trusted(spec, calibration)
    what = f"share that is {spec.positive}" if spec.positive is not None else "mean score"
    said = outputs.keep(outputs.present(spec.verdict))
    rows, left = said.count(), outputs.count() - said.count()
    kind, fields = _number(spec, said, rows, both)
    note = f"{number(rows)} outputs were judged by {spec.judge} alone."
    drafts = [
        Draft(
            kind, f"{what} of {spec.dataset}, by {spec.judge}, corrected by how it errs", spec.setting, version, fields,
            criterion, model=spec.model, depends=(*spec.depends, spec.judge),
            soundness=(
                Soundness(rule="judge_calibrated", holds=holds, detail=why),
                *unseen(at.inputs, spec.dataset, spec.train),
                *at.labels(spec),
            ),
            left_out=left, notes=(note,),
            unit="share" if spec.positive is not None else None,
        )
    ]  # fmt: skip
    if (
        both is not None
        and calibration is not None
        and spec.calibrated is not None
        and spec.calibration is not None
    ):
        agreed = report(calibration, spec)
        if agreed is not None:
            drafts.append(
                Draft(
                    JudgeCalibration, f"how far {spec.calibrated} agrees with people on {spec.calibration}", spec.setting,
                    at.inputs.version(spec.calibration), agreed, depends=(*spec.depends, spec.calibrated),
                )
            )  # fmt: skip
    return drafts


def columns(spec: checks.Judge) -> Columns:
    return Columns(spec.verdict, spec.people, spec.item, spec.swapped, spec.before, spec.lengths, spec.makers)


def trusted(spec: checks.Judge, found: Calibration | None) -> tuple[bool, str]:
    """Whether the judge may judge, and why: somebody must have held this very version against people."""
    if found is None or spec.calibrated is None:
        return False, f"nobody compared {spec.judge} with people"
    if spec.calibrated != spec.judge:
        return False, f"{spec.calibrated} was compared with people, and {spec.judge} judged these outputs"
    return found.holds(spec.bar, spec.bias_bar)


def report(found: Calibration, spec: checks.Judge) -> dict[str, Any] | None:
    """The calibration as a report's own fields; None where agreement could not be computed."""
    if found.agreement.undefined:
        return None
    holds, why = found.holds(spec.bar, spec.bias_bar)
    changed = None
    if found.changed and not found.changed.better.undefined:
        better = found.changed.better
        changed = JudgeChange(
            version=spec.before or "", n=found.changed.n, changed=_times(found.changed.changed, found.changed.n),
            value=better.value, lower=better.lower, upper=better.upper,
        )  # fmt: skip
    return {
        "judge": spec.calibrated, "statistic": found.statistic, "value": found.agreement.value,
        "lower": found.agreement.lower, "upper": found.agreement.upper, "level": found.level, "bar": spec.bar,
        "outputs": found.outputs, "undecided": found.undecided, "people": found.people,
        "people_agree": found.people_agree, "judge_agrees": found.judge_agrees, "calibrated": holds, "why": why,
        "biases": tuple(
            JudgeBias(of=p.of, value=p.bounds.value, lower=p.bounds.lower, upper=p.bounds.upper, n=p.n)
            for p in found.preferences
            if not p.bounds.undefined
        ),
        "bias_bar": spec.bias_bar, "changed": changed, "n": found.outputs,
    }  # fmt: skip


def _times(share: Bounds, n: int) -> int:
    return 0 if math.isnan(share.value) else round(share.value * n)


def _number(
    spec: checks.Judge, said: Table, rows: int, both: Both | None
) -> tuple[type[JudgedShare | JudgedMean], dict[str, Any]]:
    column = said.column(spec.verdict)
    if spec.positive is not None:
        called = column.cast("string") == spec.positive
        found = said.fetch(said.expr.aggregate(n=called.cast("int64").sum()))[0]["n"]
        table = shares(both, spec.positive) if both is not None else ((0, 0), (0, 0))
        return JudgedShare, {
            "successes": int(found or 0), "trials": rows, "both": table, "correction": spec.correction,
        }  # fmt: skip
    value = said.numbers(spec.verdict)
    mean = said.fetch(said.expr.aggregate(mean=value.mean()))[0]["mean"]
    centre = 0.0 if mean is None else float(mean)
    m2 = said.fetch(said.expr.aggregate(m2=((value - centre) * (value - centre)).sum()))[0]["m2"]
    seen = moments(both) if both is not None else dict.fromkeys(
        ("scored", "people_mean", "people_m2", "judge_mean", "judge_m2", "m11"), 0
    )  # fmt: skip
    return JudgedMean, {"trials": rows, "mean": centre, "m2": float(m2 or 0.0), **seen}


def _drawn(every: Table, outputs: Table, rated: Table, spec: checks.Judge) -> tuple[Table, Table]:
    """Of the outputs in question those that people judged, and those that only the judge saw. Every output that people
    judged must be one of those that are judged: else they were not drawn from them."""
    item = spec.item or ""

    def items(one: Table) -> tuple[Any, Any]:
        mine, theirs = same_values(one.column(item), rated.column(item), where=f"the {item} of {one.name}")
        return one.expr.mutate(sextant_item=mine), rated.expr.mutate(sextant_item=theirs)

    left, right = items(every)
    elsewhere = rated.count(right.anti_join(left, "sextant_item"))
    if elsewhere:
        raise InvalidInput(
            f"{number(elsewhere)} of {number(rated.count())} outputs that people judged are not among those that are judged",
            where=rated.name, rule="prediction_powered takes outputs that were drawn by lot from the judged ones",
            todo="take rogan_gladen where they come from elsewhere",
        )  # fmt: skip
    left, right = items(outputs)
    both, alone = right.semi_join(left, "sextant_item"), left.anti_join(right, "sextant_item")
    return (
        Table(rated.name, both.drop("sextant_item"), rated.engine),
        Table(outputs.name, alone.drop("sextant_item"), outputs.engine),
    )
