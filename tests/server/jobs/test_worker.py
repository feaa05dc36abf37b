"""The worker: what becomes of a job whose handler fails, whose worker is stopped, or killed."""

from __future__ import annotations

import logging
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, transaction

from sextant.errors import InvalidInput
from sextant_server.jobs import actions, worker
from sextant_server.jobs.errors import HandedBack
from sextant_server.jobs.models import Job, Worker
from sextant_server.jobs.registry import Work, job, kind
from sextant_server.jobs.worker import run_worker
from tests.databases import start_python
from tests.server.jobs import handlers

pytestmark = pytest.mark.usefixtures("both_databases")


def ask(name: str, **arguments: Any) -> Job:
    assert handlers  # its kinds are registered
    return actions.enqueue(name, arguments)


def run(**options: Any) -> int:
    return run_worker(threading.Event(), until_idle=True, **options)


def after(asked: Job) -> Job:
    return Job.objects.get(pk=asked.pk)


def test_jobs_are_done_one_after_the_other_until_none_is_left(tmp_path: Path) -> None:
    asked = [ask("test.count", to=3, file=str(tmp_path / name)) for name in "ab"]
    assert run() == 2
    for found in map(after, asked):
        assert (found.state, found.result, found.progress) == ("done", {"counted": 3}, 1)
        assert found.message == "counted 3"
    assert not Worker.objects.exists(), "a worker that ends says goodbye"


def test_an_input_that_is_wrong_is_not_tried_again() -> None:
    asked = ask("test.fault", fault="input")
    assert run() == 1
    assert (after(asked).state, after(asked).error) == ("failed", "data.csv: no such column")


def test_what_could_not_be_reached_is_tried_again_later() -> None:
    asked = ask("test.fault", fault="peer")
    assert run() == 1
    assert (after(asked).state, after(asked).error) == ("waiting", "nobody answers")
    Job.objects.update(run_after=actions.AT_ONCE)
    assert run() == 1
    assert (after(asked).state, after(asked).attempts) == ("failed", 2)


def test_an_unexpected_fault_is_logged_but_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    asked = ask("test.fault", fault="bug")
    later = ask("test.nothing")
    with caplog.at_level(logging.ERROR, logger="sextant.worker"):
        run()
    found = after(asked)
    assert (found.state, after(later).state) == ("waiting", "done"), "it does not end the worker"
    assert "ZeroDivisionError" in found.error
    assert str(found.pk) in found.error
    assert "hunter2" not in found.error
    assert "hunter2" in caplog.text


def test_a_job_that_is_cancelled_stops_at_its_next_step() -> None:
    asked = ask("test.cancelled")
    run()
    assert (after(asked).state, after(asked).message, after(asked).error) == ("cancelled", "", "")


def test_a_worker_that_was_robbed_writes_nothing_more_and_goes_on() -> None:
    asked, later = ask("test.robbed"), ask("test.nothing")
    run()
    assert (after(asked).state, after(asked).leased_by) == ("running", "robber")
    assert after(later).state == "done"
    assert not Job.objects.filter(kind="test.count").exists()


@pytest.mark.parametrize("fraction", [-0.1, 1.1, float("nan")])
def test_progress_is_a_fraction(fraction: float) -> None:
    ask("test.nothing")
    taken = actions.claim("w")
    assert taken
    with pytest.raises(InvalidInput, match="fraction"):
        Work(taken, threading.Event()).step(fraction)


def test_a_kind_has_one_handler() -> None:
    with pytest.raises(InvalidInput, match="two handlers"):
        job("test.nothing")(lambda work: None)
    assert kind("test.nothing").run is handlers.nothing


# --- stopping


def test_a_stopped_worker_takes_nothing_more() -> None:
    asked, stop = ask("test.nothing"), threading.Event()
    stop.set()
    assert run_worker(stop) == 0
    assert after(asked).state == "waiting"


def test_when_stopped_a_step_is_stored_and_then_the_job_handed_back() -> None:
    ask("test.nothing")
    taken, stop = actions.claim("w"), threading.Event()
    assert taken
    work = Work(taken, stop)
    stop.set()
    with pytest.raises(HandedBack):
        work.step(0.5, "half", checkpoint={"at": 5})
    assert after(taken).checkpoint == {"at": 5}


def test_a_step_in_a_transaction_is_not_undone_by_stopping() -> None:
    ask("test.nothing")
    taken, stop = actions.claim("w"), threading.Event()
    assert taken
    work = Work(taken, stop)
    stop.set()
    with transaction.atomic():
        work.step(0.5, "half", checkpoint={"at": 5})
    assert after(taken).checkpoint == {"at": 5}
    with pytest.raises(HandedBack):
        work.pause()


# --- the heartbeat


def test_the_heartbeat_keeps_a_job_and_finds_that_it_is_lost() -> None:
    ask("test.nothing")
    taken = actions.claim("w", 60)
    assert taken
    assert taken.leased_until
    actions.greet("w")
    Worker.objects.update(seen_at=actions.clock() - timedelta(hours=1))
    work, keeper = Work(taken, threading.Event()), worker._Keeper("w", 120)
    keeper.keep(work, patience=3600)
    keeper._beat()
    lease = after(taken).leased_until
    assert lease
    assert lease > taken.leased_until
    assert actions.clock() - Worker.objects.get().seen_at < timedelta(minutes=1)
    actions.cancel(after(taken))
    keeper._beat()
    with pytest.raises(Exception, match="cancelled"):
        work.step(0.1)


def test_a_job_that_makes_no_step_for_too_long_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    ask("test.nothing")
    taken = actions.claim("w", 60)
    assert taken
    work, keeper = Work(taken, threading.Event()), worker._Keeper("w", 120)
    keeper.keep(work, patience=3600)
    work.moved -= 3601
    keeper._beat()
    assert after(taken).leased_until == taken.leased_until
    assert "hung" in caplog.text


def test_a_database_that_fails_once_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, claim, calls = ask("test.nothing"), actions.claim, []

    def flaky(*given: Any) -> Job | None:
        calls.append(given)
        if len(calls) == 1:
            raise OperationalError("the server closed the connection unexpectedly")
        return claim(*given)

    monkeypatch.setattr(actions, "claim", flaky)
    assert run(poll_seconds=0.001) == 1
    assert after(asked).state == "done"


# --- processes


@contextmanager
def process(url: str, *options: str, stdin: str = "") -> Iterator[subprocess.Popen[str]]:
    """A worker process on this database that also knows the handlers of these tests."""
    code = "import sys, tests.server.jobs.handlers\nfrom sextant_server.jobs.worker import main\n"
    code += f"sys.exit(main({list(options)!r}))"
    running = start_python(code, {"DATABASE_URL": url})
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def test_a_killed_workers_job_is_finished_by_the_next_from_its_checkpoint(
    both_databases: str, tmp_path: Path
) -> None:
    said = tmp_path / "said"
    asked = ask("test.count", to=6, file=str(said), wait_at=3)
    with process(both_databases, "--lease-seconds", "1.5", "--name", "first") as first:
        assert first.stdout
        assert first.stdout.readline() == "at 3\n"
        held = after(asked)
        assert (held.state, held.leased_by, held.checkpoint) == ("running", "first", {"number": 3})
        first.kill()
        first.wait()
    with process(both_databases, "--lease-seconds", "30", "--poll-seconds", "0.05") as second:
        deadline = time.monotonic() + 60
        while after(asked).state != "done" and time.monotonic() < deadline:
            assert second.poll() is None
            a_moment_for(second)
        found = after(asked)
        assert (found.state, found.result, found.attempts, found.fence) == ("done", {"counted": 6}, 2, 2)
    assert said.read_text().splitlines() == [
        *(f"{n} by attempt 1" for n in (1, 2, 3)),
        *(f"{n} by attempt 2" for n in (4, 5, 6)),
    ]


def a_moment_for(running: subprocess.Popen[str]) -> None:
    """Give a living process a moment."""
    try:
        running.wait(0.05)
    except subprocess.TimeoutExpired:
        return


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_told_to_stop_hands_its_job_back(
    both_databases: str, tmp_path: Path, number: signal.Signals
) -> None:
    said = tmp_path / "said"
    asked = ask("test.count", to=6, file=str(said), wait_at=3)
    with process(both_databases) as running:
        assert running.stdout
        assert running.stdin
        assert running.stdout.readline() == "at 3\n"
        running.send_signal(number)
        # Python runs the signal's handler before it reads on.
        running.stdin.write("go on\n")
        running.stdin.flush()
        assert running.wait(60) == 0
    found = after(asked)
    assert (found.state, found.attempts, found.checkpoint, found.leased_until) == (
        "waiting",
        0,
        {"number": 4},
        None,
    )
    assert not Worker.objects.exists()
    assert run() == 1
    assert after(asked).result == {"counted": 6}
    assert len(said.read_text().splitlines()) == 6, "no number twice"


def test_a_worker_ends_with_the_process_that_holds_its_standard_input(both_databases: str) -> None:
    with process(both_databases, "--with-parent") as running:
        deadline = time.monotonic() + 60
        while not Worker.objects.exists() and time.monotonic() < deadline:
            assert running.poll() is None
            a_moment_for(running)
        assert running.stdin
        running.stdin.close()
        assert running.wait(60) == 0
        running.stdin = None
    assert not Worker.objects.exists()
