"""`sextant status`: where the project stands, on one screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

from sextant.criteria import Criterion
from sextant.lifecycle.gates import GateState, current_phase
from sextant.lifecycle.phases import BY_KEY
from sextant.phrases import span, with_unit
from sextant.verdicts import Status, Verdict
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_cli.planning import forecast_sentence
from sextant_client.project import Project


@click.command()
@as_json_option
@on_project
def status(project: Project, form: str) -> None:
    """Targets against what was measured, what blocks, what next.

    Shows each target beside its latest proof, the gate of the present phase with what blocks it, what to do
    next, the ways of failing that show, and the forecast of the ship date.
    """
    gates, criteria, verdicts = project.gates(), project.criteria(), project.verdicts()
    here = current_phase(gates)
    failing = [mode for mode in project.failure_modes() if mode.present]
    timeline = project.timeline()
    if form == "json":
        output.as_json(
            {
                "project": project.info, "phase": here.phase, "verdicts": verdicts,
                "targets": {c.key: c for c in criteria},
                "gates": {g.phase: {"open": g.open, "passed": g.passed, "met": g.met, "items": len(g.items),
                                    "blockers": [i.item.key for i in g.blockers]} for g in gates},
                "next": _next(here), "failure_modes": failing, "forecast": timeline.forecast,
            }
        )  # fmt: skip
        return
    info = project.info
    simulated = ", simulated" if info.simulated else ""
    where = f"phase {BY_KEY[here.phase].name}, {info.rigor} rigor{simulated}"
    output.say(f"{output.heading(info.name)} ({info.slug}): {where}")
    output.say(" → ".join(_phase(g, here) for g in gates))
    output.say()
    _targets(criteria, verdicts)
    _say_next(here)
    if failing:
        output.say()
        output.say(output.heading("Watch out"))
        for mode in failing:
            output.say(output.indented(f"{mode.title}: {mode.symptom}", 2))
    output.say()
    output.say(output.indented(forecast_sentence(timeline.forecast), 0))


def bar(criterion: Criterion) -> str:
    """What a criterion asks for, as a person writes it."""
    if criterion.role == "guardrail":
        worse = "lower" if criterion.direction == "at_least" else "higher"
        return f"at most {with_unit(criterion.threshold, criterion.unit)} {worse}"
    return f"{criterion.direction.replace('_', ' ')} {with_unit(criterion.threshold, criterion.unit)}"


def measured(criterion: Criterion, verdict: Verdict) -> str:
    """What was measured, with its range and, if it is not measured, where it comes from."""
    if verdict.value is None:
        return "–"
    exact = verdict.lower is None or verdict.lower == verdict.upper
    between = "" if exact else f" (between {span(verdict.lower, verdict.upper, criterion.unit)})"
    origin = f", {verdict.origin.value}" if verdict.origin and verdict.origin.value != "measured" else ""
    return f"{with_unit(verdict.value, criterion.unit)}{between}{origin}"


def verdict_table(project: Project) -> None:
    """Print every target beside what was measured."""
    _targets(project.criteria(), project.verdicts())


def _targets(criteria: Sequence[Criterion], verdicts: Mapping[str, Verdict]) -> None:
    rows = [
        (c.name, bar(c), measured(c, v), output.status(v.status, v.word), _why(v))
        for c in criteria
        if (v := verdicts.get(c.key))
    ]
    empty = "No targets yet: write them into sextant.yaml."
    output.table(("TARGET", "BAR", "MEASURED", "STATUS", "WHY"), rows, empty=empty)


def _why(verdict: Verdict) -> str:
    """The reason, where the numbers beside it do not say it already."""
    return "" if verdict.status in (Status.MET, Status.UNMET) else verdict.reason


def _phase(state: GateState, here: GateState) -> str:
    name = BY_KEY[state.phase].name
    if not state.assessed:
        return f"({name})"
    text = f"{name} ✓" if state.passed else name
    return output.heading(f"[{text}]") if state.phase == here.phase else text


def _next(here: GateState) -> list[dict[str, Any]]:
    actions = [(item, item.finding.action) for item in here.blockers]
    return [
        {
            "item": item.item.key, "title": item.item.title, "status": item.status.value,
            "do": action.label if action else None, "target": action.target if action else None,
        }
        for item, action in actions
    ]  # fmt: skip


def _say_next(here: GateState) -> None:
    name = BY_KEY[here.phase].name
    output.say()
    if not here.blockers:
        if here.passed:
            output.say(f"Nothing blocks, and every gate is passed: {name} goes on.")
        else:
            output.say(f"Nothing blocks {name}. Next: `sextant decide {here.phase} pass --by NAME`.")
        return
    output.say(output.heading(f"What blocks {name}"))
    rows = [
        (
            i.item.key,
            output.status(i.status),
            i.item.title,
            i.finding.action.label if i.finding.action else "–",
        )
        for i in here.blockers
    ]
    output.table(("ITEM", "STATUS", "WHAT", "NEXT"), rows)
