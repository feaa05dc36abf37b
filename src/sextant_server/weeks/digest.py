"""Monday's digest: what waits, what changed since last Monday, targets against what was measured.

One content, three shapes: a page to look at, a mail (plain text, and HTML that loads nothing from elsewhere), and a
message for a project's chat channels.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core import signing
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from sextant_server.people import chat, mail
from sextant_server.projects.models import Member, Project
from sextant_server.projects.permissions import Caller
from sextant_server.weeks import actions, monday
from sextant_server.weeks.changes import Change, changes
from sextant_server.weeks.models import Kept, Rhythm, Sent
from sextant_server.weeks.queries import Day, Entry, kept_of, own_projects, today

SALT = "sextant.weeks.digest"
#: As much of each part as one reads on a Monday morning.
MOST, MOST_CHANGES, MOST_PROJECTS = 12, 8, 20


@dataclass(frozen=True, slots=True)
class Section:
    """One project in the digest."""

    project: Project
    word: str
    remark: str
    changes: list[Change]
    more_changes: int
    targets: list[dict[str, Any]]
    href: str


@dataclass(frozen=True, slots=True)
class Digest:
    """What one person is told."""

    name: str
    day: date
    since: datetime
    today: Day
    sections: list[Section]
    more_projects: int

    @property
    def subject(self) -> str:
        count = self.today.count
        waits = (
            f"{count} thing{'s' * (count != 1)} wait{'s' * (count == 1)} for you"
            if count
            else "nothing waits for you"
        )
        return f"Monday {self.day.day} {self.day:%B}: {waits}"

    @property
    def mine(self) -> list[Entry]:
        return self.today.mine[:MOST]

    @property
    def more(self) -> int:
        return self.today.count - len(self.mine)


def digest(who: Caller, now: datetime | None = None) -> Digest:
    """What this person (or the command line, or a program about its project) is told now."""
    now = now or datetime.now(UTC)
    rhythm = Rhythm.objects.filter(user=who.user).first() if who.user else None
    where = monday.zone(rhythm.zone if rhythm else "UTC")
    day = monday.last_monday(now, where)
    start = monday.begins(day, where)
    # On Monday and the day after one looks back at the week that ended; later at the one that runs.
    since = monday.begins(day - timedelta(days=7), where) if now < start + monday.WORTH_SENDING else start
    listed = today(who)
    projects = list(own_projects(who).order_by("name")[: MOST_PROJECTS + 1])
    shown = projects[:MOST_PROJECTS]
    news = changes(shown, since)
    kept = {k.project_id: k for k in Kept.objects.filter(project__in=shown)}
    sections = [_section(p, kept.get(p.pk), news[p.pk]) for p in shown]
    # What moved comes first, then what is worst.
    sections.sort(key=lambda s: (not s.changes, s.project.name))
    more = own_projects(who).count() - len(shown) if len(projects) > len(shown) else 0
    return Digest(who.name, day, since, listed, sections, more)


def _section(project: Project, kept: Kept | None, news: list[Change]) -> Section:
    body = kept.body if kept else {}
    remarks = [r for r in body.get("remarks", []) if r["tone"] != "good"] or body.get("remarks", [])
    return Section(
        project, body.get("word", ""), remarks[0]["said"] if remarks else "", news[:MOST_CHANGES],
        max(0, len(news) - MOST_CHANGES), body.get("targets", []), reverse("project", args=[project.slug]),
    )  # fmt: skip


# --- by mail


def stop_token(user: User) -> str:
    """What the link to end the digest carries: good for this person alone, and only for that."""
    return signing.dumps(user.pk, salt=SALT)


def of_token(token: str) -> User | None:
    """The person whose digest the link ends, or None for a link that is none."""
    try:
        number = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return User.objects.filter(pk=number).first()


def rendered(made: Digest, user: User | None) -> tuple[str, str]:
    """The digest as plain text and as HTML."""
    stop = mail.link(reverse("digest-stop", args=[stop_token(user)])) if user else ""
    context = {"d": made, "root": mail.link(""), "stop": stop, "settings": mail.link(reverse("rhythm"))}
    text = render_to_string("weeks/digest.txt", context)
    # Lines that a tag left empty, more than one in a row.
    lines = [line.rstrip() for line in text.splitlines()]
    kept = [line for place, line in enumerate(lines) if line or (place and lines[place - 1])]
    return "\n".join(kept).strip() + "\n", render_to_string("weeks/digest.html", context)


def people_due(now: datetime) -> list[tuple[User, date]]:
    """Who should get Monday's mail now: they have an address, want it, and did not get it."""
    wanted: list[tuple[User, date]] = []
    takes_part = Q(memberships__isnull=False) | Q(is_superuser=True)
    users = User.objects.filter(takes_part, is_active=True).exclude(email="").select_related("rhythm")
    for user in users.distinct().order_by("pk"):
        rhythm: Rhythm | None = getattr(user, "rhythm", None)
        if rhythm is not None and not rhythm.digest:
            continue
        since = max(user.date_joined, rhythm.changed_at) if rhythm else user.date_joined
        day = monday.due(now, monday.zone(rhythm.zone if rhythm else "UTC"), since)
        if day is not None:
            wanted.append((user, day))
    days = {day for _, day in wanted}
    have = set(Sent.objects.filter(user__isnull=False, monday__in=days).values_list("user_id", "monday"))
    return [(user, day) for user, day in wanted if (user.pk, day) not in have]


def projects_due(now: datetime) -> list[tuple[Project, date]]:
    """The projects whose channels should be told now, by the clock of their first owner."""
    projects = list(Project.objects.filter(channels__active=True).distinct().order_by("pk"))
    if not projects:
        return []
    owners = (
        Member.objects.filter(project__in=projects, role="owner")
        .select_related("user__rhythm")
        .order_by("-pk")
    )
    zones = {m.project_id: getattr(getattr(m.user, "rhythm", None), "zone", "UTC") for m in owners}
    wanted = [
        (project, day)
        for project in projects
        if (day := monday.due(now, monday.zone(zones.get(project.pk, "UTC")), project.created_at)) is not None
    ]
    days = {day for _, day in wanted}
    have = set(
        Sent.objects.filter(project__isnull=False, monday__in=days).values_list("project_id", "monday")
    )
    return [(project, day) for project, day in wanted if (project.pk, day) not in have]


def send_to(user: User, day: date, now: datetime) -> bool:
    """Put one person's digest into the outbox, unless it is there already."""
    text, html = rendered(made := digest(Caller(user=user), now), user)
    return actions.send_digest(user, day, subject=made.subject, text=text, html=html, stop=stop_token(user))


# --- by chat


def message(project: Project, now: datetime) -> str:
    """What a project's channels are told, in Slack's mrkdwn."""
    kept = kept_of(project)
    since = now - timedelta(days=7)
    news = changes([project], since)[project.pk]
    address = mail.link(reverse("project", args=[project.slug]))
    name = f"<{address}|{chat.plain(project.name)}>" if address else chat.plain(project.name)
    lines = [f"*{name}: {kept.body['word'].lower()}*" + (" (simulated)" if project.simulated else "")]
    lines += [f"• {chat.plain(r['said'])}" for r in kept.body["remarks"] if r["tone"] != "good"][:4] or [
        f"• {chat.plain(kept.body['remarks'][0]['said'])}"
    ]
    if news:
        lines += ["", "*Since last Monday*", *(f"• {chat.plain(c.said)}" for c in news[:MOST_CHANGES])]
    if kept.body["targets"]:
        lines += ["", "*Targets*"]
        lines += [
            f"• {chat.plain(t['name'])}: {chat.plain(t['bar'])}; {chat.plain(t['measured'] or 'not measured')}, {t['word']}"
            for t in kept.body["targets"]
        ]
    return "\n".join(lines)
