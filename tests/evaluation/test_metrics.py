"""Shares, means and quantiles out of tables: worked by hand, and against scikit-learn and NumPy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn import metrics as sk

from sextant.errors import InvalidInput
from sextant.evaluation.metrics import (
    ERRORS,
    SHARES,
    Measured,
    column_mean,
    column_quantile,
    column_total,
    measure,
    opposed,
    row_count,
    score,
)
from sextant.evidence import Quantile
from sextant.stats.intervals import quantile_ranks
from sextant.tables import Table, engine, table


@pytest.fixture(scope="module")
def on() -> Any:
    found = engine()
    yield found
    found.disconnect()


def of(on: Any, **columns: Any) -> Table:
    return table(pa.table(columns), name="answers", on=on)


def share(found: Measured) -> tuple[int, int, int]:
    return found.statistics["successes"], found.statistics["trials"], found.left_out


#: Six rows: truth a a b b b and one without a right answer; the model is right, wrong, right, wrong,
#: silent, (unknown).
TRUTH = ["a", "a", "b", "b", "b", None]
SAID = ["a", "b", "b", "a", None, "a"]


@pytest.mark.parametrize(
    ("metric", "positive", "counted"),
    [
        # A row without an answer is a row that was not answered right; one without a right answer cannot be
        # judged.
        ("accuracy", None, (2, 5, 1)),
        # Called a: rows 1 and 4; of these, row 1 is.
        ("precision", "a", (1, 2, 1)),
        ("precision", "b", (1, 2, 1)),
        # Are b: rows 3, 4, 5; called so: row 3.
        ("recall", "b", (1, 3, 1)),
        ("recall", "a", (1, 2, 1)),
        # Are not a: rows 3, 4, 5; called a: row 4.
        ("false_positive_rate", "a", (1, 3, 1)),
    ],
)
def test_shares_by_hand(on: Any, metric: str, positive: str | None, counted: tuple[int, int, int]) -> None:
    found = of(on, truth=TRUTH, said=SAID)
    assert (
        share(measure(score(found, metric, target="truth", prediction="said", positive=positive))) == counted
    )


def test_a_class_that_never_comes_has_no_trials(on: Any) -> None:
    found = of(on, truth=["a"], said=["a"])
    assert share(measure(score(found, "recall", target="truth", prediction="said", positive="z"))) == (
        0,
        0,
        0,
    )


def test_numbers_and_words_for_one_class_are_one(on: Any) -> None:
    found = of(on, truth=[1, 0, 1], said=[1.0, 1.0, math.nan])
    assert share(measure(score(found, "accuracy", target="truth", prediction="said"))) == (1, 3, 0)
    assert share(measure(score(found, "recall", target="truth", prediction="said", positive="1"))) == (
        1,
        2,
        0,
    )
    yes = of(on, truth=[True, False], said=[1, 1])
    assert share(measure(score(yes, "accuracy", target="truth", prediction="said"))) == (1, 2, 0)
    assert share(measure(score(yes, "precision", target="truth", prediction="said", positive=True))) == (
        1,
        2,
        0,
    )


def test_what_cannot_be_compared_is_an_error(on: Any) -> None:
    found = of(on, truth=["1"], said=[1])
    with pytest.raises(InvalidInput, match="one holds numbers and the other text"):
        score(found, "accuracy", target="truth", prediction="said")
    with pytest.raises(InvalidInput, match="no column 'sad'"):
        score(found, "accuracy", target="truth", prediction="sad")
    with pytest.raises(InvalidInput, match="about one class"):
        score(found, "recall", target="truth", prediction="truth")
    with pytest.raises(InvalidInput, match="no metric 'f1'"):
        score(found, "f1", target="truth", prediction="truth", positive="1")
    with pytest.raises(InvalidInput, match="yes/no"):
        score(found, "share_true", column="truth")


def test_share_true_leaves_out_who_did_not_say(on: Any) -> None:
    found = of(on, kept=[True, False, None, True])
    assert share(measure(score(found, "share_true", column="kept"))) == (2, 3, 1)


def test_errors_by_hand(on: Any) -> None:
    found = of(on, truth=[1.0, 2.0, 3.0, None], said=[2.0, 2.0, 1.0, 5.0])
    off = measure(score(found, "mae", target="truth", prediction="said"))
    # 1, 0, 2: mean 1, squared deviations 0 + 1 + 1.
    assert (off.statistics, off.left_out) == ({"n": 3, "mean": 1.0, "m2": 2.0}, 1)
    squared = measure(score(found, "mse", target="truth", prediction="said"))
    assert squared.statistics["mean"] == pytest.approx(5 / 3)
    sure = of(on, truth=["a", "b"], sure=[0.75, 0.5])
    # (0.75 - 1)^2 = 1/16, (0.5 - 0)^2 = 1/4.
    assert (
        measure(score(sure, "brier", target="truth", positive="a", score="sure")).statistics["mean"] == 5 / 32
    )


def test_a_mean_error_does_not_pass_over_silence(on: Any) -> None:
    found = of(on, truth=[1.0, 2.0], said=[1.0, None])
    with pytest.raises(InvalidInput, match="1 rows have no answer"):
        measure(score(found, "mae", target="truth", prediction="said"))


def test_an_infinite_value_has_no_mean(on: Any) -> None:
    with pytest.raises(InvalidInput, match="infinite"):
        column_mean(of(on, x=[1.0, math.inf]), "x")


@pytest.mark.parametrize("seed", range(3))
def test_against_scikit_learn(on: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.choice(["a", "b", "c"], 500)
    said = np.where(rng.random(500) < 0.7, truth, rng.choice(["a", "b", "c"], 500))
    sure = rng.random(500)
    found = of(on, truth=truth, said=said, sure=sure)

    def value(metric: str, **more: Any) -> float:
        counted = measure(score(found, metric, target="truth", prediction="said", **more)).statistics
        return counted["successes"] / counted["trials"] if metric in SHARES else counted["mean"]

    assert value("accuracy") == pytest.approx(sk.accuracy_score(truth, said), rel=1e-12)
    for positive in "abc":
        only = {"labels": [positive], "average": "macro"}
        assert value("precision", positive=positive) == pytest.approx(
            sk.precision_score(truth, said, **only), rel=1e-12
        )
        assert value("recall", positive=positive) == pytest.approx(
            sk.recall_score(truth, said, **only), rel=1e-12
        )
        rate = 1 - sk.recall_score(truth != positive, said != positive)
        assert value("false_positive_rate", positive=positive) == pytest.approx(rate, rel=1e-12)
        brier = sk.brier_score_loss(truth == positive, sure)
        assert value("brier", positive=positive, score="sure") == pytest.approx(brier, rel=1e-12)
    numbers = of(on, truth=rng.normal(size=500), said=rng.normal(size=500))
    rows = numbers.fetch(numbers.expr)
    listed = [[r[c] for r in rows] for c in ("truth", "said")]
    for metric, theirs in (("mae", sk.mean_absolute_error), ("mse", sk.mean_squared_error)):
        ours = measure(score(numbers, metric, target="truth", prediction="said")).statistics["mean"]
        assert ours == pytest.approx(theirs(*listed), rel=1e-12)


def test_every_metric_has_been_tried() -> None:
    assert set(SHARES) == {"accuracy", "precision", "recall", "false_positive_rate", "share_true"}
    assert set(ERRORS) == {"mae", "mse", "brier"}


def test_moments_far_from_zero(on: Any) -> None:
    # Seconds since 1970, a million of them ten seconds apart at most: raw sums of squares would lose the
    # spread.
    values = 1.7e9 + np.random.default_rng(0).random(1_000_000) * 10
    found = column_mean(of(on, at=values), "at").statistics
    assert found["m2"] / found["n"] == pytest.approx(values.var(), rel=1e-9)
    assert found["mean"] == pytest.approx(values.mean(), rel=1e-15)


def test_the_same_rows_give_the_same_numbers_to_the_last_digit(on: Any) -> None:
    values = np.random.default_rng(1).lognormal(sigma=3, size=300_000)
    first = column_mean(of(on, x=values), "x").statistics
    for _ in range(3):
        assert column_mean(of(on, x=values), "x").statistics == first


def test_a_mean_of_yes_and_no_is_a_share(on: Any) -> None:
    assert share(column_mean(of(on, kept=[True, True, False, None]), "kept")) == (2, 3, 1)
    assert column_mean(of(on, x=pa.array([], pa.float64())), "x").statistics == {
        "n": 0,
        "mean": 0.0,
        "m2": 0.0,
    }


@pytest.mark.parametrize(("n", "q"), [(1, 0.5), (20, 0.95), (1000, 0.95), (1000, 0.5), (5000, 0.99)])
def test_a_quantile_keeps_the_ranks_that_its_levels_need(on: Any, n: int, q: float) -> None:
    values = np.random.default_rng(n).permutation(n) + 1.0
    found = column_quantile(of(on, x=[*values, None]), "x", q, level=0.93, sides=1)
    assert found.left_out == 1
    stored = Quantile.of(**found.statistics, level=0.93, sides=1, criterion="c", unit="ms", setting="offline",
                         estimand="e", at="2026-01-01T00:00:00Z", producer={"name": "t"})  # fmt: skip
    for level, sides in ((0.93, 1), (0.95, 2), (0.99, 1), (0.9, 2)):
        point, low, high = quantile_ranks(n, q, level=level, sides=sides)
        bounds = stored.bounds(level, sides)
        # The values are their own ranks.
        assert bounds.value == point
        assert bounds.lower == (low if low >= 1 else -math.inf)
        assert bounds.upper == (high if high <= n else math.inf)
    assert len(found.statistics["ranks"]) <= 40


def test_a_quantile_of_nothing_is_undefined(on: Any) -> None:
    found = column_quantile(of(on, x=pa.array([None, None], pa.float64())), "x", 0.5)
    assert (found.statistics, found.left_out) == ({"q": 0.5, "n": 0, "ranks": {}}, 2)


def test_counts_and_totals_are_whole(on: Any) -> None:
    assert row_count(of(on, x=[1, 2, None])).statistics == {"value": 3.0}
    assert column_total(of(on, x=[0.1] * 10), "x").statistics == {"value": 1.0}
    with pytest.raises(InvalidInput, match="1 rows have no value in column x"):
        column_total(of(on, x=[1.0, None]), "x")


def test_whether_two_models_err_on_the_same_rows(on: Any) -> None:
    one = of(on, id=[1, 2, 3, 4], truth=["a"] * 4, said=["a", "a", "b", "b"])
    other = of(on, id=[4, 3, 2, 1], truth=["a"] * 4, said=["a", "b", "b", "a"])
    scored = [score(t, "accuracy", target="truth", prediction="said") for t in (one, other)]
    # Row 1 both, row 2 only the first, row 4 only the second, row 3 neither.
    assert opposed(*scored, "id") == (1, 1, 1, 1)
