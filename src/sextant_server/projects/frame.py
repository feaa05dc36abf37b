"""What every page of a project shares: its name, its sub-navigation, and what the caller may do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from sextant.errors import SextantError
from sextant_server.projects.permissions import Access, access, caller

TABS = (
    ("home", "Overview", "project"),
    ("targets", "Targets", "targets"),
    ("proof", "Proof", "proof"),
    ("risks", "Risks", "risks"),
    ("timeline", "Timeline", "timeline"),
    ("decisions", "Decisions", "decisions"),
    ("log", "Log", "log"),
    ("settings", "Settings", "settings"),
)


class SignInFirst(Exception):
    """Nobody is signed in: the way to the sign-in page and back."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__("sign in first")
        self.response = response


def enter(request: HttpRequest, slug: str, action: str = "view") -> Access:
    """The project and the right to it, the first line of every view. A stranger is sent to sign in; who is signed in
    and may not know of the project gets 404."""
    if not caller(request).known:
        raise SignInFirst(redirect_to_login(request.get_full_path()))
    return access(request, slug, action)


def sent(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: what was sent, also if that is nothing; None where nothing was."""
    return request.POST if request.method == "POST" else None


def put_beside(form: Form, error: SextantError) -> None:
    """Show an error where it belongs: beside the field that it names, else above the form."""
    place = error.where if error.where in form.fields else None
    where, error.where = error.where, None if place else error.where
    form.add_error(place, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    error.where = where


def page(
    request: HttpRequest,
    found: Access,
    tab: str,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """A project's page: the frame, with `template` inside."""
    tabs = [
        {"label": label, "href": reverse(name, args=[found.project.slug]), "current": key == tab}
        for key, label, name in TABS
        if key != "settings" or "manage" in found.may
    ]
    shared = {
        "project": found.project,
        "may": dict.fromkeys(found.may, True),
        "tabs": tabs,
        "access": found,
        "runs_here": bool(settings.PROJECT_FOLDER),
    }
    return render(request, template, shared | context, status=status)
