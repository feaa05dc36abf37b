"""Versions, days and digests from a real Spark cluster: the same as from DuckDB, whatever parts the rows come in."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.data.days import by_day
from sextant.data.versions import Store, compare, rowsum
from sextant.errors import Unavailable
from sextant.tables import engine, table

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]

ROWS, START = 3_000, datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table in three files, with what engines like to keep differently."""
    made = tmp_path_factory.mktemp("versions") / "rows"
    made.mkdir()
    rows = pa.table(
        {
            "id": pa.array([2**53 + i for i in range(ROWS)], pa.int64()),
            "small": pa.array([i % 100 for i in range(ROWS)], pa.int8()),
            "ratio": [float("nan") if i % 50 == 0 else i / 7 for i in range(ROWS)],
            "name": [None if i % 9 == 0 else f"n{i % 40}" for i in range(ROWS)],
            "yes": [i % 3 == 0 for i in range(ROWS)],
            "cost": pa.array([Decimal(i) / 100 for i in range(ROWS)], pa.decimal128(12, 2)),
            "day": [date(2026, 1, 1) + timedelta(days=i % 3) for i in range(ROWS)],
            "at": pa.array([START + timedelta(microseconds=i * 7) for i in range(ROWS)], pa.timestamp("us", tz="UTC")),
        }
    )  # fmt: skip
    for i in range(3):
        pq.write_table(rows.slice(i * ROWS // 3, ROWS // 3), made / f"part-{i}.parquet")
    return made


def test_a_version_is_the_same_from_either_engine(
    folder: Path, cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without Sextant a worker can still hand its rows over, but not sum them.
    monkeypatch.setattr(cluster._session.sparkContext, "pythonExec", sys._base_executable)  # type: ignore[attr-defined]
    with pytest.raises(Unavailable, match="the workers have no Sextant"):
        rowsum(table(folder, on=cluster))
    monkeypatch.setattr(cluster._session.sparkContext, "pythonExec", sys.executable)
    store, duck = Store(tmp_path), engine("duckdb")
    first = store.commit("rows", table(folder, on=duck))
    there = table(folder, on=cluster)
    # The workers sum their own parts; a commit brings the rows here, one part at a time.
    assert rowsum(there).digest == first.version.digest
    again = store.commit("rows", there)
    assert not again.made and again.version.number == 1
    shuffled = store.commit("copy", there.keep(there.expr.id > 0))
    assert shuffled.version.digest == first.version.digest
    # Read back on the cluster, and compared there.
    kept = store.read("rows", on=cluster)
    assert kept.count() == ROWS and rowsum(kept).digest == first.version.digest
    found = compare(kept, there.keep(there.expr.small < 50), key="id", distributions=False)
    assert (found.removed, found.added, found.changed, found.same) == (ROWS // 2, 0, 0, ROWS // 2)
    days = [
        (day, profile.rows, profile["ratio"].missing)
        for day, profile in by_day(there, "day", columns=("ratio",))
    ]
    here = [
        (day, profile.rows, profile["ratio"].missing)
        for day, profile in by_day(table(folder, on=duck), "day", columns=("ratio",))
    ]
    assert days == here and len(days) == 3
