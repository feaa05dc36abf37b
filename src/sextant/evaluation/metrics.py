"""Shares, means and quantiles out of a table: what was counted, ready to become evidence.

    score        how each row fares under a metric of a model's answers
    share, mean  of the scored rows, in one pass
    paired       two models on the same rows
    column_mean, column_quantile, row_count, column_total      numbers of any table

Every function returns a `Measured`: the kind of evidence, its sufficient statistics, and how many rows had
to be left out because a value was missing. A row without an answer of the model counts against the model.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sextant.errors import InvalidInput
from sextant.evidence import Count, Mean, Measurement, Proportion, Quantile
from sextant.stats.intervals import quantile_ranks
from sextant.tables import Scalar, Table, equals, numeric, present, same_values

#: The share metrics: of which rows it is a share, and which of these count as a success.
SHARES = ("accuracy", "precision", "recall", "false_positive_rate", "share_true")
ERRORS = ("mae", "mse", "brier")

#: Levels at which a stored quantile can be judged later, with one side or two.
_LEVELS = (0.8, 0.9, 0.95, 0.975, 0.98, 0.99, 0.995, 0.999)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was counted: `kind.of(**statistics, ...)` is the evidence. `left_out` rows had no value to
    count."""

    kind: type[Measurement]
    statistics: dict[str, Any]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """A table with one more column, `value`: whether the row is a success, or how large its error is. Rows
    that the metric is not about are gone; of those that it is about, `left_out` had no right answer to
    compare with."""

    table: Table
    metric: str
    left_out: int
    value: str = field(default="sextant_value")

    @property
    def is_share(self) -> bool:
        return self.metric in SHARES


def score(
    table: Table,
    metric: str,
    *,
    target: str = "",
    prediction: str = "",
    positive: Scalar | None = None,
    score: str = "",
    column: str = "",
) -> Scored:
    """How each row fares under a metric.

    accuracy             right of all rows
    precision            right of the rows that the model calls `positive`
    recall               called positive of the rows that are
    false_positive_rate  called positive of the rows that are not
    share_true           true of the rows with a value in the yes/no `column`
    mae, mse             absolute and squared difference of two columns of numbers
    brier                squared difference of `score`, between 0 and 1, and whether the row is `positive`

    `target` and `prediction` name the columns with the right answer and the model's. Raises `InvalidInput`
    for a column that is not there, or columns that cannot be compared.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> answers = table(pa.table({"is": ["a", "a", "b"], "said": ["a", "b", None]}), name="answers")
    >>> measure(score(answers, "recall", target="is", prediction="said", positive="a")).statistics
    {'successes': 1, 'trials': 2}
    """
    where = f"{table.name}, {metric}"
    if metric == "share_true":
        answers, counted = table.column(column), table.present(column)
        if not answers.type().is_boolean():
            raise InvalidInput(
                f"column {column} holds no yes/no values",
                where=where,
                rule="share_true counts the rows where a yes/no column says yes",
            )
        return _scored(table, metric, known=counted, about=None, value=answers)
    truth, known = table.column(target), table.present(target)
    if metric in ("mae", "mse"):
        off = numeric(table.column(prediction), where=where) - numeric(truth, where=where)
        return _scored(
            table, metric, known=known, about=None, value=off.abs() if metric == "mae" else off * off
        )
    if metric in SHARES:
        said, right = same_values(table.column(prediction), truth, where=where)
        answered = present(table.column(prediction))
        if metric == "accuracy":
            return _scored(table, metric, known=known, about=None, value=answered & (said == right))
    if positive is None:
        raise InvalidInput(f"{metric} is about one class", where=where, todo="say which is positive")
    is_positive = equals(truth, positive, where=where)
    if metric == "brier":
        sure = numeric(table.column(score), where=where)
        off = sure - is_positive.cast("int8")
        return _scored(table, metric, known=known, about=None, value=off * off)
    if metric not in SHARES:
        raise InvalidInput(
            f"there is no metric {metric!r}", rule=f"metrics are {', '.join((*SHARES, *ERRORS))}"
        )
    called = answered & equals(table.column(prediction), positive, where=where)
    about, value = {
        "precision": (called, is_positive),
        "recall": (is_positive, called),
        "false_positive_rate": (~is_positive, called),
    }[metric]
    return _scored(table, metric, known=known, about=about, value=value)


def _scored(table: Table, metric: str, *, known: Any, about: Any, value: Any) -> Scored:
    left_out = table.keep(~known).count()
    kept = table.expr.mutate(sextant_value=value.fill_null(False) if value.type().is_boolean() else value)
    kept = kept.filter(known if about is None else known & about.fill_null(False))
    return Scored(replace(table, expr=kept), metric, left_out)


def measure(scored: Scored) -> Measured:
    """A share of successes, or the mean of the errors."""
    table, value = scored.table, scored.table.expr[scored.value]
    if scored.is_share:
        row = table.one(successes=value.cast("int8").sum(), trials=table.expr.count())
        statistics = {"successes": row["successes"] or 0, "trials": row["trials"]}
        return Measured(Proportion, statistics, scored.left_out)
    unanswered = table.keep(~present(value)).count()
    if unanswered:
        raise InvalidInput(
            f"{unanswered} rows have no answer of the model",
            where=f"{table.name}, {scored.metric}",
            rule="a mean error needs an answer for every row; leaving the hardest rows out would flatter the model",
            todo="fill in what the product does then, or leave such rows out on purpose with `where`",
        )
    return Measured(Mean, _moments(table, value), scored.left_out)


def opposed(one: Scored, other: Scored, key: str) -> tuple[int, int, int, int]:
    """Two models on the same rows: how many rows both get right, only the first, only the second, neither.

    The interval of a difference takes the two as unrelated. On the same rows they usually err together, and
    the interval is then too wide, which is safe; it would be too narrow only if they erred on opposite
    rows, that is if (both right) * (both wrong) is less than (only one) * (only the other).
    """
    left = one.table.expr.select(key=one.table.column(key), a=one.table.expr[one.value])
    right = other.table.expr.select(key=other.table.column(key), b=other.table.expr[other.value])
    both = left.join(right, "key")
    a, b = both.a, both.b
    row = one.table.fetch(
        both.aggregate(
            both=(a & b).cast("int8").sum(),
            first=(a & ~b).cast("int8").sum(),
            second=(~a & b).cast("int8").sum(),
            neither=(~a & ~b).cast("int8").sum(),
        )
    )[0]
    return tuple(row[k] or 0 for k in ("both", "first", "second", "neither"))  # type: ignore[return-value]


def column_mean(table: Table, column: str) -> Measured:
    """The mean of a column of numbers, or the share of yes in a yes/no column; rows without a value are
    left out.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> column_mean(table(pa.table({"ms": [10, 20, None]}), name="log"), "ms")
    Measured(kind=<class 'sextant.evidence.Mean'>, statistics={'n': 2, 'mean': 15.0, 'm2': 50.0}, left_out=1)
    """
    values, there = table.column(column), table.present(column)
    kept, left_out = table.keep(there), table.keep(~there).count()
    if values.type().is_boolean():
        row = kept.one(successes=values.cast("int8").sum(), trials=kept.expr.count())
        return Measured(Proportion, {"successes": row["successes"] or 0, "trials": row["trials"]}, left_out)
    return Measured(Mean, _moments(kept, table.numbers(column)), left_out)


def column_quantile(table: Table, column: str, q: float, *, level: float = 0.95, sides: int = 2) -> Measured:
    """A quantile of a column, by order statistics: no distribution is assumed.

    Kept are the values at the ranks that the usual levels need, and `level` with `sides`; a stored quantile
    can be judged at those and no others. Rows without a value are left out.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> found = column_quantile(table(pa.table({"ms": range(1, 101)}), name="log"), "ms", 0.5)
    >>> found.statistics["ranks"][50], found.statistics["ranks"][40]   # the median and its lower 95 % bound
    (50.0, 40.0)
    """
    import ibis

    numbers, there = table.numbers(column), table.present(column)
    kept, left_out = table.keep(there), table.keep(~there).count()
    n = kept.count()
    wanted = {(level, sides), *((lv, s) for lv in _LEVELS for s in (1, 2))}
    ranks = sorted({r for lv, s in wanted for r in quantile_ranks(n, q, level=lv, sides=s) if 1 <= r <= n})
    ordered = kept.expr.select(value=numbers).mutate(rank=ibis.row_number().over(order_by=ibis._.value) + 1)
    rows = table.fetch(ordered.filter(ordered["rank"].isin(ranks)).order_by("rank")) if ranks else []
    return Measured(Quantile, {"q": q, "n": n, "ranks": {r["rank"]: r["value"] for r in rows}}, left_out)


def row_count(table: Table) -> Measured:
    """How many rows there are, exactly."""
    return Measured(Count, {"value": float(table.count())})


def column_total(table: Table, column: str) -> Measured:
    """The sum of a column, exactly. Raises `InvalidInput` where values are missing: a sum of part is not
    the sum."""
    missing = table.keep(~table.present(column)).count()
    if missing:
        raise InvalidInput(
            f"{missing} rows have no value in column {column}",
            where=table.name,
            rule="a total adds every row",
            todo="fill them in, or leave them out on purpose with `where`",
        )
    return Measured(Count, {"value": table.exact_sum(column)})


def _moments(table: Table, numbers: Any) -> dict[str, Any]:
    shift = table.one(shift=numbers.mean())["shift"] or 0.0
    return moments(table.one(**sums(numbers, shift)), shift, where=table.name)


def sums(numbers: Any, shift: float, prefix: str = "") -> dict[str, Any]:
    """The aggregates that `moments` reads: of how far the numbers lie from `shift`, which should be near
    their mean. Sums of squares of the numbers themselves lose the spread of values that are large beside
    it, and so, by less, does the variance that the engine computes."""
    away = numbers - shift
    return {
        f"{prefix}n": numbers.count(),
        f"{prefix}away": away.mean(),
        f"{prefix}squares": (away * away).sum(),
        f"{prefix}low": numbers.min(),
        f"{prefix}high": numbers.max(),
    }


def moments(row: Mapping[str, Any], shift: float, prefix: str = "", *, where: str) -> dict[str, Any]:
    """n, mean and m2 out of a row of the aggregates that `sums` asked for."""
    n, away = row[f"{prefix}n"], row[f"{prefix}away"]
    if n == 0:
        return {"n": 0, "mean": 0.0, "m2": 0.0}
    if math.inf in (abs(row[f"{prefix}low"]), abs(row[f"{prefix}high"])):
        raise InvalidInput(
            "a value is infinite",
            where=where,
            rule="a mean needs finite numbers",
            todo="mend the value, or leave its row out with `where`",
        )
    equal = row[f"{prefix}low"] == row[f"{prefix}high"]
    m2 = 0.0 if equal else max(row[f"{prefix}squares"] - n * away * away, 0.0)
    return {"n": n, "mean": row[f"{prefix}low"] if equal else shift + away, "m2": m2}
