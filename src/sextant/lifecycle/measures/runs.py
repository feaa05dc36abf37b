"""Which checks can run, and running them: from a check to the evidence that it gives."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from pydantic import ValidationError

from sextant import __version__
from sextant.config import Config
from sextant.config.checks import AnyCheck, Evaluation, Experiment, Judge
from sextant.config.data_checks import Synthetic
from sextant.criteria import Criterion, Origin
from sextant.errors import InvalidInput
from sextant.evidence import Evidence, Measurement, Producer, Recipe, Soundness
from sextant.lifecycle.measures.drafts import Context, Draft
from sextant.lifecycle.measures.inputs import Inputs, agreement_of, counted, needs
from sextant.lifecycle.measures.kinds import KINDS, conclusion
from sextant.phrases import number
from sextant.reports import first_fault
from sextant.verdicts import Proof, Status, Verdict, judge

#: What of a criterion a number does not depend on, or what may name a person: it is not kept in the recipe.
_LEFT_OUT = {
    "owner",
    "binding",
    "baseline",
    "note",
    "due",
    "due_days_after_exposure",
    "leading",
    "phase",
    "max_age_days",
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A check of the config, and whether its inputs are there; `missing` says what is not, each in half a
    sentence."""

    spec: AnyCheck
    ready: bool
    missing: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.spec.id


def available(config: Config, root: str | Path) -> list[Planned]:
    """Every check of the config in its order, and whether the files that it reads are there. Opens none of
    them."""
    inputs = Inputs(config, root)
    planned = []
    for spec in config.checks:
        missing = tuple(dict.fromkeys(why for name in needs(config, spec) if (why := inputs.lacking(name))))
        planned.append(Planned(spec, not missing, missing))
    return planned


def run(
    config: Config,
    spec: AnyCheck,
    root: str | Path,
    *,
    now: datetime,
    code: str | None = None,
    inputs: Inputs | None = None,
) -> list[Evidence]:
    r"""Run one check of the config on the files under `root`, and return its evidence, one record or several.

    `now` is when it was measured, `code` the version of the code that made the rows (such as a commit).
    Several runs share their tables through `inputs`. The same files give the same numbers. Raises
    `InvalidInput` and `Unavailable` with file, column and row for what cannot be read or compared.

    >>> from datetime import UTC
    >>> from tempfile import TemporaryDirectory
    >>> from sextant.config import loads
    >>> config = loads('''
    ... project: {slug: forms, name: Forms}
    ... criteria:
    ...   - {key: fast, name: Fast, family: system, metric: p50, unit: ms, direction: at_most, threshold: 90}
    ... datasets: {log: {path: log.csv}}
    ... checks: [{check: quantile, criterion: fast, table: log, column: ms, q: 0.5}]
    ... ''').config
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "log.csv").write_text("ms\n" + "\n".join(map(str, range(1, 100))))
    ...     found = run(config, config.checks[0], folder, now=datetime(2026, 1, 1, tzinfo=UTC))
    >>> [(e.kind, e.criterion, e.value, e.interval.lower, e.interval.upper) for e in found]
    [('quantile', 'fast', 50.0, 40.0, 60.0)]
    """
    own = inputs or Inputs(config, root)
    try:
        began = perf_counter()
        at = Context(own, now, lambda asked: _labels_agreed(own, asked, now))
        drafts = KINDS[spec.check](spec, at)
        recipe = _recipe(own, spec)

        def made(draft: Draft) -> Evidence:
            return _evidence(draft, own, spec, now, code, recipe, perf_counter() - began)

        found = [made(draft) for draft in drafts]
        if isinstance(spec, Experiment):
            found.append(made(_concluded(spec, at, found)))
        return found
    finally:
        if inputs is None:
            own.close()


def _evidence(
    draft: Draft,
    inputs: Inputs,
    spec: AnyCheck,
    now: datetime,
    code: str | None,
    recipe: Recipe,
    seconds: float,
) -> Evidence:
    criterion = draft.criterion
    left_out = (f"{number(draft.left_out)} rows without a value were left out.",) if draft.left_out else ()
    fields: dict[str, Any] = {
        "estimand": draft.estimand,
        "setting": draft.setting,
        "data": draft.data,
        "model": draft.model,
        "depends": draft.depends,
        "code": code,
        "origin": inputs.origin(counted(inputs.config, spec)),
        "producer": Producer(
            name="sextant", version=__version__, command=f"sextant check {spec.id}", seconds=round(seconds, 3)
        ),
        "at": now,
        "soundness": draft.soundness,
        "recipe": recipe,
        "note": " ".join((*left_out, *draft.notes)) or None,
        **draft.fields,
    }
    if draft.period:
        fields["period_start"], fields["period_end"] = draft.period
    if criterion:
        fields |= {
            "criterion": criterion.key,
            "slice": criterion.slice,
            "measure_digest": criterion.measure_digest,
        }
    try:
        if issubclass(draft.kind, Measurement):
            fields["unit"] = draft.unit or (criterion.unit if criterion else "")
            return _measurement(draft.kind, criterion, fields)
        return draft.kind.model_validate(fields)
    except ValidationError as error:
        raise InvalidInput(first_fault(error), where=f"check {spec.id}") from error


def _measurement(kind: type[Measurement], criterion: Criterion | None, fields: dict[str, Any]) -> Measurement:
    name = kind.model_fields["kind"].default
    if name == "count":
        return kind.of(**fields)
    if name == "estimate":
        return kind.model_validate(fields)
    # Only what has a range that allows looking all the time may say so.
    continuous = (
        criterion is not None
        and criterion.continuous
        and name not in ("quantile", "agreement", "drift", "separability")
    )
    level, sides = (criterion.level, criterion.sides) if criterion else (0.95, 2)
    return kind.of(level=level, sides=sides, continuous=continuous, **fields)


def _recipe(inputs: Inputs, spec: AnyCheck) -> Recipe:
    """The part of the config that the check reads, and the digests of its files."""
    config, names = inputs.config, needs(inputs.config, spec)
    also = agreement_of(config, spec) if isinstance(spec, Evaluation | Judge) else None
    keys = {getattr(s, what, None) for s in (spec, also) if s for what in ("criterion", "reaches")}
    keys |= {o.criterion for o in spec.outcomes} if isinstance(spec, Experiment | Synthetic) else set()
    criteria = [
        {**{k: v for k, v in c.plain().items() if k not in _LEFT_OUT}, "name": c.key}
        for c in config.criteria
        if c.key in keys
    ]
    arguments: dict[str, Any] = {
        "criteria": criteria,
        "datasets": {n: d.plain() for n, d in config.datasets.items() if n in names},
        "predictions": {n: p.plain() for n, p in config.predictions.items() if n in names},
        "checks": [s.plain() for s in (spec, also) if s],
    }
    digests = {inputs.declared(name).path: inputs.digest(name) for name in names}
    return Recipe(check=spec.check, arguments={k: v for k, v in arguments.items() if v}, inputs=digests)


def _labels_agreed(inputs: Inputs, spec: Evaluation | Judge, now: datetime) -> list[Soundness]:
    """Whether the labels can be trusted, by the target that judges how far people agree on them."""
    asked = agreement_of(inputs.config, spec)
    if asked is None or asked.criterion is None:
        return []
    found = run(inputs.config, asked, inputs.root, now=now, inputs=inputs)
    measured = next(e for e in found if isinstance(e, Measurement))
    verdict = _judged(inputs.config.criterion(asked.criterion), measured, now)
    invented = "; the labelers are simulated" if measured.origin is Origin.SIMULATED else ""
    detail = verdict.reason.rstrip(".") + invented
    return [Soundness(rule="labels_agreed", holds=verdict.status is Status.MET, detail=detail)]


def _concluded(spec: Experiment, at: Context, effects: list[Evidence]) -> Draft:
    by_key = {e.criterion: e for e in effects if isinstance(e, Measurement) and e.criterion}
    verdicts = {key: _judged(at.criterion(key), e, at.now) for key, e in by_key.items()}
    return conclusion(spec, at, by_key, verdicts)


#: What decides here is the number alone: not its time, and not who agreed to wait for it.
_UNTIMED = {"due": None, "due_days_after_exposure": None, "max_age_days": None}


def _judged(criterion: Criterion, evidence: Measurement, now: datetime) -> Verdict:
    # Invented rows may judge invented rows: the evidence itself says that it is simulated.
    proof = Proof(evidence, evidence.digest())
    untimed = criterion.model_copy(update=_UNTIMED)
    return judge(untimed, [proof], now=now, setting=evidence.setting, allow_simulated=True)
