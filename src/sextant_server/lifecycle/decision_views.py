"""The page of decisions: gates, waivers, going back, signatures, in one line of time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sextant.lifecycle.phases import BY_KEY
from sextant_server.lifecycle import queries
from sextant_server.projects.frame import enter, page

KINDS = {"gate": "Gates", "excuse": "Waivers and exemptions", "back": "Going back", "signature": "Signatures"}


def decisions(request: HttpRequest, slug: str) -> HttpResponse:
    """Who decided what, when and why, the newest first."""
    found = enter(request, slug)
    asked = request.GET.get("kind", "")
    entries: list[dict[str, Any]] = []
    if asked in ("", "gate"):
        for row in queries.decisions(found.project):
            entries.append({
                "kind": "gate", "at": row.at, "by": row.by, "title": f"{BY_KEY[row.phase].name}: {row.outcome}",
                "text": row.note, "href": reverse("decided", args=[slug, row.pk]),
            })  # fmt: skip
    if asked in ("", "excuse"):
        for one in queries.exemptions(found.project):
            what = f"waived until {one.until}" if one.until else "not applicable"
            ended = f" Taken back{': ' + one.outcome if one.outcome else ''}." if one.withdrawn else ""
            href = reverse("exempt", args=[slug, one.target]) if "decide" in found.may else ""
            approved = f" Approved by {one.approved_by}." if one.approved_by else ""
            entries.append({
                "kind": "excuse", "at": one.at, "by": one.by, "title": f"{one.target}: {what}",
                "text": f"{one.reason}{approved}{ended}", "href": href,
            })  # fmt: skip
    if asked in ("", "back"):
        for back in queries.rounds(found.project):
            entries.append({
                "kind": "back", "at": back.opened_at, "by": back.by,
                "title": f"Back to {BY_KEY[back.phase].name}, time {back.number}", "text": back.reason,
                "href": reverse("phase", args=[slug, back.phase]),
            })  # fmt: skip
    if asked in ("", "signature"):
        for s in queries.signatures(found.project):
            entries.append({
                "kind": "signature", "at": s.at, "by": s.person, "title": f"Signed: {s.subject.replace('_', ' ')}",
                "text": s.role, "href": reverse("sign", args=[slug, s.subject]),
            })  # fmt: skip
    entries.sort(key=lambda e: e["at"], reverse=True)
    context = {"entries": entries, "kinds": KINDS, "asked": asked}
    return page(request, found, "decisions", "lifecycle/decisions.html", context)
