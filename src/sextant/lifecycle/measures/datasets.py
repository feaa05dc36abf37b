"""The checks of datasets as such: how far one has moved from another, how like real rows synthetic ones are, and the
numbers of a profile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sextant.config import checks, data_checks
from sextant.criteria import Criterion, Setting
from sextant.data.domain import Apart
from sextant.data.drift import drift as moved
from sextant.data.drift_report import ColumnDrift
from sextant.errors import InvalidInput
from sextant.evidence import (
    Count,
    Drift,
    Estimate,
    Evidence,
    Interval,
    Mean,
    Proportion,
    Separability,
    Version,
)
from sextant.lifecycle.measures.drafts import Context, Draft
from sextant.lifecycle.measures.soundness import features
from sextant.phrases import number
from sextant.reports import DriftRun, Likeness, SyntheticReport

#: What all columns taken together are called among columns.
TOGETHER = "all columns together"


@dataclass(frozen=True, slots=True)
class _Between:
    """Two datasets that are compared: what every record of it says."""

    at: Context
    reference: str
    current: str
    setting: Setting
    also: tuple[Version, ...]

    @property
    def data(self) -> Version:
        return self.at.inputs.version(self.current)

    @property
    def depends(self) -> tuple[Version, ...]:
        return (*self.also, self.at.inputs.version(self.reference))


def drift(spec: checks.Drift, at: Context) -> list[Draft]:
    old, new = at.inputs.table(spec.reference), at.inputs.table(spec.current)
    asked = spec.columns or features(at.inputs, spec.current, spec.reference)
    if not asked:
        raise InvalidInput(
            f"{spec.reference} and {spec.current} have no features in common",
            where=f"check {spec.id}",
            todo="name `columns`",
        )
    found = moved(
        old, new, columns=asked, statistic=spec.statistic, threshold=spec.threshold, bins=spec.bins,
        multivariate=spec.together,
    )  # fmt: skip
    # A column that was asked for by name is an error if it cannot be compared; one out of all of them is passed
    # over, and named.
    passed_over = {c.name: c.why for c in found.columns if c.verdict == "not_compared"}
    if spec.columns and passed_over:
        name, why = next(iter(passed_over.items()))
        raise InvalidInput(why, where=f"check {spec.id}, column {name}", todo="leave the column out")
    looked_at = [c for c in found.columns if c.verdict != "not_compared"]
    if not looked_at:
        raise InvalidInput(
            f"{spec.reference} and {spec.current} have no columns that drift can be looked for in",
            where=f"check {spec.id}",
            todo="name `columns`",
        )
    between = _Between(at, spec.reference, spec.current, spec.setting, spec.depends)
    drafts = [_moved(column, spec.statistic, between) for column in looked_at]
    together = found.together
    if together is not None and together.verdict != "not_compared":
        drafts.append(_told_apart(together, "", between))
    elif together is not None:
        passed_over[TOGETHER] = together.why
    if spec.model:
        drifted = together is not None and together.verdict == "drifted"
        whole = (TOGETHER,) if together is not None and together.verdict != "not_compared" else ()
        fields = {
            "type": "data",
            "subject": between.data,
            "checked": (*(c.name for c in looked_at), *whole),
            "drifted": (*found.drifted, *(whole if drifted else ())),
            "next_due": at.now + timedelta(days=spec.cadence_days) if spec.cadence_days else None,
        }
        notes = tuple(f"{column} was passed over: {why}." for column, why in passed_over.items())
        drafts.append(
            Draft(
                DriftRun,
                f"drift of what the model reads in {spec.current}",
                spec.setting,
                between.data,
                fields,
                model=spec.model,
                depends=between.depends,
                notes=notes,
            )
        )
    return drafts


def _moved(column: ColumnDrift, statistic: str, of: _Between, criterion: Criterion | None = None) -> Draft:
    """How far a column has moved: by counts, or by a classifier where no counts tell."""
    if column.apart is not None:
        return _told_apart(column.apart, column.name, of)
    assert column.decided_on is not None  # noqa: S101 - it was compared
    fields = {
        "statistic": statistic,
        "feature": column.name,
        "reference": of.at.inputs.version(of.reference),
        "reference_counts": column.decided_on.reference,
        "current_counts": column.decided_on.current,
        "edges": column.edges if column.decided_on.reference == column.reference else (),
        "positions": column.decided_on.positions,
    }
    return Draft(
        Drift, f"distance of {column.name} between {of.reference} and {of.current}", of.setting, of.data, fields,
        criterion, depends=of.depends, unit="share" if statistic == "total_variation" else "distance",
    )  # fmt: skip


def _told_apart(apart: Apart, column: str, of: _Between, criterion: Criterion | None = None) -> Draft:
    fields = {
        "feature": column,
        "reference": of.at.inputs.version(of.reference),
        "area": apart.area,
        "error": apart.error,
        "reference_held": apart.held[0],
        "current_held": apart.held[1],
        "tells": tuple(t.feature for t in apart.tells),
    }
    what = column or TOGETHER
    said = f"how well a classifier tells {of.reference} and {of.current} apart by {what}"
    seen = " and ".join(number(n) for n in apart.rows)
    drawn = f"The classifier saw {seen} rows, drawn at random, half of them to learn from."
    return Draft(
        Separability, said, of.setting, of.data, fields, criterion, depends=of.depends, unit="share",
        notes=(drawn,) if apart.sampled else (),
    )  # fmt: skip


def synthetic(spec: data_checks.Synthetic, at: Context) -> list[Draft]:
    """A report in sentences, and a number for each target."""
    from sextant.data.synthetic import likeness

    old, new = at.inputs.table(spec.real), at.inputs.table(spec.synthetic)
    keys = [at.inputs.config.datasets[name].key for name in (spec.real, spec.synthetic)]
    found = likeness(
        old, new, columns=spec.columns, but=[k for k in keys if k is not None], target=spec.target,
        test=at.inputs.table(spec.test) if spec.test else None,
    )  # fmt: skip
    between = _Between(at, spec.real, spec.synthetic, spec.setting, spec.depends)
    drafts = [_judged(o.measure, found, between, at.criterion(o.criterion)) for o in spec.outcomes]
    fields = {
        "real": at.inputs.version(spec.real),
        "rows": found.drift.current_rows,
        "real_rows": found.drift.reference_rows,
        "points": [Likeness(title=title, answer=answer, said=said) for title, answer, said in found.points],
        "n": found.drift.current_rows,
    }
    said = f"how like {spec.real} the synthetic rows of {spec.synthetic} are"
    return [
        *drafts,
        Draft(SyntheticReport, said, spec.setting, between.data, fields, depends=between.depends),
    ]


def _judged(measure: str, found: Any, of: _Between, criterion: Criterion) -> Draft:
    if measure == "told_apart":
        if found.apart.verdict == "not_compared":
            raise InvalidInput(
                found.apart.why, where=f"target {criterion.key}", rule="told_apart asks a classifier"
            )
        return _told_apart(found.apart, "", of, criterion)
    if measure == "farthest_column":
        if found.farthest is None:
            raise InvalidInput("no column can be compared", where=f"target {criterion.key}")
        return _moved(found.farthest, found.drift.statistic, of, criterion)
    common: dict[str, Any] = {"depends": of.depends}
    if measure == "copied_rows":
        what = f"rows of {of.current} that equal a row of {of.reference} in all {len(found.copies.columns)} columns"
        fields: dict[str, Any] = {"value": float(found.copies.rows), "n": found.copies.of}
        return Draft(Count, what, of.setting, of.data, fields, criterion, **common)
    use = found.use
    what = f"how much worse a model that learned {use.target} from {of.current} does than one from {of.reference}"
    fields = {"mean": use.worse, "m2": use.m2, "n": use.n}
    notes = (
        ()
        if use.unseen
        else ("The synthetic rows may have been made from the rows that both were judged on.",)
    )
    unit = "share" if use.classes else None
    return Draft(Mean, what, of.setting, of.data, fields, criterion, unit=unit, notes=notes, **common)


# --- a number of a profile


def profile_number(spec: data_checks.Profile, at: Context) -> list[Draft]:
    """One number that a profile of all rows says; a share of rows has a range, what was counted has none."""
    from sextant.data.profiling import profile

    criterion = at.criterion(spec.criterion)
    kept = at.inputs.table(spec.dataset).where(spec.where).where(dict(criterion.slice))
    if spec.column is not None:
        kept.column(spec.column)
    columns = () if spec.column is None else (spec.column,)
    found = profile(kept, columns=columns, sketches=spec.measure == "distinct")
    kind, what, fields, unit = _MEASURES[spec.measure](found, spec, at)
    return [
        Draft(
            kind, f"{what} in {spec.dataset}", spec.setting, at.inputs.version(spec.dataset), fields, criterion,
            depends=spec.depends, unit=spec.unit or unit,
        )
    ]  # fmt: skip


_Number = tuple[type[Evidence], str, dict[str, Any], str | None]


def _rows(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    return Count, "number of rows", {"value": float(found.rows), "n": found.rows}, None


def _missing(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    worst = max(found.columns, key=lambda c: c.missing)
    what = f"share of rows without a value of {worst.name}"
    return (
        Proportion,
        what if spec.column else f"{what}, which lacks most",
        {"successes": worst.missing, "trials": worst.rows},
        "share",
    )


def _distinct(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    column = found[spec.column]
    counted = column.distinct
    what = f"number of different values of {column.name}"
    if counted.exact:
        return Count, what, {"value": float(counted.value), "n": column.present}, None
    interval = Interval(
        lower=counted.lower, upper=counted.upper, level=0.95, sides=2, method="distinct_sketch"
    )
    return Estimate, what, {"value": float(counted.value), "interval": interval, "n": column.present}, None


def _rarest(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    column = found[spec.column]
    if column.values is None:
        raise _refused(
            spec,
            f"{column.name} has {column.distinct.value:,.0f} different values, and up to 256 are counted",
        )
    if not column.values:
        raise _refused(spec, f"{column.name} has no value")
    least = min(v.n for v in column.values)
    return (
        Count,
        f"rows of the rarest of {len(column.values)} values of {column.name}",
        {"value": float(least), "n": column.present},
        None,
    )


def _least(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    return _extreme(found, spec, "minimum", "least")


def _most(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    return _extreme(found, spec, "maximum", "greatest")


def _extreme(found: Any, spec: data_checks.Profile, which: str, word: str) -> _Number:
    numbers = _numbers(found, spec)
    ends = {"minimum": (numbers.below, -math.inf), "maximum": (numbers.above, math.inf)}
    beyond, infinite = ends[which]
    value = infinite if beyond else float(getattr(numbers, which))
    return Count, f"{word} value of {spec.column}", {"value": value, "n": numbers.n}, None


def _mean(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    numbers = _numbers(found, spec)
    return Mean, f"mean of {spec.column}", {"mean": numbers.mean, "m2": numbers.m2, "n": numbers.n}, None


def _numbers(found: Any, spec: data_checks.Profile) -> Any:
    column = found[spec.column]
    if column.numbers is None or not column.numbers.n:
        raise _refused(spec, f"{column.name} holds no numbers")
    return column.numbers


def _age(found: Any, spec: data_checks.Profile, at: Context) -> _Number:
    column = found[spec.column]
    if column.times is None or column.times.latest is None:
        raise _refused(spec, f"{column.name} holds no days or times")
    latest = datetime.fromisoformat(column.times.latest)
    latest = latest if latest.tzinfo else latest.replace(tzinfo=UTC)
    return (
        Count,
        f"days since the newest {column.name}",
        {"value": (at.now - latest) / timedelta(days=1), "n": column.present},
        "days",
    )


def _refused(spec: data_checks.Profile, why: str) -> InvalidInput:
    return InvalidInput(why, where=f"check {spec.id}", todo="name another column, or another measure")


_MEASURES = {
    "rows": _rows, "missing": _missing, "distinct": _distinct, "rarest": _rarest, "minimum": _least, "maximum": _most,
    "mean": _mean, "age_days": _age,
}  # fmt: skip
