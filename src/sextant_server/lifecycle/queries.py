"""Reads above the phases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sextant.errors import NotFound
from sextant_server.projects.models import Project
from sextant_server.records.models import DecisionRow, Exemption, RoundRow, Said, SignatureRow


def decisions(project: Project) -> list[DecisionRow]:
    return list(DecisionRow.objects.filter(project=project).order_by("-id"))


def last_decisions(project: Project, phase: str, limit: int = 5) -> list[DecisionRow]:
    """The latest decisions on a phase, without the state that they were made on."""
    rows = DecisionRow.objects.filter(project=project, phase=phase).defer("items", "anchor")
    return list(rows.order_by("-id")[:limit])


def decision_out(row: DecisionRow) -> dict[str, Any]:
    return {**row.as_recorded(), "at": row.at, "anchor": row.anchor}


def exemptions(project: Project) -> list[Exemption]:
    """Waivers and "not applicable", those in force first."""
    return list(Exemption.objects.filter(project=project).order_by("withdrawn", "-id"))


def exemption_out(row: Exemption) -> dict[str, Any]:
    return {**row.as_recorded(), "at": row.at}


#: Where the time stands of what the page of decisions lists.
MOMENT: dict[type[Said], str] = {
    DecisionRow: "at",
    Exemption: "at",
    RoundRow: "opened_at",
    SignatureRow: "at",
}


def latest(kind: type[Said], project: Project, before: datetime | None, limit: int) -> list[Any]:
    """The latest of one kind that are older than `before`, the newest first, without what a list does not show."""
    moment = MOMENT[kind]
    rows: Any = kind._default_manager.filter(project=project)
    if before is not None:
        rows = rows.filter(**{f"{moment}__lt": before})
    if kind is DecisionRow:
        rows = rows.defer("items", "anchor")
    return list(rows.order_by(f"-{moment}", "-id")[:limit])


def decision(project: Project, number: int) -> DecisionRow:
    row = DecisionRow.objects.filter(project=project, pk=number).select_related("record").first()
    if row is None:
        raise NotFound(f"there is no decision {number} in {project.slug}")
    return row


def standing_exemption(project: Project, target: str) -> Exemption | None:
    """The waiver or "not applicable" in force for an item or a criterion."""
    return Exemption.objects.filter(project=project, target=target, withdrawn=False).first()
