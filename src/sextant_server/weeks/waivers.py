"""Waivers and how they turned out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count, Q

from sextant.lifecycle.checklist import ITEMS
from sextant.lifecycle.waits import WAIVER_DAYS
from sextant_server.projects.models import Project
from sextant_server.records.models import Exemption

MOST = 50


@dataclass(frozen=True, slots=True)
class Waivers:
    """A project's waivers. `running` are in force, `over` ran out or were taken back and nobody said how they turned
    out; `told` are the latest whose outcome is known; `counts` counts all there ever were, by outcome."""

    running: list[Exemption]
    over: list[Exemption]
    told: list[Exemption]
    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def waivers(project: Project) -> Waivers:
    """Four queries, however many waivers there were."""
    today = datetime.now(UTC).date()
    rows = Exemption.objects.filter(project=project, type="waiver")
    ended = Q(withdrawn=True) | Q(until__lt=today)
    counted = dict(rows.filter(ended).order_by().values_list("turned_out").annotate(n=Count("id")))
    running = list(rows.exclude(ended).order_by("until", "id")[:MOST])
    counts = {
        "running": rows.exclude(ended).count(),
        "untold": counted.get("", 0),
        **{key: counted.get(key, 0) for key in Exemption.TURNED_OUT},
    }
    return Waivers(
        running, list(rows.filter(ended, turned_out="").order_by("-until", "-id")[:MOST]),
        list(rows.filter(ended).exclude(turned_out="").order_by("-until", "-id")[:MOST]), counts,
    )  # fmt: skip


def soon(row: Exemption) -> bool:
    return row.until is not None and row.until <= datetime.now(UTC).date() + timedelta(days=WAIVER_DAYS)


def named(target: str, names: dict[str, str]) -> str:
    item, _, part = target.partition(":")
    if item in ITEMS:
        return ITEMS[item].title + (f", {part.replace('_', ' ')}" if part else "")
    return names.get(target, target)


def plain(row: Exemption) -> dict[str, Any]:
    return {**row.as_recorded(), "turned_out": row.turned_out, "at": row.at, "number": row.pk}
