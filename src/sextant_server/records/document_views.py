"""Pages of the documents: writing one, its versions, signing it."""

from __future__ import annotations

import json
import re
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.documents import Document, Merge, document_kinds
from sextant.errors import Conflict, NotFound, SextantError
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.state import ProjectState
from sextant.phrases import number, with_unit
from sextant.problem.decision_tree import walk
from sextant.problem.documents import DecisionTree, FiveWs, Roi
from sextant.problem.five_ws import open_remarks
from sextant.revisions import changes, sections
from sextant_server.projects.frame import enter, page
from sextant_server.records import actions, erase_actions, queries
from sextant_server.records.document_forms import DocumentForm, readable, shown

#: Kinds that have a page of their own, by the name of its address. The plain form is there for them too.
OWN_PAGES = {
    "five_ws": "five-ws", "interview": "interviews", "decision_tree": "tree", "roi": "roi", "feasibility": "feasibility",
    "brief": "brief", "guideline": "guidelines",
}  # fmt: skip
#: Kinds of which each document has a page of its own.
OWN_EDITORS = {"guideline": "guideline"}


def _kind(kind: str) -> type[Document]:
    kinds = document_kinds()
    if kind not in kinds:
        raise NotFound(f"there is no kind of document called {kind!r}")
    return kinds[kind]


def listed(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """The documents of a kind; of a kind that a project has once, that one, on its own page if it has one."""
    found = enter(request, slug)
    model = _kind(kind)
    if kind in OWN_PAGES:
        return redirect(OWN_PAGES[kind], slug)
    if not model.many:
        return redirect("document", slug, kind, "-")
    rows = queries.present_documents(found.project, kind)
    context = {
        "kind": shown(model), "info": BY_KEY[model.phase],
        "rows": [{"row": r, "summary": _summary(model.model_validate(json.loads(r.body)))} for r in rows],
    }  # fmt: skip
    return page(request, found, model.phase, "records/documents.html", context)


def _summary(document: Document) -> str:
    return " · ".join(str(value) for _, value, type_ in readable(document) if type_ == "text")[:160]


def document(request: HttpRequest, slug: str, kind: str, key: str) -> HttpResponse:
    """Write a document. What somebody else wrote meanwhile is shown beside one's own, and nothing is lost."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    model, stored_key = _kind(kind), "" if key == "-" else key
    if kind in OWN_EDITORS and request.method != "POST":
        return redirect(OWN_EDITORS[kind], slug, key)
    row = queries.present_document(found.project, kind, stored_key)
    initial = json.loads(row.body) if row else None
    conflict = None
    if request.method == "POST":
        form = DocumentForm(model, request.POST)
        if form.is_valid():
            had = request.POST.get("version", "")
            new_key = stored_key or (
                _new_key(request.POST.get("key", ""), form.document) if model.many else ""
            )
            try:
                _, merged = actions.put_merged(
                    found.project,
                    found.caller,
                    form.document,
                    key=new_key,
                    had=int(had) if had.isdigit() else None,
                )
            except Conflict as error:
                conflict = {
                    "error": error,
                    "theirs": readable(model.model_validate(initial)) if initial else [],
                }
            except SextantError as error:
                form.faults.append(str(error))
            else:
                messages.success(request, f"{model.label}: saved.{kept(merged)}")
                return redirect("document", slug, kind, new_key or "-")
    else:
        form = DocumentForm(model, initial=initial)
    written = model.model_validate(initial) if initial else None
    context = {
        "kind": shown(model), "key": stored_key, "row": row, "form": form, "conflict": conflict, "info": BY_KEY[model.phase],
        "said": insight(written, queries.project_state(found.project)) if written else [],
        "read": readable(written) if written else [],
        "versions": queries.document_versions(found.project, kind, stored_key),
    }  # fmt: skip
    bad = request.method == "POST"
    return page(
        request,
        found,
        model.phase,
        "records/document.html",
        context,
        status=(409 if conflict else 422) if bad else 200,
    )


def kept(merged: Merge | None) -> str:
    """What was kept of somebody else's change, as the end of a message."""
    return (
        f" Somebody else wrote meanwhile; their {', '.join(merged.taken)} is kept."
        if merged and merged.taken
        else ""
    )


def _new_key(given: str, document: Document) -> str:
    """The key of a new document: as given, or from the first words that it says."""
    said = given.strip() or next((str(v) for _, v, t in readable(document) if t == "text"), "")
    return re.sub(r"[^a-z0-9]+", "-", said.lower()).strip("-")[:60].strip("-") or "one"


def new(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Write a further document of a kind that a project may have many of."""
    found = enter(request, slug, "edit")
    model = _kind(kind)
    if not model.many:
        return redirect("document", slug, kind, "-")
    form = DocumentForm(model, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        key = _new_key(request.POST.get("key", ""), form.document)
        taken = {r.key for r in queries.present_documents(found.project, kind)}
        place = 2
        wanted = key
        while key in taken:
            key, place = f"{wanted}-{place}", place + 1
        try:
            actions.put_document(found.project, found.caller, form.document, key=key)
        except SextantError as error:
            form.faults.append(str(error))
        else:
            messages.success(request, f"{model.label}: saved.")
            return redirect("documents", slug, kind)
    context = {
        "kind": shown(model),
        "form": form,
        "info": BY_KEY[model.phase],
        "key": request.POST.get("key", ""),
        "adding": True,
    }
    return page(
        request, found, model.phase, "records/document.html", context, status=422 if form.wrong else 200
    )


def withdraw(request: HttpRequest, slug: str, kind: str, key: str) -> HttpResponse:
    """Take a document out of the present state; its versions stay."""
    found = enter(request, slug, "edit")
    model = _kind(kind)
    if request.method == "POST":
        actions.withdraw_document(found.project, found.caller, kind, "" if key == "-" else key)
        messages.success(request, f"{model.label}: withdrawn.")
    return redirect("documents" if model.many else "project", *([slug, kind] if model.many else [slug]))


def erase(request: HttpRequest, slug: str, kind: str, key: str) -> HttpResponse:
    """Erase what the earlier versions of a document say, for good."""
    found = enter(request, slug, "manage")
    model, stored_key = _kind(kind), "" if key == "-" else key
    if request.method == "POST":
        try:
            gone = erase_actions.erase_versions(found.project, found.caller, kind, stored_key)
        except SextantError as error:
            if error.status == 404:
                raise
            messages.error(request, f"{str(error)[:1].upper()}{str(error)[1:]}.")
        else:
            messages.success(
                request,
                f"What {len(gone)} earlier version{'s' * (len(gone) != 1)} said is erased."
                if gone
                else f"{model.label}: there is no earlier version to erase.",
            )
    return redirect("document", slug, kind, key)


# --- versions


def version(request: HttpRequest, slug: str, kind: str, key: str, number: int) -> HttpResponse:
    """An earlier version, with what changed in it word by word."""
    found = enter(request, slug)
    model, stored_key = _kind(kind), "" if key == "-" else key
    row = queries.document_version(found.project, kind, stored_key, number)
    before = queries.document_version(found.project, kind, stored_key, number - 1) if number > 1 else None
    context = {
        "kind": shown(model), "row": row, "key": key,
        "changes": changes(*(sections(model.model_validate(json.loads(r.body))) for r in (before, row)))
        if before and before.body and row.body
        else [],
        "read": readable(model.model_validate(json.loads(row.body))) if row.body else [],
    }  # fmt: skip
    return page(request, found, model.phase, "records/version.html", context)


# --- what Sextant says about what was written


def insight(document: Document, state: ProjectState) -> list[dict[str, Any]]:
    """Remarks on a document: each a title, a sentence, and how much it matters."""
    if isinstance(document, FiveWs):
        return [
            {"title": f"{r.question.capitalize()}: “{r.quote}”" if r.quote else r.question.capitalize(), "text": r.mend,
             "rule": r.rule.replace("_", " "), "must": r.severity == "must"}
            for r in open_remarks(document)
        ]  # fmt: skip
    if isinstance(document, DecisionTree):
        outcome = walk(document).outcome
        return [{"title": outcome.title, "text": outcome.advice, "rule": "", "must": not outcome.goes_on}]
    if isinstance(document, Roi) and (text := _return(document, state.currency)):
        return [{"title": "The return", "text": text, "rule": "", "must": False}]
    return []


def _return(document: Roi, currency: str) -> str:
    """The return in one sentence; empty while its ranges are not filled in."""
    from sextant.problem.roi import simulate

    try:
        found = simulate(document)
    except SextantError as error:
        return str(error)
    back = (
        f"paid back after {found.payback_months} months"
        if found.payback_months
        else "not paid back in that time"
    )
    return (
        f"Half of {number(found.draws)} draws end above {with_unit(found.median, currency)}; eight of ten lie between "
        f"{with_unit(found.low, currency)} and {with_unit(found.high, currency)}. The chance of a loss is "
        f"{with_unit(found.chance_of_loss, 'share')}; at the median it is {back}."
    )
