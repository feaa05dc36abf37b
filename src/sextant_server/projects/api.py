"""Projects, members, tokens, webhooks, and the sync of file and site."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import AwareDatetime, ConfigDict

from sextant.criteria import Criterion
from sextant_server.projects import actions
from sextant_server.projects.models import Member, Project, Token, Webhook
from sextant_server.projects.permissions import access, caller, visible

router = Router(tags=["projects"])


class Strict(Schema):
    """Base of every request body: a key that is not known is an error, not ignored."""

    model_config = ConfigDict(extra="forbid")


class NewProject(Strict):
    slug: str
    name: str
    summary: str = ""
    rigor: str = "standard"
    simulated: bool = False
    opened_at_phase: str = "problem"
    currency: str = "USD"
    budget: float | None = None
    start: date | None = None


class ProjectChange(Strict):
    name: str | None = None
    summary: str | None = None
    rigor: str | None = None
    currency: str | None = None
    budget: float | None = None
    blocker_days: int | None = None
    candidate: str | None = None
    in_service: str | None = None
    exposed_at: AwareDatetime | None = None


class ProjectOut(Schema):
    uid: str
    slug: str
    name: str
    summary: str
    rigor: str
    simulated: bool
    opened_at_phase: str
    currency: str
    budget: float | None
    blocker_days: int
    candidate: str
    in_service: str
    exposed_at: datetime | None
    synced: dict[str, str]
    created_at: datetime

    @staticmethod
    def resolve_uid(project: Project) -> str:
        return str(project.uid)


@router.get("/me")
def me(request: HttpRequest) -> dict[str, Any]:
    """Who is asking, and on which version of Sextant."""
    from sextant import __version__

    who = caller(request)
    return {"id": who.id, "name": who.name, "version": __version__}


@router.get("/projects", response=list[ProjectOut])
def list_projects(request: HttpRequest) -> Any:
    """The projects that you may see, by their short names."""
    return visible(caller(request)).order_by("slug")


@router.post("/projects", response={201: ProjectOut})
def create_project(request: HttpRequest, payload: NewProject) -> Any:
    """Open a project. Its log begins, its timeline gets the usual durations, and you own it."""
    return Status(201, actions.create_project(caller(request), **payload.dict()))


@router.get("/projects/{slug}", response=ProjectOut)
def get_project(request: HttpRequest, slug: str) -> Any:
    """A project's settings."""
    return access(request, slug).project


@router.patch("/projects/{slug}", response=ProjectOut)
def change_project(request: HttpRequest, slug: str, payload: ProjectChange) -> Any:
    """Change settings; those that are not named stay. Each change is a record of the log."""
    changed = payload.dict(exclude_unset=True)
    what = "edit" if set(changed) <= {"summary", "candidate", "in_service", "exposed_at"} else "manage"
    found = access(request, slug, what)
    return actions.change_project(found.project, found.caller, **changed)


# --- people and programs


class MemberIn(Strict):
    username: str
    role: Literal["owner", "editor", "reviewer", "rater", "reader"]


class MemberOut(Schema):
    username: str
    role: str

    @staticmethod
    def resolve_username(member: Member) -> str:
        return member.user.get_username()


class TokenIn(Strict):
    name: str
    scopes: list[str]
    days: int | None = 365


class TokenOut(Schema):
    id: int
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class NewToken(TokenOut):
    secret: str


@router.get("/projects/{slug}/members", response=list[MemberOut])
def list_members(request: HttpRequest, slug: str) -> Any:
    """Who works on the project, each with their role."""
    found = access(request, slug)
    return Member.objects.filter(project=found.project).select_related("user").order_by("user__username")


@router.put("/projects/{slug}/members", response=MemberOut)
def set_member(request: HttpRequest, slug: str, payload: MemberIn) -> Any:
    """Give an account a role in the project, or another one than it has."""
    found = access(request, slug, "manage")
    return actions.set_member(found.project, found.caller, payload.username, payload.role)


@router.delete("/projects/{slug}/members/{username}", response={204: None})
def remove_member(request: HttpRequest, slug: str, username: str) -> Any:
    """Take a person out of the project. Its only owner stays."""
    found = access(request, slug, "manage")
    actions.remove_member(found.project, found.caller, username)
    return Status(204, None)


@router.get("/projects/{slug}/tokens", response=list[TokenOut])
def list_tokens(request: HttpRequest, slug: str) -> Any:
    """The project's tokens, the newest first, revoked and expired ones too. Their secrets are stored nowhere."""
    found = access(request, slug, "manage")
    return Token.objects.filter(project=found.project).order_by("-id")


@router.post("/projects/{slug}/tokens", response={201: NewToken})
def make_token(request: HttpRequest, slug: str, payload: TokenIn) -> Any:
    """Make a token for a program. Its secret is in this answer and never again."""
    found = access(request, slug, "manage")
    token, secret = actions.make_token(
        found.project, found.caller, name=payload.name, scopes=payload.scopes, days=payload.days
    )
    return Status(201, {**TokenOut.from_orm(token).dict(), "secret": secret})


@router.delete("/projects/{slug}/tokens/{token_id}", response={204: None})
def revoke_token(request: HttpRequest, slug: str, token_id: int) -> Any:
    """End a token at once."""
    found = access(request, slug, "manage")
    actions.revoke_token(found.project, found.caller, token_id)
    return Status(204, None)


class WebhookIn(Strict):
    url: str


class WebhookOut(Schema):
    id: int
    url: str
    secret: str
    active: bool


@router.get("/projects/{slug}/webhooks", response=list[WebhookOut])
def list_webhooks(request: HttpRequest, slug: str) -> Any:
    """The addresses that are told of every gate decision."""
    found = access(request, slug, "manage")
    return Webhook.objects.filter(project=found.project).order_by("id")


@router.post("/projects/{slug}/webhooks", response={201: WebhookOut})
def add_webhook(request: HttpRequest, slug: str, payload: WebhookIn) -> Any:
    """Tell an address of every gate decision. What is sent is signed with the secret in this answer."""
    found = access(request, slug, "manage")
    return Status(201, actions.add_webhook(found.project, found.caller, payload.url))


@router.delete("/projects/{slug}/webhooks/{webhook_id}", response={204: None})
def remove_webhook(request: HttpRequest, slug: str, webhook_id: int) -> Any:
    """Tell an address no more."""
    found = access(request, slug, "manage")
    actions.remove_webhook(found.project, found.caller, webhook_id)
    return Status(204, None)


class Sync(Strict):
    """What file and site agreed on: criteria to store, keys to retire, settings to change, the new common base, and
    the base that was decided on."""

    criteria: list[Criterion] = []
    retire: list[str] = []
    settings: ProjectChange = ProjectChange()
    base: dict[str, str]
    expected: dict[str, str]


@router.post("/projects/{slug}/sync", response=ProjectOut)
def sync(request: HttpRequest, slug: str, payload: Sync) -> Any:
    """Store what a file and the site agreed on, in one go. 409 if somebody else synced since `expected`."""
    found = access(request, slug, "edit")
    settings = payload.settings.dict(exclude_unset=True)
    if settings:
        found.require("manage" if found.caller.token is None else "edit")
    actions.sync(
        found.project, found.caller, criteria=payload.criteria, base=payload.base, retire=payload.retire,
        settings=settings, expected=payload.expected,
    )  # fmt: skip
    return Project.objects.get(pk=found.project.pk)
