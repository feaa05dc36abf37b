"""A shell for tests: commands run in this process, on its own test database or against a real server."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sextant_cli.main import run
from sextant_client import Project, connect
from tests.serving import Server, server

__all__ = ["server"]


@dataclass(frozen=True)
class Result:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The output as JSON, held to the standard: no NaN."""

        def refuse(constant: str) -> None:
            raise AssertionError(f"{constant} is no JSON")

        return json.loads(self.out, parse_constant=refuse)


class Shell:
    """A folder to stand in, and commands; `slug` is the project there."""

    def __init__(
        self, folder: Path, slug: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.folder, self.slug = folder, slug
        self._capsys, self._monkeypatch = capsys, monkeypatch
        monkeypatch.chdir(folder)
        # The site's logging is set up in this process too; a command of its own has none over a network.
        logging.getLogger("httpx").setLevel(logging.WARNING)

    def __call__(self, *arguments: str, code: int = 0, stdin: str = "") -> Result:
        """Run a command; another exit code than `code` is a failure of the test."""
        self._capsys.readouterr()
        self._monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        given = run(arguments)
        found = Result(given, *self._capsys.readouterr())
        assert found.code == code, f"exit {found.code}\n{found.out}\n{found.err}"
        return found

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


@pytest.fixture
def mine(
    db: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A shell on this process's own database, which has the project `forms`."""
    with connect() as client:
        client.create_project("forms", "Forms")
    return Shell(tmp_path, "forms", capsys, monkeypatch)


@pytest.fixture(params=[pytest.param("embedded", marks=pytest.mark.django_db), "server"])
def shell(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    """A shell with one project, on this process's own database, then with a token on a real server."""
    if request.param == "embedded":
        with connect() as client:
            client.create_project("forms", "Forms")
        return Shell(tmp_path, "forms", capsys, monkeypatch)
    running: Server = request.getfixturevalue("server")
    slug, token = running.project()
    monkeypatch.setenv("SEXTANT_URL", running.url)
    monkeypatch.setenv("SEXTANT_TOKEN", token)
    return Shell(tmp_path, slug, capsys, monkeypatch)


@pytest.fixture
def project(shell: Shell) -> Iterator[Project]:
    """The shell's project, for what a test has to lay there first."""
    with connect() as client:
        yield client.project(shell.slug)
