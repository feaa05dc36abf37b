"""What every test may use."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from tests.no_skips import IN_CI, pytest_sessionfinish, pytest_terminal_summary

__all__ = ["pytest_sessionfinish", "pytest_terminal_summary"]

# A run in the background begins with ctrl-C ignored, and so would every process that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]

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
