"""Whether to build it, over REST: the six questions, the return, numbers from elsewhere and the files that show them."""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field

from sextant.criteria import Criterion
from sextant.errors import InvalidInput, NotFound
from sextant.problem.decision_tree import walk
from sextant.problem.declared import MOST_ROWS, Reading
from sextant.problem.documents import Again, DecisionTree, NumberQuery, Roi
from sextant.problem.roi import outlook
from sextant_server.problem import numbers, rereading, sources, steps
from sextant_server.projects.api import Strict
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import access
from sextant_server.records import actions, queries
from sextant_server.records.models import Attachment, EvidenceRow

router = Router(tags=["problem"])


@router.get("/projects/{slug}/decision-tree")
def decision_tree(request: HttpRequest, slug: str) -> dict[str, Any]:
    """Where the six questions lead as they are answered now, and the path there."""
    row = queries.present_document(access(request, slug).project, DecisionTree.kind, "")
    walked = walk(DecisionTree.model_validate_json(row.body) if row else DecisionTree())
    return {
        "outcome": walked.outcome.key, "title": walked.outcome.title, "advice": walked.outcome.advice,
        "goes_on": walked.outcome.goes_on, "path": [asdict(step) for step in walked.path],
        "unreasoned": list(walked.unreasoned),
    }  # fmt: skip


@router.get("/projects/{slug}/return")
def returns(request: HttpRequest, slug: str) -> dict[str, Any]:
    """The return worked out: its range, the chance of a loss, month by month, and what it hangs on most. `unset` names
    the ranges that are not filled in; then there is no more."""
    row = queries.present_document(access(request, slug).project, Roi.kind, "")
    roi = Roi.model_validate_json(row.body) if row else Roi()
    if roi.unset:
        return {"unset": list(roi.unset)}
    found = outlook(roi)
    return {"unset": [], "passes": found.passes, **asdict(found)}


@router.get("/projects/{slug}/sources")
def list_sources(request: HttpRequest, slug: str) -> list[dict[str, str]]:
    """The databases that this project's numbers may be read from, by name."""
    access(request, slug)
    return [{"name": s.name, "kind": s.kind} for s in sources.sources_of(settings.SOURCES, slug)]


def _target(project: Project, key: str) -> Criterion:
    known = queries.criteria(project)
    if key not in known:
        raise NotFound(
            f"there is no target {key[:80]!r}", todo=f"targets are: {', '.join(known) or 'none yet'}"
        )
    return known[key]


@router.get("/projects/{slug}/numbers/{key}")
def list_numbers(request: HttpRequest, slug: str, key: str) -> list[dict[str, Any]]:
    """The declared numbers of a target, a day each, the newest first."""
    found = access(request, slug)
    return [
        {
            "day": n.day, "value": n.evidence.value, "aim": n.evidence.aim, "source": n.evidence.source,
            "attachment": n.evidence.attachment, "digest": n.row.digest,
        }
        for n in numbers.history(found.project, _target(found.project, key))
    ]  # fmt: skip


class NumberIn(Strict):
    day: date
    value: float
    aim: float | None = None


class FileIn(Strict):
    name: str
    content: str


class NumbersIn(Strict):
    source: str
    rows: list[NumberIn] = Field(min_length=1, max_length=MOST_ROWS)
    file: FileIn | None = None


@router.post("/projects/{slug}/numbers/{key}", response={200: Any, 201: Any})
def declare_numbers(request: HttpRequest, slug: str, key: str, payload: NumbersIn) -> Any:
    """Store numbers that were read elsewhere, all or none, and the file that shows them (its content in base64). What is
    there already is found, not doubled (200 if nothing was new)."""
    found = access(request, slug, "evidence")
    given = [Reading(row.day, row.value, row.aim) for row in payload.rows]
    file = (payload.file.name, _content(payload.file)) if payload.file else None
    target = _target(found.project, key)
    stored = steps.declare_numbers(
        found.project, found.caller, target, given, source=payload.source, file=file
    )
    return _stored(stored)


def _content(file: FileIn) -> bytes:
    try:
        return base64.b64decode(file.content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("it is no base64", where="file.content", todo="encode the file's bytes") from error


class QueryIn(Strict):
    source: str = ""
    sql: str = ""
    again: Again | None = None


class AgainIn(Strict):
    again: Again


@router.post("/projects/{slug}/numbers/{key}/sql", response={200: Any, 201: Any})
def read_numbers(request: HttpRequest, slug: str, key: str, payload: QueryIn) -> Any:
    """Read a target's numbers by one SELECT, store them, and keep the query. Without source and sql the kept query is
    read again. `again` is how often the worker reads it by itself; as it was where it is not given."""
    found = access(request, slug, "evidence")
    target = _target(found.project, key)
    name, sql = payload.source, payload.sql
    if not name and not sql:
        row = queries.present_document(found.project, NumberQuery.kind, key)
        if row is None:
            raise NotFound(f"no query is kept for {key}", where="sql", todo="give source and sql")
        kept = NumberQuery.model_validate_json(row.body)
        name, sql = kept.source, kept.sql
    source = sources.find(settings.SOURCES, slug, name)
    made = steps.declare_by_sql(found.project, found.caller, target, source, sql, again=payload.again)
    return _stored(made)


@router.get("/projects/{slug}/numbers/{key}/sql")
def get_query(request: HttpRequest, slug: str, key: str) -> dict[str, Any]:
    """The kept query of a target: its source, its SQL, how often the worker reads it, and how that went the last time."""
    found = access(request, slug)
    return _query(found.project, _target(found.project, key).key)


@router.patch("/projects/{slug}/numbers/{key}/sql")
def change_query(request: HttpRequest, slug: str, key: str, payload: AgainIn) -> dict[str, Any]:
    """Say how often the worker reads the kept query of a target, without reading it now."""
    found = access(request, slug, "evidence")
    steps.change_again(found.project, found.caller, _target(found.project, key).key, payload.again)
    return _query(found.project, key)


def _query(project: Project, key: str) -> dict[str, Any]:
    kept = rereading.standing(project, key, timezone.now())
    if kept is None:
        raise NotFound(f"no query is kept for {key[:80]}", where="sql", todo="give source and sql")
    return {
        **kept.query.plain(), "again": kept.query.again, "tried_at": kept.tried_at, "read_at": kept.read_at,
        "fault": kept.fault, "said": kept.said,
    }  # fmt: skip


def _stored(stored: list[tuple[EvidenceRow, bool]]) -> Any:
    answer = [{"digest": row.digest, "sequence": row.record.sequence, "stored": made} for row, made in stored]
    return Status(201 if any(made for _, made in stored) else 200, answer)


def _attachment(project: Project, digest: str, *, content: bool = False) -> Attachment:
    row = queries.attachment(project, digest, content=content)
    if row is None:
        raise NotFound(f"no evidence of {project.slug} has a file {digest[:12]}", todo="look at the numbers")
    return row


@router.get("/projects/{slug}/attachments/{digest}")
def get_attachment(request: HttpRequest, slug: str, digest: str) -> dict[str, Any]:
    """A file that shows a number, its content in base64; empty once it was erased."""
    row = _attachment(access(request, slug).project, digest, content=True)
    return {
        "digest": row.digest, "name": row.name, "size": row.size, "by": row.by, "at": row.at,
        "erased_at": row.erased_at, "content": base64.b64encode(bytes(row.content)).decode(),
    }  # fmt: skip


@router.delete("/projects/{slug}/attachments/{digest}", response={204: None})
def erase_attachment(request: HttpRequest, slug: str, digest: str) -> Any:
    """Erase a file for good. The numbers that it showed stay, with its digest."""
    found = access(request, slug, "manage")
    actions.erase_attachment(found.project, found.caller, _attachment(found.project, digest).digest)
    return Status(204, None)
