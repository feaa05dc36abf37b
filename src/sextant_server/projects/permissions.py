"""The only door: who may do what with a project. One table, tested for every URL and every role.

A stranger gets 404, so that nobody learns which projects exist; who may see but not do gets 403.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.http import HttpRequest

from sextant.errors import Forbidden, NotFound
from sextant_server.projects.models import Member, Project, Token

#: What each role may do. `manage` is members, tokens, webhooks, and the project's own settings.
ALLOWED: dict[str, frozenset[str]] = {
    "owner": frozenset({"view", "comment", "sign", "decide", "edit", "evidence", "manage", "rate"}),
    "editor": frozenset({"view", "comment", "sign", "edit", "evidence", "rate"}),
    "reviewer": frozenset({"view", "comment", "sign", "decide", "rate"}),
    "rater": frozenset({"rate"}),
    "reader": frozenset({"view"}),
}

#: What each scope lets a token do. A token never decides, signs or manages: those are a person's.
SCOPES: dict[str, frozenset[str]] = {
    "read": frozenset({"view"}),
    "evidence": frozenset({"view", "evidence"}),
    "write": frozenset({"view", "evidence", "edit"}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person, a program with a token, or the command line on its own folder's database.

    `local` is set only from inside this process: whoever can run code on the database's folder owns it anyway.
    `guest` is a stakeholder without an account, by the number of their link and their name; it opens no project, and
    stands in the log with what its link allows.
    """

    user: User | None = None
    token: Token | None = None
    local: bool = False
    guest: tuple[int, str] | None = None

    @property
    def known(self) -> bool:
        return self.local or self.token is not None or self.user is not None

    @property
    def id(self) -> str:
        """How the log names the caller."""
        if self.token is not None:
            return f"token:{self.token.pk}"
        if self.user is not None:
            return f"user:{self.user.pk}"
        if self.guest is not None:
            return f"link:{self.guest[0]}"
        return "local" if self.local else "nobody"

    @property
    def name(self) -> str:
        """How a person reads the caller."""
        if self.token is not None:
            return f"token {self.token.name}"
        if self.user is not None:
            return self.user.get_full_name() or self.user.get_username()
        if self.guest is not None:
            return self.guest[1]
        return "the command line"

    @property
    def everything(self) -> bool:
        return self.local or (self.user is not None and self.user.is_superuser)


@dataclass(frozen=True, slots=True)
class Access:
    """A project that the caller may at least see, and what else they may do with it."""

    project: Project
    caller: Caller
    role: str
    may: frozenset[str]

    def require(self, action: str) -> None:
        if action not in self.may:
            raise Forbidden(
                f"{self.role} may not {WORDS.get(action, action)} in {self.project.slug}",
                todo="ask an owner of the project for another role",
            )


WORDS = {
    "edit": "change things", "evidence": "store evidence", "decide": "decide a gate", "sign": "sign",
    "manage": "manage people, tokens and settings", "view": "look", "rate": "label and rate", "comment": "comment",
}  # fmt: skip


def caller(request: HttpRequest) -> Caller:
    """The caller of a request, as the middleware or the API's authentication found it."""
    found: Caller | None = getattr(request, "caller", None)
    if found is not None:
        return found
    if request.META.get("sextant.embedded") is EMBEDDED:
        return Caller(local=True)
    user: AbstractBaseUser | AnonymousUser = request.user
    return Caller(user=user) if isinstance(user, User) and user.is_active else Caller()


#: Put into the WSGI environment by the embedded client. An object, so no header can forge it.
EMBEDDED = object()


def access(request: HttpRequest, slug: str, action: str = "view") -> Access:
    """The project and the caller's right to it; 404 for who may not know of it, 403 for who may not do this."""
    return access_of(caller(request), slug, action)


def named(actor: str) -> Caller:
    """Whoever the log names so (`Caller.id`), as long as they may still act: for what is done later in their name.
    A caller that is not `known` where they may not, or where it was a guest."""
    kind, _, number = actor.partition(":")
    if actor == "local":
        return Caller(local=True)
    if kind == "user" and (user := User.objects.filter(pk=number, is_active=True).first()):
        return Caller(user=user)
    if kind == "token" and (token := Token.objects.filter(pk=number, revoked_at=None).first()):
        return Caller(token=token)
    return Caller()


def access_of(who: Caller, slug: str, action: str = "view") -> Access:
    """The same of somebody who is known already."""
    missing = NotFound(f"there is no project {slug!r}", todo="look at the list of your projects")
    if not who.known:
        raise missing
    if who.token is not None:
        if who.token.project.slug != slug:
            raise missing
        may = frozenset().union(*(SCOPES[s] for s in who.token.scopes if s in SCOPES))
        found = Access(who.token.project, who, f"a token with scope {', '.join(who.token.scopes)}", may)
    elif who.everything:
        project = Project.objects.filter(slug=slug).first()
        if project is None:
            raise missing
        found = Access(project, who, "owner", ALLOWED["owner"])
    else:
        member = Member.objects.select_related("project").filter(project__slug=slug, user=who.user).first()
        if member is None:
            raise missing
        found = Access(member.project, who, member.role, ALLOWED.get(member.role, frozenset()))
    if "view" not in found.may and action != "rate":
        raise missing
    found.require(action)
    return found


def visible(who: Caller) -> Any:
    """The projects that the caller may see, as a queryset."""
    if who.token is not None:
        return Project.objects.filter(pk=who.token.project_id)
    if who.everything:
        return Project.objects.all()
    if who.user is None:
        return Project.objects.none()
    seeing = [role for role, may in ALLOWED.items() if "view" in may]
    return Project.objects.filter(members__user=who.user, members__role__in=seeing)


def may_create(who: Caller) -> bool:
    """Any person with an account may open a project and becomes its owner; a token may not."""
    return who.local or who.user is not None


def may_weigh(who: Caller) -> bool:
    """Whether the caller sees and changes the installation's opportunities: whoever has an account, but for those
    who are here to rate and nothing else. They belong to no project, so a project's token does not reach them."""
    if who.local or who.everything:
        return True
    if who.token is not None or who.user is None:
        return False
    roles = set(Member.objects.filter(user=who.user).values_list("role", flat=True))
    return not roles or roles != {"rater"}
