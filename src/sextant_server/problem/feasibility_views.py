"""The page of feasibility: four sides, each with what to ask, a verdict, what it rests on, and the risk of a caution."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from sextant.errors import NotFound
from sextant.lifecycle.state import ProjectState
from sextant.problem.documents import Feasibility, Side
from sextant.problem.feasibility import PROMPTS, SideName, overall
from sextant_server.problem import steps
from sextant_server.problem.writing import Writing
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access
from sextant_server.records.queries import find_evidence, project_state


class RiskForm(forms.Form):
    """The risk behind a caution, in one step."""

    text = forms.CharField(label="What might happen", max_length=1000)
    mitigation = forms.CharField(label="What we do about it", max_length=2000, required=False)
    owner = forms.CharField(label="Owner", max_length=200, required=False, help_text="A role.")


def feasibility(request: HttpRequest, slug: str) -> HttpResponse:
    """Four sides with their prompts, verdicts and proof; a caution becomes a risk without leaving the page."""
    found: Access = enter(request, slug, "edit" if request.method == "POST" else "view")
    writing = Writing(request, found, Feasibility)
    for group in writing.form.groups.values():
        group.fields["findings"].widget.attrs["rows"] = group.fields["source"].widget.attrs["rows"] = 2
        group.fields["proof"].widget.attrs["rows"] = 1
    covering = next((name for name in PROMPTS if f"risk-{name}" in request.POST), None)
    risks = {
        name: RiskForm(request.POST if name == covering else None, prefix=f"r-{name}") for name in PROMPTS
    }
    state = project_state(found.project)
    if request.method == "POST" and _proof_is_there(found, writing):
        if covering:
            if _covered(found, writing, covering, risks[covering]):
                messages.success(request, "The risk is in the register, and feasibility is saved.")
                return redirect("feasibility", slug)
        elif writing.stored():
            messages.success(request, "Feasibility is saved.")
            return redirect("feasibility", slug)
    written = writing.written or Feasibility()
    context = {
        **writing.context(), "overall": overall(written),
        "sides": [_side(name, written, writing, risks[name], state) for name in PROMPTS],
    }  # fmt: skip
    status = writing.status if request.method == "POST" else 200
    return page(request, found, "problem", "problem/feasibility.html", context, status=status)


def _side(
    name: SideName, written: Feasibility, writing: Writing[Feasibility], risk: RiskForm, state: ProjectState
) -> dict[str, Any]:
    """One side as its card shows it."""
    side: Side = getattr(written, name)
    form = writing.form.groups[name]
    choices = [("", "none yet"), *((r.key, r.text[:80]) for r in state.risks)]
    if side.risk and side.risk not in dict(choices):
        choices.append((side.risk, f"{side.risk} (not in the register)"))
    form.fields["risk"] = forms.ChoiceField(
        choices=choices, required=False, label="Its risk in the register", help_text="For a caution."
    )
    return {
        "name": name, "title": Feasibility.model_fields[name].title, "prompts": PROMPTS[name], "form": form,
        "written": side, "risk": next((r for r in state.risks if r.key == side.risk), None), "risk_form": risk,
        "open": form["verdict"].value() == "caution",
    }  # fmt: skip


def _proof_is_there(found: Access, writing: Writing[Feasibility]) -> bool:
    """Whether every digest that a side names is of proof in this project; the others are marked."""
    if not writing.form.is_valid():
        return False
    for name in PROMPTS:
        for digest in getattr(writing.sent, name).proofs:
            try:
                find_evidence(found.project, digest)
            except NotFound as error:
                writing.form.groups[name].add_error("proof", f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return not writing.form.wrong


def _covered(found: Access, writing: Writing[Feasibility], side: SideName, risk: RiskForm) -> bool:
    """Store the risk of a caution with the page; False with the faults beside their fields."""
    if not risk.is_valid():
        return False

    def store(document: Feasibility, expected: int | None) -> None:
        steps.cover_caution(
            found.project, found.caller, document, side, **risk.cleaned_data, expected_version=expected
        )

    return writing.stored(store)
