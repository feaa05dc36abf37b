"""What an A/B test needs of its rows: how many units each arm has, and the sums of every metric, in one GROUP BY."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from sextant.errors import InvalidInput
from sextant.stats import Comoments, Measure
from sextant.tables import Table

#: Rows that a middle value is looked for in; every sum is taken about it, so that nothing is lost to rounding.
_FIRST = 1000

#: (arm, day, stratum): a day or a stratum that was not asked for is "".
Cell = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured on every unit: the mean of a column, or the ratio of the sums of two.

    name                    what it is called
    numerator, denominator  its columns; no denominator is the mean over the units
    covariate, covariate_denominator   the same, measured before the experiment: what was known of the unit then

    >>> Metric.parse("revenue/sessions~before")
    Metric(name='revenue/sessions', numerator='revenue', denominator='sessions', covariate='before', \
covariate_denominator=None)
    """

    name: str
    numerator: str
    denominator: str | None = None
    covariate: str | None = None
    covariate_denominator: str | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `column`, `numerator/denominator`, and either with `~covariate` or `~numerator/denominator`."""
        said, tilde, known = text.partition("~")
        parts = [p.strip() for p in (*said.partition("/")[::2], *known.partition("/")[::2])]
        numerator, denominator, covariate, below = parts
        if not numerator or ("/" in said and not denominator) or (tilde and not covariate):
            raise InvalidInput(
                f"{text!r} names no metric",
                rule="COLUMN, or NUMERATOR/DENOMINATOR, and ~COVARIATE after it where there is one",
            )
        return cls(said.strip(), numerator, denominator or None, covariate or None, below or None)

    @property
    def columns(self) -> tuple[str, ...]:
        """Its columns, each once."""
        named = (self.numerator, self.denominator, self.covariate, self.covariate_denominator)
        return tuple(dict.fromkeys(c for c in named if c))

    @property
    def measure(self) -> Measure:
        """Where its values stand among its columns."""
        at = {column: i for i, column in enumerate(self.columns)}
        return Measure(
            at[self.numerator],
            at[self.denominator] if self.denominator else None,
            at[self.covariate] if self.covariate else None,
            at[self.covariate_denominator] if self.covariate_denominator else None,
        )


@dataclass(frozen=True, slots=True)
class Extremes:
    """The smallest and largest value of a metric's numerator."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Sums:
    """What one pass gives: how many units each cell has, and of each metric its sums by cell (of the units that
    have all of its values) and its extremes."""

    units: Mapping[Cell, int]
    of: Mapping[str, Mapping[Cell, Comoments]]
    extremes: Mapping[str, Extremes]
    shares: frozenset[str]


def sums(
    table: Table,
    metrics: Sequence[Metric],
    *,
    variant: str,
    time: str | None = None,
    stratum: str | None = None,
) -> Sums:
    """Go over the rows once; a row is a unit.

    A metric that lacks values in some rows is gone over once more for those that have them all. Raises
    `InvalidInput` for columns that are not there or hold no numbers, for infinite values, and for units in no arm.

    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> users = table(pa.table({"arm": ["new", "new", "old"], "spent": [1.0, 3.0, 2.0]}), name="users")
    >>> found = sums(users, [Metric.parse("spent")], variant="arm")
    >>> found.units[("new", "", "")], found.of["spent"][("new", "", "")].means
    (2, (2.0,))
    """
    columns = list(dict.fromkeys(c for m in metrics for c in m.columns))
    shifts = _middles(table, columns)
    away = {c: table.numbers(c) - shifts[c] for c in columns}
    number = {c: i for i, c in enumerate(columns)}
    pairs = {tuple(sorted((number[a], number[b]))) for m in metrics for a in m.columns for b in m.columns}
    parts: dict[str, Any] = {"units": table.expr.count()}
    for c, values in away.items():
        i = number[c]
        parts |= {f"n{i}": values.count(), f"s{i}": values.sum()}
        parts |= {f"low{i}": values.min(), f"high{i}": values.max()}
    parts |= {f"p{i}_{j}": (away[columns[i]] * away[columns[j]]).sum() for i, j in sorted(pairs)}
    keys = {"arm": table.column(variant).cast("string")}
    if time:
        keys["day"] = _day(table, time)
    if stratum:
        keys["stratum"] = table.column(stratum).cast("string").fill_null("(none)")
    rows = table.fetch(table.expr.group_by(**keys).aggregate(**parts))
    cells = {(r["arm"], str(r.get("day", "")), str(r.get("stratum", ""))): r for r in rows}
    _complete(cells, table, variant, time)
    _finite(cells, columns, number, table)
    whole = {c for c in columns if all(r[f"n{number[c]}"] == r["units"] for r in cells.values())}
    found: dict[str, Mapping[Cell, Comoments]] = {}
    for metric in metrics:
        if len(metric.columns) > 1 and not whole.issuperset(metric.columns):
            there = table.present(metric.columns[0])
            for c in metric.columns[1:]:
                there = there & table.present(c)
            kept = table.keep(there)
            found[metric.name] = sums(kept, [metric], variant=variant, time=time, stratum=stratum).of[
                metric.name
            ]
            continue
        at = [number[c] for c in metric.columns]
        found[metric.name] = {
            cell: _comoments(row, at, [shifts[c] for c in metric.columns]) for cell, row in cells.items()
        }
    return Sums(
        {cell: row["units"] for cell, row in cells.items()},
        found,
        {m.name: _extremes(cells, number[m.numerator], shifts[m.numerator]) for m in metrics},
        frozenset(
            m.name
            for m in metrics
            if not m.denominator and _yes_no(table, m.numerator, cells, number, shifts)
        ),
    )


def _middles(table: Table, columns: Sequence[str]) -> dict[str, float]:
    """A middle value of the first rows of each column: a value that occurs, so that equal values differ by zero."""
    first = replace(table, expr=table.expr.limit(_FIRST))
    row = first.fetch(
        first.expr.aggregate(**{f"c{i}": first.numbers(c).median() for i, c in enumerate(columns)})
    )[0]
    found = {}
    for i, c in enumerate(columns):
        value = row[f"c{i}"]
        found[c] = float(value) if value is not None and math.isfinite(value) else 0.0
    return found


def _day(table: Table, time: str) -> Any:
    """The day of a column of days or moments, in UTC."""
    column = table.column(time)
    if column.type().is_date():
        return column.cast("string")
    if column.type().is_timestamp():
        return column.date().cast("string")
    raise InvalidInput(
        f"column {time} holds {column.type()}",
        where=table.name,
        rule="a time is a date or a timestamp",
        todo="convert it, such as 2026-11-25 or 2026-11-25T08:00:00Z",
    )


def _complete(cells: Mapping[Cell, Any], table: Table, variant: str, time: str | None) -> None:
    if not cells:
        raise InvalidInput(
            "there are no rows", where=table.name, rule="an experiment has one row for each unit"
        )
    for column, values in ((variant, [c[0] for c in cells]), (time, [c[1] for c in cells])):
        if column and (None in values or "None" in values):
            rows = sum(
                r["units"]
                for c, r in cells.items()
                if (c[0] is None if column == variant else c[1] == "None")
            )
            raise InvalidInput(
                f"{rows} rows have no value",
                where=f"{table.name}, column {column}",
                rule="every unit has an arm, and a time where one is named",
                todo="fill them in, or leave such rows out",
            )


def _finite(
    cells: Mapping[Cell, Any], columns: Sequence[str], number: Mapping[str, int], table: Table
) -> None:
    for c in columns:
        ends = [r[f"{end}{number[c]}"] for r in cells.values() for end in ("low", "high")]
        if any(e is not None and math.isinf(e) for e in ends):
            raise InvalidInput(
                "a value is infinite",
                where=f"{table.name}, column {c}",
                rule="a mean needs finite numbers",
                todo="mend the value, or leave its row out",
            )


def _comoments(row: Mapping[str, Any], at: Sequence[int], shifts: Sequence[float]) -> Comoments:
    n = min(row[f"n{i}"] for i in at)
    if n == 0:
        return Comoments.none(len(at))
    total = [row[f"s{i}"] or 0.0 for i in at]

    def product(x: int, y: int) -> float:
        i, j = sorted((at[x], at[y]))
        value = (row[f"p{i}_{j}"] or 0.0) - total[x] * total[y] / n
        return float(max(value, 0.0) if x == y else value)

    width = range(len(at))
    return Comoments(
        n,
        tuple(shift + s / n for shift, s in zip(shifts, total, strict=True)),
        tuple(tuple(product(x, y) for y in width) for x in width),
    )


def _extremes(cells: Mapping[Cell, Any], i: int, shift: float) -> Extremes:
    lows = [r[f"low{i}"] for r in cells.values() if r[f"low{i}"] is not None]
    highs = [r[f"high{i}"] for r in cells.values() if r[f"high{i}"] is not None]
    return Extremes(shift + min(lows), shift + max(highs)) if lows else Extremes(math.nan, math.nan)


def _yes_no(
    table: Table,
    column: str,
    cells: Mapping[Cell, Any],
    number: Mapping[str, int],
    shifts: Mapping[str, float],
) -> bool:
    """Whether a column says yes or no: as such, or as whole numbers that are all 0 or 1."""
    kind = table.column(column).type()
    if kind.is_boolean():
        return True
    ends = _extremes(cells, number[column], shifts[column])
    return bool(kind.is_integer() and ends.low >= 0 and ends.high <= 1)
