"""`sextant synthetic`: sentences, numbers, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from sextant_cli.main import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, seed in (("real", 1), ("made", 2)):
        rng = np.random.default_rng(seed)
        lines = [f"{i},{rng.normal():.6f},{rng.choice(['a', 'b'])}" for i in range(200)]
        (tmp_path / f"{name}.csv").write_text("\n".join(["id,x,kind", *lines]) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_exit_code_says_whether_something_was_found(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["synthetic", "real.csv", "made.csv", "--key", "id", "--apart", "0.8"]) == 0
    assert "✓ Copies" in capsys.readouterr().out
    assert run(["synthetic", "real.csv", "real.csv", "--key", "id", "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["holds"] and found["copies"]["rows"] == 200
    assert {p["question"]: p["answer"] for p in found["points"]}["Copies"] == "unmet"


def test_bad_use_exits_with_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["real.csv"], ["real.csv", "no.csv"], ["real.csv", "made.csv", "--target", "y"]):
        assert run(["synthetic", *arguments]) == 2
        assert capsys.readouterr().err
