"""A check that sometimes fails, run several times."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from sextant.errors import InvalidInput
from sextant_cli.repeat import repeat


def asked(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(repeat, words, standalone_mode=False)
    if result.exception:
        raise result.exception
    return int(result.return_value or 0), result.output


@pytest.fixture
def flaky(tmp_path: Path) -> str:
    """A program that fails every third time, with code 4."""
    program = tmp_path / "flaky"
    program.write_text(
        f"#!/bin/sh\nn=$(cat {tmp_path}/n 2>/dev/null || echo 0)\nn=$((n + 1))\necho $n > {tmp_path}/n\n"
        "[ $((n % 3)) -ne 0 ] || exit 4\n"
    )
    program.chmod(0o755)
    return str(program)


def test_so_many_of_so_many(flaky: str) -> None:
    code, said = asked("--runs", "9", "--pass", "6", "--", flaky)
    # 6 of 9 by Wilson: 35.4 to 87.9 %.
    assert code == 0 and "✓ met: 6 of 9 runs succeeded, 6 are asked for." in said
    assert "66.7 % of the time (between 35.4 and 87.9 %)" in said and "Failed: 3 with code 4." in said
    assert asked("--runs", "3", "--pass", "3", "--", flaky)[0] == 1
    code, said = asked("--runs", "3", "--format", "json", "--", flaky)
    found = json.loads(said)
    assert code == 1 and (found["needed"], found["succeeded"], found["failures"]) == (3, 2, {"4": 1})


def test_bad_use_and_a_run_that_hangs(flaky: str) -> None:
    with pytest.raises(InvalidInput, match="--pass is 5 of 3 runs"):
        asked("--runs", "3", "--pass", "5", "--", flaky)
    with pytest.raises(InvalidInput, match="cannot be run"):
        asked("--", "/no/such/program")
    code, said = asked(
        "--runs", "2", "--timeout", "0.05", "--", sys.executable, "-c", "import time; time.sleep(9)"
    )
    assert code == 1 and "2 with timeout" in said
