"""Wording that changes after a signature: the signer is told once by mail with the words, and on Today; no signature is asked.
A material change asks again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from sextant.problem.documents import Brief, Stakeholder
from sextant_server.jobs import schedule
from sextant_server.jobs.actions import AT_ONCE
from sextant_server.jobs.kinds import wording_tell
from sextant_server.jobs.models import Job
from sextant_server.jobs.worker import run_worker
from sextant_server.people import sign_actions, wording
from sextant_server.people.mail_models import Mail
from sextant_server.people.sign_models import Invitation
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records import audit, queries
from sextant_server.records.models import DocumentRow, SignatureRow
from sextant_server.weeks import queries as weeks
from tests.server.weeks.test_today import BRIEF
from tests.server.world import LOCAL, account, client, open_project, write
from tests.smtp import Post, post_office, use


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    monkeypatch.setattr("django.conf.settings.PUBLIC_URL", "https://s.test")
    monkeypatch.setattr(wording_tell, "SETTLED", timedelta(0))
    with post_office() as post:
        use(monkeypatch, post)
        yield post


@pytest.fixture
def project(both_databases: str) -> Project:
    made = open_project()
    write(
        made, (BRIEF, ""), (Stakeholder(name="Ada", required=True), "ada"),
        (Stakeholder(name="Mira Sol", required=True, email="mira@example.org"), "mira"),
    )  # fmt: skip
    return made


@pytest.fixture
def ada(project: Project) -> User:
    user = account("ada", first_name="Ada", email="ada@example.org")
    projects.set_member(project, LOCAL, "ada", "reviewer")
    return user


def sign(project: Project, user: User) -> SignatureRow:
    digest = queries.signable(project)["brief"]
    return records.sign(
        project, Caller(user=user), subject="brief", digest=digest, person="Ada", role="sponsor"
    )


def reword(project: Project, **change: object) -> Brief:
    made = BRIEF.model_copy(update=change)
    records.put_document(project, LOCAL, made)
    return made


def work() -> list[Mail]:
    schedule.recurring()["wording"].look(datetime.now(UTC))
    Job.objects.update(run_after=AT_ONCE)
    run_worker(threading.Event(), until_idle=True)
    return list(Mail.objects.filter(about__startswith="wording:").order_by("id"))


def kinds(user: User) -> list[tuple[str, str]]:
    return [(e.kind, e.href) for e in weeks.today(Caller(user=user)).mine]


def test_a_signer_is_told_the_words_and_nothing_is_asked(project: Project, ada: User, post: Post) -> None:
    sign(project, ada)
    made, _ = sign_actions.invite(
        project, LOCAL, subject="brief", stakeholder="mira", base="https://s.test/s/"
    )
    # As if Mira had signed by her link, with the code.
    signed = records.sign(
        project, Caller(guest=(made.pk, "Mira Sol")), subject="brief",
        digest=queries.signable(project)["brief"], person="Mira Sol", role="other",
    )  # fmt: skip
    Invitation.objects.filter(pk=made.pk).update(signature=signed)
    assert (work(), kinds(ada)) == ([], [])
    reword(project, problem="Clerks retype <b>many</b> forms.")
    assert kinds(ada) == [("wording", f"/p/forms/sign/brief/since/{signed.record.sequence - 1 - 1}/")]
    mails = work()
    assert sorted(m.to for m in mails) == ["ada@example.org", "mira@example.org"]
    to_ada = next(m for m in mails if m.to.startswith("ada"))
    assert "[put in: <b>many</b>]" in to_ada.text and "Your signature stands" in to_ada.text
    assert "&lt;b&gt;many" in to_ada.html and "<ins>" in to_ada.html
    assert "https://s.test/p/forms/sign/brief/since/" in to_ada.text
    assert "https" not in next(m for m in mails if m.to.startswith("mira")).text
    assert len(work()) == 2, "a wording is told once"
    # Told already, so the next mail holds only what is new; one that goes back to what they know is not told at all.
    reword(project, problem="Clerks retype very many forms.")
    third = work()[2:]
    assert len(third) == 2 and all("[taken out: <b>many</b>]" in m.text for m in third)
    reword(project, problem="Clerks retype very  many forms.", feasibility="yes")
    assert len(work()) == 4
    state = queries.project_state(project)
    assert len(state.signed("brief", queries.signable(project, state)["brief"])) == 2
    assert audit.projections(project) == []


def test_it_waits_on_today_until_it_is_read(project: Project, ada: User) -> None:
    row = sign(project, ada)
    reword(project, problem="Clerks retype many forms.")
    page, path = client(ada), f"/p/forms/sign/brief/since/{row.record.sequence}/"
    assert kinds(ada) == [("wording", path)]
    assert "I have read it" in page.get(path).content.decode()
    bo = account("bo")
    projects.set_member(project, LOCAL, "bo", "editor")
    assert client(bo).post(path).status_code == 404, "it is another's signature"
    assert page.post(path).status_code == 302
    assert kinds(ada) == []
    assert "I have read it" not in page.get(path).content.decode()
    reword(project, problem="Clerks retype all forms.")
    assert [k for k, _ in kinds(ada)] == ["wording"], "a further wording waits again"
    projects.remove_member(project, LOCAL, "ada")
    assert kinds(ada) == []


def test_a_material_change_asks_again_and_is_no_wording(project: Project, ada: User, post: Post) -> None:
    sign(project, ada)
    reword(project, budget=2000.0)
    assert [k for k, _ in kinds(ada)] == ["signature"]
    assert work() == []
    [entry] = weeks.today(Caller(user=ada)).mine
    assert "It changed after Ada signed" in entry.said
    sign(project, ada)
    assert kinds(ada) == []


def test_who_left_or_wants_no_mail_any_more_is_not_told(project: Project, ada: User, post: Post) -> None:
    sign(project, ada)
    reword(project, problem="Clerks retype many forms.")
    projects.remove_member(project, LOCAL, "ada")
    assert work() == []
    assert wording.untold(datetime.now(UTC)) == [], "and it is not looked at again"


def test_wording_that_was_just_written_is_not_told_yet(project: Project, ada: User) -> None:
    sign(project, ada)
    reword(project, problem="Clerks retype many forms.")
    assert wording.untold(datetime.now(UTC) - timedelta(minutes=10)) == []
    DocumentRow.objects.filter(kind="brief", present=True).update(
        at=datetime.now(UTC) - timedelta(minutes=11)
    )
    assert len(wording.untold(datetime.now(UTC) - timedelta(minutes=10))) == 1
