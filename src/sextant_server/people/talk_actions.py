"""Writes about what people say: comments, naming somebody, review requests. The log first, with the digest of a text
and never the text."""

from __future__ import annotations

import secrets
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from sextant.chain import body_digest
from sextant.errors import Conflict, Forbidden, InvalidInput, NotFound
from sextant_server.people import mail, talk
from sextant_server.people.sign_models import Invitation
from sextant_server.people.talk_models import Comment, Mention, Review
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import append, lock

#: The most characters of a comment, the most people that one names, and the most comments by a link within an hour.
MAX_TEXT = 10_000
MAX_NAMED = 10
BY_LINK = 20
FARTHEST = timedelta(days=730)


def _as(caller: Caller, by: str | None) -> str:
    """The name under which something is said: the caller's own, or that of `by`, whom the command line names on its own
    folder's database."""
    name = (by or "").strip() or caller.name
    if len(name) > 200:
        raise InvalidInput(f"a name of {len(name):,} characters", where="by", rule="at most 200")
    return name


def _save(project: Project, caller: Caller, kind: str, row: Comment | Review) -> None:
    [row.record] = append(project, caller, [(kind, row.as_recorded())])
    row.save()


@transaction.atomic
def comment(
    project: Project, caller: Caller, about: str, text: str, *, base: str = "", by: str | None = None
) -> Comment:
    """Say something about a thing, on its present version. Members and stakeholders named with @ are told by mail that
    they were, and where (`base` is the site's address), not what was said. Who was named there answers by it."""
    text, name = text.strip(), _as(caller, by)
    if not 1 <= len(text) <= MAX_TEXT:
        raise InvalidInput(
            f"it has {len(text):,} characters" if text else "nothing is said",
            where="text",
            rule=f"1 to {MAX_TEXT:,} characters",
        )
    lock(project)
    where = talk.place(project, about)
    known = talk.people(project)
    by_handle = {h: p for p in known for h in p.handles if h}
    named = list({by_handle[h].name: by_handle[h] for h in talk.named(text, by_handle)}.values())
    if len(named) > MAX_NAMED:
        raise InvalidInput(f"it names {len(named)} people", where="text", rule=f"at most {MAX_NAMED}")
    row = Comment(
        project=project, key=secrets.token_hex(8), about=about, version=where.version, text=text,
        content=body_digest(text), by=name, by_id=caller.id, at=datetime.now(UTC),
    )  # fmt: skip
    _save(project, caller, "comment", row)
    _read(Mention.objects.filter(project=project, comment__about=about), caller, name)
    Mention.objects.bulk_create(
        Mention(project=project, comment=row, user=p.user, stakeholder=p.stakeholder, name=p.name)
        for p in named
    )
    for person in named:
        if caller.user is None or person.user != caller.user:
            _tell(
                project, caller, name, person, f"{name} named you in a comment on {where.label}", where, base,
                f"comment:{row.key}",
            )  # fmt: skip
    return row


def _read(rows: QuerySet[Mention], caller: Caller, name: str) -> int:
    """These mentions of whoever asks are read; how many were not."""
    mine = Q(user=caller.user) if caller.user else Q(name__iexact=name)
    # Rows of a table that is joined cannot be updated at once.
    numbers = list(rows.filter(mine, read_at=None).values_list("pk", flat=True))
    return Mention.objects.filter(pk__in=numbers).update(read_at=datetime.now(UTC))


@transaction.atomic
def read(project: Project, caller: Caller, key: str) -> Comment:
    """Say that one has read a comment in which one is named, and has nothing to answer. It waits for one no more."""
    row = _found(project, key)
    if not _read(Mention.objects.filter(comment=row), caller, caller.name):
        named = row.mentions.filter(user=caller.user).exists() if caller.user else False
        if not named:
            raise Conflict("you are not named in it", where="comment")
    return row


def comment_by_link(invitation: Invitation, text: str) -> Comment:
    """A stakeholder without an account says something about what they are asked to sign."""
    with transaction.atomic():
        lock(invitation.project)
        who = Caller(guest=(invitation.pk, invitation.person))
        lately = Comment.objects.filter(
            project=invitation.project, by_id=who.id, at__gt=datetime.now(UTC) - timedelta(hours=1)
        )
        if lately.count() >= BY_LINK:
            raise Conflict(f"{BY_LINK} comments within an hour", where="text", todo="wait a little")
        return comment(invitation.project, who, about_signed(invitation.subject), text)


def about_signed(subject: str) -> str:
    """How talk names what is signed."""
    return subject if subject == "goals" else f"document:{subject}"


def _tell(
    project: Project, caller: Caller, name: str, person: talk.Person, said: str, where: talk.Place, base: str,
    about: str,
) -> None:  # fmt: skip
    to = person.email
    if not to and person.stakeholder:
        links = Invitation.objects.filter(project=project, stakeholder=person.stakeholder).exclude(email="")
        to = links.order_by("-id").values_list("email", flat=True).first() or ""
    if not to or not mail.is_on():
        return
    # A stakeholder without an account cannot open the page; their links are another thing.
    lead = f"\n\n{base}{where.href}" if base and person.user is not None else f"\n\nAsk {name} about it."
    try:
        mail.send(
            to, f"{project.name}: {said}"[:200], f"{said}, in {project.name}.{lead}\n", name=person.name, project=project,
            about=about, asked_by=caller.id,
        )  # fmt: skip
    except InvalidInput:
        # An account's address that is none stops nobody from saying something.
        return


def _found(project: Project, key: str) -> Comment:
    row = Comment.objects.filter(project=project, key=key).first()
    if row is None:
        raise NotFound(f"there is no comment {key[:40]!r}", where=project.slug, todo="look at its page again")
    return row


@transaction.atomic
def resolve(
    project: Project, caller: Caller, key: str, *, again: bool = False, by: str | None = None
) -> Comment:
    """Say that a comment is dealt with; with `again`, that it is open again."""
    lock(project)
    row = _found(project, key)
    wanted = "" if again else _as(caller, by)
    if bool(row.resolved_by) is not bool(wanted):
        row.resolved_by = wanted
        _save(project, caller, "comment", row)
    return row


@transaction.atomic
def erase(project: Project, caller: Caller, key: str, *, owner: bool = False) -> Comment:
    """Erase a comment's text for good, by who said it or an owner: what it said cannot be had again, that something was
    said stays on record."""
    lock(project)
    row = _found(project, key)
    if not owner and row.by_id != caller.id:
        raise Forbidden("only who said it or an owner of the project may erase it")
    if not row.erased:
        row.text, row.erased = "", True
        _save(project, caller, "comment", row)
        Mention.objects.filter(comment=row).delete()
    return row


# --- reviews


@transaction.atomic
def ask_review(
    project: Project,
    caller: Caller,
    about: str,
    *,
    who: str,
    due: date,
    base: str = "",
    by: str | None = None,
) -> Review:
    """Ask a member or a stakeholder, by handle or name, to look at a thing by a day."""
    name = _as(caller, by)
    lock(project)
    where = talk.place(project, about)
    person = next(
        (
            p
            for p in talk.people(project)
            if who.strip().lstrip("@").casefold() in {h.casefold() for h in (*p.handles, p.name) if h}
        ),
        None,
    )
    if person is None:
        raise NotFound(
            f"nobody here is called {who[:80]!r}", where="who",
            todo=f"there are: {', '.join(p.handle for p in talk.people(project)[:20]) or 'nobody yet'}",
        )  # fmt: skip
    today = datetime.now(UTC).date()
    if not today <= due <= today + FARTHEST:
        raise InvalidInput(
            f"{due.isoformat()} is {'past' if due < today else 'too far'}",
            where="due",
            rule="today or later, within two years",
        )
    if Review.objects.filter(project=project, about=about, asked=person.name, state="open").exists():
        raise Conflict(f"{person.name} is asked already", where="who", todo="withdraw that first")
    row = Review(
        project=project, key=secrets.token_hex(8), about=about, asked=person.name, user=person.user,
        stakeholder=person.stakeholder, by=name, by_id=caller.id, due=due, at=datetime.now(UTC),
    )  # fmt: skip
    _save(project, caller, "review", row)
    _tell(
        project, caller, name, person, f"{name} asks you to review {where.label} by {due:%-d %B %Y}", where, base,
        f"review:{row.key}",
    )  # fmt: skip
    return row


@transaction.atomic
def close_review(
    project: Project, caller: Caller, key: str, *, state: str, owner: bool = False, by: str | None = None
) -> Review:
    """End a request: `done` by who was asked, `withdrawn` by who asked; an owner may do both."""
    if state not in ("done", "withdrawn"):
        raise InvalidInput(f"{state[:40]!r} ends no review", where="state", rule="done or withdrawn")
    lock(project)
    row = Review.objects.select_related("user").filter(project=project, key=key).first()
    if row is None:
        raise NotFound(f"there is no review {key[:40]!r}", where=project.slug, todo="look at its page again")
    if row.state != "open":
        raise Conflict(f"this review is {row.state} already")
    asked = (caller.user is not None and row.user_id == caller.user.pk) or caller.name == row.asked
    asker = caller.name == row.by
    if not (owner or (asked if state == "done" else asker)):
        raise Forbidden(
            f"{row.asked} was asked" if state == "done" else f"{row.by} asked",
            rule="done is said by who was asked, withdrawn by who asked",
        )
    row.state, row.closed_by = state, _as(caller, by)
    _save(project, caller, "review", row)
    return row
