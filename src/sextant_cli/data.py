"""`sextant data`: versions of datasets, kept in a data home and told to the project."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sextant.errors import InvalidInput
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_client.project import Project

if TYPE_CHECKING:
    from sextant.data.versions import DataVersion, Store

reference = click.argument("reference", metavar="NAME[@VERSION]")


@click.group()
def data() -> None:
    """Keep versions of datasets, compare them, and have them again.

    The rows are kept on Delta Lake in the data home; the project is told what each version is. A version is named by
    its number (3), a tag, or the start of its digest, which is the same for the same rows.
    """


@data.command()
@click.argument("name")
@click.argument("table")
@click.option("-m", "--message", default="", help="What is new in it.")
@click.option("--append", is_flag=True, help="Add the rows to the present version's.")
@click.option(
    "--from", "sources", multiple=True, metavar="KIND:NAME@VERSION", help="What it was made from; repeatable."
)
@click.option("--recipe", default="", help="What made it, such as recipe:clean@a1b2.")
@click.option("--tag", "tags", multiple=True, help="A name for the version; repeatable.")
@click.option("--key", help="The column that names a row, to tell changed rows from new ones.")
@as_json_option
@on_project
def commit(
    project: Project, name: str, table: str, message: str, append: bool, sources: tuple[str, ...], recipe: str,
    tags: tuple[str, ...], key: str | None, form: str,
) -> None:  # fmt: skip
    """Keep TABLE (a file, a folder, a pattern, a database's address) as a new version of NAME.

    Rows that the present version has already make no new one. What rests on an earlier version becomes stale. With
    the version its profile is kept, which stays when the rows must go, and it is compared with the version before
    (up to 5,000,000 rows together; beyond that `sextant data diff` does).
    """
    from sextant.tables import table as opened
    from sextant_client.keeping import keep

    made = keep(
        project, _store(project), name, opened(table), message=message, append=append, sources=sources, recipe=recipe,
        tags=tags, key=key,
    )  # fmt: skip
    version = made.version
    if form == "json":
        output.as_json({"made": made.made, "version": version})
        return
    what = "is version" if made.made else "is already version"
    output.say(f"{name} {what} {version.number} ({version.short}, {version.rows:,} rows)")


@data.command()
@click.argument("name")
@as_json_option
@on_project
def log(project: Project, name: str, form: str) -> None:
    """List the versions of a dataset, the newest first."""
    found = _store(project).log(name)
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            str(v.number),
            v.short,
            f"{v.rows:,}",
            f"{v.at:%Y-%m-%d %H:%M}",
            ", ".join(v.tags),
            _state(v),
            v.message,
        )
        for v in found
    ]
    output.table(("VERSION", "DIGEST", "ROWS", "AT", "TAGS", "STATE", "MESSAGE"), rows)


@data.command()
@click.argument("name")
@click.argument("before")
@click.argument("after", default="")
@click.option("--key", help="The column that names a row. Without it rows are compared whole.")
@as_json_option
@on_project
def diff(project: Project, name: str, before: str, after: str, key: str | None, form: str) -> None:
    """Compare two versions of a dataset: columns, rows, and how values are distributed.

    The project is told the counts where the second followed the first.
    """
    from sextant.data.versions import compare
    from sextant.tables import engine
    from sextant_client.keeping import as_changes, tell

    store, on = _store(project), engine()
    try:
        found = compare(store.read(name, before, on=on), store.read(name, after, on=on), key=key)
    finally:
        on.disconnect()
    old, new = store.find(name, before), store.find(name, after)
    if new.parent == old.number:
        tell(project, store, name, changes={new.number: as_changes(found, old.number)})
    if form == "json":
        output.as_json(found)
        return
    output.say(f"{found.rows_before:,} rows became {found.rows_after:,}.")
    output.say(
        f"{found.added:,} added, {found.removed:,} removed, {found.changed:,} changed, {found.same:,} the same."
    )
    for word, columns in (("New columns", found.columns_added), ("Columns that went", found.columns_removed)):
        if columns:
            output.say(f"{word}: {', '.join(columns)}")
    for column, was, now in found.retyped:
        output.say(f"{column} was {was} and is {now}")
    for column, cells in found.cells.items():
        output.say(f"{column}: {cells:,} values changed")
    if found.distributions:
        output.say()
        moved = [(c.column, f"{c.distance:.4f}") for c in found.distributions]
        output.table(("DISTRIBUTION OF", "MOVED BY (0 ALIKE, 1 APART)"), moved)


@data.command()
@reference
@click.option(
    "-o", "--output", "path", required=True, type=click.Path(path_type=Path), help="A .parquet or .csv file."
)
@on_project
def checkout(project: Project, reference: str, path: Path) -> None:
    """Write a version's rows into a file. Its digest is checked first.

    In a CSV file, text that a spreadsheet would run as a formula gets an apostrophe before it.
    """
    from sextant.tables import write

    name, wanted = _parted(reference)
    store = _store(project)
    version = store.verify(name, wanted)
    write(store.read(name, str(version.number)), path, replace=True)
    output.say(f"Wrote {version.rows:,} rows of {name} version {version.number} ({version.short}) to {path}")


@data.command()
@click.argument("name")
@click.argument("table", default="")
@click.option("--time", help="The column that says when a row came to be. Each day's rows are profiled.")
@click.option("--columns", metavar="A,B", default="", help="Only these columns, with commas between.")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Up to and with this day.")
@click.option("--simulated", is_flag=True, help="Its rows or their times are invented.")
@as_json_option
@on_project
def days(
    project: Project, name: str, table: str, time: str | None, columns: str, first: datetime | None,
    last: datetime | None, simulated: bool, form: str,
) -> None:  # fmt: skip
    """Keep the profile of each day's rows of TABLE, so that days can be compared for ever; without TABLE, list them.

    \b
      sextant data days visits visits.parquet --time at --from 2026-06-01
      sextant data days visits
    """
    if table:
        _keep_days(project, name, table, time, columns, (first, last), simulated)
    found = project.days(name)
    if form == "json":
        output.as_json(found)
        return
    output.table(("DAY", "ROWS", "ORIGIN"), [(d["day"], f"{d['rows']:,}", d["origin"]) for d in found])


def _keep_days(
    project: Project, name: str, path: str, time: str | None, columns: str,
    between: tuple[datetime | None, datetime | None], simulated: bool,
) -> None:  # fmt: skip
    from sextant.data.days import by_day
    from sextant.tables import table as opened

    if not time:
        raise InvalidInput(
            "it does not say which column holds the time",
            rule="each day's rows are profiled apart",
            todo="give --time",
        )
    first, last = (day.date() if day else None for day in between)
    chosen = tuple(c.strip() for c in columns.split(",") if c.strip())
    kept = 0
    for day, found in by_day(opened(path), time, first=first, last=last, columns=chosen):
        project.put_day(name, day, found.plain(), origin="simulated" if simulated else "measured")
        kept += 1
    output.note(f"Kept the profiles of {kept} day{'s' * (kept != 1)}.")


@data.command()
@reference
@click.argument("tag")
@on_project
def tag(project: Project, reference: str, tag: str) -> None:
    """Give a version a name that is not a number. A tag that names another version moves."""
    from sextant_client.keeping import tell

    name, wanted = _parted(reference)
    store = _store(project)
    found = store.tag(name, wanted, tag)
    tell(project, store, name)
    output.say(f"{tag} is {name} version {found.number} ({found.short})")


@data.command()
@reference
@on_project
def verify(project: Project, reference: str) -> None:
    """Read a version's rows and check that they are what was committed."""
    name, wanted = _parted(reference)
    found = _store(project).verify(name, wanted)
    output.say(
        f"{name} version {found.number} has the {found.rows:,} rows that were committed ({found.short})"
    )


@data.command()
@click.argument("name")
@click.option("--last", type=click.IntRange(1), help="Keep so many of the newest.")
@click.option("--days", type=click.FloatRange(0), help="Keep those of the last so many days.")
@click.option("--dry-run", is_flag=True, help="Say what would go; delete nothing.")
@on_project
def retain(project: Project, name: str, last: int | None, days: float | None, dry_run: bool) -> None:
    """Let the rows of old versions go. Tagged versions, those that proof rests on, and the present one stay."""
    from sextant_client.keeping import tell

    store = _store(project)
    pinned = {
        v.version for e in project.evidence() for v in e.evidence.rests_on if v.subject == f"dataset:{name}"
    }
    gone = store.retain(name, last=last, days=days, pinned=pinned, dry_run=dry_run)
    if not dry_run:
        tell(project, store, name)
    word = "would go" if dry_run else "went"
    output.say(
        f"{len(gone)} version{'s' * (len(gone) != 1)} {word}"
        + (f": {', '.join(str(v.number) for v in gone)}" if gone else "")
    )


@data.command()
@click.argument("name")
@click.option(
    "--where",
    "where",
    multiple=True,
    required=True,
    metavar="COLUMN=VALUE",
    help="Whose rows; repeatable, all must hold.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@on_project
def erase(project: Project, name: str, where: tuple[str, ...], yes: bool) -> None:
    """Erase one person's rows from every version of a dataset.

    Versions that hold such rows lose all theirs and are no longer reproducible; their profile stays, measured again
    without the erased rows. From profiles of versions and days whose rows are not here, every value goes that only the
    erased rows held; counts by bins stay. Copies elsewhere (backups, files that were checked out) are not reached.
    """
    from sextant_client.keeping import forgotten, tell

    pairs = [w.partition("=") for w in where]
    if odd := [w for w, (_, sign, _) in zip(where, pairs, strict=True) if not sign]:
        raise InvalidInput(f"{odd[0]!r} names no value", rule="write COLUMN=VALUE")
    if not yes:
        click.confirm(f"Erase these rows from every version of {name}? This cannot be undone", abort=True)
    store = _store(project)
    done = store.erase(name, {column: value for column, _, value in pairs})
    tell(project, store, name, forgotten(project, store, name, done))
    output.say(
        f"Erased {done.rows:,} row{'s' * (done.rows != 1)}; {name} is at version {done.present.number} ({done.present.short})"
    )
    if done.versions:
        output.say(f"No longer reproducible: {_numbered(done.versions)}")
    if done.profiles:
        output.say(f"Profiles without them: {_numbered(done.profiles)}")
    if done.unsearched:
        output.say(f"Not searched, as they lack the column: versions {', '.join(map(str, done.unsearched))}")


def _store(project: Project) -> Store:
    from sextant.data.versions import Store
    from sextant_client.keeping import home_of

    return Store(home_of(project))


def _numbered(versions: tuple[int, ...]) -> str:
    return f"version{'s' * (len(versions) != 1)} {', '.join(map(str, versions))}"


def _parted(text: str) -> tuple[str, str]:
    name, _, wanted = text.partition("@")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
        raise InvalidInput(f"{text!r} names no dataset", rule="NAME, or NAME@VERSION")
    return name, wanted


def _state(version: DataVersion) -> str:
    return "kept" if version.reproducible else f"{version.state}, no longer reproducible"
