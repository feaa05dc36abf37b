"""`sextant card`: the model card of the version that is to ship."""

from __future__ import annotations

from pathlib import Path

import click

from sextant_cli.common import on_project, write_bytes
from sextant_client.project import Project


@click.command()
@click.option(
    "--task",
    default="other",
    show_default=True,
    help="The task by Hugging Face's name, such as text-classification.",
)
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path),
    help="Write it to this file, such as README.md.",
)  # fmt: skip
@on_project
def card(project: Project, task: str, target: Path | None) -> None:
    """The model card of the version that is to ship, in Hugging Face's format.

    What it is for, how it was trained, what was measured on this very version (each number with its range), and where it
    fails, all out of the project's records. Measured numbers stand in its metadata too (`model-index`); simulated and
    declared ones do not.

    \b
      sextant card -o README.md
      sextant card --task image-classification
    """
    write_bytes(project.card(task), target)
