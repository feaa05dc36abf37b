"""`sextant judge`: whether a judge, such as a language model, may judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sextant.errors import InvalidInput
from sextant.phrases import number
from sextant_cli import output
from sextant_cli.common import as_json_option

if TYPE_CHECKING:
    from sextant.evaluation.judge import Calibration

#: As in sextant.evaluation.judge, which must not be imported for `--help`.
STATISTICS = ("accuracy", "cohen_kappa", "weighted_kappa", "pearson", "spearman")
OF_SCORES = STATISTICS[2:]


@click.command()
@click.argument("rated", metavar="RATED")
@click.option("--verdict", required=True, metavar="COLUMN", help="What the judge said.")
@click.option(
    "--people",
    required=True,
    multiple=True,
    metavar="COLUMN",
    help="What one person said; give it once for each.",
)
@click.option("--item", metavar="COLUMN", help="The output's id: each may stand there once.")
@click.option(
    "--statistic", type=click.Choice(STATISTICS), default="cohen_kappa", show_default=True,
    help="How agreement is measured; the last three are for scores.",
)  # fmt: skip
@click.option(
    "--bar", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.6, show_default=True,
    help="What the low end of the agreement must reach.",
)  # fmt: skip
@click.option(
    "--bias-bar", type=click.FloatRange(0, min_open=True),
    help="How much more than people it may prefer something, such as 0.05. Left out: preferences are shown only.",
)  # fmt: skip
@click.option("--positive", metavar="WORD", help="Of words about one output: which of them is a success.")
@click.option(
    "--first", metavar="WORD", help="Of two answers side by side: the word for the one shown first."
)
@click.option("--second", metavar="WORD", help="The word for the one shown second; any other is a tie.")
@click.option("--swapped", metavar="COLUMN", help="What the judge said with the two in the other order.")
@click.option(
    "--length", "lengths", multiple=True, metavar="COLUMN",
    help="The output, or its length; of two answers, twice: the first and the second.",
)  # fmt: skip
@click.option(
    "--maker", "makers", multiple=True, metavar="COLUMN",
    help="Which model made the output; of two answers, twice: the first and the second.",
)  # fmt: skip
@click.option("--own", metavar="NAME", help="The model of the judge's own family, as --maker has it.")
@click.option("--before", metavar="COLUMN", help="What an earlier version of the judge said.")
@click.option(
    "--level", type=click.FloatRange(0.5, 1, min_open=True, max_open=True), default=0.95, show_default=True,
    help="How sure a range must be.",
)  # fmt: skip
@as_json_option
def judge(
    rated: str, verdict: str, people: tuple[str, ...], item: str | None, statistic: str, bar: float, bias_bar: float | None,
    positive: str | None, first: str | None, second: str | None, swapped: str | None, lengths: tuple[str, ...],
    makers: tuple[str, ...], own: str | None, before: str | None, level: float, form: str,
) -> int:  # fmt: skip
    """Whether a judge agrees with people well enough to judge.

    RATED is a table with one output a row: what the judge said of it, and what each person said, in columns. What most
    people say is taken for right (of scores, their mean). Preferences for the answer shown first, for longer answers and
    for its own are measured against what people prefer.

    Exit 0: the low end of the agreement reaches the bar, and no preference lies beyond --bias-bar. Exit 1: it does not.
    A check of the kind `judge` in sextant.yaml does the same, and takes the judge's number of many outputs with it.

    \b
      sextant judge rated.csv --verdict gpt --people anna --people ben --statistic accuracy --bar 0.8
      sextant judge pairs.csv --verdict gpt --people anna --first A --second B --swapped gpt_swapped
    """
    from sextant.evaluation.judge import Columns, Pairs, calibrate, read
    from sextant.tables import table

    if (first is None) != (second is None):
        raise InvalidInput("one of --first and --second is given", rule="they go together")
    if first is None and (swapped or len(lengths) == 2 or len(makers) == 2):
        raise InvalidInput(
            "nobody says which words name the two answers", todo="add --first WORD and --second WORD"
        )
    if bool(makers) != (own is not None):
        raise InvalidInput("one of --maker and --own is given", rule="they go together")
    columns = Columns(verdict, people, item, swapped, before, lengths, makers)
    found = calibrate(
        read(table(rated), columns, scores=statistic in OF_SCORES), statistic=statistic, positive=positive, own=own,
        level=level, pairs=Pairs(first, second) if first is not None and second is not None else None,
    )  # fmt: skip
    holds, why = found.holds(bar, bias_bar)
    if form == "json":
        output.as_json({**output.plain(found), "bar": bar, "holds": holds, "why": why})
    else:
        _tell(found, holds, why)
    return 0 if holds else 1


def _tell(found: Calibration, holds: bool, why: str) -> None:
    from sextant.verdicts import Status

    output.say(f"{output.status(Status.MET if holds else Status.UNMET)}: {why}.")
    if found.people_agree is not None and found.judge_agrees is not None:
        output.say(
            f"Two people say the same {number(found.people_agree * 100)} % of the time, the judge and a person "
            f"{number(found.judge_agrees * 100)} %."
        )
    if found.undecided:
        output.say(
            f"{number(found.undecided)} more outputs were left out: no answer was given by most people."
        )
    if found.unread:
        output.say(f"{number(found.unread)} verdicts are missing.")
    if found.steady and not found.steady.undefined:
        low, high = number(found.steady.lower * 100), number(found.steady.upper * 100)
        output.say(
            f"With the two answers in the other order it keeps to its answer {number(found.steady.value * 100)} % of the "
            f"time (between {low} and {high} %)."
        )
    for one in found.preferences:
        output.say(one.said)
    if found.changed and found.changed.n:
        moved, better = found.changed.changed, found.changed.better
        output.say(
            f"Of {number(found.changed.n)} verdicts of the earlier version {number(moved.value * 100)} % are other now "
            f"(between {number(moved.lower * 100)} and {number(moved.upper * 100)} %)."
        )
        if not better.undefined:
            output.say(
                f"It agrees with people {'more' if better.value >= 0 else 'less'} than before by "
                f"{number(abs(better.value))} (between {number(better.lower)} and {number(better.upper)})."
            )
