"""`sextant learning-curve`: how many rows a target needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant_cli import output
from sextant_cli.common import as_json_option, find_file

if TYPE_CHECKING:
    from sextant.data.learning_curve import LearningCurve, Needed, Range

#: As in sextant.data.learning_curve, which must not be imported for `--help`.
TASKS = ("simple", "complex", "fine_tuning")


@click.command("learning-curve")
@click.argument("runs", metavar="RUNS", required=False)
@click.option(
    "--rows",
    default="rows",
    show_default=True,
    help="The column that says how many rows a run was trained on.",
)
@click.option("--score", default="score", show_default=True, help="The column with the score of the run.")
@click.option("--error", "errors", help="The column with the standard error of each score, if it is known.")
@click.option("--target", type=float, help="The score that is to be reached.")
@click.option(
    "--criterion", help="The target in sextant.yaml that the score must reach, in place of --target."
)
@click.option(
    "--better", type=click.Choice(("higher", "lower")), default="higher", show_default=True,
    help="Whether a higher or a lower score is better.",
)  # fmt: skip
@click.option("--share", is_flag=True, help="The score is a share: it lies between 0 and 1.")
@click.option(
    "--have", type=click.IntRange(min=0), help="How many rows there are: says what score to expect with them."
)
@click.option(
    "--level",
    type=click.FloatRange(0.5, 1, max_open=True),
    default=0.95,
    show_default=True,
    help="How sure a range must be.",
)
@click.option(
    "--task", type=click.Choice(TASKS), help="Without runs: what projects of this kind usually need."
)
@as_json_option
def learning_curve(
    runs: str | None, rows: str, score: str, errors: str | None, target: float | None, criterion: str | None, better: str,
    share: bool, have: int | None, level: float, task: str | None, form: str,
) -> int:  # fmt: skip
    """How many rows a target needs, by training runs or by rule of thumb.

    RUNS is a table with one training run a row: on how many rows it was trained, and its score on test rows that stay the
    same. A power law is put through them, and every number of rows is asked whether a curve that reaches the target there
    still fits. It takes five runs with four different numbers of rows; where they do not tell, it says so.

    Exit 0: the target is reached with the rows of the largest run, or with those of --have. Exit 1: it takes more, no number
    of rows gets there, or the runs do not tell.

    \b
      sextant learning-curve runs.csv --target 0.9 --share --have 20000
      sextant learning-curve runs.csv --criterion accuracy
      sextant learning-curve --task simple
    """
    if runs is None:
        return _thumb(task, form)
    from sextant.data.learning_curve import bounds_of
    from sextant.data.learning_curve import learning_curve as fitted

    unit, direction = "share" if share else "", "at_least" if better == "higher" else "at_most"
    if criterion is not None:
        unit, direction, target = _criterion(criterion)
    pairs = _pairs(runs, [c for c in (rows, score, errors) if c])
    curve = fitted(
        pairs,
        better="higher" if direction == "at_least" else "lower",
        bounds=bounds_of(unit, direction),
        level=level,
    )
    needed = None if target is None else curve.needed(target)
    expected = None if have is None else curve.at(have)
    if form == "json":
        output.as_json(_plain(curve, needed, have, expected))
    else:
        _tell(curve, needed, have, expected)
    if needed is None or needed.answer == "reached":
        return 0
    return (
        0
        if have is not None and needed.answer == "more" and needed.upper is not None and have >= needed.upper
        else 1
    )


def _criterion(key: str) -> tuple[str, str, float]:
    from sextant.config import load

    file = find_file()
    if file is None:
        raise InvalidInput(
            "there is no sextant.yaml here", where="--criterion", todo="name the score with --target"
        )
    found = load(file).config.criterion(key)
    return found.unit, found.direction, found.threshold


def _pairs(runs: str, columns: list[str]) -> list[tuple[float, ...]]:
    from sextant.tables import table

    opened = table(runs)
    kept = opened.keep(opened.present(columns[0]) & opened.present(columns[1]))
    named = {f"c{i}": kept.numbers(c) for i, c in enumerate(columns)}
    return [tuple(float(v) for v in row.values()) for row in kept.fetch(kept.expr.select(**named))]


def _thumb(task: str | None, form: str) -> int:
    from sextant.data.learning_curve import THUMB

    if form == "json":
        output.as_json(
            {
                kind: {"from": a, "to": b, "what": what}
                for kind, (a, b, what) in THUMB.items()
                if task in (None, kind)
            }
        )
        return 0
    output.table(
        ("KIND", "FROM", "TO", "WHAT"),
        [(k, f"{a:,}", f"{b:,}", what) for k, (a, b, what) in THUMB.items() if task in (None, k)],
        empty="",
    )
    output.say()
    output.say(
        "Rows that projects of a kind usually need: where to begin. Training runs tell more: sextant learning-curve RUNS"
    )
    return 0


def _plain(
    curve: LearningCurve, needed: Needed | None, have: int | None, expected: Range | None
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "runs": len(curve.runs), "largest": curve.largest, "limit": curve.limit, "scale": curve.scale,
        "exponent": curve.exponent, "scatter": curve.residual, "level": curve.level,
    }  # fmt: skip
    if needed is not None:
        body["needed"] = {
            "target": needed.target, "answer": needed.answer, "rows": needed.rows, "lower": needed.lower,
            "upper": needed.upper, "said": needed.why,
        }  # fmt: skip
    if expected is not None:
        body["with"] = {
            "rows": have,
            "score": expected.value,
            "lower": expected.lower,
            "upper": expected.upper,
        }
    return body


def _tell(curve: LearningCurve, needed: Needed | None, have: int | None, expected: Range | None) -> None:
    output.say(
        f"{len(curve.runs)} runs, up to {number(curve.largest)} rows: the score levels off at about {number(curve.limit)}; "
        f"what lacks to that falls with the rows to the power of -{number(curve.exponent)}. A run scatters by "
        f"{number(curve.residual)}."
    )
    if needed is not None:
        output.say(needed.why)
    if expected is not None:
        low, high = ("not told" if v is None else number(v) for v in (expected.lower, expected.upper))
        output.say(
            f"With {have:,} rows the score to expect is {number(expected.value)} (from {low} to {high})."
        )
    if needed is not None and needed.rows is not None and needed.rows > 10 * curve.largest:
        output.note(
            "That is more than ten times the largest run: whether the curve goes on so far, no run has shown."
        )
