"""Two models on the same cases, and one model on different groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as csv
import pytest
from sklearn import metrics as sk
from statsmodels.stats.contingency_tables import mcnemar

from sextant.errors import InvalidInput
from sextant.evaluation.compare import compare
from sextant.evaluation.fairness import METRICS, fairness
from sextant.stats.paired import conclude, mcnemar_p
from sextant.tables import table

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "fairness"


def test_a_difference_is_that_of_scikit_learns_numbers() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 500)
    new = np.where(rng.random(500) < 0.93, y, rng.integers(0, 3, 500))
    old = np.where(rng.random(500) < 0.7, y, rng.integers(0, 3, 500))
    t = table(pa.table({"is": y, "new": new, "old": old}), name="rows")
    found = compare(t, target="is", prediction="new", other="old", positive=1, resamples=300)
    for metric, score in {
        "accuracy": sk.accuracy_score,
        "balanced_accuracy": sk.balanced_accuracy_score,
        "f1_macro": lambda a, b: sk.f1_score(a, b, average="macro"),
        "f1": lambda a, b: sk.f1_score(a == 1, b == 1),
    }.items():
        d = found[metric]
        assert d.candidate == pytest.approx(score(y, new)) and d.other == pytest.approx(score(y, old))
        assert d.bounds.value == pytest.approx(d.candidate - d.other)
        assert d.conclusion == "better" and d.p < 0.01
        assert d.bootstrap is not None and d.bootstrap.lower == pytest.approx(d.bounds.lower, abs=0.02)
    b, c = found.split[1:3] if found.split else (0, 0)
    exact = mcnemar([[0, b], [c, 0]], exact=True).pvalue
    # The mid-p version leaves out half of the chance of exactly this split.
    assert found.mcnemar is not None and found.mcnemar < exact < 2 * found.mcnemar + 1e-6


def test_mcnemar_by_hand() -> None:
    # 1 against 3: twice P(at most 1 of 4) less P(1 of 4), which is 10/16 - 4/16.
    assert mcnemar_p(1, 3) == pytest.approx(6 / 16)
    assert mcnemar_p(0, 0) == 1.0


def test_a_margin_asks_for_equivalence() -> None:
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 4000)
    same = np.where(rng.random(4000) < 0.9, y, 1 - y)
    other = np.where(rng.random(4000) < 0.01, 1 - same, same)
    t = table(pa.table({"is": y, "new": other, "old": same}), name="rows")
    usual = {"target": "is", "prediction": "new", "other": "old", "resamples": 200}
    assert compare(t, **usual, margin=0.02)["accuracy"].conclusion == "equivalent"  # type: ignore[arg-type]
    assert "equivalent" in str(compare(t, **usual, margin=0.02))  # type: ignore[arg-type]
    assert conclude(-0.1, 0.3, 0.2) == "not_worse" and conclude(-0.3, -0.1, 0.2) == "worse"
    assert conclude(0.1, 0.3, 0.0, higher_is_better=False) == "worse"


def test_errors_of_numbers_are_compared_case_by_case() -> None:
    rng = np.random.default_rng(4)
    y = rng.normal(size=300)
    t = table(
        pa.table({"is": y, "a": y + rng.normal(0, 1, 300), "b": y + rng.normal(0, 2, 300)}), name="rows"
    )
    found = compare(t, target="is", prediction="a", other="b", task="regression", resamples=200)["mae"]
    assert found.conclusion == "better" and found.p < 0.01 and found.bounds.upper < 0


def test_compas_is_what_propublica_published() -> None:
    """False positives 44.85 % of black defendants against 23.45 % of white ones, false negatives 27.99 and 47.72."""
    path = SHARED / "compas-scores-two-years.csv"
    if not path.exists():
        pytest.skip("the shared data is not here")
    rows = csv.read_csv(path)
    decile = np.asarray(rows.column(rows.column_names.index("decile_score")))
    made = pa.table(
        {"high": decile >= 5, "again": np.asarray(rows["two_year_recid"]) == 1, "race": rows["race"]}
    )
    found = fairness(made, target="again", prediction="high", positive=True, by=["race"])
    wrong = found["false_positive_rate"]
    rates = {g: s / n for g, s, n in zip(wrong.groups, wrong.successes, wrong.trials, strict=True)}
    assert round(100 * rates["African-American"], 2) == 44.85
    assert round(100 * rates["Caucasian"], 2) == 23.45
    missed = found["false_negative_rate"]
    rates = {g: s / n for g, s, n in zip(missed.groups, missed.successes, missed.trials, strict=True)}
    assert round(100 * rates["African-American"], 2) == 27.99
    assert round(100 * rates["Caucasian"], 2) == 47.72
    assert wrong.gap().lower > 0.2
    assert "African-American" in str(found)


def test_crossings_of_attributes_are_groups_too() -> None:
    rows = {
        "is": [1, 0] * 200,
        "said": [1, 0] * 200,
        "a": ["x", "x", "y", "y"] * 100,
        "b": ["p"] * 200 + ["q"] * 200,
    }
    found = fairness(pa.table(rows), target="is", prediction="said", positive=1, by=["a", "b"], fewest=10)
    assert found["recall"].groups == ("a=x, b=p", "a=x, b=q", "a=y, b=p", "a=y, b=q")
    assert found["recall"].gap().value == 0 and {s.metric for s in found.shares} == set(METRICS)
    many = pa.table({"is": [1] * 600, "said": [1] * 600, "id": list(range(600))})
    with pytest.raises(InvalidInput, match="make 600 groups"):
        fairness(many, target="is", prediction="said", positive=1, by=["id"])
