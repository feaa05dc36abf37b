"""Numbers that somebody read elsewhere, such as on a dashboard: pasted, queried or typed, and shown as declared.

    read_rows   pasted rows of day, value and, if there is one, what was aimed at
    reading     the same out of a database's row
    declare     a number as evidence, with its source and its day

A number is taken at the start of the day that it is of, so that the latest day speaks however late somebody
enters an older one, and the same rows entered twice are the same evidence.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import ValidationError

from sextant.criteria import Criterion, Origin, Setting
from sextant.errors import InvalidInput
from sextant.evidence import Declared, Producer
from sextant.problem.amounts import amount, day
from sextant.reports import first_fault

_T = TypeVar("_T")
#: More days than this are not entered at once.
MOST_ROWS = 1000
BY_HAND = Producer(name="entered by hand")
#: So many faults are told at once; the rest are counted.
_TOLD = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """A number of one day, and what was aimed at for that day where the source says so."""

    day: date
    value: float
    aim: float | None = None


def read_rows(text: str, unit: str, *, today: date) -> list[Reading]:
    """Rows out of a spreadsheet or a CSV file: day, value and, if there is a third column, what was aimed at.

    Columns are divided by tabs, semicolons or commas; a first row without a day is a heading. The days come
    back in order; two equal rows are one.

    Raises InvalidInput that names the rows at fault, all of them, so that nothing is read by half.

    >>> [(r.day.isoformat(), r.value, r.aim) for r in read_rows("Day,Posts,Plan\\n2026-03-31,9,10\\n2026-02-28,8,",
    ...     "posts", today=date(2026, 4, 1))]
    [('2026-02-28', 8.0, None), ('2026-03-31', 9.0, 10.0)]
    """
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        raise InvalidInput("there is no row", where="rows", todo="paste a day and a value in each row")
    separator = next((s for s in "\t;" if s in lines[0]), ",")
    cells = [
        [c.strip() for c in row] for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=separator)
    ]
    first = 1 if _is_heading(cells[0]) else 0
    if len(cells) - first > MOST_ROWS:
        raise InvalidInput(
            f"there are {len(cells) - first:,} rows", where="rows", rule=f"at most {MOST_ROWS:,} at once"
        )
    found: dict[date, Reading] = {}
    wrong: list[str] = []
    for number, row in enumerate(cells[first:], first + 1):
        try:
            one = _of_cells(row, unit)
            _in_time(one.day, today)
            if found.setdefault(one.day, one) != one:
                raise InvalidInput(f"{one.day} stands twice, with two numbers")
        except InvalidInput as error:
            wrong.append(f"row {number}: {error}")
    if wrong:
        more = f"; and {len(wrong) - _TOLD} more" if len(wrong) > _TOLD else ""
        raise InvalidInput("; ".join(wrong[:_TOLD]) + more, where="rows", rule="all rows are taken, or none")
    if not found:
        raise InvalidInput(
            "there is only a heading", where="rows", todo="paste a day and a value in each row"
        )
    return [found[one] for one in sorted(found)]


def reading(row: Sequence[Any]) -> Reading:
    """A row of a database: a day, a time or its text; a number; and if there is a third column, a number.

    Raises InvalidInput where a cell is something else.
    """
    if not 2 <= len(row) <= 3:
        raise InvalidInput(
            f"it has {len(row)} column{'s' * (len(row) != 1)}",
            rule="a row is day, value and, if you like, aim",
        )
    when, value, *more = row
    if isinstance(when, datetime):
        when = (when.astimezone(UTC) if when.tzinfo else when).date()
    if isinstance(when, str):
        when = day(when)
    if not isinstance(when, date):
        raise InvalidInput(f"its first column holds {_kind(when)}", rule="the first column is a day")
    aim = more[0] if more else None
    return Reading(when, _number(value, "second"), None if aim is None else _number(aim, "third"))


def declare(
    criterion: Criterion,
    readings: Iterable[Reading],
    *,
    source: str,
    attachment: str = "",
    by: Producer = BY_HAND,
) -> list[Declared]:
    """Numbers for a target as evidence of the kind `declared`, each with its source and its day.

    `attachment` is the digest of a file that shows it, `by` the way on which it came.

    Raises InvalidInput where the target takes no declared number.
    """
    refuse_undeclarable(criterion)
    setting = Setting.REVIEW if Setting.REVIEW in criterion.judged_in else criterion.judged_in[-1]
    common: dict[str, Any] = {
        "criterion": criterion.key, "unit": criterion.unit, "slice": criterion.slice, "estimand": criterion.metric,
        "setting": setting, "producer": by, "source": source, "attachment": attachment,
    }  # fmt: skip
    try:
        return [
            Declared(
                value=one.value, aim=one.aim, source_date=one.day, at=datetime.combine(one.day, time(), UTC), **common
            )
            for one in readings
        ]  # fmt: skip
    except ValidationError as error:
        raise InvalidInput(first_fault(error), where="source") from error


def refuse_undeclarable(criterion: Criterion) -> None:
    """Raise InvalidInput where a declared number cannot judge the target, so that nobody enters one in vain."""
    if Origin.DECLARED not in criterion.admitted_origins:
        raise InvalidInput(
            f"{criterion.name} takes no declared number", where=criterion.key,
            rule="business, product and cost targets do; the others are measured, unless they say otherwise",
            todo="measure it, or let the target admit declared numbers",
        )  # fmt: skip
    if criterion.role == "guardrail":
        raise InvalidInput(
            f"{criterion.name} is a guardrail", where=criterion.key,
            rule="a guardrail is judged on the difference between candidate and control",
        )  # fmt: skip


def refuse_future(readings: Iterable[Reading], today: date) -> None:
    """Raise InvalidInput for the first day that has not come yet."""
    for one in readings:
        _in_time(one.day, today)


def _in_time(when: date, today: date) -> None:
    if when > today:
        raise InvalidInput(f"{when} has not come yet", rule="a number tells what was, never what will be")
    if when.year < 1900:
        raise InvalidInput(f"{when} is too long ago", rule="a day from 1900 on")


def _of_cells(row: list[str], unit: str) -> Reading:
    while len(row) > 2 and not row[-1]:
        row = row[:-1]
    if not 2 <= len(row) <= 3:
        raise InvalidInput(
            f"it has {len(row)} cell{'s' * (len(row) != 1)}", rule="a row is day, value and, if you like, aim"
        )
    aim = _cell("aim", amount, row[2], unit) if len(row) == 3 and row[2] else None
    return Reading(_cell("day", day, row[0]), _cell("value", amount, row[1], unit), aim)


def _cell(column: str, read: Callable[..., _T], *given: str) -> _T:
    """What a cell says, with its column in the error where it cannot be read."""
    try:
        return read(*given)
    except InvalidInput as error:
        error.what = f"{column} {error.what}"
        raise


def _is_heading(row: list[str]) -> bool:
    """A first row is a heading if neither of its first two cells can be read."""
    readers: tuple[Callable[[str], object], ...] = (day, amount)
    for cell, read in zip(row, readers, strict=False):
        try:
            read(cell)
        except InvalidInput:
            continue
        return False
    return True


def _number(value: Any, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise InvalidInput(f"its {place} column holds {_kind(value)}", rule=f"the {place} column is a number")
    number = float(value)
    if not math.isfinite(number):
        raise InvalidInput(f"its {place} column holds {number}", rule="a declared number is finite")
    return number


def _kind(value: Any) -> str:
    return "nothing" if value is None else f"a {type(value).__name__}"
