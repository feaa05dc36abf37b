"""A criterion: what must hold, written once and judged everywhere.

The same object is judged offline, in the A/B test, at each rollout step, in monitoring and in the review.
The plain word for it on the page is *target*.
"""

from __future__ import annotations

import math
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from sextant.canonical import Frozen, digest

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
#: The longest span in days: a hundred years.
MAX_DAYS = 36_500
Phase = Literal["problem", "data", "model", "evaluation", "deployment", "maintenance"]


class Setting(StrEnum):
    """Where a measurement was taken, the one nearest to real use last."""

    OFFLINE = "offline"
    STUDY = "study"
    EXPERIMENT = "experiment"
    ROLLOUT = "rollout"
    MONITORING = "monitoring"
    REVIEW = "review"


class Origin(StrEnum):
    """Where a number comes from; the three are never mixed."""

    MEASURED = "measured"
    SIMULATED = "simulated"
    DECLARED = "declared"


Family = Literal[
    "business", "product", "ml", "system", "cost", "fairness", "explainability", "data", "safety"
]

#: Which settings judge a criterion when it does not say: an ML metric is judged wherever it is measured, a
#: business number in life only.
_SETTINGS: dict[str, tuple[Setting, ...]] = {
    "business": (Setting.EXPERIMENT, Setting.MONITORING, Setting.REVIEW),
    "product": (Setting.STUDY, Setting.EXPERIMENT, Setting.ROLLOUT, Setting.MONITORING, Setting.REVIEW),
}


class Baseline(Frozen):
    """Where things stand today: a number with the place and the day that it was taken from."""

    value: float
    source: Text
    at: date | None = None


class Binding(Frozen):
    """What measures the criterion, or who will measure it, how and from when."""

    measured_by: Text
    owner: Text | None = None
    starts: date | None = None


class Criterion(Frozen):
    """What must hold: a metric with its unit, direction, threshold and the evidence that may judge it.

    A *target* is met when the interval's bound clears `threshold`. A *guardrail* limits harm: its threshold is
    a non-inferiority margin, the largest loss that is acceptable, zero or more in the metric's unit, and it is
    judged on a difference between candidate and control.

    `level` and `sides` say how sure a verdict must be: with the default, both ends of a two-sided 95 %
    interval; with `sides=1` each end is a one-sided bound at `level`.

    >>> c = Criterion(key="accuracy", name="Digits read right", family="ml", metric="accuracy",
    ...               unit="share", direction="at_least", threshold=0.95)
    >>> c.bar
    0.95
    """

    key: Key
    name: Text
    family: Family
    metric: Text
    unit: Text
    direction: Literal["at_least", "at_most"]
    threshold: float
    role: Literal["target", "guardrail"] = "target"
    phase: Phase | None = None
    slice: dict[str, str] = Field(default_factory=dict)
    level: float = Field(default=0.95, gt=0.5, lt=1)
    sides: Literal[1, 2] = 2
    minimum_n: int = Field(default=1, ge=1)
    settings: tuple[Setting, ...] = ()
    kinds: tuple[str, ...] = ()
    origins: tuple[Origin, ...] = ()
    requires: tuple[Key, ...] = ()
    continuous: bool = False
    baseline: Baseline | None = None
    due: date | None = None
    due_days_after_exposure: int | None = Field(default=None, ge=0, le=MAX_DAYS)
    max_age_days: float | None = Field(default=None, gt=0, le=MAX_DAYS)
    leading: Key | None = None
    owner: Text | None = None
    binding: Binding | None = None
    note: str | None = Field(default=None, max_length=4000)

    @field_validator("threshold")
    @classmethod
    def _finite(cls, value: float) -> float:
        if not math.isfinite(value):
            raise ValueError("a threshold is a finite number")
        return value

    @model_validator(mode="after")
    def _margin(self) -> Self:
        if self.role == "guardrail" and self.threshold < 0:
            raise ValueError("a guardrail's threshold is a margin, the largest acceptable loss: zero or more")
        if self.due is not None and self.due_days_after_exposure is not None:
            raise ValueError("give either a due date or a number of days after exposure, not both")
        return self

    @property
    def bar(self) -> float:
        """The number that the interval's bound must clear, signed in the metric's own direction."""
        if self.role == "target":
            return self.threshold
        return -self.threshold if self.direction == "at_least" else self.threshold

    @property
    def judged_in(self) -> tuple[Setting, ...]:
        """The settings whose evidence judges it."""
        return self.settings or _SETTINGS.get(self.family, tuple(Setting))

    @property
    def admitted_origins(self) -> tuple[Origin, ...]:
        """Whose numbers count: a declared one does only for business, product and cost, unless it says so."""
        if self.origins:
            return self.origins
        if self.family in ("business", "product", "cost"):
            return (Origin.MEASURED, Origin.DECLARED)
        return (Origin.MEASURED,)

    @property
    def measure_digest(self) -> str:
        """Digest of *what is measured*, without the bar: a new threshold re-judges old evidence, a new metric,
        unit or slice makes it stale."""
        return digest({"metric": self.metric, "unit": self.unit, "slice": self.slice, "role": self.role})

    def diff(self, other: Criterion) -> dict[str, tuple[Any, Any]]:
        """Field by field, what differs: `{field: (this, other)}`."""
        mine, theirs = self.plain(), other.plain()
        return {
            k: (mine.get(k), theirs.get(k))
            for k in sorted(mine.keys() | theirs.keys())
            if mine.get(k) != theirs.get(k)
        }
