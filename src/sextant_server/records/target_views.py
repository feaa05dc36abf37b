"""Pages of the targets: all of them, one with its history, writing one, entering a number."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from pydantic import ValidationError

from sextant.criteria import Criterion, Setting
from sextant.errors import NotFound, SextantError
from sextant.lifecycle.state import ProjectState
from sextant.meaning import meaning
from sextant.verdicts import RULES, due_at
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.overview import Target, targets
from sextant_server.projects.permissions import Access
from sextant_server.records import actions, history
from sextant_server.records.faults import in_words
from sextant_server.records.queries import project_state
from sextant_server.records.target_forms import CriterionForm, NumberForm


def _criterion(state: ProjectState, key: str) -> Criterion:
    if key not in state.criteria:
        raise NotFound(f"there is no target {key!r} in {state.slug}", todo="look at the list of targets")
    return state.criteria[key]


def listed(request: HttpRequest, slug: str) -> HttpResponse:
    """Every target with its verdict, by kind."""
    found = enter(request, slug)
    rows = sorted(targets(project_state(found.project)), key=lambda t: _ORDER.index(t.criterion.family))
    groups = [(family, list(group)) for family, group in groupby(rows, key=lambda t: t.criterion.family)]
    return page(request, found, "targets", "records/targets.html", {"groups": groups})


_ORDER = ("business", "product", "ml", "fairness", "explainability", "safety", "system", "cost", "data")


def target(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """One target: the verdict as a sentence, its history, the proof behind it, every setting by itself."""
    found = enter(request, slug)
    state = project_state(found.project)
    criterion = _criterion(state, key)
    measured = history.measurements(found.project, criterion)
    proof = next((ev for row, ev in measured if row.digest == state.verdict(key).evidence), None)
    seen = {ev.setting for _, ev in measured}
    context: dict[str, Any] = {
        "t": Target(criterion, state.verdict(key)),
        "meaning": meaning(proof) if proof else "",
        "settings": [
            (s.value, Target(criterion, state.verdict(key, s)))
            for s in Setting
            if s in criterion.judged_in or s in seen
        ],
        "charts": [(s.value, history.points(measured, s.value)) for s in Setting if s in seen],
        "measured": measured[:20],
        "due": due_at(criterion, state.exposed_at),
        "leading": state.criteria.get(criterion.leading or ""),
        "requires": [RULES.get(r, r.replace("_", " ")) for r in criterion.requires],
        "versions": history.versions(found.project, key),
    }
    return page(request, found, "targets", "records/target.html", context)


def edit(request: HttpRequest, slug: str, key: str = "") -> HttpResponse:
    """Write a target, or change one. A new bar re-judges the proof that is there; a new metric makes it stale."""
    found = enter(request, slug, "edit")
    criterion = _criterion(project_state(found.project), key) if key else None
    form = CriterionForm(sent(request), initial=CriterionForm.of(criterion) if criterion else None)
    if key:
        form.fields["key"].disabled = True
    if request.method == "POST" and form.is_valid():
        made = (
            form.criterion if not key else form.criterion.model_copy(update={"key": key, **_kept(criterion)})
        )
        try:
            if not key and made.key in project_state(found.project).criteria:
                form.add_error(
                    "key" if form.cleaned_data["key"] else "name", f"There is a target {made.key} already."
                )
            else:
                actions.put_criteria(found.project, found.caller, [made])
        except SextantError as error:
            put_beside(form, error)
        if not form.errors:
            messages.success(request, f"{made.name} is written down.")
            return redirect("target", slug, made.key)
    context = {"form": form, "criterion": criterion}
    return page(
        request, found, "targets", "records/target_edit.html", context, status=422 if form.errors else 200
    )


def _kept(criterion: Criterion | None) -> dict[str, Any]:
    # What the form does not show stays as it was.
    return {"kinds": criterion.kinds, "origins": criterion.origins} if criterion else {}


def retire(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Take a target out of force; what was measured for it stays."""
    found = enter(request, slug, "edit")
    criterion = _criterion(project_state(found.project), key)
    if request.method == "POST":
        actions.put_criteria(found.project, found.caller, [], retire=[key])
        messages.success(request, f"{criterion.name} no longer counts. Its proof is kept.")
        return redirect("targets", slug)
    return page(request, found, "targets", "records/target_retire.html", {"criterion": criterion})


def enter_number(request: HttpRequest, slug: str, key: str) -> HttpResponse:
    """Enter a number for a target: declared with its source, or a full count."""
    found: Access = enter(request, slug, "evidence")
    criterion = _criterion(project_state(found.project), key)
    form = NumberForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            [(row, _)] = actions.add_evidence(found.project, found.caller, [form.evidence(criterion)])
        except ValidationError as error:
            form.add_error(None, in_words(error.errors(include_url=False)[0]))
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, "The number is stored as proof.")
            return redirect("evidence", slug, row.digest)
    context = {"form": form, "criterion": criterion}
    return page(request, found, "targets", "records/number.html", context, status=422 if form.errors else 200)
