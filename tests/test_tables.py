"""Reading tables whole, and what cannot be read."""

from __future__ import annotations

import gzip
import hashlib
import math
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.errors import InvalidInput, SextantError, Unavailable
from sextant.tables import Range, Table, digest_of, engine, files_of, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def rows(found: Table) -> list[dict[str, Any]]:
    return found.fetch(found.expr)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# --- what can be read


def test_csv_keeps_what_a_guess_from_a_sample_would_lose(tmp_path: Path, on: Any) -> None:
    # The last of 30,000 rows is text, so the column is text; an id with leading zeros stays as it is; a row
    # that begins with # is a row; a date is a date only as year, month, day.
    lines = ["id,late,when,odd", *("007,1,2026-01-02,#1" for _ in range(30_000)), "008,none,2026-01-03,x"]
    found = table(put(tmp_path, "a.csv", "\n".join(lines)), on=on)
    assert found.count() == 30_001
    kinds = {c: str(found.expr[c].type()) for c in found.columns}
    assert kinds == {"id": "string", "late": "string", "when": "date", "odd": "string"}
    assert found.where({"odd": "#1"}).count() == 30_000


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_one_that_parts_the_first_line(tmp_path: Path, on: Any, separator: str) -> None:
    text = separator.join("ab") + "\n" + separator.join(["x.y", '"1"']) + "\n"
    found = table(put(tmp_path, "a.csv", text), on=on)
    assert found.columns == ("a", "b")
    assert rows(found) == [{"a": "x.y", "b": 1}]


def test_every_format_gives_the_same_rows(tmp_path: Path, on: Any) -> None:
    wanted = [{"x": 1, "y": "a"}, {"x": 2, "y": None}]
    frame = pa.Table.from_pylist(wanted)
    pq.write_table(frame, tmp_path / "a.parquet")
    text = "x,y\n1,a\n2,\n"
    found = [
        table(put(tmp_path, "a.csv", text), on=on),
        table(put(tmp_path, "b.csv.gz", gzip.compress(text.encode())), on=on),
        table(put(tmp_path, "bom.csv", "\ufeff" + text), on=on),
        table(put(tmp_path, "crlf.csv", text.replace("\n", "\r\n")), on=on),
        table(put(tmp_path, "a.jsonl", '{"x": 1, "y": "a"}\n{"x": 2, "y": null}\n'), on=on),
        table(tmp_path / "a.parquet", on=on),
        table(frame, on=on),
    ]
    assert [rows(t) for t in found] == [wanted] * len(found)


def test_frames_of_others(on: Any) -> None:
    pandas = pytest.importorskip("pandas")
    found = table(pandas.DataFrame({"x": [1.0, math.nan], "y": ["a", "b"]}), name="frame", on=on)
    assert rows(found) == [{"x": 1.0, "y": "a"}, {"x": None, "y": "b"}]
    with pytest.raises(InvalidInput, match="a list is no table"):
        table([1, 2], name="frame", on=on)


def test_a_delta_table_is_read_at_its_present_version(tmp_path: Path, on: Any) -> None:
    from deltalake import DeltaTable, write_deltalake

    folder = tmp_path / "delta"
    write_deltalake(folder, pa.table({"x": [1, 2, 3]}))
    first = digest_of(folder)
    DeltaTable(folder).delete("x = 2")
    # The old file still lies there: a list of files would count the row that was deleted.
    assert sorted(r["x"] for r in rows(table(folder, on=on))) == [1, 3]
    assert digest_of(folder) != first


def test_folders_and_patterns(tmp_path: Path, on: Any) -> None:
    put(tmp_path, "logs/one.csv", "a,b\n1,2\n")
    put(tmp_path, "logs/two.csv", "b,a\nx,3\n")
    put(tmp_path, "logs/.hidden.csv", "nonsense")
    put(tmp_path, "logs/_spark/part.csv", "nonsense")
    put(tmp_path, "logs/readme.md", "words")
    wanted = [{"a": 1, "b": "2"}, {"a": 3, "b": "x"}]
    assert rows(table(tmp_path / "logs", on=on)) == wanted
    assert rows(table(tmp_path / "logs" / "*.csv", on=on)) == wanted
    assert [p.name for p in files_of(tmp_path / "logs")] == ["one.csv", "two.csv"]


def test_a_name_with_brackets_is_a_name(tmp_path: Path, on: Any) -> None:
    put(tmp_path, "data1.csv", "a\n1\n")
    assert rows(table(put(tmp_path, "data[1].csv", "a\n2\n"), on=on)) == [{"a": 2}]


# --- what cannot

FAULTS: dict[str, tuple[str, str | bytes, str]] = {
    "a row that is too long": (
        "a.csv",
        "a,b\n1,2\n1,2,3\n",
        r"a\.csv:3: line 3 has 3 values .* names 2 columns",
    ),
    "a row that is too short": ("a.csv", "a,b\n1\n", r"a\.csv:2: line 2 has 1 values"),
    "a fault in the last of many lines": ("a.csv", "a,b\n" + "1,2\n" * 30_000 + "1\n", r"a\.csv:30002: "),
    "a quote that never ends": ("a.csv", 'a,b\n1,"x\n2,y\n', r"a\.csv:2: a quote that opens in line 2"),
    "a line of words above the header": ("a.csv", "# made by hand\na,b\n1,2\n", r"a\.csv:2: "),
    "two columns of one name": ("a.csv", "a,b,A\n1,2,3\n", "two columns called 'A'"),
    "another encoding": ("a.csv", "a,b\n1,x\n2,café\n".encode("latin-1"), r"a\.csv:3: line 3 is not UTF-8"),
    "half a character at the top": ("a.csv", b"\xff\xfea\x00,\x00b\x00", r"a\.csv:1: line 1 is not UTF-8"),
    "nothing at all": ("a.csv", "", "the file is empty"),
    "a Parquet file that was cut off": ("a.parquet", b"PAR1" + b"\0" * 40, "not a whole Parquet file"),
    "a gzip file that was cut off": ("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 99)[:-12], "a.csv.gz"),
    "a line that is no JSON": ("a.jsonl", '{"a": 1}\n{"a": \n', r"line 2 is no JSON|line 3 is no JSON"),
    "lines that are no objects": ("a.jsonl", "[1]\n2\n", "each line is one JSON object"),
    "an unknown format": ("a.xlsx", "PK", "in no format that is known"),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_names_file_and_line(tmp_path: Path, on: Any, case: str) -> None:
    name, content, said = FAULTS[case]
    with pytest.raises(SextantError, match=said):
        table(put(tmp_path, name, content), on=on)


def test_what_is_not_there(tmp_path: Path, on: Any) -> None:
    with pytest.raises(Unavailable, match="there is no such file"):
        table(tmp_path / "none.csv", on=on)
    with pytest.raises(Unavailable, match="holds no table"):
        table(tmp_path, on=on)
    with pytest.raises(InvalidInput, match="an address"):
        table("s3://bucket/a.parquet", on=on)


def test_files_of_one_table_are_alike(tmp_path: Path, on: Any) -> None:
    put(tmp_path, "x/one.csv", "a,b\n1,2\n")
    put(tmp_path, "x/two.csv", "a,c\n1,2\n")
    with pytest.raises(InvalidInput, match=r"one\.csv and two\.csv have different columns: b, c"):
        table(tmp_path / "x", on=on)
    put(tmp_path, "y/one.csv", "a\n1\n")
    put(tmp_path, "y/two.jsonl", '{"a": 1}')
    with pytest.raises(InvalidInput, match="several formats: csv, jsonl"):
        table(tmp_path / "y", on=on)


def test_a_missing_column_names_its_neighbour(on: Any) -> None:
    found = table(pa.table({"latency_ms": [1.0]}), name="log", on=on)
    with pytest.raises(
        InvalidInput, match=r"log: there is no column 'latency' .*Did you mean 'latency_ms'"
    ) as caught:
        found.column("latency")
    assert caught.value.rule == "columns are latency_ms"
    with pytest.raises(InvalidInput, match="it holds text"):
        table(pa.table({"a": ["x"]}), name="log", on=on).numbers("a")


# --- digests


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", "a\n1\n")
    assert digest_of(path) == hashlib.sha256(b"a\n1\n").hexdigest()


def test_a_folder_has_one_digest_wherever_it_lies(tmp_path: Path) -> None:
    for place in ("here", "there/deep"):
        put(tmp_path, f"{place}/x/a.csv", "a\n1\n")
        put(tmp_path, f"{place}/x/b.csv", "a\n2\n")
    one = digest_of(tmp_path / "here" / "x")
    assert one == digest_of(tmp_path / "there" / "deep" / "x") == digest_of(tmp_path / "here" / "x" / "*.csv")
    put(tmp_path, "here/x/b.csv", "a\n3\n")
    assert digest_of(tmp_path / "here" / "x") != one


# --- conditions

VALUES = {"n": [1, 2, None], "f": [0.5, math.nan, 2.0], "t": ["1", "b", None], "b": [True, False, None]}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ({"n": 2}, 1),
        ({"n": "2"}, 1),
        ({"n": (1, 2, 9)}, 2),
        ({"n": Range(above=1)}, 1),
        ({"n": Range(at_least=1, below=2)}, 1),
        ({"n": Range(missing=True)}, 1),
        ({"f": Range(missing=True)}, 1),
        ({"f": Range(missing=False, at_most=0.5)}, 1),
        ({"f": 2}, 1),
        ({"t": 1}, 1),
        ({"t": "b", "n": 2}, 1),
        ({"b": True}, 1),
        ({"b": "false"}, 1),
        ({}, 3),
    ],
)
def test_conditions(on: Any, condition: dict[str, Any], kept: int) -> None:
    assert table(pa.table(VALUES), on=on).where(condition).count() == kept


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        ({"n": "x"}, "not a number"),
        ({"b": 7}, "neither true nor false"),
        ({"t": Range(above=1)}, "does not fit a column of text"),
        ({"n": Range(above=date(2026, 1, 1))}, "does not fit a column of numbers"),
        ({"gone": 1}, "no column 'gone'"),
    ],
)
def test_conditions_that_make_no_sense(on: Any, condition: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        table(pa.table(VALUES), on=on).where(condition)


def test_long_ids_do_not_run_together(on: Any) -> None:
    # As 64-bit floats these two are one number.
    found = table(pa.table({"id": [9007199254740993, 9007199254740992]}), on=on)
    assert found.where({"id": 9007199254740993}).count() == 1


def test_an_empty_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="a condition says"):
        Range()


# --- sums


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=50))
def test_a_sum_is_exact_in_any_order(on: Any, values: list[float]) -> None:
    for listed in (values, values[::-1]):
        found = table(pa.table({"x": pa.array(listed, pa.float64())}), on=on)
        assert found.exact_sum("x") == math.fsum(values)


def test_sums_of_whole_numbers_do_not_overflow(on: Any) -> None:
    found = table(pa.table({"x": [2**62, 2**62, 2**62]}), on=on)
    assert found.exact_sum("x") == float(3 * 2**62)
