"""What every test may use, and the rule that CI skips nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]
IN_CI = bool(os.environ.get("SEXTANT_CI"))

# No deadline: how long an example takes says something about the machine, not about the code. In CI the
# examples are the same each time, so that a red run can be had again; elsewhere every run tries new ones.
settings.register_profile("sextant", deadline=None, derandomize=IN_CI)
settings.load_profile("sextant")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets with published results: SEXTANT_SHARED_DATA, else the one beside us."""
    folder = Path(os.environ.get("SEXTANT_SHARED_DATA") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"the public data sets are not at {folder}; set SEXTANT_SHARED_DATA to their folder")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a skip is a failure: a test that needs a peer which is not there has tested nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every skip with its reason, in CI as the failures that they are there."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and IN_CI:
        terminalreporter.section("skipped, and CI skips nothing: each counts as a failure", red=True)
        for report in skipped:
            # A skip's longrepr is (file, line, reason).
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[2]}")
