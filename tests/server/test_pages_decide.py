"""The pages on which one decides whether to build it: the six questions, the return, feasibility."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sextant.problem.documents import DecisionTree, Feasibility, Roi, Side, Spread
from sextant_server.projects.models import Project
from sextant_server.records import queries
from sextant_server.records.models import CriterionRow, DocumentRow, RiskRow
from tests.server.submitted import errors, forms, send
from tests.server.world import LOCAL, account, client, open_project, share, write

pytestmark = pytest.mark.django_db

TREE, ROI, FEASIBILITY = "/p/forms/is-ml-right/", "/p/forms/return/", "/p/forms/feasibility/"
YES = DecisionTree(
    well_defined="yes", well_defined_reason="It is counted.", rules_enough="no", rules_enough_reason="61 % only.",
    data_available="yes", data_available_reason="40,000 scans.", pattern_or_prediction="yes",
    pattern_or_prediction_reason="Digits.", errors_tolerable="yes", errors_tolerable_reason="A clerk mends them.",
    roi_worth="yes", roi_worth_reason="See the calculation.", rule_based_baseline="Templates.",
)  # fmt: skip


@pytest.fixture
def project(ada: User) -> Project:
    return open_project(owner=ada, rigor="light")


def stored(project: Project, kind: str) -> Any:
    row = queries.present_document(project, kind, "")
    assert row is not None
    return json.loads(row.body)


@pytest.mark.parametrize(
    ("kind", "path"), [("decision_tree", TREE), ("roi", ROI), ("feasibility", FEASIBILITY)]
)
def test_the_list_of_a_kind_leads_to_its_own_page(
    browser: Client, project: Project, kind: str, path: str
) -> None:
    assert browser.get(f"/p/forms/write/{kind}/")["Location"] == path
    assert browser.get(f"/p/forms/write/{kind}/-/").status_code == 200, "the plain form is still there"


@pytest.mark.parametrize(
    ("kind", "path"), [("decision_tree", TREE), ("roi", ROI), ("feasibility", FEASIBILITY)]
)
def test_two_who_write_at_once_lose_nothing(browser: Client, project: Project, kind: str, path: str) -> None:
    send(browser, path, having="version")
    [mine] = [c for _, c in forms(browser.get(path)) if "version" in c]
    theirs = {
        "decision_tree": YES,
        "roi": Roi(months=36),
        "feasibility": Feasibility(users=Side(findings="They ask.")),
    }
    write(project, (theirs[kind], ""))
    response = browser.post(path, mine)
    assert response.status_code == 409
    assert "meanwhile" in errors(response)
    assert stored(project, kind) == theirs[kind].plain()
    # The page has the present version now: sent once more, mine is stored.
    [again] = [c for _, c in forms(response) if "version" in c]
    assert browser.post(path, again).status_code == 302


# --- the six questions


def test_the_path_is_drawn_and_said(browser: Client, project: Project) -> None:
    empty = browser.get(TREE)
    assert "Not decided yet" in empty.content.decode()
    sent = send(browser, TREE, having="version", **{"d-well_defined": "yes", "d-rules_enough": "yes"})
    assert sent.status_code == 302
    page = browser.get(TREE).content.decode()
    assert "Clear problem: yes. Simple rules: yes. It ends in “Use rules”." in page
    assert page.count('class="leaf reached"') == 1
    assert "No reason yet: Clear problem, Simple rules" in page


def test_what_is_answered_is_drawn_before_it_is_saved(browser: Client, project: Project) -> None:
    fill = {"preview": "1", "d-well_defined": "no"}
    response = browser.post(TREE, fill, headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert "It ends in “Clarify first”." in response.content.decode()
    assert "<html" not in response.content.decode()
    assert not DocumentRow.objects.exists()


def test_an_oversight_plan_gets_its_target_in_one_step(browser: Client, project: Project) -> None:
    no = YES.model_copy(
        update={"errors_tolerable": "no", "oversight_plan": "A clerk looks at each above 500."}
    )
    write(project, (no, ""))
    assert "Deterministic, or heavy oversight" in browser.get(TREE).context["walk"].outcome.title
    [controls] = [c for _, c in forms(browser.get(TREE)) if "version" in c]
    bare = browser.post(TREE, {**controls, "oversight": "1"})
    assert bare.status_code == 422
    assert bare.context["oversight"].errors.keys() == {"owner"}
    made = browser.post(TREE, {**controls, "oversight": "1", "o-owner": "Operations lead"})
    assert made.status_code == 302
    target = queries.criteria(project)["outputs-checked-by-a-person-before-use"]
    assert (target.threshold, target.direction, target.family) == (1, "at_least", "safety")
    assert target.binding is not None
    assert (target.binding.owner, target.owner) == ("Operations lead", "Operations lead")
    assert stored(project, "decision_tree")["oversight_criterion"] == target.key
    page = browser.get(TREE)
    assert page.context["walk"].outcome.title == "Pursue with oversight"
    assert 'class="passed round"' in page.content.decode()
    assert "measured by Operations lead" in page.content.decode()
    # The gate is of the same mind.
    [tree] = [i for i in browser.get("/p/forms/phases/problem/").context["items"] if i["item"].key == "1b"]
    assert "Pursue with oversight" not in tree["reason"] or "not exist" not in tree["reason"]


def test_no_oversight_target_without_a_plan_and_none_twice(browser: Client, project: Project) -> None:
    write(project, (YES.model_copy(update={"errors_tolerable": "no"}), ""))
    [controls] = [c for _, c in forms(browser.get(TREE)) if "version" in c]
    fill = {**controls, "oversight": "1", "o-owner": "Operations lead"}
    without = browser.post(TREE, fill)
    assert without.status_code == 422
    assert "Write who checks what" in errors(without)
    assert not CriterionRow.objects.exists()
    planned = {**fill, "d-oversight_plan": "A clerk looks."}
    assert browser.post(TREE, planned).status_code == 302
    twice = browser.post(TREE, {**planned, "version": "2"})
    assert twice.status_code == 422
    assert "already" in errors(twice)


def test_a_reader_reads_the_answers(project: Project) -> None:
    from sextant_server.projects import actions

    write(project, (YES, ""))
    bob = account("bob")
    actions.set_member(project, LOCAL, "bob", "reader")
    page = client(bob).get(TREE).content.decode()
    assert "61 % only." in page
    assert "Save the answers" not in page
    assert client(bob).post(TREE, {"preview": "1"}).status_code == 403


# --- the return


def guesses(**more: str) -> dict[str, str]:
    given = {"benefit": (50, 100, 200), "build": (800, 1000, 2000), "run": (10, 20, 60)}
    ends = ("low", "likely", "high")
    return {
        f"d-{k}-{e}": str(v) for k, three in given.items() for e, v in zip(ends, three, strict=True)
    } | more


def test_the_return_is_worked_out_as_one_types(browser: Client, project: Project) -> None:
    bare = browser.post(ROI, {"preview": "1"}).content.decode()
    assert "Still to be filled in: Benefit a month, Building it, Running it a month." in bare
    turned = browser.post(ROI, {"preview": "1", **guesses(**{"d-benefit-low": "300"})}).content.decode()
    assert "Benefit a month: Low, likely and high must rise, and they are 300, 100, 200." in turned
    full = browser.post(ROI, {"preview": "1", **guesses()}).content.decode()
    for figure in ("Money in and out, added up", "How the results are spread", "What it hangs on most"):
        assert figure in full
    assert "Most hangs on “Benefit a month”" in full
    assert full.count("Show the numbers") == 2, "each chart has its table"
    assert not DocumentRow.objects.exists()


def test_the_bar_is_held_against_the_middle_and_the_chance_of_a_loss(
    browser: Client, project: Project
) -> None:
    saved = send(browser, ROI, having="version", **guesses())
    assert saved.status_code == 302
    assert browser.get(ROI).context["outlook"].passes, "17 % is below one chance in five"
    strict = guesses(**{"d-bar_chance_of_loss": "0.1", "d-bar_median": "1000000"})
    assert send(browser, ROI, having="version", **strict).status_code == 302
    found = browser.get(ROI).context["outlook"]
    assert found.faults == ("median", "chance_of_loss")
    assert stored(project, "roi")["benefit"] == {"low": 50, "likely": 100, "high": 200}
    assert "Your bar" in browser.get(ROI).content.decode()


def test_what_is_sure_has_no_spread_and_hangs_on_nothing(browser: Client, project: Project) -> None:
    one = Spread(low=100, likely=100, high=100)
    write(project, (Roi(benefit=one, build=one, run=one), ""))
    page = browser.get(ROI).content.decode()
    assert "No amount has a range" in page
    assert not re.search(r"\bnan\b", page)


# --- feasibility


def test_a_caution_becomes_a_risk_in_one_step(browser: Client, project: Project) -> None:
    fill = {"d-data-verdict": "caution", "d-data-findings": "Faded ink is rare."}
    [controls] = [c for _, c in forms(browser.get(FEASIBILITY)) if "version" in c]
    controls |= {**fill, "risk-data": "1"}
    bare = browser.post(FEASIBILITY, controls)
    assert bare.status_code == 422
    assert not RiskRow.objects.exists()
    made = browser.post(
        FEASIBILITY, {**controls, "r-data-text": "Ink fades", "r-data-mitigation": "Collect 500 more."}
    )
    assert made.status_code == 302
    [risk] = RiskRow.objects.filter(project=project)
    assert (risk.key, risk.text, risk.mitigation) == ("data-caution", "Ink fades", "Collect 500 more.")
    body = stored(project, "feasibility")["data"]
    assert (body["risk"], body["verdict"], body["findings"]) == (
        "data-caution",
        "caution",
        "Faded ink is rare.",
    )
    assert "Covered by “Ink fades”" in browser.get(FEASIBILITY).content.decode()


def test_a_second_caution_does_not_overwrite_the_first_risk(browser: Client, project: Project) -> None:
    for text in ("Ink fades", "Scans are skewed"):
        [controls] = [c for _, c in forms(browser.get(FEASIBILITY)) if "version" in c]
        fill = {"d-data-verdict": "caution", "d-data-risk": "", "risk-data": "1", "r-data-text": text}
        assert browser.post(FEASIBILITY, {**controls, **fill}).status_code == 302
    assert [r.key for r in RiskRow.objects.order_by("id")] == ["data-caution", "data-caution-2"]


def test_proof_that_is_named_is_there(browser: Client, project: Project) -> None:
    wrong = send(browser, FEASIBILITY, having="version", **{"d-technical-proof": "0123456789"})
    assert wrong.status_code == 422
    assert "There is no evidence 0123456789" in errors(wrong)
    odd = send(browser, FEASIBILITY, having="version", **{"d-technical-proof": "the paper"})
    assert odd.status_code == 422
    from sextant_server.records import actions
    from tests.server.world import ACCURACY

    actions.put_criteria(project, LOCAL, [ACCURACY])
    [(row, _)] = actions.add_evidence(project, LOCAL, [share(970)])
    fine = send(browser, FEASIBILITY, having="version", **{"d-technical-proof": row.digest[:10]})
    assert fine.status_code == 302
    assert f"/p/forms/proof/{row.digest[:10]}/" in browser.get(FEASIBILITY).content.decode()


# --- the sheet of targets

SHEET = "/p/forms/targets-sheet/"
POSTS = {
    "name": "Posts a month", "family": "business", "unit": "posts", "baseline": "8", "baseline_source": "CMS",
    "direction": "at_least", "target": "12", "due": "6 months", "owner": "Product manager",
    "measured_by": "count in the CMS", "measured_from": "2026-04-01",
}  # fmt: skip


def sheet(browser: Client, *rows: dict[str, str], **more: str) -> Any:
    """What the page would send, with these cells changed or rows added."""
    [controls] = [c for _, c in forms(browser.get(SHEET)) if "t-TOTAL_FORMS" in c]
    for place, row in enumerate(rows):
        controls |= {f"t-{place}-{column}": [value] for column, value in row.items()}
    controls["t-TOTAL_FORMS"] = [str(max(len(rows), int(controls["t-TOTAL_FORMS"][0])))]
    return browser.post(SHEET, {**controls, **more})


def test_targets_are_entered_whole_or_not_at_all(browser: Client, project: Project) -> None:
    wrong = sheet(
        browser, POSTS, {"name": "Weekly users", "family": "product", "unit": "share", "target": "many"}
    )
    assert wrong.status_code == 422
    assert 'id="id_t-1-target_error"' in wrong.content.decode()
    assert "“many” is no number" in errors(wrong)
    assert not CriterionRow.objects.exists()
    fine = sheet(
        browser, POSTS, {"name": "Weekly users", "family": "product", "unit": "share", "target": "60 %"}
    )
    assert fine.status_code == 302
    made = queries.criteria(project)
    assert [(c.family, c.threshold) for c in made.values()] == [("business", 12), ("product", 0.6)]
    # Saved as it stands, nothing is written again.
    assert sheet(browser).status_code == 302
    assert set(CriterionRow.objects.values_list("version", flat=True)) == {1}


def test_a_target_in_the_wrong_direction_is_asked_about(browser: Client, project: Project) -> None:
    turned = {**POSTS, "direction": "at_most"}
    asked = sheet(browser, turned)
    assert asked.status_code == 422
    assert "clears the bar of 12 posts already" in errors(asked)
    assert "I mean it so" in asked.content.decode()
    assert not CriterionRow.objects.exists()
    assert sheet(browser, turned, sure="on").status_code == 302
    # It was answered: the next saving does not ask again.
    assert sheet(browser).status_code == 302


def test_a_day_that_has_passed_and_a_name_that_is_there_are_refused(
    browser: Client, project: Project
) -> None:
    late = sheet(browser, {**POSTS, "due": "2020-01-01"}, sure="on")
    assert "2020-01-01 has passed" in errors(late)
    assert '<a href="#id_t-0-due">Row 1, By when</a>' in late.content.decode(), "a wide sheet hides its cells"
    twice = sheet(browser, POSTS, POSTS)
    assert "Two rows have this short name" in errors(twice)
    assert sheet(browser, POSTS).status_code == 302
    again = sheet(browser, {}, POSTS)
    assert "There is a target posts-a-month already" in errors(again)


def test_what_nothing_measures_is_flagged(browser: Client, project: Project) -> None:
    page = browser.get(SHEET).content.decode()
    assert "No business and no product and no ML target yet" in page
    bare = {k: v for k, v in POSTS.items() if not k.startswith("measured")}
    sheet(browser, bare)
    page = browser.get(SHEET).content.decode()
    assert "say how, from when it will be measured" in page
    assert "No product and no ML target yet" in page


def test_a_row_marked_for_deletion_is_retired(browser: Client, project: Project) -> None:
    sheet(browser, POSTS)
    assert sheet(browser, **{"t-0-DELETE": "on"}).status_code == 302
    assert queries.criteria(project) == {}
    assert CriterionRow.objects.get().retired


def test_a_suggestion_is_put_in_and_nothing_is_lost(browser: Client, project: Project) -> None:
    found = sheet(browser, {"name": "Half-written"}, add="10")
    assert found.status_code == 200
    grid = found.context["grid"]
    assert [f["name"].value() for f in grid.forms][:2] == ["Half-written", "Found of all that there are"]
    assert grid.forms[1]["measured_by"].value() == "an evaluation on held-out cases"
    assert not CriterionRow.objects.exists()
    assert sheet(browser, add="99").status_code == 200


def test_two_who_edit_one_target_lose_nothing(browser: Client, project: Project) -> None:
    sheet(browser, POSTS)
    [mine] = [c for _, c in forms(browser.get(SHEET)) if "t-TOTAL_FORMS" in c]
    sheet(browser, {"target": "15"})
    response = browser.post(SHEET, {**mine, "t-0-target": "20"})
    assert response.status_code == 422
    assert "It says now: Posts a month: from 8 posts to at least 15 posts" in errors(response)
    assert queries.criteria(project)["posts-a-month"].threshold == 15
    [again] = [c for _, c in forms(response) if "t-TOTAL_FORMS" in c]
    assert again["t-0-target"] == ["20"]
    assert browser.post(SHEET, again).status_code == 302
    assert queries.criteria(project)["posts-a-month"].threshold == 20


def csv_file(*lines: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("targets.csv", "\n".join(lines).encode())


def test_out_and_in_as_csv(browser: Client, project: Project) -> None:
    sheet(browser, {**POSTS, "owner": "=HYPERLINK(1)"})
    out = browser.get(f"{SHEET}?csv")
    assert "'=HYPERLINK(1)" in out.content.decode(), "no cell becomes a formula"
    back = browser.post(SHEET, {"upload": "1", "file": SimpleUploadedFile("t.csv", out.content)})
    assert back.status_code == 302
    assert CriterionRow.objects.get().version == 1, "what comes back is what went out"
    more = csv_file("name;family;unit;target", "Posts a month;business;posts;14", "Recall;ml;share;90 %")
    assert browser.post(SHEET, {"upload": "1", "file": more}).status_code == 302
    made = queries.criteria(project)
    assert made["posts-a-month"].threshold == 14
    assert made["posts-a-month"].owner == "=HYPERLINK(1)", "what the file does not say stays"
    assert made["recall"].threshold == 0.9


def test_a_bad_file_says_where_and_stores_nothing(browser: Client, project: Project) -> None:
    unknown = browser.post(SHEET, {"upload": "1", "file": csv_file("name,colour", "A,red")})
    assert unknown.status_code == 422
    assert "no column 'colour' is known" in errors(unknown).replace("&#x27;", "'")
    wrong = browser.post(
        SHEET, {"upload": "1", "file": csv_file("name,unit,target", "A,posts,1", "B,posts,many")}
    )
    assert wrong.status_code == 422
    assert 'id="id_t-1-target_error"' in wrong.content.decode(), "the fault stands in the sheet"
    assert browser.post(SHEET, {"upload": "1"}).status_code == 422
    assert not CriterionRow.objects.exists()


def test_guardrails_and_details_are_left_alone(browser: Client, project: Project) -> None:
    from sextant_server.records import actions
    from tests.server.world import ACCURACY

    guard = ACCURACY.model_copy(update={"key": "loss", "name": "Loss", "role": "guardrail", "threshold": 0.1})
    sure = ACCURACY.model_copy(update={"level": 0.9, "minimum_n": 50, "slice": {"ink": "faded"}})
    actions.put_criteria(project, LOCAL, [guard, sure])
    assert "Guardrails have a page each" in browser.get(SHEET).content.decode()
    assert sheet(browser, {"target": "0.97"}).status_code == 302
    made = queries.criteria(project)
    assert made["accuracy"] == sure.model_copy(update={"threshold": 0.97})
    assert made["loss"] == guard
