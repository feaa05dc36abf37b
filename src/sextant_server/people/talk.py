"""Reads about what people say: what can be talked about, who can be named, and what was said.

>>> named("@Ada Lovelace and @bo, see a@b.example", ["ada lovelace", "Ada", "Bo"])
['ada lovelace', 'Bo']
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse

from sextant.documents import document_kinds
from sextant.errors import InvalidInput, NotFound
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.state import ProjectState
from sextant.problem.documents import Stakeholder
from sextant_server.people import signing
from sextant_server.people.talk_models import Comment, Review
from sextant_server.projects.models import Member, Project
from sextant_server.records import queries
from sextant_server.records.models import CriterionRow, EvidenceRow


@dataclass(frozen=True, slots=True)
class Place:
    """A thing that is talked about: how it is named, its page, and its present version ("" where it has none)."""

    about: str
    label: str
    href: str
    version: str = ""


def place(project: Project, about: str) -> Place:
    """The thing that `about` names: `document:KIND`, `document:KIND:KEY`, `criterion:KEY`, `item:2f`,
    `evidence:DIGEST` or `goals`. NotFound where there is no such thing."""
    kind, _, rest = about.partition(":")
    slug = project.slug
    if about == "goals":
        digest = queries.signable(project)["goals"]
        return Place(about, signing.title("goals"), reverse("sign", args=[slug, "goals"]), digest)
    if kind == "document":
        name, _, key = rest.partition(":")
        row = queries.present_document(project, name, key)
        if row is not None and name in document_kinds():
            label = document_kinds()[name].label + (f": {key}" if key else "")
            href = (
                reverse("brief", args=[slug])
                if name == "brief"
                else reverse("document", args=[slug, name, key or "-"])
            )
            return Place(about, label, href, row.digest)
    elif kind == "criterion":
        criterion = CriterionRow.objects.filter(project=project, key=rest).first()
        if criterion is not None:
            label = queries.criteria(project)[rest].name if not criterion.retired else rest
            return Place(about, label, reverse("target", args=[slug, rest]), criterion.digest)
    elif kind == "item":
        item = ITEMS.get(rest)
        if item is not None:
            return Place(
                about,
                f"{item.key}: {item.title}",
                reverse("phase", args=[slug, item.phase]) + f"#item-{item.key}",
            )
    elif kind == "evidence":
        evidence = EvidenceRow.objects.filter(project=project, digest=rest).first()
        if evidence is not None:
            return Place(about, f"Proof {rest[:10]}", reverse("evidence", args=[slug, rest]), rest)
    else:
        raise InvalidInput(
            f"{about[:100]!r} names nothing that is talked about", where="about",
            rule="document:KIND, document:KIND:KEY, criterion:KEY, item:KEY, evidence:DIGEST or goals",
        )  # fmt: skip
    raise NotFound(f"there is no {about[:100]} here", where="about", todo="check its name on its page")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be named or asked: a member with an account, or a stakeholder."""

    name: str
    handles: tuple[str, ...]
    user: User | None = None
    stakeholder: str = ""
    email: str = ""

    @property
    def handle(self) -> str:
        return self.handles[0]


def people(project: Project, state: ProjectState | None = None) -> list[Person]:
    """Everybody who can be named: members first, then stakeholders who are none. Two queries."""
    members = Member.objects.filter(project=project).select_related("user").order_by("user__username")
    found = [
        Person(
            m.user.get_full_name() or m.user.get_username(),
            (m.user.get_username(), m.user.get_full_name()),
            m.user,
            email=m.user.email,
        )
        for m in members
        if m.role != "rater"
    ]
    taken = {p.name.casefold() for p in found}
    for row in queries.present_documents(project, "stakeholder"):
        person = Stakeholder.model_validate_json(row.body)
        if person.name.casefold() not in taken:
            found.append(Person(person.name, (row.key, person.name), stakeholder=row.key, email=person.email))
    return found


def named(text: str, handles: Iterable[str]) -> list[str]:
    """Which of these are named in the text, as @ and the handle, in upper or lower case; of two that fit at one place
    the longer."""
    wanted = sorted({h for h in handles if h}, key=len, reverse=True)
    if not wanted:
        return []
    by_fold = {h.casefold(): h for h in reversed(wanted)}
    pattern = r"(?<![\w.@-])@(" + "|".join(re.escape(h) for h in wanted) + r")(?![\w-])"
    return list(
        dict.fromkeys(
            by_fold[m.casefold()] for m in re.findall(pattern, text, re.I) if m.casefold() in by_fold
        )
    )


def comments(
    project: Project, about: str = "", *, limit: int = 100, only_open: bool = False, names: bool = False
) -> list[Comment]:
    """What was said about a thing, or about all where none is named: the oldest first, of the latest so many. `names`
    reads with them who is named, in one query."""
    found = Comment.objects.filter(project=project)
    if about:
        found = found.filter(about=about)
    if only_open:
        found = found.filter(resolved_by="", erased=False)
    if names:
        found = found.prefetch_related("mentions")
    return list(found.order_by("-id")[:limit])[::-1]


def reviews(
    project: Project, about: str = "", *, limit: int = 50, only_open: bool = False
) -> list[Review]:  # fmt: skip
    """Who was asked to look at a thing, or at any where none is named, the newest first."""
    found = Review.objects.filter(project=project)
    if about:
        found = found.filter(about=about)
    if only_open:
        found = found.filter(state="open")
    return list(found.order_by("-id")[:limit])


@dataclass(frozen=True, slots=True)
class Heard:
    """Whether somebody whose comment is wanted has commented: `present`, on an `earlier` version, or `not`."""

    person: Stakeholder
    standing: str

    @property
    def shape(self) -> str:
        return {"present": "met", "earlier": "stale"}.get(self.standing, "missing")

    @property
    def words(self) -> str:
        return {"present": "Has commented", "earlier": "Commented on an earlier version"}.get(
            self.standing, "Has not commented"
        )


def heard(state: ProjectState, said: Iterable[Comment], version: str, role: str = "ml_lead") -> list[Heard]:
    """Of the stakeholders with this part, who has commented: before goals are signed, the ML lead's word is wanted."""
    found, listed = list[Heard](), list(said)
    for person, _ in state.all(Stakeholder):
        if person.role == role:
            theirs = [c for c in listed if person.is_person(c.by) and not c.erased]
            now = any(c.version == version for c in theirs)
            found.append(Heard(person, "present" if now else "earlier" if theirs else "not"))
    return found


def waiting(user: User, project: Project | None = None) -> dict[str, list[Any]]:
    """What waits for somebody: reviews that they were asked for (the earliest day first), and open comments that name
    them."""
    asked = Review.objects.filter(user=user, state="open").select_related("project").order_by("due", "id")
    told = Comment.objects.filter(mentions__user=user, resolved_by="", erased=False).select_related("project")
    if project is not None:
        asked, told = asked.filter(project=project), told.filter(project=project)
    return {"reviews": list(asked[:100]), "mentions": list(told.order_by("-id").distinct()[:100])}


def late(review: Review, today: date) -> bool:
    return review.state == "open" and review.due < today
