"""Projects, who works on them, and the tokens of programs."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

ROLES = ("owner", "editor", "reviewer", "rater", "reader")
SCOPES = ("read", "evidence", "write")


class Project(models.Model):
    """One ML opportunity. `uid` is its name in the log for ever; the slug may change."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=200)
    summary = models.TextField(blank=True, default="")
    rigor = models.CharField(max_length=12, default="standard")
    simulated = models.BooleanField(default=False)
    opened_at_phase = models.CharField(max_length=12, default="problem")
    currency = models.CharField(max_length=3, default="USD")
    budget = models.FloatField(null=True, blank=True)
    blocker_days = models.PositiveIntegerField(default=7)
    candidate = models.CharField(max_length=300, blank=True, default="")
    in_service = models.CharField(max_length=300, blank=True, default="")
    exposed_at = models.DateTimeField(null=True, blank=True)
    # What file and site last agreed on: {criterion key: digest, "project": digest}.
    synced = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person's role in a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=[(r, r.capitalize()) for r in ROLES])
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_role_per_person")]


class Token(models.Model):
    """A program's key to one project. Only its SHA-256 is kept; `hint` is its beginning, to tell tokens apart."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=100)
    hint = models.CharField(max_length=12)
    hashed = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)


class Webhook(models.Model):
    """Where a project's gate decisions are told, signed with its secret (HMAC-SHA256)."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="webhooks")
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=64)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
