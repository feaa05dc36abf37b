"""What the checks share: a check is a list of clauses, and the worst of them decide and speak.

An item's row has several conditions, and each is one `Clause`, a status with its sentence. `decide` puts them
together: the worst status, what the worst clauses say, and the first thing that they ask for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sextant.criteria import Criterion, Origin
from sextant.evidence import Version
from sextant.lifecycle.gates import Action, Finding
from sextant.lifecycle.label_trust import labels_hold
from sextant.lifecycle.staleness import stale_reasons
from sextant.lifecycle.state import ProjectState, Stored
from sextant.problem.documents import Stakeholder
from sextant.verdicts import RULES, Status, worst


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition of an item: whether it holds, in one sentence, and what to do if it does not."""

    status: Status
    said: str
    action: Action | None = None
    evidence: tuple[str, ...] = ()
    criteria: tuple[str, ...] = ()


def missing(said: str, label: str, target: str) -> Clause:
    """A condition about something that is not there yet."""
    return Clause(Status.MISSING, said, Action(label, target))


def unmet(said: str, label: str, target: str) -> Clause:
    """A condition that is there and does not hold."""
    return Clause(Status.UNMET, said, Action(label, target))


def met(said: str, evidence: Iterable[str] = (), criteria: Iterable[str] = ()) -> Clause:
    """A condition that holds."""
    return Clause(Status.MET, said, None, tuple(evidence), tuple(criteria))


def decide(clauses: Sequence[Clause]) -> Finding:
    """The finding of an item: the worst status of its clauses, in the words of the worst of them.

    Two sentences are said at most; of what fails, the number of those left out. Where all holds, the first
    two say why.
    """
    status = worst([c.status for c in clauses])
    ranked: list[Clause] = []
    rest = list(clauses)
    while rest:
        now = worst([c.status for c in rest])
        ranked += [c for c in rest if c.status is now]
        rest = [c for c in rest if c.status is not now]
    speaking = [c for c in ranked if c.said and (status is Status.MET or c.status is not Status.MET)]
    reason = " ".join(c.said for c in speaking[:2])
    if len(speaking) > 2 and not status.passes:
        reason += f" ({len(speaking) - 2} more.)"
    return Finding(
        status,
        reason or "There is nothing to be judged.",
        evidence=tuple(dict.fromkeys(d for c in ranked for d in c.evidence)),
        criteria=tuple(dict.fromkeys(k for c in ranked for k in c.criteria)),
        action=next((c.action for c in speaking if c.action), None),
    )


def nothing(said: str, label: str, target: str) -> Finding:
    """The finding of an item for which nothing is there yet."""
    return decide([missing(said, label, target)])


def of_criterion(state: ProjectState, criterion: Criterion) -> Clause:
    """A condition that is a criterion: its verdict."""
    verdict = state.verdict(criterion.key)
    label = (
        f"Measure {criterion.name}"
        if verdict.status in (Status.MISSING, Status.STALE)
        else f"Open {criterion.name}"
    )
    return Clause(
        verdict.status,
        f"{criterion.name}: {verdict.reason}",
        None if verdict.passes else Action(label, f"criterion:{criterion.key}"),
        (verdict.evidence,) if verdict.evidence else (),
        (criterion.key,),
    )


def faults(state: ProjectState, stored: Stored, *, ignoring: Version | None = None) -> Clause | None:
    """Why a record may not decide, or None: its numbers are invented or declared, a condition did not hold,
    or something that it rests on has changed."""
    ev = stored.evidence
    name, action = ev.kind.replace("_", " "), Action("Measure it again", f"evidence:{ev.kind}")
    wrong = ""
    if ev.origin is Origin.SIMULATED and not state.simulated:
        wrong = "it is simulated, and this project is real"
    elif ev.origin is Origin.DECLARED:
        wrong = "it was declared, not measured"
    elif broken := ev.holds or next((s for s in labels_hold(state, ev) if s.holds is False), None):
        rule = RULES.get(broken.rule, broken.rule.replace("_", " "))
        wrong = f"it does not hold that {rule}" + (f" ({broken.detail})" if broken.detail else "")
    if wrong:
        return Clause(
            Status.MISSING, f"There is a {name}, but it does not count: {wrong}.", action, (stored.digest,)
        )
    if why := stale_reasons([v for v in ev.rests_on if v != ignoring], state.subjects):
        return Clause(Status.STALE, f"The {name} must be taken again: {why[0]}.", action, (stored.digest,))
    return None


def signed_by(
    state: ProjectState, subject: str, digest: str, people: Sequence[Stakeholder], what: str
) -> Clause:
    """The condition that each of these people has signed this exact version of `what`.

    Missing while somebody has never signed; stale where everybody has, but somebody an earlier version.
    """
    theirs = {
        p.name: [s for s in state.signatures if s.subject == subject and p.is_person(s.person)]
        for p in people
    }
    never = [name for name, found in theirs.items() if not found]
    earlier = [name for name, found in theirs.items() if found and digest not in {s.digest for s in found}]
    done = len(people) - len(never) - len(earlier)
    action = Action(f"Ask {listed([*never, *earlier])} to sign", f"sign:{subject}")
    if never:
        said = f"{done} of {len(people)} have signed the present {what}; {listed(never)} never did"
        said += f", and {listed(earlier)} signed an earlier version." if earlier else "."
        return Clause(Status.MISSING, said, action)
    if earlier:
        said = (
            f"The {what} changed since {listed(earlier)} signed; {done} of {len(people)} have signed it now."
        )
        return Clause(Status.STALE, said, action)
    last = max((s.at for found in theirs.values() for s in found if s.digest == digest), default=state.now)
    return met(f"{listed(theirs)} signed the present {what}, the last on {last.date()}.")


def listed(words: Iterable[str]) -> str:
    """Words as a sentence has them.

    >>> listed(["data"]), listed(["data", "time"]), listed(["data", "time", "money"])
    ('data', 'data and time', 'data, time and money')
    """
    *head, last = list(words) or [""]
    return f"{', '.join(head)} and {last}" if head else last


def last_due(first: date, cadence_days: int, until: date) -> date | None:
    """The last day up to and with `until` on which something that recurs from `first` is due, or None.

    >>> last_due(date(2026, 1, 5), 7, date(2026, 1, 18))
    datetime.date(2026, 1, 12)
    """
    if until < first:
        return None
    return first + timedelta(days=(until - first).days // cadence_days * cadence_days)
