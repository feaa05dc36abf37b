"""A table's rows by the day that they are of: a profile for each, so that any two days can be compared for ever.

    for day, found in by_day(table("scans.parquet"), "scanned_at"):
        ...

Profiles add up: the sum of a week's days is the week's profile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sextant.data.profile import Profile
from sextant.data.profiling import kind_of, profile
from sextant.errors import InvalidInput
from sextant.tables import Table

#: So many days are profiled at once at most.
MOST_DAYS = 400


def by_day(
    of: Table, time: str, *, first: date | None = None, last: date | None = None, columns: Sequence[str] = ()
) -> Iterator[tuple[date, Profile]]:
    """The profile of each day's rows, the earliest day first. A time with a zone counts by its day in UTC; rows
    without a time are of no day and are left out.

    time         the column that says when a row came to be: a date or a time
    first, last  only days from and up to here
    columns      only these columns

    One pass over the times, then one over each day's rows. Raises `InvalidInput` for another kind of column, and
    for more than 400 days.

    >>> import pyarrow as pa
    >>> from datetime import date
    >>> from sextant.tables import table
    >>> rows = table(pa.table({"at": [date(2026, 6, 1), date(2026, 6, 2), date(2026, 6, 2)], "x": [1, 2, 3]}))
    >>> [(str(day), found.rows) for day, found in by_day(rows, "at")]
    [('2026-06-01', 1), ('2026-06-02', 2)]
    """
    column = of.column(time)
    if kind_of(of, time) not in ("date", "time"):
        raise InvalidInput(
            f"{time} holds {column.type()}", where=f"{of.name}, column {time}", rule="days come from dates or times"
        )  # fmt: skip
    day: Any = column.cast("date") if column.type().is_timestamp() else column
    dated = of.expr.mutate(sextant_day=day)
    found = of.fetch(dated.filter(dated.sextant_day.notnull()).select("sextant_day").distinct())
    days = sorted(d for d in (_as_date(row["sextant_day"]) for row in found))
    days = [d for d in days if (first is None or d >= first) and (last is None or d <= last)]
    if len(days) > MOST_DAYS:
        raise InvalidInput(
            f"its rows are of {len(days):,} days", where=of.name, rule=f"{MOST_DAYS} at once at most",
            todo="name the first and the last day",
        )  # fmt: skip
    for one in days:
        rows = of.expr.filter(day == one)
        yield one, profile(replace(of, expr=rows), columns=columns, name=f"{of.name} {one}")


def _as_date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
