"""The rule of tests/no_skips.py, tried on a suite of its own: in CI a skip fails the run and says why."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SUITES = {
    "test": "import pytest\n\ndef test_skips():\n    pytest.skip('no such peer here')\n",
    "module": "import pytest\n\npytest.skip('no such peer here', allow_module_level=True)\n",
}


@pytest.mark.parametrize(
    ("suite", "workers", "in_ci", "code"),
    [
        ("test", 0, "", 0),
        ("test", 0, "1", 1),
        ("test", 2, "1", 1),
        ("module", 0, "1", 1),
        ("module", 2, "1", 1),
    ],
)
def test_a_skip_fails_the_run_only_in_ci(
    tmp_path: Path, suite: str, workers: int, in_ci: str, code: int
) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "no_skips.py").read_text())
    (tmp_path / "test_suite.py").write_text(SUITES[suite])
    (tmp_path / "test_other.py").write_text("def test_runs():\n    pass\n")
    outside = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:django",
            "-n",
            str(workers),
            "--rootdir",
            tmp_path,
            tmp_path,
        ],
        cwd=tmp_path,
        env={**outside, "SEXTANT_CI": in_ci},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert ("no such peer here" in done.stdout) == bool(in_ci)
    assert "1 skipped" in done.stdout.splitlines()[-1]
