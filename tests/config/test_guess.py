"""The proposal for a folder without a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from sextant.config import guess
from sextant.errors import InvalidInput


def folder(tmp_path: Path) -> Path:
    root = tmp_path / "Form Reader"
    (root / "data").mkdir(parents=True)
    rows = [(i, i % 4, "web" if i % 2 else "app") for i in range(40)]
    header = "id,digit,channel\n"
    (root / "data" / "train.csv").write_text(header + "".join(f"{i + 100},{d},{c}\n" for i, d, c in rows))
    (root / "data" / "test.csv").write_text(header + "".join(f"{i},{d},{c}\n" for i, d, c in rows))
    # Nine of ten answers are right; the column of right answers has no telling name.
    (root / "answers_v2.csv").write_text(
        "id,predicted,latency_ms\n" + "".join(f"{i},{d if i % 10 else 9},{i}\n" for i, d, _ in rows)
    )
    (root / "ratings.csv").write_text(
        "item,labeler,label\n" + "".join(f"{i},{who},{i % 3}\n" for i in range(5) for who in "ab")
    )
    (root / "broken.csv").write_text("a,b\n1\n")
    (root / ".git").mkdir()
    (root / ".git" / "index.csv").write_text("a\n1\n")
    return root


def test_a_folder_is_understood(tmp_path: Path) -> None:
    proposal = guess(folder(tmp_path))
    config = proposal.config({"project.summary": "Reads forms"})
    assert (config.project.slug, config.project.summary) == ("form-reader", "Reads forms")
    assert set(config.datasets) == {"train", "test", "ratings"}
    test, answers = config.datasets["test"], config.predictions["answers-v2"]
    assert (test.role, test.key, test.target, test.groups) == ("test", "id", "digit", ("channel",))
    assert config.datasets["train"].target == "digit"
    assert (str(answers.model), answers.prediction, answers.dataset, answers.train, answers.key) == (
        "model:form-reader@v2", "predicted", "test", "train", "id",
    )  # fmt: skip
    # A quarter of the rows is of the most frequent class; half of the way from there to 1 is 0.625.
    accuracy = config.criterion("accuracy-digit")
    assert (accuracy.threshold, accuracy.baseline and accuracy.baseline.value) == (0.62, 0.25)
    # The 95th percentile of 0, 1, ..., 39 is 37.05; twice that with two figures is 74.
    assert config.criterion("p95-latency").threshold == 74
    kinds = sorted(c.check for c in config.checks)
    assert kinds == [
        "agreement",
        "evaluation",
        "leakage",
        "quality",
        "quality",
        "quality",
        "quantile",
        "slices",
    ]


def test_every_bar_has_a_reason_and_a_question(tmp_path: Path) -> None:
    proposal = guess(folder(tmp_path))
    bars = [g for g in proposal.guesses if g.where.endswith(".threshold")]
    assert len(bars) == 2
    for bar in bars:
        assert bar.question and bar.why
    assert "25 %" in bars[0].why
    assert {g.where for g in proposal.questions} >= {
        "project.name",
        "predictions.answers-v2.model",
        "datasets.test.target",
    }


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    proposal = guess(folder(tmp_path))
    assert len(proposal.passed_over) == 1
    assert "broken.csv:2: line 2 has 1 values" in proposal.passed_over[0]


def test_answers_are_taken_and_checked(tmp_path: Path) -> None:
    proposal = guess(folder(tmp_path))
    where = next(g.where for g in proposal.guesses if g.where.endswith(".threshold"))
    assert proposal.config({where: 0.9}).criteria[0].threshold == 0.9
    with pytest.raises(InvalidInput, match="threshold"):
        proposal.config({where: "high"})
    with pytest.raises(InvalidInput, match="was not asked"):
        proposal.config({"rigor": "light"})


def test_answers_of_another_table_are_not_joined(tmp_path: Path) -> None:
    root = folder(tmp_path)
    (root / "prices.csv").write_text(
        "id,actual,predicted\n" + "".join(f"{i + 900},{i * 2},{i * 2 + 1}\n" for i in range(40))
    )
    config = guess(root).config()
    prices = config.predictions["prices"]
    assert (prices.dataset, prices.train, prices.target) == (None, None, "actual")
    # Always answering the middle of 0, 2, ..., 78 is off by 20 on the average; half of that.
    assert config.criterion("error").threshold == 10


def test_an_empty_folder_is_a_beginning(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    proposal = guess(tmp_path / "new")
    assert proposal.config().checks == ()
    assert proposal.passed_over == ()


def test_two_files_of_answers_are_two_models(tmp_path: Path) -> None:
    root = folder(tmp_path)
    text = (root / "answers_v2.csv").read_text()
    (root / "answers_v2.csv").unlink()
    for name in ("answers_of_rules", "answers_of_the_network"):
        (root / f"{name}.csv").write_text(text)
    named = {name: str(p.model) for name, p in guess(root).config({}).predictions.items()}
    assert named == {
        "answers-of-rules": "model:form-reader@1",
        "answers-of-the-network": "model:form-reader@answers-of-the-network",
    }
