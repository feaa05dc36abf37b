"""`sextant profile`: what a table holds, in some KB a column."""

from __future__ import annotations

from pathlib import Path

import click

from sextant_cli import output
from sextant_cli.common import as_json_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sextant.data.profile import Profile


@click.command()
@click.argument("tables", metavar="TABLE...", nargs=-1, required=True)
@click.option("--columns", metavar="A,B", default="", help="Only these columns, with commas between.")
@click.option(
    "-o", "--output", "path", type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the profile here, as JSON.",
)  # fmt: skip
@as_json_option
def profile(tables: tuple[str, ...], columns: str, path: Path | None, form: str) -> None:
    """What a table holds, column by column, in some KB.

    TABLE is a file (Parquet, CSV, JSON lines), a Delta table, a folder, a pattern, a database's table by its address,
    or a stored profile (.json). All rows are counted, never a sample. Several are parts of one whole, such as days:
    each is profiled by itself, and the profiles are added up.

    \b
      sextant profile sales.parquet -o sales.json
      sextant profile "logs/*.csv" --columns age,city
      sextant profile "postgres://host/shop#orders"
      sextant profile monday.json tuesday.json
    """
    chosen = tuple(c.strip() for c in columns.split(",") if c.strip())
    found = read(tables[0], chosen)
    for part in tables[1:]:
        found = found + read(part, chosen)
    if path:
        found.save(path)
    output.say(found.text().rstrip() if form == "json" else str(found))
    if path:
        output.note(f"Kept as {path}, {path.stat().st_size / 1024:,.0f} KB.")


def read(source: str, columns: tuple[str, ...] = ()) -> Profile:
    """The profile of a table, or a stored one."""
    if source.endswith(".json"):
        from sextant.data.profile import Profile

        found = Profile.load(source)
        return found.only(columns) if columns else found
    from sextant.data.profiling import profile as measure
    from sextant.tables import table

    of = table(source)
    with output.progress(f"Columns of {source}", len(columns or of.columns)) as tick:
        return measure(of, columns=columns, tick=lambda done, total: tick(done))
