"""`sextant evaluate`: how good a model's answers are, with ranges, overall and by group."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sextant.errors import InvalidInput
from sextant_cli import output

if TYPE_CHECKING:
    from sextant.evaluation.evaluate import Evaluation
    from sextant.tables import Table

level_option = click.option(
    "--level", type=click.FloatRange(0.5, 1, min_open=True, max_open=True), default=0.95, show_default=True,
    help="How sure a range is.",
)  # fmt: skip
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json", "markdown")),
    default="text",
    show_default=True,
    help="How to print it.",
)
labels_option = click.option(
    "--labels", metavar="TABLE", help="The right answers, where they lie apart; joined by --key."
)
key_option = click.option(
    "--key", metavar="COLUMN", help="The column that names a case, which must not stand twice."
)
positive_option = click.option("--positive", metavar="CLASS", help="The class that it is about.")
group_option = click.option(
    "--group", "groups", multiple=True, metavar="COLUMN", help="Look at each value of this column; may be given again."
)  # fmt: skip


@click.command()
@click.argument("predictions")
@click.option("--target", required=True, metavar="COLUMN", help="The column with the right answer.")
@click.option("--prediction", metavar="COLUMN", help="The column with the model's answer.")
@click.option(
    "--score", metavar="COLUMN", help="The column that says how sure the model was of the positive class."
)
@positive_option
@group_option
@click.option(
    "--cluster", metavar="COLUMN", help="The unit that has several rows, such as a user: ranges are widened for it."
)  # fmt: skip
@click.option("--classes", metavar="A,B", default="", help="All classes: any other answer is then an error.")
@click.option(
    "--cost",
    "costs",
    nargs=2,
    type=float,
    metavar="ALARM MISS",
    help="What a false alarm and a miss cost: chooses the threshold.",
)
@labels_option
@key_option
@click.option(
    "--task", type=click.Choice(("classification", "regression")), help="Left out, it is told by the columns."
)
@level_option
@format_option
def evaluate(
    predictions: str, target: str, prediction: str | None, score: str | None, positive: str | None, groups: tuple[str, ...],
    cluster: str | None, classes: str, costs: tuple[float, float] | None, labels: str | None, key: str | None,
    task: str | None, level: float, form: str,
) -> None:  # fmt: skip
    """How good a model's answers are, with ranges, overall and by group.

    Every metric that fits, each with its range and what it means.

    PREDICTIONS is a table with a row for each case: a file, a folder, a pattern, an address. Classes: accuracy, precision,
    recall, F1, and with a score the areas under curves, calibration and the cheapest threshold. Numbers: mean, squared,
    median and relative error, bias, R². Groups come the worst first, with the chance that they differ by luck.

    Nothing is stored: checks of sextant.yaml store what they find.

    \b
      sextant evaluate answers.parquet --target label --prediction said --group device
      sextant evaluate scores.csv --target fraud --score risk --cost 1 20
      sextant evaluate said.csv --labels test.csv --key id --target price --prediction estimate
    """
    from sextant.evaluation.evaluate import evaluate as measure
    from sextant.evaluation.evaluate_text import markdown

    table = answers_with_labels(predictions, labels, key, target)
    found = measure(
        table, target=target, prediction=prediction, score=score, positive=positive, groups=groups, cluster=cluster,
        classes=tuple(c.strip() for c in classes.split(",") if c.strip()), costs=costs, task=task, level=level,
        key=key if cluster is None else None,
    )  # fmt: skip
    if form == "json":
        output.as_json(as_plain(found))
    elif form == "markdown":
        click.echo(markdown(found), nl=False)
    else:
        output.say(str(found))


def answers_with_labels(predictions: str, labels: str | None, key: str | None, target: str) -> Table:
    """The answers, with the right ones beside them where those lie apart."""
    from sextant.evaluation.lining_up import joined
    from sextant.tables import engine
    from sextant.tables import table as open_table

    on = engine()
    found = open_table(source_of(predictions), name=predictions, on=on)
    if labels is None:
        return found
    if key is None:
        raise InvalidInput(
            "nothing says which right answer belongs to which case",
            rule="rows are joined by a key that both tables have",
            todo="name it with --key",
        )
    return joined(found, open_table(source_of(labels), name=labels, on=on), key, target)


def source_of(name: str) -> str:
    """The path of a dataset or of predictions that sextant.yaml knows by this name, else the name itself."""
    from sextant_cli.common import find_file

    if Path(name).exists() or any(c in name for c in "/*?.:") or (file := find_file()) is None:
        return name
    from sextant.config import load

    declared = dict(load(file).config.tables()).get(name)
    return name if declared is None else str(file.parent / declared.path)


def as_plain(found: Evaluation) -> dict[str, Any]:
    """An evaluation as plain values: numbers, and the statistics that they follow from."""

    def answer(one: Any) -> dict[str, Any]:
        return {
            "metric": one.metric, "value": one.value, "lower": one.lower, "upper": one.upper, "method": one.method,
            "n": one.n, "unit": one.unit, "says": one.says, "undefined": one.undefined,
            "kind": one.kind.model_fields["kind"].default, "statistics": one.statistics,
        }  # fmt: skip

    return {
        "table": found.table, "task": found.task, "rows": found.rows, "left_out": found.left_out, "level": found.level,
        "positive": found.positive, "answers": [answer(a) for a in found.answers], "confusion": found.confusion,
        "curve": found.curve, "threshold": found.threshold, "notes": found.notes,
        "segments": [
            {"slice": s.slice, "rows": s.rows, "adjusted_p": s.adjusted_p, "answers": [answer(a) for a in s.answers]}
            for s in found.segments
        ],
    }  # fmt: skip
