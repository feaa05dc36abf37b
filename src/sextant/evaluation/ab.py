"""An A/B test out of one pass over its units: is it sound, what changed and by how much, and what follows.

`analyze` takes any table with one row for each unit. Everything comes from sums, so that a hundred million units
take no more memory than a hundred.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from sextant.errors import InvalidInput
from sextant.evaluation.ab_checks import checks, periods
from sextant.evaluation.ab_report import Analysis, Day, Effect, Segment
from sextant.evaluation.ab_sums import Metric, Sums, sums
from sextant.evaluation.ab_verdict import Rule, recommended
from sextant.stats import (
    Bounds,
    Comoments,
    Contrast,
    benjamini_hochberg,
    contrast,
    difference_proportions,
    e_discoveries,
    holm,
)
from sextant.stats._checks import tail
from sextant.stats.intervals import normal_quantile
from sextant.tables import Table

#: What the arm that stays as it was is usually called.
CONTROLS = ("control", "ctrl", "baseline", "old", "a", "off", "0", "false")
#: More segments than this say nothing: each has too few units.
MOST_SEGMENTS = 50

Correction = Literal["holm", "benjamini_hochberg", "none"]


def analyze(
    table: Table,
    metrics: Sequence[Metric | str],
    *,
    variant: str,
    control: str | None = None,
    shares: Mapping[str, float] | None = None,
    unit: str | None = None,
    cluster: str | None = None,
    time: str | None = None,
    stratum: str | None = None,
    segments: Sequence[str] = (),
    winsorize: float | None = None,
    level: float = 0.95,
    sides: int = 2,
    continuous: bool = False,
    n_tuned: int = 5000,
    correction: Correction = "holm",
    rule: Rule | None = None,
) -> Analysis:
    """How every arm differs from the control in every metric, and whether the experiment can be believed.

    metrics     `Metric`, or as `Metric.parse` reads them; the first is the primary one unless `rule` names another
    variant     the column with the unit's arm; `control` is the arm that stayed as it was (found by its name where
                it has a usual one)
    shares      the planned share of each arm, in any scale; equal unless told
    unit        the column that names a unit: a unit in two arms, or in several rows, is then an error
    cluster     the column with what was assigned, such as the user of a session: rows of one cluster belong
                together, and are summed up first
    time        the column with the moment when the unit was assigned: effects by day, and whether the split changed
                on the way. If it did, each day is compared with itself
    stratum     the column with the period (or site, ...) within which the split was constant
    segments    columns by whose values the effect of the primary metric is shown, drawn towards the whole
    winsorize   a share such as 0.99: values of metrics that are no shares are capped there (and, where some are
                negative, at the same share from below)
    continuous  the intervals and p-values hold at all looks together; tightest at `n_tuned` units of two arms, to be
                chosen before the start. Without it they hold for one look at the planned end
    correction  how p-values of the metrics but the primary one are adjusted for their number; with `continuous`
                their intervals are made at 1 - (1 - level) / their number, and findings are chosen by e-BH

    Shares without a covariate have Newcombe's interval and the pooled z test; everything else `contrast`.

    Raises `InvalidInput` for columns that are not there, an unknown arm or only one, a unit twice, no time where
    one is named, and infinite values.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> rows = {"arm": ["old"] * 100 + ["new"] * 100, "bought": [i % 10 == 0 for i in range(100)] + \
[i % 5 == 0 for i in range(100)]}
    >>> found = analyze(table(pa.table(rows), name="users"), ["bought"], variant="arm")
    >>> print(f"{found.effects[0].difference.value:.2f}", found.effects[0].verdict)
    0.10 better
    """
    tail(level, sides)
    asked = [Metric.parse(m) if isinstance(m, str) else m for m in metrics]
    if not asked:
        raise InvalidInput("no metric is named", todo="name a column that says how the units fared")
    if repeated := {m.name for m in asked if [o.name for o in asked].count(m.name) > 1}:
        raise InvalidInput(f"metric {sorted(repeated)[0]} is named twice", todo="name it once")
    rule = rule or Rule(primary=asked[0].name)
    rule.check([m.name for m in asked])
    rows = table
    for column in segments:
        _few(table, column)
    if unit:
        _once(table, unit, variant, several=cluster is not None)
    capped: dict[str, tuple[float, float]] = {}
    if winsorize is not None:
        table, capped = _winsorized(table, asked, winsorize)
    read = asked
    if cluster:
        table, read = _clustered(table, asked, cluster, variant, time, stratum, segments)
    found = sums(table, read, variant=variant, time=time, stratum=stratum)
    arms = _arms(found, control)
    planned = _planned(arms, shares)
    split = periods(found, arms, time=time, stratum=stratum)
    fixed: dict[str, Any] = {"sides": sides, "continuous": continuous, "n_tuned": n_tuned}
    others = max(1, (len(arms) - 1) * (len(asked) - 1)) if continuous and correction != "none" else 1
    effects, days = [], []
    for metric, source in zip(asked, read, strict=True):
        at = level if metric.name == rule.primary else 1 - (1 - level) / others
        for arm in arms[1:]:
            pairs = split.pairs(found.of[source.name], arm, arms[0])
            one = contrast(source.measure, pairs, level=at, **fixed)
            share = source.name in found.shares and len(pairs) == 1
            effects.append(_effect(metric, arm, one, pairs if share else None, rule, at, **fixed))
            if time:
                days += _by_day(metric, source, arm, arms[0], found, split, at, **fixed)
    effects = _adjusted(effects, rule, correction, 1 - level)
    said = checks(
        rows, found, read, arms, planned, split,
        continuous=continuous, time=time, segments=segments if not cluster else (), variant=variant, level=level,
    )  # fmt: skip
    parts = [
        s
        for column in segments
        for s in _by_segment(table, read, asked, rule, column, variant, arms, level, fixed)
    ]
    units = {arm: sum(n for (name, _, _), n in found.units.items() if name == arm) for arm in arms}
    recommendation, why = recommended(effects, said, rule, units, sorted({c[1] for c in found.units} - {""}))
    return Analysis(
        table=table.name, units=units, planned=planned, level=level, sides=sides, continuous=continuous,
        checks=said, effects=tuple(effects), days=tuple(days), segments=tuple(parts), capped=capped,
        correction=correction if len(effects) > 1 else "none", rule=rule, recommendation=recommendation, why=why,
    )  # fmt: skip


def _few(table: Table, column: str) -> None:
    values = table.fetch(table.expr.aggregate(n=table.column(column).nunique()))[0]["n"]
    if values > MOST_SEGMENTS:
        raise InvalidInput(
            f"there are {values} different values",
            where=f"{table.name}, column {column}",
            rule=f"a column of segments has {MOST_SEGMENTS} values at most",
            todo="group them first",
        )


def _arms(found: Sums, control: str | None) -> list[str]:
    """The control, then the others by name."""
    names = sorted({cell[0] for cell in found.units})
    if len(names) < 2:
        raise InvalidInput(
            f"all units are in one arm, {names[0]}",
            rule="a comparison needs two",
            todo="check the column of arms",
        )
    if len(names) > 20:
        raise InvalidInput(
            f"there are {len(names)} arms, such as {', '.join(names[:3])}",
            rule="20 arms at most",
            todo="check that this is the column of arms, and not one of units",
        )
    if control is None:
        usual = [n for n in names if n.casefold() in CONTROLS]
        if len(usual) != 1:
            raise InvalidInput(
                f"which arm is the control? There are {', '.join(names)}", todo="name it (--control ARM)"
            )
        control = usual[0]
    if control not in names:
        raise InvalidInput(f"nobody is in arm {control}", rule=f"arms are {', '.join(names)}")
    return [control, *(n for n in names if n != control)]


def _planned(arms: Sequence[str], shares: Mapping[str, float] | None) -> dict[str, float]:
    if shares is None:
        return {arm: 1 / len(arms) for arm in arms}
    if lacking := sorted(set(arms) ^ set(shares)):
        raise InvalidInput(
            f"the planned shares are those of {', '.join(shares)}",
            rule=f"one for each of the arms {', '.join(arms)}",
            todo=f"see to {lacking[0]}: a planned arm with nobody in it, or an arm that nobody planned",
        )
    if min(shares.values()) <= 0:
        raise InvalidInput(f"a planned share is {min(shares.values()):g}", rule="shares are above zero")
    return {arm: shares[arm] / sum(shares.values()) for arm in arms}


def _effect(
    metric: Metric,
    arm: str,
    found: Contrast,
    share: Sequence[tuple[Comoments, Comoments]] | None,
    rule: Rule,
    level: float,
    **fixed: Any,
) -> Effect:
    difference, p = found.difference, found.p
    if share is not None and not metric.covariate and not fixed["continuous"]:
        # A share's own interval and test, which are right for small counts too.
        (one, other), k = share[0], [round(c.n * c.means[0]) for c in share[0]]
        difference = difference_proportions(k[0], one.n, k[1], other.n, level=level, sides=fixed["sides"])
        p = _pooled_p(k[0], one.n, k[1], other.n)
    better = rule.better(metric.name)
    chance, loss = _bayes(found, better)
    return Effect(
        metric=metric.name, arm=arm, role=rule.role(metric.name), better=better, share=share is not None,
        candidate=found.candidate, control=found.control, difference=difference, relative=found.relative,
        level=level, p=p, adjusted=None, e=found.e, chance_better=chance, expected_loss=loss,
        saved=found.saved, strata=found.strata, left_out=found.left_out, smallest=rule.smallest(metric.name),
    )  # fmt: skip


def _pooled_p(s1: int, n1: int, s0: int, n0: int) -> float:
    """The two-sided z test of equal shares, with the pooled variance (Fleiss, Levin and Paik 2003, section 3.1)."""
    pooled = (s1 + s0) / (n1 + n0)
    variance = pooled * (1 - pooled) * (1 / n1 + 1 / n0)
    return math.erfc(abs(s1 / n1 - s0 / n0) / math.sqrt(2 * variance)) if variance else 1.0


def _bayes(found: Contrast, better: int) -> tuple[float, float]:
    """The probability that the candidate is better, and what is lost on average by shipping it if it is not: of a
    normal likelihood and a flat prior (Stucchio, "Bayesian A/B testing at VWO", 2015, section 5)."""
    if found.difference.undefined or not found.error:
        return math.nan, math.nan
    z = better * found.difference.value / found.error
    chance = math.erfc(-z / math.sqrt(2)) / 2
    density = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return chance, max(found.error * (density - z * (1 - chance)), 0.0)


def _adjusted(effects: list[Effect], rule: Rule, correction: Correction, alpha: float) -> list[Effect]:
    """Every p-value but the primary metric's taken together with the others."""
    others = [i for i, e in enumerate(effects) if e.metric != rule.primary and not math.isnan(e.p)]
    firsts = [i for i, e in enumerate(effects) if e.metric == rule.primary and not math.isnan(e.p)]
    for together in (firsts, others):
        if len(together) < 2 or correction == "none":
            continue
        chances = [effects[i].p for i in together]
        several = benjamini_hochberg if correction == "benjamini_hochberg" and together is others else holm
        if not math.isnan(effects[together[0]].e):
            # Continuous p-values are reciprocals of e-values; Benjamini and Hochberg's rule is not made for those.
            kept = e_discoveries([effects[i].e for i in together], rate=alpha)
            for i, found in zip(together, kept, strict=True):
                effects[i] = replace(effects[i], discovery=found)
            several = holm
        for i, p in zip(together, several(chances), strict=True):
            effects[i] = replace(effects[i], adjusted=p)
    return effects


def _by_day(
    metric: Metric,
    source: Metric,
    arm: str,
    control: str,
    found: Sums,
    split: Any,
    level: float,
    **fixed: Any,
) -> list[Day]:
    """The effect of all units so far, at the end of each day."""
    of = found.of[source.name]
    days = sorted({cell[1] for cell in of})
    shown = []
    running: dict[str, tuple[Comoments, Comoments]] = {}
    none = Comoments.none(len(source.columns))
    for day in days:
        for cell, part in of.items():
            if cell[1] == day and cell[0] in (arm, control):
                one, other = running.get(split.period(cell), (none, none))
                running[split.period(cell)] = (one + part, other) if cell[0] == arm else (one, other + part)
        so_far = contrast(source.measure, list(running.values()), level=level, **fixed)
        units = sum(one.n + other.n for one, other in running.values())
        shown.append(Day(metric.name, arm, day, units, so_far.difference))
    return shown


def _by_segment(
    table: Table,
    read: Sequence[Metric],
    asked: Sequence[Metric],
    rule: Rule,
    column: str,
    variant: str,
    arms: Sequence[str],
    level: float,
    fixed: Mapping[str, Any],
) -> list[Segment]:
    """The primary metric's effect in each segment, and drawn towards that of all.

    Source: DerSimonian and Laird, "Meta-analysis in clinical trials" (1986); the segment's own value then weighs by
    the precision of its estimate (Efron and Morris, "Stein's estimation rule and its competitors", 1973).
    """
    at = [m.name for m in asked].index(rule.primary)
    source = read[at]
    found = sums(table, [source], variant=variant, stratum=column)
    values = sorted({cell[2] for cell in found.units})
    shown = []
    for arm in arms[1:]:
        parts = []
        for value in values:
            of = found.of[source.name]
            none = Comoments.none(len(source.columns))
            pair = (of.get((arm, "", value), none), of.get((arms[0], "", value), none))
            parts.append(
                (value, pair[0].n + pair[1].n, contrast(source.measure, [pair], level=level, **fixed))
            )
        shown += _shrunk(column, arm, parts, level, int(fixed["sides"]))
    return shown


def _shrunk(
    column: str, arm: str, parts: Sequence[tuple[str, int, Contrast]], level: float, sides: int
) -> list[Segment]:
    known = [(c.difference.value, c.error**2) for _, _, c in parts if not c.difference.undefined]
    shown = []
    centre = between = math.nan
    if len(known) >= 2:
        weights = [1 / v for _, v in known]
        mean = math.fsum(w * d for w, (d, _) in zip(weights, known, strict=True)) / math.fsum(weights)
        apart = math.fsum(w * (d - mean) ** 2 for w, (d, _) in zip(weights, known, strict=True))
        room = math.fsum(weights) - math.fsum(w * w for w in weights) / math.fsum(weights)
        between = max(0.0, (apart - (len(known) - 1)) / room)
        again = [1 / (v + between) for _, v in known]
        centre = math.fsum(w * d for w, (d, _) in zip(again, known, strict=True)) / math.fsum(again)
        centre_variance = 1 / math.fsum(again)
        from scipy.special import chdtrc

        differ = float(chdtrc(len(known) - 1, apart))
    for value, units, c in parts:
        if c.difference.undefined or math.isnan(centre):
            shown.append(Segment(column, value, arm, units, c.difference, c.difference, math.nan))
            continue
        keep = between / (between + c.error**2)
        drawn = keep * c.difference.value + (1 - keep) * centre
        # The posterior's spread, with what is not known of the centre.
        error = math.sqrt(keep * c.error**2 + (1 - keep) ** 2 * centre_variance)
        half = -normal_quantile(tail(level, sides)) * error
        shown.append(
            Segment(
                column, value, arm, units, c.difference,
                Bounds.around(drawn, drawn - half, drawn + half, "empirical_bayes"), differ,
            )
        )  # fmt: skip
    return shown


def _winsorized(
    table: Table, metrics: Sequence[Metric], share: float
) -> tuple[Table, dict[str, tuple[float, float]]]:
    if not 0.5 < share < 1:
        raise InvalidInput(f"winsorize is {share:g}", rule="a share between 0.5 and 1, such as 0.99")
    columns = list(
        dict.fromkeys(c for m in metrics for c in m.columns if not table.column(c).type().is_boolean())
    )
    wanted: dict[str, Any] = {}
    for i, c in enumerate(columns):
        values = table.numbers(c)
        wanted |= {
            f"high{i}": values.quantile(share),
            f"low{i}": values.quantile(1 - share),
            f"min{i}": values.min(),
        }
    if not wanted:
        return table, {}
    row = table.fetch(table.expr.aggregate(**wanted))[0]
    capped, caps = {}, {}
    for i, c in enumerate(columns):
        if row[f"high{i}"] is None or row[f"high{i}"] == row[f"min{i}"]:
            continue
        low = row[f"low{i}"] if row[f"min{i}"] < 0 else row[f"min{i}"]
        caps[c] = (float(low), float(row[f"high{i}"]))
        capped[c] = table.numbers(c).clip(lower=caps[c][0], upper=caps[c][1])
    return replace(table, expr=table.expr.mutate(**capped)), caps


def _clustered(
    table: Table,
    metrics: Sequence[Metric],
    cluster: str,
    variant: str,
    time: str | None,
    stratum: str | None,
    segments: Sequence[str],
) -> tuple[Table, list[Metric]]:
    """One row for each cluster, with its sums; a mean over the rows becomes the ratio of two sums."""
    import ibis

    parts: dict[str, Any] = {}
    read = []
    for i, m in enumerate(metrics):
        there = table.present(m.numerator)
        for c in m.columns[1:]:
            there = there & table.present(c)
        names: dict[str, str | None] = {}
        for role in ("numerator", "denominator", "covariate", "covariate_denominator"):
            column = getattr(m, role)
            if column is None and (role == "numerator" or (role.startswith("cov") and not m.covariate)):
                names[role] = None
                continue
            values = table.numbers(column) if column else ibis.literal(1.0)
            names[role] = called = f"m{i}_{role}"
            parts[called] = ibis.ifelse(there, values, None).sum().fill_null(0.0)
        read.append(
            Metric(
                m.name,
                names["numerator"] or "",
                *(names[r] for r in ("denominator", "covariate", "covariate_denominator")),
            )
        )
    keys = [variant, cluster, *(c for c in (stratum, *segments) if c)]
    for c in keys:
        table.column(c)
    if time:
        parts[time] = table.column(time).min()
    return replace(table, expr=table.expr.group_by(*dict.fromkeys(keys)).aggregate(**parts)), read


def _once(table: Table, unit: str, variant: str, *, several: bool) -> None:
    """Nobody is in two arms, and without clusters nobody in two rows."""
    column = table.column(unit)
    by_unit = table.expr.group_by(unit=column).aggregate(
        rows=table.expr.count(), arms=table.column(variant).nunique()
    )
    row = table.fetch(
        by_unit.aggregate(
            units=by_unit.count(),
            rows=by_unit["rows"].sum(),
            crossed=(by_unit["arms"] > 1).sum(),
            unnamed=by_unit["unit"].isnull().any(),
        )
    )[0]
    if row["unnamed"]:
        raise InvalidInput(
            "some rows have no value", where=f"{table.name}, column {unit}", rule="every row names its unit"
        )
    if row["crossed"]:
        raise InvalidInput(
            f"{row['crossed']:,} of {row['units']:,} different {unit} are in two arms",
            where=table.name,
            rule="a unit sees one arm only; what it does cannot be put down to either else",
            todo="find out how it came to see both, then leave such units out",
        )
    if row["rows"] > row["units"] and not several:
        raise InvalidInput(
            f"{row['rows']:,} rows are about {row['units']:,} different {unit}",
            where=table.name,
            rule="an experiment has one row for each unit; several count one person several times",
            todo=f"name the column as the cluster as well (--cluster {unit}): its rows are then summed up",
        )


__all__ = ["Analysis", "Effect", "Metric", "Rule", "analyze"]
