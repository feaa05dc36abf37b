"""Runs against requirements: columns in order, stored proof beside a run's own number, the trend in a sentence."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sextant.evidence import Version
from sextant.lifecycle.matrix import Point, columns, main_target, row, trade_offs, trend, trend_sentence
from sextant.model.documents import ModelRequirements
from sextant.model.runs import Reading, Run
from sextant.verdicts import Status
from tests.lifecycle.factory import NOW, criterion, day, proportion, state, stored, subject

ACCURACY = criterion("accuracy")
LATENCY = criterion("latency", family="system", unit="ms", direction="at_most", threshold=40)
COST = criterion("cost", family="cost", unit="USD", direction="at_most", threshold=0.01)
POSTS = criterion("posts", family="business", unit="posts", threshold=12)
GAP = criterion("gap", family="fairness", direction="at_most", threshold=0.05)
GUARD = criterion("guard", role="guardrail", threshold=0.01)
ALL = (ACCURACY, LATENCY, COST, POSTS, GAP, GUARD)


def run(key: str, at: float = 0, **metrics: float) -> Run:
    readings = {name: Reading(value=value) for name, value in metrics.items()}
    return Run(
        key=key,
        metrics=readings,
        started_at=day(at),
        ended_at=day(at),
        model="reader@m1" if key == "named" else "",
    )


def test_requirements_come_first_and_only_what_a_desk_can_judge() -> None:
    assert [c.criterion.key for c in columns(state(criteria=ALL))] == ["accuracy", "latency", "cost", "gap"]
    asked = ModelRequirements(quality="gap", latency="latency", robustness="accuracy", cost="not-there")
    shown = columns(state(criteria=ALL, documents=[asked]))
    assert [(c.criterion.key, c.side) for c in shown] == [
        ("gap", "quality"), ("latency", "latency"), ("accuracy", "robustness"),
    ]  # fmt: skip
    assert main_target(shown) is not None and main_target(shown).key == "gap"  # type: ignore[union-attr]
    assert main_target([]) is None


def test_of_stored_proof_and_the_runs_own_number_the_later_speaks() -> None:
    at = state(criteria=ALL)
    shown = columns(at)
    kept = proportion("accuracy", 800, 1000, model=Version.parse("model:reader@m1"), at=day(-1))
    for offset, word in ((-2, "unmet"), (0, "met")):
        own = run("named", offset, accuracy=0.97, accuracy_n=1000)
        made = row(at, shown, id=1, run=own, stored={"accuracy": [stored(kept)]})
        assert made.cells[0].verdict.status.value == word
    assert made.cells[0].digest == "" and made.cells[1].verdict.status is Status.MISSING


def test_that_the_product_has_moved_on_says_nothing_against_a_run_but_other_data_does() -> None:
    kept = proportion(
        "accuracy", 970, 1000, model=Version.parse("model:reader@m1"), data=Version.parse("dataset:test@v1")
    )
    moved = state(criteria=ALL, subjects=[subject("model", "reader", "m2")])
    other = state(criteria=ALL, subjects=[subject("dataset", "test", "v2")])
    for at, status in ((moved, Status.MET), (other, Status.STALE)):
        made = row(at, columns(at), id=1, run=run("named"), stored={"accuracy": [stored(kept)]})
        assert made.cells[0].verdict.status is status


def test_a_run_is_ready_when_it_meets_everything() -> None:
    at = state(criteria=[ACCURACY, COST])
    good = row(at, columns(at), id=1, run=run("a", accuracy=0.97, accuracy_n=1000, cost=0.001))
    dear = row(at, columns(at), id=2, run=run("b", accuracy=0.97, accuracy_n=1000, cost=0.1))
    assert (good.ready, good.met, dear.ready, dear.met) == (True, 2, False, 1)
    bare = state()
    assert not row(bare, columns(bare), id=1, run=run("a")).ready, "nothing to meet is not everything met"


def test_trade_offs_leave_out_whoever_lacks_a_number() -> None:
    at = state(criteria=ALL)
    shown = columns(at)
    runs = [
        run("a", accuracy=0.97, latency=30, cost=1),
        run("b", accuracy=0.9, latency=35, cost=2),
        run("c", accuracy=0.99),
    ]
    rows = [row(at, shown, id=i, run=r) for i, r in enumerate(runs)]
    found = trade_offs(rows, shown)
    assert found is not None
    assert (found.best, found.left_out, [c.key for c in found.factors]) == (
        (0,),
        1,
        ["accuracy", "latency", "cost"],
    )
    only = columns(state(criteria=[ACCURACY]))
    assert trade_offs(rows, only) is None


def points(*values: tuple[float, float, float | None, float | None]) -> list[Point]:
    return [Point(i, f"r{i}", day(at), v, low, high) for i, (at, v, low, high) in enumerate(values)]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "No run has a number for Accuracy yet."),
        ([(-20, 0.9, 0.88, 0.92)], "no new run has a number since"),
        ([(-20, 0.9, 0.88, 0.92), (-1, 0.85, 0.8, 0.9)], "none of 1 new runs"),
        ([(-20, 0.9, 0.88, 0.92), (-1, 0.95, 0.93, 0.97)], "from 90 % to 95 % since 2026-06-05, more than chance makes"),
        ([(-20, 0.9, 0.88, 0.92), (-1, 0.93, 0.91, 0.95)], "which may be chance: their ranges touch"),
        ([(-20, 0.9, None, None), (-1, 0.93, 0.91, 0.95)], "from 90 % to 93 % since 2026-06-05."),
        ([(-1, 0.93, 0.91, 0.95)], "93 % in the latest run; 1 run measured."),
    ],
)  # fmt: skip
def test_the_trend_in_a_sentence(given: list[Any], says: str) -> None:
    assert says in trend_sentence(points(*given), ACCURACY, NOW - timedelta(days=10))


def test_where_less_is_better_the_sentence_knows() -> None:
    said = trend_sentence(points((-20, 50, 48, 52), (-1, 40, 38, 42)), LATENCY, NOW - timedelta(days=10))
    assert "from 50 ms to 40 ms" in said and "more than chance makes" in said


def test_the_trend_is_in_order_of_time_and_has_no_gaps_made_up() -> None:
    at = state(criteria=ALL)
    shown = columns(at)
    runs = [
        run("a", 2, accuracy=0.97),
        run("b", 1),
        run("c", 0, accuracy=0.9),
        run("d", 3, accuracy=float("nan")),
    ]
    found = trend([row(at, shown, id=i, run=r) for i, r in enumerate(runs)], "accuracy")
    assert [(p.name, p.value, p.lower) for p in found] == [("c", 0.9, None), ("a", 0.97, None)]
