"""Reads above the phases."""

from __future__ import annotations

from typing import Any

from sextant.errors import NotFound
from sextant_server.projects.models import Project
from sextant_server.records.models import DecisionRow, Exemption, RoundRow, SignatureRow


def decisions(project: Project, phase: str = "") -> list[DecisionRow]:
    rows = DecisionRow.objects.filter(project=project).order_by("-id")
    return list(rows.filter(phase=phase) if phase else rows)


def decision_out(row: DecisionRow) -> dict[str, Any]:
    return {**row.as_recorded(), "at": row.at, "anchor": row.anchor}


def exemptions(project: Project) -> list[Exemption]:
    """Waivers and "not applicable", those in force first."""
    return list(Exemption.objects.filter(project=project).order_by("withdrawn", "-id"))


def exemption_out(row: Exemption) -> dict[str, Any]:
    return {**row.as_recorded(), "at": row.at}


def rounds(project: Project) -> list[RoundRow]:
    return list(RoundRow.objects.filter(project=project).order_by("-id"))


def decision(project: Project, number: int) -> DecisionRow:
    row = DecisionRow.objects.filter(project=project, pk=number).select_related("record").first()
    if row is None:
        raise NotFound(f"there is no decision {number} in {project.slug}")
    return row


def standing_exemption(project: Project, target: str) -> Exemption | None:
    """The waiver or "not applicable" in force for an item or a criterion."""
    return Exemption.objects.filter(project=project, target=target, withdrawn=False).first()


def signatures(project: Project) -> list[SignatureRow]:
    return list(SignatureRow.objects.filter(project=project).order_by("-id"))
