"""`sextant plan`: two or three pages out of all that is known, to be read, kept, and held against the log later."""

from __future__ import annotations

from pathlib import Path

import click

from sextant.errors import InvalidInput
from sextant_cli import output
from sextant_cli.common import on_project, write_bytes
from sextant_client.project import Project

_FORMATS = ("pdf", "docx", "md", "html")
#: What a terminal can show; the others go to a file.
_TEXT = ("md", "html")


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="Of the file; without it, as the file's name ends, and Markdown where there is no file.",
)
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
@on_project
def plan(project: Project, form: str | None, target: Path | None) -> None:
    """The plan on two or three pages: what is meant in each phase beside what was measured.

    As PDF, Word document, Markdown or HTML. It ends with a signed head of the log. Kept where the log is not, the file
    proves later that the log up to then was not changed: `sextant audit verify --head plan.pdf`.
    """
    form = form or _named(target)
    if target is None and form not in _TEXT:
        raise InvalidInput(
            f"{form} cannot be shown here", where="--format", todo=f"write it to a file: -o plan.{form}"
        )
    body = project.plan(form)  # type: ignore[arg-type]
    write_bytes(body, target)
    if target is None:
        return
    for warning in project.plan_warnings():
        output.note(warning)


def _named(target: Path | None) -> str:
    """The format that a file's name asks for."""
    if target is None:
        return "md"
    ending = target.suffix.lstrip(".").lower()
    if ending not in _FORMATS:
        raise InvalidInput(
            f"{target.name} does not say which format",
            where="-o",
            rule=f"a name ends in .{', .'.join(_FORMATS)}",
            todo="name it so, or give --format",
        )
    return ending
