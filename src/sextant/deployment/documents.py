"""What people write down in phase 5: how it goes out, who watches, how it comes back, who is told."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from sextant.canonical import Frozen
from sextant.criteria import MAX_DAYS, Key, Phase
from sextant.documents import Document, Words, document


class PlannedStep(Frozen):
    """One step: the share of users, how long it lasts at least, and how many must have been counted."""

    share: float = Field(gt=0, le=1, title="Share", description="Of users, as a fraction: 0.05 is 5 %.")
    dwell_days: float = Field(
        0,
        ge=0,
        le=MAX_DAYS,
        title="Days",
        description="How long it stays at this share at least. The last step may be 0.",
    )
    minimum_sample: int = Field(
        0,
        ge=0,
        title="Counted",
        description="How many must have met it before the next step; 0 asks for none.",
    )


@document
class RolloutPlan(Document):
    """How it goes out to users: in steps, with what must hold and what breaks it."""

    kind: ClassVar[str] = "rollout_plan"
    phase: ClassVar[Phase] = "deployment"
    label: ClassVar[str] = "Rollout plan"
    help: ClassVar[str] = (
        "Start with 5 to 10 % of users, watch closely for a week, then widen on evidence. "
        "All at once only with a reason."
    )

    strategy: Literal["gradual", "flag", "canary", "big_bang"] | None = Field(
        None,
        title="Strategy",
        description="In growing shares, by feature flag for chosen groups, by canary on part of the "
        "machines, or all at once.",
    )
    steps: tuple[PlannedStep, ...] = Field(
        (), title="Steps", description="Each wider than the one before; the last is everybody."
    )
    cohorts: tuple[str, ...] = Field(
        (), title="Groups", description="For a flag: who gets it first, second and so on; one a line."
    )
    flag: Key | None = Field(None, title="Flag", description="The feature flag that it is served through.")
    criteria: tuple[str, ...] = Field(
        (),
        title="Must hold",
        description="The targets that must hold before the next step; keys, one a line.",
    )
    break_conditions: tuple[str, ...] = Field(
        (),
        title="Goes back when",
        description="The targets that send everybody back when they are not met; keys, one a line.",
    )
    big_bang_reason: Words = Field(
        "", title="Why all at once", description="Only for all at once: why that is safe here."
    )
    owner: Words = Field("", title="Owner", description="Who decides at each step, by role.")
    planned_start: date | None = Field(None, title="Planned start", description="The day of the first step.")


@document
class Monitor(Document):
    """One thing that is watched in real use; its key is the monitor's name."""

    kind: ClassVar[str] = "monitor"
    phase: ClassVar[Phase] = "deployment"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Monitor"
    help: ClassVar[str] = (
        "What is watched, from which source, who answers for it and how they are told. At least one each for "
        "the model, the system, the business and cost, live before the first real use."
    )

    group: Literal["model", "system", "business", "cost"] = Field(
        title="Kind", description="What it watches: the model, the system, the business, or cost."
    )
    criterion: Key | None = Field(
        None, title="Target", description="The target that it measures, by its key. Its bar is the alert's."
    )
    source: Words = Field("", title="Source", description="Where the numbers come from.")
    owner: Words = Field("", title="Owner", description="Who answers an alert first, by role.")
    escalation: tuple[str, ...] = Field(
        (), title="Then", description="Who is told next when nobody answers, by role; one a line."
    )
    channel: Key | None = Field(
        None, title="Channel", description="Where an alert goes, by its name; it must have been tried once."
    )
    silent_after_hours: float = Field(
        72,
        gt=0,
        le=MAX_DAYS,
        title="Silent after hours",
        description="If nothing came for so long, it counts as dead. Longer where data comes weekly.",
    )


@document
class RollbackPlan(Document):
    """The way back, for the first minutes, the next days, and for good."""

    kind: ClassVar[str] = "rollback_plan"
    phase: ClassVar[Phase] = "deployment"
    label: ClassVar[str] = "Rollback plan"
    help: ClassVar[str] = (
        "What is done at once, what in the days after, and how it comes out again. "
        "Both ways back are drilled and timed: to before the feature, and to the last good model."
    )

    immediate: Words = Field(
        "", title="At once", description="What one person does in the first minutes, step by step."
    )
    short_term: Words = Field(
        "", title="In the days after", description="How the cause is found and mended, and by whom."
    )
    long_term: Words = Field(
        "", title="For good", description="How it goes out again, and what is different."
    )
    deployment: Key | None = Field(
        None, title="Deployment", description="Which deployment it is about, if the project has several."
    )
    target_seconds: float | None = Field(
        None, gt=0, title="Back within seconds", description="How long the way back may take, seen by a user."
    )
    drill_max_age_days: int = Field(
        90,
        ge=1,
        le=MAX_DAYS,
        title="Drill again after days",
        description="A drill older than this no longer counts.",
    )
    owner: Words = Field("", title="Owner", description="Who may do it at night, by role.")


@document
class Announcement(Document):
    """Something that an audience is told about the launch."""

    kind: ClassVar[str] = "announcement"
    phase: ClassVar[Phase] = "deployment"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Announcement"
    help: ClassVar[str] = (
        "What users and stakeholders are told, where and when. Somebody approves it before it goes."
    )

    audience: Literal["users", "stakeholders", "support", "press", "other"] = Field(
        title="Audience", description="Who is told."
    )
    channel: Words = Field("", title="Channel", description="Where: mail, in the product, at a meeting.")
    text: Words = Field("", title="Text", description="What they are told, as they will read it.")
    approved_by: Words = Field("", title="Approved by", description="Who approved the text, by role.")
    approved_on: date | None = Field(None, title="Approved on", description="The day of the approval.")
    send_on: date | None = Field(None, title="Send on", description="The day on which it goes out.")
    sent_on: date | None = Field(None, title="Sent on", description="The day on which it went out.")


@document
class PostLaunchReview(Document):
    """The review after launch: when, with whom, and what came of it."""

    kind: ClassVar[str] = "post_launch_review"
    phase: ClassVar[Phase] = "deployment"
    label: ClassVar[str] = "Review after launch"
    help: ClassVar[str] = (
        "A date and the people, put into the calendar before launch; then what was decided there."
    )

    planned_on: date | None = Field(None, title="Planned on", description="The day in the calendar.")
    people: tuple[str, ...] = Field((), title="People", description="Who comes, by role; one a line.")
    held_on: date | None = Field(None, title="Held on", description="The day on which it took place.")
    decisions: tuple[str, ...] = Field((), title="Decisions", description="What was decided; one a line.")
