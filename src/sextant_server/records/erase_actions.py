"""Writes that take away for good: what earlier versions of a document said. Their digests stay, and the log says who took
what away."""

from __future__ import annotations

from django.db import transaction

from sextant.chain import body_digest
from sextant.errors import Conflict, NotFound
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import append, lock
from sextant_server.records.models import DocumentRow, SignatureRow
from sextant_server.records.queries import there_is


@transaction.atomic
def erase_versions(
    project: Project, caller: Caller, kind: str, key: str = "", *, holding: str = ""
) -> list[int]:
    """Erase the text of a document's earlier versions, all or those that hold some text; of one that was withdrawn, all
    of them. Returns their numbers; what is erased already, or stands now, is left.

    What a person signed stays readable: of a kind that is signed, a version that somebody signed is a Conflict.
    """
    lock(project)
    versions = DocumentRow.objects.filter(project=project, kind=kind, key=key)
    if not versions.exists():
        raise NotFound(f"there is no {kind[:80]} {key[:80]}".rstrip(), todo=there_is(project, kind))
    rows = versions.filter(erasure=None).exclude(present=True, withdrawn=False).order_by("version")
    if holding:
        rows = rows.filter(body__icontains=holding)
    listed = list(rows)
    if not listed:
        return []
    signed = SignatureRow.objects.filter(
        project=project, subject=kind, digest__in={row.digest for row in listed}
    ).first()
    if signed is not None:
        number = next(row.version for row in listed if row.digest == signed.digest)
        raise Conflict(
            f"{signed.person} signed what version {number} says", where=f"{kind} {key}".rstrip(),
            rule="what was signed stays readable as long as the project is kept",
        )  # fmt: skip
    [record] = append(
        project, caller, [("erasure", {"kind": kind, "key": key, "versions": [r.version for r in listed]})]
    )
    for row in listed:
        row.content, row.body, row.erasure = body_digest(row.body), "", record
    DocumentRow.objects.bulk_update(listed, ["content", "body", "erasure"])
    return [row.version for row in listed]
