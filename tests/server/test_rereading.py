"""Numbers that are read by SQL again and again: when, in whose name, and what is seen of it where it fails."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from sextant.criteria import Criterion
from sextant_server.environment import Source
from sextant_server.jobs import actions as jobs
from sextant_server.jobs.kinds.numbers_read import look
from sextant_server.jobs.models import Job
from sextant_server.jobs.worker import run_worker
from sextant_server.people.mail_models import Channel
from sextant_server.problem import rereading
from sextant_server.problem.models import NumberReading
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.records import actions
from sextant_server.records.models import EvidenceRow, Record
from tests.server.world import LOCAL, account, client, open_project

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/p/forms/numbers/posts/"
POSTS = Criterion(
    key="posts", name="Posts a month", family="business", metric="posts", unit="posts", direction="at_least", threshold=12
)  # fmt: skip
SECRET = "hidden-place"


@pytest.fixture
def project(ada: User) -> Project:
    made = open_project(owner=ada)
    actions.put_criteria(made, LOCAL, [POSTS])
    return made


@pytest.fixture
def source(tmp_path: Path, settings: Settings) -> Path:
    path = tmp_path / f"{SECRET}.db"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE posts (day TEXT, n INTEGER)")
        made.execute("INSERT INTO posts VALUES ('2026-01-31', 8)")
    made.close()
    settings.SOURCES = {"sales": Source("sales", f"sqlite:///{path}")}
    return path


@pytest.fixture
def kept(ada: User, project: Project, source: Path) -> Client:
    browser = client(ada)
    given = {"s-source": "sales", "s-sql": "SELECT day, n FROM posts", "s-again": "daily", "enter-sql": "1"}
    assert browser.post(PATH, given).status_code == 302
    return browser


def grow(path: Path, day: str, number: Any) -> None:
    with sqlite3.connect(path) as more:
        more.execute("INSERT INTO posts VALUES (?, ?)", (day, number))
    more.close()


def tomorrow(days: float = 1) -> None:
    """As if the last reading lay so many days back."""
    moved = timedelta(days=days)
    for row in NumberReading.objects.all():
        row.tried_at -= moved
        row.read_at = row.read_at and row.read_at - moved
        row.save()


def run() -> list[Job]:
    """What the worker does once the schedule has looked."""
    before = set(Job.objects.values_list("pk", flat=True))
    look(jobs.clock())
    run_worker(threading.Event(), until_idle=True)
    return list(Job.objects.filter(kind="numbers.read").exclude(pk__in=before))


def test_it_is_read_once_a_day_and_only_what_is_new_is_stored(kept: Client, source: Path) -> None:
    grow(source, "2026-02-28", 9)
    assert run() == [], "it was read today"
    tomorrow()
    [job] = run()
    assert (job.state, job.result) == ("done", {"stored": 1})
    assert run() == [], "two workers or two looks read once"
    assert Record.objects.filter(kind="evidence").latest("sequence").actor.startswith("user:"), (
        "in whose name"
    )
    page = kept.get(PATH).content.decode()
    assert "Read again each day; last read just now." in page
    assert "no worker" not in page


def test_a_failing_reading_is_seen_told_once_and_mended_by_the_next(
    kept: Client, project: Project, source: Path
) -> None:
    Channel.objects.create(project=project, name="team", url="https://chat.example/hook", active=True)
    grow(source, "2026-02-28", "many")
    tomorrow()
    [job] = run()
    assert job.state == "failed" and job.attempts == 1, "what is wrong stays wrong until tomorrow"
    for path in (PATH, "/p/forms/numbers/", "/p/forms/targets/posts/"):
        page = kept.get(path).content.decode()
        assert "Could not be read since" in page
        assert "row 2: its second column holds a str" in page
        assert "was read yesterday" in page or "was read 1 day ago" in page
        assert SECRET not in page
    row = NumberReading.objects.get()
    since = row.failing_since
    NumberReading.objects.update(tried_at=row.tried_at - timedelta(days=1))
    Job.objects.filter(kind="numbers.read").delete()
    run()
    assert NumberReading.objects.get().failing_since == since
    told = Job.objects.filter(kind="chat.deliver")
    assert told.count() == 1
    assert "Posts a month could not be read" in told.get().arguments["text"]
    with sqlite3.connect(source) as mend:
        mend.execute("UPDATE posts SET n = 9 WHERE n = 'many'")
    mend.close()
    tomorrow()
    Job.objects.filter(kind="numbers.read").delete()
    run()
    assert NumberReading.objects.get().fault == ""
    assert EvidenceRow.objects.count() == 2
    assert "Could not be read" not in kept.get(PATH).content.decode()


def test_a_source_that_is_away_is_tried_again_and_shows_no_address(kept: Client, source: Path) -> None:
    source.unlink()
    tomorrow()
    [job] = run()
    assert job.state == "waiting", "it may be back in a minute"
    page = kept.get(PATH).content.decode()
    assert "the source sales cannot be reached" in page
    assert SECRET not in page + NumberReading.objects.get().fault + job.error


def test_it_is_read_in_the_name_of_who_kept_it_and_no_longer(
    kept: Client, project: Project, source: Path, ada: User
) -> None:
    projects.set_member(project, LOCAL, account("eve").username, "owner")
    projects.set_member(project, LOCAL, "ada", "reader")
    grow(source, "2026-02-28", 9)
    tomorrow()
    [job] = run()
    assert job.state == "failed"
    assert "may no longer store proof here" in kept.get(PATH).content.decode()
    assert EvidenceRow.objects.count() == 1


def test_the_schedule_is_changed_without_reading(kept: Client, project: Project, source: Path) -> None:
    source.unlink()
    assert kept.post(PATH, {"a-again": "never", "enter-again": "1"}).status_code == 302
    tomorrow(9)
    assert run() == []
    assert "Read again only when somebody asks" in kept.get(PATH).content.decode()
    assert kept.post(PATH, {"a-again": "hourly", "enter-again": "1"}).status_code == 422
    assert kept.post(PATH, {"a-again": "weekly", "enter-again": "1"}).status_code == 302
    standing = rereading.standing(project, "posts", timezone.now())
    assert standing is not None and standing.query.again == "weekly" and not standing.late
    tomorrow(5)
    page = kept.get(PATH).content.decode()
    assert "no worker seems to run" in page


def test_a_retired_target_is_not_read(kept: Client, project: Project, source: Path) -> None:
    actions.put_criteria(project, LOCAL, [], retire=["posts"])
    tomorrow()
    [job] = run()
    assert (job.state, job.result) == ("done", {"stored": 0})


@pytest.mark.parametrize(
    ("again", "now", "start"),
    [
        ("daily", "2026-03-05T00:00:00", "2026-03-05"),
        ("daily", "2026-03-04T23:59:59", "2026-03-04"),
        ("weekly", "2026-03-02T00:00:00", "2026-03-02"),
        ("weekly", "2026-03-01T23:59:59", "2026-02-23"),
    ],
)
def test_a_period_is_a_day_or_a_week_from_monday(again: Any, now: str, start: str) -> None:
    when = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert rereading.period(again, when).date().isoformat() == start
