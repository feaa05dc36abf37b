"""Every kind of report has a page of its own, and it renders."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import get_template, render_to_string

from sextant.evidence import Evidence
from sextant.reports import REPORTS, read_evidence

COMMON: dict[str, Any] = {
    "estimand": "something", "setting": "offline", "at": "2026-06-01T12:00:00Z", "producer": {"name": "test"},
}  # fmt: skip
MODEL = {"kind": "model", "name": "reader", "version": "m1"}
DATA = {"kind": "dataset", "name": "test", "version": "v1"}
FINDING = {
    "key": "missing",
    "text": "Ink is missing",
    "severity": "high",
    "count": 3,
    "share": 0.1,
    "examples": ["7"],
}
#: Wilson's interval of one in two at 95 %.
WILSON = {"lower": 0.09453120573423074, "upper": 0.9054687942657693}
AT = "2026-06-01T12:00:00Z"
EXAMPLES: dict[str, dict[str, Any]] = {
    "quality_report": {"data": DATA, "rows": 10, "columns": 2, "findings": [FINDING]},
    "leakage_report": {"data": DATA, "train": DATA, "test_rows": 10, "shared_rows": 1},
    "slices": {"metric": "accuracy", "rows": [{"slice": {"ink": "faded"}, "successes": 1, "trials": 2, **WILSON}]},
    "experiment": {
        "name": "ab", "design_digest": "d", "arms": {"control": 5, "candidate": 4}, "shares": {"control": 0.5, "candidate": 0.5},
        "sample_ratio_p": 0.7388826803635273, "started_at": AT, "ended_at": AT, "concluded": True, "rule_says": "ship",
        "why": "It won.",
    },
    "human_study": {
        "name": "s", "raters": "beta", "rater_count": 3, "ratings": 10, "planned_ratings": 12, "agreement": 0.7,
        "agreement_lower": 0.6, "agreement_bar": 0.5, "finished": True,
    },
    "judge_calibration": {
        "judge": {"kind": "judge", "name": "grader", "version": "v2"}, "statistic": "cohen_kappa", "value": 0.7, "lower": 0.6,
        "upper": 0.8, "bar": 0.6, "outputs": 200, "undecided": 3, "people": 3, "people_agree": 0.9, "judge_agrees": 0.8,
        "biases": [{"of": "longer", "value": 0.04, "lower": 0.01, "upper": 0.07, "n": 180}], "bias_bar": 0.1,
        "changed": {"version": "v1", "n": 200, "changed": 12, "value": 0.02, "lower": -0.01, "upper": 0.05},
        "calibrated": True, "why": "kappa of judge and people 0.7, at least 0.6",
    },
    "red_team_run": {"model": MODEL, "category": "brittleness", "attempts": 5, "successes": 1, "findings": [FINDING]},
    "rollout_step": {
        "rollout": "r", "step": 1, "share": 0.05, "exposed": 10, "decision": "roll_back", "why": "It broke.",
        "verdicts": {"accuracy": "unmet"}, "rolled_back_to": MODEL,
    },
    "monitor_sample": {"monitor": "m", "received": 1, "last_received_at": AT},
    "channel_test": {"channel": "mail", "delivered": True, "seconds": 1.5},
    "rollback_drill": {"deployment": MODEL, "way": "before_feature", "restored": True, "seconds": 2, "target_seconds": 60},
    "drift_run": {"model": MODEL, "type": "data", "subject": DATA, "checked": ["ink"], "drifted": ["ink"], "next_due": AT},
    "retraining_run": {"dry_run": True, "steps": {"collect": True, "retrain": False}, "outcome": "dry", "why": "tried"},
    "pipeline_run": {"job": "etl/orders", "run": "r", "outcome": "complete", "ended_at": AT, "inputs": ["raw"], "rows": 5},
    "freshness": {"data": DATA, "last_refreshed_at": AT, "cadence_days": 7},
    "synthetic_report": {
        "data": DATA, "real": DATA, "rows": 10, "real_rows": 20,
        "points": [{"title": "Copies", "answer": "unmet", "said": "3 rows are copies."}],
    },
    "model_run": {"model": MODEL, "approach": "template matching", "parameters": {"k": 3}, "training_seconds": 0.2},
}  # fmt: skip


def test_every_kind_of_report_is_here() -> None:
    assert {k.model_fields["kind"].default for k in REPORTS} == EXAMPLES.keys()


@pytest.mark.parametrize("kind", EXAMPLES)
def test_it_renders_for_a_person(kind: str) -> None:
    evidence: Evidence = read_evidence({**COMMON, "kind": kind, **EXAMPLES[kind]})
    get_template(f"records/reports/{kind}.html")
    text = render_to_string(f"records/reports/{kind}.html", {"ev": evidence, "project": {"slug": "p"}})
    assert len(text) > 40 and "None" not in text
