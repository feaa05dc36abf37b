"""The page of decisions: gates, waivers, going back, signatures, in one line of time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from sextant.errors import InvalidInput
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.phases import BY_KEY
from sextant_server.lifecycle import queries
from sextant_server.people.signing import title
from sextant_server.projects.frame import enter, page
from sextant_server.projects.overview import OUTCOMES
from sextant_server.projects.permissions import Access
from sextant_server.records.models import DecisionRow, Exemption, RoundRow, Said, SignatureRow
from sextant_server.ui.templatetags.ui import words

PAGE = 50
KINDS = {"gate": "Gates", "excuse": "Waivers and exemptions", "back": "Going back", "signature": "Signatures"}
Entry = dict[str, Any]


def _gate(found: Access, row: DecisionRow) -> Entry:
    return {
        "at": row.at, "by": row.by, "title": f"{BY_KEY[row.phase].name} {OUTCOMES[row.outcome]}", "text": row.note,
        "href": reverse("decided", args=[found.project.slug, row.pk]),
    }  # fmt: skip


def _excuse(found: Access, row: Exemption) -> Entry:
    item, _, part = row.target.partition(":")
    named = ITEMS[item].title if item in ITEMS else row.target
    what = f"waived until {row.until}" if row.until else "not applicable"
    text = row.reason
    if row.approved_by:
        text += f" Approved by {row.approved_by}."
    if row.withdrawn:
        text += f" Taken back{': ' + row.outcome if row.outcome else ''}."
    href = reverse("exempt", args=[found.project.slug, row.target]) if "decide" in found.may else ""
    title = f"{named}{', ' + part.replace('_', ' ') if part else ''}: {what}"
    return {"at": row.at, "by": row.by, "title": title, "text": text, "href": href}


def _back(found: Access, row: RoundRow) -> Entry:
    return {
        "at": row.opened_at, "by": row.by, "title": f"Back to {BY_KEY[row.phase].name}, round {row.number}",
        "text": row.reason, "href": reverse("phase", args=[found.project.slug, row.phase]),
    }  # fmt: skip


def _said(text: str) -> str:
    return text[:1].upper() + text[1:]


def _signature(found: Access, row: SignatureRow) -> Entry:
    return {
        "at": row.at, "by": row.person, "title": f"{title(row.subject)} signed", "text": _said(words(row.role)),
        "href": reverse("sign", args=[found.project.slug, row.subject]),
    }  # fmt: skip


SHOWN: dict[str, tuple[type[Said], Callable[[Access, Any], Entry]]] = {
    "gate": (DecisionRow, _gate),
    "excuse": (Exemption, _excuse),
    "back": (RoundRow, _back),
    "signature": (SignatureRow, _signature),
}


def decisions(request: HttpRequest, slug: str) -> HttpResponse:
    """Who decided what, when and why, the newest first, a page at a time."""
    found = enter(request, slug)
    asked = request.GET.get("kind", "")
    before = _moment(request.GET.get("before", ""))
    entries = [
        {"kind": kind, **entry(found, row)}
        for kind, (model, entry) in SHOWN.items()
        if asked in ("", kind)
        for row in queries.latest(model, found.project, before, PAGE + 1)
    ]
    entries.sort(key=lambda e: e["at"], reverse=True)
    more = ""
    if len(entries) > PAGE:
        query = {"before": entries[PAGE - 1]["at"].isoformat(), **({"kind": asked} if asked else {})}
        more = f"{reverse('decisions', args=[slug])}?{urlencode(query)}"
    context = {"entries": entries[:PAGE], "more": more, "kinds": KINDS, "asked": asked}
    return page(request, found, "decisions", "lifecycle/decisions.html", context)


def _moment(given: str) -> datetime | None:
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{given!r} is no moment", where="before", todo="go on from the page of decisions"
        ) from error
