"""Declared numbers as they stand: the history of a target, the latest of all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sextant.criteria import Criterion
from sextant.errors import InvalidInput
from sextant.evidence import Declared
from sextant.phrases import number, with_unit
from sextant.problem.declared import refuse_undeclarable
from sextant_server.projects.models import Project
from sextant_server.records.models import EvidenceRow
from sextant_server.records.queries import read

#: As many days as a chart and its table can show.
LENGTH = 120
#: As many records as the list reads, whatever the history.
LATEST = 400


@dataclass(frozen=True, slots=True)
class Number:
    """One declared number with the record that holds it. Of two for one day the later record speaks."""

    row: EvidenceRow
    evidence: Declared

    @property
    def day(self) -> date:
        return self.evidence.source_date


def history(project: Project, criterion: Criterion) -> list[Number]:
    """The declared numbers of a target, a day each, the newest first."""
    rows = EvidenceRow.objects.filter(project=project, criterion=criterion.key, kind="declared")
    return _by_day(rows.select_related("record").order_by("-at", "-id")[:LENGTH])


def histories(project: Project) -> dict[str, list[Number]]:
    """The latest declared numbers of all targets by key, in one query."""
    rows = EvidenceRow.objects.filter(project=project, kind="declared").exclude(criterion="")
    listed: dict[str, list[EvidenceRow]] = {}
    for row in rows.select_related("record").order_by("-at", "-id")[:LATEST]:
        listed.setdefault(row.criterion, []).append(row)
    return {key: _by_day(found) for key, found in listed.items()}


def _by_day(rows: Iterable[EvidenceRow]) -> list[Number]:
    found: dict[date, Number] = {}
    for row in rows:
        evidence = read(row)
        if isinstance(evidence, Declared):
            one = Number(row, evidence)
            found.setdefault(one.day, one)
    return list(found.values())


def declarable(criteria: Iterable[Criterion]) -> list[Criterion]:
    """The targets that take declared numbers."""
    found = []
    for criterion in criteria:
        try:
            refuse_undeclarable(criterion)
        except InvalidInput:
            continue
        found.append(criterion)
    return found


def trend(numbers: list[Number], criterion: Criterion) -> str:
    """What the history says, in a sentence or two: the latest number, how it moved, and how often it reached what was
    aimed at. Empty where there is none."""
    if not numbers:
        return ""
    last = numbers[0].evidence
    said = f"{with_unit(last.value, criterion.unit)} as of {_day(last.source_date)}, from {last.source}."
    if len(numbers) > 1:
        first = numbers[-1].evidence
        moved = last.value - first.value
        how = (
            "the same as"
            if not moved
            else f"{_moved(abs(moved), criterion.unit)} {'more' if moved > 0 else 'less'} than"
        )
        said += f" That is {how} on {_day(first.source_date)}."
    aimed = [n.evidence for n in numbers if n.evidence.aim is not None]
    if aimed:
        at_least = criterion.direction == "at_least"
        reached = sum(e.value >= e.aim if at_least else e.value <= e.aim for e in aimed if e.aim is not None)
        said += f" It reached what was aimed at on {reached} of {len(aimed)} days that had an aim."
    return said


def _moved(by: float, unit: str) -> str:
    """Of a share the points, since "13 % more" would say something else.

    >>> _moved(0.13, "share"), _moved(4, "posts")
    ('13 points', '4 posts')
    """
    return (
        f"{number(by * 100)} point{'s' * (number(by * 100) != '1')}"
        if unit == "share"
        else with_unit(by, unit)
    )


def _day(when: date) -> str:
    return f"{when.day} {when:%b %Y}"
