"""Does the log still say what it said, and do the tables still say what the log says?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sextant.canonical import canonical
from sextant.chain import Record as ChainRecord
from sextant.chain import Verification, Verifier
from sextant_server.projects.models import Project
from sextant_server.records import anchors
from sextant_server.records.models import (
    CriterionRow,
    DecisionRow,
    DocumentRow,
    EvidenceRow,
    Exemption,
    Head,
    PlanRow,
    Record,
    RiskRow,
    RoundRow,
    SignatureRow,
    SubjectRow,
)

SAYING = (
    CriterionRow, DocumentRow, SubjectRow, SignatureRow, Exemption, DecisionRow, RoundRow, RiskRow, PlanRow,
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
    """Each row of the present state that does not say what its log record says, with that record's number."""
    found = []
    for model in SAYING:
        for row in model.objects.filter(project=project).select_related("record").iterator(chunk_size=CHUNK):
            if canonical(row.as_recorded()) != row.record.body:
                found.append(
                    {
                        "table": model._meta.db_table, "row": row.pk, "sequence": row.record.sequence,
                        "detail": f"{model._meta.db_table} row {row.pk} does not say what record {row.record.sequence} says",
                    }
                )  # fmt: skip
    for row in (
        EvidenceRow.objects.filter(project=project).select_related("record").iterator(chunk_size=CHUNK)
    ):
        body = row.record.content
        if (row.kind, row.criterion) != (body.get("kind"), body.get("criterion", "")):
            found.append(
                {
                    "table": EvidenceRow._meta.db_table, "row": row.pk, "sequence": row.record.sequence,
                    "detail": f"the index of evidence {row.digest[:12]} does not say what record "
                    f"{row.record.sequence} says",
                }
            )  # fmt: skip
    return sorted(found, key=lambda f: f["sequence"])
