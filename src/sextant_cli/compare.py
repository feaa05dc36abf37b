"""`sextant compare` and `sextant fairness`: two models on the same cases, and one model on different groups."""

from __future__ import annotations

import click

from sextant.errors import InvalidInput
from sextant_cli import output
from sextant_cli.common import as_json_option
from sextant_cli.evaluate import (
    answers_with_labels,
    key_option,
    labels_option,
    level_option,
    positive_option,
    source_of,
)

_TARGET = click.option("--target", required=True, metavar="COLUMN", help="The column with the right answer.")
_SEED = click.option(
    "--seed", type=int, default=0, show_default=True, help="Another seed draws other resamples."
)


@click.command()
@click.argument("predictions")
@_TARGET
@click.option("--prediction", required=True, metavar="COLUMN", help="The column with the candidate's answer.")
@click.option(
    "--against",
    required=True,
    metavar="COLUMN",
    help="The column with the other model's answer; in OTHER if that is given.",
)
@click.option(
    "--other", metavar="TABLE", help="The other model's answers, where they lie apart; joined by --key."
)
@positive_option
@click.option(
    "--margin", type=click.FloatRange(min=0), default=0.0, show_default=True,
    help="How much worse still does not matter: asks whether the two are equivalent, or the candidate not worse.",
)  # fmt: skip
@click.option(
    "--task",
    type=click.Choice(("classification", "regression")),
    default="classification",
    show_default=True,
    help="Classes, or numbers that are off by so much.",
)
@click.option(
    "--resamples",
    type=click.IntRange(100),
    default=2000,
    show_default=True,
    help="How often answers are swapped and drawn.",
)
@_SEED
@labels_option
@key_option
@level_option
@as_json_option
def compare(
    predictions: str, target: str, prediction: str, against: str, other: str | None, positive: str | None, margin: float,
    task: str, resamples: int, seed: int, labels: str | None, key: str | None, level: float, form: str,
) -> int:  # fmt: skip
    """Two models on the same cases: is the difference real, and how large.

    Cases that both answer alike say nothing of a difference; pairing takes them out. Each metric has the range of its
    difference, the chance that it comes by luck (answers swapped at random), and what that says against the margin.

    The exit code is 1 when the candidate is worse by some metric, else 0.

    \b
      sextant compare both.csv --target label --prediction new --against old
      sextant compare new.csv --other old.csv --key id --target label --prediction said --against said_old --margin 0.01
    """
    from dataclasses import replace

    from sextant.evaluation.compare import compare as measure
    from sextant.evaluation.lining_up import joined
    from sextant.tables import table as open_table

    table = answers_with_labels(predictions, labels, key, target)
    if other is not None:
        if key is None:
            raise InvalidInput("nothing says which cases are the same", todo="name the column with --key")
        theirs = open_table(source_of(other), name=other, on=table.engine)
        kept = theirs.expr.select(theirs.column(key), theirs.column(against))
        if against in table.columns and against != key:
            renamed = f"{against} of {other}"
            kept, against = kept.rename({renamed: against}), renamed
        table = joined(table, replace(theirs, expr=kept), key, against)
    found = measure(
        table, target=target, prediction=prediction, other=against, positive=positive, margin=margin, task=task,
        resamples=resamples, seed=seed, level=level,
    )  # fmt: skip
    if form == "json":
        output.as_json(found)
    else:
        output.say(str(found))
    return 1 if any(d.conclusion == "worse" for d in found.differences) else 0


@click.command()
@click.argument("predictions")
@_TARGET
@click.option("--prediction", required=True, metavar="COLUMN", help="The column with the model's answer.")
@click.option("--positive", required=True, metavar="CLASS", help="The class that it is about.")
@click.option(
    "--by",
    required=True,
    multiple=True,
    metavar="COLUMN",
    help="Groups; given again, the groups are those of all columns together.",
)
@click.option(
    "--fewest",
    type=click.IntRange(1),
    default=30,
    show_default=True,
    help="Groups with fewer cases do not count.",
)
@labels_option
@key_option
@level_option
@as_json_option
def fairness(
    predictions: str, target: str, prediction: str, positive: str, by: tuple[str, ...], fewest: int, labels: str | None,
    key: str | None, level: float, form: str,
) -> None:  # fmt: skip
    """How far groups lie apart in what a model does.

    Who is called positive, found, missed, called so wrongly, and answered right, group by group.

    The largest gap of any two groups has a range that knows it was looked for among all of them. A check `fairness` of
    sextant.yaml stores a gap and judges a target by it.

    \b
      sextant fairness answers.parquet --target repaid --prediction granted --positive yes --by sex --by age_band
    """
    from sextant.evaluation.fairness import fairness as measure

    table = answers_with_labels(predictions, labels, key, target)
    found = measure(
        table, target=target, prediction=prediction, positive=positive, by=by, fewest=fewest, level=level
    )
    if form != "json":
        output.say(str(found))
        return
    output.as_json(
        {
            "table": found.table, "by": found.by, "positive": found.positive, "level": found.level,
            "shares": [
                {
                    "metric": s.metric, "gap": s.gap(level), "ratio": s.ratio(level), "small": s.small,
                    "groups": [
                        {"group": g, "successes": k, "trials": n}
                        for g, k, n in zip(s.groups, s.successes, s.trials, strict=True)
                    ],
                }
                for s in found.shares
            ],
        }
    )  # fmt: skip
