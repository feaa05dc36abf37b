"""Bias: classes and groups that are too rare, and gaps that some groups have more than others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sextant.data.quality.issues import Issue, Severity, grave
from sextant.data.quality.looks import classes, listed
from sextant.phrases import number, with_unit
from sextant.tables import Table

#: A group with fewer rows than this says little about the people in it.
FEW_ROWS = 30
#: Gaps differ between groups if the range of the difference lies beyond this, all comparisons counted.
GAP = 0.05


def one_sided(table: Table, target: str, rows: int) -> Iterator[Issue]:
    """Of the target: one class is nearly all, or a class is too rare."""
    counts = classes(table, target)
    if counts is None or len(counts) < 2:
        return
    total = sum(counts.values())
    name, most = max(counts.items(), key=lambda item: item[1])
    if most / total > 0.9:
        text = (
            f"{with_unit(most / total, 'share')} of the rows are of one class of {target}, {name}: always answering "
            "it would be right as often."
        )
        severity: Severity = "high" if most / total >= 0.99 else "medium"
        fix = "Judge by precision and recall of the rare class, and collect more of it."
        yield Issue(
            "one-sided",
            target,
            text,
            severity,
            most,
            rows,
            fix,
            mend=({"step": "rebalance", "column": target},),
        )
    if rare := {c: n for c, n in counts.items() if n < FEW_ROWS}:
        text = f"{number(len(rare))} of {number(len(counts))} classes of {target} have fewer than {FEW_ROWS} rows: {_few(rare)}."
        fix = "Collect more of them, or merge classes."
        yield Issue("rare-class", target, text, "medium", sum(rare.values()), rows, fix)


def rare_groups(table: Table, column: str, rows: int) -> Iterator[Issue]:
    """Groups with too few rows to tell how they fare."""
    counts = classes(table, column)
    if counts is None or not (rare := {g: n for g, n in counts.items() if n < FEW_ROWS}):
        return
    text = f"{number(len(rare))} of {number(len(counts))} groups of {column} have fewer than {FEW_ROWS} rows: {_few(rare)}."
    fix = "Collect more of them before judging how they fare."
    yield Issue("rare-group", column, text, "low", sum(rare.values()), rows, fix)


def _few(rare: Mapping[str, int]) -> str:
    return ", ".join(f"{c} ({n})" for c, n in sorted(rare.items(), key=lambda item: item[1])[:5])


def gaps_by_group(
    table: Table,
    column: str,
    lacking: Mapping[str, int],
    absent: Mapping[str, Callable[[Any], Any]],
    rows: int,
) -> Iterator[Issue]:
    """Columns that lack values in some groups more often than in the rest, by at least 5 points: the low end of
    Newcombe's range of the difference, at 95 % for all comparisons together (Bonferroni)."""
    from sextant.stats.intervals import difference_proportions

    asked = [c for c, n in lacking.items() if n and c != column]
    if not asked:
        return
    kept = table.expr.filter(~absent[column](table.expr[column]))
    counts = kept.group_by(group=kept[column].cast("string")).aggregate(
        n=kept.count(), **{f"m{i}": absent[c](kept[c]).cast("int8").sum() for i, c in enumerate(asked)}
    )
    groups = [g for g in table.fetch(counts.limit(101)) if g["n"] >= FEW_ROWS]
    if not 2 <= len(groups) <= 100:
        return
    level = 1 - 0.05 / (len(groups) * len(asked))
    for i, name in enumerate(asked):
        total, gone = sum(g["n"] for g in groups), sum(g[f"m{i}"] for g in groups)
        worse = []
        for group in groups:
            n, m = group["n"], group[f"m{i}"]
            if total == n:
                continue
            if difference_proportions(m, n, gone - m, total - n, level=level).lower > GAP:
                worse.append((m / n, (gone - m) / (total - n), group["group"], n))
        if not worse:
            continue
        worse.sort(key=lambda w: w[0] - w[1], reverse=True)
        share, rest, group_name, _ = worse[0]
        concerned = sum(w[3] for w in worse)
        others = f", likewise {listed([w[2] for w in worse[1:]])}" if len(worse) > 1 else ""
        text = (
            f"Column {name} lacks a value in {with_unit(share, 'share')} of the rows with {column} {group_name}, and in "
            f"{with_unit(rest, 'share')} of the others{others}."
        )
        fix = "Find out why before filling in: the gap itself may carry who somebody is. Flag it, or collect the values."
        yield Issue(
            "gap-by-group",
            name,
            text,
            max(grave(concerned / rows), "medium", key=_weight),
            concerned,
            rows,
            fix,
        )


def _weight(severity: Severity) -> int:
    return ("low", "medium", "high", "critical").index(severity)
