"""Pages: the list of projects, and a project's overview."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sextant_server.projects import overview
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import caller, may_weigh, visible
from sextant_server.records.queries import project_state


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The projects that the person may see, each with where it stands. One project needs no list."""
    from sextant_server.labeling.queries import to_label

    who = caller(request)
    projects = list(visible(who).order_by("name"))
    # Who is here to label and nothing else finds that, not an offer to open a project.
    if not projects and not may_weigh(who):
        return render(request, "labeling/home.html", {"rounds": to_label(who)})
    return render(request, "projects/list.html", {"rows": overview.rows(projects)})


def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Where are we, what blocks, what to do, how do the targets stand, what happened lately."""
    found = enter(request, slug)
    context: dict[str, Any] = overview.context(found.project, project_state(found.project))
    return page(request, found, "home", "projects/home.html", context)
