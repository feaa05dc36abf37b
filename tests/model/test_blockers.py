"""Blockers: since when, how long, and what may be written down."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import ValidationError

from sextant.model.blockers import days_open, median_days
from sextant.model.documents import Blocker

TODAY = date(2026, 6, 15)


def test_age_counts_from_the_day_it_came_up_until_it_is_resolved() -> None:
    assert days_open(Blocker(opened_on=date(2026, 6, 10)), TODAY) == 5
    assert days_open(Blocker(opened_on=TODAY), TODAY) == 0
    assert days_open(Blocker(opened_on=date(2026, 6, 10), resolved_on=TODAY), TODAY) is None
    assert days_open(Blocker(opened_on=date(2026, 6, 10), resolved_on=date(2026, 7, 1)), TODAY) == 5
    assert days_open(Blocker(), TODAY) is None


def test_the_median_takes_what_is_resolved() -> None:
    took = [Blocker(opened_on=date(2026, 6, 1), resolved_on=date(2026, 6, 1 + n)) for n in (1, 2, 9)]
    assert median_days(took, TODAY) == 2
    assert median_days([*took[:2], Blocker(opened_on=date(2026, 6, 1))], TODAY) == 1.5
    assert median_days([Blocker(opened_on=TODAY)], TODAY) is None


def test_nothing_is_resolved_before_it_came_up() -> None:
    with pytest.raises(ValidationError, match="before it came up"):
        Blocker(opened_on=TODAY, resolved_on=date(2026, 6, 14))
