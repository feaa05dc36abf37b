"""The steps of a rollout: the usual ones are a ladder, and each fault is named."""

from __future__ import annotations

import pytest

from sextant.deployment.documents import PlannedStep
from sextant.deployment.ladder import USUAL_STEPS, ladder_faults


def steps(*rungs: tuple[float, float]) -> list[PlannedStep]:
    return [PlannedStep(share=share, dwell_days=days) for share, days in rungs]


def test_the_usual_steps_are_a_ladder_that_begins_small_and_stays_a_week() -> None:
    assert ladder_faults(USUAL_STEPS) == ()
    assert [s.share for s in USUAL_STEPS] == [0.05, 0.1, 0.25, 0.5, 1.0]
    assert USUAL_STEPS[0].dwell_days >= 7


@pytest.mark.parametrize(
    ("rungs", "faults"),
    [
        ([], ("no step is planned",)),
        ([(1, 0)], ("there is one step only, which is all at once",)),
        ([(0.1, 7), (0.1, 7), (1, 0)], ("step 2 (10 %) is no wider than step 1 (10 %)",)),
        ([(0.1, 0), (1, 0)], ("step 1 (10 %) has no time to stay",)),
        ([(0.1, 7), (0.5, 7)], ("the last step reaches 50 %, not everybody",)),
        (
            [(0.5, 0), (0.1, 1)],
            (
                "step 2 (10 %) is no wider than step 1 (50 %)",
                "step 1 (50 %) has no time to stay",
                "the last step reaches 10 %, not everybody",
            ),
        ),
    ],
)
def test_faults(rungs: list[tuple[float, float]], faults: tuple[str, ...]) -> None:
    assert ladder_faults(steps(*rungs)) == faults
