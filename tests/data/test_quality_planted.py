"""Every kind of fault, planted in a table without any: found with its count, where it is, what it costs, what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from sextant.data.quality import COSTS, Report, examine
from sextant.data.quality.looks import SPREAD, looks, spread
from sextant.tables import engine, table

N = 3000
TOWNS = {"Ulm": "DE", "Bonn": "DE", "Oslo": "NO", "Rome": "IT", "Paris": "FR"}
Columns = dict[str, Any]


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def clean() -> Columns:
    rng = np.random.default_rng(3)
    words = np.array([f"w{c}{d}" for c in "abcdefghijklmnopqrst" for d in "abcdefghijklmnopqrst"])
    days = np.datetime64("2024-01-01") + rng.integers(0, 700, N).astype("timedelta64[D]")
    town = rng.choice(list(TOWNS), N)
    return {
        "id": list(range(1, N + 1)), "age": rng.normal(40, 10, N).round().tolist(), "wait": rng.exponential(9, N).tolist(),
        "income": rng.lognormal(10, 1, N).round(2).tolist(), "town": town.tolist(), "land": [TOWNS[t] for t in town],
        "joined": days.astype(str).tolist(), "weight": [f"{w:.1f} kg" for w in rng.normal(70, 10, N)],
        "code": [f"AB-{i:04d}" for i in rng.integers(0, 9999, N)], "group": rng.choice(["a", "b", "c"], N).tolist(),
        "comment": [" ".join(rng.choice(words, 20)) for _ in range(N)],
        "phone_number": rng.choice([491_234_567, 9_072_761_131], N, p=[0.99, 0.01]).tolist(),
        "target": (rng.random(N) < 0.3).astype(int).tolist(),
    }  # fmt: skip


def at(column: str, value: Any, rows: range) -> Callable[[Columns], None]:
    """Puts a value, or what it makes of the old one, into a column's rows (from 0)."""

    def plant(columns: Columns) -> None:
        for i in rows:
            columns[column][i] = value(columns[column][i]) if callable(value) else value

    return plant


def repeat(columns: Columns) -> None:
    for name, values in columns.items():
        if name != "id":
            values[11] = values[10]


def add(name: str, make: Callable[[Columns], list[Any]]) -> Callable[[Columns], None]:
    return lambda columns: columns.__setitem__(name, make(columns))


def gaps_in_c(columns: Columns) -> None:
    rows = [i for i, g in enumerate(columns["group"]) if g == "c"][:300]
    for i in rows:
        columns["wait"][i] = None


#: Each fault: in which of three tables, how it is planted, the finding, its count, and the first row in which it is seen.
FAULTS: dict[str, tuple[int, Callable[[Columns], None], str, int, int | None]] = {
    "no value": (1, at("age", None, range(10, 40)), "missing-age", 30, 11),
    "a word for no value": (3, at("land", "N/A", range(10, 40)), "missing-land", 30, 11),
    "blank": (2, at("code", " ", range(10, 40)), "missing-code", 30, 11),
    "a number for no value": (2, at("age", -999.0, range(10, 40)), "missing-age", 30, 11),
    "a value far out": (3, at("age", 400.0, range(50, 51)), "far-out-age", 1, 51),
    "one far beyond a heavy tail": (3, at("income", 3e10, range(5, 6)), "far-out-income", 1, 6),
    "another way to write dates": (
        1, at("joined", lambda d: f"{d[8:]}.{d[5:7]}.{d[:4]}", range(30, 60)), "date-joined", 30, 31,
    ),
    "another case": (1, at("town", str.upper, range(20, 30)), "variant-town", 10, 21),
    "another unit in a few rows": (1, at("weight", "154.3 lb", range(40, 50)), "unit-weight", 10, 41),
    "white space": (3, at("town", lambda t: f"{t} ", range(20, 30)), "space-town", 10, 21),
    "a wrong encoding": (1, at("comment", lambda c: f"MÃ¼ller {c}", range(7, 8)), "encoding-comment", 1, 8),
    "letters that changed places": (2, at("town", "Bnon", range(70, 73)), "typo-town", 3, 71),
    "a code made up otherwise": (1, at("code", "AB0001", range(60, 62)), "format-code", 2, 61),
    "rows that are there twice": (1, repeat, "repeated", 1, 12),
    "a key that names two rows": (2, at("id", 1, range(1, 2)), "repeated-key-id", 1, 1),
    "texts that are nearly the same": (
        2, lambda c: at("comment", f"{c['comment'][500]} extra", range(501, 502))(c), "near-repeated-comment", 1, 502,
    ),
    "a rare class": (1, at("target", 2, range(10)), "rare-class-target", 10, None),
    "a one-sided target": (2, at("target", 0, range(2850)), "one-sided-target", 2944, None),
    "a rare group": (3, at("group", "d", range(10)), "rare-group-group", 10, None),
    "gaps in one group": (3, gaps_in_c, "gap-by-group-wait", 1004, None),
    "a constant": (1, add("same", lambda c: [1] * N), "constant-same", N, None),
    "a column that gives the answer away": (
        1, add("after", lambda c: [10 * t + 1 for t in c["target"]]), "leak-after", N, None,
    ),
    "a broken dependency": (2, at("land", "US", range(80, 90)), "dependency-land", 10, 81),
    "infinite": (1, at("wait", float("inf"), range(3)), "infinite-wait", 3, 1),
    "text among numbers": (
        2, add("price", lambda c: ["see note" if i in (4, 5) else f"{i}.5" for i in range(N)]), "type-price", 2, 5,
    ),
    "days without a year": (2, add("day", lambda c: [f"{d} Oct" for d in np.arange(N) % 28 + 1]), "date-day", N, 1),
}  # fmt: skip
#: What the planted faults make true besides.
BROUGHT = {1: {"heavy-tail-income"}, 2: {"heavy-tail-income"}, 3: {"missing-wait"}}


def report(on: Any, columns: Columns) -> Report:
    return examine(table(pa.table(columns), name="rows", on=on), key="id", target="target", groups=["group"])


def test_nothing_is_wrong_before(on: Any) -> None:
    # Exponential and lognormal columns are left in peace, as are phone numbers of another land.
    found = [i.key for i in report(on, clean()).issues if i.kind != "heavy-tail"]
    assert found == []


@pytest.fixture(scope="module", params=[1, 2, 3])
def planted(on: Any, request: pytest.FixtureRequest) -> tuple[int, Columns, Report]:
    columns = clean()
    for which, plant, *_ in FAULTS.values():
        if which == request.param:
            plant(columns)
    return request.param, columns, report(on, columns)


def test_planted_faults_are_found_and_nothing_else(planted: tuple[int, Columns, Report]) -> None:
    which, columns, found = planted
    expected = {key: (count, first) for table_, _, key, count, first in FAULTS.values() if table_ == which}
    assert {i.key for i in found.issues} - BROUGHT[which] == set(expected)
    for key, (count, first) in expected.items():
        issue = found.issue(key)
        assert (issue.count, issue.share) == (count, count / N), key
        if first is not None:
            assert (issue.examples[0].row, issue.examples[0].key) == (first, str(columns["id"][first - 1]))
        assert issue.fix and issue.cost == COSTS[issue.kind].why


def test_a_player_with_49854_rounds_lies_alone(on: Any, shared_data: Path) -> None:
    found = examine(table(shared_data / "abtest" / "cookie_cats.csv", on=on))
    issue = found.issue("far-out-sum_gamerounds")
    assert (issue.count, [e.value for e in issue.examples]) == (1, ["49854"])


def test_quantiles_of_a_large_table_come_from_rows_spread_over_it(on: Any) -> None:
    rows = 3 * SPREAD
    # Sorted, and every seventh row is of another kind: neither is seen more often than it is there.
    opened = table(
        pa.table({"x": np.arange(rows), "week": np.where(np.arange(rows) % 7 == 0, 1, 0)}), name="rows", on=on
    )
    some = spread(opened, rows, SPREAD)
    kept = some.arrow()
    assert abs(kept.num_rows - SPREAD) < 10
    assert abs(float(np.mean(kept["week"].to_numpy())) - 1 / 7) < 0.001
    look = next(iter(looks(opened, rows)))
    assert (look.present, look.low, look.high, look.sized) == (rows, 0, rows - 1, kept.num_rows)
    assert look.at(0.5) == pytest.approx(rows / 2, rel=0.001)
