"""A table under the name that messages use."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from sextant.errors import InvalidInput
from sextant.tables import engines
from sextant.tables.conditions import Condition, holds, numeric, present
from sextant.tables.faults import errors_of, explained
from sextant.tables.views import Lately, View


def known_column(name: str, columns: Sequence[str], where: str) -> str:
    """The name, if it is one of the columns, or an error that names the nearest ones. `where` is the table's name."""
    if name not in columns:
        near = difflib.get_close_matches(name, columns, 1, 0.6)
        listed = ", ".join(columns[:20]) + (", ..." if len(columns) > 20 else "")
        raise InvalidInput(
            f"there is no column {name!r}",
            where=where,
            rule=f"columns are {listed}",
            todo=f"did you mean {near[0]!r}?" if near else "name one of them",
        )
    return name


@dataclass(frozen=True)
class Table:
    """A table under the name that messages use, as an Ibis expression on its engine."""

    name: str
    expr: Any = Lately()  # noqa: RUF009 - a descriptor, which keeps each table's own
    engine: Any  # type: ignore[misc]  # what stands above is no default

    @property
    def view(self) -> View | None:
        """The view that it is, if it is one of DuckDB's over Parquet files."""
        return self.__dict__.get("view")

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(self.view.kinds if self.view else self.expr.columns)

    def kind(self, name: str) -> Any:
        """The column's type, or an error that names the nearest ones."""
        known_column(name, self.columns, self.name)
        return (self.view and self.view.kinds[name]) or self.expr[name].type()

    def column(self, name: str) -> Any:
        """The column's expression, or an error that names the nearest ones."""
        return self.expr[known_column(name, self.columns, self.name)]

    def numbers(self, name: str) -> Any:
        """The column as numbers in 64-bit floats, yes/no as 1 and 0, missing (null and nan) as null."""
        return numeric(self.column(name), where=f"{self.name}, column {name}")

    def present(self, name: str) -> Any:
        """Whether the row has a value in this column: neither null nor nan."""
        return present(self.column(name))

    def where(self, conditions: Mapping[str, Condition]) -> Table:
        """The rows on which every condition holds. A single value is equality, several mean any of them."""
        kept = self.expr
        for name, condition in conditions.items():
            kept = kept.filter(holds(self.column(name), condition, f"{self.name}, column {name}"))
        return replace(self, expr=kept)

    def keep(self, predicate: Any) -> Table:
        """The rows on which an expression over this table is true."""
        return replace(self, expr=self.expr.filter(predicate))

    def count(self, expr: Any = None) -> int:
        """How many rows there are, of the table or of another expression over it."""
        rows = self.expr if expr is None else expr
        return cast(int, self.fetch(rows.aggregate(n=rows.count()))[0]["n"])

    def fetch(self, expr: Any, *, ordered: bool = False) -> list[dict[str, Any]]:
        """Run an expression and return its rows.

        With `ordered` the rows are gone over in their order by one thread: sums of floats depend on the
        order in the last digit, and the same rows must give the same numbers.
        """
        return cast("list[dict[str, Any]]", self.arrow(expr, ordered=ordered).to_pylist())

    def arrow(self, expr: Any = None, *, ordered: bool = False) -> Any:
        """The rows, of the table or of another expression over it, as an Arrow table in memory; `ordered` as for
        `fetch`."""
        # Only DuckDB can be held to an order; on a cluster the last digits of a sum of floats may differ.
        ordered = ordered and engines.is_duckdb(self.engine)
        try:
            if ordered:
                self.engine.con.execute("SET threads = 1")
            return engines.arrow(self.engine, self.expr if expr is None else expr)
        except errors_of(self.engine) as error:
            raise explained(error, self.name, []) from error
        finally:
            if ordered:
                self.engine.con.execute("RESET threads")

    def batches(self, expr: Any = None, *, rows: int = 65_536) -> Iterator[Any]:
        """The rows as Arrow record batches of about so many, one after the other, never all in memory."""
        try:
            yield from engines.batches(self.engine, self.expr if expr is None else expr, rows=rows)
        except errors_of(self.engine) as error:
            raise explained(error, self.name, []) from error

    def one(self, **aggregates: Any) -> dict[str, Any]:
        """One row of aggregates, gone over in order."""
        return self.fetch(self.expr.aggregate(**aggregates), ordered=True)[0]

    def exact_sum(self, name: str) -> float:
        """The sum of a column, missing values left out, exact but for one rounding at the end."""
        self.numbers(name)
        column = self.column(name)
        if not column.type().is_floating():
            whole = column.cast("int8") if column.type().is_boolean() else column
            whole = whole.cast("decimal(38, 0)") if whole.type().is_integer() else whole
            total = self.fetch(self.expr.aggregate(total=whole.sum()))[0]["total"]
            return float(total or 0)
        values = self.arrow(self.expr.filter(present(column)).select(value=column))["value"]
        return math.fsum(value for chunk in values.chunks for value in chunk.to_pylist())
