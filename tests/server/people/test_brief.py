"""The page of the brief: drafted from the project, brought up to date without losing what was written, compared."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from django.test import Client

from sextant.problem.documents import Brief, FiveWs, Stakeholder
from sextant_server.lifecycle import actions as lifecycle
from sextant_server.projects.models import Project
from sextant_server.records import actions as records
from sextant_server.records import queries
from sextant_server.records.models import DocumentRow
from tests.server.world import ACCURACY, LOCAL, account, client, open_project, write

pytestmark = pytest.mark.django_db
PATH = "/p/forms/brief/"


@pytest.fixture
def project() -> Project:
    made = open_project(budget=9000)
    write(made, (FiveWs(what="Clerks retype 400 forms a day", who="The 12 clerks"), ""))
    write(made, (Stakeholder(name="Mira Sol", role="ml_lead", required=True), "mira"))
    records.put_criteria(made, LOCAL, [ACCURACY])
    lifecycle.put_risks(made, LOCAL, [{"text": "Ink fades", "mitigation": "We test it", "phase": "data"}])
    return made


@pytest.fixture
def ada() -> Client:
    return client(account("ada", is_superuser=True))


def text(answer: object) -> str:
    return re.sub(r"<[^>]+>", "", answer.content.decode())  # type: ignore[attr-defined]


def stored() -> Brief:
    return Brief.model_validate(json.loads(DocumentRow.objects.get(kind="brief", present=True).body))


def test_it_is_drafted_from_what_the_project_says(project: Project, ada: Client) -> None:
    page = ada.get(PATH)
    assert "There is no brief yet" in text(page)
    assert [p.section.label for p in page.context["parts"]] == [
        str(f.title) for f in Brief.model_fields.values()
    ]
    assert ada.post(PATH, {"version": "0"}).status_code == 302
    made = stored()
    assert (made.target_users, made.budget, made.team) == ("The 12 clerks", 9000, ("ml lead",))
    assert made.ml_metrics == ("Digits read right: at least 95 %",)
    assert made.risks == "Ink fades: We test it."
    assert made.starts == datetime(2026, 3, 2, tzinfo=UTC).date()
    assert made.unwritten
    assert "Not complete" in text(ada.get(PATH))


def test_what_changed_elsewhere_is_offered_and_what_was_written_by_hand_stays(
    project: Project, ada: Client
) -> None:
    ada.post(PATH, {"version": "0"})
    by_hand = stored().model_copy(update={"problem": "Ours, by hand.", "scope": "Paper."})
    records.put_document(project, LOCAL, by_hand)
    assert ada.get(PATH).context["offer"] == []
    records.sign(
        project,
        LOCAL,
        subject="brief",
        digest=queries.signable(project)["brief"],
        person="Mira Sol",
        role="ml_lead",
    )
    assert "All 1 who must sign" not in text(ada.get(PATH)), "what is empty comes first"
    records.put_criteria(project, LOCAL, [ACCURACY.model_copy(update={"threshold": 0.97})])
    page = ada.get(PATH)
    assert [(c.name, c.material) for c in page.context["offer"]] == [("ml_metrics", True)]
    assert "asks for new signatures" in text(page)
    assert ada.post(PATH, {"version": "1"}).status_code == 409, "somebody wrote meanwhile"
    assert ada.post(PATH, {"version": "2"}).status_code == 302
    assert (stored().problem, stored().ml_metrics) == (
        "Ours, by hand.",
        ("Digits read right: at least 97 %",),
    )
    assert [s.standing for s in ada.get(PATH).context["signers"]] == ["changed"]


def test_any_two_versions_are_compared(project: Project, ada: Client) -> None:
    assert ada.get(f"{PATH}compare/").status_code == 404
    for problem, budget in (("One.", 1.0), ("Two.", 1.0), ("Two.", 2.5)):
        records.put_document(project, LOCAL, Brief(problem=problem, budget=budget))
    last = ada.get(f"{PATH}compare/")
    assert ([c.name for c in last.context["changes"]], "Material" in text(last)) == (["budget"], True)
    assert re.search(r"2\.5.*USD", text(last))
    wording = ada.get(f"{PATH}compare/?from=1&to=2")
    assert "Wording only" in text(wording)
    assert ada.get(f"{PATH}compare/?from=1&to=99").status_code == 404
    assert ada.get(f"{PATH}compare/?from=x&to=" + "9" * 40).status_code == 200


def test_a_long_brief_with_scripts_in_it_is_shown_as_text(project: Project, ada: Client) -> None:
    lines = tuple(f"<script>alert({n})</script> words and words" for n in range(4000))
    records.put_document(project, LOCAL, Brief(ml_metrics=lines))
    records.put_document(project, LOCAL, Brief(ml_metrics=lines[::-1]))
    assert len(DocumentRow.objects.get(kind="brief", present=True).body) > 150_000
    for path in (PATH, f"{PATH}compare/"):
        answer = ada.get(path)
        assert (answer.status_code, "<script>alert" in answer.content.decode()) == (200, False)
