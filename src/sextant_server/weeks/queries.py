"""Reads: what waits for a person, and many projects side by side, out of what is kept of each.

What is kept is true as of a moment, and says which. A page that is looked at works out the standings that are out of
date itself, a few at most, so that what one has just done shows; the rest is left to the worker.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import User
from django.db.models import Case, Exists, F, IntegerField, Min, OuterRef, Q, QuerySet, Value, When
from django.urls import reverse

from sextant.errors import InvalidInput
from sextant.lifecycle.waits import KINDS
from sextant_server.jobs.models import Job
from sextant_server.people.talk import talk_href
from sextant_server.projects.models import Member, Project
from sextant_server.projects.overview import href as href_of
from sextant_server.projects.permissions import ALLOWED, Caller, visible
from sextant_server.weeks import talked
from sextant_server.weeks.models import Kept, Nudge, Waiting

#: Most standings that one look at a page works out itself.
AT_ONCE = 3
#: Most things that one page lists.
MOST = 100
#: How long a job that failed is spoken of.
FAILED_FOR = timedelta(days=14)
PAGE = 50

#: What of a project others may be asked for by somebody who waits.
ASKED_OF_OTHERS = ("signature", "approval", "target", "gate")


def out_of_date(projects: QuerySet[Project], now: datetime | None = None) -> QuerySet[Project]:
    """The projects among these whose standing is not kept, or whose log went on, or whose time is up; those that
    were written to first."""
    now = now or datetime.now(UTC)
    written = Q(standing=None) | Q(standing__sequence__lt=F("head__sequence"))
    return (
        projects.filter(written | Q(standing__good_until__lte=now))
        .annotate(late=Case(When(written, then=Value(0)), default=Value(1), output_field=IntegerField()))
        .order_by("late", "-pk")
    )


def bring_up_to_date(projects: QuerySet[Project]) -> int:
    """Work out a few of the standings that are out of date, and ask the worker for the others; how many those are."""
    from sextant_server.weeks import actions

    old = list(out_of_date(projects)[: AT_ONCE + 1])
    actions.refresh_all(old[:AT_ONCE])
    if len(old) <= AT_ONCE:
        return 0
    actions.ask_for_standings(asked_by="local")
    return out_of_date(projects).count()


# --- Today


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on the page of today."""

    kind: str
    word: str
    key: str
    title: str
    said: str
    label: str
    href: str
    project: str
    slug: str
    simulated: bool
    since: date | datetime
    due: date | None
    rank: int
    holds: str = ""
    waits_for: str = ""
    may_remind: bool = False
    reminded_at: datetime | None = None

    @property
    def overdue(self) -> bool:
        return self.rank == 0

    def plain(self) -> dict[str, Any]:
        return {
            name: getattr(self, name) for name in (
                "kind", "word", "key", "title", "said", "label", "href", "project", "slug", "since", "due", "overdue",
                "holds", "waits_for", "reminded_at",
            )
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """What waits for somebody now (`mine`), what they wait for (`theirs`), and where each of their projects goes on
    (`ahead`). `more` counts what is not listed, `old` projects whose standing is being worked out again; `as_of` is
    when the oldest standing here was worked out, None without a project."""

    mine: list[Entry] = field(default_factory=list)
    theirs: list[Entry] = field(default_factory=list)
    ahead: list[Entry] = field(default_factory=list)
    more: int = 0
    old: int = 0
    as_of: datetime | None = None
    projects: int = 0

    @property
    def count(self) -> int:
        return len(self.mine) + self.more


def own_projects(who: Caller) -> QuerySet[Project]:
    """The projects of a person's days: those that they are a member of; for an administrator also those that nobody
    owns, for the command line all, for a token its own. An administrator may see every project, and is not asked about
    each."""
    if who.local:
        return Project.objects.all()
    if who.token is not None:
        return Project.objects.filter(pk=who.token.project_id)
    if who.user is None:
        return Project.objects.none()
    seeing = [role for role, may in ALLOWED.items() if "view" in may]
    member = Member.objects.filter(project=OuterRef("pk"), user=who.user, role__in=seeing)
    mine = Q(Exists(member))
    if who.user.is_superuser:
        mine |= ~Q(Exists(Member.objects.filter(project=OuterRef("pk"), role="owner")))
    return Project.objects.filter(mine)


def _rights(who: Caller, projects: QuerySet[Project]) -> dict[str, list[int]]:
    """The projects in which the person has each right; `own` is that of an owner."""
    roles: dict[int, str] = dict.fromkeys(projects.values_list("pk", flat=True), "owner")
    if who.user is not None:
        held = dict(
            Member.objects.filter(user=who.user, project__in=projects).values_list("project_id", "role")
        )
        roles |= held
    found: dict[str, list[int]] = {"own": [pk for pk, role in roles.items() if role == "owner"]}
    for right in ("sign", "decide", "edit", "evidence", "manage"):
        found[right] = [pk for pk, role in roles.items() if right in ALLOWED.get(role, ())]
    return found


def today(who: Caller, *, look: bool = True) -> Day:
    """All that waits for a person, across projects, the most urgent first. `look` works out a few standings that are
    out of date before."""
    projects = own_projects(who)
    old = bring_up_to_date(projects) if look else 0
    rights = _rights(who, projects)
    number = who.user.pk if who.user else None
    roles = Q()
    for right, listed in rights.items():
        if listed:
            roles |= Q(user=None, asks=right, project__in=listed)
    me = Q(user=number) if number is not None else Q(pk=None)
    waiting = Waiting.objects.select_related("project", "user").order_by(
        "rank", F("due").asc(nulls_last=True), "since", "pk"
    )
    mine = waiting.filter(me | roles if roles else me).filter(project__in=projects)
    if number is not None:
        mine = mine.exclude(not_user=number)
    rows = list(mine.exclude(kind="next")[: MOST + 1])
    ahead = list(mine.filter(kind="next")[:MOST])
    asked = _asked_of_others(waiting, rights, number)
    others = list(asked[:MOST])
    last = reminded([(row.project_id, row.key) for row in others])
    told, telling = talked.asked(who, projects)
    entries = [*(_entry(row) for row in rows[:MOST]), *told, *_failures(rights["edit"])]
    theirs = [*(_entry(row, last.get((row.project_id, row.key)), other=True) for row in others), *telling]
    for waits in (entries, theirs):
        waits.sort(key=lambda e: (e.rank, e.due or date.max))
    more = mine.exclude(kind="next").count() - MOST if len(rows) > MOST else 0
    kept = Kept.objects.filter(project__in=projects)
    return Day(
        mine=entries,
        theirs=theirs,
        ahead=[_entry(row) for row in ahead],
        more=more,
        old=old,
        as_of=kept.aggregate(oldest=Min("made_at"))["oldest"],
        projects=len(rights["own"]) if who.user is None else projects.count(),
    )


def _asked_of_others(
    waiting: QuerySet[Waiting], rights: dict[str, list[int]], number: int | None
) -> QuerySet[Waiting]:
    """What other people are asked for in projects that the person edits: they are named, or it is not for the person
    to do."""
    named = Q(user__isnull=False) | ~Q(stakeholder="")
    mine = Q(kind__in=ASKED_OF_OTHERS, project__in=rights["edit"])
    gate = Q(kind="gate", user=None) & ~Q(project__in=rights["decide"])
    own = Q(not_user=number) if number is not None else Q(pk=None)
    found = waiting.filter(mine).filter(named | gate | own)
    return found.exclude(user=number) if number is not None else found


def reminded(waits: Iterable[tuple[int, str]]) -> dict[tuple[int, str], datetime]:
    """When somebody was last reminded of each of these (project and key), in one query."""
    listed = list(waits)
    if not listed:
        return {}
    projects, keys = {project for project, _ in listed}, {key for _, key in listed}
    found = Nudge.objects.filter(project__in=projects, key__in=keys).order_by("at")
    return {(n.project_id, n.key): n.at for n in found.only("project_id", "key", "at")[: 10 * MOST]}


def where(slug: str, row: Waiting) -> str:
    """The address that a wait's one action leads to."""
    kind, _, rest = row.target.partition(":")
    if kind == "gate":
        return reverse("phase", args=[slug, rest.partition(":")[0]]) + "#decide"
    if kind == "exempt":
        return reverse("exempt", args=[slug, rest])
    if kind == "handover":
        return f"{reverse('hand-over', args=[slug])}?{urlencode({'who': rest})}"
    if kind == "talk":
        return talk_href(slug, rest)
    if kind in ("waivers", "meeting"):
        return reverse(kind, args=[slug])
    if kind == "item":
        from sextant.lifecycle.checklist import ITEMS

        return f"{reverse('phase', args=[slug, ITEMS[rest].phase])}#item-{rest}"
    return href_of(slug, row.target, "problem", "")


def _entry(row: Waiting, reminded: datetime | None = None, *, other: bool = False) -> Entry:
    whom = row.named or (row.user.get_full_name() or row.user.get_username() if row.user else "")
    if other and not whom:
        whom = "another person with the right to decide"
    # What others are to do has no action of the caller's, but that they can be reminded.
    label, href = "" if other else row.label, where(row.project.slug, row)
    if other and row.stakeholder and row.user is None:
        # Who has no account signs by a link of their own, which is sent, again if need be, from that page.
        label = "Send a link"
        href = reverse("ask-to-sign", args=[row.project.slug, row.target.partition(":")[2]])
    return Entry(
        row.kind, KINDS.get(row.kind, row.kind), row.key, row.title, row.said, label,
        href, row.project.name, row.project.slug, row.project.simulated, row.since, row.due,
        row.rank, row.holds, whom if other else "", other and row.user_id is not None, reminded,
    )  # fmt: skip


def _failures(projects: list[int]) -> list[Entry]:
    """Jobs that failed lately and were not done since, the newest of each kind in each project."""
    if not projects:
        return []
    again = Job.objects.filter(project=OuterRef("project"), kind=OuterRef("kind"), pk__gt=OuterRef("pk"))
    rows = (
        Job.objects.filter(
            project__in=projects, state="failed", finished_at__gt=datetime.now(UTC) - FAILED_FOR
        )
        .exclude(Exists(again))
        .select_related("project")
        .order_by("-finished_at")[:MOST]
    )
    return [
        Entry(
            "job", "Job", f"job:{job.pk}", f"{job.kind.replace('.', ' ').replace('_', ' ').capitalize()} failed",
            job.error[:300], "See what went wrong", reverse("job", args=[job.project.slug, job.pk]), job.project.name,
            job.project.slug, job.project.simulated, job.finished_at or job.created_at, None, 2,
        )
        for job in rows if job.project is not None
    ]  # fmt: skip


# --- the portfolio

#: What the portfolio sorts by, and the columns behind it.
ORDERS: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "phase": ("standing__number", "standing__gate"),
    "state": ("standing__severity", "standing__unmet", "standing__blockers"),
    "blockers": ("standing__blockers",),
    "met": ("standing__met",),
    "unmet": ("standing__unmet", "standing__not_enough"),
    "ships": ("standing__ships",),
    "evidence": ("standing__evidence_at",),
}


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A page of projects side by side: each with its standing, which is None where none is worked out yet."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    pages: int
    order: str
    old: int


def portfolio(who: Caller, *, order: str = "-state", page: int = 1, size: int = PAGE) -> Portfolio:
    """The projects that the caller may see. `order` is a column, with a minus before it the other way round."""
    name = order.removeprefix("-")
    if name not in ORDERS:
        raise InvalidInput(
            f"{order[:40]!r} is no order", where="order", rule=f"one of {', '.join(ORDERS)}, or with - before"
        )
    if page < 1:
        raise InvalidInput(f"there is no page {page}", where="page", rule="1 or more")
    projects = Project.objects.filter(pk__in=visible(who).values("pk"))
    old = bring_up_to_date(projects)
    total = projects.count()
    keys = [
        F(column).desc(nulls_last=True) if order.startswith("-") else F(column).asc(nulls_last=True)
        for column in ORDERS[name]
    ]
    rows = projects.select_related("standing").order_by(*keys, "name", "pk")[(page - 1) * size : page * size]
    return Portfolio([_line(p) for p in rows], total, page, max(1, -(-total // size)), order, old)


def _line(project: Project) -> dict[str, Any]:
    kept: Kept | None = getattr(project, "standing", None)
    return {"project": project, "kept": kept}


def kept_of(project: Project) -> Kept:
    """The project's standing, worked out now if it is out of date."""
    from sextant_server.weeks import actions

    kept = Kept.objects.filter(project=project).annotate(end=F("project__head__sequence")).first()
    if kept is None or kept.sequence < kept.end or kept.good_until <= datetime.now(UTC):
        return actions.refresh(project)
    return kept


def waiting_for(user: User) -> bool:
    """Whether anything waits for this person, from what is kept: one query or two, for the way after signing in."""
    return bool(today(Caller(user=user), look=False).count)
