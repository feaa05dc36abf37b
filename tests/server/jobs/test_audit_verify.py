"""`audit.verify`: the whole log in chunks, from where a killed worker left it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from sextant.evidence import Version
from sextant_server.jobs import actions
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work
from sextant_server.jobs.worker import run_worker
from sextant_server.projects.actions import create_project
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import anchors, audit
from sextant_server.records.actions import put_subject
from sextant_server.records.models import Head, Record, SubjectRow

ME = Caller(local=True)


@pytest.fixture
def project(both_databases: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project with a log of thirty records and more, read in chunks of ten, anchored in the middle."""
    monkeypatch.setattr(audit, "CHUNK", 10)
    made = create_project(ME, slug="p", name="P")
    for number in range(15):
        put_subject(made, ME, Version(kind="dataset", name="d", version=f"v{number}"))
    anchors.keep(made, anchors.anchor(made, "half way"))
    for number in range(15, 30):
        put_subject(made, ME, Version(kind="dataset", name="d", version=f"v{number}"))
    return made


def verify(project: Project) -> Job:
    asked = actions.enqueue("audit.verify", {}, project=project)
    run_worker(threading.Event(), until_idle=True)
    asked.refresh_from_db()
    return asked


def test_an_untouched_log_is_intact(project: Project) -> None:
    found = verify(project)
    records = Record.objects.filter(project=project).count()
    assert records > 30
    assert found.state == "done"
    assert found.result["intact"] is True
    assert (found.result["records"], found.result["fault"], found.result["rows"]) == (records, None, [])
    assert found.result["anchors_checked"] == 1
    assert f"{found.result['last_anchor'] + 1} to {records}" in " ".join(found.result["limits"])


def test_what_was_altered_is_named(project: Project) -> None:
    Record.objects.filter(project=project, sequence=25).update(actor="user:99")
    found = verify(project)
    assert found.state == "done"
    assert (found.result["intact"], found.result["fault"]["sequence"]) == (False, 25)


def test_a_row_that_says_something_else_than_the_log_is_named(project: Project) -> None:
    SubjectRow.objects.filter(project=project).update(version="v99")
    found = verify(project)
    assert (found.result["fault"], found.result["intact"], found.result["differing"]) == (None, False, 1)
    assert "does not say" in found.result["rows"][0]["detail"]


class Killed(BaseException):
    """As when the process is gone."""


def killed_after(steps: int, project: Project, monkeypatch: pytest.MonkeyPatch) -> Job:
    """A worker that checks the log and dies after so many steps; its job, let go."""
    asked = actions.enqueue("audit.verify", {}, project=project)
    step, made = Work.step, []

    def dying(work: Work, *given: Any, **more: Any) -> None:
        step(work, *given, **more)
        made.append(work)
        if len(made) == steps:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Work, "step", dying)
        run_worker(threading.Event(), until_idle=True)
    Job.objects.filter(pk=asked.pk).update(leased_until=actions.AT_ONCE)
    asked.refresh_from_db()
    return asked


def test_the_next_worker_goes_on_where_the_killed_one_stopped(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = audit.check(project)
    asked = killed_after(2, project, monkeypatch)
    assert asked.checkpoint["through"] == 20
    read = []
    stream = audit.stream
    monkeypatch.setattr(audit, "stream", lambda of, after=0: read.append(after) or stream(of, after))
    run_worker(threading.Event(), until_idle=True)
    asked.refresh_from_db()
    assert (asked.state, asked.attempts, read) == ("done", 2, [20])
    assert asked.result["intact"] is True
    assert (asked.result["records"], asked.result["head"]) == (whole.records, whole.head)
    assert asked.result["anchors_checked"] == whole.anchors_checked


def test_what_is_appended_while_it_reads_is_no_damage(project: Project) -> None:
    """An append, and an anchor for it, in the middle of the reading and at its very end."""
    appended: list[int] = []

    def step(read: int, total: int, saved: dict[str, Any]) -> None:
        if len(appended) < 3:
            appended.append(read)
            put_subject(project, ME, Version(kind="dataset", name="d", version=f"w{read}"))
            anchors.keep(project, anchors.anchor(project, "meanwhile"))

    found = audit.check(project, step=step)
    assert appended == [10, 20, 30]
    assert found.intact, found.fault
    assert found.records == Head.objects.get(project=project).sequence == Record.objects.count()


def test_what_was_cut_off_is_told_from_an_append(project: Project) -> None:
    last = Head.objects.get(project=project).sequence
    SubjectRow.objects.all().delete()
    Record.objects.filter(project=project, sequence=last).delete()
    found = audit.check(project)
    assert found.fault is not None
    assert (found.fault.what, found.fault.sequence) == ("cut_off", last)
