"""Pages of guidelines: what there is, and writing one."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from sextant.data.guidelines import TASK_KINDS, Guideline
from sextant.errors import Conflict, InvalidInput, NotFound, SextantError
from sextant.revisions import changes, sections
from sextant_server.labeling import actions, queries
from sextant_server.labeling.guideline_forms import GuidelineForm
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access
from sextant_server.records import queries as records


def guidelines(request: HttpRequest, slug: str) -> HttpResponse:
    """Every guideline with what it lacks, and the way to a new one."""
    found = enter(request, slug)
    rows = [
        (row, Guideline.model_validate(json.loads(row.body)))
        for row in records.present_documents(found.project, Guideline.kind)
    ]
    used: dict[str, int] = {}
    for one in queries.rounds(found.project):
        used[one.guideline] = used.get(one.guideline, 0) + 1
    context = {
        "rows": [
            {"row": row, "g": g, "kind": TASK_KINDS[g.answer], "bare": bare(g), "rounds": used.get(row.key, 0)} for row, g in rows
        ],
        "kinds": TASK_KINDS,
    }  # fmt: skip
    return page(request, found, "data", "labeling/guidelines.html", context)


def bare(guideline: Guideline) -> list[str]:
    """Values that lack criteria or two examples."""
    return [v.value for v in guideline.values if not v.criteria or v.example_count < 2]


def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a further guideline."""
    found = enter(request, slug, "edit")
    answer = request.GET.get("answer", "choice")
    form = GuidelineForm(request.POST if request.method == "POST" else None, answer=answer)
    name = request.POST.get("name", "").strip()
    if request.method == "POST" and form.is_valid(timezone.now().date()):
        key = (
            re.sub(r"[^a-z0-9]+", "-", (name or form.guideline.task).lower()).strip("-")[:60].strip("-")
            or "guideline"
        )
        taken = {r.key for r in records.present_documents(found.project, Guideline.kind)}
        key = next(k for n in range(1, len(taken) + 2) if (k := key if n == 1 else f"{key}-{n}") not in taken)
        if (done := _save(request, found, form, key, None)) is not None:
            return done
    context = {"form": form, "name": name, "adding": True}
    return page(request, found, "data", "labeling/guideline.html", context, status=422 if form.wrong else 200)


def _save(
    request: HttpRequest, found: Access, form: GuidelineForm, key: str, had: int | None
) -> HttpResponse | None:
    try:
        row = actions.save_guideline(found.project, found.caller, form.guideline, key, had=had)
    except Conflict:
        raise
    except SextantError as error:
        form.faults.append(str(error))
        return None
    version = json.loads(row.body)["version"]
    messages.success(request, f"The guideline {key} is saved as {version}{_said(form, version)}")
    return redirect("guideline", found.project.slug, key)


def _said(form: GuidelineForm, version: str) -> str:
    if form.given and form.given.published_on and form.given.version != version:
        return f": what a label means has changed. Labels made by {form.given.version} no longer count."
    return "."


def guideline(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Write a guideline; its versions and the rounds that use it stand beside it."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    row = records.present_document(found.project, Guideline.kind, key)
    if row is None:
        raise NotFound(f"there is no guideline {key[:80]!r}", todo="look at the list of guidelines")
    given = Guideline.model_validate(json.loads(row.body))
    form = GuidelineForm(request.POST if request.method == "POST" else None, given)
    conflict = None
    if request.method == "POST" and form.is_valid(timezone.now().date()):
        had = request.POST.get("version", "")
        try:
            done = _save(request, found, form, key, int(had) if had.isdigit() and len(had) < 9 else None)
        except Conflict as error:
            conflict, done = error, None
        if done is not None:
            return done
    context: dict[str, Any] = {
        "key": key, "row": row, "g": given, "form": form, "conflict": conflict, "bare": bare(given),
        "kind": TASK_KINDS[given.answer], "versions": records.document_versions(found.project, Guideline.kind, key),
        "rounds": [r for r in queries.rounds(found.project) if r.guideline == key],
    }  # fmt: skip
    bad = request.method == "POST"
    return page(
        request,
        found,
        "data",
        "labeling/guideline.html",
        context,
        status=(409 if conflict else 422) if bad else 200,
    )


def compare(request: HttpRequest, slug: str, key: str, number: int) -> HttpResponse:
    """A version, and word by word what it changed; whether that changed what a label means."""
    found = enter(request, slug)
    row = records.document_version(found.project, Guideline.kind, key, number)
    before = records.document_version(found.project, Guideline.kind, key, number - 1) if number > 1 else None
    texts = [Guideline.model_validate(json.loads(r.body)) for r in (before, row) if r]
    if not texts:
        raise InvalidInput("there is no such version")
    context = {
        "key": key, "row": row, "g": texts[-1], "kind": TASK_KINDS[texts[-1].answer], "first": before is None,
        "changes": changes(*map(sections, texts)) if before else [],
        "material": before is not None and texts[0].meaning() != texts[1].meaning(),
    }  # fmt: skip
    return page(request, found, "data", "labeling/guideline_version.html", context)
