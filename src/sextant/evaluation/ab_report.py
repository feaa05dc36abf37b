"""What an analysis of an A/B test gives: its health, its effects, and what follows; as data and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sextant.evaluation.ab_verdict import Rule
from sextant.evaluation.experiment import Recommendation
from sextant.stats import Bounds


@dataclass(frozen=True, slots=True)
class Check:
    """One condition for the result to count: it held, it did not, or (`holds` is None) it is worth a look."""

    name: str
    holds: bool | None
    said: str


@dataclass(frozen=True, slots=True)
class Effect:
    """How one arm differs from the control in one metric.

    role                 primary, guardrail or secondary; `better` is 1 where more is better, else -1
    candidate, control   the metric in either arm, adjusted where there is a covariate
    difference, relative candidate minus control, and that as a share of control, at `level`
    p, adjusted          the chance of so much were there no difference; and with the other metrics' questions
    e, discovery         with continuous looking: the evidence against no difference, and whether it is a finding
                         among the others (e-BH)
    chance_better        the probability that the candidate is better, for a flat prior
    expected_loss        what shipping loses on average, in the metric's unit, for a flat prior
    saved                the share of the variance that the covariate took away
    strata, left_out     over how many periods it was taken; units of periods with one arm alone
    smallest             the bar: the smallest effect that matters, or minus the room of a guardrail
    """

    metric: str
    arm: str
    role: Literal["primary", "guardrail", "secondary"]
    better: int
    share: bool
    candidate: float
    control: float
    difference: Bounds
    relative: Bounds
    level: float
    p: float
    adjusted: float | None
    e: float
    chance_better: float
    expected_loss: float
    saved: float
    strata: int
    left_out: int
    smallest: float
    discovery: bool | None = None

    @property
    def good(self) -> tuple[float, float]:
        """The ends of the difference, the worse first, where more is better."""
        low, high = self.difference.lower, self.difference.upper
        return (low, high) if self.better > 0 else (-high, -low)

    @property
    def verdict(self) -> Literal["better", "worse", "unclear", "undefined"]:
        """Which way it went, if the interval says so."""
        low, high = self.good
        if self.difference.undefined:
            return "undefined"
        return "better" if low > 0 else "worse" if high < 0 else "unclear"


@dataclass(frozen=True, slots=True)
class Day:
    """The difference of all units so far at the end of a day."""

    metric: str
    arm: str
    day: str
    units: int
    difference: Bounds


@dataclass(frozen=True, slots=True)
class Segment:
    """The primary metric's difference among some of the units: as measured, and drawn towards that of all.

    `differ` is the chance that segments differ so much though all have the same effect."""

    column: str
    value: str
    arm: str
    units: int
    difference: Bounds
    drawn: Bounds
    differ: float


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysed A/B test. `sound` is False if the result must not be believed."""

    table: str
    units: Mapping[str, int]
    planned: Mapping[str, float]
    level: float
    sides: int
    continuous: bool
    checks: tuple[Check, ...]
    effects: tuple[Effect, ...]
    days: tuple[Day, ...]
    segments: tuple[Segment, ...]
    capped: Mapping[str, tuple[float, float]]
    correction: str
    rule: Rule
    recommendation: Recommendation
    why: str

    @property
    def sound(self) -> bool:
        return all(check.holds is not False for check in self.checks)

    @property
    def control(self) -> str:
        return next(iter(self.units))

    def __getitem__(self, metric: str) -> Effect:
        """The effect on a metric, of the first arm."""
        found = next((e for e in self.effects if e.metric == metric), None)
        if found is None:
            raise KeyError(metric)
        return found

    def __str__(self) -> str:
        from sextant.evaluation.ab_text import as_text

        return as_text(self)
