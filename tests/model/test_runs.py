"""What a run's numbers prove: shares with rows, means with spread, ranges that were logged, and bare numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sextant.criteria import Criterion, Origin
from sextant.errors import InvalidInput
from sextant.evidence import Declared, Estimate, Mean, Proportion
from sextant.model.documents import Measures, RunMeasures
from sextant.model.runs import MOST_POINTS, Reading, Run, Used, measured, parameters_of, read_run, thinned
from sextant.stats.intervals import mean_t, wilson
from sextant.verdicts import Status

AT = datetime(2026, 3, 2, 12, tzinfo=UTC)


def target(**fields: Any) -> Criterion:
    given: dict[str, Any] = {
        "key": "accuracy", "name": "Read right", "family": "ml", "metric": "acc", "unit": "share", "direction": "at_least",
        "threshold": 0.95, **fields,
    }  # fmt: skip
    return Criterion(**given)


def run(metrics: dict[str, float], **fields: Any) -> Run:
    readings = {name: Reading(value=value, at=AT) for name, value in metrics.items()}
    return Run(**{"key": "r1", "metrics": readings, "ended_at": AT, **fields})


def test_a_share_with_its_rows_is_a_proportion_with_wilsons_range() -> None:
    found = measured(run({"accuracy": 0.97, "accuracy_n": 1000}, model="reader@m3"), target())
    assert found is not None and isinstance(found.proof, Proportion)
    assert (found.proof.successes, found.proof.trials) == (970, 1000)
    bounds = wilson(970, 1000)
    assert found.proof.interval is not None
    assert (found.proof.interval.lower, found.proof.interval.upper) == (bounds.lower, bounds.upper)
    assert str(found.proof.model) == "model:reader@m3" and found.proof.at == AT
    assert found.judge(AT).status is Status.MET
    # 0.96 of 1,000: Wilson's lower end is 0.9460, below the bar.
    close = measured(run({"accuracy": 0.96, "accuracy_n": 1000}), target())
    assert close is not None and close.judge(AT).status is Status.NOT_ENOUGH


def test_rows_may_stand_in_a_parameter_and_a_share_may_be_in_percent() -> None:
    said = RunMeasures(rows=(Measures(criterion="accuracy", metric="val/acc", rows="n_val", unit="%"),))
    found = measured(run({"val/acc": 97.0}, parameters={"n_val": "200"}), target(), said)
    assert found is not None and isinstance(found.proof, Proportion)
    assert (found.proof.successes, found.proof.trials, found.proof.unit) == (194, 200, "share")


def test_what_was_said_takes_the_place_of_the_targets_own_name() -> None:
    said = RunMeasures(rows=(Measures(criterion="accuracy", metric="other"),))
    assert measured(run({"accuracy": 0.97, "accuracy_n": 1000}), target(), said) is None
    assert measured(run({"acc": 0.5}), target()) is not None
    assert measured(run({"loss": 0.5}), target()) is None


@pytest.mark.parametrize(
    ("metrics", "says"),
    [
        ({"accuracy": 0.97}, "without a sample size or a range"),
        ({"accuracy": 0.9133, "accuracy_n": 1000}, "no share of 1,000 rows"),
        ({"accuracy": 1.2, "accuracy_n": 1000}, "no share of 1,000 rows"),
        ({"accuracy": float("nan"), "accuracy_n": 1000}, "is nan, not a number"),
        ({"accuracy": float("inf"), "accuracy_n": 1000}, "is infinite, not a number"),
        ({"accuracy": 0.97, "accuracy_n": 0}, "without a sample size or a range"),
        ({"accuracy": 0.97, "accuracy_n": 12.5}, "without a sample size or a range"),
    ],
)
def test_a_bare_number_proves_nothing_and_says_why(metrics: dict[str, float], says: str) -> None:
    found = measured(run(metrics), target())
    assert found is not None and found.proof is None
    verdict = found.judge(AT)
    assert verdict.status is Status.NOT_ENOUGH
    assert says in verdict.reason


def test_a_range_that_was_logged_is_an_estimate_and_must_hold_its_value() -> None:
    said = RunMeasures(rows=(Measures(criterion="accuracy", metric="f1", lower="lo", upper="hi", rows="n"),))
    found = measured(run({"f1": 0.9133, "lo": 0.9, "hi": 0.93, "n": 500}), target(threshold=0.9), said)
    assert found is not None and isinstance(found.proof, Estimate)
    assert found.proof.n == 500 and found.judge(AT).status is Status.MET
    wrong = measured(run({"f1": 0.95, "lo": 0.9, "hi": 0.93}), target(), said)
    assert wrong is not None and wrong.proof is None and "does not fit its value" in wrong.lacks
    flat = measured(run({"f1": 0.9, "lo": 0.9, "hi": 0.9}), target(), said)
    assert flat is not None and flat.proof is None and "no range" in flat.lacks


def test_a_mean_with_rows_and_spread_has_students_range() -> None:
    said = RunMeasures(rows=(Measures(criterion="latency", metric="ms", rows="n", deviation="sd"),))
    latency = target(
        key="latency", family="system", metric="mean latency", unit="ms", direction="at_most", threshold=40
    )
    found = measured(run({"ms": 30.0, "n": 100, "sd": 8.0}), latency, said)
    assert found is not None and isinstance(found.proof, Mean)
    bounds = mean_t(100, 30.0, 64.0 * 99)
    assert found.proof.interval is not None and found.proof.interval.upper == pytest.approx(bounds.upper)
    assert found.judge(AT).status is Status.MET


def test_a_cost_is_declared_with_its_source_and_a_simulated_one_is_not() -> None:
    cost = target(key="cost", family="cost", metric="cost", unit="USD", direction="at_most", threshold=0.01)
    found = measured(run({"cost": 0.002}), cost, where="MLflow http://x")
    assert found is not None and isinstance(found.proof, Declared)
    assert found.proof.source == "run r1 in MLflow http://x" and found.proof.origin is Origin.DECLARED
    assert found.judge(AT).status is Status.MET
    invented = measured(run({"cost": 0.002}, origin="simulated"), cost)
    assert invented is not None and invented.proof is None


def test_what_is_judged_in_life_only_is_not_asked_of_a_run() -> None:
    assert measured(run({"accuracy": 0.9}), target(family="business", unit="posts")) is None


def test_the_set_that_it_was_measured_on_is_the_one_that_is_not_for_training() -> None:
    sets = (
        Used(name="Train", version="t1", context="training"),
        Used(name="Test Set", version="ab c", context="eval"),
    )
    found = measured(run({"accuracy": 0.97, "accuracy_n": 1000}, datasets=sets), target())
    assert found is not None and found.proof is not None
    assert str(found.proof.data) == "dataset:test-set@abc"


def test_nothing_personal_goes_into_proof() -> None:
    said = RunMeasures(rows=(Measures(criterion="accuracy", metric="ann@example.org/acc", rows="n"),))
    found = measured(run({"ann@example.org/acc": 0.97, "n": 1000}), target(), said)
    assert found is not None and found.proof is not None
    assert "ann@" not in found.proof.model_dump_json()


def test_a_history_is_thinned_to_its_ends_and_what_lies_evenly_between() -> None:
    points = [(i, float(i), 1 / (i + 1)) for i in range(3000)]
    found = thinned(points)
    assert len(found) == MOST_POINTS and found[0] == points[0] and found[-1] == points[-1]
    assert thinned(list(reversed(points[:10]))) == tuple(points[:10])
    with pytest.raises(InvalidInput, match="more than 500 points"):
        read_run({"key": "r", "history": {"loss": points}})


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"key": ""}, "key"), ({"key": "r", "model": "no version"}, "names no version"),
        ({"key": "r", "status": "odd"}, "status"),
        ({"key": "r", "metrics": {"a": {"value": "x"}}}, "metrics"), ({"key": "r", "started_at": "2026-01-01"}, "timezone"),
        ({"key": "r", "started_at": "0001-01-01T00:00:00Z"}, "year 1"), ({"key": "r", "more": 1}, "more"),
    ],
)  # fmt: skip
def test_what_is_no_run_is_refused(body: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInput, match=says):
        read_run(body)


def test_a_run_reads_back_as_it_was_nan_and_all() -> None:
    one = run({"a": float("nan"), "b": float("-inf")}, history={"a": ((0, 1.0, float("nan")), (1, 2.0, 0.5))})
    again = read_run(one.plain())
    assert again.plain() == one.plain()
    assert again.metrics["b"].value == float("-inf")


def test_settings_of_any_depth_become_texts() -> None:
    deep: dict[str, Any] = {"a": {"b": {"c": [1, 2]}}, "": 1, "n": None, "e": {}}
    assert parameters_of(deep) == {"a.b.c": "[1, 2]", "n": "None", "e": "{}"}
