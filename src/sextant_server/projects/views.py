"""Pages: the list of projects, opening one, and a project's overview."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sextant.errors import SextantError
from sextant_server.projects import actions, overview
from sextant_server.projects.forms import ProjectForm
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.permissions import caller, visible
from sextant_server.records.queries import project_state


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """The projects that the person may see, each with where it stands. One project needs no list."""
    projects = list(visible(caller(request)).order_by("name"))
    return render(request, "projects/list.html", {"rows": overview.rows(projects)})


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Open a project: a name is enough."""
    form = ProjectForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            project = actions.create_project(caller(request), **form.values())
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, f"{project.name} is open. Its timeline has the usual durations.")
            return redirect("project", project.slug)
    return render(request, "projects/new.html", {"form": form}, status=422 if form.errors else 200)


def project(request: HttpRequest, slug: str) -> HttpResponse:
    """Where are we, what blocks, what to do, how do the targets stand, what happened lately."""
    found = enter(request, slug)
    context: dict[str, Any] = overview.context(found.project, project_state(found.project))
    return page(request, found, "home", "projects/home.html", context)
