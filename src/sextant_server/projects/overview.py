"""What a project's overview shows, out of its state: no query of its own but for what happened lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Max
from django.urls import reverse

from sextant.criteria import Criterion, Origin
from sextant.documents import document_kinds
from sextant.lifecycle.failure_modes import detect
from sextant.lifecycle.gates import GateState, ItemState, current_phase, gates
from sextant.lifecycle.phases import BY_KEY, PHASES
from sextant.lifecycle.reruns import reruns
from sextant.lifecycle.state import ProjectState
from sextant.lifecycle.timeline import forecast
from sextant.verdicts import Status, Verdict
from sextant_server.projects.models import Project
from sextant_server.records.models import DecisionRow, Record, RoundRow

#: The log's records that a person wants to hear of, each with what it says.
TOLD = {
    "decision": "Gate decision", "iteration": "Went back", "evidence": "Proof stored", "criterion": "Target changed",
    "document": "Written", "signature": "Signed", "exemption": "Waiver or exemption", "subject": "Version set",
    "project": "Project changed", "exposure": "First real use", "risk": "Risk changed", "plan": "Timeline changed",
    "member": "People changed", "token": "Token changed", "webhook": "Webhook changed",
    "invitation": "Asked to sign", "channel": "Chat channel changed",
    "attachment": "File attached",
    "erasure": "Text erased", "comment": "Comment", "review": "Review",
}  # fmt: skip

#: What one must look at first, first.
_PRESSING = (
    Status.UNMET, Status.STALE, Status.NOT_ENOUGH, Status.MISSING, Status.WAIVED, Status.NOT_DUE, Status.MET,
    Status.NOT_APPLICABLE,
)  # fmt: skip

#: What was decided at a gate, as a page says it.
OUTCOMES = {"pass": "passed", "hold": "held", "stop": "stopped"}


@dataclass(frozen=True, slots=True)
class Target:
    """One row of the table of targets."""

    criterion: Criterion
    verdict: Verdict

    @property
    def exact(self) -> bool:
        """Whether there is no range about the value: of a full count, and of a declared number."""
        return self.verdict.lower is None or self.verdict.lower == self.verdict.upper

    @property
    def when(self) -> datetime | date | None:
        """When it was measured; of a declared number the day, since nobody knows the hour."""
        at = self.verdict.at
        return at.date() if at and self.verdict.origin is Origin.DECLARED else at

    @property
    def lower(self) -> float | None:
        return None if self.exact else self.verdict.lower

    @property
    def upper(self) -> float | None:
        return None if self.exact else self.verdict.upper

    @property
    def baseline(self) -> float | None:
        return self.criterion.baseline.value if self.criterion.baseline else None

    @property
    def difference(self) -> bool:
        return self.criterion.role == "guardrail"

    @property
    def simulated(self) -> bool:
        return self.verdict.origin is Origin.SIMULATED


def targets(state: ProjectState) -> list[Target]:
    return [Target(c, state.verdict(key)) for key, c in state.criteria.items()]


def sentence(found: GateState, here: GateState) -> str:
    """A phase's few words on the course."""
    if not found.assessed:
        return "not assessed"
    if found.passed and found.decision:
        waived = sum(i.status.value == "waived" for i in found.items)
        text = f"passed {found.decision.at.day} {found.decision.at:%b}"
        return text + (f", {waived} waived" if waived else "")
    if found.phase == here.phase or any(i.status.value != "missing" for i in found.items):
        return f"{found.met} of {len(found.items)} met"
    return "not started"


def course(slug: str, state: ProjectState, found: list[GateState], here: GateState) -> list[dict[str, Any]]:
    """The six phases as the course draws them."""
    steps = []
    for one in found:
        info = BY_KEY[one.phase]
        place = "ahead"
        if not one.assessed:
            place = "not_assessed"
        elif one.phase == here.phase:
            place = "here"
        elif one.passed:
            place = "done"
        steps.append(
            {
                "name": info.name,
                "sub": sentence(one, here),
                "href": reverse("phase", args=[slug, one.phase]),
                "state": place,
                "iteration": one.iteration,
                "progress": one.met / len(one.items) if one.items else 0,
            }
        )  # fmt: skip
    if trip := last_trip(state):
        back, source = trip
        steps[back - 1]["back_from"] = PHASES[source - 1].name
    return steps


def last_trip(state: ProjectState) -> tuple[int, int] | None:
    """The last going back: the number of the phase that was gone back to, and of the one that was left."""
    passes = [(d.at, BY_KEY[d.phase].number) for d in state.decisions if d.outcome == "pass"]
    found = None
    reached_before = 0
    for one in state.rounds:
        # One left the phase after the farthest that had been passed by then. Of several phases that were opened again
        # on the way forward from one trip, the first is where it went.
        reached = min(max((n for at, n in passes if at <= one.opened_at), default=0) + 1, len(PHASES))
        number = BY_KEY[one.phase].number
        if number < reached and (found is None or reached > reached_before or number < found[0]):
            found, reached_before = (number, reached), reached
    return found


def href(slug: str, target: str, phase: str, item: str) -> str:
    """Where an item's one action leads: what a check named as `kind:rest`."""
    kind, _, rest = target.partition(":")
    if target == "document:check_in":
        return reverse("check-in", args=[slug])
    if kind == "document" and rest:
        name, _, key = rest.partition(":")
        return reverse("document", args=[slug, name, key]) if key else reverse("documents", args=[slug, name])
    if target == "criterion:new":
        return reverse("new-target", args=[slug])
    if kind == "criterion" and rest:
        return reverse("target", args=[slug, rest])
    if target == "evidence:agreement":
        return reverse("labeling", args=[slug])
    if kind == "evidence":
        return f"{reverse('proof', args=[slug])}?kind={rest}"
    if kind == "sign" and rest:
        return reverse("sign", args=[slug, rest])
    if kind == "risk" or target == "grid:risks":
        return reverse("risks", args=[slug])
    if target == "grid:timeline":
        return reverse("timeline", args=[slug])
    return f"{reverse('phase', args=[slug, phase])}#item-{item}"


def blocker(slug: str, found: ItemState) -> dict[str, Any]:
    """A blocking item as one sentence and one button."""
    action = found.finding.action
    return {
        "item": found.item, "status": found.status.value, "reason": found.finding.reason,
        "label": action.label if action else "Open the item",
        "href": href(slug, action.target if action else "", found.item.phase, found.item.key),
        # Every other page can be read by whoever sees the project.
        "for_editors": action is not None and action.target == "criterion:new",
    }  # fmt: skip


def context(project: Project, state: ProjectState) -> dict[str, Any]:
    """Everything on the overview, in the order of its questions."""
    found = gates(state)
    here = current_phase(found)
    advice = [i for i in here.items if not i.blocking and not i.status.passes]
    spent = sum(p.spent_cost or 0 for p in state.plans.values())
    planned = sum(p.planned_cost or 0 for p in state.plans.values())
    lately = (
        Record.objects.filter(project=project).exclude(kind__in=("plan", "risk")).order_by("-sequence")[:8]
    )
    return {
        "state": state,
        "course": course(project.slug, state, found, here),
        "here": here,
        "info": BY_KEY[here.phase],
        "blockers": [blocker(project.slug, i) for i in here.blockers],
        "advice": [blocker(project.slug, i) for i in advice],
        "targets": sorted(targets(state), key=lambda t: _PRESSING.index(t.verdict.status)),
        "forecast": forecast(state, found=found),
        "spent": spent,
        "budget": state.budget if state.budget is not None else planned or None,
        "reruns": reruns(state, found=found),
        "failures": [mode for mode in detect(state) if mode.present],
        "lately": [{"record": r, "word": TOLD.get(r.kind, r.kind), "text": told(r)} for r in lately],
        "brief": _brief(state),
        "met": sum(state.verdict(key).status is Status.MET for key in state.criteria),
    }


def _brief(state: ProjectState) -> dict[str, Any]:
    """Whether there is a brief, and how many signed its present version."""
    written = state.documents.get("brief", ())
    return {"written": bool(written), "signed": sum(len(state.signed("brief", w.digest)) for w in written)}


def _named(kind: str) -> str:
    """A kind of document as a page calls it; other words as they are read."""
    found = document_kinds().get(kind)
    return found.label if found else kind.replace("_", " ")


def told(record: Record) -> str:
    """What a log record says, in a few words."""
    body = record.content
    match record.kind:
        case "evidence":
            return str(body.get("estimand", ""))
        case "decision":
            return f"{BY_KEY[body['phase']].name} {OUTCOMES[body['outcome']]}, by {body['by']}"
        case "iteration":
            return f"{BY_KEY[body['phase']].name}: {body['reason']}"
        case "criterion":
            return str(body["criterion"]["name"]) + (" (retired)" if body["retired"] else "")
        case "document":
            return _named(body["kind"]) + (f", {body['key'].replace('-', ' ')}" if body["key"] else "")
        case "signature":
            return f"{_named(body['subject'])}, by {body['person']}"
        case "exemption":
            ended = " (ended)" if body["withdrawn"] else ""
            return f"{body['target']}: {body['reason']}{ended}"
        case "subject":
            state = (
                "worked on again"
                if body["reopened"]
                else "drifted"
                if body["drifted"]
                else f"is {body['version']}"
            )
            return f"{body['kind']} {body['name']} {state}"
        case "project":
            changed = body.get("changed") or body.get("opened") or {}
            said = [
                f"{k.replace('_', ' ')} {v}"
                for k, v in changed.items()
                if k not in ("summary", "slug") and v is not None
            ]
            return ", ".join(said)
        case "exposure":
            return str(body["exposed_at"])[:10]
        case "attachment":
            return "erased" if body["erased"] else f"{body['size']:,} bytes"
        case "risk":
            return str(body["text"])
        case "plan":
            return BY_KEY[body["phase"]].name
        case "member":
            return f"{body['role']}" if body["role"] else "taken out"
        case "token":
            return str(body.get("name") or "revoked")
        case "invitation":
            return (
                "link taken back"
                if body.get("revoked")
                else f"{body['subject'].replace('_', ' ')}: {body['person']}"
            )
        case "comment":
            state = " (erased)" if body["erased"] else " (resolved)" if body["resolved_by"] else ""
            return f"{body['by']} on {body['about'].replace('_', ' ')}{state}"
        case "review":
            return f"{body['asked']} on {body['about'].replace('_', ' ')}: {body['state']}"
        case "channel":
            return str(body.get("name") or "removed")
        case "webhook":
            return str(body.get("url") or "removed")
    return ""


def rows(projects: list[Project]) -> list[dict[str, Any]]:
    """The list of projects: each with the phase where it stands. Two queries, however many projects there are."""
    mine = {"project__in": projects}
    rounds = {
        (r["project"], r["phase"]): r["last"]
        for r in RoundRow.objects.filter(**mine).values("project", "phase").annotate(last=Max("number"))
    }
    newest = (
        DecisionRow.objects.filter(**mine).values("project", "phase").annotate(last=Max("id")).values("last")
    )
    last = {
        (d.project_id, d.phase): d
        for d in DecisionRow.objects.filter(pk__in=newest).defer("items", "anchor")
        if d.iteration == rounds.get((d.project_id, d.phase), 1)
    }
    listed = []
    for project in projects:
        first = BY_KEY[project.opened_at_phase].number
        open_phases = [
            p for p in PHASES[first - 1 :]
            if (one := last.get((project.pk, p.key))) is None or one.outcome != "pass"
        ]  # fmt: skip
        decided = [d for (pk, _), d in last.items() if pk == project.pk]
        listed.append(
            {
                "project": project, "phase": open_phases[0] if open_phases else PHASES[-1],
                "last": (latest := max(decided, key=lambda d: d.at, default=None)),
                "outcome": OUTCOMES[latest.outcome] if latest else "", "number": len(PHASES) - len(open_phases),
            }
        )  # fmt: skip
    return listed
