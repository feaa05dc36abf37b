"""A target against what was measured, as plain values: for what is kept, mailed, and told to programs."""

from __future__ import annotations

from typing import Any

from sextant.criteria import Criterion
from sextant.phrases import interval_text, number_text
from sextant.verdicts import Verdict


def bar(criterion: Criterion) -> str:
    """What a target asks for, in words."""
    guardrail = criterion.role == "guardrail"
    text = number_text(criterion.threshold, criterion.unit, exact=True, difference=guardrail)
    if guardrail:
        return f"at most {text.removeprefix('+')} worse than control"
    return f"{criterion.direction.replace('_', ' ')} {text}"


def measured(criterion: Criterion, verdict: Verdict) -> str:
    """What was measured, with its range; empty where nothing was."""
    if verdict.value is None:
        return ""
    guardrail = criterion.role == "guardrail"
    text = number_text(verdict.value, criterion.unit, against=criterion.bar, difference=guardrail)
    if verdict.lower is None or verdict.lower == verdict.upper:
        return text
    span = interval_text(
        verdict.lower, verdict.upper, criterion.unit, against=criterion.bar, difference=guardrail
    )
    return f"{text} ({span})"


def actual(criterion: Criterion, verdict: Verdict) -> dict[str, Any]:
    """A target with its verdict, both as numbers and in words."""
    return {
        "key": criterion.key, "name": criterion.name, "family": criterion.family, "bar": bar(criterion),
        "measured": measured(criterion, verdict), "status": verdict.status.value, "word": verdict.word,
        "reason": verdict.reason, "origin": verdict.origin.value if verdict.origin else None,
        "at": verdict.at.isoformat() if verdict.at else None,
        "due": criterion.due.isoformat() if criterion.due else None,
    }  # fmt: skip
