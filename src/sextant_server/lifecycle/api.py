"""Verdicts, gates, decisions, waivers, going back, risks, the timeline, and the failure modes."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Status

from sextant.criteria import Phase, Setting
from sextant.errors import NotFound
from sextant.lifecycle.failure_modes import detect
from sextant.lifecycle.gates import GateState, gate, gates
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.reruns import reruns, would_go_stale
from sextant.lifecycle.timeline import forecast
from sextant.verdicts import Verdict
from sextant_server.lifecycle import actions, card_views, plan_views, queries
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access
from sextant_server.records.queries import plans, project_state, risks

router = Router(tags=["lifecycle"])


def verdict_out(verdict: Verdict) -> dict[str, Any]:
    """A verdict as plain values."""
    return {**asdict(verdict), "word": verdict.word, "broken": verdict.broken, "passes": verdict.passes}


def gate_out(found: GateState) -> dict[str, Any]:
    """A gate as plain values."""
    return {
        "phase": found.phase, "name": BY_KEY[found.phase].name, "assessed": found.assessed, "iteration": found.iteration,
        "open": found.open, "passed": found.passed, "blockers": [i.item.key for i in found.blockers],
        "decision": asdict(found.decision) if found.decision else None,
        "items": [
            {
                "key": i.item.key, "title": i.item.title, "asks": i.item.asks, "status": i.status.value,
                "reason": i.finding.reason, "blocking": i.blocking, "blocks": i.blocks, "starred": i.item.starred,
                "evidence": list(i.finding.evidence), "criteria": list(i.finding.criteria),
                "action": asdict(i.finding.action) if i.finding.action else None,
                "underlying": i.underlying.value if i.underlying else None,
            }
            for i in found.items
        ],
    }  # fmt: skip


def _phase(phase: str) -> Phase:
    if phase not in BY_KEY:
        raise NotFound(f"there is no phase {phase!r}", todo=f"phases are {', '.join(BY_KEY)}")
    return phase  # type: ignore[return-value]


@router.get("/projects/{slug}/verdicts")
def verdicts(request: HttpRequest, slug: str, setting: Setting | None = None) -> list[dict[str, Any]]:
    """The verdict of every criterion now, overall or in one setting."""
    state = project_state(access(request, slug).project)
    return [{"name": c.name, **verdict_out(state.verdict(key, setting))} for key, c in state.criteria.items()]


@router.get("/projects/{slug}/gates")
def list_gates(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """The six gates in the present state, each with its items."""
    return [gate_out(g) for g in gates(project_state(access(request, slug).project))]


@router.get("/projects/{slug}/gates/{phase}")
def get_gate(request: HttpRequest, slug: str, phase: str) -> dict[str, Any]:
    """The gate of one phase in the present state: what is met, what is not, what blocks."""
    found = access(request, slug)
    return gate_out(gate(project_state(found.project), _phase(phase)))


class WaiverIn(Strict):
    target: str
    reason: str
    until: date


class DecisionIn(Strict):
    outcome: Literal["pass", "hold", "stop"]
    note: str = ""
    waivers: list[WaiverIn] = []
    by: str | None = None


def _by(found: Any, by: str | None) -> str | None:
    # Who has the database may name the decider; everybody else decides as themselves.
    return by if found.caller.local else None


@router.post("/projects/{slug}/gates/{phase}/decisions", response={201: Any})
def decide(request: HttpRequest, slug: str, phase: str, payload: DecisionIn) -> Any:
    """A person's decision on the gate as it stands; its answer carries the signed head of the log."""
    found = access(request, slug, "decide")
    row = actions.decide(
        found.project, found.caller, _phase(phase), payload.outcome, note=payload.note, by=_by(found, payload.by),
        waivers=[actions.AskedWaiver(**w.dict()) for w in payload.waivers],
    )  # fmt: skip
    return Status(201, queries.decision_out(row))


@router.get("/projects/{slug}/decisions")
def decisions(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Every decision at a gate, the newest first, each with the state that it was made on."""
    return [queries.decision_out(row) for row in queries.decisions(access(request, slug).project)]


# --- waivers and "not applicable"


@router.get("/projects/{slug}/exemptions")
def list_exemptions(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Waivers and "not applicable", those in force first."""
    return [queries.exemption_out(row) for row in queries.exemptions(access(request, slug).project)]


class NamedWaiverIn(WaiverIn):
    by: str | None = None


@router.post("/projects/{slug}/waivers", response={201: Any})
def waive(request: HttpRequest, slug: str, payload: NamedWaiverIn) -> Any:
    """Go on against the evidence of an item or a target for a while: why, and until when."""
    found = access(request, slug, "decide")
    asked = actions.AskedWaiver(**payload.dict(exclude={"by"}))
    row = actions.waive(found.project, found.caller, asked, by=_by(found, payload.by))
    return Status(201, queries.exemption_out(row))


class NotApplicableIn(Strict):
    target: str
    reason: str
    by: str | None = None


@router.post("/projects/{slug}/not-applicable", response={201: Any})
def not_applicable(request: HttpRequest, slug: str, payload: NotApplicableIn) -> Any:
    """Say that an item, a part of one or a target does not apply to this project, and why."""
    found = access(request, slug, "decide")
    row = actions.not_applicable(
        found.project, found.caller, payload.target, payload.reason, by=_by(found, payload.by)
    )
    return Status(201, queries.exemption_out(row))


@router.post("/projects/{slug}/exemptions/{target}/approval", response={201: Any})
def approve(request: HttpRequest, slug: str, target: str) -> Any:
    """A second person's approval, which regulated rigor asks for."""
    found = access(request, slug, "decide")
    return Status(201, queries.exemption_out(actions.approve_exemption(found.project, found.caller, target)))


@router.delete("/projects/{slug}/exemptions/{target}", response={200: Any})
def end_exemption(
    request: HttpRequest, slug: str, target: str, outcome: str = "", turned_out: str = ""
) -> Any:
    """Take a waiver or "not applicable" back; `outcome` says how it turned out."""
    found = access(request, slug, "decide")
    row = actions.end_exemption(found.project, found.caller, target, outcome, turned_out)
    return queries.exemption_out(row)


class OutcomeIn(Strict):
    turned_out: str
    outcome: str = ""


@router.post("/projects/{slug}/exemptions/{target}/outcome", response={201: Any})
def tell_outcome(request: HttpRequest, slug: str, target: str, payload: OutcomeIn) -> Any:
    """Say how a waiver turned out (well, harm, unneeded): the one in force, which ends with it, or the latest that
    ended without a word."""
    found = access(request, slug, "decide")
    row = actions.tell_outcome(found.project, found.caller, target, payload.turned_out, payload.outcome)
    return Status(201, queries.exemption_out(row))


# --- going back


class Back(Strict):
    reason: str
    subjects: list[str] | None = None
    by: str | None = None


@router.post("/projects/{slug}/phases/{phase}/iterations", response={201: Any})
def go_back(request: HttpRequest, slug: str, phase: str, payload: Back) -> Any:
    """Open a new iteration of a phase, and say what must be run again, with its time and cost."""
    found = access(request, slug, "edit")
    row = actions.go_back(
        found.project,
        found.caller,
        _phase(phase),
        payload.reason,
        subjects=payload.subjects,
        by=_by(found, payload.by),
    )
    return Status(
        201, {**row.as_recorded(), "reruns": [asdict(r) for r in reruns(project_state(found.project))]}
    )


@router.get("/projects/{slug}/phases/{phase}/would-go-stale")
def preview(request: HttpRequest, slug: str, phase: str) -> list[dict[str, Any]]:
    """What going back to this phase would make stale, before anybody does it."""
    return [asdict(r) for r in would_go_stale(project_state(access(request, slug).project), _phase(phase))]


@router.get("/projects/{slug}/reruns")
def list_reruns(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """What is stale and must be run again, how, and what it took last time."""
    return [asdict(r) for r in reruns(project_state(access(request, slug).project))]


# --- risks, timeline, failure modes


@router.get("/projects/{slug}/risks")
def list_risks(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """The risk register, in its own order."""
    return [row.as_recorded() for row in risks(access(request, slug).project)]


class RiskIn(Strict):
    """A row of the register; its key is made from its text where none is given."""

    key: str = ""
    phase: str = "problem"
    text: str
    likelihood: int = 3
    impact: int = 3
    owner: str = ""
    mitigation: str = ""
    review_on: date | None = None
    status: str = "open"


@router.put("/projects/{slug}/risks")
def put_risks(
    request: HttpRequest, slug: str, payload: list[RiskIn], merge: bool = False
) -> list[dict[str, Any]]:
    """Store the register as it now reads. With `merge`, risks that are not named stay."""
    found = access(request, slug, "edit")
    actions.put_risks(found.project, found.caller, [r.dict() for r in payload], replace_all=not merge)
    return [row.as_recorded() for row in risks(found.project)]


@router.get("/projects/{slug}/timeline")
def timeline(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Planned and actual dates of each phase, and the forecast of the ship date."""
    found = access(request, slug)
    return {
        "phases": [row.as_recorded() for row in plans(found.project)],
        "forecast": asdict(forecast(project_state(found.project))),
    }


class PlanIn(Strict):
    """A phase's dates, effort and money. What is not named stays; null takes it out."""

    phase: str
    planned_start: date | None = None
    planned_end: date | None = None
    actual_start: date | None = None
    actual_end: date | None = None
    planned_effort_days: float | None = None
    spent_effort_days: float | None = None
    planned_cost: float | None = None
    spent_cost: float | None = None


@router.put("/projects/{slug}/timeline")
def put_timeline(request: HttpRequest, slug: str, payload: list[PlanIn]) -> list[dict[str, Any]]:
    """Store the phases that are given; of each only the fields that it names change."""
    found = access(request, slug, "edit")
    actions.put_plans(found.project, found.caller, [p.dict(exclude_unset=True) for p in payload])
    return [row.as_recorded() for row in plans(found.project)]


@router.get("/projects/{slug}/plan", response=dict[str, Any])
def plan(
    request: HttpRequest, slug: str, format: Literal["json", "md", "html", "docx", "pdf"] = "json"
) -> Any:
    """The plan on two or three pages: what is meant in each phase beside what was measured.

    As plain values, or with `format` as a file, which ends with a signed head of the log.
    """
    found = access(request, slug)
    if format != "json":
        return plan_views.file(found.project, format)
    made = plan_views.fitted_plan(found.project, signed=False)
    return {**asdict(made.plan), "pages": made.paper.pages, "warnings": list(made.warnings)}


@router.get("/projects/{slug}/card", response=dict[str, Any])
def card(request: HttpRequest, slug: str, task: str = "other") -> Any:
    """The model card of the version that is to ship, in Hugging Face's format, as a file.

    `task` by Hugging Face's name, such as text-classification. 409 where no version is named as the one to ship.
    """
    return card_views.file(access(request, slug).project, task)


@router.get("/projects/{slug}/failure-modes")
def failure_modes(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """The eight ways in which such projects fail, each looked for in the present state."""
    return [asdict(mode) for mode in detect(project_state(access(request, slug).project))]
