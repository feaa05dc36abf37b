"""The steps of a rollout as a machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sextant.deployment.documents import PlannedStep, RolloutPlan
from sextant.deployment.rollout import Standing, decide
from sextant.errors import InvalidInput
from sextant.verdicts import Status, Verdict

START = datetime(2026, 1, 1, tzinfo=UTC)
PLAN = RolloutPlan(
    strategy="gradual",
    steps=tuple(PlannedStep(share=s, dwell_days=7, minimum_sample=100) for s in (0.05, 0.25, 1.0)),
    criteria=("works", "fast"),
    break_conditions=("harm",),
)


def standing(step: int = 0, days: float = 7, exposed: int = 100) -> Standing:
    return Standing(step, START, exposed, START + timedelta(days=days))


def verdicts(**statuses: Status) -> dict[str, Verdict]:
    given = {"works": Status.MET, "fast": Status.MET, "harm": Status.MET, **statuses}
    return {k: Verdict(s, f"{k} says so.", k, guardrail=k == "harm") for k, s in given.items()}


def test_it_goes_up_step_by_step_and_ends() -> None:
    moves = [decide(PLAN, standing(step), verdicts()) for step in range(3)]
    assert [(m.move, m.step, m.share) for m in moves] == [
        ("advance", 1, 0.25),
        ("advance", 2, 1.0),
        ("complete", 2, 1.0),
    ]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (standing(days=6.9), "the step lasts until 2026-01-08 00:00"),
        (standing(exposed=99), "99 of 100 have met it"),
    ],
)
def test_it_waits_for_time_and_size(where: Standing, said: str) -> None:
    found = decide(PLAN, where, verdicts())
    assert (found.move, found.step, found.share) == ("hold", 0, 0.05)
    assert said in found.why


@pytest.mark.parametrize("key", ["works", "fast", "harm"])
@pytest.mark.parametrize("status", list(Status))
def test_every_status_of_every_criterion(key: str, status: Status) -> None:
    found = decide(PLAN, standing(), verdicts(**{key: status}))
    if status is Status.UNMET and key == "harm":
        assert (found.move, found.share) == ("roll_back", 0.0)
    elif status.passes:
        assert found.move == "advance"
    else:
        # What is unknown, old or too unsure never lets it go on; a target that is missed holds it.
        assert found.move == "hold" and key in found.why


def test_harm_is_not_waited_for() -> None:
    found = decide(PLAN, standing(days=0.1, exposed=3), verdicts(harm=Status.UNMET))
    assert found.move == "roll_back"
    assert "harm is broken: harm says so." in found.why


def test_a_broken_guardrail_breaks_also_where_it_is_only_a_criterion() -> None:
    plan = PLAN.model_copy(update={"break_conditions": (), "criteria": ("harm",)})
    assert decide(plan, standing(), verdicts(harm=Status.UNMET)).move == "roll_back"


def test_what_nobody_measured_is_missing() -> None:
    found = decide(PLAN, standing(), {})
    assert found.move == "hold"
    assert all(f"{key} has not been measured" in found.why for key in ("works", "fast", "harm"))


def test_a_step_that_the_plan_does_not_have() -> None:
    with pytest.raises(InvalidInput, match="no step 4"):
        decide(PLAN, standing(3), verdicts())
