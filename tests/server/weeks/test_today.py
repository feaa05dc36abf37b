"""Today: what waits for whom, the most urgent first; it is true, and does not grow."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sextant.errors import Conflict, NotFound
from sextant.model.documents import Blocker
from sextant.problem.documents import Brief, Stakeholder
from sextant_server.jobs.actions import enqueue
from sextant_server.jobs.kinds import standings_refresh
from sextant_server.jobs.models import Job
from sextant_server.jobs.registry import Work
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.people import talk_actions
from sextant_server.people.mail_models import Mail
from sextant_server.people.talk_models import Review
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.models import Exemption
from sextant_server.weeks import actions, queries
from sextant_server.weeks import digest as digests
from sextant_server.weeks.models import Kept, Turn, Waiting
from tests.server.test_queries import asked_for
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, share, write

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).date()
BRIEF = Brief(
    problem="Clerks retype forms.", impact_now="410 a day", impact_wanted="600 a day", roi="pays back in a year",
    target_users="clerks", approach="classification", scope="digits only", business_metrics=("600 forms a day",),
    product_metrics=("half of the clerks",), ml_metrics=("98 %",), feasibility="yes", starts=date(2026, 3, 2),
    ends=date(2026, 9, 1), team=("one engineer",), budget=1000.0, risks="ink fades", done="in use",
)  # fmt: skip


def member(project: Project, name: str, role: str, **fields: Any) -> User:
    user = account(name, **fields)
    projects.set_member(project, LOCAL, name, role)
    return user


def day(user: User) -> queries.Day:
    return queries.today(Caller(user=user))


def titles(entries: list[queries.Entry]) -> list[str]:
    return [e.title for e in entries]


@pytest.fixture
def forms() -> Project:
    return open_project()


def test_of_nothing_nothing_waits(forms: Project) -> None:
    owner = member(forms, "olga", "owner")
    found = day(owner)
    assert (found.mine, found.theirs, found.count) == ([], [], 0)
    assert [e.kind for e in found.ahead] == ["next"]
    assert Client().get("/today/").status_code == 302
    page = client(owner).get("/today/").content.decode()
    assert "Nothing waits for you" in page and "Where each project goes on" in page


def test_a_signature_waits_for_the_one_who_is_named(forms: Project) -> None:
    owner = member(forms, "olga", "owner")
    signer = member(forms, "maria", "reviewer", first_name="Maria", last_name="Silva")
    write(
        forms, (Stakeholder(name="Maria Silva", required=True, role="sponsor"), "maria"),
        (Stakeholder(name="Jo Park", email="jo@example.com", required=True), "jo"), (BRIEF, ""),
    )  # fmt: skip
    assert titles(day(signer).mine) == ["Sign the brief"]
    assert day(signer).mine[0].href == "/p/forms/sign/brief/"
    assert day(signer).mine[0].holds == "the gate of Problem"
    mine, theirs = day(owner).mine, day(owner).theirs
    assert mine == []
    assert sorted((e.title, e.waits_for, e.may_remind) for e in theirs) == [
        ("Sign the brief", "Jo Park", False), ("Sign the brief", "Maria Silva", True),
    ]  # fmt: skip
    [link] = [e for e in theirs if e.waits_for == "Jo Park"]
    assert (link.label, link.href) == ("Send a link", "/p/forms/sign/brief/ask/")
    records.sign(
        forms, Caller(user=signer), subject="brief", digest=Brief.material_digest(BRIEF), person="Maria Silva", role="sponsor",
    )  # fmt: skip
    assert day(signer).mine == []
    assert [e.waits_for for e in day(owner).theirs] == ["Jo Park"]


def test_a_gate_that_nothing_blocks_waits_for_who_may_decide(forms: Project) -> None:
    owner, editor = member(forms, "olga", "owner"), member(forms, "ed", "editor")
    for item in ("1a", "1b", "1c", "1d", "1e", "1f"):
        lifecycle.not_applicable(forms, LOCAL, item, "a drill", by="Ada")
    assert titles(day(owner).mine) == ["Decide the gate of Problem"]
    assert day(owner).mine[0].href == "/p/forms/phases/problem/#decide"
    assert day(editor).mine == []
    [asked] = day(editor).theirs
    assert (asked.title, asked.may_remind) == ("Decide the gate of Problem", False)
    lifecycle.decide(forms, LOCAL, "problem", "pass", by="Ada")
    assert day(owner).mine == []


def test_blockers_waivers_targets_and_failed_jobs(forms: Project) -> None:
    owner = member(forms, "olga", "owner")
    ml = member(forms, "mel", "editor", first_name="Mel", last_name="Lead")
    records.put_criteria(
        forms, LOCAL,
        [ACCURACY.model_copy(update={"owner": "Mel Lead"}), ACCURACY.model_copy(update={"key": "open", "name": "Unowned"})],
    )  # fmt: skip
    records.add_evidence(forms, LOCAL, [share(500), share(400, criterion="open")])
    write(forms, (Blocker(text="No GPU", opened_on=TODAY - timedelta(days=30)), "gpu"))
    lifecycle.waive(forms, LOCAL, lifecycle.AskedWaiver("1d", "later", TODAY + timedelta(days=3)), by="Ada")
    lifecycle.waive(forms, LOCAL, lifecycle.AskedWaiver("1c", "later", TODAY + timedelta(days=30)), by="Ada")
    Exemption.objects.filter(target="1c").update(until=TODAY - timedelta(days=2))
    job = enqueue("audit.verify", {}, project=forms, asked_by="local")
    Job.objects.filter(pk=job.pk).update(
        state="failed", finished_at=datetime.now(UTC), error="the disk is full"
    )
    found = day(owner)
    assert titles(found.mine) == [
        "Resolve: No GPU", "Say how it turned out: Success is defined in business, product and ML terms",
        "A waiver runs out in 3 days: It is feasible on all four sides", "Audit verify failed", "Unowned: not met",
    ]  # fmt: skip
    assert [e.overdue for e in found.mine] == [True, True, False, False, False]
    assert titles(found.theirs) == ["Digits read right: not met"]
    assert titles(day(ml).mine) == ["Resolve: No GPU", "Audit verify failed", "Digits read right: not met"]
    # Once the job is asked for again it is no news.
    enqueue("audit.verify", {}, project=forms, asked_by="local")
    assert "Audit verify failed" not in titles(day(owner).mine)


def test_a_second_person_approves(forms: Project) -> None:
    owner, reviewer = member(forms, "olga", "owner"), member(forms, "rob", "reviewer")
    projects.change_project(forms, LOCAL, rigor="regulated")
    lifecycle.waive(
        forms, Caller(user=owner), lifecycle.AskedWaiver("1d", "later", TODAY + timedelta(days=9))
    )
    assert [e.kind for e in day(reviewer).mine] == ["approval"]
    assert [e.kind for e in day(owner).mine] == []
    assert [e.kind for e in day(owner).theirs] == ["approval"]


def test_raters_readers_strangers_and_other_projects(forms: Project) -> None:
    for item in ("1a", "1b", "1c", "1d", "1e", "1f"):
        lifecycle.not_applicable(forms, LOCAL, item, "a drill", by="Ada")
    owner = member(open_project("other"), "theirs", "owner")
    people = [owner, account("stranger"), *(member(forms, role, role) for role in ("rater", "reader"))]
    for user in people:
        assert titles(day(user).mine) == [], user
        assert "forms" not in client(user).get("/today/").content.decode()
    # An administrator is asked about what nobody owns; the command line about everything.
    admin = account("root", is_superuser=True)
    assert titles(day(admin).mine) == titles(queries.today(LOCAL).mine) == ["Decide the gate of Problem"]
    member(forms, "olga", "owner")
    assert titles(day(admin).mine) == []


def test_a_standing_is_worked_out_again_when_the_log_goes_on_or_its_time_is_up(forms: Project) -> None:
    member(forms, "olga", "owner")
    kept = actions.refresh(forms)
    assert not queries.out_of_date(Project.objects.all()).exists()
    records.put_criteria(forms, LOCAL, [ACCURACY])
    assert queries.out_of_date(Project.objects.all()).exists()
    assert actions.refresh(forms).sequence > kept.sequence
    later = datetime.now(UTC) + actions.GOOD_FOR + timedelta(minutes=1)
    assert queries.out_of_date(Project.objects.all(), later).exists()


def test_what_is_worked_out_from_an_older_log_does_not_overwrite(forms: Project) -> None:
    records.put_criteria(forms, LOCAL, [ACCURACY])
    new = actions.refresh(forms)
    Kept.objects.update(sequence=new.sequence + 5)
    assert actions.refresh(forms).sequence == new.sequence + 5


def test_since_is_when_it_was_first_seen_and_turns_are_kept(forms: Project) -> None:
    records.put_criteria(forms, LOCAL, [ACCURACY])
    actions.refresh(forms)
    Waiting.objects.update(since=date(2026, 1, 5))
    records.add_evidence(forms, LOCAL, [share(500)])
    actions.refresh(forms)
    assert set(Waiting.objects.filter(kind="next").values_list("since", flat=True)) == {date(2026, 1, 5)}
    assert list(Turn.objects.values_list("subject", "before", "after")) == [("accuracy", "missing", "unmet")]


def test_more_projects_than_one_look_works_out_are_left_to_the_worker() -> None:
    owner = account("olga")
    for n in range(queries.AT_ONCE + 2):
        projects.set_member(open_project(f"p{n}"), LOCAL, "olga", "owner")
    found = day(owner)
    assert (found.old, Kept.objects.count()) == (2, queries.AT_ONCE)
    assert Job.objects.filter(kind="standings.refresh", state="waiting").count() == 1
    day(owner)
    assert Job.objects.filter(kind="standings.refresh").count() == 1
    assert day(owner).old == 0 and Kept.objects.count() == queries.AT_ONCE + 2


def test_today_asks_as_often_for_many_projects_and_after_a_long_life(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = account("olga")

    def project(n: int) -> Project:
        made = open_project(f"p{n}")
        projects.set_member(made, LOCAL, "olga", "owner")
        records.put_criteria(made, LOCAL, [ACCURACY])
        records.add_evidence(made, LOCAL, [share(500)])
        return made

    first = project(0)
    browser = client(owner)
    browser.get("/today/")
    few = asked_for(browser, "/today/", monkeypatch)
    actions.refresh_all([project(n) for n in range(1, 12)])
    many = asked_for(browser, "/today/", monkeypatch)
    assert many.queries == few.queries <= 16
    for n in range(20):
        records.add_evidence(first, LOCAL, [share(510 + n)])
        lifecycle.decide(first, LOCAL, "problem", "hold", by="Ada")
    actions.refresh(first)
    assert asked_for(browser, "/today/", monkeypatch) == many


def test_signing_in_leads_to_where_something_waits(forms: Project) -> None:
    owner = member(forms, "olga", "owner")
    assert client(owner).get("/start/")["Location"] == "/"
    records.put_criteria(forms, LOCAL, [ACCURACY])
    records.add_evidence(forms, LOCAL, [share(500)])
    actions.refresh(forms)
    assert client(owner).get("/start/")["Location"] == "/today/"


def test_a_project_that_cannot_be_judged_holds_up_nobody(
    forms: Project, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    owner = member(forms, "olga", "owner")
    projects.set_member(open_project("broken"), LOCAL, "olga", "owner")
    real = actions.project_state

    def judged(project: Project, **more: Any) -> Any:
        if project.slug == "broken":
            raise RuntimeError("a body that cannot be read")
        return real(project, **more)

    monkeypatch.setattr(actions, "project_state", judged)
    assert [e.slug for e in day(owner).ahead] == ["forms"]
    assert client(owner).get("/portfolio/").content.decode().count("not worked out yet") == 1
    assert "could not be worked out" in caplog.text
    work = Work(actions.ask_for_standings() or Job(), threading.Event())
    monkeypatch.setattr(work, "step", lambda *_, **__: None)
    Kept.objects.all().delete()
    assert standings_refresh.refresh(work) == {"standings": 1, "failed": 1}
    # What is done leaves no trail.
    Job.objects.update(state="done")
    actions.ask_for_standings()
    assert Job.objects.filter(kind="standings.refresh").count() == 1


# --- what people ask of each other


def test_reviews_and_mentions_wait_for_whom_they_name(forms: Project) -> None:
    olga = member(forms, "olga", "owner", first_name="Olga")
    maria = member(forms, "maria", "reviewer", first_name="Maria", email="maria@example.org")
    write(forms, (BRIEF, ""), (Stakeholder(name="Jo Park"), "jo"))
    records.put_criteria(forms, LOCAL, [ACCURACY])
    asks = Caller(user=olga)
    late = talk_actions.ask_review(forms, asks, "document:brief", who="maria", due=TODAY)
    Review.objects.filter(pk=late.pk).update(due=TODAY - timedelta(days=1))
    talk_actions.ask_review(forms, asks, "item:1c", who="jo", due=TODAY + timedelta(days=30))
    said = talk_actions.comment(forms, asks, "criterion:accuracy", "@maria can it be 95 %?")

    mine = day(maria).mine
    assert [(e.kind, e.title, e.overdue) for e in mine] == [
        ("request", "Review: Project brief", True),
        ("mention", "Olga named you: Digits read right", False),
    ]
    assert [e.href for e in mine] == ["/p/forms/brief/#talk", "/p/forms/targets/accuracy/#talk"]
    theirs = [e for e in day(olga).theirs if e.kind in ("request", "mention")]
    assert [(e.waits_for, e.label, e.may_remind) for e in theirs] == [
        ("Maria", "", True), ("Maria", "Look at it", False), ("Jo Park", "Look at it", False),
    ]  # fmt: skip
    text, html = digests.rendered(digests.digest(Caller(user=maria)), maria)
    for shown in (text, html, client(maria).get("/today/").content.decode()):
        assert "Review: Project brief" in shown and "Olga named you" in shown
    assert "can it be" not in text + html, "a mail does not carry what was said"
    assert {e["kind"] for e in client(maria).get("/api/v1/today").json()["mine"]} == {"request", "mention"}
    assert len([e for e in queries.today(LOCAL).theirs if e.kind in ("request", "mention")]) == 3

    # Who has read it, answered it, or is no member any more, is not asked; what is gone can still be dealt with.
    page = client(maria)
    assert "Names you" in page.get("/p/forms/targets/accuracy/").content.decode()
    page.post("/p/forms/talk/", {"about": "criterion:accuracy", "do": "read", "key": said.key})
    assert titles(day(maria).mine) == ["Review: Project brief"]
    talk_actions.comment(forms, asks, "criterion:accuracy", "@maria and now?")
    assert len(day(maria).mine) == 2
    talk_actions.comment(forms, Caller(user=maria), "criterion:accuracy", "It can.")
    assert titles(day(maria).mine) == ["Review: Project brief"]
    records.withdraw_document(forms, LOCAL, "brief", "")
    [left] = day(maria).mine
    assert left.href == "/p/forms/talk/?about=document%3Abrief"
    assert "not there any more" in page.get(left.href).content.decode()
    page.post("/p/forms/talk/", {"about": "document:brief", "do": "done", "key": late.key})
    assert day(maria).mine == []


def test_one_is_reminded_of_a_review(forms: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.conf.settings.MAIL_ON", True, raising=False)
    olga = member(forms, "olga", "owner")
    member(forms, "maria", "reviewer", email="maria@example.org")
    asked = talk_actions.ask_review(
        forms, Caller(user=olga), "item:1c", who="maria", due=TODAY + timedelta(days=3)
    )
    key = f"request:{asked.key}"
    actions.nudge(forms, Caller(user=olga), key)
    assert "Review: 1c" in Mail.objects.latest("pk").subject
    [theirs] = [e for e in day(olga).theirs if e.key == key]
    assert theirs.reminded_at is not None
    with pytest.raises(Conflict, match="one reminder a day"):
        actions.nudge(forms, Caller(user=olga), key)
    with pytest.raises(NotFound):
        actions.nudge(forms, Caller(user=olga), "request:0")


def test_today_asks_as_often_for_many_reviews_and_mentions(
    forms: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    olga, maria = member(forms, "olga", "owner"), member(forms, "maria", "reviewer")
    records.put_criteria(forms, LOCAL, [ACCURACY])
    write(forms, (BRIEF, ""))
    found = []
    for n in (1, 30):
        for number in range(n):
            about = ("criterion:accuracy", "document:brief", f"item:1{'abcde'[number % 5]}")[number % 3]
            talk_actions.comment(forms, Caller(user=olga), about, f"@maria {number}")
            if not Review.objects.filter(about=about, state="open").exists():
                talk_actions.ask_review(forms, Caller(user=olga), about, who="maria", due=TODAY)
        found.append([asked_for(client(u), "/today/", monkeypatch).queries for u in (olga, maria)])
    assert found[1][0] <= found[0][0] + 1 and found[1][1] <= found[0][1] + 1, (
        "one more: documents beside the target"
    )
