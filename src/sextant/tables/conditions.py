"""What a column is asked for, and the columns made comparable."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import Discriminator, Tag, model_validator

from sextant.canonical import Frozen
from sextant.errors import InvalidInput


class Range(Frozen):
    """A condition on one column: between two ends, or whether the value is missing. At least one part is
    given.

    `at_least` and `at_most` include their end, `above` and `below` do not; ends are numbers, dates or times.
    """

    at_least: float | datetime | date | None = None
    at_most: float | datetime | date | None = None
    above: float | datetime | date | None = None
    below: float | datetime | date | None = None
    missing: bool | None = None

    @model_validator(mode="after")
    def _something(self) -> Range:
        if not self.model_fields_set:
            raise ValueError("a condition says at_least, at_most, above, below or missing")
        return self


Scalar = bool | int | float | str | date


def _shape(value: Any) -> str:
    return "range" if isinstance(value, dict | Range) else "any" if isinstance(value, list | tuple) else "one"


#: What a column is asked for: a value, any of several, or a range.
Condition = Annotated[
    Annotated[Scalar, Tag("one")]
    | Annotated[tuple[Scalar, ...], Tag("any")]
    | Annotated[Range, Tag("range")],
    Discriminator(_shape),
]


def present(column: Any) -> Any:
    """Whether a value is there: neither null nor nan."""
    return (
        column.notnull() & ~column.isnan().fill_null(False)
        if column.type().is_floating()
        else column.notnull()
    )


def numeric(column: Any, *, where: str) -> Any:
    """A column as 64-bit floats, missing as null; an error if it holds text or dates."""
    import ibis

    kind = column.type()
    if not (kind.is_numeric() or kind.is_boolean()):
        raise InvalidInput(
            f"it holds {_kind(kind)}", where=where, rule="numbers are needed here", todo="name another column"
        )
    number = (column.cast("int8") if kind.is_boolean() else column).cast("float64")
    return ibis.ifelse(present(column), number, None) if kind.is_floating() else number


def same_values(left: Any, right: Any, *, where: str) -> tuple[Any, Any]:
    """Two columns made comparable: numbers and yes/no as numbers, everything else only with its own kind."""
    one, two = left.type(), right.type()
    if (one.is_string() and two.is_string()) or one == two:
        return left, right
    if all(t.is_numeric() or t.is_boolean() for t in (one, two)):
        if one.is_integer() and two.is_integer():
            return left, right
        return numeric(left, where=where), numeric(right, where=where)
    raise InvalidInput(
        f"one holds {_kind(one)} and the other {_kind(two)}",
        where=where,
        rule="only values of one kind can be compared",
        todo="write both files alike: numbers without quotes, text with them",
    )


def equals(column: Any, value: Scalar, *, where: str) -> Any:
    """Whether the column has this value; text such as `"3"` fits a column of numbers, and 3 a column of
    text."""
    kind = column.type()
    if kind.is_boolean():
        known = {"true": True, "false": False, "1": True, "0": False}
        if _text(value) not in known:
            raise InvalidInput(
                f"{value!r} is neither true nor false", where=where, rule="the column holds yes/no values"
            )
        return column == known[_text(value)]
    if kind.is_numeric():
        number = _number(value)
        if number is None:
            raise InvalidInput(f"{value!r} is not a number", where=where, rule="the column holds numbers")
        return column == number
    return column.cast("string") == _text(value)


def holds(column: Any, condition: Condition, where: str) -> Any:
    if not isinstance(condition, Range):
        values: Iterable[Scalar] = condition if isinstance(condition, tuple) else (condition,)
        tests = [equals(column, v, where=where) for v in values]
        return _all(tests, any_of=True)
    tests = []
    for end, compare in (
        ("at_least", "__ge__"),
        ("at_most", "__le__"),
        ("above", "__gt__"),
        ("below", "__lt__"),
    ):
        if (limit := getattr(condition, end)) is not None:
            timed = isinstance(limit, date)
            if timed != column.type().is_temporal() or not (timed or column.type().is_numeric()):
                raise InvalidInput(
                    f"{end} {limit} does not fit a column of {_kind(column.type())}",
                    where=where,
                    rule="numbers are compared with numbers, dates with dates",
                )
            tests.append(present(column) & getattr(column, compare)(limit))
    if condition.missing is not None:
        tests.append(~present(column) if condition.missing else present(column))
    return _all(tests)


def _all(tests: list[Any], *, any_of: bool = False) -> Any:
    joined = tests[0]
    for test in tests[1:]:
        joined = joined | test if any_of else joined & test
    return joined


def _number(value: Scalar) -> int | float | None:
    if isinstance(value, bool):
        return int(value)
    # Whole numbers stay whole: as floats, long ids would run together.
    for read in (int, float):
        try:
            found = read(_text(value))
        except ValueError:
            continue
        return None if math.isnan(found) else found
    return None


def _text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(kind: Any) -> str:
    """A column type in words."""
    for test, word in (
        ("is_boolean", "yes/no values"),
        ("is_numeric", "numbers"),
        ("is_string", "text"),
        ("is_temporal", "dates or times"),
    ):
        if getattr(kind, test)():
            return word
    return "nested values"
