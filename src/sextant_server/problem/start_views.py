"""The first ten minutes: four ways to begin a project, each to a brief that can be forwarded or a number today."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from sextant.errors import SextantError
from sextant.problem import example as worked
from sextant.problem.documents import Brief, FiveWs
from sextant.problem.one_pager import Prefill, read_one_pager, title_of
from sextant_server.problem import start_steps
from sextant_server.problem.start_forms import ExampleForm, LiveForm, PasteForm, ScratchForm
from sextant_server.projects.frame import put_beside, sent
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import caller


@login_required
def new(request: HttpRequest) -> HttpResponse:
    """From scratch: a name is enough. The other three ways stand beside it."""
    form = ScratchForm(sent(request), initial={"rigor": "standard"})
    if request.method == "POST" and form.is_valid():
        project = _opened(request, form, summary=form.cleaned_data["summary"])
        if project is not None:
            messages.success(request, f"{project.name} is open. Its timeline has the usual durations.")
            return redirect("five-ws", project.slug)
    return _shown(request, "problem/new.html", form, way="scratch")


@login_required
def paste(request: HttpRequest) -> HttpResponse:
    """Paste a one-pager: see what each rule took, and from which line; open the project with what one keeps."""
    data = sent(request)
    if data is not None and not data.get("rigor"):
        data = data.copy()
        data["rigor"] = "standard"
    form = PasteForm(data)
    found: Prefill | None = None
    if request.method == "POST" and form.is_valid():
        try:
            found = read_one_pager(form.cleaned_data["text"])
        except SextantError as error:
            form.add_error("text", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    if data is not None and found and "open" not in data and not form.cleaned_data.get("name"):
        form.data = {**data.dict(), "name": title_of(found)}
    if found is not None and "open" in request.POST and form.named():
        documents, currency = _kept(request, found)
        project = _opened(request, form, documents=documents, **({"currency": currency} if currency else {}))
        if project is not None:
            start_steps.draft_brief(project, caller(request))
            messages.success(
                request, f"{project.name} is open, with what your text says. The text itself is not kept."
            )
            return redirect("forward-brief", project.slug)
    form.fields["name"].required = form.fields["rigor"].required = True
    return _shown(request, "problem/paste.html", form, way="paste", found=found, lines=_lines(found))


def _lines(found: Prefill | None) -> list[dict[str, Any]]:
    """What was taken, as the page shows it: each with the box that keeps it."""
    if found is None:
        return []
    return [
        {
            "name": f"{t.target}.{t.field}", "taken": t, "document": "Five Ws" if t.target == "five_ws" else "Brief",
            "words": t.words if len(t.words) <= 600 else f"{t.words[:599]}…",
        }
        for t in found.taken
    ]  # fmt: skip


def _kept(request: HttpRequest, found: Prefill) -> tuple[list[tuple[str, FiveWs | Brief]], str | None]:
    """The documents with the fields whose boxes are ticked."""
    ticked = set(request.POST.getlist("keep"))
    made: list[tuple[str, FiveWs | Brief]] = []
    for target, document in (("five_ws", found.five_ws), ("brief", found.brief)):
        values = {
            name: value for name, value in document.model_dump().items()
            if f"{target}.{name}" in ticked and value not in ("", (), None)
        }  # fmt: skip
        if values:
            made.append(("", type(document).model_validate(values)))
    return made, found.currency if "brief.budget" in ticked else None


@login_required
def live(request: HttpRequest) -> HttpResponse:
    """In the middle: a model that is live already. One number is watched from today on."""
    today = timezone.now().date()
    form = LiveForm(sent(request), initial={"rigor": "standard", "start": "maintenance"}, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            given = form.live()
            project = start_steps.start_live(caller(request), given, **form.settings())
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, f"{project.name} is open. Phases before it are not assessed.")
            return redirect("target", project.slug, given.criterion.key)
    return _shown(request, "problem/live.html", form, way="live")


@login_required
def copy_example(request: HttpRequest) -> HttpResponse:
    """Copy the worked example, to look around in and to change."""
    form = ExampleForm(
        sent(request), initial={"name": worked.NAME, "rigor": "standard"}, taken=_taken(worked.SLUG)
    )
    if request.method == "POST" and form.is_valid():
        try:
            project = start_steps.start_example(
                caller(request), **form.settings(), starts=timezone.now().date()
            )
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(
                request, f"{project.name} is open: phase 1 of the worked example, yours to change."
            )
            return redirect("forward-brief", project.slug)
    return _shown(request, "problem/example.html", form, way="example", five_ws=worked.FIVE_WS)


def _taken(slug: str) -> bool:
    return Project.objects.filter(slug=slug).exists()


def _opened(request: HttpRequest, form: Any, **given: Any) -> Project | None:
    """The project, or None with the fault beside its field."""
    try:
        return start_steps.start_project(caller(request), **form.settings(), **given)
    except SextantError as error:
        put_beside(form, error)
        return None


def _shown(request: HttpRequest, template: str, form: Form, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)
