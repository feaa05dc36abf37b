"""What recurs: looked at once by whoever comes first, never twice, and once after however long a pause."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from sextant.errors import InvalidInput
from sextant_server.jobs import schedule
from sextant_server.jobs.actions import clear_ended, ended_long_ago, look_around
from sextant_server.jobs.models import Job, Schedule
from sextant_server.jobs.worker import run_worker
from sextant_server.people.mail_models import Mail

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)
STEP = timedelta(minutes=15)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The times at which the only schedule was looked at."""
    times: list[datetime] = []
    monkeypatch.setattr(schedule, "recurring", lambda: {"it": schedule.Recurring("it", STEP, times.append)})
    return times


@pytest.mark.django_db
def test_it_is_looked_at_once_a_step(looked: list[datetime]) -> None:
    for minutes in (0, 1, 14, 15, 29, 30):
        look_around(AT + timedelta(minutes=minutes))
    assert [(t - AT).seconds // 60 for t in looked] == [0, 15, 30]
    row = Schedule.objects.get()
    assert (row.last_at, row.next_at) == (AT + 2 * STEP, AT + 3 * STEP)


@pytest.mark.django_db
def test_after_a_pause_it_is_looked_at_once(looked: list[datetime]) -> None:
    look_around(AT)
    look_around(AT + timedelta(days=9, minutes=7))
    look_around(AT + timedelta(days=9, minutes=8))
    assert len(looked) == 2
    assert Schedule.objects.get().next_at == AT + timedelta(days=9, minutes=15)


@pytest.mark.django_db
def test_a_clock_that_jumped_back_does_not_stop_it(looked: list[datetime]) -> None:
    look_around(AT + timedelta(days=30))
    look_around(AT)
    assert len(looked) == 2
    assert Schedule.objects.get().next_at == AT + STEP


@pytest.mark.django_db
def test_a_fault_moves_it_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(now: datetime) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(schedule, "recurring", lambda: {"it": schedule.Recurring("it", STEP, fails)})
    for _ in range(2):
        with pytest.raises(RuntimeError):
            look_around(AT)
    assert Schedule.objects.get().last_at is None


def test_of_two_workers_one_looks(both_databases: str, looked: list[datetime]) -> None:
    look_around(AT)
    gate = threading.Barrier(4)

    def worker() -> None:
        try:
            gate.wait()
            look_around(AT + STEP)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked) == 2


@pytest.mark.usefixtures("both_databases")
def test_a_worker_looks_and_a_fault_holds_up_no_job(monkeypatch: pytest.MonkeyPatch, caplog: Any) -> None:
    stop = threading.Event()

    def look(now: datetime) -> None:
        stop.set()
        raise RuntimeError("no")

    monkeypatch.setattr(schedule, "recurring", lambda: {"it": schedule.Recurring("it", STEP, look)})
    run_worker(stop, poll_seconds=0.01)
    assert "unexpected error" in caplog.text


def test_a_name_stands_for_one() -> None:
    assert {"standings", "digests"} <= schedule.recurring().keys()
    with pytest.raises(InvalidInput, match="two schedules"):
        schedule.every("digests", minutes=1)(lambda now: None)


# --- clearing


def ended(days: float, **fields: Any) -> Job:
    given = {
        "kind": "audit.verify",
        "state": "done",
        "run_after": AT,
        "finished_at": AT - timedelta(days=days),
        **fields,
    }
    return Job.objects.create(**given)


def test_what_ended_long_ago_is_cleared_and_the_last_word_on_each_thing_stays(both_databases: str) -> None:
    kept = [
        ended(0, state="running", finished_at=None),
        ended(89),
        ended(300, key="asked once"),
        ended(400, kind="checks.run"),
        ended(400, kind="mail.deliver", result={"why": "of no more use"}),
        ended(1),
        ended(1, kind="mail.deliver"),
    ]
    Mail.objects.create(to="ada@example.org", subject="Never sent", job=kept[4])
    gone = [
        ended(91),
        ended(91, state="failed"),
        ended(91, state="cancelled"),
        ended(366, key="forgotten"),
    ]
    kept.append(ended(200))
    assert {j.pk for j in ended_long_ago(AT)} == {j.pk for j in gone}
    assert clear_ended(now=AT, most=3) == 3
    assert clear_ended(now=AT, most=3) == 1
    assert clear_ended(now=AT) == 0
    assert set(Job.objects.filter(pk__in=[j.pk for j in kept])) == set(kept)


def test_it_is_asked_for_once_a_day_where_there_is_something_to_clear(both_databases: str) -> None:
    def asked() -> int:
        return Job.objects.filter(kind="jobs.clear").count()

    look = schedule.recurring()["clearing"].look
    look(AT)
    assert asked() == 0
    ended(91)
    ended(0)
    look(AT)
    look(AT)
    assert asked() == 1
    run_worker(threading.Event(), until_idle=True)
    assert Job.objects.get(kind="jobs.clear").result == {"cleared": 1}
