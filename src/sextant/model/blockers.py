"""How old each blocker is, and how long resolving one takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from statistics import median

from sextant.model.documents import Blocker


def days_open(blocker: Blocker, today: date) -> int | None:
    """For how many days an open blocker has stood in the way; None if it is resolved, or nobody said since
    when.

    A day of resolution that lies ahead is a plan: until then the blocker is open.
    """
    if blocker.opened_on is None or (blocker.resolved_on is not None and blocker.resolved_on <= today):
        return None
    return (today - blocker.opened_on).days


def median_days(blockers: Iterable[Blocker], today: date) -> float | None:
    """The median number of days that resolving one took; None where none is resolved.

    >>> done = Blocker(text="no GPU", opened_on=date(2026, 3, 2), resolved_on=date(2026, 3, 5))
    >>> median_days([done], date(2026, 4, 1))
    3
    """
    took = [
        (b.resolved_on - b.opened_on).days
        for b in blockers
        if b.opened_on and b.resolved_on and b.resolved_on <= today
    ]
    return median(took) if took else None
