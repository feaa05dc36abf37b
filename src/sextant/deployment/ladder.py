"""The steps of a rollout: the usual ones, and what is wrong with those that were planned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sextant.deployment.documents import PlannedStep
from sextant.phrases import with_unit

#: Five steps over four weeks, the first small enough that a fault reaches few.
USUAL_STEPS: tuple[PlannedStep, ...] = tuple(
    PlannedStep(share=share, dwell_days=days)
    for share, days in ((0.05, 7), (0.1, 7), (0.25, 7), (0.5, 7), (1.0, 0))
)


def ladder_faults(steps: Sequence[PlannedStep]) -> tuple[str, ...]:
    """What keeps the steps from being a ladder, each as half a sentence; empty if nothing does.

    A ladder has two steps or more, each wider than the one before, ends with everybody, and stays on every
    step but the last for some time.

    >>> ladder_faults([PlannedStep(share=0.5, dwell_days=7), PlannedStep(share=0.1, dwell_days=7)])
    ('step 2 (10 %) is no wider than step 1 (50 %)', 'the last step reaches 10 %, not everybody')
    """
    if not steps:
        return ("no step is planned",)
    if len(steps) == 1:
        return ("there is one step only, which is all at once",)
    named = [f"step {i} ({with_unit(step.share, 'share')})" for i, step in enumerate(steps, 1)]
    faults = [
        f"{named[i + 1]} is no wider than {named[i]}"
        for i, (a, b) in enumerate(pairwise(steps))
        if b.share <= a.share
    ]
    faults += [
        f"{name} has no time to stay"
        for name, step in zip(named[:-1], steps, strict=False)
        if step.dwell_days <= 0
    ]
    if steps[-1].share < 1:
        faults.append(f"the last step reaches {with_unit(steps[-1].share, 'share')}, not everybody")
    return tuple(faults)
