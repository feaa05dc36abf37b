"""The measurements of one target over time, for its chart."""

from __future__ import annotations

from typing import Any

from sextant.criteria import Criterion, Setting
from sextant.evidence import Measurement, about
from sextant_server.projects.models import Project
from sextant_server.records.models import EvidenceRow, Record
from sextant_server.records.queries import read

#: As many as a chart can show.
LENGTH = 100


def measurements(project: Project, criterion: Criterion) -> list[tuple[EvidenceRow, Measurement]]:
    """The latest measurements for a criterion on its slice, in all settings, the newest first. One query."""
    topics = [about(criterion.key, setting, criterion.slice)[:200] for setting in Setting]
    rows = (
        EvidenceRow.objects.filter(project=project, topic__in=topics)
        .select_related("record")
        .order_by("-id")[:LENGTH]
    )
    found = []
    for row in rows:
        evidence = read(row)
        if isinstance(evidence, Measurement):
            found.append((row, evidence))
    return found


def points(found: list[tuple[EvidenceRow, Measurement]], setting: str) -> list[tuple[Any, ...]]:
    """The measurements of one setting as points of a chart, the oldest first."""
    return [
        (ev.at, ev.value, ev.interval.lower, ev.interval.upper) if ev.interval else (ev.at, ev.value)
        for _, ev in reversed(found)
        if ev.setting == setting
    ]


def versions(project: Project, key: str, limit: int = 20) -> list[dict[str, Any]]:
    """The versions of a criterion, the newest first, each with what it changed."""
    rows = Record.objects.filter(project=project, kind="criterion", body__contains=f'"key":"{key}"').order_by(
        "-sequence"
    )
    found = [(r, r.content) for r in rows[: limit + 1] if r.content["key"] == key]
    listed = []
    for place, (record, body) in enumerate(found[:limit]):
        now = Criterion.model_validate(body["criterion"])
        earlier = found[place + 1][1]["criterion"] if place + 1 < len(found) else None
        changed = Criterion.model_validate(earlier).diff(now) if earlier else {}
        listed.append(
            {
                "record": record,
                "version": body["version"],
                "retired": body["retired"],
                "changed": changed,
                "first": not earlier,
            }
        )
    return listed
