"""What was found wrong with a dataset, and what is decided about it: planned, accepted or mended, with a reason, in the log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sextant.criteria import Setting
from sextant.data.documents import QualityResolution
from sextant.errors import NotFound
from sextant.evidence import Producer, Version
from sextant.reports import Finding, QualityReport
from sextant_server.data import actions, queries
from sextant_server.projects.models import Project
from sextant_server.records.actions import add_evidence
from sextant_server.records.models import DocumentRow, Record
from tests.server.world import LOCAL, account, client, open_project

MISSING = Finding(
    key="missing-age", text="Column age has no value in 9 rows (9 %).", severity="medium", count=9, share=0.09, column="age",
    examples=("row 3", "row 7"), fix="Find out why.", cost="The model has to guess the value.", impact=0.054,
)  # fmt: skip
SPACE = Finding(
    key="space-town",
    text="2 values of town (2 %): white space.",
    severity="low",
    count=2,
    share=0.02,
    column="town",
)


def report(version: str, *findings: Finding) -> QualityReport:
    return QualityReport(
        data=Version.of("dataset", "train", version), estimand="what is wrong with train", setting=Setting.OFFLINE,
        at=datetime.now(UTC), rows=100, columns=4, findings=findings, producer=Producer(name="sextant"),
    )  # fmt: skip


@pytest.fixture
def project(db: None) -> Project:
    made = open_project()
    add_evidence(made, LOCAL, [report("v1", MISSING, SPACE)])
    return made


@pytest.fixture
def boss(project: Project) -> Any:
    return client(account("boss", is_superuser=True))


URL = "/p/forms/data/train/quality/"
PLANNED = {"resolution": "planned", "reason": "The form asks for it from May on.", "version": "v1",
           "planned_by": (datetime.now(UTC) + timedelta(days=9)).date().isoformat()}  # fmt: skip


def test_each_finding_says_what_it_costs_and_where_and_waits_for_a_decision(boss: Any) -> None:
    text = boss.get(URL).content.decode()
    assert "2 open, 0 decided" in text
    for said in (MISSING.text, MISSING.cost, "Find out why.", "row 3, row 7", "5.4 %"):
        assert said in text
    assert "All of it, and decide" in boss.get("/p/forms/data/train/").content.decode()


def test_a_decision_is_in_the_log_and_takes_the_place_of_the_one_before(project: Project, boss: Any) -> None:
    assert boss.post(f"{URL}missing-age/", PLANNED).status_code == 302
    text = boss.get(URL).content.decode()
    assert "1 open, 1 decided" in text and "from May on" in text
    assert (
        "train-missing-age" in Record.objects.filter(project=project, kind="document").latest("sequence").body
    )
    accepted = {"resolution": "accepted", "reason": "Nobody asks.", "version": "v1", "accepted_percent": "10"}
    assert boss.post(f"{URL}missing-age/", accepted).status_code == 302
    rows = DocumentRow.objects.filter(project=project, kind="quality_resolution")
    assert [(r.key, r.version, r.by) for r in rows.order_by("version")] == [
        ("train-missing-age", 1, "boss"), ("train-missing-age", 2, "boss"),
    ]  # fmt: skip
    # It holds on the next version up to the share that was accepted, and no further.
    for count, left in ((10, 0), (11, 1)):
        more = MISSING.model_copy(update={"count": count, "share": count / 100})
        add_evidence(project, LOCAL, [report(f"v{count}", more)])
        assert f"{left} open" in boss.get(URL).content.decode()


def test_what_is_called_mended_is_open_until_it_is_not_found_again(project: Project, boss: Any) -> None:
    boss.post(f"{URL}space-town/", {"resolution": "fixed", "reason": "Trimmed.", "version": "v2"})
    assert "called mended" in boss.get(URL).content.decode()
    add_evidence(project, LOCAL, [report("v2", MISSING)])
    text = boss.get(URL).content.decode()
    assert "Not found any more" in text and "Trimmed." in text and "1 open" in text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"planned_by": ""}, "needs a day"),
        ({"resolution": "accepted", "reason": " "}, "needs a reason"),
        ({"resolution": "forgotten"}, "Select a valid choice"),
        ({"version": ""}, "required"),
        ({"accepted_percent": "101"}, "less than or equal to 100"),
    ],
)
def test_a_decision_that_says_too_little_is_not_taken(boss: Any, changed: dict[str, str], said: str) -> None:
    response = boss.post(f"{URL}missing-age/", {**PLANNED, **changed})
    assert response.status_code == 422 and said in response.content.decode()
    assert not DocumentRow.objects.filter(kind="quality_resolution").exists()


def test_nothing_is_decided_about_what_was_not_found(project: Project, boss: Any) -> None:
    assert boss.get(f"{URL}missing-name/").status_code == 404
    assert boss.get("/p/forms/data/nothing/quality/").status_code == 404
    with pytest.raises(NotFound, match="no finding 'missing-name'"):
        actions.decide_finding(
            project, LOCAL, QualityResolution(dataset="train", finding="missing-name", resolution="fixed")
        )


def test_what_was_written_as_a_document_is_changed_and_not_doubled(project: Project) -> None:
    from tests.server.world import write

    given = QualityResolution(dataset="train", finding="missing-age", resolution="fixed", version="v1")
    write(project, (given, "by-hand"))
    long = given.model_copy(update={"finding": "missing-" + "x" * 70})
    assert queries.resolution_key(project, given) == "by-hand"
    assert len(queries.resolution_key(project, long)) == 80
    actions.decide_finding(project, LOCAL, given.model_copy(update={"reason": "It is."}))
    row = DocumentRow.objects.get(project=project, kind="quality_resolution", present=True)
    assert (row.key, json.loads(row.body)["reason"]) == ("by-hand", "It is.")


def test_pages_do_not_grow_with_what_was_found(
    project: Project, boss: Any, django_assert_max_num_queries: Any
) -> None:
    many = [MISSING.model_copy(update={"key": f"missing-c{i}"}) for i in range(60)]
    add_evidence(project, LOCAL, [report("v1", *many)])
    with django_assert_max_num_queries(25):
        assert "60 open" in boss.get(URL).content.decode()
