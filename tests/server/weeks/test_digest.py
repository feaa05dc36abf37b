"""Monday's digest: once each, by the clock of whom it is for, and only to who wants it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.test import Client
from pytest_django import Settings

from sextant.errors import Conflict, InvalidInput
from sextant_server.jobs.kinds import digest_send
from sextant_server.jobs.models import Job
from sextant_server.people.mail_actions import add_channel
from sextant_server.people.mail_models import Mail
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.audit import projections
from sextant_server.records.models import Record
from sextant_server.weeks import actions, digest, monday
from sextant_server.weeks.models import Nudge, Rhythm, Sent, Waiting
from tests.server.weeks.test_today import BRIEF, day, member
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, share, write

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
#: A Monday, nine o'clock in Berlin.
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def posting(settings: Settings) -> None:
    settings.MAIL_ON = True
    settings.PUBLIC_URL = "https://sextant.test"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def person(name: str, **fields: Any) -> User:
    made = account(name, email=f"{name}@example.com", **fields)
    User.objects.filter(pk=made.pk).update(date_joined=LONG_AGO)
    made.refresh_from_db()
    return made


@pytest.fixture
def olga() -> User:
    made = person("olga", first_name="Olga")
    project = open_project(name="Form reader")
    projects.set_member(project, LOCAL, "olga", "owner")
    Project.objects.update(created_at=LONG_AGO)
    records.put_criteria(project, LOCAL, [ACCURACY])
    actions.refresh(project)
    records.add_evidence(project, LOCAL, [share(500)])
    actions.refresh(project)
    return made


# --- whose Monday it is


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Niue"]
)
def test_every_monday_of_two_years_comes_once(name: str) -> None:
    """Looked at every 15 minutes through four changes of the clocks: each Monday once, at seven by that clock."""
    where, seen, last = ZoneInfo(name), list[date](), None
    now = datetime(2025, 12, 31, tzinfo=UTC)
    while now < datetime(2027, 12, 31, tzinfo=UTC):
        if 2 <= now.weekday() <= 5:
            # Everywhere on earth it is neither Monday nor the day after.
            now += timedelta(days=1)
            continue
        found = monday.due(now, where, LONG_AGO)
        if found is not None and found != last:
            assert now.astimezone(where).hour == 7 and now.astimezone(where).minute == 0
            seen.append(found)
            last = found
        now += timedelta(minutes=15)
    assert len(seen) == len(set(seen)) == 104
    assert all(d.weekday() == 0 for d in seen)
    assert {(b - a).days for a, b in pairwise(seen)} == {7}


def test_an_hour_that_the_clocks_leave_out_is_the_one_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monday, "HOUR", time(2, 30))
    assert monday.begins(date(2026, 3, 29), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


def test_what_is_too_late_or_before_one_came_is_not_sent() -> None:
    assert monday.due(MONDAY + timedelta(days=2), BERLIN, LONG_AGO) is None
    assert monday.due(MONDAY, BERLIN, MONDAY - timedelta(minutes=30)) is None
    assert monday.due(MONDAY, BERLIN, MONDAY - timedelta(days=1)) == date(2026, 11, 23)


# --- who is told


def test_who_is_due(olga: User) -> None:
    assert digest.people_due(MONDAY) == [(olga, date(2026, 11, 23))]
    person("stranger")
    User.objects.filter(pk=account("mute").pk).update(date_joined=LONG_AGO)
    assert [u.username for u, _ in digest.people_due(MONDAY)] == ["olga"]
    # In Honolulu it is still Sunday evening.
    Rhythm.objects.create(user=olga, zone="Pacific/Honolulu")
    Rhythm.objects.update(changed_at=LONG_AGO)
    assert digest.people_due(MONDAY) == []
    assert [d for _, d in digest.people_due(MONDAY + timedelta(hours=9))] == [date(2026, 11, 23)]
    Rhythm.objects.update(digest=False)
    assert digest.people_due(MONDAY + timedelta(hours=9)) == []
    Rhythm.objects.update(digest=True)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    assert digest.people_due(MONDAY + timedelta(hours=9)) == []


def test_it_goes_out_once(olga: User, posting: None) -> None:
    [(user, monday_)] = digest.people_due(MONDAY)
    assert digest.send_to(user, monday_, MONDAY)
    assert not digest.send_to(user, monday_, MONDAY)
    assert digest.people_due(MONDAY) == []
    [row] = Mail.objects.all()
    assert row.to == "olga@example.com"
    assert row.subject == "Monday 23 November: 1 thing waits for you"
    assert Sent.objects.count() == 1


def test_the_schedule_asks_only_when_somebody_is_due(olga: User, posting: None) -> None:
    digest_send.look(MONDAY - timedelta(days=2))
    assert not Job.objects.filter(kind="digest.send").exists()
    digest_send.look(MONDAY)
    digest_send.look(MONDAY)
    assert Job.objects.filter(kind="digest.send").count() == 1


def test_without_a_mail_server_nothing_is_put_aside(olga: User, settings: Settings) -> None:
    settings.MAIL_ON = False
    digest_send.look(MONDAY)
    assert not Job.objects.exists() or not Job.objects.filter(kind="digest.send").exists()


def test_what_it_says(olga: User, posting: None) -> None:
    now = datetime.now(UTC)
    text, html = digest.rendered(made := digest.digest(Caller(user=olga), now), olga)
    for said in (text, html):
        assert "Digits read right: not met" in said
        assert "at least 95" in said and "50" in said
        assert "https://sextant.test/p/forms/targets/accuracy/" in said
        assert "https://sextant.test/digest/stop/" in said
    assert "WAITS FOR YOU" in text and "FORM READER: off course" in text and "\n\n\n" not in text
    assert "1 piece of proof came in" in text or "missing → not met" in text
    # HTML loads nothing and carries no script.
    assert not re.search(r"<(img|script|link|iframe)|src=|@import|url\(", html)
    assert made.today.count == 1


def test_what_people_wrote_is_text_in_every_shape(olga: User, posting: None) -> None:
    bad = "<script>alert(1)</script> <!channel> *x*"
    project = Project.objects.get()
    projects.change_project(project, LOCAL, name=bad)
    _, html = digest.rendered(digest.digest(Caller(user=olga)), olga)
    assert "<script" not in html and "&lt;script&gt;" in html
    said = digest.message(project, datetime.now(UTC))
    assert "<!channel>" not in said and "&lt;!channel&gt;" in said


def test_a_channel_is_told_once_by_the_clock_of_its_owner(olga: User, posting: None) -> None:
    project = Project.objects.get()
    assert digest.projects_due(MONDAY) == []
    add_channel(project, LOCAL, name="team", url="https://hooks.example.com/x")
    [(found, monday_)] = digest.projects_due(MONDAY)
    said = digest.message(found, MONDAY)
    assert said.splitlines()[0] == "*<https://sextant.test/p/forms/|Form reader>: off course*"
    assert actions.tell_channels(found, monday_, said)
    assert not actions.tell_channels(found, monday_, said)
    assert Job.objects.filter(kind="chat.deliver").count() == 1
    assert digest.projects_due(MONDAY) == []


# --- settings and the link that ends it


def test_settings(olga: User) -> None:
    browser = client(olga)
    page = browser.get("/today/rhythm/").content.decode()
    assert "olga@example.com" in page and "Europe/Berlin" in page
    assert (
        browser.post("/today/rhythm/", {"email": "o@example.com", "zone": "Europe/Berlin"}).status_code == 302
    )
    olga.refresh_from_db()
    assert (olga.email, olga.rhythm.zone, olga.rhythm.digest) == ("o@example.com", "Europe/Berlin", False)
    assert browser.post("/today/rhythm/", {"email": "no", "zone": "Mars/Olympus"}).status_code == 422
    with pytest.raises(InvalidInput, match="no time zone"):
        actions.save_rhythm(olga, zone="Mars/Olympus", digest=True)
    with pytest.raises(InvalidInput, match="no mail address"):
        actions.save_rhythm(olga, zone="UTC", digest=True, email="no")


def test_the_link_ends_it_by_a_post_alone(olga: User) -> None:
    browser, address = Client(enforce_csrf_checks=True), f"/digest/stop/{digest.stop_token(olga)}/"
    # A mail program that looks at links ends nothing.
    assert "Stop Monday" in browser.get(address).content.decode()
    assert not Rhythm.objects.filter(digest=False).exists()
    assert "is off" in browser.post(address, {"List-Unsubscribe": "One-Click"}).content.decode()
    assert Rhythm.objects.get().digest is False
    for wrong in ("x", digest.stop_token(olga)[:-2] + "xx", digest.stop_token(olga).partition(":")[2]):
        assert browser.post(f"/digest/stop/{wrong}/").status_code == 404


def test_the_page_shows_what_would_be_sent(olga: User) -> None:
    page = client(olga).get("/digest/").content.decode()
    assert "Digits read right: not met" in page and "As plain text" in page
    assert client(olga).get("/api/v1/digest").json()["subject"].startswith("Monday")


def test_it_leaves_with_both_parts_and_the_header(olga: User, posting: None) -> None:
    from sextant_server.jobs.kinds.mail_deliver import deliver
    from sextant_server.jobs.registry import Work

    [(user, monday_)] = digest.people_due(MONDAY)
    digest.send_to(user, monday_, MONDAY)
    Mail.objects.update(until=None)
    import threading

    deliver(Work(Job.objects.get(kind="mail.deliver"), threading.Event()))
    [sent] = outbox.outbox
    assert sent.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert sent.extra_headers["List-Unsubscribe"].startswith("<https://sextant.test/digest/stop/")
    assert sent.alternatives[0].mimetype == "text/html"


# --- reminders


def test_a_reminder_goes_to_the_one_who_is_waited_for(posting: None) -> None:
    from sextant.problem.documents import Stakeholder

    forms = open_project(name="Form reader")
    owner = member(forms, "olga", "owner", first_name="Olga")
    member(forms, "maria", "reviewer", email="maria@example.com")
    member(forms, "jo", "reviewer")
    write(
        forms, *((Stakeholder(name=name, required=True), name) for name in ("maria", "jo", "kim")), (BRIEF, "")
    )  # fmt: skip
    keys = {e.waits_for: e.key for e in day(owner).theirs}
    browser = client(owner)
    assert browser.post("/p/forms/remind/", {"key": keys["maria"]}).status_code == 302
    [mail] = Mail.objects.all()
    assert mail.to == "maria@example.com" and "Olga reminds you" in mail.text
    assert "https://sextant.test/p/forms/sign/brief/" in mail.text
    # Once a day; not without an address or an account, which is said.
    for name, said in (
        ("maria", "reminded already"),
        ("jo", "no mail address of jo"),
        ("kim", "person with an account"),
    ):
        page = browser.post("/p/forms/remind/", {"key": keys[name]}, follow=True).content.decode()
        assert said in page, name
    assert Nudge.objects.count() == 1
    # The log names nobody's address, and the tables say what it says.
    bodies = [r.body for r in Record.objects.filter(kind="nudge")]
    assert len(bodies) == 1 and not any("@" in body for body in bodies)
    assert projections(forms) == []
    assert browser.post("/p/forms/remind/", {"key": "nothing"}).status_code == 404


def test_reminders_have_a_limit(posting: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from sextant.problem.documents import Stakeholder

    monkeypatch.setattr(actions, "MOST_REMINDERS", 1)
    forms = open_project()
    owner = member(forms, "olga", "owner")
    for name in "ab":
        member(forms, name, "reviewer", email=f"{name}@example.com")
    write(forms, *((Stakeholder(name=n, required=True), n) for n in "ab"), (BRIEF, ""))
    first, second = (e.key for e in day(owner).theirs)
    actions.nudge(forms, Caller(user=owner), first)
    with pytest.raises(Conflict, match="1 reminders within a day"):
        actions.nudge(forms, Caller(user=owner), second)
    Waiting.objects.filter(key=second).update(user=owner)
    with pytest.raises(Conflict, match="yourself"):
        actions.nudge(forms, Caller(user=owner), second)
