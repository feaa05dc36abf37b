"""What differs between two tables: columns, rows by key or as a whole, and how values are distributed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sextant.data.drift import Histograms, histograms, unsuited
from sextant.errors import InvalidInput
from sextant.stats.distances import total_variation
from sextant.tables import Table

#: So many keys of changed rows are named.
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Changed:
    """A column's distribution in both tables: their total variation, from 0 (alike) to 1, and the counts."""

    column: str
    distance: float
    counts: Histograms


@dataclass(frozen=True, slots=True)
class Diff:
    """Rows are `added`, `removed`, `changed` (by key alone) or `same`. `cells` counts the changed values of each
    column, `examples` names a few keys. `columns_added` and `columns_removed` are in one table only, `retyped` hold
    another kind (name, before, after). `distributions` are the columns that moved, the farthest first."""

    rows_before: int
    rows_after: int
    added: int
    removed: int
    changed: int
    same: int
    key: str | None
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]
    retyped: tuple[tuple[str, str, str], ...]
    cells: dict[str, int]
    examples: dict[str, tuple[str, ...]]
    distributions: tuple[Changed, ...] = ()

    @property
    def alike(self) -> bool:
        return not (
            self.added
            or self.removed
            or self.changed
            or self.columns_added
            or self.columns_removed
            or self.retyped
        )


def compare(old: Table, new: Table, *, key: str | None = None, distributions: bool = True) -> Diff:
    """Compare two tables that are open on one engine.

    With `key`, a row is the same row if its key is, and `changed` if any other column of both differs; the
    key names one row in each, else that is an `InvalidInput`. Without, rows are compared whole, over the columns
    that both have with one kind, and counted as often as they appear: a row that was changed is one removed and
    one added. Missing equals missing.

    >>> import pyarrow as pa
    >>> from sextant.tables import engine, table
    >>> on = engine()
    >>> a = table(pa.table({"id": [1, 2], "x": ["a", "b"]}), name="a", on=on)
    >>> b = table(pa.table({"id": [2, 3], "x": ["c", "d"]}), name="b", on=on)
    >>> d = compare(a, b, key="id")
    >>> d.added, d.removed, d.changed, d.same, d.cells
    (1, 1, 1, 0, {'x': 1})
    """
    before, after = (dict(t.expr.schema().items()) for t in (old, new))
    both = [c for c in before if c in after]
    retyped = tuple((c, str(before[c]), str(after[c])) for c in both if before[c] != after[c])
    alike = [c for c in both if before[c] == after[c]]
    counts = _by_key(old, new, key, alike) if key else _whole(old, new, alike)
    moved = _moved(old, new, [c for c in both if c != key]) if distributions else ()
    return Diff(
        old.count(), new.count(), **counts, key=key,
        columns_added=tuple(c for c in after if c not in before),
        columns_removed=tuple(c for c in before if c not in after),
        retyped=retyped, distributions=moved,
    )  # fmt: skip


def _by_key(old: Table, new: Table, key: str, alike: list[str]) -> dict[str, Any]:
    import ibis

    for side in (old, new):
        column = side.column(key)
        row = side.fetch(side.expr.aggregate(rows=side.expr.count(), keys=column.nunique()))[0]
        if row["keys"] < row["rows"]:
            raise InvalidInput(
                f"{row['rows']:,} rows have {row['keys']:,} different values of {key}",
                where=side.name, rule="a key names one row", todo="name another key, or compare without one",
            )  # fmt: skip
    if key not in alike:
        raise InvalidInput(f"{key} holds another kind in each", where=f"{old.name} and {new.name}")
    values = [c for c in alike if c != key]
    left = old.expr.select(l_key=old.expr[key], **{f"l{i}": old.expr[c] for i, c in enumerate(values)})
    right = new.expr.select(r_key=new.expr[key], **{f"r{i}": new.expr[c] for i, c in enumerate(values)})
    joined = left.join(right, left.l_key == right.r_key, how="outer")
    matched = joined.l_key.notnull() & joined.r_key.notnull()
    differ = {c: matched & ~joined[f"l{i}"].identical_to(joined[f"r{i}"]) for i, c in enumerate(values)}
    any_differ = ibis.literal(False)
    for test in differ.values():
        any_differ = any_differ | test
    sums = {
        "added": joined.l_key.isnull().cast("int64").sum(),
        "removed": joined.r_key.isnull().cast("int64").sum(),
        "matched": matched.cast("int64").sum(),
        "changed": any_differ.cast("int64").sum(),
        **{f"c{i}": differ[c].cast("int64").sum() for i, c in enumerate(values)},
    }
    row = {k: v or 0 for k, v in new.fetch(joined.aggregate(**sums))[0].items()}
    told = {
        "added": joined.filter(joined.l_key.isnull()).select(key=joined.r_key),
        "removed": joined.filter(joined.r_key.isnull()).select(key=joined.l_key),
        "changed": joined.filter(any_differ).select(key=joined.l_key),
    }
    examples = {
        what: tuple(str(r["key"]) for r in new.fetch(found.order_by("key").limit(EXAMPLES)))
        for what, found in told.items()
        if row[what]
    }
    cells = {c: row[f"c{i}"] for i, c in enumerate(values) if row[f"c{i}"]}
    return {
        "added": row["added"], "removed": row["removed"], "changed": row["changed"],
        "same": row["matched"] - row["changed"], "cells": cells, "examples": examples,
    }  # fmt: skip


def _whole(old: Table, new: Table, alike: list[str]) -> dict[str, Any]:
    """Both tables in one pile, each row with its side, and counted by its content."""
    import ibis

    if not alike:
        rows = {"added": new.count(), "removed": old.count(), "changed": 0, "same": 0}
        return {**rows, "cells": {}, "examples": {}}
    sides = [
        side.expr.select(**{f"c{i}": side.expr[c] for i, c in enumerate(alike)}).mutate(
            was=ibis.literal(1 - i, "int8"), now=ibis.literal(i, "int8")
        )
        for i, side in enumerate((old, new))
    ]
    pile = sides[0].union(sides[1])
    counted = pile.group_by([f"c{i}" for i in range(len(alike))]).aggregate(
        was=pile.was.cast("int64").sum(), now=pile.now.cast("int64").sum()
    )
    more = counted.now - counted.was
    row = new.fetch(
        counted.aggregate(
            added=ibis.greatest(more, 0).sum(),
            removed=ibis.greatest(-more, 0).sum(),
            same=ibis.least(counted.was, counted.now).sum(),
        )
    )[0]
    return {**{k: int(v or 0) for k, v in row.items()}, "changed": 0, "cells": {}, "examples": {}}


def _moved(old: Table, new: Table, columns: list[str]) -> tuple[Changed, ...]:
    found = []
    for column in columns:
        if unsuited(old, column):
            continue
        try:
            counts = histograms(old, new, column)
        except InvalidInput:
            continue  # it holds another kind now: that is said by `retyped`
        if not sum(counts.reference) or not sum(counts.current):
            continue
        distance = total_variation(counts.reference, counts.current)
        if distance > 0:
            found.append(Changed(column, distance, counts))
    return tuple(sorted(found, key=lambda c: (-c.distance, c.column)))
