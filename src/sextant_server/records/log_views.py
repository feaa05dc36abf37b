"""The page of the log: every record in words, its anchors, and whether it is still what it was."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sextant.errors import NotFound
from sextant_server.jobs import actions as jobs
from sextant_server.jobs.models import Job
from sextant_server.people.sign_models import Invitation
from sextant_server.projects.frame import enter, page
from sextant_server.projects.models import Project, Token
from sextant_server.projects.overview import TOLD, told
from sextant_server.records import anchors
from sextant_server.records.models import Record

PAGE = 50


def log(request: HttpRequest, slug: str) -> HttpResponse:
    """The audit trail, the newest first."""
    found = enter(request, slug)
    if "anchors" in request.GET:
        body = "".join(json.dumps(anchors.as_json(a)) + "\n" for a in anchors.kept(found.project))
        return HttpResponse(
            body, content_type="application/x-ndjson",
            headers={"Content-Disposition": f'attachment; filename="{slug}-anchors.jsonl"'},
        )  # fmt: skip
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    rows = Record.objects.filter(project=found.project).order_by("-sequence")
    rows = rows.filter(kind=kind) if kind in TOLD else rows
    rows = rows.filter(sequence__lt=int(before)) if before.isdigit() else rows
    listed = list(rows[: PAGE + 1])
    more = ""
    if len(listed) > PAGE:
        more = f"{reverse('log', args=[slug])}?before={listed[PAGE - 1].sequence}" + (
            f"&kind={kind}" if kind else ""
        )
    names = _names(found.project, listed)
    kept = anchors.kept(found.project)
    context: dict[str, Any] = {
        "rows": [
            {"record": r, "word": TOLD.get(r.kind, r.kind), "text": told(r), "by": names.get(r.actor, r.actor),
             "json": json.dumps(r.content, indent=2, ensure_ascii=False), "digest": _evidence_digest(r)}
            for r in listed[:PAGE]
        ],
        "more": more, "kinds": TOLD, "asked": kind, "anchors": len(kept), "last_anchor": kept[-1] if kept else None,
        "job": Job.objects.filter(project=found.project, kind="audit.verify").order_by("-id").first(),
    }  # fmt: skip
    return page(request, found, "log", "records/log.html", context)


def _evidence_digest(record: Record) -> str:
    return record.body_digest if record.kind == "evidence" else ""


def _names(project: Project, rows: list[Record]) -> dict[str, str]:
    """How a person reads the actors of these records: three queries at most, however many there are."""
    users = {int(r.actor[5:]) for r in rows if r.actor.startswith("user:")}
    found = {f"user:{u.pk}": u.get_full_name() or u.get_username() for u in User.objects.filter(pk__in=users)}
    found |= {f"token:{t.pk}": f"token {t.name}" for t in Token.objects.filter(project=project)}
    links = {int(r.actor[5:]) for r in rows if r.actor.startswith("link:")}
    if links:
        asked = Invitation.objects.filter(project=project, pk__in=links)
        found |= {f"link:{i.pk}": f"{i.person}, by a link" for i in asked}
    return found | {"local": "the command line", "worker": "the worker"}


def verify(request: HttpRequest, slug: str) -> HttpResponse:
    """Start checking the whole log in the worker."""
    found = enter(request, slug)
    if request.method == "POST":
        jobs.enqueue("audit.verify", {}, project=found.project, asked_by=found.caller.id)
    return redirect(reverse("log", args=[slug]) + "#verify")


#: What a person may start from a page, with what they must be allowed to do for it.
MAY_START = {"checks.run": "evidence"}


def run(request: HttpRequest, slug: str) -> HttpResponse:
    """Run the checks of the project's folder again, in the worker."""
    found = enter(request, slug, MAY_START["checks.run"])
    if request.method != "POST" or not settings.PROJECT_FOLDER:
        raise NotFound(
            "no folder with checks is served here", todo="run sextant check in the folder with the data"
        )
    job = jobs.enqueue("checks.run", {}, project=found.project, asked_by=found.caller.id)
    return redirect("job", slug, job.pk)


def job(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """How far a job is; for htmx only the part that changes."""
    found = enter(request, slug)
    row = Job.objects.filter(project=found.project, pk=number).first()
    if row is None:
        raise NotFound(f"there is no job {number} in {slug}")
    context = {"job": row, "percent": round(row.progress * 100), "project": found.project}
    if getattr(request, "htmx", False):
        return page(request, found, "log", "records/job_state.html", context)
    return page(request, found, "log", "records/job.html", context)
