"""The kinds of job, and the handle through which a handler does its work.

A handler is a function of one `Work`; what it returns (plain values) is the job's result:

    @job("numbers.add", arguments=("numbers",))
    def add(work: Work) -> dict[str, Any]:
        total = work.checkpoint.get("total", 0)
        numbers = work.arguments["numbers"]
        for done in range(work.checkpoint.get("done", 0), len(numbers)):
            total += numbers[done]
            work.step((done + 1) / len(numbers), checkpoint={"done": done + 1, "total": total})
        return {"total": total}

A job may run again from its last checkpoint: after a fault, or because its worker was killed. So what a
handler does outside the database must bear being done twice, and what it writes goes into one transaction
with the step that says so.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.db import connection

from sextant.errors import InvalidInput
from sextant_server.jobs.errors import HandedBack
from sextant_server.jobs.models import Job
from sextant_server.projects.models import Project


class Work:
    """A job in the hands of a worker. Its handler reads `arguments` and `checkpoint`, and reports by
    `step`."""

    def __init__(self, job: Job, stop: threading.Event, lease_seconds: float = 30.0) -> None:
        self.job = job
        self.arguments: dict[str, Any] = dict(job.arguments)
        self.checkpoint: dict[str, Any] = dict(job.checkpoint)
        #: Why the job is no longer ours, once the heartbeat found that out.
        self.lost: Exception | None = None
        #: When the last step was made, by a clock that nobody can set.
        self.moved = time.monotonic()
        self._stop = stop
        self._lease_seconds = lease_seconds

    @property
    def project(self) -> Project:
        if self.job.project is None:
            raise InvalidInput(f"job {self.job.pk} belongs to no project", where=self.job.kind)
        return self.job.project

    @property
    def scheduled(self) -> bool:
        """Whether a schedule asked for it, and no person."""
        return (self.job.key or "").startswith("scheduled:")

    def step(
        self, fraction: float, message: str = "", *, checkpoint: Mapping[str, Any] | None = None
    ) -> None:
        """Say how far the job is (`fraction` from 0 to 1), store the checkpoint, and renew the lease.

        Raises `LeaseLost` or `Cancelled` when the job is no longer ours. When the worker is being stopped the
        step is stored first and `HandedBack` raised then, but never inside a transaction, which would undo
        the step: a handler that steps inside one calls `pause` outside.
        """
        from sextant_server.jobs.actions import progress

        if self.lost:
            raise self.lost
        if not (math.isfinite(fraction) and 0 <= fraction <= 1):
            raise InvalidInput(f"a fraction of {fraction}", where=self.job.kind, rule="from 0 to 1")
        progress(self.job, fraction, message, checkpoint, lease_seconds=self._lease_seconds)
        if checkpoint is not None:
            self.checkpoint = dict(checkpoint)
        self.moved = time.monotonic()
        if not connection.in_atomic_block:
            self.pause()

    def pause(self) -> None:
        """Hand the job back here if the worker is being stopped."""
        if self._stop.is_set():
            raise HandedBack


Handler = Callable[[Work], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: what runs it, the arguments that it takes, how often it is tried, and after how many
    seconds without a step a run counts as hung and its lease is no longer renewed."""

    name: str
    run: Handler
    arguments: frozenset[str]
    attempts: int
    patience: float


_KINDS: dict[str, Kind] = {}


def job(
    name: str, *, arguments: Iterable[str] = (), attempts: int = 5, patience: float = 3600.0
) -> Callable[[Handler], Handler]:
    """Make a function the handler of a kind of job."""

    def register(run: Handler) -> Handler:
        if name in _KINDS:
            raise InvalidInput(f"two handlers for {name}", rule="a kind of job has one")
        _KINDS[name] = Kind(name, run, frozenset(arguments), attempts, patience)
        return run

    return register


def kinds() -> dict[str, Kind]:
    """Every kind by its name."""
    import_module("sextant_server.jobs.kinds")
    return _KINDS


def kind(name: str) -> Kind:
    """One kind; InvalidInput for a name that nobody registered."""
    known = kinds()
    if name not in known:
        raise InvalidInput(
            f"{name!r} is no kind of job", where="kind", rule=f"one of {', '.join(sorted(known))}"
        )
    return known[name]
