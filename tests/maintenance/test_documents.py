"""A period that ends before it starts is refused."""

from __future__ import annotations

from datetime import date

import pytest

from sextant.documents import read_document
from sextant.errors import InvalidInput
from sextant.maintenance.documents import UpkeepPlan


def test_a_period_ends_after_it_starts() -> None:
    plan = UpkeepPlan(period_start=date(2026, 1, 1), period_end=date(2026, 1, 1))
    assert plan.period_start == plan.period_end
    with pytest.raises(InvalidInput, match="ends on 2026-01-01, before it starts on 2026-02-01"):
        read_document("upkeep_plan", {"period_start": "2026-02-01", "period_end": "2026-01-01"})
