"""A start in the middle: a model that is live already, and the one number that shows whether it does its job.

What it makes is enough for a status on the same day: the number as a target, with who watches it; what it is now, as
declared; and the day of the first review.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from pydantic import ValidationError

from sextant import __version__
from sextant.criteria import Baseline, Binding, Criterion, Family, Origin, Setting
from sextant.deployment.documents import Monitor
from sextant.documents import Document
from sextant.errors import InvalidInput
from sextant.evidence import Declared, Evidence, Version
from sextant.maintenance.documents import ReviewPlan
from sextant.reports import first_fault

#: Where such a project can begin. Phases before it are not assessed.
Start = Literal["evaluation", "maintenance"]
#: The kinds of number that say whether a live model does its job, and the kind of monitor that watches each.
WATCHED: dict[Family, Literal["model", "system", "business", "cost"]] = {
    "product": "business", "ml": "model", "business": "business", "system": "system", "cost": "cost",
}  # fmt: skip
#: The first review comes so many days after the start, and each next one as many later.
REVIEW_DAYS = 7


@dataclass(frozen=True, slots=True)
class Live:
    """A project that starts in the middle, as parts to be stored. `evidence` is empty where nobody read the number
    today, `exposed_on` None where no user meets the model yet."""

    start: Start
    model: Version
    exposed_on: date | None
    criterion: Criterion
    monitor: Monitor
    review: ReviewPlan
    evidence: tuple[Evidence, ...]

    @property
    def documents(self) -> tuple[tuple[str, Document], ...]:
        """Pairs of key and document."""
        return ((self.criterion.key, self.monitor), ("", self.review))

    @property
    def settings(self) -> dict[str, Any]:
        """The project's settings: where it opens, its candidate, and for a model that users meet already what is in
        service and since when."""
        said: dict[str, Any] = {"opened_at_phase": self.start, "candidate": str(self.model)}
        if self.exposed_on:
            said |= {
                "in_service": str(self.model),
                "exposed_at": datetime.combine(self.exposed_on, time(), UTC),
            }
        return said


def live(
    *,
    model: str,
    metric: str,
    unit: str,
    threshold: float,
    source: str,
    watched_by: str,
    today: date,
    direction: Literal["at_least", "at_most"] = "at_least",
    family: Family = "product",
    value: float | None = None,
    since: date | None = None,
    start: Start = "maintenance",
) -> Live:
    """The parts of a project for a model that is live.

    `model` is its name, @ and its version (a name alone is its version 1); `metric` the number that matters most, with
    its `unit`, the bar (`threshold`) and the `direction`; `source` where it is read, `value` what it is `today`, if
    somebody can read it; `watched_by` the role that watches it; `since` the day from which users have met the model.

    Raises InvalidInput that names the argument at fault.

    >>> made = live(model="reader@v3", metric="Forms read right", unit="share", threshold=0.9, value=0.93,
    ...     source="the board", watched_by="product manager", today=date(2026, 3, 2), since=date(2025, 11, 1))
    >>> str(made.model), made.criterion.key, made.monitor.owner, str(made.review.first_on), made.evidence[0].value
    ('model:reader@v3', 'forms-read-right', 'product manager', '2026-03-09', 0.93)
    """
    if since and since > today:
        raise InvalidInput(f"{since} has not come yet", where="since", rule="users met it from then on")
    if family not in WATCHED:
        raise InvalidInput(f"{family!r} is no kind", where="family", rule=f"one of {', '.join(WATCHED)}")
    version = _version(model)
    key = re.sub(r"[^a-z0-9]+", "-", metric.lower()).strip("-")[:60].strip("-") or "number"
    try:
        criterion = Criterion(
            key=key, name=metric, family=family, metric=metric, unit=unit, direction=direction, threshold=threshold,
            owner=watched_by, origins=(Origin.MEASURED, Origin.DECLARED), settings=_SETTINGS[start],
            baseline=None if value is None else Baseline(value=value, source=source, at=today),
            binding=Binding(measured_by=source, owner=watched_by, starts=today),
        )  # fmt: skip
        monitor = Monitor(group=WATCHED[family], criterion=key, source=source, owner=watched_by)
        review = ReviewPlan(
            first_on=today + timedelta(days=REVIEW_DAYS), cadence_days=REVIEW_DAYS, owner=watched_by
        )
        declared: dict[str, Any] = {
            "criterion": key, "unit": unit, "estimand": metric, "setting": Setting.REVIEW, "value": value,
            "producer": {"name": "entered by hand", "version": __version__}, "source": source, "source_date": today,
            # At the start of its day, so that a better number of the same day speaks.
            "at": datetime.combine(today, time(), UTC), "model": version,
        }  # fmt: skip
        evidence = () if value is None else (Declared.model_validate(declared),)
    except ValidationError as error:
        place = str(error.errors(include_url=False)[0]["loc"][0]) if error.errors()[0]["loc"] else "metric"
        raise InvalidInput(first_fault(error), where=_PLACES.get(place, place)) from error
    return Live(start, version, since, criterion, monitor, review, evidence)


#: In real use it is judged where it is watched and reviewed; before that wherever it may be.
_SETTINGS: dict[Start, tuple[Setting, ...]] = {
    "maintenance": (Setting.MONITORING, Setting.REVIEW), "evaluation": (),
}  # fmt: skip
#: What an argument is called inside, where that is another name.
_PLACES = {
    "name": "metric", "key": "metric", "estimand": "metric", "owner": "watched_by", "measured_by": "source",
    "baseline": "value", "binding": "source", "source_date": "value",
}  # fmt: skip


def _version(said: str) -> Version:
    name, _, version = said.strip().partition("@")
    try:
        return Version(
            kind="model", name=re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-"), version=version.strip() or "1"
        )  # fmt: skip
    except ValidationError as error:
        raise InvalidInput(
            f"{said[:60]!r} names no model", where="model", rule="its name, @ and its version",
            todo="write it as reader@v3",
        ) from error  # fmt: skip
