"""Recipes: each step by hand, replayed with the numbers it learned, never in place, and harmless to spreadsheets."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from sextant.data.quality import examine
from sextant.data.recipes import apply, draft, fit, plain, preview, read_recipe, write
from sextant.errors import Conflict, InvalidInput, Unavailable
from sextant.tables import Table, engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def mended(on: Any, columns: dict[str, Any], *steps: dict[str, Any]) -> dict[str, list[Any]]:
    made, fitted = apply(read_recipe({"steps": list(steps)}), table(pa.table(columns), name="rows", on=on))
    rows = made.fetch(made.expr)
    # Fitted, written down and read again, it gives the same.
    again, _ = apply(read_recipe(plain(fitted)), table(pa.table(columns), name="rows", on=on))
    assert again.fetch(again.expr) == rows
    return {name: [r[name] for r in rows] for name in made.columns}


TOWNS = ["Ulm", "Ulm", "Ulm", "Rom", "Rom"]


@pytest.mark.parametrize(
    ("columns", "step", "expected"),
    [
        ({"x": [1, None, 5]}, {"step": "impute", "column": "x", "with": "mean"}, {"x": [1, 3, 5]}),
        ({"x": [1, None, 2]}, {"step": "impute", "column": "x", "with": "mean"}, {"x": [1, 1.5, 2]}),
        ({"x": [1.0, math.nan, 5.0, 100.0]}, {"step": "impute", "column": "x", "with": "median"}, {"x": [1, 5, 5, 100]}),
        ({"x": ["b", "a", "n/a", "b"]}, {"step": "impute", "column": "x", "with": "most_frequent"}, {"x": ["b", "a", "b", "b"]}),
        ({"x": [None, "a"]}, {"step": "impute", "column": "x", "with": "value", "value": "?", "flag": True},
         {"x": ["?", "a"], "x_was_missing": [True, False]}),
        ({"x": [1, None, 9, None], "g": ["a", "a", "b", None]}, {"step": "impute", "column": "x", "with": "mean", "by": "g"},
         {"x": [1, 1, 9, 5], "g": ["a", "a", "b", None]}),
        ({"x": [1, None, 3], "y": [1, 2, 3]}, {"step": "remove", "missing": ["x"], "columns": ["y"]}, {"x": [1, 3]}),
        ({"x": [1, 2, 3]}, {"step": "remove", "where": {"x": {"at_least": 2}}}, {"x": [1]}),
        ({"x": [1, None, 3]}, {"step": "flag", "where": {"x": {"above": 2}}, "into": "big"},
         {"x": [1, None, 3], "big": [False, False, True]}),
        ({"x": [-5, 1, 99, None]}, {"step": "cap", "column": "x", "low": 0, "high": 10}, {"x": [0, 1, 10, None]}),
        ({"x": list(range(101))}, {"step": "cap", "column": "x", "quantiles": [0.1, 0.9]},
         {"x": [min(max(i, 10), 90) for i in range(101)]}),
        ({"x": [1.0, math.inf, -999.0]}, {"step": "blank", "column": "x", "infinite": True, "values": [-999]},
         {"x": [1, None, None]}),
        ({"x": ["a", "N/A", " "]}, {"step": "blank", "column": "x", "disguised": True}, {"x": ["a", None, None]}),
        ({"x": [" A\u00a0 b ", "c"]}, {"step": "standardize", "column": "x", "trim": True, "case": "lower"}, {"x": ["a b", "c"]}),
        ({"x": ["12.0 oz", "$1,200", "x", "-3%"]}, {"step": "standardize", "column": "x", "number": True},
         {"x": [12, 1200, None, -3]}),
        ({"x": ["2 kg", "5 g"]}, {"step": "standardize", "column": "x", "number": True, "units": {"kg": 1000, "g": 1}},
         {"x": [2000, 5]}),
        ({"x": ["a", "b", None]}, {"step": "map", "column": "x", "values": {"a": "z", "b": None}}, {"x": ["z", None, None]}),
        ({"x": ["Ulm BW", "Bonn NW", "New York"], "y": ["", "NW", "BW"]}, {"step": "split", "column": "x", "into": "y"},
         {"x": ["Ulm", "Bonn NW", "New York"], "y": ["BW", "NW", "BW"]}),
        ({"x": ["Ulm", "Ulm", "Ulx", "Ulm"], "k": [1, 1, 1, 1]}, {"step": "agree", "column": "x", "by": [["k"]]},
         {"x": ["Ulm"] * 4, "k": [1] * 4}),
        ({"x": [1, 1, 2], "y": ["a", "b", "c"]}, {"step": "deduplicate", "by": ["x"]}, {"x": [1, 2], "y": ["a", "c"]}),
        ({"x": [1, 1, 2], "y": ["a", "b", "c"]}, {"step": "deduplicate", "by": ["x"], "keep": "last"},
         {"x": [1, 2], "y": ["b", "c"]}),
        ({"x": ["one two three four", "x", "One two three  four"]}, {"step": "deduplicate", "near": "x"},
         {"x": ["one two three four", "x"]}),
        ({"x": TOWNS}, {"step": "rebalance", "column": "x"}, {"x": TOWNS, "weight": [5 / 6] * 3 + [5 / 4] * 2}),
    ],
)  # fmt: skip
def test_each_step(on: Any, columns: dict[str, Any], step: dict[str, Any], expected: dict[str, Any]) -> None:
    found = mended(on, columns, step)
    assert found == {k: pytest.approx(v, nan_ok=True) if k in ("weight",) else v for k, v in expected.items()}


def test_dates_in_several_ways(on: Any) -> None:
    step = {"step": "standardize", "column": "x", "date": ["iso", "%d/%m/%Y"]}
    found = mended(on, {"x": ["2026-01-31", "31/01/2026", "never"]}, step)["x"]
    assert [None if v is None else v.date().isoformat() for v in found] == ["2026-01-31", "2026-01-31", None]


@pytest.mark.parametrize(("way", "counts"), [("undersample", (20, 20)), ("oversample", (80, 80))])
def test_rebalancing_by_rows(on: Any, way: str, counts: tuple[int, int]) -> None:
    columns = {"x": ["a"] * 80 + ["b"] * 20, "n": list(range(100))}
    found = mended(on, columns, {"step": "rebalance", "column": "x", "way": way})
    assert (found["x"].count("a"), found["x"].count("b")) == counts
    other = mended(on, columns, {"step": "rebalance", "column": "x", "way": way, "seed": 7})
    assert (other["n"] != found["n"]) == (way == "undersample")
    twice = mended(on, columns, {"step": "rebalance", "column": "x", "way": way, "most": 2})
    assert max(twice["x"].count("a"), twice["x"].count("b")) == 2 * min(
        twice["x"].count("a"), twice["x"].count("b")
    )


def test_next_week_is_treated_with_the_same_numbers(on: Any) -> None:
    recipe = read_recipe(
        {
            "steps": [
                {"step": "impute", "column": "x", "with": "median"},
                {"step": "cap", "column": "x", "quantiles": [0, 0.5]},
            ]
        }
    )
    assert not recipe.fitted
    fitted = fit(recipe, table(pa.table({"x": [1, 2, 3, None]}), name="first", on=on))
    assert fitted.fitted and fitted.fitted_on is not None and fitted.fitted_on.table == "first"
    made, same = apply(fitted, table(pa.table({"x": [None, 100]}), on=on))
    assert [r["x"] for r in made.fetch(made.expr)] == [2, 2] and same == fitted


def test_a_preview_counts_what_changes_and_writes_nothing(on: Any) -> None:
    opened = table(pa.table({"x": [1.0, None, 500.0], "y": ["a", "a", "b"]}), name="rows", on=on)
    steps = [
        {"step": "cap", "column": "x", "high": 10},
        {"step": "impute", "column": "x", "with": "value", "value": 0},
        {"step": "remove", "where": {"y": "b"}},
    ]
    found = preview(read_recipe({"steps": steps}), opened)
    assert [(dict(c.cells), c.rows_before, c.rows_after) for c in found.changes] == [
        ({"x": 1}, 3, 3), ({"x": 1}, 3, 3), ({}, 3, 2),
    ]  # fmt: skip
    assert found.changes[0].examples == (("x", "500.0", "10.0"),)
    before, after = found.columns["x"]
    assert before is not None and after is not None
    assert (before.missing, before.mean, after.missing, after.mean) == (1, 250.5, 0, 0.5)
    assert [r["x"] for r in opened.fetch(opened.expr)] == [1.0, None, 500.0]


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"step": "polish"}, "polish"),
        ({"step": "impute", "column": "x", "with": "value"}, "`value` goes with"),
        ({"step": "cap", "column": "x"}, "give `quantiles`"),
        ({"step": "remove"}, "say what is left out"),
        ({"step": "standardize", "column": "x"}, "say how it is written"),
    ],
)
def test_a_step_that_says_nothing_is_refused(step: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        read_recipe({"steps": [step]})


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ({"step": "impute", "column": "gone", "with": "mean"}, "no column 'gone'"),
        ({"step": "impute", "column": "t", "with": "mean"}, "holds no numbers"),
        ({"step": "impute", "column": "empty", "with": "mean"}, "no value to learn from"),
        ({"step": "standardize", "column": "x", "trim": True}, "holds no text"),
        ({"step": "flag", "where": {"x": 1}, "into": "t"}, "already"),
        ({"step": "rebalance", "column": "empty"}, "0 classes"),
    ],
)
def test_a_step_that_does_not_fit_its_table(on: Any, step: dict[str, Any], message: str) -> None:
    rows = table(
        pa.table({"x": [1, 2], "t": ["a", "b"], "empty": pa.array([None, None], pa.float64())}),
        name="rows",
        on=on,
    )
    with pytest.raises(InvalidInput, match=message):
        apply(read_recipe({"steps": [step]}), rows)


def test_never_in_place_and_never_over_a_file(on: Any, tmp_path: Path) -> None:
    source = tmp_path / "rows.csv"
    source.write_text("x\n1\n")
    opened = table(source, on=on)
    for target in (source, tmp_path / "." / "rows.csv"):
        with pytest.raises(Conflict, match="own source"):
            write(opened, target, source)
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "a.csv").write_text("x\n1\n")
    with pytest.raises(Conflict, match="own source"):
        write(opened, folder / "b.csv", folder)
    (tmp_path / "there.csv").write_text("kept")
    with pytest.raises(Conflict, match="none overwritten"):
        write(opened, tmp_path / "there.csv", source)
    with pytest.raises(InvalidInput, match="no format"):
        write(opened, tmp_path / "new.xlsx", source)
    with pytest.raises((Unavailable, Exception)):
        write(opened, tmp_path / "no" / "such" / "folder.csv", source)
    assert source.read_text() == "x\n1\n" and (tmp_path / "there.csv").read_text() == "kept"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["parts", "rows.csv", "there.csv"]


def test_formulas_in_csv_are_made_harmless(on: Any, tmp_path: Path) -> None:
    risky = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "-5", "+3.5", "plain", None]
    write(table(pa.table({"=note": risky, "n": range(9)}), on=on), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        header, *rows = csv.reader(stream)
    assert header == ["'=note", "n"]
    assert [r[0] for r in rows] == [f"'{v}" for v in risky[:5] if v] + ["-5", "+3.5", "plain", ""]
    write(table(pa.table({"note": risky}), on=on), tmp_path / "out.parquet")
    again = table(tmp_path / "out.parquet", on=on)
    assert [r["note"] for r in again.fetch(again.expr)] == risky


def test_a_drafted_recipe_mends_what_was_found(on: Any) -> None:
    rows = 400
    columns = {
        "id": list(range(rows)),
        "town": ["Ulm" if i % 2 else "Bonn" for i in range(rows)],
        "size": [f"{i % 50} cm" if i % 3 else f"{i % 50}cm." for i in range(rows)],
        "score": ["N/A" if i % 10 == 0 else str(i % 17) for i in range(rows)],
        "one": ["same"] * rows,
    }
    columns["town"][5], columns["town"][6] = "ulm", " Bonn"
    opened = table(pa.table(columns), name="rows", on=on)
    before = examine(opened, key="id")
    assert {"variant-town", "space-town", "unit-size", "missing-score", "constant-one"} <= {
        i.key for i in before.issues
    }
    made, _ = apply(draft(m for i in before.issues for m in i.mend), opened)
    again = Table("mended", on.create_table("mended_again", obj=on.to_pyarrow(made.expr), temp=True), on)
    assert examine(again, key="id").issues == ()
