"""The safety bar, by hand: what may stay open."""

from __future__ import annotations

import pytest

from sextant.evaluation.documents import SEVERITIES, SafetyBar


@pytest.mark.parametrize(
    ("bar", "allowed"),
    [("none", []), ("low", ["low"]), ("medium", ["low", "medium"]), ("high", ["low", "medium", "high"])],
)
def test_the_bar_allows_what_is_no_worse(bar: str, allowed: list[str]) -> None:
    kept = SafetyBar.model_validate({"highest_open": bar})
    assert [s for s in SEVERITIES if kept.allows(s)] == allowed


def test_without_a_word_nothing_may_stay_open() -> None:
    assert not any(SafetyBar().allows(s) for s in SEVERITIES)
