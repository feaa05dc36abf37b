"""How long an A/B test must run, from the product's own history: what it could see after so many weeks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sextant.errors import InvalidInput
from sextant.evaluation.ab_sums import Metric, sums
from sextant.evaluation.design import MINIMUM_DAYS
from sextant.stats import contrast
from sextant.stats._checks import inside, positive, tail
from sextant.stats.intervals import normal_quantile
from sextant.stats.sequential import MINIMUM_N, reach
from sextant.tables import Table

#: A test that would have to run longer than this is not one.
MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class Week:
    """What a test of so many days could see: units of both arms, and the smallest difference that it finds with
    the power asked for, in the metric's unit and as a share of today's value."""

    days: int
    units: int
    smallest: float
    relative: float


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a test of a metric would take.

    value, spread   the metric today, and the standard deviation of a unit (adjusted where there is a covariate)
    saved           the share of the variance that the covariate takes away
    weeks           what could be seen after each number of weeks
    needed_units, needed_days   for the effect asked for; None where none was, or where a year is not enough
    """

    metric: str
    history: int
    value: float
    spread: float
    saved: float
    effect: float | None
    needed_units: int | None
    needed_days: int | None
    weeks: tuple[Week, ...]
    power: float
    level: float
    continuous: bool
    share: bool = False

    def __str__(self) -> str:
        return _text(self)


def outlook(
    table: Table,
    metric: Metric | str,
    *,
    per_day: float,
    candidate_share: float = 0.5,
    effect: float | None = None,
    relative_effect: float | None = None,
    power: float = 0.8,
    level: float = 0.95,
    sides: int = 2,
    continuous: bool = False,
    n_tuned: int = 5000,
    weeks: Sequence[int] = (1, 2, 3, 4, 6, 8, 12),
) -> Outlook:
    """What could be seen when, from a table of history with one row for each unit.

    per_day          how many units come into the test each day, both arms together
    effect           the smallest difference that matters, in the metric's unit; or `relative_effect`, as a share of
                     today's value. Then it is said how long the test must run: two whole weeks at least, and in
                     whole weeks, so that each weekday counts alike
    continuous       with the wider ranges of continuous looking (at the end; it may stop sooner)

    The arms are taken to vary alike and as they did. Normal approximation: at least 50 units of history.

    Source: the two-sample z approximation (Kohavi, Tang and Xu, "Trustworthy online controlled experiments", 2020,
    chapter 17), with the variance of `contrast`.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> spent = table(pa.table({"spent": [float(i % 10) for i in range(1000)]}), name="history")
    >>> found = outlook(spent, "spent", per_day=500, effect=0.5)
    >>> found.needed_units, found.needed_days
    (1038, 14)
    """
    metric = Metric.parse(metric) if isinstance(metric, str) else metric
    a, sure = tail(level, sides), normal_quantile(inside("power", power, 0.5, 1.0))
    share = inside("candidate_share", candidate_share, 0.0, 1.0)
    if not per_day > 0:
        raise InvalidInput(f"per_day is {per_day:g}", rule="units come every day")
    import ibis

    found = sums(
        replace(table, expr=table.expr.mutate(sextant_arm=ibis.literal("all"))),
        [metric],
        variant="sextant_arm",
    )
    of = found.of[metric.name][("all", "", "")]
    if positive("history", max(of.n, 1)) < MINIMUM_N:
        raise InvalidInput(f"the history has {of.n} units with all values", rule=f"{MINIMUM_N} at least")
    # Two arms that are both like the history: the contrast's error is that of a test with as many in each arm.
    twice = contrast(metric.measure, [(of, of)], level=level)
    if twice.difference.undefined:
        raise InvalidInput(
            f"no test can be planned on this history: {twice.difference.undefined}", where=table.name
        )
    variance = twice.error**2 * of.n / 2

    def smallest(units: float) -> float:
        reached = (
            reach(max(int(units), 2 * MINIMUM_N), 1 - level, sides, n_tuned)
            if continuous
            else -normal_quantile(a)
        )
        return (reached + sure) * math.sqrt(variance * (1 / (units * share) + 1 / (units * (1 - share))))

    if effect is None and relative_effect is not None:
        effect = abs(relative_effect * twice.control)
    if effect is not None and not effect > 0:
        raise InvalidInput(
            "the effect asked for is zero", rule="a test finds a difference, however small, above zero"
        )
    needed_units, needed_days = _needed(smallest, effect, per_day) if effect is not None else (None, None)
    shown = []
    for days in (7 * w for w in weeks):
        seen = smallest(days * per_day)
        relative = seen / abs(twice.control) if twice.control else math.nan
        shown.append(Week(days, round(days * per_day), seen, relative))
    return Outlook(
        metric.name, of.n, twice.control, math.sqrt(variance), twice.saved, effect, needed_units, needed_days,
        tuple(shown), power, level, continuous, metric.name in found.shares,
    )  # fmt: skip


def _needed(
    smallest: Callable[[float], float], effect: float, per_day: float
) -> tuple[int | None, int | None]:
    """Units, and days in whole weeks; None where a year is not enough."""
    most = MOST_DAYS * per_day
    if smallest(most) > effect:
        return None, None
    low, high = 2.0, most
    while high - low > 0.5:
        middle = (low + high) / 2
        low, high = (low, middle) if smallest(middle) <= effect else (middle, high)
    units = math.ceil(high - 1e-9)
    weeks = max(MINIMUM_DAYS // 7, math.ceil(units / per_day / 7))
    return units, 7 * weeks


def _text(found: Outlook) -> str:
    from sextant.phrases import number, number_text, with_unit

    def apart(value: float) -> str:
        return number_text(value, "share" if found.share else "", difference=True).removeprefix("+")

    sure = "looking as often as one likes" if found.continuous else "one look at the end"
    today = with_unit(found.value, "share") if found.share else number(found.value)
    lines = [f"{found.metric}: {today} today ({number(found.history)} units of history)."]
    if not found.share:
        lines.append(f"From unit to unit it spreads by {number(found.spread)} (standard deviation).")
    if found.saved > 0:
        lines.append(
            f"What was known before takes {with_unit(found.saved, 'share')} off the variance, and off the length."
        )
    promised = f"{with_unit(found.power, 'share')} power, {with_unit(found.level, 'share')} sure, {sure}"
    lines += ["", f"What a test could see ({promised}):"]
    for w in found.weeks:
        relative = "" if math.isnan(w.relative) else f", {with_unit(w.relative, 'share')} of today's value"
        lines.append(
            f"  after {w.days:3} days, {number(w.units)} units: a difference of {apart(w.smallest)}{relative}"
        )
    if found.effect is not None:
        wanted = f"A difference of {apart(found.effect)}"
        lines.append("")
        lines.append(
            f"{wanted} is not found within a year: look for a larger one, or adjust by what was known before."
            if found.needed_units is None
            else f"{wanted} takes {number(found.needed_units)} units: {found.needed_days} days (whole weeks, two at least)."
        )
    return "\n".join(lines)


__all__ = ["Outlook", "Week", "outlook"]
