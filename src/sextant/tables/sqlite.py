"""SQLite as a source: whole, typed by what its rows hold, brought to the engine in parts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from sextant.errors import InvalidInput, Unavailable
from sextant.tables.table import Table

_AT_ONCE = 20_000


def read_sqlite(address: str, wanted: str, name: str, on: Any) -> Table:
    """A table of an SQLite file. `sqlite:///shop.db#orders` counts from here, `sqlite:////data/shop.db#orders`
    from the root.

    SQLite lets a column hold anything, whatever it was declared: a column is whole numbers, numbers, bytes or
    text by what all its rows hold, and text where they are mixed. Dates and times are what is declared so and
    reads so in every row.
    """
    from sextant.tables.sources import bring

    parts = urlsplit(address)
    path = Path(unquote(parts.netloc + (parts.path.removeprefix("/") if not parts.netloc else parts.path)))
    if not path.is_file():
        raise Unavailable(
            "there is no such file", where=str(path), todo="sqlite:////... counts from the root"
        )
    try:
        # DuckDB takes the rows in threads of its own, one at a time.
        with sqlite3.connect(
            f"file:{quote(str(path))}?mode=ro", uri=True, check_same_thread=False
        ) as connection:
            expr = bring(*_read(connection, path, wanted), on)
    except sqlite3.Error as error:
        raise InvalidInput(f"it cannot be read: {error}", where=str(path)) from error
    return Table(name, expr, on)


def _read(connection: sqlite3.Connection, path: Path, wanted: str) -> tuple[Any, Iterator[Any]]:
    import pyarrow as pa

    known = [
        row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
    ]
    if wanted not in known:
        raise Unavailable(
            f"it has no table {wanted!r}" if wanted else "the address names no table",
            where=str(path),
            rule=f"there is {', '.join(sorted(known)[:20]) or 'none'}",
            todo="write it after a #, such as sqlite:///shop.db#orders",
        )
    # A table's name cannot be a parameter; this one was just read from the file's own list.
    source = _quoted(wanted)
    columns = [(row[1], row[2].upper()) for row in connection.execute(f"PRAGMA table_info({source})")]
    kinds = {name: _kind(connection, source, name, declared) for name, declared in columns}
    schema = pa.schema(kinds)

    def rows() -> Iterator[Any]:
        cursor = connection.execute(f"SELECT * FROM {source}")  # noqa: S608
        while part := cursor.fetchmany(_AT_ONCE):
            values = zip(*part, strict=True)
            yield pa.record_batch(
                [_array(list(v), k) for v, k in zip(values, kinds.values(), strict=True)], schema=schema
            )

    return schema, rows()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kind(connection: sqlite3.Connection, source: str, name: str, declared: str) -> Any:
    """What a column holds, by all its rows."""
    import pyarrow as pa

    column = _quoted(name)
    asked = f"SELECT DISTINCT typeof({column}) FROM {source}"  # noqa: S608
    held = {row[0] for row in connection.execute(asked)} - {"null"}
    if held == {"integer"}:
        return (
            pa.bool_() if declared.startswith("BOOL") and _yes_no(connection, source, column) else pa.int64()
        )
    if held and held <= {"integer", "real"}:
        return pa.float64()
    if held == {"blob"}:
        return pa.binary()
    if held == {"text"} and declared.startswith(("DATE", "TIMESTAMP")):
        # The functions of SQLite itself say whether a text is a date or a time.
        shape = "date" if declared == "DATE" else "datetime"
        fits = f"{shape}({column}) IS NOT NULL AND {column} LIKE '____-__-__%'"
        odd = f"SELECT 1 FROM {source} WHERE {column} IS NOT NULL AND NOT ({fits}) LIMIT 1"  # noqa: S608
        if connection.execute(odd).fetchone() is None:
            return pa.date32() if declared == "DATE" else pa.timestamp("us", tz="UTC")
    return pa.string()


def _yes_no(connection: sqlite3.Connection, source: str, column: str) -> bool:
    odd = f"SELECT 1 FROM {source} WHERE {column} NOT IN (0, 1) LIMIT 1"  # noqa: S608
    return connection.execute(odd).fetchone() is None


def _array(values: list[Any], kind: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_string(kind):
        values = [
            v.decode("utf-8", "replace") if isinstance(v, bytes) else v if v is None else str(v)
            for v in values
        ]
    elif pa.types.is_boolean(kind):
        values = [None if v is None else bool(v) for v in values]
    elif pa.types.is_date(kind):
        values = [None if v is None else _moment(v).date() for v in values]
    elif pa.types.is_timestamp(kind):
        values = [None if v is None else _moment(v) for v in values]
    elif pa.types.is_floating(kind):
        values = [None if v is None else float(v) for v in values]
    return pa.array(values, kind)


def _moment(text: str) -> Any:
    from datetime import UTC, datetime

    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise InvalidInput(f"{text!r} is no time", rule="times are written as 2026-12-31 09:00:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
