"""`sextant serve`, `sextant worker` and `sextant manage`: running it for others."""

from __future__ import annotations

import os
from pathlib import Path

import click

from sextant_cli.common import home_option


@click.command()
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0: every one."
)
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on."
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1),
    help="Server processes; one does for a team.",
)
@click.option(
    "--no-worker", is_flag=True, help="Do not run a worker beside it: `sextant worker` runs elsewhere."
)
@click.option("--open", "open_browser", is_flag=True, help="Open the site in the browser.")
@home_option
def serve(host: str, port: int, workers: int, no_worker: bool, open_browser: bool, home: Path | None) -> None:
    """Run the site, the API and the worker.

    They run until ctrl-C.

    Brings the database up to date first. On the first start it makes an account for an admin, and shows its
    password this once. Settings come from the environment: see the reference.
    """
    from sextant_client.embedded import use_home

    use_home(home)
    from sextant_server.serve import serve as run

    run(host, port, workers=workers, with_worker=not no_worker, open_browser=open_browser)


@click.command()
@home_option
def worker(home: Path | None) -> int:
    """Run a worker alone.

    It does the jobs that the site and the API ask for, until ctrl-C.
    """
    from sextant_client.embedded import use_home

    use_home(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sextant_server.settings")
    from sextant_server.jobs.worker import main

    return main([])


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Django's own management commands.

    For example `sextant manage check --deploy`; `sextant manage help` lists them.

    Works on the data home of SEXTANT_HOME, else the nearest .sextant folder here or above.
    """
    from sextant_client.embedded import use_home

    use_home(None)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sextant_server.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["sextant manage", *arguments])
