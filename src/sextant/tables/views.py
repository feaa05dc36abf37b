"""Parquet files as a view of DuckDB that is known without Ibis: importing that takes longer than many a question.

Whoever asks for the expression gets it, and pays for it then. What is known before are the names of the columns and, of
those that hold plain numbers, texts, yes/no or times, their types.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import Any

_MAKING = Lock()
_BITS = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64}
_FLOATS = {"FLOAT": 32, "DOUBLE": 64}
_TIMES = {
    "TIMESTAMP": ("us", 6),
    "TIMESTAMP_S": ("s", 0),
    "TIMESTAMP_MS": ("ms", 3),
    "TIMESTAMP_NS": ("ns", 9),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """A column's type, asked as Ibis's own types are, and written as they are.

    >>> plain("UINTEGER").is_integer(), str(plain("DOUBLE")), plain("DECIMAL(9,2)")
    (True, 'float64', None)
    """

    written: str
    group: str
    nbytes: int = 8
    unit: str = ""
    timezone: None = None

    def __str__(self) -> str:
        return self.written

    def is_boolean(self) -> bool:
        return self.group == "yes/no"

    def is_string(self) -> bool:
        return self.group == "text"

    def is_integer(self) -> bool:
        return self.group in ("whole", "unsigned")

    def is_unsigned_integer(self) -> bool:
        return self.group == "unsigned"

    def is_floating(self) -> bool:
        return self.group == "float"

    def is_numeric(self) -> bool:
        return self.group in ("whole", "unsigned", "float")

    def is_timestamp(self) -> bool:
        return self.group == "time"

    is_temporal = is_timestamp

    def is_date(self) -> bool:
        return False

    is_decimal = is_null = is_uuid = is_array = is_date

    def to_pyarrow(self) -> Any:
        """Of a time, its type in Arrow."""
        import pyarrow as pa

        return pa.timestamp(self.unit)


def quoted(name: str) -> str:
    """A column's name in SQL.

    >>> quoted('age in "years" now')
    '"age in ""years"" now"'
    """
    return '"' + name.replace('"', '""') + '"'


def plain(kind: str) -> Plain | None:
    """The type that DuckDB calls so; None for one that is not plain, or whole numbers beyond 64 bits with a sign."""
    if found := re.fullmatch(r"(U?)(TINYINT|SMALLINT|INTEGER|BIGINT)", kind):
        bits = _BITS[found[2]]
        if found[1]:
            return None if bits == 64 else Plain(f"uint{bits}", "unsigned", bits // 8)
        return Plain(f"int{bits}", "whole", bits // 8)
    if kind in _FLOATS:
        return Plain(f"float{_FLOATS[kind]}", "float", _FLOATS[kind] // 8)
    if kind in _TIMES:
        unit, digits = _TIMES[kind]
        return Plain(f"timestamp({digits})", "time", unit=unit)
    return {"BOOLEAN": Plain("boolean", "yes/no", 1), "VARCHAR": Plain("string", "text")}.get(kind)


@dataclass(frozen=True)
class View:
    """A view of files in a DuckDB, by its name there."""

    name: str
    on: Any = field(repr=False)

    @cached_property
    def kinds(self) -> dict[str, Plain | None]:
        """Every column with its type; None for one that is not plain."""
        asked = f"DESCRIBE {self.source}"
        return {name: plain(kind) for name, kind, *_ in self.on.con.execute(asked).fetchall()}

    @property
    def source(self) -> str:
        return quoted(self.name)

    def expression(self) -> Any:
        """The same as an expression."""
        with _MAKING:
            return self.on.table(self.name)


class Lately:
    """A field that holds an expression, or a view that becomes one when it is asked for.

    What takes the fields of a dataclass for its parameters reads it from the class, where there is none.
    """

    def __get__(self, of: Any, _: type) -> Any:
        if of is None:
            raise AttributeError("expr has no value before it is given")
        held = of.__dict__["expr"]
        if isinstance(held, View):
            held = of.__dict__["expr"] = held.expression()
        return held

    def __set__(self, of: Any, value: Any) -> None:
        of.__dict__["expr"] = value
        if isinstance(value, View):
            of.__dict__["view"] = value
