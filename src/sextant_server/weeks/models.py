"""What each project's standing said last, and what a person's week looks like.

`Kept`, `Waiting` and `Turn` say nothing that the log does not: they are worked out of it, and kept so that a page over
many projects reads rows instead of judging each project again. `Kept` knows the end of the log that it was worked out
at and until when it holds, so whoever reads it can tell whether it is still true.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from sextant_server.projects.models import Project
from sextant_server.records.models import Said


class Kept(models.Model):
    """Where a project stood when its log ended at `sequence`. The columns are what the portfolio sorts by."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="standing")
    sequence = models.PositiveBigIntegerField()
    made_at = models.DateTimeField()
    good_until = models.DateTimeField()
    phase = models.CharField(max_length=12)
    number = models.PositiveSmallIntegerField()
    gate = models.CharField(max_length=8)
    tone = models.CharField(max_length=8)
    severity = models.PositiveSmallIntegerField()
    blockers = models.PositiveIntegerField()
    met = models.PositiveIntegerField()
    unmet = models.PositiveIntegerField()
    not_enough = models.PositiveIntegerField()
    other = models.PositiveIntegerField()
    ships = models.DateField(null=True)
    shipped = models.BooleanField(default=False)
    evidence_at = models.DateTimeField(null=True)
    body = models.JSONField(default=dict)
    targets = models.JSONField(default=dict)
    risks = models.JSONField(default=dict)


class Waiting(models.Model):
    """One thing that a project waits for: of `user`, or where that is empty of whoever may do what it `needs`.

    `since` is when the waiting began, or when it was first seen. A named person without an account (`stakeholder` is
    their key) has a row without `user` that asks nobody, `asks` being empty. `asks` is a right (sign, decide, edit,
    evidence) or `own` for the owners; `not_user` may not do it, for they asked for it themselves.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    kind = models.CharField(max_length=10)
    key = models.CharField(max_length=200)
    needs = models.CharField(max_length=10)
    asks = models.CharField(max_length=10, blank=True, default="")
    not_user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    stakeholder = models.CharField(max_length=80, blank=True, default="")
    named = models.CharField(max_length=200, blank=True, default="")
    title = models.TextField()
    said = models.TextField()
    label = models.CharField(max_length=200)
    target = models.CharField(max_length=200, blank=True, default="")
    holds = models.CharField(max_length=200, blank=True, default="")
    since = models.DateField()
    due = models.DateField(null=True)
    rank = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_wait_a_key")]
        indexes = [
            models.Index(fields=["user", "rank", "due"], name="wait_of_user"),
            models.Index(fields=["project", "asks", "rank"], name="wait_of_role"),
        ]


class Turn(models.Model):
    """A target's status or a risk that was another when the standing was worked out the time before."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    kind = models.CharField(max_length=8)
    subject = models.CharField(max_length=80)
    name = models.TextField()
    before = models.CharField(max_length=20, blank=True, default="")
    after = models.CharField(max_length=20, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "-at"], name="turn_by_project")]


class Rhythm(models.Model):
    """How a person wants to be told: where they are in the day, and whether Monday's mail comes."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="rhythm")
    zone = models.CharField(max_length=64, default="UTC")
    digest = models.BooleanField(default=True)
    changed_at = models.DateTimeField(auto_now=True)


class Sent(models.Model):
    """Monday's digest went to a person, or to a project's channels: once for each Monday."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    monday = models.DateField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "monday"], condition=models.Q(user__isnull=False), name="one_digest_a_person"
            ),
            models.UniqueConstraint(
                fields=["project", "monday"],
                condition=models.Q(project__isnull=False),
                name="one_digest_a_project",
            ),
        ]


class Nudge(Said):
    """A reminder that somebody sent about a wait. The log keeps who was reminded by number, not by address."""

    key = models.CharField(max_length=200)
    to = models.CharField(max_length=120)
    by_id = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "key", "-at"], name="nudge_by_key")]

    def as_recorded(self) -> dict[str, Any]:
        return {"key": self.key, "to": self.to}
