"""What an engine complains of, as file, line and rule."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from sextant.errors import InvalidInput, Unavailable
from sextant.tables.engines import is_duckdb, is_spark
from sextant.tables.files import header, opened, suffix, unreadable


def errors_of(on: Any) -> tuple[type[Exception], ...]:
    """What an engine raises when it cannot compute what it was asked for."""
    if is_duckdb(on):
        import duckdb

        return (duckdb.Error,)
    from ibis.common.exceptions import IbisError

    if is_spark(on):
        from pyspark.errors import PySparkException

        return (PySparkException, IbisError)
    # A database's driver says its errors at the connection, as PEP 249 proposes.
    driver = getattr(getattr(on, "con", None), "Error", None)
    if isinstance(driver, type) and issubclass(driver, Exception):
        return (driver, IbisError)
    return (IbisError,)


def explained(error: Exception, name: str, files: list[Path]) -> InvalidInput | Unavailable:
    """An engine's complaint as file, line and rule."""
    text = str(error)
    if any(suffix(p).startswith((".csv", ".tsv")) for p in files):
        for path in files:
            if fault := csv_fault(path):
                return fault
    for path in files:
        if suffix(path).startswith((".jsonl", ".ndjson")) and (fault := json_fault(path)):
            return fault
    if "non-record JSON" in text:
        return InvalidInput(
            "a line is not an object", where=name, rule='each line is one JSON object, {"column": value}'
        )
    first = re.sub(r"^\w[\w ]* Error: ", "", text.split("\n")[0]) or type(error).__name__
    if "No space left" in text or type(error).__name__ == "IOException":
        return Unavailable(first, where=name)
    return InvalidInput(first, where=name)


def json_fault(path: Path) -> InvalidInput | None:
    """The first line that is not a JSON object."""
    try:
        with opened(path) as stream:
            for number, line in enumerate(stream, 1):
                if not line.strip():
                    continue
                where, rule = f"{path}:{number}", 'each line is one JSON object, {"column": value}'
                try:
                    held = json.loads(line)
                except json.JSONDecodeError as error:
                    what = f"line {number} is no JSON: {error.msg} at character {error.pos + 1}"
                    return InvalidInput(what, where=where, rule=rule)
                if not isinstance(held, dict):
                    return InvalidInput(f"line {number} is not an object", where=where, rule=rule)
    except UnicodeDecodeError:
        return unreadable(path)
    return None


def csv_fault(path: Path) -> InvalidInput | None:
    """The first line that is not like the header, found by reading again with Python's own reader."""
    try:
        delimiter, names = header(path)
        with opened(path) as stream:
            reader = csv.reader(stream, delimiter=delimiter, strict=True)
            begins = 1
            for row in reader:
                if row and len(row) != len(names):
                    return InvalidInput(
                        f"line {begins} has {len(row)} values and the first line names {len(names)} columns",
                        where=f"{path}:{begins}",
                        rule="every line has one value for each column",
                        todo=f"put values that hold {delimiter!r} in double quotes",
                    )
                begins = reader.line_num + 1
    except UnicodeDecodeError:
        return unreadable(path)
    except csv.Error as error:
        if "limit" in str(error):  # a value longer than Python's reader takes; DuckDB's own words must do
            return None
        return InvalidInput(
            f"a quote that opens in line {begins} is not closed as it should be",
            where=f"{path}:{begins}",
            rule='a value in double quotes ends with one, and "" stands for one inside',
        )
    except InvalidInput as fault:
        return fault
    return None
