"""How much the API asks of the database: no more for a thousand than it must, and lists no more for long ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sextant_server.lifecycle import actions as lifecycle
from sextant_server.projects.actions import change_project
from sextant_server.projects.models import Project
from sextant_server.records import actions as records
from sextant_server.weeks.actions import refresh_all
from tests.server.asking import API, operations, send
from tests.server.world import LOCAL, World, client, make_world, share

FORMS = f"{API}/projects/forms"


@pytest.fixture
def world(both_databases: str) -> World:
    return make_world()


@pytest.fixture
def owner(world: World) -> Client:
    return client(world.people["owner"])


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are run, without those that open and close transactions."""
    said: list[str] = []
    with CaptureQueriesContext(connection) as asked:
        yield said
    words = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    said += [q["sql"] for q in asked.captured_queries if not q["sql"].startswith(words)]


def drift_run(n: int) -> dict[str, Any]:
    """A run of the drift check, a different one for each number, all of one subject."""
    return {
        "kind": "drift_run", "type": "data", "estimand": f"run {n}", "setting": "monitoring", "at": "2026-01-01T00:00:00Z",
        "model": {"kind": "model", "name": "reader", "version": "m1"}, "producer": {"name": "t"}, "checked": ["ink"],
        "subject": {"kind": "model", "name": "reader", "version": "m1"}, "drifted": ["ink"] if n % 2 else [],
    }  # fmt: skip


def test_a_thousand_evidence_are_one_transaction_of_few_statements(world: World, owner: Client) -> None:
    """Four tables get rows (records, evidence, what it rests on, the latest), some hundred a statement on SQLite,
    which takes no more in one. What a thousand cost beyond one is these statements and nothing for each."""
    with counted() as one:
        assert send(owner, "POST", f"{FORMS}/evidence", [share(1).plain()]).status_code == 201
    body = [{**share(n).plain(), "slice": {"n": str(n)}} for n in range(500)] + [
        drift_run(n) for n in range(500)
    ]
    with counted() as thousand:
        assert send(owner, "POST", f"{FORMS}/evidence", body).status_code == 201
    assert len(thousand) <= len(one) + 50, f"{len(one)} for one, {len(thousand)} for a thousand"
    inserts = [sql for sql in thousand if sql.startswith("INSERT")]
    assert len(inserts) <= 45
    with counted() as again:
        assert send(owner, "POST", f"{FORMS}/evidence", body).status_code == 200
    assert len(again) <= 12


def test_a_list_of_criteria_or_risks_costs_what_it_writes(world: World, owner: Client) -> None:
    def criteria(many: int) -> list[dict[str, Any]]:
        from tests.server.world import ACCURACY

        return [{**ACCURACY.plain(), "key": f"c{n}", "threshold": n / 1000} for n in range(many)]

    for path, body in (("criteria", criteria(60)), ("risks", [{"text": f"risk {n}"} for n in range(60)])):
        with counted() as first:
            assert send(owner, "PUT", f"{FORMS}/{path}", body).status_code == 200
        assert len(first) <= 60 + 20, path
        with counted() as again:
            assert send(owner, "PUT", f"{FORMS}/{path}", body).status_code == 200
        assert len(again) <= 12, path


def test_reading_costs_the_same_however_much_there_is(world: World, owner: Client) -> None:
    """The log aside, which is read whole, a chunk at a time."""
    # A model card is of the version that is to ship.
    change_project(world.project, LOCAL, candidate="reader@m1")
    lists = [
        p.format(slug="forms", phase="data") for m, p in operations()
        if m == "GET" and "/log" not in p and "{" not in p.replace("{slug}", "").replace("{phase}", "")
    ]  # fmt: skip
    assert len(lists) > 20

    def costs() -> dict[str, int]:
        # Where a project stands is kept; working it out again is asked for in its own tests.
        refresh_all(Project.objects.all())
        found = {}
        for path in lists:
            with counted() as asked:
                response = send(owner, "GET", path)
                assert response.status_code == 200
                if response.streaming:
                    b"".join(response)
            found[path] = len(asked)
        return found

    few = costs()
    records.add_evidence(world.project, LOCAL, [share(n, note=str(n)) for n in range(300)])
    lifecycle.put_risks(world.project, LOCAL, [{"text": f"risk {n}"} for n in range(50)])
    for n in range(12):
        lifecycle.go_back(world.project, LOCAL, "data", f"round {n}", subjects=[], by="Ada")
        lifecycle.decide(world.project, LOCAL, "problem", "hold", by="Ada")
        lifecycle.not_applicable(world.project, LOCAL, "1d", f"again {n}", by="Ada")
    assert costs() == few
    # What waits for whom comes from many tables: the standings, jobs, reviews, comments, reminders.
    many = {path: few.pop(path) for path in ("/api/v1/today", "/api/v1/digest")}
    assert max(few.values()) <= 20 and max(many.values()) <= 30, (few, many)
