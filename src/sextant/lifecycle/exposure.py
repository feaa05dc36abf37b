"""When real users first met the model: before it, signatures, monitors and the way back must be there."""

from __future__ import annotations

from datetime import datetime

from sextant.criteria import Phase
from sextant.lifecycle.records import each, every
from sextant.lifecycle.state import ProjectState
from sextant.reports import Experiment, RolloutStep


def first_exposure(state: ProjectState, phase: Phase) -> datetime | None:
    """When the first real user's experience depended on the model in this iteration of `phase`, or None.

    What was in use before the phase was opened again, or before a project that began in the middle was set
    up, belongs to what was live before: it does not make a new test or launch begin too early.
    """
    opened = [r.opened_at for r in state.rounds if r.phase == phase and r.number > 1]
    if state.opened_at_phase != "problem":
        opened.append(state.created_at)
    since = max(opened, default=None)
    return min((at for at in _exposures(state) if since is None or at >= since), default=None)


def _exposures(state: ProjectState) -> list[datetime]:
    found = [state.exposed_at] if state.exposed_at else []
    found += [test.started_at for test, _ in each(state, Experiment)]
    found += [step.period_start or step.at for step, _ in every(state, RolloutStep) if step.exposed > 0]
    return [at for at in found if at <= state.now]
