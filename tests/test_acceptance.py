"""What may not be stored: what has not come yet, and numbers that their own statistics do not give."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from sextant.acceptance import CLOCKS, accept
from sextant.errors import InvalidInput
from sextant.evidence import Evidence, Proportion
from sextant.reports import read_evidence

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE: dict[str, Any] = {
    "estimand": "digits read right", "setting": "offline", "unit": "share", "at": NOW, "producer": {"name": "test"},
}  # fmt: skip
MODEL = {"kind": "model", "name": "reader", "version": "m1"}
EXPERIMENT = {
    "kind": "experiment", "name": "ab", "design_digest": "d", "arms": {"new": 50, "old": 50},
    "shares": {"new": 0.5, "old": 0.5}, "sample_ratio_p": 1.0, "started_at": NOW - timedelta(days=14),
    "ended_at": NOW, "concluded": True, "rule_says": "ship", "why": "It won.",
}  # fmt: skip


def read(**fields: Any) -> Evidence:
    return read_evidence({**BASE, **fields})


def share(**changed: Any) -> Evidence:
    honest = Proportion.of(successes=96, trials=100, **BASE)
    return honest.model_copy(update=changed)


def refused(evidence: Evidence) -> str:
    with pytest.raises(InvalidInput) as caught:
        accept(evidence, now=NOW, where="record 7")
    assert caught.value.where == "record 7" and caught.value.rule and caught.value.todo
    return caught.value.what


def test_what_follows_from_its_statistics_is_taken() -> None:
    accept(share(), now=NOW)
    accept(Proportion.of(successes=0, trials=0, **BASE), now=NOW)
    accept(
        Proportion.of(successes=96, trials=100, method="clopper_pearson", level=0.9, sides=1, **BASE), now=NOW
    )
    accept(Proportion.of(successes=96, trials=100, continuous=True, **BASE), now=NOW)
    accept(read(**EXPERIMENT), now=NOW)


def test_a_number_that_was_typed_is_refused() -> None:
    interval = share().interval  # type: ignore[attr-defined]
    assert "value is stored as 0.97 and comes out as 0.96" in refused(share(value=0.97))
    # Without an interval the value must follow all the same.
    assert "value is stored as 0.97" in refused(share(value=0.97, interval=None))
    narrow = interval.model_copy(update={"lower": 0.955})
    # Wilson's lower end of 96 of 100 at 95 % is 0.9016.
    assert "lower is stored as 0.955 and comes out as 0.9016" in refused(share(interval=narrow))
    looked_often = interval.model_copy(update={"continuous": True})
    assert "confidence_sequence" in refused(share(interval=looked_often))
    assert "successes cannot be above trials" in _rule(share(successes=101))
    assert "its n is 1000000" in refused(share(n=1_000_000))


def _rule(evidence: Evidence) -> str:
    with pytest.raises(InvalidInput) as caught:
        accept(evidence, now=NOW)
    return caught.value.rule or ""


def test_a_nan_beside_good_statistics_is_refused() -> None:
    assert "value is stored as nan" in refused(share(value=math.nan, undefined="I do not like it"))


@pytest.mark.parametrize(
    ("field", "fields"),
    [
        ("at", {"kind": "count", "value": 3}),
        ("period_end", {"kind": "count", "value": 3}),
        ("last_received_at", {"kind": "monitor_sample", "monitor": "m", "received": 1}),
        ("ended_at", EXPERIMENT),
    ],
)
def test_what_has_not_come_yet_is_refused_but_clocks_may_differ(field: str, fields: dict[str, Any]) -> None:
    accept(read(**{**fields, field: NOW + CLOCKS}), now=NOW)
    assert f"its {field} is" in refused(read(**{**fields, field: NOW + CLOCKS + timedelta(seconds=1)}))


def test_a_day_may_have_begun_elsewhere_and_a_plan_may_lie_ahead() -> None:
    declared = {"kind": "declared", "value": 3, "source": "the shift log"}
    accept(read(**declared, source_date=date(2026, 6, 2)), now=NOW)
    assert "its source_date is 2026-06-03" in refused(read(**declared, source_date=date(2026, 6, 3)))
    drift = {"kind": "drift_run", "model": MODEL, "type": "data", "subject": MODEL, "checked": ["ink"]}
    accept(read(**drift, next_due=NOW + timedelta(days=7)), now=NOW)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"kind": "estimate", "value": 0.9, "n": 9, "interval": {"lower": 0.9, "upper": 0.9, "method": "x"}},
            "both ends of its interval are 0.9",
        ),
        (
            {"kind": "quantile", "q": 0.5, "n": 2, "ranks": {1: 5.0, 2: 4.0}, "value": 5.0},
            "its ranks are no 2 values in order",
        ),
        (
            {"kind": "quantile", "q": 0.5, "n": 2, "ranks": {1: 4.0, 3: 5.0}, "value": 4.0},
            "its ranks are no 2 values in order",
        ),
        # 100 against 300 where equal arms were planned: chi squared is 100, and that is no accident.
        ({**EXPERIMENT, "arms": {"new": 100, "old": 300}}, "sample_ratio_p is stored as 1.0"),
        ({**EXPERIMENT, "shares": {"new": 0.5, "other": 0.5}}, "its arms are new, old"),
        ({**EXPERIMENT, "ended_at": NOW - timedelta(days=15)}, "before it started"),
        (
            {"kind": "human_study", "name": "s", "raters": "beta", "rater_count": 3, "ratings": 9, "planned_ratings": 9,
             "agreement": 0.4, "agreement_lower": 0.9, "agreement_bar": 0.6, "finished": True},
            "agreement_lower 0.9 lies above",
        ),
        (
            {"kind": "red_team_run", "model": MODEL, "category": "jailbreak", "attempts": 1, "successes": 2},
            "2 of 1 attacks succeeded",
        ),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_refused(fields: dict[str, Any], said: str) -> None:
    assert said in refused(read(**fields))
