"""The brief, drafted from what was already written down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sextant.criteria import Criterion
from sextant.phrases import with_unit
from sextant.problem.documents import Brief, Feasibility, FiveWs, Roi, Stakeholder
from sextant.problem.roi import simulate


def compose(
    brief: Brief,
    *,
    currency: str,
    five_ws: FiveWs | None = None,
    roi: Roi | None = None,
    feasibility: Feasibility | None = None,
    stakeholders: Iterable[Stakeholder] = (),
    criteria: Sequence[Criterion] = (),
    risks: Iterable[tuple[str, str]] = (),
    starts: date | None = None,
    ends: date | None = None,
    budget: float | None = None,
) -> Brief:
    """The brief with every section filled in that the rest of the project can fill.

    Targets, dates and budget follow their source each time, where there is one. Prose is written only where
    the section is still empty, so that nothing written by hand is lost. `risks` are pairs of risk and
    mitigation. Approach, scope and what "done" means are for a person to write.

    >>> compose(Brief(), currency="EUR", five_ws=FiveWs(who="The 12 clerks")).target_users
    'The 12 clerks'
    """
    prose: dict[str, Any] = {}
    if five_ws:
        answers = (five_ws.what, five_ws.why, five_ws.when, five_ws.where)
        prose["problem"] = " ".join(f"{text.rstrip('.')}." for text in answers if text)
        prose["target_users"] = five_ws.who
    baselines = [c for c in criteria if c.family == "business" and c.baseline]
    prose["impact_now"] = "; ".join(
        f"{c.name}: {with_unit(c.baseline.value, c.unit)} ({c.baseline.source})"
        for c in baselines
        if c.baseline
    )
    prose["impact_wanted"] = "; ".join(
        f"{c.name}: {_asked(c)}" for c in criteria if c.family == "business" and c.role == "target"
    )
    if roi and not roi.unset:
        prose["roi"] = returns(roi, currency)
    if feasibility:
        sides = {name: getattr(feasibility, name) for name in Feasibility.model_fields}
        prose["feasibility"] = " ".join(
            f"{Feasibility.model_fields[name].title}: {side.verdict}. {side.findings}".strip()
            for name, side in sides.items()
            if side.verdict != "unknown"
        )
    prose["team"] = tuple(dict.fromkeys(s.role.replace("_", " ") for s in stakeholders))
    prose["risks"] = " ".join(
        f"{text.rstrip('.')}: {cure.rstrip('.') or 'no mitigation yet'}." for text, cure in risks
    )

    followed: dict[str, Any] = {"starts": starts, "ends": ends, "budget": budget}
    for family in ("business", "product", "ml"):
        followed[f"{family}_metrics"] = tuple(metric_line(c) for c in criteria if c.family == family)
    made = {k: v for k, v in prose.items() if v and not getattr(brief, k)}
    made |= {k: v for k, v in followed.items() if v not in (None, ())}
    return Brief.model_validate({**brief.model_dump(), **made})


def metric_line(criterion: Criterion) -> str:
    """A criterion as the brief says it: from where, to where, by when.

    >>> metric_line(Criterion(key="posts", name="Posts a month", family="business", metric="posts",
    ...     unit="posts", direction="at_least", threshold=12, baseline={"value": 8, "source": "CMS"},
    ...     due=date(2027, 5, 1)))
    'Posts a month: from 8 posts to at least 12 posts by 2027-05-01'
    """
    start = f"from {with_unit(criterion.baseline.value, criterion.unit)} to " if criterion.baseline else ""
    when = ""
    if criterion.due:
        when = f" by {criterion.due}"
    elif criterion.due_days_after_exposure is not None:
        when = f" within {criterion.due_days_after_exposure} days of first use"
    return f"{criterion.name}: {start}{_asked(criterion)}{when}"


def returns(roi: Roi, currency: str) -> str:
    """The return in one sentence, with its range, the chance of a loss and the payback."""
    found = simulate(roi)
    back = (
        f"back after {found.payback_months} months"
        if found.payback_months is not None
        else f"not back within {roi.build_months + roi.months} months"
    )
    return (
        f"{with_unit(found.median, currency)} in the middle of the range "
        f"({with_unit(found.low, currency)} to {with_unit(found.high, currency)}), "
        f"{with_unit(found.chance_of_loss, 'share')} chance of a loss, the money {back}"
    )


def _asked(criterion: Criterion) -> str:
    if criterion.role == "guardrail":
        worse = "lower" if criterion.direction == "at_least" else "higher"
        return f"at most {with_unit(criterion.threshold, criterion.unit)} {worse} than without it"
    asked = "at least" if criterion.direction == "at_least" else "at most"
    return f"{asked} {with_unit(criterion.threshold, criterion.unit)}"
