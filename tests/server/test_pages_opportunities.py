"""The list of opportunities: edited by several, in and out as CSV, and a project opened from the one chosen."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from sextant.errors import Conflict, Forbidden, InvalidInput
from sextant_server.problem import opportunity_actions as actions
from sextant_server.problem import queries
from sextant_server.problem.models import OpportunityRow
from sextant_server.projects.models import Project
from sextant_server.projects.permissions import Caller
from tests.server.world import LOCAL, account, client

pytestmark = pytest.mark.django_db
PATH = "/opportunities/"
FIELDS = ("key", "seen", "title", "problem", "value", "feasibility", "data", "risk", "lead", "note")
FORMS = {
    "title": "Read forms",
    "problem": "Clerks type 600 forms.",
    "value": 5,
    "feasibility": 4,
    "data": 4,
    "risk": 2,
}


@pytest.fixture
def browser() -> Client:
    return client(account("ada"))


def sheet(browser: Client, *rows: dict[str, Any]) -> HttpResponse:
    """Send the grid with these rows."""
    data = {"list-TOTAL_FORMS": str(len(rows)), "list-INITIAL_FORMS": "0"}
    for number, row in enumerate(rows):
        given = {f"list-{number}-{f}": row.get(f) for f in (*FIELDS, "DELETE")}
        data |= {name: str(value) for name, value in given.items() if value not in (None, "")}
    found: HttpResponse = browser.post(PATH, data)
    return found


def as_read(row: OpportunityRow, **changes: Any) -> dict[str, Any]:
    """A line of the sheet as it was read, with some cells changed."""
    return {**row.plain(), "seen": row.seen, **changes}


def test_a_sheet_is_stored_ranked_and_emptied_cells_are_empty(browser: Client) -> None:
    assert sheet(browser, FORMS, {"title": "Sort mail", "value": 3}).status_code == 302
    page = browser.get(PATH).content.decode()
    assert "1. Read forms" in page
    assert "not rated yet: feasibility, data, risk" in page
    [forms, _] = queries.opportunities()
    sheet(browser, as_read(forms, risk=None, problem=""))
    [forms, mail] = queries.opportunities()
    assert (forms.risk, forms.problem, mail.title) == (None, "", "Sort mail")


def test_two_who_edit_different_lines_keep_both(browser: Client) -> None:
    actions.put_opportunities(LOCAL, [FORMS, {"title": "Sort mail"}])
    [forms, mail] = queries.opportunities()
    before = [as_read(forms), as_read(mail, value=4)]
    actions.put_opportunities(LOCAL, [{"key": "read-forms", "lead": "Ann"}])
    assert sheet(browser, *before).status_code == 302
    [forms, mail] = queries.opportunities()
    assert (forms.lead, mail.value) == ("Ann", 4)


def test_two_who_edit_one_line_are_told_and_nothing_is_lost(browser: Client) -> None:
    actions.put_opportunities(LOCAL, [FORMS])
    [forms] = queries.opportunities()
    mine = as_read(forms, lead="Me")
    actions.put_opportunities(LOCAL, [{"key": "read-forms", "lead": "Ann"}])
    response = sheet(browser, mine, {"title": "Mine too"})
    page = response.content.decode()
    assert response.status_code == 409
    assert "somebody else changed “Read forms” meanwhile" in page
    assert 'value="Me"' in page and "Ann" in page and 'value="Mine too"' in page
    [row] = queries.opportunities()
    assert row.lead == "Ann"
    assert row.seen in page
    assert sheet(browser, {**mine, "seen": row.seen}, {"title": "Mine too"}).status_code == 302
    assert [r.lead for r in queries.opportunities()] == ["Me", ""]


def test_a_line_is_deleted_and_one_that_is_not_sent_stays(browser: Client) -> None:
    actions.put_opportunities(LOCAL, [FORMS, {"title": "Sort mail"}])
    [forms, _] = queries.opportunities()
    sheet(browser, as_read(forms, DELETE="on"))
    assert [r.title for r in queries.opportunities()] == ["Sort mail"]


def upload(browser: Client, text: str) -> HttpResponse:
    file = SimpleUploadedFile("list.csv", text.encode(), content_type="text/csv")
    found: HttpResponse = browser.post(PATH, {"file": file, "upload": "1"})
    return found


def test_what_goes_out_as_csv_comes_in_again_and_no_cell_is_a_formula(browser: Client) -> None:
    actions.put_opportunities(LOCAL, [FORMS, {"title": "=1+1", "note": "a;b"}])
    out = browser.get(f"{PATH}?csv").content.decode()
    assert "'=1+1" in out and "85.0" not in out.splitlines()[0]
    before = [r.plain() for r in queries.opportunities()]
    assert upload(browser, out).status_code == 302
    assert [r.plain() for r in queries.opportunities()] == before
    upload(browser, "Title;Risk\nread forms;5\nNew;\n")
    assert [(r.title, r.risk) for r in queries.opportunities()] == [
        ("read forms", 5),
        ("=1+1", None),
        ("New", None),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Title,Value\nA,9\n", "row 1, value"), ("Titel\nA\n", "no column"),
        ("Value\n3\n", "column &#x27;title&#x27; is missing"),
        ("", "the file is empty"), ("Title\nA\nA\n", "given twice"),
    ],
)  # fmt: skip
def test_a_file_with_a_fault_stores_nothing(browser: Client, text: str, said: str) -> None:
    response = upload(browser, text)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not queries.opportunities()


def test_weights_turn_the_ranking_and_none_at_all_is_refused(browser: Client) -> None:
    actions.put_opportunities(
        LOCAL,
        [{"title": "Bold", "value": 5, "feasibility": 1, "data": 1, "risk": 5},
         {"title": "Sure", "value": 2, "feasibility": 5, "data": 5, "risk": 1}],
    )  # fmt: skip
    assert "1. Sure" in browser.get(PATH).content.decode()
    browser.post(PATH, {"value": "90", "feasibility": "5", "data": "5", "risk": "0", "weigh": "1"})
    assert "1. Bold" in browser.get(PATH).content.decode()
    nothing = browser.post(PATH, {"value": "0", "feasibility": "0", "data": "0", "risk": "0", "weigh": "1"})
    assert nothing.status_code == 422
    assert "ne weight at least must be above 0" in nothing.content.decode()


def test_a_project_is_opened_from_the_one_chosen_once(browser: Client) -> None:
    actions.put_opportunities(LOCAL, [FORMS])
    path = f"{PATH}read-forms/open/"
    assert "Clerks type 600 forms." in browser.get(path).content.decode()
    assert browser.post(path, {"name": "Forms", "rigor": "light"})["Location"] == "/p/forms/five-ws/"
    assert "Clerks type 600 forms." in browser.get("/p/forms/five-ws/").content.decode()
    again = browser.post(path, {"name": "Forms again", "rigor": "light"})
    assert again.status_code == 422
    assert Project.objects.count() == 1
    # The project outlives the line, and the line the project.
    actions.put_opportunities(LOCAL, [], remove=["read-forms"])
    assert Project.objects.count() == 1


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([{"title": "A"}, {"key": "a-2", "title": "B"}, {"key": "a-2", "title": "C"}], InvalidInput),
        ([{"title": "Read forms"}], Conflict), ([{"key": "A b", "title": "A"}], InvalidInput),
        ([{"title": "x" * 201}], InvalidInput),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused_whole(rows: list[dict[str, Any]], error: type[Exception]) -> None:
    actions.put_opportunities(LOCAL, [FORMS])
    with pytest.raises(error):
        actions.put_opportunities(LOCAL, rows)
    assert len(queries.opportunities()) == 1


def test_nobody_unknown_writes() -> None:
    with pytest.raises(Forbidden):
        actions.put_opportunities(Caller(), [FORMS])
