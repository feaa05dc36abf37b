"""Reads about wording: what changed in something after somebody signed it, without asking them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from sextant.errors import NotFound
from sextant_server.people import signing
from sextant_server.people.sign_models import Invitation, Notice
from sextant_server.projects.models import Member, Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.models import DocumentRow, SignatureRow


@dataclass(frozen=True, slots=True)
class Worded:
    """A signature that stands on something whose wording changed since: `sequence` is that wording's place in the log."""

    signature: SignatureRow
    sequence: int
    at: datetime
    by: str

    @property
    def title(self) -> str:
        return signing.title(self.signature.subject)


def _changed(rows: QuerySet[SignatureRow]) -> QuerySet[SignatureRow]:
    """Of these signatures those whose wording changed since: what they are about is as it was, and was written again."""
    present = DocumentRow.objects.filter(
        project=OuterRef("project"), kind=OuterRef("subject"), digest=OuterRef("digest"), present=True,
        withdrawn=False, record__sequence__gt=OuterRef("record__sequence"),
    )  # fmt: skip
    return rows.annotate(
        worded=Subquery(present.values("record__sequence")[:1]),
        worded_at=Subquery(present.values("at")[:1]),
        worded_by=Subquery(present.values("by")[:1]),
    ).filter(worded__isnull=False)  # fmt: skip


def _noticed(**done: bool) -> Exists:
    return Exists(Notice.objects.filter(signature=OuterRef("pk"), sequence=OuterRef("worded"), **done))


def _listed(rows: QuerySet[SignatureRow], most: int) -> list[Worded]:
    """The latest signature of each person; one query."""
    found: dict[tuple[int, str, str], Worded] = {}
    for row in rows.select_related("project", "record").order_by("-id")[:most]:
        found.setdefault(
            (row.project_id, row.subject, row.person.casefold()),
            Worded(row, row.worded, row.worded_at, row.worded_by),  # type: ignore[attr-defined]
        )
    return list(found.values())


def unread(who: Caller, projects: QuerySet[Project]) -> list[Worded]:
    """What changed in its wording since the one who asks signed it, and they have not said that they read it."""
    if who.user is None:
        return []
    rows = SignatureRow.objects.filter(project__in=projects, record__actor=who.id)
    return _listed(_changed(rows).exclude(_noticed(read_at__isnull=False)), 50)


def untold(before: datetime) -> list[Worded]:
    """What signers are still to be told by mail: wording that has stood since before then, so that who writes in small
    steps sends one mail."""
    rows = _changed(SignatureRow.objects.all()).filter(worded_at__lt=before)  # type: ignore[misc]
    return _listed(rows.exclude(_noticed(told_at__isnull=False)), 500)


def address(signature: SignatureRow) -> tuple[str, User | None]:
    """Where a signer is told: at their account's address if they are still a member, at the address at which they were
    asked, or at the one that stands beside their name; empty where nobody is to be told any more."""
    kind, _, number = signature.record.actor.partition(":")
    if kind == "user" and number.isdigit():
        members = Member.objects.filter(project=signature.project_id, user=int(number), user__is_active=True)
        member = members.select_related("user").first()
        return (member.user.email, member.user) if member else ("", None)
    people = signing.held(signature.project)
    key = next((k for k, person in people.items() if person.is_person(signature.person)), None)
    if key is None:
        return "", None
    asked = Invitation.objects.filter(project=signature.project_id, stakeholder=key).exclude(email="")
    return asked.order_by("-id").values_list("email", flat=True).first() or people[key].email, None


def signed_by(who: Caller, project: Project, subject: str, sequence: int) -> SignatureRow:
    """The signature at this place of the log, if it is that of the one who asks."""
    row = SignatureRow.objects.filter(project=project, subject=subject, record__sequence=sequence).first()
    if row is None or row.record.actor != who.id:
        raise NotFound(f"record {sequence} of the log is no signature of yours")
    return row
