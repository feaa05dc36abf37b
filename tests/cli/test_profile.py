"""`sextant profile`: tables and stored profiles, one or several, as text and as JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from sextant.data.profile import Profile
from sextant_cli.main import run


@pytest.fixture
def days(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two days of one table."""
    (tmp_path / "monday.csv").write_text("age,city\n31,Oslo\n44,\n")
    (tmp_path / "tuesday.csv").write_text("age,city\n27,Bergen\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_is_told_and_kept(days: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", "monday.csv", "-o", "monday.json"]) == 0
    said = capsys.readouterr()
    assert "monday.csv: 2 rows, 2 columns" in said.out and "mean 37.5" in said.out
    assert "Kept as monday.json" in said.err
    assert Profile.load("monday.json")["age"].quantile(1).value == 44


def test_parts_add_up_to_the_whole(days: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", "monday.csv", "-o", "monday.json"]) == 0
    capsys.readouterr()
    assert run(["profile", "monday.json", "tuesday.csv", "--columns", "age", "--format", "json"]) == 0
    added = Profile.read(capsys.readouterr().out)
    assert run(["profile", "*day.csv", "--columns", "age", "--format", "json"]) == 0
    whole = Profile.read(capsys.readouterr().out)
    assert added.columns == whole.columns and [c.name for c in added.columns] == ["age"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.csv"], "there is no such file"),
        (["monday.csv", "--columns", "agge"], "did you mean 'age'"),
        (["no.json"], "cannot read it"),
        ([], "Missing argument"),
    ],
)
def test_bad_use_exits_with_2(
    days: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(["profile", *arguments]) == 2
    assert said.casefold() in capsys.readouterr().err.casefold()
