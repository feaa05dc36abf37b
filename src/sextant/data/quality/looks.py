"""One pass over a table: what every later question starts from."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sextant.data.quality.together import Run, one_by_one
from sextant.tables import Table, present
from sextant.tables.engines import is_duckdb

#: What people write where they have no value, in small letters.
DISGUISES = (
    "n/a", "na", "n.a.", "nan", "null", "nil", "none", "-", "--", "---", ".", "?", "unknown", "missing",
    "not available", "#n/a", "undefined", "tbd", "empty", "blank",
)  # fmt: skip
#: Levels of the quantiles that are taken: the middle, its halves, and two ladders into each tail.
LEVELS = (0.01, 0.04, 0.05, 0.12, 0.25, 0.36, 0.5, 0.64, 0.75, 0.88, 0.95, 0.96, 0.99)
#: A text column with more different values than this is looked at by the shapes of its values.
VOCABULARY = 20_000
#: Quantiles are taken from about so many rows.
SPREAD = 200_000
#: So many columns are looked at in one pass.
_AT_ONCE = 50
#: And so many things are asked about columns in one pass.
_ASKED_AT_ONCE = 4 * _AT_ONCE
#: What is estimated to have more different values than this has several.
_MAY_BE_ONE = 1


@dataclass(frozen=True, slots=True)
class Look:
    """What one pass tells about a column. `distinct` is an estimate; numbers, dates and times have `quantiles` (at
    `LEVELS`, of so many values as `sized` says), `low` and `high`, of which infinite ones are left out; times are in
    seconds since 1970."""

    column: str
    type: Any
    present: int
    distinct: int
    infinite: int = 0
    low: Any = None
    high: Any = None
    quantiles: tuple[float, ...] = ()
    longest: int = 0
    sized: int = 0

    @property
    def measured(self) -> bool:
        return bool(self.quantiles)

    @property
    def text(self) -> bool:
        return bool(self.type.is_string())

    def at(self, level: float) -> float:
        return self.quantiles[LEVELS.index(level)]


def looks(table: Table, rows: int, run: Run | None = None) -> Iterator[Look]:
    """Every column of a table of so many rows at a first glance, many columns in one pass; `run` does what can be
    done at the same time.

    Counts, lowest and highest are of all rows. Quantiles are too, in a table of up to `SPREAD` rows and wherever it
    is not DuckDB that counts; of more rows DuckDB takes them from about `SPREAD` rows (`spread`), since exact ones
    keep every number in memory. They only say where a tail leads: what lies beyond is then counted on every row.
    """
    run = run or one_by_one(table)

    def quantiles_of(some: Sequence[str]) -> Callable[[Table], dict[str, Any]]:
        return lambda t: _quantiles(spread(t, rows, SPREAD), some)

    for start in range(0, len(table.columns), _AT_ONCE):
        names = table.columns[start : start + _AT_ONCE]
        wanted = {
            f"{what}{i}": asked for i, name in enumerate(names) for what, asked in _asked(table.expr[name])
        }
        row = table.fetch(table.expr.aggregate(**wanted))[0]
        again = {
            f"{what}{i}": asked
            for i, name in enumerate(names)
            for what, asked in _again(table.expr[name], row, i)
        }
        if again:
            row |= table.fetch(table.expr.aggregate(**again))[0]
        measured: dict[str, Any] = {}
        # Of many rows, in several parts at a time; a cluster sorts all columns in one go.
        parts = math.ceil(len(names) / 10) if rows > SPREAD and is_duckdb(table.engine) else 1
        for found in run([quantiles_of(names[k::parts]) for k in range(parts)]):
            measured |= found
        for i, name in enumerate(names):
            (quantiles, sized), endless_ = measured.get(name, ((), 0)), row.get(f"i{i}") or 0
            yield Look(
                name, table.expr[name].type(), (row[f"n{i}"] or 0) + endless_, row.get(f"d{i}") or 0, endless_,
                row.get(f"low{i}"), row.get(f"high{i}"),
                quantiles, row.get(f"l{i}") or 0, sized,
            )  # fmt: skip


def spread(table: Table, rows: int, most: int) -> Table:
    """About `most` rows spread over the whole table, the same each time; all of them where there are no more, or
    where rows have no order.

    A row is taken where its number times the golden ratio, less its whole part, is small (a Weyl sequence: Knuth,
    *The Art of Computer Programming* 3, section 6.4): evenly over the table, and in step with nothing that repeats in
    it, as every tenth row would be.
    """
    import ibis

    if rows <= most or not is_duckdb(table.engine):
        return table
    numbered = table.expr.mutate(sextant_row=ibis.row_number())
    kept = numbered.filter((numbered.sextant_row % 2**31) * 2654435769 % 2**32 < int(2**32 * most / rows))
    return replace(table, expr=kept.drop("sextant_row"))


def _finite(column: Any) -> Any:
    """The value where there is one; null in place of nan and the infinite."""
    import ibis

    if not column.type().is_floating():
        return column
    return ibis.ifelse(present(column) & ~endless(column), column, ibis.null(column.type()))


def endless(column: Any) -> Any:
    """Whether a number is infinite. (Ibis 12 writes its own `isinf` for Spark as "no".)"""
    size = column.cast("float64")
    return present(size) & (size.abs() > sys.float_info.max).fill_null(False)


def _asked(column: Any) -> Iterable[tuple[str, Any]]:
    """What is asked of every column, each as cheap as can be; what that leaves open is asked `_again`."""
    kind = column.type()
    yield "n", column.count()
    if nested(kind):
        return
    yield "d", column.approx_nunique()
    if kind.is_string():
        yield "l", column.length().max()
    elif _sized(kind):
        yield "low", column.min()
        yield "high", column.max()
    if kind.is_floating():
        yield "sum", column.sum()


def _again(column: Any, row: dict[str, Any], i: int) -> Iterable[tuple[str, Any]]:
    """Of floats whose sum is not finite, the same without nan and the infinite, and how many of these there are. Of
    what has no size, the ends, if it may be one value only."""
    kind = column.type()
    if kind.is_floating():
        if row[f"sum{i}"] is not None and not math.isfinite(row[f"sum{i}"]):
            finite = _finite(column)
            yield from (("n", finite.count()), ("d", finite.approx_nunique()))
            yield from (("low", finite.min()), ("high", finite.max()))
            yield "i", endless(column).cast("int8").sum()
    elif not nested(kind) and not _sized(kind) and 0 < row[f"d{i}"] <= _MAY_BE_ONE:
        yield "low", column.min()
        yield "high", column.max()


def _quantiles(some: Table, names: Sequence[str]) -> dict[str, tuple[tuple[float, ...], int]]:
    """By column, what lies at `LEVELS`, and of how many values; of the finite ones of those columns that have a size."""
    sizes = {name: as_number(some.expr[name]) for name in names if _sized(some.expr[name].type())}
    if not sizes:
        return {}
    if is_duckdb(some.engine):
        return _counted_off(some, sizes)
    finite = some.expr.select(**{f"v{i}": _finite(size) for i, size in enumerate(sizes.values())})
    asked = {f"q{i}": finite[f"v{i}"].quantile(list(LEVELS)) for i in range(len(sizes))}
    row = some.fetch(
        finite.aggregate(**asked, **{f"s{i}": finite[f"v{i}"].count() for i in range(len(sizes))})
    )[0]
    found = {}
    for i, name in enumerate(sizes):
        levels = row[f"q{i}"]
        there = levels and None not in levels
        found[name] = (tuple(map(float, levels)) if there else (), row[f"s{i}"] or 0)
    return found


def _counted_off(some: Table, sizes: Mapping[str, Any]) -> dict[str, tuple[tuple[float, ...], int]]:
    """The same of rows that are few: NumPy needs a third of the time that DuckDB's own quantiles take."""
    import numpy as np

    # Without nulls, and by DLPack, as Arrow's own way into NumPy loads pandas where it is installed.
    filled = {f"v{i}": size.fill_null(math.nan) for i, size in enumerate(sizes.values())}
    rows = some.arrow(some.expr.select(**filled))
    found: dict[str, tuple[tuple[float, ...], int]] = {}
    for name, key in zip(sizes, filled, strict=True):
        values = np.concatenate([np.from_dlpack(chunk) for chunk in rows[key].chunks] or [np.empty(0)])
        values = values[np.isfinite(values)]
        if not len(values):
            continue
        at = np.array(LEVELS) * (len(values) - 1)
        below, above = np.floor(at).astype(np.int64), np.ceil(at).astype(np.int64)
        values.partition(np.unique([below, above]))
        levels = values[below] * (1 - (at - below)) + values[above] * (at - below)
        found[name] = (tuple(levels.tolist()), len(values))
    return found


def _sized(kind: Any) -> bool:
    """Whether values of this type have a size: numbers, dates and times."""
    return bool(kind.is_numeric() or kind.is_date() or kind.is_timestamp())


def as_number(column: Any) -> Any:
    """Numbers as they are, dates and times as seconds since 1970; None for what has no size."""
    kind = column.type()
    if not _sized(kind):
        return None
    if kind.is_numeric():
        return column.cast("float64")
    return column.cast("timestamp").epoch_seconds().cast("float64")


def nested(kind: Any) -> bool:
    return bool(kind.is_nested() or kind.is_json() or kind.is_binary())


def is_disguise(column: Any) -> Any:
    """Whether a text is blank or one of the words for no value."""
    return column.strip().lower().isin(["", *DISGUISES]).fill_null(False)


def told(table: Table, asked: Mapping[str, Any]) -> dict[str, Any]:
    """One row of aggregates, many in one pass, but not more than Ibis writes down in good time."""
    names = list(asked)
    found: dict[str, Any] = {}
    for start in range(0, len(names), _ASKED_AT_ONCE):
        some = {name: asked[name] for name in names[start : start + _ASKED_AT_ONCE]}
        found |= table.fetch(table.expr.aggregate(**some))[0]
    return found


def vocabulary(table: Table, column: str, limit: int = VOCABULARY) -> list[tuple[Any, int]] | None:
    """Every different value with its rows, the most frequent first; None if there are more than `limit`."""
    # Of few columns: Ibis takes as long to write a query as there are columns in it.
    kept = table.expr.select(value=table.expr[column])
    kept = kept.filter(present(kept.value))
    counted = kept.group_by("value").aggregate(n=kept.count()).limit(limit + 1)
    found = table.fetch(counted)
    if len(found) > limit:
        return None
    return sorted(((r["value"], r["n"]) for r in found), key=lambda pair: (-pair[1], str(pair[0])))


def classes(table: Table, column: str, limit: int = 100) -> dict[str, int] | None:
    """Rows by class, None for a column of measurements or free text."""
    kept = table.keep(table.present(column))
    name = kept.column(column).cast("string")
    found = kept.fetch(
        kept.expr.group_by(name=name).aggregate(n=kept.expr.count()).order_by("name").limit(limit + 1)
    )
    return None if len(found) > limit else {row["name"]: row["n"] for row in found}


def listed(names: Sequence[str], most: int = 3) -> str:
    """A few names, and how many more there are."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
