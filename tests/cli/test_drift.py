"""`sextant drift`: tables and stored profiles, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sextant.stats.distances import STATISTICS
from sextant_cli import drift as command
from sextant_cli.main import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "old.csv").write_text("x\n" + "\n".join(str(i) for i in range(400)))
    (tmp_path / "new.csv").write_text("x\n" + "\n".join(str(i + 200) for i in range(400)))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_exit_code_says_whether_something_drifted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["drift", "old.csv", "new.csv"]) == 1
    assert "1 of 1 columns drifted" in capsys.readouterr().out
    assert run(["drift", "old.csv", "old.csv"]) == 0
    assert run(["drift", "old.csv", "new.csv", "--threshold", "0.9"]) == 0


def test_a_stored_profile_stands_for_its_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["profile", "old.csv", "-o", "old.json"]) == 0
    capsys.readouterr()
    assert run(["drift", "old.json", "new.csv", "--format", "json", "--statistic", "wasserstein"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["statistic"] == "wasserstein" and found["columns"][0]["verdict"] == "drifted"


def test_bad_use_exits_with_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["old.csv"], ["old.csv", "no.csv"], ["old.csv", "new.csv", "--columns", "y"]):
        assert run(["drift", *arguments]) == 2
        assert capsys.readouterr().err


def test_the_command_knows_every_distance() -> None:
    assert command.STATISTICS == STATISTICS


def test_nothing_that_was_compared_is_no_pass(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("x\n")
    (tmp_path / "some.csv").write_text("x\n1\n2\n")
    assert run(["drift", str(tmp_path / "none.csv"), str(tmp_path / "some.csv")]) == 1
    assert "no column can be compared" in capsys.readouterr().out


def test_all_columns_together(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rows = [(i % 2, i % 2) for i in range(400)], [(i % 2, 1 - i % 2) for i in range(400)]
    for name, side in zip(("before", "now"), rows, strict=True):
        (tmp_path / f"{name}.csv").write_text("x,y\n" + "".join(f"{x},{y}\n" for x, y in side))
    pair = [str(tmp_path / "before.csv"), str(tmp_path / "now.csv")]
    assert run(["drift", *pair]) == 0
    assert run(["drift", *pair, "--multivariate"]) == 1
    assert "All columns together: ✕ drifted" in capsys.readouterr().out
