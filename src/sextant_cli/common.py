"""Options that many commands share, and which project is meant."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.errors import InvalidInput, NotFound, Unavailable
from sextant.lifecycle.phases import BY_KEY

# What speaks with a server is imported where it is used: commands over tables alone do not pay for it.
if TYPE_CHECKING:
    from sextant.criteria import Criterion
    from sextant_client.client import Client
    from sextant_client.project import Project

FILE = "sextant.yaml"
PHASE = click.Choice(tuple(BY_KEY), case_sensitive=False)

as_json_option = click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="How to print it.",
)
home_option = click.option(
    "--home", type=click.Path(file_okay=False, path_type=Path),
    help="The data home. Default: SEXTANT_HOME, else the nearest .sextant folder here or above.",
)  # fmt: skip
project_option = click.option(
    "--project", "slug", metavar="SLUG",
    help="Which project. Default: SEXTANT_PROJECT, else the one that sextant.yaml names, else the only one.",
)  # fmt: skip
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")

Command = Callable[..., Any]


def on_client(*, create: bool = False) -> Callable[[Command], Command]:
    """The command gets a client as its first argument. `create` makes a data home where there is none."""

    def decorate(command: Command) -> Command:
        @home_option
        @functools.wraps(command)
        def wrapped(*args: Any, home: Path | None, **options: Any) -> Any:
            from sextant_client.client import connect

            if home is None:
                tell_of_home_above()
            with connect(home=home or _to_make(create), create=create) as client:
                return command(client, *args, **options)

        return wrapped

    return decorate


def tell_of_home_above() -> None:
    """One line, on the error stream, where the data home is found in a folder above that is not this project's: one that
    lies there by chance would be worked on unnoticed."""
    from sextant_cli import output
    from sextant_client.embedded import find_home

    if os.environ.get("SEXTANT_URL") or os.environ.get("SEXTANT_HOME") or (home := find_home()) is None:
        return
    file = find_file()
    if home.parent not in (Path.cwd().resolve(), file.parent if file else None):
        output.note(f"Working on the data home {home}, found above this folder (--home names another).")


def _to_make(create: bool) -> Path | None:
    """Where a data home is made that is not there yet: beside sextant.yaml, not wherever one happens to
    stand."""
    from sextant_client.embedded import FOLDER, find_home

    file = find_file()
    if not create or os.environ.get("SEXTANT_URL") or find_home() or file is None:
        return None
    return file.parent / FOLDER


def on_project(command: Command) -> Command:
    """The command gets the project that is meant as its first argument."""

    @project_option
    @on_client()
    @functools.wraps(command)
    def wrapped(client: Client, *args: Any, slug: str | None, **options: Any) -> Any:
        return command(choose(client, slug), *args, **options)

    return wrapped


def find_file(start: Path | None = None) -> Path | None:
    """The nearest sextant.yaml in this folder or above."""
    folder = (start or Path.cwd()).resolve()
    return next((f / FILE for f in (folder, *folder.parents) if (f / FILE).is_file()), None)


def choose(client: Client, slug: str | None) -> Project:
    """The project that is meant, or an error that lists those there are."""
    named = slug or os.environ.get("SEXTANT_PROJECT")
    if not named and (file := find_file()):
        from sextant.config import load

        named = load(file).config.project.slug
    if named:
        return client.project(named)
    slugs = [p.slug for p in client.projects()]
    if not slugs:
        raise NotFound(
            "there is no project yet", todo="run `sextant init` in your project's folder, or `sextant demo`"
        )
    if len(slugs) > 1:
        raise InvalidInput(
            "which project?",
            rule=f"there are {', '.join(slugs)}",
            todo="add --project SLUG, or set SEXTANT_PROJECT",
        )
    return client.project(slugs[0])


def target_of(project: Project, key: str) -> Criterion:
    """The target that `--criterion` names, or an error that lists those there are."""
    known = {c.key: c for c in project.criteria()}
    if key not in known:
        raise InvalidInput(
            f"there is no target {key!r}",
            where="--criterion",
            rule=f"targets are {', '.join(sorted(known))}",
        )
    return known[key]


def write_bytes(body: bytes, target: Path | None) -> None:
    """Print a document, or write it to the file that is asked for, and say so."""
    from sextant_cli import output

    if target is None:
        output.say(body.decode().rstrip("\n"))
        return
    try:
        target.write_bytes(body)
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(target)) from error
    output.say(f"Wrote {target}")


def read_json_or_yaml(path: Path) -> Any:
    """What a .json, .jsonl, .yaml or .yml file says (`-`: JSON from the standard input)."""
    import json

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise InvalidInput(f"cannot read it: {why}", where=str(path)) from error
    if path.suffix in (".yaml", ".yml"):
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError

        try:
            return YAML(typ="safe").load(text)
        except MarkedYAMLError as error:
            raise InvalidInput(f"it is no YAML: {error.problem or error}", where=str(path)) from error
    try:
        if path.suffix == ".jsonl":
            return [json.loads(line) for line in text.splitlines() if line.strip()]
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            f"it is no JSON: {error.msg}", where=f"{path}:{error.lineno}:{error.colno}", todo="correct it"
        ) from error
