"""Signing by a link, without an account: who has link and code signs, and nobody else; the exact version, and no other."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from sextant.errors import Conflict, InvalidInput, NotFound
from sextant.problem.documents import Brief, Stakeholder
from sextant_server.jobs.actions import AT_ONCE
from sextant_server.jobs.models import Job
from sextant_server.jobs.worker import run_worker
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.people import mail, sign_actions, signing
from sextant_server.people.mail_models import Mail
from sextant_server.people.sign_models import Invitation
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.records import actions as records
from sextant_server.records import audit, queries
from sextant_server.records.models import DocumentRow, Record, SignatureRow
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, write
from tests.smtp import Post, post_office, use

ADDRESS = "mira@example.org"
BASE = "https://sextant.test/s/"
MIRA = Stakeholder(name="Mira Sol", role="sponsor", required=True)
BRIEF = Brief(problem="Clerks retype 400 forms a day.", scope="Forms on paper.", budget=8000)


def stake(project: Project) -> Project:
    write(project, (MIRA, "mira"), (BRIEF, ""))
    records.put_criteria(project, LOCAL, [ACCURACY])
    return project


@pytest.fixture
def project(both_databases: str) -> Project:
    return stake(open_project())


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with post_office() as post:
        use(monkeypatch, post)
        yield post


def work() -> None:
    Job.objects.update(run_after=AT_ONCE)
    run_worker(threading.Event(), until_idle=True)


def invite(project: Project, **more: Any) -> tuple[Invitation, str]:
    made, link = sign_actions.invite(
        project, LOCAL, **{"subject": "brief", "stakeholder": "mira", "email": ADDRESS, "base": BASE, **more}
    )
    return made, link.removeprefix("https://sextant.test")


def code_of(post: Post) -> str:
    work()
    code: str
    [code] = re.findall(r"^(\d{6}) is your code", post.last(ADDRESS), re.M)
    return code


def digest(project: Project, subject: str = "brief") -> str:
    return queries.signable(project)[subject]


def sign(link: str, code: str, version: str, **more: Any) -> Any:
    return Client().post(link, {"do": "sign", "code": code, "digest": version, **more})


def test_a_stakeholder_without_an_account_signs(project: Project, post: Post) -> None:
    made, link = invite(project)
    work()
    assert link.endswith(re.findall(r"/s/\w+/", post.last(ADDRESS))[0])
    shown = Client().get(link)
    assert "Forms on paper." in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    assert Client().post(link, {"do": "code"}).status_code == 302
    code = code_of(post)
    assert sign(link, f"{code[:3]} {code[3:]}", digest(project)).status_code == 302
    [row] = SignatureRow.objects.all()
    assert (row.person, row.role, row.digest) == ("Mira Sol", "sponsor", digest(project))
    assert row.record.actor == f"link:{made.pk}"
    after = Client().get(link)
    assert (after.status_code, "You signed this" in after.content.decode()) == (200, True)
    again = sign(link, code, digest(project))
    assert SignatureRow.objects.count() == 1
    assert "signs no second time" in again.content.decode()


def test_no_address_link_or_code_is_in_the_log_or_kept_in_the_clear(
    project: Project, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    _, link = invite(project)
    Client().post(link, {"do": "code"})
    secret = link.split("/")[2]
    kept = (
        repr(list(Invitation.objects.values()))
        + repr(list(Mail.objects.values()))
        + repr(list(Job.objects.values()))
    )
    code = code_of(post)
    with caplog.at_level(logging.INFO):
        sign(link, code, digest(project))
    log = "".join(Record.objects.values_list("body", flat=True))
    assert secret not in kept + log + caplog.text
    assert code not in kept
    assert ADDRESS not in log
    assert audit.projections(project) == []


def test_a_forwarded_link_cannot_sign(project: Project, post: Post) -> None:
    """Who has the link and not the mailbox: no code, a guessed one, one of another link."""
    _, link = invite(project)
    assert "no code was sent" in sign(link, "123456", digest(project)).content.decode().lower()
    Client().post(link, {"do": "code"})
    right = code_of(post)
    wrong = [f"{(int(right) + n) % 1_000_000:06d}" for n in range(1, 6)]
    for left, guess in zip((4, 3, 2, 1, 0), wrong, strict=True):
        answer = sign(link, guess, digest(project))
        assert answer.status_code == 422
        assert {0: "ask for another", 1: "one try is left"}.get(
            left, f"{left} tries are left"
        ) in answer.content.decode()
    refused = sign(link, right, digest(project))
    assert (refused.status_code, "tried 5 times" in refused.content.decode()) == (403, True)
    assert not SignatureRow.objects.exists()


def test_a_code_is_of_one_link_lasts_a_while_and_is_rationed(project: Project, post: Post) -> None:
    made, link = invite(project)
    _, other = invite(project, subject="goals")
    Client().post(link, {"do": "code"})
    code = code_of(post)
    Client().post(other, {"do": "code"})
    if code != code_of(post):
        assert sign(other, code, digest(project, "goals")).status_code == 422
    soon = Client().post(link, {"do": "code"})
    assert soon.status_code == 409
    # On a slow machine some of them are over.
    assert re.search(r"in \d\d? seconds", soon.content.decode())
    Invitation.objects.filter(pk=made.pk).update(code_until=datetime.now(UTC) - timedelta(seconds=1))
    late = sign(link, code, digest(project))
    assert (late.status_code, "too old" in late.content.decode()) == (409, True)
    Invitation.objects.filter(pk=made.pk).update(codes=sign_actions.CODES, code_sent_at=None)
    assert "all that it has" in Client().post(link, {"do": "code"}).content.decode()
    assert not SignatureRow.objects.exists()


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        ({"budget": 9000.0}, ("8000", "9000")),
        ({"scope": "Forms on paper and faxes."}, ("paper.", "paper and faxes.")),
    ],
)
def test_an_old_version_is_refused_and_the_difference_shown(
    project: Project, post: Post, change: dict[str, Any], changed: tuple[str, str]
) -> None:
    _, link = invite(project)
    read = digest(project)
    Client().post(link, {"do": "code"})
    code = code_of(post)
    records.put_document(project, LOCAL, BRIEF.model_copy(update=change))
    refused = sign(link, code, read)
    text = re.sub(r'<span class="unseen">.*?</span>', "", refused.content.decode())
    assert refused.status_code == 409
    assert "changed since you read it; nothing was signed" in text
    assert changed[0] in "".join(re.findall(r"<del>(.*?)</del>", text))
    assert changed[1] in "".join(re.findall(r"<ins>(.*?)</ins>", text))
    assert sign(link, code, digest(project)).status_code == 302, "having read it, they sign the present one"


def test_wording_lets_a_signature_stand_and_target_scope_budget_and_date_do_not(
    project: Project, post: Post
) -> None:
    def stands() -> str:
        state = queries.project_state(project)
        [signer] = signing.signers(project, state, "brief", queries.signable(project, state)["brief"])
        return signer.standing

    assert stands() == "open"
    _, link = invite(project)
    assert stands() == "asked"
    Client().post(link, {"do": "code"})
    sign(link, code_of(post), digest(project))
    assert stands() == "signed"
    records.put_document(
        project, LOCAL, BRIEF.model_copy(update={"problem": "Clerks retype 450 forms a day."})
    )
    assert stands() == "wording"
    at = SignatureRow.objects.get().record.sequence
    [change] = signing.since(project, queries.project_state(project), "brief", at)
    assert (change.name, change.material) == ("problem", False)
    for name, value in {
        "scope": "All forms.", "budget": 1.0, "ends": date(2027, 1, 1), "business_metrics": ("12 posts",),
    }.items():  # fmt: skip
        records.put_document(project, LOCAL, BRIEF.model_copy(update={name: value}))
        assert stands() == "changed", name
    assert "It changed since" in Client().get(link).content.decode()


def test_what_changed_in_the_goals_since_they_were_signed_is_read_out_of_the_log(
    project: Project, post: Post
) -> None:
    _, link = invite(project, subject="goals")
    Client().post(link, {"do": "code"})
    sign(link, code_of(post), digest(project, "goals"))
    at = SignatureRow.objects.get().record.sequence
    assert signing.since(project, queries.project_state(project), "goals", at) == []
    records.put_criteria(project, LOCAL, [ACCURACY.model_copy(update={"threshold": 0.97})])
    lifecycle.put_plans(project, LOCAL, [{"phase": "data", "planned_end": "2027-01-31"}])
    found = {c.name: c for c in signing.since(project, queries.project_state(project), "goals", at)}
    assert found.keys() == {"criterion:accuracy", "phase:data"}
    assert any(what == "new" and "0.97" in text for what, text in found["criterion:accuracy"].words)


def test_a_link_that_expired_was_taken_back_or_is_unknown_says_so(project: Project, post: Post) -> None:
    made, link = invite(project)
    Client().post(link, {"do": "code"})
    code = code_of(post)
    Invitation.objects.filter(pk=made.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    for answer in (Client().get(link), sign(link, code, digest(project))):
        assert (answer.status_code, "This link has expired" in answer.content.decode()) == (410, True)
    second, other = invite(project)
    sign_actions.revoke(project, LOCAL, second.pk)
    assert "This link was taken back" in Client().get(other).content.decode()
    third, _ = invite(project)
    fourth, newest = invite(project)
    third.refresh_from_db()
    assert third.revoked_at, "a new link ends the one before"
    assert Client().get(newest).status_code == 200
    unknown = Client().get("/s/" + "0" * 64 + "/")
    assert (unknown.status_code, ADDRESS in unknown.content.decode()) == (404, False)
    with pytest.raises(NotFound):
        sign_actions.revoke(open_project("other"), LOCAL, fourth.pk)
    assert not SignatureRow.objects.exists()


def test_a_stakeholder_who_leaves_or_is_replaced_no_longer_signs(project: Project, post: Post) -> None:
    _, link = invite(project)
    Client().post(link, {"do": "code"})
    code = code_of(post)
    records.put_document(
        project, LOCAL, Stakeholder(name="Noor Haddad", role="sponsor", required=True), key="mira"
    )
    answer = sign(link, code, digest(project))
    assert (answer.status_code, "somebody else has this part now" in answer.content.decode()) == (410, True)
    _, theirs = invite(project)
    assert "Noor Haddad" in Client().get(theirs).content.decode()
    records.withdraw_document(project, LOCAL, "stakeholder", "mira")
    assert Client().get(theirs).status_code == 410
    assert not SignatureRow.objects.exists()
    [item] = [i for i in lifecycle_gate(project) if i.item.key == "1f"]
    assert "Nobody is named" in item.finding.reason


def lifecycle_gate(project: Project) -> Any:
    from sextant.lifecycle.gates import gate

    return gate(queries.project_state(project), "problem").items


def test_bad_requests_to_ask(project: Project, post: Post) -> None:
    for fault, kind, more in (
        ("no mail address", InvalidInput, {"email": "mira"}),
        ("no mail address", InvalidInput, {"email": ""}),
        ("no stakeholder", NotFound, {"stakeholder": "nobody"}),
        ("can be signed", NotFound, {"subject": "ship_decision"}),
        ("0 days", InvalidInput, {"days": 0}),
        ("91 days", InvalidInput, {"days": 91}),
        ("SEXTANT_PUBLIC_URL", InvalidInput, {"base": ""}),
    ):
        with pytest.raises(kind, match=fault):
            invite(project, **more)
    assert not Mail.objects.exists()
    for _ in range(sign_actions.LINKS_AN_HOUR):
        invite(project)
    with pytest.raises(Conflict, match="within an hour"):
        invite(project)
    records.sign(project, LOCAL, subject="brief", digest=digest(project), person="mira sol", role="sponsor")
    with pytest.raises(Conflict, match="signed this version already"):
        invite(project, subject="brief")


def test_an_address_is_forgotten_with_its_links(project: Project, post: Post) -> None:
    made, link = invite(project)
    work()
    sign_actions.forget(project, LOCAL, "mira")
    made.refresh_from_db()
    assert (made.email, Mail.objects.get().to) == ("", "")
    assert Client().get(link).status_code == 410
    assert ADDRESS not in repr(list(Invitation.objects.values())) + repr(list(DocumentRow.objects.values()))


def test_without_mail_a_link_reads_and_does_not_sign(project: Project) -> None:
    assert not mail.is_on()
    _, link = invite(project, email="")
    shown = Client().get(link).content.decode()
    assert "You cannot sign here now" in shown
    assert "Send me the code" not in shown
    asked = Client().post(link, {"do": "code"})
    assert (asked.status_code, "SEXTANT_SMTP_URL" in asked.content.decode()) == (503, True)


def test_two_who_sign_by_one_link_at_once_make_one_signature(project: Project, post: Post) -> None:
    from django.db import connections

    _, link = invite(project)
    Client().post(link, {"do": "code"})
    code, version, together = code_of(post), digest(project), threading.Barrier(4)
    came: list[int] = []

    def run() -> None:
        together.wait()
        try:
            came.append(sign(link, code, version).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came.count(302) == 1
    assert SignatureRow.objects.count() == 1


def test_pages_of_signing(project: Project, post: Post) -> None:
    """Asking, seeing what became of the mail, and the difference when one's own page is old."""
    owner = account("owner")
    projects.set_member(project, LOCAL, "owner", "owner")
    browser = client(owner)
    made = browser.post(
        "/p/forms/sign/brief/ask/", {"stakeholder": "mira", "email": ADDRESS, "days": 14}
    ).content.decode()
    assert re.search(r"http://testserver/s/\w{64}/", made)
    assert "mail waits for the worker" in browser.get("/p/forms/sign/brief/").content.decode()
    work()
    assert "mail sent" in browser.get("/p/forms/people/").content.decode()
    assert "no mail address" not in made
    wrong = browser.post("/p/forms/sign/brief/ask/", {"stakeholder": "mira", "email": "mira", "days": 0})
    assert (wrong.status_code, wrong.content.decode().count('class="errors"') >= 2) == (422, True)
    read, at = digest(project), Record.objects.latest("sequence").sequence
    records.put_document(project, LOCAL, BRIEF.model_copy(update={"budget": 9000.0}))
    old = browser.post("/p/forms/sign/brief/", {"digest": read, "sequence": at, "role": "sponsor"})
    assert (old.status_code, "9000" in old.content.decode(), "struck through" in old.content.decode()) == (
        409,
        True,
        True,
    )
    revoked = Invitation.objects.get()
    browser.post("/p/forms/sign/brief/ask/", {"revoke": revoked.pk})
    revoked.refresh_from_db()
    assert revoked.revoked_at
