"""A rollout as a machine of steps: given the plan, where it stands and what the evidence says, what comes
next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sextant.deployment.documents import RolloutPlan
from sextant.errors import InvalidInput
from sextant.phrases import number, with_unit
from sextant.verdicts import Status, Verdict

Move = Literal["advance", "hold", "roll_back", "complete"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a rollout stands: the step (from 0), since when, how many were exposed on it, and the time
    now."""

    step: int
    since: datetime
    exposed: int
    now: datetime


@dataclass(frozen=True, slots=True)
class Decided:
    """What comes next and why. `step` and `share` are where the rollout is afterwards; share 0 is nobody."""

    move: Move
    step: int
    share: float
    why: str


def decide(plan: RolloutPlan, standing: Standing, verdicts: Mapping[str, Verdict]) -> Decided:
    """The next move of a rollout, from the verdicts on the step's own evidence.

    roll_back  a break condition is not met or a guardrail is broken, however short the step has lasted
    hold       the step is too young or has met too few, or a criterion does not pass: one that is missing,
    stale
               or too unsure never lets a rollout go on
    advance    time, size and every criterion are there: the next step's share
    complete   the same on the last step

    A criterion of the plan without a verdict counts as missing. Raises `InvalidInput` for a step that the
    plan does not have.

    >>> from datetime import UTC
    >>> from sextant.deployment.ladder import USUAL_STEPS
    >>> plan = RolloutPlan(steps=USUAL_STEPS, criteria=("works",))
    >>> week = Standing(step=0, since=datetime(2026, 1, 1, tzinfo=UTC), exposed=500, now=datetime(2026, 1, 8, tzinfo=UTC))
    >>> decide(plan, week, {"works": Verdict(Status.MET, "99 %.", "works")})
    Decided(move='advance', step=1, share=0.1, why='Everything holds: on to 10 %.')
    """
    steps = plan.steps
    if not 0 <= standing.step < len(steps):
        raise InvalidInput(
            f"there is no step {standing.step + 1}", where="rollout", rule=f"the plan has {len(steps)} steps"
        )
    here = steps[standing.step]
    watched = {key: verdicts.get(key) for key in dict.fromkeys((*plan.break_conditions, *plan.criteria))}
    broken = [
        v for key, v in watched.items()
        if v is not None and v.status is Status.UNMET and (key in plan.break_conditions or v.guardrail)
    ]  # fmt: skip
    if broken:
        said = "; ".join(f"{v.criterion} is {v.word}: {v.reason}" for v in broken)
        return Decided("roll_back", standing.step, 0.0, f"Back to before: {said}")
    waits = _waits(plan, standing, watched)
    if waits:
        return Decided(
            "hold",
            standing.step,
            here.share,
            f"Stays at {with_unit(here.share, 'share')}: {'; '.join(waits)}.",
        )
    if standing.step + 1 == len(steps):
        return Decided(
            "complete", standing.step, here.share, f"Everything holds at {with_unit(here.share, 'share')}."
        )
    share = steps[standing.step + 1].share
    return Decided(
        "advance", standing.step + 1, share, f"Everything holds: on to {with_unit(share, 'share')}."
    )


def _waits(plan: RolloutPlan, standing: Standing, watched: Mapping[str, Verdict | None]) -> list[str]:
    """What keeps the rollout on its step, each as half a sentence."""
    here = plan.steps[standing.step]
    waits = []
    lasts = standing.since + timedelta(days=here.dwell_days)
    if standing.now < lasts:
        waits.append(f"the step lasts until {lasts:%Y-%m-%d %H:%M}")
    if standing.exposed < here.minimum_sample:
        waits.append(f"{number(standing.exposed)} of {number(here.minimum_sample)} have met it")
    for key, verdict in watched.items():
        if verdict is None:
            waits.append(f"{key} has not been measured")
        elif not verdict.passes:
            waits.append(f"{key} is {verdict.word}")
    return waits
