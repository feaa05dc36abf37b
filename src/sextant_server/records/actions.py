"""Writes: the log first, then what it says now, in one transaction. Nothing here is half-written.

Every action takes the project, the caller and plain library values, appends to the log, and returns what is stored.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from sextant.acceptance import accept
from sextant.canonical import canonical
from sextant.chain import GENESIS, Link, body_digest, link_digest
from sextant.criteria import Criterion
from sextant.documents import Document, Merge, merge
from sextant.errors import Conflict, InvalidInput, NotFound
from sextant.evidence import Evidence, Measurement, Version, shortened
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.staleness import HOME
from sextant.reports import Experiment, RolloutStep
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.models import (
    Attachment,
    CriterionRow,
    DocumentRow,
    EvidenceRow,
    Head,
    Latest,
    Record,
    RestsOn,
    SignatureRow,
    SubjectRow,
)

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
#: The longest body of one record, in characters. Evidence is sums, not rows.
MAX_BODY = 1_000_000


def lock(project: Project) -> Head:
    """Wait until this project's other writers are done, and let none in for as long as the transaction lasts.

    Every action takes this lock before it reads what it decides on and before any other row's lock, so two of them
    neither act on the same state nor wait for each other.
    """
    return Head.objects.select_for_update().get(project=project)


def append(project: Project, caller: Caller, entries: Sequence[tuple[str, Any]]) -> list[Record]:
    """Put records at the end of the project's log, in this order. Must run inside a transaction.

    The head's row is locked for as long as the transaction lasts, so writers queue up and the chain cannot fork;
    if something went past the lock, the unique constraints refuse it.
    """
    head = lock(project)
    now = datetime.now(UTC)
    sequence, previous, made = head.sequence, head.digest, []
    for kind, body in entries:
        text = body if isinstance(body, str) else canonical(body)
        if len(text) > MAX_BODY:
            raise InvalidInput(
                f"this {kind} has {len(text):,} characters", rule=f"a record holds at most {MAX_BODY:,}",
                todo="store sums or a summary, and keep the rows in a table",
            )  # fmt: skip
        sequence += 1
        link = Link(
            project=str(project.uid), sequence=sequence, previous=previous, kind=kind, actor=caller.id, at=now,
            body_digest=body_digest(text),
        )  # fmt: skip
        previous = link_digest(link)
        made.append(
            Record(
                project=project, sequence=sequence, previous=link.previous, digest=previous, kind=kind, actor=caller.id,
                at=now, body_digest=link.body_digest, body=text,
            )
        )  # fmt: skip
    Record.objects.bulk_create(made, batch_size=500)
    head.sequence, head.digest = sequence, previous
    head.save(update_fields=["sequence", "digest"])
    return made


def begin_log(project: Project, caller: Caller, body: dict[str, Any]) -> None:
    """The first record of a new project."""
    Head.objects.create(project=project, sequence=0, digest=GENESIS)
    append(project, caller, [("project", body)])


# --- criteria


@transaction.atomic
def put_criteria(
    project: Project, caller: Caller, criteria: Sequence[Criterion], *, retire: Iterable[str] = ()
) -> list[CriterionRow]:
    """Store criteria as they now read: new ones, new versions of changed ones, nothing for unchanged ones. Those in
    `retire` no longer count; their evidence is kept."""
    lock(project)
    rows = {row.key: row for row in CriterionRow.objects.filter(project=project)}
    keys = [c.key for c in criteria]
    if len(set(keys)) < len(keys):
        twice = sorted({k for k in keys if keys.count(k) > 1})
        raise InvalidInput(
            f"given twice: {', '.join(twice)}", where="criteria", rule="a key names one criterion"
        )
    known = set(keys) | {k for k, row in rows.items() if not row.retired}
    for criterion in criteria:
        if criterion.leading and (criterion.leading not in known or criterion.leading == criterion.key):
            raise InvalidInput(
                f"its leading indicator {criterion.leading!r} is no other criterion", where=f"criterion {criterion.key}",
                todo="add that criterion, or leave `leading` out",
            )  # fmt: skip
    changed: list[CriterionRow] = []
    place = max((row.position for row in rows.values()), default=0)
    for criterion in criteria:
        row = rows.get(criterion.key)
        if row and row.digest == criterion.digest() and not row.retired:
            continue
        if row is None:
            place += 1
            row = CriterionRow(project=project, key=criterion.key, version=0, position=place)
        row.version, row.digest, row.retired = row.version + 1, criterion.digest(), False
        row.body = canonical(criterion)
        changed.append(row)
    for key in retire:
        row = rows.get(key)
        if row is None:
            there = ", ".join(k for k, r in rows.items() if not r.retired) or "none"
            raise NotFound(f"there is no criterion {key!r} to retire", todo=f"criteria are: {there}")
        if not row.retired:
            row.retired, row.version = True, row.version + 1
            changed.append(row)
    _record(project, caller, "criterion", changed)
    now = {row.key: row for row in (*rows.values(), *changed)}
    return [now[key] for key in keys]


def _record(project: Project, caller: Caller, kind: str, rows: Sequence[Any]) -> None:
    """Append what the rows now say, and save them with the records that say it."""
    if not rows:
        return
    for row, record in zip(
        rows, append(project, caller, [(kind, row.as_recorded()) for row in rows]), strict=True
    ):
        row.record = record
        row.save()


# --- evidence


def add_evidence(
    project: Project, caller: Caller, evidence: Sequence[Evidence]
) -> list[tuple[EvidenceRow, bool]]:
    """Append evidence, all of it or none. The same evidence again is found, not doubled: the flag says whether a
    record was made. Evidence for a criterion that the project does not have is refused, and so is what cannot be true
    by what it says of itself."""
    # Before the transaction: what was resampled is resampled again, and nobody shall wait for that.
    for number, item in enumerate(evidence, 1):
        accept(item, where=_place(number, evidence))
    return _store(project, caller, evidence)


def _place(number: int, evidence: Sequence[Evidence]) -> str:
    kind = evidence[number - 1].kind
    return f"evidence {number} of {len(evidence)} ({kind})" if len(evidence) > 1 else kind


@transaction.atomic
def _store(project: Project, caller: Caller, evidence: Sequence[Evidence]) -> list[tuple[EvidenceRow, bool]]:
    # The lock first: of two writers with the same evidence the second must see what the first stored.
    lock(project)
    criteria = {
        row.key: Criterion.model_validate(json.loads(row.body))
        for row in CriterionRow.objects.filter(
            project=project, retired=False, key__in={e.criterion for e in evidence if e.criterion}
        )
    }
    stamped: list[tuple[str, Evidence]] = []
    for number, item in enumerate(evidence, 1):
        if item.criterion and item.criterion not in criteria:
            raise InvalidInput(
                f"there is no criterion {item.criterion!r} in {project.slug}",
                where=_place(number, evidence),
                rule="evidence is stored for a criterion that the project has", todo="write the criterion first",
            )  # fmt: skip
        if isinstance(item, Measurement) and item.criterion and item.measure_digest is None:
            item = item.model_copy(update={"measure_digest": criteria[item.criterion].measure_digest})
        stamped.append((item.digest(), item))
    have = {
        row.digest: row
        for row in EvidenceRow.objects.filter(
            project=project, digest__in=[d for d, _ in stamped]
        ).select_related("record")
    }
    fresh = {d: item for d, item in stamped if d not in have}
    records = append(project, caller, [("evidence", canonical(item)) for item in fresh.values()])
    rows = EvidenceRow.objects.bulk_create(
        [
            EvidenceRow(
                project=project, record=record, digest=d, kind=item.kind, topic=shortened(item.topic),
                criterion=item.criterion or "", setting=item.setting.value, origin=item.origin.value,
                model=str(item.model or ""), at=item.at,
            )
            for record, (d, item) in zip(records, fresh.items(), strict=True)
        ],
        batch_size=500,
    )  # fmt: skip
    RestsOn.objects.bulk_create(
        [
            RestsOn(project=project, evidence=row, subject=v.subject, version=v.version)
            for row, item in zip(rows, fresh.values(), strict=True)
            for v in item.rests_on
        ],
        batch_size=500,
    )
    _point_latest(project, rows)
    _notice_exposure(project, caller, list(fresh.values()))
    _notice_drift(project, caller, list(fresh.values()))
    made = {row.digest: row for row in rows}
    return [(made.get(d) or have[d], d in made) for d, _ in stamped]


def _point_latest(project: Project, rows: Sequence[EvidenceRow]) -> None:
    """Let each topic point at its newest evidence: by the time of measuring, then by the order of storing."""
    if not rows:
        return
    topics = {row.topic for row in rows}
    present = {
        (p.topic, p.model): p
        for p in Latest.objects.filter(project=project, topic__in=topics).select_related("evidence")
    }
    wanted: dict[tuple[str, str], EvidenceRow] = {}
    for row in rows:
        for model in dict.fromkeys(("*", row.model)):
            place = (row.topic, model)
            standing = wanted.get(place) or (present[place].evidence if place in present else None)
            if standing is None or row.at >= standing.at:
                wanted[place] = row
    Latest.objects.bulk_create(
        [Latest(project=project, topic=t, model=m, evidence=row) for (t, m), row in wanted.items()],
        update_conflicts=True, unique_fields=["project", "topic", "model"], update_fields=["evidence"], batch_size=500,
    )  # fmt: skip


def _notice_exposure(project: Project, caller: Caller, items: Iterable[Evidence]) -> None:
    """The first evidence that a person's experience depended on the model dates the exposure."""
    starts = [e.started_at for e in items if isinstance(e, Experiment)]
    starts += [e.period_start or e.at for e in items if isinstance(e, RolloutStep) and e.exposed > 0]
    if starts and (project.exposed_at is None or min(starts) < project.exposed_at):
        project.exposed_at = min(starts)
        project.save(update_fields=["exposed_at"])
        append(project, caller, [("exposure", {"exposed_at": project.exposed_at})])


def _notice_drift(project: Project, caller: Caller, items: Iterable[Evidence]) -> None:
    """Drift that was found in a subject marks it, so that what rests on it becomes stale; a clean run clears it."""
    from sextant.reports import DriftRun

    runs = [item for item in items if isinstance(item, DriftRun)]
    if not runs:
        return
    rows = {
        (row.kind, row.name, row.version): row for row in SubjectRow.objects.filter(project=project)
    }  # fmt: skip
    changed: dict[int, SubjectRow] = {}
    for run in runs:
        row = rows.get((run.subject.kind, run.subject.name, run.subject.version))
        found = f"{', '.join(run.drifted)} ({run.at.date()})" if run.drifted else ""
        if row is not None and found != row.drifted:
            row.drifted = found
            changed[row.pk] = row
    _record(project, caller, "subject", list(changed.values()))


# --- attachments

#: The largest file that is kept beside a number: a page of a dashboard, a statement.
MAX_ATTACHMENT = 5 * 1024 * 1024


@transaction.atomic
def attach(project: Project, caller: Caller, name: str, content: bytes) -> Attachment:
    """Keep a file beside the log, which holds its digest and size only. The same file again is found; one that was
    erased is there again."""
    if not 0 < len(content) <= MAX_ATTACHMENT:
        raise InvalidInput(
            f"the file has {len(content):,} bytes", where="attachment",
            rule=f"a file of 1 byte to {MAX_ATTACHMENT // 1024 // 1024} MB",
        )  # fmt: skip
    lock(project)
    digest = sha256(content).hexdigest()
    row = Attachment.objects.filter(project=project, digest=digest).first()
    if row and row.erased_at is None:
        return row
    row = row or Attachment(project=project, digest=digest)
    row.name, row.size, row.content = name.replace("\\", "/").rpartition("/")[2][:200], len(content), content
    row.by, row.at, row.erased_at = caller.name, datetime.now(UTC), None
    row.save()
    append(project, caller, [("attachment", {"digest": digest, "size": len(content), "erased": False})])
    return row


@transaction.atomic
def erase_attachment(project: Project, caller: Caller, digest: str) -> Attachment:
    """Take the file and its name away for good. Evidence that names it keeps its digest; the log says that it went."""
    lock(project)
    row = Attachment.objects.filter(project=project, digest=digest).first()
    if row is None:
        raise NotFound(f"there is no attachment {digest[:12]}")
    if row.erased_at is None:
        row.name, row.content, row.erased_at = "", b"", datetime.now(UTC)
        row.save()
        append(project, caller, [("attachment", {"digest": digest, "size": row.size, "erased": True})])
    return row


# --- documents and signatures


@transaction.atomic
def put_document(
    project: Project,
    caller: Caller,
    document: Document,
    *,
    key: str = "",
    expected_version: int | None = None,
) -> DocumentRow:
    """Store a new version of a document, unless it reads as before. With `expected_version` (the one that the writer
    had before them; 0 for none) a meanwhile change is a conflict, never overwritten."""
    kind = document.kind
    if document.many and not key:
        raise InvalidInput(
            f"a {kind} needs a key", where="key", rule="a project may have several, each with its key"
        )
    if not document.many and key:
        raise InvalidInput(f"a project has one {kind}; leave the key out", where="key")
    if key and not _KEY.fullmatch(key):
        raise InvalidInput(
            f"{key[:100]!r} is no key", where=f"{kind}, key", rule="small letters, digits, - and _, at most 80",
            todo="for example clerk-1",
        )  # fmt: skip
    lock(project)
    present = DocumentRow.objects.filter(project=project, kind=kind, key=key, present=True).first()
    version = present.version if present else 0
    if expected_version is not None and expected_version != version:
        raise Conflict(
            f"{document.label} was changed meanwhile: it is at version {version}, you had {expected_version}",
            todo="look at the present version, and make your change there",
        )
    body = canonical(document)
    if len(body) > MAX_BODY:
        raise InvalidInput(
            f"this {document.label} has {len(body):,} characters", rule=f"a document holds at most {MAX_BODY:,}",
            todo="put the long parts into files, and name them here",
        )  # fmt: skip
    if present and present.body == body and not present.withdrawn:
        return present
    DocumentRow.objects.filter(project=project, kind=kind, key=key, present=True).update(present=False)
    row = DocumentRow(
        project=project, kind=kind, key=key, version=version + 1, digest=document.material_digest(), body=body,
        at=datetime.now(UTC), by=caller.name,
    )  # fmt: skip
    _record(project, caller, "document", [row])
    return row


@transaction.atomic
def put_merged(
    project: Project, caller: Caller, document: Document, *, key: str = "", had: int | None = None
) -> tuple[DocumentRow, Merge | None]:
    """Store a document whose writer had version `had` before them. What somebody else wrote meanwhile in other fields
    is kept, and the merge says which; a field that both changed is a Conflict that names it, and nothing is stored."""
    lock(project)
    rows = DocumentRow.objects.filter(project=project, kind=document.kind, key=key)
    present = rows.filter(present=True).first()
    base = rows.filter(version=had).exclude(body="").first() if had else None
    if had is None or present is None or present.version == had or base is None or present.withdrawn:
        return put_document(project, caller, document, key=key, expected_version=had), None
    kind = type(document)
    theirs = kind.model_validate(json.loads(present.body))
    merged = merge(kind.model_validate(json.loads(base.body)), document, theirs)
    if merged.clashes:
        raise Conflict(
            f"{present.by} changed {', '.join(merged.clashes)} meanwhile (version {present.version}; you had {had})",
            where=document.label, todo="look at what is stored now, take over what you need, and save again",
        )  # fmt: skip
    return put_document(project, caller, merged.document, key=key), merged


@transaction.atomic
def withdraw_document(project: Project, caller: Caller, kind: str, key: str) -> None:
    """Take a document out of the present state. Its versions stay in the log."""
    from sextant_server.records.queries import there_is

    lock(project)
    present = DocumentRow.objects.filter(
        project=project, kind=kind, key=key, present=True, withdrawn=False
    ).first()
    if present is None:
        raise NotFound(
            f"there is no {kind} {key!r} to withdraw".replace(" ''", ""), todo=there_is(project, kind)
        )
    DocumentRow.objects.filter(pk=present.pk).update(present=False)
    row = DocumentRow(
        project=project, kind=kind, key=key, version=present.version + 1, digest=present.digest, body=present.body,
        at=datetime.now(UTC), by=caller.name, withdrawn=True,
    )  # fmt: skip
    _record(project, caller, "document", [row])


@transaction.atomic
def sign(
    project: Project, caller: Caller, *, subject: str, digest: str, person: str, role: str
) -> SignatureRow:
    """A named person signs one exact version. Signing it again changes nothing."""
    from sextant_server.records.queries import signable

    for name, text, most in (("role", role, 80), ("person", person, 200)):
        if not 1 <= len(text.strip()) <= most:
            raise InvalidInput(
                f"it has {len(text):,} characters", where=name, rule=f"1 to {most} characters",
                todo="say in what role you sign" if name == "role" else "say who signs",
            )  # fmt: skip
    lock(project)
    present = signable(project)
    if subject not in present:
        raise NotFound(
            f"nothing called {subject!r} can be signed now",
            todo=f"there is: {', '.join(present) or 'nothing'}",
        )
    if present[subject] != digest:
        raise Conflict(
            f"{subject} has changed since: this signature is for {digest[:12]}, the present version is "
            f"{present[subject][:12]}", todo="read the present version, then sign that",
        )  # fmt: skip
    found = SignatureRow.objects.filter(
        project=project, subject=subject, digest=digest, person=person, role=role
    ).first()
    if found:
        return found
    row = SignatureRow(
        project=project, subject=subject, digest=digest, person=person, role=role, at=datetime.now(UTC)
    )
    _record(project, caller, "signature", [row])
    return row


# --- subjects


@transaction.atomic
def put_subject(
    project: Project,
    caller: Caller,
    version: Version,
    *,
    phase: str = "",
    depends: Sequence[Version] = (),
    note: str = "",
) -> SubjectRow:
    """Say which version of a thing is the present one. What rests on another version becomes stale; saying the same
    version again ends its being re-opened, and marks of drift."""
    if phase and phase not in BY_KEY:
        raise InvalidInput(
            f"{phase[:100]!r} is no phase",
            where=f"{version.subject}, phase",
            rule=f"one of {', '.join(BY_KEY)}",
        )
    lock(project)
    row = SubjectRow.objects.filter(project=project, kind=version.kind, name=version.name).first()
    row = row or SubjectRow(project=project, kind=version.kind, name=version.name)
    before = None if row.pk is None else row.as_recorded()
    row.version, row.depends = version.version, [v.plain() for v in depends]
    row.phase = phase or row.phase or HOME.get(version.kind, "model")
    row.note, row.reopened, row.drifted = note or row.note, "", ""
    if before != row.as_recorded():
        _record(project, caller, "subject", [row])
    return row


def reopen_subjects(project: Project, caller: Caller, rows: Sequence[SubjectRow], why: str) -> None:
    """Mark subjects as being worked on again."""
    for row in rows:
        row.reopened = why
    _record(project, caller, "subject", rows)
