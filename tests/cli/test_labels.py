"""`sextant labels` on files: what it prints, what it writes, what it refuses."""

from __future__ import annotations

import csv

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
    assert (
        "neither .csv nor .parquet"
        in lone("labels", "aggregate", "ratings.csv", "-o", "labels.txt", code=2).err
    )
    assert (
        "there is no column 'who'" in lone("labels", "report", "ratings.csv", "--labeler", "who", code=2).err
    )
    assert "gone.csv" in lone("labels", "report", "gone.csv", code=2).err
    lone.write("twice.csv", "item,labeler,label\n1,a,x\n1,a,y\n")
    assert "--repeats" in lone("labels", "report", "twice.csv", code=2).err
    assert not (lone.folder / "labels.txt").exists()
