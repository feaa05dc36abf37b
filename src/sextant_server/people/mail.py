"""Mail: one function to send it, one to see what became of it.

    from sextant_server.people import mail

    if mail.is_on():
        mail.send("ada@example.org", "Monday: 2 things wait for you", text, project=project, about="digest:2026-48")

The worker hands it to the server of SEXTANT_SMTP_URL (job `mail.deliver`) and tries again when that does not answer.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.http import HttpRequest

from sextant_server.people.mail_actions import send
from sextant_server.people.mail_models import Mail
from sextant_server.projects.models import Project

__all__ = ["OFF", "Delivery", "code", "deliveries", "delivery", "is_on", "link", "secret", "send"]

#: Why nothing can be sent, for pages.
OFF = "This server has no mail server to send with; its administrator sets SEXTANT_SMTP_URL."


def is_on() -> bool:
    """Whether mail can be sent at all."""
    return bool(settings.MAIL_ON)


def link(path: str, request: HttpRequest | None = None) -> str:
    """The whole address of a page: of SEXTANT_PUBLIC_URL, else as the request reached us; empty when neither is
    there, as in a job."""
    if settings.PUBLIC_URL:
        return f"{settings.PUBLIC_URL}{path}"
    if request is None or request.META.get("sextant.embedded"):
        return ""
    return request.build_absolute_uri(path)


def secret(seed: str) -> str:
    """What only this server can work out of a seed: its keyed hash, in hexadecimal."""
    return hmac.new(
        settings.SECRET_KEY.encode(), f"sextant.people.mail:{seed}".encode(), hashlib.sha256
    ).hexdigest()


def code(seed: str) -> str:
    """Six digits out of a seed, as only this server can work them out."""
    return f"{int(secret(f'code:{seed}'), 16) % 1_000_000:06d}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a mail. `state` is waiting, sent, again (it failed and is tried again), failed or late (it was
    of no use any more); `at` is when it was sent, or asked for; `error` says what went wrong, without the address."""

    state: str
    at: datetime
    error: str = ""


def delivery(mail: Mail) -> Delivery:
    """What became of one mail."""
    if mail.sent_at:
        return Delivery("sent", mail.sent_at)
    job = mail.job
    if job is None or job.state in ("failed", "cancelled"):
        return Delivery("failed", mail.created_at, job.error if job else "it was never handed to the worker")
    if job.state == "done":
        return Delivery("late", mail.created_at, str(job.result.get("why", "")))
    return Delivery("again" if job.error else "waiting", mail.created_at, job.error)


def deliveries(project: Project, about: Iterable[str]) -> dict[str, Delivery]:
    """What became of the latest mail about each of these, in one query. What nothing was sent about is left out."""
    rows = Mail.objects.filter(project=project, about__in=list(about)).select_related("job").order_by("id")
    return {row.about: delivery(row) for row in rows}
