"""`sextant opportunities`: what might become a project, before there is one."""

from __future__ import annotations

from pathlib import Path

import click

from sextant.errors import InvalidInput, Unavailable
from sextant.lifecycle.rigor import PROFILES
from sextant.problem.opportunities import SIDES, Opportunity
from sextant.sheets import read_csv, write_csv
from sextant_cli import output
from sextant_cli.common import as_json_option, on_client
from sextant_client.client import Client

COLUMNS = tuple(Opportunity.model_fields)


@click.group()
def opportunities() -> None:
    """What might become a project: rated, scored, compared.

    The list belongs to the installation, not to a project. A project's token does not reach it.
    """


@opportunities.command("list")
@as_json_option
@on_client()
def list_(client: Client, form: str) -> None:
    """List them, the best first, with the score that the weights give."""
    found = client.opportunities()
    if form == "json":
        output.as_json(found)
        return
    rows = [
        (
            str(o["rank"] or "–"), "–" if o["score"] is None else f"{o['score']:.0f}", o["key"],
            *(str(o[side] or "–") for side in SIDES), o["project"] or "–", o["title"],
        )
        for o in found["opportunities"]
    ]  # fmt: skip
    output.table(
        ("RANK", "SCORE", "KEY", *(side.upper() for side in SIDES), "PROJECT", "OPPORTUNITY"), rows,
        empty="There are no opportunities yet.",
    )  # fmt: skip
    if rows:
        weights = ", ".join(f"{side} {found['weights'][side]:g}" for side in SIDES)
        output.say(f"\nWeights: {weights}; risk counts against it.")


@opportunities.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@on_client(create=True)
def import_(client: Client, file: Path) -> None:
    """Store the rows of a CSV file (title, problem, value, feasibility, data, risk, lead, note, key).

    A row with a known key or title changes that opportunity, any other is added; nothing is removed.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InvalidInput(f"cannot read it: {error.strerror}", where=str(file)) from error
    rows: list[dict[str, object]] = []
    for number, row in enumerate(read_csv(data, (*COLUMNS, "score"), needs=("title",)), 2):
        kept: dict[str, object] = {k: v for k, v in row.items() if k != "score"}
        for side in SIDES:
            if side in row:
                kept[side] = _rating(row[side], f"row {number}, {side}")
        rows.append(kept)
    client.put_opportunities(rows, by_title=True)
    output.say(f"Stored {len(rows)} {'row' if len(rows) == 1 else 'rows'}.")


def _rating(text: str, where: str) -> int | None:
    if not text:
        return None
    if text not in {"1", "2", "3", "4", "5"}:
        raise InvalidInput(
            f"{text!r} is no rating", where=where, rule="a whole number from 1 to 5",
            todo="leave it empty while it is not known",
        )  # fmt: skip
    return int(text)


@opportunities.command()
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write it to this file."
)
@on_client()
def export(client: Client, target: Path | None) -> None:
    """Write them as CSV, with their scores; no cell is a formula."""
    text = write_csv((*COLUMNS, "score"), client.opportunities()["opportunities"])
    if target is None:
        click.echo(text, nl=False)
        return
    try:
        target.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise Unavailable(error.strerror or "it cannot be written", where=str(target)) from error
    output.say(f"Wrote {target}")


@opportunities.command()
@click.argument("key")
@on_client()
def remove(client: Client, key: str) -> None:
    """Take one off the list. A project that was opened from it stays."""
    client.remove_opportunity(key)
    output.say(f"Removed {key}.")


@opportunities.command()
@click.option("--value", type=click.FloatRange(0, 100), help="How much value counts.")
@click.option("--feasibility", type=click.FloatRange(0, 100), help="How much feasibility counts.")
@click.option("--data", type=click.FloatRange(0, 100), help="How much data counts.")
@click.option("--risk", type=click.FloatRange(0, 100), help="How much risk counts, against it.")
@as_json_option
@on_client(create=True)
def weights(client: Client, form: str, **given: float | None) -> None:
    """Show or change how much each side counts; only the proportion matters."""
    now = client.opportunities()["weights"]
    changed = {side: value for side, value in given.items() if value is not None}
    if changed:
        now = client.weigh_opportunities({**now, **changed})
    if form == "json":
        output.as_json(now)
        return
    output.table(("SIDE", "WEIGHT"), [(side, f"{now[side]:g}") for side in SIDES])


@opportunities.command("open")
@click.argument("key")
@click.option("--name", help="Its name. Default: the opportunity's title.")
@click.option("--slug", help="Its short name. Default: the opportunity's key.")
@click.option(
    "--rigor", type=click.Choice(tuple(PROFILES)), default="standard", show_default=True,
    help="How strict its gates are.",
)  # fmt: skip
@on_client()
def open_(client: Client, key: str, name: str | None, slug: str | None, rigor: str) -> None:
    """Open a project from one; its problem becomes the first of the five Ws."""
    if name is None:
        listed = client.opportunities()["opportunities"]
        name = next((o["title"] for o in listed if o["key"] == key), key)
    project = client.open_opportunity(key, slug=slug or key, name=name, rigor=rigor)
    output.say(f"Opened the project {project.slug}.")
