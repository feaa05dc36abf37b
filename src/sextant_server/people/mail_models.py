"""What is sent: mail in its outbox, and the chat channels that are told."""

from __future__ import annotations

from django.db import models

from sextant_server.jobs.models import Job
from sextant_server.projects.models import Project


class Mail(models.Model):
    """One mail, kept to show whether it arrived at the mail server.

    `text` may hold `{secret}` and `{code}`: they are worked out from `seed` and the server's secret key when the mail
    leaves, so that the database alone never shows a link or a code that is good. Text and seed are emptied then.
    `about` says what the mail is for, such as `invitation:4`; `until` is when it is of no more use. `html` is the same
    words set for the eye; a mail with an `unsubscribe` address says so to mail programs (RFC 8058).
    """

    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="+")
    to = models.CharField(max_length=254)
    name = models.CharField(max_length=200, blank=True, default="")
    subject = models.CharField(max_length=200)
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")
    unsubscribe = models.CharField(max_length=500, blank=True, default="")
    seed = models.CharField(max_length=120, blank=True, default="")
    about = models.CharField(max_length=80, blank=True, default="")
    key = models.CharField(max_length=200, null=True, unique=True)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")
    until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["project", "about", "-id"], name="mail_by_about")]


class Channel(models.Model):
    """A chat channel that a project tells things, by the address of its incoming webhook. The address is a secret."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="channels")
    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "url"], name="one_channel_an_address")]
