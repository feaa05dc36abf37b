"""A check of a judge: its number counts only while this very version was held against people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sextant.config import loads
from sextant.errors import ConfigError, InvalidInput
from sextant.evidence import Evidence
from sextant.judgements import JudgedMean, JudgedShare
from sextant.lifecycle.measures import recompute, run
from sextant.reports import JudgeCalibration
from sextant.verdicts import Proof, Status, judge

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FILE = """
project: {{slug: drafts, name: Drafts}}
criteria:
  - {{key: helpful, name: Helpful, family: ml, metric: helpful, unit: {unit}, direction: at_least, threshold: 0.5}}
datasets:
  judged: {{path: judged.csv}}
  rated: {{path: rated.csv}}
checks:
  - {{check: judge, criterion: helpful, dataset: judged, verdict: said, judge: grader@v2, {more}}}
"""
SHARE = "positive: good, calibration: rated, people: [anna, ben], calibrated: grader@{version}, item: id, bar: 0.5"
DRAWN = SHARE + ", correction: prediction_powered"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    # People and judge: 100 outputs, 70 good of which it finds 65, 30 bad of which it finds 27.
    words = [("good", "good")] * 65 + [("bad", "good")] * 5 + [("good", "bad")] * 3 + [("bad", "bad")] * 27
    rows = [f"{i},{said},{people},{people}" for i, (said, people) in enumerate(words)]
    (tmp_path / "rated.csv").write_text("\n".join(["id,said,anna,ben", *rows]) + "\n")
    alone = [f"{i},{'good' if i % 10 < 7 else 'bad'}" for i in range(100, 500)]
    judged = [f"{i},{said}" for i, (said, _) in enumerate(words)]
    (tmp_path / "judged.csv").write_text("\n".join(["id,said", *judged, *alone, "900,"]) + "\n")
    return tmp_path


def found(folder: Path, more: str, unit: str = "share") -> list[Evidence]:
    config = loads(FILE.format(unit=unit, more=more)).config
    return run(config, config.checks[0], folder, now=NOW)


def verdict(folder: Path, more: str) -> Any:
    config = loads(FILE.format(unit="share", more=more)).config
    taken = run(config, config.checks[0], folder, now=NOW)[0]
    assert isinstance(taken, JudgedShare)
    return judge(config.criteria[0], [Proof(taken, taken.digest())], now=NOW)


def test_the_number_is_corrected_and_comes_out_again(folder: Path) -> None:
    share, calibration = found(folder, DRAWN.format(version="v2"))
    assert isinstance(share, JudgedShare) and isinstance(calibration, JudgeCalibration)
    assert (share.successes, share.trials, share.both) == (280, 400, ((27, 3), (5, 65)))
    assert share.note is not None and share.note.startswith("1 rows without a value")
    assert [str(v) for v in share.depends] == ["judge:grader@v2"]
    assert calibration.calibrated and calibration.outputs == 100 and calibration.people == 2
    for one in (share, calibration):
        assert recompute(one, folder).equal
    assert verdict(folder, DRAWN.format(version="v2")).status is Status.MET


def test_what_a_gate_asks_of_an_evaluation_is_looked_at_too(folder: Path) -> None:
    # Of the judged rows one stands in what the model learned from; two people say the same throughout.
    (folder / "train.csv").write_text("id,said\n100,good\nx,y\n".replace("x,y", "77777,bad"))
    pairs = [
        f"{i},{who},{word}" for i in range(80) for who, word in (("anna", "ab"[i % 2]), ("ben", "ab"[i % 2]))
    ]
    (folder / "both.csv").write_text("\n".join(["item,who,label", *pairs]) + "\n")
    text = FILE.format(
        unit="share", more=DRAWN.format(version="v2") + ", train: train, labels_agreed_by: agreed"
    )
    text = text.replace("datasets:", "datasets:\n  train: {path: train.csv}\n  both: {path: both.csv}").replace(
        "criteria:", "criteria:\n  - {key: agreed, name: Agreed, family: data, metric: alpha, unit: alpha, "
        "direction: at_least, threshold: 0.6}",
    )  # fmt: skip
    text += (
        "  - {check: agreement, criterion: agreed, dataset: both, item: item, labeler: who, label: label}\n"
    )
    config = loads(text).config
    share = run(config, config.checks[0], folder, now=NOW)[0]
    sound = {s.rule: s.holds for s in share.soundness}
    assert sound == {"judge_calibrated": True, "held_out": False, "no_leakage": False, "labels_agreed": True}
    assert recompute(share, folder).equal
    with pytest.raises(ConfigError, match="no agreement check measures agreed"):
        loads(text.replace("check: agreement, criterion: agreed,", "check: agreement,"))


def test_another_correction_is_another_number(folder: Path) -> None:
    drawn, elsewhere = (found(folder, text.format(version="v2"))[0] for text in (DRAWN, SHARE))
    assert isinstance(drawn, JudgedShare) and isinstance(elsewhere, JudgedShare)
    # Outputs from elsewhere may be judged again: those that people saw too are counted with the rest.
    assert elsewhere.trials == 500 and elsewhere.value != drawn.value


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ("positive: good", "nobody compared judge:grader@v2 with people"),
        (DRAWN.format(version="v1"), "judge:grader@v1 was compared with people, and judge:grader@v2 judged"),
        (DRAWN.format(version="v2").replace("bar: 0.5", "bar: 0.9"), "its low end must reach 0.9"),
    ],
)
def test_a_judge_that_is_not_calibrated_proves_nothing(folder: Path, more: str, why: str) -> None:
    told = verdict(folder, more)
    assert told.status is Status.MISSING and why in " ".join(told.why)


def test_scores(folder: Path) -> None:
    rows = [f"{i},{1 + i % 5},{1 + i % 5 + (i % 3 - 1) * 0.5}" for i in range(60)]
    (folder / "rated.csv").write_text("\n".join(["id,said,anna", *rows]) + "\n")
    (folder / "judged.csv").write_text("id,said\n" + "\n".join(f"{i},{1 + i % 5}" for i in range(300)) + "\n")
    mean, calibration = found(
        folder, "calibration: rated, people: [anna], calibrated: grader@v2, item: id, statistic: spearman, "
        "correction: prediction_powered", unit="points",
    )  # fmt: skip
    assert isinstance(mean, JudgedMean) and mean.interval is not None
    assert mean.trials == 240 and mean.interval.lower < 3 < mean.interval.upper
    assert isinstance(calibration, JudgeCalibration) and calibration.value > 0.9


def test_outputs_from_elsewhere_were_not_drawn(folder: Path) -> None:
    (folder / "rated.csv").write_text("id,said,anna,ben\n7001,good,good,good\n7002,bad,bad,bad\n")
    with pytest.raises(
        InvalidInput, match="2 of 2 outputs that people judged are not among those that are judged"
    ):
        found(folder, DRAWN.format(version="v2"))


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ("statistic: spearman, positive: good", "spearman is for scores"),
        ("statistic: accuracy", "name in `positive`"),
        ("statistic: spearman", "corrected by prediction_powered only"),
        ("positive: good, calibration: rated", "go together"),
        ("positive: good, first: A", "`first` and `second` go together"),
        ("positive: good, swapped: other", "have words for them"),
        ("positive: good, makers: [by]", "`makers` and `own` go together"),
        (
            "positive: good, correction: prediction_powered, calibration: rated, people: [a], calibrated: grader@v2",
            "needs `item`",
        ),
    ],
)
def test_what_does_not_go_together_is_said(more: str, rule: str) -> None:
    with pytest.raises(ConfigError, match=rule):
        loads(FILE.format(unit="share", more=more))
