"""What must be run again, how, and what it will take: from what the last run took."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sextant.criteria import Phase
from sextant.lifecycle.staleness import stale_reasons
from sextant.lifecycle.state import ProjectState, Stored
from sextant.verdicts import Status

if TYPE_CHECKING:
    from sextant.lifecycle.gates import GateState


@dataclass(frozen=True, slots=True)
class Rerun:
    """Evidence that went stale: why, how it is run again, and the seconds and money that the last run took (None
    where that was not recorded)."""

    digest: str
    estimand: str
    criterion: str
    kind: str
    why: tuple[str, ...]
    command: str
    seconds: float | None
    cost: float | None
    currency: str


def _read(
    state: ProjectState, *, stale_only: bool, found: Sequence[GateState] | None = None
) -> Iterator[Stored]:
    """The evidence that something reads now: a target's status or a gate item. What newer evidence replaced, or what
    was measured on a model that nobody ships, is left out. With `stale_only`, what reads it must be stale itself."""
    from sextant.lifecycle.gates import gates

    read: set[str | None] = set()
    for item in (i for gate in found or gates(state) for i in gate.items):
        if not stale_only or Status.STALE in (item.status, item.underlying):
            read.update(item.finding.evidence)
    for key, criterion in state.criteria.items():
        verdict = state.verdict(key)
        if not stale_only or Status.STALE in (verdict.status, verdict.underlying):
            read.update(proof.digest for proof in state.proofs(criterion))
    seen = set()
    for listed in state.evidence.values():
        for stored in listed:
            if stored.digest in read and stored.digest not in seen:
                seen.add(stored.digest)
                yield stored


def _rerun(stored: Stored, why: tuple[str, ...]) -> Rerun:
    ev = stored.evidence
    made = ev.producer
    return Rerun(
        stored.digest,
        ev.estimand,
        ev.criterion or "",
        ev.kind,
        why,
        made.command,
        made.seconds,
        made.cost,
        made.currency,
    )


def reruns(state: ProjectState, *, found: Sequence[GateState] | None = None) -> list[Rerun]:
    """What makes a target or a gate item stale now, once each. `found` are its gates where they are known already."""
    return [
        _rerun(stored, why)
        for stored in _read(state, stale_only=True, found=found)
        if (why := state.stale(stored.evidence))
    ]


def would_go_stale(state: ProjectState, phase: Phase) -> list[Rerun]:
    """What going back to a phase would make stale, before anybody does it."""
    after = {
        k: replace(s, reopened="going back") if s.phase == phase else s for k, s in state.subjects.items()
    }
    return [
        _rerun(stored, why)
        for stored in _read(state, stale_only=False)
        if not state.stale(stored.evidence) and (why := stale_reasons(stored.evidence.rests_on, after))
    ]
