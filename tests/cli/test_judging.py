"""Whether a judge may judge, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sextant.errors import InvalidInput
from sextant.evaluation.judge import OF_SCORES, STATISTICS
from sextant_cli import judging


def asked(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(judging.judge, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return int(result.return_value or 0), result.output


@pytest.fixture
def rated(tmp_path: Path) -> str:
    path = tmp_path / "rated.csv"
    rows = ["A,B,A,A", "B,A,B,B", "A,A,B,A", "B,A,B,B"] * 25
    path.write_text("said,swapped,anna,ben\n" + "\n".join(rows) + "\nA,A,A,B\n")
    return str(path)


def test_it_says_whether_the_judge_may_judge(rated: str) -> None:
    about = (rated, "--verdict", "said", "--people", "anna", "--people", "ben")
    code, said = asked(*about, "--bar", "0.7")
    assert code == 0 and said.startswith("✓ met: kappa of judge and people 1")
    assert "26 more outputs were left out" in said
    code, said = asked(
        *about, "--bar", "0.7", "--bias-bar", "0.1", "--first", "A", "--second", "B", "--swapped", "swapped", "--format",
        "json",
    )  # fmt: skip
    found = json.loads(said)
    assert code == 0 and found["outputs"] == 75 and found["steady"]["value"] == 1.0
    assert asked(*about, "--statistic", "accuracy", "--bar", "0.99")[0] == 1


def test_bad_use(rated: str) -> None:
    about = (rated, "--verdict", "said", "--people", "anna")
    for more, rule in (
        (("--first", "A"), "go together"), (("--swapped", "swapped"), "--first WORD"), (("--own", "x"), "go together"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=rule):
            asked(*about, *more)
    assert (judging.STATISTICS, judging.OF_SCORES) == (STATISTICS, OF_SCORES)
