"""The server's settings in a home of their own: a test never touches its user's data, keys or anchors."""

import os
import tempfile
from pathlib import Path

# Made once by the process that starts the run; its workers inherit the variable, and each has its own part.
if "SEXTANT_TEST_HOME" not in os.environ:
    _made = tempfile.TemporaryDirectory(prefix="sextant-tests-")
    os.environ["SEXTANT_TEST_HOME"] = _made.name
_home = Path(os.environ["SEXTANT_TEST_HOME"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")

os.environ.update(
    SEXTANT_HOME=str(_home / "home"),
    XDG_CONFIG_HOME=str(_home / "config"),
    XDG_STATE_HOME=str(_home / "state"),
)
for _name in ("SEXTANT_URL", "SEXTANT_TOKEN", "SEXTANT_SIGNING_KEY_FILE", "SEXTANT_ANCHORS"):
    os.environ.pop(_name, None)

from sextant_server.settings import *  # noqa: E402, F403
