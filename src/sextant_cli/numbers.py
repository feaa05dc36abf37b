"""`sextant numbers`: numbers that somebody read elsewhere; `sextant tree` and `sextant roi`: whether to build it."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from sextant.criteria import Criterion
from sextant.errors import InvalidInput, NotFound
from sextant.phrases import number, with_unit
from sextant.problem.amounts import amount, day
from sextant.problem.declared import Reading, read_rows
from sextant.problem.documents import Again
from sextant_cli import output
from sextant_cli.common import as_json_option, on_project
from sextant_client.answers import Added
from sextant_client.project import Project

AGAIN = click.Choice(["never", "daily", "weekly"])
source_option = click.option(
    "--source", required=True, metavar="WORDS", help="Where it comes from: the dashboard, the report."
)


@click.group()
def numbers() -> None:
    """Numbers that somebody read elsewhere: typed, pasted, or read from a database.

    Each has its source and its day, and is shown as declared.
    """


@numbers.command("list")
@click.argument("key")
@as_json_option
@on_project
def list_(project: Project, key: str, form: str) -> None:
    """List the numbers of the target KEY, the newest first."""
    found = project.numbers(key)
    if form == "json":
        output.as_json(found)
        return
    unit = _target(project, key).unit
    rows = [
        (
            n.day.isoformat(),
            with_unit(n.value, unit),
            "–" if n.aim is None else with_unit(n.aim, unit),
            n.source,
        )
        for n in found
    ]
    output.table(("DAY", "VALUE", "AIM", "SOURCE"), rows, empty="No number yet.")


@numbers.command()
@click.argument("key")
@click.argument("value")
@source_option
@click.option(
    "--day", "when", metavar="DAY", help="The day that it is of, such as 2026-03-31. Default: today."
)
@click.option("--aim", metavar="VALUE", help="What was aimed at for that day.")
@click.option(
    "--file", type=click.Path(dir_okay=False, path_type=Path), help="A file that shows it, at most 5 MB."
)
@on_project
def add(
    project: Project, key: str, value: str, source: str, when: str | None, aim: str | None, file: Path | None
) -> None:
    """Store one number for the target KEY. VALUE may be 11, 0.6 or "60 %"."""
    unit = _target(project, key).unit
    one = Reading(day(when) if when else _today(), amount(value, unit), amount(aim, unit) if aim else None)
    _say(project.declare(key, [one], source=source, file=file))


@numbers.command()
@click.argument("key")
@click.argument("file", type=click.Path(path_type=Path))
@source_option
@on_project
def paste(project: Project, key: str, file: Path, source: str) -> None:
    """Store the rows of FILE (- for the standard input): a day, a value and, if you like, what was aimed at.

    Columns are divided by tabs, semicolons or commas. All rows are taken, or none.
    """
    _say(
        project.declare(
            key, read_rows(_text(file), _target(project, key).unit, today=_today()), source=source
        )
    )


@numbers.command()
@click.argument("key")
@click.argument("source")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--again", type=AGAIN, help="How often the worker reads it by itself. Default: as it was, else never."
)
@on_project
def sql(project: Project, key: str, source: str, file: Path, again: Again | None) -> None:
    """Read the numbers of the target KEY by the SELECT in FILE (- for the standard input) from the database SOURCE.

    Its columns are a day, a value and, if you like, what was aimed at. The query is kept.
    """
    _say(project.declare_by_sql(key, source, _text(file), again=again))


@numbers.command()
@click.argument("key")
@on_project
def refresh(project: Project, key: str) -> None:
    """Read the kept query of the target KEY again."""
    _say(project.declare_by_sql(key))


@numbers.command()
@click.argument("key")
@click.option("--again", type=AGAIN, help="Say how often the worker reads it by itself.")
@as_json_option
@on_project
def query(project: Project, key: str, again: Again | None, form: str) -> int:
    """Show the kept query of the target KEY and how its last reading went, or change how often it is read.

    The exit code is 1 if the last reading failed.
    """
    found = project.read_numbers_again(key, again) if again else project.number_query(key)
    if form == "json":
        output.as_json(found)
    else:
        output.say(found.sql)
        output.say(f"{output.heading(found.source)}: {found.said}")
    return 1 if found.fault else 0


@numbers.command()
@as_json_option
@on_project
def sources(project: Project, form: str) -> None:
    """List the databases that numbers may be read from."""
    found = project.sources()
    if form == "json":
        output.as_json(found)
        return
    output.table(("NAME", "KIND"), list(found.items()), empty="None is named: see SEXTANT_SOURCES.")


@click.command()
@as_json_option
@on_project
def tree(project: Project, form: str) -> None:
    """Where the six questions lead: is ML the right way?"""
    found = project.decision_tree()
    if form == "json":
        output.as_json(found)
        return
    for step in found["path"]:
        reason = f" {step['reason']}" if step["reason"] else ""
        said = "not answered yet" if step["answer"] == "unknown" else step["answer"]
        output.say(f"{step['title']}: {said}.{reason}")
    output.say(f"{output.heading(found['title'])}: {found['advice']}")


@click.command()
@as_json_option
@on_project
def roi(project: Project, form: str) -> None:
    """What it returns, the chance of a loss, and what that hangs on most."""
    found = project.returns()
    if form == "json":
        output.as_json(found)
        return
    if found["unset"]:
        output.say(f"Still to be filled in: {', '.join(found['unset'])}.")
        return
    _print_return(found, project.info.currency)


def _print_return(found: dict[str, Any], currency: str) -> None:
    made = found["found"]
    back = (
        "not back by the end"
        if made["payback_months"] is None
        else f"back after {made['payback_months']} months"
    )
    output.say(
        f"{with_unit(made['median'], currency)} in the middle, eight times of ten between "
        f"{with_unit(made['low'], currency)} and {with_unit(made['high'], currency)}; the money is {back}."
    )
    verdict = "It clears" if found["passes"] else "It does not clear"
    output.say(
        f"The chance of a loss is {with_unit(made['chance_of_loss'], 'share')}. {verdict} the project's bar."
    )
    rows = [
        (
            d["title"], with_unit(d["at_low"], currency), with_unit(d["at_high"], currency),
            number(d["share"] * 100) + " %" if isinstance(d["share"], int | float) else "–",
            "–" if d["break_even"] is None else with_unit(d["break_even"], currency),
        )
        for d in found["drivers"]
    ]  # fmt: skip
    output.table(
        ("HANGS ON", "AT ITS LOW END", "AT ITS HIGH END", "OF THE UNCERTAINTY", "BREAKS EVEN AT"), rows
    )


def _target(project: Project, key: str) -> Criterion:
    found = {c.key: c for c in project.criteria()}
    if key not in found:
        raise NotFound(f"there is no target {key!r}", todo=f"targets are: {', '.join(found) or 'none yet'}")
    return found[key]


def _today() -> date:
    return datetime.now(UTC).date()


def _text(file: Path) -> str:
    try:
        return sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not text in UTF-8"
        raise InvalidInput(f"cannot read it: {why}", where=str(file)) from error


def _say(added: list[Added]) -> None:
    new = sum(one.stored for one in added)
    output.say(f"{new} stored, {len(added) - new} there already.")
