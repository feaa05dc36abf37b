"""Writes above the phases: decisions at gates, waivers, going back, risks and the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max

from sextant.canonical import FIRST_YEAR, LAST_YEAR
from sextant.criteria import Phase
from sextant.errors import Conflict, Forbidden, InvalidInput, NotFound
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.gates import GateState, Outcome, gate, may_decide
from sextant.lifecycle.parts import PART_KEYS
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.rigor import PROFILES
from sextant.lifecycle.state import PhasePlan
from sextant_server.jobs.actions import enqueue
from sextant_server.projects.models import Project, Webhook
from sextant_server.projects.permissions import Caller
from sextant_server.records import anchors
from sextant_server.records.actions import append, lock, reopen_subjects
from sextant_server.records.models import (
    DecisionRow,
    Exemption,
    PlanRow,
    RiskRow,
    RoundRow,
    SubjectRow,
)
from sextant_server.records.queries import criteria, project_state


@dataclass(frozen=True, slots=True)
class AskedWaiver:
    """A waiver as it is asked for: of an item or a criterion, why, until when."""

    target: str
    reason: str
    until: date


def _named(text: str, where: str) -> str:
    """A person's name, as a column can hold it."""
    if len(text.strip()) > 200:
        raise InvalidInput(f"a name of {len(text):,} characters", where=where, rule="at most 200")
    return text.strip()


def _save(project: Project, caller: Caller, kind: str, *rows: Any) -> None:
    records = append(project, caller, [(kind, row.as_recorded()) for row in rows])
    for row, record in zip(rows, records, strict=True):
        row.record = record
        row.save()


def _person(caller: Caller, what: str) -> None:
    if caller.token is not None:
        raise Forbidden(
            f"a token may not {what}", rule="that is a named person's", todo="do it with an account"
        )


def items_on_record(found: GateState) -> dict[str, Any]:
    """A gate's state as a decision keeps it."""
    return {
        i.item.key: {
            "status": i.status.value, "reason": i.finding.reason, "blocking": i.blocking,
            "evidence": list(i.finding.evidence),
        }
        for i in found.items
    }  # fmt: skip


@transaction.atomic
def decide(
    project: Project, caller: Caller, phase: Phase, outcome: Outcome, *, note: str = "",
    waivers: Sequence[AskedWaiver] = (), by: str | None = None,
) -> DecisionRow:  # fmt: skip
    """Record a person's decision on the gate's state as it is now, anchor the log, and tell the webhooks.

    Passing while something blocks needs a waiver for each blocking item; they are stored with the decision or the
    decision is refused. `by` names the decider where the caller is the command line.
    """
    _person(caller, "decide a gate")
    if phase not in BY_KEY:
        raise NotFound(f"there is no phase {phase!r}", todo=f"phases are {', '.join(BY_KEY)}")
    if outcome not in ("pass", "hold", "stop"):
        raise InvalidInput(f"{outcome!r} is no decision", where="outcome", rule="one of pass, hold, stop")
    lock(project)
    now = datetime.now(UTC)
    for asked in waivers:
        waive(project, caller, asked, by=by)
    found = gate(project_state(project, now=now), phase)
    may_decide(found, outcome)
    row = DecisionRow(
        project=project, phase=phase, iteration=found.iteration, outcome=outcome, note=note.strip(),
        by=_named(by or caller.name, "by"), at=now, items=items_on_record(found),
    )  # fmt: skip
    _save(project, caller, "decision", row)
    made = anchors.anchor(project, f"gate decision: {phase}, {outcome}")
    row.anchor = anchors.as_json(made)
    row.save(update_fields=["anchor"])
    anchors.keep(project, made)
    for hook in Webhook.objects.filter(project=project, active=True):
        body = {
            "type": "gate.decision", "project": project.slug, "phase": phase, "outcome": outcome, "by": row.by,
            "at": now.isoformat(), "blockers": [i.item.key for i in found.blockers], "anchor": row.anchor,
        }  # fmt: skip
        enqueue(
            "webhook.deliver", {"webhook": hook.pk, "body": body}, project=project,
            key=f"webhook:{hook.pk}:decision:{row.pk}", asked_by=caller.id,
        )  # fmt: skip
    return row


# --- waivers and "not applicable"


def _target(project: Project, target: str) -> None:
    known = criteria(project)
    if target not in ITEMS and target not in known:
        raise NotFound(
            f"{target[:100]!r} is no gate item and no criterion of {project.slug}",
            todo=f"items are {', '.join(ITEMS)}; criteria are {', '.join(known) or 'none'}",
        )


def _replace_exemption(project: Project, caller: Caller, row: Exemption) -> Exemption:
    standing = Exemption.objects.filter(project=project, target=row.target, withdrawn=False).first()
    if standing:
        standing.withdrawn = True
        _save(project, caller, "exemption", standing)
    _save(project, caller, "exemption", row)
    return row


@transaction.atomic
def waive(project: Project, caller: Caller, asked: AskedWaiver, *, by: str | None = None) -> Exemption:
    """Go on against the evidence for a while: who, why, until when. At regulated rigor another person approves it."""
    _person(caller, "waive anything")
    lock(project)
    _target(project, asked.target)
    profile, today = PROFILES[project.rigor], datetime.now(UTC).date()
    if not asked.reason.strip():
        raise InvalidInput(
            "a waiver needs a reason", where=f"waiver of {asked.target}", todo="say why it may wait"
        )
    if not today <= asked.until <= today + timedelta(days=profile.max_waiver_days):
        raise InvalidInput(
            f"a waiver until {asked.until} can't be", where=f"waiver of {asked.target}",
            rule=f"between today and {profile.max_waiver_days} days from now at {profile.name.lower()} rigor",
        )  # fmt: skip
    row = Exemption(
        project=project, target=asked.target, type="waiver", by=_named(by or caller.name, "by"), by_id=caller.id,
        reason=asked.reason.strip(), until=asked.until, at=datetime.now(UTC),
    )  # fmt: skip
    return _replace_exemption(project, caller, row)


@transaction.atomic
def not_applicable(
    project: Project, caller: Caller, target: str, reason: str, *, by: str | None = None
) -> Exemption:
    """Say that an item, a part of one (`4d:jailbreak`) or a criterion does not apply; approved once, with a reason."""
    _person(caller, "say that an item does not apply")
    lock(project)
    if target not in PART_KEYS:
        _target(project, target)
    if not reason.strip():
        raise InvalidInput(
            "it needs a reason", where=f"not applicable: {target}", todo="say why it does not apply"
        )
    row = Exemption(
        project=project, target=target, type="not_applicable", by=_named(by or caller.name, "by"), by_id=caller.id,
        reason=reason.strip(), at=datetime.now(UTC),
    )  # fmt: skip
    return _replace_exemption(project, caller, row)


def _standing(project: Project, target: str) -> Exemption:
    lock(project)
    standing = {row.target: row for row in Exemption.objects.filter(project=project, withdrawn=False)}
    row = standing.get(target)
    if row is None:
        raise NotFound(
            f"nothing excuses {target[:100]!r} now", todo=f"in force: {', '.join(standing) or 'nothing'}"
        )
    return row


@transaction.atomic
def approve_exemption(project: Project, caller: Caller, target: str) -> Exemption:
    """A second person's approval. Who asked may not approve."""
    _person(caller, "approve")
    row = _standing(project, target)
    if row.by_id == caller.id:
        raise Forbidden("you asked for it yourself", rule="another person approves it")
    row.approved_by = caller.name
    _save(project, caller, "exemption", row)
    return row


@transaction.atomic
def end_exemption(
    project: Project, caller: Caller, target: str, outcome: str = "", turned_out: str = ""
) -> Exemption:
    """Take a waiver or "not applicable" back, with a word on how it turned out."""
    _person(caller, "take that back")
    row = _standing(project, target)
    row.withdrawn = True
    return _told(project, caller, row, outcome, turned_out)


@transaction.atomic
def tell_outcome(
    project: Project,
    caller: Caller,
    target: str,
    turned_out: str,
    outcome: str = "",
    *,
    number: int | None = None,
) -> Exemption:
    """Say how a waiver turned out: the one in force, which ends with it, or the latest that ended without a word
    (with `number`, exactly that one). It is said once."""
    _person(caller, "say how a waiver turned out")
    lock(project)
    if not turned_out:
        raise InvalidInput(
            "it does not say how", where="turned_out", rule=f"one of {', '.join(Exemption.TURNED_OUT)}"
        )
    waivers = Exemption.objects.filter(project=project, target=target, type="waiver", turned_out="")
    if number is not None:
        waivers = waivers.filter(pk=number)
    row = waivers.order_by("withdrawn", "-id").first()
    if row is None and number is not None:
        raise Conflict("how this waiver turned out was said already", rule="it is said once")
    row = row or _standing(project, target)
    if row.type != "waiver":
        raise Conflict(
            f"{target} is not waived, it does not apply", rule="only a waiver turns out in some way"
        )
    row.withdrawn = True
    return _told(project, caller, row, outcome, turned_out)


def _told(project: Project, caller: Caller, row: Exemption, outcome: str, turned_out: str) -> Exemption:
    if turned_out and turned_out not in Exemption.TURNED_OUT:
        raise InvalidInput(
            f"{turned_out[:40]!r} is no way to turn out", where="turned_out",
            rule=f"one of {', '.join(Exemption.TURNED_OUT)}",
        )  # fmt: skip
    if len(outcome) > 4000:
        raise InvalidInput(f"it has {len(outcome):,} characters", where="outcome", rule="at most 4,000")
    row.outcome, row.turned_out = outcome.strip(), turned_out if row.type == "waiver" else ""
    _save(project, caller, "exemption", row)
    return row


# --- going back


@transaction.atomic
def go_back(
    project: Project, caller: Caller, phase: Phase, reason: str, *, subjects: Iterable[str] | None = None,
    by: str | None = None,
) -> RoundRow:  # fmt: skip
    """Open a new iteration of a phase, with a reason. Earlier evidence and decisions stay; what rests on the subjects
    that are worked on again (all of the phase, or those given as `kind:name`) becomes stale, nothing else."""
    _person(caller, "go back to a phase")
    if phase not in BY_KEY:
        raise NotFound(f"there is no phase {phase!r}", todo=f"phases are {', '.join(BY_KEY)}")
    if not reason.strip():
        raise InvalidInput("going back needs a reason", where="reason", todo="say what was learned")
    lock(project)
    rows = list(SubjectRow.objects.filter(project=project))
    if subjects is None:
        chosen = [r for r in rows if r.phase == phase]
    else:
        wanted = set(subjects)
        chosen = [r for r in rows if f"{r.kind}:{r.name}" in wanted]
        unknown = wanted - {f"{r.kind}:{r.name}" for r in chosen}
        if unknown:
            raise NotFound(
                f"{project.slug} has no {', '.join(sorted(unknown))}",
                todo=f"there is: {', '.join(f'{r.kind}:{r.name}' for r in rows) or 'nothing'}",
            )
    last = RoundRow.objects.filter(project=project, phase=phase).aggregate(m=Max("number"))["m"] or 1
    row = RoundRow(
        project=project, phase=phase, number=last + 1, reason=reason.strip(), by=_named(by or caller.name, "by"),
        opened_at=datetime.now(UTC), reopened=sorted(f"{r.kind}:{r.name}" for r in chosen),
    )  # fmt: skip
    _save(project, caller, "iteration", row)
    reopen_subjects(project, caller, chosen, reason.strip())
    return row


# --- risks and timeline


@transaction.atomic
def put_risks(
    project: Project, caller: Caller, risks: Sequence[dict[str, Any]], *, replace_all: bool = True
) -> None:
    """Store the risk register as it now reads. With `replace_all`, risks that are not in it are taken out (the log
    keeps them)."""
    lock(project)
    standing = {r.key: r for r in RiskRow.objects.filter(project=project)}
    seen: set[str] = set()
    changed: list[RiskRow] = []
    for place, values in enumerate(risks, 1):
        risk = _risk(values, place, seen)
        row = standing.get(risk["key"]) or RiskRow(project=project, key=risk["key"])
        before = row.as_recorded() if row.pk else None
        for field, value in {**risk, "position": place if replace_all else row.position or place}.items():
            setattr(row, field, value)
        if before != row.as_recorded():
            changed.append(row)
    for key, row in standing.items():
        if replace_all and key not in seen and row.status != "gone":
            row.status = "gone"
            changed.append(row)
    _save(project, caller, "risk", *changed)


def _risk(values: dict[str, Any], place: int, seen: set[str]) -> dict[str, Any]:
    import re

    where = f"risk in row {place}"
    text = str(values.get("text") or "").strip()
    if not text:
        raise InvalidInput("it says nothing", where=where, todo="write what might happen")
    key = (
        str(values.get("key") or "").strip()
        or re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60]
        or f"risk-{place}"
    )
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,79}", key):
        raise InvalidInput(f"{key!r} is no key", where=where, rule="small letters, digits, - and _")
    if key in seen:
        raise InvalidInput(f"the key {key!r} stands twice", where=where, rule="a key names one risk")
    seen.add(key)
    phase = str(values.get("phase") or "problem").strip().lower()
    if phase not in BY_KEY:
        raise InvalidInput(
            f"{phase!r} is no phase", where=f"{where}, phase", rule=f"one of {', '.join(BY_KEY)}"
        )
    status = str(values.get("status") or "open").strip().lower()
    if status not in ("open", "mitigated", "accepted", "closed"):
        raise InvalidInput(
            f"{status!r} is no status",
            where=f"{where}, status",
            rule="one of open, mitigated, accepted, closed",
        )
    return {
        "key": key, "phase": phase, "text": text, "status": status,
        "likelihood": whole(values.get("likelihood", 3), f"{where}, likelihood", 1, 5),
        "impact": whole(values.get("impact", 3), f"{where}, impact", 1, 5),
        "owner": _named(str(values.get("owner") or ""), f"{where}, owner"),
        "mitigation": str(values.get("mitigation") or "").strip(),
        "review_on": day(values.get("review_on"), f"{where}, review"),
    }  # fmt: skip


def whole(value: Any, where: str, least: int, most: int) -> int:
    try:
        number = int(str(value).strip())
    except ValueError:
        raise InvalidInput(f"{value!r} is no whole number", where=where, rule=f"{least} to {most}") from None
    if not least <= number <= most:
        raise InvalidInput(f"{number} is out of range", where=where, rule=f"{least} to {most}")
    return number


def day(value: Any, where: str) -> date | None:
    if value in (None, ""):
        return None
    try:
        found = value if isinstance(value, date) else date.fromisoformat(str(value).strip())
    except ValueError:
        raise InvalidInput(f"{value!r} is no day", where=where, rule="write it as 2026-03-31") from None
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise InvalidInput(f"{found} can't be", where=where, rule=f"a day from {FIRST_YEAR} to {LAST_YEAR}")
    return found


def _amount(value: Any, where: str) -> float | None:
    if value in (None, ""):
        return None
    try:
        number = float(str(value).replace(",", "").strip())
    except ValueError:
        raise InvalidInput(f"{value!r} is no number", where=where) from None
    if not 0 <= number < float("inf"):
        raise InvalidInput(f"{value} is out of range", where=where, rule="zero or more")
    return number


@transaction.atomic
def put_plans(project: Project, caller: Caller, plans: Iterable[PhasePlan | dict[str, Any]]) -> None:
    """Store the timeline's rows that are given: planned and actual dates, effort and money of a phase."""
    lock(project)
    standing = {p.phase: p for p in PlanRow.objects.filter(project=project)}
    for plan in plans:
        values = (
            plan
            if isinstance(plan, dict)
            else {"phase": plan.phase, **{f: getattr(plan, f) for f in PlanRow.FIELDS}}
        )
        phase = str(values.get("phase") or "").strip().lower()
        if phase not in BY_KEY:
            raise InvalidInput(f"{phase!r} is no phase", where="timeline", rule=f"one of {', '.join(BY_KEY)}")
        row = standing.get(phase) or PlanRow(project=project, phase=phase)
        before = row.as_recorded() if row.pk else None
        for field in PlanRow.FIELDS:
            if field in values:
                where = f"{BY_KEY[phase].name}, {field.replace('_', ' ')}"
                read = day if field.endswith(("start", "end")) else _amount
                setattr(row, field, read(values[field], where))
        for kind in ("planned", "actual"):
            start, end = getattr(row, f"{kind}_start"), getattr(row, f"{kind}_end")
            if start and end and end < start:
                raise InvalidInput(
                    f"it ends on {end}, before it starts on {start}", where=f"{BY_KEY[phase].name}, {kind}",
                    todo="change one of the two",
                )  # fmt: skip
        if before != row.as_recorded():
            _save(project, caller, "plan", row)
