"""Opportunities: what might become a project. They belong to no project, so no project's log knows of them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from sextant.canonical import digest
from sextant.problem.opportunities import SIDES, Opportunity, Weights
from sextant_server.projects.models import Project


def seen_of(said: Opportunity) -> str:
    """A mark of what an opportunity says: the same words, the same mark."""
    return digest(said)[:16]


class OpportunityRow(models.Model):
    """One line of the installation's list, as it reads now. `project` is the one that was opened from it."""

    FIELDS = ("key", "title", "problem", *SIDES, "lead", "note")

    key = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=200)
    problem = models.TextField(blank=True, default="")
    value = models.PositiveSmallIntegerField(null=True, blank=True)
    feasibility = models.PositiveSmallIntegerField(null=True, blank=True)
    data = models.PositiveSmallIntegerField(null=True, blank=True)
    risk = models.PositiveSmallIntegerField(null=True, blank=True)
    lead = models.CharField(max_length=200, blank=True, default="")
    note = models.TextField(blank=True, default="")
    position = models.PositiveIntegerField()
    project = models.ForeignKey(Project, models.SET_NULL, null=True, blank=True, related_name="+")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("position", "id")

    def __str__(self) -> str:
        return self.title

    def plain(self) -> dict[str, Any]:
        return {field: getattr(self, field) for field in self.FIELDS}

    def opportunity(self) -> Opportunity:
        return Opportunity.model_validate(self.plain())

    @property
    def seen(self) -> str:
        """What somebody who reads it has seen: changing it asks for this, so that no change is lost."""
        return seen_of(self.opportunity())


class NumberReading(models.Model):
    """How the last reading of a target's numbers by SQL went: when it was tried, when it last gave numbers, and why it
    could not be done, empty once it could. Not part of the log: the numbers themselves are."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    tried_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    fault = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_reading_a_target")]

    def __str__(self) -> str:
        return f"{self.key}: {self.fault or 'read'}"


class OpportunityWeights(models.Model):
    """How much each side counts, for the whole list. There is one row, or none while the usual weights stand."""

    value = models.FloatField()
    feasibility = models.FloatField()
    data = models.FloatField()
    risk = models.FloatField()

    def weights(self) -> Weights:
        return Weights(**{side: getattr(self, side) for side in SIDES})
