"""`sextant drift`: what has moved between two tables or stored profiles."""

from __future__ import annotations

import click

from sextant_cli import output
from sextant_cli.common import as_json_option

#: As in sextant.stats.distances, which must not be imported for `--help`.
STATISTICS = (
    "total_variation", "jensen_shannon", "hellinger", "psi", "cramers_v", "kolmogorov_smirnov", "wasserstein",
)  # fmt: skip


@click.command()
@click.argument("reference")
@click.argument("current")
@click.option("--columns", metavar="A,B", default="", help="Only these columns, with commas between.")
@click.option(
    "--statistic", type=click.Choice(STATISTICS), default="total_variation", show_default=True,
    help="The distance that decides; total_variation is the share of rows that moved.",
)  # fmt: skip
@click.option(
    "--threshold", type=click.FloatRange(min=0), default=0.1, show_default=True,
    help="From which distance on a change matters.",
)  # fmt: skip
@click.option(
    "--bins",
    type=click.IntRange(2, 100),
    default=10,
    show_default=True,
    help="Into how many bins numbers are cut.",
)
@click.option(
    "--level", type=click.FloatRange(0.5, 1, min_open=True, max_open=True), default=0.95, show_default=True,
    help="How sure a verdict must be.",
)  # fmt: skip
@click.option(
    "--multivariate", is_flag=True,
    help="Ask a classifier as well how far all columns together tell the tables apart (tables only).",
)  # fmt: skip
@as_json_option
def drift(
    reference: str,
    current: str,
    columns: str,
    statistic: str,
    threshold: float,
    bins: int,
    level: float,
    multivariate: bool,
    form: str,
) -> int:
    """What has moved between two tables, column by column.

    REFERENCE is how it was, usually what the model learned from, CURRENT how it is now. Each is a table, or
    a profile that `sextant profile` kept (.json), which takes no time however many rows it stands for. Free text and
    embeddings (lists of floats) are compared by a classifier, which takes the tables and some seconds a column.

    The exit code is 1 when a column has drifted, or all together have, or no column can be compared; else 0.

    \b
      sextant drift train.parquet today.parquet
      sextant drift train.parquet today.parquet --multivariate
      sextant drift train.json today.json --statistic psi --threshold 0.2
    """
    from sextant.data.drift import drift as measure

    chosen = tuple(c.strip() for c in columns.split(",") if c.strip())
    found = measure(
        reference, current, columns=chosen, statistic=statistic, threshold=threshold, bins=bins, level=level,
        multivariate=multivariate,
    )  # fmt: skip
    if form == "json":
        output.as_json(found)
    else:
        output.say(str(found))
    together = found.together is not None and found.together.verdict == "drifted"
    # What nothing was compared in has not been found steady.
    nothing = all(c.verdict == "not_compared" for c in found.columns)
    return 1 if found.drifted or together or nothing else 0
