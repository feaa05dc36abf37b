"""Reads: the state of a project in a fixed number of queries, whatever its history; evidence and what rests on it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Max, Q, TextField
from django.db.models.functions import Cast

from sextant.criteria import Criterion, Setting
from sextant.documents import Document, document_kinds
from sextant.errors import NotFound
from sextant.evidence import Evidence, Version, about
from sextant.lifecycle.staleness import Subject
from sextant.lifecycle.state import (
    Decision,
    PhasePlan,
    ProjectState,
    Risk,
    Round,
    Signature,
    Stored,
    Written,
)
from sextant.reports import read_evidence
from sextant.verdicts import Waiver
from sextant_server.projects.models import Project
from sextant_server.records.models import (
    Attachment,
    CriterionRow,
    DecisionRow,
    DocumentRow,
    EvidenceRow,
    Exemption,
    Latest,
    PlanRow,
    Record,
    RiskRow,
    RoundRow,
    SignatureRow,
    SubjectRow,
)

# A page reads the same texts as the page before it. What was made of one is kept: the values are frozen, and a text
# that changed is another text.


@lru_cache(maxsize=2048)
def _evidence_in(body: str) -> Evidence:
    return read_evidence(json.loads(body))


@lru_cache(maxsize=2048)
def _document_in(kind: str, body: str) -> Document:
    return document_kinds()[kind].model_validate(json.loads(body))


@lru_cache(maxsize=2048)
def _criterion_in(body: str) -> Criterion:
    return Criterion.model_validate(json.loads(body))


def criteria(project: Project) -> dict[str, Criterion]:
    """The project's present criteria by key, in the order they were written."""
    rows = CriterionRow.objects.filter(project=project, retired=False).order_by("position")
    return {row.key: _criterion_in(row.body) for row in rows}


def project_state(project: Project, *, now: datetime | None = None) -> ProjectState:
    """Everything that a check may read, in eleven queries. The rows that it reads are as many as there are criteria,
    documents and topics, not as there is history."""
    profile_needs_approval = project.rigor == "regulated"
    known = criteria(project)
    documents = _documents(project)
    excused = list(Exemption.objects.filter(project=project, withdrawn=False))
    counted = [e for e in excused if e.approved_by or not profile_needs_approval]
    candidate = _version(project.candidate)
    in_service = _version(project.in_service)
    models = {str(v) for v in (candidate, in_service) if v} | set(_models_named(documents))
    return ProjectState(
        slug=project.slug,
        name=project.name,
        now=now or datetime.now(UTC),
        rigor=project.rigor,  # type: ignore[arg-type]
        simulated=project.simulated,
        opened_at_phase=project.opened_at_phase,
        created_at=project.created_at,
        currency=project.currency,
        budget=project.budget,
        blocker_days=project.blocker_days,
        candidate=candidate,
        in_service=in_service,
        exposed_at=project.exposed_at,
        criteria=known,
        evidence=_evidence(project, known.values(), models),
        documents=documents,
        subjects={s.key: s for s in _subjects(project)},
        signatures=tuple(
            Signature(s.subject, s.digest, s.person, s.role, s.at)
            for s in SignatureRow.objects.filter(project=project).order_by("id")
        ),
        waivers={
            e.target: Waiver(e.by, e.reason, e.until) for e in counted if e.type == "waiver" and e.until
        },
        not_applicable={e.target: e.reason for e in counted if e.type == "not_applicable"},
        decisions=tuple(
            Decision(d.phase, d.iteration, d.outcome, d.by, d.at, d.note)
            for d in DecisionRow.objects.filter(project=project).defer("items", "anchor").order_by("id")
        ),
        rounds=tuple(
            Round(r.phase, r.number, r.opened_at, r.reason, r.by)
            for r in RoundRow.objects.filter(project=project).order_by("id")
        ),
        plans={
            p.phase: PhasePlan(p.phase, **{f: getattr(p, f) for f in PlanRow.FIELDS}) for p in plans(project)
        },
        risks=tuple(
            Risk(r.key, r.phase, r.text, r.likelihood, r.impact, r.owner, r.mitigation, r.review_on, r.status)
            for r in risks(project)
        ),
    )


def _version(text: str) -> Version | None:
    return Version.parse(text) if text else None


def _documents(project: Project) -> dict[str, tuple[Written, ...]]:
    kinds = document_kinds()
    found: dict[str, list[Written]] = {}
    rows = DocumentRow.objects.filter(project=project, present=True, withdrawn=False).order_by("kind", "key")
    for row in rows:
        if row.kind not in kinds:
            continue
        written = Written(_document_in(row.kind, row.body), row.key, row.version, row.digest, row.at, row.by)
        found.setdefault(row.kind, []).append(written)
    return {kind: tuple(listed) for kind, listed in found.items()}


def _models_named(documents: dict[str, tuple[Written, ...]]) -> Iterator[str]:
    """The model versions that the compared options name: their evidence is read too."""
    for written in documents.get("model_option", ()):
        for value in written.document.plain().values():
            if isinstance(value, str) and "@" in value and " " not in value:
                yield value if value.startswith("model:") else f"model:{value}"


def _evidence(
    project: Project, known: Iterable[Criterion], models: set[str]
) -> dict[str, tuple[Stored, ...]]:
    topics = [about(c.key, setting, c.slice) for c in known for setting in Setting]
    pointers = (
        Latest.objects.filter(Q(topic__in=topics) | ~Q(topic__startswith="criterion:"), project=project)
        .filter(model__in=["*", *models])
        .select_related("evidence__record")
        .order_by("topic", "-evidence__at", "-evidence_id")
    )
    rows = [pointer.evidence for pointer in pointers]
    if project.exposed_at:
        rows += _ready_before(project, project.exposed_at)
    found: dict[str, dict[str, Stored]] = {}
    for row in rows:
        held = found.setdefault(row.topic, {})
        if row.digest not in held:
            held[row.digest] = Stored(_evidence_in(row.record.body), row.digest, row.record.sequence)
    return {topic: tuple(held.values()) for topic, held in found.items()}


#: What must have been ready before the first real use: the gate asks for proof from before it.
READINESS = ("monitor_sample", "channel_test", "rollback_drill")


def _ready_before(project: Project, exposed_at: datetime) -> list[EvidenceRow]:
    """The newest record of each readiness topic from before the exposure: a later one does not hide it."""
    newest = (
        EvidenceRow.objects.filter(project=project, kind__in=READINESS, at__lt=exposed_at)
        .order_by()
        .values("topic")
        .annotate(last=Max("id"))
        .values("last")
    )
    return list(EvidenceRow.objects.filter(pk__in=newest).select_related("record"))


def _subjects(project: Project) -> Iterator[Subject]:
    for row in SubjectRow.objects.filter(project=project).order_by("kind", "name"):
        yield Subject(
            row.kind, row.name, row.version, row.phase,
            tuple(Version.model_validate(v) for v in row.depends), row.reopened, row.drifted,
        )  # fmt: skip


def plans(project: Project) -> list[PlanRow]:
    from sextant.lifecycle.phases import BY_KEY

    rows = list(PlanRow.objects.filter(project=project))
    return sorted(rows, key=lambda row: BY_KEY[row.phase].number)


def risks(project: Project) -> list[RiskRow]:
    return list(RiskRow.objects.filter(project=project).exclude(status="gone").order_by("position", "id"))


def signable(project: Project, state: ProjectState | None = None) -> dict[str, str]:
    """What can be signed now, with the digest of its present version."""
    from sextant.lifecycle.goals import goals_digest

    state = state or project_state(project)
    found = {"goals": goals_digest(state)}
    for kind in ("brief", "model_requirements", "ab_design", "ship_decision"):
        for written in state.documents.get(kind, ()):
            found[kind] = written.digest
    return found


def find_evidence(project: Project, digest: str) -> EvidenceRow:
    """Evidence by its digest or the beginning of it (eight digits at least)."""
    if len(digest) < 8:
        raise NotFound(f"{digest!r} is too short", rule="give at least eight digits of the digest")
    rows = list(
        EvidenceRow.objects.filter(project=project, digest__startswith=digest).select_related("record")[:2]
    )
    if not rows:
        raise NotFound(f"there is no evidence {digest[:12]} in {project.slug}")
    if len(rows) > 1:
        raise NotFound(f"more than one evidence begins with {digest}", todo="give more digits")
    return rows[0]


def list_evidence(
    project: Project,
    *,
    criterion: str = "",
    kind: str = "",
    subject: str = "",
    before: int | None = None,
    limit: int = 50,
) -> tuple[list[EvidenceRow], int | None]:
    """A page of evidence, the newest first, and where the next page begins (None at the end)."""
    rows = EvidenceRow.objects.filter(project=project).select_related("record").order_by("-id")
    if criterion:
        rows = rows.filter(criterion=criterion)
    if kind:
        rows = rows.filter(kind=kind)
    if subject:
        name, _, version = subject.partition("@")
        on = {"rests__subject": name, **({"rests__version": version} if version else {})}
        rows = rows.filter(**on).distinct()
    if before is not None:
        rows = rows.filter(id__lt=before)
    page = list(rows[: limit + 1])
    return page[:limit], page[limit - 1].pk if len(page) > limit else None


def read(row: EvidenceRow) -> Evidence:
    return read_evidence(row.record.content)


def attachment(project: Project, digest: str, *, content: bool = False) -> Attachment | None:
    """A kept file by its digest; its content only where it is asked for."""
    rows = Attachment.objects.filter(project=project, digest=digest.removeprefix("sha256:"))
    return rows.first() if content else rows.defer("content").first()


def resting_on(project: Project, row: EvidenceRow, state: ProjectState | None = None) -> dict[str, Any]:
    """Everything that rests on this evidence now: whether it is the latest of its topic, which criteria and gate
    items were decided on it, and which decisions named it."""
    from sextant.lifecycle.gates import gates

    state = state or project_state(project)
    items = [
        {"key": item.item.key, "title": item.item.title, "phase": gate.phase, "status": item.status.value}
        for gate in gates(state)
        for item in gate.items
        if row.digest in item.finding.evidence
    ]
    judged = [
        {"key": key, "name": c.name, "status": state.verdict(key).status.value}
        for key, c in state.criteria.items()
        if state.verdict(key).evidence == row.digest
    ]
    decisions = [
        {"phase": d.phase, "by": d.by, "at": d.at, "outcome": d.outcome} for d in _naming(project, row.digest)
    ]
    return {"items": items, "criteria": judged, "decisions": decisions, "stale": list(state.stale(read(row)))}


def _naming(project: Project, digest: str) -> list[DecisionRow]:
    """The latest decisions whose state named this evidence. A digest is long enough to be looked for as text."""
    rows = DecisionRow.objects.filter(project=project).annotate(text=Cast("items", TextField()))
    return list(rows.filter(text__contains=digest).defer("items", "anchor").order_by("-id")[:20])


def log_records(project: Project, *, after: int = 0, limit: int = 1000) -> list[Record]:
    return list(Record.objects.filter(project=project, sequence__gt=after).order_by("sequence")[:limit])


def present_documents(project: Project, kind: str) -> list[DocumentRow]:
    return list(
        DocumentRow.objects.filter(project=project, kind=kind, present=True, withdrawn=False).order_by("key")
    )


def present_document(project: Project, kind: str, key: str) -> DocumentRow | None:
    return DocumentRow.objects.filter(
        project=project, kind=kind, key=key, present=True, withdrawn=False
    ).first()


def there_is(project: Project, kind: str) -> str:
    """What there is instead of a document that was not found, in words."""
    kinds = document_kinds()
    if kind not in kinds:
        return f"kinds are {', '.join(kinds)}"
    if not kinds[kind].many:
        return "a project has one, with the key -"
    keys = [row.key for row in present_documents(project, kind)]
    more = f" and {len(keys) - 20} more" if len(keys) > 20 else ""
    return f"keys are {', '.join(keys[:20])}{more}" if keys else "there is none of this kind yet"


def document_versions(project: Project, kind: str, key: str, limit: int = 30) -> list[DocumentRow]:
    """The versions of a document, the newest first, without their text."""
    rows = DocumentRow.objects.filter(project=project, kind=kind, key=key).defer("body").order_by("-version")
    return list(rows[:limit])


def document_version(project: Project, kind: str, key: str, number: int) -> DocumentRow:
    row = DocumentRow.objects.filter(project=project, kind=kind, key=key, version=number).first()
    if row is None:
        raise NotFound(f"{kind} {key} has no version {number}".replace("  ", " "))
    return row
