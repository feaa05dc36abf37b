"""`sextant criteria`: the targets."""

from __future__ import annotations

import click

from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_cli.status import bar
from sextant_client.project import Project


@click.group()
def criteria() -> None:
    """List the targets.

    They are written in sextant.yaml, or on the site.
    """


@criteria.command("list")
@as_json_option
@on_project
def list_(project: Project, form: str) -> None:
    """List the targets as they now read."""
    found = project.criteria()
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            c.key,
            c.family,
            c.role,
            bar(c),
            ", ".join(f"{k} = {v}" for k, v in c.slice.items()) or "all",
            c.name,
        )
        for c in found
    ]
    output.table(
        ("KEY", "FAMILY", "ROLE", "BAR", "ON", "NAME"),
        rows,
        empty="No targets yet: write them into sextant.yaml.",
    )
