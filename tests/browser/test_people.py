"""A stakeholder without an account, on a phone: from the mail to the signature, in a real browser."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from sextant.problem.documents import Brief
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work, kind
from sextant_server.people import sign_actions
from sextant_server.people.sign_models import Invitation
from sextant_server.projects.models import Project
from sextant_server.records import actions as records
from sextant_server.records.models import SignatureRow
from tests.browser.conftest import ORIGIN, Visit
from tests.browser.rich import rich_project
from tests.browser.test_every_page import _too_wide, look
from tests.server.world import LOCAL
from tests.smtp import Post, post_office, use
from tests.ui.axe import violations

pytestmark = pytest.mark.django_db


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with post_office() as post:
        use(monkeypatch, post)
        yield post


def deliver() -> None:
    """What the worker would do, in this thread, which has the test's transaction."""
    for job in Job.objects.filter(kind="mail.deliver", state="waiting"):
        kind(job.kind).run(Work(job, threading.Event()))
        Job.objects.filter(pk=job.pk).update(state="done")


def link(project: Project) -> str:
    _, whole = sign_actions.invite(
        project, LOCAL, subject="brief", stakeholder="mira", base=f"{ORIGIN}/s/", email="mira@example.org"
    )
    return whole.removeprefix(ORIGIN)


def test_a_stakeholder_signs_on_a_phone_without_an_account(visit: Visit, post: Post) -> None:
    project = rich_project()
    link(project)
    deliver()
    [path] = re.findall(rf"{ORIGIN}(/s/\w+/)", post.last("mira@example.org"))
    page = visit(path, width=390, guest=True, refused="status of 4")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign: Project brief")
    assert "Form reader" in page.inner_text("main")
    assert page.get_by_role("link", name="Projects").count() == 0
    assert (_too_wide(page), violations(page)) == ([], [])
    page.get_by_role("button", name="Send me the code").click()
    expect(page.get_by_text("A code is on its way")).to_be_visible()
    deliver()
    [code] = re.findall(r"^(\d{6}) is your code", post.last("mira@example.org"), re.M)
    page.get_by_label("The code from the mail").fill("12345")
    page.get_by_role("button", name="Sign this version").click()
    expect(page.get_by_text("This is not the code that was sent")).to_be_visible()
    assert (_too_wide(page), violations(page)) == ([], [])
    brief = Brief(problem="Clerks retype 450 forms a day.", scope="Forms on paper.", budget=12_000)
    records.put_document(project, LOCAL, brief)
    page.get_by_label("The code from the mail").fill(code)
    page.get_by_role("button", name="Sign this version").click()
    expect(page.get_by_text("nothing was signed")).to_be_visible()
    expect(page.get_by_role("heading", name="What changed since you opened it")).to_be_visible()
    expect(page.locator("ins", has_text="12000")).to_be_visible()
    page.get_by_label("The code from the mail").fill(code)
    page.get_by_role("button", name="Sign this version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You signed this")
    assert (_too_wide(page), violations(page)) == ([], [])
    assert SignatureRow.objects.filter(person="Mira Sol").latest("id").digest == brief.material_digest()


@pytest.mark.parametrize("state", ["open", "off", "signed"])
def test_page_behind_a_link(visit: Visit, post: Post, monkeypatch: pytest.MonkeyPatch, state: str) -> None:
    project = rich_project()
    path = link(project)
    if state == "off":
        use(monkeypatch, None)
    elif state == "signed":
        signature = SignatureRow.objects.get(person="Mira Sol")
        Invitation.objects.filter(stakeholder="mira").update(signature=signature)
    look(visit, path)
