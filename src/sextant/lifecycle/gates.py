"""A gate: the items at a phase's end, judged together, and what a person's decision on them needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from sextant.criteria import Phase
from sextant.errors import Conflict, InvalidInput
from sextant.lifecycle.checklist import CHECKLIST, Item
from sextant.lifecycle.phases import BY_KEY, before
from sextant.lifecycle.state import Decision, ProjectState
from sextant.verdicts import Status

Outcome = Literal["pass", "hold", "stop"]


@dataclass(frozen=True, slots=True)
class Action:
    """The one thing to do about an item: what the button says and where it leads (`kind:key` of what to open)."""

    label: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found about its item: the status and one sentence that a stakeholder understands, with the
    numbers in it. `evidence` are the digests that it was decided on, `criteria` the criteria that it read."""

    status: Status
    reason: str
    evidence: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class ItemState:
    """An item of a gate in the present state. `blocks` is whether it stands in the way now; `blocking` whether an item
    like it can, at this rigor."""

    item: Item
    finding: Finding
    blocking: bool
    underlying: Status | None = None

    @property
    def status(self) -> Status:
        return self.finding.status

    @property
    def blocks(self) -> bool:
        return self.blocking and not self.status.passes


@dataclass(frozen=True, slots=True)
class GateState:
    """A phase's gate now. `assessed` is False where the project began later; a maintenance gate is a standing health
    state. `decision` is the last one of the present iteration, `earlier` the last of any."""

    phase: Phase
    assessed: bool
    items: tuple[ItemState, ...]
    iteration: int
    decision: Decision | None = None
    earlier: Decision | None = None

    @property
    def blockers(self) -> tuple[ItemState, ...]:
        return tuple(i for i in self.items if i.blocks) if self.assessed else ()

    @property
    def open(self) -> bool:
        """Whether nothing blocks."""
        return not self.blockers

    @property
    def passed(self) -> bool:
        """Whether somebody decided to go on in this iteration."""
        return self.decision is not None and self.decision.outcome == "pass"

    @property
    def met(self) -> int:
        return sum(i.status is Status.MET for i in self.items)


def check_item(state: ProjectState, item: Item) -> ItemState:
    """One item, judged by its check, then by what people decided about it (not applicable, waived)."""
    from sextant.lifecycle.checks import CHECKS

    blocking = item.starred or state.profile.blocks_all
    if item.key in state.not_applicable:
        return ItemState(item, Finding(Status.NOT_APPLICABLE, state.not_applicable[item.key]), blocking)
    finding = CHECKS[item.key](state)
    waiver = state.waivers.get(item.key)
    if waiver and not finding.status.passes:
        if waiver.until >= state.now.date():
            reason = f"Waived by {waiver.by} until {waiver.until}: {waiver.reason}. Without the waiver: {finding.reason}"
            return ItemState(
                item,
                replace(finding, status=Status.WAIVED, reason=reason, action=None),
                blocking,
                finding.status,
            )
        finding = replace(
            finding, reason=f"{finding.reason} The waiver of {waiver.by} ran out on {waiver.until}."
        )
    return ItemState(item, finding, blocking)


def gate(state: ProjectState, phase: Phase) -> GateState:
    """The gate of one phase in the present state."""
    assessed = phase not in {p.key for p in before(state.opened_at_phase)}
    rounds = [r.number for r in state.rounds if r.phase == phase]
    iteration = max(rounds, default=1)
    decided = [d for d in state.decisions if d.phase == phase]
    now = [d for d in decided if d.iteration == iteration]
    items = tuple(check_item(state, item) for item in CHECKLIST if item.phase == phase) if assessed else ()
    return GateState(
        phase, assessed, items, iteration,
        decision=max(now, key=lambda d: d.at, default=None), earlier=max(decided, key=lambda d: d.at, default=None),
    )  # fmt: skip


def gates(state: ProjectState) -> list[GateState]:
    """All six, in order."""
    return [gate(state, key) for key in BY_KEY]  # type: ignore[arg-type]


def current_phase(found: Iterable[GateState]) -> GateState:
    """Where the project stands: the first assessed gate that nobody has passed; the last one if all are."""
    listed = list(found)
    return next((g for g in listed if g.assessed and not g.passed), listed[-1])


def may_decide(found: GateState, outcome: Outcome, *, waived: Iterable[str] = ()) -> None:
    """Refuse a decision that the state does not allow: passing while something blocks needs a waiver for each."""
    if not found.assessed:
        raise Conflict(f"the gate of {BY_KEY[found.phase].name} is not assessed: the project began later")
    unknown = set(waived) - {i.item.key for i in found.items}
    if unknown:
        raise InvalidInput(f"this gate has no item {', '.join(sorted(unknown))}", where="waivers")
    left = [i for i in found.blockers if i.item.key not in set(waived)]
    if outcome == "pass" and left:
        listed = "; ".join(f"{i.item.key} {i.item.title} ({i.status.value.replace('_', ' ')})" for i in left)
        raise Conflict(
            f"{len(left)} item(s) block this gate: {listed}",
            rule="a gate is passed when nothing blocks it, or with a waiver for each item that does",
            todo="meet them, or give a waiver with a reason and an end date for each",
        )


__all__ = [
    "Action", "Finding", "GateState", "ItemState", "Outcome", "check_item", "current_phase", "gate", "gates",
    "may_decide",
]  # fmt: skip
