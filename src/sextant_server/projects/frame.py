"""What every page of a project shares: its name, its sub-navigation, and what the caller may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse

from sextant.errors import SextantError
from sextant.lifecycle.phases import BY_KEY, PHASES
from sextant_server.projects.permissions import Access, access, caller

#: The navigation of a project by groups: what stands in `page(..., tab, ...)`, the word, the name of the address.
#: A group without a title stands first. Keep the words short, and the groups few: all of it is seen on every page.
TABS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "": (("home", "Overview", "project"), ("brief", "Brief", "brief"), ("plan", "Plan", "plan")),
    "Proof": (
        ("targets", "Targets", "targets"),
        ("proof", "Proof", "proof"),
        ("datasets", "Data", "datasets"),
        ("runs", "Runs", "runs"),
    ),
    "Steering": (
        ("timeline", "Timeline", "timeline"),
        ("risks", "Risks", "risks"),
        ("decisions", "Decisions", "decisions"),
        ("waivers", "Waivers", "waivers"),
        ("meeting", "Meeting", "meeting"),
    ),
    "Project": (("people", "People", "people"), ("log", "Log", "log"), ("settings", "Settings", "settings")),
}
#: The phases stand between the first group and the others.
_PHASES_AFTER = ""


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
    groups = list(_navigation(request, found, tab))
    shared = {
        "project": found.project,
        "may": dict.fromkeys(found.may, True),
        "navigation": groups,
        "open_here": next((entry["label"] for g in groups for entry in g["entries"] if entry["current"]), ""),
        "access": found,
        "runs_here": bool(settings.PROJECT_FOLDER),
    }
    return render(request, template, shared | context, status=status)


def _navigation(request: HttpRequest, found: Access, tab: str) -> Iterator[dict[str, Any]]:
    """The groups of the navigation for this caller; the page that is open is marked, its phase before its tab."""
    phases: list[dict[str, Any]] = [
        {
            "label": info.name,
            "number": info.number,
            "href": reverse("phase", args=[found.project.slug, info.key]),
        }
        for info in PHASES
    ]
    inside = (
        tab
        if tab in BY_KEY
        else next(
            (i.key for i, p in zip(PHASES, phases, strict=True) if request.path.startswith(str(p["href"]))),
            "",
        )
    )
    for entry, info in zip(phases, PHASES, strict=True):
        entry["current"] = info.key == inside
    for title, rows in TABS.items():
        entries = [
            {
                "label": label,
                "href": reverse(name, args=[found.project.slug]),
                "current": key == tab and not inside,
            }
            for key, label, name in rows
            if key != "settings" or "manage" in found.may
        ]
        yield {"title": title, "entries": entries}
        if title == _PHASES_AFTER:
            yield {"title": "Phases", "entries": phases}
