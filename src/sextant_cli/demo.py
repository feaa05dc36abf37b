"""`sextant demo`: a real project through all six phases."""

from __future__ import annotations

import os
from pathlib import Path

import click


@click.command()
@click.option("--no-serve", is_flag=True, help="Build it, print the table of gates, and end.")
@click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where it is kept. Default: SEXTANT_HOME, else .sextant/demo here.",
)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Where it is served; 0: any that is free.",
)
def demo(no_serve: bool, home: Path | None, port: int) -> int:
    """Carry a real project through all six phases, and open it.

    Reads handwritten digits on returned paper forms, on a public data set that is installed with Sextant.
    Its people and traffic are invented, and say so. A second run goes on where the first one stopped, or
    begins anew.
    """
    from sextant_demo.main import run

    code: int = run(home or _default(), serve=not no_serve, port=port)
    return code


def _default() -> Path:
    given = os.environ.get("SEXTANT_HOME")
    return Path(given) if given else Path.cwd() / ".sextant" / "demo"
