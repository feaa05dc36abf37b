"""One pass over a table: what every later question starts from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sextant.tables import Table, present

#: What people write where they have no value, in small letters.
DISGUISES = (
    "n/a", "na", "n.a.", "nan", "null", "nil", "none", "-", "--", "---", ".", "?", "unknown", "missing",
    "not available", "#n/a", "undefined", "tbd", "empty", "blank",
)  # fmt: skip
#: Levels of the quantiles that are taken: the middle, its halves, and two ladders into each tail.
LEVELS = (0.01, 0.04, 0.05, 0.12, 0.25, 0.36, 0.5, 0.64, 0.75, 0.88, 0.95, 0.96, 0.99)
#: A text column with more different values than this is looked at by the shapes of its values.
VOCABULARY = 20_000
#: So many columns are looked at in one pass.
_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Look:
    """What one pass tells about a column. `distinct` is an estimate; numbers, dates and times have `quantiles` (at
    `LEVELS`), `low` and `high`, of which infinite ones are left out; times are in seconds since 1970."""

    column: str
    type: Any
    present: int
    distinct: int
    infinite: int = 0
    low: Any = None
    high: Any = None
    quantiles: tuple[float, ...] = ()
    longest: int = 0

    @property
    def measured(self) -> bool:
        return bool(self.quantiles)

    @property
    def text(self) -> bool:
        return bool(self.type.is_string())

    def at(self, level: float) -> float:
        return self.quantiles[LEVELS.index(level)]


def looks(table: Table) -> Iterator[Look]:
    """Every column at a first glance, many columns in one pass."""
    for start in range(0, len(table.columns), _AT_ONCE):
        names = table.columns[start : start + _AT_ONCE]
        wanted: dict[str, Any] = {}
        for i, name in enumerate(names):
            wanted |= {f"{what}{i}": sum_ for what, sum_ in _asked(table.expr[name])}
        row = table.fetch(table.expr.aggregate(**wanted))[0]
        for i, name in enumerate(names):
            quantiles = row.get(f"q{i}")
            yield Look(
                name, table.expr[name].type(), row[f"n{i}"] or 0, row.get(f"d{i}") or 0, row.get(f"i{i}") or 0,
                row.get(f"low{i}"), row.get(f"high{i}"),
                tuple(map(float, quantiles)) if quantiles and None not in quantiles else (), row.get(f"l{i}") or 0,
            )  # fmt: skip


def _asked(column: Any) -> Iterable[tuple[str, Any]]:
    there, kind = present(column), column.type()
    yield "n", there.cast("int8").sum()
    if nested(kind):
        return
    yield "d", column.approx_nunique(where=there)
    if kind.is_string():
        yield "l", column.length().max()
    finite = there
    if kind.is_floating():
        infinite = column.isinf().fill_null(False)
        yield "i", infinite.cast("int8").sum()
        finite = there & ~infinite
    yield "low", column.min(where=finite)
    yield "high", column.max(where=finite)
    if (number := as_number(column)) is not None:
        yield "q", number.quantile(list(LEVELS), where=finite)


def as_number(column: Any) -> Any:
    """Numbers as they are, dates and times as seconds since 1970; None for what has no size."""
    kind = column.type()
    if kind.is_numeric():
        return column.cast("float64")
    if kind.is_date() or kind.is_timestamp():
        return column.cast("timestamp").epoch_seconds().cast("float64")
    return None


def nested(kind: Any) -> bool:
    return bool(kind.is_nested() or kind.is_json() or kind.is_binary())


def is_disguise(column: Any) -> Any:
    """Whether a text is blank or one of the words for no value."""
    return column.strip().lower().isin(["", *DISGUISES]).fill_null(False)


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
