"""`sextant subject`: things with versions that evidence rests on."""

from __future__ import annotations

import click

from sextant.evidence import Version
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_client.project import Project


@click.group()
def subject() -> None:
    """Say which version of a thing is the present one.

    A thing is a model, a dataset, a prompt, a guideline: whatever evidence may rest on.
    """


@subject.command("list")
@as_json_option
@on_project
def list_(project: Project, form: str) -> None:
    """List the things with versions that evidence rests on."""
    found = project.subjects()
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (s.key, s.version, s.phase, "; ".join(filter(None, (s.reopened, s.drifted))) or "–") for s in found
    ]
    output.table(("WHAT", "VERSION", "PHASE", "UNDER WORK OR DRIFTED"), rows)


@subject.command("set")
@click.argument("version", metavar="KIND:NAME@VERSION")
@click.option(
    "--from", "depends", multiple=True, metavar="KIND:NAME@VERSION", help="What it was made from; repeatable."
)
@click.option("--note", default="", help="A word on it.")
@on_project
def set_(project: Project, version: str, depends: tuple[str, ...], note: str) -> None:
    """Say that this is the present version. What rests on another one becomes stale.

    Saying the same version again ends its being worked on again and any mark of drift.
    """
    made = project.put_subject(Version.parse(version), depends=[Version.parse(d) for d in depends], note=note)
    output.say(f"{made.key} is at {made.version} (phase {made.phase})")
    if stale := project.reruns():
        output.say(f"{len(stale)} to be run again: see `sextant reruns`.")
