"""What was decided about each finding of a quality report, and which findings are still open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sextant.data.documents import QualityResolution
from sextant.reports import Finding, QualityReport

_RANK = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Dealt:
    """One finding with what was decided on it. `open` says why it is not dealt with; empty if it is."""

    finding: Finding
    resolution: QualityResolution | None
    open: str = ""


def dealt_with(report: QualityReport, resolutions: Iterable[QualityResolution], today: date) -> list[Dealt]:
    """Each finding of the report with its decision, the gravest first; findings that count nothing are left
    out.

    A finding is dealt with when it was accepted with a reason (on the version of the report, or up to a
    share that it does not exceed) or planned by a day that has not passed. "Fixed" needs no decision: what
    is fixed is not found again, so a finding that is still in the report is open whatever was said.
    """
    decided = {r.finding: r for r in resolutions if r.dataset == report.data.name}
    found = [f for f in report.findings if f.count > 0]
    return [
        Dealt(f, decided.get(f.key), _open(f, decided.get(f.key), report.data.version, today))
        for f in sorted(found, key=lambda f: (_RANK.index(f.severity), -f.count))
    ]


def _open(finding: Finding, resolution: QualityResolution | None, version: str, today: date) -> str:
    if resolution is None:
        return "nothing was decided about it"
    if resolution.resolution == "fixed":
        return f"it is called mended, and version {version} still has it"
    if resolution.resolution == "planned":
        if resolution.planned_by is None:
            return "it is planned without a date"
        return f"it was planned by {resolution.planned_by}" if resolution.planned_by < today else ""
    if not resolution.reason:
        return "it is accepted without a reason"
    if resolution.accepted_share is not None:
        if finding.share is None:
            return "it was accepted up to a share, and the report gives none"
        if finding.share <= resolution.accepted_share:
            return ""
        return (
            f"it was accepted up to {resolution.accepted_share:.1%} of rows and is now at {finding.share:.1%}"
        )
    if resolution.version == version:
        return ""
    return f"it was accepted on {resolution.version or 'no named version'}, and this is {version}"
