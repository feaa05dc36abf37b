"""Datasets: their versions as they were committed, and runs of pipelines as OpenLineage tells of them."""

from __future__ import annotations

from typing import Any

from django.db import models

from sextant.canonical import digest
from sextant.chain import body_digest
from sextant_server.projects.models import Project
from sextant_server.records.models import EvidenceRow, Said


class DataVersionRow(Said):
    """One version of a dataset, as its commit tells of it; the rows are in a data home. `state` says whether they
    are still there. The log keeps digests of the message and the profile, not their text: both may be erased."""

    name = models.CharField(max_length=80)
    number = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    rows = models.PositiveBigIntegerField()
    columns = models.JSONField(default=list)
    at = models.DateTimeField()
    mode = models.CharField(max_length=8, default="replace")
    parent = models.PositiveIntegerField(null=True)
    sources = models.JSONField(default=list)
    recipe = models.CharField(max_length=300, blank=True, default="")
    tags = models.JSONField(default=list)
    state = models.CharField(max_length=8, default="kept")
    gone_on = models.DateTimeField(null=True)
    by = models.CharField(max_length=200, blank=True, default="")
    message = models.TextField(blank=True, default="")
    profile = models.TextField(blank=True, default="")
    #: How many rows were added, removed, changed and stayed since the parent, where somebody compared the two.
    changes = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "number"], name="one_data_version_a_number")
        ]

    @property
    def short(self) -> str:
        """The version that evidence rests on: the same rows are one version."""
        return self.digest[:12]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "name": self.name, "number": self.number, "digest": self.digest, "rows": self.rows,
            "columns": self.columns, "at": self.at, "mode": self.mode, "parent": self.parent,
            "sources": self.sources, "recipe": self.recipe, "tags": self.tags, "state": self.state,
            "gone_on": self.gone_on, "said": digest([self.by, self.message]),
            "profile": body_digest(self.profile) if self.profile else "",
            **({"changes": self.changes} if self.changes else {}),
        }  # fmt: skip


class DayProfile(Said):
    """What a dataset's rows of one day held: their profile. The log keeps its digest, not its text: that may be
    erased."""

    name = models.CharField(max_length=80)
    day = models.DateField()
    rows = models.PositiveBigIntegerField()
    origin = models.CharField(max_length=10, default="measured")
    digest = models.CharField(max_length=64)
    profile = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name", "day"], name="one_profile_a_day"),
        ]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "name": self.name, "day": self.day, "rows": self.rows, "origin": self.origin, "profile": self.digest,
        }  # fmt: skip


class Run(models.Model):
    """One run of a pipeline's job, put together from its events in whatever order they came. Once it has ended,
    `evidence` is what the log keeps of it. `facets` are the events' own words, the latest of each name."""

    STATES = ("started", "running", "complete", "failed", "aborted", "other")

    project = models.ForeignKey(Project, models.CASCADE, related_name="runs")
    run_id = models.CharField(max_length=36)
    namespace = models.CharField(max_length=300)
    job = models.CharField(max_length=300)
    state = models.CharField(max_length=8, choices=[(s, s) for s in STATES])
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    inputs = models.JSONField(default=list)
    outputs = models.JSONField(default=list)
    facets = models.JSONField(default=dict)
    evidence = models.ForeignKey(EvidenceRow, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "run_id"], name="one_run")]
        indexes = [models.Index(fields=["project", "-seen_at"], name="run_newest")]


class Written(models.Model):
    """Which datasets a run read and wrote, so that a dataset's runs are found without reading all."""

    run = models.ForeignKey(Run, models.CASCADE, related_name="touched")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    dataset = models.CharField(max_length=80)
    wrote = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "dataset", "wrote"], name="one_touch")]
        indexes = [models.Index(fields=["project", "dataset", "-run"], name="touch_by_dataset")]
