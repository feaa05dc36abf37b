"""Reads about what people say: what can be talked about, who can be named, and what was said.

>>> named("@Ada Lovelace and @bo, see a@b.example", ["ada lovelace", "Ada", "Bo"])
['ada lovelace', 'Bo']
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.urls import reverse

from sextant.documents import document_kinds
from sextant.errors import InvalidInput, NotFound
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.state import ProjectState
from sextant.problem.documents import Stakeholder
from sextant_server.people import signing
from sextant_server.people.talk_models import Comment, Mention, Review
from sextant_server.projects.models import Member, Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import queries
from sextant_server.records.models import CriterionRow, DocumentRow, EvidenceRow


@dataclass(frozen=True, slots=True)
class Place:
    """A thing that is talked about: how it is named, its page, and its present version ("" where it has none)."""

    about: str
    label: str
    href: str
    version: str = ""


def place(project: Project, about: str, *, gone: bool = False) -> Place:
    """The thing that `about` names: `document:KIND`, `document:KIND:KEY`, `criterion:KEY`, `item:2f`,
    `evidence:DIGEST` or `goals`. NotFound where there is no such thing, unless with `gone` it was talked about: then
    what was said can still be read and dealt with."""
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
    if gone:
        known = places([(project, about)])[project.pk, about]
        return Place(about, f"{known.label} (not there any more)", reverse("project", args=[slug]))
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """What people wait for of each other. Of the one who asks: reviews that they are `asked` for (the earliest day
    first), and mentions of them that they neither read nor answered (`told`). Of others, because of them: reviews that
    they asked for (`asking`), and mentions by them (`telling`)."""

    asked: list[Review]
    told: list[Mention]
    asking: list[Review]
    telling: list[Mention]


#: As much of each as anybody looks through.
MOST = 100


def waiting(who: Caller, projects: QuerySet[Project]) -> Waiting:
    """What waits for somebody in these projects, and for others because of them; for the command line and a program,
    who are nobody in particular, all of it waits for others. Four queries."""
    reviews = Review.objects.filter(state="open", project__in=projects).select_related("project", "user")
    mentions = Mention.objects.filter(
        read_at=None, comment__resolved_by="", comment__erased=False, project__in=projects
    ).select_related("comment", "project", "user")
    reviews, mentions = reviews.order_by("due", "id"), mentions.order_by("id")
    if who.user is None:
        return Waiting([], [], list(reviews[:MOST]), list(mentions[:MOST]))
    # A column that is empty equals nothing, so `exclude` would lose those without an account.
    others = ~Q(user=who.user) | Q(user=None)
    return Waiting(
        list(reviews.filter(user=who.user)[:MOST]), list(mentions.filter(user=who.user)[:MOST]),
        list(reviews.filter(others, by_id=who.id)[:MOST]),
        list(mentions.filter(others, comment__by_id=who.id)[:MOST]),
    )  # fmt: skip


def talked_about(project: Project, about: str) -> bool:
    """Whether anything was ever said of it, or anybody asked to look at it."""
    return any(model.objects.filter(project=project, about=about).exists() for model in (Comment, Review))


def unread(who: Caller, project: Project, about: str) -> set[int]:
    """The comments on a thing that name the one who asks, and wait for them."""
    if who.user is None:
        return set()
    rows = Mention.objects.filter(project=project, comment__about=about, user=who.user, read_at=None)
    return set(rows.filter(comment__resolved_by="").values_list("comment_id", flat=True))


def talk_href(slug: str, about: str) -> str:
    """The page of the talk about a thing, which is there also when the thing is not any more."""
    return f"{reverse('talk', args=[slug])}?{urlencode({'about': about})}"


def places(things: Iterable[tuple[Project, str]]) -> dict[tuple[int, str], Place]:
    """What many things are called and where one talks about them, in two queries at most. One that is gone, or that
    has no page of its own for it, is talked about on the page of the talk."""
    asked = {(project.pk, about): project for project, about in things}
    parts = {key: key[1].split(":", 2) for key in asked}
    kinds = {p[1] for p in parts.values() if p[0] == "document" and len(p) > 1}
    keys = {key[1].partition(":")[2] for key, p in parts.items() if p[0] == "criterion"}
    there = (
        set(
            DocumentRow.objects.filter(
                project__in={pk for pk, _ in asked}, kind__in=kinds, present=True, withdrawn=False
            ).values_list("project_id", "kind", "key")
        )
        if kinds
        else set()
    )
    criteria = (
        {
            (row.project_id, row.key): json.loads(row.body)["name"]
            for row in CriterionRow.objects.filter(
                project__in={pk for pk, _ in asked}, key__in=keys, retired=False
            )
        }
        if keys
        else {}
    )
    found = {}
    for (pk, about), project in asked.items():
        slug, part = project.slug, parts[pk, about]
        label, href = _known(slug, part)
        if part[0] == "document":
            kind, key = part[1], part[2] if len(part) > 2 else ""
            label = (document_kinds()[kind].label if kind in document_kinds() else kind) + (
                f": {key}" if key else ""
            )
            if (pk, kind, key) in there:
                href = (
                    reverse("brief", args=[slug])
                    if kind == "brief"
                    else reverse("document", args=[slug, kind, key or "-"])
                )
        elif part[0] == "criterion":
            key = about.partition(":")[2]
            label = criteria.get((pk, key), key)
            href = reverse("target", args=[slug, key]) if (pk, key) in criteria else ""
        found[pk, about] = Place(about, label, f"{href}#talk" if href else talk_href(slug, about))
    return found


def _known(slug: str, part: list[str]) -> tuple[str, str]:
    """What can be said of a thing without looking it up."""
    match part:
        case ["goals"]:
            return signing.title("goals"), reverse("sign", args=[slug, "goals"])
        case ["item", key] if key in ITEMS:
            return f"{key}: {ITEMS[key].title}", ""
        case ["evidence", digest]:
            return f"Proof {digest[:10]}", reverse("evidence", args=[slug, digest])
    return part[-1], ""


def late(review: Review, today: date) -> bool:
    return review.state == "open" and review.due < today
