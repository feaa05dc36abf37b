"""Goals and timeline: what stakeholders sign, and its digest."""

from __future__ import annotations

from typing import Any

from sextant.canonical import digest
from sextant.lifecycle.phases import PHASES
from sextant.lifecycle.state import ProjectState


def goals(state: ProjectState) -> dict[str, Any]:
    """The business, product and ML criteria and the planned dates of each phase, as plain values.

    How a criterion is measured (`binding`) and notes on it are left out: they may change without asking
    anybody again.
    """
    criteria = sorted(state.of_family("business", "product", "ml"), key=lambda c: c.key)
    plans = [(p.key, state.plans[p.key]) for p in PHASES if p.key in state.plans]
    return {
        "criteria": [{k: v for k, v in c.plain().items() if k not in ("note", "binding")} for c in criteria],
        "timeline": {
            key: {
                "start": plan.planned_start.isoformat() if plan.planned_start else None,
                "end": plan.planned_end.isoformat() if plan.planned_end else None,
            }
            for key, plan in plans
            if plan.planned_start or plan.planned_end
        },
    }


def goals_digest(state: ProjectState) -> str:
    """Digest of goals and timeline: a signature of the subject `goals` is about this version.

    A new target, bar, unit, due date or planned date changes it; wording of notes and bindings does not.
    """
    return digest(goals(state))
