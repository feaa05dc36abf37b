"""How fresh a table is: when its newest row came, against how often new rows should come."""

from __future__ import annotations

from datetime import UTC, datetime, time

from sextant.errors import InvalidInput
from sextant.tables import Table


def newest(table: Table, column: str) -> datetime:
    """The latest time in a column of dates or times; a time without a zone is taken as UTC, a day as its
    start.

    Raises `InvalidInput` when the column holds anything else, or no row has a time.

    >>> from datetime import date
    >>> import pyarrow as pa
    >>> from sextant.tables import table
    >>> newest(table(pa.table({"day": [date(2026, 1, 2), date(2026, 1, 1)]}), name="log"), "day").isoformat()
    '2026-01-02T00:00:00+00:00'
    """
    return span(table, column)[1]


def span(table: Table, column: str) -> tuple[datetime, datetime]:
    """The first and the latest time in a column."""
    values = table.column(column)
    if not (values.type().is_timestamp() or values.type().is_date()):
        raise InvalidInput("it holds no dates or times", where=f"{table.name}, column {column}",
                           rule="times are written as 2026-12-31 or 2026-12-31T09:00:00Z")  # fmt: skip
    row = table.fetch(table.expr.aggregate(first=values.min(), last=values.max()))[0]
    if row["last"] is None:
        raise InvalidInput("no row has a time", where=f"{table.name}, column {column}")
    return _aware(row["first"]), _aware(row["last"])


def _aware(value: datetime) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.combine(value, time())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
