"""The words of a reminder."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User

from sextant_server.people import mail
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.weeks.models import Waiting


def reminder(project: Project, row: Waiting, user: User, caller: Caller, number: int) -> None:
    """Put a reminder into the outbox."""
    from sextant_server.weeks.queries import where

    page = mail.link(where(project.slug, row))
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
        user.email, f"{project.name}: {row.title}", "\n".join(lines), name=user.get_full_name(), project=project,
        about=f"nudge:{number}", key=f"nudge:{number}", until=datetime.now(UTC) + timedelta(days=2),
        asked_by=caller.id,
    )  # fmt: skip
