"""Goals and timeline: what stakeholders sign, and its digest."""

from __future__ import annotations

from typing import Any

from sextant.canonical import digest
from sextant.criteria import Criterion
from sextant.lifecycle.phases import BY_KEY, PHASES
from sextant.lifecycle.state import ProjectState
from sextant.problem.brief import metric_line
from sextant.revisions import Section


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


#: What the line of a target says already.
_SAID = frozenset({"key", "name", "unit", "direction", "threshold", "baseline", "due"})


def goal_sections(state: ProjectState) -> list[Section]:
    """Goals and timeline as texts to read and to compare: one section for each target, one for each phase.

    Whatever changes the digest changes a section: after the line of the target stands all else that was agreed on
    and is not as it is by default.
    """
    found = []
    given = goals(state)
    for plain in given["criteria"]:
        criterion = state.criteria[plain["key"]]
        usual = Criterion.model_fields
        rest = {
            k: v for k, v in plain.items() if k not in _SAID and v not in (None, [], {}, usual[k].default)
        }
        baseline = criterion.baseline
        if baseline and (baseline.source or baseline.at):
            rest["baseline"] = " ".join(str(v) for v in (baseline.source, baseline.at) if v)
        # The line rounds numbers as a person reads them; two bars may differ beyond that.
        bar = f"Bar {criterion.threshold!r} {criterion.unit}" + (
            f", from {baseline.value!r}" if baseline else ""
        )
        more = "\n".join(f"{k.replace('_', ' ').capitalize()}: {_plain(v)}" for k, v in rest.items())
        text = f"{metric_line(criterion)}\n{bar}\n{more}"
        found.append(
            Section(f"criterion:{criterion.key}", f"{criterion.name} ({_FAMILIES[criterion.family]})", text)
        )
    for phase, dates in given["timeline"].items():
        text = f"{dates['start'] or 'not set'} to {dates['end'] or 'not set'}"
        found.append(Section(f"phase:{phase}", f"Timeline, {BY_KEY[phase].name}", text))
    return found


_FAMILIES = {"business": "business target", "product": "product target", "ml": "ML target"}


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {v}" for k, v in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
