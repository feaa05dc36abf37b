"""The worker: takes jobs one at a time and runs them, keeping its lease by a heartbeat beside.

`python -m sextant_server.jobs.worker` is a process of its own; `serve` starts one. SIGTERM and ctrl-C let the
job in hand reach its next step, hand it back with its checkpoint, and end. A second one ends at once; then,
as after a kill, the lease runs out and the next worker goes on from the checkpoint.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

import django
from django.db import Error, close_old_connections, connections

if TYPE_CHECKING:
    from sextant_server.jobs.models import Job
    from sextant_server.jobs.registry import Work

log = logging.getLogger("sextant.worker")
#: How often a worker looks at what recurs.
LOOK_SECONDS = 20.0


def worker_name() -> str:
    """A name that no other worker has: its machine, its process and a few random digits."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}"


def run_worker(
    stop: threading.Event,
    *,
    name: str | None = None,
    lease_seconds: float = 30.0,
    poll_seconds: float = 0.5,
    until_idle: bool = False,
) -> int:
    """Run jobs until `stop` is set, or with `until_idle` until none is due, without looking at what recurs. Returns
    how many it took.

    A worker that dies lets go of its job after `lease_seconds` (at most 300). Without work it looks every
    `poll_seconds`. A database that does not answer is waited for.
    """
    from sextant_server.jobs import actions

    name = name or worker_name()
    actions.greet(name)
    keeper = _Keeper(name, lease_seconds)
    keeper.start()
    log.info("worker %s is ready", name)
    taken, look_at = 0, 0.0
    try:
        while not stop.is_set():
            close_old_connections()
            try:
                if time.monotonic() >= look_at and not until_idle:
                    look_at = time.monotonic() + LOOK_SECONDS
                    _look_around()
                job = actions.claim(name, lease_seconds)
            except Error:
                log.exception("the database does not answer; looking again in %s s", 10 * poll_seconds)
                stop.wait(10 * poll_seconds)
                continue
            if job is not None:
                taken += 1
                _run(job, stop, keeper)
            elif until_idle:
                break
            else:
                stop.wait(poll_seconds)
    finally:
        keeper.end()
        try:
            actions.part(name)
        except Error:
            log.exception("could not say goodbye to the database")
    log.info("worker %s ends after %s jobs", name, taken)
    return taken


def _look_around() -> None:
    """Look at what recurs; a fault in it holds up no job."""
    from sextant_server.jobs import actions

    try:
        actions.look_around()
    except Error:
        raise
    except Exception:
        log.exception("a schedule met an unexpected error; it is looked at again")


def _run(job: Job, stop: threading.Event, keeper: _Keeper) -> None:
    """One attempt at a job, and what became of it."""
    from sextant.errors import SextantError
    from sextant_server.jobs import actions
    from sextant_server.jobs.errors import Cancelled, HandedBack, LeaseLost
    from sextant_server.jobs.registry import Work, kind

    about = {"job": job.pk, "kind": job.kind, "attempt": job.attempts}
    spec = kind(job.kind)
    work = Work(job, stop, keeper.lease_seconds)
    keeper.keep(work, spec.patience)
    try:
        try:
            actions.finish(job, spec.run(work))
            log.info("job done", extra=about)
        except HandedBack:
            actions.hand_back(job)
            log.info("job handed back", extra=about)
        except (LeaseLost, Cancelled, Error):
            raise
        except SextantError as error:
            # What was asked is wrong and stays wrong; what could not be reached is worth another try.
            actions.fail(job, str(error), retry=error.status >= 500)
            log.warning("job failed: %s", error, extra=about)
        except Exception as error:
            log.exception("job met an unexpected error", extra=about)
            actions.fail(
                job, f"Unexpected {type(error).__name__}. The worker's log says more, at job {job.pk}."
            )
    except (LeaseLost, Cancelled) as error:
        log.warning("job given up: %s", error, extra=about)
    except Error:
        log.exception("the database failed; the job is tried again once its lease has run out", extra=about)
        connections.close_all()
    finally:
        keeper.keep(None)


class _Keeper(threading.Thread):
    """Says every third of a lease that the worker is there, and renews the lease of the job in hand."""

    def __init__(self, name: str, lease_seconds: float) -> None:
        super().__init__(name=f"keeper of {name}", daemon=True)
        self.lease_seconds = lease_seconds
        self._worker = name
        self._hand: tuple[Work, float] | None = None
        self._ended = threading.Event()

    def keep(self, work: Work | None, patience: float = 0.0) -> None:
        """From now on renew this job's lease, or none."""
        self._hand = None if work is None else (work, patience)

    def end(self) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        try:
            while not self._ended.wait(self.lease_seconds / 3):
                self._beat()
        finally:
            connections.close_all()

    def _beat(self) -> None:
        from sextant_server.jobs import actions
        from sextant_server.jobs.errors import Cancelled, LeaseLost

        hand = self._hand
        try:
            actions.seen(self._worker)
            if hand is None:
                return
            work, patience = hand
            if time.monotonic() - work.moved > patience:
                log.error(
                    "job made no step for %.0f s and counts as hung", patience, extra={"job": work.job.pk}
                )
                return
            try:
                actions.heartbeat(work.job, self.lease_seconds)
            except (LeaseLost, Cancelled) as error:
                work.lost = error
        except Error:
            log.exception("no heartbeat: the database does not answer")
            connections.close_all()


def main(arguments: Sequence[str] | None = None) -> int:
    """The worker as a process: until SIGTERM, ctrl-C, or (with --with-parent) the end of its standard
    input."""
    parser = argparse.ArgumentParser(prog="python -m sextant_server.jobs.worker", description="Run jobs.")
    parser.add_argument(
        "--name", help="how the worker is called (default: machine, process and random digits)"
    )
    parser.add_argument(
        "--lease-seconds", type=float, default=30.0, help="a dead worker's job is taken up after this"
    )
    parser.add_argument("--poll-seconds", type=float, default=0.5, help="how often to look for work")
    parser.add_argument("--until-idle", action="store_true", help="end when nothing is due")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    given = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sextant_server.settings")
    django.setup()
    from sextant_server.first_start import migrate

    migrate()
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    if given.with_parent:
        threading.Thread(target=_stop_with_parent, args=(stop,), daemon=True).start()
    run_worker(
        stop,
        name=given.name,
        lease_seconds=given.lease_seconds,
        poll_seconds=given.poll_seconds,
        until_idle=given.until_idle,
    )
    return 0


def _stop_with_parent(stop: threading.Event) -> None:
    """The parent holds the other end of standard input: however it ends, the reading does too."""
    # Not through sys.stdin, whose lock a thread that still reads would hold at the end.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop.set()


if __name__ == "__main__":
    sys.exit(main())
