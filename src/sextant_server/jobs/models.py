"""Work that takes long: our own table, with a lease, a fencing token, progress and a checkpoint."""

from __future__ import annotations

from django.db import models

from sextant_server.projects.models import Project


class Job(models.Model):
    """One piece of work. A worker holds it by a lease; `fence` grows with each taking, and a worker whose
    fence is no longer the present one may not write. `key` makes asking twice the same as asking once."""

    STATES = ("waiting", "running", "done", "failed", "cancelled")

    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="jobs")
    kind = models.CharField(max_length=60)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=200, null=True, unique=True)
    state = models.CharField(max_length=10, default="waiting", choices=[(s, s) for s in STATES])
    attempts = models.PositiveIntegerField(default=0)
    max_attempts = models.PositiveIntegerField(default=5)
    run_after = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    leased_by = models.CharField(max_length=120, blank=True, default="")
    fence = models.PositiveBigIntegerField(default=0)
    progress = models.FloatField(default=0)
    message = models.TextField(blank=True, default="")
    checkpoint = models.JSONField(default=dict)
    result = models.JSONField(default=dict)
    error = models.TextField(blank=True, default="")
    asked_by = models.CharField(max_length=120, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "run_after"], name="job_waiting"),
            models.Index(fields=["project", "-id"], name="job_newest"),
        ]


class Worker(models.Model):
    """A worker that is running, and when it last said so. Its row goes when it stops; a killed one's ages."""

    name = models.CharField(max_length=120, unique=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()


class Schedule(models.Model):
    """When something that recurs is looked at next. The row is what two workers agree by: whoever moves `next_at` on
    from what it was does it, the other finds it moved."""

    name = models.CharField(max_length=80, unique=True)
    next_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
