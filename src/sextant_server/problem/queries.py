"""Reads of the list of opportunities: two queries, however long it is."""

from __future__ import annotations

from sextant.errors import NotFound
from sextant.problem.opportunities import Weights
from sextant_server.problem.models import OpportunityRow, OpportunityWeights


def opportunities() -> list[OpportunityRow]:
    """The list in the order in which it was written, each with the project that was opened from it."""
    return list(OpportunityRow.objects.select_related("project", "changed_by"))


def opportunity(key: str) -> OpportunityRow:
    found = OpportunityRow.objects.select_related("project").filter(key=key).first()
    if found is None:
        there = ", ".join(OpportunityRow.objects.values_list("key", flat=True)[:20]) or "none"
        raise NotFound(f"there is no opportunity {key[:80]!r}", todo=f"the list has: {there}")
    return found


def weights() -> Weights:
    """How much each side counts now."""
    row = OpportunityWeights.objects.first()
    return row.weights() if row else Weights()
