"""The questions that a profile asks of each plain column, in DuckDB's own SQL.

They are the same as the expressions in `sextant.data.counting` and `profiling`, which every other engine is asked, and any
column that is not plain: a test holds both to the same answers. An expression is written down once for a table here,
and not once for each question; of files in Parquet not at all.
"""

# ruff: noqa: S608 - the only words from outside are names of columns, which are quoted

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sextant.tables import Table
from sextant.tables.engines import is_duckdb
from sextant.tables.faults import errors_of, explained
from sextant.tables.views import quoted


def is_plain(kind: Any) -> bool:
    """Whether a column is asked in SQL, by its type."""
    if kind.is_integer():
        return not (kind.is_unsigned_integer() and kind.nbytes == 8)
    return bool(kind.is_floating() or kind.is_boolean() or kind.is_string() or kind.is_timestamp())


def source_of(of: Table) -> str | None:
    """What stands after FROM for a table, if it is in DuckDB."""
    if not is_duckdb(of.engine):
        return None
    return of.view.source if of.view else f"({of.engine.compile(of.expr)}) AS held"


def answered(of: Table, sql: str, given: list[Any] | None = None) -> Any:
    """The rows that a question gives, as an Arrow table; `given` stands where it has a question mark."""
    try:
        return of.engine.con.sql(sql, params=given).to_arrow_table()
    except errors_of(of.engine) as error:
        raise explained(error, of.name, []) from error


def hashed(kind: Any, value: str) -> str:
    """DuckDB's hash of 64 bits of a plain value: the same for one number whichever width it is kept in."""
    if kind.is_floating():
        return f"hash(CAST({value} AS DOUBLE) + 0.0)"  # which makes -0.0 the same as 0.0
    return f"hash(CAST({value} AS BIGINT))" if kind.is_integer() or kind.is_boolean() else f"hash({value})"


def family() -> str:
    """Hashes of a whole number, a float and a text: they may change with a version of DuckDB."""
    return "SELECT hash(42) >> 1 AS h0, hash(0.5) >> 1 AS h1, hash('sextant') >> 1 AS h2"


def count(source: str) -> str:
    return f"SELECT count(*) AS n FROM {source}"


def some(source: str, kinds: dict[str, Any], rows: int, longest: int) -> str:
    """Some rows of these columns: texts cut short, times as text, as an engine knows times that Python does not."""

    def shown(name: str, kind: Any) -> str:
        column = quoted(name)
        if kind.is_string():
            return f"left({column}, {longest}) AS {column}"
        return f"CAST({column} AS VARCHAR) AS {column}" if kind.is_timestamp() else column

    listed = ", ".join(shown(name, kind) for name, kind in kinds.items())
    names = ", ".join(map(quoted, kinds))
    return f"SELECT {listed} FROM (SELECT {names} FROM {source} LIMIT {rows}) AS looked"


def groups(source: str, name: str, kind: Any, most: int, *, hashes: bool, length: bool) -> str:
    """Rows that hold a value, counted by it: `v`, `n`, the hash `h` and the text's `length`, if they are asked for."""
    more = [f"{hashed(kind, 'v')} >> 1 AS h"] if hashes else []
    more += ["length(v) AS length"] if length else []
    column = quoted(name)
    inner = f"SELECT {column} AS v, count(*) AS n FROM {source} WHERE {column} IS NOT NULL GROUP BY 1"
    return f"SELECT {', '.join(['v', 'n', *more])} FROM ({inner}) AS counted LIMIT {most}"


def going_by(source: str, name: str, kind: Any, *, hashes: bool) -> str:
    """Rows that hold a value, one after the other: `x`, and the hash `h` if it is asked for."""
    column = quoted(name)
    listed: Iterable[str] = [f"{column} AS x", *([f"{hashed(kind, column)} AS h"] if hashes else [])]
    return f"SELECT {', '.join(listed)} FROM {source} WHERE {column} IS NOT NULL"


def of_these(source: str, name: str) -> str:
    """How many rows hold each of some texts, which are given as a list."""
    column = quoted(name)
    return (
        f"SELECT {column} AS v, count(*) AS n FROM {source} WHERE {column} IN (SELECT unnest(?)) GROUP BY 1"
    )
