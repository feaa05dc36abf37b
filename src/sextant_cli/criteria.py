"""`sextant criteria`: the targets."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from sextant.errors import InvalidInput
from sextant.problem.targets import COLUMNS, key_of, read_row, row_of
from sextant.sheets import read_csv, write_csv
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_cli.status import bar
from sextant_client.project import Project


@click.group()
def criteria() -> None:
    """List the targets, or take them out and in as a sheet.

    They are written in sextant.yaml, on the site, or in a spreadsheet.
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


@criteria.command()
@on_project
def sheet(project: Project) -> None:
    """Write the targets as CSV, as the site's sheet does; `criteria load` reads it again."""
    rows = [row_of(one) for one in project.criteria() if one.role == "target"]
    sys.stdout.write(write_csv(tuple(COLUMNS), rows).replace("\r\n", "\n"))


@criteria.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--sure", is_flag=True, help="What is asked about is meant so.")
@on_project
def load(project: Project, file: Path, sure: bool) -> None:
    """Store the targets of a CSV FILE (- for the standard input), all of them or none.

    A row of a target that is there changes it, the others are new; nothing is taken away. The first row names
    the columns, as `criteria sheet` writes them; name, unit and target are needed. A bar that points the wrong
    way against today's value is asked about: say --sure if it is meant so.
    """
    known = {c.key: c for c in project.criteria()}
    made, wrong = [], []
    for number, row in enumerate(_rows(file), 2):
        before = known.get(row.get("key") or key_of(row.get("name") or ""))
        full = {**row_of(before), **row} if before else row
        one, faults = read_row(full, today=datetime.now(UTC).date(), before=before)
        wrong += [
            f"row {number}, {f.column}: {f.said}"
            for f in faults
            if not (f.question and (sure or one == before))
        ]
        made += [one] if one else []
    if wrong:
        asked = "; say --sure if what is asked about is meant so" if not sure else ""
        raise InvalidInput(
            "\n  ".join(["some rows are not right", *wrong]), where=str(file), rule=f"all or none{asked}"
        )
    project.put_criteria(made)
    output.say(f"{len(made)} target{'s' * (len(made) != 1)} stored.")


def _rows(file: Path) -> list[dict[str, str]]:
    try:
        data = sys.stdin.read().encode() if str(file) == "-" else file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot read it: {error.strerror}", where=str(file)) from error
    return read_csv(data, tuple(COLUMNS), needs=("name",))
