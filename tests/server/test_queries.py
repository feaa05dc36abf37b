"""What a page asks of the database does not grow with a project's history: neither queries nor rows fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client
from django.urls import reverse

from sextant.evidence import Evidence, Version
from sextant.problem.documents import FiveWs
from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.models import Job
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.projects.models import Project
from sextant_server.records import actions as records
from sextant_server.records.models import DecisionRow, EvidenceRow
from tests.server.world import ACCURACY, AT, LOCAL, account, client, open_project, share

pytestmark = pytest.mark.django_db


@dataclass
class Asked:
    """What went to the database and came from it."""

    queries: int = 0
    rows: int = 0


class _Counting(CursorWrapper):
    """Django's own cursor, counting what it is asked and every row that is taken out of it."""

    asked: Asked

    def execute(self, sql: str, params: Any = None) -> Any:
        self.asked.queries += not sql.startswith(("SAVEPOINT", "RELEASE"))
        return super().execute(sql, params)

    def __getattr__(self, name: str) -> Any:
        found = super().__getattr__(name)
        if name not in ("fetchone", "fetchmany", "fetchall"):
            return found

        def fetch(*args: Any) -> Any:
            rows = found(*args)
            self.asked.rows += (rows is not None) if name == "fetchone" else len(rows)
            return rows

        return fetch

    def __iter__(self) -> Iterator[Any]:
        for row in super().__iter__():
            self.asked.rows += 1
            yield row


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """Everything that this connection does within."""
    asked = Asked()

    def make_cursor(cursor: Any) -> CursorWrapper:
        made = _Counting(cursor, connection)
        made.asked = asked
        return made

    with monkeypatch.context() as patch:
        for name in ("make_cursor", "make_debug_cursor"):
            patch.setattr(connection, name, make_cursor)
        # Chunked reads of SQLite and PostgreSQL take a cursor of their own from the same place.
        patch.setattr(connection, "chunked_cursor", connection.cursor)
        yield asked


def test_the_counter_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in "abc":
        account(name)
    with counted(monkeypatch) as asked:
        assert len(User.objects.all()) == 3
        assert len(list(User.objects.iterator(chunk_size=2))) == 3
        assert User.objects.count() == 3
        assert User.objects.filter(username="a").exists()
    assert (asked.queries, asked.rows) == (4, 3 + 3 + 1 + 1)


def project_of(evidence: int) -> tuple[Project, Client]:
    """A project with so many measurements, over a fifth as many model versions, and everything else once."""
    project = open_project(f"with-{evidence}", candidate="model:reader@m0")
    records.put_criteria(project, LOCAL, [ACCURACY])
    records.put_document(project, LOCAL, FiveWs(what="Clerks retype forms."))
    lifecycle.put_risks(project, LOCAL, [{"text": "Ink fades"}])
    lifecycle.decide(project, LOCAL, "problem", "hold", by="Ada")
    made: list[Evidence] = [
        share(900 + n % 90, at=AT + timedelta(seconds=n), model=Version.parse(f"model:reader@m{n % max(2, evidence // 5)}"))
        for n in range(evidence)
    ]  # fmt: skip
    for start in range(0, evidence, 1000):
        records.add_evidence(project, LOCAL, made[start : start + 1000])
    enqueue("audit.verify", {}, project=project, asked_by="local")
    user = account(f"reads-{evidence}", is_superuser=True)
    return project, client(user)


def asked_for(browser: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> Asked:
    assert browser.get(path).status_code == 200  # what is kept after the first time is not counted
    with counted(monkeypatch) as asked:
        assert browser.get(path).status_code == 200
    return asked


def test_project_home_is_the_same_work_after_ten_thousand_records(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for size in (10, 10_000):
        project, browser = project_of(size)
        assert EvidenceRow.objects.filter(project=project).count() == size
        found[size] = asked_for(browser, reverse("project", args=[project.slug]), monkeypatch)
    assert found[10] == found[10_000]
    assert found[10].queries <= 15


#: Pages that list proof or the log, and how many rows one entry costs; the others fetch the same at any length.
LISTING = {"target": 100, "proof": 2 * 41, "log": 51}
NAMED = {
    "target": {"key": "accuracy"}, "edit-target": {"key": "accuracy"}, "enter-number": {"key": "accuracy"},
    "retire-target": {"key": "accuracy"}, "documents": {"kind": "data_source"},
    "five-ws": {}, "interviews": {}, "forward-brief": {},
    "document": {"kind": "five_ws", "key": "-"}, "document-version": {"kind": "five_ws", "key": "-", "number": 1},
    "sign": {"subject": "goals"}, "phase": {"phase": "problem"}, "back": {"phase": "data"}, "exempt": {"target": "1d"},
}  # fmt: skip
PLAIN = (
    "project",
    "plan",
    "targets",
    "new-target",
    "proof",
    "risks",
    "timeline",
    "decisions",
    "log",
    "settings",
)


def addresses(project: Project) -> dict[str, str]:
    """Every page that reads history, by its name."""
    found: dict[str, dict[str, Any]] = {**NAMED, **{name: {} for name in PLAIN}}
    found["evidence"] = {"digest": EvidenceRow.objects.filter(project=project).latest("id").digest}
    found["decided"] = {"number": DecisionRow.objects.filter(project=project).latest("id").pk}
    found["job"] = {"number": Job.objects.filter(project=project).latest("id").pk}
    return {
        "home": reverse("home"),
        **{name: reverse(name, kwargs={"slug": project.slug, **more}) for name, more in found.items()},
    }


def test_no_page_grows_with_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    found: dict[int, dict[str, Asked]] = {}
    for size in (10, 300):
        project, browser = project_of(size)
        found[size] = {
            name: asked_for(browser, path, monkeypatch) for name, path in addresses(project).items() if name != "home"
        }  # fmt: skip
    for name, few in found[10].items():
        many = found[300][name]
        assert many.queries == few.queries, name
        assert many.rows - few.rows <= LISTING.get(name, 0), f"{name}: {few} grew to {many}"


def live(project: Project, times: int) -> None:
    """So many decisions, waivers, times round, versions and jobs."""
    until = datetime.now(UTC).date() + timedelta(days=5)
    for n in range(times):
        lifecycle.decide(project, LOCAL, "problem", "hold", note=f"not yet, {n}", by="Ada")
        lifecycle.waive(project, LOCAL, lifecycle.AskedWaiver("1d", f"reason {n}", until), by="Ada")
        lifecycle.go_back(project, LOCAL, "data", f"learned {n}", subjects=[], by="Ada")
        records.put_document(project, LOCAL, FiveWs(what=f"Clerks retype {n} forms."))
        bar = ACCURACY.model_copy(update={"threshold": 0.5 + n / 1000})
        records.put_criteria(project, LOCAL, [bar])
        enqueue("audit.verify", {}, project=project, asked_by="local")


def test_no_page_asks_more_often_after_a_long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    project, browser = project_of(10)
    live(project, 2)
    before = {name: asked_for(browser, path, monkeypatch) for name, path in addresses(project).items()}
    live(project, 60)
    after = {name: asked_for(browser, path, monkeypatch) for name, path in addresses(project).items()}
    assert {n: a.queries for n, a in after.items()} == {n: a.queries for n, a in before.items()}
    # What lists history lists a page of it.
    page = browser.get(reverse("decisions", args=[project.slug])).content.decode()
    assert page.count('<p class="what">') == 50
    assert after["home"].rows == before["home"].rows
    assert after["evidence"].rows - before["evidence"].rows <= STATE


#: The rows that 60 further decisions, times round and versions add to the state that every page of a gate reads.
STATE = 60 * 3


def test_the_list_of_projects_asks_as_often_for_many(monkeypatch: pytest.MonkeyPatch) -> None:
    _, browser = project_of(10)
    few = asked_for(browser, "/", monkeypatch)
    for n in range(10):
        lifecycle.decide(open_project(f"further-{n}"), LOCAL, "problem", "hold", by="Ada")
    many = asked_for(browser, "/", monkeypatch)
    assert many.queries == few.queries
    # A project, its last decision, and its rounds.
    assert many.rows - few.rows <= 10 * 3
