"""What came of a round: against the library on the same ratings, in the log, at the gate, and out again as files."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sextant.criteria import Criterion
from sextant.data.agreeing import agreement
from sextant.data.annotations import read_annotations
from sextant.data.documents import DataPlan
from sextant.data.guidelines import Guideline, LabelValue
from sextant.errors import Conflict, InvalidInput
from sextant.evidence import Agreement
from sextant.lifecycle.checks.data import check_2c, check_2d
from sextant.tables import table
from sextant_server.labeling import actions, dealing_actions, export, items, queries, results, ruling_actions
from sextant_server.labeling.models import Item, Rater, Round
from sextant_server.projects.models import Project
from sextant_server.records import actions as records
from sextant_server.records import audit
from sextant_server.records.models import EvidenceRow
from sextant_server.records.queries import project_state
from tests.server.labeling.making import SPAM, invite, label_all, lively_round, make_round, truth
from tests.server.world import LOCAL, open_project, write

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    return open_project()


def test_agreement_is_the_librarys_on_the_same_ratings(project: Project) -> None:
    row = lively_round(project, many=30, gold=6)
    made = results.results(row)
    rows = [r for r in export.rows(row, "answers") if r["counts"] and not r["known"]]
    given = read_annotations(
        table(pa.Table.from_pylist(rows), name="answers"), item="item", labeler="labeler", label="label"
    )
    theirs = agreement(given)
    assert made.agreement is not None
    assert made.agreement.alpha.value == pytest.approx(theirs.alpha.value, abs=1e-12)
    assert made.agreement.percent == pytest.approx(theirs.percent)
    assert made.gold_seen == sum(
        Rater.objects.filter(round=row, state="active").values_list("gold_seen", flat=True)
    )
    assert results.results(row) is made, "nothing changed, nothing is worked out again"
    label_all(invite(row, "Eve"))
    assert results.results(row) is not made


def test_what_a_round_proves_decides_the_gate_until_the_meaning_changes(project: Project) -> None:
    cost = Criterion(
        key="label-cost", name="Cost of a label", family="cost", metric="cost_per_label", unit="USD", direction="at_most",
        threshold=0.5,
    )  # fmt: skip
    records.put_criteria(project, LOCAL, [cost])
    write(project, (DataPlan(collection_budget=0, labeling_budget=100, labels_forecast=500), ""))
    row = make_round(project, many=60, gold=10, purpose="calibration", rate=0.1)
    with pytest.raises(Conflict, match="nothing to prove"):
        ruling_actions.prove(project, LOCAL, row)
    assert check_2c(project_state(project)).status.value == "missing"
    for name in ("Ann", "Bob", "Cy"):
        label_all(
            invite(row, name), lambda item: "ham" if item.number % 29 == 0 else truth(item.content["text"])
        )
    stored = ruling_actions.prove(project, LOCAL, row)
    assert [r.kind for r in stored] == ["agreement", "proportion", "count"]
    [told] = queries.proved(row)
    assert (told.version, told.items, told.lower < told.value) == ("v1", 70, True)
    found = check_2c(project_state(project))
    assert found.status.value == "met", found
    assert check_2d(project_state(project)).status.value == "met"
    assert audit.check(project).intact and audit.projections(project) == []
    assert not any("Ann" in record.body for record in project.records.all()), "people are numbers in the log"
    changed = SPAM.model_copy(
        update={"version": "v1", "values": (*SPAM.values, LabelValue(value="both", criteria="x"))}
    )
    actions.save_guideline(project, LOCAL, changed, "spam")
    assert check_2c(project_state(project)).status.value in ("stale", "missing")
    assert results.results(row).labels == 0, "labels of another meaning do not count"


def test_on_a_scale_near_places_differ_less_and_the_proof_says_so(project: Project) -> None:
    values = tuple(LabelValue(value=v, criteria="c", examples="a\nb") for v in "12345")
    row = make_round(project, many=24, guideline=Guideline(task="How useful?", answer="rating", values=values,
                     published_on=SPAM.published_on), labelers=2, most=2)  # fmt: skip
    for name, more in (("Ann", 0), ("Bob", 1)):
        rater = invite(row, name)
        found = dealing_actions.next_item(rater)
        while found.next is not None:
            # One place apart on every third item, never more.
            place = found.next.item.number % 4 + 1 + more * (found.next.item.number % 3 == 0)
            given = dealing_actions.Answer({"value": str(place)})
            text, document = actions.guideline_of(project, "spam")
            found = dealing_actions.give_answer(rater, found.next.pk, given, text, document.version)
    made = results.results(row)
    assert made.agreement is not None and made.nominal is not None
    assert made.agreement.metric == "ordinal" and made.agreement.alpha.value > 0.85 > 0.7 > made.nominal.value
    [stored] = ruling_actions.prove(project, LOCAL, row)
    body = stored.record.content
    assert body["metric"] == "ordinal" and body["value"] == pytest.approx(made.agreement.alpha.value)
    assert body["estimand"].endswith("by places on the scale")
    again = Agreement.model_validate(body).bounds(0.95, 2)
    assert (again.lower, again.upper) == pytest.approx((body["interval"]["lower"], body["interval"]["upper"]))
    with pytest.raises(ValueError, match="goes with krippendorff_alpha"):
        Agreement.model_validate({**body, "statistic": "fleiss_kappa"})


def test_an_experts_word_is_the_label_and_stays_in_the_log(project: Project) -> None:
    row = make_round(project, many=4, labelers=2, most=2)
    label_all(invite(row), lambda item: "spam")
    label_all(invite(row, "Bob"), lambda item: "ham" if item.key == "m1" else "spam")
    item = Item.objects.get(round=row, key="m1")
    assert item.state == "disputed"
    with pytest.raises(InvalidInput, match="no value"):
        ruling_actions.rule(project, LOCAL, row, item.number, {"value": "maybe"})
    for value in ("ham", "spam", "ham"):
        ruling_actions.rule(project, LOCAL, row, item.number, {"value": value}, "it greets")
    label = {c.number: (c.label, c.by) for c in results.results(row).chosen["majority"]}
    assert label[item.number] == ("ham", "expert")
    assert {r["item"]: r["decided_by"] for r in export.rows(row, "items")}["m1"] == "expert"
    assert audit.projections(project) == []


def test_labels_go_out_as_three_kinds_of_files_without_formulas(project: Project) -> None:
    row = make_round(project, many=2, labelers=1, most=1)
    rater = invite(row, "=HYPERLINK(1)")
    deal = dealing_actions.next_item(rater).next
    assert deal is not None
    given = dealing_actions.Answer({"value": "spam"}, note="=1+1")
    dealing_actions.give_answer(rater, deal.pk, given, SPAM, 1)
    Item.objects.filter(pk=deal.item_id).update(key="=cmd()")
    found = export.rows(row, "answers")
    text = export.table(found, export.COLUMNS["answers"], "csv").decode("utf-8-sig")
    [line] = csv.DictReader(io.StringIO(text))
    assert (line["item"], line["remark"], line["labeler"]) == ("'=cmd()", "'=1+1", "labeler-1")
    assert json.loads(export.table(found, export.COLUMNS["answers"], "jsonl"))["item"] == "=cmd()"
    back = pq.read_table(io.BytesIO(export.table(found, export.COLUMNS["answers"], "parquet"))).to_pylist()
    assert back == [{k: found[0][k] for k in export.COLUMNS["answers"]}]
    with pytest.raises(InvalidInput):
        export.table(found, export.COLUMNS["answers"], "xlsx")


def test_a_simulated_projects_labels_are_marked_so(project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(simulated=True)
    project.refresh_from_db()
    row = make_round(project, many=20, labelers=2, most=2)
    for name in "ab":
        label_all(invite(row, name))
    ruling_actions.prove(project, LOCAL, row)
    assert set(EvidenceRow.objects.filter(project=project).values_list("origin", flat=True)) == {"simulated"}


def _brought(row: Round, rows: list[dict[str, Any]], **columns: Any) -> list[dict[str, Any]]:
    guideline, _ = actions.guideline_of(row.project, row.guideline)
    given = items.Columns(**{"kind": "text", **columns})
    return [d.content for d in items.drafts(rows, items.guessed(given, rows[0]), guideline)]


PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 20


def test_rows_become_items_of_each_kind(project: Project) -> None:
    row = make_round(project, opened=False)
    assert _brought(row, [{"id": "a", "message": "hello"}]) == [{"kind": "text", "text": "hello"}]
    assert _brought(row, [{"prompt": "Why?", "a": "So", "b": "Thus"}], kind="pair") == [
        {"kind": "pair", "a": "So", "b": "Thus", "context": "Why?"}
    ]
    assert _brought(row, [{"id": 1, "age": 3.0, "name": None}], kind="row") == [
        {"kind": "row", "cells": [["age", "3"], ["name", ""]]}
    ]
    [shown] = _brought(row, [{"image": {"bytes": PNG}}], kind="image")
    assert shown["kind"] == "image" and len(shown["digest"]) == 64


@pytest.mark.parametrize(
    ("rows", "columns", "words"),
    [
        ([{"text": "x", "gold": "maybe"}], {}, "one of spam, ham"),
        ([{"text": "x", "id": "a"}, {"text": "y", "id": "a"}], {}, "stands twice"),
        ([{"text": ""}], {}, "nothing to show"),
        ([{"one": "x", "two": "y"}], {}, "no column is chosen"),
        ([{"text": "x"}], {"show": ("body",)}, "columns are text"),
        ([{"image": b"<svg onload=alert(1)>"}], {"kind": "image"}, "PNG, JPEG, GIF or WebP"),
        ([{"image": "https://example.com/x.png"}], {"kind": "image"}, "bytes, or a data: address"),
    ],
)
def test_rows_that_are_no_items_are_named(
    project: Project, rows: list[dict[str, Any]], columns: dict[str, Any], words: str
) -> None:
    row = make_round(project, opened=False)
    with pytest.raises(InvalidInput) as raised:
        _brought(row, rows, **columns)
    assert words in str(raised.value)
