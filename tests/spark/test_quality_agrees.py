"""The same findings, to the row, from DuckDB and from a real Spark cluster."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.config.rules import QualityRule
from sextant.data.quality import Report, examine
from sextant.tables import engine, table

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.filterwarnings("ignore")]

N = 2_000
TOWNS = {"Ulm": "DE", "Bonn": "DE", "Oslo": "NO", "Rome": "IT", "Paris": "FR"}
RULES = [
    QualityRule(column="age", at_most=100),
    QualityRule(column="town", one_of=("Ulm", "Bonn", "Oslo", "Rome")),
]


def dirty() -> pa.Table:
    rng = np.random.default_rng(5)
    town = rng.choice(list(TOWNS), N)
    columns: dict[str, list[Any]] = {
        "id": list(range(N)), "age": rng.normal(40, 10, N).round().tolist(), "amount": rng.lognormal(3, 1, N).tolist(),
        "town": town.tolist(), "land": [TOWNS[t] for t in town], "target": (rng.random(N) < 0.3).astype(int).tolist(),
        "note": [" ".join(f"w{c}" for c in rng.choice(list("abcdefghijklmnopqrstuvwxyz"), 40)) for _ in range(N)],
    }  # fmt: skip
    columns["age"][:20] = [None] * 5 + [-999.0] * 14 + [400.0]
    columns["amount"][7:9] = [float("inf"), float("nan")]
    columns["town"][30:40] = ["n/a"] * 4 + ["ULM"] * 3 + ["Oslo "] * 3
    columns["land"][50:56] = ["US"] * 6
    columns["note"][70] = columns["note"][71] + " more"
    for values in columns.values():
        values[91] = values[90]
    columns["id"][91] = 91
    columns["id"][95] = 94
    return pa.table(columns)


@pytest.fixture(scope="module")
def reports(spark_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Report, Report]]:
    path: Path = tmp_path_factory.mktemp("quality") / "rows.parquet"
    pq.write_table(dirty(), path)
    found = []
    for address in ("duckdb", spark_url):
        on = engine(address)
        found.append(examine(table(path, name="rows", on=on), key="id", target="target", rules=RULES))
        on.disconnect()
    yield found[0], found[1]


def test_the_same_is_found_in_as_many_rows(reports: tuple[Report, Report]) -> None:
    here, there = ({i.key: (i.count, i.rows, i.severity, i.text) for i in r.issues} for r in reports)
    assert there == here
    assert {
        "missing-age", "far-out-age", "infinite-amount", "variant-town", "space-town", "missing-town", "dependency-land",
        "repeated", "repeated-key-id", "near-repeated-note", "rule-age-range",
    } <= set(here)  # fmt: skip


def test_rows_are_shown_by_their_key_where_they_have_no_number(reports: tuple[Report, Report]) -> None:
    here, there = reports
    for issue in there.issues:
        if issue.examples:
            assert all(e.row is None and e.key is not None for e in issue.examples)
    assert [e.key for e in there.issue("dependency-land").examples] == [
        e.key for e in here.issue("dependency-land").examples
    ]
