"""`sextant experiment`: A/B tests on any table, without a server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, cast

import click

from sextant.errors import InvalidInput
from sextant_cli import output
from sextant_cli.common import as_json_option

if TYPE_CHECKING:
    from sextant.evaluation.ab import Correction


@click.group()
def experiment() -> None:
    """A/B tests on any table: plan one, and analyse it."""


@experiment.command()
@click.argument("table", metavar="TABLE")
@click.option("--variant", required=True, metavar="COLUMN", help="The column with each unit's arm.")
@click.option(
    "--metric", "metrics", multiple=True, metavar="METRIC",
    help="A column of outcomes, or NUMERATOR/DENOMINATOR; add ~COLUMN for its value before. May be given again; the "
    "first decides.",
)  # fmt: skip
@click.option("--covariate", metavar="COLUMN", help="What was known before, where there is one metric.")
@click.option(
    "--numerator", metavar="COLUMN", help="With --denominator: a metric that is the ratio of two sums."
)
@click.option("--denominator", metavar="COLUMN", help="With --numerator.")
@click.option(
    "--control", metavar="ARM", help="The arm that stayed as it was. Left out: the one with a usual name."
)
@click.option(
    "--share",
    "shares",
    multiple=True,
    metavar="ARM=SHARE",
    help="The planned share of an arm. Left out: equal.",
)
@click.option(
    "--unit", metavar="COLUMN", help="The column that names a unit: checks that nobody is in two arms."
)
@click.option(
    "--cluster", metavar="COLUMN", help="What was assigned, where several rows belong to one of it."
)
@click.option(
    "--time", metavar="COLUMN", help="When the unit was assigned: effects by day, changes of the split."
)
@click.option("--stratum", metavar="COLUMN", help="The period within which the split was constant.")
@click.option("--segment", "segments", multiple=True, metavar="COLUMN", help="Show the effect by its values.")
@click.option("--winsorize", type=float, metavar="SHARE", help="Cap values at this quantile, such as 0.99.")
@click.option(
    "--sequential", is_flag=True, help="Ranges that hold however often one looks, and whenever one stops."
)
@click.option(
    "--tuned", type=click.IntRange(min=1), default=5000, show_default=True,
    help="With --sequential: the units of two arms at which the range is tightest; chosen before the start.",
)  # fmt: skip
@click.option(
    "--correction", type=click.Choice(("holm", "benjamini_hochberg", "none")), default="holm", show_default=True,
    help="How the metrics but the first are judged together.",
)  # fmt: skip
@click.option(
    "--at-least", "bars", multiple=True, metavar="METRIC=EFFECT", help="The smallest effect that matters."
)
@click.option(
    "--guardrail",
    "guards",
    multiple=True,
    metavar="METRIC=ROOM",
    help="How much worse this metric may become.",
)
@click.option(
    "--lower-is-better", "lower", multiple=True, metavar="METRIC", help="Of this metric less is better."
)
@click.option("--planned-units", type=click.IntRange(min=1), help="Units of all arms at which the test ends.")
@click.option(
    "--planned-days", type=click.IntRange(min=1), help="Days after which the test ends (needs --time)."
)
@click.option(
    "--level", type=click.FloatRange(0.5, 1, min_open=True, max_open=True), default=0.95, show_default=True,
    help="How sure a range must be.",
)  # fmt: skip
@as_json_option
def analyze(
    table: str,
    variant: str,
    metrics: tuple[str, ...],
    covariate: str | None,
    numerator: str | None,
    denominator: str | None,
    control: str | None,
    shares: tuple[str, ...],
    unit: str | None,
    cluster: str | None,
    time: str | None,
    stratum: str | None,
    segments: tuple[str, ...],
    winsorize: float | None,
    sequential: bool,
    tuned: int,
    correction: str,
    bars: tuple[str, ...],
    guards: tuple[str, ...],
    lower: tuple[str, ...],
    planned_units: int | None,
    planned_days: int | None,
    level: float,
    form: str,
) -> int:
    """Compare the arms of an A/B test, metric by metric.

    TABLE has one row for each unit, such as a user: its arm, and how it fared. Health comes first: a split that is
    not as planned, values that lack in one arm, one unit that outweighs all others. Then each metric with its
    difference, how sure that is, and what it means; last what follows by the rule of the options.

    The exit code is 1 when the result must not be believed, else 0.

    \b
      sextant experiment analyze users.parquet --variant arm --metric bought
      sextant experiment analyze users.parquet --variant arm --metric revenue~revenue_before --sequential
      sextant experiment analyze users.parquet --variant arm --metric clicks/views --guardrail errors=0.01 \\
        --metric errors --lower-is-better errors --time assigned_at --segment country
    """
    from sextant.evaluation.ab import Rule, analyze
    from sextant.tables import table as open_table

    if planned_days and not time:
        raise InvalidInput("--planned-days needs days to count", todo="name the column of times with --time")
    asked = _metrics(metrics, covariate, numerator, denominator)
    rule = Rule(
        primary=asked[0].partition("~")[0].strip(),
        at_least=_numbers("--at-least", bars),
        guardrails=_numbers("--guardrail", guards),
        lower_is_better=frozenset(lower),
        planned_units=planned_units,
        planned_days=planned_days,
    )
    found = analyze(
        open_table(table), asked, variant=variant, control=control, shares=_numbers("--share", shares) or None,
        unit=unit, cluster=cluster, time=time, stratum=stratum, segments=segments, winsorize=winsorize, level=level,
        continuous=sequential, n_tuned=tuned, correction=cast("Correction", correction), rule=rule,
    )  # fmt: skip
    if form == "json":
        output.as_json(
            {
                **asdict(found),
                "rule": {**asdict(rule), "lower_is_better": sorted(lower)},
                "sound": found.sound,
            }
        )
    else:
        output.say(str(found))
    return 0 if found.sound else 1


@experiment.command()
@click.argument("table", metavar="TABLE")
@click.option(
    "--metric", required=True, help="As for analyze: COLUMN or NUMERATOR/DENOMINATOR, ~COLUMN for before."
)
@click.option(
    "--per-day", type=float, required=True, help="Units that come into the test each day, all arms."
)
@click.option("--effect", type=float, help="The smallest difference that matters, in the metric's unit.")
@click.option("--relative-effect", type=float, help="The same as a share of today's value, such as 0.02.")
@click.option(
    "--candidate-share",
    type=float,
    default=0.5,
    show_default=True,
    help="The candidate's share of the units.",
)
@click.option(
    "--power", type=float, default=0.8, show_default=True, help="The chance to find that difference."
)
@click.option("--level", type=float, default=0.95, show_default=True, help="How sure a range must be.")
@click.option("--sequential", is_flag=True, help="With ranges that hold however often one looks.")
@click.option("--tuned", type=click.IntRange(min=1), default=5000, show_default=True, help="As for analyze.")
@as_json_option
def design(
    table: str,
    metric: str,
    per_day: float,
    effect: float | None,
    relative_effect: float | None,
    candidate_share: float,
    power: float,
    level: float,
    sequential: bool,
    tuned: int,
    form: str,
) -> None:
    """How long a test would take, and what it could see in two weeks, from a table of history.

    TABLE has one row for each unit as it was before: the metric and, where there is one, the covariate.

    \b
      sextant experiment design last_month.parquet --metric revenue~revenue_before --per-day 1200 --relative-effect 0.02
    """
    from sextant.evaluation.ab_power import outlook
    from sextant.tables import table as open_table

    if effect is not None and relative_effect is not None:
        raise InvalidInput("the effect is given twice", todo="give --effect or --relative-effect")
    found = outlook(
        open_table(table), metric, per_day=per_day, candidate_share=candidate_share, effect=effect,
        relative_effect=relative_effect, power=power, level=level, continuous=sequential, n_tuned=tuned,
    )  # fmt: skip
    if form == "json":
        output.as_json(found)
    else:
        output.say(str(found))


def _metrics(
    metrics: Sequence[str], covariate: str | None, numerator: str | None, denominator: str | None
) -> list[str]:
    if (numerator is None) != (denominator is None):
        raise InvalidInput("a ratio has two parts", todo="give --numerator and --denominator together")
    asked = [*([f"{numerator}/{denominator}"] if numerator else []), *metrics]
    if not asked:
        raise InvalidInput("no metric is named", todo="add --metric COLUMN")
    if covariate:
        if len(asked) > 1 or "~" in asked[0]:
            raise InvalidInput(
                "--covariate is for one metric",
                todo="write it beside each metric: --metric revenue~revenue_before",
            )
        return [f"{asked[0]}~{covariate}"]
    return asked


def _numbers(option: str, given: Sequence[str]) -> dict[str, float]:
    """NAME=NUMBER, several times."""
    found: dict[str, float] = {}
    for text in given:
        name, equals, value = text.rpartition("=")
        try:
            number = float(value)
        except ValueError:
            equals = ""
            number = 0.0
        if not equals or not name:
            raise InvalidInput(f"{option} {text} says no number", rule=f"{option} NAME=NUMBER")
        if name in found:
            raise InvalidInput(f"{option} speaks of {name} twice", todo="say it once")
        found[name] = number
    return found
