"""The model card: what a model is for, what was measured on it, and where it fails; in Hugging Face's format.

Everything on it comes out of the project's records. Its metadata (`model-index`) hold measured numbers only, each with its
range, on the very version that the card is of; simulated and declared ones stand in the table below, named so. What is not
known is said to be not known.

Source: Mitchell et al., "Model cards for model reporting" (2019); Hugging Face, "Model cards" and its metadata
specification.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sextant.criteria import Criterion, Origin
from sextant.errors import Conflict
from sextant.evaluation.documents import SafetyFinding
from sextant.evidence import Measurement
from sextant.lifecycle.plan.markdown import escaped
from sextant.lifecycle.records import each, kept
from sextant.lifecycle.state import ProjectState
from sextant.phrases import number, span, with_unit
from sextant.problem.documents import DecisionTree, FiveWs
from sextant.reports import ModelRun, Slices
from sextant.verdicts import Status, Verdict, inadmissible

#: Families of targets that say something about a model.
_FAMILIES = ("ml", "fairness", "explainability", "safety", "system", "cost")
_NOT_KNOWN = "Not written down."
#: How many slices are shown, the worst first.
_SLICES = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A target with what was measured on this model for it; `proof` is None where nothing counts."""

    criterion: Criterion
    verdict: Verdict
    proof: Measurement | None


def card(state: ProjectState, *, summary: str = "", task: str = "other") -> str:
    """The card of the candidate, as the README.md of a model repository.

    summary  what the project is about, in a sentence or two
    task     the task by Hugging Face's name, such as text-classification; `other` where none fits

    Raises `Conflict` where no model version is named as the one to ship: a card is of one exact version.
    """
    if state.candidate is None:
        raise Conflict(
            "no model version is named as the one to ship", rule="a model card is of one exact version",
            todo="name the candidate in the project's settings",
        )  # fmt: skip
    rows = [Row(c, *_found(state, c)) for c in state.of_family(*_FAMILIES)]  # type: ignore[arg-type]
    return f"---\n{_front(state, rows, task)}---\n\n" + "\n".join(_body(state, rows, summary)) + "\n"


def _found(state: ProjectState, criterion: Criterion) -> tuple[Verdict, Measurement | None]:
    """The verdict, and the measurement that it was decided on if that counts."""
    verdict = state.verdict(criterion.key)
    if verdict.evidence is None or verdict.status in (Status.MISSING, Status.STALE):
        return verdict, None
    proof = next((p for p in state.proofs(criterion) if p.digest == verdict.evidence), None)
    if (
        proof is None
        or proof.stale
        or inadmissible(criterion, proof.evidence, allow_simulated=state.simulated)
    ):
        return verdict, None
    return verdict, None if proof.evidence.undefined else proof.evidence


def _front(state: ProjectState, rows: list[Row], task: str) -> str:
    from ruamel.yaml import YAML

    assert state.candidate is not None  # noqa: S101 - asked for above
    results = [
        _result(row, task)
        for row in rows
        if row.proof is not None and row.proof.origin is Origin.MEASURED and _comparable(row.proof)
    ]
    meta: dict[str, Any] = {"tags": ["sextant"]}
    if results:
        meta["model-index"] = [{"name": state.candidate.name, "results": results}]
    writer, out = YAML(), io.StringIO()
    writer.default_flow_style = False
    writer.width = 4096
    writer.dump(meta, out)
    return out.getvalue()


def _comparable(proof: Measurement) -> bool:
    """Whether it is a finite number of the model itself, on data that is named."""
    return proof.data is not None and math.isfinite(proof.value) and not proof.contrast


def _result(row: Row, task: str) -> dict[str, Any]:
    proof, criterion = row.proof, row.criterion
    assert proof is not None and proof.data is not None  # noqa: S101 - chosen above
    args: dict[str, Any] = {"unit": proof.unit, "setting": proof.setting.value}
    if proof.slice:
        args["slice"] = dict(proof.slice)
    if proof.size is not None:
        args["n"] = proof.size
    if proof.interval is not None:
        ends = {"lower": proof.interval.lower, "upper": proof.interval.upper}
        args |= {k: v for k, v in ends.items() if math.isfinite(v)}
        args |= {
            "level": proof.interval.level,
            "sides": proof.interval.sides,
            "method": proof.interval.method,
        }
    return {
        "task": {"type": task},
        "dataset": {"name": proof.data.name, "type": proof.data.name, "revision": proof.data.version},
        "metrics": [{"type": criterion.metric, "value": proof.value, "name": criterion.name, "args": args}],
    }


def _body(state: ProjectState, rows: list[Row], summary: str) -> Iterator[str]:
    model = state.candidate
    assert model is not None  # noqa: S101 - asked for above
    yield f"# {escaped(state.name)}: {escaped(model.name)} {escaped(model.version)}\n"
    yield f"{escaped(summary) if summary else _NOT_KNOWN}\n"
    if state.simulated:
        yield "**People and traffic of this project are simulated: no number here was measured on real use.**\n"
    yield "## Uses\n"
    yield from _uses(state)
    yield "\n## Limits\n"
    yield from _limits(state, rows)
    yield "\n## Training\n"
    yield from _training(state)
    yield "\n## Evaluation\n"
    yield from _evaluation(rows)
    yield from _slices(state)
    yield f"\n*Put together by Sextant on {state.now:%Y-%m-%d} from the project's records.*"


def _uses(state: ProjectState) -> Iterator[str]:
    asked = state.one(FiveWs)
    said = [
        (label, text)
        for label, text in (
            (("For whom", asked[0].who), ("For what", asked[0].what), ("Why", asked[0].why)) if asked else ()
        )
        if text
    ]
    for label, text in said:
        yield f"- **{label}:** {escaped(text)}"
    tree = state.one(DecisionTree)
    if tree and tree[0].oversight_plan:
        yield f"- **Looked after by people:** {escaped(tree[0].oversight_plan)}"
    elif not said:
        yield _NOT_KNOWN


def _limits(state: ProjectState, rows: list[Row]) -> Iterator[str]:
    open_ = [f for f, _ in state.all(SafetyFinding) if f.state != "fixed"]
    unmet = [row for row in rows if row.verdict.status in (Status.UNMET, Status.NOT_ENOUGH, Status.WAIVED)]
    unknown = [row for row in rows if row.verdict.status in (Status.MISSING, Status.STALE)]
    for row in unmet:
        yield f"- {escaped(row.criterion.name)}: {escaped(row.verdict.reason)}"
    for finding in open_:
        yield f"- {escaped(finding.category.replace('_', ' '))}, {finding.severity}: {escaped(finding.text or 'open')}"
    for row in unknown:
        yield f"- {escaped(row.criterion.name)}: not measured on this version."
    if not (open_ or unmet or unknown):
        yield "Every target is met on this version, and no safety finding is open. That is no proof that there are no limits."


def _training(state: ProjectState) -> Iterator[str]:
    assert state.candidate is not None  # noqa: S101 - asked for above
    runs = kept(state, ModelRun, state.candidate.name)
    run = next((found for found, _ in runs if found.model == state.candidate), None)
    if run is None:
        yield _NOT_KNOWN
        return
    yield f"- **Approach:** {escaped(run.approach)}{' (the baseline)' if run.baseline else ''}"
    if run.data is not None:
        yield f"- **Data:** {escaped(str(run.data))}"
    for name, value in run.parameters.items():
        yield f"- **{escaped(name)}:** {escaped(str(value))}"
    if run.training_seconds is not None:
        yield f"- **Training took:** {number(run.training_seconds)} s"
    if run.code:
        yield f"- **Code:** {escaped(run.code)}"


def _evaluation(rows: list[Row]) -> Iterator[str]:
    if not rows:
        yield "No target is set."
        return
    yield "| What | Measured | Range | Cases | Data | Bar | Status |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        c, proof = row.criterion, row.proof
        asked = "at least" if c.direction == "at_least" else "at most"
        where = "".join(f", {k} = {v}" for k, v in sorted(c.slice.items()))
        cells = [
            f"{c.name}{where}",
            "–",
            "–",
            "–",
            "–",
            f"{asked} {with_unit(c.threshold, c.unit)}",
            row.verdict.word,
        ]
        if proof is not None:
            origin = "" if proof.origin is Origin.MEASURED else f" ({proof.origin.value})"
            cells[1] = with_unit(proof.value, proof.unit) + origin
            if proof.interval is not None:
                cells[2] = span(proof.interval.lower, proof.interval.upper, proof.unit).replace(
                    " and ", " to "
                )
            cells[3] = "–" if proof.size is None else number(proof.size)
            cells[4] = str(proof.data) if proof.data else "–"
        yield "| " + " | ".join(escaped(cell) for cell in cells) + " |"


def _slices(state: ProjectState) -> Iterator[str]:
    for report, _ in each(state, Slices):
        if report.model != state.candidate or not report.rows:
            continue
        yield f"\n### {escaped(report.metric)} by group\n"
        yield "| Group | Right | Range | Cases |"
        yield "|---|---|---|---|"
        for row in report.rows[:_SLICES]:
            where = ", ".join(f"{k} = {v}" for k, v in row.slice.items()) or "all"
            right = "–" if row.share is None else with_unit(row.share, "share")
            between = span(row.lower, row.upper, "share").replace(" and ", " to ")
            yield f"| {escaped(where)} | {escaped(right)} | {escaped(between)} | {number(row.trials)} |"
        if len(report.rows) > _SLICES:
            yield f"\nThe worst {_SLICES} of {number(len(report.rows))} groups."
