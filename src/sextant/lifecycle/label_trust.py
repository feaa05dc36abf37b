"""Can the labels be trusted that a number about a model rests on?

A number names the guideline by which its labels were made, or its data does (`sextant subject set dataset:test@v1 --from
guideline:spam@v1`). What the labeling rounds proved of that very version is then held against its bars whenever somebody
asks, not only when the number was taken: agreement that turns out too low takes every number along that was measured on
those labels. A later version of the guideline makes them stale instead (`staleness`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import TYPE_CHECKING

from sextant.data.guidelines import Guideline
from sextant.evidence import Agreement, Evidence, Measurement, Proportion, Soundness, Version
from sextant.lifecycle.staleness import Subject
from sextant.phrases import number, span, with_unit

if TYPE_CHECKING:
    from sextant.lifecycle.state import ProjectState

#: How often labelers must be right where the answer is known, where no target says it; a round pauses them below it, too.
GOLD_BAR = 0.7


def guidelines_under(rests_on: Iterable[Version], subjects: Mapping[str, Subject]) -> list[Version]:
    """The guidelines among these versions and among what the subjects' present versions were made from.

    >>> made = Subject("dataset", "test", "v1", "data", depends=(Version.parse("guideline:spam@v2"),))
    >>> [str(v) for v in guidelines_under([Version.parse("dataset:test@v1")], {"dataset:test": made})]
    ['guideline:spam@v2']
    """
    found: dict[str, Version] = {}
    waiting, seen = list(rests_on), set()
    while waiting:
        version = waiting.pop(0)
        if str(version) in seen:
            continue
        seen.add(str(version))
        if version.kind == "guideline":
            found[str(version)] = version
        subject = subjects.get(version.subject)
        if subject is not None and subject.version == version.version:
            waiting.extend(subject.depends)
    return list(found.values())


def labels_hold(state: ProjectState, evidence: Evidence) -> tuple[Soundness, ...]:
    """The conditions on the labels under a number about a model: `labels_agreed` and, where known items were labeled,
    `labels_right`. Empty where it rests on no guideline, or nothing is proved of it yet."""
    if evidence.model is None:
        return ()
    named = guidelines_under(evidence.rests_on, state.subjects)
    return tuple(chain.from_iterable(_of(state, version) for version in named))


def range_of(evidence: Measurement) -> tuple[float, float]:
    """The range, as sure as a target is by default: two-sided, 95 %."""
    found = evidence.interval
    if found is not None and math.isclose(found.tail, 0.025, rel_tol=1e-9):
        return found.lower, found.upper
    again = evidence.bounds(0.95, 2)
    return (again.lower, again.upper) if again else (math.nan, math.nan)


def _of(state: ProjectState, version: Version) -> Iterator[Soundness]:
    written = next((g for g, w in state.all(Guideline) if w.key == version.name), None)
    on_it = [
        stored.evidence
        for stored in chain.from_iterable(state.evidence.values())
        if version in stored.evidence.depends
        and (state.simulated or stored.evidence.origin != "simulated")
        and stored.evidence.model is None
    ]
    agreed = max((e for e in on_it if isinstance(e, Agreement)), key=lambda e: e.at, default=None)
    known = [
        e for e in on_it if isinstance(e, Proportion) and any(s.rule == "gold_unseen" for s in e.soundness)
    ]
    right = max(known, key=lambda e: e.at, default=None)
    called = f"{version.name} {version.version}"
    if agreed is not None and written is not None:
        yield _agreed(agreed, written.agreement_bar, called)
    if right is not None:
        target = state.criteria.get(right.criterion or "")
        bar = GOLD_BAR if target is None else target.threshold * (0.01 if target.unit == "%" else 1.0)
        low, high = range_of(right)
        said = (
            f"by {called} {with_unit(right.value, 'share')} of answers are right where the answer is known (between "
            f"{span(low, high, 'share')}); at least {with_unit(bar, 'share')} must be"
        )
        yield Soundness(rule="labels_right", holds=low >= bar, detail=said)


def _agreed(agreed: Agreement, bar: float, called: str) -> Soundness:
    if agreed.undefined:
        said = f"agreement by {called} is not known: {agreed.undefined}"
        return Soundness(rule="labels_agreed", holds=False, detail=said)
    low, high = range_of(agreed)
    said = (
        f"they agree at {number(agreed.value)} by {called} (between {number(low)} and {number(high)}); "
        f"the bar is {number(bar)}"
    )
    return Soundness(rule="labels_agreed", holds=low >= bar, detail=said)
