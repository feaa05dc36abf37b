"""Jobs: asked for once, taken by one, written only by who holds them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connections, transaction

from sextant.errors import Conflict, InvalidInput
from sextant_server.jobs import actions, queries
from sextant_server.jobs.errors import Cancelled, LeaseLost
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work, job
from sextant_server.projects.models import Project

pytestmark = pytest.mark.usefixtures("both_databases")
KIND = "test.actions"


@job(KIND, arguments=("a", "b"), attempts=3)
def nothing(work: Work) -> None:
    """These tests take jobs by hand; it is never run."""


def ask(**options: Any) -> Job:
    return actions.enqueue(KIND, {"a": 1}, **options)


def take(worker: str = "w") -> Job:
    found = actions.claim(worker)
    assert found is not None
    return found


def run_out(found: Job) -> None:
    """As if its worker had died and its lease had run out."""
    Job.objects.filter(pk=found.pk).update(leased_until=actions.clock() - timedelta(seconds=1))


def in_threads(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What `work` gave in each of so many threads that begin together."""
    together, given = threading.Barrier(count), list[Any]()

    def run(number: int) -> None:
        together.wait()
        try:
            given.append(work(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == count, "a thread failed"
    return given


# --- asking


def test_asking_twice_with_a_key_is_asking_once() -> None:
    first = ask(key="k")
    assert ask(key="k").pk == first.pk
    assert Job.objects.count() == 1
    actions.finish(take())
    assert ask(key="k").state == "done", "also after it is done"


def test_without_a_key_each_asking_is_a_job() -> None:
    assert ask().pk != ask().pk


@pytest.mark.parametrize(
    ("kind", "arguments", "other"),
    [
        (KIND, {"a": 2}, "arguments"),
        (KIND, {}, "arguments"),
        ("audit.verify", {}, "kind and arguments"),
    ],
)
def test_the_same_key_for_another_job_is_a_conflict(kind: str, arguments: dict[str, Any], other: str) -> None:
    ask(key="k")
    with pytest.raises(Conflict, match=f"the same {other}"):
        actions.enqueue(kind, arguments, key="k")


def test_the_same_key_in_another_project_is_a_conflict() -> None:
    one, two = (Project.objects.create(slug=s, name=s) for s in ("one", "two"))
    ask(key="k", project=one)
    with pytest.raises(Conflict, match="the same project"):
        ask(key="k", project=two)


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ({"c": 1}, {}, "takes no c"),
        ({"a": "x" * actions.MAX_SIZE}, {}, "200,"),
        ({}, {"key": ""}, "0 characters"),
        ({}, {"key": "k" * 201}, "201 characters"),
        ({}, {"run_after": datetime(2026, 1, 1)}, "no time zone"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_asked(arguments: dict[str, Any], options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        actions.enqueue(KIND, arguments, **options)
    assert not Job.objects.exists()


def test_an_unknown_kind_is_named_with_those_that_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"audit\.verify.*webhook\.deliver"):
        actions.enqueue("no.such", {})


def test_a_job_asked_for_in_a_transaction_that_fails_was_never_asked_for() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ask(key="k")
        raise ZeroDivisionError
    assert not Job.objects.exists()


def test_sixteen_that_ask_at_once_with_a_key_get_one_job() -> None:
    given = in_threads(16, lambda _: ask(key="k").pk)
    assert len(set(given)) == 1
    assert Job.objects.count() == 1


# --- taking


def test_the_oldest_is_taken_first_and_each_once() -> None:
    asked = [ask().pk for _ in range(3)]
    assert [take().pk for _ in range(3)] == asked
    assert actions.claim("w") is None


def test_a_taken_job_says_who_has_it_until_when() -> None:
    ask()
    before = actions.clock()
    found = actions.claim("me", 60)
    assert found is not None
    found.refresh_from_db()
    assert (found.state, found.attempts, found.fence, found.leased_by) == ("running", 1, 1, "me")
    assert found.leased_until is not None
    assert timedelta(seconds=59) < found.leased_until - before < timedelta(seconds=70)


@pytest.mark.parametrize("seconds", [0, -1, 301, float("nan")])
def test_a_lease_has_a_sensible_length(seconds: float) -> None:
    with pytest.raises(InvalidInput, match="lease"):
        actions.claim("w", seconds)


def test_a_job_for_later_waits() -> None:
    ask(run_after=actions.clock() + timedelta(days=30))
    assert actions.claim("w") is None
    Job.objects.update(run_after=actions.clock() - timedelta(seconds=1))
    assert actions.claim("w") is not None


def test_kinds_that_this_version_does_not_know_are_left_alone() -> None:
    Job.objects.create(kind="of.tomorrow", run_after=actions.AT_ONCE)
    assert actions.claim("w") is None


def test_a_job_whose_lease_ran_out_is_taken_by_the_next() -> None:
    ask()
    lost = take("first")
    assert actions.claim("second") is None
    run_out(lost)
    found = take("second")
    assert (found.pk, found.attempts, found.fence, found.leased_by) == (lost.pk, 2, 2, "second")


def test_a_job_that_loses_every_worker_fails_and_says_so() -> None:
    asked = ask()
    for number in range(3):
        run_out(take(f"worker {number}"))
    assert actions.claim("w") is None
    asked.refresh_from_db()
    assert (asked.state, asked.attempts, asked.leased_until) == ("failed", 3, None)
    assert "lost 3 times" in asked.error
    assert "worker 2" in asked.error
    assert asked.finished_at is not None


def test_a_lost_job_does_not_keep_the_next_one_from_being_taken() -> None:
    ask()
    for _ in range(3):
        run_out(take())
    later = ask()
    assert take().pk == later.pk


def test_eight_workers_share_forty_jobs_each_once() -> None:
    asked = {ask().pk for _ in range(40)}

    def take_all(number: int) -> list[int]:
        mine = []
        while (found := actions.claim(f"worker {number}")) is not None:
            mine.append(found.pk)
        return mine

    taken = [pk for mine in in_threads(8, take_all) for pk in mine]
    assert len(taken) == 40
    assert set(taken) == asked


# --- a clock that jumps


def test_a_lease_further_ahead_than_any_can_be_was_given_before_the_clock_went_back() -> None:
    ask()
    held = take()
    Job.objects.filter(pk=held.pk).update(leased_until=actions.clock() + timedelta(hours=3))
    assert take("next").pk == held.pk


def test_a_retry_further_ahead_than_any_can_be_is_due() -> None:
    asked = ask()
    actions.fail(take(), "try again")
    Job.objects.filter(pk=asked.pk).update(run_after=actions.clock() + timedelta(hours=3))
    assert take().pk == asked.pk


def test_a_job_for_at_once_is_due_by_any_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = ask()
    monkeypatch.setattr(actions, "clock", lambda: datetime(1999, 1, 1, tzinfo=UTC))
    assert take().pk == asked.pk


# --- the fence

WRITES: dict[str, Callable[[Job], None]] = {
    "heartbeat": actions.heartbeat,
    "progress": lambda held: actions.progress(held, 0.5, "half", {"at": 1}),
    "finish": lambda held: actions.finish(held, {"x": 1}),
    "fail": lambda held: actions.fail(held, "no"),
    "fail for good": lambda held: actions.fail(held, "no", retry=False),
    "hand_back": actions.hand_back,
}


def now(held: Job) -> dict[str, Any]:
    return Job.objects.filter(pk=held.pk).values().get()


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_who_holds_it_may_write(write: Callable[[Job], None]) -> None:
    ask()
    held = take()
    before = now(held)
    write(held)
    assert now(held) != before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_worker_whose_job_was_taken_by_another_writes_nothing(write: Callable[[Job], None]) -> None:
    ask()
    lost = take("first")
    run_out(lost)
    take("second")
    before = now(lost)
    with pytest.raises(LeaseLost, match="taken by second"):
        write(lost)
    assert now(lost) == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_cancelled_job_is_written_no_more(write: Callable[[Job], None]) -> None:
    ask()
    held = take()
    actions.cancel(Job.objects.get(pk=held.pk))
    before = now(held)
    with pytest.raises(Cancelled):
        write(held)
    assert now(held) == before


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_job_that_is_gone_is_written_no_more(write: Callable[[Job], None]) -> None:
    ask()
    held = take()
    Job.objects.filter(pk=held.pk).delete()
    with pytest.raises(LeaseLost, match="gone"):
        write(held)


def test_a_lease_that_ran_out_but_was_not_taken_can_be_renewed() -> None:
    ask()
    held = take()
    run_out(held)
    actions.heartbeat(held)
    assert actions.claim("second") is None


# --- what becomes of it


def test_progress_is_kept_and_an_absent_checkpoint_leaves_the_last_one() -> None:
    ask()
    held = take()
    actions.progress(held, 0.25, "first", {"done": [1, 2.0, float("nan")]})
    actions.progress(held, 0.5, "second")
    held.refresh_from_db()
    assert (held.progress, held.message, held.checkpoint) == (0.5, "second", {"done": [1, 2, "NaN"]})


def test_done() -> None:
    ask()
    held = take()
    actions.finish(held, {"found": 3, "ratio": float("inf")})
    held.refresh_from_db()
    assert (held.state, held.progress, held.result) == ("done", 1, {"found": 3, "ratio": "Infinity"})
    assert held.finished_at is not None
    assert actions.claim("w") is None


def test_a_failure_waits_longer_each_time_and_ends() -> None:
    asked = ask()
    for attempt, (least, most) in enumerate([(2.5, 5), (5, 10)], 1):
        held = take()
        assert held.attempts == attempt
        before = actions.clock()
        actions.fail(held, f"attempt {attempt}")
        after = actions.clock()
        asked.refresh_from_db()
        assert (asked.state, asked.error) == ("waiting", f"attempt {attempt}")
        assert before + timedelta(seconds=least) <= asked.run_after <= after + timedelta(seconds=most)
        assert actions.claim("w") is None
        Job.objects.update(run_after=actions.AT_ONCE)
    actions.fail(take(), "attempt 3")
    asked.refresh_from_db()
    assert (asked.state, asked.error) == ("failed", "attempt 3")
    assert asked.finished_at is not None


def test_a_failure_for_good_is_not_tried_again() -> None:
    asked = ask()
    actions.fail(take(), "wrong", retry=False)
    asked.refresh_from_db()
    assert (asked.state, asked.attempts) == ("failed", 1)


def test_the_wait_doubles_from_five_seconds_to_an_hour_less_up_to_half() -> None:
    # random.Random(0).random() is 0.8444..., so the first wait is 5 × (1 − 0.4222) s.
    assert actions.wait_before(1, random.Random(0)).total_seconds() == pytest.approx(
        5 * (1 - 0.8444218515 / 2)
    )
    rng = random.Random(1)
    for attempts in range(1, 60):
        longest = min(5 * 2 ** (attempts - 1), 3600)
        assert longest / 2 <= actions.wait_before(attempts, rng).total_seconds() <= longest


def test_handed_back_is_due_at_once_and_no_attempt() -> None:
    ask()
    held = take()
    actions.progress(held, 0.5, "half", {"done": 5})
    actions.hand_back(held)
    again = take()
    assert (again.pk, again.attempts, again.fence, again.checkpoint) == (held.pk, 1, 2, {"done": 5})


def test_cancelling_what_waits_and_what_ended() -> None:
    waiting = ask()
    assert actions.cancel(waiting).state == "cancelled"
    assert actions.claim("w") is None
    with pytest.raises(Conflict, match="cancelled already"):
        actions.cancel(waiting)
    done = ask()
    actions.finish(take())
    with pytest.raises(Conflict, match="done already"):
        actions.cancel(done)


# --- reading


def test_a_projects_jobs_newest_first() -> None:
    mine, other = (Project.objects.create(slug=s, name=s) for s in ("mine", "other"))
    asked = [ask(project=mine).pk for _ in range(3)]
    ask(project=other)
    ask()
    assert [found.pk for found in queries.recent(mine)] == asked[::-1]
    assert [found.pk for found in queries.recent(mine, limit=1)] == asked[-1:]
    assert queries.find(mine, asked[0]).pk == asked[0]
    with pytest.raises(LookupError):
        queries.find(other, asked[0])


def test_workers_are_seen_and_forgotten() -> None:
    assert queries.worker_age() is None
    actions.greet("a")
    age = queries.worker_age()
    assert age is not None
    assert 0 <= age < 60
    actions.Worker.objects.update(seen_at=actions.clock() - timedelta(minutes=5))
    age = queries.worker_age()
    assert age is not None
    assert 299 < age < 400
    actions.seen("a")
    age = queries.worker_age()
    assert age is not None
    assert age < 60
    actions.Worker.objects.update(seen_at=actions.clock() - timedelta(days=2))
    actions.greet("b")
    assert list(actions.Worker.objects.values_list("name", flat=True)) == ["b"]
    actions.part("b")
    assert queries.worker_age() is None
