"""Writes about the weeks: what a project's standing says, how a person is told, reminders, and what was sent."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import available_timezones

from django.contrib.auth.models import User
from django.db import Error, IntegrityError, transaction
from django.urls import reverse

from sextant.errors import Conflict, Forbidden, InvalidInput, NotFound
from sextant.lifecycle.gates import gates
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.standing import SEVERITY, Standing, chosen_targets, standing
from sextant.lifecycle.state import ProjectState
from sextant.lifecycle.timeline import forecast
from sextant.lifecycle.waits import Asked, Wait, waits
from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.models import Job
from sextant_server.people import leaving
from sextant_server.projects.models import Member, Project
from sextant_server.projects.permissions import Caller
from sextant_server.records.actions import append, lock
from sextant_server.records.models import Exemption, Head
from sextant_server.records.queries import project_state
from sextant_server.weeks import talked
from sextant_server.weeks.models import Kept, Nudge, Rhythm, Sent, Turn, Waiting
from sextant_server.weeks.targets import actual

log = logging.getLogger("sextant.weeks")
#: A standing is worked out again after so long even if nobody wrote anything: proof grows old, days become due.
GOOD_FOR = timedelta(hours=6)
#: Between two reminders about the same thing, and the most reminders that one person sends in a day.
REMIND_AFTER, MOST_REMINDERS = timedelta(hours=24), 20


# --- standings


def refresh(project: Project, *, now: datetime | None = None) -> Kept:
    """Work out where the project stands and what it waits for, and keep it with the end of the log that it rests on.

    Judging takes no lock. If somebody kept a standing of a later end meanwhile, that one stays.
    """
    now = now or datetime.now(UTC)
    # The end first: what is written while we judge makes this standing old, never the other way round.
    sequence = Head.objects.get(project=project).sequence
    project.refresh_from_db()
    state = project_state(project, now=now)
    found = gates(state)
    ahead = forecast(state, found=found)
    stands = standing(state, found, ahead)
    asked = _unapproved(project)
    rows = [
        _row(project, wait, people, now.date(), asked)
        for people in [list(Member.objects.filter(project=project).select_related("user"))]
        for wait in (*waits(state, found, [a for a, _ in asked.values()]), *leaving.waits(project, state))
    ]
    with transaction.atomic():
        lock(project)
        before = Kept.objects.filter(project=project).first()
        if before is not None and before.sequence > sequence:
            return before
        _keep_waits(project, rows)
        targets = {key: state.verdict(key).status.value for key in state.criteria}
        risks = {r.key: r.status for r in state.risks}
        if before is not None:
            _keep_turns(project, state, before, targets, risks, now)
        kept = before or Kept(project=project)
        _fill(kept, state, stands)
        kept.sequence, kept.made_at, kept.targets, kept.risks = sequence, now, targets, risks
        kept.good_until = min(now + GOOD_FOR, _midnight(now))
        kept.save()
    return kept


def _midnight(now: datetime) -> datetime:
    """The next one, in UTC: what is due is due by day."""
    return datetime.combine(now.date() + timedelta(days=1), time(), UTC)


def _unapproved(project: Project) -> dict[str, tuple[Asked, str]]:
    """What waits for a second person's approval, with who asked for it (as the log names them)."""
    if project.rigor != "regulated":
        return {}
    rows = Exemption.objects.filter(project=project, withdrawn=False, approved_by="")
    return {e.target: (Asked(e.target, e.by, e.reason, e.at.date()), e.by_id) for e in rows}


def _row(
    project: Project, wait: Wait, people: list[Member], today: date, asked: Mapping[str, tuple[Asked, str]]
) -> Waiting:
    """A wait as it is kept: of the member that it names, else of whoever may end it."""
    names = {name.strip().casefold() for name in wait.people}
    user = next((m.user for m in people if names & _names(m.user)), None)
    asks = ""
    if user is None:
        if wait.kind in ("target", "meeting") or (wait.people and wait.kind != "signature"):
            asks = "own"
        elif not wait.people:
            asks = wait.needs
    not_user = None
    if wait.kind == "approval":
        kind, _, number = asked[wait.key.partition(":")[2]][1].partition(":")
        not_user = int(number) if kind == "user" and number.isdigit() else None
    return Waiting(
        project=project, user=user, kind=wait.kind, key=wait.key[:200], needs=wait.needs, asks=asks,
        not_user_id=not_user, stakeholder=wait.stakeholder, named=(wait.people[0] if wait.people else "")[:200],
        title=wait.title, said=wait.said, label=wait.action.label[:200], target=wait.action.target[:200],
        holds=wait.holds[:200], since=wait.since or today, due=wait.due, rank=wait.rank(today),
    )  # fmt: skip


def _names(user: User) -> set[str]:
    return {
        n.strip().casefold() for n in (user.get_full_name(), user.get_username(), user.email) if n.strip()
    }


def _keep_waits(project: Project, rows: list[Waiting]) -> None:
    """Put these in place of what was waited for; what is waited for still keeps the day on which it was first seen."""
    standing_rows = Waiting.objects.filter(project=project)
    since = dict(standing_rows.values_list("key", "since"))
    for row in rows:
        row.since = min(row.since, since.get(row.key, row.since))
    standing_rows.delete()
    Waiting.objects.bulk_create({row.key: row for row in rows}.values())


def _keep_turns(
    project: Project, state: ProjectState, before: Kept, targets: dict[str, str], risks: dict[str, str],
    now: datetime,
) -> None:  # fmt: skip
    words = {r.key: r.text for r in state.risks}
    made = [
        Turn(
            project=project, kind=kind, subject=key, name=names.get(key, key), before=old.get(key, ""),
            after=new.get(key, ""), at=now,
        )
        for kind, old, new, names in (
            ("target", before.targets, targets, {k: c.name for k, c in state.criteria.items()}),
            ("risk", before.risks, risks, words),
        )
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    ]  # fmt: skip
    Turn.objects.bulk_create(made)


def _fill(kept: Kept, state: ProjectState, stands: Standing) -> None:
    kept.phase, kept.number = stands.phase, BY_KEY[stands.phase].number
    kept.gate, kept.tone = stands.gate, stands.tone
    kept.severity = 3 if stands.gate == "stopped" else SEVERITY[stands.tone]
    kept.blockers, kept.met, kept.unmet = stands.blockers, stands.met, stands.unmet
    kept.not_enough, kept.other = stands.not_enough, stands.other
    kept.ships, kept.shipped, kept.evidence_at = stands.ships, stands.shipped, stands.last_evidence
    kept.body = {
        "word": stands.word,
        "remarks": [asdict(r) for r in stands.remarks],
        "earliest": stands.earliest.isoformat() if stands.earliest else None,
        "latest": stands.latest.isoformat() if stands.latest else None,
        "late_days": stands.late_days,
        "targets": [actual(c, state.verdict(c.key)) for c in chosen_targets(state)],
    }


def ask_for_standings(*, asked_by: str = "") -> Job | None:
    """Let the worker work out every standing that is out of date, unless it is asked already. What is asked for each
    minute leaves no trail of jobs that are done."""
    asked = Job.objects.filter(kind="standings.refresh")
    if asked.filter(state__in=("waiting", "running")).exists():
        return None
    asked.filter(state="done").delete()
    return enqueue("standings.refresh", {}, asked_by=asked_by)


# --- how a person is told


def save_rhythm(user: User, *, zone: str, digest: bool, email: str | None = None) -> Rhythm:
    """A person's time zone, whether Monday's mail comes, and where it goes."""
    if zone not in available_timezones():
        raise InvalidInput(
            f"{zone[:64]!r} is no time zone", where="zone", rule="a name of the IANA list",
            todo="for example Europe/Berlin",
        )  # fmt: skip
    if email is not None and email != user.email:
        from django.core.exceptions import ValidationError
        from django.core.validators import validate_email

        if email:
            try:
                validate_email(email)
            except ValidationError as error:
                raise InvalidInput(
                    f"{email[:100]!r} is no mail address", where="email", rule="name@host"
                ) from error
        user.email = email
        user.save(update_fields=["email"])
    return Rhythm.objects.update_or_create(user=user, defaults={"zone": zone, "digest": digest})[0]


def stop_digest(user: User) -> None:
    """No Monday mail any more, until the person asks for it again."""
    Rhythm.objects.update_or_create(user=user, defaults={"digest": False})


# --- the digest


def _claim(monday: date, *, user: User | None = None, project: Project | None = None) -> bool:
    """Whether this Monday's digest is ours to send; the second who asks gets no, whoever it is."""
    try:
        with transaction.atomic():
            Sent.objects.create(user=user, project=project, monday=monday, at=datetime.now(UTC))
    except IntegrityError:
        return False
    return True


@transaction.atomic
def send_digest(user: User, monday: date, *, subject: str, text: str, html: str, stop: str) -> bool:
    """Put one person's digest of this Monday into the outbox; False if it is there already."""
    from sextant_server.people import mail

    if not _claim(monday, user=user):
        return False
    mail.send(
        user.email, subject, text, html=html, name=user.get_full_name(), about=f"digest:{monday}",
        key=f"digest:{user.pk}:{monday}", until=datetime.now(UTC) + timedelta(days=2),
        unsubscribe=mail.link(reverse("digest-stop", args=[stop])),
    )  # fmt: skip
    return True


@transaction.atomic
def tell_channels(project: Project, monday: date, text: str) -> bool:
    """Tell the project's channels its digest of this Monday; False if they were told already."""
    from sextant_server.people import chat

    if not _claim(monday, project=project):
        return False
    chat.say(project, text, key=f"digest:{project.pk}:{monday}")
    return True


# --- reminders


@transaction.atomic
def nudge(project: Project, caller: Caller, key: str) -> Nudge:
    """Remind the person whom a wait names, by mail. Once a day for each thing, and so many a day for each sender."""
    from sextant_server.weeks.mailing import reminder

    if caller.user is None and not caller.local:
        raise Forbidden(
            "a token may not remind anybody", rule="that is a person's", todo="do it with an account"
        )
    lock(project)
    row = Waiting.objects.filter(project=project, key=key).select_related("user").first()
    row = row or talked.as_wait(project, key)
    if row is None:
        raise NotFound(
            f"nothing called {key[:100]!r} is waited for in {project.slug}", todo="look at Today again"
        )
    user = row.user
    if user is None:
        raise Conflict(
            "it is not asked of a person with an account", rule="a reminder goes to the one who is named",
            todo="send a link from the page where it is signed, or talk to them",
        )  # fmt: skip
    if caller.user is not None and user.pk == caller.user.pk:
        raise Conflict("it waits for you yourself")
    now = datetime.now(UTC)
    last = Nudge.objects.filter(project=project, key=key, at__gt=now - REMIND_AFTER).order_by("-at").first()
    if last is not None:
        raise Conflict(
            f"{row.named or 'they'} was reminded already, on {last.at:%d %B at %H:%M} UTC",
            rule="one reminder a day", todo="talk to them",
        )  # fmt: skip
    today = Nudge.objects.filter(by_id=caller.id, at__gt=now - REMIND_AFTER)
    if today.count() >= MOST_REMINDERS:
        raise Conflict(
            f"you have sent {MOST_REMINDERS} reminders within a day", rule="more would not be read",
            todo="wait until tomorrow",
        )  # fmt: skip
    if not user.email:
        raise Conflict(
            f"there is no mail address of {row.named or user.get_username()}",
            todo="they enter it under Today, Settings; or talk to them",
        )
    made = Nudge(
        project=project, key=key, by_id=caller.id, at=now,
        to=f"user:{user.pk}",
    )  # fmt: skip
    [made.record] = append(project, caller, [("nudge", made.as_recorded())])
    made.save()
    reminder(project, row, user, caller, made.pk)
    return made


def refresh_all(projects: Iterable[Project], *, now: datetime | None = None) -> int:
    """Work out these standings; how many could be. One that cannot does not hold up the others."""
    count = 0
    for project in projects:
        try:
            refresh(project, now=now)
        except Error:
            raise
        except Exception:
            log.exception("where a project stands could not be worked out", extra={"project": project.slug})
        else:
            count += 1
    return count


__all__ = [
    "ask_for_standings", "nudge", "refresh", "refresh_all", "save_rhythm", "send_digest", "stop_digest",
    "tell_channels",
]  # fmt: skip
