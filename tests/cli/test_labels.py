"""`sextant labels` on files: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Shell

pytestmark = pytest.mark.django_db

ROWS = "item,labeler,label\n" + "".join(
    f"{i},{who},{'good' if (i % 3 == 0) != (who == 'c' and i % 5 == 0) else 'poor'}\n"
    for i in range(30)
    for who in "abc"
)
GOLD = "item,gold\n" + "".join(f"{i},{'good' if i % 3 == 0 else 'poor'}\n" for i in range(10))


@pytest.fixture
def lone(mine: Shell) -> Shell:
    mine.write("ratings.csv", ROWS)
    mine.write("gold.csv", GOLD)
    return mine


def test_a_report_says_everything(lone: Shell) -> None:
    out = lone("labels", "report", "ratings.csv", "--gold", "gold.csv").out
    for words in (
        "90 ratings of 30 items by 3 labelers",
        "Krippendorff's alpha",
        "Of 100 items",
        "One more labeler",
    ):
        assert words in out
    assert "COST OF 30 ITEMS" not in out and "are right." in out
    out = lone("labels", "report", "ratings.csv", "--gold", "gold.csv", "--rate", "0.05").out
    assert "COST OF 30 ITEMS" in out and "are right, for 1.50 more." in out and "4.50" in out
    found = lone("labels", "report", "ratings.csv", "--gold", "gold.csv", "--format", "json").json
    assert found["error_on_gold"] == 0
    assert found["agreement"]["alpha"]["value"] == pytest.approx(0.7, abs=0.1)
    assert [s["items"] for s in found["one_more"]] == [10, 10, 10]
    assert found["labelers"][0]["name"] == "c"


@pytest.mark.parametrize("method", ["majority", "weighted", "dawid-skene"])
def test_labels_are_written(lone: Shell, method: str) -> None:
    options = ["labels", "aggregate", "ratings.csv", "--gold", "gold.csv", "--method", method]
    assert "Wrote labels.csv" in lone(*options, "-o", "labels.csv").out
    with (lone.folder / "labels.csv").open() as rows:
        written = list(csv.DictReader(rows))
    assert [r["label"] for r in written[:4]] == ["good", "poor", "poor", "good"]
    lone(*options, "-o", "labels.parquet")
    assert pq.read_table(lone.folder / "labels.parquet").num_rows == 30
    assert len(lone(*options, "--format", "json").json["labels"]) == 30


def test_agreement_and_labelers_alone(lone: Shell) -> None:
    assert "The pairs that agree least" in lone("labels", "agreement", "ratings.csv").out
    assert "those to look at first" in lone("labels", "labelers", "ratings.csv", "--method", "majority").out


def test_bad_use(lone: Shell) -> None:
    assert (
        "no item's label is known"
        in lone("labels", "aggregate", "ratings.csv", "--method", "weighted", code=2).err
    )
    assert "names no format" in lone("labels", "aggregate", "ratings.csv", "-o", "labels.txt", code=2).err
    assert (
        "there is no column 'who'" in lone("labels", "report", "ratings.csv", "--labeler", "who", code=2).err
    )
    assert "gone.csv" in lone("labels", "report", "gone.csv", code=2).err
    lone.write("twice.csv", "item,labeler,label\n1,a,x\n1,a,y\n")
    assert "--repeats" in lone("labels", "report", "twice.csv", code=2).err
    assert not (lone.folder / "labels.txt").exists()


RULES = """\
- {name: warm, label: good, column: said, words: [thanks, great]}
- {name: cold, label: poor, column: said, pattern: "(?i)never again|refund"}
"""
SAID = 'id,said,checked\n1,Thanks a lot,good\n2,"never again, thanks",poor\n3,hm,\n4,REFUND now,\n5,great,\n'


def test_labels_by_rule(lone: Shell) -> None:
    lone.write("said.csv", SAID)
    lone.write("rules.yaml", RULES)
    lone.write("more.py", "import re\ndef short(row):\n    return 'poor' if len(row['said']) < 3 else None\n")
    options = [
        "labels",
        "rules",
        "said.csv",
        "--rules",
        "rules.yaml",
        "--functions",
        "more.py",
        "--gold",
        "checked",
    ]
    out = lone(*options, "--key", "id", "-o", "noisy.csv").out
    assert "5 of 5 items got a label" in out and "noisy" in out and "Wrote noisy.csv" in out
    with (lone.folder / "noisy.csv").open() as rows:
        assert [(r["item"], r["label"]) for r in csv.DictReader(rows)] == [
            ("1", "good"), ("2", "poor"), ("3", "poor"), ("4", "poor"), ("5", "good")
        ]  # fmt: skip
    found = lone(*options, "--format", "json").json
    assert [r["name"] for r in found["rules"]] == ["warm", "cold", "short"]
    assert [r["coverage"] for r in found["rules"]] == pytest.approx([0.6, 0.4, 0.2])
    lone.write("broken.py", "def f(row):\n    return row['nothing']\n")
    assert "rule f, row 1" in lone("labels", "rules", "said.csv", "--functions", "broken.py", code=2).err
    assert "no rules" in lone("labels", "rules", "said.csv", code=2).err
    assert "columns are id, said, checked" in lone(*options[:-1], "none", code=2).err


SURE = "id,label,p_cat,p_dog\n" + "".join(
    f"{i},{'cat' if i % 2 else 'dog'},{p},{1 - p}\n" for i, p in enumerate([0.1, 0.9, 0.2, 0.8, 0.95, 0.6])
)


def test_labels_that_are_probably_wrong_and_what_to_label_next(lone: Shell) -> None:
    lone.write("sure.csv", SURE)
    out = lone("labels", "errors", "sure.csv", "--key", "id", "-o", "look.csv").out
    assert "1 are worth a look" in out and "4     dog      cat" in out
    assert (lone.folder / "look.csv").read_text().splitlines()[1].startswith("4,dog,cat,-0.")
    out = lone("labels", "suggest", "sure.csv", "--key", "id", "-n", "1").out
    assert "5     0.971" in out
    assert (
        lone("labels", "suggest", "sure.csv", "-n", "2", "--features", "p_*", "--format", "json").json[
            "items"
        ]
        == 6
    )
    lone.write("sure.csv", SURE.replace("0,dog", "0,cow"))
    assert "have no column of probabilities: cow" in lone("labels", "errors", "sure.csv", code=2).err
    assert (
        "no column is called q_*" in lone("labels", "errors", "sure.csv", "--probability", "q_*", code=2).err
    )


def test_labels_from_another_tool_are_read_and_judged(lone: Shell) -> None:
    who = [(1, "yes"), (2, "yes"), (3, "=no")]
    given = [{"completed_by": w, "result": [{"from_name": "q", "value": {"choices": [c]}}]} for w, c in who]
    lone.write("export.json", json.dumps([{"id": i, "data": {}, "annotations": given} for i in range(3)]))
    out = lone("labels", "import", "export.json", "-o", "ratings.csv").out
    assert "9 ratings of 3 items by 3 labelers, from label_studio" in out
    assert "'=no" in (lone.folder / "ratings.csv").read_text(), "no cell becomes a formula"
    assert "9 ratings of 3 items" in lone("labels", "report", "ratings.csv").out
    lone.write("export.json", "[")
    assert "no JSON" in lone("labels", "import", "export.json", "-o", "again.csv", code=2).err
    assert not (lone.folder / "again.csv").exists()
