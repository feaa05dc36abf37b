"""Reads about signing: who must, who has, which version, and what changed since."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal

from sextant.criteria import Criterion
from sextant.documents import Document, document_kinds
from sextant.errors import NotFound
from sextant.lifecycle.goals import goal_sections
from sextant.lifecycle.state import PhasePlan, ProjectState
from sextant.problem.documents import Stakeholder
from sextant.revisions import Change, Section, changes, sections
from sextant_server.people import mail
from sextant_server.people.sign_models import Invitation
from sextant_server.projects.models import Project
from sextant_server.records.models import DocumentRow, Record, SignatureRow
from sextant_server.records.queries import present_documents

#: What can be signed, in words.
SUBJECTS = {
    "goals": "Goals and timeline", "brief": "Project brief", "model_requirements": "Model requirements",
    "ab_design": "Design of the A/B test", "ship_decision": "Decision to ship",
}  # fmt: skip


def title(subject: str) -> str:
    return SUBJECTS.get(subject, subject.replace("_", " ").capitalize())


def contents(state: ProjectState, subject: str) -> list[Section]:
    """What stands in the present version, section by section."""
    if subject == "goals":
        return goal_sections(state)
    return [s for w in state.documents.get(subject, ()) for s in of_document(w.document, state.currency)]


def of_document(document: Document, currency: str) -> list[Section]:
    """A document's sections; its budget with the currency, which the project knows and the document does not."""
    return [
        replace(s, text=f"{s.text} {currency}") if s.name == "budget" and s.text else s
        for s in sections(document)
    ]


def contents_then(project: Project, state: ProjectState, subject: str, sequence: int) -> list[Section]:
    """What stood there when the log had so many records. Goals are read out of the log again: their targets and dates
    stand in it whole."""
    if subject != "goals":
        row = (
            DocumentRow.objects.filter(project=project, kind=subject, record__sequence__lte=sequence)
            .order_by("-version")
            .first()
        )
        kinds = document_kinds()
        if row is None or subject not in kinds or not row.body:
            return []
        return of_document(kinds[subject].model_validate(json.loads(row.body)), state.currency)
    criteria, plans = dict[str, Criterion](), dict[str, PhasePlan]()
    records = Record.objects.filter(project=project, kind__in=("criterion", "plan"), sequence__lte=sequence)
    for record in records.order_by("sequence").iterator():
        body = record.content
        if record.kind == "plan":
            first, last = (
                date.fromisoformat(body[name]) if body[name] else None
                for name in ("planned_start", "planned_end")
            )
            plans[body["phase"]] = PhasePlan(body["phase"], planned_start=first, planned_end=last)
        elif body["retired"]:
            criteria.pop(body["key"], None)
        else:
            criteria[body["key"]] = Criterion.model_validate(body["criterion"])
    return goal_sections(replace(state, criteria=criteria, plans=plans, _verdicts={}))


def since(project: Project, state: ProjectState, subject: str, sequence: int) -> list[Change]:
    """What changed since the log had so many records, word by word."""
    return changes(contents_then(project, state, subject, sequence), contents(state, subject))


Standing = Literal["signed", "wording", "changed", "asked", "expired", "open", "optional"]
#: The sign and the words of each standing, as pages show them.
WORDS: dict[Standing, tuple[str, str]] = {
    "signed": ("met", "Signed"),
    "wording": ("met", "Signed, wording changed since"),
    "changed": ("stale", "Signed an earlier version"),
    "asked": ("not_due", "Asked"),
    "expired": ("stale", "Link expired"),
    "open": ("missing", "Not asked yet"),
    "optional": ("not_applicable", "Need not sign"),
}


@dataclass(frozen=True, slots=True)
class Signer:
    """A stakeholder and where their signature stands. `signature` is their latest on this subject; `sequence` its place
    in the log; `invitation` their latest link, `delivery` what became of its mail."""

    key: str
    person: Stakeholder
    standing: Standing
    signature: SignatureRow | None
    invitation: Invitation | None
    delivery: mail.Delivery | None

    @property
    def shape(self) -> str:
        return WORDS[self.standing][0]

    @property
    def words(self) -> str:
        return WORDS[self.standing][1]

    @property
    def sequence(self) -> int:
        return self.signature.record.sequence if self.signature else 0


def signers(project: Project, state: ProjectState, subject: str, digest: str) -> list[Signer]:
    """Every present stakeholder and where their signature on this version stands: those who must sign first. Three
    queries, however many they are."""
    rows = list(
        SignatureRow.objects.filter(project=project, subject=subject).select_related("record").order_by("id")
    )
    links = {
        i.stakeholder: i for i in Invitation.objects.filter(project=project, subject=subject).order_by("id")
    }
    sent = mail.deliveries(project, [f"invitation:{i.pk}" for i in links.values()])
    version = _wording(project, subject, digest)
    found = []
    for written in state.documents.get("stakeholder", ()):
        person = written.document
        if not isinstance(person, Stakeholder):
            continue
        theirs = [r for r in rows if person.is_person(r.person)]
        on_this = [r for r in theirs if r.digest == digest]
        chosen = on_this or theirs
        last = chosen[-1] if chosen else None
        link = links.get(written.key)
        found.append(
            Signer(
                written.key, person, _standing(person, last, digest, link, version), last, link,
                sent.get(f"invitation:{link.pk}") if link else None,
            )
        )  # fmt: skip
    return sorted(found, key=lambda s: (not s.person.required, s.person.name))


def _wording(project: Project, subject: str, digest: str) -> int:
    """The place in the log of the present wording; 0 for what has no wording beside what is signed."""
    row = DocumentRow.objects.filter(project=project, kind=subject, digest=digest, present=True).values_list(
        "record__sequence"
    )
    found = row.first()
    return found[0] if found else 0


def _standing(
    person: Stakeholder, last: SignatureRow | None, digest: str, link: Invitation | None, wording: int
) -> Standing:
    if last is not None and last.digest == digest:
        return "wording" if last.record.sequence < wording else "signed"
    usable = link is not None and link.revoked_at is None and link.signature_id is None
    if usable and link is not None:
        return "asked" if link.expires_at > datetime.now(UTC) else "expired"
    if last is not None:
        return "changed"
    return "open" if person.required else "optional"


# --- a link


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def invitation_of(secret: str) -> Invitation:
    """The invitation that this link is; NotFound for one that nobody was given."""
    found = (
        Invitation.objects.select_related("project", "signature__record")
        .filter(hashed=hashed(secret))
        .first()
    )
    if found is None:
        raise NotFound(
            "this link leads nowhere", todo="check that it was copied whole, or ask who sent it for another"
        )
    return found


Over = Literal["", "signed", "revoked", "left", "expired"]


def held(project: Project) -> dict[str, Stakeholder]:
    """The present stakeholders by their keys, in one query."""
    rows = present_documents(project, "stakeholder")
    return {row.key: Stakeholder.model_validate_json(row.body) for row in rows}


def over(invitation: Invitation, state: ProjectState, now: datetime | None = None) -> Over:
    """Why a link can no longer sign; empty while it can."""
    found = {w.key: w.document for w in state.documents.get("stakeholder", ())}.get(invitation.stakeholder)
    return why_over(invitation, found if isinstance(found, Stakeholder) else None, now)


def why_over(invitation: Invitation, person: Stakeholder | None, now: datetime | None = None) -> Over:
    """The same, given who has the part now. A link whose stakeholder was withdrawn, or has another name now, is over
    too: somebody else took their place."""
    if invitation.signature_id is not None:
        return "signed"
    if invitation.revoked_at is not None:
        return "revoked"
    if person is None or not person.is_person(invitation.person):
        return "left"
    return "expired" if invitation.expires_at <= (now or datetime.now(UTC)) else ""
