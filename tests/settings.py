"""The server's settings in a home of their own: a test never touches its user's data, keys or anchors."""

import atexit
import os
import secrets
import shutil
import tempfile
from pathlib import Path

# Chosen once by the process that starts the run, and made by whoever writes first: a type checker that reads
# these settings leaves nothing behind. Workers inherit the variable, and each has its own part.
if "SEXTANT_TEST_HOME" not in os.environ:
    os.environ["SEXTANT_TEST_HOME"] = f"{tempfile.gettempdir()}/sextant-tests-{secrets.token_hex(8)}"
    atexit.register(shutil.rmtree, os.environ["SEXTANT_TEST_HOME"], ignore_errors=True)
_home = Path(os.environ["SEXTANT_TEST_HOME"]) / os.environ.get("PYTEST_XDIST_WORKER", "main")

os.environ.update(
    SEXTANT_HOME=str(_home / "home"),
    SEXTANT_SECRET_KEY="of the tests",
    XDG_CONFIG_HOME=str(_home / "config"),
    XDG_STATE_HOME=str(_home / "state"),
)
for _name in (
    "DATABASE_URL", "SEXTANT_URL", "SEXTANT_TOKEN", "SEXTANT_SIGNING_KEY_FILE", "SEXTANT_ANCHORS",
    "SEXTANT_SMTP_URL", "SEXTANT_MAIL_FROM", "SEXTANT_PUBLIC_URL",
):  # fmt: skip
    os.environ.pop(_name, None)

from sextant_server.settings import *  # noqa: E402, F403
