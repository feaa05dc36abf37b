"""A real server for tests: `sextant serve` on a free port of this machine, once a session, in a home of its
own.

`server` is running when a test gets it. `server.project()` opens a project on it and gives a token for it:
projects are opened by a process beside it that works on the same home, as its owner would.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.databases import python_environment

#: Reads `slug scopes` a line; opens the project, and answers with a token for it.
OPENER = """
import json, sys
from sextant_client import connect
client = connect()
for line in sys.stdin:
    slug, scopes = line.split()
    known = [p.slug for p in client.projects()]
    project = client.project(slug) if slug in known else client.create_project(slug, slug.title())
    print(json.dumps(project.create_token("test", scopes.split(",")).secret), flush=True)
"""


@dataclass
class Server:
    """A running server. `env` makes a process work on its home directly."""

    url: str
    home: Path
    env: dict[str, str]
    opener: subprocess.Popen[str]
    said: str
    _opened: int = field(default=0)

    def project(self, slug: str = "", scopes: Sequence[str] = ("write",)) -> tuple[str, str]:
        """A project (a new one, unless it is named) and a token for it."""
        self._opened += 1
        slug = slug or f"project-{self._opened}"
        assert self.opener.stdin
        assert self.opener.stdout
        self.opener.stdin.write(f"{slug} {','.join(scopes)}\n")
        self.opener.stdin.flush()
        return slug, json.loads(self.opener.stdout.readline())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def home_environment(folder: Path) -> dict[str, str]:
    """What makes a process keep everything that it keeps in this folder, as a user's would in their home."""
    clean = dict.fromkeys(("SEXTANT_URL", "SEXTANT_TOKEN", "SEXTANT_PROJECT", "DATABASE_URL"), "")
    return python_environment(
        **clean,
        SEXTANT_HOME=str(folder / ".sextant"),
        XDG_CONFIG_HOME=str(folder / "config"),
        XDG_STATE_HOME=str(folder / "state"),
    )


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    env, port = home_environment(folder), free_port()
    command = [sys.executable, "-m", "sextant_cli.main", "serve", "--port", str(port), "--no-worker"]
    with (folder / "log").open("w") as log:
        running = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
        said = ""
        assert running.stdout
        for line in running.stdout:
            said += line
            if line.startswith("Sextant is at "):
                break
        assert "Sextant is at " in said, f"it did not start\n{said}\n{(folder / 'log').read_text()}"
        opener = subprocess.Popen(
            [sys.executable, "-c", OPENER], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        yield Server(f"http://127.0.0.1:{port}", Path(env["SEXTANT_HOME"]), env, opener, said)
        for process in (opener, running):
            process.terminate()
        opener.communicate(timeout=30)
        running.communicate(timeout=30)
