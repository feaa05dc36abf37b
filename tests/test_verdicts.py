"""Verdicts: every combination of direction, role, bound, level, sample size, admissibility and age."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sextant.criteria import Criterion, Origin, Setting
from sextant.evidence import Count, Declared, Estimate, Measurement, Proportion, ProportionDifference
from sextant.verdicts import Proof, Status, Verdict, Waiver, judge

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def criterion(**fields: Any) -> Criterion:
    usual = {
        "key": "c", "name": "C", "family": "ml", "metric": "m", "unit": "share", "direction": "at_least", "threshold": 0.5,
    }  # fmt: skip
    return Criterion.model_validate(usual | fields)


COMMON: dict[str, Any] = {
    "criterion": "c", "unit": "share", "setting": "offline", "estimand": "a share", "at": NOW - timedelta(hours=1),
    "producer": {"name": "test"},
}  # fmt: skip


def estimate(lower: float, upper: float, **fields: Any) -> Estimate:
    interval = {
        "lower": lower, "upper": upper, "method": "given", "level": fields.pop("level", 0.95),
        "sides": fields.pop("sides", 2), "continuous": fields.pop("continuous", False),
    }  # fmt: skip
    return Estimate.model_validate(
        COMMON | {"value": (lower + upper) / 2, "interval": interval, "n": 100} | fields
    )


def on(c: Criterion, ev: Measurement, **options: Any) -> Verdict:
    return judge(c, [Proof(ev, "d" * 64, options.pop("stale", ()))], now=NOW, **options)


# The expected status is worked out here by hand, in words of the specification, apart from the code under test:
# where the interval lies relative to the bar (below, touching from below, across, touching from above, above).
PLACES = {
    "below": (-0.3, -0.1), "ends_at": (-0.2, 0.0), "across": (-0.1, 0.1), "starts_at": (0.0, 0.2), "above": (0.1, 0.3),
}  # fmt: skip
HIGHER_IS_BETTER = {
    "below": Status.UNMET, "ends_at": Status.NOT_ENOUGH, "across": Status.NOT_ENOUGH, "starts_at": Status.MET,
    "above": Status.MET,
}  # fmt: skip
LOWER_IS_BETTER = {
    "below": Status.MET, "ends_at": Status.MET, "across": Status.NOT_ENOUGH, "starts_at": Status.NOT_ENOUGH,
    "above": Status.UNMET,
}  # fmt: skip


@pytest.mark.parametrize(
    ("role", "direction", "place", "level", "enough", "sound", "fresh"),
    list(
        itertools.product(
            ("target", "guardrail"), ("at_least", "at_most"), PLACES, (0.95, 0.9, 0.99), (True, False), (True, False),
            (True, False),
        )
    ),
)  # fmt: skip
def test_every_combination(
    role: str, direction: str, place: str, level: float, enough: bool, sound: bool, fresh: bool
) -> None:
    """The interval is given at 95 %; a criterion that asks for 99 % cannot use it."""
    c = criterion(
        role=role,
        direction=direction,
        threshold=0.25,
        level=level,
        minimum_n=50,
        requires=["held_out"],
        max_age_days=30,
    )
    # A guardrail's margin of 0.25 is a bar at -0.25 where more is better, at +0.25 where less is.
    bar = -0.25 if role == "guardrail" and direction == "at_least" else 0.25
    low, high = PLACES[place]
    ev = estimate(
        bar + low, bar + high, n=100 if enough else 49, contrast_with="control",
        at=NOW - timedelta(days=29 if fresh else 31), soundness=[{"rule": "held_out", "holds": sound}],
    )  # fmt: skip
    if not sound:
        expected = Status.MISSING
    elif not fresh:
        expected = Status.STALE
    elif level == 0.99 or not enough:
        expected = Status.NOT_ENOUGH
    else:
        expected = (HIGHER_IS_BETTER if direction == "at_least" else LOWER_IS_BETTER)[place]
    verdict = on(c, ev)
    assert verdict.status is expected, verdict.reason
    assert verdict.broken == (role == "guardrail" and expected is Status.UNMET)
    assert verdict.reason.endswith((".", ":")), verdict.reason


def test_a_full_count_is_no_share_of_a_model_unless_the_target_takes_it() -> None:
    one = Count.model_validate(COMMON | {"unit": "share", "value": 0.99})
    verdict = on(criterion(unit="share", threshold=0.95), one)
    assert verdict.status is Status.MISSING and "full count" in verdict.reason
    assert on(criterion(unit="share", threshold=0.95, kinds=("count",)), one).status is Status.MET
    assert on(criterion(unit="share", threshold=0.95, family="system"), one).status is Status.MET


@pytest.mark.parametrize("direction", ["at_least", "at_most"])
@pytest.mark.parametrize(("value", "side"), [(11, "below"), (12, "at"), (13, "above")])
def test_a_full_count_is_exact_whatever_the_level_and_sample(direction: str, value: float, side: str) -> None:
    c = criterion(direction=direction, threshold=12, unit="posts", level=0.99, minimum_n=1000)
    verdict = on(c, Count.model_validate(COMMON | {"unit": "posts", "value": value}))
    good = {"at_least": ("at", "above"), "at_most": ("at", "below")}[direction]
    assert verdict.status is (Status.MET if side in good else Status.UNMET)
    assert verdict.lower is None and verdict.upper is None


def test_the_point_value_never_decides() -> None:
    """19 of 20 is 95 %, over a bar of 90 %; Wilson's lower end is 76.4 %, so it is not enough."""
    ev = Proportion.of(successes=19, trials=20, **COMMON)
    assert ev.value > 0.9
    assert on(criterion(threshold=0.9), ev).status is Status.NOT_ENOUGH


def test_decided_at_the_criterions_own_level_from_the_sufficient_statistics() -> None:
    """85 of 100: the lower end is 0.767 at 95 % and 0.733 at 99 % (statsmodels: 0.7672, 0.7368)."""
    ev = Proportion.of(successes=85, trials=100, **COMMON)
    assert on(criterion(threshold=0.75), ev).status is Status.MET
    assert on(criterion(threshold=0.75, level=0.99), ev).status is Status.NOT_ENOUGH
    assert on(criterion(threshold=0.75, level=0.99), ev).lower == pytest.approx(0.7368, abs=5e-3)


def test_a_one_sided_criterion_asks_less_of_each_end() -> None:
    """A one-sided 95 % bound is an end of the two-sided 90 % interval."""
    ev = Proportion.of(successes=85, trials=100, **COMMON)
    two, one = on(criterion(), ev), on(criterion(sides=1), ev)
    wide = on(criterion(level=0.9), ev)
    assert one.lower == pytest.approx(wide.lower) and one.lower > two.lower


def test_a_wider_interval_than_asked_is_used_as_it_is() -> None:
    assert on(criterion(level=0.9), estimate(0.5, 0.6, level=0.99)).status is Status.MET


def test_nothing_measured_is_missing_and_does_not_pass() -> None:
    verdict = judge(criterion(), [], now=NOW)
    assert verdict.status is Status.MISSING and not verdict.passes


@pytest.mark.parametrize(
    ("fields", "ev", "word"),
    [
        ({"origins": ["measured"]}, {"origin": "simulated"}, "simulated"),
        ({"slice": {"ink": "faded"}}, {}, "ink = faded"),
        ({}, {"slice": {"ink": "faded"}}, "ink = faded"),
        ({"unit": "ms"}, {}, "ms"),
        ({"kinds": ["proportion"]}, {}, "estimate"),
        ({"role": "guardrail", "threshold": 0.1}, {}, "difference"),
        ({"continuous": True}, {}, "one look"),
        ({"requires": ["no_leakage"]}, {}, "nobody checked"),
        ({}, {"soundness": [{"rule": "sample_ratio", "holds": False, "detail": "p 0.0001"}]}, "p 0.0001"),
    ],
)
def test_evidence_that_may_not_judge_is_as_none_and_says_why(fields: dict, ev: dict, word: str) -> None:
    verdict = on(criterion(**fields), estimate(0.9, 0.95, **ev))
    assert verdict.status is Status.MISSING
    assert any(word in reason for reason in verdict.why), verdict.why


def test_simulated_evidence_counts_only_in_a_simulation() -> None:
    ev = estimate(0.9, 0.95, origin="simulated")
    assert on(criterion(), ev).status is Status.MISSING
    verdict = on(criterion(), ev, allow_simulated=True)
    assert verdict.status is Status.MET and verdict.origin is Origin.SIMULATED


def test_a_declared_number_counts_for_business_and_not_for_ml() -> None:
    declared = Declared.model_validate(
        COMMON | {"setting": "review", "value": 0.7, "source": "sales dashboard", "source_date": "2026-05-30"}
    )
    assert on(criterion(family="business"), declared).status is Status.MET
    assert on(criterion(family="ml"), declared).status is Status.MISSING


def test_units_that_are_the_same_but_for_scale() -> None:
    assert on(criterion(unit="%", threshold=50), estimate(0.6, 0.7)).status is Status.MET
    assert on(criterion(unit="%", threshold=65), estimate(0.6, 0.7)).status is Status.NOT_ENOUGH
    assert (
        on(criterion(unit="ms", threshold=200, direction="at_most"), estimate(0.1, 0.15, unit="s")).value
        == 125
    )


def test_undefined_says_why_and_is_not_enough() -> None:
    ev = Proportion.of(successes=0, trials=0, **COMMON)
    verdict = on(criterion(), ev)
    assert verdict.status is Status.NOT_ENOUGH and "No number" in verdict.reason


def test_stale_names_what_changed() -> None:
    verdict = on(criterion(), estimate(0.9, 0.95), stale=("dataset test is now v2, and it was taken on v1",))
    assert verdict.status is Status.STALE and "v2" in verdict.reason and not verdict.passes


def test_a_new_threshold_rejudges_and_a_new_metric_makes_stale() -> None:
    c = criterion(threshold=0.5)
    ev = estimate(0.6, 0.7, measure_digest=c.measure_digest)
    assert on(criterion(threshold=0.65), ev).status is Status.NOT_ENOUGH
    assert on(criterion(metric="recall"), ev).status is Status.STALE


def test_not_due_until_its_day_unless_met_already() -> None:
    c = criterion(due=date(2026, 7, 1))
    assert judge(c, [], now=NOW).status is Status.NOT_DUE
    assert on(c, estimate(0.1, 0.2)).status is Status.NOT_DUE
    assert on(c, estimate(0.6, 0.7)).status is Status.MET
    assert judge(c, [], now=datetime(2026, 7, 1, tzinfo=UTC)).status is Status.MISSING


def test_due_so_many_days_after_exposure() -> None:
    c = criterion(due_days_after_exposure=90)
    assert judge(c, [], now=NOW).status is Status.NOT_DUE
    assert judge(c, [], now=NOW, exposed_at=NOW - timedelta(days=89)).status is Status.NOT_DUE
    assert judge(c, [], now=NOW, exposed_at=NOW - timedelta(days=90)).status is Status.MISSING


def test_the_leading_indicator_stands_in() -> None:
    leading = Verdict(Status.MET, "", "drafts")
    verdict = judge(criterion(due=date(2026, 7, 1)), [], now=NOW, leading=leading)
    assert "drafts stands in: met" in verdict.reason


def test_a_waiver_covers_until_its_day_and_keeps_what_it_covers() -> None:
    waiver = Waiver("Ada", "retest on Monday", NOW.date())
    verdict = on(criterion(), estimate(0.1, 0.2), waiver=waiver)
    assert verdict.status is Status.WAIVED and verdict.underlying is Status.UNMET and verdict.passes
    late = judge(criterion(), [Proof(estimate(0.1, 0.2), "d")], now=NOW + timedelta(days=1), waiver=waiver)
    assert late.status is Status.UNMET and any("ran out" in w for w in late.why)
    assert on(criterion(), estimate(0.6, 0.7), waiver=waiver).status is Status.MET


def test_not_applicable_wins() -> None:
    assert judge(criterion(), [], now=NOW, not_applicable="no labels").status is Status.NOT_APPLICABLE


def test_the_setting_nearest_to_real_use_speaks_first() -> None:
    offline, live = estimate(0.6, 0.7), estimate(0.1, 0.2, setting="monitoring")
    verdict = judge(criterion(), [Proof(offline, "o"), Proof(live, "l")], now=NOW)
    assert verdict.status is Status.UNMET and verdict.setting is Setting.MONITORING
    assert (
        judge(criterion(), [Proof(offline, "o"), Proof(live, "l")], now=NOW, setting=Setting.OFFLINE).evidence
        == "o"
    )


def test_an_old_offline_result_does_not_cover_that_monitoring_went_quiet() -> None:
    """Stale monitoring of last week is not replaced by a met offline result of last month, but by one of today."""
    live = estimate(0.6, 0.7, setting="monitoring", at=NOW - timedelta(days=7))
    old, new = estimate(0.6, 0.7, at=NOW - timedelta(days=30)), estimate(0.6, 0.7)
    stale = Proof(live, "l", ("model reader is now m3, and it was taken on m2",))
    assert judge(criterion(), [stale, Proof(old, "o")], now=NOW).status is Status.STALE
    assert judge(criterion(), [stale, Proof(new, "n")], now=NOW).status is Status.MET


def test_a_guardrail_on_counts_by_hand() -> None:
    """Candidate 480/1000, control 500/1000: -2 points, Newcombe about -6.4 to +2.4 points. A margin of 7 points holds,
    of 5 can't be told, and a loss of 20 points breaks any of them."""
    ev = ProportionDifference.of(
        successes=480, trials=1000, control_successes=500, control_trials=1000, **COMMON
    )
    assert on(criterion(role="guardrail", threshold=0.07), ev).status is Status.MET
    assert on(criterion(role="guardrail", threshold=0.05), ev).status is Status.NOT_ENOUGH
    bad = ProportionDifference.of(
        successes=300, trials=1000, control_successes=500, control_trials=1000, **COMMON
    )
    assert on(criterion(role="guardrail", threshold=0.05), bad).broken


@given(
    low=st.floats(-10, 10), width=st.floats(0, 5), bar=st.floats(-10, 10),
    direction=st.sampled_from(["at_least", "at_most"]),
)  # fmt: skip
def test_mirror(low: float, width: float, bar: float, direction: str) -> None:
    """Turning the metric's sign and its direction round gives the same verdict."""
    other = "at_most" if direction == "at_least" else "at_least"
    here = on(criterion(unit="u", direction=direction, threshold=bar), estimate(low, low + width, unit="u"))
    there = on(criterion(unit="u", direction=other, threshold=-bar), estimate(-low - width, -low, unit="u"))
    assert here.status is there.status


@given(low=st.floats(0, 1), width=st.floats(0, 1), narrower=st.floats(0, 1), bar=st.floats(0, 2))
def test_more_certainty_never_turns_met_into_unmet(
    low: float, width: float, narrower: float, bar: float
) -> None:
    wide = on(criterion(unit="u", threshold=bar), estimate(low, low + width, unit="u"))
    middle, half = low + width / 2, width * narrower / 2
    narrow = on(criterion(unit="u", threshold=bar), estimate(middle - half, middle + half, unit="u"))
    if wide.status in (Status.MET, Status.UNMET) and not math.isclose(middle, bar):
        assert narrow.status in (wide.status, Status.NOT_ENOUGH) and (
            narrow.status is wide.status or half >= width / 2
        )
