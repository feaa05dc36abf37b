"""`jobs.clear`: clear jobs that ended long ago."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sextant_server.jobs import actions
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work, job
from sextant_server.jobs.schedule import every

#: As many in one transaction as hold up nobody.
AT_ONCE = 500


@job("jobs.clear", attempts=3, patience=600)
def clear(work: Work) -> dict[str, Any]:
    """A few hundred at a time; done twice, it finds nothing to do."""
    cleared = 0
    while some := actions.clear_ended(most=AT_ONCE):
        cleared += some
        work.step(0, f"{cleared:,} cleared")
    return {"cleared": cleared}


@every("clearing", minutes=24 * 60)
def look(now: datetime) -> None:
    """Ask for it once a day, where there is something to clear."""
    asked = Job.objects.filter(kind="jobs.clear", state__in=("waiting", "running")).exists()
    if not asked and actions.ended_long_ago(now).exists():
        actions.enqueue("jobs.clear", {})
