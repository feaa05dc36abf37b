"""What people decide: at gates, on waivers, on going back, by signing; and what must then be run again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import click

from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.reruns import Rerun
from sextant.phrases import number
from sextant_cli import output
from sextant_cli.common import PHASE, as_json_option, on_project, yes_option
from sextant_client.project import Project

_by = click.option("--by", required=True, metavar="NAME", help="Who decided: a person's name.")


@click.command()
@click.argument("phase", type=PHASE)
@click.argument("outcome", type=click.Choice(("pass", "hold", "stop")))
@_by
@click.option("--note", default="", help="Why.")
@on_project
def decide(project: Project, phase: Any, outcome: Any, by: str, note: str) -> None:
    """Record a person's decision at a gate.

    It is recorded on the gate's state as it is now.

    While something blocks, a gate is passed only with a waiver for each item that does: see `sextant
    waive`. Prints the signed head of the log that is given out with the decision; keep it elsewhere, and
    `sextant audit verify --head` can tell later whether the log was changed since.
    """
    made = project.decide(phase, outcome, by=by, note=note)
    output.say(
        f"{BY_KEY[phase].name}: {outcome}, decided by {made.decision.by} on {output.moment(made.decision.at)}"
    )
    if made.anchor:
        output.say(f"Record {made.anchor.sequence} of the log, head {made.anchor.head[:16]}, signed:")
        output.as_json(made.anchor)


@click.command()
@click.argument("target", metavar="ITEM-OR-TARGET")
@click.option("--reason", required=True, help="Why it may wait.")
@click.option(
    "--until", required=True, type=click.DateTime(("%Y-%m-%d",)), metavar="YYYY-MM-DD", help="The last day."
)
@_by
@on_project
def waive(project: Project, target: str, reason: str, until: datetime, by: str) -> None:
    """Go on without an item or a target for a while.

    An item of a gate is named as 2f, a target by its key.
    """
    made = project.waive(target, reason=reason, until=until.replace(tzinfo=UTC).date(), by=by)
    wait = (
        "" if project.info.rigor != "regulated" else " It counts once another person approved it on the site."
    )
    output.say(f"{made.target} is waived until {output.day(made.until)} by {made.by}: {made.reason}.{wait}")


@click.command("not-applicable")
@click.argument("target", metavar="ITEM-OR-TARGET")
@click.option("--reason", required=True, help="Why it does not apply.")
@_by
@on_project
def not_applicable(project: Project, target: str, reason: str, by: str) -> None:
    """Say that an item or a target does not apply.

    An item of a gate is named as 2c, a target by its key.
    """
    made = project.not_applicable(target, reason=reason, by=by)
    wait = (
        "" if project.info.rigor != "regulated" else " It counts once another person approved it on the site."
    )
    output.say(f"{made.target} does not apply, says {made.by}: {made.reason}.{wait}")


@click.command()
@click.argument("phase", type=PHASE)
@click.option("--reason", required=True, help="What was learned.")
@_by
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    metavar="KIND:NAME",
    help="Only this is worked on again; repeatable.",
)
@yes_option
@on_project
def back(project: Project, phase: Any, reason: str, by: str, subjects: tuple[str, ...], yes: bool) -> None:
    """Go back to a phase, with a reason.

    This begins a new iteration. What rests on the phase's subjects becomes stale, the rest stays.

    Shows what going back would make stale, and asks, unless --yes is given or nobody is there to be asked.
    """
    if not subjects and (ahead := project.would_go_stale(phase)):
        output.say(f"Going back to {BY_KEY[phase].name} makes {len(ahead)} stale:")
        _table(ahead)
        if not yes and output.on_terminal():
            click.confirm("Go back?", abort=True)
    stale = project.go_back(phase, reason, subjects=subjects or None, by=by)
    output.say(f"{BY_KEY[phase].name} is open again, for {by}: {reason}.")
    output.say(
        f"{len(stale)} must be run again: see `sextant reruns`." if stale else "Nothing must be run again."
    )


@click.command()
@click.argument("subject", metavar="goals|brief|model_requirements|ab_design|ship_decision")
@click.option(
    "--role", required=True, help="The part that the person plays, as the list of stakeholders has it."
)
@_by
@on_project
def sign(project: Project, subject: str, role: str, by: str) -> None:
    """Sign the present version of a document or the goals."""
    made = project.sign(subject, role=role, person=by)
    output.say(
        f"{made.person} ({made.role}) signed {made.subject} {made.digest[:12]} on {output.moment(made.at)}"
    )


@click.command()
@as_json_option
@on_project
def reruns(project: Project, form: str) -> None:
    """What is stale and must be run again, and what that takes."""
    found = project.reruns()
    if form == "json":
        output.as_json(found)
        return
    _table(found)


def _table(found: Sequence[Rerun]) -> None:
    rows = [
        (r.digest[:12], r.estimand, _took(r), r.command or "–", "; ".join(r.why))
        for r in found
    ]  # fmt: skip
    output.table(("DIGEST", "WHAT", "TOOK", "RUN", "WHY"), rows, empty="Nothing is stale.")


def _took(rerun: Rerun) -> str:
    time = "" if rerun.seconds is None else f"{number(rerun.seconds)} s"
    money = "" if rerun.cost is None else f"{rerun.currency} {number(rerun.cost)}".strip()
    return ", ".join(filter(None, (time, money))) or "unknown"
