"""Pages of a phase: its gate, the decision on it, excusing an item, going back."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from sextant.criteria import Phase
from sextant.documents import document_kinds
from sextant.errors import NotFound, SextantError
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.gates import check_item, current_phase, gate, gates
from sextant.lifecycle.help import HELP
from sextant.lifecycle.parts import PART_KEYS, PARTS
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.reruns import reruns, would_go_stale
from sextant.lifecycle.state import ProjectState
from sextant.lifecycle.steps import steps_of
from sextant_server.lifecycle import actions, queries
from sextant_server.lifecycle.forms import BackForm, DecisionForm, EndForm, ExemptForm
from sextant_server.projects.frame import enter, page, put_beside, sent
from sextant_server.projects.overview import OUTCOMES, Target, blocker, course
from sextant_server.projects.permissions import Access
from sextant_server.records.document_forms import shown
from sextant_server.records.queries import project_state


def _phase(phase: str) -> Phase:
    if phase not in BY_KEY:
        raise NotFound(f"there is no phase {phase!r}", todo=f"phases are {', '.join(BY_KEY)}")
    return phase  # type: ignore[return-value]


def _documents(state: ProjectState, phase: str) -> list[dict[str, Any]]:
    """The phase's kinds of documents, each with what is written."""
    return [
        {"kind": shown(kind), "written": state.documents.get(kind.kind, ())}
        for kind in document_kinds().values()
        if kind.phase == phase
    ]


def _context(
    found: Access, key: Phase, state: ProjectState, form: DecisionForm | None = None
) -> dict[str, Any]:
    listed = gates(state)
    one = next(g for g in listed if g.phase == key)
    read = {c for i in one.items for c in i.finding.criteria}
    read |= {k for k, c in state.criteria.items() if c.phase == key}
    shown_here = {digest for i in one.items for digest in i.finding.evidence}
    return {
        "state": state,
        "info": BY_KEY[key],
        "help": HELP[key],
        "steps": steps_of(key),
        "gate": one,
        "course": course(found.project.slug, state, listed, current_phase(listed)),
        "blockers": [blocker(found.project.slug, i) for i in one.blockers],
        "items": [
            {"state": i, "exempt": i.item.key in state.waivers or i.item.key in state.not_applicable,
             "parts": [(f"{i.item.key}:{p}", p.replace("_", " ")) for p in PARTS.get(i.item.key, ())],
             "above": i in one.blockers, **blocker(found.project.slug, i)} for i in one.items
        ],
        "targets": [Target(c, state.verdict(k)) for k, c in state.criteria.items() if k in read],
        "documents": _documents(state, key),
        "datasets": sorted((s for s in state.subjects.values() if s.kind == "dataset"), key=lambda s: s.name)[:12],
        "reruns": [r for r in reruns(state, found=listed) if r.digest in shown_here or r.criterion in read],
        "rounds": [r for r in state.rounds if r.phase == key],
        "decisions": queries.last_decisions(found.project, key),
        "outcome": OUTCOMES[said.outcome] if (said := one.decision or one.earlier) else "",
        "form": form or DecisionForm(
            blockers=one.blockers, max_days=state.profile.max_waiver_days, today=timezone.now().date()
        ),
    }  # fmt: skip


def phase(request: HttpRequest, slug: str, phase: str) -> HttpResponse:
    """A phase and its gate: what blocks, every item, the documents and targets, the decision."""
    found = enter(request, slug)
    key = _phase(phase)
    return page(
        request, found, "home", "lifecycle/phase.html", _context(found, key, project_state(found.project))
    )


def decide(request: HttpRequest, slug: str, phase: str) -> HttpResponse:
    """Record the decision on a gate."""
    found = enter(request, slug, "decide")
    key = _phase(phase)
    if request.method != "POST":
        return redirect(reverse("phase", args=[slug, key]) + "#decide")
    state = project_state(found.project)
    one = gate(state, key)
    form = DecisionForm(
        request.POST,
        blockers=one.blockers,
        max_days=state.profile.max_waiver_days,
        today=timezone.now().date(),
    )
    if form.is_valid():
        try:
            row = actions.decide(
                found.project, found.caller, key, form.cleaned_data["outcome"], note=form.cleaned_data["note"],
                waivers=form.waivers(),
            )  # fmt: skip
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, f"The decision on {BY_KEY[key].name} is recorded and anchored.")
            return redirect("decided", slug, row.pk)
    context = _context(found, key, project_state(found.project), form)
    return page(request, found, phase, "lifecycle/phase.html", context, status=422)


def decided(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One decision with the state that it was made on and its anchor; `?download` gives it as a file."""
    found = enter(request, slug)
    row = queries.decision(found.project, number)
    if "download" in request.GET:
        body = json.dumps(queries.decision_out(row), default=str, ensure_ascii=False, indent=2)
        name = f"{slug}-{row.phase}-{row.at:%Y-%m-%d}-decision.json"
        return HttpResponse(
            body,
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    items = [{"item": ITEMS.get(key), "key": key, **value} for key, value in row.items.items()]
    context = {
        "row": row,
        "outcome": OUTCOMES[row.outcome],
        "info": BY_KEY[row.phase],
        "items": items,
        "anchor": json.dumps(row.anchor, indent=2),
    }
    return page(request, found, "decisions", "lifecycle/decided.html", context)


def _about(state: ProjectState, target: str) -> dict[str, Any]:
    """What is to be excused: an item or a criterion, with what it says now."""
    if target in ITEMS:
        item = ITEMS[target]
        said = check_item(state, item)
        return {
            "title": item.title,
            "reason": said.finding.reason,
            "status": said.status.value,
            "phase": item.phase,
        }
    if target in PART_KEYS:
        whole, _, part = target.partition(":")
        return {**_about(state, whole), "title": f"{ITEMS[whole].title}: {part.replace('_', ' ')}"}
    if target in state.criteria:
        verdict = state.verdict(target)
        name = state.criteria[target].name
        return {"title": name, "reason": verdict.reason, "status": verdict.status.value, "phase": None}
    raise NotFound(f"{target!r} is no gate item and no target of {state.slug}")


def exempt(request: HttpRequest, slug: str, target: str) -> HttpResponse:
    """Waive an item or a target, or say that it does not apply; or take that back, or approve it."""
    found = enter(request, slug, "decide")
    state = project_state(found.project)
    about = _about(state, target)
    standing = queries.standing_exemption(found.project, target)
    form: ExemptForm | EndForm = (
        EndForm(sent(request), waiver=standing.type == "waiver")
        if standing
        else ExemptForm(sent(request), part=target in PART_KEYS)
    )
    back = (
        reverse("phase", args=[slug, about["phase"]])
        if about["phase"]
        else reverse("target", args=[slug, target])
    )
    if request.method == "POST" and form.is_valid():
        try:
            _exempt(request, found, target, form)
        except SextantError as error:
            put_beside(form, error)
        else:
            return redirect(back)
    context = {
        "about": about, "target": target, "standing": standing, "form": form, "back": back, "state": state,
        "own": standing is not None and standing.by_id == found.caller.id,
    }  # fmt: skip
    return page(
        request,
        found,
        about["phase"] or "targets",
        "lifecycle/exempt.html",
        context,
        status=422 if form.errors else 200,
    )


def _exempt(request: HttpRequest, found: Access, target: str, form: ExemptForm | EndForm) -> None:
    data = form.cleaned_data
    if isinstance(form, EndForm):
        if "approve" in request.POST:
            actions.approve_exemption(found.project, found.caller, target)
            messages.success(request, "Approved. It counts from now on.")
        else:
            actions.end_exemption(
                found.project, found.caller, target, data["outcome"], data.get("turned_out", "")
            )
            messages.success(request, "Taken back. The item stands as it is measured.")
    elif data["type"] == "waiver":
        asked = actions.AskedWaiver(target, data["reason"], data["until"])
        actions.waive(found.project, found.caller, asked)
        messages.success(request, f"Waived until {data['until']}.")
    else:
        actions.not_applicable(found.project, found.caller, target, data["reason"])
        messages.success(request, "Marked as not applicable.")


def back(request: HttpRequest, slug: str, phase: str) -> HttpResponse:
    """Go back to a phase: what becomes stale is shown before, and what must be run again after."""
    found = enter(request, slug, "edit")
    key = _phase(phase)
    state = project_state(found.project)
    subjects = [
        (s.key, f"{s.kind} {s.name} ({s.version})") for s in state.subjects.values() if s.phase == key
    ]
    form = BackForm(sent(request), subjects=subjects)
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data.get("subjects")
        try:
            actions.go_back(
                found.project, found.caller, key, form.cleaned_data["reason"],
                subjects=chosen if subjects else None,
            )  # fmt: skip
        except SextantError as error:
            put_beside(form, error)
        else:
            messages.success(request, f"{BY_KEY[key].name} is open again.")
            return redirect("phase", slug, key)
    lost = would_go_stale(state, key)
    context = {
        "info": BY_KEY[key], "form": form, "stale": lost, "state": state,
        "seconds": sum(r.seconds or 0 for r in lost), "cost": sum(r.cost or 0 for r in lost),
    }  # fmt: skip
    return page(request, found, phase, "lifecycle/back.html", context, status=422 if form.errors else 200)
