"""What a project knows. The log is the truth; the other tables are what it says now, kept for quick reading.

Every row here that says something names the log record that said it, and `as_recorded` gives that record's body
again: `audit.py` compares the two, so a row that was changed behind the log's back is found.
"""

from __future__ import annotations

import json
from typing import Any

from django.db import models

from sextant_server.projects.models import Project


class Record(models.Model):
    """One record of a project's log. Never updated, never deleted."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="records")
    sequence = models.PositiveBigIntegerField()
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    actor = models.CharField(max_length=120)
    at = models.DateTimeField()
    body_digest = models.CharField(max_length=64)
    body = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "sequence"], name="one_record_a_place"),
            models.UniqueConstraint(fields=["project", "previous"], name="no_fork"),
        ]
        indexes = [
            models.Index(fields=["project", "kind", "-sequence"], name="record_by_kind"),
            models.Index(fields=["project", "-at"], name="record_by_time"),
        ]

    @property
    def content(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.body)
        return data


class Head(models.Model):
    """The end of a project's log. Its row is the lock that writers wait for."""

    project = models.OneToOneField(Project, models.CASCADE, related_name="head")
    sequence = models.PositiveBigIntegerField(default=0)
    digest = models.CharField(max_length=64)


class Said(models.Model):
    """Base of the tables that say what the log says: `record` is the one that says it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    record = models.ForeignKey(Record, models.PROTECT, related_name="+")

    class Meta:
        abstract = True

    def as_recorded(self) -> dict[str, Any]:
        """The body that the log record must have."""
        raise TypeError(f"{type(self).__name__} does not say how it was recorded")


class EvidenceRow(Said):
    """Where evidence is found. Its body is the log record's."""

    digest = models.CharField(max_length=64)
    kind = models.CharField(max_length=40)
    topic = models.CharField(max_length=200)
    criterion = models.CharField(max_length=80, blank=True, default="")
    setting = models.CharField(max_length=12)
    origin = models.CharField(max_length=10)
    model = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="evidence_once")]
        indexes = [
            models.Index(fields=["project", "-id"], name="evidence_newest"),
            models.Index(fields=["project", "topic", "-id"], name="evidence_by_topic"),
            models.Index(fields=["project", "criterion", "-id"], name="evidence_by_criterion"),
        ]


class Attachment(models.Model):
    """A file that shows where a number was read. Evidence names its digest; the file itself is kept beside the log, so
    that it can be erased: then `content` and `name` are empty, and `erased_at` says when."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    size = models.PositiveIntegerField()
    content = models.BinaryField()
    by = models.CharField(max_length=200)
    at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "digest"], name="one_attachment")]


class RestsOn(models.Model):
    """Which evidence rests on which version: what becomes stale when the version does."""

    evidence = models.ForeignKey(EvidenceRow, models.CASCADE, related_name="rests")
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    subject = models.CharField(max_length=170)
    version = models.CharField(max_length=200)

    class Meta:
        indexes = [models.Index(fields=["project", "subject", "-evidence"], name="rests_by_subject")]


class Latest(models.Model):
    """The latest evidence of a topic: of all (`model` is "*") and on each model version. So that a page reads as
    many rows as there are topics, however long the history is."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    topic = models.CharField(max_length=200)
    model = models.CharField(max_length=300)
    evidence = models.ForeignKey(EvidenceRow, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "topic", "model"], name="one_latest")]


class CriterionRow(Said):
    """The present version of a criterion."""

    key = models.CharField(max_length=80)
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    body = models.TextField()
    position = models.PositiveIntegerField(default=0)
    retired = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_criterion_a_key")]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "key": self.key, "version": self.version, "retired": self.retired,
            "criterion": json.loads(self.body),
        }  # fmt: skip


class DocumentRow(Said):
    """One version of a document. `digest` is of its material fields (what is signed); the log keeps the digest of
    the whole content, not the content, so that a person's data in it can be erased: then `body` is empty, `content` is
    the digest of what it was, and `erasure` the record that says so."""

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=80, blank=True, default="")
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=64)
    body = models.TextField()
    at = models.DateTimeField()
    by = models.CharField(max_length=200)
    present = models.BooleanField(default=True)
    withdrawn = models.BooleanField(default=False)
    content = models.CharField(max_length=64, blank=True, default="")
    erasure = models.ForeignKey(Record, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "kind", "key", "version"], name="one_document_version"
            ),
            models.UniqueConstraint(
                fields=["project", "kind", "key"],
                condition=models.Q(present=True),
                name="one_present_version",
            ),
        ]

    def as_recorded(self) -> dict[str, Any]:
        from sextant.chain import body_digest

        return {
            "kind": self.kind, "key": self.key, "version": self.version, "digest": self.digest,
            "content": self.content if self.erased else body_digest(self.body), "withdrawn": self.withdrawn,
        }  # fmt: skip

    @property
    def erased(self) -> bool:
        return self.erasure_id is not None and not self.body

    @property
    def talked(self) -> str:
        """How talk names this document, whatever its version."""
        return f"document:{self.kind}:{self.key}" if self.key else f"document:{self.kind}"


class SubjectRow(Said):
    """A thing with versions that evidence rests on."""

    kind = models.CharField(max_length=80)
    name = models.CharField(max_length=80)
    version = models.CharField(max_length=200)
    phase = models.CharField(max_length=12)
    depends = models.JSONField(default=list)
    note = models.TextField(blank=True, default="")
    reopened = models.TextField(blank=True, default="")
    drifted = models.TextField(blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "kind", "name"], name="one_subject")]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "kind": self.kind, "name": self.name, "version": self.version, "phase": self.phase,
            "depends": self.depends, "note": self.note, "reopened": self.reopened, "drifted": self.drifted,
        }  # fmt: skip


class SignatureRow(Said):
    """A named person's declaration on one exact version."""

    subject = models.CharField(max_length=80)
    digest = models.CharField(max_length=64)
    person = models.CharField(max_length=200)
    role = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "subject", "digest"], name="signature_by_digest")]

    def as_recorded(self) -> dict[str, Any]:
        return {"subject": self.subject, "digest": self.digest, "person": self.person, "role": self.role}


class Exemption(Said):
    """A waiver (with an end) or a "not applicable" (without) of a gate item or a criterion. At regulated rigor it
    counts only once another person approved it; until then `approved_by` is empty and it excuses nothing."""

    target = models.CharField(max_length=80)
    type = models.CharField(
        max_length=14, choices=[("waiver", "Waiver"), ("not_applicable", "Not applicable")]
    )
    by = models.CharField(max_length=200)
    by_id = models.CharField(max_length=120)
    reason = models.TextField()
    until = models.DateField(null=True, blank=True)
    approved_by = models.CharField(max_length=200, blank=True, default="")
    withdrawn = models.BooleanField(default=False)
    outcome = models.TextField(blank=True, default="")
    turned_out = models.CharField(max_length=8, blank=True, default="")
    at = models.DateTimeField()

    #: How a waiver may turn out.
    TURNED_OUT = {"well": "It did no harm", "harm": "It did harm", "unneeded": "It was not needed"}

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "target"],
                condition=models.Q(withdrawn=False),
                name="one_exemption_a_target",
            )
        ]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "target": self.target, "type": self.type, "by": self.by, "by_id": self.by_id, "reason": self.reason,
            "until": self.until.isoformat() if self.until else None, "approved_by": self.approved_by,
            "withdrawn": self.withdrawn, "outcome": self.outcome,
            # Records from before it could be said do not have it.
            **({"turned_out": self.turned_out} if self.turned_out else {}),
        }  # fmt: skip


class DecisionRow(Said):
    """A person's decision at a gate, on the state that it was made on; `anchor` is the signed head given out with it."""

    phase = models.CharField(max_length=12)
    iteration = models.PositiveIntegerField(default=1)
    outcome = models.CharField(max_length=8)
    note = models.TextField(blank=True, default="")
    by = models.CharField(max_length=200)
    at = models.DateTimeField()
    items = models.JSONField(default=dict)
    anchor = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["project", "phase", "-id"], name="decision_by_phase")]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "phase": self.phase, "iteration": self.iteration, "outcome": self.outcome, "note": self.note,
            "by": self.by, "items": self.items,
        }  # fmt: skip


class RoundRow(Said):
    """One iteration of a phase; the first of each begins with the project and has no row."""

    phase = models.CharField(max_length=12)
    number = models.PositiveIntegerField()
    reason = models.TextField()
    by = models.CharField(max_length=200)
    opened_at = models.DateTimeField()
    reopened = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "phase", "number"], name="one_round")]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "phase": self.phase, "number": self.number, "reason": self.reason, "by": self.by,
            "reopened": self.reopened,
        }  # fmt: skip


class RiskRow(Said):
    """A row of the risk register."""

    key = models.CharField(max_length=80)
    phase = models.CharField(max_length=12)
    text = models.TextField()
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    owner = models.CharField(max_length=200, blank=True, default="")
    mitigation = models.TextField(blank=True, default="")
    review_on = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=10, default="open")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_risk_a_key")]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "key": self.key, "phase": self.phase, "text": self.text, "likelihood": self.likelihood,
            "impact": self.impact, "owner": self.owner, "mitigation": self.mitigation,
            "review_on": self.review_on.isoformat() if self.review_on else None, "status": self.status,
            "position": self.position,
        }  # fmt: skip


class PlanRow(Said):
    """Planned and actual dates, effort and money of a phase."""

    phase = models.CharField(max_length=12)
    planned_start = models.DateField(null=True, blank=True)
    planned_end = models.DateField(null=True, blank=True)
    actual_start = models.DateField(null=True, blank=True)
    actual_end = models.DateField(null=True, blank=True)
    planned_effort_days = models.FloatField(null=True, blank=True)
    spent_effort_days = models.FloatField(null=True, blank=True)
    planned_cost = models.FloatField(null=True, blank=True)
    spent_cost = models.FloatField(null=True, blank=True)

    FIELDS = (
        "planned_start", "planned_end", "actual_start", "actual_end",
        "planned_effort_days", "spent_effort_days", "planned_cost", "spent_cost",
    )  # fmt: skip

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "phase"], name="one_plan_a_phase")]

    def as_recorded(self) -> dict[str, Any]:
        values = {name: getattr(self, name) for name in self.FIELDS}
        return {
            "phase": self.phase,
            **{k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in values.items()},
        }
