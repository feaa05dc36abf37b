"""The weeks on SQLite and PostgreSQL, with more than one at it: what is kept stays whole, and nothing goes out twice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client

from sextant_server.lifecycle import actions as lifecycle
from sextant_server.people.mail_models import Mail
from sextant_server.projects import actions as projects
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.audit import projections
from sextant_server.weeks import actions, digest, queries
from sextant_server.weeks.models import Kept, Sent, Waiting
from tests.server.weeks.test_digest import LONG_AGO, MONDAY, posting
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, share

__all__ = ["posting"]


def at_once(*work: Callable[[], object]) -> list[object]:
    """What comes of these when they run at the same moment, each on a connection of its own."""
    gate = threading.Barrier(len(work))

    def run(one: Callable[[], object]) -> object:
        try:
            gate.wait()
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(run, work))


def test_pages_and_their_data(both_databases: str) -> None:
    forms = open_project(name="Form reader")
    olga = account("olga", email="olga@example.com")
    projects.set_member(forms, LOCAL, "olga", "owner")
    records.put_criteria(forms, LOCAL, [ACCURACY])
    records.add_evidence(forms, LOCAL, [share(500)])
    until = datetime.now(UTC).date() + timedelta(days=5)
    lifecycle.waive(forms, LOCAL, lifecycle.AskedWaiver("1d", "later", until), by="Ada")
    browser: Client = client(olga)
    for path in ("today", "portfolio", "digest", "p/forms/meeting", "p/forms/waivers", "today/rhythm"):
        assert browser.get(f"/{path}/").status_code == 200, path
    found = queries.today(Caller(user=olga))
    assert [e.kind for e in found.mine] == ["waiver", "target"]
    for order in queries.ORDERS:
        assert queries.portfolio(LOCAL, order=f"-{order}").total == 1
    lifecycle.tell_outcome(forms, LOCAL, "1d", "well")
    assert projections(forms) == []


def test_several_who_work_out_one_standing(both_databases: str) -> None:
    forms = open_project()
    records.put_criteria(forms, LOCAL, [ACCURACY])
    records.add_evidence(forms, LOCAL, [share(500)])
    assert len(set(at_once(*[lambda: actions.refresh(forms).pk] * 4))) == 1
    assert Kept.objects.count() == 1
    assert sorted(Waiting.objects.values_list("key", flat=True)) == ["next:problem", "target:accuracy"]


@pytest.mark.usefixtures("posting")
def test_two_workers_send_one_digest(both_databases: str) -> None:
    user = account("olga", email="olga@example.com")
    User.objects.update(date_joined=LONG_AGO)
    projects.set_member(open_project(), LOCAL, "olga", "owner")
    day = date(2026, 11, 23)
    became = at_once(*[lambda: digest.send_to(user, day, MONDAY)] * 3)
    assert sorted(map(str, became)) == ["False", "False", "True"]
    assert (Sent.objects.count(), Mail.objects.count()) == (1, 1)
