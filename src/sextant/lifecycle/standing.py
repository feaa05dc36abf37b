"""Where a project stands, in words: one sentence each for what a stakeholder asks, by rules that anyone can read.

The overall word is that of the worst remark, and each remark names the rule that made it:

    stopped     the last decision at the present gate was to stop
    targets     once users depend on it, a business or product target that is not met, or a broken guardrail, is
                trouble; any other target that is not met is to be watched
    date        more than 30 days behind the plan is trouble, more than 7 is to be watched
    money       more spent than the budget is trouble, more planned than it is to be watched
    blocker     an open blocker past the project's limit is to be watched
    waivers     a waiver that ran out while its item still does not hold is trouble, one in force to be watched
    risks       an open risk of weight 15 or more (likelihood times impact) without a mitigation is to be watched
    stale       numbers that must be measured again are to be watched
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sextant.criteria import Criterion
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.gates import GateState, current_phase
from sextant.lifecycle.phases import BY_KEY, PHASES
from sextant.lifecycle.state import ProjectState
from sextant.lifecycle.timeline import Forecast, forecast, spending
from sextant.model.blockers import days_open
from sextant.model.documents import Blocker
from sextant.phrases import number
from sextant.problem.meetings import MOST_TARGETS, MeetingPlan
from sextant.verdicts import Status

Tone = Literal["good", "watch", "trouble"]
WORDS: dict[Tone, str] = {"good": "On course", "watch": "To be watched", "trouble": "Off course"}
#: How bad each tone is: the worst remark gives the word.
SEVERITY: dict[Tone, int] = {"good": 0, "watch": 1, "trouble": 2}

#: Days behind the plan from which the date is to be watched, and from which it is trouble.
LATE, TOO_LATE = 7, 30
#: Likelihood times impact from which a risk needs a mitigation.
HEAVY = 15


@dataclass(frozen=True, slots=True)
class Remark:
    """One sentence on one question, with the rule that made it and how it bears on the whole."""

    rule: str
    tone: Tone
    said: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a project stands.

    `gate` is that of `phase`: blocked, open (nothing blocks), passed, held or stopped. `met`, `unmet`,
    `not_enough` and `other` count targets by their verdicts; `ships` is the day on which it shipped, or the
    middle of the forecast (None without one); `late_days` how much later than planned that is; `last_evidence` when
    the newest number was taken.
    """

    phase: str
    gate: Literal["blocked", "open", "passed", "held", "stopped"]
    blockers: int
    met: int
    unmet: int
    not_enough: int
    other: int
    shipped: bool
    ships: date | None
    earliest: date | None
    latest: date | None
    late_days: int | None
    last_evidence: datetime | None
    tone: Tone
    remarks: tuple[Remark, ...]

    @property
    def word(self) -> str:
        return "Stopped" if self.gate == "stopped" else WORDS[self.tone]


def standing(state: ProjectState, found: Sequence[GateState], ahead: Forecast | None = None) -> Standing:
    """Where the project stands in this state. `found` are its gates, `ahead` its forecast, if they are worked out."""
    here = current_phase(found)
    ahead = ahead or forecast(state, found=found)
    counts = Counter(state.verdict(key).status for key in state.criteria)
    remarks = [
        r for r in (
            _where(here), _targets(state, counts), _stale(state), _use(state), _date(ahead), _money(state),
            _blockers(state), _waivers(state, found), _risks(state),
        ) if r is not None
    ]  # fmt: skip
    newest = [s.evidence.at for records in state.evidence.values() for s in records]
    return Standing(
        here.phase, _gate(here), len(here.blockers),
        counts[Status.MET], counts[Status.UNMET], counts[Status.NOT_ENOUGH],
        sum(counts.values()) - counts[Status.MET] - counts[Status.UNMET] - counts[Status.NOT_ENOUGH],
        ahead.shipped is not None, ahead.shipped or ahead.median, ahead.earliest, ahead.latest, ahead.late_days,
        max(newest, default=None), max((r.tone for r in remarks), key=SEVERITY.__getitem__),
        # Where it is, then the worst first; among equals the order of the questions.
        (remarks[0], *sorted(remarks[1:], key=lambda r: -SEVERITY[r.tone])),
    )  # fmt: skip


def _gate(here: GateState) -> Literal["blocked", "open", "passed", "held", "stopped"]:
    if here.decision and here.decision.outcome == "stop":
        return "stopped"
    if here.passed:
        return "passed"
    if not here.open:
        return "blocked"
    return "held" if here.decision and here.decision.outcome == "hold" else "open"


def _where(here: GateState) -> Remark:
    info, place = BY_KEY[here.phase], f"phase {BY_KEY[here.phase].number} of {len(PHASES)}"
    if here.decision and here.decision.outcome == "stop":
        note = f": {here.decision.note.rstrip('.')}" if here.decision.note else ""
        said = (
            f"It was stopped at {info.name} on {_day(here.decision.at.date())} by {here.decision.by}{note}."
        )
        return Remark("stopped", "trouble", said)
    held = f"{here.met} of {len(here.items)} items of its gate are met"
    if here.blockers:
        count = len(here.blockers)
        return Remark(
            "phase", "good", f"It is in {info.name}, {place}: {held}, {count} block{'s' * (count == 1)} it."
        )
    end = "all its items hold" if info.weeks is None else "nothing blocks it"
    return Remark("phase", "good", f"It is in {info.name}, {place}: {held}, {end}.")


def _targets(state: ProjectState, counts: Counter[Status]) -> Remark:
    total = sum(counts.values())
    if not total:
        return Remark(
            "targets", "watch", "No target is written down, so nobody can tell whether it succeeds."
        )
    parts = [
        f"{counts[status]} {word}"
        for status, word in (
            (Status.MET, "met"), (Status.UNMET, "not met"), (Status.NOT_ENOUGH, "without enough evidence"),
            (Status.STALE, "to be measured again"), (Status.MISSING, "not measured yet"),
            (Status.NOT_DUE, "not due yet"), (Status.WAIVED, "waived"), (Status.NOT_APPLICABLE, "not applicable"),
        )
        if counts[status]
    ]  # fmt: skip
    unmet = [c.name for key, c in state.criteria.items() if state.verdict(key).status is Status.UNMET]
    named = (
        f" Not met: {_listed(unmet[:3])}{f' and {len(unmet) - 3} more' if len(unmet) > 3 else ''}."
        if unmet
        else ""
    )
    felt = [
        c for key, c in state.criteria.items()
        if state.verdict(key).status is Status.UNMET and (c.family in ("business", "product") or c.role == "guardrail")
    ]  # fmt: skip
    tone: Tone = "good" if not unmet else "trouble" if state.exposed_at and felt else "watch"
    return Remark("targets", tone, f"Of {total} target{'s' * (total > 1)}: {_listed(parts)}.{named}")


def _stale(state: ProjectState) -> Remark | None:
    stale = [c.name for key, c in state.criteria.items() if state.verdict(key).status is Status.STALE]
    if not stale:
        return None
    return Remark(
        "stale",
        "watch",
        f"What was measured no longer counts for {_listed(stale[:3])}: it must be measured again.",
    )


def _use(state: ProjectState) -> Remark:
    if state.exposed_at is None:
        return Remark("use", "good", "No user depends on it yet.")
    return Remark("use", "good", f"Users have depended on it since {_day(state.exposed_at.date())}.")


def _date(ahead: Forecast) -> Remark:
    late = ahead.late_days
    tone: Tone = "trouble" if late and late > TOO_LATE else "watch" if late and late > LATE else "good"
    against = ""
    if late is not None:
        days = f"{abs(late)} day{'s' * (abs(late) != 1)}"
        against = (
            ", as planned" if late == 0 else f", {days} {'later' if late > 0 else 'earlier'} than planned"
        )
    if ahead.shipped:
        return Remark("date", "good", f"It shipped on {_day(ahead.shipped)}{against}.")
    if ahead.median is None or ahead.earliest is None or ahead.latest is None:
        return Remark("date", "good", ahead.method)
    said = f"It will probably ship between {_day(ahead.earliest)} and {_day(ahead.latest)}, most likely {_day(ahead.median)}"
    return Remark("date", tone, f"{said}{against}.")


def _money(state: ProjectState) -> Remark:
    money = spending(state)
    if money.budget is None:
        return Remark("money", "good", "No budget is set.")
    over = money.spent is not None and money.spent > money.budget
    more = money.planned is not None and money.planned > money.budget
    whole = f"{number(money.budget, 4)} {state.currency}"
    said = (
        f"Nothing is recorded as spent of {whole}"
        if money.spent is None
        else f"{number(money.spent, 4)} of {whole} are spent"
    )
    said += (
        f"; {number(money.planned, 4)} {state.currency} are planned."
        if more and money.planned is not None
        else "."
    )
    return Remark("money", "trouble" if over else "watch" if more else "good", said)


def _blockers(state: ProjectState) -> Remark | None:
    ages = [(days_open(b, state.now.date()) or 0, b) for b, _ in state.all(Blocker)]
    late = sorted(((d, b) for d, b in ages if d > state.blocker_days), key=lambda pair: -pair[0])
    if not late:
        return None
    days, blocker = late[0]
    more = f" {len(late) - 1} more are past it." if len(late) > 1 else ""
    return Remark(
        "blocker", "watch",
        f"A blocker has stood for {days} days, and the limit is {state.blocker_days}: {blocker.text.rstrip('.')}.{more}",
    )  # fmt: skip


def _waivers(state: ProjectState, found: Sequence[GateState]) -> Remark | None:
    today = state.now.date()
    failing = {i.item.key for g in found for i in g.items if not i.status.passes}
    failing |= {key for key in state.criteria if not state.verdict(key).passes}
    over = sorted(w.until for t, w in state.waivers.items() if w.until < today and t in failing)
    running = sorted(w.until for w in state.waivers.values() if w.until >= today)
    if over:
        many = len(over) > 1
        said = (
            f"{len(over)} waiver{'s' * many} ran out, the first on {_day(over[0])}, and what "
            f"{'they' if many else 'it'} covered does not hold."
        )
        return Remark("waivers", "trouble", said)
    if running:
        names = [
            ITEMS[t].title if t in ITEMS else _name(state.criteria.get(t), t)
            for t, w in state.waivers.items()
            if w.until >= today
        ]
        return Remark(
            "waivers",
            "watch",
            f"Waived for now: {_listed(names[:3])}; the first waiver ends on {_day(running[0])}.",
        )
    return None


def _name(criterion: Criterion | None, key: str) -> str:
    return criterion.name if criterion else key


def _risks(state: ProjectState) -> Remark | None:
    open_risks = [r for r in state.risks if r.status == "open"]
    if not open_risks:
        return None
    worst = max(open_risks, key=lambda r: r.likelihood * r.impact)
    bare = [r for r in open_risks if r.likelihood * r.impact >= HEAVY and not r.mitigation.strip()]
    shown = bare[0] if bare else worst
    done = (
        "nothing is planned against it"
        if not shown.mitigation.strip()
        else f"against it: {shown.mitigation.rstrip('.')}"
    )
    said = (
        f"The largest open risk{' without a plan' if bare else ''}: {shown.text.rstrip('.')} (likelihood "
        f"{shown.likelihood}, impact {shown.impact} of 5); {done}."
    )
    return Remark("risks", "watch" if bare else "good", said)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _listed(words: Iterable[str]) -> str:
    *head, last = list(words) or [""]
    return f"{', '.join(head)} and {last}" if head else last


def chosen_targets(state: ProjectState) -> list[Criterion]:
    """The targets that a meeting looks at: those that the plan of meetings names, else up to five, business first,
    then product, then the model's, then others, each as they were written."""
    plan = state.one(MeetingPlan)
    named = [state.criteria[key] for key in plan[0].targets if key in state.criteria] if plan else []
    if named:
        return named
    order = {"business": 0, "product": 1, "ml": 2}
    ranked = sorted(state.criteria.values(), key=lambda c: order.get(c.family, 3))
    return ranked[:MOST_TARGETS]


def next_due(first: date, cadence_days: int, today: date) -> date:
    """The first day from today on of what recurs from `first`.

    >>> next_due(date(2026, 1, 5), 7, date(2026, 1, 13))
    datetime.date(2026, 1, 19)
    """
    if today <= first:
        return first
    passed = (today - first).days
    return date.fromordinal(first.toordinal() + -(-passed // cadence_days) * cadence_days)
