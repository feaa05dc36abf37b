"""`sextant synthetic`: how like real rows synthetic ones are, and whether any is a copy."""

from __future__ import annotations

import click

from sextant_cli import output
from sextant_cli.common import as_json_option


@click.command()
@click.argument("real")
@click.argument("synthetic", metavar="SYNTHETIC")
@click.option("--columns", metavar="A,B", default="", help="Only these columns, with commas between.")
@click.option(
    "--key", "keys", multiple=True, help="A column that only names a row, and is not compared; repeatable."
)
@click.option(
    "--target",
    help="The column that a model would learn to predict: asks whether it can from synthetic rows.",
)
@click.option(
    "--test",
    help="Real rows that the synthetic ones were not made from, for --target. Default: a half of REAL.",
)
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=0.1, show_default=True,
    help="From which share of rows on a column is distributed otherwise.",
)  # fmt: skip
@click.option(
    "--apart", type=click.FloatRange(0.5, 1, min_open=True, max_open=True), default=0.55, show_default=True,
    help="In which share of pairs a classifier must say which row is synthetic for it to count.",
)  # fmt: skip
@as_json_option
def synthetic(
    real: str, synthetic: str, columns: str, keys: tuple[str, ...], target: str | None, test: str | None, threshold: float,
    apart: float, form: str,
) -> int:  # fmt: skip
    """How like real rows synthetic ones are, and whether any is a copy.

    Six questions, each with its answer in a sentence: are columns distributed alike, with the same gaps and categories;
    can a classifier say which row is synthetic; do columns that hang together in the real rows still do so; which rows
    are exact copies of a real one; and, with --target, does a model that learned from synthetic rows do as well on real
    ones. REAL and SYNTHETIC are tables.

    The exit code is 1 when something was found against the synthetic rows, else 0.

    \b
      sextant synthetic people.parquet made.parquet --key id
      sextant synthetic train.csv made.csv --target left --test test.csv
    """
    from sextant.data.synthetic import likeness

    chosen = tuple(c.strip() for c in columns.split(",") if c.strip())
    found = likeness(
        real, synthetic, columns=chosen, but=keys, target=target, test=test, threshold=threshold, apart=apart
    )
    if form == "json":
        points = [{"question": title, "answer": answer, "said": said} for title, answer, said in found.points]
        output.as_json({"holds": found.holds, "points": points, **output.plain(found)})
    else:
        output.say(str(found))
    return 0 if found.holds else 1
