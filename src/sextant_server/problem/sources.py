"""Databases that numbers are read from: named by whoever runs the server, read by one SELECT, never written.

`SEXTANT_SOURCES` is a JSON object: a name, and the address of the database (or its address and the projects that may
read it). Nobody sees an address: neither a page nor the log nor an error holds it.

    postgres://reader:password@host:5432/name     in a read-only transaction, as the only statement
    sqlite:////path/to/file.db                    opened read-only; nothing but reading is let through
    duckdb:////path/to/file.duckdb                opened read-only, without access to other files
    parquet:////path/to/*.parquet                 as one table with the name of the source, and no other file

Whatever is asked becomes `SELECT * FROM (...) LIMIT n`, so that what is no SELECT cannot be said; the statement is
stopped after `SECONDS`. The account in the address is to be one that may only read; one that may do everything is
refused, because a SELECT of PostgreSQL could then read the server's files.
"""

from __future__ import annotations

import glob
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any
from urllib.parse import unquote, urlsplit

from sextant.errors import Forbidden, InvalidInput, NotFound, SextantError, Unavailable
from sextant.problem.declared import MOST_ROWS, Reading, reading
from sextant_server.environment import Source

#: A statement that takes longer is stopped.
SECONDS = 10
#: The longest SQL that is taken.
LONGEST = 10_000
#: No text, nor anything else that SQLite makes on the way, is longer: no query can fill the memory with it.
LONGEST_CELL = 1_000_000
_COMMENT = re.compile(r"\A(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)


def sources_of(sources: Mapping[str, Source], slug: str) -> list[Source]:
    """The sources that a project may read, by name."""
    return [s for _, s in sorted(sources.items()) if not s.projects or slug in s.projects]


def find(sources: Mapping[str, Source], slug: str, name: str) -> Source:
    """A source by its name; NotFound for one that there is not, or that this project may not read."""
    may = {s.name: s for s in sources_of(sources, slug)}
    if name not in may:
        there = (
            f"there is {', '.join(may)}" if may else "whoever runs the server names them in SEXTANT_SOURCES"
        )
        raise NotFound(f"there is no source {name[:80]!r}", where="source", todo=there)
    return may[name]


def readings(source: Source, sql: str) -> list[Reading]:
    """What a SELECT says, as days with their numbers, in order of the days.

    Raises InvalidInput for what is no SELECT, what the database refuses, rows that are no day and number, more than a
    thousand rows, and a statement that takes too long; Unavailable where the database cannot be reached.
    """
    found: dict[Any, Reading] = {}
    for number, row in enumerate(rows(source, sql), 1):
        try:
            one = reading(row)
            if found.setdefault(one.day, one) != one:
                raise InvalidInput(f"{one.day} stands twice, with two numbers", todo="group by the day")
        except InvalidInput as error:
            error.what, error.where = f"row {number}: {error.what}", "sql"
            raise
    if not found:
        raise InvalidInput("it gives no row", where="sql", todo="ask for a period that has some")
    return [found[day] for day in sorted(found)]


def rows(source: Source, sql: str) -> list[tuple[Any, ...]]:
    """The rows of one SELECT, at most a thousand."""
    asked = _asked(sql)
    ask = {"SQLite": _sqlite, "DuckDB": _duckdb, "Parquet": _parquet}.get(source.kind, _postgres)
    try:
        found = ask(source, asked)
    except SextantError as error:
        error.what = _scrubbed(error.what, source)
        raise
    if len(found) > MOST_ROWS:
        raise InvalidInput(f"it gives more than {MOST_ROWS:,} rows", where="sql", todo="group by the day")
    return found


def _asked(sql: str) -> str:
    """The SQL inside a SELECT of our own; refused early, in plain words, where it can only be something else."""
    bare = sql.strip().rstrip(";").strip()
    if len(bare) > LONGEST:
        raise InvalidInput(f"it has {len(bare):,} characters", where="sql", rule=f"at most {LONGEST:,}")
    if not re.match(r"(select|with|values|\()", _COMMENT.sub("", bare), re.IGNORECASE) or "\0" in bare:
        raise InvalidInput(
            "it is no SELECT", where="sql", rule="one SELECT, which only reads",
            todo="for example: SELECT day, count(*) FROM posts GROUP BY day",
        )  # fmt: skip
    # On lines of its own, so that a comment at its end does not take the rest away.
    return f"SELECT * FROM (\n{bare}\n) AS given LIMIT {MOST_ROWS + 1}"  # noqa: S608


def _postgres(source: Source, asked: str) -> list[tuple[Any, ...]]:
    import psycopg

    try:
        connection = psycopg.connect(source.url, connect_timeout=5, application_name="sextant")
    except psycopg.Error:
        raise _away(source) from None
    try:
        with connection:
            connection.read_only = True
            if connection.info.parameter_status("is_superuser") == "on":
                raise Forbidden(
                    f"the account of the source {source.name} may do everything", where="source",
                    rule="an account that reads numbers may only read", todo="tell whoever runs the server",
                )  # fmt: skip
            connection.execute(f"SET LOCAL statement_timeout = {SECONDS * 1000}")
            # Binary, because that is the protocol which takes one statement and refuses a second.
            found = connection.execute(asked.encode(), binary=True).fetchall()
            connection.rollback()
            return found
    except psycopg.errors.QueryCanceled:
        raise _slow() from None
    except psycopg.OperationalError:
        raise _away(source) from None
    except psycopg.Error as error:
        raise _refused(error.diag.message_primary or type(error).__name__) from None


#: What a SELECT of SQLite needs; all else is denied: attaching other files, pragmas, writing.
_READING = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


def _sqlite(source: Source, asked: str) -> list[tuple[Any, ...]]:
    path = _path(source)
    if not path.is_file():
        raise _away(source)
    end = time.monotonic() + SECONDS
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=5)
    except sqlite3.Error:
        raise _away(source) from None
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST_CELL)
        connection.set_authorizer(
            lambda action, *_: sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY
        )
        connection.set_progress_handler(lambda: int(time.monotonic() > end), 10_000)
        return connection.execute(asked).fetchall()
    except (sqlite3.Error, sqlite3.Warning) as error:
        if "interrupted" in str(error):
            raise _slow() from None
        raise _refused(str(error)) from None
    finally:
        connection.close()


def _duckdb(source: Source, asked: str) -> list[tuple[Any, ...]]:
    import duckdb

    path = _path(source)
    if not path.is_file():
        raise _away(source)
    try:
        connection = duckdb.connect(
            str(path), read_only=True, config={**_LIMITS, "enable_external_access": "false"}
        )
    except duckdb.Error:
        raise _away(source) from None
    return _of_duckdb(connection, asked)


#: An own engine of modest size, which installs nothing.
_LIMITS: dict[str, str | bool | int | float | list[str]] = {
    "threads": "2",
    "memory_limit": "512MB",
    "autoinstall_known_extensions": "false",
}


def _parquet(source: Source, asked: str) -> list[tuple[Any, ...]]:
    import duckdb

    files = sorted(glob.glob(str(_path(source))))
    if not files:
        raise _away(source)
    connection = duckdb.connect(config=_LIMITS)
    try:
        connection.execute("SET allowed_paths = $1", [files])
        connection.execute("SET enable_external_access = false")
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        connection.execute(f'CREATE VIEW "{source.table}" AS SELECT * FROM read_parquet([{listed}])')  # noqa: S608
    except duckdb.Error:
        connection.close()
        raise _away(source) from None
    return _of_duckdb(connection, asked)


def _of_duckdb(connection: Any, asked: str) -> list[tuple[Any, ...]]:
    import duckdb

    try:
        with connection, _stopped(connection):
            connection.execute("SET lock_configuration = true")
            statements = connection.extract_statements(asked)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise _refused("it is more than one SELECT")
            return list(connection.execute(statements[0]).fetchall())
    except duckdb.InterruptException:
        raise _slow() from None
    except duckdb.Error as error:
        raise _refused(str(error)) from None


@contextmanager
def _stopped(connection: Any) -> Iterator[None]:
    """Stop what runs on the connection when its time is up."""
    timer = Timer(SECONDS, connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _path(source: Source) -> Path:
    # As in DATABASE_URL: three slashes before a relative path, four before an absolute one.
    return Path(unquote(urlsplit(source.url).path[1:]))


def _away(source: Source) -> Unavailable:
    return Unavailable(
        f"the source {source.name} cannot be reached", where="source",
        todo="try again; if it stays so, tell whoever runs the server",
    )  # fmt: skip


def _slow() -> InvalidInput:
    return InvalidInput(
        f"it took longer than {SECONDS} seconds", where="sql", rule="a query is stopped then",
        todo="ask for less, or read from a table that is summed up already",
    )  # fmt: skip


def _refused(said: str) -> InvalidInput:
    first = next((line.strip() for line in said.splitlines() if line.strip()), "no reason given")
    return InvalidInput(f"the database says: {first[:300]}", where="sql")


def _scrubbed(text: str, source: Source) -> str:
    """The text without anything of the source's address, whatever a driver may have put into its message."""
    parts = urlsplit(source.url)
    # Longest first: a path holds a file's name, an address holds a host.
    secrets = [source.url, str(_path(source)), parts.password, parts.netloc, parts.hostname, parts.username]
    for secret in sorted(
        {unquote(s) for s in secrets if s} | {s for s in secrets if s}, key=len, reverse=True
    ):
        if len(secret) > 3:
            text = text.replace(secret, source.name)
    return text
