"""Today, the digest, the portfolio, the meeting, waivers and reminders, for programs and the command line."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access, caller
from sextant_server.weeks import actions, queries
from sextant_server.weeks import digest as digests
from sextant_server.weeks import waivers as waiving
from sextant_server.weeks.meeting import as_plain, meeting_page
from sextant_server.weeks.models import Kept

router = Router(tags=["weeks"])


@router.get("/today")
def today(request: HttpRequest) -> dict[str, Any]:
    """What waits for you and what you wait for, across projects, the most urgent first. To a token: what its project
    waits for, of whomever."""
    day = queries.today(caller(request))
    return {
        "mine": [e.plain() for e in day.mine], "theirs": [e.plain() for e in day.theirs],
        "ahead": [e.plain() for e in day.ahead], "more": day.more, "as_of": day.as_of, "out_of_date": day.old,
    }  # fmt: skip


@router.get("/digest")
def digest(request: HttpRequest) -> dict[str, Any]:
    """What Monday's mail would say to you now: its subject and its text."""
    made = digests.digest(caller(request))
    text, html = digests.rendered(made, None)
    return {"subject": made.subject, "since": made.since, "text": text, "html": html}


@router.get("/portfolio")
def portfolio(request: HttpRequest, order: str = "-state", page: int = 1) -> dict[str, Any]:
    """The projects that you may see, side by side, fifty a page. `order` is name, phase, state, blockers, met, unmet,
    ships or evidence; with a minus before it the other way round."""
    found = queries.portfolio(caller(request), order=order, page=page)
    return {
        "total": found.total, "page": found.page, "pages": found.pages, "out_of_date": found.old,
        "projects": [_line(row) for row in found.rows],
    }  # fmt: skip


def _line(row: dict[str, Any]) -> dict[str, Any]:
    project, kept = row["project"], row["kept"]
    return {
        "slug": project.slug,
        "name": project.name,
        "simulated": project.simulated,
        **(standing_out(kept) if kept else {}),
    }


def standing_out(kept: Kept) -> dict[str, Any]:
    """Where a project stands, as plain values."""
    return {
        "state": kept.body["word"], "tone": kept.tone, "phase": kept.phase, "gate": kept.gate, "blockers": kept.blockers,
        "met": kept.met, "unmet": kept.unmet, "not_enough": kept.not_enough, "other": kept.other, "ships": kept.ships,
        "shipped": kept.shipped, "earliest": kept.body["earliest"], "latest": kept.body["latest"],
        "late_days": kept.body["late_days"], "newest_evidence": kept.evidence_at, "as_of": kept.made_at,
        "remarks": kept.body["remarks"], "targets": kept.body["targets"],
    }  # fmt: skip


@router.get("/projects/{slug}/standing")
def standing(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Where the project stands, in words and numbers."""
    return standing_out(queries.kept_of(access(request, slug).project))


@router.get("/projects/{slug}/meeting")
def meeting(request: HttpRequest, slug: str) -> dict[str, Any]:
    """What the stakeholders' next meeting looks at: status in words, targets, what changed since the last, the
    decision needed. A meeting that took place is written down as a document of the kind `meeting`."""
    return as_plain(meeting_page(access(request, slug).project))


@router.get("/projects/{slug}/waiver-outcomes")
def waiver_outcomes(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Waivers in force, those that ended without a word, and how the others turned out, counted."""
    found = waiving.waivers(access(request, slug).project)
    return {
        "counts": found.counts,
        **{
            name: [waiving.plain(row) for row in getattr(found, name)] for name in ("running", "over", "told")
        },
    }


class NudgeIn(Strict):
    key: str


@router.post("/projects/{slug}/reminders", response={201: Any})
def remind(request: HttpRequest, slug: str, payload: NudgeIn) -> Any:
    """Remind by mail the person whom something waits for; `key` is that of Today. Once a day for each thing."""
    found = access(request, slug, "comment")
    queries.kept_of(found.project)
    row = actions.nudge(found.project, found.caller, payload.key)
    return Status(201, {"key": row.key, "at": row.at})
