"""What people write down in phase 2: which data is needed, where it comes from, and how it is labeled."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from sextant.criteria import MAX_DAYS, Key, Phase
from sextant.data.guidelines import Guideline as Guideline
from sextant.data.guidelines import LabelValue as LabelValue
from sextant.documents import Document, Words, document

Aspect = Literal["quantity", "quality", "format", "labels", "sources"]


@document
class DataRequirement(Document):
    """One thing that the data must be, with a rule that `data.requirements` can read."""

    kind: ClassVar[str] = "data_requirement"
    phase: ClassVar[Phase] = "data"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Data requirement"
    help: ClassVar[str] = (
        "What the data must be like: how much, how good, in what form, with which labels, from where. "
        "Tie it to a target that is measured, or write a rule that can be checked."
    )

    aspect: Aspect = Field(title="Aspect", description="Which of the five sides of the data it is about.")
    text: Words = Field("", title="Requirement", description="In words, for people.")
    criterion: Key | None = Field(
        None, title="Target", description="The target that measures it, by its key, if there is one."
    )
    rule: Words = Field(
        "",
        title="Rule",
        description="What, a comparison, and a value, such as 'rows at least 10000' or 'language one of en, de'.",
    )


SourceState = Literal["planned", "requested", "collecting", "ready", "dropped"]


@document
class DataSource(Document):
    """One place that data comes from."""

    kind: ClassVar[str] = "data_source"
    phase: ClassVar[Phase] = "data"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Data source"
    help: ClassVar[str] = (
        "Where data comes from, who looks after it, what it costs, and what allows you to use it."
    )

    name: Words = Field("", title="Name", description="What you call it.")
    strategy: Literal["existing", "user_generated", "labeling", "synthetic", "partnership"] = Field(
        "existing",
        title="Strategy",
        description=(
            "Data you have (quick and cheap, may not fit); data that users make (fits and goes on, comes slowly, needs "
            "consent); labels you order (just what you ask for, dear); generated data (any amount, compare it with real rows); "
            "a partner's (much at once, for money and with a contract)."
        ),
    )
    owner: Words = Field("", title="Owner", description="The role that looks after it.")
    state: SourceState | None = Field(
        None, title="State", description="How far it is. A dropped source counts no longer."
    )
    cost: float | None = Field(
        None, ge=0, title="Cost", description="What it costs in all, without labels; 0 if nothing."
    )
    licence: Words = Field("", title="Licence", description="The licence or contract that allows its use.")
    consent: Words = Field("", title="Consent", description="How people agreed, and where that is recorded.")
    legal_review: Words = Field(
        "", title="Legal review", description="Who looked at it, when, and the outcome."
    )
    access: Words = Field("", title="Access", description="How one gets at it.")
    privacy: Words = Field("", title="Privacy", description="Personal data in it, and how it is protected.")


@document
class DataPlan(Document):
    """Money for data and labels, and how many labels it takes."""

    kind: ClassVar[str] = "data_plan"
    phase: ClassVar[Phase] = "data"
    label: ClassVar[str] = "Data plan"
    help: ClassVar[str] = "What may be spent on data and on labels, and how many labels you expect to need."

    collection_budget: float | None = Field(
        None, ge=0, title="Budget for collecting", description="For all sources together, without labels."
    )
    labels_needed: bool = Field(
        True, title="Labels are needed", description="Must people or rules label data?"
    )
    no_labels_reason: Words = Field(
        "", title="Why no labels", description="If none are needed: what takes their place."
    )
    labeling_budget: float | None = Field(
        None, ge=0, title="Budget for labels", description="What is set aside for labeling."
    )
    labels_forecast: int | None = Field(
        None,
        ge=0,
        title="Labels to come",
        description="How many labels you expect to pay for, repeats counted.",
    )
    label_cost: Key | None = Field(
        None,
        title="Target for the cost of a label",
        description="Only if several targets measure it: the key of the one to reckon with.",
    )


@document
class Pipeline(Document):
    """How one dataset keeps coming. `dataset` is the name that its versions carry."""

    kind: ClassVar[str] = "pipeline"
    phase: ClassVar[Phase] = "data"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Data pipeline"
    help: ClassVar[str] = (
        "How data keeps coming: from where, how often, who looks after it, and what it costs."
    )

    dataset: Key = Field(title="Dataset", description="The name of the dataset that it keeps fresh.")
    owner: Words = Field("", title="Owner", description="The role that looks after it.")
    owner_days: float | None = Field(
        None, ge=0, title="Owner's days a month", description="How much of their time is set aside for it."
    )
    cadence_days: float | None = Field(
        None,
        gt=0,
        le=MAX_DAYS,
        title="Refreshed every (days)",
        description="1 for daily, 7 for weekly, 0.04 for hourly.",
    )
    monthly_cost: float | None = Field(
        None, ge=0, title="Cost a month", description="In the project's currency."
    )
    collection: Words = Field("", title="Collection", description="How data flows in from its sources.")
    storage: Words = Field("", title="Storage", description="Where it is kept, and for how long.")
    processing: Words = Field("", title="Processing", description="What is done to it on the way.")
    versioning: Words = Field("", title="Versioning", description="How each version can be had again.")
    monitoring: Words = Field("", title="Monitoring", description="What is watched, and who is told.")


@document
class QualityResolution(Document):
    """What was decided about one finding of a quality report."""

    kind: ClassVar[str] = "quality_resolution"
    phase: ClassVar[Phase] = "data"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Decision on a data fault"
    help: ClassVar[str] = "For each finding of a quality report: mended, accepted with a reason, or planned."

    dataset: Key = Field(title="Dataset", description="The dataset whose report has the finding.")
    finding: Key = Field(title="Finding", description="The finding's key, as the report names it.")
    resolution: Literal["fixed", "accepted", "planned"] = Field(
        title="Decision", description="Mended, accepted as it is, or to be mended by a date."
    )
    reason: Words = Field("", title="Reason", description="Why it may stay, or how it is mended.")
    version: Words = Field(
        "",
        title="On version",
        description="The version of the dataset that you looked at, or that has it mended.",
    )
    accepted_share: float | None = Field(
        None,
        ge=0,
        le=1,
        title="Accepted up to",
        description="Up to this share of rows it is accepted on later versions too; empty: on this one only.",
    )
    planned_by: date | None = Field(None, title="Planned by", description="The day by which it is mended.")
