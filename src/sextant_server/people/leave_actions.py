"""Writes about people who leave: what they hold goes to somebody else, and what was written of them can go for good."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from django.db import transaction

from sextant.errors import Conflict, Forbidden, NotFound
from sextant.problem.documents import Stakeholder
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.people import leaving, sign_actions, talk, talk_actions
from sextant_server.people.leaving import Someone
from sextant_server.people.talk_models import Mention, Review
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records import erase_actions
from sextant_server.records.queries import project_state


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What went from one person to another."""

    who: str
    to: str
    risks: list[str]
    targets: list[str]
    reviews: list[str]
    links: int


def find(people: list[Someone], given: str, where: str) -> Someone:
    """Somebody by name, account or key; NotFound says who there is."""
    wanted = given.strip().lstrip("@").casefold()
    found = next((one for one in people if wanted and (wanted in one.names or wanted == one.key)), None)
    if found is None:
        raise NotFound(
            f"nobody here is or was called {given[:80]!r}", where=where,
            todo=f"there are: {', '.join(one.name for one in people[:20]) or 'nobody yet'}",
        )  # fmt: skip
    return found


@transaction.atomic
def hand_over(
    project: Project, caller: Caller, who: str, *, to: str = "", targets: bool = True, leaves: bool = False,
    erase: bool = False, base: str = "",
) -> HandedOver:  # fmt: skip
    """Give somebody's open risks, targets and reviews to another person; without `to` they are nobody's, and reviews are
    withdrawn.

    With `leaves` they are a stakeholder no more: their links end, no signature of theirs is asked, and `to` takes over
    that they must sign, or decide. With `erase` their address and every version of what was written of them goes for
    good, as far as they are a stakeholder. What they signed, and what the log says by name, stays. A target's owner is
    part of the goals: a new one asks for new signatures, unless `targets` is off. `base` is the site's address.
    """
    if caller.token is not None:
        raise Forbidden(
            "a token may not hand over what people hold",
            rule="that is a person's",
            todo="do it with an account",
        )
    records.lock(project)
    everybody = leaving.everybody(project)
    one = find(everybody, who, "who")
    heir = find([p for p in everybody if p.here], to, "to") if to.strip() else None
    if heir is not None and heir.names & one.names:
        raise Conflict(f"{one.name} has it already", where="to", todo="choose somebody else")
    state = project_state(project)
    found = leaving.held(project, state, one)
    name = heir.name if heir else ""
    if found.risks:
        rows = [{**asdict(risk), "owner": name} for risk in found.risks]
        lifecycle.put_risks(project, caller, rows, replace_all=False)
    given = found.targets if targets else []
    if given:
        records.put_criteria(project, caller, [c.model_copy(update={"owner": name or None}) for c in given])
    for review in found.reviews:
        _pass_on(project, caller, review, heir, base)
    links = _leave(project, caller, one, heir) if leaves else 0
    if erase:
        _erase(project, caller, one, gone=leaves or not one.here)
    return HandedOver(
        one.name,
        name,
        [r.text for r in found.risks],
        [c.key for c in given],
        [r.about for r in found.reviews],
        links,
    )


def _pass_on(project: Project, caller: Caller, review: Review, heir: Someone | None, base: str) -> None:
    """Withdraw a request, and ask the heir instead, by the same day or by today."""
    talk_actions.close_review(project, caller, review.key, state="withdrawn", owner=True)
    if (
        heir is None
        or Review.objects.filter(project=project, about=review.about, asked=heir.name, state="open").exists()
    ):
        return
    try:
        talk.place(project, review.about)
    except NotFound:
        # What was to be looked at is not there any more.
        return
    due = max(review.due, datetime.now(UTC).date())
    talk_actions.ask_review(project, caller, review.about, who=heir.name, due=due, base=base)


def _leave(project: Project, caller: Caller, one: Someone, heir: Someone | None) -> int:
    """Somebody is a stakeholder no more; how many links of theirs ended."""
    if not one.here or not one.key:
        return 0
    people = {
        w.key: w.document
        for w in project_state(project).documents.get("stakeholder", ())
        if isinstance(w.document, Stakeholder)
    }
    left = people[one.key]
    if heir is not None and (left.required or left.decider):
        key = next((k for k, p in people.items() if p.is_person(heir.name)), "")
        part = people.get(key) or Stakeholder(name=heir.name, role=left.role)
        taken = {"required": part.required or left.required, "decider": part.decider or left.decider}
        key = key or re.sub(r"[^a-z0-9]+", "-", heir.name.lower()).strip("-")[:60] or "heir"
        records.put_document(project, caller, part.model_copy(update=taken), key=key)
    links = leaving.open_links(project, one.key)
    for link in links:
        sign_actions.revoke(project, caller, link.pk)
    # Nobody waits for a word of somebody who is gone.
    Mention.objects.filter(project=project, stakeholder=one.key, read_at=None).update(
        read_at=datetime.now(UTC)
    )
    records.withdraw_document(project, caller, "stakeholder", one.key)
    return len(links)


def _erase(project: Project, caller: Caller, one: Someone, *, gone: bool) -> None:
    if not one.key:
        raise Conflict(
            f"{one.name} is no stakeholder", where="erase",
            rule="what is erased is what was written of a stakeholder", todo="an account is removed by an administrator",
        )  # fmt: skip
    sign_actions.forget(project, caller, one.key)
    if gone:
        Mention.objects.filter(project=project, stakeholder=one.key).delete()
        erase_actions.erase_versions(project, caller, "stakeholder", one.key)
