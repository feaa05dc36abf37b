"""Reads about people who leave: what they hold, and who is gone and still holds something."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace

from django.contrib.auth.models import User

from sextant.criteria import Criterion
from sextant.lifecycle.gates import Action
from sextant.lifecycle.state import ProjectState, Risk
from sextant.lifecycle.waits import Wait
from sextant.problem.documents import Stakeholder
from sextant_server.people import signing
from sextant_server.people.sign_models import Invitation
from sextant_server.people.talk_models import Review
from sextant_server.projects.models import Member, Project
from sextant_server.records.models import DocumentRow, Record


@dataclass(frozen=True, slots=True)
class Someone:
    """Somebody by the names under which things are theirs. `here` is whether they still take part; `key` that of their
    stakeholder's document, `user` their account, if they have one."""

    name: str
    names: frozenset[str]
    here: bool
    key: str = ""
    user: User | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody holds: `signatures` that are asked of them and not given, by subject; open `links` to sign by;
    `reviews` that they were asked for; `risks` and `targets` that they own."""

    signatures: list[str] = field(default_factory=list)
    links: list[Invitation] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)
    targets: list[Criterion] = field(default_factory=list)

    @property
    def orphaned(self) -> bool:
        """Whether anything is left once they are gone: links end and signatures are asked no more by themselves."""
        return bool(self.reviews or self.risks or self.targets)

    @property
    def words(self) -> str:
        """What they hold, counted: "2 risks, 1 target and 1 review"."""
        parts = [
            f"{len(listed)} {what}{'s' * (len(listed) != 1)}"
            for what, listed in (("risk", self.risks), ("target", self.targets), ("review", self.reviews))
            if listed
        ]
        return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))


def _folded(*names: str) -> frozenset[str]:
    return frozenset(n.strip().casefold() for n in names if n.strip())


def _of_user(user: User, *, here: bool) -> Someone:
    name = user.get_full_name() or user.get_username()
    return Someone(name, _folded(name, user.get_username(), user.email), here, user=user)


def everybody(project: Project) -> list[Someone]:
    """Who takes part, then who did: members with an account that is on, stakeholders; members who were removed or whose
    account is off, stakeholders who were withdrawn. Whoever is here under the same name is not gone. Four queries."""
    here, gone = list[Someone](), list[Someone]()
    for member in Member.objects.filter(project=project).select_related("user").order_by("user__username"):
        (here if member.user.is_active else gone).append(_of_user(member.user, here=member.user.is_active))
    rows = DocumentRow.objects.filter(project=project, kind="stakeholder", present=True).exclude(body="")
    for row in rows.order_by("key"):
        person = Stakeholder.model_validate_json(row.body)
        names = _folded(person.name, person.email)
        place = next((n for n, one in enumerate(here) if names & one.names and not one.key), None)
        if row.withdrawn:
            gone.append(Someone(person.name, names, here=False, key=row.key))
        elif place is None:
            here.append(Someone(person.name, names, here=True, key=row.key))
        else:
            # A member who is a stakeholder too is one person.
            here[place] = replace(here[place], names=here[place].names | names, key=row.key)
    left = Record.objects.filter(project=project, kind="member", body__contains='"role":null')
    numbers = {
        int(json.loads(body)["user"].partition(":")[2]) for body in left.values_list("body", flat=True)
    }
    gone += [_of_user(user, here=False) for user in User.objects.filter(pk__in=numbers).order_by("pk")]
    present = frozenset[str]().union(*(one.names for one in here))
    seen, found = set[str](), list[Someone]()
    for one in gone:
        if not one.names & present and one.name not in seen:
            seen.add(one.name)
            found.append(one)
    return [*here, *found]


def held(project: Project, state: ProjectState, someone: Someone) -> Held:
    """What somebody holds now. Two queries, and what signatures ask."""
    [found] = all_held(project, state, [someone])
    if not someone.key or not someone.here:
        return found
    from sextant_server.records.queries import signable

    present = signable(project, state)
    asked: list[str] = [
        subject
        for subject in ("goals", "brief")
        if subject in present
        for s in signing.signers(project, state, subject, present[subject])
        if s.key == someone.key and s.person.required and s.standing not in ("signed", "wording")
    ]
    return Held(asked, open_links(project, someone.key), found.reviews, found.risks, found.targets)


def open_links(project: Project, key: str) -> list[Invitation]:
    """A stakeholder's links that were neither used nor taken back."""
    return list(Invitation.objects.filter(project=project, stakeholder=key, revoked_at=None, signature=None))


def all_held(project: Project, state: ProjectState, people: list[Someone]) -> list[Held]:
    """Reviews, risks and targets of many people, in one query."""
    reviews = list(
        Review.objects.filter(project=project, state="open").select_related("user").order_by("due")
    )
    return [
        Held(
            reviews=[
                r for r in reviews
                if (one.user is not None and r.user_id == one.user.pk) or r.asked.strip().casefold() in one.names
            ],
            risks=[r for r in state.risks if r.status == "open" and r.owner.strip().casefold() in one.names],
            targets=[
                c for c in state.criteria.values() if c.owner and c.owner.strip().casefold() in one.names
            ],
        )
        for one in people
    ]  # fmt: skip


def waits(project: Project, state: ProjectState) -> list[Wait]:
    """What people left behind, for Today: one thing for each of them."""
    gone = [one for one in everybody(project) if not one.here]
    if not gone:
        return []
    return [
        Wait(
            "handover", f"handover:{one.name.casefold()}"[:200], f"Hand over what {one.name} held",
            f"{one.name} takes part no more, and still has {found.words}.",
            Action("Hand it over", f"handover:{one.name}"), "edit",
        )
        for one, found in zip(gone, all_held(project, state, gone), strict=True)
        if found.orphaned
    ]  # fmt: skip
