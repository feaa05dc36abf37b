"""`sextant evaluate`: its formats, labels that lie apart, and bad use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sextant_cli.main import run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rows = [
        (i, "yes" if i % 3 else "no", "yes" if i % 4 else "no", (i % 10) / 10, "ab"[i % 2]) for i in range(60)
    ]
    (tmp_path / "said.csv").write_text(
        "id,said,sure,group\n" + "\n".join(f"{i},{p},{s},{g}" for i, _, p, s, g in rows)
    )
    (tmp_path / "right.csv").write_text("id,is\n" + "\n".join(f"{i},{t}" for i, t, _, _, _ in rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


USUAL = [
    "evaluate",
    "said.csv",
    "--labels",
    "right.csv",
    "--key",
    "id",
    "--target",
    "is",
    "--prediction",
    "said",
]


def test_labels_apart_groups_and_formats(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*USUAL, "--score", "sure", "--group", "group", "--cost", "1", "3"]) == 0
    text = capsys.readouterr().out
    assert "Of 100 answers" in text and "group=a" in text and "Cheapest" in text
    assert run([*USUAL, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    accuracy = found["answers"][0]
    assert accuracy["metric"] == "accuracy" and accuracy["statistics"] == {"successes": 35, "trials": 60}
    assert run([*USUAL, "--format", "markdown"]) == 0
    assert "| accuracy | 58.3 % |" in capsys.readouterr().out


def test_bad_use_exits_with_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        run(["evaluate", "said.csv", "--labels", "right.csv", "--target", "is", "--prediction", "said"]) == 2
    )
    assert "--key" in capsys.readouterr().err
    assert run([*USUAL, "--classes", "yes,maybe"]) == 2
    assert "none of the classes" in capsys.readouterr().err
    assert run([*USUAL, "--positive", "perhaps"]) == 2
    (folder / "right.csv").write_text("id,is\n1,yes\n")
    assert run(USUAL) == 2
    assert "have no right answer in right.csv" in capsys.readouterr().err


def test_two_models_and_groups(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "old.csv").write_text("id,said\n" + "\n".join(f"{i},no" for i in range(60)))
    labels = ["--labels", "right.csv", "--key", "id", "--target", "is", "--prediction", "said"]
    other = ["--other", "old.csv", "--against", "said", "--resamples", "200"]
    assert run(["compare", "said.csv", *labels, *other, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["rows"] == 60 and found["differences"][0]["metric"] == "accuracy"
    (folder / "best.csv").write_text((folder / "right.csv").read_text().replace("is", "said"))
    best = ["--other", "best.csv", "--against", "said", "--resamples", "200"]
    assert run(["compare", "said.csv", *labels, *best]) == 1
    assert "the candidate is worse" in capsys.readouterr().out.lower()
    assert run(["fairness", "said.csv", *labels, "--positive", "yes", "--by", "group", "--fewest", "5"]) == 0
    assert "LARGEST GAP" in capsys.readouterr().out
    assert (
        run(["fairness", "said.csv", *labels, "--positive", "yes", "--by", "group", "--format", "json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["shares"][0]["metric"] == "selection_rate"
    assert run(["compare", "said.csv", "--other", "old.csv", "--against", "said", "--target", "said",
                "--prediction", "said"]) == 2  # fmt: skip


def test_lists_and_texts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "lists.csv").write_text("q,place,good\n1,1,0\n1,2,1\n2,1,1\n2,2,0\n")
    assert (
        run(
            [
                "evaluate-lists",
                "lists.csv",
                "--query",
                "q",
                "--rank",
                "place",
                "--relevance",
                "good",
                "-k",
                "2",
            ]
        )
        == 0
    )
    assert "MRR@2" in capsys.readouterr().out
    (folder / "texts.csv").write_text("said,right\na b c,a b d\nx y,x y\n")
    usual = ["evaluate-texts", "texts.csv", "--text", "said", "--reference", "right", "--resamples", "100"]
    assert run([*usual, "--format", "json"]) == 0
    metrics = [a["metric"] for a in json.loads(capsys.readouterr().out)["answers"]]
    assert {"bleu", "rougeL", "exact_match", "length"} <= set(metrics)
    assert run(["evaluate-texts", "texts.csv"]) == 2


def test_where_it_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        f"{i % 2},{1 - i % 2 if i % 8 < 3 else i % 2},{'phone' if i % 8 < 4 else 'desk'},note {i % 5}"
        for i in range(400)
    ]
    (folder / "cases.csv").write_text("is,said,device,note\n" + "\n".join(lines))
    usual = ["find-errors", "cases.csv", "--target", "is", "--prediction", "said", "--text", "note"]
    assert run(usual) == 1
    out = capsys.readouterr().out
    assert "device=phone" in out and "WORDS IN COMMON" in out and "ANSWERED" in out
    assert run([*usual, "--format", "json"]) == 1
    assert json.loads(capsys.readouterr().out)["search"]["rows"] == 400
