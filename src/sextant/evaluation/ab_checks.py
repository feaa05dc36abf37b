"""Whether an A/B test can be believed: the split, its constancy, what was known before, values that are lacking,
single units that outweigh all others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sextant.evaluation.ab_report import Check
from sextant.evaluation.ab_sums import Cell, Metric, Sums
from sextant.evaluation.experiment import SAMPLE_RATIO_BAR
from sextant.phrases import number, with_unit
from sextant.stats import Comoments, Measure, chi_squared_p, contrast, holm, sample_ratio_e, sample_ratio_p
from sextant.tables import Table

#: A unit that alone makes so much of all the spread decides the result.
_OUTWEIGHS = 0.05
#: A segment with fewer units is not looked at for its split.
_SMALL = 100


@dataclass(frozen=True, slots=True)
class Periods:
    """Within what units are compared: "" (all of them), each "day", or each "stratum" that was named."""

    by: str
    changed: float | None

    def period(self, cell: Cell) -> str:
        return cell[2] if self.by == "stratum" else cell[1] if self.by == "day" else ""

    def pairs(
        self, of: Mapping[Cell, Comoments], arm: str, control: str
    ) -> list[tuple[Comoments, Comoments]]:
        """The sums of both arms, period by period."""
        found: dict[str, list[Comoments]] = {}
        for cell, part in of.items():
            if cell[0] in (arm, control):
                pair = found.setdefault(self.period(cell), [Comoments.none(len(part.means))] * 2)
                pair[cell[0] == control] = pair[cell[0] == control] + part
        return [(found[period][0], found[period][1]) for period in sorted(found)]


def periods(found: Sums, arms: Sequence[str], *, time: str | None, stratum: str | None) -> Periods:
    """The strata that were named; else days, if the split changed from day to day by more than chance; else one.

    Shares that rise during a test while the metric moves by itself give a difference where there is none
    (Simpson's paradox; Kohavi, Tang and Xu, "Trustworthy online controlled experiments", 2020, chapter 3).
    """
    if stratum:
        return Periods("stratum", None)
    days = sorted({cell[1] for cell in found.units})
    if not time or len(days) < 2:
        return Periods("", None)
    by_arm = [[sum(n for c, n in found.units.items() if c[:2] == (arm, day)) for day in days] for arm in arms]
    changed = min(holm([chi_squared_p(by_arm[0], other) for other in by_arm[1:]]))
    return Periods("day" if changed < SAMPLE_RATIO_BAR else "", changed)


def checks(
    table: Table,
    found: Sums,
    metrics: Sequence[Metric],
    arms: Sequence[str],
    planned: Mapping[str, float],
    split: Periods,
    *,
    continuous: bool,
    time: str | None,
    segments: Sequence[str],
    variant: str,
    level: float,
) -> tuple[Check, ...]:
    """Every check, the gravest first."""
    units = {arm: sum(n for c, n in found.units.items() if c[0] == arm) for arm in arms}
    said = [_ratio(units, planned, split, continuous)]
    said += [_ratio_by(table, column, variant, arms, planned) for column in segments if split.by != "day"]
    if split.by == "day":
        said.append(
            Check(
                "constant_split", None,
                "The split changed from day to day by more than chance. Each day is therefore compared with itself.",
            )
        )  # fmt: skip
    elif split.changed is not None:
        said.append(Check("constant_split", True, "The split stayed the same from day to day."))
    for metric in metrics:
        for arm in arms[1:]:
            said += _before(found, metric, arm, arms[0], split)
            said += _lacking(found, metric, arm, arms[0], units)
        said += _outweighed(found, metric)
    if time:
        said += _length(sorted({c[1] for c in found.units}))
        said += [c for arm in arms[1:] for c in _wears_off(found, metrics[0], arm, arms[0], split, level)]
    return tuple(sorted(said, key=lambda c: (c.holds is not False, c.holds is True)))


def _ratio(units: Mapping[str, int], planned: Mapping[str, float], split: Periods, continuous: bool) -> Check:
    seen = ", ".join(f"{number(n)} in {arm}" for arm, n in units.items())
    plan = " : ".join(with_unit(planned[arm], "share") for arm in units)
    if split.by:
        return Check(
            "sample_ratio", None, f"{seen}. The split was not constant, so it is not held against one plan."
        )
    counts, shares = list(units.values()), [planned[arm] for arm in units]
    if continuous:
        e = sample_ratio_e(counts, shares)
        holds, chance = e < 1 / SAMPLE_RATIO_BAR, min(1.0, 1 / e) if e else 1.0
    else:
        chance = sample_ratio_p(counts, shares)
        holds = chance >= SAMPLE_RATIO_BAR
    if holds:
        return Check("sample_ratio", True, f"{seen}, as planned ({plan}; p {number(chance)}).")
    return Check(
        "sample_ratio",
        False,
        f"{seen}, where {plan} were planned: that is no accident (p {number(chance)}). Assignment or logging is broken.",
    )


def _ratio_by(
    table: Table, column: str, variant: str, arms: Sequence[str], planned: Mapping[str, float]
) -> Check:
    keys = {"arm": table.column(variant).cast("string"), "part": table.column(column).cast("string")}
    rows = table.fetch(table.expr.group_by(**keys).aggregate(n=table.expr.count()))
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        counts.setdefault(str(row["part"]), {})[row["arm"]] = row["n"]
    large = {part: by for part, by in counts.items() if sum(by.values()) >= _SMALL}
    if not large:
        return Check(
            f"sample_ratio_by_{column}", None, f"No {column} has {_SMALL} units, so its split says nothing."
        )
    chances = [
        sample_ratio_p([by.get(a, 0) for a in arms], [planned[a] for a in arms]) for by in large.values()
    ]
    worst, part = min(zip(holm(chances), large, strict=True))
    name = f"sample_ratio_by_{column}"
    if worst >= SAMPLE_RATIO_BAR:
        return Check(name, True, f"Within each {column} the split is as planned.")
    seen = ", ".join(f"{number(large[part].get(a, 0))} in {a}" for a in arms)
    return Check(
        name,
        False,
        f"Among {column} {part} there are {seen}: that is no accident (p {number(worst)} of all {column}).",
    )


def _before(found: Sums, metric: Metric, arm: str, control: str, split: Periods) -> list[Check]:
    """The covariate was measured before, so the arms cannot differ in it but by chance."""
    if metric.covariate is None:
        return []
    at = metric.measure
    known = contrast(
        Measure(at.covariate or 0, at.covariate_denominator), split.pairs(found.of[metric.name], arm, control)
    )
    name = f"covariate_of_{metric.name}"
    if known.difference.undefined:
        return [
            Check(
                name,
                None,
                f"What was known before says nothing of {metric.name}: {known.difference.undefined}.",
            )
        ]
    if known.p >= SAMPLE_RATIO_BAR:
        return [
            Check(
                name,
                True,
                f"{arm} and {control} were alike in {metric.covariate} before (p {number(known.p)}).",
            )
        ]
    return [
        Check(
            name, False,
            f"{arm} and {control} already differ in {metric.covariate} by {number(known.difference.value)} "
            f"(p {number(known.p)}): it was measured after the start, or the assignment is broken.",
        )
    ]  # fmt: skip


def _lacking(found: Sums, metric: Metric, arm: str, control: str, units: Mapping[str, int]) -> list[Check]:
    """Values lack as often in either arm; else who is counted depends on the arm."""
    have = {a: sum(c.n for cell, c in found.of[metric.name].items() if cell[0] == a) for a in (arm, control)}
    lack = {a: units[a] - have[a] for a in have}
    if not any(lack.values()):
        return []
    chance = chi_squared_p([have[arm], lack[arm]], [have[control], lack[control]])
    seen = " and ".join(f"{number(lack[a])} of {number(units[a])} in {a}" for a in have)
    name = f"missing_{metric.name}"
    if chance >= SAMPLE_RATIO_BAR:
        return [Check(name, None, f"{metric.name} lacks for {seen}; these units are left out.")]
    return [
        Check(
            name, False,
            f"{metric.name} lacks for {seen}, more often in one arm than chance explains (p {number(chance)}): who is "
            "counted depends on the arm.",
        )
    ]  # fmt: skip


def _outweighed(found: Sums, metric: Metric) -> list[Check]:
    if metric.name in found.shares:
        return []
    total = Comoments.none(len(metric.columns))
    for part in found.of[metric.name].values():
        total = total + part
    ends = found.extremes[metric.name]
    at = metric.measure.numerator
    if not total.n or not total.products[at][at] or math.isnan(ends.high):
        return []
    far = max((ends.high, ends.low), key=lambda v: abs(v - total.means[at]))
    part_of = min((far - total.means[at]) ** 2 / total.products[at][at], 1.0)
    if part_of < _OUTWEIGHS:
        return []
    return [
        Check(
            f"outlier_{metric.name}", None,
            f"One unit has {number(far)} in {metric.numerator}, where the mean is {number(total.means[at])}: alone it "
            f"makes {with_unit(part_of, 'share')} of all the spread. Look at it, or cap such values (winsorize).",
        )
    ]  # fmt: skip


def _length(days: Sequence[str]) -> list[Check]:
    length = (date.fromisoformat(days[-1]) - date.fromisoformat(days[0])).days + 1
    if length >= 14 and length % 7 == 0:
        return [Check("whole_weeks", True, f"It covers {length} days, which are whole weeks.")]
    rule = "two whole weeks at least, so that each weekday counts alike"
    return [
        Check(
            "whole_weeks", None, f"It covers {length} {'day' if length == 1 else 'days'}; better are {rule}."
        )
    ]


def _wears_off(
    found: Sums, metric: Metric, arm: str, control: str, split: Periods, level: float
) -> list[Check]:
    """Whether those who came in the first half show another effect than those of the second: novelty that wears off,
    or habit that has to be learned."""
    of = found.of[metric.name]
    days = sorted({cell[1] for cell in of})
    if len(days) < 4:
        return []
    halves = []
    for chosen in (days[: len(days) // 2], days[len(days) // 2 :]):
        part = {cell: c for cell, c in of.items() if cell[1] in chosen}
        halves.append(contrast(metric.measure, split.pairs(part, arm, control), level=level))
    if any(h.difference.undefined or not h.error for h in halves):
        return []
    first, second = (h.difference.value for h in halves)
    chance = math.erfc(abs(first - second) / math.hypot(*(h.error for h in halves)) / math.sqrt(2))
    if chance >= 0.01:
        return [
            Check("steady_effect", True, f"{metric.name}: the effect is alike in both halves of the days.")
        ]
    return [
        Check(
            "steady_effect", None,
            f"{metric.name}: units of the first half of the days show {number(first)}, those of the second "
            f"{number(second)} (p {number(chance)}). A novelty may be wearing off, or a habit forming.",
        )
    ]  # fmt: skip
