"""Talk: who is named is told, what was said can be erased and the log stays whole, who may say what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from sextant.errors import Conflict, Forbidden, InvalidInput, NotFound
from sextant.problem.documents import Brief, FiveWs, Stakeholder
from sextant_server.people import sign_actions, talk, talk_actions
from sextant_server.people.mail_models import Mail
from sextant_server.people.talk_models import Comment, Mention
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records import audit, queries
from sextant_server.records.models import Record
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, write
from tests.smtp import Post, post_office, use

TODAY = datetime.now(UTC).date()


@pytest.fixture
def project(both_databases: str) -> Project:
    made = open_project()
    write(made, (FiveWs(what="Clerks retype 400 forms a day"), ""))
    write(
        made, (Stakeholder(name="Mira Sol", role="ml_lead", required=True, email="mira@example.org"), "mira")
    )
    records.put_criteria(made, LOCAL, [ACCURACY])
    return made


@pytest.fixture
def ada(project: Project) -> User:
    return member(project, "ada", "owner", first_name="Ada", last_name="Lovelace", email="ada@example.org")


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    with post_office() as post:
        use(monkeypatch, post)
        yield post


def member(project: Project, name: str, role: str, **fields: Any) -> User:
    made = account(name, **fields)
    projects.set_member(project, LOCAL, name, role)
    return made


def waiting(user: User) -> talk.Waiting:
    return talk.waiting(Caller(user=user), Project.objects.all())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Ada Lovelace, look", ["Ada Lovelace"]),
        ("@ADA and @mira.", ["ada", "mira"]),
        ("mail a@ada.example or x-@ada", []),
        ("@adam and @ada-2", []),
        ("(@ada)", ["ada"]),
        ("", []),
    ],
)
def test_who_is_named(text: str, found: list[str]) -> None:
    assert talk.named(text, ["ada", "Ada Lovelace", "mira"]) == found


def test_who_is_named_is_told_by_mail_and_what_was_said_is_not(
    project: Project, ada: User, post: Post
) -> None:
    bo = member(project, "bo", "reviewer")
    said = talk_actions.comment(
        project,
        Caller(user=bo),
        "criterion:accuracy",
        "@ada lovelace, is 95 % secret? @mira @bo",
        base="https://s.test",
    )
    assert set(Mention.objects.values_list("name", flat=True)) == {"Ada Lovelace", "Mira Sol", "bo"}
    mails = {m.to: m.text for m in Mail.objects.all()}
    assert mails.keys() == {"ada@example.org", "mira@example.org"}, "nobody is told what they said themselves"
    assert "https://s.test/p/forms/targets/accuracy/" in mails["ada@example.org"]
    assert "https" not in mails["mira@example.org"], "who has no account cannot open the page"
    assert "secret" not in repr(mails)
    assert [m.comment_id for m in waiting(ada).told] == [said.pk]
    assert [m.name for m in waiting(bo).telling] == ["Ada Lovelace", "Mira Sol"]
    talk_actions.resolve(project, Caller(user=ada), said.key)
    assert (waiting(ada).told, waiting(bo).telling) == ([], [])


def test_a_text_is_erased_and_the_log_stays_whole(project: Project, ada: User) -> None:
    said = talk_actions.comment(project, Caller(user=ada), "document:five_ws", "Mr. Smith is slow. @mira")
    log = "".join(Record.objects.values_list("body", flat=True))
    assert "Smith" not in log
    bo = member(project, "bo", "editor")
    with pytest.raises(Forbidden):
        talk_actions.erase(project, Caller(user=bo), said.key)
    talk_actions.erase(project, Caller(user=bo), said.key, owner=True)
    said.refresh_from_db()
    assert (said.text, said.erased, Mention.objects.count()) == ("", True, 0)
    assert audit.projections(project) == []
    assert audit.check(project).intact
    Comment.objects.update(text="Mr. Smith is quick.")
    assert len(audit.projections(project)) == 1, "a text put in behind the log's back is found"
    Comment.objects.all().delete()
    assert len(audit.projections(project)) == 1, "and so is one that is gone"


def test_a_review_is_asked_done_and_withdrawn_by_whom_it_is_due(
    project: Project, ada: User, post: Post
) -> None:
    bo = member(project, "bo", "reviewer", email="bo@example.org")
    asks, does = Caller(user=ada), Caller(user=bo)
    row = talk_actions.ask_review(project, asks, "item:1c", who="@BO", due=TODAY, base="https://s.test")
    assert [r.key for r in waiting(bo).asked] == [r.key for r in waiting(ada).asking] == [row.key]
    assert "by " in Mail.objects.get().subject
    with pytest.raises(Conflict, match="asked already"):
        talk_actions.ask_review(project, asks, "item:1c", who="bo", due=TODAY)
    with pytest.raises(Forbidden):
        talk_actions.close_review(project, asks, row.key, state="done")
    with pytest.raises(Forbidden):
        talk_actions.close_review(project, does, row.key, state="withdrawn")
    assert talk_actions.close_review(project, does, row.key, state="done").closed_by == "bo"
    with pytest.raises(Conflict, match="done already"):
        talk_actions.close_review(project, does, row.key, state="done")
    assert talk.late(row, TODAY + timedelta(days=1)), "as long as it was open"
    row.refresh_from_db()
    assert not talk.late(row, TODAY + timedelta(days=1))
    assert audit.projections(project) == []


@pytest.mark.parametrize(
    ("about", "text", "kind"),
    [
        ("criterion:none", "x", NotFound),
        ("document:brief", "x", NotFound),
        ("item:9z", "x", NotFound),
        ("evidence:00", "x", NotFound),
        ("weather", "x", InvalidInput),
        ("goals", "  ", InvalidInput),
        ("goals", "x" * 10_001, InvalidInput),
    ],
)
def test_what_cannot_be_said(project: Project, about: str, text: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        talk_actions.comment(project, LOCAL, about, text)
    assert not Comment.objects.exists()


def test_days_and_people_that_cannot_be_asked(project: Project) -> None:
    for who, due, kind in (
        ("mira", TODAY - timedelta(days=1), InvalidInput),
        ("mira", TODAY + timedelta(days=800), InvalidInput),
        ("nobody", TODAY, NotFound),
    ):
        with pytest.raises(kind):
            talk_actions.ask_review(project, LOCAL, "goals", who=who, due=due)


def test_the_ml_leads_word_before_goals_are_signed_also_by_their_link(
    project: Project, post: Post, ada: User
) -> None:
    def standing() -> list[str]:
        state = queries.project_state(project)
        version = queries.signable(project, state)["goals"]
        return [h.standing for h in talk.heard(state, talk.comments(project, "goals"), version)]

    def sheet() -> str:
        return client(ada).get("/p/forms/targets-sheet/").content.decode()

    assert standing() == ["not"]
    assert "has not said yet whether these targets can be reached" in sheet()
    _, link = sign_actions.invite(
        project, LOCAL, subject="goals", stakeholder="mira", base="https://s.test/s/"
    )
    path = link.removeprefix("https://s.test")
    browser = client()
    assert browser.post(path, {"do": "comment", "text": "95 % needs <b>more</b> data."}).status_code == 302
    assert "95 % needs &lt;b&gt;more" in browser.get(path).content.decode()
    assert browser.post(path, {"do": "comment", "text": ""}).status_code == 422
    assert standing() == ["present"]
    assert "The ML lead has said whether these targets can be reached" in sheet()
    records.put_criteria(project, LOCAL, [ACCURACY.model_copy(update={"threshold": 0.9})])
    assert standing() == ["earlier"]
    assert "have changed since the ML lead" in sheet()
    records.put_document(project, LOCAL, Brief(problem="Clerks retype forms."))
    assert "have changed since the ML lead" in client(ada).get("/p/forms/brief/").content.decode()
    records.withdraw_document(project, LOCAL, "stakeholder", "mira")
    assert "Name the ML lead" in sheet()
    assert audit.projections(project) == []


def test_talk_on_its_pages(project: Project, ada: User) -> None:
    """Under each page the form works; what was refused keeps its text; a reviewer comments, a reader does not."""
    browser = client(ada)
    for path, about in (
        ("/p/forms/targets/accuracy/", "criterion:accuracy"),
        ("/p/forms/sign/goals/", "goals"),
        ("/p/forms/write/stakeholder/mira/", "document:stakeholder:mira"),
    ):
        sent = browser.post(
            "/p/forms/talk/", {"about": about, "text": f"On {about}.", "do": "comment", "next": path}
        )
        assert sent["Location"] == f"{path}#talk"
        assert f"On {about}." in browser.get(path).content.decode()
    away = browser.post("/p/forms/talk/", {"about": "goals", "text": "x", "next": "https://evil.example/"})
    assert away["Location"].startswith("/p/forms/")
    long = browser.post("/p/forms/talk/", {"about": "goals", "text": "kept" * 3000})
    assert (long.status_code, "keptkept" in long.content.decode()) == (422, True)
    refused = browser.post(
        "/p/forms/talk/", {"about": "goals", "do": "review", "who": "mira", "due": "2020-01-01"}
    )
    assert (refused.status_code, "past" in refused.content.decode()) == (422, True)
    key = Comment.objects.filter(about="goals").earliest("id").key
    for do, words in (("resolve", "Resolved"), ("erase", "The text was erased.")):
        browser.post("/p/forms/talk/", {"about": "goals", "do": do, "key": key})
        assert words in browser.get("/p/forms/sign/goals/").content.decode()
    reader = client(member(project, "rita", "reader"))
    assert reader.post("/p/forms/talk/", {"about": "goals", "text": "x"}).status_code == 403
    assert "Say something" not in reader.get("/p/forms/sign/goals/").content.decode()
