"""Jobs: what runs, how far it is, and starting the checks of the project's folder."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from sextant.errors import NotFound
from sextant_server.jobs import actions
from sextant_server.jobs.models import Job
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access

router = Router(tags=["jobs"])

#: What a person may start, and what they must be allowed to do for it.
STARTABLE = {"audit.verify": "view", "checks.run": "evidence"}


class JobOut(Schema):
    id: int
    kind: str
    state: str
    attempts: int
    progress: float
    message: str
    result: dict[str, Any]
    error: str
    created_at: datetime
    finished_at: datetime | None


class JobIn(Strict):
    kind: str
    arguments: dict[str, Any] = {}
    key: str | None = None


@router.get("/projects/{slug}/jobs", response=list[JobOut])
def list_jobs(request: HttpRequest, slug: str) -> Any:
    """The latest fifty pieces of work, the newest first."""
    return Job.objects.filter(project=access(request, slug).project).order_by("-id")[:50]


@router.post("/projects/{slug}/jobs", response={202: JobOut})
def start_job(request: HttpRequest, slug: str, payload: JobIn) -> Any:
    """Ask for work: verify the log, or run the checks of the project file. The same `key` asks once."""
    if payload.kind not in STARTABLE:
        raise NotFound(
            f"nobody starts {payload.kind[:100]!r} by hand", todo=f"there is {', '.join(STARTABLE)}"
        )
    found = access(request, slug, STARTABLE[payload.kind])
    key = f"{found.project.pk}:{payload.key}" if payload.key else None
    made = actions.enqueue(
        payload.kind, payload.arguments, project=found.project, key=key, asked_by=found.caller.id
    )
    return Status(202, made)


@router.get("/projects/{slug}/jobs/{job_id}", response=JobOut)
def get_job(request: HttpRequest, slug: str, job_id: int) -> Any:
    """How far a piece of work is, and what came of it."""
    job = Job.objects.filter(project=access(request, slug).project, pk=job_id).first()
    if job is None:
        raise NotFound(f"there is no job {job_id} in {slug}", todo="look at the list of its jobs")
    return job


@router.delete("/projects/{slug}/jobs/{job_id}", response=JobOut)
def cancel_job(request: HttpRequest, slug: str, job_id: int) -> Any:
    """Stop a piece of work that waits or runs."""
    found = access(request, slug, "edit")
    job = Job.objects.filter(project=found.project, pk=job_id).first()
    if job is None:
        raise NotFound(f"there is no job {job_id} in {slug}", todo="look at the list of its jobs")
    actions.cancel(job)
    job.refresh_from_db()
    return job
