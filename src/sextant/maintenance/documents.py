"""What people write down in phase 6: reviews, drift checks, retraining, improvements, upkeep."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sextant.canonical import Frozen
from sextant.criteria import MAX_DAYS, Key, Phase
from sextant.documents import Document, Words, document


@document
class ReviewPlan(Document):
    """When the dashboards are reviewed."""

    kind: ClassVar[str] = "review_plan"
    phase: ClassVar[Phase] = "maintenance"
    label: ClassVar[str] = "Review plan"
    help: ClassVar[str] = "From which day on, and how often, somebody looks at the dashboards and decides."

    first_on: date | None = Field(None, title="First review", description="The day of the first review.")
    cadence_days: int = Field(
        7, ge=1, le=MAX_DAYS, title="Every so many days", description="7 is weekly; no longer than that."
    )
    owner: Words = Field("", title="Owner", description="Who holds it, by role.")


@document
class Review(Document):
    """A weekly or monthly review that took place; its key is its day or name."""

    kind: ClassVar[str] = "review"
    phase: ClassVar[Phase] = "maintenance"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Review"
    help: ClassVar[str] = (
        "Trends, feedback, new kinds of failure and cost each week; segments, competitors and the roadmap "
        "each month. What counts is what was decided."
    )

    type: Literal["weekly", "monthly"] = Field("weekly", title="Kind", description="Weekly or monthly.")
    held_on: date | None = Field(None, title="Held on", description="The day on which it took place.")
    attendees: tuple[str, ...] = Field((), title="Who was there", description="By role, one a line.")
    trends: Words = Field("", title="Trends", description="Which numbers go up or down.")
    feedback: Words = Field("", title="Feedback", description="What users and tickets say.")
    failures: Words = Field("", title="New failures", description="What goes wrong that did not before.")
    cost: Words = Field("", title="Cost", description="What it costs, and whether that changed.")
    notes: Words = Field("", title="Notes", description="Segments, competitors, roadmap, anything else.")
    decisions: tuple[str, ...] = Field(
        (), title="Decisions", description="What was decided, one a line. 'Nothing to change' is a decision."
    )


@document
class DriftPlan(Document):
    """What is watched for drift on the model in service, and how often."""

    kind: ClassVar[str] = "drift_plan"
    phase: ClassVar[Phase] = "maintenance"
    label: ClassVar[str] = "Drift checks"
    help: ClassVar[str] = (
        "What the model reads (data drift), and what it is scored on (concept drift): which, how often, "
        "and from what size on a change calls for retraining."
    )

    features: tuple[str, ...] = Field(
        (), title="Features", description="What the model reads and drift is looked for in; one a line."
    )
    outcomes: tuple[str, ...] = Field(
        (), title="Labels and results", description="What it is scored on in recent cases; one a line."
    )
    data_cadence_days: float | None = Field(
        None,
        gt=0,
        le=MAX_DAYS,
        title="Features every so many days",
        description="How often the features are checked.",
    )
    concept_cadence_days: float | None = Field(
        None,
        gt=0,
        le=MAX_DAYS,
        title="Results every so many days",
        description="How often labels and results are checked.",
    )
    threshold: float | None = Field(
        None,
        gt=0,
        title="Retrain from",
        description="The distance from which on a change calls for retraining.",
    )
    owner: Words = Field("", title="Owner", description="Who looks at what was found, by role.")


class Trigger(Frozen):
    """Something that sets off a retraining."""

    type: Literal["time", "performance", "data", "event"] = Field(
        title="Kind", description="Time, a fall in performance, more data, or an event such as a release."
    )
    what: Words = Field(
        "", title="What exactly", description="Such as 'every 6 months' or 'accuracy under 95 %'."
    )


@document
class RetrainingPlan(Document):
    """When it is trained again; where nothing is trained, when the provider's model is evaluated again."""

    kind: ClassVar[str] = "retraining_plan"
    phase: ClassVar[Phase] = "maintenance"
    label: ClassVar[str] = "Retraining plan"
    help: ClassVar[str] = (
        "What sets off a retraining. Its six steps are tried once before they are needed: collect, combine, "
        "retrain, evaluate, compare, deploy."
    )

    trained: bool = Field(
        True, title="We train a model", description="No if you use a provider's model as it is."
    )
    triggers: tuple[Trigger, ...] = Field((), title="Triggers", description="What sets off a retraining.")
    reevaluate_every_days: int | None = Field(
        None,
        ge=1,
        le=MAX_DAYS,
        title="Evaluate again every so many days",
        description="Only for a provider's model: how often it is held against its targets again.",
    )
    reevaluate_first: date | None = Field(
        None, title="First on", description="Only for a provider's model: the day of the first evaluation."
    )
    owner: Words = Field("", title="Owner", description="Who does it, by role.")


@document
class Improvement(Document):
    """Something that would make it better."""

    kind: ClassVar[str] = "improvement"
    phase: ClassVar[Phase] = "maintenance"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Improvement"
    help: ClassVar[str] = "Something that would make it better, where it came from, what it brings and takes."

    title: Words = Field("", title="What", description="In one line.")
    source: Literal["feedback", "tickets", "error_analysis", "competitors", "technology"] = Field(
        title="Source", description="Where the idea came from."
    )
    impact: int | None = Field(None, ge=1, le=5, title="Impact", description="From 1 (little) to 5 (much).")
    effort: int | None = Field(None, ge=1, le=5, title="Effort", description="From 1 (a day) to 5 (months).")
    state: Literal["open", "planned", "doing", "shipped", "dropped"] = Field(
        "open", title="State", description="How far it is."
    )
    quarter: Words = Field("", title="Quarter", description="When it is planned, such as 2027-Q1.")
    criterion: Key | None = Field(
        None, title="Target", description="The target that it should move, measured again after it shipped."
    )
    touched_on: date | None = Field(
        None, title="Looked at on", description="The last day on which somebody looked at it."
    )


@document
class UpkeepPlan(Document):
    """The part of the team's capacity that upkeep may take, and has taken."""

    kind: ClassVar[str] = "upkeep_plan"
    phase: ClassVar[Phase] = "maintenance"
    label: ClassVar[str] = "Upkeep"
    help: ClassVar[str] = (
        "A model in use needs 10 to 20 % of the team's capacity: planned, and what it really took."
    )

    planned_share: float | None = Field(
        None, ge=0, le=1, title="Planned", description="Of the team's capacity, as a fraction: 0.15 is 15 %."
    )
    spent_share: float | None = Field(
        None, ge=0, le=1, title="Spent", description="What upkeep has taken in the period so far, likewise."
    )
    period_start: date | None = Field(None, title="From", description="The first day of the period.")
    period_end: date | None = Field(None, title="To", description="The last day of the period.")
    backlog_cadence_days: int = Field(
        30,
        ge=1,
        le=MAX_DAYS,
        title="List of improvements every so many days",
        description="How often the list is gone through.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.period_start and self.period_end and self.period_end < self.period_start:
            raise ValueError(f"the period ends on {self.period_end}, before it starts on {self.period_start}")
        return self
