"""Exports of other tools, in the shapes that their documentation gives."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sextant.data.exchange import read_foreign
from sextant.errors import InvalidInput


def result(value: dict[str, Any], name: str = "mood", kind: str = "choices") -> dict[str, Any]:
    return {"from_name": name, "to_name": "text", "type": kind, "value": value}


LABEL_STUDIO = [
    {"id": 1, "data": {"text": "a"}, "annotations": [
        {"id": 1, "completed_by": 7, "lead_time": 3.5, "was_cancelled": False, "ground_truth": True,
         "result": [result({"choices": ["good"]})]},
        {"id": 2, "completed_by": {"id": 8, "email": "b@example.org"}, "lead_time": 2, "was_cancelled": False,
         "result": [result({"choices": ["sad", "bad"]})]},
        {"id": 3, "completed_by": 9, "was_cancelled": True, "result": []},
    ]},
    {"id": 2, "data": {"text": "b"}, "annotations": [
        {"id": 4, "completed_by": 7, "lead_time": None,
         "result": [result({"rating": 4}), result({"start": 0, "end": 1, "text": "b", "labels": ["X"]}, kind="labels")]},
    ]},
]  # fmt: skip

LABELBOX = [
    {"data_row": {"id": "cl1", "external_id": "img-1"}, "projects": {"p": {"name": "P", "labels": [
        {"id": "l", "label_details": {"created_by": "a@example.org", "is_benchmark_reference": True},
         "performance_details": {"seconds_to_create": 12},
         "annotations": {"objects": [{"name": "box"}], "classifications": [
             {"name": "kind", "radio_answer": {"name": "Cat", "value": "cat"}}]}}]}}},
    {"data_row": {"id": "cl2", "global_key": "img-2", "external_id": None}, "projects": {"p": {"labels": [
        {"label_details": {"created_by": "b@example.org"}, "annotations": {"classifications": [
            {"name": "kind", "checklist_answers": [{"name": "Dog"}, {"name": "Cat"}]}]}}]}}},
]  # fmt: skip

SCALE = [
    {"task_id": "t1", "type": "categorization", "status": "completed", "response": {"category": "red"}},
    {"task": {"task_id": "t2", "metadata": {"id": "own"}, "response": {"category": ["blue", "red"]}}},
    {"task_id": "t3", "status": "pending", "response": None},
    {
        "task_id": "t4",
        "response": {"annotations": {"category": {"type": "category", "response": [["green"]]}}},
    },
]

MTURK = (
    '"HITId","AssignmentId","WorkerId","AssignmentStatus","WorkTimeInSeconds","Input.text","Answer.mood.good","Answer.mood.bad"\n'
    '"h1","a1","W1","Approved","11","hello","true","false"\n'
    '"h1","a2","W2","Submitted","9","hello","false","true"\n'
    '"h2","a3","W1","Rejected","1","you","true","false"\n'
)


def lines(*records: Any) -> str:
    return "".join(json.dumps(r) + "\n" for r in records)


@pytest.mark.parametrize(
    ("name", "text", "form", "rows", "left_out"),
    [
        ("export.json", json.dumps(LABEL_STUDIO), "label_studio",
         [("1", "7", "good", 3.5, True), ("1", "b@example.org", "bad+sad", 2.0, False), ("2", "7", "4", None, False)], 2),
        ("export.ndjson", lines(*LABELBOX), "labelbox",
         [("img-1", "a@example.org", "Cat", 12.0, True), ("img-2", "b@example.org", "Cat+Dog", None, False)], 1),
        ("tasks.json", json.dumps(SCALE), "scale",
         [("t1", "scale", "red", None, False), ("own", "scale", "blue+red", None, False),
          ("t4", "scale", "green", None, False)], 1),
        ("batch.csv", MTURK, "mturk", [("h1", "W1", "good", 11.0, False), ("h1", "W2", "bad", 9.0, False)], 1),
    ],
)  # fmt: skip
def test_it_becomes_one_rating_a_row(
    tmp_path: Path, name: str, text: str, form: str, rows: list[tuple[Any, ...]], left_out: int
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    found = read_foreign(tmp_path / name)
    assert (found.form, found.left_out) == (form, left_out)
    assert [
        tuple(r[c] for c in ("item", "labeler", "label", "seconds", "gold")) for r in found.rows.to_pylist()
    ] == rows
    assert read_foreign(tmp_path / name, form=form).rows.equals(found.rows)


def test_one_question_at_a_time(tmp_path: Path) -> None:
    given = {"completed_by": 1, "result": [result({"choices": ["a"]}, "one"), result({"rating": 2}, "two")]}
    (tmp_path / "x.json").write_text(json.dumps([{"id": 1, "annotations": [given]}]))
    with pytest.raises(InvalidInput, match="2 questions: one, two"):
        read_foreign(tmp_path / "x.json")
    assert read_foreign(tmp_path / "x.json", question="two").rows["label"].to_pylist() == ["2"]
    with pytest.raises(InvalidInput, match="questions are one, two"):
        read_foreign(tmp_path / "x.json", question="three")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.json", "[1, 2", "no JSON"),
        ("a.ndjson", '{"task_id": "t", "response": {"category": "x"}}\n{"task', "line 2"),
        ("a.json", "", "empty"),
        ("a.json", "[]", "empty"),
        ("a.json", '[{"other": 1}]', "no export that is known"),
        ("a.json", "[3]", "no export that is known"),
        ("a.json", '[{"id": 1, "annotations": [{"result": 3}]}]', "record 1"),
        ("a.json", '[{"id": 1, "annotations": []}]', "no ratings"),
        ("a.csv", "item,label\n1,x\n", "no column AssignmentStatus, HITId, WorkerId"),
        ("a.csv", "HITId,WorkerId,AssignmentStatus\n", "empty"),
    ],
)
def test_bad_files(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput) as refused:
        read_foreign(tmp_path / name)
    assert words in str(refused.value)


def test_no_file_and_no_such_form(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no such file"):
        read_foreign(tmp_path / "none.json")
    (tmp_path / "x.json").write_text("[]")
    with pytest.raises(InvalidInput, match="no format"):
        read_foreign(tmp_path / "x.json", form="excel")
