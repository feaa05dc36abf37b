"""Reading tables whole, and what cannot be read."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.data.profiling import profile
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


def test_yes_and_no_stay_words_and_true_is_true(tmp_path: Path, on: Any) -> None:
    found = table(put(tmp_path, "a.csv", "said,short,flag,None\nyes,t,true,\nno,f,False,\n,t,,\n"), on=on)
    kinds = {c: str(found.expr[c].type()) for c in found.columns}
    assert kinds == {"said": "string", "short": "string", "flag": "boolean", "None": "string"}
    assert [row["said"] for row in rows(found)] == ["yes", "no", None]
    assert [row["flag"] for row in rows(found)] == [True, False, None]


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
    "a line that is no JSON": ("a.jsonl", '{"a": 1}\n{"a": \n', r"a\.jsonl:2: line 2 is no JSON"),
    "a bracket that the next line closes": (
        "a.jsonl",
        '{"a": 1}\n{"a": 2\n{"a": 3}\n',
        r"a\.jsonl:2: line 2 is no JSON",
    ),
    "JSON lines in another encoding": (
        "a.jsonl",
        '{"a": "é"}\n'.encode("latin-1"),
        r"a\.jsonl:1: line 1 is not UTF-8",
    ),
    "lines that are no objects": ("a.jsonl", "[1]\n2\n", r"a\.jsonl:1: line 1 is not an object"),
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


def test_parquet_files_of_one_table_hold_the_same(tmp_path: Path, on: Any) -> None:
    def parts(*columns: pa.Array) -> Path:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        for i, column in enumerate(columns):
            pq.write_table(pa.table({"a": column, "b": [1] * len(column)}), folder / f"{i}.parquet")
        return folder

    # A number may be wider in one file, and a column may be empty in one, or in all.
    wider = table(parts(pa.array([1], pa.int8()), pa.array([2.5]), pa.nulls(1)), on=on)
    assert [row["a"] for row in rows(wider)] == [1.0, 2.5, None]
    empty = table(parts(pa.nulls(2), pa.nulls(1)), on=on)
    assert str(empty.expr["a"].type()) == "string" and empty.columns == ("a", "b") and empty.count() == 3
    with pytest.raises(InvalidInput, match=r"column a holds numbers in 0\.parquet and text in 1\.parquet"):
        table(parts(pa.array([1]), pa.array(["x"])), on=on)


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


# --- databases and engines


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            'CREATE TABLE "two words" (id INTEGER, name TEXT, odd INTEGER, paid BOOLEAN, day DATE, at TIMESTAMP)'
        )
        rows = [
            (i, None if i % 2 else f"n{i}", i, i % 2, "2026-01-02", "2026-01-02 03:04:05")
            for i in range(30_000)
        ]
        rows[-1] = (2**53 + 1, "last", "x", 1, "2026-01-03", "2026-01-03 00:00:00")  # type: ignore[assignment]
        connection.executemany('INSERT INTO "two words" VALUES (?, ?, ?, ?, ?, ?)', rows)
    return path


def test_frames_that_are_no_tables(on: Any) -> None:
    import pandas as pd

    with pytest.raises(InvalidInput, match="two columns called 'a'"):
        table(pd.DataFrame([[1, 2]], columns=["a", "a"]), on=on)
    with pytest.raises(InvalidInput, match="it has no columns"):
        table(pd.DataFrame(), on=on)
    with pytest.raises(InvalidInput, match=r"column a .*values of one kind"):
        table(pd.DataFrame({"a": [1, "x"]}), on=on)


def test_an_expression_of_the_same_engine_stays_there(on: Any) -> None:
    import ibis

    first = table(pa.table({"a": [1, 2]}), on=on)
    assert table(first.expr, on=on).engine is on
    kept = ibis.memtable(pa.table({"a": [1, 2, 3]}))
    assert profile(table(kept)).rows == 3


def test_a_field_of_json_lines_that_holds_words_too_is_text(tmp_path: Path, on: Any) -> None:
    lines = [{"a": 1, "o": {"x": 1}, "n": 1}, {"a": "two", "o": "none", "n": 2.5}, {"a": None}]
    found = table(put(tmp_path, "a.jsonl", "\n".join(map(json.dumps, lines))), on=on)
    assert [r["a"] for r in found.fetch(found.expr.select("a"))] == ["1", "two", None]
    assert found.kind("a").is_string() and found.kind("n").is_numeric()
    assert not found.kind("o").is_string()


def test_a_duckdb_file_is_read_by_its_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import duckdb

    with duckdb.connect(str(tmp_path / "shop.duckdb")) as made:
        made.execute(
            "CREATE TABLE orders AS SELECT 1 AS a; CREATE SCHEMA old; CREATE TABLE old.orders AS SELECT 2 AS a"
        )
    monkeypatch.chdir(tmp_path)
    for address, a in (
        ("duckdb://shop.duckdb#orders", 1), ("duckdb://shop.duckdb#old.orders", 2),
        (f"duckdb:///{tmp_path}/shop.duckdb#orders", 1),
    ):  # fmt: skip
        found = table(address)
        assert found.fetch(found.expr) == [{"a": a}]
        with pytest.raises(duckdb.Error, match="read-only"):
            found.engine.con.execute("DROP TABLE orders")
        found.engine.disconnect()
    with pytest.raises(Unavailable, match=r"no table 'order' \(there is orders\)"):
        table("duckdb://shop.duckdb#order")
    with pytest.raises(Unavailable, match="does not exist"):
        table("duckdb://none.duckdb#orders")


def test_sqlite_is_typed_by_what_all_its_rows_hold(shop: Path, on: Any) -> None:
    found = table(f"sqlite:///{shop}#two words", on=on)
    kinds = {c: str(found.expr[c].type()) for c in found.columns}
    assert kinds == {
        "id": "int64", "name": "string", "odd": "string", "paid": "boolean", "day": "date", "at": "timestamp('UTC', 6)",
    }  # fmt: skip
    assert found.count() == 30_000
    assert found.where({"id": 2**53 + 1, "odd": "x"}).count() == 1
    assert found.where({"id": 2**53}).count() == 0
    with pytest.raises(Unavailable, match=r"names no table \(there is two words\)"):
        table(f"sqlite:///{shop}", on=on)
    with pytest.raises(Unavailable, match="no such file"):
        table("sqlite:///nowhere.db#x", on=on)


@pytest.fixture(scope="module")
def warehouse() -> Iterator[str]:
    """A table in PostgreSQL, by its address."""
    address = os.environ.get("SEXTANT_TEST_DATABASE_URL")
    if not address:
        pytest.skip("SEXTANT_TEST_DATABASE_URL names no PostgreSQL")
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS sextant_orders")
        connection.execute("CREATE TABLE sextant_orders (id bigint, amount double precision, at timestamptz)")
        connection.execute(
            "INSERT INTO sextant_orders VALUES (9007199254740993, 1.5, '2026-01-02T03:04:05Z'), (2, NULL, NULL)"
        )
        yield f"{address}#sextant_orders"
        connection.execute("DROP TABLE sextant_orders")


def test_a_database_does_the_work_itself_or_hands_its_rows_over(warehouse: str, on: Any) -> None:
    there, here = table(warehouse), table(warehouse, on=on)
    assert there.engine.name == "postgres" and here.engine is on
    for found in (there, here):
        assert found.columns == ("id", "amount", "at")
        assert found.where({"id": 9007199254740993}).count() == 1
        assert found.one(mean=found.numbers("amount").mean()) == {"mean": 1.5}
        assert sum(b.num_rows for b in found.batches()) == 2
    there.engine.disconnect()
    with pytest.raises(Unavailable, match="it has no table 'gone'"):
        table(warehouse.replace("sextant_orders", "gone"))


def test_an_address_that_nobody_answers_keeps_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable, match="cannot be reached") as caught:
        table("postgres://me:secret@127.0.0.1:1/none#x")
    assert "secret" not in str(caught.value)
    with pytest.raises(InvalidInput, match="an address of files"):
        table("https://example.org/a.parquet")
    monkeypatch.setenv("SEXTANT_ENGINE", "abacus://here")
    with pytest.raises(InvalidInput, match="abacus"):
        engine()


def test_an_expression_is_a_table(on: Any) -> None:
    numbers = table(pa.table({"x": [1, 2, 3]}), on=on)
    assert table(numbers.expr.filter(numbers.expr.x > 1)).count() == 2
    other = engine()
    assert table(numbers.expr, name="moved", on=other).engine is other
    other.disconnect()


def test_batches_are_all_rows_in_parts(on: Any) -> None:
    found = table(pa.table({"x": range(300_000)}), on=on)
    sizes = [b.num_rows for b in found.batches(rows=50_000)]
    assert sum(sizes) == 300_000 and max(sizes) < 100_000


def test_a_delta_table_with_deletion_vectors_is_refused(tmp_path: Path, on: Any) -> None:
    from deltalake import write_deltalake

    folder = tmp_path / "delta"
    write_deltalake(folder, pa.table({"x": [1, 2, 3]}))
    asks = {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"],
            "writerFeatures": ["deletionVectors"]}  # fmt: skip
    line = json.dumps({"protocol": asks}) + "\n" + json.dumps({"commitInfo": {"timestamp": 1}}) + "\n"
    put(folder, f"_delta_log/{1:020}.json", line)
    with pytest.raises(InvalidInput, match=r"deletionVectors .*wrong rows"):
        table(folder, on=on)
    assert table(folder, on=on, version=0).count() == 3
    with pytest.raises(InvalidInput, match="cannot be read at version 9"):
        table(folder, on=on, version=9)
    with pytest.raises(InvalidInput, match="only a Delta table has versions"):
        table(pa.table({"x": [1]}), on=on, version=1)


def test_nan_in_parquet_is_missing_though_its_statistics_are_silent(tmp_path: Path, on: Any) -> None:
    # By the format's rule, minimum and maximum of a Parquet column leave nan out; here no null is beside it.
    pq.write_table(pa.table({"x": [math.nan, 1.0, 2.0]}), tmp_path / "a.parquet")
    found = table(tmp_path / "a.parquet", on=on)
    assert found.keep(found.present("x")).count() == 2
    assert found.where({"x": Range(missing=True)}).count() == 1
    assert found.one(n=found.numbers("x").count(), mean=found.numbers("x").mean()) == {"n": 2, "mean": 1.5}


def test_a_delta_table_that_got_a_column_later_lacks_it_in_earlier_rows(tmp_path: Path, on: Any) -> None:
    from deltalake import write_deltalake

    place = str(tmp_path / "grown")
    write_deltalake(place, pa.table({"x": [1, 2]}))
    # All its files alike: DuckDB reads them itself. With a new column: through the table's own schema.
    assert table(place, on=on).fetch(table(place, on=on).expr.order_by("x"))[-1] == {"x": 2}
    write_deltalake(place, pa.table({"x": [3], "y": ["a"]}), mode="append", schema_mode="merge")
    found = table(place, on=on)
    assert found.fetch(found.expr.order_by("x")) == [
        {"x": 1, "y": None},
        {"x": 2, "y": None},
        {"x": 3, "y": "a"},
    ]


def test_what_was_laid_on_the_disk_goes_with_the_process(tmp_path: Path) -> None:
    """Also of a command, which ends without taking apart what it loaded."""
    code = (
        "import os\nfrom sextant.tables.engines import DuckDB\nfrom sextant_cli.main import _leave\n"
        "one = DuckDB()\none.con.execute(\"SET memory_limit = '40MB'\")\n"
        "one.con.execute('CREATE TABLE t AS SELECT range AS r, hash(range) AS h, random() AS x FROM range(4000000)')\n"
        f"print(len(os.listdir({str(tmp_path)!r})))\n_leave(7)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (7, "")
    assert int(done.stdout or 0) == 1 and list(tmp_path.iterdir()) == []
