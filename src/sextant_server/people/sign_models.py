"""Who was asked to sign, by a link of their own."""

from __future__ import annotations

from django.db import models

from sextant_server.projects.models import Project
from sextant_server.records.models import SignatureRow


class Invitation(models.Model):
    """A stakeholder's link to one thing that they are to sign. Only the link's SHA-256 is kept.

    `email` is where link and codes go; it stands nowhere else here, never in the log, and is emptied when it is to be
    forgotten. `digest` and `sequence` are the version that they were asked about and the end of the log then. The code
    is kept as a keyed hash, with the end of its time and the number of tries; `codes` counts those that were sent.
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="invitations")
    subject = models.CharField(max_length=80)
    stakeholder = models.CharField(max_length=80)
    person = models.CharField(max_length=200)
    role = models.CharField(max_length=80)
    email = models.CharField(max_length=254, blank=True, default="")
    hashed = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    sequence = models.PositiveBigIntegerField(default=0)
    asked_by = models.CharField(max_length=200)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    signature = models.ForeignKey(SignatureRow, models.PROTECT, null=True, related_name="+")
    code_hashed = models.CharField(max_length=64, blank=True, default="")
    code_until = models.DateTimeField(null=True)
    code_sent_at = models.DateTimeField(null=True)
    code_tries = models.PositiveIntegerField(default=0)
    codes = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["project", "subject", "stakeholder", "-id"], name="invitation_newest")
        ]


class Notice(models.Model):
    """A signer and a wording of what they signed that came after: `sequence` is its place in the log, `told_at` when they
    were told by mail (or nothing was to be told), `read_at` when they said that they have read it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    signature = models.ForeignKey(SignatureRow, models.CASCADE, related_name="notices")
    sequence = models.PositiveBigIntegerField()
    told_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["signature", "sequence"], name="one_notice_a_wording")]
