"""How many rows a target needs, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sextant.errors import InvalidInput
from sextant_cli.learning import TASKS, learning_curve


def asked(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(learning_curve, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return int(result.return_value or 0), result.output


@pytest.fixture
def runs(tmp_path: Path) -> str:
    # 0.9 - 2 n^-1/2, but for a thousandth: 0.88 needs (2 / 0.02)^2 = 10,000 rows.
    rows = [(n, 0.9 - 2 * n**-0.5 + (-1) ** i / 1000) for i, n in enumerate((100, 200, 400, 800, 1600, 3200))]
    path = tmp_path / "runs.csv"
    path.write_text("n,right\n" + "".join(f"{n},{s:.5f}\n" for n, s in rows))
    return str(path)


def test_what_a_target_needs_and_what_there_is(runs: str) -> None:
    about = ("--rows", "n", "--score", "right", "--share")
    code, said = asked(runs, *about, "--target", "0.88")
    assert code == 1 and "0.88 needs between" in said
    assert asked(runs, *about, "--target", "0.85")[0] == 0
    code, said = asked(runs, *about, "--target", "0.88", "--have", "1000000", "--format", "json")
    found = json.loads(said)
    assert code == 0 and found["needed"]["answer"] == "more"
    assert found["needed"]["lower"] < 10_000 < found["needed"]["upper"]
    assert found["with"]["lower"] < 0.9 < found["with"]["upper"]
    assert asked(runs, *about, "--have", "10000") == (0, asked(runs, *about, "--have", "10000")[1])


def test_a_target_of_the_project_file(runs: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sextant.yaml").write_text(
        "project: {slug: a, name: A}\ncriteria:\n  - {key: right, name: Right, family: ml, metric: accuracy, unit: share,\n"
        "     direction: at_least, threshold: 0.88}\n"
    )
    monkeypatch.chdir(tmp_path)
    code, said = asked(runs, "--rows", "n", "--score", "right", "--criterion", "right")
    assert code == 1 and "0.88 needs between" in said


def test_bad_use_and_rules_of_thumb(runs: str) -> None:
    with pytest.raises(InvalidInput, match="no column 'rows'"):
        asked(runs)
    code, said = asked("--format", "json")
    assert code == 0 and tuple(json.loads(said)) == TASKS
    assert "1,000" in asked("--task", "simple")[1]
