"""Numbers that are read by SQL again and again: which are due, reading one, and how that stands in words.

A period is a day or a week from Monday, both in UTC; each is read once in a period, by the worker, in the name of
whoever kept the query and only for as long as they may store evidence. What fails is tried again in the next period,
and what cannot be reached also a few times before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings

from sextant.errors import Forbidden, NotFound, SextantError
from sextant.phrases import age_text
from sextant.problem.documents import Again, NumberQuery
from sextant_server.problem import sources
from sextant_server.problem.models import NumberReading
from sextant_server.problem.number_actions import note_fault
from sextant_server.problem.steps import declare_by_sql
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller, access_of, named
from sextant_server.records import queries
from sextant_server.records.models import DocumentRow

#: How the choices read on a page, and how long a period is.
CHOICES: dict[Again, str] = {"never": "only when asked", "daily": "each day", "weekly": "each Monday"}
_DAYS: dict[Again, int] = {"daily": 1, "weekly": 7}


@dataclass(frozen=True, slots=True)
class Standing:
    """The kept query of a target, and how its readings went. `late` is whether one that is due has not come."""

    query: NumberQuery
    row: DocumentRow
    tried_at: datetime | None
    read_at: datetime | None
    failing_since: datetime | None
    fault: str
    late: bool
    said: str

    @property
    def trouble(self) -> bool:
        return bool(self.fault) or self.late


def period(again: Again, now: datetime) -> datetime:
    """When the present day or week began.

    >>> period("weekly", datetime(2026, 3, 5, 9, tzinfo=UTC))
    datetime.datetime(2026, 3, 2, 0, 0, tzinfo=datetime.timezone.utc)
    """
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return start - timedelta(days=start.weekday()) if again == "weekly" else start


def due(now: datetime) -> Iterator[tuple[Project, str, str]]:
    """Every target whose numbers are to be read in this period and were not: its project, its key, and a name for the
    reading that each period has once."""
    tried = {
        (pk, key): at for pk, key, at in NumberReading.objects.values_list("project_id", "key", "tried_at")
    }
    rows = DocumentRow.objects.filter(kind=NumberQuery.kind, present=True, withdrawn=False)
    for row in rows.select_related("project").order_by("id"):
        query = NumberQuery.model_validate_json(row.body)
        if query.again == "never":
            continue
        start = period(query.again, now)
        last = tried.get((row.project_id, row.key))
        if last is None or last < start:
            yield (
                row.project,
                row.key,
                f"scheduled:numbers:{row.project_id}:{row.key}:{query.again}:{start.date()}",
            )


def read_again(project: Project, key: str) -> int:
    """Read a target's kept query again; how many numbers were new. What fails is noted, told, and raised."""
    criterion = queries.criteria(project).get(key)
    row = queries.present_document(project, NumberQuery.kind, key)
    if criterion is None or row is None or row.withdrawn:
        return 0  # retired or withdrawn since it was asked for
    query = NumberQuery.model_validate_json(row.body)
    try:
        caller = _keeper(project, row)
        source = sources.find(settings.SOURCES, project.slug, query.source)
        stored = declare_by_sql(project, caller, criterion, source, query.sql, keep=False)
    except SextantError as error:
        note_fault(project, key, criterion.name, error)
        raise
    return sum(new for _, new in stored)


def _keeper(project: Project, row: DocumentRow) -> Caller:
    """Whoever kept the query, if they may still store evidence."""
    try:
        return access_of(named(row.record.actor), project.slug, "evidence").caller
    except (NotFound, Forbidden):
        raise Forbidden(
            "who kept this query may no longer store proof here", rule="it is read in their name",
            todo="let somebody who may store it again",
        ) from None  # fmt: skip


def standing(project: Project, key: str, now: datetime) -> Standing | None:
    """How a target's numbers are read, None where no query is kept for it."""
    return standings(project, now, key=key).get(key)


def standings(project: Project, now: datetime, *, key: str | None = None) -> dict[str, Standing]:
    """The same for every target that has a query, in two queries."""
    rows = DocumentRow.objects.filter(project=project, kind=NumberQuery.kind, present=True, withdrawn=False)
    readings = NumberReading.objects.filter(project=project)
    if key is not None:
        rows, readings = rows.filter(key=key), readings.filter(key=key)
    known = {reading.key: reading for reading in readings}
    return {row.key: _standing(row, known.get(row.key), now) for row in rows.order_by("key")}


def _standing(row: DocumentRow, last: NumberReading | None, now: datetime) -> Standing:
    query = NumberQuery.model_validate_json(row.body)
    read_at, tried_at = (last.read_at, last.tried_at) if last else (None, None)
    days = _DAYS.get(query.again)
    # A period and a half: the reading of this one may still be under way.
    late = days is not None and now - (tried_at or row.at) > timedelta(days=1.5 * days)
    how = f"Read again {CHOICES[query.again]}" if days else "Read again only when somebody asks"
    if last is not None and last.fault:
        since = f" since {_moment(last.failing_since)}" if last.failing_since else ""
        said = f"Could not be read{since}: {last.fault}."
        said += (
            f" What stands here was read {age_text(read_at, now)}."
            if read_at
            else " Nothing was read by it yet."
        )
    elif late:
        said = f"{how}, and not done since {_moment(tried_at or row.at)}: no worker seems to run."
    elif read_at:
        said = f"{how}; last read {age_text(read_at, now)}."
    else:
        said = f"{how}; not read yet."
    return Standing(
        query=query, row=row, tried_at=tried_at, read_at=read_at, late=late, said=said,
        failing_since=last.failing_since if last else None, fault=last.fault if last else "",
    )  # fmt: skip


def _moment(when: datetime | None) -> str:
    return f"{when.day} {when:%b %Y, %H:%M} UTC" if when else "then"
