"""Links to sign by, comments and review requests, for programs and the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from sextant_server.people import leave_actions, mail, sign_actions, signing, talk, talk_actions
from sextant_server.people.sign_models import Invitation
from sextant_server.people.sign_views import LINKS
from sextant_server.people.talk_models import Comment, Review
from sextant_server.projects.api import Strict
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Access, access

router = Router(tags=["people"])


def _by(found: Access, by: str | None) -> str | None:
    """People speak as themselves; only the command line on its own database names somebody."""
    return by if found.caller.local else None


# --- links to sign by


class SignLinkOut(Schema):
    id: int
    subject: str
    stakeholder: str
    person: str
    role: str
    digest: str
    asked_by: str
    asked_at: datetime
    expires_at: datetime
    #: open, or why it can no longer sign: signed, revoked, expired, or left (they are no longer asked).
    state: str
    #: What became of its mail: waiting, sent, again, failed or late; null where none was sent.
    mail: str | None


class NewSignLinkOut(SignLinkOut):
    link: str


class SignLinkIn(Strict):
    subject: str
    stakeholder: str
    email: str = ""
    days: int = 14


def _links(project: Project, rows: Iterable[Invitation]) -> list[dict[str, Any]]:
    listed = list(rows)
    held = signing.held(project)
    sent = mail.deliveries(project, [f"invitation:{row.pk}" for row in listed])
    return [
        {
            "id": row.pk, "subject": row.subject, "stakeholder": row.stakeholder, "person": row.person, "role": row.role,
            "digest": row.digest, "asked_by": row.asked_by, "asked_at": row.asked_at, "expires_at": row.expires_at,
            "state": signing.why_over(row, held.get(row.stakeholder)) or "open",
            "mail": found.state if (found := sent.get(f"invitation:{row.pk}")) else None,
        }
        for row in listed
    ]  # fmt: skip


@router.get("/projects/{slug}/sign-links", response=list[SignLinkOut])
def list_sign_links(request: HttpRequest, slug: str) -> Any:
    """Who was asked to sign by a link, the newest first, at most two hundred. Neither links nor addresses are told."""
    project = access(request, slug).project
    return _links(project, Invitation.objects.filter(project=project).order_by("-id")[:200])


@router.post("/projects/{slug}/sign-links", response={201: NewSignLinkOut})
def make_sign_link(request: HttpRequest, slug: str, payload: SignLinkIn) -> Any:
    """Ask a stakeholder (by the key of their document) to sign the present version of `goals`, `brief` or another
    subject. The link is told this once, and mailed where mail can be sent; a token may not ask."""
    found = access(request, slug, "edit")
    row, link = sign_actions.invite(
        found.project, found.caller, base=mail.link(LINKS, request), **payload.dict()
    )
    return Status(201, {**_links(found.project, [row])[0], "link": link})


@router.delete("/projects/{slug}/sign-links/{link_id}", response={204: None})
def revoke_sign_link(request: HttpRequest, slug: str, link_id: int) -> Any:
    """End a link at once. A signature that was made by it stays."""
    found = access(request, slug, "edit")
    sign_actions.revoke(found.project, found.caller, link_id)
    return Status(204, None)


# --- somebody leaves


class HandOverIn(Strict):
    who: str
    to: str = ""
    targets: bool = True
    leaves: bool = False
    erase: bool = False


class HandedOverOut(Schema):
    who: str
    to: str
    risks: list[str]
    targets: list[str]
    reviews: list[str]
    links: int


@router.post("/projects/{slug}/hand-overs", response={201: HandedOverOut})
def hand_over(request: HttpRequest, slug: str, payload: HandOverIn) -> Any:
    """Give what somebody holds (open risks, targets, reviews) to another person. With `leaves` they are a stakeholder no
    more; with `erase`, an owner's right, their address and what was written of them goes for good."""
    found = access(request, slug, "edit")
    if payload.erase:
        found.require("manage")
    made = leave_actions.hand_over(found.project, found.caller, base=mail.link("", request), **payload.dict())
    return Status(201, asdict(made))


# --- comments


class CommentOut(Schema):
    key: str
    about: str
    version: str
    text: str
    by: str
    at: datetime
    resolved_by: str
    erased: bool
    names: list[str]


class CommentIn(Strict):
    about: str
    text: str
    by: str | None = None


def _comment(row: Comment) -> dict[str, Any]:
    fields = ("key", "about", "version", "text", "by", "at", "resolved_by", "erased")
    return {**{name: getattr(row, name) for name in fields}, "names": [m.name for m in row.mentions.all()]}


@router.get("/projects/{slug}/comments", response=list[CommentOut])
def list_comments(
    request: HttpRequest, slug: str, about: str = "", open: bool = False, limit: int = Query(100, ge=1, le=500)
) -> Any:  # fmt: skip
    """What was said, the oldest first, of the latest: about one thing (`document:KIND`, `document:KIND:KEY`,
    `criterion:KEY`, `item:KEY`, `evidence:DIGEST` or `goals`) or all; with `open` what is not resolved."""
    project = access(request, slug).project
    return [_comment(row) for row in talk.comments(project, about, limit=limit, only_open=open, names=True)]


@router.post("/projects/{slug}/comments", response={201: CommentOut})
def add_comment(request: HttpRequest, slug: str, payload: CommentIn) -> Any:
    """Say something about a thing, on its present version. Who is named with @ is told by mail that they were."""
    found = access(request, slug, "comment")
    row = talk_actions.comment(
        found.project, found.caller, payload.about, payload.text, base=mail.link("", request),
        by=_by(found, payload.by),
    )  # fmt: skip
    return Status(201, _comment(row))


class ResolvedIn(Strict):
    resolved: bool = True
    by: str | None = None


@router.put("/projects/{slug}/comments/{comment}/resolution", response=CommentOut)
def resolve_comment(request: HttpRequest, slug: str, comment: str, payload: ResolvedIn) -> Any:
    """Say that a comment is dealt with, or that it is open again."""
    found = access(request, slug, "comment")
    row = talk_actions.resolve(
        found.project, found.caller, comment, again=not payload.resolved, by=_by(found, payload.by)
    )
    return _comment(row)


@router.delete("/projects/{slug}/comments/{comment}", response={204: None})
def erase_comment(request: HttpRequest, slug: str, comment: str) -> Any:
    """Erase the text for good: yours, or as an owner anybody's. That something was said stays on record."""
    found = access(request, slug, "comment")
    talk_actions.erase(found.project, found.caller, comment, owner="manage" in found.may)
    return Status(204, None)


# --- reviews


class ReviewOut(Schema):
    key: str
    about: str
    asked: str
    by: str
    due: date
    state: str
    closed_by: str
    at: datetime


class ReviewIn(Strict):
    about: str
    who: str
    due: date
    by: str | None = None


class AnswerIn(Strict):
    state: Literal["done", "withdrawn"]
    by: str | None = None


def _review(row: Review) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ReviewOut.model_fields}


@router.get("/projects/{slug}/reviews", response=list[ReviewOut])
def list_reviews(
    request: HttpRequest, slug: str, about: str = "", open: bool = False, limit: int = Query(100, ge=1, le=500)
) -> Any:  # fmt: skip
    """Who was asked to look at what, the newest first; with `open` those that wait."""
    project = access(request, slug).project
    return [_review(row) for row in talk.reviews(project, about, limit=limit, only_open=open)]


@router.post("/projects/{slug}/reviews", response={201: ReviewOut})
def ask_review(request: HttpRequest, slug: str, payload: ReviewIn) -> Any:
    """Ask a member or a stakeholder, by account, key or name, to look at a thing by a day."""
    found = access(request, slug, "comment")
    row = talk_actions.ask_review(
        found.project, found.caller, payload.about, who=payload.who, due=payload.due,
        base=mail.link("", request), by=_by(found, payload.by),
    )  # fmt: skip
    return Status(201, _review(row))


@router.put("/projects/{slug}/reviews/{review}/answer", response=ReviewOut)
def answer_review(request: HttpRequest, slug: str, review: str, payload: AnswerIn) -> Any:
    """End a request: `done` by who was asked, `withdrawn` by who asked; an owner may do both."""
    found = access(request, slug, "comment")
    row = talk_actions.close_review(
        found.project, found.caller, review, state=payload.state, owner="manage" in found.may,
        by=_by(found, payload.by),
    )  # fmt: skip
    return _review(row)
