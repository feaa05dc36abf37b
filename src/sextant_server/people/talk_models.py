"""What people say to each other about a project: comments, who is named in them, and requests to review."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models

from sextant_server.projects.models import Project
from sextant_server.records.models import Said


class Comment(Said):
    """Something said about a thing (`about`, see `talk.place`), on one version of it.

    The log keeps the text's digest, so that the text, which may name people, can be erased; `content` keeps the digest
    then. `by_id` is how the log names who said it.
    """

    key = models.CharField(max_length=32)
    about = models.CharField(max_length=200)
    version = models.CharField(max_length=64, blank=True, default="")
    text = models.TextField()
    content = models.CharField(max_length=64)
    by = models.CharField(max_length=200)
    by_id = models.CharField(max_length=120)
    at = models.DateTimeField()
    resolved_by = models.CharField(max_length=200, blank=True, default="")
    erased = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_comment_a_key")]
        indexes = [models.Index(fields=["project", "about", "id"], name="comment_by_about")]

    def as_recorded(self) -> dict[str, Any]:
        from sextant.chain import body_digest

        return {
            "key": self.key, "about": self.about, "version": self.version,
            "content": self.content if self.erased and not self.text else body_digest(self.text),
            "by": self.by, "resolved_by": self.resolved_by, "erased": self.erased,
        }  # fmt: skip


class Mention(models.Model):
    """Somebody named in a comment: by their account, or as a stakeholder by the key of their document. It waits for them
    until they said that they read it (`read_at`), answered, or somebody resolved the comment."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    comment = models.ForeignKey(Comment, models.CASCADE, related_name="mentions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="mentions")
    stakeholder = models.CharField(max_length=80, blank=True, default="")
    name = models.CharField(max_length=200)
    read_at = models.DateTimeField(null=True)


class Review(Said):
    """A named person is asked to look at something by a day. `state` is open, done or withdrawn; `by_id` is how the log
    names who asked."""

    key = models.CharField(max_length=32)
    about = models.CharField(max_length=200)
    asked = models.CharField(max_length=200)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="reviews")
    stakeholder = models.CharField(max_length=80, blank=True, default="")
    by = models.CharField(max_length=200)
    by_id = models.CharField(max_length=120, blank=True, default="")
    due = models.DateField()
    state = models.CharField(max_length=10, default="open")
    closed_by = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "key"], name="one_review_a_key")]
        indexes = [
            models.Index(fields=["project", "about", "id"], name="review_by_about"),
            models.Index(fields=["user", "state", "due"], name="review_by_user"),
            models.Index(fields=["by_id", "state", "due"], name="review_by_asker"),
        ]

    def as_recorded(self) -> dict[str, Any]:
        return {
            "key": self.key, "about": self.about, "asked": self.asked, "by": self.by, "due": self.due.isoformat(),
            "state": self.state, "closed_by": self.closed_by,
        }  # fmt: skip
