"""Verdicts as tags of a registered version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sextant.phrases import interval_text, number_text

#: What our tags begin with.
OURS = "sextant."


def tags_of(standing: Mapping[str, Any], now: datetime) -> dict[str, str]:
    """A version's verdicts as tags: one a target, whether the gate holds and why not, and when that was said."""
    tags = {f"{OURS}{v['criterion']}": words(v) for v in standing["verdicts"] if v["status"] != "missing"}
    tags[f"{OURS}gate"] = "holds" if standing["holds"] else f"does not hold: {standing['why_not']}"[:500]
    tags[f"{OURS}judged_at"] = now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return tags


def words(verdict: Mapping[str, Any]) -> str:
    """One verdict in a few words.

    >>> words({"word": "met", "value": 0.97, "lower": 0.958, "upper": 0.979, "unit": "share"})
    'met: 97 % (95.8–97.9 %)'
    """
    if verdict["value"] is None:
        return str(verdict["word"])
    text = f"{verdict['word']}: {number_text(verdict['value'], verdict['unit'])}"
    if verdict["lower"] is None or verdict["lower"] == verdict["upper"]:
        return text
    return f"{text} ({interval_text(verdict['lower'], verdict['upper'], verdict['unit'])})"
