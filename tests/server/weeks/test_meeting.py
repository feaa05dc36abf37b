"""The stakeholders' meeting, waivers and how they turned out, the portfolio."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from sextant.errors import Conflict, InvalidInput
from sextant.problem.meetings import Meeting, MeetingPlan
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.projects import actions as projects
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from sextant_server.records import actions as records
from sextant_server.records.audit import projections
from sextant_server.records.models import DocumentRow, Exemption
from sextant_server.weeks import actions, queries
from sextant_server.weeks.meeting import as_pdf, meeting_page
from sextant_server.weeks.models import Kept
from sextant_server.weeks.waivers import waivers
from tests.server.test_queries import asked_for
from tests.server.weeks.test_today import day, member, titles
from tests.server.world import ACCURACY, LOCAL, account, client, filled, open_project, share, write

pytestmark = pytest.mark.django_db
TODAY = datetime.now(UTC).date()


@pytest.fixture
def forms() -> Project:
    return open_project(name="Form reader", start=TODAY)


@pytest.fixture
def olga(forms: Project) -> User:
    return member(forms, "olga", "owner")


# --- the meeting


def test_what_changed_is_what_came_after_the_last_meeting(forms: Project, olga: User) -> None:
    records.put_criteria(forms, LOCAL, [ACCURACY])
    browser = client(olga)
    page = browser.get("/p/forms/meeting/").content.decode()
    assert "None was written down yet" in page and "Since it was opened" in page
    sent = {
        "held_on": TODAY.isoformat(),
        "attendees": "sponsor\nML lead",
        "decisions": "Go on as planned",
        "notes": "",
    }
    assert browser.post("/p/forms/meeting/", sent).status_code == 302
    [row] = DocumentRow.objects.filter(kind="meeting")
    assert json.loads(row.body)["attendees"] == ["sponsor", "ML lead"]
    made = meeting_page(forms)
    assert (made.changes, made.last and made.last[0].decisions) == ([], ("Go on as planned",))
    records.add_evidence(forms, LOCAL, [share(990)])
    lifecycle.put_risks(forms, LOCAL, [{"text": "Ink fades", "phase": "data"}])
    lifecycle.decide(forms, LOCAL, "problem", "hold", note="not yet", by="Ada")
    records.sign(forms, LOCAL, subject="goals", digest=records_goals(forms), person="Maria", role="sponsor")
    lifecycle.go_back(forms, LOCAL, "data", "ink is missing", subjects=[], by="Ada")
    lifecycle.waive(forms, LOCAL, lifecycle.AskedWaiver("1d", "later", TODAY + timedelta(days=9)), by="Ada")
    said = [(c.kind, c.said) for c in meeting_page(forms).changes]
    assert said == [
        ("gate", "Problem held by Ada: not yet."), ("back", "Went back to Data, round 2: ink is missing."),
        ("target", "Digits read right: missing → met."), ("signature", "Goals signed by Maria."),
        ("waiver", f"It is feasible on all four sides: waived until {TODAY + timedelta(days=9)} by Ada."),
        ("risk", "Risk opened: Ink fades."),
        ("evidence", f"1 piece of proof came in, the last on {TODAY:%d %B}."),
    ]  # fmt: skip


def records_goals(project: Project) -> str:
    from sextant_server.records.queries import signable

    return signable(project)["goals"]


def test_what_turned_and_turned_back_is_no_news(forms: Project) -> None:
    records.put_criteria(forms, LOCAL, [ACCURACY])
    records.add_evidence(forms, LOCAL, [share(990)])
    actions.refresh(forms)
    write(forms, (Meeting(held_on=TODAY), TODAY.isoformat()))
    for successes, minutes in ((500, 1), (991, 2)):
        records.add_evidence(
            forms, LOCAL, [share(successes, at=datetime(2026, 6, 2, 12, minutes, tzinfo=UTC))]
        )
        actions.refresh(forms)
    assert [c.kind for c in meeting_page(forms).changes] == ["evidence"]


def test_meetings_ahead_do_not_count_and_a_late_note_counts_from_its_day(forms: Project) -> None:
    Project.objects.update(created_at=timezone.now() - timedelta(days=30))
    forms.refresh_from_db()
    write(forms, (Meeting(held_on=TODAY + timedelta(days=3)), "ahead"))
    assert meeting_page(forms).last is None
    write(forms, (Meeting(held_on=TODAY - timedelta(days=9)), "past"))
    assert meeting_page(forms).since == datetime.combine(TODAY - timedelta(days=8), datetime.min.time(), UTC)


def test_five_targets_business_first_or_those_that_were_chosen(forms: Project) -> None:
    families = ("ml", "system", "business", "product", "cost", "business")
    records.put_criteria(
        forms,
        LOCAL,
        [ACCURACY.model_copy(update={"key": f"t{n}", "family": f}) for n, f in enumerate(families)],
    )
    assert [t.criterion.key for t in meeting_page(forms).targets] == ["t2", "t5", "t3", "t0", "t1"]
    write(forms, (MeetingPlan(targets=("t4", "gone", "t0"), asked="Two more labelers"), ""))
    made = meeting_page(forms)
    assert [t.criterion.key for t in made.targets] == ["t4", "t0"]
    assert made.asked.said == "Two more labelers"
    with pytest.raises(ValueError, match="at most 5"):
        MeetingPlan(targets=("a", "b", "c", "d", "e", "f"))


def test_the_decision_that_is_needed(forms: Project) -> None:
    assert meeting_page(forms).asked.said == "None today"
    for item in ("1a", "1b", "1c", "1d", "1e", "1f"):
        lifecycle.not_applicable(forms, LOCAL, item, "a drill", by="Ada")
    made = meeting_page(forms)
    assert (made.asked.said, made.asked.href_target) == ("Decide the gate of Problem", "gate:problem")


def test_a_meeting_that_is_due_shows_today(forms: Project, olga: User) -> None:
    write(forms, (MeetingPlan(first_on=TODAY - timedelta(days=2), cadence_days=28), ""))
    assert titles(day(olga).mine) == ["Meet the stakeholders"]
    write(forms, (Meeting(held_on=TODAY), TODAY.isoformat()))
    assert titles(day(olga).mine) == []


def test_bad_input_beside_its_field(forms: Project, olga: User) -> None:
    browser = client(olga)
    for sent, said in (
        ({"held_on": "soon"}, "Enter a valid date"),
        ({"held_on": ""}, "This field is required"),
        ({"held_on": TODAY.isoformat(), "notes": "x" * 5000}, "at most 4000"),
    ):
        response = browser.post("/p/forms/meeting/", sent)
        assert response.status_code == 422 and said in response.content.decode()
    assert not DocumentRow.objects.exists()


def test_presentation_and_paper_say_the_same(forms: Project, olga: User) -> None:
    filled(forms)
    browser = client(olga)
    page = browser.get("/p/forms/meeting/present/").content.decode()
    assert page.count('class="slide"') == 5
    paper = browser.get("/p/forms/meeting/sheet.pdf")
    assert paper["Content-Type"] == "application/pdf"
    text = paper_text(paper.content)
    made = meeting_page(forms)
    for remark in made.standing.remarks:
        assert remark.said in page and squeezed(remark.said) in text
    assert squeezed(made.asked.said) in text and "Digitsreadright" in text


def test_what_people_wrote_is_drawn_as_it_was_typed(forms: Project) -> None:
    write(forms, (MeetingPlan(asked='*More* #read("/etc/passwd") $x$ <b>'), ""))
    assert '*More*#read("/etc/passwd")$x$<b>' in paper_text(as_pdf(meeting_page(forms)))


def paper_text(paper: bytes) -> str:
    from pypdf import PdfReader

    return squeezed("".join(page.extract_text() for page in PdfReader(io.BytesIO(paper)).pages))


def squeezed(text: str) -> str:
    """Without spaces and hyphens, which the paper's lines add."""
    return "".join(text.replace("-", "").replace("\u2010", "").replace("\u00ad", "").split())


# --- waivers


def test_how_a_waiver_turned_out_is_asked_counted_and_recorded(forms: Project, olga: User) -> None:
    for item, days in (("1a", 5), ("1b", 5), ("1c", 40), ("1d", 40)):
        lifecycle.waive(
            forms, Caller(user=olga), lifecycle.AskedWaiver(item, f"why {item}", TODAY + timedelta(days=days))
        )
    Exemption.objects.filter(target="1a").update(until=TODAY - timedelta(days=1))
    lifecycle.end_exemption(forms, LOCAL, "1b", "met in time", "unneeded")
    found = waivers(forms)
    assert found.counts == {"running": 2, "untold": 1, "well": 0, "harm": 0, "unneeded": 1}
    assert [e.kind for e in day(olga).mine] == ["outcome"]
    browser, row = client(olga), Exemption.objects.get(target="1a")
    assert "How did these turn out?" in browser.get("/p/forms/waivers/").content.decode()
    assert browser.post("/p/forms/waivers/", {"number": row.pk}).status_code == 422
    told = {"number": row.pk, "turned_out": "harm", "outcome": "a customer left"}
    assert browser.post("/p/forms/waivers/", told).status_code == 302
    assert waivers(forms).counts == {"running": 2, "untold": 0, "well": 0, "harm": 1, "unneeded": 1}
    assert day(olga).mine == []
    # It is said once, also while the same item is waived again.
    lifecycle.waive(forms, LOCAL, lifecycle.AskedWaiver("1a", "again", TODAY + timedelta(days=40)), by="Ada")
    assert "said already" in browser.post("/p/forms/waivers/", told, follow=True).content.decode()
    assert waivers(forms).counts["running"] == 3
    assert browser.post("/p/forms/waivers/", {**told, "number": 10**9}).status_code == 404
    # Not through the API either, and never of a thing that does not apply.
    lifecycle.not_applicable(forms, LOCAL, "1e", "nobody", by="Ada")
    with pytest.raises(Conflict, match="not waived"):
        lifecycle.tell_outcome(forms, LOCAL, "1e", "well")
    with pytest.raises(InvalidInput, match="no way to turn out"):
        lifecycle.tell_outcome(forms, LOCAL, "1c", "great")
    answer = browser.get("/api/v1/projects/forms/waiver-outcomes").json()
    assert answer["counts"]["harm"] == 1 and {t["outcome"] for t in answer["told"]} == {
        "met in time",
        "a customer left",
    }


def test_the_log_says_what_the_table_says(forms: Project) -> None:
    lifecycle.waive(forms, LOCAL, lifecycle.AskedWaiver("1d", "later", TODAY + timedelta(days=9)), by="Ada")
    lifecycle.tell_outcome(forms, LOCAL, "1d", "well", "nothing broke")
    assert projections(forms) == []
    Exemption.objects.update(turned_out="harm")
    assert len(projections(forms)) == 1


# --- the portfolio


def test_side_by_side(forms: Project, olga: User) -> None:
    records.put_criteria(forms, LOCAL, [ACCURACY, ACCURACY.model_copy(update={"key": "other"})])
    records.add_evidence(forms, LOCAL, [share(500)])
    second = open_project("second", name="=2+2", start=TODAY)
    projects.set_member(second, LOCAL, "olga", "reader")
    open_project("secret")
    browser = client(olga)
    page = browser.get("/portfolio/").content.decode()
    assert "Form reader" in page and "Secret" not in page
    assert page.index("Form reader") < page.index("=2+2"), "the worst first"
    rows = list(
        csv.DictReader(io.StringIO(browser.get("/portfolio/?format=csv").content.decode("utf-8-sig")))
    )
    assert [(r["project"], r["state"], r["met"], r["unmet"], r["other"]) for r in rows] == [
        ("forms", "To be watched", "0", "1", "1"), ("second", "To be watched", "0", "0", "0"),
    ]  # fmt: skip
    assert rows[1]["name"] == "'=2+2", "no formula"
    for order in queries.ORDERS:
        for sign in ("", "-"):
            assert browser.get("/portfolio/", {"order": sign + order}).status_code == 200
    for bad in ({"order": "password"}, {"page": "0"}, {"page": "x"}, {"page": "9" * 30}):
        assert browser.get("/portfolio/", bad).status_code == 422, bad
    api = browser.get("/api/v1/portfolio?order=name").json()
    assert [p["slug"] for p in api["projects"]] == ["second", "forms"]
    assert api["projects"][1]["state"] == "To be watched"


def test_a_thousand_projects_ask_no_more_than_ten(
    monkeypatch: pytest.MonkeyPatch, olga: User, forms: Project
) -> None:
    kept = actions.refresh(forms)
    browser = client(account("root", is_superuser=True))
    few = asked_for(browser, "/portfolio/", monkeypatch)
    many = Project.objects.bulk_create([Project(slug=f"p{n}", name=f"P {n:04}") for n in range(1000)])
    heads(many)
    values: dict[str, Any] = {
        f.attname: getattr(kept, f.attname) for f in Kept._meta.fields if f.name not in ("id", "project")
    }
    Kept.objects.bulk_create([Kept(project=p, **values) for p in many])
    found = asked_for(browser, "/portfolio/", monkeypatch)
    assert found.queries == few.queries <= 8
    assert found.rows <= few.rows + 50
    page = browser.get("/portfolio/?order=name&page=21").content.decode()
    assert "Page 21 of 21" in page and page.count('<th scope="row">') == 1


def heads(made: list[Project]) -> None:
    from sextant_server.records.models import Head

    Head.objects.bulk_create([Head(project=p, sequence=1, digest="0" * 64) for p in made])


def test_the_meeting_does_not_grow_with_history(
    monkeypatch: pytest.MonkeyPatch, forms: Project, olga: User
) -> None:
    filled(forms)
    browser = client(olga)
    few = {path: asked_for(browser, path, monkeypatch) for path in ("/p/forms/meeting/", "/p/forms/waivers/")}
    for n in range(30):
        records.add_evidence(forms, LOCAL, [share(900 + n)])
        lifecycle.waive(
            forms, LOCAL, lifecycle.AskedWaiver("1d", f"{n}", TODAY + timedelta(days=9)), by="Ada"
        )
    for path, before in few.items():
        assert asked_for(browser, path, monkeypatch).queries == before.queries, path


def test_dates() -> None:
    from sextant.lifecycle.standing import next_due

    assert next_due(date(2026, 1, 5), 28, date(2026, 1, 5)) == date(2026, 1, 5)
    assert next_due(date(2026, 1, 5), 28, date(2026, 1, 6)) == date(2026, 2, 2)
