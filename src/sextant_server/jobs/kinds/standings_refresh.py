"""`standings.refresh`: work out where projects stand again, where that is out of date."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sextant_server.jobs.registry import Work, job
from sextant_server.jobs.schedule import every
from sextant_server.projects.models import Project

#: As many in one go as leave room for other jobs.
MOST = 200


@job("standings.refresh", attempts=3, patience=600)
def refresh(work: Work) -> dict[str, Any]:
    """One project after the other; done twice, it finds nothing to do."""
    from sextant_server.weeks import actions, queries

    old = list(queries.out_of_date(Project.objects.all())[:MOST])
    made = 0
    for done, project in enumerate(old, 1):
        made += actions.refresh_all([project])
        work.step(done / len(old), f"Worked out {project.slug}")
    return {"standings": made, "failed": len(old) - made}


@every("standings", minutes=1)
def look(now: datetime) -> None:
    """Ask for it as soon as one is out of date."""
    from sextant_server.weeks import actions, queries

    if queries.out_of_date(Project.objects.all(), now).exists():
        actions.ask_for_standings()
