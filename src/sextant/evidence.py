"""Evidence: what was measured, how sure that is, on what, by what and when. Immutable and typed.

Two sorts. A **measurement** is one number that judges a criterion: it carries its interval and the sufficient
statistics from which both can be computed again, at any level. A **report** is a typed finding about the project
(a quality report, a red-team run, a rollback drill) that a gate item reads.

The plain word for it on the page is *proof*. Evidence holds no personal data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import (
    AwareDatetime,
    Field,
    StringConstraints,
    ValidationError,
    field_serializer,
    model_validator,
)

from sextant.canonical import Frozen
from sextant.criteria import Key, Origin, Setting, Text
from sextant.errors import InvalidInput
from sextant.stats import intervals
from sextant.stats.distances import Statistic
from sextant.stats.intervals import Bounds

# One character before the @ is enough to know it, and keeps the search linear in a long text.
_EMAIL = re.compile(r"[\w.+-]@[\w-]+\.[\w.-]*[A-Za-z]{2,}")


class Version(Frozen):
    """One exact version of a thing that evidence rests on: a model, a dataset, a prompt, a guideline.

    `kind:name@version`, as in `model:reader@m3`. Two versions are the same if their `version` is.
    """

    kind: Key
    name: Key
    version: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=128)]

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}@{self.version}"

    @property
    def subject(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def parse(cls, text: str, kind: str | None = None) -> Self:
        """Read `kind:name@version`, or `name@version` when `kind` is given."""
        subject, at, version = text.partition("@")
        given, colon, name = subject.rpartition(":")
        if not at or not version or not (given or kind) or (colon and kind and given != kind):
            raise InvalidInput(
                f"{text!r} names no version",
                rule=f"write {kind or 'kind'}:name@version",
                todo="add the part after @",
            )
        return cls.of(given or kind or "", name, version)

    @classmethod
    def of(cls, kind: str, name: str, version: str) -> Self:
        """The version that these three words name, or a clear error."""
        try:
            return cls(kind=kind, name=name, version=version)
        except ValidationError as error:
            faulty = str(error.errors(include_url=False)[0]["loc"][0])
            raise InvalidInput(
                f"{f'{kind}:{name}@{version}'[:200]!r} names no version: its {faulty} is not right",
                rule="kind and name have small letters, digits, - and _, at most 80; a version 1 to 128 characters",
            ) from error


class Interval(Frozen):
    """The range that the value may well have, given how much was measured.

    With `sides=2` it is a two-sided interval at `level`; with `sides=1` each end is a one-sided bound at `level`.
    `continuous` says that it stays valid however often one looks.
    """

    lower: float
    upper: float
    level: float = Field(default=0.95, gt=0, lt=1)
    sides: Literal[1, 2] = 2
    method: Text
    continuous: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if math.isnan(self.lower) != math.isnan(self.upper):
            raise ValueError("either both ends of an interval are numbers or neither is")
        if self.lower > self.upper:
            raise ValueError(f"the lower end {self.lower} lies above the upper end {self.upper}")
        return self

    @property
    def tail(self) -> float:
        """How often the truth lies beyond one given end: 0.025 for a two-sided 95 % interval."""
        return (1 - self.level) / self.sides


class Soundness(Frozen):
    """One condition for the evidence to count: it held, it did not, or nobody checked (`holds` is None)."""

    rule: Key
    holds: bool | None = None
    detail: str = ""


class Producer(Frozen):
    """What made the evidence (a tool, not a person), and what it took: shown when it must be run again."""

    name: Text
    version: str = ""
    command: str = ""
    seconds: float | None = Field(default=None, ge=0)
    cost: float | None = Field(default=None, ge=0)
    currency: str = ""


class Recipe(Frozen):
    """How to compute it again from the rows: a check's name, its arguments, and the digests of its inputs."""

    check: Key
    arguments: dict[str, Any] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict)


class Evidence(Frozen):
    """What every kind carries. `at` is when it was measured; `n` how many units were counted."""

    kind: str
    schema_version: int = 1
    criterion: Key | None = None
    estimand: Text
    setting: Setting
    unit: str = ""
    slice: dict[str, str] = Field(default_factory=dict)
    model: Version | None = None
    data: Version | None = None
    depends: tuple[Version, ...] = ()
    code: str | None = None
    origin: Origin = Origin.MEASURED
    producer: Producer
    at: AwareDatetime
    period_start: AwareDatetime | None = None
    period_end: AwareDatetime | None = None
    n: int | None = Field(default=None, ge=0)
    soundness: tuple[Soundness, ...] = ()
    recipe: Recipe | None = None
    note: str | None = Field(default=None, max_length=4000)
    measure_digest: str | None = None

    measurement: ClassVar[bool] = False

    @field_serializer("at", "period_start", "period_end", when_used="json")
    def _utc(self, value: datetime | None) -> str | None:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z") if value else None

    @model_validator(mode="after")
    def _impersonal(self) -> Self:
        for place, text in _strings(self.model_dump(mode="python")):
            if _EMAIL.search(text):
                raise ValueError(
                    f"{place} holds what looks like an e-mail address: evidence holds no personal data; name a role "
                    "or an id instead"
                )
        return self

    @property
    def rests_on(self) -> tuple[Version, ...]:
        """Every version that it declares to rest on, without repeats."""
        named = [v for v in (self.model, self.data) if v is not None]
        return tuple(dict.fromkeys([*named, *self.depends]))

    @property
    def topic(self) -> str:
        """What it is about: of two records with one topic, the later one speaks."""
        return f"{self.kind}:{self.setting}"

    @property
    def holds(self) -> Soundness | None:
        """The first condition that did not hold, if any."""
        return next((s for s in self.soundness if s.holds is False), None)


class Measurement(Evidence):
    """One number that judges a criterion, with its interval. `undefined` says why there is no number."""

    unit: Text
    value: float
    interval: Interval | None = None
    undefined: str | None = None

    measurement: ClassVar[bool] = True
    contrast: ClassVar[bool] = False

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if math.isnan(self.value) != (self.undefined is not None):
            raise ValueError("a value that is not a number says why in `undefined`; a number does not")
        if self.interval and not math.isnan(self.value):
            if math.isnan(self.interval.lower):
                raise ValueError(
                    "a value that is a number has an interval with two ends (they may be infinite)"
                )
            slack = 1e-9 * max(1.0, abs(self.value)) if math.isfinite(self.value) else 0.0
            if not self.interval.lower - slack <= self.value <= self.interval.upper + slack:
                raise ValueError(
                    f"the interval [{self.interval.lower}, {self.interval.upper}] does not hold its value {self.value}"
                )
        return self

    @property
    def topic(self) -> str:
        return (
            about(self.criterion, self.setting, self.slice)
            if self.criterion
            else f"{self.kind}:{self.setting}{_by_guideline(self.depends)}"
        )

    @property
    def size(self) -> int | None:
        """The sample size that a minimum is held against: from the statistics where there are some, else `n`."""
        return self.counted if self.counted is not None else self.n

    @classmethod
    def of(
        cls,
        *,
        level: float = 0.95,
        sides: Literal[1, 2] = 2,
        method: str = "",
        continuous: bool = False,
        **fields: Any,
    ) -> Self:
        """Evidence from its sufficient statistics: value and interval are computed, never typed.

        `fields` are the kind's own (for `Proportion`, `successes` and `trials`) and those of every kind.

        >>> p = Proportion.of(successes=96, trials=100, criterion="accuracy", unit="share", setting="offline",
        ...     estimand="share of held-out digits read right", at="2026-01-01T00:00:00Z", producer={"name": "doc"})
        >>> round(p.value, 2), round(p.interval.lower, 4), p.interval.method
        (0.96, 0.9016, 'wilson')
        """
        stub = Interval(
            lower=0, upper=0, level=level, sides=sides, method=method or "-", continuous=continuous
        )
        draft = cls.model_construct(**{**fields, "value": fields.get("value", 0.0), "interval": stub})
        found = draft.bounds(level, sides)
        if found is None:
            raise InvalidInput(
                f"a {cls.model_fields['kind'].default} has no sufficient statistics",
                todo="give value and interval",
            )
        made: dict[str, Any] = {"value": found.value, "undefined": found.undefined}
        if "n" not in fields:
            made["n"] = draft.counted
        if cls is not Count:
            made["interval"] = Interval(
                lower=found.lower, upper=found.upper, level=level, sides=sides, method=found.method,
                continuous=continuous,
            )  # fmt: skip
        return cls.model_validate({**fields, **made})

    @property
    def counted(self) -> int | None:
        """How many units the sufficient statistics count."""
        return self.n

    def bounds(self, level: float, sides: int) -> Bounds | None:
        """The interval at another level, from the sufficient statistics; None where they were not given."""
        return None

    def recompute(self) -> Bounds | None:
        """Value and interval once more from the sufficient statistics, at the level that was reported."""
        return self.bounds(self.interval.level, self.interval.sides) if self.interval else None


class Proportion(Measurement):
    """A share of trials that succeeded: accuracy, recall, acceptance rate. Wilson's interval, or a confidence
    sequence."""

    kind: Literal["proportion"] = "proportion"
    successes: int = Field(ge=0)
    trials: int = Field(ge=0)

    @property
    def counted(self) -> int:
        return self.trials

    def bounds(self, level: float, sides: int) -> Bounds:
        if self.interval and self.interval.continuous:
            from sextant.stats import sequential

            return sequential.confidence_sequence_proportion(
                self.successes, self.trials, level=level, sides=sides
            )
        if self.interval and self.interval.method == "clopper_pearson":
            return intervals.clopper_pearson(self.successes, self.trials, level=level, sides=sides)
        return intervals.wilson(self.successes, self.trials, level=level, sides=sides)


class Mean(Measurement):
    """A mean of n numbers with m2, the sum of squared deviations. Student's interval, or a confidence sequence."""

    kind: Literal["mean"] = "mean"
    mean: float
    m2: float
    n: int = Field(ge=0)
    n_tuned: int = Field(default=500, ge=1)

    def bounds(self, level: float, sides: int) -> Bounds:
        if self.interval and self.interval.continuous:
            from sextant.stats import sequential

            return sequential.confidence_sequence_mean(
                self.n, self.mean, self.m2, level=level, sides=sides, n_tuned=self.n_tuned
            )
        return intervals.mean_t(self.n, self.mean, self.m2, level=level, sides=sides)


class Quantile(Measurement):
    """A quantile such as the 95th percentile of latency, by order statistics.

    `ranks` keeps the ordered values around the quantile by their 1-based rank, enough for intervals up to the
    widest level that was kept; beyond it a bound is unknown and the answer is infinite, never a guess.
    """

    kind: Literal["quantile"] = "quantile"
    q: float = Field(gt=0, lt=1)
    n: int = Field(ge=0)
    ranks: dict[int, float]

    def bounds(self, level: float, sides: int) -> Bounds:
        point, low, high = intervals.quantile_ranks(self.n, self.q, level=level, sides=sides)
        if point not in self.ranks:
            return Bounds(math.nan, math.nan, math.nan, "order_statistics", "no values were measured")
        return Bounds(
            self.ranks[point],
            self.ranks.get(low, -math.inf),
            self.ranks.get(high, math.inf),
            "order_statistics",
        )


class ProportionDifference(Measurement):
    """Candidate's share minus control's, from four counts. Newcombe's hybrid score, or a confidence sequence."""

    kind: Literal["proportion_difference"] = "proportion_difference"
    successes: int = Field(ge=0)
    trials: int = Field(ge=0)
    control_successes: int = Field(ge=0)
    control_trials: int = Field(ge=0)
    n_tuned: int = Field(default=500, ge=1)

    contrast: ClassVar[bool] = True

    @property
    def counted(self) -> int:
        return self.trials + self.control_trials

    def bounds(self, level: float, sides: int) -> Bounds:
        s1, n1, s0, n0 = self.successes, self.trials, self.control_successes, self.control_trials
        if self.interval and self.interval.continuous and n1 and n0:
            from sextant.stats import sequential

            return sequential.confidence_sequence_difference(
                n1, s1 / n1, s1 * (n1 - s1) / n1, n0, s0 / n0, s0 * (n0 - s0) / n0,
                level=level, sides=sides, n_tuned=self.n_tuned,
            )  # fmt: skip
        return intervals.difference_proportions(s1, n1, s0, n0, level=level, sides=sides)


class MeanDifference(Measurement):
    """Candidate's mean minus control's, from two sets of moments. Welch, or a confidence sequence."""

    kind: Literal["mean_difference"] = "mean_difference"
    n: int = Field(ge=0)
    mean: float
    m2: float
    control_n: int = Field(ge=0)
    control_mean: float
    control_m2: float
    n_tuned: int = Field(default=500, ge=1)

    contrast: ClassVar[bool] = True

    def bounds(self, level: float, sides: int) -> Bounds:
        arms = (self.n, self.mean, self.m2, self.control_n, self.control_mean, self.control_m2)
        if self.interval and self.interval.continuous:
            from sextant.stats import sequential

            return sequential.confidence_sequence_difference(
                *arms, level=level, sides=sides, n_tuned=self.n_tuned
            )
        return intervals.difference_means(*arms, level=level, sides=sides)


class Agreement(Measurement):
    """How far labelers agree beyond chance, from counts: items by label, each pattern with its multiplicity.

    `metric` says how labels differ in Krippendorff's alpha: not at all or wholly where it is not given, by their order
    ("ordinal"), or by how many places lie between them ("interval"); the patterns then hold the labels in their order."""

    kind: Literal["agreement"] = "agreement"
    statistic: Literal["krippendorff_alpha", "fleiss_kappa"] = "krippendorff_alpha"
    metric: Literal["ordinal", "interval"] | None = None
    patterns: tuple[tuple[int, ...], ...]
    multiplicity: tuple[int, ...]
    resamples: int = Field(default=1000, ge=100, le=100_000)
    seed: int = 0

    @model_validator(mode="after")
    def _of_alpha(self) -> Agreement:
        if self.metric and self.statistic != "krippendorff_alpha":
            raise ValueError(
                "a metric goes with krippendorff_alpha: Fleiss' kappa takes labels as alike or not"
            )
        return self

    @property
    def topic(self) -> str:
        """Without a criterion, one topic for each guideline, so that its calibration is found."""
        if self.criterion:
            return about(self.criterion, self.setting, self.slice)
        return f"agreement:calibration{_by_guideline(self.depends)}"

    @property
    def counted(self) -> int:
        return sum(self.multiplicity)

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import agreement, coincidence

        if self.metric:
            return coincidence.krippendorff_interval(
                self.patterns, self.multiplicity, metric=self.metric, level=level, sides=sides, resamples=self.resamples,
                seed=self.seed,
            )  # fmt: skip
        return agreement.agreement_interval(
            self.patterns, self.multiplicity, statistic=self.statistic, level=level, sides=sides,
            resamples=self.resamples, seed=self.seed,
        )  # fmt: skip


class Drift(Measurement):
    """How far two distributions of one feature lie apart, as an effect size, from their histograms."""

    kind: Literal["drift"] = "drift"
    statistic: Statistic = "total_variation"
    feature: Text
    reference: Version
    reference_counts: tuple[int, ...]
    current_counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    positions: tuple[float, ...] = ()
    resamples: int = Field(default=500, ge=100, le=100_000)
    seed: int = 0

    @property
    def topic(self) -> str:
        return f"drift:{self.reference.name}:{self.feature}"

    @property
    def counted(self) -> int:
        return sum(self.reference_counts) + sum(self.current_counts)

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats import distances

        return distances.distance_interval(
            self.reference_counts, self.current_counts, statistic=self.statistic, level=level, sides=sides,
            resamples=self.resamples, seed=self.seed, positions=self.positions,
        )  # fmt: skip


class Separability(Measurement):
    """How well a classifier tells the rows of two tables apart: the area under the ROC curve on rows that it has not seen,
    0.5 by chance, 1 always.

    `feature` is the column whose values it saw, empty for all columns together; `area` and `error`, DeLong's standard
    error, come from so many rows of either table as `reference_held` and `current_held` say; `tells` are the columns by
    which it goes.
    """

    kind: Literal["separability"] = "separability"
    feature: str = ""
    reference: Version
    area: float = Field(ge=0, le=1)
    error: float = Field(ge=0)
    reference_held: int = Field(ge=2)
    current_held: int = Field(ge=2)
    tells: tuple[Text, ...] = ()

    @property
    def topic(self) -> str:
        if self.criterion:
            return about(self.criterion, self.setting, self.slice)
        return f"separability:{self.reference.name}:{self.feature or '*'}"

    @property
    def counted(self) -> int:
        return self.reference_held + self.current_held

    def bounds(self, level: float, sides: int) -> Bounds:
        from sextant.stats.auc import Auc

        return Auc(self.area, self.error, self.reference_held, self.current_held).bounds(level, sides)


class Count(Measurement):
    """A full count or a full sum: everything was counted, nothing sampled, so there is no interval."""

    kind: Literal["count"] = "count"
    interval: None = None

    def bounds(self, level: float, sides: int) -> Bounds:
        return Bounds(self.value, self.value, self.value, "full_count", self.undefined)

    def recompute(self) -> Bounds:
        return self.bounds(0.95, 2)


class Declared(Measurement):
    """A number that somebody read elsewhere and vouches for: it names its source and the day, and is shown so.
    `aim` is what was aimed at for that day, where the source says so; `attachment` the digest of a file that shows it."""

    kind: Literal["declared"] = "declared"
    origin: Origin = Origin.DECLARED
    source: Text
    source_date: date
    attachment: str = ""
    aim: float | None = None

    @model_validator(mode="after")
    def _declared(self) -> Self:
        if self.origin is not Origin.DECLARED:
            raise ValueError("a declared number has the origin declared")
        return self


class Estimate(Measurement):
    """A number with an interval that another tool computed; it cannot be computed again at another level."""

    kind: Literal["estimate"] = "estimate"
    interval: Interval
    contrast_with: str = ""


def about(criterion: str, setting: Setting, where: dict[str, str]) -> str:
    """The topic of a measurement for a criterion in a setting on a slice.

    >>> about("accuracy", Setting.OFFLINE, {"ink": "faded"})
    'criterion:accuracy:offline:ink=faded'
    """
    parts = ",".join(f"{key}={value}" for key, value in sorted(where.items()))
    return shortened(f"criterion:{criterion}:{setting.value}" + (f":{parts}" if parts else ""))


def _by_guideline(depends: tuple[Version, ...]) -> str:
    """What is measured of one guideline's labels says nothing of another's."""
    return "".join(f":{v.name}" for v in depends if v.kind == "guideline")


def shortened(topic: str) -> str:
    """A topic of at most 200 characters, as it is stored: a long one ends in its digest, so that two differ still.

    >>> shortened("drift:test:ink"), len(shortened("x" * 300))
    ('drift:test:ink', 200)
    """
    return topic if len(topic) <= 200 else f"{topic[:135]}~{sha256(topic.encode()).hexdigest()}"


def _strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield place, str(key)
            yield from _strings(inner, f"{place}.{key}" if place else str(key))
    elif isinstance(value, list | tuple) and value and not isinstance(value[0], int | float):
        for i, inner in enumerate(value):
            yield from _strings(inner, f"{place}[{i}]")
