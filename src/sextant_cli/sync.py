"""`sextant sync`: what sextant.yaml and the site both say, brought together; nothing is overwritten
unseen."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from sextant.config import (
    PROJECT,
    Loaded,
    Reconciliation,
    Settings,
    change_criteria,
    change_settings,
    load,
    reconcile,
)
from sextant.criteria import Criterion
from sextant.errors import Conflict, InvalidInput, NotFound, Unavailable
from sextant_cli import output
from sextant_cli.common import FILE, find_file, on_client
from sextant_client.client import Client
from sextant_client.project import Project

file_option = click.option(
    "--file", "path", type=click.Path(dir_okay=False, path_type=Path),
    help=f"The project's file. Default: the nearest {FILE} here or above.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Meeting:
    """The file and the project that it names, with what differs between them."""

    path: Path
    loaded: Loaded
    project: Project
    found: Reconciliation[Settings | Criterion]
    created: bool = False


@click.command()
@click.option(
    "--take", type=click.Choice(("file", "site")), help="Whose word counts where both changed differently."
)
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--dry-run", is_flag=True, help="Show the difference and change nothing.")
@file_option
@on_client(create=True)
def sync(client: Client, take: str | None, keys: tuple[str, ...], dry_run: bool, path: Path | None) -> int:
    """Bring sextant.yaml and the site to say the same.

    What changed on one side goes to the other; changes to the file keep its comments and order. Where both
    changed the same target differently, nothing is done and the exit code is 2, until --take says whose
    word counts (for all of these, or for the KEYs that are named; `project` is the project's own settings).

    \b
      sextant sync --dry-run
      sextant sync --take site accuracy
    """
    meeting = meet(client, path)
    if keys and not take:
        raise InvalidInput(
            f"what of {', '.join(keys)}?", rule="keys go with --take", todo="add --take file or --take site"
        )
    meeting = settle(meeting, take, keys)
    _show(meeting)
    if dry_run:
        return 2 if meeting.found.conflicts else 0
    refuse_conflicts(meeting)
    to_site(meeting, into_file(meeting))
    if not meeting.found.same:
        output.say("Both say the same now.")
    return 0


def meet(client: Client, path: Path | None) -> Meeting:
    """Read the file, find the project it names (in a folder's own database it is made), and compare."""
    found = path or find_file()
    if found is None:
        raise NotFound(f"there is no {FILE} here or above", todo="run `sextant init` to write one")
    loaded = load(found)
    config, created = loaded.config, False
    try:
        project = client.project(config.project.slug)
    except NotFound:
        if client.home is None:
            raise
        named = config.project
        project = client.create_project(
            named.slug, named.name, summary=named.summary, rigor=config.rigor, currency=named.currency
        )
        created = True
    return Meeting(found, loaded, project, _compare(project, loaded), created)


def _compare(project: Project, loaded: Loaded) -> Reconciliation[Settings | Criterion]:
    info, config = project.info, loaded.config
    told = Settings.model_validate(
        {"name": info.name, "summary": info.summary, "currency": info.currency, "rigor": info.rigor}
    )
    site: dict[str, Settings | Criterion] = {PROJECT: told}
    file: dict[str, Settings | Criterion] = {PROJECT: Settings.of(config)}
    site |= {c.key: c for c in project.criteria()}
    file |= {c.key: c for c in config.criteria}
    return reconcile(info.synced, file, site)


def settle(meeting: Meeting, take: str | None, keys: Sequence[str]) -> Meeting:
    """The same with these conflicts decided; a key that is in none is an error."""
    if take is None:
        return meeting
    conflicts = [r.key for r in meeting.found.conflicts]
    chosen = [PROJECT if k == PROJECT.removeprefix(":") else k for k in keys] or conflicts
    if strange := [k for k in chosen if k not in conflicts]:
        names = ", ".join(k.removeprefix(":") for k in conflicts) or "none"
        raise InvalidInput(f"nobody has to decide on {', '.join(strange)}", rule=f"in conflict: {names}")
    return Meeting(
        meeting.path,
        meeting.loaded,
        meeting.project,
        meeting.found.settle(dict.fromkeys(chosen, take)),
        meeting.created,
    )


def refuse_conflicts(meeting: Meeting) -> None:
    """Stop where both sides changed the same thing differently."""
    if conflicts := meeting.found.conflicts:
        names = ", ".join(r.key.removeprefix(":") for r in conflicts)
        raise Conflict(
            f"{names} changed both in the file and on the site, and differently",
            where=str(meeting.path),
            rule="neither is overwritten unseen",
            todo="run `sextant sync --take file` or `sextant sync --take site`",
        )


def into_file(meeting: Meeting) -> bool:
    """Write what the site changed into the file, before the site is told that both agree: if this breaks
    off between the two, nothing is lost. Returns whether the file changed."""
    changes = meeting.found.to_file
    text = meeting.loaded.text
    name = meeting.path.name
    told = changes.pop(PROJECT, None)
    if isinstance(told, Settings):
        text = change_settings(text, told, file=name)
    criteria = {k: v for k, v in changes.items() if not isinstance(v, Settings)}
    if criteria:
        text = change_criteria(text, criteria, file=name)
    if text == meeting.loaded.text:
        return False
    _rewrite(meeting.path, meeting.loaded.text, text)
    output.note(f"Wrote {meeting.path}")
    return True


def to_site(meeting: Meeting, file_too: bool = True) -> None:
    """Tell the site what the file changed, and what both now agree on. Where the file was not changed too,
    what the site alone changed stays to be brought into it."""
    changes, base = dict(meeting.found.to_site), dict(meeting.project.info.synced)
    told = changes.pop(PROJECT, None)
    for row in meeting.found.rows:
        if row.change.startswith("site_") and not file_too:
            continue
        agreed = row.site if row.change.startswith("site_") else row.file
        if agreed is None:
            base.pop(row.key, None)
        else:
            base[row.key] = agreed.digest()
    if base == meeting.project.info.synced and not changes and told is None:
        return
    meeting.project.sync(
        criteria=[c for c in changes.values() if isinstance(c, Criterion)],
        retire=[key for key, c in changes.items() if c is None],
        settings=told.plain() if isinstance(told, Settings) else {},
        base=base,
        expected=meeting.project.info.synced,
    )


def _show(meeting: Meeting) -> None:
    if meeting.created:
        output.note(f"Made the project {meeting.project.slug}.")
    output.say(str(meeting.found))


def _rewrite(path: Path, before: str, after: str) -> None:
    """Replace the file whole or not at all, unless somebody changed it since it was read."""
    try:
        if path.read_bytes().decode("utf-8-sig") != before:
            raise Conflict("somebody changed the file meanwhile", where=str(path), todo="run it again")
        target = path.resolve()
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
                stream.write(after)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).chmod(target.stat().st_mode & 0o777)
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(path)) from error
