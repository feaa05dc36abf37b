"""What decides each of the 32 items: one function an item, one file a phase, no input but the state.

A check reads what there is; where there is nothing it says "missing". A person's word decides only where the
checklist says "signed".
"""

from __future__ import annotations

from collections.abc import Callable

from sextant.lifecycle.checks import data, deployment, evaluation, maintenance, model, problem
from sextant.lifecycle.gates import Finding
from sextant.lifecycle.state import ProjectState

CHECKS: dict[str, Callable[[ProjectState], Finding]] = {
    **problem.CHECKS, **data.CHECKS, **model.CHECKS, **evaluation.CHECKS, **deployment.CHECKS, **maintenance.CHECKS,
}  # fmt: skip
