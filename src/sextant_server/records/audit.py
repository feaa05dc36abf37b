"""Does the log still say what it said, and do the tables still say what the log says?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sextant.canonical import canonical
from sextant.chain import Record as ChainRecord
from sextant.chain import Verification, Verifier
from sextant_server.data.models import DataVersionRow, DayProfile
from sextant_server.labeling.models import Link, Round, Rules, Ruling
from sextant_server.people.talk_models import Comment, Review
from sextant_server.projects.models import Project
from sextant_server.records import anchors
from sextant_server.records.models import (
    CriterionRow,
    DecisionRow,
    DocumentRow,
    EvidenceRow,
    Exemption,
    Head,
    Latest,
    PlanRow,
    Record,
    RiskRow,
    RoundRow,
    Said,
    SignatureRow,
    SubjectRow,
)

SAYING: tuple[type[Said], ...] = (
    CriterionRow, DocumentRow, SubjectRow, SignatureRow, Exemption, DecisionRow, RoundRow, RiskRow, PlanRow,
    Comment, Review,
    DataVersionRow, DayProfile, Round, Ruling,
)  # fmt: skip
CHUNK = 2000


def stream(project: Project, after: int = 0) -> Iterator[ChainRecord]:
    """The project's records in order, a chunk in memory at a time."""
    while True:
        rows = list(
            Record.objects.filter(project=project, sequence__gt=after).order_by("sequence", "id")[:CHUNK]
        )
        for row in rows:
            yield ChainRecord(
                project=str(project.uid), sequence=row.sequence, previous=row.previous, kind=row.kind, actor=row.actor,
                at=row.at, body_digest=row.body_digest, record_digest=row.digest, body=row.body,
            )  # fmt: skip
        if len(rows) < CHUNK:
            return
        after = rows[-1].sequence


def check(
    project: Project,
    *,
    saved: dict[str, Any] | None = None,
    step: Callable[[int, int, dict[str, Any]], None] | None = None,
) -> Verification:
    """Verify the whole log against the anchors that this server kept.

    After every chunk `step` is called with the records read so far, how many there are, and what to give as
    `saved` to go on from there. What is appended meanwhile is read too.
    """
    # The anchors before the head, so that none is of a record that we do not look for.
    verifier = Verifier(str(project.uid), anchors.kept(project))
    through = 0
    if saved:
        through = saved["through"]
        verifier.restore(saved["verifier"])
    while True:
        head = Head.objects.get(project=project)
        for record in stream(project, through):
            if not verifier.add(record):
                return verifier.finish(head.digest, head.sequence)
            if step and record.sequence // CHUNK > through // CHUNK:
                step(
                    record.sequence, head.sequence, {"through": record.sequence, "verifier": verifier.save()}
                )
            through = record.sequence
        # Once nothing was appended while we read: else the end would look cut off, or added to.
        if Head.objects.get(project=project).sequence == head.sequence:
            return verifier.finish(head.digest, head.sequence)


def projections(project: Project) -> list[dict[str, Any]]:
    """Each row of the present state that does not say what the log says, with the record's number: rows that were
    changed, rows that are gone, and pointers that do not point at the newest evidence."""
    found = [*_settings(project), *_changed(project), *_gone(project), *_misdirected(project)]
    return sorted(found, key=lambda f: f["sequence"])


def _fault(table: str, row: int | None, sequence: int, detail: str) -> dict[str, Any]:
    return {"table": table, "row": row, "sequence": sequence, "detail": detail}


#: What a project's row says that its gates are decided by.
SETTINGS = ("rigor", "simulated", "opened_at_phase", "candidate", "in_service", "exposed_at", "blocker_days")


def _settings(project: Project) -> Iterator[dict[str, Any]]:
    row = Project.objects.get(pk=project.pk)
    untold = Project()
    told = {name: (getattr(untold, name), 1) for name in SETTINGS}
    records = Record.objects.filter(project=project, kind__in=("project", "exposure")).order_by("sequence")
    for record in records.iterator(chunk_size=CHUNK):
        content = record.content
        said = (
            content
            if record.kind == "exposure"
            else {**content.get("opened", {}), **content.get("changed", {})}
        )
        told |= {name: (said[name], record.sequence) for name in SETTINGS if name in said}
    for name, (value, number) in told.items():
        if canonical({name: getattr(row, name)}) != canonical({name: value}):
            yield _fault(
                Project._meta.db_table,
                row.pk,
                number,
                f"{name} of the project is not what record {number} says",
            )


def _changed(project: Project) -> Iterator[dict[str, Any]]:
    for model in SAYING:
        table = model._meta.db_table
        for said in (
            model._default_manager.filter(project=project).select_related("record").iterator(chunk_size=CHUNK)
        ):
            if canonical(said.as_recorded()) != said.record.body:
                number = said.record.sequence
                yield _fault(
                    table, said.pk, number, f"{table} row {said.pk} does not say what record {number} says"
                )
    yield from _wrongly_erased(project)
    rows = EvidenceRow.objects.filter(project=project).select_related("record")
    for row in rows.iterator(chunk_size=CHUNK):
        body = row.record.content
        told = (row.kind, row.criterion, row.setting, row.origin, row.digest)
        if told != (
            body.get("kind"), body.get("criterion", ""), body.get("setting"), body.get("origin"), row.record.body_digest,
        ):  # fmt: skip
            number = row.record.sequence
            detail = f"the index of evidence {row.digest[:12]} does not say what record {number} says"
            yield _fault(EvidenceRow._meta.db_table, row.pk, number, detail)


def _wrongly_erased(project: Project) -> Iterator[dict[str, Any]]:
    """Versions whose text is gone while the record that they name for it says nothing of them."""
    rows = DocumentRow.objects.filter(project=project).exclude(erasure=None).select_related("erasure")
    for row in rows.iterator(chunk_size=CHUNK):
        said = row.erasure.content if row.erasure and row.erasure.kind == "erasure" else {}
        told = (said.get("kind"), said.get("key")) == (row.kind, row.key) and row.version in said["versions"]
        if not told or row.body:
            table, number = DocumentRow._meta.db_table, row.erasure.sequence if row.erasure else 0
            yield _fault(
                table, row.pk, number, f"{table} row {row.pk} was not erased as record {number} says"
            )


#: The kinds of records that a table row must stand for, and what names the thing that they are about: of several
#: records about one thing, the last has the row. Without names each record has a row of its own.
KEPT: dict[str, tuple[type[Said], tuple[str, ...]]] = {
    "criterion": (CriterionRow, ("key",)),
    "document": (DocumentRow, ()),
    "subject": (SubjectRow, ("kind", "name")),
    "signature": (SignatureRow, ()),
    "exemption": (Exemption, ("target",)),
    "decision": (DecisionRow, ()),
    "iteration": (RoundRow, ()),
    "risk": (RiskRow, ("key",)),
    "plan": (PlanRow, ("phase",)),
    "data_version": (DataVersionRow, ("name", "number")),
    "day_profile": (DayProfile, ("name", "day")),
    "labeling_round": (Round, ("key",)),
    "labeling_ruling": (Ruling, ("round", "item")),
    "labeling_rules": (Rules, ("round",)),
    "labeling_link": (Link, ("round", "tool", "address", "number")),
    "evidence": (EvidenceRow, ()),
    "comment": (Comment, ("key",)),
    "review": (Review, ("key",)),
}


def _gone(project: Project) -> Iterator[dict[str, Any]]:
    for kind, (model, names) in KEPT.items():
        table = model._meta.db_table
        held = model._default_manager.filter(project=project).values("record_id")
        lost = Record.objects.filter(project=project, kind=kind).exclude(pk__in=held).order_by("sequence")
        if not names:
            for record in lost.iterator(chunk_size=CHUNK):
                yield _fault(
                    table, None, record.sequence, f"the {table} row of record {record.sequence} is gone"
                )
            continue
        last: dict[tuple[Any, ...], Record] = {}
        for record in (
            Record.objects.filter(project=project, kind=kind).order_by("sequence").iterator(chunk_size=CHUNK)
        ):
            content = record.content
            last[tuple(content.get(name) for name in names)] = record
        missing = set(lost.values_list("pk", flat=True))
        for record in last.values():
            if record.pk in missing:
                yield _fault(
                    table, None, record.sequence, f"the {table} row of record {record.sequence} is gone"
                )


def _misdirected(project: Project) -> Iterator[dict[str, Any]]:
    pointers = Latest.objects.filter(project=project).select_related("evidence__record")
    for pointer in pointers.iterator(chunk_size=CHUNK):
        rows = EvidenceRow.objects.filter(project=project, topic=pointer.topic)
        if pointer.model != "*":
            rows = rows.filter(model=pointer.model)
        newest = rows.order_by("-at", "-id").first()
        if newest is None or newest.pk != pointer.evidence_id:
            number = pointer.evidence.record.sequence
            detail = f"the pointer of {pointer.topic} names record {number}, which is not its newest evidence"
            yield _fault(Latest._meta.db_table, pointer.pk, number, detail)
    pointed = Latest.objects.filter(project=project, model="*").values("topic")
    lost = EvidenceRow.objects.filter(project=project).exclude(topic__in=pointed).order_by("id")
    for row in lost.select_related("record").iterator(chunk_size=CHUNK):
        number = row.record.sequence
        yield _fault(
            Latest._meta.db_table, None, number, f"the pointer of {row.topic} to record {number} is gone"
        )
