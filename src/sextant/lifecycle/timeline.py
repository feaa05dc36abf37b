"""The plan in time and money: the usual one, planned against actual, and when it will ship.

default_plan    dates for a new project, from what is usual, with at least 40 % for data
timeline        each phase as planned and as it went, the slip, and what to worry about
forecast        from when to when it may ship, and what stands in the way
spending        money and effort, planned and spent, against the budget
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sextant.errors import InvalidInput
from sextant.lifecycle.gates import GateState, ItemState, current_phase, gates
from sextant.lifecycle.phases import BY_KEY, PHASES, PhaseInfo, before
from sextant.lifecycle.state import PhasePlan, ProjectState
from sextant.phrases import number, with_unit

#: The least part of the plan that data work takes (the guide: 40 to 50 %).
DATA_SHARE = 0.40

#: The phases that have an end; after the last of them it has shipped.
BUILDING: tuple[PhaseInfo, ...] = tuple(p for p in PHASES if p.weeks is not None)
_ENDING = frozenset(p.key for p in BUILDING)

#: How far the pace of finished phases may stretch or shrink what is to come.
PACE = (0.5, 3.0)


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """One phase: planned and actual dates, both ends included; None while unknown.

    `slip_days` is how much later than planned it ended, or, while it runs or waits, is already: a lower limit
    then. It is negative for a phase that ended early, and None without a plan. `again` says that the phase was opened
    again after its planned end: the slip is then that of the first time round.
    """

    phase: str
    stage: Literal["ahead", "running", "done"]
    planned_start: date | None
    planned_end: date | None
    actual_start: date | None
    actual_end: date | None
    slip_days: int | None
    again: bool = False

    @property
    def planned_days(self) -> int | None:
        return _days(self.planned_start, self.planned_end)

    def actual_days(self, today: date) -> int | None:
        """Days that it took, or has taken until today."""
        return _days(self.actual_start, self.actual_end or today)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Every phase in order. `data_share` is the part of the planned days that is data work (None without a
    plan), `slip_days` that of the latest phase that has one, `warnings` whole sentences."""

    lines: tuple[PhaseLine, ...]
    data_share: float | None
    slip_days: int | None
    warnings: tuple[str, ...]

    def line(self, phase: str) -> PhaseLine:
        return next(line for line in self.lines if line.phase == phase)


@dataclass(frozen=True, slots=True)
class Forecast:
    """When it will have shipped: of ten draws, nine end after `earliest` and one after `latest`.

    `shipped` is the day on which it did, and then there is nothing to draw. `pace` is how long finished
    phases took against their plan (1: as planned). `blocker` is the first item that blocks the present gate.
    `method` says in words how it was worked out.
    """

    shipped: date | None
    earliest: date | None
    median: date | None
    latest: date | None
    planned: date | None
    pace: float
    blocker: ItemState | None
    method: str
    draws: int
    seed: int

    @property
    def late_days(self) -> int | None:
        """Days from the planned date to the median, or to the day it shipped; None without a plan."""
        day = self.shipped or self.median
        return (day - self.planned).days if day and self.planned else None


@dataclass(frozen=True, slots=True)
class Spending:
    """Money (in the project's currency) and days of work over all phases; None where nothing is written.

    `left` is the budget without what is spent. `warnings` are whole sentences.
    """

    budget: float | None
    planned: float | None
    spent: float | None
    planned_effort_days: float | None
    spent_effort_days: float | None
    left: float | None
    warnings: tuple[str, ...]


def _days(start: date | None, end: date | None) -> int | None:
    return (end - start).days + 1 if start and end else None


def default_plan(start: date) -> dict[str, PhasePlan]:
    """Planned dates for a new project, one phase after the other from `start`.

    Each phase takes the middle of its usual range, rounded down to whole days; data takes the upper end of
    its, which brings it to 40 % of the whole. Maintenance begins then, and has no end.

    >>> plan = default_plan(date(2026, 1, 5))
    >>> plan["data"].planned_start, plan["data"].planned_end
    (datetime.date(2026, 1, 15), datetime.date(2026, 3, 11))
    >>> round(data_share(plan), 3)
    0.403
    """
    plans: dict[str, PhasePlan] = {}
    for info in PHASES:
        if info.weeks is None:
            plans[info.key] = PhasePlan(info.key, planned_start=start)
            continue
        weeks = info.weeks[1] if info.key == "data" else sum(info.weeks) / 2
        end = start + timedelta(days=math.floor(weeks * 7) - 1)
        plans[info.key] = PhasePlan(info.key, planned_start=start, planned_end=end)
        start = end + timedelta(days=1)
    return plans


def data_share(plans: Mapping[str, PhasePlan]) -> float | None:
    """The part of the planned days (maintenance aside) that is data work; None if data has no dates."""
    days = {key: _days(plan.planned_start, plan.planned_end) for key, plan in plans.items() if key in _ENDING}
    own, total = days.get("data"), sum(d for d in days.values() if d)
    return own / total if own and total else None


def timeline(state: ProjectState) -> Timeline:
    """Each phase as planned and as it went, until now.

    Where the plan does not say when a phase really began and ended, gate decisions do: it ended when its gate
    was passed in its present iteration, and began when the one before it was (the first with the project).
    """
    lines = tuple(_line(state, info) for info in PHASES)
    share = data_share(state.plans)
    warnings = []
    if share is not None and share < DATA_SHARE:
        part = with_unit(share, "share")
        warnings.append(f"Data work is {part} of the plan. It usually takes 40 to 50 %: expect a slip there.")
    for line in lines:
        if line.slip_days is not None and line.slip_days > 0:
            warnings.append(_late(line))
    slips = [line.slip_days for line in lines if line.slip_days is not None and line.stage != "ahead"]
    return Timeline(lines, share, slips[-1] if slips else None, tuple(warnings))


def _late(line: PhaseLine) -> str:
    name, days = BY_KEY[line.phase].name, f"{line.slip_days} day{'s' * (line.slip_days != 1)}"
    if line.stage == "done" or line.again:
        return f"{name} ended {days} later than planned."
    if line.stage == "running":
        return f"{name} should have ended {days} ago and is still open."
    return f"{name} should have begun {days} ago."


def _line(state: ProjectState, info: PhaseInfo) -> PhaseLine:
    plan = state.plans.get(info.key) or PhasePlan(info.key)
    start, end = plan.actual_start or _began(state, info), _ended(state, info)
    stage: Literal["ahead", "running", "done"] = "done" if end else "running" if start else "ahead"
    today = state.now.date()
    slip = None
    first = _first_ended(state, info, plan.planned_end)
    if first and plan.planned_end:
        slip = (first - plan.planned_end).days
    elif stage == "done" and plan.planned_end and end:
        slip = (end - plan.planned_end).days
    elif stage == "running" and plan.planned_end:
        slip = max(0, (today - plan.planned_end).days)
    elif stage == "ahead" and plan.planned_start:
        slip = max(0, (today - plan.planned_start).days)
    return PhaseLine(
        info.key, stage, plan.planned_start, plan.planned_end, start, end, slip, first is not None
    )


def _ended(state: ProjectState, info: PhaseInfo) -> date | None:
    """The last day of the phase: as the plan says, else when its gate was passed in its present iteration.

    A phase that was opened again has not ended; maintenance never does.
    """
    if info.weeks is None:
        return None
    rounds = [r for r in state.rounds if r.phase == info.key]
    iteration = max((r.number for r in rounds), default=1)
    said = state.plans[info.key].actual_end if info.key in state.plans else None
    if said and not any(r.number > 1 and r.opened_at.date() >= said for r in rounds):
        return said
    decided = [d for d in state.decisions if d.phase == info.key and d.iteration == iteration]
    last = max(decided, key=lambda d: d.at, default=None)
    return last.at.date() if last and last.outcome == "pass" else None


def _first_ended(state: ProjectState, info: PhaseInfo, planned_end: date | None) -> date | None:
    """When a phase ended for the first time, if it was opened again after the day that was planned for its end: that
    plan was for the first time round, and the second, which nobody had planned, makes nothing late. None otherwise."""
    opened = [r.opened_at.date() for r in state.rounds if r.phase == info.key and r.number > 1]
    passed = [d.at.date() for d in state.decisions if d.phase == info.key and d.outcome == "pass"]
    if not opened or planned_end is None or planned_end >= min(opened):
        return None
    said = state.plans[info.key].actual_end if info.key in state.plans else None
    return said or min(passed, default=None)


def _began(state: ProjectState, info: PhaseInfo) -> date | None:
    """The first day of the phase: of its first iteration, else when the gate before it was first passed."""
    opened = [r.opened_at for r in state.rounds if r.phase == info.key and r.number == 1]
    if opened:
        return min(opened).date()
    if info.key == state.opened_at_phase:
        planned = state.plans[info.key].planned_start if info.key in state.plans else None
        return None if planned and planned > state.now.date() else state.created_at.date()
    if not before(info.key) or info.number < BY_KEY[state.opened_at_phase].number:
        return None
    previous = before(info.key)[-1].key
    passed = [d.at for d in state.decisions if d.phase == previous and d.outcome == "pass"]
    return min(passed).date() if passed else None


# --- the forecast


def forecast(
    state: ProjectState, *, seed: int = 0, draws: int = 2000, found: Sequence[GateState] | None = None
) -> Forecast:
    """When the project will have shipped, as a range, by drawing what remains many times over.

    seed    the same seed gives the same draws (0)
    draws   how often it is drawn (2,000), one or more
    found   the six gates, if they are already judged; else they are judged here

    A phase's length is drawn from a triangle over its usual range, widened to hold its planned length, with
    that (or the middle) as the most likely; all stretched by the pace of the finished phases. A running phase
    is drawn from what is left of it; one that has outlasted the range takes up to its shortest usual length
    from today.

    Source: three-point estimates by triangle, as in D. Vose, "Risk Analysis" (2008).
    """
    if draws < 1:
        raise InvalidInput(f"draws is {draws}", rule="a forecast takes one draw or more")
    plan, today = timeline(state), state.now.date()
    judged = list(found) if found is not None else gates(state)
    blockers = current_phase(judged).blockers
    blocker = blockers[0] if blockers else None
    last = plan.line(BUILDING[-1].key)
    pace, sample = _pace(plan)
    first = BY_KEY[state.opened_at_phase].number
    left = [p for p in BUILDING if p.number >= first and plan.line(p.key).stage != "done"]
    if not left:
        shipped = last.actual_end or _exposed(state)
        method = (
            "It has shipped." if shipped else "The project began after launch: there is nothing to forecast."
        )
        return Forecast(shipped, None, None, None, last.planned_end, pace, blocker, method, 0, seed)
    rng = random.Random(seed)  # noqa: S311 (a simulation, not a secret)
    begun = any(line.stage != "ahead" for line in plan.lines)
    planned_start = plan.line(left[0].key).planned_start
    start = today if begun or planned_start is None else max(today, planned_start)
    days = sorted(_draw(rng, plan, left, pace, today) for _ in range(draws))
    earliest, median, latest = (
        start + timedelta(days=math.ceil(_quantile(days, q))) for q in (0.1, 0.5, 0.9)
    )
    names = ", ".join(p.name for p in left)
    basis = (
        f"stretched by a pace of {number(pace, 2)} from {sample} finished phase{'s' * (sample > 1)}"
        if sample
        else "with no finished phase to tell the pace from"
    )
    method = (
        f"What remains ({names}) was drawn {number(draws)} times from how long such phases usually take and "
        f"what is planned, {basis}. Eight of ten draws lie in the range."
    )
    return Forecast(None, earliest, median, latest, last.planned_end, pace, blocker, method, draws, seed)


def _exposed(state: ProjectState) -> date | None:
    return state.exposed_at.date() if state.exposed_at else None


def _quantile(ordered: Sequence[float], q: float) -> float:
    return ordered[max(0, math.ceil(q * len(ordered)) - 1)]


def _usual(info: PhaseInfo) -> tuple[float, float]:
    low, high = info.weeks or (0.0, 0.0)
    return low * 7, high * 7


def _pace(plan: Timeline) -> tuple[float, int]:
    """What finished phases took over what was planned (or usual), within limits; and how many they are."""
    took = usual = 0.0
    count = 0
    for info in BUILDING:
        line = plan.line(info.key)
        actual = _days(line.actual_start, line.actual_end)
        if line.stage == "done" and actual is not None and actual > 0:
            took += actual
            usual += line.planned_days or sum(_usual(info)) / 2
            count += 1
    if not count:
        return 1.0, 0
    return min(max(took / usual, PACE[0]), PACE[1]), count


def _draw(rng: random.Random, plan: Timeline, left: Sequence[PhaseInfo], pace: float, today: date) -> float:
    """Days from the start until everything that is left is done: phases that run now end side by side, the
    others follow one after the other."""
    running, following = 0.0, 0.0
    for info in left:
        line, (low, high) = plan.line(info.key), _usual(info)
        likely = float(line.planned_days or (low + high) / 2)
        low, high = min(low, likely) * pace, max(high, likely) * pace
        elapsed = float(line.actual_days(today) or 0) if line.stage == "running" else 0.0
        if elapsed >= high:
            running = max(running, rng.uniform(1, max(1.0, low)))
        elif line.stage == "running":
            running = max(running, _triangle(rng, low, likely * pace, high, over=elapsed) - elapsed)
        else:
            following += _triangle(rng, low, likely * pace, high)
    return running + following


def _triangle(rng: random.Random, low: float, likely: float, high: float, *, over: float = 0.0) -> float:
    """One draw from a triangle, given that it lies over `over`, by the inverse of its distribution
    function."""
    if high <= low:
        return low
    turn = (likely - low) / (high - low)
    u = rng.uniform(_below(over, low, likely, high), 1.0)
    if u < turn:
        return low + math.sqrt(u * (high - low) * (likely - low))
    return high - math.sqrt((1 - u) * (high - low) * (high - likely))


def _below(x: float, low: float, likely: float, high: float) -> float:
    """The triangle's distribution function."""
    if x <= low:
        return 0.0
    if x < likely:
        return (x - low) ** 2 / ((high - low) * (likely - low))
    if x < high:
        return 1 - (high - x) ** 2 / ((high - low) * (high - likely))
    return 1.0


# --- money


def spending(state: ProjectState) -> Spending:
    """Money and effort, planned and spent over all phases, against the budget."""
    plans = list(state.plans.values())
    planned = _sum(p.planned_cost for p in plans)
    spent = _sum(p.spent_cost for p in plans)
    effort = _sum(p.planned_effort_days for p in plans)
    worked = _sum(p.spent_effort_days for p in plans)
    budget = state.budget
    left = budget - (spent or 0.0) if budget is not None else None
    warnings = []
    if budget is not None and planned is not None and planned > budget:
        warnings.append(f"{_money(state, planned)} is planned; the budget is {_money(state, budget)}.")
    if budget is not None and spent is not None and spent > budget:
        warnings.append(f"{_money(state, spent)} is spent; the budget is {_money(state, budget)}.")
    for info in PHASES:
        plan = state.plans.get(info.key)
        if plan and plan.planned_cost and plan.spent_cost and plan.spent_cost > plan.planned_cost:
            cost, of = _money(state, plan.spent_cost), _money(state, plan.planned_cost)
            warnings.append(f"{info.name} has taken {cost} of {of}.")
    return Spending(budget, planned, spent, effort, worked, left, tuple(warnings))


def _sum(values: Iterable[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(sum(known)) if known else None


def _money(state: ProjectState, amount: float) -> str:
    return with_unit(amount, state.currency)
