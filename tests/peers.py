"""Other programs that Sextant works with, for tests: each in an environment of its own, from its hash lock.

`programs(NAME)` gives the folder of the programs of `benchmarks/peers/NAME.lock`, and skips the test where that
environment was not made: `python -m benchmarks.peers NAME` makes it, as `.ci/run` does. `serving(...)` starts a server
out of it on a free port of this machine, waits until it answers, and stops it and everything that it started. Some take
a minute to start: start one once a session, and keep all tests that need it in one file, so that one worker owns it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from benchmarks.harness import peer_folder, peer_is_made

#: What a server may take to answer at first, on a machine that does other things too.
MOST_SECONDS = 420


def programs(name: str) -> Path:
    """The folder of the peer's programs; skips the test where it is not installed, or from an older lock."""
    if not peer_is_made(name):
        pytest.skip(f"the peer {name} is not installed: python -m benchmarks.peers {name}")
    return peer_folder(name) / "bin"


@contextmanager
def serving(
    command: Sequence[str | Path], url: str, *, env: Mapping[str, str] | None = None, folder: Path, alive: str = "/"
) -> Iterator[str]:  # fmt: skip
    """Run a server from `folder`, where its output is kept in `log`, until the block ends; gives its `url`.

    It is up once `alive` is answered by anything under 500. A server that ends before, or takes longer than
    `MOST_SECONDS`, fails the test with the end of its log.
    """
    kept = {
        k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SEXTANT_", "DJANGO_", "PYTHON"))
    }
    log = folder / "log"
    with log.open("w") as out:
        running = subprocess.Popen(
            [str(part) for part in command], cwd=folder, env={**kept, **(env or {})}, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
        try:
            _wait(running, url + alive, log)
            yield url
        finally:
            # Its workers too: they are in its session.
            os.killpg(running.pid, signal.SIGTERM)
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()


def _wait(running: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        if running.poll() is not None:
            break
        try:
            if httpx.get(url, timeout=5).status_code < 500:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    end = "\n".join(log.read_text(errors="replace").splitlines()[-40:])
    pytest.fail(f"{running.args} did not answer at {url}\n{end}")
