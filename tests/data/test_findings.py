"""Findings of a quality report with what was decided: the order, and that the share is what is compared."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from sextant.criteria import Setting
from sextant.data.documents import QualityResolution
from sextant.data.findings import dealt_with
from sextant.evidence import Producer, Version
from sextant.reports import Finding, QualityReport

TODAY = date(2026, 6, 15)


def report(*findings: Finding) -> QualityReport:
    return QualityReport(
        data=Version.parse("dataset:test@v2"), rows=100, columns=3, findings=findings, estimand="quality",
        setting=Setting.OFFLINE, producer=Producer(name="test"), at=datetime(2026, 6, 1, tzinfo=UTC),
    )  # fmt: skip


def finding(key: str, severity: Any, count: int = 1, share: float | None = None) -> Finding:
    return Finding(key=key, text=key, severity=severity, count=count, share=share)


def accepted(key: str, **fields: Any) -> QualityResolution:
    return QualityResolution.model_validate(
        {"dataset": "test", "finding": key, "resolution": "accepted", "reason": "known", **fields}
    )


def test_the_gravest_and_most_frequent_comes_first_and_what_counts_nothing_is_left_out() -> None:
    found = dealt_with(
        report(
            finding("a", "low", 9), finding("b", "critical", 1), finding("c", "medium", 2),
            finding("d", "medium", 5), finding("e", "high", 0),
        ),
        [], TODAY,
    )  # fmt: skip
    assert [d.finding.key for d in found] == ["b", "d", "c", "a"]
    assert all(d.open and d.resolution is None for d in found)


def test_acceptance_holds_on_its_version_or_up_to_its_share() -> None:
    def open_because(share: float | None, **fields: Any) -> str:
        return dealt_with(report(finding("a", "low", share=share)), [accepted("a", **fields)], TODAY)[0].open

    assert open_because(0.5, version="v2") == ""
    assert open_because(0.5, version="v1") == "it was accepted on v1, and this is v2"
    assert open_because(0.5) == "it was accepted on no named version, and this is v2"
    assert open_because(0.02, accepted_share=0.02) == ""
    assert "now at 3.0%" in open_because(0.03, accepted_share=0.02, version="v2")
    assert "the report gives none" in open_because(None, accepted_share=0.02)


def test_a_plan_lasts_up_to_and_with_its_day() -> None:
    def open_because(by: date) -> str:
        plan = accepted("a").model_copy(update={"resolution": "planned", "planned_by": by})
        return dealt_with(report(finding("a", "low")), [plan], TODAY)[0].open

    assert open_because(TODAY) == ""
    assert open_because(date(2026, 6, 14)) == "it was planned by 2026-06-14"
