"""`digest.send`: Monday's mail to each person, and Monday's message to each project's channels."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from sextant.errors import SextantError
from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work, job
from sextant_server.jobs.schedule import every

log = logging.getLogger("sextant.worker")


@job("digest.send", attempts=5, patience=600)
def send(work: Work) -> dict[str, Any]:
    """Whoever's Monday has come. Each is put into the outbox once, together with the row that says so; one that
    cannot be made does not hold up the others."""
    from sextant_server.weeks import actions, digest

    now, mails, messages, faults = datetime.now(UTC), 0, 0, []
    people = digest.people_due(now) if settings.MAIL_ON else []
    projects = digest.projects_due(now)
    total = len(people) + len(projects)
    for done, (user, day) in enumerate(people, 1):
        try:
            mails += digest.send_to(user, day, now)
        except SextantError as error:
            faults.append(f"user {user.pk}: {error}")
        work.step(done / total, f"{mails} mails")
    for done, (project, day) in enumerate(projects, len(people) + 1):
        try:
            messages += actions.tell_channels(project, day, digest.message(project, now))
        except SextantError as error:
            faults.append(f"project {project.slug}: {error}")
        work.step(done / total, f"{mails} mails, {messages} messages")
    for fault in faults:
        log.warning("a digest could not be made: %s", fault)
    return {"mails": mails, "messages": messages, "failed": len(faults)}


@every("digests", minutes=15)
def look(now: datetime) -> None:
    """Ask for it as soon as somebody's is due."""
    from sextant_server.weeks import digest

    waiting = Job.objects.filter(kind="digest.send", state__in=("waiting", "running")).exists()
    if not waiting and ((settings.MAIL_ON and digest.people_due(now)) or digest.projects_due(now)):
        enqueue("digest.send", {})
