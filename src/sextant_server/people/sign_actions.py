"""Writes about signing by a link: asking, taking back, the code, the signature.

The link says which stakeholder was asked; the code, sent to the address that the link went to, says that it is they
who sign. So who was only forwarded the link can read and cannot sign. Link and code are kept hashed; what is compared
takes the same time whether it is right or wrong.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import UTC, datetime, timedelta

from django.db import transaction

from sextant.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from sextant.problem.documents import Stakeholder
from sextant_server.people import mail, mail_actions, signing
from sextant_server.people.sign_models import Invitation
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records import erase_actions
from sextant_server.records.models import DocumentRow, Head, SignatureRow
from sextant_server.records.queries import project_state, signable

#: How long a code is good, how often it may be tried, how soon another may be asked for, and how many a link has.
CODE_MINUTES = 10
CODE_TRIES = 5
CODE_WAIT = timedelta(seconds=60)
CODES = 10
#: How many days a link may last, and how many links one person may be sent within an hour.
MAX_DAYS = 90
LINKS_AN_HOUR = 5


@transaction.atomic
def invite(
    project: Project,
    caller: Caller,
    *,
    subject: str,
    stakeholder: str,
    base: str,
    email: str = "",
    days: int = 14,
) -> tuple[Invitation, str]:
    """Give a stakeholder a link to sign the present version of something, and mail it to them where mail can be sent.

    `stakeholder` is the key of their document, `base` the address that the link's secret is put behind. Returns the
    invitation and the whole link, which is shown this once. An earlier link of theirs to the same thing ends. A program
    may not ask: with a link to an address of its choice it could sign in somebody's name.
    """
    if caller.token is not None:
        raise Forbidden(
            "a token may not ask for a signature", rule="that is a person's", todo="do it with an account"
        )
    records.lock(project)
    state = project_state(project)
    present = signable(project, state)
    if subject not in present:
        raise NotFound(
            f"nothing called {subject[:80]!r} can be signed now", where="subject",
            todo=f"there is: {', '.join(present) or 'nothing'}",
        )  # fmt: skip
    person = _person(state.documents.get("stakeholder", ()), stakeholder)
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput(f"a link of {days} days", where="days", rule=f"1 to {MAX_DAYS} days")
    if not base:
        raise InvalidInput(
            "the site's own address is not known here",
            where="link",
            todo="set SEXTANT_PUBLIC_URL, then ask again",
        )
    to = email.strip() or person.email
    if to or mail.is_on():
        to = mail_actions.address(to)
    if any(
        s.digest == present[subject] and person.is_person(s.person)
        for s in state.signed(subject, present[subject])
    ):
        raise Conflict(f"{person.name} has signed this version already", where="stakeholder")
    now = datetime.now(UTC)
    theirs = Invitation.objects.filter(project=project, stakeholder=stakeholder)
    if theirs.filter(asked_at__gt=now - timedelta(hours=1)).count() >= LINKS_AN_HOUR:
        raise Conflict(
            f"{person.name} was sent {LINKS_AN_HOUR} links within an hour",
            todo="wait, or hand over one that you have",
        )
    for earlier in theirs.filter(subject=subject, revoked_at=None, signature=None):
        _revoke(project, caller, earlier)
    seed = f"link:{secrets.token_hex(16)}"
    secret = mail.secret(seed)
    made = Invitation.objects.create(
        project=project, subject=subject, stakeholder=stakeholder, person=person.name, role=person.role, email=to,
        hashed=signing.hashed(secret), digest=present[subject], sequence=Head.objects.get(project=project).sequence,
        asked_by=caller.name, asked_at=now, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    records.append(
        project, caller,
        [("invitation", {"invitation": made.pk, "subject": subject, "digest": made.digest, "person": made.person,
                         "role": made.role, "until": made.expires_at.isoformat()})],
    )  # fmt: skip
    if mail.is_on():
        mail.send(
            to, f"Please sign: {signing.title(subject)} of {project.name}",
            f"{person.name},\n\n{caller.name} asks you to read and sign: {signing.title(subject)} of {project.name}.\n\n"
            f"{base}{{secret}}/\n\nYou need no account. To sign you will be sent a code to this address; the link alone "
            f"cannot sign. It is good until {made.expires_at:%-d %B %Y}. If you know nothing of this, do nothing.\n",
            name=person.name, project=project, about=f"invitation:{made.pk}", seed=seed, until=made.expires_at,
            asked_by=caller.id,
        )  # fmt: skip
    return made, f"{base}{secret}/"


def _person(written: object, key: str) -> Stakeholder:
    held = {w.key: w.document for w in written}  # type: ignore[attr-defined]
    found = held.get(key)
    if not isinstance(found, Stakeholder):
        raise NotFound(
            f"there is no stakeholder {key[:80]!r}", where="stakeholder",
            todo=f"there are: {', '.join(held)}" if held else "write down who has a say first",
        )  # fmt: skip
    return found


def _revoke(project: Project, caller: Caller, row: Invitation) -> None:
    row.revoked_at, row.code_hashed = datetime.now(UTC), ""
    row.save(update_fields=["revoked_at", "code_hashed"])
    records.append(project, caller, [("invitation", {"invitation": row.pk, "revoked": True})])


@transaction.atomic
def revoke(project: Project, caller: Caller, invitation_id: int) -> Invitation:
    """End a link at once."""
    records.lock(project)
    row = Invitation.objects.filter(project=project, pk=invitation_id).first()
    if row is None:
        raise NotFound(f"there is no link {invitation_id}", where=project.slug, todo="look at who was asked")
    if row.signature_id is not None:
        raise Conflict(f"{row.person} has signed by this link already", rule="a signature stays")
    if row.revoked_at is None:
        _revoke(project, caller, row)
    return row


@transaction.atomic
def forget(project: Project, caller: Caller, stakeholder: str) -> None:
    """Erase a stakeholder's address: from their links, from the outbox, and from every version of their document. Open
    links end, signatures stay."""
    records.lock(project)
    rows = Invitation.objects.filter(project=project, stakeholder=stakeholder)
    known = set(rows.exclude(email="").values_list("email", flat=True))
    written = [
        Stakeholder.model_validate_json(body)
        for body in DocumentRow.objects.filter(project=project, kind="stakeholder", key=stakeholder)
        .exclude(body="")
        .order_by("version")
        .values_list("body", flat=True)
    ]
    present = signing.held(project).get(stakeholder)
    if present is not None and present.email:
        bare = present.model_copy(update={"email": ""})
        records.put_document(project, caller, bare, key=stakeholder)
    for email in {person.email for person in written if person.email}:
        known.add(email)
        erase_actions.erase_versions(project, caller, "stakeholder", stakeholder, holding=email)
    for address in known:
        mail_actions.forget_address(address, project)
    for row in rows.filter(revoked_at=None, signature=None):
        _revoke(project, caller, row)
    rows.update(email="")


# --- what who holds the link may do


def _usable(row: Invitation) -> None:
    why = signing.over(row, project_state(row.project))
    if why:
        raise Conflict(OVER[why], todo="ask who sent it for another" if why != "signed" else None)


#: Why a link is over, in words.
OVER = {
    "signed": "this link was used to sign already",
    "revoked": "this link was taken back",
    "left": "you are no longer asked: somebody else has this part now",
    "expired": "this link has expired",
}


def send_code(invitation: Invitation) -> None:
    """Send the person's own address a code that signs; an earlier one is good no more."""
    if not mail.is_on() or not invitation.email:
        raise Unavailable(
            "no code can be sent", rule="signing by a link needs one, sent to your address", todo=mail.OFF
        )
    with transaction.atomic():
        records.lock(invitation.project)
        row = Invitation.objects.select_for_update().select_related("project").get(pk=invitation.pk)
        _usable(row)
        now = datetime.now(UTC)
        if row.code_sent_at is not None and now - row.code_sent_at < CODE_WAIT:
            left = int((row.code_sent_at + CODE_WAIT - now).total_seconds()) + 1
            raise Conflict(f"a code was sent a moment ago; another can be asked for in {left} seconds")
        if row.codes >= CODES:
            raise Conflict(
                f"this link had {CODES} codes, which is all that it has", todo="ask who sent it for another"
            )
        seed = f"{row.pk}:{secrets.token_hex(16)}"
        row.code_hashed = _kept(row, mail.code(seed))
        row.code_until, row.code_sent_at = now + timedelta(minutes=CODE_MINUTES), now
        row.code_tries, row.codes = 0, row.codes + 1
        row.save(update_fields=["code_hashed", "code_until", "code_sent_at", "code_tries", "codes"])
        mail.send(
            row.email, f"Your code to sign: {signing.title(row.subject)}",
            f"{{code}} is your code to sign {signing.title(row.subject)} of {row.project.name}.\n\nIt is good for "
            f"{CODE_MINUTES} minutes, on the page from which you asked for it. Give it to nobody: who has it signs in "
            "your name. If you did not ask for it, do nothing.\n",
            name=row.person, project=row.project, about=f"code:{row.pk}", seed=seed, until=row.code_until,
            asked_by=f"link:{row.pk}",
        )  # fmt: skip


def _kept(row: Invitation, code: str) -> str:
    """A code as it is kept: six digits are soon guessed from a plain hash, and not from one with the server's key."""
    return mail.secret(f"check:{row.pk}:{code}")


def sign_by_link(invitation: Invitation, *, digest: str, code: str) -> SignatureRow:
    """Sign the version that was read, with the code that was sent. A wrong code counts, whatever else happens."""
    with transaction.atomic():
        records.lock(invitation.project)
        row = Invitation.objects.select_for_update().select_related("project").get(pk=invitation.pk)
        _usable(row)
        if signable(row.project).get(row.subject) != digest:
            raise Conflict(
                f"{signing.title(row.subject)} changed since you read it; nothing was signed",
                todo="read what changed, then sign the present version",
            )
        fault = _wrong(row, "".join(code.split()))
        if fault is None:
            who = Caller(guest=(row.pk, row.person))
            made = records.sign(
                row.project, who, subject=row.subject, digest=digest, person=row.person, role=row.role
            )
            row.signature, row.code_hashed = made, ""
            row.save(update_fields=["signature", "code_hashed"])
            return made
    # After the transaction, so that the try is counted.
    raise fault


def _wrong(row: Invitation, code: str) -> Forbidden | InvalidInput | Conflict | None:
    """Why this code does not sign, or None; every try is counted."""
    if not row.code_hashed:
        return Conflict("no code was sent yet", where="code", todo="ask for one")
    if row.code_until is None or row.code_until < datetime.now(UTC):
        return Conflict(
            "this code is too old", where="code", rule=f"{CODE_MINUTES} minutes", todo="ask for another"
        )
    if row.code_tries >= CODE_TRIES:
        return Forbidden(f"this code was tried {CODE_TRIES} times", where="code", todo="ask for another")
    row.code_tries += 1
    row.save(update_fields=["code_tries"])
    if hmac.compare_digest(row.code_hashed, _kept(row, code)):
        return None
    left = CODE_TRIES - row.code_tries
    return InvalidInput(
        "this is not the code that was sent", where="code",
        todo=f"{left} tries are left" if left > 1 else "one try is left" if left else "ask for another",
    )  # fmt: skip
