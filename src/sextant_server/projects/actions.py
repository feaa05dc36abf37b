"""Writes about projects themselves: opening one, its settings, its people, its tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.forms import BaseUserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from sextant.canonical import FIRST_YEAR, LAST_YEAR
from sextant.criteria import MAX_DAYS, Criterion
from sextant.errors import Conflict, Forbidden, InvalidInput, NotFound
from sextant.evidence import Version
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.rigor import PROFILES
from sextant_server.projects.models import ROLES, SCOPES, Member, Project, Token, Webhook
from sextant_server.projects.permissions import Caller, may_create

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
#: What may be changed after opening, and logged when it is.
CHANGEABLE = (
    "name", "summary", "rigor", "currency", "budget", "blocker_days", "candidate", "in_service", "exposed_at",
)  # fmt: skip


def _checked(values: dict[str, Any]) -> dict[str, Any]:
    for field, value in values.items():
        if value is None and field not in ("budget", "exposed_at"):
            raise InvalidInput(
                "it is null", where=field, rule="only budget and exposed_at may be", todo="leave it out"
            )
    for field in (
        "slug",
        "name",
        "summary",
        "rigor",
        "opened_at_phase",
        "currency",
        "candidate",
        "in_service",
    ):
        if not isinstance(values.get(field, ""), str):
            raise InvalidInput(f"{values[field]!r} is no text", where=field)
    for field in ("name", "summary"):
        if field in values:
            values[field] = values[field].strip()
    if "slug" in values and not _SLUG.fullmatch(values["slug"]):
        raise InvalidInput(
            f"{values['slug']!r} is no short name", where="slug",
            rule="small letters, digits and hyphens, beginning with a letter or digit", todo="for example form-reader",
        )  # fmt: skip
    if "name" in values and not 1 <= len(values["name"]) <= 200:
        raise InvalidInput("a project needs a name of 1 to 200 characters", where="name")
    if len(values.get("summary", "")) > 4000:
        raise InvalidInput(
            f"it has {len(values['summary']):,} characters", where="summary", rule="at most 4,000",
            todo="keep the details in the brief",
        )  # fmt: skip
    if "rigor" in values and values["rigor"] not in PROFILES:
        raise InvalidInput(
            f"{values['rigor']!r} is no rigor", where="rigor", rule=f"one of {', '.join(PROFILES)}"
        )
    if "opened_at_phase" in values and values["opened_at_phase"] not in BY_KEY:
        raise InvalidInput(
            f"{values['opened_at_phase']!r} is no phase",
            where="opened_at_phase",
            rule=f"one of {', '.join(BY_KEY)}",
        )
    if "currency" in values and not re.fullmatch(r"[A-Z]{3}", values["currency"]):
        raise InvalidInput(
            f"{values['currency']!r} is no currency", where="currency", rule="three capitals, as in USD"
        )
    if values.get("budget") is not None and not 0 <= values["budget"] < float("inf"):
        raise InvalidInput(f"a budget of {values['budget']} can't be", where="budget", rule="zero or more")
    if "blocker_days" in values and not 0 <= values["blocker_days"] <= MAX_DAYS:
        raise InvalidInput(
            f"{values['blocker_days']} days can't be", where="blocker_days", rule=f"0 to {MAX_DAYS:,}"
        )
    for field in ("candidate", "in_service"):
        if values.get(field):
            values[field] = str(Version.parse(values[field], kind="model"))
    exposed = values.get("exposed_at")
    if exposed is not None and (exposed.tzinfo is None or not FIRST_YEAR < exposed.year < LAST_YEAR):
        raise InvalidInput(
            f"{exposed.isoformat()} can't be", where="exposed_at",
            rule=f"a moment with its zone, from {FIRST_YEAR} to {LAST_YEAR}", todo="write it as 2026-03-31T12:00:00Z",
        )  # fmt: skip
    return values


@transaction.atomic
def create_project(
    caller: Caller,
    *,
    slug: str,
    name: str,
    start: date | None = None,
    owner: User | None = None,
    **values: Any,
) -> Project:
    """Open a project: its log begins, its timeline is filled with the usual durations, its maker owns it."""
    from sextant_server.lifecycle.actions import day, put_plans
    from sextant_server.records.actions import begin_log

    if not may_create(caller):
        raise Forbidden("a token may not open a project", todo="open it in the browser or with an account")
    unknown = set(values) - {*CHANGEABLE, "simulated", "opened_at_phase"}
    if unknown:
        raise InvalidInput(f"a project has no {', '.join(sorted(unknown))}")
    values = _checked({"slug": slug, "name": name, **{k: v for k, v in values.items() if v is not None}})
    try:
        with transaction.atomic():
            project = Project.objects.create(**values)
    except IntegrityError as error:
        raise Conflict(
            f"there is a project {slug!r} already", where="slug", todo="choose another short name"
        ) from error
    begin_log(project, caller, {"opened": values})
    holder = owner or caller.user
    if holder is not None:
        Member.objects.create(project=project, user=holder, role="owner")
    from sextant.lifecycle.timeline import default_plan

    put_plans(project, caller, default_plan(day(start, "start") or timezone.now().date()).values())
    return project


@transaction.atomic
def change_project(project: Project, caller: Caller, **values: Any) -> Project:
    """Change the project's settings; each change is a record of the log."""
    from sextant_server.records.actions import append, lock

    unknown = set(values) - set(CHANGEABLE)
    if unknown:
        raise InvalidInput(
            f"{', '.join(sorted(unknown))} of a project cannot be changed",
            rule=f"only {', '.join(CHANGEABLE)}",
        )
    values = _checked(dict(values))
    lock(project)
    project.refresh_from_db()
    changed = {k: v for k, v in values.items() if getattr(project, k) != v}
    ranks = list(PROFILES)
    if (
        caller.token is not None
        and "rigor" in changed
        and ranks.index(changed["rigor"]) < ranks.index(project.rigor)
    ):
        raise Forbidden(
            f"a token may not lower the rigor from {project.rigor} to {changed['rigor']}",
            rule="a program may raise it; what need no longer hold is a person's decision",
            todo=f"change it in the project's settings, or write `rigor: {project.rigor}` into the file",
        )
    if changed:
        for field, value in changed.items():
            setattr(project, field, value)
        project.save(update_fields=list(changed))
        append(project, caller, [("project", {"changed": changed})])
    return project


@transaction.atomic
def set_member(project: Project, caller: Caller, username: str, role: str) -> Member:
    """Give an account a role in the project. A project keeps at least one owner."""
    from sextant_server.records.actions import append, lock

    if role not in ROLES:
        raise InvalidInput(f"{role!r} is no role", where="role", rule=f"one of {', '.join(ROLES)}")
    user = User.objects.filter(username=username).first()
    if user is None:
        raise InvalidInput(
            f"there is no account {username[:150]!r}", where="username", todo="make the account first"
        )
    lock(project)
    member = Member.objects.filter(project=project, user=user).first() or Member(project=project, user=user)
    if member.role == "owner" and role != "owner":
        _keep_an_owner(project, member)
    member.role = role
    member.save()
    append(project, caller, [("member", {"user": f"user:{user.pk}", "role": role})])
    return member


@transaction.atomic
def remove_member(project: Project, caller: Caller, username: str) -> None:
    from sextant_server.records.actions import append, lock

    lock(project)
    member = Member.objects.filter(project=project, user__username=username).first()
    if member is None:
        raise NotFound(
            f"{username[:150]!r} is no member of {project.slug}", todo="look at the list of its members"
        )
    if member.role == "owner":
        _keep_an_owner(project, member)
    append(project, caller, [("member", {"user": f"user:{member.user_id}", "role": None})])
    member.delete()


def _keep_an_owner(project: Project, member: Member) -> None:
    if not Member.objects.filter(project=project, role="owner").exclude(pk=member.pk).exists():
        raise Conflict("this is the project's only owner", todo="make somebody else an owner first")


def make_account(username: str, password: str, *, name: str = "", admin: bool = False) -> User:
    """An account for a person; the password must pass the rules of the settings. An admin may see and do everything."""
    first, _, last = name.strip().partition(" ")
    account = User(username=username, first_name=first, last_name=last, is_staff=admin, is_superuser=admin)
    try:
        account.clean_fields(exclude=["password"])
        validate_password(password, account)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), where=f"account {username}") from error
    account.set_password(password)
    try:
        with transaction.atomic():
            account.save()
    except IntegrityError as error:
        raise Conflict(f"there is an account {username!r} already", todo="choose another name") from error
    return account


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def make_token(
    project: Project, caller: Caller, *, name: str, scopes: list[str], days: int | None = 365
) -> tuple[Token, str]:
    """A new token and its secret, which is shown this once and never stored."""
    from sextant_server.records.actions import append

    if not name.strip():
        raise InvalidInput("a token needs a name", where="name", todo="say which program it is for")
    wrong = set(scopes) - set(SCOPES)
    if wrong or not scopes:
        raise InvalidInput(
            f"no such scope: {', '.join(sorted(wrong)) or 'none given'}",
            where="scopes",
            rule=f"some of {', '.join(SCOPES)}",
        )
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise InvalidInput(
            f"a token for {days} days can't be",
            where="days",
            rule=f"1 to {MAX_DAYS:,}, or null for one without end",
        )
    secret = f"sxt_{secrets.token_urlsafe(32)}"
    token = Token.objects.create(
        project=project, name=name.strip()[:100], hint=secret[:9], hashed=hashed(secret), scopes=scopes,
        created_by=caller.user, expires_at=timezone.now() + timedelta(days=days) if days else None,
    )  # fmt: skip
    append(project, caller, [("token", {"token": token.pk, "name": token.name, "scopes": scopes})])
    return token, secret


@transaction.atomic
def revoke_token(project: Project, caller: Caller, token_id: int) -> None:
    from sextant_server.records.actions import append, lock

    lock(project)
    token = Token.objects.filter(project=project, pk=token_id, revoked_at=None).first()
    if token is None:
        raise NotFound(
            f"there is no token {token_id} to revoke",
            where=project.slug,
            todo="look at the list of its tokens",
        )
    token.revoked_at = timezone.now()
    token.save(update_fields=["revoked_at"])
    append(project, caller, [("token", {"token": token.pk, "revoked": True})])


def token_of(secret: str) -> Token | None:
    """The live token with this secret, marked as used (at most once a minute)."""
    now = timezone.now()
    token = Token.objects.select_related("project").filter(hashed=hashed(secret), revoked_at=None).first()
    if token is None or (token.expires_at and token.expires_at < now):
        return None
    if token.used_at is None or now - token.used_at > timedelta(minutes=1):
        Token.objects.filter(pk=token.pk).update(used_at=now)
    return token


@transaction.atomic
def add_webhook(project: Project, caller: Caller, url: str) -> Webhook:
    """Tell this address of every gate decision. The secret that signs is the webhook's, shown to owners."""
    from sextant_server.records.actions import append

    web_address(url)
    hook = Webhook.objects.create(project=project, url=url, secret=secrets.token_hex(32))
    append(project, caller, [("webhook", {"webhook": hook.pk, "url": url})])
    return hook


def remove_webhook(project: Project, caller: Caller, webhook_id: int) -> None:
    """Tell an address no more, and forget it."""
    stop_telling(project, caller, Webhook, "webhook", webhook_id)


def web_address(url: str, *, secret: bool = False) -> None:
    """That it is an address that can be told things; a `secret` one is not repeated in the error."""
    if len(url) > 500 or not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url):
        raise InvalidInput(
            "it is no web address" if secret else f"{url[:100]!r} is no web address", where="url",
            rule="https://host/path, at most 500 characters",
        )  # fmt: skip


@transaction.atomic
def stop_telling(project: Project, caller: Caller, model: type[models.Model], what: str, number: int) -> None:
    """Forget where a project's happenings are told: a webhook, a chat channel. Its address goes with it."""
    from sextant_server.records.actions import append, lock

    lock(project)
    found = model._default_manager.filter(project=project, pk=number).first()
    if found is None:
        raise NotFound(
            f"there is no {what} {number}", where=project.slug, todo=f"look at the list of its {what}s"
        )
    append(project, caller, [(what, {what: found.pk, "removed": True})])
    found.delete()


@transaction.atomic
def sync(
    project: Project, caller: Caller, *, criteria: list[Criterion], base: dict[str, str], retire: list[str],
    settings: dict[str, Any], expected: dict[str, str],
) -> None:  # fmt: skip
    """Take over what a file and the site agreed on: criteria to store and retire, and the new common base. `expected`
    is the base that the decision rested on; if another one synced meanwhile, nothing is written."""
    from sextant_server.records.actions import lock, put_criteria

    lock(project)
    fresh = Project.objects.get(pk=project.pk)
    if fresh.synced != expected:
        raise Conflict("somebody else synced meanwhile", todo="look at the difference again")
    put_criteria(project, caller, criteria, retire=retire)
    if settings:
        change_project(project, caller, **settings)
    Project.objects.filter(pk=project.pk).update(synced=base)


def create_account(form: BaseUserCreationForm) -> User:
    """Make the account that a checked form describes."""
    user: User = form.save()
    return user
