"""What people write down in phase 4: how it will be tested, by whom it is judged, and what was decided."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import Field

from sextant.criteria import MAX_DAYS, Key, Phase
from sextant.documents import Document, Words, document

#: From harmless to harmful, as findings are graded.
SEVERITIES = ("low", "medium", "high", "critical")
Severity = Literal["low", "medium", "high", "critical"]


@document
class AbDesign(Document):
    """The A/B test, written down and signed before the first user sees it; or what stands in for it."""

    kind: ClassVar[str] = "ab_design"
    phase: ClassVar[Phase] = "evaluation"
    label: ClassVar[str] = "A/B test design"
    help: ClassVar[str] = (
        "What you test, on whom, for how long, and what you will decide on which result. "
        "Signed before the first real use; a later change must be signed again."
    )

    experiment: Key | None = Field(
        None, title="Name of the test", description="A short name, as its results will carry it."
    )
    hypothesis: Words = Field(
        "", title="Hypothesis", description="What will change, for whom, by how much, and why you think so."
    )
    control: Words = Field(
        "", title="Control", description="What the others get: the experience of today, or nothing."
    )
    primary: Key | None = Field(
        None, title="Primary target", description="The one target that decides, by its key."
    )
    secondary: tuple[str, ...] = Field(
        (), title="Secondary targets", description="Targets that explain the result; keys, one a line."
    )
    guardrails: tuple[str, ...] = Field(
        (), title="Guardrails", description="Targets that limit harm: none may break; keys, one a line."
    )
    unit: Words = Field(
        "",
        title="What is assigned",
        description="What is put into one arm or the other: user, account, form.",
    )
    candidate_share: float | None = Field(
        None, gt=0, lt=1, title="Candidate's share", description="0.5 for half and half, 0.1 if it is risky."
    )
    power: float | None = Field(
        0.8, gt=0.5, lt=1, title="Power", description="The chance to find the smallest effect if it is there."
    )
    smallest_effect: float | None = Field(
        None,
        gt=0,
        title="Smallest effect worth finding",
        description="In the primary target's unit: a share as a fraction, so 0.02 is two points.",
    )
    expected_control: float | None = Field(
        None,
        title="Control today",
        description="What the primary target is today without the candidate, as a fraction if it is a share.",
    )
    expected_spread: float | None = Field(
        None,
        gt=0,
        title="Spread",
        description="Only where the primary target is no share: its standard deviation from unit to unit.",
    )
    sample_per_arm: int | None = Field(
        None, ge=1, title="Sample of the smaller arm", description="How many units the smaller arm will have."
    )
    duration_days: int | None = Field(
        None,
        ge=1,
        le=MAX_DAYS,
        title="Days",
        description="How long it runs. Two weeks at least, so that each weekday comes twice.",
    )
    decision_rule: Words = Field(
        "",
        title="Decision rule",
        description="On which result you ship, iterate or kill, without room for doubt.",
    )
    flag: Key | None = Field(
        None, title="Flag", description="The feature flag that assigns the arms and can switch the test off."
    )
    planned_start: date | None = Field(
        None, title="Planned start", description="The day of the first real use."
    )
    substitute: Literal["none", "beta_study", "staged_rollout"] = Field(
        "none",
        title="Instead of an A/B test",
        description="Only with too few users for a test: a study with beta users, or a guarded rollout.",
    )
    audience: int | None = Field(
        None, ge=0, title="Audience", description="For a substitute: how many users there are."
    )
    substitute_reason: Words = Field(
        "", title="Why no A/B test", description="For a substitute: why a test cannot tell anything here."
    )
    substitute_plan: Words = Field(
        "",
        title="Plan of the substitute",
        description="For a substitute: who sees what, for how long, with what care.",
    )
    substitute_criteria: tuple[str, ...] = Field(
        (),
        title="Targets of the substitute",
        description="For a substitute: the targets that decide; keys, one a line.",
    )


@document
class ShipDecision(Document):
    """Ship, iterate or kill: what was decided, by whom, and on which proof."""

    kind: ClassVar[str] = "ship_decision"
    phase: ClassVar[Phase] = "evaluation"
    label: ClassVar[str] = "Ship, iterate or kill"
    help: ClassVar[str] = (
        "The decision, the proof that lay on the table, and the reason. The decider signs it."
    )

    decision: Literal["ship", "iterate", "kill"] | None = Field(
        None, title="Decision", description="Ship it, work on it and test again, or stop."
    )
    decider: Words = Field(
        "",
        title="Who decides",
        description="Their name, as they sign. If stakeholders name a decider, it is theirs.",
    )
    reason: Words = Field("", title="Reason", description="What in the result led to it.")
    decided_on: date | None = Field(None, title="Decided on", description="The day of the decision.")
    made_on: tuple[str, ...] = Field(
        (),
        title="Proof it was made on",
        description="The digest of each record that was looked at (12 digits or more), one a line. "
        "A newer result asks for a new decision.",
    )


@document
class StudyPlan(Document):
    """A study in which people rate what the model makes; its key is the study's name."""

    kind: ClassVar[str] = "study_plan"
    phase: ClassVar[Phase] = "evaluation"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Study with people"
    help: ClassVar[str] = (
        "Who rates what, how often, and how far they must agree. "
        "Only users and beta users decide; colleagues and crowd workers support."
    )

    question: Words = Field("", title="Question", description="What you want to know from them.")
    raters: Literal["internal", "beta", "users", "crowd"] = Field(
        "users", title="Raters", description="Who rates: colleagues, beta users, users, or a crowd."
    )
    rubric: tuple[str, ...] = Field(
        ("Relevance", "Quality", "Accuracy", "Usefulness", "Overall"),
        title="Rubric",
        description="What each output is rated on, from 1 to 5; one a line.",
    )
    planned_ratings: int | None = Field(
        None, ge=1, title="Ratings", description="How many ratings are enough to decide on."
    )
    ratings_per_item: int = Field(
        3, ge=1, title="Raters for each output", description="Two at least, so that agreement can be told."
    )
    agreement_bar: float | None = Field(
        None,
        ge=-1,
        le=1,
        title="Agreement",
        description="How far raters must agree beyond chance: 0 is chance, 1 is always.",
    )
    criteria: tuple[str, ...] = Field(
        (), title="Targets", description="The targets that the study judges; keys, one a line."
    )
    ends: date | None = Field(None, title="Ends on", description="The day by which it is finished.")
    owner: Words = Field("", title="Owner", description="Who runs it, by role.")


@document
class SafetyBar(Document):
    """How bad a safety finding may be and still stay open."""

    kind: ClassVar[str] = "safety_bar"
    phase: ClassVar[Phase] = "evaluation"
    label: ClassVar[str] = "Safety bar"
    help: ClassVar[str] = "How bad a finding of the red team may be and still stay open at launch."

    highest_open: Literal["none", "low", "medium", "high"] = Field(
        "none",
        title="May stay open",
        description="The worst grade that may stay open; anything above it must be mended and tested again.",
    )
    reason: Words = Field("", title="Reason", description="Why that is bearable, and who bears it.")

    def allows(self, severity: str) -> bool:
        """Whether a finding of this severity may stay open."""
        return self.highest_open != "none" and SEVERITIES.index(severity) <= SEVERITIES.index(
            self.highest_open
        )


@document
class SafetyFinding(Document):
    """What became of one safety finding, over all versions; its key is the finding's own."""

    kind: ClassVar[str] = "safety_finding"
    phase: ClassVar[Phase] = "evaluation"
    many: ClassVar[bool] = True
    label: ClassVar[str] = "Safety finding"
    help: ClassVar[str] = (
        "What the red team found, who mends it, and how far that is. "
        "A finding that was mended is tried again on every new version."
    )

    category: Literal["harmful_output", "jailbreak", "privacy_leak", "hallucination", "brittleness"] = Field(
        title="Category", description="Which of the five kinds of attack found it."
    )
    severity: Severity = Field(title="Severity", description="How bad it is if it happens to a user.")
    text: Words = Field("", title="What happens", description="What was tried, and what the model did.")
    state: Literal["open", "fixed", "accepted"] = Field(
        "open",
        title="State",
        description="Open, mended (then it is tried again), or accepted as it is, which only the bar allows.",
    )
    reason: Words = Field("", title="Reason", description="How it was mended, or why it is accepted.")
    owner: Words = Field("", title="Owner", description="Who sees to it, by role.")
    found_on: Words = Field("", title="Found on", description="The model version on which it was found.")
