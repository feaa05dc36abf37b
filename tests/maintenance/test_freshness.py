"""When the newest row came."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pytest

from sextant.errors import InvalidInput
from sextant.maintenance.freshness import newest, span
from sextant.tables import engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


EAST = timezone(timedelta(hours=2))
#: As a file has it that names no zone.
NAIVE = datetime(2026, 1, 1, 9, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("values", "first", "last"),
    [
        (
            [date(2026, 1, 2), date(2026, 1, 1)],
            datetime(2026, 1, 1, tzinfo=UTC),
            datetime(2026, 1, 2, tzinfo=UTC),
        ),
        (
            [NAIVE, None],
            datetime(2026, 1, 1, 9, tzinfo=UTC),
            datetime(2026, 1, 1, 9, tzinfo=UTC),
        ),
        (
            [datetime(2026, 1, 1, 9, tzinfo=EAST), datetime(2026, 1, 1, 8, tzinfo=EAST)],
            datetime(2026, 1, 1, 6, tzinfo=UTC),
            datetime(2026, 1, 1, 7, tzinfo=UTC),
        ),
    ],
)
def test_times_become_one_kind(on: Any, values: list[Any], first: datetime, last: datetime) -> None:
    rows = table(pa.table({"at": values}), on=on)
    assert span(rows, "at") == (first, last)
    assert newest(rows, "at") == last


@pytest.mark.parametrize(
    ("values", "said"),
    [(["yesterday"], "no dates or times"), (pa.array([None], pa.date32()), "no row has a time")],
)
def test_what_tells_no_time(on: Any, values: Any, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        newest(table(pa.table({"at": values}), on=on), "at")
