"""`wording.tell`: mail signers what changed in the wording of what they signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings

from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work, job
from sextant_server.jobs.schedule import every
from sextant_server.people import wording, wording_actions
from sextant_server.records.queries import project_state

#: A wording is told once nobody changed it for so long: who writes in small steps sends one mail.
SETTLED = timedelta(minutes=10)


@job("wording.tell", attempts=3, patience=600)
def tell(work: Work) -> dict[str, Any]:
    """One signer after the other; each wording is told once."""
    waiting = wording.untold(datetime.now(UTC) - SETTLED)
    states, mails = {w.signature.project_id: None for w in waiting}, 0
    for done, worded in enumerate(waiting, 1):
        project = worded.signature.project
        states[project.pk] = states[project.pk] or project_state(project)  # type: ignore[assignment]
        mails += wording_actions.tell(worded, states[project.pk])  # type: ignore[arg-type]
        work.step(done / len(waiting), f"{mails} mails")
    return {"mails": mails}


@every("wording", minutes=5)
def look(now: datetime) -> None:
    """Ask for it where a signer is still to be told."""
    asked = Job.objects.filter(kind="wording.tell", state__in=("waiting", "running")).exists()
    if settings.MAIL_ON and not asked and wording.untold(now - SETTLED):
        enqueue("wording.tell", {})
