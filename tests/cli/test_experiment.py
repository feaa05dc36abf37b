"""`sextant experiment`: what it prints, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sextant_cli.main import run


@pytest.fixture
def users(tmp_path: Path) -> str:
    rows = [f"{i},{'new' if i % 2 else 'control'},{i % 7 + (i % 2)},{i % 7}" for i in range(2000)]
    path = tmp_path / "users.csv"
    path.write_text("id,arm,spent,before\n" + "\n".join(rows))
    return str(path)


def test_health_first_then_the_effect_and_what_follows(
    users: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["experiment", "analyze", users, "--variant", "arm", "--metric", "spent", "--unit", "id"]) == 0
    out = capsys.readouterr().out
    assert out.index("as planned") < out.index("difference") < out.index("Ship.")
    options = ["--variant", "arm", "--numerator", "spent", "--denominator", "id", "--covariate", "before"]
    assert run(["experiment", "analyze", users, *options, "--sequential", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["effects"][0]["metric"] == "spent/id" and found["continuous"] and found["sound"]


def test_an_unsound_test_exits_with_1(users: str, capsys: pytest.CaptureFixture[str]) -> None:
    shares = ["--share", "new=0.6", "--share", "control=0.4"]
    assert run(["experiment", "analyze", users, "--variant", "arm", "--metric", "spent", *shares]) == 1
    assert "no accident" in capsys.readouterr().out


def test_a_plan(users: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--metric", "spent~before", "--per-day", "100", "--relative-effect", "0.05"]
    assert run(["experiment", "design", users, *asked]) == 0
    out = capsys.readouterr().out
    assert "after  14 days" in out and "takes" in out


@pytest.mark.parametrize(
    "wrong",
    [
        ["--metric", "spend"],
        [],
        ["--numerator", "spent"],
        ["--metric", "spent", "--metric", "before", "--covariate", "id"],
        ["--metric", "spent", "--share", "new"],
        ["--metric", "spent", "--planned-days", "7"],
        ["--metric", "spent", "--at-least", "spent=-1"],
    ],
)
def test_bad_use_exits_with_2(users: str, wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["experiment", "analyze", users, "--variant", "arm", *wrong]) == 2
    assert capsys.readouterr().err.startswith("sextant: ")
