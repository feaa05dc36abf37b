"""`sextant plan`: a short plan out of all that is known, to be read, kept, and held against the log later."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from sextant.criteria import Criterion
from sextant.documents import Document
from sextant.errors import Unavailable
from sextant.lifecycle.gates import GateState, current_phase
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.state import Risk
from sextant.verdicts import Verdict
from sextant_cli import output
from sextant_cli.common import on_project
from sextant_cli.planning import forecast_sentence
from sextant_cli.status import bar, measured
from sextant_client.answers import Timeline
from sextant_client.project import Project

#: The documents whose words open the plan, and which of their fields, in this order.
_WORDS = {
    "five_ws": ("what", "who", "why", "when", "where"),
    "brief": (
        "impact_now", "impact_wanted", "roi", "target_users", "approach", "scope", "feasibility", "starts", "ends",
        "team", "budget", "done",
    ),
}  # fmt: skip


@click.command()
@click.option(
    "--format", "form", type=click.Choice(("md",)), default="md", show_default=True, help="Markdown."
)
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
@on_project
def plan(project: Project, form: str, target: Path | None) -> None:
    """A short plan out of all that is known, with a signed head of the log.

    It ends with a signed head of the log. Kept where the log is not, the file proves later that the log up
    to then was not changed: `sextant audit verify --head plan.md`.
    """
    text = "\n".join(_plan(project))
    if target is None:
        output.say(text)
        return
    try:
        target.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(target)) from error
    output.say(f"Wrote {target}")


def _plan(project: Project) -> Iterator[str]:
    gates, criteria, verdicts = project.gates(), project.criteria(), project.verdicts()
    info, today = project.info, datetime.now(UTC)
    here = BY_KEY[current_phase(gates).phase].name
    simulated = " Its people and traffic are simulated." if info.simulated else ""
    yield f"# {info.name}: plan"
    yield f"\n*On {output.day(today)}: phase {here}, {info.rigor} rigor.{simulated}*"
    if info.summary:
        yield f"\n{info.summary}"
    yield "\n## Problem\n"
    yield from _problem(project)
    yield "\n## Targets\n"
    yield from _targets(criteria, verdicts)
    yield "\n## Gates\n"
    yield from _gates(gates)
    yield "\n## Risks\n"
    yield from _risks(project.risks())
    yield "\n## Timeline\n"
    yield from _timeline(project.timeline())
    yield "\n## Signed head of the log\n"
    yield "Keep this file where the log is not: `sextant audit verify --head FILE` holds the log against it.\n"
    yield "```json"
    yield json.dumps(output.plain(project.anchor("plan")), ensure_ascii=False, indent=2)
    yield "```"


def _problem(project: Project) -> Iterator[str]:
    said = False
    for kind, fields in _WORDS.items():
        for written in project.documents(kind):
            for line in _document(written.document, fields):
                said = True
                yield line
    if not said:
        yield "Nothing is written yet."


def _document(document: Document, fields: Sequence[str]) -> Iterator[str]:
    for name in fields:
        value = getattr(document, name)
        if value in ("", (), None):
            continue
        text = ", ".join(value) if isinstance(value, tuple) else str(value)
        yield f"- **{type(document).model_fields[name].title}:** {' '.join(text.split())}"


def _targets(criteria: Sequence[Criterion], verdicts: dict[str, Verdict]) -> Iterator[str]:
    rows = [
        (c.name, bar(c), measured(c, verdicts[c.key]), verdicts[c.key].word, c.owner or "–")
        for c in criteria
        if c.key in verdicts
    ]
    yield from _table(("Target", "Bar", "Measured", "Status", "Owner"), rows, "No targets are written yet.")


def _gates(gates: Sequence[GateState]) -> Iterator[str]:
    rows = []
    for state in gates:
        decision = state.decision
        decided = f"{decision.outcome} by {decision.by}, {output.day(decision.at)}" if decision else "–"
        blockers = "; ".join(f"{i.item.key} {i.item.title}" for i in state.blockers)
        stands = "not assessed" if not state.assessed else f"{state.met} of {len(state.items)} met"
        rows.append((BY_KEY[state.phase].name, stands, blockers or "nothing", decided))
    yield from _table(("Phase", "Stands", "What blocks", "Decided"), rows, "")


def _risks(risks: Sequence[Risk]) -> Iterator[str]:
    rows = [
        (r.text, f"{r.likelihood} × {r.impact}", r.mitigation or "–", r.owner or "–", r.status)
        for r in sorted(risks, key=lambda r: -r.likelihood * r.impact)
    ]
    heads = ("Risk", "Likelihood × impact", "Mitigation", "Owner", "Status")
    yield from _table(heads, rows, "No risks are written down.")


def _timeline(timeline: Timeline) -> Iterator[str]:
    rows = [
        (
            BY_KEY[p.phase].name, f"{output.day(p.planned_start)} to {output.day(p.planned_end)}",
            f"{output.day(p.actual_start)} to {output.day(p.actual_end)}",
        )
        for p in timeline.plans
    ]  # fmt: skip
    yield from _table(("Phase", "Planned", "Actual"), rows, "No dates are planned.")
    yield f"\n{forecast_sentence(timeline.forecast)}"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> Iterator[str]:
    if not rows:
        yield empty
        return
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
