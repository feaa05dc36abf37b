"""What people decide on the pages of a phase, and write into the grids of risks and the timeline."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from sextant.evidence import Version
from sextant.lifecycle.phases import BY_KEY
from sextant.problem.documents import Intent
from sextant_server.jobs.models import Job
from sextant_server.lifecycle.grid_views import PLAN_COLUMNS, RISK_COLUMNS
from sextant_server.projects.actions import change_project, set_member
from sextant_server.projects.models import Project
from sextant_server.records import actions, queries
from sextant_server.records.models import DecisionRow, Exemption, PlanRow, RiskRow, RoundRow
from tests.server.submitted import errors, forms, send
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, share

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(ada: User) -> Project:
    return open_project(owner=ada, rigor="light")


def soon(days: int = 10) -> str:
    return (datetime.now(UTC).date() + timedelta(days=days)).isoformat()


# --- the gate


@pytest.mark.parametrize("phase", list(BY_KEY))
def test_every_phase_has_its_page(browser: Client, project: Project, phase: str) -> None:
    page = browser.get(f"/p/forms/phases/{phase}/")
    assert page.status_code == 200
    assert BY_KEY[phase].question in page.content.decode().replace("&#x27;", "'")
    assert browser.get(f"/p/forms/phases/{phase}/decide/").status_code == 302


def test_a_phase_that_there_is_not(browser: Client, project: Project) -> None:
    for path in ("phases/launch/", "phases/launch/back/"):
        assert browser.get(f"/p/forms/{path}").status_code == 404


def decide(browser: Client, **fill: object) -> HttpResponse:
    page = browser.get("/p/forms/phases/problem/")
    [controls] = [c for action, c in forms(page) if action.endswith("/decide/")]
    for name, value in fill.items():
        assert f'name="{name}"' in page.content.decode()
        controls[name] = [str(value)]
    return browser.post("/p/forms/phases/problem/decide/", controls)


def test_a_gate_is_held_with_a_word(browser: Client, project: Project) -> None:
    response = decide(browser, outcome="hold", note="We ask users first.")
    row = DecisionRow.objects.get()
    assert response["Location"] == f"/p/forms/decisions/{row.pk}/"
    assert (row.outcome, row.by, row.note) == ("hold", "Ada Lovelace", "We ask users first.")
    page = browser.get(response["Location"]).content.decode()
    assert "We ask users first." in page
    file = json.loads(browser.get(f"{response['Location']}?download").content)
    assert file["anchor"]["signature"]
    assert file["items"]["1a"]["status"] == row.items["1a"]["status"]
    assert "Problem" in browser.get("/p/forms/decisions/").content.decode()


def test_passing_what_blocks_asks_for_a_waiver_of_each(browser: Client, project: Project) -> None:
    bare = decide(browser, outcome="pass")
    assert bare.status_code == 422
    assert "It blocks the gate" in errors(bare)
    assert not DecisionRow.objects.exists()
    blockers = [i.item.key for i in bare.context["gate"].blockers]
    assert blockers
    reasons = {f"reason_{key}": "decided by the board" for key in blockers}
    late = decide(browser, outcome="pass", **reasons, **{f"until_{key}": soon(4000) for key in blockers})
    assert late.status_code == 422
    assert "days from now" in errors(late)
    assert not Exemption.objects.exists(), "all of it or nothing"
    fine = decide(browser, outcome="pass", **reasons, **{f"until_{key}": soon() for key in blockers})
    assert fine.status_code == 302
    assert DecisionRow.objects.get().outcome == "pass"
    assert {e.target for e in Exemption.objects.all()} == set(blockers)
    assert browser.get("/p/forms/").context["here"].phase == "data"


@pytest.mark.parametrize("fill", [{}, {"outcome": "maybe"}])
def test_no_decision_is_not_recorded(browser: Client, project: Project, fill: dict[str, str]) -> None:
    response = browser.post("/p/forms/phases/problem/decide/", fill)
    assert response.status_code == 422
    assert errors(response)
    assert not DecisionRow.objects.exists()


# --- excusing


def test_an_item_is_waived_and_taken_back(browser: Client, project: Project) -> None:
    path = "/p/forms/excuse/1c/"
    assert "A waiver has an end" in errors(send(browser, path, type="waiver", reason="later"))
    assert "days from now" in errors(send(browser, path, type="waiver", reason="later", until=soon(4000)))
    assert send(browser, path, type="waiver", reason="Numbers come in June.", until=soon()).status_code == 302
    gate = browser.get("/p/forms/phases/problem/").context["gate"]
    assert next(i.status.value for i in gate.items if i.item.key == "1c") == "waived"
    assert "Waived until" in browser.get(path).content.decode()
    assert send(browser, path, outcome="They came.").status_code == 302
    row = Exemption.objects.get()
    assert (row.withdrawn, row.outcome) == (True, "They came.")
    listed = browser.get("/p/forms/decisions/?kind=excuse").content.decode()
    assert "They came." in listed
    assert "Numbers come in June." in listed


def test_a_target_and_a_part_of_an_item_can_be_excused(browser: Client, project: Project) -> None:
    actions.put_criteria(project, LOCAL, [ACCURACY])
    waived = send(browser, "/p/forms/excuse/accuracy/", type="waiver", reason="later", until=soon())
    assert waived["Location"] == "/p/forms/targets/accuracy/"
    part = "/p/forms/excuse/4d:jailbreak/"
    page = browser.get(part).content.decode()
    assert "jailbreak" in page
    assert "Waive it" not in page
    done = send(browser, part, reason="A reader of digits takes no instructions.")
    assert done.status_code == 302
    assert done["Location"] == "/p/forms/phases/evaluation/"
    assert queries.project_state(project).not_applicable == {
        "4d:jailbreak": "A reader of digits takes no instructions."
    }
    assert part in browser.get("/p/forms/phases/evaluation/").content.decode()
    assert browser.get("/p/forms/decisions/").status_code == 200
    assert browser.get("/p/forms/excuse/4d:nothing/").status_code == 404
    assert browser.get("/p/forms/excuse/9z/").status_code == 404


def test_at_regulated_rigor_a_second_person_approves(browser: Client, project: Project) -> None:
    change_project(project, LOCAL, rigor="regulated")
    bob = account("bob")
    set_member(project, LOCAL, "bob", "reviewer")
    path = "/p/forms/excuse/1c/"
    send(browser, path, type="waiver", reason="later", until=soon())

    def status() -> str:
        gate = browser.get("/p/forms/phases/problem/").context["gate"]
        return str(next(i.status.value for i in gate.items if i.item.key == "1c"))

    assert status() != "waived"
    mine = browser.get(path).content.decode()
    assert "another person than you" in mine
    assert 'name="approve"' not in mine
    refused = browser.post(path, {"approve": "1"})
    assert refused.status_code == 422
    assert "You asked for it yourself" in errors(refused)
    assert status() != "waived"
    other = client(bob)
    assert 'name="approve"' in other.get(path).content.decode()
    assert other.post(path, {"approve": "1"}).status_code == 302
    assert status() == "waived"
    assert Exemption.objects.get().approved_by == "bob"


# --- going back


def test_going_back_says_what_becomes_stale_first(browser: Client, project: Project) -> None:
    actions.put_criteria(project, LOCAL, [ACCURACY])
    actions.put_subject(project, LOCAL, Version.parse("dataset:train@v1"))
    actions.put_subject(project, LOCAL, Version.parse("dataset:other@v1"))
    on = {"data": Version.parse("dataset:train@v1")}
    actions.add_evidence(project, LOCAL, [share(970, **on)])
    page = browser.get("/p/forms/phases/data/back/")
    assert [r.estimand for r in page.context["stale"]] == ["digits read right"]
    assert "digits read right" in page.content.decode()
    none = send(browser, "/p/forms/phases/data/back/")
    assert none.status_code == 422
    assert "required" in errors(none)
    response = send(
        browser, "/p/forms/phases/data/back/", reason="Faded ink is missing.", subjects=["dataset:train"]
    )  # fmt: skip
    assert response.status_code == 302
    assert RoundRow.objects.get().reopened == ["dataset:train"]
    state = queries.project_state(project)
    assert state.verdict("accuracy").status.value == "stale"
    home = browser.get("/p/forms/")
    assert [r.estimand for r in home.context["reruns"]] == ["digits read right"]
    assert "Faded ink is missing." in browser.get("/p/forms/decisions/?kind=back").content.decode()


# --- risks


def risk(browser: Client, *rows: dict[str, str]) -> HttpResponse:
    """Send the grid with these rows, as the page's script would after a paste."""
    [controls] = [c for _, c in forms(browser.get("/p/forms/risks/")) if "risks-TOTAL_FORMS" in c]
    for n, row in enumerate(rows):
        fields = {"key": "", "phase": "problem", "likelihood": "3", "impact": "3", "status": "open"}
        controls |= {f"risks-{n}-{name}": [value] for name, value in {**fields, **row}.items()}
    controls["risks-TOTAL_FORMS"] = [str(max(len(rows), int(controls["risks-TOTAL_FORMS"][0])))]
    return browser.post("/p/forms/risks/", controls)


def test_an_empty_grid_begins_with_two_blank_rows(browser: Client, project: Project) -> None:
    [controls] = [c for _, c in forms(browser.get("/p/forms/risks/")) if "risks-TOTAL_FORMS" in c]
    assert controls["risks-TOTAL_FORMS"] == ["2"]
    assert "risks-1-text" in controls
    assert send(browser, "/p/forms/risks/").status_code == 302, "blank rows are no risks"
    assert not RiskRow.objects.exists()


def test_risks_are_written_changed_and_taken_out(browser: Client, project: Project) -> None:
    response = risk(
        browser,
        {"text": "Ink fades", "phase": "data", "likelihood": "4", "impact": "5", "review_on": "2020-01-01"},
        {"text": "Scanners change", "owner": "ML lead"},
    )
    assert response.status_code == 302, errors(response)
    assert [(r.text, r.likelihood * r.impact) for r in RiskRow.objects.order_by("position")] == [
        ("Ink fades", 20), ("Scanners change", 9),
    ]  # fmt: skip
    page = browser.get("/p/forms/risks/")
    assert "1 risk should have been looked at again" in page.content.decode()
    send(browser, "/p/forms/risks/", **{"risks-0-status": "mitigated", "risks-1-DELETE": "on"})
    assert [(r.key, r.status) for r in RiskRow.objects.order_by("position")] == [
        ("ink-fades", "mitigated"), ("scanners-change", "gone"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ({"text": "Ink", "likelihood": "6"}, "risks-0-likelihood"),
        ({"text": "Ink", "impact": "high"}, "risks-0-impact"),
        ({"text": "Ink", "phase": "launch"}, "risks-0-phase"),
        ({"text": "Ink", "review_on": "31.3.2026"}, "risks-0-review_on"),
        ({"text": "", "owner": "ML lead"}, "risks-0-text"),
        ({"text": "x" * 1001}, "risks-0-text"),
    ],
)
def test_a_wrong_cell_is_marked_and_nothing_is_saved(
    browser: Client, project: Project, row: dict[str, str], place: str
) -> None:
    response = risk(browser, row)
    assert response.status_code == 422
    assert f'id="id_{place}_error"' in response.content.decode()
    assert not RiskRow.objects.exists()


def table(response: HttpResponse) -> list[list[str]]:
    assert response.content.startswith(b"\xef\xbb\xbf"), "Excel needs the mark to read UTF-8"
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


def upload(browser: Client, page: str, body: str | bytes) -> HttpResponse:
    raw = body if isinstance(body, bytes) else body.encode()
    return browser.post(f"/p/forms/{page}/", {"upload": "1", "file": SimpleUploadedFile("x.csv", raw)})


def test_risks_go_out_as_csv_and_come_back_the_same(browser: Client, project: Project) -> None:
    nasty = ["=cmd|' /C calc'!A1", "+1+1", "-2", "@SUM(A1)", 'Größe, "quoted"\nand more', "'=kept"]
    risk(browser, *({"text": text} for text in nasty))
    stored = {r.text for r in RiskRow.objects.all()}
    out = browser.get("/p/forms/risks/?csv")
    assert out["Content-Type"].startswith("text/csv")
    rows = table(out)
    assert tuple(rows[0]) == RISK_COLUMNS
    said = [row[RISK_COLUMNS.index("text")] for row in rows[1:]]
    assert not any(text.startswith(("=", "+", "@")) for text in said), "a spreadsheet would run it"
    before = list(RiskRow.objects.order_by("id").values())
    assert upload(browser, "risks", out.content).status_code == 302
    assert {r.text for r in RiskRow.objects.exclude(status="gone")} == stored
    assert list(RiskRow.objects.order_by("id").values()) == before, (
        "nothing was changed, so nothing is written"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "empty"),
        ("phase,likelihood\ndata,3\n", "'text' is missing"),
        ("text,colour\nInk,red\n", "no column 'colour' is known"),
        ("text,impact\nInk,3\nFaded,huge\n", "row 2, impact"),
        ("text,likelihood\nInk,9\n", "row 1, likelihood"),
        ("text,phase\nInk,launch\n", "row 1, phase"),
        ("text,review_on\nInk,soon\n", "row 1, review"),
        ("text,key\nInk,a\nPaper,a\n", "stands twice"),
        ("text\nInk,3,4\n", "row 2"),
        (b"text\n\xff\xfe\n", "UTF-8"),
    ],
)
def test_a_csv_file_that_is_wrong_says_where(
    browser: Client, project: Project, body: str | bytes, said: str
) -> None:
    response = upload(browser, "risks", body)
    assert response.status_code == 422
    assert said in errors(response)
    assert not RiskRow.objects.exists()


def test_semicolons_and_a_spreadsheets_column_names_are_read(browser: Client, project: Project) -> None:
    assert (
        upload(browser, "risks", "Text;Likelihood;Review on\r\nInk fades;4;2026-12-01\r\n;;\r\n").status_code
        == 302
    )
    row = RiskRow.objects.get()
    assert (row.text, row.likelihood, row.review_on) == ("Ink fades", 4, date(2026, 12, 1))
    missing = browser.post("/p/forms/risks/", {"upload": "1"})
    assert missing.status_code == 422
    assert "no file was chosen" in errors(missing)


# --- the timeline


def test_the_timeline_is_changed_in_its_grid(browser: Client, project: Project) -> None:
    response = send(
        browser, "/p/forms/timeline/",
        **{"plan-0-actual_start": "2026-03-02", "plan-0-actual_end": "2026-03-20", "plan-0-spent_cost": "900.5"},
    )  # fmt: skip
    assert response.status_code == 302, errors(response)
    row = PlanRow.objects.get(phase="problem")
    assert (row.actual_end, row.spent_cost) == (date(2026, 3, 20), 900.5)
    page = browser.get("/p/forms/timeline/")
    assert "<svg" in page.content.decode()
    assert page.context["spending"].spent == 900.5


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"plan-0-planned_start": "2026-05-01", "plan-0-planned_end": "2026-04-01"}, "before it starts"),
        ({"plan-0-planned_cost": "-5"}, "greater than or equal to 0"),
        ({"plan-0-planned_cost": "much"}, "Enter a number"),
        ({"plan-0-actual_end": "yesterday"}, "valid date"),
    ],
)
def test_a_timeline_that_cannot_be_is_not_saved(
    browser: Client, project: Project, fill: dict[str, str], said: str
) -> None:
    before = list(PlanRow.objects.order_by("id").values())
    response = send(browser, "/p/forms/timeline/", **fill)
    assert response.status_code == 422
    assert said in errors(response)
    assert list(PlanRow.objects.order_by("id").values()) == before


def test_the_timeline_goes_out_as_csv_and_comes_back_the_same(browser: Client, project: Project) -> None:
    out = browser.get("/p/forms/timeline/?csv")
    rows = table(out)
    assert tuple(rows[0]) == PLAN_COLUMNS
    assert [row[0] for row in rows[1:]] == list(BY_KEY)
    before = list(PlanRow.objects.order_by("id").values())
    assert upload(browser, "timeline", out.content).status_code == 302
    assert list(PlanRow.objects.order_by("id").values()) == before
    changed = out.content.decode("utf-8-sig").replace("problem,", "launch,", 1)
    response = upload(browser, "timeline", changed)
    assert response.status_code == 422
    assert "'launch' is no phase" in errors(response)
    bad = upload(browser, "timeline", "phase,planned_cost\ndata,much\n")
    assert "Data, planned cost" in errors(bad)


# --- running again


@pytest.mark.parametrize("here", [True, False])
def test_what_is_stale_is_run_again_from_every_page_that_shows_it(
    browser: Client, project: Project, settings: Settings, tmp_path: Path, here: bool
) -> None:
    settings.PROJECT_FOLDER = str(tmp_path) if here else ""
    actions.put_criteria(project, LOCAL, [ACCURACY.model_copy(update={"phase": "evaluation"})])
    actions.put_subject(project, LOCAL, Version.parse("dataset:train@v1"))
    [(row, _)] = actions.add_evidence(project, LOCAL, [share(970, data=Version.parse("dataset:train@v1"))])
    pages = ["", "phases/evaluation/", f"proof/{row.digest}/"]
    assert not any("run/" in action for path in pages for action, _ in forms(browser.get(f"/p/forms/{path}")))
    actions.put_subject(project, LOCAL, Version.parse("dataset:train@v2"))
    reader = account("reader")
    set_member(project, LOCAL, "reader", "reader")
    for path in pages:
        page = browser.get(f"/p/forms/{path}")
        text = page.content.decode()
        assert ("/p/forms/run/" in [action for action, _ in forms(page)]) == here, path
        assert re.search(r"took <[^>]*>12\s*s<|took 12\s*s", text), path
        assert "/p/forms/run/" not in [action for action, _ in forms(client(reader).get(f"/p/forms/{path}"))]
    started = browser.post("/p/forms/run/")
    assert started.status_code == (302 if here else 404)
    assert Job.objects.filter(kind="checks.run").count() == here
    if here:
        assert "Running the checks" in browser.get(started["Location"]).content.decode()


# --- the plan


def test_the_plan_is_a_page_and_a_file_of_each_format(browser: Client, project: Project) -> None:
    actions.put_document(project, LOCAL, Intent(data="Collect <b>forms</b> for 6 weeks."))
    page = browser.get("/p/forms/plan/")
    said = page.content.decode()
    assert "Collect &lt;b&gt;forms&lt;/b&gt; for 6 weeks." in said
    assert "/p/forms/write/intent/-/" in said
    begins = {"pdf": b"%PDF-", "docx": b"PK\x03\x04", "md": b"# Forms: plan", "html": b"<!doctype html>"}
    for form, first in begins.items():
        assert f"?format={form}" in said
        file = browser.get(f"/p/forms/plan/?format={form}")
        assert file.content.startswith(first)
        # Never shown as a page of the site: what people wrote is in it.
        assert file["Content-Disposition"].startswith(
            f'attachment; filename="forms-plan-{datetime.now(UTC):%Y}'
        )
        assert file["Content-Disposition"].endswith(f'.{form}"')
    assert browser.get("/p/forms/plan/?format=exe").status_code == 404


def test_the_plan_as_plain_values_and_files_over_the_api(browser: Client, project: Project) -> None:
    actions.put_document(project, LOCAL, Intent(data="Collect forms for 6 weeks."))
    body = browser.get("/api/v1/projects/forms/plan").json()
    assert body["pages"] == 1 and body["warnings"] == [] and body["head"] is None
    [data] = [s for s in body["sections"] if s["phase"] == "data"]
    assert data["blocks"][0]["meant"] == "Collect forms for 6 weeks."
    file = browser.get("/api/v1/projects/forms/plan?format=pdf")
    assert (file["Content-Type"], file.content[:5]) == ("application/pdf", b"%PDF-")
    assert browser.get("/api/v1/projects/forms/plan?format=odt").status_code == 422


# --- the model card


def test_the_card_is_of_the_version_that_is_to_ship(browser: Client, project: Project) -> None:
    assert browser.get("/p/forms/card/").status_code == 409
    assert "Model card" not in browser.get("/p/forms/plan/").content.decode()
    Project.objects.filter(pk=project.pk).update(candidate="model:reader@m1")
    assert 'href="/p/forms/card/"' in browser.get("/p/forms/plan/").content.decode()
    for path in ("/p/forms/card/", "/api/v1/projects/forms/card?task=image-classification"):
        file = browser.get(path)
        assert file["Content-Disposition"] == 'attachment; filename="README.md"'
        assert file["Content-Type"].startswith("text/markdown")
        assert file.content.startswith(b"---\ntags:") and b"# Forms: reader m1" in file.content
    assert browser.get("/api/v1/projects/forms/card?task=<b>").status_code == 422
