"""What people ask of each other, as Today lists it: reviews, comments that name somebody, and what changed in the wording
of what somebody signed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.urls import reverse

from sextant_server.people import talk, wording
from sextant_server.people.talk_models import Mention, Review
from sextant_server.people.wording import Worded
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.weeks.models import Waiting

if TYPE_CHECKING:
    from sextant_server.weeks.queries import Entry

#: What these kinds are called on a page.
KINDS = {"request": "Review request", "mention": "Comment", "wording": "Wording"}
#: As much of a comment as a list shows.
SHOWN = 300


def asked(who: Caller, projects: QuerySet[Project]) -> tuple[list[Entry], list[Entry]]:
    """What waits for the caller, and what waits for others because of them. Eight queries at most."""
    found = talk.waiting(who, projects)
    where = talk.places(
        [(r.project, r.about) for r in (*found.asked, *found.asking)]
        + [(m.project, m.comment.about) for m in (*found.told, *found.telling)]
    )
    today = datetime.now(UTC).date()
    reminded = _reminded(found.asking)
    mine = [
        _review(r, where[r.project_id, r.about], today, label="Look, and say so") for r in found.asked
    ] + [_mention(m, where[m.project_id, m.comment.about], label="Read and answer") for m in found.told]
    mine += [_wording(w) for w in wording.unread(who, projects)]
    theirs = [
        _review(
            r, where[r.project_id, r.about], today, waits_for=r.asked, label="" if r.user_id else "Look at it",
            remind=r.user_id is not None, reminded_at=reminded.get((r.project_id, f"request:{r.key}")),
        )
        for r in found.asking
    ] + [
        _mention(m, where[m.project_id, m.comment.about], waits_for=m.name, label="Look at it")
        for m in found.telling
    ]  # fmt: skip
    return mine, theirs


def rank(due: date, today: date) -> int:
    """As `sextant.lifecycle.waits.Wait.rank`: 0 overdue, 1 due within a week, 4 later."""
    return 0 if due < today else 1 if due <= today + timedelta(days=7) else 4


def _review(
    row: Review, place: talk.Place, today: date, *, label: str, waits_for: str = "", remind: bool = False,
    reminded_at: datetime | None = None,
) -> Entry:  # fmt: skip
    from sextant_server.weeks.queries import Entry

    return Entry(
        "request", KINDS["request"], f"request:{row.key}", f"Review: {place.label}", _asks(row), label, place.href,
        row.project.name, row.project.slug, row.project.simulated, row.at, row.due, rank(row.due, today),
        waits_for=waits_for, may_remind=remind, reminded_at=reminded_at,
    )  # fmt: skip


def _asks(row: Review) -> str:
    return f"{row.by} asked {row.asked} to look at it by {row.due:%-d %B %Y}."


def _mention(row: Mention, place: talk.Place, *, label: str, waits_for: str = "") -> Entry:
    from sextant_server.weeks.queries import Entry

    said = row.comment
    # Somebody waits for a word: before what nobody is held up by.
    return Entry(
        "mention", KINDS["mention"], f"mention:{said.key}:{row.pk}", f"{said.by} named {waits_for or 'you'}: {place.label}",
        said.text[:SHOWN], label, place.href, row.project.name, row.project.slug, row.project.simulated, said.at, None,
        2, waits_for=waits_for,
    )  # fmt: skip


def _wording(worded: Worded) -> Entry:
    from sextant_server.weeks.queries import Entry

    row = worded.signature
    return Entry(
        "wording", KINDS["wording"], f"wording:{row.pk}:{worded.sequence}",
        f"Read what changed in what you signed: {worded.title}",
        f"{worded.by[:1].upper()}{worded.by[1:]} changed its wording after you signed. Your signature stands; no new one is "
        "asked.",
        "Read what changed", reverse("changed-since", args=[row.project.slug, row.subject, row.record.sequence]),
        row.project.name, row.project.slug, row.project.simulated, worded.at, None, 4,
    )  # fmt: skip


def _reminded(rows: Iterable[Review]) -> dict[tuple[int, str], datetime]:
    from sextant_server.weeks.queries import reminded

    return reminded([(row.project_id, f"request:{row.key}") for row in rows])


def as_wait(project: Project, key: str) -> Waiting | None:
    """An open review as something that is waited for, to remind of it; None if there is none with this key."""
    kind, _, name = key.partition(":")
    row = (
        Review.objects.filter(project=project, key=name, state="open").select_related("user").first()
        if kind == "request"
        else None
    )
    if row is None:
        return None
    label = talk.places([(project, row.about)])[project.pk, row.about].label
    return Waiting(
        project=project, user=row.user, kind="request", key=key, needs="comment", named=row.asked,
        title=f"Review: {label}", said=_asks(row), label="", target=f"talk:{row.about}", since=row.at.date(),
        due=row.due, rank=rank(row.due, datetime.now(UTC).date()),
    )  # fmt: skip
