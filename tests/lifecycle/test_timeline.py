"""The plan in time and money: the usual plan, planned against actual, the forecast, the budget."""

from __future__ import annotations

import math
import random
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import triang

from sextant.errors import InvalidInput
from sextant.lifecycle import timeline as module
from sextant.lifecycle.phases import PHASES
from sextant.lifecycle.state import Decision, PhasePlan, ProjectState, Round
from sextant.lifecycle.timeline import data_share, default_plan, forecast, spending, timeline
from tests.lifecycle.factory import TODAY, day, on, state


def decided(phase: str, offset: float, outcome: str = "pass", iteration: int = 1) -> Decision:
    return Decision(phase, iteration, outcome, "Ada", day(offset))


def planned(**spans: tuple[int, int]) -> list[PhasePlan]:
    return [PhasePlan(p, planned_start=on(a), planned_end=on(b)) for p, (a, b) in spans.items()]


# --- the usual plan


def test_the_default_plan_lies_within_the_usual_ranges_and_follows_on() -> None:
    plan = default_plan(date(2026, 1, 5))
    assert list(plan) == [p.key for p in PHASES]
    end = date(2026, 1, 4)
    for info in PHASES:
        line = plan[info.key]
        assert line.planned_start == end + timedelta(days=1)
        if info.weeks is None:
            assert line.planned_end is None
            continue
        assert line.planned_end
        days = (line.planned_end - line.planned_start).days + 1
        assert info.weeks[0] * 7 <= days <= info.weeks[1] * 7
        end = line.planned_end


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1)))
def test_data_is_at_least_forty_percent_of_the_default_plan(start: date) -> None:
    share = data_share(default_plan(start))
    assert share is not None and 0.40 <= share <= 0.50


def test_the_share_of_data_by_hand() -> None:
    # 10 + 20 + 20 days, data the second: 0.4. Maintenance has no end and does not count.
    plans = planned(problem=(0, 9), data=(10, 29), model=(30, 49))
    plans.append(PhasePlan("maintenance", planned_start=on(50)))
    assert data_share({p.phase: p for p in plans}) == 0.4
    assert data_share({}) is None
    assert data_share({"data": PhasePlan("data", planned_start=on(0))}) is None


# --- planned against actual


def test_a_second_time_round_that_nobody_planned_makes_nothing_late() -> None:
    # Planned to end 41 days ago, ended 40 days ago, opened again 10 days ago and ended again 5 days ago.
    plans = planned(problem=(-100, -91), data=(-90, -41))
    twice = (decided("problem", -91), decided("data", -40), decided("data", -5, iteration=2))
    again = (Round("data", 2, day(-10), "labels were wrong", "Ada"),)
    line = timeline(state(plans=plans, decisions=twice, rounds=again)).line("data")
    assert (line.actual_end, line.slip_days, line.again) == (on(-5), 1, True)
    # While it is open again it has no end, and is as late as the first time round was.
    line = timeline(state(plans=plans, decisions=twice[:2], rounds=again)).line("data")
    assert (line.stage, line.actual_end, line.slip_days) == ("running", None, 1)
    assert (
        "Data ended 1 day later than planned."
        in timeline(state(plans=plans, decisions=twice[:2], rounds=again)).warnings
    )
    # Who plans the second time round is judged by that.
    plans = planned(problem=(-100, -91), data=(-90, -7))
    line = timeline(state(plans=plans, decisions=twice, rounds=again)).line("data")
    assert (line.actual_end, line.slip_days, line.again) == (on(-5), 2, False)


def test_gate_decisions_date_the_phases() -> None:
    plans = planned(problem=(-100, -91), data=(-90, -41), model=(-40, -11))
    found = timeline(state(plans=plans, decisions=(decided("problem", -85), decided("data", -30))))
    problem, data, model = (found.line(p) for p in ("problem", "data", "model"))
    assert (problem.actual_start, problem.actual_end, problem.slip_days) == (on(-100), on(-85), 6)
    assert (data.actual_start, data.actual_end, data.slip_days) == (on(-85), on(-30), 11)
    assert (model.stage, model.actual_start, model.actual_end, model.slip_days) == (
        "running",
        on(-30),
        None,
        11,
    )
    assert model.actual_days(TODAY) == 31 and problem.planned_days == 10
    assert found.line("evaluation").stage == "ahead" and found.line("evaluation").slip_days is None
    assert found.slip_days == 11
    assert any("Data ended 11 days later" in w for w in found.warnings)
    assert any("Model should have ended 11 days ago" in w for w in found.warnings)


def test_the_plans_own_dates_go_before_decisions() -> None:
    own = PhasePlan("problem", on(-100), on(-91), on(-99), on(-93))
    line = timeline(state(plans=[own], decisions=(decided("problem", -85),))).line("problem")
    assert (line.actual_start, line.actual_end, line.slip_days) == (on(-99), on(-93), -2)


def test_a_hold_ends_nothing() -> None:
    assert timeline(state(decisions=(decided("problem", -9, "hold"),))).line("problem").stage == "running"


def test_a_phase_that_was_opened_again_runs_until_its_gate_is_passed_again() -> None:
    passed = (decided("problem", -85), decided("data", -60))
    again = (Round("data", 2, day(-20), "Drift was found"),)
    line = timeline(state(decisions=passed, rounds=again)).line("data")
    assert (line.stage, line.actual_start, line.actual_end) == ("running", on(-85), None)
    done = timeline(state(decisions=(*passed, decided("data", -10, iteration=2)), rounds=again)).line("data")
    assert done.actual_end == on(-10)
    typed = [PhasePlan("data", actual_end=on(-60))]
    assert timeline(state(plans=typed, decisions=passed, rounds=again)).line("data").stage == "running"


def test_a_phase_that_should_have_begun_is_late() -> None:
    found = timeline(state(plans=planned(data=(-5, 20))))
    assert found.line("data").slip_days == 5
    assert any("Data should have begun 5 days ago" in w for w in found.warnings)


def test_a_project_that_is_planned_for_later_has_not_begun() -> None:
    assert timeline(state(plans=planned(problem=(5, 14)))).line("problem").stage == "ahead"


def test_a_project_that_starts_in_the_middle_has_no_earlier_phases() -> None:
    found = timeline(state(opened_at_phase="evaluation"))
    assert [line.stage for line in found.lines] == ["ahead"] * 3 + ["running"] + ["ahead"] * 2
    assert found.line("evaluation").actual_start == on(-100)


def test_too_little_data_work_is_said_with_its_number() -> None:
    plans = planned(problem=(0, 9), data=(10, 19), model=(20, 39))
    assert any("Data work is 25 % of the plan" in w for w in timeline(state(plans=plans)).warnings)
    assert timeline(state(plans=planned(problem=(0, 9), data=(10, 19)))).warnings == ()


# --- the forecast


def later(offset: int = 0, **fields: Any) -> ProjectState:
    """A project that begins so many days from now, on the usual plan."""
    return state(plans=default_plan(on(offset)).values(), created_at=day(offset), **fields)


def test_the_same_seed_gives_the_same_forecast_and_another_another() -> None:
    assert forecast(later()) == forecast(later())
    ends = {forecast(later(), seed=s).latest for s in range(20)}
    assert len(ends) > 1
    assert forecast(later(), draws=50).draws == 50


def test_a_fresh_project_ships_within_the_sum_of_the_ranges() -> None:
    found = forecast(later())
    shortest = sum(p.weeks[0] for p in PHASES if p.weeks) * 7
    longest = sum(p.weeks[1] for p in PHASES if p.weeks) * 7
    assert found.earliest and found.median and found.latest
    assert on(int(shortest)) < found.earliest < found.median < found.latest < on(int(longest) + 1)
    assert found.pace == 1 and "no finished phase" in found.method
    assert found.planned == default_plan(TODAY)["deployment"].planned_end


def test_the_range_holds_eight_of_ten_draws() -> None:
    found = forecast(later(), draws=4000)
    plan = timeline(later())
    rng = random.Random(99)
    left = [p for p in PHASES if p.weeks]
    days = [module._draw(rng, plan, left, 1.0, TODAY) for _ in range(4000)]
    assert found.earliest and found.latest
    inside = sum(found.earliest <= TODAY + timedelta(days=math.ceil(d)) <= found.latest for d in days) / 4000
    assert inside == pytest.approx(0.8, abs=0.03)


def test_a_project_that_begins_later_ships_later() -> None:
    now, soon = forecast(later()), forecast(later(30))
    assert now.median and soon.median and 25 <= (soon.median - now.median).days <= 35


def slow(factor: float) -> ProjectState:
    """Problem and data are done, and took `factor` times what was planned."""
    plans = planned(
        problem=(-100, -91), data=(-90, -41), model=(-40, -11), evaluation=(-10, 10), deployment=(11, 31)
    )
    took = -100 + int(10 * factor) - 1, -100 + int(60 * factor) - 1
    ends = (decided("problem", took[0]), decided("data", took[1]))
    return state(plans=plans, decisions=ends)


def test_slip_so_far_stretches_what_is_to_come() -> None:
    usual, late = forecast(slow(1)), forecast(slow(1.5))
    assert usual.pace == pytest.approx(1, abs=0.03) and late.pace == pytest.approx(1.5, abs=0.03)
    assert usual.median and late.median and late.median > usual.median
    assert "pace of 1.5 from 2 finished phases" in late.method
    assert late.late_days is not None and late.late_days > 0


def test_the_pace_has_limits() -> None:
    plans = planned(problem=(-100, -99))
    assert forecast(state(plans=plans, decisions=(decided("problem", -10),))).pace == 3.0
    hasty = planned(problem=(-100, -1))
    assert forecast(state(plans=hasty, decisions=(decided("problem", -99),))).pace == 0.5


def test_a_phase_that_outlasted_its_range_ends_within_its_shortest_usual_length() -> None:
    # Everything but deployment is done as planned; deployment, at most 28 days, has run for 60.
    before = ("problem", "data", "model", "evaluation")
    plans = [
        PhasePlan(p, on(-100 + 10 * i), on(-91 + 10 * i), on(-100 + 10 * i), on(-91 + 10 * i))
        for i, p in enumerate(before)
    ]
    found = forecast(state(plans=[*plans, PhasePlan("deployment", on(-60), on(-40), on(-60))]))
    assert found.earliest and found.latest
    assert TODAY < found.earliest <= found.latest <= on(15)


def test_more_work_done_leaves_less_time() -> None:
    early = state(plans=default_plan(on(-1)).values(), created_at=day(-1))
    half = state(plans=default_plan(on(-8)).values(), created_at=day(-8))
    one, other = forecast(early).median, forecast(half).median
    assert one and other and other < one


def test_what_has_shipped_needs_no_forecast() -> None:
    every = tuple(decided(p.key, -50 + i) for i, p in enumerate(PHASES) if p.weeks)
    found = forecast(state(plans=planned(deployment=(-60, -48)), decisions=every))
    assert found.shipped == on(-46) and found.median is None and found.late_days == 2
    live = forecast(state(opened_at_phase="maintenance", exposed_at=day(-200)))
    assert live.shipped == on(-200) and live.draws == 0
    assert "nothing to forecast" in forecast(state(opened_at_phase="maintenance")).method


def test_the_blocker_is_the_first_of_the_present_gate() -> None:
    found = forecast(later())
    assert found.blocker and found.blocker.item.key == "1a" and found.blocker.blocks


def test_a_forecast_takes_a_draw() -> None:
    with pytest.raises(InvalidInput, match="one draw or more"):
        forecast(state(), draws=0)


@pytest.mark.parametrize("over", [0.0, 8.0, 15.0, 27.0])
def test_the_draws_of_a_length_against_scipy(over: float) -> None:
    """Given that it lasts longer than `over`, the draws follow the triangle's own tail (Kolmogorov's distance)."""
    low, likely, high = 7.0, 12.0, 28.0
    reference = triang((likely - low) / (high - low), low, high - low)
    rng = random.Random(1)
    drawn = sorted(module._triangle(rng, low, likely, high, over=over) for _ in range(4000))
    given = (reference.cdf(drawn) - reference.cdf(over)) / reference.sf(over)
    distance = max(abs((i + 0.5) / 4000 - at) for i, at in enumerate(given))
    # 1.63 / sqrt(n) is the bound that one run in a hundred passes.
    assert distance < 1.63 / math.sqrt(4000) and drawn[0] >= over


@given(st.floats(0.1, 50), st.floats(0, 50), st.floats(0, 50), st.floats(0, 120), st.integers(0, 2**32))
def test_a_draw_lies_in_its_range(low: float, more: float, most: float, over: float, seed: int) -> None:
    likely, high = low + more, low + more + most
    drawn = module._triangle(random.Random(seed), low, likely, high, over=min(over, high))
    assert low - 1e-9 <= drawn <= high + 1e-9 and drawn >= min(over, high) - 1e-6


# --- money


def test_spending_by_hand() -> None:
    plans = [
        PhasePlan(
            "problem", planned_cost=1000, spent_cost=1500, planned_effort_days=10, spent_effort_days=12
        ),
        PhasePlan("data", planned_cost=4000, spent_cost=500),
    ]
    found = spending(state(plans=plans, budget=4500.0, currency="EUR"))
    assert (found.planned, found.spent, found.left) == (5000, 2000, 2500)
    assert (found.planned_effort_days, found.spent_effort_days) == (10, 12)
    assert found.warnings == (
        "€5,000 is planned; the budget is €4,500.",
        "Problem has taken €1,500 of €1,000.",
    )


def test_what_is_not_written_is_unknown_not_zero() -> None:
    found = spending(state())
    assert (found.budget, found.planned, found.spent, found.left, found.warnings) == (
        None,
        None,
        None,
        None,
        (),
    )


def test_more_spent_than_there_is() -> None:
    found = spending(state(plans=[PhasePlan("data", spent_cost=900)], budget=800.0))
    assert found.left == -100 and found.warnings == ("$900 is spent; the budget is $800.",)
