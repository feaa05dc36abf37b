"""Mail and chat: sent once by the worker, tried again, and what became of it can be seen; never a secret in the database."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from sextant.errors import InvalidInput, Unavailable
from sextant_server.jobs.actions import AT_ONCE
from sextant_server.jobs.models import Job
from sextant_server.jobs.worker import run_worker
from sextant_server.people import chat, mail, mail_actions
from sextant_server.people.mail_models import Mail
from sextant_server.projects.models import Project
from sextant_server.records.models import Record
from tests.server.jobs.test_outgoing import receiver
from tests.server.world import LOCAL, open_project
from tests.smtp import Post, post_office, use


@pytest.fixture
def project(both_databases: str) -> Project:
    return open_project()


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with post_office() as post:
        use(monkeypatch, post, DEFAULT_FROM_EMAIL="Sextant <sextant@sextant.example>")
        yield post


def work() -> None:
    Job.objects.update(run_after=AT_ONCE)
    run_worker(threading.Event(), until_idle=True)


def became(row: Mail) -> mail.Delivery:
    return mail.delivery(Mail.objects.select_related("job").get(pk=row.pk))


def test_a_mail_is_sent_once(project: Project, post: Post) -> None:
    row = mail.send(
        "zoe@example.org", "Two things\nwait", "Häuser: 2\n.\nEnd", name="Zoë Ü", project=project, key="k"
    )
    assert mail.send("zoe@example.org", "again", "again", project=project, key="k") == row
    assert became(row).state == "waiting"
    work()
    [got] = post.got
    assert (got["To"], got["From"]) == ("Zoë Ü <zoe@example.org>", "Sextant <sextant@sextant.example>")
    assert got["Subject"] == "Two things wait"
    assert got.get_content() == "Häuser: 2\n.\nEnd\n"
    assert got["Message-ID"].startswith(f"<sextant.{row.pk}.")
    assert became(row).state == "sent"


def test_a_secret_stands_in_the_mail_and_never_in_the_database(project: Project, post: Post) -> None:
    row = mail.send("zoe@example.org", "Sign", "Open https://x/{secret}", project=project, seed="link:1:abc")
    told = mail.secret("link:1:abc")
    assert told not in json.dumps(
        [Mail.objects.values_list().first(), Job.objects.values_list().first()], default=str
    )
    work()
    assert post.last("zoe@example.org") == f"Open https://x/{told}\n"
    row.refresh_from_db()
    assert (row.text, row.seed) == ("", "")


@pytest.mark.parametrize(
    ("where", "answer", "state", "said"),
    [
        ("to_recipient", b"550 5.1.1 <zoe@example.org> unknown", "failed", "550 5.1.1 <the address> unknown"),
        ("to_recipient", b"451 later", "again", "did not take it: later"),
        ("to_text", b"554 spam", "failed", "554 spam"),
        ("to_text", b"452 full", "again", "did not take it: full"),
    ],
)
def test_what_a_server_refuses_for_good_fails_and_the_rest_is_tried_again(
    project: Project, post: Post, where: str, answer: bytes, state: str, said: str
) -> None:
    row = mail.send("zoe@example.org", "Sign", "text", project=project)
    setattr(post, where, answer)
    work()
    found = became(row)
    assert (found.state, post.got) == (state, [])
    assert said in found.error
    assert "zoe" not in found.error, "an address is personal data"
    setattr(post, where, b"250 ok")
    work()
    assert became(row).state == ("sent" if state == "again" else "failed")


def test_a_server_without_encryption_gets_nothing_where_encryption_is_asked_for(
    project: Project, post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "EMAIL_USE_TLS", True)
    row = mail.send("zoe@example.org", "Sign", "text", project=project)
    work()
    assert post.got == []
    assert became(row).state == "again"
    assert "STARTTLS" in became(row).error


def test_a_server_that_is_gone_is_tried_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    with post_office() as gone:
        use(monkeypatch, gone)
    row = mail.send("zoe@example.org", "Sign", "text", project=project)
    work()
    assert became(row).state == "again"
    assert "does not answer" in became(row).error


def test_what_is_late_erased_or_of_nobody_is_not_sent(project: Project, post: Post) -> None:
    late = mail.send(
        "zoe@example.org", "Code", "1", project=project, until=datetime.now(UTC) - timedelta(seconds=1)
    )
    gone = mail.send("max@example.org", "Hello", "Max", name="Max", project=project, about="hello:1")
    assert mail_actions.forget_address("MAX@example.org") == 1
    work()
    assert post.got == []
    assert became(late).state == "late"
    gone.refresh_from_db()
    assert (gone.to, gone.name, gone.text) == ("", "", "")
    assert list(mail.deliveries(project, ["hello:1", "hello:2"])) == ["hello:1"]
    for wrong in (
        "",
        "nobody",
        "a@b@c",
        "a b@example.org",
        "x" * 250 + "@example.org",
        "a@example.org\nBcc: b@c.d",
    ):
        with pytest.raises(InvalidInput, match="no mail address"):
            mail.send(wrong, "s", "t")


def test_without_a_mail_server_nothing_is_promised(project: Project) -> None:
    assert not mail.is_on()
    with pytest.raises(Unavailable, match="SEXTANT_SMTP_URL"):
        mail.send("zoe@example.org", "Sign", "text")


def test_a_channel_is_told_and_its_address_is_in_no_log(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_PRIVATE", True)
    with receiver() as (port, got):
        channel = mail_actions.add_channel(
            project, LOCAL, name="team", url=f"http://127.0.0.1:{port}/services/T0/secret"
        )
        [asked] = chat.say(project, f"*{chat.plain('<Forms> & more')}*", key="digest:1")
        assert chat.say(project, f"*{chat.plain('<Forms> & more')}*", key="digest:1") == [asked]
        work()
    [(path, headers, body)] = got
    assert (path, headers["Content-Type"]) == ("/services/T0/secret", "application/json")
    assert json.loads(body) == {"text": "*&lt;Forms&gt; &amp; more*"}
    assert "secret" not in "".join(Record.objects.values_list("body", flat=True))
    mail_actions.remove_channel(project, LOCAL, channel.pk)
    assert chat.say(project, "nobody hears it") == []


@pytest.mark.parametrize(("status", "state"), [(404, "failed"), (429, "waiting"), (500, "waiting")])
def test_a_channel_that_is_gone_fails_and_a_busy_one_is_asked_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, status: int, state: str
) -> None:
    monkeypatch.setattr(settings, "WEBHOOKS_TO_PRIVATE", True)
    with receiver(status) as (port, _):
        mail_actions.add_channel(project, LOCAL, name="team", url=f"http://127.0.0.1:{port}/secret")
        [asked] = chat.say(project, "hello")
        work()
    asked.refresh_from_db()
    assert (asked.state, str(status) in asked.error, "secret" in asked.error) == (state, True, False)


def test_a_private_channel_is_refused(project: Project) -> None:
    with receiver() as (port, got):
        mail_actions.add_channel(project, LOCAL, name="team", url=f"http://127.0.0.1:{port}/secret")
        [asked] = chat.say(project, "hello")
        work()
    asked.refresh_from_db()
    assert (asked.state, got) == ("failed", [])
