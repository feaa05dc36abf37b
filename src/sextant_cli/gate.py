"""`sextant gate`: what each gate says, for a person or for a CI job."""

from __future__ import annotations

from collections.abc import Sequence

import click

from sextant.lifecycle.gates import GateState, ItemState, current_phase
from sextant.lifecycle.phases import BY_KEY
from sextant.verdicts import WORDS
from sextant_cli import output
from sextant_cli.common import PHASE, find_file, on_project
from sextant_client.project import Project

_WIDTH = max(map(len, WORDS.values())) + 2


@click.command()
@click.argument("phases", nargs=-1, type=PHASE, metavar="[PHASE]...")
@click.option(
    "--format", "form", type=click.Choice(("text", "json", "junit", "sarif", "github", "markdown")), default="text",
    show_default=True, help="text and json for people and programs; junit, sarif, github and markdown for CI.",
)  # fmt: skip
@on_project
def gate(project: Project, phases: Sequence[str], form: str) -> int:
    """What each gate says; exit 1 if something blocks.

    Prints the items of the gates of the given phases, or of all six, what blocks first. The exit code is 0
    when nothing blocks, 1 when something does, and 2 when the question could not be answered.

    \b
      sextant gate                               all six
      sextant gate evaluation --format junit     for a CI job, before it deploys
      sextant gate data model                    two of them
    """
    found = [project.gate(phase) for phase in phases] if phases else project.gates()  # type: ignore[arg-type]
    if form == "text":
        _print(project, found)
    else:
        from sextant_cli.gate_formats import WRITERS

        # Asked for only where some target stands behind what blocks.
        rests = any(item.finding.criteria for state in found for item in state.blockers)
        output.say(WRITERS[form](project.slug, found, find_file(), project.verdicts() if rests else {}))
    return 1 if any(not g.open for g in found) else 0


def _print(project: Project, found: Sequence[GateState]) -> None:
    blocked = [g for g in found if not g.open]
    number = sum(len(g.blockers) for g in blocked)
    parts = ", ".join(f"{BY_KEY[g.phase].name} ({len(g.blockers)})" for g in blocked)
    said = f"{number} item{'s block' if number != 1 else ' blocks'}: {parts}" if number else "nothing blocks"
    output.say(f"{project.info.name}: {said}")
    # What blocks comes first, phase by phase; the phases that are open follow.
    for state in sorted(found, key=lambda g: (g.open, BY_KEY[g.phase].number)):
        output.say()
        output.say(f"{output.heading(BY_KEY[state.phase].name)}: {_line(state)}")
        for item in sorted(state.items, key=_rank):
            word = output.status(item.status, width=_WIDTH)
            mark = " (advises)" if not item.blocking and not item.status.passes else ""
            output.say(f"  {word}  {item.item.key}  {item.item.title}{mark}")
            output.say(output.indented(item.finding.reason, _WIDTH + 8))
    if len(found) > 1:
        output.say()
        output.say(f"The project is in phase {BY_KEY[current_phase(found).phase].name}.")


def _line(state: GateState) -> str:
    if not state.assessed:
        return "not assessed, the project began later"
    stands = f"blocked by {len(state.blockers)}" if state.blockers else "nothing blocks"
    decided = ""
    if state.decision:
        decided = (
            f"; {state.decision.outcome} decided by {state.decision.by} on {output.day(state.decision.at)}"
        )
    round_ = f"; iteration {state.iteration}" if state.iteration > 1 else ""
    return f"{stands}; {state.met} of {len(state.items)} met{round_}{decided}"


def _rank(item: ItemState) -> tuple[bool, bool, str]:
    return (not item.blocks, item.status.passes, item.item.key)
