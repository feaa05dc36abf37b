"""Jobs that tests run, here and in processes of their own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.db import transaction

from sextant.errors import InvalidInput, Unavailable
from sextant_server.jobs import actions
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work, job


@job("test.count", arguments=("to", "file", "wait_at"), attempts=3)
def count(work: Work) -> dict[str, Any]:
    """Count to `to`, each number a step and a line of `file`. The first worker says `at N` when it has stored
    `wait_at`, then waits for a line that may never come."""
    to, said = work.arguments["to"], Path(work.arguments["file"])
    for number in range(work.checkpoint.get("number", 0) + 1, to + 1):
        with said.open("a") as lines:
            lines.write(f"{number} by attempt {work.job.attempts}\n")
        work.step(number / to, f"counted {number}", checkpoint={"number": number})
        if work.job.attempts == 1 and number == work.arguments.get("wait_at"):
            print(f"at {number}", flush=True)
            sys.stdin.readline()
    return {"counted": to}


@job("test.fault", arguments=("fault",), attempts=2)
def fault(work: Work) -> None:
    raise {
        "input": InvalidInput("no such column", where="data.csv"),
        "peer": Unavailable("nobody answers"),
        "bug": ZeroDivisionError("password is hunter2"),
    }[work.arguments["fault"]]


@job("test.cancelled")
def cancelled(work: Work) -> None:
    """Somebody cancels it while it runs."""
    actions.cancel(Job.objects.get(pk=work.job.pk))
    work.step(0.5, "never stored")


@job("test.robbed")
def robbed(work: Work) -> None:
    """Another worker takes it while it runs; what it writes together with its step is then not written."""
    if work.job.attempts > 1:
        return
    Job.objects.filter(pk=work.job.pk).update(run_after=actions.AT_ONCE, state="waiting")
    assert actions.claim("robber")
    with transaction.atomic():
        actions.enqueue("test.count", {"to": 1})
        work.step(0.5)


@job("test.nothing")
def nothing(work: Work) -> None:
    """Done at once."""
