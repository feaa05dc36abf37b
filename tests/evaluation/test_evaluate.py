"""A model's answers judged by every metric: against scikit-learn, by hand, by group, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics as sk

from sextant.errors import InvalidInput
from sextant.evaluation import counting
from sextant.evaluation.evaluate import evaluate
from sextant.evaluation.evaluate_text import markdown
from sextant.evaluation.lining_up import joined
from sextant.stats.confusion import ALL_CLASSES, confusion_metric
from sextant.tables import engine, table


@pytest.fixture(scope="module")
def rows() -> dict[str, Any]:
    rng = np.random.default_rng(5)
    n = 800
    y = rng.random(n) < 0.3
    s = np.clip(rng.normal(size=n) * 0.2 + 0.3 + 0.25 * y, 0, 1).round(3)
    return {
        "is": y, "said": s > 0.5, "sure": s, "device": np.where(np.arange(n) % 4 == 0, "phone", "desk"),
        "age": rng.integers(0, 3, n), "user": rng.integers(0, 90, n),
    }  # fmt: skip


def test_a_yes_or_no_agrees_with_scikit_learn(rows: dict[str, Any]) -> None:
    found = evaluate(pa.table(rows), target="is", prediction="said", score="sure")
    y, p, s = rows["is"], rows["said"], rows["sure"]
    expected = {
        "accuracy": sk.accuracy_score(y, p),
        "balanced_accuracy": sk.balanced_accuracy_score(y, p),
        "precision": sk.precision_score(y, p),
        "recall": sk.recall_score(y, p),
        "f1": sk.f1_score(y, p),
        "f1_macro": sk.f1_score(y, p, average="macro"),
        "f1_weighted": sk.f1_score(y, p, average="weighted"),
        "specificity": sk.recall_score(~y, ~p),
        "roc_auc": sk.roc_auc_score(y, s),
        "pr_auc": sk.average_precision_score(y, s),
        "log_loss": sk.log_loss(y, s),
        "brier": sk.brier_score_loss(y, s),
    }
    for metric, value in expected.items():
        answer = found[metric]
        assert answer.value == pytest.approx(value, rel=1e-12), metric
        assert answer.lower < answer.value < answer.upper and answer.says, metric
    assert found.positive == "true"
    assert found.confusion is not None
    assert found.confusion.counts == tuple(map(tuple, sk.confusion_matrix(y, p).tolist()))


@pytest.mark.parametrize("metric", [m for m in ALL_CLASSES if m not in ("accuracy", "balanced_accuracy")])
def test_averages_over_classes_agree_with_scikit_learn(metric: str) -> None:
    rng = np.random.default_rng(3)
    y = rng.choice(["cat", "dog", "eel", "fox"], 300, p=[0.5, 0.3, 0.15, 0.05])
    p = np.where(rng.random(300) < 0.6, y, rng.choice(["cat", "dog", "eel", "fox"], 300))
    which, _, average = metric.partition("_")
    score = {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}[which]
    found = evaluate(pa.table({"is": y, "said": p}), target="is", prediction="said")[metric]
    assert found.value == pytest.approx(score(y, p, average=average), rel=1e-12)
    # What is stored gives the number again, without the rows.
    again = found.kind.of(**found.statistics, unit="share", estimand="x", setting="offline",
                          at="2026-01-01T00:00:00Z", producer={"name": "test"})  # fmt: skip
    assert again.value == found.value


def test_numbers_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    y = rng.normal(20, 3, 500)
    p = y + rng.normal(0.3, 1, 500)
    found = evaluate(pa.table({"is": y, "said": p}), target="is", prediction="said")
    expected = {
        "mae": sk.mean_absolute_error(y, p),
        "rmse": sk.root_mean_squared_error(y, p),
        "r2": sk.r2_score(y, p),
        "mape": sk.mean_absolute_percentage_error(y, p),
        "bias": (p - y).mean(),
    }
    assert found.task == "regression"
    for metric, value in expected.items():
        assert found[metric].value == pytest.approx(value, rel=1e-9), metric
    median = found["median_absolute_error"]
    assert median.value == np.sort(abs(p - y))[249]  # the lower of the two in the middle, which is a value


def test_the_reliability_curve_by_hand() -> None:
    # Two steps: scores 0.2 and 0.3 with one of two positive, 0.9 with all: gaps 0.25 and 0.1, weights 2/3 and 1/3.
    curve = {"is": [0, 1, 1], "sure": [0.2, 0.3, 0.9]}
    found = evaluate(pa.table(curve), target="is", score="sure")
    assert [(s.rows, s.positives) for s in found.curve] == [(1, 0), (1, 1), (1, 1)]
    assert found["calibration_error"].value == pytest.approx((0.2 + 0.7 + 0.1) / 3)


def test_groups_come_the_worst_first_and_as_if_alone(rows: dict[str, Any]) -> None:
    found = evaluate(pa.table(rows), target="is", prediction="said", groups=["device", "age"])
    assert sorted(next(iter(s.slice)) for s in found.segments) == ["age"] * 3 + ["device"] * 2
    tops = [s.answers[0].upper for s in found.segments]
    assert tops == sorted(tops)
    for segment in found.segments:
        ((column, value),) = segment.slice.items()
        kept = rows[column].astype(str) == value
        one = evaluate(
            pa.table({k: v[kept] for k, v in rows.items()}), target="is", prediction="said", positive=True
        )
        for metric in ("accuracy", "precision", "recall", "f1", "balanced_accuracy", "f1_macro"):
            mine, alone = segment.answer(metric), one[metric]
            assert mine is not None
            assert (mine.value, mine.lower, mine.upper) == (alone.value, alone.lower, alone.upper)


def test_units_with_several_rows_widen_ranges_and_change_no_value() -> None:
    rng = np.random.default_rng(8)
    users, each = 40, 25
    good = rng.random(users) < 0.5
    y = rng.random(users * each) < 0.5
    # A user is served well throughout, or badly throughout.
    right = rng.random(users * each) < np.where(good, 0.95, 0.55).repeat(each)
    s = np.where(right == y, 0.8, 0.2) + rng.normal(0, 0.02, users * each)
    made = pa.table({"is": y, "said": right == y, "sure": s, "user": np.arange(users).repeat(each)})
    alone = evaluate(made, target="is", prediction="said", score="sure")
    together = evaluate(made, target="is", prediction="said", score="sure", cluster="user")
    for metric in ("accuracy", "f1", "recall", "balanced_accuracy", "roc_auc", "log_loss", "brier"):
        one, other = alone[metric], together[metric]
        assert one.value == pytest.approx(other.value, rel=1e-12)
        assert other.upper - other.lower > 1.3 * (one.upper - one.lower), metric
    assert "units" in (together["pr_auc"].undefined or "")


def test_every_row_a_unit_of_its_own_is_no_unit_at_all(rows: dict[str, Any]) -> None:
    rows = {**rows, "id": np.arange(len(rows["is"]))}
    one = evaluate(pa.table(rows), target="is", prediction="said")["f1_macro"]
    other = evaluate(pa.table(rows), target="is", prediction="said", cluster="id")["f1_macro"]
    assert (other.lower, other.upper) == pytest.approx((one.lower, one.upper), abs=1e-3)


def test_scores_on_steps_are_as_near_as_they_say(
    rows: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    t = table(pa.table(rows), name="rows")
    exact = counting.scores(t, "is", "sure", True)
    monkeypatch.setattr(counting, "MOST_EXACT", 100)
    steps = counting.scores(t, "is", "sure", True)
    assert steps.on_steps and not exact.on_steps
    from sextant.stats.scores import roc_area

    assert abs(roc_area(exact.counts).area - roc_area(steps.counts).area) <= steps.moved + 1e-12
    for one, other in ((exact.log_loss, steps.log_loss), (exact.brier, steps.brier)):
        assert one is not None and other is not None
        assert other["mean"] == pytest.approx(one["mean"], abs=1e-8)
        assert other["m2"] == pytest.approx(one["m2"], rel=1e-5)


def test_the_same_rows_in_another_order_give_the_same_text(rows: dict[str, Any], tmp_path: Path) -> None:
    order = np.random.default_rng(1).permutation(len(rows["is"]))
    said = []
    for name, kept in (("a", slice(None)), ("b", order)):
        pq.write_table(pa.table({k: v[kept] for k, v in rows.items()}), tmp_path / f"{name}.parquet")
        found = evaluate(
            tmp_path / f"{name}.parquet", target="is", prediction="said", score="sure", groups=["device"]
        )
        said.append([(a.metric, a.value, a.lower, a.upper) for a in found.answers])
    assert said[0] == said[1]


def test_the_cheapest_threshold_follows_the_costs() -> None:
    rng = np.random.default_rng(2)
    s = rng.random(20_000)
    made = pa.table({"is": (rng.random(20_000) < s).astype(int), "sure": s})
    for alarm, miss in ((1.0, 1.0), (1.0, 9.0)):
        cut = evaluate(made, target="is", score="sure", costs=(alarm, miss)).threshold
        # A calibrated score is cut where a call costs as much as none: Elkan (2001).
        assert cut is not None and cut.threshold == pytest.approx(alarm / (alarm + miss), abs=0.05)


def test_it_reads_well(rows: dict[str, Any]) -> None:
    found = evaluate(
        pa.table(rows), target="is", prediction="said", score="sure", groups=["device"], costs=(1, 5)
    )
    text = str(found)
    for words in ("ROC AUC", "Of 100 cases that are true, it finds", "device=phone", "Cheapest", "BY CHANCE"):
        assert words in text
    assert "| ROC AUC |" in markdown(found)


# --- bad input


def refused(rows: dict[str, Any], said: str, **options: Any) -> None:
    with pytest.raises(InvalidInput) as caught:
        evaluate(pa.table(rows), target="is", **options)
    assert said in str(caught.value)


def test_what_cannot_be_judged_is_refused() -> None:
    two = {"is": ["a", "b"], "said": ["a", "c"], "sure": [0.1, 0.2]}
    refused(two, "there is no column 'sad'", prediction="sad")
    refused(two, "nothing to judge")
    refused({"is": ["a"], "said": [1]}, "one holds", prediction="said")
    refused(two, "c is none of the classes", prediction="said", classes=("a", "b"))
    refused(two, "nobody says which of them", prediction="said", score="sure")
    refused(two, "no row is z", prediction="said", positive="z")
    refused({"is": [None, None], "said": ["a", "b"]}, "no row has a right answer", prediction="said")
    refused({"is": ["a", "a"], "said": ["a", "a"], "id": [7, 7]}, "such as 7", prediction="said", key="id")
    refused(
        {"is": [1.0, 2.5], "said": [1.0, None]},
        "no answer of the model",
        prediction="said",
        task="regression",
    )
    refused(
        {"is": list("ab") * 80, "said": list("ab") * 80, "g": list(range(160))}, "160 values", prediction="said",
        groups=["g"],
    )  # fmt: skip
    refused({"is": [0, 1], "sure": [0.5, math.inf]}, "infinite", score="sure")


def test_scores_outside_0_to_1_have_an_order_and_no_calibration() -> None:
    found = evaluate(pa.table({"is": [0, 1, 0, 1], "sure": [-3.0, 2.0, 0.4, 7.0]}), target="is", score="sure")
    assert found["roc_auc"].value == 1.0
    assert "3 scores lie outside 0 to 1" in found.notes[-1]
    assert not found.curve and all(a.metric != "brier" for a in found.answers)


def test_one_class_only_leaves_no_area() -> None:
    found = evaluate(pa.table({"is": [1, 1, 1], "sure": [0.4, 0.6, 0.9]}), target="is", score="sure")
    assert "no negative row" in (found["roc_auc"].undefined or "")
    assert "one class" in " ".join(found.notes)


def test_one_row_says_how_little_it_says() -> None:
    found = evaluate(pa.table({"is": [1], "said": [1]}), target="is", prediction="said")
    accuracy = found["accuracy"]
    assert (accuracy.value, accuracy.upper) == (1.0, 1.0) and accuracy.lower == pytest.approx(
        0.2065, abs=1e-3
    )


def test_a_missing_answer_is_wrong_and_an_unknown_class_is_named() -> None:
    found = evaluate(
        pa.table({"is": ["a", "a", "b"], "said": ["a", None, "c"]}), target="is", prediction="said"
    )
    assert found["accuracy"].statistics == {"successes": 1, "trials": 3}
    assert found["recall_micro"].value == pytest.approx(1 / 3)
    assert found["precision_micro"].value == pytest.approx(1 / 2)
    assert any("never right: c" in note for note in found.notes)
    assert confusion_metric("f1_micro", found.confusion.counts).value == pytest.approx(0.4)  # type: ignore[union-attr]


def test_two_tables_line_up_case_by_case() -> None:
    on = engine()
    said = table(pa.table({"id": [1, 2, 3], "said": ["a", "b", "a"]}), name="said", on=on)
    right = table(pa.table({"id": [3, 2, 1], "is": ["a", "b", "b"]}), name="right", on=on)
    found = evaluate(joined(said, right, "id", "is"), target="is", prediction="said")
    assert found["accuracy"].statistics == {"successes": 2, "trials": 3}
    short = table(pa.table({"id": [3, 2], "is": ["a", "b"]}), name="short", on=on)
    with pytest.raises(InvalidInput, match="1 answers have no right answer in short"):
        joined(said, short, "id", "is")
    twice = table(pa.table({"id": [1, 1, 2], "is": ["a", "b", "b"]}), name="twice", on=on)
    with pytest.raises(InvalidInput, match="3 rows have 2 different values"):
        joined(said, twice, "id", "is")
