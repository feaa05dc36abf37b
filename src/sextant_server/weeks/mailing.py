"""What the weeks send by mail: where to, and the words of a reminder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.urls import reverse

from sextant.problem.documents import Stakeholder
from sextant_server.people import mail
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.queries import present_document
from sextant_server.weeks.models import Waiting


def address_of(project: Project, row: Waiting) -> tuple[str, str]:
    """The mail address and the name of whom a wait names; an empty address where none is known."""
    if row.user is not None:
        return row.user.email, row.user.get_full_name() or row.user.get_username()
    written = present_document(project, Stakeholder.kind, row.stakeholder)
    if written is None:
        return "", row.named
    person = Stakeholder.model_validate_json(written.body)
    return person.email, person.name


def reminder(project: Project, row: Waiting, caller: Caller, *, to: str, name: str, number: int) -> None:
    """Put a reminder into the outbox."""
    from sextant_server.weeks.queries import where

    # The sign page asks for an account; who has none was sent a link of their own.
    page = mail.link(where(project.slug, row)) if row.user else ""
    lines = [
        f"{caller.name} reminds you of something that waits for you in {project.name}:",
        "",
        row.title,
        row.said,
        *([f"It holds up {row.holds}."] if row.holds else []),
        *(["", page] if page else []),
        "",
        "This was sent by hand, once; Sextant does not repeat it.",
    ]
    mail.send(
        to, f"{project.name}: {row.title}", "\n".join(lines), name=name, project=project, about=f"nudge:{number}",
        key=f"nudge:{number}", until=datetime.now(UTC) + timedelta(days=2), asked_by=caller.id,
    )  # fmt: skip


def today_link() -> str:
    return mail.link(reverse("today"))
