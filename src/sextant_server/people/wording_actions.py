"""Writes about wording that changed after a signature: telling the signer, and that they have read it. No signature is
asked, and none is touched."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from sextant.lifecycle.state import ProjectState
from sextant.revisions import changes
from sextant_server.people import mail, signing, wording
from sextant_server.people.sign_models import Notice
from sextant_server.people.wording import Worded
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller

#: The most characters of a mail that tells what changed; of a longer one the sections are named.
MOST = 40_000


@transaction.atomic
def tell(worded: Worded, state: ProjectState) -> bool:
    """Mail a signer what changed in its wording since they signed, or since they were told last; whether a mail went.

    Each wording is told once. One that reads as what they know already is not told, nor is who left, or whose address was
    erased.
    """
    row = worded.signature
    notice, made = Notice.objects.select_for_update().get_or_create(
        project=row.project, signature=row, sequence=worded.sequence
    )
    if not made and notice.told_at is not None:
        return False
    notice.told_at = datetime.now(UTC)
    notice.save(update_fields=["told_at"])
    last = Notice.objects.filter(signature=row, sequence__lt=worded.sequence, told_at__isnull=False)
    known = last.order_by("-sequence").values_list("sequence", flat=True).first() or row.record.sequence
    before, after = (
        signing.contents_then(row.project, state, row.subject, sequence)
        for sequence in (known, worded.sequence)
    )
    # White space alone changes no word.
    found = [c for c in changes(before, after) if any(what != "same" for what, _ in c.words)]
    to, user = wording.address(row)
    if not found or not to or not mail.is_on():
        return False
    page = (
        mail.link(reverse("changed-since", args=[row.project.slug, row.subject, row.record.sequence]))
        if user
        else ""
    )
    context = {
        "worded": worded, "signature": row, "project": row.project, "changes": found, "page": page,
        "long": sum(len(text) for c in found for _, text in c.words) > MOST,
    }  # fmt: skip
    mail.send(
        to, f"{row.project.name}: wording of what you signed changed: {worded.title}",
        render_to_string("people/wording_mail.txt", context),
        html=render_to_string("people/wording_mail.html", context), name=row.person, project=row.project,
        about=f"wording:{notice.pk}", key=f"wording:{notice.pk}",
    )  # fmt: skip
    return True


@transaction.atomic
def read(project: Project, caller: Caller, subject: str, sequence: int) -> None:
    """The caller, who signed at this place of the log, has read what changed in the present wording."""
    row = wording.signed_by(caller, project, subject, sequence)
    present = next(
        (
            w.sequence
            for w in wording.unread(caller, Project.objects.filter(pk=project.pk))
            if w.signature == row
        ),
        None,
    )
    if present is not None:
        Notice.objects.update_or_create(
            signature=row, sequence=present, defaults={"project": project, "read_at": datetime.now(UTC)}
        )
