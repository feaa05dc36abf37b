"""CI skips nothing: a test that needs a peer which is not there has tested nothing."""

from __future__ import annotations

import os

import pytest

IN_CI = bool(os.environ.get("SEXTANT_CI"))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a run that skipped something has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if IN_CI and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """In CI, name every skip with its reason."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and IN_CI:
        terminalreporter.section("skipped, and CI skips nothing: each counts as a failure", red=True)
        for report in skipped:
            # A skip's longrepr is (file, line, reason).
            terminalreporter.line(f"{report.nodeid}: {report.longrepr[2]}")
