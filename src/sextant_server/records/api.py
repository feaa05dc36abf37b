"""Criteria, evidence, documents, subjects, signatures, and the log."""

from __future__ import annotations

import json
from typing import Annotated, Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Body, Query, Router, Status
from pydantic import SkipValidation

from sextant.criteria import Criterion
from sextant.documents import document_kinds, read_document
from sextant.errors import InvalidInput, NotFound
from sextant.evidence import Version
from sextant.reports import KINDS, AnyEvidence, read_evidence
from sextant_server.projects.api import Strict
from sextant_server.projects.permissions import access
from sextant_server.records import actions, anchors, audit, erase_actions, queries
from sextant_server.records.models import CriterionRow, DocumentRow, EvidenceRow, Head, SubjectRow

router = Router(tags=["records"])

#: The most evidence in one request; more than that is sent in parts.
MAX_BATCH = 1000


# --- criteria


def _criterion(row: CriterionRow) -> dict[str, Any]:
    return {"version": row.version, "digest": row.digest, "retired": row.retired, **json.loads(row.body)}


@router.get("/projects/{slug}/criteria")
def list_criteria(request: HttpRequest, slug: str, retired: bool = False) -> list[dict[str, Any]]:
    """The project's criteria as they now read, each with its version and digest."""
    found = access(request, slug)
    rows = CriterionRow.objects.filter(project=found.project).order_by("position")
    return [_criterion(row) for row in rows if retired or not row.retired]


@router.put("/projects/{slug}/criteria")
def put_criteria(request: HttpRequest, slug: str, payload: list[Criterion]) -> list[dict[str, Any]]:
    """Store new criteria and new versions of changed ones. Those that are not named stay as they are."""
    found = access(request, slug, "edit")
    return [_criterion(row) for row in actions.put_criteria(found.project, found.caller, payload)]


@router.delete("/projects/{slug}/criteria/{key}", response={204: None})
def retire_criterion(request: HttpRequest, slug: str, key: str) -> Any:
    """Let a criterion count no more. Its evidence stays."""
    found = access(request, slug, "edit")
    actions.put_criteria(found.project, found.caller, [], retire=[key])
    return Status(204, None)


# --- evidence

#: What the schema shows of a body that `read_evidence` reads: it says what is wrong in fewer words.
Given = Annotated[AnyEvidence | list[AnyEvidence], SkipValidation]


def _evidence(row: EvidenceRow) -> dict[str, Any]:
    return {
        "digest": row.digest,
        "sequence": row.record.sequence,
        "topic": row.topic,
        "evidence": row.record.content,
    }


@router.get("/projects/{slug}/evidence")
def list_evidence(
    request: HttpRequest, slug: str, criterion: str = "", kind: str = "", subject: str = "",
    before: int | None = Query(None, lt=2**63),
    limit: int = Query(50, ge=1, le=200),
) -> dict[str, Any]:  # fmt: skip
    """Evidence, the newest first; `next` is what to give as `before` for the following page."""
    found = access(request, slug)
    if kind and kind not in KINDS:
        raise NotFound(
            f"there is no kind of evidence called {kind[:100]!r}", todo=f"kinds are {', '.join(KINDS)}"
        )
    rows, following = queries.list_evidence(
        found.project, criterion=criterion, kind=kind, subject=subject, before=before, limit=limit
    )
    return {"items": [_evidence(row) for row in rows], "next": following}


@router.post("/projects/{slug}/evidence", response={200: Any, 201: Any})
def add_evidence(request: HttpRequest, slug: str, payload: Given = Body(...)) -> Any:
    """Store one evidence or a list, all or none. What is there already is found, not doubled (200 if nothing was new)."""
    found = access(request, slug, "evidence")
    given = payload if isinstance(payload, list) else [payload]
    if len(given) > MAX_BATCH:
        raise InvalidInput(f"{len(given)} at once", rule=f"at most {MAX_BATCH}", todo="send them in parts")
    read = [
        read_evidence(item, where=f"evidence {i} of {len(given)}" if len(given) > 1 else "evidence")
        for i, item in enumerate(given, 1)
    ]
    stored = actions.add_evidence(found.project, found.caller, read)
    answer = [{"digest": row.digest, "sequence": row.record.sequence, "stored": made} for row, made in stored]
    status = 201 if any(made for _, made in stored) else 200
    return Status(status, answer if isinstance(payload, list) else answer[0])


@router.get("/projects/{slug}/evidence/{digest}")
def get_evidence(request: HttpRequest, slug: str, digest: str) -> dict[str, Any]:
    """Evidence by its digest (eight digits are enough), with everything that rests on it now."""
    found = access(request, slug)
    row = queries.find_evidence(found.project, digest)
    return {**_evidence(row), "rests": queries.resting_on(found.project, row)}


# --- documents


def _document(row: DocumentRow) -> dict[str, Any]:
    return {
        "kind": row.kind, "key": row.key, "version": row.version, "digest": row.digest, "at": row.at, "by": row.by,
        "present": row.present, "body": json.loads(row.body),
    }  # fmt: skip


@router.get("/document-kinds")
def list_document_kinds(request: HttpRequest) -> list[dict[str, Any]]:
    """Every kind of document with the JSON Schema of its body."""
    return [
        {
            "kind": k.kind,
            "phase": k.phase,
            "many": k.many,
            "label": k.label,
            "help": k.help,
            "schema": k.model_json_schema(),
        }
        for k in document_kinds().values()
    ]


@router.get("/projects/{slug}/documents")
def list_documents(request: HttpRequest, slug: str, kind: str = "") -> list[dict[str, Any]]:
    """The present version of every document, or of those of one kind."""
    found = access(request, slug)
    if kind and kind not in document_kinds():
        raise NotFound(
            f"there is no kind of document called {kind[:100]!r}", todo=queries.there_is(found.project, kind)
        )
    rows = DocumentRow.objects.filter(project=found.project, present=True, withdrawn=False).order_by(
        "kind", "key"
    )
    return [_document(row) for row in (rows.filter(kind=kind) if kind else rows)]


class DocumentIn(Strict):
    body: dict[str, Any]
    expected_version: int | None = None


def _key(key: str) -> str:
    # A project has one of some kinds; their key is empty, which a path can't say.
    return "" if key == "-" else key


@router.get("/projects/{slug}/documents/{kind}/{key}")
def get_document(
    request: HttpRequest, slug: str, kind: str, key: str, version: int | None = Query(None, ge=1, lt=2**31)
) -> dict[str, Any]:
    """A document: its present version, or an earlier one. The key of a kind that a project has once is `-`."""
    found = access(request, slug)
    if kind and kind not in document_kinds():
        raise NotFound(
            f"there is no kind of document called {kind[:100]!r}", todo=queries.there_is(found.project, kind)
        )
    rows = DocumentRow.objects.filter(project=found.project, kind=kind, key=_key(key))
    row = (
        rows.filter(version=version).first()
        if version
        else rows.filter(present=True, withdrawn=False).first()
    )
    if row is None:
        named = " ".join([kind, *([] if key == "-" else [key]), *([f"version {version}"] if version else [])])
        raise NotFound(f"there is no {named[:200]} in {slug}", todo=queries.there_is(found.project, kind))
    if row.erased:
        raise NotFound(
            f"what version {row.version} of {kind} said was erased",
            where=slug,
            todo="ask for another version",
        )
    return _document(row)


@router.put("/projects/{slug}/documents/{kind}/{key}")
def put_document(request: HttpRequest, slug: str, kind: str, key: str, payload: DocumentIn) -> dict[str, Any]:
    """Store a new version. With `expected_version` a meanwhile change is refused (409), never overwritten."""
    found = access(request, slug, "edit")
    document = read_document(kind, payload.body, where=f"{kind} {key}".removesuffix(" -"))
    row = actions.put_document(
        found.project, found.caller, document, key=_key(key), expected_version=payload.expected_version
    )
    return _document(row)


@router.delete("/projects/{slug}/documents/{kind}/{key}", response={204: None})
def withdraw_document(request: HttpRequest, slug: str, kind: str, key: str) -> Any:
    """Take a document out of the present state. The log keeps that it was there."""
    found = access(request, slug, "edit")
    actions.withdraw_document(found.project, found.caller, kind, _key(key))
    return Status(204, None)


@router.delete("/projects/{slug}/documents/{kind}/{key}/versions", response={200: dict[str, list[int]]})
def erase_versions(request: HttpRequest, slug: str, kind: str, key: str) -> Any:
    """Erase what the earlier versions of a document say, for good; of a withdrawn one, all. Their digests stay in the
    log. The answer names the versions that were erased by it."""
    found = access(request, slug, "manage")
    return {"erased": erase_actions.erase_versions(found.project, found.caller, kind, _key(key))}


# --- subjects and signatures


class SubjectIn(Strict):
    version: str
    phase: str = ""
    depends: list[str] = []
    note: str = ""


@router.get("/projects/{slug}/subjects")
def list_subjects(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """The things with versions that evidence rests on, each at its present version."""
    found = access(request, slug)
    return [
        row.as_recorded() for row in SubjectRow.objects.filter(project=found.project).order_by("kind", "name")
    ]


@router.put("/projects/{slug}/subjects/{kind}/{name}")
def put_subject(request: HttpRequest, slug: str, kind: str, name: str, payload: SubjectIn) -> dict[str, Any]:
    """Say which version is the present one; what rests on another becomes stale."""
    found = access(request, slug, "edit")
    version = Version.of(kind, name, payload.version)
    depends = [Version.parse(text) for text in payload.depends]
    row = actions.put_subject(
        found.project, found.caller, version, phase=payload.phase, depends=depends, note=payload.note
    )
    return row.as_recorded()


class SignatureIn(Strict):
    subject: str
    digest: str
    role: str
    person: str | None = None


@router.get("/projects/{slug}/signable")
def signable(request: HttpRequest, slug: str) -> dict[str, str]:
    """What can be signed now, with the digest to sign."""
    return queries.signable(access(request, slug).project)


@router.post("/projects/{slug}/signatures", response={201: Any})
def sign(request: HttpRequest, slug: str, payload: SignatureIn) -> Any:
    """Sign the present version. A person signs as themselves; only the command line on its own database may name one."""
    found = access(request, slug, "sign")
    person = found.caller.name
    if payload.person and payload.person != person:
        if not found.caller.local:
            raise InvalidInput("you sign as yourself", where="person", todo="leave person out")
        person = payload.person
    row = actions.sign(
        found.project,
        found.caller,
        subject=payload.subject,
        digest=payload.digest,
        person=person,
        role=payload.role,
    )
    return Status(201, {**row.as_recorded(), "at": row.at})


# --- the log


@router.get("/projects/{slug}/log")
def read_log(request: HttpRequest, slug: str, after: int = Query(0, ge=0, lt=2**63)) -> StreamingHttpResponse:
    """The whole log from a place on, as JSON lines, to be verified elsewhere."""
    found = access(request, slug)
    return StreamingHttpResponse(
        (
            json.dumps(r.model_dump(mode="json"), ensure_ascii=False) + "\n"
            for r in audit.stream(found.project, after)
        ),
        content_type="application/x-ndjson",
    )


@router.get("/projects/{slug}/head")
def head(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The log's present end as the database has it, with the anchors that this server kept elsewhere."""
    found = access(request, slug)
    end = Head.objects.get(project=found.project)
    return {
        "project": str(found.project.uid), "sequence": end.sequence, "head": end.digest,
        "anchors": [a.model_dump(mode="json") for a in anchors.kept(found.project)],
    }  # fmt: skip


@router.post("/projects/{slug}/anchor", response={201: Any})
def make_anchor(request: HttpRequest, slug: str, reason: str = "asked for") -> Any:
    """A signed head to keep elsewhere, such as in a plan."""
    found = access(request, slug, "edit")
    made = anchors.anchor(found.project, reason[:200])
    anchors.keep(found.project, made)
    return Status(201, anchors.as_json(made))


@router.get("/projects/{slug}/log/faults")
def faults(request: HttpRequest, slug: str) -> list[dict[str, Any]]:
    """Rows of the present state that do not say what the log says: changed behind its back."""
    return audit.projections(access(request, slug).project)
