"""What is wrong with a table."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.data.quality import DISGUISES, examine, quality
from sextant.errors import InvalidInput
from sextant.reports import Finding
from sextant.tables import engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def found(on: Any, columns: dict[str, Any], **about: Any) -> dict[str, Finding]:
    return {f.key: f for f in quality(table(pa.table(columns), name="rows", on=on), **about)}


PLAIN = list(range(100))


def test_a_clean_table_has_no_findings(on: Any) -> None:
    assert (
        found(on, {"id": PLAIN, "x": [i * 1.5 for i in PLAIN], "y": ["a", "b"] * 50}, key="id", target="y")
        == {}
    )


def test_missing_in_every_disguise(on: Any) -> None:
    text = ["good", "fine"] * 40 + [None, "", "  ", *(d.upper() for d in DISGUISES)]
    numbers = [float(i) for i in range(len(text) - 5)] + [math.nan, None, -9999.0, -9999.0, -9999.0]
    report = found(on, {"text": text, "number": numbers})
    missing = report["missing-text"]
    assert missing.count == 3 + len(DISGUISES)
    assert f"{2 + len(DISGUISES)} of them in disguise" in missing.text
    assert missing.examples == ("row 81", "row 82", "row 83", "row 84", "row 85")
    assert report["missing-number"].count == 5
    assert "3 of them in disguise" in report["missing-number"].text
    # What stands for "no value" is not far out as well.
    assert "far-out-number" not in report


def test_a_number_that_looks_odd_once_is_no_habit(on: Any) -> None:
    report = found(on, {"x": [float(i) for i in range(98)] + [-9999.0, -9999.0]})
    assert "missing-x" not in report
    assert report["far-out-x"].count == 2
    assert report["far-out-x"].examples == ("row 99", "row 100")


@pytest.mark.parametrize(
    ("gaps", "plain", "as_target"), [(1, "low", "medium"), (10, "medium", "high"), (60, "high", "critical")]
)
def test_how_grave_a_gap_is(on: Any, gaps: int, plain: str, as_target: str) -> None:
    columns = {"x": [None] * gaps + ["a", "b"] * ((100 - gaps) // 2) + ["a"] * (gaps % 2), "n": PLAIN}
    assert found(on, columns)["missing-x"].severity == plain
    assert found(on, columns, target="x")["missing-x"].severity == as_target
    assert found(on, columns)["missing-x"].share == gaps / 100


def test_far_out_by_hand(on: Any) -> None:
    # Quarters of 0..99 and 1000: 25 and 75, so the fences are 25 - 3 * 50 = -125 and 75 + 3 * 50 = 225.
    report = found(on, {"x": [*range(100), 1000]})["far-out-x"]
    assert (report.count, report.severity) == (1, "low")
    assert "below −125 or above 225" in report.text
    assert report.examples == ("row 101",)
    assert found(on, {"x": [*range(100), 10**6]})["far-out-x"].severity == "medium"
    # Where half of the rows are equal there is no width to go by.
    assert found(on, {"x": [5] * 90 + list(range(10))}) == {
        "repeated": found(on, {"x": [5] * 90 + list(range(10))})["repeated"]
    }


def test_repeated_rows_and_keys(on: Any) -> None:
    columns = {"id": [1, 2, 2, 3, 4], "x": ["a", "b", "c", "a", "d"], "y": [1.0, 2.0, 3.0, 1.0, None]}
    report = found(on, columns, key="id")
    assert (report["repeated-key-id"].count, report["repeated-key-id"].severity) == (1, "critical")
    assert report["repeated-key-id"].examples == ("row 2", "row 3")
    # Rows 1 and 4 are equal in everything but the key.
    assert (report["repeated"].count, report["repeated"].examples) == (1, ("row 4",))
    assert "in everything but id" in report["repeated"].text
    assert "repeated" not in found(on, columns)


def test_constant_columns(on: Any) -> None:
    report = found(on, {"id": PLAIN, "x": ["a"] * 99 + [None], "y": [7] * 100, "z": [True] * 100})
    assert {k for k in report if k.startswith("constant")} == {"constant-x", "constant-y", "constant-z"}


def test_one_sided_targets_and_rare_groups(on: Any) -> None:
    y, g = ["no"] * 980 + ["yes"] * 20, ["north"] * 990 + ["south"] * 10
    report = found(on, {"id": list(range(1000)), "y": y, "g": g}, key="id", target="y", groups=["g"])
    assert report["one-sided-y"].severity == "medium"
    assert "98 % of the rows are of one class of y, no" in report["one-sided-y"].text
    assert "yes (20)" in report["rare-class-y"].text
    assert "south (10)" in report["rare-group-g"].text
    assert (
        found(on, {"id": list(range(1000)), "y": ["no"] * 995 + ["yes"] * 5}, key="id", target="y")[
            "one-sided-y"
        ].severity
        == "high"
    )


def test_the_gravest_come_first(on: Any) -> None:
    order = ["critical", "high", "medium", "low"]
    columns = {
        "id": [1, 1, *range(98)],
        "x": [None] * 60 + list(range(40)),
        "c": [1] * 100,
        "y": [None] * 7 + ["a", "b", "c"] * 31,
    }
    ranks = [order.index(f.severity) for f in quality(table(pa.table(columns), on=on), key="id")]
    assert ranks == sorted(ranks) and len(set(ranks)) >= 3


def test_keys_are_stable_and_tell_columns_apart(on: Any) -> None:
    report = found(on, {"A b": [None, 1, 2], "a-b": [None, 1, 2], "é": [None, 1, 3]})
    assert len({k for k in report if k.startswith("missing")}) == 3
    assert found(on, {"A b": [None, 1, 2]}).keys() <= report.keys()


def test_findings_hold_no_contents_of_cells(on: Any) -> None:
    secret = [f"person{i}@example.org" for i in range(60)]
    report = found(on, {"mail": secret, "x": [None, *range(59)]}, key="mail")
    assert "example.org" not in "".join(f.model_dump_json() for f in report.values())


def test_odd_columns_and_empty_tables(on: Any) -> None:
    assert found(on, {"x": pa.array([], pa.int64())}).keys() == {"empty"}
    nested = {"s": [{"a": 1}, {"a": 1}, None], "l": [[1], [2], None]}
    assert {"missing-s", "missing-l"} <= found(on, nested).keys()
    with pytest.raises(InvalidInput, match="no column 'gone'"):
        found(on, {"x": [1, 2]}, target="gone")


def test_real_dirt_is_found(on: Any, shared_data: Path) -> None:
    """2,410 beers: what is blank in the clean table is N/A or blank in the dirty one, and all of it is
    found."""
    with (shared_data / "dirty" / "beers_clean.csv").open() as stream:
        clean = list(csv.DictReader(stream))
    report = {f.key: f for f in quality(table(shared_data / "dirty" / "beers_dirty.csv", on=on), key="index")}
    for column in ("ibu", "abv", "style", "city"):
        blank = sum(row[column] == "" for row in clean)
        found = report.get(f"missing-{column}")
        assert (found.count if found else 0) >= blank, column
    assert report["missing-ibu"].count == sum(row["ibu"] == "" for row in clean)
    assert "in disguise" in report["missing-ibu"].text


def test_of_a_large_file_the_same_is_found_several_questions_at_a_time(tmp_path: Path) -> None:
    # Parquet is asked on several connections at once, a frame on its one; rows 1 to 40 stand there once more.
    rows = 120_000
    chance = np.random.default_rng(3)
    price = chance.normal(50, 5, rows)
    price[7], price[100] = 9e5, np.inf
    place = chance.integers(0, 6, rows)
    columns = {
        "id": np.arange(rows) % (rows - 20),
        "price": price,
        "twice": 2 * price,  # settled by the price: the two tell no more than one
        "place": [f"place {p}" for p in place],
        "state": [f"state {p // 2}" if i % 5000 else "state 9" for i, p in enumerate(place)],
    }
    frame = pa.table(columns)
    frame = pa.concat_tables([frame.slice(0, rows - 40), frame.slice(0, 40)])
    pq.write_table(frame, tmp_path / "large.parquet")
    apart = examine(table(tmp_path / "large.parquet", name="large"), key="id")
    alone = examine(table(frame, name="large"), key="id")
    assert [(i.key, i.count, i.text, i.examples) for i in apart.issues] == [
        (i.key, i.count, i.text, i.examples) for i in alone.issues
    ]
    counted = {i.key: i.count for i in apart.issues}
    assert counted["repeated"] == 40
    assert counted["infinite-price"] == 1
    assert counted["far-out-price"] == 2
    assert "dependency-state" in counted


def test_a_recipe_brings_units_of_one_kind_to_the_usual_one(on: Any) -> None:
    sizes = [f"{n} g" for n in range(100, 195)] + ["0.2 kg", "1 KG", "5 kg", "2 kg", "3 kg"]
    mend = examine(table(pa.table({"size": sizes}), name="rows", on=on)).issue("unit-size").mend
    assert mend == (
        {"step": "standardize", "number": True, "units": {"g": 1.0, "kg": 1000.0}, "column": "size"},
    )
    # Money of two kinds has no such factor.
    paid = ["$1"] * 95 + ["€1"] * 5
    mend = examine(table(pa.table({"paid": paid}), name="rows", on=on)).issue("unit-paid").mend
    assert "units" not in mend[0]
