"""Writes about jobs: asking for one, taking, keeping, ending it.

**One clock.** Every time here is the database's, so workers on several machines agree. If that clock jumps
forward, leases look run out and a job may be taken from a living worker: its fence is then old, it is refused
the next time that it writes, and the taker goes on from the checkpoint. If it jumps back, a lease or a retry
would lie further ahead than any can: a lease beyond `LONGEST_LEASE` counts as run out, a retry beyond
`LONGEST_WAIT` as due, and a job asked for at once carries a time that has always passed.

**The fence** grows each time a job is taken or cancelled, and each write of a worker names the fence that it
was given. So of two workers that both believe to hold a job, only the last one can write.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Max, Q, QuerySet

from sextant.canonical import canonical
from sextant.errors import Conflict, InvalidInput
from sextant_server.jobs import registry
from sextant_server.jobs.errors import Cancelled, LeaseLost
from sextant_server.jobs.models import Job, Schedule, Worker
from sextant_server.people.mail_models import Mail
from sextant_server.projects.models import Project

AT_ONCE = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_LEASE = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
#: The wait before the second attempt; each further one waits twice as long.
FIRST_WAIT = timedelta(seconds=5)
#: The most characters of a job's arguments, checkpoint or result.
MAX_SIZE = 200_000
#: A worker not seen for so long is forgotten.
FORGET_WORKERS = timedelta(days=1)
#: How long an ended job is kept, and one with a key: for as long, asking with that key again is asking once.
KEEP = timedelta(days=90)
KEEP_KEY = timedelta(days=365)

_jitter = random.SystemRandom()


def clock() -> datetime:
    """The database's time. SQLite has none of its own: it is this machine's."""
    if connection.vendor == "sqlite":
        return datetime.now(UTC)
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def _plain(value: Mapping[str, Any] | None, what: str) -> dict[str, Any]:
    """The values as JSON holds them, so that what is compared is what is stored."""
    text = canonical(dict(value or {}))
    if len(text) > MAX_SIZE:
        raise InvalidInput(
            f"{what} with {len(text):,} characters", rule=f"at most {MAX_SIZE:,}",
            todo="keep the rows in a table and name it",
        )  # fmt: skip
    plain: dict[str, Any] = json.loads(text)
    return plain


# --- asking


def enqueue(
    kind: str,
    arguments: Mapping[str, Any],
    *,
    project: Project | None = None,
    key: str | None = None,
    run_after: datetime | None = None,
    asked_by: str = "",
) -> Job:
    """Ask for work; it runs as soon as a worker is free, or after `run_after`.

    `key` (unique over all projects) makes asking twice the same as asking once, until `KEEP_KEY` after the job's end:
    the second time gives the first job, whatever became of it. The same key with another kind, project or arguments is a
    Conflict. Inside a transaction the job is asked for only if that commits.
    """
    spec = registry.kind(kind)
    unknown = set(arguments) - spec.arguments
    if unknown:
        raise InvalidInput(
            f"{kind} takes no {', '.join(sorted(unknown))}", where="arguments",
            rule=f"it takes {', '.join(sorted(spec.arguments)) or 'none'}",
        )  # fmt: skip
    if key is not None and not 1 <= len(key) <= 200:
        raise InvalidInput(f"a key of {len(key)} characters", where="key", rule="1 to 200, or none")
    if run_after is not None and run_after.tzinfo is None:
        raise InvalidInput(f"{run_after} has no time zone", where="run_after")
    wanted = {"kind": kind, "arguments": _plain(arguments, "arguments"), "project": project}
    if key is not None and (found := _asked_before(key, wanted)):
        return found
    try:
        with transaction.atomic():
            return Job.objects.create(
                **wanted,
                key=key,
                run_after=run_after or AT_ONCE,
                max_attempts=spec.attempts,
                asked_by=asked_by[:120],
            )
    except IntegrityError:
        # Somebody asked with the same key between our look and our write.
        if key is None or (found := _asked_before(key, wanted)) is None:
            raise
        return found


def _asked_before(key: str, wanted: Mapping[str, Any]) -> Job | None:
    found = Job.objects.select_related("project").filter(key=key).first()
    if found is None:
        return None
    other = [name for name, value in wanted.items() if getattr(found, name) != value]
    if other:
        raise Conflict(
            f"the key {key!r} was used for another job",
            where="key",
            rule=f"the same key has the same {' and '.join(other)}",
            todo="choose another key",
        )
    return found


def cancel(job: Job) -> Job:
    """Stop a job that waits or runs. A worker that has it in hand is refused its next write. An ended one is
    a Conflict."""
    stopped = Job.objects.filter(pk=job.pk, state__in=("waiting", "running")).update(
        state="cancelled", fence=F("fence") + 1, leased_until=None, finished_at=clock()
    )
    job.refresh_from_db()
    if not stopped:
        raise Conflict(
            f"job {job.pk} is {job.state} already", rule="only a job that waits or runs can be cancelled"
        )
    return job


# --- taking


def _to_take(now: datetime) -> QuerySet[Job]:
    due = Q(run_after__lte=now) | Q(attempts__gt=0, run_after__gt=now + LONGEST_WAIT)
    run_out = Q(leased_until__lte=now) | Q(leased_until__gt=now + LONGEST_LEASE)
    return Job.objects.filter(
        Q(state="waiting") & due | Q(state="running") & run_out, kind__in=registry.kinds()
    ).order_by("id")


def claim(worker: str, lease_seconds: float = 30.0) -> Job | None:
    """Take the oldest job that is due, or whose worker let its lease run out; None when there is none.

    Two workers never get the same one. A job that used up its attempts fails here. Kinds that this worker
    does not know are left for one that does.
    """
    if not 0 < lease_seconds <= LONGEST_LEASE.total_seconds():
        raise InvalidInput(
            f"a lease of {lease_seconds} seconds",
            rule=f"more than 0, at most {LONGEST_LEASE.total_seconds():.0f}",
        )
    while True:
        now = clock()
        # Looking takes no lock, so a worker without work never holds up a writer.
        if not _to_take(now).exists():
            return None
        with transaction.atomic():
            # PostgreSQL passes over what another worker is taking; SQLite lets only one of them in here.
            job = _to_take(now).select_for_update(skip_locked=True).first()
            if job is None:
                return None
            if job.attempts < job.max_attempts:
                job.state, job.attempts, job.fence = "running", job.attempts + 1, job.fence + 1
                job.leased_by, job.leased_until = worker[:120], now + timedelta(seconds=lease_seconds)
                job.save(update_fields=["state", "attempts", "fence", "leased_by", "leased_until"])
                return job
            job.state, job.finished_at, job.fence = "failed", now, job.fence + 1
            job.error = (
                f"Its worker was lost {job.attempts} times, the last one was {job.leased_by}. "
                "Look at the worker's log; then ask for the job again."
            )
            job.leased_until = None
            job.save(update_fields=["state", "finished_at", "fence", "error", "leased_until"])


# --- what the worker that holds it may do


def _held(job: Job, **values: Any) -> None:
    """Write to a job, if the fence is still ours."""
    if Job.objects.filter(pk=job.pk, fence=job.fence, state="running").update(**values):
        return
    now = Job.objects.filter(pk=job.pk).first()
    if now is not None and now.state == "cancelled":
        raise Cancelled(f"job {job.pk} ({job.kind}) was cancelled")
    raise LeaseLost(
        f"job {job.pk} ({job.kind}) was taken by {now.leased_by}"
        if now
        else f"job {job.pk} ({job.kind}) is gone",
        rule="only the worker that took it last may write",
    )


def _lease(seconds: float) -> datetime:
    return clock() + timedelta(seconds=seconds)


def heartbeat(job: Job, lease_seconds: float = 30.0) -> None:
    """Keep the job for another while."""
    _held(job, leased_until=_lease(lease_seconds))


def progress(
    job: Job,
    fraction: float,
    message: str = "",
    checkpoint: Mapping[str, Any] | None = None,
    *,
    lease_seconds: float = 30.0,
) -> None:
    """Say how far the job is, from where the next one can go on, and keep it for another while."""
    kept = {} if checkpoint is None else {"checkpoint": _plain(checkpoint, "a checkpoint")}
    _held(job, progress=fraction, message=message, leased_until=_lease(lease_seconds), **kept)


def finish(job: Job, result: Mapping[str, Any] | None = None) -> None:
    """The job is done; `result` is what it found."""
    _held(
        job,
        state="done",
        progress=1,
        result=_plain(result, "a result"),
        error="",
        leased_until=None,
        finished_at=clock(),
    )


def wait_before(attempts: int, rng: random.Random = _jitter) -> timedelta:
    """How long to wait after so many attempts: twice as long each time, at most `LONGEST_WAIT`, and up to
    half of it less by chance, so that many jobs which failed together do not come back together.

    >>> [int(wait_before(n, random.Random(7)).total_seconds()) for n in (1, 2, 3, 20)]
    [4, 8, 16, 3017]
    """
    longest = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    return longest * (1 - rng.random() / 2)


def fail(job: Job, error: str, *, retry: bool = True) -> None:
    """This attempt failed. The job waits for another, unless `retry` is off or its attempts are used up."""
    if retry and job.attempts < job.max_attempts:
        _held(
            job,
            state="waiting",
            error=error,
            leased_until=None,
            run_after=clock() + wait_before(job.attempts),
        )
    else:
        _held(job, state="failed", error=error, leased_until=None, finished_at=clock())


def hand_back(job: Job) -> None:
    """The worker is being stopped: the job waits for another at once, and this attempt does not count."""
    _held(job, state="waiting", attempts=F("attempts") - 1, leased_until=None, run_after=AT_ONCE)


# --- clearing


def ended_long_ago(now: datetime | None = None) -> QuerySet[Job]:
    """The jobs that may be cleared: done, failed or cancelled longer ago than they are kept. The latest of each kind in
    each project stays, as the last word on it; so does one whose mail was never sent, which says why."""
    now = now or clock()
    latest = Job.objects.order_by().values("project", "kind").annotate(last=Max("pk")).values("last")
    return (
        Job.objects.filter(state__in=("done", "failed", "cancelled"), finished_at__lt=now - KEEP)
        .filter(Q(key=None) | Q(finished_at__lt=now - KEEP_KEY))
        .exclude(pk__in=latest)
        .exclude(pk__in=Mail.objects.filter(sent_at=None).exclude(job=None).values("job"))
    )


def clear_ended(*, now: datetime | None = None, most: int = 500) -> int:
    """Delete up to so many of the jobs that ended long ago, the oldest first; how many those were. What they did stays
    where it was done: the log, the outbox, the tables."""
    found = list(ended_long_ago(now).order_by("pk").values_list("pk", flat=True)[:most])
    Job.objects.filter(pk__in=found).delete()
    return len(found)


# --- workers


def greet(name: str) -> None:
    """A worker is there. Those that went without a word, long ago, are forgotten."""
    now = clock()
    Worker.objects.filter(seen_at__lt=now - FORGET_WORKERS).delete()
    Worker.objects.update_or_create(name=name, defaults={"started_at": now, "seen_at": now})


def seen(name: str) -> None:
    """A worker is still there."""
    Worker.objects.filter(name=name).update(seen_at=clock())


def part(name: str) -> None:
    """A worker stopped."""
    Worker.objects.filter(name=name).delete()


# --- what recurs


def look_around(now: datetime | None = None) -> list[str]:
    """Look at everything recurring that is due; the names of what this worker looked at.

    Of two workers the one that moves the row on looks, in the same transaction: a fault in the looking moves it back.
    A clock that jumped back would leave a due time far ahead: beyond one step it counts as due.
    """
    from sextant_server.jobs.schedule import following, recurring

    now = now or clock()
    known = {row.name: row for row in Schedule.objects.all()}
    looked = []
    for one in recurring().values():
        row = (
            known.get(one.name) or Schedule.objects.get_or_create(name=one.name, defaults={"next_at": now})[0]
        )
        if now < row.next_at <= now + one.every:
            continue
        with transaction.atomic():
            due = min(row.next_at, now)
            moved = Schedule.objects.filter(pk=row.pk, next_at=row.next_at).update(
                next_at=following(due, one.every, now), last_at=now
            )
            if moved:
                one.look(now)
                looked.append(one.name)
    return looked
