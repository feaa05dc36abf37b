"""The page of the six questions: is ML the right way?"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from pydantic import ValidationError

from sextant.criteria import Binding, Criterion
from sextant.errors import SextantError
from sextant.lifecycle.state import ProjectState
from sextant.problem.brief import returns
from sextant.problem.decision_tree import OVERSIGHT, QUESTIONS, has_oversight, walk
from sextant.problem.documents import DecisionTree, Roi
from sextant.problem.roi import faults, simulate
from sextant.problem.targets import key_of
from sextant_server.problem import steps
from sextant_server.problem.tree_drawing import draw, outcomes
from sextant_server.problem.writing import Writing
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access
from sextant_server.records.faults import in_words
from sextant_server.records.queries import project_state


class OversightForm(forms.Form):
    """The target that shows that the oversight works: what a person checks, how much of it, and who counts that."""

    name = forms.CharField(label="Target", initial="Outputs checked by a person before use", max_length=200)
    threshold = forms.FloatField(
        label="At least this share", initial=1, min_value=0, max_value=1, help_text="1 means all of them."
    )
    owner = forms.CharField(
        label="Who measures it", help_text="A role, such as operations lead.", max_length=200
    )
    measured_by = forms.CharField(
        label="How", initial="log of the checks", max_length=500, help_text="Where the number will come from."
    )
    starts = forms.DateField(
        label="From when", widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )

    def target(self) -> Criterion:
        data = self.cleaned_data
        return Criterion(
            key=key_of(data["name"]), name=data["name"], family="safety", unit="share",
            metric="share of outputs that a person checked before use", direction="at_least",
            threshold=data["threshold"], owner=data["owner"],
            binding=Binding(measured_by=data["measured_by"], owner=data["owner"], starts=data["starts"]),
        )  # fmt: skip


def tree(request: HttpRequest, slug: str) -> HttpResponse:
    """The six questions in order, each with its reason; where they lead, drawn as one answers; the oversight plan
    and its target."""
    found: Access = enter(request, slug, "edit" if request.method == "POST" else "view")
    writing = Writing(request, found, DecisionTree)
    state = project_state(found.project)
    choices = [("", "none yet"), *((k, c.name) for k, c in state.criteria.items())]
    asked = writing.written.oversight_criterion if writing.written else None
    if asked and asked not in state.criteria:
        choices.append((asked, f"{asked} (there is no such target)"))
    chosen = forms.ChoiceField(choices=choices, required=False, label="Oversight target")
    writing.form.main.fields["oversight_criterion"] = chosen
    making = "oversight" in request.POST
    oversight = OversightForm(
        request.POST if making else None, prefix="o", initial={"starts": timezone.now().date()}
    )
    if request.method == "POST":
        if "preview" in request.POST:
            valid = writing.form.is_valid()
            now = writing.sent if valid else DecisionTree()
            return render(request, "problem/tree_path.html", _path(now))
        if making:
            if _made(found, writing, oversight):
                messages.success(request, "The oversight has its target, and the answers are saved.")
                return redirect("tree", slug)
        elif writing.stored():
            messages.success(request, "The answers are saved.")
            return redirect("tree", slug)
    shown = writing.written or DecisionTree()
    if writing.form.bound and not writing.form.wrong and hasattr(writing.form, "document"):
        shown = writing.sent
    context = {
        **writing.context(), **_path(shown), "oversight": oversight, "questions": _questions(writing),
        "target": state.criteria.get(shown.oversight_criterion or ""), "has_target": has_oversight(shown),
        "returns": _returns(state), "outcomes": outcomes(),
    }  # fmt: skip
    status = writing.status if request.method == "POST" else 200
    return page(request, found, "problem", "problem/tree.html", context, status=status)


def _path(shown: DecisionTree) -> dict[str, Any]:
    """What `problem/tree_path.html` reads."""
    walked = walk(shown)
    return {
        "walk": walked, "drawing": draw(walked), "lacks_baseline": not shown.rule_based_baseline,
        "stopped": walked.path[-1] if not walked.outcome.goes_on else None,
        "overseen": walked.outcome is OVERSIGHT,
    }  # fmt: skip


def _made(found: Access, writing: Writing[DecisionTree], oversight: OversightForm) -> bool:
    """Store the oversight target with the answers; False with the faults beside their fields."""
    if not (oversight.is_valid() and writing.form.is_valid()):
        return False
    if not writing.sent.oversight_plan:
        writing.form.main.add_error("oversight_plan", "Write who checks what, then make its target.")
        return False
    try:
        target = oversight.target()
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            oversight.add_error("name", in_words(fault))
        return False

    def store(tree: DecisionTree, expected: int | None) -> None:
        steps.make_oversight(found.project, found.caller, tree, target, expected_version=expected)

    return writing.stored(store)


def _questions(writing: Writing[DecisionTree]) -> list[dict[str, Any]]:
    """The six questions with their two controls each."""
    main = writing.form.main
    return [
        {
            "number": number, "name": name, "answer": main[name], "reason": main[f"{name}_reason"],
            "asks": DecisionTree.model_fields[name].description, "leads_on": leads_on, "stop": stop,
        }
        for number, (name, leads_on, stop) in enumerate(QUESTIONS, 1)
    ]  # fmt: skip


def _returns(state: ProjectState) -> dict[str, Any] | None:
    """What the calculation says to the sixth question."""
    found = state.one(Roi)
    if found is None or found[0].unset:
        return None
    try:
        made = simulate(found[0])
    except SextantError:
        return None
    return {"said": returns(found[0], state.currency), "clears": not faults(found[0], made)}
