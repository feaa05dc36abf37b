"""The page of the five Ws: each answer is read as it is written, and what is unclear is named."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sextant.errors import Conflict, InvalidInput, NotFound, SextantError
from sextant.lifecycle.phases import BY_KEY
from sextant.problem.documents import Dismissal, FiveWs, Question
from sextant.problem.five_ws import EXAMPLES, QUESTIONS, Remark, critique
from sextant_server.problem import opinion, start_steps
from sextant_server.projects.frame import enter, page
from sextant_server.projects.permissions import Access
from sextant_server.records import actions, queries
from sextant_server.records.document_forms import readable
from sextant_server.records.document_views import kept


class AnswersForm(forms.Form):
    """The five answers, and why nobody was asked. What is missing is judged, not required."""

    def __init__(self, data: Any = None, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        for name in (*QUESTIONS, "not_validated_reason"):
            info = FiveWs.model_fields[name]
            self.fields[name] = forms.CharField(
                label=info.title, help_text=info.description or "", required=False, max_length=4000,
                widget=forms.Textarea(attrs={"rows": 2 if name in QUESTIONS else 1}),
            )  # fmt: skip

    def answers(self) -> dict[str, str]:
        """What was typed, as far as it can be read."""
        return {name: str(self.data.get(name, "")) for name in self.fields}


@dataclass(frozen=True, slots=True)
class Read:
    """One answer as the page shows it: what stands out, and what was set aside with its reason."""

    question: Question
    remarks: list[Remark]
    aside: list[Dismissal]
    empty: bool

    @property
    def clear(self) -> bool:
        return not self.empty and not any(r.severity == "must" for r in self.remarks)


def read(question: Question, answer: str, dismissed: tuple[Dismissal, ...]) -> Read:
    """What the rules say of an answer now, without what was set aside for these very words."""
    aside = {(d.rule, d.quote): d for d in dismissed if d.question == question}
    found = critique(question, answer)
    return Read(
        question,
        [r for r in found if (r.rule, r.quote) not in aside and r.rule != "empty"],
        [aside[r.rule, r.quote] for r in found if (r.rule, r.quote) in aside],
        not answer.strip(),
    )


def five_ws(request: HttpRequest, slug: str) -> HttpResponse:
    """The five answers with what the rules say of each, examples beside them, and a way to the brief."""
    found = enter(request, slug, "edit" if request.method == "POST" else "view")
    row = queries.present_document(found.project, "five_ws", "")
    stored = FiveWs.model_validate(json.loads(row.body)) if row else FiveWs()
    form = AnswersForm(request.POST if request.method == "POST" else None, initial=stored.model_dump())
    fault, conflict = "", False
    if request.method == "POST" and form.is_valid():
        try:
            said = _said(request, form, stored)
            had = request.POST.get("version", "")
            _, merged = actions.put_merged(
                found.project, found.caller, said, had=int(had) if had.isdigit() else None
            )
        except SextantError as error:
            fault, conflict = str(error), isinstance(error, Conflict)
        else:
            return _onward(request, found, kept(merged))
    answers = form.answers() if form.is_bound else stored.model_dump()
    reads = {q: read(q, str(answers[q]), stored.dismissed) for q in QUESTIONS}
    state = queries.present_documents(found.project, "interview")
    context = {
        "form": form, "row": row, "fault": fault, "info": BY_KEY["problem"],
        "asked": [
            {"field": form[q], "read": reads[q], "good": EXAMPLES[q][0], "bad": EXAMPLES[q][1]} for q in QUESTIONS
        ],
        "theirs": readable(stored) if conflict else [], "clear": sum(r.clear for r in reads.values()),
        "talks": len(state), "versions": queries.document_versions(found.project, "five_ws", "", limit=5),
        "opinion": opinion.model_name(),
    }  # fmt: skip
    bad = (409 if conflict else 422) if form.is_bound else 200
    return page(request, found, "problem", "problem/five_ws.html", context, status=bad)


def _said(request: HttpRequest, form: AnswersForm, stored: FiveWs) -> FiveWs:
    """What was sent, with a remark set aside or taken back if that was the button."""
    given = {name: form.cleaned_data[name].strip() for name in form.fields}
    # What was set aside stays so while the rules still say it; for other words it is gone.
    kept_aside = [
        d
        for d in stored.dismissed
        if any((r.rule, r.quote) == (d.rule, d.quote) for r in critique(d.question, given[d.question]))
    ]
    if pressed := request.POST.get("aside"):
        question, _, rule = pressed.partition(":")
        remark = next(
            (r for q in QUESTIONS if q == question for r in critique(q, given[q]) if r.rule == rule), None
        )
        if remark is None:
            raise NotFound(
                "this remark is no longer made", todo="the words changed; look at what is said now"
            )
        reason = request.POST.get(f"reason-{question}-{rule}", "").strip()
        if not reason:
            raise InvalidInput(
                "it has no reason", where=f"{question}, {rule.replace('_', ' ')}",
                rule="a remark is set aside with a reason", todo="say what makes the answer clear as it stands",
            )  # fmt: skip
        kept_aside.append(
            Dismissal(question=remark.question, rule=rule, quote=remark.quote, reason=reason[:4000])
        )
    if pressed := request.POST.get("back"):
        question, _, rule = pressed.partition(":")
        kept_aside = [d for d in kept_aside if (d.question, d.rule) != (question, rule)]
    return FiveWs.model_validate({**given, "dismissed": [d.model_dump() for d in kept_aside]})


def _onward(request: HttpRequest, found: Access, said: str) -> HttpResponse:
    if "brief" in request.POST:
        start_steps.draft_brief(found.project, found.caller)
        messages.success(request, f"The five Ws are saved, and the brief is drafted from them.{said}")
        return redirect("forward-brief", found.project.slug)
    messages.success(request, f"The five Ws are saved.{said}")
    return redirect("five-ws", found.project.slug)


def read_answer(request: HttpRequest, slug: str) -> HttpResponse:
    """What the rules say of one answer as it is being written. It stores nothing."""
    found = enter(request, slug, "edit")
    question = next((q for q in QUESTIONS if q in request.POST), None) if request.method == "POST" else None
    if question is None:
        return redirect("five-ws", slug)
    row = queries.present_document(found.project, "five_ws", "")
    dismissed = FiveWs.model_validate(json.loads(row.body)).dismissed if row else ()
    # A rule reads a page at most; what is too long to be stored is said when it is saved.
    answer = request.POST[question][:8000]
    return render(
        request, "problem/read.html", {"read": read(question, answer, dismissed), "may": {"edit": True}}
    )


def ask_opinion(request: HttpRequest, slug: str) -> HttpResponse:
    """A language model's opinion of the five answers, if one was set up. It is shown, and neither stored nor counted."""
    found = enter(request, slug, "edit")
    if request.method != "POST":
        return redirect("five-ws", slug)
    row = queries.present_document(found.project, "five_ws", "")
    stored = FiveWs.model_validate(json.loads(row.body)) if row else FiveWs()
    answers: dict[str, str] = {q: request.POST.get(q, getattr(stored, q))[:4000] for q in QUESTIONS}
    said, fault = "", ""
    try:
        said = opinion.ask(answers)
    except SextantError as error:
        fault = str(error)
    context = {"said": said, "fault": fault, "model": opinion.model_name()}
    if request.headers.get("HX-Request"):
        return render(request, "problem/opinion.html", context)
    return page(request, found, "problem", "problem/opinion_page.html", context)
