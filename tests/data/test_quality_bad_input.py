"""Every kind of bad input gets a clear answer from quality and from a recipe: a finding, or an error that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.data.quality import Report, examine
from sextant.data.recipes import apply, read_recipe, write
from sextant.errors import InvalidInput
from sextant.tables import engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def text(content: str | bytes) -> Callable[[Path], None]:
    return lambda p: p.write_bytes(content if isinstance(content, bytes) else content.encode()) and None


def parquet(**columns: Any) -> Callable[[Path], None]:
    return lambda p: pq.write_table(pa.table(columns), p)


def truncated(path: Path) -> None:
    parquet(a=list(range(5000)))(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def parts(*tables: dict[str, Any]) -> Callable[[Path], None]:
    def made(path: Path) -> None:
        path.mkdir()
        for i, columns in enumerate(tables):
            pq.write_table(pa.table(columns), path / f"{i}.parquet")

    return made


def twice(path: Path) -> None:
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), path)


REFUSED: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "a line that is too short": ("x.csv", text("a,b,c\n1,2,3\n4,5\n"), "line 3 has 2 values"),
    "a line that is too long": ("x.csv", text("a,b\n1,2\n4,5,6\n"), "line 3 has 3 values"),
    "Latin-1": ("x.csv", text("name\nMüller\n".encode("latin-1")), "is not UTF-8"),
    "UTF-16": ("x.csv", text("name\nMüller\n".encode("utf-16")), "is not UTF-8"),
    "an empty file": ("x.csv", text(""), "the file is empty"),
    "an empty Parquet file": ("x.parquet", text(""), "the file is empty"),
    "two columns of one name": ("x.csv", text("a,a\n1,2\n"), "two columns called 'a'"),
    "two columns of one name in Parquet": ("x.parquet", twice, "two columns called 'a'"),
    "a truncated Parquet file": ("x.parquet", truncated, "not a whole Parquet file"),
    "a column that later parts lack": ("x", parts({"a": [1], "b": [1]}, {"a": [2], "c": [1]}), "different columns: b, c"),
    "a column of another type in later parts": ("x", parts({"a": [1]}, {"a": [["q"]]}), "a"),
    "lines that are no JSON": ("x.jsonl", text('{"a": 1}\n{"a":\n'), "no JSON"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_do(on: Any, tmp_path: Path, case: str) -> None:
    name, make, said = REFUSED[case]
    make(tmp_path / name)
    with pytest.raises(InvalidInput, match=said):
        examine(table(tmp_path / name, on=on))


def kinds(report: Report) -> dict[str, int]:
    return {i.key: i.count for i in report.issues}


INF = float("inf")
LOOKED_AT: dict[str, tuple[str, Callable[[Path], None], dict[str, int]]] = {
    "no rows": ("x.csv", text("a,b\n"), {"empty": 1}),
    "mixed types": (
        "x.csv", text("a\n" + "".join(f"{i if i % 20 else 'abc'}\n" for i in range(100))), {"type-a": 5, "repeated": 4},
    ),
    "all null": ("x.parquet", parquet(a=pa.nulls(3), b=pa.array([None] * 3, pa.float64()), id=[1, 2, 3]),
                 {"missing-a": 3, "missing-b": 3}),
    "infinite": ("x.parquet", parquet(a=[1.0, 2.0, 3.0, INF, -INF] * 8, id=range(40)), {"infinite-a": 16}),
    "only infinite": ("x.parquet", parquet(a=[INF] * 40, id=range(40)), {"infinite-a": 40}),
    "100,000 categories": ("x.parquet", parquet(a=[f"cat {i}" for i in range(100_000)]), {}),
    "a text of a megabyte": ("x.parquet", parquet(a=["x" * 1_000_000, "y", "z " * 500_000], b=[1, 2, 3]), {}),
    "a whole number in one part and a fraction in the next": (
        "x", parts({"a": [1, 2]}, {"a": [1.5, 3.5]}), {},
    ),
    "nested values": ("x.jsonl", text('{"a": {"b": 1}, "c": [1]}\n{"a": {"b": 2}, "c": []}\n'), {}),
    "a null byte": ("x.csv", text(b"a,b\n1,x\x00y\n2,z\n"), {"encoding-b": 1}),
    "the ends of numbers and time": (
        "x.parquet", parquet(x=[2**62, 2**62 + 1] * 2, y=[1e308, -1e308, 1e300, 0.0]), {},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", LOOKED_AT)
def test_what_is_odd_is_looked_at(on: Any, tmp_path: Path, case: str) -> None:
    name, make, expected = LOOKED_AT[case]
    make(tmp_path / name)
    opened = table(tmp_path / name, on=on)
    assert kinds(examine(opened)) == expected
    if opened.columns[0] == "a" and case != "no rows":
        recipe = read_recipe({"version": 1, "steps": [{"step": "remove", "missing": ["a"]}]})
        made, _ = apply(recipe, opened)
        assert made.count() <= opened.count()


def test_formulas_in_an_exported_table_are_harmless(on: Any, tmp_path: Path) -> None:
    names = ["=cmd()", "@SUM(A1)", "+49 170", "-x", "-5", "+1.5", "ok"]
    opened = table(pa.table({"=n": names, "x": [-5, 3, 2, 1, 0, 1, 2]}), on=on)
    write(opened, tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines == ["'=n,x", "'=cmd(),-5", "'@SUM(A1),3", "'+49 170,2", "'-x,1", "-5,0", "+1.5,1", "ok,2"]


def test_a_step_on_a_column_that_is_not_there_names_those_that_are(on: Any) -> None:
    recipe = read_recipe({"version": 1, "steps": [{"step": "impute", "column": "c", "with": "median"}]})
    with pytest.raises(InvalidInput) as error:
        apply(recipe, table(pa.table({"a": [1], "b": [2]}), name="two", on=on))
    assert "columns are a, b" in str(error.value) and "sextant_row" not in str(error.value)
