"""Pages of the stakeholders' meeting: to prepare it, to show it, to hand it out, and to write down what came of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from sextant.errors import SextantError
from sextant.problem.meetings import Meeting
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.overview import href
from sextant_server.projects.permissions import Access
from sextant_server.records.actions import put_document
from sextant_server.weeks import actions
from sextant_server.weeks.forms import MeetingForm
from sextant_server.weeks.meeting import Page, as_pdf, meeting_page
from sextant_server.weeks.models import Waiting
from sextant_server.weeks.queries import where


def _context(found: Access, made: Page) -> dict[str, Any]:
    target = made.asked.href_target
    asked_href = where(found.project.slug, Waiting(project=found.project, target=target)) if target else ""
    return {"m": made, "state": made.state, "targets": made.targets, "asked_href": asked_href}


def meeting(request: HttpRequest, slug: str) -> HttpResponse:
    """Status in words, targets against what was measured, what changed, the decision needed; and writing down what
    was decided."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    form = MeetingForm(sent(request), initial={"held_on": timezone.now().date()})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        key = data["held_on"].isoformat()
        try:
            written = Meeting(
                held_on=data["held_on"], attendees=tuple(data["attendees"]), decisions=tuple(data["decisions"]),
                notes=data["notes"],
            )  # fmt: skip
            put_document(found.project, found.caller, written, key=key)
            # What stands now is what the next meeting is compared with.
            actions.refresh(found.project)
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(
                request, "The meeting is written down. What changes from now on is news at the next one."
            )
            return redirect("meeting", slug)
    made = meeting_page(found.project)
    context = {
        **_context(found, made),
        "form": form,
        "plan_href": href(slug, "document:meeting_plan", "problem", ""),
    }
    return page(request, found, "meeting", "weeks/meeting.html", context, status=422 if form.errors else 200)


def present(request: HttpRequest, slug: str) -> HttpResponse:
    """The same for a wall: large, one thing at a time, by the arrow keys; without JavaScript one long page."""
    found = enter(request, slug)
    return page(request, found, "meeting", "weeks/present.html", _context(found, meeting_page(found.project)))


def sheet(request: HttpRequest, slug: str) -> HttpResponse:
    """The same on paper."""
    found = enter(request, slug)
    made = meeting_page(found.project)
    name = f"{slug}-meeting-{made.state.now:%Y-%m-%d}.pdf"
    return HttpResponse(
        as_pdf(made),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"'},
    )
