"""How far a column's values have moved between two tables: two histograms on the reference's own bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sextant.errors import InvalidInput
from sextant.tables import Table

#: Of text and other categories, the most frequent in the reference; all others go together.
MOST_CATEGORIES = 30


@dataclass(frozen=True, slots=True)
class Histograms:
    """Counts of one column in both tables on the same bins. For numbers, `edges` part the bins; for
    categories there are none. The last bin holds the missing; with categories, the one before it all that
    are not listed."""

    feature: str
    reference: tuple[int, ...]
    current: tuple[int, ...]
    edges: tuple[float, ...] = ()


def histograms(reference: Table, current: Table, column: str, *, bins: int = 10) -> Histograms:
    """Count a column's values in both tables.

    Numbers are cut at the reference's quantiles, so that each bin holds about as many of its rows (a value
    that is very frequent takes several quantiles, and there are fewer bins). A bin holds the values above
    the edge before it, up to and with its own. Everything else is counted by category: the 30 most frequent
    in the reference, the rest together. Missing values are a bin of their own, so that a column that goes
    silent has drifted.

    Raises `InvalidInput` for a column that one of them lacks, that holds numbers in one and text in the
    other, that holds dates or times (they always move on), or that has hardly any two rows alike, such as
    an id or free text.

    >>> import pyarrow as pa
    >>> from sextant.tables import engine, table
    >>> on = engine()
    >>> old, new = (table(pa.table({"x": x}), name="x", on=on) for x in ([1, 2, 3, 4], [4, 5, None, 1]))
    >>> histograms(old, new, "x", bins=2)
    Histograms(feature='x', reference=(2, 2, 0), current=(1, 2, 1), edges=(2.5,))
    """
    old, new = reference.column(column), current.column(column)
    if why := unsuited(reference, column):
        raise InvalidInput(
            why,
            where=f"{reference.name}, column {column}",
            rule="drift is looked for in numbers and categories",
            todo="leave the column out",
        )
    if _is_number(old) != _is_number(new):
        raise InvalidInput(
            f"it holds {'numbers' if _is_number(old) else 'text'} in {reference.name} and "
            f"{'numbers' if _is_number(new) else 'text'} in {current.name}",
            where=f"column {column}",
            rule="only values of one kind can be compared",
        )
    if not _is_number(old):
        names = _categories(reference, column)
        return Histograms(column, _by_name(reference, column, names), _by_name(current, column, names))
    edges = _edges(reference, column, bins)
    return Histograms(column, _by_bin(reference, column, edges), _by_bin(current, column, edges), edges)


def unsuited(table: Table, column: str) -> str:
    """Why drift cannot be looked for in a column, as half a sentence; empty if it can."""
    values = table.column(column)
    kind = values.type()
    if kind.is_temporal():
        return "dates and times always move on"
    if kind.is_numeric() or kind.is_boolean():
        return ""
    if not kind.is_string():
        return "it holds nested values"
    row = table.fetch(table.expr.aggregate(n=values.count(), distinct=values.nunique()))[0]
    if row["distinct"] > MOST_CATEGORIES and row["distinct"] > row["n"] / 2:
        return f"{row['distinct']} of its {row['n']} values are different, as in an id or free text"
    return ""


def _is_number(values: Any) -> bool:
    return bool(values.type().is_numeric())


def _edges(reference: Table, column: str, bins: int) -> tuple[float, ...]:
    values = reference.numbers(column)
    cuts = values.quantile([i / bins for i in range(1, bins)])
    found = reference.fetch(reference.expr.aggregate(cuts=cuts))[0]["cuts"]
    return tuple(sorted({float(cut) for cut in found or ()}))


def _by_bin(table: Table, column: str, edges: tuple[float, ...]) -> tuple[int, ...]:
    import ibis

    values = table.numbers(column)
    index = ibis.literal(0, type="int16")
    for edge in edges:
        index = index + (values > edge).cast("int16")
    return _counts(table, ibis.ifelse(values.isnull(), len(edges) + 1, index), len(edges) + 2)


def _categories(reference: Table, column: str) -> list[str]:
    kept = reference.keep(reference.present(column))
    name = kept.column(column).cast("string")
    counted = kept.expr.group_by(name=name).aggregate(n=kept.expr.count())
    found = kept.fetch(counted.order_by([counted.n.desc(), counted.name]).limit(MOST_CATEGORIES))
    return [row["name"] for row in found]


def _by_name(table: Table, column: str, names: list[str]) -> tuple[int, ...]:
    import ibis

    text = table.column(column).cast("string")
    index = ibis.ifelse(text.isnull(), len(names) + 1, len(names))
    if names:
        index = ibis.cases(*((text == name, i) for i, name in enumerate(names)), else_=index)
    return _counts(table, index, len(names) + 2)


def _counts(table: Table, index: Any, size: int) -> tuple[int, ...]:
    counted = table.expr.group_by(bin=index.cast("int16")).aggregate(n=table.expr.count())
    found = {row["bin"]: row["n"] for row in table.fetch(counted)}
    return tuple(found.get(i, 0) for i in range(size))
