"""Checks of a model as a whole: their evidence, that it can be computed again, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from sextant.config import loads
from sextant.errors import InvalidInput
from sextant.evidence import Mean, Measurement
from sextant.lifecycle.measures import recompute, run
from sextant.meaning import meaning
from sextant.model_evidence import (
    Area,
    AveragePrecision,
    Calibration,
    Classification,
    Gap,
    PairedDifference,
    Ratio,
)
from sextant.reports import read_evidence

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HEAD = """\
project: {slug: risk, name: Risk}
criteria:
  - {key: it, name: It, family: ml, metric: m, unit: UNIT, direction: at_least, threshold: 0.1}
datasets:
  test: {path: test.csv, role: test, key: id, target: fraud}
predictions:
  new: {path: new.csv, dataset: test, model: risk@m2, prediction: said, score: sure, key: id}
  old: {path: old.csv, dataset: test, model: risk@m1, prediction: said, key: id}
checks:
  - CHECK
"""


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    n = 400
    fraud = (rng.random(n) < 0.4).astype(int)
    sure = np.clip(rng.normal(0.35 + 0.3 * fraud, 0.2), 0.001, 0.999).round(3)
    old = np.where(rng.random(n) < 0.65, fraud, 1 - fraud)
    return {"fraud": fraud, "sure": sure, "new": (sure > 0.5).astype(int), "old": old, "n": n}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, rows: dict[str, Any]) -> Path:
    folder = tmp_path_factory.mktemp("risk")
    each = range(rows["n"])

    def put(name: str, head: str, line: Any) -> None:
        (folder / name).write_text("\n".join([head, *(line(i) for i in each)]) + "\n")

    put(
        "test.csv",
        "id,fraud,amount,region,user",
        lambda i: f"{i},{rows['fraud'][i]},{i % 7},{'nsw'[i % 3]},{i // 4}",
    )
    put("new.csv", "id,said,sure,guess", lambda i: f"{i},{rows['new'][i]},{rows['sure'][i]},{i % 7 + 0.5}")
    put("old.csv", "id,said", lambda i: f"{i},{rows['old'][i]}")
    return folder


def one(root: Path, check: str, unit: str = "share") -> Measurement:
    config = loads(HEAD.replace("CHECK", check).replace("UNIT", unit)).config
    (evidence,) = run(config, config.checks[0], root, now=NOW, code="abc")
    assert isinstance(evidence, Measurement)
    return evidence


EVALUATION = "{{check: evaluation, criterion: it, predictions: new, metric: {0}}}"


@pytest.mark.parametrize(
    ("metric", "kind", "oracle"),
    [
        ("f1, positive: 1", Classification, lambda r: sk.f1_score(r["fraud"], r["new"])),
        ("f1_macro", Classification, lambda r: sk.f1_score(r["fraud"], r["new"], average="macro")),
        ("balanced_accuracy", Classification, lambda r: sk.balanced_accuracy_score(r["fraud"], r["new"])),
        ("accuracy, cluster: user", Classification, lambda r: sk.accuracy_score(r["fraud"], r["new"])),
        ("roc_auc, positive: 1", Area, lambda r: sk.roc_auc_score(r["fraud"], r["sure"])),
        ("roc_auc, positive: 1, cluster: user", Area, lambda r: sk.roc_auc_score(r["fraud"], r["sure"])),
        (
            "pr_auc, positive: 1",
            AveragePrecision,
            lambda r: sk.average_precision_score(r["fraud"], r["sure"]),
        ),
        ("log_loss, positive: 1", Mean, lambda r: sk.log_loss(r["fraud"], r["sure"])),
        ("brier, positive: 1, cluster: user", Ratio, lambda r: sk.brier_score_loss(r["fraud"], r["sure"])),
        ("calibration_error, positive: 1", Calibration, None),
        (
            "f1, positive: 1, against: old",
            PairedDifference,
            lambda r: sk.f1_score(r["fraud"], r["new"]) - sk.f1_score(r["fraud"], r["old"]),
        ),
    ],
)
def test_a_metric_becomes_evidence_that_follows_from_its_sums(
    root: Path, rows: dict[str, Any], metric: str, kind: type[Measurement], oracle: Any
) -> None:
    evidence = one(root, EVALUATION.format(metric))
    assert isinstance(evidence, kind)
    if oracle is not None:
        assert evidence.value == pytest.approx(oracle(rows), rel=1e-9)
    assert evidence.size == (100 if kind is Ratio else 400)
    # Stored and read again, from its statistics and from its rows it is the same.
    again = recompute(read_evidence(evidence.plain()), root)
    assert again.equal and again.from_statistics and again.from_rows, again.differences
    assert meaning(evidence)


def test_numbers_have_a_root_mean_squared_error(root: Path) -> None:
    head = HEAD.replace("target: fraud", "target: amount").replace(
        "prediction: said, score", "prediction: guess, score"
    )
    text = head.replace("CHECK", EVALUATION.format("rmse")).replace("UNIT", "USD")
    config = loads(text).config
    (evidence,) = run(config, config.checks[0], root, now=NOW, code="abc")
    # Every guess is off by a half; nothing is seen to judge the spread by.
    assert isinstance(evidence, Ratio) and evidence.undefined and evidence.unit == "USD"


def test_a_gap_between_groups_judges_a_target(root: Path, rows: dict[str, Any]) -> None:
    check = "{check: fairness, criterion: it, predictions: new, metric: recall, positive: 1, by: [region]}"
    evidence = one(root, check)
    assert isinstance(evidence, Gap) and evidence.groups == ("n", "s", "w")
    recalls = [sk.recall_score(rows["fraud"][i::3], rows["new"][i::3]) for i in range(3)]
    assert evidence.value == pytest.approx(max(recalls) - min(recalls))
    assert "farthest apart" in meaning(evidence)
    assert recompute(evidence, root).equal


@pytest.mark.parametrize(
    ("check", "said"),
    [
        (EVALUATION.format("f1"), "about one class"),
        (EVALUATION.format("roc_auc, positive: 1, against: old"), "leave `against` out"),
        (EVALUATION.format("pr_auc, positive: 1, cluster: user"), "`cluster` goes with"),
        (
            "{check: evaluation, criterion: it, predictions: old, metric: roc_auc, positive: 1}",
            "`score` is missing",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_read(root: Path, check: str, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        one(root, check)
