"""`sextant labels` on rounds: from a guideline in a file to labels in a file."""

from __future__ import annotations

import json

import pytest

from sextant_server.labeling import queries
from sextant_server.projects.models import Project
from tests.cli.conftest import Shell
from tests.server.labeling.making import label_all, truth

pytestmark = pytest.mark.django_db

GUIDELINE = """
task: Is this message spam?
answer: choice
values:
  - {value: spam, criteria: It sells., examples: "Buy now\\nYou won"}
  - {value: ham, criteria: Somebody wrote it to you., examples: "At ten?\\nThe invoice"}
"""
ITEMS = "id,text,gold\n" + "".join(
    f"m{n},message {n},{truth(f'message {n}') if n > 20 else ''}\n" for n in range(1, 31)
)


@pytest.fixture
def begun(mine: Shell) -> Shell:
    mine.write("spam.yaml", GUIDELINE)
    mine.write("items.csv", ITEMS)
    assert "spam is v1, published" in mine("labels", "guideline", "spam", "spam.yaml", "--publish").out
    mine(
        "labels",
        "begin",
        "first",
        "--guideline",
        "spam",
        "--labelers",
        "2",
        "--gold-share",
        "0.2",
        "--rate",
        "0.1",
    )
    return mine


def test_a_round_from_the_shell(begun: Shell) -> None:
    assert "30 items came in" in begun("labels", "bring", "first", "items.csv").out
    assert "0 items came in; 30 were there already" in begun("labels", "bring", "first", "items.csv").out
    assert "first is open" in begun("labels", "state", "first", "open").out
    assert "/r/" in begun("labels", "invite", "first", "Ann").out
    begun("labels", "invite", "first", "Bob")
    row = queries.round_of(Project.objects.get(slug=begun.slug), "first")
    for rater in row.raters.order_by("number"):
        label_all(rater)
    assert "first" in begun("labels", "rounds").out
    out = begun("labels", "results", "first").out
    for words in ("20 of 20 items done", "alpha is 1.000", "100.0% (", "Paid 5."):
        assert words in out, out
    assert begun("labels", "results", "first", "--format", "json").json["agreement"]["items"] == 20
    assert "agreement" in begun("labels", "prove", "first").out
    assert "m3 is spam" in begun("labels", "settle", "first", "m3", "spam", "--why", "it is").out
    begun("labels", "fetch", "first", "-o", "labels.jsonl")
    rows = [json.loads(line) for line in (begun.folder / "labels.jsonl").read_text().splitlines()]
    found = {r["item"]: (r["label"], r["decided_by"]) for r in rows}
    assert (
        found["m2"] == ("spam", "labelers")
        and found["m3"] == ("spam", "expert")
        and found["m21"] == ("ham", "known")
    )
    begun("labels", "fetch", "first", "--answers", "-o", "answers.csv")
    assert "labeler-1" in (begun.folder / "answers.csv").read_text()
    begun("labels", "fetch", "first", "--label-studio", "-o", "tasks.json")
    tasks = {t["data"]["sextant_item"]: t for t in json.loads((begun.folder / "tasks.json").read_text())}
    given = tasks["m2"]["annotations"]
    assert given[0]["result"][0]["value"] == {"choices": ["spam"]} and given[0]["labeler"] == "labeler-1"
    begun("labels", "import", "tasks.json", "-o", "back.csv")
    assert "m2,labeler-1,spam" in (begun.folder / "back.csv").read_text()
    assert (
        "one at a time"
        in begun("labels", "fetch", "first", "--noisy", "--answers", "-o", "x.csv", code=2).err
    )
    begun("labels", "forget", "first", "1", "--yes")
    assert row.raters.get(number=1).name == ""


def test_what_is_wrong_is_told(begun: Shell) -> None:
    begun.write("odd.csv", "id,text,gold\n1,hello,maybe\n")
    assert "one of spam, ham" in begun("labels", "bring", "first", "odd.csv", code=2).err
    assert "nothing to label" in begun("labels", "state", "first", "open", code=2).err
    assert "list of rounds" in begun("labels", "results", "second", code=2).err
    assert "Write" not in begun("labels", "fetch", "first", "-o", "labels.csv", code=2).out


def test_rules_and_a_models_answers_from_the_shell(begun: Shell) -> None:
    begun("labels", "bring", "first", "items.csv")
    begun.write("rules.yaml", "- {name: even, label: spam, column: text, pattern: '[02468]$'}\n")
    said = begun("labels", "keep-rules", "first", "rules.yaml", "--noisy").out
    assert "15 of 30 items get a label" in said and "15 items have a noisy label" in said
    begun("labels", "fetch", "first", "--noisy", "-o", "noisy.csv")
    assert "m2,spam," in (begun.folder / "noisy.csv").read_text()
    sure = [f"m{n},{0.9 if n % 2 == 0 else 0.2},{0.1 if n % 2 == 0 else 0.8}\n" for n in range(1, 31)]
    begun.write("model.csv", "id,p_spam,p_ham\n" + "".join(sure))
    assert (
        "30 items have a pre-label, 30 probabilities" in begun("labels", "prelabel", "first", "model.csv").out
    )
    assert "20 items are dealt by need" in begun("labels", "by-need", "first").out
    assert "Nobody can tell yet" in begun("labels", "influence", "first").out
    assert "Nothing can be told" in begun("labels", "doubts", "first").out
    begun("labels", "state", "first", "open")
    for name in ("Ann", "Bob"):
        begun("labels", "invite", "first", name)
    row = queries.round_of(Project.objects.get(slug=begun.slug), "first")
    for rater in row.raters.order_by("number"):
        label_all(rater, lambda item: "ham" if item.key == "m4" else truth(item.content["text"]))
    told = begun("labels", "influence", "first", "--format", "json").json
    assert told["show"] == "random" and told["same"]["items_shown"] + told["same"]["items_hidden"] >= 20
    assert [r["item"] for r in begun("labels", "doubts", "first", "--format", "json").json["rows"]] == ["m4"]
    begun.write("bad.csv", "name\nx\n")
    assert "a column id" in begun("labels", "prelabel", "first", "bad.csv", code=2).err
