"""Writes about readings by SQL: how each went, and whom a failing one is told to."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from sextant.errors import SextantError
from sextant_server.jobs.actions import clock, enqueue
from sextant_server.people.mail_models import Channel
from sextant_server.problem.models import NumberReading
from sextant_server.projects.models import Project

#: As much of a fault as is kept.
LONGEST = 500


@transaction.atomic
def note_read(project: Project, key: str) -> None:
    """Numbers were read just now; what failed before is past."""
    now = clock()
    NumberReading.objects.update_or_create(
        project=project,
        key=key,
        defaults={"tried_at": now, "read_at": now, "failing_since": None, "fault": ""},
    )


@transaction.atomic
def note_fault(project: Project, key: str, name: str, error: SextantError) -> None:
    """A reading failed. The project's chat channels are told when it begins to, not each time."""
    now = clock()
    row = NumberReading.objects.select_for_update().filter(project=project, key=key).first()
    row = row or NumberReading(project=project, key=key)
    begins = row.failing_since is None
    row.tried_at, row.fault = now, str(error)[:LONGEST]
    row.failing_since = row.failing_since or now
    row.save()
    if begins:
        _tell(project, key, name, now)


def _tell(project: Project, key: str, name: str, now: datetime) -> None:
    # Without the fault itself: what a database says of itself is for the project's own pages.
    text = f"{project.name}: {name} could not be read from its database. Its page says why."
    for channel in Channel.objects.filter(project=project, active=True):
        enqueue(
            "chat.deliver", {"channel": channel.pk, "text": text}, project=project,
            key=f"reading:{project.pk}:{channel.pk}:{key}:{now.isoformat()}",
        )  # fmt: skip
