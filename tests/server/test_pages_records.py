"""What people write on the pages of targets, proof, documents and signatures."""

from __future__ import annotations

import json
import re
from datetime import date
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client

from sextant.documents import document_kinds
from sextant.evidence import Version
from sextant_server.jobs.models import Job
from sextant_server.projects.models import Project
from sextant_server.records import actions, queries
from sextant_server.records.models import CriterionRow, DocumentRow, EvidenceRow, Record, SignatureRow
from tests.server.submitted import errors, forms, send
from tests.server.world import ACCURACY, LOCAL, share

pytestmark = pytest.mark.django_db

TARGET = {
    "name": "Digits read right", "family": "ml", "metric": "accuracy", "unit": "share", "direction": "at_least",
    "threshold": "0.95",
}  # fmt: skip


# --- targets


def test_a_target_is_written_changed_and_retired(browser: Client, project: Project) -> None:
    made = send(browser, "/p/forms/new-target/", **TARGET, owner="ML lead", due="2026-12-01")
    assert (made.status_code, made["Location"]) == (302, "/p/forms/targets/digits-read-right/")
    place = made["Location"]
    found = queries.criteria(project)["digits-read-right"]
    assert (found.threshold, found.owner, found.due) == (0.95, "ML lead", date(2026, 12, 1))
    assert re.search(r"at least <[^>]*>95\s*%", browser.get(place).content.decode())

    same = send(browser, f"{place}edit/")
    assert same.status_code == 302
    assert queries.criteria(project)["digits-read-right"] == found, "saving without a change changes nothing"
    assert CriterionRow.objects.get(project=project).version == 1

    send(
        browser, f"{place}edit/", threshold="0.97", baseline_value="0.8", baseline_source="last year's count"
    )
    changed = queries.criteria(project)["digits-read-right"]
    assert (changed.threshold, changed.key) == (0.97, "digits-read-right")
    assert changed.baseline is not None
    assert changed.baseline.value == 0.8
    assert "threshold 0.95 → 0.97" in browser.get(place).content.decode()

    assert send(browser, f"{place}retire/").status_code == 302
    assert queries.criteria(project) == {}
    assert browser.get(place).status_code == 404


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"name": ""}, "required"),
        ({"unit": ""}, "required"),
        ({"threshold": "high"}, "Enter a number"),
        ({"threshold": "nan"}, "Enter a number"),
        ({"threshold": "inf"}, "Enter a number"),
        ({"level": "2"}, "This must be less than 1."),
        ({"slice": "faded"}, "column = value"),
        ({"leading": "nothing"}, "leading"),
        ({"key": "Digits Read"}, "Small letters, digits"),
        ({"due": "soon"}, "valid date"),
        ({"name": "!!!"}, "Short name"),
        ({"baseline_value": "0.8"}, "Where today's value comes from"),
    ],
)
def test_a_target_that_cannot_be_says_why(
    browser: Client, project: Project, fill: dict[str, str], said: str
) -> None:
    response = send(browser, "/p/forms/new-target/", **{**TARGET, **fill})
    assert response.status_code == 422
    assert said in errors(response)
    assert not CriterionRow.objects.exists()


def test_a_second_target_of_the_same_name_is_refused(browser: Client, project: Project) -> None:
    send(browser, "/p/forms/new-target/", **TARGET)
    again = send(browser, "/p/forms/new-target/", **TARGET)
    assert again.status_code == 422
    assert "There is a target digits-read-right already" in errors(again)
    new = send(browser, "/p/forms/new-target/", **{**TARGET, "name": "New"})
    assert new["Location"] == "/p/forms/targets/new/"
    assert browser.get(new["Location"]).status_code == 200


def test_a_number_is_entered_as_declared_or_as_a_full_count(browser: Client, project: Project) -> None:
    posts = ACCURACY.model_copy(
        update={"key": "posts", "unit": "posts", "metric": "posts a month", "threshold": 12}
    )
    actions.put_criteria(project, LOCAL, [posts])
    path = "/p/forms/targets/posts/number/"
    declared = send(
        browser, path, type="declared", value="11.5", source="the dashboard", source_date="2026-06-01"
    )
    assert declared.status_code == 302
    page = browser.get(declared["Location"]).content.decode()
    assert "Declared" in page or "declared" in page
    counted = send(browser, path, type="count", value="12", source="the calendar", source_date="2026-06-02")
    assert counted.status_code == 302
    assert [queries.read(r).kind for r in EvidenceRow.objects.order_by("id")] == ["declared", "count"]


@pytest.mark.parametrize(
    ("fill", "said"),
    [
        ({"value": "many"}, "Enter a number"),
        ({"value": ""}, "required"),
        ({"source": ""}, "required"),
        ({"source_date": ""}, "required"),
        ({"source_date": "2026-02-30"}, "valid date"),
        ({"type": "guess"}, "valid choice"),
    ],
)
def test_a_number_without_its_source_is_not_stored(
    browser: Client, project: Project, fill: dict[str, str], said: str
) -> None:
    actions.put_criteria(project, LOCAL, [ACCURACY])
    given = {"type": "declared", "value": "0.9", "source": "a report", "source_date": "2026-06-01", **fill}
    response = send(browser, "/p/forms/targets/accuracy/number/", **given)
    assert response.status_code == 422
    assert said in errors(response)
    assert not EvidenceRow.objects.exists()


# --- proof


def test_proof_is_found_by_target_kind_and_what_it_rests_on(browser: Client, project: Project) -> None:
    actions.put_criteria(project, LOCAL, [ACCURACY, ACCURACY.model_copy(update={"key": "recall"})])
    m1, m2 = (Version.parse(f"model:reader@m{n}") for n in (1, 2))
    made = [share(900, model=m1), share(901, model=m2), share(902, criterion="recall", model=m2)]
    digests = [row.digest for row, _ in actions.add_evidence(project, LOCAL, made)]
    for query, wanted in (
        ("", digests),
        ("?criterion=recall", digests[2:]),
        ("?kind=proportion", digests),
        ("?kind=count", []),
        ("?subject=model:reader@m2", digests[1:]),
        ("?subject=model:reader", digests),
        ("?subject=model:nobody", []),
    ):
        page = browser.get(f"/p/forms/proof/{query}").content.decode()
        assert {d for d in digests if d in page} == set(wanted), query
    file = browser.get(f"/p/forms/proof/{digests[0]}/?download")
    assert json.loads(file.content)["successes"] == 900
    assert 'filename="forms-' in file["Content-Disposition"]
    page = browser.get(f"/p/forms/proof/{digests[0]}/").content.decode()
    assert "Recomputed: equal" in page
    assert "sextant check accuracy" in page


def test_more_proof_than_a_page_holds_goes_on(browser: Client, project: Project) -> None:
    actions.put_criteria(project, LOCAL, [ACCURACY])
    made = actions.add_evidence(project, LOCAL, [share(n) for n in range(1, 91)])
    seen: list[str] = []
    path = "/p/forms/proof/"
    while path:
        page = browser.get(path)
        seen += [r["row"].digest for r in page.context["rows"]]
        path = page.context["more"]
    assert seen == [row.digest for row, _ in reversed(made)]


# --- documents


@pytest.mark.parametrize("kind", sorted(document_kinds()))
def test_every_kind_of_document_can_be_opened_and_saved_empty_or_says_what_it_needs(
    browser: Client, project: Project, kind: str
) -> None:
    model = document_kinds()[kind]
    path = f"/p/forms/add/{kind}/" if model.many else f"/p/forms/write/{kind}/-/"
    page = browser.get(path)
    assert page.status_code == 200
    assert model.label in page.content.decode()
    response = send(browser, path)
    needs = [name for name, info in model.model_fields.items() if info.is_required()]
    if response.status_code == 302:
        assert DocumentRow.objects.filter(project=project, kind=kind).count() == 1
    else:
        assert response.status_code == 422
        assert needs or errors(response)
        assert not DocumentRow.objects.filter(kind=kind).exists()


def test_groups_and_grids_are_read_into_the_document(browser: Client, project: Project) -> None:
    path = "/p/forms/write/rollout_plan/-/"
    page = browser.get(path)
    [controls] = [c for _, c in forms(page) if "version" in c]
    assert controls["d-steps-TOTAL_FORMS"] == ["2"], "an empty grid begins with two blank rows"
    steps = {name.removeprefix("d-steps-0-") for name in controls if name.startswith("d-steps-0-")}
    assert "share" in steps
    response = send(
        browser, path, **{"d-strategy": "gradual", "d-steps-0-share": "0.05", "d-cohorts": "clerks\n\n  nurses "}
    )  # fmt: skip
    assert response.status_code == 302, errors(response)
    row = queries.present_document(project, "rollout_plan", "")
    assert row is not None
    body = json.loads(row.body)
    assert body["strategy"] == "gradual"
    assert [s["share"] for s in body["steps"]] == [0.05], "the blank row is no step"
    assert body["cohorts"] == ["clerks", "nurses"]
    # Saved again as the page shows it, it is the same: nothing is lost on the way through the form.
    again = send(browser, path)
    assert again.status_code == 302
    assert DocumentRow.objects.filter(kind="rollout_plan").count() == 1


def test_a_fault_in_a_grid_stands_beside_its_cell(browser: Client, project: Project) -> None:
    path = "/p/forms/write/rollout_plan/-/"
    bad = send(browser, path, **{"d-steps-0-share": "half"})
    assert bad.status_code == 422
    assert 'id="id_d-steps-0-share_error"' in bad.content.decode()
    beyond = send(browser, path, **{"d-steps-0-share": "1.5"})
    assert beyond.status_code == 422
    assert 'id="id_d-steps-0-share_error"' in beyond.content.decode()
    assert not DocumentRow.objects.exists()


def test_two_who_write_at_once_lose_nothing(browser: Client, project: Project) -> None:
    path = "/p/forms/write/five_ws/-/"
    send(browser, path, **{"d-what": "First."})
    [mine] = [c for _, c in forms(browser.get(path)) if "version" in c]
    send(browser, path, **{"d-what": "What the other one wrote."})
    mine["d-what"] = ["What I wrote."]
    response = browser.post(path, mine)
    assert response.status_code == 409
    page = response.content.decode()
    assert "What the other one wrote." in page
    assert "What I wrote." in page
    row = queries.present_document(project, "five_ws", "")
    assert row is not None
    assert json.loads(row.body)["what"] == "What the other one wrote."
    # The page now knows both: sent once more, mine is stored.
    [both] = [c for _, c in forms(response) if "version" in c]
    assert browser.post(path, both).status_code == 302
    assert DocumentRow.objects.get(kind="five_ws", present=True).version == 3


def test_a_document_that_there_may_be_many_of(browser: Client, project: Project) -> None:
    path = "/p/forms/add/interview/"
    first = send(
        browser, path, **{"d-role": "Clerk, mail room", "d-notes": "It hurts.", "d-quotes": "Ouch\nAh"}
    )
    assert first.status_code == 302
    send(browser, path, **{"d-role": "Clerk, mail room", "d-notes": "Really."})
    send(browser, path, key="The Third", **{"d-role": "Nurse"})
    keys = [r.key for r in queries.present_documents(project, "interview")]
    assert keys == ["clerk-mail-room", "clerk-mail-room-2", "the-third"]
    page = browser.get("/p/forms/write/interview/", follow=True).content.decode()
    assert all(f"/p/forms/write/interview/{key}/" in page for key in keys)
    change = send(browser, "/p/forms/write/interview/the-third/", **{"d-notes": "She waits."})
    assert change.status_code == 302
    version = browser.get("/p/forms/write/interview/the-third/2/").content.decode()
    assert "<ins>" in version
    assert "She" in version
    assert browser.get("/p/forms/write/interview/the-third/9/").status_code == 404
    gone = browser.post("/p/forms/write/interview/the-third/withdraw/")
    assert gone.status_code == 302
    assert [r.key for r in queries.present_documents(project, "interview")] == keys[:2]
    assert browser.post("/p/forms/write/interview/the-third/withdraw/").status_code == 404


@pytest.mark.parametrize("key", ["a.b", "with space", "größe", "x" * 81, "-a", "a/b", "Upper"])
def test_a_key_that_no_address_could_hold_is_refused(browser: Client, project: Project, key: str) -> None:
    path = f"/api/v1/projects/forms/documents/interview/{quote(key, safe='')}"
    response = browser.put(path, json.dumps({"body": {"role": "clerk"}}), content_type="application/json")
    assert response.status_code in (404, 422)
    assert not DocumentRow.objects.exists()
    assert browser.get("/p/forms/talks/").status_code == 200


@pytest.mark.parametrize(
    "path", ["write/nothing/", "add/nothing/", "write/nothing/-/", "sign/brief/", "sign/nothing/"]
)
def test_what_there_is_not_is_not_found(browser: Client, project: Project, path: str) -> None:
    assert browser.get(f"/p/forms/{path}").status_code == 404


def test_writing_is_remarked_upon(browser: Client, project: Project) -> None:
    path = "/p/forms/write/five_ws/-/"
    send(browser, path, **{"d-what": "Things are bad."})
    assert "What stands out" in browser.get(path).content.decode()


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "{{ 7 * 7 }}", "'\"><img src=x onerror=alert(1)>"]
)
def test_text_stays_text(browser: Client, project: Project, text: str) -> None:
    send(browser, "/p/forms/write/five_ws/-/", **{"d-what": text})
    send(browser, "/p/forms/new-target/", **{**TARGET, "name": f"T {text}", "key": "t", "note": text})
    for path in ("write/five_ws/-/", "write/five_ws/-/1/", "targets/", "targets/t/", "log/", ""):
        page = browser.get(f"/p/forms/{path}").content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


# --- signatures


def test_a_signature_is_of_one_exact_version(browser: Client, project: Project, ada: User) -> None:
    actions.put_criteria(project, LOCAL, [ACCURACY])
    controls = next(c for _, c in forms(browser.get("/p/forms/sign/goals/")) if "digest" in c)
    signed = browser.post("/p/forms/sign/goals/", {**controls, "role": "Sponsor"})
    assert signed.status_code == 302
    row = SignatureRow.objects.get()
    assert (row.person, row.role) == ("Ada Lovelace", "Sponsor")
    assert "Ada Lovelace" in browser.get("/p/forms/sign/goals/").content.decode()
    # The bar moves: the signature is void, and the page that was open before cannot sign any more.
    actions.put_criteria(project, LOCAL, [ACCURACY.model_copy(update={"threshold": 0.9})])
    page = browser.get("/p/forms/sign/goals/")
    [stale] = page.context["others"]
    assert (stale.person, stale.digest == page.context["digest"]) == ("Ada Lovelace", False)
    assert "Earlier version" in page.content.decode()
    late = browser.post("/p/forms/sign/goals/", {**controls, "role": "Sponsor"})
    assert late.status_code == 409
    assert "has changed since" in late.content.decode()
    assert "What changed since you opened it" in late.content.decode()
    assert SignatureRow.objects.count() == 1


def test_signing_the_brief_and_changing_its_wording(browser: Client, project: Project) -> None:
    path = "/p/forms/write/brief/-/"
    assert send(browser, path).status_code == 302
    page = browser.get("/p/forms/sign/brief/")
    controls = next(c for _, c in forms(page) if "digest" in c)
    assert browser.post("/p/forms/sign/brief/", controls).status_code == 302
    assert SignatureRow.objects.get().subject == "brief"
    assert browser.get("/p/forms/").context["brief"] == {"written": True, "signed": 1}


# --- the log and its jobs


def test_the_log_says_everything_and_is_checked(browser: Client, project: Project) -> None:
    actions.put_criteria(project, LOCAL, [ACCURACY])
    [(row, _)] = actions.add_evidence(project, LOCAL, [share(900)])
    page = browser.get("/p/forms/log/").content.decode()
    assert re.search(r"Proof stored: <a [^>]+>digits read right</a>", page)
    assert f"/p/forms/proof/{row.digest}/" in page
    only = browser.get("/p/forms/log/?kind=evidence")
    assert [r["record"].kind for r in only.context["rows"]] == ["evidence"]
    first = Record.objects.filter(project=project).earliest("sequence")
    assert len(browser.get(f"/p/forms/log/?before={first.sequence + 1}").context["rows"]) == 1
    assert browser.post("/p/forms/log/verify/").status_code == 302
    job = Job.objects.get(kind="audit.verify")
    assert (job.project, job.state) == (project, "waiting")
    whole = browser.get(f"/p/forms/jobs/{job.pk}/").content.decode()
    part = browser.get(f"/p/forms/jobs/{job.pk}/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    assert "every 1s" in part
    assert browser.get("/p/forms/jobs/99999/").status_code == 404


@pytest.mark.parametrize(
    ("ended", "words"),
    [
        ({"state": "running", "progress": 0.4, "message": "Checked 4 of 10 records"}, ["Checked 4 of 10", "every 1s"]),
        ({"state": "failed", "error": "the disk is full"}, ["Failed", "the disk is full"]),
        ({"state": "cancelled"}, ["Cancelled"]),
        ({"state": "done", "result": {"intact": True, "records": 7, "anchors_checked": 2, "limits": ["a whole copy"]}},
         ["All 7 records are what they were", "2 anchors", "a whole copy"]),
        ({"state": "done", "result": {"intact": False, "fault": {"detail": "record 3 was altered"},
          "rows": [{"detail": "row 9"}]}},
         ["Something was changed", "record 3 was altered", "row 9"]),
    ],
)  # fmt: skip
def test_a_check_of_the_log_is_told_in_words(
    browser: Client, project: Project, ended: dict[str, object], words: list[str]
) -> None:
    browser.post("/p/forms/log/verify/")
    Job.objects.update(**ended)
    for path in (f"/p/forms/jobs/{Job.objects.get().pk}/", "/p/forms/log/"):
        page = browser.get(path).content.decode()
        assert all(word in page for word in words), path
        assert ("every 1s" in page) == (ended["state"] == "running")
