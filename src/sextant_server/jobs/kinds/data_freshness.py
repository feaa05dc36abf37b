"""What a pipeline's cadence asks for: telling the project when data is overdue, and running its checks on time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from sextant_server.jobs.actions import clock, enqueue
from sextant_server.jobs.registry import Work, job
from sextant_server.jobs.schedule import every
from sextant_server.projects.models import Project


@job("data.freshness")
def freshness(work: Work) -> dict[str, Any]:
    """The result lists the datasets that are `overdue`. Each time that one is, it is told once."""
    from sextant_server.data.actions import tell_overdue

    return {"overdue": tell_overdue(work.project, clock())}


@every("freshness", minutes=30)
def look(now: datetime) -> None:
    """Ask for it where something is overdue that nobody was told of."""
    from sextant_server.data import queries

    for project in queries.with_pipelines():
        for fresh in queries.freshness(project, now):
            if fresh.overdue and fresh.last is not None:
                key = f"freshness:{project.pk}:{fresh.dataset}:{fresh.last.isoformat()}"
                enqueue("data.freshness", {}, project=project, key=key)


@every("checks", minutes=15)
def run_checks(now: datetime) -> None:
    """Run the checks of the project file in this server's folder once in each cadence of its quickest pipeline."""
    from sextant_server.data import queries

    slug = queries.file_slug(settings.PROJECT_FOLDER)
    project = Project.objects.filter(slug=slug).first() if slug else None
    cadences = [p.cadence_days for p in queries.pipelines(project) if p.cadence_days] if project else []
    if project is None or not cadences:
        return
    # A period has a number, and its job that number: whoever looks, each period has one.
    period = int(now.timestamp() // (max(min(cadences), 1 / 24) * 86_400))
    enqueue("checks.run", {}, project=project, key=f"scheduled:{project.pk}:{period}", asked_by="local")
