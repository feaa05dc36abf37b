"""The production server as a process: ready, and gone without a trace however it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from sextant.errors import InvalidInput, Unavailable
from sextant_server.jobs import actions
from sextant_server.jobs.models import Job, Worker
from sextant_server.serve import _free
from tests.databases import make_database, run_python, start_python

WAIT = 60.0
#: Where the engine makes no difference, the one that starts faster.
one_engine = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Running:
    """A server: its process (the leader of a group of its own), its port, and what it said until it was ready."""

    process: subprocess.Popen[str]
    port: int
    said: str

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=WAIT)

    def anybody(self) -> bool:
        """Whether any process of the group still runs."""
        try:
            os.killpg(self.process.pid, 0)
        except ProcessLookupError:
            return False
        return True


def until(true: Callable[[], Any]) -> Any:
    """Wait for something that another process does; what `true` then gives."""
    end = time.monotonic() + WAIT
    while not (value := true()):
        assert time.monotonic() < end, f"waited {WAIT} s in vain"
        time.sleep(0.02)
    return value


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(url: str, **environment: str) -> Iterator[Running]:
    port = free_port()
    code = f"from sextant_server.serve import serve\nserve('127.0.0.1', {port})"
    process = start_python(code, {"DATABASE_URL": url, **environment}, start_new_session=True)
    assert process.stdout
    said = ""
    try:
        for line in process.stdout:
            said += line
            if "Sextant is at" in line:
                break
        assert process.poll() is None, said + (process.stderr.read() if process.stderr else "")
        yield Running(process, port, said)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=WAIT)


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {
        "SEXTANT_HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_STATE_HOME": str(tmp_path / "state"), "SEXTANT_SECRET_KEY": "",
    }  # fmt: skip


def test_the_first_start_shows_a_password_and_the_second_does_not(home: dict[str, str]) -> None:
    with serving("", **home) as running:
        assert f"http://127.0.0.1:{running.port}/" in running.said
        [line] = [line for line in running.said.splitlines() if "password    " in line]
        password = line.split()[2]
        health = running.get("/healthz")
        assert (health.status_code, health.json()["status"]) == (200, "ok")
        running.process.send_signal(signal.SIGTERM)
        _, logged = running.process.communicate(timeout=WAIT)
        assert running.process.returncode == 0, logged
        assert password not in logged
    code = f"from django.contrib.auth import authenticate\nprint(authenticate(username='admin', password={password!r}))"
    assert run_python(code, {**home, "DATABASE_URL": ""}) == "admin\n"
    with serving("", **home) as running:
        assert "password" not in running.said


@one_engine
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_site_and_worker_end_together(both_databases: str, number: signal.Signals) -> None:
    with serving(both_databases) as running:
        until(Worker.objects.exists)
        if number == signal.SIGINT:
            # A terminal sends ctrl-C to all of them.
            os.killpg(running.process.pid, number)
        else:
            running.process.send_signal(number)
        _, logged = running.process.communicate(timeout=WAIT)
        assert running.process.returncode == 0, logged
        until(lambda: not running.anybody())
        assert not Worker.objects.exists(), "the worker said goodbye"
        assert "Traceback" not in logged
        with pytest.raises(httpx.ConnectError):
            running.get("/healthz")


def test_when_it_is_killed_the_others_end_by_themselves(both_databases: str) -> None:
    with serving(both_databases) as running:
        until(Worker.objects.exists)
        running.process.kill()
        running.process.wait()
        until(lambda: not running.anybody())
        assert not Worker.objects.exists(), "the worker had time to say goodbye"


def test_jobs_are_done_and_health_tells_of_the_worker(both_databases: str) -> None:
    asked = actions.enqueue("webhook.deliver", {"webhook": 1, "body": {}})
    with serving(both_databases) as running:
        until(lambda: Job.objects.filter(pk=asked.pk, state="done").exists())
        assert running.get("/healthz").json()["worker_seconds"] < WAIT


@one_engine
def test_a_worker_that_dies_is_started_again(both_databases: str) -> None:
    with serving(both_databases) as running:
        first = until(Worker.objects.first)
        # Its name says which process it is: machine, process, random digits.
        os.kill(int(first.name.split(":")[1]), signal.SIGKILL)
        until(lambda: Worker.objects.exclude(name=first.name).exists())
        assert running.get("/healthz").status_code == 200


def refused(url: str, host: str, port: int, **environment: str) -> dict[str, Any]:
    """What `serve` raises instead of serving."""
    code = f"""
import json
from sextant.errors import SextantError
from sextant_server.serve import serve
try:
    serve({host!r}, {port})
except SextantError as error:
    print(json.dumps({{"code": error.code, "said": str(error)}}))
"""
    said: dict[str, Any] = json.loads(run_python(code, {"DATABASE_URL": url, **environment}))
    return said


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    url = make_database("sqlite", tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        told = refused(url, "127.0.0.1", port)
    assert told["code"] == 2
    assert (
        told["said"]
        == f"127.0.0.1:{port}: port {port} is in use. Stop what uses it, or choose another with --port"
    )


def test_a_port_on_which_sextant_serves_already(tmp_path: Path) -> None:
    url = make_database("sqlite", tmp_path)
    with serving(url) as running:
        assert "is in use" in refused(url, "127.0.0.1", running.port)["said"]


@pytest.mark.parametrize(
    ("host", "port", "rule"),
    [
        ("256.256.256.256", 8000, "Check --host"),
        ("no-such-host.invalid", 8000, "Check --host"),
        ("127.0.0.1", 70000, "1 to 65535"),
        ("127.0.0.1", 0, "1 to 65535"),
    ],
)
def test_an_address_that_there_is_not(host: str, port: int, rule: str) -> None:
    with pytest.raises((InvalidInput, Unavailable), match=rule) as refusal:
        _free(host, port)
    assert refusal.value.code == 2


def test_settings_that_cannot_work(tmp_path: Path) -> None:
    told = refused(
        make_database("sqlite", tmp_path), "127.0.0.1", free_port(), SEXTANT_PROJECT_FOLDER="/no/such/folder"
    )
    assert told["code"] == 2
    assert "sextant.E006" in told["said"]


def test_what_is_slow_to_import_is_not_imported_to_serve(tmp_path: Path) -> None:
    code = """
import sys
from sextant_server.serve import _application
_application("")
print(sorted({"duckdb", "ibis", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "httpx"} & set(sys.modules)))
"""
    assert run_python(code, {"DATABASE_URL": make_database("sqlite", tmp_path)}) == "[]\n"
