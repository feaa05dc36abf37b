"""What people write down in phase 3: what the model must do, with what, by which way, and what stands in
it."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from sextant.canonical import Frozen
from sextant.criteria import MAX_DAYS, Key, Phase
from sextant.documents import Document, Words, document
from sextant.evidence import Version


@document
class ModelRequirements(Document):
    """What the model must do, as targets. The ML lead signs it."""

    kind: ClassVar[str] = "model_requirements"
    phase: ClassVar[Phase] = "model"
    label: ClassVar[str] = "Model requirements"
    help: ClassVar[str] = "Which targets the model must meet. The ML lead signs that they are understood."

    quality: Key | None = Field(
        None, title="Quality", description="The target for how good its answers must be."
    )
    latency: Key | None = Field(
        None, title="Latency", description="The target for how fast an answer must come."
    )
    cost: Key | None = Field(None, title="Cost", description="The target for what an answer may cost.")
    cost_answers: float | None = Field(
        None,
        ge=1,
        le=1e9,
        title="Answers that this cost is for",
        description="1 where the cost target is about one answer, 1000 where it is about a thousand.",
    )
    fairness: Key | None = Field(
        None, title="Fairness", description="The target for the largest gap between groups of people."
    )
    fairness_reason: Words = Field(
        "",
        title="Why no fairness target",
        description="Only if there is none: why no group can be treated worse.",
    )
    explainability: Key | None = Field(
        None,
        title="Explainability",
        description="The target for answers that can be explained, such as with sources.",
    )
    explainability_reason: Words = Field(
        "",
        title="Why no explainability target",
        description="Only if there is none: why nobody needs an explanation.",
    )
    robustness: Key | None = Field(
        None,
        title="Robustness",
        description="The target for answers on inputs that are worse than usual, such as noisy or shifted ones.",
    )


class Measures(Frozen):
    """Which number of a run measures which target."""

    criterion: Key = Field(title="Target", description="The target's key.")
    metric: Words = Field("", title="Metric of the run", description="Its name in the run, such as val/acc.")
    rows: Words = Field(
        "",
        title="Number of rows",
        description="The run's metric or parameter that says on how many rows it was measured.",
    )
    lower: Words = Field("", title="Lower end", description="The run's metric that is the range's lower end.")
    upper: Words = Field("", title="Upper end", description="The run's metric that is the range's upper end.")
    deviation: Words = Field(
        "", title="Spread", description="Of a mean: the run's metric that is the rows' standard deviation."
    )
    unit: Words = Field(
        "", title="Unit in the run", description="Only where it is not the target's: s, ms, %."
    )


@document
class RunMeasures(Document):
    """How the numbers of training runs are read: which measures which target, on how many rows."""

    kind: ClassVar[str] = "run_measures"
    phase: ClassVar[Phase] = "model"
    label: ClassVar[str] = "What runs measure"
    help: ClassVar[str] = (
        "Which number of a training run measures which target. Without it, a number that is called like the target is "
        "taken."
    )

    rows: tuple[Measures, ...] = Field((), title="Numbers", description="A line for each target.")


@document
class Resource(Document):
    """One thing that the team needs, planned and available."""

    kind: ClassVar[str] = "resource"
    phase: ClassVar[Phase] = "model"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Resource"
    help: ClassVar[str] = "What the team needs, how much was planned, and how much there is."

    type: Literal["compute", "data", "time", "people"] = Field(
        title="Kind", description="Computing power, data, time, or people."
    )
    name: Words = Field("", title="Name", description="What it is, such as 'GPU hours' or 'ML engineers'.")
    planned: float | None = Field(None, ge=0, title="Planned", description="How much the plan asks for.")
    available: float | None = Field(None, ge=0, title="Available", description="How much there is now.")
    unit: Words = Field("", title="Unit", description="What it is counted in, such as hours, rows or weeks.")


@document
class CheckInPlan(Document):
    """When the team checks in. The first day sets the weekday."""

    kind: ClassVar[str] = "check_in_plan"
    phase: ClassVar[Phase] = "model"
    label: ClassVar[str] = "Check-in plan"
    help: ClassVar[str] = "On which day the product manager and the ML team talk, and how often."

    first_on: date | None = Field(
        None, title="First one on", description="The day of the first; it sets the weekday."
    )
    cadence_days: int = Field(7, ge=1, le=90, title="Every (days)", description="7 for every week.")


@document
class CheckIn(Document):
    """Notes of one check-in."""

    kind: ClassVar[str] = "check_in"
    phase: ClassVar[Phase] = "model"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Check-in"
    help: ClassVar[str] = (
        "How it is going, what stands in the way, and what was decided. Ten minutes are enough."
    )

    held_on: date | None = Field(None, title="Held on", description="The day it took place.")
    trend: Words = Field(
        "", title="Trend", description="Where the main target is heading since last time, with its number."
    )
    blockers: Words = Field(
        "", title="Blockers", description="What stands in the way; 'none' if nothing does."
    )
    decisions: Words = Field("", title="Decisions", description="What was decided; 'none' if nothing was.")
    attendees: tuple[str, ...] = Field((), title="Who was there", description="Roles, one a line.")


class Guess(Frozen):
    """A number that an option is thought to reach, until a run measures it."""

    criterion: Key = Field(title="Target", description="The target's key.")
    value: float = Field(title="Assumed", description="What it is thought to reach, in the target's unit.")
    source: Words = Field(
        "", title="Where from", description="A paper, a supplier's page, a colleague's hunch."
    )


@document
class ModelOption(Document):
    """One way to build the model. Its numbers are read from what was measured on `model`."""

    kind: ClassVar[str] = "model_option"
    phase: ClassVar[Phase] = "model"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Model option"
    help: ClassVar[str] = "A way to do it: a rented model, one that is tuned, one that is built, or rules."

    name: Words = Field("", title="Name", description="What you call it.")
    approach: Literal["api", "fine_tune", "build", "rules"] = Field(
        "build",
        title="Approach",
        description="Rent a model, tune an open one, build your own, or write rules.",
    )
    model: Words = Field(
        "",
        title="Model version",
        description="The version it was measured on, as name@version, such as reader@m3.",
    )
    fixed_cost: float | None = Field(
        None,
        ge=0,
        title="Cost once",
        description="What it costs until the first answer, in the project's currency.",
    )
    unit_cost: float | None = Field(
        None, ge=0, title="Cost an answer", description="What each answer costs, in the project's currency."
    )
    control: int | None = Field(
        None, ge=1, le=5, title="Control", description="From 1 (a supplier decides) to 5 (all in our hands)."
    )
    expertise: int | None = Field(
        None, ge=1, le=5, title="Skills at hand", description="From 1 (nobody here knows how) to 5 (routine)."
    )
    data_at_hand: int | None = Field(
        None, ge=1, le=5, title="Data at hand", description="From 1 (all to be collected) to 5 (all there)."
    )
    weeks_to_market: float | None = Field(
        None, ge=0, le=MAX_DAYS, title="Weeks to market", description="How long until users could have it."
    )
    assumed: tuple[Guess, ...] = Field(
        (),
        title="Assumed numbers",
        description="What it is thought to reach. What is measured takes their place.",
    )
    notes: Words = Field("", title="Notes", description="What speaks for it and against it.")
    ruled_out: Words = Field(
        "", title="Ruled out", description="Only if it was not tried: why it is out without a measurement."
    )

    @model_validator(mode="after")
    def _versioned(self) -> Self:
        if self.model:
            Version.parse(self.model, "model")
        return self

    @property
    def version(self) -> Version | None:
        """The model version that its numbers were measured on, if one is named."""
        return Version.parse(self.model, "model") if self.model else None


class Weight(Frozen):
    """How much one thing counts in the choice."""

    factor: Key = Field(
        title="What counts",
        description="A target's key, or a field of the options: control, expertise, data_at_hand and so on.",
    )
    weight: float = Field(
        ge=0, le=1e6, title="Weight", description="How much it counts beside the others; any scale."
    )


@document
class OptionDecision(Document):
    """Which option was chosen, by what weights, and what would change the choice."""

    kind: ClassVar[str] = "option_decision"
    phase: ClassVar[Phase] = "model"
    label: ClassVar[str] = "Choice of the option"
    help: ClassVar[str] = (
        "Which way you take, what counted, and what would have to change for another to win."
    )

    chosen: Key | None = Field(None, title="Chosen option", description="Its key in the list of options.")
    weights: tuple[Weight, ...] = Field((), title="Weights", description="What counts, and how much.")
    volume: float | None = Field(
        None,
        gt=0,
        le=1e15,
        title="Answers expected",
        description="How many answers you expect in all: costs depend on it.",
    )
    sensitivity: Words = Field(
        "",
        title="What would change it",
        description="From the comparison: how far a weight or number must move for another to win.",
    )
    reason: Words = Field("", title="Reason", description="Why this one.")
    decided_by: Words = Field("", title="Decided by", description="The role that decided.")
    decided_on: date | None = Field(None, title="Decided on", description="The day of the decision.")


@document
class Blocker(Document):
    """Something that stands in the way of the team."""

    kind: ClassVar[str] = "blocker"
    phase: ClassVar[Phase] = "model"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Blocker"
    help: ClassVar[str] = "What stands in the way, since when, and when it was out of the way."

    type: Literal["data", "compute", "time", "other"] = Field(
        "other", title="Kind", description="What it lacks."
    )
    text: Words = Field("", title="Blocker", description="What stands in the way, and of what.")
    opened_on: date | None = Field(None, title="Since", description="The day it came up.")
    resolved_on: date | None = Field(None, title="Resolved on", description="The day it was out of the way.")
    resolution: Words = Field("", title="How", description="What resolved it.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.opened_on and self.resolved_on and self.resolved_on < self.opened_on:
            raise ValueError(f"it was resolved on {self.resolved_on}, before it came up on {self.opened_on}")
        return self
