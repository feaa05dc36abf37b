"""`numbers.read`: read the numbers of a target again by the SELECT that is kept for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sextant.errors import InvalidInput
from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.registry import Work, job
from sextant_server.jobs.schedule import every


@job("numbers.read", arguments=("target",), attempts=4, patience=120)
def read(work: Work) -> dict[str, Any]:
    """The result says how many numbers were `stored` because they were new."""
    from sextant_server.problem.rereading import read_again

    target = work.arguments.get("target")
    if not isinstance(target, str):
        raise InvalidInput("no target is named", where="target", rule="the short name of one")
    return {"stored": read_again(work.project, target)}


@every("numbers", minutes=15)
def look(now: datetime) -> None:
    """Ask for each that is due in this day or week."""
    from sextant_server.problem.rereading import due

    for project, target, name in due(now):
        enqueue("numbers.read", {"target": target}, project=project, key=name)
