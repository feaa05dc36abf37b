"""What a project waits for: each thing with the people who can end the waiting, and the one thing that they do.

A wait is worked out of the state alone, so it is true as long as the state is; nobody ticks it off. Who it waits
for is either named (a stakeholder who has not signed, the owner of a target) or whoever may do it (`needs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from sextant.deployment.documents import PostLaunchReview
from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.checks.clauses import last_due
from sextant.lifecycle.gates import Action, GateState, current_phase
from sextant.lifecycle.goals import goals, goals_digest
from sextant.lifecycle.phases import BY_KEY
from sextant.lifecycle.state import ProjectState
from sextant.maintenance.documents import Review, ReviewPlan
from sextant.model.blockers import days_open
from sextant.model.documents import Blocker, CheckIn, CheckInPlan
from sextant.problem.documents import Brief, Stakeholder
from sextant.problem.meetings import Meeting, MeetingPlan
from sextant.verdicts import Status

Kind = Literal[
    "signature",
    "gate",
    "approval",
    "blocker",
    "waiver",
    "outcome",
    "target",
    "review",
    "meeting",
    "next",
    "handover",
]
Needs = Literal["sign", "decide", "edit", "evidence", "manage"]

#: What each kind is called on a page.
KINDS: dict[str, str] = {
    "signature": "Signature", "gate": "Gate", "approval": "Approval", "blocker": "Blocker", "waiver": "Waiver",
    "outcome": "Waiver that ran out", "target": "Target", "review": "Review", "meeting": "Meeting",
    "next": "Next step", "handover": "Somebody left",
}  # fmt: skip

#: So many days before its end a waiver is spoken of, and so many before its day a review or a meeting.
WAIVER_DAYS, REVIEW_DAYS = 14, 1
#: Most waits of one kind in one project; more are counted, not listed.
MOST = 20


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that is waited for. `key` names it within the project for as long as it lasts.

    `people` are names or addresses of who is asked, empty for whoever has the right `needs`; `stakeholder` is the
    key of the stakeholder who is asked. `since` is the day from which it waits, None where nobody can tell; `due`
    the day by which it should have ended. `holds` says what waits behind it.
    """

    kind: Kind
    key: str
    title: str
    said: str
    action: Action
    needs: Needs
    people: tuple[str, ...] = ()
    stakeholder: str = ""
    since: date | None = None
    due: date | None = None
    holds: str = ""

    def rank(self, today: date) -> int:
        """How urgent it is: 0 overdue, 1 due within a week, 2 others are held up by it, 3 a number is not as it
        should be, 4 the rest."""
        if self.due is not None and self.due < today:
            return 0
        if self.due is not None and self.due <= today + timedelta(days=7):
            return 1
        if self.holds:
            return 2
        return 3 if self.kind == "target" else 4


@dataclass(frozen=True, slots=True)
class Asked:
    """A waiver or "not applicable" that a second person has still to approve (`by` asked for it, on `on`)."""

    target: str
    by: str
    reason: str
    on: date


def waits(state: ProjectState, found: Sequence[GateState], asked: Sequence[Asked] = ()) -> list[Wait]:
    """Everything that the project waits for now, the most urgent first. `found` are its six gates as judged in
    this state, `asked` what waits for a second person's approval.

    A project that was stopped at its present gate waits for nothing but a word on the waivers that ran out.
    """
    here = current_phase(found)
    listed = [*_outcomes(state)]
    if not (here.decision and here.decision.outcome == "stop"):
        for part in (
            _signatures(state, found), _gate(here), _approvals(asked), _blockers(state), _waivers(state),
            _targets(state), _reviews(state, found), _risks(state), _meetings(state), _next(here),
        ):  # fmt: skip
            listed += list(part)[:MOST]
    today = state.now.date()
    return sorted(listed, key=lambda w: (w.rank(today), w.due or date.max, w.key))


def _open_item(found: Sequence[GateState], key: str) -> bool:
    """Whether an item is assessed, asked for, and does not hold yet."""
    gate = next(g for g in found if g.phase == ITEMS[key].phase)
    return gate.assessed and any(i.item.key == key and not i.status.passes for i in gate.items)


def _signatures(state: ProjectState, found: Sequence[GateState]) -> Iterator[Wait]:
    people = [(person, written.key) for person, written in state.all(Stakeholder)]
    required = [p for p in people if p[0].required]
    present = goals(state)
    if _open_item(found, "1e") and present["criteria"] and present["timeline"]:
        yield from _unsigned(state, "goals", goals_digest(state), "goals and timeline", required, None)
    brief = state.one(Brief)
    if brief and not brief[0].unwritten and _open_item(found, "1f"):
        yield from _unsigned(state, "brief", brief[1].digest, "brief", required, brief[1].at.date())
    for kind, item, what, asked in (
        ("model_requirements", "3a", "model requirements", [p for p in people if p[0].role == "ml_lead"]),
        ("ship_decision", "4e", "decision to ship, work on or stop", [p for p in people if p[0].decider]),
    ):
        for written in state.documents.get(kind, ()):
            if _open_item(found, item):
                yield from _unsigned(state, kind, written.digest, what, asked, written.at.date())
    for written in state.documents.get("ab_design", ()):
        if _open_item(found, "4b") and not state.signed("ab_design", written.digest):
            yield Wait(
                "signature", "signature:ab_design", "Sign the A/B design",
                "A design is signed before the first user is exposed; afterwards it is too late.",
                Action("Read and sign", "sign:ab_design"), "sign", since=written.at.date(),
                holds="the A/B test",
            )  # fmt: skip


def _unsigned(
    state: ProjectState, subject: str, digest: str, what: str, people: Sequence[tuple[Stakeholder, str]],
    since: date | None,
) -> Iterator[Wait]:  # fmt: skip
    signed = state.signed(subject, digest)
    item = {"goals": "1e", "brief": "1f", "model_requirements": "3a"}.get(subject, "4e")
    for person, key in people:
        if any(person.is_person(s.person) for s in signed):
            continue
        earlier = [s.at for s in state.signatures if s.subject == subject and person.is_person(s.person)]
        said = (
            f"It changed after {person.name} signed on {_day(max(earlier).date())}; the present version is not signed."
            if earlier
            else f"{person.name} has not signed the present version."
        )
        yield Wait(
            "signature", f"signature:{subject}:{key}", f"Sign the {what}", said,
            Action("Read and sign", f"sign:{subject}"), "sign",
            tuple(w for w in (person.name, person.email) if w), key, since=since,
            holds=f"the gate of {BY_KEY[ITEMS[item].phase].name}",
        )  # fmt: skip


def _gate(here: GateState) -> Iterator[Wait]:
    if here.phase == "maintenance" or not here.assessed or not here.open or here.passed:
        return
    name = BY_KEY[here.phase].name
    held = f" It was held on {_day(here.decision.at.date())}." if here.decision else ""
    yield Wait(
        "gate", f"gate:{here.phase}:{here.iteration}", f"Decide the gate of {name}",
        f"Nothing blocks it: {here.met} of {len(here.items)} items are met.{held}",
        Action("Decide the gate", f"gate:{here.phase}"), "decide", holds=f"everything after {name}",
    )  # fmt: skip


def _approvals(asked: Sequence[Asked]) -> Iterator[Wait]:
    for one in asked:
        yield Wait(
            "approval", f"approval:{one.target}", f"Approve what {one.by} asked for: {_named(one.target)}",
            f"{one.reason} At regulated rigor it counts only once a second person approved it.",
            Action("Look and approve", f"exempt:{one.target}"), "decide", since=one.on,
            holds=_phase_of(one.target),
        )  # fmt: skip


def _named(target: str, state: ProjectState | None = None) -> str:
    item, _, part = target.partition(":")
    if item in ITEMS:
        return ITEMS[item].title + (f", {part.replace('_', ' ')}" if part else "")
    return state.criteria[target].name if state and target in state.criteria else target


def _phase_of(target: str) -> str:
    item = ITEMS.get(target.partition(":")[0])
    return f"the gate of {BY_KEY[item.phase].name}" if item else ""


def _blockers(state: ProjectState) -> Iterator[Wait]:
    today = state.now.date()
    for blocker, written in state.all(Blocker):
        days = days_open(blocker, today)
        if days is None or days <= state.blocker_days or blocker.opened_on is None:
            continue
        yield Wait(
            "blocker", f"blocker:{written.key}", f"Resolve: {blocker.text}" if blocker.text else "Resolve a blocker",
            f"It has stood in the way for {days} days; the limit is {state.blocker_days}.",
            Action("Open the blocker", f"document:blocker:{written.key}"), "edit", since=blocker.opened_on,
            due=blocker.opened_on + timedelta(days=state.blocker_days), holds="the team",
        )  # fmt: skip


def _waivers(state: ProjectState) -> Iterator[Wait]:
    today = state.now.date()
    for target, waiver in state.waivers.items():
        left = (waiver.until - today).days
        if 0 <= left <= WAIVER_DAYS:
            when = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days"
            yield Wait(
                "waiver", f"waiver:{target}", f"A waiver runs out {when}: {_named(target, state)}",
                f"{waiver.by} gave it: {waiver.reason.rstrip('.')}. Then it blocks again.",
                Action("Look at the waiver", f"exempt:{target}"), "decide", due=waiver.until,
            )  # fmt: skip


def _outcomes(state: ProjectState) -> Iterator[Wait]:
    for target, waiver in state.waivers.items():
        if waiver.until < state.now.date():
            yield Wait(
                "outcome", f"outcome:{target}", f"Say how it turned out: {_named(target, state)}",
                f"The waiver of {waiver.by} ran out on {_day(waiver.until)}: {waiver.reason.rstrip('.')}.",
                Action("Say how it turned out", "waivers"), "decide", since=waiver.until, due=waiver.until,
            )  # fmt: skip


def _targets(state: ProjectState) -> Iterator[Wait]:
    for key, criterion in state.criteria.items():
        verdict = state.verdict(key)
        if verdict.status not in (Status.UNMET, Status.STALE):
            continue
        stale = verdict.status is Status.STALE
        yield Wait(
            "target", f"target:{key}", f"{criterion.name}: {verdict.word}", verdict.reason,
            Action("Measure it again" if stale else "Look at the target", f"criterion:{key}"),
            "evidence" if stale else "edit", (criterion.owner,) if criterion.owner else (),
            since=verdict.at.date() if verdict.at else None, due=criterion.due,
        )  # fmt: skip


def _reviews(state: ProjectState, found: Sequence[GateState]) -> Iterator[Wait]:
    """Check-ins of the model phase, reviews in maintenance, the review after launch."""
    checks = state.one(CheckInPlan)
    model = next(g for g in found if g.phase == "model")
    if checks and checks[0].first_on and model.assessed and not model.passed:
        held = [c.held_on for c, _ in state.all(CheckIn) if c.held_on]
        due = _owed(state, checks[0].first_on, checks[0].cadence_days, held, checks[0].cadence_days)
        if due:
            yield _recurring("check_in", "Hold the check-in with the ML team", due, "document:check_in")
    reviews = state.one(ReviewPlan)
    if reviews and reviews[0].first_on:
        held = [r.held_on for r, _ in state.all(Review) if r.held_on and r.decisions]
        cadence = reviews[0].cadence_days
        due = _owed(state, reviews[0].first_on, cadence, held, cadence // 2 + 1)
        if due:
            yield _recurring("review", "Hold the review of the dashboards", due, "document:review")
    after = state.one(PostLaunchReview)
    if after and after[0].planned_on and not after[0].held_on and _near(state, after[0].planned_on):
        yield _recurring(
            "post_launch_review", "Hold the review after launch", after[0].planned_on,
            "document:post_launch_review",
        )  # fmt: skip


def _near(state: ProjectState, day: date) -> bool:
    return day <= state.now.date() + timedelta(days=REVIEW_DAYS)


def _owed(state: ProjectState, first: date, cadence: int, held: Sequence[date], within: int) -> date | None:
    """The last due day up to tomorrow for which none was held within so many days before it, or since."""
    due = last_due(first, cadence, state.now.date() + timedelta(days=REVIEW_DAYS))
    if due is None or any(day > due - timedelta(days=within) for day in held if day <= state.now.date()):
        return None
    return due


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _recurring(name: str, title: str, due: date, target: str) -> Wait:
    return Wait(
        "review", f"review:{name}", title, f"It is due on {_day(due)}.", Action("Write it down", target), "edit",
        due=due,
    )  # fmt: skip


def _risks(state: ProjectState) -> Iterator[Wait]:
    for risk in state.risks:
        if risk.status == "open" and risk.review_on and _near(state, risk.review_on):
            yield Wait(
                "review", f"review:risk:{risk.key}", f"Look at a risk again: {risk.text}",
                f"Its review was set for {_day(risk.review_on)}.", Action("Open the risks", "grid:risks"), "edit",
                (risk.owner,) if risk.owner else (), due=risk.review_on,
            )  # fmt: skip


def _meetings(state: ProjectState) -> Iterator[Wait]:
    plan = state.one(MeetingPlan)
    if not plan or not plan[0].first_on:
        return
    held = [m.held_on for m, _ in state.all(Meeting) if m.held_on]
    due = _owed(state, plan[0].first_on, plan[0].cadence_days, held, plan[0].cadence_days // 2 + 1)
    if due:
        yield Wait(
            "meeting", "meeting", "Meet the stakeholders", f"The meeting is due on {_day(due)}; its page is ready.",
            Action("Open its page", "meeting"), "edit", due=due,
        )  # fmt: skip


def _next(here: GateState) -> Iterator[Wait]:
    """The first of what blocks the present gate: not asked of anybody, but where to go on."""
    for item in here.blockers[:1]:
        more = len(here.blockers) - 1
        said = item.finding.reason + (f" {more} more block{'s' * (more == 1)} this gate." if more else "")
        action = item.finding.action or Action("Open the item", f"item:{item.item.key}")
        yield Wait(
            "next",
            f"next:{here.phase}",
            f"{BY_KEY[here.phase].name}: {item.item.title}",
            said,
            action,
            "edit",
        )
