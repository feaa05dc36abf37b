"""An A/B test out of one pass over its rows: arms, sample ratio, effects, and what the rule says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sextant.errors import InvalidInput
from sextant.evaluation.metrics import Measured, moments, sums
from sextant.evidence import Mean, MeanDifference, Proportion, ProportionDifference
from sextant.phrases import number, with_unit
from sextant.stats.sample_ratio import sample_ratio_p
from sextant.tables import Table
from sextant.verdicts import Status, Verdict

#: Below this chance the arms' sizes are no accident: assignment or logging is broken, and the result means
#: nothing.
SAMPLE_RATIO_BAR = 0.001

Recommendation = Literal["ship", "iterate", "kill", "keep_running"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One column of outcomes in both arms: successes of a yes/no column, else moments; `left_out` rows
    without a value. Each of `candidate` and `control` has n, mean and m2; with `share`, also successes."""

    column: str
    share: bool
    candidate: Mapping[str, Any]
    control: Mapping[str, Any]
    left_out: int


@dataclass(frozen=True, slots=True)
class Arms:
    """What one pass over the rows of an experiment gives."""

    units: dict[str, int]
    outcomes: dict[str, Outcome]


def arms(
    table: Table, arm: str, *, candidate: str, control: str, columns: Sequence[str], unit: str | None = None
) -> Arms:
    """Count both arms and sum up their outcomes in one GROUP BY, about the mean of all.

    A row is a unit, such as a user; `unit` names the column that says which, and is then checked: a unit that
    appears twice, or in both arms, would be counted as more people than there are. Raises `InvalidInput`
    for that, for rows in no arm or in one that nobody planned, and for outcomes that are no numbers.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> users = table(pa.table({"arm": ["new", "new", "old"], "bought": [True, False, True]}), name="users")
    >>> found = arms(users, "arm", candidate="new", control="old", columns=["bought"])
    >>> found.units, effect(found.outcomes["bought"]).statistics["successes"]
    ({'new': 2, 'old': 1}, 1)
    """
    if unit:
        _once(table, unit)
    names = table.column(arm).cast("string")
    numbers = {column: table.numbers(column) for column in columns}
    shifts = table.one(**{column: values.mean() for column, values in numbers.items()}) if columns else {}
    parts: dict[str, Any] = {"units": table.expr.count()}
    for i, (column, values) in enumerate(numbers.items()):
        parts |= sums(values, shifts[column] or 0.0, f"c{i}_") | {f"c{i}_sum": values.sum()}
    found = table.fetch(table.expr.group_by(sextant_arm=names).aggregate(**parts), ordered=True)
    rows = {row["sextant_arm"]: row for row in found}
    if stray := [name or "(none)" for name in rows if name not in (candidate, control)]:
        raise InvalidInput(
            f"there are rows in arm {', '.join(sorted(stray)[:5])}",
            where=f"{table.name}, column {arm}",
            rule=f"the arms are {candidate} and {control}",
            todo="leave them out, or name the arms as the column does",
        )
    if lacking := [name for name in (candidate, control) if name not in rows]:
        raise InvalidInput(
            f"nobody is in arm {lacking[0]}",
            where=f"{table.name}, column {arm}",
            rule="both arms have units",
            todo="name the arms as the column does",
        )
    outcomes = {}
    for i, column in enumerate(columns):
        share = table.column(column).type().is_boolean()
        sides = []
        for name in (candidate, control):
            side = moments(
                rows[name], shifts[column] or 0.0, f"c{i}_", where=f"{table.name}, column {column}"
            )
            sides.append({**side, "successes": round(rows[name][f"c{i}_sum"] or 0)} if share else side)
        left_out = sum(rows[name]["units"] - rows[name][f"c{i}_n"] for name in (candidate, control))
        outcomes[column] = Outcome(column, share, sides[0], sides[1], left_out)
    return Arms({name: rows[name]["units"] for name in (candidate, control)}, outcomes)


def effect(outcome: Outcome) -> Measured:
    """Candidate minus control, as a difference of shares or of means."""
    one, other = outcome.candidate, outcome.control
    if outcome.share:
        counts = {
            "successes": one["successes"],
            "trials": one["n"],
            "control_successes": other["successes"],
            "control_trials": other["n"],
        }
        return Measured(ProportionDifference, counts, outcome.left_out)
    sums = {k: one[k] for k in ("n", "mean", "m2")} | {f"control_{k}": other[k] for k in ("n", "mean", "m2")}
    return Measured(MeanDifference, sums, outcome.left_out)


def level_of(outcome: Outcome) -> Measured:
    """The candidate's own share or mean, for a target with an absolute bar."""
    one = outcome.candidate
    if outcome.share:
        return Measured(Proportion, {"successes": one["successes"], "trials": one["n"]}, outcome.left_out)
    return Measured(Mean, {k: one[k] for k in ("n", "mean", "m2")}, outcome.left_out)


def ratio_check(units: Mapping[str, int], shares: Mapping[str, float]) -> tuple[float, bool, str]:
    """Whether the arms have the sizes that were planned: the chance of a split this far off, whether that
    is above the bar of 0.001, and both in words."""
    chance = sample_ratio_p([units[name] for name in shares], list(shares.values()))
    seen = " and ".join(f"{number(units[name])} in {name}" for name in shares)
    planned = " and ".join(with_unit(share, "share") for share in shares.values())
    return (
        chance,
        chance >= SAMPLE_RATIO_BAR,
        f"{seen}, where {planned} were planned; the chance of that is {number(chance)}",
    )


def recommend(
    *,
    primary: Verdict,
    guardrails: Sequence[Verdict],
    sound: bool,
    unfinished: str = "",
    no_better: bool = False,
) -> tuple[Recommendation, str]:
    """What the usual rule says, and why in a sentence.

    keep_running  the planned size or length is not reached; `unfinished` says what lacks
    iterate       the arms are not as planned (`sound` is False): find the cause and run again
    ship          the primary criterion is met and no guardrail is anything but met
    kill          the primary criterion is not met, and even the good end of its range is `no_better` than
    control iterate       everything else: promising, harmful in something, or too unsure to tell

    >>> gain = Verdict(Status.MET, "2 points more (between 1 and 3).", "gain")
    >>> recommend(primary=gain, guardrails=[], sound=True)
    ('ship', 'gain is met: 2 points more (between 1 and 3).')
    """
    if unfinished:
        return "keep_running", unfinished
    if not sound:
        return (
            "iterate",
            "The arms do not have the sizes that were planned: find the cause, then run it again.",
        )
    weak = [v for v in guardrails if v.status is not Status.MET]
    said = f"{primary.criterion} is {primary.word}: {primary.reason}"
    if primary.status is Status.MET and not weak:
        kept = f" All {len(guardrails)} guardrails hold." if guardrails else ""
        return "ship", said + kept
    if primary.status is Status.UNMET and no_better:
        return "kill", f"{said} Even at best it is no better than control."
    harmed = " ".join(f"Guardrail {v.criterion} is {v.word}: {v.reason}" for v in weak)
    return "iterate", f"{said} {harmed}".strip()


def _once(table: Table, unit: str) -> None:
    column = table.column(unit)
    row = table.fetch(
        table.expr.aggregate(rows=table.expr.count(), units=column.nunique(), named=column.count())
    )[0]
    if row["named"] < row["rows"]:
        raise InvalidInput(
            f"{row['rows'] - row['named']} rows have no {unit}",
            where=table.name,
            rule="every row names its unit",
        )
    if row["units"] < row["rows"]:
        raise InvalidInput(
            f"{row['rows']} rows are about {row['units']} different {unit}",
            where=table.name,
            rule="an experiment has one row for each unit; several count one person several times",
            todo=f"sum up the outcomes by {unit} first",
        )
