"""Reads about jobs and workers."""

from __future__ import annotations

from sextant.errors import NotFound
from sextant_server.jobs.actions import clock
from sextant_server.jobs.models import Job, Worker
from sextant_server.projects.models import Project


def recent(project: Project, *, limit: int = 50) -> list[Job]:
    """A project's jobs, the newest first."""
    return list(Job.objects.filter(project=project).order_by("-id")[:limit])


def find(project: Project, job_id: int) -> Job:
    """One job of a project; NotFound for any other."""
    found = Job.objects.filter(project=project, pk=job_id).first()
    if found is None:
        raise NotFound(f"there is no job {job_id} in {project.slug}")
    return found


def worker_age() -> float | None:
    """Seconds since a worker was last seen; None when none is running. Never less than zero."""
    newest = Worker.objects.order_by("-seen_at").values_list("seen_at", flat=True).first()
    return None if newest is None else max(0.0, (clock() - newest).total_seconds())
